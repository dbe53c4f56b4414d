"""Which preset, and the questions that the preset itself brings along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.flow.preset_library import meant_by, titles
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Later, Question, Raw
from wizard.flow.situation import setting
from wizard.near import did_you_mean
from wizard.provider.base_url import InvalidBaseUrl, at_host
from wizard.provider.login import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.flow.preset import Preset, PresetQuestion, Title
    from wizard.flow.situation import Situation
    from wizard.provider.login import Login


def preset_question(situation: Situation) -> Question:
    """It does not wait for the model servers of this machine: they come to its list when they have answered."""
    facts = situation.facts
    if facts.has_seen_servers():
        return _preset_question(facts.presets, facts.look_at_servers(), facts.look_at_logins())

    def known() -> Question:
        return _preset_question(facts.presets, facts.look_at_servers(), facts.look_at_logins())

    return replace(_preset_question(facts.presets, {}, ()), later=Later(facts.has_seen_servers, known))


def _preset_question(presets: Mapping[str, Preset], servers: Mapping[str, str], logins: Sequence[Login]) -> Question:
    """Those whose servers answer come first, what Crush signs in to last."""

    def check(raw: Raw) -> Accepted:
        if str(raw).startswith(PREFIX):
            return Accepted(raw)
        for name in (str(raw), meant_by(str(raw))):
            if name in presets:
                return Accepted(name)
        suggestion = did_you_mean(str(raw), presets) or "list them: crush-wizard presets"
        raise InvalidAnswer(f"unknown preset `{raw}`; {suggestion}")

    return Question(
        key="preset",
        text="Provider",
        kind=Kind.CHOICE,
        flag="PRESET",
        choices=(
            *(
                Choice(preset.id, preset.name, _hint(preset, servers))
                for preset in sorted(titles(presets), key=lambda preset: preset.id not in servers)
            ),
            *map(login_row, logins),
        ),
        closed=False,
        check=check,
    )


def login_row(login: Login) -> Choice:
    """What Crush can sign in to, as a row of a list of presets."""
    return Choice(f"{PREFIX}{login.id}", f"{login.name} (sign in)", f"without a key: runs crush login {login.id}")


def _hint(preset: Title, servers: Mapping[str, str]) -> str:
    return f"answers at {servers[preset.id]}" if preset.id in servers else preset.description


def own_questions(situation: Situation) -> Iterator[Question]:
    """The preset's own questions, but those that name models: they come where the models are asked for."""
    base_url_given = situation.is_given("base_url")
    for question in situation.preset.questions:
        fills_url = question.fills in ("base_url", "host") and not question.choices
        if question.fills == "models" or not situation.applies(question) or (fills_url and base_url_given):
            continue
        yield _for_here(from_preset(question), question, situation)


def _for_here(asked: Question, question: PresetQuestion, situation: Situation) -> Question:
    """With what this machine has for it as the default, and for picking; a host as one for the preset's URL."""
    if question.fills == "host":
        return replace(asked, check=lambda raw: _host(situation.preset.base_url or "", raw))
    if question.fills not in ("env", "refresh"):
        return asked
    found = situation.facts.look_at_machine(question.variable or question.fills, situation.env)
    default = next(iter(found), "" if question.fills == "refresh" else question.default)
    if len(found) < 2:
        return replace(asked, default=default)
    choices = tuple(Choice(value, value) for value in found)
    return replace(asked, kind=Kind.CHOICE, choices=choices, default=default, closed=False)


def _host(base_url: str, raw: Raw) -> Accepted:
    try:
        return Accepted(str(raw).strip(), warnings=at_host(base_url, str(raw)).warnings)
    except InvalidBaseUrl as problem:
        raise InvalidAnswer(str(problem)) from None


def from_preset(question: PresetQuestion) -> Question:
    return Question(
        key=setting(question.key),
        text=question.text,
        kind=Kind(question.kind),
        flag=f"--set {question.key}=VALUE",
        help=question.help,
        choices=tuple(Choice(choice.value, choice.label) for choice in question.choices),
        default=question.default,
        quiet=question.quiet,
        check=lambda raw: _checked(question, raw),
    )


def _checked(question: PresetQuestion, raw: Raw) -> Accepted:
    if isinstance(raw, tuple):
        return Accepted(tuple(_one(question, item) for item in raw))
    notes = tuple(choice.note for choice in question.choices if choice.value == raw and choice.note)
    return Accepted(_one(question, str(raw)), notes)


def _one(question: PresetQuestion, typed: str) -> str:
    text = typed.strip()
    if question.extract and (match := re.search(question.extract, text)):
        text = match[1]
    may_be_empty = question.fills == "refresh" or (question.fills == "env" and question.default == "")
    if not text and not may_be_empty:
        raise InvalidAnswer(question.message or "give an answer")
    if question.pattern and not re.fullmatch(question.pattern, text):
        raise InvalidAnswer(question.message or "that does not look right")
    return text
