"""Which models, and what is to be known about each: windows, costs, abilities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw, as_given, visible_line
from wizard.flow.situation import model_field
from wizard.provider.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from wizard.flow.preset import PresetModel, PresetQuestion
    from wizard.flow.situation import Situation

OTHER = "other"
ALL = "*"
SAFE_WINDOW = 128_000
SAFE_OUTPUT = 8_192
LARGEST_WINDOW = 100_000_000
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def models(situation: Situation) -> Iterator[Question]:
    yield _discover()
    yield _which(situation)
    if OTHER in situation.answers.value("models", ()):
        yield _others()
    for model_id in situation.model_ids:
        if model_id != OTHER:
            yield from _facts(situation, model_id)


def discovers(situation: Situation) -> bool:
    """Whether Crush is left to ask the endpoint for its models at each start."""
    return situation.answers.value("discover", "") == "yes" or not chosen_ids(situation)


def chosen_ids(situation: Situation) -> tuple[str, ...]:
    return tuple(model_id for model_id in situation.model_ids if model_id != OTHER)


def likeness(situation: Situation, model_id: str) -> PresetModel | None:
    """The curated model whose facts hold for a model id: its own, or the one a deployment was said to be."""
    named = situation.answers.value(model_field(model_id, "is"), model_id)
    return situation.known_models.get(named)


def _discover() -> Question:
    return Question(
        key="discover",
        text="Shall Crush ask the endpoint for its models at each start?",
        kind=Kind.CHOICE,
        flag="--discover/--no-discover",
        choices=(Choice("yes", "Yes"), Choice("no", "No"), Choice("auto", "Only if none is listed")),
        default="auto",
        quiet=True,
    )


def _which(situation: Situation) -> Question:
    naming = next((question for question in situation.preset.questions if question.fills == "models"), None)
    if naming is not None:
        return _deployments(situation, naming)
    if situation.known_models:
        return _curated(situation)
    return _typed(situation)


def _curated(situation: Situation) -> Question:
    known = situation.known_models
    return Question(
        key="models",
        text="Which models?",
        kind=Kind.MANY,
        flag="--model ID",
        choices=(
            *(Choice(model_id, curated.model.name, describe(curated)) for model_id, curated in known.items()),
            Choice(OTHER, "Others, by their ids"),
        ),
        default=tuple(known),
        check=lambda raw: _ids(tuple(known) if raw == (ALL,) else raw, situation),
    )


def _typed(situation: Situation) -> Question:
    may_be_empty = situation.preset.local or situation.answers.value("discover") == "yes"
    return Question(
        key="models",
        text="Model ids",
        kind=Kind.MANY,
        flag="--model ID, or --discover",
        help="Exactly as the endpoint names them. None: Crush asks the endpoint at each start.",
        default=() if may_be_empty else None,
        check=lambda raw: _ids(raw, situation),
    )


def _deployments(situation: Situation, naming: PresetQuestion) -> Question:
    def check(raw: Raw) -> Accepted:
        accepted = _ids(raw, situation)
        for item in accepted.value:
            name, _, of = item.partition(":")
            if naming.pattern and not re.fullmatch(naming.pattern, name):
                raise InvalidAnswer(naming.message or f"`{name}` does not look right")
            if of and of not in situation.known_models:
                close = get_close_matches(of, situation.known_models, n=1)
                raise InvalidAnswer(f"no facts about `{of}`" + (f"; did you mean {close[0]}?" if close else ""))
        if not accepted.value:
            raise InvalidAnswer(naming.message or "at least one is needed")
        return accepted

    return Question(
        key="models",
        text=naming.text,
        kind=Kind.MANY,
        flag=f"--set {naming.key}=VALUE",
        help=naming.help,
        aliases=(f"set.{naming.key}",),
        check=check,
    )


def _others() -> Question:
    def check(raw: Raw) -> Accepted:
        ids = _split(raw)
        if not ids:
            raise InvalidAnswer("type at least one id, or go back")
        return Accepted(ids)

    return Question(
        key="other_models",
        text="Ids of the other models",
        kind=Kind.MANY,
        flag="--model ID",
        help="Exactly as the endpoint names them.",
        check=check,
    )


def _split(raw: Raw) -> tuple[str, ...]:
    items = raw if isinstance(raw, tuple) else (str(raw),)
    ids = tuple(dict.fromkeys(part.strip() for item in items for part in item.split(",") if part.strip()))
    for model_id in ids:
        if not model_id.isprintable() or " " in model_id:
            raise InvalidAnswer("a model id has no spaces and no invisible characters")
    return ids


def _ids(raw: Raw, situation: Situation) -> Accepted:
    """Ids without repetition; near misses of curated ids and models without tools are pointed out."""
    ids = _split(raw)
    known = situation.known_models
    if ALL in ids:
        raise InvalidAnswer(f"the preset {situation.preset.id} lists no models; name them with --model")
    warnings = []
    for model_id in ids:
        if model_id not in known and known and not situation.deploys and model_id != OTHER:
            close = get_close_matches(model_id, known, n=1, cutoff=0.85)
            warnings += [f"`{model_id}` is not a model of the preset; did you mean `{close[0]}`?"] if close else []
    return Accepted(ids, warnings=tuple(warnings))


def describe(curated: PresetModel) -> str:
    """A model in a few words: window, price in and out, what it can and can't."""
    model = curated.model
    parts = [f"{tokens(model.context_window)} context"]
    if model.cost_per_1m_in or model.cost_per_1m_out:
        parts.append(f"${model.cost_per_1m_in:g} in, ${model.cost_per_1m_out:g} out")
    parts += ["reasons"] * model.can_reason + ["images"] * model.supports_attachments
    parts += ["no tools"] * (not curated.tools)
    return " · ".join(parts)


