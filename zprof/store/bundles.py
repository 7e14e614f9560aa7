"""Putting a stack that comes from elsewhere into a store: what is there already, and what to do where it differs.

All is decided from one look at the store, and then done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from zprof.component_types import component_type
from zprof.errors import Clashes, Refused, SecretsMissing
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.flavors.config import aware, hidden_in_log
from zprof.generated import statements as sql
from zprof.names import checked_name
from zprof.printable import in_shell
from zprof.records import Bundle, Component, Stack
from zprof.store import components, flavors
from zprof.store.components import Checked, check, configure
from zprof.store.fitting import check_fit
from zprof.store.flavors import Key
from zprof.store.known import Known, candidates, numbered
from zprof.store.operation import Operation
from zprof.store.own_places import as_given
from zprof.store.rows import component_of
from zprof.store.stacks import check_is_complete
from zprof.store.stacks import state as stack_state
from zprof.store.steps import OnConflict, Step

Sameness = Callable[[str], bool | None]
"""Whether what is there under a name is the same; None if nothing is."""


class Coming:
    """A bundle on its way into a store: what is decided of it."""

    def __init__(self, operation: Operation, bundle: Bundle, name: str, on_conflict: OnConflict) -> None:
        bundle = bundle._replace(components={key: as_given(each) for key, each in bundle.components.items()})
        self._operation = operation
        self._on_conflict = on_conflict
        self.known = Known(operation)
        self._configs: dict[tuple[str, Key], Checked] = {}
        # What needs nothing of the store is checked before its turn is taken.
        for flavor in bundle.flavors.values():
            check_schema(flavor)
        for type_name, component in bundle.components.items():
            if not any(bundle.omitted_secrets.values()):
                self._check_early(bundle, type_name, component)
        several = on_conflict == "rename"
        self.known.look(
            [other for key in bundle.flavors for other in (candidates(key) if several else [key])]
            + [(type_name, component.flavor) for type_name, component in bundle.components.items()],
            [
                other
                for type_name, component in bundle.components.items()
                for other in (candidates((type_name, component.name)) if several else [(type_name, component.name)])
            ],
            [other for _, other in candidates(("", name))] if several else [name],
        )
        self.bundle = self._with_kept_secrets(bundle)

    def missing_secrets(self) -> dict[str, tuple[str, ...]]:
        """By type, the secrets that the bundle omits and the store doesn't have."""
        return dict(self.bundle.omitted_secrets)

    def _check_early(self, bundle: Bundle, type_name: str, component: Component) -> None:
        flavor = bundle.flavors.get((type_name, component.flavor))
        flavor = flavor or builtin_flavors(type_name).get(component.flavor)
        if flavor is not None:
            self._configs[type_name, (flavor.component_type, flavor.name)] = check(flavor, component.config)

    def _with_kept_secrets(self, bundle: Bundle) -> Bundle:
        found: dict[tuple[str, str], str] = {}
        for type_name, attributes in bundle.omitted_secrets.items():
            component = bundle.components[type_name]
            existing = self.known.component(type_name, component.name)
            if existing is None or existing.flavor != component.flavor:
                continue
            its_own = {key: existing.config[key] for key in attributes if key in existing.config}
            hidden = aware(self._coming_flavor(bundle, component), its_own).hiding()
            if self._on_conflict == "rename" and {**component.config, **its_own} != existing.config:
                continue  # what differs becomes another thing, and a secret stays with its own
            found |= {(type_name, key): its_own[key] for key in hidden}
        self._kept = {key: tuple(attribute for of_type, attribute in found if of_type == key) for key, _ in found}
        return bundle.with_secrets(found)

    def _coming_flavor(self, bundle: Bundle, component: Component) -> Flavor | None:
        """A component's flavor as the bundle has it, else as it is known here."""
        key = component.type, component.flavor
        return (
            bundle.flavors.get(key) or builtin_flavors(component.type).get(component.flavor) or self.known.flavor(key)
        )

    def add(self, name: str, *, decouple_stores: bool) -> list[Step]:
        """See `add_bundle`."""
        bundle, known = self.bundle, self.known
        self._check_secrets()
        flavor_steps = {key: self._decided_flavor(flavor) for key, flavor in bundle.flavors.items()}
        coming = {
            type_name: component._replace(flavor=flavor_steps[key].name if key in flavor_steps else component.flavor)
            for type_name, component in bundle.components.items()
            for key in [(type_name, component.flavor)]
        }
        self._flavors = {
            (type_name, step.name): bundle.flavors[type_name, old]
            for (type_name, old), step in flavor_steps.items()
            if step.verb != "use"
        }
        same = {type_name: self._sameness(component) for type_name, component in coming.items()}
        steps = {
            type_name: decided(component_type(type_name).noun, component.name, same[type_name], self._on_conflict)
            for type_name, component in coming.items()
        }
        if self._on_conflict == "rename" and not decouple_stores:
            self._keep_partners(coming, steps, same)
        steps = {type_name: step._replace(kept=self._kept.get(type_name, ())) for type_name, step in steps.items()}
        stack = self._decided_stack(name, {type_name: step.name for type_name, step in steps.items()})
        done = [*flavor_steps.values(), *steps.values(), stack]
        clashes = [step for step in done if step.verb == "overwrite"]
        if clashes and self._on_conflict != "overwrite":
            # A stack can't be used as it is where it differs.
            useless = {self._on_conflict, "use-existing" if stack in clashes else ""}
            choices = [choice for choice in get_args(OnConflict)[1:] if choice not in useless]
            raise Clashes([f"{step.kind} '{step.name}'" for step in clashes], choices)
        for key, step in flavor_steps.items():
            self.carry_out_flavor(bundle.flavors[key], step)
        for type_name, step in steps.items():
            self._carry_out_component(coming[type_name], step)
        for key, step in flavor_steps.items():
            if step.verb == "overwrite":
                self._check_components_of(bundle.flavors[key], step)
        if stack.verb != "use":
            members = {
                type_name: self._as_stored(component)._replace(name=steps[type_name].name)
                if steps[type_name].verb != "use"
                else self._existing(type_name, steps[type_name].name)
                for type_name, component in coming.items()
            }
            self._write_stack(stack.name, members, known.stack(stack.name), decouple_stores)
        return done

    def _check_secrets(self) -> None:
        """Refuse a bundle of which secrets are missing.

        Raises:
            SecretsMissing: they are.
        """
        if self.bundle.omitted_secrets:
            raise SecretsMissing(
                [
                    f"{type_name}/{self.bundle.components[type_name].name}.{attribute}"
                    for type_name, attributes in self.bundle.omitted_secrets.items()
                    for attribute in attributes
                ]
            )

    def _existing(self, type_name: str, name: str) -> Component:
        found = self.known.component(type_name, name)
        assert found is not None
        return found

    def _decided_flavor(self, flavor: Flavor) -> Step:
        return decided_flavor(self.known, flavor, self._on_conflict)

    def _flavor_of(self, component: Component) -> Flavor:
        key = component.type, component.flavor
        if key in self._flavors:
            return self._flavors[key]
        custom = self.known.flavor(key) if component.flavor not in builtin_flavors(component.type) else None
        return flavors.found(self._operation, key, {} if custom is None else {key: custom})

    def _as_stored(self, component: Component) -> Component:
        """What would be stored is compared with what is: a rule may write a value in another way."""
        flavor = self._flavor_of(component)
        key = component.type, (flavor.component_type, flavor.name)
        early = self._configs.get(key)
        if early is None or early.given != component.config or early.schema != flavor.schema:
            early = self._configs[key] = check(flavor, component.config)
        return component._replace(config=early.to_store)

    def _sameness(self, component: Component) -> Sameness:
        wanted = self._as_stored(component)

        def same(name: str) -> bool | None:
            found = self.known.component(component.type, name)
            return None if found is None else (found.flavor, found.config) == (wanted.flavor, wanted.config)

        return same

    def _keep_partners(
        self, coming: Mapping[str, Component], steps: dict[str, Step], same: Mapping[str, Sameness]
    ) -> None:
        """Let no new name part stores that belong together: where one of the two gets one, its partner needs one too.

        Args:
            steps: what is to be done with the component of each type; those of the stores are changed where need be.
        """
        for type_name, other in (("metadata_store", "artifact_store"), ("artifact_store", "metadata_store")):
            partner = self._partner(type_name, steps[type_name])
            if partner in (None, steps[other].name):
                continue
            partner_of_other = self._partner(other, steps[other])
            if partner_of_other is not None and same[type_name](partner_of_other):
                steps[type_name] = Step("use", steps[type_name].kind, partner_of_other)
            else:
                differing = as_if_differing(same[type_name])
                steps[type_name] = decided(steps[type_name].kind, coming[type_name].name, differing, "rename")

    def _partner(self, type_name: str, step: Step) -> str | None:
        """The name of the store that one which is used is tied to."""
        if step.verb != "use":
            return None
        self.known.component(type_name, step.name)
        return self.known.ties.partner(type_name, step.name)

    def _decided_stack(self, name: str, members: Mapping[str, str]) -> Step:
        def same(candidate: str) -> bool | None:
            found = self.known.stack(candidate)
            if found is None:
                return None
            return {type_name: member.name for type_name, member in found.components.items()} == members

        # A stack that differs can't be used as it is: where others would be, it is a clash.
        return decided("stack", name, same, "fail" if self._on_conflict == "use-existing" else self._on_conflict)

    def carry_out_flavor(self, flavor: Flavor, step: Step) -> None:
        """Register a flavor, or give the one that is there another schema."""
        from zprof.flavors.custom import checked_schema

        if step.verb == "use":
            return
        checked_name(step.kind, step.name)
        wanted = flavors.state(flavor._replace(name=step.name, schema=checked_schema(flavor.schema)))
        if step.verb == "register":
            self._operation.change("flavor", (None, wanted))
            return
        key = flavor.component_type, step.name
        existing = self.known.flavor(key)
        assert existing is not None
        before = {**flavors.state(existing), "created_at": self.known.made_at(key)}
        self._operation.change("flavor", (before, wanted))

    def _check_components_of(self, flavor: Flavor, step: Step) -> None:
        """Refuse a flavor's new schema where a component that has the flavor, and stays as it is, does not go with it.

        Raises:
            InvalidConfig: it breaks the schema.
            Refused: it has a secret that would be none any more, and be shown.
        """
        before = self.known.flavor((flavor.component_type, step.name))
        coming = self.bundle.components.get(flavor.component_type)
        rows = self._operation.ask(sql.COMPONENTS_WITH_FLAVOR(type=flavor.component_type, flavor=step.name))[0]
        for component in map(component_of, rows):
            check(flavor, component.config)
            shown = set(aware(before, component.config).hiding()) - set(aware(flavor, component.config).hiding())
            if shown and (coming is None or coming.name != component.name):
                noun = component_type(flavor.component_type).noun
                raise Refused(
                    f"The {step.kind} '{step.name}' would show {' and '.join(sorted(shown))} of the {noun} "
                    f"'{component.name}', which is a secret now.",
                    "Nothing was changed. Import it with --on-conflict rename.",
                )

    def _carry_out_component(self, component: Component, step: Step) -> None:
        if step.verb == "use":
            return
        checked_name(step.kind, step.name)
        flavor, wanted = self._flavor_of(component), self._as_stored(component)
        if step.verb == "register":
            state = components.new_state(wanted._replace(name=step.name))
            self._operation.change("component", (None, state), secrets=hidden_in_log(flavor))
            return
        existing = self._existing(component.type, step.name)
        key = {"type": component.type, "name": step.name}
        members = self._operation.ask(sql.MEMBERS_BESIDE_COMPONENT(**key))[0]
        configure(self._operation, existing, flavor._replace(name=component.flavor), dict(wanted.config), members)

    def _write_stack(
        self, name: str, members: Mapping[str, Component], before: Stack | None, decouple_stores: bool
    ) -> None:
        checked_name("stack", name)
        check_is_complete(name, members)
        check_fit(name, {} if before is None else before.components, members)
        pair = members["artifact_store"].name, members["metadata_store"].name
        if not decouple_stores:
            self.known.ties.check_no_others(name, pair)
        self.known.ties.tie(self._operation, pair)
        old = None if before is None else stack_state(before)
        self._operation.change("stack", (old, stack_state(Stack(name, members, "", "", 0))))


