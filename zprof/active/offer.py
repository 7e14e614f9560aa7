"""The store that a project's file offers to whoever lacks the project's profile: its URL written there, and joined.

A stranger may have written the file. So nothing that its URL leads to is looked at, opened or connected to before a
person has seen it and agreed; and a password, or a reference to one of this user's secrets, is not taken from it.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from zprof.errors import Conflict, InvalidInput, InvalidURL, Refused, ZprofError
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.repository import Repository
from zprof.url import (
    is_postgresql,
    is_same_store,
    is_sqlite,
    normalised,
    shown,
    sqlite_path,
    without_password,
)

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
RELATIVE_TO_NOWHERE = re.compile(r"(?i)sqlite:///\.|[?&](sslrootcert|sslcert|sslkey)=(?!/|%2f|~|system(&|$))")
"""What in a URL would count from the working directory, which is another for each user."""


TO_SHARE = "Someone who has the store can run `zprof init --share` in the project."


class NoOffer(ZprofError):
    """No URL of a shared store: a repository's file holds none, or there is no repository."""

    exit_code = 3
    code = "not_found"


class Offer(NamedTuple):
    """A profile that a project names, and where its file says that the store is."""

    place: Repository
    profile: str
    url: str
    """Normalised."""

    def where(self) -> str:
        """The store as it reads in a question: a path, or a URL with all that it says."""
        return sqlite_path(self.url) if is_sqlite(self.url) else shown(self.url)

    def leads_out(self) -> bool:
        """Whether it is a file elsewhere than in the project, by its name."""
        return is_sqlite(self.url) and not is_within(sqlite_path(self.url), os.path.realpath(self.place.root))


def offer_of(place: Repository | None) -> Offer:
    """What a repository's own file offers.

    Raises:
        NoOffer: it holds no URL, or there is no repository.
        InvalidInput: it names no profile, or its URL is not one, or has a password or a reference in it.
    """
    if place is None:
        raise NoOffer("There is no repository that offers a store.", TO_SHARE)
    path, text, profile = place.path, place.shared.url, place.shared.profile
    if text is None:
        raise NoOffer(f"{path} has no URL of a shared store.", TO_SHARE)
    if profile is None:
        raise InvalidInput(
            f"{path} has a URL, but no name for the profile.",
            'Add profile = "<name>" to it: the name of the profile of those who join.',
        )
    try:
        return Offer(place, profile, url_in_file(place.root, text))
    except InvalidURL as error:
        raise InvalidInput(f"The URL in {path} can't be used. {error.message}", error.hint) from None


def url_in_file(root: str, text: str) -> str:
    """The URL that a project's file holds, normalised; a path without a scheme counts from the project.

    Raises:
        InvalidURL: it is not one, or has a password or a reference in it.
    """
    if not text:
        raise InvalidURL("It is empty.", "Write a path or a URL, or remove the line.")
    if re.search(r"\$\{|\{\{", text):
        raise InvalidURL("It contains a reference, which would send a secret to whoever wrote it.", NO_SECRETS)
    if RELATIVE_TO_NOWHERE.search(text):
        raise InvalidURL(
            "It contains a relative path.", "Write the absolute path, or the path of the store without a scheme."
        )
    if not SCHEME.match(text) and not text.startswith("~"):
        text = os.path.join(os.path.realpath(root), text)
    url = normalised(text)
    if is_postgresql(url) and without_password(url) != shown(url):
        raise InvalidURL("It contains a password.", NO_SECRETS)
    return url


NO_SECRETS = "Remove it from the file: each user has their own password, in ~/.pgpass or in a profile's URL."


