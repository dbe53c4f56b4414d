"""What `import` brings in: a profile, open or encrypted, or what another tool's files say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.cli.move.sealed import opened
from wizard.crush.outgoing import destination
from wizard.errors import Conflict, Refused, UsageError
from wizard.files.locations import here
from wizard.files.writer import named_as_argument, read
from wizard.flow.question import Choice, Kind, Question
from wizard.private import Private
from wizard.provider.identifier import check_id
from wizard.ui.place import shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wizard.flow.driver import Asker
    from wizard.transfer.origins.found import FoundSetup
    from wizard.transfer.profile import Profile, ProfileProvider
    from wizard.ui.output import Output

PIPE = "-"
_CONFIGS = (".json", "crushrc")


class Incoming(Private, Struct, frozen=True):
    """`called` is the file or the tools in a word; `values` are secrets by name.

    `hints` tell providers apart whose ids do not, by id. `one_model`: it comes from tools of which some have one model
    for everything. `instead`: what else the same file can be read for, which is asked.
    """

    called: str
    profile: Profile
    values: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    one_model: bool = False
    instead: Incoming | None = None


class Keys(Struct, frozen=True):
    """How an encrypted profile is opened."""

    passphrase_file: Path | None
    identity: Path | None


# Profiles


def read_incoming(file: Path, keys: Keys, output: Output) -> Incoming:
    """A profile from a file or a pipe. Raises InvalidProfile, Unopened and their like; nothing is quoted."""
    from wizard.transfer.profile_file import read_profile

    called = "stdin" if str(file) == PIPE else str(file)
    content = _piped() if str(file) == PIPE else _content(file)
    opened = _in_the_clear(content, keys, output)
    read = read_profile(_text(opened, called), called)
    _say_odd_ids(read.profile, output)
    if read.values and opened == content and str(file) != PIPE:  # a pipe may come from `age --decrypt`
        _say_open_keys(file, output)
    return Incoming("-" if str(file) == PIPE else file.name, read.profile, read.values)


def _say_odd_ids(profile: Profile, output: Output) -> None:
    odd = {provider.id: why for provider in profile.providers if (why := check_id(provider.id))}
    if odd:
        why = next(iter(odd.values()))
        output.warning(f"`{'`, `'.join(odd)}`: {why}; with an id like this, Crush may fail to store a key or a login")


def _say_open_keys(file: Path, output: Output) -> None:
    output.warning(f"{shown_path(file)} contains plain-text keys")
    output.hint("delete it after the import; for an encrypted one: crush-wizard export FILE --with-secrets")


def is_config(file: Path) -> bool:
    """Whether the file is one of Crush's own by its name."""
    return file.name.endswith(_CONFIGS)


def _content(file: Path) -> bytes:
    from wizard.transfer.profile_file import LARGEST

    with named_as_argument(instead="name a file, or - for a pipe: COMMAND | crush-wizard import -"):
        content = read(file)
    if content is None:
        raise UsageError(f"there is no file {file}")
    if len(content) > 2 * LARGEST:
        raise Refused("this is too large for a profile", path=file)
    return content


def _piped() -> bytes:
    """All of stdin. What is asked afterwards is asked on the terminal, if there is one."""
    from wizard.transfer.profile_file import LARGEST

    if sys.stdin.isatty():
        raise UsageError("`-` reads from a pipe, and stdin is a terminal", hint="crush-wizard import FILE")
    content = sys.stdin.buffer.read(2 * LARGEST + 1)
    if len(content) > 2 * LARGEST:
        raise Refused("what comes through the pipe is too large for a profile")
    if not content.strip():
        raise Refused("the pipe is empty", hint="check the output of the command before it", path="stdin")
    _turn_to_the_terminal()
    return content


