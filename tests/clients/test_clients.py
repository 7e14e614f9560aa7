"""mlflow, boto3, wandb and python-dotenv find in their environment what the stack says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dotenv
import pytest
from conftest import SCRIPT, Zprof
from test_environment import compose, keep

BUCKET = {"path": "s3://models/prod", "key": "AKIAEXAMPLE", "secret": "s+/e'c\"r=t"}


def python(script: str, *options: str, **environ: str) -> str:
    """What a script prints that is run with the stack in effect, without a name of a client's in the environment."""
    clients = ("AWS_", "MLFLOW_", "WANDB_", "DATABRICKS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(clients)}
    done = subprocess.run(
        [SCRIPT, "run", *options, "--", sys.executable, "-c", script],
        env={**clean, **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestBoto3:
    @pytest.fixture(autouse=True)
    def bucket(self, zprof: Zprof, moto: str) -> None:
        client = {"endpoint_url": moto, "region_name": "eu-west-1"}
        compose(zprof, ("artifact-store", "s3", {**BUCKET, "client_kwargs": client}))

    def test_it_finds_the_credentials_the_region_and_the_endpoint(self, moto: str) -> None:
        shown = python(
            "import boto3, json; s = boto3.Session(); c = s.get_credentials(); print(json.dumps([c.access_key, "
            "c.secret_key, c.token, s.region_name, s.client('s3').meta.endpoint_url, c.method]))",
            AWS_SESSION_TOKEN="left over",
        )  # fmt: skip
        assert json.loads(shown) == [BUCKET["key"], BUCKET["secret"], None, "eu-west-1", moto, "env"]

    def test_other_services_keep_their_endpoints(self) -> None:
        endpoint = python("import boto3; print(boto3.client('secretsmanager').meta.endpoint_url)")
        assert endpoint == "https://secretsmanager.eu-west-1.amazonaws.com\n"

    def test_an_object_is_written_to_the_stack_s_bucket_and_read_from_it(self) -> None:
        script = """
import boto3, os
bucket, _, prefix = os.environ["ZPROF_ARTIFACT_STORE_PATH"].removeprefix("s3://").partition("/")
s3 = boto3.client("s3")
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
s3.put_object(Bucket=bucket, Key=f"{prefix}/model.bin", Body=b"weights")
"""
        python(script)
        shown = python(
            "import boto3; print(boto3.client('s3').get_object(Bucket='models', Key='prod/model.bin')['Body'].read())"
        )
        assert shown == "b'weights'\n"


def test_boto3_finds_the_keys_of_a_stored_secret(zprof: Zprof) -> None:
    store = ("artifact-store", "s3", {"path": "s3://models", "authentication_secret": "aws"})
    compose(zprof, store, ("secrets-manager", "local", {}), stack="stored")
    keep("aws.aws_access_key_id", "AKIASTORED")
    keep("aws.aws_secret_access_key", "stored")
    keep("aws.aws_session_token", "session")
    shown = python("import boto3; c = boto3.Session().get_credentials(); print(c.access_key, c.secret_key, c.token)")
    assert shown == "AKIASTORED stored session\n"


class TestMlflow:
    SCRIPT = "import mlflow; print(mlflow.get_tracking_uri())"

    def test_the_tracking_uri_is_the_stack_s(self, zprof: Zprof) -> None:
        tracker = {"tracking_uri": "http://ml.example.com", "tracking_token": "tok"}
        compose(zprof, ("experiment-tracker", "mlflow", tracker))
        assert python(self.SCRIPT, MLFLOW_TRACKING_URI="http://left.example.com") == "http://ml.example.com\n"
        script = "from mlflow.utils.credentials import read_mlflow_creds as r; print(r())"
        assert "None" in python(script, MLFLOW_TRACKING_USERNAME="u", MLFLOW_TRACKING_PASSWORD="p")

    def test_without_one_runs_are_kept_in_the_local_artifact_store(self, zprof: Zprof, home: Path) -> None:
        place = home / "data of ann"
        compose(zprof, ("experiment-tracker", "mlflow", {}), ("artifact-store", "local", {"path": str(place)}))
        script = """
import mlflow
with mlflow.start_run():
    mlflow.log_param("depth", 3)
print(mlflow.get_tracking_uri())
"""
        uri = python(script, MLFLOW_ALLOW_FILE_STORE="true")
        assert uri.startswith("file:")
        assert [path.read_text() for path in place.glob("mlruns/*/*/params/depth")] == ["3"]


class TestWandb:
    def test_it_reads_its_entity_and_project(self, zprof: Zprof, home: Path) -> None:
        compose(
            zprof, ("experiment-tracker", "wandb", {"api_key": "k" * 40, "entity": "team", "project_name": "churn"})
        )
        script = "import wandb; s = wandb.setup().settings; print(s.entity, s.project, s.api_key == 'k' * 40)"
        assert python(script, WANDB_MODE="offline", WANDB_DIR=str(home)).splitlines()[-1] == "team churn True"


class TestDotenv:
    def test_python_dotenv_reads_what_is_written(self, zprof: Zprof, home: Path) -> None:
        path = '/data/a b # c = "d" & $e'
        client = {"endpoint_url": "http://x/?a=b#c", "region_name": "eu-west-1"}
        compose(zprof, ("artifact-store", "s3", {"path": "s3://b " + path, "client_kwargs": client}))
        written = zprof("env", "-o", "dotenv")
        assert written.code == 0, written.err
        (home / ".env").write_text(written.out)
        found = dotenv.dotenv_values(home / ".env")
        assert found == json.loads(zprof("env", "-o", "json").out)
