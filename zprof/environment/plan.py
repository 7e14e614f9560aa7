"""What a program gets with a stack: the variables that are set, those that would spoil them, and what is said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from zprof import paths
from zprof.component_types import BY_NAME, component_type
from zprof.environment.claims import Claim, Claims, Values
from zprof.environment.groups import GROUP_OF, GROUPS
from zprof.environment.names import is_generic
from zprof.environment.private import write_private
from zprof.environment.settling import Settlement
from zprof.errors import Conflict, InvalidInput, closest_names
from zprof.flavors.permitted import is_never_set
from zprof.flavors.variables import is_name
from zprof.records import Stack


class Wishes(NamedTuple):
    """What the user says about the variables."""

    also: tuple[str, ...] = ()
    """Variables that are set only on demand."""
    prefer: tuple[str, ...] = ()
    """Types of component whose values count over those of others, as stored."""
    is_strict: bool = False
    """Whether what would be a warning is an error."""
    keeps_environment: bool = False
    """Whether what is set in the environment counts over the stack's values."""


class Plan(NamedTuple):
    """The variables that a stack sets."""

    claims: Mapping[str, Claim]
    """By name, in alphabetical order. ZPROF_ACTIVATED_PROFILE and ZPROF_ACTIVATED_STACK are not among them."""
    heading: Mapping[str, str]
    """These two."""
    unset: tuple[str, ...]
    """Those that would spoil what is set, or are of another stack, in alphabetical order."""
    warnings: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The stack that it is of, as PROFILE/STACK."""
        return "/".join(self.heading.values())

    def settings(self, environ: Mapping[str, str], process: int) -> dict[str, str]:
        """All variables with their values, private files written.

        Args:
            environ: what they are added to.
            process: the one at whose end such files are of no use any more.
        """
        of_tools = {name for name in self.claims if not is_generic(name)}
        of_tools.update(left_over(environ).difference(self.unset))
        found = {**self.heading, paths.ACTIVATED_VARIABLES: f"{self.owner}:{','.join(sorted(of_tools))}"}
        for name, claim in self.claims.items():
            found[name] = claim.value if isinstance(claim.value, str) else write_private(name, claim.value, process)
        return found

    def changed(self, environ: Mapping[str, str], process: int) -> dict[str, str]:
        """A whole environment with these variables in it, and without those that would spoil them."""
        kept = {
            name: value
            for name, value in environ.items()
            if name not in self.unset and (not is_of_zprof(name) or name in self.claims)
        }
        return {**kept, **self.settings(environ, process)}

    def kept(self, environ: Mapping[str, str]) -> Plan:
        """The plan without what the environment has already: a group of credentials stays or goes as a whole."""
        there = {name for name in self.claims if environ.get(name) and not is_generic(name)}
        for group in GROUPS:
            if any(environ.get(member) for member in group.members):
                there.update(group.members)
        claims = {name: claim for name, claim in self.claims.items() if name not in there}
        return self._replace(claims=claims, unset=tuple(name for name in self.unset if name not in there))

    def secrets(self) -> set[str]:
        """The variables that hold a secret, or go with one: of a group, all or none are handed on."""
        names = {name for name, claim in self.claims.items() if claim.is_secret}
        groups = {group.noun for name in names if (group := GROUP_OF.get(name))}
        return {name for name in self.claims if name in names or (name in GROUP_OF and GROUP_OF[name].noun in groups)}

    def without(self, withheld: Collection[str], environ: Mapping[str, str]) -> Plan:
        """The plan without some variables: their groups stay as they are, but for what is left over of another stack.

        Args:
            environ: what the rest is added to.
        """
        groups = {GROUP_OF[name].noun for name in withheld if name in GROUP_OF}
        unset = {name for name in self.unset if name not in GROUP_OF or GROUP_OF[name].noun not in groups}
        unset.update(left_over(environ, unless_of=self.owner).intersection((*withheld, *self.unset)))
        claims = {name: claim for name, claim in self.claims.items() if name not in withheld}
        return self._replace(claims=claims, unset=tuple(sorted(unset)))


def planned(profile: str, stack: Stack, values: Values, wishes: Wishes, environ: Mapping[str, str]) -> Plan:
    """What a stack sets for a program.

    Args:
        profile: the name of the profile that the stack is of.
        environ: what the program would have without it.

    Raises:
        InvalidInput: a variable of `also` is none of the stack's, or `prefer` names no type of its components.
        NotFound: `prefer` names no type at all.
        Conflict: two components want one variable with different values, and that is to be an error.
        ZprofError: a value can't be resolved, or no environment can hold it.
    """
    claims = Claims(stack, values, wishes.also)
    check_wishes(claims, wishes)
    settled = Settlement(claims.all, wishes.prefer)
    if wishes.is_strict and settled.conflicts:
        raise Conflict(settled.conflicts[0], f"Choose one: --prefer {settled.first_rival}.")
    heading = {paths.ACTIVATED_PROFILE: profile, paths.ACTIVATED_STACK: stack.name}
    chosen = dict(sorted(settled.chosen.items()))
    told = [f"{conflict} None of them is set; choose one with --prefer TYPE." for conflict in settled.conflicts]
    unset = {*unset_for(chosen), *left_over(environ).difference(chosen)}
    plan = Plan(chosen, heading, tuple(sorted(unset)), (*claims.warnings, *told))
    if wishes.keeps_environment:
        plan = plan._replace(unset=tuple(sorted(unset_for(chosen)))).kept(environ)
    return plan._replace(warnings=(*plan.warnings, *leads_away(plan, values, environ)))


def left_over(environ: Mapping[str, str], unless_of: str = "") -> frozenset[str]:
    """The variables of an environment that a stack has set there for tools, as it is written down beside them.

    To the programs of another stack they would say where the first one's data are.

    Args:
        unless_of: a stack, as PROFILE/STACK, whose own are not meant.
    """
    owner, _, names = environ.get(paths.ACTIVATED_VARIABLES, "").rpartition(":")
    if owner == unless_of:
        return frozenset()
    return frozenset(name for name in names.split(",") if name in environ and is_name(name) and not is_never_set(name))


def of_another_stack(environ: Mapping[str, str], owner: str) -> list[str]:
    """All variables that were set for another stack than one, in alphabetical order.

    Args:
        owner: the stack, as PROFILE/STACK.
    """
    before = environ.get(paths.ACTIVATED_VARIABLES, "").rpartition(":")[0]
    return [] if before == owner else sorted({*left_over(environ), *filter(is_of_zprof, environ)})


def is_of_zprof(name: str) -> bool:
    """Whether a variable says nothing but what a stack has set: it goes where another stack comes."""
    return is_generic(name) or name == paths.ACTIVATED_VARIABLES


def check_wishes(claims: Claims, wishes: Wishes) -> None:
    """Refuse what the stack can't do.

    Raises:
        InvalidInput, NotFound: as for `planned`.
    """
    known = {claim.name for claim in (*claims.all, *claims.optional)}
    for name in wishes.also:
        if name not in known:
            optional = sorted({claim.name for claim in claims.optional})
            closest = closest_names(name, optional)
            meant = f" Did you mean {closest[0]}?" if closest else ""
            there = f"On demand it can set {', '.join(optional)}." if optional else "It has no variables on demand."
            raise InvalidInput(f"The stack '{claims.stack.name}' can't set {name}.{meant}", there)
    for type_name in wishes.prefer:
        if type_name not in claims.stack.components:
            has = ", ".join(BY_NAME[each].command for each in claims.stack.components)
            noun = component_type(type_name).noun
            raise InvalidInput(f"The stack '{claims.stack.name}' has no {noun} to prefer.", f"It has {has}.")


def unset_for(chosen: Mapping[str, Claim]) -> Iterator[str]:
    """The variables of each group that the stack sets a part of, which it does not set."""
    for group in GROUPS:
        if any(member in chosen for member in group.members):
            yield from (member for member in group.members if member not in chosen)


def leads_away(plan: Plan, values: Values, environ: Mapping[str, str]) -> Iterator[str]:
    """Warnings where a shared store says where a client goes, and the environment with which credentials."""
    for group in GROUPS:
        own = [member for member in group.members if environ.get(member) and member not in plan.unset]
        places = [plan.claims[name] for name in group.places if name in plan.claims]
        if not own or any(member in plan.claims for member in group.members):
            continue
        for claim in places[:1]:
            if values.is_shared and not values.is_approved(claim.component):
                yield (
                    f"{claim.name} comes from a shared store, and your own {' and '.join(own)} would be sent there: "
                    f"{claim.origin} says {without_secrets(claim)}."
                )


def without_secrets(claim: Claim) -> str:
    """The value of a claim that says where a client goes, ready to be shown."""
    from zprof.masking import MASK, without_credentials  # for few stacks

    shown = without_credentials(str(claim.value))
    return MASK if claim.is_secret and shown == claim.value else shown
