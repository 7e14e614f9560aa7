"""PostgreSQL's own programs for copies, as lines to type: they know best how to copy a database of a server."""

from __future__ import annotations

import shlex
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from zprof.secrets import is_reference

SCHEMA = "zprof"
"""Where the tables are, unless the URL says otherwise."""
NOT_TOLD = ("schema", "password", "sslpassword")
"""Parameters of a URL that are ours, or that nobody may read in a list of processes."""


def is_postgresql(url: str) -> bool:
    """Whether a store is on a server of PostgreSQL."""
    return url.startswith("postgresql")


def dump_line(url: str, file: str) -> str:
    """The line that copies a store into a file."""
    return line(url, "pg_dump", f"--file={file}", "--format=custom", "--no-owner")


def restore_line(url: str, file: str) -> str:
    """The line that makes a store what a file holds, wholly or not at all."""
    return line(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", file)


def line(url: str, program: str, *words: str) -> str:
    """A program's line for a shell, without a password: PostgreSQL's programs ask for one, or look into ~/.pgpass.

    A password that the URL takes from a variable is passed on from it.
    """
    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query))
    user = f"{quote(unquote(parts.username))}@" if parts.username else ""
    host = parts.netloc.rpartition("@")[2]
    query = urlencode({key: value for key, value in parameters.items() if key not in NOT_TOLD})
    connection = f"postgresql://{user}{host}{parts.path}{query and '?'}{query}"
    schema = parameters.get("schema", SCHEMA)
    typed = shlex.join([program, f"--dbname={connection}", f"--schema={schema}", *words])
    password = unquote(parts.password or "")
    is_variable = is_reference(password) and password.startswith("${env:")
    return f'PGPASSWORD="${password[6:-1]}" {typed}' if is_variable else typed
