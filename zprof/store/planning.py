"""What makes a store's contents those of documents: all that would be done, decided before anything is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from zprof import paths
from zprof.component_types import BY_NAME
from zprof.contents.comparing import Difference, differences
from zprof.contents.reading import Documents
from zprof.contents.record import Contents, Key
from zprof.contents.sources import Place
from zprof.documents.shape import is_kept
from zprof.documents.strict_json import is_equal
from zprof.errors import InvalidConfig, InvalidInput, NotFound, Refused, SecretsMissing, StoresCoupled, ZprofError
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.flavors.config import aware
from zprof.records import Component, Config
from zprof.refusals import no_component, no_flavor
from zprof.store.fitting import check_fit
from zprof.store.stacks import check_is_complete

Given = Mapping[tuple[str, str, str], Any]
"""Secrets that somebody gave, by type, name and attribute, as they are to be stored."""


class Plan(NamedTuple):
    """What is to be done with a store."""

    steps: tuple[Difference, ...]
    staying: tuple[Difference, ...]
    """What the store has and the documents do not, which stays."""
    unchanged: int
    """How many things of the documents are as they say already."""
    before: Contents
    after: Contents
    """What the store holds when it is done."""


class Planning:
    """The making of a plan.

    Args:
        documents: what the store is to have.
        prune: whether what they do not have goes.
        secrets: the values of secrets that they leave out and the store does not have.
    """

    def __init__(self, documents: Documents, *, prune: bool = False, secrets: Given | None = None) -> None:
        self._documents = documents
        self._prune = prune
        self._secrets = secrets or {}
        self._secret_names: dict[Key, frozenset[str]] = {}
        self._checked: dict[Key, tuple[Component, Mapping[str, Any], dict[str, Any]]] = {}

    def plan(self, before: Contents) -> Plan:
        """The plan for a store that holds something.

        Raises:
            SecretsMissing: documents leave secrets out that neither the store has nor somebody gave.
            InvalidInput, NotFound, InvalidStack, StoresCoupled, Refused: what comes out would break a rule.
        """
        wanted = self._documents.contents
        flavors = {**({} if self._prune else before.flavors), **self._flavors(before)}
        self._check_no_secret_is_shown(before, flavors)
        components = self._components(before, flavors)
        stacks = {**({} if self._prune else before.stacks), **wanted.stacks}
        self._check_flavors_of(before, flavors, components)
        self._check_members(before, components)
        ties = self._ties(before, components)
        after = Contents(flavors, components, stacks, ties)
        check_stacks(before, after)
        steps = differences(before, after)
        things = len(wanted.flavors) + len(wanted.components) + len(wanted.stacks) + len(wanted.ties)
        done = sum(1 for step in steps if step.verb != "delete" and self._place(step.kind, step.name) is not None)
        return Plan(tuple(steps), tuple(staying(after, self._documents)), things - done, before, after)

    def missing_secrets(self, before: Contents) -> list[tuple[str, str, str]]:
        """The type, the name and the attribute of each secret that is left out and that nothing has.

        Raises:
            NotFound: a component has a flavor that is nowhere, so that nothing is known of its secrets.
        """
        flavors = {**before.flavors, **self._documents.contents.flavors}
        for component in self._documents.contents.components.values():
            self._flavor_of(component, flavors)
        return [
            (*key, attribute)
            for key, component in self._documents.contents.components.items()
            for attribute, value in component.config.items()
            if is_kept(value)
            and (*key, attribute) not in self._secrets
            and not self._keeps(before, component, attribute)
        ]

    def _place(self, kind: str, name: str) -> Place | None:
        return self._documents.places.get((kind, name))

    def _keeps(self, before: Contents, component: Component, attribute: str) -> bool:
        """Whether the store has what a marker stands for: of the same thing, attribute and flavor.

        It may be a reference by now, in whose place there was a secret when the document was written.
        """
        existing = before.components.get((component.type, component.name))
        return existing is not None and existing.flavor == component.flavor and attribute in existing.config

    def _flavors(self, before: Contents) -> dict[Key, Flavor]:
        """The flavors of the documents, those that are new here as registering them would store them.

        Raises:
            InvalidInput: a schema is none.
        """
        return {
            key: flavor._replace(schema=self._schema_to_store(flavor, before.flavors.get(key)))
            for key, flavor in self._documents.contents.flavors.items()
        }

    def _schema_to_store(self, flavor: Flavor, existing: Flavor | None) -> Mapping[str, Any]:
        if existing is not None and is_equal(existing.schema, flavor.schema):
            return existing.schema
        from zprof.flavors.custom import checked_schema  # with jsonschema-rs, which a plan without news does without

        try:
            schema = checked_schema(flavor.schema)
        except ZprofError as error:
            raise at(self._place("flavor", f"{flavor.component_type}/{flavor.name}"), error) from None
        return existing.schema if existing is not None and is_equal(existing.schema, schema) else schema

    def _check_no_secret_is_shown(self, before: Contents, flavors: Mapping[Key, Flavor]) -> None:
        """Refuse a schema by which a secret that stays would be none; before anything is said of its value.

        Raises:
            Refused: there is one.
        """
        changed = self._changed(before, flavors)
        for key, existing in before.components.items() if changed else ():
            flavor = changed.get((existing.type, existing.flavor))
            component = self._documents.contents.components.get(key, None if self._prune else existing)
            if flavor is None or component is None or component.flavor != flavor.name:
                continue
            known = before.flavors[existing.type, existing.flavor]
            shown = set(aware(known, existing.config).hiding()) - set(aware(flavor, existing.config).hiding())
            staying = [name for name in sorted(shown) if self._stays(component, existing, name)]
            if staying:
                raise Refused(
                    f"The flavor '{flavor.name}' would show {' and '.join(staying)} of the "
                    f"{BY_NAME[existing.type].noun} '{existing.name}', which is a secret now.",
                    "Nothing was changed. Give the flavor another name.",
                )

    def _stays(self, component: Component, existing: Component, attribute: str) -> bool:
        """Whether an attribute has the value that it had."""
        wanted = component.config.get(attribute)
        if is_kept(wanted):
            return (component.type, component.name, attribute) not in self._secrets
        return is_equal(wanted, existing.config[attribute])

    def _changed(self, before: Contents, flavors: Mapping[Key, Flavor]) -> dict[Key, Flavor]:
        """The flavors that are there, and get another schema."""
        return {
            key: flavors[key]
            for key, flavor in before.flavors.items()
            if key in flavors and flavors[key].schema is not flavor.schema
        }

    def _components(self, before: Contents, flavors: Mapping[Key, Flavor]) -> dict[Key, Component]:
        missing = self.missing_secrets(before)
        if missing:
            raise SecretsMissing([f"{of_type}/{name}.{attribute}" for of_type, name, attribute in missing])
        found = {} if self._prune else dict(before.components)
        for key, component in self._documents.contents.components.items():
            existing = before.components.get(key)
            config = self._with_secrets(before, component)
            if existing is None:
                found[key] = component._replace(config=self._to_store(component, config, flavors))
            elif existing.flavor == component.flavor and is_equal(dict(existing.config), config):
                found[key] = existing
            else:
                config = self._to_store(component, config, flavors)
                found[key] = existing._replace(flavor=component.flavor, config=config)
        return found

    def _with_secrets(self, before: Contents, component: Component) -> dict[str, Any]:
        """A config with the values that markers stand for; what is given wins over what is kept."""
        key = component.type, component.name
        return {
            name: value
            if not is_kept(value)
            else self._secrets[(*key, name)]
            if (*key, name) in self._secrets
            else before.components[key].config[name]
            for name, value in component.config.items()
        }

    def _to_store(self, component: Component, config: dict[str, Any], flavors: Mapping[Key, Flavor]) -> Config:
        """A config that keeps to its flavor's schema, as it is stored; kept, since a plan may be made twice."""
        from zprof.flavors.check import checked  # with jsonschema-rs, which a plan without news does without

        flavor = self._flavor_of(component, flavors)
        place = self._place("component", f"{component.type}/{component.name}")
        key = component.type, component.name
        seen = self._checked.get(key)
        if seen is None or seen[0].flavor != component.flavor or seen[1] != flavor.schema or seen[0].config != config:
            try:
                seen = component._replace(config=config), flavor.schema, checked(flavor, config)
            except InvalidConfig as error:
                raise at(place, error) from None
            self._checked[key] = seen
        return Config(seen[2], self._secrets_of(flavor))

    def _flavor_of(self, component: Component, flavors: Mapping[Key, Flavor]) -> Flavor:
        flavor = found_flavor(component, flavors)
        if flavor is None:
            place = self._place("component", f"{component.type}/{component.name}")
            raise at(place, no_flavor(component.type, component.flavor, known_flavors(component.type, flavors)))
        return flavor

    def _secrets_of(self, flavor: Flavor) -> frozenset[str]:
        """The secret attributes of a flavor, which many components have."""
        key = flavor.component_type, flavor.name
        if key not in self._secret_names:
            self._secret_names[key] = secret_attributes(flavor)
        return self._secret_names[key]

    def _check_flavors_of(
        self, before: Contents, flavors: Mapping[Key, Flavor], components: Mapping[Key, Component]
    ) -> None:
        """Refuse to take a flavor away that a component has, and a schema that one breaks which stays as it is."""
        changed = self._changed(before, flavors)
        if not changed and not self._prune:
            return
        from zprof.flavors.check import checked

        for key, component in components.items():
            of_flavor = component.type, component.flavor
            if of_flavor in before.flavors and of_flavor not in flavors:
                raise going(
                    f"{BY_NAME[component.type].noun} '{component.name}'", f"flavor '{component.flavor}'", component.type
                )
            if of_flavor in changed and component is before.components.get(key):
                try:
                    checked(changed[of_flavor], dict(component.config))
                except InvalidConfig as error:
                    error.message = f"The {BY_NAME[component.type].noun} '{component.name}': {error.message}"
                    raise at(self._place("flavor", "/".join(of_flavor)), error) from None

    def _check_members(self, before: Contents, components: Mapping[Key, Component]) -> None:
        """Refuse a stack of the documents with a component that is nowhere, or that would go."""
        for name, members in self._documents.contents.stacks.items():
            for type_name, component in members.items():
                if (type_name, component) in components:
                    continue
                if (type_name, component) in before.components:
                    raise going(f"stack '{name}'", f"{BY_NAME[type_name].noun} '{component}'", type_name)
                place = self._place("stack", name)
                place = place and place.within("components", type_name)
                among = [other for of_type, other in components if of_type == type_name]
                raise at(place, no_component(type_name, component, among))
            try:
                check_is_complete(name, members)
            except InvalidInput as error:
                raise at(self._place("stack", name), error) from None

    def _ties(self, before: Contents, components: Mapping[Key, Component]) -> frozenset[Key]:
        """The ties that come out.

        Where the documents list ties, these are all that their stores have, whatever their stacks pair: so an export
        comes back as it was, also where a tie was dropped. Where they list none, a stack that is new, or has another
        store than before, ties its two as registering it would.
        """
        wanted = self._documents.contents.ties
        for tie in wanted:
            for type_name, name in zip(("artifact_store", "metadata_store"), tie, strict=True):
                if (type_name, name) not in components:
                    among = [other for of_type, other in components if of_type == type_name]
                    raise at(self._place("tie", "/".join(tie)), no_component(type_name, name, among))
        firsts, seconds = ({tie[side] for tie in wanted} for side in (0, 1))
        kept = frozenset() if self._prune and self._documents.says_ties else before.ties
        ties = wanted | {
            tie
            for tie in kept
            if tie[0] not in firsts
            and tie[1] not in seconds
            and ("artifact_store", tie[0]) in components
            and ("metadata_store", tie[1]) in components
        }
        return ties if self._documents.says_ties else self._tied_by_stacks(before, ties)

    def _tied_by_stacks(self, before: Contents, ties: frozenset[Key]) -> frozenset[Key]:
        """Ties, and those of stacks that are new or have another store."""
        if paths.is_on(paths.IGNORE_STORE_COUPLINGS):
            return ties
        partners = {(side, tie[side]): tie for tie in ties for side in (0, 1)}
        for name, members in sorted(self._documents.contents.stacks.items()):
            pair = members["artifact_store"], members["metadata_store"]
            old = before.stacks.get(name, {})
            if pair == (old.get("artifact_store"), old.get("metadata_store")):
                continue
            others = {partners.setdefault(end, pair) for end in enumerate(pair)} - {pair}
            if others:
                error = StoresCoupled(name, sorted(others))
                error.hint = "Use the stores that belong together, or list the ties in the file, under `ties`."
                raise at(self._place("stack", name), error)
        return frozenset(partners.values())


