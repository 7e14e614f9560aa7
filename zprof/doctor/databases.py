"""Examining a database: whether it can be used, whether it is whole, and what in it should not be there."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from zprof.doctor.facts import curing
from zprof.doctor.file_systems import network_file_system
from zprof.doctor.finding import Finding, command
from zprof.doctor.secrets import secret_findings
from zprof.errors import UPGRADE, NewerSchema, OthersDatabase, SchemaError, ZprofError
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.hints import for_profile
from zprof.history.heading import user_at_host
from zprof.profiles.undoing import Done, last_done
from zprof.records import json_object
from zprof.sqlite.backups import directory_of, newest
from zprof.sqlite.connection import connect
from zprof.sqlite.database import Database, Transaction
from zprof.sqlite.faults import faults
from zprof.sqlite.files import drafts_of, mount_point
from zprof.sqlite.marks import Rebuilt, mark
from zprof.transaction import Transaction as AnyTransaction

RENAMED = "SELECT entity_name, after FROM change WHERE entity_kind = 'stack' ORDER BY id"


class Registered(NamedTuple):
    """What the log says of a stack that was registered."""

    name: str
    at: str
    command: str

    @property
    def profile(self) -> str | None:
        """The profile that an option named, if one did."""
        words = words_of(self.command)
        named = [word.removeprefix("--profile=") for word in words if word.startswith("--profile=")]
        named += [value for word, value in pairwise(words) if word in ("-p", "--profile")]
        return named[-1] if named else None


class Examined(NamedTuple):
    """A database, and what was found."""

    findings: list[Finding]
    stacks: list[str] | None
    """The names of a store's stacks, if it could be read."""
    renamed: dict[str, str]
    """The new names of stacks by their old ones."""
    registered: tuple[Registered, ...] = ()
    """Those that this user registered to switch to, the newest first."""
    undone: Done | None = None
    """What was done last in a store, if it was an undo or a redo."""


def without_content(*findings: Finding) -> Examined:
    """A database that could not be read, or that holds no stacks."""
    return Examined([*findings], None, {})


class Subject(NamedTuple):
    """A database to examine."""

    database: Database
    """One that keeps its format."""
    where: str
    """What it is called in findings."""
    words: tuple[str, ...]
    """What names it on the command line."""
    is_active: bool = False
    """Whether it is the store of the active profile, which can't be deleted."""

    @property
    def path(self) -> str:
        """Its path."""
        return self.database.path

    def restoring(self) -> str:
        """What to type to put back a copy."""
        return command("zprof", *self.words, "db", "restore", newest(self.path) or "FILE", *self.options)

    def meant(self, hint: str) -> str:
        """A hint whose lines are for its profile."""
        return for_profile(hint, self.words[-1] if self.words else None)

    @property
    def options(self) -> tuple[str, ...]:
        """What the commands of `zprof db` need besides."""
        return ("--registry",) if self.database.kind == "registry" else ()


def examined(subject: Subject, mounts: str) -> Examined:
    """A database and all that is wrong with it.

    Args:
        mounts: the text of `/proc/self/mountinfo`.
    """
    try:
        is_file = stat.S_ISREG(os.stat(subject.path).st_mode)
    except FileNotFoundError:
        return without_content(missing(subject))
    except OSError:
        is_file = False  # opening it tells why
    found = list(place_findings(subject, mounts)) if is_file else []
    if any(finding.code == "hard_link" for finding in found):
        return without_content(*found)  # it is not opened for that reason
    try:
        with subject.database.read() as transaction:
            found += [*format_findings(subject, transaction), *fault_findings(subject, transaction)]
            found += journal_findings(subject, transaction)
            if subject.database.kind == "registry":
                return without_content(*found)
            if any(finding.code in ("row", "json") for finding in found):
                return without_content(*found)
            stacks = [name for (name,) in transaction.rows(sql.STACK_NAMES())]
            found += secret_findings(subject.where, subject.words, transaction)
            ((_, version, _, _),) = transaction.rows(sql.FORMAT())
            undone = last_done(transaction) if version == FORMATS["store"] else None
            return Examined(found, stacks, renamed_stacks(transaction), registered(transaction), undone)
    except NewerSchema as error:
        found.append(Finding(error.code, "error", subject.where, error.message, UPGRADE))
    except SchemaError as error:
        found.append(refused(subject, error))
    except ZprofError as error:
        found.append(Finding("unreachable", "error", subject.where, error.message, subject.meant(error.hint)))
    return without_content(*found)


def refused(subject: Subject, error: SchemaError) -> Finding:
    """The finding of a file that can't be used; one that lacks its marks alone is given them."""
    mend = None
    if isinstance(error, Rebuilt) and error.kind == subject.database.kind:
        mend = partial(mark, subject.database)
    if isinstance(error, OthersDatabase):
        return Finding(error.code, "error", subject.where, error.message, giving_way(subject))
    return Finding(error.code, "error", subject.where, error.message, error.line or subject.restoring(), mend)