def tokens(count: int) -> str:
    """131072 as `131k`, 1000000 as `1M`."""
    return f"{count / 1_000_000:.3g}M" if count >= 1_000_000 else f"{count / 1000:.0f}k"


@dataclass(frozen=True)
class _Fact:
    """One field of a model that can be asked for. `quiet` ones can only be given."""

    field: str
    text: str
    check: Callable[[Raw], Accepted]
    help: str = ""
    kind: Kind = Kind.TEXT
    quiet: bool = False


def _facts(situation: Situation, model_id: str) -> Iterator[Question]:
    """Every fact that nobody knows yet; of the others only those that a flag overrides."""
    if situation.deploys and model_id not in situation.known_models and model_id not in situation.existing_models:
        yield _what_is(situation, model_id)
    known = FIELDS if likeness(situation, model_id) else _fields_there(situation, model_id)
    for fact in _FACTS:
        asked = fact.field not in known and not fact.quiet
        if asked or situation.said(model_field(model_id, fact.field)):
            yield _fact_question(situation, model_id, fact, quiet=not asked)


def _fields_there(situation: Situation, model_id: str) -> Collection[str]:
    """What an existing entry says about a model, by Crush's field names."""
    there = {str(field).lower() for field in situation.existing_models.get(model_id, {})}
    return there | {"supports_attachments"} if "supports_vision" in there else there


def _what_is(situation: Situation, deployment: str) -> Question:
    """Which model a deployment is: what was said after the colon, else a guess to confirm."""
    chosen = situation.answers.value("models", ())
    said = next((item.partition(":")[2] for item in chosen if item.startswith(f"{deployment}:")), "")
    likely = sorted((name for name in situation.known_models if name in deployment.lower()), key=len)
    return Question(
        key=model_field(deployment, "is"),
        text=f"Which model is the deployment `{deployment}`?",
        kind=Kind.CHOICE,
        flag=f"--set deployment={deployment}:MODEL",
        help="Its context window, prices and abilities are then known.",
        choices=(
            *(Choice(name, curated.model.name, describe(curated)) for name, curated in situation.known_models.items()),
            Choice(OTHER, "Another one", "you say what it can do"),
        ),
        default=said or (likely[-1] if likely else OTHER),
        quiet=bool(said),
    )


def _fact_question(situation: Situation, model_id: str, fact: _Fact, *, quiet: bool) -> Question:
    return Question(
        key=model_field(model_id, fact.field),
        text=f"{fact.text} of {model_id}",
        kind=fact.kind,
        flag=f"--set '{model_id}.{fact.field}=VALUE'",
        help=fact.help,
        default=_sane_default(situation, model_id, fact.field),
        quiet=quiet,
        check=fact.check,
    )


