"""Whether the components of a stack fit together: each rule kept and broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zprof.component_types import ALPHABETICAL, MANDATORY
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.properties import properties
from zprof.flavors.stack_rules import LOCAL, REGISTRIES, RULES, STACK_REQUIRES, violations
from zprof.records import Component

Described = str | tuple[str, dict[str, Any]] | None

REFERENCE = "{{lake.path}}"
LOCALHOST = ("default", {"uri": "localhost:5000"})
HUB = ("dockerhub", {"uri": "docker.io/team"})
REMOTE: dict[str, Described] = {
    "artifact_store": ("gcp", {"path": "gs://lake"}),
    "metadata_store": ("mysql", {"host": "db", "port": 3306}),
    "container_registry": HUB,
}
"""A company that no orchestrator refuses; `remote` changes some of it."""

KUBERNETES = ("kubernetes", {"kubernetes_context": "prod"})
KUBEFLOW = ("kubeflow", {"kubernetes_context": "prod"})
TEKTON = ("tekton", {"kubernetes_context": "prod"})
VERTEX = ("vertex", {"location": "eu"})
REMOTE_ORCHESTRATORS = pytest.mark.parametrize(
    "orchestrator",
    [VERTEX, "github", KUBEFLOW, KUBERNETES, TEKTON],
    ids=["vertex", "github", "kubeflow", "kubernetes", "tekton"],
)

CUSTOM: Described = (
    "ours",
    {"tracking_uri": "", "context_root_dir": "/here", "path": "/here", "uri": "localhost:5000"},
)

K3D = {"kubernetes_context": "k3d-zenml-kubeflow-1a2b3c4d"}
SKIP = {"skip_local_validations": True}


def components(**described: Described) -> dict[str, Component]:
    """By type a flavor, or a flavor and a config. The name is the flavor's with `my-` before it."""
    made = {}
    for component_type, description in described.items():
        if description is not None:
            flavor, config = (description, {}) if isinstance(description, str) else description
            made[component_type] = Component(component_type, f"my-{flavor}", flavor, config)
    return made


def stack(**described: Described) -> dict[str, Component]:
    """The default stack with other components, or, where None is given, without one."""
    default: dict[str, Described] = {"orchestrator": "local", "artifact_store": "local", "metadata_store": "sqlite"}
    return components(**default | described)


def remote(**described: Described) -> dict[str, Component]:
    return stack(**REMOTE | described)


