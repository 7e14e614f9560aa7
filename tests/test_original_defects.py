"""What the tool that zprof takes after, ZenML 0.7 to 0.13, was seen to do wrong.

The numbers name its defects one by one. Each test tells in a sentence what went wrong there; those that other files
test carry the number in their names too.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from conftest import BANNER, SCRIPT, Result, Zprof
from contents import contents, damage, files, rows
from documentation import PAGES, ROOT
from killing import is_killed_in_a_change
from terminal import all_shown

from zprof.component_types import COMPONENT_TYPES

HERE = Path(__file__).parent
WRITTEN = HERE / "data" / "zenml-0.13.2"
STACK = ("-o", "default", "-a", "default", "-m", "default")
SCHEMA: dict[str, Any] = {"properties": {"endpoint": {"type": "string"}}}
SECRET = "hush-hush"
OUTPUTS = ("table", "json", "yaml", "csv", "name")


def slips(text: str) -> list[str]:
    """What in a message no writer can have meant."""
    slip = r"\S {2,}\S+|\S* \n|<\w+\.\w+.*|\w+yly\b|\[\]|\bNone\b|\{'.*|\b(\w+) \1\b"
    found = [match[0] for match in re.finditer(slip, text)]
    for opening, closing_ in ("()", "[]", "{}"):
        if text.count(opening) != text.count(closing_):
            found.append(opening)
    return found + ["`"] * (text.count("`") % 2)


def is_refused(refused: Result, code: int, says: str) -> bool:
    """See that a refusal is a sentence on what went wrong, at most one on how to mend it, and nothing else."""
    message, *hints = refused.err.splitlines()
    assert (refused.code, refused.out) == (code, ""), refused
    assert message.startswith("Error: "), refused
    assert says in message, refused
    assert len(hints) <= 1, refused
    assert slips(refused.err) == [], refused
    return True


def on_terminal(*words: str, columns: int = 80, **environment: str) -> str:
    """What the installed command shows on a terminal, stdout and stderr together."""
    child = pexpect.spawn(
        str(SCRIPT), list(words), dimensions=(24, columns), encoding="utf-8", timeout=60,
        env={**os.environ, "TERM": "xterm", **environment},
    )  # fmt: skip
    return all_shown(child)


def schema_file(home: Path) -> str:
    (home / "schema.json").write_text(json.dumps(SCHEMA))
    return "schema.json"


# D01: names that are paths

NAMING: list[tuple[str, ...]] = [
    ("profile", "create", "NAME"),
    ("profile", "rename", "spare", "NAME"),
    ("stack", "register", "NAME", *STACK),
    ("stack", "copy", "default", "NAME"),
    ("stack", "import", "stack.json", "--name=NAME"),
    ("stack", "rename", "default", "NAME"),
    ("artifact-store", "register", "NAME", "-f", "local"),
    ("artifact-store", "copy", "default", "NAME"),
    ("artifact-store", "rename", "default", "NAME"),
    ("alerter", "flavor", "register", "NAME", "--schema", "schema.json"),
    ("import-zenml", "zenml", "--prefix=NAME"),
    ("import-zenml", "zenml", "--prefix=z-", "--rename=staging=NAME"),
]
"""Every way to give a name."""


def test_d01_nothing_is_given_the_name_of_a_path(zprof: Zprof, home: Path, config: Path) -> None:
    """A profile named `../../victim` was made, and deleting it removed that directory."""
    schema_file(home)
    shutil.copytree(WRITTEN / "config", home / "zenml")
    (home / "victim").mkdir()
    (home / "victim" / "data.txt").write_text("precious")
    assert zprof("profile", "create", "spare").code == 0
    assert zprof("stack", "export", "default", "stack.json").code == 0
    before, listed = contents(config), listing(home)
    for words in NAMING:
        for name in ("../../../victim", str(home / "victim"), "..", ".", "a/../b", "a\nb"):
            refused = zprof("-q", *(word.replace("NAME", name) for word in words))
            assert (refused.code, refused.out) == (2, ""), (words, name)
            assert refused.err[:-1].replace("\n", "").isprintable(), refused
            assert contents(config) == before, (words, name)
    assert listing(home) == listed
    # The words are right but for the name.
    for index, words in enumerate(NAMING):
        assert zprof("-q", *(word.replace("NAME", f"fresh-{index}") for word in words)).code == 0, words
    assert (home / "victim" / "data.txt").read_text() == "precious"


def listing(directory: Path) -> list[Path]:
    """Every file below, but for what marks a turn in the queue."""
    return sorted(path for path in directory.rglob("*") if path.suffix != ".lock")


# D02: a question answered with no


@pytest.mark.parametrize(
    ("words", "noun", "listing"),
    [
        (("stack", "delete", "spare"), "stack", ("stack", "list")),
        (("stack", "delete", "spare", "--with-components"), "stack", ("stack", "list")),
        (("artifact-store", "delete", "spare"), "artifact store", ("artifact-store", "list")),
        (("profile", "delete", "spare"), "profile", ("profile", "list")),
        (("alerter", "flavor", "delete", "spare"), "alerter flavor", ("alerter", "flavor", "list")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_d02_no_means_no(
    zprof: Zprof, script: Zprof, home: Path, config: Path, words: tuple[str, ...], noun: str, listing: tuple[str, ...]
) -> None:
    """Asked whether to delete a stack, who answered no had it deleted; profiles and components went unasked."""
    zprof("stack", "register", "spare", *STACK)
    zprof("artifact-store", "register", "spare", "-f", "local")
    zprof("profile", "create", "spare")
    zprof("alerter", "flavor", "register", "spare", "--schema", schema_file(home))
    before = contents(config)
    for answer in ("n", ""):
        said, code = answered(answer, *words)
        assert f"Delete the {noun} 'spare'" in said
        assert code == 7
        assert "Deleted" not in said
        assert contents(config) == before, repr(answer)
    piped = script("-q", *words, stdin="n\n")
    assert (piped.code, "--yes" in piped.err) == (7, True)
    assert contents(config) == before
    # It is the answer that it hangs on.
    said, code = answered("y", *words)
    assert (code, f"Deleted {noun} 'spare'" in said) == (0, True), said
    assert "spare" not in zprof(*listing, "-o", "name").out.split()


def answered(answer: str, *words: str) -> tuple[str, int | None]:
    """What a command says on a terminal where its question gets this answer, and its exit code."""
    child = pexpect.spawn(str(SCRIPT), list(words), encoding="utf-8", timeout=60)
    child.expect_exact("[y/N]: ")
    said = str(child.before)
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return said + str(child.before), child.exitstatus


# D04: projects of before there were profiles


def test_d04_a_project_of_before_profiles_stays_as_it_is(
    zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project with stacks of its own was migrated to a profile without them, over their only copy."""
    shutil.copytree(WRITTEN, home / "zenml")
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(home / "zenml" / "config"))
    project = home / "zenml" / "project"
    (project / ".zen" / "config.yaml").write_text(
        yaml.safe_dump(
            {
                "version": "0.6.3",
                "active_stack_name": "mine",
                "stacks": {"mine": {"orchestrator": "o", "artifact_store": "a", "metadata_store": "m"}},
                "stack_components": {type_: {type_[0]: "local"} for type_ in ("orchestrator", "artifact_store")},
            }
        )
    )
    before, there = contents(config), files(home / "zenml")
    for more in ((), ("--activate",), ("--dry-run",)):
        refused = zprof("-q", "import-zenml", str(project), "--prefix=z-", *more)
        assert is_refused(refused, 2, f"{project}/.zen/config.yaml was written by a ZenML before 0.7")
        assert contents(config) == before
        assert files(home / "zenml") == there
    # The profiles themselves come over, for they are not the project's.
    assert zprof("import-zenml", str(home / "zenml" / "config"), "--prefix=z-").code == 0


