"""What the components of a stack would set: one claim for each variable that an attribute has a value for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from zprof.component_types import BY_NAME
from zprof.environment.names import generic_name, text
from zprof.environment.private import PrivateFile
from zprof.errors import InvalidInput
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.flavors.permitted import FILES, is_never_set
from zprof.flavors.properties import properties
from zprof.flavors.variables import FORM, Entry, compiled, entries, foreign
from zprof.printable import in_shell
from zprof.records import Component, Stack

MAX_BYTES = 128 * 1024
"""Of a name, `=` and a value together, beyond which Linux starts no program."""


class SecretWithheld(Exception):
    """A stored secret is not to be read: who asks wants to know no more than the variables that it would set."""


WITHHELD = PrivateFile("", "")
"""The value of a variable that such a secret would set."""


class Claim(NamedTuple):
    """A variable that a component's attribute would set."""

    name: str
    value: str | PrivateFile
    component: Component
    attribute: str
    is_secret: bool
    entry: Entry | None = None
    """What names it; None for the variable that each attribute has by a rule."""

    def __repr__(self) -> str:
        """Without the value: tracebacks and logs show what a variable holds."""
        return f"<Claim of {self.name}: {self.origin}>"

    @property
    def origin(self) -> str:
        """Where it comes from, as it reads in a sentence."""
        return f"{self.attribute} of the {BY_NAME[self.component.type].noun} '{self.component.name}'"


class Given(Protocol):
    """The values of a component's attributes, with what they refer to."""

    @property
    def values(self) -> Mapping[str, Any]:
        """By attribute."""

    @property
    def secret(self) -> frozenset[str]:
        """The attributes whose value, or a part of it, was referred to."""


class Values(Protocol):
    """Where the values of a stack's components come from."""

    @property
    def is_shared(self) -> bool:
        """Whether others write the store."""

    def all_resolved(self) -> Mapping[str, Given]:
        """The attributes of all components of the stack, by type."""

    def stored(self, component: Component, attribute: str) -> Mapping[str, str]:
        """The fields of the stored secret that an attribute names.

        Raises:
            SecretWithheld: it is not to be read.
        """

    def is_approved(self, component: Component) -> bool:
        """Whether the user has allowed the component of a shared store, as it is."""

    def is_allowed_variable(self, name: str) -> bool:
        """Whether the user allows the flavors of shared stores a variable."""


