"""A yes-or-no question on a terminal: the letter shows the answer, and Enter gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples as Fragments
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent
    from prompt_toolkit.styles import BaseStyle

INSTRUCTIONS = {True: "(Y/n) ", False: "(y/N) ", None: "(y/n) "}
"""By what Enter alone answers; None: nothing."""
_SHOWN = {True: "Yes", False: "No", None: ""}


class YesOrNo:
    """What has been typed so far."""

    def __init__(self, message: str, default: bool | None) -> None:
        self.message = message
        self.default = default
        self.typed: bool | None = None

    @property
    def answer(self) -> bool | None:
        return self.default if self.typed is None else self.typed

    def line(self) -> Fragments:
        return [
            ("class:qmark", "?"),
            ("class:question", f" {self.message} "),
            ("class:instruction", INSTRUCTIONS[self.default]),
            ("class:answer", _SHOWN[self.typed]),
            ("[SetCursorPosition]", ""),
        ]


def ask_yes_or_no(asked: YesOrNo, style: BaseStyle) -> Application[bool]:
    """A prompt whose answer is one of both; without a default Enter alone gives none."""
    from prompt_toolkit.application import Application
    from prompt_toolkit.layout import FormattedTextControl, Layout, Window

    line = Window(FormattedTextControl(asked.line, focusable=True), wrap_lines=True)
    layout, keys = Layout(line), _keys(asked)
    return Application(layout=layout, key_bindings=keys, style=style, include_default_pygments_style=False)


def _keys(asked: YesOrNo) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("y")
    @keys.add("Y")
    def say_yes(_: KeyPressEvent) -> None:
        asked.typed = True

    @keys.add("n")
    @keys.add("N")
    def say_no(_: KeyPressEvent) -> None:
        asked.typed = False

    @keys.add("backspace")
    def say_nothing(_: KeyPressEvent) -> None:
        asked.typed = None

    @keys.add("enter")
    def give(event: KeyPressEvent) -> None:
        if asked.answer is not None:
            event.app.exit(result=asked.answer)

    return keys
