"""One of the two files in which a repository names a profile and a stack: the project's own, or a personal one."""

from __future__ import annotations

from functools import cached_property

from zprof.errors import Conflict, InvalidInput

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Callable

    from zprof.repository.file import Names


class MalformedRepository(InvalidInput):
    """A repository's file is not TOML, or what it names can't be a name."""

    code = "malformed_repository"

    def __init__(self, path: str, problem: str, *, is_personal: bool = False) -> None:
        personal = " --personal" if is_personal else ""
        super().__init__(
            f"{path} is malformed: {problem}.",
            f"Fix it by hand, or run `zprof profile set NAME{personal}`: "
            "it writes a new one, and keeps this one next to it.",
        )
        self.path = path


class RepositoryFile:
    """`config.toml`, which a project commits, or `local.toml`, which is one user's own.

    It is read when a name is first asked for, so that what is named elsewhere never depends on it. Where it can't be
    understood, reading and changing raise `MalformedRepository`, unless something else is said.
    """

    def __init__(self, path: str, *, is_personal: bool = False) -> None:
        self.path = path
        self.is_personal = is_personal
        self.kept: str | None = None
        """Where a file that could not be understood is kept since it was replaced."""
        self.dropped: str | None = None
        """The stack that was named before another profile was chosen."""
        self.dropped_url: str | None = None
        """The URL of a shared store, which went with the profile that was named before."""

    @cached_property
    def named(self) -> dict[str, str]:
        """What it names, by the keys of the file."""
        from zprof.repository.reading import Malformed, names_at  # paid in repositories alone

        try:
            return names_at(self.path)
        except Malformed as error:
            raise MalformedRepository(self.path, str(error), is_personal=self.is_personal) from None

    @property
    def profile(self) -> str | None:
        """The profile that it names, if any."""
        return self.named.get("profile")

    @property
    def stack(self) -> str | None:
        """The stack that it names, if any."""
        return self.named.get("stack")

    @property
    def url(self) -> str | None:
        """The URL of a shared store as it is written, if any: it is for `zprof init --join` alone to use."""
        return self.named.get("url")

    def choose_profile(self, name: str) -> bool:
        """Name a profile, and no stack any more; False when it is the one that was named. It is not looked for.

        A malformed file is replaced, and kept: one can always switch away. What was named beside another profile is
        `dropped`.
        """
        from contextlib import suppress  # which a prompt, that only reads, does without

        with suppress(MalformedRepository):
            if self.profile == name:
                return False
            self.dropped, self.dropped_url = self.stack, self.url
        self.change(lambda names: names._replace(profile=name, stack=None, url=None), is_mending=True)
        return True

    def choose_stack(self, name: str) -> None:
        """Name a stack, beside the profile that was named when this was read. It is not looked for.

        Raises:
            Conflict: another process has made it name another profile meanwhile.
        """
        self.change_beside_profile(lambda names: names._replace(stack=name))

    def share(self, url: str) -> None:
        """Hold the URL of the store of the profile that was named when this was read.

        Raises:
            Conflict: another process has made it name another profile meanwhile.
        """
        self.change_beside_profile(lambda names: names._replace(url=url))

    def forget_profile(self) -> bool:
        """Name no profile and no stack; False when none was named. A malformed file is replaced, and kept."""
        from contextlib import suppress  # which a prompt, that only reads, does without

        with suppress(MalformedRepository):
            if not self.named:
                return False
            self.dropped_url = self.url
        self.change(lambda names: names._replace(profile=None, stack=None, url=None), is_mending=True)
        return True

    def forget_stack(self) -> bool:
        """Name no stack; False when none was named."""
        if self.stack is None:
            return False
        self.change(lambda names: names._replace(stack=None))
        return True

    def drop_stack(self) -> None:
        """Name no stack that goes with a profile that is named elsewhere, which is another one from now on."""
        if self.profile is None and self.stack is not None:
            self.dropped = self.stack
            self.forget_stack()

    def rename(self, profile: str, new_name: str) -> None:
        """Follow a profile to its new name, if it is the one that is named."""
        self.change(lambda names: names._replace(profile=new_name) if names.profile == profile else names)

    def change_beside_profile(self, changed: Callable[[Names], Names]) -> None:
        """Name others that go with the profile that was named when this was read.

        Raises:
            Conflict: another process has made it name another profile meanwhile.
        """
        profile = self.profile

        def checked(names: Names) -> Names:
            if names.profile != profile:
                raise Conflict(f"Another process has changed the profile in {self.path}.", "Check it and try again.")
            return changed(names)

        self.change(checked)

    def change(self, changed: Callable[[Names], Names], *, is_mending: bool = False) -> None:
        """Name others. A personal file is kept out of git before.

        Args:
            changed: from the names that the file has, while no other process can change it.
            is_mending: replace a malformed file.
        """
        from zprof.repository import file as repository_file
        from zprof.repository.reading import Malformed

        if self.is_personal:
            from zprof.repository.ignoring import keep_out_of_git

            keep_out_of_git(self.path)
        header = repository_file.PERSONAL_HEADER if self.is_personal else repository_file.HEADER
        try:
            names, self.kept = repository_file.change(self.path, changed, header=header, is_mending=is_mending)
        except Malformed as error:
            raise MalformedRepository(self.path, str(error), is_personal=self.is_personal) from None
        self.named = repository_file.given(names)
