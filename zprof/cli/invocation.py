"""One run of the command line: what its common options say, and the registry and store that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import click

from zprof import paths
from zprof.active.scope import SWITCHABLE, Active, Choice, Surroundings, here, resolved
from zprof.caller import Caller
from zprof.documents.shape import DOCUMENTS
from zprof.errors import Refused, ZprofError
from zprof.printable import printable
from zprof.profiles.registry import Registry, open_registry
from zprof.repository import Repository, RepositoryFile
from zprof.store.store import Store
from zprof.streams import has_terminal

if TYPE_CHECKING:
    from zprof.cli.progress import Progress


@contextmanager
def about(profile: str | None) -> Iterator[None]:
    """What is done with another profile than the one that the command is run for: errors are about that one.

    Args:
        profile: its name, if an option gave one.
    """
    try:
        yield
    except ZprofError as error:
        error.about = profile if error.about is None else error.about
        raise


class Invocation:
    """The object that click hands to each command."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.profile: str | None = None
        self.stack: str | None = None
        self.quiet = paths.is_on(paths.QUIET)
        self.lock_timeout = 30.0
        self.confirm_name: str | None = None
        """The protected profile that is to be changed all the same."""
        self.output = "table"
        self.keeps_format = False
        """Whether the command leaves a registry of an older zprof as it is."""
        self.has_first_run = True
        """Whether the command makes the registry where there is none, with a default profile."""
        self.failure_code: int | None = None
        """The exit code of all errors, where the usual ones would be taken for those of the program that is run."""
        self._progress: Progress | None = None
        self.difference_has_code = False
        """Whether exit code 1 says that something differs, so that no error has it."""

    @cached_property
    def registry(self) -> Registry:
        """The registry, made on the first run."""
        if not self.has_first_run:
            return Registry(paths.config_dir(), self.caller, keeps_format=self.keeps_format)
        return open_registry(caller=self.caller, keeps_format=self.keeps_format)

    def exit_code_of(self, usual: int) -> int:
        """The exit code of an error, where another one than the usual is called for."""
        if self.difference_has_code and usual == 1:
            return 2
        return self.failure_code or usual

    @property
    def caller(self) -> Caller:
        """Who asks, to whoever has to wait or to log it."""
        return Caller(self.words, self.say, self.lock_timeout, self.confirm_name, self.show_progress)

    @cached_property
    def surroundings(self) -> Surroundings:
        """The repository and the options, which may name a profile and a stack."""
        return here(profile=self.profile, stack=self.stack)

    @cached_property
    def active(self) -> Active:
        """The profile and stack in effect."""
        return resolved(self.registry, self.surroundings)

    @cached_property
    def active_or_none(self) -> Active | None:
        """The same for what must work without one, such as choosing one."""
        try:
            return self.active
        except SWITCHABLE:
            return None

    def look_again(self) -> None:
        """Forget what was in effect: it was switched."""
        for found in ("surroundings", "active", "active_or_none"):
            self.__dict__.pop(found, None)

    @property
    def is_asked(self) -> bool:
        """Whether a program wants to know what a change has made of a thing; a person reads sentences."""
        return self.output != "table"

    @property
    def wants_document(self) -> bool:
        """Whether the answer is the whole document of a thing."""
        return self.output in DOCUMENTS

    @cached_property
    def store(self) -> Store:
        """The store of the profile in effect."""
        return self.registry.store(self.active.profile)

    def close(self) -> None:
        """Close the connections to a server, which would else think that the command was cut off."""
        if "store" in self.__dict__:
            self.store.close()

    def store_of(self, profile: str | None) -> Store:
        """The store of a profile; of the one in effect without a name."""
        return self.store if profile is None else self.registry.store(self.registry.profile(profile))

    def show_banner(self, *, is_way_out: bool = False) -> None:
        """Say what the command runs in. Where errors are JSON, nothing else stands beside them.

        Args:
            is_way_out: whether the command runs also where no profile is in effect.

        Raises:
            ZprofError: nothing is in effect, and the command is not of those that fix it.
        """
        if not self.has_first_run and not self.registry.is_there():
            return
        problem = None
        try:
            active = self.active
        except SWITCHABLE as error:
            if not is_way_out:
                raise
            problem = error
        if self.surroundings.repository is None:
            self.say("Running without an active repository root.")
        if problem is None:
            self.say(f"Running with active profile: '{active.profile.name}' ({active.profile_scope})")
        else:
            self.warn(f"{problem.message} {problem.hint}")

    def say(self, sentence: str) -> None:
        """Talk to the person, beside the answer; not where a program reads, and expects nothing but errors here."""
        if not self.quiet and self.output != "json":
            self.end_progress()
            click.echo(printable(sentence), err=True)

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Show how far work is that takes long, to a person who waits for it."""
        if self._progress is None and done < total and not self.quiet and self.output != "json":
            from zprof.cli.progress import Progress  # for work in parts alone

            self._progress = Progress()
        if self._progress is not None:
            self._progress(what, done, total)

    def end_progress(self) -> None:
        """Take away what shows it, before anything else is printed."""
        if self._progress is not None:
            self._progress.end()

    def warn(self, sentence: str, profile: str | None = None) -> None:
        """Say what deserves a second look; what it says to type is for the profile that an option named.

        Args:
            profile: another one for which that is.
        """
        if "`zprof " in sentence:
            from zprof.hints import for_profile  # for few sentences

            sentence = for_profile(sentence, profile or self.profile)
        self.say(f"Warning: {sentence}")

    def warn_if_hidden(self, choice: Choice | None) -> None:
        """Say that what was switched to does not count here, if so."""
        if choice is not None:
            self.warn(f"Here '{choice.name}' is still in effect: {choice.source} names it.")

    def say_what_is_kept(self, file: RepositoryFile) -> None:
        """Say where a repository's file is kept that could not be understood, if it made way for a new one."""
        if file.kept is not None:
            self.say(f"{file.path} could not be understood. It is kept as {file.kept}")

    def say_what_is_dropped(self, place: Repository) -> None:
        """Say what went with the profile that a repository named before."""
        if place.personal.dropped is not None:
            self.say(f"Your own choice of the stack '{place.personal.dropped}' was dropped.")
        if place.shared.dropped_url is not None:
            self.say(f"The URL of its store was dropped from {place.path}")

    def warn_of_secrets(self, component: str, attributes: tuple[str, ...]) -> None:
        """Say that secrets were given in plain text, if any were."""
        if attributes:
            self.warn(
                f"'{component}' stores {' and '.join(attributes)} in plain text. "
                "A reference keeps a secret out: {{secret.key}} or ${env:NAME}."
            )

    def confirm(self, question: str, *, is_confirmed: bool) -> None:
        """Ask on a terminal, unless `--yes` has answered.

        Raises:
            Refused: the answer is no, or there is no terminal to ask on.
        """
        if is_confirmed:
            return
        if not has_terminal():
            raise Refused(f"{question} There is no terminal to answer on.", "Nothing was changed. Add --yes.")
        if not click.confirm(printable(question), err=True):
            raise Refused("Not confirmed, so nothing was changed.", "Answer y, or add --yes.")