def giving_way(subject: Subject) -> str:
    """What to type where another program's database is: within the config directory it is moved away, for a copy."""
    if os.path.dirname(directory_of(subject.path)) not in (os.path.dirname(subject.path), parent_of(subject.path)):
        if subject.is_active:
            return command("zprof", "profile", "set", "--global", "NAME")
        return command("zprof", "profile", "delete", subject.where)
    moving = command("mv", "-n", subject.path, f"{subject.path}.old")
    copy = newest(subject.path)
    return moving if copy is None else f"{moving} && {subject.restoring()}"


def parent_of(path: str) -> str:
    """The directory above the one that a file is in."""
    return os.path.dirname(os.path.dirname(path))


def missing(subject: Subject) -> Finding:
    """The finding of a file that is not there."""
    problem = f"The database {subject.path} is missing."
    if newest(subject.path) is not None or subject.is_active:
        return Finding("missing", "error", subject.where, problem, subject.restoring())
    return Finding("missing", "error", subject.where, problem, command("zprof", "profile", "delete", subject.where))


def place_findings(subject: Subject, mounts: str) -> Iterator[Finding]:
    """Where a file is and what else leads to it."""
    status = os.stat(subject.path)
    names = status.st_nlink - drafts_of(subject.path, status)
    if names > 1:
        yield Finding(
            "hard_link",
            "error",
            subject.where,
            f"{subject.path} has {names} names (hard links): after a crash, SQLite looks for its journal next to one.",
            command("find", mount_point(subject.path), "-xdev", "-samefile", subject.path),
        )
    kind = network_file_system(subject.path, mounts)
    if kind is not None:
        yield Finding(
            "network_file_system",
            "warning",
            subject.where,
            f"{subject.path} is on a network file system ({kind}): use it from one host at a time, "
            "or use a store on PostgreSQL.",
            command("zprof", "profile", "create", "<name>", "--url", "postgresql://<host>/<database>"),
        )


def format_findings(subject: Subject, transaction: Transaction) -> Iterator[Finding]:
    """A format other than this program's."""
    _, version, _, min_writer = transaction.rows(sql.FORMAT())[0]
    ours = FORMATS[subject.database.kind]
    if version < ours:
        yield Finding(
            "older_format",
            "warning",
            subject.where,
            f"It has format {version}; this zprof upgrades it to {ours}.",
            command("zprof", *subject.words, "db", "upgrade", *subject.options),
        )
    if version > ours and min_writer > ours:
        yield Finding(
            "newer_schema",
            "warning",
            subject.where,
            f"A newer zprof has written it (format {version}): this one can read it, but not change it.",
            command("pip", "install", "--upgrade", "zprof"),
        )


def fault_findings(subject: Subject, transaction: Transaction) -> Iterator[Finding]:
    """What is wrong within a file."""
    for fault in faults(transaction, subject.database.kind, is_quick=True):
        cure = curing(fault, subject.words, subject.options) or subject.restoring()
        yield Finding(fault.code, "error", subject.where, fault.sentence, cure)


def journal_findings(subject: Subject, transaction: Transaction) -> Iterator[Finding]:
    """A journal of another kind than zprof's, which a program of somebody else must have chosen."""
    ((mode,),) = transaction.answers("PRAGMA journal_mode")
    if mode != "wal":
        return
    mend = partial(back_to_rollback_journal, subject.path)
    if may_corrupt_wal(sqlite3.sqlite_version_info):
        problem = f"It is in WAL mode, and SQLite {sqlite3.sqlite_version} may damage such a file (until 3.51.3)."
        yield Finding("journal_mode", "error", subject.where, problem, "zprof doctor --fix", mend)
    else:
        problem = "It is in WAL mode, which fails on network file systems and in read-only directories."
        yield Finding("journal_mode", "warning", subject.where, problem, "zprof doctor --fix", mend)


def may_corrupt_wal(version: tuple[int, ...]) -> bool:
    """Whether a version of SQLite may damage a file in WAL mode when a checkpoint and a reset meet.

    That is fixed in 3.51.3, 3.50.7 and 3.44.6 (https://www.sqlite.org/wal.html#walresetbug).
    """
    return version < (3, 51, 3) and not (3, 50, 7) <= version < (3, 51) and not (3, 44, 6) <= version < (3, 45)


def back_to_rollback_journal(path: str) -> None:
    """Have SQLite keep a journal as zprof wants it; nothing happens while others have the file open."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def renamed_stacks(transaction: Transaction) -> dict[str, str]:
    """The new names of stacks that were renamed, by their old ones, as the log has them."""
    renamed = {}
    for name, after in transaction.answers(RENAMED):
        new_name = name if after is None else json_object(after).get("name")
        if isinstance(new_name, str) and new_name != name:
            renamed[name] = new_name
    return renamed


def registered(transaction: AnyTransaction) -> tuple[Registered, ...]:
    """The stacks that this user registered with `--set`, the newest first, as the log has them."""
    rows = transaction.rows(sql.STACKS_REGISTERED(by=user_at_host(), words="% --set%"))
    return tuple(found for found in map(Registered._make, rows) if "--set" in words_of(found.command))


def words_of(line: str) -> list[str]:
    """The words of a command line in the log, which a hand may have edited."""
    try:
        return shlex.split(str(line))
    except ValueError:
        return str(line).split()
