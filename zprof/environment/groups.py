"""Variables that belong together: half a set of credentials is worse than none, and one that is left over spoils it.

Found by trying the clients: boto3 sends a session token that is left over along with new static keys, MLflow takes a
user and password over a token, azure-identity skips two of three. See `docs/environment.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Group(NamedTuple):
    """Credentials for one service."""

    noun: str
    """What a sentence calls them."""
    members: tuple[str, ...]
    """All variables that a client may take them from: where a stack sets one, the others are its own or unset."""
    places: tuple[str, ...] = ()
    """The variables that say where a client goes with them, and how."""


GROUPS = (
    Group(
        "AWS keys",
        (
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
            "AWS_CREDENTIAL_EXPIRATION",
        ),
        ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "MLFLOW_S3_ENDPOINT_URL", "FSSPEC_S3_ENDPOINT_URL"),
    ),
    Group("keys of fsspec's S3", ("FSSPEC_S3_KEY", "FSSPEC_S3_SECRET", "FSSPEC_S3_TOKEN"), ("FSSPEC_S3_ENDPOINT_URL",)),
    Group(
        "Azure service principal",
        ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"),
    ),
    Group(
        "Azure storage credentials",
        (
            *("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"),
            *("AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"),
            *("AZURE_STORAGE_TENANT_ID", "AZURE_STORAGE_CLIENT_ID", "AZURE_STORAGE_CLIENT_SECRET"),
        ),
    ),
    Group("Google credentials", ("GOOGLE_APPLICATION_CREDENTIALS",)),
    Group(
        "MLflow login",
        ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
        ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_INSECURE_TLS"),
    ),
    Group(
        "Databricks login",
        ("DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "DATABRICKS_TOKEN"),
        ("DATABRICKS_HOST",),
    ),
    Group("Vault token", ("VAULT_TOKEN",), ("VAULT_ADDR",)),
    Group("WhyLabs key", ("WHYLABS_API_KEY", "WHYLABS_DEFAULT_ORG_ID")),
    Group("Docker logins", ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG")),
)

GROUP_OF: Mapping[str, Group] = {member: group for group in GROUPS for member in group.members}
"""The group of each variable that is in one."""
