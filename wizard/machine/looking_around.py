"""What is on this machine before anything is asked: Crush, its files, variables, model servers, the keyring."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from wizard.crush.program import find_crush
from wizard.crush.selected import named
from wizard.flow.setup import Server, variables_of
from wizard.machine.background import InBackground
from wizard.machine.getting_crush import PAGE, install_command
from wizard.machine.provider_state import state_text
from wizard.machine.stores import open_with
from wizard.network.loopback import is_loopback
from wizard.network.unreachable import Unreachable
from wizard.provider.milestones import spelled
from wizard.secrets.settings import FIRST_CHOICE
from wizard.ui.place import shown_path
from wizard.words import by_number, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.program import CrushProgram
    from wizard.endpoints.local_servers import ServerAddress
    from wizard.flow.preset import Preset
    from wizard.machine.in_force import InForce
    from wizard.secrets.store import StoreStatus
    from wizard.ui.output import Output

SECONDS = 0.4
"""How long the greeting waits for the keyring."""
PATIENCE = 2.0
"""How long it waits for a Crush or a model server that is there; where there is none, that is known at once."""
WAY_OUT_SECONDS = 0.3
"""For connecting to the outside; the greeting never waits for it."""
NAME_SECONDS = 1.5
"""How long the first question waits for that, for a name may take its time to be looked up."""

PLACES = "WIZARD_MODEL_SERVERS"
"""Names the places on this machine where model servers may be, as host:port, instead of their usual ports."""

Mark = Literal["✓", "–", "✗"]


class GreetingLine(Struct, frozen=True):
    """One line of the greeting. `copy` is a command that goes with it, on a line of its own."""

    mark: Mark
    text: str
    copy: str = ""


class Looks(Struct, frozen=True):
    """What is being looked at in the background. `servers` and `way_out` are None where the network is not used."""

    crush: InBackground[CrushProgram]
    keyring: InBackground[StoreStatus]
    servers: InBackground[tuple[Server, ...]] | None
    way_out: InBackground[bool] | None

    @property
    def no_way_out(self) -> bool:
        """Whether nothing outside this machine answers, as far as that was looked at."""
        return self.way_out is not None and not self.way_out.within(NAME_SECONDS)


class MachineState(Struct, frozen=True):
    """What was seen. `crush`, `keyring` and `servers` are None where the answer was not there in time.

    `variables`: those that are set and hold a preset's key. `offline`: servers were not looked for.
    """

    platform: str
    which: Callable[[str], str | None]
    in_force: InForce
    variables: tuple[str, ...]
    crush: CrushProgram | None
    keyring: StoreStatus | None
    servers: tuple[Server, ...] | None
    presets: Mapping[str, Preset]
    offline: bool = False

    @property
    def own(self) -> tuple[EffectiveProvider, ...]:
        """The providers that files define. With one the machine counts as set up."""
        return tuple(provider for provider in self.in_force.effective.providers if provider.sources)


def start_looking(*, offline: bool, way_out: bool) -> Looks:
    """Start all looks at once. `way_out`: whether to look for one, too."""
    keyring = open_with(None, FIRST_CHOICE)
    looks = Looks(
        crush=InBackground(lambda: find_crush(os.environ)),
        keyring=InBackground(keyring.status),
        servers=None if offline else InBackground(lambda: local_servers(os.environ)),
        way_out=InBackground(_sees_outside) if way_out and not offline else None,
    )
    for look in (looks.crush, looks.keyring, looks.servers, looks.way_out):
        if look is not None:
            look.begin()
    return looks


def _sees_outside() -> bool:
    """Whether the host of Crush's catalogue can be reached (crush-behaviour 3.3)."""
    from wizard.catalog.refresh import CATWALK
    from wizard.network.way_out import has_way_out

    url = os.environ.get(CATWALK) or "https://catwalk.charm.land"
    return has_way_out(url, os.environ, seconds=WAY_OUT_SECONDS)


def local_servers(environ: Mapping[str, str]) -> tuple[Server, ...]:
    """The model servers that answer on loopback."""
    from wizard.endpoints.local_servers import find_local_servers
    from wizard.network.client import Client
    from wizard.network.running import run

    async def found() -> tuple[Server, ...]:
        async with Client(environ, seconds=PATIENCE) as client:
            servers = await find_local_servers(client, _addresses(environ), seconds=PATIENCE)
        return tuple(
            Server(server.kind, server.base_url, None if server.models is None else len(server.models))
            for server in servers
        )

    return run(found())


