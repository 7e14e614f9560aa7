"""Comparing what two profiles hold."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from conftest import Zprof
from hypothesis import given
from hypothesis import strategies as st

from zprof.contents.comparing import AttributeChange, Difference, Verb, differences
from zprof.contents.record import Contents, Key
from zprof.contents.side import Moment
from zprof.documents.shape import KEPT
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.library import open_profile
from zprof.records import Component, Config

SECRET_SCHEMA = {"type": "object", "properties": {"pin": {"type": "string", "writeOnly": True}, "at": {}}}


def components(**configs: Mapping[str, Any]) -> dict[Key, Component]:
    """Artifact stores on S3, by their names."""
    return {
        ("artifact_store", name): Component("artifact_store", name, "s3", Config(config))
        for name, config in configs.items()
    }


def custom(name: str = "mine", schema: Mapping[str, Any] = SECRET_SCHEMA, source: str | None = None) -> Flavor:
    return Flavor("artifact_store", name, schema, CUSTOM, "", source)


def of_components(**configs: Mapping[str, Any]) -> Contents:
    return Contents(components=components(**configs))


def only_change(before: Contents, after: Contents) -> AttributeChange:
    (difference,) = differences(before, after)
    (change,) = difference.attributes
    return change


def test_things_come_in_the_order_of_what_needs_them() -> None:
    whole = Contents(
        {("artifact_store", "mine"): custom()},
        components(b={"path": "s3://b"}, a={"path": "s3://a"}),
        {"prod": {"artifact_store": "a"}},
        frozenset({("a", "default")}),
    )
    names = [
        ("flavor", "artifact_store/mine"),
        ("component", "artifact_store/a"),
        ("component", "artifact_store/b"),
        ("stack", "prod"),
        ("tie", "a/default"),
    ]
    for before, after, verb in ((Contents(), whole, "create"), (whole, Contents(), "delete")):
        found = differences(before, after)
        assert [(each.kind, each.name) for each in found] == names
        assert {each.verb for each in found} == {verb}
    assert differences(whole, whole) == []


def test_what_comes_has_all_of_its_attributes() -> None:
    (found,) = differences(Contents(), of_components(s3={"path": "s3://a"}))
    assert found == Difference(
        "create",
        "component",
        "artifact_store/s3",
        (AttributeChange("flavor", None, "s3"), AttributeChange("config.path", None, "s3://a")),
    )


def test_ids_times_places_and_revisions_do_not_count() -> None:
    one = Component("artifact_store", "s3", "s3", {"path": "s3://a"}, "2026-01-01T00:00:00Z", "", 1, "ab")
    other = one._replace(created_at="2026-02-01T00:00:00Z", updated_at="2026-03-01T00:00:00Z", revision=7, place="cd")
    key = ("artifact_store", "s3")
    assert differences(Contents(components={key: one}), Contents(components={key: other})) == []


def test_objects_are_compared_to_their_leaves() -> None:
    before = of_components(s3={"options": {"retries": 3, "a.b": {"c": 1}, "left": [1]}})
    after = of_components(s3={"options": {"retries": 5, "a.b": {"c": 2}, "left": [1]}})
    (found,) = differences(before, after)
    assert found.attributes == (
        AttributeChange('config.options["a.b"].c', 1, 2),
        AttributeChange("config.options.retries", 3, 5),
    )


def test_flags_are_no_numbers() -> None:
    assert only_change(of_components(s3={"x": True}), of_components(s3={"x": 1}))[:3] == ("config.x", True, 1)
    assert only_change(of_components(s3={"x": [0]}), of_components(s3={"x": [False]}))[:3] == ("config.x", [0], [False])
    assert differences(of_components(s3={"x": 1}), of_components(s3={"x": 1.0})) == []


def test_a_number_with_an_exponent_is_the_one_with_all_of_its_digits() -> None:
    """As PostgreSQL gives it back."""
    for number in (1e23, -1e23, 1.7976931348623157e308):
        digits = int(Decimal(repr(number)))
        assert digits != number
        assert differences(of_components(s3={"x": [{"y": number}]}), of_components(s3={"x": [{"y": digits}]})) == []
        assert differences(of_components(s3={"x": digits}), of_components(s3={"x": number})) == []
        assert only_change(of_components(s3={"x": number}), of_components(s3={"x": digits + 1})).path == "config.x"
        assert only_change(of_components(s3={"x": digits}), of_components(s3={"x": digits + 1})).path == "config.x"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ({"secret": "hunter2"}, {"secret": "hunter3"}, ("(secret)", "(another secret)")),
        ({}, {"secret": "hunter3"}, (None, "(secret)")),
        ({"secret": "hunter2"}, {}, ("(secret)", None)),
        ({"secret": "hunter2"}, {"secret": "${env:TOKEN}"}, ("(secret)", "${env:TOKEN}")),
        ({"secret": "${env:TOKEN}"}, {"secret": "hunter3"}, ("${env:TOKEN}", "(secret)")),
        ({"path": "s3://u:hunter2@h/a"}, {"path": "s3://u:hunter3@h/a"}, ("(secret)", "(another secret)")),
        ({"path": "s3://h/a"}, {"path": "s3://u:hunter3@h/a"}, ("s3://h/a", "(another secret)")),
        ({"kw": {"password": "hunter2"}}, {"kw": {"password": "hunter3"}}, ("(secret)", "(another secret)")),
    ],
)
def test_secrets_are_compared_and_not_shown(old: dict[str, Any], new: dict[str, Any], shown: tuple[Any, Any]) -> None:
    found = only_change(of_components(s3=old), of_components(s3=new))
    assert found.is_secret
    assert "hunter" not in repr(found)
    assert "hunter" not in repr(found.shown())
    if old != {"path": "s3://h/a"}:  # both sides of what is a secret on one are hidden
        assert found.shown() == shown


def test_a_secret_of_either_flavor_is_hidden() -> None:
    key = ("artifact_store", "a")
    is_known = {("artifact_store", "mine"): custom()}
    mine = Component("artifact_store", "a", "mine", {"pin": "hunter2"})
    public = Component("artifact_store", "a", "s3", {"pin": "hunter3"})
    for before, after in (
        (Contents(is_known, {key: mine}), Contents(is_known, {key: public})),
        (Contents(is_known, {key: public}), Contents({}, {key: mine})),
    ):
        (found,) = differences(before, after)[-1:]
        assert [each.is_secret for each in found.attributes] == [False, True]
        assert "hunter" not in repr(found)


def test_the_marker_of_a_secret_is_any_value_but_none() -> None:
    marked = of_components(s3={"secret": KEPT})
    assert differences(marked, of_components(s3={"secret": "hunter2"})) == []
    assert differences(of_components(s3={"secret": {"a": 1}}), marked) == []
    found = only_change(of_components(s3={}), marked)
    assert found.is_secret
    assert found.shown() == (None, "(secret)")


def test_a_custom_flavor_tells_what_in_it_differs() -> None:
    key = ("artifact_store", "mine")
    schema = {"type": "object", "properties": {"pin": {"type": "string"}, "at": {}}}
    before, after = Contents({key: custom()}), Contents({key: custom(schema=schema, source="a.b:C")})
    (found,) = differences(before, after)
    assert found.attributes == (
        AttributeChange("schema.properties.pin.writeOnly", True, None),
        AttributeChange("source", None, "a.b:C"),
    )


def test_a_stack_tells_its_components() -> None:
    before = Contents(stacks={"prod": {"orchestrator": "a", "alerter": "x"}})
    after = Contents(stacks={"prod": {"orchestrator": "b", "annotator": "y"}})
    (found,) = differences(before, after)
    assert found.attributes == (
        AttributeChange("components.alerter", "x", None),
        AttributeChange("components.annotator", None, "y"),
        AttributeChange("components.orchestrator", "a", "b"),
    )


values = st.recursive(
    st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab."), inner, max_size=2),
    max_leaves=4,
)
configs = st.dictionaries(st.sampled_from(["path", "key", "kw"]), values, max_size=3)


@given(st.dictionaries(st.sampled_from("ab"), configs), st.dictionaries(st.sampled_from("ab"), configs))
def test_one_way_is_the_other_way_round(before: dict[str, Any], after: dict[str, Any]) -> None:
    there = differences(of_components(**before), of_components(**after))
    back = differences(of_components(**after), of_components(**before))
    opposite: dict[Verb, Verb] = {"create": "delete", "delete": "create", "change": "change"}
    assert [
        each._replace(
            verb=opposite[each.verb], attributes=tuple(a._replace(old=a.new, new=a.old) for a in each.attributes)
        )
        for each in there
    ] == back
    assert differences(of_components(**before), of_components(**before)) == []


def test_it_takes_a_time_that_grows_with_what_there_is() -> None:
    """10,000 components, of which each differs, take under a second of CPU; a square of them would take minutes."""
    before = of_components(**{f"s{number}": {"path": f"s3://{number}", "secret": "a"} for number in range(10_000)})
    after = of_components(**{f"s{number}": {"path": f"s3://x{number}", "secret": "b"} for number in range(10_000)})
    begun = time.process_time()
    assert len(differences(before, after)) == 10_000
    assert time.process_time() - begun < 3


def test_a_flag_that_becomes_a_number_is_stored(zprof: Zprof) -> None:
    with open_profile("default") as store:
        schema = {"type": "object", "properties": {"x": {"type": ["boolean", "integer"]}}}
        with store.change() as change:
            change.register_flavor("alerter", "mine", schema)
            change.register_component("alerter", "a", "mine", {"x": True})
        with store.change() as change:
            change.update_component("alerter", "a", {"x": 1})
        assert repr(store.contents().components["alerter", "a"].config) == "{'x': 1}"
        assert differences(store.past_contents(Moment("-1", back=1)), store.contents()) != []
