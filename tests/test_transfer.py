"""Stacks on their way: copy, export, import, validate."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from conftest import SCRIPT, NewStore, Zprof, made_by, move_in
from contents import rows
from postgresql_server import Server

from zprof.documents.shape import KEPT
from zprof.url import is_sqlite, sqlite_path

SCHEMA = {"properties": {"endpoint": {"type": "string"}, "token": {"type": "string", "writeOnly": True}}}


COMPONENTS = (
    ("alerter", "flavor", "register", "pager", "--schema", "schema.json"),
    ("alerter", "register", "duty", "-f", "pager", "--endpoint=https://x", "--token=hush"),
    ("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key={{aws.key}}"),
    ("metadata-store", "register", "runs", "-f", "mysql", "--host=h", "--database=d", "--port=3307"),
    ("stack", "register", "prod", "-o", "default", "-a", "bucket", "-m", "runs", "-al", "duty"),
)
FILES = {"schema.json": json.dumps(SCHEMA)}


@pytest.fixture(scope="session")
def with_prod(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prod") / "home"
    return made_by(home, *COMPONENTS, ("profile", "create", "other"), files=FILES)


@pytest.fixture
def prod(zprof: Zprof, with_prod: Path, home: Path, store_kind: str, new_store: NewStore) -> Zprof:
    """A stack `prod` with a custom flavor, a plain secret and a reference; an empty profile `other`."""
    if store_kind == "sqlite":
        move_in(with_prod, home)
        return zprof
    (home / "schema.json").write_text(FILES["schema.json"])
    for words in (*COMPONENTS, ("profile", "create", "other", *new_store())):
        assert zprof(*words).code == 0, words
    return zprof


def described(zprof: Zprof, profile: str, stack: str) -> dict[str, Any]:
    shown = zprof("-p", profile, "stack", "describe", stack, "-o", "json", "--show-secrets")
    components: dict[str, Any] = json.loads(shown.out)["components"]
    return components


TABLES = ("component", "stack", "stack_component", "store_association", "flavor", "change")


def everything(config: Path, profile: str = "other") -> list[Any]:
    """All rows of a profile's store, wherever it is."""
    ((url,),) = rows(config / "registry.db", f"SELECT url FROM profile WHERE name = '{profile}'")
    if is_sqlite(url):
        return [rows(Path(sqlite_path(url)), f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]
    schema = url.partition("?schema=")[2]
    return [Server().run(f"SELECT * FROM {schema}.{table} ORDER BY 1, 2") for table in TABLES]


@pytest.mark.on_both
def test_copy_between_profiles(prod: Zprof) -> None:
    copied = prod("-q", "stack", "copy", "prod", "live", "--to", "other")
    assert (copied.code, copied.out, copied.err) == (0, "", "")
    assert described(prod, "other", "live") == described(prod, "default", "prod")
    assert "pager" in prod("-p", "other", "alerter", "flavor", "list", "-o", "name").out.split()


def test_copy_says_what_it_did(prod: Zprof) -> None:
    assert prod("stack", "copy", "prod", "live", "--to", "other").err.splitlines()[2:] == [
        "Registered alerter flavor 'pager'.",
        "Registered alerter 'duty'.",
        "Registered artifact store 'bucket'.",
        "Registered metadata store 'runs'.",
        "Used orchestrator 'default'.",
        "Registered stack 'live'.",
        "Warning: 'duty' stores token in plain text. A reference keeps a secret out: {{secret.key}} or ${env:NAME}.",
    ]


@pytest.mark.on_both
def test_copy_within_a_profile(prod: Zprof) -> None:
    assert prod("stack", "copy", "prod", "twin").code == 0
    assert described(prod, "default", "twin") == described(prod, "default", "prod")
    assert prod("stack", "copy", "prod", "default").code == 4


def test_copy_from_a_profile_into_the_one_in_effect(prod: Zprof) -> None:
    assert prod("-p", "other", "stack", "copy", "prod", "prod", "--from", "default").code == 0
    assert described(prod, "other", "prod") == described(prod, "default", "prod")


@pytest.mark.on_both
def test_d05_a_default_stack_can_be_copied(prod: Zprof) -> None:
    assert prod("stack", "copy", "default", "again", "--to", "other").code == 0


@pytest.mark.on_both
def test_copy_holds_to_the_ties_of_the_target(prod: Zprof) -> None:
    prod("-p", "other", "artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key={{aws.key}}")
    prod("-p", "other", "stack", "register", "s", "-o", "default", "-a", "bucket", "-m", "default", "--decouple-stores")
    refused = prod("-q", "stack", "copy", "prod", "prod", "--to", "other")
    assert (refused.code, "--decouple-stores" in refused.err) == (4, True)
    assert prod("stack", "copy", "prod", "prod", "--to", "other", "--decouple-stores").code == 0


@pytest.fixture
def clashing(prod: Zprof) -> Zprof:
    """In `other`, a bucket and a flavor that differ from those of `prod`."""
    prod("-p", "other", "artifact-store", "register", "bucket", "-f", "s3", "--path=s3://elsewhere")
    prod("-p", "other", "metadata-store", "register", "runs", "-f", "sqlite")
    return prod


@pytest.mark.on_both
def test_d06_a_clash_names_all_and_changes_nothing(clashing: Zprof, config: Path) -> None:
    before = everything(config)
    refused = clashing("-q", "stack", "copy", "prod", "default", "--to", "other")
    assert refused.code == 4
    assert refused.err.splitlines() == [
        "Error: These already exist: the artifact store 'bucket', the metadata store 'runs', the stack 'default'.",
        "Nothing was changed. Choose with --on-conflict rename or overwrite.",
    ]
    assert everything(config) == before


@pytest.mark.on_both
def test_on_conflict_rename(clashing: Zprof) -> None:
    assert clashing("stack", "copy", "prod", "default", "--to", "other", "--on-conflict", "rename").code == 0
    copied = described(clashing, "other", "default-2")
    assert copied["artifact_store"]["name"] == "bucket-2"
    assert copied["artifact_store"]["config"] == {"path": "s3://b", "key": "{{aws.key}}"}
    # Once more, and what was renamed is found to be the same.
    again = clashing("stack", "copy", "prod", "default", "--to", "other", "--on-conflict", "rename")
    assert "Used stack 'default-2'." in again.err


@pytest.mark.on_both
def test_a_store_that_is_renamed_takes_its_partner_along(prod: Zprof) -> None:
    """The metadata store is the same in both, and tied to the bucket that is another."""
    prod("stack", "copy", "prod", "prod", "--to", "other")
    prod("-p", "other", "artifact-store", "update", "bucket", "--path=s3://elsewhere")
    words = ("-q", "stack", "copy", "prod", "prod", "--to", "other", "--on-conflict", "rename")
    for _ in range(2):
        assert prod(*words).code == 0
        copied = described(prod, "other", "prod-2")
        assert (copied["artifact_store"]["name"], copied["metadata_store"]["name"]) == ("bucket-2", "runs-2")
        assert prod("-p", "other", "stack", "list", "-o", "name").out == "default\nprod\nprod-2\n"
        assert described(prod, "other", "prod")["metadata_store"]["name"] == "runs"
        assert prod("-p", "other", "stack", "update", "prod", "-a", "bucket", "-m", "runs").code == 0


@pytest.mark.on_both
def test_on_conflict_overwrite(clashing: Zprof) -> None:
    words = ("stack", "copy", "prod", "default", "--to", "other", "--on-conflict", "overwrite", "--decouple-stores")
    assert clashing(*words).code == 0
    assert described(clashing, "other", "default") == described(clashing, "default", "prod")


@pytest.mark.on_both
def test_on_conflict_use_existing(clashing: Zprof) -> None:
    assert clashing("stack", "copy", "prod", "live", "--to", "other", "--on-conflict", "use-existing").code == 0
    copied = described(clashing, "other", "live")
    assert copied["artifact_store"]["config"] == {"path": "s3://elsewhere"}
    refused = clashing("stack", "copy", "prod", "default", "--to", "other", "--on-conflict", "use-existing")
    assert refused.code == 4
    assert refused.err.splitlines()[-1] == "Nothing was changed. Choose with --on-conflict rename or overwrite."


@pytest.mark.on_both
def test_overwriting_may_not_break_another_stack(prod: Zprof, config: Path) -> None:
    prod("container-registry", "register", "hub", "-f", "default", "--uri=localhost:5000")
    prod("-p", "other", "container-registry", "register", "hub", "-f", "default", "--uri=gcr.io")
    prod("-p", "other", "artifact-store", "register", "gs", "-f", "gcp", "--path=gs://b")
    prod("-p", "other", "metadata-store", "register", "my", "-f", "mysql", "--host=h", "--database=d")
    prod("-p", "other", "orchestrator", "register", "vertex", "-f", "vertex", "--location=eu")
    on_vertex = ("-o", "vertex", "-a", "gs", "-m", "my", "-c", "hub")
    assert prod("-p", "other", "stack", "register", "cloud", *on_vertex).code == 0
    prod("stack", "update", "prod", "-c", "hub")
    before = everything(config)
    refused = prod("-q", "stack", "copy", "prod", "prod", "--to", "other", "--on-conflict", "overwrite")
    assert (refused.code, "'cloud' would not fit together" in refused.err) == (4, True)
    assert everything(config) == before


@pytest.mark.on_both
def test_dry_run(clashing: Zprof, config: Path) -> None:
    before = everything(config)
    planned = clashing("-q", "stack", "copy", "prod", "live", "--to", "other", "--on-conflict", "rename", "--dry-run")
    assert planned.out.splitlines() == [
        "Would register the alerter flavor 'pager'.",
        "Would register the alerter 'duty'.",
        "Would register the artifact store 'bucket-2'.",
        "Would register the metadata store 'runs-2'.",
        "Would use the orchestrator 'default'.",
        "Would register the stack 'live'.",
    ]
    assert everything(config) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nope", "x", "--to", "other"), 3),
        (("prod", "x", "--to", "nope"), 3),
        (("prod", "x", "--from", "nope"), 3),
        (("prod", "../x", "--to", "other"), 2),
        (("prod", "x", "--on-conflict", "ask"), 2),
    ],
)
def test_copy_refuses(prod: Zprof, config: Path, words: tuple[str, ...], code: int) -> None:
    before = everything(config)
    assert prod("stack", "copy", *words).code == code
    assert everything(config) == before


