"""`zprof export`: a whole profile as a document, or as a directory of them."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from conftest import Zprof

from zprof.contents.directory import HEADING, planned
from zprof.errors import Conflict

PAGER = {"type": "object", "properties": {"pin": {"type": "string", "writeOnly": True}, "at": {"type": "string"}}}
SECRETS = ("hunter1", "hunter2", "hunter3", "hunter4")
"""Plain ones in an attribute, in a URL, in an object, and in an attribute of a custom flavor."""


@pytest.fixture
def filled(zprof: Zprof, home: Path) -> Zprof:
    """A profile with something of each kind, and secrets in each place that may have one."""
    (home / "pager.json").write_text(json.dumps(PAGER))
    kw = json.dumps({"password": SECRETS[2], "region": "eu"})
    for words in (
        ("alerter", "flavor", "register", "pager", "--schema", "pager.json"),
        ("alerter", "register", "duty", "-f", "pager", f"--pin={SECRETS[3]}", "--at=noon"),
        (
            "artifact-store",
            "register",
            "s3",
            "-f",
            "s3",
            "--path=s3://b",
            f"--key={SECRETS[0]}",
            f"--client_kwargs={kw}",
        ),
        ("experiment-tracker", "register", "flow", "-f", "mlflow", f"--tracking_uri=mysql://ann:{SECRETS[1]}@flow/it"),
        ("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "-al", "duty", "--decouple-stores"),
    ):
        done = zprof(*words)
        assert done.code == 0, done.err
    return zprof


def test_all_that_a_profile_holds_is_one_document(filled: Zprof) -> None:
    found = yaml.safe_load(filled("export").out)
    assert found == json.loads(filled("export", "--output", "json").out)
    assert list(found) == ["apiVersion", "kind", "flavors", "components", "stacks", "ties"]
    assert [(each["type"], each["name"]) for each in found["components"]] == [
        ("alerter", "duty"),
        ("artifact_store", "default"),
        ("artifact_store", "s3"),
        ("experiment_tracker", "flow"),
        ("metadata_store", "default"),
        ("orchestrator", "default"),
    ]
    assert found["components"][0]["config"] == {"at": "noon", "pin": {"$secret": "kept"}}
    assert [(each["type"], each["name"], each["source"]) for each in found["flavors"]] == [("alerter", "pager", None)]
    assert found["stacks"][1] == {
        "name": "prod",
        "components": {
            "alerter": "duty",
            "artifact_store": "s3",
            "metadata_store": "default",
            "orchestrator": "default",
        },
    }
    assert found["ties"] == [{"artifact_store": "s3", "metadata_store": "default"}]


def test_secrets_are_in_no_format(filled: Zprof, home: Path) -> None:
    filled("export", "all.yaml")
    filled("export", "all.json")
    filled("export", "all/")
    files = [*home.glob("all.*"), *(home / "all").rglob("*.yaml")]
    texts = [each.read_text() for each in files]
    for words in ((), ("--output", "json"), ("--output", "yaml")):
        told = filled("export", *words)
        texts += [told.out, told.err]
    assert len(texts) > 12
    assert not [text for text in texts if any(secret in text for secret in SECRETS)]
    assert all(secret in filled("export", "--show-secrets").out for secret in SECRETS)


def test_another_profile_is_named_by_an_option(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    zprof("orchestrator", "register", "docker", "-f", "local_docker")
    assert "docker" in zprof("export").out
    assert "docker" not in zprof("export", "-p", "staging").out
    assert zprof("export", "-p", "stagin").code == 3
    assert zprof("export").err == ""


def test_a_file_is_written_whole_and_replaced_when_told_to(filled: Zprof, home: Path) -> None:
    done = filled("export", "all.yaml")
    assert done.out == ""
    assert done.err.splitlines()[0] == "Exported profile 'default' to all.yaml."
    assert (home / "all.yaml").read_text() == filled("export").out
    assert (home / "all.yaml").stat().st_mode & 0o777 == 0o600
    refused = filled("export", "all.yaml")
    assert (refused.code, "--yes" in refused.err) == (7, True)
    assert filled("export", "all.yaml", "--yes").code == 0
    assert filled("export", str(home / "none" / "all.yaml")).code == 1


def test_a_directory_gets_a_file_for_each_thing(filled: Zprof, home: Path) -> None:
    assert filled("export", "all/").code == 0
    paths = sorted(str(each.relative_to(home / "all")) for each in (home / "all").rglob("*.yaml"))
    assert paths == [
        *(f"components/{each}.yaml" for each in ("alerter/duty", "artifact_store/default", "artifact_store/s3")),
        *(f"components/{each}.yaml" for each in ("experiment_tracker/flow", "metadata_store/default")),
        "components/orchestrator/default.yaml",
        "flavors/alerter/pager.yaml",
        "stacks/default.yaml",
        "stacks/prod.yaml",
        "ties.yaml",
    ]
    whole = yaml.safe_load(filled("export").out)
    duty = yaml.safe_load((home / "all/components/alerter/duty.yaml").read_text())
    assert duty == {"apiVersion": "zprof/v1", "kind": "Component", **whole["components"][0]}
    prod = yaml.safe_load((home / "all/stacks/prod.yaml").read_text())
    assert prod == {"apiVersion": "zprof/v1", "kind": "ProfileContents", "stacks": [whole["stacks"][1]]}
    again = filled("export", "all")
    assert "0 written, 0 removed, 10 unchanged." in again.err


def test_a_directory_says_that_there_are_no_ties(zprof: Zprof) -> None:
    """Else a profile made from it would tie the stores of each stack."""
    for words in (
        ("artifact-store", "register", "other", "-f", "local"),
        ("stack", "register", "new", "-o", "default", "-a", "other", "-m", "default", "--decouple-stores"),
        ("stack", "delete", "new", "-y"),
        ("artifact-store", "delete", "other", "-y"),
        ("export", "all/"),
        ("apply", "-f", "all", "--create", "two", "-y"),
    ):
        assert zprof(*words).code == 0, words
    assert yaml.safe_load(zprof("export").out)["ties"] == []
    assert zprof("diff", "default", "two").code == 0


def test_files_go_that_nothing_stands_for_any_more_but_for_those_of_others(filled: Zprof, home: Path) -> None:
    filled("export", "all/")
    (home / "all/stacks/mine.yaml").write_text("# not of export\n")
    (home / "all/README.md").write_text(f"{HEADING}\n")
    (home / "elsewhere.yaml").write_text(f"{HEADING}\n")
    (home / "all/stacks/link.yaml").symlink_to(home / "elsewhere.yaml")
    filled("stack", "delete", "prod", "-y")
    filled("alerter", "delete", "duty", "-y")
    done = filled("export", "all")
    assert [line for line in done.err.splitlines() if line.startswith("Removed")] == [
        "Removed all/components/alerter/duty.yaml",
        "Removed all/stacks/prod.yaml",
    ]
    assert not (home / "all/components/alerter").exists()
    assert sorted(os.listdir(home / "all/stacks")) == ["default.yaml", "link.yaml", "mine.yaml"]
    assert (home / "elsewhere.yaml").exists()
    assert (home / "all/README.md").exists()


def test_a_file_of_another_is_replaced_only_when_told_to(filled: Zprof, home: Path) -> None:
    (home / "all/stacks").mkdir(parents=True)
    (home / "all/stacks/prod.yaml").write_text("mine\n")
    refused = filled("export", "all")
    assert (refused.code, "all/stacks/prod.yaml" in refused.err) == (7, True)
    assert [str(each.relative_to(home)) for each in (home / "all").rglob("*.yaml")] == ["all/stacks/prod.yaml"]
    assert (home / "all/stacks/prod.yaml").read_text() == "mine\n"
    assert filled("export", "all", "--yes").code == 0
    assert (home / "all/stacks/prod.yaml").read_text().startswith(HEADING)


@pytest.mark.parametrize("link", ["components", "components/alerter", "stacks", "ties.yaml"])
def test_no_link_is_followed(filled: Zprof, home: Path, link: str) -> None:
    (home / "elsewhere").mkdir()
    (home / "elsewhere/default.yaml").write_text(f"{HEADING}\n")
    (home / "all" / link).parent.mkdir(parents=True)
    (home / "all" / link).symlink_to(home / "elsewhere")
    refused = filled("export", "all", "--yes")
    assert (refused.code, link in refused.err) == (1, True)
    assert os.listdir(home / "elsewhere") == ["default.yaml"]
    assert list((home / "all").rglob("*.yaml")) == ([home / "all/ties.yaml"] if link == "ties.yaml" else [])


def test_a_name_that_leads_elsewhere_is_refused(filled: Zprof, home: Path, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints = 1")
        store.execute("UPDATE stack SET name = '../../../evil' WHERE name = 'prod'")
    refused = filled("export", "all/")
    assert (refused.code, "evil" in refused.err) == (2, True)
    assert not (home / "all").exists()
    assert list(home.rglob("evil*")) == []


def test_names_that_differ_by_case_alone_are_refused(zprof: Zprof, home: Path) -> None:
    for name in ("Prod", "prod"):
        zprof("stack", "register", name, "-o", "default", "-a", "default", "-m", "default")
    refused = zprof("export", "all/")
    assert refused.code == 4
    assert "stacks/Prod.yaml and stacks/prod.yaml differ only in case" in refused.err
    assert not (home / "all").exists()
    with pytest.raises(Conflict):
        planned(str(home / "all"), {"a/B.yaml": {}, "A/b.yaml": {}})
    assert zprof("export", "all.yaml").code == 0


def test_a_directory_gets_no_json(zprof: Zprof) -> None:
    assert zprof("export", "all/", "--output", "json").code == 2
