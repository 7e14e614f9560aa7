"""PostgreSQL's own programs for copies, as lines to type: they know best how to copy a database of a server."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from urllib.parse import quote

from zprof.errors import Refused
from zprof.postgresql.url import address


def dump_line(url: str, file: str) -> str:
    """The line that copies a store into a file, which only its owner can read, as there may be secrets in it.

    Args:
        url: a normalised one.
    """
    schema = f"--schema={address(url).schema}"
    # In a shell of its own, so that the files that are made later are as they would be.
    return f"(umask 077; {line(url, 'pg_dump', schema, f'--file={file}', '--format=custom', '--no-owner')})"


def restore_line(url: str, file: str) -> str:
    """The line that makes a store what a file holds, wholly or not at all, also where its schema is gone.

    Args:
        url: a normalised one.
    """
    return line(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--", file)


def look_line(url: str) -> str:
    """The line that shows what is in a store's schema, and uses nothing of it.

    Args:
        url: a normalised one.
    """
    schema = address(url).schema
    return line(url, "psql", *(f"--command=\\{kind} {schema}.*" for kind in ("d", "df", "do", "dT")))


def drop_line(url: str, things: Sequence[tuple[str, str]]) -> str | None:
    """The line that drops views and indexes that others added; None where there is more, which may hold data.

    Args:
        url: a normalised one.
        things: each by its kind and its name.
    """
    if any(kind not in ("view", "index") for kind, _ in things):
        return None
    schema = address(url).schema
    names = [(kind.upper(), name.replace('"', '""')) for kind, name in things]
    return line(url, "psql", *(f'--command=DROP {kind} {schema}."{name}"' for kind, name in names))


def not_ours_to_do(store: str, done: str, typed: str) -> Refused:
    """The error of a command that leaves the work to PostgreSQL's own program, so that nobody believes it done.

    Args:
        store: it, as a sentence begins with it.
        done: what the command would have done.
        typed: the line to type.
    """
    return Refused(f"Nothing was {done}: {store} is on PostgreSQL. Use PostgreSQL's own program:", typed)


def line(url: str, program: str, *words: str) -> str:
    """A program's line for a shell, without a password: PostgreSQL's programs ask for one, or look into ~/.pgpass.

    A password that the URL takes from a variable is passed on from it.
    """
    found = address(url)
    user = f"{quote(found.user, safe='')}@" if found.user else ""
    host = f"[{found.host}]" if ":" in found.host else found.host
    query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in found.parameters.items() if key != "schema")
    connection = f"postgresql://{user}{host}:{found.port}/{quote(found.database, safe='')}{query and '?'}{query}"
    typed = shlex.join([program, f"--dbname={connection}", *words])
    return f'PGPASSWORD="${found.variable}" {typed}' if found.variable else typed
