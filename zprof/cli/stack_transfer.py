"""`zprof stack copy`, `export`, `import` and `validate`: stacks on their way from store to store."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import get_args

import click

from zprof.cli.command import Command
from zprof.cli.config_input import READABLE, read, value_of
from zprof.cli.invocation import Invocation, about
from zprof.cli.options import FileName, decouple_option
from zprof.cli.output import document_text, show_items
from zprof.cli.spellings import hint_on_missing_file
from zprof.component_types import BY_NAME
from zprof.documents.reading import MAX_BYTES, parsed_file
from zprof.errors import InvalidInput, SecretsMissing, closest_names
from zprof.files import written_whole
from zprof.flavors.catalog import Flavor
from zprof.flavors.config import plain_secrets, worth_a_warning
from zprof.masking import is_placeholder, secret_option
from zprof.printable import printable
from zprof.records import Bundle
from zprof.sqlite.files import check_is_no_database
from zprof.store.document import bundle_of, document
from zprof.store.steps import OnConflict, Step
from zprof.store.store import Store

on_conflict_option = click.option(
    "--on-conflict",
    type=click.Choice(get_args(OnConflict)),
    default="fail",
    metavar="CHOICE",
    help=f"Where a name is taken by another: {', '.join(get_args(OnConflict))}. The first unless given.",
)
dry_run_option = click.option("--dry-run", "is_trial", is_flag=True, help="Say what would be done, and do nothing.")


@click.command(cls=Command)
@click.argument("source")
@click.argument("target")
@click.option("--from", "from_profile", metavar="PROFILE", help="Copy out of this profile.")
@click.option("--to", "to_profile", metavar="PROFILE", help="Copy into this profile.")
@on_conflict_option
@decouple_option
@dry_run_option
@click.pass_obj
def copy(
    invocation: Invocation,
    source: str,
    target: str,
    from_profile: str | None,
    to_profile: str | None,
    on_conflict: OnConflict,
    decouple_stores: bool,
    is_trial: bool,
) -> None:
    """Copy a stack.

    With its components and custom flavors, under another name or from one profile to another. What the target has
    already is used where it is the same.
    """
    origin = invocation.store_of(from_profile)
    with about(from_profile):
        bundle = origin.bundle(source)
        flavors = flavors_of(origin, bundle)
    with about(to_profile), invocation.store_of(to_profile).change(is_trial=is_trial) as change:
        steps = change.add_bundle(bundle, target, on_conflict=on_conflict, decouple_stores=decouple_stores)
    report(invocation, steps, change.dropped_ties, is_trial=is_trial)
    if not is_trial:
        warn_of_secrets(invocation, bundle, flavors, steps)


@click.command(cls=Command, is_read=True)
@click.argument("name")
@click.argument("file", default="-", type=FileName())
@click.option("--show-secrets", is_flag=True, help="Write secrets in plain text, too.")
@click.option("--yes", "-y", is_flag=True, help="Replace a FILE that is there.")
@click.pass_obj
def export(invocation: Invocation, name: str, file: str, show_secrets: bool, yes: bool) -> None:
    """Export a stack.

    As YAML, or as JSON with --output json or a FILE that ends in .json; to stdout without a FILE. Secrets in plain
    text are left out and listed.
    """
    bundle = invocation.store.bundle(name)
    exported = document(bundle, flavors_of(invocation.store, bundle), show_secrets=show_secrets)
    text = document_text("json" if invocation.output == "json" or file.endswith(".json") else "yaml", exported)
    if file == "-":
        click.echo(text, nl=False)
    else:
        if os.path.lexists(file):
            invocation.confirm(f"Replace {file}?", is_confirmed=yes)
        check_is_no_database(file)
        written_whole(file, text)
        invocation.say(f"Exported stack '{name}' to {file}.")
    for type_name, attributes in exported["omitted_secrets"].items():
        component = bundle.components[type_name]
        left_out = " and ".join(attributes)
        invocation.warn(f"{left_out} of the {BY_NAME[type_name].noun} '{component.name}' left out: a secret.")


@click.command("import", cls=Command)
@click.argument("file", type=FileName())
@click.option("--name", metavar="NAME", help="Import it under this name.")
@click.option(
    "--secret", "secrets", multiple=True, metavar="TYPE/NAME.KEY=VALUE", help="A secret that the export left out."
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
    """Import a stack.

    From a FILE that `stack export` has written, here or in ZenML 0.7 to 0.13; - is stdin.
    """
    found, remarks = bundle_in(file)
    bundle = with_given_secrets(found, secrets)
    with invocation.store.change(is_trial=True) as change:
        missing = change.missing_secrets(bundle)
    bundle = bundle.with_secrets(placeholders(missing) if is_trial else asked_for(bundle, missing))
    with invocation.store.change(is_trial=is_trial) as change:
        steps = change.add_bundle(
            bundle, bundle.name if name is None else name, on_conflict=on_conflict, decouple_stores=decouple_stores
        )
    for remark in remarks:
        invocation.warn(remark)
    report(invocation, steps, change.dropped_ties, is_trial=is_trial)
    if not is_trial:
        warn_of_secrets(invocation, bundle, flavors_of(invocation.store, bundle), steps)


@click.command(cls=Command, is_read=True)
@click.argument("name", required=False)
@click.option("--all", "is_all", is_flag=True, help="Check every stack of the profile.")
@click.pass_obj
def validate(invocation: Invocation, name: str | None, is_all: bool) -> None:
    """Check whether a stack fits together.

    Without a NAME, the stack in effect. Every rule that is broken is told, and then the exit code is 1.
    """
    if is_all and name is not None:
        raise click.UsageError("Give a NAME or --all, not both.")
    if is_all:
        found = invocation.store.all_violations()
    else:
        checked = invocation.active.stack_name() if name is None else name
        found = {checked: invocation.store.violations(checked)}
    problems = [{"name": stack, "problem": problem} for stack, sentences in found.items() for problem in sentences]
    if problems or invocation.output in ("json", "yaml", "csv"):
        show_items(invocation.output, "Violation", problems, {"STACK NAME": "name", "PROBLEM": "problem"})
    if problems:
        click.get_current_context().exit(1)
    invocation.say(f"{'All stacks fit' if is_all else f'The stack {next(iter(found))!r} fits'} together.")


COMMANDS = {"copy": copy, "export": export, "import": import_, "validate": validate}
"""Those that `TRANSFERS` of `zprof.cli.stack` names."""


def build(name: str) -> click.Command:
    """A command of `zprof stack`, when it is run."""
    return COMMANDS[name]


def report(invocation: Invocation, steps: list[Step], dropped_ties: list[tuple[str, str]], *, is_trial: bool) -> None:
    """Say what was done; what would be done is the answer itself."""
    if is_trial:
        for step in steps:
            click.echo(f"Would {step.verb} the {step.kind} '{step.name}'.")
        for artifact_store, metadata_store in dropped_ties:
            tie = f"the artifact store '{artifact_store}' and the metadata store '{metadata_store}'"
            click.echo(printable(f"Would drop the tie of {tie}."))
        return
    for step in steps:
        invocation.say(f"{step.past} the {step.kind} '{step.name}'.")


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


def with_given_secrets(bundle: Bundle, given: tuple[str, ...]) -> Bundle:
    """The stack with the secrets that `--secret` gives."""
    found: dict[tuple[str, str], str] = {}
    for text in given:
        match = secret_option(text)
        if match is None:  # nothing of it is shown: it may be the secret itself
            raise InvalidInput(
                "--secret was given something else than it takes.", "Write --secret TYPE/NAME.KEY=VALUE, or =@FILE."
            )
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
                f"The stack leaves out no secret '{match[3]}' of {match[1]} '{match[2]}'.{meant}",
                f"What it leaves out: {', '.join(wanted) or 'nothing'}.",
            )
        if is_placeholder(match[4]):
            raise InvalidInput(
                f"--secret {text.partition('=')[0]} is given {match[4]}, which stands for a value.", "Write that."
            )
        found[type_name, match[3]] = value_of(f"secret {match[1]}", match[4])
    return bundle.with_secrets(found)


def placeholders(missing: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """References that stand for secrets where nothing is stored, so that a trial asks for none."""
    return {
        (type_name, attribute): f"{{{{{type_name}.{attribute}}}}}"
        for type_name, attributes in missing.items()
        for attribute in attributes
    }


def asked_for(bundle: Bundle, missing: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """The values of secrets that are nowhere, asked for on a terminal without showing what is typed."""
    names = {
        (type_name, attribute): f"{type_name}/{bundle.components[type_name].name}.{attribute}"
        for type_name, attributes in missing.items()
        for attribute in attributes
    }
    if names and not sys.stdin.isatty():
        raise SecretsMissing(list(names.values()))
    return {key: click.prompt(name, hide_input=True, err=True) for key, name in names.items()}
