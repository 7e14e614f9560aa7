"""Where a store is, and whether anybody but this user can write it, so that it is not trusted with secrets."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from zprof.sqlite.url import sqlite_path, sqlite_url
from zprof.url import is_postgresql, shown


class Origin(NamedTuple):
    """Where a store is."""

    place: str
    """What tells it from all others: the URL of the real file, or of the schema on its server without a user."""
    is_inside: bool
    """Whether it lies in the config directory."""
    doubt: str
    """Why it is not this user's alone, as the end of a sentence that begins with the store; empty where it is."""


def origin_of(url: str, config_dir: str) -> Origin:
    """The origin of the store that a profile's URL leads to.

    Args:
        url: a normalised one.
        config_dir: the config directory; a store in it is trusted, if nobody else can write it.
    """
    if is_postgresql(url):
        return Origin(_place_on_server(url), is_inside=False, doubt="is on a server")
    directory, path = os.path.realpath(config_dir), os.path.realpath(sqlite_path(url))
    place = sqlite_url(path)
    if not path.startswith(directory.rstrip("/") + "/"):
        return Origin(place, is_inside=False, doubt=f"is outside {config_dir}")
    return Origin(place, is_inside=True, doubt=_doubt(directory, path))


def _place_on_server(url: str) -> str:
    """A schema on a server: who connects, and how, does not make it another."""
    from zprof.postgresql.url import address  # with urllib, for those who have a server

    found = address(url)
    schema = {"schema": found.schema}
    return shown(found._replace(user="", password="", parameters=schema).url())


def _doubt(directory: str, path: str) -> str:
    """Who else can write a file, or put another in its place: whoever can write it, or a directory on the way to it."""
    way = [path]
    while way[-1] != directory:
        way.append(os.path.dirname(way[-1]))
    for step in way:
        try:
            found = os.stat(step)
        except OSError:
            continue  # what is not there is nobody's, and is told of when it is opened
        if found.st_uid != os.geteuid():
            return f"can be changed by another user, who owns {step}"
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return f"can be changed by others: the mode of {step} is {stat.S_IMODE(found.st_mode):04o}"
        if step == path and found.st_nlink > 1:
            return "has another hard link, through which others may change it"
    return ""
