"""A list to pick from that stays quick with thousands of choices: typing filters, only visible rows are drawn.

questionary's own lists draw every row at every key, show all of them when nothing matches, and have no
place for a row without a check box ("← Back"). The outcome is an application as theirs are, so that every prompt is
framed and cancelled in one way.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from wizard.flow.question import Back, Choice
from wizard.provider.pasted_key import stray_key
from wizard.ui.prompting import MANY_CHOICES
from wizard.ui.text import columns, cut, one_line, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples as Fragments
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.layout import AnyContainer, HSplit, UIContent, UIControl
    from prompt_toolkit.styles import BaseStyle

    from wizard.provider.pasted_key import PastedKey

BACK_LABEL = "← Back"
POINTER = "❯"
PICKED = "● "
NOT_PICKED = "○ "
ROWS = 15
"""Rows of the list that are shown at once, where the terminal has them."""
FEWEST_LINES = 10
"""A list may take so many lines of the window, and more where two thirds of it are more: the rest stays readable."""
HINT_ROOM = 16
"""A hint that would get fewer columns is left off its row."""
ALIGNED = 1_000
"""So many labels say where the hints stand: no list makes anybody wait for it."""
NONE = Choice("\0none", "None of these", counted=False)
"""A row for where no row is an answer, too."""


class Rows:
    """What is listed, filtered by what was typed; which row is pointed at, and what is picked.

    Row 0 is "← Back" where there is a way back. `pointed` is None while nothing matches, `found` how many things do.
    `picked` is for a question with several answers, None where one is wanted. `may_be_empty`: none of the choices is an
    answer, too.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        picked: Collection[str] | None,
        *,
        back: bool,
        may_be_empty: bool = False,
    ) -> None:
        self._own = (NONE,) if may_be_empty and not picked else ()
        self.many = picked is not None
        self.picked = {choice.value for choice in choices} & set(picked or ())
        self.typed = ""
        self.pointed: int | None = None
        self._back = int(back)
        self._may_be_empty = may_be_empty
        self._is_typing = False
        self._is_looked_for = False
        self._has_picked = False
        self._is_touched = False
        self._list((*choices, *self._own))
        self._point_at_first()

    def _list(self, choices: Sequence[Choice]) -> None:
        """Have these, all of which match."""
        self.choices = self.matching = choices
        self.found = sum(choice.counted for choice in choices)
        self._uncounted = [choice for choice in choices if not choice.counted]
        self._names = [f"{choice.label}\n{choice.value}".lower() for choice in choices]
        self._hints = [choice.hint.lower() for choice in choices]

    def __len__(self) -> int:
        return self._back + len(self.matching)

    @property
    def lines(self) -> int:
        """The rows, or the line that says that nothing matches."""
        return self._back + max(len(self.matching), 1)

    @cached_property
    def widest(self) -> int:
        """The columns of the widest of the labels that were there first, as far as it takes no time to tell."""
        return max((columns(one_line(choice.label)) for choice in self.choices[:ALIGNED]), default=0)

    @property
    def total(self) -> int:
        """How many things are listed; a row that stands for others is none of them."""
        return len(self.choices) - len(self._uncounted)

    @property
    def chosen(self) -> int:
        """How many of them are picked."""
        return len(self.picked - {choice.value for choice in self._uncounted})

    @property
    def filtered(self) -> bool:
        """Whether the line of the filter is shown: any list can be filtered, a long one says so."""
        return len(self.choices) > MANY_CHOICES or bool(self.typed)

    @property
    def space_types(self) -> bool:
        """Whether the space bar belongs to the words of the filter: they are being typed, and nothing is picked."""
        return bool(self.typed) and self._is_typing and not self.picked

    def ways(self) -> tuple[str, ...]:
        """The keys that answer."""
        if not self.many:
            return ("Enter choose",)
        is_done = self.picked and not self._takes_found
        return ("Tab pick" if self.space_types else "Space pick", "Enter done" if is_done else "Enter take")

    @property
    def _takes_found(self) -> bool:
        """Whether Enter takes the row that was looked for, too: what is picked was all filtered out of sight."""
        return self._is_looked_for and not any(choice.value in self.picked for choice in self.matching)

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
        self._is_typing = False
        self._is_touched = True
        if not len(self):
            return
        target = (0 if self.pointed is None else self.pointed) + step
        self.pointed = target % len(self) if abs(step) == 1 else min(max(target, 0), len(self) - 1)

    def filter(self, typed: str) -> None:
        """List what holds every word that was typed: first what is called like that, last what only its hint has."""
        self.typed = typed
        self._is_typing = self._is_touched = True
        self._is_looked_for = bool(typed)
        words = typed.lower().split()
        self.matching = self._ranked(words) if words else self.choices
        self.found = sum(choice.counted for choice in self.matching)
        self._point_at_first()

    def has(self, text: str) -> bool:
        """Whether some choice is called like this, or has it in its name."""
        wanted = text.lower()
        return any(wanted in name for name in self._names)

    def take_in(self, choices: Sequence[Choice], proposed: object = None) -> None:
        """Have these from now on. The row that is pointed at, and all above it, stay where they are.

        What was filtered stays so until another letter is typed. Where the person has touched nothing yet, and would
        take with Enter what is `proposed` now, that is picked, and all rows are where they belong.
        """
        if self.many and not self._is_touched and (more := {*_several(proposed)} - self.picked):
            self.picked |= more
            self._list((*choices, *self._own))
            self._point_at_first()
            return
        known = {choice.value: choice for choice in choices}
        if self.typed:
            shown, found = [known.get(choice.value, choice) for choice in self.matching], self.found
            self._list((*choices, *self._own))
            self.matching, self.found = shown, found
            return
        above = self.choices[: max((self.pointed or 0) - self._back + 1, 0)]
        kept = [known.get(choice.value, choice) for choice in above]
        below = (choice for choice in (*choices, *self._own) if choice not in kept)
        self._list((*kept, *below))

    def toggle(self, choice: Choice) -> None:
        """Pick the choice, or no longer."""
        self._has_picked = self._is_touched = True
        self._is_looked_for = False
        self.picked ^= {choice.value}

    def answer(self) -> tuple[str, ...] | None:
        """The picked values in the order of the list; where none of them is seen, that of the row that is pointed at.

        A person who has taken all marks off means none, where that is an answer. None: no answer yet.
        """
        picked, pointed = self.picked, _pointed(self)
        if self._takes_found or not (picked or (self._may_be_empty and self._has_picked)):
            if pointed is None:
                return None
            picked = picked | {pointed.value}
        return tuple(choice.value for choice in self.choices if choice.value in picked and choice is not NONE)

    def _ranked(self, words: Sequence[str]) -> list[Choice]:
        ranks: tuple[list[Choice], list[Choice], list[Choice]] = ([], [], [])
        for choice, name, hint in zip(self.choices, self._names, self._hints, strict=True):
            if all(word in name for word in words):
                begins = name.startswith(words[0]) or f"\n{words[0]}" in name
                ranks[0 if begins else 1].append(choice)
            elif all(word in name or word in hint for word in words):
                ranks[2].append(choice)
        return [*ranks[0], *ranks[1], *ranks[2]]

    def _point_at_first(self) -> None:
        self.pointed = self._back if self.matching else None


