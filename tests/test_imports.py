"""What each command imports of others, seen in a fresh process: start-up is what users feel on each command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from commands import Leaf, check_each_is_in, leaves, with_dummy
from conftest import Zprof, made_by, move_default_store, move_in
from postgresql_server import Server

from zprof.__main__ import run
from zprof.paths import HOOK

NONE: set[str] = set()
CLICK = {"click"}
TABLE = CLICK | {"tabulate", "wcwidth"}
VALIDATING = CLICK | {"jsonschema_rs"}

ALLOWED = {
    "--help": CLICK,
    "--version": CLICK,
    "profile --help": CLICK,
    "orchestrator --help": CLICK,
    "profile get": NONE,
    "profile get -q": CLICK,
    "profile set default": CLICK,
    "profile set other": CLICK,
    "stack get": NONE,
    "stack get -q": CLICK,
    "stack set default": CLICK,
    "stack set other": CLICK,
    "orchestrator get": CLICK,
    "init": CLICK,
    "shell --help": CLICK,
    "shell-init bash": NONE,
    "shell-init bash --prompt": CLICK,
    "completion bash": CLICK,
    "prompt": NONE,
    "prompt --format {profile}": NONE,
    "prompt -q": CLICK,
    "status": CLICK,
    "use other": CLICK,
    "schema Stack": CLICK,
    "status --check": CLICK,
    "status -o json": CLICK,
    "run -p d*t -- true": CLICK,
    "env": CLICK,
    "diff default": CLICK,
    "diff default@-1 default@-1 -o json": CLICK,
    "export": CLICK | {"yaml"},
    "edit --yes": CLICK | {"yaml"},
    "apply -f other.yaml": CLICK | {"yaml"},
    "export -o json": CLICK,
    "env --show-secrets": CLICK,
    "log": TABLE,
    "log list": TABLE,
    "log -o json --entity stack/other": CLICK,
    "log show": CLICK,
    "log show --registry -o json": CLICK,
    "log prune --keep 0 --yes": CLICK,
    "log prune --secrets --yes": CLICK,
    "db status": TABLE,
    "db status --all -o json": CLICK,
    "db check --all": CLICK,
    "db backup": CLICK,
    "db backup --registry": CLICK,
    "db restore copy.db --yes": CLICK,
    "db upgrade --all": CLICK,
    "doctor": CLICK,
    "doctor --fix": CLICK,
    "doctor -o json": CLICK,
    "status -o name": CLICK,
    "profile list": TABLE,
    "profile describe": CLICK,
    "stack list": TABLE,
    "stack list --name o* --flavor local --uses default --limit 1": TABLE,
    "stack list --all-profiles": TABLE,
    "stack list --all-profiles -o name": CLICK,
    "stack describe": CLICK,
    "stack describe --graph": CLICK,
    "orchestrator list": TABLE,
    "orchestrator describe default": CLICK,
    "orchestrator flavor list": TABLE,
    "orchestrator flavor describe local": CLICK,
    "profile list -o json": CLICK,
    "profile list -o name": CLICK,
    "profile list -o csv": CLICK,
    "profile list -o yaml": CLICK | {"yaml"},
    "stack register new -o default -a default -m default": CLICK,
    "stack update other -o default": CLICK,
    "stack rename other another": CLICK,
    "stack delete other -y": CLICK,
    "orchestrator rename spare spared": CLICK,
    "orchestrator delete spare -y": CLICK,
    "orchestrator register docker -f local_docker": VALIDATING,
    "orchestrator update spare --docker_parent_image=x": VALIDATING,
    "profile create new": CLICK,
    "profile rename other another": CLICK,
    "profile delete other -y": CLICK,
    "profile restore": CLICK,
    "profile protect other": CLICK,
    "profile unprotect other": CLICK,
    "profile explain": CLICK,
    "stack remove-component other -al": CLICK,
    "stack copy other copied": VALIDATING,
    "stack export other": CLICK | {"yaml"},
    "stack import other.yaml --name imported": VALIDATING | {"yaml"},
    "stack validate": CLICK,
    "stack explain": CLICK,
    "orchestrator remove-attribute spare docker_parent_image": VALIDATING,
    "orchestrator copy spare copied": VALIDATING,
    "orchestrator explain": CLICK,
    "alerter flavor register new --schema schema.json": VALIDATING,
    "alerter flavor delete mine -y": CLICK,
    "import-zenml zenml --prefix zenml-": VALIDATING | {"yaml"},
    "secret set db.password @schema.json": CLICK,
    "secret get spare.key --manager vault": CLICK,
    "secret list --manager vault": TABLE,
    "secret list -o name --manager vault": CLICK,
    "secret rm spare.key --manager vault -y": CLICK,
    "undo": CLICK,
    "redo": CLICK,
    "allow --list": TABLE,
    "allow alerter ops --stack other -y": CLICK,
}
"""By an example of each command; the twelve types of component are one."""

PROGRAM = """
import json, os, sys
from zprof.__main__ import run
code = run(sys.argv[1:])
names = {module.partition(".")[0] for module in sys.modules}
with open(os.environ["SEEN"], "w") as file:
    json.dump([code, sorted(names)], file)
