"""The errors that reads and changes have in common, in the words that say what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zprof.component_types import component_type
from zprof.errors import InUse, NotFound


def no_profile(name: str, among: Iterable[str]) -> NotFound:
    """A profile that is not there."""
    return NotFound("profile", name, among=among, hint="See `zprof profile list`.")


def no_stack(name: str, among: Iterable[str]) -> NotFound:
    """A stack that is not there."""
    return NotFound("stack", name, among=among, hint="See `zprof stack list`.")


def no_component(type_name: str, name: str, among: Iterable[str]) -> NotFound:
    """A component that is not there."""
    definition = component_type(type_name)
    return NotFound(definition.noun, name, among=among, hint=f"See `zprof {definition.command} list`.")


def no_flavor(type_name: str, name: str, among: Iterable[str]) -> NotFound:
    """A flavor that neither the catalog nor the store has."""
    definition = component_type(type_name)
    hint = f"See `zprof {definition.command} flavor list`."
    return NotFound(f"{definition.noun} flavor", name, among=among, hint=hint)


def component_in_use(type_name: str, name: str, stacks: Sequence[str]) -> InUse:
    """A component that stacks are made of."""
    definition = component_type(type_name)
    mend = "update" if definition.is_mandatory else "remove-component"
    hint = f"Take it out first, with `zprof stack {mend}` or `zprof stack delete`."
    return InUse(definition.noun, name, stacks, hint)
