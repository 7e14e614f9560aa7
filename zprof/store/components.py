"""Changes to a store's components."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from zprof.component_types import component_type
from zprof.errors import AlreadyExists, Outdated
from zprof.flavors.catalog import Flavor, hidden_in_log
from zprof.names import checked_name
from zprof.records import Component
from zprof.refusals import component_in_use, no_attribute, no_component
from zprof.schema.models import store as models
from zprof.store.flavors import FlavorChange
from zprof.store.operation import State
from zprof.store.ties import AssociationChange


class ComponentChange(FlavorChange, AssociationChange):
    """What can be done to components."""

    def register_component(self, type_name: str, name: str, flavor: str, config: Mapping[str, Any]) -> None:
        """Add a component.

        Raises:
            AlreadyExists: there is one of this type and name.
            NotFound: there is no such type or flavor.
            InvalidConfig: the config breaks the flavor's schema.
            InvalidName: the name is not one.
        """
        checked_name(component_type(type_name).noun, name)
        found = self._flavor(type_name, flavor)
        stored = self._checked_config(found, config)
        self._check_component_name_is_free(type_name, name)
        component = models.Component(
            type=type_name,
            name=name,
            flavor=flavor,
            config=stored,
            created_at=self._now,
            updated_at=self._now,
            revision=1,
        )
        self._components.add(component, type_name, name)
        self._log("component", f"{type_name}/{name}", None, component_state(component), hidden_in_log(found))

    def update_component(
        self,
        type_name: str,
        name: str,
        given: Mapping[str, Any],
        without: Collection[str] = (),
        *,
        if_revision: int | None = None,
    ) -> None:
        """Set attributes of a component, and remove others; the rest stays as it is. No change leaves no log.

        Args:
            if_revision: the revision that it was seen at, and must be at still.

        Raises:
            NotFound: there is no such component, or it has no such attribute to remove.
            Outdated: it is at another revision.
            InvalidConfig: what comes out breaks the flavor's schema.
            InvalidStack: a stack that it is in would not fit together any more.
        """
        component = self._component(type_name, name, if_revision)
        for attribute in without:
            if attribute not in component.config:
                raise no_attribute(type_name, name, attribute, component.config)
        kept = {key: value for key, value in component.config.items() if key not in without}
        self._configure(component, self._flavor(type_name, component.flavor), {**kept, **given})

    def _configure(self, component: models.Component, flavor: Flavor, config: Mapping[str, Any]) -> None:
        """Give a component another config, and maybe another flavor, once nothing speaks against it."""
        stored = self._checked_config(flavor, config)
        self._check_stacks_fit_with(component_record(component)._replace(flavor=flavor.name, config=stored))
        before = component_state(component)
        if (component.flavor, component.config) != (flavor.name, stored):
            component.flavor, component.config = flavor.name, stored
            self._mark_changed(component)
        entity = f"{component.type}/{component.name}"
        self._log("component", entity, before, component_state(component), hidden_in_log(flavor))

    def _check_stacks_fit_with(self, changed: Component) -> None:
        """Refuse a component that breaks a rule in a stack that it is in. Stacks see to it."""
        raise TypeError(f"{type(self).__name__} knows no stacks")

    def rename_component(self, type_name: str, name: str, new_name: str, *, if_revision: int | None = None) -> None:
        """Give a component another name; the stacks that it is in follow.

        Raises:
            NotFound, AlreadyExists, InvalidName: as for `register_component`.
            Outdated: as for `update_component`.
        """
        component = self._component(type_name, name, if_revision)
        checked_name(component_type(type_name).noun, new_name)
        self._check_component_name_is_free(type_name, new_name)
        before = component_state(component)
        component.name = new_name
        self._mark_changed(component)
        self._components.rename(component, type_name, name, to=new_name)
        self._log("component", f"{type_name}/{name}", before, component_state(component))

    def delete_component(self, type_name: str, name: str, *, if_revision: int | None = None) -> None:
        """Remove a component that no stack uses.

        Raises:
            NotFound: there is no such component.
            Outdated: as for `update_component`.
            InUse: it is part of a stack.
        """
        component = self._component(type_name, name, if_revision)
        used_by = self._session.scalars(
            select(models.Stack.name)
            .join(models.StackComponent)
            .where(models.StackComponent.component_id == component.id)
            .order_by(models.Stack.name)
        ).all()
        if used_by:
            raise component_in_use(type_name, name, list(used_by))
        self._drop_ties_of(component)
        self._log("component", f"{type_name}/{name}", component_state(component), None)
        self._components.delete(component, type_name, name)

    def _component(self, type_name: str, name: str, if_revision: int | None = None) -> models.Component:
        component = self._components.get(component_type(type_name).name, name)
        if component is None:
            names = select(models.Component.name).where(models.Component.type == type_name)
            raise no_component(type_name, name, list(self._session.scalars(names)))
        if if_revision is not None and if_revision != component.revision:
            definition = component_type(type_name)
            raise Outdated(definition.noun, name, if_revision, component.revision, definition.command)
        return component

    @staticmethod
    def _checked_config(flavor: Flavor, config: Mapping[str, Any]) -> dict[str, Any]:
        from zprof.flavors.check import checked  # imports jsonschema, which stacks do without

        return checked(flavor, config)

    def _check_component_name_is_free(self, type_name: str, name: str) -> None:
        if self._components.get(type_name, name) is not None:
            raise AlreadyExists(component_type(type_name).noun, name)


def component_record(component: models.Component) -> Component:
    """A component as reads return it."""
    return Component(
        component.type,
        component.name,
        component.flavor,
        component.config,
        component.created_at,
        component.updated_at,
        component.revision,
    )


def component_state(component: models.Component) -> State:
    """A component as the log has it."""
    return {
        "type": component.type,
        "name": component.name,
        "flavor": component.flavor,
        "config": component.config,
    }
