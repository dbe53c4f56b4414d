"""What a command says: data on stdout, everything else on stderr, one JSON document with --json."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from wizard.errors import Unsaid, WizardError
from wizard.redaction import redact, redact_value
from wizard.shown import safe
from wizard.ui.place import shown_path
from wizard.ui.terminal import is_terminal, terminal_width
from wizard.ui.text import Painted, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.ui.prompting import Level, Prompter

ENVELOPE_VERSION = 1
BROKEN_PIPE = 141
"""The exit code of a Unix tool whose reader went away: 128 + SIGPIPE."""
_COLOURS = {"done": "32", "note": "2", "warning": "33", "error": "31", "hint": "36"}


def say_nothing() -> None:
    """For whoever has to say something where there is nothing."""


class Output:
    """The two streams of one run, and the messages for its JSON document.

    `color` False is --no-color; a stream is coloured only if it is a terminal that allows it.
    Everything that passes is redacted. `in_dialogue`: another program asks, and is told on stdout with
    `presented` what a person is shown on stderr; `front_end` stands in for a terminal as long as it can be asked.
    While `muted` nothing is said on stderr: it has been said before. `profile` is the one in force,
    `profile_by` what says so. `reworded` makes the commands in a message those that this person needs. `said`
    counts what was said on stderr: who has drawn there can tell whether it is still the last.
    """

    def __init__(
        self,
        stdout: TextIO,
        stderr: TextIO,
        *,
        as_json: bool = False,
        quiet: bool = False,
        color: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.as_json = as_json
        self.quiet = quiet
        self.messages: list[dict[str, str]] = []
        self.presented: dict[str, Any] = {}
        self.in_dialogue = False
        self.front_end: Prompter | None = None
        self.muted = False
        self.profile = ""
        self.profile_by = ""
        self.reworded: Callable[[str], str] = str
        self.said = 0
        self._said: set[str] = set()
        self._wants_color = color and _allows_color(environ)

    @property
    def width(self) -> int | None:
        """Terminal columns of stdout; None where it is no terminal and nothing needs to fit."""
        return terminal_width(self.stdout)

    def colors(self, stream: TextIO) -> bool:
        """Whether what goes to this stream may be coloured."""
        return self._wants_color and is_terminal(stream)

    def present(self, name: str, value: Any) -> None:
        """What a person has just been shown before a question, as JSON for a front end."""
        self.presented[name] = value

    def clear(self) -> None:
        """Forget what was said and presented: it has been answered."""
        self.messages.clear()
        self.presented.clear()

    def data(self, text: str) -> None:
        """What the command was asked for, on stdout (redacted, never wrapped). Ends with a newline."""
        self._write(self.stdout, _safe(text))

    def content(self, text: str) -> None:
        """The content of a file, on stdout: to the byte (but for secrets), save on a terminal."""
        self._write(self.stdout, safe(text) if is_terminal(self.stdout) else text)

    def show(self, text: str, level: Level) -> None:
        """A note, a warning or an error, as `level` says."""
        {"note": self.note, "warning": self.warning, "error": self.error}[level](text)

    def note(self, text: str) -> None:
        """Something good to know; silent with --quiet."""
        text = self.reworded(text)
        self._collect("note", text)
        if not self.quiet:
            self._say(_paint(self._prose(_indented(text)), "note", self.colors(self.stderr)))

    def once(self, text: str, say: Callable[[str], None] | None = None) -> None:
        """A note, or what `say` makes of it, that says nothing new when it is said again in this run."""
        if text not in self._said:
            self._said.add(text)
            (say or self.note)(text)

    def done(self, text: str) -> None:
        """Something that was carried out, and in which profile; silent with --quiet."""
        self.good(f"{text} (profile {self.profile})" if self.profile else text)

    def good(self, text: str) -> None:
        """Something that was found to be as it should; silent with --quiet."""
        text = self.reworded(text)
        self._collect("note", text)
        if not self.quiet:
            self._say(
                _paint("✓", "done", self.colors(self.stderr)) + self._prose(f"✓ {_indented(text)}").removeprefix("✓")
            )

    def line(self, text: str) -> None:
        """A line to copy (a command): on its own, and never wrapped; silent with --quiet."""
        text = self.reworded(text)
        self._collect("note", text)
        if not self.quiet:
            self._say(safe(text))

    def report(self, text: str) -> None:
        """What the data of a JSON document say as well; never wrapped."""
        self._say(_safe(text))

    def drawn(self, text: str) -> None:
        """What a prompter or a progress draws on stderr: with controls of its own, to the character."""
        self._put(self.stderr, redact(text))

    def block(self, text: str) -> None:
        """A diff or a table to look at before a question, with a line before it; never wrapped."""
        self._say(f"\n{_safe(text)}\n")

    def warning(self, text: str) -> None:
        """Something that may go wrong."""
        text = self.reworded(text)
        self._collect("warning", text)
        self._labelled("warning", text)

    def error(self, error: WizardError | str) -> None:
        """What went wrong and where, then what to do about it."""
        self._labelled("error", described(error) if isinstance(error, WizardError) else error)
        if isinstance(error, WizardError) and error.hint:
            self.hint(error.hint)

    def hint(self, text: str) -> None:
        """What to do about the error before."""
        self._labelled("hint", self.reworded(text))

    def envelope(self, command: str, *, ok: bool = True, data: Any = None, error: WizardError | None = None) -> None:
        """The one JSON document of the command on stdout (cli.md, JSON): its data, or the error that ended it.

        A command that ran and found something has `ok=False` and data; for a front end the data says that the
        dialogue is done. Escapes beyond ASCII keep the document the same in every locale, and harmless on a terminal.
        """
        document: dict[str, Any] = {"version": ENVELOPE_VERSION, "command": command}
        document["ok"] = ok and error is None
        if self.profile:
            document["profile"] = self.profile
        if error is not None:
            document["error"] = _error_value(error, self.reworded(error.hint))
        else:
            document["data"] = {"done": True, **(data or {})} if self.in_dialogue else data
        if error is None or self.messages:
            document["messages"] = self.messages
        self._put(self.stdout, json.dumps(redact_value(document), indent=2) + "\n")

    def settle(self) -> None:
        """Leave nothing for the interpreter's last flush, which complains about a full disk in words of its own."""
        for stream in (self.stdout, self.stderr):
            try:
                stream.flush()
            except OSError:
                _silence(stream)

    def _collect(self, level: Level, text: str) -> None:
        if not self.muted:
            self.messages.append({"level": level, "text": text})

    def _labelled(self, label: str, text: str) -> None:
        painted = _paint(f"{label}:", label, self.colors(self.stderr))
        self._say(painted + self._prose(f"{label}: {_indented(text)}").removeprefix(f"{label}:"))

    def _prose(self, text: str) -> str:
        return wrap(safe(redact(text)), terminal_width(self.stderr))

    def _say(self, text: str) -> None:
        if not self.muted:
            self.said += 1
            self._write(self.stderr, text)

    def _write(self, stream: TextIO, text: str) -> None:
        self._put(stream, _ended(redact(text)))

    def _put(self, stream: TextIO, shown: str) -> None:
        try:
            stream.write(shown if fits(shown, stream) else _escaped(shown, stream))
            stream.flush()
        except BrokenPipeError:
            _silence(stream)
            sys.exit(BROKEN_PIPE)
        except OSError as error:  # as of /dev/full
            _silence(stream)
            if stream is self.stdout:
                raise Unsaid(error) from error


def _safe(text: str) -> str:
    """Nothing in it acts but the colours that have been put on afterwards."""
    return text if isinstance(text, Painted) else safe(text)


def _indented(text: str) -> str:
    """Each further line begins with a blank: what comes from outside can't look like the next message."""
    return re.sub(r"\n(?=\S)", "\n  ", text)


def fits(text: str, stream: TextIO) -> bool:
    """Whether a stream's encoding has all characters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _escaped(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _allows_color(environ: Mapping[str, str]) -> bool:
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _paint(text: str, kind: str, color: bool) -> str:
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if color else text


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def described(error: WizardError) -> str:
    """What happened, with the place in front where the message does not name it."""
    places = (error.where, shown_path(Path(error.where)))
    if any(place in error.message for place in places):
        return error.message
    return f"{error.where}: {error.message}"


def _error_value(error: WizardError, hint: str) -> dict[str, Any]:
    value = {
        "code": error.code,
        "message": error.message,
        "hint": hint or None,
        "path": error.path,
        "line": error.line,
        "column": error.column,
    }
    return {key: item for key, item in value.items() if item is not None}


def _silence(stream: TextIO) -> None:
    """Point the broken stream at nothing, or the interpreter's last flush complains about it."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
