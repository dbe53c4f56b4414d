"""Which models: picked from what the preset and the endpoint offer, or typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.flow.question import ALL, Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.flow.situation import OTHER
from wizard.near import asked, did_you_mean, nearest
from wizard.provider.model_facts import PRICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.flow.knowledge import Knowledge
    from wizard.flow.preset import PresetQuestion
    from wizard.flow.situation import Situation

FEW = 8
"""So many models of a server of one's own are all picked beforehand: whoever put them there wants them."""


def which_models(situation: Situation) -> Iterator[Question]:
    yield _discover()
    if "models" not in situation.answers:  # there may be thousands to choose from
        yield _which(situation)
    if OTHER in situation.answers.value("models", ()):
        yield _others()


def chosen_ids(situation: Situation) -> tuple[str, ...]:
    return tuple(model_id for model_id in situation.model_ids if model_id != OTHER)


def _discover() -> Question:
    return Question(
        key="discover",
        text="Should Crush ask the endpoint for its models at each start?",
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
    if _names_there(situation):
        return _picked(situation)
    return _typed(situation)


def _names_there(situation: Situation) -> tuple[str, ...]:
    """The ids to pick from, those that are picked beforehand on top."""
    offered = tuple(sorted(situation.offered))
    names = dict.fromkeys((*situation.preset.models, *_there(situation), *offered))
    first = frozenset(_preselected(situation, offered))
    return tuple(sorted(names, key=lambda name: name not in first))


def _preselected(situation: Situation, offered: tuple[str, ...]) -> tuple[str, ...]:
    """What the entry has; else the preset's, as far as the endpoint has them; else the few of a local server.

    A model that can't call tools is of no use to Crush: that is for a person to pick.
    """
    if there := _there(situation):
        return there
    usual = _usual(situation, offered)
    able = tuple(name for name in usual if situation.knowledge(name).facts.tools is not False)
    return able if able or situation.facts.picks else usual


def _usual(situation: Situation, offered: tuple[str, ...]) -> tuple[str, ...]:
    usual = tuple(name for name in situation.preset.models if name in situation.offered or not offered)
    if usual or not (situation.preset.local or situation.preset.custom or len(offered) == 1):
        return usual
    return offered if len(offered) <= FEW or not situation.facts.picks else ()


def _there(situation: Situation) -> tuple[str, ...]:
    """The models of an entry that is edited: one that is no longer picked goes."""
    return tuple(situation.existing_models) if situation.facts.edits else ()


def _picked(situation: Situation) -> Question:
    names = _names_there(situation)
    offered = tuple(name for name in names if name in situation.offered)

    def check(raw: Raw) -> Accepted:
        accepted = _ids(_all(situation) if raw == (ALL,) else raw, situation)
        if not accepted.value and not _may_be_empty(situation):
            raise InvalidAnswer("pick at least one")
        return accepted

    return Question(
        key="models",
        text="Which models?",
        kind=Kind.MANY,
        flag="--model ID",
        help="\n".join(filter(None, (_listed_or_why_not(situation), _about_marks(situation, names)))),
        choices=(
            *(Choice(name, label(situation, name), _hint(situation, name)) for name in names),
            Choice(OTHER, "Other ids", counted=False),
        ),
        default=_preselected(situation, offered),
        quiet=bool(_preselected(situation, offered)) and not situation.facts.edits,
        check=check,
    )


def _all(situation: Situation) -> tuple[str, ...]:
    """--all-models: the preset's; of a preset without models those that the endpoint offers."""
    return situation.preset.models or tuple(sorted(situation.offered)) or (ALL,)


def label(situation: Situation, name: str) -> str:
    return situation.knowledge(name).facts.name or name


def _hint(situation: Situation, name: str) -> str:
    is_missing = situation.offer.complete and situation.offered and name not in situation.offered
    missing = ("not in the endpoint's list",) if is_missing else ()
    return " · ".join(filter(None, (*missing, describe(situation.knowledge(name)))))


def _about_marks(situation: Situation, names: Iterable[str]) -> str:
    if any(situation.knowledge(name).contradictions for name in names):
        return "! marks a value that differs from your preset, the endpoint or the catalogue, in this order."
    return ""


def _listed_or_why_not(situation: Situation) -> str:
    offer = situation.offer
    if not offer.problem:
        return "\n".join(offer.notes)
    return f"The {_why_not(situation)}" + (f"\nhint: {offer.hint}" if offer.hint else "")


def _why_not(situation: Situation) -> str:
    problem = situation.offer.problem
    return f"endpoint lists no models: {problem}" if problem else ""


def _may_be_empty(situation: Situation) -> bool:
    preset = situation.preset
    crush_lists_them = situation.is_builtin and not preset.models
    return preset.local or situation.merging or crush_lists_them or situation.answers.value("discover") == "yes"


def _typed(situation: Situation) -> Question:
    exactly = "Exactly as the endpoint names them. Without any, Crush asks the endpoint at each start."
    return Question(
        key="models",
        text="Model ids",
        kind=Kind.MANY,
        flag="--model ID, or --discover",
        help="\n".join(filter(None, (_listed_or_why_not(situation), exactly))),
        why=_why_not(situation),
        default=() if _may_be_empty(situation) else None,
        check=lambda raw: _ids(_all(situation) if raw == (ALL,) else raw, situation),
    )


def _deployments(situation: Situation, naming: PresetQuestion) -> Question:
    def check(raw: Raw) -> Accepted:
        accepted = _ids(raw, situation)
        for item in accepted.value:
            name, _, of = item.partition(":")
            if naming.pattern and not re.fullmatch(naming.pattern, name):
                raise InvalidAnswer(naming.message or f"`{name}` does not look right")
            if of and of not in situation.preset.models:
                suggestion = did_you_mean(of, situation.preset.models)
                raise InvalidAnswer(f"no facts about `{of}`" + (f"; {suggestion}" if suggestion else ""))
        if not accepted.value:
            raise InvalidAnswer(naming.message or "give at least one")
        return accepted

    return Question(
        key="models",
        text=naming.text,
        kind=Kind.MANY,
        flag=f"--set {naming.key}=VALUE",
        help=naming.help,
        default=_there(situation) or None,
        aliases=(f"set.{naming.key}",),
        check=check,
    )


def _others() -> Question:
    def check(raw: Raw) -> Accepted:
        ids = split_ids(raw)
        if not ids:
            raise InvalidAnswer("type at least one id, or go back")
        return Accepted(ids)

    return Question(
        key="other_models",
        text="Ids of other models",
        kind=Kind.MANY,
        flag="--model ID",
        help="Exactly as the endpoint names them.",
        check=check,
    )


def split_ids(raw: Raw) -> tuple[str, ...]:
    """Several ids in one text, separated by commas; each a line of visible characters without spaces."""
    items = raw if isinstance(raw, tuple) else (str(raw),)
    ids = tuple(dict.fromkeys(part.strip() for item in items for part in item.split(",") if part.strip()))
    for model_id in ids:
        if not model_id.isprintable() or " " in model_id:
            raise InvalidAnswer("a model id has no spaces and no invisible characters")
    return ids


def _ids(raw: Raw, situation: Situation) -> Accepted:
    """Ids without repetition; near misses of known ids are pointed out."""
    ids = split_ids(raw)
    if ALL in ids:
        raise InvalidAnswer(_nothing_for_all(situation))
    own = situation.own.models if situation.own else {}
    known = () if situation.deploys else (*situation.preset.models, *situation.offered, *own)
    warnings = []
    for model_id in ids:
        if known and model_id not in known and model_id != OTHER:
            close = nearest(model_id, known)
            warnings += [f"the preset has no model `{model_id}`; {asked([close])}"] if close else []
    return Accepted(ids, warnings=tuple(warnings))


def _nothing_for_all(situation: Situation) -> str:
    why = f": {situation.offer.problem}" if situation.offer.problem else ""
    return f"no models known from the preset {situation.preset.id} or the endpoint{why}; give them with --model"


def describe(knowledge: Knowledge) -> str:
    """A model in a few words: window, price in and out, what it can and can't; `!` where sources differ."""
    facts = knowledge.facts
    objected = set(knowledge.contradictions)
    parts = []
    if facts.context_window:
        parts.append(f"{tokens(facts.context_window)} context" + "!" * ("context_window" in objected))
    if facts.cost_per_1m_in or facts.cost_per_1m_out:
        price = f"${facts.cost_per_1m_in or 0:g} in, ${facts.cost_per_1m_out or 0:g} out"
        parts.append(price + "!" * bool(objected & set(PRICES)))
    parts += ["reasoning"] * bool(facts.can_reason) + ["images"] * bool(facts.supports_attachments)
    parts += ["no tools"] * (facts.tools is False)
    return " · ".join(parts)


def tokens(count: int) -> str:
    """131072 as `131k`, 1000000 as `1M`, 448 as it is."""
    if count < 1_000:
        return str(count)
    return f"{count / 1_000_000:.3g}M" if count >= 999_500 else f"{count / 1000:.0f}k"
