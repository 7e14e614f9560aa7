"""`zprof apply` and `zprof edit`: a profile made equal to documents, by a plan that is shown first."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import SCRIPT, Zprof
from contents import rows
from postgresql_server import Server
from test_bulk import counted

import zprof as library
from zprof.cli.invocation import Invocation
from zprof.contents.reading import documents_of, read_contents
from zprof.contents.record import Contents
from zprof.contents.sources import Source
from zprof.documents import yaml_reading
from zprof.errors import Conflict, InvalidInput
from zprof.store.planning import Planning

KEPT = {"$secret": "kept"}
SECRETS = ("--secret", "artifact_store/s3.key=AKIA", "--secret", "artifact_store/s3.secret=hunter2")


@pytest.fixture
def filled(zprof: Zprof) -> Zprof:
    """The command, with a profile that has a secret, a custom flavor and several stacks, exported into all.yaml."""
    Path("schema.json").write_text('{"type": "object", "properties": {"token": {"type": "string", "writeOnly": true}}}')
    for words in (
        ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", "--key=AKIA", "--secret=hunter2"),
        ("metadata-store", "register", "db", "-f", "mysql", "--host=h", "--port=3306", "--database=z"),
        ("alerter", "flavor", "register", "pager", "--schema", "schema.json"),
        ("alerter", "register", "duty", "-f", "pager", "--token=hush"),
        ("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "db", "-al", "duty"),
        ("stack", "register", "copy", "-o", "default", "-a", "s3", "-m", "db"),
        ("export", "all.yaml"),
    ):
        assert zprof("-q", *words).code == 0, words
    return zprof


def found() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path("all.yaml").read_text())
    return document


def write(document: Any, name: str = "all.yaml") -> None:
    Path(name).write_text(json.dumps(document))


def changes(zprof: Zprof) -> int:
    """How many operations the log of the default profile's store has."""
    ((count,),) = rows(next(Path().rglob("default.db")), "SELECT count(*) FROM operation")
    assert isinstance(count, int)
    return count


def test_what_was_exported_changes_nothing(filled: Zprof) -> None:
    before = filled("export").out
    assert filled("apply", "-f", "all.yaml", "--dry-run").code == 0
    done = filled("apply", "-f", "all.yaml")  # nothing is asked where there is nothing to do
    assert (done.code, done.out) == (0, "")
    assert "Nothing was changed: the profile already matches the file." in done.err
    assert filled("export").out == before


def test_an_exported_profile_is_made_elsewhere(filled: Zprof) -> None:
    refused = filled("-q", "apply", "-f", "all.yaml", "--create", "two", "--yes")
    assert refused.code == 2
    assert "artifact_store/s3.key, artifact_store/s3.secret" in refused.err
    assert filled("profile", "describe", "two").code == 3
    given = (*SECRETS, "--secret", "alerter/duty.token=hush")
    assert filled("apply", "-f", "all.yaml", "--create", "two", "--yes", *given, "--active", "prod").code == 0
    assert filled("diff", "default", "two").code == 0
    assert filled("-q", "stack", "get", "-p", "two").out == "prod\n"
    again = filled("apply", "-f", "all.yaml", "--create", "two", "--yes", *given)
    assert again.code == 4
    assert "zprof apply -f FILE --profile two" in again.err
    assert filled("apply", "-f", "all.yaml", "-p", "two", "--prune").code == 0


