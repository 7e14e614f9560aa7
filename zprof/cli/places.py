"""The options that say where a switch counts: everywhere, or in a repository for one user alone."""

from __future__ import annotations

from typing import Any

import click


def place_options(function: Any) -> Any:
    """The options of a switch, which counts in the repository where neither is given."""
    function = click.option(
        "--personal", "is_personal", is_flag=True, help="Switch only for yourself in this repository."
    )(function)
    return click.option(
        "--global", "-g", "is_global", is_flag=True, help="Switch everywhere, not only in this repository."
    )(function)


def personal_option(function: Any) -> Any:
    """The option of what undoes a switch."""
    return click.option(
        "--personal", "is_personal", is_flag=True, help="Remove only your own choice in this repository."
    )(function)


def check_one_place(is_global: bool, is_personal: bool) -> None:
    """Refuse a switch that is to count in two places.

    Raises:
        click.UsageError: it is.
    """
    if is_global and is_personal:
        raise click.UsageError("Use --global or --personal, not both.")
