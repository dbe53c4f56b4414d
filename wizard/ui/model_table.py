"""Models in rows and columns: as a table where it fits, else in a few lines for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.model_choice import tokens
from wizard.ui.table import GAP, render_table
from wizard.ui.text import columns, cut, encodes, one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.flow.model_comparison import Compared, Difference, State
    from wizard.provider.model import Number

FEW = 10
"""So many models that are only on offer are listed; of more only the number is told."""
NARROWEST_NAME = 10
"""Columns. Below that a name is better shown on a line of its own."""
MARKS: Mapping[State, str] = {"configured": "●", "gone": "✗", "built-in": "◇", "offered": "○"}
PLAIN_MARKS: Mapping[State, str] = {"configured": "*", "gone": "x", "built-in": "-", "offered": "o"}
"""For a stream whose encoding has no others."""
STATES: Mapping[State, str] = {
    "configured": "configured",
    "gone": "configured, not in the endpoint's list",
    "built-in": "built into Crush",
    "offered": "on offer",
}
COLUMNS = ("", "model", "name", "context", "answer", "in", "out", "hit", "can")
"""Windows in tokens; prices of input, output and a cache hit in USD per million tokens."""
FIELDS = {
    "context_window": "context",
    "default_max_tokens": "answer",
    "cost_per_1m_in": "in",
    "cost_per_1m_out": "out",
    "cost_per_1m_in_cached": "cache write",
    "cost_per_1m_out_cached": "hit",
}
"""Crush's fields in the words of the table."""


def render_models(models: Sequence[Compared], width: int | None, encoding: str | None = "utf-8") -> str:
    """The models in at most `width` columns (None: no limit), what is contradicted, and what the marks mean."""
    marks = MARKS if encodes("".join(MARKS.values()), encoding) else PLAIN_MARKS
    shown = _shown(models)
    parts = (
        _table(shown, width, marks),
        "\n".join(wrap(one_line(f"! {line}"), width) for line in contradicted(shown)),
        wrap(_legend(shown, marks), width),
    )
    return "\n\n".join(filter(None, parts))


def left_out(models: Sequence[Compared]) -> int:
    """How many models are only counted."""
    return len(models) - len(_shown(models))


def contradicted(models: Sequence[Compared]) -> Iterator[str]:
    """`deepseek-chat: context 128k (endpoint: 64k)` for each model of which somebody says otherwise."""
    for model in models:
        if model.differences:
            yield f"{model.id}: {', '.join(map(difference_text, model.differences))}"


def difference_text(difference: Difference) -> str:
    """`context 128k (endpoint: 64k)`"""
    today, listed = amount(difference.field, difference.today), amount(difference.field, difference.said)
    return f"{FIELDS[difference.field]} {today} ({difference.by}: {listed})"


def amount(field: str, value: Number) -> str:
    """A number of tokens or a price, shortly; 0 is unknown."""
    if not value:
        return "unknown"
    return f"${value:.4g}" if field.startswith("cost") else tokens(int(value))


def tells_more(model: Compared) -> bool:
    """Whether a guess at a model says something that its config does not."""
    guess = model.guess
    return (
        guess is not None
        and bool(guess.facts.context_window)
        and (guess.facts.context_window != model.facts.context_window)
    )


def _shown(models: Sequence[Compared]) -> list[Compared]:
    offered = [model for model in models if model.state == "offered"]
    return [model for model in models if model.state != "offered" or len(offered) <= FEW]


def _table(models: Sequence[Compared], width: int | None, marks: Mapping[State, str]) -> str:
    if not models:
        return ""
    rows = [_row(model, marks) for model in models]
    if width is None:
        return render_table(COLUMNS, rows, None)
    widths = [max(columns(one_line(row[place])) for row in [COLUMNS, *rows]) for place in range(len(COLUMNS))]
    room = width - sum(widths) + widths[2] - len(GAP) * (len(widths) - 1)
    if room < min(widths[2], NARROWEST_NAME):
        return "\n".join(_block(model, row, width) for model, row in zip(models, rows, strict=True))
    return render_table(COLUMNS, [(*row[:2], cut(one_line(row[2]), room), *row[3:]) for row in rows], width)


def _row(model: Compared, marks: Mapping[State, str]) -> tuple[str, ...]:
    facts, objected = model.facts, {difference.field for difference in model.differences}

    def cell(field: str, value: Number | None) -> str:
        mark = "!" if field in objected else ""
        return (amount(field, value) if value else "?" if mark else "") + mark

    name = facts.name if facts.name and facts.name != model.id else ""
    return (
        marks[model.state],
        model.id,
        name,
        cell("context_window", facts.context_window),
        cell("default_max_tokens", facts.usual_answer),
        cell("cost_per_1m_in", facts.cost_per_1m_in),
        cell("cost_per_1m_out", facts.cost_per_1m_out),
        cell("cost_per_1m_out_cached", facts.cost_per_1m_out_cached),
        ", ".join(_abilities(model)),
    )


def _abilities(model: Compared) -> Iterator[str]:
    if model.facts.can_reason:
        yield "reasoning"
    if model.facts.supports_attachments:
        yield "images"
    if model.facts.tools is not None:
        yield "tools" if model.facts.tools else "no tools"


def _block(model: Compared, row: Sequence[str], width: int) -> str:
    mark, model_id, name, context, answer, price_in, price_out, hit, _ = row
    prices = ((price_in, "in"), (price_out, "out"), (hit, "hit"))
    parts = (
        name,
        f"{context} context" if context else "",
        f"{answer} answer" if answer else "",
        ", ".join(f"{price} {what}" for price, what in prices if price),
        *_abilities(model),
    )
    details = " · ".join(filter(None, map(one_line, parts)))
    return f"{mark} {one_line(model_id)}" + (f"\n{wrap(f'  {details}', width)}" if details else "")


def _legend(models: Sequence[Compared], marks: Mapping[State, str]) -> str:
    there = {model.state for model in models}
    states = [f"{marks[state]} {words}" for state, words in STATES.items() if state in there]
    differing = ["! differs"] if any(model.differences for model in models) else []
    return GAP.join((*states, *differing))
