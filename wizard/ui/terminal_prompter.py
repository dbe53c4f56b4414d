"""Questions on a real terminal, by prompt_toolkit. Drawn on stderr, gone when answered, one line left of each."""

from __future__ import annotations

import asyncio
import contextlib
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from msgspec.structs import replace

from wizard.errors import Cancelled
from wizard.flow.engine import accept, visible_keys
from wizard.flow.question import Back, InvalidAnswer, Kind, settled
from wizard.interrupts import termination_interrupts
from wizard.provider.pasted_key import stray_key
from wizard.redaction import SecretText, redact
from wizard.shown import safe
from wizard.ui.answered_lines import AnsweredLines
from wizard.ui.kept_keys import KeptKeys, KeyQuestion
from wizard.ui.keyboard import insert_paste, open_keyboard
from wizard.ui.picker import Rows, pick, within_two_thirds
from wizard.ui.prompting import begin_all, redacted_question, say_known, several_texts
from wizard.ui.text import columns, one_line, wrap
from wizard.ui.yes_or_no import INSTRUCTIONS, YesOrNo, ask_yes_or_no

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence

    from prompt_toolkit.application import Application
    from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent
    from prompt_toolkit.layout import AnyContainer, Layout
    from prompt_toolkit.output import Output as Screen
    from prompt_toolkit.styles import Style as ScreenStyle

    from wizard.flow.question import Question, Raw
    from wizard.provider.pasted_key import PastedKey
    from wizard.ui.output import Output
    from wizard.ui.prompting import Level, News

ESCAPE_WAIT = 0.05
"""Seconds after which Esc is the Esc key, and not the first byte of an arrow key."""
LOOKING_AGAIN = 0.05
"""Seconds after which a list looks whether there is more to offer."""
NAMED = 5
"""Of more answers than this the line that stays tells only the number."""


class Asking:
    """A question that is being asked. `keep` takes a key that does not belong here, which is said above it.

    `meanwhile`: what to do as soon as it is on the screen. `news`: what to say above it as soon as it is known.
    `was_pointed_at`: the answer is the row that the cursor was on, where several could be marked and none was.
    """

    was_pointed_at = False

    def __init__(
        self,
        question: Question,
        can_go_back: bool,
        kept: KeptKeys,
        meanwhile: list[Callable[[], None]],
        news: list[News],
    ) -> None:
        self.question = question
        self.can_go_back = can_go_back
        self.kept = kept
        self.notice = ""
        self.news = news
        self._meanwhile = meanwhile

    def settle(self) -> bool:
        """Take in what it has to offer by now; whether it is complete."""
        later = self.question.later
        if later is not None and later.is_known():
            self.question = redacted_question(settled(self.question))
        return self.question.later is None

    def is_on_screen(self) -> None:
        begin_all(self._meanwhile)

    def keep(self, pasted: PastedKey) -> None:
        self.notice = self.kept.keep(pasted)

    def tell(self, output: Output) -> None:
        """What was said above the question stays on the screen."""
        if self.notice:
            output.note(self.notice)


