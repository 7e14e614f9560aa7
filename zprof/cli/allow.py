"""`zprof allow`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from zprof import paths
from zprof.cli.command import Command
from zprof.cli.fitting import IN_MIDDLE, Fitting
from zprof.cli.invocation import Invocation
from zprof.cli.output import cell_text, show_items
from zprof.component_types import component_type
from zprof.errors import NotFound
from zprof.printable import in_shell, printable
from zprof.records import Component, now

if TYPE_CHECKING:
    from zprof.references.allowances import Approval
    from zprof.references.resolving import Resolver

COLUMNS = {"COMPONENT": "name", "STORE": "store", "APPROVED": "approved_at"}
FITTING = Fitting({"STORE": IN_MIDDLE}, leaves_out=("APPROVED", "STORE"))


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return allow


@click.command(cls=Command)
@click.argument("component", nargs=-1, metavar="[TYPE NAME]")
@click.option("--list", "is_listing", is_flag=True, help="List what is allowed, and change nothing.")
@click.option("--revoke", "is_revoking", is_flag=True, help="Revoke what was allowed.")
@click.option("--yes", "-y", is_flag=True, help="Allow without asking.")
@click.pass_obj
def allow(invocation: Invocation, component: tuple[str, ...], is_listing: bool, is_revoking: bool, yes: bool) -> None:
    """Let components of a shared store use your secrets.

    A store that others can write is not trusted with your variables, files, keyring and secrets: a component that
    refers to them must be allowed. This command shows such a component with all its attributes, asks, and writes an
    approval to config.toml. It holds until the component, its flavor or its secrets manager changes.

    Without TYPE and NAME, it asks for all components of the active stack that need it.
    """
    wanted = key_of(component)
    if is_listing and is_revoking:
        raise click.UsageError("Use --list or --revoke, not both.")
    if is_listing:
        show(invocation, listed())
        return
    if is_revoking:
        answer(invocation, revoked(invocation, wanted))
        return
    resolver = resolver_in_effect(invocation)
    components = to_approve(invocation, resolver, wanted)
    if components:
        if not yes or not (invocation.quiet or invocation.output == "json"):
            show_components(resolver, components)
        invocation.confirm("Allow this to use what is yours, wherever its attributes point?", is_confirmed=yes)
    answer(invocation, approved(invocation, resolver, components))


def key_of(words: tuple[str, ...]) -> tuple[str, str] | None:
    """The type and the name of a component that is named; None for all.

    Raises:
        click.UsageError: one of the two is missing.
        NotFound: there is no such type.
    """
    if not words:
        return None
    if len(words) != 2:
        raise click.UsageError("Give both the type and the name of a component, or neither.")
    return component_type(words[0].replace("-", "_")).name, words[1]


def listed() -> list[Approval]:
    """All approvals, of whatever store."""
    from zprof.references.allowances import allowances

    return list(allowances(paths.config_dir()).approvals)


def revoked(invocation: Invocation, wanted: tuple[str, str] | None) -> list[Approval]:
    """Take back the approvals of a component, or of all components, of the store in effect; those that were there."""
    from zprof.references.allowing import component_key, revoke
    from zprof.references.origin import origin_of

    directory = paths.config_dir()
    store = origin_of(invocation.active.profile.url, directory).place
    component = None if wanted is None else component_key(*wanted)
    gone = revoke(
        directory, lambda each: each.store == store and component in (None, each.component), invocation.caller
    )
    for each in gone:
        invocation.say(f"Revoked the approval of {each.component}.")
    if not gone:
        invocation.say("Nothing was allowed, so nothing was revoked.")
    return gone


def resolver_in_effect(invocation: Invocation) -> Resolver:
    """What resolves the stack in effect, and so knows what in it is not allowed."""
    from zprof.references.resolving import Resolver

    return Resolver(invocation.active.profile, invocation.active.stack_in(invocation.store), paths.config_dir())


def to_approve(invocation: Invocation, resolver: Resolver, wanted: tuple[str, str] | None) -> list[Component]:
    """The components to look at, or a sentence on why there are none.

    Raises:
        NotFound: the one that is wanted is not in the stack in effect.
    """
    if not resolver.is_shared:
        profile = invocation.active.profile.name
        invocation.say(f"The store of the profile '{profile}' is only yours: what is in it needs no approval.")
        return []
    if wanted is not None:
        return [meant(resolver, *wanted)]
    found = [component for component in resolver.stack.components.values() if resolver.unallowed(component)]
    if not found:
        invocation.say(f"Nothing in the stack '{resolver.stack.name}' needs an approval.")
    return found


def approved(invocation: Invocation, resolver: Resolver, components: list[Component]) -> list[Approval]:
    """Approve of components that a person has seen; the approvals that were made."""
    from zprof.references.allowing import approve

    made = [approval_of(resolver, component) for component in components]
    if made:
        approve(paths.config_dir(), made, invocation.caller)
    for each in made:
        invocation.say(f"Allowed {each.component}, until it changes.")
    return made


def approval_of(resolver: Resolver, component: Component) -> Approval:
    """The approval of a component as it was seen, with the secrets manager of the stack in effect."""
    from zprof.references.allowances import Approval
    from zprof.references.allowing import component_key

    name = component_key(component.type, component.name)
    contents, manager = resolver.fingerprint(component), resolver.manager_fingerprint()
    return Approval(resolver.origin.place, name, contents, manager, now())


def meant(resolver: Resolver, of_type: str, name: str) -> Component:
    """The component of a type and a name.

    Raises:
        NotFound: the stack in effect has another, or none.
    """
    found = resolver.stack.get(of_type)
    if found is None or found.name != name:
        raise NotFound(
            component_type(of_type).noun,
            name,
            where=f"in the stack '{resolver.stack.name}'",
            among=[] if found is None else [found.name],
            hint="Name a stack that has it with --stack NAME.",
        )
    return found


def show_components(resolver: Resolver, components: Iterable[Component]) -> None:
    """Show all that components are, on stderr: where each leads, and beside it what it would use there."""
    from zprof.references.fingerprints import set_variables

    lines = [f"The store {resolver.origin.place} {resolver.origin.doubt}."]
    for component in components:
        lines += described(component)
        lines += [f"  It uses: {use}" for use in resolver.unallowed(component)]
        lines += hidden(component)
    manager = resolver.stack.get("secrets_manager")
    if manager is not None:
        lines += ["Stored secrets come from:", *described(manager)]
    others = [each for each in set_variables(resolver.stack) if each not in components]
    if others:
        lines += ["Programs also get variables from:", *(line for each in others for line in described(each))]
    for line in lines:
        click.echo(printable(line), err=True)


def described(component: Component) -> list[str]:
    """A component with its attributes as they are stored, plain secrets masked."""
    from zprof.references.fingerprints import given

    shown = component.guarded_config().shown()
    heading = f"The {component_type(component.type).noun} '{component.name}' ({component.flavor})"
    return [heading, *(f"  {key}: {cell_text(shown[key])}" for key in given(component))]


def hidden(component: Component) -> list[str]:
    """What to type to see attributes that are not shown: they may well be where the others are sent."""
    if not component.guarded_config().hiding():
        return []
    line = f"zprof {component_type(component.type).command} describe {in_shell(component.name)} --show-secrets"
    return [f"  Not all of it is shown. To see all of it, run `{line}`."]


def answer(invocation: Invocation, approvals: list[Approval]) -> None:
    """Answer a program with what was done; a person has read it."""
    if invocation.is_asked:
        show(invocation, approvals)


def show(invocation: Invocation, approvals: list[Approval]) -> None:
    """Print approvals."""
    rows: list[dict[str, Any]] = [
        {"name": each.component, "store": each.store, "approved_at": each.at or None} for each in approvals
    ]
    show_items(invocation.output, "Approval", rows, COLUMNS, fitting=FITTING)
