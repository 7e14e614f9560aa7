"""`zprof doctor`."""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import Any

import click

from zprof import paths
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_items, show_lines, show_list
from zprof.doctor import examination, known_profiles
from zprof.doctor.finding import Finding
from zprof.errors import ZprofError
from zprof.profiles.registry import Registry
from zprof.profiles.sharing import sharing_sentences

COLUMNS = {"SEVERITY": "severity", "WHERE": "where", "PROBLEM": "problem", "FIX": "cure"}


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return doctor


@click.command(cls=Command, is_read=True, has_banner=False)
@click.option("--fix", "is_fixing", is_flag=True, help="Fix what is safe to fix without asking.")
@click.pass_context
def doctor(context: click.Context, is_fixing: bool) -> None:
    """Find problems and show how to fix them.

    Checks the config directory, the databases, the active profile and stack, the repository and the environment. It
    changes nothing without --fix. --fix corrects permissions and journal modes, removes incomplete files, adds profiles
    for stores that have none, and switches to another profile or stack if it is clear which. It deletes no database.

    Exits with 1 if there is an error, and with 0 if there are only warnings.
    """
    invocation = context.find_object(Invocation)
    assert invocation is not None
    directory = paths.config_dir()
    told = versions()
    invocation.say(f"zprof {told['zprof']}, Python {told['python']}, SQLite {told['sqlite']}")
    if not os.path.lexists(paths.registry_file(directory)):
        invocation.say(f"There is no registry in {directory} yet: the first command creates one.")
    for sentence in sharing_sentences(known_profiles(Registry(directory, invocation.caller, keeps_format=True)) or []):
        invocation.say(sentence)
    found = list(examination(directory, invocation.caller))
    if is_fixing and mended(found, invocation):
        found = list(examination(directory, invocation.caller))
    show(invocation, found)
    if any(finding.severity == "error" for finding in found):
        context.exit(1)


def mended(found: list[Finding], invocation: Invocation) -> bool:
    """Mend what is safe to mend; whether there was anything."""
    mendable = [finding for finding in found if finding.mend is not None]
    for finding in mendable:
        assert finding.mend is not None
        try:
            is_mended = finding.mend() is not False
        except (OSError, sqlite3.Error, ZprofError) as error:
            invocation.warn(f"Not fixed ({error}): {finding.where}: {finding.problem}")
        else:
            done = "Fixed" if is_mended else "No longer needed"
            invocation.say(f"{done}: {finding.where}: {finding.problem}")
    return bool(mendable)


def show(invocation: Invocation, found: list[Finding]) -> None:
    """Print the findings."""
    items = [item(finding) for finding in found]
    if invocation.wants_document:
        show_list(invocation.output, "Finding", items, versions=versions())
    elif invocation.output == "table":
        # Not a table: cut to the terminal, it would lose what to type.
        for finding in found:
            show_lines([f"{finding.severity}: {finding.where}: {finding.problem}", f"    {finding.cure}"])
    else:
        show_items(invocation.output, "Finding", items, COLUMNS)
    if not items:
        invocation.say("Nothing is wrong.")


def item(finding: Finding) -> dict[str, Any]:
    """A finding as it is shown."""
    return {
        "name": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "problem": finding.problem,
        "cure": finding.cure,
        "fixable": finding.mend is not None,
    }


def versions() -> dict[str, str]:
    """What a report of a problem should tell."""
    from importlib.metadata import version

    return {"zprof": version("zprof"), "python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version}
