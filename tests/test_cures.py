"""What errors say to type: each line is typed in the situation that it is told in, and does what it says."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import SCRIPT, Zprof
from postgresql_server import Server
from test_hints import LINES

HERE = Path(__file__).parent
TOLD = re.compile(r"`((?:zprof|unset|export|find|sqlite3|ulimit) [^`]*(?<! --help)|cd)`")
"""A line in backquotes, as it is printed; one that leads to help alone is left out."""
SHOWS = re.compile(
    r"zprof (-p \S+ )?(\S+ )*(list|describe|validate|check|doctor|export|schema|status)\b|zprof profile restore$|find "
)
"""A line that changes nothing: what it is told against stays."""
ASKS = re.compile(r"db restore|delete\b|init --join|allow\b")
"""A line that asks on a terminal, and takes --yes elsewhere."""


class Situation(NamedTuple):
    """A command that says what to type, and why it does."""

    place: str
    """The module and the function that has the lines."""
    failing: str
    lines: tuple[str, ...]
    """What it says to type, in the order of its words."""
    before: str = ""
    """What is typed before, once."""
    here: str = ""
    """What is typed before in each shell: a directory, a variable."""
    values: Mapping[str, str] = {"NAME": "other"}
    """What a person writes in place of a word."""
    then: int = 0
    """The exit code of the command after a line that does not only show something."""
    on_server: tuple[str, ...] = ()
    """What happens to the schema of `$SERVER` after that."""
    in_order: bool = False
    """Whether its lines are for one after the other."""
    around: tuple[str, ...] = ()
    """Lines that lead around what is wrong, and leave it as it is."""
    loses: frozenset[str] = frozenset()
    """What the line says that it removes."""


REGISTRY, STORE = "~/.config/zprof/registry.db", "~/.config/zprof/profiles/default.db"
STACK = "-o default -a default -m default"
TEAM = f"""
zprof profile create team --url team.db
zprof -p team stack register prod {STACK}
"""
SHARED = f"""{TEAM}
zprof profile create too --url team.db
zprof -p team stack set prod
"""
HOOK = 'eval "$(zprof shell-init bash)";'
OTHER = "zprof profile create other\n"
UNFIT = """
zprof experiment-tracker register runs -f mlflow
zprof artifact-store register bucket -f s3 --path=s3://b
zprof stack register prod -o default -a default -m default -e runs --set
sqlite3 ~/.config/zprof/profiles/default.db \\
"UPDATE stack_component SET component_id = (SELECT id FROM component WHERE name = 'bucket')
WHERE component_type = 'artifact_store' AND stack_id = (SELECT id FROM stack WHERE name = 'prod')"
"""
PROJECT = f"{TEAM} mkdir p; zprof -p team init p\n"
"""A project whose profile has a store that others can reach."""
DELETED = f"{OTHER} zprof profile delete other -y\n"
COPIES = """
mkdir copies
zprof -q db backup copies/store.db
zprof -q db backup copies/registry.db --registry
"""
REFERRING = """zprof experiment-tracker register runs -f mlflow --tracking_uri=http://x --tracking_token='{}'
zprof stack update default -e runs
"""
"""A stack whose tracker has a reference."""
STORE_COPY, REGISTRY_COPY = {"FILE": "copies/store.db"}, {"FILE": "copies/registry.db"}

SITUATIONS = {
    "variable names a stack that is gone": Situation(
        "active/scope.py unsetting", "zprof stack describe", ("unset ZPROF_ACTIVATED_STACK",),
        here="export ZPROF_ACTIVATED_STACK=gone",
    ),
    "another user deleted the active stack": Situation(
        "active/scope.py cure", "zprof -p team stack describe", ("zprof -p team stack set NAME",),
        before=f"""{TEAM}
            zprof -p team stack set prod
            export ZPROF_CONFIG_PATH=$HOME/another-user
            zprof profile create team --url team.db
            zprof -p team stack delete prod -y""",
        values={"NAME": "default"},
    ),
    "active profile in another's repository": Situation(
        "active/scope.py cure", "zprof profile delete default -y", ("zprof profile set NAME --global",),
        before=f"{OTHER} mkdir p; cd p; zprof init; zprof profile set other", here="cd p",
    ),
    "repository names a profile that was deleted": Situation(
        "active/scope.py chosen_profile", "zprof stack list",
        ("zprof profile restore other", "zprof profile set default --personal"),
        before=f"{OTHER} mkdir p; zprof -p other init p; zprof profile delete other -y", here="cd p",
    ),
    "repository names a profile that is gone": Situation(
        "active/scope.py chosen_profile", "zprof stack list",
        ("zprof profile create team", "zprof profile set default --personal"),
        before=f"{PROJECT} zprof profile delete team -y", here="cd p",
    ),
    "repository names a profile that is gone, and its store": Situation(
        "active/scope.py chosen_profile", "zprof stack list",
        ("zprof init --join", "zprof profile set default --personal"),
        before=f"{PROJECT} zprof init p --share; zprof profile delete team -y", here="cd p",
    ),
    "personal choice of a profile that is gone": Situation(
        "active/scope.py chosen_profile", "zprof stack list",
        ("zprof profile create team", "zprof profile set default --personal"),
        before=f"{TEAM} zprof init; zprof profile set team --personal; cd /; zprof profile delete team -y",
    ),
    "variable names a profile that was deleted": Situation(
        "active/scope.py chosen_profile", "zprof stack list", ("zprof profile restore other",), before=DELETED,
        here="export ZPROF_ACTIVATED_PROFILE=other",
    ),
    "stack of a repository, behind a personal choice": Situation(
        "active/idle.py in_use_cure", "zprof stack delete prod -y", ("zprof stack unset",),
        before=f"zprof stack register prod {STACK}; zprof init\n"
        "zprof stack set prod; zprof stack set default --personal",
    ),
    "stack of a repository that apply would delete": Situation(
        "active/following.py check_repository_keeps_its_stack",
        "zprof -p team apply -f team.yaml --prune --yes --active default", ("zprof stack unset",),
        before="zprof profile create team --url team.db; zprof -p team export team.yaml\n"
        f"zprof -p team stack register prod {STACK}; zprof -p team init; zprof stack set prod",
    ),
    "profile of a repository, behind a personal choice": Situation(
        "active/idle.py in_use_cure", "zprof profile delete other -y", ("zprof profile unset",),
        before=f"{OTHER} zprof -p other init; zprof profile set default --personal",
    ),
    "stack in effect that does not fit": Situation(
        "active/status.py __init__", "zprof status",
        ("zprof experiment-tracker update runs --tracking_uri=URI", "zprof stack update prod -a NAME"), before=UNFIT,
        values={"NAME": "default", "URI": "postgresql://db/runs"},
    ),
    "stack in effect in another profile that does not fit": Situation(
        "active/status.py __init__", "zprof -p default status", (
            "zprof -p default experiment-tracker update runs --tracking_uri=URI",
            "zprof -p default stack update prod -a NAME",
        ),
        before=f"{UNFIT}{OTHER} zprof profile set other", values={"NAME": "default", "URI": "postgresql://db/runs"},
    ),
    "project that offers no store": Situation(
        "active/offer.py", "zprof init --join", ("zprof init --share",), before=PROJECT, here="cd p"
    ),
    "directory that is no project": Situation(
        "active/offer.py", "zprof init --join", ("zprof init --share",), before=TEAM,
        here="export ZPROF_ACTIVATED_PROFILE=team",
    ),
    "project that offers the store of another profile": Situation(
        "active/offer.py profile_beside", "zprof init --join -y", ("zprof profile rename team NAME",),
        before=f"""{PROJECT}
            zprof init p --share
            zprof profile delete team -y
            zprof profile create team""",
        here="cd p", values={"NAME": "mine"}, loses=frozenset({"profile team"}),
    ),
    "project that offers a link": Situation(
        "active/offer.py check_leads_where_it_seems", "zprof init --join -y",
        ("zprof profile create team --url '{home}/a b.db'",),
        before="""zprof profile create own --url 'a b.db'
            mkdir -p p/.zprof; ln -s "$HOME/a b.db" p/team.db
            printf 'profile = "team"\\nurl = "team.db"\\n' > p/.zprof/config.toml""",
        here="cd p", then=4,
    ),
    "project that is to be shared, and names no profile": Situation(
        "active/offer.py share", "zprof init --share", ("zprof profile set NAME",),
        before=f"{PROJECT} cd p; zprof profile unset", here="cd p", values={"NAME": "team"},
    ),
    "store that nobody else can reach": Situation(
        "active/offer.py offered_url", "zprof init --share",
        ("zprof profile create NAME --url URL --from default", "zprof profile set NAME"), before="zprof init",
        values={"NAME": "team", "URL": "team.db"}, in_order=True,
        around=("zprof profile create NAME --url URL --from default",),
    ),
    "project that was shared": Situation(
        "cli/init.py say_what_is_shared", "zprof init --share", ("zprof init --join",), before=PROJECT, here="cd p",
        values={"zprof init --join": "ZPROF_CONFIG_PATH=$HOME/other zprof init --join"}, around=("zprof init --join",),
    ),
    "no stack was ever chosen": Situation(
        "active/scope.py stack_name", "zprof -p late stack describe", ("zprof -p late stack set NAME",),
        before=f"""{TEAM}
            sqlite3 team.db 'DELETE FROM stack_component; DELETE FROM stack'
            zprof profile create late --url team.db
            zprof -p late stack register prod {STACK}""",
        values={"NAME": "prod"},
    ),
    "stack active in another profile of the same store": Situation(
        "active/idle.py check_stack_is_idle", "zprof -p too stack delete prod -y",
        ("zprof stack set NAME --profile team",), before=SHARED, values={"NAME": "default"},
    ),
    "stack active in the active profile of the same store": Situation(
        "active/idle.py check_stack_is_idle", "zprof -p too stack delete prod -y",
        ("zprof stack set NAME --profile team",), before=f"{SHARED} zprof profile set team", values={"NAME": "default"},
    ),
    "stack of a repository, deleted for another profile": Situation(
        "active/scope.py cure", "zprof -p too stack delete prod -y", ("zprof stack set NAME",),
        before=f"""{SHARED}
            zprof -p team stack set default
            mkdir p; cd p; zprof init; zprof profile set team; zprof stack set prod""",
        here="cd p", values={"NAME": "default"},
    ),
    "variable hides a switch": Situation(
        "active/scope.py naming", "zprof profile set default",
        ("unset ZPROF_ACTIVATED_PROFILE", "export ZPROF_ACTIVATED_PROFILE=default"),
        before=OTHER, here="export ZPROF_ACTIVATED_PROFILE=other",
    ),
    "variable hides a personal choice": Situation(
        "active/scope.py unsetting", "zprof stack set default --personal",
        ("unset ZPROF_ACTIVATED_PROFILE",), before=f"{OTHER} zprof init", here="export ZPROF_ACTIVATED_PROFILE=other",
    ),
    "variable hides a switch where there is a hook": Situation(
        "active/scope.py naming", "zprof profile set default", ("zprof use --clear", "zprof use default"),
        before=OTHER, here=f"{HOOK} zprof use other",
    ),
    "variable hides a switch to a stack where there is a hook": Situation(
        "active/scope.py naming", "zprof stack set prod", ("zprof use default", "zprof use default/prod"),
        before=f"zprof stack register prod {STACK}", here=f"{HOOK} zprof use default/default",
    ),
    "variable hides a personal choice where there is a hook": Situation(
        "active/scope.py unsetting", "zprof stack set default --personal", ("zprof use --clear",),
        before=f"{OTHER} zprof init", here=f"{HOOK} zprof use other",
    ),
    "variable names a stack that is gone where there is a hook": Situation(
        "active/scope.py unsetting", "zprof stack describe", ("zprof use default",),
        here=f"{HOOK} export ZPROF_ACTIVATED_PROFILE=default ZPROF_ACTIVATED_STACK=gone",
    ),
    "variable names a profile that is gone where there is a hook": Situation(
        "active/scope.py unsetting", "zprof stack describe", ("zprof use --clear",),
        here=f"{HOOK} export ZPROF_ACTIVATED_PROFILE=gone",
    ),
    "switch for all shells": Situation(
        "cli/profile.py to_switch_one_shell", "zprof profile set other", ("zprof use other",), before=OTHER, here=HOOK,
    ),
    "switch of a shell without a hook": Situation(
        "cli/use.py not_loaded", "zprof use other", ("zprof shell other",), before=OTHER,
        here="export SHELL=/bin/sh", around=("zprof shell other",),
    ),
    "switch of a shell to nothing": Situation(
        "cli/use.py wanted", "zprof use", ("zprof use NAME",), before=OTHER, here=HOOK, around=("zprof use NAME",),
    ),
    "switch back of a shell that was not switched": Situation(
        "cli/use.py wanted", "zprof use -", ("zprof use NAME",), before=OTHER, here=HOOK,
    ),
    "switch of a shell by options": Situation(
        "cli/use.py check_words", "zprof -p other use", ("zprof use NAME/STACK",), before=OTHER, here=HOOK,
        values={"NAME": "other", "STACK": "default"}, around=("zprof use NAME/STACK",),
    ),
    "shell by options": Situation(
        "cli/shell.py wanted", "zprof -p other shell other", ("zprof shell NAME/STACK",), before=OTHER,
        here="export SHELL=/bin/sh", values={"NAME": "other", "STACK": "default"}, around=("zprof shell NAME/STACK",),
    ),
    "personal stack hides a switch": Situation(
        "active/switching.py check_not_hidden_by_personal", "zprof stack set prod",
        ("zprof stack set prod --personal", "zprof stack unset --personal"),
        before=f"zprof stack register prod {STACK}; zprof init; zprof stack set default --personal",
    ),
    "personal profile hides a switch": Situation(
        "active/switching.py check_not_hidden_by_personal", "zprof profile set default",
        ("zprof profile set default --personal", "zprof profile unset --personal"),
        before=f"{OTHER} zprof init; zprof profile set other --personal",
    ),
    "personal profile hides a switch to a stack": Situation(
        "active/switching.py check_not_hidden_by_personal", "zprof stack set default",
        ("zprof stack set default --personal", "zprof profile unset --personal"),
        before=f"{OTHER} zprof init; zprof profile set other --personal",
        around=("zprof stack set default --personal",),
    ),
    "personal stack hides a new one": Situation(
        "active/switching.py check_not_hidden_by_personal", f"zprof stack register new {STACK} --set",
        ("zprof stack set new --personal",), before="zprof init; zprof stack set default --personal",
        values={"zprof stack set": f"zprof stack register new {STACK} && zprof stack set"}, then=4,
    ),
    "personal choice outside": Situation(
        "repository/__init__.py personal_outside", "zprof profile set other --personal", ("zprof init",), before=OTHER
    ),
    "personal file that is malformed": Situation(
        "repository/choices.py __init__", "zprof stack list", ("zprof profile set NAME --personal",),
        before=f"{OTHER} zprof init; echo '[' > .zprof/local.toml",
    ),
    "profile that was deleted": Situation(
        "refusals.py no_profile", "zprof -p other stack list", ("zprof profile restore other",), before=DELETED
    ),
    "deleted profile that is none": Situation(
        "profiles/deleted.py restored", "zprof profile restore nope", ("zprof profile restore",), before=DELETED
    ),
    "deleted profile whose name is taken": Situation(
        "profiles/deleted.py check_name_is_free", "zprof profile restore other",
        ("zprof profile restore other --as other-2",), before=f"{DELETED}{OTHER}", then=3,
    ),
    "copy with many oddities": Situation(
        "cli/db.py warn_of_copy", "zprof db restore copies/store.db -y", ("zprof db check",),
        before=COPIES + "".join(f"sqlite3 copies/store.db 'CREATE VIEW v{n} AS SELECT 1'\n" for n in range(7)),
    ),
    "many databases are broken": Situation(
        "cli/db.py raise_all", "zprof db status --all", ("zprof doctor",),
        before=f"{TEAM}{OTHER} echo text > team.db; echo text > ~/.config/zprof/profiles/other.db",
    ),
    "one of many databases is empty": Situation(
        "sqlite/database.py opened", "zprof db status --all", ("zprof -p team db restore FILE",),
        before=f"{TEAM} mkdir copies; zprof -p team db backup copies/store.db; : > team.db", values=STORE_COPY,
    ),
    "repository without a profile": Situation(
        "cli/init.py make", "zprof init", ("zprof profile set NAME",),
        before=f"{OTHER} sqlite3 {REGISTRY} 'UPDATE profile SET is_active = 0'", then=4,
    ),
    "no profile is active": Situation(
        "profiles/registry.py active", "zprof stack list", ("zprof profile set NAME",),
        before=f"{OTHER} sqlite3 {REGISTRY} 'UPDATE profile SET is_active = 0'",
    ),
    "a verb that shows": Situation("cli/spellings.py", "zprof current", ("zprof status",), then=2),
    "a verb that switches": Situation(
        "cli/spellings.py", "zprof set", ("zprof profile set NAME",), before=OTHER, then=2,
    ),
    "a file of another form": Situation(
        "contents/sources.py", "zprof apply -f odd.yaml", ("zprof schema",), before="echo 'a: 1' > odd.yaml", then=2,
    ),
    "ZenML's way to start a stack": Situation("cli/spellings.py", "zprof stack up", ("zprof stack describe",)),
    "ZenML's server": Situation(
        "cli/spellings.py", "zprof connect", ("zprof profile create NAME --url URL",),
        values={"NAME": "team", "URL": "team.db"}, then=2,
    ),
    "ZenML's way to name a stack that is imported": Situation(
        "cli/spellings.py import_line", "zprof -p other stack import 'new' 'a b.yaml'",
        ("zprof -p other stack import 'a b.yaml' --name new",), before=f"{OTHER} zprof stack export default 'a b.yaml'",
        then=2,
    ),
    "the other way round": Situation(
        "cli/spellings.py import_line", "zprof stack import new.yaml new", ("zprof stack import new.yaml --name new",),
        before="zprof stack export default new.yaml", then=2,
    ),
    "ZenML's way to leave out the file": Situation(
        "cli/spellings.py import_line", "zprof stack import new", ("zprof stack import new.yml --name new",),
        before="zprof stack export default new.yml", then=2,
    ),
    "class of ZenML of another type": Situation(
        "flavors/custom.py _check_type", "zprof -p other alerter flavor register pager.Pager",
        ("zprof -p other annotator flavor register --source pager.Pager",), then=2,
        before=f"""{OTHER} cat > pager.py <<'END'
