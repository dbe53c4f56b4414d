"""Whether two configurations are the same for Crush: what a conversion must leave as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.documents.json.syntax import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.provider.model import Slot

_SAYS_NOTHING: tuple[Any, ...] = (None, [], {})


def differences(before: Effective, after: Effective) -> tuple[str, ...]:
    """The names of what is not the same; in which file it stands does not count."""
    found = [*_other_providers(before, after), *_other_slots(before, after)]
    if _faults(before) != _faults(after):
        found.append("whether Crush starts")
    if _uncertain(before) != _uncertain(after):
        found.append("what can't be known without running the crushrc")
    if not same(_filled(_rest(before.config)), _filled(_rest(after.config))):
        found.append("the other settings")
    return tuple(found)


def _other_providers(before: Effective, after: Effective) -> Iterator[str]:
    old, new = ({provider.id: provider for provider in effective.providers} for effective in (before, after))
    for provider in dict.fromkeys((*old, *new)):
        if provider not in old or provider not in new or not _same_provider(old[provider], new[provider]):
            yield provider


def _same_provider(one: EffectiveProvider, other: EffectiveProvider) -> bool:
    expanded = [(each.base_url, each.api_key, dict(each.headers)) for each in (one, other)]
    return expanded[0] == expanded[1] and same(_facts(one), _facts(other))


def _facts(provider: EffectiveProvider) -> dict[str, Any]:
    return {
        "standing": [provider.name, provider.type, provider.status, provider.code, provider.kept],
        "discovery": [provider.more_models, provider.discovers],
        "entry": {key: value for key, value in _set_fields(provider.entry).items() if key != "models"},
        "models": list(map(_set_fields, provider.models)),
    }


def _set_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that are empty are as good as absent."""
    return {key: value for key, value in entry.items() if value not in _SAYS_NOTHING}


def _other_slots(before: Effective, after: Effective) -> Iterator[str]:
    slots: tuple[Slot, ...] = ("large", "small")
    for slot in slots:
        if not same(_choice(before, slot), _choice(after, slot)):
            yield f"the {slot} model"


def _choice(effective: Effective, slot: Slot) -> dict[str, Any]:
    """What the slot comes to, and what else is said about it. Not to think is what Crush does unasked."""
    selected = effective.selected.get(slot)
    chosen = _set_fields(effective.config.get("models", {}).get(slot) or {})
    return {
        "taken": [selected.provider, selected.model] if selected else [],
        "more": {key: value for key, value in chosen.items() if not (key == "think" and value is False)},
    }


def _faults(effective: Effective) -> list[tuple[str, str, str]]:
    return sorted((problem.code, problem.provider, problem.message) for problem in effective.fatal)


def _uncertain(effective: Effective) -> list[tuple[str, str, str, str]]:
    return sorted((place.provider, place.slot, place.why, str(place.path)) for place in effective.uncertain)


def _rest(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in ("providers", "models", "$schema")}


def _filled(value: Any) -> Any:
    """Without what says nothing, however deep."""
    if not isinstance(value, Mapping):
        return value
    filled = {key: _filled(each) for key, each in value.items()}
    return {key: each for key, each in filled.items() if each not in _SAYS_NOTHING}
