"""One name for one thing: no two public classes of the house are called alike, and no loop variable is `one`."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_python

ROOT = Path(__file__).parents[2]


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "wizard").rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_loop_says_what_it_goes_through() -> None:
    """`for one in ...` makes a reader look for what one is."""
    files = sorted((ROOT / "wizard").rglob("*.py"))
    loops = {
        str(file.relative_to(ROOT)): _loop_variables(ast.parse(file.read_text(encoding="utf-8"))) for file in files
    }
    assert {file for file, names in loops.items() if "one" in names} == set()


def _loop_variables(tree: ast.AST) -> set[str]:
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
