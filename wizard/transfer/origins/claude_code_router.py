"""claude-code-router: config.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    DOLLARS,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    host_id,
    not_providers,
)
from wizard.transfer.origins.plain_text import json_object
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot
    from wizard.transfer.origins.fields import ObjectReader

NAMES = ("config.json",)
_TAILS = (
    (regexp(r"/v1(?:beta)?/models/?$"), "google"),
    (regexp(r"(?:/v1)?/messages/?$"), "anthropic"),
    (regexp(r"/chat/completions/?$"), "openai-compat"),
    (regexp(r"/responses/?$"), "openai"),
)
"""The end of the whole URL that it asks for, which Crush adds itself; it tells the type."""
_KNOWN = frozenset("name api_base_url api_key models".split())
_SLOTS: tuple[tuple[Slot, str], ...] = (("large", "default"), ("small", "background"))
_READ = frozenset("Providers providers Router".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    return (around.home / ".claude-code-router" / "config.json",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = json_object(path)
    speller = Speller(DOLLARS)
    entries = top.each("Providers" if "Providers" in top.tree else "providers")
    providers = tuple(_provider(entry, speller) for entry in entries)
    router = top.fields("Router")
    routes = router.others([name for _, name in _SLOTS])
    speller.without_equal("Router", routes, "routes")
    others = not_providers(top.others(_READ))
    return ToolConfig(providers, _selected(router), (*speller.unsupported, *others))


def _selected(router: ObjectReader) -> dict[Slot, ChosenModel]:
    """The models in use; a route names a provider, a comma, and its model."""
    said = {slot: router.text(name).partition(",")[::2] for slot, name in _SLOTS}
    return {
        slot: ChosenModel(name.strip(), model.strip())
        for slot, (name, model) in said.items()
        if name.strip() and model.strip()
    }


def _provider(entry: ObjectReader, speller: Speller) -> Described:
    name = entry.text("name")
    called = f"provider {name}"
    speller.without_equal(called, entry.others(_KNOWN))
    base_url, type_ = _without_tail(entry.text("api_base_url"))
    vendor = find_vendor(name)
    is_own = vendor is not None and is_vendors_own(name, base_url) and _is_spoken(vendor.type, type_)
    models = dict.fromkeys(entry.texts("models"))
    return Described(
        id=name or host_id(base_url),
        vendor=name if is_own else "",
        type="" if is_own else type_,
        base_url=speller.value(base_url, f"{called}, its URL"),
        api_key=speller.key(entry.text("api_key"), f"{called}, its key"),
        models=tuple(ModelFacts(model) for model in models),
    )


def _without_tail(url: str) -> tuple[str, str]:
    """The base URL, and the type that its end tells."""
    for tail, type_ in _TAILS:
        if tail.search(url):
            return tail.sub("", url), type_
    return url, "openai-compat"


def _is_spoken(vendors: str, type_: str) -> bool:
    """Whether the vendor of a type is what is spoken to: all but two formats are OpenAI's with something to it."""
    others = ("anthropic", "google")
    return vendors == type_ or (vendors not in others and type_ not in others)
