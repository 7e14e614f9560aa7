"""`zprof doctor`: each finding on a case made for real, nothing on a healthy one, and what --fix mends."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import SCRIPT, Zprof
from contents import files
from test_files import leave_journal

from zprof.doctor import examination
from zprof.doctor.databases import may_corrupt_wal
from zprof.doctor.file_systems import network_file_system
from zprof.doctor.files import rightful_owner
from zprof.generated.formats import FORMATS
from zprof.profiles.registry import Registry
from zprof.records import now

STACK = ("-o", "default", "-a", "default", "-m", "default")
STORE = "profiles/default.db"
LONG_AGO = (1_000_000_000, 1_000_000_000)


def changed(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def findings(zprof: Zprof) -> list[dict[str, Any]]:
    result = zprof("doctor", "-o", "json")
    assert "Traceback" not in result.err
    found: list[dict[str, Any]] = json.loads(result.out)["items"]
    assert result.code == int(any(item["severity"] == "error" for item in found))
    return found


def found_by(zprof: Zprof) -> list[tuple[str, str]]:
    return [(item["severity"], item["name"]) for item in findings(zprof)]


def a_process_that_ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_healthy_state(zprof: Zprof, home: Path, config: Path) -> None:
    for words in (
        ("profile", "create", "second"),
        ("profile", "create", "team", "--url", str(home / "team.db")),
        ("profile", "create", "too", "--url", str(home / "team.db")),
        ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", "--key={{aws.key}}"),
        ("-p", "second", "profile", "delete", "default"),
        ("db", "backup"),
        ("init",),
    ):
        zprof(*words)
    before = files(home)
    result = zprof("doctor")
    assert (result.code, result.out) == (0, "")
    versions, shared, said = result.err.splitlines()
    assert shared == "The profiles 'team' and 'too' have the same store."
    assert versions.startswith("zprof ")
    assert f"SQLite {sqlite3.sqlite_version}" in versions
    assert said == "Nothing is wrong."
    assert files(home) == before
    assert zprof("doctor", "--fix").out == ""
    assert files(home) == before
    document = json.loads(zprof("doctor", "-o", "json").out)
    assert (document["kind"], document["items"], list(document["versions"])) == (
        "FindingList", [], ["zprof", "python", "sqlite"],
    )  # fmt: skip


def test_before_the_first_run_nothing_is_made(first_run: Zprof, home: Path) -> None:
    result = first_run("doctor", "--fix")
    assert (result.code, result.out) == (0, "")
    assert "no registry" in result.err
    assert list(home.iterdir()) == []


def test_a_hot_journal_is_no_fault(zprof: Zprof, config: Path) -> None:
    leave_journal(config / STORE)
    assert findings(zprof) == []


def with_hard_link(config: Path) -> None:
    os.link(config / STORE, config / "other-name")


def with_draft(config: Path) -> None:
    path = config / f"profiles/x.db.{a_process_that_ended()}.77.new"
    path.write_bytes(b"")
    os.utime(path, LONG_AGO)


def with_symlink(config: Path) -> None:
    (config / "registry.db").rename(config / "elsewhere")
    (config / "registry.db").symlink_to(config / "elsewhere")


def without_store(config: Path) -> None:
    """Long ago, so that what its turns went by is as old as what a crash may have left."""
    (config / STORE).unlink()
    lock = config / f"{STORE}.lock"
    lock.touch()
    os.utime(lock, LONG_AGO)


def with_orphan(config: Path) -> None:
    changed(config / "registry.db", "DELETE FROM profile WHERE name = 'second'")


def with_renamed_stack(config: Path) -> None:
    """As after a crash between the store, where the stack has its new name, and the registry."""
    after = json.dumps({"name": "renamed"})
    changed(
        config / STORE,
        "UPDATE stack SET name = 'renamed' WHERE name = 'prod'",
        "INSERT INTO change (operation, at, who, command, entity_kind, entity_name, before, after)"
        f" VALUES ('x', '', '', '', 'stack', 'prod', '{{}}', '{after}')",
    )
    changed(config / "registry.db", "UPDATE profile SET active_stack = 'prod' WHERE name = 'default'")


def on(database: str, *statements: str) -> Callable[[Path], None]:
    return lambda config: changed(config / database, *statements)


def spoil(database: str, content: bytes) -> Callable[[Path], Any]:
    return lambda config: (config / database).write_bytes(content)


def rebuild(database: str) -> Callable[[Path], None]:
    """What `sqlite3 FILE .dump | sqlite3 FILE` makes, in place."""

    def rebuilt(config: Path) -> None:
        with closing(sqlite3.connect(config / database)) as connection, closing(sqlite3.connect(":memory:")) as other:
            other.executescript("\n".join(connection.iterdump()))
            other.backup(connection)

    return rebuilt


IN_WAL = "error" if may_corrupt_wal(sqlite3.sqlite_version_info) else "warning"
CASES: dict[str, tuple[Callable[[Path], Any], tuple[str, str], bool]] = {
    "directory to be read": (lambda config: config.chmod(0o755), ("warning", "permissions"), True),
    "directory to be written": (lambda config: config.chmod(0o777), ("error", "permissions"), True),
    "backups to be read": (lambda config: (config / "backups").chmod(0o750), ("warning", "permissions"), True),
    "registry to be written": (lambda config: (config / "registry.db").chmod(0o666), ("error", "permissions"), True),
    "store to be read": (lambda config: (config / STORE).chmod(0o640), ("warning", "permissions"), True),
    "registry a link": (with_symlink, ("error", "symlink"), False),
    "draft": (with_draft, ("warning", "draft"), True),
    "orphan": (with_orphan, ("warning", "orphan"), True),
    "missing store": (without_store, ("error", "missing"), False),
    "damaged store": (spoil(STORE, b"text"), ("error", "foreign_file"), False),
    "empty store": (spoil(STORE, b""), ("error", "foreign_file"), False),
    "damaged registry": (spoil("registry.db", b"text"), ("error", "foreign_file"), False),
    "store of another program": (on(STORE, "PRAGMA application_id = 7"), ("error", "foreign_file"), False),
    "newer store": (
        on(STORE, "PRAGMA user_version = 99", "UPDATE format SET version = 99, min_reader = 99"),
        ("error", "newer_schema"), False,
    ),
    "store that a newer zprof alone can write": (
        on(STORE, "PRAGMA user_version = 99", "UPDATE format SET version = 99, min_writer = 99",
           "UPDATE alembic_version SET version_num = '0099_x'"),
        ("warning", "newer_schema"), False,
    ),
    "foreign key": (
        on(STORE, "DELETE FROM stack WHERE name = 'default'",
           "DELETE FROM stack_component WHERE component_type <> 'orchestrator'"),
        ("error", "foreign_keys"), False,
    ),
    "schema": (on(STORE, "CREATE TABLE mine (id INTEGER)"), ("error", "schema"), False),
    "trigger": (
        on(STORE, "CREATE TRIGGER t AFTER INSERT ON stack BEGIN SELECT 1; END"), ("error", "foreign_file"), False
    ),
    "store rebuilt from a dump": (rebuild(STORE), ("error", "foreign_file"), True),
    "registry rebuilt from a dump": (rebuild("registry.db"), ("error", "foreign_file"), True),
    "journal": (on(STORE, "PRAGMA journal_mode = WAL"), (IN_WAL, "journal_mode"), True),
    "hard link": (with_hard_link, ("error", "hard_link"), False),
    "no active profile": (on("registry.db", "UPDATE profile SET is_active = 0"), ("error", "active_profile"), True),
    "active stack that is gone": (
        on("registry.db", "UPDATE profile SET active_stack = 'gone' WHERE name = 'second'"),
        ("error", "active_stack"), True,
    ),
    "active stack under its old name": (with_renamed_stack, ("error", "active_stack"), True),
    "plain secret": (
        on(STORE, "INSERT INTO component (type, name, flavor, config, created_at, updated_at, place) VALUES"
           " ('artifact_store', 's3', 's3', '{\"path\": \"s3://b\", \"secret\": \"hush\"}', '', '',"
           " lower(hex(randomblob(16))))"),
        ("warning", "plain_secret"), False,
    ),
}  # fmt: skip
"""What is done to a healthy state, what must be found, and whether `--fix` mends it."""


@pytest.mark.parametrize("case", CASES)
def test_a_finding(case: str, zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "prod", *STACK, "--set")
    zprof("profile", "create", "second")
    zprof("db", "backup")
    assert findings(zprof) == []
    spoiled, expected, is_mended = CASES[case]
    spoiled(config)
    databases = {path: path.stat().st_ino for path in config.rglob("*.db")}
    before = files(config)
    assert found_by(zprof) == [expected]
    (found,) = findings(zprof)
    assert found["where"]
    assert found["problem"].endswith(".")
    assert found["cure"]
    assert found["fixable"] == is_mended
    assert "hush" not in zprof("doctor").out
    assert {path for path, state in files(config).items() if state != before.get(path)} <= {".", "profiles"}
    fixed = zprof("doctor", "--fix")
    assert "Traceback" not in fixed.err
    if is_mended:
        assert (fixed.code, fixed.out, "Fixed: " in fixed.err) == (0, "", True)
        assert findings(zprof) == []
    else:
        assert found_by(zprof) == [expected]
    assert {path: path.stat().st_ino for path in config.rglob("*.db")} == databases


@pytest.mark.parametrize(
    ("case", "cure"),
    [
        (
            "store rebuilt from a dump",
            f"sqlite3 {{config}}/{STORE} 'PRAGMA application_id = 2054189679'"
            f" 'PRAGMA user_version = {FORMATS['store']}'",
        ),
        ("trigger", f"sqlite3 {{config}}/{STORE} 'DROP TRIGGER \"t\"'"),
        ("schema", f"zprof --profile default db backup && sqlite3 {{config}}/{STORE} 'DROP TABLE IF EXISTS \"mine\"'"),
        ("active stack under its old name", "zprof --profile default stack set --global renamed"),
        ("active stack that is gone", "zprof --profile second stack set --global default"),
        ("orphan", "zprof profile create second --url {config}/profiles/second.db"),
        ("missing store", "zprof --profile default db restore {copy}"),
        ("damaged store", "zprof --profile default db restore {copy} --yes"),
        ("directory to be written", "chmod 700 {config}"),
        ("no active profile", "zprof profile set --global default"),
        ("damaged registry", "zprof db restore {registry_copy} --registry --yes"),
    ],
)
def test_the_cure_is_a_line_that_works(case: str, cure: str, zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "prod", *STACK, "--set")
    zprof("profile", "create", "second")
    places = {
        "config": config,
        "copy": zprof("db", "backup").out.strip(),
        "registry_copy": zprof("db", "backup", "--registry").out.strip(),
    }
    CASES[case][0](config)
    (found,) = findings(zprof)
    assert cure.format(**places).removesuffix(" --yes") == found["cure"]
    line = found["cure"] + (" --yes" if " db restore " in found["cure"] else "")
    done = typed(line)
    assert done.returncode == 0, done.stderr
    assert findings(zprof) == []


LEAVES = {"hard link", "plain secret"}
"""What a line shows alone, or what stands in it for a value: it changes nothing, and the finding stays."""


@pytest.mark.parametrize("case", [case for case in CASES if "newer" not in case])
def test_each_cure_works_when_it_is_typed_as_it_stands(case: str, zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "prod", *STACK, "--set")
    zprof("profile", "create", "second")
    zprof("db", "backup")
    zprof("db", "backup", "--registry")
    CASES[case][0](config)
    before = findings(zprof)
    (found,) = before
    line = found["cure"] + (" --yes" if " db restore " in found["cure"] else "")  # which asks on a terminal
    done = typed(line)
    assert (done.returncode != 0) == (case == "plain secret"), done.stderr
    assert findings(zprof) == (before if case in LEAVES else [])


def test_another_programs_database_stays_where_it_is(zprof: Zprof, home: Path) -> None:
    for name in ("team", "mine"):
        zprof("profile", "create", name, "--url", f"{name}.db")
        changed(home / f"{name}.db", "PRAGMA application_id = 7")
    zprof("profile", "set", "mine")
    cures = {found["where"]: found["cure"] for found in findings(zprof)}
    assert cures == {"team": "zprof profile delete team", "mine": "zprof profile set --global NAME"}
    assert typed(cures["team"] + " --yes").returncode == 0
    assert (home / "team.db").exists()


def typed(line: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        line, shell=True, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


SPEC = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "writeOnly": True},
        "spec": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": True}}},
    },
}


@pytest.mark.on_both
def test_secrets_are_told_once_for_a_profile_and_the_line_overwrites_nothing(
    zprof: Zprof, home: Path, store_kind: str
) -> None:
    (home / "spec.json").write_text(json.dumps(SPEC))
    zprof("alerter", "flavor", "register", "own", "--schema", "spec.json")
    secrets = ("--token=hush", '--spec={"password": "hush"}')
    for name in ("one", "two", "three"):
        assert zprof("alerter", "register", name, "-f", "own", *secrets).code == 0
    (found,) = [found for found in findings(zprof) if found["name"] == "plain_secret"]
    assert found["problem"] == "The alerter 'one' holds spec and token in plain text, and so do 2 more."
    profile = found["where"]
    line = f"zprof --profile {profile} alerter update one"
    assert found["cure"] == f"{line} '--spec=<object with references>' '--token=<reference>'"
    before = zprof("alerter", "describe", "one", "-o", "json", "--show-secrets").out
    refused = typed(found["cure"])
    assert (refused.returncode, "placeholder" in refused.stderr) == (2, True)
    assert zprof("alerter", "describe", "one", "-o", "json", "--show-secrets").out == before
    meant = found["cure"].replace("<reference>", "{{a.b}}")
    meant = meant.replace("<object with references>", '{"password": "{{a.c}}"}')
    assert typed(meant).returncode == 0
    (found,) = [found for found in findings(zprof) if found["name"] == "plain_secret"]
    assert "holds spec and token in plain text, and so does another" in found["problem"]


def test_the_name_of_a_user_alone_is_no_secret_to_warn_of(zprof: Zprof) -> None:
    words = ("metadata-store", "register", "db", "-f", "mysql", "--host=h", "--database=d", "--username=ann")
    registered = zprof(*words)
    assert (registered.code, "in plain text" in registered.err) == (0, False)
    assert findings(zprof) == []
    assert (
        "stores password and username in" in zprof("metadata-store", "update", "--password=p", "db", "--username=b").err
    )
    assert "holds password and username in plain" in findings(zprof)[0]["problem"]


def unset(zprof: Zprof) -> list[tuple[str, str]]:
    return [(found["where"], found["cure"]) for found in findings(zprof) if found["name"] == "stack_not_set"]


@pytest.mark.on_both
def test_a_stack_that_was_registered_and_not_set(
    zprof: Zprof, config: Path, store_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the store and the registry."""
    registry = config / "registry.db"
    assert zprof("stack", "register", "new", *STACK, "--set").code == 0
    assert unset(zprof) == []
    changed(registry, "UPDATE profile SET active_stack = 'default', updated_at = '2020-01-01T00:00:00Z'")
    assert unset(zprof) == [("default", "zprof stack set new")]
    assert zprof("stack", "register", "plain", *STACK).code == 0
    assert unset(zprof) == [("default", "zprof stack set new")]
    with monkeypatch.context() as patched:
        patched.setattr("zprof.doctor.databases.user_at_host", lambda: "somebody@else")
        assert unset(zprof) == []
    assert zprof("profile", "create", "other").code == 0
    with monkeypatch.context() as patched:
        patched.setenv("ZPROF_ACTIVATED_PROFILE", "other")
        assert unset(zprof) == [("default", "zprof --profile default stack set new")]
    assert zprof("stack", "set", "plain").code == 0  # later, so it counts
    assert unset(zprof) == []
    changed(registry, "UPDATE profile SET active_stack = 'default', updated_at = '2020-01-01T00:00:00Z'")
    assert zprof(*shlex.split(unset(zprof)[0][1])[1:]).code == 0
    assert unset(zprof) == []
    changed(registry, "UPDATE profile SET active_stack = 'default', updated_at = '2020-01-01T00:00:00Z'")
    assert zprof("stack", "delete", "new", "-y").code == 0
    assert unset(zprof) == []