"""


FILES = {"schema.json": '{"properties": {}}'}
POPULATING = (
    ("profile", "create", "other"),
    ("stack", "register", "other", "-o", "default", "-a", "default", "-m", "default"),
    ("orchestrator", "register", "spare", "-f", "local_docker"),
    ("db", "backup", "copy.db"),
    ("alerter", "register", "ops", "-f", "slack", "--slack_token=${env:TOKEN}"),
    ("stack", "update", "other", "-al", "ops"),
    ("stack", "export", "other", "other.yaml"),
    ("orchestrator", "update", "spare", "--docker_parent_image=x"),
    ("alerter", "flavor", "register", "mine", "--schema", "schema.json"),
    ("secrets-manager", "register", "vault", "-f", "local"),
    ("stack", "update", "default", "-x", "vault"),
    ("secret", "set", "spare.key", "@schema.json"),
    ("orchestrator", "register", "undone", "-f", "local_docker"),
    ("undo",),
)
"""What gives each of the examples something to work on, and the files that it needs."""


@pytest.fixture(scope="session")
def populated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(tmp_path_factory.mktemp("populated") / "home", *POPULATING, files=FILES)


@pytest.fixture
def populated(populated_home: Path, home: Path) -> None:
    move_in(populated_home, home)
    (home / "zenml").symlink_to(Path(__file__).parent / "data" / "zenml-0.13.2" / "config")


IN_A_REPOSITORY = {
    "prompt": NONE,
    "profile get": NONE,
    "profile set other": CLICK,
    "profile set other --personal": CLICK,
    "profile unset": CLICK,
    "profile unset --personal": CLICK,
    "stack get": NONE,
    "stack set other": CLICK,
    "stack set other --personal": CLICK,
    "stack unset": CLICK,
    "stack unset --personal": CLICK,
    "status": CLICK,
}


def check_allowed(known: Iterable[Leaf]) -> None:
    check_each_is_in(
        "ALLOWED in tests/test_imports.py",
        [entry.split() for entry in (*ALLOWED, *IN_A_REPOSITORY)],
        lambda leaf: f'"{" ".join(leaf.usage)}": CLICK,',
        known,
    )


def test_each_command_is_in_the_table() -> None:
    check_allowed(leaves())
    with pytest.raises(AssertionError, match=r"add a line for `zprof thing dummy` to ALLOWED in tests/test_imports.py"):
        check_allowed(leaves(with_dummy()))


@pytest.mark.parametrize("command", IN_A_REPOSITORY)
def test_imports_in_a_repository(populated: None, first_run: Zprof, tmp_path: Path, command: str) -> None:
    assert first_run("init").code == 0
    code, seen = imported(PROGRAM, command.split(), tmp_path)
    assert code == 0
    assert third_party(seen) == IN_A_REPOSITORY[command]


@pytest.mark.parametrize("command", ALLOWED)
def test_imports(populated: None, tmp_path: Path, command: str) -> None:
    code, seen = imported(PROGRAM, command.split(), tmp_path)
    assert code == 0
    assert third_party(seen) == ALLOWED[command]


DRIVER = {"psycopg", "psycopg_binary"}
WITHOUT_THE_STORE = {
    "--help",
    "--version",
    "profile --help",
    "orchestrator --help",
    "profile get",
    "profile get -q",
    "profile set default",
    "profile set other",
    "profile list",
    "profile list -o json",
    "profile list -o name",
    "profile list -o csv",
    "profile list -o yaml",
    "profile describe",
    "profile create new",
    "profile rename other another",
    "profile delete other -y",
    "profile restore",
    "profile protect other",
    "profile unprotect other",
    "profile explain",
    "stack get",
    "stack get -q",
    "stack explain",
    "orchestrator explain",
    "orchestrator flavor describe local",
    "shell --help",
    "shell-init bash",
    "completion bash",
    "prompt",
    "prompt --format {profile}",
    "prompt -q",
    "shell-init bash --prompt",
    "status",
    "use other",
    "schema Stack",
    "status -o json",
    "status -o name",
    "init",
    "db backup",
    "db backup --registry",
    "db restore copy.db --yes",
    "import-zenml zenml --prefix zenml-",
    "allow --list",
    "log show --registry -o json",
}
"""Those that have no need to look into the store in effect, so that they load no driver either."""


REFUSED_ON_A_SERVER = {"db backup", "db restore copy.db --yes"}
"""Those that tell the line of PostgreSQL's own program instead."""


