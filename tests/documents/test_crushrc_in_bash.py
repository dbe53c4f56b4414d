"""Scripts before and after an edit, run by a real bash in which `provider` and `model` do as Crush's commands do."""

from __future__ import annotations

import copy
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.changes import made
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.crushrc.spelling import spelled
from wizard.documents.document import PutProvider, RemoveProvider, SelectModel
from wizard.files.edit import apply_edits
from wizard.provider.template import escape_literal

if TYPE_CHECKING:
    from wizard.documents.document import Change

BASH = shutil.which("bash")
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
pytestmark = [pytest.mark.any_python, pytest.mark.skipif(BASH is None, reason="bash is not installed")]

# Of each call the number of its arguments, its name and the arguments, every one ended by a zero byte.
RECORDER = "".join(
    f"{name}() {{ printf '%s\\0' $# {name} \"$@\"; }}\n" for name in ("provider", "model", "mcp", "option", "hook")
)

# What crush-behaviour 5.3 says, spelled out a second time.
PROVIDER_TEXTS = {
    "--name": "name",
    "--type": "type",
    "--api-key": "api_key",
    "--base-url": "base_url",
    "--system-prompt-prefix": "system_prompt_prefix",
}
PROVIDER_TRUTHS = {"--disable": "disable", "--flat-rate": "flat_rate", "--discover-models": "discover_models"}
PROVIDER_OBJECTS = {"--extra-body": "extra_body", "--provider-options": "provider_options"}
MODEL_NUMBERS = {
    "--price-input": "cost_per_1m_in",
    "--price-output": "cost_per_1m_out",
    "--price-cache-create": "cost_per_1m_out_cached",
    "--price-cache-hit": "cost_per_1m_in_cached",
}
MODEL_INTEGERS = {"--context-window": "context_window", "--default-max-tokens": "default_max_tokens"}
MODEL_TRUTHS = {"--can-reason": "can_reason", "--supports-images": "supports_attachments"}
MODEL_TEXTS = {"--name": "name", "--reasoning-effort": "default_reasoning_effort"}
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def run(script: str, **env: str) -> dict[str, Any]:
    """The configuration that a script yields. Fails as Crush does: on a usage error, and on a failing last command."""
    text = RECORDER + script.replace("\r\n", "\n")  # Crush's shell takes CRLF, bash does not
    assert BASH is not None
    done = subprocess.run([BASH, "-c", text, "crushrc"], capture_output=True, env=ENV | env)
    assert done.returncode == 0, done.stderr
    config: dict[str, Any] = {"providers": {}, "models": {}}
    words = done.stdout.decode("utf-8").split("\0")[:-1]
    while words:
        end = int(words[0]) + 2
        follow(words[1:end], config)
        del words[:end]
    return config


def follow(words: list[str], config: dict[str, Any]) -> None:
    match words:
        case ["provider", "add", provider, *flags]:
            set_provider(config["providers"].setdefault(provider, {"models": {}}), flags)
        case ["provider", "remove" | "rm", provider]:
            config["providers"].pop(provider, None)
        case ["model", "add", reference, *flags]:
            provider, _, model = reference.partition("/")
            assert provider in config["providers"], f"{reference} before its provider"
            models = config["providers"][provider]["models"]
            models.pop(model, None)
            models[model] = model_of(model, flags)
        case ["model", "remove" | "rm", reference]:
            provider, _, model = reference.partition("/")
            config["providers"][provider]["models"].pop(model, None)
        case ["model", "large" | "small" as slot, reference, *flags]:
            provider, _, model = reference.partition("/")
            config["models"][slot] = {"provider": provider, "model": model, "flags": flags}
        case ["provider" | "model", *_]:
            raise AssertionError(f"no usage of crushrc: {words}")


def set_provider(entry: dict[str, Any], flags: list[str]) -> None:
    while flags:
        flag = flags.pop(0)
        if flag in PROVIDER_TEXTS:
            entry[PROVIDER_TEXTS[flag]] = flags.pop(0)
        elif flag in PROVIDER_TRUTHS:
            entry[PROVIDER_TRUTHS[flag]] = TRUTHS[flags.pop(0).lower()]
        elif flag in PROVIDER_OBJECTS:
            value = json.loads(flags.pop(0))
            assert isinstance(value, dict)
            entry[PROVIDER_OBJECTS[flag]] = {**entry.get(PROVIDER_OBJECTS[flag], {}), **value}
        else:
            assert flag == "--extra-header", flag
            header, value = flags.pop(0), flags.pop(0)
            entry.setdefault("extra_headers", {})[header] = value


