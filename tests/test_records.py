"""Records in a program: they show no secrets, take no changes, and say what they have."""

from __future__ import annotations

import copy
import json
import os
import pickle
import pprint
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
import yaml
from conftest import Zprof

import zprof as library
from zprof.component_types import ALPHABETICAL
from zprof.documents.shape import KEPT
from zprof.documents.writing import yaml_text
from zprof.errors import Clashes, NoMember, NotFound, Refused, SecretsMissing, StoresCoupled, ZprofError
from zprof.frozen import FrozenDict, FrozenList
from zprof.records import Component, Stack


def shown(thing: Any) -> list[str]:
    """All ways in which a program, a notebook or a log shows a thing."""
    html = [thing._repr_html_()] if hasattr(thing, "_repr_html_") else []
    return [repr(thing), str(thing), f"{thing}", f"{thing!r}", pprint.pformat(thing), *html]


def test_no_record_shows_a_secret(secretive: Zprof) -> None:
    stack = library.active_stack()
    with library.open_profile() as store:
        others = [
            store.stored_stack("prod"), store.bundle("prod"), *store.components("alerter"),
            store.component("metadata_store", "runs"), store.component_and_flavor("alerter", "duty")[0],
            *store.shown("metadata_store", None).components, stack._replace(name="x"),
            stack.alerter._replace(config=dict(stack.alerter.config)),
        ]  # fmt: skip
    for thing in (stack, stack.components, stack.alerter, stack.alerter.config, copy.deepcopy(stack), *others):
        for text in shown(thing):
            assert "hunter2" not in text
    assert stack.alerter.config["code"] == "hunter2"  # a program gets what is stored
    for text in shown(stack):
        assert "night" in text
        assert "{{aws.key}}" in text


def test_what_may_be_a_secret_is_masked_where_no_flavor_says_so(secretive: Zprof) -> None:
    with library.open_profile() as store:
        unaware = store.stored_stack("prod").components["alerter"]
    assert "night" not in repr(unaware)


