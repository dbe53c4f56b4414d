"""Several tools' providers as one profile: where two tools use one endpoint with one key, that is one provider."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.credential import is_dummy
from wizard.expansion.literals import split_scheme
from wizard.private import Private
from wizard.provider.base_url import BaseUrl
from wizard.provider.identifier import unique_id
from wizard.provider.template import standing_for
from wizard.provider.types import TYPES
from wizard.regexp import regexp
from wizard.transfer.portable import machine_bound, needed_secrets
from wizard.transfer.profile import Profile, ProfileProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.provider.model import Slot
    from wizard.transfer.origins.found import FoundSetup

_NOT_COMPARED = ("name", "type", "models", "api_key")
_GENERIC = "openai-compat"
_NO_KEY = "no key"
_REFERENCE = regexp(r"\$\{?(?P<name>[A-Za-z_]\w*)\}?", re.ASCII)


class Joined(Private, Struct, frozen=True):
    """`values` are keys by the variable that stands for them; `left` says in sentences what is not in it.

    `tools` are those that a provider comes from, by its id; `clashing` are the ids that several providers wanted, with
    those that they got instead.
    """

    profile: Profile
    values: Mapping[str, str]
    tools: Mapping[str, tuple[str, ...]]
    clashing: frozenset[str]
    left: tuple[str, ...]


def join(several: Sequence[FoundSetup]) -> Joined:
    """One profile of all. The first tool's word counts: for a slot, for a key's value, for what a provider is called.

    Providers of two tools are one where they are alike in all but name and models; the models of both add up. What one
    tool keeps apart stays apart.
    """
    joiner = _Joiner()
    for found in several:
        joiner.add(found)
    providers = tuple(joiner.providers.values())
    needed = needed_secrets(providers)
    return Joined(
        Profile(providers, joiner.selected, needed),
        {name: value for name, value in joiner.values.items() if name in needed},
        {name: tuple(tools) for name, tools in joiner.tools.items()},
        frozenset(joiner.clashing),
        tuple(joiner.left),
    )


class _Joiner:
    def __init__(self) -> None:
        self.providers: dict[str, ProfileProvider] = {}
        self.selected: dict[Slot, Mapping[str, Any]] = {}
        self.values: dict[str, str] = {}
        self.tools: dict[str, list[str]] = {}
        self.clashing: set[str] = set()
        self.left: list[str] = []
        self._servers: dict[str, str] = {}
        self._uses: dict[str, _Use] = {}

    def add(self, found: FoundSetup) -> None:
        earlier = dict(self._uses)
        found = self._with_own_names(found, earlier)
        names = {provider.id: self._add_provider(provider, found, earlier) for provider in found.profile.providers}
        for slot, selection in found.profile.selected.items():
            provider = str(selection["provider"])
            self.selected.setdefault(slot, {**selection, "provider": names.get(provider, provider)})
        for name, value in found.values.items():
            if self.values.setdefault(name, value) != value:
                self.left.append(f"{name} has a different value in {found.tool}, which is left out")

    def _with_own_names(self, found: FoundSetup, earlier: Mapping[str, _Use]) -> FoundSetup:
        """The setup with new names for the keys whose name stands for another key already, or for another server's."""
        values = dict(found.values)
        providers = [self._with_own_name(provider, found, earlier, values) for provider in found.profile.providers]
        used = needed_secrets(providers)
        values = {name: value for name, value in values.items() if name in used or name not in self.values}
        return replace(found, profile=replace(found.profile, providers=tuple(providers)), values=values)

    def _with_own_name(
        self, provider: ProfileProvider, found: FoundSetup, earlier: Mapping[str, _Use], values: dict[str, str]
    ) -> ProfileProvider:
        use = _use(provider.entry, found.values)
        if any(other.is_like(use) for other in earlier.values()):  # it is taken for the other one, with its key
            return provider
        server = BaseUrl(str(provider.entry.get("base_url", ""))).server
        for name in needed_secrets((provider,)):
            value = found.values.get(name)
            if value is None or name not in self.values:
                self._servers.setdefault(name, server)
            elif (self.values[name], self._servers.get(name)) != (value, server):
                free = next(new for number in count(2) if (new := f"{name}_{number}") not in {**self.values, **values})
                values[free] = value
                provider = replace(provider, entry=_renamed(provider.entry, name, free))
        return provider

    def _add_provider(self, provider: ProfileProvider, found: FoundSetup, earlier: Mapping[str, _Use]) -> str:
        """The id under which the provider comes."""
        use = _use(provider.entry, found.values)
        known = next((name for name, other in earlier.items() if other.is_like(use)), None)
        if known is None:
            return self._add_new(provider, use, found.tool)
        self.providers[known] = _united(self.providers[known], provider)
        self._uses[known] = replace(self._uses[known], type=str(self.providers[known].entry.get("type", "")))
        self.tools[known].append(found.tool)
        return known

    def _add_new(self, provider: ProfileProvider, use: _Use, tool: str) -> str:
        name = unique_id(provider.id, self.providers)
        if name != provider.id:
            self.clashing |= {provider.id, name}
        self.providers[name] = replace(provider, id=name)
        self.tools[name] = [tool]
        self._uses[name] = use
        return name