def _turn_to_the_terminal() -> None:
    """The pipe is read to its end, so keystrokes can only come from the terminal behind it."""
    try:
        sys.stdin = open("/dev/tty", encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open to the end
    except OSError:  # nobody is there
        return


def _in_the_clear(content: bytes, keys: Keys, output: Output) -> bytes:
    from wizard.transfer.sealing import is_sealed

    if not is_sealed(content):
        return content
    return opened(content, keys.passphrase_file, keys.identity, output)


def _text(content: bytes, called: str) -> str:
    from wizard.transfer.profile_file import InvalidProfile

    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidProfile("this is not a profile: it is not UTF-8 text", path=called) from None


# Other tools


def look_around(tools: Sequence[str] | None, file: Path | None, output: Output) -> Incoming:
    """What other tools' files say. `tools` None: all that are known but Crush.

    Raises the first error where nothing at all was found, and Conflict where there is nothing to take over.
    """
    from wizard.transfer.origins.found import look_for

    found, errors = look_for(tools, here(), file)
    if errors and not found:
        raise errors[0]
    for error in errors:
        output.warning(f"{error.where}: {error.message}" if error.where else error.message)
    taken = [setup for setup in found if setup.profile.providers]
    _say(found, output)
    if not taken:
        raise Conflict("nothing to import", hint="to add a provider: crush-wizard add-provider")
    return replace(_together(taken, output), instead=_proxy(tools, file, output))


def _proxy(tools: Sequence[str] | None, file: Path | None, output: Output) -> Incoming | None:
    """The running proxy of which LiteLLM's file is the configuration, where that file was asked for."""
    from wizard.transfer.origins.found import PROXY, look_for

    if tools is None or list(tools) != ["litellm"]:
        return None
    found, _ = look_for([PROXY], here(), file)
    if not found:
        return None
    output.note(f"LiteLLM's running proxy can be one provider: --from {PROXY}")
    return _together(found, output)


def _say(found: Sequence[FoundSetup], output: Output) -> None:
    for setup in found:
        ids = ", ".join(provider.id for provider in setup.profile.providers)
        output.note(f"{setup.tool}: {shown_path(setup.path)}: {ids or 'no providers'}")
        for sentence in setup.unsupported:
            output.warning(f"{setup.tool}: {sentence}")


def _together(several: Sequence[FoundSetup], output: Output) -> Incoming:
    """One profile of all, with a word about each provider whose id another one wanted, too."""
    from wizard.transfer.origins.joining import join

    joined = join(several)
    for sentence in joined.left:
        output.warning(sentence)
    hints = {
        provider.id: _whose(provider, joined.tools[provider.id])
        for provider in joined.profile.providers
        if provider.id in joined.clashing
    }
    tools = dict.fromkeys(setup.tool for setup in several)
    return Incoming(", ".join(tools), joined.profile, joined.values, hints, one_model="crush" not in tools)


def _whose(provider: ProfileProvider, tools: Sequence[str]) -> str:
    """`localhost:11434, from goose`."""
    host = destination(str(provider.entry.get("base_url", ""))).rpartition("://")[2]
    return ", ".join(part for part in (host, f"from {joined(dict.fromkeys(tools))}") if part)


def choose(incoming: Incoming, asker: Asker) -> Incoming:
    """The providers that the person picks; a single one is not asked about."""
    if incoming.instead is not None:
        incoming = _of_two(incoming, incoming.instead, asker)
    ids = tuple(provider.id for provider in incoming.profile.providers)
    if len(ids) == 1:
        return incoming
    question = Question(
        key="providers",
        text="Which providers do you want to import?",
        kind=Kind.MANY,
        flag="--provider",
        choices=tuple(Choice(provider, provider, incoming.hints.get(provider, "")) for provider in ids),
        default=ids,
    )
    picked = asker.ask(question, can_go_back=False)
    return narrowed(incoming, picked if isinstance(picked, tuple) else (str(picked),))


def _of_two(behind: Incoming, proxy: Incoming, asker: Asker) -> Incoming:
    question = Question(
        key="litellm",
        text="What should Crush use?",
        kind=Kind.CHOICE,
        flag="--from litellm-proxy",
        choices=(
            Choice("proxy", "the running proxy, as one provider"),
            Choice("behind", "the providers behind it, without the proxy"),
        ),
        default="proxy",
    )
    return proxy if asker.ask(question, can_go_back=False) == "proxy" else behind


def narrowed(incoming: Incoming, wanted: Sequence[str]) -> Incoming:
    """No other providers than these. Raises UsageError for one that is not there."""
    from wizard.transfer.arrival import only

    known = [provider.id for provider in incoming.profile.providers]
    for provider in wanted:
        if provider not in known:
            raise UsageError(
                f"--provider: there is no provider `{provider}`", hint=f"there are: {', '.join(known) or 'none'}"
            )
    profile = only(incoming.profile, wanted)
    values = {name: value for name, value in incoming.values.items() if name in profile.secrets}
    return Incoming(incoming.called, profile, values, one_model=incoming.one_model)
