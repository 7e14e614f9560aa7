"""`zprof import-zenml`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from zprof import paths
from zprof.active.switching import check_profile_switch_shows, hiding_profile
from zprof.cli.command import WayOut
from zprof.cli.invocation import Invocation
from zprof.cli.options import FileName
from zprof.cli.output import STEP_COLUMNS, show_items
from zprof.cli.profile import COLUMNS, document
from zprof.errors import NothingActive
from zprof.printable import in_shell, printable
from zprof.zenml import ForeignProfile, read

if TYPE_CHECKING:
    from zprof.profiles.import_plan import Plan, Way
    from zprof.profiles.importing import Imported

WOULD: dict[Way, str] = {
    "new": "Would create the profile {}.",
    "in place": "Would replace the profile 'default', which nobody has changed, with {}.",
    "as it is": "Would use the profile {}: it already holds the same.",
}
DONE: dict[Way, str] = {
    "new": "Created profile {}.",
    "in place": "Replaced profile 'default' with {}.",
    "as it is": "Used profile {}: it already holds the same.",
}
"""What is said of a profile, by how it comes about."""
VERBS: dict[Way, str] = {"new": "register", "in place": "overwrite", "as it is": "use"}
"""What a program is told of it, in the words of `stack import`."""


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return import_zenml


def pairs(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """The names that `--rename` gives, by those that it takes away."""
    names: dict[str, str] = {}
    for text in given:
        old, equals, new = text.partition("=")
        if not equals or old in names:
            raise click.BadParameter("write OLD=NEW, once for each profile.", context, option)
        names[old] = new
    return names


class ImportCommand(WayOut):
    """A command that reads the registry as it is, and makes one only with the profiles that it imports."""

    keeps_format = True
    has_first_run = False


@click.command("import-zenml", cls=ImportCommand)
@click.argument("path", required=False, type=FileName())
@click.option("--prefix", default="", metavar="PREFIX", help="Begin the name of each profile with this.")
@click.option(
    "--rename",
    "names",
    multiple=True,
    metavar="OLD=NEW",
    callback=pairs,
    help="Import a profile under another name. Can be repeated.",
)
@click.option("--activate", is_flag=True, help="Switch to the profile that is active in ZenML.")
@click.option("--dry-run", "is_trial", is_flag=True, help="Show what would be done, and change nothing.")
@click.pass_obj
def import_zenml(
    invocation: Invocation, path: str | None, prefix: str, names: dict[str, str], activate: bool, is_trial: bool
) -> None:
    """Import the profiles of ZenML 0.7 to 0.13.

    Reads ZenML's configuration directory, at PATH or in its usual place, and does not change it. PATH can also be a
    project, which becomes a repository with the profile and stack that it has in ZenML; or a single store, a directory
    or a SQLite file, which becomes a profile. Imports everything or nothing. A profile with the same contents is used,
    and an unchanged profile 'default' is replaced.
    """
    usual = paths.zenml_config_dir()
    plan = invocation.registry.planned_import(read(path or usual, usual), prefix=prefix, names=names)
    if activate and plan.active_profile is not None:
        check_profile_switch_shows(plan.active_profile)
    if is_trial:
        show(invocation, plan, activate=activate)
        return
    report(invocation, plan, invocation.registry.import_profiles(plan, activate=activate))
    if invocation.is_asked:
        imported = {each.profile.name for each in plan.profiles}
        found = [profile for profile in invocation.registry.profiles() if profile.name in imported]
        items = [document(profile, invocation.active_or_none) for profile in found]
        show_items(invocation.output, "Profile", items, COLUMNS)


def show(invocation: Invocation, plan: Plan, *, activate: bool) -> None:
    """Print what would be done: the answer of a trial."""
    if invocation.is_asked:
        items = [{"name": each.profile.name, "verb": VERBS[each.way], "thing": "profile"} for each in plan.profiles]
        show_items(invocation.output, "Step", items, STEP_COLUMNS)
        return
    lines = [WOULD[each.way].format(summary(each.profile, each.source)) for each in plan.profiles]
    if plan.repository is not None:
        lines.append(f"Would make {plan.repository.root} a repository with {choice(plan)}.")
    if (activate or plan.is_first) and plan.active_profile is not None:
        lines.append(f"Would switch to the profile '{plan.active_profile}'.")
    for line in (*lines, *plan.remarks, *(f"Warning: {warning}" for warning in plan.warnings)):
        click.echo(printable(line))


def report(invocation: Invocation, plan: Plan, imported: Imported) -> None:
    """Say what was done."""
    for each in imported.profiles:
        invocation.say(DONE[each.way].format(summary(each.profile, each.source)))
    if imported.kept is not None:
        invocation.say(f"The store that 'default' had, which nobody had changed, is kept as {imported.kept}")
    if plan.repository is not None:
        invocation.say(f"Made {plan.repository.root} a repository with {choice(plan)}.")
    for remark in plan.remarks:
        invocation.say(remark)
    for warning in plan.warnings:
        invocation.warn(warning)
    if imported.active is not None:
        invocation.say(f"Active global profile changed to: '{imported.active}'")
        invocation.warn_if_hidden(hiding_profile(invocation.surroundings, imported.active))
    elif plan.active_profile is not None and plan.active_profile != global_profile(invocation):
        which = f"ZenML's active profile is '{plan.active_profile}'. " if len(plan.profiles) > 1 else ""
        invocation.say(f"{which}To switch to it, run `zprof profile set {in_shell(plan.active_profile)} --global`.")


def global_profile(invocation: Invocation) -> str | None:
    """The globally active profile, if there is one."""
    with suppress(NothingActive):
        return invocation.registry.active().name
    return None


def summary(profile: ForeignProfile, source: str) -> str:
    """A profile as it reads in a sentence: its name and how much is in it."""
    numbers = {
        "custom flavor": len(profile.custom_flavors),
        "component": len(profile.components),
        "stack": len(profile.stacks),
        "association": len(profile.associations),
    }
    parts = [f"{number} {noun}{'s' if number != 1 else ''}" for noun, number in numbers.items() if number]
    found = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"
    origin = f" of ZenML's '{source}'" if source != profile.name else ""
    active = f", the stack '{profile.active_stack}' active" if profile.active_stack is not None else ""
    return f"'{profile.name}'{origin}: {found}{active}"


def choice(plan: Plan) -> str:
    """What a project chooses, as it reads in a sentence."""
    assert plan.repository is not None
    stack = f" and the stack '{plan.repository.active_stack}'" if plan.repository.active_stack else ""
    return f"the profile '{plan.repository.active_profile}'{stack}"
