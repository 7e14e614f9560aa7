"""A personal choice in a project: `.zprof/local.toml`, over what the project's own file names."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import Result, Zprof, made_by, move_in

import zprof as library
from zprof.errors import InvalidInput, Refused

MANDATORY = ("-o", "default", "-a", "default", "-m", "default")
HEADER = "# Written by zprof; yours alone, and not to be committed.\n"
IGNORED = "local.toml\nlocal.toml.*\n"


@pytest.fixture(scope="session")
def with_more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    commands: list[tuple[str, ...]] = []
    for name in ("staging", "mine", "spare"):
        commands.append(("profile", "create", name))
        for stack in ("prod", "trial"):
            commands.append(("-p", name, "stack", "register", stack, *MANDATORY))
    return made_by(tmp_path_factory.mktemp("more") / "home", *commands)


@pytest.fixture
def project(zprof: Zprof, with_more: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that names the profile `staging` and its stack `prod`; the working directory."""
    move_in(with_more, home)
    path = home / "project"
    path.mkdir()
    monkeypatch.chdir(path)
    assert zprof("-p", "staging", "--stack", "prod", "init").code == 0
    return path


def shared(project: Path) -> str:
    return (project / ".zprof" / "config.toml").read_text().partition("\n")[2]


def personal(project: Path) -> str:
    file = project / ".zprof" / "local.toml"
    return file.read_text().removeprefix(HEADER) if file.exists() else ""


def active(zprof: Zprof) -> str:
    return f"{zprof('profile', 'get').out.strip()}/{zprof('stack', 'get').out.strip()}"


SHARED = 'profile = "staging"\nstack = "prod"\n'


def test_a_personal_choice_counts_over_the_projects(project: Path, zprof: Zprof) -> None:
    assert zprof("profile", "set", "mine", "--personal") == Result(
        0,
        "",
        "Running with active profile: 'staging' (local)\n"
        "Active profile changed to: 'mine'\n"
        f"The project at {project} now uses it, only for you.\n",
    )
    assert (shared(project), personal(project)) == (SHARED, 'profile = "mine"\n')
    # The project's stack goes with the project's profile.
    assert active(zprof) == "mine/default"
    assert "'mine' is already active" in zprof("profile", "set", "mine", "--personal").err
    assert zprof("stack", "set", "trial", "--personal") == Result(
        0, "", "Running with active profile: 'mine' (local)\nActive stack set to: 'trial', only for you\n"
    )
    assert personal(project) == 'profile = "mine"\nstack = "trial"\n'
    assert active(zprof) == "mine/trial"
    changed = zprof("profile", "set", "spare", "--personal").err
    assert "only for you. Its choice of the stack 'trial' was dropped.\n" in changed
    assert (shared(project), personal(project)) == (SHARED, 'profile = "spare"\n')


def test_a_personal_stack_goes_with_the_projects_profile(project: Path, zprof: Zprof) -> None:
    assert zprof("stack", "set", "trial", "--personal").code == 0
    assert (shared(project), personal(project)) == (SHARED, 'stack = "trial"\n')
    assert active(zprof) == "staging/trial"
    # Where the project's profile changes, it would be a stack of another.
    done = zprof("profile", "set", "mine")
    assert done.err.endswith(
        f"The project at {project} now uses it. Its choice of the stack 'prod' was dropped.\n"
        "Your own choice of the stack 'trial' was dropped.\n"
    )
    assert (shared(project), personal(project)) == ('profile = "mine"\n', "")
    zprof("stack", "set", "trial", "--personal")
    assert "Your own choice of the stack 'trial' was dropped." in zprof("profile", "unset").err
    assert (shared(project), personal(project)) == ("", "")
    zprof("stack", "set", "default", "--personal")
    assert "was dropped" not in zprof("profile", "unset").err
    assert personal(project) == 'stack = "default"\n'


