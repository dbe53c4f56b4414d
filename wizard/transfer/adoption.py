"""Moving keys that lie in plain text into a secret store: what is found, how each is called, what stands there then.

Pure but for the reading of files: nothing here writes, and no store is asked except through `KnownNames`.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from wizard.credential import is_key, names_a_secret
from wizard.documents.document import Change, DropValue, PutValue
from wizard.errors import InvalidConfig, WizardError
from wizard.expansion.literals import literal_secrets
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit
from wizard.files.writer import read
from wizard.private import Private
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import lookup, lookup_in_header, placeholder
from wizard.provider.variable import is_variable_name, variable_for
from wizard.redaction import MASK
from wizard.transfer.plain_keys import KINDS, JsonSpot, PlainKey, Receiver, host_in
from wizard.transfer.start_variables import Assignment, StartFile, assignments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from wizard.crush.outgoing import Pair
    from wizard.crush.usage import Use
    from wizard.flow.preset import Preset, PresetChoice

BUILTIN_VARIABLES = {
    "huggingface": "HF_TOKEN",
    "minimax-china": "MINIMAX_API_KEY",
    "opencode-go": "OPENCODE_API_KEY",
    "opencode-zen": "OPENCODE_API_KEY",
    "scaleway": "SCW_SECRET_KEY",
    "zhipu-coding": "ZHIPU_API_KEY",
}
"""The built-in providers whose variable is not named after their id (crush-behaviour 3.4)."""

COMPUTED = "its value is computed, or its line does more than set it"
OTHER_VALUE = "{} has a different value elsewhere"
SAME_VALUE = "same value as {}, which is stored: use ${} instead"


class Adoption(Private, Struct, frozen=True):
    """One value on its way into the store: under one name, wherever it was found for one host."""

    name: str
    value: str
    findings: tuple[PlainKey, ...]


class KnownNames(Private, Struct, frozen=True):
    """What is known about names before one is given.

    `usual`: the variable of a provider, by id. `elsewhere`: the values that a variable has outside the store.
    `used`: the variables that some file names already. `stored`: a name's value in the store; asked once a name.
    `hosts`: where the value of a variable goes, as far as that is known.
    """

    usual: Mapping[str, str]
    elsewhere: Mapping[str, Collection[str]]
    used: Collection[str]
    stored: Callable[[str], str | None]
    hosts: Mapping[str, Collection[str]] = {}

    def may_go_to(self, variable: str, host: str) -> bool:
        """Whether a variable is sent to this host and no other one; also where nothing is known of it."""
        return set(self.hosts.get(variable, ())) <= {host}


def usual_variables(presets: Mapping[str, Preset]) -> dict[str, str]:
    """The variable that holds a provider's key, by provider id, as presets and Crush's catalogue have it."""
    usual = dict(BUILTIN_VARIABLES)
    for preset in presets.values():
        if preset.key.env:
            ids = (preset.id, preset.provider_id, preset.builtin, *_chosen_ids(preset))
            usual |= {id_: preset.key.env for id_ in ids if id_}
        for choice in _choices(preset):
            usual |= {id_: choice.env for id_ in (choice.provider_id, choice.builtin) if id_ and choice.env}
    return usual


def _choices(preset: Preset) -> Iterator[PresetChoice]:
    return (choice for question in preset.questions for choice in question.choices)


def _chosen_ids(preset: Preset) -> Iterator[str | None]:
    return (id_ for choice in _choices(preset) for id_ in (choice.provider_id, choice.builtin))


def hosts_of_variables(
    uses: Iterable[Use], receivers: Mapping[str, Receiver], vendors: Iterable[Pair]
) -> dict[str, frozenset[str]]:
    """Where the value of a variable is sent: by the providers that name it, else to the vendor whose it is."""
    found = _grouped((use.variable, host_in(receivers, use.provider)) for use in uses)
    return _grouped(vendors) | found


def _grouped(pairs: Iterable[Pair]) -> dict[str, frozenset[str]]:
    hosts: dict[str, set[str]] = {}
    for name, host in pairs:
        hosts.setdefault(name, set()).add(host)
    return {name: frozenset(several) for name, several in hosts.items()}


# Variables


def in_environment(wanted: Iterable[str], environ: Mapping[str, str]) -> Iterator[PlainKey]:
    """The wanted variables that are set."""
    for name in wanted:
        if is_key(environ.get(name, "")):
            yield PlainKey("environment", environ[name], variable=name)


def provider_variables(presets: Mapping[str, Preset], used: Iterable[str]) -> tuple[str, ...]:
    """The variables that may hold a provider's key: those of the presets, and those that the files name."""
    named = [name for name in used if names_a_secret(name)]
    names = dict.fromkeys([*sorted(set(usual_variables(presets).values())), *named])
    return tuple(name for name in names if is_variable_name(name))


