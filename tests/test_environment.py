"""What a program gets with a stack: `zprof run`, `zprof env` and `environ()` of the library."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pexpect
import pytest
from conftest import SCRIPT, Zprof
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zprof as library
from zprof.component_types import COMPONENT_TYPES
from zprof.environment.groups import GROUPS
from zprof.environment.plan import Wishes
from zprof.environment.printing import FORMATS, Shown, printed
from zprof.environment.private import PrivateFile
from zprof.errors import Conflict, InvalidInput, NotFound
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.permitted import is_never_set
from zprof.flavors.properties import properties
from zprof.flavors.variables import Entry, entries

FACTS = Path(__file__).parent / "data" / "environment.csv"
"""What the tools behind the built-in flavors read, and whether it is wise to set it; see docs/environment.md."""
SHOW = ("sh", "-c", "env -0")
"""A program that prints its environment."""

Environment = dict[str, str]
RunEnvironment = Callable[..., Environment]


@pytest.fixture
def environment(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> RunEnvironment:
    """The environment that a program gets by `zprof run`, as far as the stack changes it or belongs to it."""

    def call(*options: str, **environ: str) -> Environment:
        whole = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environ}
        done = subprocess.run([SCRIPT, "run", *options, "--", *SHOW], env=whole, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        call.err = done.stderr.decode()  # type: ignore[attr-defined]
        found = dict(line.partition("=")[::2] for line in done.stdout.decode().split("\0") if line)
        return {name: value for name, value in found.items() if name not in ("PATH", "HOME", "PWD", "_", "SHLVL")}

    return call


def compose(zprof: Zprof, *components: tuple[str, str, dict[str, Any]], stack: str = "it", profile: str = "") -> None:
    """Register a stack of the default components and some others: type, flavor and config."""
    before = ("-q", *(("-p", profile) if profile else ()))
    options = {"orchestrator": "default", "artifact-store": "default", "metadata-store": "default"}
    for number, (type_name, flavor, attributes) in enumerate(components):
        name = f"{flavor}{number}"
        words = [
            f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in attributes.items()
        ]
        registered = zprof(*before, type_name, "register", name, "-f", flavor, *words)
        assert registered.code == 0, registered.err
        options[type_name] = name
    words = [word for type_name, name in options.items() for word in (f"--{type_name}", name)]
    made = zprof(*before, "stack", "register", stack, *words, "--decouple-stores", "--set")
    assert made.code == 0, made.err


S3 = ("artifact-store", "s3", {"path": "s3://bucket/x", "key": "AKIA", "secret": 'it\'s "$HOME" `x`'})
MLFLOW = ("experiment-tracker", "mlflow", {"tracking_uri": "http://ml:5000", "tracking_token": "tok"})
WANDB = ("experiment-tracker", "wandb", {"api_key": "k", "entity": "team", "project_name": "churn"})


class TestVariables:
    def test_each_attribute_has_one_by_a_rule(self, zprof: Zprof, environment: RunEnvironment, home: Path) -> None:
        compose(zprof, ("artifact-store", "s3", {"path": "s3://b", "client_kwargs": {"verify": False, "list": [1]}}))
        found = environment()
        assert found["ZPROF_ACTIVATED_PROFILE"] == "default"
        assert found["ZPROF_ACTIVATED_STACK"] == "it"
        assert found["ZPROF_ARTIFACT_STORE_NAME"] == "s30"
        assert found["ZPROF_ARTIFACT_STORE_FLAVOR"] == "s3"
        assert found["ZPROF_ARTIFACT_STORE_PATH"] == "s3://b"
        assert json.loads(found["ZPROF_ARTIFACT_STORE_CLIENT_KWARGS"]) == {"verify": False, "list": [1]}
        assert found["ZPROF_METADATA_STORE_URI"].startswith(str(home))
        assert "ZPROF_ARTIFACT_STORE_KEY" not in found

    def test_flags_and_numbers(self, zprof: Zprof, environment: RunEnvironment) -> None:
        insecure = {"tracking_uri": "sqlite:///x", "tracking_insecure_tls": "true"}
        studio = ("annotator", "label_studio", {"port": "8090"})
        compose(zprof, ("experiment-tracker", "mlflow", insecure), studio, S3, ("secrets-manager", "local", {}))
        found = environment("--also", "LABEL_STUDIO_URL")
        assert (
            found["MLFLOW_TRACKING_INSECURE_TLS"] == found["ZPROF_EXPERIMENT_TRACKER_TRACKING_INSECURE_TLS"] == "true"
        )
        assert found["ZPROF_ANNOTATOR_PORT"] == "8090"
        assert found["LABEL_STUDIO_URL"] == "http://localhost:8090"

    def test_what_is_empty_sets_nothing(self, zprof: Zprof, environment: RunEnvironment, home: Path) -> None:
        compose(
            zprof,
            ("experiment-tracker", "mlflow", {"tracking_uri": ""}),
            ("artifact-store", "local", {"path": "/a b/%"}),
        )
        found = environment()
        assert "ZPROF_EXPERIMENT_TRACKER_TRACKING_URI" not in found
        assert found["MLFLOW_TRACKING_URI"] == "file:/a%20b/%25/mlruns"

    def test_a_uri_that_is_given_is_over_one_that_is_derived(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, MLFLOW, ("artifact-store", "local", {"path": "/a"}))
        assert environment()["MLFLOW_TRACKING_URI"] == "http://ml:5000"

    def test_databricks_has_names_of_its_own(self, zprof: Zprof, environment: RunEnvironment) -> None:
        config = {"tracking_uri": "databricks", "databricks_host": "https://d", "tracking_token": "t"}
        compose(zprof, ("experiment-tracker", "mlflow", config))
        found = environment(MLFLOW_TRACKING_TOKEN="mine", DATABRICKS_PASSWORD="old")
        assert (found["DATABRICKS_HOST"], found["DATABRICKS_TOKEN"]) == ("https://d", "t")
        assert "DATABRICKS_PASSWORD" not in found
        assert found["MLFLOW_TRACKING_TOKEN"] == "mine"

    def test_one_setting_has_all_its_names(self, zprof: Zprof, environment: RunEnvironment) -> None:
        parts = {"endpoint_url": "http://minio:9000", "region_name": "eu-west-1"}
        retries = {"retries": {"total_max_attempts": 5, "mode": "adaptive"}}
        compose(zprof, ("artifact-store", "s3", {"path": "s3://b", "client_kwargs": parts, "config_kwargs": retries}))
        found = environment()
        assert found["AWS_DEFAULT_REGION"] == found["AWS_REGION"] == "eu-west-1"
        assert found["AWS_ENDPOINT_URL_S3"] == found["MLFLOW_S3_ENDPOINT_URL"] == "http://minio:9000"
        assert (found["AWS_MAX_ATTEMPTS"], found["AWS_RETRY_MODE"]) == ("5", "adaptive")
        assert "AWS_ENDPOINT_URL" not in found
        assert environment("--also", "AWS_ENDPOINT_URL")["AWS_ENDPOINT_URL"] == "http://minio:9000"

    def test_the_inner_run_has_nothing_of_the_outer(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, MLFLOW)
        found = environment("--stack", "default", ZPROF_EXPERIMENT_TRACKER_NAME="outer", ZPROF_QUIET="1")
        assert "ZPROF_EXPERIMENT_TRACKER_NAME" not in found
        assert found["ZPROF_QUIET"] == "1"
        assert found["ZPROF_ACTIVATED_STACK"] == "default"

    def test_the_inner_run_does_not_go_where_the_outer_goes(self, zprof: Zprof) -> None:
        compose(zprof, MLFLOW, S3)
        inner = (SCRIPT, "run", "--stack", "default", "--", *SHOW)
        for options, is_kept in (((), False), (("--keep-env",), True)):
            words = [SCRIPT, "run", "--", *inner[:2], *options, *inner[2:]]
            found = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            assert ("MLFLOW_TRACKING_URI=http://ml:5000\0" in found, "AKIA" in found) == (is_kept, is_kept)
            assert ("ZPROF_ACTIVATED_VARIABLES=default/default:AWS_" in found) is is_kept

    @pytest.mark.parametrize("name", ["PATH", "a b", "A;id", "", "MINE,OTHERS"])
    def test_what_the_list_of_variables_can_t_take_away(
        self, zprof: Zprof, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv("ZPROF_ACTIVATED_VARIABLES", f"x/y:{name}")
        monkeypatch.setenv("MINE", "1")
        lines = zprof("env").out.splitlines()
        assert [line for line in lines if line.startswith("unset")] == (["unset MINE"] if "MINE" in name else [])
        assert "export ZPROF_ACTIVATED_VARIABLES='default/default:'" in lines


class TestCredentials:
    def test_the_rest_of_a_group_is_unset(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, S3, MLFLOW)
        found = environment(AWS_SESSION_TOKEN="left", MLFLOW_TRACKING_USERNAME="u", AWS_ACCESS_KEY_ID="mine")
        assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("AKIA", S3[2]["secret"])
        assert found["MLFLOW_TRACKING_TOKEN"] == "tok"
        assert {"AWS_SESSION_TOKEN", "MLFLOW_TRACKING_USERNAME"}.isdisjoint(found)

    def test_an_environment_that_is_kept_keeps_groups_whole(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, S3, MLFLOW)
        found = environment("--keep-env", AWS_SESSION_TOKEN="mine", MLFLOW_TRACKING_URI="http://mine")
        assert (found["AWS_SESSION_TOKEN"], found["MLFLOW_TRACKING_URI"]) == ("mine", "http://mine")
        assert "AWS_ACCESS_KEY_ID" not in found
        assert found["MLFLOW_TRACKING_TOKEN"] == "tok"
        assert found["ZPROF_ARTIFACT_STORE_KEY"] == "AKIA"

    def test_verbose_tells_names_and_no_values(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, S3)
        environment("-v", AWS_SESSION_TOKEN="left", AWS_ACCESS_KEY_ID="mine")
        told = environment.err  # type: ignore[attr-defined]
        assert "replaces AWS_ACCESS_KEY_ID, key of the artifact store 's30'" in told
        assert "sets AWS_SECRET_ACCESS_KEY" in told
        assert "unsets AWS_SESSION_TOKEN" in told
        assert "AKIA" not in told

    def test_each_group_is_of_names_that_are_in_one_alone(self) -> None:
        members = [member for group in GROUPS for member in group.members]
        assert len(members) == len(set(members))


class TestConflicts:
    REGIONS = (
        ("artifact-store", "s3", {"path": "s3://b", "client_kwargs": {"region_name": "eu-west-1"}}),
        ("secrets-manager", "aws", {"region_name": "us-east-1"}),
    )

    def test_two_values_set_neither(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, *self.REGIONS)
        assert environment(AWS_REGION="mine")["AWS_REGION"] == "mine"
        warning = environment.err  # type: ignore[attr-defined]
        assert "AWS_DEFAULT_REGION and AWS_REGION" in warning
        assert "client_kwargs of the artifact store 's30' and region_name of the secrets manager 'aws1'" in warning

    def test_strict_fails_and_prefer_chooses(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, *self.REGIONS)
        strict = zprof("run", "--strict", "--", "true")
        assert (strict.code, "--prefer artifact-store" in strict.err) == (125, True)
        for type_name, region in (("artifact-store", "eu-west-1"), ("secrets_manager", "us-east-1")):
            found = environment("--strict", "--prefer", type_name)
            assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == region

    def test_the_same_value_is_no_conflict(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, self.REGIONS[0], ("secrets-manager", "aws", {"region_name": "eu-west-1"}))
        assert environment("--strict")["AWS_REGION"] == "eu-west-1"

    def test_what_is_given_is_over_what_is_derived(self, zprof: Zprof, environment: RunEnvironment) -> None:
        registry = {"uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com"}
        compose(zprof, self.REGIONS[0], ("container-registry", "aws", registry))
        assert environment("--strict")["AWS_REGION"] == "eu-west-1"
        compose(zprof, ("container-registry", "aws", registry), stack="other")
        assert environment("--strict")["AWS_REGION"] == "us-west-2"

    def test_a_narrower_name_gives_way_to_the_wide_one(self, zprof: Zprof, environment: RunEnvironment) -> None:
        zprof("secret", "list")
        step = {"tenant_id": "t", "service_principal_id": "i", "service_principal_password": "p"}
        azureml = {
            "subscription_id": "s",
            "resource_group": "r",
            "workspace_name": "w",
            "compute_target_name": "c",
            **step,
        }
        store = ("artifact-store", "azure", {"path": "az://c/x", "authentication_secret": "blob"})
        compose(zprof, store, ("step-operator", "azureml", azureml), ("secrets-manager", "local", {}))
        for key in ("tenant_id", "client_id", "client_secret"):
            keep(f"blob.{key}", f"blob-{key}")
        found = environment("--strict")
        names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
        assert [found[name] for name in names] == ["t", "i", "p"]
        assert found["AZURE_STORAGE_CLIENT_ID"] == "blob-client_id"
        parts = {key: {"type": "string", "x-env": [name]} for key, name in zip("abc", names, strict=True)}
        Path("own.json").write_text(json.dumps({"properties": parts}))
        zprof("alerter", "flavor", "register", "own", "--schema", "own.json")
        zprof("alerter", "register", "agreeing", "-f", "own", "--a=t", "--b=i", "--c=p")
        zprof("stack", "update", "it", "--alerter", "agreeing")
        assert [environment("--strict")[name] for name in names] == ["t", "i", "p"]

    def test_credentials_conflict_as_a_whole(self, zprof: Zprof, environment: RunEnvironment, home: Path) -> None:
        schema = {"properties": {"id": {"type": "string", "x-env": ["AWS_ACCESS_KEY_ID"]}}}
        (home / "schema.json").write_text(json.dumps(schema))
        zprof("alerter", "flavor", "register", "sns", "--schema", "schema.json")
        compose(zprof, S3, ("alerter", "sns", {"id": "other"}))
        found = environment(AWS_SESSION_TOKEN="mine")
        assert found["AWS_SESSION_TOKEN"] == "mine"
        assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(found)
        found = environment("--prefer", "alerter", AWS_SESSION_TOKEN="mine")
        assert found["AWS_ACCESS_KEY_ID"] == "other"
        assert {"AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(found)

    def test_a_stored_secret_is_over_plain_attributes(self, zprof: Zprof, environment: RunEnvironment) -> None:
        plain = {"path": "s3://b", "key": "plain", "secret": "plain", "token": "plain", "authentication_secret": "aws"}
        compose(zprof, ("artifact-store", "s3", plain), ("secrets-manager", "local", {}))
        keep("aws.aws_access_key_id", "stored")
        keep("aws.aws_secret_access_key", "stored too")
        found = environment(AWS_SESSION_TOKEN="left")
        assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("stored", "stored too")
        assert "AWS_SESSION_TOKEN" not in found

    def test_an_account_that_contradicts_the_path_is_an_error(self, zprof: Zprof) -> None:
        store = {"path": "abfs://c@one.dfs.core.windows.net/x", "authentication_secret": "blob"}
        compose(zprof, ("artifact-store", "azure", store), ("secrets-manager", "local", {}))
        keep("blob.account_name", "two")
        refused = zprof("run", "--", "true")
        assert (refused.code, "AZURE_STORAGE_ACCOUNT_NAME" in refused.err) == (125, True)
        keep("blob.account_name", "one")
        assert subprocess.run([SCRIPT, "run", "--", "true"], check=False).returncode == 0

    def test_wishes_that_the_stack_can_t_fulfil(self, zprof: Zprof) -> None:
        compose(zprof, S3)
        also = zprof("run", "--also", "AWS_ENDPOINT_UR", "--", "true")
        assert (also.code, "Did you mean AWS_ENDPOINT_URL?" in also.err) == (125, True)
        prefer = zprof("run", "--prefer", "alerter", "--", "true")
        assert (prefer.code, "no alerter to prefer" in prefer.err) == (125, True)
        assert zprof("run", "--prefer", "alert", "--", "true").code == 125


def keep(name: str, value: str) -> None:
    """Store a secret for the local secrets manager of the stack in effect."""
    done = subprocess.run([SCRIPT, "-q", "secret", "set", name, "-"], input=value.encode(), check=False)
    assert done.returncode == 0


class TestRun:
    def test_a_program_that_is_started_at_once_gets_the_same(
        self, zprof: Zprof, environment: RunEnvironment, home: Path
    ) -> None:
        (home / "own.json").write_text(json.dumps({"properties": {"a": {"type": "string", "x-env": ["TEAM_URL"]}}}))
        zprof("alerter", "flavor", "register", "own", "--schema", "own.json")
        compose(zprof, S3, MLFLOW, ("alerter", "own", {"a": "é"}), ("secrets-manager", "local", {}))
        zprof("profile", "create", "other")
        for options in ((), ("-p", "other"), ("--stack", "default"), ("-p", "default", "--stack", "it")):
            assert environment(*options) == environment(*options, "--lock-timeout", "30")
        zprof("init")
        zprof("profile", "set", "other", "--personal")
        found = environment()
        assert found == environment("--lock-timeout", "30")
        assert found["ZPROF_ACTIVATED_PROFILE"] == "other"

    def test_it_becomes_the_program(self, zprof: Zprof) -> None:
        child = subprocess.Popen([SCRIPT, "run", "--", "sh", "-c", "echo $$"], stdout=subprocess.PIPE)
        out, _ = child.communicate()
        assert int(out) == child.pid

    def test_exit_codes(self, zprof: Zprof, home: Path) -> None:
        (home / "text").write_text("x")
        (home / "bad").write_text("#!/nope/nope\n")
        (home / "bad").chmod(0o755)
        (home / "script").write_text("exit 7\n")
        (home / "script").chmod(0o755)
        for words, code in [
            (("sh", "-c", "exit 3"), 3),
            (("nope",), 127),
            (("./nope",), 127),
            (("./text",), 126),
            (("./bad",), 126),
            (("/tmp",), 126),
            (("./script",), 7),
            (("bad",), 127),
            (("",), 127),
            ((), 125),
        ]:
            done = subprocess.run([SCRIPT, "run", "--", *words], capture_output=True, check=False)
            assert done.returncode == code, (words, done.stderr)
        for words in (("-p", "nope", "--", "true"), ("--nope", "--", "true"), ("--stack", "nope", "--", "true")):
            assert zprof("run", *words).code == 125, words
        assert zprof("run", "--help").code == 0

    def test_signals_and_pipes_are_the_program_s(self, zprof: Zprof) -> None:
        with subprocess.Popen([SCRIPT, "run", "--", "sleep", "30"]) as child:
            wait_until(lambda: b"sleep" in Path(f"/proc/{child.pid}/cmdline").read_bytes())
            child.send_signal(signal.SIGTERM)
            assert child.wait() == -signal.SIGTERM
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {SCRIPT} run -- yes | head -1"], capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_what_was_ignored_stays_ignored(self, zprof: Zprof, number: signal.Signals) -> None:
        program = f"import signal; print(signal.getsignal({int(number)}) == signal.SIG_IGN)"
        words = [str(SCRIPT), "run", "--", sys.executable, "-c", program]
        ignoring = subprocess.run(
            words, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN), capture_output=True, check=False
        )
        usual = subprocess.run(
            words, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL), capture_output=True, check=False
        )
        assert (ignoring.stdout, usual.stdout) == (b"True\n", b"False\n")

    def test_the_terminal_is_the_program_s(self, zprof: Zprof) -> None:
        child = pexpect.spawn(str(SCRIPT), ["run", "--", "sh", "-c", "test -t 0 && test -t 1 && read x && echo got $x"])
        child.sendline("it")
        child.expect("got it")
        child.expect(pexpect.EOF)

    def test_its_words_are_the_program_s(self, zprof: Zprof) -> None:
        for words in (["--", "printf", "%s|", "-p", "--", "-h"], ["printf", "%s|", "-p", "--", "-h"]):
            done = subprocess.run([SCRIPT, "run", *words], capture_output=True, check=False)
            assert done.stdout == b"-p|--|-h|"

    def test_nothing_starts_where_something_is_missing(self, zprof: Zprof, home: Path) -> None:
        compose(zprof, ("alerter", "slack", {"slack_token": "${env:NOPE}", "default_slack_channel_id": "c"}))
        refused = zprof("run", "--", "touch", "started")
        assert (refused.code, "slack_token" in refused.err, "${env:NOPE}" in refused.err) == (125, True, True)
        assert not (home / "started").exists()

    def test_a_switch_elsewhere_does_not_move_it(self, zprof: Zprof) -> None:
        zprof("profile", "create", "other")
        switch = f"env -u ZPROF_ACTIVATED_PROFILE {SCRIPT} -q profile set other"
        script = f"{SCRIPT} profile get; {switch}; {SCRIPT} profile get"
        done = subprocess.run([SCRIPT, "run", "--", "sh", "-c", script], capture_output=True, check=False)
        assert done.stdout.split() == [b"default", b"default"]
        assert zprof("profile", "get").out == "other\n"

    def test_no_secret_is_in_the_process_list(self, zprof: Zprof) -> None:
        compose(zprof, S3)
        done = subprocess.run(
            [SCRIPT, "run", "--", "sh", "-c", "cat /proc/$$/cmdline"], capture_output=True, check=False
        )
        assert b"AKIA" not in done.stdout


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestManyProfiles:
    @pytest.fixture(autouse=True)
    def profiles(self, zprof: Zprof) -> None:
        for name in ("dev-a", "dev-b", "live"):
            zprof("profile", "create", name)

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([SCRIPT, "run", *words], capture_output=True, text=True, check=False)

    def test_one_child_for_each_in_turn(self) -> None:
        done = self.run("-p", "dev-*", "--", "sh", "-c", "echo $ZPROF_ACTIVATED_PROFILE")
        assert (done.returncode, done.stdout) == (0, "dev-a\ndev-b\n")

    def test_the_first_failure_counts(self) -> None:
        script = "echo $ZPROF_ACTIVATED_PROFILE; case $ZPROF_ACTIVATED_PROFILE in dev-a) exit 4;; *) exit 5;; esac"
        stopped = self.run("-p", "dev-*", "--", "sh", "-c", script)
        assert (stopped.returncode, stopped.stdout) == (4, "dev-a\n")
        gone_on = self.run("--keep-going", "-p", "dev-*", "--", "sh", "-c", script)
        assert (gone_on.returncode, gone_on.stdout) == (4, "dev-a\ndev-b\n")

    def test_a_program_is_not_looked_for_in_the_working_directory(self, home: Path) -> None:
        for name in ("deploy", "text"):
            (home / name).write_text("echo from here\n")
        (home / "deploy").chmod(0o755)
        for words in (("deploy",), ("text",), ("",)):
            done = self.run("-p", "dev-*", "--", *words)
            assert (done.returncode, done.stdout) == (127, ""), words
        assert self.run("-p", "dev-a*", "--", "./deploy").stdout == "from here\n"

    def test_who_starts_it_may_ignore_that_children_end(self) -> None:
        done = subprocess.run(
            [SCRIPT, "run", "-p", "dev-*", "--", "sh", "-c", "exit 3"],
            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN), timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 3

    def test_all_is_resolved_before_the_first_starts(self, zprof: Zprof) -> None:
        slack = ("alerter", "slack", {"slack_token": "${env:NOPE}", "default_slack_channel_id": "c"})
        compose(zprof, slack, profile="dev-b")
        done = self.run("-p", "dev-*", "--", "echo", "started")
        assert (done.returncode, done.stdout) == (125, "")

    def test_what_is_to_be_typed_is_for_the_profile_that_has_it(self, zprof: Zprof, home: Path) -> None:
        zprof("profile", "create", "dev-shared", "--url", f"sqlite:///{home}/team.db")
        tracker = ("experiment-tracker", "wandb", {**WANDB[2], "api_key": "{{a.b}}"})
        compose(zprof, tracker, ("secrets-manager", "local", {}), profile="dev-b")
        refused = self.run("-p", "dev-*", "--", "true")
        assert "`zprof -p dev-b secret set a.b --manager local1`" in refused.stderr
        assert "`zprof -p dev-b secret" in self.run("-p", "dev-b", "--", "true").stderr
        step = {"region": "l", "service_account_path": "/x.json"}
        compose(zprof, ("step-operator", "vertex", step), ("artifact-store", "gcp", {"path": "gs://b"}),
                ("container-registry", "gcp", {"uri": "gcr.io/x"}), profile="dev-shared")  # fmt: skip
        assert "`zprof -p dev-shared allow step-operator" in self.run("-p", "dev-s*", "--", "true").stderr
        (home / "team.db").unlink()
        assert "`zprof -p dev-shared db restore" in self.run("-p", "dev-s*", "--", "true").stderr

    def test_none_matches(self) -> None:
        done = self.run("-p", "nope-*", "--", "true")
        assert (done.returncode, "dev-a" in done.stderr) == (125, True)

    def test_a_child_that_a_signal_ends(self) -> None:
        assert self.run("-p", "dev-a*", "--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL
        assert self.run("-p", "dev-a*", "--", "nope").returncode == 127

    def test_a_signal_is_passed_on_and_ends_the_rest(self) -> None:
        script = "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
        with subprocess.Popen(
            [SCRIPT, "run", "--keep-going", "-p", "dev-*", "--", "sh", "-c", script],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as parent:  # fmt: skip
            assert parent.stdout is not None
            assert parent.stdout.readline() == "ready\n"
            parent.send_signal(signal.SIGTERM)
            assert parent.stdout.read() == "got\n"
            assert parent.wait() == 9

    def test_ctrl_c_reaches_the_child_once(self) -> None:
        script = "trap 'echo got' INT; echo ready; sleep 1; echo slept; exit 3"
        child = pexpect.spawn(str(SCRIPT), ["run", "-p", "dev-*", "--", "bash", "-c", script])
        child.expect("ready")
        child.sendintr()
        child.expect(pexpect.EOF)
        assert child.before is not None
        assert str(child.before).count("got") == 1
        child.close()
        assert child.exitstatus == 3


VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
HARD = [
    "",
    "'",
    '"',
    "$HOME",
    "`id`",
    "a\nb",
    "\n",
    "\\",
    "\\'",
    "a\\",
    "!x",
    "#x",
    " x ",
    "%d",
    "é☃",
    "$(id)",
    "a\tb",
    "\r",
]


class TestEnv:
    @pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "fish"])
    def test_quoting_survives_each_shell(self, shell: str, tmp_path: Path) -> None:
        program = shutil.which(shell)
        if program is None:
            if shell in ("dash", "zsh", "fish"):
                return  # `make shells` has them
            pytest.fail(f"there is no {shell}")
        settings_ = {f"V{number}": value for number, value in enumerate(HARD)}
        text = printed(Shown(settings_, ("GONE",), ("SECRET",)), "fish" if shell == "fish" else "shell")
        done = subprocess.run(
            [program, "-c", text + "env -0"],
            env={"PATH": os.environ["PATH"], "GONE": "1"},
            capture_output=True,
            check=True,
        )
        found = dict(line.partition("=")[::2] for line in done.stdout.decode().split("\0") if line)
        assert {name: found.get(name) for name in settings_} == settings_
        assert {"GONE", "SECRET"}.isdisjoint(found)

    @settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(VALUES, min_size=1, max_size=20))
    def test_any_value_survives_a_shell(self, values: list[str]) -> None:
        shown = Shown({f"V{number}": value for number, value in enumerate(values)})
        done = subprocess.run(
            ["sh", "-c", printed(shown, "shell") + "env -0"],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            check=True,
        )
        found = dict(line.partition("=")[::2] for line in done.stdout.decode().split("\0") if line)
        assert {name: found[name] for name in shown.settings} == shown.settings

    def test_evaluated_it_is_what_run_gives(self, zprof: Zprof, environment: RunEnvironment) -> None:
        compose(zprof, S3, MLFLOW)
        script = f'eval "$({SCRIPT} env --show-secrets)"; env -0'
        whole = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "AWS_SESSION_TOKEN": "x"}
        done = subprocess.run(["sh", "-c", script], env=whole, capture_output=True, check=True)
        found = dict(line.partition("=")[::2] for line in done.stdout.decode().split("\0") if line)
        for name in ("PATH", "HOME", "PWD", "_", "SHLVL"):
            found.pop(name, None)
        assert found == environment()

    def test_secrets_are_named_and_not_set(self, zprof: Zprof) -> None:
        compose(zprof, S3, MLFLOW, ("annotator", "label_studio", {"authentication_secret": "ls"}),
                ("secrets-manager", "local", {}))  # fmt: skip
        for form in FORMATS[:3]:
            shown = zprof("env", "-o", form).out
            assert "# AWS_SECRET_ACCESS_KEY holds a secret: add --show-secrets to set it." in shown
            assert "# LABEL_STUDIO_API_KEY" in shown
            assert "AKIA" not in shown
            assert "tok\n" not in shown
            assert "http://ml:5000" in shown
        as_json = zprof("env", "-o", "json")
        assert "AWS_SECRET_ACCESS_KEY" in as_json.err
        assert "AWS_SECRET_ACCESS_KEY" not in json.loads(as_json.out)
        assert "unset" not in zprof("env").out  # of a group that is withheld nothing changes

    def test_references_are_not_resolved_for_who_wants_no_secret(self, zprof: Zprof) -> None:
        compose(zprof, ("alerter", "slack", {"slack_token": "${env:NOPE}", "default_slack_channel_id": "${env:NOPE}"}))
        shown = zprof("env")
        assert (shown.code, "NOPE" in shown.out) == (0, False)
        assert "# ZPROF_ALERTER_DEFAULT_SLACK_CHANNEL_ID" in shown.out
        assert zprof("env", "--show-secrets").code == 1

    def test_what_only_looks_like_a_reference_is_not_handed_on(self, zprof: Zprof, config: Path) -> None:
        compose(zprof, ("alerter", "slack", {"slack_token": "t", "default_slack_channel_id": "c"}))
        with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as database:
            mistake = json.dumps({"slack_token": "t", "default_slack_channel_id": "${oops"})
            database.execute("UPDATE component SET config = ? WHERE type = 'alerter'", [mistake])
        shown = zprof("env")
        assert (shown.code, "oops" in shown.out) == (0, False)
        assert "# ZPROF_ALERTER_DEFAULT_SLACK_CHANNEL_ID" in shown.out
        assert zprof("env", "--show-secrets").code == 1

    def test_what_is_worked_out_of_a_secret_is_one(self, zprof: Zprof, home: Path) -> None:
        form = "{}/{experiment_tracker.wandb.api_key}"
        schema = {"properties": {"a": {"type": "string", "x-env": [{"name": "TEAM_URL", "form": form}]}}}
        (home / "schema.json").write_text(json.dumps(schema))
        assert zprof("alerter", "flavor", "register", "mine", "--schema", "schema.json").code == 0
        compose(zprof, ("alerter", "mine", {"a": "v"}), ("experiment-tracker", "wandb", {**WANDB[2], "api_key": "pw"}))
        assert "# TEAM_URL holds a secret" in zprof("env").out
        assert "export TEAM_URL='v/pw'" in zprof("env", "--show-secrets").out

    @pytest.mark.parametrize(("profile", "is_kept"), [("default", True), ("with-keys", False), ("without", False)])
    def test_another_stack_s_are_unset(self, zprof: Zprof, profile: str, is_kept: bool) -> None:
        compose(zprof, S3, MLFLOW)
        for name in ("with-keys", "without"):
            zprof("profile", "create", name)
        compose(zprof, ("artifact-store", "s3", {**S3[2], "key": "OTHER"}), profile="with-keys")
        script = f'eval "$({SCRIPT} env --show-secrets)"; eval "$({SCRIPT} env -p {profile})"; env'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
        assert found["ZPROF_ACTIVATED_PROFILE"] == profile
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"):
            assert (name in found) is is_kept, name

    def test_what_could_drive_a_terminal(self, zprof: Zprof) -> None:
        compose(zprof, ("artifact-store", "s3", {"path": "s3://b/\x1b[2Jx"}))
        script = f'eval "$({SCRIPT} env)"; printf %s "$ZPROF_ARTIFACT_STORE_PATH"'
        assert subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout == b"s3://b/\x1b[2Jx"
        seen = pexpect.spawn(str(SCRIPT), ["env"], encoding="utf-8").read()
        assert ("\x1b" in seen, "s3://b/\\x1b[2Jx'\r\n" in seen) == (False, True)

    def test_unset_undoes_it(self, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
        compose(zprof, S3)
        script = f'eval "$({SCRIPT} env --show-secrets)"; eval "$({SCRIPT} env --unset)"; env'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert "ZPROF_" not in done.stdout
        assert "AKIA" not in done.stdout
        refused = zprof("env", "--unset", "-o", "dotenv")
        assert (refused.code, "can't unset" in refused.err, refused.out) == (2, True, "")
        monkeypatch.setenv("ZPROF_ALERTER_NAME", "of another stack")
        assert "unset ZPROF_ALERTER_NAME" in zprof("env", "--unset").out
        assert "unset ZPROF_ALERTER_NAME" in zprof("env").out

    def test_a_file_of_variables_holds_what_all_read_alike(self, zprof: Zprof) -> None:
        compose(zprof, MLFLOW, ("artifact-store", "local", {"path": "/data/a b # c"}))
        shown = zprof("env", "-o", "dotenv").out
        assert "MLFLOW_TRACKING_URI=http://ml:5000\n" in shown
        assert "ZPROF_ARTIFACT_STORE_PATH='/data/a b # c'\n" in shown
        compose(zprof, S3, stack="odd")
        refused = zprof("env", "-o", "dotenv", "--show-secrets")
        assert (refused.code, "AWS_SECRET_ACCESS_KEY" in refused.err, refused.out) == (2, True, "")

    def test_github(self, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        compose(zprof, S3, MLFLOW)
        assert zprof("env", "-o", "github").code == 2
        monkeypatch.setenv("GITHUB_ENV", str(home / "github"))
        monkeypatch.setenv("AWS_SESSION_TOKEN", "left")
        shown = zprof("env", "-o", "github", "--show-secrets")
        assert shown.out == f"::add-mask::AKIA\n::add-mask::{S3[2]['secret']}\n::add-mask::tok\n"
        assert "AWS_SESSION_TOKEN" in shown.err
        lines = (home / "github").read_text().splitlines()
        found = {lines[n].partition("<<")[0]: lines[n + 1] for n in range(0, len(lines), 3)}
        assert found["MLFLOW_TRACKING_URI"] == "http://ml:5000"
        assert found["AWS_SECRET_ACCESS_KEY"] == S3[2]["secret"]
        assert zprof("env", "-o", "github").out == ""
        zprof("experiment-tracker", "update", "mlflow1", "--tracking_token=\x1b[31mred")
        assert "::add-mask::\x1b[31mred\n" in zprof("env", "-o", "github", "--show-secrets").out
        for path in ("/nope/x", "/dev/full", str(home)):
            monkeypatch.setenv("GITHUB_ENV", path)
            refused = zprof("env", "-o", "github")
            assert (refused.code, f"{path}, the file that $GITHUB_ENV names" in refused.err) == (2, True), refused.err

    def test_a_value_can_t_end_its_block_in_a_workflow(
        self, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compose(zprof, ("artifact-store", "s3", {"path": "s3://b\nNODE_OPTIONS=x\nEOF"}))
        monkeypatch.setenv("GITHUB_ENV", str(home / "github"))
        zprof("env", "-o", "github")
        lines = (home / "github").read_text().splitlines()
        start = lines.index(next(line for line in lines if line.startswith("ZPROF_ARTIFACT_STORE_PATH<<")))
        mark = lines[start].partition("<<")[2]
        assert lines.index(mark, start) == start + 4


class TestLibrary:
    def test_resolved(self, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
        compose(zprof, ("alerter", "slack", {"slack_token": "${env:TOKEN}", "default_slack_channel_id": "$${c}"}))
        monkeypatch.setenv("TOKEN", "${env:HOME}")
        found = library.active_stack().resolved()
        assert found.alerter.config["slack_token"] == "${env:HOME}"
        assert found.alerter.config["default_slack_channel_id"] == "${c}"
        monkeypatch.setenv("TOKEN", "hunter2")
        assert "hunter2" not in repr(library.active_stack().resolved())
        assert library.active_stack().alerter.config["slack_token"] == "${env:TOKEN}"

    def test_environ(self, zprof: Zprof, monkeypatch: pytest.MonkeyPatch, environment: RunEnvironment) -> None:
        compose(zprof, S3, MLFLOW)
        monkeypatch.setenv("AWS_SESSION_TOKEN", "left")
        found = library.active_stack().environ()
        assert found["AWS_ACCESS_KEY_ID"] == "AKIA"
        assert "AWS_SESSION_TOKEN" not in found
        assert found["PATH"] == os.environ["PATH"]
        done = subprocess.run(["sh", "-c", "echo $MLFLOW_TRACKING_URI"], env=found, capture_output=True, check=True)
        assert done.stdout == b"http://ml:5000\n"
        with library.using("default/default"):
            assert "AWS_ACCESS_KEY_ID" not in library.active_stack().environ()

    def test_conflicts(self, zprof: Zprof) -> None:
        compose(zprof, *TestConflicts.REGIONS)
        with pytest.warns(UserWarning, match="AWS_REGION"):
            assert "AWS_REGION" not in library.active_stack().environ()
        with pytest.raises(Conflict, match="AWS_REGION"):
            library.active_stack().environ(strict=True)
        assert library.active_stack().environ(prefer=["artifact_store"])["AWS_REGION"] == "eu-west-1"
        for name, error in (("alerter", InvalidInput), ("bucket", NotFound)):
            with pytest.raises(error):
                library.active_stack().environ(prefer=[name])

    def test_what_is_planned_shows_no_value_in_a_traceback(self, zprof: Zprof) -> None:
        compose(zprof, MLFLOW, ("artifact-store", "gcp", {"path": "gs://b", "authentication_secret": "gcp"}),
                ("secrets-manager", "local", {}))  # fmt: skip
        keep("gcp.token", "hunter2")
        also = ("GOOGLE_APPLICATION_CREDENTIALS",)
        plan = library.active_stack().plan(Wishes(also), {})
        assert plan.claims["GOOGLE_APPLICATION_CREDENTIALS"].value == PrivateFile("key.json", "hunter2")
        assert ("hunter2" in repr(plan), "'tok'" in repr(plan), "MLFLOW_TRACKING_TOKEN" in repr(plan)) == (
            False, False, True,
        )  # fmt: skip

    def test_a_copy_knows_no_profile(self, zprof: Zprof) -> None:
        with pytest.raises(InvalidInput, match="does not belong to a profile"):
            library.active_stack()._replace(name="x").resolved()


class TestPrivateFiles:
    @pytest.fixture(autouse=True)
    def runtime(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = home / "runtime"
        path.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(path))
        return path

    def test_a_kubeconfig_with_its_context(self, zprof: Zprof, home: Path, runtime: Path) -> None:
        (home / ".kube").mkdir()
        (home / ".kube" / "config").write_text(
            "current-context: mine\ncontexts:\n- name: mine\n  context: {cluster: a, user: b}\n- name: eks\n"
            "  context: {cluster: a, user: b}\nclusters:\n- name: a\n  cluster: {certificate-authority: ca.pem}\n"
        )
        deployer = {"kubernetes_context": "eks", "base_url": "http://x", "kubernetes_namespace": "n"}
        compose(zprof, ("model-deployer", "seldon", deployer))
        done = subprocess.run(
            [SCRIPT, "run", "--also", "KUBECONFIG", "--", "sh", "-c", "stat -c %a $KUBECONFIG; cat $KUBECONFIG"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.startswith("600\n")
        assert "current-context: eks" in done.stdout
        assert f"certificate-authority: {home}/.kube/ca.pem" in done.stdout
        assert len(list((runtime / "zprof").iterdir())) == 1
        zprof("run", "-p", "d*t", "--", "true")
        assert list((runtime / "zprof").iterdir()) == []
        zprof("model-deployer", "update", "seldon0", "--kubernetes_context=nope")
        refused = zprof("run", "--also", "KUBECONFIG", "--", "true")
        assert (refused.code, "mine, eks" in refused.err) == (125, True)
        assert (
            "KUBECONFIG"
            not in subprocess.run([SCRIPT, "run", "--", "env"], capture_output=True, text=True, check=True).stdout
        )

    def test_each_stack_has_a_file_of_its_own(self, zprof: Zprof, home: Path) -> None:
        (home / ".kube").mkdir()
        names = ("dev-a", "dev-b")
        contexts = [{"name": name, "context": {}} for name in names]
        (home / ".kube" / "config").write_text(json.dumps({"contexts": contexts}))
        for name in names:
            zprof("profile", "create", name)
            deployer = {"kubernetes_context": name, "base_url": "http://x", "kubernetes_namespace": "n"}
            compose(zprof, ("model-deployer", "seldon", deployer), profile=name)
        words = ("run", "-q", "-p", "dev-*", "--also", "KUBECONFIG", "--", "sh", "-c", "tail -n 1 $KUBECONFIG")
        done = subprocess.run([SCRIPT, *words], capture_output=True, text=True, check=True)
        assert done.stdout == "current-context: dev-a\ncurrent-context: dev-b\n"
        shown = [zprof("-p", name, "env", "--also", "KUBECONFIG", "-o", "json").out for name in (*names, "dev-a")]
        first, second, again = (json.loads(text)["KUBECONFIG"] for text in shown)
        assert first == again != second
        assert "current-context: dev-a" in Path(first).read_text()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("clusters: [{name: [1]}]\ncontexts: [{name: {a: 1}}, 5]\nusers: [{}]", "has no context named 'eks'"),
            ("[" * 5000, "can't be read: RecursionError"),
            ("a: !!python/name:os.system", "can't be read: ConstructorError"),
            ("users: [{name: u, user: {tokenFile: 3, exec: {command: [1]}}}]\ncontexts: [{name: eks}]", ""),
        ],
    )
    def test_a_kubeconfig_that_is_none(self, zprof: Zprof, home: Path, text: str, said: str) -> None:
        (home / ".kube").mkdir()
        (home / ".kube" / "config").write_text(text)
        deployer = {"kubernetes_context": "eks", "base_url": "http://x", "kubernetes_namespace": "n"}
        compose(zprof, ("model-deployer", "seldon", deployer))
        done = zprof("env", "--also", "KUBECONFIG")
        assert (done.code != 0, said in done.err, "zprof is broken" in done.err) == (bool(said), True, False)

    def test_a_plugin_of_a_kubeconfig_is_found_from_anywhere(self, zprof: Zprof, home: Path) -> None:
        (home / ".kube").mkdir()
        plugins = [{"name": name, "user": {"exec": {"command": name}}} for name in ("bin/plugin", "aws")]
        (home / ".kube" / "config").write_text(json.dumps({"contexts": [{"name": "eks"}], "users": plugins}))
        deployer = {"kubernetes_context": "eks", "base_url": "http://x", "kubernetes_namespace": "n"}
        compose(zprof, ("model-deployer", "seldon", deployer))
        written = Path(json.loads(zprof("env", "--also", "KUBECONFIG", "-o", "json").out)["KUBECONFIG"]).read_text()
        assert f"command: {home}/.kube/bin/plugin\n" in written
        assert "command: aws\n" in written

    def test_it_stays_for_a_shell_whose_session_has_lost_its_first_process(self, zprof: Zprof, home: Path) -> None:
        (home / ".kube").mkdir()
        (home / ".kube" / "config").write_text('contexts: [{"name": "eks"}]')
        deployer = {"kubernetes_context": "eks", "base_url": "http://x", "kubernetes_namespace": "n"}
        compose(zprof, ("model-deployer", "seldon", deployer))
        script = f'sleep 0.3; eval "$({SCRIPT} env --also KUBECONFIG)"; {SCRIPT} env >/dev/null; tail -n 1 $KUBECONFIG'
        daemon = ["sh", "-c", """setsid --wait sh -c '(sh -c "$1") & exit 0' sh "$1" """, "sh", script]
        done = subprocess.run(daemon, capture_output=True, text=True, check=True)
        assert done.stdout == "current-context: eks\n", done.stderr

    def test_logins_of_docker(self, zprof: Zprof, environment: RunEnvironment, runtime: Path) -> None:
        registry = {"uri": "reg.example.com/team", "authentication_secret": "login"}
        compose(zprof, ("container-registry", "default", registry), ("secrets-manager", "local", {}))
        assert zprof("run", "--also", "DOCKER_CONFIG", "--", "true").code == 125
        keep("login.username", "ann")
        keep("login.password", "x:y")
        found = environment("--also", "DOCKER_CONFIG", "--also", "DOCKER_AUTH_CONFIG", XDG_RUNTIME_DIR=str(runtime))
        kept = (Path(found["DOCKER_CONFIG"]) / "config.json").read_text()
        assert kept == found["DOCKER_AUTH_CONFIG"]
        assert json.loads(kept) == {"auths": {"reg.example.com": {"auth": "YW5uOng6eQ=="}}}

    def test_a_key_of_a_service_account(self, zprof: Zprof, environment: RunEnvironment, runtime: Path) -> None:
        store = {"path": "gs://b", "authentication_secret": "gcp"}
        compose(zprof, ("artifact-store", "gcp", store), ("secrets-manager", "local", {}))
        keep("gcp.token", '{"type": "service_account"}')
        assert "GOOGLE_APPLICATION_CREDENTIALS" not in environment()
        found = environment("--also", "GOOGLE_APPLICATION_CREDENTIALS", XDG_RUNTIME_DIR=str(runtime))
        assert Path(found["GOOGLE_APPLICATION_CREDENTIALS"]).read_text() == '{"type": "service_account"}'

    def test_a_directory_of_others_is_refused(self, zprof: Zprof, runtime: Path) -> None:
        (runtime / "zprof").mkdir(mode=0o777)
        (runtime / "zprof").chmod(0o777)
        store = {"path": "gs://b", "authentication_secret": "gcp"}
        compose(zprof, ("artifact-store", "gcp", store), ("secrets-manager", "local", {}))
        keep("gcp.token", "x")
        refused = zprof("run", "--also", "GOOGLE_APPLICATION_CREDENTIALS", "--", "true")
        assert (refused.code, "is not private to you" in refused.err) == (125, True)


def all_entries() -> Iterator[tuple[str, str, str, Entry]]:
    for component_type in COMPONENT_TYPES:
        for flavor in builtin_flavors(component_type.name).values():
            for attribute, schema in properties(flavor.schema).items():
                for entry in entries(schema):
                    yield component_type.name, flavor.name, attribute, entry


class TestCatalog:
    DERIVED = frozenset({("artifact_store", "s3"), ("container_registry", "aws"), ("secrets_manager", "aws")})
    """Regions are advised against one by one, since they contradict each other, and are set where they agree."""
    ON_DEMAND = frozenset({("artifact_store", "gcp", "GOOGLE_APPLICATION_CREDENTIALS")})
    """A file that has to be written is on demand, whatever the advice."""
    MISSING = frozenset({"SAGEMAKER_USER_CONFIG_OVERRIDE", "VAULT_CLIENT_KEY"})
    """What would need a file of a form of its own, or an attribute that there is not."""

    def test_it_names_what_the_tools_read_and_nothing_else(self) -> None:
        facts: dict[tuple[str, str, str, str], str] = {}
        with FACTS.open() as file:
            for row in csv.DictReader(file):
                attribute = row["attribute"].partition(".")[0]
                facts[row["type"], row["flavor"], attribute, row["variable"]] = row["advice"]
        named = {
            (type_name, flavor, attribute, entry.name): entry for type_name, flavor, attribute, entry in all_entries()
        }
        for key, entry in named.items():
            advice = (
                facts["orchestrator", "vertex", "project", key[3]]
                if "CLOUD" in key[3] and "PROJECT" in key[3]
                else facts[key]
            )
            if "REGION" in key[3] and key[:2] in self.DERIVED:
                assert advice == "no"
            elif (*key[:2], key[3]) in self.ON_DEMAND:
                assert entry.opt_in
            elif key[3] == "CLOUDSDK_CORE_PROJECT":
                assert not entry.opt_in  # another name of a setting that is set: both have one value
            else:
                assert advice == ("opt_in" if entry.opt_in else "default"), key
        left_out = {
            key for key, advice in facts.items() if advice != "no" and key not in named and not key[2].startswith("(")
        }
        assert {key[3] for key in left_out} == self.MISSING
        assert ("secrets_manager", "gcp_secrets_manager", "project_id", "GOOGLE_CLOUD_PROJECT") in named

    def test_none_of_its_names_is_denied(self) -> None:
        assert not [entry.name for *_, entry in all_entries() if is_never_set(entry.name)]

    @pytest.mark.parametrize(
        "name",
        [*("LD_PRELOAD", "PATH", "BASH_ENV", "NODE_OPTIONS", "GIT_SSH_COMMAND", "HTTPS_PROXY", "https_proxy"),
            *("ZPROF_CONFIG_PATH", "PYTHONPATH", "DYLD_INSERT_LIBRARIES", "IFS", "ENV", "PS4"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
        ],
    )  # fmt: skip
    def test_what_no_stack_may_set(self, name: str) -> None:
        assert is_never_set(name)
        assert not is_never_set("MLFLOW_TRACKING_URI")

    def test_describe_shows_them(self, zprof: Zprof) -> None:
        shown = zprof("experiment-tracker", "flavor", "describe", "wandb").out
        assert "\n  environment: WANDB_API_KEY\n" in shown
        as_json = json.loads(zprof("experiment-tracker", "flavor", "describe", "wandb", "-o", "json").out)
        assert as_json["attributes"][0]["environment"] == ["WANDB_API_KEY"]


class TestDocumentation:
    PAGE = Path(__file__).parent.parent / "docs" / "environment.md"

    def test_it_has_each_variable_and_each_group(self) -> None:
        rows = [*group_lines(), *variable_lines()]
        page = self.PAGE.read_text().splitlines()
        missing = [row for row in rows if row not in page]
        assert not missing, "put into docs/environment.md:\n" + "\n".join(missing)
        there = [line for line in page if re.match(r"\| [A-Za-z][^|]*\|.*`[A-Z0-9_]{4,}`", line)]
        assert sorted(there) == sorted(rows)


def group_lines() -> list[str]:
    """The rows of the table of groups."""
    return [f"| {group.noun} | {' '.join(f'`{member}`' for member in group.members)} |" for group in GROUPS]


def variable_lines() -> list[str]:
    """The rows of the tables of variables, one for each attribute."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for type_name, flavor, attribute, entry in all_entries():
        told = f"`{entry.name}`" + (" on demand" if entry.opt_in else "")
        names = rows.setdefault((type_name, flavor, attribute), [])
        if told not in names:
            names.append(told)
    return [
        f"| {kind} | {flavor} | `{attribute}` | {', '.join(names)} |"
        for (kind, flavor, attribute), names in rows.items()
    ]