def profile_beside(registry: Registry, offer: Offer) -> Profile | None:
    """The profile of the offered name, which has the offered store already; None where there is none yet.

    URLs are compared as texts: what the offered one leads to is not looked at.

    Raises:
        Conflict: there is one of this name with another store, or one whose name differs in case alone.
    """
    for found in registry.profiles():
        if found.name.lower() != offer.profile.lower():
            continue
        if found.name == offer.profile and is_offered(offer, found):
            return found
        raise Conflict(
            f"The profile '{found.name}' has the store at {shown(found.url)}, "
            f"and {offer.place.path} offers one at {offer.where()} as '{offer.profile}'.",
            f"Nothing was changed. To join, rename yours: `zprof profile rename {in_shell(found.name)} NAME`.",
        )
    return None


def offers_another_store(place: Repository, profile: Profile) -> bool:
    """Whether a repository's own file holds the URL of another store than a profile's, as far as it can be used."""
    try:
        return not is_offered(offer_of(place), profile)
    except ZprofError:
        return False


def is_offered(offer: Offer, profile: Profile) -> bool:
    """Whether a profile has the offered store, as far as can be told without looking at what is offered."""
    if is_sqlite(offer.url) and is_sqlite(profile.url):
        path = sqlite_path(profile.url)
        return sqlite_path(offer.url) in (path, os.path.realpath(path))
    return is_postgresql(offer.url) and is_same_store(profile.url, offer.url)


def namesakes(registry: Registry, offer: Offer) -> list[str]:
    """The profiles of other names that have the offered store, as far as can be told without looking."""
    return [found.name for found in registry.profiles() if found.name != offer.profile and is_offered(offer, found)]


def join(registry: Registry, offer: Offer) -> Profile:
    """Add the profile that has an offered store, once a person has agreed; a store that is not there is not made.

    Raises:
        NotFound: there is no store.
        Refused: what is offered as a file of the project leads out of it.
        SchemaError: what is there is not one that zprof can use.
    """
    check_leads_where_it_seems(offer)
    return registry.create_profile(offer.profile, offer.url, must_exist=True)


def check_leads_where_it_seems(offer: Offer) -> None:
    """Refuse a file of the project that is a link to another, which may be a store of this user's own.

    Raises:
        Refused: it is, or lies in a directory that is.
    """
    root = os.path.realpath(offer.place.root)
    path = sqlite_path(offer.url) if is_sqlite(offer.url) else ""
    if is_within(path, root) and os.path.realpath(path) != path:
        target = os.path.realpath(path)
        raise Refused(
            f"{path} is a symbolic link, or is behind one, and points to {target}.",
            f"If that is intended, run `zprof profile create {in_shell(offer.profile)} --url {in_shell(target)}`.",
        )


def share(registry: Registry, place: Repository) -> None:
    """Write the URL of the store of the profile that a repository names into its file.

    Raises:
        InvalidInput: it names no profile.
        NotFound: there is no such profile.
        Refused: nobody else can reach the store.
    """
    if place.shared.profile is None:
        raise InvalidInput(f"{place.path} names no profile.", "Choose one there with `zprof profile set NAME`.")
    url = offered_url(registry, registry.profile(place.shared.profile), place.root)
    place.shared.share(url)


def offered_url(registry: Registry, profile: Profile, root: str) -> str:
    """A profile's URL as a project's file holds it: without a password, and relative where the store is in the project.

    Raises:
        Refused: the store lies in the config directory, where nobody else can reach it.
    """
    if not is_sqlite(profile.url):
        return without_password(profile.url)
    path, base = os.path.realpath(sqlite_path(profile.url)), os.path.realpath(root)
    if is_within(path, os.path.realpath(registry.directory)):
        raise Refused(
            f"The store of the profile '{profile.name}' is in the config directory, where only you can use it.",
            "Nothing was changed. Create one that others can reach, and switch to it in the project: "
            f"`zprof profile create NAME --url URL --from {in_shell(profile.name)}`, then `zprof profile set NAME`.",
        )
    if not is_within(path, base):
        return profile.url
    relative = os.path.relpath(path, base)
    return f"./{relative}" if SCHEME.match(relative) or relative.startswith("~") else relative


def is_within(path: str, directory: str) -> bool:
    """Whether a path lies below a directory, by the names of both."""
    return path.startswith(os.path.join(directory, ""))
