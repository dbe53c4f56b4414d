"""The survey of `edit-provider`: what shall change, and of that the same questions as when it was added.

Today's values are the defaults. What is not asked is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.flow import endpoint_questions, key_questions, slot_questions
from wizard.flow.model_choice import which_models
from wizard.flow.model_questions import facts_of_models
from wizard.flow.preset_questions import own_questions, preset_question
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw, as_given
from wizard.flow.situation import setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.preset import PresetQuestion
    from wizard.flow.situation import Situation

WHAT, SIGN_IN = "what", "sign_in"
_PARTS = {
    "models": "Models",
    "facts": "What is known about a model",
    "key": "API key",
    SIGN_IN: "Sign-in, profile or project",
    "base_url": "URL",
    "type": "Type",
    "name": "Name",
    "headers": "Extra headers",
    "slots": "Large and small model",
}
_GIVEN_BY = {
    "base_url": ("base_url",),
    "type": ("type",),
    "name": ("name",),
    "key": ("key_env", "key_source", "key", "keys"),
    "headers": ("headers",),
    "models": ("models", "discover"),
}
"""The answers that speak for a part when they come by flag."""


def survey(situation: Situation) -> Iterator[Question]:
    yield preset_question(situation)
    yield replace(endpoint_questions.provider_id(situation), check=as_given)  # it is there, however odd
    yield endpoint_questions.taken(situation)
    if not _says_what(situation):
        yield _what(situation)
    yield from _own(situation)
    if _wants(situation, "base_url"):
        yield from endpoint_questions.where(situation, again=True)
    elif _wants(situation, "type"):
        yield endpoint_questions.type_question(situation, again=True)
    if _wants(situation, "name"):
        yield endpoint_questions.name(situation, again=True)
    if _wants(situation, "headers"):
        yield endpoint_questions.headers(situation, again=True)
    if _wants(situation, "key") or situation.signs_in_anew:
        yield from key_questions.key(situation, again=not situation.signs_in_anew)
    if _wants(situation, "models"):
        yield from which_models(situation)
    if _wants(situation, "facts"):
        yield _described(situation)
    yield from facts_of_models(situation)
    yield from slot_questions.slots(situation, again="slots" in situation.answers.value(WHAT, ()))
    yield from endpoint_questions.extras(situation)


def _own(situation: Situation) -> Iterator[Question]:
    """The preset's own questions that flags answer, or that are of the sign-in where that shall change. Another profile
    may have another command that signs in again.
    """
    wanted, said = _wants(situation, SIGN_IN) or situation.signs_in_anew, False
    for question in own_questions(situation):
        asked = next(it for it in situation.preset.questions if setting(it.key) == question.key)
        given = situation.is_given(question.key)
        said = said or given
        if given or (wanted and _is_of_sign_in(asked)) or (said and asked.fills == "refresh"):
            yield _with_today(asked, question, situation)


def _is_of_sign_in(question: PresetQuestion) -> bool:
    return question.fills in ("env", "refresh") or any(choice.signs_in for choice in question.choices)


def _with_today(asked: PresetQuestion, question: Question, situation: Situation) -> Question:
    """With what the entry has as the default; what would make another provider of it is refused."""
    preset = situation.facts.presets[situation.preset.id]
    usual = preset.provider_id or preset.id
    ids = {choice.value: choice.provider_id or usual for choice in asked.choices}
    if len(set(ids.values())) < 2:
        ids = {}

    def check(raw: Raw) -> Accepted:
        other = ids.get(str(raw), situation.provider_id)
        if situation.provider_id in ids.values() and other != situation.provider_id:
            add = f"crush-wizard add-provider {preset.id} --set {asked.key}={raw}"
            raise InvalidAnswer(f"for `{raw}` Crush has another provider, {other}; to add it: {add}")
        return question.check(raw)

    today = situation.today(asked)
    return replace(question, check=check, **({"default": today, "quiet": False} if today else {}))


def _says_what(situation: Situation) -> bool:
    """Whether flags say what shall change; then nothing else does."""
    anyway = {"preset", "id", "existing"}
    return bool(situation.facts.given - anyway)


def _wants(situation: Situation, part: str) -> bool:
    return part in situation.answers.value(WHAT, ()) or any(map(situation.is_given, _GIVEN_BY.get(part, ())))


def _what(situation: Situation) -> Question:
    def check(raw: Raw) -> Accepted:
        if not raw:
            raise InvalidAnswer("pick at least one, or cancel")
        return Accepted(raw)

    return Question(
        key=WHAT,
        text=f"What do you want to change about {situation.provider_id}?",
        kind=Kind.MANY,
        flag="--base-url, --type, --name, --model, --set ...",
        choices=tuple(_shown(situation, part) for part in _PARTS if _has(situation, part)),
        check=check,
    )


def _has(situation: Situation, part: str) -> bool:
    if part == SIGN_IN:
        return any(map(_is_of_sign_in, situation.preset.questions))
    return part != "facts" or bool(situation.existing_models)


def _shown(situation: Situation, part: str) -> Choice:
    """A part, and what it is today."""
    entry = situation.existing or {}
    today = {
        "base_url": entry.get("base_url"),
        "type": entry.get("type"),
        "name": entry.get("name"),
        "headers": ", ".join(entry.get("extra_headers") or ()),
        "models": ", ".join(situation.existing_models),
        "key": f"${situation.existing_variable}" if situation.existing_variable else "",
        "slots": ", ".join(f"{slot}: {model}" for slot, model in situation.facts.slots.items()),
    }.get(part)
    return Choice(part, _PARTS[part], today if isinstance(today, str) else "")


def _described(situation: Situation) -> Question:
    models = situation.existing_models
    return Question(
        key="described",
        text="Which model?",
        kind=Kind.CHOICE,
        flag="--set MODEL.FIELD=VALUE",
        choices=tuple(Choice(model_id, str(model.get("name") or model_id)) for model_id, model in models.items()),
        default=next(iter(models), None),
    )
