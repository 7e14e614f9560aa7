"""Secrets are shown nowhere: not in lists, logs, exports or errors."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof

from zprof.masking import without_credentials
from zprof.store.log import masked_command


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://bucket/x", "s3://bucket/x"),
        ("s3://user:hush@host/x", "s3://********@host/x"),
        ("s3://u:HU@SH@host/x", "s3://********@host/x"),
        ("s3://TOKEN@host", "s3://********@host"),
        ("https://x/?sig=hush&b=1&token=hush", "https://x/?sig=********&b=1&token=********"),
        ("two http://a:b@c and http://d:e@f", "two http://********@c and http://********@f"),
        ("mysql://u:${env:PW}@host/db", "mysql://u:${env:PW}@host/db"),
        ("a@b", "a@b"),
        ("https://x/a@b", "https://x/a@b"),
    ],
)
def test_without_credentials(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


@pytest.mark.parametrize(
    ("words", "logged"),
    [
        (("zprof", "--password=hush"), "zprof '--password=********'"),
        (("zprof", "--pass-word=hush", "--mine=hush"), "zprof '--pass-word=********' '--mine=********'"),
        (("zprof", "--path=s3://u:hu@sh@x"), "zprof '--path=s3://********@x'"),
        (("zprof", "--secret", "alerter/duty.token=hush"), "zprof --secret 'alerter/duty.token=********'"),
        (("zprof", "--secret=alerter/duty.token=hush"), "zprof '--secret=********'"),
        (("zprof", "a b", "\udcff"), "zprof 'a b' '\\udcff'"),
    ],
)
def test_masked_command(words: tuple[str, ...], logged: str) -> None:
    shown = masked_command(words, {"mine", "pass_word"})
    assert shown.replace("'", "") == logged.replace("'", "")
    assert shown.encode()


def test_secrets_within_values(zprof: Zprof, config: Path) -> None:
    registered = zprof(
        "artifact-store", "register", "s3", "-f", "s3", "--path=s3://u:hush@b",
        '--client_kwargs={"aws_secret": "hush", "region": "eu", "more": [{"token": "hush"}]}',
    )  # fmt: skip
    assert registered.code == 0
    zprof("metadata-store", "register", "m", "-f", "sqlite")
    zprof("stack", "register", "s", "-o", "default", "-a", "s3", "-m", "m")
    for words in (
        ("artifact-store", "list"),
        ("artifact-store", "describe", "s3"),
        ("stack", "describe", "s"),
        ("stack", "export", "s"),
    ):
        for output in ("table", "json", "yaml", "csv"):
            shown = zprof(*words, "-o", output)
            assert "hush" not in shown.out + shown.err, words
    shown = zprof("artifact-store", "describe", "s3", "-o", "json")
    assert json.loads(shown.out)["item"]["config"]["client_kwargs"] == {
        "aws_secret": "********",
        "region": "eu",
        "more": [{"token": "********"}],
    }
    assert json.loads(zprof("stack", "export", "s", "-o", "json").out)["omitted_secrets"] == {
        "artifact_store": ["client_kwargs", "path"]
    }
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        commands = " ".join(command for (command,) in store.execute("SELECT command FROM change"))
    assert "hush" not in commands


def test_a_profile_url_is_shown_without_its_password(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("INSERT INTO profile VALUES (9, 'pg', 'postgresql://u:hush@h/x', NULL, 0, 0, '2026', '2026')")
    for words in (("profile", "list"), ("profile", "describe", "pg"), ("-p", "pg", "stack", "list")):
        for output in ("table", "json", "csv"):
            shown = zprof(*words, "--output", output)
            assert "hush" not in shown.out + shown.err


@pytest.mark.parametrize("text", ['{"key": "hush" "path"}', "key: hush\n  path: ["])
def test_a_broken_file_is_not_quoted(zprof: Zprof, home: Path, text: str) -> None:
    (home / "broken").write_text(text)
    for words in (
        ("artifact-store", "register", "x", "-f", "s3", "--config", "@broken"),
        ("stack", "import", "broken"),
        ("alerter", "flavor", "register", "x", "--schema", "broken"),
    ):
        refused = zprof(*words)
        assert refused.code == 2
        assert "hush" not in refused.err


@pytest.mark.parametrize(
    "config_value",
    ["{oops}", "{" + '"a":' + "9" * 6000 + "}", '{"a": NaN}', '{"a": "\\ud800"}', "{]}"],
)
def test_a_store_that_someone_has_bent(zprof: Zprof, config: Path, config_value: str) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("UPDATE component SET config = ?", (config_value,))
    for words in (
        ("orchestrator", "list"),
        ("orchestrator", "describe"),
        ("stack", "describe"),
        ("stack", "export", "default"),
        ("orchestrator", "rename", "default", "x"),
        ("orchestrator", "update", "--x=1"),
    ):
        refused = zprof("-q", *words)
        assert (refused.code, refused.out) == (6, ""), words
        assert "Traceback" not in refused.err
    assert zprof("profile", "list").code == 0
    assert zprof("stack", "list").code == 0


@pytest.mark.parametrize(
    "schema",
    [
        '{"properties": 3}',
        '{"properties": {"w": true}}',
        '{"type": "bogus"}',
        '{"properties": {"w": {"pattern": "("}}}',
        '{"properties": {"w": {"$ref": "http://127.0.0.1:9/x"}}}',
        '{"$ref": "file:///etc/passwd"}',
        "{oops}",
    ],
)
def test_a_bent_flavor_fetches_nothing_and_breaks_nothing(zprof: Zprof, config: Path, schema: str) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("INSERT INTO flavor VALUES (1, 'alerter', 'bent', NULL, ?, '2026')", (schema,))
    registered = zprof("alerter", "register", "x", "-f", "bent", "--w=1")
    assert registered.code in (0, 2, 6)
    assert "broken" not in registered.err
    for words in (("alerter", "flavor", "describe", "bent"), ("alerter", "flavor", "list"), ("alerter", "list")):
        shown = zprof(*words)
        assert shown.code in (0, 6)
        assert "broken" not in shown.err
