"""Whatever is in a file: it is read, or refused with an error of ours, and its keys stay apart from the entries."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.crush.outgoing import expanded_fields
from wizard.files.locations import Surroundings
from wizard.provider.template import has_command
from wizard.transfer.origins.found import look_for
from wizard.transfer.origins.plain_text import json_tree

SAMPLES = Path(__file__).with_name("samples")
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "x",
        "\x1b[31m",
        "$(id)",
        "`id`",
        "{env:PATH}",
        "{file:/etc/passwd}",
        "os.environ/HOME",
        "${{ secrets.A B }}",
        "http://[::1",
        "https://a:b@c.example",
        "/",
        "../..",
        [],
        {},
        [[]],
        [{}],
        {"": ""},
        {"a\nb": {"c": "d"}},
        ["a", 1, None],
    ]
)

Reader = Callable[[str], Any]
Writer = Callable[[Any], str]


def _toml(tree: Any) -> str:
    """TOML has no null, and its top is a table."""
    return tomlkit.dumps(_without_nulls(tree)) if isinstance(tree, dict) else ""


def _without_nulls(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_nulls(child) for key, child in tree.items() if child is not None}
    return [_without_nulls(child) for child in tree if child is not None] if isinstance(tree, list) else tree


def _jsonc(text: str) -> Any:
    return json_tree(text, Path("sample"))


FILES: list[tuple[str, str, Reader, Writer]] = [
    ("crush", "crush/crush.json", json.loads, json.dumps),
    ("opencode", "opencode/opencode.jsonc", _jsonc, json.dumps),
    ("opencode", "opencode/auth.json", json.loads, json.dumps),
    ("opencode", "opencode2/opencode.json", json.loads, json.dumps),
    ("codex", "codex/config.toml", tomllib.loads, _toml),
    ("codex", "codex/auth.json", json.loads, json.dumps),
    ("goose", "goose/config.yaml", yaml.safe_load, yaml.safe_dump),
    ("goose", "goose/custom_providers/custom_fast_shop.json", json.loads, json.dumps),
    ("aichat", "aichat/config.yaml", yaml.safe_load, yaml.safe_dump),
    ("llm", "llm/extra-openai-models.yaml", yaml.safe_load, yaml.safe_dump),
    ("llm", "llm/keys.json", json.loads, json.dumps),
    ("continue", "continue/config.yaml", yaml.safe_load, yaml.safe_dump),
    ("litellm", "litellm/config.yaml", yaml.safe_load, yaml.safe_dump),
    ("claude", "claude/settings.json", _jsonc, json.dumps),
    ("claude", "claude2/settings.json", _jsonc, json.dumps),
    ("ccr", "ccr/config.json", _jsonc, json.dumps),
    ("gemini", "gemini/settings.json", _jsonc, json.dumps),
    ("qwen", "qwen/settings.json", _jsonc, json.dumps),
    ("pi", "pi/models.json", _jsonc, json.dumps),
    ("pi", "pi3/auth.json", _jsonc, json.dumps),
    ("zed", "zed/settings.json", _jsonc, json.dumps),
    ("aider", "aider/.aider.conf.yml", yaml.safe_load, yaml.safe_dump),
    ("mods", "mods/mods.yml", yaml.safe_load, yaml.safe_dump),
    ("mods", "mods2/mods.yml", yaml.safe_load, yaml.safe_dump),
]
RUN_COMMANDS = ("crush", "claude", "pi", "mods")
"""Those that have commands for keys, to which the import asks consent."""


def places(tree: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value of a tree."""
    yield way
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in members:
        yield from places(child, (*way, key))


def changed(tree: Any, way: tuple[str | int, ...], value: Any) -> Any:
    """The tree with another value at a place."""
    if not way:
        return value
    copy = tree.copy()
    copy[way[0]] = changed(tree[way[0]], way[1:], value)
    return copy


@pytest.mark.parametrize(("tool", "sample", "read", "write"), FILES, ids=[sample for _, sample, *_ in FILES])
@settings(deadline=None, max_examples=50)
@given(st.data())
def test_one_odd_value_never_breaks_anything(
    tool: str, sample: str, read: Reader, write: Writer, data: st.DataObject
) -> None:
    tree = read((SAMPLES / sample).read_text(encoding="utf-8"))
    way = data.draw(st.sampled_from(list(places(tree))))
    text = write(changed(tree, way, data.draw(ODD)))
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        file = home / Path(sample).relative_to(Path(sample).parts[0])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        main = home / "config.yaml" if tool == "goose" else file.with_name("config.toml") if tool == "codex" else file
        main.touch()
        found, errors = look_for([tool], Surroundings({}, "linux", home, home, home, home, home), main)
    assert len(found) + len(errors) == 1
    for one in found:
        entries = json.dumps([dict(provider.entry) for provider in one.profile.providers])
        texts = [text for provider in one.profile.providers for _, text in expanded_fields(provider.entry)]
        assert tool in RUN_COMMANDS or not any(map(has_command, texts))
        assert not any(key in entries for key in one.values.values() if len(key) > 8)
