"""Secrets in AWS Secrets Manager, read by boto3 from moto's server on loopback. `make clients` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

import boto3
import pytest
from conftest import Zprof
from moto.server import ThreadedMotoServer

import zprof as library
from zprof import paths
from zprof.errors import Unresolved
from zprof.references.resolving import Resolver

REGION = "eu-west-1"
STRINGS = '{"password": "hunter2", "port": 5, "zenml_schema_name": "arbitrary"}'


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a server that has no secret yet."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()  # its secrets are the process's
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://{host}:{port}"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    yield boto3.client("secretsmanager", region_name=REGION)
    server.stop()


def resolver(zprof: Zprof, *scope: str) -> Resolver:
    """What resolves a stack whose bucket has a key at AWS."""
    for words in (
        ("secrets-manager", "register", "vault", "-f", "aws", f"--region_name={REGION}", *scope),
        ("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key={{db.password}}",
         "--authentication_secret=db"),
        ("stack", "register", "prod", "-o", "default", "-a", "bucket", "-m", "default", "-x", "vault", "--set",
         "--decouple-stores"),
    ):  # fmt: skip
        assert zprof(*words).code == 0
    return Resolver(library.active_profile(), library.active_stack(), paths.config_dir())


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (("--scope=global",), "zenml/global/db"),
        (("--scope=namespace", "--namespace=ml"), "zenml/namespace/ml/db"),
        (("--scope=none",), "db"),
        ((), "zenml/component/{}/db"),
    ],
)
def test_a_secret_by_its_scope(zprof: Zprof, aws: Any, scope: tuple[str, ...], name: str) -> None:
    found = resolver(zprof, *scope)
    aws.create_secret(Name=name.format(UUID(found.stack.secrets_manager.place)), SecretString=STRINGS)
    bucket = found.stack.artifact_store
    assert found.resolved(bucket).values["key"] == "hunter2"
    assert found.stored(bucket, "authentication_secret") == {"password": "hunter2", "port": "5"}


def test_one_that_is_not_there(zprof: Zprof, aws: Any) -> None:
    found = resolver(zprof, "--scope=global")
    with pytest.raises(Unresolved, match="there is no secret 'zenml/global/db' at AWS"):
        found.resolved(found.stack.artifact_store)
    aws.create_secret(Name="zenml/global/db", SecretString='{"passwort": "x"}')
    with pytest.raises(Unresolved, match="the secret 'db' has no key 'password'") as error:
        found.resolved(found.stack.artifact_store)
    assert error.value.hint.startswith("Did you mean 'passwort'?")
    aws.create_secret(Name="zenml/global/binary", SecretBinary=b"x")
    with pytest.raises(Unresolved, match="not a JSON object"):
        found.stored(found.stack.artifact_store._replace(config={"secret": "binary"}), "secret")


def test_no_way_to_aws(zprof: Zprof, aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = resolver(zprof, "--scope=global")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(
        Unresolved, match=r"AWS refused to return the secret 'zenml/global/db' \(EndpointConnectionError\)"
    ):
        found.resolved(found.stack.artifact_store)
