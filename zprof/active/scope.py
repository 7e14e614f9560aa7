"""Which profile and which stack a command runs in, and why: an option, the environment, a repository, the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from zprof import paths, repository
from zprof.active.choosing import VARIABLES, in_order
from zprof.errors import NotFound, NothingActive
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.records import Stack
from zprof.repository import MalformedRepository, NoRepository, Repository, RepositoryFile, UnknownLocalProfile

if TYPE_CHECKING:
    from zprof.store.store import Store

Found = TypeVar("Found")

Kind = Literal["profile", "stack"]
Scope = Literal["option", "environment", "local", "global"]

SCOPES: tuple[Scope, ...] = ("option", "environment", "local", "global")
"""What is named in one of them counts over what is named in those after it."""


class UnknownNamedProfile(NotFound):
    """A variable names a profile that is not there."""


SWITCHABLE = (NothingActive, UnknownNamedProfile, UnknownLocalProfile, MalformedRepository, NoRepository)
"""Why no profile may be in effect where that must not stop what needs none, so that one can always switch away."""


def named_by(kind: Kind, scope: Scope) -> str:
    """Why something is in effect, as it reads in a sentence: `active in the registry`."""
    return {
        "option": "named by an option",
        "environment": f"named by ${VARIABLES[kind]}",
        "local": "named by this repository",
        "global": "active in the registry",
    }[scope]


def cure(kind: Kind, scope: Scope, *, is_in_repository: bool = False, is_personal: bool = False) -> str:
    """What to type so that another is in effect.

    Args:
        is_in_repository: whether a switch would be the repository's, while what the registry has active is meant.
        is_personal: whether a repository's personal file is what names it.
    """
    if scope == "option":
        return f"Choose another with --{kind}, or leave it out."
    if scope == "environment":
        return f"Run {unsetting(kind)}, or set it to another."
    if is_in_repository and scope == "global":
        return f"Choose one with `zprof {kind} set NAME --global`."
    personal = " --personal" if is_personal else ""
    return f"Choose one with `zprof {kind} set NAME{personal}`."


def unsetting(kind: Kind) -> str:
    """The line that takes away what this shell names: with its hook, one that says what counts then."""
    if paths.variable(paths.HOOK) is None:
        return f"`unset {VARIABLES[kind]}`"
    profile = paths.variable(paths.ACTIVATED_PROFILE)
    if kind == "stack" and profile is not None:
        return f"`zprof use {in_shell(profile)}`"
    return "`zprof use --clear`"


def naming(kind: Kind, name: str) -> str:
    """The line that names a profile or a stack in this shell."""
    profile = paths.variable(paths.ACTIVATED_PROFILE)
    if paths.variable(paths.HOOK) is None or (kind == "stack" and profile is None):
        return f"`export {VARIABLES[kind]}={in_shell(name)}`"
    if kind == "stack":
        return f"`zprof use {in_shell(f'{profile}/{name}')}`"
    return f"`zprof use {in_shell(name)}`"


class Choice(NamedTuple):
    """A profile or a stack that is named somewhere. Whether it is there is not looked at."""

    name: str
    scope: Scope
    source: str
    """What names it: an option, a variable with its `$`, or the path of a file."""

    @property
    def is_personal(self) -> bool:
        """Whether a repository's personal file names it."""
        return self.scope == "local" and self.source.endswith(f"/{repository.PERSONAL_FILE}")


class Surroundings(NamedTuple):
    """What may name a profile and a stack, over what is active in the registry."""

    repository: Repository | None = None
    profile: str | None = None
    """What `--profile` says."""
    stack: str | None = None
    """What `--stack` says."""
    has_environment: bool = True
    missing: NoRepository | None = None
    """Why there is no repository, though `$ZPROF_REPOSITORY_PATH` names one: raised where that would be looked at."""

    def place(self) -> Repository | None:
        """Where a switch counts that is not for all.

        Raises:
            NoRepository: `$ZPROF_REPOSITORY_PATH` names a directory that is none.
        """
        if self.missing is not None:
            raise self.missing
        return self.repository

    def files(self) -> tuple[RepositoryFile, ...]:
        """The repository's files, what counts first comes first.

        Raises:
            NoRepository: as in `place`.
        """
        place = self.place()
        return () if place is None else place.files

    def choices(self, kind: Kind, down_to: Choice | None = None) -> Iterator[Choice]:
        """What is named, the one that counts first.

        Args:
            down_to: what names the profile that it goes with: what is named further down does not count, and is not
                read.

        Raises:
            MalformedRepository: the repository's file can't be understood.
            NoRepository: as in `place`.
        """
        option = self.profile if kind == "profile" else self.stack
        variable = paths.variable(VARIABLES[kind]) if self.has_environment else None
        for each in in_order(kind, option, variable, self.files, down_to):
            yield Choice(*each)

    def without_options(self) -> Surroundings:
        """What other commands here have."""
        return self._replace(profile=None, stack=None)

    def without_environment(self) -> Surroundings:
        """What other shells have here."""
        return self._replace(profile=None, stack=None, has_environment=False)

    def without_personal(self) -> Surroundings:
        """What others who have the repository have in it."""
        place = self.repository
        return self.without_environment()._replace(repository=place and place.without_personal())


