"""`add-provider`: one provider, guided by a preset or by the custom flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import preset_names
from wizard.cli.flags import changing, common, which_file
from wizard.cli.provider.flags import given_answers, provider_flags
from wizard.cli.steps import Driven, driven
from wizard.errors import UsageError
from wizard.flow.model_choice import ALL
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.cli.result import Result
    from wizard.files.locations import FormatChoice, Scope
    from wizard.flow.question import Raw
    from wizard.ui.output import Output


@click.command("add-provider", cls=Driven)
@click.argument("preset", required=False, shell_complete=preset_names)
@click.option("--id", "id_", metavar="ID", help="The provider's id in the config.")
@provider_flags
@click.option("--all-models", is_flag=True, help="All models of the preset.")
@click.option("--merge", "existing", flag_value="merge", help="If the id exists: keep all that is not said now.")
@click.option("--replace", "existing", flag_value="replace", help="If the id exists: replace the whole entry.")
@click.option("--documented-fields", is_flag=True, help="Also write supports_vision and supports_function_calling.")
@which_file
@changing
@common
@driven
@click.pass_obj
def command(
    output: Output,
    /,
    scope: Scope,
    file: Path | None,
    format_: FormatChoice,
    dry_run: bool,
    yes: bool,
    documented_fields: bool,
    verify: bool,
    **flags: Any,
) -> Result:
    """Add a provider, guided by PRESET (`crush-wizard presets` lists them).

    Without PRESET it is asked for. Every question has a flag; without a terminal, flags and defaults answer all.

    \b
    crush-wizard add-provider deepseek
    crush-wizard add-provider groq --yes --api-key-file key.txt
    crush-wizard add-provider azure --set resource=my-res --set deployment=gpt-5
    """
    from wizard.cli.provider.interview import ProviderChange
    from wizard.flow.driver import CONFIRMATION, Interview
    from wizard.machine.target import open_target, refuse_unread_crushrc
    from wizard.trial.facts import gather
    from wizard.trial.trial import open_trial

    asker = open_prompter(output)
    given = _given(flags)
    target = open_target(scope, file, format_)
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
        seconds=flags["timeout"],
        servers=asks and "preset" not in given,
    )
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.crush)
    if asker is not None:
        asker.prepare()
    interview = Interview(
        facts, given, asker, assume_defaults=yes, confirmation=None if yes or dry_run else CONFIRMATION
    )
    change = ProviderChange("add-provider", interview, target, trial, output, documented_fields)
    return change.carry_out(dry_run=dry_run, yes=yes, verify=verify)


def _given(flags: dict[str, Any]) -> dict[str, Raw]:
    """The raw answers that the flags bring, by question key."""
    if flags["all_models"] and flags["model"]:
        raise UsageError("--all-models and --model can't both choose the models")
    own = {
        "preset": flags["preset"],
        "id": flags["id_"],
        "existing": flags["existing"],
        "models": (ALL,) if flags["all_models"] else None,
    }
    return {**{key: raw for key, raw in own.items() if raw is not None}, **given_answers(flags)}