def model_of(model_id: str, flags: list[str]) -> dict[str, Any]:
    model: dict[str, Any] = {"id": model_id}
    while flags:
        flag, value = flags.pop(0), flags.pop(0)
        if flag in MODEL_TEXTS:
            model[MODEL_TEXTS[flag]] = value
        elif flag in MODEL_NUMBERS:
            model[MODEL_NUMBERS[flag]] = float(value)
        elif flag in MODEL_INTEGERS:
            assert value.lstrip("-").isdigit(), value
            model[MODEL_INTEGERS[flag]] = int(value)
        else:
            model[MODEL_TRUTHS[flag]] = TRUTHS[value.lower()]
    return model


def expanded(template: str, **env: str) -> str:
    """What Crush makes of a stored value: the body of a here-document (crush-behaviour 4.2)."""
    assert BASH is not None
    script = f"cat <<END_OF_VALUE\n{template}\nEND_OF_VALUE\n"
    done = subprocess.run([BASH, "-c", script], capture_output=True, env=ENV | env, check=True)
    return done.stdout.decode("utf-8").removesuffix("\n")


def after(text: str, *changes: Change) -> str:
    return apply_edits(text, CrushrcDocument(text, "crushrc").edits(changes))


def by_id(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "models": {model["id"]: model for model in entry.get("models", ())}}


def merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


# Scripts as people write them

CONDITIONAL = """\
# work laptop or not
case $HOST in
  work-*) provider add corp --base-url https://corp.example/v1; model add corp/gpt --name GPT; model large corp/gpt ;;
esac
provider add groq --type openai-compat --api-key "$(printf %s key-from-a-password-manager)" \\
  --base-url https://api.groq.com/openai/v1   # the usual one
mcp add files --type stdio --command npx
model add groq/llama --name Llama --context-window 131072
for size in 8 70; do
  model add groq/qwen-$size --name "Qwen $size"
done
model small groq/llama
[[ -n $HOST ]] || echo no host
option debug
"""


