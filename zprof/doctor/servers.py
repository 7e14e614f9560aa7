"""Examining a store on a server: whether it can be reached and used, and its secrets in plain text."""

from __future__ import annotations

from zprof.caller import Caller
from zprof.component_types import BY_NAME
from zprof.doctor.databases import Examined, plain_secrets, without_content
from zprof.doctor.finding import Finding, command
from zprof.errors import NewerSchema, SchemaError, ZprofError
from zprof.flavors.catalog import builtin_flavors
from zprof.generated import statements as sql
from zprof.records import Profile
from zprof.store.database import store_database
from zprof.store.store import component_of, custom_flavor


def examined_on_server(profile: Profile, caller: Caller) -> Examined:
    """The store of a profile and all that is wrong with it."""
    words, where = ("--profile", profile.name), profile.name
    found: list[Finding] = []
    try:
        with store_database(profile.url, caller, keeps_format=True).read() as transaction:
            _, version, _, _ = transaction.rows(sql.FORMAT)[0]
            if version < sql.FORMATS["store"]:
                problem = f"It has format {version}, and this zprof makes {sql.FORMATS['store']} of it."
                cure = command("zprof", *words, "db", "upgrade")
                return without_content(Finding("older_format", "warning", where, problem, cure))
            for of_type in BY_NAME:
                rows = transaction.rows(sql.FLAVORS, type=of_type)
                flavors = {**builtin_flavors(of_type), **{row[0]: custom_flavor(of_type, row) for row in rows}}
                for row in transaction.rows(sql.COMPONENTS, type=of_type):
                    component = component_of(row)
                    flavor = flavors.get(component.flavor)
                    found += plain_secrets(where, words, of_type, component.name, flavor, component.config)
            stacks = [name for (name,) in transaction.rows(sql.STACK_NAMES)]
    except NewerSchema as error:
        return without_content(Finding(error.code, "error", where, error.message, "pip install --upgrade zprof"))
    except SchemaError as error:
        return without_content(Finding(error.code, "error", where, error.message, error.hint))
    except ZprofError as error:
        return without_content(Finding("unreachable", "error", where, error.message, error.hint))
    return Examined(found, stacks, {})
