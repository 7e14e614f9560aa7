"""A project's own choice of a profile and a stack, by name alone: a directory with a `.zprof/` in it."""

from __future__ import annotations

import os

from zprof import paths
from zprof.errors import Conflict, InvalidInput, NotFound, ZprofError
from zprof.repository.choices import MalformedRepository, RepositoryFile

__all__ = ["MalformedRepository", "Repository", "RepositoryFile", "found", "make", "needed"]

DIRECTORY = ".zprof"
"""What makes a directory a repository: a directory of this name in it."""
FILE = "config.toml"
PERSONAL_FILE = "local.toml"
IGNORE = ".gitignore"


class NoRepository(ZprofError):
    """There is no repository where one is needed or named."""

    exit_code = 3
    code = "not_found"


class UnknownLocalProfile(NotFound):
    """A repository names a profile that this machine lacks, as one that was made elsewhere may."""


class Repository:
    """A directory whose `.zprof/` says which profile and stack count in it and below.

    What `local.toml` names counts over what `config.toml` names. A stack goes with the profile that is named beside it
    or further down: one in `config.toml` does not count where `local.toml` names the profile.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        directory = os.path.join(root, DIRECTORY)
        self.shared = RepositoryFile(os.path.join(directory, FILE))
        """What the project names, for all who work on it."""
        self.personal = RepositoryFile(os.path.join(directory, PERSONAL_FILE), is_personal=True)
        """What this user names, for this directory alone."""
        self.files: tuple[RepositoryFile, ...] = (self.personal, self.shared)
        """What counts first comes first."""

    @property
    def path(self) -> str:
        """The project's own file."""
        return self.shared.path

    @property
    def profile(self) -> str | None:
        """The profile that counts, if one is named."""
        return next((file.profile for file in self.files if file.profile is not None), None)

    @property
    def stack(self) -> str | None:
        """The stack that counts, if one is named."""
        for file in self.files:
            if file.stack is not None or file.profile is not None:
                return file.stack
        return None

    def written(self) -> list[str]:
        """The paths of all that zprof writes in it."""
        return [*(file.path for file in self.files), os.path.join(os.path.dirname(self.path), IGNORE)]

    def file(self, *, is_personal: bool) -> RepositoryFile:
        """One of its two files."""
        return self.personal if is_personal else self.shared

    def without_personal(self) -> Repository:
        """The repository as others have it."""
        other = Repository(self.root)
        other.shared = self.shared
        other.files = (self.shared,)
        return other

    def choose_profile(self, name: str, *, is_personal: bool = False) -> bool:
        """Name a profile, and no stack any more; False when it is the one that was named. It is not looked for.

        A personal choice of a stack that went with the project's profile is dropped, too.
        """
        from contextlib import suppress  # which a prompt, that only reads, does without

        chosen = self.file(is_personal=is_personal)
        with suppress(MalformedRepository):
            if chosen.profile == name:
                return False
        if not is_personal:
            self.personal.drop_stack()
        return chosen.choose_profile(name)

    def forget_profile(self, *, is_personal: bool = False) -> bool:
        """Name no profile and no stack; False when none was named. A malformed file is replaced, and kept."""
        from contextlib import suppress  # which a prompt, that only reads, does without

        chosen = self.file(is_personal=is_personal)
        with suppress(MalformedRepository):
            if chosen.profile is not None and not is_personal:
                self.personal.drop_stack()
        return chosen.forget_profile()

    def legible(self) -> list[RepositoryFile]:
        """Those of its files that can be understood."""
        from contextlib import suppress  # which a prompt, that only reads, does without

        found = []
        for file in self.files:
            with suppress(MalformedRepository):
                _ = file.named
                found.append(file)
        return found

    def named_stacks(self) -> list[tuple[RepositoryFile, str | None]]:
        """The files that name a stack, each with the profile that it goes with; None for the globally active one."""
        files = self.legible()
        profiles = [file.profile for file in files]
        return [
            (file, next((profile for profile in profiles[index:] if profile is not None), None))
            for index, file in enumerate(files)
            if file.stack is not None
        ]


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
            from zprof.printable import in_shell  # on the way to an error alone

            raise NoRepository(
                f"There is no repository at {directory}, though ${paths.REPOSITORY_PATH} names it.",
                f"Create one with `zprof init {in_shell(given)}`, or run `unset {paths.REPOSITORY_PATH}`.",
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
            "There is no repository here or in a parent directory.",
            "To change what is active globally, use `zprof profile set NAME` and `zprof stack set NAME`.",
        )
    return repository


def at(directory: str) -> Repository | None:
    """The repository that a directory is, if it is one."""
    root = os.path.abspath(directory)
    return Repository(root) if is_repository(root) else None


def is_repository(directory: str) -> bool:
    """Whether a directory is one. zprof's own config directory may be named `.zprof`, too."""
    inside = os.path.join(directory, DIRECTORY)
    return os.path.isdir(inside) and os.path.realpath(inside) != os.path.realpath(paths.config_dir())


def is_overruled(repository: Repository) -> bool:
    """Whether `$ZPROF_REPOSITORY_PATH` leads elsewhere, so that a repository doesn't count in this shell."""
    given = paths.variable(paths.REPOSITORY_PATH)
    return given is not None and os.path.realpath(os.path.expanduser(given)) != os.path.realpath(repository.root)


def personal_outside() -> InvalidInput:
    """The error of a personal choice where there is no repository."""
    return InvalidInput(
        "--personal needs a repository, and there is none here or in a parent directory.",
        "Create one with `zprof init`, or leave out --personal.",
    )


def make(directory: str, *, profile: str | None = None, stack: str | None = None, url: str | None = None) -> Repository:
    """Make a directory a repository that names a profile and a stack, and keeps personal choices out of git.

    Args:
        url: where the profile's store is, for those who lack the profile.

    Raises:
        Conflict: it is one.
        InvalidName: a name that only a hand can have put into the registry.
    """
    from zprof.names import checked_name

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
        from zprof.repository.ignoring import keep_out_of_git

        repository.shared.change(lambda names: names._replace(profile=profile, stack=stack, url=url))
        keep_out_of_git(repository.personal.path)
    except BaseException:
        unmake(repository)
        raise
    return repository


def unmake(repository: Repository) -> None:
    """Undo `make`, as far as nobody has added anything."""
    from contextlib import suppress

    with suppress(OSError):
        for path in repository.written():
            if path != repository.personal.path:
                with suppress(FileNotFoundError):
                    os.unlink(path)
        os.rmdir(os.path.dirname(repository.path))


def in_the_way(repository: Repository) -> Conflict:
    """The error of a directory that is a repository, or can't be made one."""
    if is_repository(repository.root):
        return Conflict(
            f"There is already a repository at {repository.root}.",
            "In it, `zprof profile set NAME` and `zprof stack set NAME` change what it names.",
        )
    return Conflict(f"{os.path.dirname(repository.path)} is in the way.", "Choose another directory, or move it.")