def test_a_line_of_the_log_that_a_hand_has_edited(zprof: Zprof, config: Path) -> None:
    assert zprof("stack", "register", "new", *STACK, "--set").code == 0
    changed(config / "registry.db", "UPDATE profile SET active_stack = 'default', updated_at = '2020-01-01T00:00:00Z'")
    changed(config / STORE, "UPDATE change SET command = command || ' it''s'")
    assert unset(zprof) == [("default", "zprof stack set new")]


def test_drafts_beside_stores_and_in_projects(zprof: Zprof, home: Path) -> None:
    (home / "shared").mkdir()
    assert zprof("profile", "create", "team", "--url", str(home / "shared/team.db")).code == 0
    assert zprof("init", ".").code == 0
    process = a_process_that_ended()
    ours = [
        home / f"shared/team.db.{process}.7.new",
        home / f"shared/team.db.{process}.7.new-journal",
        home / f".zprof/config.toml.{process}.7.new",
    ]
    others = [home / f"shared/theirs.{process}.7.new", home / f"shared/team.db.{os.getpid()}.7.new"]
    for path in (*ours, *others):
        path.write_bytes(b"")
        os.utime(path, LONG_AGO)
    assert sorted(finding["where"] for finding in findings(zprof)) == sorted(map(str, ours))
    assert zprof("doctor", "--fix").code == 0
    assert [path for path in (*ours, *others) if path.exists()] == others
    assert findings(zprof) == []