@pytest.mark.on_both
def test_export(prod: Zprof) -> None:
    exported = prod("-q", "stack", "export", "prod")
    assert yaml.safe_load(exported.out) == {
        "apiVersion": "zprof/v1",
        "kind": "Stack",
        "name": "prod",
        "components": {
            "alerter": {"name": "duty", "flavor": "pager", "config": {"endpoint": "https://x", "token": KEPT}},
            "artifact_store": {"name": "bucket", "flavor": "s3", "config": {"key": "{{aws.key}}", "path": "s3://b"}},
            "metadata_store": {
                "name": "runs",
                "flavor": "mysql",
                "config": {"database": "d", "host": "h", "port": 3307},
            },
            "orchestrator": {"name": "default", "flavor": "local", "config": {}},
        },
        "flavors": [
            {
                "type": "alerter",
                "name": "pager",
                "source": None,
                "schema": {"type": "object", "additionalProperties": False, **SCHEMA},
            }
        ],
    }
    assert "hush" not in exported.out
    assert "Warning: token of the alerter 'duty' is left out" in prod("stack", "export", "prod").err
    assert "hush" in prod("stack", "export", "prod", "--show-secrets").out
    assert json.loads(prod("stack", "export", "prod", "-o", "json").out) == yaml.safe_load(exported.out)


