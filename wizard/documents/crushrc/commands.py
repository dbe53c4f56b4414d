"""The commands of a crushrc that are about providers and models, and what their flags mean.

crush-behaviour 5.3 has the flags. Those for cached prices are crossed there, and so they are here (14).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wizard.documents.crushrc.syntax import Statement, Word

Kind = Literal["text", "truth", "integer", "number", "object", "headers", "mark"]
Verb = Literal["add", "remove", "large", "small"]
FieldPath: TypeAlias = tuple[str, ...]
"""Where a flag's value is in the JSON entry: ("api_key",), ("extra_headers", "X-Title")."""


class Flag(NamedTuple):
    """A flag, the JSON key that it sets, and what follows it. A `mark` stands alone, `headers` take two words."""

    name: str
    key: str
    kind: Kind


class OptionName(NamedTuple):
    """A word after `option`, and the key in `options` that it sets. An `inverted` switch is stored as its opposite."""

    name: str
    key: str
    kind: Literal["text", "truth", "inverted", "list"]


PROVIDER_FLAGS = (
    Flag("--name", "name", "text"),
    Flag("--type", "type", "text"),
    Flag("--base-url", "base_url", "text"),
    Flag("--api-key", "api_key", "text"),
    Flag("--extra-header", "extra_headers", "headers"),
    Flag("--extra-body", "extra_body", "object"),
    Flag("--provider-options", "provider_options", "object"),
    Flag("--system-prompt-prefix", "system_prompt_prefix", "text"),
    Flag("--flat-rate", "flat_rate", "truth"),
    Flag("--discover-models", "discover_models", "truth"),
    Flag("--disable", "disable", "truth"),
)
MODEL_FLAGS = (
    Flag("--name", "name", "text"),
    Flag("--price-input", "cost_per_1m_in", "number"),
    Flag("--price-output", "cost_per_1m_out", "number"),
    Flag("--price-cache-hit", "cost_per_1m_in_cached", "number"),
    Flag("--price-cache-create", "cost_per_1m_out_cached", "number"),
    Flag("--context-window", "context_window", "integer"),
    Flag("--default-max-tokens", "default_max_tokens", "integer"),
    Flag("--can-reason", "can_reason", "truth"),
    Flag("--reasoning-effort", "default_reasoning_effort", "text"),
    Flag("--supports-images", "supports_attachments", "truth"),
)
SLOT_FLAGS = (
    Flag("--think", "think", "mark"),
    Flag("--reasoning-effort", "reasoning_effort", "text"),
    Flag("--max-tokens", "max_tokens", "integer"),
    Flag("--temperature", "temperature", "number"),
    Flag("--top-p", "top_p", "number"),
    Flag("--top-k", "top_k", "integer"),
    Flag("--frequency-penalty", "frequency_penalty", "number"),
    Flag("--presence-penalty", "presence_penalty", "number"),
    Flag("--provider-options", "provider_options", "object"),
)

OPTIONS = (
    OptionName("default-providers", "disable_default_providers", "inverted"),
    OptionName("provider-auto-update", "disable_provider_auto_update", "inverted"),
    OptionName("metrics", "disable_metrics", "inverted"),
    OptionName("auto-summarize", "disable_auto_summarize", "inverted"),
    OptionName("debug", "debug", "truth"),
    OptionName("debug-lsp", "debug_lsp", "truth"),
    OptionName("auto-lsp", "auto_lsp", "truth"),
    OptionName("progress", "progress", "truth"),
    OptionName("notifications", "notifications", "text"),
    OptionName("data-directory", "data_directory", "text"),
    OptionName("initialize-as", "initialize_as", "text"),
    OptionName("context-path", "context_paths", "list"),
    OptionName("global-context-path", "global_context_paths", "list"),
    OptionName("skill-path", "skills_paths", "list"),
    OptionName("disable-skill", "disabled_skills", "list"),
)
"""What `option` can set (crush-behaviour 5.3), but for `ui` and `attribution-...`."""

