"""What kind of word each argument and each option of a command takes, so that a shell can offer some."""

from __future__ import annotations

from collections.abc import Mapping

import click

from zprof.cli.options import FileName
from zprof.component_types import BY_NAME
from zprof.documents.schema import kinds

TEXT = "text"
"""Any word, a new name for one: nothing can be offered."""
TYPES = "|".join(of_type.command for of_type in BY_NAME.values())
"""The types of component."""
NOUNS = {"profile": "profile", "stack": "stack", "TYPE": "component", "TYPE flavor": "flavor"}
"""What the NAME of a command is the name of, by its group."""
METAVARS = {
    "PROFILE": "profile",
    "FILE": "file",
    "@FILE": "at-file",
    "TYPE": TYPES,
    **dict.fromkeys(
        ("SECONDS", "N", "FORMAT", "MODULE:CLASS", "TYPE/NAME.KEY=VALUE", "PREFIX", "OLD=NEW", "VARIABLE"), TEXT
    ),
}
"""By what stands for the value of an option in help."""
NAMES = {
    "profile": "profile",
    "stack": "stack",
    "confirm_name": "profile",
    "flavor": "flavor",
    "manager": "component:secrets_manager",
    "used_by": "stack",
    **dict.fromkeys(("new_name", "target"), TEXT),
    **{of_type: f"component:{of_type}" for of_type in BY_NAME},
}
"""By the name of an argument or an option, wherever it is."""
KINDS: Mapping[str, Mapping[str, str]] = {
    "profile list": {"name": "profile"},
    "profile create": {"name": TEXT, "url": "file"},
    "profile restore": {"name": TEXT},
    "stack list": {"name": "stack", "flavor": TEXT, "uses": TEXT},
    "stack register": {"name": TEXT},
    "stack import": {"name": TEXT},
    "TYPE list": {"name": "component"},
    "TYPE register": {"name": TEXT},
    "TYPE remove-attribute": {"attributes": "attribute"},
    "TYPE flavor list": {"name": "flavor"},
    "TYPE flavor register": {"name": TEXT},
    "TYPE flavor delete": {"name": "custom-flavor"},
    "use": {"name": "profile/stack"},
    "shell": {"name": "profile/stack"},
    "run": {"command": "program"},
    "secret set": {"name": TEXT, "source": "at-file"},
    "secret get": {"name": TEXT},
    "secret rm": {"name": TEXT},
    "allow": {"component": TYPES},
    "undo": {"operation": TEXT},
    "db backup": {"file": "file"},
    "db restore": {"file": "file"},
    "apply": {"new_profile": TEXT, "url": "file", "active_stack": "stack"},
    "edit": {"kind": f"stack|profile|{TYPES}", "name": TEXT},
    "log list": {"entity": TEXT, "since": TEXT},
    "log prune": {"older_than": TEXT},
    "log show": {"operation": TEXT},
    "diff": {"before": "profile/stack", "after": "profile/stack"},
    "import-zenml": {"path": "directory"},
    "schema": {"kind": "|".join(kinds())},
}
"""By the command, with TYPE for any of the twelve types, where it is not what is usual."""


class UnknownKind(Exception):
    """Nothing says what kind of word a parameter takes."""


def kind_of(command: str, parameter: click.Parameter) -> str:
    """The kind of word that a parameter takes: a noun, `component:TYPE`, `file`, `text`, or its choices, as `a|b`.

    After a `program` all words are that one's, whatever they begin with.

    Args:
        command: as it is typed, with TYPE for a type.

    Raises:
        UnknownKind: it is none of those that are known.
    """
    group, _, _ = command.rpartition(" ")
    found = KINDS.get(command, {}).get(parameter.name or "") or by_type(parameter) or by_name(group, parameter)
    if found is None:
        raise UnknownKind(
            f"add a line for `zprof {command}` to KINDS in zprof/cli/kinds.py:\n"
            f'    "{command}": {{"{parameter.name}": TEXT}},'
        )
    return found


def by_type(parameter: click.Parameter) -> str | None:
    """The kind, as far as what a parameter accepts says it."""
    accepted = parameter.type
    if isinstance(accepted, click.Choice):
        return "|".join(accepted.choices)
    if isinstance(accepted, FileName):
        return "file"
    if isinstance(accepted, click.Path):
        return "file" if accepted.file_okay else "directory"
    return None


def by_name(group: str, parameter: click.Parameter) -> str | None:
    """The kind, as far as the names in help and in the code say it."""
    if isinstance(parameter, click.Option) and parameter.metavar in METAVARS:
        return METAVARS[parameter.metavar]
    if isinstance(parameter, click.Argument) and parameter.name in ("name", "source"):
        return NOUNS.get(group)
    return NAMES.get(parameter.name or "")