class TerminalPrompter:
    """Asks on stderr. Esc and a "← Back" choice go back; Ctrl-C, Ctrl-D, SIGINT and SIGTERM cancel."""

    def __init__(self, output: Output, stdin: TextIO | None = None) -> None:
        self._output = output
        self._stdin = stdin
        self._kept = KeptKeys()
        self._answered = AnsweredLines(output)
        self._pointed_at: dict[str, Raw | None] = {}
        self._meanwhile: list[Callable[[], None]] = []
        self._news: list[News] = []

    def prepare(self) -> None:
        """Import what asking needs, a tenth of a second's work."""
        keep_key_bindings()

    def meanwhile(self, work: Callable[[], None]) -> None:
        self._meanwhile.append(work)

    def tell(self, news: News) -> None:
        self._news.append(news)
        say_known(self._news)

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        say_known(self._news)
        if question.later and question.later.is_known():
            question = settled(question)
        question = redacted_question(self._pointing(question))
        asked = Asking(question, can_go_back, self._kept, self._meanwhile, self._news)
        with self._session(question):
            try:
                answer = _ask(asked)
            except Back:
                asked.tell(self._output)
                self._answered.went_back()
                raise
            asked.tell(self._output)
            self._leave_line(asked.question, answer)
            self._pointed_at[question.key] = answer if asked.was_pointed_at else None
            return answer

    def _pointing(self, question: Question) -> Question:
        """What was taken by Enter alone is not marked when the question comes again: to take another one instead is
        to move there, and no mark out of sight has a say in it.
        """
        before = self._pointed_at.get(question.key)
        if not isinstance(before, tuple) or before != question.default or question.later is not None:
            return question
        return replace(question, default="".join(before))  # there is one, or none

    def show(self, text: str, level: Level) -> None:
        self._output.show(text, level)

    def _leave_line(self, question: Question, answer: Raw) -> None:
        """What stays on the screen: whether the answer will do, and which it was (of a secret, that there is one)."""
        from prompt_toolkit import print_formatted_text
        from prompt_toolkit.formatted_text import FormattedText

        mark, kind = ("✓", "class:done") if _will_do(question, answer) else ("✗", "class:wrong")
        asked, shown = f"{mark} {_asked(question)}", _answer_text(question, answer, self._kept)
        joint = " " if columns(f"{asked} {shown}") <= _width() else "\n  "
        if not self._answered.is_there(f"{asked}{joint}{shown}"):
            line = [(kind, mark), ("", wrap(asked, _width())[1:] + joint), ("class:answer", shown)]
            print_formatted_text(FormattedText(line), style=_style())

    @contextlib.contextmanager
    def _session(self, question: Question) -> Iterator[None]:
        """Prompts made inside read the keyboard and draw on stderr. Every way to cancel ends as Cancelled."""
        from prompt_toolkit.application import create_app_session

        keep_key_bindings()
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


@cache
def keep_key_bindings() -> None:
    """Make the keys that edit text once, and only where text is typed.

    prompt_toolkit makes those hundreds anew for each prompt, be it a list.
    """
    from prompt_toolkit.application import application
    from prompt_toolkit.filters import buffer_has_focus
    from prompt_toolkit.key_binding.defaults import load_key_bindings
    from prompt_toolkit.key_binding.key_bindings import DynamicKeyBindings

    kept = cache(load_key_bindings)

    def fitting() -> KeyBindingsBase | None:
        return kept() if buffer_has_focus() else None

    application.load_key_bindings = lambda: DynamicKeyBindings(fitting)  # type: ignore[attr-defined]


def _ask(asked: Asking) -> Raw:
    question = asked.question
    if question.choices:
        return _ask_rows(asked)
    if question.kind is Kind.CONFIRM:
        return _ask_confirm(asked)
    if question.kind is Kind.MANY:
        return _ask_texts(asked)
    return _ask_key(asked) if question.asks_for_key else _ask_text(asked)


def _is_picked(question: Question) -> bool:
    """Whether no text is typed as the answer."""
    return bool(question.choices) or question.kind is Kind.CONFIRM


def _rows(question: Question, can_go_back: bool) -> Rows:
    if question.kind is Kind.MANY:
        picked = question.default if isinstance(question.default, tuple) else ()
        rows = Rows(question.choices, picked, back=can_go_back, may_be_empty=_will_do(question, ()))
    else:
        rows = Rows(question.choices, None, back=can_go_back)
    rows.point_at(question.default)
    return rows


def _ask_rows(asked: Asking) -> Raw:
    rows = _rows(asked.question, asked.can_go_back)
    app = pick(_message(asked.question), rows, _style(), asked.keep)
    if asked.question.later is not None:
        app.pre_run_callables.append(lambda: _begin(app, _fill_in(rows, asked, app)))
    answer: Raw = _run(app, asked, rows.ways)
    asked.was_pointed_at = rows.many and not rows.picked
    return answer


