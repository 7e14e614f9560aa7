"""One profile's stacks and components."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zprof.caller import QUIET, Caller
from zprof.component_types import ALPHABETICAL, component_type
from zprof.errors import Refused
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.generated import statements as sql
from zprof.records import Component, Stack, StackSummary, json_object
from zprof.refusals import component_in_use, flavor_in_use, no_component, no_flavor, no_stack
from zprof.store.database import store_database

if TYPE_CHECKING:
    from zprof.records import Bundle
    from zprof.store.change import StoreChange


class Store:
    """The stacks, components and flavors that a profile's URL leads to.

    Each method is one transaction; `change()` makes many changes one. Nothing is kept open in between, so a store may
    be held for as long as one likes.

    Args:
        protected_as: the profile by whose name changes must be confirmed.
    """

    def __init__(self, url: str, caller: Caller = QUIET, *, protected_as: str | None = None) -> None:
        self.url = url
        self._protected_as = protected_as
        self._database = store_database(url, caller)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    @contextmanager
    def change(self, *, is_trial: bool = False) -> Iterator[StoreChange]:
        """Changes that happen together or not at all.

        Args:
            is_trial: whether all of it is undone at the end: what would happen is seen, and nothing has.

        Raises:
            Refused: the profile is protected.

        Example:
            with store.change() as change:
                change.register_component("orchestrator", "docker", "local_docker", {})
                change.update_stack("prod", {"orchestrator": "docker"})
        """
        from zprof.schema.session import changing
        from zprof.store.change import StoreChange

        if not is_trial:
            self.check_unprotected()
        with changing(self._database, is_trial=is_trial) as session:
            change = StoreChange(session, self._database.caller)
            yield change
        for artifact_store, metadata_store in () if is_trial else change.dropped_ties:
            self._database.caller.say(
                f"Dropped the tie of the artifact store '{artifact_store}' and the metadata store '{metadata_store}'."
            )

    def check_unprotected(self) -> None:
        """Refuse to change what is protected, unless the caller has confirmed it by name.

        Raises:
            Refused: the profile is protected.
        """
        name = self._protected_as
        if name is not None and self._database.caller.confirmed_profile != name:
            raise Refused(
                f"The profile '{name}' is protected.",
                f"Nothing was changed. To change it all the same, add --confirm {name}.",
            )

    def stacks(self) -> list[StackSummary]:
        """All stacks, by name."""
        with self._database.read() as transaction:
            rows = transaction.rows(sql.STACKS)
        return [
            StackSummary(name, {type_: found for type_, found in zip(ALPHABETICAL, found_names, strict=True) if found})
            for name, *found_names in rows
        ]

    def stack_names(self) -> list[str]:
        """The names of all stacks, in order."""
        with self._database.read() as transaction:
            return [name for (name,) in transaction.rows(sql.STACK_NAMES)]

    def stack(self, name: str) -> Stack:
        """A stack with its components.

        Raises:
            NotFound: there is none of this name.
        """
        with self._database.read() as transaction:
            row = transaction.row(sql.STACK, name=name)
            if row is None:
                raise no_stack(name, [other for (other,) in transaction.rows(sql.STACK_NAMES)])
            members = transaction.rows(sql.STACK_COMPONENTS, stack=name)
        _, created_at, updated_at, revision = row
        components = {member.type: member for member in map(component_of, members)}
        return Stack(name, components, created_at, updated_at, revision)

    def bundle(self, name: str) -> Bundle:
        """A stack with all that it takes elsewhere.

        Raises:
            NotFound: there is none of this name.
        """
        from zprof.records import Bundle  # like the stack rules, of no use to what only looks

        stack = self.stack(name)
        custom = {
            (type_name, component.flavor): self.flavor(type_name, component.flavor)
            for type_name, component in stack.components.items()
            if component.flavor not in builtin_flavors(type_name)
        }
        return Bundle(name, stack.components, custom)

    def violations(self, name: str) -> list[str]:
        """What is wrong with a stack: a sentence for each flavor that is gone, and each stack rule that it breaks.

        Raises:
            NotFound: there is none of this name.
        """
        from zprof.flavors.stack_rules import violations

        components = self.stack(name).components
        gone = [
            f"The {component_type(type_name).noun} '{found.name}' has the flavor '{found.flavor}', which is gone."
            for type_name, found in components.items()
            if found.flavor not in builtin_flavors(type_name) and found.flavor not in self.flavors(type_name)
        ]
        return [*gone, *violations(components)]

    def components(self, type_name: str) -> list[Component]:
        """All components of a type, by name.

        Raises:
            NotFound: there is no such type.
        """
        component_type(type_name)
        with self._database.read() as transaction:
            rows = transaction.rows(sql.COMPONENTS, type=type_name)
        return [component_of(row) for row in rows]

    def component(self, type_name: str, name: str) -> Component:
        """A component.

        Raises:
            NotFound: there is none of this type and name, or no such type.
        """
        component_type(type_name)
        with self._database.read() as transaction:
            row = transaction.row(sql.COMPONENT, type=type_name, name=name)
            if row is None:
                others = transaction.rows(sql.COMPONENT_NAMES, type=type_name)
                raise no_component(type_name, name, [other for (other,) in others])
        return component_of(row)

    def component_of_stack(self, type_name: str, stack: str) -> str | None:
        """The name of a stack's component of a type, if it has one.

        Raises:
            NotFound: there is no such stack, or no such type.
        """
        component_type(type_name)
        with self._database.read() as transaction:
            if transaction.row(sql.STACK, name=stack) is None:
                raise no_stack(stack, [other for (other,) in transaction.rows(sql.STACK_NAMES)])
            row = transaction.row(sql.STACK_COMPONENT, stack=stack, type=type_name)
        return row[0] if row else None

    def idle_component(self, type_name: str, name: str) -> Component:
        """A component that no stack uses, so that a person can be asked whether to delete it.

        Raises:
            NotFound: there is no such component.
            InUse: it is part of a stack.
            Refused: the profile is protected.
        """
        self.check_unprotected()
        component = self.component(type_name, name)
        with self._database.read() as transaction:
            used_by = transaction.rows(sql.STACKS_WITH_COMPONENT, type=type_name, name=name)
        if used_by:
            raise component_in_use(type_name, name, [stack for (stack,) in used_by])
        return component

    def check_flavor_is_idle(self, type_name: str, name: str) -> None:
        """Refuse to delete a flavor that components have, before asking whether to.

        Raises:
            NotFound: there is no custom flavor of this name.
            InUse: components have it.
            Refused: the profile is protected.
        """
        self.check_unprotected()
        with self._database.read() as transaction:
            custom = [row[0] for row in transaction.rows(sql.FLAVORS, type=type_name)]
            used_by = transaction.rows(sql.COMPONENTS_WITH_FLAVOR, type=type_name, flavor=name)
        if name not in custom:
            raise no_flavor(type_name, name, custom, is_custom=True)
        if used_by:
            raise flavor_in_use(type_name, name, [component for (component,) in used_by])

    def flavors(self, type_name: str) -> dict[str, Flavor]:
        """The flavors that components of a type can have, by name: the built-in ones, then this store's own."""
        with self._database.read() as transaction:
            rows = transaction.rows(sql.FLAVORS, type=type_name)
        return {**builtin_flavors(type_name), **{row[0]: custom_flavor(type_name, row) for row in rows}}

    def flavor(self, type_name: str, name: str) -> Flavor:
        """A flavor.

        Raises:
            NotFound: neither the catalog nor this store has it.
        """
        builtin = builtin_flavors(type_name)
        flavors = builtin if name in builtin else self.flavors(type_name)
        if name not in flavors:
            raise no_flavor(type_name, name, flavors)
        return flavors[name]


def component_of(row: tuple[Any, ...]) -> Component:
    """The record of a row of the component statements."""
    type_name, name, flavor, config, *marks = row
    return Component(type_name, name, flavor, json_object(config), *marks)


def custom_flavor(type_name: str, row: tuple[Any, ...]) -> Flavor:
    """The record of a row of FLAVORS."""
    name, source, schema = row
    return Flavor(type_name, name, json_object(schema), CUSTOM, "", source)
