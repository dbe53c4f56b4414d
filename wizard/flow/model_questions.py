"""What is to be known about each model: windows, costs, abilities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from wizard.errors import UsageError
from wizard.flow.knowledge import Knowledge
from wizard.flow.model_choice import chosen_ids, describe, label, split_ids
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw, as_given, visible_line
from wizard.flow.situation import OTHER, model_field, setting
from wizard.near import asked, did_you_mean, near
from wizard.provider.types import TYPES
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wizard.flow.knowledge import CatalogMatch
    from wizard.flow.situation import Situation
    from wizard.provider.model_facts import ModelFacts

SAFE_WINDOW = 128_000
SAFE_OUTPUT = 8_192
LARGEST_WINDOW = 100_000_000
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def facts_of_models(situation: Situation) -> Iterator[Question]:
    if guesses := guessed(situation):
        yield _alike(guesses)
    for model_id in chosen_ids(situation):
        yield from _facts(situation, model_id)


def guessed(situation: Situation) -> Mapping[str, CatalogMatch]:
    """The chosen models of which only a model of the same or a similar name is known, each with that one."""
    named = {model_id: _guess(situation, model_id) for model_id in chosen_ids(situation)}
    return {model_id: guess for model_id, guess in named.items() if guess is not None}


def _guess(situation: Situation, model_id: str) -> CatalogMatch | None:
    """Nobody guesses at a model that is described already."""
    is_given = situation.is_given(model_field(model_id, "context_window")) or situation.left_to_crush(model_id)
    return None if is_given or model_id in situation.existing_models else situation.knowledge(model_id).guess


def uncertain(situation: Situation) -> Iterator[tuple[str, CatalogMatch]]:
    """The same, as far as the entry would say something of it that nobody is certain of, but for the longest answer."""
    for model_id, guess in guessed(situation).items():
        certain = asdict(situation.knowledge(model_id).facts)
        known = dict.fromkeys((name for name, value in certain.items() if value is not None and name != "id"))
        left = replace(guess, facts=replace(guess.facts, **known))
        if describe(Knowledge(left.facts.without_prices())):
            yield model_id, left


def _alike(guesses: Mapping[str, CatalogMatch]) -> Question:
    return Question(
        key="set.alike",
        text="Use the facts of models with these names?",
        kind=Kind.CONFIRM,
        flag="--set alike=yes|no",
        help="\n".join(f"{model_id}: {guess_text(guess)}" for model_id, guess in guesses.items()),
        default=True,
        quiet=True,
    )


def guess_text(guess: CatalogMatch) -> str:
    """What a catalogue says about a model like this one, and how sure that is."""
    how = {"same model": "same as", "likely": "probably"}.get(guess.certainty, guess.certainty)
    return f"{how} {guess.facts.id} ({guess.source}): {describe(Knowledge(guess.facts.without_prices()))}"


def taken_facts(situation: Situation, model_id: str) -> ModelFacts:
    """What is known for certain, and the guess where it was taken; prices are never guessed."""
    certain, guess = situation.knowledge(model_id).facts, _guess(situation, model_id)
    if guess is None or not situation.answers.value("set.alike"):
        return certain
    return certain.over(guess.facts.without_prices())


class _Fact(Struct, frozen=True):
    """One field of a model that can be asked for. `quiet` ones can only be given."""

    field: str
    text: str
    check: Callable[[Raw], Accepted]
    help: str = ""
    kind: Kind = Kind.TEXT
    quiet: bool = False


def _facts(situation: Situation, model_id: str) -> Iterator[Question]:
    """Every fact that nobody knows yet; of the others only those that a flag overrides."""
    if situation.deploys and model_id not in situation.preset.models and model_id not in situation.existing_models:
        yield _what_is(situation, model_id)
    known = _known_fields(situation, model_id)
    asked = _asked_fields(situation, model_id)
    for fact in _FACTS:
        is_unknown = fact.field not in known and not fact.quiet
        if is_unknown or situation.is_given(model_field(model_id, fact.field)):
            yield _fact_question(situation, model_id, fact, quiet=not (is_unknown and fact.field in asked))


def _asked_fields(situation: Situation, model_id: str) -> Collection[str]:
    """What is asked in so many words; all else takes its default, and is changed through the summary."""
    if situation.answers.value("described") == model_id:
        return FIELDS
    return ("context_window",) if situation.answers.value(model_field(model_id, "is")) == OTHER else ()


def _known_fields(situation: Situation, model_id: str) -> Collection[str]:
    """What need not be asked about a model, by Crush's field names.

    Of those that the preset names or the endpoint offers only the window has to be known; what a model of that name
    can do was taken together, but not what it costs.
    """
    kept = situation.facts.edits and model_id in situation.existing_models
    if kept:
        return () if situation.answers.value("described") == model_id else FIELDS
    if situation.left_to_crush(model_id):
        return FIELDS
    facts = taken_facts(situation, model_id)
    known = {field for field, value in asdict(facts).items() if value is not None}
    known |= {"default_max_tokens"} if facts.usual_answer else set()
    there = {str(field).lower() for field in situation.existing_models.get(model_id, {})}
    known |= there | ({"supports_attachments"} if "supports_vision" in there else set())
    if model_id in situation.offered or situation.named(model_id) in situation.preset.models:
        return known | set(FIELDS) - {"context_window"}
    if _guess(situation, model_id) and situation.answers.value("set.alike"):
        return known | set(FIELDS) - {"context_window", "cost_per_1m_in", "cost_per_1m_out"}
    return known


def _what_is(situation: Situation, deployment: str) -> Question:
    """Which model a deployment is: what was said after the colon, else a guess to confirm."""
    chosen = situation.answers.value("models", ())
    chosen_model = next((item.partition(":")[2] for item in chosen if item.startswith(f"{deployment}:")), "")
    known = situation.preset.models
    likely = sorted((name for name in known if name in deployment.lower()), key=len)
    return Question(
        key=model_field(deployment, "is"),
        text=f"Which model is the deployment `{deployment}`?",
        kind=Kind.CHOICE,
        flag=f"--set deployment={deployment}:MODEL",
        help="This tells its context window, prices and abilities.",
        choices=(
            *(Choice(name, label(situation, name), describe(situation.knowledge(name))) for name in known),
            Choice(OTHER, "Another model", "you give its context window"),
        ),
        default=chosen_model or (likely[-1] if likely else OTHER),
        quiet=bool(chosen_model or likely),
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
    today = situation.existing_models.get(model_id, {}).get(field)
    if situation.facts.edits and today is not None:
        return today if isinstance(today, bool) else str(today)
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
        raise InvalidAnswer("give a number of tokens, such as 131072 or 128k")
    return Accepted(count)


def _count(raw: Raw) -> int:
    """A number of tokens: `131072`, `128k`, `1M`, `131,072`; `server` is 0, left to the server."""
    text = re.sub(r"[\s,_]", "", str(raw)).lower()
    if text in ("server", "0"):
        return 0
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([km]?)", text)
    if not match:
        raise InvalidAnswer("give a number of tokens, such as 131072 or 128k")
    count = round(float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]])
    if count > LARGEST_WINDOW:
        raise InvalidAnswer(f"no model has more than {LARGEST_WINDOW:,} tokens")
    return count


def _output(raw: Raw) -> Accepted:
    return Accepted(_count(raw))


def _cost(raw: Raw) -> Accepted:
    text = str(raw).strip().lower().removeprefix("$").replace(",", ".")
    if text in ("unknown", "free", ""):
        return Accepted(0)
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?|\.\d{1,9}", text):
        raise InvalidAnswer("give a price in USD per million tokens, such as 0.27, or `unknown`")
    price = float(text)
    warnings = (f"{text} USD per million tokens is unusually high",) if price > 1_000 else ()
    tiny = (f"{text} looks like a price per thousand tokens or per token; give it per million",)
    return Accepted(int(price) if price.is_integer() else price, warnings=tiny if 0 < price < 0.001 else warnings)


def _levels(raw: Raw) -> Accepted:
    levels = () if raw in ("unknown", ("unknown",)) else split_ids(raw)
    odd = [level for level in levels if level not in EFFORTS]
    if odd:
        raise InvalidAnswer(f"unknown effort `{odd[0]}`; choose from: {', '.join(EFFORTS)}")
    return Accepted(levels)


def _effort(raw: Raw) -> Accepted:
    levels = _levels(raw).value
    return Accepted(levels[0] if levels else "")


def _tools(raw: Raw) -> Accepted:
    warning = "without tool calls, Crush can only chat with the model"
    return Accepted(raw, warnings=() if raw else (warning,))


_PER_MILLION = "USD per million tokens; with `unknown`, Crush shows no cost."
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


_GENERAL = ("alike", "foreign_host", "keys", "v1")
"""What `--set` answers whatever the preset is."""


def check_settings(situation: Situation, given: Mapping[str, Raw]) -> None:
    """Raises UsageError for a `--set KEY=VALUE` that answers no question about this provider, whatever is answered."""
    known = {*_GENERAL, *(question.key for question in situation.preset.questions)}
    for key in sorted(key for key in given if key.startswith(setting(""))):
        name = key.removeprefix(setting(""))
        if name not in known and (hint := _why_unknown(name, known, situation, given)):
            raise UsageError(f"unknown answer: --set {name}", hint=hint)


def _why_unknown(name: str, known: Collection[str], situation: Situation, given: Mapping[str, Raw]) -> str:
    """What was probably meant; empty for a field of a model that there is, or may be."""
    model_id, dot, field = name.rpartition(".")
    if not dot:
        which = f"list what the preset asks: {command_line('presets', 'show', situation.preset.id)}"
        return did_you_mean(name, known) or which
    if field not in (*FIELDS, "is"):
        meant = (f"{model_id}.{near_field}" for near_field in near(field, FIELDS))
        return asked(meant) or f"fields of a model: {', '.join(FIELDS)}"
    naming = {
        "models",
        *(setting(question.key) for question in situation.preset.questions if question.fills == "models"),
    }
    if model_id in situation.existing_models or not situation.facts.edits or not naming.isdisjoint(given):
        return ""  # where models are named as well, it may be one of them
    return _why_no_model(model_id, situation.existing_models, situation)


def _why_no_model(model_id: str, there: Collection[str], situation: Situation) -> str:
    listed = situation.own.models if situation.own else {}
    if model_id in listed:
        return f"only Crush lists {model_id}, the entry does not: add --model {model_id}"
    meant = did_you_mean(model_id, (*there, *listed))
    return meant or f"{situation.provider_id} has no model {model_id}; to add it as well: --model {model_id}"


def given_facts(situation: Situation, model_id: str) -> dict[str, Any]:
    """What the answers say about a model, by Crush's field names; supports_vision as supports_attachments."""
    keys = {field: model_field(model_id, field) for field in FIELDS}
    given = {field: situation.answers.value(key) for field, key in keys.items() if key in situation.answers}
    if "supports_vision" in given and not situation.answers.mentioned(keys["supports_attachments"]):
        given["supports_attachments"] = given["supports_vision"]
    if "cost_per_1m_out_cached" in given:
        given.setdefault("cost_per_1m_in_cached", given["cost_per_1m_out_cached"])
    return given
