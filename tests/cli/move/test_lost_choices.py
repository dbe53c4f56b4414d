"""A profile may choose a model that Crush would not take here: `import` says which, why, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

CHOICE = '[selected.large]\nprovider = "{}"\nmodel = "m"\n'
OTHER = '[providers.b]\nbase_url = "https://b.example/v1"\nmodels = [{id = "m"}]\n'
INSTEAD = "Crush will use b/m, and save that in its own file"


def _profile(tmp_path: Path, text: str) -> str:
    path = tmp_path / "given.toml"
    path.write_text(f"profile = 1\n{text}", encoding="utf-8")
    return str(path)


def _provider(fields: str, name: str = "a") -> str:
    return f"[providers.{name}]\n{fields}\n"


URL, MODEL = 'base_url = "https://a.example/v1"', 'models = [{id = "m"}]'


@pytest.mark.parametrize(
    ("chosen", "rest", "why", "hint"),
    [
        ("a", OTHER, "there is no such provider here", "crush-wizard use large"),
        ("a", OTHER + _provider(MODEL), "Crush drops a: it is not built into Crush and has no `base_url`", "use large"),
        ("a", OTHER + _provider(f"{URL}\n{MODEL}\ndisable = true"), "a is hidden", "crush-wizard use large"),
        ("openai", OTHER, "this built-in provider is not set up here", "crush-wizard add-provider"),
        (
            "openai",
            OTHER + _provider('api_key = "$OPENAI_API_KEY"', "openai"),
            "Crush drops openai: no key",
            "before Crush starts, store it: crush-wizard secret set OPENAI_API_KEY",
        ),
    ],
)
def test_why_and_what_to_do(machine: Machine, tmp_path: Path, chosen: str, rest: str, why: str, hint: str) -> None:
    done = machine.run("import", _profile(tmp_path, CHOICE.format(chosen) + rest), "--yes")
    assert done.code == 0
    assert f"the large model {chosen}/m: {why}" in done.err
    assert INSTEAD in done.err
    assert hint in done.err
    selected = machine.run("list", "--json").json["data"]["selected"]["large"]
    assert (selected["provider"], selected["falls_back"]) == ("b", True), "it is as import said"


def test_a_model_that_the_provider_lacks(machine: Machine, tmp_path: Path) -> None:
    text = CHOICE.format("a") + _provider(f'{URL}\nmodels = [{{id = "n"}}]')
    done = machine.run("import", _profile(tmp_path, text), "--check")
    assert "the large model a/m: the provider has no such model; Crush will use a/n" in done.err


def test_where_nothing_else_works_crush_asks(machine: Machine, tmp_path: Path) -> None:
    done = machine.run("import", _profile(tmp_path, CHOICE.format("a")), "--yes", "--json")
    texts = [one["text"] for one in done.json["messages"]]
    assert "the large model a/m: there is no such provider here; Crush will ask for one" in texts


@pytest.mark.parametrize(
    ("chosen", "rest"),
    [
        ("b", OTHER),
        ("a", OTHER + _provider(f"{URL}\n{MODEL}\napi_key = '$A_KEY'")),  # Crush keeps it without its key
        ("a", OTHER + _provider(f'{URL}\ntype = "ollama"\ndiscover_models = true')),  # its server may have it
    ],
)
def test_a_choice_that_holds_needs_no_word(machine: Machine, tmp_path: Path, chosen: str, rest: str) -> None:
    done = machine.run("import", _profile(tmp_path, CHOICE.format(chosen) + rest), "--yes")
    assert done.code == 0
    assert "the large model" not in done.err


def test_a_choice_that_stays_out_needs_no_word(machine: Machine, tmp_path: Path) -> None:
    machine.write_config('{"models": {"large": {"provider": "b", "model": "m"}}}')
    profile = _profile(tmp_path, CHOICE.format("a") + OTHER)
    done = machine.run("import", profile, "--yes", "--on-conflict", "keep")
    assert done.code == 0, done.err
    assert "the large model" not in done.err


def test_under_its_new_name_it_is_there(machine: Machine, tmp_path: Path) -> None:
    machine.write_config('{"providers": {"b": {"base_url": "https://mine.example/v1", "models": [{"id": "x"}]}}}')
    profile = _profile(tmp_path, CHOICE.format("b") + OTHER)
    done = machine.run("import", profile, "--yes", "--on-conflict", "rename")
    assert "b is imported as b-2" in done.err
    assert "the large model" not in done.err


def test_a_missing_key_is_said_once(machine: Machine, tmp_path: Path) -> None:
    text = CHOICE.format("openai") + _provider(f'{MODEL}\napi_key = "$OPENAI_API_KEY"', "openai")
    done = machine.run("import", _profile(tmp_path, text), "--yes")
    assert "large model: openai/m, once OPENAI_API_KEY has a value" in done.err
    assert done.err.count("crush-wizard secret set OPENAI_API_KEY") == 1
    assert done.err.count("warning:") == 1