def test_html_is_escaped(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://<script>&")
    html = library.open_profile().component("artifact_store", "s3")._repr_html_()
    assert "s3://&lt;script&gt;&amp;" in html


CHANGES: dict[str, Callable[[Stack], Any]] = {
    "an attribute": lambda stack: stack.alerter.config.__setitem__("team", "day"),  # type: ignore[index]
    "within one": lambda stack: stack.alerter.config["more"].update(n=2),
    "in a list": lambda stack: stack.alerter.config["more"]["list"].append(1),
    "deep in a list": lambda stack: stack.alerter.config["more"]["list"][0].pop("token"),
    "a component": lambda stack: stack.components.clear(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_record_takes_no_change(change: Callable[[Stack], Any], secretive: Zprof) -> None:
    stack = library.active_stack()
    for each in (stack, pickle.loads(pickle.dumps(stack)), copy.deepcopy(stack)):
        with pytest.raises(TypeError, match=r"can't be changed.*store\.change\(\)"):
            change(each)
        assert each == stack


def test_what_a_record_has_can_be_stored_again(zprof: Zprof) -> None:
    listing = {"properties": {"urls": {"type": "array", "items": {"enum": ["a", "b"]}}, "deep": {"type": "object"}}}
    config = {"urls": ["a", "b"], "deep": {"list": [{"x": [1]}]}}
    with library.open_profile() as store:
        with store.change() as change:
            change.register_flavor("alerter", "list", listing)
            change.register_component("alerter", "one", "list", config)
        found, flavor = store.component("alerter", "one"), store.flavor("alerter", "list")
        with store.change() as change:
            change.register_component("alerter", "two", "list", found.config)
            change.update_component("alerter", "one", found.config)
            change.register_flavor("alerter", "again", flavor.schema)
        assert store.component("alerter", "two").config == config


def test_a_flavor_takes_no_change(secretive: Zprof) -> None:
    with library.open_profile() as store:
        for flavor in (store.flavor("artifact_store", "s3"), store.flavor("alerter", "pager")):
            schema: Any = flavor.schema
            for change in (schema.clear, schema["properties"].popitem, lambda schema=schema: schema.update(x=1)):
                with pytest.raises(TypeError, match="can't be changed"):
                    change()
            assert json.loads(json.dumps(schema)) == schema == copy.deepcopy(schema)
            assert yaml.safe_load(yaml_text(schema)) == schema


@pytest.mark.parametrize("kind", [FrozenDict, FrozenList])
def test_each_way_to_change_one_is_refused(kind: type) -> None:
    plain = kind.__mro__[1]
    reads = {name for name in dir(plain) if name.startswith("__")} | {"copy", "fromkeys", "get", "items", "keys"}
    reads -= {"__setitem__", "__delitem__", "__ior__", "__iadd__", "__imul__"}
    reads |= {"values", "count", "index"}
    changes = set(dir(plain)) - reads
    assert changes
    for name in changes:
        with pytest.raises(TypeError, match="can't be changed"):
            getattr(kind(), name)()


def test_a_record_is_a_dict_to_all_who_read(secretive: Zprof) -> None:
    config = library.active_stack().alerter.config
    plain = {"team": "night", "code": "hunter2", "more": {"list": [{"token": "hunter2"}], "n": 1}}
    assert config == plain
    assert json.loads(json.dumps(config)) == plain
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == copy.copy(config) == plain
    assert yaml.safe_load(yaml_text(config)) == plain
    changed = dict(config) | {"team": "day"}
    with library.open_profile() as store, store.change() as change:
        change.update_component("alerter", "duty", {"more": config["more"], "team": changed["team"]})
    assert library.active_stack().alerter.config == {**plain, "team": "day"}


def test_components_are_attributes(secretive: Zprof) -> None:
    stack = library.active_stack()
    assert stack.orchestrator is stack.components["orchestrator"]
    assert stack.get("alerter") is stack.alerter
    assert stack.get("annotator") is None
    assert [name for name in ALPHABETICAL if hasattr(Stack, name)] == list(ALPHABETICAL)
    assert getattr(stack, "annotator", None) is None
    assert not hasattr(stack, "annotator")
    looks: tuple[Callable[[], object], ...] = (lambda: stack.annotator, lambda: stack.components["annotator"])
    for look in looks:
        with pytest.raises(KeyError) as raised:
            look()
        error = raised.value
        assert isinstance(error, NoMember)
        assert isinstance(error, NotFound)
        assert str(error) == "There is no component of the type named 'annotator' in this stack."
    with pytest.raises(NotFound) as misspelt:
        _ = stack.components["orchestrater"]
    assert misspelt.value.closest == ("orchestrator",)


def test_a_stack_is_a_document(secretive: Zprof) -> None:
    found = library.active_stack().to_dict()
    assert json.loads(json.dumps(found)) == found
    assert (found["apiVersion"], found["kind"], found["name"], found["revision"]) == ("zprof/v1", "Stack", "prod", 1)
    assert found["components"]["alerter"]["config"] == {"team": "night", "code": KEPT, "more": KEPT}
    assert found["components"]["artifact_store"]["config"] == {"path": "s3://b", "key": "{{aws.key}}"}
    local = library.open_profile().component("artifact_store", "default")
    assert (local.to_dict()["config"], local.to_dict()["resolved"]) == ({}, {"path": local.config["path"]})
    assert local.place not in json.dumps(local.to_dict()["config"])


def test_the_version() -> None:
    assert library.__version__ == version("zprof")


@pytest.fixture
def staging(secretive: Zprof) -> Zprof:
    """The command, with a second profile whose stack `other` is not its active one."""
    assert secretive("profile", "create", "staging").code == 0
    with library.open_profile("staging") as store, store.change() as change:
        change.register_stack("other", dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), "default"))
    return secretive


def test_using_makes_a_profile_count_for_a_block(staging: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_effect() -> tuple[str, str]:
        return library.active_profile().name, library.active_stack().name

    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    assert in_effect() == ("default", "default")
    with library.using("staging"):
        assert in_effect() == ("staging", "default")
        with library.using("staging/other"):
            assert in_effect() == ("staging", "other")
            assert library.open_profile().stack_names() == ["default", "other"]
            assert library.open_profile("default").stack_names() == ["default", "prod"]
            elsewhere: list[tuple[str, str]] = []
            thread = threading.Thread(target=lambda: elsewhere.append(in_effect()))
            thread.start()
            thread.join()
            assert elsewhere == [("default", "default")]
        assert in_effect() == ("staging", "default")
        with pytest.raises(ZeroDivisionError), library.using("default/prod"):
            assert in_effect() == ("default", "prod")
            raise ZeroDivisionError
    assert in_effect() == ("default", "default")
    assert staging("profile", "get").out == "default\n"


@pytest.mark.parametrize("name", ["nope", "staging/nope"])
def test_using_what_is_not_there(name: str, staging: Zprof) -> None:
    with pytest.raises(NotFound), library.using(name):
        raise AssertionError
    assert library.active_profile().name == "default"


def test_a_subprocess_is_given_it_explicitly(staging: Zprof) -> None:
    program = "import zprof; print(zprof.active_profile().name)"
    given = {**os.environ, "ZPROF_ACTIVATED_PROFILE": "staging"}
    with library.using("staging"):
        found = [
            subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
            for env in (dict(os.environ), given)
        ]
    assert found == ["default\n", "staging\n"]


def told(error: ZprofError) -> str:
    """The last lines of its traceback."""
    return "".join(traceback.format_exception_only(error))


def test_a_traceback_ends_with_what_to_do(secretive: Zprof) -> None:
    with pytest.raises(NotFound) as raised:
        library.open_profile("defualt")
    assert told(raised.value).endswith("Did you mean 'default'? `zprof.open_registry().profiles()` lists them.\n")
    secretive("profile", "protect", "default")
    with pytest.raises(Refused) as refused, library.open_profile() as store, store.change():
        pass
    assert told(refused.value).endswith('open it with confirm="default".\n')
    with library.open_profile(confirm="default") as store, store.change():
        pass
    assert "--confirm default" in secretive("orchestrator", "register", "new", "-f", "local").err
    assert told(pickle.loads(pickle.dumps(refused.value))) == told(refused.value)


@pytest.mark.parametrize(
    "error",
    [Clashes(["stack 'a'"]), StoresCoupled("a", [("b", "c")]), SecretsMissing(["alerter/a.b"])],
    ids=lambda error: type(error).__name__,
)
def test_a_traceback_has_no_option_of_the_command_line(error: ZprofError) -> None:
    assert "--" in error.hint
    assert "--" not in told(error)


def test_a_record_that_a_program_made_is_guarded() -> None:
    made = Component("alerter", "mine", "slack", {"slack_token": "hunter2"})
    assert "hunter2" not in repr(made)


def test_what_is_not_there_is_told_in_the_words_of_a_program(secretive: Zprof) -> None:
    with library.open_profile() as store:
        looks: dict[str, Callable[[], object]] = {
            "`store.stack_names()`": lambda: store.stack("prd"),
            "`store.components('alerter')`": lambda: store.component("alerter", "dut"),
            "`store.flavors('alerter')`": lambda: store.flavor("alerter", "pagr"),
            "`zprof.open_registry().profiles()`": lambda: library.open_registry().profile("nope"),
            "`store.flavor('artifact_store', 's3').schema`": lambda: store.register_component(
                "x", store.flavor("artifact_store", "s3"), {}
            ),
        }
        for says, look in looks.items():
            with pytest.raises(ZprofError) as raised:
                look()
            (note,) = raised.value.__notes__
            assert says in note
            assert "`zprof " not in note
            assert "`zprof " in raised.value.hint
    with pytest.raises(NotFound) as not_found, library.using("default/nope"):
        pass
    assert "option" not in str(not_found.value)
