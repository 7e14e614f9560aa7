"""`zprof use`, `zprof shell` and `zprof shell-init`, as far as that needs no other shell than sh: see tests/shells."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
import pytest
from conftest import SCRIPT, Result, Zprof

from zprof import paths
from zprof.cli.main import zprof as root
from zprof.shells.answers import answer, quoted
from zprof.shells.kinds import SHELLS
from zprof.shells.texts import ROOM, init_text

OR = " || \\builtin return\n"
ANSWER = f"# zprof use\n\\builtin export ZPROF_ACTIVATED_PROFILE={{}}{OR}\\builtin {{}} ZPROF_ACTIVATED_STACK{{}}{OR}"
CLEARED = "This shell no longer names a profile, and none is in effect: see `zprof status`.\n"
NO_PROFILE = f"# zprof use\n\\builtin unset ZPROF_ACTIVATED_PROFILE{OR}"
STACK = ("-o", "default", "-a", "default", "-m", "default")


@pytest.fixture
def hooked(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> Zprof:
    """The command as the function of a shell runs it, with a profile `other` that has a stack `live`."""
    assert zprof("profile", "create", "other").code == 0
    assert zprof("-p", "other", "stack", "register", "live", *STACK).code == 0
    monkeypatch.setenv(paths.HOOK, "bash")
    return zprof


def test_it_answers_lines_for_the_shell(hooked: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hooked("use", "other") == Result(
        0,
        ANSWER.format("other", "unset", ""),
        "This shell now uses the profile 'other' and its active stack 'default'.\n",
    )
    assert hooked("use", "other/live") == Result(
        0, ANSWER.format("other", "export", "=live"), "This shell now uses the profile 'other' and the stack 'live'.\n"
    )
    monkeypatch.setenv(paths.HOOK, "fish")
    fish = "# zprof use\nset -gx ZPROF_ACTIVATED_PROFILE 'other'\nset -e -g ZPROF_ACTIVATED_STACK\n"
    assert hooked("-q", "use", "other") == Result(0, fish, "")


def test_what_is_of_another_stack_goes(hooked: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_VARIABLES", "default/default:AWS_REGION,PATH")
    monkeypatch.setenv("AWS_REGION", "of default")
    monkeypatch.setenv("ZPROF_ALERTER_NAME", "of default")
    switched = hooked("use", "other")
    gone = ("AWS_REGION", "ZPROF_ACTIVATED_VARIABLES", "ZPROF_ALERTER_NAME")
    assert switched.out == ANSWER.format("other", "unset", "") + "".join(f"\\builtin unset {name}{OR}" for name in gone)
    assert switched.err.endswith("What zprof env had set for another stack was unset.\n")
    for own in ("default/default:AWS_REGION", "default/default:"):
        monkeypatch.setenv("ZPROF_ACTIVATED_VARIABLES", own)
        assert hooked("use", "default").out == ANSWER.format("default", "unset", "")
    monkeypatch.setenv("ZPROF_ACTIVATED_VARIABLES", "default/default:AWS_REGION")
    monkeypatch.setenv("SHELL", "/usr/bin/env")
    shown = subprocess.run([SCRIPT, "shell", "other"], capture_output=True, text=True, check=True).stdout
    assert not [name for name in gone if f"{name}=" in shown]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nope",), 3), (("other/nope",), 3), (("a b",), 2), (("/live",), 2), (("other/",), 2), (("NAME",), 2),
        (("$(touch it)",), 2), (("other/x;touch it",), 2), (("other/live/x",), 2), (("",), 2),
        (("a", "b"), 2), (("--clear", "other"), 2), (("-p", "other"), 2), (("other", "--stack", "live"), 2),
        (("-",), 1), ((), 7),
    ],
)  # fmt: skip
def test_what_is_refused_answers_nothing(hooked: Zprof, words: tuple[str, ...], code: int) -> None:
    refused = hooked("use", *words)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err


def test_going_back(hooked: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    for before, lines in {
        "other/live": ANSWER.format("other", "export", "=live"),
        "other/": ANSWER.format("other", "unset", ""),
        "/default": f"{NO_PROFILE}\\builtin export ZPROF_ACTIVATED_STACK=default{OR}",
        "/": f"{NO_PROFILE}\\builtin unset ZPROF_ACTIVATED_STACK{OR}",
    }.items():
        monkeypatch.setenv(paths.BEFORE, before)
        assert hooked("-q", "use", "-") == Result(0, lines, "")
    for before in ("gone/", "other/gone", "$(touch it)/", "a\nb/c"):
        monkeypatch.setenv(paths.BEFORE, before)
        refused = hooked("use", "-")
        assert (refused.code, refused.out) == (3, "")


def test_a_stack_is_missing_in_the_profile_that_is_named(hooked: Zprof) -> None:
    refused = "Error: There is no stack named 'liv'.\nDid you mean 'live'? "
    for command in ("use", "shell"):
        assert hooked(command, "other/liv").err == f"{refused}See `zprof -p other stack list`.\n"


def test_one_can_always_switch_away(hooked: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a profile that is gone, a project that can't be read, and to a store that is damaged."""
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "gone")
    (home / ".zprof").mkdir()
    (home / ".zprof" / "config.toml").write_text("profile = [")
    (config / "profiles" / "other.db").write_text("not a database")
    assert hooked("use", "other").code == 0
    cleared = hooked("use", "--clear")
    assert (cleared.code, cleared.out.count("unset")) == (0, 2)
    assert cleared.err == CLEARED
    (config / "registry.db").write_text("not a database")
    assert hooked("use", "--clear") == cleared


