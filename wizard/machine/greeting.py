"""What was found on this machine, in words: said before the first question, or above it as soon as it is known."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from wizard import folders
from wizard.crush.selected import named
from wizard.flow.key_source import FILE
from wizard.machine.facts_age import days_too_old
from wizard.machine.getting_crush import PAGE, install_command
from wizard.network.loopback import is_loopback
from wizard.provider.milestones import spelled
from wizard.secrets.index import Index
from wizard.secrets.settings import FIRST_CHOICE, remembered_store
from wizard.ui.place import shown_path
from wizard.ui.prompting import News
from wizard.words import by_number, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.flow.preset import Preset
    from wizard.flow.setup import Server
    from wizard.machine.looking_around import MachineState
    from wizard.secrets.store import StoreStatus
    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter

UPDATE = "crush-wizard catalog update"
Mark = Literal["✓", "–", "✗"]


class GreetingLine(Struct, frozen=True):
    """One line of the greeting. `copy` is a command that goes with it, on a line of its own."""

    mark: Mark
    text: str
    copy: str = ""


class GreetingPart(Struct, frozen=True):
    """What there is to say about one thing: `lines` waits for it, `is_known` tells whether it has to."""

    is_known: Callable[[], bool]
    lines: Callable[[], Iterable[GreetingLine]]


def findings(seen: MachineState) -> tuple[GreetingPart, ...]:
    """The greeting, in its order: first what needs no look."""
    looks = seen.looks
    depends = any(provider.depends_on_endpoint for provider in seen.own)
    return (
        GreetingPart(_at_once, lambda: _files(seen)),
        GreetingPart(_at_once, lambda: [_variables(seen)]),
        GreetingPart(looks.has_seen_servers if depends else _at_once, lambda: _providers(seen)),
        GreetingPart(looks.has_seen_crush, lambda: _crush(seen)),
        GreetingPart(looks.has_seen_servers, lambda: [_servers(seen)]),
        GreetingPart(looks.has_seen_keyring, lambda: [_keyring(seen.keyring)]),
        GreetingPart(_at_once, lambda: _old_facts(seen)),
    )


def _at_once() -> bool:
    return True


def greet(seen: MachineState, asker: Prompter | None, output: Output) -> None:
    """Say what is known; the rest is said by the one who asks, when it is. Where nobody is asked it is waited for."""
    output.note(f"crush-wizard found{f' (profile {output.profile})' if output.profile else ''}:")
    if asker is None or output.in_dialogue:
        seen.looks.begin()
    else:
        asker.meanwhile(seen.looks.begin)
    for part in findings(seen):
        news = News(part.is_known, partial(_say, part, output))
        if asker is None:
            news.say()
        else:
            asker.tell(news)


def _say(part: GreetingPart, output: Output) -> None:
    for found in part.lines():
        if found.mark == "✓":
            output.good(found.text)
        elif found.mark == "✗":
            output.warning(found.text)
        else:
            output.note(f"{found.mark} {found.text}")
        if found.copy:
            output.line(f"    {found.copy}")


def _crush(seen: MachineState) -> Iterator[GreetingLine]:
    program = seen.crush
    if program is None:
        yield GreetingLine("✓" if seen.which("crush") else "–", "Crush: no version yet")
    elif program.path is None:
        yield from _no_crush(program.problem, seen)
    elif program.version is None:
        yield GreetingLine("✓", f"Crush, of unknown version: {program.problem}")
    else:
        version = program.version
        yield GreetingLine("✓", f"Crush {spelled(version) if isinstance(version, tuple) else version}")


def _no_crush(problem: str, seen: MachineState) -> Iterator[GreetingLine]:
    why = "" if problem.endswith("not on PATH") else f" ({problem})"
    command = install_command(seen.platform, seen.which)
    if command is None:
        yield GreetingLine("–", f"Crush is not installed{why}; install it:", PAGE)
    else:
        yield GreetingLine("–", f"Crush is not installed{why}; install it any time:", command)


def _files(seen: MachineState) -> Iterator[GreetingLine]:
    if not seen.has_files:
        yield GreetingLine("–", "no config yet")
        return
    from wizard.machine.problems import problem_line

    effective = seen.in_force.effective
    if effective.fatal:
        yield GreetingLine("✗", "Crush does not start with this config:")
    for problem in effective.fatal:
        yield GreetingLine("✗", problem_line(problem))
    there = [file.path for file in effective.files if file.content is not None]
    if there:
        yield GreetingLine("✓", f"config: {', '.join(map(shown_path, there))}")
    elif not effective.fatal:
        yield GreetingLine("–", "no config yet")


def _providers(seen: MachineState) -> Iterator[GreetingLine]:
    if not seen.own:
        return
    from wizard.machine.provider_state import missing_sign_in, state_text

    usable = [it for it in seen.own if it.status == "ready" and not missing_sign_in(it, seen.in_force)]
    ready = [provider.id for provider in usable if not _is_open(provider, seen)]
    if ready:
        yield GreetingLine("✓", f"ready: {', '.join(ready)}")
    for provider in seen.own:
        if provider not in usable:
            yield GreetingLine("–", f"{provider.id}: {state_text(provider, seen.in_force)}")
        elif _is_open(provider, seen):
            yield GreetingLine("–", f"{provider.id}: ready as soon as its endpoint answers")
    chosen = (f"{slot} {named(selected)}" for slot, selected in seen.in_force.effective.selected.items())
    if models := ", ".join(chosen):
        yield GreetingLine("✓", f"models: {models}")


def _is_open(provider: EffectiveProvider, seen: MachineState) -> bool:
    """Whether only its endpoint would tell that Crush has it, and it has not been seen to answer."""
    try:
        url = urlsplit(provider.base_url.text or "")
        here = f"{url.port}" if is_loopback(url.hostname or "") else url.netloc
    except ValueError:
        here = ""
    answering = (server.where.rpartition(":")[2] for server in seen.servers or () if server.models != 0)
    return provider.depends_on_endpoint and here not in set(answering)


def _variables(seen: MachineState) -> GreetingLine:
    if not seen.variables:
        return GreetingLine("–", "no API keys in your environment")
    return GreetingLine(
        "✓", f"{', '.join(f'${name}' for name in seen.variables)} {by_number(len(seen.variables), 'is', 'are')} set"
    )


def _servers(seen: MachineState) -> GreetingLine:
    if seen.looks.servers is None:
        return GreetingLine("–", "offline: did not look for model servers")
    servers = seen.servers
    if servers is None:
        return GreetingLine("–", "model servers on this machine: no answer in time")
    if not servers:
        return GreetingLine("–", "no model server answers on this machine")
    return GreetingLine("✓", ", ".join(_server(server, seen.presets) for server in servers))


def _server(server: Server, presets: Mapping[str, Preset]) -> str:
    name = presets[server.preset].name if server.preset in presets else server.preset
    count = "" if server.models is None else f", {counted(server.models, 'model')}"
    return f"{name} answers at {server.where}{count}"


def _old_facts(seen: MachineState) -> Iterator[GreetingLine]:
    """Nothing where they can't be updated."""
    days = None if seen.looks.servers is None else days_too_old(folders.catalog(), os.environ)
    if days is not None:
        yield GreetingLine("–", f"prices and models are {days} days old; to update them:", UPDATE)


def _keyring(status: StoreStatus | None) -> GreetingLine:
    if status is None:
        return GreetingLine("–", "keyring: no answer yet")
    if status.usable or status.locked:
        named = f"{status.backend or 'there'}{', locked' if status.locked else ''}"
        return GreetingLine("✓" if status.usable else "–", f"keyring: {named}")
    if _gives_way():
        return GreetingLine("–", "no system keyring here: keys go into an encrypted file")
    return GreetingLine("–", f"no keyring: {status.reason}")


def _gives_way() -> bool:
    """Whether keys go into the encrypted file where there is no keyring: nobody chose one, or has keys in it."""
    chosen = remembered_store(folders.settings())
    return chosen == FILE or (chosen is None and not Index(folders.state()).names(FIRST_CHOICE))