EMPTY_ON_A_SERVER = {"secret get spare.key --manager vault", "secret rm spare.key --manager vault -y"}
"""Those that are told that there is nothing: a store that was copied to a server has secrets managers of its own."""


AT_A_FLOOR = {"undo", "redo"}
"""Those that don't go below the copying of a store to a server: what they take back is done after it."""


@pytest.mark.parametrize("command", ALLOWED)
def test_imports_on_a_server(populated: None, config: Path, postgresql: Server, tmp_path: Path, command: str) -> None:
    """A command on a server imports what it does on a file, and psycopg."""
    move_default_store(config, postgresql.url(postgresql.new_schema()), with_contents=True)
    if command in AT_A_FLOOR:
        for words in POPULATING[-2:] if command == "redo" else POPULATING[-2:-1]:
            assert run(("-q", *words)) == 0
    code, seen = imported(PROGRAM, command.split(), tmp_path)
    assert code == (7 if command in REFUSED_ON_A_SERVER else 3 if command in EMPTY_ON_A_SERVER else 0)
    driver = set() if command in WITHOUT_THE_STORE else DRIVER
    borrowed = {"psycopg_c", "typing_extensions"}  # as psycopg was built, and what it takes before Python 3.13
    assert third_party(seen) - borrowed == ALLOWED[command] | driver


SLOW = {"typing", "json", "contextlib", "datetime", "sqlite3", "tomllib", "signal", "threading", "argparse", "shlex"}
"""Of the standard library: each takes 1 to 6 ms, which a shell's prompt would pay on each line, and a Tab, too."""
KEYSTROKES = (
    *("prompt", "prompt --format {profile}", "__complete ", "__complete stack set ", "__complete profile set o"),
    *("__complete orchestrator describe ", "__complete stack register new --orchestrator="),
)
"""What a shell asks at each prompt and each Tab."""
LEAN_PROGRAM = """
import os, sys
from zprof.__main__ import answered
code = answered(sys.argv[1:])
with open(os.environ["SEEN"], "w") as file:
    file.write('[%d, ["%s"]]' % (code, '", "'.join(sys.modules)))
"""


