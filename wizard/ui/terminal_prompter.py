"""Questions on a real terminal, by questionary. Drawn on stderr, gone when answered, one line left of each."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO

from wizard.errors import Cancelled
from wizard.flow.engine import accept
from wizard.flow.question import Back, InvalidAnswer, Kind
from wizard.redaction import SecretText
from wizard.shown import safe
from wizard.ui.picker import pick_many, pick_one
from wizard.ui.prompting import several_texts, termination_interrupts
from wizard.ui.text import columns, one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import questionary
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.layout import Layout, Window
    from prompt_toolkit.output import Output as Screen
    from prompt_toolkit.styles import Style as ScreenStyle

    from wizard.flow.question import Question, Raw
    from wizard.ui.output import Output
    from wizard.ui.prompting import Level

ESCAPE_WAIT = 0.05
"""Seconds after which Esc is the Esc key, and not the first byte of an arrow key."""
NAMED = 5
"""Of more answers than this the line that stays tells only the number."""
_YES_OR_NO: Mapping[object, str] = {True: "(Y/n) ", False: "(y/N) ", None: "(y/n) "}


class TerminalPrompter:
    """Asks on stderr. Esc and a "← Back" choice go back; Ctrl-C, Ctrl-D, SIGINT and SIGTERM cancel."""

    def __init__(self, output: Output, stdin: TextIO | None = None) -> None:
        self._output = output
        self._stdin = stdin

    def prepare(self) -> None:
        """Import what asking needs, a tenth of a second's work: for while something else is waited for."""
        import questionary  # noqa: F401

        keep_key_bindings()

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        with self._session():
            answer = _ask(question, can_go_back)
            _leave_line(question, answer)
            return answer

    def show(self, text: str, level: Level) -> None:
        self._output.show(text, level)

    @contextlib.contextmanager
    def _session(self) -> Iterator[None]:
        """Prompts made inside read the keyboard and draw on stderr. Every way to cancel ends as Cancelled."""
        from prompt_toolkit.application import create_app_session

        keep_key_bindings()
        try:
            with create_app_session(self._keyboard(), self._screen()), termination_interrupts():
                yield
        except (KeyboardInterrupt, EOFError):
            raise Cancelled from None

    def _keyboard(self) -> Input:
        from prompt_toolkit.input import create_input

        return create_input(self._stdin)

    def _screen(self) -> Screen:
        from prompt_toolkit.output import ColorDepth, create_output
        from prompt_toolkit.output.vt100 import Vt100_Output

        screen = create_output(stdout=self._output.stderr)
        if isinstance(screen, Vt100_Output):
            # Asking the terminal where its cursor is buys us nothing; not every one answers, and an
            # answer that comes after the last question would be typed into the user's shell.
            screen.enable_cpr = False
            if not self._output.colors(self._output.stderr):
                screen.default_color_depth = ColorDepth.DEPTH_1_BIT
        return screen


@cache
def keep_key_bindings() -> None:
    """Make the keys that every prompt has once. prompt_toolkit makes those hundreds anew for each of them."""
    from prompt_toolkit.application import application
    from prompt_toolkit.key_binding.defaults import load_key_bindings

    application.load_key_bindings = cache(load_key_bindings)  # type: ignore[attr-defined]


def _ask(question: Question, can_go_back: bool) -> Raw:
    if question.kind is Kind.CHOICE:
        return _ask_choice(question, can_go_back)
    if question.kind is Kind.CONFIRM:
        return _ask_confirm(question, can_go_back)
    if question.kind is Kind.MANY and question.choices:
        return _ask_many(question, can_go_back)
    if question.kind is Kind.MANY:
        return _ask_texts(question, can_go_back)
    return _ask_text(question, can_go_back)


def _ask_choice(question: Question, can_go_back: bool) -> Raw:
    prompt = pick_one(_message(question), question.choices, question.default, back=can_go_back, style=_style())
    answer: str = _run(prompt, question, ["Enter choose"], can_go_back)
    return answer


