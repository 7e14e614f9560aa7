"""What PostgreSQL and its driver say, as errors of ours.

The SQL, its values, and a message's details are left out, since they quote what is stored: raise these `from None`.
"""

from __future__ import annotations

from psycopg import DataError, Error, ProgrammingError

from zprof.errors import Busy, DamagedFile, ForeignFile, InvalidInput, ZprofError
from zprof.postgresql.url import Address, without_secrets
from zprof.waiting import busy

LOCK_NOT_AVAILABLE = "55P03"
UNDEFINED_TABLE = "42P01"
UNDEFINED_COLUMN = "42703"
UNDEFINED_SCHEMA = "3F000"
DIVISION_BY_ZERO = "22012"
WRONG_OBJECT_TYPE = "42809"
SWITCH_AWAY = "or switch away with `zprof profile set NAME`."

NOT_UTF8 = "22021"
"""Bytes that are no text, in what is stored: what is sent is UTF-8."""
UNTRANSLATABLE = "22P05"
"""A character that the database can't hold."""
NO_PRIVILEGE, READ_ONLY = NOT_WRITABLE = ("42501", "25006")
"""A role that lacks a privilege, and a standby."""
GIVEN_UP = ("40001", "40P01", "23502", "23503", "23505")
"""Serialization failures, deadlocks and keys that came or went: zprof's writers take turns and have looked before."""


def sqlstate(error: Error) -> str | None:
    """PostgreSQL's code of an error; None where it comes from the driver."""
    return error.sqlstate


def is_lost(error: Error) -> bool:
    """Whether the connection is gone, or the server that ends it."""
    code = sqlstate(error)
    if code is None:
        # What the driver says of a text or of a call comes before anything is sent.
        return not isinstance(error, DataError | ProgrammingError)
    return code.startswith(("08", "57P"))


def unreachable(error: Error, address: Address, password: str | None) -> ZprofError:
    """The error of a connection that did not come about. The server's sentence is the best hint that there is."""
    told = without_secrets(str(error), password).removeprefix("connection failed: ")
    told = told.partition(" Is the server running")[0]  # libpq's question, which our hint asks too
    return ZprofError(
        f"Can't connect to {address.place}: {told.rstrip('.')}.",
        f"Check that the server is running and that the profile's URL and password are right, {SWITCH_AWAY}",
    )


def not_there(address: Address) -> ZprofError:
    """The error of a store that was there once, or never."""
    return ZprofError(
        f"There is no store at {address.place}.",
        f"Restore it from a copy, "
        f"make one with `zprof profile create '<name>' --url 'postgresql://<host>/<database>'`, {SWITCH_AWAY}",
    )


def foreign(address: Address) -> ForeignFile:
    """The error of a schema that others use."""
    return ForeignFile(
        f"{address.place} has tables that zprof did not create.",
        "Nothing was changed in it. Choose another schema with ?schema=NAME in the URL: zprof creates it.",
    )


def odd(address: Address, oddity: str) -> ForeignFile:
    """The error of tables that hold what could run a stranger's code."""
    return ForeignFile(
        f"The tables at {address.place} are not the ones that zprof creates: {oddity}.",
        "Nothing was run or changed. Ask the owner of the schema to remove it, or switch away with "
        "`zprof profile set NAME`.",
    )


def in_the_way(address: Address) -> Busy:
    """The error of a change that another program's crossed, though zprof's take turns."""
    return Busy(
        f"Another program's transaction conflicts with this one at {address.place}.", "Nothing was changed. Try again."
    )


def no_privilege(address: Address, told: str) -> ZprofError:
    """The error of a user who may not do it."""
    return ZprofError(
        f"The user of {address.place} is not allowed to do that: {told}.",
        "Ask the owner of the schema for the privilege, or use another user in the profile's URL.",
    )


def unknown_outcome(address: Address, what: str = "") -> ZprofError:
    """The error of a COMMIT that was sent and not answered.

    Args:
        what: happened, if not that the connection was lost.
    """
    return ZprofError(
        f"{what or f'The connection to {address.place} was lost'} while the change was being committed.",
        "It may or may not have taken effect: look before you repeat it.",
    )


def translated(error: Error, address: Address) -> ZprofError:
    """An error within a transaction, which PostgreSQL has undone by it."""
    code = sqlstate(error)
    told = without_secrets(error.diag.message_primary or "it said nothing", None)
    if is_lost(error):
        return ZprofError(
            f"The connection to {address.place} was lost, and nothing was changed.",
            f"Try again once the server is running, {SWITCH_AWAY}",
        )
    if code is None:
        return not_postgresql_text()
    if code == UNTRANSLATABLE:
        return not_in_its_encoding(address)
    if code == NOT_UTF8:
        return not_utf8(address)
    if code == LOCK_NOT_AVAILABLE:
        return busy(address.place)
    if code in GIVEN_UP:
        return in_the_way(address)
    if code == READ_ONLY:
        return ZprofError(f"{address.place} is read-only: {told}.", "Use the URL of the primary server.")
    if code in (NO_PRIVILEGE, UNDEFINED_SCHEMA):  # a schema that one may not use counts as none
        return no_privilege(address, told)
    if code in (UNDEFINED_TABLE, UNDEFINED_COLUMN):
        return DamagedFile(f"{address.place} is missing a table or a column ({told}).", "Restore a copy.")
    if isinstance(error, ProgrammingError):
        raise error from None  # a statement that PostgreSQL can't understand is a fault of zprof's
    if code.startswith("53"):
        return ZprofError(
            f"The server of {address.place} has run out of resources: {told}.", "Nothing was changed. Try again."
        )
    kind = type(error).__name__  # the sentence may quote values
    return ZprofError(
        f"PostgreSQL failed at {address.place} ({code}, {kind}), and nothing was changed.",
        "See the server's log for details.",
    )


def not_postgresql_text() -> InvalidInput:
    """The error of a text that SQLite would take."""
    return InvalidInput("A text contains a NUL character, which PostgreSQL can't store.", "Remove it.")


def not_in_its_encoding(address: Address) -> InvalidInput:
    """The error of a text that another database would take."""
    return InvalidInput(
        f"A text contains a character that {address.place} can't store: NUL, or one outside the database's encoding.",
        "Nothing was changed. Remove it, or use a database with the encoding UTF8.",
    )


def not_utf8(address: Address) -> DamagedFile:
    """The error of stored bytes that are no text, as other programs may write them where the encoding is SQL_ASCII."""
    return DamagedFile(
        f"{address.place} contains text that is not UTF-8. Another program must have written it.",
        f"Fix it with that program, restore a copy, {SWITCH_AWAY}",
    )
