"""`presets`: list them, show one, check a file of one's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import preset_names
from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.files.locations import here
from wizard.flow.knowledge import known_about
from wizard.machine.catalogs import look_up
from wizard.machine.own_preset import preset_here
from wizard.machine.presets import all_presets
from wizard.shown import command_line
from wizard.ui.table import render_labelled, render_table
from wizard.ui.text import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.flow.knowledge import Knowledge
    from wizard.flow.preset import Preset, PresetQuestion
    from wizard.provider.model_facts import ModelFacts
    from wizard.ui.output import Output


@click.group("presets", invoke_without_command=True)
@common
@click.pass_context
def command(ctx: click.Context) -> Any:
    """The providers that the wizard knows: shipped presets and your own."""
    return ctx.invoke(list_presets) if ctx.invoked_subcommand is None else None


@command.command("list")
@common
@click.pass_obj
def list_presets(output: Output, /) -> Result:
    """List all presets."""
    presets = all_presets(output)
    return Result(
        lambda: {"presets": [_summary(preset) for preset in presets.values()]},
        partial(_print, presets.values(), output),
    )


def _print(presets: Iterable[Preset], output: Output) -> None:
    rows = [
        (preset.id + (" (yours)" if preset.source == "user" else ""), preset.name, preset.type, preset.description)
        for preset in presets
    ]
    output.data(render_table(("preset", "name", "type", "what it is"), rows, output.width))


@command.command("show")
@click.argument("id_", metavar="ID", shell_complete=preset_names)
@common
@click.pass_obj
def show_preset(output: Output, /, id_: str) -> Result:
    """Show all that a preset knows and asks."""
    preset = preset_here(id_, output)
    return Result(
        lambda: {"preset": _details(preset)}, lambda: output.data("\n".join(_described(preset, output.width)))
    )


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@common
@click.pass_obj
def check_preset(output: Output, /, file: Path) -> Result:
    """Check a preset of your own; every mistake is named with its line and key."""
    from wizard.flow.preset_library import load_user

    preset = load_user(file)
    good = f"{file} is valid: {preset.id}, {preset.name}"
    return Result(lambda: {"preset": _summary(preset)}, lambda: output.data(good))


def _summary(preset: Preset) -> dict[str, Any]:
    names = ("id", "name", "description", "type", "base_url", "local", "source")
    return {**{name: getattr(preset, name) for name in names}, "env": preset.key.env}


def _details(preset: Preset) -> dict[str, Any]:
    """Everything, in the words of the TOML file."""
    names = ("docs", "builtin", "crush", "old_type", "listing", "server", "large", "small", "facts_from")
    return {
        **_summary(preset),
        **{name: getattr(preset, name) for name in names},
        "provider_id": preset.provider_id or preset.id,
        "key": {
            "need": preset.key.need,
            "env": preset.key.env,
            "prefixes": list(preset.key.prefixes),
            "page": preset.key.page,
        },
        "headers": dict(preset.headers),
        "questions": [_question_data(question) for question in preset.questions],
        "models": [_model(known.facts) for known in _known(preset)],
        "checked": preset.checked.isoformat() if preset.checked else None,
        "cannot": list(preset.cannot),
        "notes": list(preset.notes),
    }


def _question_data(question: PresetQuestion) -> dict[str, Any]:
    return {
        **{name: getattr(question, name) for name in ("key", "text", "help", "kind", "default")},
        "choices": [{"value": choice.value, "label": choice.label} for choice in question.choices],
    }


def _described(preset: Preset, width: int | None) -> Iterator[str]:
    yield f"{preset.name} ({preset.id})"
    yield wrap(preset.description, width)
    yield ""
    yield render_labelled(list(_lines(preset)), width)
    for question in preset.questions:
        yield ""
        yield wrap(f"asks: {question.text}", width)
        yield from _ways_to_answer(question)
    if preset.models:
        yield ""
        yield _model_table(preset, width)
    for note in preset.notes:
        yield ""
        yield wrap(note, width)
    yield ""
    yield command_line("add-provider", preset.id)


def _ways_to_answer(question: PresetQuestion) -> Iterator[str]:
    if not question.choices:
        yield f"  --set {question.key}=VALUE"
    for choice in question.choices:
        default = " (default)" if choice.value == question.default else ""
        yield f"  --set {question.key}={choice.value}  {choice.label}{default}"


def _lines(preset: Preset) -> Iterator[tuple[str, str]]:
    yield "type", preset.type
    yield "URL", preset.base_url or "asked"
    yield (
        "key",
        {"none": "not needed", "optional": "optional", "required": "needed"}[preset.key.need]
        + (f", as ${preset.key.env}" if preset.key.env else ""),
    )
    for label, value in (("make one", preset.key.page), ("docs", preset.docs), ("needs", preset.crush)):
        if value:
            yield label, f"Crush {value}" if label == "needs" else value
    if preset.builtin:
        yield "built in", f"Crush knows it as `{preset.builtin}` and adds its own models to the list"
    if preset.cannot:
        yield "can't", ", ".join(preset.cannot)


def _known(preset: Preset) -> list[Knowledge]:
    """What counts about its models, at its own endpoint."""
    provider, url, catalogues = preset.provider_id or preset.id, preset.base_url or "", look_up(here())
    return [
        known_about(model, provider=provider, base_url=url, preset=preset, endpoint=None, look_up=catalogues)
        for model in preset.models
    ]


def _model(facts: ModelFacts) -> dict[str, Any]:
    return {**facts.model().entry(), "supports_function_calling": facts.tools is not False}


def _model_table(preset: Preset, width: int | None) -> str:
    known = _known(preset)
    rows = [_model_row(preset, knowledge.facts) for knowledge in known]
    table = render_table(("model", "context", "in", "out", "can", "slot"), rows, width)
    sources = dict.fromkeys(word.source for knowledge in known for word in knowledge.words if word.source)
    return "\n".join((table, f"USD per million tokens; {', '.join(sources)}"))


def _model_row(preset: Preset, facts: ModelFacts) -> tuple[str, ...]:
    from wizard.flow.model_choice import tokens

    can = ["reasoning"] * (facts.can_reason is True) + ["images"] * (facts.supports_attachments is True)
    can += ["tools"] * (facts.tools is not False)
    slots = [slot for slot in ("large", "small") if getattr(preset, slot) == facts.id]
    prices = ("" if price is None else f"{price:g}" for price in (facts.cost_per_1m_in, facts.cost_per_1m_out))
    window = tokens(facts.context_window) if facts.context_window else ""
    return (facts.id, window, *prices, ", ".join(can), ", ".join(slots))
