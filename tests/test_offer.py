"""A project's file that holds the URL of a shared store: `zprof init --share` writes it, and `--join` joins it."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import psycopg
import pytest
from conftest import SCRIPT, Result, Zprof
from postgresql_server import Server
from terminal import all_shown
from test_imports import ALLOWED, IN_A_REPOSITORY, populated, populated_home

from zprof.active.offer import url_in_file
from zprof.errors import InvalidURL

__all__ = ["populated", "populated_home"]

STACK = ("-o", "default", "-a", "default", "-m", "default")
HEADER = "# Written by zprof; safe to commit.\n"


def write(project: Path, url: str, profile: str = "team", more: str = "") -> Path:
    """The file of a project, as somebody else wrote it."""
    file = project / ".zprof" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"profile = {json.dumps(profile)}\nurl = {json.dumps(url)}\n{more}")
    return file


def read(project: Path) -> str:
    return (project / ".zprof" / "config.toml").read_text().removeprefix(HEADER)


@pytest.fixture
def project(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a store in it, that no profile has any more; the working directory."""
    path = home / "project"
    (path / "data").mkdir(parents=True)
    monkeypatch.chdir(path)
    for words in (
        ("profile", "create", "team", "--url", "data/team.db"),
        ("-p", "team", "stack", "register", "prod", *STACK),
        ("profile", "delete", "team", "-y"),
    ):
        assert zprof(*words).code == 0
    return path


# Joining


def test_a_clone_joins_the_store(project: Path, zprof: Zprof) -> None:
    file = write(project, "data/team.db", more='stack = "prod"\n')
    missing = zprof("stack", "list")
    assert missing == Result(
        3,
        "",
        f"Error: There is no profile named 'team' though {file} names it.\n"
        "Run `zprof init --join` to get it, or `zprof profile set default --personal` to use another.\n",
    )
    assert "    zprof init --join\n" in zprof("doctor").out
    assert zprof("init", "--join", "--yes") == Result(
        0,
        "",
        f"{file} offers the store at {project}/data/team.db\n"
        "Initializing profile `team`...\n"
        f"Joined the store at {project}/data/team.db with 2 stacks.\n"
        f"The project at {project} has the profile 'team'.\n",
    )
    assert zprof("stack", "get").out == "prod\n"
    assert zprof("profile", "get").out == "team\n"
    assert zprof("doctor").out == ""
    again = zprof("init", "--join")
    assert again == Result(0, "", f"The profile 'team' already has the store at {project}/data/team.db.\n")


def test_it_counts_from_the_project_wherever_one_is(
    project: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "data/team.db")
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")
    assert zprof("init", "--join", "-y").code == 0
    assert zprof("profile", "delete", "team", "-y").code == 7
    monkeypatch.chdir(project.parent)
    assert zprof("profile", "delete", "team", "-y").code == 0
    assert zprof("init", "--join", "-y", "project").code == 0
    assert zprof("-p", "team", "stack", "list", "-o", "name").out == "default\nprod\n"
    assert zprof("init", "--join", "-y").code == 3
    assert zprof("init", "--join", "-y", "project/data").code == 3


def test_without_a_terminal_it_asks_for_yes(project: Path, zprof: Zprof) -> None:
    write(project, "data/team.db")
    for words in ((), ("-q",), ("--output", "json")):
        refused = zprof("init", "--join", *words)
        assert (refused.code, refused.out) == (7, "")
        assert f"Join the store at {project}/data/team.db as the profile 'team'?" in refused.err
        assert "Add --yes." in refused.err
    assert zprof("profile", "list", "-o", "name").out == "default\n"


def test_on_a_terminal_it_asks(project: Path, zprof: Zprof) -> None:
    write(project, "data/team.db")
    for answer, code, profiles in (("n", 7, "default\n"), ("y", 0, "default\nteam\n")):
        child = pexpect.spawn(str(SCRIPT), ["init", "--join"], encoding="utf-8", timeout=30)
        child.expect_exact(f"Join the store at {project}/data/team.db as the profile 'team'? [y/N]: ")
        child.sendline(answer)
        all_shown(child)
        assert child.exitstatus == code
        assert zprof("profile", "list", "-o", "name").out == profiles


def test_a_store_that_is_not_there_is_not_made(project: Path, zprof: Zprof) -> None:
    """Else the colleague would work in an empty look-alike."""
    write(project, "data/other.db")
    refused = zprof("-q", "init", "--join", "-y")
    assert (refused.code, f"There is no store at {project}/data/other.db." in refused.err) == (3, True)
    assert zprof("profile", "list", "-o", "name").out == "default\n"
    assert sorted(path.name for path in (project / "data").glob("*.db")) == ["team.db"]