import enum, typing, pydantic
class Type(str, enum.Enum):
    ANNOTATOR = "annotator"
class Pager(pydantic.BaseModel):
    TYPE: typing.ClassVar[Type] = Type.ANNOTATOR
    FLAVOR: typing.ClassVar[str] = "pager"
    name: str
END""",
    ),
    "ZenML's secrets": Situation(
        "cli/spellings.py", "zprof stack register-secrets",
        ("zprof alerter update NAME '--slack_token={{slack.token}}'",),
        before="zprof alerter register ops -f slack --slack_token=plain", values={"NAME": "ops"}, then=2,
    ),
    "stack without a secrets manager": Situation(
        "cli/secret.py in_effect", "zprof -p other secret list",
        ("zprof -p other secrets-manager register NAME --flavor local", "zprof -p other stack update default -x NAME"),
        before=OTHER, values={"NAME": "vault"}, in_order=True,
        around=("zprof -p other secrets-manager register NAME --flavor local",),
    ),
    "secret that is not there": Situation(
        "cli/secret.py check_is_there", "zprof secret get db.password", ("zprof secret list --manager vault",),
        before="zprof secrets-manager register vault -f local; zprof stack update default -x vault",
    ),
    "secrets manager whose place was rewritten": Situation(
        "references/secrets_files.py __init__", "zprof secret list --manager vault", ("zprof db check",),
        before=f"""zprof secrets-manager register vault -f local --secrets_file=/x
            sqlite3 {STORE} "PRAGMA ignore_check_constraints = 1;
            UPDATE component SET place = '../../x' WHERE name = 'vault'" """,
    ),
    "value that an env file can't hold": Situation(
        "environment/printing.py in_dotenv", "zprof env -o dotenv", ("zprof env -o json",),
        before="""zprof artifact-store register odd -f local --path="/a'b # c"
            zprof stack update default -a odd --decouple-stores""",
        around=("zprof env -o json",),
    ),
    "value that no variable can hold": Situation(
        "environment/claims.py check_value", "zprof run -- true",
        ("zprof artifact-store update big --path='<value>'",),
        before=f"""zprof artifact-store register big -f local --path=/x
            zprof stack update default -a big --decouple-stores
            sqlite3 {STORE} "UPDATE component SET config = json_object('path', hex(zeroblob(90000)))
            WHERE name = 'big'" """,
        values={"<value>": "/data"},
    ),
    "variable that a reference names": Situation(
        "references/sources.py variable_value", "zprof run -- true", ("export MLFLOW_TOKEN=<value>",),
        before=REFERRING.format("${env:MLFLOW_TOKEN}"), values={"<value>": "x"},
    ),
    "reference without a secrets manager": Situation(
        "references/resolving.py _manager", "zprof run -- true", ("zprof stack update default -x NAME",),
        before=REFERRING.format("{{ml.token}}") + "zprof secrets-manager register vault -f local\n"
        "echo x > x; zprof secret set ml.token @x --manager vault",
        values={"NAME": "vault"},
    ),
    "secrets manager of AWS whose place was rewritten": Situation(
        "references/aws.py scope_of", "zprof run -- true", ("zprof db check",),
        before=f"""zprof secrets-manager register aws -f aws --region_name=r
            {REFERRING.format("{{ml.token}}")} zprof stack update default -x aws
            sqlite3 {STORE} "PRAGMA ignore_check_constraints = 1;
            UPDATE component SET place = 'x' WHERE name = 'aws'" """,
    ),
    "value that the locale can't encode": Situation(
        "environment/claims.py check_encoding", "zprof run -- true", ("export LC_ALL=C.UTF-8",),
        before="""zprof artifact-store register cafe -f local --path=/café
            zprof stack update default -a cafe --decouple-stores""",
        here="export LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0",
    ),
    "shell that names no profile any more": Situation(
        "cli/use.py sentence", f"{HOOK} zprof use default; zprof use --clear", ("zprof status",),
        before=f"sqlite3 {REGISTRY} 'UPDATE profile SET is_active = 0'",
    ),
    "login that is not stored": Situation(
        "environment/made.py docker_auth", "zprof run --also DOCKER_AUTH_CONFIG -- true",
        ("zprof secret set login.username", "zprof secret set login.password"),
        before="""zprof secrets-manager register vault -f local
            zprof container-registry register hub -f dockerhub --uri=docker.io/team --authentication_secret=login
            zprof stack update default -x vault -c hub; echo x > x; zprof secret set login.other @x""",
        values={"login.username": "login.username @x", "login.password": "login.password @x"}, in_order=True,
        around=("zprof secret set login.username",),
    ),
    "key file that a shared store names": Situation(
        "environment/claims.py _refusal", "zprof -p team run -- true", ("zprof -p team allow step-operator train",),
        before="""zprof profile create team --url team.db
            zprof -p team step-operator register train -f vertex --region=r --service_account_path=/k.json
            zprof -p team artifact-store register bucket -f gcp --path=gs://b
            zprof -p team container-registry register images -f gcp --uri=gcr.io/x
            zprof -p team stack update default -s train -a bucket -c images --decouple-stores""",
    ),
    "ZenML's clean": Situation(
        "cli/spellings.py", "zprof clean", ("zprof profile delete NAME",), before=OTHER, then=2,
        loses=frozenset({"profile other"}),
    ),
    "ZenML's integrations": Situation(
        "cli/spellings.py", "zprof integration install", ("zprof orchestrator flavor list",)
    ),
    "ZenML's projects": Situation("cli/spellings.py", "zprof project", ("zprof profile create NAME",), then=2),
    "component changed meanwhile": Situation(
        "errors.py __init__", "zprof -p other orchestrator rename default new --if-revision 7",
        ("zprof -p other orchestrator describe default",), before=OTHER,
    ),
    "stack that would not fit": Situation(
        "store/fitting.py line", "zprof stack update -e runs",
        ("zprof experiment-tracker update runs --tracking_uri=URI", "zprof stack update prod -e runs -a NAME"),
        before="""zprof artifact-store register bucket -f s3 --path=s3://b
            zprof metadata-store register meta -f sqlite
            zprof stack register prod -o default -a bucket -m meta --set
            zprof experiment-tracker register runs -f mlflow""",
        values={"NAME": "default --decouple-stores", "URI": "postgresql://db/runs"},
    ),
    "attribute that a flavor lacks": Situation(
        "flavors/refusal.py refusal", "zprof -p other orchestrator register docker -f local_docker --nope=1",
        ("zprof -p other orchestrator flavor describe local_docker",), before=OTHER,
    ),
    "custom flavor of the source of a copy": Situation(
        "refusals.py no_component", "zprof alerter copy nope new --from other", ("zprof -p other alerter list",),
        before=OTHER,
    ),
    "no such stack in the source of a copy": Situation(
        "refusals.py no_stack", "zprof -p default stack copy nope new --from other", ("zprof -p other stack list",),
        before=OTHER,
    ),
    "shell that names no profile where none is in effect": Situation(
        "cli/use.py sentence", "zprof use --clear", ("zprof status",),
        before="zprof init\necho 'profile = [' > .zprof/config.toml", here=HOOK, around=("zprof status",),
    ),
    "no such stack in the profile of a switch": Situation(
        "refusals.py no_stack", "zprof use other/nope", ("zprof -p other stack list",), before=OTHER, here=HOOK,
    ),
    "flavor that differs in the target of a copy": Situation(
        "store/bundles.py add_component", "zprof alerter copy ops ops --to other",
        ("zprof -p other alerter flavor delete own",),
        before=f"""{OTHER} echo '{{"properties": {{}}}}' > own.json; zprof alerter flavor register own --schema own.json
            zprof alerter register ops -f own; echo '{{"properties": {{"a": {{}}}}}}' > own.json
            zprof -p other alerter flavor register own --schema own.json""",
        loses=frozenset({"flavor own"}),
    ),
    "relative config directory": Situation(
        "paths.py _from_the_root", "zprof profile list", ("export ZPROF_CONFIG_PATH={home}/con",),
        here="export ZPROF_CONFIG_PATH=con",
    ),
    "store of ZenML": Situation(
        "profiles/making.py lead_to_import", "zprof profile create new --url 'ze nml.db'",
        ("zprof import-zenml '{home}/ze nml.db'",),
        before="cp $ZENML/config/profiles/team/zenml.db 'ze nml.db'", then=6,
    ),
    "stack without a component of a type": Situation(
        "refusals.py not_in_stack", "zprof alerter get", ("zprof stack update default -al NAME",),
        before="zprof alerter register other -f slack '--slack_token={{a.b}}'",
    ),
    "no such attribute": Situation(
        "refusals.py no_attribute", "zprof orchestrator remove-attribute default nope",
        ("zprof orchestrator describe default",),
    ),
    "attribute that is not set": Situation(
        "refusals.py attribute_not_set", "zprof artifact-store remove-attribute default path",
        ("zprof artifact-store describe default",),
    ),
    "no such flavor": Situation(
        "refusals.py no_flavor", "zprof -p other orchestrator register x -f nope",
        ("zprof -p other orchestrator flavor list",), before=OTHER,
    ),
    "flavor in use": Situation(
        "refusals.py flavor_in_use", "zprof alerter flavor delete own -y", ("zprof alerter delete ops",),
        before="""echo '{"properties": {}}' > own.json; zprof alerter flavor register own --schema own.json
            zprof alerter register ops -f own""",
        loses=frozenset({"component ops"}),
    ),
    "flavor in use twice": Situation(
        "refusals.py flavor_in_use", "zprof alerter flavor delete own -y", ("zprof alerter delete NAME",),
        before="""echo '{"properties": {}}' > own.json; zprof alerter flavor register own --schema own.json
            zprof alerter register ops -f own; zprof alerter register other -f own""",
        loses=frozenset({"component other"}), then=4,
    ),
    "component in use": Situation(
        "refusals.py component_in_use", "zprof alerter delete ops -y",
        ("zprof stack remove-component prod -al", "zprof stack delete prod"),
        before=f"""zprof alerter register ops -f slack '--slack_token={{{{a.b}}}}'
            zprof stack register prod {STACK} -al ops""",
        loses=frozenset({"stack prod"}),
    ),
    "mandatory component in use": Situation(
        "refusals.py component_in_use", "zprof -p other orchestrator delete own -y",
        ("zprof -p other stack update prod -o NAME", "zprof -p other stack delete prod"),
        before=f"""{OTHER} zprof -p other orchestrator register own -f local
            zprof -p other stack register prod -o own -a default -m default""",
        values={"NAME": "default"}, loses=frozenset({"stack prod"}),
    ),
    "protected profile": Situation(
        "refusals.py profile_is_protected", "zprof profile delete other -y", ("zprof profile unprotect other",),
        before=f"{OTHER} zprof profile protect other",
    ),
    "no such profile": Situation("refusals.py no_profile", "zprof -p nope stack list", ("zprof profile list",)),
    "malformed repository": Situation(
        "repository/__init__.py __init__", "zprof stack list", ("zprof profile set NAME",),
        before=f"{OTHER} zprof init; echo 'profile = [' > .zprof/config.toml",
    ),
    "no repository": Situation(
        "repository/__init__.py needed", "zprof profile unset", ("zprof profile set NAME", "zprof stack set NAME"),
        before=f"{OTHER} zprof stack register other {STACK}", then=3,
    ),
    "repository already": Situation(
        "repository/__init__.py in_the_way", "zprof init", ("zprof profile set NAME", "zprof stack set NAME"),
        before=f"{OTHER} zprof stack register other {STACK}; zprof init", then=4,
    ),
    "variable names no repository": Situation(
        "repository/__init__.py found", "zprof stack list",
        ("zprof init '{home}/a b'", "unset ZPROF_REPOSITORY_PATH"),
        before="mkdir 'a b'", here="export ZPROF_REPOSITORY_PATH='{home}/a b'",
    ),
    "active profile": Situation(
        "active/scope.py cure", "zprof profile delete default -y", ("zprof profile set NAME",), before=OTHER
    ),
    "no such copy": Situation(
        "sqlite/restoring.py check_copy", "zprof -p other db restore nope.db -y", ("zprof -p other db backup",),
        before=OTHER, then=3,
    ),
    "no such copy of the registry": Situation(
        "sqlite/restoring.py check_copy", "zprof db restore nope.db --registry -y", ("zprof db backup --registry",),
        then=3,
    ),
    "store whose table was altered, copied": Situation(
        "sqlite/backups.py check_schema", "zprof db backup copy.db", ("zprof db check",),
        before=f"sqlite3 {STORE} 'DROP VIEW stack_overview' 'DROP VIEW component_overview' \\\n"
        "'ALTER TABLE store_association RENAME COLUMN metadata_store_id TO other'",
    ),
    "store that lacks what rows refer to, copied": Situation(
        "sqlite/copying.py copy_checked", "zprof -p other db backup copy.db", ("zprof -p other db check",),
        before=f"{OTHER} sqlite3 ~/.config/zprof/profiles/other.db 'DELETE FROM stack'",
    ),
    "registry that lacks what rows refer to, copied": Situation(
        "sqlite/copying.py copy_checked", "zprof db backup copy.db --registry", ("zprof db check --registry",),
        before=f"sqlite3 {REGISTRY} 'PRAGMA ignore_check_constraints = ON' \"UPDATE profile SET is_active = 5\"",
    ),
    "empty registry": Situation(
        "sqlite/database.py opened", "zprof stack list", ("zprof db restore FILE --registry",),
        before=f"{COPIES} : > {REGISTRY}", values=REGISTRY_COPY,
    ),
    "store that is no database": Situation(
        "sqlite/errors.py cure", "zprof stack list",
        ("zprof doctor", "zprof db restore FILE", "zprof profile set NAME"),
        before=f"{OTHER} mkdir copies; zprof -p other db backup copies/store.db\n"
        "echo text > ~/.config/zprof/profiles/other.db; zprof profile set other",
        values={**STORE_COPY, "NAME": "default"},
    ),
    "registry that is no database": Situation(
        "sqlite/errors.py cure", "zprof stack list",
        ("zprof doctor", "zprof db restore FILE --registry", "zprof doctor --fix"),
        before=f"{COPIES} echo text > {REGISTRY}", values=REGISTRY_COPY,
    ),
    "store with two names": Situation(
        "sqlite/files.py check_is_file", "zprof stack list", (f"find {{mount}} -xdev -samefile {{home}}/{STORE[2:]}",),
        before=f"ln {STORE} again",
    ),
    "store that is gone": Situation(
        "sqlite/files.py check_is_file", "zprof -p team stack list",
        ("zprof -p team db restore FILE", "zprof profile list"),
        before=f"{TEAM} mkdir copies; zprof -p team db backup copies/store.db; rm team.db", values=STORE_COPY,
    ),
    "registry that is gone": Situation(
        "sqlite/files.py check_is_file", "zprof db check --registry", ("zprof db restore FILE --registry",),
        before=f"{COPIES} rm {REGISTRY}", values=REGISTRY_COPY,
    ),
    "row that zprof would not write, in a store that was altered": Situation(
        "sqlite/rows.py row_error", "zprof orchestrator list", ("zprof doctor",),
        before=f"sqlite3 {STORE} 'PRAGMA ignore_check_constraints = ON' \"UPDATE component SET flavor = x'07'\"\n"
        f"sqlite3 {STORE} 'ALTER TABLE component ADD COLUMN mine'",
    ),
    "store whose table was altered": Situation(
        "sqlite/tables.py check_own_tables", "zprof stack rename default new",
        ("zprof stack copy NAME NEW --to PROFILE", "zprof doctor", "zprof db restore FILE", "zprof profile set NAME"),
        before=f"{OTHER}{COPIES} sqlite3 {STORE} 'ALTER TABLE component ADD COLUMN mine DEFAULT 7'",
        values={**STORE_COPY, "NAME NEW": "default copied", "PROFILE": "other", "NAME": "other"},
        around=("zprof stack copy NAME NEW --to PROFILE",),
    ),
    "document that holds no stack": Situation(
        "store/document.py bundle_of", "zprof stack import list.json", ("zprof schema Stack",),
        before="echo '[]' > list.json",
    ),
    "kind of document that is none": Situation(
        "documents/schema.py schema", "zprof schema stak", ("zprof schema -o name",)
    ),
    "document of a stack with a fault": Situation(
        "store/document.py", "zprof stack import stack.json", ("zprof schema Stack",),
        before="zprof stack export default stack.json; sed -i 's/\"local\"/7/' stack.json",
    ),
    "config that is no object": Situation(
        "store/rows.py no_object", "zprof -p other orchestrator describe default", ("zprof -p other db check",),
        before=f"{OTHER} sqlite3 ~/.config/zprof/profiles/other.db \"UPDATE component SET config = '{{7}}'\"",
    ),
    "directory that is gone": Situation(
        "system_errors.py cause", "zprof stack export default out.yaml", ("cd",),
        here="mkdir -p gone; cd gone; rmdir ../gone",
    ),
    "ZenML's store in WAL mode": Situation(
        "zenml/database.py check_header", "zprof import-zenml \"it's.db\"",
        ("sqlite3 {wal} 'PRAGMA journal_mode = DELETE'",),
        before="cp $ZENML/config/profiles/team/zenml.db \"it's.db\"; sqlite3 \"it's.db\" 'PRAGMA journal_mode = WAL'",
    ),
    "many profiles of ZenML": Situation(
        "cli/import_zenml.py report", "zprof import-zenml $ZENML/config --prefix old-",
        ("zprof profile set old-team --global",),
    ),
    "stack of ZenML that breaks a rule": Situation(
        "profiles/import_plan.py warnings", "zprof import-zenml config --prefix old-",
        ("zprof -p old-staging stack validate prod", "zprof -p old-staging stack validate scratch",
         "zprof profile set old-team --global"),
        before="cp -r $ZENML/config .; sed -i 's/docker_orch: local_docker/docker_orch: kubernetes/' \\\n"
        "config/profiles/staging/stacks.yaml",
    ),
    "project of ZenML that is a repository": Situation(
        "profiles/import_plan.py planned_repository",
        "ZENML_CONFIG_PATH=$ZENML/config zprof import-zenml . --prefix old-",
        ("zprof profile set old-staging", "zprof stack set scratch", "zprof profile set old-team --global"),
        before="cp -r $ZENML/project project; cd project; zprof init", here="cd project", in_order=True,
        around=("zprof profile set old-staging", "zprof stack set scratch"),
    ),
    "project of a newer ZenML": Situation(
        "zenml/configuration.py _repository", "ZENML_CONFIG_PATH=$ZENML/config zprof import-zenml . --prefix old-",
        ("zprof init --profile NAME", "zprof profile set old-team --global"),
        before="cp -r $ZENML/project project; echo 'active_stack_id: 1' > project/.zen/config.yaml", here="cd project",
        values={"NAME": "default"}, around=("zprof init --profile NAME",),
    ),
    "schema of a flavor that can't be used": Situation(
        "flavors/check.py _errors", "zprof -p other alerter register ops -f own", ("zprof -p other db restore FILE",),
        before=f"""{OTHER}
            echo '{{"properties": {{}}}}' > own.json; zprof -p other alerter flavor register own --schema own.json
            mkdir copies; zprof -p other db backup copies/store.db
            sqlite3 ~/.config/zprof/profiles/other.db "UPDATE flavor SET config_schema = '{{\\"type\\": 7}}'\"""",
        values=STORE_COPY,
    ),
    "JSON that is none, on the way to a server": Situation(
        "records.py json_object", "zprof profile create new --from other --url $SERVER", ("zprof -p other db check",),
        before=f"{OTHER} sqlite3 ~/.config/zprof/profiles/other.db \"UPDATE component SET config = '{{7}}'\"",
    ),
    "place that zprof would not make": Situation(
        "store/own_places.py resolved", "zprof artifact-store describe default", ("zprof db check",),
        before=f"sqlite3 {STORE} 'PRAGMA ignore_check_constraints = ON' \\\n"
        f"\"UPDATE component SET place = '{'x' * 32}' WHERE type = 'artifact_store'\"",
    ),
    "revision that is none of ours": Situation(
        "schema/migration.py no_revision", "zprof -p old stack list", ("zprof -p old db restore FILE",),
        before="""mkdir copies; sqlite3 copies/store.db < $RELEASED/store-1.sql; cp copies/store.db old.db
            zprof profile create old --url old.db
            sqlite3 copies/store.db "UPDATE alembic_version SET version_num = '0001_other'"; cp copies/store.db old.db
            sqlite3 copies/store.db "UPDATE alembic_version SET version_num = '0001_initial'\"""",
        values=STORE_COPY,
    ),
    "store in a list that an older zprof made": Situation(
        "active/everywhere.py too_old", "zprof stack list --all-profiles -o yaml", ("zprof -p old db upgrade",),
        before="""sqlite3 old.db < $RELEASED/store-1.sql; cp old.db first.db
            zprof profile create old --url old.db; cp first.db old.db""",
    ),
    "server that is not there": Situation(
        "postgresql/errors.py", "zprof stack list", ("zprof profile set NAME",),
        before="zprof profile create server --url $SERVER; zprof profile set server\n"
        "port=${SERVER#*127.0.0.1:}\n"
        f"sqlite3 {REGISTRY} \"UPDATE profile SET url = replace(url, ':${{port%%/*}}', ':1')\"",
        values={"NAME": "default"},
    ),
    "store on a server that is gone": Situation(
        "postgresql/errors.py not_there", "zprof stack list",
        ("zprof profile create '<name>' --url 'postgresql://<host>/<database>'", "zprof profile set NAME"),
        before="zprof profile create server --url $SERVER; zprof profile set server",
        on_server=("DROP SCHEMA {schema} CASCADE",),
        values={"NAME": "default", "'<name>'": "new", "'postgresql://<host>/<database>'": "$SERVER"},
    ),
    "tables on a server with a stranger's trigger": Situation(
        "postgresql/errors.py odd", "zprof stack list", ("zprof profile set NAME",),
        before="zprof profile create server --url $SERVER; zprof profile set server",
        on_server=("CREATE RULE r AS ON INSERT TO {schema}.stack DO INSTEAD NOTHING",), values={"NAME": "default"},
    ),
    "floor of the store of a profile": Situation(
        "active/floors.py way_back", "zprof -p other undo", ("zprof profile delete other",), before=OTHER, then=3,
        loses=frozenset({"profile other"}),
    ),
    "undo of making a profile": Situation(
        "active/floors.py for_profiles", "zprof undo --registry", ("zprof profile delete other",), before=OTHER, then=4,
        loses=frozenset({"profile other"}),
    ),
    "undo of deleting a profile": Situation(
        "active/floors.py bringing_back", "zprof undo --registry", ("zprof profile restore other",), before=DELETED,
        then=4,
    ),
    "undo of deleting a profile whose store was left": Situation(
        "active/floors.py bringing_back", "zprof undo --registry",
        ("zprof profile create team --url sqlite://{home}/team.db",),
        before="zprof profile create team --url team.db; zprof profile delete team -y", then=4,
    ),
    "undo in the registry of what was done in a store, too": Situation(
        "active/undoing.py check_has_stack", "zprof undo --registry", ("zprof -p default undo",),
        before="zprof stack rename default renamed", then=4, loses=frozenset({"stack renamed"}),
    ),
    "undo": Situation(
        "cli/undo.py report", "zprof undo --registry", ("zprof redo --registry",),
        before=f"{OTHER} zprof profile set other", around=("zprof redo --registry",),
    ),
    "redo": Situation(
        "cli/undo.py report", "zprof redo --registry", ("zprof undo --registry",),
        before=f"{OTHER} zprof profile set other; zprof undo --registry", around=("zprof undo --registry",),
    ),
    "undo of an undo": Situation(
        "history/standing.py to_take_back", "zprof undo $(zprof -q log list -o name --limit 1)", ("zprof redo",),
        before="zprof orchestrator register k -f local; zprof undo",
    ),
    "password that is not there": Situation(
        "postgresql/url.py resolved_password", "zprof stack list",
        ("export TEAM_PW=<password>", "zprof profile set NAME"),
        before="""TEAM_PW=x zprof profile create server --url "${SERVER/zprof@/zprof:'${env:TEAM_PW}'@}"
            zprof profile set server""",
        values={"NAME": "default", "<password>": "x"},
    ),
}  # fmt: skip


