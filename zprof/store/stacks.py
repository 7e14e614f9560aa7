"""Changes to a store's stacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from zprof.component_types import MANDATORY, component_type
from zprof.errors import AlreadyExists, InvalidInput, InvalidStack, Outdated
from zprof.flavors.stack_rules import violations
from zprof.names import checked_name
from zprof.records import Component
from zprof.refusals import no_stack, not_in_stack
from zprof.schema.models import store as models
from zprof.store.components import ComponentChange, component_record
from zprof.store.operation import State

STORES = frozenset({"artifact_store", "metadata_store"})
"""The types whose components are tied in pairs."""


class StackChange(ComponentChange):
    """What can be done to stacks."""

    def register_stack(self, name: str, components: Mapping[str, str], *, decouple_stores: bool = False) -> None:
        """Add a stack, and tie its artifact store and metadata store together.

        Args:
            components: from type to the name of a component.
            decouple_stores: whether the two stores may leave the partners that they had.

        Raises:
            AlreadyExists: there is one of this name.
            NotFound: there is no such type or component.
            InvalidInput: a mandatory type is missing, or the name is not one.
            InvalidStack: the components don't fit together.
            StoresCoupled: one of the two stores belongs to another.
        """
        checked_name("stack", name)
        self._check_stack_name_is_free(name)
        missing = [component_type(type_name).noun for type_name in MANDATORY if type_name not in components]
        if missing:
            raise InvalidInput(
                f"The stack '{name}' would have no {' and no '.join(missing)}.",
                "A stack needs an orchestrator (-o), an artifact store (-a) and a metadata store (-m).",
            )
        chosen = self._chosen(components)
        self._check_fit(name, {}, chosen)
        self._check_ties(name, chosen, decouple_stores)
        stack = models.Stack(name=name, created_at=self._now, updated_at=self._now, revision=1)
        self._place(stack, chosen)
        self._stacks.add(stack, name)
        self._tie(chosen["artifact_store"], chosen["metadata_store"])
        self._log("stack", name, None, stack_state(stack))

    def update_stack(
        self,
        name: str,
        components: Mapping[str, str],
        *,
        decouple_stores: bool = False,
        if_revision: int | None = None,
    ) -> None:
        """Put components into a stack, each in place of the one of its type; the others stay.

        Args:
            if_revision: the revision that it was seen at, and must be at still.

        Raises:
            NotFound: there is no such stack, type or component.
            Outdated: it is at another revision.
            InvalidStack, StoresCoupled: as for `register_stack`.
        """
        stack = self._stack(name, if_revision)
        before, members = stack_state(stack), members_of(stack)
        chosen = self._chosen(components)
        wanted = {**members, **chosen}
        self._check_fit(name, members, wanted)
        if not STORES.isdisjoint(chosen):
            self._check_ties(name, wanted, decouple_stores)
            self._tie(wanted["artifact_store"], wanted["metadata_store"])
        self._place(stack, chosen)
        self._log_stack(stack, before)

    def remove_from_stack(self, name: str, types: Collection[str], *, if_revision: int | None = None) -> None:
        """Take the components of some types out of a stack.

        Raises:
            NotFound: there is no such stack or type.
            NothingActive: the stack has no component of a type.
            InvalidInput: the type is one that each stack must have.
            InvalidStack: what is left does not fit together.
            Outdated: as for `update_stack`.
        """
        stack = self._stack(name, if_revision)
        before, members = stack_state(stack), members_of(stack)
        for type_name in types:
            definition = component_type(type_name)
            if definition.is_mandatory:
                raise InvalidInput(
                    f"A stack can't be without its {definition.noun}.",
                    f"Put another in its place: `zprof stack update {name} {definition.option} NAME`.",
                )
            if type_name not in members:
                raise not_in_stack(type_name, name)
        self._check_fit(name, members, {key: member for key, member in members.items() if key not in types})
        stack.members = [member for member in stack.members if member.component_type not in types]
        self._log_stack(stack, before)

    def rename_stack(self, name: str, new_name: str, *, if_revision: int | None = None) -> None:
        """Give a stack another name.

        Raises:
            NotFound, AlreadyExists, InvalidName: as for `register_stack`.
            Outdated: as for `update_stack`.
        """
        stack = self._stack(name, if_revision)
        checked_name("stack", new_name)
        self._check_stack_name_is_free(new_name)
        before = stack_state(stack)
        stack.name = new_name
        self._mark_changed(stack)
        self._stacks.rename(stack, name, to=new_name)
        self._log("stack", name, before, stack_state(stack))

    def delete_stack(
        self, name: str, *, with_components: bool = False, if_revision: int | None = None
    ) -> list[tuple[str, str]]:
        """Remove a stack, and with it, if asked to, those of its components that no other stack uses.

        Returns:
            The types and names of the components that went.

        Raises:
            NotFound: there is no such stack.
            Outdated: as for `update_stack`.
        """
        stack = self._stack(name, if_revision)
        components = [member.component for member in stack.members] if with_components else []
        self._log("stack", name, stack_state(stack), None)
        self._stacks.delete(stack, name)
        deleted = []
        for component in components:
            used = select(models.StackComponent.stack_id).where(models.StackComponent.component_id == component.id)
            if self._session.scalar(used.limit(1)) is None:
                deleted.append((component.type, component.name))
                self.delete_component(component.type, component.name)
        return deleted

    def _check_stacks_fit_with(self, changed: Component) -> None:
        of_component = select(models.StackComponent).join(models.StackComponent.component)
        its_own = of_component.where(models.Component.type == changed.type, models.Component.name == changed.name)
        for place in self._session.scalars(its_own):
            members = records_of(members_of(place.stack))
            check_fit(place.stack.name, members, {**members, changed.type: changed})

    def _check_fit(
        self, name: str, members: Mapping[str, models.Component], wanted: Mapping[str, models.Component]
    ) -> None:
        check_fit(name, records_of(members), records_of(wanted))

    def _chosen(self, components: Mapping[str, str]) -> dict[str, models.Component]:
        return {type_name: self._component(type_name, found) for type_name, found in components.items()}

    def _check_ties(self, name: str, wanted: Mapping[str, models.Component], decouple_stores: bool) -> None:
        if not decouple_stores:
            self._check_no_other_ties(name, wanted["artifact_store"], wanted["metadata_store"])

    def _log_stack(self, stack: models.Stack, before: State) -> None:
        after = stack_state(stack)
        if after != before:
            self._mark_changed(stack)
        self._log("stack", stack.name, before, after)

    def _stack(self, name: str, if_revision: int | None = None) -> models.Stack:
        stack = self._stacks.get(name)
        if stack is None:
            raise no_stack(name, list(self._session.scalars(select(models.Stack.name))))
        if if_revision is not None and if_revision != stack.revision:
            raise Outdated("stack", name, if_revision, stack.revision, "stack")
        return stack

    def _check_stack_name_is_free(self, name: str) -> None:
        if self._stacks.get(name) is not None:
            raise AlreadyExists("stack", name)

    @staticmethod
    def _place(stack: models.Stack, chosen: Mapping[str, models.Component]) -> None:
        places = {member.component_type: member for member in stack.members}
        for type_name, component in chosen.items():
            if type_name in places:
                places[type_name].component = component
            else:
                stack.members.append(models.StackComponent(component_type=type_name, component=component))


def check_fit(name: str, members: Mapping[str, Component], wanted: Mapping[str, Component]) -> None:
    """Refuse components that break a stack rule, besides what was broken: else nobody could mend one after another.

    Raises:
        InvalidStack: a rule is broken that held before.
    """
    known = violations(members) if members else []
    new = [violation for violation in violations(wanted) if violation not in known]
    if new:
        raise InvalidStack(name, new)


def members_of(stack: models.Stack) -> dict[str, models.Component]:
    """The components of a stack, by type."""
    return {member.component_type: member.component for member in stack.members}


def records_of(members: Mapping[str, models.Component]) -> dict[str, Component]:
    """The same, as reads return them."""
    return {type_name: component_record(component) for type_name, component in members.items()}


def stack_state(stack: models.Stack) -> State:
    """A stack as the log has it."""
    return {
        "name": stack.name,
        "components": {member.component_type: member.component.name for member in stack.members},
    }