@pytest.mark.parametrize("host", ["work-1", "home"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_what_was_asked_for_changes(host: str, newline: str) -> None:
    before = CONDITIONAL.replace("\n", newline)
    entry = {
        "api_key": "$GROQ_API_KEY",
        "models": [{"id": "llama", "can_reason": True}, {"id": "new", "name": "N", "cost_per_1m_out_cached": 0.5}],
    }
    text = after(before, PutProvider("groq", entry), SelectModel("small", "groq", "new"))
    planned = copy.deepcopy(run(before, HOST=host))
    planned["providers"]["groq"] = merged(planned["providers"]["groq"], by_id(entry))
    planned["models"]["small"] = {"provider": "groq", "model": "new", "flags": []}
    assert run(text, HOST=host) == planned


@pytest.mark.parametrize("host", ["work-1", "home"])
def test_replacing_and_removing_leave_nothing_behind(host: str) -> None:
    entry = {"name": "G", "models": [{"id": "m", "name": "M"}]}
    corp = run(after(CONDITIONAL, PutProvider("corp", entry, "replace")), HOST=host)["providers"]["corp"]
    assert corp == by_id(entry)
    gone = run(after(CONDITIONAL, RemoveProvider("corp")), HOST=host)
    assert list(gone["providers"]) == ["groq"]


def test_a_script_that_ended_well_never_ends_with_a_failing_command() -> None:
    before = "[[ -f /nowhere ]] && source /nowhere\nprovider add a\n"
    assert run(after(before, RemoveProvider("a")))["providers"] == {}
    assert list(run(after("false\n", PutProvider("b", {"name": "B"})))["providers"]) == ["b"]


# Any text

printable = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
hostile = st.text(printable, max_size=12) | st.sampled_from(
    [
        "",
        "-x",
        "--name",
        "it's",
        '"',
        "$(touch /tmp/x)",
        "`id`",
        "#",
        "a b",
        "\\",
        "\\\n",
        "*",
        "~",
        "{a,b}",
        "!!",
        "\r\n",
        "\x80",
        "é😀",
    ]
)
ids = st.sampled_from(["a", "b", "-x", "it's", "$(id)", "# c", "a b", "ü", "*"])
model_ids = st.sampled_from(["m", "org/m:free", "it's", "$X", "--name", "m[1m]"])
numbers = st.integers(0, 10**9) | st.floats(0, 1000, allow_nan=False)
models = st.fixed_dictionaries(
    {"id": model_ids},
    optional={
        "name": hostile,
        "context_window": st.integers(0, 10**7),
        "default_max_tokens": st.integers(0, 10**6).map(float),
        "can_reason": st.booleans(),
        "supports_attachments": st.booleans(),
        "cost_per_1m_in": numbers,
        "cost_per_1m_in_cached": numbers,
        "cost_per_1m_out_cached": numbers,
    },
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "name": hostile,
        "base_url": hostile,
        "api_key": hostile.map(escape_literal),
        "extra_headers": st.dictionaries(hostile, hostile, max_size=2),
        "extra_body": st.dictionaries(hostile, st.booleans() | hostile, min_size=1, max_size=2),
        "flat_rate": st.booleans(),
        "models": st.lists(models, max_size=3, unique_by=lambda model: str(model["id"])),
    },
)
changes = (
    made(PutProvider, ids, entries, st.sampled_from(["merge", "replace"]))
    | made(SelectModel, st.sampled_from(["large", "small"]), ids, model_ids)
    | made(RemoveProvider, ids)
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A script of commands in many hands, with other commands and comments between them."""
    known = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    lines = ["# mine"]
    for provider in known:
        lines.append(f"provider add {draw(words(provider))} --name {draw(words(draw(hostile)))}{draw(tails)}")
        for model in draw(st.lists(model_ids, max_size=2)):
            lines.append(f"model add {draw(words(f'{provider}/{model}'))} --context-window {draw(st.integers(0, 99))}")
        lines.append(draw(st.sampled_from(["", "option debug", "X=1; : $X", "if false; then provider add z; fi"])))
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))


tails = st.sampled_from(["", " # why", " \\\n  --flat-rate yes", " --type t; option debug", ' --type "$T"'])


def words(text: str) -> st.SearchStrategy[str]:
    """The ways to spell a word that shells agree about."""
    ways = [shlex.quote(text), spelled(text)]
    if re.search("[\r\x80-\x9f]", text):  # which Crush's own parser does not take in other quotes
        return st.just(spelled(text))
    ansi = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return st.sampled_from([*ways, f"$'{ansi}'"])


@settings(max_examples=120, deadline=None)
@given(scripts(), changes)
def test_the_edited_script_does_what_was_planned(script: str, change: Change) -> None:
    before = run(script, T="computed")
    text = after(script, change)
    planned = copy.deepcopy(before)
    match change:
        case PutProvider(provider, entry, mode):
            old = before["providers"].get(provider, {}) if mode == "merge" else {}
            planned["providers"][provider] = merged(old, by_id(entry))
        case SelectModel(slot, provider, model):
            planned["models"][slot] = {"provider": provider, "model": model, "flags": []}
        case RemoveProvider(provider):
            planned["providers"].pop(provider, None)
    assert without_empty(run(text, T="computed")) == without_empty(planned)
    assert "# mine" in text
    assert after(text, change) == text


def without_empty(config: dict[str, Any]) -> dict[str, Any]:
    """An empty object says nothing, and no flag can say it."""
    providers = {
        provider: {key: value for key, value in entry.items() if value != {}}
        for provider, entry in config["providers"].items()
    }
    return {**config, "providers": providers}


@settings(max_examples=60, deadline=None)
@given(st.text(printable, max_size=20).filter(lambda text: "\r\n" not in text))
def test_a_literal_key_reaches_the_endpoint_as_it_is(key: str) -> None:
    """Through the shell that reads the script, and through Crush's expansion after it."""
    entry = {"api_key": escape_literal(key), "extra_headers": {"X": escape_literal(key)}}
    stored = run(after("", PutProvider("a", entry)))["providers"]["a"]
    assert expanded(stored["api_key"]) == key
    assert expanded(stored["extra_headers"]["X"]) == key


def test_a_placeholder_is_expanded_by_crush_alone() -> None:
    entry = {"api_key": "$KEY", "base_url": "${URL:-$(echo http://x)}/v1"}
    stored = run(after("", PutProvider("a", entry)), KEY="wrong", URL="wrong")["providers"]["a"]
    assert stored["api_key"] == "$KEY"
    assert expanded(stored["api_key"], KEY="pa$$word\\") == "pa$$word\\"
    assert expanded(stored["base_url"]) == "http://x/v1"
