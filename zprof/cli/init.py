"""`zprof init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zprof import paths
from zprof.active.switching import hiding_profile, make_repository
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_answer
from zprof.repository import Repository, at, found, is_overruled
from zprof.signals import undivided
from zprof.url import warnings

if TYPE_CHECKING:
    from zprof.active.offer import Offer


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return init


@click.command(cls=Command, has_banner=False)
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--share", "shares", is_flag=True, help="Write the URL of the store into the project's file.")
@click.option("--join", "joins", is_flag=True, help="Join the store whose URL is in the project's file.")
@click.option("--yes", "-y", is_flag=True, help="Join the store without asking.")
@click.pass_obj
def init(invocation: Invocation, path: str | None, shares: bool, joins: bool, yes: bool) -> None:
    """Give a project a profile of its own.

    Makes the working directory, or PATH, a repository: in it and below, zprof uses the profile and the stack that are
    active now, or those of --profile and --stack.

    With --share, the project's file also gets the URL of the profile's store, without a password. Others who have the
    project then join that store with --join.
    """
    if shares and joins:
        raise click.UsageError("Use --share or --join, not both.")
    place = repository_at(path) if shares or joins else None
    if joins:
        from zprof.active.offer import offer_of

        offer = offer_of(place)
        if not is_joined(invocation, offer):
            show_offer(invocation, offer)
            question = f"Join the store at {offer.where()} as the profile '{offer.profile}'?"
            invocation.confirm(question, is_confirmed=yes)
            join(invocation, offer)
        place = offer.place
    elif place is not None:
        share(invocation, place)
    else:
        place = make(invocation, path or ".", shares=shares)
    fields = {"name": place.root, "profile": place.profile, "stack": place.stack, "url": place.shared.url}
    show_answer(invocation.output, "Repository", fields)


def repository_at(path: str | None) -> Repository | None:
    """The repository that is there already: at a path, or the nearest upward."""
    return found() if path is None else at(path)


def is_joined(invocation: Invocation, offer: Offer) -> bool:
    """Whether the profile has the store already, which is said."""
    from zprof.active.offer import profile_beside

    if profile_beside(invocation.registry, offer) is None:
        return False
    invocation.say(f"The profile '{offer.profile}' already has the store at {offer.where()}.")
    return True


def show_offer(invocation: Invocation, offer: Offer) -> None:
    """Say what a project's file offers, to who is to agree."""
    from zprof.active.offer import namesakes

    invocation.say(f"{offer.place.path} offers the store at {offer.where()}")
    for sentence in warnings(offer.url):
        invocation.warn(sentence)
    if offer.leads_out():
        invocation.warn("It is not within the project.")
    for name in namesakes(invocation.registry, offer):
        invocation.say(f"The profile '{name}' has the same store.")


def join(invocation: Invocation, offer: Offer) -> None:
    """Join the store, and say what then counts."""
    from zprof.active import offer as offers

    with undivided():
        offers.join(invocation.registry, offer)
    invocation.say(f"The project at {offer.place.root} has the profile '{offer.profile}'.")
    invocation.warn_if_hidden(hiding_profile(invocation.surroundings, offer.profile))


def share(invocation: Invocation, place: Repository) -> None:
    """Write the URL of the store into a repository's file, and say who can reach it."""
    from zprof.active import offer as offers

    offers.share(invocation.registry, place)
    say_what_is_shared(invocation, place)


def make(invocation: Invocation, path: str, *, shares: bool) -> Repository:
    """Make a repository, and say what it names."""
    made = make_repository(invocation.registry, path, profile=invocation.profile, stack=invocation.stack, shares=shares)
    invocation.say(f"Repository initialized at {made.root}.")
    if made.profile is None:
        invocation.warn("It names no profile. Choose one there with `zprof profile set NAME`.")
    else:
        stack = f" and the stack '{made.stack}'" if made.stack else ""
        invocation.say(f"It has the profile '{made.profile}'{stack}.")
    say_what_is_shared(invocation, made)
    if is_overruled(made):
        invocation.warn(f"${paths.REPOSITORY_PATH} points to another one, which takes precedence.")
    return made


def say_what_is_shared(invocation: Invocation, place: Repository) -> None:
    """Say which store a repository's file offers, if it does."""
    if place.shared.url is not None:
        invocation.say(
            f"The project at {place.root} offers the store at {place.shared.url}: "
            "others join it with `zprof init --join`."
        )