@pytest.mark.on_both
@pytest.mark.parametrize("name", ["prod.yaml", "prod.json"])
def test_export_and_import_are_each_others_inverse(prod: Zprof, home: Path, new_store: NewStore, name: str) -> None:
    assert prod("stack", "export", "prod", name).code == 0
    assert (home / name).stat().st_mode & 0o777 == 0o600
    prod("profile", "create", "third", *new_store())
    secret = ("--secret", "alerter/duty.token=hush")
    assert prod("-p", "third", "stack", "import", name, *secret).code == 0
    assert described(prod, "third", "prod") == described(prod, "default", "prod")
    assert prod("-p", "third", "stack", "export", "prod", f"second-{name}").code == 0
    assert (home / name).read_bytes() == (home / f"second-{name}").read_bytes()
    # A third time the secret is there, and kept.
    assert prod("-p", "third", "stack", "import", name).code == 0
    assert prod("-p", "third", "stack", "import", name, "--name", "twin").code == 0
    assert described(prod, "third", "twin") == described(prod, "default", "prod")


@pytest.mark.on_both
def test_a_stack_is_equal_wherever_it_came_through(prod: Zprof, new_store: NewStore) -> None:
    """Copied to one profile, described there, exported, imported into a third."""
    prod("profile", "create", "third", *new_store())
    assert prod("stack", "copy", "prod", "prod", "--to", "other").code == 0
    assert prod("-p", "other", "stack", "export", "prod", "it.yaml", "--show-secrets").code == 0
    assert prod("-p", "third", "stack", "import", "it.yaml").code == 0
    exports = {prod("-q", "-p", profile, "stack", "export", "prod").out for profile in ("default", "other", "third")}
    assert len(exports) == 1
    flavors = {
        prod("-p", profile, "alerter", "flavor", "describe", "pager", "-o", "json").out
        for profile in ("default", "other", "third")
    }
    assert len(flavors) == 1


