"""`edit-provider`: change what one provider's entry says, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import changing, common, if_none_left, refused, which_file
from wizard.cli.provider.flags import provider_flags
from wizard.cli.provider.given import ProviderFlags, given_answers
from wizard.cli.steps import Driven, driven
from wizard.errors import UsageError
from wizard.machine.own_preset import listed_by_crush
from wizard.machine.presets import all_presets
from wizard.machine.provider_files import absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.cli.result import Result
    from wizard.cli.which_file import WhichFile
    from wizard.machine.target import Target
    from wizard.ui.output import Output


NO_NEW_ID = UsageError(
    "the id of a provider can't be changed",
    hint="add it again under the new id, then remove this one: crush-wizard remove-provider ID",
)


@click.command("edit-provider", cls=Driven)
@click.argument("provider", metavar="ID", shell_complete=provider_ids)
@refused("--id", NO_NEW_ID)
@provider_flags
@if_none_left
@which_file
@changing
@common
@driven
@click.pass_obj
def command(output: Output, /, provider: str, which: WhichFile, **flags: Any) -> Result:
    """Change the provider ID: what flags or answers say becomes so, everything else in its entry stays.

    Without flags it asks what shall change, and proposes what is there today. --model and --header add to those
    that are there.

    \b
    crush-wizard edit-provider acme
    crush-wizard edit-provider acme --base-url https://llm.acme.example/v1
    crush-wizard edit-provider acme --set acme-1.context_window=128k --yes
    """
    from wizard.cli.provider.interview import change_provider
    from wizard.flow.edit_provider import survey
    from wizard.flow.preset_library import preset_for
    from wizard.flow.situation import MERGE

    wanted = ProviderFlags(**flags)
    answers, target = given_answers(wanted), which.open()
    entry = _entry(provider, target)
    preset = preset_for(entry, provider, all_presets())
    if preset.custom and not entry.get("base_url"):
        preset = listed_by_crush(provider) or preset
    given = {"preset": preset.id, "id": provider, "existing": MERGE, **answers}
    return change_provider("edit-provider", given, target, wanted, output, survey)


def _entry(provider: str, target: Target) -> Mapping[str, Any]:
    """The entry that is edited. Raises a WizardError that says where the provider is instead."""
    from wizard.machine.in_force import in_force
    from wizard.trial.facts import existing_providers

    existing = existing_providers(target)
    if provider not in existing:
        raise absent(provider, target, in_force(target.around))
    return existing[provider]
