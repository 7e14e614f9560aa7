"""A profile's URL: one text for one place, whatever was typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zprof.errors import InvalidURL
from zprof.url import normalised, sqlite_path, sqlite_url


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
        ("sqlite:////a/b.db", "sqlite:///a/b.db"),
        ("SQLite:///a/b.db", "sqlite:///a/b.db"),
        ("/a/b.db", "sqlite:///a/b.db"),
        ("//a//b.db", "sqlite:///a/b.db"),
        ("/a/./c/../b.db", "sqlite:///a/b.db"),
        ("/a b/ü?#%.db", "sqlite:///a%20b/%C3%BC%3F%23%25.db"),
        ("sqlite:///a b/ü%3F%23%25.db", "sqlite:///a%20b/%C3%BC%3F%23%25.db"),
        ("sqlite:///a%20b.db", "sqlite:///a%20b.db"),
        ("sqlite:///100%.db", "sqlite:///100%25.db"),
        ("b.db", "sqlite://{cwd}/b.db"),
        ("./b.db", "sqlite://{cwd}/b.db"),
        ("./a:b.db", "sqlite://{cwd}/a:b.db"),
        ("sqlite:///./b.db", "sqlite://{cwd}/b.db"),
        ("~/b.db", "sqlite://{home}/b.db"),
        ("sqlite:///~/b.db", "sqlite://{home}/b.db"),
    ],
)
def test_normalised(typed: str, stored: str, home: Path) -> None:
    assert normalised(typed) == stored.format(cwd=Path.cwd(), home=home)


@given(st.binary(min_size=1, max_size=40).filter(lambda name: not {b"\0"[0], b"/"[0]} & {*name}))
def test_any_file_name_comes_back(name: bytes) -> None:
    path = os.fsdecode(b"/d/" + name)
    assert sqlite_path(sqlite_url(path)) == path
    assert sqlite_url(path).isascii()


@given(st.text(max_size=30))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for typed in (text, f"sqlite:///{text}"):
        try:
            stored = normalised(typed)
        except InvalidURL:
            continue
        assert normalised(stored) == stored
        assert stored.startswith("sqlite:///")
        assert os.path.isabs(sqlite_path(stored))
