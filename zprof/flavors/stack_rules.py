"""Whether the components of a stack fit together, as tables by component type and flavor beside the catalog.

Source: the stack checks of ZenML 0.13.2. A flavor that is in no table, as custom ones are, asks for nothing and keeps
nothing on this machine. Where we decide otherwise than the source:

- Whether this machine's kubeconfig has an orchestrator's context is not asked: a stack may be described on a machine
  that doesn't run it. Only that a context is set is checked.
- A kubeflow orchestrator is local if its context has the prefix of the clusters that ZenML makes; the rest of their
  names comes from an id that we don't have.
- An mlflow `tracking_uri` of a database crashes the source's check for local components. Here SQLite's is local, since
  it is a file, and a server's is not.
- That a secrets manager holds the secrets that are referred to is a warning there, and nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from zprof.component_types import BY_NAME, MANDATORY
from zprof.records import Component
from zprof.reference_grammar import is_reference

Components = Mapping[str, Component]


class Fix(NamedTuple):
    """One change that a violation is over with."""

    type: str
    """Of the component that it is about."""
    component: str = ""
    """Its name; empty where another component of the type must be in the stack."""
    attribute: str = ""
    value: str = ""
    """What the attribute must be, a word in capitals for what a person knows; empty where it must not be set."""


class Violation(NamedTuple):
    """A rule that the components of a stack break."""

    sentence: str
    fixes: tuple[Fix, ...]
    """Each by itself is enough, as far as this violation goes."""
    need: str = ""
    """What the component needs beside it in its stack, as it reads behind `needs`, if it is that."""


Rule = Callable[[Component, Components], Iterator[Violation]]
"""From a component and the components of its stack, it too, to what is violated."""

_LOCALHOST = re.compile(r"localhost:[0-9]{4,5}")
_FILE_URI = re.compile(r"(file|sqlite(\+\w+)?):")
_LOCAL_CLUSTER = "k3d-zenml-kubeflow-"


def violations(components: Components) -> list[str]:
    """What keeps the components, by type, from being a stack: a sentence each, none if they fit together."""
    return [violation.sentence for violation in broken_rules(components)]


def broken_rules(components: Components) -> list[Violation]:
    """What keeps the components, by type, from being a stack, each with what fixes it.

    The mandatory types that are missing come first, then what each component asks for, by its type in alphabetical
    order. The same components have the same sentences in whatever order they are given.
    """
    found = [
        Violation(f"A stack needs {BY_NAME[type_name].with_article}, and this one has none.", (Fix(type_name),))
        for type_name in MANDATORY
        if type_name not in components
    ]
    for _, component in sorted(components.items()):
        flavor = component.type, component.flavor
        for type_name, flavors in STACK_REQUIRES.get(flavor, {}).items():
            found += _missing(component, components, type_name, flavors)
        for rule in RULES.get(flavor, ()):
            found += rule(component, components)
    return found


def needs(component: Component) -> list[str]:
    """What a stack needs beside a component, as it reads behind `needs`."""
    alone = broken_rules({component.type: component})
    found = [violation.need for violation in alone if violation.need]
    return [*found, NOTHING_LOCAL] if _runs_elsewhere(component) else found


STACK_REQUIRES: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("annotator", "label_studio"): {"artifact_store": ("azure", "gcp", "s3"), "secrets_manager": ()},
    ("metadata_store", "kubeflow"): {"orchestrator": ("kubeflow",)},
    ("orchestrator", "github"): {"container_registry": ()},
    ("orchestrator", "kubeflow"): {"container_registry": ()},
    ("orchestrator", "kubernetes"): {"container_registry": ()},
    ("orchestrator", "tekton"): {"container_registry": ()},
    ("orchestrator", "vertex"): {"container_registry": ()},
    ("step_operator", "sagemaker"): {"container_registry": (), "orchestrator": ("local",)},
    ("step_operator", "vertex"): {"artifact_store": ("gcp",), "container_registry": (), "orchestrator": ("local",)},
}
"""The types that a flavor needs in its stack, each with the flavors that it accepts, none meaning any."""


class Locality(NamedTuple):
    """When a flavor keeps its data on this machine, out of reach of orchestrators that run steps elsewhere."""

    is_local: Callable[[Component], bool]
    advice: str
    """What to do about it, as the end of a sentence."""
    attribute: str = ""
    """The one that says where its data is, if one does."""
    value: str = ""
    """What that must be; empty where it must not be set."""


def _always(component: Component) -> bool:
    """Whatever the config says."""
    return True


def _mlflow_tracks_in_files(component: Component) -> bool:
    """Without a tracking_uri runs are tracked in the artifact store, which must then be the local one."""
    tracking_uri = _text(component, "tracking_uri")
    return not tracking_uri or _FILE_URI.match(tracking_uri) is not None


def _great_expectations_has_directory(component: Component) -> bool:
    """Without a context_root_dir the context is kept in the artifact store. Of a reference we can't tell."""
    directory = _text(component, "context_root_dir")
    return directory != "" and not is_reference(directory)


