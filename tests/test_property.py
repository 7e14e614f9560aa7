"""Profiles, stacks and components under any sequence of operations, beside a model that is a few dictionaries."""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from conftest import config_of, move_default_store, move_in
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from logs import profiles_by_log
from postgresql_server import Server

from zprof.errors import (
    AlreadyExists,
    Conflict,
    InUse,
    InvalidInput,
    NotFound,
    NothingActive,
    Refused,
    StoresCoupled,
    ZprofError,
)
from zprof.profiles.operation import in_log
from zprof.profiles.registry import Registry, open_registry
from zprof.store.own_places import as_given
from zprof.store.store import Store

NAMES = st.sampled_from(["a", "b", "c", "default"])
TYPES = st.sampled_from(["orchestrator", "artifact_store", "metadata_store", "data_validator"])
FLAVORS = {
    "orchestrator": "local_docker",
    "artifact_store": "local",
    "metadata_store": "sqlite",
    "data_validator": "evidently",
}
ATTRIBUTE = {"orchestrator": "docker_parent_image", "artifact_store": "path", "metadata_store": "uri"}
MANDATORY = ("orchestrator", "artifact_store", "metadata_store")

Components = dict[tuple[str, str], dict[str, object]]
Stacks = dict[str, dict[str, str]]


class Model:
    """What a profile should hold."""

    def __init__(self) -> None:
        self.components: Components = {(type_name, "default"): {} for type_name in MANDATORY}
        self.stacks: Stacks = {"default": dict.fromkeys(MANDATORY, "default")}
        self.active_stack = "default"
        self.ties = {("default", "default")}
        """Which artifact store belongs with which metadata store."""

    def tied_otherwise(self, artifact_store: str, metadata_store: str) -> bool:
        """Whether one of two stores belongs with another."""
        return any((artifact == artifact_store) != (metadata == metadata_store) for artifact, metadata in self.ties)

    def rename_store(self, type_name: str, name: str, new_name: str) -> None:
        def renamed(old: str, its_type: str) -> str:
            return new_name if (its_type, old) == (type_name, name) else old

        self.ties = {(renamed(a, "artifact_store"), renamed(m, "metadata_store")) for a, m in self.ties}

    def drop_ties_of(self, type_name: str, name: str) -> None:
        gone = (type_name, name)
        self.ties = {(a, m) for a, m in self.ties if ("artifact_store", a) != gone and ("metadata_store", m) != gone}


