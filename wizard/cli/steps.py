"""`--steps`: a command that another program drives, one question a call (cli.md, "Dialogue for programs")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from wizard.cli.flags import with_options
from wizard.cli.secret.input import from_stdin, without_final_newline
from wizard.errors import UsageError
from wizard.redaction import SecretText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.flow.dialogue import Dialogue
    from wizard.ui.output import Output

LARGEST = 1024 * 1024
"""Bytes of stdin."""
FLAGS = ("--steps", "--state", "--answer", "--answer-stdin", "--secrets-stdin")
ALONGSIDE = ("--json", "--quiet", "--no-color")
"""What may be said again beside --state; all other flags are in the state."""
ON_STDIN = ("-", "--api-key-stdin")
"""Arguments that read stdin, which each call of a dialogue has anew."""

Function = TypeVar("Function", bound="Callable[..., Any]")


def _options(*, exposed: bool) -> list[Callable[[Function], Function]]:
    return [
        click.option("--steps", is_flag=True, expose_value=exposed, help="For programs: print the first question."),
        click.option("--state", metavar="STATE", expose_value=exposed, help="For programs: continue from this state."),
        click.option(
            "--answer", "answers", multiple=True, metavar="VALUE", expose_value=exposed, help="The answer; repeatable."
        ),
        click.option("--answer-stdin", is_flag=True, expose_value=exposed, help="The answer, a secret, is on stdin."),
        click.option("--secrets-stdin", is_flag=True, expose_value=exposed, help="All secrets as JSON on stdin."),
    ]


def driven(function: Function) -> Function:
    """--steps and what goes with it, for a command of the class Driven."""
    return with_options(function, *_options(exposed=False))


class Driven(click.Command):
    """A command whose questions a program can answer: each call prints the next one, the last call the result."""

    _leads = "wizard.cli.steps.leads"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_completing = ctx.resilient_parsing  # the shell completes a line
        if is_completing or not any(arg.partition("=")[0] in FLAGS for arg in args):
            return super().parse_args(ctx, args)
        ctx.obj.as_json = True  # so that even what can't be parsed is answered in JSON
        words, rest = _own_words(args)
        if words.wanted:
            ctx.meta[self._leads] = True
            rest = _begin(self.name or "", words, rest, ctx.obj)
        return super().parse_args(ctx, rest)

    def invoke(self, ctx: click.Context) -> Any:
        if self._leads not in ctx.meta:
            return super().invoke(ctx)
        from wizard.ui.stepper import NextQuestion

        try:
            return super().invoke(ctx)
        except NextQuestion as following:
            output: Output = ctx.obj
            output.envelope(self.name or "", data=following.data)
            return 0


# The call


class Words(Struct, frozen=True):
    """What a call says about its dialogue."""

    steps: bool = False
    state: str | None = None
    answers: tuple[str, ...] = ()
    answer_stdin: bool = False
    secrets_stdin: bool = False

    @property
    def wanted(self) -> bool:
        return self != Words()

    @property
    def answers_something(self) -> bool:
        return bool(self.answers) or self.answer_stdin


def _own_words(args: list[str]) -> tuple[Words, list[str]]:
    """The dialogue's flags, and all other arguments in their order. Behind `--` there are no flags."""
    end = args.index("--") if "--" in args else len(args)

    @click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
    def nothing() -> None: ...

    parser = with_options(nothing, *_options(exposed=True))
    with parser.make_context("", args[:end]) as ctx:
        return Words(**ctx.params), [*ctx.args, *args[end:]]


def _begin(command: str, words: Words, rest: list[str], output: Output) -> list[str]:
    """Let the program answer from now on; the arguments of the command as it was first called. Raises UsageError."""
    from wizard.ui.stepper import Stepper

    output.as_json = output.quiet = output.in_dialogue = True
    dialogue = _opened(command, words, rest, output)
    secrets = _secrets(words, dialogue)
    if words.answers_something or (dialogue.asked and dialogue.asked.name in secrets):
        dialogue = _answered(dialogue, words)
    output.front_end = Stepper(dialogue, secrets, output)
    return list(dialogue.arguments)


