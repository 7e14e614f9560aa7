"""The examples that help ends with, by the command. They are imported for help alone, and a test runs each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import click

from zprof.cli.spellings import place


class Sample(NamedTuple):
    """A component with which the examples of a type are written."""

    name: str
    flavor: str
    required: str
    """The attributes that its flavor needs, as they are typed."""
    key: str
    """An attribute that its flavor takes besides."""
    value: str


SAMPLES: Mapping[str, Sample] = {
    "orchestrator": Sample("docker", "local_docker", "", "docker_parent_image", "acme/base:2"),
    "artifact-store": Sample("bucket", "s3", "--path=s3://acme-ml", "authentication_secret", "aws"),
    "metadata-store": Sample("team", "mysql", "--host=10.0.0.5 --database=runs", "port", "3307"),
    "container-registry": Sample("hub", "dockerhub", "--uri=docker.io/acme", "authentication_secret", "hub"),
    "secrets-manager": Sample("keys", "local", "", "namespace", "acme"),
    "step-operator": Sample("spark", "spark-kubernetes", "--master=k8s://10.0.0.7:6443", "namespace", "jobs"),
    "feature-store": Sample("features", "feast", "--feast_repo=features", "online_port", "6380"),
    "model-deployer": Sample("serving", "mlflow", "", "service_path", "models"),
    "experiment-tracker": Sample("runs", "wandb", "--api_key='{{wandb.key}}'", "project_name", "churn"),
    "alerter": Sample("ops", "slack", "--slack_token='{{slack.token}}'", "default_slack_channel_id", "C024BE91L"),
    "annotator": Sample("labels", "label_studio", "", "port", "8094"),
    "data-validator": Sample("checks", "great_expectations", "", "context_root_dir", "expectations"),
}
"""By the command of the type."""

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": ("zprof profile create production", "zprof status"),
    "profile": ("zprof profile create production", "zprof profile set laptop"),
    "profile create": ("zprof profile create production", "zprof profile create team --url team.db"),
    "profile list": ("zprof profile list", "zprof profile list --output name"),
    "profile describe": ("zprof profile describe", "zprof profile describe staging"),
    "profile get": ("zprof profile get", "zprof profile get -o json"),
    "profile set": ("zprof profile set staging", "zprof profile set staging --global"),
    "profile unset": ("zprof profile unset",),
    "profile rename": ("zprof profile rename staging preview",),
    "profile delete": ("zprof profile delete laptop", "zprof profile delete laptop --yes"),
    "profile restore": ("zprof profile restore", "zprof profile restore retired"),
    "profile protect": ("zprof profile protect staging",),
    "profile unprotect": ("zprof profile unprotect staging",),
    "profile explain": ("zprof profile explain",),
    "stack": ("zprof stack register trial -o default -a default -m default", "zprof stack set prod"),
    "stack register": (
        "zprof stack register trial -o default -a default -m default --set",
        "zprof stack register cloud -o docker -a bucket -m team -al ops",
    ),
    "stack list": ("zprof stack list", "zprof stack list --all-profiles --uses s3"),
    "stack describe": ("zprof stack describe", "zprof stack describe prod --graph"),
    "stack get": ("zprof stack get", "zprof stack get -p laptop"),
    "stack set": ("zprof stack set prod", "zprof stack set prod --global"),
    "stack unset": ("zprof stack unset",),
    "stack rename": ("zprof stack rename prod main",),
    "stack update": ("zprof stack update prod -o default", "zprof stack update -al ops"),
    "stack remove-component": ("zprof stack remove-component prod -al",),
    "stack delete": ("zprof stack delete dev", "zprof stack delete dev --with-components --yes"),
    "stack copy": ("zprof stack copy prod trial", "zprof stack copy prod --to laptop"),
    "stack export": ("zprof stack export prod", "zprof stack export prod copy.yaml"),
    "stack import": (
        "zprof stack import prod.yaml --name trial",
        "zprof stack export prod | zprof stack import - --name trial",
    ),
    "stack validate": ("zprof stack validate", "zprof stack validate --all"),
    "stack explain": ("zprof stack explain",),
    "TYPE": ("zprof {type} flavor list", "zprof {type} list"),
    "TYPE register": ("zprof {type} register {name} --flavor {flavor} {required}",),
    "TYPE list": ("zprof {type} list", "zprof {type} list --flavor {flavor}"),
    "TYPE describe": ("zprof {type} describe", "zprof {type} describe {name} -o yaml"),
    "TYPE get": ("zprof {type} get",),
    "TYPE update": ("zprof {type} update {name} --{key}={value}",),
    "TYPE remove-attribute": ("zprof {type} remove-attribute {name} {key}",),
    "TYPE rename": ("zprof {type} rename {name} main",),
    "TYPE copy": ("zprof {type} copy {name} spare", "zprof {type} copy {name} --to laptop"),
    "TYPE delete": ("zprof {type} delete old", "zprof {type} delete old --yes"),
    "TYPE explain": ("zprof {type} explain",),
    "TYPE flavor": ("zprof {type} flavor list", "zprof {type} flavor describe {flavor}"),
    "TYPE flavor register": ("zprof {type} flavor register mine --schema mine.json",),
    "TYPE flavor list": ("zprof {type} flavor list",),
    "TYPE flavor describe": ("zprof {type} flavor describe {flavor}",),
    "TYPE flavor delete": ("zprof {type} flavor delete old",),
    "init": ("zprof init", "zprof init --profile laptop"),
    "use": ("zprof use laptop", "zprof use staging/prod"),
    "shell": ("zprof shell laptop", "zprof shell staging/prod"),
    "shell-init": (
        """echo 'eval "$(zprof shell-init bash)"' >> ~/.bashrc""",
        """echo 'eval "$(command zprof shell-init zsh)"' >> ~/.zshrc""",
    ),
    "completion": (
        """echo 'eval "$(zprof completion bash)"' >> ~/.bashrc""",
        """echo 'eval "$(command zprof completion zsh)"' >> ~/.zshrc""",
    ),
    "prompt": ("zprof prompt", "zprof prompt --format '{profile}{protected}'"),
    "status": ("zprof status", "zprof status -p laptop"),
    "run": ("zprof run -- python3 train.py", "zprof run -p laptop -- sh -c 'echo $ZPROF_ORCHESTRATOR_FLAVOR'"),
    "env": ('eval "$(zprof env)"', "zprof env -o dotenv > stack.env"),
    "secret": ("zprof secret set slack.token", "zprof secret list"),
    "secret set": ("zprof secret set slack.token", "zprof secret set slack.token @token.txt"),
    "secret get": ("zprof secret get slack.token",),
    "secret list": ("zprof secret list", "zprof secret list --manager keys"),
    "secret rm": ("zprof secret rm slack.token",),
    "allow": ("zprof allow alerter ops", "zprof allow --list"),
    "undo": ("zprof undo --dry-run", "zprof undo"),
    "redo": ("zprof redo --dry-run", "zprof redo"),
    "export": ("zprof export copy.yaml", "zprof export copy/"),
    "diff": ("zprof diff staging laptop", "zprof diff staging@-3"),
    "apply": ("zprof apply -f staging.yaml --dry-run", "zprof apply -f staging.yaml --create preview"),
    "edit": ("zprof edit stack prod", "zprof edit alerter ops"),
    "log": ("zprof log", "zprof log show"),
    "log list": ("zprof log list --limit 5", "zprof log list --entity stack/prod --since 7d"),
    "log show": ("zprof log show", "zprof log show -o json"),
    "log prune": ("zprof log prune --older-than 90d --dry-run", "zprof log prune --keep 10"),
    "db": ("zprof db backup", "zprof db check"),
    "db status": ("zprof db status --all",),
    "db upgrade": ("zprof db upgrade --all --dry-run",),
    "db backup": ("zprof db backup", "zprof db backup copy.db"),
    "db restore": ("zprof db restore staging.db",),
    "db check": ("zprof db check", "zprof db check --all"),
    "doctor": ("zprof doctor", "zprof doctor --fix"),
    "schema": ("zprof schema Stack", "zprof schema -o name"),
    "import-zenml": ("zprof import-zenml --prefix zenml- --dry-run", "zprof import-zenml --prefix zenml-"),
}
"""By the command, with TYPE for any of the twelve types; "" is `zprof` itself."""


def examples_of(context: click.Context) -> list[str]:
    """The lines to type that show a command."""
    command = place(context)
    lines = EXAMPLES.get(command, ())
    if not command.startswith("TYPE"):
        return list(lines)
    type_command = context.command_path.split()[1]
    return [line.format(type=type_command, **SAMPLES[type_command]._asdict()).rstrip() for line in lines]