def _several(default: object) -> tuple[str, ...]:
    return default if isinstance(default, tuple) else ()


def pick(message: str, rows: Rows, style: BaseStyle, keep: Callable[[PastedKey], None]) -> Application[Any]:
    """A prompt whose answer is one choice's value; with `rows.many` a tuple of them, in the order of the list.

    `keep` gets an API key that is pasted, which is no word of the filter.
    """
    from prompt_toolkit.application import Application
    from prompt_toolkit.layout import Layout

    layout, keys = Layout(_container(message, rows)), _keys(rows, keep)
    return Application(layout=layout, key_bindings=keys, style=style, include_default_pygments_style=False)


def within_two_thirds(parts: Sequence[AnyContainer]) -> HSplit:
    """The parts below each other, in so few lines that what was said before stays on the screen."""
    from prompt_toolkit.application import get_app
    from prompt_toolkit.layout import HSplit
    from prompt_toolkit.layout.dimension import Dimension

    class Limited(HSplit):
        def preferred_height(self, width: int, max_available_height: int) -> Dimension:
            wanted = super().preferred_height(width, max_available_height).preferred
            return Dimension.exact(min(wanted, max(get_app().output.get_size().rows * 2 // 3, FEWEST_LINES)))

    return Limited(parts)


def title(choice: Choice, labels: int, width: int) -> list[tuple[str, str]]:
    """A choice's label, and its hint dimmed beside it, in at most `width` columns."""
    label, hint = one_line(choice.label), one_line(choice.hint)
    start = max(columns(label), labels) + 2
    if not hint or width - start < HINT_ROOM:
        return [("class:label", cut(label, width))]
    return [("class:label", pad(label, start)), ("class:hint", cut(hint, width - start))]


def _container(message: str, rows: Rows) -> AnyContainer:
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, ScrollOffsets, Window

    asked: Fragments = [("class:qmark", "?"), ("class:question", f" {message}")]
    filtering = Window(FormattedTextControl(lambda: _filter_line(rows)), height=1)
    shown = Window(_list_control(rows), cursorline=True, scroll_offsets=ScrollOffsets(top=1, bottom=1))
    whole = Window(FormattedTextControl(lambda: [("class:hint", _whole_hint(rows))]))
    return HSplit(
        [
            Window(FormattedTextControl(asked), wrap_lines=True),
            ConditionalContainer(filtering, Condition(lambda: rows.filtered)),
            shown,
            ConditionalContainer(whole, Condition(lambda: bool(_whole_hint(rows)))),
        ]
    )


def _whole_hint(rows: Rows) -> str:
    """The hint of the choice that is pointed at, in lines of their own, if its row has no room for all of it."""
    from prompt_toolkit.application import get_app

    choice, width = _pointed(rows), get_app().output.get_size().columns
    hint = one_line(choice.hint) if choice else ""
    row = _line(rows, rows.pointed or 0, width)
    return "" if any(hint in part[1] for part in row) else "\n" + wrap(f"   {hint}", width - 1)


def _filter_line(rows: Rows) -> Fragments:
    typed = ("class:answer", one_line(rows.typed)) if rows.typed else ("class:hint", "type to filter")
    count = f"{rows.found} of {rows.total}"
    picked = f", {rows.chosen} picked" if rows.many else ""
    return [("class:hint", "/ "), typed, ("class:hint", f"  {count}{picked}")]


def _list_control(rows: Rows) -> UIControl:
    from prompt_toolkit.data_structures import Point
    from prompt_toolkit.layout import UIContent, UIControl

    class ListControl(UIControl):
        """Gives the window one line at a time: rows out of sight cost nothing."""

        def is_focusable(self) -> bool:
            return True

        def preferred_height(self, *_: object) -> int:
            return min(rows.lines, ROWS)

        def create_content(self, width: int, height: int) -> UIContent:
            return UIContent(
                get_line=lambda index: _line(rows, index, width),
                line_count=rows.lines,
                cursor_position=Point(0, rows.pointed or 0),
                show_cursor=False,
            )

    return ListControl()


def _line(rows: Rows, index: int, width: int) -> Fragments:
    if index >= len(rows):
        return [("class:hint", "   no match")]
    choice = rows.at(index)
    start: Fragments = [("class:pointer", f" {POINTER} " if index == rows.pointed else "   ")]
    if choice is None:
        return [*start, ("class:hint", BACK_LABEL)]
    labels = min(rows.widest, width * 6 // 10)
    width -= columns(f" {POINTER} ")
    if rows.many:
        picked = choice.value in rows.picked
        start.append(("class:selected", PICKED) if picked else ("class:hint", NOT_PICKED))
        width -= columns(PICKED)
    return [*start, *title(choice, labels, width)]


def _keys(rows: Rows, keep: Callable[[PastedKey], None]) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    _bind_moves(keys, rows)
    _bind_filter(keys, rows, keep)
    if rows.many:
        _bind_picking(keys, rows)
    keys.add("enter")(_many_answered(rows) if rows.many else _one_answered(rows))
    return keys


def _bind_moves(keys: KeyBindings, rows: Rows) -> None:
    steps = {"up": -1, "c-p": -1, "down": 1, "c-n": 1, "pageup": -ROWS, "pagedown": ROWS}
    far = len(rows.choices) + ROWS
    ends = {"home": -far, "end": far}
    for key, step in (steps | ends).items():
        keys.add(key)(lambda _event, step=step: rows.move(step))


def _bind_filter(keys: KeyBindings, rows: Rows, keep: Callable[[PastedKey], None]) -> None:
    @keys.add("<any>")
    def _type(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            rows.filter(rows.typed + event.data)

    @keys.add("<bracketed-paste>")
    def _paste(event: KeyPressEvent) -> None:
        pasted = stray_key(event.data)
        if pasted is not None and not rows.has(pasted.key):
            keep(pasted)
        else:
            rows.filter(rows.typed + one_line(event.data))

    @keys.add("backspace")
    def _erase(_event: KeyPressEvent) -> None:
        rows.filter(rows.typed[:-1])

    @keys.add("c-u")
    def _clear(_event: KeyPressEvent) -> None:
        rows.filter("")


def _bind_picking(keys: KeyBindings, rows: Rows) -> None:
    from prompt_toolkit.filters import Condition

    @keys.add("tab")
    @keys.add(" ", filter=Condition(lambda: not rows.space_types))
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
        elif (answer := rows.answer()) is not None:
            event.app.exit(result=answer)

    return answered


def _pointed(rows: Rows) -> Choice | None:
    return None if rows.pointed is None else rows.at(rows.pointed)