LOCAL: Mapping[tuple[str, str], Locality] = {
    ("artifact_store", "local"): Locality(_always, "use one of another flavor"),
    ("data_validator", "great_expectations"): Locality(
        _great_expectations_has_directory, "unset its context_root_dir", "context_root_dir"
    ),
    ("experiment_tracker", "mlflow"): Locality(
        _mlflow_tracks_in_files, "set its tracking_uri to that of a server", "tracking_uri", "URI"
    ),
    ("metadata_store", "sqlite"): Locality(_always, "use one of another flavor"),
    ("model_deployer", "mlflow"): Locality(_always, "use one of another flavor"),
    ("secrets_manager", "local"): Locality(_always, "use one of another flavor"),
}
"""The flavors that may keep data on this machine."""

NOTHING_LOCAL = "components that keep no data on this machine"
"""What is needed beside an orchestrator that runs steps elsewhere."""

REGISTRIES = frozenset(("default", "azure", "dockerhub", "gcp", "github", "aws"))
"""The flavors of container registry whose `uri` we know the meaning of."""


def _registry_is_remote(component: Component, components: Components) -> Iterator[Violation]:
    """The container registry is not on this machine."""
    registry = components.get("container_registry")
    if registry and registry.flavor in REGISTRIES and _is_localhost(registry):
        yield Violation(
            f"{_subject(component)} needs a container registry that is not on this machine, "
            f"but '{registry.name}' is {_text(registry, 'uri')}.",
            (Fix(registry.type), Fix(registry.type, registry.name, "uri", "URI")),
        )


def _nothing_is_local(component: Component, components: Components) -> Iterator[Violation]:
    """No component keeps its data on this machine."""
    for _, other in sorted(components.items()):
        locality = LOCAL.get((other.type, other.flavor))
        if locality and locality.is_local(other):
            set_otherwise = Fix(other.type, other.name, locality.attribute, locality.value)
            yield Violation(
                f"{_subject(component)} runs steps on other machines, but the {_described(other)} "
                f"keeps its data on this one: {locality.advice}.",
                (set_otherwise,) if locality.attribute else (Fix(other.type),),
            )


def _registry_is_open(component: Component, components: Components) -> Iterator[Violation]:
    """The container registry has no authentication_secret."""
    registry = components.get("container_registry")
    if registry and registry.flavor in REGISTRIES and _text(registry, "authentication_secret"):
        yield Violation(
            f"{_subject(component)} needs a container registry without an authentication_secret, "
            f"but '{registry.name}' has one.",
            (Fix(registry.type, registry.name, "authentication_secret"), Fix(registry.type)),
        )


def _context_is_set(component: Component, components: Components) -> Iterator[Violation]:
    """There is a kubernetes_context."""
    if not _text(component, "kubernetes_context"):
        yield Violation(f"{_subject(component)} needs a kubernetes_context.", (_context(component),))


def _context_is_set_or_skipped(component: Component, components: Components) -> Iterator[Violation]:
    """There is a kubernetes_context, or none is loaded."""
    if not _text(component, "kubernetes_context") and not _is_on(component, "skip_config_loading"):
        yield Violation(
            f"{_subject(component)} needs a kubernetes_context, or skip_config_loading.",
            (_context(component), Fix(component.type, component.name, "skip_config_loading", "true")),
        )


def _kubeflow_is_on_one_side(component: Component, components: Components) -> Iterator[Violation]:
    """The rest of the stack is where the kubeflow cluster is: on this machine, or elsewhere."""
    if _is_on(component, "skip_local_validations"):
        return
    context = _text(component, "kubernetes_context")
    if not context or context.startswith(_LOCAL_CLUSTER):
        yield from _registry_is_local(component, components)
    else:
        yield from _registry_is_remote(component, components)
        yield from _nothing_is_local(component, components)


