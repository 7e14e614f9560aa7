"""One profile's stacks and components."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Unpack

from zprof.caller import QUIET, Caller
from zprof.component_types import component_type
from zprof.databases import store_database
from zprof.errors import DamagedFile, Refused
from zprof.filters import (
    ComponentFilters,
    NameFilters,
    StackFilters,
)
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.generated import statements as sql
from zprof.records import Bundle, Component, Stack, StackSummary
from zprof.refusals import component_in_use, flavor_in_use, no_component, no_flavor, no_stack
from zprof.store import listing, reading
from zprof.store.listing import Shown
from zprof.store.rows import component_of, flavors_of
from zprof.transaction import Call

if TYPE_CHECKING:
    from zprof.contents.record import Contents
    from zprof.contents.side import Moment
    from zprof.databases import StoreDatabase
    from zprof.history.history import History
    from zprof.store.change import StoreChange
    from zprof.store.graph import Graph
    from zprof.store.reversals import TakenBack


class Store:
    """The stacks, components and flavors that a profile's URL leads to.

    Each method is one transaction; `change()` makes many changes one. Of a file nothing is kept open in between;
    connections to a server are, for five idle minutes at most, until `close()` or the end of a `with` block.

    Args:
        protected_as: the profile by whose name changes must be confirmed.
        database: what the URL leads to, where it is to be used in another way than usual.
    """

    def __init__(
        self,
        url: str,
        caller: Caller = QUIET,
        *,
        protected_as: str | None = None,
        database: StoreDatabase | None = None,
    ) -> None:
        self.url = url
        self._protected_as = protected_as
        self._database = database or store_database(url, caller)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept. The store can be used on."""
        self._database.close()

    @property
    def history(self) -> History:
        """Its log: the operations that changed it."""
        from zprof.history.history import History  # for those who look back

        return History(self._database, self.check_unprotected)

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
        from zprof.store.change import StoreChange

        if not is_trial:
            self.check_unprotected()
        with self._database.write(is_trial=is_trial) as transaction:
            change = StoreChange(transaction, self._database.caller)
            yield change
            is_redo_over = change.finish()
        if is_redo_over and not is_trial:
            from zprof.history.log import REDO_IS_OVER  # with what wrote the change

            self._database.caller.say(REDO_IS_OVER)
        for artifact_store, metadata_store in () if is_trial else change.dropped_ties:
            self._database.caller.say(
                f"Dropped the tie of the artifact store '{artifact_store}' and the metadata store '{metadata_store}'."
            )

    def undo(
        self,
        operation: str | None = None,
        *,
        others: bool = False,
        is_trial: bool = False,
        check: Callable[[TakenBack], None] | None = None,
    ) -> TakenBack:
        """Take the newest operation back, or an older one of which nothing was changed since, as one of its own.

        Args:
            operation: the id of the older one, all 32 digits of it.
            others: whether it may be another user's.
            is_trial: whether it is only planned.
            check: is called with what is about to be done, within the transaction, and may raise.

        Raises:
            NothingToUndo: there is none, or undo stops there.
            CantUndo: something was changed since, or a rule would be broken.
            NotFound: there is no such operation.
            Refused: it is another user's, or the profile is protected.
        """
        from zprof.store.undoing import undo  # of no use to what only looks

        if not is_trial:
            self.check_unprotected()
        return undo(self._database, operation, others=others, is_trial=is_trial, check=check)

    def redo(
        self,
        *,
        others: bool = False,
        is_trial: bool = False,
        check: Callable[[TakenBack], None] | None = None,
    ) -> TakenBack:
        """Take the newest undo back, unless something else was changed since.

        Args, Raises: as for `undo`.
        """
        from zprof.store.undoing import redo  # as in `undo`

        if not is_trial:
            self.check_unprotected()
        return redo(self._database, others=others, is_trial=is_trial, check=check)

    def register_component(
        self, name: str, flavor: Flavor, config: Mapping[str, Any], *, is_asked: bool = False
    ) -> Component | None:
        """Add a component in a change of its own, its config checked before the store's turn is taken.

        Args:
            flavor: as it was seen; where it is another now, the config is checked once more.
            is_asked: whether the component, as it is then, is wanted.

        Raises:
            Moved: the flavor was changed again and again.
            Refused, AlreadyExists, NotFound, InvalidConfig, InvalidName: as for `change` and its `register_component`.
        """
        from zprof.store.components import Moved, check

        self.check_unprotected()
        for is_seen in (True, False):
            found = flavor if is_seen else self.flavor(flavor.component_type, flavor.name)
            checked = check(found, config)
            try:
                with self.change() as change:
                    change.register_component(flavor.component_type, name, flavor.name, config, checked=checked)
                    return change.component(flavor.component_type, name) if is_asked else None
            except Moved as error:
                moved = error
        raise moved

    def update_component(
        self,
        component: Component,
        flavor: Flavor,
        given: Mapping[str, Any],
        without: Collection[str] = (),
        *,
        if_revision: int | None = None,
        is_asked: bool = False,
    ) -> Component | None:
        """Set attributes of a component, and remove others, in a change of its own.

        Args:
            component, flavor: as they were seen; where they are others now, the config is checked once more.
            is_asked: whether the component, as it is then, is wanted.

        Raises:
            Moved: they were changed again and again.
            Refused, NotFound, Outdated, InvalidConfig, InvalidStack: as for `change` and its `update_component`.
        """
        from zprof.store.components import Moved, check, updated

        self.check_unprotected()
        key = component.type, component.name
        for is_seen in (True, False):
            if not is_seen:
                component, flavor = self.component_and_flavor(*key)
            checked = check(flavor, updated(component, flavor, given, without))
            try:
                with self.change() as change:
                    change.update_component(*key, given, without, if_revision=if_revision, checked=checked)
                    return change.component(*key) if is_asked else None
            except Moved as error:
                moved = error
        raise moved

    def check_unprotected(self) -> None:
        """Refuse to change what is protected, unless the caller has confirmed it by name.

        Raises:
            Refused: the profile is protected.
        """
        name = self._protected_as
        if name is not None and self._database.caller.confirmed_profile != name:
            raise Refused(
                f"The profile '{name}' is protected.",
                f"Nothing was changed. To change it anyway, add --confirm {name}.",
                in_python=f'Nothing was changed. To change it anyway, open it with confirm="{name}".',
            )

    def stacks(self, left_out: list[DamagedFile] | None = None, **filters: Unpack[StackFilters]) -> list[StackSummary]:
        """The stacks, by name.

        Args:
            left_out: is given the errors of rows that zprof would not write, which are left out; without it, the first
                is raised.
            filters: let those pass alone that all of them let pass.

        Raises:
            InvalidInput: a filter can't be meant.
            NotFound: `uses` names a type that does not exist.

        Example:
            store.stacks(name="train-*", uses="artifact_store:s3", limit=10)
        """
        return listing.stacks(self._database, left_out, filters)

    def stack_names(self) -> list[str]:
        """The names of all stacks, in order."""
        return self._names(sql.STACK_NAMES())

    def whole_stacks(self, left_out: list[DamagedFile] | None = None, **filters: Unpack[StackFilters]) -> list[Stack]:
        """The stacks with their components, by name, as in `stack`.

        Args:
            left_out: as for `stacks`. A stack of which a part is left out is left out as a whole.
            filters: as for `stacks`.

        Raises:
            InvalidInput, NotFound: as for `stacks`.
        """
        return listing.whole_stacks(self._database, left_out, filters)

    def stack(self, name: str) -> Stack:
        """A stack with its components, what is left empty and means a place of their own being that place.

        Raises:
            NotFound: there is none of this name.
        """
        return reading.stack(self._database, name)

    def contents(self) -> Contents:
        """All that the store holds, as it is stored, from one snapshot.

        Raises:
            DamagedFile: it has a row that zprof would not write.
        """
        from zprof.store.contents import contents_of  # for those who take all of it

        return contents_of(self._database)

    def past_contents(self, moment: Moment) -> Contents:
        """All that the store held at a moment, as far as its log goes back.

        Raises:
            NoSuchTime: the log does not go back that far.
            NotFound: it has no such operation.
            InvalidInput: several operations have ids that begin so.
            DamagedFile: as for `contents`, or a row of the log is not as zprof writes it.
        """
        from zprof.store.past import past_contents_of  # for those who look back

        with self._database.read() as transaction:
            return past_contents_of(transaction, moment)

    def graph(self, name: str) -> Graph:
        """A stack as in `stack`, the ties of its stores, and other stacks that have its components.

        Raises:
            NotFound: there is none of this name.
        """
        from zprof.store.graph import graph  # for those who look around

        return graph(self._database, name)

    def stored_stack(self, name: str) -> Stack:
        """A stack as it is stored.

        Raises:
            NotFound: there is none of this name.
        """
        return reading.stored_stack(self._database, name)

    def bundle(self, name: str) -> Bundle:
        """A stack with all that it takes elsewhere.

        Raises:
            NotFound: there is none of this name, or a component's flavor is gone.
        """
        stack = self.stack(name)
        for component in stack.components.values():
            key = component.type, component.flavor
            if component.flavor not in builtin_flavors(component.type) and key not in stack.flavors:
                raise no_flavor(*key, self.flavors(component.type))
        return Bundle(name, stack.components, stack.flavors)

    def violations(self, name: str) -> list[str]:
        """What is wrong with a stack: a sentence for each flavor that is gone, and each stack rule that it breaks.

        Raises:
            NotFound: there is none of this name.
        """
        return violations_of(self.stored_stack(name))

    def all_violations(self, left_out: list[DamagedFile] | None = None) -> dict[str, list[str]]:
        """The same for all stacks, by name, from one snapshot.

        Args:
            left_out: as for `whole_stacks`.
        """
        return {found.name: violations_of(found) for found in self.whole_stacks(left_out)}

    def components(self, type_name: str, **filters: Unpack[ComponentFilters]) -> list[Component]:
        """The components of a type, by name, as in `stack`.

        Args:
            filters: let those pass alone that all of them let pass.

        Raises:
            InvalidInput: a filter can't be meant.
            NotFound: there is no such type.

        Example:
            store.components("artifact_store", flavor="s3", used_by="train-*")
        """
        return listing.components(self._database, type_name, filters)

    def component(self, type_name: str, name: str) -> Component:
        """A component, as in `stack`.

        Raises:
            NotFound: there is none of this type and name, or no such type.
        """
        return reading.component(self._database, type_name, name)

    def component_and_flavor(self, type_name: str, name: str) -> tuple[Component, Flavor]:
        """A component as it is stored, and its flavor.

        Raises:
            NotFound: there is none of this type and name, or its flavor is gone.
        """
        component, flavor = reading.stored_component(self._database, type_name, name)
        if flavor is None:
            raise no_flavor(type_name, component.flavor, self.flavors(type_name))
        return component, flavor

    def shown(
        self,
        type_name: str,
        stack: str | None,
        one: str | None = None,
        left_out: list[DamagedFile] | None = None,
        **filters: Unpack[ComponentFilters],
    ) -> Shown:
        """The components of a type, or the one of a name, as a command shows them.

        Args:
            stack: the one in effect; it may be gone.
            left_out: as for `stacks`.
            filters: as for `components`.

        Raises:
            InvalidInput: as for `components`.
            NotFound: there is none of this type and name, or no such type.
        """
        return listing.shown(self._database, type_name, stack, one, left_out, filters)

    def component_of_stack(self, type_name: str, stack: str) -> str | None:
        """The name of a stack's component of a type, if it has one.

        Raises:
            NotFound: there is no such stack, or no such type.
        """
        component_type(type_name)
        found, members = self._database.ask(sql.STACK(stack=stack), sql.STACK_COMPONENT(stack=stack, type=type_name))
        if not found:
            raise no_stack(stack, self.stack_names())
        return members[0][0] if members else None

    def idle_component(self, type_name: str, name: str) -> Component:
        """A component that no stack uses, so that a person can be asked whether to delete it.

        Raises:
            NotFound: there is no such component.
            InUse: it is part of a stack.
            Refused: the profile is protected.
        """
        self.check_unprotected()
        component_type(type_name)
        rows, used_by = self._database.ask(
            sql.COMPONENT(type=type_name, name=name), sql.STACKS_WITH_COMPONENT(type=type_name, name=name)
        )
        if not rows:
            raise no_component(type_name, name, self._names(sql.COMPONENT_NAMES(type=type_name)))
        if used_by:
            raise component_in_use(type_name, name, [stack for (stack,) in used_by])
        return component_of(rows[0])

    def check_flavor_is_idle(self, type_name: str, name: str) -> None:
        """Refuse to delete a flavor that components have, before asking whether to.

        Raises:
            NotFound: there is no custom flavor of this name.
            InUse: components have it.
            Refused: the profile is protected.
        """
        self.check_unprotected()
        rows, used_by = self._database.ask(
            sql.FLAVORS(type=type_name), sql.COMPONENT_NAMES_WITH_FLAVOR(type=type_name, flavor=name)
        )
        custom = flavors_of(rows)
        if name not in custom:
            raise no_flavor(type_name, name, custom, is_custom=True)
        if used_by:
            raise flavor_in_use(type_name, name, [component for (component,) in used_by])

    def flavors(
        self, type_name: str, left_out: list[DamagedFile] | None = None, **filters: Unpack[NameFilters]
    ) -> dict[str, Flavor]:
        """The flavors that components of a type can have, by name: the built-in ones, then this store's own.

        Args:
            left_out, filters: as for `stacks`.

        Raises:
            InvalidInput: as for `stacks`.
        """
        return listing.flavors(self._database, type_name, left_out, filters)

    def flavor(self, type_name: str, name: str) -> Flavor:
        """A flavor.

        Raises:
            NotFound: neither the catalog nor this store has it.
        """
        return reading.flavor(self._database, type_name, name)

    def _names(self, call: Call) -> list[str]:
        return reading.names(self._database, call)


def violations_of(stack: Stack) -> list[str]:
    """What is wrong with a stack, as sentences."""
    from zprof.store.fitting import all_broken  # of no use to what only looks

    return [violation.sentence for violation in all_broken(stack)]
