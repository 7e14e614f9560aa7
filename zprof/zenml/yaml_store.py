"""Stores of the kind `local`: a directory of YAML files."""

from __future__ import annotations

import os
from typing import Any

from zprof.component_types import COMPONENT_TYPES, component_type
from zprof.errors import ZprofError
from zprof.flavors.refusal import quoted
from zprof.zenml.files import damaged, inside, mapping, mappings, optional_text, text, yaml_of
from zprof.zenml.stored import (
    Remainder,
    StoredComponent,
    StoredFlavor,
    StoredStore,
    check_stack,
    checked_type,
    plain_uuid,
)

INDEX = "stacks.yaml"
RUNS = "pipeline_runs.yaml"
DIRECTORIES = {definition.name: definition.plural.replace(" ", "_") for definition in COMPONENT_TYPES}
PEOPLE = (("user", "users"), ("team", "teams"), ("role", "roles"), ("ZenML project", "projects"))


def read(directory: str) -> StoredStore:
    """The store in a directory.

    Raises:
        DamagedFile: a file is missing, half-written or no YAML, or the files don't fit together.
    """
    path = os.path.join(directory, INDEX)
    index = yaml_of(path)
    # Keys are written in alphabetical order: half a file has the first ones.
    if "stacks" not in index or ("projects" in index and "users" not in index):
        raise damaged(path, "is incomplete")
    components = tuple(_components(directory, path, mapping(path, index.get("stack_components"), "stack_components")))
    keys = {type_name: {each.key for each in components if each.type == type_name} for type_name in DIRECTORIES}
    stacks = {}
    for name, members in mapping(path, index["stacks"], "stacks").items():
        stacks[name] = {
            checked_type(path, type_name): text(path, member, "a stack's component")
            for type_name, member in mapping(path, members, "each of stacks").items()
        }
        check_stack(path, name, stacks[name], keys)
    return StoredStore(
        components,
        stacks,
        tuple(_associations(path, index)),
        tuple(_flavors(path, index)),
        tuple(_remainders(directory, path, index)),
    )


def _components(directory: str, path: str, by_type: dict[str, Any]) -> list[StoredComponent]:
    components = []
    for type_name, flavors in by_type.items():
        for name, flavor in mapping(path, flavors, "each of stack_components").items():
            checked_type(path, type_name)
            text(path, flavor, "a component's flavor")
            file = inside(os.path.join(directory, DIRECTORIES[type_name]), f"{name}.yaml")
            if file is None:
                thing = component_type(type_name).with_article
                raise damaged(
                    path,
                    f"has {thing} {quoted(name)}, whose name leads outside the store's directory",
                    "Nothing was imported. Register it under a plain name with ZenML, or remove it.",
                )
            attributes = yaml_of(file)
            uuid = optional_text(file, attributes.get("uuid"), "uuid")
            if uuid is None:
                raise damaged(file, "is incomplete: it has no uuid")
            components.append(StoredComponent(type_name, name, name, flavor, attributes, plain_uuid(uuid)))
    return components


def _associations(path: str, index: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            plain_uuid(text(path, pair.get("artifact_store_uuid"), "artifact_store_uuid")),
            plain_uuid(text(path, pair.get("metadata_store_uuid"), "metadata_store_uuid")),
        )
        for pair in mappings(path, index.get("store_associations", []), "store_associations")
    ]


def _flavors(path: str, index: dict[str, Any]) -> list[StoredFlavor]:
    return [
        StoredFlavor(
            checked_type(path, text(path, flavor.get("type"), "a flavor's type")),
            text(path, flavor.get("name"), "a flavor's name"),
            text(path, flavor.get("source"), "a flavor's source"),
        )
        for flavor in mappings(path, index.get("stack_component_flavors", []), "stack_component_flavors")
        if not optional_text(path, flavor.get("integration"), "a flavor's integration")
    ]


def _remainders(directory: str, path: str, index: dict[str, Any]) -> list[Remainder]:
    remainders = []
    for noun, key in PEOPLE:
        names = [text(path, each.get("name"), f"a name in {key}") for each in mappings(path, index.get(key, []), key)]
        remainders.append(Remainder(noun, tuple(name for name in names if (noun, name) != ("user", "default"))))
    assignments = mappings(path, index.get("role_assignments", []), "role_assignments")
    return [*remainders, Remainder("role assignment", number=len(assignments)), _runs(directory, index)]


def _runs(directory: str, index: dict[str, Any]) -> Remainder:
    """The pipeline runs, counted if they can be: since they are left out, their file may be as large as it likes."""
    path = os.path.join(directory, RUNS)
    by_pipeline = index.get("pipeline_runs", {})
    if os.path.lexists(path):
        try:
            by_pipeline = mapping(path, yaml_of(path).get("pipeline_runs"), "pipeline_runs")
        except ZprofError:
            return Remainder("pipeline run", number=None)
    if not isinstance(by_pipeline, dict) or not all(isinstance(runs, list) for runs in by_pipeline.values()):
        return Remainder("pipeline run", number=None)
    return Remainder("pipeline run", number=sum(map(len, by_pipeline.values())))
