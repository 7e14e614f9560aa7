"""Taking an operation of a store back: planned from what the log says and what is there now, and then carried out.

The changes of the operation are followed backwards, each from what it left to what it found, on what is there now.
Where something is not as the operation left it, or could not be as it was before, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from zprof.component_types import MANDATORY, component_type
from zprof.documents.shape import PRUNED
from zprof.errors import CantUndo, InvalidConfig, InvalidStack
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.history.reading import EntityChange
from zprof.history.standing import (
    Target,
    cant_be,
    check_is_own,
    later_operation,
    to_redo,
    to_take_back,
    to_undo,
)
from zprof.history.states import FIELDS, HIGHEST, check_states, damaged_log
from zprof.records import Component, json_object
from zprof.store import components, flavors, stacks, ties
from zprof.store.fitting import check_fit
from zprof.store.operation import COUNTED, Kind, Operation, entity_name
from zprof.store.rows import component_of, stack_of
from zprof.transaction import Asked, Call, Row

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase

Key = tuple[str, str]
"""The type and the name of a component or of a flavor."""
Tie = tuple[str, str]
STORES = ("artifact_store", "metadata_store")
"""The types of the two that a tie has, in its order."""


class Reversal(NamedTuple):
    """One thing's part in taking an operation back: what it is now, and what it becomes; None where it is not there."""

    kind: Kind
    before: State | None
    after: State | None

    @property
    def name(self) -> str:
        """The name that the thing has now, or gets where it is made again; as in the log."""
        return entity_name(self.kind, cast("State", self.before or self.after))

    @property
    def verb(self) -> Literal["make", "remove", "rename", "change"]:
        """What was done to it."""
        if self.before is None or self.after is None:
            return "make" if self.before is None else "remove"
        return "change" if self.before.get("name") == self.after.get("name") else "rename"

    @property
    def thing(self) -> str:
        """What kind of thing it is, in words."""
        state = cast("State", self.before or self.after)
        if self.kind in ("stack", "association"):
            return self.kind
        return f"{component_type(state['type']).noun}{' flavor' if self.kind == 'flavor' else ''}"

    @property
    def short_name(self) -> str:
        """Its name, without its type."""
        state = cast("State", self.before or self.after)
        return str(state.get("name", self.name))

    def sentence(self, *, is_done: bool = True) -> str:
        """What was done to it, or would be, as a person reads it."""
        state = cast("State", self.before or self.after)
        verb = PAST[self.verb] if is_done else f"Would {self.verb}"
        rest = {"make": " again", "change": " back"}.get(self.verb, "")
        if self.verb == "rename":
            rest = f" back to '{cast('State', self.after)['name']}'"
        return f"{verb} {named(self.kind, state)}{rest}."


PAST = {"make": "Made", "remove": "Removed", "rename": "Renamed", "change": "Changed"}


class TakenBack(NamedTuple):
    """An operation that was taken back, or would be."""

    target: Target
    id: str
    """That of the undo or redo."""
    reversals: Sequence[Reversal]

    @property
    def vanishing(self) -> list[str]:
        """The names of the stacks that there are no more after it."""
        gone = [step.before["name"] for step in self.reversals if step.kind == "stack" and step.before is not None]
        come = [step.after["name"] for step in self.reversals if step.kind == "stack" and step.after is not None]
        return [name for name in dict.fromkeys(gone) if name not in come]

    @property
    def renamed(self) -> dict[str, str]:
        """The new names of stacks by their names before it."""
        names: dict[str, str] = {}
        for step in self.reversals:
            if step.kind == "stack" and step.before is not None and step.after is not None:
                first = next((old for old, new in names.items() if new == step.before["name"]), step.before["name"])
                names[first] = step.after["name"]
        return {old: new for old, new in names.items() if old != new}


Check: TypeAlias = Callable[[TakenBack], None]
"""Looks at what is about to be done, within the transaction, and may raise."""


