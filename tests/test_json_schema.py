"""Schemas that others write: their drafts, and those that would fetch something, keep the checks busy or crash them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zprof.errors import DamagedFile, InvalidConfig, InvalidInput
from zprof.flavors import check
from zprof.flavors.catalog import Flavor
from zprof.flavors.check import checked, schema_problem
from zprof.flavors.custom import checked_schema
from zprof.flavors.json_schema import DRAFTS, MAX_LEVELS, depth, levels


def pager(schema: dict[str, Any]) -> Flavor:
    return Flavor("alerter", "pager", schema, "custom", "Calls people.")


def attributes(**schemas: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": schemas}


def problems(schema: dict[str, Any], config: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidConfig) as refused:
        checked(pager(schema), config)
    return refused.value.problems


def damage(schema: dict[str, Any], config: dict[str, Any]) -> str:
    with pytest.raises(DamagedFile) as refused:
        checked(pager(schema), config)
    return refused.value.message


class TestDrafts:
    @pytest.mark.parametrize("scheme", ["http://", "https://"])
    @pytest.mark.parametrize("end", ["", "#"])
    @pytest.mark.parametrize("draft", DRAFTS)
    def test_each_is_known_to_the_library(self, draft: str, scheme: str, end: str) -> None:
        schema = {"$schema": f"{scheme}{draft}{end}", **attributes(a={"type": "integer"})}
        assert checked(pager(checked_schema(schema)), {"a": 1}) == {"a": 1}

    def test_the_rules_are_those_of_the_draft(self) -> None:
        rules = attributes(a={"type": "number", "minimum": 1, "exclusiveMinimum": True})
        fourth = {"$schema": "http://json-schema.org/draft-04/schema#", **rules}
        assert problems(fourth, {"a": 1}) == ("The attribute 'a' can't be 1.",)
        assert checked(pager(fourth), {"a": 2}) == {"a": 2}
        assert schema_problem(rules) == "'properties/a/exclusiveMinimum' can't be true"
        tuples = attributes(a={"type": "array", "items": [{"type": "integer"}]})
        assert problems({"$schema": "http://json-schema.org/draft-07/schema#", **tuples}, {"a": ["x"]})
        assert schema_problem(tuples) == "'properties/a/items' can't be a list"

    @pytest.mark.parametrize("draft", DRAFTS)
    def test_formats_are_not_checked(self, draft: str) -> None:
        schema = {"$schema": f"https://{draft}", **attributes(a={"type": "string", "format": "email"})}
        assert checked(pager(schema), {"a": "nobody"}) == {"a": "nobody"}

    @pytest.mark.parametrize(
        ("named", "shown"),
        [
            ("https://example.org/mine", "'https://example.org/mine'"),
            ("http://json-schema.org/draft-03/schema#", "'http://json-schema.org/draft-03/schema#'"),
            ("file://json-schema.org/draft-07/schema#", "'file://json-schema.org/draft-07/schema#'"),
            ("", "''"),
            (7, "7"),
        ],
    )
    def test_another_is_refused_by_name(self, named: object, shown: str) -> None:
        schema = {"$schema": named, **attributes()}
        reason = f"its $schema is {shown}, which is not one of the supported drafts 4, 6, 7, 2019-09, 2020-12"
        with pytest.raises(InvalidInput) as refused:
            checked_schema(schema)
        assert refused.value.message == f"The schema can't be used: {reason}."
        assert damage(schema, {}) == f"The flavor 'pager' in this store has a schema that can't be used: {reason}."


class TestReferences:
    def test_no_document_is_fetched(self, tmp_path: Path) -> None:
        document = tmp_path / "text.json"
        document.write_text(json.dumps({"type": "string"}))
        for reference in (document.as_uri(), "http://127.0.0.1:9/text.json", "text.json"):
            schema = attributes(a={"$ref": reference})
            assert schema_problem(schema).startswith("a reference in it can't be resolved (")
            assert "can't be resolved" in damage(schema, {"a": "x"})
        within = {**attributes(a={"$ref": "text.json"}), "$defs": {"t": {"$id": "text.json", "type": "string"}}}
        assert checked(pager(within), {"a": "x"}) == {"a": "x"}
        assert problems(within, {"a": 1}) == ("The attribute 'a' must be text, not 1.",)

    @pytest.mark.parametrize("draft", [None, *DRAFTS])
    def test_a_schema_that_refers_to_itself_ends(self, draft: str | None) -> None:
        tree = {**attributes(left={"$ref": "#"}, right={"$ref": "#"}), "allOf": [{"$ref": "#/definitions/circle"}]}
        tree["definitions"] = {"circle": {"anyOf": [{"$ref": "#/definitions/circle"}, {}]}}
        if draft is not None:
            tree["$schema"] = f"https://{draft}"
        assert schema_problem(tree) == ""
        config: dict[str, Any] = {"left": {"right": {}}}
        assert checked(pager(tree), config) == config
        assert problems(tree, {"left": {"right": {"middle": 1}}}) == ("The attribute 'left' can't be an object.",)

    def test_types_are_in_the_order_of_the_schema(self) -> None:
        types = ["string", "null", "integer"]
        sentence = "The attribute 'a' must be text or null or an integer."
        referred = {**attributes(a={"$ref": "#/$defs/t"}), "$defs": {"t": {"type": types}}}
        for schema in (attributes(a={"type": types}), referred):
            assert [problem.replace(", not 1.5", "") for problem in problems(schema, {"a": 1.5})] == [sentence]


ENDLESS = "^(a|aa)+(?=b)$"
A_IS_ENDLESS = {"properties": {"a": {"pattern": ENDLESS}}}


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "taken", "refused"),
        [
            ("^(?!s3://)", "/a", "s3://a"),
            ("^(?=.*[0-9]).{3,}$", "ab1", "abc"),
            ("(?<=a)b", "ab", "b"),
            (r"^(a|b)\1$", "aa", "ab"),
            ("^a$", "a", "a\n"),
            (r"^\d$", "1", "١"),
            ("^(a+)+$", "a" * 40, "a" * 40 + "!"),
        ],
    )
    def test_are_those_of_the_standard(self, pattern: str, taken: str, refused: str) -> None:
        schema = attributes(a={"type": "string", "pattern": pattern})
        assert schema_problem(schema) == ""
        assert checked(pager(schema), {"a": taken}) == {"a": taken}
        (problem,) = problems(schema, {"a": refused})
        assert problem.startswith(f"The attribute 'a' must match {pattern}")

    @pytest.mark.parametrize("pattern", ["(", "(a{1000}){1000}", "(" * 300 + ")" * 300])
    def test_one_that_can_not_be_used(self, pattern: str) -> None:
        assert schema_problem(attributes(a={"pattern": pattern})).startswith("'properties/a/pattern' can't be '(")

    @pytest.mark.parametrize(
        ("schema", "subject"),
        [
            (attributes(a={"type": "string", "pattern": ENDLESS}), "The attribute 'a'"),
            (attributes(a={"type": "string", "pattern": ENDLESS, "writeOnly": True}), "The attribute 'a'"),
            (attributes(a={"items": {"pattern": ENDLESS}}), "The attribute 'a'"),
            (attributes(a={"anyOf": [{"pattern": ENDLESS}, {"type": "integer"}]}), "The attribute 'a'"),
            # Where a broken rule would not be an error, the library doesn't tell which value it was.
            (attributes(a={"not": {"pattern": ENDLESS}}), "The config"),
            (
                {**attributes(a={}), "allOf": [{"if": A_IS_ENDLESS, "then": False, "description": "Never."}]},
                "The config",
            ),
        ],
    )
    def test_one_that_takes_too_long(self, schema: dict[str, Any], subject: str) -> None:
        value = ["a" * 60] if "items" in schema["properties"]["a"] else "a" * 60
        assert problems(schema, {"a": value}) == (
            f"{subject} takes too long to match against a pattern of the flavor's schema.",
        )

    def test_what_else_is_wrong_is_said_instead(self) -> None:
        schema = attributes(a={"type": "string", "pattern": ENDLESS}, b={"type": "integer"})
        assert problems(schema, {"a": "a" * 60, "b": "x"}) == ("The attribute 'b' must be an integer, not 'x'.",)

    def test_a_reference_that_takes_too_long(self) -> None:
        schema = attributes(a={"type": "string", "pattern": r"^\$\{env:(A|AA)+(?=b)$"})
        (problem,) = problems(schema, {"a": "${env:" + "A" * 60 + "}"})
        assert problem.startswith("The attribute 'a' takes too long")

    def test_a_name_that_takes_too_long(self) -> None:
        schema = {"properties": {}, "propertyNames": {"pattern": ENDLESS}}
        assert problems(schema, {"a" * 60: 1}) == (
            "The config takes too long to match against a pattern of the flavor's schema.",
        )

    def test_without_a_limit_the_same_does_not_end(self) -> None:
        program = f"""