@pytest.mark.parametrize("is_in_project", [False, True])
@pytest.mark.parametrize("line", KEYSTROKES)
def test_a_keystroke_imports_nothing_slow(
    populated: None, first_run: Zprof, tmp_path: Path, line: str, is_in_project: bool
) -> None:
    if is_in_project:
        assert first_run("init").code == 0
    code, seen = imported(LEAN_PROGRAM, line.split(" "), tmp_path)
    assert code == 0
    assert "zprof.keystrokes.answering" in seen
    assert SLOW & set(seen) == set()
    assert third_party([name.partition(".")[0] for name in seen]) == set()


BECOMING = """
import os, sys
from zprof.__main__ import answered
os.execvpe = lambda *_: sys.exit()
try:
    answered(["run", "--", "true"])
except SystemExit:
    with open(os.environ["SEEN"], "w") as file:
        file.write('[0, ["%s"]]' % '", "'.join(sys.modules))
"""


def test_a_program_waits_for_no_more_than_the_stack(populated: None, tmp_path: Path) -> None:
    _, seen = imported(BECOMING, [], tmp_path)
    assert "zprof.environment.running" in seen
    assert third_party([name.partition(".")[0] for name in seen]) == set()
    slow = {"zprof.profiles.registry", "zprof.sqlite.database", "zprof.references.resolving", "zprof.store.store"}
    assert slow & set(seen) == set()


def test_a_slow_import_is_seen(populated: None, tmp_path: Path) -> None:
    _, seen = imported("import tomllib" + LEAN_PROGRAM, ["prompt"], tmp_path)
    assert SLOW & set(seen) >= {"tomllib", "typing"}


def test_an_import_too_many_is_seen(populated: None, tmp_path: Path) -> None:
    _, seen = imported("import yaml\n" + PROGRAM, ["profile", "get"], tmp_path)
    assert third_party(seen) - CLICK == {"yaml"}


def test_help_imports_no_command(first_run: Zprof) -> None:
    program = (
        "import sys; from zprof.cli.main import run; run(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('zprof.cli.profile', 'zprof.cli.stack', 'zprof.cli.component')))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


def test_the_library_imports_no_more_than_it_needs(zprof: Zprof) -> None:
    program = (
        "import sys, zprof; before = set(sys.modules); assert 'zprof.profiles.registry' not in before;"
        "zprof.active_stack(); zprof.open_profile().stacks();"
        "sys.exit(any(m in sys.modules for m in ('click', 'sqlalchemy', 'alembic', 'jsonschema_rs', 'yaml')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def imported(program: str, words: list[str], tmp_path: Path) -> tuple[int, list[str]]:
    """The exit code and the top-level modules that a fresh process has loaded after a command."""
    seen = tmp_path / "seen.json"
    environment = {
        **os.environ,
        "SEEN": str(seen),
        HOOK: "bash",
        "EDITOR": "true",
    }  # without a hook, `zprof use` refuses
    subprocess.run([sys.executable, "-c", program, *words], env=environment, capture_output=True, check=True)
    code, names = json.loads(seen.read_text())
    return code, names


def third_party(names: list[str]) -> set[str]:
    """Those that are neither of the standard library, nor zprof, nor of what starts Python in a checkout."""
    ours = {"zprof", "__main__", "_virtualenv", "_distutils_hack", "sitecustomize", "cython_runtime"}
    ours |= {"_yaml", "_cffi_backend"}  # parts of yaml and of others, where they were built with their C code
    ours |= {"pygments"}  # which mako takes where the tools of the tests have brought it
    return {
        name
        for name in names
        if name not in sys.stdlib_module_names
        and name not in ours
        and not name.startswith(("__editable__", "_cython_", "_sysconfigdata"))
    }
