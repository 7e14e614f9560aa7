"""The URL of a store on a PostgreSQL server: what may stand in it, and its parts.

postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE?schema=zprof&sslmode=verify-full

No error here shows what was typed: a mistyped URL may have a password anywhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from zprof.errors import InvalidURL, ZprofError
from zprof.masking import MASK, looks_secret
from zprof.reference_grammar import is_reference, reference

SCHEME = "postgresql+psycopg"
PORT = 5432
SCHEMA = "zprof"
"""Where the tables are, unless the URL says otherwise."""
EXAMPLE = "A URL looks like postgresql://ann:${env:PASSWORD}@db.example.org/team?sslmode=verify-full"

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]+\]")
_SCHEMA = re.compile(r"(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class Address(NamedTuple):
    """A URL, taken apart."""

    user: str
    """Empty where libpq is to choose."""
    password: str
    """As it stands in the URL: percent-encoded, or a reference."""
    host: str
    port: int
    database: str
    parameters: dict[str, str]

    @property
    def schema(self) -> str:
        """The schema that the tables are in."""
        return self.parameters["schema"]

    @property
    def place(self) -> str:
        """The store as it reads in a sentence: no user and no password is in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.database} (schema {self.schema})"

    @property
    def variable(self) -> str | None:
        """The environment variable that has the password, if the URL names one."""
        return variable_in(self.password)

    def resolved_password(self) -> str | None:
        """The password itself; None where libpq is to find one, as in `~/.pgpass`.

        Raises:
            ZprofError: the variable that has it is not set.
        """
        if self.variable is None:
            return unquote(self.password) if self.password else None
        password = os.environ.get(self.variable)
        if not password:
            raise ZprofError(
                f"${self.variable} is not set. It must hold the password for {self.place}.",
                f"Run `export {self.variable}=<password>`, or switch away with `zprof profile set NAME`.",
            )
        return password

    def url(self) -> str:
        """The one text for this address."""
        password = self.password if self.variable else quote(unquote(self.password), safe="")
        return self._url(SCHEME, password, self.parameters)

    def shown(self, *, is_for_others: bool = False) -> str:
        """The URL as people read it: the password masked, unless a variable has it, and no driver named.

        Args:
            is_for_others: whether it is for SQLAlchemy and the like, which know no schema in a URL.
        """
        password = self.password if self.variable or not self.password else MASK
        hidden = ("schema",) if is_for_others else ()
        parameters = {key: value for key, value in self.parameters.items() if key not in hidden}
        return self._url("postgresql", password, parameters)

    def _url(self, scheme: str, password: str, parameters: Mapping[str, str]) -> str:
        user = quote(self.user, safe="") + (f":{password}" if password else "")
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in sorted(parameters.items()))
        place = f"{host}:{self.port}/{quote(self.database, safe='')}"
        return f"{scheme}://{user and f'{user}@'}{place}{query and '?'}{query}"


def normalised(rest: str) -> str:
    """The URL to store for one that a person typed.

    Args:
        rest: what follows the scheme and its colon.

    Raises:
        InvalidURL: a part is missing or not what it should be, or a parameter is not taken.
    """
    return parsed(rest).url()


def address(url: str) -> Address:
    """The parts of a normalised URL.

    Raises:
        InvalidURL: it is not one, as only a hand that edits the registry can bring about.
    """
    scheme, _, rest = url.partition(":")
    if scheme != SCHEME:
        raise InvalidURL("The profile's URL in the registry is not one that this version of zprof can open.", EXAMPLE)
    return parsed(rest)


def parsed(rest: str) -> Address:
    """The parts of what follows a URL's scheme and colon, once nothing speaks against them."""
    if not rest.startswith("//") or re.search(r"[\x00-\x20\x7f#]", rest):
        raise InvalidURL(
            "The URL of a store on PostgreSQL begins with two slashes and contains neither '#' nor spaces.",
            f"Percent-encode other characters: %23 for '#', %20 for a space. {EXAMPLE}",
        )
    located, _, query = rest.removeprefix("//").partition("?")
    authority, _, path = located.partition("/")
    credentials, _, server = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    if "${" in credentials and variable_in(password) is None:
        raise InvalidURL("A reference in a URL must be the whole password: ${env:NAME}.", EXAMPLE)
    decoded(password)
    host, port = host_and_port(server)
    if not path or "/" in path:
        raise InvalidURL("The URL of a store on PostgreSQL must name one database.", EXAMPLE)
    return Address(decoded(user), password, host, port, decoded(path), parameters(query))


def variable_in(password: str) -> str | None:
    """The variable that a password refers to; None for any other, be it of another kind of reference."""
    found = reference(password) if is_reference(password) else None
    return found.name if found is not None and found.kind == "env" else None


