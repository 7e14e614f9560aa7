"""Every read, and activation, as a named statement: written here, compiled by `make sql` into `zprof/generated/`.

On a SQLite store the compiled text runs on the standard library's driver, since importing SQLAlchemy costs more than
all else that a read does; elsewhere these objects run through SQLAlchemy. Both must read alike, so the compiler
(`zprof/schema/generator.py`) refuses what SQLAlchemy would convert.
"""

from __future__ import annotations

from sqlalchemy import Integer, MetaData, Table, Text, bindparam, cast, literal_column, select, update
from sqlalchemy.schema import Column

from zprof.component_types import ALPHABETICAL
from zprof.schema.models.registry import Profile, RegistryFormat
from zprof.schema.models.store import Component, Flavor, Stack, StackComponent

stack_overview = Table("stack_overview", MetaData(), *(Column(name, Text) for name in ("stack_name", *ALPHABETICAL)))
"""The view that the migrations make; in metadata of its own, since it is no table to create."""

YES = literal_column("1", Integer)
NO = literal_column("0", Integer)

FORMAT = select(RegistryFormat.kind, RegistryFormat.version, RegistryFormat.min_reader, RegistryFormat.min_writer)

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
PROFILE = _profile.where(Profile.name == bindparam("name"))
ACTIVE_PROFILE = _profile.where(Profile.is_active == YES)

# Activation is two statements in one transaction: the index that allows one active row is checked row by row.
CLEAR_ACTIVE_PROFILE = update(Profile).where(Profile.is_active == YES).values(is_active=NO, updated_at=bindparam("now"))
SET_ACTIVE_PROFILE = (
    update(Profile).where(Profile.name == bindparam("profile")).values(is_active=YES, updated_at=bindparam("now"))
)
SET_ACTIVE_STACK = (
    update(Profile)
    .where(Profile.name == bindparam("profile"))
    .values(active_stack=bindparam("stack"), updated_at=bindparam("now"))
)
SET_PROTECTED = (
    update(Profile)
    .where(Profile.name == bindparam("profile"))
    .values(is_protected=bindparam("protected"), updated_at=bindparam("now"))
)
RENAME_ACTIVE_STACK = (
    update(Profile)
    .where(Profile.url == bindparam("profile_url"), Profile.active_stack == bindparam("stack"))
    .values(active_stack=bindparam("new_name"), updated_at=bindparam("now"))
)

STACKS = select(stack_overview).order_by(stack_overview.c.stack_name)
STACK = select(Stack.name, Stack.created_at, Stack.updated_at, Stack.revision).where(Stack.name == bindparam("name"))
STACK_NAMES = select(Stack.name).order_by(Stack.name)

_component = select(
    Component.type,
    Component.name,
    Component.flavor,
    cast(Component.config, Text).label("config"),
    Component.created_at,
    Component.updated_at,
    Component.revision,
)
STACK_COMPONENTS = (
    _component.join_from(StackComponent, Component, StackComponent.component_id == Component.id)
    .join(Stack, Stack.id == StackComponent.stack_id)
    .where(Stack.name == bindparam("stack"))
    .order_by(Component.type)
)
STACK_COMPONENT = (
    select(Component.name)
    .join_from(StackComponent, Component, StackComponent.component_id == Component.id)
    .join(Stack, Stack.id == StackComponent.stack_id)
    .where(Stack.name == bindparam("stack"), StackComponent.component_type == bindparam("type"))
)
COMPONENTS = _component.where(Component.type == bindparam("type")).order_by(Component.name)
COMPONENT = _component.where(Component.type == bindparam("type"), Component.name == bindparam("name"))
COMPONENT_NAMES = select(Component.name).where(Component.type == bindparam("type")).order_by(Component.name)
STACKS_WITH_COMPONENT = (
    select(Stack.name)
    .join_from(Component, StackComponent, StackComponent.component_id == Component.id)
    .join(Stack, Stack.id == StackComponent.stack_id)
    .where(Component.type == bindparam("type"), Component.name == bindparam("name"))
    .order_by(Stack.name)
)
COMPONENTS_WITH_FLAVOR = (
    select(Component.name)
    .where(Component.type == bindparam("type"), Component.flavor == bindparam("flavor"))
    .order_by(Component.name)
)

FLAVORS = (
    select(Flavor.name, Flavor.source, cast(Flavor.config_schema, Text).label("config_schema"))
    .where(Flavor.component_type == bindparam("type"))
    .order_by(Flavor.name)
)
