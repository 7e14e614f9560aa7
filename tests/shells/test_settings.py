"""The hook in shells whose users have set what breaks scripts that don't expect it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shells.sessions import Run, installed, program
from zprof.shells.kinds import SHELLS

WORDS = ("local", "builtin", "command", "eval", "export", "unset", "return", "echo", "printf", "test", "kill", "rm")
ALIASES = "\n".join(f"alias {word}=false" for word in (*WORDS, "emulate", "zstat", "typeset", "print", "env", "pwd"))
SETTINGS = {
    "bash": [
        "set -eu -o pipefail",
        "set -o noclobber -o noglob; IFS=abcdeforpstuz/_-",
        "set -o posix",
        "set -o allexport; IFS=",
        "shopt -s nocasematch failglob nullglob dotglob extglob",
        f"shopt -s expand_aliases\n{ALIASES}\nalias zprof='zprof -q'",
        "CDPATH=/; PS4='$(touch it)'; trap 'touch ended' EXIT",
    ],
    "zsh": [
        "setopt no_unset err_exit pipe_fail",
        "setopt err_return warn_create_global warn_nested_var all_export",
        "setopt ksh_arrays no_clobber sh_word_split glob_subst; IFS=abcdeforpstuz/_-",
        "setopt posix_builtins posix_identifiers no_function_argzero no_short_loops no_equals octal_zeroes",
        "setopt no_glob no_case_match",
        "setopt null_glob csh_null_glob extended_glob ksh_glob no_bare_glob_qual no_case_glob",
        f"{ALIASES}\nalias zprof='zprof -q'",
        "emulate sh",
        "emulate ksh; IFS=",
        "zmodload zsh/zprof; trap 'touch ended' EXIT",
    ],
}
CASES = [(shell, setting) for shell, settings in SETTINGS.items() for setting in settings]
OPTIONS = {"bash": 'before="$(\\set +o; \\shopt -p) $IFS $-"', "zsh": 'before="$(\\setopt) $IFS"'}
SAME = {"bash": '[[ $before == "$(\\set +o; \\shopt -p) $IFS $-" ]]', "zsh": '[[ $before == "$(\\setopt) $IFS" ]]'}


@pytest.mark.parametrize(("shell", "setting"), CASES)
def test_it_works_whatever_is_set(run: Run, stand_in: Path, home: Path, shell: str, setting: str) -> None:
    """Loaded twice, switching there and back, and before a prompt; and nothing is set otherwise afterwards."""
    line = SHELLS[shell].line.replace("eval", "\\eval").replace("$(command ", "$(").replace("$(", "$(\\command ")
    done = run(
        shell,
        OPTIONS[shell],
        line,
        "__zprof_install; __zprof_install",
        "zprof -q use staging",
        "zprof -q use -",
        "zprof -q use -",
        "__zprof_prompt; __zprof_prompt",
        f"{SAME[shell]} || \\printf '%s\\n' changed",
        '\\printf \'%s\\n\' "$ZPROF_ACTIVATED_PROFILE/${ZPROF_ACTIVATED_STACK-none}" "$ZPROF_PROMPT" ',
        before=setting,
        line=line,
    )
    assert (done.out, done.err) == ("staging/none\nfirst\n", "")
    assert (home / "ended").exists() == ("trap" in setting)
    assert not (home / "it").exists()


@pytest.mark.parametrize("shell", sorted({*installed()} & {"fish"}))
def test_a_variable_of_all_shells_of_fish(run: Run, shell: str) -> None:
    """It is hidden by the shell's own, and left as it is."""
    show = 'echo "[$ZPROF_ACTIVATED_PROFILE]"'
    lines = ("set -Ux ZPROF_ACTIVATED_PROFILE prod", SHELLS[shell].line, "zprof -q use staging", show)
    text = "\n".join((*lines, "zprof -q use --clear", show))
    done = subprocess.run([program(shell), "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[staging]\n[prod]\n"


LOADED = "zmodload zsh/zprof"
OURS = "zprof profile get; command zprof profile get; builtin zprof > /dev/null && echo theirs"


@pytest.mark.parametrize("lines", [(LOADED, "", OURS), ("", LOADED, OURS), (LOADED, LOADED, OURS)])
def test_the_builtin_of_zsh(run: Run, lines: tuple[str, str, str]) -> None:
    """The function hides the builtin, whichever was there first, and `builtin` still runs that."""
    before, *after = lines
    done = run("zsh", "zprof -q use staging", *after, before=before)
    assert done == (0, "staging\nstaging\ntheirs\n", "")


def test_the_builtin_of_zsh_where_command_runs_builtins(run: Run) -> None:
    """As it does by this option, without the function."""
    lines = (f"{LOADED}; setopt posix_builtins", "zprof profile get", "command zprof > /dev/null && echo theirs")
    assert run("zsh", *lines) == (0, "default\ntheirs\n", "")


READ_ONLY = "readonly ZPROF_ACTIVATED_{}=default; export ZPROF_ACTIVATED_{}"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("variable", ["PROFILE", "STACK"])
def test_a_variable_that_is_read_only(run: Run, shell: str, variable: str) -> None:
    """The switch fails, and is none to go back from."""
    before = READ_ONLY.format(variable, variable)
    done = run(shell, "zprof -q use staging", "echo $?", "zprof use -", "echo $?", before=before)
    assert done.out == "1\n1\n"
    assert "There is nothing to return to" in done.err


def test_what_the_shell_named_before_is_no_code(
    run: Run, home: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "$(touch it)`touch it`';touch it;'\n\\"
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", odd)
    done = run(shell, "zprof -q use staging", "zprof -q use -", 'echo "$ZPROF_ACTIVATED_PROFILE"')
    assert done.out == "staging\n"
    assert done.err.startswith("Error: There is no profile named")
    assert not (home / "it").exists()