KEPT = {
    "the default stack": stack(),
    "everything custom": components(**dict.fromkeys(ALPHABETICAL, "ours")),
    "custom ones keep nothing here": stack(**dict.fromkeys(ALPHABETICAL, CUSTOM) | {"orchestrator": KUBERNETES}),
    "a custom registry is nowhere, to a remote one": remote(
        orchestrator=KUBERNETES, container_registry=("ours", {"uri": "localhost:5000", "authentication_secret": "hub"})
    ),
    "a custom registry is free, to github": remote(
        orchestrator="github", container_registry=("ours", {"authentication_secret": "hub"})
    ),
    "a custom registry is nowhere, to a local one": stack(
        orchestrator="kubeflow", container_registry=("ours", {"uri": "gcr.io"})
    ),
    "local_docker without a registry": stack(orchestrator="local_docker"),
    "airflow with local ones": stack(orchestrator="airflow", model_deployer="mlflow", container_registry=LOCALHOST),
    # remote orchestrators
    "vertex": remote(orchestrator=VERTEX),
    "github": remote(orchestrator="github"),
    "kubeflow": remote(orchestrator=KUBEFLOW),
    "kubernetes": remote(orchestrator=KUBERNETES),
    "tekton": remote(orchestrator=TEKTON),
    "vertex with a root": remote(
        orchestrator=("vertex", {"pipeline_root": "gs://root"}), artifact_store=("s3", {"path": "s3://lake"})
    ),
    "vertex with a reference to a root": remote(
        orchestrator=("vertex", {"pipeline_root": REFERENCE}), artifact_store=("s3", {"path": "s3://lake"})
    ),
    "github with a token": remote(
        orchestrator="github",
        container_registry=("github", {"uri": "ghcr.io/team", "automatic_token_authentication": True}),
    ),
    "kubernetes without loading": remote(orchestrator=("kubernetes", {"skip_config_loading": True})),
    "kubernetes with a reference to a context": remote(orchestrator=("kubernetes", {"kubernetes_context": REFERENCE})),
    "a secret for the registry": remote(
        orchestrator=KUBERNETES, container_registry=("default", {"uri": "reg.team", "authentication_secret": "hub"})
    ),
    # local registries
    "three digits are not local": remote(orchestrator=TEKTON, container_registry=("default", {"uri": "localhost:500"})),
    "six digits are not local": remote(
        orchestrator=TEKTON, container_registry=("default", {"uri": "localhost:500000"})
    ),
    "a path is not local": remote(orchestrator=TEKTON, container_registry=("default", {"uri": "localhost:5000/team"})),
    "a number of localhost is not local": remote(
        orchestrator=TEKTON, container_registry=("default", {"uri": "127.0.0.1:5000"})
    ),
    # local components
    "mlflow on a server": remote(
        orchestrator=TEKTON, experiment_tracker=("mlflow", {"tracking_uri": "https://mlflow"})
    ),
    "mlflow on databricks": remote(orchestrator=TEKTON, experiment_tracker=("mlflow", {"tracking_uri": "databricks"})),
    "mlflow on a database": remote(
        orchestrator=TEKTON, experiment_tracker=("mlflow", {"tracking_uri": "mysql://db/x"})
    ),
    "mlflow on a reference": remote(orchestrator=TEKTON, experiment_tracker=("mlflow", {"tracking_uri": REFERENCE})),
    "great_expectations without a directory": remote(orchestrator=TEKTON, data_validator="great_expectations"),
    "great_expectations with an empty one": remote(
        orchestrator=TEKTON, data_validator=("great_expectations", {"context_root_dir": ""})
    ),
    "great_expectations with a reference": remote(
        orchestrator=TEKTON, data_validator=("great_expectations", {"context_root_dir": "${env:DIRECTORY}"})
    ),
    "remote ones of each type": remote(
        orchestrator=TEKTON,
        secrets_manager="aws",
        model_deployer="seldon",
        experiment_tracker="wandb",
        data_validator="deepchecks",
        feature_store="feast",
        alerter="slack",
        step_operator="azureml",
        annotator="label_studio",
    ),
    # kubeflow
    "kubeflow here": stack(orchestrator="kubeflow", container_registry=LOCALHOST, secrets_manager="local"),
    "kubeflow here, empty": stack(
        orchestrator=("kubeflow", {"kubernetes_context": ""}),
        container_registry=("default", {"uri": "localhost:50000"}),
    ),
    "kubeflow here, named": stack(orchestrator=("kubeflow", K3D), container_registry=LOCALHOST),
    "kubeflow here, unchecked": stack(orchestrator=("kubeflow", SKIP), container_registry=HUB),
    "kubeflow there, unchecked": stack(
        orchestrator=("kubeflow", {"kubernetes_context": "prod"} | SKIP), container_registry=LOCALHOST
    ),
    "kubeflow by a reference is there": remote(orchestrator=("kubeflow", {"kubernetes_context": REFERENCE})),
    "kubeflow metadata": stack(orchestrator="kubeflow", container_registry=LOCALHOST, metadata_store="kubeflow"),
    "kubernetes metadata anywhere": stack(metadata_store=("kubernetes", {"kubernetes_context": "prod"})),
    # what others ask for
    "sagemaker": stack(step_operator="sagemaker", container_registry=HUB),
    "sagemaker with a registry here": stack(step_operator="sagemaker", container_registry=LOCALHOST),
    "vertex step operator": remote(step_operator="vertex"),
    "spark and azureml are free": stack(orchestrator="airflow", step_operator="spark-kubernetes"),
    "mlflow in the local store": stack(experiment_tracker="mlflow"),
    "mlflow in files": stack(experiment_tracker=("mlflow", {"tracking_uri": "file:/runs"}), artifact_store="s3"),
    "label_studio with azure": stack(annotator="label_studio", artifact_store="azure", secrets_manager="local"),
    "label_studio with gcp": stack(annotator="label_studio", artifact_store="gcp", secrets_manager="ours"),
    "label_studio with s3": stack(annotator="label_studio", artifact_store="s3", secrets_manager="vault"),
}

