"""Kills a program at its first step, its second step, … until it gets to its end; or at random moments.

A step is an SQL statement that is about to run and may write, or a file that is about to be made, linked, moved or
removed. Before a statement that only reads, a kill leaves what it leaves before the next step; a task that says
`"reads": true` has them counted too.

A script for `test_crash.py` and `test_upgrade.py`: it imports everything once and forks for each attempt. It reads what
to do as JSON from its first argument and prints what it saw, one JSON object on a line for each kill.
"""

from __future__ import annotations

import gc
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from contents import contents, damage
from newer import FORMATS

from zprof.__main__ import run
from zprof.generated import formats
from zprof.profiles.registry import open_registry
from zprof.schema import migration

SETTINGS = (
    "PRAGMA busy_timeout",
    "PRAGMA cell_size_check",
    "PRAGMA foreign_keys",
    "PRAGMA mmap_size",
    "PRAGMA synchronous",
    "PRAGMA trusted_schema",
)
"""Statements that touch no file: killing before them is killing before the next one."""
READS = re.compile(
    r"""\s*(
        SELECT\b | EXPLAIN\b
        | PRAGMA \s+ (user_version | application_id | journal_mode | page_count | read_uncommitted) \s* $
        | PRAGMA \s+ (\w+\.)? (
            table_x?info | index_x?info | index_list | foreign_key_list
            | foreign_key_check | integrity_check | quick_check
        ) \b [^=]* $
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Statements that write nothing. One that is unknown counts as a step: that costs time and misses nothing."""
FILE_EVENTS = ("os.link", "os.remove", "os.rename", "os.mkdir", "os.chmod")


def main() -> None:
    task = json.loads(sys.argv[1])
    if "migrations" in task:
        use_migrations(Path(task["migrations"]))
    preload()
    seen = randomly_killed(task) if "rounds" in task else killed_at_each_step(task)
    for outcome in seen:
        print(json.dumps(outcome), flush=True)


def use_migrations(directory: Path) -> None:
    """Be the zprof of the next release."""
    migration.migrations_dir = lambda: directory
    known: dict[str, int] = formats.FORMATS
    known.update(FORMATS)


def preload() -> None:
    """Import what commands import late, in a first run elsewhere, so that a fork has it all."""
    with tempfile.TemporaryDirectory() as directory:
        registry = open_registry(directory)
        with registry.store(registry.active()).change() as change:
            change.register_component("orchestrator", "some", "local_docker", {"docker_parent_image": "some"})
    gc.freeze()


def killed_at_each_step(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    config = Path(task["config"])
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        template, at = scratch / "template", scratch / "at"
        if config.exists():
            shutil.copytree(config, template)
        for step in count(1):
            restore(template, config)
            signal_, code, out, err = forked(lambda step=step: steps_of(task, config, step, at), scratch)  # type: ignore[misc]
            copy = scratch / "copy"
            restore(config, copy)
            found = contents(copy, copied_from=config)
            codes: list[int] = []
            *_, probes_out, probes_err = forked(lambda: probed(task["probes"]), scratch)
            if task["probes"]:
                codes = json.loads(probes_out.splitlines()[-1])
            yield {
                "step": step,
                "at": at.read_text(),
                "is_killed": signal_ == signal.SIGKILL,
                "code": code,
                "said": out + err,
                "contents": found,
                "codes": codes,
                "probes_said": probes_out + probes_err,
                "damage": damage(config),
                "afterwards": contents(config),
                "files": sorted(path.name for path in (config / "profiles").glob("*.db")),
            }
            if signal_ != signal.SIGKILL:
                return


def is_killed_in_a_change(kills: list[dict[str, Any]]) -> bool:
    """Whether a transaction was killed before it began, before it wrote, and before it was committed."""
    at = [kill["at"].lstrip() for kill in kills]
    is_written = any(step.startswith(("INSERT", "UPDATE", "DELETE")) for step in at)
    return is_written and "BEGIN IMMEDIATE" in at and "COMMIT" in at


def restore(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target)


def forked(program: Callable[[], int], scratch: Path) -> tuple[int, int, str, str]:
    """Run something in a process of its own: the signal that ended it, its exit code, and what it printed."""
    out, err = scratch / "out", scratch / "err"
    child = os.fork()
    if child == 0:
        code = 70
        try:
            for path, descriptor in ((out, 1), (err, 2)):
                os.dup2(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
            code = program()
            sys.stdout.flush()
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    signal_ = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return signal_, -1 if signal_ else os.waitstatus_to_exitcode(status), out.read_text(), err.read_text()


def probed(commands: list[list[str]]) -> int:
    """Run commands one after the other, and print their exit codes last."""
    codes = [run(words) for words in commands]
    print(json.dumps(codes), flush=True)
    return 0


class Steps:
    """Which of a connection's statements are steps, asked for one after the other."""

    def __init__(self, *, counts_reads: bool = False) -> None:
        self._counts_reads = counts_reads
        self._only_reads = False
        """Whether the transaction is one that has taken no lock for writing and has written nothing yet."""

    def __call__(self, statement: str) -> bool:
        if statement.startswith(SETTINGS):
            return False
        if self._counts_reads:
            return True
        if READS.match(statement):
            return False
        words = statement.split()
        if words == ["BEGIN"]:
            self._only_reads = True
            return False
        was_read = self._only_reads and words in (["COMMIT"], ["ROLLBACK"])
        self._only_reads = False
        return not was_read


def steps_of(task: dict[str, Any], config: Path, last: int, at: Path) -> int:
    """Run the program up to its step `last`, and write down which that is."""
    left = last
    note = os.open(at, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)

    def step(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.write(note, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        is_new_file = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if (event in FILE_EVENTS or is_new_file) and str(arguments[0]).startswith(str(config)):
            step(event)

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real_connect(*arguments, **options)
        is_step = Steps(counts_reads=task.get("reads", False))
        connection.set_trace_callback(lambda statement: step(statement) if is_step(statement) else None)
        return connection

    real_connect = sqlite3.connect
    sqlite3.connect = connect  # type: ignore[assignment]
    sys.addaudithook(audited)
    if "words" in task:
        return run(task["words"])
    two_transactions(config)
    return 0


def two_transactions(config: Path) -> None:
    """What no command may do: a change in two transactions."""
    registry = open_registry(str(config))
    store = registry.store(registry.active())
    with store.change() as change:
        change.register_component("orchestrator", "first", "local", {})
    with store.change() as change:
        change.register_stack("second", dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), "default"))


def randomly_killed(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Kill a loop of changes again and again; each of its transactions counts in two components and adds a third."""
    config = Path(task["config"])
    generator = random.Random(task["seed"])
    registry = open_registry(str(config))
    store = registry.store(registry.active())
    with store.change() as change:
        for name in ("one", "two"):
            change.register_component("orchestrator", name, "local_docker", {"docker_parent_image": "0"})
    counted = 0
    for round_ in range(task["rounds"]):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                for number in count(counted + 1):
                    with store.change() as change:
                        for name in ("one", "two"):
                            change.update_component("orchestrator", name, {"docker_parent_image": str(number)})
                        change.register_component("orchestrator", f"added-{number}", "local", {})
                    os.write(writing, b"%d\n" % number)
            finally:
                os._exit(70)
        os.close(writing)
        acknowledged = os.read(reading, 65536)  # not before it has begun in earnest
        time.sleep(generator.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as pipe:
            acknowledged += pipe.read()
        found = {component.name: component.config for component in store.components("orchestrator")}
        counted = int(found["one"]["docker_parent_image"])
        yield {
            "round": round_,
            "is_killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
            "acknowledged": int(acknowledged.splitlines()[-1]),
            "one": counted,
            "two": int(found["two"]["docker_parent_image"]),
            "added": sum(name.startswith("added-") for name in found),
            "damage": damage(config),
        }


def killed_before_commit(path: str, journal_mode: str) -> None:
    """Change every row of a table, and be killed when much of it is in the file but not committed."""
    child = os.fork()
    if child == 0:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        connection.execute("PRAGMA cache_size = 5")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE counter SET value = value + 1")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    if sys.argv[1] == "before-commit":
        killed_before_commit(sys.argv[2], sys.argv[3])
    else:
        main()
