"""From crush.json to a crushrc and back: what moves, what stays, and that Crush sees no difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.canary import CANARY
from wizard.crush.effective import effective
from wizard.crush.loading import load
from wizard.documents.crushrc import document as crushrc_document
from wizard.documents.crushrc import syntax
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.json.document import JsonDocument
from wizard.files.edit import apply_edits
from wizard.files.locations import Surroundings
from wizard.provider.builtins import BUILTINS
from wizard.transfer.convert import Conversion, Pair, convert
from wizard.transfer.convert_check import differences

if TYPE_CHECKING:
    from wizard.crush.effective import Effective

DOTFILES = Path(__file__).parents[1] / "dotfiles"
ENTRY = {
    "type": "openai-compat",
    "base_url": "https://a.example/v1",
    "api_key": "$A_KEY",
    "models": [{"id": "m", "name": "M", "context_window": 1000}],
}


def pair_of(tree: dict[str, Any] | str, script: str | None = None, *, to: str = "crushrc") -> Pair:
    text = tree if isinstance(tree, str) else json.dumps(tree, indent=2) + "\n"
    return Pair(JsonDocument(text, "crush.json"), CrushrcDocument(script, "crushrc"), to_crushrc=to == "crushrc")


def converted(pair: Pair) -> tuple[str, str, Conversion]:
    """The JSON text and the script after the conversion."""
    found = convert(pair)
    of_json, of_script = found.of_target, found.of_source
    if pair.to_crushrc:
        of_json, of_script = found.of_source, found.of_target
    script = pair.crushrc.edits(of_script, keep_comments=True)
    return (
        apply_edits(pair.json.text or "", pair.json.edits(of_json)),
        apply_edits(pair.crushrc.text or "", script),
        found,
    )


def seen(folder: Path, text: str | None, script: str | None) -> Effective:
    """What Crush makes of a user's two files."""
    config = folder / "config"
    config.mkdir(exist_ok=True, parents=True)
    for name, content in (("crush.json", text), ("crushrc", script)):
        (config / name).unlink(missing_ok=True)
        if content is not None:
            (config / name).write_bytes(content.encode())
    (folder / "cwd").mkdir(exist_ok=True)
    environ = {"CRUSH_GLOBAL_CONFIG": str(config), "CRUSH_GLOBAL_DATA": str(folder / "data")}
    cwd = folder / "cwd"
    around = Surroundings(environ, "linux", folder, config, folder / "data", cwd, cwd)
    return effective(load(around), environ=environ, home=folder, exists=lambda _: False, builtins=BUILTINS)


def stays(found: Conversion) -> dict[str, tuple[str, int | None]]:
    return {stay.what: (stay.why, stay.line) for stay in found.stays}


def test_all_of_it_moves_and_the_rest_stays() -> None:
    tree = {
        "$schema": "https://charm.land/crush.json",
        "tools": {"ls": {"max_depth": 3}},
        "providers": {"a": ENTRY},
        "models": {"large": {"provider": "a", "model": "m", "max_tokens": 5, "think": True}},
    }
    text, script, found = converted(pair_of(tree))
    assert json.loads(text) == {"$schema": "https://charm.land/crush.json", "tools": {"ls": {"max_depth": 3}}}
    assert script == (
        "# >>> crush-wizard >>>\n"
        "provider add a --type openai-compat --base-url 'https://a.example/v1' --api-key '$A_KEY'\n"
        "model add a/m --name M --context-window 1000\n"
        "model large a/m --think --max-tokens 5\n"
        "true\n"
        "# <<< crush-wizard <<<\n"
    )
    assert found.moved == ("a", "the large model")
    assert stays(found) == {"tools": ("a crushrc does not support it", 3)}
    back, rest, _ = converted(pair_of(text, script, to="json"))
    assert (json.loads(back), rest) == (tree, "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"models": [{"id": "m", "reasoning_levels": ["low"]}]}, "models.reasoning_levels"),
        ({"models": [{"id": "m", "options": {"top_p": 1}, "mine": 1}]}, "models.options, models.mine"),
        ({"models": [{"id": "m"}, {"id": "m"}]}, "lists a model twice"),
        ({"models": [{"name": "M"}]}, "needs an id"),
        ({"api_key": "sk-0123456789abcdefghij"}, "secret adopt"),
        ({"api_key": "abc"}, "edit-provider a --api-key-env NAME"),
        ({"base_url": "http://localhost:1/v1", "api_key": "a-1b77aa10f3"}, "edit-provider a --api-key-env NAME"),
        ({"extra_headers": {"Authorization": "Bearer 0123456789abcdef"}}, "secret adopt"),
        ({"name": "a\ud800"}, "text that is not Unicode"),
    ],
)
def test_a_provider_stays_as_a_whole(change: dict[str, Any], why: str) -> None:
    pair = pair_of(json.dumps({"providers": {"a": ENTRY | change}}, indent=1))
    text, script, found = converted(pair)
    assert why in stays(found)["a"][0]
    assert stays(found)["a"][1] == 3
    assert (text, script, found.moved) == (pair.json.text, "", ())


