"""Where state lives, and every environment variable that zprof reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

CONFIG_PATH = "ZPROF_CONFIG_PATH"
"""The config directory, instead of the platform's usual place."""
ACTIVATED_PROFILE = "ZPROF_ACTIVATED_PROFILE"
"""The profile to use in this shell, instead of the active one."""
ACTIVATED_STACK = "ZPROF_ACTIVATED_STACK"
"""The stack to use in this shell, instead of the profile's active one."""
DEBUG = "ZPROF_DEBUG"
"""`1` shows the traceback of an error."""
XDG_CONFIG_HOME = "XDG_CONFIG_HOME"
"""On Linux, where the config directories of all programs are, instead of ~/.config."""
NO_COLOR = "NO_COLOR"
"""Anything but empty: no colour, also on a terminal (https://no-color.org)."""


def variable(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """An environment variable's value; set to nothing counts as unset."""
    return (os.environ if environ is None else environ).get(name) or None


def config_dir() -> str:
    """The absolute path of the directory that holds the registry and the stores.

    `$ZPROF_CONFIG_PATH`, else what `click.get_app_dir("zprof")` gives: `$XDG_CONFIG_HOME/zprof` or `~/.config/zprof`
    on Linux, `~/Library/Application Support/zprof` on macOS. Written out here since the library does without click.
    """
    given = variable(CONFIG_PATH)
    if given:
        return os.path.abspath(os.path.expanduser(given))
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/zprof")
    return os.path.join(variable(XDG_CONFIG_HOME) or os.path.expanduser("~/.config"), "zprof")


def registry_file(directory: str) -> str:
    """The registry in a config directory."""
    return os.path.join(directory, "registry.db")


def profiles_dir(directory: str) -> str:
    """Where the stores of profiles without a URL of their own are."""
    return os.path.join(directory, "profiles")


def backups_dir(directory: str) -> str:
    """Where copies are kept that were made before an upgrade, a delete or a restore."""
    return os.path.join(directory, "backups")
