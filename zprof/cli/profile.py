"""`zprof profile`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from zprof.active.following import rename_profile
from zprof.active.idle import check_profile_is_idle
from zprof.active.scope import Active
from zprof.active.switching import hiding_profile, personal_choice, switch_profile
from zprof.cli.command import Group, WayOut
from zprof.cli.describing import Description
from zprof.cli.filters import filter_options, one_more, told_of_limit, within_limit
from zprof.cli.fitting import IN_MIDDLE, Cut, Fitting, cut_middle
from zprof.cli.invocation import Invocation, about
from zprof.cli.output import raise_left_out, show_answer, show_item, show_items, show_name
from zprof.cli.places import check_one_place, personal_option, place_options
from zprof.cli.spellings import is_typed_as_alias
from zprof.errors import DamagedFile, NotFound
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.sharing import sharing_sentences
from zprof.records import told
from zprof.repository import Repository, needed
from zprof.shells.kinds import hooked
from zprof.signals import undivided
from zprof.url import path_at_the_root, warnings

if TYPE_CHECKING:
    from zprof.repository.choices import RepositoryFile
    from zprof.sqlite.backups import DeletedProfile


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return profile


class ProfileGroup(Group):
    """The group, whose commands don't need a profile in effect, but for those that show it."""

    command_class = WayOut


COLUMNS = {
    "ACTIVE": "active",
    "PROFILE NAME": "name",
    "STORE TYPE": "store_type",
    "URL": "url",
    "ACTIVE STACK": "active_stack",
}
FITTING = Fitting(
    {"URL": Cut(cut_middle, readable=len("sqlite:///…/default.db"))},
    leaves_out=("STORE TYPE", "URL", "PROTECTED", "ACTIVE STACK"),
)
DELETED_FITTING = Fitting({"KEPT AS": IN_MIDDLE}, leaves_out=("KEPT AS", "DELETED AT"))


@click.group(cls=ProfileGroup)
def profile() -> None:
    """Create profiles, list them and switch between them.

    A profile has its own stacks and components, in a store that is separate from those of other profiles.
    """


@profile.command()
@click.argument("name")
@click.option(
    "--url",
    "-u",
    metavar="URL",
    help="Where to keep its store: a path or postgresql://…. An existing store is joined. By default a new file.",
)
@click.option("--from", "from_profile", metavar="PROFILE", help="Copy the stacks and components of this profile.")
@click.option("--yes", "-y", is_flag=True, help="Use a URL such as sqlite:///team.db (a file in /) without asking.")
@click.pass_obj
def create(invocation: Invocation, name: str, url: str | None, from_profile: str | None, yes: bool) -> None:
    """Create a profile.

    A new profile has one stack, 'default', of three local components. To switch to it, use `zprof profile set`.
    """
    path = None if url is None else path_at_the_root(url)
    if path is not None:
        here = in_shell(path.lstrip("/"))
        invocation.warn(
            f"{url} points to {path}. For a file in this directory, as other programs read it, write --url {here}."
        )
        invocation.confirm(f"Use {path}?", is_confirmed=yes)
    source = None if from_profile is None else invocation.registry.profile(from_profile)
    with undivided(), about(from_profile):
        created = invocation.registry.create_profile(name, url, source)
    for sentence in warnings(created.url):
        invocation.warn(sentence)
    invocation.say(f"Profile '{name}' successfully created.")
    answer(invocation, name)


@profile.command("list", is_read=True)
@filter_options("--name", "--limit")
@click.pass_obj
def list_(invocation: Invocation, /, **filters: Any) -> None:
    """List the profiles."""
    left_out: list[DamagedFile] = []
    found = invocation.registry.profiles(left_out, **one_more(filters))
    profiles = within_limit(invocation, found, filters)
    items = [document(each, invocation.active_or_none) for each in profiles]
    columns = dict(COLUMNS)
    if any(item["protected"] for item in items):
        columns["PROTECTED"] = "protected"
    told = told_of_limit(found, filters)
    show_items(invocation.output, "Profile", items, columns, fitting=FITTING, told=told)
    for sentence in sharing_sentences(profiles):
        invocation.say(sentence)
    raise_left_out(left_out)