def _registry_is_local(component: Component, components: Components) -> Iterator[Violation]:
    """The container registry is on this machine, or of a flavor of which we can't tell."""
    registry = components.get("container_registry")
    if registry and registry.flavor in REGISTRIES and not _is_localhost(registry):
        yield Violation(
            f"{_subject(component)} needs a container registry at localhost:PORT, but '{registry.name}' is elsewhere: "
            f"set its uri, or the orchestrator's kubernetes_context to that of a remote cluster.",
            (Fix(registry.type, registry.name, "uri", "localhost:PORT"), _context(component)),
        )


def _store_is_gcp_or_root_is_set(component: Component, components: Components) -> Iterator[Violation]:
    """The artifact store is of flavor gcp, or a pipeline_root stands in for it."""
    if not _text(component, "pipeline_root"):
        yield from _missing(component, components, "artifact_store", ("gcp",), "pipeline_root")


def _store_is_local_or_uri_is_set(component: Component, components: Components) -> Iterator[Violation]:
    """The artifact store is of flavor local, which mlflow can track in, or a tracking_uri stands in for it."""
    if not _text(component, "tracking_uri"):
        yield from _missing(component, components, "artifact_store", ("local",), "tracking_uri")


RULES: Mapping[tuple[str, str], tuple[Rule, ...]] = {
    ("experiment_tracker", "mlflow"): (_store_is_local_or_uri_is_set,),
    ("orchestrator", "github"): (_registry_is_remote, _registry_is_open, _nothing_is_local),
    ("orchestrator", "kubeflow"): (_kubeflow_is_on_one_side,),
    ("orchestrator", "kubernetes"): (_context_is_set_or_skipped, _registry_is_remote, _nothing_is_local),
    ("orchestrator", "tekton"): (_context_is_set, _registry_is_remote, _nothing_is_local),
    ("orchestrator", "vertex"): (_registry_is_remote, _nothing_is_local, _store_is_gcp_or_root_is_set),
}
"""What a flavor asks for besides. A rule about a component that may be missing leaves that to `STACK_REQUIRES`."""


def _missing(
    component: Component, components: Components, type_name: str, flavors: tuple[str, ...], alternative: str = ""
) -> Iterator[Violation]:
    """A component of the type and of one of the flavors, if any are named, is not in the stack.

    Args:
        alternative: an attribute of the component itself that stands in for it, a URI.
    """
    other = components.get(type_name)
    if other and (not flavors or other.flavor in flavors):
        return
    of_flavor = f" of flavor {_either(flavors)}" if flavors else ""
    found = f"but '{other.name}' has the flavor {other.flavor}" if other else "and the stack has none"
    need = f"{BY_NAME[type_name].with_article}{of_flavor}{alternative and f', or a {alternative}'}"
    instead = (Fix(component.type, component.name, alternative, "URI"),) if alternative else ()
    yield Violation(f"{_subject(component)} needs {need}, {found}.", (*instead, Fix(type_name)), need)


def _context(component: Component) -> Fix:
    return Fix(component.type, component.name, "kubernetes_context", "CONTEXT")


def _runs_elsewhere(component: Component) -> bool:
    """Whether the rest of the stack must not be on this machine."""
    rules = RULES.get((component.type, component.flavor), ())
    probe = Component("artifact_store", "", "local", {})
    told = (violation for rule in rules for violation in rule(component, {probe.type: probe}))
    return any(violation.fixes == (Fix(probe.type),) and not violation.need for violation in told)


def _is_localhost(registry: Component) -> bool:
    return _LOCALHOST.fullmatch(_text(registry, "uri")) is not None


def _text(component: Component, attribute: str) -> str:
    """The attribute's text, empty if it isn't set; a secret reference is a text like others."""
    value = component.config.get(attribute)
    return value if isinstance(value, str) else ""


def _is_on(component: Component, attribute: str) -> bool:
    """Whether a switch is on; all of those that rules ask for are off by default."""
    return component.config.get(attribute) is True


def _subject(component: Component) -> str:
    return f"The {_described(component)}"


def _described(component: Component) -> str:
    return f"{BY_NAME[component.type].noun} '{component.name}' ({component.flavor})"


def _either(names: tuple[str, ...]) -> str:
    """`azure, gcp or s3`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