def test_a_plan_is_shown_and_carried_out_once(filled: Zprof) -> None:
    document = found()
    document["components"][2]["config"]["path"] = "s3://other"
    document["components"].append({"type": "orchestrator", "name": "docker", "flavor": "local_docker", "config": {}})
    document["stacks"][2]["components"]["orchestrator"] = "docker"
    write(document)
    tried = filled("-q", "apply", "-f", "all.yaml", "--dry-run")
    assert tried.code == 1
    assert tried.out.splitlines() == [
        "~ component artifact_store/s3",
        "~   config.path: s3://b → s3://other",
        "+ component orchestrator/docker",
        "+   flavor: local_docker",
        "~ stack prod",
        "~   components.orchestrator: default → docker",
    ]
    asked = filled("apply", "-f", "all.yaml")
    assert (asked.code, asked.out) == (7, "")
    assert "Add --yes" in asked.err
    assert "s3://other" not in filled("export").out
    before = changes(filled)
    done = filled("apply", "-f", "all.yaml", "--yes", "--output", "json")
    assert [(step["verb"], step["name"]) for step in json.loads(done.out)["items"]] == [
        ("change", "artifact_store/s3"), ("create", "orchestrator/docker"), ("change", "prod"),
    ]  # fmt: skip
    assert filled("apply", "-f", "all.yaml", "--dry-run").code == 0
    assert filled("apply", "-f", "all.yaml", "--yes").code == 0
    assert changes(filled) == before + 1
    assert yaml.safe_load(filled("export", "--show-secrets").out)["components"][2]["config"]["secret"] == "hunter2"


def test_nothing_goes_without_prune(filled: Zprof) -> None:
    document = found()
    document["stacks"] = [each for each in document["stacks"] if each["name"] != "copy"]
    write(document)
    kept = filled("apply", "-f", "all.yaml")
    assert "1 thing that the file does not have stays; --prune would delete it." in kept.err
    assert "copy" in filled("stack", "list").out
    assert filled("apply", "-f", "all.yaml", "--prune", "--dry-run").out == (
        "- stack copy\n-   components.artifact_store: s3\n-   components.metadata_store: db\n"
        "-   components.orchestrator: default\n"
    )
    assert filled("apply", "-f", "all.yaml", "--prune", "--yes").code == 0
    assert "copy" not in filled("stack", "list").out


def test_a_stack_that_is_active_goes_only_for_another(filled: Zprof) -> None:
    filled("stack", "set", "copy")
    document = found()
    document["stacks"] = [each for each in document["stacks"] if each["name"] != "copy"]
    write(document)
    refused = filled("apply", "-f", "all.yaml", "--prune", "--yes")
    assert refused.code == 7
    assert "--active STACK" in refused.err
    assert filled("apply", "-f", "all.yaml", "--prune", "--yes", "--active", "gone").code == 3
    assert filled("apply", "-f", "all.yaml", "--prune", "--yes", "--active", "prod").code == 0
    assert filled("-q", "stack", "get").out == "prod\n"


def test_prune_takes_all_along_but_what_is_used(filled: Zprof) -> None:
    document = found()
    document["components"] = [each for each in document["components"] if each["name"] != "duty"]
    write(document)
    refused = filled("apply", "-f", "all.yaml", "--prune", "--yes")
    assert refused.code == 2
    assert "which --prune would delete." in refused.err
    document["stacks"] = [each for each in document["stacks"] if each["name"] == "default"]
    document |= {"flavors": [], "ties": [{"artifact_store": "default", "metadata_store": "default"}]}
    document["components"] = [each for each in document["components"] if each["name"] == "default"]
    write(document)
    assert filled("apply", "-f", "all.yaml", "--prune", "--yes").code == 0
    left = yaml.safe_load(filled("export").out)
    assert (left["flavors"], len(left["components"]), len(left["stacks"]), len(left["ties"])) == ([], 3, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("flavor: s3", "flavour: s3", "all.yaml:18:3: This has an unknown field, 'flavour'."),
        ("path: s3://b", "path: 7", "all.yaml:16:3: "),
        ("flavor: s3", "flavor: s4", "There is no artifact store flavor named 's4'"),
        ("orchestrator: default", "orchestrator: gone", "There is no orchestrator named 'gone'"),
        ("kind: ProfileContents", "kind: ProfileContent", "Did you mean 'ProfileContents'"),
        ("type: orchestrator", "type: orchestratr", "Did you mean 'orchestrator'"),
        ("kind: ProfileContents", "kind: &a ProfileContents", "it has an anchor, line 2"),
    ],
)
def test_a_mistake_is_told_with_its_place(filled: Zprof, old: str, new: str, message: str) -> None:
    text = Path("all.yaml").read_text()
    assert old in text
    Path("all.yaml").write_text(text.replace(old, new))
    refused = filled("-q", "apply", "-f", "all.yaml", "--yes")
    assert refused.code in (2, 3)
    assert message.split(": ")[-1] in refused.err
    assert refused.err.startswith("Error: all.yaml")