def test_drafts_that_may_be_in_use_are_left_alone(zprof: Zprof, config: Path) -> None:
    old, new = config / f"profiles/x.db.{os.getpid()}.7.new", config / f"profiles/y.db.{a_process_that_ended()}.7.new"
    for path in (old, new):
        path.write_bytes(b"")
        path.chmod(0o600)
    os.utime(old, LONG_AGO)
    assert findings(zprof) == []


@pytest.mark.parametrize("has_new_one", [False, True], ids=["none", "a new one"])
def test_a_lost_registry_is_made_again_with_all_stores(zprof: Zprof, config: Path, has_new_one: bool) -> None:
    for name in ("second", "third"):
        assert zprof("profile", "create", name).code == 0
    assert zprof("-p", "second", "stack", "register", "prod", *STACK, "--set").code == 0
    (config / "registry.db").unlink()
    (config / "profiles/third.db").rename(config / "profiles/not a name.db")
    if has_new_one:  # which any other command makes, with the store `default` alone
        assert zprof("profile", "list", "-o", "name").out == "default\n"
    assert found_by(zprof) == [("warning", "orphan")] * (2 if has_new_one else 3)
    assert (config / "registry.db").exists() == has_new_one
    fixed = zprof("doctor", "--fix")
    assert (fixed.code, fixed.out) == (0, "")
    assert "Fixed: " in fixed.err
    assert zprof("profile", "list", "-o", "name").out.split() == ["default", "found", "second"]
    assert zprof("profile", "get").out == "default\n"
    assert zprof("-p", "second", "stack", "list", "-o", "name").out.split() == ["default", "prod"]
    assert findings(zprof) == []


