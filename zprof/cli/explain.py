"""`zprof profile explain`, `zprof stack explain` and `zprof <type> explain`: what a thing is, in a few sentences."""

from __future__ import annotations

import os
import sys

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.of_type import pass_type
from zprof.cli.output import show_item
from zprof.component_types import ComponentType

PROFILE = """\
A profile is a named, isolated context: a store of its own, in which stacks, components and custom flavors are kept.
Laptop, staging and production are typical ones. What is done in one profile is never seen in another.

The store is a database, by default a SQLite file in the config directory. With `zprof profile create NAME --url URL` it
may be any file, also one that others use: then the profile is shared, while each user's choice of the active stack
stays their own.

One profile is in effect at a time: the one that --profile names, else $ZPROF_ACTIVATED_PROFILE, else the repository's
(`zprof init`), else the one that `zprof profile set` made active. `zprof status` shows which, and why.
"""

STACK = """\
A stack is the infrastructure that pipelines run on: a named set of components, at most one of each type. An
orchestrator, an artifact store and a metadata store are required; the nine other types are optional.

One component may be in several stacks. An artifact store and a metadata store that were in a stack together belong
together from then on, since the records in the one describe the contents of the other: another stack can't pair either
with a third, unless it is registered with --decouple-stores.

`zprof stack register NAME -o … -a … -m …` makes one, `zprof stack set NAME` switches to it, `zprof stack copy` and
`zprof stack export` take it elsewhere.
"""

TYPES = {
    "orchestrator": "It runs pipelines: it decides where and in which order their steps run, on this machine, in "
    "containers or on a cluster. Each stack needs one.",
    "artifact_store": "It keeps what the steps of pipelines produce: data sets, models, reports. It may be a directory "
    "or a bucket. Each stack needs one.",
    "metadata_store": "It keeps the record of pipeline runs: what ran when, with which inputs and which results. Each "
    "stack needs one.",
    "container_registry": "It keeps the container images in which steps run. Orchestrators and step operators that run "
    "steps on other machines need one that those machines can reach.",
    "secrets_manager": "It keeps passwords, keys and tokens, so that components need only name them: {{secret.key}}. "
    "What a local one keeps is set by `zprof secret set SECRET.KEY`.",
    "step_operator": "It runs single steps on other machines, such as ones with accelerators, while the orchestrator "
    "runs the rest.",
    "feature_store": "It serves the same features to training, from the past, and to inference, at the moment.",
    "model_deployer": "It serves trained models, so that other programs can ask them for predictions.",
    "experiment_tracker": "It logs parameters, metrics and models of runs, and shows them side by side.",
    "alerter": "It sends messages on what happens in pipelines to where people read them, and may wait for an answer.",
    "annotator": "It lets people label data, and gives the labels to pipelines.",
    "data_validator": "It checks and profiles data and models: whether they are complete, have drifted, or perform.",
}

WIDEST = 80
"""Columns of the longest line: what is comfortable to read."""

OF_A_TYPE = """\
{what}

A component has a flavor, which implementation it is, and attributes, how that is set up.
`zprof {command} flavor list` shows the flavors,
`zprof {command} flavor describe FLAVOR` the attributes of one. Then:

    zprof {command} register NAME --flavor FLAVOR --key=value …
    zprof stack update {option} NAME
"""


def explain_command(text: str, noun: str) -> click.Command:
    """The command that prints a text."""

    @click.pass_obj
    def explain(invocation: Invocation) -> None:
        answer(invocation, noun, text)

    return Command("explain", is_read=True, has_banner=False, callback=explain, help=f"Explain what a {noun} is.")


@click.command(cls=Command, is_read=True, has_banner=False)
@click.pass_obj
@pass_type
def explain(of_type: ComponentType, invocation: Invocation) -> None:
    """Explain what A-NOUN is."""
    article_and_noun = of_type.with_article[:1].upper() + of_type.with_article[1:]
    what = f"{article_and_noun} is one of the twelve types of stack component. {TYPES[of_type.name]}"
    answer(invocation, of_type.name, OF_A_TYPE.format(what=what, command=of_type.command, option=of_type.option))


def answer(invocation: Invocation, name: str, text: str) -> None:
    """Print a text to a person, or as a program asked for it."""
    if invocation.is_asked:
        show_item(invocation.output, "Explanation", {"name": name, "text": text})
    else:
        show(text)


def show(text: str) -> None:
    """Print a text, through a pager where it goes to a terminal; what is indented keeps its lines."""
    from shutil import get_terminal_size  # 5 ms that no other command of this noun needs
    from textwrap import fill

    is_terminal = sys.stdout.isatty()
    width = min(WIDEST, get_terminal_size().columns) if is_terminal else WIDEST
    paragraphs = text.rstrip().split("\n\n")
    filled = [part if part.startswith(" ") else fill(part, width, break_on_hyphens=False) for part in paragraphs]
    text = "\n\n".join(filled) + "\n"
    if is_terminal:
        os.environ.setdefault("LESS", "FRX")  # as git does: a text that fits the screen is not waited at
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)
