"""Messages keep to wizard/ui/STYLE.md as far as a program can tell: these words are in none of them."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wizard

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

ROOT = Path(wizard.__file__).parent
INSTEAD_OF = {
    r"\bage file\b": "encrypted file",
    r"(?<!\bthere )\b(is|are) no (?!longer\b|more\b)": "is not a",
    r"\b(knows|names|holds|takes) no\b": "does not have, does not know",
    r"\bnobody (can|is)\b": "this is not interactive",
    r"\b(is|are) there already\b|\balready like this\b": "already exists",
    r"\bt(ake|akes|aken|ook) (\S+ )?back\b": "undo",
    r"\bputs? (\S+ )?right\b|\bcorrect (it|that|them|this)\b": "fix",
    r"\b[Ff]rom now on\b": "",
    r"\bpass(es|ed)? (it |them )?over\b": "ignores",
    r"\bleft alone\b": "skipped",
    r"\boverrul": "override",
    r"\bonly running\b": "can't be known without running",
    r"\ball the same\b": "anyway",
    r"\b(stands?|lies?) (there )?in\b|\bkeys? in plain text\b": "plain-text key",
    r"\bbr(ing|ings|ought) up to date\b": "update",
    r"\b[Ss]hall\b": "should, do you want to",
    r"\b[Tt]he wizard\b": "crush-wizard",
    r"\b[Tt]he doctor\b": "`crush-wizard doctor`",
    r"\bslot\b": "large or small model",
    r"\b[Cc]onfiguration\b": "config",
    r", too\b(?! )": "also",
    r"\bt(ake|akes|aken|ook) (?!off)([^ :;,.]+ ){1,4}(out|off)\b(?! the key)": "remove",
    r"\banew\b": "again",
    r"\bnot(e|es|ed|ing) (\S+ )?down\b|\banything down\b": "save",
    r"\bgo(es)? along\b|\b(take|bring)s? .{1,40} along\b": "also send, export, is built into",
    r"\bcomes? to nothing\b": "is empty",
    r"\bof (its|their|your|one's) own accord\b": "by itself",
    r"\bwithout a word\b|\bnowhere\b": "without a message",
    r"\bend to end\b": "joined",
    r"\bmeant so\b": "intended",
    r"\bon the PATH\b": "on PATH",
    r"\bthere is none\b|\bas good as\b|\b[Ss]uch an? \b": "name what is missing, or meant",
    r"\b(stronger|weaker)\b|\boutrank": "overrides",
    r"\blies\b|\bstands\b": "is",
    r"\bbelongs? into\b": "belongs in",
    r"\b([Nn]o|some)body\b": "say who, or use the passive",
}
"""What must not be in a message, and what is said instead."""


def said(tree: ast.AST) -> Iterator[str]:
    """Literals of three words and more that are no docstring; `{}` stands for what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
            continue
        for child in ast.iter_child_nodes(node):
            if (text := _text(child)).count(" ") > 1:
                yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def told(value: Any) -> Iterator[str]:
    """The texts of a preset."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from told(part)


def odd(texts: Iterator[str]) -> list[str]:
    return [f"{text!r}: {better}" for text in texts for word, better in INSTEAD_OF.items() if re.search(word, text)]


def test_no_odd_words() -> None:
    found = {path: odd(said(ast.parse(path.read_text(encoding="utf-8")))) for path in ROOT.rglob("*.py")}
    assert len(found) > 100
    assert {path: words for path, words in found.items() if words} == {}


def test_no_odd_words_in_presets() -> None:
    presets = (ROOT.parent / "presets").glob("*.toml")
    found = {path.stem: odd(told(tomllib.loads(path.read_text(encoding="utf-8")))) for path in presets}
    assert len(found) > 10
    assert {preset: words for preset, words in found.items() if words} == {}


def test_odd_words_are_found() -> None:
    tree = ast.parse('"""It is no docstring"""\nfail(f"{name} is no PROVIDER/MODEL", hint="no key")')
    assert odd(said(tree)) == ["'{} is no PROVIDER/MODEL': is not a"]
    tree = ast.parse('fail("take the key out of the file", hint="let the doctor move it")')
    assert [words.rpartition(": ")[2] for words in odd(said(tree))] == ["remove", "`crush-wizard doctor`"]
