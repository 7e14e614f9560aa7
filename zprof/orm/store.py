"""Changes to a profile's stacks and components, each logged in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from zprof.caller import Caller
from zprof.component_types import MANDATORY, component_type
from zprof.errors import AlreadyExists, InvalidInput, NotFound
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.names import checked_name
from zprof.orm.log import masked_command, user_at_host
from zprof.orm.models import store as models
from zprof.records import now
from zprof.refusals import component_in_use, no_component, no_flavor, no_stack


class StoreChange:
    """The changes of one transaction, under one operation of the log. Made by `Store.change()`."""

    def __init__(self, session: Session, caller: Caller) -> None:
        self._session = session
        self._caller = caller
        self._operation = uuid4().hex
        self._now = now()

    def register_component(self, type_name: str, name: str, flavor: str, config: Mapping[str, Any]) -> None:
        """Add a component.

        Raises:
            AlreadyExists: there is one of this type and name.
            NotFound: there is no such type or flavor.
            InvalidConfig: the config breaks the flavor's schema.
            InvalidName: the name is not one.
        """
        definition = component_type(type_name)
        checked_name(definition.noun, name)
        found = self._flavor(type_name, flavor)
        stored = self._checked_config(found, config)
        self._check_component_name_is_free(type_name, name)
        component = models.Component(
            type=type_name, name=name, flavor=flavor, config=stored, created_at=self._now, updated_at=self._now
        )
        self._session.add(component)
        self._log("component", f"{type_name}/{name}", None, component_state(component), secret_attributes(found))

    def update_component(
        self, type_name: str, name: str, given: Mapping[str, Any], without: Collection[str] = ()
    ) -> None:
        """Set attributes of a component, and remove others; the rest stays as it is.

        Raises:
            NotFound: there is no such component, or it has no such attribute to remove.
            InvalidConfig: what comes out breaks the flavor's schema.
        """
        component = self._component(type_name, name)
        for attribute in without:
            if attribute not in component.config:
                raise NotFound(
                    "attribute",
                    attribute,
                    where=f"in the {component_type(type_name).noun} '{name}'",
                    among=component.config,
                    hint=f"See `zprof {component_type(type_name).command} describe {name}`.",
                )
        flavor = self._flavor(type_name, component.flavor)
        kept = {key: value for key, value in component.config.items() if key not in without}
        stored = self._checked_config(flavor, {**kept, **given})
        before = component_state(component)
        if stored == component.config:
            return
        component.config = stored
        component.updated_at = self._now
        self._log("component", f"{type_name}/{name}", before, component_state(component), secret_attributes(flavor))

    def rename_component(self, type_name: str, name: str, new_name: str) -> None:
        """Give a component another name; the stacks that it is in follow.

        Raises:
            NotFound, AlreadyExists, InvalidName: as for `register_component`.
        """
        component = self._component(type_name, name)
        checked_name(component_type(type_name).noun, new_name)
        self._check_component_name_is_free(type_name, new_name)
        before = component_state(component)
        component.name = new_name
        component.updated_at = self._now
        self._log("component", f"{type_name}/{name}", before, component_state(component))

    def delete_component(self, type_name: str, name: str) -> None:
        """Remove a component that no stack uses.

        Raises:
            NotFound: there is no such component.
            InUse: it is part of a stack.
        """
        component = self._component(type_name, name)
        used_by = self._session.scalars(
            select(models.Stack.name)
            .join(models.StackComponent)
            .where(models.StackComponent.component_id == component.id)
            .order_by(models.Stack.name)
        ).all()
        if used_by:
            raise component_in_use(type_name, name, list(used_by))
        self._log("component", f"{type_name}/{name}", component_state(component), None)
        self._session.delete(component)

    def register_stack(self, name: str, components: Mapping[str, str]) -> None:
        """Add a stack.

        Args:
            components: from type to the name of a component.

        Raises:
            AlreadyExists: there is one of this name.
            NotFound: there is no such type or component.
            InvalidInput: a mandatory type is missing, or the name is not one.
        """
        checked_name("stack", name)
        self._check_stack_name_is_free(name)
        missing = [component_type(type_name).noun for type_name in MANDATORY if type_name not in components]
        if missing:
            raise InvalidInput(
                f"The stack '{name}' would have no {' and no '.join(missing)}.",
                "A stack needs an orchestrator (-o), an artifact store (-a) and a metadata store (-m).",
            )
        stack = models.Stack(name=name, created_at=self._now, updated_at=self._now)
        self._place(stack, components)
        self._session.add(stack)
        self._log("stack", name, None, stack_state(stack))

    def update_stack(self, name: str, components: Mapping[str, str]) -> None:
        """Put components into a stack, each in place of the one of its type; the others stay.

        Raises:
            NotFound: there is no such stack, type or component.
        """
        stack = self._stack(name)
        before = stack_state(stack)
        self._place(stack, components)
        self._log_stack(stack, before)

    def remove_from_stack(self, name: str, types: Collection[str]) -> None:
        """Take the components of some types out of a stack.

        Raises:
            NotFound: there is no such stack or type, or the stack has no component of it.
            InvalidInput: the type is one that each stack must have.
        """
        stack = self._stack(name)
        before = stack_state(stack)
        members = {member.component_type: member for member in stack.members}
        for type_name in types:
            definition = component_type(type_name)
            if definition.is_mandatory:
                raise InvalidInput(
                    f"A stack can't be without its {definition.noun}.",
                    f"Put another in its place: `zprof stack update {name} {definition.option} NAME`.",
                )
            if type_name not in members:
                raise NotFound(
                    "component of type",
                    definition.noun,
                    where=f"in the stack '{name}'",
                    hint=f"See `zprof stack describe {name}`.",
                )
            stack.members.remove(members[type_name])
        self._log_stack(stack, before)

    def rename_stack(self, name: str, new_name: str) -> None:
        """Give a stack another name.

        Raises:
            NotFound, AlreadyExists, InvalidName: as for `register_stack`.
        """
        stack = self._stack(name)
        checked_name("stack", new_name)
        self._check_stack_name_is_free(new_name)
        before = stack_state(stack)
        stack.name = new_name
        stack.updated_at = self._now
        self._log("stack", name, before, stack_state(stack))

    def delete_stack(self, name: str) -> None:
        """Remove a stack; its components stay.

        Raises:
            NotFound: there is no such stack.
        """
        stack = self._stack(name)
        self._log("stack", name, stack_state(stack), None)
        self._session.delete(stack)

    def _stack(self, name: str) -> models.Stack:
        stack = self._session.scalar(select(models.Stack).where(models.Stack.name == name))
        if stack is None:
            raise no_stack(name, list(self._session.scalars(select(models.Stack.name))))
        return stack

    def _component(self, type_name: str, name: str) -> models.Component:
        of_type = select(models.Component).where(models.Component.type == component_type(type_name).name)
        component = self._session.scalar(of_type.where(models.Component.name == name))
        if component is None:
            names = select(models.Component.name).where(models.Component.type == type_name)
            raise no_component(type_name, name, list(self._session.scalars(names)))
        return component

    def _flavor(self, type_name: str, name: str) -> Flavor:
        builtin = builtin_flavors(type_name)
        if name in builtin:
            return builtin[name]
        of_type = select(models.Flavor).where(models.Flavor.component_type == type_name)
        custom = {flavor.name: flavor for flavor in self._session.scalars(of_type)}
        if name not in custom:
            raise no_flavor(type_name, name, [*builtin, *custom])
        found = custom[name]
        return Flavor(type_name, name, found.config_schema, "custom", "", found.source)

    @staticmethod
    def _checked_config(flavor: Flavor, config: Mapping[str, Any]) -> dict[str, Any]:
        from zprof.flavors.check import checked  # imports jsonschema, which stacks do without

        return checked(flavor, config)

    def _check_component_name_is_free(self, type_name: str, name: str) -> None:
        taken = select(models.Component.id).where(models.Component.type == type_name, models.Component.name == name)
        if self._session.scalar(taken) is not None:
            raise AlreadyExists(component_type(type_name).noun, name)

    def _check_stack_name_is_free(self, name: str) -> None:
        if self._session.scalar(select(models.Stack.id).where(models.Stack.name == name)) is not None:
            raise AlreadyExists("stack", name)

    def _place(self, stack: models.Stack, components: Mapping[str, str]) -> None:
        members = {member.component_type: member for member in stack.members}
        for type_name, component_name in components.items():
            component = self._component(type_name, component_name)
            if type_name in members:
                members[type_name].component = component
            else:
                stack.members.append(models.StackComponent(component_type=type_name, component=component))

    def _log_stack(self, stack: models.Stack, before: dict[str, Any]) -> None:
        after = stack_state(stack)
        if after != before:
            stack.updated_at = self._now
            self._log("stack", stack.name, before, after)

    def _log(
        self,
        kind: str,
        name: str,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        secrets: Collection[str] = (),
    ) -> None:
        self._session.add(
            models.Change(
                operation=self._operation,
                at=self._now,
                who=user_at_host(),
                command=masked_command(self._caller.command, secrets),
                entity_kind=kind,
                entity_name=name,
                before=before,
                after=after,
            )
        )


def component_state(component: models.Component) -> dict[str, Any]:
    """A component as the log has it."""
    return {
        "type": component.type,
        "name": component.name,
        "flavor": component.flavor,
        "config": component.config,
    }


def stack_state(stack: models.Stack) -> dict[str, Any]:
    """A stack as the log has it."""
    return {
        "name": stack.name,
        "components": {member.component_type: member.component.name for member in stack.members},
    }
