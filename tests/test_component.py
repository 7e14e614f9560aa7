"""`zprof <type>`: the same commands for each of the twelve."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, Result, Zprof

import zprof as library
from zprof.cli.interview import fitting
from zprof.component_types import COMPONENT_TYPES
from zprof.documents.shape import DOCUMENTS
from zprof.errors import InvalidInput
from zprof.flavors.catalog import builtin_flavors

S3 = ("artifact-store", "register", "s3", "--flavor", "s3", "--path=s3://bucket/x")


@pytest.mark.parametrize("command", [of_type.command for of_type in COMPONENT_TYPES])
def test_each_type_has_the_commands(zprof: Zprof, command: str) -> None:
    listed = zprof(command, "list", "-o", "name")
    mandatory = command in ("orchestrator", "artifact-store", "metadata-store")
    assert listed.out == ("default\n" if mandatory else "")
    assert zprof(command, "get").code == (0 if mandatory else 3)
    flavors = zprof(command, "flavor", "list", "-o", "name").out.split()
    assert flavors
    for flavor in flavors:
        assert zprof(command, "flavor", "describe", flavor).code == 0
    help_text = zprof(command, "--help").out
    for name in ("register", "list", "describe", "get", "update", "remove-attribute", "rename", "copy", "delete"):
        assert f"\n  {name} " in help_text
    assert "NOUN" not in help_text


@pytest.mark.on_both
def test_register(zprof: Zprof) -> None:
    assert zprof(*S3) == Result(
        0,
        "",
        BANNER + "Registered artifact store 's3'.\n",
    )
    assert config_of(zprof, "artifact-store", "s3") == {"path": "s3://bucket/x"}


def config_of(zprof: Zprof, command: str, name: str) -> dict[str, object]:
    described = zprof(command, "describe", name, "-o", "json", "--show-secrets")
    config: dict[str, object] = json.loads(described.out)["config"]
    return config


@pytest.mark.on_both
def test_values_are_typed_by_the_schema(zprof: Zprof) -> None:
    registered = zprof(
        "metadata-store", "register", "my", "-f", "mysql", "--host=h", "--database=d", "--port=3307",
        "--upgrade-migration-enabled=no",
    )  # fmt: skip
    assert registered.code == 0
    assert config_of(zprof, "metadata-store", "my") == {
        "database": "d",
        "host": "h",
        "port": 3307,
        "upgrade_migration_enabled": False,
    }
    assert zprof(*S3, '--client_kwargs={"endpoint_url": "http://minio"}').code == 0
    assert config_of(zprof, "artifact-store", "s3")["client_kwargs"] == {"endpoint_url": "http://minio"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("s3", "-f", "s33", "--path=s3://b"), 3, "Did you mean 's3'?"),
        (("s3", "-f", "s3"), 2, "The attribute 'path' is required."),
        (("s3", "-f", "s3", "--path=gs://b"), 2, "'path'"),
        (("s3", "-f", "s3", "--path=s3://b", "--tokne=x"), 2, "did you mean 'token'?"),
        (("s3", "-f", "s3", "--path=s3://b", "--path=s3://c"), 2, "given twice"),
        (("s3", "-f", "s3", "--path", "s3://b"), 2, "--path"),
        (("s3", "-f", "s3", "path=s3://b"), 2, "path=s3://b"),
        (("s3", "-f", "s3", "--client_kwargs={"), 2, "'client_kwargs' must be an object"),
        (("s3", "--path=s3://b"), 2, "--flavor"),
        (("../x", "-f", "local"), 2, "can't be named"),
        (("", "-f", "local"), 2, "can't be named"),
        (("x" * 300, "-f", "local"), 2, "can't be named"),
        (("s3", "-f", "s3", "--path=@nowhere"), 2, "nowhere, the file of --path, can't be read"),
        (("s3", "-f", "s3", "--config", "file.json"), 2, "after an @"),
        (("s3", "-f", "s3", "--config", "@nowhere"), 2, "can't be read"),
    ],
)
def test_register_refuses(zprof: Zprof, words: tuple[str, ...], code: int, says: str) -> None:
    refused = zprof("-q", "artifact-store", "register", *words)
    assert (refused.code, refused.out) == (code, "")
    assert says in refused.err
    assert zprof("artifact-store", "list", "-o", "name").out == "default\n"


@pytest.mark.on_both
def test_register_refuses_a_name_that_is_taken(zprof: Zprof) -> None:
    refused = zprof("-q", "artifact-store", "register", "default", "-f", "local")
    assert (refused.code, refused.out) == (4, "")
    assert "already exists" in refused.err
    assert zprof("artifact-store", "list", "-o", "name").out == "default\n"


def test_a_value_from_a_file(zprof: Zprof, home: Path) -> None:
    (home / "key.txt").write_text("AKIA\n")
    assert zprof(*S3, "--key=@key.txt", "--secret=@@literal", "--token=@~/key.txt").code == 0
    stored = config_of(zprof, "artifact-store", "s3")
    assert (stored["key"], stored["secret"], stored["token"]) == ("AKIA", "@literal", "AKIA")
    (home / "binary").write_bytes(b"\xff\xfe")
    assert "not text in UTF-8" in zprof("artifact-store", "update", "s3", "--key=@binary").err
    (home / "large").write_bytes(b"x" * 70000)
    assert "larger than 64 KiB" in zprof("artifact-store", "update", "s3", "--key=@large").err
    assert "can't be read" in zprof("artifact-store", "update", "s3", "--key=@.").err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", '{"path": "s3://file", "client_kwargs": {"a": [1, true]}}'),
        ("config.yaml", "path: s3://file\nclient_kwargs:\n  a: [1, true]\n"),
    ],
)
def test_config_from_a_file(zprof: Zprof, home: Path, name: str, text: str) -> None:
    (home / name).write_text(text)
    assert zprof("artifact-store", "register", "a", "-f", "s3", "--config", f"@{name}").code == 0
    assert config_of(zprof, "artifact-store", "a") == {"path": "s3://file", "client_kwargs": {"a": [1, True]}}
    # What is said on the command line wins.
    assert zprof("artifact-store", "register", "b", "-f", "s3", "--config", f"@{name}", "--path=s3://b").code == 0
    assert config_of(zprof, "artifact-store", "b")["path"] == "s3://b"


def test_config_from_stdin(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"path": "s3://stdin"}')))
    assert zprof("artifact-store", "register", "a", "-f", "s3", "--config", "-").code == 0
    assert config_of(zprof, "artifact-store", "a") == {"path": "s3://stdin"}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "path: s3://a\npath: s3://b\n",
        '{"path": "s3://a", "path": "s3://b"}',
        "- a\n- b\n",
        "1: x\n",
        "path: !!python/object/apply:os.system ['true']\n",
        "path: [\n",
        "[" * 100 + "]" * 100,
        "path: 2026-01-01\n",
        "path: null\n",
        '{"path": NaN}',
    ],
)
def test_a_hostile_config_file_is_refused(zprof: Zprof, home: Path, text: str) -> None:
    (home / "config.yaml").write_text(text)
    refused = zprof("-q", "artifact-store", "register", "a", "-f", "s3", "--config", "@config.yaml")
    assert refused.code == 2, refused
    assert refused.err.startswith("Error: ")
    assert zprof("artifact-store", "list", "-o", "name").out == "default\n"


def test_secrets_are_masked_and_warned_about(zprof: Zprof, config: Path) -> None:
    registered = zprof(*S3, "--key=AKIA-hush", "--secret={{aws.secret}}")
    assert registered.err.splitlines()[-1].startswith("Warning: 's3' stores key in plain text.")
    zprof("artifact-store", "update", "s3", "--token=tok-hush")
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    for words in (
        ("artifact-store", "list"),
        ("artifact-store", "describe", "s3"),
        ("stack", "describe", "prod"),
    ):
        for output in ("table", "json", "yaml", "csv"):
            shown = zprof(*words, "-o", output)
            assert "hush" not in shown.out + shown.err, words
            assert ("$secret" if output in DOCUMENTS else "********") in shown.out
            assert "{{aws.secret}}" in shown.out
        assert "AKIA-hush" in zprof(*words, "--show-secrets").out
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        commands = [command for (command,) in store.execute("SELECT command FROM change")]
    assert not [command for command in commands if "hush" in command]
    assert "--key='********'" in " ".join(commands) or "--key=********" in " ".join(commands).replace("'", "")


@pytest.mark.on_both
def test_list_and_describe(zprof: Zprof) -> None:
    zprof(*S3)
    assert (
        zprof("-q", "artifact-store", "list").out
        == """\
