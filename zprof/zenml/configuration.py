"""A configuration directory of ZenML, or a project that points to one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from zprof.errors import InvalidInput
from zprof.flavors.refusal import quoted
from zprof.zenml import sql_store, yaml_store
from zprof.zenml.adaptation import adapted_names, becomes
from zprof.zenml.carrying import Carried, carried
from zprof.zenml.database import is_database, is_store_of_zenml
from zprof.zenml.files import damaged, document, inside, mapping, optional_text, text_of, yaml_of
from zprof.zenml.records import ForeignConfiguration, ForeignRepository
from zprof.zenml.stored import StoredStore
from zprof.zenml.version import FIRST, LAST, checked_version

CONFIG = "config.yaml"
LEGACY_CONFIG = ".zenglobal.json"
PROJECT = ".zen"
DATABASE = "zenml.db"
NEWER_KEYS = (
    "active_stack_id",
    "active_project_name",
    "active_project_id",
    "active_workspace_name",
    "active_workspace_id",
)
"""What a ZenML after 0.13, which has no profiles, writes into a project: any of them tells that it was there."""


class _Entry(NamedTuple):
    """A profile as the configuration has it."""

    active_stack: str | None
    store_type: str
    store_url: str | None


def read(path: str, configuration: str | None = None) -> ForeignConfiguration:
    """All profiles of a configuration directory; or what is in a store that stands alone, as one profile.

    A store is looked for where its URL says; one in the usual place, `profiles/NAME`, is looked for below this
    configuration directory first, since that may be a copy, from another machine too.

    Args:
        path: a configuration directory, a project (with `.zen` in it), its `.zen`, or a store.
        configuration: the configuration directory of whoever works in the project.

    Raises:
        InvalidInput: there is nothing of ZenML 0.7 to 0.13 at the path, or a file may not be read.
        DamagedFile: a file is missing or half-written, is not what it should be, or says what can't be.
        Busy: a database is locked.
    """
    bare = bare_store(path)
    if bare is not None:
        return _read_bare(bare)
    project = _project(path)
    if project is not None and configuration is None:
        raise InvalidInput(
            f"{path} is a project; its profiles are elsewhere.", "Give the path of ZenML's configuration directory."
        )
    directory = path if project is None else configuration or path
    file, config = _config(directory)
    version = checked_version(file, config["version"]) if config.get("version") is not None else None
    entries = {name: _entry(file, name, entry) for name, entry in _profiles(file, config).items()}
    chosen, left_out = _local(directory, file, entries)
    names = adapted_names({name: name for name in chosen}, fold=str.lower)
    in_order = sorted(chosen, key=names.__getitem__)
    files = {name: _file(directory, name, chosen[name][1]) for name in in_order}
    profiles = {
        name: carried(names[name], entries[name].active_stack, _store(chosen[name][0], files[name]))
        for name in in_order
    }
    shared = {names[name]: names[first] for name, first in _firsts(files) if name != first}
    adapted = [becomes("profile", name, names[name]) for name in profiles if name != names[name]]
    for each in profiles.values():
        adapted += each.adapted
        left_out += each.left_out
    active = optional_text(file, config.get("activated_profile"), "activated_profile")
    if active is not None and active not in profiles:
        left_out.append(f"The active profile {quoted(active)} is not carried over, so no profile becomes active.")
    repository, sentences = (None, ()) if project is None else _repository(project, active, profiles)
    return ForeignConfiguration(
        version,
        tuple(each.profile for each in profiles.values()),
        None if active is None else names.get(active),
        repository,
        tuple(adapted),
        (*left_out, *sentences),
        shared,
    )


class Bare(NamedTuple):
    """A store that stands alone, as ZenML makes at the URL of a profile and teams commit to git."""

    store_type: str
    file: str
    """What the store begins with: the index of a directory, or the database."""


def bare_store(path: str) -> Bare | None:
    """The store at a path, or at a URL as ZenML takes it, if there is one and nothing else of ZenML."""
    path = _path(path) if _scheme(path) in ("file", "sqlite") else path
    if os.path.isfile(path):
        return Bare("sql", path) if is_database(path) else None
    if any(os.path.lexists(os.path.join(path, name)) for name in (CONFIG, LEGACY_CONFIG, PROJECT)):
        return None
    for store_type, name in (("local", yaml_store.INDEX), ("sql", DATABASE)):
        if os.path.isfile(os.path.join(path, name)):
            return Bare(store_type, os.path.join(path, name))
    return None


def is_store(path: str) -> bool:
    """Whether a store of ZenML is at a path, damaged or not."""
    bare = bare_store(path)
    return bare is not None and (bare.store_type == "local" or is_store_of_zenml(bare.file))


def _read_bare(bare: Bare) -> ForeignConfiguration:
    """A store as one profile, of the name of its directory or its file; which stack was active in it, nothing says."""
    file = os.path.abspath(bare.file)
    directory, base = os.path.split(file)
    name = os.path.basename(directory) if base in (yaml_store.INDEX, DATABASE) else os.path.splitext(base)[0]
    chosen = adapted_names({name: name})[name]
    store = _store(bare.store_type, file)
    stacks = sorted(store.stacks)
    active_stack = "default" if "default" in stacks else next(iter(stacks), None)
    found = carried(chosen, active_stack, store)
    return ForeignConfiguration(None, (found.profile,), chosen, None, found.adapted, found.left_out)


def _firsts(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each profile, and the first one that has the same store, by the files of their stores."""
    firsts: dict[str, str] = {}
    for name, file in files.items():
        yield name, firsts.setdefault(os.path.realpath(file), name)


