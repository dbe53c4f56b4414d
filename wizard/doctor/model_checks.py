"""What can be wrong with the models of a provider: their ids, limits and costs (crush-behaviour 2.2, 10.3, 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.doctor.check import Check, Code
from wizard.doctor.examined import ConfiguredModel, alike, host_of, is_own_server
from wizard.doctor.finding import Fix, Seen, drop, put_fields
from wizard.documents.crushrc.commands import Computed
from wizard.documents.document import DropValue
from wizard.flow.model_comparison import is_own
from wizard.provider.model_facts import PRICES
from wizard.provider.types import TYPES
from wizard.shown import command_line
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined
    from wizard.flow.knowledge import Knowledge

# D1, D2: ids


def _twice(examined: Examined) -> Iterator[Seen]:
    first: dict[tuple[str, str], ConfiguredModel] = {}
    for model in examined.models:
        earlier = first.setdefault((model.provider.id, model.id), model)
        if earlier is model or not model.id or isinstance(model.entry.get("id"), Computed):
            continue
        if not (model.provider.builtin and _same(model, earlier)):  # of a built-in's only the first counts
            yield _duplicate(model, earlier)


def _duplicate(model: ConfiguredModel, earlier: ConfiguredModel) -> Seen:
    source, other = model.source(), earlier.source()
    where = f" ({other.path.name}:{other.line})" if other and other.line else ""
    same = _same(model, earlier)
    message = f"{model.called} is listed twice{where}"
    together = bool(source and other and source.path == other.path)  # a shared file may be read without the other
    if model.provider.builtin:
        message += f": the first {'' if together else '(earlier file) '}wins"
    elif not same:
        message += ": Crush takes some values from the first, some from the last"
    else:
        message += ": Crush keeps both"
    fix = _without(source, model.called, automatic=same and together)
    return Seen(message, model.provider.id, source, "keep one of them", fix)


def _same(model: ConfiguredModel, earlier: ConfiguredModel) -> bool:
    return dict(model.entry) == dict(earlier.entry)


def _without(source: Source | None, called: str, *, automatic: bool) -> Fix | None:
    if source is None or source.format != "json":
        return None
    description = f"remove the second {called}"
    return Fix(description, automatic, source.path, (DropValue(source.key_path),))


def _nameless(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        if not model.entry.get("id"):
            yield Seen(
                f"{model.called} has no `id`: Crush would ask for a model without a name",
                model.provider.id,
                model.source(),
            )
        elif not model.entry.get("name") and not model.provider.builtin:
            fix = put_fields(
                model.source(), model.id, {"name": model.id}, f"name {model.called} after its id", automatic=True
            )
            yield Seen(
                f"{model.called} has no `name`: its line in the model picker is blank",
                model.provider.id,
                model.source(),
                "give it a name",
                fix,
                "info",
            )


# D3, C5: limits

HUGE = 20_000_000
"""Tokens: no model has such a window."""


def _limits(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        if message := _wrong_limit(model):
            known = examined.known(model.provider, model.id)
            field = "default_max_tokens" if message.startswith("default") else "context_window"
            yield Seen(
                f"{model.called}: {message}",
                model.provider.id,
                model.source(field) or model.source(),
                fix=_put_limit(model, field, known),
            )
        elif not model.number("context_window") and _wants_window(model) and model.id:
            known = examined.known(model.provider, model.id)
            yield Seen(
                f"{model.called} has no `context_window`: Crush never summarises, and long sessions end in an error",
                model.provider.id,
                model.source(),
                f"fill in what is known: {command_line('models', model.provider.id, '--refresh')}",
                _put_limit(model, "context_window", known) if known.facts.context_window else None,
                "info",
            )


def _wrong_limit(model: ConfiguredModel) -> str:
    window, answer = model.number("context_window"), model.number("default_max_tokens")
    if window < 0:
        return "`context_window` is negative: Crush summarises all the time"
    if window > HUGE:
        return f"`context_window` is {window:,.0f}, which no model has"
    if answer < 0:
        return "default_max_tokens is negative: Crush leaves the limit out"
    if window and answer > window:
        return f"default_max_tokens is {answer:,.0f}, more than the context window of {window:,.0f}"
    return ""


def _put_limit(model: ConfiguredModel, field: str, known: Knowledge) -> Fix | None:
    """What is known; else none, which is what a negative answer length comes to already."""
    value = getattr(known.facts.model(), field)
    automatic = field == "default_max_tokens" and model.number(field) < 0 and not value
    automatic = automatic or (
        field == "context_window" and not model.number(field) and not is_own_server(model.provider)
    )
    return put_fields(
        model.source(), model.id, {field: value}, f"set {field} of {model.called} to {value}", automatic=automatic
    )


def _wants_window(model: ConfiguredModel) -> bool:
    """Whether nobody else tells Crush the window: its catalogue, or a server that is asked at start."""
    type_ = TYPES.get(model.provider.type)
    computed = isinstance(model.entry.get("context_window"), Computed)
    return not (computed or (type_ and type_.reads_windows and model.provider.discovers))


def _beyond(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        for field, limit in _allowed(examined.known(model.provider, model.id)).items():
            if model.number(field) > limit * (1 + FAR) and not _wrong_limit(model):
                yield Seen(
                    f"{model.called}: `{field}` is {model.number(field):,.0f}, but the provider allows {limit:,}",
                    model.provider.id,
                    model.source(field),
                    _refreshing(model, (field,), examined),
                )


def _refreshing(model: ConfiguredModel, fields: Iterable[str], examined: Examined) -> str:
    """What brings these fields up to date; what the person has set themselves is not replaced unasked."""
    written = examined.written.get(model.provider.id, {})
    own = any(is_own(written, model.id, field, model.number(field)) for field in fields)
    flags = ("--refresh", "--overwrite") if own else ("--refresh",)
    return f"ask the endpoint, and update it: {command_line('models', model.provider.id, *flags)}"


def _allowed(known: Knowledge) -> dict[str, int]:
    """What the catalogue knows of a model's limits. Some of its sources leave the answer out of the window."""
    window, answer = known.facts.context_window, known.facts.max_output_tokens
    limits = {"context_window": window + (answer or 0) if window else None, "default_max_tokens": answer}
    return {field: limit for field, limit in limits.items() if limit}


