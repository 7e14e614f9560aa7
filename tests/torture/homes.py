"""Homes for commands: with something in them to work on, put back after each, and compared by what they hold."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from conftest import config_of, move_default_store
from contents import PROFILES, STORE, format_of, rows, without_time
from killing import restore
from postgresql_server import Server
from test_imports import FILES, POPULATING

from torture.running import ran

State = dict[str, Any]
"""What each file holds, and the store on a server."""

REGISTRY = "registry.db"
KEPT = ".~1~"
"""How the name of a copy ends that has made way for another."""
ZENML = Path(__file__).parent.parent / "data" / "zenml-0.13.2" / "config"


class Home:
    """A home whose profiles have files as their stores."""

    refusal: int | None = None
    """The exit code of commands that are not for such a store."""

    def __init__(self, path: Path) -> None:
        """One in a directory, filled."""
        self.path = path
        self.scratch = path.with_name("scratch")
        self._template = path.with_name("template")
        self.scratch.mkdir()
        for name, text in FILES.items():
            (path / name).write_text(text)
        (path / "zenml").symlink_to(ZENML)
        self.run(*POPULATING)
        self.keep()

    @property
    def config(self) -> Path:
        """Its config directory."""
        return config_of(self.path)

    def run(self, *commands: tuple[str, ...]) -> None:
        """Run commands that have to work."""
        for words in commands:
            done = ran(("-q", *words), self.scratch)
            assert done.code == 0, str(done)

    def keep(self) -> None:
        """Have what there is put back from now on."""
        restore(self.path, self._template)

    def put_back(self) -> None:
        """Make it what it was; the directory itself stays, which is the working directory."""
        for found in self.path.iterdir():
            shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
        shutil.copytree(self._template, self.path, symlinks=True, dirs_exist_ok=True)

    def state(self) -> State:
        """What there is. Journals are played back by that."""
        found: State = {"copies": len(list((self.config / "backups").glob("*.db")))}
        for path in sorted(self.path.rglob("*")):
            name = str(path.relative_to(self.path)).removeprefix(f"{self.config.relative_to(self.path)}/")
            if not path.is_file() or name.startswith(("backups/", "zenml")) or name.endswith((".new", ".lock")):
                continue
            if name.endswith((".db", KEPT)):
                found[name] = registry_contents(path) if name == REGISTRY else store_contents(path)
            elif ".db" not in name:
                found[name] = path.read_text()
        return found


class ServerHome(Home):
    """A home whose default profile has its store on a server, in a database of its own, put back by PostgreSQL."""

    refusal = 7

    def __init__(self, path: Path, server: Server) -> None:
        super().__init__(path)
        self._server = server
        self._schema = server.new_schema()
        self._database = f"database_{self._schema}"
        server.run(f"CREATE DATABASE {self._database}")
        url = server.url(self._schema).replace("/postgres?", f"/{self._database}?")
        move_default_store(self.config, url, with_contents=True)
        (self.config / "profiles/default.db.lock").unlink()
        self.keep()
        self._copy(self._database, f"{self._database}_template")

    def put_back(self) -> None:
        super().put_back()
        self._copy(f"{self._database}_template", self._database)

    def _copy(self, source: str, target: str) -> None:
        self._wait_for_silence(source)
        self._server.run(
            f"DROP DATABASE IF EXISTS {target} WITH (FORCE)", f"CREATE DATABASE {target} TEMPLATE {source}"
        )

    def _wait_for_silence(self, database: str) -> None:
        """Wait until the server has seen that whoever had a connection is gone."""
        others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
        end = time.monotonic() + 30
        while self._server.run(others) != [(0,)]:
            assert time.monotonic() < end, "a connection stays"
            time.sleep(0.005)

    def state(self) -> State:
        self._wait_for_silence(self._database)
        with self._server.connect(self._database) as connection:
            connection.execute(f"SET search_path = {self._schema}".encode())
            store = {
                what: [plain(row) for row in connection.execute(query.encode()).fetchall()]
                for what, query in STORE.items()
            }
        return {**super().state(), "store": store}


def registry_contents(path: Path) -> Any:
    """The rows of a registry."""
    return [format_of(path), rows(path, PROFILES)]


def store_contents(path: Path) -> Any:
    """The rows of a store, without moments and row ids."""
    return [format_of(path), {what: [plain(row) for row in rows(path, query)] for what, query in STORE.items()}]


def plain(row: Any) -> list[Any]:
    """A row whose JSON is text, without when the thing was made."""
    texts = [json.dumps(value, sort_keys=True) if isinstance(value, dict) else value for value in row]
    return [without_time(value) if isinstance(value, str) and value.startswith("{") else value for value in texts]


def is_allowed(found: State, before: State, after: State, *, has_order: bool = True) -> bool:
    """Whether each part is what it was or what it was to be: the stores first, the registry last.

    Args:
        has_order: whether there is such an order.
    """
    parts = {*found, *before, *after}
    # A copy that makes way for another has its other name for a moment before that one is there.
    kept = {part for part in before if part not in found and found.get(f"{part}{KEPT}") == before[part]}
    if any(found.get(part) not in (before.get(part), after.get(part)) for part in parts - kept):
        return False
    is_last = found.get(REGISTRY) == after.get(REGISTRY) != before.get(REGISTRY)
    return not (has_order and is_last) or found == after
