"""What a tool takes only as a file, or as a text of a form of its own: made of a value, and kept private.

The files are in a directory of the user's alone, named by the process that they are for; the next start removes those
of processes that are gone.
"""

from __future__ import annotations

import json
import os
import stat
from base64 import b64encode
from collections.abc import Callable, Mapping
from shutil import rmtree
from typing import Any, NamedTuple

from zprof import paths
from zprof.errors import InvalidInput, Refused

Ask = Callable[[], Mapping[str, str]]
"""What gives the fields of the stored secret that an attribute names."""


class PrivateFile(NamedTuple):
    """A file that is written when the program starts, whose path the variable gets."""

    name: str
    content: str
    is_directory: bool = False
    """Whether the variable gets the directory that it is in, rather than the file."""


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
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise InvalidInput(f"The kubeconfig {path} can't be read: {type(error).__name__}.", "Mend it.") from None
        if isinstance(found, dict):
            merge_kubeconfig(merged, found, os.path.dirname(os.path.abspath(path)))
    contexts = [each.get("name") for each in merged["contexts"] if isinstance(each, dict)]
    if value not in contexts:
        raise InvalidInput(
            f"The kubeconfig ({', '.join(files)}) has no context '{value}'.",
            f"It has {', '.join(map(str, contexts)) or 'none'}. Leave out --also KUBECONFIG, or add the context.",
        )
    return PrivateFile("kubeconfig", yaml.safe_dump({**merged, "current-context": value}, sort_keys=False))


FILES_IN_KUBECONFIG = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""The keys whose values are paths, relative to the file that they stand in."""


def merge_kubeconfig(merged: dict[str, Any], found: Mapping[str, Any], directory: str) -> None:
    """Add what a file has, the first of a name counting, as kubectl does; paths in it become absolute."""
    for kind, inner in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
        known = {each.get("name") for each in merged[kind]}
        for each in found[kind] if isinstance(found.get(kind), list) else ():
            if not isinstance(each, dict) or each.get("name") in known:
                continue
            part = each.get(inner)
            if isinstance(part, dict):
                absolute = {key: os.path.join(directory, part[key]) for key in FILES_IN_KUBECONFIG if part.get(key)}
                each = {**each, inner: {**part, **absolute}}
            merged[kind].append(each)


def docker_auth(value: str, values: Mapping[str, Any], ask: Ask) -> str:
    """The login to a registry as docker's programs take it.

    Raises:
        InvalidInput: the stored secret has no user and password.
    """
    fields = ask()
    if not fields.get("username") or not fields.get("password"):
        raise InvalidInput(
            f"The secret '{value}' has no username and password.",
            f"Store them: `zprof secret set {value}.username`, `zprof secret set {value}.password`.",
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


def write_private(name: str, file: PrivateFile, process: int) -> str:
    """Write a file for a variable; the absolute path for the variable.

    Args:
        process: the process at whose end the file is of no use any more.

    Raises:
        Refused: the directory for such files is not this user's alone.
    """
    directory = os.path.join(private_dir(), str(process), name.lower())
    os.makedirs(directory, mode=0o700, exist_ok=True)
    path = os.path.join(directory, file.name)
    draft = f"{path}.{os.urandom(4).hex()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(file.content)
    os.replace(draft, path)
    return directory if file.is_directory else path


def private_dir() -> str:
    """The directory of such files: `zprof` in the user's runtime directory, else one of the user's own below /tmp.

    Raises:
        Refused: somebody else made it, or others can write to it.
    """
    runtime = paths.variable(paths.XDG_RUNTIME_DIR)
    is_usable = runtime is not None and os.path.isabs(runtime) and os.path.isdir(runtime)
    path = os.path.join(runtime or "", "zprof") if is_usable else f"/tmp/zprof-{os.getuid()}"  # noqa: S108, whose owner and mode are looked at
    os.makedirs(path, mode=0o700, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Refused(f"{path} is not this user's alone, and secrets would be written to it.", f"Remove {path}.")
    return path


def clean() -> None:
    """Remove the files of processes that are gone."""
    try:
        directory = private_dir()
        left = os.listdir(directory)
    except (OSError, Refused):
        return
    for name in left:
        if name.isdecimal() and not is_running(int(name)):
            rmtree(os.path.join(directory, name), ignore_errors=True)


def is_running(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