def _begin(app: Application[Any], task: Coroutine[Any, Any, None]) -> None:
    """It ends with the prompt."""
    app.create_background_task(task)


async def _fill_in(rows: Rows, asked: Asking, app: Application[Any]) -> None:
    """Have the list grow while it is on the screen, once there is more to offer."""
    while not asked.settle():
        await asyncio.sleep(LOOKING_AGAIN)
    rows.take_in(asked.question.choices, asked.question.default)
    app.invalidate()


async def _tell(asked: Asking, app: Application[Any]) -> None:
    """Say what becomes known meanwhile above the question, which moves down."""
    while asked.news:
        await asyncio.sleep(LOOKING_AGAIN)
        if asked.news and asked.news[0].is_known():
            app.renderer.erase()
            say_known(asked.news)
            app.invalidate()


def _ask_texts(asked: Asking) -> Raw:
    """One text a prompt until an empty one; Esc takes the last text back before it leaves the question."""
    question = asked.question
    texts: tuple[str, ...] = question.default if isinstance(question.default, tuple) else ()
    typed = ", ".join(texts)
    if several_texts(typed) == texts:
        texts = ()  # one line to edit says the same
    else:
        typed = ""
    while True:
        prompt = _text_prompt(question, typed)
        try:
            answer = _run(prompt, asked, lambda: ["Empty line done"], _listed(texts), can_go_back=bool(texts))
        except Back:
            if not texts:
                raise
            *kept, typed = texts
            texts = tuple(kept)
            continue
        if not answer.strip():
            return texts
        texts, typed = texts + several_texts(answer), ""
        if visible_keys(question, texts):
            return texts  # it is refused, and not listed before that


def _ask_text(asked: Asking) -> Raw:
    question = asked.question
    typed = question.default if isinstance(question.default, str) and question.kind is Kind.TEXT else ""
    answer: str = _run(_text_prompt(question, typed), asked, list)
    if not answer and question.kind is Kind.SECRET and question.default is not None:
        return question.default
    return SecretText(answer) if question.kind is Kind.SECRET else answer


def _ask_key(asked: Asking) -> Raw:
    key = KeyQuestion(asked.question, asked.kept)
    prompt = _text_prompt(asked.question, "", key.can_be_empty)
    buffer = prompt.current_buffer
    try:
        answer: str = _run(prompt, asked, list, [_dim(lambda: _folded(key.state(buffer.text)))], key.bindings())
    except Back:
        key.leave(buffer.text)
        raise
    return key.answer(answer)


def _text_prompt(question: Question, typed: str, can_be_empty: Callable[[], bool] | None = None) -> Application[Any]:
    import questionary

    needed = question.kind is Kind.SECRET and question.default is None
    prompt = questionary.password if question.kind is Kind.SECRET else questionary.text

    def given(text: str) -> bool:
        return bool(text.strip()) or (can_be_empty is not None and can_be_empty())

    return prompt(
        _message(question),
        default=typed,
        validate=(lambda text: given(text) or "Type an answer.") if needed else None,
        validate_while_typing=False,
        style=_style(),
        include_default_pygments_style=False,
    ).application


def _ask_confirm(asked: Asking) -> Raw:
    question = asked.question
    default = question.default if isinstance(question.default, bool) else None
    message = _message_before(question, f" {INSTRUCTIONS[default]}Yes")
    prompt = ask_yes_or_no(YesOrNo(message, default), _style())
    answer: bool = _run(prompt, asked, lambda: ["Enter done"], bindings={"<bracketed-paste>": _keeping(asked)})
    return answer


