"""Every recipe of docs/recipes.md is run, in its order, in a home where nothing was before."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import SCRIPT
from test_readme import BLOCK, ROOT, steps_of

PAGE = ROOT / "docs" / "recipes.md"
DOCKER = """\
#!{python}
# `docker run`, as far as a container's environment goes: nothing of this process's, but for what is handed on by name.
import os, sys
words = sys.argv[2:]
env = {{"PATH": os.environ["PATH"]}}
while words and words[0].startswith("-"):
    word = words.pop(0)
    if word == "--env-file":
        for line in open(words.pop(0)):
            if line.strip() and not line.startswith("#"):
                name, _, value = line.rstrip("\\n").partition("=")
                env[name] = value
    elif word == "-e":
        name = words.pop(0)
        if name in os.environ:
            env[name] = os.environ[name]
    elif word in ("-v", "-w"):
        words.pop(0)
os.execvpe(words[1], words[1:], env)
"""
DIRENV = """\
#!/bin/bash
# `direnv exec DIRECTORY PROGRAM`, for a file that was allowed.
test "$1" = exec || exit 1
cd "$2" && shift 2
watch_file() { :; }
. ./.envrc && exec "$@"
"""


@pytest.fixture
def programs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that a machine may not have, which do with variables what the real ones do."""
    directory = home / "bin"
    directory.mkdir()
    for name, text in (("docker", DOCKER.format(python=sys.executable)), ("direnv", DIRENV)):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{SCRIPT.parent}:{os.environ['PATH']}")


@pytest.mark.slow
@pytest.mark.usefixtures("programs")
def test_the_recipes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    assert {language for language, _ in blocks} == {"console", "python", "toml", "yaml"}
    steps = 0
    for language, text in blocks:
        if language == "console":
            for command, expected in steps_of(text):
                lines, shown = with_its_lines(command, expected)
                steps += 1
                if lines.startswith("export "):
                    name, _, value = lines.removeprefix("export ").partition("=")
                    monkeypatch.setenv(name, os.path.expandvars(value))
                    continue
                done = subprocess.run(
                    ["bash", "-c", lines], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
                )
                assert done.stdout == shown, lines
        elif language == "python":
            done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
            assert done.stdout == "https://staging.example.com\n"
        elif language == "toml":
            assert tomllib.loads(text)["custom"]["zprof"]["command"] == "zprof prompt"
        else:
            assert [step["run"] for step in yaml.safe_load(text)][1] == "python3 train.py"
    assert steps >= 20


def with_its_lines(command: str, expected: str) -> tuple[str, str]:
    """A command with the lines that go on with it, which begin with `> `, and what it shows."""
    lines = [command]
    rest = expected.splitlines(keepends=True)
    while rest and rest[0].startswith("> "):
        lines.append(rest.pop(0).removeprefix("> ").rstrip("\n"))
    return "\n".join(lines), "".join(rest)