def _ask_many(question: Question, can_go_back: bool) -> Raw:
    picked = question.default if isinstance(question.default, tuple) else ()
    prompt = pick_many(_message(question), question.choices, picked, back=can_go_back, style=_style())
    answer: tuple[str, ...] = _run(prompt, question, ["Space pick", "Enter done"], can_go_back)
    return answer


def _ask_texts(question: Question, can_go_back: bool) -> Raw:
    """One text a prompt until an empty one; Esc takes the last text back before it leaves the question."""
    texts: tuple[str, ...] = question.default if isinstance(question.default, tuple) else ()
    typed = ", ".join(texts)
    if several_texts(typed) == texts:
        texts = ()  # one line to edit says the same
    else:
        typed = ""
    while True:
        prompt = _text_prompt(question, typed)
        try:
            answer = _run(prompt, question, ["Empty line done"], can_go_back or bool(texts), texts)
        except Back:
            if not texts:
                raise
            *kept, typed = texts
            texts = tuple(kept)
            continue
        if not answer.strip():
            return texts
        texts, typed = texts + several_texts(answer), ""


def _ask_text(question: Question, can_go_back: bool) -> Raw:
    typed = question.default if isinstance(question.default, str) and question.kind is Kind.TEXT else ""
    answer: str = _run(_text_prompt(question, typed), question, [], can_go_back)
    if not answer and question.kind is Kind.SECRET and question.default is not None:
        return question.default
    return SecretText(answer) if question.kind is Kind.SECRET else answer


def _text_prompt(question: Question, typed: str) -> questionary.Question:
    import questionary

    needed = question.kind is Kind.SECRET and question.default is None
    prompt = questionary.password if question.kind is Kind.SECRET else questionary.text
    return prompt(
        _message(question),
        default=typed,
        validate=(lambda text: bool(text.strip()) or "This needs an answer.") if needed else None,
        validate_while_typing=False,
        style=_style(),
    )


def _ask_confirm(question: Question, can_go_back: bool) -> Raw:
    import questionary

    answer: bool | None = None
    while answer is None:
        prompt = questionary.confirm(
            _message(question),
            default=question.default,  # type: ignore[arg-type]  # None: Enter alone is no answer
            # Many type "y" and then Enter, and that Enter must not answer the next question.
            auto_enter=False,
            instruction=_YES_OR_NO[question.default],
            style=_style(),
        )
        answer = _run(prompt, question, ["Enter done"], can_go_back)
    return answer


def _run(
    prompt: questionary.Question, question: Question, ways: Sequence[str], can_go_back: bool, so_far: Sequence[str] = ()
) -> Any:
    """Ask with the question's help above, the ways to answer or leave below, and our keys."""
    from prompt_toolkit.key_binding import merge_key_bindings
    from prompt_toolkit.layout import HSplit, Layout

    app = prompt.application
    hints = [*ways, *(["Esc back"] if can_go_back else []), "Ctrl-C cancel"]
    parts = [*_help(question.help), app.layout.container, *_listed(so_far), _dim(_fitting(hints))]
    app.layout = Layout(HSplit(parts), focused_element=app.layout.current_window)
    _take_only_what_is_needed(app.layout)
    own = app.key_bindings
    app.key_bindings = merge_key_bindings([*([own] if own else []), _keys(question, can_go_back)])
    app.ttimeoutlen = app.timeoutlen = ESCAPE_WAIT
    app.erase_when_done = True
    return prompt.unsafe_ask()


def _keys(question: Question, can_go_back: bool) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("c-c", eager=True)
    @keys.add("c-d", eager=True)
    @keys.add("<sigint>", eager=True)
    def _cancel(event: KeyPressEvent) -> None:
        _leave(event, KeyboardInterrupt())

    @keys.add("escape")
    def _back(event: KeyPressEvent) -> None:
        if can_go_back:
            _leave(event, Back())

    if not question.choices:
        joint = ", " if question.kind is Kind.MANY else " "
        keys.add("<bracketed-paste>")(lambda event: _paste(event, joint))
    return keys