def test_a_profile_without_an_active_stack(hooked: Zprof, registry_row: None) -> None:
    assert hooked("use", "other").err == "This shell now uses the profile 'other', which has no active stack.\n"


@pytest.fixture
def registry_row(hooked: Zprof, config: Path) -> None:
    """The profile `other` without an active stack."""
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET active_stack = NULL WHERE name = 'other'")


def test_a_program_gets_the_document_by_a_line_that_prints_it(hooked: Zprof) -> None:
    answered = hooked("use", "other", "--output", "name")
    assert answered.out.endswith("\n\\builtin printf '%s\\n' other\n")
    assert '"name": "other"' in hooked("use", "other", "--output", "json").out
    assert hooked("use", "other", "--output", "json").err == ""


def test_without_a_hook(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "Error: Only a shell itself can switch, and this one has not loaded zprof's hook.\n"
    for shell, (name, file, line) in SHELLS.items():
        monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
        assert zprof("use", "x") == Result(
            1, "", f"{message}Run `zprof shell x` to open a shell for it. "
            f"For the hook, add this line to {file} and open another shell: {line}\n",
        )  # fmt: skip
        assert name == shell
    monkeypatch.setenv("SHELL", "/bin/dash")
    refused = zprof("use", "-")
    assert refused.err.endswith("Run `zprof shell NAME` to open a shell for it. There is a hook for bash, zsh, fish.\n")
    monkeypatch.setenv(paths.HOOK, "tcsh")
    assert zprof("use", "x").code == 1


INNER = "#!/bin/sh\nenv | grep ^ZPROF_ | sort\nread -r line && echo $line\nexit 9\n"


def test_a_shell(script: Zprof, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert zprof("profile", "create", "other").code == 0
    (home / "inner").write_text(INNER)
    (home / "inner").chmod(0o755)
    monkeypatch.setenv("SHELL", str(home / "inner"))
    monkeypatch.setenv(paths.HOOK, "bash")
    set_to = "ZPROF_ACTIVATED_PROFILE={}\nZPROF_ACTIVATED_STACK=default\nZPROF_SHELL_LEVEL={}\n"
    says = "This shell uses the profile '{}' and the stack 'default'. Type `exit` to leave it.\n"
    assert script("shell", "other", stdin="hi\n") == Result(9, set_to.format("other", 1) + "hi\n", says.format("other"))
    assert script("-q", "-p", "other", "shell") == Result(9, set_to.format("other", 1), "")
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "default")
    monkeypatch.setenv(paths.SHELL_LEVEL, "1")
    assert script("shell", "other/default") == Result(
        9, set_to.format("other", 2),
        says.format("other") + "It is inside another one, which uses 'default': `exit` returns to that.\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"), [(("nope",), 3), (("default/nope",), 3), (("a b",), 2), (("-p", "x", "default"), 2)]
)
def test_a_shell_that_is_refused(zprof: Zprof, words: tuple[str, ...], code: int) -> None:
    assert zprof("shell", *words).code == code