class Active(NamedTuple):
    """The profile and the stack in effect, each with the scope that chose it."""

    profile: Profile
    profile_scope: Scope
    stack: str | None
    stack_scope: Scope
    is_personal: bool = False
    """Whether a repository's personal file names the stack or the profile, so that it has to name another stack."""

    def stack_name(self) -> str:
        """The stack in effect, by name; whether its store has it is not looked at.

        Raises:
            NothingActive: no stack was ever chosen in this profile.
        """
        if self.stack is None:
            raise NothingActive(f"The profile '{self.profile.name}' has no active stack.", self.stack_cure())
        return self.stack

    def without_stack(self) -> str:
        """The sentences on a stack in effect that is gone, and how to choose another."""
        return f"The active stack '{self.stack}' does not exist. {self.stack_cure()}"

    def stack_cure(self) -> str:
        """What to type so that another stack is in effect."""
        return cure("stack", self.stack_scope, is_personal=self.is_personal)

    def stack_in(self, store: Store) -> Stack:
        """The stack in effect, from its store.

        Raises:
            NotFound, NothingActive: as for `found_in_effect`.
        """
        return self.found_in_effect(store.stack)

    def found_in_effect(self, find: Callable[[str], Found]) -> Found:
        """What a store has of the stack in effect.

        Args:
            find: asks for it by its name.

        Raises:
            NotFound: it is gone, as from a store that others use too.
            NothingActive: no stack was ever chosen in this profile.
        """
        name = self.stack_name()
        try:
            return find(name)
        except NotFound as error:
            raise NotFound(
                "stack",
                name,
                where=f"in the profile '{self.profile.name}', though it is {named_by('stack', self.stack_scope)}",
                among=error.closest,
                hint=self.stack_cure(),
            ) from None


def here(*, profile: str | None = None, stack: str | None = None) -> Surroundings:
    """The surroundings of the working directory.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.
    """
    try:
        return Surroundings(repository.found(), profile, stack)
    except NoRepository as error:
        return Surroundings(None, profile, stack, missing=error)


def resolved(registry: Registry, surroundings: Surroundings) -> Active:
    """What is in effect: option, then environment, then repository, then registry.

    A stack that is named in a lower scope than its profile does not count: `-p other` uses the stack that is active in
    `other`, whatever the environment and the repository say.

    Raises:
        NotFound: the profile that is named is not there. There is no falling back to another.
        NothingActive: none is named, and the registry has no active one.
        MalformedRepository, NoRepository: the repository's file can't be understood, or there is none.
    """
    chosen = next(surroundings.choices("profile"), None)
    found = registry.active() if chosen is None else chosen_profile(registry, chosen, surroundings.repository)
    scope: Scope = "global" if chosen is None else chosen.scope
    stack = next(surroundings.choices("stack", down_to=chosen), None)
    is_personal = chosen is not None and chosen.is_personal
    if stack is None:
        return Active(found, scope, found.active_stack, "global", is_personal)
    return Active(found, scope, stack.name, stack.scope, is_personal or stack.is_personal)


def chosen_profile(registry: Registry, choice: Choice, place: Repository | None) -> Profile:
    """The profile that is named.

    Args:
        place: the repository that may have named it.

    Raises:
        NotFound: it is not there; the error says what names it and what to type.
    """
    try:
        return registry.profile(choice.name)
    except NotFound as error:
        if choice.scope == "option":
            raise
        where = f"though {choice.source} names it"
        if choice.scope == "environment":
            setting = f"set ${VARIABLES['profile']} to another"
            has_hook = paths.variable(paths.HOOK) is not None
            hint = f"Run {unsetting('profile')}." if has_hook else f"S{setting[1:]}, or unset it."
            if registry.keeps_deleted(choice.name):
                other = unsetting("profile") if has_hook else setting
                hint = f"Run `zprof profile restore {in_shell(choice.name)}` to get it, or {other}."
            raise UnknownNamedProfile("profile", choice.name, where=where, among=error.closest, hint=hint) from None
        active = (profile.name for profile in registry.profiles() if profile.is_active)
        other = next(iter((*error.closest, *active)), "NAME")
        verb = "restore" if registry.keeps_deleted(choice.name) else "create"
        create = f"profile {verb} {in_shell(choice.name)}"
        if not choice.is_personal and place is not None and place.shared.url is not None:
            create = "init --join"
        # Of one's own: the project's file is for all who work on it.
        switch = f"profile set {in_shell(other)} --personal"
        hint = f"Run `zprof {create}` to get it, or `zprof {switch}` to use another."
        raise UnknownLocalProfile("profile", choice.name, where=where, among=error.closest, hint=hint) from None
