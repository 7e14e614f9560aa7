"""What a program shows on a terminal."""

from __future__ import annotations

import pexpect


def all_shown(child: pexpect.spawn[str]) -> str:
    """All that a program shows until it ends, with plain ends of lines; `child.exitstatus` tells how it ended."""
    shown = str(child.read())
    child.wait()
    child.ptyproc.delayafterclose = 0  # type: ignore[attr-defined]  # it has ended, and needs no time for it
    child.close()
    return shown.replace("\r\n", "\n")