BROKEN = {
    "no orchestrator": (stack(orchestrator=None), "A stack needs an orchestrator, and this one has none."),
    "no artifact store": (stack(artifact_store=None), "A stack needs an artifact store, and this one has none."),
    "no metadata store": (stack(metadata_store=None), "A stack needs a metadata store, and this one has none."),
    # vertex
    "vertex, another store": (
        remote(orchestrator=VERTEX, artifact_store="s3"),
        "The orchestrator 'my-vertex' (vertex) needs an artifact store of flavor gcp, or a pipeline_root, "
        "but 'my-s3' has the flavor s3.",
    ),
    "vertex, an empty root": (
        remote(orchestrator=("vertex", {"pipeline_root": ""}), artifact_store="ours"),
        "The orchestrator 'my-vertex' (vertex) needs an artifact store of flavor gcp, or a pipeline_root, "
        "but 'my-ours' has the flavor ours.",
    ),
    # github
    "github, a secret": (
        remote(
            orchestrator="github",
            container_registry=("github", {"uri": "ghcr.io/team", "authentication_secret": "hub"}),
        ),
        "The orchestrator 'my-github' (github) needs a container registry without an authentication_secret, "
        "but 'my-github' has one.",
    ),
    "github, a reference to a secret": (
        remote(orchestrator="github", container_registry=("gcp", {"uri": "x", "authentication_secret": REFERENCE})),
        "The orchestrator 'my-github' (github) needs a container registry without an authentication_secret, "
        "but 'my-gcp' has one.",
    ),
    # kubernetes and tekton
    "kubernetes, no context": (
        remote(orchestrator="kubernetes"),
        "The orchestrator 'my-kubernetes' (kubernetes) needs a kubernetes_context, or skip_config_loading.",
    ),
    "kubernetes, an empty context": (
        remote(orchestrator=("kubernetes", {"kubernetes_context": "", "skip_config_loading": False})),
        "The orchestrator 'my-kubernetes' (kubernetes) needs a kubernetes_context, or skip_config_loading.",
    ),
    "tekton, an empty context": (
        remote(orchestrator=("tekton", {"kubernetes_context": "", "skip_config_loading": True})),
        "The orchestrator 'my-tekton' (tekton) needs a kubernetes_context.",
    ),
    # kubeflow
    "kubeflow here, a registry elsewhere": (
        stack(orchestrator=("kubeflow", K3D), container_registry=HUB),
        "The orchestrator 'my-kubeflow' (kubeflow) needs a container registry at localhost:PORT, "
        "but 'my-dockerhub' is elsewhere: set its uri, or the orchestrator's kubernetes_context to that of "
        "a remote cluster.",
    ),
    "kubeflow here, no registry": (
        stack(orchestrator="kubeflow"),
        "The orchestrator 'my-kubeflow' (kubeflow) needs a container registry, and the stack has none.",
    ),
    "kubeflow unchecked, no registry": (
        stack(orchestrator=("kubeflow", SKIP)),
        "The orchestrator 'my-kubeflow' (kubeflow) needs a container registry, and the stack has none.",
    ),
    "kubeflow metadata elsewhere": (
        stack(metadata_store="kubeflow"),
        "The metadata store 'my-kubeflow' (kubeflow) needs an orchestrator of flavor kubeflow, "
        "but 'my-local' has the flavor local.",
    ),
    # step operators
    "sagemaker, another orchestrator": (
        stack(step_operator="sagemaker", container_registry=HUB, orchestrator="local_docker"),
        "The step operator 'my-sagemaker' (sagemaker) needs an orchestrator of flavor local, "
        "but 'my-local_docker' has the flavor local_docker.",
    ),
    "sagemaker, no registry": (
        stack(step_operator="sagemaker"),
        "The step operator 'my-sagemaker' (sagemaker) needs a container registry, and the stack has none.",
    ),
    "vertex step operator, another orchestrator": (
        remote(step_operator="vertex", orchestrator="airflow"),
        "The step operator 'my-vertex' (vertex) needs an orchestrator of flavor local, "
        "but 'my-airflow' has the flavor airflow.",
    ),
    "vertex step operator, another store": (
        remote(step_operator="vertex", artifact_store="s3"),
        "The step operator 'my-vertex' (vertex) needs an artifact store of flavor gcp, but 'my-s3' has the flavor s3.",
    ),
    "vertex step operator, no registry": (
        remote(step_operator="vertex", container_registry=None),
        "The step operator 'my-vertex' (vertex) needs a container registry, and the stack has none.",
    ),
    # the rest
    "mlflow, another store": (
        stack(experiment_tracker="mlflow", artifact_store="s3"),
        "The experiment tracker 'my-mlflow' (mlflow) needs an artifact store of flavor local, or a tracking_uri, "
        "but 'my-s3' has the flavor s3.",
    ),
    "mlflow, an empty uri": (
        stack(experiment_tracker=("mlflow", {"tracking_uri": ""}), artifact_store="ours"),
        "The experiment tracker 'my-mlflow' (mlflow) needs an artifact store of flavor local, or a tracking_uri, "
        "but 'my-ours' has the flavor ours.",
    ),
    "label_studio, another store": (
        stack(annotator="label_studio", secrets_manager="local"),
        "The annotator 'my-label_studio' (label_studio) needs an artifact store of flavor azure, gcp or s3, "
        "but 'my-local' has the flavor local.",
    ),
    "label_studio, no secrets manager": (
        stack(annotator="label_studio", artifact_store="s3"),
        "The annotator 'my-label_studio' (label_studio) needs a secrets manager, and the stack has none.",
    ),
}

