"""No module of zprof imports itself by way of others, at the top of a file or inside a function."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest


def graph_of(package: str) -> grimp.ImportGraph:
    """All imports that run, which those under TYPE_CHECKING don't."""
    return grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)


def circle(graph: grimp.ImportGraph) -> str:
    """The modules of a circle, each of which imports the next; nothing if there is none."""
    imports = {module: sorted(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return ""


def test_there_is_no_circle() -> None:
    graph = graph_of("zprof")
    assert circle(graph) == "", "take one of these imports away"


@pytest.mark.parametrize(
    ("one", "two", "found"),
    [
        ("import looping.two", "import looping.one", "looping.one -> looping.two -> looping.one"),
        (
            "from looping import two",
            "def f():\n    from looping.one import f",
            "looping.one -> looping.two -> looping.one",
        ),
        ("import looping", "", "looping -> looping.one -> looping"),
        ("import looping.two", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import looping.one", ""),
    ],
    ids=["in one directory", "inside a function", "by the package", "for types alone"],
)
def test_a_circle_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: str, two: str, found: str) -> None:
    (tmp_path / "looping").mkdir()
    (tmp_path / "looping" / "__init__.py").write_text("import looping.one\n" if one == "import looping" else "")
    (tmp_path / "looping" / "one.py").write_text(one)
    (tmp_path / "looping" / "two.py").write_text(two)
    monkeypatch.syspath_prepend(tmp_path)
    told = circle(graph_of("looping")).split(" -> ")
    # A circle begins anywhere.
    assert set(told) == set(found.split(" -> "))
    assert len(told) == len(found.split(" -> "))
