"""Which model of the catalogue an id means. Pure: it asks the catalogue, and nobody else.

An id that the provider itself has is certain, and only then are there prices: the same model costs something else
elsewhere. Windows and abilities are a model's own, so they are carried over from another provider's entry, as a
guess that somebody should confirm. How a model thinks is its maker's to say, where the model is the maker's alone: a
provider that does not say it has the same one.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.catalog.facts import model_ids, provider_ids
from wizard.catalog.values import LONGEST_TEXT
from wizard.flow.knowledge import CatalogMatch, Certainty
from wizard.private import Private
from wizard.provider.model_facts import PRICES, ModelFacts
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.catalog.catalog import Catalog
    from wizard.catalog.facts import FactOrigin, FactSource, KnownModel


class Match(Private, Struct, frozen=True):
    """`facts` are about the id that was asked for; they were found at `provider` under `model_id`.

    Where providers differ in its window, `facts` are its maker's. Where that is not known `facts` has the smallest
    window that two of them agree on, else the smallest of all: with too small a one Crush summarises early, with too
    large a one requests fail.
    """

    certainty: Certainty
    provider: str
    model_id: str
    facts: ModelFacts
    origins: Mapping[str, FactOrigin]


def match(catalog: Catalog, provider_id: str | None, base_url: str | None, model_id: str) -> Match | None:
    """The best match for a model's id at a provider; None where nothing is known.

    `base_url` is a URL or a host. Where it is known, it says whose API it is: ids are the user's own choice.
    """
    if not model_id or len(model_id) > LONGEST_TEXT:
        return None
    owners = _owners(catalog, provider_id, base_url)
    if exact := _exact(catalog, owners, model_id):
        return exact
    near = (*owners, *([provider_id] if provider_id else ()))
    return _guess(catalog, model_id, near, "same model") or _guess(catalog, model_id, near, "likely")


def known_model(catalog: Catalog, provider_id: str, base_url: str, model_id: str) -> CatalogMatch | None:
    """The same in the words of the questions: under the id that the catalogue has, with who says so."""
    return _known(catalog, match(catalog, provider_id, base_url, model_id))


def certain_model(catalog: Catalog, provider_id: str, base_url: str, model_id: str) -> CatalogMatch | None:
    """Only what is certain, which is quickly found."""
    return _known(catalog, _exact(catalog, _owners(catalog, provider_id, base_url), model_id))


def _known(catalog: Catalog, found: Match | None) -> CatalogMatch | None:
    if found is None:
        return None
    sources = dict.fromkeys(f"{origin.name} of {origin.date}" for origin in found.origins.values())
    facts = replace(_thinking(catalog, found.facts), id=found.model_id)
    return CatalogMatch(facts, found.certainty, ", ".join(sources) or found.provider)


def _thinking(catalog: Catalog, facts: ModelFacts) -> ModelFacts:
    """The facts with what they lack of how the model thinks: so it does wherever it is reached."""
    maker = _maker(facts.id)
    if facts.can_reason is False or maker not in _CLOSED:
        return facts
    own = _thinker(catalog, maker, facts.id)
    if own is None:
        return facts
    levels = facts.reasoning_levels or own.reasoning_levels or ()
    usual = own.usual_effort if own.usual_effort in levels else None
    effort = facts.default_reasoning_effort or usual
    return replace(facts, can_reason=True, reasoning_levels=levels, default_reasoning_effort=effort)


def _thinker(catalog: Catalog, maker: str, model_id: str) -> ModelFacts | None:
    """What the maker says of a model that thinks, by its name there, or a dated, dotted or routed form of it."""
    by_name, by_likeness = _thinkers(catalog, maker)
    return by_name.get(base_id(model_id)) or by_likeness.get(likely_id(model_id))


@functools.lru_cache(maxsize=4)
def _thinkers(catalog: Catalog, maker: str) -> tuple[dict[str, ModelFacts], dict[str, ModelFacts]]:
    """A maker's models that think, the first of each name: by `base_id` and by `likely_id`."""
    by_name: dict[str, ModelFacts] = {}
    by_likeness: dict[str, ModelFacts] = {}
    for named in catalog.model_ids(maker):
        known = catalog.model(maker, named)
        if known is not None and known.facts.can_reason and known.facts.reasoning_levels:
            by_name.setdefault(base_id(named), known.facts)
            by_likeness.setdefault(likely_id(named), known.facts)
    return by_name, by_likeness


@functools.lru_cache(maxsize=4)
def _owners(catalog: Catalog, provider_id: str | None, base_url: str | None) -> tuple[str, ...]:
    """The providers whose prices count. At a host that nobody knows, an id proves nothing."""
    if not base_url or base_url.startswith("$"):
        return (provider_id,) if provider_id else ()
    found = catalog.providers_at(base_url)
    return (provider_id,) if provider_id in found and provider_id else found


def _exact(catalog: Catalog, owners: Sequence[str], model_id: str) -> Match | None:
    exact = [known for owner in owners if (known := catalog.model(owner, model_id)) is not None]
    return _certain(exact[0]) if len(exact) == 1 else None


def _certain(known: KnownModel) -> Match:
    return Match("exact", known.provider, known.facts.id, known.facts, known.origins)


def _guess(catalog: Catalog, model_id: str, near: Sequence[str], certainty: Certainty) -> Match | None:
    entries = _index(catalog.listings, certainty).get(_key(certainty)(model_id), ())
    entries = [entry for entry in entries if entry[0] in near] or entries
    known = [model for entry in entries if (model := catalog.model(*entry)) is not None]
    if not known:
        return None
    chosen = _careful(known)
    dropped = {*PRICES, *(("name",) if certainty == "likely" else ())}
    facts = replace(chosen.facts, id=model_id, **dict.fromkeys(dropped))
    origins = {name: origin for name, origin in chosen.origins.items() if name not in dropped}
    return Match(certainty, chosen.provider, chosen.facts.id, facts, origins)


