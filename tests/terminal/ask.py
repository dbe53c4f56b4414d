"""Asks questions on the terminal, for test_prompts.py: `ask.py QUESTIONS RESULT STDOUT`.

QUESTIONS is a JSON list of questions' fields (`said`: lines that are said before it); the answers go to the file
RESULT, and whatever is printed on stdout to the file STDOUT (only stdin and stderr are the terminal).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from wizard.errors import Cancelled
from wizard.flow.question import Accepted, Back, Choice, InvalidAnswer, Kind, Question, Raw, as_given
from wizard.ui.output import Output
from wizard.ui.prompter import open_prompter


def main(questions: str, result: str, stdout: str) -> int:
    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT), 1)
    answers: dict[str, Any] = {}
    code = ask_all(json.loads(questions), answers)
    Path(result).write_text(json.dumps(answers))
    return code


def ask_all(several: list[dict[str, Any]], answers: dict[str, Any]) -> int:
    prompter = open_prompter(Output(sys.stdout, sys.stderr))
    if prompter is None:
        return 3
    said = [fields.pop("said", ()) for fields in several]
    questions = [question(fields) for fields in several]
    number = 0
    while number < len(questions):
        asked = questions[number]
        for line in said[number]:
            prompter.show(line, "note")
        try:
            answers[asked.key] = prompter.ask(asked, can_go_back=number > 0)
            number += 1
        except Back:
            number -= 1
        except Cancelled as cancelled:
            prompter.show(cancelled.message, "error")
            return cancelled.exit_code
    prompter.show("all answered", "note")
    return 0


def question(fields: dict[str, Any]) -> Question:
    choices = tuple(Choice(*choice) for choice in fields.pop("choices", []))
    default = fields.pop("default", None)
    default = tuple(default) if isinstance(default, list) else default
    check = at_least_one if fields.pop("needs_one", False) else as_given
    kind = Kind(fields.pop("kind"))
    return Question(kind=kind, flag="--answer", choices=choices, default=default, check=check, **fields)


def at_least_one(raw: Raw) -> Accepted:
    if not raw:
        raise InvalidAnswer("pick at least one")
    return as_given(raw)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
