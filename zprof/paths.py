"""Where state lives, and every environment variable that zprof reads."""

from __future__ import annotations

import os
import pwd
import sys

from zprof.errors import InvalidInput

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_PATH = "ZPROF_CONFIG_PATH"
"""The config directory, instead of the platform's usual place."""
ACTIVATED_PROFILE = "ZPROF_ACTIVATED_PROFILE"
"""The profile to use in this shell, instead of the active one."""
ACTIVATED_STACK = "ZPROF_ACTIVATED_STACK"
"""The stack to use in this shell, instead of the profile's active one."""
ACTIVATED_VARIABLES = "ZPROF_ACTIVATED_VARIABLES"
"""Set by `zprof run` and `zprof env`: which variables that tools read are of which stack, `PROFILE/STACK:NAME,NAME`."""
REPOSITORY_PATH = "ZPROF_REPOSITORY_PATH"
"""The repository, instead of the nearest one upward from the working directory."""
IGNORE_STORE_COUPLINGS = "ZPROF_IGNORE_STORE_COUPLINGS"
"""`1` lets any artifact store go with any metadata store, and records no tie."""
HOOK = "ZPROF_HOOK"
"""Set by the function `zprof` of a shell, for its own calls alone: which shell evaluates what `zprof use` answers."""
BEFORE = "ZPROF_BEFORE"
"""Set by that function: what the shell named before its last switch, as PROFILE/STACK, either of them empty."""
SHELL_LEVEL = "ZPROF_SHELL_LEVEL"
"""Set by `zprof shell`: how many of its shells are within each other."""
SHELL = "SHELL"
"""The user's shell, which `zprof shell` opens."""
QUIET = "ZPROF_QUIET"
"""`1` is as `--quiet` in each command."""
DEBUG = "ZPROF_DEBUG"
"""`1` shows the traceback of an error."""
ZENML_CONFIG_PATH = "ZENML_CONFIG_PATH"
"""The configuration directory of ZenML that `import-zenml` reads, instead of the platform's usual place."""
OF_ZENML = {
    "ZENML_ACTIVATED_PROFILE": ACTIVATED_PROFILE,
    "ZENML_ACTIVATED_STACK": ACTIVATED_STACK,
    "ZENML_REPOSITORY_PATH": REPOSITORY_PATH,
    "ZENML_IGNORE_STORE_COUPLINGS": IGNORE_STORE_COUPLINGS,
}
"""ZenML's variables that are not read here, and what is read instead."""
XDG_CONFIG_HOME = "XDG_CONFIG_HOME"
"""On Linux, where the config directories of all programs are, instead of ~/.config."""
XDG_DATA_HOME = "XDG_DATA_HOME"
"""On Linux, where the data directories of all programs are, instead of ~/.local/share."""
SUDO_UID = "SUDO_UID"
"""Set by sudo: the number of the user who typed it. What root makes in that user's home the user could not use."""
GITHUB_ENV = "GITHUB_ENV"
"""In a workflow of GitHub, the file whose lines are the variables of the steps that follow."""
XDG_RUNTIME_DIR = "XDG_RUNTIME_DIR"
"""On Linux, a directory of the user's alone for what is of no use after the login ends."""
NO_COLOR = "NO_COLOR"
"""Anything but empty: no colour, also on a terminal (https://no-color.org)."""


