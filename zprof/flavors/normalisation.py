"""The rules that change values before they are checked and stored, as a table by flavor.

Source: what ZenML 0.13.2 does when a component is created. Nothing here fails: what a rule doesn't understand it
leaves, and the flavor's schema, which describes a config after these rules, refuses it.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from typing import Any

from zprof.flavors.catalog import Flavor
from zprof.reference_grammar import is_reference

Config = dict[str, Any]
Rule = Callable[[Config], Config]


def normalised(flavor: Flavor, config: Mapping[str, Any]) -> Config:
    """A copy of the config in the form that is stored. Defaults are not filled in."""
    copy = dict(config)
    for name in ("*", flavor.name):
        for rule in RULES.get((flavor.component_type, name), ()):
            copy = rule(copy)
    return copy


def _rewrite(attribute: str, function: Callable[[str], str]) -> Rule:
    """One attribute's text is changed by a function. A secret reference is not a text to change."""

    def rule(config: Config) -> Config:
        text = config.get(attribute)
        if not isinstance(text, str) or is_reference(text):
            return config
        return {**config, attribute: function(text)}

    return rule


def _move(deprecated: str, successor: str) -> Rule:
    """A deprecated attribute's text goes to its successor, unless that has another: then both stay, to be refused."""

    def rule(config: Config) -> Config:
        text = config.get(deprecated)
        if not isinstance(text, str) or config.get(successor, text) != text:
            return config
        others = {name: value for name, value in config.items() if name != deprecated}
        return {**others, successor: text}

    return rule


def without_trailing_slashes(text: str) -> str:
    """`gcr.io/team//` is `gcr.io/team`."""
    return text.rstrip("/")


def absolute_path(text: str) -> str:
    """The path from the root; `~` is the user's home. The file system is not asked, and an empty path stays empty.

    A relative path stays relative if the working directory has been deleted.
    """
    if text == "~" or text.startswith("~/"):
        text = os.path.expanduser(text)
    try:
        return os.path.abspath(text) if text else text
    except FileNotFoundError:
        return text


RULES: Mapping[tuple[str, str], tuple[Rule, ...]] = {
    ("orchestrator", "vertex"): (_move("custom_docker_base_image_name", "docker_parent_image"),),
    ("orchestrator", "github"): (_move("custom_docker_base_image_name", "docker_parent_image"),),
    ("orchestrator", "kubeflow"): (_move("custom_docker_base_image_name", "docker_parent_image"),),
    ("orchestrator", "kubernetes"): (_move("custom_docker_base_image_name", "docker_parent_image"),),
    ("container_registry", "*"): (_rewrite("uri", without_trailing_slashes),),
    ("step_operator", "sagemaker"): (_move("base_image", "docker_parent_image"),),
    ("step_operator", "azureml"): (_move("docker_base_image", "docker_parent_image"),),
    ("step_operator", "vertex"): (_move("base_image", "docker_parent_image"), _rewrite("accelerator_type", str.upper)),
    ("data_validator", "great_expectations"): (_rewrite("context_root_dir", absolute_path),),
}
"""By component type and flavor; `*` is each flavor of the type, custom ones too."""
