"""Adding one provider: what `add-provider` does, however its line was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard import folders
from wizard.cli.provider.given import given_answers
from wizard.cli.provider.interview import change_provider
from wizard.errors import UsageError
from wizard.flow.preset_library import brought_by, load_preset, meant_by, preset_ids
from wizard.flow.question import ALL
from wizard.flow.situation import setting
from wizard.provider.login import meant_login
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.provider.given import NewProviderFlags
    from wizard.cli.result import Result
    from wizard.cli.which_file import WhichFile
    from wizard.flow.question import Raw
    from wizard.ui.output import Output


def add_provider(flags: NewProviderFlags, which: WhichFile, output: Output) -> Result:
    """Ask, test, and write it; or sign in, where Crush itself does that."""
    if login := _login(flags.preset):
        from wizard.cli.provider.sign_in import sign_in

        asker = open_prompter(output)
        return sign_in(login, output, asker, dry_run=flags.dry_run, yes=flags.yes, allow_hosts=flags.allow_hosts)
    return change_provider("add-provider", _given(flags), which.open(), flags, output)


def _login(preset: str | None) -> str:
    """What Crush signs in to itself; empty for all that has a preset, be it the user's own."""
    if preset is None or preset in preset_ids(folders.presets()):
        return ""
    return meant_login(preset)


def _given(flags: NewProviderFlags) -> dict[str, Raw]:
    """The raw answers that the flags bring, by question key."""
    if flags.all_models and flags.model:
        raise UsageError("--all-models and --model can't be used together")
    own = {
        "preset": flags.preset,
        "id": flags.id_,
        "existing": flags.existing,
        "models": (ALL,) if flags.all_models else None,
    }
    given = {**{key: raw for key, raw in own.items() if raw is not None}, **given_answers(flags)}
    return {**_brought_by(flags.preset), **given}


def _brought_by(name: str | None) -> dict[str, Raw]:
    """What another name of a preset says about its questions."""
    known = preset_ids(folders.presets())
    if name is None or name in known or meant_by(name) not in known:
        return {}
    preset, _ = load_preset(name, folders.presets())
    return {setting(key): value for key, value in brought_by(name, preset).items()}