def test_export_replaces_a_file_only_when_told(prod: Zprof, home: Path) -> None:
    (home / "it.yaml").write_text("precious")
    refused = prod("stack", "export", "prod", "it.yaml")
    assert (refused.code, (home / "it.yaml").read_text()) == (7, "precious")
    assert prod("stack", "export", "prod", "it.yaml", "-y").code == 0
    assert prod("stack", "export", "prod", "nowhere/it.yaml").code == 1
    assert prod("stack", "export", "nope", "other.yaml").code == 3
    assert sorted(path.name for path in home.glob("*.yaml*")) == ["it.yaml"]


def test_import_asks_for_what_is_missing(prod: Zprof, script: Zprof) -> None:
    prod("stack", "export", "prod", "it.yaml")
    refused = prod("-q", "-p", "other", "stack", "import", "it.yaml")
    assert refused.code == 2
    assert "'--secret=alerter/duty.token=<value>'" in refused.err
    given = ("--secret=alerter/duty.token=<value>",)
    stands = prod("-q", "-p", "other", "stack", "import", "it.yaml", *given)
    assert (stands.code, "which is a placeholder" in stands.err) == (2, True)
    tried = prod("-q", "-p", "other", "stack", "import", "it.yaml", "--dry-run")
    assert (tried.code, tried.err) == (0, "")
    assert "Would register the alerter 'duty'." in tried.out
    assert prod("-p", "other", "stack", "list", "-o", "name").out == "default\n"
    child = pexpect.spawn(str(SCRIPT), ["-p", "other", "stack", "import", "it.yaml"], encoding="utf-8", timeout=60)
    child.expect_exact("alerter/duty.token:")
    child.sendline("typed-hush")
    shown = child.read()
    child.close()
    assert child.exitstatus == 0
    assert "hush" not in shown
    assert described(prod, "other", "prod")["alerter"]["config"]["token"] == "typed-hush"


def test_import_from_stdin(prod: Zprof, script: Zprof) -> None:
    exported = prod("-q", "stack", "export", "default").out
    assert script("-p", "other", "stack", "import", "-", "--name", "again", stdin=exported).code == 0
    there, here = (without_places(described(prod, *key)) for key in (("other", "again"), ("default", "default")))
    assert there == here


def without_places(components: dict[str, Any]) -> dict[str, Any]:
    """What is the same of a stack and its copy: the directories of local components are not."""
    return {type_name: {**fields, "resolved": None} for type_name, fields in components.items()}


GOOD = {
    "apiVersion": "zprof/v1",
    "kind": "Stack",
    "name": "s",
    "components": {
        "orchestrator": {"name": "o", "flavor": "local", "config": {}},
        "artifact_store": {"name": "a", "flavor": "local", "config": {}},
        "metadata_store": {"name": "m", "flavor": "sqlite", "config": {}},
    },
}


