"""The survey of `add-provider`: which questions there are, and in which order.

A survey is a generator. It is read only up to the first question without an answer, so whatever stands below
a question may rely on its answer. Where nobody could be asked the answer is None, and the survey goes on as far
as it can, so that all missing answers are named at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow import endpoint_questions, key_questions
from wizard.flow.preset_questions import own_questions, preset_question
from wizard.provider.login import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.question import Question
    from wizard.flow.situation import Situation


def survey(situation: Situation) -> Iterator[Question]:
    yield preset_question(situation)
    preset = situation.answers.value("preset")
    if preset is None or preset.startswith(PREFIX):  # Crush signs in to that one
        return
    yield from own_questions(situation)
    yield from endpoint_questions.where(situation)
    yield from endpoint_questions.called(situation)
    yield endpoint_questions.headers(situation)
    yield from key_questions.key(situation)
    from wizard.flow.model_choice import which_models
    from wizard.flow.model_questions import facts_of_models
    from wizard.flow.slot_questions import slots

    yield from which_models(situation)
    yield from facts_of_models(situation)
    yield from slots(situation)
    yield from endpoint_questions.extras(situation)
