"""Stores that others write can't run anything, lead secrets away or set what nobody asked for, by `run` and `env`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import SCRIPT, Zprof
from test_environment import compose

from zprof.flavors.permitted import is_never_set

DENIED = (
    *("LD_PRELOAD", "PATH", "BASH_ENV", "NODE_OPTIONS", "GIT_SSH_COMMAND", "HTTPS_PROXY", "ZPROF_CONFIG_PATH"),
    *("PYTHONPATH", "PROMPT_COMMAND", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "VAULT_SKIP_VERIFY", "GITHUB_PATH"),
)
FILES = ("AWS_CONFIG_FILE", "KUBECONFIG", "DOCKER_CONFIG", "GOOGLE_APPLICATION_CREDENTIALS", "AIRFLOW_HOME")


@pytest.fixture
def shared(zprof: Zprof, home: Path) -> Path:
    """The store of the profile `team`, which others can write, beside the config directory."""
    path = home / "srv" / "team.db"
    path.parent.mkdir()
    made = zprof("profile", "create", "team", "--url", f"sqlite:///{path}")
    assert made.code == 0, made.err
    zprof("profile", "set", "team")
    return path


def write_flavor(store: Path, x_env: Any, values: dict[str, Any], name: str = "evil") -> None:
    """What a hand writes that goes round zprof: a custom flavor of alerter, and one in the default stack."""
    properties = {attribute: {"type": "string", "x-env": x_env} for attribute in values}
    schema = json.dumps({"type": "object", "additionalProperties": False, "properties": properties})
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        put(database, "flavor", component_type="alerter", name=name, config_schema=schema)
        place = os.urandom(16).hex()
        made = put(
            database, "component", type="alerter", name=name, flavor=name, config=json.dumps(values), place=place
        )
        (stack,) = database.execute("SELECT id FROM stack WHERE name = 'default'").fetchone()
        put(database, "stack_component", stack_id=stack, component_type="alerter", component_id=made)


def put(database: sqlite3.Connection, table: str, **values: Any) -> int | None:
    """Insert a row, with the columns filled in that every table has; its key."""
    columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
    usual = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "revision": 1}
    row = {**{name: value for name, value in usual.items() if name in columns}, **values}
    marks = ", ".join("?" * len(row))
    return database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())).lastrowid


def ran(*words: str, **environ: str) -> tuple[dict[str, str], str]:
    """The environment that a program gets, and what was said."""
    whole = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environ}
    done = subprocess.run([SCRIPT, "run", *words, "--", "env", "-0"], env=whole, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    found = dict(line.partition("=")[::2] for line in done.stdout.decode().split("\0") if line)
    return found, done.stderr.decode()


@pytest.mark.parametrize("name", DENIED)
def test_what_makes_programs_run_something_is_never_set(shared: Path, config: Path, name: str) -> None:
    for store, profile in ((shared, "team"), (config / "profiles" / "default.db", "default")):
        write_flavor(store, [name], {"a": "/tmp/evil"})
        found, said = ran("-p", profile)
        assert "/tmp/evil" not in [value for key, value in found.items() if not key.startswith("ZPROF_ALERTER_")]
        assert f"{name} is not set from the attribute 'a'" in said


@pytest.mark.parametrize("name", DENIED)
def test_a_flavor_that_wants_it_is_refused(zprof: Zprof, home: Path, name: str) -> None:
    assert is_never_set(name)
    (home / "schema.json").write_text(json.dumps({"properties": {"a": {"type": "string", "x-env": [name]}}}))
    refused = zprof("alerter", "flavor", "register", "evil", "--schema", "schema.json")
    assert (refused.code, name in refused.err) == (2, True)


@pytest.mark.parametrize("name", FILES)
def test_a_shared_flavor_names_no_file_that_programs_trust(shared: Path, name: str) -> None:
    write_flavor(shared, [name], {"a": "/tmp/evil"})
    found, said = ran()
    assert name not in found
    assert f"{name} is not set" in said


def test_a_shared_flavor_names_only_what_the_catalog_names_or_the_user_allows(shared: Path, config: Path) -> None:
    write_flavor(shared, ["TEAM_URL", "WANDB_ENTITY"], {"a": "it"})
    found, said = ran()
    assert found["WANDB_ENTITY"] == "it"
    assert "TEAM_URL" not in found
    assert "TEAM_URL is not set" in said
    (config / "config.toml").write_text('[allow]\nvariables = ["TEAM_URL"]\n')
    (config / "config.toml").chmod(0o600)
    assert ran()[0]["TEAM_URL"] == "it"


def test_a_flavor_of_one_s_own_store_names_what_it_wants(zprof: Zprof, home: Path) -> None:
    schema = {"a": {"type": "string", "x-env": ["TEAM_URL", {"name": "TEAM_PATH", "form": "{}/x", "opt_in": True}]}}
    (home / "schema.json").write_text(json.dumps({"properties": schema}))
    assert zprof("alerter", "flavor", "register", "mine", "--schema", "schema.json").code == 0
    compose(zprof, ("alerter", "mine", {"a": "it"}))
    assert ran()[0]["TEAM_URL"] == "it"
    assert ran("--also", "TEAM_PATH")[0]["TEAM_PATH"] == "it/x"


@pytest.mark.parametrize(
    "x_env",
    [
        "WANDB_ENTITY",
        7,
        [7],
        [{"name": "A\nB"}],
        ["a b"],
        ["A=B"],
        [{"name": "A", "form": ["x"]}],
        [{"name": "A", "when": "x"}],
        [{"name": "A", "opt_in": "x"}],
        [{"name": "A", "command": "id"}],
        [{"name": "A", "form": "{a.b}"}],
        [{"name": "A", "form": "{a.b.c.d}"}],
    ],
)
def test_what_can_t_be_understood_is_told_and_sets_nothing(shared: Path, zprof: Zprof, home: Path, x_env: Any) -> None:
    write_flavor(shared, x_env, {"a": "it"})
    found, said = ran()
    assert "doesn't set any tool's variable" in said
    assert {key for key in found if key.startswith(("A", "WANDB"))} == set()
    assert zprof("alerter", "flavor", "describe", "evil").code == 0
    (home / "schema.json").write_text(json.dumps({"properties": {"a": {"type": "string", "x-env": x_env}}}))
    assert zprof("-p", "default", "alerter", "flavor", "register", "x", "--schema", "schema.json").code == 2


def test_what_reads_files_and_secrets_is_for_the_catalog_alone(zprof: Zprof, home: Path) -> None:
    for key, value in (("made", "kubeconfig"), ("field", "x"), ("pattern", "(a+)+$"), ("is_a", "file")):
        part = {"type": "string", "x-env": [{"name": "A", key: value}]}
        (home / "schema.json").write_text(json.dumps({"properties": {"a": part}}))
        refused = zprof("alerter", "flavor", "register", "x", "--schema", "schema.json")
        assert (refused.code, repr(key) in refused.err) == (2, True), key


@pytest.mark.parametrize(
    ("key", "value"), [("made", "kubeconfig"), ("field", "x"), ("pattern", "(a+)+$"), ("made", "no")]
)
def test_and_in_a_store_it_counts_for_nothing(shared: Path, key: str, value: str) -> None:
    write_flavor(shared, [{"name": "WANDB_ENTITY", key: value}], {"a": "a" * 40 + "!"})
    found, said = ran()
    assert "WANDB_ENTITY" not in found
    assert "doesn't set any tool's variable" in said


def test_a_shared_store_names_a_key_file_only_with_approval(shared: Path, zprof: Zprof) -> None:
    step = ("step-operator", "vertex", {"region": "l", "service_account_path": "/tmp/evil.json"})
    store, registry = ("artifact-store", "gcp", {"path": "gs://b"}), ("container-registry", "gcp", {"uri": "gcr.io/x"})
    compose(zprof, step, store, registry)
    found, said = ran()
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in found
    assert "`zprof allow step-operator vertex0`" in said
    allowed = zprof("allow", "step-operator", "vertex0", "--yes")
    assert allowed.code == 0, allowed.err
    assert ran()[0]["GOOGLE_APPLICATION_CREDENTIALS"] == "/tmp/evil.json"
    zprof("step-operator", "update", "vertex0", "--service_account_path=/tmp/other.json")
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in ran()[0]


def test_one_s_own_keys_that_would_go_to_a_stranger_are_told_of(shared: Path, zprof: Zprof) -> None:
    compose(zprof, ("artifact-store", "s3", {"path": "s3://b", "client_kwargs": {"endpoint_url": "http://evil"}}))
    _, said = ran(AWS_ACCESS_KEY_ID="mine", AWS_SECRET_ACCESS_KEY="mine")
    assert "your own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY would be sent there" in said
    assert "http://evil" in said
    assert "your own" not in ran()[1]
    zprof("allow", "artifact-store", "s30", "--yes")
    assert "your own" not in ran(AWS_ACCESS_KEY_ID="mine")[1]


def test_a_server_of_one_s_own_is_not_reached_without_its_certificate_unsaid(shared: Path, zprof: Zprof) -> None:
    tracker = {"tracking_uri": "https://theirs", "tracking_insecure_tls": "true", "tracking_token": "t"}
    compose(zprof, ("experiment-tracker", "mlflow", tracker))
    found, said = ran("--keep-env", MLFLOW_TRACKING_URI="https://mine", MLFLOW_TRACKING_TOKEN="mine")
    assert (found["MLFLOW_TRACKING_URI"], found["MLFLOW_TRACKING_INSECURE_TLS"]) == ("https://mine", "true")
    assert (
        "MLFLOW_TRACKING_INSECURE_TLS comes from a shared store, and your own MLFLOW_TRACKING_TOKEN would be sent"
        in said
    )


def test_what_is_told_of_a_stranger_s_url_has_no_secret_in_it(shared: Path, zprof: Zprof, config: Path) -> None:
    def store(url: str) -> tuple[str, str, dict[str, Any]]:
        return "artifact-store", "s3", {"path": "s3://b", "client_kwargs": {"endpoint_url": url}}

    compose(zprof, store("https://ann:hunter2@evil"))
    _, said = ran(AWS_ACCESS_KEY_ID="mine")
    assert ("evil" in said, "hunter2" in said) == (True, False)
    zprof("artifact-store", "update", "s30", '--client_kwargs={"endpoint_url": "${env:PLACE}"}')
    (config / "config.toml").write_text('[allow]\nenv = ["PLACE"]\n')
    (config / "config.toml").chmod(0o600)
    found, said = ran(AWS_ACCESS_KEY_ID="mine", PLACE="https://hidden")
    assert found["AWS_ENDPOINT_URL_S3"] == "https://hidden"
    assert ("would be sent there" in said, "hidden" in said) == (True, False)


@pytest.mark.parametrize(
    "reference", ["${env:AWS_SECRET_ACCESS_KEY}", "${file:/etc/shadow}", "${keyring:zprof/x}", "{{a.b}}"]
)
def test_a_stranger_s_url_gets_no_secret(shared: Path, zprof: Zprof, reference: str) -> None:
    config = {"path": "s3://b", "key": reference, "client_kwargs": {"endpoint_url": "http://evil"}}
    compose(zprof, ("artifact-store", "s3", config), ("secrets-manager", "local", {}))
    refused = zprof("run", "--", "true")
    assert (refused.code, "key" in refused.err, "zprof allow artifact-store s30" in refused.err) == (125, True, True)
    assert zprof("env", "--show-secrets").code != 0
    assert zprof("env").code == 0


@pytest.mark.parametrize(("value", "says"), [("a\0b", "NUL byte"), ("x" * 200_000, "too long")])
def test_what_no_environment_can_hold_is_refused(config: Path, zprof: Zprof, value: str, says: str) -> None:
    write_flavor(config / "profiles" / "default.db", [], {"a": value})
    for words in (("run", "--", "true"), ("env",)):
        refused = zprof(*words)
        assert (refused.code != 0, refused.out) == (True, ""), words
        assert says in refused.err
        assert "a of the alerter 'evil'" in refused.err


def test_a_locale_that_lacks_a_character(config: Path, zprof: Zprof) -> None:
    write_flavor(config / "profiles" / "default.db", [], {"a": "ü"})
    ascii_alone = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (("run", "--", "true"), ("env",)):
        done = subprocess.run([SCRIPT, *words], env=ascii_alone, capture_output=True, text=True, check=False)
        assert ("a of the alerter 'evil' has characters" in done.stderr, "LC_ALL" in done.stderr) == (True, True)
        assert (done.returncode != 0, done.stdout) == (True, "")


def test_attributes_that_no_variable_can_be_named_by(zprof: Zprof, config: Path) -> None:
    write_flavor(config / "profiles" / "default.db", [], {"a$(id)": "x", "b": "1", "B": "2", "name": "evil"})
    found, said = ran()
    assert found["ZPROF_ALERTER_B"] == "2"
    assert found["ZPROF_ALERTER_NAME"] == "evil"
    assert not [name for name in found if "$" in name]
    assert "No variable can be named after the attribute 'a$(id)'" in said
    assert "ZPROF_ALERTER_B is already taken" in said
