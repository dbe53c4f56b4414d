"""What the onboarding offers where everything is set up already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.question import Back, Choice, Kind, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.flow.driver import Asker

ADD, LEAVE = "add", "leave"
_ENTRIES = (
    Choice(ADD, "Add providers"),
    Choice("edit-provider", "Change a provider"),
    Choice("test", "Test the providers"),
    Choice("doctor", "Find problems"),
    Choice("list", "List the providers"),
    Choice("export", "Move to another machine"),
    Choice(LEAVE, "Nothing"),
)
"""Each but the first and the last is a command."""


def menu(*, is_broken: bool = False) -> Question:
    """What to do now. `is_broken`: Crush does not start."""
    first = "doctor" if is_broken else ADD
    return Question(key="menu", text="What now?", kind=Kind.CHOICE, flag="a command", choices=_ENTRIES, default=first)


def choose(asker: Asker, providers: Sequence[str], *, is_broken: bool = False) -> tuple[str, ...]:
    """The command line that was chosen; (ADD,) to add providers, none to leave it."""
    question = menu(is_broken=is_broken)
    while True:
        chosen = str(asker.ask(question, can_go_back=False))
        if chosen == LEAVE:
            return ()
        if chosen not in ("edit-provider", "export"):
            return (chosen,)
        try:
            return (chosen, str(asker.ask(_operand(chosen, providers), can_go_back=True)))
        except Back:
            continue


def _operand(command: str, providers: Sequence[str]) -> Question:
    if command == "export":
        return Question(
            key="file", text="File for the profile", kind=Kind.TEXT, flag="FILE", default="crush-profile.toml"
        )
    choices = tuple(Choice(provider, provider) for provider in providers)
    return Question(key="id", text="Which one?", kind=Kind.CHOICE, flag="ID", choices=choices, default=providers[0])
