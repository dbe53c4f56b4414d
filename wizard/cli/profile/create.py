"""`profile create`: a new profile, empty, or with what a file or your own configuration has."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from wizard.cli.flags import changing, common, opening
from wizard.cli.profile.change import result_of
from wizard.cli.profile_flag import with_flag
from wizard.errors import Conflict, UsageError
from wizard.files.edit import TextEdit
from wizard.files.locations import CRUSHRC_NAME, JSON_NAME, config_folder, here
from wizard.files.plan import FileEdit, Plan
from wizard.files.there import is_there
from wizard.machine.profiles import KeptProfile, checked, holds_more, in_new_profile, in_profile, profiles
from wizard.redaction import MASK, hide_secret
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.change.run import Proposal
    from wizard.cli.result import Result
    from wizard.files.locations import Format
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output

COPIED: tuple[tuple[str, Format], ...] = ((JSON_NAME, "json"), (CRUSHRC_NAME, "crushrc"))
INSTRUCTIONS = "CRUSH.md"
"""What Crush reads beside its configuration in every project."""


@click.command("create")
@click.argument("name")
@click.option("--from", "file", type=click.Path(path_type=Path), metavar="FILE", help="With what `export` wrote.")
@click.option("--copy", is_flag=True, help="With your own crush.json and crushrc, those of no profile.")
@click.option("--allow-commands", is_flag=True, help="With --from: also what runs a command, or sends a key elsewhere.")
@opening
@changing
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    name: str,
    file: Path | None,
    copy: bool,
    allow_commands: bool,
    passphrase_file: Path | None,
    identity: Path | None,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Make the profile NAME, without any provider, or with those of a file or of your own configuration.

    Keys stored without a profile count in it, too, until it gets its own. What you have signed in to in Crush, and
    picked there, is not copied.
    """
    output: Output = ctx.obj
    if file is not None and copy:
        raise UsageError("--from and --copy can't be used together")
    profile = KeptProfile(checked(name))
    _refuse_taken(profile)
    if profile.name != name:
        output.note(f"names of profiles are in lower case: {profile.name}")
    if file is not None:
        opened_by = {"passphrase_file": passphrase_file, "identity": identity}
        _import_into(profile, ctx, file, allow_commands=allow_commands, dry_run=dry_run, yes=yes, **opened_by)
    return _create(profile, output, copy=copy, dry_run=dry_run, yes=yes)


def _refuse_taken(profile: KeptProfile) -> None:
    if profile in profiles():
        raise Conflict(f"profile {profile.name} already exists", hint=f"crush-wizard profile show {profile.name}")
    for folder in profile.folders:
        if not folder.is_dir() or holds_more(profile):
            raise Conflict("this is in the way of the new profile", path=folder, hint="move it away first")


def _import_into(profile: KeptProfile, ctx: click.Context, file: Path, **flags: Any) -> None:
    """Raises what the import raises, and Exit: its result is the command's."""
    from wizard.cli.move.import_ import command as import_

    output: Output = ctx.obj
    with in_new_profile(profile):
        before = output.profile, output.reworded
        output.profile, output.reworded = profile.name, partial(with_flag, profile=profile.name)
        try:
            code = ctx.invoke(import_, profile=file, on_conflict="ask", store_name="auto", **flags)
        finally:
            output.profile, output.reworded = before
    if code or flags["dry_run"] or is_there(profile.marker):
        if not (code or flags["dry_run"] or output.as_json):
            _say_created(profile, output)
        ctx.exit(code or 0)


def _create(profile: KeptProfile, output: Output, *, copy: bool, dry_run: bool, yes: bool) -> Result:
    from wizard.change.run import Proposal, Run

    def decide(_asker: Asker | None) -> Proposal[None]:
        _refuse_taken(profile)  # by another wizard meanwhile
        files = (profile.marked(), *(_copies(profile) if copy else ()))
        plan = Plan(f"profile create {profile.name}", files, about_profiles=True)
        return Proposal(plan, None, needs_consent=False)

    run = Run(output, open_prompter(output), dry_run, yes)
    outcome = run.make(decide)

    return result_of(outcome, run, lambda: _say_created(profile, output), name=profile.name)


def _say_created(profile: KeptProfile, output: Output) -> None:
    output.profile = ""  # nothing of the one in force was changed
    output.done(f"Created profile {profile.name} in {shown_path(profile.config)}")
    output.note(f"to add a provider: crush-wizard add-provider --profile {profile.name}")
    output.note(f"to start Crush: crush-wizard run --profile {profile.name}")


def _copies(profile: KeptProfile) -> Iterator[FileEdit]:
    """The user's own files, without what Crush writes itself, and without another profile's."""
    from wizard.machine.target import open_document

    with in_profile(None):
        around = here()
        source = config_folder(replace(around, dotenv={}))
    for name, format_ in COPIED:
        document = open_document(source / name, format_)
        if document.text:
            masked = document.masks(lambda _: MASK)
            for secret in masked:
                hide_secret(secret)
            yield FileEdit(profile.config / name, None, (TextEdit(0, 0, document.text),), format=format_, masked=masked)
    if is_there(source / INSTRUCTIONS):
        text = (source / INSTRUCTIONS).read_text(encoding="utf-8")
        yield FileEdit(profile.config / INSTRUCTIONS, None, (TextEdit(0, 0, text),), format="text")
