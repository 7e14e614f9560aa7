"""`zprof stack copy`, `export`, `import` and `validate`: stacks on their way from store to store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import click

from zprof.cli.command import Command
from zprof.cli.config_input import value_of
from zprof.cli.invocation import Invocation, about
from zprof.cli.options import FileName, decouple_option, same_name
from zprof.cli.output import STEP_COLUMNS, document_text, raise_left_out, show_items
from zprof.cli.spellings import hint_on_missing_file
from zprof.cli.stack import answer
from zprof.component_types import BY_NAME
from zprof.documents.reading import MAX_BYTES, parsed_file
from zprof.documents.shape import is_kept
from zprof.errors import DamagedFile, InvalidInput, SecretsMissing, closest_names, either
from zprof.files import READABLE, read, written_whole
from zprof.flavors.catalog import Flavor
from zprof.flavors.config import plain_secrets, typed, worth_a_warning
from zprof.flavors.properties import properties
from zprof.flavors.types import value_types
from zprof.hints import line_for_profile
from zprof.masking import is_placeholder, secret_option
from zprof.printable import printable
from zprof.records import Bundle, Stack
from zprof.sqlite.files import check_is_no_database
from zprof.store.change import StoreChange
from zprof.store.document import bundle_of
from zprof.store.fitting import all_broken, lines_against
from zprof.store.steps import OnConflict, Step
from zprof.store.store import Store
from zprof.streams import has_terminal

on_conflict_option = click.option(
    "--on-conflict",
    type=click.Choice(get_args(OnConflict)),
    default="fail",
    metavar="CHOICE",
    help=f"What to do if a name is taken: {', '.join(get_args(OnConflict))} (default: fail).",
)
dry_run_option = click.option(
    "--dry-run", "is_trial", is_flag=True, help="Show what would be done, and change nothing."
)


@click.command(cls=Command)
@click.argument("source")
@click.argument("target", required=False)
@click.option("--from", "from_profile", metavar="PROFILE", help="Copy from this profile instead of the active one.")
@click.option("--to", "to_profile", metavar="PROFILE", help="Copy to this profile instead of the active one.")
@on_conflict_option
@decouple_option
@dry_run_option
@click.pass_obj
def copy(
    invocation: Invocation,
    source: str,
    target: str | None,
    from_profile: str | None,
    to_profile: str | None,
    on_conflict: OnConflict,
    decouple_stores: bool,
    is_trial: bool,
) -> None:
    """Copy a stack with its components and custom flavors.

    Copies it to the name TARGET, or from one profile to another. A component that the target already has is used if
    it is the same.
    """
    if target is None:
        target = same_name(source, from_profile, to_profile)
    origin = invocation.store_of(from_profile)
    with about(from_profile):
        bundle = origin.bundle(source)
        flavors = flavors_of(origin, bundle)
    with about(to_profile), invocation.store_of(to_profile).change(is_trial=is_trial) as change:
        steps = change.add_bundle(bundle, target, on_conflict=on_conflict, decouple_stores=decouple_stores)
        copied = asked_for_stack(invocation, change, steps, is_trial=is_trial)
    report(invocation, steps, change.dropped_ties, is_trial=is_trial)
    if not is_trial:
        warn_of_secrets(invocation, bundle, flavors, steps)
    answer(invocation, copied, to_profile)


@click.command(cls=Command, is_read=True)
@click.argument("name")
@click.argument("file", default="-", type=FileName())
@click.option("--show-secrets", is_flag=True, help="Write secrets in plain text.")
@click.option("--yes", "-y", is_flag=True, help="Replace an existing FILE without asking.")
@click.pass_obj
def export(invocation: Invocation, name: str, file: str, show_secrets: bool, yes: bool) -> None:
    """Export a stack to a file, or to stdout.

    Writes YAML, or JSON with --output json or to a FILE that ends in .json. It has what `describe` shows, without
    timestamps and revisions. Secrets in plain text are left out.
    """
    exported = invocation.store.bundle(name).to_dict(show_secrets=show_secrets)
    text = document_text("json" if invocation.output == "json" or file.endswith(".json") else "yaml", exported)
    if file == "-":
        click.echo(text, nl=False)
    else:
        if os.path.lexists(file):
            invocation.confirm(f"Replace {file}?", is_confirmed=yes)
        check_is_no_database(file)
        written_whole(file, text)
        invocation.say(f"Exported stack '{name}' to {file}.")
    for type_name, part in exported["components"].items():
        left_out = " and ".join(sorted(key for key, value in part["config"].items() if is_kept(value)))
        if left_out:
            invocation.warn(f"{left_out} of the {BY_NAME[type_name].noun} '{part['name']}' is left out, as a secret.")


@click.command("import", cls=Command)
@click.argument("file", type=FileName())
@click.option("--name", metavar="NAME", help="Import it under this name (default: the name in FILE).")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="TYPE/NAME.KEY=VALUE",
    help="Set a secret that the file leaves out. Can be repeated.",
)
@on_conflict_option
@decouple_option
@dry_run_option
@click.pass_obj
def import_(
    invocation: Invocation,
    file: str,
    name: str | None,
    secrets: tuple[str, ...],
    on_conflict: OnConflict,
    decouple_stores: bool,
    is_trial: bool,
) -> None:
    """Import a stack from a file.

    FILE is written by `zprof stack export`, or by ZenML 0.7 to 0.13; - reads stdin.
    """
    found, remarks = bundle_in(file)
    given = given_secrets(found, secrets)
    bundle = with_secrets(invocation.store, found, given) if given else found
    with invocation.store.change(is_trial=True) as change:
        missing = change.missing_secrets(bundle)
    if is_trial:
        bundle = bundle.with_secrets(stand_ins(flavors_of(invocation.store, bundle), bundle, missing))
    elif missing:
        bundle = with_secrets(invocation.store, bundle, asked_for(bundle, missing))
    with invocation.store.change(is_trial=is_trial) as change:
        steps = change.add_bundle(
            bundle, bundle.name if name is None else name, on_conflict=on_conflict, decouple_stores=decouple_stores
        )
        imported = asked_for_stack(invocation, change, steps, is_trial=is_trial)
    for remark in remarks:
        invocation.warn(remark)
    report(invocation, steps, change.dropped_ties, is_trial=is_trial)
    if not is_trial:
        warn_of_secrets(invocation, bundle, flavors_of(invocation.store, bundle), steps)
    answer(invocation, imported)


@click.command(cls=Command, is_read=True)
@click.argument("name", required=False)
@click.option("--all", "is_all", is_flag=True, help="Check every stack of the profile.")
@click.pass_obj
def validate(invocation: Invocation, name: str | None, is_all: bool) -> None:
    """Check that the components of a stack fit together.

    Without a NAME, checks the active stack. Prints every problem, and exits with 1 if there is one.
    """
    if is_all and name is not None:
        raise click.UsageError("Give a NAME or --all, not both.")
    left_out: list[DamagedFile] = []
    if is_all:
        stacks = invocation.store.whole_stacks(left_out)
    else:
        stacks = [invocation.store.stored_stack(invocation.active.stack_name() if name is None else name)]
    problems = [problem for stack in stacks for problem in problems_of(stack, invocation.profile)]
    if problems or invocation.output in ("json", "yaml", "csv"):
        show_items(invocation.output, "Violation", problems, {"STACK NAME": "name", "PROBLEM": "problem"})
    for sentence in dict.fromkeys(either(problem["fixes"]) for problem in problems):
        invocation.say(sentence)
    raise_left_out(left_out)
    if problems:
        click.get_current_context().exit(1)
    invocation.say(f"{'All stacks fit' if is_all else f'The stack {stacks[0].name!r} fits'} together.")


def problems_of(stack: Stack, profile: str | None) -> Iterator[dict[str, Any]]:
    """What is wrong with a stack, as documents.

    Args:
        profile: the one that an option named; then the lines name it, too.
    """
    broken = all_broken(stack)
    for violation, lines in zip(broken, lines_against(stack.name, broken), strict=True):
        fixes = [line_for_profile(line, profile) for line in lines]
        yield {"name": stack.name, "problem": violation.sentence, "fixes": fixes}


COMMANDS = {"copy": copy, "export": export, "import": import_, "validate": validate}
"""Those that `TRANSFERS` of `zprof.cli.stack` names."""


def build(name: str) -> click.Command:
    """A command of `zprof stack`, when it is run."""
    return COMMANDS[name]


def report(invocation: Invocation, steps: list[Step], dropped_ties: list[tuple[str, str]], *, is_trial: bool) -> None:
    """Say what was done; what would be done is the answer itself."""
    if not is_trial:
        for step in steps:
            invocation.say(f"{step.past} {step.kind} '{step.name}'{step.addition}.")
    elif invocation.is_asked:
        items = [{"name": step.name, "verb": step.verb, "thing": step.kind} for step in steps]
        items += [{"name": "/".join(pair), "verb": "drop", "thing": "association"} for pair in dropped_ties]
        show_items(invocation.output, "Step", items, STEP_COLUMNS)
    else:
        for step in steps:
            click.echo(f"Would {step.verb} the {step.kind} '{step.name}'{step.addition}.")
        for artifact_store, metadata_store in dropped_ties:
            tie = f"the artifact store '{artifact_store}' and the metadata store '{metadata_store}'"
            click.echo(printable(f"Would drop the tie of {tie}."))


def asked_for_stack(invocation: Invocation, change: StoreChange, steps: list[Step], *, is_trial: bool) -> Stack | None:
    """The stack that the last step has made, within the change, if a program wants to know it."""
    return change.stack(steps[-1].name) if invocation.is_asked and not is_trial else None


def warn_of_secrets(
    invocation: Invocation, bundle: Bundle, flavors: Mapping[tuple[str, str], Flavor], steps: list[Step]
) -> None:
    """Say which components of a stack have brought secrets in plain text along."""
    by_kind = {step.kind: step for step in steps}
    for type_name, component in bundle.components.items():
        step = by_kind[BY_NAME[type_name].noun]
        if step.verb != "use":
            flavor = flavors[type_name, component.flavor]
            invocation.warn_of_secrets(
                step.name, worth_a_warning(component.config, plain_secrets(flavor, component.config))
            )


def flavors_of(store: Store, bundle: Bundle) -> dict[tuple[str, str], Flavor]:
    """The flavors of a stack's components, by type and name: those that come with it, or else the store's."""
    return {
        key: bundle.flavors.get(key) or store.flavor(*key)
        for key in ((type_name, component.flavor) for type_name, component in bundle.components.items())
    }


def bundle_in(file: str) -> tuple[Bundle, tuple[str, ...]]:
    """The stack in a file, whichever of the two formats it has, and what did not come over as it was."""
    is_stdin = file == "-"
    source = "stdin" if is_stdin else file
    hint = hint_on_missing_file(source) or READABLE
    found = parsed_file(read(source, MAX_BYTES, "the stack to import", hint=hint, is_stdin=is_stdin), source)
    if isinstance(found, dict) and "zenml_version" in found:
        from zprof.zenml import exported_bundle

        return exported_bundle(found, source)
    return bundle_of(found, source), ()


def with_secrets(store: Store, bundle: Bundle, given: Mapping[tuple[str, str], str]) -> Bundle:
    """The stack with secrets that were typed, by type and attribute, each as its flavor's schema reads a text."""
    flavors = flavors_of(store, bundle)
    values: dict[tuple[str, str], Any] = {}
    for (type_name, attribute), text in given.items():
        flavor = flavors[type_name, bundle.components[type_name].flavor]
        values[type_name, attribute] = typed(flavor, {attribute: text})[attribute]
    return bundle.with_secrets(values)