class StartText(Private, Struct, frozen=True):
    """A start file as it was read."""

    file: StartFile
    text: str

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        return tuple(assignments(self.text, self.file))

    def findings(self, wanted: Collection[str]) -> Iterator[PlainKey]:
        for assignment in self.assignments:
            if assignment.variable not in wanted or not (assignment.value is None or is_key(assignment.value)):
                continue
            line, name, value = assignment.line, assignment.variable, assignment.value
            found = PlainKey("start-file", value or "", path=self.file.path, line=line, variable=name)
            yield replace(found, reason=COMPUTED) if value is None else replace(found, spot=assignment)

    def without(self, gone: Iterable[Assignment]) -> FileEdit:
        """The file with nothing but a comment in the place of these lines."""
        last_first = sorted(gone, key=lambda spot: spot.start, reverse=True)
        edits = tuple(TextEdit(spot.start, spot.end - spot.start, spot.moved_note) for spot in last_first)
        return FileEdit(self.file.path, self.text, edits, "shell", masked=self._masked())

    def _masked(self) -> dict[str, str]:
        """Everything in the file that may be secret, each with what is shown, and put back by undo, instead."""
        plain = literal_secrets(self.text.splitlines())
        masked = dict.fromkeys(plain, MASK)
        for assignment in self.assignments:
            for secret in literal_secrets({assignment.variable: assignment.value}) | plain & {assignment.value or ""}:
                masked |= {secret: assignment.placeholder.strip('"'), assignment.written: assignment.placeholder}
        return masked


def read_start_files(files: Iterable[StartFile]) -> tuple[tuple[StartText, ...], tuple[WizardError, ...]]:
    """The files that are there, and what is wrong with those that can't be read."""
    texts: list[StartText] = []
    problems: list[WizardError] = []
    for file in files:
        try:
            content = read(file.path)
            if content:
                texts.append(StartText(file, content.decode("utf-8")))
        except UnicodeDecodeError:
            problems.append(InvalidConfig("this is not UTF-8 text", path=file.path))
        except WizardError as problem:
            problems.append(problem)
    return tuple(texts), tuple(problems)


# Names


def adoptions(findings: Iterable[PlainKey], known: KnownNames) -> tuple[tuple[Adoption, ...], tuple[PlainKey, ...]]:
    """What can be moved, each value once for each host; and what is left where it is, with the reason.

    No variable stands for the keys of two hosts: somebody will give it another value, which then goes to both.
    """
    everything = tuple(findings)
    given: dict[str, KeyUse] = {}
    moved: list[Adoption] = []
    left = [finding for finding in everything if finding.reason]
    for (value, host), several in _by_use(everything, known).items():
        name = _name(several, KeyUse(value, host), known, given)
        if name:
            given[name] = KeyUse(value, host)
        here = [finding for finding in several if name and finding.variable in ("", name)]
        left += [_left_out(finding, name) for finding in several if finding not in here]
        if here and not (all(finding.kind == "environment" for finding in here) and known.stored(name) is not None):
            moved.append(Adoption(name, value, tuple(here)))
    return tuple(moved), tuple(left)


class KeyUse(NamedTuple):
    """What a name stands for."""

    value: str
    host: str


def _by_use(findings: Iterable[PlainKey], known: KnownNames) -> dict[KeyUse, list[PlainKey]]:
    """The same value for the same host together. A variable goes with the literals for its hosts."""
    movable = [finding for finding in findings if not finding.reason]
    groups: dict[KeyUse, list[PlainKey]] = {}
    for finding in sorted(movable, key=lambda finding: bool(finding.variable)):
        groups.setdefault(KeyUse(finding.value, _host(finding, groups, known)), []).append(finding)
    return groups


def _host(finding: PlainKey, groups: Collection[KeyUse], known: KnownNames) -> str:
    if not finding.variable:
        return finding.host
    own = known.hosts.get(finding.variable, ())
    hosts = [use.host for use in groups if use.value == finding.value and (not own or use.host in own)]
    return hosts[0] if len(hosts) == 1 else f"${finding.variable}"


def _name(several: Iterable[PlainKey], use: KeyUse, known: KnownNames, given: Mapping[str, KeyUse]) -> str:
    """A variable that has this value already; else a new name; empty if all of them have other values in the store."""
    value = use.value
    variables = list(dict.fromkeys(finding.variable for finding in several if finding.variable))
    for variable in variables:
        elsewhere = known.elsewhere.get(variable, ()) if _in_env(several, variable) else ()
        held = known.stored(variable) or value
        if {value, *elsewhere, held} == {value} and given.get(variable, use) == use:
            return variable
    literals = [finding for finding in several if not finding.variable]
    return next((name for name in _candidates(literals, known) if _is_free(name, use, literals, known, given)), "")


def _in_env(several: Iterable[PlainKey], variable: str) -> bool:
    """Whether a file sets the variable itself: there `$NAME` would bring in what it has elsewhere."""
    return any(finding.kind == "env" and finding.variable == variable for finding in several)