def add_bundle(
    operation: Operation,
    bundle: Bundle,
    name: str,
    *,
    on_conflict: OnConflict = "fail",
    decouple_stores: bool = False,
) -> list[Step]:
    """Add a stack with its components and the custom flavors that they have; what was done, in order.

    What is there already and is the same is used. A secret that the bundle omits is kept where the store has a
    component of the name that has it.

    Raises:
        Clashes: names are taken by things that differ, all of them named, and `on_conflict` says to fail.
        SecretsMissing: the bundle omits secrets that the store doesn't have.
        InvalidInput, InvalidStack, StoresCoupled: as for registering each.
    """
    return Coming(operation, bundle, name, on_conflict).add(name, decouple_stores=decouple_stores)


def add_component(operation: Operation, component: Component, name: str, flavor: Flavor | None) -> None:
    """Add a component from elsewhere under a name, with its flavor if that is a custom one.

    Raises:
        Clashes: the store has another flavor of that name.
        AlreadyExists, InvalidConfig: as for `register_component`.
    """
    if flavor is not None:
        coming = Coming(operation, Bundle(name, {}, {(flavor.component_type, flavor.name): flavor}), name, "fail")
        step = decided_flavor(coming.known, flavor, "fail")
        if step.verb == "overwrite":
            command = component_type(flavor.component_type).command
            raise Clashes(
                [f"{step.kind} '{step.name}'"],
                hint="Nothing was changed. Delete it there if it is not used, with "
                f"`zprof {command} flavor delete {in_shell(flavor.name)}`, or copy a stack, which takes --on-conflict.",
            )
        coming.carry_out_flavor(flavor, step)
    components.register_component(operation, component.type, name, component.flavor, as_given(component).config)


def missing_secrets(operation: Operation, bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """By type, the secrets that the bundle omits and the store doesn't have."""
    return Coming(operation, bundle, bundle.name, "fail").missing_secrets()


def check_schema(flavor: Flavor) -> None:
    """Refuse a flavor whose schema is none.

    Raises:
        InvalidInput: it is none.
    """
    from zprof.flavors.custom import checked_schema

    checked_schema(flavor.schema)


def decided_flavor(known: Known, flavor: Flavor, on_conflict: OnConflict) -> Step:
    """What to do with a custom flavor."""

    def same(name: str) -> bool | None:
        existing = known.flavor((flavor.component_type, name))
        return None if existing is None else existing.schema == flavor.schema

    return decided(f"{component_type(flavor.component_type).noun} flavor", flavor.name, same, on_conflict)


def as_if_differing(same: Sameness) -> Sameness:
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
        candidate = numbered(name, number)
        found = same(candidate)
        if found is not False:
            return Step("register" if found is None else "use", kind, candidate)
        number += 1
