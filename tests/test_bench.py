"""`make bench`, a little of it, and that what it measures with would see what it looks for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgresql_server import Server
from proxy import Proxy

from bench import processes
from bench.__main__ import main, write_markdown
from bench.commands import TABLE, Row, exists
from bench.measuring import Sample, measure
from bench.report import Section, verdict

ROOT = Path(__file__).parent.parent
ONE_WAY = 0.02


def bench(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run it in this process, with as few rounds as there can be."""
    monkeypatch.setattr(sys, "argv", ["bench", "--rounds", "1", *words])
    return main()


def documented() -> dict[str, Any]:
    """The example of the file in the documentation."""
    found = re.search(r"```json\n(.*?)```", (ROOT / "docs/performance.md").read_text(), re.DOTALL)
    assert found is not None
    document: dict[str, Any] = json.loads(found[1])
    return document


def shape(document: Any) -> Any:
    """A document with the types of its values instead of them, and of its lists the first item."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [shape(item) for item in document[:1]]
    return "number" if isinstance(document, int | float) else type(document).__name__


def test_a_little_of_it(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", "processes", "--match", "profile list", "--json", "found.json", "--markdown", "found.md"]
    assert bench(monkeypatch, *words) == 0
    assert re.search(r"^profile list +table +[\d.]+ +[\d.]+ +python -c import ", capsys.readouterr().out, re.MULTILINE)
    found = json.loads((home / "found.json").read_text())
    assert [each["command"] for each in found["parts"]["processes"]] == ["profile list"]
    assert "| profile list " in (home / "found.md").read_text()
    wanted = documented()
    assert shape(found["machine"]) == shape(wanted["machine"])
    assert shape(found["parts"]["processes"]) == shape(wanted["parts"]["processes"])
    assert found.keys() == wanted.keys()


def test_round_trips_of_commands(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(monkeypatch, "--only", "trips", "--match", "stack get", "--json", "found.json") == 0
    found = json.loads((home / "found.json").read_text())
    (stack_get,) = found["parts"]["trips"]
    assert stack_get["round_trips"] == 0, "the name is in the registry, on this machine"
    assert shape(found["parts"]["trips"]) == shape(documented()["parts"]["trips"])


def test_a_row_without_its_other_side_is_named(home: Path) -> None:
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--only", "processes", "--match", "profile get"]
    environment = {"PATH": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "kubectl: not installed\n" in done.stdout
    assert "left out: kubectl is not installed: profile get\n" in done.stdout


def test_a_command_that_fails_fails_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "ROWS", [Row("failing", "stack describe nothing", TABLE)])
    assert bench(monkeypatch, "--only", "processes") == 1
    assert re.search(r"^Error: `.*zprof stack describe nothing` ended with 3: ", capsys.readouterr().err)


def test_a_command_that_does_not_exist_is_not_listed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exists(["stack", "list", "-o", "json"])
    assert not exists(["stack", "lists"])
    monkeypatch.setattr(processes, "ROWS", [Row("unborn", "unborn now", TABLE)])
    assert bench(monkeypatch, "--only", "processes") == 0
    assert "unborn" not in capsys.readouterr().out


def test_what_is_measured(home: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    idle, itself, child, large = (
        measured(home, text)
        for text in (
            "import time; time.sleep(0.3)",
            busy,
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])",
            "b'x' * 100_000_000",
        )
    )
    assert idle.cpu < 0.25
    assert idle.wall > 0.3
    assert itself.cpu > 0.3
    assert child.cpu > 0.3
    assert large.memory > 100_000_000 > idle.memory


def measured(home: Path, text: str) -> Sample:
    return measure([sys.executable, "-c", text], {"HOME": str(home)})


def test_what_is_over_its_limit_is_marked() -> None:
    assert verdict(1.0, cpu=1.0, wall=0.9) == "ok"
    assert verdict(1.0, cpu=1.1, wall=0.9) == "over (cpu)"
    assert verdict(1.0, cpu=1.1, wall=1.2) == "over (cpu, wall)"


def test_the_block_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    section = Section("processes", "Title", [{"command": "stack get", "cpu_ms": 12.3}])
    write_markdown(page, {"cores": "2"}, [section])
    page.write_text(f"Before.\n\n{page.read_text()}\nAfter.\n")
    write_markdown(page, {"cores": "3"}, [section])
    text = page.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    assert "- cores: 2\n" not in text
    assert text.count("| stack get") == 1


def connected(proxy: Proxy) -> psycopg.Connection[Any]:
    return psycopg.connect(host="127.0.0.1", port=proxy.port, user="zprof", dbname="postgres", autocommit=True)


def test_three_queries_are_three_round_trips(postgresql: Server) -> None:
    with Proxy(postgresql.port, one_way=ONE_WAY) as proxy:
        with connected(proxy) as connection:
            assert (proxy.connections, proxy.round_trips) == (1, 0)
            for _ in range(3):
                connection.execute("SELECT 1")
            assert proxy.round_trips == 3
        with connected(proxy):
            assert (proxy.connections, proxy.round_trips) == (2, 3)


def test_a_pipeline_is_one_round_trip(postgresql: Server) -> None:
    with Proxy(postgresql.port, one_way=ONE_WAY) as proxy, connected(proxy) as connection:
        with connection.pipeline():
            for _ in range(3):
                connection.execute("SELECT 1")
        assert proxy.round_trips == 1


def test_a_line_is_slow_but_not_narrow(postgresql: Server) -> None:
    """Each answer takes two ways, however many chunks it has."""
    with Proxy(postgresql.port, one_way=ONE_WAY) as proxy, connected(proxy) as connection:
        begun = time.monotonic()
        row = connection.execute("SELECT repeat('x', 20000000)").fetchone()
        taken = time.monotonic() - begun
    assert row is not None
    assert len(row[0]) == 20_000_000
    assert 2 * ONE_WAY <= taken < 20_000_000 / 65536 * ONE_WAY


def test_one_that_ends_ends_the_other(postgresql: Server) -> None:
    with Proxy(postgresql.port) as proxy, connected(proxy) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