LOCAL_COMPANY: dict[str, tuple[str, Described]] = {
    "artifact store": ("artifact_store", ("local", {"path": "/data"})),
    "metadata store": ("metadata_store", "sqlite"),
    "secrets manager": ("secrets_manager", "local"),
    "model deployer": ("model_deployer", "mlflow"),
    "mlflow in a file": ("experiment_tracker", ("mlflow", {"tracking_uri": "file:/runs"})),
    "mlflow in SQLite": ("experiment_tracker", ("mlflow", {"tracking_uri": "sqlite:///runs.db"})),
    "mlflow in SQLite by a driver": ("experiment_tracker", ("mlflow", {"tracking_uri": "sqlite+pysqlite:///runs.db"})),
    "great_expectations": ("data_validator", ("great_expectations", {"context_root_dir": "/suites"})),
}


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    assert violations(KEPT[name]) == []


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    broken, sentence = BROKEN[name]
    assert violations(broken) == [sentence]


class TestRemoteOrchestrators:
    @REMOTE_ORCHESTRATORS
    def test_registry_is_needed(self, orchestrator: Described) -> None:
        [sentence] = violations(remote(orchestrator=orchestrator, container_registry=None))
        assert sentence.endswith(" needs a container registry, and the stack has none.")

    @REMOTE_ORCHESTRATORS
    @pytest.mark.parametrize("flavor", sorted(REGISTRIES))
    @pytest.mark.parametrize("port", ["5000", "50000"])
    def test_registry_is_elsewhere(self, orchestrator: Described, flavor: str, port: str) -> None:
        registry = (flavor, {"uri": f"localhost:{port}"})
        [sentence] = violations(remote(orchestrator=orchestrator, container_registry=registry))
        assert sentence.endswith(
            f" needs a container registry that is not on this machine, but 'my-{flavor}' is localhost:{port}."
        )

    @REMOTE_ORCHESTRATORS
    @pytest.mark.parametrize("company", LOCAL_COMPANY)
    def test_nothing_is_local(self, orchestrator: Described, company: str) -> None:
        component_type, described = LOCAL_COMPANY[company]
        found = violations(remote(orchestrator=orchestrator, **{component_type: described}))
        assert "runs steps on other machines" in found[0]
        # of vertex a local store is also not a gcp one
        assert len(found) == (2 if orchestrator == VERTEX and component_type == "artifact_store" else 1)

    @pytest.mark.parametrize("company", LOCAL_COMPANY)
    def test_others_do_not_mind(self, company: str) -> None:
        component_type, described = LOCAL_COMPANY[company]
        assert violations(stack(orchestrator="airflow", **{component_type: described})) == []

    def test_sentence(self) -> None:
        directory = ("great_expectations", {"context_root_dir": "/suites"})
        assert violations(remote(orchestrator=KUBERNETES, data_validator=directory, secrets_manager="local")) == [
            "The orchestrator 'my-kubernetes' (kubernetes) runs steps on other machines, but the data validator "
            "'my-great_expectations' (great_expectations) keeps its data on this one: unset its context_root_dir.",
            "The orchestrator 'my-kubernetes' (kubernetes) runs steps on other machines, but the secrets manager "
            "'my-local' (local) keeps its data on this one: use one of another flavor.",
        ]

    def test_tracker_without_uri_is_local(self) -> None:
        assert violations(remote(orchestrator=KUBERNETES, experiment_tracker="mlflow")) == [
            "The experiment tracker 'my-mlflow' (mlflow) needs an artifact store of flavor local, or a tracking_uri, "
            "but 'my-gcp' has the flavor gcp.",
            "The orchestrator 'my-kubernetes' (kubernetes) runs steps on other machines, but the experiment tracker "
            "'my-mlflow' (mlflow) keeps its data on this one: set its tracking_uri to that of a server.",
        ]


