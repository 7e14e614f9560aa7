"""Which claim counts for each variable, where several components want one: conflicts, groups of credentials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from zprof.component_types import BY_NAME
from zprof.environment.claims import WITHHELD, Claim
from zprof.environment.groups import GROUP_OF, GROUPS, Group
from zprof.errors import Conflict

OfGroup = dict[str, dict[str, Claim]]
"""The claims of a group by type and name."""


class Settlement:
    """Which claim counts for each variable.

    The same value from two components is no conflict. Else a narrower variable stands in for a wide one, and a value
    that is given for the purpose is over one that is worked out. A group of credentials is of one component. What is
    still different is left out: no order of types would be what everybody expects.

    Raises:
        Conflict: two attributes of one component contradict each other.
    """

    def __init__(self, claims: Sequence[Claim], prefer: Collection[str]) -> None:
        self.chosen: dict[str, Claim] = {}
        self.rivals: dict[str, list[str]] = {}
        """What is left out, by what wants it, as it reads in a sentence."""
        self.first_rival = ""
        """The command of a type whose value could be preferred."""
        self._prefer = prefer
        wanted: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in of_one_source(claims):
            wanted[claim.name].append(claim)
        grouped = {name: of_name for name, of_name in wanted.items() if name in GROUP_OF}
        for group in GROUPS:
            self._settle_group(group, {name: grouped[name] for name in group.members if name in grouped})
        for name, of_name in wanted.items():
            if name not in grouped:
                self._settle(name, self._narrowed(of_name))

    def _settle(self, name: str, claims: list[Claim]) -> None:
        literal = [claim for claim in claims if claim.entry is None or not claim.entry.is_derived]
        rivals = literal or claims
        if len({claim.value for claim in rivals}) > 1:
            rivals = self._preferred(rivals)
        if len({claim.value for claim in rivals}) > 1:
            self._tell(name, rivals)
        elif rivals:
            self.chosen[name] = rivals[0]

    def _settle_group(self, group: Group, wanted: Mapping[str, list[Claim]]) -> None:
        by_type: OfGroup = {}
        for claims in wanted.values():
            for claim in claims:
                by_type.setdefault(claim.component.type, {})[claim.name] = claim
        narrow = {type_name for type_name, own in by_type.items() if all(map(has_narrower, own.values()))}
        for kept in (by_type.keys() - narrow, by_type.keys() & set(self._prefer)):
            if are_different(by_type):
                by_type = {name: own for name, own in by_type.items() if name in kept} or by_type
        if are_different(by_type):
            firsts = [next(iter(own.values())) for own in by_type.values()]
            self._tell(f"{group.noun} ({', '.join(sorted(wanted))})", firsts)
            return
        for own in by_type.values():
            self.chosen.update(own)

    @staticmethod
    def _narrowed(claims: list[Claim]) -> list[Claim]:
        """Where values differ, those that no narrower variable stands in for, if any."""
        if len({claim.value for claim in claims}) == 1:
            return claims
        return [claim for claim in claims if not has_narrower(claim)] or claims

    def _preferred(self, claims: list[Claim]) -> list[Claim]:
        return [claim for claim in claims if claim.component.type in self._prefer] or claims

    def _tell(self, what: str, claims: Sequence[Claim]) -> None:
        origins = " and ".join(dict.fromkeys(claim.origin for claim in claims))
        self.rivals.setdefault(origins, []).append(what)
        self.first_rival = self.first_rival or BY_NAME[claims[0].component.type].command

    @property
    def conflicts(self) -> list[str]:
        """What is left out and why, a sentence each."""
        return [
            f"{' and '.join(sorted(names))} would get different values from {origins}."
            for origins, names in self.rivals.items()
        ]


def are_different(by_type: OfGroup) -> bool:
    """Whether components of several types want a group, and do not want the same."""
    return len({tuple((name, claim.value) for name, claim in sorted(own.items())) for own in by_type.values()}) > 1


def has_narrower(claim: Claim) -> bool:
    """Whether the tool reads another variable of the same component first."""
    return claim.entry is not None and bool(claim.entry.narrower)


def of_one_source(claims: Sequence[Claim]) -> Iterator[Claim]:
    """The claims, one for each variable and component: a stored secret is over the plain attributes that it replaces.

    Raises:
        Conflict: a value that is worked out of one attribute contradicts another attribute.
    """
    replaced = {
        (claim.component.type, GROUP_OF[claim.name].noun)
        for claim in claims
        if claim.entry is not None and claim.entry.field and claim.name in GROUP_OF
    }
    first: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        if is_plain_credential(claim) and (claim.component.type, GROUP_OF[claim.name].noun) in replaced:
            continue
        before = first.setdefault((claim.component.type, claim.name), claim)
        if before is claim:
            yield claim
        elif differ(before, claim) and is_derived(before) != is_derived(claim):
            raise Conflict(
                f"{claim.name} would get different values from {before.origin} and from its {claim.attribute}.",
                "Give both the same value.",
            )


def is_plain_credential(claim: Claim) -> bool:
    """Whether a claim is of credentials, and given as an attribute of its own."""
    entry = claim.entry
    return entry is not None and not entry.field and not entry.is_derived and claim.name in GROUP_OF


def differ(one: Claim, other: Claim) -> bool:
    """Whether two values are known to be different."""
    return one.value != other.value and WITHHELD not in (one.value, other.value)


def is_derived(claim: Claim) -> bool:
    """Whether the value is worked out of the attribute's."""
    return claim.entry is not None and claim.entry.is_derived