def _sane_default(situation: Situation, model_id: str, field: str) -> Raw:
    window = situation.answers.value(model_field(model_id, "context_window"), SAFE_WINDOW)
    defaults: dict[str, Raw] = {
        "name": model_id,
        "context_window": "server" if TYPES[situation.type].reads_windows else str(SAFE_WINDOW),
        "default_max_tokens": str(min(SAFE_OUTPUT, window // 4)) if window else "server",
        "can_reason": False,
        "supports_attachments": False,
        "supports_vision": False,
        "supports_function_calling": True,
    }
    return defaults.get(field, "unknown")


def _window(raw: Raw) -> Accepted:
    count = _count(raw)
    if count == 0:
        return Accepted(0, ("Crush reads the context window from the server at each start",))
    if count < 1_000:
        raise InvalidAnswer("a context window is a number of tokens, such as 131072 or 128k")
    return Accepted(count)


def _count(raw: Raw) -> int:
    """A number of tokens: `131072`, `128k`, `1M`, `131,072`; `server` is 0, left to the server."""
    text = re.sub(r"[\s,_]", "", str(raw)).lower()
    if text in ("server", "0"):
        return 0
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([km]?)", text)
    if not match:
        raise InvalidAnswer("a number of tokens is needed, such as 131072 or 128k")
    count = round(float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]])
    if count > LARGEST_WINDOW:
        raise InvalidAnswer(f"more than {LARGEST_WINDOW:,} tokens is no model that exists")
    return count


def _output(raw: Raw) -> Accepted:
    return Accepted(_count(raw))


def _cost(raw: Raw) -> Accepted:
    text = str(raw).strip().lower().removeprefix("$").replace(",", ".")
    if text in ("unknown", "free", ""):
        return Accepted(0)
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?|\.\d{1,9}", text):
        raise InvalidAnswer("a price in USD per million tokens is needed, such as 0.27, or `unknown`")
    price = float(text)
    warnings = (f"{text} USD per million tokens is unusually much",) if price > 1_000 else ()
    tiny = (f"{text} looks like a price per thousand tokens or per token; Crush wants it per million",)
    return Accepted(int(price) if price.is_integer() else price, warnings=tiny if 0 < price < 0.001 else warnings)


def _levels(raw: Raw) -> Accepted:
    levels = () if raw in ("unknown", ("unknown",)) else _split(raw)
    odd = [level for level in levels if level not in EFFORTS]
    if odd:
        raise InvalidAnswer(f"`{odd[0]}` is no effort that Crush knows; it knows {', '.join(EFFORTS)}")
    return Accepted(levels)


def _effort(raw: Raw) -> Accepted:
    levels = _levels(raw).value
    return Accepted(levels[0] if levels else "")


def _tools(raw: Raw) -> Accepted:
    warning = "Crush is an agent: a model that can't call tools can only talk"
    return Accepted(raw, warnings=() if raw else (warning,))


_PER_MILLION = "USD per million tokens; `unknown` if you don't know, Crush then shows no cost."
_FACTS = (
    _Fact("name", "Name", visible_line),
    _Fact("context_window", "Context window", _window, help="In tokens, input and output together: 131072, 128k, 1M."),
    _Fact("default_max_tokens", "Longest answer", _output, help="In tokens; what Crush asks for by default."),
    _Fact("cost_per_1m_in", "Price of input", _cost, help=_PER_MILLION),
    _Fact("cost_per_1m_out", "Price of output", _cost, help=_PER_MILLION),
    _Fact("cost_per_1m_out_cached", "Price of a cache hit", _cost, quiet=True),
    _Fact("cost_per_1m_in_cached", "Price of a cache write", _cost, quiet=True),
    _Fact("can_reason", "Reasoning", as_given, kind=Kind.CONFIRM, help="Whether it can think before it answers."),
    _Fact("reasoning_levels", "Reasoning levels", _levels, quiet=True),
    _Fact("default_reasoning_effort", "Reasoning effort", _effort, quiet=True),
    _Fact("supports_attachments", "Images", as_given, kind=Kind.CONFIRM, help="Whether it can look at images."),
    _Fact("supports_vision", "Images", as_given, kind=Kind.CONFIRM, quiet=True),
    _Fact("supports_function_calling", "Tool calls", _tools, kind=Kind.CONFIRM, quiet=True),
)
FIELDS = tuple(fact.field for fact in _FACTS)


def given_facts(situation: Situation, model_id: str) -> dict[str, Any]:
    """What the answers say about a model, by Crush's field names; supports_vision as supports_attachments."""
    keys = {field: model_field(model_id, field) for field in FIELDS}
    said = {field: situation.answers.value(key) for field, key in keys.items() if key in situation.answers}
    if "supports_vision" in said and not situation.answers.mentioned(keys["supports_attachments"]):
        said["supports_attachments"] = said["supports_vision"]
    if "cost_per_1m_out_cached" in said:
        said.setdefault("cost_per_1m_in_cached", said["cost_per_1m_out_cached"])
    return said