@pytest.mark.parametrize("key", ["aws_auth_refresh", "unknown_to_crush", "oauth"])
def test_a_field_stays_where_objects_add_up(key: str, tmp_path: Path) -> None:
    tree = {"providers": {"a": {**ENTRY, key: {"x": 1} if key != "aws_auth_refresh" else "aws sso login"}}}
    before = json.dumps(tree)
    text, script, found = converted(pair_of(before))
    assert list(json.loads(text)["providers"]["a"]) == [key]
    assert "provider add a" in script
    assert list(stays(found)) == [f"a: {key}"]
    assert differences(seen(tmp_path, before, None), seen(tmp_path, text, script)) == ()


def test_what_both_files_say_of_one_provider_comes_together(tmp_path: Path) -> None:
    entry = {**ENTRY, "name": "J", "extra_headers": {"X": "json", "Y": "json"}, "extra_body": {"a": {"b": 1}, "l": [1]}}
    before = json.dumps({"providers": {"a": entry}, "models": {"small": {"provider": "a", "model": "x", "top_k": 3}}})
    own = (
        'provider add a --name C --extra-header X rc --extra-body \'{"a": {"c": 2}, "l": [2]}\' # mine\n'
        "model small a/m\n"
    )
    text, script, found = converted(pair_of(before, own))
    assert json.loads(text) == {}
    assert found.moved == ("a", "the small model")
    assert script.splitlines()[0].startswith("provider add a --name C --extra-header X rc --extra-body")
    assert "# mine" in script.splitlines()[1] + script.splitlines()[0] + script.splitlines()[2]
    assert differences(seen(tmp_path, before, own), seen(tmp_path, text, script)) == ()
    back, rest, _ = converted(pair_of(before, own, to="json"))
    assert "# mine" in rest
    assert "provider" not in rest
    assert differences(seen(tmp_path, before, own), seen(tmp_path, back, rest)) == ()


def test_models_of_two_files_stay_in_their_order() -> None:
    own = "provider add a\nmodel add a/n\n"
    assert "both files list models" in stays(converted(pair_of({"providers": {"a": ENTRY}}, own))[2])["a"][0]
    text, rest, found = converted(pair_of({"providers": {"a": ENTRY}}, own, to="json"))
    assert [model["id"] for model in json.loads(text)["providers"]["a"]["models"]] == ["m", "n"]
    assert (rest, found.stays) == ("", ())
    twice = converted(pair_of({"providers": {"a": ENTRY}}, "provider add a\nmodel add a/m\n", to="json"))[2]
    assert stays(twice)["a"] == ("both files list m", 1)


