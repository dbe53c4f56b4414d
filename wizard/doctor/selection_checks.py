"""What can be wrong with the chosen models, and with who overrules whom (crush-behaviour 7, 10.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.crush.selected import named
from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Fix, Seen, drop
from wizard.documents.document import Deselect, SelectModel
from wizard.provider.model import SLOTS
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.selected import Selected
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined
    from wizard.provider.model import Slot

_USERS = ("system", "user-json", "user-crushrc")
_PROJECTS = ("project", "workspace")

# D14, D15: who overrules whom


def _remembered(examined: Examined) -> Iterator[Seen]:
    for slot in SLOTS:
        source = _chosen_at(examined, slot)
        if source and source.role == "data" and (user := _shadowed(source, _USERS)):
            now, wanted = _choice(examined, source), _choice(examined, user)
            if now != wanted:
                description = f"remove the {slot} model that Crush has saved"
                fix = Fix(description, False, source.path, (Deselect(slot),))
                message = f"Crush has saved {now} as the {slot} model, which overrides {wanted} in {_at(user)}"
                yield Seen(
                    message,
                    "",
                    source,
                    f"remove it, or choose again: crush-wizard use {slot} PROVIDER/MODEL",
                    fix,
                )
    for provider, entry in examined.with_entry:
        for name in ("api_key", "base_url"):
            source = provider.value_source(name) if name in entry else None
            if source and source.role == "data" and (user := _shadowed(source, _USERS)):
                if _value(examined, source) == _value(examined, user):
                    continue
                gone = drop(source, f"remove the `{name}` of {provider.id} from Crush's own file")
                message = f"Crush has saved another `{name}`, which overrides the one in your config ({_at(user)})"
                yield Seen(message, provider.id, source, "remove it from Crush's own file", gone)


def _pinned(examined: Examined) -> Iterator[Seen]:
    for slot in SLOTS:
        source = _chosen_at(examined, slot)
        if source and source.role in _PROJECTS and (data := _shadowed(source, ("data",))):
            now, picked = _choice(examined, source), _choice(examined, data)
            if now != picked:
                message = f"the project chooses {now} as the {slot} model: {picked}, picked in Crush, will not last"
                yield Seen(message, "", source)


def _chosen_at(examined: Examined, slot: Slot) -> Source | None:
    paths = (("models", slot, "model"), ("models", slot, "provider"))
    return next((source for path in paths if (source := examined.effective.source(*path))), None)


def _shadowed(source: Source, roles: tuple[str, ...]) -> Source | None:
    return next((shadowed for shadowed in reversed(source.shadowed) if shadowed.role in roles), None)


def _choice(examined: Examined, source: Source) -> str:
    """What one file says about a slot, as PROVIDER/MODEL."""
    tree = examined.value_at(source, source.key_path[:-1])
    selection = {str(key).casefold(): value for key, value in tree.items()}
    return f"{selection.get('provider', '?')}/{selection.get('model', '?')}"


def _value(examined: Examined, source: Source) -> Any:
    return examined.value_at(source, source.key_path)


def _at(source: Source) -> str:
    return f"{source.path.name}:{source.line}" if source.line else source.path.name


# D16, D17: surprising slots


def _elsewhere(examined: Examined) -> Iterator[Seen]:
    slots = examined.effective.selected
    if examined.is_partial or not {"large", "small"} <= set(slots):
        return
    large, small = slots["large"], slots["small"]
    goes_to = examined.effective.provider(small.provider)
    own = examined.effective.provider(large.provider)
    if small.configured is None and goes_to and goes_to.builtin and own and not own.builtin:
        message = (
            f"no small model is chosen: Crush sends the beginning of each session to {named(small)}, "
            f"though the large model is {named(large)}"
        )
        cure = f"choose one: {command_line('use', 'small', f'{large.provider}/{large.model}')}"
        yield Seen(message, small.provider, large.source, cure, _follow(large))


def _follow(large: Selected) -> Fix | None:
    if large.source is None or not large.model:
        return None
    change = SelectModel("small", large.provider, large.model)
    return Fix(f"also choose {large.provider}/{large.model} as the small model", False, large.source.path, (change,))


def _disabled(examined: Examined) -> Iterator[Seen]:
    for slot in examined.effective.selected.values():
        provider = examined.effective.provider(slot.provider)
        if provider and provider.builtin and provider.status == "disabled" and slot.configured:
            message = f"Crush uses {named(slot)} as the {slot.slot} model, though the provider is hidden"
            yield Seen(
                message, slot.provider, slot.source, f"choose another: crush-wizard use {slot.slot} PROVIDER/MODEL"
            )


CHECKS = (
    Check(
        Code(
            "D14",
            "warning",
            "What Crush saved overrides the config",
            "What you pick in Crush, a key that you type there, and a model that Crush uses because the chosen one "
            "did not exist, are saved in the crush.json of its data folder. That file overrides your own: a change "
            "in your config then has no effect.",
            "remove it from Crush's own file",
        ),
        _remembered,
    ),
    Check(
        Code(
            "D15",
            "info",
            "A project chooses its own models",
            "Project and workspace files override what you pick in Crush: after a restart the project's model is back.",
            "nothing, if this is intended",
        ),
        _pinned,
    ),
    Check(
        Code(
            "D16",
            "warning",
            "Titles go to another provider",
            "If no small model is chosen, Crush uses the default of an active built-in provider for session titles "
            "and summaries of web pages, even if the large model is local.",
            "choose a small model: crush-wizard use small PROVIDER/MODEL",
        ),
        _elsewhere,
    ),
    Check(
        Code(
            "D17",
            "warning",
            "A chosen model of a disabled provider",
            "`disable` hides a built-in provider from the model picker. If one of its models is chosen, Crush uses "
            "it anyway.",
            "choose another model, or enable the provider",
        ),
        _disabled,
    ),
)