@profile.command(is_read=True)
@click.argument("name", required=False)
@click.pass_obj
def describe(invocation: Invocation, name: str | None) -> None:
    """Show a profile.

    Without a NAME, shows the active profile. The URL of its store is shown without the password, also in the form that
    SQLAlchemy reads.
    """
    found = invocation.active.profile if name is None else invocation.registry.profile(name)
    shown = document(found, invocation.active_or_none)
    fields = {key: value for key, value in shown.items() if key not in ("apiVersion", "kind") and value is not None}
    title = f"Profile '{found.name}'{' (active)' if shown.get('active') else ''}"
    show_item(invocation.output, "Profile", shown, description=Description(title, fields))


@profile.command(is_read=True, has_banner=False)
@click.pass_obj
def get(invocation: Invocation) -> None:
    """Print the name of the active profile.

    With -o json or -o yaml, prints the whole profile.
    """
    found = invocation.active.profile
    if invocation.wants_document:
        show_item(invocation.output, "Profile", document(found, invocation.active))
    else:
        show_name(invocation.output, found.name)


@profile.command("set")
@click.argument("name")
@place_options
@click.pass_obj
def set_(invocation: Invocation, name: str, is_global: bool, is_personal: bool) -> None:
    """Switch to a profile.

    In a repository (see `zprof init`) this switches the repository; elsewhere, or with --global, it switches
    everywhere. With --personal, it switches the repository only for you. To switch only this shell, use `zprof use`.
    """
    check_one_place(is_global, is_personal)
    place = None if is_global else invocation.surroundings.place()
    is_changed = switch_profile(invocation.registry, place, name, is_personal=is_personal)
    changed = f"Active {'global ' if is_global else ''}profile changed to: '{name}'"
    invocation.say(changed if is_changed else f"Profile '{name}' is already active.")
    is_alias = is_typed_as_alias(click.get_current_context())
    if place is not None:
        say_where_it_counts(invocation, place, place.file(is_personal=is_personal), is_changed=is_changed)
        if is_alias:
            invocation.say(to_switch_one_shell(name))
    elif is_alias or (is_changed and hooked() is not None):
        invocation.say(f"It is global: in effect wherever no other is chosen. {to_switch_one_shell(name)}")
    invocation.warn_if_hidden(hiding_profile(invocation.surroundings, name))
    answer(invocation, name)


def to_switch_one_shell(name: str) -> str:
    """What to run for a switch that only this shell sees."""
    return f"To switch only one shell, run `zprof use {in_shell(name)}`."


def say_where_it_counts(invocation: Invocation, place: Repository, file: RepositoryFile, *, is_changed: bool) -> None:
    """Say that a switch is a repository's, and what it dropped."""
    if is_changed:
        dropped = f" Its choice of the stack '{file.dropped}' was dropped." if file.dropped is not None else ""
        alone = ", only for you" if file.is_personal else ""
        invocation.say(f"The project at {place.root} now uses it{alone}.{dropped}")
        if not file.is_personal:
            invocation.say_what_is_dropped(place)
    invocation.say_what_is_kept(file)


@profile.command()
@personal_option
@click.pass_obj
def unset(invocation: Invocation, is_personal: bool) -> None:
    """Remove a repository's choice of a profile and a stack.

    The repository then uses what is active globally. With --personal, removes only your own choice, and the
    repository's choice is used.
    """
    repository = needed()
    file = repository.file(is_personal=is_personal)
    is_changed = repository.forget_profile(is_personal=is_personal)
    subject = file.path if is_personal else f"The repository at {repository.root}"
    invocation.say(f"{subject} {'no longer names a profile' if is_changed else 'names no profile'}.")
    if not is_personal:
        invocation.say_what_is_dropped(repository)
    invocation.say_what_is_kept(file)
    invocation.warn_if_hidden(personal_choice("profile", repository) if not is_personal else None)
    invocation.look_again()
    if invocation.is_asked:
        answer(invocation, invocation.active.profile.name)