def variable(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """An environment variable's value; set to nothing counts as unset."""
    return (os.environ if environ is None else environ).get(name) or None


def is_on(name: str) -> bool:
    """Whether a variable says yes: `1`, `true`, `yes` or `on`."""
    return (variable(name) or "").lower() in ("1", "true", "yes", "on")


def users_shell() -> str:
    """The user's shell, `/bin/sh` where none is named."""
    return variable(SHELL) or "/bin/sh"


def shell_level() -> int:
    """How many shells of `zprof shell` this process is in, one within the other."""
    found = variable(SHELL_LEVEL) or ""
    return int(found) if found.isdecimal() and len(found) < 5 else 0


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment for a program: that of this process without what is zprof's own, and with changes.

    Without what the shell's function has set, and, in the locale `C`, without LC_CTYPE, which Python sets for itself
    there (PEP 538); also without a variable that has no name, with which Python starts no program.

    Args:
        changes: values by name; None unsets.
    """
    coerced = {} if _is_given("LC_CTYPE") else {"LC_CTYPE": None}
    changed = {**os.environ, **coerced, "": None, HOOK: None, BEFORE: None, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}


def _is_given(name: str) -> bool:
    """Whether this process was started with a variable, as far as the system tells."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return any(line.startswith(f"{name}=".encode()) for line in file.read().split(b"\0"))
    except OSError:
        return True


def unread() -> dict[str, str]:
    """ZenML's variables that are set as if they counted here, and what would: that is not set."""
    return {name: ours for name, ours in OF_ZENML.items() if variable(name) and not variable(ours)}


def config_dir() -> str:
    """The absolute path of the directory that holds the registry and the stores.

    `$ZPROF_CONFIG_PATH`, else what `click.get_app_dir("zprof")` gives: `$XDG_CONFIG_HOME/zprof` or `~/.config/zprof`
    on Linux, `~/Library/Application Support/zprof` on macOS. Written out here since the library does without click.

    Raises:
        InvalidInput: the variable holds a relative path, or there is no home.
    """
    given = variable(CONFIG_PATH)
    if given:
        return os.path.abspath(_from_the_root(given))
    if sys.platform == "darwin":
        return _in_home("~/Library/Application Support/zprof")
    return os.path.join(_xdg(XDG_CONFIG_HOME, "~/.config"), "zprof")


def data_dir() -> str:
    """The absolute path of the directory in which each component that needs it has a place of its own.

    `$ZPROF_CONFIG_PATH/data` if that variable is set, else `$XDG_DATA_HOME/zprof` or `~/.local/share/zprof` on Linux,
    and `data` in the config directory on macOS.

    Raises:
        InvalidInput: as for `config_dir`.
    """
    if variable(CONFIG_PATH) or sys.platform == "darwin":
        return os.path.join(config_dir(), "data")
    return os.path.join(_xdg(XDG_DATA_HOME, "~/.local/share"), "zprof")


def zenml_config_dir() -> str:
    """The absolute path of the directory in which ZenML keeps its profiles, found in the way of `config_dir`."""
    given = variable(ZENML_CONFIG_PATH)
    if given:
        return _absolute(given)
    if sys.platform == "darwin":
        return _in_home("~/Library/Application Support/zenml")
    return os.path.join(_xdg(XDG_CONFIG_HOME, "~/.config"), "zenml")


def _xdg(name: str, usual: str) -> str:
    """Where directories of a kind are; a relative path in the variable is to be ignored, says its specification."""
    given = variable(name) or ""
    return given if os.path.isabs(given) else _in_home(usual)


def _in_home(path: str) -> str:
    """A path in the user's home.

    Raises:
        InvalidInput: there is none, and a relative path would lead to another place from each directory.
    """
    found = os.path.expanduser(path) if variable("HOME") else _without_home(path)
    if not os.path.isabs(found):
        raise InvalidInput("There is no home directory to keep the profiles in.", f"Set $HOME or ${CONFIG_PATH}.")
    return found


def _without_home(path: str) -> str:
    """The same by the system's list of users; where the user is not in it, the path as it is."""
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return path
    return home + path.removeprefix("~")


def _from_the_root(path: str) -> str:
    """A path that leads to the same place from each directory; else there would be a registry in each."""
    found = os.path.expanduser(path)
    if not os.path.isabs(found):
        from shlex import quote  # on the way to an error alone

        raise InvalidInput(
            f"${CONFIG_PATH} holds a relative path, '{path}', which means another place in each directory.",
            f"Use an absolute path: `export {CONFIG_PATH}={quote(_absolute(path))}`.",
        )
    return found


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(os.path.expanduser(path))
    except FileNotFoundError:
        raise InvalidInput(
            "The working directory no longer exists, so a relative path can't be used.", "Change to another directory."
        ) from None


def registry_file(directory: str) -> str:
    """The registry in a config directory."""
    return os.path.join(directory, "registry.db")


def profiles_dir(directory: str) -> str:
    """Where the stores of profiles without a URL of their own are."""
    return os.path.join(directory, "profiles")


def secrets_dir(directory: str) -> str:
    """Where `zprof secret` keeps what it is given."""
    return os.path.join(directory, "secrets")


def backups_dir(directory: str) -> str:
    """Where copies are kept, and the stores of deleted profiles."""
    return os.path.join(directory, "backups")
