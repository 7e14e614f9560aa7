"""The attributes of a flavor as a section of help, as far as the words that are typed say which flavor it is.

Help never fails for what is missing: where nothing is found, there is no section. Nothing is made or upgraded, and
others are waited for but shortly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from zprof import paths
from zprof.active.everywhere import in_all_stores
from zprof.active.scope import here, resolved
from zprof.caller import Caller
from zprof.cli.invocation import Invocation
from zprof.component_types import ComponentType
from zprof.errors import ZprofError, closest_names
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.flavors.custom import named_like_options
from zprof.printable import printable
from zprof.profiles.registry import Registry
from zprof.store.store import Store


def write_attributes(of_type: ComponentType, words: Mapping[str, str], context: click.Context, formatter: Any) -> None:
    """Write the section.

    Args:
        words: the options and arguments that are typed, by their names.
    """
    flavor = typed_flavor(of_type, words, context)
    if flavor is None:
        if words.get("flavor"):
            formatter.write_paragraph()
            formatter.write_text(f"The flavor '{printable(words['flavor'])}' was not found.")
        return
    shadowed = named_like_options(flavor.schema)
    rows = [(label(each, shadowed), told(each)) for each in flavor.to_dict()["attributes"]]
    with formatter.section(f"Attributes of the flavor '{printable(flavor.name)}'"):
        if rows:
            formatter.write_dl([(printable(name), printable(text)) for name, text in rows])
        else:
            formatter.write_text("It has none.")


def attribute_meant(of_type: ComponentType, words: Mapping[str, str], context: click.Context, name: str) -> str:
    """The attribute of the flavor that a name stands for, if it is one or is close to one alone; else the name.

    Args:
        words: as for `write_attributes`.
    """
    flavor = typed_flavor(of_type, words, context)
    attributes = [] if flavor is None else [each["attribute"] for each in flavor.to_dict()["attributes"]]
    if name.replace("-", "_") in attributes:
        return name
    closest = closest_names(name.replace("-", "_"), attributes)
    return closest[0] if len(closest) == 1 else name


def label(attribute: Mapping[str, Any], shadowed: Sequence[str]) -> str:
    """How an attribute is given.

    Args:
        shadowed: the names that are options of zprof, too.
    """
    name = attribute["attribute"]
    return f"{name} (in --config)" if name in shadowed else f"--{name}=<{attribute['type']}>"


def told(attribute: Mapping[str, Any]) -> str:
    """What a row says of an attribute."""
    facts = [
        "Required." if attribute["required"] else "",
        "Secret." if attribute["secret"] else "",
        attribute["description"],
        "" if attribute["default"] is None else f"Default: {written(attribute['default'])}.",
    ]
    return " ".join(filter(None, facts))


def written(value: Any) -> str:
    """A default, as JSON."""
    from json import dumps

    return dumps(value, ensure_ascii=False)


def typed_flavor(of_type: ComponentType, words: Mapping[str, str], context: click.Context) -> Flavor | None:
    """The flavor of `--flavor`, or that of the component that is named; None where there is none."""
    name, component = words.get("flavor") or "", words.get("name") or ""
    if name in builtin_flavors(of_type.name):
        return builtin_flavors(of_type.name)[name]

    def read(store: Store) -> list[Flavor]:
        return [store.flavor(of_type.name, name) if name else store.component_and_flavor(of_type.name, component)[1]]

    try:
        return in_store(read, words, context)
    except (ZprofError, OSError):
        return None


def in_store(read: Callable[[Store], list[Flavor]], words: Mapping[str, str], context: click.Context) -> Flavor | None:
    """What is read in the store of the profile in effect, as it is; None where there is no registry.

    Raises:
        ZprofError: nothing is in effect, or it can't be read.
    """
    invocation = context.find_object(Invocation)
    profile, stack = (words.get(each) or getattr(invocation, each, None) for each in ("profile", "stack"))
    caller = Caller(lock_timeout=0.0)
    registry = Registry(paths.config_dir(), caller, keeps_format=True)
    if not registry.is_there():
        return None
    active = resolved(registry, here(profile=profile, stack=stack))
    (found,) = in_all_stores([active.profile], caller, read)
    return next(iter(found.records), None)
