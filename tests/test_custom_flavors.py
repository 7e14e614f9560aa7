"""Flavors of one's own, and asking for attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import pexpect
import pytest
import yaml
from commands import Leaf, leaves, with_dummy
from conftest import SCRIPT, Zprof

import zprof as library
from zprof.cli.attributes import AttributeCommand
from zprof.component_types import BY_NAME
from zprof.documents.shape import KEPT
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.custom import RESERVED

SCHEMA: dict[str, Any] = {
    "properties": {
        "endpoint": {"type": "string", "pattern": "^https://", "description": "Where to send."},
        "retries": {"type": "integer", "default": 3},
        "token": {"type": "string", "writeOnly": True},
    },
    "required": ["endpoint"],
}


@pytest.fixture
def pager(zprof: Zprof, home: Path) -> Zprof:
    """An alerter flavor `pager`."""
    (home / "schema.yaml").write_text(json.dumps(SCHEMA))
    registered = zprof("alerter", "flavor", "register", "pager", "--schema", "schema.yaml")
    assert registered.err.endswith("Registered alerter flavor 'pager'.\n")
    return zprof


@pytest.mark.on_both
def test_list_and_describe(pager: Zprof) -> None:
    assert pager("alerter", "flavor", "list", "-o", "name").out == "slack\npager\n"
    assert (
        pager("-q", "alerter", "flavor", "describe", "pager").out
        == """\
Alerter flavor 'pager'

name:        pager
type:        alerter
integration: custom

endpoint:
  description: Where to send.
  type:        string
  required:    true

retries:
  type:    integer
  default: 3

token:
  type:   string
  secret: true
"""
    )


@pytest.mark.on_both
def test_components_keep_to_it(pager: Zprof) -> None:
    words = ("alerter", "register", "duty", "-f", "pager")
    assert pager(*words, "--endpoint=http://x").code == 2
    assert pager(*words, "--endpoint=https://x", "--nope=1").code == 2
    assert pager(*words).code == 2
    assert pager(*words, "--endpoint=https://x", "--retries=x").code == 2
    registered = pager(*words, "--endpoint=https://x", "--retries=5", "--token=hush")
    assert (registered.code, "stores token in plain text" in registered.err) == (0, True)
    shown = pager("alerter", "describe", "duty", "-o", "json")
    assert json.loads(shown.out)["config"] == {"endpoint": "https://x", "retries": 5, "token": KEPT}


def test_a_flavor_is_of_its_profile(pager: Zprof) -> None:
    pager("profile", "create", "other")
    assert pager("-p", "other", "alerter", "register", "duty", "-f", "pager", "--endpoint=https://x").code == 3


@pytest.mark.on_both
def test_delete(pager: Zprof) -> None:
    pager("alerter", "register", "duty", "-f", "pager", "--endpoint=https://x")
    refused = pager("-q", "alerter", "flavor", "delete", "pager", "-y")
    assert refused.code == 4
    assert "used by the alerter 'duty'" in refused.err
    pager("alerter", "delete", "duty", "-y")
    assert pager("alerter", "flavor", "delete", "pager").code == 7
    assert pager("alerter", "flavor", "delete", "pager", "-y").code == 0
    assert pager("alerter", "flavor", "delete", "pager", "-y").code == 3
    assert pager("alerter", "flavor", "delete", "slack", "-y").code == 3


DRAFT = "http://json-schema.org/draft-{}/schema#"


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ([], "no properties"),
        ({}, "no properties"),
        ({"properties": []}, "no properties"),
        ({"type": "array", "properties": {}}, "not the schema of an object"),
        ({"properties": {"a b": {}}}, "a name that can't be typed as an option"),
        ({"properties": {"a=b": {}}}, "a name that can't be typed as an option"),
        ({"properties": {"a\x1b": {}}}, "a name that can't be typed as an option"),
        ({"properties": {"": {}}}, "a name that can't be typed as an option"),
        ({"$ref": "#/$defs/Gone"}, "no properties"),
        ({"properties": {}, "dependencies": {"a": ["b"]}}, "'dependencies' is a keyword of draft 7"),
        (
            {"properties": {"a": {"items": {"additionalItems": False}}}},
            "'additionalItems' is a keyword of draft 2019-09",
        ),
        (
            {"$schema": DRAFT.format("04"), "properties": {"a": {"const": 1}}},
            "'const' is a keyword",
        ),
        (
            {"$schema": DRAFT.format("07"), "properties": {"a": {"prefixItems": []}}},
            "'prefixItems'",
        ),
        ({"properties": {"a": {"exclusiveMinimum": True}}}, "can't be used"),
        ({"properties": {"a": True}}, "no schema of its own"),
        ({"properties": {"a": {"type": "text"}}}, "'text'"),
        ({"properties": {"a": {"$ref": "https://example.org/x.json"}}}, "another document"),
        ({"properties": {"a": {"items": [{"$ref": "file:///etc/passwd"}]}}}, "another document"),
        ({"properties": {}, "patternProperties": {"x": {}}}, "patternProperties"),
        ({"properties": {"a": {"description": "x" * 70000}}}, "larger than"),
        ({"properties": {"a": {"pattern": "("}}}, "can't be used"),
    ],
)
def test_a_schema_that_cannot_be_used(zprof: Zprof, home: Path, schema: Any, says: str) -> None:
    (home / "schema.json").write_text(json.dumps(schema))
    refused = zprof("-q", "alerter", "flavor", "register", "x", "--schema", "schema.json")
    assert (refused.code, says in refused.err) == (2, True), refused.err
    assert refused.err.count("\n") == 2
    assert zprof("alerter", "flavor", "list", "-o", "name").out == "slack\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("../x", "--schema", "schema.yaml"), 2),
        (("--schema", "schema.yaml"), 2),
        (("x",), 2),
        (("x", "--schema", "schema.yaml", "--source", "a:B"), 2),
        (("x", "--schema", "nowhere"), 2),
        (("x", "--source", "models.Pager"), 2),
    ],
)
def test_register_refuses(pager: Zprof, words: tuple[str, ...], code: int) -> None:
    assert pager("alerter", "flavor", "register", *words).code == code


@pytest.mark.on_both
@pytest.mark.parametrize("name", ["slack", "pager"])
def test_register_refuses_a_name_that_is_taken(pager: Zprof, name: str) -> None:
    assert pager("alerter", "flavor", "register", name, "--schema", "schema.yaml").code == 4


MODEL = """
from pydantic import BaseModel, SecretStr

