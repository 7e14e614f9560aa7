"""Writing what this user allows: approvals come and go, and all else in `config.toml` stays as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from zprof.caller import QUIET, Caller
from zprof.errors import ZprofError
from zprof.references.allowances import Approval, allowed_by, parsed, path_in
from zprof.references.own_file import own_text, turn_in, write_own

HEADER = "# What stores that others can write may use of yours. zprof allow writes the approvals.\n"
_APPROVAL = re.compile(r"""\s*\[\[\s*(["']?)approval\1\s*\]\]\s*(#.*)?""")
"""The line that begins an approval."""


def approve(config_dir: str, approvals: Sequence[Approval], caller: Caller = QUIET) -> None:
    """Add approvals, in place of those that the same components had as something else.

    Raises:
        Busy: another process kept the config directory for too long.
        Refused: the file could have been written by another user.
        ZprofError: it can't be read, understood or written, or not without changing more than the approvals.
    """
    contents = {(each.store, each.component): each.contents for each in approvals}
    managers = {(each.store, each.component, each.secrets_manager) for each in approvals}

    def is_outdated(each: Approval) -> bool:
        key = each.store, each.component
        return key in contents and (each.contents != contents[key] or (*key, each.secrets_manager) in managers)

    _change(config_dir, is_outdated, approvals, caller)


def revoke(config_dir: str, is_meant: Callable[[Approval], bool], caller: Caller = QUIET) -> list[Approval]:
    """Take approvals back; those that were there.

    Raises:
        Busy, Refused, ZprofError: as for `approve`.
    """
    return _change(config_dir, is_meant, (), caller)


def _change(
    config_dir: str, is_dropped: Callable[[Approval], bool], added: Sequence[Approval], caller: Caller
) -> list[Approval]:
    path = path_in(config_dir)
    with turn_in(config_dir, caller):
        text = own_text(path)
        text = HEADER if text is None else text
        document = parsed(path, text)
        approvals = allowed_by(document, path).approvals
        dropped = [number for number, each in enumerate(approvals) if is_dropped(each)]
        if dropped or added:
            changed = without(text, dropped) + "".join(block(each) for each in added)
            _check_is_as_meant(path, changed, document, dropped, added)
            write_own(path, changed)
    return [approvals[number] for number in dropped]


def _check_is_as_meant(
    path: str, changed: str, document: dict[str, Any], dropped: Collection[int], added: Iterable[Approval]
) -> None:
    """Refuse a text in which anything but the approvals is another than it was."""
    kept = [each for number, each in enumerate(document.get("approval", ())) if number not in dropped]
    wanted = [*kept, *(fields(each) for each in added)]
    others = {key: value for key, value in document.items() if key != "approval"}
    try:
        is_as_meant = parsed(path, changed) == others | ({"approval": wanted} if wanted else {})
    except ZprofError:
        is_as_meant = False
    if not is_as_meant:
        raise ZprofError(f"zprof can't edit {path} the way it is written.", "Nothing was changed. Edit it yourself.")


def fields(approval: Approval) -> dict[str, str]:
    """What the file has of an approval."""
    return {key: value for key, value in approval._asdict().items() if value}


def block(approval: Approval) -> str:
    """An approval as the end of the file has it."""
    lines = "".join(f"{key} = {in_toml(value)}\n" for key, value in fields(approval).items())
    return f"\n[[approval]]\n{lines}"


def in_toml(text: str) -> str:
    """Any text as TOML has it: as JSON, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def without(text: str, numbers: Collection[int]) -> str:
    """A text of TOML without some of its approvals, which are counted from 0, and with a newline at its end.

    Each line is looked at by itself, so what comes out must be checked.
    """
    kept: list[str] = []
    number = -1
    is_going = False
    for line in text.removesuffix("\n").split("\n"):
        if _APPROVAL.fullmatch(line):
            number += 1
            is_going = number in numbers
            if is_going and kept and not kept[-1].strip():
                kept.pop()
        elif is_going and not re.match(r"\s*[\w\"'-]+\s*=", line):
            is_going = False  # a blank line, a comment or another table
        if not is_going:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def component_key(type_name: str, name: str) -> str:
    """A component as approvals name it."""
    return f"{type_name}/{name}"
