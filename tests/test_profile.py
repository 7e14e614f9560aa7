"""`zprof profile`."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, Result, Zprof
from sqlalchemy import make_url

from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.url import for_sqlalchemy, normalised, shown

CREATED = """\
Initializing profile `{0}`...
Initializing store...
Registered stack component with type 'orchestrator' and name 'default'.
Registered stack component with type 'metadata_store' and name 'default'.
Registered stack component with type 'artifact_store' and name 'default'.
Registered stack with name 'default'.
Profile '{0}' successfully created.
"""


def test_create_makes_a_store_with_a_default_stack(zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "staging") == Result(0, "", BANNER + CREATED.format("staging"))
    assert zprof("-p", "staging", "stack", "list", "-o", "name").out == "default\n"
    assert rows(config / "profiles" / "staging.db", "SELECT type, name, flavor, config FROM component") == [
        ("orchestrator", "default", "local", "{}"),
        ("metadata_store", "default", "sqlite", "{}"),
        ("artifact_store", "default", "local", "{}"),
    ]


def test_create_does_not_activate(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    assert zprof("profile", "get").out == "default\n"


def test_profiles_are_isolated(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    zprof("-p", "staging", "stack", "register", "only-here", "-o", "default", "-a", "default", "-m", "default")
    assert zprof("-p", "staging", "stack", "list", "-o", "name").out == "default\nonly-here\n"
    assert zprof("stack", "list", "-o", "name").out == "default\n"


@pytest.mark.parametrize("form", ["sqlite://{}", "{}", "sqlite:///{}"])
def test_create_with_a_url_makes_the_store_there(zprof: Zprof, tmp_path: Path, form: str) -> None:
    place = tmp_path / "shared store.db"
    assert zprof("profile", "create", "team", "--url", form.format(place)).code == 0
    assert place.stat().st_mode & 0o777 == 0o600
    url = f"sqlite://{str(place).replace(' ', '%20')}"
    assert f'"url": "{url}"' in zprof("profile", "describe", "team", "-o", "json").out


def test_create_with_the_url_of_a_store_joins_it(zprof: Zprof, tmp_path: Path) -> None:
    place = tmp_path / "shared.db"
    zprof("profile", "create", "first", "--url", str(place))
    zprof("-p", "first", "stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default")
    before = rows(place, "SELECT * FROM change ORDER BY id")

    joined = zprof("profile", "create", "second", "-u", str(place))
    assert joined == Result(
        0,
        "",
        BANNER + f"Initializing profile `second`...\nJoined the store at {place} with 2 stacks.\n"
        "Profile 'second' successfully created.\n",
    )
    assert rows(place, "SELECT * FROM change ORDER BY id") == before
    assert zprof("-p", "second", "stack", "list", "-o", "name").out == "default\nprod\n"
    assert zprof("-p", "second", "stack", "get").out == "default\n"


def test_a_joined_store_without_a_default_stack_offers_its_first(zprof: Zprof, tmp_path: Path) -> None:
    place = tmp_path / "shared.db"
    zprof("profile", "create", "first", "--url", str(place))
    zprof("-p", "first", "stack", "rename", "default", "main")
    zprof("profile", "create", "second", "--url", str(place))
    assert zprof("-p", "second", "stack", "get").out == "main\n"


def test_create_from_another_profile(zprof: Zprof, config: Path, tmp_path: Path) -> None:
    zprof("orchestrator", "register", "docker", "-f", "local_docker", "--docker_parent_image=x")
    zprof("stack", "register", "prod", "-o", "docker", "-a", "default", "-m", "default", "--set")
    copied = zprof("profile", "create", "twin", "--from", "default")
    assert copied.err == (
        BANNER + "Copying the store of the profile 'default'...\nProfile 'twin' successfully created.\n"
    )
    for words in (("stack", "list"), ("orchestrator", "list"), ("stack", "describe", "prod")):
        # Their local stores are others, at places of their own.
        twin, its_source = (
            re.sub("/[0-9a-f]{32}", "/PLACE", zprof(*option, *words, "-o", "json").out)
            for option in (("-p", "twin"), ())
        )
        assert twin == its_source
    assert zprof("-p", "twin", "stack", "get").out == "prod\n"
    zprof("-p", "twin", "stack", "rename", "prod", "other")
    assert zprof("stack", "list", "-o", "name").out == "default\nprod\n"
    assert (config / "profiles" / "twin.db").stat().st_mode & 0o777 == 0o600
    assert zprof("profile", "create", "third", "--from", "twin", "--url", str(tmp_path / "x.db")).code == 0
    for options, code in [
        (("--from", "nope"), 3),
        (("--from", "twin", "--url", str(tmp_path / "x.db")), 4),
    ]:
        assert zprof("profile", "create", "fourth", *options).code == code
    assert zprof("profile", "list", "-o", "name").out == "default\nthird\ntwin\n"


@pytest.mark.slow
def test_create_from_a_profile_that_others_write_to(script: Zprof, config: Path) -> None:
    script("profile", "list")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        for number in range(4):
            assert script("profile", "create", f"copy{number}", "--from", "default").code == 0
    finally:
        writer.kill()
        writer.communicate()
    for number in range(4):
        copy = config / "profiles" / f"copy{number}.db"
        assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
        # The writer adds two at a time.
        (count,) = rows(copy, "SELECT count(*) FROM component WHERE name <> 'default'")
        assert int(str(count[0])) % 2 == 0


WRITER = """
import zprof
print("go", flush=True)
for number in range(100000):
    with zprof.open_profile("default").change() as change:
        change.register_component("orchestrator", f"a{number}", "local", {})
        change.register_component("orchestrator", f"b{number}", "local", {})