def _profile_flag(output: Output) -> tuple[str, ...]:
    return ("--profile", output.profile) if output.profile else ()


def _refuse_other_profile(arguments: tuple[str, ...], output: Output) -> None:
    """Every call is to be in the profile in which the dialogue began."""
    if arguments[-2:-1] == ("--profile",) and arguments[-1] != output.profile:
        raise UsageError(f"--state: this is a state of profile {arguments[-1]}", hint=f"add --profile {arguments[-1]}")
    if arguments[-2:-1] != ("--profile",) and output.profile:
        raise UsageError("--state: this is a state of no profile", hint="add --profile none")


def _opened(command: str, words: Words, rest: list[str], output: Output) -> Dialogue:
    from wizard.flow.dialogue import Dialogue, InvalidState, dialogue_of

    _refuse_secrets("an argument", rest)
    if words.state is None:
        if words.answers_something:
            raise UsageError("--answer needs --state", hint="begin with --steps, and answer the question it prints")
        _refuse_stdin(rest)
        return Dialogue(command, (*rest, *_profile_flag(output)))
    if stray := [arg for arg in rest if arg not in ALONGSIDE]:
        raise UsageError(f"--state has the flags of the first call: leave out {stray[0]}")
    try:
        dialogue = dialogue_of(words.state)
    except InvalidState:
        raise UsageError("--state: this is not the state of a dialogue", hint="pass it on as it was printed") from None
    if dialogue.command != command:
        raise UsageError(f"--state: this is a state of `{dialogue.command}`, not of `{command}`")
    _refuse_other_profile(dialogue.arguments, output)
    return dialogue


def _answered(dialogue: Dialogue, words: Words) -> Dialogue:
    """The dialogue with the answer to the question that waits for one."""
    from wizard.flow.dialogue import Given

    asked = dialogue.asked
    if asked is None:
        raise UsageError("--state: no question waits for an answer")
    if asked.is_secret and words.answers:
        raise UsageError("a secret can't be an argument: other users can see those", hint="pass it with --answer-stdin")
    _refuse_secrets("this answer", words.answers)
    return dialogue.plus(Given(asked.name, words.answers or None, asked.seen))


# Secrets


def _secrets(words: Words, dialogue: Dialogue) -> Mapping[str, str]:
    """What came through stdin, by the names of the questions; no more than the dialogue has come to."""
    if words.answer_stdin and (words.answers or words.secrets_stdin):
        raise UsageError("--answer-stdin can't be used with --answer or --secrets-stdin")
    asked = (dialogue.asked.name,) if dialogue.asked else ()
    if words.answer_stdin:
        return dict.fromkeys(asked, without_final_newline(from_stdin("--answer-stdin", LARGEST)))
    if words.secrets_stdin:
        brought = _by_name(from_stdin("--secrets-stdin", LARGEST))
        return {name: brought[name] for name in (*dialogue.from_stdin, *asked) if name in brought}
    return {}


def _by_name(text: str) -> Mapping[str, str]:
    wrong = UsageError('--secrets-stdin: this is not a JSON object of strings, as in {"key": "..."}')
    try:
        secrets = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong from None  # the cause would quote it
    if not isinstance(secrets, dict) or not all(map(_is_text, secrets.values())):
        raise wrong
    return {name: SecretText(secret) for name, secret in secrets.items()}


def _is_text(value: Any) -> bool:
    """JSON can spell halves of characters, which are no text."""
    return isinstance(value, str) and not any(0xD800 <= ord(char) <= 0xDFFF for char in value)


def _refuse_secrets(what: str, texts: Iterable[str]) -> None:
    """The state is passed on as an argument, so nothing that looks like a secret may be in it."""
    from wizard.ui.question_masking import secrets_in

    if any(map(secrets_in, texts)):
        raise UsageError(
            f"{what} looks like a secret, which a state can't contain",
            hint="leave it out of the first call, and pass it with --answer-stdin when it is asked for",
        )


def _refuse_stdin(arguments: Iterable[str]) -> None:
    if stray := [argument for argument in arguments if argument in ON_STDIN]:
        raise UsageError(f"{stray[0]} reads stdin, which a dialogue needs for its answers", hint="name a file instead")
