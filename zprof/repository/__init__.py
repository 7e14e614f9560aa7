"""A project's own choice of a profile and a stack, by name alone: a directory with a `.zprof/` in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from zprof import paths
from zprof.errors import Conflict, InvalidInput, NotFound, ZprofError
from zprof.names import checked_name
from zprof.printable import in_shell

if TYPE_CHECKING:
    from zprof.repository.file import Names

DIRECTORY = ".zprof"
"""What makes a directory a repository: a directory of this name in it."""
FILE = "config.toml"


class NoRepository(ZprofError):
    """There is no repository where one is needed or named."""

    exit_code = 3
    code = "not_found"


class MalformedRepository(InvalidInput):
    """A repository's file is not TOML, or what it names can't be a name."""

    code = "malformed_repository"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"{path} is malformed: {problem}.",
            "Fix it by hand, or type `zprof profile set NAME`: a new one is written, and this one is kept beside it.",
        )
        self.path = path


class UnknownLocalProfile(NotFound):
    """A repository names a profile that this machine lacks, as one that was made elsewhere may."""


class Repository:
    """A directory whose `.zprof/config.toml` says which profile and stack count in it and below.

    The file is read when a name is first asked for, so that what is named elsewhere never depends on it. Where it can't
    be understood, reading and changing raise `MalformedRepository`, unless something else is said.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.path = os.path.join(root, DIRECTORY, FILE)
        self.kept: str | None = None
        """Where a file that could not be understood is kept since it was replaced."""
        self.dropped: str | None = None
        """The stack that was named beside the profile before another one was chosen."""

    @cached_property
    def names(self) -> Names:
        """What it names."""
        from zprof.repository.file import Malformed, Names, content  # paid in repositories alone

        try:
            found = content(self.path)
        except Malformed as error:
            raise MalformedRepository(self.path, str(error)) from None
        return Names() if found is None else found.names

    @property
    def profile(self) -> str | None:
        """The profile that it names, if any."""
        return self.names.profile

    @property
    def stack(self) -> str | None:
        """The stack that it names, if any."""
        return self.names.stack

    def choose_profile(self, name: str) -> bool:
        """Name a profile, and no stack any more; False when it is the one that was named. It is not looked for.

        A malformed file is replaced, and kept: one can always switch away. A stack that was named is `dropped`.
        """
        with suppress(MalformedRepository):
            if self.profile == name:
                return False
            self.dropped = self.stack
        self.change(lambda names: names._replace(profile=name, stack=None), is_mending=True)
        return True

    def choose_stack(self, name: str) -> None:
        """Name a stack, beside the profile that was named when this was read. It is not looked for.

        Raises:
            Conflict: another process has made it name another profile meanwhile.
        """
        profile = self.profile

        def changed(names: Names) -> Names:
            if names.profile != profile:
                raise Conflict(f"Another process has changed the profile in {self.path}.", "Look, and try again.")
            return names._replace(stack=name)

        self.change(changed)

    def forget_profile(self) -> bool:
        """Name no profile and no stack; False when none was named. A malformed file is replaced, and kept."""
        with suppress(MalformedRepository):
            if self.names == (None, None):
                return False
        self.change(lambda names: names._replace(profile=None, stack=None), is_mending=True)
        return True

    def forget_stack(self) -> bool:
        """Name no stack; False when none was named."""
        if self.stack is None:
            return False
        self.change(lambda names: names._replace(stack=None))
        return True

    def rename(self, profile: str, new_name: str) -> None:
        """Follow a profile to its new name, if it is the one that is named."""
        self.change(lambda names: names._replace(profile=new_name) if names.profile == profile else names)

    def change(self, changed: Callable[[Names], Names], *, is_mending: bool = False) -> None:
        """Name others.

        Args:
            changed: from the names that the file has, while no other process can change it.
            is_mending: replace a malformed file.
        """
        from zprof.repository import file as repository_file

        try:
            self.names, self.kept = repository_file.change(self.path, changed, is_mending=is_mending)
        except repository_file.Malformed as error:
            raise MalformedRepository(self.path, str(error)) from None


def found() -> Repository | None:
    """The repository of the working directory: the nearest upward, or the one at `$ZPROF_REPOSITORY_PATH`.

    Raises:
        NoRepository: the variable names a directory that is none.
    """
    given = paths.variable(paths.REPOSITORY_PATH)
    try:
        directory = os.path.abspath(os.path.expanduser(given)) if given else os.getcwd()
    except OSError:  # the working directory has been removed
        return None
    if given is not None:
        if not is_repository(directory):
            raise NoRepository(
                f"There is no repository at {directory}, though ${paths.REPOSITORY_PATH} names it.",
                f"Make one with `zprof init {in_shell(given)}`, or type `unset {paths.REPOSITORY_PATH}`.",
            )
        return Repository(directory)
    while not is_repository(directory):
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above
    return Repository(directory)


def needed() -> Repository:
    """The same for what makes no sense without one.

    Raises:
        NoRepository: there is none.
    """
    repository = found()
    if repository is None:
        raise NoRepository(
            "There is no repository here, nor in a directory above.",
            "What is active globally is changed by `zprof profile set NAME` and `zprof stack set NAME`.",
        )
    return repository


def is_repository(directory: str) -> bool:
    """Whether a directory is one. zprof's own config directory may be named `.zprof`, too."""
    inside = os.path.join(directory, DIRECTORY)
    return os.path.isdir(inside) and os.path.realpath(inside) != os.path.realpath(paths.config_dir())


def is_overruled(repository: Repository) -> bool:
    """Whether `$ZPROF_REPOSITORY_PATH` leads elsewhere, so that a repository doesn't count in this shell."""
    given = paths.variable(paths.REPOSITORY_PATH)
    return given is not None and os.path.realpath(os.path.expanduser(given)) != os.path.realpath(repository.root)


def make(directory: str, *, profile: str | None = None, stack: str | None = None) -> Repository:
    """Make a directory a repository that names a profile and a stack.

    Raises:
        Conflict: it is one.
        InvalidName: a name that only a hand can have put into the registry.
    """
    for kind, name in (("profile", profile), ("stack", stack)):
        if name is not None:
            checked_name(kind, name)
    try:
        repository = Repository(os.path.abspath(directory))
        os.mkdir(os.path.dirname(repository.path))
    except FileExistsError:
        raise in_the_way(repository) from None
    except OSError as error:
        from zprof.system_errors import cause  # on the way to an error alone

        raise cause(error, directory) or ZprofError(
            f"{directory} can't be made a repository: {error.strerror}.", "Choose another one."
        ) from None
    try:
        repository.change(lambda names: names._replace(profile=profile, stack=stack))
    except ZprofError:
        with suppress(OSError):
            os.rmdir(os.path.dirname(repository.path))
        raise
    return repository


def in_the_way(repository: Repository) -> Conflict:
    """The error of a directory that is a repository, or can't be made one."""
    if is_repository(repository.root):
        return Conflict(
            f"There is a repository at {repository.root} already.",
            "Change what it names with `zprof profile set NAME` and `zprof stack set NAME`.",
        )
    return Conflict(f"{os.path.dirname(repository.path)} is in the way.", "Choose another directory, or move it.")
