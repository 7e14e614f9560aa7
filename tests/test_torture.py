"""`make torture`, a little of it, and that it would see what it looks for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Zprof
from torture import PARTS, Attempt, is_whole, judged

import zprof as library

TORTURE = Path(__file__).with_name("torture.py")


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_little_torture(part: str, home: Path) -> None:
    command = [sys.executable, str(TORTURE), part, "--quick", "--seed", "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("All promises kept.\n")
    assert "FAIL" not in done.stdout


def test_what_is_lost_is_judged(zprof: Zprof) -> None:
    with library.open_profile("default") as store, store.change() as change:
        for name, counted in (("one", "1"), ("two", "1"), ("added-0-0", "0")):
            change.register_component("orchestrator", name, "local_docker", {"docker_parent_image": counted})
    done, failed = Attempt(0.1, ""), Attempt(0.1, "Busy: locked")
    assert judged("", store, [done], 1, 1)[2]
    for crowd in ([done, done], [failed], [done, failed]):
        assert not judged("", store, crowd, len(crowd), 1)[2]


def test_a_copy_that_is_torn_is_judged(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    assert not is_whole(copy)