_VERBS: Mapping[tuple[str, str], Verb] = {
    ("provider", "add"): "add",
    ("provider", "remove"): "remove",
    ("provider", "rm"): "remove",
    ("model", "add"): "add",
    ("model", "remove"): "remove",
    ("model", "rm"): "remove",
    ("model", "large"): "large",
    ("model", "small"): "small",
}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_INTEGER = regexp(r"[+-]?\d{1,300}")
_NUMBER = regexp(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class Computed(str):
    """A value that only running the script would tell, as the script spells it: `"$(pass show groq)"`."""

    __slots__ = ()


class Setting(Struct, frozen=True):
    """A flag of a command, and the last word of its value."""

    path: FieldPath
    value: Any
    flag: Word
    word: Word


class Command(Struct, frozen=True):
    """A plain command at the top level about a provider, one of its models, or a model slot.

    `model` is None for `provider ...`; `reference` the word that names a slot's model. `clear`: every word of it
    is one argument that we know, so that it can be edited.
    """

    statement: Statement
    noun: str
    verb: Verb
    provider: str
    model: str | None
    reference: Word
    settings: tuple[Setting, ...]
    clear: bool

    @property
    def is_slot(self) -> bool:
        return self.verb in ("large", "small")


class Option(Struct, frozen=True):
    """A plain `option KEY [VALUE]` at the top level. `reset`: it empties a list."""

    statement: Statement
    name: OptionName
    value: Any
    reset: bool = False


def option_of(statement: Statement) -> Option | None:
    """What a statement sets for certain; None for any other command. A switch without a value is on."""
    words = statement.words
    if len(words) < 2 or words[0].value != "option" or any(word.several for word in words[:2]):
        return None
    reset = words[1].value == "reset" and len(words) > 2
    named = words[2 if reset else 1]
    name = next((option for option in OPTIONS if option.name == named.value), None)
    if name is None or (reset and name.kind != "list"):
        return None
    if any(word.several for word in words) and (name.kind == "list" or len(words) > 3):
        return None
    return Option(statement, name, _option_value(name, words[2:]), reset)


def _option_value(name: OptionName, words: Sequence[Word]) -> Any:
    if name.kind == "list":
        return [_read("text", word) for word in words]
    value = _read("text" if name.kind == "text" else "truth", words[0]) if words else True
    return not value if name.kind == "inverted" and isinstance(value, bool) else value


def verb_of(words: Sequence[Word]) -> Verb | None:
    """What a command does to providers, models or slots; None for any other command."""
    if len(words) < 2 or words[0].computed or words[1].computed:
        return None
    return _VERBS.get((words[0].value, words[1].value))


def command_of(statement: Statement) -> Command | None:
    """The command that a statement is; None for any other, and for one whose id is computed."""
    words = statement.words
    verb = verb_of(words)
    if verb is None or len(words) < 3 or words[2].computed:
        return None
    noun, named = words[0].value, words[2]
    provider, slash, model = named.value.partition("/") if noun == "model" else (named.value, "", "")
    if noun == "model" and not slash:
        return None
    flags = SLOT_FLAGS if verb in ("large", "small") else PROVIDER_FLAGS if noun == "provider" else MODEL_FLAGS
    settings, clear = _settings(words[3:], flags)
    return Command(statement, noun, verb, provider, model if noun == "model" else None, named, settings, clear)


def arguments_of(flag: Flag) -> int:
    """How many words follow a flag."""
    return {"mark": 0, "headers": 2}.get(flag.kind, 1)


def _settings(words: Sequence[Word], flags: Iterable[Flag]) -> tuple[tuple[Setting, ...], bool]:
    """What the flags set, as far as it can be told, and whether all of it can."""
    known = {flag.name: flag for flag in flags}
    settings: list[Setting] = []
    rest = list(words)
    while rest:
        name = rest.pop(0)
        flag = None if name.computed else known.get(name.value)
        arguments = arguments_of(flag) if flag else 0
        if flag is None or len(rest) < arguments or any(word.several for word in rest[:arguments]):
            return tuple(settings), False
        settings.append(_setting(flag, name, rest[:arguments]))
        del rest[:arguments]
    return tuple(settings), True


def _setting(flag: Flag, name: Word, arguments: Sequence[Word]) -> Setting:
    if flag.kind == "mark":
        return Setting((flag.key,), True, name, name)
    if flag.kind == "headers":
        header, value = arguments
        return Setting((flag.key, header.value), _read("text", value), name, value)
    (value,) = arguments
    return Setting((flag.key,), _read(flag.kind, value), name, value)


def _read(kind: Kind, word: Word) -> Any:
    """A value in JSON's terms. What Crush would refuse stays the text that it is."""
    text = word.value
    if word.computed:
        return Computed(text)
    if kind == "truth":
        return _TRUTHS.get(text.casefold(), text)
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    if kind == "number":
        return _number(text)
    return _read_object(text) if kind == "object" else text


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _read_object(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text
