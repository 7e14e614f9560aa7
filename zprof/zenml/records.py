"""What reading gives: frozen records in which every name is one that zprof takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ForeignComponent(NamedTuple):
    """A component, its config without nulls and without what its flavor doesn't know."""

    type: str
    name: str
    flavor: str
    config: Mapping[str, Any]
    """Plain JSON values, not checked against the flavor's schema."""


class ForeignFlavor(NamedTuple):
    """A flavor that somebody registered."""

    type: str
    name: str
    source: str
    """The class, as `module.Class`."""


class ForeignProfile(NamedTuple):
    """A profile and all that is in its store, in alphabetical order."""

    name: str
    active_stack: str | None
    components: tuple[ForeignComponent, ...]
    stacks: Mapping[str, Mapping[str, str]]
    """From name to the names of its components by type; each has the mandatory types, and each component is there."""
    associations: tuple[tuple[str, str], ...]
    """Names of an artifact store and the metadata store that it is tied to; no store is in two of them."""
    custom_flavors: tuple[ForeignFlavor, ...]


class ForeignRepository(NamedTuple):
    """A project's choice."""

    active_profile: str
    active_stack: str | None
    root: str
    """The project's directory, the one with `.zen` in it; absolute."""


class ForeignConfiguration(NamedTuple):
    """All of a configuration directory, and the project from which it was found; or a store alone, as one profile."""

    version: str | None
    """Of the ZenML that wrote it last; None in a legacy file that doesn't say."""
    profiles: tuple[ForeignProfile, ...]
    active_profile: str | None
    repository: ForeignRepository | None
    adapted: tuple[str, ...]
    """A sentence for each name that had to change."""
    left_out: tuple[str, ...]
    """A sentence for each thing that can't be carried over."""
    shared: Mapping[str, str] = {}
    """For each profile that has the store of one before it, the name of that one."""


class ForeignStack(NamedTuple):
    """A stack that was exported to a file."""

    name: str
    version: str
    components: tuple[ForeignComponent, ...]
    adapted: tuple[str, ...]
    left_out: tuple[str, ...]
