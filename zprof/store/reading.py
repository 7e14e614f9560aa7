"""Reads of one thing by its name, of a store or within a change: each as it is stored, and as it is handed out."""

from __future__ import annotations

from zprof.component_types import component_type
from zprof.flavors.catalog import Flavor, builtin_flavors, types_with_flavor
from zprof.generated import statements as sql
from zprof.records import Component, Stack
from zprof.refusals import no_component, no_flavor, no_stack
from zprof.store.handing import components_handed_out
from zprof.store.rows import component_of, flavors_by_key, flavors_of, stack_of
from zprof.transaction import Asked, Call


def stored_stack(asked: Asked, name: str) -> Stack:
    """A stack as it is stored.

    Raises:
        NotFound: there is none of this name.
    """
    rows, members, custom = asked.ask(
        sql.STACK(stack=name), sql.STACK_COMPONENTS(stack=name), sql.FLAVORS_OF_STACK(stack=name)
    )
    if not rows:
        raise no_stack(name, names(asked, sql.STACK_NAMES()))
    return stack_of(rows[0], members, flavors_by_key(custom))


def stack(asked: Asked, name: str) -> Stack:
    """A stack with its components, what is left empty and means a place of their own being that place.

    Raises:
        NotFound: there is none of this name.
    """
    found = stored_stack(asked, name)
    components_handed_out(found.components.values(), found.flavors)
    return found


def stored_component(asked: Asked, type_name: str, name: str) -> tuple[Component, Flavor | None]:
    """A component as it is stored, and its flavor; None where that is gone.

    Raises:
        NotFound: there is none of this type and name, or no such type.
    """
    component_type(type_name)
    key = {"type": type_name, "name": name}
    rows, custom = asked.ask(sql.COMPONENT(**key), sql.FLAVOR_OF_COMPONENT(**key))
    if not rows:
        raise no_component(type_name, name, names(asked, sql.COMPONENT_NAMES(type=type_name)))
    found = component_of(rows[0])
    flavor = builtin_flavors(type_name).get(found.flavor) or flavors_of(custom).get(found.flavor)
    return found, flavor


def component(asked: Asked, type_name: str, name: str) -> Component:
    """A component, as in `stack`.

    Raises:
        NotFound: there is none of this type and name, or no such type.
    """
    found, flavor = stored_component(asked, type_name, name)
    components_handed_out([found], {} if flavor is None else {(type_name, flavor.name): flavor})
    return found


def flavor(asked: Asked, type_name: str, name: str) -> Flavor:
    """A flavor.

    Raises:
        NotFound: neither the catalog nor the store has it.
    """
    builtin = builtin_flavors(type_name)
    if name in builtin:
        return builtin[name]
    flavors = {**builtin, **flavors_of(asked.ask(sql.FLAVORS(type=type_name))[0])}
    if name not in flavors:
        raise no_flavor(type_name, name, flavors, of_types=types_with_flavor(name))
    return flavors[name]


def names(asked: Asked, call: Call) -> list[str]:
    """The one column of a read, as for an error that tells what there is."""
    return [name for (name, *_) in asked.ask(call)[0]]
