"""Repositories: `zprof init`, `.zprof/config.toml`, what is local, and undoing it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, SCRIPT, Result, Zprof, made_by, move_in
from launching import __file__ as launching_file

import zprof as library
from zprof.errors import Conflict, NotFound, ZprofError
from zprof.repository import Repository

MANDATORY = ("-o", "default", "-a", "default", "-m", "default")
LOCAL = "Running with active profile: '{}' (local)\n"
HEADER = "# Written by zprof; safe to commit.\n"


@pytest.fixture(scope="session")
def with_staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    commands = (("profile", "create", "staging"), ("-p", "staging", "stack", "register", "prod", *MANDATORY))
    return made_by(tmp_path_factory.mktemp("staging") / "home", *commands)


@pytest.fixture
def project(zprof: Zprof, with_staging: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that names the profile and the stack `default`; the working directory. There is `staging`, too."""
    move_in(with_staging, home)
    path = home / "project"
    path.mkdir()
    monkeypatch.chdir(path)
    assert zprof("init").code == 0
    return path


def named(project: Path) -> str:
    """The repository's file without its first line."""
    return (project / ".zprof" / "config.toml").read_text().removeprefix(HEADER)


def active(zprof: Zprof) -> str:
    """The profile and the stack in effect."""
    return f"{zprof('profile', 'get').out.strip()}/{zprof('stack', 'get').out.strip()}"


# init


def test_init_names_what_is_in_effect(zprof: Zprof, home: Path) -> None:
    zprof("stack", "register", "prod", *MANDATORY, "--set")
    assert zprof("init") == Result(
        0, "", f"Repository initialized at {home}.\nIt has the profile 'default' and the stack 'prod'.\n"
    )
    assert (home / ".zprof" / "config.toml").read_text() == HEADER + 'profile = "default"\nstack = "prod"\n'
    assert sorted(path.name for path in (home / ".zprof").iterdir()) == [".gitignore", "config.toml"]
    assert zprof("profile", "list").err == LOCAL.format("default")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_init_keeps_to_the_umask(zprof: Zprof, home: Path, umask: int) -> None:
    """A project may be shared, and holds no secret here."""
    before = os.umask(umask)
    try:
        assert zprof("init").code == 0
        zprof("profile", "create", "staging")
        zprof("profile", "set", "staging")
    finally:
        os.umask(before)
    assert (home / ".zprof").stat().st_mode & 0o777 == 0o777 & ~umask
    assert (home / ".zprof" / "config.toml").stat().st_mode & 0o777 == 0o666 & ~umask


def test_init_of_a_path(zprof: Zprof, home: Path) -> None:
    (home / "a").mkdir()
    assert zprof("init", "a").err.startswith(f"Repository initialized at {home}/a.\n")
    assert (home / "a" / ".zprof" / "config.toml").is_file()
    assert zprof("profile", "list").err == BANNER