def test_status_tells_which_file(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    places = f"{project}/.zprof"
    assert zprof("status").out.startswith(
        f"profile: mine (local, {places}/local.toml)\n  overrides staging (local, {places}/config.toml)\n"
    )
    zprof("profile", "unset", "--personal")
    zprof("stack", "set", "trial", "--personal")
    assert f"stack: trial (local, {places}/local.toml)\n  overrides prod (local, {places}/config.toml)\n" in (
        zprof("status").out
    )


@pytest.mark.parametrize(
    ("choices", "words", "says"),
    [
        (
            [("profile", "mine")],
            ("profile", "set", "spare"),
            "names the profile 'mine' and would override the switch to the profile 'spare'",
        ),
        ([("profile", "mine")], ("stack", "set", "trial"), "names the profile 'mine' and would override"),
        (
            [("profile", "mine"), ("stack", "prod")],
            ("stack", "set", "trial"),
            "names the stack 'prod' and would override",
        ),
        ([("stack", "trial")], ("stack", "set", "default"), "names the stack 'trial' and would override"),
        ([("stack", "trial")], ("stack", "register", "new", *MANDATORY, "--set"), "names the stack 'trial'"),
    ],
)
def test_a_switch_that_a_personal_choice_would_hide_is_refused(
    project: Path, zprof: Zprof, choices: list[tuple[str, str]], words: tuple[str, ...], says: str
) -> None:
    for kind, name in choices:
        assert zprof(kind, "set", name, "--personal").code == 0
    before = shared(project), personal(project)
    refused = zprof("-q", *words)
    assert (refused.code, refused.out) == (7, "")
    assert refused.err.startswith(f"Error: {project}/.zprof/local.toml {says}")
    assert "\nNothing was changed. " in refused.err
    assert json.loads(zprof(*words, "--output", "json").err)["code"] == "refused"
    assert (shared(project), personal(project)) == before
    assert "new" not in zprof("stack", "list", "-o", "name").out
    # Each way that the hint names leads on.
    unset = next(line for line in refused.err.split("`") if "unset" in line or "--personal" in line)
    if "without --set" in refused.err:
        assert zprof("-q", *words[:-1]).code == 0
    assert zprof(*unset.split()[1:]).code == 0


def test_the_other_way_out_of_a_hidden_switch(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    refused = zprof("-q", "stack", "set", "trial").err
    assert "or `zprof profile unset --personal` to drop your own choice." in refused
    assert zprof("profile", "unset", "--personal").code == 0
    assert zprof("stack", "set", "trial").code == 0
    assert shared(project) == 'profile = "staging"\nstack = "trial"\n'


def test_what_a_personal_choice_names_already_is_no_contradiction(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    assert zprof("profile", "set", "mine").code == 0
    assert shared(project) == 'profile = "mine"\n'
    zprof("profile", "unset", "--personal")
    zprof("stack", "set", "trial", "--personal")
    assert zprof("stack", "set", "trial").code == 0
    assert (shared(project), personal(project)) == ('profile = "mine"\nstack = "trial"\n', 'stack = "trial"\n')


def test_a_global_switch_is_told_to_be_hidden(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    told = zprof("profile", "set", "spare", "--global").err
    assert f"Warning: Here 'mine' is still in effect: {project}/.zprof/local.toml names it.\n" in told
    zprof("stack", "set", "prod", "--personal")
    told = zprof("stack", "set", "trial", "--global").err
    assert f"Warning: Here 'prod' is still in effect: {project}/.zprof/local.toml names it.\n" in told


def test_undoing(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    zprof("stack", "set", "trial", "--personal")
    file = project / ".zprof" / "local.toml"
    assert zprof("stack", "unset", "--personal").err.endswith(f"{file} no longer names a stack.\n")
    assert zprof("stack", "unset", "--personal").err.endswith(f"{file} names no stack.\n")
    assert (shared(project), personal(project)) == (SHARED, 'profile = "mine"\n')
    zprof("stack", "set", "trial", "--personal")
    told = zprof("stack", "unset").err
    assert told.endswith(f"no longer names a stack.\nWarning: Here 'trial' is still in effect: {file} names it.\n")
    told = zprof("profile", "unset").err
    assert told.endswith(f"no longer names a profile.\nWarning: Here 'mine' is still in effect: {file} names it.\n")
    assert zprof("profile", "unset", "--personal").err.endswith(f"{file} no longer names a profile.\n")
    assert zprof("profile", "unset", "--personal").err.endswith(f"{file} names no profile.\n")
    assert (shared(project), personal(project)) == ("", "")


def test_a_personal_choice_needs_a_repository(zprof: Zprof, home: Path) -> None:
    for words in (("profile", "set", "default"), ("stack", "set", "default")):
        refused = zprof("-q", *words, "--personal")
        assert (refused.code, "--personal needs a repository" in refused.err) == (2, True)
        assert "`zprof init`" in refused.err
        assert zprof("-q", *words, "--personal", "--global").code == 2
    assert zprof("-q", "profile", "unset", "--personal").code == 3
    with pytest.raises(InvalidInput):
        library.switch_profile("default", personal=True)
    with pytest.raises(InvalidInput):
        library.switch_stack("default", personal=True, everywhere=True)
    assert not (home / ".zprof").exists()


def test_a_personal_stack_where_the_repository_does_not_choose_the_profile(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = zprof("-q", "-p", "mine", "stack", "set", "trial", "--personal")
    assert (refused.code, "it can't be used with --profile" in refused.err) == (2, True)
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "mine")
    refused = zprof("-q", "stack", "set", "trial", "--personal")
    assert (refused.code, "`unset ZPROF_ACTIVATED_PROFILE`" in refused.err) == (7, True)
    assert personal(project) == ""
    assert zprof("-q", "profile", "set", "spare", "--personal").code == 7


def test_the_library_has_personal_choices(project: Path, zprof: Zprof) -> None:
    assert library.switch_profile("mine", personal=True)
    assert not library.switch_profile("mine", personal=True)
    library.switch_stack("trial", personal=True)
    assert (library.active_profile().name, library.active_stack().name) == ("mine", "trial")
    with pytest.raises(Refused):
        library.switch_profile("spare")
    assert (shared(project), personal(project)) == (SHARED, 'profile = "mine"\nstack = "trial"\n')


# What else follows, and what is guarded


def test_renaming_follows_in_both_files(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "staging", "--personal")
    zprof("stack", "set", "prod", "--personal")
    assert zprof("stack", "rename", "prod", "live").code == 0
    assert zprof("profile", "rename", "staging", "stage").code == 0
    both = 'profile = "stage"\nstack = "live"\n'
    assert (shared(project), personal(project)) == (both, both)


def test_renaming_a_stack_follows_where_it_is_of_that_store(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    zprof("stack", "set", "prod", "--personal")
    assert zprof("stack", "rename", "prod", "live").code == 0
    assert (shared(project), personal(project)) == (SHARED, 'profile = "mine"\nstack = "live"\n')
    assert zprof("-p", "staging", "stack", "rename", "prod", "older").code == 0
    assert shared(project) == 'profile = "staging"\nstack = "older"\n'
    assert personal(project) == 'profile = "mine"\nstack = "live"\n'


def test_renaming_follows_beside_a_file_that_is_malformed(project: Path, zprof: Zprof) -> None:
    (project / ".zprof" / "local.toml").write_text("profile = ")
    assert zprof("profile", "rename", "staging", "stage").code == 0
    assert shared(project) == SHARED.replace("staging", "stage")
    assert personal(project) == "profile = "


def test_deleting_what_either_file_names_is_refused(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    zprof("stack", "set", "trial", "--personal")
    for words, cure in [
        (("profile", "delete", "mine"), "Choose one with `zprof profile set NAME --personal`."),
        (("profile", "delete", "staging"), "Unset it with `zprof profile unset`."),
        (("stack", "delete", "trial"), "Choose one with `zprof stack set NAME --personal`."),
        (("-p", "staging", "stack", "delete", "prod"), "Unset it with `zprof stack unset`."),
    ]:
        refused = zprof("-q", *words, "-y")
        assert (refused.code, "named by this repository" in refused.err) == (7, True), words
        assert refused.err.endswith(f"{cure}\n"), words
    assert zprof("profile", "set", "spare", "--personal").code == 0
    assert zprof("profile", "delete", "mine", "-y").code == 0
    assert zprof("stack", "unset").code == 0
    assert zprof("-p", "staging", "stack", "delete", "prod", "-y").code == 0
    assert zprof("profile", "unset").code == 0
    assert zprof("profile", "delete", "staging", "-y").code == 0


def test_what_is_gone_is_told_with_what_helps(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    (project / ".zprof" / "local.toml").write_text('profile = "mnie"\n')
    missing = zprof("profile", "get").err
    assert f"though {project}/.zprof/local.toml names it." in missing
    assert "or `zprof profile set mine --personal` to use another." in missing
    (project / ".zprof" / "local.toml").write_text('profile = "mine"\nstack = "gone"\n')
    missing = zprof("stack", "describe").err
    assert missing.endswith("Choose one with `zprof stack set NAME --personal`.\n")
    assert zprof("stack", "set", "trial", "--personal").code == 0
    assert active(zprof) == "mine/trial"


# The file


def test_a_malformed_file(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "local.toml"
    file.write_text("profile = ")
    for words in (("profile", "get"), ("stack", "list"), ("profile", "set", "mine"), ("stack", "set", "trial")):
        refused = zprof("-q", *words)
        assert (refused.code, refused.err.startswith(f"Error: {file} is malformed: ")) == (2, True), words
        assert "`zprof profile set NAME --personal`" in refused.err
    assert zprof("stack", "get", "-p", "mine").out == "default\n"
    assert f"Warning: {file} is malformed" in zprof("status").err
    assert (shared(project), file.read_text()) == (SHARED, "profile = ")
    switched = zprof("profile", "set", "mine", "--personal")
    assert (switched.code, f"kept as {file}.~1~" in switched.err) == (0, True)
    assert Path(f"{file}.~1~").read_text() == "profile = "
    assert (file.read_text(), active(zprof)) == (HEADER + 'profile = "mine"\n', "mine/default")
    file.write_text("# 2\nprofile = ")
    assert f"kept as {file}.~2~" in zprof("profile", "unset", "--personal").err
    assert active(zprof) == "staging/prod"


def test_a_malformed_project_is_overruled(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_text("profile = ")
    assert zprof("profile", "set", "mine", "--personal").code == 0
    assert active(zprof) == "mine/default"
    assert file.read_text() == "profile = "
    assert zprof("stack", "list").code == 0


def test_what_else_is_in_the_file_stays(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "local.toml"
    file.write_bytes("\ufeff# ours\r\nfuture = 1\r\nprofile = 'mine' # here\r\n".encode())
    assert zprof("profile", "get").out == "mine\n"
    assert zprof("profile", "set", "spare", "--personal").code == 0
    assert file.read_bytes() == b'# ours\r\nfuture = 1\r\nprofile = "spare" # here\r\n'


def test_a_symbolic_link_is_read_and_never_replaced(project: Path, zprof: Zprof) -> None:
    file, target = project / ".zprof" / "local.toml", project / "mine.toml"
    target.write_text('profile = "mine"\n')
    file.symlink_to(target)
    assert zprof("profile", "get").out == "mine\n"
    refused = zprof("-q", "profile", "set", "spare", "--personal")
    assert (refused.code, "is a symbolic link" in refused.err) == (1, True)
    assert (file.is_symlink(), target.read_text()) == (True, 'profile = "mine"\n')


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_its_mode_is_that_of_the_directory(project: Path, zprof: Zprof, umask: int) -> None:
    (project / ".zprof").chmod(0o777 & ~umask)
    assert zprof("profile", "set", "mine", "--personal").code == 0
    assert (project / ".zprof" / "local.toml").stat().st_mode & 0o777 == 0o666 & ~umask


def test_doctor_looks_at_both_files(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "local.toml"
    assert zprof("doctor").out == ""
    for text, problem, cure in [
        ("profile = ", "is malformed", "zprof profile set NAME --personal"),
        ('profile = "nope"\n', "names the profile 'nope'", "zprof profile create nope"),
        ('profile = "mine"\nstack = "nope"\n', "names the stack 'nope'", "zprof stack unset --personal"),
        ('stack = "nope"\n', "but the profile 'staging' has no such stack", "zprof stack unset --personal"),
    ]:
        file.write_text(text)
        told = zprof("doctor").out
        assert (told.startswith(f"error: {file}: "), problem in told) == (True, True), text
        assert told.endswith(f"    {cure}\n")
    assert zprof(*cure.split()[1:]).code == 0
    assert zprof("doctor").out == ""


# Kept out of git


def test_git_ignores_it(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q", project], check=True)
    done = subprocess.run([*git, "status", "--porcelain", "-uall"], capture_output=True, text=True, check=True)
    assert done.stdout == "?? .zprof/.gitignore\n?? .zprof/config.toml\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, IGNORED),
        ("", IGNORED),
        ("*.bak\n", f"*.bak\n{IGNORED}"),
        ("*.bak", f"*.bak\n{IGNORED}"),
        ("/local.toml\n", "/local.toml\n"),
        ("local.toml", "local.toml"),
        ("*\n", "*\n"),
        (b"\xff\n", b"\xff\n"),
    ],
)
def test_the_line_is_added_to_what_is_there(
    project: Path, zprof: Zprof, before: str | bytes | None, after: str | bytes
) -> None:
    """As in a repository that an older zprof made, or a hand."""
    ignore = project / ".zprof" / ".gitignore"
    ignore.unlink()
    if before is not None:
        ignore.write_bytes(before if isinstance(before, bytes) else before.encode())
    assert zprof("profile", "set", "mine").code == 0
    assert (ignore.read_bytes() if ignore.exists() else None) == (
        before.encode() if isinstance(before, str) else before
    )
    assert zprof("stack", "set", "trial", "--personal").code == 0
    assert ignore.read_bytes() == (after if isinstance(after, bytes) else after.encode())


def test_a_gitignore_that_is_a_link_is_left(project: Path, zprof: Zprof) -> None:
    ignore, target = project / ".zprof" / ".gitignore", project / "ignored"
    ignore.unlink()
    target.write_text("x\n")
    ignore.symlink_to(target)
    assert zprof("profile", "set", "mine", "--personal").code == 0
    assert (ignore.is_symlink(), target.read_text()) == (True, "x\n")


def test_reads_never_write(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "mine", "--personal")
    before = {path: path.stat().st_mtime_ns for path in (project / ".zprof").iterdir()}
    (project / ".zprof" / ".gitignore").unlink()
    for words in (("profile", "list"), ("stack", "get"), ("status",), ("doctor",)):
        assert zprof(*words).code == 0
    assert {path.name for path in (project / ".zprof").iterdir()} == {"config.toml", "local.toml"}
    assert all(path.stat().st_mtime_ns == before[path] for path in (project / ".zprof").iterdir())
    assert os.listdir(project) == [".zprof"]
