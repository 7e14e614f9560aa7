"""Putting a stack that comes from elsewhere into a store: what is there already, and what to do where it differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from sqlalchemy import select

from zprof.component_types import component_type
from zprof.errors import Clashes, SecretsMissing
from zprof.flavors.catalog import Flavor
from zprof.records import Bundle, Component
from zprof.schema.models import store as models
from zprof.store.flavors import flavor_state
from zprof.store.stacks import StackChange
from zprof.store.steps import OnConflict, Step

Sameness = Callable[[str], bool | None]
"""Whether what is there under a name is the same; None if nothing is."""


class TransferChange(StackChange):
    """Putting stacks and components from elsewhere into a store."""

    def add_bundle(
        self, bundle: Bundle, name: str, *, on_conflict: OnConflict = "fail", decouple_stores: bool = False
    ) -> list[Step]:
        """Add a stack with its components and the custom flavors that they have; what was done, in order.

        What is there already and is the same is used. A secret that the bundle omits is kept where the store has a
        component of the name that has it.

        Raises:
            Clashes: names are taken by things that differ, all of them named, and `on_conflict` says to fail.
            SecretsMissing: the bundle omits secrets that the store doesn't have.
            InvalidInput, InvalidStack, StoresCoupled: as for registering each.
        """
        bundle = self._with_kept_secrets(bundle)
        flavor_names = {key: self._decide_flavor(flavor, on_conflict) for key, flavor in bundle.flavors.items()}
        components = {
            type_name: component._replace(
                flavor=flavor_names[type_name, component.flavor].name
                if (type_name, component.flavor) in flavor_names
                else component.flavor
            )
            for type_name, component in bundle.components.items()
        }
        coming = {
            (type_name, step.name): bundle.flavors[type_name, name]
            for (type_name, name), step in flavor_names.items()
            if step.verb != "use"
        }
        component_steps = {
            type_name: self._decide_component(component, coming, on_conflict)
            for type_name, component in components.items()
        }
        if on_conflict == "rename" and not decouple_stores:
            self._keep_partners(components, component_steps, coming)
        members = {type_name: step.name for type_name, step in component_steps.items()}
        stack = self._decide_stack(name, members, on_conflict)
        steps = [*flavor_names.values(), *component_steps.values(), stack]
        clashes = [step for step in steps if step.verb == "overwrite"]
        if clashes and on_conflict != "overwrite":
            # A stack alone can't be used as it is where it differs.
            choices = [choice for choice in get_args(OnConflict)[1:] if choice != on_conflict]
            raise Clashes([f"{step.kind} '{step.name}'" for step in clashes], choices)
        for key, step in flavor_names.items():
            self._carry_out_flavor(bundle.flavors[key], step)
        for type_name, step in component_steps.items():
            self._carry_out_component(components[type_name], step)
        for key, step in flavor_names.items():
            if step.verb == "overwrite":
                self._check_components_of(bundle.flavors[key], step.name)
        if stack.verb == "register":
            self.register_stack(stack.name, members, decouple_stores=decouple_stores)
        elif stack.verb == "overwrite":
            self.update_stack(stack.name, members, decouple_stores=decouple_stores)
            others = {member.component_type for member in self._stack(stack.name).members} - members.keys()
            self.remove_from_stack(stack.name, sorted(others))
        return steps

    def add_component(self, component: Component, name: str, flavor: Flavor | None) -> None:
        """Add a component from elsewhere under a name, with its flavor if that is a custom one.

        Raises:
            Clashes: the store has another flavor of that name.
            AlreadyExists, InvalidConfig: as for `register_component`.
        """
        if flavor is not None:
            step = self._decide_flavor(flavor, "fail")
            if step.verb == "overwrite":
                raise Clashes([f"{step.kind} '{step.name}'"])
            self._carry_out_flavor(flavor, step)
        self.register_component(component.type, name, component.flavor, component.config)

    def missing_secrets(self, bundle: Bundle) -> dict[str, tuple[str, ...]]:
        """By type, the secrets that the bundle omits and the store doesn't have."""
        return dict(self._kept_secrets(bundle).omitted_secrets)

    def _with_kept_secrets(self, bundle: Bundle) -> Bundle:
        kept = self._kept_secrets(bundle)
        if kept.omitted_secrets:
            raise SecretsMissing(
                [
                    f"{type_name}/{bundle.components[type_name].name}.{attribute}"
                    for type_name, attributes in kept.omitted_secrets.items()
                    for attribute in attributes
                ]
            )
        return kept

    def _kept_secrets(self, bundle: Bundle) -> Bundle:
        found: dict[tuple[str, str], str] = {}
        for type_name, attributes in bundle.omitted_secrets.items():
            existing = self._components.get(type_name, bundle.components[type_name].name)
            if existing is not None:
                found |= {(type_name, key): existing.config[key] for key in attributes if key in existing.config}
        return bundle.with_secrets(found)

    def _decide_flavor(self, flavor: Flavor, on_conflict: OnConflict) -> Step:
        def same(name: str) -> bool | None:
            existing = self._flavors.get(flavor.component_type, name)
            return None if existing is None else existing.config_schema == flavor.schema

        from zprof.flavors.custom import checked_schema

        step = decided(f"{component_type(flavor.component_type).noun} flavor", flavor.name, same, on_conflict)
        if step.verb != "use":
            checked_schema(flavor.schema)
        return step

    def _decide_component(
        self, component: Component, coming: Mapping[tuple[str, str], Flavor], on_conflict: OnConflict
    ) -> Step:
        same = self._sameness(component, coming)
        return decided(component_type(component.type).noun, component.name, same, on_conflict)

    def _sameness(self, component: Component, coming: Mapping[tuple[str, str], Flavor]) -> Sameness:
        # What would be stored is compared with what is: a rule may write a value in another way.
        flavor = coming.get((component.type, component.flavor)) or self._flavor(component.type, component.flavor)
        wanted = self._checked_config(flavor, component.config)

        def same(name: str) -> bool | None:
            existing = self._components.get(component.type, name)
            return None if existing is None else (existing.flavor, existing.config) == (component.flavor, wanted)

        return same

    def _keep_partners(
        self, components: Mapping[str, Component], steps: dict[str, Step], coming: Mapping[tuple[str, str], Flavor]
    ) -> None:
        """Let no new name part stores that belong together: where one of the two gets one, its partner needs one too.

        Args:
            steps: what is to be done with the component of each type; those of the stores are changed where need be.
        """
        for type_name, other in (("metadata_store", "artifact_store"), ("artifact_store", "metadata_store")):
            partner = self._partner(type_name, steps[type_name])
            if partner in (None, steps[other].name):
                continue
            same, kind = self._sameness(components[type_name], coming), steps[type_name].kind
            partner_of_other = self._partner(other, steps[other])
            if partner_of_other is not None and same(partner_of_other):
                steps[type_name] = Step("use", kind, partner_of_other)
            else:
                steps[type_name] = decided(kind, components[type_name].name, differing(same), "rename")

    def _partner(self, type_name: str, step: Step) -> str | None:
        """The name of the store that one which is used is tied to."""
        if step.verb != "use":
            return None
        store = self._component(type_name, step.name)
        for tie in self._ties_of(store, store):
            artifact_store, metadata_store = self._names(tie)
            return metadata_store if type_name == "artifact_store" else artifact_store
        return None

    def _decide_stack(self, name: str, members: Mapping[str, str], on_conflict: OnConflict) -> Step:
        def same(candidate: str) -> bool | None:
            stack = self._stacks.get(candidate)
            if stack is None:
                return None
            return {member.component_type: member.component.name for member in stack.members} == members

        # A stack that differs can't be used as it is: where others would be, it is a clash.
        return decided("stack", name, same, "fail" if on_conflict == "use-existing" else on_conflict)

    def _carry_out_flavor(self, flavor: Flavor, step: Step) -> None:
        from zprof.flavors.custom import checked_schema

        if step.verb == "register":
            self.register_flavor(flavor.component_type, step.name, checked_schema(flavor.schema), flavor.source)
        elif step.verb == "overwrite":
            existing = self._flavors.get(flavor.component_type, step.name)
            assert existing is not None
            before = flavor_state(existing)
            existing.config_schema, existing.source = checked_schema(flavor.schema), flavor.source
            self._log("flavor", f"{flavor.component_type}/{step.name}", before, flavor_state(existing))

    def _check_components_of(self, flavor: Flavor, name: str) -> None:
        """Refuse a flavor's new schema where a component that has the flavor, and stays as it is, breaks it."""
        of_type = select(models.Component).where(models.Component.type == flavor.component_type)
        for component in self._session.scalars(of_type.where(models.Component.flavor == name)):
            self._checked_config(flavor, component.config)

    def _carry_out_component(self, component: Component, step: Step) -> None:
        if step.verb == "register":
            self.register_component(component.type, step.name, component.flavor, component.config)
        elif step.verb == "overwrite":
            existing = self._components.get(component.type, step.name)
            assert existing is not None
            self._configure(existing, self._flavor(component.type, component.flavor), component.config)


def differing(same: Sameness) -> Sameness:
    """As if nothing that is there were the same."""
    return lambda name: None if same(name) is None else False


def decided(kind: str, name: str, same: Sameness, on_conflict: OnConflict) -> Step:
    """What to do with one thing; `overwrite` also stands for a clash that is not resolved."""
    found = same(name)
    if found is None:
        return Step("register", kind, name)
    if found or on_conflict == "use-existing":
        return Step("use", kind, name)
    if on_conflict != "rename":
        return Step("overwrite", kind, name)
    number = 2
    while True:
        suffix = f"-{number}"
        candidate = name[: 64 - len(suffix)] + suffix
        found = same(candidate)
        if found is not False:
            return Step("register" if found is None else "use", kind, candidate)
        number += 1
