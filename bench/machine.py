"""The machine that a run was made on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from bench.postgresql import psql

IDLE = 0.3
"""The load average up to which a machine counts as idle."""


def machine() -> dict[str, str]:
    """What the figures depend on, by name."""
    facts = {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "kubectl": version("kubectl", "version", "--client"),
        "psql": version(psql(), "--version"),
        "load": f"{os.getloadavg()[0]:.2f}",
    }
    if os.getloadavg()[0] > IDLE:
        facts["load"] += " (this machine is not idle: compare the ratios, and those of CPU time first)"
    return facts


def processor() -> str:
    """The model, as the system names it."""
    described = Path("/proc/cpuinfo")
    if described.exists():
        found = re.search(r"^model name\s*: (.*)$", described.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return said("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor() or platform.machine()


def version(program: str | None, *words: str) -> str:
    """The version in the first line that a program prints, or that it is not installed."""
    if program is None or shutil.which(program) is None:
        return "not installed"
    lines = said(program, *words).splitlines()
    found = re.search(r"v?\d+\.\d[\w.-]*", lines[0]) if lines else None
    return found[0] if found else "unknown"


def said(program: str, *words: str) -> str:
    """What a program prints, or nothing where there is none."""
    if shutil.which(program) is None:
        return ""
    return subprocess.run([program, *words], capture_output=True, text=True, check=False).stdout.strip()
