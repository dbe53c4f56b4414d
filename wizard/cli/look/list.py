"""`list`: the providers as Crush will see them, where each one is set, and what is wrong with them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.crush.selected import doubted, named
from wizard.expansion.plain_secrets import holds_secret
from wizard.files.locations import here
from wizard.machine.allowed import unallowed_keys
from wizard.provider.hiding import is_only_hidden
from wizard.ui.place import place
from wizard.ui.table import fits, render_open_table, render_records, render_table
from wizard.ui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.crush.problem import Problem
    from wizard.crush.selected import Selected
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output

COLUMNS = ("id", "name", "type", "host", "models", "key", "status", "where")


@click.command("list")
@common
@click.pass_obj
def command(output: Output, /) -> Result:
    """List the providers in force in this folder: state, key, and the file that each comes from.

    A ! marks a host that would get a key of yours only because this folder's files say so.

    Also the large and the small model, and everything that Crush would drop without a word. Exit code 1 if Crush
    would not start.
    """
    from wizard.crush.loading import load
    from wizard.machine.in_force import as_far_as_known, with_lists_of_slots

    found = with_lists_of_slots(as_far_as_known(load(here())))
    return Result(partial(_data, found), partial(_print, found, output), exit_code=1 if found.effective.fatal else 0)


def _data(found: InForce) -> dict[str, Any]:
    from wizard.machine.provider_state import demands_data, problem_data, provider_data, selected_data
    from wizard.machine.starting import need_run

    return {
        "providers": [provider_data(provider, found) for provider in found.effective.providers],
        "selected": selected_data(found.effective.selected),
        "fatal": [problem_data(problem) for problem in found.effective.fatal],
        "problems": [problem_data(problem) for problem in found.effective.problems],
        "uncertain": [
            {
                "provider": place.provider or None,
                "slot": place.slot or None,
                "path": str(place.path),
                "line": place.line,
                "why": place.why,
            }
            for place in found.effective.uncertain
        ],
        "needs_consent": demands_data(found),
        "need_run": list(need_run(found)),
    }


def _print(found: InForce, output: Output) -> None:
    from wizard.machine.problems import say_demands, say_fatal, say_literals, say_own, say_problems, say_unread
    from wizard.machine.shown_entry import literals_in
    from wizard.machine.starting import need_run

    effective = found.effective
    if effective.providers:
        hidden = [provider for provider in effective.providers if _is_only_hidden(provider, effective)]
        rows = [_row(provider, found) for provider in effective.providers if provider not in hidden]
        table = provider_table(rows, output.width) if rows else ""
        parts = (table, _hidden_line(hidden), slot_table(effective, output.width))
        output.data("\n\n".join(filter(None, parts)))
    say_fatal(found, output)
    say_own(found, output)
    say_problems(_to_be_told(effective), found, output)
    of_config = ("`env`",) if holds_secret(effective.config.get("env", {})) else ()  # for providers to refer to
    say_literals((*literals_in(effective.providers), *of_config), output)
    say_demands(found.demands, output)
    say_unread(found, output)
    if ids := need_run(found):
        from wizard.change.delivery import say_need_run

        say_need_run(ids, output)
    if not effective.providers and not effective.fatal:
        output.note("no providers configured; to add one:")
        output.line("  crush-wizard add-provider")


def _to_be_told(effective: Effective) -> list[Problem]:
    """Not what follows from hiding a provider: nobody misses its key."""
    disabled = {provider.id for provider in effective.providers if provider.status == "disabled"}
    moot = ("W1", "W2", "W3", "W4", "W5")
    return [
        problem
        for problem in effective.problems
        if problem.code != "W17" and not (problem.code in moot and problem.provider in disabled)
    ]


# The table


def _is_only_hidden(provider: EffectiveProvider, effective: Effective) -> bool:
    """Whether the files say nothing of a built-in but that it is hidden."""
    return provider.builtin and provider.is_hidden and is_only_hidden(effective.said(provider.id))


def _hidden_line(providers: Sequence[EffectiveProvider]) -> str:
    return f"hidden: {', '.join(provider.id for provider in providers)}" if providers else ""


def _row(provider: EffectiveProvider, found: InForce) -> tuple[str, ...]:
    from wizard.machine.provider_state import host_text, key_of, models_text, status_text, where_text

    return (
        provider.id or '""',
        provider.name if provider.name.casefold() != provider.id.casefold() else "",
        provider.type,
        " ".join(filter(None, (host_text(provider, found), "!" if unallowed_keys(found, provider.id) else ""))),
        models_text(provider),
        key_of(provider, found).words,
        status_text(provider, found),
        where_text(provider),
    )


def provider_table(rows: Sequence[tuple[str, ...]], width: int | None) -> str:
    """Rows of COLUMNS, whole if they fit; else two lines each; else one record after the other. Nothing is cut."""
    whole = render_table(COLUMNS, rows, None)
    if fits(whole, width):
        return whole
    short = _two_lines(rows)
    return short if fits(short, width) else render_records(COLUMNS, rows)


def _two_lines(rows: Sequence[tuple[str, ...]]) -> str:
    """Id, state, models and key; below each its host and where it is set."""
    shown = [(id_, status, models, key) for id_, _, _, _, models, key, status, _ in rows]
    header, *lines = render_table(("id", "status", "models", "key"), shown, None).splitlines()
    below = (one_line(f"{host or type_}, {where}") for _, _, type_, host, *_, where in rows)
    return "\n".join([header, *(f"{line}\n  {more}" for line, more in zip(lines, below, strict=True))])


# The slots


def slot_table(effective: Effective, width: int | None) -> str:
    """The large and the small model, and where each is set; empty without any."""
    rows = [(slot.slot, named(slot), _set_by(slot) + doubted(slot)) for slot in effective.selected.values()]
    return render_open_table(("slot", "model", "set in"), rows, width) if rows else ""


def _set_by(slot: Selected) -> str:
    if slot.configured is None or slot.source is None:
        return "no choice: Crush's default"
    where = place(slot.source)
    if slot.falls_back:
        return f"instead of {slot.configured.provider}/{slot.configured.model} in {where}"
    return f"{where}, overrides {', '.join(map(place, slot.source.shadowed))}" if slot.source.shadowed else where