def test_a_slot_that_a_crushrc_can_not_name_stays() -> None:
    tree = {"models": {"large": {"max_tokens": 5}, "small": {"provider": "a", "model": "m", "top_p": 2, "mine": 1}}}
    text, script, found = converted(pair_of(tree))
    assert list(stays(found)) == ["the large model", "the small model: top_p", "the small model: mine"]
    assert json.loads(text) == {"models": {"large": {"max_tokens": 5}, "small": {"top_p": 2, "mine": 1}}}
    assert "model small a/m\n" in script


def test_comments_stay_in_the_script() -> None:
    script = (
        "# of a\nprovider add a \\\n  --type t # end of a\nmodel add a/m # m\n\nmodel large a/m # large\noption debug\n"
    )
    _, rest, found = converted(pair_of({}, script, to="json"))
    assert found.moved == ("a", "the large model", "options.debug")
    assert rest == "# of a\n# end of a\n# m\n\n# large\n"


TOOLS = (
    "options.disable_auto_summarize",
    "options.context_paths",
    "options.tui",
    "mcp.tickets",
    "lsp.go",
    "permissions.allowed_tools",
    "hooks.PreToolUse",
    "hooks.PostToolUse",
)


@pytest.mark.parametrize(
    ("name", "moved", "stay"),
    [
        ("hosts.crushrc", ("the small model",), {"ollama": 13, "the large model": 14, "corp": 21}),
        (
            "sourced.crushrc",
            ("deepseek", "the large model", "the small model"),
            {"deepseek: api_key": 5},
        ),
        ("passwords.crushrc", (), {"pass": 8, "op": 8, "bw": 8, "later": 8, "plain": 8}),
        ("tools.crushrc", ("groq", "the large model", *TOOLS), {"mcp.files": 5}),
        ("long.crushrc", ("gateway", "the large model", "the small model"), {}),
    ],
)
def test_dotfiles_are_converted_as_far_as_they_are_plain(
    name: str, moved: tuple[str, ...], stay: dict[str, int], tmp_path: Path
) -> None:
    script = (DOTFILES / name).read_text()
    pair = pair_of({}, script, to="json")
    text, rest, found = converted(pair)
    assert found.moved == moved
    assert {one.what: one.line for one in found.stays} == stay
    before, after = seen(tmp_path, "{}", script), seen(tmp_path, text, rest)
    assert differences(before, after) == ()
    for line in (line for line in script.splitlines() if line.startswith("#")):
        assert line in rest
    forth, again, _ = converted(pair_of(text, rest))
    assert differences(before, seen(tmp_path, forth, again)) == ()


def test_a_difference_is_seen(tmp_path: Path) -> None:
    tree = {"providers": {"a": ENTRY}, "models": {"large": {"provider": "a", "model": "m"}}, "options": {"debug": True}}
    before = seen(tmp_path, json.dumps(tree), None)
    others: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({**tree, "providers": {"a": {**ENTRY, "api_key": "$B"}}}, ("a",)),
        ({**tree, "providers": {"a": {**ENTRY, "models": [*ENTRY["models"], {"id": "n"}]}}}, ("a",)),
        ({**tree, "models": {"large": {"provider": "a", "model": "m", "think": True}}}, ("the large model",)),
        ({**tree, "options": {}}, ("the other settings",)),
        ({**tree, "models": {"large": {"provider": "a", "model": "m", "think": False}}}, ()),
    ]
    for other, found in others:
        assert differences(before, seen(tmp_path, json.dumps(other), None)) == found


# Any configuration