def given_secrets(bundle: Bundle, given: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """What `--secret` gives, as texts by type and attribute."""
    found: dict[tuple[str, str], str] = {}
    for text in given:
        match = secret_option(text)
        if match is None:  # nothing of it is shown: it may be the secret itself
            raise InvalidInput("--secret has the wrong form.", "Write --secret TYPE/NAME.KEY=VALUE, or =@FILE.")
        type_name = match[1].replace("-", "_")
        if type_name not in bundle.components or bundle.components[type_name].name != match[2]:
            raise InvalidInput(
                f"--secret {text.partition('=')[0]} names no component of the stack.",
                "Write --secret TYPE/NAME.KEY=VALUE, or =@FILE.",
            )
        wanted = bundle.omitted_secrets.get(type_name, ())
        if match[3] not in wanted:
            closest = closest_names(match[3], wanted)
            meant = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
            raise InvalidInput(
                f"The stack has no missing secret '{match[3]}' of {match[1]} '{match[2]}'.{meant}",
                f"The missing secrets: {', '.join(wanted) or 'nothing'}.",
            )
        if is_placeholder(match[4]):
            raise InvalidInput(
                f"--secret {text.partition('=')[0]} is {match[4]}, which is a placeholder.", "Write the value itself."
            )
        found[type_name, match[3]] = value_of(f"secret {match[1]}", match[4])
    return found


def stand_ins(
    flavors: Mapping[tuple[str, str], Flavor], bundle: Bundle, missing: dict[str, tuple[str, ...]]
) -> dict[tuple[str, str], Any]:
    """What stands for secrets where nothing is stored, so that a trial asks for none, as far as something may."""
    found: dict[tuple[str, str], Any] = {}
    for type_name, attributes in missing.items():
        schema = flavors[type_name, bundle.components[type_name].flavor].schema
        for attribute in attributes:
            of_attribute = properties(schema).get(attribute, {})
            types = value_types(of_attribute, schema)
            if "string" not in types:
                found[type_name, attribute] = {} if "object" in types else []
            elif of_attribute.get("x-reference", True):
                found[type_name, attribute] = f"{{{{{type_name}.{attribute}}}}}"
    return found


def asked_for(bundle: Bundle, missing: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """The values of secrets that are nowhere, asked for on a terminal without showing what is typed."""
    names = {
        (type_name, attribute): f"{type_name}/{bundle.components[type_name].name}.{attribute}"
        for type_name, attributes in missing.items()
        for attribute in attributes
    }
    if names and not has_terminal():
        raise SecretsMissing(list(names.values()))
    return {key: click.prompt(name, hide_input=True, err=True) for key, name in names.items()}
