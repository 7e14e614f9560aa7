"""`zprof allow`: a person looks at what a component of a shared store would use, and says whether it may."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, NewStore, Zprof

import zprof as library
from zprof import paths
from zprof.errors import NotAllowed
from zprof.references.allowances import allowances
from zprof.references.resolving import Resolver

EVIL = '--client_kwargs={"endpoint_url": "http://evil.example"}'


@pytest.fixture
def team(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> Zprof:
    """The command, with a profile `team` in effect whose store is shared, and which refers to a variable."""
    monkeypatch.setenv("KEY", "hunter2")
    for words in (
        ("profile", "create", "team", "--url", "team.db"),
        ("profile", "set", "team"),
        ("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", "--key=${env:KEY}", EVIL),
        ("secrets-manager", "register", "vault", "-f", "local"),
        ("stack", "register", "prod", "-o", "default", "-a", "bucket", "-m", "default", "-x", "vault", "--set",
         "--decouple-stores"),
    ):  # fmt: skip
        assert zprof(*words).code == 0
    return zprof


def key_of_bucket() -> str | None:
    """What the key of the bucket is resolved to; None where that is not allowed."""
    resolver = Resolver(library.active_profile(), library.active_stack(), paths.config_dir())
    try:
        return str(resolver.resolved(resolver.stack.artifact_store).values["key"])
    except NotAllowed:
        return None


def test_it_shows_all_and_asks(team: Zprof, config: Path) -> None:
    refused = team("allow")
    assert refused.code == 7
    assert "client_kwargs: endpoint_url=http://evil.example\n" in refused.err
    assert "  It uses: key is ${env:KEY}\n" in refused.err
    assert "The secrets manager 'vault' (local)" in refused.err
    assert f"team.db is outside {config}.\n" in refused.err
    assert "hunter2" not in refused.err
    assert not (config / "config.toml").exists()
    assert key_of_bucket() is None


def test_with_yes_it_holds_until_a_change(team: Zprof, config: Path) -> None:
    done = team("allow", "artifact-store", "bucket", "--yes")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("Allowed artifact_store/bucket, until it changes.\n")
    assert (config / "config.toml").stat().st_mode & 0o777 == 0o600
    assert key_of_bucket() == "hunter2"
    assert "Nothing in the stack 'prod' needs an approval." in team("allow").err
    team("artifact-store", "update", "bucket", "--path=s3://other")
    assert key_of_bucket() is None
    assert team("-q", "allow", "-y").err == ""
    assert key_of_bucket() == "hunter2"
    assert team("allow", "--list", "--output", "name").out == "artifact_store/bucket\n"


def test_what_is_answered_on_a_terminal(team: Zprof) -> None:
    for answer, allowed in (("n", None), ("y", "hunter2")):
        child = pexpect.spawn(str(SCRIPT), ["allow"], encoding="utf-8", timeout=30)
        child.expect("evil.example.*wherever its attributes point")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == (7 if allowed is None else 0)
        assert key_of_bucket() == allowed


def test_a_question_is_never_asked_without_what_it_is_about(team: Zprof) -> None:
    assert "evil.example" in team("-q", "allow").err


def test_it_is_taken_back(team: Zprof, config: Path) -> None:
    team("allow", "-y")
    assert team("allow", "--revoke", "alerter", "bucket").err.endswith("nothing was revoked.\n")
    assert key_of_bucket() == "hunter2"
    answered = team("allow", "--revoke", "artifact_store", "bucket", "--output", "json")
    assert [item["name"] for item in json.loads(answered.out)["items"]] == ["artifact_store/bucket"]
    assert key_of_bucket() is None
    team("allow", "-y")
    team("profile", "create", "other", "--url", "other.db")
    team("-p", "other", "allow", "--revoke")
    assert key_of_bucket() == "hunter2"
    team("allow", "--revoke")
    assert key_of_bucket() is None


def test_it_is_taken_back_also_where_the_store_is_gone(team: Zprof, home: Path) -> None:
    team("allow", "-y")
    (home / "team.db").unlink()
    assert team("allow", "--list", "--output", "name").out == "artifact_store/bucket\n"
    assert team("allow", "--revoke").code == 0
    assert team("allow", "--list", "--output", "name").out == ""


def test_a_secret_in_plain_text_hides_nothing_from_who_is_asked(team: Zprof) -> None:
    """A stranger can mark any attribute as a secret, also one that says where the others are sent."""
    team("artifact-store", "update", "bucket", "--secret=http://evil.example")
    told = team("allow").err
    assert "secret: ********" in told
    assert "To see all of it, run `zprof artifact-store describe bucket --show-secrets`." in told


def test_a_store_of_ones_own_needs_none(zprof: Zprof, config: Path) -> None:
    zprof("alerter", "register", "ops", "-f", "slack", "--slack_token=${env:KEY}")
    zprof("stack", "update", "default", "-al", "ops")
    done = zprof("allow", "--yes")
    assert (done.code, done.err.splitlines()[-1]) == (
        0, "The store of the profile 'default' is only yours: what is in it needs no approval.",
    )  # fmt: skip
    assert not (config / "config.toml").exists()


@pytest.mark.on_both
def test_a_store_of_either_kind(zprof: Zprof, new_store: NewStore, store_kind: str) -> None:
    url = new_store() or ("--url", "team.db")
    assert zprof("profile", "create", "team", *url).code == 0
    zprof("-p", "team", "alerter", "register", "ops", "-f", "slack", "--slack_token=${env:KEY}")
    zprof("-p", "team", "stack", "update", "default", "-al", "ops")
    done = zprof("-p", "team", "allow", "-y")
    assert (done.code, "Allowed alerter/ops" in done.err) == (0, True)
    assert ("is on a server." in done.err) == (store_kind == "postgresql")
    assert "Nothing in the stack" in zprof("-p", "team", "allow").err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("artifact-store",), 2),
        (("artifact-store", "bucket", "more"), 2),
        (("nonsense", "bucket"), 3),
        (("artifact-store", "buket"), 3),
        (("alerter", "ops"), 3),
        (("--list", "--revoke"), 2),
    ],
)
def test_what_cannot_be_meant(team: Zprof, words: tuple[str, ...], code: int) -> None:
    refused = team("allow", *words)
    assert (refused.code, refused.out) == (code, "")


def test_a_name_with_a_newline_writes_one_approval(team: Zprof, home: Path, config: Path) -> None:
    name = 'x"\n[allow]\nenv = ["AWS_SECRET_ACCESS_KEY"]\n#'
    with closing(sqlite3.connect(home / "team.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints = 1")
        store.execute("UPDATE component SET name = ? WHERE name = 'bucket'", (name,))
    shown = team("allow", "-y")
    assert "\n[allow]" not in shown.err
    found = allowances(str(config))
    assert (shown.code, found.env, len(found.approvals)) == (0, frozenset(), 1)
    assert key_of_bucket() == "hunter2"