class Pager(BaseModel):
    endpoint: str
    retries: int | None = None
    verbose: bool = False
    token: SecretStr | None = None

class Broken(BaseModel):
    value: object
    @classmethod
    def model_json_schema(cls):
        raise RuntimeError("no schema today")

not_a_class = 1
"""


@pytest.mark.on_both
def test_a_pydantic_model(zprof: Zprof, home: Path) -> None:
    (home / "models_of_mine.py").write_text(MODEL)
    assert zprof("alerter", "flavor", "register", "--source", "models_of_mine:Pager").code == 0
    shown = json.loads(zprof("alerter", "flavor", "describe", "Pager", "-o", "json").out)
    assert shown["source"] == "models_of_mine:Pager"
    assert {row["attribute"]: (row["type"], row["required"], row["secret"]) for row in shown["attributes"]} == {
        "endpoint": ("string", True, False),
        "retries": ("integer", False, False),
        "verbose": ("boolean", False, False),
        "token": ("string", False, True),
    }
    (home / "models_of_mine.py").unlink()  # what is stored does without the module
    words = ("alerter", "register", "duty", "-f", "Pager", "--endpoint=x", "--retries=2", "--verbose=yes")
    assert zprof(*words).code == 0
    stored = json.loads(zprof("alerter", "describe", "duty", "-o", "json").out)["config"]
    assert stored == {"endpoint": "x", "retries": 2, "verbose": True}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere_at_all:X", "No module named 'nowhere_at_all'"),
        ("models_too:Nope", "Nope"),
        ("models_too:not_a_class", "not a pydantic model"),
        ("models_too:Broken", "no schema today"),
        ("json:JSONDecoder", "not a pydantic model"),
        ("syntax_error:X", "SyntaxError"),
        ("exits:X", "SystemExit"),
    ],
)
def test_a_class_that_cannot_be_used(zprof: Zprof, home: Path, source: str, says: str) -> None:
    (home / "models_too.py").write_text(MODEL)
    (home / "syntax_error.py").write_text("def (")
    (home / "exits.py").write_text("raise SystemExit(9)")
    refused = zprof("-q", "alerter", "flavor", "register", "x", "--source", source)
    assert (refused.code, says in refused.err) == (2, True), refused.err


def check_reserved(known: Iterable[Leaf]) -> None:
    """An attribute can't be given where a command that takes attributes has an option of its name."""
    options = {
        name.removeprefix("--").replace("-", "_"): leaf
        for leaf in known
        if isinstance(leaf.command, AttributeCommand)
        for name in leaf.options
        if name.startswith("--")
    }
    built_in = {
        key
        for of_type in BY_NAME
        for flavor in builtin_flavors(of_type).values()
        for key in flavor.schema["properties"]
    }
    for name, leaf in options.items():
        command = f"`zprof {' '.join(leaf.words)}`"
        assert name not in built_in, f"rename the option --{name} of {command}: a built-in flavor has that attribute"
        assert name in RESERVED, (
            f'add a line for an option of {command} to RESERVED in zprof/flavors/custom.py:\n    "{name}",'
        )
    assert options.keys() | {"help", "show_secrets"} == RESERVED


