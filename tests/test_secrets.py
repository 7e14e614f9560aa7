"""Secrets are shown nowhere: not in lists, logs, exports or errors."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof

from zprof.documents.shape import KEPT
from zprof.history.heading import masked_command
from zprof.masking import MASK, guarded, without_credentials


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


HELD = [
    "https://x/api?code=hush",
    "curl -u ann:hush https://h",
    "tool --password hush run",
    "tool --token hush",
    "https://api.telegram.org/bot123456:hush/send",
    "https://x.webhook.office.com/webhookb2/hush@x/IncomingWebhook/y",
    "k=" * 400 + "password=hush",
    "x " * 5000 + "password=hush " + "y " * 5000,
    "https://h/" + "a" * 5000 + "?token=hush",
    "mysql://u:hush/w@h",
    "mysql://u:12/hush@h",
    "mysql+pymysql://u:hush/x@h:3306/db",
    "http://u:hush/x@h",
    "postgresql://:hush/x@h",
    "https://x/cb#access_token=hush&state=1",
    "https://x/#token=hush",
    "https://x?token=hush",
    "https://x?a=1&password=hush",
    "https://x?sig=hush",
    "https://x?X-Amz-Signature=hush&X-Amz-Date=1",
    "https://x?X-Amz-Credential=hush",
    "https://x?api_key=hush",
    "https://x?key=hush",
    "https://x?apikey=hush",
    "https://x?pass%77ord=hush",
    "Authorization: Bearer hush",
    "Authorization: Basic hush",
    "authorization=Bearer hush",
    '{"Authorization": "Bearer hush"}',
    "-H 'Authorization: token hush'",
    "Bearer abc123hush",
    "X-Api-Key: hush",
    "u:hush@host",
    "connect to u:hush@host:5432/db",
    "host=h password=hush user=u",
    "password = hush",
    "Server=x;Password=hush;Database=d",
    "PGPASSWORD=hush",
    "MYSQL_PWD=hush psql",
    "--slack_token=hush",
    "alerter/duty.token=hush",
    '{"password": "hush"}',
    '{"client_secret":"hush","a":1}',
    "{'token': 'hush'}",
    "password: hush",
    "  api_key: hush",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=hush==;EndpointSuffix=core.windows.net",
    "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=hush=",
    "-----BEGIN RSA PRIVATE KEY-----\nhush\nhush\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nhush",
    "x xoxb-12-hush y",
    "ghp_0123456789abcdefhush",
    "glpat-0123456789abcdefhush",
    "https://hooks.slack.com/services/T0/B0/hush",
    "aws_secret_access_key=hush",
    "jdbc:mysql://h/db?user=u&password=hush",
    "jdbc:oracle:thin:scott/hush@h",
    "s3://KEY:hush@bucket",
    "redis://:hush@h:6379/0",
    "s3://TOKENhush@h",
]
"""Each form of a credential that is known, with `hush` as the secret."""
READABLE = [
    "//registry/team@sha256:abc",
    "zprof db restore FILE -u ann",
    "y " * 5000,
    "a=b\n" * 5000,
    "a@b",
    "https://x/a@b",
    "https://x:8080/a@b",
    "s3://bucket/x",
    "git@github.com:org/repo.git",
    "repo/img:1.0@sha256:abc",
    "img:1.0@sha256:abc",
    "localhost:5000/img:tag@sha256:ab",
    "mailto:me@x.org",
    "/data/a:b@c.db",
    "sqlite:////home/me/a:b@c.db",
    "https://x/?author=me&design=1&page=2",
    "token_url=https://x",
    "max_tokens=100",
    "tokenizer=bert",
    "key=value",
    "primary_key=id",
    "partition_key=x",
    "Attributes are written '--slack_token=<value>'.",
    "Write --secret TYPE/NAME.KEY=VALUE, or =@FILE.",
    "password=${env:PW}",
    "password={{db.password}}",
    "mysql://u:${env:PW}@host/db",
    "postgresql://${env:U}@h",
    "token=true",
    "12:30",
    "secret_name=prod",
    "secret_arn=arn:aws:x",
    "bearer authentication",
    "The token is invalid: try again",
    "There is no stack named 'x'.",
    "auth_method=iam",
    "/a/b.db is damaged: row 3",
    "public_key=abc",
    "x=1, y=2",
    "monkey=1",
    "sig_figs=3",
    "keyspace=x",
    "image=a:b",
    "sk-learn-pipeline-training-default-eu",
    "pypi-mirror-internal-eu-west",
    "Error: The attribute 'slack_token' must be text, not 3.",
    "design=2",
    "http://h:80/p?q=1#frag",
    "kubernetes://ctx/ns",
    "gs://b/p@v1",
    "arn:aws:iam::1:role/x@y",
    "path: s3://b/x",
    "user: me",
    "https://example.com/@me/x",
    "s3://bucket:x/y",
]
"""What only looks like one."""


@pytest.mark.parametrize("text", HELD)
def test_each_form_of_a_credential_is_masked(text: str) -> None:
    shown = without_credentials(text)
    assert "hush" not in shown
    assert MASK in shown
    assert without_credentials(shown) == shown
    assert "hush" not in without_credentials(f"It is '{text}'.\nAnd more.")
    assert "hush" not in without_credentials(json.dumps({"note": text}))


@pytest.mark.parametrize("text", READABLE)
def test_what_only_looks_like_a_credential_is_readable(text: str) -> None:
    assert without_credentials(text) == text


def test_several_credentials_in_one_text() -> None:
    shown = without_credentials("first s3://u:hush@b, then https://x?sig=hush and Bearer 123hush456, AccountKey=hush")
    assert shown == f"first s3://{MASK}@b, then https://x?sig={MASK} and Bearer {MASK}, AccountKey={MASK}"


def test_an_id_of_a_key_of_aws_is_masked() -> None:
    assert without_credentials("with AKIAIOSFODNN7EXAMPLE") == f"with {MASK}"


@pytest.mark.parametrize("text", HELD)
def test_a_credential_is_shown_nowhere(text: str, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    registered = zprof("orchestrator", "register", "odd", "-f", "local_docker", f"--docker_parent_image={text}")
    if registered.code == 0:
        for read in (("orchestrator", "list"), ("orchestrator", "describe", "odd"), ("doctor",)):
            for output in ("table", "json", "yaml", "csv"):
                assert "hush" not in "".join(map(str, zprof(*read, "-o", output))), read
    refusals: list[tuple[str, ...]] = [
        ("profile", "create", "x", "--url", text),
        ("stack", "set", text),
        ("artifact-store", "register", "x", "-f", "s3", f"--pathh={text}"),
        ("stack", "list", text),
    ]
    for words in refusals:
        for output in ("table", "json"):
            refused = zprof(*words, "--output", output)
            assert "hush" not in refused.out + refused.err, words
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        logged = " ".join(command for (command,) in store.execute("SELECT command FROM change"))
    assert "hush" not in logged


@pytest.mark.parametrize("given", ["xoxb-hush", "hush==", "hush/hush", "hush"])
def test_a_secret_that_was_given_in_another_way(given: str, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("stack", "export", "default", "exported.yaml")
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    for words in (("--secret", given), (f"--secret={given}",)):
        refused = zprof("stack", "import", "exported.yaml", *words)
        assert (refused.code, "hush" in refused.out + refused.err) == (2, False)
        assert "hush" not in masked_command(("zprof", *words), set())


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
    shown = zprof("artifact-store", "describe", "s3", "-o", "csv")
    assert "aws_secret=********, more=token=********, region=eu" in shown.out
    for words in (("artifact-store", "describe", "s3"), ("stack", "export", "s")):
        document = json.loads(zprof(*words, "-o", "json").out)
        part = document.get("components", {}).get("artifact_store", document)
        assert part["config"] == {"client_kwargs": KEPT, "path": KEPT}  # as a whole, where a part is secret
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
    listed = zprof("-q", "orchestrator", "list", "-o", "name")
    assert (listed.code, listed.out, "The rest is shown." in listed.err) == (6, "", True)
    for words in (
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


@pytest.mark.parametrize(
    "text",
    [
        '{"list": [{"token": "hunter2"}]}',
        ' [[{"password": "hunter2", "n": 1}]]',
        '{"a": {"b": {"api_key": "hunter2"}}}',
    ],
)
def test_a_secret_within_json_that_is_text_is_masked(text: str) -> None:
    shown = guarded("more", text, is_named_secretly=False)
    assert "hunter2" not in shown
    assert json.loads(shown)


@pytest.mark.parametrize("text", ['{"list":  [1, {"name": "x"}]}', "[not json", "{" * 100_000, '{"ref": "{{a.b}}"}'])
def test_text_that_holds_none_is_shown_as_it_is(text: str) -> None:
    assert guarded("more", text, is_named_secretly=False) == text


def test_within_an_object_names_count_as_anywhere(zprof: Zprof) -> None:
    config = json.dumps({"pw": "hush", "creds": "hush", "pass": "hush", "compass": "north", "passthrough": "yes"})
    made = zprof("artifact-store", "register", "b", "-f", "s3", "--path=s3://x", f"--client_kwargs={config}")
    assert made.code == 0
    shown = zprof("artifact-store", "describe", "b", "-o", "csv").out
    assert "hush" not in shown
    assert "compass=north" in shown


@pytest.mark.parametrize(
    "text", ["k=" * 100_000, '{"a":"' + "k=" * 50_000 + '"}', "@" + "?a" * 30_000, "a." * 40_000 + "=@"]
)
def test_a_long_text_is_hidden_rather_than_looked_through(text: str) -> None:
    """Some forms take a time, and what is nested a depth, that grows with the text: what is too long is no name."""
    shown = without_credentials(text)
    assert len(shown) < 200
    assert MASK in shown
