"""What `apply` and `edit` have in common: a plan, how it is shown, and the carrying out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from zprof.cli.config_input import value_of
from zprof.component_types import BY_NAME
from zprof.documents.shape import is_kept
from zprof.errors import InvalidConfig, InvalidInput, SecretsMissing
from zprof.flavors.catalog import builtin_flavors, secret_attributes
from zprof.flavors.config import typed, worth_a_warning
from zprof.masking import is_placeholder, secret_option
from zprof.reference_grammar import is_reference
from zprof.refusals import no_flavor
from zprof.store.planning import Plan, found_flavor
from zprof.streams import has_terminal

if TYPE_CHECKING:
    from zprof.cli.invocation import Invocation
    from zprof.contents.comparing import Difference
    from zprof.contents.reading import Documents
    from zprof.contents.record import Contents, Key
    from zprof.flavors.catalog import Flavor

Secrets = dict[tuple[str, str, str], Any]
"""Values by type, name and attribute of a component."""


def given_secrets(documents: Documents, before: Contents, given: Iterable[str]) -> Secrets:
    """What `--secret` gives, each as its flavor's schema reads a text.

    Raises:
        InvalidInput: it gives something else than a secret that the documents leave out.
    """
    found: Secrets = {}
    for text in given:
        match = secret_option(text)
        if match is None:  # nothing of it is shown: it may be the secret itself
            raise InvalidInput("--secret has the wrong form.", "Write --secret TYPE/NAME.KEY=VALUE, or =@FILE.")
        named = text.partition("=")[0]
        type_name = match[1].replace("-", "_")
        component = documents.contents.components.get((type_name, match[2]))
        if component is None or not is_kept(component.config.get(match[3])):
            raise InvalidInput(
                f"The file has no missing secret named '{named}' (--secret).",
                'A missing secret stands as "$secret: kept" in the file.',
            )
        if is_placeholder(match[4]):
            raise InvalidInput(
                f"'{named}' (--secret) is {match[4]}, which is a placeholder.", "Write the value itself."
            )
        flavor = flavor_of(documents, before, (type_name, component.flavor))
        value = value_of(f"secret {match[1]}", match[4])
        found[type_name, match[2], match[3]] = value_in(flavor, match[3], value)
    return found


def asked_secrets(documents: Documents, before: Contents, missing: Iterable[tuple[str, str, str]]) -> Secrets:
    """The values of secrets that are nowhere, asked for on a terminal without showing what is typed.

    Raises:
        SecretsMissing: there is no terminal.
    """
    names = {key: f"{key[0]}/{key[1]}.{key[2]}" for key in missing}
    if names and not has_terminal():
        raise SecretsMissing(list(names.values()))
    found: Secrets = {}
    for (type_name, name, attribute), shown in names.items():
        flavor = flavor_of(documents, before, (type_name, documents.contents.components[type_name, name].flavor))
        text = click.prompt(shown, hide_input=True, err=True)
        found[type_name, name, attribute] = value_in(flavor, attribute, text)
    return found


def value_in(flavor: Flavor, attribute: str, text: str) -> Any:
    """The value that a text means, of an attribute that the flavor may not have, or may spell with other dashes.

    Raises:
        InvalidInput: it means none. It is not shown, since whoever gave it takes it for a secret.
    """
    try:
        (value,) = typed(flavor, {attribute: text}).values()
    except InvalidConfig as error:
        raise InvalidInput(
            f"What was given as a secret is not a value of the attribute '{attribute}' of the flavor '{flavor.name}'.",
            error.hint,
        ) from None
    return value


def flavor_of(documents: Documents, before: Contents, key: Key) -> Flavor:
    """The flavor of a component as it will be.

    Raises:
        NotFound: there is none.
    """
    found = builtin_flavors(key[0]).get(key[1]) or documents.contents.flavors.get(key) or before.flavors.get(key)
    if found is None:
        raise no_flavor(*key, builtin_flavors(key[0]))
    return found


def told(plan: Plan) -> Iterable[str]:
    """The sentences on what a plan leaves as it is."""
    if plan.staying:
        count = len(plan.staying)
        it, them = ("thing", "it") if count == 1 else ("things", "them")
        stays = "stays" if count == 1 else "stay"
        yield f"{count} {it} that the file does not have {stays}; --prune would delete {them}."
    if plan.unchanged:
        yield f"{plan.unchanged} unchanged."


def show_plan(invocation: Invocation, plan: Plan) -> None:
    """Show what would be done, beside the answer."""
    from zprof.contents.telling import lines

    if invocation.quiet:
        return
    for mark, text in (line for step in plan.steps for line in lines(brief(step))):
        invocation.say(f"{mark} {text}")
    for step in plan.steps:
        for sentence in used_by(plan, step):
            invocation.say(sentence)
    for sentence in told(plan):
        invocation.say(sentence)


def brief(step: Difference) -> Difference:
    """A step as a person reads it: of what comes or goes, no more than the flavor or the components."""
    if step.verb == "change":
        return step
    kept = tuple(each for each in step.attributes if each.path == "flavor" or each.path.startswith("components."))
    return step._replace(attributes=kept)


def used_by(plan: Plan, step: Difference) -> Iterable[str]:
    """Which stacks have a component that changes, if several do: who changes one may think of one alone."""
    if step.kind != "component" or step.verb != "change":
        return
    type_name, _, name = step.name.partition("/")
    users = [stack for stack, members in plan.after.stacks.items() if members.get(type_name) == name]
    if len(users) > 1:
        named = ", ".join(f"'{user}'" for user in users[:5])
        more = f" and {len(users) - 5} more" if len(users) > 5 else ""
        yield f"The {BY_NAME[type_name].noun} '{name}' is in {len(users)} stacks: {named}{more}."


def question(plan: Plan, profile: str) -> str:
    """What is asked before a plan is carried out."""
    counts = [
        f"{verb} {count}"
        for verb in ("create", "change", "delete")
        if (count := sum(1 for step in plan.steps if step.verb == verb))
    ]
    return f"In the profile '{profile}': {', '.join(counts)}. Continue?"


def warn_of_plain_secrets(invocation: Invocation, plan: Plan) -> None:
    """Say which components have brought secrets in plain text."""
    secret: dict[Key, frozenset[str]] = {}
    for key, component in plan.after.components.items():
        old = plan.before.components.get(key)
        flavor = found_flavor(component, plan.after.flavors)
        if old is component or flavor is None:
            continue
        known = component.type, component.flavor
        if known not in secret:
            secret[known] = secret_attributes(flavor)
        new = {
            name: value
            for name, value in component.config.items()
            if name in secret[known] and not is_reference(value) and (old is None or old.config.get(name) != value)
        }
        invocation.warn_of_secrets(component.name, worth_a_warning(new, tuple(new)))
