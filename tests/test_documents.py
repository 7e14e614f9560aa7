"""Documents are read within bounds, and what is wrong with one is said without quoting it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import yaml
from conftest import Result, Zprof
from hypothesis import given
from hypothesis import strategies as st

from zprof.documents.reading import MAX_BYTES, parsed
from zprof.documents.writing import yaml_text
from zprof.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1, 2.5, true, null, "é"]}', {"a": [1, 2.5, True, None, "é"]}),
        ("a:\n- 1\n- 2.5\n- yes\n- null\n- é\n", {"a": [1, 2.5, True, None, "é"]}),
        ("{a: 1}", {"a": 1}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 1.0e+3\nb: -0.5\nc: 012\nd: 0x1F", {"a": 1000.0, "b": -0.5, "c": 10, "d": 31}),
        ("a: 3e5\nb: 1.5e3\nc: 1e+06", {"a": "3e5", "b": "1.5e3", "c": "1e+06"}),
        ('{"a":\t1}', {"a": 1}),
        ('[\t"a",\t3e5]', ["a", 300000.0]),
        ("a: =\n<<: x", {"a": "=", "<<": "x"}),
        ("", None),
    ],
)
def test_what_is_read(text: str, found: Any) -> None:
    assert parsed(text, "it") == found


@pytest.mark.parametrize(
    "text",
    [
        "a: &hush 1",
        "a: [&hush b, *hush]",
        "*hush",
        "a: hush\na: b",
        '{"a": "hush", "a": 1}',
        '{"hush": NaN}',
        "hush: .inf",
        "hush: -.inf",
        "hush: .nan",
        '{"hush": 1e999}',
        '{"hush": "\\ud800"}',
        '{"key": "hush" "path"}',
        "key: hush\n  path: [",
        "key: hush: path",
        "hush: !!bool x",
        "hush: !!timestamp x",
        "hush: !!int ''",
        "hush: !!map [a]",
        "hush: !!set {a}",
        "hush: !!binary aGk=",
        "hush: !!python/object/apply:os.system ['true']",
        "? [hush]\n: 1",
        "1: hush",
        "hush: '",
        "hush: \x00",
        "hush: " + "[" * 60 + "]" * 60,
        '{"hush":' + "[" * 100_000 + "]" * 100_000 + "}",
        "hush: " + "x" * MAX_BYTES,
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parsed(text, "it")
    assert refused.value.message.startswith("it ")
    assert "hush" not in refused.value.message


def test_pyyaml_itself_would_quote_it() -> None:
    with pytest.raises(yaml.YAMLError) as refused:
        yaml.safe_load("key: hush: path")
    assert "hush" in str(refused.value)


def test_a_number_of_base_60_takes_no_time() -> None:
    begun = monotonic()
    parsed("a: " + ":".join(["1"] * 200_000), "it")
    assert monotonic() - begun < 20


@given(st.text(st.sampled_from("ab:-[]{}&*!?|>'\"% \n\t#@,.0123\x00é"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed(text, "it")
    except InvalidInput as refused:
        assert refused.hint


# Text comes back as text, and numbers as numbers.

LIKE_MORE = st.from_regex(
    r"[-+.]?[0-9][0-9_.:eExXob+-]{0,8}|[-+]?\.(inf|nan|Inf|NAN)|~|=|<<|[nNyY]|null|Null|TRUE|no|Off|---|\.\.\.|0o17",
    fullmatch=True,
)
"""Text that some reader of YAML takes for something else."""
TEXTS = LIKE_MORE | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(TEXTS, JSON, max_size=4)


@given(DOCUMENTS)
def test_what_is_written_is_read_as_it_was(document: dict[str, Any]) -> None:
    assert parsed(yaml_text(document), "it") == document
    assert parsed(json.dumps(document), "it") == document


@given(DOCUMENTS)
def test_what_pyyaml_writes_is_read_as_it_was(document: dict[str, Any]) -> None:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    assert parsed(yaml.dump(document, Dumper=Plain), "it") == document


def reader(**patterns: str) -> type[yaml.SafeLoader]:
    """A loader with other rules for plain text than PyYAML's."""

    class Reader(yaml.SafeLoader): ...

    Reader.yaml_implicit_resolvers = {}
    for kind, pattern in patterns.items():
        Reader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(rf"^(?:{pattern})$"), None)
    Reader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(str(node.value), 0))
    Reader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(str(node.value)))
    return Reader