class Profiles(RuleBasedStateMachine):
    """Each rule does one thing to both, and expects the same of both."""

    profiles: Bundle[str] = Bundle("profiles")
    made: Path
    """A home after the first run."""

    @initialize(target=profiles)
    def first_run(self) -> str:
        self.directory = Path(tempfile.mkdtemp())
        move_in(self.made, self.directory)
        config = config_of(self.directory)
        self.registry: Registry = open_registry(str(config))
        url = self.new_url()
        if url is not None:
            move_default_store(config, url)
        self.models = {"default": Model()}
        self.active = "default"
        return "default"

    def new_url(self) -> str | None:
        """Where the store of another profile goes."""
        return None

    def teardown(self) -> None:
        rmtree(self.directory, ignore_errors=True)

    def store(self, profile: str) -> Store:
        return self.registry.store(self.registry.profile(profile))

    def expect(self, error: type[ZprofError] | None, operation: object, *arguments: object) -> bool:
        """Whether it was done; it must fail with just this error, if with one."""
        assert callable(operation)
        try:
            operation(*arguments)
        except ZprofError as raised:
            assert error is not None, raised
            assert isinstance(raised, error), raised
            return False
        assert error is None, f"expected {error}"
        return True

    def change(self, profile: str, verb: str, *arguments: object) -> None:
        with self.store(profile).change() as change:
            getattr(change, verb)(*arguments)

    @rule(target=profiles, name=st.sampled_from(["p", "q", "P", "default", "../x"]))
    def create_profile(self, name: str) -> str:
        taken = name.lower() in {other.lower() for other in self.models}
        error = InvalidInput if "/" in name else AlreadyExists if taken else None
        if self.expect(error, self.registry.create_profile, name, self.new_url()):
            self.models[name] = Model()
            return name
        return "default"

    @rule(profile=profiles)
    def activate(self, profile: str) -> None:
        if self.expect(None if profile in self.models else NotFound, self.registry.activate, profile):
            self.active = profile

    @rule(target=profiles, profile=consumes(profiles))
    def delete_profile(self, profile: str) -> str:
        error = NotFound if profile not in self.models else Refused if profile == self.active else None
        if self.expect(error, self.registry.delete_profile, profile):
            del self.models[profile]
        return profile

    @rule(target=profiles, profile=profiles, new_name=st.sampled_from(["p", "r", "R", "default"]))
    def rename_profile(self, profile: str, new_name: str) -> str:
        others = {other.lower() for other in self.models if other != profile or other == new_name}
        error = NotFound if profile not in self.models else AlreadyExists if new_name.lower() in others else None
        if not self.expect(error, self.registry.rename_profile, profile, new_name):
            return profile
        self.models[new_name] = self.models.pop(profile)
        self.active = new_name if self.active == profile else self.active
        return new_name

    @rule(profile=profiles, type_name=TYPES, name=NAMES)
    def register_component(self, profile: str, type_name: str, name: str) -> None:
        if profile not in self.models:
            return
        components = self.models[profile].components
        error = AlreadyExists if (type_name, name) in components else None
        if self.expect(error, self.change, profile, "register_component", type_name, name, FLAVORS[type_name], {}):
            components[type_name, name] = {}

    @rule(profile=profiles, type_name=TYPES, name=NAMES, value=st.text(max_size=5) | st.integers() | st.none())
    def update_component(self, profile: str, type_name: str, name: str, value: object) -> None:
        if profile not in self.models:
            return
        components = self.models[profile].components
        attribute = ATTRIBUTE.get(type_name, "nothing")
        is_fit = type_name in ATTRIBUTE and isinstance(value, str)
        # The flavor local, of which the orchestrator is that a profile comes with, has no attributes.
        is_fit = is_fit and not (
            (type_name, name) in components and self.is_local_orchestrator(profile, type_name, name)
        )
        error = NotFound if (type_name, name) not in components else None if is_fit else InvalidInput
        if self.expect(error, self.change, profile, "update_component", type_name, name, {attribute: value}):
            components[type_name, name] = {**components[type_name, name], attribute: value}

    def is_local_orchestrator(self, profile: str, type_name: str, name: str) -> bool:
        """Whether it is the orchestrator that the profile came with, whatever its name is now."""
        return type_name == "orchestrator" and self.store(profile).component(type_name, name).flavor == "local"

    @rule(profile=profiles, type_name=TYPES, name=NAMES, new_name=NAMES)
    def rename_component(self, profile: str, type_name: str, name: str, new_name: str) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        error = (
            NotFound
            if (type_name, name) not in model.components
            else AlreadyExists
            if (type_name, new_name) in model.components
            else None
        )
        if self.expect(error, self.change, profile, "rename_component", type_name, name, new_name):
            model.components[type_name, new_name] = model.components.pop((type_name, name))
            model.rename_store(type_name, name, new_name)
            for members in model.stacks.values():
                if members.get(type_name) == name:
                    members[type_name] = new_name

    @rule(profile=profiles, type_name=TYPES, name=NAMES)
    def delete_component(self, profile: str, type_name: str, name: str) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        is_used = any(members.get(type_name) == name for members in model.stacks.values())
        error = NotFound if (type_name, name) not in model.components else InUse if is_used else None
        if self.expect(error, self.change, profile, "delete_component", type_name, name):
            del model.components[type_name, name]
            model.drop_ties_of(type_name, name)

    @rule(profile=profiles, name=NAMES, components=st.dictionaries(TYPES, NAMES))
    def register_stack(self, profile: str, name: str, components: dict[str, str]) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        is_missing = any((type_name, found) not in model.components for type_name, found in components.items())
        error: type[ZprofError] | None = None
        if name in model.stacks:
            error = AlreadyExists
        elif not set(MANDATORY) <= components.keys():
            error = InvalidInput
        elif is_missing:
            error = NotFound
        elif model.tied_otherwise(components["artifact_store"], components["metadata_store"]):
            error = StoresCoupled
        if self.expect(error, self.change, profile, "register_stack", name, components):
            model.stacks[name] = dict(components)
            model.ties.add((components["artifact_store"], components["metadata_store"]))

    @rule(profile=profiles, name=NAMES, components=st.dictionaries(TYPES, NAMES, min_size=1))
    def update_stack(self, profile: str, name: str, components: dict[str, str]) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        is_missing = any((type_name, found) not in model.components for type_name, found in components.items())
        error: type[ZprofError] | None = NotFound if name not in model.stacks or is_missing else None
        members = {**model.stacks.get(name, {}), **components}
        touches_stores = not components.keys().isdisjoint(("artifact_store", "metadata_store"))
        if error is None and touches_stores:
            is_apart = model.tied_otherwise(members["artifact_store"], members["metadata_store"])
            error = StoresCoupled if is_apart else None
        if self.expect(error, self.change, profile, "update_stack", name, components):
            model.stacks[name] = members
            if touches_stores:
                model.ties.add((members["artifact_store"], members["metadata_store"]))

    @rule(profile=profiles, name=NAMES, components=st.dictionaries(TYPES, NAMES, min_size=1))
    def update_and_decouple(self, profile: str, name: str, components: dict[str, str]) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        if name not in model.stacks or any(item not in model.components for item in components.items()):
            return
        with self.store(profile).change() as change:
            change.update_stack(name, components, decouple_stores=True)
        model.stacks[name].update(components)
        if not components.keys().isdisjoint(("artifact_store", "metadata_store")):
            pair = (model.stacks[name]["artifact_store"], model.stacks[name]["metadata_store"])
            model.ties = {tie for tie in model.ties if tie[0] != pair[0] and tie[1] != pair[1]} | {pair}

    @rule(profile=profiles, name=NAMES, type_name=TYPES)
    def remove_from_stack(self, profile: str, name: str, type_name: str) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        error: type[ZprofError] | None = None
        if name not in model.stacks:
            error = NotFound
        elif type_name in MANDATORY:
            error = InvalidInput
        elif type_name not in model.stacks[name]:
            error = NothingActive
        if self.expect(error, self.change, profile, "remove_from_stack", name, [type_name]):
            del model.stacks[name][type_name]

    @rule(profile=profiles, name=NAMES, new_name=NAMES)
    def rename_stack(self, profile: str, name: str, new_name: str) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        error = NotFound if name not in model.stacks else AlreadyExists if new_name in model.stacks else None
        if self.expect(error, self.change, profile, "rename_stack", name, new_name):
            self.registry.rename_active_stack(self.registry.profile(profile).url, name, new_name)
            model.stacks[new_name] = model.stacks.pop(name)
            model.active_stack = new_name if model.active_stack == name else model.active_stack

    @rule(profile=profiles, name=NAMES)
    def delete_stack(self, profile: str, name: str) -> None:
        if profile not in self.models:
            return
        model = self.models[profile]
        if self.expect(None if name in model.stacks else NotFound, self.change, profile, "delete_stack", name):
            del model.stacks[name]

    @rule(profile=profiles, name=NAMES)
    def set_stack(self, profile: str, name: str) -> None:
        error = None if profile in self.models else NotFound
        if self.expect(error, self.registry.set_active_stack, profile, name):
            self.models[profile].active_stack = name

    @rule(profile=profiles, name=NAMES)
    def a_change_that_fails_leaves_nothing(self, profile: str, name: str) -> None:
        if profile not in self.models:
            return
        try:
            with self.store(profile).change() as change:
                change.register_component("alerter", "new", "slack", {"slack_token": "{{a.b}}"})
                change.register_stack(name, dict.fromkeys(MANDATORY, "nope"))
        except (NotFound, Conflict):
            pass

    @invariant()
    def the_registrys_log_leads_to_what_it_holds(self) -> None:
        assert profiles_by_log(self.registry) == {found.name: in_log(found) for found in self.registry.profiles()}

    @invariant()
    def both_hold_the_same(self) -> None:
        found = {profile.name: profile for profile in self.registry.profiles()}
        assert found.keys() == self.models.keys()
        assert [name for name, profile in found.items() if profile.is_active] == [self.active]
        for name, model in self.models.items():
            assert found[name].active_stack == model.active_stack
            store = self.store(name)
            assert {stack.name: dict(stack.component_names) for stack in store.stacks()} == model.stacks
            assert {
                (type_name, component.name): as_given(component).config
                for type_name in (*FLAVORS, "alerter")
                for component in store.components(type_name)
            } == {
                key: {name: value for name, value in config.items() if value != ""}
                for key, config in model.components.items()
            }


def without_empty(config: dict[str, Any]) -> dict[str, Any]:
    """A config without what means a place of its own, as it is given out."""
    return {name: value for name, value in config.items() if value != ""}


Profiles.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestProfiles = pytest.mark.slow(pytest.mark.usefixtures("made")(Profiles.TestCase))


class ProfilesOnPostgreSQL(Profiles):
    """The same, each store on a server."""

    server: Server

    def new_url(self) -> str:
        return self.server.url(self.server.new_schema())


ProfilesOnPostgreSQL.TestCase.settings = settings(
    max_examples=4, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


TestProfilesOnPostgreSQL = pytest.mark.slow(pytest.mark.usefixtures("made", "server")(ProfilesOnPostgreSQL.TestCase))


@pytest.fixture
def made(after_first_run: Path) -> None:
    Profiles.made = after_first_run


@pytest.fixture
def server(postgresql: Server) -> None:
    ProfilesOnPostgreSQL.server = postgresql