def test_the_reserved_names_are_our_options() -> None:
    check_reserved(leaves())


@pytest.mark.parametrize(
    ("option", "says"),
    [("--new", "to RESERVED in zprof/flavors/custom.py"), ("--path", "rename the option --path")],
)
def test_an_option_that_is_not_reserved_is_seen(option: str, says: str) -> None:
    known = leaves(with_dummy(cls=AttributeCommand, params=[click.Option([option])]))
    with pytest.raises(AssertionError, match=says):
        check_reserved(known)


def test_asking_for_attributes(pager: Zprof) -> None:
    child = pexpect.spawn(
        str(SCRIPT), ["alerter", "register", "duty", "-f", "pager", "-i"], encoding="utf-8", timeout=60
    )
    child.expect_exact("Where to send.")
    child.expect_exact("endpoint (required):")
    child.sendline("http://x")
    child.expect_exact("The attribute 'endpoint' can't be 'http://x'")
    child.expect_exact("endpoint (required):")
    child.sendline("https://x")
    child.expect_exact("retries (optional, 3):")
    child.sendline("many")
    child.expect_exact("must be an integer")
    child.expect_exact("retries (optional, 3):")
    child.sendline("")
    child.expect_exact("token (optional):")
    child.sendline("hush")
    rest = child.read()
    child.close()
    assert child.exitstatus == 0
    assert "hush" not in rest
    shown = pager("alerter", "describe", "duty", "-o", "json", "--show-secrets")
    assert json.loads(shown.out)["config"] == {"endpoint": "https://x", "token": "hush"}


def test_asking_needs_a_terminal(pager: Zprof) -> None:
    refused = pager("alerter", "register", "duty", "-f", "pager", "-i")
    assert (refused.code, "--key=value" in refused.err) == (7, True)


NESTED = {
    "within an object": {"type": "object", "properties": {"pw": {"type": "string", "writeOnly": True}}},
    "in a list": {"type": "array", "items": {"type": "string", "writeOnly": True}},
    "by a reference": {"anyOf": [{"$ref": "#/$defs/Credentials"}, {"type": "null"}]},
}
VALUES = {"within an object": {"pw": "hush"}, "in a list": ["hush"], "by a reference": {"pw": "hush"}}


@pytest.mark.on_both
@pytest.mark.parametrize("how", NESTED)
def test_a_secret_within_an_attribute_is_hidden_with_it(zprof: Zprof, home: Path, how: str) -> None:
    schema = {
        "properties": {"login": NESTED[how], "open": {"type": "object"}},
        "$defs": {"Credentials": NESTED["within an object"]},
    }
    (home / "schema.json").write_text(json.dumps(schema))
    (home / "config.json").write_text(json.dumps({"login": VALUES[how], "open": {"a": "seen"}}))
    assert zprof("alerter", "flavor", "register", "nested", "--schema", "schema.json").code == 0
    registered = zprof("alerter", "register", "duty", "-f", "nested", "--config", "@config.json")
    assert "'duty' stores login in plain text" in registered.err
    zprof("stack", "register", "s", "-o", "default", "-a", "default", "-m", "default", "-al", "duty")
    for words in (
        ("alerter", "list"),
        ("alerter", "describe", "duty", "-o", "json"),
        ("stack", "describe", "s"),
        ("stack", "export", "s"),
        ("alerter", "update", "duty", '--login={"hush": 1}'),
    ):
        shown = zprof(*words)
        assert "hush" not in shown.out + shown.err, words
    assert "seen" in zprof("alerter", "list").out
    exported = yaml.safe_load(zprof("stack", "export", "s").out)["components"]["alerter"]["config"]
    assert exported == {"login": KEPT, "open": {"a": "seen"}}
    assert "hush" in zprof("alerter", "list", "--show-secrets").out