def test_what_is_there_and_is_no_store(project: Path, zprof: Zprof) -> None:
    write(project, "data/x.db")
    (project / "data" / "x.db").write_text("something else" * 100)
    assert zprof("init", "--join", "-y").code == 6
    (project / "data" / "x.db").write_bytes(b"")
    assert zprof("init", "--join", "-y").code == 6
    assert zprof("profile", "list", "-o", "name").out == "default\n"


def test_a_store_on_a_server(zprof: Zprof, home: Path, postgresql: Server) -> None:
    url = postgresql.url(postgresql.new_schema())
    write(home, url)
    refused = zprof("-q", "init", "--join", "-y")
    assert (refused.code, "There is no store at " in refused.err) == (3, True)
    assert zprof("profile", "create", "ours", "--url", url).code == 0
    joined = zprof("init", "--join", "-y")
    assert (joined.code, "with 1 stack.\n" in joined.err) == (0, True)
    assert "The profile 'ours' has the same store.\n" in joined.err
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert "already" in zprof("init", "--join").err


def test_a_profile_of_the_name_with_another_store_is_a_conflict(project: Path, zprof: Zprof, config: Path) -> None:
    for name, new_name in (("team", "mine"), ("TEAM", "other")):
        assert zprof("profile", "create", name).code == 0
        file = write(project, "data/team.db")
        refused = zprof("-q", "init", "--join", "-y")
        assert refused.code == 4
        assert f"The profile '{name}' has the store at sqlite://{config}/profiles/{name}.db" in refused.err
        assert f"{file} offers one at {project}/data/team.db as 'team'" in refused.err
        file.unlink()
        assert zprof("profile", "rename", name, new_name).code == 0
    write(project, "data/team.db")
    assert zprof("init", "--join", "-y").code == 0


def test_renaming_the_profile_that_is_in_the_way_leaves_the_offer(project: Path, zprof: Zprof) -> None:
    """The project's file means the other one; and follows where it is joined, also where it holds no usable URL."""
    assert zprof("profile", "create", "team").code == 0
    file = write(project, "data/team.db")
    before = file.read_text()
    assert zprof("profile", "rename", "team", "mine").code == 0
    assert file.read_text() == before
    assert zprof("init", "--join", "-y").code == 0
    for url in ("data/team.db", ""):
        file = write(project, url)
        assert zprof("profile", "rename", "team", "crew").code == 0
        assert 'profile = "crew"' in file.read_text()
        assert zprof("profile", "rename", "crew", "team").code == 0


def test_a_store_is_known_through_a_link_to_where_it_lies(project: Path, zprof: Zprof) -> None:
    """As where a home is a link: what is offered counts from where the project really is."""
    (project.parent / "link").symlink_to(project)
    assert zprof("profile", "create", "team", "--url", str(project.parent / "link" / "data" / "team.db")).code == 0
    write(project, "data/team.db")
    assert "already" in zprof("init", "--join").err


def test_a_profile_of_another_name_with_the_store_is_told(project: Path, zprof: Zprof) -> None:
    write(project, "data/team.db")
    assert zprof("profile", "create", "ours", "--url", "data/team.db").code == 0
    joined = zprof("init", "--join", "-y")
    assert (joined.code, "The profile 'ours' has the same store.\n" in joined.err) == (0, True)
    assert zprof("profile", "get").out == "team\n"


def test_a_personal_choice_still_counts(project: Path, zprof: Zprof) -> None:
    write(project, "data/team.db")
    assert zprof("profile", "set", "default", "--personal").code == 0
    joined = zprof("init", "--join", "-y")
    assert f"Warning: Here 'default' is still in effect: {project}/.zprof/local.toml names it.\n" in joined.err


def test_a_file_that_offers_nothing(project: Path, zprof: Zprof) -> None:
    assert zprof("init", "--join").code == 3
    file = write(project, "data/team.db")
    for text, code, says in [
        ('profile = "team"\n', 3, "has no URL of a shared store"),
        ('profile = "team"\nurl = 3\n', 3, "has no URL of a shared store"),
        ('url = "data/team.db"\n', 2, "no name for the profile"),
        ("profile = ", 2, "is malformed"),
        ('profile = "team"\nurl = ""\n', 2, "can't be used"),
    ]:
        file.write_text(text)
        refused = zprof("-q", "init", "--join", "-y")
        assert (refused.code, says in refused.err) == (code, True), text
    assert zprof("init", "--join", "--share").code == 2
    (project / ".zprof" / "local.toml").write_text('profile = "team"\nurl = "data/team.db"\n')
    file.write_text("")
    assert zprof("init", "--join", "-y").code == 3  # a personal file offers nothing


