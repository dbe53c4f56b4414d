"""A list to pick from that stays quick with thousands of choices: typing filters, only visible rows are drawn.

questionary's own lists draw every row at every key, show all of them when nothing matches, and have no
place for a row without a check box ("← Back"). The outcome is a questionary.Question all the same, so
that every prompt is asked, framed and cancelled in one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.question import Back
from wizard.ui.prompting import MANY_CHOICES
from wizard.ui.text import columns, cut, one_line, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import questionary
    from prompt_toolkit.formatted_text import StyleAndTextTuples as Fragments
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.layout import AnyContainer, UIContent, UIControl
    from prompt_toolkit.styles import BaseStyle

    from wizard.flow.question import Choice

BACK_LABEL = "← Back"
POINTER = "❯"
PICKED = "● "
NOT_PICKED = "○ "
ROWS = 15
"""Rows of the list that are shown at once, where the terminal has them."""
HINT_ROOM = 16
"""A hint that would get fewer columns is left off its row."""


class Rows:
    """What is listed, filtered by what was typed; which row is pointed at, and what is picked.

    Row 0 is "← Back" where there is a way back. `pointed` is None while nothing matches.
    """

    def __init__(self, choices: Sequence[Choice], picked: Collection[str], *, back: bool) -> None:
        self.choices = choices
        self.filterable = len(choices) > MANY_CHOICES
        self.picked = {choice.value for choice in choices} & set(picked)
        self.typed = ""
        self.matching: Sequence[Choice] = choices
        self.pointed: int | None = None
        self._back = int(back)
        self._searched = [f"{choice.label} {choice.value} {choice.hint}".lower() for choice in choices]
        self._point_at_first()

    def __len__(self) -> int:
        return self._back + len(self.matching)

    def at(self, index: int) -> Choice | None:
        """The choice in a row; None for "← Back"."""
        return None if index < self._back else self.matching[index - self._back]

    def point_at(self, value: object) -> None:
        """Point at the choice with this value, if it is there."""
        values = [choice.value for choice in self.matching]
        if value in values:
            self.pointed = self._back + values.index(str(value))

    def move(self, step: int) -> None:
        """Up or down; one step past an end goes round, a page stops there."""
        if not len(self):
            return
        target = (0 if self.pointed is None else self.pointed) + step
        self.pointed = target % len(self) if abs(step) == 1 else min(max(target, 0), len(self) - 1)

    def filter(self, typed: str) -> None:
        """List what holds every word that was typed."""
        self.typed = typed
        words = typed.lower().split()
        pairs = zip(self.choices, self._searched, strict=True)
        self.matching = [choice for choice, text in pairs if all(word in text for word in words)]
        self._point_at_first()

    def toggle(self, choice: Choice) -> None:
        """Pick the choice, or no longer."""
        self.picked ^= {choice.value}

    def answer(self) -> tuple[str, ...]:
        """The picked values in the order of the list."""
        return tuple(choice.value for choice in self.choices if choice.value in self.picked)

    def _point_at_first(self) -> None:
        self.pointed = self._back if self.matching else None


def pick_one(
    message: str, choices: Sequence[Choice], default: object, *, back: bool, style: BaseStyle
) -> questionary.Question:
    """A question whose answer is one choice's value."""
    rows = Rows(choices, (), back=back)
    rows.point_at(default)
    return _question(message, rows, style, many=False)


def pick_many(
    message: str, choices: Sequence[Choice], picked: Collection[str], *, back: bool, style: BaseStyle
) -> questionary.Question:
    """A question whose answer is a tuple of values, in the order of the list."""
    return _question(message, Rows(choices, picked, back=back), style, many=True)


