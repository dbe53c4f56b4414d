"""`export`: providers and model choices as one file for another machine, a team or a script."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from msgspec.structs import replace

from wizard.change.planned import alone
from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import ConfigPath, common
from wizard.cli.move.export_file import refuse_other_files, write_profile
from wizard.cli.move.sealed import refuse_stray_flags, sealer
from wizard.cli.result import Result
from wizard.errors import Refused, UsageError
from wizard.files.locations import format_of, here
from wizard.machine.files import unread_file
from wizard.machine.provision import stored
from wizard.machine.unread import refuse_unread
from wizard.redaction import SecretText
from wizard.secrets.agent import refuse_inside_agent
from wizard.shown import command_line
from wizard.ui.output import Output
from wizard.ui.place import shown_path
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wizard.crush.loading import Loaded
    from wizard.files.locations import Role
    from wizard.machine.in_force import InForce
    from wizard.transfer.portable import LeftOut, Portable
    from wizard.transfer.profile import Profile

From = Literal["all", "user", "project"]

_ROLES: dict[From, tuple[Role, ...]] = {"user": ("user-json", "user-crushrc"), "project": ("project",)}
STDOUT = "-"


@click.command("export")
@click.argument("file", metavar="[FILE|-]", default=STDOUT, type=click.Path(path_type=Path))
@click.option(
    "--provider", "providers", multiple=True, metavar="ID", shell_complete=provider_ids, help="Only this one."
)
@click.option(
    "--scope",
    type=click.Choice(["all", "user", "project"]),
    default="all",
    help="All that Crush uses here (default), your own config, or this project's.",
)
@click.option("--file", "source", type=ConfigPath(), metavar="PATH", help="Only this config file.")
@click.option("--skip-literals", is_flag=True, help="Leave out plain-text keys, instead of refusing.")
@click.option("--skip-references", is_flag=True, help="Leave out the commands that print secrets.")
@click.option("--with-secrets", is_flag=True, help="Include the secrets, and encrypt the file with age.")
@click.option(
    "--passphrase-file", type=click.Path(path_type=Path), metavar="PATH", help="Its first line is the passphrase."
)
@click.option("--recipient", "recipients", multiple=True, metavar="KEY", help="Encrypt to this age or ssh public key.")
@click.option("--allow-agent", is_flag=True, help="Export secrets inside an agent's shell too.")
@click.option("--yes", "-y", is_flag=True, help="Replace an earlier profile without asking.")
@common
@click.pass_obj
def command(
    output: Output,
    /,
    file: Path,
    providers: tuple[str, ...],
    scope: From,
    source: Path | None,
    skip_literals: bool,
    skip_references: bool,
    with_secrets: bool,
    passphrase_file: Path | None,
    recipients: tuple[str, ...],
    allow_agent: bool,
    yes: bool,
) -> Result:
    """Write a profile: providers, model choices, and the names of the secrets that they need.

    It holds no key, so it can be committed and sent around; `crush-wizard import` brings it in. With --with-secrets
    it is an age file, which `age --decrypt` opens, too. A secret that a command prints goes along as that command; with
    --with-secrets and --skip-references as its value.
    """
    if str(file) != STDOUT:
        refuse_other_files(file, passphrase_file)
    if with_secrets:
        refuse_inside_agent(os.environ, "export --with-secrets", allowed=allow_agent)
        _refuse_secrets_in_json(file, output)
    refuse_stray_flags(with_secrets=with_secrets, passphrase_file=passphrase_file, recipients=recipients)
    found = _in_force(scope, source)
    ready = _portable(found, providers, skip_literals=skip_literals, output=output)
    if not skip_references:
        ready = _with_references(ready, found)
    text, values = _readable_text(ready.profile, {}), {}
    if with_secrets:
        seal = sealer(passphrase_file, recipients, output)
        values = _values(ready.profile, found, output)
        text = seal(_readable_text(ready.profile, values))
    if str(file) == STDOUT:
        path = None
    else:
        path = Path(os.path.normpath(found.around.cwd / file))
        write_profile(path, text, output, yes=yes)

    def show() -> None:
        if path is None:
            Output(output.stdout, output.stderr).content(text)  # nothing in an encrypted text is what it looks like

    return Result(
        lambda: _as_data(path, text, ready, values), show, below=partial(_report, path, ready, values, output)
    )


def _refuse_secrets_in_json(file: Path, output: Output) -> None:
    if output.as_json and str(file) == STDOUT:
        raise UsageError("secrets are never printed as JSON", hint="name a file for them: crush-wizard export FILE")


# What is exported


def _in_force(scope: From, source: Path | None) -> InForce:
    """The configuration of all files, or of some of them as if there were no others. Raises InvalidConfig."""
    from wizard.crush.loading import load
    from wizard.machine.in_force import in_force

    loaded = load(here())
    if source is not None:
        loaded = _only_file(loaded, source)
    elif scope != "all":
        loaded = alone(loaded, (file for file in loaded.files if file.file.role in _ROLES[scope]))
    found = in_force(loaded=loaded)
    refuse_unread(found)
    return found


def _only_file(loaded: Loaded, path: Path) -> Loaded:
    from wizard.crush.loading import LoadedFile, rewritten
    from wizard.machine.target import open_document

    document = open_document(path, format_of(path))
    if document.text is None:
        raise UsageError(f"--file: there is no {path}")
    return rewritten(alone(loaded, [LoadedFile(unread_file(path))]), {path: document.text})


def _portable(found: InForce, wanted: Sequence[str], *, skip_literals: bool, output: Output) -> Portable:
    """Raises UsageError for an unknown id, and Refused for keys in plain text."""
    from wizard.transfer.portable import portable, without_duplicates

    _refuse_unknown(found, wanted)
    ready = without_duplicates(portable(found.effective, wanted))
    if ready.literals and not skip_literals:
        raise Refused(
            f"{_listed(ready.literals)}: a plain-text key, which a profile can't contain",
            hint=f"{_way_out(ready.literals)}; or leave it out: --skip-literals",
        )
    for left_out in (*ready.literals, *ready.left):
        output.warning(f"left out: {left_out.provider}: {left_out.called}: {left_out.why}")
    if not ready.profile.providers and not ready.profile.selected:
        raise Refused("nothing to export: no providers configured", hint="crush-wizard add-provider")
    return ready


def _with_references(ready: Portable, found: InForce) -> Portable:
    """With the commands that print the secrets; none is run."""
    names = (name for name in ready.profile.secrets if name in found.references)
    commands = {name: found.references[name].command for name in names}
    return replace(ready, profile=replace(ready.profile, references=commands))


def _way_out(literals: Iterable[LeftOut]) -> str:
    """What to do about the keys. `secret adopt` leaves defaults of variables where they are."""
    from wizard.transfer.portable import COMPOSED, PLAIN_DEFAULT, PLAIN_KEY

    ways = {
        PLAIN_KEY: "move it into the store first: crush-wizard secret adopt",
        PLAIN_DEFAULT: (
            "if it is the default of a variable, write only $NAME, and store the key: crush-wizard secret set NAME"
        ),
        COMPOSED: "if a script computes it from a secret, give it a fixed value",
    }
    reasons = {literal.why for literal in literals}
    return "; ".join(way for reason, way in ways.items() if reason in reasons)


def _refuse_unknown(found: InForce, wanted: Iterable[str]) -> None:
    known = found.effective.config.get("providers", {})
    for provider in wanted:
        if provider not in known:
            raise UsageError(
                f"--provider: there is no provider `{provider}`", hint=f"there are: {', '.join(known) or 'none'}"
            )


def _listed(left: Iterable[LeftOut]) -> str:
    return ", ".join(f"{left_out.provider}: {left_out.called}" for left_out in left)


def _readable_text(profile: Profile, values: Mapping[str, str]) -> str:
    """The profile as text. Raises Refused for what we would not read ourselves."""
    from wizard.transfer.profile_file import InvalidProfile, read_profile
    from wizard.transfer.profile_text import profile_text

    text = profile_text(profile, values)
    try:
        read_profile(text, "the profile")
    except InvalidProfile as error:
        raise Refused(
            f"the config can't be exported: {error.message}",
            hint=error.hint or "fix it first, or export without it: --provider ID",
        ) from None
    return text


# Secrets


def _values(profile: Profile, found: InForce, output: Output) -> dict[str, str]:
    """What the store holds of the secrets, then what the environment has. Warns of the rest."""
    names = [name for name in profile.secrets if name in found.held and name not in profile.references]
    values = stored(names, output) if names else {}
    for name in profile.secrets:
        if name in values or name in profile.references:
            continue
        if os.environ.get(name):
            values[name] = SecretText(os.environ[name])
        else:
            output.warning(f"{name} has no value here: it is not in the file")
    return values


# What is said


def _report(path: Path | None, ready: Portable, values: dict[str, str], output: Output) -> None:
    profile = ready.profile
    what = counted(len(profile.providers), "provider")
    if path is not None:
        output.done(f"Saved {what}{' with secrets' if values else ''} to {shown_path(path)}")
    for provider in profile.providers:
        if provider.machine_bound:
            output.note(f"{provider.id}: {', '.join(provider.machine_bound)} may be right for this machine only")
    lacking = [name for name in profile.secrets if name not in profile.references]
    if lacking and not values:
        output.note(f"secrets it needs there: {', '.join(lacking)}")
    for name, command in profile.references.items():
        output.note(f"{name} is exported as a command: `{command}`")
    if path is not None:
        output.note("on the other machine:")
        there = ("profile", "create", output.profile, "--from") if output.profile else ("import",)
        output.line(command_line(*there, path.name))


def _as_data(path: Path | None, text: str, ready: Portable, values: dict[str, str]) -> dict[str, Any]:
    profile = ready.profile
    data: dict[str, Any] = {
        "path": None if path is None else str(path),
        "providers": [provider.id for provider in profile.providers],
        "selected": {slot: dict(chosen) for slot, chosen in profile.selected.items()},
        "secrets": [{"name": name, "included": name in values} for name in profile.secrets],
        "references": dict(profile.references),
        "env": dict(profile.env),
        "machine_bound": {
            provider.id: list(provider.machine_bound) for provider in profile.providers if provider.machine_bound
        },
        "left_out": [
            {"provider": left_out.provider, "field": left_out.called, "reason": left_out.why}
            for left_out in (*ready.literals, *ready.left)
        ],
    }
    return data if path else {**data, "profile": text}
