"""Where the values of a stack's components come from: with what they refer to, or without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.environment.claims import Given, SecretWithheld
from zprof.records import Component, Stack
from zprof.reference_grammar import any_text, looks_like_reference, unescaped

if TYPE_CHECKING:
    from zprof.references.resolving import Resolver


class AsStored(NamedTuple):
    """The attributes of a component, none of which was looked up."""

    values: Mapping[str, Any]
    secret: frozenset[str] = frozenset()


class ResolvedValues:
    """The values of a stack, with what they refer to.

    Args:
        resolver: makes what resolves them; asked only where there is something to resolve or to decide.
    """

    def __init__(self, stack: Stack, resolver: Callable[[], Resolver]) -> None:
        self._stack = stack
        self._make = resolver

    @cached_property
    def _resolver(self) -> Resolver:
        return self._make()

    @property
    def is_shared(self) -> bool:
        """Whether others can write the store."""
        return self._resolver.is_shared

    def is_approved(self, component: Component) -> bool:
        """Whether the user has allowed the component of a shared store, as it is."""
        return self._resolver.is_approved(component)

    def is_allowed_variable(self, name: str) -> bool:
        """Whether the user allows the flavors of shared stores a variable."""
        return self._resolver.is_allowed_variable(name)

    def all_resolved(self) -> Mapping[str, Given]:
        """The attributes of all components, by type.

        Raises:
            NotAllowed, Unresolved: as for `zprof.references.resolving.Resolver.all_resolved`.
        """
        components = self._stack.components
        if any(any_text(member.config, is_special) for member in components.values()):
            return self._resolver.all_resolved()
        return {type_name: AsStored(member.config) for type_name, member in components.items()}

    def stored(self, component: Component, attribute: str) -> Mapping[str, str]:
        """The fields of the stored secret that an attribute names.

        Raises:
            NotAllowed, Unresolved: as for `zprof.references.resolving.Resolver.stored`.
        """
        return self._resolver.stored(component, attribute)


class WithheldValues(ResolvedValues):
    """The values of a stack without what they refer to, for who wants to see no secret."""

    def all_resolved(self) -> Mapping[str, Given]:
        """The attributes of all components, by type; those with a reference in them are secret."""
        return {
            type_name: AsStored(
                {name: without_escapes(value) for name, value in member.config.items()},
                frozenset(name for name, value in member.config.items() if any_text(value, looks_like_reference)),
            )
            for type_name, member in self._stack.components.items()
        }

    def stored(self, component: Component, attribute: str) -> Mapping[str, str]:
        """Nothing.

        Raises:
            SecretWithheld: always.
        """
        raise SecretWithheld


def is_special(text: str) -> bool:
    """Whether a text does not mean itself: a reference, what looks like one, an escape."""
    return text.startswith(("${", "$$", "{{"))


def without_escapes(value: Any) -> Any:
    """A value with the texts in it as they are meant, references as they are."""
    if isinstance(value, dict):
        return {key: without_escapes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(without_escapes, value))
    return unescaped(value) if isinstance(value, str) and not looks_like_reference(value) else value
