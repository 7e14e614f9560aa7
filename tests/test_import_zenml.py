"""`zprof import-zenml`, on a copy of what ZenML 0.13.2 wrote."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import SCRIPT, Result, Zprof
from contents import contents, damage, files, rows

from zprof import paths, repository
from zprof.component_types import COMPONENT_TYPES
from zprof.documents.shape import KEPT
from zprof.errors import ZprofError
from zprof.profiles import importing
from zprof.sqlite.database import Database, Transaction
from zprof.zenml import ForeignProfile, exported_bundle, read

WRITTEN = Path(__file__).parent / "data" / "zenml-0.13.2"
SECRET = "hunter2"
FREE = ("--prefix", "zenml-")
"""What lets the three profiles in beside `default`."""

SUMMARIES = [
    "profile 'zenml-default' of ZenML's 'default': "
    "3 components, 1 stack and 1 association, the stack 'default' active.",
    "profile 'zenml-staging' of ZenML's 'staging': 9 components, 3 stacks and 2 associations, the stack 'prod' active.",
    "profile 'zenml-team' of ZenML's 'team': 9 components, 3 stacks and 1 association, the stack 'default' active.",
]

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def zenml(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of ZenML's `config` and a `project`; only the project is where anything may be written."""
    monkeypatch.delenv("ZENML_CONFIG_PATH", raising=False)
    shutil.copytree(WRITTEN, home / "zenml")
    return home / "zenml"


@pytest.fixture
def source(zenml: Path) -> Iterator[Path]:
    """ZenML's configuration directory."""
    yield zenml / "config"
    assert not [path for path in zenml.rglob("*") if path.name.endswith((".lock", "-journal", ".new"))]


