"""What the tests themselves rest on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Zprof
from contents import files, rows

from zprof.url import sqlite_url

HERE = Path(__file__).parent
UNDER_NOHUP = """
import signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
from conftest import let_others_hear_signals
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if sys.argv[2] == "True":
    let_others_hear_signals(is_worker=False)
started = "from signal import *; print(*(getsignal(number) == SIG_IGN for number in (SIGINT, SIGHUP)))"
subprocess.run([sys.executable, "-c", started], check=True)
"""


@pytest.mark.parametrize("is_let", [True, False])
def test_what_is_started_hears_signals_that_the_run_ignores(is_let: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNDER_NOHUP, HERE, str(is_let)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ("False False\n" if is_let else "True True\n")


def test_a_home_that_was_copied_is_apart(zprof: Zprof, after_first_run: Path, home: Path, config: Path) -> None:
    before = files(after_first_run)
    url = f"{sqlite_url(str(config))}/profiles/default.db"
    assert rows(config / "registry.db", "SELECT url FROM profile") == [[url]]
    assert zprof("orchestrator", "register", "new", "-f", "local").code == 0
    assert zprof("profile", "create", "second").code == 0
    assert files(after_first_run) == before
