"""One document for each thing: what reads print, what changes answer and what imports take is of one shape."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
import yaml
from commands import Leaf, check_each_is_in, leaves, with_dummy
from conftest import PAGER, NewStore, Zprof, be_at_home, move_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, ValidationError

import zprof as library
from zprof.__main__ import run
from zprof.component_types import ALPHABETICAL, COMPONENT_TYPES
from zprof.documents.schema import kinds, schema
from zprof.documents.shape import KEPT
from zprof.errors import InvalidConfig, SecretsMissing
from zprof.flavors.catalog import builtin_flavors
from zprof.masking import MASK
from zprof.store.document import bundle_of

ZENML = Path(__file__).parent / "data" / "zenml-0.13.2"
TRIO = ("-o", "default", "-a", "default", "-m", "default")

ANSWERS: list[tuple[tuple[str, ...], str, str]] = [
    (("orchestrator", "register", "docker", "-f", "local_docker", "--docker_parent_image=x"), "Component", "docker"),
    (("orchestrator", "update", "docker", "--docker_parent_image=y"), "Component", "docker"),
    (("orchestrator", "remove-attribute", "docker", "docker_parent_image"), "Component", "docker"),
    (("orchestrator", "rename", "docker", "moby"), "Component", "moby"),
    (("orchestrator", "copy", "moby", "whale"), "Component", "whale"),
    (("orchestrator", "delete", "whale", "-y"), "Component", "whale"),
    (("orchestrator", "flavor", "register", "mine", "--schema", "pager.json"), "Flavor", "mine"),
    (("orchestrator", "flavor", "delete", "mine", "-y"), "Flavor", "mine"),
    (("stack", "register", "prod", *TRIO), "Stack", "prod"),
    (("stack", "update", "prod", "-o", "moby"), "Stack", "prod"),
    (("stack", "remove-component", "prod", "-al"), "Stack", "prod"),
    (("stack", "rename", "prod", "live"), "Stack", "live"),
    (("stack", "copy", "live", "twin"), "Stack", "twin"),
    (("stack", "set", "live"), "Stack", "live"),
    (("stack", "delete", "twin", "-y"), "Stack", "twin"),
    (("stack", "import", "it.json"), "Stack", "it"),
    (("apply", "-f", "it.json", "--create", "from-it", "--yes"), "DifferenceList", "it"),
    (("profile", "create", "staging"), "Profile", "staging"),
    (("profile", "protect", "staging"), "Profile", "staging"),
    (("profile", "unprotect", "staging"), "Profile", "staging"),
    (("profile", "rename", "staging", "stage"), "Profile", "stage"),
    (("profile", "set", "stage"), "Profile", "stage"),
    (("profile", "set", "default"), "Profile", "default"),
    (("profile", "delete", "stage", "-y"), "Profile", "stage"),
    (("profile", "restore"), "DeletedProfileList", "stage"),
    (("profile", "restore", "stage"), "Profile", "stage"),
    (("secrets-manager", "register", "vault", "-f", "local"), "Component", "vault"),
    (("secret", "set", "db.password", "@pager.json", "--manager", "vault"), "Secret", "db.password"),
    (("secret", "rm", "db.password", "--manager", "vault", "-y"), "Secret", "db.password"),
    (("undo",), "StepList", "vault"),
    (("redo",), "StepList", "vault"),
    (("profile", "create", "shared", "--url", "shared.db"), "Profile", "shared"),
    (("alerter", "register", "ops", "-f", "slack", "--slack_token=${env:T}", "-p", "shared"), "Component", "ops"),
    (("stack", "update", "default", "-al", "ops", "-p", "shared"), "Stack", "default"),
    (("allow", "-y", "-p", "shared"), "ApprovalList", "alerter/ops"),
    (("init",), "Repository", "."),
    (("stack", "unset"), "Stack", "live"),
    (("profile", "unset"), "Profile", "default"),
    (("db", "upgrade"), "DatabaseList", "default"),
    (("db", "backup", "copy.db"), "Backup", "copy.db"),
    (("db", "restore", "copy.db", "-y"), "Database", "default"),
    (("import-zenml", str(ZENML / "config"), "--prefix", "old-"), "ProfileList", "old-default"),
]
"""All changes, in an order in which they can be made: each with the kind of its answer and the name of the thing."""
WITHOUT_DOCUMENT = [("edit",), ("log", "prune"), ("run",), ("shell",), ("use",)]
"""Those whose answer is a program's, a shell's or an editor's: tests/test_apply.py, tests/test_environment.py,
tests/test_use.py and tests/shells; or is named by an id, which nobody knows before: tests/test_log.py."""


def check_answers(known: Iterable[Leaf]) -> None:
    check_each_is_in(
        "ANSWERS in tests/test_schema.py",
        [*(words for words, _, _ in ANSWERS), *WITHOUT_DOCUMENT],
        lambda leaf: f'({leaf.row} "KIND", "NAME"),',
        [leaf for leaf in known if not leaf.command.is_read],
    )


def test_each_change_is_in_the_table() -> None:
    check_answers(leaves())
    with pytest.raises(AssertionError, match=r"add a line for `zprof thing dummy` to ANSWERS in tests/test_schema.py"):
        check_answers(leaves(with_dummy(is_read=False)))


def valid(text: str, kind: str) -> dict[str, Any]:
    """A document, which is what the schema of its kind says."""
    found: dict[str, Any] = json.loads(text)
    Draft202012Validator(schema(kind)).validate(found)
    assert found["kind"] == kind
    Draft202012Validator(schema()).validate(found)
    return found


def test_changes_answer_with_the_thing_as_it_is_then(zprof: Zprof, home: Path) -> None:
    (home / "pager.json").write_text(json.dumps(PAGER))
    (home / "it.json").write_text(json.dumps(document("it")))
    for words, kind, name in ANSWERS:
        answered = zprof(*words, "--output", "json")
        assert (answered.code, answered.err) == (0, ""), words
        found = valid(answered.out, kind)
        things = found["items"] if kind.endswith("List") else [found]
        assert str((home / name).resolve()) in things[0]["name"] or name in [thing["name"] for thing in things], words


def test_an_answer_is_what_describe_shows(zprof: Zprof) -> None:
    for words in (
        ("stack", "register", "prod", *TRIO),
        ("stack", "set", "prod"),
        ("orchestrator", "register", "docker", "-f", "local_docker"),
        ("stack", "update", "prod", "-o", "docker"),
        ("profile", "protect", "default"),
        ("profile", "unprotect", "default"),
    ):
        answer = zprof(*words, "--output", "json").out
        noun, name = words[0], json.loads(answer)["name"]
        assert zprof(noun, "describe", name, "-o", "json").out == answer, words
        assert zprof(noun, "list", "-o", "yaml").code == 0
        (listed,) = [item for item in yaml.safe_load(zprof(noun, "list", "-o", "yaml").out)["items"]
                     if item["name"] == name]  # fmt: skip
        assert listed == json.loads(answer), words
    assert zprof("stack", "get", "-o", "json").out == zprof("stack", "describe", "-o", "json").out
    assert zprof("profile", "get", "-o", "json").out == zprof("profile", "describe", "-o", "json").out
    assert zprof("orchestrator", "get", "-o", "json").out == zprof("orchestrator", "describe", "-o", "json").out


def test_a_name_and_csv_are_answered_too(zprof: Zprof) -> None:
    assert zprof("stack", "register", "prod", *TRIO, "--output", "name").out == "prod\n"
    assert zprof("profile", "create", "staging", "--output", "csv").out.splitlines()[0].startswith("name,active,")
    assert zprof("stack", "rename", "prod", "live").out == ""


def test_a_stack_is_deleted_with_what_it_was(zprof: Zprof) -> None:
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    zprof("stack", "register", "prod", "-o", "docker", "-a", "default", "-m", "default")
    was = json.loads(zprof("stack", "describe", "prod", "-o", "json").out)
    deleted = zprof("stack", "delete", "prod", "--with-components", "-y", "--output", "json")
    assert json.loads(deleted.out) == was


def test_what_a_switch_hides_is_not_active(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "create", "staging")
    zprof("init")
    answered = json.loads(zprof("profile", "set", "staging", "--global", "--output", "json").out)
    assert (answered["name"], answered["active"]) == ("staging", False)


def test_a_trial_tells_its_steps(zprof: Zprof) -> None:
    tried = zprof("stack", "copy", "default", "twin", "--dry-run", "--output", "json")
    items = valid(tried.out, "StepList")["items"]
    assert [(item["verb"], item["thing"], item["name"]) for item in items][-1] == ("register", "stack", "twin")
    assert zprof("stack", "describe", "twin").code == 3
    tried = zprof("import-zenml", str(ZENML / "config"), "--prefix", "old-", "--dry-run", "--output", "json")
    assert {item["thing"] for item in valid(tried.out, "StepList")["items"]} == {"profile"}


READS = [
    (("profile", "list"), "ProfileList"),
    (("profile", "describe"), "Profile"),
    (("profile", "get"), "Profile"),
    (("stack", "list"), "StackList"),
    (("stack", "describe"), "Stack"),
    (("stack", "get"), "Stack"),
    (("stack", "export", "default"), "Stack"),
    (("stack", "validate"), "ViolationList"),
    (("orchestrator", "list"), "ComponentList"),
    (("orchestrator", "describe"), "Component"),
    (("orchestrator", "get"), "Component"),
    (("orchestrator", "flavor", "list"), "FlavorList"),
    (("orchestrator", "flavor", "describe", "local"), "Flavor"),
    (("orchestrator", "explain"), "Explanation"),
    (("profile", "explain"), "Explanation"),
    (("stack", "explain"), "Explanation"),
    (("status",), "Status"),
    (("db", "status", "--all"), "DatabaseList"),
    (("db", "upgrade", "--all", "--dry-run"), "RevisionList"),
    (("db", "check"), "FaultList"),
    (("doctor",), "FindingList"),
    (("diff", "default"), "DifferenceList"),
    (("log", "list"), "OperationList"),
    (("log", "show"), "Operation"),
    (("export",), "ProfileContents"),
    (("secret", "list"), "SecretList"),
    (("secret", "get", "db.password"), "Secret"),
]
"""All reads with the kind of their answer, but for those whose answer is none."""
WITHOUT_KIND = [("schema",), ("completion",), ("env",), ("prompt",), ("shell-init",)]
"""Those: what they print is for shells, and the same in each format."""


def test_each_read_is_in_the_table() -> None:
    check_each_is_in(
        "READS in tests/test_schema.py",
        [*WITHOUT_KIND, *(words for words, _ in READS)],
        lambda leaf: f'({leaf.row} "KIND"),',
        [leaf for leaf in leaves() if leaf.command.is_read],
    )


def keep_a_secret(zprof: Zprof) -> None:
    Path("value").write_text("hunter2")
    for words in (
        ("secrets-manager", "register", "vault", "-f", "local"),
        ("stack", "update", "default", "-x", "vault"),
        ("secret", "set", "db.password", "@value"),
    ):
        assert zprof(*words).code == 0


@pytest.mark.parametrize(("words", "kind"), READS)
def test_reads_print_what_the_schema_says(zprof: Zprof, words: tuple[str, ...], kind: str) -> None:
    if words[0] == "secret":
        keep_a_secret(zprof)
    as_json = zprof(*words, "--output", "json")
    assert as_json.code == 0
    assert valid(as_json.out, kind) == yaml.safe_load(zprof(*words, "--output", "yaml").out)


def test_what_is_wrong_has_a_shape_too(zprof: Zprof, home: Path, config: Path) -> None:
    import sqlite3
    from contextlib import closing

    zprof("alerter", "flavor", "register", "pager", "--schema", write(home / "pager.json", PAGER))
    zprof("alerter", "register", "duty", "-f", "pager")
    zprof("stack", "update", "default", "-al", "duty")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints = 1")
        store.execute("DELETE FROM flavor")
        store.execute("UPDATE component SET config = '{x}' WHERE type = 'orchestrator'")
    for words, kind in [(("stack", "validate", "--all"), "ViolationList"), (("db", "check"), "FaultList"),
                        (("doctor",), "FindingList"), (("status",), "Status")]:  # fmt: skip
        printed = zprof(*words, "-o", "json").out
        if printed:
            valid(printed, kind)
    assert zprof("db", "check", "-o", "json").code == 1


def test_the_schema_is_one_itself(zprof: Zprof) -> None:
    assert zprof("schema", "-o", "name").out.split() == kinds()
    for kind in (None, *kinds()):
        printed = zprof("schema", *(() if kind is None else (kind,)))
        found = json.loads(printed.out)
        Draft202012Validator({"$ref": found["$schema"]}).validate(found)
        assert found == schema(kind)
        assert yaml.safe_load(zprof("schema", *(() if kind is None else (kind,)), "-o", "yaml").out) == found
        references = set(re.findall(r"#/\$defs/(\w+)", printed.out))
        assert references == found["$defs"].keys() - ({"nothing"} if kind is None else set())
    assert zprof("schema", "stack").out == zprof("schema", "Stack").out
    unknown = zprof("schema", "stak")
    assert (unknown.code, "'Stack'" in unknown.err) == (3, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"active": "yes"},
        {"item": {}},
        {"apiVersion": "zprof/v2"},
        {"components": {}},
        {"components": {"toaster": {"name": "x", "flavor": "y"}}},
        {"name": "../x"},
        {"revision": 0},
        {"flavors": [{"name": "x"}]},
    ],
)
def test_the_schema_refuses_what_is_none(wrong: dict[str, Any]) -> None:
    good = document("it")
    Draft202012Validator(schema("Stack")).validate(good)
    with pytest.raises(ValidationError):
        Draft202012Validator(schema("Stack")).validate({**good, **wrong})


def test_the_types_in_the_schema_are_all() -> None:
    assert schema("Stack")["$defs"]["type"]["enum"] == sorted(ALPHABETICAL)


def write(path: Path, content: object) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def document(name: str, **config: Any) -> dict[str, Any]:
    """The document of a stack of an S3 bucket."""
    return {
        "apiVersion": "zprof/v1",
        "kind": "Stack",
        "name": name,
        "components": {
            "orchestrator": {"name": "default", "flavor": "local"},
            "artifact_store": {"name": "bucket", "flavor": "s3", "config": {"path": "s3://b", **config}},
            "metadata_store": {"name": "meta", "flavor": "sqlite", "config": {}},
        },
    }


def secret_values(found: Any) -> list[Any]:
    """What stands in the attributes of the stack `prod` that hold secrets."""
    components = found["components"]
    return [
        components["metadata_store"]["config"]["password"],
        *(components["alerter"]["config"][key] for key in ("code", "more")),
    ]


@pytest.mark.on_both
def test_describe_goes_round(secretive: Zprof, home: Path, new_store: NewStore) -> None:
    """What describe prints is what import reads, in the same store and in another."""
    described = secretive("stack", "describe", "-o", "yaml").out
    assert "hunter2" not in described
    found = yaml.safe_load(described)
    assert secret_values(found) == [KEPT, KEPT, KEPT]
    assert found["components"]["artifact_store"]["config"]["key"] == "{{aws.key}}"
    assert [flavor["name"] for flavor in found["flavors"]] == ["pager"]
    (home / "it.yaml").write_text(described)
    before = secretive("stack", "describe", "-o", "json", "--show-secrets").out
    assert secretive("stack", "import", "it.yaml").code == 0
    assert secretive("stack", "describe", "-o", "json", "--show-secrets").out == before
    assert secretive("stack", "delete", "prod", "-y", "--stack", "default").code == 7  # nothing was changed
    secretive("profile", "create", "other", *new_store())
    refused = secretive("-q", "-p", "other", "stack", "import", "it.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert "metadata_store/runs.password" in refused.err
    assert secretive("-p", "other", "stack", "import", "it.yaml", "--dry-run").code == 0
    assert "prod" not in secretive("-p", "other", "stack", "list", "-o", "name").out
    secrets = ("metadata-store/runs.password=hunter2", "alerter/duty.code=hunter2",
               'alerter/duty.more={"list": [{"token": "hunter2"}], "n": 1}')  # fmt: skip
    given_secrets = [word for secret in secrets for word in ("--secret", secret)]
    assert secretive("-p", "other", "stack", "import", "it.yaml", *given_secrets).code == 0
    there = secretive("-p", "other", "stack", "describe", "prod", "-o", "json", "--show-secrets").out
    assert telling_nothing(json.loads(there)) == telling_nothing(json.loads(before))


def telling_nothing(found: Any) -> Any:
    """A document without the fields that differ from store to store."""
    return {key: value for key, value in found.items() if key not in ("active", "created_at", "updated_at", "revision")}


def test_a_pipe_from_describe_to_import_gives_the_same_stack(secretive: Zprof, script: Zprof) -> None:
    for format_ in ("yaml", "json"):
        described = script("stack", "describe", "prod", "-o", format_)
        imported = script("stack", "import", "-", "--name", f"twin-{format_}", stdin=described.out)
        assert (imported.code, imported.out) == (0, "")
        components = [
            json.loads(script("stack", "describe", name, "-o", "json", "--show-secrets").out)["components"]
            for name in ("prod", f"twin-{format_}")
        ]
        assert components[0] == components[1]


def test_an_export_is_that_document_without_what_only_tells(secretive: Zprof) -> None:
    exported = json.loads(secretive("-q", "stack", "export", "prod", "-o", "json").out)
    described = json.loads(secretive("stack", "describe", "prod", "-o", "json").out)
    assert exported == telling_nothing(described)


def test_a_program_gets_the_same_document(secretive: Zprof) -> None:
    for show_secrets in ((), ("--show-secrets",)):
        stack = json.loads(secretive("stack", "describe", "prod", "-o", "json", *show_secrets).out)
        del stack["active"]
        assert library.active_stack().to_dict(show_secrets=bool(show_secrets)) == stack
        component = json.loads(secretive("alerter", "describe", "duty", "-o", "json", *show_secrets).out)
        del component["active"]
        with library.open_profile() as store:
            assert store.component("alerter", "duty").to_dict(show_secrets=bool(show_secrets)) == component
            assert store.flavor("alerter", "pager").to_dict() == json.loads(
                secretive("alerter", "flavor", "describe", "pager", "-o", "json").out
            )
            assert [found.name for found in store.whole_stacks()] == ["default", "prod"]
    profile = json.loads(secretive("profile", "describe", "-o", "json").out)
    del profile["active"]
    assert library.active_profile().to_dict() == profile


@pytest.mark.on_both
def test_a_change_sees_what_it_has_done(zprof: Zprof) -> None:
    with library.open_profile() as store, store.change() as change:
        change.register_component("artifact_store", "s3", "s3", {"path": "s3://b", "key": "hunter2"})
        assert change.component("artifact_store", "s3").config["path"] == "s3://b"
        change.update_stack("default", {"artifact_store": "s3"}, decouple_stores=True)
        found = change.stack("default")
        assert (found.artifact_store.name, found.revision) == ("s3", 2)
        assert "hunter2" not in repr(found)
        assert change.flavor("artifact_store", "s3").name == "s3"
    assert library.open_profile().stack("default") == found


OLD = {
    "apiVersion": "zprof/v1",
    "kind": "Stack",
    "name": "old",
    "components": {
        "artifact_store": {"name": "bucket", "flavor": "s3", "config": {"path": "s3://b"}},
        "metadata_store": {"name": "meta", "flavor": "sqlite", "config": {}},
        "orchestrator": {"name": "default", "flavor": "local", "config": {}},
    },
    "flavors": [],
    "omitted_secrets": {"artifact_store": ["key"]},
}
"""What `stack export` of 0.1 wrote."""


def test_what_0_1_wrote_is_read(zprof: Zprof, home: Path) -> None:
    old = write(home / "old.json", OLD)
    assert zprof("stack", "import", old).code == 2
    assert zprof("stack", "import", old, "--secret", "artifact-store/bucket.key=hunter2").code == 0
    assert "hunter2" in zprof("stack", "describe", "old", "--show-secrets").out
    # As describe printed it, its parts under `item`.
    parts = {"components": OLD["components"], "created_at": "2022-01-01T00:00:00Z", "revision": 3, "active": False}
    item = write(home / "item.json", {"apiVersion": "zprof/v1", "kind": "Stack", "item": {"name": "item", **parts}})
    assert zprof("stack", "import", item, "--on-conflict", "rename").code == 0
    masked: dict[str, Any] = {**OLD, "name": "masked", "omitted_secrets": {}}
    masked["components"]["artifact_store"]["config"]["key"] = MASK
    refused = zprof("-q", "stack", "import", write(home / "masked.json", masked))
    assert (refused.code, "in place of a secret" in refused.err) == (2, True)
    assert "masked" not in zprof("stack", "list", "-o", "name").out


S3 = ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b")


@pytest.mark.parametrize(
    "words",
    [
        (*S3, f"--key={MASK}"),
        (*S3, f"--key=a{MASK}b"),
        ("metadata-store", "register", "m", "-f", "mysql", "--host=h", "--database=d", f"--password={MASK}"),
        ("artifact-store", "update", "there", f"--key={MASK}"),
        ("artifact-store", "update", "there", "--config", "@masked.json"),
        ("artifact-store", "register", "x", "-f", "s3", "--config", "@masked.json"),
        ("artifact-store", "register", "x", "-f", "s3", "--config", "@kept.json"),
        ("artifact-store", "register", "x", "-f", "s3", "--path=s3://b", '--client_kwargs={"k": {"$secret": "kept"}}'),
        ("artifact-store", "update", "there", '--client_kwargs={"$secret": "kept"}'),
        ("stack", "import", "stack.json", "--secret", f"artifact-store/bucket.key={MASK}"),
        ("profile", "create", "x", "--url", f"postgresql://ann:{MASK}@host/db"),
    ],
)
def test_what_stands_for_a_secret_is_never_stored(
    zprof: Zprof, home: Path, config: Path, words: tuple[str, ...]
) -> None:
    write(home / "masked.json", {"path": "s3://b", "key": MASK})
    write(home / "kept.json", {"path": "s3://b", "key": KEPT})
    write(home / "stack.json", document("it", key=KEPT))
    zprof("artifact-store", "register", "there", "-f", "s3", "--path=s3://b", "--key=hunter2")
    before = (zprof("artifact-store", "list", "--show-secrets").out, zprof("profile", "list").out)
    refused = zprof("-q", *words)
    assert (refused.code, refused.out) == (2, "")
    assert (zprof("artifact-store", "list", "--show-secrets").out, zprof("profile", "list").out) == before
    with pytest.raises(InvalidConfig), library.open_profile() as store, store.change() as change:
        change.register_component("artifact_store", "x", "s3", {"path": "s3://b", "key": MASK})


def test_the_marker_keeps_what_is_there(zprof: Zprof, home: Path) -> None:
    zprof("artifact-store", "register", "there", "-f", "s3", "--path=s3://b", "--key=hunter2")
    described = json.loads(zprof("artifact-store", "describe", "there", "-o", "json").out)
    assert described["config"]["key"] == KEPT
    config = {**described["config"], "path": "s3://c"}
    assert zprof("artifact-store", "update", "there", "--config", f"@{write(home / 'c.json', config)}").code == 0
    shown = json.loads(zprof("artifact-store", "describe", "there", "--show-secrets", "-o", "json").out)
    assert shown["config"] == {"path": "s3://c", "key": "hunter2"}


def leaky(found: dict[str, Any]) -> None:
    """A flavor of the same attribute, which is no secret there."""
    found["components"]["artifact_store"]["flavor"] = "leaky"
    schema = {"type": "object", "properties": {"key": {"type": "string"}, "path": {"type": "string"}}}
    found["flavors"] = [{"type": "artifact_store", "name": "leaky", "schema": schema}]


def moved(found: dict[str, Any]) -> None:
    found["components"]["artifact_store"]["config"]["path"] = "s3://attacker"


@pytest.mark.parametrize(
    ("change", "on_conflict"),
    [(leaky, "overwrite"), (leaky, "rename"), (moved, "rename")],
)
def test_a_secret_stays_with_its_thing(
    zprof: Zprof, home: Path, change: Callable[[dict[str, Any]], None], on_conflict: str
) -> None:
    """Neither another flavor nor another component gets it, be its name the same."""
    zprof("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key=hunter2")
    found = document("it", key=KEPT)
    change(found)
    refused = zprof("-q", "stack", "import", write(home / "it.json", found), "--on-conflict", on_conflict)
    assert (refused.code, "artifact_store/bucket.key" in refused.err) == (2, True)
    assert "hunter2" not in zprof("stack", "list", "-o", "json").out + zprof("artifact-store", "list").out
    assert zprof("artifact-store", "list", "-o", "name").out.split() == ["bucket", "default"]


def test_what_keeps_a_secret_says_so(zprof: Zprof, home: Path) -> None:
    zprof("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key=hunter2")
    found = document("it", key=KEPT)
    moved(found)
    words = ("stack", "import", write(home / "it.json", found), "--on-conflict", "overwrite")
    assert "Would overwrite the artifact store 'bucket' except its key." in zprof(*words, "--dry-run").out
    assert "Overwrote artifact store 'bucket' except its key." in zprof(*words).err
    stored = json.loads(zprof("artifact-store", "describe", "bucket", "--show-secrets", "-o", "json").out)
    assert stored["config"] == {"path": "s3://attacker", "key": "hunter2"}
    # The same is used under any choice, with its secret.
    assert "Used artifact store 'bucket'." in zprof(*words[:3], "--on-conflict", "rename").err


@pytest.mark.on_both
def test_a_flavor_that_would_show_a_secret_is_not_overwritten(secretive: Zprof, home: Path) -> None:
    secretive("alerter", "register", "other", "-f", "pager", "--code=hunter2")
    found = json.loads(secretive("-q", "stack", "export", "prod", "-o", "json", "--show-secrets").out)
    for flavor in found["flavors"]:
        del flavor["schema"]["properties"]["code"]["writeOnly"]
    refused = secretive("-q", "stack", "import", write(home / "it.json", found), "--on-conflict", "overwrite")
    assert (refused.code, "would show code of the alerter 'other'" in refused.err) == (7, True)
    assert "hunter2" not in secretive("alerter", "list").out


@pytest.mark.parametrize("text", ["{$secret: kept}", '{"$secret": "kept"}', " { $secret : 'kept' } "])
def test_the_marker_as_text_is_refused(zprof: Zprof, home: Path, text: str) -> None:
    zprof("artifact-store", "register", "there", "-f", "s3", "--path=s3://b", "--key=hunter2")
    write(home / "it.json", document("it", key=KEPT))
    write(home / "text.json", document("it", key=text))
    for words in (
        ("artifact-store", "update", "there", f"--key={text}"),
        ("stack", "import", "it.json", "--secret", f"artifact-store/bucket.key={text}"),
        ("stack", "import", "text.json"),
    ):
        assert zprof(*words).code == 2
    assert "hunter2" in zprof("artifact-store", "describe", "there", "--show-secrets").out


def test_what_is_nested_as_deep_as_may_be_goes_round(zprof: Zprof, home: Path) -> None:
    listing = {"properties": {"l": {"type": "array"}}}
    zprof("alerter", "flavor", "register", "list", "--schema", write(home / "list.json", listing))
    depths = [
        depth
        for depth in range(40, 60)
        if zprof("alerter", "register", f"d{depth}", "-f", "list", f"--l={'[' * depth}{']' * depth}").code == 0
    ]
    assert depths
    zprof("stack", "register", "deep", *TRIO, "-al", f"d{depths[-1]}")
    for format_ in ("yaml", "json"):
        (home / "it").write_text(zprof("stack", "describe", "deep", "-o", format_).out)
        assert zprof("stack", "import", "it").code == 0


def test_a_trial_needs_what_has_no_stand_in(zprof: Zprof, home: Path) -> None:
    zprof("experiment-tracker", "register", "flow", "-f", "mlflow", "--tracking_uri=https://u:hunter2@h",
          "--tracking_username=j", "--tracking_password=hunter2")  # fmt: skip
    zprof("stack", "register", "prod", *TRIO, "-e", "flow")
    (home / "it.json").write_text(zprof("stack", "describe", "prod", "-o", "json").out)
    zprof("profile", "create", "other")
    tried = zprof("-q", "-p", "other", "stack", "import", "it.json", "--dry-run")
    assert (tried.code, "experiment_tracker/flow.tracking_uri" in tried.err) == (2, True)
    assert "can't be a secret reference" not in tried.err


def test_a_closed_stdin_is_told(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    for words, code in [
        (("stack", "import", "-"), 2),
        (("artifact-store", "register", "x", "-f", "s3", "--config", "-"), 2),
        (("profile", "delete", "default"), 7),
        (("artifact-store", "register", "x", "-f", "s3", "-i"), 7),
    ]:
        refused = zprof("-q", *words)
        assert (refused.code, "is broken" in refused.err) == (code, False), refused.err


@pytest.mark.parametrize(("rest", "code"), [("---\n", 0), ("...\n", 0), ("---\n# nothing\n", 0), ("---\na: 1\n", 2)])
def test_one_document_is_taken(zprof: Zprof, home: Path, rest: str, code: int) -> None:
    (home / "it.yaml").write_text(zprof("stack", "describe", "-o", "yaml").out + rest)
    taken = zprof("-q", "stack", "import", "it.yaml")
    assert (taken.code, "several documents" in taken.err) == (code, code == 2)


def test_a_copy_in_another_profile_has_the_same_name(zprof: Zprof) -> None:
    zprof("profile", "create", "other")
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    assert zprof("orchestrator", "copy", "docker", "--to", "other").code == 0
    assert zprof("stack", "register", "prod", "-o", "docker", "-a", "default", "-m", "default").code == 0
    assert zprof("stack", "copy", "prod", "--to", "other").code == 0
    assert "prod" in zprof("-p", "other", "stack", "list", "-o", "name").out
    for words in (("stack", "copy", "prod"), ("orchestrator", "copy", "docker"),
                  ("stack", "copy", "prod", "--from", "other", "--to", "other")):  # fmt: skip
        assert zprof(*words).code == 2


def test_a_field_that_means_nothing_is_refused(zprof: Zprof, home: Path) -> None:
    alerter = {"name": "x", "flavor": "slack", "cfg": {}}
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"flavours": []}, "'flavors'"),
        ({"components": {**document("x")["components"], "alerter": alerter}}, "cfg"),
    ]
    for wrong, says in wrongs:
        refused = zprof("-q", "stack", "import", write(home / "it.json", {**document("it"), **wrong}))
        assert (refused.code, says in refused.err) == (2, True)
    told = {"active": True, "created_at": "x", "updated_at": 1, "revision": 3}
    assert zprof("stack", "import", write(home / "it.json", {**document("it"), **told})).code == 0


def test_secrets_that_are_missing_are_named(zprof: Zprof) -> None:
    bundle = bundle_of(document("it", key=KEPT), "it")
    with pytest.raises(SecretsMissing) as raised, library.open_profile() as store, store.change() as change:
        change.add_bundle(bundle, "it")
    assert raised.value.names == ("artifact_store/bucket.key",)
    assert raised.value.exit_code == 2


def test_a_stack_of_which_a_part_is_bad_is_left_out_of_documents(secretive: Zprof, config: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints = 1")
        store.execute("UPDATE component SET config = '{x}' WHERE type = 'alerter'")
    listed = secretive("stack", "list", "-o", "yaml")
    assert listed.code == 6
    assert [item["name"] for item in yaml.safe_load(listed.out)["items"]] == ["default"]
    assert "duty" in listed.err or "component" in listed.err


PLAIN = st.dictionaries(
    st.sampled_from(["team", "code", "more", "x"]),
    st.one_of(st.text(max_size=20), st.integers(-5, 5), st.booleans(), st.dictionaries(st.text(max_size=5), st.text())),
    max_size=3,
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after the first run, in which a flavor takes any config."""
    home = tmp_path_factory.mktemp("started") / "home"
    with pytest.MonkeyPatch.context() as monkeypatch:
        be_at_home(home, monkeypatch)
        loose = {"type": "object", "additionalProperties": True, "properties": {"code": {"writeOnly": True}}}
        assert run(("-q", "alerter", "flavor", "register", "loose", "--schema", write(home / "loose.json", loose))) == 0
    return home


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(configs=st.lists(PLAIN, min_size=1, max_size=3), flavor=st.data())
def test_all_that_is_printed_is_what_the_schema_says(
    started: Path, configs: list[dict[str, Any]], flavor: st.DataObject, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*words: str) -> str:
        capsys.readouterr()
        assert run(("-q", *words)) == 0, (words, capsys.readouterr().err)
        return capsys.readouterr().out

    of_type = flavor.draw(st.sampled_from(COMPONENT_TYPES))
    builtin = flavor.draw(st.sampled_from(sorted(builtin_flavors(of_type.name))))
    directory = Path(tempfile.mkdtemp())
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            be_at_home(directory / "home", monkeypatch)
            rmtree(directory / "home")
            move_in(started, directory / "home")
            monkeypatch.chdir(directory / "home")
            for number, config in enumerate(configs):
                words = (
                    "alerter",
                    "register",
                    f"a{number}",
                    "-f",
                    "loose",
                    "--config",
                    f"@{write(directory / 'c', config)}",
                )
                registered = valid(printed(*words, "--output", "json"), "Component")
                assert registered == valid(printed("alerter", "describe", f"a{number}", "-o", "json"), "Component")
                stack = ("stack", "register", f"s{number}", *TRIO, "-al", f"a{number}", "--output", "json")
                made = valid(printed(*stack), "Stack")
                assert made == valid(printed("stack", "describe", f"s{number}", "-o", "json"), "Stack")
                write(directory / "it", made)
                answered = printed("stack", "import", str(directory / "it"), "--output", "json")
                assert valid(answered, "Stack") == made
            listed = valid(printed("stack", "list", "-o", "json"), "StackList")
            assert made in listed["items"]
            assert registered in valid(printed("alerter", "list", "-o", "json"), "ComponentList")["items"]
            valid(printed(of_type.command, "flavor", "describe", builtin, "-o", "json"), "Flavor")
            valid(printed(of_type.command, "flavor", "list", "-o", "json"), "FlavorList")
    finally:
        rmtree(directory)


def test_the_documentation_shows_the_schema(zprof: Zprof) -> None:
    shown = (Path(__file__).parent.parent / "docs" / "schema.json").read_text()
    assert shown == zprof("schema").out, "type: zprof schema > docs/schema.json"
