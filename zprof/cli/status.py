"""`zprof status`."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_item, show_lines
from zprof.status import Standing, Status
from zprof.status import status as found_status


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return status


@click.command(cls=Command, is_read=True, has_banner=False)
@click.pass_obj
def status(invocation: Invocation) -> None:
    """Show the active profile and stack, and where each came from.

    And what that hides: the other choices of the environment, the repository and the registry.
    """
    found = found_status(invocation.registry, profile=invocation.profile, stack=invocation.stack)
    if invocation.output == "name":
        show_lines(standing.choice.name if standing.choice else "" for standing in (found.profile, found.stack))
    else:
        show_item(invocation.output, "Status", item(found), rows=rows(found), cut_first="HIDES")
    if invocation.output != "json":
        for problem in found.problems:
            invocation.warn(f"{problem.message} {problem.hint}")


def item(found: Status) -> dict[str, Any]:
    """What is in effect as a document has it."""
    return {
        "profile": fields(found.profile),
        "stack": fields(found.stack),
        "problems": [{"code": error.code, "message": error.message, "hint": error.hint} for error in found.problems],
    }


def fields(standing: Standing) -> dict[str, Any]:
    """A choice, and those that it hides."""
    choice = standing.choice
    return {
        "name": choice and choice.name,
        "scope": choice and choice.scope,
        "source": choice and choice.source,
        "hides": [hidden._asdict() for hidden in standing.hides],
    }


def rows(found: Status) -> list[dict[str, Any]]:
    """What is in effect as a table has it."""
    return [
        {
            "KIND": kind,
            "NAME": standing.choice and standing.choice.name,
            "SCOPE": standing.choice and standing.choice.scope,
            "SOURCE": standing.choice and standing.choice.source,
            "HIDES": [f"{hidden.name} ({hidden.scope})" for hidden in standing.hides],
        }
        for kind, standing in (("profile", found.profile), ("stack", found.stack))
    ]
