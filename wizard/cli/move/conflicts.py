"""Conflicts between a profile and this machine: shown side by side, decided by a flag or by the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from wizard.errors import Conflict
from wizard.expansion.mask import Mask
from wizard.expansion.plain_secrets import plain_secrets
from wizard.flow.question import Choice, Kind, Question
from wizard.provider.builtins import BUILTINS
from wizard.redaction import MASK
from wizard.ui.table import fits, render_records, render_table
from wizard.ui.terminal import terminal_width
from wizard.ui.text import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.flow.driver import Asker
    from wizard.transfer.arrival import Decision, ProfileConflict
    from wizard.ui.output import Output

Policy = Literal["ask", "keep", "merge", "replace", "rename"]
FLAG = "--on-conflict"

LONGEST = 400
"""Columns of a value that are shown."""

_OF_PROVIDER = (
    Choice("keep", "Keep mine"),
    Choice("merge", "Merge them", "the profile's values win"),
    Choice("replace", "Replace mine"),
    Choice("rename", "Keep both", "the one from the profile gets a new id"),
)
_OF_SLOT = (Choice("keep", "Keep mine"), Choice("replace", "Take the profile's"))
_OF_SECRET = (Choice("keep", "Keep mine"), Choice("replace", "Take the profile's"))


def decide(
    clashes: Sequence[ProfileConflict], policy: Policy, asker: Asker | None, output: Output
) -> dict[str, Decision]:
    """A decision for each subject. Raises Conflict, naming all of them, where nobody can be asked."""
    if policy == "rename":
        _refuse_second_builtin(clashes)
    if policy != "ask":
        return {clash.subject: _by_policy(clash, policy) for clash in clashes}
    if clashes and asker is None:
        raise Conflict(
            f"different on this machine: {', '.join(_named(clash) for clash in clashes)}",
            hint=f"decide with {FLAG} keep, merge, replace or rename",
        )
    return {clash.subject: _ask(clash, asker, output) for clash in clashes if asker is not None}


def _refuse_second_builtin(clashes: Sequence[ProfileConflict]) -> None:
    """Under another id Crush would know neither the type nor the URL nor the models (crush-behaviour 3.1)."""
    if own := [clash.subject for clash in clashes if _is_builtin(clash)]:
        raise Conflict(
            f"a built-in provider can't be renamed: {', '.join(own)}",
            hint=f"decide with {FLAG} keep, merge or replace",
        )


def _is_builtin(clash: ProfileConflict) -> bool:
    return not clash.is_slot and clash.subject in BUILTINS


def decide_secret(name: str, policy: Policy, asker: Asker | None) -> bool:
    """Whether the value or the command of a name is replaced. Raises Conflict where nobody can be asked."""
    if policy in ("keep", "merge", "replace"):
        return policy != "keep"
    if asker is None:
        raise Conflict(
            f"{name} is different on this machine",
            hint=f"decide with {FLAG} keep or replace, or leave the secrets out: --skip-secrets",
        )
    return _answer(asker, name, f"{name} is different on this machine. Which one?", _OF_SECRET) == "replace"


def _by_policy(clash: ProfileConflict, policy: Decision) -> Decision:
    """Two providers of one kind can stand side by side, two choices for a slot can't: renaming keeps the one here."""
    return "keep" if clash.is_slot and policy == "rename" else policy


def called(clash: ProfileConflict) -> str:
    return f"the {clash.subject} model" if clash.is_slot else clash.subject


def _named(clash: ProfileConflict) -> str:
    return called(clash) if clash.is_slot else f"{clash.subject} ({', '.join(clash.fields)})"


def _ask(clash: ProfileConflict, asker: Asker, output: Output) -> Decision:
    if clash.is_slot:
        text = f"The {clash.subject} model here is {_model(clash.here)}, the profile's is {_model(clash.there)}. Which?"
        return cast("Decision", _answer(asker, clash.subject, text, _OF_SLOT))
    _show(clash, output)
    choices = tuple(choice for choice in _OF_PROVIDER if choice.value != "rename" or not _is_builtin(clash))
    return cast("Decision", _answer(asker, clash.subject, f"{clash.subject} already exists. What now?", choices))


def _answer(asker: Asker, key: str, text: str, choices: tuple[Choice, ...]) -> str:
    question = Question(key=key, text=text, kind=Kind.CHOICE, flag=FLAG, choices=choices, default=choices[0].value)
    return str(asker.ask(question, can_go_back=False))


def _model(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('provider', '?')}/{entry.get('model', '?')}"


def _show(clash: ProfileConflict, output: Output) -> None:
    """What differs, here and there. Keys in plain text are masked."""
    names = ("field", "here", "profile")
    rows = [
        (name, *(cut(_value_text(name, entry.get(name)), LONGEST) for entry in (clash.here, clash.there)))
        for name in clash.fields
    ]
    whole = render_table(names, rows, None)
    output.present("conflict", [dict(zip(names, row, strict=True)) for row in rows])
    shown = whole if fits(whole, terminal_width(output.stderr)) else render_records(names, rows)
    output.block(shown)


def _value_text(name: str, value: Any) -> str:
    import json

    if value is None:
        return ""
    if name == "models":
        return ", ".join(str(model.get("id", "")) for model in value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    secrets = plain_secrets({name: value})
    return Mask(dict.fromkeys(secrets, MASK)).text(text) if secrets else text
