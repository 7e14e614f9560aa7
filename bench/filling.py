"""Fills the store of the active profile through the library: `filling.py COMPONENTS STACKS`.

Prints the CPU seconds that adding the components took, all of them in one change.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import zprof

ROOM = 10_000
"""Things in one change, so that memory stays small."""
FILLING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("orchestrator", "local_docker", {"docker_parent_image": "python:3.11"}),
    ("artifact_store", "s3", {"path": "s3://bucket/{n}"}),
    ("metadata_store", "mysql", {"host": "db.example.org", "database": "ml_{n}"}),
    ("container_registry", "gcp", {"uri": "gcr.io/project-{n}"}),
    ("secrets_manager", "aws", {"region_name": "eu-central-1"}),
    ("experiment_tracker", "mlflow", {}),
    ("data_validator", "evidently", {}),
    ("feature_store", "feast", {"feast_repo": "/srv/feast/{n}"}),
)
"""Type, flavor and config of what a store is filled with; no annotators, which `commands.ROUND` counts on."""

Described = tuple[str, str, str, dict[str, Any]]
"""A component as `register_component` takes it: type, name, flavor, config."""


def component(number: int) -> Described:
    """The component of a number; those of one group of eight have the same name."""
    type_name, flavor, config = FILLING[number % len(FILLING)]
    group = number // len(FILLING)
    return type_name, f"filling-{group}", flavor, {key: value.format(n=group) for key, value in config.items()}


def add_components(store: zprof.Store, described: list[Described]) -> None:
    """Add components in one change."""
    with store.change() as change:
        change.register_components(zprof.Component(*each) for each in described)


def add_stacks(store: zprof.Store, described: dict[str, dict[str, str]]) -> None:
    """Add stacks in one change, from name to components."""
    with store.change() as change:
        change.register_stacks(described)


def main() -> None:
    """Fill."""
    components, stacks = map(int, sys.argv[1:])
    store = zprof.open_profile()
    taken = 0.0
    for begin in range(0, components, ROOM):
        described = [component(number) for number in range(begin, min(begin + ROOM, components))]
        begun = time.process_time()
        add_components(store, described)
        taken += time.process_time() - begun
    trio = [type_name for type_name, _, _ in FILLING[:3]]
    for begin in range(0, stacks, ROOM):
        numbers = range(begin, min(begin + ROOM, stacks))
        add_stacks(store, {f"filling-{number}": dict.fromkeys(trio, f"filling-{number}") for number in numbers})
    print(taken)


if __name__ == "__main__":
    main()