@pytest.fixture
def shell(zprof: Zprof, home: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Shell:
    schema = postgresql.new_schema()
    monkeypatch.setenv("SERVER", postgresql.url(schema))
    monkeypatch.setenv("ZENML", str(HERE / "data" / "zenml-0.13.2"))
    monkeypatch.setenv("RELEASED", str(HERE / "released"))
    return Shell(home, postgresql, schema)


class Shell:
    """Bash in a home where the default profile is in place."""

    def __init__(self, home: Path, server: Server, schema: str) -> None:
        self.home, self.server, self.schema = home, server, schema

    def __call__(self, *lines: str) -> subprocess.CompletedProcess[str]:
        path = f"{SCRIPT.parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", "\n".join(lines)], env={**os.environ, "PATH": path}, cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120,
        )  # fmt: skip

    def filled(self, text: str) -> str:
        """A text with the paths of this home."""
        mount = next(path for path in self.home.parents if path.is_mount())
        places = {"{home}": str(self.home), "{mount}": str(mount), "{wal}": shlex.quote(f"{self.home}/it's.db")}
        for word, value in places.items():
            text = text.replace(word, value)
        return text

    def names(self) -> set[str]:
        """What is in all databases of the home, also in copies."""
        found = set()
        for path in self.home.rglob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                for table in ("profile", "stack", "component", "flavor"):
                    with suppress(sqlite3.Error):
                        found |= {f"{table} {name}" for (name,) in connection.execute(f"SELECT name FROM {table}")}
        return found