ids = st.sampled_from(["a", "a", "b", "openai", "-x", "it's", "a.b"])
model_ids = st.sampled_from(["m", "org/m:free", "$X", "n"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6) | st.sampled_from(
    ["$KEY", "$(id)", "it's", "\\$", "-x", "a\r\nb"]
)
models = st.fixed_dictionaries(
    {"id": model_ids},
    optional={
        "name": texts,
        "context_window": st.integers(0, 10**6) | st.just(1.28e5),
        "cost_per_1m_in": st.floats(0, 100, allow_nan=False),
        "supports_attachments": st.booleans(),
        "reasoning_levels": st.sampled_from([[], [], [], ["low"]]),
    },
)
entries = st.fixed_dictionaries(
    {"base_url": st.just("https://x.example/v1")},
    optional={
        "name": texts,
        "api_key": st.sampled_from(["$KEY", "", "none", "${A:-$(b)}"]),
        "type": st.sampled_from(["openai-compat", "anthropic"]),
        "extra_headers": st.dictionaries(
            st.sampled_from(["X", "Y", "it's"]), st.sampled_from(["", "$A", "b"]), max_size=2
        ),
        "extra_body": st.dictionaries(
            st.sampled_from(["a", "b"]), st.sampled_from([[1], {"c": 1}, {"d": "$"}]), max_size=2
        ),
        "flat_rate": st.booleans(),
        "aws_auth_refresh": st.just("aws sso login"),
        "mine": st.just([1]),
        "models": st.lists(models, max_size=3),
        "disable": st.booleans() | st.none(),
    },
)
selections = st.fixed_dictionaries(
    {},
    optional={
        "provider": ids,
        "model": model_ids,
        "think": st.booleans(),
        "max_tokens": st.integers(1, 9),
        "top_p": st.sampled_from([0.5, 1.5]),
    },
)
trees = st.fixed_dictionaries(
    {},
    optional={
        "providers": st.dictionaries(ids, entries, max_size=3),
        "models": st.dictionaries(st.sampled_from(["large", "small"]), selections, max_size=2),
        "options": st.just({"debug": True}),
    },
)
SCRIPTS = (
    None,
    "",
    "# mine\nprovider add a --name C --extra-header X rc # c\nmodel add a/own --name Own\nmodel large a/own --think\n",
    'provider add openai --api-key "$(pass show x)" --extra-body "$BODY"\nif x; then model small b/m; fi\n:',
    'provider add b --base-url https://rc.example/v1 $M\r\nfor x in 1 2; do model add "a/$x"; done\r\noption debug\r\n',
)


@settings(max_examples=60, deadline=None)
@given(trees, st.sampled_from(SCRIPTS))
def test_there_and_back_crush_sees_no_difference(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any], script: str | None
) -> None:
    folder = tmp_path_factory.mktemp("there")
    text = json.dumps(tree, indent=2)
    before = seen(folder, text, script)
    if any(one.code in ("F4", "F5") for one in before.fatal):
        return
    there, rc, _ = converted(pair_of(text, script))
    assert differences(before, seen(folder, there, rc)) == ()
    back, rest, _ = converted(pair_of(there, rc, to="json"))
    assert differences(before, seen(folder, back, rest)) == ()
    other, left, _ = converted(pair_of(text, script, to="json"))
    assert differences(before, seen(folder, other, left)) == ()


SOURCED = """\
provider add a --base-url https://a.example/v1 --api-key '$A_KEY'   # mine
model add a/m --name M
{later}
model large a/m
"""


@pytest.mark.parametrize("later", ["[[ -r local.sh ]] && source local.sh", 'eval "$MORE"'])
def test_a_provider_stays_declared_where_unseen_commands_may_add_models_to_it(later: str, tmp_path: Path) -> None:
    before = SOURCED.format(later=later)
    text, script, found = converted(pair_of({}, before, to="json"))
    assert script == f"provider add a   # mine\n{later}\ntrue\n"
    assert json.loads(text)["providers"]["a"]["models"] == [{"id": "m", "name": "M"}]
    assert found.moved == ("a", "the large model")
    why = f"line 3 ({'`source`' if 'source' in later else '`eval`'}) may add models to it"
    assert stays(found) == {"a: its bare `provider add`": (why, 1)}
    assert differences(seen(tmp_path, None, before), seen(tmp_path, text, script)) == ()
    assert converted(pair_of(text, script, to="json")) == (text, script, Conversion())


def test_what_is_sourced_before_needs_no_declaration() -> None:
    before = "source ./secrets.sh\nprovider add a --name A\n"
    _, script, found = converted(pair_of({}, before, to="json"))
    assert (script, found.stays) == ("source ./secrets.sh\ntrue\n", ())


