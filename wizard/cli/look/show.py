"""`show`: all of one provider, every value with its place."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.files.locations import here
from wizard.machine.absent import absence
from wizard.machine.allowed import unallowed_keys
from wizard.ui.demands import demand_text
from wizard.ui.place import place
from wizard.ui.table import fits, render_labelled, render_open_table, render_table
from wizard.ui.text import cut, one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Problem
    from wizard.crush.sources import Source
    from wizard.machine.in_force import InForce
    from wizard.machine.provider_values import ShownValue
    from wizard.provider.model import Slot
    from wizard.ui.output import Output

LONGEST = 400
"""Terminal columns of a value for people; --json has all of it."""
CATALOGUE = "Crush's catalogue"
MODEL_COLUMNS = ("id", "name", "context", "in", "out", "answer", "can")
_NARROW = ("id", "context", "in", "out", "can")


@click.command("show")
@click.argument("id_", metavar="ID", shell_complete=provider_ids)
@common
@click.pass_obj
def command(output: Output, /, id_: str) -> Result:
    """Show one provider in full: each value, the file, line and column that it comes from, and what that overrules.

    Exit code 1 if Crush would not start, 2 if there is no such provider.
    """
    from wizard.crush.loading import load
    from wizard.machine.in_force import as_far_as_known, with_list_of_crush
    from wizard.machine.problems import say_fatal, say_own

    found = with_list_of_crush(id_, as_far_as_known(load(here())))
    say_own(found, output)
    provider = found.effective.provider(id_)
    if provider is None:
        if not output.as_json:
            say_fatal(found, output)
        raise absence(id_, found)
    return Result(
        partial(_data, provider, found),
        partial(_print, provider, found, output),
        exit_code=1 if found.effective.fatal else 0,
    )


# JSON


def _data(provider: EffectiveProvider, found: InForce) -> dict[str, Any]:
    from wizard.machine.provider_state import expanded_url, problem_data, provider_data
    from wizard.machine.provider_values import model_sources, values_of

    values = values_of(provider, found)
    return {
        "provider": {
            **provider_data(provider, found),
            "expanded_url": expanded_url(provider, found) or None,
            "slots": list(_slots(provider, found)),
            "values": {value.name: _value_data(value) for value in values if not value.ignored},
            "ignored": {value.name: _value_data(value) for value in values if value.ignored},
            "model_sources": [source and _place_data(source) for source in model_sources(provider, found)],
        },
        "fatal": [problem_data(problem) for problem in found.effective.fatal],
        "problems": [problem_data(problem) for problem in _problems(provider, found)],
    }


def _value_data(value: ShownValue) -> dict[str, Any]:
    place = _place_data(value.source) if value.source else dict.fromkeys(("path", "line", "column"))
    return {"value": value.value, **place, "shadowed": [_place_data(source) for source in value.shadowed]}


def _place_data(source: Source) -> dict[str, Any]:
    return {"path": str(source.path), "line": source.line, "column": source.column}


def _slots(provider: EffectiveProvider, found: InForce) -> Iterator[Slot]:
    return (slot for slot, selected in found.effective.selected.items() if selected.provider == provider.id)


def _problems(provider: EffectiveProvider, found: InForce) -> list[Problem]:
    return [problem for problem in found.effective.problems if problem.provider == provider.id]


# For people


def _print(provider: EffectiveProvider, found: InForce, output: Output) -> None:
    from wizard.machine.problems import say_demands, say_fatal, say_literals, say_problems, say_unread_scripts
    from wizard.machine.provider_values import values_of
    from wizard.machine.shown_entry import literals_in

    parts = [
        render_labelled(list(_summary(provider, found)), output.width),
        _value_table(values_of(provider, found), provider, output.width),
        *_models(provider, found, output.width),
    ]
    output.data("\n\n".join(parts))
    say_fatal(found, output)
    others = [problem for problem in _problems(provider, found) if problem.code != provider.code]
    say_problems(others, found, output)
    say_literals(literals_in((provider,)), output)
    say_demands([demand for demand in found.demands if demand.provider == provider.id], output)
    say_unread_scripts(found, output)
    _say_unknown_keys(provider, found, output)


def _summary(provider: EffectiveProvider, found: InForce) -> Iterator[tuple[str, str]]:
    from wizard.machine.provider_state import (
        cure,
        expanded_url,
        key_of,
        missing_sign_in,
        models_text,
        state_text,
    )

    key = key_of(provider, found)
    yield "provider", (provider.id or '""') + (f", {provider.name}" if provider.name != provider.id else "")
    yield "status", state_text(provider, found)
    if sign_in := missing_sign_in(provider, found):
        yield "to do", sign_in.cure
    elif provider.code and (to_do := _hint(provider, found) or cure(provider, key)):
        yield "to do", to_do
    yield "key", key.words
    yield "URL", expanded_url(provider, found) or _no_url(provider)
    for demand in unallowed_keys(found, provider.id):
        yield "not allowed", f"{demand_text(demand)} ({place(demand)})"
    yield "models", models_text(provider)
    for slot in _slots(provider, found):
        chosen = found.effective.selected[slot]
        yield (
            slot,
            (chosen.model or "the first that its endpoint lists")
            + (f" ({place(chosen.source)})" if chosen.source else ""),
        )
    if provider.sources:
        yield "set in", ", ".join(place(source, with_column=True) for source in provider.sources)
    if provider.builtin:
        yield "built in", _built_in(provider)


def _hint(provider: EffectiveProvider, found: InForce) -> str:
    """The cure that the check itself knows."""
    return next(
        (problem.hint for problem in _problems(provider, found) if problem.code == provider.code and problem.hint), ""
    )


def _no_url(provider: EffectiveProvider) -> str:
    if provider.base_url.text is None:
        return provider.base_url.error or "known only to Crush"
    return "the vendor's own" if provider.builtin else "none"


def _built_in(provider: EffectiveProvider) -> str:
    if not provider.sources:
        return "built into Crush, and no file changes it"
    return (
        "Crush takes URL, key, headers and options from the files; "
        "it keeps its own name and type, and adds its models after yours"
    )


def _value_table(values: Sequence[ShownValue], provider: EffectiveProvider, width: int | None) -> str:
    """Field, value and place in a row; where that is too wide, the places go below, or the value as well."""
    own = CATALOGUE if provider.builtin else "Crush's default"
    shown = [(value.name, _value_text(value.value), _places(value, own)) for value in values]
    rows = [
        ("", "", more) if index else (name, value, more)
        for name, value, places in shown
        for index, more in enumerate(places)
    ]
    whole = render_table(("field", "value", "set in"), rows, None)
    if fits(whole, width):
        return whole
    places_below = _places_below(shown)
    return places_below if fits(places_below, width) else _all_below(shown, width)


_ShownRow = tuple[str, str, tuple[str, ...]]


def _places_below(shown: Sequence[_ShownRow]) -> str:
    header, *lines = render_table(("field", "value"), [row[:2] for row in shown], None).splitlines()
    below = ("".join(f"\n  {one_line(place)}" for place in places) for _, _, places in shown)
    return "\n".join([header, *(line + more for line, more in zip(lines, below, strict=True))])


def _all_below(shown: Sequence[_ShownRow], width: int | None) -> str:
    blocks = ((one_line(name), *(f"  {one_line(line)}" for line in (value, *places))) for name, value, places in shown)
    return "\n".join(wrap(line, width) for block in blocks for line in block)


def _value_text(value: Any) -> str:
    return cut(one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), LONGEST)


def _places(value: ShownValue, own: str) -> tuple[str, ...]:
    if value.source is None:
        return (own,)
    where = place(value.source, with_column=True)
    shadowed = (f"overrides {place(source, with_column=True)}" for source in value.shadowed)
    return (f"{where}, ignored" if value.ignored else where, *shadowed)


# Models


def _models(provider: EffectiveProvider, found: InForce, width: int | None) -> Iterator[str]:
    """The models in one table. Their places are its last column, or else lines of their own."""
    rows = list(_model_rows(provider, found))
    if not rows:
        return
    whole = (*MODEL_COLUMNS, "from")
    table = render_table(whole, [_only(whole, row) for row in rows], None)
    if not fits(table, width):
        short = [{**row, "from": ""} if row["from"] == CATALOGUE else row for row in rows]
        kept = (*(MODEL_COLUMNS if _fits(MODEL_COLUMNS, rows, width) else _NARROW), "from")
        table = render_open_table(kept, [_only(kept, row) for row in short], width)
    yield f"{table}\n\n{_legend(rows, width)}"


def _fits(columns: Sequence[str], rows: Sequence[Mapping[str, str]], width: int | None) -> bool:
    return fits(render_table(columns, [_only(columns, row) for row in rows], None), width)


def _model_rows(provider: EffectiveProvider, found: InForce) -> Iterator[dict[str, str]]:
    from wizard.machine.provider_values import model_sources
    from wizard.machine.shown_entry import ShownEntry

    seen: set[str] = set()
    models = ShownEntry(provider).value("models", provider.models)
    for model, source in zip(models, model_sources(provider, found), strict=True):
        id_ = str(model.get("id", ""))
        can = ["reasoning"] * (model.get("can_reason") is True) + ["images"] * (
            model.get("supports_attachments") is True
        )
        yield {
            "id": f"{id_ or '(no id)'}{' (again)' if id_ in seen else ''}",
            "name": str(model.get("name") or ""),
            "context": _tokens(model.get("context_window")),
            "in": _price(model.get("cost_per_1m_in")),
            "out": _price(model.get("cost_per_1m_out")),
            "answer": _tokens(model.get("default_max_tokens")),
            "can": ", ".join(can),
            "from": place(source) if source else CATALOGUE,
        }
        seen.add(id_)


def _only(columns: Sequence[str], row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def _tokens(value: Any) -> str:
    from wizard.flow.model_choice import tokens

    return tokens(int(value)) if isinstance(value, int | float) and value else ""


def _price(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ""


def _legend(rows: Sequence[Mapping[str, str]], width: int | None) -> str:
    lines = ["in, out: USD per million tokens; answer: the most tokens that Crush asks for"]
    if any(row["id"].endswith(" (again)") for row in rows):
        lines.append(
            "again: Crush keeps both. The first one sets the length of answers and the effort, "
            "the last one the context window, images and reasoning"
        )
    if any(row["from"] == CATALOGUE for row in rows):
        lines.append("a model without a place is from Crush's catalogue")
    return "\n".join(wrap(line, width) for line in lines)


def _say_unknown_keys(provider: EffectiveProvider, found: InForce, output: Output) -> None:
    for source in found.effective.unknown_keys():
        if source.key_path[1:2] == (provider.id,) and str(source.key_path[0]).casefold() == "providers":
            field = ".".join(map(str, source.key_path[2:]))
            output.warning(f"{place(source, with_column=True)}: Crush does not know `{field}` and ignores it")
