"""What holds for every command: streams, outputs, exit codes, options, text that is safe to show."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pexpect
import pytest
import yaml
from commands import Leaf, check_each_is_in, leaves, typed, with_dummy
from conftest import BANNER, SCRIPT, Result, Zprof

from zprof.__main__ import WORDS

LAUNCHING = Path(__file__).with_name("launching.py")

READS = [
    ("db", "status"),
    ("profile", "list"),
    ("profile", "describe"),
    ("profile", "get"),
    ("stack", "list"),
    ("stack", "describe"),
    ("stack", "get"),
    ("log", "list"),
    ("orchestrator", "list"),
    ("orchestrator", "describe"),
    ("orchestrator", "get"),
    ("orchestrator", "flavor", "list"),
    ("orchestrator", "flavor", "describe", "local"),
]
"""All reads, each as words that it does something with, but for those whose answer has another shape."""
OF_THEIR_OWN = [
    *(
        ("db", "check"),
        ("diff",),
        ("doctor",),
        ("export",),
        ("log", "show"),
        ("schema",),
        ("shell-init",),
        ("stack", "export"),
        ("stack", "validate"),
        ("status",),
    ),
    *(("profile", "explain"), ("stack", "explain"), ("orchestrator", "explain")),
    *(("env",), ("secret", "get"), ("secret", "list")),
    *(("completion", "bash"), ("prompt",)),
]
"""Those: the test of each looks at it."""


def check_reads(known: Iterable[Leaf]) -> None:
    check_each_is_in(
        "READS in tests/test_contract.py",
        [*READS, *OF_THEIR_OWN],
        lambda leaf: leaf.row,
        [leaf for leaf in known if leaf.command.is_read],
    )


def test_each_read_is_in_the_table() -> None:
    check_reads(leaves())
    with pytest.raises(AssertionError, match=r"add a line for `zprof thing dummy` to READS in tests/test_contract.py"):
        check_reads(leaves(with_dummy(is_read=True)))


@pytest.mark.parametrize("words", READS)
def test_outputs_of_reads(zprof: Zprof, words: tuple[str, ...]) -> None:
    document = json.loads(zprof(*words, "-o", "json").out)
    assert document["apiVersion"] == "zprof/v1"
    assert document["kind"].isidentifier()
    assert ("items" in document) == document["kind"].endswith("List")
    assert yaml.safe_load(zprof(*words, "-o", "yaml").out) == document
    things = document.get("items", [document])
    assert zprof(*words, "--output", "name").out.split() == [thing["name"] for thing in things]
    assert list(csv.reader(io.StringIO(zprof(*words, "-o", "csv").out)))
    assert zprof(*words, "-o", "xml").code == 2


@pytest.mark.parametrize("words", READS)
def test_stdout_is_the_answer_alone(zprof: Zprof, words: tuple[str, ...]) -> None:
    loud = zprof(*words)
    leaf = typed(words, leaves())
    assert leaf is not None
    assert loud.err == (BANNER if leaf.command.has_banner else "")
    assert zprof("-q", *words) == Result(0, loud.out, "")
    assert zprof(*words, "--quiet") == Result(0, loud.out, "")


def test_the_first_run_talks_on_stderr(first_run: Zprof) -> None:
    got = first_run("profile", "get")
    assert got.out == "default\n"
    assert got.err.splitlines()[0] == "Creating default profile..."
    assert got.err.splitlines()[-1] == "Created and activated default profile."


def test_a_missing_choice_is_one_sentence(zprof: Zprof) -> None:
    assert zprof("completion") == Result(
        2,
        "",
        "Error: Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish\nSee `zprof completion --help`.\n",
    )


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("stack", "--help"), ("stack", "list", "--bogus")])
def test_what_makes_no_registry(first_run: Zprof, home: Path, words: tuple[str, ...]) -> None:
    first_run(*words)
    assert list(home.iterdir()) == []


def test_errors_are_json_where_the_answer_would_be(zprof: Zprof) -> None:
    for words, code, name in [
        (("stack", "describe", "nope", "-o", "json"), 3, "not_found"),
        (("--output", "json", "stack", "set", "nope"), 3, "not_found"),
        (("--output=json", "stack", "rename", "default", "default"), 4, "exists"),
        (("stack", "list", "--bogus", "-o", "json"), 2, "usage"),
        (("profile", "delete", "default", "-y", "--output", "json"), 7, "refused"),
    ]:
        refused = zprof(*words)
        assert (refused.code, refused.out) == (code, "")
        error = json.loads(refused.err)
        assert list(error) == ["code", "message", "hint"]
        assert (error["code"], bool(error["message"])) == (name, True)


@pytest.mark.parametrize(
    ("line", "is_json"),
    [
        ("stack list --bogus -o json", True),
        ("stack list -o json --bogus", True),
        ("stack list extra --output json", True),
        ("stack list --lock-timeout never --output=json", True),
        ("stack register --output json x -o", True),
        ("nonsense --output json", True),
        ("--output json", True),
        ("stack register -o json x --bogus", False),  # -o is the orchestrator there
        ("stack list --stack -o json", False),  # -o is the name of the stack
        ("stack list --bogus -- -o json", False),
        ("stack list --bogus --output yaml", False),
        ("artifact-store register x --output=json --bogus", True),
        ("artifact-store register x --flavor --output json --bogus", False),
    ],
)
def test_a_line_that_does_not_parse_is_told_as_the_command_understands_it(
    zprof: Zprof, line: str, is_json: bool
) -> None:
    refused = zprof(*line.split())
    assert refused.code == 2
    assert refused.err.startswith("{") == is_json, refused.err
    if is_json:
        assert json.loads(refused.err)["code"] == "usage"


@pytest.mark.parametrize(
    "line",
    [
        "profile create NAME", "profile create x --url URL", "profile rename other NAME", "profile rename other NEW",
        "stack copy default NEW", "stack rename default NAME", "stack register STACK -o default -a default -m default",
        "orchestrator register NAME -f local", "db backup FILE", "stack export default FILE",
    ],
)  # fmt: skip
def test_a_line_with_a_word_that_stands_for_another_does_nothing(zprof: Zprof, home: Path, line: str) -> None:
    zprof("profile", "create", "other")
    before = (zprof("profile", "list").out, zprof("stack", "list").out, sorted(home.iterdir()))
    refused = zprof(*line.split())
    assert (refused.code, "is a placeholder" in refused.err) == (2, True), refused.err
    assert (zprof("profile", "list").out, zprof("stack", "list").out, sorted(home.iterdir())) == before


def test_options_before_and_after_the_command(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    for words in (
        ("-p", "staging", "profile", "get"),
        ("profile", "-p", "staging", "get"),
        ("profile", "get", "-p", "staging"),
        ("--profile=default", "profile", "get", "--profile", "staging"),
        ("-p", "default", "profile", "-p", "nope", "get", "-p", "staging"),
    ):
        assert zprof(*words).out == "staging\n", words


def test_hyphen_and_underscore_read_alike(zprof: Zprof) -> None:
    words = ("stack", "register", "s", "--orchestrator", "default", "--artifact_store", "default")
    assert zprof(*words, "--metadata-store", "default").code == 0
    assert zprof("artifact_store", "list", "--show_secrets").code == 0
    assert zprof("stack", "remove_component", "s", "--alerter").code == 0


def test_o_is_the_orchestrator_in_changes(zprof: Zprof) -> None:
    assert zprof("stack", "register", "s", "-o", "json", "-a", "default", "-m", "default").code == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("profil",), "Did you mean 'profile'?"),
        (("stack", "lst"), "Did you mean 'list' or 'set'?"),
        (("stack", "list", "--outptu", "json"), "--output"),
        (("--lock-timeout", "0", "stack", "list"), "number of seconds"),
        (("--lock-timeout", "x", "stack", "list"), "number of seconds"),
        (("--lock-timeout", "inf", "stack", "list"), "number of seconds"),
        (("profile", "create"), "NAME"),
        (("profile", "create", "a", "b"), "unexpected extra argument"),
    ],
)
def test_usage_errors(zprof: Zprof, words: tuple[str, ...], says: str) -> None:
    refused = zprof(*words)
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert refused.err.splitlines()[-1].startswith("See `zprof")


def test_a_group_alone_prints_its_help_on_stderr(zprof: Zprof) -> None:
    for words in ((), ("stack",), ("orchestrator", "flavor")):
        refused = zprof(*words)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("Usage: zprof")
        assert "ommands:\n" in refused.err  # those of `zprof` alone stand below several headings


def test_debug_shows_the_traceback(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in zprof("stack", "set", "nope").err
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    assert "Traceback" in zprof("stack", "set", "nope").err


def test_text_of_a_store_cannot_drive_the_terminal(zprof: Zprof, config: Path) -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202e\u200b\n=HYPERLINK()"
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("UPDATE stack SET name = ?", (evil,))
        store.execute("UPDATE component SET name = ?, config = json_object('path', ?)", (evil, evil))
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET active_stack = ?", (evil,))
    for words in (*READS, ("stack", "set", "nope"), ("artifact-store", "describe", "x" + evil)):
        for output in ("table", "json", "yaml", "name") if words in READS else ("table",):
            shown = zprof(*words, "--output", output)
            assert (shown.out + shown.err).replace("\n", "").isprintable(), (words, output)
    assert r"\x1b]0;owned\x07\x9b31m\u202e\u200b\n=HYPERLINK()" in zprof("stack", "list").out


def test_csv_starts_no_formula(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        for index, name in enumerate(("=1+1", "+1", "-1", "@x", "\tx", "\rx")):
            store.execute("INSERT INTO stack VALUES (?, ?, '', '', 1)", (10 + index, name))
    rows = list(csv.reader(io.StringIO(zprof("stack", "list", "-o", "csv").out, newline="")))
    names = [row[1] for row in rows[1:]]
    assert len(names) == 7
    assert not [name for name in names if name.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_poor_encoding_is_no_failure(script: Zprof, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    script("profile", "list")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    done = subprocess.run([SCRIPT, "profile", "list"], capture_output=True, check=False)
    assert done.returncode == 0
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[0].startswith("+--------+")
    assert lines[3].startswith("|   *    | default ")


def test_a_reader_that_goes_away(script: Zprof) -> None:
    script("profile", "list")
    done = subprocess.run(
        f"'{SCRIPT}' stack list | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 128 + signal.SIGPIPE)
    assert "Traceback" not in done.stderr


def test_deleting_asks_on_a_terminal(script: Zprof) -> None:
    script("stack", "register", "s", "-o", "default", "-a", "default", "-m", "default")
    for answer, code, left in [("n", 7, "default\ns\n"), ("\x03", 130, "default\ns\n"), ("y", 0, "default\n")]:
        child = pexpect.spawn(str(SCRIPT), ["stack", "delete", "s"], encoding="utf-8", timeout=60)
        child.expect_exact("Delete the stack 's'? [y/N]: ")
        child.send(answer if answer == "\x03" else f"{answer}\n")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code, answer
        assert script("stack", "list", "-o", "name").out == left


def test_colour_on_a_terminal_unless_unwanted(script: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    script("profile", "list")
    red = "\x1b[31mError:\x1b[0m"
    assert red in on_terminal("stack", "set", "nope")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_terminal("stack", "set", "nope")
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in script("stack", "set", "nope").err


def on_terminal(*words: str) -> str:
    child = pexpect.spawn(str(SCRIPT), list(words), encoding="utf-8", timeout=60, env={**os.environ, "TERM": "xterm"})
    return str(child.read())


def test_version(zprof: Zprof) -> None:
    from importlib.metadata import version

    assert zprof("--version").out == f"zprof {version('zprof')}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("-p", "", "stack", "delete", "default", "-y"),
        ("--stack", "", "orchestrator", "get"),
        ("stack", "update", "", "-o", "default"),
        ("orchestrator", "describe", ""),
        ("stack", "describe", ""),
        ("profile", "describe", ""),
    ],
)
def test_an_empty_name_is_not_the_active_one(zprof: Zprof, words: tuple[str, ...]) -> None:
    """As from a variable that is not set: what would be done to the active one may do harm."""
    assert zprof(*words).code in (2, 3)


def test_json_leaves_nothing_else_on_stderr(first_run: Zprof, config: Path) -> None:
    assert first_run("profile", "list", "-o", "json").err == ""
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET active_stack = 'gone'")
    assert first_run("stack", "list", "-o", "json").err == ""
    assert list(json.loads(first_run("stack", "describe", "-o", "json").err)) == ["code", "message", "hint"]


def test_an_orchestrator_may_be_called_json(zprof: Zprof) -> None:
    refused = zprof("stack", "register", "s", "-o", "json", "-a", "default", "-m", "default")
    assert refused.err.splitlines()[-2] == "Error: There is no orchestrator named 'json'."


def test_attributes_without_an_equals_sign(zprof: Zprof) -> None:
    refused = zprof("artifact-store", "register", "x", "-f", "s3", "--path", "s3://b")
    assert (refused.code, refused.err.splitlines()[-2:]) == (
        2,
        ["Error: There is no option --path.", "For an attribute, write --path=s3://b"],
    )


@pytest.mark.parametrize("stream", [">&-", "2>&-", ">/dev/full", "2>/dev/full", "<&-"])
def test_streams_that_are_closed_or_full(script: Zprof, stream: str) -> None:
    script("profile", "list")
    for words in ("profile list", "--help", "stack set nope"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"'{SCRIPT}' {words} {stream}"], capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        wanted = 3 if words == "stack set nope" else int(stream in (">&-", ">/dev/full"))
        assert done.returncode in (wanted, 1 if stream == "2>/dev/full" else wanted), (words, done)


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "describe", "\udcff"),
        ("stack", "set", "\udcff"),
        ("-p", "\udcff", "stack", "list"),
        ("--stack", "\udcff", "stack", "describe"),
        ("artifact-store", "describe", "\udcff"),
        ("orchestrator", "register", "\udcff", "-f", "local"),
        ("orchestrator", "rename", "\udcff", "x"),
        ("stack", "delete", "\udcff", "-y"),
        ("stack", "export", "\udcff"),
        ("orchestrator", "update", "default", "--x=\udcff"),
        ("orchestrator", "register", "x", "-f", "local_docker", "--docker_parent_image=\udcff"),
    ],
)
def test_bytes_that_are_no_text(zprof: Zprof, words: tuple[str, ...]) -> None:
    refused = zprof("-q", *words)
    assert refused.code in (2, 3), refused
    assert refused.err.encode()


def test_a_fault_of_our_own_is_one_sentence(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("hush")

    monkeypatch.setattr("zprof.profiles.registry.Registry.profiles", broken)
    refused = zprof("-q", "profile", "list")
    assert refused.code == 1
    assert refused.err == (
        "Error: Something in zprof is broken (KeyError).\nSet ZPROF_DEBUG=1 to see where, and report it.\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
@pytest.mark.parametrize("words", ["stack list", "stack describe nope", "orchestrator register x -f local"])
def test_where_not_even_errors_can_be_told(zprof: Zprof, words: str) -> None:
    shown = subprocess.run(
        ["/bin/sh", "-c", f"'{SCRIPT}' {words} 2>/dev/full"], capture_output=True, text=True, check=False
    )
    assert shown.returncode in (1, 3)


SHORTCUTS = [" ".join(words) for words in WORDS]


def shortcut_and_command(zprof: Zprof, words: str) -> tuple[Result, Result]:
    """What a command line gives by its shortcut, and by the command itself, which an option leads to."""
    return zprof(*words.split()), zprof(*words.split(), "--lock-timeout", "30")


@pytest.mark.parametrize("words", SHORTCUTS)
def test_a_shortcut_prints_what_its_command_prints(
    zprof: Zprof, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    for switch in (
        ("profile", "create", "other"),
        ("profile", "set", "other"),
        ("init", "."),
        ("profile", "set", "default"),
    ):
        assert zprof(*switch).code == 0
        short, ordinary = shortcut_and_command(zprof, words)
        assert short == ordinary
        assert short.code == 0
    for variable in ("ZPROF_ACTIVATED_PROFILE", "ZPROF_ACTIVATED_STACK"):
        for value in ("other", "gone", "odd\x1b[2J"):
            with monkeypatch.context() as patched:
                patched.setenv(variable, value)
                short, ordinary = shortcut_and_command(zprof, words)
                assert short == ordinary
                assert "\x1b" not in short.out + short.err
    (tmp_path / "plain").write_text("")
    with monkeypatch.context() as patched:
        patched.setenv("ZPROF_REPOSITORY_PATH", str(tmp_path / "plain"))
        short, ordinary = shortcut_and_command(zprof, words)
        assert short == ordinary
        assert short.code != 0
    with sqlite3.connect(config / "registry.db") as connection:
        connection.execute("UPDATE profile SET is_active = 0, active_stack = NULL")
    connection.close()
    short, ordinary = shortcut_and_command(zprof, words)
    assert short == ordinary
    (config / "registry.db").write_bytes(b"no database" * 100)
    short, ordinary = shortcut_and_command(zprof, words)
    assert short == ordinary
    assert short.code != 0


@pytest.fixture
def long_answer(zprof: Zprof, config: Path) -> str:
    """What `orchestrator list -o name` prints: more than a pipe holds."""
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute(
            "INSERT INTO component (type, name, flavor, config, created_at, updated_at, revision, place) "
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
            "SELECT 'orchestrator', 'an-orchestrator-of-' || i, 'local', '{}', '', '', 1, "
            "lower(hex(randomblob(16))) FROM n"
        )
    return zprof("orchestrator", "list", "-o", "json").out


LONG = ("orchestrator", "list", "-o", "json")
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "PYTHONUNBUFFERED"])
"""Most container images set it."""


@UNBUFFERED
def test_an_answer_on_a_full_disk_is_no_success(
    unbuffered: str, long_answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    limit: list[str | Path] = [sys.executable, LAUNCHING, "--file-size", str(len(long_answer) // 2)]
    with (tmp_path / "answer").open("wb") as file:
        done = subprocess.run([*limit, SCRIPT, *LONG], stdout=file, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "The output can't be written: " in done.stderr


@UNBUFFERED
@pytest.mark.parametrize("words", ["stack list", "stack list -o csv", "stack get", "--help", "stack export default"])
def test_a_full_device_is_no_success(
    unbuffered: str, words: str, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{SCRIPT}' {words} >/dev/full"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "The output can't be written: " in done.stderr


@UNBUFFERED
def test_a_reader_that_has_enough(unbuffered: str, long_answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    line = f"'{SCRIPT}' {' '.join(LONG)} | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (128 + signal.SIGPIPE, long_answer[:10])
    assert "Traceback" not in done.stderr


@UNBUFFERED
def test_a_pipe_that_does_not_block(unbuffered: str, long_answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([SCRIPT, *LONG], stdout=writing, stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        time.sleep(0.5)  # until it is full
        with open(reading, "rb") as pipe:
            assert pipe.read() == long_answer.encode()
    assert process.returncode == 0


@pytest.mark.parametrize(("value", "is_quiet"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_quiet_by_a_variable(zprof: Zprof, monkeypatch: pytest.MonkeyPatch, value: str, is_quiet: bool) -> None:
    monkeypatch.setenv("ZPROF_QUIET", value)
    listed = zprof("profile", "list", "-o", "name")
    assert (listed.code, listed.out, listed.err == "") == (0, "default\n", is_quiet)
    assert zprof("stack", "get", "-p", "nope").err.startswith("Error: ")
