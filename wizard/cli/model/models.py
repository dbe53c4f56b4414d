"""`models ID`: the models of a provider, configured and on offer; with flags, changes to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import provider_ids, provider_models
from wizard.cli.flags import allow_commands, allow_hosts, changing, common, if_none_left, which_file
from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.shown import command_line
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.which_file import WhichFile
    from wizard.flow.model_comparison import Compared
    from wizard.trial.provider_models import Models, Subject
    from wizard.ui.output import Output


@click.command("models")
@click.argument("id_", metavar="ID", shell_complete=provider_ids)
@click.option("--add", multiple=True, metavar="MODEL", shell_complete=provider_models, help="Add a model; repeatable.")
@click.option(
    "--remove", multiple=True, metavar="MODEL", shell_complete=provider_models, help="Remove a model; repeatable."
)
@click.option("--refresh", is_flag=True, help="Update prices, context and limits.")
@click.option("--overwrite", is_flag=True, help="With --refresh, replace also what you have changed since.")
@allow_hosts
@allow_commands
@if_none_left
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    id_: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    refresh: bool,
    overwrite: bool,
    allow_hosts: bool,
    allow_commands: bool,
    none_left: str | None,
    which: WhichFile,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Show the models of the provider ID: those configured, and what its endpoint has beside them.

    Prices are in USD for a million tokens. A ! marks what the endpoint, the preset or the catalogue contradicts;
    --refresh takes over what they say, but for what you have changed yourself since it was written.

    \b
    crush-wizard models deepseek
    crush-wizard models groq --add openai/gpt-oss-20b --remove llama-3.1-8b-instant
    crush-wizard models groq --refresh --dry-run
    """
    from wizard.machine.in_force import in_force, with_list_of_crush
    from wizard.machine.problems import say_fatal
    from wizard.trial.provider_models import look, subject_of

    _check_flags(add, remove, refresh=refresh, overwrite=overwrite)
    asker = open_prompter(output)
    target = which.open() if add or remove or refresh else None
    found = with_list_of_crush(id_, in_force(target.around if target else None))
    subject = subject_of(id_, found)
    say_fatal(found, output)
    models = look(
        subject,
        output,
        asker,
        allow_hosts=allow_hosts,
        runs_commands=True,
        allow_commands=allow_commands,
    )
    if target is None:
        return _shown(models, output)
    from wizard.change.run import Run, as_data
    from wizard.cli.model.change import ModelFlags, ModelsChange

    run = Run(output, None if yes or dry_run else asker, dry_run, yes)
    outcome = ModelsChange(ModelFlags(add, remove, refresh, overwrite, none_left), models, target, run).carry_out()

    def data() -> dict[str, Any]:
        now = _now(models)
        return {**as_data(outcome, subject_data(now.subject)), "models": models_data(now)}

    return Result(data)


def _check_flags(add: tuple[str, ...], remove: tuple[str, ...], *, refresh: bool, overwrite: bool) -> None:
    if overwrite and not refresh:
        raise UsageError("--overwrite needs --refresh")
    if refresh and (add or remove):
        raise UsageError("--refresh can't be used with --add or --remove", hint="run one after the other")
    if both := sorted(set(add) & set(remove)):
        raise UsageError(f"{', '.join(both)}: can't be both added and removed")


def _now(models: Models) -> Models:
    """The same after the change; the endpoint is not asked again."""
    from wizard.machine.in_force import in_force
    from wizard.trial.provider_models import subject_of

    subject = models.subject
    found = in_force(subject.found.around, told=subject.found.told)
    return type(models)(subject_of(subject.id, found), models.offer)


def _shown(models: Models, output: Output) -> Result:
    def data() -> dict[str, Any]:
        from wizard.change.run import as_data

        return {**as_data(None), "provider": subject_data(models.subject), "models": models_data(models)}

    return Result(data, show=partial(_print, models, output))


def _print(models: Models, output: Output) -> None:
    from wizard.ui.model_table import render_models

    if models.compared:
        output.data(render_models(models.compared, output.width, output.stdout.encoding))
    else:
        output.note(f"{models.subject.id} has no models")
    _say_what_follows(models, output)


def _say_what_follows(models: Models, output: Output) -> None:
    from wizard.ui.model_table import left_out

    subject = models.subject
    if rest := left_out(models.compared):
        output.note(f"and {rest} more on offer; --json lists them, --add MODEL adds one")
    if subject.builtin and (subject.provider is None or subject.provider.more_models):
        output.note("from the catalogue: Crush may have others, and has not run here yet")
    if subject.provider is None:
        output.note(f"{subject.id} is built into Crush, but not set up here: crush-wizard add-provider {subject.id}")
    elif subject.provider.discovers:
        output.note("Crush asks the endpoint for its models at each start, and adds them to these")
    if own := [models.is_own(model.id, it) for model in models.compared for it in model.differences]:
        overwriting = ("--overwrite",) if all(own) else ()
        output.note(f"to use these values: {command_line('models', subject.id, '--refresh', *overwriting)}")


# JSON (cli.md)


def subject_data(subject: Subject) -> dict[str, Any]:
    """The provider as `list` has it; of a built-in that is not active what is known."""
    from wizard.machine.provider_state import provider_data

    if subject.provider is not None:
        return provider_data(subject.provider, subject.found)
    return {"id": subject.id, "name": subject.name, "type": subject.type, "builtin": True, "status": None}


def models_data(models: Models) -> list[dict[str, Any]]:
    """Numbers that nobody knows are null. `source`: where a file lists the model, the weakest place first."""
    return [_model_data(model, models.subject) for model in models.compared]


_SHOWN = (
    *("name", "context_window", "default_max_tokens", "cost_per_1m_in", "cost_per_1m_out", "cost_per_1m_in_cached"),
    *("cost_per_1m_out_cached", "can_reason", "supports_attachments", "tools"),
)


def _model_data(model: Compared, subject: Subject) -> dict[str, Any]:
    from msgspec.structs import asdict

    from wizard.machine.provider_state import source_data

    guess = model.guess
    facts = {name: getattr(model.facts, name) for name in _SHOWN}
    facts["default_max_tokens"] = model.facts.usual_answer
    return {
        "id": model.id,
        "state": model.state,
        **facts,
        "differences": [asdict(difference) for difference in model.differences],
        "guess": guess and {"id": guess.facts.id, "certainty": guess.certainty, "source": guess.source},
        "sources": [source_data(source) for source in subject.sources_of(model.id)],
    }
