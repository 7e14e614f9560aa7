"""Which file system a file is on: SQLite's locks don't hold on all that are shared between machines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

Mounts = Callable[[], str]
"""Gives the text of `/proc/self/mountinfo`, or none where there is no such file."""

NETWORK = re.compile(r"nfs\d*|cifs|smb\w*|fuse\.sshfs|9p|afs|lustre|gpfs|ceph|fuse\.ceph|fuse\.glusterfs")


def mountinfo() -> str:
    """The mounts of this machine; nothing where it is not Linux."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def network_file_system(path: str, mounts: str) -> str | None:
    """The type of the file system that a path is on, if it is one that machines share.

    Args:
        mounts: lines as in `/proc/self/mountinfo`; of those for one directory the last counts, which hides the others.
    """
    found = ("", "")
    real = os.path.realpath(path)
    for line in mounts.splitlines():
        mounted, _, rest = line.partition(" - ")
        fields = mounted.split()
        if len(fields) < 5 or not rest:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        if len(point) >= len(found[0]) and (real == point or real.startswith(point.rstrip("/") + "/")):
            found = point, rest.split()[0]
    return found[1] if NETWORK.fullmatch(found[1]) else None