"""


def test_a_relative_url_is_made_absolute(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert zprof("profile", "create", "here", "--url", "./store.db").code == 0
    assert zprof("profile", "create", "home", "--url", "~/other.db").code == 0
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    assert zprof("-p", "here", "stack", "list", "-o", "name").out == "default\n"
    assert (home / "store.db").exists()
    assert (home / "other.db").exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../x", 2),
        ("", 2),
        ("a" * 300, 2),
        ("a" * 65, 2),
        ("a\nb", 2),
        ("a\n", 2),
        ("\x1b[31mred", 2),
        (".", 2),
        ("..", 2),
        (".hidden", 2),
        ("a/b", 2),
        ("/abs", 2),
        ("é", 2),
        ("a b", 2),
        ("Default", 4),
        ("default", 4),
    ],
)
def test_create_refuses_a_bad_name(zprof: Zprof, config: Path, name: str, code: int) -> None:
    before = everything_below(config)
    refused = zprof("-q", "profile", "create", name)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") == 2
    assert refused.err[:-1].replace("\n", "").isprintable()
    assert everything_below(config) == before


def test_names_that_are_allowed(zprof: Zprof) -> None:
    for name in ("a" * 64, "0", "null", "true", "123", "a.b-c_d"):
        assert zprof("profile", "create", name).code == 0, name
        assert zprof("profile", "describe", name, "-o", "name").out == f"{name}\n"


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("mysql://host/db", 2, "'mysql'"),
        ("ftp://x", 2, "sqlite"),
        ("sqlite://", 2, "must name a file"),
        ("sqlite:///:memory:", 2, "in-memory store would be lost"),
        ("sqlite:///x.db?mode=ro", 2, "can't have a query"),
        (":memory:", 2, "in-memory store would be lost"),
        ("{tmp}/x.db-journal", 2, "-journal"),
        ("sqlite://{tmp}/x.lock", 2, ".lock"),
        ("sqlite://host/x.db", 2, "not the URL of a file"),
        ("", 2, "can't be empty"),
        ("{tmp}/no\nline.db", 2, "control characters"),
        ("{tmp}", 6, "is a directory"),
        ("{tmp}/text.db", 6, "is not a SQLite database"),
        ("{tmp}/empty.db", 6, "is an empty file"),
        ("{tmp}/foreign.db", 6, "was not created by zprof"),
        ("{tmp}/newer.db", 6, "newer zprof"),
        ("{config}/registry.db", 6, "zprof's registry"),
        ("{tmp}/nowhere/x.db", 1, "can't be created: No such file or directory"),
    ],
)
def test_create_refuses_a_bad_url(zprof: Zprof, config: Path, tmp_path: Path, url: str, code: int, says: str) -> None:
    (tmp_path / "text.db").write_text("This is a text, and long enough to be no database header. " * 20)
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as foreign:
        foreign.execute("CREATE TABLE someones (data)")
    zprof("profile", "create", "future", "--url", str(tmp_path / "newer.db"))
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer:
        newer.executescript("PRAGMA user_version = 99; UPDATE format SET version = 99, min_reader = 99")
    before = everything_below(tmp_path)

    refused = zprof("-q", "profile", "create", "p", "--url", url.format(tmp=tmp_path, config=config))
    assert (refused.code, refused.out) == (code, "")
    assert says in refused.err
    assert refused.err.count("\n") == 2
    assert everything_below(tmp_path) == before
    assert zprof("profile", "list", "-o", "name").out == "default\nfuture\n"


def test_list(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    assert zprof("profile", "list", "-o", "csv").out == (
        "active,name,store_type,url,active_stack\n"
        f"yes,default,sqlite,sqlite://{config}/profiles/default.db,default\n"
        f",staging,sqlite,sqlite://{config}/profiles/staging.db,default\n"
    )


def test_sqlite3_shows_what_list_shows(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    zprof("profile", "set", "staging")
    assert rows(config / "registry.db", "select name, url, is_active from profile") == [
        ("default", f"sqlite://{config}/profiles/default.db", 0),
        ("staging", f"sqlite://{config}/profiles/staging.db", 1),
    ]


def test_set_and_get(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    assert zprof("profile", "set", "staging") == Result(0, "", BANNER + "Active profile changed to: 'staging'\n")
    assert zprof("profile", "get") == Result(0, "staging\n", "")
    again = zprof("-q", "profile", "set", "staging")
    assert again == Result(0, "", "")
    assert "Profile 'staging' is already active." in zprof("profile", "set", "staging").err


def test_set_of_an_unknown_profile(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    refused = zprof("-q", "profile", "set", "stagin")
    assert refused == Result(
        3, "", "Error: There is no profile named 'stagin'.\nDid you mean 'staging'? See `zprof profile list`.\n"
    )
    assert zprof("profile", "get").out == "default\n"


def test_rename(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    zprof("profile", "set", "staging")
    assert zprof("-q", "profile", "rename", "staging", "production").code == 0
    assert zprof("profile", "get").out == "production\n"
    assert (config / "profiles" / "staging.db").exists()
    assert zprof("profile", "rename", "production", "default").code == 4
    assert zprof("profile", "rename", "production", "DEFAULT").code == 4
    assert zprof("profile", "rename", "production", "a/b").code == 2
    assert zprof("profile", "rename", "nope", "other").code == 3
    assert zprof("profile", "rename", "production", "Production").code == 0
    assert zprof("profile", "list", "-o", "name").out == "Production\ndefault\n"


def test_a_name_that_was_freed_gets_a_file_of_its_own(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    zprof("profile", "rename", "staging", "old")
    zprof("-p", "old", "stack", "rename", "default", "kept")
    assert zprof("profile", "create", "staging").code == 0
    assert (config / "profiles" / "staging-2.db").exists()
    assert zprof("-p", "old", "stack", "list", "-o", "name").out == "kept\n"
    assert zprof("-p", "staging", "stack", "list", "-o", "name").out == "default\n"


def test_delete_keeps_the_store_in_the_backups(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "staging")
    deleted = zprof("-q", "profile", "delete", "staging", "-y")
    assert deleted == Result(0, "", "")
    assert zprof("profile", "list", "-o", "name").out == "default\n"
    assert sorted(path.name for path in (config / "profiles").glob("*.db")) == ["default.db"]
    (kept,) = (config / "backups").glob("staging.*.deleted.*.db")
    assert rows(kept, "PRAGMA integrity_check") == [("ok",)]
    assert rows(kept, "SELECT stack_name FROM stack_overview") == [("default",)]


def test_delete_leaves_a_store_elsewhere_alone(zprof: Zprof, tmp_path: Path) -> None:
    place = tmp_path / "shared.db"
    zprof("profile", "create", "team", "--url", str(place))
    assert zprof("profile", "delete", "team", "-y").code == 0
    assert rows(place, "SELECT stack_name FROM stack_overview") == [("default",)]


def test_delete_leaves_a_store_alone_that_another_profile_has(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "one")
    zprof("profile", "create", "two", "--url", str(config / "profiles" / "one.db"))
    assert zprof("profile", "delete", "one", "-y").code == 0
    assert zprof("-p", "two", "stack", "list", "-o", "name").out == "default\n"


def test_delete_refuses_the_active_profile(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "create", "staging")
    for words, why in [
        (("profile", "delete", "default", "-y"), "active in the registry"),
        (("-p", "staging", "profile", "delete", "default", "-y"), "active in the registry"),
        (("-p", "staging", "profile", "delete", "staging", "-y"), "named by an option"),
    ]:
        refused = zprof("-q", *words)
        assert (refused.code, why in refused.err) == (7, True), words
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "staging")
    refused = zprof("-q", "profile", "delete", "staging", "-y")
    assert (refused.code, "named by $ZPROF_ACTIVATED_PROFILE" in refused.err) == (7, True)
    assert zprof("-q", "profile", "delete", "default", "-y").code == 7
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"


def test_delete_asks_and_needs_a_terminal_for_it(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    refused = zprof("-q", "profile", "delete", "staging")
    assert refused.code == 7
    assert "--yes" in refused.err
    assert zprof("profile", "delete", "nope").code == 3
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"


def test_the_environment_names_a_profile(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "create", "staging")
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "staging")
    assert zprof("profile", "get").out == "staging\n"
    assert "'staging' (environment)" in zprof("profile", "list").err
    assert "'default' (option)" in zprof("-p", "default", "profile", "list").err
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "")
    assert zprof("profile", "get").out == "default\n"


def test_an_unknown_profile_in_the_environment_is_an_error(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "defaul")
    for words in (("profile", "get"), ("profile", "describe"), ("stack", "list"), ("db", "backup")):
        refused = zprof(*words)
        assert refused.code == 3
        assert "$ZPROF_ACTIVATED_PROFILE names it" in refused.err
        assert "Did you mean 'default'?" in refused.err
    for line in (
        ("profile", "list"),
        ("profile", "create", "new"),
        ("profile", "describe", "new"),
        ("profile", "rename", "new", "newer"),
        ("profile", "protect", "newer"),
        ("profile", "unprotect", "newer"),
        ("profile", "delete", "newer", "--yes"),
    ):
        done = zprof(*line)
        assert (done.code, "Warning: There is no profile named 'defaul'" in done.err) == (0, True), line
    assert zprof("profile", "set", "default").code == 7


def test_a_switch_that_the_environment_would_hide_is_refused(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "create", "staging")
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    refused = zprof("-q", "profile", "set", "staging")
    assert refused.code == 7
    assert "unset ZPROF_ACTIVATED_PROFILE" in refused.err
    assert zprof("profile", "set", "default").code == 0
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    assert zprof("profile", "get").out == "default\n"


def test_a_registry_without_an_active_profile_can_be_mended(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET is_active = 0")
    refused = zprof("profile", "get")
    assert (refused.code, refused.err) == (
        3,
        "Error: No profile is active.\nChoose one with `zprof profile set NAME`.\n",
    )
    assert zprof("profile", "list", "-o", "name").out == "default\n"
    assert "Warning: No profile is active." in zprof("profile", "set", "default").err
    assert zprof("profile", "get").out == "default\n"


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    """What `sqlite3 FILE STATEMENT` would show."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def everything_below(directory: Path) -> dict[str, bytes]:
    """All files and their contents, but for the locks and what a rolled back transaction leaves alone."""
    return {
        str(path): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_a_url_of_one_part_is_asked_about(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy, MLflow and ZenML read it as relative; what it makes here is at the root."""
    refused = zprof("profile", "create", "team", "--url", "sqlite:///team.db")
    assert (refused.code, "Use /team.db? There is no terminal" in refused.err) == (7, True)
    assert (
        "points to /team.db. For a file in this directory, as other programs read it, write --url team.db."
        in refused.err
    )
    assert not Path("/team.db").exists()
    made: list[str] = []

    def noted(registry: Registry, name: str, url: str, source: Profile | None) -> Profile:
        made.append(url)
        return Profile(name, url, None, False, False, "", "")

    monkeypatch.setattr(Registry, "create_profile", noted)
    for words in (("sqlite:///team.db", "--yes"), ("sqlite:////team.db",), ("sqlite:///~/team.db",), ("team.db",)):
        assert zprof("profile", "create", "team", "--url", *words).code == 0
    assert made == ["sqlite:///team.db", "sqlite:////team.db", "sqlite:///~/team.db", "team.db"]


def test_a_url_is_shown_as_others_read_it(zprof: Zprof, home: Path, config: Path) -> None:
    zprof("profile", "create", "team", "--url", "./my team.db")
    shown = json.loads(zprof("profile", "describe", "team", "-o", "json").out)
    assert shown["sqlalchemy_url"] == f"sqlite:///{home}/my team.db"
    assert make_url(shown["sqlalchemy_url"]).database == f"{home}/my team.db"
    assert zprof("profile", "create", "again", "--url", shown["sqlalchemy_url"]).code == 0
    again = json.loads(zprof("profile", "describe", "again", "-o", "json").out)
    assert again["url"] == shown["url"]


@pytest.mark.parametrize(
    ("given", "url", "others"),
    [
        ("ann:hush@db/team", "ann:********@db:5432/team?schema=zprof", "ann:********@db:5432/team"),
        ("ann@db/team?schema=x", "ann@db:5432/team?schema=x", "ann@db:5432/team"),
        ("db/team?sslmode=require", "db:5432/team?schema=zprof&sslmode=require", "db:5432/team?sslmode=require"),
        ("a:${env:PW}@[::1]/t", "a:${env:PW}@[::1]:5432/t?schema=zprof", "a:${env:PW}@[::1]:5432/t"),
    ],
)
def test_a_servers_url_hides_the_password_alone(given: str, url: str, others: str) -> None:
    stored = normalised(f"postgresql://{given}")
    assert shown(stored) == f"postgresql://{url}"
    assert for_sqlalchemy(stored) == f"postgresql://{others}"
    assert make_url(f"postgresql://{others}").host in ("db", "::1")
