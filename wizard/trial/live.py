"""From a provider's entry to what goes over the wire, with the values that Crush would put in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.endpoints.wire import Live
    from wizard.expansion.expand import Expanded
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


class NotTellable(Exception):
    """A value that only running a command of the config would tell; the message says which."""


def live_of(
    provider: str,
    entry: Mapping[str, Any],
    values: Mapping[str, Expanded],
    headers: Mapping[str, Expanded],
    selected: Mapping[Slot, str],
) -> Live:
    """The provider as it goes over the wire. `values`: base_url and api_key, expanded; `selected`: models by slot.

    Raises NotTellable.
    """
    from wizard.endpoints.wire import Live

    key = values.get("api_key")
    models = [model for model in entry.get("models") or () if isinstance(model, dict)]
    sent = {name: _text(value, f"header {name}") for name, value in headers.items()}
    return Live(
        id=provider,
        type=str(entry.get("type") or "openai-compat"),
        base_url=_text(values.get("base_url"), "base_url"),
        api_key=_text(key, "api_key"),
        headers={name: value for name, value in sent.items() if value},
        body=entry.get("extra_body") or {},
        models=tuple(str(model["id"]) for model in models if model.get("id")),
        large=selected.get("large", ""),
        small=selected.get("small", ""),
        variable=next(iter(key.variables), "") if key else "",
        hidden=frozenset(name for name, value in headers.items() if value.variables or value.commands),
        efforts={str(model.get("id")): effort for model in models if (effort := _effort(model))},
        thinking=frozenset(str(model.get("id")) for model in models if model.get("can_reason") is True),
        hyper_url=os.environ.get("HYPER_URL", ""),
    )


def live_in_force(provider: EffectiveProvider, selected: Mapping[Slot, str]) -> Live:
    """A provider of the configuration as it goes over the wire. Raises NotTellable."""
    values = {"base_url": provider.base_url, "api_key": provider.api_key}
    return live_of(provider.id, {**provider.entry, "type": provider.type}, values, provider.headers, selected)


def hide_secrets(lives: Iterable[Live], output: Output) -> None:
    """Mask the keys in all that is said. One that is also a name, as `ollama` for a local server, is no secret."""
    from wizard.endpoints.wire import secrets_of

    several = tuple(lives)
    names = {name for live in several for name in (live.id, *live.models)}
    for secret in (secret for live in several for secret in secrets_of(live)):
        if not any(secret in name for name in names):
            output.redactor.add(secret)


def _text(value: Expanded | None, what: str) -> str:
    if value is None or value.kind == "error":
        return ""  # as Crush has it
    if value.text is None:
        raise NotTellable(f"its {what} comes from a command, and the config's commands are not run here")
    return value.text


def _effort(model: Mapping[str, Any]) -> str:
    """The reasoning effort that Crush sends (crush-behaviour 2.4): the default if it is a level, else the first."""
    levels = model.get("reasoning_levels") or ()
    if model.get("can_reason") is not True or not isinstance(levels, list | tuple) or not levels:
        return ""
    default = model.get("default_reasoning_effort")
    return str(default if default in levels else levels[0])
