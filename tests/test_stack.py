"""`zprof stack`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, Result, Zprof

from zprof.cli.stack import TRANSFERS
from zprof.cli.transfer import COMMANDS
from zprof.component_types import COMPONENT_TYPES

MANDATORY = ("-o", "default", "-a", "default", "-m", "default")


@pytest.fixture
def prod(zprof: Zprof) -> Zprof:
    """A second stack, `prod`, with an alerter `slack`; not active."""
    zprof("alerter", "register", "slack", "-f", "slack", "--slack_token={{slack.token}}")
    assert zprof("stack", "register", "prod", *MANDATORY, "-al", "slack").code == 0
    return zprof


@pytest.mark.on_both
def test_register(zprof: Zprof) -> None:
    registered = zprof("stack", "register", "prod", *MANDATORY)
    assert registered == Result(
        0, "", BANNER + "Registered stack with name 'prod'.\nStack 'prod' successfully registered!\n"
    )
    assert zprof("stack", "get").out == "default\n"


@pytest.mark.on_both
def test_register_and_set(zprof: Zprof) -> None:
    registered = zprof("stack", "register", "prod", *MANDATORY, "--set")
    assert registered.err.endswith("Active stack set to: 'prod'\n")
    assert zprof("stack", "get").out == "prod\n"


@pytest.mark.on_both
def test_all_twelve_options(zprof: Zprof) -> None:
    options: list[str] = []
    for definition, flavor, attributes in [
        ("orchestrator", "local", ()),
        ("artifact_store", "s3", ("--path=s3://b",)),
        ("metadata_store", "sqlite", ()),
        ("container_registry", "default", ("--uri=localhost:5000",)),
        ("secrets_manager", "local", ()),
        ("step_operator", "azureml", azureml()),
        ("feature_store", "feast", ("--feast_repo=/repo",)),
        ("model_deployer", "mlflow", ()),
        ("experiment_tracker", "wandb", ("--api_key={{a.b}}",)),
        ("alerter", "slack", ("--slack_token={{a.b}}",)),
        ("annotator", "label_studio", ()),
        ("data_validator", "evidently", ()),
    ]:
        name = f"my-{definition}"
        assert zprof(definition, "register", name, "--flavor", flavor, *attributes).code == 0, definition
        option = next(of_type.option for of_type in COMPONENT_TYPES if of_type.name == definition)
        options += [option, name]
    assert zprof("stack", "register", "full", *options).code == 0
    shown = json.loads(zprof("stack", "describe", "full", "-o", "json").out)
    assert list(shown["components"]) == sorted(of_type.name for of_type in COMPONENT_TYPES)
    header = zprof("stack", "list").out.splitlines()[1]
    assert [cell.strip() for cell in header.strip("┃").split("│")] == [
        "ACTIVE", "STACK NAME", "ALERTER", "ANNOTATOR", "ARTIFACT_STORE", "CONTAINER_REGISTRY", "DATA_VALIDATOR",
        "EXPERIMENT_TRACKER", "FEATURE_STORE", "METADATA_STORE", "MODEL_DEPLOYER", "ORCHESTRATOR", "SECRETS_MANAGER",
        "STEP_OPERATOR",
    ]  # fmt: skip


def azureml() -> tuple[str, ...]:
    needed = ("subscription_id", "resource_group", "workspace_name", "compute_target_name")
    return tuple(f"--{attribute}=x" for attribute in needed)


@pytest.mark.on_both
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("default", *MANDATORY), 4, "already exists"),
        (("p", *MANDATORY, "-al", "nope"), 3, "There is no alerter named 'nope'"),
        (("p", "-o", "defualt", "-a", "default", "-m", "default"), 3, "Did you mean 'default'?"),
    ],
)
def test_register_refuses(zprof: Zprof, words: tuple[str, ...], code: int, says: str) -> None:
    refused = zprof("-q", "stack", "register", *words)
    assert (refused.code, refused.out) == (code, "")
    assert says in refused.err
    assert zprof("stack", "list", "-o", "name").out == "default\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("p", "-o", "default", "-a", "default"), "no metadata store"),
        (("p",), "no orchestrator and no artifact store and no metadata store"),
        (("../p", *MANDATORY), "can't be named"),
        (("p", *MANDATORY, "-alslack"), "-al slack"),
        (("p", *MANDATORY, "-dvx"), "-dv x"),
        (("p", *MANDATORY, "--bogus", "x"), "--bogus"),
    ],
)
def test_register_refuses_what_is_not_well_formed(zprof: Zprof, words: tuple[str, ...], says: str) -> None:
    refused = zprof("-q", "stack", "register", *words)
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert zprof("stack", "list", "-o", "name").out == "default\n"


@pytest.mark.on_both
def test_list(prod: Zprof) -> None:
    assert prod("-q", "stack", "list") == Result(
        0,
        """\
