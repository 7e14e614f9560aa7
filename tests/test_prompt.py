"""`zprof prompt`: what it prints, where it is silent, and that it leaves all as it is."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path

import pytest
from conftest import SCRIPT, Result, Zprof
from hypothesis import example, given
from hypothesis import strategies as st

from zprof import paths
from zprof.active.scope import SWITCHABLE, here, resolved
from zprof.errors import NotFound, ZprofError
from zprof.keystrokes.glance import in_effect
from zprof.keystrokes.prompt import PLACEHOLDERS
from zprof.profiles.registry import Registry
from zprof.repository.reading import plainly
from zprof.sqlite.connection import APPLICATION_ID

SILENT = Result(0, "", "")


@pytest.fixture
def staging(zprof: Zprof) -> Zprof:
    """With a profile that is active, and a stack in it."""
    for words in (
        ("profile", "create", "staging"),
        ("profile", "set", "staging"),
        ("stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "--set"),
    ):
        assert zprof(*words).code == 0
    return zprof


@pytest.fixture
def registry(config: Path) -> Path:
    return config / "registry.db"


@contextmanager
def changed(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        yield connection


def everything(directory: Path) -> dict[str, tuple[int, int, int]]:
    """All files and directories, with their modes, sizes and times of change in nanoseconds."""
    found = {}
    for path in [directory, *directory.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def test_what_is_in_effect(staging: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    assert staging("prompt") == Result(0, "staging/prod\n", "")
    assert staging("profile", "protect", "staging").code == 0
    assert staging("prompt").out == "staging/prod#\n"
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "default")
    assert staging("prompt").out == "default/default*\n"
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "")
    monkeypatch.setenv(paths.ACTIVATED_STACK, "default")
    assert staging("prompt").out == "staging/default#*\n"


def test_a_project_is_marked(staging: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "project" / "below").mkdir(parents=True)
    monkeypatch.chdir(home / "project")
    assert staging("init").code == 0
    monkeypatch.chdir("below")
    assert staging("prompt").out == "staging/prod@\n"
    assert staging("profile", "set", "default", "--personal").code == 0
    assert staging("prompt").out == "default/default@\n"
    monkeypatch.setenv(paths.ACTIVATED_STACK, "prod")
    assert staging("prompt").out == "default/prod*\n"


def test_a_stack_that_is_not_looked_for(staging: Zprof, config: Path) -> None:
    (config / "profiles" / "staging.db").unlink()
    assert staging("prompt").out == "staging/prod\n"


def test_no_stack(staging: Zprof, registry: Path) -> None:
    with changed(registry) as connection:
        connection.execute("UPDATE profile SET active_stack = NULL")
    assert staging("prompt").out == "staging\n"
    assert staging("prompt", "--format", "{profile}/{stack}").out == "staging/\n"


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("({profile})", "(staging)"),
        ("{profile} {scope} {stack_scope}", "staging global global"),
        ("{{{profile}}}", "{staging}"),
        ("⎈ {stack}{protected}{here}", "⎈ prod"),
        ("no more", "no more"),
        ("%{profile}$(x)`", "%staging$(x)`"),
        ("", None),
    ],
)
def test_formats(staging: Zprof, form: str, printed: str | None) -> None:
    shown = Result(0, "" if printed is None else f"{printed}\n", "")
    assert staging("prompt", "--format", form) == shown
    assert staging("prompt", f"--format={form}") == shown
    assert staging("-q", "prompt", "--format", form) == shown


@pytest.mark.parametrize("form", ["{", "}", "{}", "{profil}", "{profile", "{profile!r}", "{profile.__class__}", "{0}"])
def test_what_is_no_format(staging: Zprof, form: str) -> None:
    refused = staging("prompt", "--format", form)
    assert (refused.code, refused.out) == (2, "")
    assert all(f"{{{name}}}" in refused.err for name in PLACEHOLDERS)


def test_the_help_names_each_placeholder(first_run: Zprof) -> None:
    shown = first_run("prompt", "--help").out
    assert [name for name in PLACEHOLDERS if f"{{{name}}}" not in shown] == []


def test_the_options_of_every_command(staging: Zprof) -> None:
    assert staging("prompt", "-p", "default").out == "default/default\n"
    assert staging("--stack", "other", "prompt").out == "staging/other\n"
    assert staging("prompt", "-p", "nobody") == SILENT
    assert staging("prompt", "--bogus").code == 2


def test_nothing_is_made_where_nothing_is(first_run: Zprof, home: Path) -> None:
    for words in (("prompt",), ("-q", "prompt"), ("prompt", "--format={profile}")):
        assert first_run(*words) == SILENT
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE format SET version = 99, min_reader = 99",
        "UPDATE format SET kind = 'store'",
        "UPDATE format SET version = 'x'",
        "DELETE FROM format",
        "DROP TABLE profile",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 1",
        "UPDATE profile SET name = 'a$(x)' WHERE is_active",
        "UPDATE profile SET name = '%F' || char(27) || '[31m' WHERE is_active",
        "UPDATE profile SET name = 'a`x`' WHERE is_active",
        "UPDATE profile SET name = char(10) WHERE is_active",
        "UPDATE profile SET name = x'41' WHERE is_active",
        "UPDATE profile SET active_stack = '\\[x'",
        "UPDATE profile SET active_stack = x'37'",
        "UPDATE profile SET is_active = 0",
        "CREATE TRIGGER mine AFTER INSERT ON profile BEGIN SELECT 1; END",
        "CREATE TABLE gone AS SELECT * FROM profile; DROP TABLE profile; CREATE VIEW profile AS WITH RECURSIVE"
        " endless(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM endless) SELECT x FROM endless",
    ],
)
def test_silent_where_the_registry_is_not_as_it_should_be(staging: Zprof, registry: Path, change: str) -> None:
    with changed(registry) as connection:
        connection.executescript(change)
    assert staging("prompt") == SILENT


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(100)])
def test_silent_where_it_is_no_database(staging: Zprof, registry: Path, content: bytes) -> None:
    registry.write_bytes(content)
    assert staging("prompt") == SILENT


def test_silent_where_it_is_no_file_of_ones_own(staging: Zprof, registry: Path, tmp_path: Path) -> None:
    registry.rename(tmp_path / "elsewhere.db")
    registry.symlink_to(tmp_path / "elsewhere.db")
    assert staging("prompt") == SILENT
    registry.unlink()
    os.mkfifo(registry)
    assert staging("prompt") == SILENT


def test_silent_where_a_name_leads_nowhere(staging: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "nobody")
    assert staging("prompt") == SILENT
    monkeypatch.setenv(paths.ACTIVATED_PROFILE, "")
    monkeypatch.setenv(paths.REPOSITORY_PATH, str(home))
    assert staging("prompt") == SILENT
    monkeypatch.setenv(paths.REPOSITORY_PATH, "")
    (home / ".zprof").mkdir()
    (home / ".zprof" / "config.toml").write_text("profile = ")
    assert staging("prompt") == SILENT
    monkeypatch.setenv(paths.CONFIG_PATH, "relative")
    assert staging("prompt") == SILENT


def test_an_older_registry_is_read_as_it_is(staging: Zprof, home: Path, registry: Path) -> None:
    with changed(registry) as connection:
        connection.execute("UPDATE format SET version = 1, min_reader = 1, min_writer = 1")
        connection.execute("PRAGMA user_version = 1")
    before = everything(home)
    assert staging("prompt").out == "staging/prod\n"
    assert everything(home) == before


def test_busy_is_no_answer(staging: Zprof, home: Path, registry: Path) -> None:
    """While somebody commits: what was so before is not so any more."""
    before = everything(home)
    with changed(registry) as other:
        other.execute("BEGIN EXCLUSIVE")
        for words in (("prompt",), ("prompt", "-q")):
            assert staging(*words) == Result(5, "", "")
        other.execute("ROLLBACK")
        other.execute("BEGIN IMMEDIATE")
        assert staging("prompt").out == "staging/prod\n", "a change that is not committed yet is none"
    assert everything(home).keys() == before.keys()


def test_a_journal_that_must_be_played_back_is_left(staging: Zprof, home: Path, registry: Path) -> None:
    killed = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN IMMEDIATE');"
        "c.execute('CREATE TABLE more (x)'); c.execute('INSERT INTO more SELECT zeroblob(100000)');"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", killed, str(registry)], check=True)
    assert Path(f"{registry}-journal").stat().st_size > 0
    before = everything(home)
    assert staging("prompt") == Result(5, "", "")
    assert everything(home) == before
    assert staging("profile", "get").out == "staging\n"
    assert staging("prompt").out == "staging/prod\n"


def test_a_write_ahead_log_is_not_made(staging: Zprof, home: Path, registry: Path) -> None:
    with changed(registry) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = everything(home)
    assert staging("prompt") == SILENT
    assert everything(home) == before


def test_nothing_is_made_or_changed(staging: Zprof, home: Path, registry: Path) -> None:
    for path in registry.parent.rglob("*.lock"):
        path.unlink()
    before = everything(home)
    done = subprocess.run([SCRIPT, "prompt"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "staging/prod\n", "")
    assert everything(home) == before


def test_a_read_only_config_directory(staging: Zprof, config: Path) -> None:
    config.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert staging("prompt").out == "staging/prod\n"
    finally:
        config.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("stream", [">&-", ">/dev/full", "2>&-", "| true"])
def test_a_stream_that_takes_nothing(staging: Zprof, stream: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", f"'{SCRIPT}' prompt {stream}"], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) in (("", ""), ("", "staging/prod\n"))


NAMES = (None, "default", "staging", "nobody")


def test_it_is_what_commands_find(staging: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in effect is found by a way of its own: here by both, for all that may name a profile and a stack."""
    directory = home / ".zprof"
    directory.mkdir()
    seen = set()
    for option, variable, stack_variable, *in_files in product(
        (None, "default"), NAMES, ("", "a"), NAMES[:3], ("", "b"), NAMES[:2], ("", "c")
    ):
        monkeypatch.setenv(paths.ACTIVATED_PROFILE, variable or "")
        monkeypatch.setenv(paths.ACTIVATED_STACK, stack_variable)
        for file, profile, stack in (("config.toml", *in_files[:2]), ("local.toml", *in_files[2:])):
            lines = [f'{key} = "{value}"\n' for key, value in (("profile", profile), ("stack", stack)) if value]
            (directory / str(file)).write_text("".join(lines))
        told = by_glance(option)
        assert told == by_commands(option)
        seen.add(told)
    assert len(seen) > 15


