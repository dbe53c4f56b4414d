"""The keyboard of a person who may paste: where the terminal does not mark a paste, a key is told by its look."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from wizard.provider.pasted_key import stray_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPress


def open_keyboard(stdin: TextIO | None, *, joins: bool) -> Input:
    """What prompts read from. `joins`: an API key that comes in one burst is one paste, with its line's end.

    Windows' own input knows pastes by itself.
    """
    from prompt_toolkit.input import create_input

    opened = create_input(stdin)
    if not joins or type(opened).__name__ != "Vt100Input":
        return opened
    from prompt_toolkit.input.vt100 import Vt100Input

    class Joining(Vt100Input):
        def read_keys(self) -> list[KeyPress]:
            return list(_joined(super().read_keys()))

    return Joining(opened.stdin)  # type: ignore[attr-defined]


def insert_paste(buffer: Buffer, text: str, joint: str) -> None:
    """A pasted text is one line: what was copied with its line's end is not answered twice."""
    lines = [line.strip() for line in text.splitlines()]
    buffer.insert_text(joint.join(line for line in lines if line))


def _joined(keys: Sequence[KeyPress]) -> Iterator[KeyPress]:
    from prompt_toolkit.key_binding import KeyPress
    from prompt_toolkit.keys import Keys

    burst = _line(keys)
    pasted = "".join(press.data for press in burst)
    if burst and stray_key(pasted):
        yield KeyPress(Keys.BracketedPaste, pasted)
        yield from keys[len(burst) :]
    else:
        yield from keys


def _line(keys: Sequence[KeyPress]) -> Sequence[KeyPress]:
    """The printable keys that the burst begins with, and the line's end behind them."""
    typed = next((place for place, press in enumerate(keys) if not press.data.isprintable()), len(keys))
    ends = next((place for place in range(typed, len(keys)) if keys[place].data not in "\r\n"), len(keys))
    return keys[:ends]
