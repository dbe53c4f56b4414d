"""Questions on a real terminal, by questionary. Drawn on stderr, gone when answered, one line left of each."""

from __future__ import annotations

import contextlib
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from wizard.errors import Cancelled
from wizard.flow.engine import accept
from wizard.flow.question import Back, InvalidAnswer, Kind
from wizard.provider.pasted_key import stray_key
from wizard.redaction import SecretText
from wizard.shown import safe
from wizard.ui.kept_keys import KeptKeys, KeyQuestion, key_in
from wizard.ui.keyboard import insert_paste, open_keyboard
from wizard.ui.picker import Rows, pick, within_two_thirds
from wizard.ui.prompting import KeyPasted, several_texts, termination_interrupts
from wizard.ui.text import columns, one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import questionary
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.layout import AnyContainer, Layout
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
        self._kept = KeptKeys()

    def prepare(self) -> None:
        """Import what asking needs, a tenth of a second's work: for while something else is waited for."""
        import questionary  # noqa: F401

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        with self._session(question):
            ask = _asking(question, can_go_back, self._kept)
            while True:
                try:
                    answer = ask()
                except KeyPasted as stray:
                    self._output.note(self._kept.keep(stray.pasted))
                else:
                    _leave_line(question, answer)
                    return answer

    def show(self, text: str, level: Level) -> None:
        self._output.show(text, level)

    @contextlib.contextmanager
    def _session(self, question: Question) -> Iterator[None]:
        """Prompts made inside read the keyboard and draw on stderr. Every way to cancel ends as Cancelled."""
        from prompt_toolkit.application import create_app_session

        keyboard = open_keyboard(self._stdin, joins=_is_picked(question))
        try:
            with create_app_session(keyboard, self._screen()), termination_interrupts():
                yield
        except (KeyboardInterrupt, EOFError):
            raise Cancelled from None

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


def _asking(question: Question, can_go_back: bool, kept: KeptKeys) -> Callable[[], Raw]:
    """How the question is asked; called again, it goes on where it was left."""
    if question.choices:
        return partial(_ask_rows, question, can_go_back, _rows(question, can_go_back))
    if question.kind is Kind.CONFIRM:
        return partial(_ask_confirm, question, can_go_back)
    if question.kind is Kind.MANY:
        return partial(_ask_texts, question, can_go_back)
    if question.asks_for_key:
        return partial(_ask_key, question, can_go_back, kept)
    return partial(_ask_text, question, can_go_back)


def _is_picked(question: Question) -> bool:
    """Whether no text is typed as the answer."""
    return bool(question.choices) or question.kind is Kind.CONFIRM


def _rows(question: Question, can_go_back: bool) -> Rows:
    if question.kind is Kind.MANY:
        picked = question.default if isinstance(question.default, tuple) else ()
        return Rows(question.choices, picked, back=can_go_back, may_be_empty=_will_do(question, ()))
    rows = Rows(question.choices, None, back=can_go_back)
    rows.point_at(question.default)
    return rows


def _ask_rows(question: Question, can_go_back: bool, rows: Rows) -> Raw:
    answer: Raw = _run(pick(_message(question), rows, _style()), question, rows.ways, can_go_back)
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
            below = _listed(texts)
            answer = _run(prompt, question, lambda: ["Empty line done"], can_go_back or bool(texts), below)
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
    answer: str = _run(_text_prompt(question, typed), question, list, can_go_back)
    if not answer and question.kind is Kind.SECRET and question.default is not None:
        return question.default
    return SecretText(answer) if question.kind is Kind.SECRET else answer


def _ask_key(question: Question, can_go_back: bool, kept: KeptKeys) -> Raw:
    asked = KeyQuestion(question, kept)
    prompt = _text_prompt(question, "", asked.can_be_empty)
    below = [_dim(lambda: _folded(asked.state(prompt.application.current_buffer.text)))]
    try:
        answer: str = _run(prompt, question, list, can_go_back, below, asked.bindings())
    except Back:
        asked.leave(prompt.application.current_buffer.text)
        raise
    return asked.answer(answer)


def _text_prompt(
    question: Question, typed: str, can_be_empty: Callable[[], bool] | None = None
) -> questionary.Question:
    import questionary

    needed = question.kind is Kind.SECRET and question.default is None
    prompt = questionary.password if question.kind is Kind.SECRET else questionary.text

    def given(text: str) -> bool:
        return bool(text.strip()) or (can_be_empty is not None and can_be_empty())

    return prompt(
        _message(question),
        default=typed,
        validate=(lambda text: given(text) or "This needs an answer.") if needed else None,
        validate_while_typing=False,
        style=_style(),
    )