from zprof.flavors import check
from zprof.flavors.catalog import Flavor
import sys
check.MAX_BACKTRACKS = int(sys.argv[1])
schema = {{"properties": {{"a": {{"pattern": "{ENDLESS}"}}}}}}
try:
    check.checked(Flavor("alerter", "pager", schema, "custom", ""), {{"a": "a" * 60}})
except check.refusal(Flavor("alerter", "pager", schema, "custom", ""), []).__class__:
    print("refused")
"""
        words = [sys.executable, "-c", program]
        ended = subprocess.run([*words, "100000"], capture_output=True, text=True, timeout=60, check=True)
        assert ended.stdout == "refused\n"
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run([*words, str(10**12)], capture_output=True, timeout=3, check=True)


def chain(length: int) -> dict[str, Any]:
    """A tree whose nodes are described by as many references to references."""
    definitions: dict[str, Any] = {f"r{n}": {"allOf": [{"$ref": f"#/$defs/r{n + 1}"}]} for n in range(length)}
    definitions[f"r{length}"] = {"properties": {"a": {"$ref": "#/$defs/r0"}}}
    return {**attributes(a={"$ref": "#/$defs/r0"}), "$defs": definitions}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


class TestRecursion:
    def test_deep_configs_by_deep_schemas_are_refused(self) -> None:
        too_deep = "The config is nested too deeply for the references in the flavor's schema."
        assert checked(pager(chain(20)), nested(50)) == nested(50)
        assert checked(pager(chain(500)), nested(2)) == nested(2)
        assert problems(chain(500), nested(50)) == (too_deep,)

    def test_a_schema_too_deep_for_any_config_is_refused(self) -> None:
        reason = "its references are nested too deeply"
        assert schema_problem(chain(4000)) == reason
        assert reason in damage(chain(4000), {})

    @pytest.mark.parametrize("word", ["items", "not", "allOf", "anyOf"])
    def test_a_schema_that_is_nested_too_deep_is_refused(self, word: str) -> None:
        part: dict[str, Any] = {}
        for _ in range(10_000):
            part = {word: [part] if word.endswith("Of") else part}
        assert schema_problem(attributes(a=part)) == "it is nested too deeply"

    def test_without_the_bound_the_process_crashes(self) -> None:
        program = """
