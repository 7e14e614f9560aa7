"""`zprof secret`: what a local secrets manager keeps, in files of this user alone."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, NewStore, Zprof

import zprof as library

VALUE = "hunter2 with 'quotes', $HOME and ü"


@pytest.fixture
def vault(zprof: Zprof) -> Zprof:
    """The command, with a local secrets manager in the stack in effect."""
    for words in (
        ("secrets-manager", "register", "vault", "-f", "local"),
        ("stack", "update", "default", "-x", "vault"),
    ):
        assert zprof(*words).code == 0
    return zprof


def keep(zprof: Zprof, name: str, value: str = VALUE, *options: str) -> None:
    Path("value").write_text(value)
    done = zprof("-q", "secret", "set", name, "@value", *options)
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.on_both
def test_set_get_list_and_rm(vault: Zprof) -> None:
    keep(vault, "db.password")
    keep(vault, "db.user", "ann")
    keep(vault, "aws.key", "x")
    assert vault("secret", "get", "db.password").out == f"{VALUE}\n"
    assert vault("secret", "list", "-o", "name").out == "aws.key\ndb.password\ndb.user\n"
    assert VALUE not in vault("secret", "list").out + vault("secret", "list", "-o", "json").out
    assert vault("secret", "rm", "db.password").code == 7
    removed = vault("-q", "secret", "rm", "db.password", "-y")
    assert (removed.code, removed.out, removed.err) == (0, "", "")
    missing = vault("secret", "get", "db.usr")
    assert (missing.code, missing.out) == (3, "")
    assert "Did you mean 'db.user'?" in missing.err
    assert vault("secret", "rm", "db.password", "-y").code == 3
    assert vault("secret", "list", "-o", "name").out == "aws.key\ndb.user\n"


def test_the_file_is_of_this_user_alone(vault: Zprof, config: Path) -> None:
    before = os.umask(0)
    try:
        keep(vault, "db.password")
    finally:
        os.umask(before)
    (file,) = (config / "secrets").iterdir()
    place = library.open_profile().component("secrets_manager", "vault").place
    assert file.name == f"{place}.json"
    assert (file.stat().st_mode & 0o777, (config / "secrets").stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(file.read_text())["secrets"] == {"db": {"password": VALUE}}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_one_that_others_can_read_is_refused(vault: Zprof, config: Path, mode: int) -> None:
    keep(vault, "db.password")
    (file,) = (config / "secrets").iterdir()
    file.chmod(mode)
    refused = vault("secret", "get", "db.password")
    assert (refused.code, refused.out) == (7, "")
    assert f"chmod 600 {file}" in refused.err
    assert str(file) in vault("doctor").out
    vault("doctor", "--fix")
    assert vault("secret", "get", "db.password").code == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"secrets": 5}', '{"secrets": {"db": {"x": 5}}}', "\udcff", "{" * 9999, "[" * 9999]
)
def test_a_file_that_zprof_would_not_write(vault: Zprof, config: Path, content: str) -> None:
    keep(vault, "db.password")
    (file,) = (config / "secrets").iterdir()
    file.write_text(content, errors="surrogateescape")
    for words in (("list",), ("get", "db.password"), ("set", "db.x", "@value")):
        refused = vault("secret", *words)
        assert (refused.code, refused.out) == (1, ""), words
        assert str(file) in refused.err
    assert file.read_text(errors="surrogateescape") == content


@pytest.mark.parametrize(
    "words",
    [("db.password", "hunter2"), ("db.password=hunter2",), ("db.password", "hunter2", "@value"), ("hunter2",),
     ("db.password", "--value=hunter2"), ("-hunter2.x", "-")],
)  # fmt: skip
def test_a_value_on_the_command_line_is_refused(vault: Zprof, config: Path, words: tuple[str, ...]) -> None:
    refused = vault("secret", "set", *words)
    assert (refused.code, refused.out) == (2, "")
    assert "hunter2" not in refused.err.replace("-hunter2", "") or words[0].startswith("-")
    assert not (config / "secrets").exists()


@pytest.mark.parametrize(
    "name",
    ["db", "db.", ".x", "d b.x", "db.x y", "dä.x", "-db.x", "db.-x", "db/x.y", "x" * 65 + ".y", "db.x\n", "{{db.x}}"],
)
def test_names_that_are_none(vault: Zprof, name: str) -> None:
    Path("value").write_text("x")
    assert vault("secret", "set", "--", name, "@value").code == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"a\0", "NUL"), (b"********", "shown in place"), (b"\xff", "not text"),
     (b"x" * 65537, "larger than 64 KiB")],
)  # fmt: skip
def test_values_that_are_none(vault: Zprof, config: Path, content: bytes, why: str) -> None:
    Path("value").write_bytes(content)
    refused = vault("secret", "set", "db.x", "@value")
    assert (refused.code, why in refused.err) == (2, True)
    assert not (config / "secrets").exists()


def test_stdin(vault: Zprof, script: Zprof) -> None:
    assert script("secret", "set", "db.x", "-", stdin=f"{VALUE}\n").code == 0
    assert vault("secret", "get", "db.x").out == f"{VALUE}\n"
    nothing = script("secret", "set", "db.y", stdin="x")
    assert (nothing.code, "Give - for stdin" in nothing.err) == (7, True)


def test_it_is_printed_to_the_letter(vault: Zprof) -> None:
    keep(vault, "db.odd", "\x1b[31mred\x1b[0m")
    done = subprocess.run([SCRIPT, "secret", "get", "db.odd"], capture_output=True, check=True)
    assert done.stdout == b"\x1b[31mred\x1b[0m\n"


def test_a_terminal_is_asked_twice_and_shows_nothing(vault: Zprof) -> None:
    child = pexpect.spawn(str(SCRIPT), ["secret", "set", "db.x"], encoding="utf-8", timeout=30)
    for answer in ("hunter2", "hunter3", "hunter2", "hunter2"):
        child.expect(r"(The value of 'db\.x'|Repeat for confirmation): ")
        child.sendline(answer)
    child.expect(pexpect.EOF)
    assert "hunter" not in str(child.before)
    child.close()
    assert child.exitstatus == 0
    assert vault("secret", "get", "db.x").out == "hunter2\n"


def test_another_secrets_manager(vault: Zprof) -> None:
    vault("secrets-manager", "register", "other", "-f", "local")
    vault("secrets-manager", "register", "far", "-f", "aws", "--region_name=eu-west-1")
    keep(vault, "db.x", "one")
    keep(vault, "db.x", "two", "--manager", "other")
    assert vault("secret", "get", "db.x").out == "one\n"
    assert vault("secret", "get", "db.x", "--manager", "other").out == "two\n"
    elsewhere = vault("secret", "list", "--manager", "far")
    assert (elsewhere.code, "keeps its secrets elsewhere" in elsewhere.err) == (2, True)
    assert vault("secret", "list", "--manager", "nope").code == 3
    vault("stack", "remove-component", "default", "-x")
    assert vault("secret", "list").code == 3


def test_secrets_follow_a_renaming_and_not_a_copy(vault: Zprof) -> None:
    keep(vault, "db.x")
    vault("secrets-manager", "rename", "vault", "safe")
    vault("secrets-manager", "copy", "safe", "twin")
    assert vault("secret", "get", "db.x").out == f"{VALUE}\n"
    assert vault("secret", "list", "--manager", "twin", "-o", "name").out == ""


def test_each_user_of_a_store_has_secrets_of_their_own(
    zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("profile", "create", "team", "--url", "team.db")
    zprof("-p", "team", "secrets-manager", "register", "vault", "-f", "local")
    keep(zprof, "db.x", "mine", "-p", "team", "--manager", "vault")
    (file,) = (config / "secrets").iterdir()
    assert not re.search(library.open_profile("team").component("secrets_manager", "vault").place, file.name)
    monkeypatch.setenv("ZPROF_CONFIG_PATH", str(home / "bob"))
    zprof("profile", "create", "team", "--url", "team.db")
    assert zprof("-p", "team", "secret", "list", "--manager", "vault", "-o", "name").out == ""


@pytest.mark.slow
def test_twenty_terminals_lose_nothing(vault: Zprof, home: Path) -> None:
    (home / "value").write_text(VALUE)
    running = [
        subprocess.Popen(
            [SCRIPT, "-q", "secret", "set", f"db.key{number}", "@value"], stderr=subprocess.PIPE, text=True
        )
        for number in range(20)
    ]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 20, told
    assert len(vault("secret", "list", "-o", "name").out.splitlines()) == 20


def test_who_waits_says_so_and_gives_up(vault: Zprof, config: Path) -> None:
    keep(vault, "db.x")
    descriptor = os.open(config / "secrets", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        busy = vault("secret", "set", "db.y", "@value", "--lock-timeout", "0.2")
        assert vault("secret", "get", "db.x").code == 0  # who reads waits for nobody
    finally:
        os.close(descriptor)
    assert (busy.code, str(config / "secrets") in busy.err) == (5, True)
    assert vault("secret", "set", "db.y", "@value").code == 0


def test_a_file_does_not_grow_beyond_what_can_be_read(vault: Zprof, config: Path) -> None:
    Path("value").write_text("x" * 65536)
    codes = [vault("secret", "set", f"db.key{number}", "@value").code for number in range(17)]
    assert codes == [0] * 15 + [1] * 2
    assert len(vault("secret", "list", "-o", "name").out.splitlines()) == 15


def test_one_that_is_killed_leaves_what_was_there(vault: Zprof, config: Path) -> None:
    keep(vault, "db.x")
    (file,) = (config / "secrets").iterdir()
    program = (
        "import os, signal, sys; from zprof.__main__ import run\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
        "run(['secret', 'set', 'db.y', '@value'])"
    )
    before = file.read_text()
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == -9
    assert file.read_text() == before
    keep(vault, "db.y", "after")
    assert vault("secret", "get", "db.y").out == "after\n"


def test_a_hint_in_a_new_store_of_a_kind(vault: Zprof, new_store: NewStore) -> None:
    assert vault("profile", "create", "other", *new_store()).code == 0
    told = vault("-p", "other", "secret", "list")
    assert "`zprof -p other secrets-manager register NAME --flavor local`" in told.err
