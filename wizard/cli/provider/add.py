"""`add-provider`: one provider, guided by a preset or by the custom flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.cli.completion.candidates import preset_names
from wizard.cli.flags import changing, common, if_none_left, which_file
from wizard.cli.provider.flags import given_answers, provider_flags
from wizard.cli.steps import Driven, driven
from wizard.errors import UsageError
from wizard.flow.preset_library import brought_by, load_preset, meant_by, preset_ids
from wizard.flow.question import ALL
from wizard.flow.situation import setting
from wizard.provider.login import meant_login
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.flags import WhichFile
    from wizard.cli.result import Result
    from wizard.flow.question import Raw
    from wizard.ui.output import Output


@click.command("add-provider", cls=Driven)
@click.argument("preset", required=False, shell_complete=preset_names)
@click.option("--id", "id_", metavar="ID", help="The provider's id in the config.")
@provider_flags
@click.option("--all-models", is_flag=True, help="All models of the preset.")
@click.option("--merge", "existing", flag_value="merge", help="If the id exists: keep what is not given now.")
@click.option("--replace", "existing", flag_value="replace", help="If the id exists: replace the whole entry.")
@click.option("--whole-entry", is_flag=True, help="Write all of it, also what Crush has built in.")
@click.option("--documented-fields", is_flag=True, help="Also write supports_vision and supports_function_calling.")
@if_none_left
@which_file
@changing
@common
@driven
@click.pass_obj
def command(output: Output, /, which: WhichFile, **flags: Any) -> Result:
    """Add a provider, guided by PRESET (`crush-wizard presets` lists them).

    Without PRESET it is asked for. Every question has a flag; without a terminal, flags and defaults answer all.

    \b
    crush-wizard add-provider deepseek
    crush-wizard add-provider groq --yes --api-key-file key.txt
    crush-wizard add-provider azure --set resource=my-res --set deployment=gpt-5

    `hyper` and `copilot` take no key: Crush signs in to them, with `crush login`.
    """
    from wizard.cli.provider.interview import change_provider

    if login := _login(flags["preset"]):
        from wizard.cli.provider.sign_in import sign_in

        asker = open_prompter(output)
        return sign_in(
            login, output, asker, dry_run=flags["dry_run"], yes=flags["yes"], allow_hosts=flags["allow_hosts"]
        )
    return change_provider("add-provider", _given(flags), which.open(), flags, output)


def _login(preset: str | None) -> str:
    """What Crush signs in to itself; empty for all that has a preset, be it the user's own."""
    if preset is None or preset in preset_ids(folders.presets()):
        return ""
    return meant_login(preset)


def _given(flags: dict[str, Any]) -> dict[str, Raw]:
    """The raw answers that the flags bring, by question key."""
    if flags["all_models"] and flags["model"]:
        raise UsageError("--all-models and --model can't be used together")
    own = {
        "preset": flags["preset"],
        "id": flags["id_"],
        "existing": flags["existing"],
        "models": (ALL,) if flags["all_models"] else None,
    }
    given = {**{key: raw for key, raw in own.items() if raw is not None}, **given_answers(flags)}
    return {**_brought_by(flags["preset"]), **given}


def _brought_by(name: str | None) -> dict[str, Raw]:
    """What another name of a preset says about its questions."""
    known = preset_ids(folders.presets())
    if name is None or name in known or meant_by(name) not in known:
        return {}
    preset, _ = load_preset(name, folders.presets())
    return {setting(key): value for key, value in brought_by(name, preset).items()}