@pytest.fixture
def usual(source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the usual place."""
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(source))
    return source


def edited(file: Path, edit: Edit) -> None:
    """Rewrite a YAML file, as ZenML would."""
    document = yaml.safe_load(file.read_text())
    edit(document)
    file.write_text(yaml.safe_dump(document))


def profile(source: Path, name: str) -> ForeignProfile:
    return next(each for each in read(str(source)).profiles if each.name == name)


def item(shown: Result) -> Any:
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def names(shown: Result) -> list[str]:
    assert shown.code == 0, shown.err
    return shown.out.split()


def is_refused(refused: Result, code: int, *says: str) -> None:
    """See that it is one sentence and what to type, and no secret."""
    assert (refused.code, refused.out) == (code, ""), refused.err
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") == 2, refused.err
    assert [words for words in says if words not in refused.err] == [], refused.err
    assert SECRET not in refused.err


class TestComplete:
    @pytest.mark.parametrize("name", ["default", "staging", "team"])
    def test_all_of_a_profile(self, zprof: Zprof, source: Path, config: Path, name: str) -> None:
        assert zprof("import-zenml", str(source), *FREE).code == 0
        there, here = profile(source, name), ("-p", f"zenml-{name}")
        for of_type in COMPONENT_TYPES:
            wanted = {each.name: each for each in there.components if each.type == of_type.name}
            assert names(zprof(*here, of_type.command, "list", "-o", "name")) == sorted(wanted)
            for component in wanted.values():
                shown = item(zprof(*here, of_type.command, "describe", component.name, "-o", "json", "--show-secrets"))
                assert (shown["flavor"], shown["config"]) == (component.flavor, component.config)
        stacks = json.loads(zprof(*here, "stack", "list", "-o", "json").out)["items"]
        assert {
            stack["name"]: {of_type: part["name"] for of_type, part in stack["components"].items()} for stack in stacks
        } == there.stacks
        assert [stack["name"] for stack in stacks if stack["active"]] == [there.active_stack]
        kept = contents(config)
        assert kept is not None
        store = kept["stores"][f"zenml-{name}"]
        assert store["associations"] == [list(pair) for pair in there.associations]
        assert store["flavors"] == []
        assert damage(config) == []

    def test_what_the_fixture_is_known_to_hold(self, zprof: Zprof, source: Path, config: Path) -> None:
        assert zprof("import-zenml", str(source), *FREE).code == 0
        assert names(zprof("profile", "list", "-o", "name")) == [
            "default",
            "zenml-default",
            "zenml-staging",
            "zenml-team",
        ]
        assert names(zprof("-p", "zenml-staging", "stack", "list", "-o", "name")) == ["default", "prod", "scratch"]
        assert names(zprof("-p", "zenml-team", "stack", "list", "-o", "name")) == [
            "default",
            "prod_copy",
            "shared_stack",
        ]
        described = ("metadata-store", "describe", "mysql_md", "-o", "json", "--show-secrets")
        assert item(zprof("-p", "zenml-team", *described))["config"] == {
            "host": "10.0.0.5",
            "port": 3306,
            "database": "zenml",
            "username": "zen",
            "password": "{{mysql.password}}",
            "upgrade_migration_enabled": True,
        }
        # Its stack `default` pairs two that are not tied: in ZenML it did, too.
        kept = contents(config)
        assert kept is not None
        assert kept["stores"]["zenml-team"]["associations"] == [["shared", "default"]]
        assert [kept["stores"][f"zenml-{name}"]["stacks"] for name in ("default", "staging", "team")] == [
            [["default"]],
            [["default"], ["prod"], ["scratch"]],
            [["default"], ["prod_copy"], ["shared_stack"]],
        ]
        assert (os.stat(config / "profiles" / "zenml-team.db").st_mode & 0o777) == 0o600

    def test_the_log_has_all_of_it(self, zprof: Zprof, source: Path, config: Path) -> None:
        zprof("import-zenml", str(source), *FREE)
        log = rows(
            config / "profiles" / "zenml-staging.db",
            "SELECT entity_kind, count(*), count(DISTINCT operation), min(command) FROM change GROUP BY 1 ORDER BY 1",
        )
        command = f"zprof import-zenml {source} --prefix zenml-"
        assert log == [["association", 2, 1, command], ["component", 9, 1, command], ["stack", 3, 1, command]]

    def test_what_came_over_can_be_worked_with(self, zprof: Zprof, source: Path) -> None:
        zprof("import-zenml", str(source), *FREE)
        zprof("profile", "set", "zenml-staging")
        assert zprof("stack", "get").out == "prod\n"
        assert zprof("stack", "validate", "--all").code == 0
        assert zprof("stack", "update", "prod", "-o", "default").code == 0
        refused = zprof("stack", "register", "s", "-o", "default", "-a", "s3_store", "-m", "default")
        assert (refused.code, "'s3_store' to 'mysql_md'" in refused.err) == (4, True)

    def test_it_says_what_it_did(self, zprof: Zprof, source: Path) -> None:
        imported = zprof("import-zenml", str(source), *FREE)
        assert (imported.code, imported.out) == (0, "")
        assert imported.err.splitlines()[2:] == [
            *(f"Initializing profile `zenml-{name}`..." for name in ("default", "staging", "team")),
            *(f"Created {summary}" for summary in SUMMARIES),
            "ZenML's active profile is 'zenml-team'. To switch to it, run `zprof profile set zenml-team --global`.",
        ]

    def test_it_can_be_quiet(self, zprof: Zprof, source: Path) -> None:
        assert zprof("-q", "import-zenml", str(source), *FREE) == Result(0, "", "")

    def test_the_original_stays_as_it_is(self, zprof: Zprof, zenml: Path, usual: Path) -> None:
        before = files(usual)
        assert zprof("import-zenml", str(zenml / "project"), *FREE).code == 0
        assert files(usual) == before
        assert (zenml / "project" / ".zen" / "config.yaml").read_bytes() == (
            WRITTEN / "project" / ".zen" / "config.yaml"
        ).read_bytes()

    def test_renamed_on_the_very_first_run(self, first_run: Zprof, usual: Path) -> None:
        assert first_run("import-zenml", "--rename", "default=mine").code == 0
        assert names(first_run("profile", "list", "-o", "name")) == ["mine", "staging", "team"]


def other_default(usual: Path) -> None:
    """Let ZenML's own `default` be another than that of a first run."""
    components = usual / "profiles" / "default" / "artifact_stores" / "default.yaml"
    edited(components, lambda document: document.update(path="/data"))


CHANGES = {
    "something registered": ("orchestrator", "register", "mine", "--flavor", "local"),
    "protected": ("profile", "protect", "default"),
    "joined": ("profile", "create", "other", "--url", "DEFAULT"),
}


class TestMovingIn:
    """On a fresh machine, and where nobody has worked with the `default` that the first run made."""

    def test_it_takes_one_command(self, first_run: Zprof, usual: Path, config: Path) -> None:
        imported = first_run("import-zenml")
        assert (imported.code, imported.out) == (0, "")
        assert imported.err.splitlines() == [
            *(f"Initializing profile `{name}`..." for name in ("default", "staging", "team")),
            *(
                f"Created {summary}".replace(f"'zenml-{name}' of ZenML's '{name}'", f"'{name}'")
                for summary, name in zip(SUMMARIES, ("default", "staging", "team"), strict=True)
            ),
            "Active global profile changed to: 'team'",
        ]
        assert names(first_run("profile", "list", "-o", "name")) == ["default", "staging", "team"]
        assert (first_run("profile", "get").out, first_run("stack", "get").out) == ("team\n", "default\n")
        assert sorted(path.name for path in config.rglob("*.db")) == [
            "default.db",
            "registry.db",
            "staging.db",
            "team.db",
        ]
        assert damage(config) == []
        assert first_run("doctor").code == 0

    def test_of_a_project(self, first_run: Zprof, zenml: Path, usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(zenml / "project")
        assert first_run("import-zenml", ".").code == 0
        assert (first_run("profile", "get").out, first_run("stack", "get").out) == ("staging\n", "scratch\n")

    def test_a_trial_writes_nothing(self, first_run: Zprof, zenml: Path, usual: Path, config: Path) -> None:
        planned = first_run("import-zenml", str(zenml / "project"), "--dry-run")
        assert (planned.code, planned.err) == (0, "")
        assert "Would switch to the profile 'team'." in planned.out.splitlines()
        assert not config.exists()
        assert not (zenml / "project" / ".zprof").exists()

    def test_without_an_active_profile_the_first_is_active(self, first_run: Zprof, usual: Path) -> None:
        edited(usual / "config.yaml", lambda document: document.update(activated_profile=None))
        assert first_run("-q", "import-zenml").code == 0
        assert first_run("profile", "get").out == "default\n"

    def test_what_fails_leaves_no_registry(
        self,
        first_run: Zprof,
        zenml: Path,
        usual: Path,
        config: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        error = ZprofError("The project can't be written.", "See to it.")
        monkeypatch.setattr(repository, "make", raising(error))
        is_refused(first_run("-q", "import-zenml", str(zenml / "project")), 1, "can't be written")
        assert not config.exists()

    def test_a_registry_that_appears_meanwhile(
        self, first_run: Zprof, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As by the first run of another process: its `default` gives way."""
        make = importing.make_store
        other_default(usual)

        def making(*arguments: Any) -> str:
            path = make(*arguments)
            if not (config / "registry.db").exists():
                subprocess.run([SCRIPT, "-q", "profile", "list"], check=True, capture_output=True)
            return path

        monkeypatch.setattr(importing, "make_store", making)
        assert first_run("-q", "import-zenml").code == 0
        assert names(first_run("profile", "list", "-o", "name")) == ["default", "staging", "team"]
        described = item(first_run("artifact-store", "describe", "default", "-o", "json"))
        assert described["config"] == {"path": "/data"}

    def test_a_store_whose_registry_was_lost_is_kept(self, zprof: Zprof, usual: Path, config: Path) -> None:
        zprof("orchestrator", "register", "mine", "--flavor", "local")
        (config / "registry.db").unlink()
        other_default(usual)
        before = files(config)
        is_refused(zprof("-q", "import-zenml"), 4, "The profile 'default' already exists.")
        assert files(config) == before
        assert zprof("-q", "import-zenml", *FREE).code == 0
        assert names(zprof("orchestrator", "list", "-o", "name")) == ["default", "mine"]

    def test_an_untouched_default_gives_way(self, zprof: Zprof, usual: Path, config: Path) -> None:
        other_default(usual)
        planned = zprof("-q", "import-zenml", "--dry-run")
        assert planned.out.startswith(
            "Would replace the profile 'default', which nobody has changed, with 'default': 3"
        )
        imported = zprof("import-zenml")
        assert imported.code == 0
        (kept,) = (config / "backups").glob("default.*.deleted.*.db")
        assert f"The store that 'default' had, which nobody had changed, is kept as {kept}" in imported.err
        assert item(zprof("artifact-store", "describe", "default", "-o", "json"))["config"] == {"path": "/data"}
        assert zprof("profile", "get").out == "default\n"  # it was active, and its successor is

    def test_switching_is_no_change(self, zprof: Zprof, usual: Path) -> None:
        other_default(usual)
        zprof("profile", "create", "other")
        zprof("profile", "set", "other")
        assert zprof("import-zenml").code == 0
        assert zprof("profile", "get").out == "other\n"

    @pytest.mark.parametrize("change", CHANGES)
    def test_a_changed_default_stays(self, zprof: Zprof, usual: Path, config: Path, change: str) -> None:
        other_default(usual)
        default = str(config / "profiles" / "default.db")
        assert zprof(*(default if word == "DEFAULT" else word for word in CHANGES[change])).code == 0
        before = files(config)
        for trial in ((), ("--dry-run",)):
            is_refused(zprof("-q", "import-zenml", *trial), 4, "The profile 'default' already exists.", FREE[1])
        assert files(config) == before

    def test_a_default_that_was_changed_back_stays(self, zprof: Zprof, usual: Path) -> None:
        other_default(usual)
        zprof("orchestrator", "register", "mine", "--flavor", "local")
        zprof("orchestrator", "delete", "mine", "--yes")
        is_refused(zprof("-q", "import-zenml"), 4, "The profile 'default' already exists.")

    def test_a_damaged_default_stays(self, zprof: Zprof, usual: Path, config: Path) -> None:
        (config / "profiles" / "default.db").write_bytes(b"damaged" * 1000)
        is_refused(zprof("-q", "import-zenml"), 4, "The profile 'default' already exists.")

    def test_a_default_that_changes_meanwhile_stays(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other_default(usual)
        make = importing.make_store

        def making(*arguments: Any) -> str:
            words = ("orchestrator", "register", f"mine{os.urandom(3).hex()}", "--flavor", "local")
            subprocess.run([SCRIPT, *words], check=True, capture_output=True)
            return make(*arguments)

        monkeypatch.setattr(importing, "make_store", making)
        is_refused(zprof("-q", "import-zenml", str(zenml / "project")), 4, "The profile 'default' already exists.")
        assert len(list((config / "profiles").glob("*.db"))) == 1
        assert not (zenml / "project" / ".zprof").exists()

    def test_what_is_there_already_is_used(self, zprof: Zprof, zenml: Path, usual: Path, config: Path) -> None:
        """A second project is moved in by the same command as the first."""
        zprof("import-zenml")
        zprof("-p", "staging", "stack", "set", "default")
        before = contents(config)
        planned = zprof("-q", "import-zenml", str(zenml / "project"), "--dry-run")
        assert planned.out.count("already holds the same") == 3
        again = zprof("import-zenml", str(zenml / "project"))
        assert (again.code, again.err.count("already holds the same")) == (0, 3)
        assert contents(config) == before
        assert (zenml / "project" / ".zprof" / "config.toml").exists()

    def test_what_is_there_and_has_changed_is_not_used(self, zprof: Zprof, usual: Path) -> None:
        zprof("import-zenml")
        zprof("-p", "staging", "orchestrator", "register", "mine", "--flavor", "local")
        is_refused(zprof("-q", "import-zenml"), 4, "The profile 'staging' already exists.")

    def test_what_is_there_already_can_be_activated(self, zprof: Zprof, usual: Path) -> None:
        zprof("import-zenml")
        assert zprof("import-zenml", "--activate").code == 0
        assert zprof("profile", "get").out == "team\n"


class TestActive:
    def test_nothing_is_switched(self, zprof: Zprof, usual: Path) -> None:
        zprof("import-zenml", *FREE)
        assert zprof("profile", "get").out == "default\n"
        assert zprof("-p", "zenml-staging", "stack", "get").out == "prod\n"
        assert zprof("-p", "zenml-team", "stack", "get").out == "default\n"

    def test_activate(self, zprof: Zprof, usual: Path) -> None:
        imported = zprof("import-zenml", *FREE, "--activate")
        assert imported.err.splitlines()[-1] == "Active global profile changed to: 'zenml-team'"
        assert zprof("profile", "get").out == "zenml-team\n"
        assert zprof("stack", "get").out == "default\n"

    def test_activate_where_it_would_not_show(
        self, zprof: Zprof, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
        before = contents(config)
        is_refused(zprof("-q", "import-zenml", *FREE, "--activate"), 7, "would override the switch to 'zenml-team'")
        assert contents(config) == before

    def test_a_stack_that_is_gone_is_active_no_more(self, zprof: Zprof, usual: Path) -> None:
        edited(usual / "config.yaml", lambda document: document["profiles"]["staging"].update(active_stack="gone"))
        imported = zprof("import-zenml", *FREE)
        assert "The active stack 'gone' of the profile 'staging' is not carried over" in imported.err
        assert zprof("-p", "zenml-staging", "stack", "get").code == 3

    @pytest.mark.parametrize("below", ["", ".zen"])
    def test_a_project(
        self, zprof: Zprof, zenml: Path, usual: Path, below: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = zenml / "project"
        imported = zprof("import-zenml", str(project / below), "--rename", "default=old")
        assert imported.code == 0
        assert f"Made {project} a repository with the profile 'staging' and the stack 'scratch'." in imported.err
        assert zprof("stack", "get").out == "default\n"
        monkeypatch.chdir(project)
        assert (zprof("profile", "get").out, zprof("stack", "get").out) == ("staging\n", "scratch\n")
        # The profile's own is what it was.
        assert zprof("-p", "staging", "stack", "get").out == "prod\n"

    def test_a_project_gets_the_new_name(self, zprof: Zprof, zenml: Path, usual: Path) -> None:
        zprof("import-zenml", str(zenml / "project"), *FREE)
        chosen = (zenml / "project" / ".zprof" / "config.toml").read_text().splitlines()[1:]
        assert chosen == ['profile = "zenml-staging"', 'stack = "scratch"']

    def test_a_project_that_is_a_repository_stays_so(
        self, zprof: Zprof, zenml: Path, usual: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = zenml / "project"
        monkeypatch.chdir(project)
        zprof("init")
        before = files(project)
        imported = zprof("import-zenml", ".", *FREE)
        assert imported.code == 0
        assert (
            f"{project}/.zprof already exists and is left unchanged. To use ZenML's choice, "
            "run `zprof profile set zenml-staging` and `zprof stack set scratch` in it."
        ) in imported.err.splitlines()
        assert files(project) == before

    def test_from_a_repository_that_waits_for_its_profile(
        self, zprof: Zprof, zenml: Path, usual: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(zenml / "project")
        (zenml / "project" / ".zprof").mkdir()
        (zenml / "project" / ".zprof" / "config.toml").write_text('profile = "staging"\n')
        assert zprof("import-zenml", "--rename", "default=old").code == 0
        assert zprof("stack", "get").out == "prod\n"

    def test_a_project_that_a_newer_one_has_touched(
        self, zprof: Zprof, zenml: Path, usual: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = zenml / "project"
        (project / ".zen" / "config.yaml").write_text("active_stack_id: 8c5dd0f2-6a1c-4a3e-9f0e-2d6a4a3f1f4b\n")
        imported = zprof("import-zenml", str(project))
        assert imported.code == 0
        assert f"{project} doesn't become a repository" in imported.err
        assert not (project / ".zprof").exists()
        # What it says to type works.
        monkeypatch.chdir(project)
        assert zprof("init", "--profile", "staging").code == 0
        assert zprof("profile", "get").out == "staging\n"

    def test_a_project_without_a_configuration(self, zprof: Zprof, zenml: Path, source: Path) -> None:
        is_refused(zprof("-q", "import-zenml", str(zenml / "project")), 2, ".config/zenml does not exist.")


class TestASharedStore:
    def share(self, usual: Path) -> None:
        """Let `shared` have the store of `staging`, by another spelling of its place."""

        def add(document: dict[str, Any]) -> None:
            store = f"{usual}/profiles/../profiles/staging"
            document["profiles"]["shared"] = {"active_stack": "scratch", "store_type": "local", "store_url": store}

        edited(usual / "config.yaml", add)

    def test_it_stays_one(self, zprof: Zprof, usual: Path, config: Path) -> None:
        self.share(usual)
        sentence = "The profiles 'zenml-shared' and 'zenml-staging' share a store, as they do in ZenML."
        assert sentence in zprof("-q", "import-zenml", *FREE, "--dry-run").out.splitlines()
        imported = zprof("import-zenml", *FREE)
        assert (imported.code, sentence in imported.err.splitlines()) == (0, True)
        assert zprof("-p", "zenml-staging", "stack", "rename", "default", "renamed").code == 0
        assert names(zprof("-p", "zenml-shared", "stack", "list", "-o", "name")) == ["prod", "renamed", "scratch"]
        assert (zprof("-p", "zenml-shared", "stack", "get").out, zprof("-p", "zenml-staging", "stack", "get").out) == (
            "scratch\n",
            "prod\n",
        )
        assert len(list((config / "profiles").glob("*.db"))) == 4

    def test_one_that_is_there_is_joined(self, zprof: Zprof, usual: Path, config: Path) -> None:
        assert zprof("import-zenml").code == 0
        self.share(usual)
        assert zprof("import-zenml").code == 0
        assert sorted(path.name for path in (config / "profiles").glob("*.db")) == [
            "default-2.db",
            "staging.db",
            "team.db",
        ]
        assert zprof("-p", "staging", "stack", "rename", "default", "renamed").code == 0
        assert names(zprof("-p", "shared", "stack", "list", "-o", "name")) == ["prod", "renamed", "scratch"]

    def test_it_goes_again_when_something_fails(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.share(usual)
        before = as_it_was(config)
        monkeypatch.setattr(repository, "make", raising(ZprofError("It can't be written.", "See to it.")))
        is_refused(zprof("-q", "import-zenml", str(zenml / "project"), *FREE), 1, "can't be written")
        assert as_it_was(config) == before


class TestABareStore:
    """What `zenml profile create --url` makes, and teams commit to git."""

    @pytest.mark.parametrize(
        ("place", "name", "stacks"),
        [
            ("profiles/staging", "staging", ["default", "prod", "scratch"]),
            ("profiles/team", "team", ["default", "prod_copy", "shared_stack"]),
            ("profiles/team/zenml.db", "team", ["default", "prod_copy", "shared_stack"]),
        ],
    )
    @pytest.mark.parametrize("scheme", ["", "url"])
    def test_it_becomes_a_profile(
        self, first_run: Zprof, source: Path, scheme: str, place: str, name: str, stacks: list[str]
    ) -> None:
        kind = "sqlite:///" if place.endswith(".db") else "file://"
        before = files(source)
        imported = first_run("import-zenml", f"{kind if scheme else ''}{source / place}")
        assert imported.code == 0, imported.err
        assert names(first_run("profile", "list", "-o", "name")) == [name]
        assert names(first_run("stack", "list", "-o", "name")) == stacks
        assert first_run("stack", "get").out == "default\n"
        assert files(source) == before

    @pytest.mark.parametrize(
        ("file", "name"), [("my team.db", "my-team"), (".zenprofile/zenml.db", "zenprofile"), ("v1.2/zenml.db", "v1.2")]
    )
    def test_its_name(self, zprof: Zprof, home: Path, source: Path, file: str, name: str) -> None:
        (home / file).parent.mkdir(exist_ok=True)
        shutil.copy(source / "profiles" / "team" / "zenml.db", home / file)
        imported = zprof("import-zenml", file)
        assert imported.err.splitlines()[-1] == f"To switch to it, run `zprof profile set {name} --global`."
        assert names(zprof("profile", "list", "-o", "name")) == sorted(["default", name])
        assert zprof("import-zenml", file, "--rename", f"{name}=other").code == 0

    @pytest.mark.parametrize("place", ["profiles/staging", "profiles/team", "profiles/team/zenml.db"])
    def test_create_leads_to_it(self, zprof: Zprof, source: Path, config: Path, place: str) -> None:
        before = contents(config)
        refused = zprof("-q", "profile", "create", "mine", "--url", str(source / place))
        advice = f"zprof import-zenml {source / place}"
        is_refused(refused, 6, f"It is a ZenML store: `{advice}` imports what is in it.")
        assert contents(config) == before
        assert zprof(*advice.split()[1:]).code == 0

    def test_create_of_what_is_none_leads_nowhere(self, zprof: Zprof, home: Path) -> None:
        (home / "stranger").mkdir()
        with closing(sqlite3.connect(home / "stranger.db")) as stranger:
            stranger.execute("CREATE TABLE zen (name)")
        for name in ("stranger", "stranger.db"):
            refused = zprof("-q", "profile", "create", "mine", "--url", name)
            assert (refused.code, "ZenML" in refused.err) == (6, False)

    def test_one_that_is_damaged(self, zprof: Zprof, source: Path) -> None:
        (source / "profiles" / "staging" / "stacks.yaml").write_text("stack_components: {}\n")
        is_refused(zprof("-q", "import-zenml", str(source / "profiles" / "staging")), 6, "is incomplete")

    def test_what_is_no_store_of_zenml(self, zprof: Zprof, source: Path, config: Path) -> None:
        is_refused(zprof("-q", "import-zenml", str(config / "registry.db")), 6, "is not a ZenML store")


class TestDryRun:
    def test_it_says_what_would_be_done(self, zprof: Zprof, zenml: Path, usual: Path, config: Path) -> None:
        before = files(config), files(zenml)
        planned = zprof("-q", "import-zenml", str(zenml / "project"), *FREE, "--activate", "--dry-run")
        assert (planned.code, planned.err) == (0, "")
        assert planned.out.splitlines() == [
            *(f"Would create the {summary}" for summary in SUMMARIES),
            f"Would make {zenml}/project a repository with the profile 'zenml-staging' and the stack 'scratch'.",
            "Would switch to the profile 'zenml-team'.",
        ]
        assert (files(config), files(zenml)) == before

    def test_what_would_be_refused_is_refused(self, zprof: Zprof, usual: Path, config: Path) -> None:
        zprof("profile", "create", "team")
        before = files(config)
        is_refused(zprof("-q", "import-zenml", "--dry-run"), 4, "'team'")
        edited(usual / "profiles/staging/metadata_stores/mysql_md.yaml", lambda document: document.update(port="x"))
        is_refused(zprof("-q", "import-zenml", *FREE, "--dry-run"), 2, "'port'")
        assert files(config) == before


class TestNames:
    def test_all_that_clash_are_named(self, zprof: Zprof, usual: Path, config: Path) -> None:
        zprof("profile", "create", "TEAM")
        zprof("orchestrator", "register", "mine", "--flavor", "local")
        before = files(config)
        is_refused(zprof("-q", "import-zenml"), 4, "The profiles 'default' and 'TEAM' already exist.")
        assert files(config) == before

    def test_a_second_time(self, zprof: Zprof, usual: Path, config: Path) -> None:
        zprof("import-zenml", *FREE)
        before = files(config)
        is_refused(
            zprof("-q", "import-zenml", "--prefix", "Zenml-"),
            4,
            "The profiles 'zenml-default' and 'zenml-staging' and 'zenml-team' already exist.",
            "--prefix zenml2-",
        )
        assert files(config) == before
        assert zprof("import-zenml", "--prefix", "zenml2-").code == 0

    def test_renamed(self, zprof: Zprof, usual: Path) -> None:
        words = ("--rename", "default=first", "--rename", "team=all=of-us", "--prefix", "z.")
        is_refused(zprof("-q", "import-zenml", *words), 2, "can't be named 'all=of-us'")
        assert zprof("import-zenml", "--rename", "default=first", "--rename", "team=us", "--prefix", "z.").code == 0
        assert names(zprof("profile", "list", "-o", "name")) == ["default", "first", "us", "z.staging"]
        assert zprof("-p", "z.staging", "stack", "get").out == "prod\n"

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (("--rename", "nope=x"), 3, "What is imported: default, staging, team."),
            (("--rename", "tem=x"), 3, "Did you mean 'team'?"),
            (("--rename", "default=Team"), 2, "2 profiles would be named 'team'."),
            (("--rename", "default=../x"), 2, "can't be named"),
            (("--rename", "default="), 2, "can't be named"),
            (("--rename", "default"), 2, "OLD=NEW"),
            (("--rename", "default=a", "--rename", "default=b"), 2, "OLD=NEW"),
            (("--prefix", "-"), 2, "can't be named '-default'"),
            (("--prefix", "x" * 60), 2, "can't be named"),
        ],
    )
    def test_refused(
        self, zprof: Zprof, usual: Path, config: Path, words: tuple[str, ...], code: int, says: str
    ) -> None:
        before = files(config)
        is_refused(zprof("-q", "import-zenml", *words), code, says)
        assert files(config) == before

    def test_adapted(self, zprof: Zprof, usual: Path) -> None:
        store = usual / "profiles" / "staging"

        def rename(index: dict[str, Any]) -> None:
            index["stack_components"]["artifact_store"]["my store"] = index["stack_components"]["artifact_store"].pop(
                "s3_store"
            )
            index["stacks"]["prod"]["artifact_store"] = "my store"
            index["stacks"]["the prod"] = index["stacks"].pop("prod")

        edited(store / "stacks.yaml", rename)
        (store / "artifact_stores" / "s3_store.yaml").rename(store / "artifact_stores" / "my store.yaml")
        edited(usual / "config.yaml", lambda document: document["profiles"]["staging"].update(active_stack="the prod"))
        sentences = [
            "The artifact store 'my store' of the profile 'staging' becomes 'my-store'.",
            "The stack 'the prod' of the profile 'staging' becomes 'the-prod'.",
        ]
        planned = zprof("-q", "import-zenml", *FREE, "--dry-run")
        assert [line for line in planned.out.splitlines() if "becomes" in line] == sentences
        imported = zprof("import-zenml", *FREE)
        assert [line for line in imported.err.splitlines() if "becomes" in line] == sentences
        assert zprof("-p", "zenml-staging", "stack", "get").out == "the-prod\n"
        shown = item(zprof("-p", "zenml-staging", "stack", "describe", "-o", "json"))
        assert shown["components"]["artifact_store"]["name"] == "my-store"


class TestWhatIsSaid:
    def test_secrets_are_not_printed(self, zprof: Zprof, usual: Path, config: Path) -> None:
        plant = usual / "profiles" / "staging" / "metadata_stores" / "mysql_md.yaml"
        edited(plant, lambda document: document.update(password=SECRET, username="zenobia"))
        planned = zprof("import-zenml", *FREE, "--dry-run")
        imported = zprof("import-zenml", *FREE)
        shown = planned.out + planned.err + imported.out + imported.err
        assert SECRET not in shown
        assert "zenobia" not in shown
        warning = "The metadata store 'mysql_md' of the profile 'zenml-staging' stores"
        stored = [line for line in imported.err.splitlines() if warning in line]
        assert len(stored) == 1
        assert "'password'" in stored[0]
        assert "'username'" in stored[0]
        described = ("-p", "zenml-staging", "metadata-store", "describe", "mysql_md", "-o", "json")
        assert item(zprof(*described))["config"]["password"] == KEPT
        assert item(zprof(*described, "--show-secrets"))["config"]["password"] == SECRET
        (commands,) = rows(config / "profiles" / "zenml-staging.db", "SELECT group_concat(command) FROM change")
        assert SECRET not in commands[0]

    def test_custom_flavors(self, zprof: Zprof, usual: Path) -> None:
        index = usual / "profiles" / "staging" / "stacks.yaml"

        def register(document: dict[str, Any]) -> None:
            document["stack_component_flavors"] = [
                {"integration": "", "name": "pager", "source": "acme.pager.PagerFlavor", "type": "alerter"}
            ]
            document["stack_components"]["alerter"]["slack_al"] = "pager"

        edited(index, register)
        config = {"url": "https://pager", "api_token": SECRET, "key": "{{pager.key}}", "deep": {"password": SECRET}}
        alerter = usual / "profiles" / "staging" / "alerters" / "slack_al.yaml"
        edited(alerter, lambda document: (document.pop("slack_token"), document.update(config)))
        imported = zprof("import-zenml", *FREE)
        assert imported.code == 0
        assert SECRET not in imported.err
        assert [line for line in imported.err.splitlines() if "alerter" in line] == [
            "Warning: The alerter flavor 'pager' of the profile 'zenml-staging' is imported only by name: "
            "zprof doesn't know its attributes and doesn't check them.",
            "Warning: The alerter 'slack_al' of the profile 'zenml-staging' "
            "stores 'api_token' and 'deep' in plain text.",
        ]
        here = ("-p", "zenml-staging", "alerter")
        flavor = item(zprof(*here, "flavor", "describe", "pager", "-o", "json"))
        assert (flavor["integration"], flavor["source"]) == ("custom", "acme.pager.PagerFlavor")
        described = zprof(*here, "describe", "slack_al", "-o", "json")
        assert SECRET not in described.out
        assert item(described)["config"] == {
            **config,
            "api_token": KEPT,
            "deep": KEPT,
            "default_slack_channel_id": "C123",
        }
        assert zprof(*here, "update", "slack_al", "--anything=else").code == 0
        assert zprof("stack", "copy", "prod", "prod", "--from", "zenml-staging", "--decouple-stores").code == 0

    def test_a_stack_that_breaks_a_rule(self, zprof: Zprof, usual: Path) -> None:
        store = usual / "profiles" / "staging"

        def to_kubernetes(index: dict[str, Any]) -> None:
            index["stack_components"]["orchestrator"]["docker_orch"] = "kubernetes"

        edited(store / "stacks.yaml", to_kubernetes)
        imported = zprof("import-zenml", *FREE)
        assert imported.code == 0
        assert (
            "Warning: The stack 'scratch' of the profile 'zenml-staging' doesn't fit together, "
            "which ZenML didn't check. "
            "`zprof -p zenml-staging stack validate scratch` shows why."
        ) in imported.err
        assert zprof("-p", "zenml-staging", "stack", "validate", "scratch").code == 1
        assert zprof("-p", "zenml-staging", "stack", "describe", "scratch").code == 0

    def test_what_is_left_out(self, zprof: Zprof, usual: Path) -> None:
        index = usual / "profiles" / "staging" / "stacks.yaml"
        edited(index, lambda document: document["users"].append({**document["users"][0], "name": "ann"}))
        sentence = "The user 'ann' of the profile 'staging' is not carried over."
        assert sentence in zprof("-q", "import-zenml", *FREE, "--dry-run").out.splitlines()
        assert sentence in zprof("import-zenml", *FREE).err.splitlines()


@pytest.fixture
def failing_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """Let the making of stores fail, at the nth."""

    def arm(number: int, error: BaseException) -> None:
        made = 0
        create = Database.create

        def failing(self: Database, fill: Callable[[Transaction], None]) -> bool:
            nonlocal made
            made += 1
            if made == number:
                raise error
            return create(self, fill)

        monkeypatch.setattr(Database, "create", failing)

    return arm


class TestFailure:
    """It leaves everything as it was, and it can be tried again."""

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_of_a_store(
        self,
        zprof: Zprof,
        zenml: Path,
        usual: Path,
        config: Path,
        failing_at: Callable[[int, BaseException], None],
        number: int,
    ) -> None:
        before = as_it_was(config, zenml)
        failing_at(number, ZprofError("The disk is full.", "Free some space."))
        is_refused(zprof("-q", "import-zenml", str(zenml / "project"), *FREE), 1, "The disk is full.")
        assert as_it_was(config, zenml) == before

    def test_of_a_store_that_goes_before_its_row_is_written(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when another process joins it, and deletes that profile."""
        before = as_it_was(config, zenml)
        make = importing.make_store
        made: list[str] = []

        def making(*arguments: Any) -> str:
            made.append(make(*arguments))
            if len(made) == 3:
                os.unlink(made[0])
            return made[-1]

        monkeypatch.setattr(importing, "make_store", making)
        is_refused(zprof("-q", "import-zenml", *FREE), 1, "removed by another process")
        assert as_it_was(config, zenml) == before

    def test_it_can_be_tried_again(
        self, zprof: Zprof, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Database, "create", raising(ZprofError("The disk is full.", "Free some space.")))
            assert zprof("-q", "import-zenml", *FREE).code == 1
        assert zprof("-q", "import-zenml", *FREE).code == 0
        assert sorted(path.name for path in (config / "profiles").glob("zenml*.db")) == [
            "zenml-default.db",
            "zenml-staging.db",
            "zenml-team.db",
        ]

    def test_of_an_interrupt(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, failing_at: Callable[[int, BaseException], None]
    ) -> None:
        before = as_it_was(config, zenml)
        failing_at(2, KeyboardInterrupt())
        assert zprof("-q", "import-zenml", *FREE).code == 130
        assert as_it_was(config, zenml) == before

    def test_of_the_project(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is made a repository last, within the transaction of the registry."""
        before = as_it_was(config, zenml)
        error = ZprofError("The project can't be written.", "See to it.")
        monkeypatch.setattr(repository, "make", raising(error))
        is_refused(zprof("-q", "import-zenml", str(zenml / "project"), *FREE), 1, "can't be written")
        assert as_it_was(config, zenml) == before

    def test_of_the_commit(
        self, zprof: Zprof, zenml: Path, usual: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where a reader stays in the registry for too long."""
        before = as_it_was(config, zenml)
        make = repository.make
        with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as reader:

            def made(root: str, **names: str | None) -> repository.Repository:
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM profile").fetchall()
                return make(root, **names)

            monkeypatch.setattr(repository, "make", made)
            words = ("import-zenml", str(zenml / "project"), *FREE, "--lock-timeout", "0.2")
            is_refused(zprof("-q", *words), 5, "registry.db locked, so nothing was changed.")
            assert as_it_was(config, zenml) == before

    def test_of_a_config(self, zprof: Zprof, usual: Path, config: Path) -> None:
        edited(
            usual / "profiles" / "staging" / "metadata_stores" / "mysql_md.yaml",
            lambda document: document.update(port="x", password=[SECRET]),
        )
        edited(
            usual / "profiles" / "staging" / "artifact_stores" / "s3_store.yaml",
            lambda document: document.update(path="gs://b"),
        )
        before = files(config)
        refused = zprof("-q", "import-zenml", *FREE)
        is_refused(
            refused,
            2,
            "The artifact store 's3_store' of the profile 'staging': The attribute 'path'",
            "The metadata store 'mysql_md' of the profile 'staging': The attribute 'password' must be text.",
            "'port'",
            "Nothing was changed.",
        )
        assert files(config) == before

    def test_of_a_config_in_a_database(self, zprof: Zprof, usual: Path, config: Path) -> None:
        broken = base64.b64encode(b"path: gs://b\n")
        with closing(sqlite3.connect(usual / "profiles" / "team" / "zenml.db", isolation_level=None)) as store:
            store.execute("UPDATE zenstackcomponent SET configuration = ? WHERE name = 's3_store'", (broken,))
        before = files(config)
        is_refused(zprof("-q", "import-zenml", *FREE), 2, "'s3_store' of the profile 'team'")
        assert files(config) == before

    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("config.yaml", None, 2),
            ("config.yaml", "", 6),
            ("config.yaml", "profiles: [\n", 6),
            ("config.yaml", "profiles: {}\nversion: 0.13.2\n", 2),
            ("config.yaml", "profiles:\n  a: {}\nversion: 0.20.0\n", 2),
            ("config.yaml", f"password: {SECRET}\n\tprofiles: x\n", 6),
            ("profiles/staging/stacks.yaml", None, 6),
            ("profiles/staging/stacks.yaml", "stacks", 6),
            ("profiles/staging/alerters/slack_al.yaml", f"token: [{SECRET}\n", 6),
            ("profiles/team/zenml.db", None, 6),
            ("profiles/team/zenml.db", "no database", 6),
        ],
    )
    def test_of_a_file(self, zprof: Zprof, source: Path, config: Path, name: str, text: str | None, code: int) -> None:
        (source / name).unlink()
        if text is not None:
            (source / name).write_text(text)
        before = files(config)
        is_refused(zprof("-q", "import-zenml", str(source), *FREE), code)
        assert files(config) == before

    def test_of_a_path(self, zprof: Zprof, home: Path, source: Path, config: Path) -> None:
        before = files(config)
        is_refused(zprof("-q", "import-zenml", "nowhere"), 2, "nowhere does not exist.")
        for path in ("/dev/null", str(home), str(source / "config.yaml"), str(source / "profiles")):
            is_refused(zprof("-q", "import-zenml", path), 2, "is neither a configuration directory of ZenML")
        is_refused(zprof("-q", "import-zenml"), 2, "zenml does not exist.")
        assert files(config) == before

    def test_errors_are_json_where_asked(self, zprof: Zprof, home: Path) -> None:
        refused = zprof("import-zenml", "nowhere", "--output", "json")
        assert json.loads(refused.err)["code"] == "usage"

    def test_two_at_once(self, zprof: Zprof, usual: Path, config: Path) -> None:
        """One takes all of it over, the others use that and leave nothing."""
        started = [
            subprocess.Popen([SCRIPT, "-q", "import-zenml", *FREE], stderr=subprocess.PIPE, text=True) for _ in range(4)
        ]
        errors = [process.communicate(timeout=120)[1] for process in started]
        assert sorted(process.returncode for process in started) == [0, 0, 0, 0], errors
        profiles = names(zprof("profile", "list", "-o", "name"))
        assert profiles == ["default", "zenml-default", "zenml-staging", "zenml-team"]
        assert len(list((config / "profiles").glob("*.db"))) == 4
        assert names(zprof("-p", "zenml-staging", "stack", "list", "-o", "name")) == ["default", "prod", "scratch"]
        assert damage(config) == []


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    return fail


def as_it_was(*directories: Path) -> list[dict[str, tuple[int, str]]]:
    """All files and what is in them, but for the file where processes queue, which the first change makes."""
    return [
        {
            name: (mode, content)
            for name, (mode, _, content) in files(directory).items()
            if not name.endswith("registry.db.lock")
        }
        for directory in directories
    ]


class TestTheUsualPlace:
    def test_by_the_variable(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZENML_CONFIG_PATH", "elsewhere")
        assert paths.zenml_config_dir() == str(home / "elsewhere")
        monkeypatch.setenv("ZENML_CONFIG_PATH", "~/elsewhere")
        assert paths.zenml_config_dir() == str(home / "elsewhere")

    def test_by_the_platform(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZENML_CONFIG_PATH", "")
        monkeypatch.setattr("sys.platform", "darwin")
        assert paths.zenml_config_dir() == str(home / "Library/Application Support/zenml")
        monkeypatch.setattr("sys.platform", "linux")
        assert paths.zenml_config_dir() == str(home / ".config/zenml")
        monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
        assert paths.zenml_config_dir() == str(home / ".config/zenml")
        monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
        assert paths.zenml_config_dir() == "/xdg/zenml"


class TestAnExportedStack:
    def test_a_bundle(self) -> None:
        document = yaml.safe_load((WRITTEN / "prod_copy.yaml").read_text())
        bundle, remarks = exported_bundle(document, "prod_copy.yaml")
        assert remarks == ()
        assert bundle.name == "prod_copy"
        assert list(bundle.components) == [
            "alerter",
            "artifact_store",
            "container_registry",
            "metadata_store",
            "orchestrator",
        ]
        assert bundle.components["artifact_store"].config == {"path": "s3://acme-ml/artifacts"}
        assert (bundle.flavors, bundle.omitted_secrets) == ({}, {})

    @pytest.mark.parametrize("document", ["zenml_version: 1", "zenml_version: 0.13.2", "{zenml_version: 0.13.2, x: 1}"])
    def test_a_malformed_one_names_the_file(self, zprof: Zprof, home: Path, document: str) -> None:
        (home / "it.yaml").write_text(document)
        is_refused(zprof("-q", "stack", "import", "it.yaml"), 2, "Error: it.yaml: ")
