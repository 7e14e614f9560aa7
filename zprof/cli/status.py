"""`zprof status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from zprof.active.scope import Choice
from zprof.active.status import Standing, Status
from zprof.active.status import status as found_status
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_item, show_lines
from zprof.records import Component


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return status


@click.command(cls=Command, is_read=True, has_banner=False)
@click.option("--check", "asks_server", is_flag=True, help="Also check a store on a server, which takes a connection.")
@click.pass_obj
def status(invocation: Invocation, asks_server: bool) -> None:
    """Show the active profile and stack, and where each is set.

    Also shows what is hidden by that: the other choices in the environment, the repository and the registry. If the
    store is a file, or with --check, it shows the components of the stack and whether they fit together.
    """
    found = found_status(
        invocation.registry, profile=invocation.profile, stack=invocation.stack, asks_server=asks_server
    )
    if invocation.output == "name":
        show_lines(standing.choice.name if standing.choice else "" for standing in (found.profile, found.stack))
    elif invocation.output == "table":  # lines, since drawing a table takes longer than all else that this does
        show_lines(
            [
                *lines("profile", found.profile),
                *of_profile(found, asks_server=asks_server),
                *lines("stack", found.stack),
                *of_stack(found),
            ]
        )
    else:
        show_item(invocation.output, "Status", item(found), rows=rows(found))
    if invocation.output != "json":
        for problem in found.problems:
            invocation.warn(f"{problem.message} {problem.hint}")


def item(found: Status) -> dict[str, Any]:
    """What is in effect as a document has it."""
    return {
        "profile": fields(found.profile),
        "stack": fields(found.stack),
        "protected": found.is_protected,
        "answers": found.answers,
        "components": None if found.components is None else members(found.components),
        "fits": found.fits,
        "problems": [{"code": error.code, "message": error.message, "hint": error.hint} for error in found.problems],
    }


def members(components: Mapping[str, Component]) -> dict[str, dict[str, str]]:
    """The components of a stack in short."""
    return {type_name: {"name": found.name, "flavor": found.flavor} for type_name, found in components.items()}


def fields(standing: Standing) -> dict[str, Any]:
    """A choice, and those that it hides."""
    choice = standing.choice
    return {
        "name": choice and choice.name,
        "scope": choice and choice.scope,
        "source": choice and choice.source,
        "hides": [hidden._asdict() for hidden in standing.hides],
    }


def lines(kind: str, standing: Standing) -> list[str]:
    """A choice, and those that it hides, as a person reads them."""
    if standing.choice is None:
        return [f"{kind}: none"]
    hides = [f"  overrides {where(hidden)}" for hidden in standing.hides]
    return [f"{kind}: {where(standing.choice)}", *hides]


def of_profile(found: Status, *, asks_server: bool) -> list[str]:
    """What else is told of the profile."""
    if found.is_protected is None:
        return []
    told = [f"  protected: {'yes' if found.is_protected else 'no'}"]
    if found.answers is None and found.stack.choice is not None:
        told.append("  store: not checked; --check does that")
    elif found.answers is False or (found.answers and asks_server):
        told.append(f"  store: {'answers' if found.answers else 'does not answer'}")
    return told


def of_stack(found: Status) -> list[str]:
    """What the stack is made of, and whether that fits together."""
    members = [
        f"  {type_name}: {component.name} ({component.flavor})"
        for type_name, component in (found.components or {}).items()
    ]
    return members if found.fits is None else [*members, f"  fits: {'yes' if found.fits else 'no'}"]


def where(choice: Choice) -> str:
    """A choice and where it was made."""
    return f"{choice.name} ({choice.scope}, {choice.source})"


def rows(found: Status) -> list[dict[str, Any]]:
    """What is in effect as CSV has it."""
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
