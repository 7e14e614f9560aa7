"""A stack in a file of its own, as `zenml stack export` wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zprof.component_types import BY_NAME, MANDATORY, component_type
from zprof.errors import InvalidInput
from zprof.flavors.refusal import quoted
from zprof.records import Bundle, Component
from zprof.zenml.adaptation import adapted_names, becomes
from zprof.zenml.carrying import config_of, unknown_attributes
from zprof.zenml.records import ForeignComponent, ForeignStack
from zprof.zenml.version import checked_version

HINT = "A stack exported by ZenML has 'stack_name', 'zenml_version' and 'components', each with a name and a flavor."


def exported_stack(document: Mapping[str, Any]) -> ForeignStack:
    """The stack that a document of ZenML describes. Whether its flavors are there is for the store to say.

    Args:
        document: what `documents.parsed` gives for the file.

    Raises:
        InvalidInput: it is no such document, or the stack is not whole.
    """
    version = checked_version("The exported stack", document.get("zenml_version"))
    name = document.get("stack_name")
    described = document.get("components")
    if not isinstance(name, str) or not isinstance(described, dict):
        raise InvalidInput("The document has no stack name or no components.", HINT)
    adapted_name, adapted = _adapted("stack", name)
    components: list[ForeignComponent] = []
    left_out: list[str] = []
    for type_name, attributes in sorted(described.items()):
        component, renamed, unknown = _component(type_name, attributes)
        components.append(component)
        adapted += renamed
        left_out += unknown_attributes(component, unknown)
    missing = [type_name for type_name in MANDATORY if type_name not in described]
    if missing:
        raise InvalidInput(
            f"The stack {quoted(name)} has no {component_type(missing[0]).noun}.", "Export the whole stack again."
        )
    return ForeignStack(adapted_name, version, tuple(components), tuple(adapted), tuple(left_out))


def exported_bundle(document: Mapping[str, Any], source: str) -> tuple[Bundle, tuple[str, ...]]:
    """The same as what stacks travel in; the custom flavors that it has must be where it goes to.

    Args:
        source: what to call the document in errors.

    Returns:
        The stack, and a sentence for each name that had to change and each thing that stays behind.

    Raises:
        InvalidInput: as for `exported_stack`.
    """
    try:
        stack = exported_stack(document)
    except InvalidInput as error:
        raise InvalidInput(f"{source}: {error.message}", error.hint) from None
    components = {each.type: Component(*each) for each in stack.components}
    return Bundle(stack.name, components, {}), (*stack.adapted, *stack.left_out)


def _component(type_name: str, attributes: object) -> tuple[ForeignComponent, list[str], tuple[str, ...]]:
    """A component, sentences on names that had to change, and the attributes that its flavor doesn't know."""
    if type_name not in BY_NAME:
        raise InvalidInput(f"There is no component type {quoted(type_name)}.", HINT)
    noun = component_type(type_name).noun
    if not isinstance(attributes, dict):
        raise InvalidInput(f"The {noun} must be a mapping.", HINT)
    name, flavor = attributes.get("name"), attributes.get("flavor")
    if not isinstance(name, str) or not isinstance(flavor, str):
        raise InvalidInput(f"The {noun} has no name or no flavor.", HINT)
    others = {key: value for key, value in attributes.items() if key != "flavor"}
    config, unknown = config_of(type_name, flavor, others)
    adapted_name, renamed = _adapted(noun, name)
    adapted_flavor, also_renamed = _adapted(f"{noun} flavor", flavor)
    return ForeignComponent(type_name, adapted_name, adapted_flavor, config), renamed + also_renamed, unknown


def _adapted(subject: str, name: str) -> tuple[str, list[str]]:
    """A name that zprof takes, and the sentence on it if it is another."""
    adapted = adapted_names({"": name})[""]
    return adapted, [] if adapted == name else [becomes(subject, name, adapted)]
