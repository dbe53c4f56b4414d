"""`add-provider`: one provider, guided by a preset or by the custom flows."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from wizard.cli.flags import changing, common, no_plain_key, which_file
from wizard.cli.secret_input import from_file, from_stdin
from wizard.cli.stores import CALLED
from wizard.errors import ChangedMeanwhile, UsageError
from wizard.flow.key_questions import AUTO, ENVIRONMENT, LOOKUP, NO_KEY, RUN, STORES
from wizard.flow.model_questions import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.cli.files import Target
    from wizard.config.document import Change, Document
    from wizard.config.locations import FormatChoice, Scope
    from wizard.config.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Interview
    from wizard.flow.question import Raw
    from wizard.secrets.settings import Delivery, StoreName
    from wizard.ui.output import Output

    Changes = list[tuple[Document, list[Change]]]

LARGEST_KEY = 64 * 1024
ATTEMPTS = 20
"""How often a change is planned anew when the file keeps changing under it."""


@click.command("add-provider")
@click.argument("preset", required=False)
@click.option("--id", "id_", metavar="ID", help="The provider's id in the config.")
@click.option("--name", help="The name that Crush shows.")
@click.option("--type", "type_", metavar="TYPE", help="openai-compat, openai, anthropic ... (`presets show` explains).")
@click.option("--base-url", metavar="URL", help="The endpoint; a pasted URL is corrected.")
@click.option("--api-key-env", metavar="VAR", help="The variable that stands for the key.")
@click.option("--api-key-stdin", is_flag=True, help="Read the key from stdin.")
@click.option("--api-key-file", type=click.Path(path_type=Path), metavar="FILE", help="Read the key from a file.")
@click.option("--no-api-key", is_flag=True, help="The endpoint needs no key.")
@click.option("--header", multiple=True, metavar="NAME=VALUE", help="An extra header; repeatable.")
@click.option("--model", multiple=True, metavar="ID", help="A model; repeatable.")
@click.option("--all-models", is_flag=True, help="All models of the preset.")
@click.option(
    "--discover/--no-discover", default=None, help="Whether Crush asks the endpoint for models at each start."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="An answer of the preset's own; repeatable."
)
@click.option("--large", metavar="MODEL", help="Use this one as the large model.")
@click.option("--small", metavar="MODEL", help="Use this one as the small model.")
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
    output: Output, /, scope: Scope, file: Path | None, format_: FormatChoice, dry_run: bool, yes: bool, **flags: Any
) -> None:
    """Add a provider, guided by PRESET (`crush-wizard presets` lists them).

    Without PRESET it is asked for. Every question has a flag; without a terminal, flags and defaults answer all.

    \b
    crush-wizard add-provider deepseek
    crush-wizard add-provider groq --yes --api-key-file key.txt
    crush-wizard add-provider azure --set resource=my-res --set deployment=gpt-5
    """
    from wizard.cli.files import open_target, refuse_unread_crushrc
    from wizard.cli.gather import gather
    from wizard.flow.driver import CONFIRMATION, Interview
    from wizard.ui.prompter import open_prompter

    asker = open_prompter(output)
    given = dict(_given(flags, output))
    target = open_target(scope, file, format_)
    facts = gather(target, given, output, asker=asker, dry_run=dry_run, asks=asker is not None and not yes)
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.crush)
    if asker is not None:
        asker.prepare()
    interview = Interview(
        facts, given, asker, assume_defaults=yes, confirmation=None if yes or dry_run else CONFIRMATION
    )
    _add(interview, target, output, dry_run=dry_run, documented_fields=flags["documented_fields"])


def _add(interview: Interview, target: Target, output: Output, *, dry_run: bool, documented_fields: bool) -> None:
    """Ask, plan, write. A file that changed meanwhile (another wizard) is planned for anew, with the same answers."""
    from wizard.cli.gather import existing_providers
    from wizard.flow.answers import Answers

    for attempts_left in reversed(range(ATTEMPTS)):
        draft, plan = _decide(interview, target, output, documented_fields=documented_fields)
        try:
            _finish(draft, plan, output, asker=interview.asker, dry_run=dry_run)
        except ChangedMeanwhile:
            if not attempts_left:
                raise
            output.note("the file has just been changed by someone else; this is the change to what it is now")
            target = target.opened_anew()
            interview.facts = dataclasses.replace(interview.facts, existing=existing_providers(target))
            if interview.asker is None:
                interview.answers = Answers()  # only flags and defaults: they may come out differently now
        else:
            return


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


# Asking, showing, doing


def _decide(interview: Interview, target: Target, output: Output, *, documented_fields: bool) -> tuple[Draft, Plan]:
    """Ask until the plan is confirmed; going back from the confirmation asks the last question again."""
    from wizard.cli.change import show_diff
    from wizard.flow.build import build

    while True:
        answers = interview.run()
        draft = build(answers, interview.facts, documented_fields=documented_fields)
        if draft.secret:
            output.redactor.add(draft.secret.value)
        changes = _changes(draft, target)
        plan = _plan(draft, changes, output)
        if plan.changes_nothing:
            return draft, plan
        unconfirmed = interview.confirmation is not None and interview.asker is not None
        if unconfirmed:
            show_diff(plan, output)
        _say(draft, changes, target, output)
        if not unconfirmed or _confirmed(plan, interview):
            return draft, plan


def _confirmed(plan: Plan, interview: Interview) -> bool:
    """False: the person wants the last question again."""
    from wizard.cli.change import confirm, shown_path
    from wizard.flow.question import Back

    text = f"Write this to {' and '.join(shown_path(edit.path) for edit in plan.files)}?"
    try:
        confirm(cast("Asker", interview.asker), text, can_go_back=interview.can_go_back)
    except Back:
        interview.back()
        return False
    return True


def _plan(draft: Draft, changes: Changes, output: Output) -> Plan:
    from wizard.cli.change import edit_of
    from wizard.cli.delivery import start_file_edits
    from wizard.config.plan import Plan, SecretEdit

    return Plan(
        command=f"add-provider {draft.provider.id}",
        files=(
            *(edit_of(document, wanted, _replaced_key(draft, document)) for document, wanted in changes),
            *start_file_edits(draft.keys if draft.decides_keys else None, output),
        ),
        secrets=(SecretEdit(draft.secret.name, draft.secret.store, "store"),) if draft.secret else (),
    )


def _changes(draft: Draft, target: Target) -> Changes:
    """What is changed in which file, the provider's own first."""
    from wizard.config.document import PutProvider, SelectModel

    provider = draft.provider.id
    own = target.document_of(provider)
    changes: dict[Document, list[Change]] = {
        own: [PutProvider(provider, draft.entry, "merge" if draft.merging else "replace")]
    }
    for slot, model in draft.selected.items():
        document = target.document_choosing(slot, provider)
        changes.setdefault(document, []).append(SelectModel(slot, provider, model))
    return list(changes.items())


