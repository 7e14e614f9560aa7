"""A store's components."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from zprof.component_types import component_type
from zprof.errors import AlreadyExists, Busy, Outdated
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.flavors.config import hidden_in_log
from zprof.flavors.properties import properties
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.names import checked_name
from zprof.records import Component
from zprof.refusals import attribute_not_set, component_in_use, no_attribute, no_component
from zprof.store import flavors, ties
from zprof.store.fitting import check_stacks_fit_with
from zprof.store.operation import Operation
from zprof.store.own_places import as_given
from zprof.store.rows import component_of, flavor_of
from zprof.transaction import Row


class Checked(NamedTuple):
    """A config that was found to keep to its flavor's schema before the store's turn was taken."""

    schema: Mapping[str, Any]
    """By which it was checked."""
    given: Mapping[str, Any]
    to_store: dict[str, Any]


class Moved(Busy):
    """What was looked at before a change began is another now: to be looked at once more."""

    def __init__(self, flavor: str) -> None:
        super().__init__(f"Somebody else has just changed the flavor '{flavor}'.", "Try again.")


def state(component: Component) -> State:
    """A component as the log has it."""
    stated: State = {
        "type": component.type,
        "name": component.name,
        "flavor": component.flavor,
        "config": dict(component.config),
    }
    if component.revision:
        stated |= {"revision": component.revision, "created_at": component.created_at, "place": component.place}
    return stated


def new_state(component: Component) -> State:
    """A component as the log has it where it is made, also by what is known of another one: its place is its own."""
    return state(component._replace(revision=0))


def check(flavor: Flavor, config: Mapping[str, Any]) -> Checked:
    """Check a config before a change: within one, a custom flavor's schema would be checked while others wait.

    Raises:
        InvalidConfig: the config breaks the flavor's schema.
    """
    from zprof.flavors.check import checked  # with jsonschema-rs, which most commands do without

    return Checked(flavor.schema, config, checked(flavor, config))


def stored_config(flavor: Flavor, config: Mapping[str, Any], before: Checked | None) -> dict[str, Any]:
    """The config to store.

    Args:
        before: what a check before the change found.

    Raises:
        InvalidConfig: the config breaks the flavor's schema.
        Moved: it was checked by another schema, or another config was checked.
    """
    if before is None:
        return check(flavor, config).to_store
    if before.schema != flavor.schema or before.given != config:
        raise Moved(flavor.name)
    return before.to_store


def register_component(
    operation: Operation,
    type_name: str,
    name: str,
    flavor: str,
    config: Mapping[str, Any],
    *,
    checked: Checked | None = None,
) -> None:
    """Add a component.

    Args:
        checked: what `check` found before the change began.

    Raises:
        AlreadyExists: there is one of this type and name.
        NotFound: there is no such type or flavor.
        InvalidConfig: the config breaks the flavor's schema.
        InvalidName: the name is not one.
    """
    _register(operation, [Component(type_name, name, flavor, config)], checked)


def register_components(operation: Operation, components: Iterable[Component]) -> None:
    """Add many components; of each, its type, name, flavor and config count.

    Raises:
        AlreadyExists, NotFound, InvalidConfig, InvalidName: as for `register_component`.
    """
    _register(operation, [as_given(component) for component in components], None)


def _register(operation: Operation, components: list[Component], checked: Checked | None) -> None:
    names: dict[str, set[str]] = {}
    configs: dict[tuple[str, str], dict[str, Any]] = {}
    for component in components:
        noun = component_type(component.type).noun
        checked_name(noun, component.name)
        of_type = names.setdefault(component.type, set())
        builtin = builtin_flavors(component.type).get(component.flavor)
        if builtin is not None:  # which needs no turn
            configs[component.type, component.name] = stored_config(builtin, component.config, checked)
        if component.name in of_type:
            raise AlreadyExists(noun, component.name)
        of_type.add(component.name)
    wanted = flavors.questions({(component.type, component.flavor) for component in components})
    taken = [sql.COMPONENT_NAMES_TAKEN(type=type_name, names=as_json(sorted(names[type_name]))) for type_name in names]
    answers = operation.ask(*wanted, *taken)
    custom = {(row[0], row[1]): flavor_of(row) for rows in answers[: len(wanted)] for row in rows}
    hidden: dict[tuple[str, str], frozenset[str]] = {}
    for component in components:
        key = component.type, component.flavor
        if key not in hidden:
            hidden[key] = hidden_in_log(flavors.found(operation, key, custom))
        if (component.type, component.name) not in configs:
            config = stored_config(custom[key], component.config, checked)
            configs[component.type, component.name] = config
    for type_name, rows in zip(names, answers[len(wanted) :], strict=True):
        for (name,) in rows:
            raise AlreadyExists(component_type(type_name).noun, name)
    for key in hidden:
        coming = [component for component in components if (component.type, component.flavor) == key]
        pairs = [
            (None, new_state(component._replace(config=configs[component.type, component.name])))
            for component in coming
        ]
        operation.change("component", *pairs, secrets=hidden[key])


def update_component(
    operation: Operation,
    type_name: str,
    name: str,
    given: Mapping[str, Any],
    without: Collection[str] = (),
    *,
    if_revision: int | None = None,
    checked: Checked | None = None,
) -> None:
    """Set attributes of a component, and remove others; the rest stays as it is. No change leaves no log.

    Args:
        if_revision: the revision that it was seen at, and must be at still.
        checked: what `check` found before the change began, of the whole config that comes out.

    Raises:
        NotFound: there is no such component, or it has no such attribute to remove.
        Outdated: it is at another revision.
        InvalidConfig: what comes out breaks the flavor's schema.
        InvalidStack: a stack that it is in would not fit together any more.
    """
    component_type(type_name)
    key = {"type": type_name, "name": name}
    rows, custom, members = operation.ask(
        sql.COMPONENT(**key), sql.FLAVOR_OF_COMPONENT(**key), sql.MEMBERS_BESIDE_COMPONENT(**key)
    )
    component = existing(operation, rows, type_name, name, if_revision)
    flavor = flavors.found(
        operation, (type_name, component.flavor), {(row[0], row[1]): flavor_of(row) for row in custom}
    )
    config = updated(component, flavor, given, without)
    configure(operation, component, flavor, stored_config(flavor, config, checked), members)


def updated(
    component: Component, flavor: Flavor, given: Mapping[str, Any], without: Collection[str] = ()
) -> dict[str, Any]:
    """The config that an update makes.

    Raises:
        NotFound: there is no such attribute to remove.
    """
    for attribute in without:
        if attribute not in component.config:
            if attribute in properties(flavor.schema):
                raise attribute_not_set(component.type, component.name, attribute)
            raise no_attribute(component.type, component.name, attribute, component.config)
    return {**{key: value for key, value in component.config.items() if key not in without}, **given}


def configure(
    operation: Operation, component: Component, flavor: Flavor, config: dict[str, Any], members: Iterable[Row]
) -> None:
    """Give a component another config, and maybe another flavor, unless that breaks a stack that it is in.

    Args:
        config: one that was checked.
        members: rows of MEMBERS_BESIDE_COMPONENT.

    Raises:
        InvalidStack: it does.
    """
    after = component._replace(flavor=flavor.name, config=config)
    check_stacks_fit_with(after, [(row[0], component_of(row[1:])) for row in members])
    operation.change("component", (state(component), state(after)), secrets=hidden_in_log(flavor))


def rename_component(
    operation: Operation, type_name: str, name: str, new_name: str, *, if_revision: int | None = None
) -> None:
    """Give a component another name; the stacks that it is in follow.

    Raises:
        NotFound, AlreadyExists, InvalidName: as for `register_component`.
        Outdated: as for `update_component`.
    """
    noun = component_type(type_name).noun
    rows, taken = operation.ask(sql.COMPONENT(type=type_name, name=name), sql.COMPONENT(type=type_name, name=new_name))
    component = existing(operation, rows, type_name, name, if_revision)
    checked_name(noun, new_name)
    if taken:
        raise AlreadyExists(noun, new_name)
    operation.change("component", (state(component), state(component._replace(name=new_name))))


def delete_component(operation: Operation, type_name: str, name: str, *, if_revision: int | None = None) -> None:
    """Remove a component that no stack uses.

    Raises:
        NotFound: there is no such component.
        Outdated: as for `update_component`.
        InUse: it is part of a stack.
    """
    component_type(type_name)
    rows, used_by, *tied = operation.ask(
        sql.COMPONENT(type=type_name, name=name),
        sql.STACKS_WITH_COMPONENT(type=type_name, name=name),
        *ties.questions({type_name: [name]}),
    )
    component = existing(operation, rows, type_name, name, if_revision)
    if used_by:
        raise component_in_use(type_name, name, [stack for (stack,) in used_by])
    remove(operation, [component], ties.Ties.of(tied))


def remove(operation: Operation, components: Collection[Component], tied: ties.Ties) -> None:
    """Remove components that are in no stack, their ties before them, with which the database would take them away."""
    for component in components:
        tied.drop_all_of(operation, component)
    operation.change("component", *((state(component), None) for component in components))


def existing(
    operation: Operation, rows: list[Row], type_name: str, name: str, if_revision: int | None = None
) -> Component:
    """The component in the rows of a question by its key.

    Raises:
        NotFound: there is none.
        Outdated: it is at another revision.
    """
    if not rows:
        raise no_component(type_name, name, operation.names(sql.COMPONENT_NAMES(type=type_name)))
    component = component_of(rows[0])
    if if_revision is not None and if_revision != component.revision:
        definition = component_type(type_name)
        raise Outdated(definition.noun, name, if_revision, component.revision, definition.command)
    return component