@pytest.mark.parametrize("program", ["/nowhere/sh", "/etc/passwd"])
def test_a_shell_that_does_not_run(zprof: Zprof, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", program)
    assert zprof("shell") == Result(
        1, "", f"Error: The shell {program} can't be started: there is no such program.\nSet $SHELL to another.\n"
    )


def test_a_pipe_that_closes_ends_what_runs_in_a_shell(zprof: Zprof, home: Path) -> None:
    """Python ignores SIGPIPE, and what it becomes would inherit that."""
    (home / "inner").write_text("#!/bin/sh\n(yes; echo $? >&2) | head -n 1 > /dev/null\n")
    (home / "inner").chmod(0o755)
    line = f"SHELL={home / 'inner'} {SCRIPT} -q shell"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True, timeout=20)
    assert done.stderr in ("141\n", "")  # killed by the signal, not "yes: standard output: Broken pipe"


@pytest.mark.parametrize("shell", SHELLS)
def test_init_is_static_text(first_run: Zprof, home: Path, shell: str) -> None:
    printed = first_run("shell-init", shell)
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == init_text(shell)
    assert printed == first_run("shell-init", shell, "-q")  # without the shortcut
    assert printed.out.startswith("# For ")
    assert SHELLS[shell].line in printed.out.splitlines()[0]
    assert first_run("shell-init", shell, "--prompt").out == init_text(shell, shows_prompt=True) != printed.out
    assert list(home.iterdir()) == []


def test_init_is_for_the_shells_that_there_are(first_run: Zprof) -> None:
    assert first_run("shell-init", "tcsh").code == 2
    assert {path.suffix[1:] for path in Path(ROOM).glob("init.*")} == set(SHELLS)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_function_knows_the_options_that_take_a_value(shell: str) -> None:
    """So that `zprof -p use profile get` is no `zprof use`."""
    text = (Path(ROOM) / f"init.{shell}").read_text()
    (line,) = re.findall(r"^.*--confirm .*$|^.*--confirm\b.*$", text, re.MULTILINE)
    named = set(re.findall(r"(?<!\S)--?[a-z][\w\[\]-]*", line))
    options = [option for option in root.params if isinstance(option, click.Option) and not option.is_flag]
    taking = {name for option in options for name in option.opts}
    lock = {"--lock-timeout", "--lock_timeout"}
    assert {name.replace("[-_]", "-") for name in named} - lock == (taking | {"-qp"}) - lock


@pytest.mark.parametrize("text", ["", "a b", "it's", "\\", "\\'", "$(x)`x`", "a\nb", "%s", "é"])
def test_a_text_is_one_word(text: str) -> None:
    assert shlex.split(quoted("bash", text)) == [text]
    within = quoted("fish", text)[1:-1]
    assert re.sub(r"\\([\\'])", r"\1", within) == text
    assert re.fullmatch(r"(?:[^'\\]|\\[\\'])*", within, re.DOTALL)
    assert answer("zsh", {"A": text}) == f"# zprof use\n\\builtin export A={shlex.quote(text)}{OR}".removesuffix("\n")
