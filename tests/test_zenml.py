"""What ZenML left on a machine, read into records; on a copy of what ZenML 0.13.2 wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zprof.component_types import BY_NAME
from zprof.documents import reading as documents
from zprof.errors import Busy, DamagedFile, InvalidInput, ZprofError
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.check import checked
from zprof.names import is_name
from zprof.zenml import (
    ForeignComponent,
    ForeignConfiguration,
    ForeignFlavor,
    ForeignProfile,
    exported_stack,
    read,
)
from zprof.zenml.adaptation import adapted_names
from zprof.zenml.yaml_store import DIRECTORIES

HERE = Path(__file__).parent
WRITTEN = HERE / "data" / "zenml-0.13.2"
"""A configuration directory, a project and an exported stack of ZenML 0.13.2."""
LOCAL_STORES = "/home/user/.config/zenml/local_stores"
SECRET = "hunter2"
CORE = {"orchestrator": "default", "artifact_store": "default", "metadata_store": "default"}

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(WRITTEN, tmp_path / "zenml")
    return tmp_path / "zenml"


@pytest.fixture
def config(copy: Path) -> Path:
    """The configuration directory."""
    return copy / "config"


@pytest.fixture
def staging(config: Path) -> Path:
    """A YAML store."""
    return config / "profiles" / "staging"


@pytest.fixture
def team(config: Path) -> Path:
    """A SQLite store."""
    return config / "profiles" / "team" / "zenml.db"


def edited(file: Path, edit: Edit) -> None:
    """Rewrite a YAML file, as ZenML would."""
    document = yaml.safe_load(file.read_text())
    edit(document)
    file.write_text(yaml.safe_dump(document))


def executed(database: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement, values)


def profile(found: ForeignConfiguration, name: str) -> ForeignProfile:
    return next(each for each in found.profiles if each.name == name)


def component(of: ForeignProfile, type_name: str, name: str) -> ForeignComponent:
    return next(each for each in of.components if (each.type, each.name) == (type_name, name))


def about(sentences: tuple[str, ...], name: str) -> list[str]:
    return [sentence for sentence in sentences if f"'{name}'" in sentence]


def refused(path: Path, *, kind: type[ZprofError] = DamagedFile, configuration: Path | None = None) -> str:
    """The sentence with which reading ends."""
    with pytest.raises(kind) as caught:
        read(str(path), None if configuration is None else str(configuration))
    assert caught.value.hint
    assert SECRET not in caught.value.message + caught.value.hint
    return caught.value.message


def listing(directory: Path) -> dict[str, tuple[int, str]]:
    """All files and directories, with modification times and hashes."""
    return {
        str(path.relative_to(directory)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(directory.rglob("*"))
    }


class TestWhatZenMLWrote:
    def test_the_configuration(self, config: Path) -> None:
        found = read(str(config))
        assert found.version == "0.13.2"
        assert [each.name for each in found.profiles] == ["default", "staging", "team"]
        assert found.active_profile == "team"
        assert (found.repository, found.adapted, found.left_out) == (None, (), ())

    def test_the_default_profile(self, config: Path) -> None:
        assert profile(read(str(config)), "default") == ForeignProfile(
            name="default",
            active_stack="default",
            components=(
                ForeignComponent(
                    "artifact_store",
                    "default",
                    "local",
                    {"path": f"{LOCAL_STORES}/e9fc2f61-ce0a-438c-8c4f-6b395d47fd99"},
                ),
                ForeignComponent(
                    "metadata_store",
                    "default",
                    "sqlite",
                    {
                        "uri": f"{LOCAL_STORES}/60848d94-aa42-43a7-b853-a612b226ba28/metadata.db",
                        "upgrade_migration_enabled": True,
                    },
                ),
                ForeignComponent("orchestrator", "default", "local", {}),
            ),
            stacks={"default": CORE},
            associations=(("default", "default"),),
            custom_flavors=(),
        )

    MYSQL = ForeignComponent(
        "metadata_store",
        "mysql_md",
        "mysql",
        {
            "host": "10.0.0.5",
            "port": 3306,
            "database": "zenml",
            "username": "zen",
            "password": "{{mysql.password}}",
            "upgrade_migration_enabled": True,
        },
    )
    PROD = (
        ForeignComponent(
            "alerter",
            "slack_al",
            "slack",
            {"slack_token": "{{slack.token}}", "default_slack_channel_id": "C123"},
        ),
        ForeignComponent("artifact_store", "s3_store", "s3", {"path": "s3://acme-ml/artifacts"}),
        ForeignComponent("container_registry", "hub", "dockerhub", {"uri": "docker.io/acme"}),
        MYSQL,
        ForeignComponent("orchestrator", "docker_orch", "local_docker", {}),
    )
    """The stack that was registered in one profile and imported into another."""

    def test_a_yaml_store(self, config: Path) -> None:
        found = profile(read(str(config)), "staging")
        assert found.active_stack == "prod"
        assert {(each.type, each.name): each for each in found.components} == {
            **{(each.type, each.name): each for each in self.PROD},
            **{
                (each.type, each.name): each
                for each in (
                    ForeignComponent("artifact_store", "scratch", "local", {"path": "/home/user/scratch"}),
                    ForeignComponent(
                        "artifact_store",
                        "default",
                        "local",
                        {"path": f"{LOCAL_STORES}/6efdca28-94da-417b-8339-ebda746a1e86"},
                    ),
                    ForeignComponent(
                        "metadata_store",
                        "default",
                        "sqlite",
                        {
                            "uri": f"{LOCAL_STORES}/96f730fd-a9e3-4d1b-a682-69bb3ce4ddfd/metadata.db",
                            "upgrade_migration_enabled": True,
                        },
                    ),
                    ForeignComponent("orchestrator", "default", "local", {}),
                )
            },
        }
        assert found.stacks == {
            "default": CORE,
            "prod": {each.type: each.name for each in self.PROD},
            "scratch": {**CORE, "orchestrator": "docker_orch"},
        }
        assert found.associations == (("default", "default"), ("s3_store", "mysql_md"))
        assert found.custom_flavors == ()

    def test_a_sqlite_store(self, config: Path) -> None:
        found = profile(read(str(config)), "team")
        assert found.active_stack == "default"
        assert {(each.type, each.name): each for each in found.components} == {
            **{(each.type, each.name): each for each in self.PROD},
            **{
                (each.type, each.name): each
                for each in (
                    ForeignComponent("artifact_store", "shared", "local", {"path": "/srv/shared"}),
                    ForeignComponent(
                        "artifact_store",
                        "default",
                        "local",
                        {"path": f"{LOCAL_STORES}/962f93c2-45b9-4bbf-9d9d-22bba5e9103b"},
                    ),
                    ForeignComponent(
                        "metadata_store",
                        "default",
                        "sqlite",
                        {
                            "uri": f"{LOCAL_STORES}/451598f8-cf4b-4331-9ffe-2dcc45c02d5a/metadata.db",
                            "upgrade_migration_enabled": True,
                        },
                    ),
                    ForeignComponent("orchestrator", "default", "local", {}),
                )
            },
        }
        assert found.stacks == {
            "default": CORE,
            "prod_copy": {each.type: each.name for each in self.PROD},
            "shared_stack": {**CORE, "artifact_store": "shared"},
        }
        assert found.associations == (("shared", "default"),)
        assert found.custom_flavors == ()

    def test_order(self, config: Path) -> None:
        for each in read(str(config)).profiles:
            assert list(each.components) == sorted(each.components, key=lambda found: (found.type, found.name))
            assert list(each.stacks) == sorted(each.stacks)
            assert all(list(stack) == sorted(stack) for stack in each.stacks.values())

    def test_every_config_keeps_to_its_flavor(self, config: Path) -> None:
        for each in read(str(config)).profiles:
            for found in each.components:
                assert checked(builtin_flavors(found.type)[found.flavor], found.config) == found.config

    def test_the_exported_stack(self) -> None:
        document = documents.parsed((WRITTEN / "prod_copy.yaml").read_text(), "prod_copy.yaml")
        found = exported_stack(document)
        assert (found.name, found.version, found.components) == ("prod_copy", "0.13.2", self.PROD)
        assert (found.adapted, found.left_out) == ((), ())

    @pytest.mark.parametrize("below", ["", ".zen"])
    def test_a_project(self, copy: Path, config: Path, below: str) -> None:
        found = read(str(copy / "project" / below), str(config))
        assert found.repository == ("staging", "scratch", str(copy / "project"))
        assert found._replace(repository=None) == read(str(config))

    def test_from_within(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(copy / "project" / ".zen")
        found = read(".", "../../config")
        assert found.repository == ("staging", "scratch", str(copy / "project"))
        monkeypatch.chdir(copy / "config")
        assert read(".") == found._replace(repository=None)


class TestNothingIsWritten:
    def test_nothing_changes(self, copy: Path) -> None:
        before = listing(copy)
        read(str(copy / "project"), str(copy / "config"))
        assert listing(copy) == before

    def test_nothing_changes_on_an_error(self, copy: Path, team: Path) -> None:
        team.write_bytes(team.read_bytes()[:-4096])
        before = listing(copy)
        refused(copy / "config")
        assert listing(copy) == before

    def test_what_may_not_be_written_is_read(self, copy: Path) -> None:
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o500 if path.is_dir() else 0o400)
        before = listing(copy)
        try:
            assert unprivileged(copy / "config").stdout == "3\n"
            assert listing(copy) == before
        finally:
            for path in (copy, *copy.rglob("*")):
                path.chmod(0o700)

    @pytest.mark.parametrize("name", ["config.yaml", "profiles/staging/stacks.yaml", "profiles/team/zenml.db"])
    def test_what_may_not_be_read_is_refused(self, config: Path, name: str) -> None:
        (config / name).chmod(0)
        assert f"{name} can't be read: Permission denied." in unprivileged(config).stdout

    def test_a_database_that_reading_would_write_to_is_refused(self, config: Path, team: Path) -> None:
        executed(team, "PRAGMA journal_mode = WAL")
        before = listing(config)
        assert "is in write-ahead mode" in refused(config)
        assert listing(config) == before

    def test_a_database_in_the_middle_of_a_change_is_refused(self, config: Path, team: Path) -> None:
        program = """
            import os, sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN")
            connection.execute("CREATE TABLE filler (text)")
            for _ in range(100):
                connection.execute("INSERT INTO filler VALUES (randomblob(4000))")
            os._exit(0)
        """
        lines = "\n".join(
            line.strip() if "INSERT" not in line else "    " + line.strip() for line in program.split("\n")
        )
        subprocess.run([sys.executable, "-c", lines, team], check=True)
        assert team.with_name("zenml.db-journal").stat().st_size > 0
        before = listing(config)
        assert refused(config) == f"{team} was left in the middle of a change."
        assert listing(config) == before

    def test_a_locked_database_is_waited_for(self, config: Path, team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("zprof.zenml.database.WAITING", 0.01)
        with closing(sqlite3.connect(team, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert refused(config, kind=Busy) == f"Another program keeps {team} locked."
        assert read(str(config)).active_profile == "team"


def unprivileged(path: Path) -> subprocess.CompletedProcess[str]:
    """Read in a process without root's powers, and print the number of profiles or the sentence of the error."""
    program = (
        "import sys; from zprof.errors import ZprofError; from zprof.zenml import read\n"
        "try: print(len(read(sys.argv[1]).profiles))\n"
        "except ZprofError as error: print(error.message)"
    )
    command = [sys.executable, str(HERE / "launching.py"), "--unprivileged", sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


class TestWhereThingsAre:
    @pytest.mark.parametrize("below", ["", "profiles", "config.yaml", "missing"])
    def test_nothing_of_zenml(self, tmp_path: Path, config: Path, below: str) -> None:
        path = tmp_path / "empty" if not below else config / below
        sentence = refused(path, kind=InvalidInput)
        is_there = path.exists()
        assert sentence == (
            f"{path} is neither a configuration directory of ZenML nor a project."
            if is_there
            else f"{path} does not exist."
        )

    def test_a_project_needs_a_configuration(self, copy: Path) -> None:
        assert refused(copy / "project", kind=InvalidInput).endswith("is a project; its profiles are elsewhere.")

    def test_a_project_may_have_a_config_of_its_own(self, copy: Path, config: Path) -> None:
        (copy / "project" / "config.yaml").write_text("model: large\n")
        assert read(str(copy / "project"), str(config)).repository is not None

    def test_a_legacy_configuration(self, config: Path) -> None:
        document = yaml.safe_load((config / "config.yaml").read_text())
        del document["version"]
        (config / "config.yaml").unlink()
        (config / ".zenglobal.json").write_text(json.dumps(document))
        found = read(str(config))
        assert (found.version, len(found.profiles)) == (None, 3)

    @pytest.mark.parametrize("version", ["0.7.0", "0.7.3", "0.8.1rc1", "0.10.0", "0.13.2"])
    def test_versions_that_are_read(self, config: Path, version: str) -> None:
        edited(config / "config.yaml", lambda document: document.update(version=version))
        assert read(str(config)).version == version

    @pytest.mark.parametrize("version", ["0.6.3", "0.14.0", "0.20.0", "1.0.0", "0.130.1", "", "latest", 0.13, True])
    def test_versions_that_are_refused(self, config: Path, version: object) -> None:
        edited(config / "config.yaml", lambda document: document.update(version=version))
        assert refused(config, kind=InvalidInput) == f"{config / 'config.yaml'} comes from ZenML '{version}'."

    def test_a_project_of_before_profiles(self, copy: Path, config: Path) -> None:
        (copy / "project" / ".zen" / "config.yaml").write_text(
            "active_stack_name: s\nstack_components: {}\nstacks: {}\nversion: 0.6.3\n"
        )
        assert "was written by a ZenML before 0.7" in refused(copy / "project", kind=InvalidInput, configuration=config)

    def test_a_store_elsewhere(self, tmp_path: Path, config: Path, staging: Path, team: Path) -> None:
        shutil.move(staging, tmp_path / "shared")
        shutil.move(team, tmp_path / "shared.db")
        before = read(str(WRITTEN / "config"))
        for local in (f"file://{tmp_path}/shared", f"{tmp_path}/shared"):
            for sql in (f"sqlite:///{tmp_path}/shared.db", f"sqlite+pysqlite:///{tmp_path}/shared.db?timeout=3"):
                urls(config, staging=local, team=sql)
                assert read(str(config)) == before

    def test_a_store_relative_to_where_one_is(
        self, tmp_path: Path, config: Path, staging: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.move(staging, tmp_path / "shared")
        urls(config, staging="./shared")
        monkeypatch.chdir(tmp_path)
        assert "prod" in profile(read(str(config)), "staging").stacks
        monkeypatch.chdir("/")
        assert refused(config).startswith("The store of the profile 'staging' is not at ./shared/stacks.yaml nor at ")

    def test_a_copy_is_read_though_the_original_is_there(self, tmp_path: Path, config: Path, staging: Path) -> None:
        original = tmp_path / "original" / "profiles"
        shutil.copytree(staging, original / "staging")
        edited(original / "staging" / "stacks.yaml", lambda document: document["stacks"].pop("scratch"))
        urls(config, staging=f"file://{original}/staging")
        assert "scratch" in profile(read(str(config)), "staging").stacks
        shutil.rmtree(staging)
        assert "scratch" not in profile(read(str(config)), "staging").stacks

    @pytest.mark.parametrize("url", [None, "", "file:///nowhere", "~/nowhere"])
    def test_a_store_without_a_url_that_leads_to_it(self, config: Path, url: str | None) -> None:
        urls(config, staging=url)
        assert "prod" in profile(read(str(config)), "staging").stacks

    def test_a_profile_may_lack_fields(self, config: Path) -> None:
        edited(config / "config.yaml", lambda document: document["profiles"].update(staging={}))
        found = profile(read(str(config)), "staging")
        assert (found.active_stack, len(found.stacks)) == (None, 3)

    def test_unknown_keys_are_ignored(self, config: Path, staging: Path) -> None:
        edited(config / "config.yaml", lambda document: document.update(new=1))
        edited(config / "config.yaml", lambda document: document["profiles"]["staging"].update(new=[1]))
        edited(staging / "stacks.yaml", lambda document: document.update(new={}))
        assert read(str(config)) == read(str(WRITTEN / "config"))

    def test_a_linked_store(self, tmp_path: Path, config: Path, staging: Path) -> None:
        """Some people keep their files elsewhere and link to them, one by one."""
        shutil.move(staging / "alerters" / "slack_al.yaml", tmp_path)
        (staging / "alerters" / "slack_al.yaml").symlink_to(tmp_path / "slack_al.yaml")
        assert read(str(config)) == read(str(WRITTEN / "config"))

    def test_old_stores_have_fewer_keys(self, config: Path, staging: Path) -> None:
        kept = ("stacks", "stack_components")
        document = yaml.safe_load((staging / "stacks.yaml").read_text())
        (staging / "stacks.yaml").write_text(yaml.safe_dump({key: document[key] for key in kept}))
        (staging / "pipeline_runs.yaml").unlink()
        found = profile(read(str(config)), "staging")
        assert found == profile(read(str(WRITTEN / "config")), "staging")._replace(associations=())

    def test_early_databases_have_other_columns(self, config: Path, team: Path) -> None:
        before = profile(read(str(config)), "team")
        executed(
            team,
            "CREATE TABLE c (component_type, name, component_flavor, configuration)",
            "INSERT INTO c SELECT type, name, flavor, configuration FROM zenstackcomponent",
            "CREATE TABLE d (stack_name, component_type, component_name)",
            "INSERT INTO d SELECT stack_name, type, name"
            " FROM zenstackdefinition JOIN zenstackcomponent ON id = component_id",
            *(
                f"DROP TABLE {table}"
                for table in (
                    "zenstackcomponent",
                    "zenstackdefinition",
                    "storeassociationtable",
                    "zenflavor",
                    "usertable",
                    "pipelineruntable",
                )
            ),
            "ALTER TABLE c RENAME TO zenstackcomponent",
            "ALTER TABLE d RENAME TO zenstackdefinition",
        )
        assert profile(read(str(config)), "team") == before._replace(associations=())


def urls(config: Path, **by_profile: str | None) -> None:
    def edit(document: dict[str, Any]) -> None:
        for name, url in by_profile.items():
            document["profiles"][name]["store_url"] = url

    edited(config / "config.yaml", edit)


def renamed(staging: Path, type_name: str, old: str, new: str) -> None:
    """Give a component another name, as ZenML would."""
    file = staging / DIRECTORIES[type_name] / f"{new}.yaml"
    shutil.move(staging / DIRECTORIES[type_name] / f"{old}.yaml", file)
    edited(file, lambda document: document.update(name=new))

    def edit(document: dict[str, Any]) -> None:
        components = document["stack_components"][type_name]
        components[new] = components.pop(old)
        for stack in document["stacks"].values():
            if stack.get(type_name) == old:
                stack[type_name] = new

    edited(staging / "stacks.yaml", edit)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "adapted"),
        [
            ("my store", "my-store"),
            ("s3_store.v1-a", "s3_store.v1-a"),
            ("../../victim", "victim"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("-dash", "dash"),
            ("[/x]", "x-"),
            ("café\n", "caf--"),
            ("_private", "private"),
            ("x" * 5000, "x" * 64),
            ("\ud800", "unnamed"),
        ],
    )
    def test_one(self, name: str, adapted: str) -> None:
        assert adapted_names({"": name}) == {"": adapted}

    def test_valid_names_stay(self) -> None:
        assert adapted_names({"a b": "a b", "a-b": "a-b", "a/b": "a/b", "a-b-2": "a-b-2"}) == {
            "a-b": "a-b",
            "a-b-2": "a-b-2",
            "a b": "a-b-3",
            "a/b": "a-b-4",
        }

    def test_a_long_name_with_a_number(self) -> None:
        assert set(adapted_names({"1": "x" * 70, "2": "x" * 80}).values()) == {"x" * 64, "x" * 62 + "-2"}

    @given(st.lists(st.text(max_size=80) | st.text("ab /.-", max_size=4), unique=True), st.booleans())
    def test_any(self, names: list[str], ignoring_case: bool) -> None:
        fold = str.lower if ignoring_case else str
        adapted = adapted_names({name: name for name in names}, fold=fold)
        assert adapted.keys() == set(names)
        assert all(is_name(name) for name in adapted.values())
        assert len({fold(name) for name in adapted.values()}) == len(names)
        assert adapted == adapted_names({name: name for name in reversed(names)}, fold=fold)
        if not ignoring_case:
            assert all(adapted[name] == name for name in names if is_name(name))

    def test_references_follow(self, copy: Path, config: Path, staging: Path) -> None:
        renamed(staging, "artifact_store", "s3_store", "my store")
        renamed(staging, "orchestrator", "docker_orch", "läuft")
        edited(staging / "stacks.yaml", lambda document: document["stacks"].update(p=document["stacks"].pop("prod")))
        edited(
            staging / "stacks.yaml",
            lambda document: document["stacks"].update({"the stack": document["stacks"].pop("scratch")}),
        )

        def edit(document: dict[str, Any]) -> None:
            document["profiles"]["Ann's"] = {**document["profiles"].pop("staging"), "active_stack": "the stack"}
            document["activated_profile"] = "Ann's"

        edited(config / "config.yaml", edit)
        shutil.move(staging, config / "profiles" / "Ann's")
        (copy / "project" / ".zen" / "config.yaml").write_text(
            yaml.safe_dump({"active_profile_name": "Ann's", "active_stack_name": "the stack"})
        )
        found = read(str(copy / "project"), str(config))
        assert found.active_profile == "Ann-s"
        assert found.repository is not None
        assert found.repository[:2] == ("Ann-s", "the-stack")
        ann = profile(found, "Ann-s")
        assert ann.active_stack == "the-stack"
        assert ann.stacks["p"]["artifact_store"] == "my-store"
        assert ann.stacks["the-stack"]["orchestrator"] == "l-uft"
        assert component(ann, "artifact_store", "my-store").config == {"path": "s3://acme-ml/artifacts"}
        assert ("my-store", "mysql_md") in ann.associations
        assert found.adapted == (
            "The profile \"Ann's\" becomes 'Ann-s'.",
            "The artifact store 'my store' of the profile 'Ann-s' becomes 'my-store'.",
            "The orchestrator 'läuft' of the profile 'Ann-s' becomes 'l-uft'.",
            "The stack 'the stack' of the profile 'Ann-s' becomes 'the-stack'.",
        )

    def test_profiles_that_differ_in_case(self, config: Path, staging: Path) -> None:
        edited(
            config / "config.yaml",
            lambda document: document["profiles"].update(Staging=dict(document["profiles"]["staging"])),
        )
        shutil.copytree(staging, config / "profiles" / "Staging")
        found = read(str(config))
        assert [each.name for each in found.profiles] == ["Staging-2", "default", "staging", "team"]
        assert found.adapted == ("The profile 'Staging' becomes 'Staging-2', since its name is already taken.",)

    def test_a_database_may_hold_a_name_twice(self, config: Path, team: Path) -> None:
        executed(
            team,
            "UPDATE zenstackcomponent SET name = 'default' WHERE name = 'shared'",
            "UPDATE zenstackcomponent SET name = 'a/b' WHERE name = 's3_store'",
        )
        found = read(str(config))
        store = profile(found, "team")
        # The ids tell them apart, 962f… and c20c….
        assert component(store, "artifact_store", "default-2").config == {"path": "/srv/shared"}
        assert store.stacks["shared_stack"]["artifact_store"] == "default-2"
        assert store.stacks["default"]["artifact_store"] == "default"
        assert store.associations == (("default-2", "default"),)
        assert found.adapted == (
            "The artifact store 'default' of the profile 'team' becomes 'default-2', since its name is already taken.",
            "The artifact store 'a/b' of the profile 'team' becomes 'a-b'.",
        )

    def test_a_component_below_a_directory(self, config: Path, staging: Path) -> None:
        (staging / "alerters" / "a").mkdir()
        renamed(staging, "alerter", "slack_al", "a/b")
        assert component(profile(read(str(config)), "staging"), "alerter", "a-b").flavor == "slack"

    @pytest.mark.parametrize("name", ["../../../outside", "/etc/outside", "a/../../../outside", "a\0/b"])
    def test_a_component_that_leads_out_is_not_read(self, config: Path, staging: Path, name: str) -> None:
        (config / "outside.yaml").write_text(f"name: x\nslack_token: {SECRET}\nuuid: {'0' * 32}\n")
        edited(
            staging / "stacks.yaml", lambda document: document["stack_components"]["alerter"].update({name: "slack"})
        )
        assert "leads outside the store's directory" in refused(config)

    @pytest.mark.parametrize("name", ["../../victim", "..", ".", "", "/", "a\0b", "x" * 5000])
    def test_a_profile_that_leads_out_is_not_read(self, config: Path, name: str) -> None:
        shutil.copytree(config / "profiles" / "default", config.parent / "victim")
        shutil.copy(config / "profiles" / "default" / "stacks.yaml", config / "profiles" / "stacks.yaml")
        edited(config / "config.yaml", lambda document: document["profiles"].update({name: {"store_type": "local"}}))
        assert "The store of the profile" in refused(config)

    def test_a_profile_that_leads_out_by_its_url_is_read(self, config: Path) -> None:
        """It is where ZenML has it."""
        victim = config / "profiles" / ".." / ".." / "victim"
        shutil.copytree(config / "profiles" / "default", victim)
        edited(
            config / "config.yaml",
            lambda document: document["profiles"].update({"../../victim": {"store_url": f"file://{victim}"}}),
        )
        assert "The profile '../../victim' becomes 'victim'." in read(str(config)).adapted


class TestFlavors:
    @staticmethod
    def register(staging: Path, *flavors: tuple[str, str, str]) -> None:
        listed = [{"integration": None, "name": name, "source": src, "type": type_} for type_, name, src in flavors]
        edited(staging / "stacks.yaml", lambda document: document.update(stack_component_flavors=listed))

    @staticmethod
    def use(staging: Path, flavor: str) -> None:
        edited(
            staging / "stacks.yaml", lambda document: document["stack_components"]["alerter"].update(slack_al=flavor)
        )

    def test_custom_ones_come_over(self, config: Path, staging: Path) -> None:
        self.register(staging, ("alerter", "pager", "our.alerts.Pager"), ("annotator", "hand", "our.Hand"))
        self.use(staging, "pager")
        edited(
            staging / "alerters" / "slack_al.yaml",
            lambda document: document.update(anything={"at": ["all", None, 1.5]}),
        )
        found = read(str(config))
        store = profile(found, "staging")
        assert store.custom_flavors == (
            ForeignFlavor("alerter", "pager", "our.alerts.Pager"),
            ForeignFlavor("annotator", "hand", "our.Hand"),
        )
        alerter = component(store, "alerter", "slack_al")
        assert alerter.flavor == "pager"
        assert alerter.config["anything"] == {"at": ["all", None, 1.5]}
        assert found.left_out == ()

    def test_names_are_adapted(self, config: Path, staging: Path) -> None:
        self.register(staging, ("alerter", "slack", "our.Slack"), ("alerter", "the pager", "our.Pager"))
        found = read(str(config))
        store = profile(found, "staging")
        # It hid the built-in one: what was registered with it is of it.
        assert component(store, "alerter", "slack_al").flavor == "slack-2"
        assert [each.name for each in store.custom_flavors] == ["slack-2", "the-pager"]
        assert found.adapted == (
            "The alerter flavor 'slack' of the profile 'staging' becomes 'slack-2', since its name is already taken.",
            "The alerter flavor 'the pager' of the profile 'staging' becomes 'the-pager'.",
        )

    def test_those_of_a_database(self, config: Path, team: Path) -> None:
        executed(
            team,
            "INSERT INTO zenflavor VALUES ('alerter', 'pager', 'our.Pager', NULL)",
            "INSERT INTO zenflavor VALUES ('alerter', 'slack', 'zenml.Slack', 'slack')",
        )
        assert profile(read(str(config)), "team").custom_flavors == (ForeignFlavor("alerter", "pager", "our.Pager"),)

    def test_what_has_an_unknown_one_is_left_out(self, config: Path, staging: Path) -> None:
        self.use(staging, "pigeon")
        found = read(str(config))
        store = profile(found, "staging")
        assert "alerter" not in {each.type for each in store.components}
        assert list(store.stacks) == ["default", "scratch"]
        assert store.active_stack is None
        assert found.left_out == (
            "The alerter 'slack_al' of the profile 'staging' is not carried over: "
            "its flavor 'pigeon' is neither built in nor registered.",
            "The stack 'prod' of the profile 'staging' is not carried over, since its alerter is not.",
            "The active stack 'prod' of the profile 'staging' is not carried over: there is no such stack.",
        )

    def test_attributes_that_a_builtin_one_does_not_know_are_left_out(self, config: Path, staging: Path) -> None:
        file = staging / "alerters" / "slack_al.yaml"
        edited(file, lambda document: document.update(api_key=SECRET, slack_token=SECRET, gone=None))
        found = read(str(config))
        assert component(profile(found, "staging"), "alerter", "slack_al").config["slack_token"] == SECRET
        assert found.left_out == (
            "The attribute 'api_key' of the alerter 'slack_al' of the profile 'staging' is not carried over: "
            "the flavor 'slack' has no such attribute.",
        )
        edited(file, lambda document: document.update(colour=["red"]))
        assert read(str(config)).left_out == (
            "The attributes 'api_key' and 'colour' of the alerter 'slack_al' of the profile 'staging' are not carried "
            "over: the flavor 'slack' has no such attributes.",
        )


class TestWhatStaysBehind:
    def test_people_and_runs_of_a_yaml_store(self, config: Path, staging: Path) -> None:
        def edit(document: dict[str, Any]) -> None:
            document["users"] += [{"name": "ann"}, {"name": "bob"}]
            document["teams"] = [{"name": f"team{number}"} for number in range(12)]
            document["roles"] = [{"name": "admin"}]
            document["projects"] = [{"name": "churn"}]
            document["role_assignments"] = [{"role_id": 1}, {"role_id": 2}]

        edited(staging / "stacks.yaml", edit)
        (staging / "pipeline_runs.yaml").write_text("pipeline_runs:\n  p: [{}, {}]\n  q: [{}]\n")
        of = "of the profile 'staging'"
        teams = ", ".join(f"'team{number}'" for number in range(10))
        assert read(str(config)).left_out == (
            f"The users 'ann' and 'bob' {of} are not carried over.",
            f"The teams {teams} and 2 more {of} are not carried over.",
            f"The role 'admin' {of} is not carried over.",
            f"The ZenML project 'churn' {of} is not carried over.",
            f"2 role assignments {of} are not carried over.",
            f"3 pipeline runs {of} are not carried over.",
        )

    def test_people_and_runs_of_a_database(self, config: Path, team: Path) -> None:
        executed(
            team,
            "INSERT INTO usertable VALUES ('1', 'now', 'ann')",
            "INSERT INTO teamtable VALUES ('1', 'now', 'reds')",
            "INSERT INTO roletable VALUES ('1', 'now', 'admin')",
            "INSERT INTO projecttable VALUES ('1', 'now', 'churn', NULL)",
            "INSERT INTO roleassignmenttable VALUES ('1', 'now', '1', NULL, NULL, '1')",
            "INSERT INTO pipelineruntable VALUES ('r', '0.13.2', NULL, 'p', '{}', '{}', '{}', '1', NULL)",
        )
        of = "of the profile 'team' is not carried over."
        assert read(str(config)).left_out == (
            f"The user 'ann' {of}",
            f"The team 'reds' {of}",
            f"The role 'admin' {of}",
            f"The ZenML project 'churn' {of}",
            f"1 role assignment {of}",
            f"1 pipeline run {of}",
        )

    @pytest.mark.parametrize("runs", ["", "pipeline_runs: {", "pipeline_runs: [1]\n", "pipeline_runs: {p: 1}\n"])
    def test_runs_that_cannot_be_counted_do_not_matter(self, config: Path, staging: Path, runs: str) -> None:
        (staging / "pipeline_runs.yaml").write_text(runs)
        found = read(str(config))
        assert len(found.profiles) == 3
        assert found.left_out == (
            "The pipeline runs of the profile 'staging', which can't be counted, are not carried over.",
        )

    def test_a_server(self, config: Path) -> None:
        server = {"store_type": "rest", "store_url": "http://127.0.0.1:8000", "active_user": "ann"}
        edited(config / "config.yaml", lambda document: document["profiles"].update(team=server))
        found = read(str(config))
        assert [each.name for each in found.profiles] == ["default", "staging"]
        assert found.active_profile is None
        assert found.left_out == (
            "The profile 'team' is not carried over: it is on a ZenML server, and this machine has none of it.",
            "The active profile 'team' is not carried over, so no profile becomes active.",
        )

    def test_other_databases(self, config: Path) -> None:
        urls(config, team=f"mysql+pymysql://ann:{SECRET}@db.example.com/zenml")
        assert about(read(str(config)).left_out, "mysql") == [
            "The profile 'team' is not carried over: it is in a database of 'mysql', which zprof can't read."
        ]

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
    def test_a_database_in_memory(self, config: Path, url: str) -> None:
        urls(config, team=url)
        assert (
            read(str(config)).left_out[0] == "The profile 'team' is not carried over: its database was only in memory."
        )

    def test_an_active_stack_that_is_gone(self, config: Path) -> None:
        edited(config / "config.yaml", lambda document: document["profiles"]["team"].update(active_stack="nope"))
        found = read(str(config))
        assert profile(found, "team").active_stack is None
        sentence = "The active stack 'nope' of the profile 'team' is not carried over: there is no such stack."
        assert found.left_out == (sentence,)

    def test_an_active_profile_that_is_gone(self, config: Path) -> None:
        edited(config / "config.yaml", lambda document: document.update(activated_profile="ghost"))
        found = read(str(config))
        assert (found.active_profile, len(found.profiles), len(found.left_out)) == (None, 3, 1)
        edited(config / "config.yaml", lambda document: document.update(activated_profile=None))
        assert read(str(config)).left_out == ()

    def test_what_a_project_chose_and_is_gone(self, copy: Path, config: Path) -> None:
        project = copy / "project"
        file = project / ".zen" / "config.yaml"
        edited(file, lambda document: document.update(active_stack_name="nope", project_name="churn"))
        found = read(str(project), str(config))
        assert found.repository == ("staging", None, str(project))
        assert found.left_out == (
            f"The ZenML project 'churn' that is chosen in {project} is not carried over.",
            f"The active stack 'nope' of {project} is not carried over: there is no such stack.",
        )
        edited(file, lambda document: document.update(active_profile_name="ghost"))
        assert read(str(project), str(config)).repository is None

    @pytest.mark.parametrize(
        "written",
        [
            {"active_stack_id": "8c5dd0f2-6a1c-4a3e-9f0e-2d6a4a3f1f4b", "active_workspace_name": "default"},
            {"active_project_name": None, "active_stack_name": "scratch"},
            # What the older one wrote may still be beside it.
            {"active_profile_name": "staging", "active_stack_name": "scratch", "active_stack_id": None},
        ],
    )
    def test_a_project_that_a_newer_one_has_touched(self, copy: Path, config: Path, written: dict[str, Any]) -> None:
        """Nothing in it names a profile, and the active one is not what was chosen there."""
        file = copy / "project" / ".zen" / "config.yaml"
        file.write_text(yaml.safe_dump(written))
        found = read(str(copy / "project"), str(config))
        assert (found.repository, len(found.profiles)) == (None, 3)
        assert found.left_out == (
            f"{file} was written by a ZenML after 0.13, which has no profiles, "
            f"so {copy}/project doesn't become a repository. "
            "To choose a profile for it, run `zprof init --profile NAME` in it.",
        )

    def test_a_project_that_follows_the_active_profile(self, copy: Path, config: Path) -> None:
        file = copy / "project" / ".zen" / "config.yaml"
        edited(file, lambda document: document.update(active_profile_name=None, active_stack_name=None))
        assert read(str(file.parent), str(config)).repository == ("team", None, str(copy / "project"))

    def test_associations_that_cannot_be(self, config: Path, staging: Path) -> None:
        uuids = {
            path.stem: yaml.safe_load(path.read_text())["uuid"]
            for path in [*staging.glob("artifact_stores/s*.yaml"), *staging.glob("metadata_stores/mysql_md.yaml")]
        }

        def edit(document: dict[str, Any]) -> None:
            document["store_associations"] += [
                {"artifact_store_uuid": "0" * 32, "metadata_store_uuid": uuids["mysql_md"]},
                {"artifact_store_uuid": uuids["s3_store"], "metadata_store_uuid": uuids["mysql_md"]},
                {"artifact_store_uuid": uuids["scratch"], "metadata_store_uuid": uuids["mysql_md"]},
            ]

        edited(staging / "stacks.yaml", edit)
        found = read(str(config))
        assert profile(found, "staging").associations == (("default", "default"), ("s3_store", "mysql_md"))
        assert found.left_out == (
            "The tie of the artifact store 'scratch' to the metadata store 'mysql_md' of the profile "
            "'staging' is not carried over: one of them is tied to another store.",
            "1 tie of the profile 'staging' to stores that do not exist is not carried over.",
        )


class TestDamagedYAML:
    @pytest.mark.parametrize("name", ["config.yaml", "profiles/staging/stacks.yaml"])
    def test_every_file_cut_at_a_line(self, config: Path, name: str) -> None:
        """Half a file is YAML if it ends with a line; what is gone must not just be missing."""
        lines = (config / name).read_text().splitlines(keepends=True)
        for kept in range(len(lines) - 1):
            (config / name).write_text("".join(lines[:kept]))
            if name == "config.yaml" or not "".join(lines[kept:]).startswith("- creation_date"):
                assert str(config / name) in refused(config)

    @pytest.mark.parametrize(
        "name",
        [
            "config.yaml",
            "profiles/staging/stacks.yaml",
            "profiles/staging/metadata_stores/mysql_md.yaml",
            "profiles/staging/alerters/slack_al.yaml",
        ],
    )
    def test_every_file_cut_anywhere(self, config: Path, name: str) -> None:
        whole = (config / name).read_bytes()
        for length in range(0, len(whole) - 1, 7):
            if whole[:length].endswith(b"\n"):
                continue
            (config / name).write_bytes(whole[:length])
            assert refused(config) == f"{config / name} is {'incomplete' if length else 'empty'}."

    def test_half_a_component(self, config: Path, staging: Path) -> None:
        file = staging / "artifact_stores" / "s3_store.yaml"
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
        assert refused(config) == f"{file} is incomplete: it has no uuid."

    def test_half_a_project(self, copy: Path, config: Path) -> None:
        for content in ("", "active_profile_name: sta"):
            (copy / "project" / ".zen" / "config.yaml").write_text(content)
            refused(copy / "project", configuration=config)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (f"slack_token: {SECRET}\n  b: [\n", "is not valid YAML, from line 2 on"),
            (f"slack_token: '{SECRET}\n", "is not valid YAML, from line 2 on"),
            (f"{SECRET}: !!python/object:os.system x\n", "is not valid YAML, from line 1 on"),
            (f"a: &{SECRET} 1\nb: *{SECRET}\n", "is not valid YAML, from line 1 on"),
            (f"{SECRET}: 1\n{SECRET}: 2\n", "is not valid YAML"),
            ("1: 2\n", "is not valid YAML, from line 1 on"),
            ("a: " + "[" * 1000 + "]" * 1000 + "\n", "is not valid YAML, from line 1 on"),
            ("{" + '"a":{' * 100_000 + "\n", "is not valid YAML"),
            ("a: !!set {b}\n", "is not valid YAML, from line 1 on"),
            ("a: !!bool maybe\n", "is not valid YAML, from line 1 on"),
            ("a: !!int ''\n", "is not valid YAML, from line 1 on"),
            ("a: !!timestamp x\n", "is not valid YAML, from line 1 on"),
            ("a: !!map [1]\n", "is not valid YAML, from line 1 on"),
            ('{"a": "\\ud800"}\n', "is not valid YAML"),
            ("- a\n", "must contain a mapping"),
            ("null\n", "must contain a mapping"),
            ("uuid: 5\n", "must contain text as uuid"),
            ("#" * (1024 * 1024) + "\n", "is larger than 1024 KiB"),
            ("\x00\n", "is not valid YAML"),
        ],
        ids=lambda value: str(len(value)),  # a secret in a test's name would be in its path
    )
    def test_a_component_file(self, config: Path, staging: Path, text: str, sentence: str) -> None:
        file = staging / "alerters" / "slack_al.yaml"
        file.write_text(text)
        assert refused(config) == f"{file} {sentence}."

    def test_a_component_file_that_is_not_text(self, config: Path, staging: Path) -> None:
        file = staging / "alerters" / "slack_al.yaml"
        file.write_bytes(b"name: \xff\n")
        assert refused(config) == f"{file} is not text in UTF-8."
        file.unlink()
        assert refused(config) == f"{file} does not exist."
        for make in (Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
            make(file)
            assert refused(config) == f"{file} is not a file."
            file.rmdir() if file.is_dir() else file.unlink()

    @pytest.mark.parametrize(
        ("edit", "sentence"),
        [
            (lambda index: index.update(stacks=None), "must contain a mapping as stacks"),
            (lambda index: index.update(stacks={"s": None}), "must contain a mapping as each of stacks"),
            (lambda index: index["stacks"]["prod"].update(alerter=1), "must contain text as a stack's component"),
            (lambda index: index["stacks"]["prod"].update(pager="p"), "names the component type 'pager'"),
            (
                lambda index: index["stacks"]["prod"].pop("orchestrator"),
                "has a stack 'prod' without an orchestrator",
            ),
            (
                lambda index: index["stacks"]["prod"].update(orchestrator="defau"),
                "has the orchestrator 'defau' in its stack 'prod', but this orchestrator does not exist",
            ),
            (lambda index: index.pop("stack_components"), "must contain a mapping as stack_components"),
            (lambda index: index.update(stack_components=[]), "must contain a mapping as stack_components"),
            (lambda index: index["stack_components"].update(pager={"p": "p"}), "names the component type 'pager'"),
            (lambda index: index["stack_components"]["alerter"].update(slack_al=1), "text as a component's flavor"),
            (lambda index: index["stack_components"]["alerter"].update(more="slack"), "more.yaml does not exist"),
            (lambda index: index.update(users={}), "must contain a list as users"),
            (lambda index: index.update(users=[{}]), "must contain text as a name in users"),
            (lambda index: index.update(store_associations=[1]), "a mapping as each of store_associations"),
            (lambda index: index.update(store_associations=[{}]), "must contain text as artifact_store_uuid"),
            (lambda index: index.update(stack_component_flavors=[{"type": "x"}]), "names the component type 'x'"),
            (lambda index: index.update(stack_component_flavors=[{"type": "alerter"}]), "text as a flavor's name"),
            (lambda index: index.pop("users"), "is incomplete"),
        ],
    )
    def test_a_store(self, config: Path, staging: Path, edit: Edit, sentence: str) -> None:
        edited(staging / "stacks.yaml", edit)
        assert sentence in refused(config)

    @pytest.mark.parametrize(
        ("edit", "sentence"),
        [
            (lambda config: config.update(profiles=[]), "must contain a mapping as profiles"),
            (lambda config: config["profiles"].update(x=None), "must contain a mapping as the profile 'x'"),
            (lambda config: config["profiles"].update(x={"store_type": "y"}), "with a store of the type 'y'"),
            (lambda config: config["profiles"].update(x={"store_url": 1}), "must contain text as store_url"),
            (lambda config: config["profiles"].update(x={"store_url": "s3://a/b"}), "of the type 'local' at a URL of"),
            (lambda config: config["profiles"].update(x={"active_stack": []}), "must contain text as active_stack"),
            (lambda config: config["profiles"].update(x={}), "The store of the profile 'x' is not at"),
            (lambda config: config.update(activated_profile=1), "must contain text as activated_profile"),
            (lambda config: config.pop("version"), "is incomplete: it has no version"),
        ],
    )
    def test_a_configuration(self, config: Path, edit: Edit, sentence: str) -> None:
        edited(config / "config.yaml", edit)
        assert sentence in refused(config)

    def test_a_configuration_without_profiles(self, config: Path) -> None:
        edited(config / "config.yaml", lambda document: document.pop("profiles"))
        assert refused(config, kind=InvalidInput) == f"{config / 'config.yaml'} has no profiles."

    def test_a_missing_store(self, config: Path, staging: Path) -> None:
        shutil.rmtree(staging)
        url = "/home/user/.config/zenml/profiles/staging/stacks.yaml"
        sentence = f"The store of the profile 'staging' is not at {staging}/stacks.yaml nor at {url}."
        assert refused(config) == sentence


class TestDamagedDatabases:
    def test_no_database(self, config: Path, team: Path) -> None:
        for content in (b"", b"SQLite format 3\0", b"text\n" * 1000):
            team.write_bytes(content)
            assert refused(config) == f"{team} is not a SQLite database."
        team.unlink()
        team.mkdir()
        assert refused(config) == f"{team} is not a file."
        team.rmdir()
        assert "The store of the profile 'team' is not at" in refused(config)

    def test_a_database_cut_short(self, config: Path, team: Path) -> None:
        whole = team.read_bytes()
        for length in range(4096, len(whole), 4096):
            team.write_bytes(whole[:length])
            assert refused(config) == f"{team} is a damaged SQLite database."

    def test_another_database(self, config: Path, team: Path) -> None:
        team.unlink()
        executed(team, "CREATE TABLE other (a)")
        assert refused(config) == f"{team} is not a ZenML store: it has no table zenstackcomponent."

    @pytest.mark.parametrize(
        ("statement", "sentence"),
        [
            ("DROP TABLE zenstackdefinition", "is not a ZenML store: it has no table zenstackdefinition"),
            ("ALTER TABLE zenstack DROP created_by", ""),
            ("ALTER TABLE zenstackcomponent DROP flavor", "its table zenstackcomponent has no column flavor"),
            ("DELETE FROM zenstackdefinition", "has a stack 'default' without an orchestrator"),
            ("DELETE FROM zenstackcomponent", "has a stack 'default' with a component that does not exist"),
            ("DELETE FROM zenstack WHERE name = 'default'", ""),
            ("UPDATE zenstackcomponent SET configuration = 5", "is not one that ZenML writes"),
            ("UPDATE zenstackcomponent SET configuration = 'a'", "is not one that ZenML writes"),
            ("UPDATE zenstackcomponent SET configuration = x'c3'", "is not one that ZenML writes"),
            ("UPDATE zenstackcomponent SET configuration = 'gICA'", "is not one that ZenML writes"),
            ("UPDATE zenstackcomponent SET configuration = ''", "must contain a mapping"),
            ("UPDATE zenstackcomponent SET name = 5.5 WHERE name = 'hub'", ""),
            ("UPDATE zenstackcomponent SET name = x'00'", "must contain text as an id or a name"),
            ("UPDATE zenstackcomponent SET type = 'x'", "names the component type 'x', which does not exist"),
            ("UPDATE zenstackcomponent SET flavor = x'00'", "must contain text as an id or a name"),
            ("UPDATE usertable SET name = CAST(x'ff' AS TEXT)", "is a damaged SQLite database"),
            (
                "UPDATE zenstackcomponent SET type = 'artifact_store' WHERE name = 'default'",
                "has a stack 'default' with more than one artifact store",
            ),
            ("UPDATE zenstackcomponent SET configuration = zeroblob(3000000)", "is larger than any that ZenML writes"),
            ("UPDATE usertable SET name = CAST(zeroblob(3000000) AS TEXT)", "is larger than any that ZenML writes"),
        ],
    )
    def test_a_store(self, config: Path, team: Path, statement: str, sentence: str) -> None:
        executed(team, "PRAGMA ignore_check_constraints = ON", statement)
        if sentence:
            assert sentence in refused(config)
        else:
            read(str(config))

    def test_a_configuration_that_is_no_yaml(self, config: Path, team: Path) -> None:
        broken = base64.b64encode(f"token: {SECRET}\n  b: [".encode())
        executed(team, "UPDATE zenstackcomponent SET configuration = ? WHERE name = 'slack_al'", values=(broken,))
        sentence = f"The configuration of the alerter 'slack_al' in {team} is not valid YAML, from line 2 on."
        assert refused(config) == sentence

    def test_a_view_that_never_ends(self, config: Path, team: Path) -> None:
        endless = "WITH RECURSIVE n(name) AS (SELECT 'a' UNION ALL SELECT name FROM n) SELECT name FROM n"
        executed(team, "DROP TABLE zenstack", f"CREATE VIEW zenstack AS {endless}")
        assert refused(config) == f"{team} is not a ZenML store: it has no table zenstack."


garbling = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class TestGarbled:
    """Whatever is in the files, there are records, or there is one error with a sentence."""

    FILES = (
        "config/config.yaml",
        "config/profiles/staging/stacks.yaml",
        "config/profiles/staging/pipeline_runs.yaml",
        "config/profiles/staging/metadata_stores/mysql_md.yaml",
        "config/profiles/team/zenml.db",
        "project/.zen/config.yaml",
    )
    PIECES = (
        b"\n",
        b"\0",
        b"\xff",
        b": ",
        b"- ",
        b"{",
        b"[",
        b"'",
        b"!!int ",
        b"&a ",
        b"*a",
        b"../",
        b"null",
        b"---\n",
    )

    @garbling
    @given(name=st.sampled_from(FILES), seed=st.integers(0, 2**32), is_cut=st.booleans(), holes=st.integers(0, 8))
    def test_files(self, copy: Path, name: str, seed: int, is_cut: bool, holes: int) -> None:
        chance = random.Random(seed)
        file = copy / name
        whole = (WRITTEN / name).read_bytes()
        content = bytearray(whole[: chance.randrange(len(whole))] if is_cut else whole)
        for _ in range(holes):
            at = chance.randrange(len(content) + 1)
            piece = chance.choice([bytes([chance.randrange(256)]), *self.PIECES])
            content[at : at + chance.choice([0, len(piece)])] = piece
        file.write_bytes(content)
        self.outcome(copy)
        assert file.read_bytes() == content
        file.write_bytes(whole)

    @garbling
    @given(
        name=st.sampled_from([name for name in FILES if name.endswith(".yaml")]),
        document=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*BY_NAME, "stacks", "stack_components", "users", "profiles"]), inner)
                | st.dictionaries(st.sampled_from(["version", "store_url", "store_type", "name", "uuid"]), inner)
            ),
            max_leaves=10,
        ),
    )
    def test_documents(self, copy: Path, name: str, document: Any) -> None:
        before = yaml.safe_load((WRITTEN / name).read_text())
        merged = {**before, **document} if isinstance(document, dict) else document
        (copy / name).write_text(yaml.safe_dump(merged))
        self.outcome(copy)
        shutil.copy(WRITTEN / name, copy / name)

    @staticmethod
    def outcome(copy: Path) -> None:
        before = sorted(copy.rglob("*"))
        try:
            found = read(str(copy / "project"), str(copy / "config"))
        except ZprofError as error:
            assert error.message.endswith(".")
            assert error.hint
        else:
            for each in found.profiles:
                assert is_name(each.name)
                there = {(which.type, which.name) for which in each.components}
                assert all(is_name(name) for _, name in there)
                assert len(there) == len(each.components)
                for stack, members in each.stacks.items():
                    assert is_name(stack)
                    assert CORE.keys() <= members.keys()
                    assert set(members.items()) <= there
        assert sorted(copy.rglob("*")) == before


