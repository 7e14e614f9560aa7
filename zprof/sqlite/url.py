"""The URL of a SQLite file: `sqlite:///home/ann/shared.db`, by its absolute path."""

from __future__ import annotations

import os
import re

from zprof.errors import InvalidURL

EXAMPLE = "A URL looks like sqlite:///home/ann/shared.db or postgresql://ann@db/team; a plain path works too."
PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~+@,=:-")
"""The bytes of a path that stand in a URL as they are."""
JOURNALS = ("-journal", "-wal", "-shm")
"""What SQLite appends to the name of a database, be it by a symbolic link that it was opened: to that of the file."""
SIDECARS = (*JOURNALS, ".lock")
"""What SQLite and zprof append to a database's name: a file of such a name would be taken for another's."""


def sqlite_url(path: str) -> str:
    """The URL of a file, by its absolute path; whatever a URL can't hold as it is is percent-encoded."""
    return f"sqlite://{quoted(path)}"


def quoted(path: str) -> str:
    """A path as a URL or a `file:` URI holds it, whatever bytes it has."""
    return "".join(chr(byte) if byte in PLAIN else f"%{byte:02X}" for byte in os.fsencode(path))


def is_sqlite(url: str) -> bool:
    """Whether a normalised URL names a file, and not a place on a server."""
    return isinstance(url, str) and url.startswith("sqlite:///") and url.isascii()


def sqlite_path(url: str) -> str:
    """The absolute path that a normalised `sqlite:` URL names.

    Raises:
        InvalidURL: it is not one, as only a hand that edits the registry can bring about.
    """
    if not is_sqlite(url):
        raise InvalidURL("The profile's URL in the registry is not one that this version of zprof can open.", EXAMPLE)
    if "%" not in url:
        return url.removeprefix("sqlite://")
    encoded = url.removeprefix("sqlite://").encode("ascii")
    return os.fsdecode(re.sub(rb"%([0-9A-Fa-f]{2})", lambda hexadecimal: bytes([int(hexadecimal[1], 16)]), encoded))


def normalised(given: str, rest: str) -> str:
    """The URL to store for one that a person typed.

    Args:
        given: all of it.
        rest: what follows the scheme and its colon.

    Raises:
        InvalidURL: it names no file, or has a query.
    """
    if not rest.strip("/") or rest.endswith(":memory:"):
        raise InvalidURL("A profile's URL must name a file: an in-memory store would be lost at once.", EXAMPLE)
    if not rest.startswith("///"):
        raise InvalidURL(f"'{given}' is not the URL of a file on this machine.", EXAMPLE)
    if "?" in rest or "#" in rest:
        raise InvalidURL(
            "A sqlite URL can't have a query.", "Remove what follows '?' or '#', or write that character as %3F or %23."
        )
    typed = sqlite_path("sqlite://" + quoted_as_typed(rest)).lstrip("/")
    return sqlite_url(absolute(typed if typed.startswith(("~", "./", "../")) else "/" + typed))


def quoted_as_typed(rest: str) -> str:
    """A URL's path with what was left unencoded encoded, and what was encoded left alone."""
    return "%".join(quoted(part) for part in rest.split("%"))


def absolute(path: str) -> str:
    """A path made absolute, without `.`, `..`, doubled slashes or a trailing one.

    Symbolic links stay: where a shared link points is its owner's to change.
    """
    if not path.strip() or re.search(r"[\x00-\x1f\x7f]", path):
        raise InvalidURL("A profile's URL can't be empty or contain control characters.", EXAMPLE)
    if path == ":memory:":
        raise InvalidURL("An in-memory store would be lost at once.", EXAMPLE)
    if path.endswith(SIDECARS):
        raise InvalidURL(f"A store can't have a name that ends in {' or '.join(SIDECARS)}.", EXAMPLE)
    # abspath keeps two leading slashes, which POSIX lets mean something else; here they don't.
    try:
        found = "/" + os.path.abspath(os.path.expanduser(path)).lstrip("/")
    except FileNotFoundError:
        raise InvalidURL(
            "The working directory no longer exists, so a relative path can't be resolved.", EXAMPLE
        ) from None
    if found == "/":
        raise InvalidURL("A profile's URL must name a file, and / is a directory.", EXAMPLE)
    return found
