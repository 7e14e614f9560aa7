"""The prompt's hook: it starts no process while nothing has changed, and sees each change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shells.sessions import Run, installed

HOOK = "__zprof_prompt"
BEGIN = {"bash": "", "zsh": "__zprof_install", "fish": ""}
"""What an interactive shell does besides."""
SHOW = 'echo "[$ZPROF_PROMPT]"'
OLD = 1_600_000_000
"""A time of a file, in seconds."""
SLEEP = {"bash": "sleep 0.05", "zsh": "sleep 0.15", "fish": "sleep 2.1"}
"""What makes a file old, as far as a shell knows."""
TOUCHED = {"bash": "", "zsh": SLEEP["zsh"], "fish": ""}
"""The same where a file has been touched, so that it says itself that it is old: zsh looks at when that was."""


@pytest.fixture
def prompt(stand_in: Path, run: Run, home: Path, config: Path) -> Path:
    """The file of the questions that were asked; the files of the home are old."""
    make_old(home)
    return home / "asked"


def make_old(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        os.utime(path, (OLD, OLD))


def asked(prompt: Path) -> int:
    return len(prompt.read_text().splitlines()) if prompt.exists() else 0


def test_it_asks_once(run: Run, shell: str, prompt: Path) -> None:
    done = run(shell, BEGIN[shell], SLEEP[shell], HOOK, SHOW, HOOK, HOOK, SHOW)
    assert (done, asked(prompt)) == ((0, "[first]\n[first]\n", ""), 1)


COUNT = {
    "bash": "count() { read -r -a line < /proc/$$/stat; echo ${line[10]}; }",
    "zsh": "count() { local -a line; read -rA line < /proc/$$/stat; echo $line[11]; }",
    "fish": "function count; read -l line < /proc/$fish_pid/stat; echo (string split ' ' -- $line)[11]; end",
}
"""How often processes that ended, and that the shell has started, have touched their memory (proc(5), cminflt)."""


def test_it_starts_no_process(run: Run, shell: str, prompt: Path) -> None:
    process = "/bin/ls > /dev/null"
    lines = (HOOK, "count", HOOK, HOOK, HOOK, "count", process, "count")
    done = run(shell, BEGIN[shell], SLEEP[shell], *lines, before=COUNT[shell])
    before, after, with_process = done.out.split()
    assert before == after != with_process
    assert asked(prompt) == 1


CHANGES = {
    "a variable": ("export ZPROF_ACTIVATED_PROFILE=prod", "set -gx ZPROF_ACTIVATED_PROFILE prod"),
    "a switch": ("zprof -q use staging",),
    "a stack": ("export ZPROF_ACTIVATED_STACK=live", "set -gx ZPROF_ACTIVATED_STACK live"),
    "a format": ("ZPROF_PROMPT_FORMAT='{stack}'", "set ZPROF_PROMPT_FORMAT '{stack}'"),
    "a directory": ("cd other",),
    "a link that leads elsewhere": ("cd link; rm $HOME/link; ln -s project $HOME/link; cd $HOME/link",),
    "the registry": ("touch .config/zprof/registry.db",),
    "another config directory": ("export ZPROF_CONFIG_PATH=$HOME/other", "set -gx ZPROF_CONFIG_PATH $HOME/other"),
    "one in the home": ("export ZPROF_CONFIG_PATH='~/other'", "set -gx ZPROF_CONFIG_PATH '~/other'"),
    "another directory of all configs": ("export XDG_CONFIG_HOME=$HOME/other", "set -gx XDG_CONFIG_HOME $HOME/other"),
    "a repository by name": ("export ZPROF_REPOSITORY_PATH=project", "set -gx ZPROF_REPOSITORY_PATH project"),
    "a project's file": ("cd project; HOOK; touch .zprof/config.toml",),
    "a personal file": ("cd project/deep; HOOK; touch ../.zprof/local.toml",),
    "a personal file that goes": ("cd project; touch .zprof/local.toml; SLEEP; HOOK; rm .zprof/local.toml",),
    "a nearer project": ("cd project/deep; HOOK; mkdir .zprof",),
    "a nearer project that goes": ("cd project/deep; mkdir .zprof; SLEEP; HOOK; rmdir .zprof",),
    "a switch in a project": ("cd project; HOOK; zprof -q profile set staging",),
    "a global switch": ("zprof -q profile set staging",),
    "the registry is gone": ("rm .config/zprof/registry.db",),
}


@pytest.mark.parametrize("shell", installed())
def test_it_sees(run: Run, shell: str, prompt: Path, home: Path) -> None:
    """Each change; before it nothing is seen."""
    (home / "other").mkdir()
    (home / "project" / ".zprof").mkdir(parents=True)
    (home / "project" / "deep").mkdir()
    (home / "project" / ".zprof" / "config.toml").write_text("")
    (home / "link").symlink_to("other")
    make_old(home)
    for name, lines in CHANGES.items():
        (home / "answer").write_text("first\n")
        make_old(home)
        change = lines[-1 if shell == "fish" else 0].replace("HOOK", HOOK).replace("SLEEP", SLEEP[shell])
        *before, last = change.split("; ")
        without = (HOOK, "echo second > $HOME/answer", HOOK, SHOW)
        done = run(shell, BEGIN[shell], TOUCHED[shell], *before, *without, last, HOOK, SHOW)
        assert done[:2] == (0, "[first]\n[second]\n"), f"{name}: {done}"


GONE = {"bash": "set -e", "zsh": "setopt err_exit", "fish": ""}
"""A failure ends the shell."""


def test_a_directory_that_is_gone(run: Run, shell: str, prompt: Path, home: Path) -> None:
    (home / "gone").mkdir()
    assert run(shell, BEGIN[shell], GONE[shell], "cd gone", "rmdir ~/gone", HOOK, SHOW).out == "[first]\n"


def test_no_program_is_found(run: Run, shell: str, prompt: Path) -> None:
    away = "set PATH /nowhere" if shell == "fish" else "PATH=/nowhere"
    assert run(shell, BEGIN[shell], GONE[shell], away, HOOK, SHOW).out == "[]\n"


def test_a_clock_that_is_put_back(run: Run, prompt: Path) -> None:
    """The stamp is then newer than whatever happens next; SECONDS follows the clock."""
    put_back = ('touch -d "+1 hour" "$__zprof_stamp"', "SECONDS=-3600")
    lines = (SLEEP["bash"], HOOK, *put_back, "touch .config/zprof/registry.db", "echo second > answer", HOOK, SHOW)
    assert run("bash", *lines) == (0, "[second]\n", "")


def test_a_zsh_that_has_no_zstat(run: Run, prompt: Path) -> None:
    """Each prompt asks."""
    lines = (BEGIN["zsh"], "zmodload -u zsh/stat", HOOK, "echo second > answer", HOOK, SHOW)
    assert run("zsh", *lines) == (0, "[second]\n", "")


CODE = "[$({touch,$HOME/it})]=1"
ODD_PLACES = ("a b", f"a {CODE}", f"a b{CODE}", "$(touch $HOME/it)'\"`touch $HOME/it`*", "-n")
"""Names of directories; in the third a word that could be an element of an array."""


@pytest.mark.parametrize("place", ODD_PLACES)
def test_what_a_directory_is_called_is_no_code(run: Run, shell: str, prompt: Path, home: Path, place: str) -> None:
    """Nor is what the directory of all projects, or of the registry, is called."""
    (home / place / ".zprof").mkdir(parents=True)
    for name in ("", "XDG_CONFIG_HOME", "ZPROF_REPOSITORY_PATH"):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(home / place)
            if name:
                patch.setenv(name, str(home / place))
            assert run(shell, BEGIN[shell], HOOK, HOOK, SHOW) == (0, "[first]\n", "")
    assert not (home / "it").exists()


SAME_TICK = {
    "bash": """
        for ((i = 0; i < 100; i++)); do
            HOOK; echo $i >| answer; echo $i >| .config/zprof/registry.db; HOOK
            [[ $ZPROF_PROMPT == $i ]] || echo missed $i
        done""",
    "zsh": """
        for ((i = 0; i < 100; i++)); do
            HOOK; echo $i >| answer; echo $i >| .config/zprof/registry.db; HOOK
            [[ $ZPROF_PROMPT == $i ]] || echo missed $i
        done""",
    "fish": """
        for i in (seq 100)
            HOOK; echo $i > answer; echo $i > .config/zprof/registry.db; HOOK
            test "$ZPROF_PROMPT" = $i; or echo missed $i
        end""",
}


def test_it_sees_a_switch_within_the_tick_of_the_clock(run: Run, shell: str, prompt: Path) -> None:
    """By the shell's own hands, without a process between, so that many fall into the tick of the last answer."""
    assert run(shell, BEGIN[shell], SAME_TICK[shell].replace("HOOK", HOOK)) == (0, "", "")


