"""What a tool says about providers, before Crush's rules are applied to it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.private import Private
from wizard.provider.identifier import id_for_host, slug
from wizard.provider.template import escape_literal, placeholder
from wizard.provider.variable import is_variable_name
from wizard.regexp import regexp
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own, vendor_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wizard.provider.model import Slot
    from wizard.provider.model_facts import ModelFacts


BAD_VARIABLE = "its variable can't hold a key"


class NoEqual(ValueError):
    """Crush has nothing like it; the message says what it is, and never the value."""


class Described(Private, Struct, frozen=True):
    """One provider. `id` is what the tool calls it; `vendor` any name of a known one; what is empty is not said.

    `base_url`, `api_key` and the headers are spelled for Crush: `$NAME` for a variable, literals escaped
    (crush-behaviour 4.3). `api_key` None: there is one, which can't be read here; empty: the tool says nothing of one.
    `key_command` is a shell's command that prints it, in the tool's spelling. `bearer`: the key is sent as
    `Authorization: Bearer` where the type has another header for it. `discovers`: the endpoint is asked for its
    models, beside those that are named.
    """

    id: str
    name: str = ""
    vendor: str = ""
    type: str = ""
    base_url: str = ""
    api_key: str | None = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[ModelFacts, ...] = ()
    key_command: str = ""
    bearer: bool = False
    discovers: bool = False


class ChosenModel(Struct, frozen=True):
    """A model that the tool uses; `provider` is a Described's id, or a vendor's name."""

    provider: str
    model: str
    effort: str = ""


class ToolConfig(Private, Struct, frozen=True):
    """All that a tool's files say. `held` are keys that the tool keeps, by the variable that it knows them under."""

    providers: tuple[Described, ...] = ()
    selected: Mapping[Slot, ChosenModel] = field(default_factory=dict)
    unsupported: tuple[str, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)


class Spelling(Struct, frozen=True):
    """How a tool writes references into its values.

    `variable` matches a reference to a variable, with its `name`; `foreign` what else it would fill in, and `what`
    says what that is.
    """

    variable: re.Pattern[str] | None = None
    foreign: re.Pattern[str] | None = None
    what: str = ""

    def spell(self, text: str) -> str:
        """A value as Crush writes it: references to variables, and all else escaped. Raises NoEqual."""
        if self.foreign and self.foreign.search(text):
            raise NoEqual(self.what)
        if self.variable is None:
            return escape_literal(text)
        spelled, end = "", 0
        for match in self.variable.finditer(text):
            alone = match[0] == text
            spelled += escape_literal(text[end : match.start()]) + _reference(match["name"], alone=alone)
            end = match.end()
        return spelled + escape_literal(text[end:])


def _reference(name: str, *, alone: bool) -> str:
    if not is_variable_name(name):
        raise NoEqual(BAD_VARIABLE)
    return placeholder(name) if alone else f"${{{name}}}"


class Speller:
    """Spells one file's values for Crush, and remembers what could not be."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self.unsupported: list[str] = []

    def value(self, text: str, what: str) -> str:
        """The value, or nothing and a sentence about `what`."""
        try:
            return self._spelling.spell(text)
        except NoEqual as why:
            self.unsupported.append(f"{what}: {why}")
            return ""

    def key(self, text: str, what: str) -> str | None:
        """A key; None and a sentence where there is one that Crush could not have."""
        return (self.value(text, what) or None) if text else ""

    def variable(self, name: str, what: str) -> str:
        """A reference to a variable; nothing and a sentence where it is none for a key."""
        if is_variable_name(name):
            return placeholder(name)
        self.unsupported.append(f"{what}: {BAD_VARIABLE}")
        return ""

    def without_equal(self, what: str, names: Sequence[str], kind: str = "settings") -> None:
        if names:
            self.unsupported.append(f"{what}, {kind} that Crush does not have: {listed(names)}")

    def models_without_equal(self, left: Mapping[str, Sequence[str]]) -> None:
        """The same for models by what they are called, those alike in one sentence."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for model, names in left.items():
            groups.setdefault(tuple(names), []).append(model)
        for names, models in groups.items():
            called = f"model {models[0]}" if len(models) == 1 else f"models {listed(models)}"
            self.without_equal(called, names)

    def headers(self, pairs: Mapping[str, str], what: str) -> dict[str, str]:
        """The headers that have a value."""
        spelled = {name: self.value(text, f"{what}, header {name}") for name, text in pairs.items()}
        return {name: text for name, text in spelled.items() if text}


