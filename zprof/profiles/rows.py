"""Profiles by the rows of the registry, within a transaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from zprof.errors import AlreadyExists
from zprof.generated import statements as sql
from zprof.profiles.profile import Profile, profile_of
from zprof.records import now
from zprof.refusals import no_profile
from zprof.transaction import Call, Transaction

if TYPE_CHECKING:
    from zprof.sqlite.database import Transaction as FileTransaction


def existing_profile(transaction: FileTransaction, name: str) -> Profile:
    """The profile of a name.

    Raises:
        NotFound: there is none of this name.
    """
    row = transaction.row(sql.PROFILE(profile=name))
    if row is None:
        from zprof.sqlite.backups import keeps_deleted  # on the way to an error alone

        names = [profile[0] for profile in transaction.rows(sql.PROFILES())]
        raise no_profile(name, names, is_kept=keeps_deleted(os.path.dirname(transaction.path), name))
    return profile_of(row)


def check_name_is_free(transaction: Transaction, name: str, besides: str | None = None) -> None:
    """Refuse a name that another profile has, also when it differs in case alone.

    Args:
        besides: the profile that may have it.

    Raises:
        AlreadyExists: another profile has it.
    """
    for (taken,) in transaction.rows(sql.PROFILE_IGNORING_CASE(profile=name)):
        if taken != besides:
            hint = "" if taken == name else f"Names of profiles must differ by more than case: there is '{taken}'."
            raise AlreadyExists("profile", taken, hint)


def new_profile(name: str, url: str, active_stack: str | None, *, is_active: bool = False) -> Call:
    """What adds a profile."""
    return sql.ADD_PROFILE(profile=name, profile_url=url, stack=active_stack, active=int(is_active), now=now())