# D10: deleting what is not there


def test_d10_what_is_not_there_is_not_deleted(zprof: Zprof, config: Path) -> None:
    """Deleting a stack or a component that is not there was reported as done, with exit code 0."""
    before = contents(config)
    cases = [
        (("profile", "delete"), "profile"),
        (("stack", "delete"), "stack"),
        (("stack", "delete", "--with-components"), "stack"),
        (("alerter", "flavor", "delete"), "custom alerter flavor"),
        *[((of_type.command, "delete"), of_type.name.replace("_", " ")) for of_type in COMPONENT_TYPES],
    ]
    for words, noun in cases:
        for answer in ((), ("--yes",)):
            refused = zprof("-q", *words, "custom", *answer)
            assert is_refused(refused, 3, f"There is no {noun} named 'custom'.")
    assert contents(config) == before


# D11: relative URLs


@pytest.mark.parametrize("url", ["shared.db", "./shared.db", "sub/../shared.db", "sqlite:///./shared.db"])
def test_d11_a_relative_url_is_the_same_everywhere(
    zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A relative URL meant another store in each working directory, and an empty one was made in each."""
    (home / "sub").mkdir()
    (home / "elsewhere").mkdir()
    assert zprof("profile", "create", "shared", "--url", url).code == 0
    assert zprof("-p", "shared", "stack", "register", "mine", *STACK).code == 0
    monkeypatch.chdir(home / "elsewhere")
    assert zprof("-p", "shared", "stack", "list", "-o", "name").out == "default\nmine\n"
    assert zprof("-p", "shared", "stack", "register", "another", *STACK).code == 0
    shown = json.loads(zprof("profile", "describe", "shared", "-o", "json").out)
    assert shown["url"] == f"sqlite://{home}/shared.db"
    assert list((home / "elsewhere").iterdir()) == []
    monkeypatch.chdir(home)
    assert zprof("-p", "shared", "stack", "list", "-o", "name").out == "another\ndefault\nmine\n"


# D13: ordinary bad input

BAD_INPUTS: list[tuple[tuple[str, ...], int, str]] = [
    (("stack", "register", "default", *STACK), 4, "The stack 'default' already exists."),
    (("stack", "register", "x", *STACK[:-1], "nope"), 3, "There is no metadata store named 'nope'."),
    (("stack", "set", "nope"), 3, "There is no stack named 'nope'."),
    (("stack", "set", "nope", "--global"), 3, "There is no stack named 'nope'."),
    (("stack", "rename", "nope", "x"), 3, "There is no stack named 'nope'."),
    (("stack", "rename", "default", "spare"), 4, "The stack 'spare' already exists."),
    (("stack", "remove-component", "nope", "-al"), 3, "There is no stack named 'nope'."),
    (("artifact-store", "register", "s3", "-f", "local"), 4, "'s3' already exists."),
    (("artifact-store", "delete", "default", "-y"), 4, "is used by the stack"),
    (("artifact-store", "rename", "nope", "x"), 3, "There is no artifact store named 'nope'."),
    (("artifact-store", "remove-attribute", "nope", "key"), 3, "There is no artifact store named 'nope'."),
    (("artifact-store", "remove-attribute", "s3", "path"), 2, "The attribute 'path' is required."),
    (("artifact-store", "register", "x", "-f", "s3"), 2, "The attribute 'path' is required."),
    (("artifact-store", "register", "x", "-f", "nope"), 3, "There is no artifact store flavor named 'nope'."),
    (("metadata-store", "update", "sql", "--port=xyz"), 2, "'port' must be an integer, not 'xyz'."),
    (("metadata-store", "update", "sql", "--prot=1"), 2, "did you mean 'port'?"),
    (("profile", "create", "x", "--url", "ftp://x"), 2, "'ftp'"),
    (("profile", "create", "x", "--url", "mysql://h/d"), 2, "'mysql'"),
    (("profile", "create", "x", "--url", "http://x"), 2, "'http'"),
    (("profile", "create", "x" * 300), 2, "can't be named"),
    (("profile", "create", "DEFAULT"), 4, "'default'"),
    (("metadata-store", "update", "sql", "--database=@missing"), 2, "No such file"),
    (("metadata-store", "update", "sql", "--database=@large"), 2, "is larger than 64 KiB."),
    (("metadata-store", "update", "sql", "--database=@."), 2, "Is a directory"),
    (("metadata-store", "update", "sql", "--database=@binary"), 2, "is not text in UTF-8."),
    (("alerter", "flavor", "register", "json.JSONDecoder"), 2, ""),
    (("alerter", "flavor", "register", "x", "--source", "json.JSONDecoder"), 2, "is not a pydantic model."),
    (("alerter", "flavor", "register", "x", "--source", "json:JSONDecoder"), 2, "is not a pydantic model."),
    (("alerter", "flavor", "register", "x", "--source", "abc:ABC"), 2, "is not a pydantic model."),
    (("stack", "import", "missing"), 2, "No such file"),
    (("stack", "import", "binary"), 2, ""),
    (("stack", "import", "large"), 2, ""),
    (("stack", "export", "default", "missing/x.yaml"), 1, "can't be written: No such file or directory."),
    (("init", "missing"), 2, "does not exist."),
    (("orchestrator", "down", "-y"), 2, "There is no command 'down'."),
    (("import-zenml", "missing"), 2, ""),
]


def test_d13_bad_input_is_answered_in_a_sentence_or_two(zprof: Zprof, home: Path, config: Path) -> None:
    """A name that was taken, a number with a letter in it and forty more mistakes ended in pages of traceback."""
    (home / "large").write_text("x" * 100_000)
    (home / "binary").write_bytes(b"\x7fELF\xff\x00" * 20)
    zprof("stack", "register", "spare", *STACK)
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b")
    zprof("metadata-store", "register", "sql", "-f", "mysql", "--host=h", "--database=d", "--port=3306")
    before = contents(config)
    for words, code, says in BAD_INPUTS:
        assert is_refused(zprof("-q", *words), code, says)
    assert contents(config) == before


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        (".config/zprof/registry.db", (6,)),
        (".config/zprof/profiles/default.db", (6,)),
        (".zprof/config.toml", (0, 2)),  # an empty one names nothing
        ("zenml/config.yaml", (2, 6)),
    ],
)
def test_d13_a_damaged_file_is_named(zprof: Zprof, home: Path, place: str, codes: tuple[int, ...]) -> None:
    """A configuration or a store that was empty, cut short or no such thing ended every command in a traceback."""
    assert zprof("init").code == 0
    shutil.copytree(WRITTEN / "config", home / "zenml")
    words = ("import-zenml", "zenml", "--prefix=z-") if "zenml" in place else ("stack", "list")
    for text in ("", "text", "a: [", "\x00", '{"profiles": 1}'):
        (home / place).write_text(text)
        got = zprof("-q", *words)
        assert got.code in codes, text
        assert text == "" if got.code == 0 else is_refused(got, got.code, place)
        assert (home / place).read_text() == text


@pytest.mark.parametrize("place", ["/dev/null", "file", "file/below", "missing/file"])
def test_d13_a_config_directory_that_cannot_be(
    first_run: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A config directory that was a file ended every command in a traceback."""
    (home / "file").write_text("in the way")
    place = str(home / place)
    place = os.path.join(home, place)
    monkeypatch.setenv("ZPROF_CONFIG_PATH", place)
    got = first_run("-q", "stack", "list", "-o", "name")
    if place.endswith("missing/file"):
        assert got == Result(0, "default\n", "")
    else:
        assert is_refused(got, 1, place)
    assert (home / "file").read_text() == "in the way"


# D14: many at once


@pytest.mark.slow
def test_d14_what_eight_processes_do_at_once_is_all_done(zprof: Zprof, script: Zprof, config: Path) -> None:
    """Of 32 profiles that were created eight at a time, five were there afterwards, and one process had complained."""
    lines: list[list[tuple[str, ...]]] = [
        [
            ("profile", "create", f"p{number}"),
            ("stack", "register", "same", *STACK),
        ]
        for number in range(8)
    ]

    def run_line(line: list[tuple[str, ...]]) -> list[Result]:
        return [script("-q", *words, timeout=100) for words in line]

    with ThreadPoolExecutor(8) as executor:
        results = list(executor.map(run_line, lines))
    assert [made.code for made, _ in results] == [0] * 8, results
    # One got the name, and the others heard of it.
    assert sorted(same.code for _, same in results) == [0] + [4] * 7, results
    assert zprof("profile", "list", "-o", "name").out.split() == ["default", *(f"p{number}" for number in range(8))]
    assert zprof("stack", "list", "-o", "name").out.split() == ["default", "same"]
    for number in range(8):
        assert zprof("-p", f"p{number}", "stack", "list", "-o", "name").out == "default\n"
    assert damage(config) == []


# D15: secrets


def test_d15_a_password_is_shown_nowhere(zprof: Zprof, home: Path, config: Path) -> None:
    """Passwords were listed, described and exported in clear, and anyone could read the file that they were in."""
    registered = zprof(
        "metadata-store", "register", "sql", "-f", "mysql", "--host=h", "--database=d", f"--password={SECRET}"
    )
    assert (registered.code, "plain text" in registered.err) == (0, True)
    zprof("artifact-store", "register", "s3", "-f", "s3", f"--path=s3://ann:{SECRET}@b", f"--secret={SECRET}")
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "sql", "--set")
    said = [registered]
    for words in (
        ("metadata-store", "list"),
        ("metadata-store", "describe", "sql"),
        ("artifact-store", "list"),
        ("artifact-store", "describe", "s3"),
        ("stack", "list"),
        ("stack", "describe", "prod"),
        ("stack", "export", "prod"),
        ("profile", "list"),
        ("status",),
    ):
        said += [
            zprof(*words, "-o", output) for output in OUTPUTS if output in ("json", "yaml") or "export" not in words
        ]
    said += [
        zprof("metadata-store", "update", "sql", f"--password={SECRET}2", "--port=x"),
        zprof("metadata-store", "update", "sql", f"--passwrod={SECRET}"),
        zprof("metadata-store", "update", "sql", f"--password={SECRET}2"),
        zprof("metadata-store", "copy", "sql", "sql-2"),
        zprof("stack", "register", f"--password={SECRET}"),
        zprof("stack", "export", "prod", "prod.yaml"),
    ]
    assert [result for result in said if SECRET in result.out + result.err] == []
    assert SECRET not in (home / "prod.yaml").read_text()
    assert SECRET not in str(rows(config / "profiles" / "default.db", "SELECT command FROM change"))
    # What there is to be hidden is there, and shown to who asks for it.
    assert f"{SECRET}2" in zprof("metadata-store", "describe", "sql", "--show-secrets").out
    kept = [path for path in config.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(config.stat().st_mode) == 0o700


# D16: kills and full disks


def test_d16_a_full_disk_harms_no_read(zprof: Zprof, config: Path) -> None:
    """`stack list` rewrote the file of the stacks, and lost all of them on a full disk."""
    before = files(config)
    for words in (("stack", "list"), ("stack", "describe"), ("profile", "list"), ("artifact-store", "list")):
        assert on_full_disk(*words) == zprof(*words)
        assert files(config) == before
    # The disk is as full as it can be: a change fails, and loses nothing either.
    state = contents(config)
    assert is_refused(on_full_disk("-q", "stack", "register", "new", *STACK), 1, str(config))
    assert contents(config) == state


def on_full_disk(*words: str) -> Result:
    """The installed command where no file may grow."""
    command = [sys.executable, str(HERE / "launching.py"), "--file-size", "0", str(SCRIPT), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_d16_a_kill_at_any_step_leaves_the_old_or_the_new(zprof: Zprof, config: Path) -> None:
    """Killed while it wrote, a command left a file cut short, and no command worked until it was mended by hand."""
    zprof("artifact-store", "register", "old", "-f", "local", "--path=/x")
    before = contents(config)
    task = {
        "config": str(config),
        "words": ["artifact-store", "rename", "old", "new"],
        "probes": [["-q", "profile", "list"], ["-q", "stack", "list"], ["-q", "artifact-store", "list"]],
    }
    done = subprocess.run(
        [sys.executable, HERE / "killing.py", json.dumps(task)], capture_output=True, text=True, check=True
    )
    *kills, last = map(json.loads, done.stdout.splitlines())
    assert (last["is_killed"], last["code"]) == (False, 0)
    assert last["contents"] != before
    assert is_killed_in_a_change(kills)
    for kill in (*kills, last):
        assert kill["contents"] in (before, last["contents"]), kill["step"]
        assert kill["codes"] == [0, 0, 0], kill["probes_said"]
        assert kill["damage"] == []


# D19: streams and outputs


def test_d19_a_pipe_gets_the_answer_and_no_colour(script: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs and warnings came on stdout with the answer, coloured even in a pipe, and no answer could be parsed."""
    monkeypatch.setenv("TERM", "xterm-256color")
    talks = [
        script("profile", "list", "-o", "name"),  # the first run, which tells of what it makes
        script("profile", "create", "other"),
        script("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", f"--secret={SECRET}"),
        script("stack", "set", "nope"),
        script("stack", "lst"),
        script("profile", "set", "other"),
    ]
    assert [result.out for result in talks] == ["default\n", "", "", "", "", ""]
    assert all(result.err for result in talks)
    assert [result for result in talks if "\x1b" in result.out + result.err] == []
    table = script("profile", "list")
    assert table.out.startswith("┏")
    assert "\x1b" not in table.out
    listed = script("profile", "list", "-o", "json")
    assert [profile["name"] for profile in json.loads(listed.out)["items"]] == ["default", "other"]
    assert yaml.safe_load(script("profile", "list", "-o", "yaml").out) == json.loads(listed.out)
    quiet = script("-q", "profile", "list", "-o", "name")
    assert quiet == Result(0, "default\nother\n", "")


def test_d19_no_color_is_heard(script: Zprof) -> None:
    """`NO_COLOR` took no colour away."""
    script("profile", "list")
    assert "\x1b[31mError:" in on_terminal("stack", "set", "nope")
    plain = on_terminal("stack", "set", "nope", NO_COLOR="1")
    assert "\nError:" in plain
    assert "\x1b" not in plain


# D20: order


def test_d20_lists_are_in_order(zprof: Zprof, home: Path) -> None:
    """The columns of `stack list` came in another order each time, and its rows in none."""
    schema = schema_file(home)
    zprof("profile", "create", "backwards")
    names = ["a", "Z", "a-1", "10", "9"]
    types = [of_type for of_type in COMPONENT_TYPES if of_type.name not in ("artifact_store", "metadata_store")]
    for profile, step in (("default", 1), ("backwards", -1)):
        here = ("-q", "-p", profile)
        for of_type in types[::step]:
            assert zprof(*here, of_type.command, "flavor", "register", "plain", "--schema", schema).code == 0
            for name in names[::step]:
                assert zprof(*here, of_type.command, "register", name, "-f", "plain").code == 0
        for name in names[::step]:
            parts = [word for of_type in types[::step] for word in (of_type.option, name)]
            assert zprof(*here, "stack", "register", name, *parts, "-a", "default", "-m", "default").code == 0
    for words in (("stack", "list"), *((of_type.command, "list") for of_type in types)):
        shown = [zprof("-p", profile, *words, "-o", "name").out for profile in ("default", "backwards")]
        assert shown[0] == shown[1], words
        assert shown[0].split() == sorted(shown[0].split()), words
    headers = [next(csv.reader(io.StringIO(zprof("-p", name, "stack", "list", "-o", "csv").out)))
               for name in ("default", "backwards")]  # fmt: skip
    assert headers[0] == headers[1]
    assert headers[0][-12:] == sorted(of_type.name for of_type in COMPONENT_TYPES)


# D21: slips


@pytest.mark.parametrize(
    "text",
    [
        "Profile 'x' is alreadyly active.",
        "it's globally  active. Please",
        "'x' is not one of <StoreType.LOCAL: 'local'>, <StoreType.SQL: 'sql'>",
        "No stack  with this name could be found.",
        "(Optional)' []",
        "The stores are coupled (see the documentation.",
        "the the stack",
        "Error activating profile. \n",
        "Active stack: None",
        "Run `zprof stack list to see them.",
    ],
)
def test_d21_the_check_sees_slips(text: str) -> None:
    """These are texts of the original, or much like them."""
    assert slips(text) != []


def test_d21_what_is_said_is_written_with_care(zprof: Zprof, home: Path) -> None:
    """Messages had doubled syllables and blanks, values as only Python writes them, and open parentheses."""
    assert zprof("profile", "set", "default").err == f"{BANNER}Profile 'default' is already active.\n"
    refused = zprof("profile", "list", "-o", "xml")
    assert "'xml' is not one of 'table', 'wide', 'json', 'yaml', 'csv', 'name'." in refused.err
    zprof("metadata-store", "register", "sql", "-f", "mysql", "--host=h", "--database=d")
    for words in (
        ("profile", "create", "second"),
        ("profile", "rename", "second", "third"),
        ("profile", "set", "third"),
        ("profile", "set", "third"),
        ("profile", "set", "default", "-g"),
        ("profile", "delete", "default", "-y"),
        ("profile", "delete", "third", "-y"),
        ("stack", "register", "s", "-o", "default", "-a", "default", "-m", "sql"),
        ("stack", "register", "s", "-o", "default", "-a", "default", "-m", "sql", "--decouple-stores", "--set"),
        ("stack", "update", "s", "-m", "default"),
        ("stack", "update", "s", "-m", "default", "--decouple-stores"),
        ("stack", "set", "default"),
        ("stack", "copy", "s", "t"),
        ("stack", "delete", "default", "-y"),
        ("stack", "delete", "s", "-y"),
        ("stack", "validate", "t"),
        ("init",),
        ("init",),
        ("profile", "unset"),
        ("profile", "unset"),
        ("stack", "unset"),
    ):
        said = zprof(*words).err
        assert said != ""
        assert slips(said) == [], words


def test_d21_messages_name_the_type_that_they_are_about(zprof: Zprof, home: Path) -> None:
    """What was done to any component was logged as done to an orchestrator."""
    schema = schema_file(home)
    nouns = {of_type.name.replace("_", " ") for of_type in COMPONENT_TYPES}
    for of_type in COMPONENT_TYPES:
        for words, code in (
            (("flavor", "register", "plain", "--schema", schema), 0),
            (("register", "one", "-f", "plain"), 0),
            (("update", "one", "--endpoint=x"), 0),
            (("remove-attribute", "one", "endpoint"), 0),
            (("rename", "one", "two"), 0),
            (("copy", "two", "three"), 0),
            (("delete", "two", "-y"), 0),
            (("delete", "two", "-y"), 3),
        ):
            said = zprof(of_type.command, *words)
            assert said.code == code, (of_type, words)
            text = said.err.lower().replace("_", " ")
            assert {noun for noun in nouns if noun in text} == {of_type.name.replace("_", " ")}, said


# D22: start-up


def modules_of(*words: str, first: str = "") -> set[str]:
    """The modules that a command has loaded in a process of its own.

    Args:
        first: what the program does before.
    """
    program = (
        f"{first}\nimport sys; from zprof.__main__ import run; code = run(sys.argv[1:]);"
        "sys.stderr.write('\\n' + ' '.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_d22_what_only_looks_loads_little(zprof: Zprof) -> None:
    """Each command loaded 1580 modules, whatever it was for, and took two seconds to start."""
    for line in ("--version", "--help", "profile get", "profile list", "stack list", "artifact-store list"):
        loaded = modules_of(*line.split())
        assert loaded.isdisjoint({"sqlalchemy", "alembic", "jsonschema_rs", "pydantic", "yaml"}), line
        assert len(loaded) < 350, line


def test_d22_the_check_sees_what_is_loaded(zprof: Zprof) -> None:
    loaded = modules_of("stack", "register", "new", *STACK, first="import sqlalchemy.orm, alembic.command")
    assert "sqlalchemy" in loaded
    assert len(loaded) > 350


# D23: terminals


def test_d23_a_narrow_terminal_shows_names(script: Zprof) -> None:
    """At 40 columns headers stood letter below letter, and at 20 the mark of the active row was gone."""
    script("profile", "create", "another", "--url", "another.db")
    for words in (("profile", "list"), ("stack", "list"), ("artifact-store", "list")):
        names = script(*words, "-o", "name").out.split()
        headers = cells(script(*words).out)[0]
        for columns in (20, 40):
            shown = on_terminal("-q", *words, columns=columns)
            # A row is one line, and columns that have no room are counted in the header of a last one.
            assert len(shown.splitlines()) == len(names) + 4, shown
            assert [row[1] for row in cells(shown)[1:]] == names
            assert [row[0] for row in cells(shown)].count("👉") == 1
            *kept, last = cells(shown)[0]
            assert set(kept) <= set(headers)
            assert last in (f"+{len(headers) - len(kept)}", headers[-1]), shown
            assert columns < 40 or max(map(columns_of, shown.splitlines())) < columns, shown


def cells(table: str) -> list[list[str]]:
    """The texts of a table, row by row, headers first."""
    rows_ = [line for line in table.splitlines() if line.startswith("┃")]
    return [[cell.strip() for cell in re.split("[┃│]", row)[1:-1]] for row in rows_]


def columns_of(line: str) -> int:
    return len(line) + line.count("👉")


@pytest.mark.parametrize("environment", [{"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}])
def test_d23_a_poor_encoding_stops_no_command(
    script: Zprof, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    """Where the output had no emoji, each list ended in a traceback."""
    script("artifact-store", "register", "far", "-f", "local", "--path=/étage/数据/👉")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for words in (("profile", "list"), ("artifact-store", "list")):
        for output in OUTPUTS[:-1]:
            done = subprocess.run([SCRIPT, *words, "-o", output], capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            assert b"Traceback" not in done.stderr
            assert output != "table" or b"\n+-" in b"\n" + done.stdout
    far = json.loads(script("artifact-store", "describe", "far", "-o", "json").out)
    assert far["config"]["path"] == "/étage/数据/👉"


# D24: documentation


def documented(zprof: Zprof) -> Iterator[str]:
    """Every command line in the documentation and in what `explain` tells."""
    pages = [page.read_text() for page in (*PAGES, ROOT / "CONTRIBUTING.md")]
    texts = [*pages, *(zprof(of, "explain").out for of in ("profile", "stack", *types_of_command()))]
    for text in texts:
        yield from re.findall(r"`zprof ([^`]+)`", text.replace("\n", " "))
        for line in re.findall(r"^(?:\$| {4}) ?zprof (.+)$", text.replace("\\\n> ", ""), re.MULTILINE):
            yield from line.split(" | zprof ")
    (synopsis,) = re.findall(r"```text\n(zprof profile .*?)```", (ROOT / "docs" / "commands.md").read_text(), re.DOTALL)
    group = ""
    for line in synopsis.splitlines():
        start = re.match(r"zprof (\S+) *", line)
        group = start[1] if start else group
        rest = line[start.end() if start else 0 :]
        # A command that stands alone may have `·` in what it takes, a group has it between its commands.
        usages = rest.split("·") if "COMMAND [ARGS]" in zprof(group, "--help").out or group == "<type>" else [rest]
        yield from (f"{group} {usage.strip()}" for usage in usages)


def types_of_command() -> list[str]:
    return [of_type.command for of_type in COMPONENT_TYPES]


def test_d24_every_command_that_is_documented_is_there(zprof: Zprof) -> None:
    """The documentation showed commands and options that there were none of."""
    everywhere = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", zprof("--help").out))
    lines = set(documented(zprof))
    assert len(lines) > 80
    for line in sorted(lines):
        words = re.sub(
            r"<type>",
            "artifact-store",
            re.sub(r"\s--\s.*|\s#.*|\|.*python3.*|\|\s*(?:cut|tail) .*|2>&1.*|2>/dev/null.*|(?:;|&&).*", "", line),
        )
        assert undocumented(zprof, words, everywhere) == [], line
    for wrong in ("stack imprt FILE", "stack import FILE --filename x", "init --repo_path x", "alerter list --key x"):
        assert undocumented(zprof, wrong, everywhere) != [], wrong


def undocumented(zprof: Zprof, line: str, everywhere: set[str]) -> list[str]:
    """The words of a command line that its page of help has nothing of."""
    words = re.sub(r"[\[\]]", "", line.replace("/-", " -")).split()
    while words[0].startswith("-"):  # what every command takes may stand before it
        words = words[1 if words[0] in ("-q", "--quiet") else 2 :]
    path: list[str] = []
    text = zprof("--help").out
    for word in words:
        if word.startswith("-") or not re.search(rf"^  {re.escape(word)}  ", text, re.MULTILINE):
            break
        path.append(word)
        text = zprof(*path, "--help").out
    if "COMMAND [ARGS]" in text:
        left = [word for word in words[len(path) :] if not word.startswith("-") and word.islower()]
        return left[:1]
    # With a value after `=` it is an attribute of a component, which is its flavor's affair.
    attributes = r"--\w+=\S*" if path[0] in types_of_command() else "(?!)"
    given = [word for word in words if re.match(r"--?\w", word) and not re.fullmatch(attributes, word)]
    options = {word.partition("=")[0] for word in given}
    return sorted(option for option in options - everywhere if not re.search(rf"(?<!\S){option}[ ,/\n]", text))


# D25: markup

MARKUP = ("[/x]", "[red]x", ":point_right:", "[bold", "\\[x]")


def test_d25_markup_is_text_like_any_other(zprof: Zprof, config: Path) -> None:
    """`[/x]` crashed what had just been done, and `:point_right:` was shown as the mark of what is active."""
    for name in MARKUP:
        before = contents(config)
        for words in (("profile", "create"), ("profile", "set"), ("stack", "describe"), ("artifact-store", "describe")):
            refused = zprof("-q", *words, name)
            assert refused.code in (2, 3)
            assert f"'{name}'" in refused.err
        assert contents(config) == before
        assert zprof("artifact-store", "register", "odd", "-f", "local", f"--path=/{name}").code == 0
        # No name of ours is like that, but a hand may have written one.
        with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
            store.execute("DELETE FROM stack WHERE name <> 'default'")
            store.execute("INSERT INTO stack (name, created_at, updated_at) VALUES (?, '', '')", (name,))
        for words, text in ((("artifact-store", "list"), f"/{name}"), (("stack", "list"), name)):
            listed = zprof(*words).out
            (row,) = (line for line in listed.splitlines() if text in line)
            assert "👉" not in row
            assert listed.count("👉") == 1
        shown = json.loads(zprof("artifact-store", "describe", "odd", "-o", "json").out)
        assert shown["config"] == {"path": f"/{name}"}
        assert name in zprof("stack", "list", "-o", "name").out.splitlines()
        assert zprof("artifact-store", "delete", "odd", "-y").code == 0


# D26: what leads nowhere


LEADING_NOWHERE: list[tuple[tuple[str, ...], int, str]] = [
    (("profile", "create", "x", "--url", "sqlite://"), 2, "must name a file"),
    (("profile", "create", "x", "--url", "sqlite:///:memory:"), 2, "in-memory store would be lost"),
    (("profile", "create", "x", "--url", ":memory:"), 2, "in-memory store would be lost"),
    (("profile", "create", "x", "--url", "http://127.0.0.1:1/"), 2, "'http'"),
    (("profile", "create", "x", "--url", "missing/x.db"), 1, "can't be created"),
    (("profile", "create", "x", "--from", "nope"), 3, "no profile named 'nope'"),
    (("profile", "set", "nope"), 3, "no profile named 'nope'"),
    (("stack", "set", "nope"), 3, "no stack named 'nope'"),
    (("stack", "set", "nope", "-g"), 3, "no stack named 'nope'"),
    (("stack", "copy", "default", "x", "--to", "nope"), 3, "no profile named 'nope'"),
    (("init", "-p", "nope"), 3, "no profile named 'nope'"),
    (("init", "--stack", "nope"), 3, "no stack named 'nope'"),
    *[(("stack", "update", "default", of_type.option, "nope"), 3, "named 'nope'") for of_type in COMPONENT_TYPES],
]


def test_d26_what_leads_nowhere_is_refused(zprof: Zprof, home: Path, config: Path) -> None:
    """A store in memory, a server that nobody had reached and a user that nobody had made were taken."""
    before, listed = contents(config), listing(home)
    for words, code, says in LEADING_NOWHERE:
        assert is_refused(zprof("-q", *words), code, says)
        assert listing(home) == listed, words
    assert contents(config) == before


# D27: custom flavors

PYDANTIC = "from pydantic import BaseModel\n\nclass Pager(BaseModel):\n    endpoint: str\n    retries: int = 3\n"


def test_d27_a_custom_flavor_needs_its_class_no_more(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack with a custom flavor could not be renamed without its class, and came to another profile without it."""
    (home / "flavors_of_ours.py").write_text(PYDANTIC)
    assert zprof("alerter", "flavor", "register", "--source", "flavors_of_ours:Pager").code == 0
    (home / "flavors_of_ours.py").unlink()
    monkeypatch.delitem(sys.modules, "flavors_of_ours", raising=False)
    zprof("profile", "create", "other")
    for words in (
        ("alerter", "register", "duty", "-f", "Pager", "--endpoint=x"),
        ("stack", "register", "s", *STACK, "-al", "duty"),
        ("stack", "rename", "s", "t"),
        ("stack", "set", "t"),
        ("alerter", "get"),
        ("alerter", "update", "duty", "--retries=5"),
        ("stack", "update", "t", "-al", "duty"),
        ("stack", "validate", "t"),
        ("stack", "copy", "t", "t", "--to", "other"),
        ("-p", "other", "alerter", "update", "duty", "--retries=6"),
    ):
        assert zprof(*words).code == 0, words
    kept = json.loads(zprof("-p", "other", "alerter", "describe", "duty", "-o", "json").out)
    assert (kept["flavor"], kept["config"]) == ("Pager", {"endpoint": "x", "retries": 6})
    # It is the flavor that came with it, and not only its name.
    assert zprof("-q", "-p", "other", "alerter", "update", "duty", "--retries=many").code == 2


# D28: what is left over


def test_d28_nothing_is_left_of_what_is_deleted(zprof: Zprof, home: Path, config: Path) -> None:
    """Each profile that was deleted left two directories that nothing led to any more."""

    def kept() -> list[str]:
        return sorted(str(path.relative_to(config)) for path in config.rglob("*.*") if path.suffix != ".lock")

    assert zprof("profile", "protect", "default").code == 0  # so that it doesn't give way to ZenML's
    before, rows_before = kept(), contents(config)
    assert before == ["profiles/default.db", "registry.db"]
    for number in range(2):
        zprof("profile", "create", "spare")
        zprof("-p", "spare", "artifact-store", "register", f"a{number}", "-f", "local")
        assert "profiles/spare.db" in kept()
        assert zprof("profile", "delete", "spare", "-y").code == 0
        # Its store is kept on purpose, at one place.
        backups = [path for path in kept() if path.startswith("backups/spare.")]
        assert len(backups) == number + 1
        assert kept() == sorted([*backups, *before])
        shutil.copytree(config, home / f"copy-{number}")
    for words in (
        ("profile", "create", "default"),
        ("profile", "create", "..", "--url", "x.db"),
        ("profile", "create", "x", "--url", "missing/x.db"),
        ("profile", "create", "x", "--from", "nope"),
        ("import-zenml", str(WRITTEN / "config")),
    ):
        assert zprof(*words).code != 0
    assert kept() == sorted([*backups, *before])
    assert not (home / "x.db").exists()
    assert contents(config) == rows_before


def test_d28_no_row_is_left_of_a_stack_and_its_components(zprof: Zprof, config: Path) -> None:
    """Ties of stores stayed when both stores were gone."""

    def kept() -> dict[str, Any]:
        state = contents(config)
        assert state is not None
        store: dict[str, Any] = state["stores"]["default"]
        return {what: store[what] for what in ("components", "stacks", "members", "associations")}

    before = kept()
    zprof("artifact-store", "register", "a", "-f", "local", "--path=/a")
    zprof("metadata-store", "register", "m", "-f", "sqlite")
    assert zprof("stack", "register", "s", "-o", "default", "-a", "a", "-m", "m").code == 0
    assert [len(kept()[what]) - len(before[what]) for what in before] == [2, 1, 3, 1]
    assert zprof("stack", "delete", "s", "--with-components", "-y").code == 0
    assert kept() == before


# D29: what there was no command for


def test_d29_what_was_missing_is_there(zprof: Zprof, home: Path) -> None:
    """Profiles could not be renamed or copied, stacks not deleted with their components, and flavors not at all."""
    zprof("alerter", "flavor", "register", "pager", "--schema", schema_file(home))
    zprof("alerter", "register", "duty", "-f", "pager")
    zprof("stack", "register", "s", *STACK, "-al", "duty")
    assert zprof("profile", "create", "copy", "--from", "default").code == 0
    assert zprof("profile", "rename", "copy", "renamed").code == 0
    assert zprof("profile", "list", "-o", "name").out == "default\nrenamed\n"
    here = ("-p", "renamed")
    assert zprof(*here, "stack", "list", "-o", "name").out == "default\ns\n"
    # Not while a component has it.
    assert zprof(*here, "alerter", "flavor", "delete", "pager", "-y").code == 4
    assert zprof(*here, "stack", "delete", "s", "--with-components", "-y").code == 0
    assert zprof(*here, "alerter", "list", "-o", "name").out == ""
    # What another stack has stays.
    assert zprof(*here, "orchestrator", "list", "-o", "name").out == "default\n"
    assert "pager" in zprof(*here, "alerter", "flavor", "list", "-o", "name").out.split()
    assert zprof(*here, "alerter", "flavor", "delete", "pager", "-y").code == 0
    assert "pager" not in zprof(*here, "alerter", "flavor", "list", "-o", "name").out.split()
    # The one that was copied is as it was.
    assert zprof("alerter", "list", "-o", "name").out == "duty\n"
    assert zprof("alerter", "flavor", "describe", "pager").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("profile", "create", "x", "--url", f"sqlite://ann:{SECRET}@host/x.db"),
        ("profile", "create", "x", "--url", f"sqlite://ann:{SECRET}@/x.db"),
        ("profile", "create", "x", "--url", f"x://ann:{SECRET}@host/x.db"),
        ("profile", "set", f"postgresql://ann:{SECRET}@host/x"),
        ("stack", "import", f"https://ann:{SECRET}@host/x.yaml"),
        ("stack", "export", "default", f"https://ann:{SECRET}@host/x"),
        ("import-zenml", f"https://ann:{SECRET}@host/x"),
        ("init", f"https://ann:{SECRET}@host/x"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_d15_an_error_repeats_no_password(zprof: Zprof, words: tuple[str, ...]) -> None:
    """A password in a URL that could not be used was repeated in the error."""
    refused = zprof("-q", *words)
    assert refused.code in (1, 2, 3)
    assert SECRET not in refused.err


def test_d06_a_registry_that_cannot_be_written_leaves_no_store(zprof: Zprof, config: Path) -> None:
    """A profile that could not be recorded left its store behind."""
    (config / "registry.db").chmod(0o400)
    words = [sys.executable, str(HERE / "launching.py"), "--unprivileged", str(SCRIPT), "profile", "create", "new"]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    (config / "registry.db").chmod(0o600)
    assert refused.returncode == 1
    assert [path.name for path in (config / "profiles").glob("*.db")] == ["default.db"]
    assert zprof("profile", "create", "new").code == 0
    assert sorted(path.name for path in (config / "profiles").glob("*.db")) == ["default.db", "new.db"]


def test_d15_an_example_in_a_hint_reads_as_it_is_typed(zprof: Zprof) -> None:
    """What hides passwords must not hide what to type."""
    assert "postgresql://ann@db/team" in zprof("-q", "profile", "create", "x", "--url", "postgre://h/db").err
