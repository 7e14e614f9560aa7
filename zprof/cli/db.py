"""`zprof db`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from zprof import paths
from zprof.cli.command import Command, Group
from zprof.cli.fitting import IN_MIDDLE, Fitting
from zprof.cli.invocation import Invocation
from zprof.cli.options import FileName
from zprof.cli.output import show_answer, show_item, show_items, show_lines, show_name
from zprof.compatibility import Kind
from zprof.databases import registry_database, revisions_since, store_database
from zprof.doctor.facts import curing, facts, faults_of
from zprof.errors import ZprofError
from zprof.hints import for_profile, option_of
from zprof.postgresql.tools import dump_line, not_ours_to_do, restore_line
from zprof.records import told
from zprof.sqlite.backups import back_up, check_may_hold_copy
from zprof.sqlite.database import Database
from zprof.sqlite.restoring import check_copy, is_of_another, restore
from zprof.url import is_postgresql, is_sqlite, sqlite_path, sqlite_url

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase
    from zprof.sqlite.faults import Fault


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return db


class Target(NamedTuple):
    """A database to look after."""

    name: str
    """`registry`, or the name of a profile."""
    kind: Kind
    url: str

    @property
    def description(self) -> str:
        """It, as it reads in a sentence."""
        return "the registry" if self.kind == "registry" else f"the store of the profile '{self.name}'"

    @property
    def beginning(self) -> str:
        """It, as a sentence begins with it."""
        return f"T{self.description[1:]}"

    @property
    def words(self) -> tuple[str, ...]:
        """What names it on the command line."""
        return () if self.kind == "registry" else ("--profile", self.name)

    @property
    def options(self) -> tuple[str, ...]:
        """What the commands of `zprof db` need besides."""
        return ("--registry",) if self.kind == "registry" else ()

    @property
    def profile(self) -> str | None:
        """The profile whose store it is."""
        return None if self.kind == "registry" else self.name

    def meant(self, error: ZprofError) -> ZprofError:
        """An error whose hint is about it, also where it is one of many."""
        error.about = self.profile if error.about is None else error.about
        return error

    def database(self, invocation: Invocation) -> StoreDatabase:
        """It, whatever its format."""
        if self.kind == "registry":
            return self.file(invocation)
        return store_database(self.url, invocation.caller, keeps_format=True)

    def file(self, invocation: Invocation) -> Database:
        """The same, where it is known to be a file."""
        if self.kind == "registry":
            return registry_database(sqlite_path(self.url), invocation.caller, keeps_format=True)
        found = store_database(self.url, invocation.caller, keeps_format=True)
        assert isinstance(found, Database)
        return found


class DatabaseCommand(Command):
    """A command on databases as they are: it says itself which ones, and runs where no profile is in effect."""

    keeps_format = True

    def __init__(self, name: str | None, *, has_many: bool = False, **attributes: Any) -> None:
        super().__init__(name, has_banner=False, **attributes)
        self.params[:0] = [
            click.Option(
                ["--registry", "is_registry"], is_flag=True, help="Use the registry instead of the profile's store."
            ),
        ]
        if has_many:
            self.params.insert(
                1,
                click.Option(
                    ["--all", "is_all"], is_flag=True, help="Use the registry and the store of every profile."
                ),
            )


class DatabaseGroup(Group):
    """The group of commands on databases as they are."""

    command_class = DatabaseCommand


@click.group(cls=DatabaseGroup)
def db() -> None:
    """Upgrade, back up, restore and check databases.

    Each command uses the store of the active profile, or of another with -p; with --registry, the registry.
    """


@db.command(is_read=True, has_many=True)
@click.pass_obj
def status(invocation: Invocation, is_registry: bool, is_all: bool) -> None:
    """Show the format of a database, and what an upgrade would do."""
    items, failures = [], []
    for target in targets(invocation, is_registry, is_all):
        described, error = description(target, target.database(invocation))
        items.append(described)
        failures += [error] if error is not None else []
    if len(items) > len(failures):
        show_items(invocation.output, "Database", items, STATUS_COLUMNS, fitting=FITTING)
    raise_all(failures)


STATUS_COLUMNS = {
    "NAME": "name",
    "FORMAT": "format",
    "BYTES": "size",
    "UPGRADE": "upgrade",
    "PATH": "path",
}
"""What fits a terminal; JSON and YAML have all that is known."""
FITTING = Fitting({"PATH": IN_MIDDLE}, leaves_out=("BYTES", "PATH", "FORMAT"))
FACTS = ("format", "newest_format", "min_reader", "min_writer", "size", "journal_mode", "upgrade")
"""What is told of a database that can be read."""


@db.command(has_many=True)
@click.option("--dry-run", "is_trial", is_flag=True, help="Show the upgrades that would run, and change nothing.")
@click.pass_obj
def upgrade(invocation: Invocation, is_registry: bool, is_all: bool, is_trial: bool) -> None:
    """Upgrade a database to the newest format.

    A file is backed up first. Other commands upgrade the databases that they use by themselves; with --all, this
    upgrades every one, and goes on if one is broken.
    """
    items, answers, failures = [], [], []
    for target in targets(invocation, is_registry, is_all):
        try:
            database = target.database(invocation)
            told = facts(database)
            if told.format >= told.newest_format:
                invocation.say(f"{target.beginning} has format {told.format} and needs no upgrade.")
            elif is_trial:
                revisions = revisions_since(target.kind, told.format)
                items += [{"name": revision, "database": target.name, "path": database.place} for revision in revisions]
            else:
                database.upgrade()
                invocation.say(f"Upgraded {target.description} from format {told.format} to {told.newest_format}.")
            if invocation.is_asked and not is_trial:
                answers.append(description(target, database)[0])
        except ZprofError as error:
            failures.append(target.meant(error))
    if is_trial and (items or invocation.output != "table"):
        columns = {"DATABASE": "database", "REVISION": "name", "PATH": "path"}
        show_items(invocation.output, "Revision", items, columns, fitting=FITTING)
    elif invocation.is_asked:
        show_items(invocation.output, "Database", answers, STATUS_COLUMNS, fitting=FITTING)
    raise_all(failures)


@db.command()
@click.argument("file", required=False, type=FileName())
@click.option("--yes", "-y", is_flag=True, help="Replace a FILE that is a backup; it is kept under another name.")
@click.pass_obj
def backup(invocation: Invocation, file: str | None, is_registry: bool, yes: bool) -> None:
    """Back up a database, also while others use it.

    Writes to FILE, or to a new file in the backups of the config directory, and prints its path. A store on PostgreSQL
    is backed up by PostgreSQL's own program: this prints the line to type, and exits with 7.
    """
    target = one_target(invocation, is_registry)
    if is_postgresql(target.url):
        line = dump_line(target.url, file or f"{target.name}.dump")
        raise not_ours_to_do(target.description, "copied", line)
    database = target.file(invocation)
    if file is None:
        path = back_up(database, None)
    else:
        path, others = os.path.abspath(file), in_use(invocation)
        check_may_hold_copy(path, (database.path, *others))
        is_there = os.path.lexists(path)
        if is_there:
            invocation.confirm(f"Replace {file}?", is_confirmed=yes)
        back_up(database, path, may_replace=yes or is_there, in_use=others)
    if invocation.wants_document:
        show_item(invocation.output, "Backup", {"name": path, "database": target.name, "role": target.kind})
    else:
        show_name(invocation.output, path)


@db.command("restore")
@click.argument("file", type=FileName())
@click.option("--yes", "-y", is_flag=True, help="Restore without asking.")
@click.pass_obj
def restore_(invocation: Invocation, file: str, is_registry: bool, yes: bool) -> None:
    """Restore a database from a backup.

    FILE is checked first, and the current database is kept as another backup. Other processes see the old state or the
    new one. A backup in an older format is upgraded by the next command. A store on PostgreSQL is restored by
    PostgreSQL's own program: this prints the line to type, and exits with 7.
    """
    target = one_target(invocation, is_registry)
    if is_postgresql(target.url):
        raise not_ours_to_do(target.description, "restored", restore_line(target.url, file))
    if target.kind == "store":
        invocation.store.check_unprotected()
    path = os.path.abspath(file)
    copy = Database(path, target.kind, invocation.caller, has_turns=False, keeps_format=True)
    warn_of_copy(invocation, target, copy, check_copy(copy))
    invocation.confirm(f"Replace everything in {target.description} with {file}?", is_confirmed=yes)
    kept = restore(target.file(invocation), path)
    invocation.say(f"Restored {target.description} from {file}.")
    if kept is not None:
        invocation.say(f"The previous contents are kept as {kept}")
    if invocation.is_asked:
        described, _ = description(target, target.database(invocation))
        show_answer(invocation.output, "Database", {**described, **told(kept=kept)})


def description(target: Target, database: StoreDatabase) -> tuple[dict[str, Any], ZprofError | None]:
    """A database as it is shown, and what is wrong with it if nothing can be told."""
    described = {"name": target.name, "role": target.kind, "path": database.place}
    try:
        found = facts(database)
    except ZprofError as error:
        return {**described, **dict.fromkeys(FACTS), "problem": error.message}, target.meant(error)
    upgrade = for_profile(found.upgrade, target.profile)
    return {**described, **found._asdict(), "upgrade": upgrade, "problem": None}, None


def warn_of_copy(invocation: Invocation, target: Target, copy: Database, odd: Sequence[Fault]) -> None:
    """Say what deserves a second look before a copy is put back: whose it is, and what is odd about it."""
    stores = {} if target.kind == "registry" else stores_in_use(invocation)
    other = is_of_another(target.file(invocation), copy, list(stores))
    if other:
        whose = f"the store of the profile '{stores[other]}'" if isinstance(other, str) else "another database"
        invocation.warn(f"{copy.path} is a copy of {whose}, not of {target.description}.")
    for fault in odd[:SHOWN]:
        invocation.warn(f"{copy.path}: {fault.sentence}")
    if len(odd) > SHOWN:
        more = f"{len(odd) - SHOWN} more, which `zprof db check{option_of(target.kind)}` lists after the restore"
        invocation.warn(f"{copy.path}: {more}.")


SHOWN = 5
"""How many oddities of a copy are told; the rest is counted."""


def stores_in_use(invocation: Invocation) -> dict[str, str]:
    """The profiles' names by the paths of their stores, as far as these are files."""
    found = invocation.registry.profiles()
    return {sqlite_path(profile.url): profile.name for profile in found if is_sqlite(profile.url)}


