"""`--profile NAME`, which every command takes, before or after its name: read before click reads the line."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from wizard import folders
from wizard.cli.commands import COMMANDS
from wizard.errors import InvalidConfig, UsageError, WizardError
from wizard.flow.question import Kind, Question
from wizard.machine.folder_profile import allow, is_allowed, named_by_folder
from wizard.machine.profiles import in_profile, named_or_none, profiles
from wizard.namespace import NONE, VARIABLE
from wizard.regexp import regexp
from wizard.secrets.settings import remembered_profile
from wizard.ui.output import described
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.machine.folder_profile import FolderProfile
    from wizard.machine.profiles import KeptProfile
    from wizard.ui.output import Output

FLAG = "--profile"


_NEVER_ASK = {"profile", "completion", "secret", "env", "paths"}
"""Commands that manage what is in force, or that only tell."""
_MENDING = {"profile", "doctor", "paths", "completion"}
"""Commands that help where the profile in force can't be told."""
_WRITING = {"doctor": "--fix"}
"""With which one of them changes the config."""
_ASK_NOTHING = {"--yes", "-y", "--json", "--quiet"}


@contextmanager
def profile_in_force(arguments: Sequence[str], output: Output) -> Iterator[list[str]]:
    """The arguments without the flag, to be carried out in the profile that it names, or that is in force without.

    Raises UsageError and InvalidConfig.
    """
    flag, rest = taken(arguments)
    profile = _choose(flag, rest, output)
    with in_profile(profile):
        output.profile = profile.name if profile else ""
        if flag is not None:
            output.reworded = lambda text: with_flag(text, output.profile or NONE)
        yield rest


@contextmanager
def profile_of_line(words: Sequence[str]) -> Iterator[None]:
    """The profile of a line that is still being typed, as far as it can be told: nobody is asked, nothing is said."""
    profile = None
    with suppress(WizardError):
        name = _flag_so_far(words) or os.environ.get(VARIABLE)
        found = None if name else named_by_folder()
        if found is not None and found.profile in profiles() and is_allowed(found):
            profile = found.profile
        else:
            profile = named_or_none(name or remembered_profile(folders.settings()) or NONE)
    with in_profile(profile):
        yield


def _flag_so_far(words: Sequence[str]) -> str | None:
    try:
        return taken(words[1:])[0]
    except UsageError:  # its name comes next
        return None


def _choose(flag: str | None, rest: Sequence[str], output: Output) -> KeptProfile | None:
    """By the flag, the environment, the folder, or `profile use`. Raises UsageError where there is no such profile."""
    verb = next((word for word in rest if not word.startswith("-")), "")
    is_asked_by_program = list(rest[:2]) == ["secret", "get"] and not is_terminal(output.stdout)
    try:
        if name := flag or os.environ.get(VARIABLE):
            output.profile_by = FLAG if flag else VARIABLE
            return named_or_none(name)
        if is_asked_by_program:  # as by Crush, which was not started in a profile
            return None
        found = _known(named_by_folder(), verb, output)
        if found is not None and _is_allowed(found, verb, rest, output):
            output.profile_by = shown_path(found.path)
            return found.profile
        output.profile_by = "profile use"
        return named_or_none(remembered_profile(folders.settings()) or NONE)
    except UsageError as error:
        if flag is not None:
            raise
        if verb == "profile" or _wants_help(rest):  # which put it right
            return None
        _go_on_without(UsageError(error.message, hint=_way_out(output.profile_by)), verb, rest, output)
    except InvalidConfig as error:
        is_replaced = verb == "profile" and "use" in rest
        if not (is_replaced or _wants_help(rest)):
            _go_on_without(error, verb, rest, output)
    return None


def _go_on_without(error: WizardError, verb: str, rest: Sequence[str], output: Output) -> None:
    """Go on in no profile where the command helps to mend what names one, and changes nothing that is in one.

    Raises the error for all other commands.
    """
    if verb not in _MENDING or _WRITING.get(verb, "") in rest:
        raise error
    output.profile_by = ""
    output.warning(f"no profile is in force: {described(error)}")
    output.hint(error.hint)


def _way_out(by: str) -> str:
    """Of a profile that is not there, and that nobody has just typed."""
    if by == VARIABLE:
        return f"{VARIABLE} has this name: unset it, or set another one"
    return f"this is the profile of `crush-wizard profile use`; to use none: crush-wizard profile use {NONE}"


def _known(found: FolderProfile | None, verb: str, output: Output) -> FolderProfile | None:
    """What the folder names, where there is such a profile."""
    if found is None or found.profile in profiles():
        return found
    if verb not in _NEVER_ASK:
        output.note(f"{shown_path(found.path)} names profile {found.profile.name}, which does not exist here")
    return None


def _wants_help(rest: Sequence[str]) -> bool:
    return rest[:1] != ["run"] and not {"-h", "--help"}.isdisjoint(rest)


def _is_allowed(found: FolderProfile, verb: str, rest: Sequence[str], output: Output) -> bool:
    """Whether the user has agreed that the folder's file names the profile: whoever made the folder wrote it."""
    said = is_allowed(found)
    if said is not None:
        return said
    asker = None if verb in _NEVER_ASK or not _ASK_NOTHING.isdisjoint(rest) else open_prompter(output)
    if asker is None:
        if verb not in _NEVER_ASK:
            output.warning(
                f"{shown_path(found.path)} names profile {found.profile.name}, which is not in force: to agree, type "
                f"crush-wizard profile use {found.profile.name} --here"
            )
        return False
    text = f"{shown_path(found.path)} names profile {found.profile.name}. Use it in this folder?"
    question = Question(key="folder_profile", text=text, kind=Kind.CONFIRM, flag=FLAG, default=False, decision=True)
    agreed = asker.ask(question, can_go_back=False) is True
    allow(found, agreed)
    return agreed


def taken(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """What the flag says, and all other arguments. Behind `--`, and behind the COMMAND of `run`, are none of ours."""
    found: str | None = None
    rest: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "--" or (_is_command_of_run(word, rest)):
            return found, [*rest, word, *left]
        name, equals, value = word.partition("=")
        if name != FLAG:
            rest.append(word)
        elif equals or left:
            found = _name(value if equals else left.pop(0))
        else:
            raise _nameless()
    return found, rest


def _is_command_of_run(word: str, before: Sequence[str]) -> bool:
    own = [argument for argument in before if not argument.startswith("-")]
    return own[:1] == ["run"] and not word.startswith("-") and before[-1] != "--only"


def _name(value: str) -> str:
    if not value or value.startswith("-"):
        raise _nameless()
    return value


def _nameless() -> UsageError:
    return UsageError(f"{FLAG} needs the name of a profile", hint=f"{FLAG} NAME, or {FLAG} {NONE} for no profile")


_COMMAND = regexp(rf"(?<!\$\()\b(crush-wizard|-m wizard) (?=({'|'.join(sorted(COMMANDS.keys() - {'profile'}))})\b)")
"""A command of ours as messages name it; not one in a placeholder."""


def with_flag(text: str, profile: str) -> str:
    """The text with the flag in each command of ours: without it, it would look at something else."""
    return _COMMAND.sub(rf"\1 {FLAG} {profile} ", text)