def test_init_names_what_options_and_the_environment_choose(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (words, variables, expected) in enumerate(
        [
            (("-p", "staging"), {}, 'profile = "staging"\nstack = "default"\n'),
            (("-p", "staging", "--stack", "prod"), {}, 'profile = "staging"\nstack = "prod"\n'),
            ((), {"ZPROF_ACTIVATED_PROFILE": "staging"}, 'profile = "staging"\nstack = "default"\n'),
            (
                (),
                {"ZPROF_ACTIVATED_PROFILE": "staging", "ZPROF_ACTIVATED_STACK": "prod"},
                'profile = "staging"\nstack = "prod"\n',
            ),
        ]
    ):
        place = project / str(number)
        place.mkdir()
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            assert zprof("init", str(place), *words).code == 0
        assert named(place) == expected


@pytest.mark.parametrize("words", [("--stack", "nope"), ("-p", "nope")])
def test_init_records_nothing_unknown(zprof: Zprof, home: Path, words: tuple[str, ...]) -> None:
    assert zprof("init", *words).code == 3
    assert not (home / ".zprof").exists()


def test_init_refuses(project: Path, zprof: Zprof, home: Path) -> None:
    before = named(project)
    refused = zprof("-q", "init")
    assert refused == Result(
        4,
        "",
        f"Error: There is already a repository at {project}.\n"
        "In it, `zprof profile set NAME` and `zprof stack set NAME` change what it names.\n",
    )
    assert named(project) == before
    assert zprof("init", "nowhere").code == 2
    (project / "file").touch()
    assert zprof("init", "file").code == 2
    (home / ".zprof").touch()
    refused = zprof("init", str(home))
    assert (refused.code, f"{home}/.zprof is in the way" in refused.err) == (4, True)


def test_a_repository_in_a_repository(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "inner" / "deep").mkdir(parents=True)
    monkeypatch.chdir(project / "inner")
    assert zprof("init").code == 0
    monkeypatch.chdir(project / "inner" / "deep")
    zprof("profile", "set", "staging")
    assert named(project / "inner") == 'profile = "staging"\n'
    assert named(project) == 'profile = "default"\nstack = "default"\n'
    assert active(zprof) == "staging/default"
    monkeypatch.chdir(project)
    assert active(zprof) == "default/default"


def test_init_in_a_directory_that_is_gone(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "gone").mkdir()
    monkeypatch.chdir(home / "gone")
    (home / "gone").rmdir()
    refused = zprof("init")
    assert refused.code in (1, 2)
    assert "broken" not in refused.err
    assert zprof("profile", "get").out == "default\n"
    monkeypatch.chdir(home)


def test_init_that_fails_leaves_nothing(zprof: Zprof, home: Path, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET active_stack = ?", ('x"\nprofile = "y',))
    refused = zprof("init")
    assert (refused.code, "can't be named" in refused.err) == (2, True)
    assert not (home / ".zprof").exists()


def test_init_where_nothing_is_active(zprof: Zprof, home: Path, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET is_active = 0")
    made = zprof("init")
    assert (made.code, "It names no profile." in made.err) == (0, True)
    assert named(home) == ""
    assert zprof("profile", "set", "default").code == 0
    assert named(home) == 'profile = "default"\n'


SWITCHED = (
    "Active profile changed to: 'staging'\n"
    "The project at {} now uses it. Its choice of the stack 'default' was dropped.\n"
)


# Where it is


def test_subdirectories_count(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = project / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert zprof("profile", "set", "staging").err == LOCAL.format("default") + SWITCHED.format(project)
    assert zprof("stack", "list").err == LOCAL.format("staging")
    assert named(project) == 'profile = "staging"\n'


def test_a_file_of_that_name_is_no_repository(zprof: Zprof, home: Path) -> None:
    (home / ".zprof").touch()
    assert zprof("profile", "list").err == BANNER
    assert zprof("profile", "set", "default").code == 0


def test_a_directory_without_a_file_names_nothing(zprof: Zprof, home: Path) -> None:
    (home / ".zprof").mkdir()
    assert zprof("profile", "list").err == "Running with active profile: 'default' (global)\n"
    zprof("profile", "set", "default")
    assert named(home) == 'profile = "default"\n'


def test_the_config_directory_is_no_repository(
    zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.rename(home / ".zprof")
    monkeypatch.setenv("ZPROF_CONFIG_PATH", str(home / ".zprof"))
    assert zprof("profile", "set", "-g", "default").err.startswith("Running without an active repository root.\n")
    assert zprof("init").code == 4


def test_the_variable_leads_to_a_repository(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    other = project.parent / "other"
    (other / "below").mkdir(parents=True)
    zprof("init", "-p", "staging", str(other))
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(other))
    assert zprof("profile", "list").err == LOCAL.format("staging")
    assert zprof("stack", "set", "prod").code == 0
    assert named(other) == 'profile = "staging"\nstack = "prod"\n'
    for value in ("../other", "~/other"):
        monkeypatch.setenv("ZPROF_REPOSITORY_PATH", value)
        assert zprof("profile", "get").out == "staging\n"
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", "")
    assert zprof("profile", "get").out == "default\n"


def test_the_variable_is_exact(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "below").mkdir()
    for value in (project / "below", project / "nowhere"):
        monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(value))
        assert zprof("profile", "set", "staging").code == 3  # else it would switch for all
        assert zprof("profile", "unset").code == 3
        for words in (("profile", "get"), ("stack", "set", "default")):
            assert zprof(*words) == Result(
                3,
                "",
                f"Error: There is no repository at {value}, though $ZPROF_REPOSITORY_PATH names it.\n"
                f"Create one with `zprof init {value}`, or run `unset ZPROF_REPOSITORY_PATH`.\n",
            ), words
    with pytest.raises(ZprofError, match="ZPROF_REPOSITORY_PATH"):
        library.active_stack()
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(project / "below"))
    made = zprof("init", str(project / "below"))
    assert (made.code, "Warning" in made.err) == (0, False)
    assert zprof("profile", "get").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("profile", "list"),
        ("profile", "create", "new"),
        ("profile", "describe", "default"),
        ("profile", "rename", "staging", "stage"),
        ("profile", "delete", "staging", "-y"),
        ("profile", "protect", "staging"),
        ("profile", "set", "staging", "--global"),
        ("-p", "staging", "stack", "list"),
        ("-p", "staging", "stack", "set", "default"),
        ("status",),
        ("init", "below"),
    ],
)
def test_a_variable_that_leads_nowhere_stops_nothing_that_needs_no_repository(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (project / "below").mkdir()
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(project / "nowhere"))
    done = zprof(*words)
    assert done.code == 0, done.err
    if words[0] == "profile":
        assert done.err.startswith("Running without an active repository root.\nWarning: There is no repository at ")
    assert "nowhere" not in zprof("-p", "default", "stack", "get").err


def test_init_of_what_the_variable_overrules(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "below").mkdir()
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(project))
    made = zprof("init", "below")
    assert (made.code, "Warning: $ZPROF_REPOSITORY_PATH points to another" in made.err) == (0, True)