@db.command(is_read=True, has_many=True)
@click.pass_context
def check(context: click.Context, is_registry: bool, is_all: bool) -> None:
    """Check a database for damage.

    Checks pages and indexes, references, the schema, the types of values, and JSON. Prints how to fix or remove each
    bad row. Exits with 1 if it finds a problem.
    """
    invocation = context.find_object(Invocation)
    assert invocation is not None
    items, failures = [], []
    for target in targets(invocation, is_registry, is_all):
        database = target.database(invocation)
        try:
            found = faults_of(database)
        except ZprofError as error:
            failures.append(target.meant(error))
            continue
        if not found:
            invocation.say(f"Nothing is wrong with {target.description}.")
        items += [
            {
                "name": target.name,
                "path": database.place,
                "code": fault.code,
                "problem": fault.sentence,
                "cure": curing(fault, target.words, target.options) or None,
            }
            for fault in found
        ]
    if invocation.output == "table":
        for item in items:
            show_lines([f"{item['name']}: {item['problem']}", *([f"    {item['cure']}"] if item["cure"] else [])])
    else:
        show_items(invocation.output, "Fault", items, {"DATABASE": "name", "CODE": "code", "PROBLEM": "problem"})
    raise_all(failures)
    if items:
        context.exit(1)


def in_use(invocation: Invocation) -> list[str]:
    """The paths of the registry and of all profiles' stores.

    Raises:
        ZprofError: the registry can't be read, so that it isn't known which they are.
    """
    return [paths.registry_file(paths.config_dir()), *stores_in_use(invocation)]


def targets(invocation: Invocation, is_registry: bool, is_all: bool) -> list[Target]:
    """The databases that a command acts on."""
    if not is_all:
        return [one_target(invocation, is_registry)]
    if is_registry:
        raise click.UsageError("--all includes the registry: leave out --registry.")
    stores = [Target(found.name, "store", found.url) for found in invocation.registry.profiles()]
    return [registry_target(), *stores]


def one_target(invocation: Invocation, is_registry: bool) -> Target:
    """The database that a command acts on."""
    if is_registry:
        return registry_target()
    profile = invocation.active.profile
    return Target(profile.name, "store", profile.url)


def registry_target() -> Target:
    """The registry, which is not opened for that: it may be what is broken."""
    return Target("registry", "registry", sqlite_url(paths.registry_file(paths.config_dir())))


def raise_all(failures: Sequence[ZprofError]) -> None:
    """Raise what went wrong with some of the databases, once the others are done with."""
    if len(failures) == 1:
        raise failures[0]
    if failures:
        codes = {failure.exit_code for failure in failures}
        several = ZprofError(" ".join(failure.message for failure in failures), "See `zprof doctor`.")
        several.exit_code = codes.pop() if len(codes) == 1 else 1
        raise several
