"""What `${env:…}`, `${file:…}` and `${keyring:…}` stand for on this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Any

from zprof.files import text_in_utf8
from zprof.printable import in_shell
from zprof.system_errors import TOO_MANY, too_many_files

MAX_BYTES = 128 * 1024
"""Of a file: more than any variable of a program can hold."""
KEYRING_USER = "zprof"
"""The user of each password in the keyring: a service of ours has one."""


class Unresolvable(Exception):
    """A reference that stands for nothing: why, and what to do. A signal within this room, never shown by itself."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why = why
        """As the end of a sentence that begins with the reference."""
        self.cure = cure


def variable_value(variable: str) -> str:
    """The value of an environment variable.

    Raises:
        Unresolvable: it is not set, or set to nothing, which is as bad: a program takes an empty text for a value.
    """
    value = os.environ.get(variable)
    if not value:
        state = "is not set" if value is None else "is empty"
        raise Unresolvable(f"the variable {state}", f"Run `export {variable}=<value>`.")
    return text(value, "the variable holds")


def file_content(given: str, within: Sequence[str] | None = None) -> str:
    """What a file holds, without a newline at its end.

    Args:
        given: its path, absolute or from `~/`.
        within: the directories of which it must be in one; anywhere, if None.

    Raises:
        Unresolvable: it can't be read, is no text, or is elsewhere, be it by a link or by `..`.
    """
    path = os.path.expanduser(given)
    if not os.path.isabs(path):
        raise Unresolvable("there is no home directory", "Set $HOME, or write an absolute path.")
    try:
        # A pipe or a terminal must not make anyone wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in TOO_MANY:
            raise too_many_files() from None
        raise Unresolvable(f"the file can't be read: {error.strerror}", "Check the path and its permissions.") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Unresolvable("that is not a regular file", "Give the path of a file.")
        if within is not None and not _is_within(path, found, within):
            raise Unresolvable("the file is really somewhere else", "Check where its symbolic links lead.")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise Unresolvable(f"the file is larger than {MAX_BYTES // 1024} KiB", "Use a file that holds a single value.")
    try:
        held = text_in_utf8(content)
    except UnicodeDecodeError:
        raise Unresolvable("the file is not text in UTF-8", "Use a text file.") from None
    held = held.removesuffix("\n").removesuffix("\r")
    if not held:
        raise Unresolvable("the file is empty", "Write the value to it.")
    return text(held, "the file holds")


def is_in(path: str, directories: Sequence[str]) -> bool:
    """Whether a path leads into one of some directories, once all links and `..` are followed."""
    real = os.path.realpath(os.path.expanduser(path))
    return any(real.startswith(os.path.realpath(directory).rstrip("/") + "/") for directory in directories)


def _is_within(path: str, opened: os.stat_result, directories: Sequence[str]) -> bool:
    """The same of a file that is open: its links may have been changed since its path was looked at."""
    real = os.path.realpath(path)
    try:
        return is_in(real, directories) and os.path.samestat(os.lstat(real), opened)
    except OSError:
        return False


def password(service: str) -> str:
    """The password that the system's keyring has for a service.

    Raises:
        Unresolvable: it has none, there is no keyring, or the library for it is not installed.
    """
    keyring = _keyring()
    try:
        found = keyring.get_password(service, KEYRING_USER)
    except Exception as error:  # whatever a backend raises: each has its own
        raise Unresolvable(
            f"the keyring failed ({type(error).__name__})", "Unlock it, or see what `keyring diagnose` says."
        ) from None
    if not found:
        cure = f"Run `keyring set {in_shell(service)} {KEYRING_USER}`."
        raise Unresolvable("the keyring has no password for it", cure)
    return text(found, "the keyring holds")


def _keyring() -> Any:
    """The library, which is an extra, and slow to import."""
    try:
        import keyring
    except ImportError:
        raise Unresolvable(
            "reading from the keyring needs the library keyring, which is not installed",
            "In a checkout of zprof, run `pip install '.[keyring]'`.",
        ) from None
    return keyring


def text(value: Any, subject: str) -> str:
    """A value that a program can be given.

    Raises:
        Unresolvable: it holds the one character that no variable of a program can, or bytes that are no text.
    """
    if "\0" in value:
        raise Unresolvable(f"{subject} a NUL character", "Use another value.")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise Unresolvable(f"{subject} bytes that are not UTF-8", "Use another value.")
    return str(value)
