"""Whether the stack in effect is there, for what tells its name alone."""

from __future__ import annotations

import json

from zprof.active.scope import Active
from zprof.caller import Caller
from zprof.errors import NotFound, NothingActive, ZprofError
from zprof.generated import statements as sql
from zprof.refusals import no_stack
from zprof.sqlite.database import Database
from zprof.url import is_sqlite, sqlite_path


def found_stack(active: Active, caller: Caller) -> str:
    """The name of the stack in effect, which its store has; a server is not asked, which takes too long for a name.

    A file is read as it is, whatever its format, and without a turn: scripts ask all the time. Where it can't be read,
    or a writer holds it just now, the stack is not looked for: one can always switch away.

    Raises:
        NotFound, NothingActive: as for `Active.found_in_effect`.
    """
    if not is_sqlite(active.profile.url):
        return active.stack_name()
    store = as_it_is(active.profile.url, caller)

    def find(name: str) -> str:
        if not store.ask(sql.STACK_NAMES_TAKEN(names=json.dumps([name])))[0]:
            raise no_stack(name, [found for (found,) in store.ask(sql.STACK_NAMES())[0]])
        return name

    try:
        return active.found_in_effect(find)
    except (NotFound, NothingActive):
        raise
    except ZprofError:
        return active.stack_name()


def as_it_is(url: str, caller: Caller) -> Database:
    """A store that is a file, for reads that take it in whatever format it is, and without waiting for others."""
    at_once = caller._replace(lock_timeout=0.0)
    return Database(sqlite_path(url), "store", at_once, has_turns=False, keeps_format=True)
