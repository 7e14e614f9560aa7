"""Moments as people type them: a day, a time, or how long ago."""

from __future__ import annotations

import re
from time import gmtime, strftime, time

from zprof.errors import InvalidInput

SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
AGO = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?Z?)?", re.ASCII)
WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def moment(text: str) -> str:
    """A moment in UTC, as timestamps are written.

    Args:
        text: `30m`, `2h`, `3d` or `1w` ago; `2026-11-01`, where it begins; `2026-11-01T12:30`.

    Raises:
        InvalidInput: it is none of them.
    """
    ago = AGO.fullmatch(text)
    if ago is not None:
        return strftime(WRITTEN, gmtime(max(0.0, time() - int(ago[1]) * SECONDS[ago[2]])))
    day = DAY.fullmatch(text)
    if day is not None and _is_day(day[1]):
        return f"{day[1]}T{day[2] or '00:00'}{day[3] or ':00'}Z"
    raise InvalidInput(
        f"'{text}' is not a time.",
        "Say how long ago (30m, 2h, 3d, 1w), or give a day or a time in UTC (2026-11-01, 2026-11-01T12:30).",
    )


def _is_day(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