class Obstacle(Exception):
    """Why an operation can't be taken back: never shown as it is.

    Args:
        things: what was changed meanwhile, by kind and name in the log, so that it can be told by whom.
    """

    def __init__(self, problem: str, *things: tuple[str, str]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.things = things


def undo(
    database: StoreDatabase, operation_id: str | None, *, others: bool, is_trial: bool, check: Check | None
) -> TakenBack:
    """See `Store.undo`."""
    find = to_undo if operation_id is None else partial(to_take_back, operation_id=operation_id)
    return take_back(database, find, others, is_trial, check)


def redo(database: StoreDatabase, *, others: bool, is_trial: bool, check: Check | None) -> TakenBack:
    """See `Store.redo`."""
    return take_back(database, to_redo, others, is_trial, check)


def take_back(
    database: StoreDatabase, find: Callable[[Asked], Target], others: bool, is_trial: bool, check: Check | None
) -> TakenBack:
    """Plan, look, and carry out, in one transaction."""
    with database.write(is_trial=is_trial) as transaction:
        operation = Operation(transaction, database.caller)
        target = find(operation)
        check_is_own(target.operation, others=others)
        planned = TakenBack(target, operation.id, plan(operation, target))
        if check is not None:
            check(planned)
        carry_out(operation, planned.reversals)
        operation.finish_as_step(target.step)
    return planned


def plan(operation: Operation, target: Target) -> list[Reversal]:
    """What taking an operation back does, step by step.

    Raises:
        CantUndo: something was changed since, or a rule would be broken.
        DamagedFile: the log is not as zprof writes it.
    """
    check_states(target.changes)
    try:
        known = Known(operation, target)
        steps = [step for change in reversed(target.changes) for step in known.follow(change)]
        known.check()
    except Obstacle as obstacle:
        raise told(operation, target, obstacle) from None
    except (InvalidStack, InvalidConfig) as error:
        raise told(operation, target, Obstacle(error.message)) from None
    return steps


def carry_out(operation: Operation, steps: Iterable[Reversal]) -> None:
    """Write what was planned, many things of a kind together."""
    for group in groups(steps):
        operation.change(group[0].kind, *((step.before, step.after) for step in group))


def groups(steps: Iterable[Reversal]) -> Iterator[list[Reversal]]:
    """Steps that can be written together: of one kind, and of different things under different names."""
    group: list[Reversal] = []
    names: set[str] = set()
    for step in steps:
        its = {entity_name(step.kind, state) for state in (step.before, step.after) if state is not None}
        if group and (group[0].kind != step.kind or not its.isdisjoint(names)):
            yield group
            group, names = [], set()
        group.append(step)
        names |= its
    if group:
        yield group


class Known:
    """What a store has of what an operation changed, as it becomes step by step."""

    def __init__(self, operation: Operation, target: Target) -> None:
        self._target = target
        self._components: dict[Key, State] = {}
        self._stacks: dict[str, State] = {}
        self._flavors: dict[Key, State] = {}
        self._ties: set[Tie] = set()
        self._revisions: dict[tuple[str, str], int] = {}
        """The highest revision that the log knows of what had a name, by its kind and the name in the log: of names
        that are used again."""
        self._with_flavor: dict[Key, set[str]] = {}
        """The names of the components that have a flavor which goes."""
        self._gone: dict[tuple[str, Key], None] = {}
        self._written: dict[tuple[str, Any], None] = {}
        """The components, stacks, flavors and ties that the undo leaves changed, or made."""
        self._look(operation)
        self._members_at_first = {name: dict(state["components"]) for name, state in self._stacks.items()}
        self._components_at_first = dict(self._components)

    def _look(self, operation: Operation) -> None:
        """Ask for all of it together."""
        found = list(self._questions())
        for (_, take), rows in zip(found, operation.ask(*(call for call, _ in found)), strict=True):
            take(rows)

    def _questions(self) -> Iterator[tuple[Call, Callable[[list[Row]], None]]]:
        names = Names.of(self._target.changes)
        for type_name, of_type in names.components.items():
            yield sql.COMPONENTS_NAMED(type=type_name, names=listed(of_type)), self._take_components
        for question in flavors.questions(names.flavors):
            yield question, self._take_flavors
        for question in ties.questions(names.components):
            yield question, self._take_ties
        if names.stacks:
            yield sql.MEMBERS_OF_STACKS(names=listed(names.stacks)), self._take_members
            yield sql.STACKS_NAMED(names=listed(names.stacks)), self._take_stacks
        for type_name, of_type in self._in_stacks().items():
            yield sql.MEMBERS_BESIDE_COMPONENTS(type=type_name, names=listed(of_type)), self._take_members
        for type_name, name in self._changed_flavors():
            yield sql.COMPONENTS_WITH_FLAVOR(type=type_name, flavor=name), self._take_components
        for type_name, name in self._going_flavors():
            key = type_name, name
            yield sql.COMPONENT_NAMES_WITH_FLAVOR(type=type_name, flavor=name), partial(self._take_users, key)
        for kind in COUNTED:
            made = [change.name for change in self._target.changes if change.kind == kind and self._is_reused(change)]
            if made:
                yield sql.LATEST_CHANGES(kind=kind, names=listed(made)), partial(self._take_revisions, kind)

    def _is_reused(self, change: EntityChange) -> bool:
        """Whether a name comes back that another thing may have had meanwhile."""
        return change.after is None or (change.new_name is not None and not self._target.is_newest)

    def _in_stacks(self) -> dict[str, set[str]]:
        """The names, by type, of the components whose stacks are looked at: of those that go, above all."""
        found: dict[str, set[str]] = {}
        for change in self._target.changes:
            is_going = change.before is None
            if change.kind == "component" and change.after is not None and (is_going or not self._target.is_newest):
                found.setdefault(change.after["type"], set()).add(change.after["name"])
            if change.kind == "association" and is_going and not self._target.is_newest:
                found.setdefault("artifact_store", set()).add(cast("State", change.after)["artifact_store"])
        return found

    def _going_flavors(self) -> list[Key]:
        return [
            (change.after["type"], change.after["name"])
            for change in self._target.changes
            if change.kind == "flavor" and change.after is not None and change.before is None
        ]

    def _changed_flavors(self) -> list[Key]:
        """Those that get an earlier schema, by which later components must be as it says."""
        if self._target.is_newest:
            return []
        states = [change.before for change in self._target.changes if change.kind == "flavor" and change.after]
        return [(state["type"], state["name"]) for state in states if state is not None]

    def _take_components(self, rows: list[Row]) -> None:
        for component in map(component_of, rows):
            self._components[component.type, component.name] = components.state(component)

    def _take_flavors(self, rows: list[Row]) -> None:
        for row in rows:
            self._flavors[row[0], row[1]] = flavors.state_of(row)

    def _take_ties(self, rows: list[Row]) -> None:
        self._ties |= {(row[0], row[1]) for row in rows}

    def _take_members(self, rows: list[Row]) -> None:
        for stack, *row in rows:
            component = component_of(tuple(row))
            self._components[component.type, component.name] = components.state(component)
            state = self._stacks.setdefault(stack, {"name": stack, "components": {}})
            state["components"][component.type] = component.name

    def _take_stacks(self, rows: list[Row]) -> None:
        for row in rows:
            members = self._stacks.get(row[0], {"components": {}})["components"]
            self._stacks[row[0]] = {**stacks.state(stack_of(row, ())), "components": members}

    def _take_users(self, flavor: Key, rows: list[Row]) -> None:
        self._with_flavor[flavor] = {name for (name,) in rows}

    def _take_revisions(self, kind: str, rows: list[Row]) -> None:
        for name, _, *states in rows:
            counted = [json_object(text).get("revision") for text in states if text is not None]
            self._revisions[kind, name] = max(
                (number for number in counted if type(number) is int and number <= HIGHEST), default=0
            )

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
                    f"There is {named(kind, change.before, 'another ')} now.", (kind, entity_name(kind, change.before))
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
        return Obstacle(f"{thing[0].upper()}{thing[1:]} was changed since.", *things)

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
                f"The {noun} '{users[0]}' has the flavor '{name}'.", ("component", f"{type_name}/{users[0]}")
            )

    def _check_flavor_is_there(self, state: State) -> None:
        key = state["type"], state["flavor"]
        if key[1] not in builtin_flavors(key[0]) and key not in self._flavors:
            raise Obstacle(
                f"{named('component', state)[0].upper()}{named('component', state)[1:]} would have the flavor "
                f"'{key[1]}', which is gone.",
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
                f"{thing[0].upper()}{thing[1:]} would not keep to its flavor. {error.message}",
                ("flavor", "/".join(key)),
                ("component", entity_name("component", state)),
            ) from None

    def _check_members(self, state: State) -> None:
        for type_name, name in state["components"].items():
            if (type_name, name) not in self._components:
                raise Obstacle(
                    f"The stack '{state['name']}' would have the {component_type(type_name).noun} '{name}', "
                    "which is not there any more.",
                    ("component", f"{type_name}/{name}"),
                )
        if not set(MANDATORY) <= set(state["components"]):
            raise damaged_log()

    def _check_tie(self, tie: Tie) -> None:
        for type_name, name in zip(STORES, tie, strict=True):
            if (type_name, name) not in self._components:
                raise Obstacle(
                    f"The {component_type(type_name).noun} '{name}' is not there any more.",
                    ("component", f"{type_name}/{name}"),
                )
        others = [other for other in self._ties if other != tie and (other[0] == tie[0] or other[1] == tie[1])]
        if others:
            raise Obstacle(
                f"The artifact store '{others[0][0]}' and the metadata store '{others[0][1]}' belong together now.",
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
                    f"The artifact store '{parted[0][0]}' and the metadata store '{parted[0][1]}' belong together now.",
                    ("association", "/".join(parted[0])),
                )

    def _records(self, members: Mapping[str, str], known: Mapping[Key, State]) -> dict[str, Component]:
        found = {type_name: known.get((type_name, name)) for type_name, name in members.items()}
        return {
            type_name: Component(type_name, state["name"], state["flavor"], state["config"])
            for type_name, state in found.items()
            if state is not None
        }