def test_errors_point_at_the_line_in_json_too() -> None:
    text = '{\n "apiVersion": "zprof/v1", "kind": "ProfileContents",\n'
    text += ' "components": [\n  {"type": "alerter",\n   "nam": 1}]}'
    with pytest.raises(InvalidInput, match=r"^x\.json:5:4: This has an unknown field, 'nam'.* Did you mean 'name'\?"):
        documents_of([Source("x.json", text)])


def test_the_same_thing_twice_must_be_the_same(tmp_path: Path) -> None:
    one = {
        "apiVersion": "zprof/v1",
        "kind": "Component",
        "type": "alerter",
        "name": "a",
        "flavor": "slack",
        "config": {},
    }
    (tmp_path / "a.json").write_text(json.dumps(one))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text(f"---\n{yaml.safe_dump(one)}---\n{yaml.safe_dump(one)}")
    (tmp_path / "readme.md").write_text("not: [read")
    assert list(read_contents(str(tmp_path)).components) == [("alerter", "a")]
    (tmp_path / "deep" / "b.yaml").write_text(yaml.safe_dump({**one, "flavor": "other"}))
    with pytest.raises(InvalidInput, match=r"b\.yaml:1:1: .* differs from the one at .*a\.json:1:1"):
        read_contents(str(tmp_path))