# Switching


def test_profile_set_is_local_and_clears_the_stack(project: Path, zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "set", "staging") == Result(0, "", LOCAL.format("default") + SWITCHED.format(project))
    assert named(project) == 'profile = "staging"\n'
    assert registry_rows(config) == [("default", "default", 1), ("staging", "default", 0)]
    zprof("stack", "set", "prod")
    assert named(project) == 'profile = "staging"\nstack = "prod"\n'
    assert "Profile 'staging' is already active." in zprof("profile", "set", "staging").err
    zprof("stack", "unset")
    assert f"The project at {project} now uses it.\n" in zprof("profile", "set", "default").err
    assert "now uses it" not in zprof("profile", "set", "--global", "staging").err
    zprof("profile", "set", "--global", "default")
    zprof("profile", "set", "staging")
    zprof("stack", "set", "prod")
    assert named(project) == 'profile = "staging"\nstack = "prod"\n'
    zprof("profile", "set", "default")
    assert named(project) == 'profile = "default"\n'


def test_profile_set_globally_from_a_repository(project: Path, zprof: Zprof, config: Path) -> None:
    hidden = f"Warning: Here 'default' is still in effect: {project}/.zprof/config.toml names it.\n"
    done = zprof("profile", "set", "-g", "staging")
    changed = "Active global profile changed to: 'staging'\n"
    assert done == Result(0, "", LOCAL.format("default") + changed + hidden)
    assert registry_rows(config) == [("default", "default", 0), ("staging", "default", 1)]
    again = zprof("profile", "set", "--global", "staging")
    assert again.err == LOCAL.format("default") + "Profile 'staging' is already active.\n" + hidden
    assert zprof("profile", "set", "--global", "default").err.count("\n") == 2
    assert active(zprof) == "default/default"


