"""The attributes that mean a place of the component's own where they are left empty.

The place is below the user's data directory, by the random name that the component has in its store: each user and each
machine has its own. Nothing is made there: whoever writes to it makes the directory.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from zprof import paths
from zprof.errors import DamagedFile

if TYPE_CHECKING:
    from zprof.records import Component

FILES = {
    ("artifact_store", "local"): ("path", ""),
    ("metadata_store", "sqlite"): ("uri", "metadata.db"),
    ("model_deployer", "mlflow"): ("service_path", ""),
    ("secrets_manager", "local"): ("secrets_file", "secrets.yaml"),
}
"""By type and built-in flavor, the attribute, and the file that it names in the place; empty for the place itself."""


def resolved(component: Component) -> dict[str, str]:
    """The attributes of a component that are left empty and mean a place of its own, each as the absolute path.

    Nothing for a component that is of no store, or of one that an older zprof made and that is left as it is.

    Raises:
        DamagedFile: the store has a place that zprof would not write; it might lead anywhere.
    """
    attribute, file = FILES.get((component.type, component.flavor), ("", ""))
    if not attribute or component.config.get(attribute) or not component.place:
        return {}
    if re.fullmatch("[0-9a-f]{32}", component.place) is None:
        raise DamagedFile(
            f"The component '{component.name}' of the type {component.type} has an invalid place.",
            "To see the row and how to fix it, run `zprof db check`.",
        )
    return {attribute: os.path.join(paths.data_dir(), component.place, file).rstrip("/")}


def as_given(component: Component) -> Component:
    """A component as it is stored, where it may be one that a program got: its own place is left empty again."""
    attribute, _ = FILES.get((component.type, component.flavor), ("", ""))
    if not attribute or not component.place or attribute not in component.config:
        return component
    config = {key: value for key, value in component.config.items() if key != attribute}
    emptied = component._replace(config=config)
    return emptied if resolved(emptied).get(attribute) == component.config[attribute] else component
