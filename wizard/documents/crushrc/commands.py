"""The commands of a crushrc that are about providers and models, and what their flags mean.

crush-behaviour 5.3 has the flags. Those for cached prices are crossed there, and so they are here (14).
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, Self, TypeAlias

from msgspec import Struct

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wizard.documents.crushrc.syntax import Statement, Word

Kind = Literal["text", "list", "truth", "integer", "number", "object", "json", "headers", "mark"]
Verb = Literal["add", "remove", "large", "small"]
FieldPath: TypeAlias = tuple[str, ...]
"""Where a flag's value is in the JSON entry: ("api_key",), ("extra_headers", "X-Title")."""


class Flag(NamedTuple):
    """A flag, the JSON key that it sets, and what follows it. A `mark` stands alone, `headers` take two words.

    A `list` grows by each use.
    """

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

MCP_FLAGS = (
    Flag("--type", "type", "text"),
    Flag("--command", "command", "text"),
    Flag("--args", "args", "list"),
    Flag("--env", "env", "headers"),
    Flag("--url", "url", "text"),
    Flag("--header", "headers", "headers"),
    Flag("--timeout", "timeout", "integer"),
    Flag("--disabled", "disabled", "truth"),
    Flag("--disabled-tools", "disabled_tools", "list"),
    Flag("--enabled-tools", "enabled_tools", "list"),
    Flag("--oauth", "oauth", "truth"),
    Flag("--oauth-client-id", "oauth_client_id", "text"),
    Flag("--oauth-client-secret", "oauth_client_secret", "text"),
    Flag("--oauth-callback-port", "oauth_callback_port", "integer"),
)
LSP_FLAGS = (
    Flag("--command", "command", "text"),
    Flag("--args", "args", "list"),
    Flag("--env", "env", "headers"),
    Flag("--filetypes", "filetypes", "list"),
    Flag("--root-markers", "root_markers", "list"),
    Flag("--timeout", "timeout", "integer"),
    Flag("--disabled", "disabled", "truth"),
    Flag("--init-options", "init_options", "json"),
    Flag("--options", "options", "json"),
)
HOOK_FLAGS = (
    Flag("--command", "command", "text"),
    Flag("--matcher", "matcher", "text"),
    Flag("--timeout", "timeout", "integer"),
    Flag("--name", "name", "text"),
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
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_PRIVATE = frozenset(("api_key", "base_url", "oauth_client_secret", "url"))
"""The fields that may hold a secret, besides headers and variables."""
_INTEGER = regexp(r"[+-]?[0-9]{1,300}")
_NUMBER = regexp(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL = regexp(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+")
_UNDERSCORES = regexp(r"[+-]?(?:0[xX]_?)?[0-9a-fA-F.]+(?:_[0-9a-fA-F.]+)*(?:[pP][+-]?[0-9]+)?")
_NO_NUMBER = regexp(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)


class Computed(str):
    """A value that the script works out, as the script spells it: `"$(pass show groq)"`, `"$GROQ_KEY"`.

    `value` is what comes of it, which Crush then expands as any other; None where only running the script would
    tell. `unset` are the variables that it needs, and that are unset or empty. `template` is what Crush itself would
    take from the same variables.
    """

    __slots__ = ("template", "unset", "value")

    value: str | None
    unset: tuple[str, ...]
    template: str | None

    def __new__(cls, spelled: str, value: str | None = None, unset: tuple[str, ...] = (), template: str = "") -> Self:
        computed = super().__new__(cls, spelled)
        computed.value, computed.unset, computed.template = value, unset, template or None
        return computed


class Setting(Struct, frozen=True):
    """A flag of a command, and the last word of its value. `adds`: to the list or the object that is there."""

    path: FieldPath
    value: Any
    flag: Word
    word: Word
    adds: bool = False


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
    if any(word.several for word in words[2:3]):
        return None
    return Option(statement, name, _option_value(name, words[2:3]), reset)


def _option_value(name: OptionName, words: Sequence[Word]) -> Any:
    """Crush takes one word and passes over the rest; an empty one is none."""
    kind: Kind = "truth" if name.kind in ("truth", "inverted") else "text"
    value = _read(Flag("", name.key, kind), words[0]) if words and (words[0].computed or words[0].value) else True
    if name.kind == "list":
        return [value]
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
    settings, clear = settings_of(words[3:], flags)
    return Command(statement, noun, verb, provider, model if noun == "model" else None, named, settings, clear)


def arguments_of(flag: Flag) -> int:
    """How many words follow a flag."""
    return {"mark": 0, "headers": 2}.get(flag.kind, 1)


def entry_of(settings: Iterable[Setting], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What settings add up to: the last one wins, objects merge at their first level (crush-behaviour 5.3)."""
    entry: dict[str, Any] = dict(before or {})
    for setting in settings:
        *way, key = setting.path
        place = entry
        for step in way:
            place[step] = {**place.get(step, {})}
            place = place[step]
        place[key] = _added(place.get(key), setting)
    return entry


def _added(before: Any, setting: Setting) -> Any:
    if not setting.adds:
        return setting.value
    if isinstance(setting.value, dict):
        return {**before, **setting.value} if isinstance(before, dict) else setting.value
    return [*(before or ()), setting.value]


def settings_of(words: Sequence[Word], flags: Iterable[Flag]) -> tuple[tuple[Setting, ...], bool]:
    """What the flags set, as far as it can be told, and whether all of it can.

    A value that may be several words, such as `$(pass show groq)`, is hardly ever meant to be: the rest is read on.
    """
    known = {flag.name: flag for flag in flags}
    settings: list[Setting] = []
    rest, clear = list(words), True
    while rest:
        name = rest.pop(0)
        flag = None if name.computed else known.get(name.value)
        arguments = arguments_of(flag) if flag else 0
        if flag is None or len(rest) < arguments:
            return tuple(settings), False
        clear = clear and not any(word.several for word in rest[:arguments])
        settings.append(_setting(flag, name, rest[:arguments]))
        del rest[:arguments]
    return tuple(settings), clear


def _setting(flag: Flag, name: Word, arguments: Sequence[Word]) -> Setting:
    if flag.kind == "mark":
        return Setting((flag.key,), True, name, name)
    if flag.kind == "headers":
        header, value = arguments
        return Setting((flag.key, header.value), _read(flag, value), name, value)
    (value,) = arguments
    read = _read(flag, value)
    return Setting(
        (flag.key,), read, name, value, flag.kind == "list" or (isinstance(read, dict) and flag.kind == "object")
    )


def _read(flag: Flag, word: Word) -> Any:
    """A value in JSON's terms. What Crush would refuse stays the text that it is."""
    text = word.value
    if word.computed:
        return Computed(text)
    match flag.kind:
        case "truth":
            return TRUTHS.get(text.lower(), text)
        case "integer":
            return _or_text(whole_number_of(text), text)
        case "number":
            return _or_text(number_of(text), text)
        case "object" | "json":
            return _read_or_text(flag.kind, text)
    return _template(word) if flag.key in _PRIVATE or flag.kind == "headers" else text


def _or_text(value: float | None, text: str) -> float | str:
    return text if value is None or not math.isfinite(value) else value


def _template(word: Word) -> str:
    """What variables from outside of the script say is theirs; all else is the script's own word."""
    return Computed(word.spelled, word.value, word.unset, word.template) if word.is_outer else word.value


def whole_number_of(text: str) -> int | None:
    """As Crush reads one: 64 bits, and nothing but digits behind the sign."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def number_of(text: str) -> float | None:
    """As Crush reads one; None for what is none, and for what is too large."""
    if _INTEGER.fullmatch(text):
        return int(text)
    plain = text.replace("_", "")
    if "_" in text and not _UNDERSCORES.fullmatch(text):
        return None
    if _HEXADECIMAL.fullmatch(plain):
        return _in_range(float.fromhex, plain)
    return _in_range(float, plain) if _NUMBER.fullmatch(plain) or _NO_NUMBER.fullmatch(text) else None


def _in_range(read: Callable[[str], float], text: str) -> float | None:
    try:
        number = read(text)
    except OverflowError:
        return None
    return None if math.isinf(number) and not _NO_NUMBER.fullmatch(text) else number


def _read_or_text(kind: Kind, text: str) -> Any:
    try:
        value = read_json(text)
    except ValueError:
        return text
    return value if kind == "json" or isinstance(value, dict) else text


def read_json(text: str) -> Any:
    """Strict JSON, as Crush reads it. Raises ValueError."""
    try:
        return json.loads(text, parse_float=_fraction, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _fraction(spelled: str) -> float:
    number = float(spelled)
    if math.isinf(number):
        raise ValueError(spelled)
    return number


def _no_constant(spelled: str) -> NoReturn:
    raise ValueError(spelled)