CASES = [(name, number) for name, situation in SITUATIONS.items() for number in range(len(situation.lines))]


@pytest.mark.parametrize(("name", "number"), CASES, ids=lambda value: str(value))
def test_a_line_does_what_it_says(name: str, number: int, shell: Shell) -> None:
    check(SITUATIONS[name], number, shell)


def check(situation: Situation, number: int, shell: Shell) -> None:
    """Make a situation, and type one of the lines that it is told to type."""
    made = shell("set -e", situation.before)
    assert made.returncode == 0, made.stderr
    if situation.on_server:
        shell.server.run(*(query.format(schema=shell.schema) for query in situation.on_server))
    here, failing = shell.filled(situation.here), shell.filled(situation.failing)
    refused = shell(here, failing)
    assert "Traceback" not in refused.stderr
    lines = [shell.filled(line) for line in situation.lines]
    assert TOLD.findall(refused.stderr) == lines, refused.stderr
    first = 0 if situation.in_order else number
    typed = " && ".join(meant(line, situation.values) for line in lines[first : number + 1])
    before = shell.names()
    done = shell(here, f"{typed} || exit 99")
    if SHOWS.match(typed):
        assert done.returncode == (99 if re.search("check|doctor|validate", typed) else 0), done.stderr
        assert done.stdout
        assert shell(here, failing).returncode == refused.returncode
        assert before <= shell.names()
        return
    assert done.returncode == 0, done.stderr
    assert before - shell.names() <= situation.loses
    again = shell(here, typed if typed.startswith(("unset", "export", "cd", "zprof use")) else "", failing)
    then = refused.returncode if lines[number] in situation.around else situation.then
    assert again.returncode == then, again.stderr
    if refused.returncode == then == 0 and lines[number] not in situation.around:
        assert lines[number] not in TOLD.findall(again.stderr)  # a warning is over


