"""Draw the picture of a session in the README, `docs/session.svg`, from what commands print; `make docs` calls this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from documentation import ROOT, printed_by
from wcwidth import wcswidth, wcwidth

PICTURE = ROOT / "docs" / "session.svg"
SET_UP = [
    """printf 'import os\\nprint("training, tracked at", os.environ["MLFLOW_TRACKING_URI"])\\n' > train.py""",
    "export TOKEN=s3cret; zprof -q profile set default",
]
COMMANDS = [
    "zprof -q profile create staging",
    "zprof profile set staging",
    "zprof -q experiment-tracker register runs --flavor mlflow \\\n"
    "    --tracking_uri=https://mlflow.example.com --tracking_token='${env:TOKEN}'",
    "zprof -q stack register train -o default -a default -m default -e runs --set",
    "zprof -q stack list",
    "zprof run -- python3 train.py",
    "zprof -q stack set trian",
]
COLUMNS = 80
CELL, LINE, MARGIN = 8.4, 17, 16
COLOURS = {"1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow"}
"""What the codes of a terminal mean, as classes of the picture."""

PIECE = re.compile(r"[│┃┯┼┷┏┓┠┨┗┛👉]|[^\s│┃┯┼┷┏┓┠┨┗┛👉]+(?: [^\s│┃┯┼┷┏┓┠┨┗┛👉]+)*")
"""What is placed by itself: the mark of what is active, an edge of a table, words with one space between them."""

FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<!-- Written by `make docs` from a run of the commands. -->
<title>A session with zprof</title>
<style>
rect {{ fill: #f6f8fa; stroke: #d0d7de }}
text {{ fill: #1f2328; font: 14px "DejaVu Sans Mono", Menlo, Consolas, monospace }}
.bold {{ font-weight: bold }} .dim {{ fill: #656d76 }}
.red {{ fill: #cf222e }} .green {{ fill: #1a7f37 }} .yellow {{ fill: #9a6700 }}
@media (prefers-color-scheme: dark) {{
rect {{ fill: #161b22; stroke: #30363d }}
text {{ fill: #e6edf3 }}
.dim {{ fill: #8d96a0 }} .red {{ fill: #ff7b72 }} .green {{ fill: #3fb950 }} .yellow {{ fill: #d29922 }}
}}
</style>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="8"/>
{texts}
</svg>
"""


class Run(NamedTuple):
    """Text in one style, and how many cells stand before it in its line."""

    text: str
    style: str
    start: int


def drawn() -> str:
    """The picture of what the commands print now."""
    outputs = printed_by([*SET_UP, *COMMANDS], has_colours=True)[len(SET_UP) :]
    lines = [line for command, output in zip(COMMANDS, outputs, strict=True) for line in lines_of(command, output)]
    texts = [element(run, number) for number, line in enumerate(lines) for run in runs_of(line)]
    width, height = round(COLUMNS * CELL) + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    return FRAME.format(
        width=width, height=height, inner_width=width - 1, inner_height=height - 1, texts="\n".join(texts)
    )


def lines_of(command: str, output: str) -> Iterator[str]:
    """What a terminal shows of a command and its output, in lines of the picture's width."""
    for prompt, line in zip(("$", *">" * command.count("\n")), command.split("\n"), strict=True):
        yield f"\x1b[32m{prompt}\x1b[0m \x1b[1m{line}\x1b[0m"
    for line in output.splitlines():
        yield from wrapped(line)


def wrapped(line: str) -> Iterator[str]:
    """A line in pieces of the picture's width, as a terminal breaks it."""
    piece, used = "", 0
    for part in re.findall(r"\x1b\[[\d;]*m|.", line):
        cells = 0 if part.startswith("\x1b") else wcwidth(part)
        if used + cells > COLUMNS:
            yield piece
            piece, used = "", 0
        piece, used = piece + part, used + cells
    yield piece


def runs_of(line: str) -> Iterator[Run]:
    """The text of a line by style, in pieces whose places do not depend on the font."""
    style, start = "", 0
    for code, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
        if not text:
            style = " ".join(COLOURS[number] for number in code.split(";") if number in COLOURS)
        for piece in PIECE.finditer(text):
            yield Run(piece[0], style, start + wcswidth(text[: piece.start()]))
        start += wcswidth(text)


def element(run: Run, line: int) -> str:
    """A run as text of SVG, as wide as its cells are, whatever the font is."""
    place = f'x="{MARGIN + run.start * CELL:g}" y="{MARGIN + line * LINE + 13}"'
    style = f' class="{run.style}"' if run.style else ""
    length = f'textLength="{wcswidth(run.text) * CELL:g}" lengthAdjust="spacingAndGlyphs"'
    return f"<text {place} {length}{style}>{escape(run.text)}</text>"


if __name__ == "__main__":
    PICTURE.write_text(drawn())
