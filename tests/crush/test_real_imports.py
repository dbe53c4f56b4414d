"""What comes of other tools' files in a real Crush."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.conftest import NO_SERVERS

if TYPE_CHECKING:
    from tests.crush.real.program import RealCrush
    from tests.program import Finished

SAMPLES = Path(__file__).parents[1] / "transfer" / "origins" / "samples"
TOOLS = ("opencode", "codex", "goose", "aichat", "llm", "continue", "litellm")


def wizard(crush: RealCrush, *arguments: str) -> Finished:
    """The wizard in Crush's home, without a network, with the variables that Crush has."""
    around = {"HOME": str(crush.home), "PATH": program.SYSTEM_PATH, "WIZARD_OFFLINE": "1", **NO_SERVERS}
    return program.run(arguments, "", crush.home, {**around, **program.LOCALE, **program.IMPORTS, **crush.env})


def imported(crush: RealCrush, tool: str, file: Path) -> dict[str, Any]:
    """The entries, after an import that a second one adds nothing to."""
    done = wizard(crush, "import", "--from", tool, str(file), "--yes", "--skip-secrets", "--allow-commands")
    assert done.code == 0, done.err
    assert wizard(crush, "import", "--from", tool, str(file), "--check", "--skip-secrets").code == 0
    entries: dict[str, Any] = json.loads(crush.config_file.read_text(encoding="utf-8"))["providers"]
    return entries


def with_keys(crush: RealCrush) -> RealCrush:
    """With a value for each variable that the config names: without one Crush drops what it brings along."""
    names = re.findall(r"\$\{?(\w+)", crush.config_file.read_text(encoding="utf-8"))
    return replace(crush, env={**crush.env, **dict.fromkeys(names, "made-up-0123456789")})


@pytest.mark.parametrize("tool", TOOLS)
def test_every_listed_model_is_there_with_its_window(crush: RealCrush, tool: str) -> None:
    entries = imported(crush, tool, SAMPLES / tool)
    listed = with_keys(crush).models()
    assert listed.starts, listed.message
    for provider, entry in entries.items():
        assert {model["id"] for model in entry.get("models", ())} <= set(listed.of(provider))
    findings = wizard(crush, "doctor", "--json").json["data"]["findings"]
    assert [finding for finding in findings if finding["code"] == "D3"] == []


@pytest.mark.parametrize("tool", ["codex", "litellm"])
def test_a_built_in_that_is_only_named_keeps_its_own_models(crush: RealCrush, tmp_path: Path, tool: str) -> None:
    texts = {
        "codex": 'model = "gpt-5.6-sol"\n',
        "litellm": "model_list: [{model_name: a, litellm_params: {model: openai/gpt-5.6-sol}}]\n",
    }
    file = tmp_path / ("config.toml" if tool == "codex" else "config.yaml")
    file.write_text(texts[tool], encoding="utf-8")
    assert "models" not in imported(crush, tool, file)["openai"]
    assert "gpt-5.6-sol" in with_keys(crush).models().of("openai")


def test_a_chosen_model_that_crush_lacks_is_taken(crush: RealCrush, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('model = "gpt-4.1-2025-04-14"\n', encoding="utf-8")
    (model,) = imported(crush, "codex", file)["openai"]["models"]
    assert model["context_window"] > 1_000_000
    assert "gpt-4.1-2025-04-14" in with_keys(crush).models().of("openai")
