"""Profiles by the rows of the registry, within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from zprof.errors import AlreadyExists
from zprof.generated import statements as sql
from zprof.profiles.profile import Profile, profile_of
from zprof.refusals import no_profile
from zprof.transaction import Asked, Row


def existing_profile(asked: Asked, name: str, directory: str) -> Profile:
    """The profile of a name.

    Args:
        directory: the config directory.

    Raises:
        NotFound: there is none of this name.
    """
    return _existing(asked, asked.ask(sql.PROFILE(profile=name))[0], name, directory)


def existing_and_active(asked: Asked, name: str, directory: str) -> tuple[Profile, Profile | None]:
    """The profile of a name, and the globally active one, if there is one.

    Raises:
        NotFound: there is none of this name.
    """
    rows, active = asked.ask(sql.PROFILE(profile=name), sql.ACTIVE_PROFILE())
    return _existing(asked, rows, name, directory), profile_of(active[0]) if active else None


def _existing(asked: Asked, rows: Sequence[Row], name: str, directory: str) -> Profile:
    if not rows:
        from zprof.sqlite.backups import keeps_deleted  # on the way to an error alone

        names = [profile[0] for profile in asked.ask(sql.PROFILES())[0]]
        raise no_profile(name, names, is_kept=keeps_deleted(directory, name))
    return profile_of(rows[0])


def check_name_is_free(asked: Asked, name: str, besides: str | None = None) -> None:
    """Refuse a name that another profile has, also when it differs in case alone.

    Args:
        besides: the profile that may have it.

    Raises:
        AlreadyExists: another profile has it.
    """
    for (taken,) in asked.ask(sql.PROFILE_IGNORING_CASE(profile=name))[0]:
        if taken != besides:
            hint = "" if taken == name else f"Profiles must differ by more than case, and '{taken}' already exists."
            raise AlreadyExists("profile", taken, hint)