def test_what_was_switched_meanwhile_is_not_fixed(zprof: Zprof, config: Path) -> None:
    for name in ("prod", "spare"):
        assert zprof("stack", "register", name, *STACK).code == 0
    assert zprof("profile", "create", "other").code == 0
    changed(config / "registry.db", "UPDATE profile SET active_stack = 'gone', is_active = 0")
    found = {finding.code: finding for finding in examination(str(config)) if finding.where != "other"}
    assert zprof("profile", "set", "other").code == 0
    assert zprof("-p", "default", "stack", "set", "spare").code == 0
    for code in ("active_profile", "active_stack"):
        mend = found[code].mend
        assert mend is not None
        assert mend() is False
    registry = Registry(str(config))
    assert registry.active().name == "other"
    assert registry.profile("default").active_stack == "spare"


def test_with_a_broken_registry_the_stores_are_looked_at(zprof: Zprof, config: Path) -> None:
    (config / "registry.db").write_bytes(b"text")
    changed(config / STORE, "CREATE VIEW v AS SELECT 1")
    assert found_by(zprof) == [("error", "foreign_file"), ("error", "schema")]


def test_a_store_that_several_profiles_share_is_told_once(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "too", "--url", str(config / STORE))
    changed(config / STORE, "CREATE VIEW v AS SELECT 1")
    assert found_by(zprof) == [("error", "schema")]