READERS = {
    "core schema of YAML 1.2": reader(  # https://yaml.org/spec/1.2.2/#1032-tag-resolution
        null="null|Null|NULL|~|",
        bool="true|True|TRUE|false|False|FALSE",
        int="[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
        float=r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    ),
    "types of YAML 1.1": reader(  # https://yaml.org/type/
        null="~|null|Null|NULL|",
        bool="y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        int="[-+]?(0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)",
        float=r"[-+]?([0-9][0-9_]*)?\.[0-9.]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*",
        timestamp="[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
        merge="<<",
        value="=",
    ),
}


@pytest.mark.parametrize("version", READERS)
@given(document=DOCUMENTS)
def test_other_readers_read_it_as_it_was(version: str, document: dict[str, Any]) -> None:
    found = yaml.load(yaml_text(document), Loader=READERS[version])
    assert found == document
    assert repr(found) == repr(document)  # 1 is no 1.0, and none of them true


@pytest.mark.parametrize(("version", "value"), [("core schema of YAML 1.2", "3e5"), ("types of YAML 1.1", "y")])
def test_such_a_reader_would_take_more_for_text(version: str, value: str) -> None:
    """What PyYAML writes as it is, others read as something else."""
    written = yaml.safe_dump({"a": value})
    assert written == f"a: {value}\n"
    try:
        found = yaml.load(written, Loader=READERS[version])
    except KeyError:  # as a boolean, in a spelling that PyYAML's own constructor lacks
        return
    assert found != {"a": value}


LONG_NUMBER = "9" * 5000


@pytest.mark.parametrize(
    "text",
    [
        f'{{"a": {LONG_NUMBER}}}',
        f'{{"a": [-{LONG_NUMBER}]}}',
        f"a: {LONG_NUMBER}",
        f"a: -{LONG_NUMBER}",
        f"a: 0x{'f' * 5000}",
        f"a: 0x{'f' * 900}",  # which has more digits when it is written
        f"a: 0b{'1' * 5000}",
        f"a: {{b: 0{'7' * 5000}}}",
        f"a: 1{'_0' * 5000}",
    ],
)
def test_a_number_of_thousands_of_digits(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"can't be read: it holds a number with more than 1000 digits\."):
        parsed(text, "x")


def test_long_numbers_are_read() -> None:
    assert parsed(f'{{"a": -{"9" * 900}}}', "x") == {"a": -int("9" * 900)}
    assert parsed(f"a: {'9' * 900}", "x") == {"a": int("9" * 900)}


@pytest.mark.parametrize("text", ["", "\n", "---\n", "# nothing yet\n\n"])
def test_a_file_that_says_nothing_is_empty(zprof: Zprof, home: Path, text: str) -> None:
    (home / "e.yaml").write_text(text)
    for words in (
        ("stack", "import", "e.yaml"),
        ("orchestrator", "register", "o", "-f", "local", "--config", "@e.yaml"),
        ("orchestrator", "flavor", "register", "mine", "--schema", "e.yaml"),
    ):
        assert zprof("-q", *words) == Result(
            2, "", "Error: e.yaml is empty.\nGive a file with JSON or YAML in it.\n"
        ), words


@pytest.mark.parametrize(
    ("text", "what"),
    [("null", "nothing"), ("a", "text"), ("3", "a number"), ("true", "true or false"), ("- a", "a list")],
)
def test_what_is_no_document_is_named_in_english(zprof: Zprof, home: Path, text: str, what: str) -> None:
    (home / "e.yaml").write_text(text)
    refused = zprof("-q", "stack", "import", "e.yaml")
    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        f"Error: e.yaml has {what} where a mapping with 'apiVersion' is expected.",
    )