class TestAllAtOnce:
    def test_nothing_at_all(self) -> None:
        assert violations({}) == [
            "A stack needs an orchestrator, and this one has none.",
            "A stack needs an artifact store, and this one has none.",
            "A stack needs a metadata store, and this one has none.",
        ]

    def test_in_order(self) -> None:
        broken = stack(
            orchestrator=("kubernetes", {}),
            metadata_store="kubeflow",
            artifact_store=None,
            container_registry=LOCALHOST,
            step_operator="vertex",
            annotator="label_studio",
            secrets_manager="local",
        )
        sentences = [
            "A stack needs an artifact store, and this one has none.",
            "The annotator 'my-label_studio' (label_studio) needs an artifact store of flavor azure, gcp or s3, "
            "and the stack has none.",
            "The metadata store 'my-kubeflow' (kubeflow) needs an orchestrator of flavor kubeflow, "
            "but 'my-kubernetes' has the flavor kubernetes.",
            "The orchestrator 'my-kubernetes' (kubernetes) needs a kubernetes_context, or skip_config_loading.",
            "The orchestrator 'my-kubernetes' (kubernetes) needs a container registry that is not on this machine, "
            "but 'my-default' is localhost:5000.",
            "The orchestrator 'my-kubernetes' (kubernetes) runs steps on other machines, but the secrets manager "
            "'my-local' (local) keeps its data on this one: use one of another flavor.",
            "The step operator 'my-vertex' (vertex) needs an artifact store of flavor gcp, and the stack has none.",
            "The step operator 'my-vertex' (vertex) needs an orchestrator of flavor local, "
            "but 'my-kubernetes' has the flavor kubernetes.",
        ]
        assert violations(broken) == sentences
        assert violations(dict(reversed(broken.items()))) == sentences