def test_what_describe_gives_is_read(filled: Zprof) -> None:
    for words in (
        ("stack", "describe", "prod"), ("stack", "list"), ("artifact-store", "list"), ("alerter", "flavor", "list"),
    ):  # fmt: skip
        for output in ("json", "yaml"):
            Path(f"it.{output}").write_text(filled("-q", *words, "-o", output).out)
            applied = filled("apply", "-f", f"it.{output}")
            if words[-1] != "list" or words[0] != "stack":
                assert (applied.code, "Nothing was changed" in applied.err) == (0, True), (words, applied.err)


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_both_parsers_of_yaml_read_the_same(monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    monkeypatch.setattr(yaml_reading, "parser_class", lambda: getattr(yaml, parser))
    text = "a: [1, 0x1f, 1:30, 2026-01-01, yes, ~, 1.5, '1', \"x\\ty\"]\n---\n- {b: c}\n"
    assert yaml_reading.yaml_documents(text) == [
        {"a": [1, 31, "1:30", "2026-01-01", True, None, 1.5, "1", "x\ty"]}, [{"b": "c"}],
    ]  # fmt: skip
    for wrong, reason in (
        ("a: &x 1", "anchor"), ("a: !!str 1", "tag"), ("a: 1\na: 2", "a key is repeated"), ("1: 2", "not text"),
        ("[" * 100, "deep"), ("a: [", "line"), (f"a: {'9' * 1001}", "digits"), ("a: *x", "anchor"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=reason):
            yaml_reading.yaml_documents(wrong)


def test_a_plan_that_became_another_is_refused(filled: Zprof) -> None:
    document = found()
    document["components"][2]["config"]["path"] = "s3://mine"
    write(document)
    with library.open_profile("default") as store:
        planning = Planning(documents_of([Source("all.yaml", json.dumps(document))]))
        shown = planning.plan(store.contents())
        filled("orchestrator", "register", "beside", "-f", "local")  # which changes nothing of the plan
        with store.change(is_trial=True) as change:
            change.apply(planning, shown)
        filled("artifact-store", "update", "s3", "--path=s3://theirs")
        with pytest.raises(Conflict, match="Somebody else has just changed the profile"), store.change() as change:
            change.apply(planning, shown)
    assert "s3://theirs" in filled("artifact-store", "describe", "s3").out


def test_ties_of_a_file_are_the_ties_and_else_a_stack_ties_its_stores(filled: Zprof) -> None:
    document = found()
    stack = {
        "name": "mixed",
        "components": {"orchestrator": "default", "artifact_store": "s3", "metadata_store": "default"},
    }
    write({**document, "stacks": [stack], "ties": []}, "ties.json")
    assert filled("apply", "-f", "ties.json", "--yes").code == 0  # the file says that it ties nothing
    del document["ties"]
    write({**document, "stacks": [{**stack, "name": "again"}]}, "none.json")
    refused = filled("apply", "-f", "none.json", "--yes")
    assert refused.code == 4
    assert "would separate stores that belong together" in refused.err


def test_no_secret_is_shown(filled: Zprof) -> None:
    document = found()
    document["components"][2]["config"] |= {"secret": "s3cr3t-new"}
    document["components"][0]["config"] |= {"token": "t0k3n-new"}
    write(document)
    for output in ("table", "json", "yaml", "csv"):
        tried = filled("apply", "-f", "all.yaml", "--dry-run", "--output", output)
        assert tried.code == 1
        assert not any(secret in tried.out + tried.err for secret in ("hunter2", "AKIA", "hush", "-new")), output
    done = filled("apply", "-f", "all.yaml", "--yes")
    assert done.code == 0
    assert "-new" not in done.out + done.err


def test_a_protected_profile_is_neither_applied_to_nor_edited(filled: Zprof) -> None:
    filled("profile", "protect", "default")
    for words in (("apply", "-f", "all.yaml", "--yes"), ("edit", "profile", "--yes")):
        assert filled(*words).code == 7
        assert filled("apply", "-f", "all.yaml", "--dry-run").code == 0
    assert filled("apply", "-f", "all.yaml", "--yes", "--confirm", "default").code == 0


def editor(tmp_path: Path, script: str) -> str:
    """What EDITOR is set to for an editor that does something with the file of `sys.argv[1]`."""
    path = tmp_path / "editor.py"
    path.write_text(f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n{script}\n")
    return shlex.join([sys.executable, str(path)])


def edited(tmp_path: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "EDITOR": editor(tmp_path, script), "TMPDIR": str(tmp_path)}
    environ.pop("VISUAL", None)
    return subprocess.run([str(SCRIPT), "edit", *words], env=environ, capture_output=True, text=True, check=False)


def test_a_component_is_edited(filled: Zprof, tmp_path: Path) -> None:
    done = edited(tmp_path, "file.write_text(text.replace('s3://b', 's3://e'))", "artifact-store", "s3", "--yes")
    assert done.returncode == 0, done.stderr
    assert "s3://b → s3://e" in done.stderr
    assert "The artifact store 's3' is in 2 stacks: 'copy', 'prod'." in done.stderr
    assert not list(tmp_path.glob("zprof-edit-*"))
    same = edited(tmp_path, "", "artifact-store", "s3", "--yes")
    assert (same.returncode, "Edit cancelled, no changes made." in same.stderr) == (0, True)
    assert "cancelled" in edited(tmp_path, "file.write_text('')", "stack", "prod").stderr
    assert "hunter2" not in filled("artifact-store", "describe", "s3").out


def test_a_mistake_brings_the_editor_back(filled: Zprof, tmp_path: Path) -> None:
    script = (
        "wrong = '# ' in text and 'did you mean' in text\n"
        "right = text.replace('pth:', 'path:').replace('s3://b', 's3://f')\n"
        "file.write_text(right if wrong else text.replace('path:', 'pth:'))"
    )
    done = edited(tmp_path, script, "artifact-store", "s3", "--yes")
    assert done.returncode == 0, done.stderr
    assert "s3://f" in filled("artifact-store", "describe", "s3").out


def test_what_was_typed_is_kept(filled: Zprof, tmp_path: Path) -> None:
    for script, words, message in (
        (
            "file.write_text(text.replace('name: s3', 'name: s4'))",
            ("artifact-store", "s3"),
            "artifact-store rename s3 s4",
        ),
        ("file.write_text(text.replace('s3://b', 's3://g'))", ("profile",), "Add --yes"),
    ):
        refused = edited(tmp_path, script, *words)
        assert refused.returncode != 0
        assert message in refused.stderr
        kept = Path(refused.stderr.rsplit("What you typed is kept in ", 1)[1].strip())
        assert kept.stat().st_mode & 0o777 == 0o600
        assert "hunter2" not in kept.read_text()
    missing = subprocess.run(
        [str(SCRIPT), "edit"],
        env={**os.environ, "VISUAL": "no-such-editor"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (missing.returncode, "$VISUAL" in missing.stderr) == (2, True)


def test_an_error_points_at_the_line_of_the_draft(filled: Zprof, tmp_path: Path) -> None:
    """With the comments above what was typed, and with the message that the editor brings back."""
    script = (
        "line = next(n for n, line in enumerate(text.splitlines(), 1) if 'flavor:' in line)\n"
        "(file.parent.parent / 'seen').open('a').write(f'{line} {text!r}\\n')\n"
        "file.write_text(text.replace('flavor: s3', 'flavor: [1]'))"
    )
    refused = edited(tmp_path, script, "artifact-store", "s3", "--yes")
    assert refused.returncode == 2
    first, second = (tmp_path / "seen").read_text().splitlines()
    before, after = int(first.split()[0]), int(second.split()[0])
    assert (after > before, f".yaml:{after}:" in second, f".yaml:{after}:" in refused.stderr) == (True, True, True)


def test_what_can_not_be_read_is_kept(filled: Zprof, tmp_path: Path) -> None:
    refused = edited(tmp_path, "file.write_bytes(text.encode('utf-16'))", "artifact-store", "s3", "--yes")
    assert refused.returncode == 2
    kept = Path(refused.stderr.rsplit("What you typed is kept in ", 1)[1].strip())
    assert "s3://b" in kept.read_bytes().decode("utf-16")


def test_a_draft_that_was_removed_changes_nothing(filled: Zprof, tmp_path: Path) -> None:
    done = edited(tmp_path, "file.unlink()", "artifact-store", "s3", "--yes")
    assert (done.returncode, "Edit cancelled, no changes made." in done.stderr) == (0, True)
    assert not list(tmp_path.glob("zprof-edit-*"))


def test_an_editors_copies_go_with_the_draft(filled: Zprof, tmp_path: Path) -> None:
    """They may hold a secret that was typed."""
    script = (
        "changed = text.replace('$secret: kept', '$secret: kept', 1).replace('s3://b', 's3://h')\n"
        "file.write_text(changed)\n"
        "file.with_name('s3.yaml~').write_text(changed)"
    )
    done = edited(tmp_path, script, "artifact-store", "s3", "--yes")
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("zprof-edit-*"))


def test_ctrl_c_is_the_editors(filled: Zprof, tmp_path: Path) -> None:
    """A terminal sends it to both; an editor that goes on has its file still, and what was typed is done."""
    script = (
        "import os, signal\n"
        "assert signal.getsignal(signal.SIGINT) == signal.default_int_handler\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "os.kill(os.getppid(), signal.SIGQUIT)\n"
        "__import__('time').sleep(0.5)\n"
        "file.write_text(text.replace('s3://b', 's3://i'))"
    )
    done = edited(tmp_path, script, "artifact-store", "s3", "--yes")
    assert done.returncode == 0, done.stderr
    assert "s3://i" in filled("artifact-store", "describe", "s3").out


def test_a_secret_that_is_nowhere_is_written_into_the_draft(filled: Zprof, tmp_path: Path) -> None:
    script = "file.write_text(text.replace('flavor: pager', 'flavor: slack').replace(' token:', ' slack_token:'))"
    refused = edited(tmp_path, script, "alerter", "duty", "--yes")
    assert refused.returncode == 2
    assert "Replace the marker of each with the secret, or with a reference to it." in refused.stderr
    assert "--secret" not in refused.stderr


def test_hidden_files_of_a_directory_are_of_others(filled: Zprof) -> None:
    assert filled("export", "all/").code == 0
    Path("all/.github/workflows").mkdir(parents=True)
    Path("all/.github/workflows/ci.yml").write_text("on: push\n")
    Path("all/.pre-commit-config.yaml").write_text("repos: []\n")
    os.mkfifo("all/pipe.yaml")  # nobody writes to it
    assert filled("apply", "-f", "all", "--dry-run").code == 0


@pytest.mark.parametrize("words", [("bad name",), ("NAME",), ("two", "--url", "mysql://db/z")])
def test_a_profile_that_can_not_be_made_is_refused_before_it_is_asked_for(filled: Zprof, words: Any) -> None:
    for more in ((), ("--dry-run",)):
        refused = filled(
            "apply", "-f", "all.yaml", *SECRETS, "--secret", "alerter/duty.token=x", "--create", *words, *more
        )
        assert refused.code == 2
        assert refused.out == ""
        assert "Error: The " in refused.err


def test_no_repository_is_left_with_a_stack_that_goes(filled: Zprof) -> None:
    """With --active, too, where an option names the profile, so that the switch is not the repository's."""
    assert filled("init").code == 0
    assert filled("stack", "set", "prod").code == 0
    document = found()
    document["stacks"] = [stack for stack in document["stacks"] if stack["name"] != "prod"]
    write(document)
    words = ("apply", "-f", "all.yaml", "--prune", "--active", "copy", "--yes")
    refused = filled(*words, "--profile", "default")
    assert refused.code == 7
    assert "The stack 'prod' is in use: " in refused.err
    assert "config.toml names it." in refused.err
    assert filled("stack", "get").out == "prod\n"
    assert filled(*words).code == 0
    assert filled("stack", "get").out == "copy\n"


@pytest.mark.parametrize("words", [("apply", "-f", "all.yaml", "--prune"), ("edit", "profile", "--prune")])
def test_a_stack_that_became_active_meanwhile_stays(
    filled: Zprof, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Somebody switches to it while the question is on the screen."""
    document = found()
    document["stacks"] = [stack for stack in document["stacks"] if stack["name"] != "prod"]
    write(document)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor(tmp_path, f"file.write_text({Path('all.yaml').read_text()!r})"))
    monkeypatch.setattr(Invocation, "confirm", lambda self, *_, **__: self.registry.set_active_stack("default", "prod"))
    refused = filled(*words)
    assert refused.code == 7
    assert "The stack 'prod' is in use" in refused.err
    assert filled("stack", "describe", "prod").code == 0


def test_what_was_given_as_a_secret_is_not_shown(filled: Zprof) -> None:
    """Also where the attribute is none, and the value can't be read."""
    component = {"apiVersion": "zprof/v1", "kind": "Component", "type": "metadata_store", "name": "db2"}
    write({**component, "flavor": "mysql", "config": {"host": "h", "database": "z", "port": KEPT}})
    refused = filled("apply", "-f", "all.yaml", "--secret", "metadata_store/db2.port=hunter9", "--yes")
    assert refused.code == 2
    assert "is not a value of the attribute 'port' of the flavor 'mysql'" in refused.err
    assert "hunter9" not in refused.err


def test_null_is_not_what_is_missing() -> None:
    text = "apiVersion: zprof/v1\nkind: ProfileContents\nstacks:\n"
    with pytest.raises(InvalidInput, match=r"^a\.yaml:3:1: 'stacks' must be a list\."):
        documents_of([Source("a.yaml", text)])


def test_what_secret_names_is_told(filled: Zprof) -> None:
    refused = filled("apply", "-f", "all.yaml", "--secret", "artifact_store/nope.key=hunter9", "--yes")
    assert refused.code == 2
    assert "The file has no missing secret named 'artifact_store/nope.key' (--secret)." in refused.err
    assert "hunter9" not in refused.err


def test_an_empty_plan_has_no_steps() -> None:
    heading = '{"apiVersion": "zprof/v1", "kind": "ProfileContents"}'
    assert Planning(documents_of([Source("x", heading)])).plan(Contents()).steps == ()


@pytest.mark.parametrize("attribute", [{}, {"s": "x"}])
@pytest.mark.parametrize("schema", [{"pattern": "^a$"}, {"type": "integer"}, {"enum": ["a"]}])
def test_a_schema_that_would_show_a_secret_says_nothing_of_it(
    filled: Zprof, attribute: dict[str, str], schema: dict[str, Any]
) -> None:
    """Be the component changed or not: what is wrong with its config is told only where its secrets stay such."""
    document = found()
    (flavor,) = document["flavors"]
    flavor["schema"]["properties"] = {"token": {"type": "string", **schema}, "s": {"type": "string"}}
    document["components"][0]["config"] |= attribute
    assert document["components"][0]["name"] == "duty"
    write(document)
    for words in (["--dry-run"], ["--yes"], ["--prune", "--dry-run"]):
        refused = filled("apply", "-f", "all.yaml", *words)
        assert refused.code == 7
        assert "would show token of the alerter 'duty'" in refused.err
        assert "hush" not in refused.out + refused.err
    write({**document, "components": [], "stacks": [], "ties": []})  # those that the file does not have stay as well
    refused = filled("apply", "-f", "all.yaml", "--dry-run")
    assert refused.code == 7
    assert "hush" not in refused.out + refused.err


def test_a_schema_is_stored_as_registering_stores_it(filled: Zprof) -> None:
    """So that a config is checked by the same rules, and the same file changes nothing the second time."""
    schema = {"properties": {"level": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}}}
    flavor = {"apiVersion": "zprof/v1", "kind": "Flavor", "type": "alerter", "name": "bell", "schema": schema}
    write(flavor, "bell.json")
    assert filled("apply", "-f", "bell.json", "--yes").code == 0
    Path("bell.schema").write_text(json.dumps(schema))
    assert filled("alerter", "flavor", "register", "bell2", "--schema", "bell.schema").code == 0
    stored = [json.loads(filled("alerter", "flavor", "describe", each, "-o", "json").out) for each in ("bell", "bell2")]
    assert stored[0]["schema"] == stored[1]["schema"]
    assert filled("apply", "-f", "bell.json", "--dry-run").code == 0
    component = {"apiVersion": "zprof/v1", "kind": "Component", "type": "alerter", "name": "x", "flavor": "bell"}
    write({**component, "config": {"levle": 1}}, "x.json")
    refused = filled("apply", "-f", "x.json", "--yes")
    assert refused.code == 2
    assert "There is no attribute 'levle'; did you mean 'level'?" in refused.err


def test_a_schema_that_is_none_is_a_mistake_of_the_file(filled: Zprof) -> None:
    flavor = {"type": "alerter", "name": "bad", "schema": {"properties": {"x": {"type": "strong"}}}}
    component = {"type": "alerter", "name": "d", "flavor": "bad", "config": {"x": "a"}}
    write({"apiVersion": "zprof/v1", "kind": "ProfileContents", "components": [component], "flavors": [flavor]})
    refused = filled("apply", "-f", "all.yaml", "--yes")
    assert refused.code == 2
    assert "all.yaml:1:" in refused.err
    assert "The schema can't be used: 'properties/x/type' can't be 'strong'." in refused.err


def test_a_schema_that_breaks_a_component_that_stays_names_both(filled: Zprof) -> None:
    document = found()
    (flavor,) = document["flavors"]
    flavor["schema"]["required"] = ["level"]
    flavor["schema"]["properties"]["level"] = {"type": "integer"}
    write(document)
    refused = filled("apply", "-f", "all.yaml", "--yes")
    assert refused.code == 2
    assert "all.yaml:1:" in refused.err
    assert "The alerter 'duty': The alerter flavor 'pager': The attribute 'level' is required." in refused.err


def test_a_marker_keeps_the_reference_that_took_the_secrets_place(filled: Zprof) -> None:
    """As for diff, to which the marker is any value."""
    assert filled("alerter", "update", "duty", "--token={{pager.token}}").code == 0
    assert filled("diff", "default", "all.yaml").code == 0
    assert filled("apply", "-f", "all.yaml", "--dry-run").code == 0
    document = found()
    document["flavors"][0]["schema"]["properties"]["level"] = {"type": "integer"}
    document["components"][0]["config"]["level"] = 1
    write(document)
    assert filled("apply", "-f", "all.yaml", "--yes").code == 0
    assert "{{pager.token}}" in filled("alerter", "describe", "duty").out


def test_a_secret_is_given_by_the_spelling_of_the_file(filled: Zprof) -> None:
    """Which may have another dash than the schema's: then the config is what is wrong."""
    Path("dash.json").write_text('{"type": "object", "properties": {"my_token": {"type": "string"}}}')
    assert filled("alerter", "flavor", "register", "dash", "--schema", "dash.json").code == 0
    component = {"apiVersion": "zprof/v1", "kind": "Component", "type": "alerter", "name": "x", "flavor": "dash"}
    write({**component, "config": {"my-token": KEPT}})
    refused = filled("apply", "-f", "all.yaml", "--secret", "alerter/x.my-token=hush", "--yes")
    assert refused.code == 2
    assert "There is no attribute 'my-token'; did you mean 'my_token'?" in refused.err


@pytest.mark.parametrize("number", [3, 60])
def test_what_a_file_asks_does_not_grow_with_what_is_in_it(
    filled: Zprof, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    components = [{"type": "orchestrator", "name": f"o{n}", "flavor": "local", "config": {}} for n in range(number)]
    stores = {"artifact_store": "default", "metadata_store": "default"}
    stacks = [{"name": f"s{n}", "components": {**stores, "orchestrator": f"o{n}"}} for n in range(number)]
    document = {"apiVersion": "zprof/v1", "kind": "ProfileContents", "components": components, "stacks": stacks}
    planning = Planning(documents_of([Source("all.json", json.dumps(document))]))
    with library.open_profile("default") as store:
        shown = planning.plan(store.contents())
        with counted(monkeypatch) as exchanges, store.change() as change:
            change.apply(planning, shown)
        assert len(store.stack_names()) > number
    assert sum(exchanges) < 25


def test_a_profile_travels_to_a_server_and_back(filled: Zprof, postgresql: Server) -> None:
    there = ("apply", "--create", "there", "--url", postgresql.url(postgresql.new_schema()), "-f", "all.yaml", "--yes")
    secrets = (*SECRETS, "--secret", "alerter/duty.token=hush")
    assert filled(*there, *secrets).code == 0
    assert filled("diff", "default", "there").code == 0
    assert filled("-p", "there", "export", "there.yaml").code == 0
    assert filled("apply", "--create", "back", "-f", "there.yaml", "--yes", *secrets).code == 0
    assert filled("diff", "default", "back").code == 0
    assert filled("diff", "there", "back").code == 0
    filled("-p", "back", "artifact-store", "update", "s3", "--path=s3://other")
    assert filled("diff", "there", "back").code == 1