import resource, sys
from test_json_schema import chain, checked, nested, pager
from zprof.errors import InvalidConfig
from zprof.flavors import check
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
check.MAX_LEVELS = int(sys.argv[1])
try:
    checked(pager(chain(1500)), nested(50))
except InvalidConfig:
    print("refused")
"""
        # The stack is 8 MiB, whatever it is on this machine.
        words = ["sh", "-c", 'ulimit -s 8192; exec "$@"', "sh", sys.executable, "-c", program]
        here = Path(__file__).parent
        refused = subprocess.run([*words, str(5000)], cwd=here, capture_output=True, text=True, check=False)
        assert (refused.returncode, refused.stdout) == (0, "refused\n"), refused.stderr
        crashed = subprocess.run([*words, str(10**9)], cwd=here, capture_output=True, check=False)
        assert crashed.returncode < 0

    def test_levels(self) -> None:
        assert levels(attributes(a={"anyOf": [{"type": "string"}]})) == 0
        assert 0 < levels(attributes(a={"$ref": "#"})) < 5
        assert levels(chain(100)) >= 200
        assert levels(attributes(**{f"a{n}": {"$ref": "#/$defs/one"} for n in range(5000)})) < MAX_LEVELS / 50

    def test_depth(self) -> None:
        values: list[Any] = [1, {}, {"a": 1}, {"a": [{}], "b": []}]
        assert [depth(value) for value in values] == [0, 1, 1, 3]


class TestWhatTheLibraryRaises:
    class PanicException(BaseException):
        """As PyO3 makes it: it can't be imported, and is no Exception."""

        __module__ = "pyo3_runtime"

    def test_a_panic_is_an_error_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def panics(*_: object, **__: object) -> None:
            raise self.PanicException("index out of bounds")

        monkeypatch.setattr(check, "validator_for", panics)
        reason = "the library that checks configs crashes on it"
        assert schema_problem(attributes()) == reason
        assert reason in damage(attributes(), {})

    def test_an_interrupt_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(check, "validator_for", interrupted)
        with pytest.raises(KeyboardInterrupt):
            schema_problem(attributes())

    @pytest.mark.parametrize("schema", [{"description": "\ud800"}, {"enum": [{1, 2}]}, {"enum": [{5: 1}]}])
    def test_a_schema_that_is_no_json(self, schema: dict[str, Any]) -> None:
        assert schema_problem(attributes(a=schema)) == "it holds something that JSON can't represent"

    def test_subclasses_of_what_json_has(self) -> None:
        class Text(str):
            __slots__ = ()

        class Share(float):
            pass

        schema = attributes(a={"type": "string"}, b={"type": "number"})
        config = {"a": Text("x"), Text("b"): Share(0.5)}
        assert checked(pager(schema), config) == config
        assert problems(schema, {"a": Share(1.5)}) == ("The attribute 'a' must be text, not 1.5.",)

    @pytest.mark.parametrize("value", [2**64, 2**70, -(2**70), 10**400, 1e308, 5e-324])
    def test_numbers_of_any_size(self, value: float) -> None:
        exact = attributes(a={"type": "number", "enum": [value]})
        assert checked(pager(exact), {"a": value}) == {"a": value}
        if isinstance(value, int):
            assert problems(exact, {"a": value + 1})
            assert problems(attributes(a={"maximum": value - 1}), {"a": value})

    def test_a_condition_that_is_false(self) -> None:
        assert problems({**attributes(), "allOf": [False]}, {}) == (
            "Taken together, the attributes break the rule 'allOf' of the flavor's schema.",
        )