def test_a_file_as_old_as_the_stamp_may_be_newer_than_the_answer(run: Run, prompt: Path, home: Path) -> None:
    lines = (HOOK, 'touch -r "$__zprof_stamp" .config/zprof/registry.db', "echo second > answer", HOOK, SHOW)
    assert run("bash", *lines) == (0, "[second]\n", "")


def test_an_answer_of_a_busy_registry_is_not_kept(run: Run, shell: str, prompt: Path) -> None:
    done = run(shell, BEGIN[shell], SLEEP[shell], "echo 5 > code", HOOK, HOOK, "echo 0 > code", HOOK, HOOK, SHOW)
    assert (done, asked(prompt)) == ((0, "[first]\n", ""), 3)


def test_a_format(run: Run, shell: str, prompt: Path) -> None:
    setting = "set ZPROF_PROMPT_FORMAT '{a b}'" if shell == "fish" else "ZPROF_PROMPT_FORMAT='{a b}'"
    run(shell, BEGIN[shell], setting, HOOK)
    assert prompt.read_text() == "prompt --format={a b}\n"


def test_a_command_that_is_gone(run: Run, shell: str, prompt: Path) -> None:
    (prompt.parent / "bin" / "zprof").unlink()
    assert run(shell, BEGIN[shell], "set PATH $HOME/bin" if shell == "fish" else "PATH=$HOME/bin", HOOK, SHOW) == (
        0,
        "[]\n",
        "",
    )