def meant(line: str, values: Mapping[str, str]) -> str:
    """A line as a person types it."""
    for word, value in values.items():
        line = re.sub(rf"(?<![\w$]){re.escape(word)}(?!\w)", value, line)
    return f"{line} --yes" if ASKS.search(line) else line


NOT_TYPED = {
    "active/floors.py putting_back": "a copy's name has its time: tests/test_undo.py types the line",
    "cli/apply.py create": "tests/test_apply.py has it: a FILE is that which was given before",
    "active/everywhere.py no_answer": "a server that takes too long: tests/test_all_profiles.py has one",
    "cli/command.py format_epilog": "leads to help",
    "cli/kinds.py kind_of": "for whoever adds a command",
    "cli/main.py run": "leads to help",
    "compatibility.py checked_version": "a second check, after that of the row",
    "doctor/facts.py faults_of": "a store on a server of an older format: tests/test_postgresql.py makes none",
    "doctor/facts.py upgrade": "the same",
    "hints.py line": "puts a profile into the lines of others",
    "sqlite/errors.py half_changed": "for the owner of another user's file",
    "profiles/making.py delete_profile": "for programs: the command line asks active/idle.py first",
    "schema/migration.py check_file": "a second check, after that of the copy",
    "store/stacks.py remove_from_stack": "the command line offers no such option: for programs",
    "system_errors.py too_many_files": "typed in tests/test_faults.py",
}


