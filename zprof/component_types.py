"""The twelve types of stack component, as data: one definition makes twelve command groups."""

from __future__ import annotations

from typing import NamedTuple

from zprof.errors import NotFound


class ComponentType(NamedTuple):
    """One type of component."""

    name: str
    """As stored and in machine output: `artifact_store`."""
    option: str
    """Its short option of `zprof stack register`: `-a`."""
    purpose: str
    """The sentence of help."""
    is_mandatory: bool = False
    """Whether each stack must have one."""

    @property
    def noun(self) -> str:
        """As it reads in a sentence: `artifact store`."""
        return self.name.replace("_", " ")

    @property
    def plural(self) -> str:
        """Several of them: `artifact stores`, `container registries`."""
        return f"{self.noun[:-1]}ies" if self.noun.endswith("y") else f"{self.noun}s"

    @property
    def with_article(self) -> str:
        """One of them: `an artifact store`."""
        return f"{'an' if self.noun[0] in 'aeio' else 'a'} {self.noun}"

    @property
    def command(self) -> str:
        """As a command and a long option: `artifact-store`."""
        return self.name.replace("_", "-")


COMPONENT_TYPES = (
    ComponentType("orchestrator", "-o", "Run pipelines: step by step, in containers or on a cluster.", True),
    ComponentType("artifact_store", "-a", "Keep what the steps of pipelines produce.", True),
    ComponentType("metadata_store", "-m", "Keep the record of pipeline runs.", True),
    ComponentType("container_registry", "-c", "Keep the images that pipelines run in."),
    ComponentType("secrets_manager", "-x", "Keep the secrets that pipelines need."),
    ComponentType("step_operator", "-s", "Run single steps on other machines."),
    ComponentType("feature_store", "-f", "Serve features to training and inference."),
    ComponentType("model_deployer", "-d", "Serve trained models."),
    ComponentType("experiment_tracker", "-e", "Log and compare experiments."),
    ComponentType("alerter", "-al", "Send messages on what happens in pipelines."),
    ComponentType("annotator", "-an", "Label data."),
    ComponentType("data_validator", "-dv", "Check and profile data and models."),
)
"""In the order of help."""

BY_NAME = {component_type.name: component_type for component_type in COMPONENT_TYPES}
MANDATORY = tuple(component_type.name for component_type in COMPONENT_TYPES if component_type.is_mandatory)
ALPHABETICAL = tuple(sorted(BY_NAME))
"""The order of columns wherever a stack is shown."""


def component_type(name: str) -> ComponentType:
    """The definition of a type.

    Raises:
        NotFound: there is no such type.
    """
    found = BY_NAME.get(name)
    if found is None:
        raise NotFound("component type", name, among=BY_NAME, hint=f"The types are {', '.join(ALPHABETICAL)}.")
    return found
