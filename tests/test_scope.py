"""Which profile and stack are in effect, why, what that hides (`zprof status`), and switches that would not show."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import rmtree

import pytest
import yaml
from conftest import Result, Zprof, made_by, move_default_store, move_in
from postgresql_server import Server
from test_released import RELEASED, restored

from zprof import paths

MANDATORY = ("-o", "default", "-a", "default", "-m", "default")
SCOPES = ("option", "environment", "local", "global")
SOURCES = ("option", "environment", "personal", "local", "global")
"""What may name a profile and a stack; of the scope `local` there are two, and the personal one counts first."""
VARIABLES = {"profile": "ZPROF_ACTIVATED_PROFILE", "stack": "ZPROF_ACTIVATED_STACK"}


@pytest.fixture(scope="session")
def with_scopes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    commands: list[tuple[str, ...]] = []
    for source in SOURCES:
        commands.append(("profile", "create", f"p-{source}"))
        commands.append(("-p", f"p-{source}", "stack", "register", f"of-p-{source}", *MANDATORY, "--set"))
    return made_by(tmp_path_factory.mktemp("scopes") / "home", *commands, ("profile", "set", "p-global"))


@pytest.fixture
def place(zprof: Zprof, with_scopes: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is no repository, and a profile for each scope, each with a stack active of its own."""
    move_in(with_scopes, home)
    path = home / "place"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def write(place: Path, file: str = "config.toml", **names: str) -> None:
    (place / ".zprof").mkdir(exist_ok=True)
    lines = [f'{key} = "{name}"\n' for key, name in names.items()]
    (place / ".zprof" / file).write_text("".join(lines))


@contextmanager
def named(place: Path, profile: tuple[str, ...], stack: tuple[str, ...]) -> Iterator[list[str]]:
    """A world in which these scopes name a profile and a stack; the options to give."""
    options: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for kind, scopes in (("profile", profile), ("stack", stack)):
            if "option" in scopes:
                options += [f"--{kind}", f"{kind[0]}-option"]
            if "environment" in scopes:
                patch.setenv(VARIABLES[kind], f"{kind[0]}-environment")
        local = {"profile": profile, "stack": stack}
        for source, file in (("local", "config.toml"), ("personal", "local.toml")):
            write(place, file, **{kind: f"{kind[0]}-{source}" for kind, scopes in local.items() if source in scopes})
        yield options


@pytest.fixture
def stacks(place: Path, zprof: Zprof) -> None:
    """The stacks that the tests name, in each profile."""
    for source, stack in itertools.product(SOURCES, ("b", "mine", *(f"s-{source}" for source in SOURCES[:4]))):
        assert zprof("-p", f"p-{source}", "stack", "register", stack, *MANDATORY).code == 0


def subsets() -> list[tuple[str, ...]]:
    return [chosen for size in range(5) for chosen in itertools.combinations(SOURCES[:4], size)]


def scope_of(source: str) -> str:
    return "local" if source == "personal" else source


@pytest.mark.slow
def test_every_precedence(place: Path, stacks: None, zprof: Zprof) -> None:
    """Each set of what may name a profile beside each that may name a stack: 256 worlds."""
    for profile, stack in itertools.product(subsets(), subsets()):
        by = next(iter(profile), "global")
        # A stack that is named further down than the profile is ignored.
        heard = [source for source in stack if SOURCES.index(source) <= SOURCES.index(by)]
        stack_by = next(iter(heard), "global")
        profile_scope, stack_scope = scope_of(by), scope_of(stack_by)
        stack_name = f"s-{stack_by}" if heard else f"of-p-{by}"
        with named(place, profile, stack) as options:
            world = (profile, stack)
            assert zprof("profile", "get", *options) == Result(0, f"p-{by}\n", ""), world
            assert zprof("stack", "get", *options) == Result(0, f"{stack_name}\n", ""), world
            banner = zprof("profile", "list", *options).err
            assert banner == f"Running with active profile: 'p-{by}' ({profile_scope})\n", world
            status = json.loads(zprof("status", "-o", "json", *options).out)
            assert (status["profile"]["name"], status["profile"]["scope"]) == (f"p-{by}", profile_scope)
            assert (status["stack"]["name"], status["stack"]["scope"]) == (stack_name, stack_scope), world
            hidden = [(choice["name"], choice["scope"]) for choice in status["profile"]["hides"]]
            assert hidden == [(f"p-{other}", scope_of(other)) for other in (*profile, "global") if other != by], world
            hidden = [(choice["name"], choice["scope"]) for choice in status["stack"]["hides"]]
            expected = [*((f"s-{source}", scope_of(source)) for source in stack), (f"of-p-{by}", "global")]
            assert hidden == [choice for choice in expected if choice[0] != stack_name], world
            assert status["problems"] == []


