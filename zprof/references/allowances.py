"""What this user lets stores use that others can write: `config.toml` in the config directory, read.

    [allow]                             # by hand: for every component of every such store
    env = ["TEAM_TOKEN"]                # variables that ${env:NAME} may name
    files = ["~/team"]                  # directories that ${file:PATH} may lead into
    keyring = ["zprof/team"]            # services that ${keyring:zprof/NAME} may name
    variables = ["TEAM_URL"]            # variables that their own flavors may set for programs

    [[approval]]                        # by `zprof allow`: for one component, as it was when it was looked at
    store = "sqlite:///srv/team.db"
    component = "artifact_store/bucket"
    contents = "9f86d081…"
    secrets_manager = "60303ae2…"
    at = "2026-11-27T21:00:00Z"

Other tables are left to newer versions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from zprof.errors import ZprofError, closest_names
from zprof.references.own_file import own_text

FILE = "config.toml"
KEYS = ("env", "files", "keyring", "variables")
"""The keys of the table `allow`."""


class Approval(NamedTuple):
    """A component of a store that was looked at, as it was then."""

    store: str
    """Its place, as `zprof.references.origin` gives it."""
    component: str
    """Its type and name: `artifact_store/bucket`."""
    contents: str
    """The fingerprint of the component."""
    secrets_manager: str = ""
    """The fingerprint of what its secrets may come from; empty where the stack had no secrets manager."""
    at: str = ""
    """When it was looked at, in UTC."""


class Allowances(NamedTuple):
    """What is allowed; nothing, where there is no file."""

    env: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    """Absolute paths of directories."""
    keyring: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    approvals: tuple[Approval, ...] = ()


def path_in(config_dir: str) -> str:
    """The file in a config directory."""
    return os.path.join(config_dir, FILE)


def allowances(config_dir: str) -> Allowances:
    """What is allowed.

    Raises:
        Refused: the file could have been written by another user.
        ZprofError: it can't be read or understood.
    """
    path = path_in(config_dir)
    text = own_text(path)
    return Allowances() if text is None else allowed_by(parsed(path, text), path)


def parsed(path: str, text: str) -> dict[str, Any]:
    """What a text says, as TOML.

    Raises:
        ZprofError: it is none.
    """
    from zprof.repository.reading import Malformed, parsed_toml  # paid where there is a file to read

    try:
        return parsed_toml(text)
    except Malformed as error:
        raise malformed(path, str(error)) from None


def allowed_by(document: Mapping[str, Any], path: str) -> Allowances:
    """What a document allows.

    Raises:
        ZprofError: it says something that can't be meant: what is misspelled is not passed over in silence.
    """
    table = document.get("allow", {})
    if not isinstance(table, dict):
        raise malformed(path, "[allow] must be a table")
    for key, value in table.items():
        if key not in KEYS:
            meant = next(iter(closest_names(key, KEYS)), None)
            raise malformed(
                path, f"[allow] has an unknown key, {key!r}" + (f" (did you mean {meant!r}?)" if meant else "")
            )
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise malformed(path, f"{key} in [allow] must be a list of names")
    return Allowances(
        frozenset(table.get("env", ())),
        tuple(directory(each, path) for each in table.get("files", ())),
        frozenset(table.get("keyring", ())),
        frozenset(table.get("variables", ())),
        tuple(approval(each, path) for each in _approvals(document, path)),
    )


def directory(given: str, path: str) -> str:
    """The absolute path of a directory that is allowed."""
    found = os.path.expanduser(given)
    if not os.path.isabs(found):
        raise malformed(path, f"files in [allow] has {given!r}, which must be absolute or begin with ~/")
    return found


def _approvals(document: Mapping[str, Any], path: str) -> list[Any]:
    found = document.get("approval", [])
    if not isinstance(found, list):
        raise malformed(path, "[[approval]] must be a list of tables")
    return found


def approval(given: Any, path: str) -> Approval:
    """An approval, of which only texts count."""
    fields = given if isinstance(given, dict) else {}
    texts = {key: fields[key] for key in Approval._fields if isinstance(fields.get(key), str)}
    if not {"store", "component", "contents"} <= texts.keys():
        raise malformed(path, "an [[approval]] has no store, no component or no contents")
    return Approval(**texts)


def malformed(path: str, why: str) -> ZprofError:
    """The error of a file that can't be understood."""
    return ZprofError(f"{path} is not valid: {why}.", "Fix it, or move it away.")
