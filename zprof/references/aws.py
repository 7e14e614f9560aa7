"""Secrets in AWS Secrets Manager, read by boto3: the one place that imports it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from zprof.references.sources import Unresolvable

if TYPE_CHECKING:
    from zprof.records import Component

SCHEMA_NAME = "zenml_schema_name"
"""What ZenML keeps beside the values of a secret, and is none."""
MISSING = "ResourceNotFoundException"
"""The code of AWS's answer where there is no such secret."""


def name_of(component: Component, secret: str) -> str:
    """The name of a secret at AWS, which ZenML 0.13.2 gives it by the scope of the secrets manager.

    The scope `component`, which is the default, has the component's place as ZenML had its id.

    Raises:
        Unresolvable: no store that only zprof writes has such a place.
    """
    return "/".join((*scope_of(component), secret))


def scope_of(component: Component) -> tuple[str, ...]:
    """The first parts of the names of all secrets of a secrets manager."""
    match component.config.get("scope", "component"):
        case "none":
            return ()
        case "global":
            return "zenml", "global"
        case "namespace":
            return "zenml", "namespace", str(component.config.get("namespace"))
    try:
        return "zenml", "component", str(UUID(component.place))
    except ValueError:
        raise Unresolvable(
            f"the secrets manager '{component.name}' has an invalid place",
            "To see the row and how to fix it, run `zprof db check`.",
        ) from None


def fields(component: Component, secret: str) -> dict[str, str]:
    """The values of a secret, by key.

    Raises:
        Unresolvable: there is none, AWS does not give it, it is not JSON, or boto3 is not installed.
    """
    name = name_of(component, secret)
    try:
        answer = client(str(component.config["region_name"])).get_secret_value(SecretId=name)
    except Exception as error:  # boto3 makes its classes of errors at run time
        raise refusal(name, error) from None
    try:
        found = json.loads(answer.get("SecretString", ""))
        return {key: as_text(value) for key, value in found.items() if key != SCHEMA_NAME}
    except (ValueError, AttributeError, RecursionError):
        raise Unresolvable(
            f"the secret '{name}' at AWS is not a JSON object", "Store it as a JSON object that maps keys to values."
        ) from None


def client(region: str) -> Any:
    """What asks AWS, with the credentials that this user has there.

    Raises:
        Unresolvable: boto3 is not installed.
    """
    try:
        import boto3
    except ImportError:
        raise Unresolvable(
            "reading from AWS Secrets Manager needs boto3, which is not installed",
            "In a checkout of zprof, run `pip install '.[aws]'`.",
        ) from None
    return boto3.client("secretsmanager", region_name=region)


def refusal(name: str, error: Exception) -> Unresolvable:
    """What AWS says, as far as it is safe to tell: its code, or the kind of the error."""
    if isinstance(error, Unresolvable):
        return error
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    if code == MISSING:
        return Unresolvable(
            f"there is no secret '{name}' at AWS",
            "Create it there as a JSON object that maps keys to values, or fix its name.",
        )
    cure = "Check your AWS credentials and your permission to read the secret: `aws sts get-caller-identity`."
    return Unresolvable(f"AWS refused to return the secret '{name}' ({code or type(error).__name__})", cure)


def as_text(value: Any) -> str:
    """A value as programs get it; a number or an object as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
