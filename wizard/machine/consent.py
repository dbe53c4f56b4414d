"""Consent to what only the current folder's files would have done with what is the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.outgoing import destination
from wizard.errors import WizardError
from wizard.flow.question import Kind, Question
from wizard.machine.allowed import allow, still_open, unallowed_keys
from wizard.machine.folder import is_the_users, with_file
from wizard.provider.template import variables
from wizard.ui.demands import demand_data, demand_line, demand_text
from wizard.ui.place import place
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.crush.demands import Demand
    from wizard.files.locations import Format
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.ui.output import Output

FLAG = "--allow-hosts"
COMMANDS_FLAG = "--allow-commands"
MOST = 20
"""More of them are counted, not told."""


class _About(Struct, frozen=True):
    """What a question of consent is called, and the flag that answers it."""

    key: str
    flag: str


_HOSTS = _About("allow_hosts", FLAG)
_COMMANDS = _About("allow_commands", COMMANDS_FLAG)


class NotAllowed(Exception):
    """Nothing is sent to a provider: nobody has said yes to what would go there."""

    def __init__(self, demands: Sequence[Demand]) -> None:
        said = joined([f"{demand_text(demand)}, and only {place(demand)} says so" for demand in demands])
        super().__init__(f"not sent: {said}")
        self.hint = f"check {'that line' if len(demands) == 1 else 'those lines'}; if that is right, add {FLAG}"


class Consent(Struct):
    """Who can say yes: the person at the terminal (`asker` None: nobody is there), or the flag.

    What a person agrees to is remembered for the folder and the content. `runs_commands`: those of the user's own
    config may be run, with consent; `commands_allowed` is the flag for these.
    """

    output: Output
    asker: Asker | None
    allowed: bool = False
    runs_commands: bool = False
    commands_allowed: bool = False

    def refused(self, providers: Iterable[str], found: InForce) -> Mapping[str, NotAllowed]:
        """Those of the providers that must not be asked anything, by id. A person is asked about each."""
        if self.allowed:
            return {}
        return {
            provider: NotAllowed(demands)
            for provider in providers
            if (demands := unallowed_keys(found, provider)) and not self.agrees(demands)
        }

    def agrees(self, demands: Sequence[Demand]) -> bool:
        """Whether keys may go where they would."""
        return self.allowed or self._is_given(demands, f"Send {by_number(len(demands), 'it', 'them')} there?", _HOSTS)

    def lets_run(self, demands: Sequence[Demand]) -> bool:
        """Whether commands in the user's own config may be run here and now."""
        open_ = still_open(demands)
        text = f"Run {by_number(len(open_), 'it', 'them')}, as Crush does?"
        return self.commands_allowed or not open_ or self._is_given(open_, text, _COMMANDS)

    def lets_crush_start(self, found: InForce) -> bool:
        """Whether Crush may be started in this folder. Where nobody can be asked, what it would do is told."""
        demands = still_open(filter(_matters_at_start, found.demands))
        if self.allowed or not demands:
            return True
        if self.asker is None:
            self._say(demands)
        return self._is_given(demands, "Start Crush here anyway?", _HOSTS)

    def _is_given(self, demands: Sequence[Demand], text: str, about: _About) -> bool:
        if self.asker is None:
            return False
        self._say(demands)
        self.output.present("needs_consent", [demand_data(demand, allowed=False) for demand in demands])
        if not _says_yes(self.asker, text, about):
            return False
        if not self.output.in_dialogue:  # there each call has the answer again, and nothing is written before the end
            remember(demands, self.output)
        return True

    def _say(self, demands: Sequence[Demand]) -> None:
        for demand in demands[:MOST]:
            self.output.warning(demand_line(demand))
        if len(demands) > MOST:
            self.output.note(f"{len(demands) - MOST} more; to list all: crush-wizard doctor")


def _matters_at_start(demand: Demand) -> bool:
    return demand.kind in ("key", "command") or not demand.mild


def remember(demands: Sequence[Demand], output: Output) -> None:
    """So that nobody is asked the same again; where that can't be written the answer holds this once."""
    try:
        allow(demands)
    except WizardError as error:
        output.warning(f"not saved: {error.where}: {error.message}")


def _says_yes(asker: Asker, text: str, about: _About) -> bool:
    question = Question(about.key, text, Kind.CONFIRM, flag=about.flag, default=False, decision=True)
    return asker.ask(question, can_go_back=False) is True


class DraftConsent:
    """Consent for a provider while it is being asked about, whose entry may be there already.

    What the user says now is the user's word. What a file of the folder has said before, and stays, is the folder's.
    """

    def __init__(self, consent: Consent, target: Target) -> None:
        self._consent = consent
        self._target = target
        self._refused: dict[tuple[Demand, ...], bool] = {}

    def refused(self, provider: str, entry: Mapping[str, Any], keys: Iterable[str]) -> NotAllowed | None:
        """`entry` as it would be, `keys` the variables that get a value now. None: it may be asked."""
        demands = tuple(self._demands(provider, entry, keys))
        if not demands:
            return None
        if demands not in self._refused:
            self._refused[demands] = not self._consent.agrees(demands)
        return NotAllowed(demands) if self._refused[demands] else None

    def _demands(self, provider: str, entry: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Demand]:
        before = self._target.document_of(provider).provider(provider)
        if before is None or is_the_users(self._target.path, self._target.around):
            return
        is_same = destination(str(entry.get("base_url", ""))) == destination(str(before.get("base_url", "")))
        for demand in unallowed_keys(self._found(keys), provider):
            if is_same or _stays(demand, before, entry):
                yield demand

    def _found(self, keys: Iterable[str]) -> InForce:
        """What is in force, with a value for the keys. A file that Crush does not read here counts as this folder's."""
        from wizard.machine.in_force import in_force

        target = self._target
        format_: Format = "crushrc" if target.document.format == "crushrc" else "json"
        found = in_force(loaded=with_file(target.around, target.path, format_, target.document.text))
        return replace(found, held=found.held | frozenset(keys))


def _stays(demand: Demand, before: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether a header that the folder's file has set goes out as well."""
    section, _, name = demand.of.partition(".")
    written = str((before.get(section) or {}).get(name, "")) if section == "extra_headers" else ""
    now = {**(before.get(section) or {}), **(entry.get(section) or {})} if written else {}
    return bool(written) and bool(variables(written)) and now.get(name) == written