def test_profile_set_globally_outside(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    done = zprof("profile", "set", "staging", "-g")
    assert done.err == BANNER + "Active global profile changed to: 'staging'\n"


def test_profile_set_of_an_unknown_profile_writes_nothing(project: Path, zprof: Zprof, config: Path) -> None:
    before = named(project), registry_rows(config)
    for words in ((), ("-g",)):
        refused = zprof("profile", "set", "stagin", *words)
        assert (refused.code, "Did you mean 'staging'?" in refused.err) == (3, True)
    assert (named(project), registry_rows(config)) == before


def test_stack_set_is_local(project: Path, zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "mine", *MANDATORY)
    assert zprof("stack", "set", "mine") == Result(0, "", LOCAL.format("default") + "Active stack set to: 'mine'\n")
    assert named(project) == 'profile = "default"\nstack = "mine"\n'
    assert registry_rows(config)[0] == ("default", "default", 1)
    assert zprof("stack", "list", "-o", "csv").out.splitlines()[2].startswith("yes,mine")
    assert zprof("profile", "list", "-o", "csv").out.splitlines()[1].endswith(",mine")


def test_stack_register_and_set_is_local(project: Path, zprof: Zprof) -> None:
    assert zprof("stack", "register", "mine", *MANDATORY, "--set").err.endswith("Active stack set to: 'mine'\n")
    assert named(project) == 'profile = "default"\nstack = "mine"\n'


def test_stack_set_globally_from_a_repository(project: Path, zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "mine", *MANDATORY)
    assert zprof("stack", "set", "mine", "-g").err == (
        LOCAL.format("default") + "Active global stack set to: 'mine'\n"
        f"Warning: Here 'default' is still in effect: {project}/.zprof/config.toml names it.\n"
    )
    assert named(project) == 'profile = "default"\nstack = "default"\n'
    assert registry_rows(config)[0] == ("default", "mine", 1)
    assert zprof("stack", "set", "-g", "default").err.count("\n") == 2


def test_stack_set_in_a_repository_that_names_no_profile(project: Path, zprof: Zprof, config: Path) -> None:
    zprof("profile", "unset")
    zprof("stack", "register", "mine", *MANDATORY)
    assert zprof("stack", "set", "mine").code == 0
    assert named(project) == 'stack = "mine"\n'
    assert active(zprof) == "default/mine"
    assert registry_rows(config)[0] == ("default", "default", 1)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_stack_set_of_a_profile_that_the_repository_did_not_choose(
    project: Path, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "environment":
        monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "staging")
    words = ("-p", "staging") if way == "option" else ()
    before = named(project)
    assert zprof("stack", "set", "prod", *words).code == 0
    assert zprof("stack", "get", *words).out == "prod\n"
    assert named(project) == before
    assert registry_rows(config)[1] == ("staging", "prod", 0)


def test_stack_set_with_an_option_that_names_the_repositorys_profile(project: Path, zprof: Zprof) -> None:
    zprof("stack", "register", "mine", *MANDATORY)
    done = zprof("stack", "set", "mine", "-p", "default")
    assert "Warning: Here 'default' is still in effect" in done.err
    assert zprof("stack", "get", "-p", "default").out == "mine\n"
    assert zprof("stack", "get").out == "default\n"


def test_d07_stack_set_refuses_an_unknown_stack_globally_too(project: Path, zprof: Zprof, config: Path) -> None:
    before = named(project), registry_rows(config)
    zprof("stack", "register", "mine", *MANDATORY)
    for words in ((), ("-g",), ("-p", "default"), ("--global", "-p", "default")):
        refused = zprof("-q", "stack", "set", "mien", *words)
        assert (refused.code, "Did you mean 'mine'?" in refused.err) == (3, True), words
    assert (named(project), registry_rows(config)) == before


# Undoing


def test_d29_profile_unset(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "-g", "staging")
    assert zprof("profile", "unset") == Result(
        0, "", LOCAL.format("default") + f"The repository at {project} no longer names a profile.\n"
    )
    assert named(project) == ""
    assert zprof("profile", "list").err == "Running with active profile: 'staging' (global)\n"
    assert zprof("profile", "unset").err.endswith(f"The repository at {project} names no profile.\n")
    assert zprof("profile", "unset").code == 0


def test_d29_stack_unset(project: Path, zprof: Zprof) -> None:
    zprof("stack", "register", "mine", *MANDATORY)
    zprof("stack", "set", "mine")
    assert zprof("stack", "unset") == Result(
        0, "", LOCAL.format("default") + f"The repository at {project} no longer names a stack.\n"
    )
    assert named(project) == 'profile = "default"\n'
    assert active(zprof) == "default/default"
    assert zprof("stack", "unset").err.endswith(f"The repository at {project} names no stack.\n")
    assert zprof("stack", "unset").code == 0


@pytest.mark.parametrize("kind", ["profile", "stack"])
def test_unset_needs_a_repository(zprof: Zprof, kind: str) -> None:
    refused = zprof("-q", kind, "unset")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("Error: There is no repository here")


def test_unset_of_nothing_writes_nothing(zprof: Zprof, home: Path) -> None:
    (home / ".zprof").mkdir()
    assert zprof("profile", "unset").code == 0
    assert zprof("stack", "unset").code == 0
    assert list((home / ".zprof").iterdir()) == []


# What the file says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('profile = "default', "string"),
        ("# fine\nprofile default\n", "line 2"),
        ("<<<<<<< HEAD\nprofile = 'a'\n", "line 1"),
        ("profile = 3\n", "profile is 3, not a name"),
        ('profile = ["default"]\n', "profile is ['default'], not a name"),
        ('profile = ""\n', "profile is '', not a name"),
        ('stack = "../x"\n', "stack is '../x', not a name"),
        ('profile = "default"\nstack = "a\\u001b[31mb"\n', r"stack is 'a\x1b[31mb', not a name"),
        ('profile = "a"\nprofile = "b"\n', "line 2"),
        ("[profile]\n", "profile is {}, not a name"),
        (f'profile = "{"x" * 65}"\n', "not a name"),
        ("x = " + "9" * 5000, "malformed"),
        ("x = " + "[" * 20000, "nested"),
        ("# " + "x" * 70000, "larger than 64 KiB"),
        (b"profile = '\xff'", "not UTF-8"),
        (b"profile\x00 = 'x'", "line 1"),
    ],
)
def test_a_malformed_file(project: Path, zprof: Zprof, text: str | bytes, says: str) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = file.read_bytes()
    for words in (("profile", "get"), ("stack", "list"), ("stack", "set", "default"), ("stack", "unset")):
        refused = zprof("-q", *words)
        assert (refused.code, refused.out) == (2, ""), words
        assert refused.err.startswith(f"Error: {file} is malformed: ")
        assert says in refused.err
        assert "`zprof profile set NAME`" in refused.err
        assert refused.err.count("\n") == 2
        assert refused.err.replace("\n", "").isprintable()
    # What names both does not depend on the file.
    assert zprof("stack", "get", "-p", "staging").out == "default\n"
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"
    assert f"Warning: {file} is malformed" in zprof("profile", "create", "new").err
    assert zprof("profile", "set", "-g", "new").code == 0
    assert f"Warning: {file} is malformed" in zprof("status").err
    assert file.read_bytes() == before
    # One can always switch away.
    switched = zprof("profile", "set", "staging")
    assert (switched.code, f"kept as {file}.~1~" in switched.err) == (0, True)
    assert named(project) == 'profile = "staging"\n'
    assert Path(f"{file}.~1~").read_bytes() == before