def _replaced_key(draft: Draft, document: Document) -> dict[str, str]:
    """A literal key that goes, and the placeholder that comes: what `undo` is to put back in its place."""
    before = (document.provider(draft.provider.id) or {}).get("api_key")
    after = draft.entry.get("api_key")
    return {before: after} if isinstance(before, str) and before and after else {}


def _say(draft: Draft, changes: Changes, target: Target, output: Output) -> None:
    for note in draft.notes:
        output.note(note)
    for warning in draft.warnings:
        output.warning(warning)
    for document, wanted in changes:
        for warning in document.left_out(wanted):
            output.warning(warning)
        for remark in document.remarks(wanted):
            output.note(remark)
    _say_which_file(draft.provider.id, target, output)


def _say_which_file(provider: str, target: Target, output: Output) -> None:
    from wizard.cli.change import shown_path

    other = target.also_in(provider)
    if other is not None:
        edited = target.document_of(provider)
        path, wins = shown_path(Path(edited.path)), edited.format == "crushrc"
        output.note(
            f"{provider} is in {shown_path(Path(other.path))}, too: {path} is edited, "
            f"whose values {'win' if wins else 'lose'}; models of both files add up"
        )


def _finish(draft: Draft, plan: Plan, output: Output, *, asker: Asker | None, dry_run: bool) -> None:
    from wizard.cli.change import as_data, carry_out
    from wizard.cli.stores import open_with

    stores = {draft.secret.store: open_with(asker, draft.secret.store)} if draft.secret else {}
    values = {draft.secret.name: draft.secret.value} if draft.secret else {}
    outcome = carry_out(plan, values, stores, output, dry_run=dry_run)
    _report(draft, plan, output, applied=outcome.applied, dry_run=dry_run)
    if outcome.applied:
        _remember(draft, output)
    if output.as_json:
        output.envelope("add-provider", data=as_data(outcome, {"id": draft.provider.id, **draft.entry}))


def _remember(draft: Draft, output: Output) -> None:
    """What was decided is not asked again."""
    from wizard import folders
    from wizard.cli.stores import settle
    from wizard.secrets.settings import remember_keys

    if draft.secret and draft.decides_store:
        settle(cast("StoreName", draft.secret.store), output)
    if draft.keys and draft.decides_keys:
        remember_keys(folders.settings(), cast("Delivery", draft.keys))


def _report(draft: Draft, plan: Plan, output: Output, *, applied: bool, dry_run: bool) -> None:
    from wizard.cli.change import shown_path
    from wizard.cli.delivery import say_how

    path = shown_path(plan.files[0].path)
    if dry_run:
        return
    if not applied:
        output.note(f"nothing to do: {draft.provider.id} in {path} is already like this")
        return
    output.done(f"{draft.provider.id} is in {path}")
    if draft.secret:
        output.done(f"{draft.secret.name} is in {CALLED[draft.secret.store]}")
    if draft.variable and draft.stored:
        say_how(draft.keys, draft.variable, output)
    elif draft.variable and not os.environ.get(draft.variable):
        output.warning(
            f"${draft.variable} has no value yet: set it before you start Crush, "
            f"or store the key: crush-wizard secret set {draft.variable}"
        )
    output.note("`crush-wizard undo` takes this back")
