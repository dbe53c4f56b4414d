"""`edit-provider`: change what one provider's entry says, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import changing, common, if_none_left, which_file
from wizard.cli.provider.flags import given_answers, provider_flags
from wizard.cli.steps import Driven, driven
from wizard.errors import UsageError
from wizard.machine.provider_files import absent, say_overruling
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.cli.result import Result
    from wizard.files.locations import FormatChoice, Scope
    from wizard.machine.target import Target
    from wizard.ui.output import Output


def _refuse_new_id(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise UsageError(
            "the id of a provider can't be changed",
            hint="add a provider under the new id, then remove this one: crush-wizard remove-provider ID",
        )


@click.command("edit-provider", cls=Driven)
@click.argument("provider", metavar="ID", shell_complete=provider_ids)
@click.option("--id", hidden=True, expose_value=False, callback=_refuse_new_id)
@provider_flags
@if_none_left
@which_file
@changing
@common
@driven
@click.pass_obj
def command(
    output: Output,
    /,
    provider: str,
    scope: Scope,
    file: Path | None,
    format_: FormatChoice,
    dry_run: bool,
    yes: bool,
    verify: bool,
    none_left: str | None,
    **flags: Any,
) -> Result:
    """Change the provider ID: what flags or answers say becomes so, everything else in its entry stays.

    Without flags it asks what shall change, and proposes what is there today. --model and --header add to those
    that are there.

    \b
    crush-wizard edit-provider acme
    crush-wizard edit-provider acme --base-url https://llm.acme.example/v1
    crush-wizard edit-provider acme --set acme-1.context_window=128k --yes
    """
    from wizard.cli.provider.interview import ProviderChange
    from wizard.flow.driver import CONFIRMATION, Interview
    from wizard.flow.edit_provider import survey
    from wizard.flow.situation import MERGE
    from wizard.machine.target import open_target
    from wizard.trial.facts import gather
    from wizard.trial.trial import open_trial

    asker = open_prompter(output)
    answers = given_answers(flags)
    target = open_target(scope, file, format_)
    entry = _entry(provider, target, output)
    given = {"preset": _preset_id(entry, provider), "id": provider, "existing": MERGE, **answers}
    trial = open_trial(flags["test"], flags["timeout"], output, asker, dry_run=dry_run)
    asks = asker is not None and not yes
    facts = gather(
        target,
        given,
        output,
        asker=asker,
        dry_run=dry_run,
        asks=asks,
        secret=trial.secret,
        edits=True,
        seconds=flags["timeout"],
    )
    if asker is not None:
        asker.prepare()
    confirmation = None if yes or dry_run else CONFIRMATION
    interview = Interview(facts, given, asker, assume_defaults=yes, confirmation=confirmation, survey=survey)
    change = ProviderChange("edit-provider", interview, target, trial, output, none_left=none_left)
    return change.carry_out(dry_run=dry_run, yes=yes, verify=verify)


def _entry(provider: str, target: Target, output: Output) -> Mapping[str, Any]:
    """The entry that is edited. Raises a WizardError that says where the provider is instead."""
    from wizard.machine.in_force import in_force
    from wizard.trial.facts import existing_providers

    existing, found = existing_providers(target), in_force(target.around)
    if provider not in existing:
        raise absent(provider, target, found)
    say_overruling(provider, target, found, output)
    return existing[provider]


def _preset_id(entry: Mapping[str, Any], provider: str) -> str:
    from wizard.flow.preset_library import load_presets, preset_for

    presets, _ = load_presets(folders.presets())
    return preset_for(entry, provider, presets).id
