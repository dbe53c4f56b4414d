"""`add-provider`: one provider, guided by a preset or by the custom flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import preset_names
from wizard.cli.flags import changing, common, if_none_left, which_file
from wizard.cli.provider.flags import provider_flags
from wizard.cli.provider.given import NewProviderFlags
from wizard.cli.steps import Driven, driven

if TYPE_CHECKING:
    from wizard.cli.result import Result
    from wizard.cli.which_file import WhichFile
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
    from wizard.cli.provider.adding import add_provider

    return add_provider(NewProviderFlags(**flags), which, output)