def test_the_later_option_wins(place: Path, stacks: None, zprof: Zprof) -> None:
    words = ("-p", "p-local", "profile", "-p", "p-environment", "get", "-p", "p-option")
    assert zprof(*words).out == "p-option\n"
    assert zprof("--stack", "a", "stack", "get", "--stack", "b").out == "b\n"


@pytest.mark.parametrize("kind", ["profile", "stack"])
def test_d03_an_empty_variable_counts_as_unset(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(VARIABLES[kind], "")
    assert zprof("profile", "get").out == "p-global\n"
    assert zprof("stack", "get").out == "of-p-global\n"
    assert zprof("profile", "list").err.endswith("'p-global' (global)\n")
    assert zprof("profile", "set", "p-local").code == 0
    assert zprof("stack", "set", "default").code == 0


# What is named and not there


def test_an_unknown_profile_is_an_error_wherever_it_is_named(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zprof("stack", "list", "-p", "p-locl") == Result(
        3,
        "",
        "Error: There is no profile named 'p-locl'.\nDid you mean 'p-local' or 'p-global'? See `zprof profile list`.\n",
    )
    with monkeypatch.context() as patch:
        patch.setenv("ZPROF_ACTIVATED_PROFILE", "p-locl")
        refused = zprof("stack", "list")
        assert (refused.code, "$ZPROF_ACTIVATED_PROFILE names it" in refused.err) == (3, True)
        assert "Did you mean 'p-local'" in refused.err
    write(place, profile="p-locl")
    refused = zprof("stack", "list")
    assert (refused.code, f"{place}/.zprof/config.toml names it" in refused.err) == (3, True)
    assert "Did you mean 'p-local'" in refused.err
    # A higher scope that names one that is there is heard.
    assert zprof("stack", "list", "-p", "p-local").code == 0
    # And a lower scope never comes in for a higher one.
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "p-local")
    assert zprof("profile", "get", "-p", "nope").code == 3


def test_d01_a_name_is_never_a_path(place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = place / "victim"
    victim.mkdir()
    (victim / "data.txt").touch()
    for name in ("../../victim", str(victim), "..", "a/b"):
        assert zprof("profile", "delete", name, "-y").code == 3
        assert zprof("profile", "set", name).code == 3
        assert zprof("stack", "list", "-p", name).code == 3
        assert zprof("-p", name, "init").code == 3
        write(place, profile=name)
        assert zprof("profile", "get").code == 2
        (place / ".zprof" / "config.toml").unlink()
        (place / ".zprof").rmdir()
        with monkeypatch.context() as patch:
            patch.setenv("ZPROF_ACTIVATED_PROFILE", name)
            assert zprof("profile", "get").code == 3
            assert zprof("profile", "delete", name, "-y").code == 3
    assert [path.name for path in place.rglob("*")] == ["victim", "data.txt"]


def test_d24_what_an_error_says_to_type_mends_it(place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    for position in range(2):
        write(place, profile=f"p-locl{position}")
        commands = re.findall(r"`zprof ([^`]+)`", zprof("profile", "get").err)
        assert len(commands) == 2
        assert zprof(*commands[position].split()).code == 0
        assert zprof("profile", "get").code == 0
    rmtree(place / ".zprof")
    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(place))
    (command,) = re.findall(r"`zprof ([^`]+)`", zprof("profile", "get").err)
    assert zprof(*command.split()).code == 0
    assert zprof("profile", "get").code == 0


# Switches that would not show


@pytest.mark.parametrize("where", ["outside", "inside", "globally from inside"])
def test_d03_profile_set_that_the_environment_would_hide(
    place: Path, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    words = ("-g",) if where.startswith("globally") else ()
    if where != "outside":
        write(place, profile="p-local", stack="default")
    before = state(place, config)
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "p-environment")
    assert zprof("-q", "profile", "set", "p-option", *words) == Result(
        7,
        "",
        "Error: $ZPROF_ACTIVATED_PROFILE is set to 'p-environment' and would override the switch to 'p-option'.\n"
        "Nothing was changed. Run `unset ZPROF_ACTIVATED_PROFILE`, "
        "or `export ZPROF_ACTIVATED_PROFILE=p-option` to switch only in this shell.\n",
    )
    assert json.loads(zprof("profile", "set", "p-option", *words, "--output", "json").err)["code"] == "refused"
    assert state(place, config) == before
    # What the environment names already is no contradiction.
    assert zprof("profile", "set", "p-environment", *words).code == 0
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    assert zprof("profile", "get").out == ("p-local\n" if words else "p-environment\n")


@pytest.mark.parametrize("where", ["outside", "inside", "globally from inside"])
def test_d03_stack_set_that_the_environment_would_hide(
    place: Path, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    words = ("-g",) if where.startswith("globally") else ()
    if where != "outside":
        write(place, profile="p-local")
    profile = zprof("profile", "get").out.strip()
    zprof("stack", "register", "third", *MANDATORY)
    before = state(place, config)
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", f"of-{profile}")
    for given in (words, (*words, "-p", profile)):
        assert zprof("-q", "stack", "set", "third", *given) == Result(
            7,
            "",
            f"Error: $ZPROF_ACTIVATED_STACK is set to 'of-{profile}' and would override the switch to 'third'.\n"
            "Nothing was changed. Run `unset ZPROF_ACTIVATED_STACK`, "
            "or `export ZPROF_ACTIVATED_STACK=third` to switch only in this shell.\n",
        )
    assert zprof("stack", "register", "fourth", *MANDATORY, "--set").code == 7
    assert zprof("stack", "list", "-o", "name").out == f"default\nof-{profile}\nthird\n"
    assert state(place, config) == before
    assert zprof("stack", "set", f"of-{profile}", *words).code == 0


def test_a_stack_of_another_profile_is_not_hidden_by_the_environment(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "of-p-global")
    assert zprof("-p", "p-local", "stack", "set", "default").code == 0
    assert zprof("-p", "p-local", "stack", "get").out == "default\n"


def test_a_stack_in_the_environment_that_is_not_there(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "nope")
    missing = zprof("stack", "get")
    assert (missing.code, missing.out, "named by $ZPROF_ACTIVATED_STACK" in missing.err) == (3, "", True)
    assert "There is no stack named 'nope' in the profile 'p-global'" in zprof("status").err
    assert "Warning: The active stack 'nope' does not exist." in zprof("stack", "list").err
    refused = zprof("-q", "stack", "describe")
    assert (refused.code, "named by $ZPROF_ACTIVATED_STACK" in refused.err) == (3, True)


# Deleting what is in effect


def test_d03_the_stored_profile_cannot_be_deleted_behind_the_environment(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "p-environment")
    write(place, profile="p-local")
    for name, words, why in [
        ("p-global", (), "active in the registry"),
        ("p-global", ("-p", "p-option"), "active in the registry"),
        ("p-environment", (), "named by $ZPROF_ACTIVATED_PROFILE"),
        ("p-environment", ("-p", "p-option"), "named by $ZPROF_ACTIVATED_PROFILE"),
        ("p-local", (), "named by this repository"),
        ("p-option", ("-p", "p-option"), "named by an option"),
    ]:
        refused = zprof("-q", "profile", "delete", name, "-y", *words)
        assert (refused.code, why in refused.err) == (7, True), (name, words)
    assert zprof("profile", "delete", "p-option", "-y").code == 0


def test_d03_the_stored_stack_cannot_be_deleted_behind_the_environment(
    place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("stack", "register", "third", *MANDATORY)
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    for name, words, why in [
        ("of-p-global", (), "active in the registry"),
        ("default", (), "named by $ZPROF_ACTIVATED_STACK"),
        ("default", ("--stack", "third"), "named by $ZPROF_ACTIVATED_STACK"),
        ("default", ("-p", "p-global"), "named by $ZPROF_ACTIVATED_STACK"),
        ("third", ("--stack", "third"), "named by an option"),
    ]:
        refused = zprof("-q", "stack", "delete", name, "-y", *words)
        assert (refused.code, why in refused.err) == (7, True), (name, words)
    # The variable goes with the profile in effect, not with one that only an option names.
    assert zprof("-p", "p-local", "stack", "delete", "default", "-y").code == 0
    assert zprof("stack", "delete", "third", "-y").code == 0


# status


def test_status(place: Path, zprof: Zprof, stacks: None, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place, profile="p-local", stack="default")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "mine")
    file, registry = f"{place}/.zprof/config.toml", f"{config}/registry.db"
    assert zprof("status", "-o", "csv") == Result(
        0,
        "kind,name,scope,source,hides\n"
        f"profile,p-local,local,{file},p-global (global)\n"
        'stack,mine,environment,$ZPROF_ACTIVATED_STACK,"default (local), of-p-local (global)"\n',
        "",
    )
    assert zprof("status") == Result(
        0,
        f"profile: p-local (local, {file})\n"
        f"  overrides p-global (global, {registry})\n"
        "  protected: no\n"
        "stack: mine (environment, $ZPROF_ACTIVATED_STACK)\n"
        f"  overrides default (local, {file})\n"
        f"  overrides of-p-local (global, {registry})\n"
        "  artifact_store: default (local)\n"
        "  metadata_store: default (sqlite)\n"
        "  orchestrator: default (local)\n"
        "  fits: yes\n",
        "",
    )
    document = json.loads(zprof("status", "-o", "json").out)
    assert document == {
        "apiVersion": "zprof/v1",
        "kind": "Status",
        "profile": {
            "name": "p-local",
            "scope": "local",
            "source": file,
            "hides": [{"name": "p-global", "scope": "global", "source": registry}],
        },
        "stack": {
            "name": "mine",
            "scope": "environment",
            "source": "$ZPROF_ACTIVATED_STACK",
            "hides": [
                {"name": "default", "scope": "local", "source": file},
                {"name": "of-p-local", "scope": "global", "source": registry},
            ],
        },
        "protected": False,
        "answers": True,
        "components": {
            "artifact_store": {"name": "default", "flavor": "local"},
            "metadata_store": {"name": "default", "flavor": "sqlite"},
            "orchestrator": {"name": "default", "flavor": "local"},
        },
        "fits": True,
        "problems": [],
    }
    assert yaml.safe_load(zprof("status", "-o", "yaml").out) == document
    assert zprof("status", "-o", "name").out == "p-local\nmine\n"
    assert zprof("-p", "p-option", "status", "-o", "csv").out == (
        "kind,name,scope,source,hides\n"
        'profile,p-option,option,\'--profile,"p-local (local), p-global (global)"\n'
        f'stack,of-p-option,global,{registry},"mine (environment), default (local)"\n'
    )
    assert zprof("status", "nope").code == 2


def test_status_hides_nothing_that_is_the_same(place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place, profile="p-global", stack="of-p-global")
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "p-global")
    assert [row[4] for row in csv.reader(io.StringIO(zprof("status", "-o", "csv").out))] == ["hides", "", ""]


def test_status_on_the_first_run(first_run: Zprof) -> None:
    assert first_run("status", "-o", "name").out == "default\ndefault\n"


@pytest.mark.parametrize("how", ["damaged", "missing", "unreachable"])
def test_d18_status_never_needs_the_store(place: Path, zprof: Zprof, config: Path, how: str) -> None:
    store = config / "profiles" / "p-global.db"
    if how == "damaged":
        store.write_bytes(b"\0" * 4096)
    elif how == "missing":
        store.unlink()
    else:
        with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
            registry.execute("UPDATE profile SET url = 'sqlite:///nowhere/at/all.db' WHERE is_active = 1")
    assert zprof("stack", "list").code != 0
    told = zprof("status", "-o", "name")
    assert (told.code, told.out, told.err.count("Warning: ")) == (0, "p-global\nof-p-global\n", 1)
    assert str(config) in told.err or "/nowhere" in told.err
    shown = zprof("status")
    assert (shown.code, "  store: does not answer\nstack: of-p-global (global, " in shown.out) == (0, True)
    item = json.loads(zprof("status", "-o", "json").out)
    assert (item["answers"], item["components"], item["fits"], len(item["problems"])) == (False, None, None, 1)
    assert zprof("profile", "list").code == 0
    assert zprof("profile", "set", "p-local").code == 0
    assert zprof("stack", "list").code == 0


def test_status_tells_what_is_wrong(place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place, profile="nope", stack="default")
    shown = zprof("status", "-o", "csv")
    assert (shown.code, shown.out.splitlines()[1:]) == (
        0,
        [
            f"profile,nope,local,{place}/.zprof/config.toml,p-global (global)",
            f"stack,default,local,{place}/.zprof/config.toml,",
        ],
    )
    assert shown.err.startswith("Warning: There is no profile named 'nope'")
    shown = zprof("status", "-o", "json")
    assert shown.err == ""
    (problem,) = json.loads(shown.out)["problems"]
    assert (list(problem), problem["code"]) == (["code", "message", "hint"], "not_found")

    (place / ".zprof" / "config.toml").write_text("profile = ")
    shown = zprof("status", "-o", "name")
    assert (shown.out, "is malformed" in shown.err) == ("p-global\nof-p-global\n", True)

    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "nope")
    shown = zprof("status", "-o", "name")
    assert (shown.code, shown.out, shown.err.count("Warning")) == (0, "nope\n\n", 2)

    monkeypatch.setenv("ZPROF_REPOSITORY_PATH", str(place / "nowhere"))
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    shown = zprof("status", "-o", "name")
    assert (shown.out, "$ZPROF_REPOSITORY_PATH names it" in shown.err) == ("p-global\nof-p-global\n", True)

    assert zprof("status", "-p", "nope").code == 3


def test_status_where_nothing_is_active(place: Path, zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET is_active = 0")
    shown = zprof("status", "-o", "csv")
    assert (shown.code, shown.out) == (0, "kind,name,scope,source,hides\nprofile,,,,\nstack,,,,\n")
    assert shown.err == "Warning: No profile is active. Choose one with `zprof profile set NAME`.\n"
    write(place, profile="p-local")
    assert zprof("status", "-o", "name") == Result(0, "p-local\nof-p-local\n", "")


def test_status_shows_no_control_characters(place: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("profile", "stack"):
        monkeypatch.setenv(VARIABLES[kind], "\x1b]0;owned\x07\u202e\n=x")
    for output in ("table", "json", "yaml", "csv", "name"):
        shown = zprof("status", "-o", output)
        assert (shown.out + shown.err).replace("\n", "").isprintable(), output


def state(place: Path, config: Path) -> tuple[str, list[tuple[object, ...]]]:
    """What is chosen in the repository and in the registry."""
    file = place / ".zprof" / "config.toml"
    with closing(sqlite3.connect(config / "registry.db")) as registry:
        rows = registry.execute("SELECT name, active_stack, is_active FROM profile ORDER BY name").fetchall()
    return file.read_text() if file.exists() else "", rows


@pytest.mark.parametrize("words", [("stack", "list"), ("orchestrator", "list")])
def test_the_warning_of_a_stack_that_is_gone_tells_what_mends_it(
    zprof: Zprof, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "gone")
    told = zprof(*words)
    assert told.code == 0
    assert "Warning: The active stack 'gone' does not exist. Run `unset ZPROF_ACTIVATED_STACK`" in told.err
    monkeypatch.delenv("ZPROF_ACTIVATED_STACK")
    assert "gone" not in zprof(*words).err


def test_variables_of_zenml_are_told_once(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in paths.OF_ZENML:
        monkeypatch.setenv(name, "1")
    shown = zprof("status")
    assert shown.code == 0
    (warning,) = shown.err.splitlines()
    assert warning.startswith("Warning: $ZENML_ACTIVATED_PROFILE and $ZENML_ACTIVATED_STACK and ")
    assert warning.count("$ZPROF_") == len(paths.OF_ZENML)
    for problem in json.loads(zprof("status", "-o", "json").out)["problems"]:
        assert problem["code"] == "unread_variables"
    assert "ZENML" not in zprof("profile", "list").err
    for name in paths.OF_ZENML.values():
        if name not in ("ZPROF_REPOSITORY_PATH", "ZPROF_ACTIVATED_PROFILE", "ZPROF_ACTIVATED_STACK"):
            monkeypatch.setenv(name, "0")
    assert "ZENML_IGNORE" not in zprof("status").err


# What the profile and the stack are


def test_status_tells_of_protection_and_of_what_does_not_fit(zprof: Zprof, config: Path) -> None:
    zprof("profile", "protect", "default")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("UPDATE component SET flavor = 'vertex' WHERE type = 'orchestrator'")
    shown = zprof("status")
    assert (shown.code, "  protected: yes\n" in shown.out, shown.out.endswith("  fits: no\n")) == (0, True, True)
    assert "  orchestrator: default (vertex)\n" in shown.out
    assert shown.err.startswith("Warning: The stack 'default' does not fit together: The orchestrator 'default'")
    assert "`zprof stack update default -a NAME`" in shown.err
    item = json.loads(zprof("status", "-o", "json").out)
    assert (item["protected"], item["fits"], item["components"]["orchestrator"]["flavor"]) == (True, False, "vertex")
    assert [problem["code"] for problem in item["problems"]] == ["invalid_stack"]


def test_status_waits_for_nobody(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("BEGIN EXCLUSIVE")
        shown = zprof("status")
    assert (shown.code, shown.err) == (0, "")
    assert "  store: not checked; --check does that\nstack: default " in shown.out


def test_status_reads_an_older_store_as_it_is(zprof: Zprof, config: Path) -> None:
    store = config / "profiles" / "default.db"
    store.unlink()
    restored(max(path for path in RELEASED if path.name.startswith("store-")), store)
    before = store.read_bytes()
    assert "  artifact_store: " in zprof("status").out
    assert store.read_bytes() == before


def test_status_asks_a_server_when_told_to(
    zprof: Zprof, config: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_default_store(config, postgresql.url(postgresql.new_schema()))
    shown = zprof("status")
    assert (shown.code, shown.err) == (0, "")
    assert "  protected: no\n  store: not checked; --check does that\n" in shown.out
    assert "fits" not in shown.out
    item = json.loads(zprof("status", "-o", "json").out)
    assert (item["answers"], item["components"], item["fits"]) == (None, None, None)
    shown = zprof("status", "--check")
    assert (shown.code, shown.err, "  store: answers\n" in shown.out) == (0, "", True)
    assert shown.out.endswith("  orchestrator: default (local)\n  fits: yes\n")
    assert json.loads(zprof("status", "--check", "-o", "json").out)["answers"] is True
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "gone")
    shown = zprof("status", "--check")
    assert (shown.code, "  store: answers\n" in shown.out, "There is no stack named 'gone'" in shown.err) == (
        0,
        True,
        True,
    )


def test_status_tells_of_a_server_that_does_not_answer(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET url = 'postgresql+psycopg://127.0.0.1:1/ml?schema=zprof'")
    assert zprof("status").err == ""
    shown = zprof("status", "--check")
    assert (shown.code, "  store: does not answer\n" in shown.out, shown.err.count("Warning: ")) == (0, True, 1)
    assert json.loads(zprof("status", "--check", "-o", "json").out)["answers"] is False


def test_status_check_looks_at_a_file_as_ever(zprof: Zprof) -> None:
    assert "  store: answers\n" in zprof("status", "--check").out
    assert "  store:" not in zprof("status").out
