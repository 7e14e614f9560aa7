"""Which profile and which stack a command runs in, and why: an option, the environment, a repository, the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from zprof import paths, repository
from zprof.errors import NotFound, NothingActive, Refused
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.records import Stack
from zprof.refusals import profile_is_protected
from zprof.repository import MalformedRepository, NoRepository, Repository, UnknownLocalProfile
from zprof.url import is_same_store

if TYPE_CHECKING:
    from zprof.store.store import Store

Found = TypeVar("Found")

Kind = Literal["profile", "stack"]
Scope = Literal["option", "environment", "local", "global"]

SCOPES: tuple[Scope, ...] = ("option", "environment", "local", "global")
"""What is named in one of them counts over what is named in those after it."""
VARIABLES: dict[Kind, str] = {"profile": paths.ACTIVATED_PROFILE, "stack": paths.ACTIVATED_STACK}


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


def cure(kind: Kind, scope: Scope, *, is_in_repository: bool = False) -> str:
    """What to type so that another is in effect.

    Args:
        is_in_repository: whether a switch would be the repository's, while what the registry has active is meant.
    """
    if scope == "option":
        return f"Name another with --{kind}, or leave it out."
    if scope == "environment":
        return f"Type `unset {VARIABLES[kind]}`, or let it name another."
    if is_in_repository and scope == "global":
        return f"Choose one with `zprof {kind} set NAME --global`."
    return f"Choose one with `zprof {kind} set NAME`."


class Choice(NamedTuple):
    """A profile or a stack that is named somewhere. Whether it is there is not looked at."""

    name: str
    scope: Scope
    source: str
    """What names it: an option, a variable with its `$`, or the path of a file."""


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

    def choices(self, kind: Kind, down_to: Scope = "local") -> Iterator[Choice]:
        """What is named, the one that counts first.

        Args:
            down_to: the last scope to look at: what does not count is not read.

        Raises:
            MalformedRepository: the repository's file can't be understood.
            NoRepository: as in `place`.
        """
        option = self.profile if kind == "profile" else self.stack
        if option is not None:
            yield Choice(option, "option", f"--{kind}")
        variable = paths.variable(VARIABLES[kind]) if self.has_environment else None
        if variable is not None and down_to != "option":
            yield Choice(variable, "environment", f"${VARIABLES[kind]}")
        place = self.place() if down_to not in ("option", "environment") else None
        if place is not None:
            local = place.profile if kind == "profile" else place.stack
            if local is not None:
                yield Choice(local, "local", place.path)

    def without_options(self) -> Surroundings:
        """What other commands here have."""
        return self._replace(profile=None, stack=None)

    def without_environment(self) -> Surroundings:
        """What other shells have here."""
        return self._replace(profile=None, stack=None, has_environment=False)


class Active(NamedTuple):
    """The profile and the stack in effect, each with the scope that chose it."""

    profile: Profile
    profile_scope: Scope
    stack: str | None
    stack_scope: Scope

    def stack_name(self) -> str:
        """The stack in effect, by name; whether its store has it is not looked at.

        Raises:
            NothingActive: no stack was ever chosen in this profile.
        """
        if self.stack is None:
            raise NothingActive(
                f"The profile '{self.profile.name}' has no active stack.", "Choose one with `zprof stack set NAME`."
            )
        return self.stack

    def without_stack(self) -> str:
        """The sentences on a stack in effect that is gone, and how to choose another."""
        return f"The active stack '{self.stack}' is not there. {cure('stack', self.stack_scope)}"

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
                hint=cure("stack", self.stack_scope),
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
    found = registry.active() if chosen is None else chosen_profile(registry, chosen)
    scope: Scope = "global" if chosen is None else chosen.scope
    stack = next(surroundings.choices("stack", down_to=scope), None)
    if stack is None:
        return Active(found, scope, found.active_stack, "global")
    return Active(found, scope, stack.name, stack.scope)


def chosen_profile(registry: Registry, choice: Choice) -> Profile:
    """The profile that is named.

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
            variable = VARIABLES["profile"]
            hint = f"Set ${variable} to another, or unset it."
            raise UnknownNamedProfile("profile", choice.name, where=where, among=error.closest, hint=hint) from None
        active = (profile.name for profile in registry.profiles() if profile.is_active)
        other = next(iter((*error.closest, *active)), "NAME")
        create, switch = f"profile create {in_shell(choice.name)}", f"profile set {in_shell(other)}"
        hint = f"Type `zprof {create}` to have it, or `zprof {switch}` to name another."
        raise UnknownLocalProfile("profile", choice.name, where=where, among=error.closest, hint=hint) from None


def check_profile_is_idle(registry: Registry, surroundings: Surroundings, name: str) -> Profile:
    """Refuse to delete a profile that is active, or would be without an option or a variable; the profile if not.

    Raises:
        NotFound: there is no such profile.
        Refused: it is active in the registry, or named by an option, the environment or the repository; or protected.
    """
    profile = registry.profile(name)
    named = surroundings._replace(missing=None).choices("profile")
    scopes = [choice.scope for choice in named if choice.name == profile.name]
    if profile.is_active:
        scopes.insert(0, "global")
    if scopes:
        why = named_by("profile", scopes[0])
        raise Refused(f"The profile '{name}' is in use: it is {why}.", in_use_cure("profile", scopes[0], surroundings))
    if profile.is_protected:
        raise profile_is_protected(name)
    return profile


def in_use_cure(kind: Kind, scope: Scope, surroundings: Surroundings) -> str:
    """What to type so that something is in use no more, by what it is in use by."""
    return cure(kind, scope, is_in_repository=surroundings.repository is not None)


def check_stack_is_idle(registry: Registry, surroundings: Surroundings, name: str) -> None:
    """Refuse to delete a stack of the store in effect that is active, or would be without an option or a variable.

    A stack of the same name in another profile's store is another stack.

    Raises:
        Refused: it is active in the registry, or named by an option, the environment or the repository.
    """
    in_effect = resolved(registry, surroundings).profile
    for active in views(registry, surroundings):
        is_meant = active.stack == name and is_same_store(active.profile.url, in_effect.url)
        if is_meant and (active.stack_scope != "global" or active.profile.name == in_effect.name):
            error = Refused(
                f"The stack '{name}' is in use: it is {named_by('stack', active.stack_scope)}.",
                in_use_cure("stack", active.stack_scope, surroundings),
            )
            if active.stack_scope == "local":
                error.about = ""  # a switch for the profile that an option names would leave the repository as it is
            raise error
    for profile in registry.profiles():
        if profile.active_stack == name and is_same_store(profile.url, in_effect.url):
            raise Refused(
                f"The stack '{name}' is in use: it is active in the profile '{profile.name}'.",
                f"Switch to another first: `zprof stack set NAME --profile {in_shell(profile.name)}`.",
            )


def views(registry: Registry, surroundings: Surroundings) -> Iterator[Active]:
    """What is in effect for this command, for others in this shell, and for others in this place; as far as known."""
    for seen in (surroundings, surroundings.without_options(), surroundings.without_environment()):
        with suppress(NotFound, *SWITCHABLE):
            yield resolved(registry, seen)
