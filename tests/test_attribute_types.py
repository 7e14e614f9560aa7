"""Attributes of each type, however their schema says it: what `--key=value` means, and what is shown of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Zprof
from hypothesis import given
from hypothesis import strategies as st

import zprof as library
from zprof.errors import InvalidConfig
from zprof.flavors.catalog import Flavor
from zprof.flavors.check import fits
from zprof.flavors.config import typed
from zprof.flavors.types import ALL, value_types
from zprof.generated import statements as sql

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "plain": {"type": "integer"},
        "referred": {"$ref": "#/$defs/Level"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        "optional": {"anyOf": [{"$ref": "#/$defs/Resources"}, {"type": "null"}]},
        "one": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "boolean"}]},
        "narrowed": {"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}]},
        "listed": {"type": ["integer", "boolean", "null"]},
        "counted": {"enum": [1, 2, 3]},
        "fixed": {"const": 7},
        "auto": {"enum": ["auto", 3, True]},
        "port": {"anyOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "integer"}]},
        "free": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "itself": {"$ref": "#/$defs/Tree"},
        "any": {},
    },
    "$defs": {
        "Level": {"enum": [10, 20], "title": "Level", "type": "integer"},
        "Resources": {"type": "object", "properties": {"cpu": {"type": "integer"}, "password": {"type": "string"}}},
        "Tree": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/Tree"}}]},
    },
}

MEANT = [
    ("plain", "3", 3),
    ("referred", "10", 10),
    ("either", "3", 3),
    ("either", "2.5", 2.5),
    ("optional", '{"cpu": 2}', {"cpu": 2}),
    ("optional", "null", None),
    ("one", '["a", "b"]', ["a", "b"]),
    ("one", "yes", True),
    ("narrowed", "3", 3),
    ("listed", "1", 1),
    ("listed", "on", True),
    ("listed", "null", None),
    ("counted", "2", 2),
    ("fixed", "7", 7),
    ("auto", "auto", "auto"),
    ("auto", "3", 3),
    ("auto", "true", True),
    ("port", "http", "http"),
    ("port", "80", 80),
    ("free", "80", "80"),
    ("itself", "[1, [2]]", [1, [2]]),
    ("any", "3", "3"),
    ("any", "null", "null"),
]
"""An attribute, what is typed, and what it means: text where the schema takes it as text."""


@pytest.fixture
def custom(zprof: Zprof, home: Path) -> Zprof:
    (home / "schema.json").write_text(json.dumps(SCHEMA))
    assert zprof("alerter", "flavor", "register", "odd", "--schema", "schema.json").code == 0
    return zprof


@pytest.mark.parametrize(("attribute", "text", "value"), MEANT)
def test_what_is_typed_is_what_is_meant(custom: Zprof, attribute: str, text: str, value: Any) -> None:
    registered = custom("alerter", "register", "it", "-f", "odd", f"--{attribute}={text}")
    if value is None:  # an attribute without a value is absent, never null
        assert registered.code in (0, 2)
        return
    assert registered.code == 0, registered.err
    (found,) = library.open_profile("default").components("alerter")
    assert found.config == {attribute: value}
    plain = json.loads(json.dumps(found.config[attribute]))  # a record has dicts and lists of its own
    assert type(plain) is type(value)


@pytest.mark.parametrize(
    ("attribute", "text", "says"),
    [
        ("plain", "three", "must be an integer"),
        ("either", "x", "must be a number"),
        ("counted", "x", "must be a number"),
        ("optional", "{x}", "must be an object"),
        ("listed", "maybe", "must be an integer or true or false or null"),
    ],
)
def test_what_is_none_of_the_types_is_told(custom: Zprof, attribute: str, text: str, says: str) -> None:
    refused = custom("alerter", "register", "it", "-f", "odd", f"--{attribute}={text}")
    assert (refused.code, says in refused.err) == (2, True), refused.err


def test_types_are_listed(custom: Zprof) -> None:
    rows = json.loads(custom("alerter", "flavor", "describe", "odd", "-o", "json").out)["attributes"]
    types = {row["attribute"]: row["type"] for row in rows}
    assert types["referred"] == "integer"
    assert types["either"] == "number"
    assert types["optional"] == "object"  # what an attribute lacks is absent, never null
    assert types["auto"] == "string or number or boolean"
    assert types["any"] == "any"


def test_what_may_be_an_object_is_guarded_as_one(custom: Zprof) -> None:
    secret = '{"cpu": 2, "password": "hush"}'
    assert custom("alerter", "register", "it", "-f", "odd", f"--optional={secret}").code == 0
    assert "hush" not in custom("alerter", "describe", "it").out
    assert "hush" not in custom("stack", "list").out
    store = library.open_profile("default")
    with store._database.read() as transaction:
        lines = [str(row) for row in transaction.rows(sql.ROWS_OF_CHANGE(after_id=-1))]
    (line,) = [line for line in lines if "alerter/it" in line]
    assert "--optional=********" in line


PARTS = st.sampled_from(list(SCHEMA["properties"].values()))
UNIONS = st.recursive(
    PARTS, lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}), max_leaves=4
)


@given(UNIONS)
def test_a_union_has_the_types_of_its_parts(schema: dict[str, Any]) -> None:
    types = value_types(schema, SCHEMA)
    assert types <= ALL
    for part in schema.get("anyOf", ()):
        assert value_types(part, SCHEMA) <= types


@given(st.sampled_from(sorted(SCHEMA["properties"])), st.text(max_size=8))
def test_text_stays_text_where_the_schema_takes_it(attribute: str, text: str) -> None:
    flavor = Flavor("alerter", "odd", SCHEMA, "custom", "")
    try:
        value = typed(flavor, {attribute: text})[attribute]
    except InvalidConfig:
        assert "string" not in value_types(SCHEMA["properties"][attribute], SCHEMA)
        return
    assert value == text or not fits(flavor, attribute, text)


def test_an_enum_of_a_stored_flavor_may_hold_anything(zprof: Zprof, home: Path) -> None:
    """What is read from a store is of types that refuse changes."""
    schema = {"properties": {"a": {"enum": [1.5, {"z": 1}, [1], "b", None, True]}, "c": {"const": {"x": [1]}}}}
    (home / "enum.json").write_text(json.dumps(schema))
    assert zprof("alerter", "flavor", "register", "odd", "--schema", "enum.json").code == 0
    for number, text in enumerate(("1.5", '{"z": 1}', "[1]", "b", "true")):
        assert zprof("alerter", "register", f"d{number}", "-f", "odd", f"--a={text}", '--c={"x": [1]}').code == 0, text
    assert zprof("alerter", "flavor", "describe", "odd", "-o", "json").code == 0