def test_a_short_document_is_enough(prod: Zprof, home: Path) -> None:
    (home / "it.json").write_text(json.dumps(GOOD))
    assert prod("-p", "other", "stack", "import", "it.json").code == 0


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"apiVersion": "zprof/v9"}, 6, "'zprof/v9'"),
        ({"apiVersion": None}, 2, "'apiVersion' is missing"),
        ({"apiVersion": 1}, 2, "'apiVersion' must be text"),
        ({"kind": "Profile"}, 6, "does not hold a stack"),
        ({"name": "../s"}, 2, "can't be named"),
        ({"name": None}, 2, "'name' is missing"),
        ({"components": []}, 2, "'components' must be a mapping"),
        ({"components": {}}, 2, "no orchestrator"),
        ({"components": {**GOOD["components"], "toaster": {}}}, 2, "'toaster'"),  # type: ignore[dict-item]
        ({"components": {"orchestrator": []}}, 2, "list"),
        ({"components": {"orchestrator": {"name": "o", "flavor": "nope"}}}, 3, "'nope'"),
        ({"components": {"orchestrator": {"name": "o", "flavor": "local", "config": {"x": 1}}}}, 2, "'x'"),
        ({"flavors": [{"type": "alerter"}]}, 2, "'name' is missing"),
        ({"flavors": [{"type": "toaster", "name": "x", "schema": {}}]}, 2, "'toaster'"),
        (
            {
                "components": {**GOOD["components"], "alerter": {"name": "d", "flavor": "x"}},  # type: ignore[dict-item]
                "flavors": [{"type": "alerter", "name": "x", "schema": {"properties": []}}],
            },
            2,
            "schema",
        ),
        ({"omitted_secrets": {"alerter": ["x"]}}, 2, "'alerter'"),
        ({"omitted_secrets": {"orchestrator": "x"}}, 2, "must be a list"),
    ],
)
def test_d06_a_bad_document_changes_nothing(
    prod: Zprof, home: Path, config: Path, changed: dict[str, Any], code: int, says: str
) -> None:
    (home / "it.json").write_text(json.dumps({**GOOD, **changed}))
    before = everything(config)
    refused = prod("-q", "-p", "other", "stack", "import", "it.json")
    assert (refused.code, refused.out) == (code, "")
    assert says in refused.err
    assert everything(config) == before


@pytest.mark.parametrize("text", ["", "[]", "x", "a: [", "{", "\x00", "&a [*a]", "zenml_version: 1"])
def test_d13_what_is_no_document_is_one_sentence(prod: Zprof, home: Path, text: str) -> None:
    (home / "it.yaml").write_text(text)
    refused = prod("-q", "-p", "other", "stack", "import", "it.yaml")
    assert refused.code in (2, 6)
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") <= 2
    assert prod("stack", "import", "nowhere.yaml").code == 2


def test_import_of_an_export_of_zenml(prod: Zprof) -> None:
    fixture = Path(__file__).parent / "data" / "zenml-0.13.2" / "prod_copy.yaml"
    imported = prod("-q", "-p", "other", "stack", "import", str(fixture))
    assert (imported.code, imported.err) == (0, "")
    components = described(prod, "other", "prod_copy")
    assert components["metadata_store"] == {
        "name": "mysql_md",
        "flavor": "mysql",
        "config": {
            "database": "zenml",
            "host": "10.0.0.5",
            "password": "{{mysql.password}}",
            "port": 3306,
            "upgrade_migration_enabled": True,
            "username": "zen",
        },
    }
    assert prod("-p", "other", "stack", "import", str(fixture), "--name", "again").code == 0


def test_import_of_an_export_of_zenml_tells_what_it_changes(prod: Zprof, home: Path) -> None:
    document = (Path(__file__).parent / "data" / "zenml-0.13.2" / "prod_copy.yaml").read_text()
    (home / "it.yaml").write_text(
        document.replace("mysql_md", "my md").replace("    path: s3", "    depth: 3\n    path: s3")
    )
    for trial in ((), ("--dry-run",)):
        imported = prod("-q", "-p", "other", "stack", "import", "it.yaml", *trial)
        assert imported.code == 0
        said = prod("-p", "other", "stack", "import", "it.yaml", *trial).err
        assert "Warning: The metadata store 'my md' becomes 'my-md'." in said
        assert "depth" in said