class Names(NamedTuple):
    """What the changes of an operation name."""

    components: dict[str, set[str]]
    """By type."""
    stacks: set[str]
    flavors: set[Key]

    @classmethod
    def of(cls, changes: Iterable[EntityChange]) -> Names:
        """Those in some changes, before them and after."""
        names = cls({}, set(), set())
        for change in changes:
            for state in (change.before, change.after):
                if state is not None:
                    names.add(change.kind, state)
        return names

    def add(self, kind: str, state: State) -> None:
        """Those in one state."""
        members: Iterable[Key] = ()
        if kind == "component":
            members = [(state["type"], state["name"])]
            self.flavors.add((state["type"], state["flavor"]))
        elif kind == "stack":
            members = state["components"].items()
            self.stacks.add(state["name"])
        elif kind == "flavor":
            self.flavors.add((state["type"], state["name"]))
        else:
            members = [(type_name, state[type_name]) for type_name in STORES]
        for type_name, name in members:
            self.components.setdefault(type_name, set()).add(name)


def told(operation: Operation, target: Target, obstacle: Obstacle) -> CantUndo:
    """The error of an operation that can't be taken back: which one, why, and by which later one."""
    cause = later_operation(operation, target, obstacle.things)
    return CantUndo(cant_be(target, obstacle.problem, cause), "Nothing was changed.")


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


def named(kind: str, state: State, article: str = "the ") -> str:
    """A thing as it reads in a sentence."""
    if kind == "association":
        return f"{article}tie of '{state['artifact_store']}' and '{state['metadata_store']}'"
    noun = "stack" if kind == "stack" else component_type(state["type"]).noun
    return f"{article}{noun}{' flavor' if kind == 'flavor' else ''} '{state['name']}'"


def listed(names: Iterable[str]) -> str:
    """Names as a statement takes them."""
    return as_json(sorted(set(names)))