@pytest.mark.parametrize(
    ("reference", "is_refused"),
    [("#/properties/x", True), ("#/$defs/a", True), ("#/$defs/nope", True), ("#/$defs/b", False), ("#", False)],
)
def test_a_reference_that_leads_nowhere(zprof: Zprof, home: Path, reference: str, is_refused: bool) -> None:
    schema = {
        "properties": {"x": {"$ref": reference}, "y": {"type": "string"}},
        "$defs": {"a": {"$ref": "#/properties/x"}, "b": {"type": "string"}},
    }
    if reference != "#/$defs/a":
        del schema["$defs"]["a"]
    (home / "schema.json").write_text(json.dumps(schema))
    registered = zprof("alerter", "flavor", "register", "refers", "--schema", "schema.json")
    assert registered.code == (2 if is_refused else 0)
    assert ("its reference '#/" in registered.err) == is_refused
    if not is_refused:
        assert zprof("alerter", "register", "duty", "-f", "refers", "--y=z").code == 0


def registered(zprof: Zprof, home: Path, schema: Any) -> Any:
    """What registering a flavor by a schema answers."""
    (home / "schema.json").write_text(json.dumps(schema))
    return zprof("alerter", "flavor", "register", "mine", "--schema", "schema.json")


@pytest.mark.parametrize("draft", ["04", "06", "07"])
@pytest.mark.parametrize(
    ("config", "is_valid"),
    [({"a": 1, "b": 2}, True), ({"a": 1}, False), ({"b": 5}, True), ({"b": 0}, False)],
)
def test_the_rules_of_an_older_draft_are_honoured(
    zprof: Zprof, home: Path, draft: str, config: dict[str, Any], is_valid: bool
) -> None:
    """By the draft that the schema names: newer ones have no `dependencies`, and another `exclusiveMinimum`."""
    above_0 = {"minimum": 0, "exclusiveMinimum": True} if draft == "04" else {"exclusiveMinimum": 0}
    schema = {
        "$schema": DRAFT.format(draft),
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", **above_0}},
        "dependencies": {"a": ["b"]},
    }
    assert registered(zprof, home, schema).code == 0
    options = [f"--{key}={value}" for key, value in config.items()]
    assert (zprof("alerter", "register", "x", "-f", "mine", *options).code == 0) == is_valid


def test_names_of_ones_own_are_no_rules(zprof: Zprof, home: Path) -> None:
    """An attribute, or a value, may be called as a rule is."""
    schema = {
        "properties": {"dependencies": {"type": "string"}, "a": {"enum": ["if", {"dependencies": 1}]}},
        "$defs": {"then": {}},
    }
    assert registered(zprof, home, schema).code == 0


MODEL_OF_ITSELF = """
from __future__ import annotations
from pydantic import BaseModel

class Node(BaseModel):
    label: str
    children: list[Node] = []
"""


def test_a_model_that_refers_to_itself(zprof: Zprof, home: Path) -> None:
    (home / "models_of_itself.py").write_text(MODEL_OF_ITSELF)
    assert zprof("alerter", "flavor", "register", "--source", "models_of_itself:Node").code == 0
    tree = json.dumps([{"label": "leaf", "children": [{"label": "below"}]}])
    assert zprof("alerter", "register", "x", "-f", "Node", "--label=root", f"--children={tree}").code == 0
    assert zprof("alerter", "register", "y", "-f", "Node", "--label=root", '--children=[{"label": 3}]').code == 2


