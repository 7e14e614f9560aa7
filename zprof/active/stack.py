"""The stack in effect, ready to be handed to programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zprof import paths
from zprof.errors import InvalidInput
from zprof.records import Config, Members, Stack

if TYPE_CHECKING:
    from zprof.active.scope import Surroundings
    from zprof.environment.plan import Plan, Wishes
    from zprof.profiles.profile import Profile
    from zprof.profiles.registry import Registry
    from zprof.references.resolving import Resolver


class ActiveStack(Stack):
    """A stack that knows which profile it is of, so that what it refers to can be resolved."""

    profile: Profile
    config_dir: str

    def resolved(self) -> Stack:
        """The stack with the values that its references stand for, which are read now.

        Raises:
            zprof.errors.Unresolved: a reference can't be understood or resolved; all of them are named.
            zprof.errors.NotAllowed: others can write the store, and `zprof allow` has not approved of a reference.
        """
        found = self._resolver().all_resolved()
        components = {
            type_name: member._replace(
                config=Config(
                    found[type_name].values,
                    found[type_name].secret.union(member.guarded_config().hiding()),
                    member.guarded_config().resolved,
                )
            )
            for type_name, member in self.components.items()
        }
        return Stack(*self._replace(components=Members(components)))

    def environ(
        self,
        *,
        also: Sequence[str] = (),
        prefer: Sequence[str] = (),
        strict: bool = False,
        keep_environment: bool = False,
    ) -> dict[str, str]:
        """The environment that `zprof run` gives to a program: `subprocess.run(…, env=stack.environ())`.

        This process's own, with the stack's variables in it. What is left out is told by `warnings.warn`.

        Args:
            also: variables that are set only on demand, such as `KUBECONFIG`.
            prefer: the types of component whose values count where two want one variable: `artifact_store`.
            strict: whether such a conflict is an error rather than a warning.
            keep_environment: whether what is set already counts over the stack's values.

        Raises:
            zprof.errors.Unresolved, zprof.errors.NotAllowed: as for `resolved`.
            zprof.errors.Conflict: two components contradict each other, with `strict`.
            zprof.errors.InvalidInput: the stack has nothing that `also` or `prefer` names.
            zprof.errors.NotFound: `prefer` names no type at all.
        """
        from warnings import warn

        from zprof.environment.plan import Wishes
        from zprof.environment.private import clean

        clean()
        environ = paths.environment()
        plan = self.plan(Wishes(tuple(also), tuple(prefer), strict, keep_environment), environ)
        for warning in plan.warnings:
            warn(warning, stacklevel=2)
        return plan.changed(environ, os.getpid())

    def plan(self, wishes: Wishes, environ: Mapping[str, str], *, shows_secrets: bool = True) -> Plan:
        """What the stack sets for a program.

        Args:
            environ: what the program would have without it.
            shows_secrets: whether references are resolved; without, what they would set has no value.

        Raises:
            ZprofError: as for `environ`.
        """
        from zprof.environment.plan import planned
        from zprof.environment.values import ResolvedValues, WithheldValues

        values = (ResolvedValues if shows_secrets else WithheldValues)(self, self._resolver)
        return planned(self.profile.name, self, values, wishes, environ)

    def _resolver(self) -> Resolver:
        from zprof.references.resolving import Resolver  # for those who hand a stack on

        if not hasattr(self, "profile"):
            raise InvalidInput(
                "This copy of a stack does not belong to a profile.", "Use the one that zprof.active_stack() returns."
            )
        return Resolver(self.profile, self, self.config_dir)


def active_stack(registry: Registry, surroundings: Surroundings) -> ActiveStack:
    """The stack in effect, from the store of the profile in effect.

    Raises:
        NotFound: the profile or the stack is not there.
        NothingActive: no stack was ever chosen.
    """
    from zprof.active.scope import resolved  # by who has a registry

    active = resolved(registry, surroundings)
    return of_profile(active.stack_in(registry.store(active.profile)), active.profile)


def of_profile(stack: Stack, profile: Profile) -> ActiveStack:
    """A stack of a profile, so that it can be handed on."""
    found = ActiveStack(*stack)
    found.profile = profile
    found.config_dir = paths.config_dir()
    return found