def check_stacks(before: Contents, after: Contents) -> None:
    """Check each stack of which the composition or a component changes.

    Raises:
        InvalidStack: one would not fit together any more.
    """
    changed = {key for key, component in after.components.items() if before.components.get(key) is not component}
    for name, members in after.stacks.items():
        if before.stacks.get(name) != members or not changed.isdisjoint(members.items()):
            old = before.stacks.get(name, {})
            check_fit(
                name,
                {of_type: before.components[of_type, component] for of_type, component in old.items()},
                {of_type: after.components[of_type, component] for of_type, component in members.items()},
            )


def staying(after: Contents, documents: Documents) -> list[Difference]:
    """What a store has in the end that documents do not have."""
    wanted = documents.contents
    ties = after.ties if documents.says_ties else frozenset()
    extra = Contents(
        {key: each for key, each in after.flavors.items() if key not in wanted.flavors},
        {key: each for key, each in after.components.items() if key not in wanted.components},
        {key: each for key, each in after.stacks.items() if key not in wanted.stacks},
        frozenset(ties - wanted.ties),
    )
    return differences(extra, Contents())


def found_flavor(component: Component, flavors: Mapping[Key, Flavor]) -> Flavor | None:
    """A component's flavor, built-in or custom."""
    return builtin_flavors(component.type).get(component.flavor) or flavors.get((component.type, component.flavor))


def known_flavors(type_name: str, flavors: Mapping[Key, Flavor]) -> list[str]:
    """The names of the flavors of a type."""
    return [*builtin_flavors(type_name), *(name for of_type, name in flavors if of_type == type_name)]


def at(place: Place | None, error: ZprofError) -> ZprofError:
    """An error that says where it is in a document."""
    if place is not None:
        error.message = f"{place}: {error.message}"
        error.args = (error.message,)
    return error


def going(user: str, thing: str, type_name: str) -> NotFound | InvalidInput:
    """The error of a thing that --prune would delete and that something has."""
    return InvalidInput(
        f"The {user} uses the {thing}, which is not in the file and which --prune would delete.",
        f"Nothing was changed. Add the {thing} to the file, or drop --prune.",
    )