def untyped(situations: Iterable[Situation]) -> list[str]:
    """The lines in the source that no situation has."""
    lines = [(situation.place, line) for situation in situations for line in situation.lines]
    told = {(place, text) for place, line in lines for text in (line, re.sub(r"^zprof -p \S+", "zprof", line))}
    return [
        f"{line.place} {line.text}"
        for line in LINES
        if line.function not in NOT_TYPED
        and not line.function.startswith("cli/explain.py")
        and not any(place == line.function and re.fullmatch(line.pattern, text) for place, text in told)
    ]


def test_each_line_is_typed() -> None:
    assert untyped(SITUATIONS.values()) == []


def test_a_line_that_nobody_typed_is_seen() -> None:
    others = [situation for name, situation in SITUATIONS.items() if name != "protected profile"]
    (seen,) = untyped(others)
    assert seen.endswith("zprof profile unprotect NAME")


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": {"NAME": "nope"}},  # fails
        {"values": {"NAME": "default"}},  # changes nothing
        {"failing": "zprof profile delete other"},  # says something else
        {"lines": ("zprof profile set NAME", "zprof profile list")},
        {"then": 1},
    ],
)
def test_a_line_that_does_not_help_is_seen(wrong: dict[str, Any], shell: Shell) -> None:
    situation = SITUATIONS["active profile"]
    with pytest.raises(AssertionError):
        check(situation._replace(**wrong), 0, shell)


