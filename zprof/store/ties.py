"""Ties: which artifact store belongs with which metadata store. Each has one partner at most."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from zprof import paths
from zprof.errors import StoresCoupled
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.records import Component
from zprof.store.operation import Operation
from zprof.transaction import Call, Row

Tie = tuple[str, str]
"""The names of an artifact store and a metadata store."""
STORES = frozenset({"artifact_store", "metadata_store"})
"""The types whose components are tied in pairs."""


def questions(names: Mapping[str, Collection[str]]) -> list[Call]:
    """What is asked about the ties of some components, by type: of the two types that have ties."""
    statements = {"artifact_store": sql.TIES_OF_ARTIFACT_STORES, "metadata_store": sql.TIES_OF_METADATA_STORES}
    return [
        statement(names=as_json(sorted(set(names[type_name]))))
        for type_name, statement in statements.items()
        if names.get(type_name)
    ]


def state(tie: Tie) -> State:
    """A tie as the log has it."""
    return {"artifact_store": tie[0], "metadata_store": tie[1]}


class Ties:
    """The ties of some stores as they are in the course of a change."""

    def __init__(self, ties: Iterable[Tie]) -> None:
        self._ties = list(dict.fromkeys(ties))

    @staticmethod
    def of(answers: Iterable[Iterable[Row]]) -> Ties:
        """Those in the answers to `questions`."""
        return Ties((row[0], row[1]) for rows in answers for row in rows)

    def add(self, more: Ties) -> None:
        """Take up ties that were asked for later, of stores that this change has not tied."""
        self._ties = list(dict.fromkeys([*self._ties, *more._ties]))

    def others(self, wanted: Tie) -> list[Tie]:
        """The ties of either store to another than the other."""
        return [tie for tie in self._ties if tie != wanted and (tie[0] == wanted[0] or tie[1] == wanted[1])]

    def partner(self, type_name: str, name: str) -> str | None:
        """The name of the store that one is tied to."""
        own, other = (0, 1) if type_name == "artifact_store" else (1, 0)
        return next((tie[other] for tie in self._ties if tie[own] == name), None)

    def check_no_others(self, stack: str, wanted: Tie) -> None:
        """Refuse to part stores that belong together.

        Raises:
            StoresCoupled: one of the two has another partner.
        """
        others = self.others(wanted)
        if others and not paths.is_on(paths.IGNORE_STORE_COUPLINGS):
            raise StoresCoupled(stack, others)

    def tie(self, operation: Operation, wanted: Tie) -> None:
        """Tie two stores together, and drop the ties that they had to others."""
        if paths.is_on(paths.IGNORE_STORE_COUPLINGS):
            return
        for tie in self.others(wanted):
            operation.dropped_ties.append(tie)
            self._drop(operation, tie)
        if wanted not in self._ties:
            self._ties.append(wanted)
            operation.change("association", (None, state(wanted)))

    def drop_all_of(self, operation: Operation, component: Component) -> None:
        """Drop the ties of a component that goes."""
        if component.type in STORES:
            own = 0 if component.type == "artifact_store" else 1
            for tie in [tie for tie in self._ties if tie[own] == component.name]:
                self._drop(operation, tie)

    def _drop(self, operation: Operation, tie: Tie) -> None:
        self._ties.remove(tie)
        operation.change("association", (state(tie), None))
