"""`add-provider`: one provider, guided by a preset or by the custom flows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.complete import preset_names, provider_models
from wizard.cli.flags import changing, common, no_plain_key, which_file
from wizard.cli.secret_input import from_file, from_stdin
from wizard.errors import UsageError
from wizard.flow.key_questions import AUTO, ENVIRONMENT, LOOKUP, NO_KEY, RUN, STORES
from wizard.flow.model_choice import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.config.document import Change, Document
    from wizard.config.locations import FormatChoice, Scope
    from wizard.flow.question import Raw
    from wizard.ui.output import Output

    Changes = list[tuple[Document, list[Change]]]

LARGEST_KEY = 64 * 1024
ATTEMPTS = 20
"""How often a change is planned anew when the file keeps changing under it."""


@click.command("add-provider")
@click.argument("preset", required=False, shell_complete=preset_names)
@click.option("--id", "id_", metavar="ID", help="The provider's id in the config.")
@click.option("--name", help="The name that Crush shows.")
@click.option("--type", "type_", metavar="TYPE", help="openai-compat, openai, anthropic ... (`presets show` explains).")
@click.option("--base-url", metavar="URL", help="The endpoint; a pasted URL is corrected.")
@click.option("--api-key-env", metavar="VAR", help="The variable that stands for the key.")
@click.option("--api-key-stdin", is_flag=True, help="Read the key from stdin.")
@click.option("--api-key-file", type=click.Path(path_type=Path), metavar="FILE", help="Read the key from a file.")
@click.option("--no-api-key", is_flag=True, help="The endpoint needs no key.")
@click.option("--header", multiple=True, metavar="NAME=VALUE", help="An extra header; repeatable.")
@click.option("--model", multiple=True, metavar="ID", shell_complete=provider_models, help="A model; repeatable.")
@click.option("--all-models", is_flag=True, help="All models of the preset.")
@click.option(
    "--discover/--no-discover", default=None, help="Whether Crush asks the endpoint for models at each start."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="An answer of the preset's own; repeatable."
)
@click.option("--large", metavar="MODEL", shell_complete=provider_models, help="Use this one as the large model.")
@click.option("--small", metavar="MODEL", shell_complete=provider_models, help="Use this one as the small model.")
@click.option(
    "--secret-store",
    type=click.Choice([AUTO, *STORES, ENVIRONMENT]),
    default=AUTO,
    help="Where the key is kept: the system keyring, an encrypted file, or a variable that you set.",
)
@click.option(
    "--placeholder",
    type=click.Choice(["variable", LOOKUP]),
    help="What the config holds: $NAME, or a lookup that plain `crush` can follow.",
)
@click.option("--merge", "existing", flag_value="merge", help="If the id exists: keep all that is not said now.")
@click.option("--replace", "existing", flag_value="replace", help="If the id exists: replace the whole entry.")
@click.option("--test/--no-test", default=None, help="Try it out before anything is stored (default: with a key).")
@click.option("--timeout", type=click.FloatRange(0.1, 600), metavar="SECONDS", help="How long one answer may take.")
@click.option("--verify", is_flag=True, help="Ask the real Crush afterwards; it runs the config's commands.")
@click.option("--extra-body", metavar="JSON", help="Extra fields for every request.")
@click.option("--system-prompt-prefix", metavar="TEXT", help="Text before the system prompt.")
@click.option("--flat-rate", is_flag=True, help="No cost tracking for this provider.")
@click.option("--documented-fields", is_flag=True, help="Also write supports_vision and supports_function_calling.")
@which_file
@changing
@common
@no_plain_key
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
) -> int:
    """Add a provider, guided by PRESET (`crush-wizard presets` lists them).

    Without PRESET it is asked for. Every question has a flag; without a terminal, flags and defaults answer all.

    \b
    crush-wizard add-provider deepseek
    crush-wizard add-provider groq --yes --api-key-file key.txt
    crush-wizard add-provider azure --set resource=my-res --set deployment=gpt-5
    """
    from wizard.cli.files import open_target, refuse_unread_crushrc
    from wizard.cli.gather import gather
    from wizard.cli.provider_interview import Job, change_provider
    from wizard.cli.trial import open_trial
    from wizard.flow.driver import CONFIRMATION, Interview
    from wizard.ui.prompter import open_prompter

    asker = open_prompter(output)
    given = dict(_given(flags, output))
    target = open_target(scope, file, format_)
    trial = open_trial(flags["test"], flags["timeout"], output, asker, dry_run=dry_run)
    asks = asker is not None and not yes
    facts = gather(target, given, output, asker=asker, dry_run=dry_run, asks=asks, secret=trial.secret)
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.crush)
    if asker is not None:
        asker.prepare()
    interview = Interview(
        facts, given, asker, assume_defaults=yes, confirmation=None if yes or dry_run else CONFIRMATION
    )
    job = Job("add-provider", interview, target, trial, output)
    return change_provider(job, dry_run=dry_run, documented_fields=documented_fields, verify=verify)


# What the flags say


def _given(flags: dict[str, Any], output: Output) -> Iterator[tuple[str, Raw]]:
    """The raw answers that the flags bring, by question key."""
    plain = {
        "preset": flags["preset"],
        "id": flags["id_"],
        "name": flags["name"],
        "type": flags["type_"],
        "base_url": flags["base_url"],
        "key_env": flags["api_key_env"],
        "headers": flags["header"] or None,
        "models": _models(flags),
        "large": flags["large"],
        "small": flags["small"],
        "existing": flags["existing"],
        "extra_body": flags["extra_body"],
        "prefix": flags["system_prompt_prefix"],
        "flat_rate": flags["flat_rate"] or None,
        "keys": {"variable": RUN, LOOKUP: LOOKUP, None: None}[flags["placeholder"]],
        "discover": {True: "yes", False: "no", None: None}[flags["discover"]],
    }
    yield from ((key, raw) for key, raw in plain.items() if raw is not None)
    yield from _settings(flags["settings"])
    yield from _key_flags(flags, output)


def _models(flags: dict[str, Any]) -> tuple[str, ...] | None:
    if flags["all_models"] and flags["model"]:
        raise UsageError("--all-models and --model can't both choose the models")
    return (ALL,) if flags["all_models"] else flags["model"] or None


def _settings(settings: tuple[str, ...]) -> Iterator[tuple[str, Raw]]:
    """--set KEY=VALUE; a key that is given more than once has several values."""
    values: dict[str, list[str]] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key.strip():
            raise UsageError(f"--set takes KEY=VALUE, not `{setting}`")
        values.setdefault(f"set.{key.strip()}", []).append(value)
    for key, several in values.items():
        yield key, several[0] if len(several) == 1 else tuple(several)


def _key_flags(flags: dict[str, Any], output: Output) -> Iterator[tuple[str, Raw]]:
    brings_key = flags["api_key_stdin"] or flags["api_key_file"] is not None
    store = flags["secret_store"]
    if flags["api_key_stdin"] and flags["api_key_file"] is not None:
        raise UsageError("--api-key-stdin and --api-key-file can't both bring the key")
    if flags["no_api_key"] and (brings_key or store != AUTO or flags["api_key_env"]):
        raise UsageError("--no-api-key goes with no other key flag")
    if brings_key and store == ENVIRONMENT:
        raise UsageError("--secret-store environment stores nothing, so it takes no key")
    if flags["no_api_key"]:
        yield "key_source", NO_KEY
    elif brings_key:
        yield "key_source", store
        yield "key", _read_key(flags, output)
    elif store != AUTO:
        yield "key_source", store


def _read_key(flags: dict[str, Any], output: Output) -> str:
    if flags["api_key_stdin"]:
        key = from_stdin("--api-key-stdin", LARGEST_KEY)
    else:
        key = from_file("--api-key-file", flags["api_key_file"], LARGEST_KEY)
    for form in {key, key.strip()}:
        output.redactor.add(form)
    if not key.strip():
        raise UsageError("the key that was given is empty")
    return key
