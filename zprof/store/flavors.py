"""Changes to a store's custom flavors, and finding a flavor within a change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from zprof.component_types import component_type
from zprof.errors import AlreadyExists
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.names import checked_name
from zprof.refusals import flavor_in_use, no_flavor
from zprof.schema.models import store as models
from zprof.store.operation import Change, State


class FlavorChange(Change):
    """What can be done to custom flavors. The built-in ones can't be changed, nor hidden by others of their names."""

    def register_flavor(self, type_name: str, name: str, schema: dict[str, Any], source: str | None = None) -> None:
        """Add a custom flavor.

        Args:
            schema: JSON Schema of a component's config, as `zprof.flavors.custom.checked_schema` gives it.
            source: the class that the schema comes from, `module.path:Class`.

        Raises:
            AlreadyExists: there is one of this type and name, built-in or not.
            InvalidName: the name is not one.
        """
        definition = component_type(type_name)
        checked_name(f"{definition.noun} flavor", name)
        if name in builtin_flavors(type_name) or self._flavors.get(type_name, name) is not None:
            raise AlreadyExists(f"{definition.noun} flavor", name)
        flavor = models.Flavor(
            component_type=type_name, name=name, source=source, config_schema=schema, created_at=self._now
        )
        self._flavors.add(flavor, type_name, name)
        self._log("flavor", f"{type_name}/{name}", None, flavor_state(flavor))

    def delete_flavor(self, type_name: str, name: str) -> None:
        """Remove a custom flavor that no component has.

        Raises:
            NotFound: there is no custom flavor of this name.
            InUse: components have it.
        """
        flavor = self._flavors.get(type_name, name)
        if flavor is None:
            raise no_flavor(type_name, name, self._custom_flavor_names(type_name), is_custom=True)
        used_by = select(models.Component.name).where(
            models.Component.type == type_name, models.Component.flavor == name
        )
        components = list(self._session.scalars(used_by.order_by(models.Component.name)))
        if components:
            raise flavor_in_use(type_name, name, components)
        self._log("flavor", f"{type_name}/{name}", flavor_state(flavor), None)
        self._flavors.delete(flavor, type_name, name)

    def _flavor(self, type_name: str, name: str) -> Flavor:
        builtin = builtin_flavors(type_name)
        if name in builtin:
            return builtin[name]
        found = self._flavors.get(type_name, name)
        if found is None:
            raise no_flavor(type_name, name, [*builtin, *self._custom_flavor_names(type_name)])
        return Flavor(type_name, name, found.config_schema, CUSTOM, "", found.source)

    def _custom_flavor_names(self, type_name: str) -> list[str]:
        names = select(models.Flavor.name).where(models.Flavor.component_type == type_name)
        return list(self._session.scalars(names))


def flavor_state(flavor: models.Flavor) -> State:
    """A custom flavor as the log has it."""
    return {
        "type": flavor.component_type,
        "name": flavor.name,
        "source": flavor.source,
        "schema": flavor.config_schema,
    }