def _renamed(value: Any, name: str, new: str) -> Any:
    """An entry with another name for a variable."""
    if isinstance(value, str):
        return re.sub(rf"(\$\{{?){name}(?!\w)", rf"\g<1>{new}", value)
    if isinstance(value, dict):
        return {key: _renamed(item, name, new) for key, item in value.items()}
    return value


class _Use(Private, Struct, frozen=True):
    """What a tool uses an endpoint with. `value` is the key itself where the tool keeps it, else empty."""

    type: str
    key: str
    value: str
    rest: Mapping[str, Any]

    def is_like(self, other: _Use) -> bool:
        """Whether the two are one: names of variables may differ where the key is the same."""
        same_key = self.key == other.key or bool(self.value and self.value == other.value)
        return same_key and self.rest == other.rest and _common_type(self.type, other.type) is not None


def _use(entry: Mapping[str, Any], values: Mapping[str, str]) -> _Use:
    scheme, key = split_scheme(str(entry.get("api_key", "")))
    rest = {name: _told(value, values) for name, value in entry.items() if name not in _NOT_COMPARED}
    return _Use(
        str(entry.get("type", "")),
        _NO_KEY if key and is_dummy(key) else key,
        values.get(standing_for(key) or "", ""),
        {**rest, "base_url": str(entry.get("base_url", "")).rstrip("/"), "scheme": scheme},
    )


def _told(value: Any, values: Mapping[str, str]) -> Any:
    """A field, or a map of headers, with the keys that the tool keeps in the place of their variables."""
    if isinstance(value, dict):
        return {key: _told(item, values) for key, item in value.items()}
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: values.get(found["name"], found[0]), value)
    return value


def _common_type(one: str, other: str) -> str | None:
    """The type that does for both: one of OpenAI's kind may be a server that Crush has a type for."""
    if one == other or (other == _GENERIC and _is_kind_of_server(one)):
        return one
    return other if one == _GENERIC and _is_kind_of_server(other) else None


def _is_kind_of_server(type_: str) -> bool:
    return type_ in TYPES and TYPES[type_].openai_style and TYPES[type_].reads_windows


def _united(one: ProfileProvider, other: ProfileProvider) -> ProfileProvider:
    """The provider with the models of both; of one that both list, the second tells what the first does not."""
    models = {model["id"]: dict(model) for model in one.entry.get("models", ())}
    for model in other.entry.get("models", ()):
        models[model["id"]] = {**model, **models.get(model["id"], {})}
    type_ = _common_type(str(one.entry.get("type", "")), str(other.entry.get("type", "")))
    entry = {**one.entry, "type": type_, "models": list(models.values())}
    entry = {name: value for name, value in entry.items() if value or name in one.entry}
    return replace(one, entry=entry, machine_bound=machine_bound(entry))
