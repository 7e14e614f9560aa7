"""The registry: profiles, and which of them is active."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, update

from zprof.schema.models.registry import Profile
from zprof.schema.statements.parts import MOST, NO, YES, beginning, given, given_number, matches

_profile = select(
    Profile.name,
    Profile.url,
    Profile.active_stack,
    Profile.is_active,
    Profile.is_protected,
    Profile.created_at,
    Profile.updated_at,
)
PROFILES = _profile.order_by(Profile.name)
LISTED_PROFILES = (
    _profile.where(matches(Profile.name, "pattern")).order_by(Profile.name).limit(given_number("most")).offset(NO)
)
PROFILE = _profile.where(Profile.name == given("profile"))
ACTIVE_PROFILE = _profile.where(Profile.is_active == YES)
PROFILE_IGNORING_CASE = select(Profile.name).where(func.lower(Profile.name) == func.lower(given("profile")))
PROFILES_BEGINNING = (
    select(Profile.name, Profile.active_stack)
    .where(*beginning(Profile.name))
    .order_by(Profile.name)
    .limit(MOST)
    .offset(NO)
)

SET_PROFILE = (
    update(Profile)
    .where(Profile.name == given("profile"))
    .values(
        name=given("new_name"),
        active_stack=given("stack"),
        is_active=given_number("active"),
        is_protected=given_number("protected"),
        updated_at=given("now"),
    )
)
ADD_PROFILE = insert(Profile).values(
    name=given("profile"),
    url=given("profile_url"),
    active_stack=given("stack"),
    is_active=given_number("active"),
    is_protected=given_number("protected"),
    created_at=given("now"),
    updated_at=given("now"),
)
REMOVE_PROFILE = delete(Profile).where(Profile.name == given("profile"))