def test_unset_of_a_malformed_file(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    for number in (1, 2):
        file.write_text(f"# {number}\nprofile = ")
        unset = zprof("profile", "unset")
        assert (unset.code, f"kept as {file}.~{number}~" in unset.err) == (0, True)
        assert named(project) == ""
        assert Path(f"{file}.~{number}~").read_text() == f"# {number}\nprofile = "


def test_a_byte_order_mark_is_no_part_of_a_file(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_text("\ufeff# ours\nprofile = 'staging'\n")
    assert zprof("profile", "get").out == "staging\n"
    assert zprof("profile", "set", "default").code == 0
    assert file.read_text() == '# ours\nprofile = "default"\n'


def test_what_else_is_in_the_file_stays(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_text(
        "# ours\n# both lines\n\nfuture = 1\n  'stack'='default' # the one\n\"profile\" = 'default'# here\n"
        "[profile-options]\nprofile = 'not this'\n",
    )
    assert active(zprof) == "default/default"
    zprof("profile", "set", "staging")
    assert file.read_text() == (
        '# ours\n# both lines\n\nfuture = 1\n"profile" = "staging"# here\n[profile-options]\nprofile = \'not this\'\n'
    )
    zprof("stack", "set", "prod")
    assert file.read_text() == (
        '# ours\n# both lines\n\nfuture = 1\n"profile" = "staging"# here\nstack = "prod"\n'
        "[profile-options]\nprofile = 'not this'\n"
    )
    zprof("profile", "unset")
    assert file.read_text() == ("# ours\n# both lines\n\nfuture = 1\n[profile-options]\nprofile = 'not this'\n")


def test_windows_line_ends_and_a_missing_last_one(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_bytes(b"# x\r\nprofile = 'default'\r\nlast = 1")
    zprof("profile", "set", "staging")
    assert file.read_bytes() == b'# x\r\nprofile = "staging"\r\nlast = 1'


@pytest.mark.parametrize(
    "text",
    [
        'profile = """default"""\n',
        "text = '''\nprofile = \"default\"\n'''\n",
        'profile = "def\\u0061ult"\n',
        "x = [\n[1],\n]\nprofile = 'default'\n",
    ],
)
def test_a_file_that_cannot_be_changed_alone_is_left(project: Path, zprof: Zprof, text: str) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_text(text)
    refused = zprof("profile", "set", "staging")
    assert (refused.code, "can't change" in refused.err) == (1, True)
    assert file.read_text() == text


def test_a_file_that_is_no_file(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.unlink()
    os.mkfifo(file)
    assert zprof("profile", "get").code == 2
    file.unlink()
    file.mkdir()
    assert zprof("profile", "get").code == 2
    refused = zprof("profile", "set", "staging")
    assert (refused.code, "can't be written" in refused.err) == (1, True)


def test_a_symbolic_link_is_read_and_never_replaced(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    target = project / "shared.toml"
    file.rename(target)
    file.symlink_to(target)
    assert active(zprof) == "default/default"
    refused = zprof("-q", "profile", "set", "staging")
    assert (refused.code, "is a symbolic link" in refused.err) == (1, True)
    target.unlink()
    assert zprof("profile", "set", "staging").code == 1
    assert file.is_symlink()
    assert not target.exists()


@pytest.mark.parametrize(("what", "mode"), [("file", 0o444), ("directory", 0o555), ("directory", 0o000)])
def test_a_file_that_may_not_be_written(project: Path, zprof: Zprof, what: str, mode: int) -> None:
    place = project / ".zprof" if what == "directory" else project / ".zprof" / "config.toml"
    before = named(project)
    place.chmod(mode)
    try:
        done = subprocess.run(
            [sys.executable, launching_file, "--unprivileged", str(SCRIPT), "-q", "profile", "set", "staging"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        place.chmod(0o700)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 2)
    assert done.stderr.startswith(f"Error: {project}/.zprof")
    assert named(project) == before
    assert sorted(path.name for path in (project / ".zprof").iterdir()) == [".gitignore", "config.toml"]


def test_a_full_disk_leaves_the_file_as_it_was(project: Path, zprof: Zprof) -> None:
    before = named(project)
    done = subprocess.run(
        [sys.executable, launching_file, "--file-size", "10", str(SCRIPT), "-q", "profile", "set", "staging"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "can't be written: File too large" in done.stderr) == (1, True)
    assert named(project) == before
    assert sorted(path.name for path in (project / ".zprof").iterdir()) == [".gitignore", "config.toml"]


# What it names is not there


def test_d08_an_unknown_profile_is_an_error_that_nothing_repairs(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    file.write_text('profile = "stagin"\nstack = "prod"\n')
    expected = (
        f"There is no profile named 'stagin' though {file} names it.",
        "Did you mean 'staging'? Run `zprof profile create stagin` to get it, "
        "or `zprof profile set staging --personal` to use another.",
    )
    for words in (("profile", "get"), ("stack", "list"), ("stack", "get"), ("stack", "set", "x"), ("alerter", "list")):
        assert zprof(*words) == Result(3, "", "Error: {}\n{}\n".format(*expected)), words
    with pytest.raises(NotFound, match="stagin"):
        library.active_profile()
    warning = "Warning: {} {}\n".format(*expected)
    assert zprof("profile", "list", "-o", "name") == Result(0, "default\nstaging\n", warning)
    assert zprof("status").err == warning
    assert zprof("profile", "describe", "default", "-o", "name").err == warning
    assert zprof("-q", "profile", "list").err == ""
    assert file.read_text() == 'profile = "stagin"\nstack = "prod"\n'


def test_d08_each_way_out_of_an_unknown_profile(project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project / ".zprof" / "config.toml"
    unknown = 'profile = "far-away"\nstack = "prod"\n'
    file.write_text(unknown)
    assert "or `zprof profile set default --personal` to use another." in zprof("profile", "get").err
    assert zprof("profile", "create", "far-away").code == 0
    assert zprof("profile", "get").out == "far-away\n"
    file.write_text(unknown.replace("far", "very-far"))
    assert zprof("profile", "set", "staging").code == 0
    assert active(zprof) == "staging/default"
    file.write_text(unknown.replace("far", "very-far"))
    assert zprof("profile", "unset").code == 0
    assert active(zprof) == "default/default"
    file.write_text(unknown.replace("far", "very-far"))
    (project / "inner").mkdir()
    monkeypatch.chdir(project / "inner")
    made = zprof("init")
    assert (made.code, "It names no profile." in made.err) == (0, True)
    assert active(zprof) == "default/default"
    monkeypatch.chdir(project)
    for words in (("-p", "staging"), ("-p", "staging", "-q")):
        assert zprof("stack", "list", *words, "-o", "name").out == "default\nprod\n"
    assert zprof("profile", "rename", "staging", "very-far-away").code == 0
    assert zprof("profile", "get").out == "very-far-away\n"
    assert zprof("profile", "delete", "far-away", "-y").code == 0


def test_d08_d12_a_stack_that_is_gone(project: Path, zprof: Zprof, config: Path) -> None:
    """As when another user of a shared store has deleted it."""
    zprof("stack", "register", "mine", *MANDATORY, "--set")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA foreign_keys = ON")
        store.execute("DELETE FROM stack WHERE name = 'mine'")
    assert "Warning: The active stack 'mine' does not exist." in zprof("stack", "list").err
    assert zprof("orchestrator", "list").code == 0
    for words in (("stack", "describe"), ("orchestrator", "get")):
        refused = zprof("-q", *words)
        assert (refused.code, "though it is named by this repository" in refused.err) == (3, True), words
        assert "zprof stack set" in refused.err
    assert named(project) == 'profile = "default"\nstack = "mine"\n'
    assert zprof("stack", "set", "default").code == 0
    assert zprof("orchestrator", "get").out == "default\n"


def test_d12_a_second_user_cannot_delete_what_is_active_here(project: Path, zprof: Zprof, config: Path) -> None:
    """Of one registry, that is: it can't know of others."""
    zprof("stack", "register", "mine", *MANDATORY, "--set")
    zprof("profile", "create", "twin", "--url", str(config / "profiles" / "default.db"))
    refused = zprof("-q", "-p", "twin", "stack", "delete", "mine", "-y")
    assert (refused.code, "named by this repository" in refused.err) == (7, True)


def test_d18_a_damaged_store_keeps_nobody_in(project: Path, zprof: Zprof, config: Path) -> None:
    (config / "profiles" / "default.db").write_bytes(b"\0" * 4096)
    assert zprof("stack", "list").code == 6
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"
    assert zprof("status", "-o", "name").out == "default\ndefault\n"
    assert zprof("stack", "unset").code == 0
    assert zprof("profile", "set", "staging").code == 0
    assert zprof("stack", "list", "-o", "name").out == "default\nprod\n"


# Deleting and renaming


def test_delete_of_the_repositorys_profile_is_refused(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "staging")
    for words in ((), ("-p", "default")):
        refused = zprof("-q", "profile", "delete", "staging", "-y", *words)
        assert (refused.code, "named by this repository" in refused.err) == (7, True), words
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"


def test_delete_of_the_repositorys_stack_is_refused(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("stack", "register", "mine", *MANDATORY, "--set")
    for words in ((), ("-p", "default"), ("--stack", "default")):
        refused = zprof("-q", "stack", "delete", "mine", "-y", *words)
        assert (refused.code, "named by this repository" in refused.err) == (7, True), words
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    assert zprof("-q", "stack", "delete", "mine", "-y").code == 7
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    assert zprof("-q", "stack", "delete", "mine", "-y").code == 7
    monkeypatch.delenv("ZPROF_ACTIVATED_STACK")
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    # The registry's own counts, too, though the repository hides it.
    assert zprof("-q", "stack", "delete", "default", "-y").code == 7
    zprof("stack", "unset")
    assert zprof("-q", "stack", "delete", "mine", "-y").code == 0


def test_d09_the_guard_compares_within_the_right_profile(project: Path, zprof: Zprof) -> None:
    """In ZenML, a stack was safe if another profile had one of its name active, and its own was not."""
    zprof("-p", "staging", "stack", "set", "prod")
    zprof("profile", "set", "staging")
    # `default` is the global profile's active stack, but that is another store.
    assert zprof("stack", "delete", "default", "-y").code == 0
    refused = zprof("stack", "delete", "prod", "-y")
    assert refused.code == 7
    # The other way round: the repository names a stack of this name, in another profile.
    zprof("stack", "set", "prod")
    zprof("-p", "default", "stack", "register", "prod", *MANDATORY)
    assert zprof("-p", "default", "stack", "delete", "prod", "-y").code == 0


def test_rename_of_the_repositorys_profile(project: Path, zprof: Zprof) -> None:
    zprof("profile", "set", "staging")
    zprof("stack", "set", "prod")
    assert zprof("profile", "rename", "staging", "production").code == 0
    assert named(project) == 'profile = "production"\nstack = "prod"\n'
    assert active(zprof) == "production/prod"
    zprof("profile", "rename", "default", "first")
    assert named(project) == 'profile = "production"\nstack = "prod"\n'


def test_rename_of_the_repositorys_stack(project: Path, zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "twin", "--url", str(config / "profiles" / "staging.db"))
    zprof("profile", "set", "staging")
    zprof("stack", "set", "prod")
    zprof("-p", "default", "stack", "register", "prod", *MANDATORY)
    zprof("-p", "default", "stack", "rename", "prod", "other")
    assert named(project) == 'profile = "staging"\nstack = "prod"\n'
    assert zprof("stack", "rename", "prod", "live").code == 0
    assert named(project) == 'profile = "staging"\nstack = "live"\n'
    zprof("-p", "twin", "stack", "rename", "live", "lively")
    assert named(project) == 'profile = "staging"\nstack = "lively"\n'


def test_a_rename_that_the_file_cannot_follow_is_told(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    zprof("stack", "register", "mine", *MANDATORY)
    file.rename(project / "there.toml")
    (project / "there.toml").write_text("stack = 'mine'\n")
    file.symlink_to(project / "there.toml")
    done = zprof("stack", "rename", "mine", "yours")
    assert done.code == 1
    assert "Renamed stack 'mine' to 'yours'.\nError:" in done.err
    assert "is a symbolic link" in done.err


# Several processes, and what it costs


def test_two_processes_never_mix_a_profile_with_a_stack_of_another(project: Path, zprof: Zprof) -> None:
    here = Repository(str(project)).shared
    assert here.profile == "default"
    assert zprof("profile", "set", "staging").code == 0
    with pytest.raises(Conflict, match="changed the profile"):
        here.choose_stack("mine")
    assert named(project) == 'profile = "staging"\n'


def test_processes_that_switch_at_once(project: Path, zprof: Zprof) -> None:
    zprof("stack", "register", "mine", *MANDATORY)
    zprof("profile", "set", "default")
    words = [("profile", "set", "staging"), ("profile", "set", "default"), ("stack", "set", "default")] * 4
    running = [subprocess.Popen([SCRIPT, "-q", *each], stderr=subprocess.PIPE) for each in words]
    codes = {process.wait() for process in running if process.communicate()}
    assert codes <= {0, 4}
    assert named(project) in {
        f'profile = "{profile}"\n{stack}' for profile in ("default", "staging") for stack in ("", 'stack = "default"\n')
    }
    assert sorted(path.name for path in (project / ".zprof").iterdir()) == [".gitignore", "config.toml"]


def test_a_killed_switch_leaves_a_whole_file(project: Path, zprof: Zprof) -> None:
    for tenths in range(1, 8):
        process = subprocess.Popen([SCRIPT, "-q", "profile", "set", "staging" if tenths % 2 else "default"])
        time.sleep(tenths / 20)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert zprof("profile", "get").code == 0
        zprof("profile", "set", "default")


def test_reads_never_write(project: Path, zprof: Zprof) -> None:
    file = project / ".zprof" / "config.toml"
    before = file.stat()
    for words in (("profile", "list"), ("stack", "list"), ("stack", "get"), ("status",), ("orchestrator", "describe")):
        assert zprof(*words).code == 0
    assert file.stat() == before or file.stat().st_mtime_ns == before.st_mtime_ns


def test_tomllib_is_imported_where_a_person_has_written_a_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; from zprof.__main__ import run; run(['profile', 'get']); sys.exit('tomllib' in sys.modules)"

    def imports_tomllib() -> bool:
        return bool(subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode)

    assert not imports_tomllib()
    (project / ".zprof" / "config.toml").write_text("profile = 'staging'\n")
    assert imports_tomllib()
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "staging")
    assert not imports_tomllib()
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    (project / ".zprof" / "config.toml").unlink()
    assert not imports_tomllib()
    monkeypatch.chdir(project.parent)
    assert not imports_tomllib()


def test_the_library_resolves_as_the_command_line_does(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("profile", "set", "staging")
    zprof("stack", "set", "prod")
    assert library.active_profile().name == "staging"
    assert library.active_stack().name == "prod"
    assert library.open_profile().stack_names() == ["default", "prod"]
    assert library.open_profile("default").stack_names() == ["default"]
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    assert library.active_stack().name == "default"
    (project / ".zprof" / "config.toml").write_text("profile =")
    assert library.active_profile().name == "default"
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    with pytest.raises(ZprofError, match="malformed"):
        library.active_profile()


def registry_rows(config: Path) -> list[tuple[object, ...]]:
    """What the registry has, by name: profile, active stack, whether it is active."""
    with closing(sqlite3.connect(config / "registry.db")) as connection:
        return connection.execute("SELECT name, active_stack, is_active FROM profile ORDER BY name").fetchall()


def test_what_is_active_globally_is_switched_globally(project: Path, zprof: Zprof) -> None:
    """In a repository a switch is the repository's alone; the hint says what to type all the same, and it works."""
    assert zprof("profile", "set", "staging").code == 0
    assert zprof("profile", "create", "third").code == 0
    refused = zprof("-q", "profile", "delete", "default", "-y")
    assert (refused.code, refused.err.splitlines()[1]) == (7, "Choose one with `zprof profile set NAME --global`.")
    assert zprof("profile", "set", "third", "--global").code == 0
    assert zprof("profile", "delete", "default", "-y").code == 0

    refused = zprof("-q", "profile", "delete", "staging", "-y")
    assert (refused.code, refused.err.splitlines()[1]) == (7, "Choose one with `zprof profile set NAME`.")
    assert zprof("profile", "set", "third").code == 0
    assert zprof("profile", "delete", "staging", "-y").code == 0
