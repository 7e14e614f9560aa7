"""What a part found, as a table to read, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tabulate import tabulate

Finding = Mapping[str, Any]
"""One line of a part: its columns, by name. What is not a number of a column is None."""


class Section(NamedTuple):
    """What one part of the benchmark found."""

    name: str
    title: str
    findings: list[Finding]
    left_out: tuple[str, ...] = ()
    """Sentences on what could not be measured here."""

    def text(self, style: str = "simple") -> str:
        """The table, under its title, in one of tabulate's styles."""
        lines = [f"### {self.title}" if style == "github" else self.title, ""]
        if self.findings:
            shown = [{key.replace("_", " "): cell(value) for key, value in each.items()} for each in self.findings]
            right = [
                "right" if any(isinstance(each[key], int | float) for each in self.findings) else "left"
                for key in self.findings[0]
            ]
            lines += [tabulate(shown, headers="keys", tablefmt=style, colalign=right, disable_numparse=True), ""]
        return "\n".join([*lines, *(f"left out: {reason}\n" for reason in self.left_out)])


def cell(value: Any) -> str:
    """A value as the table shows it: numbers with about three digits."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def verdict(limit: float, **found: float) -> str:
    """`ok`, or what is over the limit, by name."""
    over = [name for name, value in found.items() if value > limit]
    return f"over ({', '.join(over)})" if over else "ok"


def failures(sections: list[Section]) -> Iterator[str]:
    """What is over its limit, one sentence each."""
    for section in sections:
        for finding in section.findings:
            if str(finding.get("verdict", "")).startswith("over"):
                size = f", {finding['components']:,} components" if "components" in finding else ""
                yield f"{section.name}: {finding['command']}{size}: {finding['verdict']}"