def label_width(choices: Sequence[Choice], width: int) -> int:
    """The columns that labels get, so that the hints beside them line up: at most 60 % of the width."""
    return min(max((columns(one_line(choice.label)) for choice in choices), default=0), width * 6 // 10)


def title(choice: Choice, labels: int, width: int) -> list[tuple[str, str]]:
    """A choice's label, and its hint dimmed beside it, in at most `width` columns."""
    label, hint = one_line(choice.label), one_line(choice.hint)
    start = max(columns(label), labels) + 2
    if not hint or width - start < HINT_ROOM:
        return [("class:label", cut(label, width))]
    return [("class:label", pad(label, start)), ("class:hint", cut(hint, width - start))]


def _question(message: str, rows: Rows, style: BaseStyle, *, many: bool) -> questionary.Question:
    import questionary
    from prompt_toolkit.application import Application
    from prompt_toolkit.layout import Layout

    return questionary.Question(
        Application(layout=Layout(_container(message, rows, many)), key_bindings=_keys(rows, many), style=style)
    )


def _container(message: str, rows: Rows, many: bool) -> AnyContainer:
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, ScrollOffsets, Window

    asked: Fragments = [("class:qmark", "?"), ("class:question", f" {message}")]
    parts = [Window(FormattedTextControl(asked), wrap_lines=True)]
    if rows.filterable:
        parts.append(Window(FormattedTextControl(lambda: _filter_line(rows, many)), height=1))
    shown = Window(_list_control(rows, many), cursorline=True, scroll_offsets=ScrollOffsets(top=1, bottom=1))
    whole = Window(FormattedTextControl(lambda: [("class:hint", _whole_hint(rows, many))]))
    return HSplit([*parts, shown, ConditionalContainer(whole, Condition(lambda: bool(_whole_hint(rows, many))))])


def _whole_hint(rows: Rows, many: bool) -> str:
    """The hint of the choice that is pointed at, in lines of their own, if its row has no room for all of it."""
    from prompt_toolkit.application import get_app

    choice, width = _pointed(rows), get_app().output.get_size().columns
    hint = one_line(choice.hint) if choice else ""
    row = _line(rows, rows.pointed or 0, many, label_width(rows.matching[:1000], width), width)
    return "" if any(hint in part[1] for part in row) else "\n" + wrap(f"   {hint}", width - 1)


def _filter_line(rows: Rows, many: bool) -> Fragments:
    typed = ("class:answer", one_line(rows.typed)) if rows.typed else ("class:hint", "type to filter")
    count = f"{len(rows.matching)} of {len(rows.choices)}"
    picked = f", {len(rows.picked)} picked" if many else ""
    return [("class:hint", "/ "), typed, ("class:hint", f"  {count}{picked}")]


def _list_control(rows: Rows, many: bool) -> UIControl:
    from prompt_toolkit.data_structures import Point
    from prompt_toolkit.layout import UIContent, UIControl

    class ListControl(UIControl):
        """Gives the window one line at a time: rows out of sight cost nothing."""

        def is_focusable(self) -> bool:
            return True

        def preferred_height(self, *_: object) -> int:
            return min(max(len(rows), 1), ROWS)

        def create_content(self, width: int, height: int) -> UIContent:
            labels = label_width(rows.matching[:1000], width)
            return UIContent(
                get_line=lambda index: _line(rows, index, many, labels, width),
                line_count=max(len(rows), 1),
                cursor_position=Point(0, rows.pointed or 0),
                show_cursor=False,
            )

    return ListControl()


def _line(rows: Rows, index: int, many: bool, labels: int, width: int) -> Fragments:
    if not len(rows):
        return [("class:hint", "   nothing matches")]
    choice = rows.at(index)
    start: Fragments = [("class:pointer", f" {POINTER} " if index == rows.pointed else "   ")]
    if choice is None:
        return [*start, ("class:hint", BACK_LABEL)]
    width -= columns(f" {POINTER} ")
    if many:
        picked = choice.value in rows.picked
        start.append(("class:selected", PICKED) if picked else ("class:hint", NOT_PICKED))
        width -= columns(PICKED)
    return [*start, *title(choice, labels, width)]


def _keys(rows: Rows, many: bool) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    _bind_moves(keys, rows)
    if rows.filterable:
        _bind_filter(keys, rows)
    if many:
        _bind_picking(keys, rows)
    keys.add("enter")(_many_answered(rows) if many else _one_answered(rows))
    return keys


def _bind_moves(keys: KeyBindings, rows: Rows) -> None:
    steps = {"up": -1, "c-p": -1, "down": 1, "c-n": 1, "pageup": -ROWS, "pagedown": ROWS}
    far = len(rows.choices) + ROWS
    ends = {"home": -far, "end": far}
    for key, step in (steps | ends).items():
        keys.add(key)(lambda _event, step=step: rows.move(step))


def _bind_filter(keys: KeyBindings, rows: Rows) -> None:
    @keys.add("<any>")
    def _type(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            rows.filter(rows.typed + event.data)

    @keys.add("<bracketed-paste>")
    def _paste(event: KeyPressEvent) -> None:
        rows.filter(rows.typed + one_line(event.data))

    @keys.add("backspace")
    def _erase(_event: KeyPressEvent) -> None:
        rows.filter(rows.typed[:-1])

    @keys.add("c-u")
    def _clear(_event: KeyPressEvent) -> None:
        rows.filter("")


def _bind_picking(keys: KeyBindings, rows: Rows) -> None:
    @keys.add(" ")
    def _toggle(_event: KeyPressEvent) -> None:
        choice = _pointed(rows)
        if choice is not None:
            rows.toggle(choice)


def _one_answered(rows: Rows) -> Callable[[KeyPressEvent], None]:
    def answered(event: KeyPressEvent) -> None:
        choice = _pointed(rows)
        if choice is not None:
            event.app.exit(result=choice.value)
        elif rows.pointed is not None:
            event.app.exit(exception=Back())

    return answered


def _many_answered(rows: Rows) -> Callable[[KeyPressEvent], None]:
    def answered(event: KeyPressEvent) -> None:
        if rows.pointed is not None and rows.at(rows.pointed) is None:
            event.app.exit(exception=Back())
        else:
            event.app.exit(result=rows.answer())

    return answered


def _pointed(rows: Rows) -> Choice | None:
    return None if rows.pointed is None else rows.at(rows.pointed)
