"""Commands in the values of the user's own config, run for a live test once the user has said yes to them.

Crush runs them whenever it starts, in a shell of its own; here it is sh, so what only the other one knows fails with
the words of sh. A value that anybody else's file has a word in is never one of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.demands import Demand
from wizard.crush.outgoing import expanded_fields, expansions, written
from wizard.errors import SecretError
from wizard.expansion.expand import expand
from wizard.machine.consent import COMMANDS_FLAG
from wizard.private import Private
from wizard.secrets.agent import is_inside_agent
from wizard.secrets.reference.running import run_all, values_of
from wizard.trial.not_tellable import NotTellable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.outgoing import FieldPath
    from wizard.crush.sources import Source
    from wizard.expansion.expand import Expanded, Secret
    from wizard.machine.consent import Consent
    from wizard.machine.in_force import InForce
    from wizard.secrets.reference.running import Printed


class ConfigValues(Private, Struct, frozen=True):
    """What values of the configuration are expanded with."""

    found: InForce
    env: Mapping[str, str]
    secret: Secret

    def expanded(self, template: str, outputs: Mapping[str, str]) -> Expanded:
        return expand(template, self.env, self.secret, outputs)


class Ran(Private, Struct, frozen=True):
    """Providers with what their commands printed, and why others have none; by id."""

    told: Mapping[str, EffectiveProvider]
    reasons: Mapping[str, SecretError | NotTellable]


class _Field(Struct, frozen=True):
    """A value that commands are a part of, as it is written."""

    path: FieldPath
    template: str
    commands: tuple[str, ...]
    source: Source


def run_commands(providers: Iterable[EffectiveProvider], values: ConfigValues, consent: Consent) -> Ran:
    """Run what the providers' values need, all at once, as far as that is the user's and is agreed to."""
    reasons: dict[str, SecretError | NotTellable] = {}
    wanted: dict[str, tuple[_Field, ...]] = {}
    by_id = {provider.id: provider for provider in providers}
    for provider in by_id.values() if consent.runs_commands else ():
        fields = tuple(_fields(provider, values))
        if not fields or not values.found.is_the_users(provider):
            continue
        if reason := _refused(provider, fields, consent):
            reasons[provider.id] = reason
        else:
            wanted[provider.id] = fields
    told: dict[str, EffectiveProvider] = {}
    printed = _printed(wanted, consent)
    for id_, fields in wanted.items():
        try:
            outputs = _outputs(id_, fields, printed)
        except SecretError as error:
            reasons[id_] = error
        else:
            told[id_] = _with_outputs(by_id[id_], fields, values, outputs)
    return Ran(told, reasons)


def _fields(provider: EffectiveProvider, values: ConfigValues) -> Iterator[_Field]:
    for path, text in expanded_fields(provider.entry):
        source = provider.value_source(*path)
        if source is None or all(value.text is not None for value in expansions(provider, path)):
            continue
        value = values.expanded(written(text), {})
        if value.kind == "command":
            yield _Field(path, written(text), value.commands, source)


def _refused(provider: EffectiveProvider, fields: Sequence[_Field], consent: Consent) -> NotTellable | None:
    what = f"its {' '.join(fields[0].path)} comes from a command"
    if is_inside_agent(os.environ):
        return NotTellable(f"{what}, which is not run in the shell of an agent")
    if consent.lets_run([_demand(provider, field) for field in fields]):
        return None
    return NotTellable(f"{what}, which is not allowed to run", f"add {COMMANDS_FLAG}")


def _demand(provider: EffectiveProvider, field: _Field) -> Demand:
    """The command as something to agree to; the agreement is remembered for the file and the text."""
    at, of = field.source, ".".join(field.path)
    return Demand("command", at.path, at.line, at.column, provider.id, field.template, of=of)


def _printed(wanted: Mapping[str, Sequence[_Field]], consent: Consent) -> dict[str, Printed]:
    """What came of each command, by how it is called."""
    commands = {
        _called(id_, field, command): command
        for id_, fields in wanted.items()
        for field in fields
        for command in field.commands
    }
    return run_all(commands, asks=consent.asker is not None, say=consent.output.note, ends="\n") if commands else {}


def _called(provider: str, field: _Field, command: str) -> str:
    number = field.commands.index(command)
    return f"{provider}: {' '.join(field.path)}" + (f" ({number + 1})" if number else "")


def _outputs(provider: str, fields: Iterable[_Field], printed: Mapping[str, Printed]) -> dict[str, str]:
    """What the commands of a provider printed, by their text. Raises ReferenceFailed."""
    named = {_called(provider, field, command): command for field in fields for command in field.commands}
    values = values_of({name: printed[name] for name in named})
    return {command: values[name] for name, command in named.items()}


def _with_outputs(
    provider: EffectiveProvider, fields: Iterable[_Field], values: ConfigValues, outputs: Mapping[str, str]
) -> EffectiveProvider:
    now = {field.path: values.expanded(field.template, outputs) for field in fields}
    headers = {path[-1]: value for path, value in now.items() if path[0] == "extra_headers"}
    single = {path[0]: value for path, value in now.items() if path[0] != "extra_headers"}
    at_request = replace(provider.at_request, **single)
    return replace(provider, headers={**provider.headers, **headers}, at_request=at_request)