def host_and_port(server: str) -> tuple[str, int]:
    """The server that a URL names, lower-case, and its port.

    A directory of sockets is not taken: it may be anybody's, and is another one for each machine.
    """
    match = re.fullmatch(r"(.*?)(?::([0-9]{1,5}))?", server)
    assert match is not None
    host = unquote(match[1])
    if host.startswith("/"):
        raise InvalidURL("The URL of a store on PostgreSQL must name a host, not a socket directory.", EXAMPLE)
    if not _HOST.fullmatch(host):
        raise InvalidURL(
            "The URL of a store on PostgreSQL has no host, or an invalid one.",
            f"In a password, percent-encode '/', '?', '#', ':' and '@'. {EXAMPLE}",
        )
    port = int(match[2] or PORT)
    if not 0 < port < 65536:
        raise InvalidURL(f"{port} is not a valid port.", EXAMPLE)
    return host.strip("[]").lower(), port


def parameters(query: str) -> dict[str, str]:
    """The parameters that a URL ends with, the schema always among them."""
    found = {"schema": SCHEMA}
    given = [pair.partition("=") for pair in query.split("&") if pair]
    for key, _, value in given:
        if key not in TAKEN:
            raise not_taken(key)
        if [other for other, _, _ in given].count(key) > 1:
            raise InvalidURL(f"The parameter '{key}' is given twice in the URL.", EXAMPLE)
        found[key] = TAKEN[key](key, decoded(value))
    return found


def not_taken(key: str) -> InvalidURL:
    """The error of a parameter that is none of ours, whose name is shown only if it can't be a part of a password."""
    taken = f"Allowed parameters: {', '.join(TAKEN)}."
    if looks_secret(key):
        shown = f"'{key}'" if key in ("password", "sslpassword", "passfile") else "with that name"
        return InvalidURL(
            f"The URL of a store can't have a parameter {shown}: it would be a secret.",
            "Write USER:${env:NAME}@HOST and put the password in that variable, or put it in ~/.pgpass.",
        )
    if not re.fullmatch(r"[a-z_]{1,30}", key):
        return InvalidURL("What follows '?' in the URL is not KEY=VALUE.", taken)
    return InvalidURL(f"The URL of a store can't have a parameter '{key}'.", taken)


def text(key: str, value: str) -> str:
    """Any text that is there."""
    if not value:
        raise InvalidURL(f"The parameter '{key}' in the URL is empty.", EXAMPLE)
    return value


def path(key: str, value: str) -> str:
    """A path, made absolute here and now; `system` is the word for the system's certificates."""
    if text(key, value) == "system":
        return value
    return os.path.abspath(os.path.expanduser(value))


def seconds(key: str, value: str) -> str:
    """A number of seconds."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
        raise InvalidURL(f"The parameter '{key}' in the URL must be a number of seconds from 1 to 9999.", EXAMPLE)
    return value


def schema(key: str, value: str) -> str:
    """A plain name in lower case, which no shell of SQL needs quotes for."""
    if not _SCHEMA.fullmatch(value):
        raise InvalidURL(
            "The schema in the URL has an invalid name.",
            "Use 1 to 63 lower-case letters, digits or '_'; begin with a letter, and not with 'pg_'.",
        )
    return value


def one_of(*values: str) -> Callable[[str, str], str]:
    """A word out of some."""

    def checked(key: str, value: str) -> str:
        if value not in values:
            raise InvalidURL(f"The parameter '{key}' in the URL must be one of {', '.join(values)}.", EXAMPLE)
        return value

    return checked


TAKEN: dict[str, Callable[[str, str], str]] = {
    "schema": schema,
    "sslmode": one_of(*_SSL_MODES),
    "sslrootcert": path,
    "sslcert": path,
    "sslkey": path,
    "channel_binding": one_of("disable", "prefer", "require"),
    "connect_timeout": seconds,
    "application_name": text,
    "target_session_attrs": one_of("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
"""The parameters, each with what checks its value. All but `schema` are libpq's."""


def decoded(part: str) -> str:
    """A part of a URL as it is meant."""
    try:
        found = unquote(part, errors="strict")
    except UnicodeDecodeError:
        found = "\0"
    if re.search(r"[\x00-\x1f\x7f]", found):
        raise InvalidURL("A part of the URL is not text or contains control characters.", EXAMPLE)
    return found


def warnings(url: str) -> list[str]:
    """A sentence for each thing in a URL that could be safer."""
    found = address(url)
    sentences = []
    if found.password and found.variable is None:
        sentences.append(
            f"The registry has the password for {found.place} in plain text. "
            "Replace it with ${env:NAME}, or put it in ~/.pgpass."
        )
    is_local = found.host in ("localhost", "127.0.0.1", "::1")
    if not is_local and found.parameters.get("sslmode") != "verify-full":
        sentences.append(
            f"Without sslmode=verify-full in its URL, another server could pose as {found.host} and see all data."
        )
    return sentences


def without_secrets(told: str, password: str | None) -> str:
    """What a driver or a server says, in one line and without the password."""
    line = " ".join(told.split())
    return line.replace(password, MASK) if password else line
