"""What a profile is to hold, from documents that a person or another program wrote.

Files, directories and stdin, YAML and JSON, one document or several: all of them are put together. A thing may be there
twice if it is the same. Errors point at file, line and column, which are looked up only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from zprof.component_types import BY_NAME
from zprof.contents.record import Contents, Key
from zprof.contents.sources import MAX_BYTES, Place, Source, sources
from zprof.documents.fields import WORDS, unknown_field
from zprof.documents.reading import parsed_all
from zprof.documents.shape import API_VERSION
from zprof.errors import UPGRADE, InvalidInput, SchemaError, closest_names
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.names import checked_name
from zprof.records import Component

KINDS = ("ProfileContents", "Stack", "Component", "Flavor")

Places = Mapping[tuple[str, str], Place]
"""By the kind and the name of a thing, as a `zprof.contents.comparing.Difference` has them."""


class Documents(NamedTuple):
    """What documents say together."""

    contents: Contents
    places: Places
    says_ties: bool
    """Whether one of them lists ties: those are then all that its stores have."""


def read_contents(*paths: str) -> Contents:
    """What files, directories and `-`, which is stdin, say together.

    Raises:
        InvalidInput: one can't be read, or something in it is not what it should be.
        SchemaError: one is of a version that this program does not know.
    """
    return read_documents(paths).contents


def read_documents(paths: Iterable[str]) -> Documents:
    """The same, with the places of things."""
    return documents_of(source for path in paths for source in sources(path))


def documents_of(texts: Iterable[Source]) -> Documents:
    """What texts say together, as for `read_contents`."""
    gathered = Gathered()
    for source in texts:
        for number, document in enumerate(parsed_all(source.text, source.name, MAX_BYTES)):
            if document is not None:
                gathered.add(document, Place(source, number))
    contents = Contents(gathered.flavors, gathered.components, gathered.stacks, frozenset(gathered.ties))
    return Documents(contents, gathered.places, gathered.says_ties)


class Gathered:
    """The things of all documents so far."""

    def __init__(self) -> None:
        self.flavors: dict[Key, Flavor] = {}
        self.components: dict[Key, Component] = {}
        self.stacks: dict[str, dict[str, str]] = {}
        self.ties: set[Key] = set()
        self._tied: dict[tuple[int, str], Key] = {}
        self.places: dict[tuple[str, str], Place] = {}
        self.says_ties = False
        self._readers: Mapping[str, Callable[[Any, Place], None]] = {
            "ProfileContents": self._profile,
            "Stack": self._whole_stack,
            "Component": self._component_document,
            "Flavor": self._flavor_document,
        }

    def add(self, document: Any, place: Place) -> None:
        """Take up a document, or a list of them."""
        heading(document, place)
        kind = document["kind"]
        if kind in self._readers:
            self._readers[kind](document, place)
            return
        check_fields(document, ("apiVersion", "kind", "items", "more", "problems"), place)
        for number, item in enumerate(field(document, "items", list, place)):
            inner = place.within("items", number)
            heading(item, inner, kind.removesuffix("List"))
            self._readers[item["kind"]](item, inner)

    def _profile(self, document: Any, place: Place) -> None:
        check_fields(document, ("apiVersion", "kind", "name", "flavors", "components", "stacks", "ties"), place)
        self.says_ties |= "ties" in document
        for key, take in (
            ("flavors", self._flavor),
            ("components", self._component),
            ("stacks", self._stack),
            ("ties", self._tie),
        ):
            for number, entry in enumerate(field(document, key, list, place, [])):
                take(entry, place.within(key, number))

    def _flavor_document(self, document: Any, place: Place) -> None:
        told = {"apiVersion", "kind", "integration", "description", "attributes"}
        self._flavor({key: value for key, value in document.items() if key not in told}, place)

    def _component_document(self, document: Any, place: Place) -> None:
        self._component({key: value for key, value in document.items() if key not in ("apiVersion", "kind")}, place)

    def _whole_stack(self, document: Any, place: Place) -> None:
        """A stack with its components and their flavors."""
        check_fields(document, ("apiVersion", "kind", "name", "components", "flavors"), place)
        members = field(document, "components", dict, place)
        names = {}
        for type_name, entry in members.items():
            inner = place.within("components", type_name)
            if not isinstance(entry, dict):
                raise inner.refusal("A component must be a mapping with a name, a flavor and a config.")
            check_fields(entry, ("name", "flavor", "config"), inner)
            names[type_name] = self._component({"type": type_name, **entry}, inner)
        for number, flavor in enumerate(field(document, "flavors", list, place, [])):
            self._flavor(flavor, place.within("flavors", number))
        self._stack({"name": document.get("name"), "components": names}, place)

    def _flavor(self, entry: Any, place: Place) -> None:
        check_fields(entry, ("type", "name", "source", "schema"), place)
        type_name = checked_type(entry, place)
        name = checked("flavor", entry, place)
        source = None if entry.get("source") is None else field(entry, "source", str, place)
        flavor = Flavor(type_name, name, field(entry, "schema", dict, place), CUSTOM, "", source)
        builtin = builtin_flavors(type_name).get(name)
        if builtin is None:
            self._put("flavor", f"{type_name}/{name}", self.flavors, (type_name, name), flavor, place)
        elif builtin.schema != flavor.schema:
            raise place.refusal(f"The flavor '{name}' is built in and can't be changed.", "Rename yours.")

    def _component(self, entry: Any, place: Place) -> str:
        check_fields(entry, ("type", "name", "flavor", "config"), place)
        type_name = checked_type(entry, place)
        name = checked(BY_NAME[type_name].noun, entry, place)
        config = field(entry, "config", dict, place, {})
        component = Component(type_name, name, field(entry, "flavor", str, place), config)
        self._put("component", f"{type_name}/{name}", self.components, (type_name, name), component, place)
        return name

    def _stack(self, entry: Any, place: Place) -> None:
        check_fields(entry, ("name", "components"), place)
        name = checked("stack", entry, place)
        members = field(entry, "components", dict, place)
        for type_name, component in members.items():
            inner = place.within("components", type_name)
            if type_name not in BY_NAME:
                raise inner.refusal(no_type(type_name))
            if not isinstance(component, str):
                raise inner.refusal(f"The {BY_NAME[type_name].noun} of a stack must be given by its name.")
        self._put("stack", name, self.stacks, name, dict(sorted(members.items())), place)

    def _tie(self, entry: Any, place: Place) -> None:
        check_fields(entry, ("artifact_store", "metadata_store"), place)
        tie = field(entry, "artifact_store", str, place), field(entry, "metadata_store", str, place)
        for end in enumerate(tie):
            other = self._tied.setdefault(end, tie)
            if other != tie:
                before = self.places["tie", "/".join(other)]
                raise place.refusal(
                    f"The store '{end[1]}' is tied to another store at {before}.", "Remove one of the ties."
                )
        self.ties.add(tie)
        self.places.setdefault(("tie", "/".join(tie)), place)

    def _put(self, kind: str, name: str, known: dict[Any, Any], key: Any, thing: Any, place: Place) -> None:
        """Take up a thing, unless another of the same name was there before."""
        if key in known and known[key] != thing:
            raise place.refusal(
                f"The {kind} '{name}' differs from the one at {self.places[kind, name]}.", "Remove one of them."
            )
        known[key] = thing
        self.places.setdefault((kind, name), place)


def heading(document: Any, place: Place, expected: str = "") -> None:
    """Refuse a document that this program can't read.

    Args:
        expected: its kind, where it is one of a list.
    """
    version = field(document, "apiVersion", str, place)
    if version != API_VERSION:
        raise SchemaError(
            f"{place}: The document has the apiVersion {version!r}; this version of zprof reads {API_VERSION!r}.",
            UPGRADE,
        )
    kind = field(document, "kind", str, place)
    known = [expected] if expected else [*KINDS, *(f"{each}List" for each in KINDS)]
    if kind not in known:
        closest = closest_names(kind, known)
        meant = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
        raise place.within("kind").refusal(f"A profile can't contain the kind {kind!r}.{meant}")


def check_fields(entry: Any, known: tuple[str, ...], place: Place) -> None:
    """Refuse what is no mapping, or has a field that means nothing there."""
    if not isinstance(entry, dict):
        raise place.refusal("This must be a mapping.")
    if not entry.keys() <= set(known):
        unknown = unknown_field(entry, known)
        if unknown is not None:
            raise place.within(unknown[0]).refusal(f"This {unknown[1]}")


def field(entry: Any, key: str, kind: type, place: Place, default: Any = None) -> Any:
    """What an entry has under a key, if it is of a type."""
    if not isinstance(entry, dict):
        raise place.refusal("This must be a mapping.")
    value = entry.get(key, default)
    if not isinstance(value, kind):
        what = f"must be {WORDS[kind]}" if key in entry else "is missing"
        raise (place.within(key) if key in entry else place).refusal(f"'{key}' {what}.")
    return value


def checked_type(entry: Any, place: Place) -> str:
    """The type of component that an entry names."""
    type_name: str = field(entry, "type", str, place)
    if type_name not in BY_NAME:
        raise place.within("type").refusal(no_type(type_name))
    return type_name


def no_type(name: str) -> str:
    """The sentence on a type that there is not."""
    closest = closest_names(name, BY_NAME)
    meant = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
    return f"There is no component type {name!r}.{meant}"


def checked(noun: str, entry: Any, place: Place) -> str:
    """The name of an entry."""
    name = field(entry, "name", str, place)
    try:
        return checked_name(noun, name)
    except InvalidInput as error:
        raise place.within("name").refusal(error.message, error.hint) from None
