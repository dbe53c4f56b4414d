"""The shipped presets and the user's own together."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from wizard.flow.preset_file import InvalidPreset
from wizard.flow.preset_library import (
    OTHER_NAMES,
    SHIPPED,
    UnknownPreset,
    brought_by,
    load_preset,
    load_presets,
    load_shipped,
    load_user,
    preset_for,
    preset_ids,
)

OWN = 'id = "{0}"\nname = "My {0}"\ndescription = "Mine"\ntype = "openai-compat"\n'


def write(folder: Path, preset_id: str) -> Path:
    path = folder / f"{preset_id}.toml"
    path.write_text(OWN.format(preset_id), encoding="utf-8")
    return path


def test_without_a_folder_there_are_the_shipped_presets_in_their_order(tmp_path: Path) -> None:
    presets, warnings = load_presets(tmp_path / "absent")
    assert tuple(presets) == SHIPPED
    assert warnings == ()
    assert {preset.source for preset in presets.values()} == {"shipped"}


def test_the_users_own_come_after_the_shipped_and_sorted(tmp_path: Path) -> None:
    write(tmp_path, "zeta")
    write(tmp_path, "acme")
    (tmp_path / "notes.txt").write_text("not a preset", encoding="utf-8")
    presets, warnings = load_presets(tmp_path)
    assert tuple(presets) == (*SHIPPED, "acme", "zeta") == preset_ids(tmp_path)
    assert presets["acme"].source == "user"
    assert warnings == ()


def test_a_users_preset_replaces_the_shipped_one_in_its_place(tmp_path: Path) -> None:
    write(tmp_path, "groq")
    presets, _ = load_presets(tmp_path)
    assert tuple(presets) == SHIPPED
    assert (presets["groq"].name, presets["groq"].source) == ("My groq", "user")
    assert load_preset("groq", tmp_path) == (presets["groq"], ())


def _not_toml(path: Path) -> None:
    path.write_text("id =", encoding="utf-8")


def _not_utf8(path: Path) -> None:
    path.write_bytes(b'id = "\xff"')


def _too_large(path: Path) -> None:
    path.write_bytes(b"#" * 1_000_001)


def _folder(path: Path) -> None:
    path.mkdir()


def _dangling(path: Path) -> None:
    path.symlink_to(path.parent / "gone")


BROKEN = {
    "not TOML": (_not_toml, "this is not TOML"),
    "not UTF-8": (_not_utf8, "the file is not UTF-8 text"),
    "a folder": (_folder, "this is not a file"),
    "too large": (_too_large, "the file is over 1 MB"),
    "a dangling link": (_dangling, "the file can't be read"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_preset_is_a_warning_that_hides_nothing_else(case: str, tmp_path: Path) -> None:
    make, message = BROKEN[case]
    make(tmp_path / "groq.toml")
    make(tmp_path / "mine.toml")
    write(tmp_path, "zeta")
    presets, warnings = load_presets(tmp_path)
    assert tuple(presets) == (*SHIPPED, "zeta")
    assert presets["groq"].source == "shipped"
    assert [warning.path for warning in warnings] == [str(tmp_path / "groq.toml"), str(tmp_path / "mine.toml")]
    assert all(warning.message.startswith(message) for warning in warnings)


def test_one_broken_preset_gives_way_to_the_shipped_one_with_a_warning(tmp_path: Path) -> None:
    _not_toml(tmp_path / "groq.toml")
    preset, (warning,) = load_preset("groq", tmp_path)
    assert preset == load_shipped("groq")
    assert warning.where == f"{tmp_path / 'groq.toml'}:1:5"


def test_a_broken_preset_of_the_users_own_is_an_error_when_it_is_asked_for(tmp_path: Path) -> None:
    _not_toml(tmp_path / "mine.toml")
    with pytest.raises(InvalidPreset, match="this is not TOML"):
        load_preset("mine", tmp_path)


def test_asking_for_one_preset_looks_at_no_other(tmp_path: Path) -> None:
    _not_toml(tmp_path / "mine.toml")
    assert load_preset("groq", tmp_path) == (load_shipped("groq"), ())


@pytest.mark.parametrize("preset_id", ["grok-q", "../secret", "", "groq.toml"])
def test_an_unknown_preset_is_wrong_usage(preset_id: str, tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    write(tmp_path, "secret")
    with pytest.raises(UnknownPreset) as caught:
        load_preset(preset_id, folder)
    assert (caught.value.exit_code, caught.value.code) == (2, "unknown-preset")


def test_a_near_miss_is_pointed_out(tmp_path: Path) -> None:
    write(tmp_path, "acme-proxy")
    with pytest.raises(UnknownPreset) as caught:
        load_preset("acme-prox", tmp_path)
    assert caught.value.hint == "did you mean `acme-proxy`?"


def test_a_presets_folder_that_is_a_file_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.write_text("", encoding="utf-8")
    presets, (warning,) = load_presets(folder)
    assert tuple(presets) == SHIPPED
    assert warning.path == str(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a Unix thing")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "mine.toml"
    os.mkfifo(pipe)
    with pytest.raises(InvalidPreset, match="this is not a file"):
        load_user(pipe)


def test_a_bare_checkout_finds_its_presets(tmp_path: Path) -> None:
    """-S leaves out what .pth files bring, and with it an installed wizard.presets; the libraries are named."""
    root = Path(__file__).parents[2]
    code = (
        f"import sys; sys.path[:0] = [{str(root)!r}, {sysconfig.get_path('purelib')!r}];"
        "from wizard.flow.preset_library import load_shipped; print(load_shipped('groq').name)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.stdout, done.stderr) == ("Groq\n", "")


@pytest.mark.parametrize(
    ("provider_id", "entry", "preset"),
    [
        ("groq", {}, "groq"),
        ("azure-openai", {}, "azure"),
        ("alibaba-us", {}, "alibaba"),
        ("mine", {"base_url": "https://api.groq.com/openai/v1"}, "groq"),
        ("mine", {"base_url": "https://my-res.openai.azure.com/openai/v1"}, "azure"),
        ("mine", {"base_url": "https://dashscope-us.aliyuncs.com/compatible-mode/v1"}, "alibaba"),
        ("mine", {"base_url": "http://localhost:11434/v1"}, "ollama"),
        ("mine", {"base_url": "http://localhost:1/v1"}, "openai-compatible"),
        ("mine", {"base_url": "https://api.groq.com.evil.example/v1", "type": "openai"}, "openai-gateway"),
        ("mine", {"base_url": "https://llm.example/v1", "type": "anthropic"}, "anthropic-gateway"),
        ("mine", {"base_url": 7, "type": "no-such-type"}, "openai-compatible"),
    ],
)
def test_the_preset_of_an_entry(tmp_path: Path, provider_id: str, entry: dict[str, Any], preset: str) -> None:
    presets, _ = load_presets(tmp_path)
    assert preset_for(entry, provider_id, presets).id == preset


def test_a_preset_has_other_names_that_lead_to_it(tmp_path: Path) -> None:
    assert set(OTHER_NAMES.values()) <= set(SHIPPED)
    assert not set(OTHER_NAMES) & set(SHIPPED)
    assert {load_preset(name, tmp_path)[0].id for name in ("grok", "Grok")} == {"xai"}


@pytest.mark.parametrize(
    ("name", "preset", "brought"),
    [
        ("zhipu-coding", "zai", {"plan": "china-coding"}),
        ("zhipu", "zai", {"plan": "china-api"}),
        ("alibaba-us", "alibaba", {"region": "us"}),
        ("minimax-china", "minimax", {"region": "china"}),
        ("bedrock-europe", "bedrock", {"region": "eu"}),
        *(("glm", "zai", {}), ("qwen", "alibaba", {}), ("bedrock", "bedrock", {}), ("codex", "openai", {})),
    ],
)
def test_a_name_says_what_is_in_it(tmp_path: Path, name: str, preset: str, brought: dict[str, str]) -> None:
    found, _ = load_preset(name, tmp_path)
    assert (found.id, brought_by(name, found)) == (preset, brought)


def test_a_preset_of_ones_own_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path, "grok")
    assert load_preset("grok", tmp_path)[0].id == "grok"