def _project(path: str) -> str | None:
    """The absolute path of the project at a path, if there is one.

    It is looked for before a configuration: many a project has a `config.yaml` of its own.
    """
    try:
        absolute = os.path.abspath(path)
    except OSError:  # of a working directory that is gone
        raise InvalidInput(f"{path} does not exist.", "Give an absolute path.") from None
    if os.path.basename(absolute) == PROJECT and os.path.lexists(os.path.join(absolute, CONFIG)):
        return os.path.dirname(absolute)
    return absolute if os.path.lexists(os.path.join(absolute, PROJECT, CONFIG)) else None


def _config(directory: str) -> tuple[str, dict[str, Any]]:
    """The path and the content of a configuration."""
    file, legacy = os.path.join(directory, CONFIG), os.path.join(directory, LEGACY_CONFIG)
    if os.path.lexists(file):
        config = yaml_of(file)
        # Keys are written in alphabetical order: half a file lacks the last.
        if "version" not in config:
            raise damaged(file, "is incomplete: it has no version")
        return file, config
    if os.path.lexists(legacy):
        return legacy, mapping(legacy, document(legacy, text_of(legacy)))
    if not os.path.lexists(directory):
        raise InvalidInput(f"{directory} does not exist.", f"Give the directory of ZenML with {CONFIG} in it.")
    raise InvalidInput(
        f"{directory} is neither a configuration directory of ZenML nor a project.",
        f"Give the directory with {CONFIG} in it, or the one with {PROJECT} in it.",
    )


def _profiles(file: str, config: Mapping[str, Any]) -> dict[str, Any]:
    profiles = mapping(file, config.get("profiles", {}), "profiles")
    if not profiles:
        raise InvalidInput(f"{file} has no profiles.", "Choose another configuration directory.")
    return profiles


def _entry(file: str, name: str, entry: object) -> _Entry:
    fields = mapping(file, entry, f"the profile {quoted(name)}")
    active_stack = optional_text(file, fields.get("active_stack"), "active_stack")
    url = optional_text(file, fields.get("store_url"), "store_url") or None
    return _Entry(active_stack, optional_text(file, fields.get("store_type"), "store_type") or "local", url)


def _local(
    directory: str, file: str, entries: Mapping[str, _Entry]
) -> tuple[dict[str, tuple[str, list[str]]], list[str]]:
    """For each profile with a store on this machine, its kind and where it may be; and a sentence for each other."""
    chosen, sentences = {}, []
    for name, (_, store_type, url) in entries.items():
        profile = f"The profile {quoted(name)} is not carried over: "
        scheme = _scheme(url) if url else ""
        if store_type == "rest":
            sentences.append(f"{profile}it is on a ZenML server, and this machine has none of it.")
        elif store_type not in ("local", "sql"):
            raise damaged(file, f"has the profile {quoted(name)} with a store of the type {quoted(store_type)}")
        elif store_type == "local" and scheme not in ("", "file"):
            raise damaged(file, f"has the profile {quoted(name)} of the type 'local' at a URL of {quoted(scheme)}")
        elif store_type == "sql" and scheme not in ("", "sqlite"):
            # Of the URL no more than that, since a password may be in it.
            sentences.append(f"{profile}it is in a database of {quoted(scheme)}, which zprof can't read.")
        elif store_type == "sql" and url and _path(url) in ("", ":memory:"):
            sentences.append(f"{profile}its database was only in memory.")
        else:
            chosen[name] = (store_type, list(_candidates(directory, name, store_type, url)))
    return chosen, sentences


