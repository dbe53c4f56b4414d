"""The live test against a real Ollama: right and wrong models, paths, types, windows."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from wizard.endpoints.probe import ProbeResult, run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.any_python, pytest.mark.timeout(600)]


def tried(url: str, path: str = "/v1", *, quick: bool = False, **more: Any) -> ProbeResult:
    fields: dict[str, Any] = {"type": "openai-compat", "api_key": "ollama", "models": ("tooly",), **more}
    live = Live(id="mine", base_url=url + path, **fields)
    (result,) = run_probes([live], {}, quick=quick, seconds=240, on_step=lambda *_: None)
    return result


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"type": "ollama"},
        {"type": "openai"},
        {"type": "anthropic", "path": ""},
        {"api_key": ""},
        {"api_key": "sk-any-0123456789"},  # it looks at none
        {"models": ("tooly:latest",)},
        {"models": ("tooly", "plain"), "large": "tooly"},
    ],
)
def test_what_is_right_works(ollama: str, more: dict[str, Any]) -> None:
    result = tried(ollama, **more)
    assert (result.verdict, result.failure) == ("works", None)
    assert tried(ollama, quick=True, **more).verdict == "reachable"


@pytest.mark.parametrize(
    ("more", "code", "hint"),
    [
        ({"models": ("tooli",)}, "model-not-found", "the endpoint offers tooly:latest; or `ollama pull tooli`"),
        ({"models": ("qwen9",), "type": "ollama"}, "model-not-found", "`ollama pull qwen9`"),
        ({"path": ""}, "not-found", "set base_url to {url}/v1: tried, it works"),
        ({"path": "", "type": "ollama"}, "not-found", "set base_url to {url}/v1: tried, it works"),
        ({"path": "/api/v7"}, "not-found", "set base_url to {url}/v1: tried, it works"),
        ({"path": "", "models": ("qwen9",)}, "not-found", "set base_url to {url}/v1, where an API answers; it says: "),
        ({"models": ("plain",)}, "tools-refused", "choose a model that can call tools"),
    ],
)
def test_what_is_wrong_is_told(ollama: str, more: dict[str, Any], code: str, hint: str) -> None:
    result = tried(ollama, **more)
    assert result.failure is not None
    assert (result.verdict, result.failure.code) == ("fails", code)
    assert result.failure.hint.startswith(hint.replace("{url}", ollama))


@pytest.mark.parametrize(
    ("more", "code"),
    [({"models": ("qwen9",)}, "model-not-listed"), ({"path": ""}, "not-found"), ({"path": "/a"}, "not-found")],
)
def test_what_is_wrong_is_told_without_a_chat(ollama: str, more: dict[str, Any], code: str) -> None:
    result = tried(ollama, quick=True, **more)
    assert result.failure is not None
    assert (result.failure.name, result.failure.code) == ("models", code)
    assert result.failure.hint


def test_a_window_as_it_comes_is_too_small(small_ollama: str) -> None:
    result = tried(small_ollama)
    assert result.failure is not None
    assert (result.failure.name, result.failure.code) == ("chat", "context-too-small")
    assert "4,096" in result.failure.detail
    assert "OLLAMA_CONTEXT_LENGTH" in result.failure.hint


@pytest.mark.parametrize("quick", [False, True])
def test_an_ollama_without_models_says_so(empty_ollama: str, quick: bool) -> None:
    result = tried(empty_ollama, models=(), quick=quick)
    assert result.failure is not None
    assert (result.failure.name, result.failure.code) == ("models", "empty-list")
    assert "ollama pull" in result.failure.hint


def test_a_model_of_a_preset_works_as_it_is_added(ollama: str, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": os.defpath, **program.LOCALE, **program.IMPORTS}
    flags = ("--yes", "--base-url", ollama, "--model", "tooly")
    added = program.run(["add-provider", "ollama", *flags], "", tmp_path, env)
    assert added.code == 0, added.err
    entry = json.loads((tmp_path / ".config" / "crush" / "crush.json").read_text())["providers"]["ollama"]
    assert entry["base_url"] == f"{ollama}/v1"
    done = program.run(["test", "--json", "--timeout", "240"], "", tmp_path, env)
    assert (done.code, [one["verdict"] for one in done.json["data"]["results"]]) == (0, ["works"])