_IN_VARIABLE = regexp(r"\$\{?(?P<name>\w+)")
_WHERE = regexp(r"(?:_(?:API|BASE|URL|HOST|ENDPOINT|V1))+$", re.IGNORECASE)
_MOST_NAMES = 12
LITERAL = Spelling()
"""For a tool that fills nothing in."""
DOLLARS = Spelling(regexp(r"\$(?P<brace>\{)?(?P<name>[A-Za-z_]\w*)(?(brace)\})", re.ASCII))
"""For a tool that fills in `$NAME` and `${NAME}`."""


def grouped(described: Iterable[Described]) -> tuple[Described, ...]:
    """Those at the same endpoint with the same key as one, with the models of all."""
    groups: dict[str, list[Described]] = {}
    for provider in described:
        groups.setdefault(_endpoint(provider), []).append(provider)
    return tuple(
        replace(group[0], models=_models(group), discovers=any(not provider.models for provider in group))
        for group in groups.values()
    )


def _endpoint(described: Described) -> str:
    """All that tells one endpoint from another, as a text that can be a key: a vendor's own is that without a URL."""
    vendor = vendor_at(described.base_url) or (find_vendor(described.vendor) if described.vendor else None)
    is_own = vendor is not None and (not described.base_url or vendor_at(described.base_url) == vendor)
    usual = placeholder(vendor.variable) if vendor and vendor.variable else ""
    texts = (
        vendor.id if vendor else described.vendor,
        "" if is_own else described.type,
        "" if is_own else described.base_url,
        described.api_key or ("" if described.api_key is None else usual),
    )
    return json.dumps([texts, dict(described.headers), dict(described.body)], sort_keys=True)


def _models(group: Iterable[Described]) -> tuple[ModelFacts, ...]:
    return tuple(facts for provider in group for facts in provider.models)


def host_id(base_url: str) -> str:
    """An id from a URL's host, or from the variable that holds it, for tools that name models only; may be empty."""
    if match := _IN_VARIABLE.match(base_url):
        return slug(_WHERE.sub("", match["name"]))
    try:
        return id_for_host(urlsplit(base_url).hostname or "")
    except ValueError:  # odd brackets, which normalize_base_url will tell
        return ""


def endpoint_id(name: str, base_url: str) -> str:
    """The id of what a tool calls by a name: not a vendor's for an endpoint of somebody else that speaks like it."""
    return name if find_vendor(name) is None or is_vendors_own(name, base_url) else host_id(base_url) or name


def per_million(cost: float | None) -> float | None:
    """A cost per token, as one per million tokens."""
    return None if cost is None else round(cost * 1_000_000, 6)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first ones of many."""
    shown = ", ".join(f"`{' '.join(name.split())[:80]}`" for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"


def responses_only(called: str) -> str:
    """What becomes of an endpoint that has nothing but the Responses API, in a sentence."""
    return f"{called} uses the Responses API: Crush uses it only for models with OpenAI's names"


def mcp_servers(names: Sequence[str]) -> tuple[str, ...]:
    """Servers of tools, which no import brings, with the line of a crushrc that adds one; in a sentence."""
    if not names:
        return ()
    how = "mcp add NAME --type stdio --command COMMAND, or: mcp add NAME --type http --url URL"
    return (f"MCP servers are not imported: {listed(names)}; to add one, write in your crushrc: {how}",)


def not_providers(names: Sequence[str]) -> tuple[str, ...]:
    """What a file has beside its providers, in a sentence."""
    return (f"not imported, not about providers: {listed(names)}",) if names else ()
