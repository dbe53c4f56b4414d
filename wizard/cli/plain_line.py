"""Lines without a flag of ours: each start of Crush, and most first questions, would wait for click to read them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wizard.errors import WizardError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wizard.cli.result import Result
    from wizard.ui.output import Output


def plain_call(arguments: Sequence[str]) -> Callable[[Output], int] | None:
    """What carries out such a line and has its exit code; None for one that click is to read. It means the same."""
    match arguments:
        case ["run", *words]:
            plain = plain_words(words)
            return None if plain is None else partial(_run, plain)
        case [] | ["setup"]:
            return partial(_carry_out, "setup", _set_up)
        case ["add-provider"]:
            return partial(_carry_out, "add-provider", partial(_add_provider, None))
        case ["add-provider", preset] if not preset.startswith("-"):
            return partial(_carry_out, "add-provider", partial(_add_provider, preset))
    return None


def plain_words(behind: Sequence[str]) -> list[str] | None:
    """The words that `run` is to start where none of them is a flag of ours; None where one may be."""
    if behind[:1] == ["--"]:
        return [*behind[1:]]
    return None if behind and behind[0].startswith("-") else [*behind]


def _run(words: list[str], output: Output) -> int:
    from wizard.cli.run.start import start_with_secrets

    output.as_json = output.quiet = False  # what stands behind the command is its own
    return start_with_secrets(words, output)


def _set_up(output: Output) -> Result | int:
    from wizard.cli.setup.start import start_setup
    from wizard.cli.setup.wish import Wish
    from wizard.cli.which_file import WhichFile

    result = start_setup(Wish(WhichFile()), output)
    if not isinstance(result, tuple):
        return result
    from wizard.cli.command_line import carry_out

    return carry_out([*result], output)


def _add_provider(preset: str | None, output: Output) -> Result:
    from wizard.cli.provider.adding import add_provider
    from wizard.cli.provider.given import NewProviderFlags
    from wizard.cli.which_file import WhichFile

    return add_provider(NewProviderFlags(preset=preset), WhichFile(), output)


def _carry_out(name: str, call: Callable[[Output], Result | int], output: Output) -> int:
    try:
        result = call(output)
    except WizardError as error:
        from wizard.cli.command_line import commands

        commands.fit_hint(error, name)
        raise
    if isinstance(result, int):
        return result
    from wizard.cli.result import print_result

    return print_result(result, output, name)
