"""The hook on a terminal: before each prompt, and where a person chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SCRIPT

from shells.sessions import Run, Terminal
from zprof.shells.kinds import SHELLS

PROMPT = {
    "bash": "PS1='<$ZPROF_PROMPT>@@ '",
    "zsh": "setopt prompt_subst; PROMPT='<$ZPROF_PROMPT>@@ '",
    "fish": 'function fish_prompt; echo -n "<$ZPROF_PROMPT>@@ "; end',
}
SHOW = 'echo "$ZPROF_ACTIVATED_PROFILE/$ZPROF_ACTIVATED_STACK"'


def test_the_prompt_is_shown(stand_in: Path, run: Run, shell: str, home: Path) -> None:
    terminal = Terminal(shell, PROMPT[shell], SHELLS[shell].line)
    assert terminal.type("true").endswith("<first>")
    assert terminal.type("echo second > ~/answer; cd /").endswith("<second>")
    assert terminal.type("zprof -q use staging").endswith("<second>")
    assert "staging/" in terminal.type(SHOW)
    terminal.end()


def test_the_prompt_begins_with_it_if_wanted(stand_in: Path, run: Run, shell: str, home: Path) -> None:
    (home / "answer").write_text("a%b$(touch it)`touch it`\\u\n")
    line = SHELLS[shell].line.replace(f"shell-init {shell}", f"shell-init {shell} --prompt")
    terminal = Terminal(shell, PROMPT[shell].replace("<$ZPROF_PROMPT>", "old"), line, line)
    assert terminal.type("true").endswith("(a%b$(touch it)`touch it`\\u) old")
    (home / "answer").write_text("")
    assert terminal.type("cd /").endswith("old")
    assert "(" not in terminal.type("true")
    terminal.end()
    assert not (home / "it").exists()


@pytest.mark.parametrize(
    "setting",
    [
        "PROMPT_COMMAND='mine=$?'",
        "PROMPT_COMMAND=('mine=$?' 'other=$mine')",
        "PROMPT_COMMAND='mine=$?;'",
        "PROMPT_COMMAND=('mine=$?'); IFS=_",
        "unset PROMPT_COMMAND; set -u; mine=1",
        "PROMPT_COMMAND=; mine=1",
    ],
)
def test_what_else_runs_before_a_prompt_of_bash(stand_in: Path, run: Run, setting: str) -> None:
    terminal = Terminal("bash", PROMPT["bash"], setting, SHELLS["bash"].line, SHELLS["bash"].line)
    assert terminal.type("false").endswith("<first>")
    assert "1\n" in terminal.type("echo $mine")
    assert "1\n" in terminal.type("printf '%s\\n' \"${PROMPT_COMMAND[@]}\" | grep -c __zprof_prompt")
    terminal.end()


def test_what_else_runs_before_a_prompt_of_zsh(stand_in: Path, run: Run) -> None:
    own = "mine() { seen=$?/$ZPROF_PROMPT }; precmd_functions=(mine)"
    terminal = Terminal("zsh", PROMPT["zsh"], own, SHELLS["zsh"].line, SHELLS["zsh"].line)
    terminal.type("false")
    assert "1/first\n" in terminal.type("echo $seen")
    assert "__zprof_prompt mine\n" in terminal.type("echo $precmd_functions")
    terminal.end()


def test_a_profile_is_chosen_by_its_number(stand_in: Path, run: Run, shell: str, home: Path) -> None:
    """Where there is no fzf."""
    stand_in.unlink()
    stand_in.symlink_to(SCRIPT)
    terminal = Terminal(shell, PROMPT[shell], SHELLS[shell].line)
    terminal.type("set -gx PATH ~/bin" if shell == "fish" else "PATH=~/bin")
    terminal.child.sendline("zprof use")
    terminal.child.expect("1 👉 default\r\n2    prod\r\n3    staging\r\nProfile")
    terminal.child.sendline("9")
    terminal.child.expect("9 is not in the range")
    shown = terminal.type("2")
    assert "This shell now uses the profile 'prod' and its active stack 'default'.\n" in shown
    assert "prod/" in terminal.type(SHOW)
    terminal.child.sendline("zprof use")
    terminal.child.expect("2 👉 prod\r\n3    staging\r\nProfile: ")
    terminal.child.sendcontrol("c")
    terminal.child.expect("Interrupted")
    terminal.child.expect("@@ ")
    assert "prod/" in terminal.type(SHOW)
    terminal.end()


FZF = """\
#!/bin/sh
cat > "$HOME/offered"
echo "$@" > "$HOME/options"
echo staging
exit $(cat "$HOME/code" 2> /dev/null || echo 0)
"""


def test_a_profile_is_chosen_with_fzf(stand_in: Path, run: Run, shell: str, home: Path) -> None:
    (home / "bin" / "fzf").write_text(FZF)
    (home / "bin" / "fzf").chmod(0o755)
    terminal = Terminal(shell, PROMPT[shell], SHELLS[shell].line)
    assert "uses the profile 'staging'" in terminal.type("zprof use")
    assert (home / "offered").read_text() == "default\nprod\nstaging\n"
    (home / "code").write_text("130")
    assert "Interrupted" in terminal.type("zprof use")
    assert "staging/" in terminal.type(SHOW)
    terminal.end()
