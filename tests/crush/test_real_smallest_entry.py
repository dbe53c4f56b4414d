"""A provider that Crush has built in: what a real Crush makes of the smallest entry, and of the whole one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.conftest import NO_SERVERS

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush
    from tests.program import Finished

KEY = "key-of-nobody-0123456789"
SMALL = {"api_key": "$DEEPSEEK_API_KEY"}


@pytest.fixture
def crush(crush: RealCrush) -> RealCrush:
    """With a key for DeepSeek, and a crush.json, so that this is the format."""
    crush.config_file.parent.mkdir(parents=True)
    crush.config_file.write_text("{}\n", encoding="utf-8")
    return replace(crush, env={"DEEPSEEK_API_KEY": KEY})


@pytest.fixture
def path(crush: RealCrush, tmp_path: Path) -> str:
    """A PATH on which this Crush is."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "crush").symlink_to(crush.program)
    return f"{folder}:/usr/bin:/bin"


def wizard(crush: RealCrush, path: str, *arguments: str, **more: str) -> Finished:
    around = {"HOME": str(crush.home), "PATH": path, "WIZARD_OFFLINE": "1", **NO_SERVERS, **crush.env, **more}
    done = program.run(arguments, "", crush.home, {**around, **program.LOCALE, **program.IMPORTS})
    assert done.code == 0, done.err
    return done


def entry(crush: RealCrush, provider: str = "deepseek") -> Any:
    return json.loads(crush.config_file.read_text(encoding="utf-8"))["providers"][provider]


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_crush_loads_its_own_list_and_sends_what_it_sends_with_the_whole_entry(
    crush: RealCrush, path: str, internet: Internet, format_: str
) -> None:
    embedded = crush.models().of("deepseek")
    for size in ((), ("--whole-entry",)):
        add = ("add-provider", "deepseek", "--yes", "--no-test", "--replace", "--format", format_)
        assert ("Crush's own list (2 models)" in wizard(crush, path, *add, *size).err) is not bool(size)
        assert crush.models().of("deepseek") == embedded
        assert crush.ask() == ""
        ((chat,), (title,)) = (internet.chats(), internet.titles())
        assert chat.url == title.url == "https://api.deepseek.com/v1/chat/completions"
        assert chat.headers["authorization"] == f"Bearer {KEY}"
        assert [chat.body["model"], title.body["model"]] == ["deepseek-v4-pro", "deepseek-v4-flash"]
        if not (size and format_ == "crushrc"):  # which has no word for the levels
            assert chat.body["reasoning_effort"] == "high"


def test_every_built_in_preset_is_small_and_crush_keeps_all_of_its_models(crush: RealCrush, path: str) -> None:
    before = crush.models()
    for preset in ("openai", "anthropic", "gemini", "groq", "xai", "openrouter", "moonshot", "zai", "minimax"):
        variable = f"{preset.upper()}_API_KEY"
        crush = replace(crush, env={**crush.env, variable: KEY})
        wizard(crush, path, "add-provider", preset, "--yes", "--no-test")
        written = entry(crush, preset)
        assert written.pop("api_key") == f"${variable}"
        listed = {model["id"] for model in written.pop("models", ())}
        assert not written
        assert not listed & set(before.of(preset))
        assert set(crush.models().of(preset)) == {*before.of(preset), *listed}


def test_crushs_newer_list_counts_before_the_one_that_it_brings_along(crush: RealCrush, path: str) -> None:
    crush.run("update-providers", "embedded")
    catalogue = crush.data_file.with_name("providers.json")
    known = json.loads(catalogue.read_text(encoding="utf-8"))
    for provider in known:
        if provider["id"] == "deepseek":
            provider["models"] = [{**provider["models"][0], "id": "deepseek-v5"}]
    catalogue.write_text(json.dumps(known), encoding="utf-8")
    wizard(crush, path, "add-provider", "deepseek", "--yes", "--no-test", "--large", "deepseek-v5")
    assert [model["id"] for model in entry(crush)["models"]] == ["deepseek-v4-pro", "deepseek-v4-flash"]
    off = {"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "1"}  # then Crush looks into no newer one
    wizard(crush, path, "add-provider", "deepseek", "--yes", "--no-test", "--replace", **off)
    assert entry(crush) == SMALL


def test_what_only_the_newer_list_has_is_set_up_by_its_name(crush: RealCrush, path: str, internet: Internet) -> None:
    crush.run("update-providers", "embedded")
    catalogue = crush.data_file.with_name("providers.json")
    known = json.loads(catalogue.read_text(encoding="utf-8"))
    deepseek = next(provider for provider in known if provider["id"] == "deepseek")
    pioneer = {"id": "pioneer", "name": "Pioneer", "api_key": "$PIONEER_API_KEY"}
    known.append({**deepseek, **pioneer, "api_endpoint": "https://api.pioneer.example/v1"})
    catalogue.write_text(json.dumps(known), encoding="utf-8")
    wizard(crush, path, "add-provider", "pioneer", "--yes", "--no-test")
    assert entry(crush, "pioneer") == {"api_key": "$PIONEER_API_KEY"}
    crush = replace(crush, env={"PIONEER_API_KEY": KEY, "CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "0"})
    assert crush.models().of("pioneer") == ("deepseek-v4-flash", "deepseek-v4-pro")
    assert crush.ask() == ""
    (chat,) = internet.chats()
    assert (chat.url, chat.body["model"]) == ("https://api.pioneer.example/v1/chat/completions", "deepseek-v4-pro")
    assert chat.headers["authorization"] == f"Bearer {KEY}"


def test_without_its_own_providers_crush_needs_the_whole_entry(crush: RealCrush, path: str) -> None:
    off = {"CRUSH_DISABLE_DEFAULT_PROVIDERS": "1"}
    wizard(crush, path, "add-provider", "deepseek", "--yes", "--no-test", **off)
    assert [model["id"] for model in entry(crush)["models"]] == ["deepseek-v4-pro", "deepseek-v4-flash"]
    assert replace(crush, env={**crush.env, **off}).models().models == (
        "deepseek/deepseek-v4-flash",
        "deepseek/deepseek-v4-pro",
    )


def test_what_crush_is_asked_touches_nothing_of_the_users(crush: RealCrush, path: str) -> None:
    wizard(crush, path, "add-provider", "deepseek", "--yes", "--no-test", "--dry-run")
    assert not crush.data_file.parent.exists()
    assert crush.config_file.read_text(encoding="utf-8") == "{}\n"