def test_an_older_format_is_told_and_left(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.doctor.databases.FORMATS", {"registry": 8, "store": 9})
    before = files(config)
    assert found_by(zprof) == [("warning", "older_format")] * 2
    assert [item["cure"] for item in findings(zprof)] == [
        "zprof db upgrade --registry", "zprof --profile default db upgrade",
    ]  # fmt: skip
    assert files(config) == before


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ZPROF_ACTIVATED_PROFILE", "gone", ("error", "environment")),
        ("ZPROF_ACTIVATED_PROFILE", "second", ("warning", "environment")),
        ("ZPROF_ACTIVATED_PROFILE", "default", None),
        ("ZPROF_ACTIVATED_STACK", "gone", ("error", "environment")),
        ("ZPROF_ACTIVATED_STACK", "default", ("warning", "environment")),
        ("ZPROF_ACTIVATED_STACK", "prod", None),
        ("ZPROF_REPOSITORY_PATH", "/nowhere", ("error", "environment")),
    ],
)
def test_variables(
    variable: str, value: str, expected: tuple[str, str] | None, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("stack", "register", "prod", *STACK, "--set")
    zprof("profile", "create", "second")
    monkeypatch.setenv(variable, value)
    found = findings(zprof)
    assert [(item["severity"], item["name"]) for item in found] == ([expected] if expected else [])
    assert [(item["where"], item["cure"]) for item in found] == [(f"${variable}", f"unset {variable}")] * len(found)


def test_variables_of_zenml(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENML_ACTIVATED_PROFILE", "staging")
    monkeypatch.setenv("ZENML_ACTIVATED_STACK", "prod")
    monkeypatch.setenv("ZENML_REPOSITORY_PATH", "")
    (found,) = findings(zprof)
    assert (found["severity"], found["name"]) == ("warning", "environment")
    assert found["where"] == "$ZENML_ACTIVATED_PROFILE and $ZENML_ACTIVATED_STACK"
    assert found["problem"].endswith("It reads $ZPROF_ACTIVATED_PROFILE and $ZPROF_ACTIVATED_STACK.")
    assert found["cure"] == "unset ZENML_ACTIVATED_PROFILE ZENML_ACTIVATED_STACK"
    assert zprof("doctor").code == 0
    # What is said here counts, and there is nothing to say any more.
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    assert findings(zprof) == []


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("profile = ", "zprof profile set NAME"),
        ('profile = "gone"', "zprof profile create gone"),
        ('profile = "default"\nstack = "gone"', "zprof stack unset"),
        ('stack = "gone"', "zprof stack unset"),
    ],
)
def test_a_repository(text: str, cure: str, zprof: Zprof, home: Path) -> None:
    assert zprof("init").code == 0
    assert findings(zprof) == []
    (home / ".zprof/config.toml").write_text(text)
    (found,) = findings(zprof)
    assert (found["severity"], found["name"], found["cure"]) == ("error", "repository", cure)


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:1 - nfs4 server:/home rw
31 30 0:41 / /home/ann/local\\040disk rw - ext4 /dev/sdb1 rw
32 22 0:42 / /share rw - cifs //server/share rw
33 22 0:43 / /ssh rw - fuse.sshfs ann@host: rw
garbage
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/x.db", None),
        ("/home/ann/x.db", "nfs4"),
        ("/homes/x.db", None),
        ("/home/ann/local disk/x.db", None),
        ("/share/x.db", "cifs"),
        ("/ssh/x.db", "fuse.sshfs"),
    ],
)
def test_network_file_systems(path: str, kind: str | None) -> None:
    assert network_file_system(path, MOUNTS) == kind
    assert network_file_system(path, "") is None


