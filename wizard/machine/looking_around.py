"""What is on this machine before anything is asked: Crush, its files, variables, model servers, the keyring."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.catalog.catwalk import catwalk
from wizard.crush.program import find_crush
from wizard.files.locations import here
from wizard.files.programs import which
from wizard.flow.setup import Server, variables_of
from wizard.machine.background import InBackground
from wizard.machine.files import files_in_force
from wizard.machine.stores import open_with
from wizard.network.loopback import is_loopback
from wizard.network.unreachable import Unreachable
from wizard.secrets.settings import FIRST_CHOICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.program import CrushProgram
    from wizard.endpoints.local_servers import ServerAddress
    from wizard.flow.preset import Preset
    from wizard.machine.in_force import InForce
    from wizard.secrets.store import StoreStatus

SECONDS = 0.4
"""How long anybody waits for the keyring to tell how it is."""
PATIENCE = 2.0
"""How long for a Crush or a model server that is there; where there is none, that is known at once."""
WAY_OUT_SECONDS = 0.3
"""For connecting to the outside."""
NAME_SECONDS = 1.5
"""How long the first question waits for that, for a name may take its time to be looked up."""

PLACES = "WIZARD_MODEL_SERVERS"
"""Names the places on this machine where model servers may be, as host:port, instead of their usual ports."""


class Looks(Struct, frozen=True):
    """What is looked at in the background. `servers` and `way_out` are None where the network is not used."""

    crush: InBackground[CrushProgram | None]
    keyring: InBackground[StoreStatus | None]
    servers: InBackground[tuple[Server, ...] | None] | None
    way_out: InBackground[bool] | None = None

    @property
    def no_way_out(self) -> bool:
        """Whether nothing outside this machine answers, as far as that was looked at."""
        return self.way_out is not None and not self.way_out.within(NAME_SECONDS)

    def begin(self) -> None:
        for look in (self.crush, self.keyring, self.servers, self.way_out):
            if look is not None:
                look.begin()

    def has_seen_crush(self) -> bool:
        return self.crush.is_over(PATIENCE)

    def has_seen_keyring(self) -> bool:
        return self.keyring.is_over(SECONDS)

    def has_seen_servers(self) -> bool:
        return self.servers is None or self.servers.is_over(PATIENCE)


class MachineState(Struct, frozen=True, dict=True):
    """What was seen. `crush`, `keyring` and `servers` wait for it, and are None where no answer came in time.

    `variables`: those that are set and hold a preset's key. `has_files`: Crush has something to read here.
    """

    platform: str
    which: Callable[[str], str | None]
    variables: tuple[str, ...]
    presets: Mapping[str, Preset]
    looks: Looks
    has_files: bool

    @cached_property
    def in_force(self) -> InForce:
        from wizard.machine.in_force import in_force

        return in_force()

    @property
    def crush(self) -> CrushProgram | None:
        return self.looks.crush.within(PATIENCE)

    @property
    def keyring(self) -> StoreStatus | None:
        return self.looks.keyring.within(SECONDS)

    @property
    def servers(self) -> tuple[Server, ...] | None:
        """None also where they are not looked for."""
        return None if self.looks.servers is None else self.looks.servers.within(PATIENCE)

    @property
    def own(self) -> tuple[EffectiveProvider, ...]:
        """The providers that files define. With one the machine counts as set up."""
        if not self.has_files:
            return ()
        return tuple(provider for provider in self.in_force.effective.providers if provider.sources)


def start_looking(*, offline: bool, way_out: bool) -> Looks:
    """All looks, of which that for a way out has begun: the first question hangs on it. `way_out`: whether to look."""
    looks = Looks(
        crush=InBackground(lambda: find_crush(os.environ)),
        keyring=InBackground(lambda: open_with(None, FIRST_CHOICE).status()),
        servers=None if offline else InBackground(lambda: local_servers(os.environ)),
        way_out=InBackground(_sees_outside) if way_out and not offline else None,
    )
    if looks.way_out is not None:
        looks.way_out.begin()
    return looks


def _sees_outside() -> bool:
    """Whether the host of Crush's catalogue can be reached (crush-behaviour 3.3)."""
    from wizard.network.way_out import has_way_out

    return has_way_out(catwalk(os.environ), os.environ, seconds=WAY_OUT_SECONDS)


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

    return run(found)


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
    return MachineState(
        platform=sys.platform,
        which=which,
        variables=set_variables(presets.values(), os.environ),
        presets=presets,
        looks=looks,
        has_files=has_files(),
    )


def has_files() -> bool:
    """Whether there is anything that Crush would read here: reading nothing takes long, too."""
    around = here()
    return bool(around.dotenv) or any(os.path.lexists(file.path) for file in files_in_force(around))


def set_variables(presets: Iterable[Preset], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of presets that hold something."""
    names = dict.fromkeys(name for preset in presets for name in variables_of(preset))
    return tuple(name for name in names if environ.get(name))
