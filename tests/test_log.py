"""`zprof log`: what was done, newest first; what each operation changed; and what the log forgets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, Zprof
from logs import registry_log

from zprof.errors import InvalidInput
from zprof.generated import statements as sql
from zprof.history import log as writing
from zprof.history import reading
from zprof.history.moments import moment
from zprof.profiles.registry import Registry

SECRETS = ("first-plain", "second-plain", "third-plain", "url-plain")
FLAVOR = {
    "type": "object",
    "properties": {"word": {"type": "string", "writeOnly": True}, "place": {"type": "string"}},
}


def operations(zprof: Zprof, *words: str) -> list[dict[str, str]]:
    result = zprof("log", *words, "-o", "json")
    assert result.code == 0, result
    found: list[dict[str, str]] = json.loads(result.out)["items"]
    return found


def commands(zprof: Zprof, *words: str) -> list[str]:
    return [found["command"].removeprefix("zprof ") for found in operations(zprof, *words)]


def newest(zprof: Zprof, *words: str) -> str:
    return operations(zprof, *words)[0]["name"]


def shown(zprof: Zprof, *words: str) -> str:
    result = zprof("log", "show", *words, "-q")
    assert result.code == 0, result
    return result.out


def with_secrets(zprof: Zprof, tmp_path: Path) -> None:
    """Plain secrets in all places where there may be any."""
    schema = tmp_path / "flavor.json"
    schema.write_text(json.dumps(FLAVOR))
    for words in (
        ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://a", f"--secret={SECRETS[0]}"),
        ("artifact-store", "update", "s3", f"--secret={SECRETS[1]}"),
        ("container-registry", "register", "cr", "-f", "default", f"--uri=http://me:{SECRETS[3]}@host/"),
        ("alerter", "flavor", "register", "own", "--schema", str(schema)),
        ("alerter", "register", "duty", "-f", "own", f"--word={SECRETS[2]}", "--place=here"),
        ("alerter", "delete", "duty", "--yes"),
        ("alerter", "flavor", "delete", "own", "--yes"),
    ):
        result = zprof(*words)
        assert result.code == 0, result


def test_the_newest_comes_first_and_each_has_one_line(zprof: Zprof) -> None:
    zprof("stack", "copy", "default", "prod")
    zprof("stack", "rename", "prod", "main")
    result = zprof("log")
    assert result.err == BANNER
    lines = [line.split("│") for line in result.out.splitlines()[3:-1]]
    assert [line[-1].strip(" ┃") for line in lines] == [
        "zprof stack rename prod main",
        "zprof stack copy default prod",
        "zprof -q profile list (undo stops here)",
    ]
    assert commands(zprof, "--limit", "1") == ["stack rename prod main"]
    assert result.out == zprof("log", "list").out


def test_every_format_tells_the_same(zprof: Zprof) -> None:
    zprof("stack", "copy", "default", "prod")
    names = zprof("log", "-o", "name", "-q").out.split()
    assert names == [found["name"] for found in operations(zprof)]
    assert [line.split(",")[0] for line in zprof("log", "-o", "csv", "-q").out.splitlines()[1:]] == names
    assert all(name in zprof("log", "-o", "yaml", "-q").out for name in names)


def test_a_thing_is_followed_through_its_renames(zprof: Zprof) -> None:
    zprof("stack", "copy", "default", "a")
    zprof("stack", "copy", "default", "other")
    zprof("stack", "rename", "a", "b")
    zprof("stack", "rename", "b", "c")
    zprof("stack", "rename", "c", "a")
    assert commands(zprof, "--entity", "stack/a") == [
        "stack rename c a",
        "stack rename b c",
        "stack rename a b",
        "stack copy default a",
    ]
    assert commands(zprof, "--entity", "stack/b") == ["stack rename b c", "stack rename a b", "stack copy default a"]
    assert commands(zprof, "--entity", "stack/other") == ["stack copy default other"]
    assert commands(zprof, "--entity", "artifact-store/default") == ["-q profile list"]
    assert commands(zprof, "--entity", "stack/nope") == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--entity", "prod"), 2, "does not name anything in a log"),
        (("--entity", "nope/x"), 3, "nope"),
        (("--entity", "profile/default"), 2, "add --registry"),
        (("--entity", "stack/default", "--registry"), 2, "leave out --registry"),
        (("--since", "yesterday"), 2, "is not a time"),
        (("--since", "2026-02-30"), 2, "is not a time"),
        (("--limit", "0"), 2, "--limit"),
    ],
)
def test_what_cannot_be_meant_is_refused(zprof: Zprof, words: Sequence[str], code: int, says: str) -> None:
    result = zprof("log", *words)
    assert result.code == code
    assert says in result.err


def test_since_is_a_time_or_how_long_ago(zprof: Zprof) -> None:
    assert len(operations(zprof, "--since", "1h")) == 1
    assert operations(zprof, "--since", "2999-01-01") == []
    assert "The log has no such operation." in zprof("log", "--since", "2999-01-01T00:00").err
    assert moment("2026-11-01") == "2026-11-01T00:00:00Z"
    assert moment("2026-11-01 12:30:05") == "2026-11-01T12:30:05Z"
    with pytest.raises(InvalidInput):
        moment("٣d")


def test_a_clock_that_is_behind_ends_no_search(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("stack", "copy", "default", "a")
    zprof("stack", "copy", "default", "b")
    zprof("stack", "copy", "default", "c")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        connection.execute("UPDATE operation SET at = '2001-01-01T00:00:00Z' WHERE number = 3")
    assert commands(zprof, "--since", "1h") == ["stack copy default c", "stack copy default a", "-q profile list"]
    monkeypatch.setattr(reading, "PAGE", 1)
    assert commands(zprof, "--since", "1h") == ["stack copy default c"]


def test_the_registry_has_a_log(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    zprof("profile", "set", "staging")
    assert commands(zprof, "--registry") == ["profile set staging", "profile create staging", "-q profile list"]
    assert shown(zprof, newest(zprof, "--registry"), "--registry").splitlines()[-4:] == [
        "~ profile default",
        "~   active: true → false",
        "~ profile staging",
        "~   active: false → true",
    ]
    assert commands(zprof, "--registry", "--entity", "profile/staging", "--limit", "1") == ["profile set staging"]


def test_an_operation_is_named_by_how_its_id_begins(zprof: Zprof, config: Path) -> None:
    zprof("stack", "copy", "default", "a")
    zprof("stack", "copy", "default", "b")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        for number, digits in ((2, "abcdabcdab0"), (3, "abcdabcdab1")):
            connection.execute("UPDATE operation SET id = ? WHERE number = ?", (digits + "0" * 21, number))
    assert [found["name"] for found in operations(zprof, "--limit", "2")] == ["abcdabcdab1", "abcdabcdab0"]
    result = zprof("log", "show", "abcd")
    assert result.code == 2
    assert "abcdabcdab0 (zprof stack copy default a)" in result.err
    assert "abcdabcdab1 (zprof stack copy default b)" in result.err
    assert zprof("log", "show", "ABCDABCDAB1").code == 0
    assert zprof("log", "show", "abc").code == 2
    assert zprof("log", "show", "prod").code == 2
    assert zprof("log", "show", "0" * 32).code == 3


def test_show_tells_old_and_new(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://a")
    zprof("artifact-store", "update", "s3", "--path=s3://b")
    assert shown(zprof, newest(zprof)).splitlines()[-2:] == [
        "~ component artifact_store/s3",
        "~   config.path: s3://a → s3://b",
    ]
    zprof("artifact-store", "rename", "s3", "bucket")
    assert shown(zprof, newest(zprof)).splitlines()[-2:] == [
        "~ component artifact_store/s3",
        "~   name: s3 → bucket",
    ]
    zprof("artifact-store", "delete", "bucket", "--yes")
    assert "-   config.path: s3://b" in shown(zprof, newest(zprof))
    document = json.loads(shown(zprof, newest(zprof), "-o", "json"))
    assert (document["kind"], document["changes"][0]["verb"]) == ("Operation", "delete")


@pytest.mark.on_both
def test_no_secret_is_seen_anywhere(zprof: Zprof, tmp_path: Path, store_kind: str) -> None:
    with_secrets(zprof, tmp_path)
    texts = [zprof("log", "-o", output, "--limit", "99").out for output in ("table", "json", "yaml", "csv")]
    for name in zprof("log", "-o", "name", "-q").out.split():
        texts += [shown(zprof, name, "-o", output) for output in ("table", "json", "yaml")]
    assert not [secret for secret in SECRETS if any(secret in text for text in texts)]
    assert any("(secret) → (another secret)" in text for text in texts)


def test_secrets_are_shown_to_who_asks(zprof: Zprof, tmp_path: Path) -> None:
    with_secrets(zprof, tmp_path)
    names = zprof("log", "-o", "name", "-q").out.split()
    table = [shown(zprof, name, "--show-secrets") for name in names]
    assert any(f"config.secret: {SECRETS[0]} → {SECRETS[1]}" in text for text in table)
    documents = [shown(zprof, name, "--show-secrets", "-o", "json") for name in names]
    assert any(SECRETS[2] in text for text in documents)


def test_of_a_flavor_that_is_gone_the_log_knows_its_secrets(zprof: Zprof, config: Path, tmp_path: Path) -> None:
    with_secrets(zprof, tmp_path)
    told = shown(zprof, operations(zprof, "--entity", "alerter/duty")[-1]["name"])
    assert "config.place: here" in told
    assert "config.word: (secret)" in told
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        connection.execute("DELETE FROM change WHERE entity_kind = 'flavor'")
    told = shown(zprof, operations(zprof, "--entity", "alerter/duty")[-1]["name"])
    assert "config.place: (secret)" in told
    assert "config.word: (secret)" in told


def test_the_password_of_a_profile_is_not_seen(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    with closing(sqlite3.connect(config / "registry.db")) as connection, connection:
        url = "postgresql+psycopg://me:url-plain@host/db"
        connection.execute(
            "UPDATE change SET after = json_set(after, '$.url', ?) WHERE entity_name = 'staging'", (url,)
        )
    for output in ("table", "json", "yaml"):
        told = shown(zprof, newest(zprof, "--registry"), "--registry", "-o", output)
        assert "url-plain" not in told
        assert "host/db" in told
    assert "url-plain" in shown(zprof, newest(zprof, "--registry"), "--registry", "--show-secrets")


@pytest.mark.parametrize(
    "state", ["{}", '{"type": 1, "flavor": []}', '{"type": "alerter", "flavor": "x", "config": 1}']
)
def test_a_state_that_zprof_did_not_write_is_told(zprof: Zprof, config: Path, state: str) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://a")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        connection.execute("UPDATE change SET after = ? WHERE entity_name = 'artifact_store/s3'", (state,))
    for words in (("log", "show"), ("log", "prune", "--secrets", "--yes")):
        result = zprof(*words)
        assert (result.code, result.out) == (6, "")
        assert "The log has a row that zprof would not write." in result.err


def test_a_protected_profile_lets_its_log_be_read_but_not_shortened(zprof: Zprof) -> None:
    zprof("profile", "protect", "default")
    assert zprof("log").code == zprof("log", "show", newest(zprof)).code == 0
    for way in (("--keep", "0"), ("--secrets",), ("--older-than", "1h")):
        assert zprof("log", "prune", *way, "--yes").code == 7
    assert zprof("log", "prune", "--keep", "0", "--yes", "--confirm", "default").code == 0


@pytest.mark.on_both
def test_older_operations_go_a_few_at_a_time(zprof: Zprof, store_kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        zprof("stack", "copy", "default", f"s{number}")
    monkeypatch.setattr(writing, "KEPT", 3)
    monkeypatch.setattr(writing, "TRIMMED_OPERATIONS", 2)
    zprof("stack", "delete", "s0", "--yes")
    assert len(operations(zprof)) == 6  # 8, and two fewer
    zprof("stack", "delete", "s1", "--yes")
    zprof("stack", "delete", "s2", "--yes")
    zprof("stack", "delete", "s3", "--yes")
    found = operations(zprof)
    assert [each["command"] for each in found] == [f"zprof stack delete s{n} --yes" for n in (3, 2, 1)]
    assert commands(zprof, "--entity", "stack/s5") == []


def test_changes_of_what_is_gone_go_too_but_none_of_what_stays(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        zprof("stack", "copy", "default", f"s{number}")
    monkeypatch.setattr(writing, "KEPT", 3)
    monkeypatch.setattr(writing, "TRIMMED_CHANGES", 1)
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection:
        for number in range(6):
            zprof("stack", "delete", f"s{number}", "--yes")
            orphans = "SELECT count(*) FROM change WHERE operation NOT IN (SELECT id FROM operation)"
            whole = "SELECT count(*) FROM operation WHERE id NOT IN (SELECT operation FROM change)"
            assert connection.execute(whole).fetchone() == (0,)
        assert connection.execute(orphans).fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM operation").fetchone() == (3,)


@pytest.mark.on_both
def test_prune_keeps_the_newest(zprof: Zprof, store_kind: str) -> None:
    for number in range(4):
        zprof("stack", "copy", "default", f"s{number}")
    result = zprof("log", "prune", "--keep", "2", "--dry-run")
    assert (result.code, result.out) == (0, "This would remove 3 operations from the log.\n")
    assert zprof("log", "prune", "--keep", "2").code == 7
    assert len(operations(zprof)) == 5
    assert "Removed 3 operations from the log." in zprof("log", "prune", "--keep", "2", "--yes").err
    found = operations(zprof)
    assert [each["verb"] for each in found] == ["prune", "change", "change"]
    assert "There is nothing to remove." in zprof("log", "prune", "--older-than", "2001-01-01", "--yes").err
    assert "Removed 3 operations" in zprof("log", "prune", "--older-than", "2999-01-01", "--yes").err
    assert len(operations(zprof)) == 1


def test_a_program_is_told_what_notes_a_prune(zprof: Zprof) -> None:
    result = zprof("log", "prune", "--keep", "0", "--yes", "--output", "json")
    assert result.err == ""
    (noted,) = json.loads(result.out)["items"]
    assert (noted["verb"], noted["name"]) == ("prune", newest(zprof))
    nothing = zprof("log", "prune", "--older-than", "2001-01-01", "--yes", "--output", "json")
    assert json.loads(nothing.out)["items"] == []


def test_undo_stands_where_it_stood_after_a_prune(zprof: Zprof, config: Path) -> None:
    zprof("stack", "copy", "default", "a")
    zprof("log", "prune", "--keep", "1", "--yes")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection:
        rows = connection.execute("SELECT number, kind, undo_next, redo_next FROM operation").fetchall()
    assert rows == [(2, "change", 2, None), (3, "prune", 2, None)]


def bytes_beside(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_what_was_pruned_is_nowhere_in_the_file(zprof: Zprof, config: Path, tmp_path: Path) -> None:
    with_secrets(zprof, tmp_path)
    zprof("artifact-store", "delete", "s3", "--yes")
    zprof("container-registry", "delete", "cr", "--yes")
    assert all(secret.encode() in bytes_beside(config / "profiles") for secret in SECRETS)
    assert zprof("log", "prune", "--keep", "0", "--yes").code == 0
    assert not [secret for secret in SECRETS if secret.encode() in bytes_beside(config / "profiles")]
    assert zprof("db", "check").code == 0


def test_prune_tells_of_the_copies_that_keep_it(zprof: Zprof, config: Path) -> None:
    zprof("stack", "copy", "default", "a")
    assert "copies" not in zprof("log", "prune", "--keep", "1", "--yes").err
    for name in ("b", "c"):
        zprof("db", "backup")
        zprof("stack", "copy", "default", name)
    said = zprof("log", "prune", "--keep", "0", "--yes").err
    assert f"2 copies of the file made before keep what was in the log then, in {config / 'backups'}." in said


@pytest.mark.on_both
def test_secrets_that_were_replaced_go(zprof: Zprof, config: Path, tmp_path: Path, store_kind: str) -> None:
    with_secrets(zprof, tmp_path)
    count = len(operations(zprof))
    assert "from 4 entries of the log" in zprof("log", "prune", "--secrets", "--dry-run").out
    assert "Removed the secrets" in zprof("log", "prune", "--secrets", "--yes").err
    assert len(operations(zprof)) == count + 1
    assert "There is nothing to remove." in zprof("log", "prune", "--secrets", "--yes").err
    told = "".join(shown(zprof, each["name"], "--show-secrets", "-o", "json") for each in operations(zprof)[1:])
    assert SECRETS[0] not in told
    assert SECRETS[2] not in told
    assert SECRETS[1] in told  # it is what is stored
    assert SECRETS[3] in told
    assert "pruned" in told
    assert "config.place: here" in shown(zprof, operations(zprof, "--entity", "alerter/duty")[-1]["name"])
    if store_kind == "sqlite":
        left = bytes_beside(config / "profiles")
        assert [secret for secret in SECRETS if secret.encode() in left] == [SECRETS[1], SECRETS[3]]


def test_the_registrys_log_is_shortened_too(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    assert zprof("log", "prune", "--registry", "--keep", "0", "--yes").code == 0
    assert [operation.kind for operation, _ in registry_log(Registry(str(config)))] == ["prune"]
    assert zprof("log", "prune", "--registry").code == 2


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("OPERATIONS", {"below": 9, "most": 2}),
        ("OPERATIONS_BEGINNING", {"first": "a", "last": "b", "most": 2}),
        ("NEWEST_OPERATION", {}),
        ("CHANGES_OF_THING", {"kind": "stack", "name": "a", "below": 9, "most": 2}),
        ("RENAMES_TO_THING", {"kind": "stack", "name": "a", "below": 9, "most": 2}),
        ("CHANGES_OF_OPERATION", {"operation_id": "a"}),
        ("TRIM_OPERATIONS", {"kept": 9, "most": 2}),
        ("TRIM_CHANGES", {"most": 2}),
    ],
)
@pytest.mark.parametrize("file", ["registry.db", "profiles/default.db"])
def test_the_log_is_read_and_trimmed_by_index(
    zprof: Zprof, config: Path, file: str, name: str, parameters: dict[str, object]
) -> None:
    statement = getattr(sql, name).sqlite
    with closing(sqlite3.connect(config / file)) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    whole = [step for step in steps if step.startswith("SCAN ") and step != "SCAN operation"]
    assert not whole, steps
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    assert "SCAN operation" not in steps or name == "NEWEST_OPERATION", steps