def test_a_line_that_loses_something_is_seen(shell: Shell) -> None:
    situation = SITUATIONS["ZenML's clean"]
    with pytest.raises(AssertionError, match="profile other"):
        check(situation._replace(loses=frozenset()), 0, shell)


class Option(NamedTuple):
    """A command that is refused, and what it says to add."""

    failing: str
    told: str
    added: str
    before: str = ""


EXPORTED = """
zprof alerter register ops -f slack --slack_token=hush
zprof stack update default -al ops
zprof stack export default exported.yaml
zprof profile create other
"""
OPTIONS = (
    Option("zprof profile delete other", "Add --yes.", "--yes", OTHER),
    Option("zprof db backup copy.db", "Add --yes.", "--yes", "zprof db backup copy.db"),
    Option(
        "zprof orchestrator register docker -f local", "add --confirm default.", "--confirm default",
        "zprof profile protect default",
    ),
    Option(
        f"zprof stack register new {STACK} -a more", "Add --decouple-stores", "--decouple-stores",
        "zprof artifact-store register more -f local",
    ),
    Option("zprof -p other stack import exported.yaml --name new", "=<value>', or =@FILE.",
           "--secret=alerter/ops.slack_token=x", EXPORTED),
    Option("zprof -p other stack import exported.yaml --secret=alerter/ops.slack_token=x",
           "Choose with --on-conflict rename or overwrite.", "--on-conflict rename", EXPORTED),
    Option("zprof -p other stack import exported.yaml --secret=alerter/ops.slack_token=x",
           "Choose with --on-conflict rename or overwrite.", "--on-conflict overwrite", EXPORTED),
    Option("zprof import-zenml $ZENML/config", "--prefix zenml-", "--prefix zenml-",
           "zprof orchestrator register mine -f local"),
    Option("zprof import-zenml $ZENML/config", "--rename default=NAME", "--rename default=new",
           "zprof orchestrator register mine -f local"),
    Option("zprof stack rename default new --if-revision 7", "and try again with 1.", "--if-revision 1"),
    Option("zprof profile create new --from default --url taken.db", "Choose another --url.", "--url free.db",
           "zprof profile create taken --url taken.db"),
)  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option.added} {option.failing}")
def test_an_option_does_what_is_said_of_it(option: Option, shell: Shell) -> None:
    made = shell("set -e", option.before)
    assert made.returncode == 0, made.stderr
    before = shell.names()
    refused = shell(option.failing)
    assert refused.returncode not in (0, 1)
    assert option.told in refused.stderr
    assert shell.names() == before
    done = shell(f"{option.failing} {option.added}")
    assert done.returncode == 0, done.stderr


def test_what_is_to_be_installed_is_offered() -> None:
    """These lines need a network: `pip install '.[postgresql]'` and `git pull`."""
    assert "postgresql" in (metadata("zprof").get_all("Provides-Extra") or ())
