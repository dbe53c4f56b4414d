"""What of a configuration can go to another machine: its providers and choices, apart from keys and logins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.builtin_rules import cloud_settings
from wizard.crush.outgoing import expanded_fields
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.spelling import REFERENCE
from wizard.expansion.literals import literal_secrets
from wizard.expansion.plain_secrets import field_holds_secret, holds_secret
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.model import SLOTS
from wizard.provider.template import has_command, lookup, lookup_in_header, variables
from wizard.provider.variable import is_variable_name
from wizard.redaction import holds_known_secret
from wizard.regexp import regexp
from wizard.transfer.profile import Profile, ProfileProvider
from wizard.transfer.profile_file import entry_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from wizard.crush.effective import Effective
    from wizard.provider.model import Slot

_NOT_OURS = ("id", "oauth")
"""The id is the entry's name; a login belongs to one machine."""
_PATH = regexp(r"(?<![\w:/.$}])(?:~?/[\w.-]|[A-Za-z]:\\)")
_COMMANDS = ("aws_auth_refresh",)
_DEFAULTED = regexp(r"\$\{(?P<name>\w+):?[-+]")
_FREE = "provider_options"
"""What it holds, at a provider, a model or a choice, is any JSON; elsewhere Crush takes null for not said."""
_EXPANDS = regexp(r"[$`\\]")
_ESCAPED = regexp(r"\\[\\$`]")

LOGIN = "a login works on one machine only: log in again on the other one"
COMPUTED = "it can't be known without running the crushrc"
PLAIN_KEY = "it is a plain-text key"
COMPOSED = "it contains a secret"
PLAIN_DEFAULT = "the default of its variable is a plain-text key"
EXPANDED = "it depends on this machine"
NO_TOML = "a profile can't have null inside a list or an object"
HALF = "only Crush knows which one it is"


class LeftOut(Struct, frozen=True):
    """A field of a provider that does not go into the profile, with the reason.

    `header` is that of extra_headers, or the model and the field of it that is left out of `models`. For a field of a
    choice, `provider` is models.large or models.small.
    """

    provider: str
    field: str
    why: str
    header: str = ""

    @property
    def called(self) -> str:
        return f"{self.field} {self.header}".strip()


class Portable(Struct, frozen=True):
    """`profile` lacks what is in `left`, and the keys in plain text in `literals`: why tells defaults from others."""

    profile: Profile
    left: tuple[LeftOut, ...]
    literals: tuple[LeftOut, ...]


def portable(effective: Effective, wanted: Collection[str] = ()) -> Portable:
    """The providers that files define, or those of the `wanted` ids, with the choices that name one of them."""
    entries = effective.config.get("providers", {})
    chosen = {
        provider: _with_templates(entry) for provider, entry in entries.items() if not wanted or provider in wanted
    }
    known = _selected(effective)
    selections = {slot: choice for slot, choice in known if not wanted or choice.get("provider") in chosen}
    left = (*_left(chosen), *_left_of_models(chosen), *_left_of_choices(selections))
    literals = (
        *_literals(chosen, {(left_out.provider, left_out.field, left_out.header) for left_out in left}),
        *(
            LeftOut(f"models.{slot}", name, _why({name: selection[name]}))
            for slot, selection in selections.items()
            for name, value in selection.items()
            if _holds_secret({name: value})
        ),
    )
    gone = {(left_out.provider, left_out.field, left_out.header) for left_out in (*left, *literals)}
    known_by = {provider: entry for provider, entry in chosen.items() if (provider, "id", "") not in gone}
    providers = tuple(_provider(provider, entry, gone) for provider, entry in known_by.items())
    env = _env(known_by, effective)
    set_for = {name: text for name, text in env.items() if not _EXPANDS.search(text)}
    left += tuple(LeftOut("env", name, EXPANDED) for name in env if name not in set_for)
    profile = Profile(providers, _choices(selections, gone), needed_secrets(providers), env=set_for)
    return Portable(profile, left, literals)


