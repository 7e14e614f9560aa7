"""The errors that reads and changes have in common, in the words that say what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zprof.component_types import component_type
from zprof.errors import InUse, InvalidInput, NotFound, NothingActive, Refused
from zprof.printable import in_shell


def no_profile(name: str, among: Iterable[str], *, is_kept: bool) -> NotFound:
    """A profile that is not there.

    Args:
        is_kept: whether it was deleted, and its store is kept.
    """
    restoring = f"It was deleted. To restore it, run `zprof profile restore {in_shell(name)}`."
    hint = restoring if is_kept else "See `zprof profile list`."
    in_python = "" if is_kept else "`zprof.open_registry().profiles()` lists them."
    return NotFound("profile", name, among=among, hint=hint, in_python=in_python)


def profile_is_protected(name: str) -> Refused:
    """A profile that is not to be deleted, or not changed, by mistake."""
    return Refused(
        f"The profile '{name}' is protected.", f"Unprotect it first: `zprof profile unprotect {in_shell(name)}`."
    )


def no_stack(name: str, among: Iterable[str]) -> NotFound:
    """A stack that is not there."""
    in_python = "`store.stack_names()` lists them."
    return NotFound("stack", name, among=among, hint="See `zprof stack list`.", in_python=in_python)


def no_component(type_name: str, name: str, among: Iterable[str]) -> NotFound:
    """A component that is not there."""
    definition = component_type(type_name)
    in_python = f"`store.components({type_name!r})` lists them."
    return NotFound(
        definition.noun, name, among=among, hint=f"See `zprof {definition.command} list`.", in_python=in_python
    )


def not_in_stack(type_name: str, stack: str) -> NothingActive:
    """A type of component that a stack has none of."""
    definition = component_type(type_name)
    hint = f"Give it one: `zprof stack update {in_shell(stack)} {definition.option} NAME`."
    return NothingActive(f"The stack '{stack}' has no {definition.noun}.", hint)


def no_attribute(type_name: str, name: str, attribute: str, among: Iterable[str]) -> NotFound:
    """An attribute that neither a component nor its flavor has."""
    definition = component_type(type_name)
    where = f"in the {definition.noun} '{name}'"
    hint = f"See `zprof {definition.command} describe {in_shell(name)}`."
    in_python = f"`store.component({type_name!r}, {name!r}).config` has the ones that are set."
    return NotFound("attribute", attribute, where=where, among=among, hint=hint, in_python=in_python)


def attribute_not_set(type_name: str, name: str, attribute: str) -> NotFound:
    """An attribute that a component's flavor has, and the component has not set."""
    definition = component_type(type_name)
    error = NotFound("attribute", attribute, hint=f"See `zprof {definition.command} describe {in_shell(name)}`.")
    error.message = f"The attribute '{attribute}' of the {definition.noun} '{name}' is not set."
    return error


def no_flavor(
    type_name: str, name: str, among: Iterable[str], *, is_custom: bool = False, of_types: Sequence[str] = ()
) -> NotFound:
    """A flavor that neither the catalog nor the store has; or not the store, where a custom one is meant.

    Args:
        of_types: the types that have a flavor of this name.
    """
    definition = component_type(type_name)
    hint = f"See `zprof {definition.command} flavor list`."
    if of_types:
        nouns = [component_type(each).with_article for each in of_types]
        hint = f"It is a flavor of {listed(nouns, 'and')}. {hint}"
    kind = f"{'custom ' if is_custom else ''}{definition.noun} flavor"
    in_python = f"`store.flavors({type_name!r})` lists them."
    return NotFound(kind, name, among=among, hint=hint, in_python=in_python)


def listed(words: Sequence[str], before_the_last: str) -> str:
    """`a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} {before_the_last} {last}" if others else last


def flavor_in_use(type_name: str, name: str, components: Sequence[str]) -> InUse:
    """A flavor that components have."""
    definition = component_type(type_name)
    hint = f"Delete it first: `zprof {definition.command} delete {in_shell(components[0])}`."
    if len(components) > 1:
        hint = f"Delete each of them first: `zprof {definition.command} delete NAME`."
    return InUse(f"{definition.noun} flavor", name, f"{definition.noun}", components, hint)


def component_in_use(type_name: str, name: str, stacks: Sequence[str]) -> InUse:
    """A component that stacks are made of."""
    definition = component_type(type_name)
    short = definition.option
    removing = f"Remove it from the stack first: `zprof stack remove-component {in_shell(stacks[0])} {short}`"
    if definition.is_mandatory:
        removing = f"Replace it first: `zprof stack update {in_shell(stacks[0])} {short} NAME`"
    hint = f"{removing}, or `zprof stack delete {in_shell(stacks[0])}`."
    return InUse(definition.noun, name, "stack", stacks, hint)


def not_text() -> InvalidInput:
    """The error of a name in bytes that are no text."""
    return InvalidInput("A name has bytes that are not UTF-8 text.", "All names in a store are UTF-8 text.")
