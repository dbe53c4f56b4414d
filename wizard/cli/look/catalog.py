"""`catalog`: what is known about models, from where and since when, and a refresh on request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.cli.flags import Seconds, common
from wizard.cli.result import Result
from wizard.errors import Refused
from wizard.files.locations import catalog_folder, here
from wizard.network.offline import is_offline
from wizard.trial.probing import marks_for
from wizard.ui.progress import Row, is_drawn, open_progress
from wizard.ui.table import render_table
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wizard.catalog.catalog import SourceStatus
    from wizard.catalog.refresh import Refreshed
    from wizard.ui.output import Output

TITLES = {
    "crush": "Crush's cache",
    "catwalk": "Charm's catalogue",
    "models.dev": "models.dev",
    "snapshot": "shipped snapshot",
}
MOST_NAMED = 5
"""Models that the summary of an update names; --json has them all."""


@click.group("catalog", invoke_without_command=True)
@common
@click.pass_context
def command(ctx: click.Context) -> Any:
    """What is known about models: prices, context windows, abilities."""
    return ctx.invoke(show_status) if ctx.invoked_subcommand is None else None


@command.command("status")
@common
@click.pass_obj
def show_status(output: Output, /) -> Result:
    """Where the facts come from: the first source that knows a model has the word."""
    sources = _sources()
    for source in sources:
        if source.error is not None:
            output.warning(f"left out: {source.error.where}: {source.error.message}")
    return Result(
        lambda: {"sources": [_source_data(source) for source in sources]}, partial(_print_sources, sources, output)
    )


@command.command("update")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Seconds to wait for each catalogue (default: 45).")
@common
@click.pass_obj
def update_copies(output: Output, /, timeout: float | None) -> Result:
    """Get Charm's catalogue and models.dev from the network.

    CATWALK_URL and WIZARD_MODELS_DEV_URL name other addresses. Exit code 1 if neither could be had.
    """
    from wizard.catalog.refresh import SECONDS, update

    _refuse_offline()
    outcomes = _with_progress(partial(update, folders.catalog(), seconds=timeout or SECONDS), output)
    good = any(outcome.state != "failed" for outcome in outcomes)
    return Result(
        lambda: {
            "applied": any(outcome.state == "updated" for outcome in outcomes),
            "updates": [_update_data(outcome) for outcome in outcomes],
            "sources": [_source_data(source) for source in _sources()],
        },
        exit_code=0 if good else 1,
    )


def _with_progress(ask: Callable[..., Sequence[Refreshed]], output: Output) -> Sequence[Refreshed]:
    """Ask the catalogues, with a row for each meanwhile. What has come of one is said whatever becomes of the other."""
    outcomes: list[Refreshed] = []

    def remember(outcome: Refreshed) -> None:
        outcomes.append(outcome)
        mark = marks["failed" if outcome.state == "failed" else "ok"]
        progress.show(Row(outcome.title, 1, mark, "failed" if outcome.state == "failed" else "done", ended=True))

    if not is_drawn(output) and not output.as_json:
        output.note(f"asking {TITLES['catwalk']} and {TITLES['models.dev']} ...")
    marks = marks_for(output.stderr.encoding)
    rows = [Row(title, 1, words="asking") for title in (TITLES["catwalk"], TITLES["models.dev"])]
    try:
        with open_progress(output, rows, says_ends=False) as progress:
            return ask(tell=remember)
    finally:
        for outcome in outcomes:
            _tell(outcome, output)


def _refuse_offline() -> None:
    if is_offline():
        raise Refused(
            "`catalog update` needs the network, which is switched off",
            hint="leave out --offline, and unset WIZARD_OFFLINE",
        )


def _sources() -> Sequence[SourceStatus]:
    from wizard.catalog.catalog import open_catalog

    return open_catalog(catalog_folder(here()), folders.catalog()).status()


def _source_data(source: SourceStatus) -> dict[str, Any]:
    return {
        **{name: getattr(source, name) for name in ("name", "providers", "models", "used")},
        "path": str(source.path),
        "date": source.date or None,
        "error": source.error.message if source.error else None,
    }


def _print_sources(sources: Sequence[SourceStatus], output: Output) -> None:
    rows = [
        (TITLES[source.name], source.date or "-", *_counts(source), _state(source), str(source.path))
        for source in sources
    ]
    output.data(render_table(("source", "date", "providers", "models", "state", "file"), rows, output.width))
    if not any(source.used for source in sources if source.name in ("catwalk", "models.dev")):
        output.note("to update them: crush-wizard catalog update")


def _counts(source: SourceStatus) -> tuple[str, str]:
    return (str(source.providers), str(source.models)) if source.used else ("-", "-")


def _state(source: SourceStatus) -> str:
    if source.error is not None:
        return "broken"
    return "used" if source.used else "none yet"


def _tell(outcome: Refreshed, output: Output) -> None:
    """One catalogue's line, as soon as it is done."""
    if outcome.error is not None:
        output.warning(outcome.error.message)
        if outcome.error.hint and not output.as_json:
            output.hint(outcome.error.hint)
    elif outcome.state == "unchanged":
        output.done(f"{outcome.title}: nothing new, {counted(outcome.models, 'model')}")
    else:
        size = f"{counted(outcome.models, 'model')} of {counted(outcome.providers, 'provider')}"
        output.done(f"{outcome.title}: {size}{_changes(outcome)}")
        for line in _named(outcome):
            output.note(line)


def _changes(outcome: Refreshed) -> str:
    if outcome.first:
        return ""
    if not (outcome.new or outcome.gone or outcome.repriced):
        return "; no changes"
    return f"; {len(outcome.new)} new, {len(outcome.gone)} gone, {len(outcome.repriced)} with a new price"


def _named(outcome: Refreshed) -> Iterator[str]:
    for title, models in (("new", outcome.new), ("gone", outcome.gone), ("new price", outcome.repriced)):
        if models:
            more = f" and {len(models) - MOST_NAMED} more" if len(models) > MOST_NAMED else ""
            yield f"  {title}: {', '.join(models[:MOST_NAMED])}{more}"


def _update_data(outcome: Refreshed) -> dict[str, Any]:
    names = ("name", "state", "providers", "models", "new", "gone", "repriced")
    return {
        **{name: getattr(outcome, name) for name in names},
        "error": outcome.error.message if outcome.error else None,
        "hint": (outcome.error.hint or None) if outcome.error else None,
    }
