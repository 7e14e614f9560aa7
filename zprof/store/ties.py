"""Which artifact store belongs with which metadata store: each has one partner at most."""

from __future__ import annotations

from zprof import paths
from zprof.errors import StoresCoupled
from zprof.schema.models import store as models
from zprof.store.operation import Change, State


class AssociationChange(Change):
    """What changes of stacks and components do to the ties of stores."""

    def _check_no_other_ties(
        self, stack: str, artifact_store: models.Component, metadata_store: models.Component
    ) -> None:
        """Refuse to part stores that belong together.

        Raises:
            StoresCoupled: one of the two has another partner.
        """
        others = self._other_ties_of(artifact_store, metadata_store)
        if others and not paths.is_on(paths.IGNORE_STORE_COUPLINGS):
            raise StoresCoupled(stack, [self._names(tie) for tie in others])

    def _tie(self, artifact_store: models.Component, metadata_store: models.Component) -> None:
        """Tie two stores together, and drop the ties that they had to others."""
        if paths.is_on(paths.IGNORE_STORE_COUPLINGS):
            return
        others = self._other_ties_of(artifact_store, metadata_store)
        for tie in others:
            self.dropped_ties.append(self._names(tie))
            self._drop(tie)
        if not self._ties_of(artifact_store, metadata_store):
            self._add_tie(artifact_store, metadata_store)

    def _add_tie(self, artifact_store: models.Component, metadata_store: models.Component) -> None:
        keys = self._keys(artifact_store, metadata_store)
        tie = models.StoreAssociation(artifact_store_id=keys[0], metadata_store_id=keys[1])
        self._ties_by_artifact_store.add(tie, keys[0])
        self._ties_by_metadata_store.add(tie, keys[1])
        names = (artifact_store.name, metadata_store.name)
        self._log("association", "/".join(names), None, association_state(*names))

    def _drop_ties_of(self, component: models.Component) -> None:
        """Drop the ties of a component that goes."""
        for tie in self._ties_of(component, component):
            self._drop(tie)  # before the component, with which the database would take them away

    def _other_ties_of(
        self, artifact_store: models.Component, metadata_store: models.Component
    ) -> list[models.StoreAssociation]:
        """The ties of either to another than the other."""
        wanted = self._keys(artifact_store, metadata_store)
        ties = self._ties_of(artifact_store, metadata_store)
        return [tie for tie in ties if (tie.artifact_store_id, tie.metadata_store_id) != wanted]

    def _ties_of(
        self, artifact_store: models.Component, metadata_store: models.Component
    ) -> list[models.StoreAssociation]:
        keys = self._keys(artifact_store, metadata_store)
        ties = (self._ties_by_artifact_store.get(keys[0]), self._ties_by_metadata_store.get(keys[1]))
        return list(dict.fromkeys(tie for tie in ties if tie is not None))

    def _keys(self, artifact_store: models.Component, metadata_store: models.Component) -> tuple[int, int]:
        if artifact_store.id is None or metadata_store.id is None:
            self._session.flush()  # which gives new ones their keys
        return artifact_store.id, metadata_store.id

    def _drop(self, tie: models.StoreAssociation) -> None:
        names = self._names(tie)
        self._log("association", "/".join(names), association_state(*names), None)
        self._ties_by_artifact_store.delete(tie, tie.artifact_store_id)
        self._ties_by_metadata_store.forget(tie.metadata_store_id)

    def _names(self, tie: models.StoreAssociation) -> tuple[str, str]:
        artifact_store = self._session.get_one(models.Component, tie.artifact_store_id)
        metadata_store = self._session.get_one(models.Component, tie.metadata_store_id)
        return artifact_store.name, metadata_store.name


def association_state(artifact_store: str, metadata_store: str) -> State:
    """A tie as the log has it."""
    return {"artifact_store": artifact_store, "metadata_store": metadata_store}
