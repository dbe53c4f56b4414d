"""What is about to be saved, in a few rows: each provider with its key and models, the files, how to start Crush."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.change.delivery import PLAIN, run_line, way_to_start_with
from wizard.change.diff import unified_diff
from wizard.flow.key_questions import LOOKUP, SHELL
from wizard.flow.situation import AS_SAID
from wizard.namespace import profile_in_force
from wizard.provider.model import SLOTS
from wizard.secrets.store import CALLED
from wizard.ui.place import shown_path
from wizard.ui.terminal import terminal_width
from wizard.ui.text import columns, one_line, pad, wrap
from wizard.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.files.plan import FileEdit, Plan
    from wizard.flow.build import Draft
    from wizard.ui.output import Output

NAMED = 6
"""So many models are named, the others counted."""
_INDENT = _GAP = "  "
_CALLED = {"toml": "command", "shell": "shell"}
"""Files that are no config of Crush's, by their format: references to commands, and a start file."""


def say_summary(drafts: Sequence[Draft], plan: Plan, output: Output) -> None:
    """The rows, with an empty line before and after."""
    rows = [("profile", output.profile)] if output.profile else []
    rows += [row for draft in drafts for row in _provider(draft)]
    rows += [*_files(plan), *((label, output.reworded(text)) for label, text in _start(drafts))]
    output.block("\n".join(_lines(rows, terminal_width(output.stderr))))


def say_why_whole(drafts: Sequence[Draft], output: Output) -> None:
    """Why entries of providers that Crush may have built in say it all; the summary has it in its rows."""
    for why in dict.fromkeys(draft.why_whole for draft in drafts if draft.why_whole not in ("", AS_SAID)):
        ids = [draft.provider.id for draft in drafts if draft.why_whole == why]
        output.note(f"{joined(ids)}: whole entry written: {why}")


def _provider(draft: Draft) -> Iterator[tuple[str, str]]:
    yield draft.provider.name, key_text(draft)
    if draft.is_own_endpoint:
        yield "url", f"{draft.provider.base_url} (type {draft.provider.type})"
        yield "id", draft.provider.id
    if draft.why_whole:
        yield "entry", f"whole: {draft.why_whole}"
    yield "models", _models(draft) + ("; none as large or small: the key was refused" if draft.key_is_refused else "")


def key_text(draft: Draft) -> str:
    """Where the key is, or goes."""
    variable = draft.variable
    if draft.falls_back:
        return "key goes into an encrypted file: no system keyring here"
    if draft.secret:
        command = draft.secret.command
        return f"key comes from `{command}`" if command else f"key goes into {CALLED[draft.secret.store]}"
    if draft.stored:
        return f"key is already in the store ({variable})"
    if not variable:
        return _keyless(draft)
    return f"key is ${variable}, " + ("set here" if os.environ.get(variable) else "which you set yourself")


def _keyless(draft: Draft) -> str:
    """What signs in instead: a command of the preset, or a cloud's settings."""
    written = str(draft.entry.get("api_key", ""))
    if written.startswith("$("):
        return f"key comes from `{written[2:-1]}`"
    if draft.env:
        return ", ".join(f"{name} is {value}" for name, value in draft.env.items())
    return "key does not change" if draft.merging else "no key"


def _models(draft: Draft) -> str:
    if draft.own_models:
        return own_list(draft)
    texts = [_model_text(draft, model.id, model.name) for model in draft.provider.models]
    if not texts:
        return "Crush asks the endpoint at each start"
    more = (f"{len(texts) - NAMED} more",) if len(texts) > NAMED else ()
    return ", ".join((*texts[:NAMED], *more))


def own_list(draft: Draft) -> str:
    """That Crush lists the models itself, which ones the entry says more about, and which are large and small."""
    names = {model.id: model.name or model.id for model in draft.provider.models}
    written = [str(model["id"]) for model in draft.entry.get("models", ())]
    listed = (
        f"Crush's own list ({counted(len(draft.own_models), 'model')})",
        *(names.get(id_, id_) for id_ in written),
    )
    chosen = [f"{slot}: {names.get(model, model)}" for slot, model in draft.selected.items()]
    return "; ".join(filter(None, (", ".join(listed), ", ".join(chosen))))


def _model_text(draft: Draft, model_id: str, name: str) -> str:
    slots = [slot for slot in SLOTS if draft.selected.get(slot) == model_id]
    return f"{name or model_id} ({', '.join(slots)})" if slots else name or model_id


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    for edit in plan.files:
        if edit.after != edit.before:
            yield _CALLED.get(edit.format, "config"), f"{shown_path(edit.path)}, {_size(edit)}"


def _size(edit: FileEdit) -> str:
    """How much of a file changes, in lines."""
    lines = unified_diff(edit, "").splitlines()[2:]
    new, gone = (sum(line.startswith(mark) for line in lines) for mark in "+-")
    return counted(new, "new line") + (f", {gone} removed" if gone else "")


def _start(drafts: Sequence[Draft]) -> Iterator[tuple[str, str]]:
    way = way_to_start_with(drafts)
    plain = run_line() if profile_in_force() else "crush"
    texts = {SHELL: "crush, in a new terminal", LOOKUP: "crush, which looks the key up", PLAIN: plain}
    yield "start", texts.get(way) or run_line()


def _lines(rows: Sequence[tuple[str, str]], width: int | None) -> Iterator[str]:
    """A name that would take a narrow window's room from all the rows has a line of its own."""
    longest = max(columns(one_line(name)) for name, _ in rows)
    label = longest if width is None else min(longest, width // 5)
    room = None if width is None else max(width - len(_INDENT) - label - len(_GAP), 20)
    for name, text in rows:
        named, lines = one_line(name), wrap(one_line(text), room).split("\n")
        if columns(named) > label:
            yield f"{_INDENT}{named}"
            named = ""
        for line in lines:
            yield f"{_INDENT}{pad(named, label)}{_GAP}{line}"
            named = ""