┏━━━━━━━━┯━━━━━━━━━━━━┯━━━━━━━━━┯━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━┓
┃ ACTIVE │ STACK NAME │ ALERTER │ ARTIFACT_STORE │ METADATA_STORE │ ORCHESTRATOR ┃
┠────────┼────────────┼─────────┼────────────────┼────────────────┼──────────────┨
┃   👉   │ default    │         │ default        │ default        │ default      ┃
┃        │ prod       │ slack   │ default        │ default        │ default      ┃
┗━━━━━━━━┷━━━━━━━━━━━━┷━━━━━━━━━┷━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━┛
""",
        "",
    )


def test_sqlite3_shows_what_list_shows(prod: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        store.row_factory = sqlite3.Row
        overview = [dict(row) for row in store.execute("select * from stack_overview")]
    assert [list(row)[:3] for row in overview] == [["stack_name", "alerter", "annotator"]] * 2
    listed = json.loads(prod("stack", "list", "-o", "json").out)["items"]
    assert [
        {"name": row.pop("stack_name"), "components": {key: value for key, value in row.items() if value}}
        for row in overview
    ] == [
        {"name": item["name"], "components": {of_type: part["name"] for of_type, part in item["components"].items()}}
        for item in listed
    ]


@pytest.mark.on_both
def test_describe(prod: Zprof) -> None:
    described = prod("-q", "stack", "describe", "prod")
    assert described.out.splitlines()[0] == "Stack 'prod'"
    assert "\nrevision:   1\n" in described.out
    assert "\n    slack_token: '{{slack.token}}'\n" in described.out
    assert prod("-q", "stack", "describe").out.splitlines()[0] == "Stack 'default' (active)"
    assert prod("stack", "describe", "nope").code == 3


@pytest.mark.on_both
def test_set(prod: Zprof) -> None:
    assert prod("stack", "set", "prod") == Result(0, "", BANNER + "Active stack set to: 'prod'\n")
    assert prod("stack", "get") == Result(0, "prod\n", "")
    assert prod("stack", "set", "prod").code == 0
    refused = prod("-q", "stack", "set", "prd")
    assert (refused.code, "Did you mean 'prod'?" in refused.err) == (3, True)
    assert prod("stack", "get").out == "prod\n"


def test_set_of_another_profile(prod: Zprof) -> None:
    prod("profile", "create", "staging")
    prod("-p", "staging", "stack", "register", "s", *MANDATORY)
    assert prod("stack", "set", "s", "-p", "staging").code == 0
    assert prod("stack", "get").out == "default\n"
    assert prod("-p", "staging", "stack", "get").out == "s\n"
    assert prod("stack", "set", "s").code == 3


def test_precedence(prod: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    prod("profile", "create", "staging")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "prod")
    assert prod("stack", "get").out == "prod\n"
    assert prod("stack", "get", "--stack", "default").out == "default\n"
    assert prod("--stack", "default", "stack", "get", "--stack", "prod").out == "prod\n"
    # A profile that an option names has a stack of its own: the environment's is of a wider scope.
    assert prod("stack", "get", "-p", "staging").out == "default\n"
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "")
    assert prod("stack", "get").out == "default\n"


def test_a_switch_that_the_environment_would_hide_is_refused(prod: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    assert prod("stack", "set", "prod").code == 7
    refused = prod("stack", "register", "other", *MANDATORY, "--set")
    assert refused.code == 7
    assert "unset ZPROF_ACTIVATED_STACK" in refused.err
    monkeypatch.delenv("ZPROF_ACTIVATED_STACK")
    assert prod("stack", "get").out == "default\n"
    assert prod("stack", "list", "-o", "name").out == "default\nprod\n"


@pytest.mark.on_both
def test_rename_of_an_active_stack(prod: Zprof) -> None:
    prod("stack", "set", "prod")
    assert prod("-q", "stack", "rename", "prod", "live").code == 0
    assert prod("stack", "get").out == "live\n"
    assert prod("stack", "list", "-o", "name").out == "default\nlive\n"


def test_rename_follows_in_each_profile_with_the_store(prod: Zprof, config: Path) -> None:
    prod("profile", "create", "twin", "--url", str(config / "profiles" / "default.db"))
    prod("-p", "twin", "stack", "set", "prod")
    prod("stack", "rename", "prod", "live")
    assert prod("-p", "twin", "stack", "get").out == "live\n"
    assert prod("stack", "get").out == "default\n"


@pytest.mark.on_both
def test_rename_refuses(prod: Zprof) -> None:
    assert prod("stack", "rename", "nope", "other").code == 3
    assert prod("stack", "rename", "prod", "default").code == 4
    assert prod("stack", "rename", "prod", "prod").code == 4
    assert prod("stack", "rename", "prod", "-x").code == 2
    assert prod("stack", "rename", "--", "prod", "-x").code == 2
    assert prod("stack", "list", "-o", "name").out == "default\nprod\n"


@pytest.mark.on_both
def test_update(prod: Zprof) -> None:
    prod("orchestrator", "register", "docker", "-f", "local_docker")
    assert prod("stack", "update", "prod", "-o", "docker") == Result(0, "", BANNER + "Updated stack 'prod'.\n")
    shown = json.loads(prod("stack", "describe", "prod", "-o", "json").out)["components"]
    assert (shown["orchestrator"]["name"], shown["alerter"]["name"]) == ("docker", "slack")
    assert prod("stack", "update", "-o", "docker").code == 0
    assert json.loads(prod("orchestrator", "get", "-o", "json").out)["name"] == "docker"


@pytest.mark.on_both
def test_update_refuses(prod: Zprof) -> None:
    assert prod("stack", "update", "prod").code == 2
    assert prod("stack", "update", "prod", "-o", "nope").code == 3
    assert prod("stack", "update", "nope", "-o", "default").code == 3


@pytest.mark.on_both
def test_update_decouples_the_stores_that_a_stack_has(prod: Zprof) -> None:
    """Also where no other store is given, and where nothing is."""
    prod("artifact-store", "register", "a2", "-f", "local")
    prod("metadata-store", "register", "m2", "-f", "sqlite")
    assert prod("stack", "register", "s2", "-o", "default", "-a", "a2", "-m", "m2").code == 0
    swapped = ("stack", "update", "s2", "-m", "default", "--decouple-stores")
    assert "Dropped the tie of the artifact store 'a2' and the metadata store 'm2'." in prod(*swapped).err
    for words in (("-al", "slack"), ()):
        updated = prod("stack", "update", "default", *words, "--decouple-stores")
        assert updated.code == 0
        assert ("'a2' and the metadata store 'default'" in updated.err) == bool(words)
        assert "Updated stack 'default'." in updated.err
    assert prod("stack", "update", "s2", "-m", "default").code == 4
    back = prod("stack", "update", "s2", "--decouple-stores")
    assert "Dropped the tie of the artifact store 'default' and the metadata store 'default'." in back.err
    assert prod("stack", "update", "default", "-a", "default").code == 4


@pytest.mark.on_both
def test_remove_component(prod: Zprof) -> None:
    assert prod("stack", "remove-component", "prod", "-al").code == 0
    assert "ALERTER" not in prod("stack", "list").out
    assert prod("alerter", "list", "-o", "name").out == "slack\n"
    # One that is not in it is done already.
    none_left = Result(0, "", BANNER + "The stack 'prod' has no alerter.\n")
    before = prod("stack", "describe", "prod", "-o", "json").out
    assert prod("stack", "remove-component", "prod", "-al") == none_left
    assert prod("stack", "describe", "prod", "-o", "json").out == before
    assert prod("stack", "remove-component", "prod").code == 2
    assert prod("stack", "remove-component", "prod", "-o").code == 2


@pytest.mark.on_both
def test_delete(prod: Zprof) -> None:
    assert prod("stack", "delete", "prod", "-y") == Result(0, "", BANNER + "Deleted stack 'prod'.\n")
    assert prod("stack", "list", "-o", "name").out == "default\n"
    assert prod("alerter", "list", "-o", "name").out == "slack\n"


def test_delete_refuses(prod: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prod("stack", "delete", "prod").code == 7
    assert prod("stack", "delete", "nope", "-y").code == 3
    assert prod("stack", "delete", "default", "-y").code == 7
    assert prod("--stack", "prod", "stack", "delete", "prod", "-y").code == 7
    # The registry's own choice counts also while another is in effect.
    assert prod("--stack", "prod", "stack", "delete", "default", "-y").code == 7
    prod("profile", "create", "twin", "--url", str(config / "profiles" / "default.db"))
    prod("-p", "twin", "stack", "set", "prod")
    refused = prod("-q", "stack", "delete", "prod", "-y")
    assert (refused.code, "active in the profile 'twin'" in refused.err) == (7, True)
    prod("-p", "twin", "stack", "set", "default")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "prod")
    assert prod("stack", "delete", "prod", "-y").code == 7
    assert prod("stack", "list", "-o", "name").out == "default\nprod\n"


@pytest.mark.on_both
def test_a_stack_named_default_may_go(prod: Zprof) -> None:
    prod("stack", "set", "prod")
    assert prod("stack", "delete", "default", "-y").code == 0
    assert prod("stack", "list", "-o", "name").out == "prod\n"


def test_an_active_stack_that_is_gone(prod: Zprof, config: Path) -> None:
    """As when another user of a shared store has deleted it."""
    prod("stack", "set", "prod")
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA foreign_keys = ON")
        store.execute("DELETE FROM stack WHERE name = 'prod'")
    assert "Warning: The active stack 'prod' does not exist." in prod("stack", "list").err
    assert prod("orchestrator", "list").code == 0
    assert prod("stack", "get")[:2] == (3, "")
    assert "There is no stack named 'prod'" in prod("status").err
    for words in (("stack", "describe"), ("orchestrator", "get"), ("orchestrator", "describe")):
        refused = prod("-q", *words)
        assert refused.code == 3, words
        assert "zprof stack set" in refused.err
    assert prod("stack", "set", "default").code == 0
    assert prod("orchestrator", "get").out == "default\n"


def test_each_change_is_logged(prod: Zprof, config: Path) -> None:
    prod("stack", "rename", "prod", "live")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        kind, name, command, before, after = store.execute(
            "SELECT entity_kind, entity_name, command, before, after FROM change ORDER BY id DESC"
        ).fetchone()
    assert (kind, name, command) == ("stack", "prod", "zprof stack rename prod live")
    assert json.loads(before)["name"] == "prod"
    assert json.loads(after) == {**json.loads(before), "name": "live", "revision": 2}


def test_nothing_is_logged_where_nothing_changes(prod: Zprof, config: Path) -> None:
    def logged() -> int:
        with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
            return int(store.execute("SELECT count(*) FROM change").fetchone()[0])

    before = logged()
    assert prod("stack", "update", "prod", "-o", "default").code == 0
    assert prod("stack", "register", "prod", *MANDATORY).code == 4
    assert logged() == before


def test_each_command_that_is_made_later_is_listed() -> None:
    """What is imported when it is run is known by its name alone: one that nobody names would not be there."""
    assert tuple(COMMANDS) == TRANSFERS
