"""Examining a store on a server: whether it can be reached and used, and its secrets in plain text."""

from __future__ import annotations

from collections.abc import Iterator

from zprof.caller import Caller
from zprof.component_types import BY_NAME
from zprof.doctor.databases import Examined, registered, without_content
from zprof.doctor.finding import Finding, command
from zprof.doctor.secrets import holder, plain_secrets
from zprof.errors import UPGRADE, NewerSchema, SchemaError, ZprofError
from zprof.flavors.catalog import builtin_flavors
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.hints import for_profile
from zprof.postgresql.database import PostgreSQL
from zprof.postgresql.others import others
from zprof.postgresql.tools import drop_line, look_line
from zprof.postgresql.url import address
from zprof.profiles.profile import Profile
from zprof.profiles.undoing import last_done
from zprof.store.rows import component_of, flavor_of


def examined_on_server(profile: Profile, caller: Caller) -> Examined:
    """The store of a profile and all that is wrong with it."""
    words, where = ("--profile", profile.name), profile.name
    found: list[Finding] = []
    try:
        with PostgreSQL(profile.url, caller, keeps_format=True).read() as transaction:
            _, version, _, _ = transaction.rows(sql.FORMAT())[0]
            if version < FORMATS["store"]:
                problem = f"It has format {version}; this zprof upgrades it to {FORMATS['store']}."
                cure = command("zprof", *words, "db", "upgrade")
                return without_content(Finding("older_format", "warning", where, problem, cure))
            rows, names, *of_types = transaction.ask(
                sql.ALL_FLAVORS(), sql.STACK_NAMES(), *(sql.COMPONENTS(type=of_type) for of_type in BY_NAME)
            )
            holders = []
            custom = [flavor_of(row) for row in rows]
            for of_type, found_components in zip(BY_NAME, of_types, strict=True):
                own = {flavor.name: flavor for flavor in custom if flavor.component_type == of_type}
                flavors = {**builtin_flavors(of_type), **own}
                for component in map(component_of, found_components):
                    flavor = flavors.get(component.flavor)
                    holders.append(holder(of_type, component.name, flavor, component.config))
            found += plain_secrets(where, words, holders)
            stacks = [name for (name,) in names]
            if version == FORMATS["store"]:
                found += other_things(profile, others(transaction, address(profile.url).schema))
            registrations = registered(transaction)
            undone = last_done(transaction) if version == FORMATS["store"] else None
    except NewerSchema as error:
        return without_content(Finding(error.code, "error", where, error.message, UPGRADE))
    except SchemaError as error:
        return without_content(Finding(error.code, "error", where, error.message, for_profile(error.hint, where)))
    except ZprofError as error:
        return without_content(Finding("unreachable", "error", where, error.message, for_profile(error.hint, where)))
    return Examined(found, stacks, {}, registrations, undone)


SHOWN = 5
"""How many things are named; the rest is counted."""


def other_things(profile: Profile, things: list[tuple[str, str]]) -> Iterator[Finding]:
    """The finding of what others have in a store's schema: what holds no data can be dropped, the rest looked at."""
    if things:
        named = ", ".join(f"the {kind} {name}" for kind, name in things[:SHOWN])
        more = f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
        problem = f"Its schema has objects that zprof did not create and does not use: {named}{more}."
        yield Finding(
            "others", "warning", profile.name, problem, drop_line(profile.url, things) or look_line(profile.url)
        )
