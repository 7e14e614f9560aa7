"""`zprof diff`: two profiles, two stacks, files, and a profile now and then."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Zprof
from test_export import SECRETS, filled

from zprof.contents.side import Moment, Side, side_of
from zprof.errors import InvalidInput

__all__ = ["filled"]
TRIO = ("-o", "default", "-a", "default", "-m", "default")


def diff(zprof: Zprof, *words: str) -> list[str]:
    """The lines of the answer, whose exit code says whether there are any."""
    done = zprof("diff", *words)
    assert done.code == int(done.out != ""), done.err
    return done.out.splitlines()


def items(zprof: Zprof, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(zprof("diff", *words, "-o", "json").out)["items"]
    return found


def operation_ids(config: Path) -> list[str]:
    """Of the default profile's store, the oldest first."""
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        return [id_ for (id_,) in store.execute("SELECT id FROM operation ORDER BY number")]


def test_profiles_that_are_the_same_differ_in_nothing(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    same = zprof("diff", "staging", "default")
    assert (same.code, same.out) == (0, "")
    assert same.err.endswith("Nothing differs.\n")
    assert zprof("diff", "staging", "default", "-q").err == ""
    assert items(zprof, "staging", "default") == []


def test_what_comes_changes_and_goes_is_told_by_attribute(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", "--key=hunter2")
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    zprof("profile", "create", "staging", "--from", "default")
    zprof("artifact-store", "update", "s3", "--path=s3://c", "--key=hunter3")
    zprof("orchestrator", "delete", "docker", "-y")
    zprof("stack", "register", "prod", *TRIO)
    assert diff(zprof, "staging", "default") == [
        "~ component artifact_store/s3",
        "~   config.key: (secret) → (another secret)",
        "~   config.path: s3://b → s3://c",
        "- component orchestrator/docker",
        "-   flavor: local_docker",
        "+ stack prod",
        "+   components.artifact_store: default",
        "+   components.metadata_store: default",
        "+   components.orchestrator: default",
    ]
    assert diff(zprof, "staging") == diff(zprof, "staging", "default")
    assert items(zprof, "staging", "default")[0] == {
        "apiVersion": "zprof/v1",
        "kind": "Difference",
        "name": "artifact_store/s3",
        "verb": "change",
        "thing": "component",
        "attributes": [
            {"path": "config.key", "old": {"$secret": "kept"}, "new": {"$secret": "kept"}, "secret": True},
            {"path": "config.path", "old": "s3://b", "new": "s3://c", "secret": False},
        ],
    }
    assert zprof("diff", "staging", "-o", "name").out.split() == ["artifact_store/s3", "orchestrator/docker", "prod"]
    assert zprof("diff", "staging", "-o", "csv").out.splitlines()[:3] == [
        "name,verb,thing,path,old,new",
        "artifact_store/s3,change,component,config.key,(secret),(another secret)",
        "artifact_store/s3,change,component,config.path,s3://b,s3://c",
    ]


def test_stacks_are_compared_by_type_with_all_that_they_are_made_of(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    for words in ((), ("-p", "staging")):
        zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", *words)
        zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores", *words)
    assert diff(zprof, "staging/prod", "default/prod") == []
    zprof("artifact-store", "update", "s3", "--path=s3://c")
    zprof("artifact-store", "rename", "s3", "bucket")
    assert diff(zprof, "staging/prod", "default/prod") == [
        "~ component artifact_store",
        "~   name: s3 → bucket",
        "~   config.path: s3://b → s3://c",
    ]
    assert diff(zprof, "default/prod@-2", "staging/prod") == []
    zprof("stack", "export", "prod", "prod.yaml", "-p", "staging")
    assert diff(zprof, "prod.yaml", "staging/prod") == []
    assert zprof("diff", "staging/prod").code == 1
    refused = zprof("diff", "staging/prod", "default")
    assert (refused.code, "'default' is a profile" in refused.err) == (2, True)
    absent = zprof("diff", "staging/prdo", "default/prod")
    assert (absent.code, "'prod'" in absent.err) == (3, True)


def test_an_export_is_the_profile(filled: Zprof, home: Path) -> None:
    for target in ("all.yaml", "all.json", "all/"):
        filled("export", target, "-q")
        assert diff(filled, f"./{target}", "default") == []
        assert diff(filled, "default", f"./{target}") == []
    filled("alerter", "update", "duty", "--at=dawn")
    assert diff(filled, "all.yaml") == ["~ component alerter/duty", "~   config.at: noon → dawn"]
    assert diff(filled, "./all", "all.json") == []


def test_secrets_are_in_no_format(filled: Zprof) -> None:
    filled("profile", "create", "other", "--from", "default")
    kw = json.dumps({"password": "hunter7", "region": "us"})
    filled("alerter", "update", "duty", "--pin=hunter5")
    filled("artifact-store", "update", "s3", "--key=hunter6", f"--client_kwargs={kw}")
    filled("experiment-tracker", "update", "flow", "--tracking_uri=mysql://ann:hunter8@flow/it")
    filled("profile", "create", "bare")
    secrets = (*SECRETS, "hunter5", "hunter6", "hunter7", "hunter8")
    for words in (("other",), ("bare",), ("default", "bare"), ("default@-3",), ("other/prod", "default/prod")):
        for more in ((), *(("-o", each) for each in ("json", "yaml", "csv", "name", "table"))):
            told = filled("diff", *words, *more)
            assert told.code == 1
            assert not [secret for secret in secrets if secret in told.out + told.err]
    assert len(items(filled, "other")) == 3


def test_texts_of_a_store_drive_no_terminal(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b\x1b[2J")
    for words in ((), ("-o", "json"), ("-o", "yaml"), ("-o", "csv")):
        told = zprof("diff", "default@-1", *words)
        assert told.code == 1
        assert "\x1b" not in told.out
        assert "x1b" in told.out or "u001b" in told.out or r"\e" in told.out


def test_a_profile_is_seen_as_it_was(zprof: Zprof, config: Path) -> None:
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    zprof("orchestrator", "rename", "docker", "moby")
    zprof("stack", "register", "prod", "-o", "moby", "-a", "default", "-m", "default")
    zprof("orchestrator", "rename", "moby", "whale")
    assert diff(zprof, "default@-1") == [
        "- component orchestrator/moby",
        "-   flavor: local_docker",
        "+ component orchestrator/whale",
        "+   flavor: local_docker",
        "~ stack prod",
        "~   components.orchestrator: moby → whale",
    ]
    ids = operation_ids(config)
    assert diff(zprof, f"default@{ids[-1][:12]}") == []
    assert diff(zprof, f"default@{ids[-2]}", "default@-1") == []
    assert diff(zprof, f"default@-{len(ids) - 1}", f"default@{ids[0]}") == []
    assert diff(zprof, "default@-2", "default@-3")[::2] == [
        "+ component orchestrator/docker",
        "- component orchestrator/moby",
    ]
    assert {line[0] for line in diff(zprof, f"default@-{len(ids)}")} == {"+"}  # before the making, there was nothing


def test_a_day_is_taken_to_its_end_in_utc(zprof: Zprof, config: Path) -> None:
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    zprof("orchestrator", "register", "other", "-f", "local_docker")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        (last,) = store.execute("SELECT max(number) FROM operation").fetchone()
        store.execute("UPDATE operation SET at = '2026-10-01T08:00:00Z'")
        store.execute("UPDATE operation SET at = '2026-11-01T23:59:59Z' WHERE number = ?", (last - 1,))
        store.execute("UPDATE operation SET at = '2026-11-02T00:00:00Z' WHERE number = ?", (last,))
    assert diff(zprof, "default@2026-11-01") == diff(zprof, "default@-1") != []
    assert diff(zprof, "default@2026-11-01T23:59", "default@-1") == []
    assert diff(zprof, "default@2026-11-01T23:59:58Z", "default@-2") == []
    assert diff(zprof, "default@2026-11-02T00:00:00") == []
    assert diff(zprof, "default@2026-10-01", "default@-2") == []
    early = zprof("diff", "default@2026-09-30")
    assert (early.code, "@2026-09-30" in early.err, "2026-10-01T08:00:00Z" in early.err) == (3, True, True)


def test_what_was_pruned_is_not_known(zprof: Zprof, config: Path) -> None:
    for name in ("a", "b", "c"):
        zprof("orchestrator", "register", name, "-f", "local_docker")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        kept = [id_ for (id_,) in store.execute("SELECT id FROM operation ORDER BY number DESC LIMIT 2")]
        store.execute("DELETE FROM change WHERE operation NOT IN (?, ?)", kept)
        store.execute("DELETE FROM operation WHERE id NOT IN (?, ?)", kept)
    assert [line for line in diff(zprof, "default@-2") if line[0] == "+" and "component" in line] == [
        "+ component orchestrator/b",
        "+ component orchestrator/c",
    ]
    told = zprof("diff", "default@-3")
    assert (told.code, kept[1][:8] in told.err, "pruned" in told.err) == (3, True, True)


def test_an_error_has_no_code_of_an_answer(zprof: Zprof, config: Path, home: Path) -> None:
    for words, code in (
        (("nowhere",), 3),
        (("none.yaml",), 2),
        (("default@ffffffff",), 3),
        (("a/b/c",), 2),
        ((), 2),
    ):
        assert zprof("diff", *words).code == code, words
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints = 1")
        store.execute("UPDATE change SET after = '{}' WHERE after IS NOT NULL")
    assert zprof("diff", "default@-1").code not in (0, 1)


@pytest.mark.parametrize("words", [("diff", "a", "b"), ("apply", "-f", "all.yaml", "--dry-run")])
def test_what_is_wrong_before_anything_is_read_has_no_code_of_an_answer(
    zprof: Zprof, monkeypatch: pytest.MonkeyPatch, home: Path, words: tuple[str, ...]
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("ZPROF_CONFIG_PATH", str(home / "file" / "config"))
    assert zprof("profile", "list").code == 1
    assert zprof(*words).code == 2


def test_ties_count_where_a_file_says_what_they_are(filled: Zprof, home: Path) -> None:
    document = yaml.safe_load(filled("export").out)
    assert document["ties"]
    (home / "none.yaml").write_text(yaml.safe_dump({**document, "ties": []}))
    assert diff(filled, "default", "none.yaml")[0].startswith("- tie ")
    del document["ties"]
    (home / "silent.yaml").write_text(yaml.safe_dump(document))
    assert filled("diff", "default", "silent.yaml").code == 0
    assert filled("diff", "silent.yaml", "default").code == 0
    assert filled("apply", "-f", "silent.yaml", "--dry-run").code == 0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("staging", Side("staging", profile="staging")),
        ("staging/prod", Side("staging/prod", profile="staging", stack="prod")),
        ("staging@-3", Side("staging@-3", profile="staging", moment=Moment("-3", back=3))),
        ("a/b@0af1", Side("a/b@0af1", profile="a", stack="b", moment=Moment("0af1", operation="0af1"))),
        ("a@2026-11-01", Side("a@2026-11-01", profile="a", moment=Moment("2026-11-01", until="2026-11-01T23:59:59Z"))),
        ("./a@-1", Side("./a@-1", path="./a@-1")),
        ("../a", Side("../a", path="../a")),
        ("/a", Side("/a", path="/a")),
        ("a.yml", Side("a.yml", path="a.yml")),
        ("..", Side("..", path="..")),
    ],
)
def test_a_word_means_what_its_text_says(text: str, meant: Side) -> None:
    assert side_of(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/",
        "/".join("abc"),
        "a@",
        "a@-0",
        "a@-",
        "a@3",
        "a@2026-02-30",
        "a@2026-11-01T24:00",
        "@-1",
        "a@b/c",
        "a@-1\n",
    ],
)
def test_a_word_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        side_of(text)


def test_a_file_and_a_server_hold_the_same(filled: Zprof, postgresql: Any) -> None:
    url = postgresql.url(postgresql.new_schema())
    assert filled("profile", "create", "there", "--url", url, "--from", "default").code == 0
    assert diff(filled, "there", "default") == []
    filled("alerter", "update", "duty", "--at=dawn", "-p", "there")
    assert diff(filled, "there", "default") == ["~ component alerter/duty", "~   config.at: dawn → noon"]
    assert diff(filled, "there@-1", "default") == []


def test_numbers_are_the_same_on_a_server(zprof: Zprof, postgresql: Any, home: Path) -> None:
    (home / "any.json").write_text('{"type": "object", "properties": {"x": {}}}')
    (home / "config.json").write_text('{"x": [1e23, 1.7976931348623157e308, 1e22, 5e-324, -0.0, 1.0]}')
    for words in (
        ("alerter", "flavor", "register", "any", "--schema", "any.json"),
        ("alerter", "register", "x", "-f", "any", "--config", "@config.json"),
        ("export", "all.json"),
        ("apply", "-f", "all.json", "--create", "there", "--url", postgresql.url(postgresql.new_schema()), "-y"),
    ):
        assert zprof(*words).code == 0, words
    assert diff(zprof, "default", "there") == []
    assert diff(zprof, "there", "all.json") == []
    assert zprof("apply", "-f", "all.json", "--dry-run", "-p", "there").code == 0