def _addresses(environ: Mapping[str, str]) -> tuple[ServerAddress, ...]:
    """Where OLLAMA_HOST says, and at the usual ports; where the user names other places, there instead."""
    from wizard.endpoints.local_servers import KNOWN

    ollama = _ollama_address(environ.get("OLLAMA_HOST", ""))
    if PLACES in environ:
        usual = tuple(filter(None, map(_on_this_machine, environ[PLACES].split())))
    else:
        usual = KNOWN[1:] if ollama else KNOWN  # Ollama's usual one is the first
    return (ollama, *usual) if ollama else usual


def _ollama_address(value: str) -> ServerAddress | None:
    """Where Ollama's own variable puts its server, if that is on this machine."""
    return _on_this_machine(value.strip() if ":" in value else f"{value.strip()}:11434")


def _on_this_machine(typed: str) -> ServerAddress | None:
    from wizard.endpoints.local_servers import server_address

    try:
        address = server_address(typed)
    except Unreachable:
        return None
    if not is_loopback(address.host):
        return None
    return server_address(f"localhost:{address.port}") if address.host in ("0.0.0.0", "::") else address  # noqa: S104


def look_around(looks: Looks, presets: Mapping[str, Preset]) -> MachineState:
    """Read the files in force, and take what the looks have seen; waits for no one longer than PATIENCE."""
    import shutil

    from wizard.machine.in_force import in_force

    configured = in_force()
    return MachineState(
        platform=sys.platform,
        which=shutil.which,
        in_force=configured,
        variables=set_variables(presets.values(), os.environ),
        crush=looks.crush.within(PATIENCE),
        keyring=looks.keyring.within(SECONDS),
        servers=None if looks.servers is None else looks.servers.within(PATIENCE),
        presets=presets,
        offline=looks.servers is None,
    )


def set_variables(presets: Iterable[Preset], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of presets that hold something."""
    names = dict.fromkeys(name for preset in presets for name in variables_of(preset))
    return tuple(name for name in names if environ.get(name))


# In words


def findings(seen: MachineState) -> Iterator[GreetingLine]:
    """The greeting, a line for each thing that was looked at."""
    yield from _crush(seen)
    yield from _files(seen)
    yield from _providers(seen)
    yield _variables(seen)
    yield _servers(seen)
    yield _keyring(seen.keyring)


def greet(seen: MachineState, output: Output) -> None:
    output.note(f"crush-wizard found{f' (profile {output.profile})' if output.profile else ''}:")
    for found in findings(seen):
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
    ready = [provider.id for provider in seen.own if provider.status == "ready" and not _is_open(provider, seen)]
    if ready:
        yield GreetingLine("✓", f"ready: {', '.join(ready)}")
    for provider in seen.own:
        if provider.status == "ready" and _is_open(provider, seen):
            yield GreetingLine("–", f"{provider.id}: ready as soon as its endpoint answers")
        elif provider.status != "ready":
            yield GreetingLine("–", f"{provider.id}: {state_text(provider)}")
    if seen.own:
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
    if seen.offline:
        return GreetingLine("–", "offline: did not look for model servers")
    if seen.servers is None:
        return GreetingLine("–", "model servers on this machine: no answer in time")
    if not seen.servers:
        return GreetingLine("–", "no model server answers on this machine")
    return GreetingLine("✓", ", ".join(_server(server, seen.presets) for server in seen.servers))


def _server(server: Server, presets: Mapping[str, Preset]) -> str:
    name = presets[server.preset].name if server.preset in presets else server.preset
    count = "" if server.models is None else f", {counted(server.models, 'model')}"
    return f"{name} answers at {server.where}{count}"


def _keyring(status: StoreStatus | None) -> GreetingLine:
    if status is None:
        return GreetingLine("–", "keyring: no answer yet")
    if status.usable:
        return GreetingLine("✓", f"keyring: {status.backend or 'there'}{', locked' if status.locked else ''}")
    return GreetingLine("–", f"no keyring: {status.reason}")
