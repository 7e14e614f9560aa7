"""What statements are written with, besides SQLAlchemy's own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

YES = literal_column("1", Integer)
NO = literal_column("0", Integer)
MOST = literal_column("1000", Integer)
"""Of names that a shell offers."""


def given(name: str) -> BindParameter[Any]:
    """A parameter. Those of a change have other names than its columns, which SQLAlchemy keeps for itself."""
    return bindparam(name, type_=Text)


def given_number(name: str) -> BindParameter[Any]:
    """A parameter that is an integer."""
    return bindparam(name, type_=Integer)


def beginning(name: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The names from `first` on and before `last`: a range of an index, which LIKE is not on either database."""
    return name >= given("first"), name < given("last")


class given_json(FunctionElement[Any]):  # noqa: N801  it reads as a function
    """A parameter that holds JSON as text, for a column of JSON: JSONB on PostgreSQL."""

    inherit_cache = True
    type = Text()

    def __init__(self, name: str) -> None:
        super().__init__(given(name))


@compiles(given_json)
def _(element: given_json, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(given_json, "postgresql")
def _(element: given_json, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS JSONB)"


class _Texts(FunctionElement[Any]):
    inherit_cache = True
    name = "texts"
    type = Text()


@compiles(_Texts)
def _(element: _Texts, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Texts, "postgresql")
def _(element: _Texts, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


def listed(name: str) -> Select[tuple[str]]:
    """The texts in a parameter that holds a JSON array of them, for `IN`: a JOIN would be quadratic on SQLite."""
    texts = _Texts(given(name)).table_valued(column("value", Text), name=f"listed_{name}")
    return select(texts.c.value)


def text_of(json: Any) -> ColumnElement[str]:
    """A column of JSON as text, which its reader parses."""
    return cast(json, Text).label(json.key)


class _Glob(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self  # its text has parentheses; SQLAlchemy would compare it with 1


@compiles(_Glob)
def _(element: _Glob, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f"({text} GLOB {pattern})"


@compiles(_Glob, "postgresql")
def _(element: _Glob, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(each, **options) for each in element.clauses)
    # A percent sign is doubled for the driver. LIKE has wildcards of its own, which a glob takes as they are.
    literal = f"replace(replace(replace({pattern}, '!', '!!'), '%%', '!%%'), '_', '!_')"
    return f"({text} LIKE translate({literal}, '*?', '%%_') ESCAPE '!')"


def is_left_out(name: str) -> ColumnElement[bool]:
    """Whether a parameter is NULL. The cast tells PostgreSQL its type."""
    return cast(given(name), Text).is_(None)


def matches(text: Any, name: str) -> ColumnElement[bool]:
    """Whether a text is as the glob in a parameter says, in the same case; each is where that is NULL.

    A glob has `*` for any text and `?` for one character: `zprof.filters` lets no other wildcard in.
    """
    return or_(is_left_out(name), _Glob(text, given(name)))
