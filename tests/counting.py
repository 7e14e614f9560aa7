"""Counts in a component's config from several processes that begin together, and prints how often each succeeded.

The way of counting is `zprof`, or `deferred`: how Python's driver does it unless told otherwise.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable

from zprof.generated import statements as sql
from zprof.profiles.registry import Registry, open_registry
from zprof.store.rows import component_of

TIMES = int(sys.argv[4]) if len(sys.argv) > 4 else 20


def main() -> None:
    way, config, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    registry = open_registry(config)
    with registry.store(registry.active()).change() as change:
        change.register_component("orchestrator", "imported", "local_docker", {})  # imports what forks then have
    starting, gun = os.pipe()
    children = [started(way, registry, starting, gun) for _ in range(processes)]
    os.close(gun)
    succeeded = 0
    for child, results in children:
        with os.fdopen(results, "rb") as pipe:
            succeeded += len(pipe.read())
        os.waitpid(child, 0)
    print(succeeded)


def started(way: str, registry: Registry, starting: int, gun: int) -> tuple[int, int]:
    """A process that counts when the gun is closed, and writes one byte for each success."""
    results, success = os.pipe()
    child = os.fork()
    if child:
        os.close(success)
        return child, results
    try:
        os.close(gun)
        os.close(results)

        def wait_for_gun() -> None:
            os.read(starting, 1)

        count: Callable[[], None]
        if way == "zprof":
            wait_for_gun()
            count = lambda: count_once(registry)  # noqa: E731
        else:
            count = lambda: count_deferred(registry.path, wait_for_gun)  # noqa: E731
        for _ in range(TIMES):
            try:
                count()
            except Exception as error:
                print(error, file=sys.stderr)
            else:
                os.write(success, b".")
    finally:
        os._exit(0)


def count_once(registry: Registry) -> None:
    """Read and write in one transaction of the store."""
    with registry.store(registry.active()).change() as change:
        (row,) = change.ask(sql.COMPONENT(type="orchestrator", name="counter"))[0]
        number = int(component_of(row).config["docker_parent_image"])
        change.update_component("orchestrator", "counter", {"docker_parent_image": str(number + 1)})


def count_deferred(registry: str, between: Callable[[], None]) -> None:
    """Read, and write what was read plus one, without having said BEGIN."""
    path = os.path.join(os.path.dirname(registry), "profiles", "default.db")
    connection = sqlite3.connect(path, timeout=60)
    with connection:
        query = "SELECT config ->> 'docker_parent_image' FROM component WHERE name = 'counter'"
        number = int(connection.execute(query).fetchone()[0])
        between()
        update = "UPDATE component SET config = json_set(config, '$.docker_parent_image', ?) WHERE name = 'counter'"
        connection.execute(update, (str(number + 1),))
    connection.close()


if __name__ == "__main__":
    main()
