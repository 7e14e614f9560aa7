"""A profile's URL: where its store is. What is stored is the text that `normalised` gives, always the same for a place.

sqlite:///home/ann/shared.db                              a SQLite file, by its absolute path (`zprof.sqlite.url`)
postgresql+psycopg://ann@db:5432/team?schema=zprof        a schema in a PostgreSQL database (`zprof.postgresql.url`)
"""

from __future__ import annotations

import re
from collections.abc import Hashable

from zprof.errors import InvalidURL
from zprof.files import file_identity
from zprof.masking import MASK, without_credentials
from zprof.sqlite.url import EXAMPLE, absolute, is_sqlite, sqlite_path, sqlite_url
from zprof.sqlite.url import normalised as normalised_sqlite

__all__ = [
    "identity",
    "is_postgresql",
    "is_same_store",
    "is_sqlite",
    "normalised",
    "sqlite_path",
    "sqlite_url",
    "warnings",
]

SCHEMES = ("sqlite", "postgresql")


def is_postgresql(url: str) -> bool:
    """Whether a normalised URL names a place on a server."""
    return isinstance(url, str) and url.startswith("postgresql+psycopg://")


def normalised(given: str) -> str:
    """The URL to store for one that a person typed: a `sqlite:` or `postgresql:` URL, or a bare file path.

    `~` and relative paths are made absolute here and now, so that the store is the same from every directory.

    Raises:
        InvalidURL: an unknown scheme, an empty path, a control character, a parameter that is not taken, or what is
            shown in place of a password.
    """
    if MASK in given:
        raise InvalidURL(f"{given!r} has {MASK}, which is shown in place of a password.", "Give the password itself.")
    if given == "URL":
        raise InvalidURL("URL is a placeholder: write the URL of a store.", EXAMPLE)
    scheme, separator, rest = given.partition(":")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return sqlite_url(absolute(given))
    if scheme.lower() in ("postgresql", "postgresql+psycopg"):
        from zprof.postgresql import url as postgresql_url  # with urllib, for those who have a server

        return postgresql_url.normalised(rest)
    if scheme.lower() != "sqlite":
        raise InvalidURL(
            f"The URL scheme '{scheme}' can't hold a profile's store.",
            f"Supported schemes: {', '.join(SCHEMES)}. {EXAMPLE}",
        )
    return normalised_sqlite(given, rest)


def is_same_store(url: str, other: str) -> bool:
    """Whether two normalised URLs lead to one store."""
    return url == other or identity(url) == identity(other)


def identity(url: str) -> Hashable:
    """What is equal of two normalised URLs that lead to one store: one file, be it through a link, or one schema.

    Servers are told apart by the names that the URLs give them.
    """
    try:
        if is_postgresql(url):
            from zprof.postgresql.url import address

            return address(url).place
        return file_identity(sqlite_path(url))
    except InvalidURL:  # of a hand that edits the registry
        return url


def shown(url: str) -> str:
    """A normalised URL as people read it: of a server without its password and the driver's name."""
    try:
        if is_postgresql(url):
            from zprof.postgresql.url import address

            return address(url).shown()
    except InvalidURL:  # of a hand that edits the registry
        pass
    return without_credentials(url)


def without_password(url: str) -> str:
    """A normalised URL for others to type: without its password, be it a reference, and without the driver's name."""
    if not is_postgresql(url):
        return url
    from zprof.postgresql.url import address

    return address(url)._replace(password="").shown()


def to_type(url: str) -> str:
    """A normalised URL for this user to type again: a password in plain text is left out, a reference stays."""
    text = shown(url)
    return without_password(url) if MASK in text else text


def for_sqlalchemy(url: str) -> str | None:
    """A normalised URL as SQLAlchemy, MLflow and ZenML read it, four slashes before a path; None where it is none."""
    try:
        if is_postgresql(url):
            from zprof.postgresql.url import address

            return address(url).shown(is_for_others=True)
        return f"sqlite:///{sqlite_path(url)}"
    except InvalidURL:
        return None


def path_at_the_root(given: str) -> str | None:
    """The path of a URL as a person typed it, `sqlite:///team.db`, that others read as relative to where one is."""
    match = re.fullmatch(r"sqlite:///(?![~.:])([^/?#]+)", given, re.IGNORECASE)
    return f"/{match[1]}" if match else None


def warnings(url: str) -> list[str]:
    """A sentence for each thing in a normalised URL that could be safer."""
    if not is_postgresql(url):
        return []
    from zprof.postgresql import url as postgresql_url

    return postgresql_url.warnings(url)