class Claims:
    """The claims of a stack, and what is to be said about them.

    Args:
        also: the variables that are set only on demand, and are demanded.

    Raises:
        ZprofError: a value can't be resolved, or no environment can hold it.
    """

    def __init__(self, stack: Stack, values: Values, also: Collection[str] = ()) -> None:
        self.stack = stack
        self.also = frozenset(also)
        self.warnings: list[str] = []
        self.optional: list[Claim] = []
        """Those of variables that are set only on demand, and are not demanded: without a value."""
        self._values = values
        self._given = values.all_resolved()
        self._hidden = {
            type_name: self._given[type_name].secret.union(member.guarded_config().hiding())
            for type_name, member in stack.components.items()
        }
        """By type, the attributes that hold secrets."""
        self.all = [claim for member in stack.components.values() for claim in self._of(member)]
        for claim in self.all:
            check_value(claim)

    def _of(self, component: Component) -> Iterator[Claim]:
        flavor = builtin_flavors(component.type).get(component.flavor)
        flavor = flavor or self.stack.flavors.get((component.type, component.flavor))
        yield from self._by_rule(component, self._given[component.type].values, self._hidden[component.type])
        if flavor is None:
            return
        for attribute, schema in properties(flavor.schema).items():
            for entry in self._entries(component, flavor, attribute, schema):
                if entry.opt_in and entry.name not in self.also:
                    self.optional.append(Claim(entry.name, "", component, attribute, False, entry))
                    continue
                try:
                    value = self._value(component, attribute, entry)
                except SecretWithheld:
                    value = WITHHELD
                if value:
                    is_secret = self._is_secret(value, component, attribute, entry)
                    yield Claim(entry.name, value, component, attribute, is_secret, entry)

    def _by_rule(self, component: Component, values: Mapping[str, Any], hidden: Collection[str]) -> Iterator[Claim]:
        taken = {"name", "flavor"}
        yield Claim(generic_name(component.type, "name"), component.name, component, "name", False)
        yield Claim(generic_name(component.type, "flavor"), component.flavor, component, "flavor", False)
        for attribute, value in values.items():
            if not text(value):
                continue
            try:
                name = generic_name(component.type, attribute)
            except ValueError:
                self.warnings.append(f"No variable can be named after {of(component, attribute)}.")
                continue
            spelled = name.removeprefix(generic_name(component.type, "")).lower()
            if spelled in taken:
                self.warnings.append(
                    f"{name} is already taken, so {of(component, attribute)} gets no variable of its own."
                )
                continue
            taken.add(spelled)
            yield Claim(name, text(value), component, attribute, attribute in hidden)

    def _entries(self, component: Component, flavor: Flavor, attribute: str, schema: Any) -> Iterator[Entry]:
        """Those entries of an attribute that count; of the others it is said why they don't."""
        try:
            found = list(entries(schema))
            problem = next(filter(None, map(foreign, found)), None) if flavor.is_custom else None
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            if attribute in self._given[component.type].values:
                self.warnings.append(f"T{of(component, attribute)[1:]} doesn't set any tool's variable: {problem}.")
            return
        for entry in found:
            reason = self._refusal(component, flavor, entry)
            if reason is None:
                yield entry
            elif attribute in self._given[component.type].values:
                self.warnings.append(f"{entry.name} is not set from {of(component, attribute)}: {reason}")

    def _refusal(self, component: Component, flavor: Flavor, entry: Entry) -> str | None:
        """Why a variable is not set, as a sentence; None if it is. Of the catalog's all are safe that name no file."""
        names_file = entry.name in FILES
        if flavor.is_custom:
            if is_never_set(entry.name):
                return "stacks may never set it."
            is_known = not names_file and entry.name in builtin_names()
            if is_known or not self._values.is_shared or self._values.is_allowed_variable(entry.name):
                return None
            return "flavors in a shared store may set it only if config.toml allows it."
        if not names_file or entry.made or not self._values.is_shared or self._values.is_approved(component):
            return None
        of_type = BY_NAME[component.type]
        allow = f"`zprof allow {of_type.command} {in_shell(component.name)}`"
        return f"it names a file, and the store is shared. {allow} allows it."

    def _value(self, component: Component, attribute: str, entry: Entry) -> str | PrivateFile:
        """The value of an entry, empty where there is none.

        Raises:
            SecretWithheld: it comes from a stored secret, which is not to be read.
        """
        values = self._given[component.type].values
        if not applies(entry, values):
            return ""
        if entry.form:
            return self._formed(component, attribute, entry)
        value = values.get(attribute)
        if not text(value):
            return ""
        ask = partial(self._values.stored, component, attribute)
        if entry.field:
            value = ask().get(entry.field, "")
        if entry.made:
            from zprof.environment.made import MAKERS  # for few variables, on demand

            return MAKERS[entry.made](str(value), values, ask) if value else ""
        return simple_value(value, entry)

    def _formed(self, component: Component, attribute: str, entry: Entry) -> str:
        form = compiled(FORM)
        found = {match[0]: self._placed(component, match[1] or attribute) for match in form.finditer(entry.form)}
        if not all(found.values()):
            return ""
        return form.sub(lambda match: quoted(found[match[0]]) if match[2] else found[match[0]], entry.form)

    def _placed(self, component: Component, place: str) -> str:
        """The value of a place in a form, empty where there is none."""
        type_name, attribute = self._meant(component, place)
        return text(self._given[type_name].values.get(attribute)) if type_name in self._given else ""

    def _meant(self, component: Component, place: str) -> tuple[str, str]:
        """The type and the attribute of a place in a form: of this component, or `type.flavor.attribute` of another.

        The type is empty where the stack has no such component.
        """
        if "." not in place:
            return component.type, place
        type_name, flavor, attribute = place.split(".")
        other = self.stack.get(type_name)
        return (type_name if other is not None and other.flavor == flavor else ""), attribute

    def _is_secret(self, value: str | PrivateFile, component: Component, attribute: str, entry: Entry) -> bool:
        """Whether a variable holds a secret; one that names a private file does not."""
        if not isinstance(value, str):
            return value is WITHHELD
        places = [match[1] for match in compiled(FORM).finditer(entry.form)] if entry.form else []
        sources = {self._meant(component, place or attribute) for place in (attribute, *places)}
        return bool(entry.field or entry.made) or any(name in self._hidden.get(of, ()) for of, name in sources)


