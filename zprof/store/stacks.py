"""A store's stacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from zprof.component_types import MANDATORY, component_type
from zprof.errors import AlreadyExists, InvalidInput, Outdated
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.names import checked_name
from zprof.printable import in_shell
from zprof.records import Component, Stack
from zprof.refusals import no_component, no_stack, not_in_stack
from zprof.store import ties
from zprof.store.components import remove
from zprof.store.fitting import check_fit
from zprof.store.operation import Operation
from zprof.store.rows import component_of, stack_of
from zprof.store.ties import STORES, Ties
from zprof.transaction import Call, Row

Members = Mapping[str, Component]
"""The components of a stack, by type."""


def state(stack: Stack) -> State:
    """A stack as the log has it."""
    stated: State = {
        "name": stack.name,
        "components": {type_name: member.name for type_name, member in stack.components.items()},
    }
    if stack.revision:
        stated |= {"revision": stack.revision, "created_at": stack.created_at}
    return stated


def questions(chosen: Iterable[Mapping[str, str]]) -> dict[str, Call]:
    """What is asked about components, by type: one question for each type that is chosen from."""
    names: dict[str, set[str]] = {}
    for components in chosen:
        for type_name, name in components.items():
            names.setdefault(component_type(type_name).name, set()).add(name)
    return {
        type_name: sql.COMPONENTS_NAMED(type=type_name, names=as_json(sorted(found)))
        for type_name, found in names.items()
    }


def register_stack(
    operation: Operation, name: str, components: Mapping[str, str], *, decouple_stores: bool = False
) -> None:
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
    register_stacks(operation, {name: components}, decouple_stores=decouple_stores)


def register_stacks(
    operation: Operation, stacks: Mapping[str, Mapping[str, str]], *, decouple_stores: bool = False
) -> None:
    """Add many stacks, and tie the stores of each.

    Args:
        stacks: by name, from type to the name of a component.

    Raises:
        AlreadyExists, NotFound, InvalidInput, InvalidStack, StoresCoupled: as for `register_stack`.
    """
    for name in stacks:
        checked_name("stack", name)
    asked = questions(stacks.values())
    pairs = {
        type_name: [chosen[type_name] for chosen in stacks.values() if type_name in chosen] for type_name in STORES
    }
    taken, *answers = operation.ask(
        sql.STACK_NAMES_TAKEN(names=as_json(sorted(stacks))), *asked.values(), *ties.questions(pairs)
    )
    for (name,) in taken:
        raise AlreadyExists("stack", name)
    for name, chosen in stacks.items():
        check_is_complete(name, chosen)
    known = {type_name: by_name(rows) for type_name, rows in zip(asked, answers, strict=False)}
    tied = Ties.of(answers[len(asked) :])
    new: list[tuple[None, State]] = []
    for name, chosen in stacks.items():
        members = chosen_members(operation, chosen, known)
        check_fit(name, {}, members, chosen)
        wanted = chosen["artifact_store"], chosen["metadata_store"]
        if not decouple_stores:
            tied.check_no_others(name, wanted)
        tied.tie(operation, wanted)
        new.append((None, state(Stack(name, members, "", "", 0))))
    operation.change("stack", *new)


def check_is_complete(name: str, components: Collection[str]) -> None:
    """Refuse a stack without a component of each mandatory type.

    Raises:
        InvalidInput: one is missing.
    """
    missing = [component_type(type_name).noun for type_name in MANDATORY if type_name not in components]
    if missing:
        raise InvalidInput(
            f"The stack '{name}' would have no {' and no '.join(missing)}.",
            "A stack needs an orchestrator (-o), an artifact store (-a) and a metadata store (-m).",
        )


def update_stack(
    operation: Operation,
    name: str,
    components: Mapping[str, str],
    *,
    decouple_stores: bool = False,
    if_revision: int | None = None,
) -> None:
    """Put components into a stack, each in place of the one of its type; the others stay.

    Args:
        decouple_stores: whether its two stores may leave the partners that they had, be they put in now or before.
        if_revision: the revision that it was seen at, and must be at still.

    Raises:
        NotFound: there is no such stack, type or component.
        Outdated: it is at another revision.
        InvalidStack, StoresCoupled: as for `register_stack`.
    """
    asked = questions([components])
    rows, members, *answers = operation.ask(sql.STACK(stack=name), sql.STACK_COMPONENTS(stack=name), *asked.values())
    stack = existing(operation, rows, members, name, if_revision)
    known = {type_name: by_name(found) for type_name, found in zip(asked, answers, strict=True)}
    wanted = {**stack.components, **chosen_members(operation, components, known)}
    check_fit(name, stack.components, wanted, components)
    if decouple_stores or not STORES.isdisjoint(components):
        pair = wanted["artifact_store"].name, wanted["metadata_store"].name
        tied = Ties.of(operation.ask(*ties.questions({"artifact_store": pair[:1], "metadata_store": pair[1:]})))
        if not decouple_stores:
            tied.check_no_others(name, pair)
        tied.tie(operation, pair)
    operation.change("stack", (state(stack), state(stack._replace(components=wanted))))


def remove_from_stack(
    operation: Operation,
    name: str,
    types: Collection[str],
    *,
    may_lack: bool = False,
    if_revision: int | None = None,
) -> list[str]:
    """Take the components of some types out of a stack; the types of which it has none.

    Args:
        may_lack: whether there may be such types.

    Raises:
        NotFound: there is no such stack or type.
        NothingActive: the stack has no component of a type, and must have one.
        InvalidInput: the type is one that each stack must have.
        InvalidStack: what is left does not fit together.
        Outdated: as for `update_stack`.
    """
    stack = asked_for(operation, name, if_revision)
    for type_name in types:
        definition = component_type(type_name)
        if definition.is_mandatory:
            raise InvalidInput(
                f"A stack must have {definition.with_article}.",
                f"Replace it with another one: `zprof stack update {in_shell(name)} {definition.option} NAME`.",
            )
        if type_name not in stack.components and not may_lack:
            raise not_in_stack(type_name, name)
    left = {key: member for key, member in stack.components.items() if key not in types}
    check_fit(name, stack.components, left, {})
    operation.change("stack", (state(stack), state(stack._replace(components=left))))
    return [type_name for type_name in types if type_name not in stack.components]


def rename_stack(operation: Operation, name: str, new_name: str, *, if_revision: int | None = None) -> None:
    """Give a stack another name.

    Raises:
        NotFound, AlreadyExists, InvalidName: as for `register_stack`.
        Outdated: as for `update_stack`.
    """
    rows, members, taken = operation.ask(
        sql.STACK(stack=name), sql.STACK_COMPONENTS(stack=name), sql.STACK(stack=new_name)
    )
    stack = existing(operation, rows, members, name, if_revision)
    checked_name("stack", new_name)
    if taken:
        raise AlreadyExists("stack", new_name)
    operation.change("stack", (state(stack), state(stack._replace(name=new_name))))


def delete_stack(
    operation: Operation, name: str, *, with_components: bool = False, if_revision: int | None = None
) -> list[tuple[str, str]]:
    """Remove a stack, and with it, if asked to, those of its components that no other stack uses.

    Returns:
        The types and names of the components that went.

    Raises:
        NotFound: there is no such stack.
        Outdated: as for `update_stack`.
    """
    rows, members, *used = operation.ask(
        sql.STACK(stack=name),
        sql.STACK_COMPONENTS(stack=name),
        *([sql.MEMBERS_USED_ELSEWHERE(stack=name)] if with_components else []),
    )
    stack = existing(operation, rows, members, name, if_revision)
    operation.change("stack", (state(stack), None))
    if not with_components:
        return []
    going = [member for member in stack.components.values() if (member.type, member.name) not in used[0]]
    asked = ties.questions({member.type: [member.name] for member in going})
    remove(operation, going, Ties.of(operation.ask(*asked)))
    return [(member.type, member.name) for member in going]


def by_name(rows: Iterable[Row]) -> dict[str, Component]:
    """The components in rows of one type, by name."""
    return {component.name: component for component in map(component_of, rows)}


def chosen_members(
    operation: Operation, chosen: Mapping[str, str], known: Mapping[str, Mapping[str, Component]]
) -> dict[str, Component]:
    """The components that are chosen by name, by type.

    Args:
        known: those that were found, by type and name.

    Raises:
        NotFound: one is missing.
    """
    for type_name, name in chosen.items():
        if name not in known[type_name]:
            raise no_component(type_name, name, operation.names(sql.COMPONENT_NAMES(type=type_name)))
    return {type_name: known[type_name][name] for type_name, name in chosen.items()}


def asked_for(operation: Operation, name: str, if_revision: int | None = None) -> Stack:
    """A stack within a change.

    Raises:
        NotFound: there is none of this name.
        Outdated: it is at another revision.
    """
    rows, members = operation.ask(sql.STACK(stack=name), sql.STACK_COMPONENTS(stack=name))
    return existing(operation, rows, members, name, if_revision)


def existing(
    operation: Operation, rows: list[Row], members: list[Row], name: str, if_revision: int | None = None
) -> Stack:
    """The stack in the rows of a question by its name, as for `asked_for`."""
    if not rows:
        raise no_stack(name, operation.names(sql.STACK_NAMES()))
    stack = stack_of(rows[0], members)
    if if_revision is not None and if_revision != stack.revision:
        raise Outdated("stack", name, if_revision, stack.revision, "stack")
    return stack