def _run(
    app: Application[Any],
    asked: Asking,
    ways: Callable[[], Sequence[str]],
    below: Sequence[AnyContainer] = (),
    bindings: Mapping[str, Callable[[KeyPressEvent], None]] = MappingProxyType({}),
    *,
    can_go_back: bool = False,
) -> Any:
    """Ask with the question's help above, what is `below`, the ways to answer or leave, and our keys.

    `can_go_back`: also where the question itself has no way back.
    """
    from prompt_toolkit.key_binding import merge_key_bindings
    from prompt_toolkit.layout import HSplit, Layout

    question, can_go_back = asked.question, asked.can_go_back or can_go_back

    def hints() -> str:
        return _fitting([*ways(), *(["Esc back"] if can_go_back else []), "Ctrl-C cancel"])

    above = [_dim(lambda: _folded(asked.notice)), *_help(question.help)]
    parts = [*above, app.layout.container, *below, _dim(hints)]
    whole = within_two_thirds(parts) if question.choices else HSplit(parts)
    app.layout = Layout(whole, focused_element=app.layout.current_window)
    _take_only_what_is_needed(app.layout)
    own = app.key_bindings
    app.key_bindings = merge_key_bindings([*([own] if own else []), _keys(asked, can_go_back, bindings)])
    app.ttimeoutlen = app.timeoutlen = ESCAPE_WAIT
    app.erase_when_done = True
    if asked.news:
        app.pre_run_callables.append(lambda: _begin(app, _tell(asked, app)))
    app.after_render += lambda _: asked.is_on_screen()
    return app.run()


def _keys(asked: Asking, can_go_back: bool, bindings: Mapping[str, Callable[[KeyPressEvent], None]]) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys, question = KeyBindings(), asked.question

    @keys.add("c-c", eager=True)
    @keys.add("c-d", eager=True)
    @keys.add("<sigint>", eager=True)
    def _cancel(event: KeyPressEvent) -> None:
        _leave(event, KeyboardInterrupt())

    @keys.add("<vt100-mouse-event>", eager=True)
    def _ignore(_: KeyPressEvent) -> None:
        """Colours that were copied along with a text look like the mouse, whose handler would stumble over them."""

    @keys.add("escape")
    def _back(event: KeyPressEvent) -> None:
        if can_go_back:
            _leave(event, Back())

    if not question.choices:
        keys.add("<bracketed-paste>")(_inserting(asked))
    for key, handler in bindings.items():
        keys.add(key)(handler)
    return keys


def _leave(event: KeyPressEvent, how: BaseException) -> None:
    if not event.app.is_done:
        event.app.exit(exception=how)


def _inserting(asked: Asking) -> Callable[[KeyPressEvent], None]:
    """A pasted text is typed, but for a key that everybody would see there."""

    def insert(event: KeyPressEvent) -> None:
        question, pasted = asked.question, stray_key(event.data)
        if pasted is not None and visible_keys(question, pasted.key):
            asked.keep(pasted)
        else:
            insert_paste(event.current_buffer, event.data, ", " if question.kind is Kind.MANY else " ")

    return insert


def _keeping(asked: Asking) -> Callable[[KeyPressEvent], None]:
    """A pasted text is no yes and no no, whatever letters it has."""

    def keep(event: KeyPressEvent) -> None:
        pasted = stray_key(event.data)
        if pasted is not None:
            asked.keep(pasted)

    return keep


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


def _will_do(question: Question, answer: Raw) -> bool:
    try:
        accept(question, answer)
    except InvalidAnswer:
        return False
    return True


def _answer_text(question: Question, answer: Raw, kept: KeptKeys) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if question.kind is Kind.SECRET:
        pasted = kept.of(question) if answer else None
        given = pasted.summary if pasted and pasted.key == answer else "(not shown)"
        return given if answer else "(none)"
    values = (answer,) if isinstance(answer, str) else answer
    if len(values) > NAMED:
        return f"{len(values)} picked"
    labels = {choice.value: choice.label for choice in question.choices}
    return one_line(redact(", ".join(labels.get(value, value) for value in values))) or "(none)"


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
