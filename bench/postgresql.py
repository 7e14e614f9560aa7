"""A PostgreSQL server at the other end of a slow line, and two profiles that lead to the same store there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import postgresql_server
from proxy import Proxy

from bench.surroundings import STATE, Surroundings


class Line(NamedTuple):
    """A server, and the proxy in front of it."""

    proxy: Proxy
    environment: dict[str, str]
    """With what psql needs to go through the proxy."""


@contextmanager
def line(surroundings: Surroundings, one_way: float) -> Iterator[Line]:
    """Start a server, unless this is within a run of the tests, which has one.

    The profile `near` leads to a store there, and `far` to the same store through a proxy.

    Args:
        one_way: seconds from one side to the other.
    """
    process = None if postgresql_server.VARIABLE in os.environ else postgresql_server.start()
    try:
        server = postgresql_server.Server()
        schema = server.new_schema()
        with Proxy(server.port, one_way=one_way) as proxy:
            near = server.url(schema)
            surroundings.zprof("profile", "create", "near", "--url", near)
            far = near.replace(f":{server.port}/", f":{proxy.port}/")
            surroundings.zprof("profile", "create", "far", "--url", far)
            for words in STATE[1:]:
                surroundings.zprof("-p", "near", *words.split())
            surroundings.zprof("-p", "far", "stack", "set", "default")
            address = {"PGHOST": "127.0.0.1", "PGPORT": str(proxy.port), "PGUSER": "zprof", "PGDATABASE": "postgres"}
            yield Line(proxy, {**surroundings.environment, **address})
    finally:
        if process is not None:
            postgresql_server.stop(process)
            del os.environ[postgresql_server.VARIABLE]


def psql() -> str | None:
    """The program itself: what Debian has on the PATH is a script in Perl that looks for it, which takes as long."""
    beside_server = postgresql_server.programs().directory / "psql"
    return str(beside_server) if beside_server.exists() else shutil.which("psql")