class TestTables:
    @staticmethod
    def strangers(flavors: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(type_name, name) for type_name, name in flavors if name not in builtin_flavors(type_name)]

    def test_flavors_are_in_the_catalog(self) -> None:
        accepted = [
            (type_name, name)
            for needs in STACK_REQUIRES.values()
            for type_name, names in needs.items()
            for name in names or builtin_flavors(type_name)
        ]
        assert self.strangers([*STACK_REQUIRES, *accepted, *LOCAL, *RULES]) == []

    def test_strangers_are_seen(self) -> None:
        misspelled = [("orchestrator", "kubernetes"), ("orchestrator", "kubernets"), ("alerter", "kubernetes")]
        assert self.strangers(misspelled) == misspelled[1:]

    def test_registries_are_all(self) -> None:
        assert builtin_flavors("container_registry").keys() == REGISTRIES

    @pytest.mark.parametrize(
        ("component_type", "flavor", "attribute", "default"),
        [
            ("artifact_store", "local", "path", ""),
            ("container_registry", "default", "uri", None),
            ("container_registry", "default", "authentication_secret", None),
            ("data_validator", "great_expectations", "context_root_dir", None),
            ("experiment_tracker", "mlflow", "tracking_uri", None),
            ("orchestrator", "kubeflow", "kubernetes_context", None),
            ("orchestrator", "kubeflow", "skip_local_validations", False),
            ("orchestrator", "kubernetes", "kubernetes_context", None),
            ("orchestrator", "kubernetes", "skip_config_loading", False),
            ("orchestrator", "tekton", "kubernetes_context", None),
            ("orchestrator", "vertex", "pipeline_root", None),
        ],
    )
    def test_attributes_have_the_defaults_that_rules_apply(
        self, component_type: str, flavor: str, attribute: str, default: object
    ) -> None:
        assert properties(builtin_flavors(component_type)[flavor].schema)[attribute].get("default") == default

    def test_is_light(self) -> None:
        program = (
            "import sys, zprof.flavors.stack_rules; print({'jsonschema_rs', 'sqlalchemy', 'click'} & {*sys.modules})"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert ran.stdout == "set()\n"


CHARACTERS = "ak0:/.-{}$'\"é\n\0"
"""Named, since the first text of any characters takes hypothesis longer than it allows itself, in a new checkout."""
texts = st.text(CHARACTERS, max_size=20) | st.sampled_from(
    [REFERENCE, "localhost:5000", "file:/runs", "sqlite://", "k3d-zenml-kubeflow-1", "gs://lake"]
)


@st.composite
def any_components(draw: st.DrawFn) -> dict[str, Component]:
    """Any flavors, built-in or not, with any texts and switches for their attributes, and some that they don't have."""
    described: dict[str, Described] = {}
    for component_type in draw(st.sets(st.sampled_from(ALPHABETICAL))):
        flavors = builtin_flavors(component_type)
        flavor = draw(st.sampled_from([*flavors, "ours"]))
        attributes = [*properties(flavors[flavor].schema)] if flavor in flavors else ["uri", "path"]
        names = st.sampled_from([*attributes, "uri", "tracking_uri"]) | st.text(CHARACTERS, max_size=5)
        config = draw(st.dictionaries(names, texts | st.booleans() | st.none() | st.integers(), max_size=6))
        described[component_type] = (flavor, config)
    return components(**described)


@given(any_components())
def test_any_components(given_components: dict[str, Component]) -> None:
    found = violations(given_components)
    missing = [type_name for type_name in MANDATORY if type_name not in given_components]
    assert [sentence.startswith("A stack needs ") for sentence in found] == [True] * len(missing) + [False] * (
        len(found) - len(missing)
    )
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in found)
    assert len(found) == len(set(found))
    assert violations(dict(reversed(given_components.items()))) == found
