"""How `describe` shows things: wrapped to the terminal, nothing cut, and values as YAML that reads as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from conftest import SCRIPT, Zprof
from hypothesis import example, given
from hypothesis import strategies as st
from terminal import all_shown

from zprof.cli.describing import Description, Paragraph, described, scalar, wrapped, yaml_lines
from zprof.cli.terminal import columns_of

URL = "s3://a-very-long-bucket-name-of-the-team-for-recommendations/production/artifacts/2026"

TEXTS = st.text(max_size=30) | st.text("a '\"\\:#-?{}[],&*!|>%@`~\n\t0", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.none() | st.integers(1, 120))
@example({"a": "two\nlines\n"}, 20)
@example({"a": [[{"b": [1, []]}, "x"]], "port": "9000", "on": "yes", "e": 1e22}, None)
@example({"a": "words that are wrapped: 'in quotes', #5, and\u202e more"}, 20)
@example({"a": "\n\n", "b": "x\n ", "c": " x\ny", "d": "x\n\n\ny\n\n"}, 8)
def test_values_are_the_same_when_they_are_read_as_yaml(values: dict[str, Any], width: int | None) -> None:
    lines = [row for line in yaml_lines(values) for row in wrapped(line, width, False)]
    assert all(line.isprintable() for line in lines)
    assert yaml.safe_load("\n".join(lines) + "\n") == values


def test_a_key_that_looks_like_a_mask_is_a_key() -> None:
    shown = "\n".join(described(Description("x", {"config": {"********": None}}), None, has_colours=False))
    assert yaml.safe_load(shown.partition("\n\n")[2]) == {"config": {"********": None}}


def test_what_stands_for_a_secret_has_no_quotes() -> None:
    assert [scalar(text) for text in ("********", "*x", "{{db.password}}", "9000", 9000)] == [
        "********", "'*x'", "'{{db.password}}'", "'9000'", "9000",
    ]  # fmt: skip


def test_a_thing_is_wrapped_to_the_terminal() -> None:
    thing = Description(
        "Alerter flavor 'pager'",
        {"name": "pager", "description": "Sends what happened to where people read it, 日本語も書けます, and waits."},
        [
            Paragraph("endpoint", {"description": f"Where to send it, as {URL} does.", "type": "string"}),
            Paragraph("port", {"default": "'9000'", "options": {"a": [1, {"b": "2", "c": URL}]}}),
        ],
    )
    assert list(described(thing, 40, has_colours=False)) == [
        "Alerter flavor 'pager'",
        "",
        "name:        pager",
        "description: Sends what happened to",
        "             where people read it,",
        "             日本語も書けます, and",
        "             waits.",
        "",
        "endpoint:",
        "  description: Where to send it, as",
        f"    {URL}",
        "    does.",
        "  type:        string",
        "",
        "port:",
        "  default: '9000'",
        "  options:",
        "    a:",
        "      - 1",
        "      - b: '2'",
        "        c:",
        f"          {URL}",
    ]
    unwrapped = list(described(thing, None, has_colours=False))
    assert f"  description: Where to send it, as {URL} does." in unwrapped


def test_a_word_is_never_broken() -> None:
    for width in range(1, 130):
        shown = list(described(Description("x", {"config": {"path": URL}}), width, has_colours=False))
        assert sum(URL in line for line in shown) == 1
        assert all(columns_of(line) <= width or line.strip() == URL for line in shown[3:] if width > 10)


def test_text_of_others_can_not_drive_the_terminal() -> None:
    evil = "a\x1b[31m\u202e"
    thing = Description(evil, {"description": f"{evil}\nsecond"}, [Paragraph(evil, {"config": {evil: [evil]}})])
    for line in described(thing, 40, has_colours=False):
        assert line.isprintable()


def test_colours_are_a_bold_title_and_dim_keys() -> None:
    thing = Description("x", {"name": "x", "config": {"path": "p"}}, [Paragraph("part", {"a": 1})])
    assert list(described(thing, 40, has_colours=True)) == [
        "\x1b[1mx\x1b[0m", "", "\x1b[2mname: \x1b[0mx", "\x1b[2mconfig:\x1b[0m", "  \x1b[2mpath: \x1b[0mp", "",
        "\x1b[1mpart:\x1b[0m", "  \x1b[2ma: \x1b[0m1",
    ]  # fmt: skip


STACK = f"""\
Stack 'prod' (active)

name:       prod
active:     true
created_at: TIME
updated_at: TIME
revision:   1

artifact_store:
  name:   bucket
  flavor: s3
  config:
    client_kwargs:
      endpoint_url: https://minio:9000
      retries:
        - 1
        - '2'
    key: ********
    path: {URL}
    secret: '{{{{aws.secret}}}}'

metadata_store:
  name:   default
  flavor: sqlite
  config:
    uri: PLACE/metadata.db

orchestrator:
  name:   default
  flavor: local
"""


@pytest.fixture
def team(zprof: Zprof) -> Zprof:
    for words in (
        (
            "artifact-store",
            "register",
            "bucket",
            "-f",
            "s3",
            f"--path={URL}",
            "--key=hush",
            "--secret={{aws.secret}}",
            '--client_kwargs={"endpoint_url": "https://minio:9000", "retries": [1, "2"]}',
        ),
        ("stack", "register", "prod", "-o", "default", "-a", "bucket", "-m", "default", "--decouple-stores", "--set"),
    ):
        assert zprof(*words).code == 0
    return zprof


def plain(text: str, home: Path) -> str:
    """What was shown, without what is another each time."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(rf"{home}/\S*/[0-9a-f]{{32}}", "PLACE", text)


@pytest.mark.on_both
def test_a_stack_is_described(team: Zprof, home: Path) -> None:
    assert plain(team("-q", "stack", "describe").out, home) == STACK
    assert "    key: hush\n" in team("-q", "stack", "describe", "--show-secrets").out


def test_a_component_is_described(team: Zprof, home: Path) -> None:
    assert (
        plain(team("-q", "artifact-store", "describe").out, home)
        == f"""\
Artifact store 'bucket' (active)

name:       bucket
active:     true
type:       artifact_store
flavor:     s3
created_at: TIME
updated_at: TIME
revision:   1
config:
  client_kwargs:
    endpoint_url: https://minio:9000
    retries:
      - 1
      - '2'
  key: ********
  path: {URL}
  secret: '{{{{aws.secret}}}}'
"""
    )
    own = plain(team("-q", "metadata-store", "describe").out, home)
    assert own.endswith("resolved:\n  uri: PLACE/metadata.db (empty, so its own place, different for each user"
                        " and machine)\n")  # fmt: skip


def test_a_profile_is_described(team: Zprof, home: Path) -> None:
    assert (
        plain(team("-q", "profile", "describe").out, home)
        == f"""\
Profile 'default' (active)

name:           default
active:         true
store_type:     sqlite
url:            sqlite://{home}/.config/zprof/profiles/default.db
sqlalchemy_url: sqlite:///{home}/.config/zprof/profiles/default.db
active_stack:   prod
protected:      false
created_at:     TIME
updated_at:     TIME
"""
    )


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_terminal_of_any_width_shows_the_whole_url(team: Zprof, width: int) -> None:
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    words = ["-q", "stack", "describe"]
    shown = all_shown(
        pexpect.spawn(str(SCRIPT), words, env=environment, dimensions=(80, width), encoding="utf-8", timeout=60)
    )
    assert URL in shown
    assert "…" not in shown
    assert all(len(line) <= width or URL in line or "metadata.db" in line for line in shown.splitlines())
    assert "\x1b" not in shown