def _is_free(
    name: str, use: KeyUse, literals: Iterable[PlainKey], known: KnownNames, given: Mapping[str, KeyUse]
) -> bool:
    """Whether the name can come to mean this value without meaning another one to anybody, or going elsewhere."""
    values = {*known.elsewhere.get(name, ()), known.stored(name)} - {None}
    own = any(isinstance(key.spot, JsonSpot) and name in (key.spot.shadowed, key.spot.default_of) for key in literals)
    before = given.get(name, use)
    if not values | {before.value} <= {use.value} or not (own or before.host == use.host):
        return False
    if own or name in given:
        return True
    return (
        known.may_go_to(name, use.host) if values else name not in {*known.used, *_of_other_hosts(literals, use.host)}
    )


def _of_other_hosts(literals: Iterable[PlainKey], host: str) -> frozenset[str]:
    """The variables that a built-in provider takes which has no part in it, and sends to another host than this.

    What a vendor itself calls the key that goes to it is none of them.
    """
    providers = {finding.provider for finding in literals}
    if not host or all(host_in({}, provider) == host for provider in providers):
        return frozenset()
    others = [builtin for builtin in BUILTINS.values() if builtin.id not in providers]
    return frozenset(
        builtin.key.removeprefix("$") for builtin in others if builtin.key and host_in({}, builtin.id) != host
    )


def _candidates(literals: list[PlainKey], known: KnownNames) -> Iterator[str]:
    if not literals:
        return
    keys_first = sorted(literals, key=lambda finding: KINDS.index(finding.kind))
    names = [name for finding in keys_first for name in _usual_names(finding, known.usual)]
    yield from names
    yield from (f"{names[0]}_{number}" for number in count(2))


def _usual_names(finding: PlainKey, usual: Mapping[str, str]) -> Iterator[str]:
    if isinstance(finding.spot, JsonSpot) and finding.spot.shadowed:
        yield finding.spot.shadowed
    if isinstance(finding.spot, JsonSpot) and is_variable_name(finding.spot.default_of):
        yield finding.spot.default_of
    elif finding.kind == "url" and finding.spot:
        yield joined_name(finding.provider, "url password")
    elif finding.header and finding.header.casefold() != "authorization":
        yield joined_name(finding.provider, finding.header)
    else:
        yield usual.get(finding.provider) or variable_for(finding.provider)
        yield variable_for(finding.provider)


def joined_name(provider: str, words: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", f"{provider} {words}".upper()).strip("_")
    return name if is_variable_name(name) else f"PROVIDER_{name}"


def suggested_name(finding: PlainKey, usual: Mapping[str, str]) -> str:
    """What to call a key that is left to the user; empty where no name would help."""
    if finding.variable or finding.kind == "oauth":
        return finding.variable
    return next(_usual_names(finding, usual)) if finding.provider else ""


def _left_out(finding: PlainKey, name: str) -> PlainKey:
    reason = SAME_VALUE.format(name, name) if name else OTHER_VALUE.format(finding.variable)
    return replace(finding, reason=reason)


# What stands there then


class Replaced(NamedTuple):
    """A config file's changes, and its literals with all that takes their place: $NAME, or a command."""

    wanted: list[Change]
    instead: dict[str, list[str]]

    @property
    def masked(self) -> dict[str, str]:
        return {secret: texts[-1] for secret, texts in self.instead.items()}


def changes(adopted: Iterable[Adoption], path: Path, *, by_lookup: bool = False) -> Replaced:
    """What becomes of a config file; `by_lookup`: a command takes the place of a key."""
    wanted: list[Change] = []
    instead: dict[str, list[str]] = {}
    for adoption in adopted:
        for finding in adoption.findings:
            if finding.path == path and isinstance(finding.spot, JsonSpot):
                spot = finding.spot.stored_as(adoption.name)
                shown = _placeholder(finding, adoption.name, by_lookup)
                drop = spot.shadowed == adoption.name
                wanted.append(DropValue(spot.key_path) if drop else PutValue(spot.key_path, spot.with_(shown)))
                masked = {adoption.value: shown, spot.written: shown}
                masked |= {spot.text: spot.with_(shown)} if finding.kind == "header" or spot.default_of else {}
                for secret, text in masked.items():
                    instead.setdefault(secret, []).append(text)
    return Replaced(wanted, instead)


def _placeholder(finding: PlainKey, name: str, by_lookup: bool) -> str:
    if not by_lookup:
        return placeholder(name)
    return lookup_in_header(name) if finding.kind == "header" else lookup(name)


def lines(adopted: Iterable[Adoption], path: Path) -> list[Assignment]:
    """The lines of a start file that set what is adopted."""
    spots = (finding.spot for adoption in adopted for finding in adoption.findings if finding.path == path)
    return [spot for spot in spots if isinstance(spot, Assignment)]
