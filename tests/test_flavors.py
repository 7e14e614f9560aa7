"""The built-in flavors, and the rules for configs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from zprof.component_types import BY_NAME
from zprof.documents.strict_json import MAX_NESTING
from zprof.errors import InvalidConfig, NotFound
from zprof.flavors import check
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.flavors.check import checked
from zprof.flavors.config import aware, plain_secrets, typed
from zprof.flavors.normalisation import RULES
from zprof.flavors.properties import properties
from zprof.frozen import plain
from zprof.masking import MASK, looks_secret
from zprof.reference_grammar import is_reference

COUNTS = {
    # flavors, of them built-in, attributes, required, secret; from ZenML 0.13.2
    "orchestrator": (8, 2, 42, 2, 0),
    "artifact_store": (4, 1, 13, 3, 3),
    "metadata_store": (4, 2, 17, 4, 2),
    "container_registry": (6, 5, 13, 6, 0),
    "secrets_manager": (6, 1, 23, 8, 1),
    "step_operator": (4, 0, 31, 8, 3),
    "feature_store": (1, 0, 3, 1, 0),
    "model_deployer": (3, 0, 12, 2, 0),
    "experiment_tracker": (2, 0, 9, 1, 4),
    "alerter": (1, 0, 2, 1, 1),
    "annotator": (1, 0, 2, 0, 0),
    "data_validator": (4, 0, 5, 0, 0),
}
NAMES = {
    "orchestrator": "local local_docker airflow vertex github kubeflow kubernetes tekton",
    "artifact_store": "local azure gcp s3",
    "metadata_store": "sqlite mysql kubeflow kubernetes",
    "container_registry": "default azure dockerhub gcp github aws",
    "secrets_manager": "local aws azure_key_vault gcp_secrets_manager github vault",
    "step_operator": "sagemaker azureml vertex spark-kubernetes",
    "feature_store": "feast",
    "model_deployer": "kserve mlflow seldon",
    "experiment_tracker": "mlflow wandb",
    "alerter": "slack",
    "annotator": "label_studio",
    "data_validator": "deepchecks evidently great_expectations whylogs",
}
SECRETS = {
    "artifact_store s3 key",
    "artifact_store s3 secret",
    "artifact_store s3 token",
    "metadata_store mysql username",
    "metadata_store mysql password",
    "secrets_manager vault token",
    "step_operator azureml tenant_id",
    "step_operator azureml service_principal_id",
    "step_operator azureml service_principal_password",
    "experiment_tracker mlflow tracking_username",
    "experiment_tracker mlflow tracking_password",
    "experiment_tracker mlflow tracking_token",
    "experiment_tracker wandb api_key",
    "alerter slack slack_token",
}
NO_REFERENCE = {
    # text attributes that can't be given as a secret reference, besides all of the secrets managers'
    "artifact_store local path",
    "artifact_store azure path",
    "artifact_store gcp path",
    "artifact_store s3 path",
    "metadata_store sqlite uri",
    "metadata_store mysql database",
    "container_registry default uri",
    "container_registry azure uri",
    "container_registry dockerhub uri",
    "container_registry gcp uri",
    "container_registry github uri",
    "container_registry aws uri",
    "step_operator vertex accelerator_type",
    "experiment_tracker mlflow tracking_uri",
    "data_validator great_expectations context_root_dir",
}
ALL = [flavor for component_type in BY_NAME for flavor in builtin_flavors(component_type).values()]
SECRET = "hunter2"

every_flavor = pytest.mark.parametrize("flavor", ALL, ids=lambda flavor: f"{flavor.component_type}-{flavor.name}")


def builtin(component_type: str, name: str) -> Flavor:
    return builtin_flavors(component_type)[name]


def custom(**attributes: dict[str, Any]) -> Flavor:
    schema = {"type": "object", "additionalProperties": False, "required": [], "properties": attributes}
    return Flavor("alerter", "pager", schema, "custom", "Calls people.", "our.Pager")


def problems(flavor: Flavor, config: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidConfig) as refused:
        checked(flavor, config)
    return list(refused.value.problems)


def unreadable(flavor: Flavor, **texts: str) -> list[str]:
    with pytest.raises(InvalidConfig) as refused:
        typed(flavor, texts)
    return list(refused.value.problems)


def attributes_where(keyword: str, value: object) -> set[str]:
    return {
        f"{flavor.component_type} {flavor.name} {name}"
        for flavor in ALL
        for name, schema in properties(flavor.schema).items()
        if keyword in schema and schema[keyword] == value
    }


class TestCatalog:
    @pytest.mark.parametrize("component_type", BY_NAME)
    def test_counts(self, component_type: str) -> None:
        flavors = builtin_flavors(component_type)
        counts = (
            len(flavors),
            sum(flavor.integration == "built-in" for flavor in flavors.values()),
            sum(len(properties(flavor.schema)) for flavor in flavors.values()),
            sum(len(flavor.schema["required"]) for flavor in flavors.values()),
            sum(len(secret_attributes(flavor)) for flavor in flavors.values()),
        )
        assert counts == COUNTS[component_type]

    def test_counts_in_all(self) -> None:
        assert tuple(map(sum, zip(*COUNTS.values(), strict=True))) == (44, 11, 172, 36, 14)
        assert len(ALL) == 44
        assert len({flavor.integration for flavor in ALL} - {"built-in"}) == 22

    @pytest.mark.parametrize("component_type", BY_NAME)
    def test_names_in_order(self, component_type: str) -> None:
        assert list(builtin_flavors(component_type)) == NAMES[component_type].split()

    def test_secrets(self) -> None:
        assert attributes_where("writeOnly", True) == SECRETS

    def test_what_takes_no_reference(self) -> None:
        marked = attributes_where("x-reference", False)
        secrets_managers = {attribute for attribute in marked if attribute.startswith("secrets_manager ")}
        assert len(secrets_managers) == 23
        assert marked - secrets_managers == NO_REFERENCE

    def test_deprecated(self) -> None:
        assert attributes_where("deprecated", True) == {
            "orchestrator vertex custom_docker_base_image_name",
            "orchestrator github custom_docker_base_image_name",
            "orchestrator kubeflow custom_docker_base_image_name",
            "orchestrator kubernetes custom_docker_base_image_name",
            "step_operator sagemaker base_image",
            "step_operator azureml docker_base_image",
            "step_operator vertex base_image",
        }

    @every_flavor
    def test_schema_is_valid(self, flavor: Flavor) -> None:
        meta.validate(plain(flavor.schema))
        assert flavor.schema["type"] == "object"
        assert flavor.schema["additionalProperties"] is False
        assert set(flavor.schema["required"]) <= properties(flavor.schema).keys()

    @every_flavor
    def test_is_described(self, flavor: Flavor) -> None:
        conditions = flavor.schema.get("allOf", [])
        descriptions = [schema.get("description", "") for schema in (*properties(flavor.schema).values(), *conditions)]
        for description in (flavor.description, *descriptions):
            assert len(description) > 8
            assert description.endswith(".")

    @every_flavor
    def test_defaults_keep_to_the_schema(self, flavor: Flavor) -> None:
        for schema in properties(plain(flavor.schema)).values():
            if "default" in schema:
                Draft202012Validator(schema).validate(schema["default"])

    @every_flavor
    def test_keywords_are_those_we_know(self, flavor: Flavor) -> None:
        known = {"type", "description", "default", "enum", "pattern", "minItems", "maxItems"}
        known |= {"writeOnly", "x-env", "x-reference", "deprecated"}
        for schema in properties(flavor.schema).values():
            assert schema.keys() <= known

    def test_unknown_type(self) -> None:
        with pytest.raises(NotFound):
            builtin_flavors("../errors")

    def test_is_read_only(self) -> None:
        with pytest.raises(TypeError):
            builtin_flavors("alerter")["pager"] = custom()  # type: ignore[index]

    @pytest.mark.parametrize(
        ("module", "loads_validator"),
        [
            ("zprof.flavors", False),
            ("zprof.flavors.catalog", False),
            ("zprof.flavors.config", False),
            ("zprof.flavors.normalisation", False),
            ("zprof.flavors.check", True),
        ],
    )
    def test_what_importing_costs(self, module: str, loads_validator: bool) -> None:
        program = f"import sys, {module}; print('jsonschema_rs' in sys.modules)"
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert ran.stdout == f"{loads_validator}\n"


class TestTyped:
    every_type = custom(
        text={"type": "string"},
        count={"type": "integer"},
        share={"type": "number"},
        loud={"type": "boolean"},
        options={"type": "object"},
        people={"type": "array"},
        code={"type": "integer", "writeOnly": True},
    )

    @pytest.mark.parametrize(
        ("attribute", "text", "value"),
        [
            ("text", "3306", "3306"),
            ("text", "", ""),
            ("count", "3306", 3306),
            ("count", "-1", -1),
            ("share", "3", 3),
            ("share", "0.5", 0.5),
            ("share", "1e3", 1000.0),
            ("loud", "true", True),
            ("loud", "YES", True),
            ("loud", "On", True),
            ("loud", "1", True),
            ("loud", "False", False),
            ("loud", "no", False),
            ("loud", "off", False),
            ("loud", "0", False),
            ("options", '{"a": [1, null]}', {"a": [1, None]}),
            ("people", '["ada"]', ["ada"]),
            ("unknown", "5", "5"),
            ("count", "{{duty.count}}", "{{duty.count}}"),
            ("options", "${env:OPTIONS}", "${env:OPTIONS}"),
        ],
    )
    def test_reads(self, attribute: str, text: str, value: object) -> None:
        read = typed(self.every_type, {attribute: text})
        assert read == {attribute: value}
        assert type(read[attribute]) is type(value)

    @pytest.mark.parametrize(
        ("attribute", "text", "problem"),
        [
            ("count", "abc", "The attribute 'count' must be an integer, not 'abc'."),
            ("count", "", "The attribute 'count' must be an integer, not ''."),
            ("count", "1.5", "The attribute 'count' must be an integer, not '1.5'."),
            ("count", "true", "The attribute 'count' must be an integer, not 'true'."),
            ("count", "1_000", "The attribute 'count' must be an integer, not '1_000'."),
            ("count", "9" * 5000, f"The attribute 'count' must be an integer, not '{'9' * 39}…'."),
            ("share", "true", "The attribute 'share' must be a number, not 'true'."),
            ("share", "NaN", "The attribute 'share' must be a number, not 'NaN'."),
            ("share", "-Infinity", "The attribute 'share' must be a number, not '-Infinity'."),
            ("share", "1e999", "The attribute 'share' must be a number, not '1e999'."),
            ("loud", "maybe", "The attribute 'loud' must be true or false, not 'maybe'."),
            ("options", "{", "The attribute 'options' must be an object, written as JSON without repeated keys."),
            ("options", "[]", "The attribute 'options' must be an object, written as JSON without repeated keys."),
            (
                "options",
                '{"a": 1, "a": 2}',
                "The attribute 'options' must be an object, written as JSON without repeated keys.",
            ),
            (
                "options",
                '{"a": NaN}',
                "The attribute 'options' must be an object, written as JSON without repeated keys.",
            ),
            (
                "people",
                '[{"a": 1, "a": 2}]',
                "The attribute 'people' must be a list, written as JSON without repeated keys.",
            ),
            ("people", "[1e999]", "The attribute 'people' must be a list, written as JSON without repeated keys."),
            ("people", "[" * 100_000, "The attribute 'people' must be a list, written as JSON without repeated keys."),
            ("code", SECRET, "The attribute 'code' must be an integer."),
        ],
    )
    def test_refuses(self, attribute: str, text: str, problem: str) -> None:
        assert unreadable(self.every_type, **{attribute: text}) == [problem]

    def test_refuses_all_at_once(self) -> None:
        assert unreadable(self.every_type, loud="maybe", count="abc") == [
            "The attribute 'count' must be an integer, not 'abc'.",
            "The attribute 'loud' must be true or false, not 'maybe'.",
        ]

    def test_says_where_and_what_to_type(self) -> None:
        with pytest.raises(InvalidConfig) as refused:
            typed(builtin("metadata_store", "mysql"), {"port": "abc"})
        expected = "The metadata store flavor 'mysql': The attribute 'port' must be an integer, not 'abc'."
        assert refused.value.message == expected
        assert refused.value.hint == "Run `zprof metadata-store flavor describe mysql` to see its attributes."


class TestReferencesAndMasking:
    @pytest.mark.parametrize("value", ["{{aws.key}}", "{{aws-prod.key_1}}", "{{aws.key.old}}", "${env:AWS_KEY}"])
    def test_reference(self, value: str) -> None:
        assert is_reference(value)

    @pytest.mark.parametrize(
        "value",
        [
            *(
                "",
                "{{aws}}",
                "{{.key}}",
                "{{aws.}}",
                "{{ aws.key }}",
                "a {{aws.key}}",
                "{{aws.key}}\n",
                "{{a.b}}{{c.d}}",
            ),
            *("${env:}", "${env:1A}", "${AWS_KEY}", "$AWS_KEY", "${env:A}${env:B}", "${env:A}\n"),
            *(5, None, ["{{aws.key}}"]),
        ],
    )
    def test_no_reference(self, value: object) -> None:
        assert not is_reference(value)

    def test_masks_plain_secrets_alone(self) -> None:
        s3 = builtin("artifact_store", "s3")
        config = {"path": "s3://b", "key": "{{aws.key}}", "secret": SECRET, "token": "${env:T}", "client_kwargs": {}}
        assert aware(s3, config).shown() == {**config, "secret": MASK}
        assert plain_secrets(s3, config) == ("secret",)
        assert config["secret"] == SECRET

    @pytest.mark.parametrize("value", ["", f"{SECRET} {{{{aws.key}}}}", 5, None, [SECRET], {"a": SECRET}])
    def test_masks_whatever_is_no_reference(self, value: object) -> None:
        assert aware(builtin("alerter", "slack"), {"slack_token": value}).shown() == {"slack_token": MASK}

    def test_names_of_stored_secrets_are_shown(self) -> None:
        config = {"path": "s3://b", "authentication_secret": "aws"}
        assert aware(builtin("artifact_store", "s3"), config).shown() == config

    def test_guesses_by_name(self) -> None:
        guessed = {"DB_PASSWORD", "passphrase", "pwd", "api-key", "accessToken", "credentials", "secret", "auth"}
        assert {name for name in guessed | {"path", "region", "port", "username"} if looks_secret(name)} == guessed

    def test_masks_by_name_without_a_flavor(self) -> None:
        secret = dict.fromkeys(("Password", "API_KEY", "slack_token", "my_secret", "credentials", "pwd"), SECRET)
        plain = {"path": "s3://b", "port": 3306, "db_password": "{{mysql.password}}"}
        nested = {"client": {"access_key": SECRET, "region": "eu"}, "servers": [{"token": SECRET}]}
        assert aware(None, {**secret, **plain, **nested}).shown() == {
            **dict.fromkeys(secret, MASK),
            **plain,
            "client": {"access_key": MASK, "region": "eu"},
            "servers": [{"token": MASK}],
        }

    @pytest.mark.parametrize("attribute", sorted(SECRETS))
    def test_a_secret_is_in_no_message(self, attribute: str) -> None:
        component_type, flavor_name, name = attribute.split()
        flavor = builtin(component_type, flavor_name)
        with pytest.raises(InvalidConfig) as refused:
            checked(flavor, {name: [SECRET], "unheard_of": SECRET, "unnamed": {SECRET: SECRET}})
        assert f"The attribute '{name}' must be text." in refused.value.problems
        assert SECRET not in refused.value.message + refused.value.hint

    def test_a_secret_is_in_no_message_of_a_rule(self) -> None:
        rules = custom(
            one={"type": "string", "pattern": "^a", "writeOnly": True},
            two={"type": "string", "pattern": "^a", "writeOnly": True, "description": "Begins with a."},
            three={"enum": ["a", "b"], "writeOnly": True},
            four={"type": "integer", "writeOnly": True},
        )
        assert problems(rules, {"one": SECRET, "two": SECRET, "three": SECRET, "four": SECRET}) == [
            "The attribute 'four' must be an integer.",
            "The attribute 'one' must match ^a.",
            "The attribute 'three' must be one of 'a', 'b'.",
            "The attribute 'two' can't be this value (begins with a).",
        ]

    def test_a_password_of_a_url_is_in_no_message(self) -> None:
        (problem,) = problems(builtin("experiment_tracker", "mlflow"), {"tracking_uri": f"oracle://scott:{SECRET}@db"})
        assert problem.startswith("The attribute 'tracking_uri' can't be 'oracle://********@db' (address of ")


REWRITES = [
    ("container_registry", "default", "uri", "gcr.io/team//", "gcr.io/team"),
    ("container_registry", "aws", "uri", "1.dkr.ecr.eu.amazonaws.com/", "1.dkr.ecr.eu.amazonaws.com"),
    ("step_operator", "vertex", "accelerator_type", "nvidia_tesla_T4", "NVIDIA_TESLA_T4"),
    ("data_validator", "great_expectations", "context_root_dir", "/a/../b/", "/b"),
]
EQUAL = "only to the same value"
DEPRECATED = [
    ("orchestrator", "vertex", "custom_docker_base_image_name"),
    ("orchestrator", "github", "custom_docker_base_image_name"),
    ("orchestrator", "kubeflow", "custom_docker_base_image_name"),
    ("orchestrator", "kubernetes", "custom_docker_base_image_name"),
    ("step_operator", "sagemaker", "base_image"),
    ("step_operator", "azureml", "docker_base_image"),
    ("step_operator", "vertex", "base_image"),
]


def least(flavor: Flavor) -> dict[str, Any]:
    """The smallest config that the flavor takes."""
    texts = {"path": f"{'abfs' if flavor.name == 'azure' else flavor.name.replace('gcp', 'gs')}://bucket"}
    return {name: texts.get(name, "some") for name in flavor.schema["required"]}


class TestNormalisation:
    @pytest.mark.parametrize(("component_type", "name", "attribute", "text", "stored"), REWRITES)
    def test_rewrites(self, component_type: str, name: str, attribute: str, text: str, stored: str) -> None:
        flavor = builtin(component_type, name)
        config = {**least(flavor), attribute: text}
        assert checked(flavor, config)[attribute] == stored
        assert config[attribute] == text

    @pytest.mark.parametrize(("component_type", "name", "deprecated"), DEPRECATED)
    def test_deprecated_moves(self, component_type: str, name: str, deprecated: str) -> None:
        flavor = builtin(component_type, name)
        stored = {**least(flavor), "docker_parent_image": "python:3"}
        assert checked(flavor, {**least(flavor), deprecated: "python:3"}) == stored
        assert checked(flavor, {**stored, deprecated: "python:3"}) == stored
        assert problems(flavor, {**stored, deprecated: "ruby:3"}) == [
            f"The attributes 'docker_parent_image' and '{deprecated}' (deprecated) can both be set {EQUAL}."
        ]

    def test_deprecated_of_the_wrong_type_is_refused_by_the_name_given(self) -> None:
        sagemaker = builtin("step_operator", "sagemaker")
        problem = "The attribute 'base_image' must be text, not 5."
        assert problems(sagemaker, {**least(sagemaker), "base_image": 5}) == [problem]

    def test_each_rule_has_a_case(self) -> None:
        cases = {(case[0], case[1]) for case in (*REWRITES, *DEPRECATED)}
        assert {rule for rule in RULES if rule[1] != "*"} <= cases
        assert {rule[0] for rule in RULES if rule[1] == "*"} <= {case[0] for case in cases}

    def test_relative_paths_and_the_home(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", "/home/ada")
        validator = builtin("data_validator", "great_expectations")
        assert checked(validator, {"context_root_dir": "ge"}) == {"context_root_dir": f"{tmp_path}/ge"}
        assert checked(validator, {"context_root_dir": "~/ge"}) == {"context_root_dir": "/home/ada/ge"}

    def test_a_relative_path_needs_a_working_directory(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        (problem,) = problems(builtin("data_validator", "great_expectations"), {"context_root_dir": "ge"})
        assert problem.startswith("The attribute 'context_root_dir' can't be 'ge' (")

    def test_fills_in_no_defaults(self) -> None:
        assert checked(builtin("metadata_store", "sqlite"), {}) == {}

    def test_is_stable(self) -> None:
        for component_type, name, attribute, text, _ in REWRITES:
            flavor = builtin(component_type, name)
            once = checked(flavor, {**least(flavor), attribute: text})
            assert checked(flavor, once) == once


class TestChecked:
    @every_flavor
    def test_takes_the_least(self, flavor: Flavor) -> None:
        assert checked(flavor, least(flavor)) == least(flavor)

    @every_flavor
    def test_refuses_less(self, flavor: Flavor) -> None:
        config = least(flavor)
        for name in flavor.schema["required"]:
            without = {other: value for other, value in config.items() if other != name}
            assert problems(flavor, without) == [f"The attribute '{name}' is required."]
        assert problems(flavor, {**config, "zzz": "x"}) == ["There is no attribute 'zzz'."]

    @every_flavor
    def test_refuses_the_wrong_type(self, flavor: Flavor) -> None:
        for name in properties(flavor.schema):
            (problem,) = problems(flavor, {**least(flavor), name: None})
            assert problem.startswith(f"The attribute '{name}' must be ")

    def test_all_problems_at_once_by_attribute(self) -> None:
        config = {"regoin_name": "eu", "scope": "all", "token": 5, "mount_point": "{{a.b}}", "namespace": "a b"}
        namespace = "namespace of the scope 'namespace': letters, digits and _ + = . @ -"
        assert problems(builtin("secrets_manager", "vault"), config) == [
            "The attribute 'mount_point' can't be a secret reference.",
            f"The attribute 'namespace' can't be 'a b' ({namespace}).",
            "There is no attribute 'regoin_name'.",
            "The attribute 'scope' must be one of 'none', 'global', 'component', 'namespace', not 'all'.",
            "The attribute 'token' must be text.",
            "The attribute 'url' is required.",
        ]

    def test_unknown_with_the_closest(self) -> None:
        assert problems(builtin("secrets_manager", "aws"), {"region_name": "eu", "scoop": "none"}) == [
            "There is no attribute 'scoop'; did you mean 'scope'?"
        ]

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ("abc", "The attribute 'port' must be an integer, not 'abc'."),
            (True, "The attribute 'port' must be an integer, not true."),
            (None, "The attribute 'port' must be an integer, not null."),
            ([1], "The attribute 'port' must be an integer, not a list."),
            ({"a": 1}, "The attribute 'port' must be an integer, not an object."),
            ("{{a.b}}", "The attribute 'port' must be an integer, not '{{a.b}}'."),
            ("a\x1b[31m\n", "The attribute 'port' must be an integer, not 'a\\x1b[31m\\n'."),
        ],
    )
    def test_wrong_type(self, value: object, problem: str) -> None:
        assert problems(builtin("annotator", "label_studio"), {"port": value}) == [problem]

    @pytest.mark.parametrize(
        ("component_type", "name", "attribute", "accepted", "refused"),
        [
            ("artifact_store", "local", "path", ["", "/a", "file://a"], ["s3://a", "gs://a", "hdfs://", "az://", "abfs://"]),
            ("artifact_store", "azure", "path", ["az://a", "abfs://a"], ["", "s3://a", "/az://a"]),
            ("artifact_store", "gcp", "path", ["gs://a"], ["", "s3://a", " gs://a"]),
            ("artifact_store", "s3", "path", ["s3://a"], ["", "gs://a", "s3:/a"]),
            ("metadata_store", "sqlite", "uri", ["", "/a.db"], ["s3://a", "gs://a"]),
            ("metadata_store", "mysql", "database", ["zenml", "a" * 64], ["", "a" * 65, "a-b", "a.b", "a/b", "a\\b"]),
            ("container_registry", "aws", "uri", ["a.com", "a.com//"], ["https://a.com", "a.com/team"]),
            ("secrets_manager", "aws", "namespace", ["", "A_+=.@-9"], ["a b", "a\n", "é"]),
            ("secrets_manager", "vault", "namespace", ["", "A_+=.@-9"], ["a b", "a\n", "é"]),
            ("secrets_manager", "gcp_secrets_manager", "namespace", ["a_-9", "a" * 63], ["", "A", "a" * 64, "a\n"]),
            ("secrets_manager", "local", "scope", ["none"], ["component", ""]),
            ("secrets_manager", "github", "scope", ["none"], ["component", ""]),
            ("secrets_manager", "aws", "scope", ["none", "global", "component"], ["all"]),
            ("step_operator", "vertex", "accelerator_type", ["TPU_V2", "tpu_v2"], ["", "TPU_V9"]),
            ("experiment_tracker", "mlflow", "tracking_uri", ["", "sqlite:///a"], ["oracle:a", "databricks\n", "\n"]),
            ("data_validator", "great_expectations", "context_root_dir", ["/a"], [""]),
            ("orchestrator", "vertex", "node_selector_constraint", [["a", "b"]], [["a"], ["a", "b", "c"]]),
        ],
    )  # fmt: skip
    def test_values(
        self, component_type: str, name: str, attribute: str, accepted: list[object], refused: list[object]
    ) -> None:
        flavor = builtin(component_type, name)
        for value in accepted:
            assert attribute in checked(flavor, {**least(flavor), attribute: value})
        for value in refused:
            (problem,) = problems(flavor, {**least(flavor), attribute: value})
            assert problem.startswith(f"The attribute '{attribute}' ")

    @pytest.mark.parametrize("name", ["aws", "azure_key_vault", "gcp_secrets_manager", "vault"])
    def test_scope_namespace_needs_one(self, name: str) -> None:
        flavor = builtin("secrets_manager", name)
        scoped = {**least(flavor), "scope": "namespace"}
        assert checked(flavor, {**scoped, "namespace": "team"}) == {**scoped, "namespace": "team"}
        assert problems(flavor, scoped) == ["The scope 'namespace' needs a 'namespace' that is not empty."]
        assert problems(flavor, {**scoped, "namespace": ""})

    def test_azure_namespace_is_free_without_a_scope(self) -> None:
        flavor = builtin("secrets_manager", "azure_key_vault")
        odd = {**least(flavor), "namespace": "a_b"}
        assert checked(flavor, {**odd, "scope": "none"}) == {**odd, "scope": "none"}
        sentence = "The attribute 'namespace' must be 1 to 100 letters, digits and '-', unless 'scope' is 'none'."
        for scope in ({}, {"scope": "global"}, {"scope": "namespace"}):
            assert problems(flavor, {**odd, **scope}) == [sentence]
        assert problems(flavor, {**odd, "namespace": "a" * 101}) == [sentence]
        assert checked(flavor, {**odd, "namespace": "a" * 100})

    LOGIN = (
        "A tracking_uri that is 'databricks' or begins with 'http://' or 'https://' needs a 'tracking_token', "
        "or a 'tracking_username' and a 'tracking_password'."
    )
    HOST = "The tracking_uri 'databricks' needs a 'databricks_host'."

    @pytest.mark.parametrize(
        "config",
        [
            {},
            {"tracking_uri": "postgresql://db"},
            {"tracking_uri": "http://a", "tracking_token": SECRET},
            {"tracking_uri": "https://a", "tracking_token": "{{mlflow.token}}"},
            {"tracking_uri": "https://a", "tracking_username": "ada", "tracking_password": SECRET},
            {"tracking_uri": "databricks", "tracking_token": SECRET, "databricks_host": "a"},
        ],
    )
    def test_mlflow_can_log_in(self, config: dict[str, Any]) -> None:
        assert checked(builtin("experiment_tracker", "mlflow"), config) == config

    @pytest.mark.parametrize(
        ("config", "sentences"),
        [
            ({"tracking_uri": "http://a"}, [LOGIN]),
            ({"tracking_uri": "https://a", "tracking_username": "ada"}, [LOGIN]),
            ({"tracking_uri": "https://a", "tracking_password": SECRET}, [LOGIN]),
            ({"tracking_uri": "https://a", "tracking_token": ""}, [LOGIN]),
            ({"tracking_uri": "databricks", "tracking_token": SECRET}, [HOST]),
            ({"tracking_uri": "databricks", "tracking_token": SECRET, "databricks_host": ""}, [HOST]),
            ({"tracking_uri": "databricks"}, [HOST, LOGIN]),
        ],
    )
    def test_mlflow_can_not_log_in(self, config: dict[str, Any], sentences: list[str]) -> None:
        assert problems(builtin("experiment_tracker", "mlflow"), config) == sentences

    def test_each_condition_has_a_case(self) -> None:
        conditions = {
            f"{flavor.component_type} {flavor.name}": len(flavor.schema["allOf"])
            for flavor in ALL
            if "allOf" in flavor.schema
        }
        scoped = dict.fromkeys(
            ("secrets_manager aws", "secrets_manager gcp_secrets_manager", "secrets_manager vault"), 1
        )
        deprecated = {f"{component_type} {name}": 1 for component_type, name, _ in DEPRECATED}
        tested = {"secrets_manager azure_key_vault": 2, "experiment_tracker mlflow": 2}
        assert conditions == {**scoped, **deprecated, **tested}

    @pytest.mark.parametrize("reference", ["{{a.b}}", "${env:lower}"])
    @every_flavor
    def test_references(self, flavor: Flavor, reference: str) -> None:
        for name, schema in properties(flavor.schema).items():
            config = {**least(flavor), name: reference}
            if schema["type"] != "string":
                assert problems(flavor, config)[0].startswith(f"The attribute '{name}' must be ")
            elif schema.get("x-reference", True) is False:
                assert problems(flavor, config) == [f"The attribute '{name}' can't be a secret reference."]
            elif schema.get("deprecated", False):
                assert checked(flavor, config)["docker_parent_image"] == reference
            else:
                assert checked(flavor, config) == config

    def test_a_reference_is_not_put_to_the_rules_for_texts(self) -> None:
        ruled = custom(mode={"type": "string", "enum": ["a"]}, path={"type": "string", "pattern": "^/"})
        assert checked(ruled, {"mode": "{{a.b}}", "path": "${env:P}"}) == {"mode": "{{a.b}}", "path": "${env:P}"}
        assert problems(ruled, {"mode": "b", "path": "a"}) == [
            "The attribute 'mode' must be 'a', not 'b'.",
            "The attribute 'path' must match ^/, not 'a'.",
        ]

    def test_the_type_comes_first(self) -> None:
        ruled = custom(mode={"enum": ["a"], "type": "string"})
        assert problems(ruled, {"mode": 5}) == ["The attribute 'mode' must be text, not 5."]

    def test_rules_of_custom_schemas(self) -> None:
        flavor = custom(
            servers={"type": "object", "properties": {"port": {"type": "integer"}}, "required": ["port"]},
            share={"type": ["number", "null"], "maximum": 1},
        )
        more = {"minProperties": 1, "allOf": [{"required": ["share"]}]}
        flavor = flavor._replace(schema={**flavor.schema, **more})
        assert checked(flavor, {"servers": {"port": 1}, "share": None}) == {"servers": {"port": 1}, "share": None}
        assert problems(flavor, {"servers": {"port": "a"}, "share": 2}) == [
            "The attribute 'servers' can't be an object.",
            "The attribute 'share' can't be 2.",
        ]
        assert problems(flavor, {"share": "a"}) == ["The attribute 'share' must be a number or null, not 'a'."]
        assert problems(flavor, {}) == [
            "Taken together, the attributes break the rule 'minProperties' of the flavor's schema.",
            "Taken together, the attributes break the rule 'required' of the flavor's schema.",
        ]


def nested(depth: int) -> dict[str, Any]:
    """A config with objects `depth` deep, itself the first."""
    value: dict[str, Any] = {}
    for _ in range(depth - 2):
        value = {"a": value}
    return {"options": value}


def aliases() -> list[Any]:
    """What YAML makes of aliases to aliases: 10 to the power of 40 values in a few bytes."""
    value: list[Any] = []
    for _ in range(40):
        value = [value] * 10
    return value


class TestLimits:
    anything = custom(options={}, text={"type": "string"})
    TOO_LARGE = "The config is larger than 64 KiB."

    def test_nesting(self) -> None:
        assert checked(self.anything, nested(MAX_NESTING)) == nested(50)
        assert problems(self.anything, nested(51)) == ["The attribute 'options' is nested more than 50 levels deep."]

    def test_nesting_without_end(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        assert problems(self.anything, {"options": endless}) == [
            "The attribute 'options' is nested more than 50 levels deep."
        ]

    def test_size(self) -> None:
        frame = len(json.dumps({"text": ""}))
        largest = {"text": "a" * (check.MAX_CONFIG_BYTES - frame)}
        assert checked(self.anything, largest) == largest
        assert problems(self.anything, {"text": largest["text"] + "a"}) == [self.TOO_LARGE]
        assert problems(self.anything, {"text": "é" * 32_765}) == [self.TOO_LARGE]
        assert checked(self.anything, {"text": "é" * 32_760})

    @pytest.mark.parametrize("options", [aliases(), [0] * 70_000, {"a" * 70_000: 1}], ids=["aliases", "many", "name"])
    def test_too_many_values(self, options: object) -> None:
        assert problems(self.anything, {"options": options}) == [self.TOO_LARGE]

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), "\ud800", 10**5000],
        ids=["nan", "infinity", "half of a surrogate pair", "digits"],
    )
    def test_no_json(self, value: object) -> None:
        sentence = "The config holds a number or a character that JSON can't represent."
        assert problems(self.anything, {"options": [value]}) == [sentence]

    def test_no_json_type(self) -> None:
        assert problems(self.anything, {"options": [{1}]}) == [
            "The attribute 'options' holds a set, which JSON can't represent."
        ]
        assert problems(self.anything, {"options": {5: 1}}) == ["The key '5' must be text."]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["{{a.b}}", "${env:A}", "~/a"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)


@st.composite
def flavors_and_configs(draw: st.DrawFn) -> tuple[Flavor, dict[str, Any]]:
    flavor = draw(st.sampled_from(ALL))
    names = st.sampled_from([*properties(flavor.schema), "unheard_of"]) | st.text()
    config = draw(st.dictionaries(names, JSON_VALUES | st.text(), max_size=6))
    return flavor, {**(least(flavor) if draw(st.booleans()) else {}), **config}


@given(flavors_and_configs())
def test_any_config_is_taken_or_refused(flavor_and_config: tuple[Flavor, dict[str, Any]]) -> None:
    flavor, config = flavor_and_config
    problems: tuple[str, ...] = ()
    try:
        stored = checked(flavor, config)
    except InvalidConfig as refused:
        problems = refused.problems
    if problems:
        assert all(sentence.endswith((".", "?")) for sentence in problems)
    else:
        assert checked(flavor, stored) == stored
        assert stored.keys() <= properties(flavor.schema).keys()