def applies(entry: Entry, values: Mapping[str, Any]) -> bool:
    """Whether the conditions of an entry hold; what is empty counts as not given, null."""
    given = {name: values.get(name) or None for name in (*entry.when, *entry.unless)}
    is_met = all(given[name] == value for name, value in entry.when.items())
    return is_met and not any(given[name] == value for name, value in entry.unless.items())


def simple_value(value: Any, entry: Entry) -> str:
    """The text of a value that nothing has to be asked for."""
    for key in filter(None, entry.part.split(".")):
        value = value.get(key) if isinstance(value, Mapping) else None
    if entry.pattern:
        match = compiled(entry.pattern).search(value) if isinstance(value, str) else None
        return match[1] if match else ""
    if entry.is_a:
        is_there = os.path.isfile if entry.is_a == "file" else os.path.isdir
        return value if isinstance(value, str) and is_there(value) else ""
    return text(value)


def quoted(value: str) -> str:
    """A path as it stands in a URL."""
    from urllib.parse import quote  # for few stacks

    return quote(value)


def builtin_names() -> frozenset[str]:
    """The variables that the built-in flavors set without being asked."""
    return frozenset(
        entry.name
        for type_name in BY_NAME
        for flavor in builtin_flavors(type_name).values()
        for schema in properties(flavor.schema).values()
        for entry in entries(schema)
        if not entry.opt_in
    )


def check_value(claim: Claim) -> None:
    """Refuse what no environment can hold.

    Raises:
        InvalidInput: the value has a NUL byte, is too long, or has characters that the locale lacks.
    """
    if not isinstance(claim.value, str):
        return
    check_encoding(claim, claim.value)
    reason = reason_against(claim.name, claim.value)
    if reason is None:
        return
    of_type = BY_NAME[claim.component.type]
    raise InvalidInput(
        f"The value of {claim.origin} {reason}.",
        f"Change it: `zprof {of_type.command} update {in_shell(claim.component.name)} "
        f"--{in_shell(claim.attribute)}='<value>'`.",
    )


def check_encoding(claim: Claim, value: str) -> None:
    """Refuse a value that Python would not hand to a program: it does so in the encoding of the locale.

    Raises:
        InvalidInput: the locale's encoding lacks a character.
    """
    try:
        os.fsencode(value)
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"The value of {claim.origin} has characters outside the locale's encoding, {error.encoding}.",
            "Use a UTF-8 locale: `export LC_ALL=C.UTF-8`.",
        ) from None


def reason_against(name: str, value: str) -> str | None:
    """Why no environment can hold a value, as the end of a sentence; None if it can."""
    if "\0" in value:
        return "contains a NUL byte, which environment variables can't hold"
    size = len(name) + 1 + len(os.fsencode(value))
    return f"is too long for a variable: over {MAX_BYTES // 1024} KiB" if size >= MAX_BYTES else None


def of(component: Component, attribute: str) -> str:
    """An attribute of a component, as it reads in a sentence."""
    return f"the attribute {attribute!r} of the {BY_NAME[component.type].noun} '{component.name}'"
