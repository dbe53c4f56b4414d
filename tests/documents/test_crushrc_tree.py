"""What a crushrc says in the terms of crush.json, and where Crush stops in it (crush-behaviour 5.2 to 5.4)."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.documents.crushrc import document as crushrc_document
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.errors import InvalidConfig


def tree(text: str) -> dict[str, Any]:
    return CrushrcDocument(text, "crushrc").tree


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("option default-providers false", {"disable_default_providers": True}),
        ("option default-providers", {"disable_default_providers": False}),
        ("option default-providers YES", {"disable_default_providers": False}),
        (
            "option metrics 0\noption provider-auto-update no",
            {"disable_metrics": True, "disable_provider_auto_update": True},
        ),
        ("option auto-summarize true", {"disable_auto_summarize": False}),
        ("option debug\noption debug-lsp false", {"debug": True, "debug_lsp": False}),
        ("option data-directory 'my state'", {"data_directory": "my state"}),
        ("option data-directory a\noption data-directory b", {"data_directory": "b"}),
        ("option context-path a\noption context-path b", {"context_paths": ["a", "b"]}),
        ("option skill-path a\noption reset skill-path\noption skill-path b", {"skills_paths": ["b"]}),
        ("option disable-skill a\noption reset disable-skill", None),
        ("option debug yes\noption reset debug", {"debug": True}),
        ("option ui compact true\noption attribution-style none\noption", {"tui": {"compact_mode": True}}),
        ("option context-path a b", {"context_paths": ["a"]}),
        (
            "option attribution-generated-with no\noption attribution-trailer-style none",
            {"attribution": {"generated_with": False, "trailer_style": "none"}},
        ),
        ("if true; then option debug; fi", None),
        ('option "$NAME" x', None),
        ("option() { :; }\noption debug", None),
        ("exit 0\noption debug", None),
    ],
)
def test_options(text: str, options: dict[str, Any] | None) -> None:
    assert tree(text).get("options") == options


def test_the_whole_tree() -> None:
    text = (
        "provider add a --base-url u --disable no\n"
        "model add a/org/m --supports-images yes --price-cache-hit 0.1\n"
        "model large a/org/m --think\n"
        "option progress false\n"
    )
    assert tree(text) == {
        "providers": {
            "a": {
                "base_url": "u",
                "disable": False,
                "models": [{"id": "org/m", "supports_attachments": True, "cost_per_1m_in_cached": 0.1}],
            }
        },
        "models": {"large": {"provider": "a", "model": "org/m", "think": True}},
        "options": {"progress": False},
    }
    assert tree("# nothing") == {}
    assert tree("provider remove ollama") == {"providers": {}}


def test_a_computed_value_is_one() -> None:
    value = tree('option data-directory "$HOME/x"')["options"]["data_directory"]
    assert isinstance(value, Computed)


def test_an_option_has_a_place() -> None:
    document = CrushrcDocument("# first\n  option debug true\noption debug false\n", "crushrc")
    assert document.position(("options", "debug")) == (3, 1)
    assert document.position(("options", "progress")) is None


@pytest.mark.parametrize(
    "text",
    [
        "provider add a --name x --extra-header K V",
        "provider add a\nmodel add a/m --name x",
        "provider add a --name $NAMES",
        'provider add a "$FLAG" x',
        "provider rm a",
        "source more\nmodel add b/m",
        "if true; then provider add b; fi\nmodel add b/m",
        "provider() { :; }\nprovider --odd",
        "model large b/m",
        "exit 0",
        "mcp add files --command x --args a",
    ],
)
def test_commands_that_crush_may_take(text: str) -> None:
    CrushrcDocument(text, "crushrc").check_commands()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("provider add a --extra-header K", 1),
        ("provider add a --name x stray-sk-secret", 1),
        ("provider add a\nprovider rm a\nmodel add a/m", 3),
        ("model large a/m --think yes", 1),
        ("provider add a\nexit 3", 2),
    ],
)
def test_commands_at_which_crush_stops(text: str, line: int) -> None:
    with pytest.raises(InvalidConfig) as caught:
        CrushrcDocument(text, "crushrc").check_commands()
    assert caught.value.line == line
    assert "secret" not in caught.value.message


def test_without_the_parser_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    document = CrushrcDocument("provider add a --odd\nexit 1", "crushrc")
    document.check_commands()
    assert (document.tree, document.is_idle, document.provider_ids()) == ({}, False, ("a",))
