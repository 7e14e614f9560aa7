"""The options of the commands that hand a stack to programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from zprof.cli.invocation import Invocation
from zprof.component_types import COMPONENT_TYPES, component_type
from zprof.environment.plan import Plan, Wishes


class TypeName(click.ParamType[str]):
    """The type of a component, as a command or as it is stored: `artifact-store`, `artifact_store`."""

    name = "type"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if str(value).replace("-", "_") not in {each.name for each in COMPONENT_TYPES}:
            known = ", ".join(each.command for each in COMPONENT_TYPES)
            self.fail(f"'{value}' is not a type of component: {known}.", param, ctx)
        return component_type(str(value).replace("-", "_")).name


OPTIONS = (
    click.option(
        "--also",
        multiple=True,
        metavar="VARIABLE",
        help="Also set this optional variable: KUBECONFIG. Can be repeated.",
    ),
    click.option(
        "--prefer",
        multiple=True,
        type=TypeName(),
        metavar="TYPE",
        help="If two components set one variable, use the one of this type. Can be repeated.",
    ),
    click.option("--strict", is_flag=True, help="Fail if two components set one variable to different values."),
    click.option("--keep-env", is_flag=True, help="Keep variables that are already set."),
    click.option("--verbose", "-v", is_flag=True, help="Say which variables are set, replaced and unset."),
)


def environment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which variables a stack sets."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def wishes_of(options: dict[str, Any]) -> Wishes:
    """What these options say."""
    return Wishes(options["also"], options["prefer"], options["strict"], options["keep_env"])


def tell(
    invocation: Invocation, plan: Plan, environ: dict[str, str], *, is_verbose: bool, profile: str | None = None
) -> None:
    """Say what a plan leaves out and, where asked, what it does to each variable; never a value.

    Args:
        profile: the one that lines to type are for, instead of what the option names.
    """
    for warning in plan.warnings:
        invocation.warn(warning, profile)
    if is_verbose:
        for sentence in effects(plan, environ):
            invocation.say(sentence)


def effects(plan: Plan, environ: dict[str, str]) -> Iterable[str]:
    """What a plan does to each variable, a sentence each."""
    for name, claim in plan.claims.items():
        verb = "replaces" if environ.get(name) not in (None, claim.value) else "sets"
        yield f"{verb} {name}, {claim.origin}"
    yield from (f"unsets {name}" for name in plan.unset if name in environ)