@pytest.mark.parametrize("shell", sorted({*installed()} - {"zsh"}))
def test_the_exit_code_is_kept_for_other_hooks(run: Run, shell: str, prompt: Path) -> None:
    """zsh sees to it by itself."""
    code = "echo $status" if shell == "fish" else "echo $?"
    assert run(shell, "false", HOOK, code, "true", HOOK, code).out == "1\n0\n"


def test_stamps_of_shells_that_ended_are_removed(run: Run, prompt: Path, home: Path) -> None:
    stamps = home / f"zprof-{os.geteuid()}"
    stamps.mkdir(mode=0o700)
    (stamps / "4194304").touch()  # no process has so high a number
    (stamps / f"{os.getpid()}").touch()
    (stamps / "other").touch()
    assert run("bash", HOOK, HOOK).code == 0
    left = {path.name for path in stamps.iterdir()}
    assert {"4194304"} & left == set()
    assert {"other", str(os.getpid())} < left


@pytest.mark.parametrize("making", ["mkdir -m 700 run/zprof", "ln -s /tmp run/zprof", "touch run/zprof", ""])
def test_stamps_are_in_the_runtime_directory(run: Run, prompt: Path, home: Path, making: str) -> None:
    """In a directory of this user alone: where it is a link, or no directory, each prompt asks."""
    (home / "run").mkdir()
    assert run("bash", making, "XDG_RUNTIME_DIR=$HOME/run", SLEEP["bash"], HOOK, HOOK, HOOK).err == ""
    is_kept = making in ("mkdir -m 700 run/zprof", "")
    assert asked(prompt) == (1 if is_kept else 3)
    if is_kept:
        assert (home / "run" / "zprof").stat().st_mode & 0o777 == 0o700
        assert [path.name.isdecimal() for path in (home / "run" / "zprof").iterdir()] == [True]
