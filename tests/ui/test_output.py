"""What goes to stdout, what to stderr, and how each looks."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wizard.errors import InvalidConfig, UsageError
from wizard.redaction import SecretText
from wizard.ui.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TERM = {"TERM": "xterm-256color"}


class Streams:
    """Two plain streams, as in a pipe."""

    def __init__(self) -> None:
        self.stdout = io.StringIO()
        self.stderr = io.StringIO()

    def output(self, **options: Any) -> Output:
        return Output(self.stdout, self.stderr, **options)


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., str]]:
    """`on_terminal(say, columns=80, **options)`: what a real terminal receives on stderr when `say(output)` runs."""
    opened: list[int] = []

    def run(say: Callable[[Output], None], columns: int = 80, **options: Any) -> str:
        outer, inner = os.openpty()
        opened.append(outer)
        _resize(inner, columns)
        with os.fdopen(inner, "w") as stderr:
            say(Output(io.StringIO(), stderr, **{"environ": TERM, **options}))
            return os.read(outer, 65536).decode().replace("\r\n", "\n")

    yield run
    for descriptor in opened:
        os.close(descriptor)


def _resize(descriptor: int, columns: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def test_data_goes_to_stdout_and_everything_else_to_stderr(streams: Streams) -> None:
    output = streams.output()
    output.data("the data")
    output.note("a note")
    output.warning("a warning")
    output.error(UsageError("no such flag", hint="try --help"))
    assert streams.stdout.getvalue() == "the data\n"
    assert streams.stderr.getvalue() == "a note\nwarning: a warning\nerror: no such flag\nhint: try --help\n"


def test_quiet_silences_notes_only(streams: Streams) -> None:
    output = streams.output(quiet=True)
    output.note("a note")
    output.warning("a warning")
    assert streams.stderr.getvalue() == "warning: a warning\n"


def test_an_error_names_the_place(streams: Streams) -> None:
    error = InvalidConfig("a comma is missing", path="/home/me/crush.json", line=3, column=7)
    streams.output().error(error)
    assert streams.stderr.getvalue() == "error: /home/me/crush.json:3:7: a comma is missing\n"


def test_a_place_that_the_message_names_is_not_named_twice(streams: Streams) -> None:
    streams.output().error(InvalidConfig("/etc/crush.json is a folder", path="/etc/crush.json"))
    assert streams.stderr.getvalue() == "error: /etc/crush.json is a folder\n"


def test_the_envelope_of_a_success_carries_data_and_messages(streams: Streams) -> None:
    output = streams.output(as_json=True, quiet=True)
    output.note("a note")
    output.warning("a warning")
    output.envelope("list", data={"providers": []})
    assert json.loads(streams.stdout.getvalue()) == {
        "version": 1,
        "command": "list",
        "ok": True,
        "data": {"providers": []},
        "messages": [{"level": "note", "text": "a note"}, {"level": "warning", "text": "a warning"}],
    }


def test_the_envelope_of_an_error_leaves_out_what_is_not_known(streams: Streams) -> None:
    streams.output().envelope("list", error=InvalidConfig("bad", hint="fix it", path="crush.json", line=3))
    assert json.loads(streams.stdout.getvalue()) == {
        "version": 1,
        "command": "list",
        "ok": False,
        "error": {
            "code": "invalid-config",
            "message": "bad",
            "hint": "fix it",
            "path": "crush.json",
            "line": 3,
        },
    }


def test_a_command_that_found_something_is_not_ok_but_has_data(streams: Streams) -> None:
    streams.output().envelope("doctor", ok=False, data={"findings": [1]})
    document = json.loads(streams.stdout.getvalue())
    assert (document["ok"], document["data"]) == (False, {"findings": [1]})


def test_secrets_are_masked_on_both_streams_and_in_the_envelope(streams: Streams) -> None:
    SecretText('sk-"secret"')
    output = streams.output()
    output.data('data sk-"secret"')
    output.warning('warning sk-"secret"')
    output.error(UsageError('error sk-"secret"', hint='hint sk-"secret"'))
    output.envelope("x", data={"diff": 'sk-"secret"'})
    output.envelope("x", error=UsageError('error sk-"secret"'))
    everything = streams.stdout.getvalue() + streams.stderr.getvalue()
    assert "secret" not in everything
    assert everything.count("<redacted>") == 8


def test_escapes_in_messages_are_shown_and_not_sent(on_terminal: Callable[..., str]) -> None:
    assert on_terminal(lambda output: output.warning("\x1b[2Jgone\u202e"), color=False) == (
        "warning: \\x1b[2Jgone\\u202e\n"
    )


def test_escapes_in_json_stay_escaped(streams: Streams) -> None:
    streams.output().envelope("list", data="\x1b[2J\x9b \u202e é")
    assert streams.stdout.getvalue().isascii()
    assert "\x1b" not in streams.stdout.getvalue()
    assert json.loads(streams.stdout.getvalue())["data"] == "\x1b[2J\x9b \u202e é"


def test_a_terminal_gets_colours(on_terminal: Callable[..., str]) -> None:
    assert on_terminal(lambda output: output.error("bad")) == "\x1b[31merror:\x1b[0m bad\n"


@pytest.mark.parametrize(
    "options",
    [{"environ": {**TERM, "NO_COLOR": "1"}}, {"environ": {"TERM": "dumb"}}, {"color": False}],
    ids=["NO_COLOR", "TERM=dumb", "--no-color"],
)
def test_a_terminal_that_wants_none_gets_none(on_terminal: Callable[..., str], options: dict[str, Any]) -> None:
    assert on_terminal(lambda output: output.error("bad"), **options) == "error: bad\n"


def test_prose_is_wrapped_to_the_terminal(on_terminal: Callable[..., str]) -> None:
    shown = on_terminal(lambda output: output.warning("word " * 20), columns=40, color=False)
    assert len(shown.splitlines()) == 3
    assert all(len(line) <= 40 for line in shown.splitlines())


def test_prose_in_a_pipe_is_not_wrapped(streams: Streams) -> None:
    streams.output().warning("word " * 50 + "end")
    assert len(streams.stderr.getvalue().splitlines()) == 1


def test_a_reader_that_goes_away_ends_the_program_quietly() -> None:
    program = (
        "import sys\nfrom wizard.ui.output import Output\n"
        "output = Output(sys.stdout, sys.stderr)\n"
        "while True: output.data('line')"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    with writer:
        assert writer.stdout.readline() == "line\n"
        writer.stdout.close()
        assert writer.stderr.read() == ""
        assert writer.wait(timeout=30) == 141


def test_showing_loads_nothing_that_only_asking_needs(tmp_path: Path) -> None:
    program = (
        "import sys, wizard.ui.output, wizard.ui.prompter, wizard.ui.table\n"
        "wizard.ui.output.Output(sys.stdout, sys.stderr).note('hello')\n"
        "print(*{'questionary', 'prompt_toolkit', 'rich', 'wcwidth'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "hello\n")