┏━━━━━━━━┯━━━━━━━━━┯━━━━━━━━┯━━━━━━━━━━━━━━━━━━━━┓
┃ ACTIVE │ NAME    │ FLAVOR │ CONFIG             ┃
┠────────┼─────────┼────────┼────────────────────┨
┃   👉   │ default │ local  │                    ┃
┃        │ s3      │ s3     │ path=s3://bucket/x ┃
┗━━━━━━━━┷━━━━━━━━━┷━━━━━━━━┷━━━━━━━━━━━━━━━━━━━━┛
"""
    )
    described = zprof("-q", "artifact-store", "describe", "s3").out
    assert "\nconfig:\n  path: s3://bucket/x\n" in described
    assert zprof("artifact-store", "describe", "-o", "name").out == "default\n"
    refused = zprof("-q", "artifact-store", "describe", "s33")
    assert (refused.code, "Did you mean 's3'?" in refused.err) == (3, True)


@pytest.mark.on_both
def test_get(zprof: Zprof) -> None:
    assert zprof("artifact-store", "get") == Result(0, "default\n", "")
    refused = zprof("alerter", "get")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err == "Error: The stack 'default' has no alerter.\n" + (
        "Give it one: `zprof stack update default -al NAME`.\n"
    )


@pytest.mark.on_both
def test_update(zprof: Zprof) -> None:
    zprof(*S3)
    updated = zprof("artifact-store", "update", "s3", "--path=s3://other", "--key={{a.b}}")
    assert updated == Result(0, "", BANNER + "Updated artifact store 's3'.\n")
    assert config_of(zprof, "artifact-store", "s3") == {"path": "s3://other", "key": "{{a.b}}"}
    assert zprof("artifact-store", "update", "--path=/tmp/x").code == 0
    assert config_of(zprof, "artifact-store", "default") == {"path": "/tmp/x"}


@pytest.mark.on_both
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("s3",), 2),
        (("nope", "--path=s3://x"), 3),
        (("s3", "--path=gs://x"), 2),
        (("s3", "--nope=1"), 2),
        (("s3", "--name=other"), 2),
    ],
)
def test_update_refuses(zprof: Zprof, words: tuple[str, ...], code: int) -> None:
    zprof(*S3)
    assert zprof("artifact-store", "update", *words).code == code
    assert config_of(zprof, "artifact-store", "s3") == {"path": "s3://bucket/x"}


@pytest.mark.on_both
def test_remove_attribute(zprof: Zprof) -> None:
    zprof(*S3, "--key={{a.b}}", "--token={{a.c}}", "--authentication_secret=x")
    assert zprof("artifact-store", "remove-attribute", "s3", "key", "--authentication-secret").code == 0
    assert zprof("artifact-store", "remove-attribute", "--token", "s3").code == 0
    assert config_of(zprof, "artifact-store", "s3") == {"path": "s3://bucket/x"}
    for words, code in [(("s3", "path"), 2), (("s3", "nope"), 3), (("s3",), 2), (("nope", "path"), 3)]:
        assert zprof("artifact-store", "remove-attribute", *words).code == code, words
    assert config_of(zprof, "artifact-store", "s3") == {"path": "s3://bucket/x"}


@pytest.mark.on_both
def test_removing_an_attribute_that_is_not_set(zprof: Zprof) -> None:
    zprof(*S3)
    refused = zprof("-q", "artifact-store", "remove-attribute", "s3", "token")
    assert refused.code == 3
    assert refused.err == (
        "Error: The attribute 'token' of the artifact store 's3' is not set.\nSee `zprof artifact-store describe s3`.\n"
    )
    assert "There is no attribute named 'nope'" in zprof("artifact-store", "remove-attribute", "s3", "nope").err


@pytest.mark.on_both
def test_rename(zprof: Zprof) -> None:
    zprof(*S3)
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    assert zprof("artifact-store", "rename", "s3", "bucket").code == 0
    shown = json.loads(zprof("stack", "list", "-o", "json").out)["items"]
    assert shown[1]["components"]["artifact_store"]["name"] == "bucket"
    assert zprof("artifact-store", "rename", "nope", "x").code == 3
    assert zprof("artifact-store", "rename", "bucket", "default").code == 4
    assert zprof("artifact-store", "rename", "bucket", "a/b").code == 2


@pytest.mark.on_both
def test_copy(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    zprof(*S3, "--key=AKIA")
    assert zprof("artifact-store", "copy", "s3", "s3-too").code == 0
    assert config_of(zprof, "artifact-store", "s3-too") == {"path": "s3://bucket/x", "key": "AKIA"}
    assert zprof("artifact-store", "copy", "s3", "s3", "--to", "staging").code == 0
    assert zprof("-p", "staging", "artifact-store", "copy", "s3-too", "s4", "--from", "default").code == 0
    assert zprof("-p", "staging", "artifact-store", "list", "-o", "name").out == "default\ns3\ns4\n"
    assert zprof("artifact-store", "copy", "s3", "s3-too").code == 4
    assert zprof("artifact-store", "copy", "nope", "x").code == 3
    assert zprof("artifact-store", "copy", "s3", "x", "--to", "nope").code == 3


@pytest.mark.on_both
def test_delete(zprof: Zprof) -> None:
    zprof(*S3)
    assert zprof("artifact-store", "delete", "s3").code == 7
    assert zprof("artifact-store", "delete", "s3", "-y") == Result(0, "", BANNER + "Deleted artifact store 's3'.\n")
    assert zprof("artifact-store", "delete", "s3", "-y").code == 3
    refused = zprof("-q", "artifact-store", "delete", "default", "-y")
    assert refused == Result(
        4,
        "",
        "Error: The artifact store 'default' is used by the stack 'default'.\n"
        "Replace it first: `zprof stack update default -a NAME`, or `zprof stack delete default`.\n",
    )


def test_the_database_itself_refuses_to_delete_a_component_in_use(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("DELETE FROM component WHERE name = 'default'")
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("UPDATE component SET type = 'alerter' WHERE type = 'orchestrator'")
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("UPDATE component SET config = '[]'")
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("INSERT INTO stack_component SELECT stack_id, component_type, 99 FROM stack_component")


def test_flavor_list_and_describe(zprof: Zprof) -> None:
    assert zprof("artifact-store", "flavor", "list", "-o", "name").out == "local\nazure\ngcp\ns3\n"
    described = zprof("artifact-store", "flavor", "describe", "s3", "-o", "json")
    attributes = {row["attribute"]: row for row in json.loads(described.out)["attributes"]}
    assert (attributes["path"]["required"], attributes["key"]["secret"]) == (True, True)
    assert zprof("artifact-store", "flavor", "describe", "s4").code == 3


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
def test_a_file_is_read_without_its_byte_order_mark(zprof: Zprof, home: Path, mark: str) -> None:
    (home / "token").write_text(f"{mark}xoxb-1\ufeff2")
    (home / "config.json").write_text(f'{mark}{{\n\t"slack_token": "xoxb-1"\n}}')
    assert zprof("alerter", "register", "by-attribute", "-f", "slack", "--slack_token=@token").code == 0
    assert zprof("alerter", "register", "by-config", "-f", "slack", "--config", "@config.json").code == 0
    store = library.open_profile("default")
    assert store.component("alerter", "by-attribute").config == {"slack_token": "xoxb-1\ufeff2"}
    assert store.component("alerter", "by-config").config == {"slack_token": "xoxb-1"}


def test_an_attribute_with_a_number_of_thousands_of_digits(zprof: Zprof) -> None:
    value = f'{{"a": {"9" * 5000}}}'
    refused = zprof("artifact-store", "register", "x", "-f", "s3", "--path=s3://b", f"--client_kwargs={value}")
    assert refused.code == 2
    assert "The attribute 'client_kwargs' can't be read: it holds a number with more than 1000 digits." in refused.err
    (Path.cwd() / "config.yaml").write_text(f"client_kwargs: {{a: {'9' * 5000}}}")
    refused = zprof("-q", "artifact-store", "register", "x", "-f", "s3", "--path=s3://b", "--config", "@config.yaml")
    assert refused.code == 2
    assert "can't be read: it holds a number with more than 1000 digits." in refused.err


@pytest.mark.parametrize("given", ["--key=<reference>", "--key=<a key of yours>"])
def test_what_stands_for_a_value_is_none(given: str, zprof: Zprof, home: Path) -> None:
    words = ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b")
    refused = zprof(*words, given)
    assert (refused.code, "Replace it with a value." in refused.err) == (2, True)
    value = given.removeprefix("--key=")
    (home / "config.json").write_text(json.dumps({"key": value}))
    assert zprof(*words, "--config", "@config.json").code == 2
    assert zprof(*words, "--key=<reference").code == 0
    assert zprof("artifact-store", "update", "s3", given).code == 2
    assert zprof("artifact-store", "update", "s3", "--config", "@config.json").code == 2
    with pytest.raises(InvalidInput, match="is set to the placeholder"):
        fitting(builtin_flavors("artifact_store")["s3"], "key", value)
    (home / "key").write_text(value)
    assert zprof("artifact-store", "update", "s3", "--key=@key").code == 0
    shown = json.loads(zprof("artifact-store", "describe", "s3", "--show-secrets", "-o", "json").out)
    assert shown["config"]["key"] == value