def test_validate(prod: Zprof, config: Path) -> None:
    assert prod("stack", "validate", "prod").code == 0
    assert prod("stack", "validate").code == 0
    assert prod("stack", "validate", "--all").code == 0
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("UPDATE component SET flavor = 'kubernetes' WHERE type = 'orchestrator'")
        store.execute("UPDATE component SET flavor = 'label_studio', type = 'alerter' WHERE type = 'alerter'")
    broken = prod("-q", "stack", "validate", "--all", "-o", "json")
    assert broken.code == 1
    problems = json.loads(broken.out)["items"]
    assert {problem["name"] for problem in problems} == {"default", "prod"}
    assert len(problems) >= 4, "every violation is told at once"
    assert prod("stack", "validate", "nope").code == 3
    assert prod("stack", "validate", "nope", "--all").code == 2
    # What was broken before may be mended one thing after another.
    assert prod("stack", "update", "prod", "-o", "default").code == 0


@pytest.mark.on_both
def test_rules_hold_for_each_change(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "gs", "-f", "gcp", "--path=gs://b")
    zprof("metadata-store", "register", "my", "-f", "mysql", "--host=h", "--database=d")
    zprof("container-registry", "register", "hub", "-f", "default", "--uri=gcr.io")
    zprof("orchestrator", "register", "vertex", "-f", "vertex", "--location=eu")
    on_vertex = ("-o", "vertex", "-a", "gs", "-m", "my")
    refused = zprof("-q", "stack", "register", "cloud", *on_vertex)
    assert refused.code == 4
    assert "needs a container registry" in refused.err
    assert zprof("stack", "register", "cloud", *on_vertex, "-c", "hub").code == 0
    assert zprof("stack", "remove-component", "cloud", "-c").code == 4
    assert zprof("stack", "update", "default", "-o", "vertex").code == 4
    refused = zprof("-q", "container-registry", "update", "hub", "--uri=localhost:5000")
    assert (refused.code, "'cloud' would not fit together" in refused.err) == (4, True)
    assert zprof("stack", "validate", "--all").code == 0