@profile.command()
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
def rename(invocation: Invocation, name: str, new_name: str) -> None:
    """Rename a profile.

    Its store stays where it is.
    """
    with undivided():
        rename_profile(invocation.registry, invocation.surroundings, name, new_name)
    invocation.say(f"Renamed profile '{name}' to '{new_name}'.")
    answer(invocation, new_name)


@profile.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Delete without asking.")
@click.pass_obj
def delete(invocation: Invocation, name: str, yes: bool) -> None:
    """Delete a profile.

    A store in the config directory moves to the backups, and `zprof profile restore` restores it. A store that is
    elsewhere is not touched.
    """
    found = check_profile_is_idle(invocation.registry, invocation.surroundings, name)
    invocation.confirm(f"Delete the profile '{name}'?", is_confirmed=yes)
    with undivided():
        kept = invocation.registry.delete_profile(name)
    invocation.say(f"Deleted profile '{name}'.")
    if kept is not None:
        invocation.say(f"Its store is kept as {kept}")
    from zprof.profiles.deleted import way_back

    line = way_back(found, kept)
    if line:
        invocation.say(f"To restore it, run `{line}`.")
    show_answer(invocation.output, "Profile", {**document(found, None), **told(kept=kept)})


@profile.command()
@click.argument("name", required=False)
@click.option("--as", "new_name", metavar="NAME", help="Restore it under this name.")
@click.pass_obj
def restore(invocation: Invocation, name: str | None, new_name: str | None) -> None:
    """Restore a deleted profile with its store.

    Without a NAME, lists the profiles that can be restored. The stack 'default' is active afterwards, if it exists.
    """
    if name is None:
        show_deleted(invocation, invocation.registry.deleted_profiles())
        return
    from zprof.profiles.deleted import restored

    with undivided():
        found = restored(invocation.registry, name, new_name)
    invocation.say(f"Restored profile '{found.name}', with the stack '{found.active_stack}' active.")
    answer(invocation, found.name)


def show_deleted(invocation: Invocation, deleted: list[DeletedProfile]) -> None:
    """List deleted profiles; of each name the first is the one that is brought back."""
    items = [{"name": each.name, "deleted_at": each.deleted_at, "path": each.path} for each in deleted]
    if items or invocation.is_asked:
        columns = {"PROFILE NAME": "name", "DELETED AT": "deleted_at", "KEPT AS": "path"}
        show_items(invocation.output, "DeletedProfile", items, columns, fitting=DELETED_FITTING)
    if not items:
        invocation.say("No deleted profile is kept.")


@profile.command()
@click.argument("name")
@click.pass_obj
def protect(invocation: Invocation, name: str) -> None:
    """Protect a profile against changes by mistake.

    A change to its stacks, components and flavors is then refused without --confirm NAME. This protects only your
    profile: others who share its store can still change it.
    """
    is_changed = invocation.registry.protect(name)
    invocation.say(f"Protected profile '{name}'." if is_changed else f"Profile '{name}' is already protected.")
    answer(invocation, name)


@profile.command()
@click.argument("name")
@click.pass_obj
def unprotect(invocation: Invocation, name: str) -> None:
    """Allow changes to a protected profile again."""
    is_changed = invocation.registry.protect(name, is_protected=False)
    invocation.say(f"Unprotected profile '{name}'." if is_changed else f"Profile '{name}' is not protected.")
    answer(invocation, name)


def explain() -> click.Command:
    """The command that tells what a profile is."""
    from zprof.cli.explain import PROFILE, explain_command

    return explain_command(PROFILE, "profile")


profile.later["explain"] = explain


def document(found: Profile, active: Active | None) -> dict[str, Any]:
    """A profile as it is shown: the one in effect with the stack in effect, the others with their own."""
    is_in_effect = active is not None and found.name == active.profile.name
    if active is not None and is_in_effect:
        found = found._replace(active_stack=active.stack)
    return found.to_dict(active=is_in_effect)


def answer(invocation: Invocation, name: str) -> None:
    """Print a profile as what a change answers with, if a program asked; nothing where it was deleted meanwhile."""
    if invocation.is_asked:
        invocation.look_again()
        with suppress(NotFound):
            found = invocation.registry.profile(name)
            show_answer(invocation.output, "Profile", document(found, invocation.active_or_none))