def test_attributes_with_odd_names(zprof: Zprof, home: Path) -> None:
    """A dash is typed as it is or as `_`; what has the name of an option of zprof's comes by --config."""
    names = ["api-token", "$schema", "output", "profile", "grün", "a.b"]
    made = registered(zprof, home, {"properties": {name: {"type": "string"} for name in names}})
    assert made.code == 0
    for name in ("output", "profile"):
        assert f"--{name} is an option of zprof: set the attribute with --config, or when asked (-i)." in made.err
    config = {name: f"value of {name}" for name in names}
    (home / "config.json").write_text(json.dumps(config))
    assert zprof("alerter", "register", "x", "-f", "mine", "--config", "@config.json").code == 0
    assert library.open_profile("default").component("alerter", "x").config == config
    for spelling in ("--api-token=new", "--api_token=newer"):
        assert zprof("alerter", "update", "x", spelling).code == 0
        assert (
            library.open_profile("default").component("alerter", "x").config["api-token"] == spelling.partition("=")[2]
        )
    assert zprof("alerter", "remove-attribute", "x", "--api-token", "$schema", "output").code == 0
    assert library.open_profile("default").component("alerter", "x").config.keys() == {"profile", "grün", "a.b"}


def test_an_attribute_that_is_named_like_an_option_is_asked_for(zprof: Zprof, home: Path) -> None:
    assert registered(zprof, home, {"properties": {"output": {"type": "integer"}}, "required": ["output"]}).code == 0
    child = pexpect.spawn(str(SCRIPT), ["alerter", "register", "x", "-f", "mine", "-i"], encoding="utf-8", timeout=60)
    child.expect_exact("output (required):")
    child.sendline("3")
    child.read()
    child.close()
    assert child.exitstatus == 0
    assert library.open_profile("default").component("alerter", "x").config == {"output": 3}


OF_ZENML = """
from typing import ClassVar, Optional
from uuid import UUID, uuid4
from pydantic import BaseModel, Field

class StackComponent(BaseModel):
    name: str
    uuid: UUID = Field(default_factory=uuid4)

class MyAlerter(StackComponent):
    FLAVOR: ClassVar[str] = "mine"
    channel: str
    retries: Optional[int] = 3
"""


@pytest.mark.parametrize(
    "words",
    [
        ("classes_of_zenml.MyAlerter",),
        ("--source", "classes_of_zenml.MyAlerter"),
        ("--source", "classes_of_zenml:MyAlerter"),
    ],
)
def test_a_class_of_zenml(zprof: Zprof, home: Path, words: tuple[str, ...]) -> None:
    """Its flavor's name is in it, and what it has from its base class is no attribute."""
    (home / "classes_of_zenml.py").write_text(OF_ZENML)
    registered = zprof("alerter", "flavor", "register", *words)
    assert registered.code == 0, registered.err
    shown = json.loads(zprof("alerter", "flavor", "describe", "mine", "-o", "json").out)
    assert [found["attribute"] for found in shown["attributes"]] == ["channel", "retries"]
    assert zprof("alerter", "register", "duty", "-f", "mine", "--channel=ops").code == 0


@pytest.mark.parametrize(
    ("type_", "code"), [('"alerter"', 0), ('"annotator"', 2), ('"something"', 0), ("None", 0), ("7", 0)]
)
def test_a_class_of_zenml_of_another_type(zprof: Zprof, home: Path, type_: str, code: int) -> None:
    name = f"typed_{re.sub('[^a-z0-9]', '', type_.lower())}"
    (home / f"{name}.py").write_text(f"{OF_ZENML}    TYPE: ClassVar[object] = {type_}\n")
    registered = zprof("-q", "alerter", "flavor", "register", f"{name}.MyAlerter")
    assert registered.code == code, registered.err
    if code:
        assert registered.err == (
            f"Error: {name}.MyAlerter is an annotator, not an alerter.\n"
            f"Run `zprof annotator flavor register --source {name}.MyAlerter`.\n"
        )


def test_a_class_of_ones_own_keeps_its_name(zprof: Zprof, home: Path) -> None:
    (home / "models_with_names.py").write_text(
        "from pydantic import BaseModel\nclass Pager(BaseModel):\n    name: str\n    uuid: str\n"
    )
    assert zprof("alerter", "flavor", "register", "--source", "models_with_names:Pager").code == 0
    shown = json.loads(zprof("alerter", "flavor", "describe", "Pager", "-o", "json").out)
    assert [found["attribute"] for found in shown["attributes"]] == ["name", "uuid"]
