"""From a provider to what goes over the wire, with the values that Crush would put in: the one road there."""

from __future__ import annotations

import os
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.errors import SecretError, SecretNotFound
from wizard.expansion.expand import expanded_entry
from wizard.private import Private
from wizard.provider.builtins import BUILTINS
from wizard.provider.login import login_state
from wizard.provider.model import is_number
from wizard.provider.template import placeholder, spell, variables
from wizard.trial.cloud_tools import handed_by_tools
from wizard.trial.clouds import signed_in, signed_out
from wizard.trial.config_commands import ConfigValues, run_commands
from wizard.trial.not_tellable import KeyToCome, NotTellable
from wizard.trial.signed_out import SignedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.endpoints.wire import Live
    from wizard.expansion.expand import Expanded
    from wizard.flow.build import Draft
    from wizard.machine.consent import Consent, NotAllowed
    from wizard.machine.in_force import InForce
    from wizard.provider.model import Slot
    from wizard.secrets.reference.reading import SecretReader


def configured(found: InForce) -> frozenset[str]:
    """The ids of the providers that files configure or choose. Others are active because a variable is set."""
    chosen = {str(model.get("provider")) for model in found.effective.config.get("models", {}).values()}
    return frozenset(provider.id for provider in found.effective.providers if provider.source or provider.id in chosen)


class LoginOver(NotTellable):
    """The login of a provider has run out; `hint` is what to do."""


class Reach(Private, Struct, frozen=True):
    """Providers as they go over the wire, and why others can't be asked; by id.

    `gone` are secrets that are wanted and are not to be had, with the reason; by name.
    """

    lives: Mapping[str, Live]
    reasons: Mapping[str, NotTellable | SignedOut | SecretError | NotAllowed]
    gone: Mapping[str, SecretError]


def reach(
    wanted: Sequence[EffectiveProvider], found: InForce, open_store: Callable[[], SecretReader], consent: Consent
) -> Reach:
    """Providers of the configuration, with the keys of our store.

    The store is opened only if some of them want a key of it, and asked once for all of those. No key is read for a
    provider that may not be asked.
    """
    from wizard.machine.in_force import wanted_names, with_values

    without = signed_out(wanted, found)
    refused: dict[str, SignedOut | NotAllowed] = {**without}
    refused |= consent.refused([provider.id for provider in wanted if provider.id not in without], found)
    providers = [provider for provider in wanted if provider.id not in refused]
    values, gone = _keys(wanted_names(found, {provider.id for provider in providers}), open_store)
    effective = with_values(found, values) if values else found.effective
    now = {provider.id: effective.provider(provider.id) or provider for provider in providers}
    ran = run_commands(now.values(), ConfigValues(found, effective.env, values.get), consent)
    lives: dict[str, Live] = {}
    reasons: dict[str, NotTellable | SignedOut | SecretError | NotAllowed] = {**refused}
    for provider in providers:
        if lost := next((gone[name] for name in wanted_names(found, {provider.id}) if name in gone), None):
            reasons[provider.id] = lost
            continue
        if provider.id in ran.reasons:
            reasons[provider.id] = ran.reasons[provider.id]
            continue
        try:
            live = live_in_force(ran.told.get(provider.id) or now[provider.id], found.effective)
            lives[provider.id] = signed_in(live, found)
        except (NotTellable, SignedOut) as reason:
            reasons[provider.id] = reason
    handed = handed_by_tools(reasons, found, consent)
    left = {id_: reason for id_, reason in reasons.items() if id_ not in handed.lives}
    return Reach({**lives, **handed.lives}, {**left, **handed.reasons}, gone)


def _keys(
    names: tuple[str, ...], open_store: Callable[[], SecretReader]
) -> tuple[Mapping[str, str], Mapping[str, SecretError]]:
    """The secrets that the store has, and why one of them is not to be had, by its name."""
    if not names:
        return {}, {}
    try:
        values, problems = open_store().get_each(names)
    except SecretError as error:
        return {}, dict.fromkeys(names, error)
    return values, {name: problems.get(name) or _gone(name) for name in names if name not in values}


def _gone(name: str) -> SecretError:
    message = f"{name} should be in the store, but is not"
    return SecretNotFound(message, hint=f"store it again: crush-wizard secret set {name}")


def live_in_force(provider: EffectiveProvider, effective: Effective) -> Live:
    """A provider of the configuration, with the models that are chosen of it. Raises NotTellable."""
    chosen: dict[Slot, str] = {
        slot: selected.model for slot, selected in effective.selected.items() if selected.provider == provider.id
    }
    state = login_state(provider.entry, time.time())
    if state == "renewed":
        raise LoginOver("its login has expired, and only Crush can renew it", "start Crush: it renews the login")
    if state == "expired":
        raise LoginOver("its login has expired", f"sign in again: crush login --force {provider.id}")
    values = {"base_url": provider.at_request.base_url, "api_key": provider.at_request.api_key}
    entry = {**provider.entry, "type": provider.type}
    wanted = _chosen_with("reasoning_effort", provider.id, effective)
    live = _live(provider.id, entry, values, provider.headers, chosen or _usual(provider), wanted)
    options = _chosen_with("provider_options", provider.id, effective)
    said = {model: effort for model, option in options.items() if (effort := _effort_in(option))}
    limited = _chosen_with("max_tokens", provider.id, effective).keys()
    return replace(live, unlimited=live.unlimited - limited, effort_options={**live.effort_options, **said})


