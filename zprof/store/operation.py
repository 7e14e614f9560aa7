"""One operation of the log: the one way in which things in a store are written, each with what it was and is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

from zprof.caller import Caller
from zprof.documents.strict_json import is_equal
from zprof.generated import statements as sql
from zprof.history.log import Log, State, as_json
from zprof.records import new_place
from zprof.transaction import Call, Row, Transaction

if TYPE_CHECKING:
    from zprof.history.standing import Step

Kind = Literal["component", "flavor", "stack", "association"]
Pair: TypeAlias = tuple[State | None, State | None]
"""A thing before and after; None where it is not there."""

COUNTED = ("component", "stack")
"""The kinds of thing that have a revision."""


class Operation:
    """All that one transaction changes in a store: written together with its log, or not at all."""

    def __init__(self, transaction: Transaction, caller: Caller, operation_id: str | None = None) -> None:
        self._transaction = transaction
        self._log = Log(transaction, caller, operation_id)
        self.now = self._log.now
        self.dropped_ties: list[tuple[str, str]] = []
        """The artifact store and the metadata store of each tie that made way for another."""

    def ask(self, *calls: Call) -> list[list[Row]]:
        """The rows of each read; what this operation has written so far is seen."""
        return self._transaction.ask(*calls)

    def names(self, call: Call) -> list[str]:
        """The one column of a read, as for an error that tells what there is."""
        return [name for (name, *_) in self.ask(call)[0]]

    def change(self, kind: Kind, *pairs: Pair, secrets: Collection[str] = ()) -> None:
        """Write things as they become, and the log of it; what stays the same leaves no trace.

        Args:
            pairs: all of one kind.
            secrets: the attributes whose values the command line in the log must not show.
        """
        changed = [self._completed(kind, *pair) for pair in pairs if not is_same(*pair)]
        if changed:
            WRITERS[kind](self._transaction, changed, self.now)
            for before, after in changed:
                name, new_name = (None if state is None else entity_name(kind, state) for state in (before, after))
                self._log.add(kind, name or str(new_name), before, after, new_name=new_name, secrets=secrets)

    @property
    def id(self) -> str:
        """What the log knows it by: 32 random hexadecimal digits."""
        return self._log.id

    def finish(self) -> bool:
        """Write the log; whether that ends the line of redo."""
        return self._log.finish()

    def finish_as_floor(self) -> None:
        """Write the log of the making of a store, below which undo does not go."""
        self._log.finish_as_floor()

    def finish_as_step(self, step: Step) -> None:
        """Write the log of an undo or a redo."""
        self._log.finish_as_step(step)

    def _completed(self, kind: Kind, before: State | None, after: State | None) -> Pair:
        if after is not None and kind in COUNTED:
            # What is made again, or gets back a name, goes on counting from what had the name before.
            known = max(state.get("revision", 0) for state in (before, after) if state is not None)
            made = {"created_at": self.now} | ({"place": new_place()} if kind == "component" else {})
            after = {**made, **(before or {}), **after, "revision": known + 1}
        elif after is not None and kind == "flavor":
            after = {"created_at": self.now, **(before or {}), **after}
        return before, after


def is_same(before: State | None, after: State | None) -> bool:
    """Whether a thing stays as it is; how often it was changed and when it was made do not count."""
    if before is None or after is None:
        return before is after
    return all(
        is_equal(before.get(key), value) for key, value in after.items() if key not in ("revision", "created_at")
    )


def entity_name(kind: Kind, state: State) -> str:
    """A thing's name in the log: `prod`, `artifact_store/s3`, `ARTIFACT_STORE/METADATA_STORE` for a tie."""
    if kind == "stack":
        return str(state["name"])
    if kind == "association":
        return f"{state['artifact_store']}/{state['metadata_store']}"
    return f"{state['type']}/{state['name']}"


Writer = Callable[[Transaction, list[Pair], str], None]


def write_components(transaction: Transaction, pairs: Iterable[Pair], moment: str) -> None:
    """Add, change and remove components; removed ones are in no stack and no tie any more."""
    for before, after in pairs:
        if after is None:
            assert before is not None
            transaction.run(sql.REMOVE_COMPONENT(component_type=before["type"], component=before["name"]))
            continue
        settings = as_json(after["config"])
        values = {"flavor_name": after["flavor"], "settings": settings, "now": moment, "number": after["revision"]}
        if before is None:
            key = {"component_type": after["type"], "component": after["name"]}
            transaction.run(sql.ADD_COMPONENT(**key, **values, made_at=after["created_at"], own_place=after["place"]))
        else:
            key = {"component_type": before["type"], "component": before["name"]}
            transaction.run(sql.SET_COMPONENT(**key, **values, new_name=after["name"]))


def write_flavors(transaction: Transaction, pairs: Iterable[Pair], moment: str) -> None:
    """Add, change and remove custom flavors."""
    for before, after in pairs:
        thing = before or after
        assert thing is not None
        key = {"of_type": thing["type"], "flavor": thing["name"]}
        if after is None:
            transaction.run(sql.REMOVE_FLAVOR(**key))
            continue
        values = {"class_name": after["source"], "json_schema": as_json(after["schema"])}
        if before is None:
            transaction.run(sql.ADD_FLAVOR(**key, **values, made_at=after["created_at"]))
        else:
            transaction.run(sql.SET_FLAVOR(**key, **values))


def write_stacks(transaction: Transaction, pairs: list[Pair], moment: str) -> None:
    """Add, change and remove stacks; their components are changed by the difference, all of one kind together."""
    for before, after in pairs:
        if after is None:
            assert before is not None
            transaction.run(sql.REMOVE_STACK(stack=before["name"]))
            continue
        values = {"now": moment, "number": after["revision"]}
        if before is None:
            transaction.run(sql.ADD_STACK(stack=after["name"], made_at=after["created_at"], **values))
        else:
            transaction.run(sql.SET_STACK(stack=before["name"], new_name=after["name"], **values))
    remaining = [(before, after) for before, after in pairs if after is not None]
    for before, after in remaining:
        old, new = before["components"] if before else {}, after["components"]
        for of_type in old:
            if old[of_type] != new.get(of_type):
                transaction.run(sql.REMOVE_MEMBER(stack=after["name"], of_type=of_type))
    for before, after in remaining:
        old, new = before["components"] if before else {}, after["components"]
        for of_type, name in new.items():
            if old.get(of_type) != name:
                transaction.run(sql.ADD_MEMBER(stack=after["name"], of_type=of_type, component=name))


def write_ties(transaction: Transaction, pairs: Iterable[Pair], moment: str) -> None:
    """Tie stores together, and drop ties."""
    for before, after in pairs:
        if before is not None:
            transaction.run(sql.REMOVE_TIE(**before))
        if after is not None:
            transaction.run(sql.ADD_TIE(**after))


WRITERS: dict[Kind, Writer] = {
    "component": write_components,
    "flavor": write_flavors,
    "stack": write_stacks,
    "association": write_ties,
}