SETTINGS = {
    "options": {
        "debug": True, "disable_metrics": True, "auto_lsp": False, "notifications": "bell", "data_directory": "",
        "context_paths": ["A.md", "it's B.md"], "disabled_tools": ["bash"], "unknown": 1,
        "tui": {"compact_mode": True, "diff_mode": "split", "completions": {"max_depth": 4}},
        "attribution": {"trailer_style": "none", "generated_with": False},
    },
    "permissions": {"allowed_tools": ["view", "mcp_files_read"]},
    "mcp": {
        "files": {"type": "stdio", "command": "npx", "args": ["-y", ""], "env": {"A": "$A", "B": ""}, "timeout": 5},
        "web": {"type": "http", "url": "https://mcp.example/x?q=$Q", "headers": {"X": "Bearer $TOKEN"}, "oauth": True},
        "untyped": {"command": "x"},
    },
    "lsp": {"go": {"command": "gopls", "filetypes": ["go", "mod"], "init_options": {"a": [1, {"b": 2}]}}, "none": {}},
    "hooks": {"PreToolUse": [{"command": "lint \"$1\"", "matcher": "^edit", "timeout": 3}, {"command": "true"}]},
    "env": {"A": "b"},
    "recent_models": {},
}  # fmt: skip
LEFT = ["options.data_directory", "options.unknown", "mcp.untyped", "env"]


def test_settings_move_as_far_as_a_crushrc_can_say_them(tmp_path: Path) -> None:
    before = json.dumps(SETTINGS, indent=2)
    text, script, found = converted(pair_of(before))
    assert list(stays(found)) == LEFT
    assert stays(found)["mcp.untyped"] == ("a crushrc does not support it", 56)
    assert set(json.loads(text)) == {"options", "mcp", "env", "recent_models"}
    assert json.loads(text)["options"] == {"data_directory": "", "unknown": 1}
    assert differences(seen(tmp_path, before, ""), seen(tmp_path, text, script)) == ()
    back, rest, again = converted(pair_of(text, script, to="json"))
    assert (rest, again.stays) == ("", ())
    assert differences(seen(tmp_path, before, ""), seen(tmp_path, back, rest)) == ()


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("mcp add files --type http\n[[ -n $X ]] && mcp add files --disabled true\n", 2),
        ("mcp add files --command $(which npx)\n", 1),
        ("mcp add files\nmcp remove files\nmcp add files\n", 2),
        ("mcp add files\nsource local.sh\n", 2),
    ],
)
@pytest.mark.parametrize("to", ["crushrc", "json"])
def test_a_setting_of_which_the_script_may_say_more_stays(
    script: str, line: int, to: Literal["crushrc", "json"]
) -> None:
    tree = {"mcp": {"files": {"type": "stdio"}}} if to == "crushrc" else {}
    found = converted(pair_of(tree, script, to=to))[2]
    assert (found.moved, stays(found)["mcp.files"][1]) == ((), line)


def test_a_setting_of_both_files_and_one_with_a_key_stay() -> None:
    tree = {"lsp": {"go": {"command": "gopls"}}, "mcp": {"a": {"type": "http", "headers": {"X-Api-Key": CANARY}}}}
    for text, script, to in (
        (tree, "lsp add go --disabled true\n", "crushrc"),
        ({}, "mcp add a --header X-Api-Key " + CANARY, "json"),
    ):
        found = converted(pair_of(text, script, to=to))[2]
        assert found.moved == ()
        assert "write $NAME in its place by hand" in stays(found)["mcp.a"][0]


def test_as_many_providers_as_there_are_cost_one_reading_of_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def parse(text: str, path: Path | str, parser: Path) -> syntax.Script:
        read.append(text)
        return syntax.parse(text, path, parser)

    monkeypatch.setattr(crushrc_document, "parse", parse)
    many = {"providers": {f"p{number}": ENTRY for number in range(40)}, **SETTINGS}
    converted(pair_of(many))
    assert len(read) == 1
