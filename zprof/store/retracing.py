"""An operation followed backwards on what is there now, each change from what it left to what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from zprof.component_types import MANDATORY, component_type
from zprof.documents.shape import PRUNED
from zprof.errors import InvalidConfig
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.history.log import State, as_json
from zprof.history.reading import EntityChange
from zprof.history.standing import Target
from zprof.history.states import FIELDS, damaged_log
from zprof.records import Component
from zprof.store.concerned import STORES, Concerned, Key, Tie
from zprof.store.fitting import check_fit
from zprof.store.operation import COUNTED, Kind, Operation, entity_name
from zprof.store.reversals import Reversal, named


class Obstacle(Exception):
    """Why an operation can't be taken back: never shown as it is.

    Args:
        things: what was changed meanwhile, by kind and name in the log, so that it can be told by whom.
    """

    def __init__(self, problem: str, *things: tuple[str, str]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.things = things


class Retracing(Concerned):
    """What a store has of what an operation changed, as it becomes step by step."""

    def __init__(self, operation: Operation, target: Target) -> None:
        super().__init__(operation, target)
        self._gone: dict[tuple[str, Key], None] = {}
        self._written: dict[tuple[str, Any], None] = {}
        """The components, stacks, flavors and ties that the undo leaves changed, or made."""
        self._members_at_first = {name: dict(state["components"]) for name, state in self._stacks.items()}
        self._components_at_first = dict(self._components)

    def follow(self, change: EntityChange) -> Iterator[Reversal]:
        """Take one change back; nothing where a tie is kept for another stack.

        Raises:
            Obstacle: the thing is not as the change left it, or its name is taken.
        """
        kind = cast("Kind", change.kind)
        if kind == "association":
            yield from self._follow_tie(change)
            return
        known = self._of_kind(kind)
        now = None
        if change.after is not None:
            now = known.get(key_of(kind, change.after))
            if now is None or not is_as(kind, now, change.after):
                raise self._changed(kind, change.after)
        if change.before is not None:
            if has_pruned(change.before):
                raise Obstacle(f"A secret of {named(kind, change.before)} was removed from the log.")
            if key_of(kind, change.before) in known and known[key_of(kind, change.before)] is not now:
                raise Obstacle(
                    f"{named(kind, change.before, 'Another ')} exists now.", (kind, entity_name(kind, change.before))
                )
        step = Reversal(kind, now, self._becomes(kind, change))
        self._write(known, step)
        yield step

    def _of_kind(self, kind: Kind) -> dict[Any, State]:
        if kind == "stack":
            return cast("dict[Any, State]", self._stacks)
        return cast("dict[Any, State]", self._components if kind == "component" else self._flavors)

    def _becomes(self, kind: Kind, change: EntityChange) -> State | None:
        """The state to write: what is made again goes on counting from the highest revision that it ever had."""
        if change.before is None or (kind, change.name) not in self._revisions:
            return change.before
        highest = max(change.before.get("revision", 0), self._revisions.get((kind, change.name), 0))
        return {**change.before, "revision": highest}

    def _write(self, known: dict[Any, State], step: Reversal) -> None:
        kind, before, after = step
        if before is not None:
            known.pop(key_of(kind, before))
            self._written.pop((kind, key_of(kind, before)), None)
        if after is None:
            self._gone[kind, cast("Key", key_of(kind, cast("State", before)))] = None
            return
        revision = max(state.get("revision", 0) for state in (before, after) if state is not None) + 1
        key = key_of(kind, after)
        known[key] = {**(before or {}), **after, **({"revision": revision} if kind in COUNTED else {})}
        self._written[kind, key] = None
        self._gone.pop((kind, cast("Key", key)), None)
        if kind == "stack" and before is not None:
            self._members_at_first[after["name"]] = self._members_at_first.pop(before["name"], {})
        if kind == "component" and before is not None and before["name"] != after["name"]:
            self._rename(after["type"], before["name"], after["name"])

    def _rename(self, type_name: str, old: str, new: str) -> None:
        """Let the stacks and the ties of a component follow its name."""
        for state in self._stacks.values():
            if state["components"].get(type_name) == old:
                state["components"] = {**state["components"], type_name: new}
        own = {"artifact_store": 0, "metadata_store": 1}.get(type_name)
        if own is not None:
            followed = [
                tuple(new if at == own and name == old else name for at, name in enumerate(tie)) for tie in self._ties
            ]
            self._ties = {cast("Tie", tie) for tie in followed}

    def _follow_tie(self, change: EntityChange) -> Iterator[Reversal]:
        if change.after is not None:
            tie = tie_of(change.after)
            if tie not in self._ties:
                raise self._changed("association", change.after)
            if not self._target.is_newest and self._is_needed(tie):
                return
            self._ties.remove(tie)
            yield Reversal("association", change.after, None)
        if change.before is not None:
            tie = tie_of(change.before)
            self._ties.add(tie)
            self._written["association", tie] = None
            yield Reversal("association", None, change.before)

    def _is_needed(self, tie: Tie) -> bool:
        """Whether another stack, which stays, has both stores."""
        pairs = [(of.get("artifact_store"), of.get("metadata_store")) for of in self._compositions()]
        return tie in pairs

    def _compositions(self) -> list[Mapping[str, str]]:
        return [state["components"] for state in self._stacks.values()]

    def _changed(self, kind: Kind, left: State) -> Obstacle:
        thing = named(kind, left)
        things = [(kind, entity_name(kind, left))]
        if kind == "stack":  # a component that was renamed shows in the stack
            things += [("component", f"{key}/{name}") for key, name in left["components"].items()]
        if kind == "association":
            things += [("component", f"{key}/{left[key]}") for key in STORES]
        return Obstacle(f"{thing[0].upper()}{thing[1:]} has changed since.", *things)

    def check(self) -> None:
        """Find a rule that would be broken in the end.

        Raises:
            Obstacle: one would.
        """
        users = self._users()
        for kind, key in self._gone:
            if kind == "component":
                self._check_idle(key, users)
            elif kind == "flavor":
                self._check_flavor_idle(key)
        for kind, key in self._written:
            if kind == "component":
                self._check_flavor_is_there(self._components[key])
            elif kind == "flavor":
                self._check_configs(key)
            elif kind == "stack":
                self._check_members(self._stacks[key])
            elif kind == "association" and key in self._ties:
                self._check_tie(key)
        if not self._target.is_newest:
            self._check_fit()

    def _users(self) -> dict[Key, tuple[str, str]]:
        """What has each component in the end: a stack or a tie, by its kind and name in the log."""
        tied = {key: ("association", "/".join(tie)) for tie in self._ties for key in zip(STORES, tie, strict=True)}
        used = {key: ("stack", state["name"]) for state in self._stacks.values() for key in state["components"].items()}
        return {**tied, **used}

    def _check_idle(self, key: Key, users: Mapping[Key, tuple[str, str]]) -> None:
        if key in users:
            kind, user = users[key]
            how = f"used by the stack '{user}'" if kind == "stack" else "tied to another store"
            raise Obstacle(f"The {component_type(key[0]).noun} '{key[1]}' is {how}.", (kind, user))

    def _check_flavor_idle(self, key: Key) -> None:
        type_name, name = key
        now = {its for (of_type, its), state in self._components.items() if (of_type, state["flavor"]) == key}
        before = {its for (of_type, its) in self._components_at_first if of_type == type_name}
        users = sorted(now | (self._with_flavor.get(key, set()) - before))
        if users:
            noun = component_type(type_name).noun
            raise Obstacle(
                f"The {noun} '{users[0]}' uses the flavor '{name}'.", ("component", f"{type_name}/{users[0]}")
            )

    def _check_flavor_is_there(self, state: State) -> None:
        key = state["type"], state["flavor"]
        if key[1] not in builtin_flavors(key[0]) and key not in self._flavors:
            raise Obstacle(
                f"{named('component', state)[0].upper()}{named('component', state)[1:]} would need the flavor "
                f"'{key[1]}', which no longer exists.",
                ("flavor", "/".join(key)),
            )
        self._check_config(state)

    def _check_configs(self, flavor: Key) -> None:
        for state in self._components.values():
            if (state["type"], state["flavor"]) == flavor:
                self._check_config(state)

    def _check_config(self, state: State) -> None:
        key = state["type"], state["flavor"]
        if self._target.is_newest or key not in self._flavors:
            return
        from zprof.flavors.check import checked  # with jsonschema-rs, where a flavor may be another by now

        try:
            checked(Flavor(*key, self._flavors[key]["schema"], CUSTOM, "", None), state["config"])
        except InvalidConfig as error:
            thing = named("component", state)
            raise Obstacle(
                f"{thing[0].upper()}{thing[1:]} would no longer match its flavor. {error.message}",
                ("flavor", "/".join(key)),
                ("component", entity_name("component", state)),
            ) from None

    def _check_members(self, state: State) -> None:
        for type_name, name in state["components"].items():
            if (type_name, name) not in self._components:
                raise Obstacle(
                    f"The stack '{state['name']}' would need the {component_type(type_name).noun} '{name}', "
                    "which no longer exists.",
                    ("component", f"{type_name}/{name}"),
                )
        if not set(MANDATORY) <= set(state["components"]):
            raise damaged_log()

    def _check_tie(self, tie: Tie) -> None:
        for type_name, name in zip(STORES, tie, strict=True):
            if (type_name, name) not in self._components:
                raise Obstacle(
                    f"The {component_type(type_name).noun} '{name}' no longer exists.",
                    ("component", f"{type_name}/{name}"),
                )
        others = [other for other in self._ties if other != tie and (other[0] == tie[0] or other[1] == tie[1])]
        if others:
            raise Obstacle(
                f"The artifact store '{others[0][0]}' and the metadata store '{others[0][1]}' are tied now.",
                ("association", "/".join(others[0])),
            )

    def _check_fit(self) -> None:
        """Find what would not fit together. What was so before the newest operation may be so again after its undo."""
        for name, state in self._stacks.items():
            wanted = self._records(state["components"], self._components)
            check_fit(name, self._records(self._members_at_first.get(name, {}), self._components_at_first), wanted)
            pair = state["components"]["artifact_store"], state["components"]["metadata_store"]
            is_other = self._members_at_first.get(name) != state["components"]
            parted = [tie for tie in self._ties if tie != pair and (tie[0] == pair[0] or tie[1] == pair[1])]
            if is_other and parted:
                raise Obstacle(
                    f"The artifact store '{parted[0][0]}' and the metadata store '{parted[0][1]}' are tied now.",
                    ("association", "/".join(parted[0])),
                )

    def _records(self, members: Mapping[str, str], known: Mapping[Key, State]) -> dict[str, Component]:
        found = {type_name: known.get((type_name, name)) for type_name, name in members.items()}
        return {
            type_name: Component(type_name, state["name"], state["flavor"], state["config"])
            for type_name, state in found.items()
            if state is not None
        }


def key_of(kind: str, state: State) -> Key | str:
    """What a thing is known by among those of its kind."""
    return state["name"] if kind == "stack" else (state["type"], state["name"])


def renamed(tie: Tie, at: int, old: str, new: str) -> Tie:
    """A tie after one of its stores was renamed, the artifact store if `at` is 0."""
    artifact_store, metadata_store = (new if name == old and place == at else name for place, name in enumerate(tie))
    return artifact_store, metadata_store


def tie_of(state: State) -> Tie:
    """A tie by its state in the log."""
    return state["artifact_store"], state["metadata_store"]


def is_as(kind: str, now: State, left: State) -> bool:
    """Whether a thing is as an operation left it, its revision and its times apart."""
    fields = [*FIELDS[kind], *(["place"] if "place" in left else [])]
    return as_json([now.get(key) for key in fields]) == as_json([left.get(key) for key in fields])


def has_pruned(state: State) -> bool:
    """Whether a secret of a component was removed from the log."""
    return PRUNED in state.get("config", {}).values()
