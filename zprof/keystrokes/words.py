"""`zprof profile get` and `zprof stack get` as scripts and prompts type them: one word, at a glance.

What a glance can't tell for sure is left to the command: an error, a database of an older format, one that is busy.
"""

from __future__ import annotations

from zprof.errors import NotFound, NothingActive
from zprof.generated import glances
from zprof.generated.formats import FORMATS
from zprof.keystrokes.glance import in_effect, rows
from zprof.sqlite.url import is_sqlite, sqlite_path


def word(noun: str) -> str:
    """The name of the profile or of the stack in effect, which is there.

    A server is not asked whether it has the stack: that would take too long for a name.

    Raises:
        Unsettled, ZprofError, sqlite3.Error, OSError: nothing is in effect, or a glance can't tell.
    """
    found = in_effect(oldest=FORMATS["registry"])
    if noun == "profile":
        return found.profile
    if found.stack is None:
        raise NothingActive("No stack is active.")
    if is_sqlite(found.url) and not rows(sqlite_path(found.url), "store", glances.STACK, {"stack": found.stack}):
        raise NotFound("stack", found.stack)
    return found.stack
