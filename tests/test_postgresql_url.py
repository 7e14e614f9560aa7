"""The URL of a store on PostgreSQL: one text for one place, an allow-list of what may stand in it, no secret told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from conftest import Zprof
from hypothesis import given
from hypothesis import strategies as st

from zprof.errors import InvalidURL, ZprofError
from zprof.postgresql.url import address, warnings
from zprof.url import normalised

PLACE = "postgresql+psycopg://ann@db:5432/team?schema=zprof"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("postgresql://ann@db/team", PLACE),
        ("postgresql+psycopg://ann@db:5432/team", PLACE),
        ("PostgreSQL://ann@DB/team?schema=zprof", PLACE),
        ("postgresql://db/team", "postgresql+psycopg://db:5432/team?schema=zprof"),
        ("postgresql://a%6En:p%2Fw@db/team", "postgresql+psycopg://ann:p%2Fw@db:5432/team?schema=zprof"),
        ("postgresql://ann:a:b@c@db/t", "postgresql+psycopg://ann:a%3Ab%40c@db:5432/t?schema=zprof"),
        ("postgresql://ann:ü@db/t", "postgresql+psycopg://ann:%C3%BC@db:5432/t?schema=zprof"),
        ("postgresql://ann:${env:PW}@db/t", "postgresql+psycopg://ann:${env:PW}@db:5432/t?schema=zprof"),
        ("postgresql://ann:%24%7Benv:PW%7D@db/t", "postgresql+psycopg://ann:%24%7Benv%3APW%7D@db:5432/t?schema=zprof"),
        ("postgresql://[::1]:99/t", "postgresql+psycopg://[::1]:99/t?schema=zprof"),
        (
            "postgresql://db/t?sslmode=verify-full&schema=a_1&connect_timeout=3&sslrootcert=ca.pem",
            "postgresql+psycopg://db:5432/t?connect_timeout=3&schema=a_1&sslmode=verify-full&sslrootcert={cwd}/ca.pem",
        ),
        ("postgresql://db/t?sslrootcert=system", "postgresql+psycopg://db:5432/t?schema=zprof&sslrootcert=system"),
    ],
)
def test_normalised(typed: str, stored: str, home: Path) -> None:
    assert normalised(typed) == stored.format(cwd=Path.cwd()) if "{cwd}" in stored else normalised(typed) == stored
    assert normalised(normalised(typed)) == normalised(typed)


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("", "slashes"),
        ("/db/t", "slashes"),
        ("//", "no host"),
        ("//db", "one database"),
        ("//db/", "one database"),
        ("//db/a/b", "one database"),
        ("///t", "no host"),
        ("//%2Frun%2Fpostgresql/t", "not a socket directory"),
        ("//a,b/t", "no host"),
        ("//db:0/t", "not a valid port"),
        ("//db:99999/t", "not a valid port"),
        ("//ann:s3cret/t@db/t", "no host"),
        ("//ann:s3cret#@db/t", "neither '#' nor"),
        ("//ann:s3 cret@db/t", "nor spaces"),
        ("//ann:s3?cret@db/t", "no host"),
        ("//ann:12/t?s3cret@db/t", "KEY=VALUE"),
        ("//ann:x${env:s3cret}@db/t", "whole password"),
        ("//${env:s3cret}@db/t", "whole password"),
        ("//${env:USER}:s3cret@db/t", "whole password"),
        ("//ann:%00@db/t", "control characters"),
        ("//ann:%ff@db/t", "not text"),
        ("//db/t?password=s3cret", "can't have a parameter 'password'"),
        ("//db/t?sslpassword=s3cret", "can't have a parameter 'sslpassword'"),
        ("//db/t?passfile=x", "can't have a parameter 'passfile'"),
        ("//db/t?my_token=s3cret", "a secret"),
        ("//db/t?service=x", "can't have a parameter 'service'"),
        ("//db/t?host=x", "can't have a parameter 'host'"),
        ("//db/t?options=-csearch_path", "can't have a parameter 'options'"),
        ("//db/t?plugin=x", "can't have a parameter 'plugin'"),
        ("//db/t?sslmode=off", "one of"),
        ("//db/t?sslmode=require&sslmode=require", "given twice"),
        ("//db/t?connect_timeout=0", "seconds"),
        ("//db/t?schema=pg_x", "schema"),
        ("//db/t?schema=Team", "schema"),
        ("//db/t?schema=a%22b", "schema"),
        ("//db/t?schema=information_schema", "schema"),
    ],
)
def test_refused_without_telling_a_secret(rest: str, says: str) -> None:
    with pytest.raises(InvalidURL, match=says) as refused:
        normalised(f"postgresql:{rest}")
    assert "s3" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg2", "postgresql+asyncpg", "mysql"])
def test_other_schemes(scheme: str) -> None:
    with pytest.raises(InvalidURL) as refused:
        normalised(f"{scheme}://ann:s3cret@db/t")
    assert "sqlite, postgresql" in refused.value.hint
    assert "s3cret" not in refused.value.message


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_taken_or_refused(user: str, password: str, query: str) -> None:
    try:
        stored = normalised(f"postgresql://{user}:{password}@db/t?{query}")
    except InvalidURL:
        return
    assert normalised(stored) == stored
    assert stored.isascii()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_any_password_comes_back(password: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in password.encode())
    assert address(normalised(f"postgresql://ann:{encoded}@db/t")).resolved_password() == password


def test_the_password_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = address(normalised("postgresql://ann:${env:TEAM_PW}@db/t"))
    monkeypatch.delenv("TEAM_PW", raising=False)
    with pytest.raises(ZprofError, match=r"\$TEAM_PW is not set"):
        found.resolved_password()
    monkeypatch.setenv("TEAM_PW", "%41 as it is")
    assert found.resolved_password() == "%41 as it is"
    assert address(PLACE).resolved_password() is None


def test_warnings() -> None:
    assert warnings(normalised("postgresql://ann@localhost/t")) == []
    assert warnings(normalised("postgresql://ann:${env:PW}@db/t?sslmode=verify-full")) == []
    plain, unverified = warnings(normalised("postgresql://ann:s3cret@db/t?sslmode=require"))
    assert "in plain text" in plain
    assert "sslmode=verify-full" in unverified
    assert "s3cret" not in plain


def test_a_missing_driver_is_one_sentence(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "zprof.postgresql.connecting", raising=False)  # as in a process of its own
    refused = zprof("-q", "profile", "create", "team", "--url", "postgresql://127.0.0.1/t")
    assert refused.code == 1
    assert refused.err.splitlines() == [
        "Error: A store on PostgreSQL needs the driver psycopg, which is not installed.",
        "In a checkout of zprof, run `pip install '.[postgresql]'`.",
    ]
    assert os.environ["HOME"]
