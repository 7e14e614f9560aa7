"""`zprof use` in real shells: it changes the one that it is typed in, and no other."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from conftest import SCRIPT, Zprof

from shells.sessions import BARE, Run, program
from zprof.shells.kinds import SHELLS

SHOW = 'echo "[$ZPROF_ACTIVATED_PROFILE/$ZPROF_ACTIVATED_STACK]"'
TO_STAGING = "This shell now uses the profile 'staging' and its active stack 'default'.\n"
TO_NOTHING = "This shell no longer names a profile: 'default' is in effect (global).\n"


def test_a_profile_and_a_stack(run: Run, shell: str) -> None:
    done = run(shell, "zprof use staging", "zprof profile get", "zprof use prod/live", "zprof stack get", SHOW)
    assert done == (
        0,
        "staging\nlive\n[prod/live]\n",
        f"{TO_STAGING}This shell now uses the profile 'prod' and the stack 'live'.\n",
    )


def test_back_and_forth(run: Run, shell: str) -> None:
    back = ("zprof use -q -", SHOW)
    done = run(shell, "zprof -q use prod/live", *back, *back, "zprof -q use prod", SHOW, "zprof -q use prod", *back)
    assert done == (0, "[/]\n[prod/live]\n[prod/]\n[prod/live]\n", "")


def test_nothing_before(run: Run, shell: str) -> None:
    done = run(shell, "zprof use -")
    assert done == (
        1,
        "",
        "Error: There is nothing to return to: this shell was not switched before.\nRun `zprof use NAME`.\n",
    )


def test_clear(run: Run, shell: str) -> None:
    done = run(shell, "zprof use staging", "zprof use --clear", SHOW, "zprof use -", SHOW)
    assert done == (0, "[/]\n[staging/]\n", TO_STAGING + TO_NOTHING + TO_STAGING)


REFUSED = {"nope": 3, "'x;touch it'": 2, "a b": 2, "": 7}


def test_what_is_refused_changes_nothing(run: Run, shell: str, home: Path) -> None:
    code = "echo $status" if shell == "fish" else "echo $?"
    tries = (line for words in REFUSED for line in (f"zprof use {words}", code))
    done = run(shell, "zprof -q use staging", *tries, SHOW)
    assert (done.code, done.out.split()) == (0, [*map(str, REFUSED.values()), "[staging/]"])
    assert done.err.count("Error: ") == len(REFUSED)
    assert not (home / "it").exists()


def test_options_stand_before_and_after(run: Run, shell: str) -> None:
    words = ("-q use", "--lock-timeout 5 use --quiet", "--lock_timeout=5 -q use")
    done = run(
        shell,
        *(f"zprof {each} {name}\n{SHOW}" for each, name in zip(words, ("staging", "prod", "default"), strict=True)),
    )
    assert done == (0, "[staging/]\n[prod/]\n[default/]\n", "")


def test_a_word_that_an_option_takes_is_no_command(run: Run, shell: str) -> None:
    assert run(shell, "zprof -p staging profile get", "zprof -qp use profile get")[:2] == (3, "staging\n")


def test_help_is_shown(run: Run, shell: str) -> None:
    shown = run(shell, "zprof use -h")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: zprof use [OPTIONS] [NAME[/STACK]]\n\n  Switch to a profile in this shell")
    assert shown.out.endswith("\n\nExamples:\n  zprof use laptop\n  zprof use staging/prod\n")


def test_a_program_gets_the_document(run: Run, shell: str, zprof: Zprof) -> None:
    done = run(shell, "zprof use prod/live --output json", "zprof profile describe -o json")
    assert (done.code, done.err) == (0, "")
    first, second = done.out.split("}\n{")
    assert first + "}\n" == "{" + second


def test_no_other_process_believes_that_it_has_the_hook(run: Run, shell: str, home: Path) -> None:
    script = home / "script"
    script.write_text(f"#!/bin/sh\nenv | grep -E 'ZPROF_(HOOK|BEFORE)='; {SCRIPT} use prod")
    script.chmod(0o755)
    done = run(shell, "zprof -q use staging", "./script", "zprof use -", "env | grep -c ZPROF_HOOK")
    assert (done.code, done.out) == (1, "0\n")
    assert "this one has not loaded zprof's hook" in done.err


def test_a_shell_within_is_told_of_no_hook(run: Run, shell: str, home: Path) -> None:
    inner = home / "inner"
    inner.write_text("#!/bin/sh\nenv | grep -c ZPROF_HOOK\necho $ZPROF_ACTIVATED_PROFILE\nexit 9\n")
    inner.chmod(0o755)
    setting = f"set -x SHELL {inner}" if shell == "fish" else f"export SHELL={inner}"
    assert run(shell, setting, "zprof -q shell staging")[:2] == (9, "0\nstaging\n")


def test_a_global_switch_says_that_it_is_one(run: Run, shell: str, zprof: Zprof) -> None:
    done = run(shell, "zprof profile set prod", "zprof profile set prod", "zprof -q profile set default")
    line = "It is global: in effect wherever no other is chosen. To switch only one shell, run `zprof use prod`.\n"
    assert (done.code, done.err.count(line)) == (0, 1)  # the second time nothing was written
    assert line not in zprof("profile", "set", "prod").err
    assert zprof("init").code == 0
    done = run(shell, "zprof profile set staging", "zprof profile set staging --global")
    assert done.err.count(line.replace("prod", "staging")) == 1


def test_what_hides_a_switch_is_cleared(run: Run, shell: str) -> None:
    done = run(shell, "zprof -q use staging", "zprof profile set prod")
    assert done.code == 7
    assert done.err.endswith("Run `zprof use --clear`, or `zprof use prod` to switch only in this shell.\n")


def test_a_project_is_hidden(run: Run, shell: str, zprof: Zprof) -> None:
    assert zprof("init").code == 0
    assert zprof("profile", "set", "prod").code == 0
    done = run(shell, "zprof -q use staging", "zprof profile get", "zprof use --clear", "zprof profile get")
    assert done.out == "staging\nprod\n"
    assert done.err == "This shell no longer names a profile: 'prod' is in effect (local).\n"


SCRIPT_BELOW = f"""\
#!/bin/sh
{SCRIPT} profile get; {SCRIPT} stack get
touch "$1.ready"
until [ -e go ]; do sleep 0.05; done
{SCRIPT} profile get; {SCRIPT} stack get
"""


def test_three_shells_at_the_same_time(run: Run, shell: str, home: Path, zprof: Zprof) -> None:
    """Each has its own profile, the third none; a script that one began is not moved by a switch elsewhere."""
    (home / "script").write_text(SCRIPT_BELOW)
    (home / "script").chmod(0o755)
    lines = {"a": "zprof -q use staging", "b": "zprof -q use prod/live", "c": "zprof -q profile list > /dev/null"}
    shells = {
        name: subprocess.Popen(
            [program(shell), *BARE[shell], "-c", f"{SHELLS[shell].line}\n{line}\n./script {name}\nzprof profile get"],
            stdout=subprocess.PIPE, text=True,
        )
        for name, line in lines.items()
    }  # fmt: skip
    until = time.monotonic() + 30
    while not all((home / f"{name}.ready").exists() for name in lines):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert zprof("profile", "set", "prod").code == 0
    (home / "go").touch()
    shown = {name: process.communicate(timeout=30)[0].split() for name, process in shells.items()}
    assert shown == {
        "a": ["staging", "default", "staging", "default", "staging"],
        "b": ["prod", "live", "prod", "live", "prod"],
        "c": ["default", "default", "prod", "default", "prod"],
    }