def test_d17_ties_of_stores(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ties() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
            return store.execute(
                "SELECT a.name, m.name FROM store_association JOIN component a ON a.id = artifact_store_id"
                " JOIN component m ON m.id = metadata_store_id ORDER BY 1"
            ).fetchall()

    assert ties() == [("default", "default")]
    for name in ("a2", "a3"):
        zprof("artifact-store", "register", name, "-f", "local", f"--path=/{name}")
    zprof("metadata-store", "register", "m2", "-f", "sqlite")
    # A registration that fails leaves no tie.
    assert zprof("stack", "register", "default", "-o", "default", "-a", "a2", "-m", "m2").code == 4
    assert ties() == [("default", "default")]
    refused = zprof("-q", "stack", "register", "s", "-o", "default", "-a", "a2", "-m", "default")
    assert refused.code == 4
    assert "'default' to 'default'" in refused.err
    dropped = zprof("stack", "register", "s", "-o", "default", "-a", "a2", "-m", "default", "--decouple-stores")
    assert "Dropped the tie of the artifact store 'default' and the metadata store 'default'." in dropped.err
    assert ties() == [("a2", "default")]
    # The stack whose tie was dropped stays usable and changeable.
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    assert zprof("stack", "update", "default", "-o", "docker").code == 0
    assert zprof("stack", "rename", "default", "old").code == 0
    assert zprof("stack", "update", "old", "-a", "default").code == 4
    # Ties go with their components.
    zprof("stack", "set", "old")
    assert zprof("stack", "delete", "s", "-y").code == 0
    assert zprof("artifact-store", "delete", "a2", "-y").code == 0
    assert ties() == []
    monkeypatch.setenv("ZPROF_IGNORE_STORE_COUPLINGS", "1")
    assert zprof("stack", "register", "free", "-o", "default", "-a", "a3", "-m", "m2").code == 0
    assert ties() == []


@pytest.mark.on_both
def test_delete_with_components(prod: Zprof) -> None:
    deleted = prod("stack", "delete", "prod", "--with-components", "-y")
    assert deleted.err.splitlines()[2:] == [
        "Deleted stack 'prod'.",
        "Deleted alerter 'duty'.",
        "Deleted artifact store 'bucket'.",
        "Deleted metadata store 'runs'.",
    ]
    assert prod("orchestrator", "list", "-o", "name").out == "default\n"


@pytest.mark.on_both
def test_d27_a_custom_flavor_is_copied_with_a_component(prod: Zprof) -> None:
    assert prod("alerter", "copy", "duty", "duty", "--to", "other").code == 0
    assert json.loads(prod("-p", "other", "alerter", "describe", "duty", "-o", "json").out)["flavor"] == "pager"


@pytest.mark.on_both
def test_a_trial_says_which_tie_would_go(prod: Zprof, home: Path) -> None:
    prod("-p", "other", "metadata-store", "register", "runs", "-f", "mysql", "--host=h", "--database=d", "--port=3307")
    prod("-p", "other", "artifact-store", "register", "mine", "-f", "local")
    prod("-p", "other", "stack", "register", "first", "-o", "default", "-a", "mine", "-m", "runs")
    words = ("stack", "copy", "prod", "prod", "--to", "other", "--decouple-stores")
    tried = prod(*words, "--dry-run")
    assert tried.out.splitlines()[-1] == (
        "Would drop the tie of the artifact store 'mine' and the metadata store 'runs'."
    )
    assert "Dropped" not in tried.err
    assert "Dropped the tie of the artifact store 'mine' and the metadata store 'runs'." in prod(*words).err


@pytest.mark.on_both
def test_a_flavor_and_its_component_are_overwritten_together(prod: Zprof, home: Path) -> None:
    """The new schema asks for what the old component lacks, and the new component has."""
    prod("stack", "copy", "prod", "prod", "--to", "other")
    properties = {**SCHEMA["properties"], "team": {"type": "string"}}
    newer = {"properties": properties, "required": ["team"]}
    (home / "newer.json").write_text(json.dumps(newer))
    prod("stack", "remove-component", "prod", "-al")
    prod("alerter", "delete", "duty", "--yes")
    prod("alerter", "flavor", "delete", "pager", "--yes")
    assert prod("alerter", "flavor", "register", "pager", "--schema", "newer.json").code == 0
    prod("alerter", "register", "duty", "-f", "pager", "--endpoint=https://x", "--token=hush", "--team=night")
    assert prod("stack", "update", "prod", "-al", "duty").code == 0
    words = ("stack", "copy", "prod", "prod", "--to", "other", "--on-conflict", "overwrite")
    done = prod(*words)
    assert done.code == 0, done.err
    assert described(prod, "other", "prod") == described(prod, "default", "prod")


@pytest.mark.parametrize("source", ["7", "[1, 2]", "{a: b}"])
def test_a_source_that_is_no_text(prod: Zprof, home: Path, source: str) -> None:
    prod("stack", "export", "prod", "it.yaml", "--show-secrets")
    document = yaml.safe_load((home / "it.yaml").read_text())
    document["flavors"][0]["source"] = yaml.safe_load(source)
    (home / "it.yaml").write_text(yaml.safe_dump(document))
    refused = prod("-q", "-p", "other", "stack", "import", "it.yaml")
    assert refused.code == 2
    assert "'source' must be text" in refused.err


def test_a_flavor_that_no_component_has_is_refused(prod: Zprof, home: Path) -> None:
    prod("stack", "export", "prod", "it.yaml", "--show-secrets")
    document = yaml.safe_load((home / "it.yaml").read_text())
    document["flavors"].append({"type": "annotator", "name": "stray", "schema": {"type": "object", "properties": {}}})
    (home / "it.yaml").write_text(yaml.safe_dump(document))
    refused = prod("-q", "-p", "other", "stack", "import", "it.yaml")
    assert (refused.code, "'stray', but none of its components uses it" in refused.err) == (2, True)


@pytest.mark.parametrize("way", ["store", "link", "registry", "foreign", "journal", "lock", "damaged"])
def test_an_export_replaces_no_database(prod: Zprof, home: Path, config: Path, way: str) -> None:
    path = {"registry": config / "registry.db", "link": home / "link.db"}.get(way, config / "profiles/default.db")
    if way == "link":
        path.symlink_to(config / "profiles/default.db")
    elif way == "foreign":
        path = home / "foreign"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE mine (id INTEGER)")
    elif way == "damaged":
        path = home / "damaged.db"
        path.write_bytes((config / "profiles/default.db").read_bytes()[:5000])
    elif way in ("journal", "lock"):
        path = path.with_name(f"default.db{'-journal' if way == 'journal' else '.lock'}")
    before = path.read_bytes() if path.exists() else None
    refused = prod("stack", "export", "prod", str(path), "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "is a database, or one of its files" in refused.err
    assert (path.read_bytes() if path.exists() else None) == before
    assert prod("db", "check", "--all").code == 0


def test_an_export_replaces_nothing_but_a_file(prod: Zprof, home: Path) -> None:
    os.mkfifo(home / "pipe.yaml")
    (home / "link.yaml").symlink_to(home / "target")
    for name in ("pipe.yaml", "link.yaml"):
        refused = prod("-q", "stack", "export", "prod", name, "--yes")
        assert (refused.code, "it is not a regular file" in refused.err) == (1, True)
    assert (home / "link.yaml").is_symlink()
    assert (home / "pipe.yaml").is_fifo()


@pytest.mark.parametrize("key", ["tokn", "endpoint", "nope"])
def test_a_secret_that_the_export_does_not_leave_out(prod: Zprof, config: Path, key: str) -> None:
    prod("stack", "export", "prod", "it.yaml")
    refused = prod("-q", "-p", "other", "stack", "import", "it.yaml", "--secret", f"alerter/duty.{key}=hush")
    assert refused.code == 2
    assert "The missing secrets: token." in refused.err
    assert ("Did you mean 'token'?" in refused.err) == (key == "tokn")


def test_the_log_masks_each_secret_that_was_given(prod: Zprof, config: Path) -> None:
    prod("stack", "export", "prod", "it.yaml")
    for words in (("--secret", "alerter/duty.token=hush-hush"), ("--secret=alerter/duty.token=hush-hush",)):
        assert prod("-p", "other", "stack", "import", "it.yaml", "--name", f"n{len(words)}", *words).code == 0
    with closing(sqlite3.connect(config / "profiles" / "other.db")) as store:
        commands = {command for (command,) in store.execute("SELECT command FROM change")}
    assert any("alerter/duty.token" in command for command in commands)
    assert not any("hush-hush" in command for command in commands)


def test_a_component_whose_flavor_is_gone_does_not_fit(prod: Zprof, config: Path) -> None:
    assert prod("stack", "validate", "prod").code == 0
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("DELETE FROM flavor")
    broken = prod("-q", "stack", "validate", "prod", "-o", "json")
    assert broken.code == 1
    assert "The alerter 'duty' has the flavor 'pager', which no longer exists." in broken.out


def test_text_that_looks_like_a_number_stays_text(zprof: Zprof, home: Path, new_store: NewStore) -> None:
    """As names, within objects, and as the values that a custom flavor allows."""
    (home / "schema.json").write_text(
        json.dumps({"properties": {"mode": {"enum": ["3e5", "y", "1:30"]}, "labels": {"type": "object"}}})
    )
    assert zprof("alerter", "flavor", "register", "odd", "--schema", "schema.json").code == 0
    labels = json.dumps({"3e5": "12e3", "date": "2026-01-01", "no": "~"})
    assert zprof("alerter", "register", "1e5", "-f", "odd", "--mode=3e5", f"--labels={labels}").code == 0
    assert zprof("stack", "register", "12e3", "-o", "default", "-a", "default", "-m", "default", "-al", "1e5").code == 0
    assert zprof("stack", "export", "12e3", "it.yaml").code == 0
    assert zprof("profile", "create", "other", *new_store()).code == 0
    assert zprof("-p", "other", "stack", "import", "it.yaml").code == 0
    found = json.loads(zprof("-p", "other", "alerter", "describe", "1e5", "-o", "json").out)
    assert found["config"] == {"mode": "3e5", "labels": json.loads(labels)}
