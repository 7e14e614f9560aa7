"""The values of a stack's components with their references resolved, as far as this user allows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.component_types import BY_NAME
from zprof.errors import NotAllowed, Unresolved
from zprof.printable import in_shell
from zprof.records import Config
from zprof.reference_grammar import ESCAPE, STORED, MalformedReference, Reference, reference, unescaped
from zprof.references import sources
from zprof.references.allowances import Allowances, allowances
from zprof.references.fingerprints import fingerprint
from zprof.references.managers import SecretsManager
from zprof.references.origin import origin_of
from zprof.references.sources import Unresolvable

if TYPE_CHECKING:
    from zprof.profiles.profile import Profile
    from zprof.records import Component, Stack

NAMING = ("authentication_secret", "secret")
"""The attributes that name a stored secret, unless their flavor marks them as a secret themselves."""


class Resolved(NamedTuple):
    """The attributes of a component as programs are to have them."""

    values: Mapping[str, Any]
    """All of them, references resolved and escapes taken away. Its repr shows no secrets."""
    secret: frozenset[str]
    """Those whose value, or a part of it, came from a reference."""


class Problem(NamedTuple):
    """A reference that is not resolved, and what to do about it."""

    sentence: str
    cure: str


class Found(NamedTuple):
    """A reference in a component."""

    attribute: str
    """With the way to it, where it is within an object or a list: `client_kwargs.headers.0`."""
    reference: Reference


class Resolver:
    """What resolves the references of one stack.

    A store that others can write is not trusted with what is this user's: what its components refer to must be allowed
    in `config.toml`, by a general word there or by `zprof allow`, which holds for a component until it changes.

    Args:
        profile: whose store the stack is of.
        config_dir: the config directory.
    """

    def __init__(self, profile: Profile, stack: Stack, config_dir: str) -> None:
        self.stack = stack
        self._config_dir = config_dir
        self.origin = origin_of(profile.url, config_dir)

    @property
    def is_shared(self) -> bool:
        """Whether others can write the store, so that references in it must be allowed."""
        return bool(self.origin.doubt)

    @cached_property
    def _allowed(self) -> Allowances:
        return allowances(self._config_dir)

    @cached_property
    def manager(self) -> SecretsManager | None:
        """The stack's secrets manager."""
        found = self.stack.get("secrets_manager")
        return None if found is None else SecretsManager(found, self.origin, self._config_dir)

    def resolved(self, component: Component) -> Resolved:
        """The attributes of a component of the stack with all references resolved, also within objects and lists.

        Nothing is resolved before it is known that all of them are allowed, and what a reference stands for is never
        looked at again.

        Raises:
            NotAllowed: the store is shared, and a reference in it is not allowed.
            Unresolved: references that can't be understood or resolved; all of the component are named.
        """
        self._check_allowed(component)
        problems: list[Problem] = []
        secret: set[str] = set()
        values = {}
        for attribute, value in component.config.items():
            resolved = self._value(component, attribute, value, problems)
            values[attribute] = resolved.value
            if resolved.is_secret:
                secret.add(attribute)
        if problems:
            raise Unresolved([each.sentence for each in problems], [each.cure for each in problems])
        hidden = secret.union(component.guarded_config().hiding())
        return Resolved(Config(values, frozenset(hidden)), frozenset(secret))

    def all_resolved(self) -> dict[str, Resolved]:
        """The attributes of all components of the stack, by type.

        Raises:
            NotAllowed, Unresolved: as for `resolved`; all references of the stack are named.
        """
        found: dict[str, Resolved] = {}
        refused: list[NotAllowed] = []
        failed: list[Unresolved] = []
        for type_name, component in self.stack.components.items():
            try:
                found[type_name] = self.resolved(component)
            except NotAllowed as error:
                refused.append(error)
            except Unresolved as error:
                failed.append(error)
        if refused:
            raise NotAllowed.of_all(refused)
        if failed:
            raise Unresolved.of_all(failed)
        return found

    def stored(self, component: Component, attribute: str) -> Mapping[str, str]:
        """The fields of the stored secret that an attribute names, as `authentication_secret` does.

        Raises:
            NotAllowed: the store is shared, and the component is not approved.
            Unresolved: the secrets manager has no such secret, or the attribute names none.
        """
        if self.is_shared and not self.is_approved(component, needs_manager=True):
            raise self._not_allowed(component, [f"{attribute} names a stored secret"])
        problems: list[Problem] = []
        name = self._value(component, attribute, component.config.get(attribute), problems).value
        fields: Mapping[str, str] = {}
        if not problems:
            try:
                fields = self._manager().fields(str(name or ""))
            except Unresolvable as error:
                problems.append(
                    Problem(f"{_of(attribute, component)} names a stored secret, but {error.why}.", error.cure)
                )
        if problems:
            raise Unresolved([each.sentence for each in problems], [each.cure for each in problems])
        return fields

    def is_approved(self, component: Component, *, needs_manager: bool = False) -> bool:
        """Whether `zprof allow` approved of a component as it is now.

        Args:
            needs_manager: whether of the stack's secrets manager, as it is now, with it.
        """
        contents = self.fingerprint(component)
        manager = self.manager_fingerprint()
        return any(
            approval.contents == contents and (not needs_manager or (manager and approval.secrets_manager == manager))
            for approval in self._allowed.approvals
        )

    def is_allowed_variable(self, name: str) -> bool:
        """Whether this user lets flavors of stores that others can write set a variable for programs."""
        return name in self._allowed.variables

    def fingerprint(self, component: Component) -> str:
        """What an approval of a component is of."""
        return fingerprint(self.origin.place, self.stack, component)

    def manager_fingerprint(self) -> str:
        """What an approval of the stack's secrets manager is of; empty where there is none."""
        found = self.stack.get("secrets_manager")
        return "" if found is None else self.fingerprint(found)

    def unallowed(self, component: Component) -> list[str]:
        """What a component uses of this user's and may not, each as a part of a sentence: `key is ${env:KEY}`."""
        if not self.is_shared:
            return []
        stored = [] if self.is_approved(component, needs_manager=True) else list(_naming(component, self.stack))
        return [*(f"{found.attribute} is {found.reference}" for found in self._unallowed(component)), *stored]

    def _check_allowed(self, component: Component) -> None:
        found = self._unallowed(component) if self.is_shared else []
        if found:
            raise self._not_allowed(component, [f"{each.attribute} is {each.reference}" for each in found])

    def _not_allowed(self, component: Component, uses: list[str]) -> NotAllowed:
        of_type = BY_NAME[component.type]
        return NotAllowed(
            [f"{use} in the {of_type.noun} '{component.name}'" for use in uses],
            [f"zprof allow {of_type.command} {in_shell(component.name)}"],
            self.origin.doubt,
        )

    def _unallowed(self, component: Component) -> list[Found]:
        return [found for found in references_of(component) if not self._is_allowed(component, found.reference)]

    def _is_allowed(self, component: Component, found: Reference) -> bool:
        return self._is_allowed_in_general(found) or self.is_approved(component, needs_manager=found.kind == STORED)

    def _is_allowed_in_general(self, found: Reference) -> bool:
        match found.kind:
            case "env":
                return found.name in self._allowed.env
            case "file":
                return bool(self._allowed.files) and sources.is_in(found.name, self._allowed.files)
            case "keyring":
                return found.name in self._allowed.keyring
        return False

    def _value(self, component: Component, attribute: str, value: Any, problems: list[Problem]) -> _Value:
        """A value with the references in it resolved; what can't be is told in `problems`."""
        if isinstance(value, dict):
            parts = {k: self._value(component, f"{attribute}.{k}", v, problems) for k, v in value.items()}
            return _Value({k: part.value for k, part in parts.items()}, any(part.is_secret for part in parts.values()))
        if isinstance(value, list):
            items = [self._value(component, f"{attribute}.{n}", v, problems) for n, v in enumerate(value)]
            return _Value([part.value for part in items], any(part.is_secret for part in items))
        if not isinstance(value, str):
            return _Value(value)
        try:
            found = reference(value)
            return _Value(unescaped(value)) if found is None else _Value(self._looked_up(component, found), True)
        except MalformedReference as error:
            problems.append(Problem(f"{_of(attribute, component)} {error}.", ESCAPE))
        except Unresolvable as error:
            problems.append(Problem(f"{_of(attribute, component)} is {found}, but {error.why}.", error.cure))
        return _Value(None)

    def _looked_up(self, component: Component, found: Reference) -> str:
        """What a reference stands for, which is allowed."""
        match found.kind:
            case "env":
                return sources.variable_value(found.name)
            case "file":
                is_bound = self.is_shared and not self.is_approved(component)
                return sources.file_content(found.name, self._allowed.files if is_bound else None)
            case "keyring":
                return sources.password(found.name)
        return self._manager().value(found.name, found.key)

    def _manager(self) -> SecretsManager:
        if self.manager is None:
            raise Unresolvable(
                f"the stack '{self.stack.name}' has no secrets manager",
                f"Give it one: `zprof stack update {in_shell(self.stack.name)} -x NAME`.",
            )
        return self.manager