def _careful(known: Sequence[KnownModel]) -> KnownModel:
    """The entry to believe."""
    windows = Counter(model.facts.context_window for model in known if model.facts.context_window)
    if not windows:
        return known[0]
    by_maker = [model for model in known if model.facts.context_window and model.provider == _maker(model.facts.id)]
    if by_maker:
        return by_maker[0]
    agreed = [window for window, times in windows.items() if times > 1]
    window = min(agreed or windows)
    return next(model for model in known if model.facts.context_window == window)


_MAKERS = (
    (regexp(r"gpt-|o[134](-|$)|codex-|chatgpt-"), "openai"),
    (regexp(r"claude-"), "anthropic"),
    (regexp(r"gemini-"), "gemini"),
    (regexp(r"deepseek-"), "deepseek"),
    (regexp(r"grok-"), "xai"),
    (regexp(r"(mistral|ministral|codestral|devstral|magistral|pixtral)-"), "mistral"),
    (regexp(r"kimi-"), "moonshot"),
    (regexp(r"sonar"), "perplexity"),
)
"""Who made a model, by how its names begin. Open models have no maker here: whoever runs them sets the window."""

_CLOSED = frozenset(("openai", "anthropic", "gemini", "xai"))
"""Makers that nobody else has the models of: who offers one passes requests on to them. Of open models whoever runs
them says which levels they take."""


def _maker(model_id: str) -> str | None:
    name = base_id(model_id)
    return next((maker for pattern, maker in _MAKERS if pattern.match(name)), None)


@functools.lru_cache(maxsize=4)
def _index(listings: Sequence[FactSource], certainty: Certainty) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Provider and id of every model, by what the certainty leaves of the id."""
    found: dict[str, list[tuple[str, str]]] = {}
    key = _key(certainty)
    for provider in provider_ids(listings):
        for model_id in model_ids(listings, provider):
            found.setdefault(key(model_id), []).append((provider, model_id))
    return found


def _key(certainty: Certainty) -> Callable[[str], str]:
    return base_id if certainty == "same model" else likely_id


# Ids, stripped

_REGION = regexp(r"(?:us|eu|apac|jp|au|ca|us-gov|global)\.")
_BEDROCK_VENDOR = regexp(
    r"(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen"
    r"|writer|zai)\."
)
_BEDROCK_VERSION = regexp(r"-v\d+:\d+$")
_TEMPLATES = ("hf:", "~")

_ROUTES = (
    "beta|cerebras|cheapest|cloud|exacto|extended|fastest|featherless-ai|fireworks-ai|floor|free|groq|hyperbolic"
    "|latest|nebius|nitro|novita|nscale|online|ovhcloud|publicai|sambanova|scaleway|thinking|together|wandb|zai-org"
)
_SUFFIXES = regexp(
    rf"""(?:
        :(?:{_ROUTES})
      | [-@]20\d\d(?:-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))       # -20250929, @20250929, -2026-03-05
      | [-@](?:latest|cloud)
      | -us                                                               # Alibaba's region
      | \.gguf
      | [-_.:](?:ud-)?i?q\d(?:_[a-z0-9]+)*                              # -q4_k_m, -q8_0, -iq3_xxs
      | [-_](?:mlx|gguf|awq|gptq|exl[23]|onnx|fp4|nvfp4|mxfp4|fp8|fp16|bf16|f16|int4|int8|w\da\d+|\d-?bit|dwq|tee)
    )$""",
    re.VERBOSE,
)
_SEPARATORS = regexp(r"[-._:@ ]+")
_BETWEEN_DIGITS = regexp(r"(?<!\d)-|-(?!\d)")


@functools.cache
def base_id(model_id: str) -> str:
    """The id without who serves it: `openai/`, `accounts/fireworks/models/`, `us.anthropic.`, `-v1:0`."""
    return _settled(_without_server, model_id)


@functools.cache
def likely_id(model_id: str) -> str:
    """What is left of an id without dates, variants, quantisation, format, letter case and ways to separate words.

    A separator stays only between digits: `qwen3:8b`, `Qwen/Qwen3-8B-GGUF` and `qwen-3-8b` are all `qwen3-8b`.
    """
    return _settled(_loosely, model_id)


def _without_server(model_id: str) -> str:
    for prefix in _TEMPLATES:
        model_id = model_id.removeprefix(prefix) or model_id
    model_id = model_id.rstrip("/").rpartition("/")[2] or model_id
    return _BEDROCK_VERSION.sub("", _without_vendor(model_id)) or model_id


def _without_vendor(model_id: str) -> str:
    """Bedrock's `us.anthropic.claude-...`; other ids with a dot, such as `qwen3.6`, have no vendor there."""
    rest = model_id[region.end() :] if (region := _REGION.match(model_id)) else model_id
    vendor = _BEDROCK_VENDOR.match(rest)
    return rest[vendor.end() :] or model_id if vendor else model_id


def _loosely(model_id: str) -> str:
    stripped = _SUFFIXES.sub("", base_id(model_id.lower()))
    return stripped if stripped and stripped != model_id else _joined(model_id)


def _joined(model_id: str) -> str:
    return _BETWEEN_DIGITS.sub("", _SEPARATORS.sub("-", model_id)) or model_id


def _settled(step: Callable[[str], str], text: str) -> str:
    """`step`, until it changes nothing any more. It only ever shortens, lowers or evens out."""
    while (next_one := step(text)) != text:
        text = next_one
    return text