def _chosen_with(field: str, provider_id: str, effective: Effective) -> dict[str, Any]:
    """What is chosen together with models of a provider; by model, the large slot's first."""
    choices = effective.config.get("models", {})
    return {
        selected.model: value
        for slot, selected in sorted(effective.selected.items(), reverse=True)
        if selected.provider == provider_id and not selected.falls_back
        if (value := choices.get(slot, {}).get(field))
    }


def _usual(provider: EffectiveProvider) -> dict[Slot, str]:
    """The small model of a built-in that nobody has chosen: the first of its list may be anything."""
    return {"small": BUILTINS[provider.id].small} if provider.builtin and provider.id in BUILTINS else {}


def live_of_draft(
    draft: Draft, existing: Mapping[str, Any], keys: Mapping[str, str], secret: Callable[[str], str | None]
) -> Live:
    """A provider that is about to be written, or just was. `existing`: the entry before that; `keys`: values of
    variables besides the environment's; `secret` reads our own store. Raises NotTellable.
    """
    environ = {**os.environ, **({draft.secret.name: draft.secret.value} if draft.secret else {}), **keys}
    if draft.variable and not environ.get(draft.variable) and not draft.stored:
        raise KeyToCome(f"${draft.variable} has no value yet")
    entry = _completed(draft, _merged(existing, draft) if draft.merging else draft.entry)
    if draft.secret and draft.secret.command:  # it has been run
        entry = {**entry, "api_key": placeholder(draft.secret.name)}
    environ |= _stored(entry, environ, secret)
    return _live(draft.provider.id, entry, *expanded_entry(entry, environ, secret), draft.selected)


def _completed(draft: Draft, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry with what it leaves to Crush; the models are those that were picked, and may be left to it, too."""
    if not draft.own_models:
        return entry
    listed = {str(model.get("id")): model for model in entry.get("models") or () if isinstance(model, dict)}
    whole = draft.provider.entry()
    return {**whole, **entry, "models": [listed.get(model["id"], model) for model in whole["models"]]}


def _stored(
    entry: Mapping[str, Any], environ: Mapping[str, str], secret: Callable[[str], str | None]
) -> Mapping[str, str]:
    """What our store has for the variables of a key or a header that have no value: `run` will bring it."""
    texts = (entry.get("api_key"), *(entry.get("extra_headers") or {}).values())
    names = {name for text in texts if isinstance(text, str) for name in variables(text) if not environ.get(name)}
    return {name: value for name in sorted(names) if (value := secret(name))}


def _merged(existing: Mapping[str, Any], draft: Draft) -> Mapping[str, Any]:
    """The entry as the merge leaves it, as far as a test needs it; a built-in's may lack what its preset says."""
    own = {"type": draft.provider.type, "base_url": spell(draft.provider.base_url)}
    gone = {path[-1] for path in draft.emptied if path[0] == "extra_headers"}
    kept_fields = {name: value for name, value in existing.items() if (name.lower(),) not in draft.emptied}
    headers = {**(existing.get("extra_headers") or {}), **draft.entry.get("extra_headers", {})}
    kept = {name: value for name, value in headers.items() if name not in gone}
    return {**own, **kept_fields, **draft.entry, "extra_headers": kept}


def _live(
    provider: str,
    entry: Mapping[str, Any],
    values: Mapping[str, Expanded],
    headers: Mapping[str, Expanded],
    selected: Mapping[Slot, str],
    wanted: Mapping[str, str] = MappingProxyType({}),
) -> Live:
    """`values`: base_url and api_key, expanded; `selected`: models by slot; `wanted`: efforts by model.

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
        efforts={str(model.get("id")): effort for model in models if (effort := _effort(model, wanted))},
        effort_options=_effort_options(entry, models),
        thinking=frozenset(str(model.get("id")) for model in models if model.get("can_reason") is True),
        hyper_url=os.environ.get("HYPER_URL", ""),
        unlimited=frozenset(str(model.get("id")) for model in models if not _limit(model)),
    )


def _limit(model: Mapping[str, Any]) -> bool:
    """Whether Crush sends a longest answer with the main request (crush-behaviour 2.2)."""
    limit = model.get("default_max_tokens")
    return is_number(limit) and limit > 0


def _text(value: Expanded | None, what: str) -> str:
    if value is None or value.kind == "error":
        return ""  # as Crush has it
    if value.text is None:
        raise NotTellable(f"its {what} comes from a command, and the config's commands are not run here")
    return value.text


def _effort_options(entry: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The efforts that `provider_options` say, by model; the provider's before the model's (crush-behaviour 2.4)."""
    of_all = _effort_in(entry.get("provider_options"))
    said = {str(model.get("id")): of_all or _effort_in(_options(model.get("options"))) for model in models}
    return {model: effort for model, effort in said.items() if effort}


def _options(options: Any) -> Any:
    return options.get("provider_options") if isinstance(options, dict) else None


def _effort_in(provider_options: Any) -> str:
    effort = provider_options.get("reasoning_effort") if isinstance(provider_options, dict) else None
    return effort if isinstance(effort, str) else ""


def _effort(model: Mapping[str, Any], wanted: Mapping[str, str]) -> str:
    """The reasoning effort that Crush sends (crush-behaviour 2.4): the one that is wanted, else the model's default,
    if it is a level; else the first.
    """
    levels = model.get("reasoning_levels") or ()
    if model.get("can_reason") is not True or not isinstance(levels, list | tuple) or not levels:
        return ""
    efforts = (wanted.get(str(model.get("id"))), model.get("default_reasoning_effort"))
    return str(next((effort for effort in efforts if effort in levels), levels[0]))