class _Value(NamedTuple):
    value: Any
    is_secret: bool = False


def references_of(component: Component) -> Iterator[Found]:
    """All references in a component's attributes. What only looks like one is left to who resolves it."""
    to_visit: list[tuple[str, Any]] = [*reversed([*component.config.items()])]
    while to_visit:
        attribute, value = to_visit.pop()
        if isinstance(value, dict):
            to_visit += reversed([(f"{attribute}.{key}", inner) for key, inner in value.items()])
        elif isinstance(value, list):
            to_visit += reversed([(f"{attribute}.{number}", inner) for number, inner in enumerate(value)])
        elif isinstance(value, str):
            try:
                found = reference(value)
            except MalformedReference:
                continue
            if found is not None:
                yield Found(attribute, found)


def _naming(component: Component, stack: Stack) -> Iterator[str]:
    """The attributes of a component that name a stored secret in plain text."""
    from zprof.flavors.catalog import builtin_flavors, secret_attributes

    flavor = builtin_flavors(component.type).get(component.flavor) or stack.flavors.get(
        (component.type, component.flavor)
    )
    secret = frozenset() if flavor is None else secret_attributes(flavor)
    for attribute in NAMING:
        value = component.config.get(attribute)
        if isinstance(value, str) and value and attribute not in secret:
            yield f"{attribute} names the stored secret '{value}'"


def _of(attribute: str, component: Component) -> str:
    return f"{attribute} of the {BY_NAME[component.type].noun} '{component.name}'"