def _env(entries: Collection[str], effective: Effective) -> dict[str, str]:
    """What the files' own `env` sets for the clouds among the providers."""
    env = effective.config.get("env", {})
    return {name: text for name in cloud_settings(entries) if isinstance(text := env.get(name), str) and text}


def without_duplicates(ready: Portable) -> Portable:
    """With the first of several entries for a model. Crush takes them (crush-behaviour 1.4), no profile does."""
    left = list(ready.left)
    for provider in ready.profile.providers:
        counts = Counter(model.get("id") for model in provider.entry.get("models", ()))
        twice = (model for model, count in counts.items() if count > 1)
        left += [LeftOut(provider.id, "models", f"`{name}` is listed twice: the first entry is used") for name in twice]
    profile = replace(ready.profile, providers=tuple(map(_with_first_models, ready.profile.providers)))
    return replace(ready, profile=profile, left=tuple(left))


def _with_first_models(provider: ProfileProvider) -> ProfileProvider:
    if "models" not in provider.entry:
        return provider
    first: dict[Any, Any] = {}
    for model in provider.entry["models"]:
        first.setdefault(model.get("id"), model)
    return replace(provider, entry={**provider.entry, "models": list(first.values())})


def needed_secrets(providers: Collection[ProfileProvider]) -> tuple[str, ...]:
    """The variables without which the providers' keys, URLs and headers have no value (crush-behaviour 4.1)."""
    texts = (text for provider in providers for _, text in expanded_fields(provider.entry))
    unescaped = (text if has_command(text) else _ESCAPED.sub(" ", text) for text in texts)
    names = (name for text in unescaped for name in variables(text) if not _has_default(text, name))
    return tuple(name for name in dict.fromkeys(names) if is_variable_name(name))


