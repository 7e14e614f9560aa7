"""What a tool takes only as a file, or as a text of a form of its own, made of a value."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from zprof import paths
from zprof.environment.private import PrivateFile
from zprof.errors import InvalidInput
from zprof.printable import in_shell

Ask = Callable[[], Mapping[str, str]]
"""What gives the fields of the stored secret that an attribute names."""


def key_file(value: str, values: Mapping[str, Any], ask: Ask) -> PrivateFile:
    """A service account's key, which google-auth refuses as text."""
    return PrivateFile("key.json", value)


def kubeconfig(value: str, values: Mapping[str, Any], ask: Ask) -> PrivateFile:
    """The user's kubeconfig with this current context: no variable picks one.

    Raises:
        InvalidInput: there is no kubeconfig, or it has no such context.
    """
    import yaml  # for this variable alone

    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []}
    usual = os.path.expanduser("~/.kube/config")
    files = list(filter(None, (paths.variable("KUBECONFIG") or usual).split(os.pathsep)))
    for path in files:
        try:
            with open(path, encoding="utf-8") as file:
                found = yaml.safe_load(file)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            raise InvalidInput(f"The kubeconfig {path} can't be read: {type(error).__name__}.", "Fix it.") from None
        if isinstance(found, dict):
            merge_kubeconfig(merged, found, os.path.dirname(os.path.abspath(path)))
    contexts = [each["name"] for each in merged["contexts"]]
    if value not in contexts:
        raise InvalidInput(
            f"The kubeconfig ({', '.join(files)}) has no context named '{value}'.",
            f"It has {', '.join(contexts) or 'none'}. Drop --also KUBECONFIG, or add the context.",
        )
    return PrivateFile("kubeconfig", yaml.safe_dump({**merged, "current-context": value}, sort_keys=False))


FILES_IN_KUBECONFIG = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""The keys whose values are paths, relative to the file that they stand in."""


def merge_kubeconfig(merged: dict[str, Any], found: Mapping[str, Any], directory: str) -> None:
    """Add what a file has, the first of a name counting, as kubectl does; paths in it become absolute."""
    for kind, inner in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
        known = {each["name"] for each in merged[kind]}
        for each in found[kind] if isinstance(found.get(kind), list) else ():
            if not isinstance(each, dict) or not isinstance(each.get("name"), str) or each["name"] in known:
                continue
            part = each.get(inner)
            merged[kind].append(
                {**each, inner: with_absolute_paths(part, directory)} if isinstance(part, dict) else each
            )


def with_absolute_paths(part: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """A cluster, a context or a user with the paths in it as they are from anywhere.

    The command of a plugin is a path if there is a slash in it; else it is looked for in `PATH`.
    """
    changed = {key: joined(directory, part[key]) for key in FILES_IN_KUBECONFIG if part.get(key)}
    plugin = part.get("exec")
    if isinstance(plugin, dict) and "/" in str(plugin.get("command")):
        changed["exec"] = {**plugin, "command": joined(directory, plugin["command"])}
    return {**part, **changed}


def joined(directory: str, path: Any) -> Any:
    """A path from a directory; what is none is left to the tool that says so."""
    return os.path.join(directory, path) if isinstance(path, str) else path


def docker_auth(value: str, values: Mapping[str, Any], ask: Ask) -> str:
    """The login to a registry as docker's programs take it.

    Raises:
        InvalidInput: the stored secret has no user and password.
    """
    from base64 import b64encode

    fields = ask()
    if not fields.get("username") or not fields.get("password"):
        raise InvalidInput(
            f"The secret '{value}' doesn't have both a username and a password.",
            " ".join(f"Run `zprof secret set {in_shell(f'{value}.{key}')}`." for key in ("username", "password")),
        )
    login = b64encode(f"{fields['username']}:{fields['password']}".encode()).decode()
    registry = str(values.get("uri", "")).partition("/")[0] or "https://index.docker.io/v1/"
    if registry in ("docker.io", "index.docker.io"):
        registry = "https://index.docker.io/v1/"
    return json.dumps({"auths": {registry: {"auth": login}}})


def docker_config(value: str, values: Mapping[str, Any], ask: Ask) -> PrivateFile:
    """The same as a directory for $DOCKER_CONFIG, in place of all other logins."""
    return PrivateFile("config.json", docker_auth(value, values, ask), is_directory=True)


MAKERS: Mapping[str, Callable[[str, Mapping[str, Any], Ask], str | PrivateFile]] = {
    "docker_auth": docker_auth,
    "docker_config": docker_config,
    "key_file": key_file,
    "kubeconfig": kubeconfig,
}
"""By what `made` says in the catalog."""
