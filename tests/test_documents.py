"""Documents are read within bounds, and what is wrong with one is said without quoting it."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zprof.documents.reading import MAX_BYTES, parsed
from zprof.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1, 2.5, true, null, "é"]}', {"a": [1, 2.5, True, None, "é"]}),
        ("a:\n- 1\n- 2.5\n- yes\n- null\n- é\n", {"a": [1, 2.5, True, None, "é"]}),
        ("{a: 1}", {"a": 1}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 1e3\nb: -0.5\nc: 012\nd: 0x1F", {"a": 1000.0, "b": -0.5, "c": 10, "d": 31}),
        ("a: .inf\nb: .nan", {"a": ".inf", "b": ".nan"}),
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
    with pytest.raises(InvalidInput, match=r"can't be read: it holds a number of more than 1000 digits\."):
        parsed(text, "x")


def test_long_numbers_are_read() -> None:
    assert parsed(f'{{"a": -{"9" * 900}}}', "x") == {"a": -int("9" * 900)}
    assert parsed(f"a: {'9' * 900}", "x") == {"a": int("9" * 900)}