# A stranger's file


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://ann:hunter2@db.example.org/ml", "It contains a password."),
        ("postgresql://ann:${env:AWS_SECRET_ACCESS_KEY}@db.example.org/ml", "It contains a reference"),
        ("postgresql://${env:HOME}@db.example.org/ml", "It contains a reference"),
        ("postgresql://ann@db.example.org/${env:HOME}", "It contains a reference"),
        ("data/{{aws.key}}.db", "It contains a reference"),
        ("postgresql://ann@db.example.org/ml?password=hunter2", "would be a secret"),
        ("postgresql://ann@db.example.org/ml?passfile=/x", "can't have a parameter 'passfile'"),
        ("postgresql://ann@db.example.org/ml?sslkey=keys/k", "It contains a relative path."),
        ("sqlite:///./data/team.db", "It contains a relative path."),
        ("postgresql:///ml?host=/tmp/x", "has no host"),
        ("mysql://ann:hunter2@db/ml", "can't hold a profile's store"),
        ("file:data/team.db", "can't hold a profile's store"),
        ("data/\u0007team.db", "control characters"),
        ("sqlite:///x.db?mode=memory", "can't have a query"),
    ],
)
def test_a_url_that_is_not_used(project: Path, zprof: Zprof, url: str, says: str) -> None:
    file = write(project, url)
    refused = zprof("-q", "init", "--join", "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert str(file) in refused.err
    assert "hunter2" not in refused.err
    assert zprof("profile", "list", "-o", "name").out == "default\n"


def test_a_path_out_of_the_project_is_shown_and_asked_about(project: Path, zprof: Zprof) -> None:
    (project / "data" / "team.db").rename(project.parent / "team.db")
    for url in ("../team.db", f"{project.parent}/team.db", f"sqlite://{project.parent}/team.db", "~/team.db"):
        write(project, url)
        refused = zprof("init", "--join")
        assert refused.code == 7
        assert f"offers the store at {project.parent}/team.db\nWarning: It is not within the project.\n" in refused.err
    assert zprof("init", "--join", "-y").code == 0


@pytest.mark.parametrize("is_directory", [False, True])
def test_a_link_out_of_the_project_is_not_followed(
    project: Path, zprof: Zprof, config: Path, *, is_directory: bool
) -> None:
    """What it leads to may be a store of this user's own."""
    link = project / ("profiles" if is_directory else "link.db")
    link.symlink_to(config / "profiles" if is_directory else config / "profiles" / "default.db")
    write(project, "profiles/default.db" if is_directory else "link.db")
    refused = zprof("-q", "init", "--join", "-y")
    assert (refused.code, f"points to {config}/profiles/default.db." in refused.err) == (7, True)
    assert zprof("profile", "list", "-o", "name").out == "default\n"


class Touched:
    """What is asked of the system about something that only a project's file names."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.seen: list[str] = []
        self._names = names
        for name in ("stat", "lstat", "access", "readlink", "open", "listdir", "scandir", "link", "mkdir"):
            monkeypatch.setattr(os, name, self.told(getattr(os, name)))
        monkeypatch.setattr(sqlite3, "connect", self.told(sqlite3.connect))
        monkeypatch.setattr(socket, "getaddrinfo", self.told(socket.getaddrinfo))
        monkeypatch.setattr(psycopg, "connect", self.told(psycopg.connect))
        monkeypatch.setattr(psycopg.Connection, "connect", self.told(psycopg.Connection.connect))

    def told(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def telling(*arguments: Any, **options: Any) -> Any:
            asked = f"{function.__name__}{arguments}{options}"
            self.seen += [asked] if any(name in asked for name in self._names) else []
            return function(*arguments, **options)

        return telling


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["default", "far-away"])
@pytest.mark.parametrize("url", ["canary/store.db", "/canary/store.db", "postgresql://ann@canary.example.org/ml"])
def test_nothing_is_done_with_a_strangers_url_before_a_person_agrees(
    populated: None, first_run: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch, profile: str, url: str
) -> None:
    (home / "canary").mkdir()
    first_run("profile", "create", "canary", "--url", "canary/store.db")
    first_run("profile", "delete", "canary", "-y")
    write(home, url, profile)
    touched = Touched(monkeypatch, "canary")
    lines = [*ALLOWED, *IN_A_REPOSITORY]
    for line in [*lines, "init --join", "init --join -q", "profile get", "doctor --fix"]:
        # What writes other names drops it, so it is written again.
        write(home, url, profile)
        first_run(*line.split())
        assert touched.seen == [], line
    write(home, url, "canary")
    first_run("init", "--join", "--yes")
    assert touched.seen  # so it would have been seen


def test_a_url_in_a_file_is_the_same_from_everywhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    for root in (tmp_path, tmp_path / "link"):
        assert url_in_file(str(root), "data/team.db") == f"sqlite://{tmp_path}/data/team.db"
        assert url_in_file(str(root), "./a:b.db") == f"sqlite://{tmp_path}/a:b.db"
    with pytest.raises(InvalidURL):
        url_in_file(str(tmp_path), "data/${env:HOME}.db")


# Sharing


def test_init_writes_no_url_unless_told(zprof: Zprof, home: Path) -> None:
    zprof("profile", "create", "team", "--url", "team.db")
    assert zprof("-p", "team", "init").code == 0
    assert read(home) == 'profile = "team"\nstack = "default"\n'


def test_share(zprof: Zprof, home: Path) -> None:
    zprof("profile", "create", "team", "--url", "data/../team.db")
    shared = zprof("-p", "team", "init", "--share")
    offers = f"The project at {home} offers the store at team.db: others join it with `zprof init --join`.\n"
    assert (shared.code, shared.err.endswith(offers)) == (0, True)
    assert read(home) == 'profile = "team"\nstack = "default"\nurl = "team.db"\n'
    (home / "below").mkdir()
    assert zprof("init", "--share") == Result(0, "", offers)
    assert zprof("init", "--share", str(home)) == Result(0, "", offers)


def test_share_in_a_repository(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "create", "team", "--url", "team.db")
    assert zprof("-p", "team", "init").code == 0
    (home / "below").mkdir()
    monkeypatch.chdir(home / "below")
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")  # which the file does not name
    assert zprof("init", "--share").code == 0
    assert read(home) == 'profile = "team"\nstack = "default"\nurl = "team.db"\n'
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    # The URL goes with the profile.
    changed = zprof("profile", "set", "default").err
    assert changed.endswith(f"The URL of its store was dropped from {home}/.zprof/config.toml\n")
    assert read(home) == 'profile = "default"\n'
    zprof("profile", "set", "team")
    zprof("init", "--share")
    assert zprof("stack", "set", "default").code == 0
    assert zprof("profile", "rename", "team", "crew").code == 0
    assert read(home) == 'profile = "crew"\nstack = "default"\nurl = "team.db"\n'
    zprof("profile", "unset")
    assert read(home) == ""
    assert zprof("init", "--share").code == 2


def test_a_store_of_ones_own_is_not_shared(zprof: Zprof, home: Path, config: Path) -> None:
    refused = zprof("-q", "init", "--share")
    assert (refused.code, "is in the config directory" in refused.err) == (7, True)
    assert not (home / ".zprof").exists()
    assert zprof("init").code == 0
    before = read(home)
    assert zprof("init", "--share").code == 7
    assert read(home) == before


@pytest.mark.parametrize("name", ["a:b.db", "~x.db", "odd 'name'.db", 'quo"ted.db', "back\\slash.db", "ü.db"])
def test_what_is_shared_can_be_joined(zprof: Zprof, home: Path, name: str) -> None:
    assert zprof("profile", "create", "team", "--url", f"./{name}").code == 0
    assert zprof("-p", "team", "init", "--share").code == 0
    assert str(home) not in read(home)
    assert "already" in zprof("init", "--join").err


def test_a_store_elsewhere_is_shared_by_its_whole_path(zprof: Zprof, home: Path, tmp_path: Path) -> None:
    (home / "project").mkdir()
    assert zprof("profile", "create", "team", "--url", str(home / "far.db")).code == 0
    assert zprof("-p", "team", "init", "--share", "project").code == 0
    assert f'url = "sqlite://{home}/far.db"\n' in read(home / "project")


@pytest.mark.parametrize("credentials", ["ann:${env:PGPW}@", "ann:hunter2@", "ann@"])
def test_no_password_and_no_reference_is_shared(zprof: Zprof, home: Path, config: Path, credentials: str) -> None:
    with sqlite3.connect(config / "registry.db") as registry:
        registry.execute(
            "UPDATE profile SET url = ?", (f"postgresql+psycopg://{credentials}db.example.org:5432/ml?schema=zprof",)
        )
    registry.close()
    assert zprof("init", "--share").code == 0
    assert read(home).endswith('url = "postgresql://ann@db.example.org:5432/ml?schema=zprof"\n')


@pytest.mark.parametrize("content", ["broken", "SQLite format 3\0" + "x" * 4096])
def test_what_can_not_be_joined_leads_to_no_restore(zprof: Zprof, home: Path, content: str) -> None:
    """`zprof db restore` would act on the store of the profile in effect."""
    (home / "broken.db").write_text(content)
    (home / "broken.db").chmod(0o600)
    (home / "p/.zprof").mkdir(parents=True)
    (home / "p/.zprof/config.toml").write_text('profile = "team"\nurl = "../broken.db"\n')
    for words in (("profile", "create", "team", "--url", "broken.db"), ("init", "p", "--join", "--yes")):
        refused = zprof("-q", *words)
        assert refused.code == 6
        assert refused.err.endswith("Nothing was changed in it, and no profile was created. Choose another path.\n")
    assert (home / "broken.db").read_text() == content