def test_a_network_file_system_is_told(zprof: Zprof, config: Path) -> None:
    found = list(examination(str(config), mounts=lambda: f"1 0 0:1 / {config}/profiles rw - nfs4 server:/x rw\n"))
    assert [(finding.severity, finding.code, finding.where) for finding in found] == [
        ("warning", "network_file_system", "default")
    ]
    assert "one host at a time" in found[0].problem


def test_versions_of_sqlite_that_may_damage_a_file_in_wal_mode() -> None:
    risky = [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2)]
    mended = [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 54, 1)]
    assert [may_corrupt_wal(version) for version in risky + mended] == [True] * 5 + [False] * 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user(zprof: Zprof, config: Path) -> None:
    os.chown(config / "registry.db", 12345, 12345)
    found = findings(zprof)
    assert [(item["severity"], item["name"]) for item in found] == [("error", "owner")]
    assert found[0]["cure"] == f"sudo chown 0 {config}/registry.db"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_behind_sudo_nothing_is_given_to_root(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("profile", "list")
    for path in (config, *config.rglob("*")):
        os.chown(path, 12345, 12345)
    monkeypatch.setenv("SUDO_UID", "12345")
    os.chown(config / "registry.db", 0, 0)  # as by `sudo zprof …` of an older zprof
    (config / STORE).chmod(0o640)
    told = findings(zprof)
    assert [item["name"] for item in told] == ["owner", "permissions", "sudo"]
    assert told[0]["cure"] == f"sudo chown 12345 {config}/registry.db"
    assert told[2]["cure"] == "zprof doctor"
    assert typed(told[0]["cure"].removeprefix("sudo ")).returncode == 0
    assert [item["name"] for item in findings(zprof)] == ["permissions", "sudo"]
    assert zprof("doctor", "--fix").code == 1
    assert {path.stat().st_uid for path in (config, *config.rglob("*"))} == {12345}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs behind sudo")
def test_a_users_home_is_known_by_the_systems_list(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "12345")
    assert rightful_owner(str(config / "registry.db")) == 0
    assert zprof("profile", "list").code == 0
    ann = pwd.struct_passwd(("ann", "x", 12345, 12345, "", str(config.parent), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda number: ann)
    assert rightful_owner(str(config / "registry.db")) == 12345


def test_references_in_ten_thousand_components_are_no_secrets(zprof: Zprof, config: Path) -> None:
    config_text = json.dumps({"path": "s3://bucket/somewhere", "key": "{{aws.key}}", "secret": "{{aws.secret}}"})
    with closing(sqlite3.connect(config / STORE)) as connection, connection:
        connection.executemany(
            "INSERT INTO component (type, name, flavor, config, created_at, updated_at, place)"
            " VALUES ('artifact_store', ?, 's3', ?, ?, ?, lower(hex(randomblob(16))))",
            [(f"store-{number}", config_text, now(), now()) for number in range(10_000)],
        )
    Registry(str(config)).profiles()
    assert list(examination(str(config))) == []


def test_a_url_that_is_none_hides_no_other_finding(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    on("registry.db", "UPDATE profile SET url = 'sqlite:relative.db' WHERE name = 'second'")(config)
    assert [item["name"] for item in findings(zprof)] == ["unreachable", "orphan"]


def test_a_name_that_a_kill_left_is_no_hard_link(zprof: Zprof, config: Path) -> None:
    """What was made under another name is published by a link, and may be killed before that name goes."""
    os.link(config / STORE, config / f"{STORE}.1.1.new")
    assert "hard_link" not in [item["name"] for item in findings(zprof)]
    assert zprof("stack", "list").code == 0


def test_a_draft_of_a_thread_is_found_and_removed(zprof: Zprof, config: Path) -> None:
    """Its name has the number of the process, and that of the thread after it."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    draft = config / f"profiles/late.db.{gone.pid}.140419463920512.new"
    for path in (draft, draft.with_name(f"{draft.name}-journal")):
        path.write_bytes(b"")
        path.chmod(0o600)
        os.utime(path, (0, 0))
    assert [item["name"] for item in findings(zprof)] == ["draft", "draft"]
    assert zprof("doctor", "--fix").code == 0
    assert not draft.exists()
    assert findings(zprof) == []


def test_a_link_to_itself_and_a_directory_stop_nothing(zprof: Zprof, config: Path) -> None:
    (config / "profiles/loop.db").symlink_to("loop.db")
    zprof("profile", "create", "second")
    (config / "profiles/second.db").unlink()
    (config / "profiles/second.db").mkdir()
    found = findings(zprof)
    assert [(item["name"], item["where"]) for item in found if item["severity"] == "error"] == [
        ("foreign_file", "second")
    ]


def test_a_closed_directory_is_no_missing_file(zprof: Zprof, config: Path, home: Path) -> None:
    (home / "shared").mkdir()
    zprof("profile", "create", "team", "--url", "shared/team.db")
    (home / "shared").chmod(0)
    words = [sys.executable, str(Path(__file__).with_name("launching.py")), "--unprivileged", str(SCRIPT)]
    try:
        done = subprocess.run([*words, "doctor", "-o", "json"], capture_output=True, text=True, check=False)
    finally:
        (home / "shared").chmod(0o700)
    assert [item["name"] for item in json.loads(done.stdout)["items"]] == ["unreachable"]
    assert "Permission denied" in done.stdout


def test_a_turn_without_its_database_is_found_and_removed(zprof: Zprof, config: Path) -> None:
    """A kill leaves it; neither a fresh one, nor one that is held, nor one beside its database is touched."""
    old, fresh, held = (config / f"profiles/{name}.db.lock" for name in ("old", "fresh", "held"))
    for path in (old, fresh, held):
        path.touch(mode=0o600)
    for path in (old, held, config / "profiles/default.db.lock"):
        path.touch(mode=0o600)
        os.utime(path, (0, 0))
    told = zprof("doctor")
    sentence = "It is the lock file of a database that does not exist."
    for path in (old, held):
        assert f"warning: {path}: {sentence}\n    rm {path}" in told.out
    assert told.out.count(sentence) == 2
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert sentence in zprof("doctor", "--fix").out
        names = sorted(path.name for path in (config / "profiles").glob("*.lock"))
        assert names == ["default.db.lock", "fresh.db.lock", "held.db.lock"]
    assert sentence not in zprof("doctor", "--fix").out
    assert not held.exists()