# D24: effort


def _effort(examined: Examined) -> Iterator[Seen]:
    wanted = {
        (selection.provider, selection.model): selection.slot
        for selection in examined.effective.selected.values()
        if _selection(examined, selection.slot).get("reasoning_effort")
    }
    for model in examined.models:
        own = bool(model.entry.get("default_reasoning_effort"))
        slot = wanted.get((model.provider.id, model.id))
        if not (own or slot):
            continue
        selection = _selection(examined, slot) if slot else {}
        if _is_an_option(model, selection, examined):
            continue
        if about := _no_effort(model, selection.get("reasoning_effort")):
            source = model.source(*(("default_reasoning_effort",) if own else ()))
            written = source if own else examined.effective.source("models", slot or "", "reasoning_effort")
            fix = drop(written, f"remove the reasoning effort of {model.called}") if about.is_in_vain else None
            message = f"the reasoning effort of {model.called} has no effect: {about.why}"
            yield Seen(message, model.provider.id, source, about.cure, fix)


class NoEffort(Struct, frozen=True):
    """Why none is sent, and what to do. `is_in_vain`: it is of no use to this model."""

    why: str
    cure: str
    is_in_vain: bool = False


def _selection(examined: Examined, slot: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = examined.effective.config.get("models", {}).get(slot, {})
    return found


def _is_an_option(model: ConfiguredModel, selection: Mapping[str, Any], examined: Examined) -> bool:
    """Whether `provider_options` say an effort, which is sent then (crush-behaviour 2.4)."""
    places = (model.entry.get("options") or {}, examined.entries[model.provider.id], selection)
    return any((place.get("provider_options") or {}).get("reasoning_effort") for place in places)


def _no_effort(model: ConfiguredModel, wanted: Any) -> NoEffort | None:
    levels = model.entry.get("reasoning_levels") or ()
    type_ = TYPES.get(model.provider.type)
    if type_ and not type_.sends_effort:
        cure = (
            'remove it; to send one, write {"provider_options": {"reasoning_effort": "high"}} in the model\'s `options`'
        )
        return NoEffort(f"Crush does not send it to a provider of type {model.provider.type}", cure, is_in_vain=True)
    if model.entry.get("can_reason") is False:
        return NoEffort("`can_reason` is false", "remove the effort", is_in_vain=True)
    if model.entry.get("can_reason") is not True:
        return NoEffort("`can_reason` is not true", "write `can_reason`: true if it can reason, or remove the effort")
    if not levels:
        return NoEffort("`reasoning_levels` is empty", "list the levels that the model supports in `reasoning_levels`")
    if (wanted or model.entry.get("default_reasoning_effort")) in levels:
        return None
    why = "it is not one of its `reasoning_levels`, so Crush sends the first of these"
    return NoEffort(why, f"write {joined(map(str, levels), 'or')}")


# C1 to C4: costs

NEAR = 0.02
"""How far a price may be off and still be the same one in another unit."""
FAR = 0.05
"""From here on a price differs."""
CHEAPEST_PER_1M = 0.005
"""USD: no vendor sells a million tokens for less, so a smaller number is in another unit."""
_MAIN = ("cost_per_1m_in", "cost_per_1m_out")


def _units(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        factor = _factor(model, examined.known(model.provider, model.id))
        if factor:
            unit = "1,000 tokens" if factor == 1000 else "token"
            fields: dict[str, object] = {
                name: float(f"{model.number(name) * factor:.6g}") for name in PRICES if model.number(name)
            }
            fix = put_fields(model.source(), model.id, fields, f"write the costs of {model.called} per million tokens")
            yield Seen(
                f"{model.called}: the costs look like USD per {unit}; Crush reads them as USD per million",
                model.provider.id,
                next((source for name in _MAIN if (source := model.source(name))), None),
                f"multiply them by {factor:,}",
                fix,
            )


def _factor(model: ConfiguredModel, known: Knowledge) -> int:
    """What turns the costs into costs per million: 0 for costs that may well be right."""
    for name in _MAIN:
        price, right = model.number(name), getattr(known.facts, name)
        if price <= 0:
            continue
        for factor in (1000, 1_000_000):
            if right and abs(price * factor / right - 1) <= NEAR:
                return factor
        if not right and price < CHEAPEST_PER_1M:
            return 1000 if price >= CHEAPEST_PER_1M / 100 else 1_000_000
    return 0


def _differing(examined: Examined) -> Iterator[Seen]:
    for model, known in _priced(examined):
        if _factor(model, known) or not any(model.number(name) for name in _MAIN):
            continue
        differing = [name for name in _MAIN if _differs(model.number(name), getattr(known.facts, name))]
        if differing:
            prices = ", ".join(
                f"{name} is {model.number(name):g}, not {getattr(known.facts, name):g}" for name in differing
            )
            yield Seen(
                f"{model.called}: the costs differ from the {_who(known)}: {prices}",
                model.provider.id,
                model.source(differing[0]) or model.source(),
                _refreshing(model, differing, examined),
            )


def _differs(price: float, right: float | None) -> bool:
    return right is not None and abs(price - right) > FAR * max(right, price)


def _free(examined: Examined) -> Iterator[Seen]:
    for model, known in _priced(examined):
        if not any(model.number(name) for name in PRICES) and known.facts.cost_per_1m_in:
            yield Seen(
                f"{model.called} costs nothing here, but {known.facts.cost_per_1m_in:g} USD per million in the "
                f"{_who(known)}",
                model.provider.id,
                model.source(),
                "ignore this if you do not want to track costs",
                _put_prices(model, known),
            )


def _priced(examined: Examined) -> Iterator[tuple[ConfiguredModel, Knowledge]]:
    """The models that the catalogue has prices for, where somebody counts them."""
    for model in examined.models:
        if not examined.entries[model.provider.id].get("flat_rate"):
            known = examined.known(model.provider, model.id)
            if known.facts.cost_per_1m_in is not None:
                yield model, known


def _put_prices(model: ConfiguredModel, known: Knowledge) -> Fix | None:
    fields: dict[str, object] = {name: value for name in PRICES if (value := getattr(known.facts, name)) is not None}
    return put_fields(model.source(), model.id, fields, f"use the costs of the {_who(known)} for {model.called}")


def _who(known: Knowledge) -> str:
    word = known.who_says("cost_per_1m_in")
    return f"{word.by}{f' ({word.source})' if word.source else ''}" if word else "catalogue"


def _crossed(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        into, written, read = (model.number(name) for name in (PRICES[0], PRICES[2], PRICES[3]))
        source = model.source(PRICES[3]) or model.source(PRICES[2])
        if into and read > into:
            fields: dict[str, object] = {PRICES[2]: read, PRICES[3]: written}
            fix = put_fields(model.source(), model.id, fields, f"swap the cached costs of {model.called}")
            message = (
                f"{model.called}: `{PRICES[3]}` is the price of a cache hit, and is higher than that of other input"
            )
            yield Seen(message, model.provider.id, source, f"swap {PRICES[2]} and {PRICES[3]}", fix)
        elif into and 0 < written < into and not read:
            fix = put_fields(model.source(), model.id, {PRICES[3]: written}, f"bill cache hits of {model.called}")
            message = f"{model.called}: `{PRICES[3]}` is 0, so Crush bills nothing for a cache hit"
            yield Seen(message, model.provider.id, source, f"write {written:g} there as well", fix, "info")


# C6: ids that are not exactly the provider's


def _near_ids(examined: Examined) -> Iterator[Seen]:
    for model in examined.models:
        if _names_deployments(model.provider):
            continue
        if model.id and not isinstance(model.entry.get("id"), Computed) and (listed := _listed_id(model, examined)):
            message = f"{model.called}: the provider calls this model `{listed}`, and ids must match exactly"
            yield Seen(message, model.provider.id, model.source("id"), f"write {listed}")


def _names_deployments(provider: EffectiveProvider) -> bool:
    """At Azure a model id is the name of one's own deployment."""
    return provider.type == "azure" or host_of(provider).endswith(".azure.com")


def _listed_id(model: ConfiguredModel, examined: Examined) -> str:
    """The id of the provider's that is nearly this one; empty where this one is known, or none is near."""
    if examined.catalog is None:
        return ""
    ids = [model_id for owner in examined.owners(model.provider) for model_id in examined.catalog.model_ids(owner)]
    if model.id in ids:
        return ""
    return next((model_id for model_id in ids if alike(model_id) == alike(model.id)), "")


CHECKS = (
    Check(
        Code(
            "D1",
            "warning",
            "A model is listed twice",
            "Crush joins the lists of all files, so a model that an earlier file already has is not replaced: it is "
            "there twice. A custom provider then has the limits of the first entry, and the context window and "
            "abilities of the last one; for a built-in provider, the first entry wins.",
            "keep one of them",
        ),
        _twice,
    ),
    Check(
        Code(
            "D2",
            "warning",
            "A model has no id or no name",
            "The id goes to the endpoint as it is. The name is what the model picker shows: without it a blank line.",
            "give it both",
        ),
        _nameless,
    ),
    Check(
        Code(
            "D3",
            "warning",
            "A limit that can't be right",
            "`context_window` and `default_max_tokens` are tokens. Crush checks neither: with a negative window it "
            "summarises all the time, without one it never does. An answer can't be longer than the window.",
            "write the model's own limits",
        ),
        _limits,
    ),
    Check(
        Code(
            "D24",
            "warning",
            "A reasoning effort that is never sent",
            "Crush sends an effort only if `can_reason` is true and `reasoning_levels` lists it. To local server types "
            "(ollama, lmstudio, llamacpp, litellm, omlx) it never sends one by itself.",
            "remove the effort, or list the levels that the model supports in reasoning_levels",
        ),
        _effort,
    ),
    Check(
        Code(
            "C1",
            "warning",
            "Costs per token, or per thousand tokens",
            "Crush reads the four costs as USD per million tokens. Price lists often have them per 1,000 tokens, and "
            "some APIs per token: then Crush shows a thousandth or a millionth of what it costs.",
            "write USD per million tokens",
        ),
        _units,
    ),
    Check(
        Code(
            "C2",
            "info",
            "Costs that differ from what is known",
            "Your preset, the endpoint or, if neither has prices, the catalogue has other prices for this model. "
            "They may have changed, or you pay other prices; Crush only adds them up. "
            "With --offline the endpoint is not asked.",
            "ask the endpoint, and see what would change: crush-wizard models ID --refresh",
        ),
        _differing,
    ),
    Check(
        Code(
            "C3",
            "info",
            "A paid model without costs",
            "All four costs are 0, so Crush shows nothing spent. That is fine for a flat rate (then set "
            "`flat_rate`), or if you do not want to track costs.",
            "fill the costs in: crush-wizard models ID --refresh",
        ),
        _free,
    ),
    Check(
        Code(
            "C4",
            "warning",
            "Swapped costs of cached tokens",
            "Whatever their names suggest, Crush bills `cost_per_1m_out_cached` for tokens read from the cache, and "
            "`cost_per_1m_in_cached` for tokens written to it.",
            "write the price of a cache hit into cost_per_1m_out_cached",
        ),
        _crossed,
    ),
    Check(
        Code(
            "C5",
            "warning",
            "A limit beyond what the provider allows",
            "With too large a window Crush summarises too late and requests fail; with too large an answer some "
            "endpoints refuse every request.",
            "ask the endpoint, and see what would change: crush-wizard models ID --refresh",
        ),
        _beyond,
    ),
    Check(
        Code(
            "C6",
            "warning",
            "A model id that is nearly right",
            "The endpoint gets the id as it is written: letter case, dots and prefixes must match.",
            "write the id as the provider does",
        ),
        _near_ids,
    ),
)