def _candidates(directory: str, name: str, store_type: str, url: str | None) -> Iterator[str]:
    """Where a store may be, the likeliest place first: the file that it begins with."""
    profiles = os.path.join(directory, "profiles")
    own = inside(profiles, name)
    in_directory = yaml_store.INDEX if store_type == "local" else DATABASE
    path = _path(url) if url else None
    given = path if path is None or store_type == "sql" else os.path.join(path, in_directory)
    usual = own and os.path.join(own, in_directory)
    is_usual = given is not None and given.endswith(f"/profiles/{name}/{in_directory}")
    in_order = (usual, given) if is_usual else (given, usual)
    yield from dict.fromkeys(candidate for candidate in in_order if candidate is not None)


def _file(directory: str, name: str, candidates: list[str]) -> str:
    """The file that a profile's store begins with."""
    found = next((candidate for candidate in candidates if os.path.lexists(candidate)), None)
    if found is None:
        tried = " nor at ".join(candidates) or f"below {directory}"
        raise damaged(
            f"The store of the profile {quoted(name)}",
            f"is not at {tried}",
            f"Nothing was imported. Move the store there, or remove the profile from {CONFIG}.",
        )
    return found


def _store(store_type: str, file: str) -> StoredStore:
    return sql_store.read(file) if store_type == "sql" else yaml_store.read(os.path.dirname(file))


def _scheme(url: str) -> str:
    """What a URL begins with, without a driver; nothing for a path."""
    found = re.match(r"([A-Za-z][A-Za-z0-9_.-]*)(\+[A-Za-z0-9_.-]*)?:/", url)
    return found[1].lower() if found else ""


def _path(url: str) -> str:
    """The path in a URL, read as ZenML does: nothing is decoded, and a relative one is relative to where one is."""
    path = re.sub(r"^sqlite(\+\w+)?://(/|$)|^file://", "", url)
    return path.partition("?")[0] if url.startswith("sqlite") else path


def _repository(
    project: str, active_profile: str | None, profiles: Mapping[str, Carried]
) -> tuple[ForeignRepository | None, tuple[str, ...]]:
    """What a project has chosen, by the names that come over, and the sentences on what does not."""
    file = os.path.join(project, PROJECT, CONFIG)
    settings = yaml_of(file)
    if "stacks" in settings or "stack_components" in settings:
        raise InvalidInput(
            f"{file} was written by a ZenML before 0.{FIRST}, which kept stacks in the project.",
            "Register them by hand from that file: ZenML had no profiles then.",
        )
    if any(key in settings for key in NEWER_KEYS):
        # What an older ZenML has left beside it counts no more, and neither does the active profile.
        return None, (
            f"{file} was written by a ZenML after 0.{LAST}, which has no profiles, "
            f"so {project} doesn't become a repository. "
            "To choose a profile for it, run `zprof init --profile NAME` in it.",
        )
    name = optional_text(file, settings.get("active_profile_name"), "active_profile_name") or active_profile
    stack = optional_text(file, settings.get("active_stack_name"), "active_stack_name")
    sentences = []
    zenml_project = optional_text(file, settings.get("project_name"), "project_name")
    if zenml_project is not None:
        sentences.append(f"The ZenML project {quoted(zenml_project)} that is chosen in {project} is not carried over.")
    if name is None or name not in profiles:
        which = "" if name is None else f" {quoted(name)}"
        return None, (*sentences, f"The active profile{which} of {project} is not carried over: there is none.")
    found = profiles[name]
    if stack is not None and stack not in found.stack_names:
        sentences.append(f"The active stack {quoted(stack)} of {project} is not carried over: there is no such stack.")
    chosen = None if stack is None else found.stack_names.get(stack)
    return ForeignRepository(found.profile.name, chosen, project), tuple(sentences)
