"""What a profile holds as documents: as one, or as one for each thing, in a directory that goes into git."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zprof.component_types import component_type
from zprof.contents.record import Contents
from zprof.documents.shape import document
from zprof.errors import InvalidName
from zprof.names import is_name
from zprof.records import Component

KIND = "ProfileContents"


def contents_document(contents: Contents, *, show_secrets: bool = False) -> dict[str, Any]:
    """All of a profile as a document, sorted: a component as a part of a stack is its name alone.

    Args:
        show_secrets: whether secrets are in it, rather than `zprof.documents.shape.KEPT`.
    """
    return document(
        KIND,
        {
            "flavors": [flavor.part() for _, flavor in sorted(contents.flavors.items())],
            "components": [
                component_fields(component, show_secrets=show_secrets)
                for _, component in sorted(contents.components.items(), key=_by_key)
            ],
            "stacks": stack_parts(contents),
            "ties": tie_parts(contents),
        },
    )


def documents_by_path(contents: Contents, *, show_secrets: bool = False) -> dict[str, dict[str, Any]]:
    """All of a profile as a document for each thing, by the path of a file, in the order of paths.

    Raises:
        InvalidName, NotFound: a thing has a name or a type that is none, and that could lead anywhere. Only a hand that
            edits the store brings that about.
    """
    found = dict(_documents_of_things(contents, show_secrets=show_secrets))
    if contents.ties or contents.stacks:  # who says nothing of ties leaves it to the stacks
        found["ties.yaml"] = document(KIND, {"ties": tie_parts(contents)})
    return dict(sorted(found.items()))


def _documents_of_things(contents: Contents, *, show_secrets: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    for (type_name, name), flavor in contents.flavors.items():
        yield f"flavors/{checked_path(type_name, name)}", document("Flavor", flavor.part())
    for (type_name, name), component in contents.components.items():
        fields = component_fields(component, show_secrets=show_secrets)
        yield f"components/{checked_path(type_name, name)}", document("Component", fields)
    for stack in stack_parts(contents):
        yield f"stacks/{checked_file('stack', stack['name'])}", document(KIND, {"stacks": [stack]})


def checked_path(type_name: str, name: str) -> str:
    """The path of a thing of a type, of names that can't lead elsewhere."""
    definition = component_type(type_name)
    return f"{definition.name}/{checked_file(definition.noun, name)}"


def checked_file(kind: str, name: str) -> str:
    """The name of a thing's file."""
    if not is_name(name):
        raise InvalidName(kind, name)
    return f"{name}.yaml"


def component_fields(component: Component, *, show_secrets: bool) -> dict[str, Any]:
    """A component without what only tells."""
    return {"type": component.type, **component.part(show_secrets=show_secrets)}


def stack_parts(contents: Contents) -> list[dict[str, Any]]:
    """The stacks by name, each with the names of its components by type."""
    return [
        {"name": name, "components": dict(sorted(parts.items()))} for name, parts in sorted(contents.stacks.items())
    ]


def tie_parts(contents: Contents) -> list[dict[str, str]]:
    """The ties, by the names of their stores."""
    return [
        {"artifact_store": artifact_store, "metadata_store": metadata_store}
        for artifact_store, metadata_store in sorted(contents.ties)
    ]


def _by_key(item: tuple[Any, Component]) -> Any:
    return item[0]