class TestExportedStacks:
    @staticmethod
    def document(**changes: Any) -> dict[str, Any]:
        components = {
            "orchestrator": {"flavor": "local", "name": "default"},
            "artifact_store": {"flavor": "s3", "name": "store", "path": "s3://a/b", "secret": None, "uuid": "x"},
            "metadata_store": {"flavor": "sqlite", "name": "default", "uri": "/a"},
        }
        document = {"components": components, "stack_name": "prod", "zenml_version": "0.10.0", **changes}
        return {key: value for key, value in document.items() if value is not ...}

    def test_one(self) -> None:
        found = exported_stack(self.document())
        assert (found.name, found.version) == ("prod", "0.10.0")
        assert found.components[0] == ForeignComponent("artifact_store", "store", "s3", {"path": "s3://a/b"})

    def test_names_and_attributes(self) -> None:
        document = self.document(stack_name="the stack")
        document["components"]["alerter"] = {"flavor": "a pager", "name": "my alerter", "anything": 1}
        document["components"]["orchestrator"]["password"] = SECRET
        found = exported_stack(document)
        assert found.components[0] == ForeignComponent("alerter", "my-alerter", "a-pager", {"anything": 1})
        assert found.adapted == (
            "The stack 'the stack' becomes 'the-stack'.",
            "The alerter 'my alerter' becomes 'my-alerter'.",
            "The alerter flavor 'a pager' becomes 'a-pager'.",
        )
        assert found.left_out == (
            "The attribute 'password' of the orchestrator 'default' is not carried over: "
            "the flavor 'local' has no such attribute.",
        )

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"zenml_version": ...}, "The exported stack comes from an unknown version of ZenML."),
            ({"zenml_version": "0.20.0"}, "The exported stack comes from ZenML '0.20.0'."),
            ({"zenml_version": 13}, "The exported stack comes from ZenML '13'."),
            ({"stack_name": ...}, "The document has no stack name or no components."),
            ({"stack_name": 1}, "The document has no stack name or no components."),
            ({"components": ...}, "The document has no stack name or no components."),
            ({"components": []}, "The document has no stack name or no components."),
            ({"components": {}}, "The stack 'prod' has no orchestrator."),
            ({"components": {"pager": {}}}, "There is no component type 'pager'."),
            ({"components": {"alerter": None}}, "The alerter must be a mapping."),
            ({"components": {"alerter": {"name": "a"}}}, "The alerter has no name or no flavor."),
            ({"components": {"alerter": {"name": 1, "flavor": "slack"}}}, "The alerter has no name or no flavor."),
        ],
    )
    def test_malformed(self, changes: dict[str, Any], sentence: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            exported_stack(self.document(**changes))
        assert caught.value.message == sentence
        assert caught.value.hint


def test_what_importing_costs() -> None:
    program = (
        "import sys, zprof.zenml; print({'yaml', 'click', 'sqlalchemy', 'jsonschema_rs', 'tabulate'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