def machine_bound(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields whose value holds for one machine: servers and paths of its own, and commands."""
    return tuple(name for name, value in entry.items() if _is_bound(name, value))


# The parts


def _with_templates(value: Any) -> Any:
    """Values that a script takes from variables, as Crush itself takes them from there."""
    if isinstance(value, Mapping):
        return {name: _with_templates(item) for name, item in value.items()}
    return value.template if isinstance(value, Computed) and value.template else value


def _provider(provider: str, entry: Mapping[str, Any], gone: Collection[tuple[str, str, str]]) -> ProfileProvider:
    kept = {
        name: _without_headers(provider, value, gone) if name == "extra_headers" else _plain(value)
        for name, value in entry.items()
        if value is not None and name not in _NOT_OURS and (provider, name, "") not in gone
    }
    return ProfileProvider(provider, kept, machine_bound(kept))


def _without_headers(
    provider: str, headers: Mapping[str, Any], gone: Collection[tuple[str, str, str]]
) -> dict[str, Any]:
    return {header: str(text) for header, text in headers.items() if (provider, "extra_headers", header) not in gone}


def _choices(
    selections: Mapping[Slot, Mapping[str, Any]], gone: Collection[tuple[str, str, str]]
) -> dict[Slot, Mapping[str, Any]]:
    """What is left to say about the slots: a provider and a model, or nothing."""
    kept = {
        slot: {name: _plain(value) for name, value in selection.items() if (f"models.{slot}", name, "") not in gone}
        for slot, selection in selections.items()
    }
    return {slot: selection for slot, selection in kept.items() if all(selection.get(name) for name in REFERENCE)}


def _plain(value: Any) -> Any:
    """The value with what it says for certain, and TOML can say: Crush takes null for not said, also in a model."""
    if isinstance(value, Mapping):
        return {
            name: _plain(item)
            for name, item in value.items()
            if item is not None and not (name == _FREE and _holds_null(item))
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _left(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[LeftOut]:
    for provider, entry in entries.items():
        if entry.get("oauth"):
            yield LeftOut(provider, "oauth", LOGIN)
            if entry.get("api_key"):  # the access token once more
                yield LeftOut(provider, "api_key", LOGIN)
    for (provider, field, *header), value in entry_fields(entries):
        if _any(value, lambda inner: isinstance(inner, Computed)):
            yield LeftOut(provider, field, COMPUTED, *header)
        elif field in ("extra_body", _FREE) and _holds_null(value):
            yield LeftOut(provider, field, NO_TOML)


def _left_of_models(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[LeftOut]:
    for provider, entry in entries.items():
        for model in entry.get("models") or ():
            if _holds_null((model.get("options") or {}).get(_FREE, {})):
                yield LeftOut(provider, "models", NO_TOML, f"{model.get('id', '')} {_FREE}")


def _left_of_choices(selections: Mapping[Slot, Mapping[str, Any]]) -> Iterator[LeftOut]:
    for slot, selection in selections.items():
        yield from (LeftOut(f"models.{slot}", name, HALF) for name in REFERENCE if not selection.get(name))
        for name, value in selection.items():
            if _any(value, lambda part: isinstance(part, Computed)):
                yield LeftOut(f"models.{slot}", name, COMPUTED)
            elif name == _FREE and _holds_null(value):
                yield LeftOut(f"models.{slot}", name, NO_TOML)


def _literals(entries: Mapping[str, Mapping[str, Any]], left: Collection[tuple[str, str, str]]) -> Iterator[LeftOut]:
    yield from (LeftOut(provider, "id", COMPOSED) for provider in entries if holds_known_secret(provider))
    for (provider, field, *header), value in entry_fields(entries):
        place, named = (provider, field, *(header or [""])), {(header or [field])[0]: value}
        if field not in _NOT_OURS and place not in left and _holds_secret(named, entries[provider]):
            yield LeftOut(provider, field, _why(named), *header)


def _holds_secret(named: Mapping[str, Any], entry: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """Whether there is one, be it that a script has put a variable's value into a model's id."""
    return field_holds_secret(named, entry) or holds_known_secret(named)


def _why(named: Mapping[str, Any]) -> str:
    if holds_secret(named):
        return PLAIN_KEY if literal_secrets(named) else PLAIN_DEFAULT
    return COMPOSED


def _any(value: Any, fits: Callable[[Any], bool]) -> bool:
    if isinstance(value, Mapping):
        return any(_any(item, fits) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_any(item, fits) for item in value)
    return fits(value)


def _holds_null(value: Any) -> bool:
    return _any(value, lambda inner: inner is None)


def _selected(effective: Effective) -> Iterator[tuple[Slot, dict[str, Any]]]:
    """What files say about the slots. A missing half is what Crush makes of it, if that can be told here; else empty.

    Crush completes the half from its defaults (crush-behaviour 7.1), and these hang on the keys that this shell has.
    """
    for slot in SLOTS:
        if selection := effective.config.get("models", {}).get(slot):
            choice = effective.selected[slot].configured if slot in effective.selected else None
            whole = {"provider": choice.provider, "model": choice.model} if choice else {}
            halves = {name: selection.get(name) or whole.get(name, "") for name in REFERENCE}
            yield slot, {**halves, **{name: value for name, value in selection.items() if name not in REFERENCE}}


def _is_bound(name: str, value: Any) -> bool:
    if name == "models":
        return any(_PATH.match(str(model.get("id", ""))) for model in value)
    if name in _COMMANDS:
        return bool(value)
    if name == "base_url" and is_this_machine(BaseUrl(str(value)).host):
        return True
    if name == "extra_headers":
        return any(_is_bound("", text) for text in value.values())
    if isinstance(value, Mapping | list | tuple):
        return _any(value, lambda inner: isinstance(inner, str) and bool(_PATH.match(inner)))
    if not isinstance(value, str) or name in ("name", "type", "system_prompt_prefix"):
        return False
    return (has_command(value) and not _is_own_lookup(value)) or bool(_PATH.search(value))


def _is_own_lookup(text: str) -> bool:
    return any(text in (lookup(name), lookup_in_header(name)) for name in variables(text))


def _has_default(text: str, name: str) -> bool:
    """Whether there is another value for the variable than what our store holds."""
    if any(own in text for own in (lookup(name), lookup_in_header(name))):
        return False
    return any(found["name"] == name for found in _DEFAULTED.finditer(text))