def by_glance(option: str | None) -> tuple[object, ...]:
    try:
        found = in_effect(profile=option)
    except ZprofError:
        return ()
    return found.profile, found.profile_scope, found.stack, found.stack_scope


def by_commands(option: str | None) -> tuple[object, ...]:
    try:
        found = resolved(Registry(paths.config_dir()), here(profile=option))
    except (NotFound, *SWITCHABLE):
        return ()
    return found.profile.name, found.profile_scope, found.stack, found.stack_scope


def test_the_mark_is_the_one_of_databases() -> None:
    from zprof.keystrokes import glance

    assert glance.APPLICATION_ID == APPLICATION_ID


WORDS = (
    *("profile", "stack", "url", "other", "a.b", "'q'", "=", '"', "'", "\\", "#", "staging", '"prod"', "'prod'"),
    *('"""', "[", "]", "[t]", "1", "true", "é", "{", "}", ","),
)
PARTS = st.sampled_from([*WORDS, " = ", "# x", "\n", "\r\n", "\t", " ", "\x00", "\x1b", "\u2028"])


@given(st.lists(PARTS, max_size=14).map("".join))
@example('# Written by zprof; safe to commit.\nprofile = "staging"\nstack = "prod"\nurl = "data/churn.db"\n')
@example('profile = "a"\nprofile = "b"\n')
@example('profile = "a" # "b"\n')
@example('profile = "a\\u0062"\n')
@example('profile = """a"""\n')
@example("profile = 'a'\n")
@example('profile = ""\n')
@example('[t]\nprofile = "a"\n')
def test_what_is_read_without_tomllib_is_what_it_reads(text: str) -> None:
    found = plainly(text)
    if found is not None:
        assert found == tomllib.loads(text)


@given(
    st.dictionaries(
        st.sampled_from(["profile", "stack", "url", "more"]),
        st.text(st.characters(codec="utf-8", exclude_characters='"\\', categories=("L", "N", "P", "S", "Zs"))),
    )
)
def test_what_zprof_writes_is_read_without_tomllib(names: dict[str, str]) -> None:
    text = "# A comment.\n" + "".join(f'{key} = "{value}"  # why\n' for key, value in names.items())
    if text.replace("\n", "").isprintable():
        assert plainly(text) == names
