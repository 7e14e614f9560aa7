"""Profiles for machine-learning infrastructure: named, isolated contexts of stacks and components.

Example:
    import zprof

    zprof.active_stack().artifact_store.config["path"]
    with zprof.using("staging/prod"):  # for this block alone
        zprof.active_stack().orchestrator.flavor
    with zprof.open_profile("staging") as store:
        store.stack("prod").components["artifact_store"].config["path"]
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own takes 5 ms to import, which a shell's prompt would pay on each line
if TYPE_CHECKING:
    from typing import Any

    from zprof import errors
    from zprof.active.stack import ActiveStack
    from zprof.flavors.catalog import Flavor
    from zprof.library import (
        active_profile,
        active_stack,
        make_repository,
        open_profile,
        switch_profile,
        switch_stack,
        using,
    )
    from zprof.profiles.profile import Profile
    from zprof.profiles.registry import Registry, open_registry
    from zprof.records import Component, Stack, StackSummary
    from zprof.repository import Repository
    from zprof.store.change import StoreChange
    from zprof.store.store import Store

    __version__: str

__all__ = [
    "ActiveStack",
    "Component",
    "Flavor",
    "Profile",
    "Registry",
    "Repository",
    "Stack",
    "StackSummary",
    "Store",
    "StoreChange",
    "__version__",
    "active_profile",
    "active_stack",
    "errors",
    "make_repository",
    "open_profile",
    "open_registry",
    "switch_profile",
    "switch_stack",
    "using",
]

_HOMES = {
    "ActiveStack": "zprof.active.stack",
    "Component": "zprof.records",
    "Flavor": "zprof.flavors.catalog",
    "Profile": "zprof.profiles.profile",
    "Registry": "zprof.profiles.registry",
    "Repository": "zprof.repository",
    "Stack": "zprof.records",
    "StackSummary": "zprof.records",
    "Store": "zprof.store.store",
    "StoreChange": "zprof.store.change",
    "active_profile": "zprof.library",
    "active_stack": "zprof.library",
    "errors": "zprof.errors",
    "make_repository": "zprof.library",
    "open_profile": "zprof.library",
    "open_registry": "zprof.profiles.registry",
    "switch_profile": "zprof.library",
    "switch_stack": "zprof.library",
    "using": "zprof.library",
}
"""Where each public name is; it is imported when first asked for (PEP 562)."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("zprof")
    if name not in _HOMES:
        raise AttributeError(f"module 'zprof' has no attribute '{name}'")
    from importlib import import_module

    module = import_module(_HOMES[name])
    return module if _HOMES[name] == f"zprof.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