def _leave(event: KeyPressEvent, how: BaseException) -> None:
    if not event.app.is_done:
        event.app.exit(exception=how)


def _paste(event: KeyPressEvent, joint: str) -> None:
    """A pasted text is one line: what was copied with its line's end is not answered twice."""
    lines = [line.strip() for line in event.data.splitlines()]
    event.current_buffer.insert_text(joint.join(line for line in lines if line))


def _message(question: Question) -> str:
    return wrap(_asked(question), _width() - 4)


def _asked(question: Question) -> str:
    """The question, set apart from the answer that stands behind it on the line."""
    text = one_line(question.text)
    return text if text.endswith(("?", ":")) else f"{text}:"


def _help(text: str) -> list[Window]:
    return [_dim(wrap(safe(text), _width() - 1))] if text else []


def _listed(texts: Sequence[str]) -> list[Window]:
    return [_dim("\n".join(f"  • {one_line(text)}" for text in texts))] if texts else []


def _dim(text: str) -> Window:
    from prompt_toolkit.layout import FormattedTextControl, Window

    return Window(FormattedTextControl([("class:hint", text)]), wrap_lines=True)


def _fitting(hints: Sequence[str]) -> str:
    """As many of the hints as fit on one line."""
    line = " · ".join(hints)
    return line if columns(line) < _width() or len(hints) == 1 else _fitting(hints[:-1])


def _take_only_what_is_needed(layout: Layout) -> None:
    """Or prompt_toolkit spreads the parts over the rest of the screen."""
    from prompt_toolkit.filters import Always

    for window in layout.find_all_windows():
        window.dont_extend_height = Always()


def _leave_line(question: Question, answer: Raw) -> None:
    """What stays on the screen: whether the answer will do, and which it was (of a secret, that there is one)."""
    from prompt_toolkit import print_formatted_text
    from prompt_toolkit.formatted_text import FormattedText

    mark, kind = ("✓", "class:done") if _will_do(question, answer) else ("✗", "class:wrong")
    asked, shown = f"{mark} {_asked(question)}", _answer_text(question, answer)
    joint = " " if columns(f"{asked} {shown}") <= _width() else "\n  "
    line = [(kind, mark), ("", wrap(asked, _width())[1:] + joint), ("class:answer", shown)]
    print_formatted_text(FormattedText(line), style=_style())


def _will_do(question: Question, answer: Raw) -> bool:
    try:
        accept(question, answer)
    except InvalidAnswer:
        return False
    return True


def _answer_text(question: Question, answer: Raw) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if question.kind is Kind.SECRET:
        return "(not shown)" if answer else "(none)"
    values = (answer,) if isinstance(answer, str) else answer
    if len(values) > NAMED:
        return f"{len(values)} picked"
    labels = {choice.value: choice.label for choice in question.choices}
    return one_line(", ".join(labels.get(value, value) for value in values)) or "(none)"


def _width() -> int:
    from prompt_toolkit.application import get_app_session

    return get_app_session().output.get_size().columns


@cache
def _style() -> ScreenStyle:
    """Named colours only, which every theme keeps legible on its own background."""
    from prompt_toolkit.styles import Style

    return Style(
        [
            ("qmark", "noinherit fg:ansicyan bold"),
            ("question", "noinherit bold"),
            ("answer", "noinherit fg:ansicyan"),
            ("done", "fg:ansigreen"),
            ("wrong", "fg:ansired"),
            ("pointer", "noinherit fg:ansicyan bold"),
            ("selected", "noinherit fg:ansicyan"),
            ("hint", "dim"),
            ("cursor-line", "nounderline bold"),
            ("validation-toolbar", "noinherit fg:ansired"),
        ]
    )