def _ask_confirm(question: Question, can_go_back: bool) -> Raw:
    import questionary

    answer: bool | None = None
    while answer is None:
        prompt = questionary.confirm(
            _message_before(question, f" {_YES_OR_NO[question.default]}Yes"),
            default=question.default,  # type: ignore[arg-type]  # None: Enter alone is no answer
            # Many type "y" and then Enter, and that Enter must not answer the next question.
            auto_enter=False,
            instruction=_YES_OR_NO[question.default],
            style=_style(),
        )
        answer = _run(prompt, question, lambda: ["Enter done"], can_go_back)
    return answer


def _run(
    prompt: questionary.Question,
    question: Question,
    ways: Callable[[], Sequence[str]],
    can_go_back: bool,
    below: Sequence[AnyContainer] = (),
    bindings: Mapping[str, Callable[[KeyPressEvent], None]] = MappingProxyType({}),
) -> Any:
    """Ask with the question's help above, what is `below`, the ways to answer or leave, and our keys."""
    from prompt_toolkit.key_binding import merge_key_bindings
    from prompt_toolkit.layout import HSplit, Layout

    def hints() -> str:
        return _fitting([*ways(), *(["Esc back"] if can_go_back else []), "Ctrl-C cancel"])

    app = prompt.application
    parts = [*_help(question.help), app.layout.container, *below, _dim(hints)]
    whole = within_two_thirds(parts) if question.choices else HSplit(parts)
    app.layout = Layout(whole, focused_element=app.layout.current_window)
    _take_only_what_is_needed(app.layout)
    own = app.key_bindings
    app.key_bindings = merge_key_bindings([*([own] if own else []), _keys(question, can_go_back, bindings)])
    app.ttimeoutlen = app.timeoutlen = ESCAPE_WAIT
    app.erase_when_done = True
    return prompt.unsafe_ask()


def _keys(
    question: Question, can_go_back: bool, bindings: Mapping[str, Callable[[KeyPressEvent], None]]
) -> KeyBindings:
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

    if question.kind is Kind.CONFIRM:
        keys.add("<bracketed-paste>")(_paste_at_confirmation)
    elif not question.choices:
        joint = ", " if question.kind is Kind.MANY else " "
        keys.add("<bracketed-paste>")(lambda event: insert_paste(event.current_buffer, event.data, joint))
    for key, handler in bindings.items():
        keys.add(key)(handler)
    return keys


def _leave(event: KeyPressEvent, how: BaseException) -> None:
    if not event.app.is_done:
        event.app.exit(exception=how)


def _paste_at_confirmation(event: KeyPressEvent) -> None:
    """A text is no yes and no no, whatever letters it has."""
    pasted = stray_key(event.data)
    if pasted is not None:
        _leave(event, KeyPasted(pasted))


def _message(question: Question) -> str:
    return wrap(_asked(question), _width() - 4)


def _message_before(question: Question, answered: str) -> str:
    """The question in lines of which the last one has room for what stands behind it: that is never broken."""
    message = _message(question)
    last = message.rpartition("\n")[2]
    has_room = columns(f"? {last}{answered}") < _width()
    return message if has_room else f"{message}\n"


def _asked(question: Question) -> str:
    """The question, set apart from the answer that stands behind it on the line."""
    text = one_line(question.text)
    return text if text.endswith(("?", ":")) else f"{text}:"


def _help(text: str) -> list[AnyContainer]:
    return [_dim(lambda: _folded(safe(text)))] if text else []


def _listed(texts: Sequence[str]) -> list[AnyContainer]:
    return [_dim(lambda: "\n".join(f"  • {one_line(text)}" for text in texts))] if texts else []


def _dim(text: Callable[[], str]) -> AnyContainer:
    """A window that is not there while it has nothing to say."""
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, Window

    shown = Window(FormattedTextControl(lambda: [("class:hint", text())]), wrap_lines=True)
    return ConditionalContainer(shown, Condition(lambda: bool(text())))


def _folded(text: str) -> str:
    return wrap(text, _width() - 1)


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
        pasted = key_in(question, str(answer))
        return (pasted.summary if pasted else "(not shown)") if answer else "(none)"
    values = (answer,) if isinstance(answer, str) else answer
    if len(values) > NAMED:
        return f"{len(values)} picked"
    labels = {choice.value: choice.label for choice in question.choices}
    return one_line(", ".join(labels.get(value, value) for value in values)) or "(none)"


def _width() -> int:
    from prompt_toolkit.application import get_app_session

    return get_app_session().output.get_size().columns


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
