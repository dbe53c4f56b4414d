"""From what a tool says to providers as Crush wants them: id, type, base URL, and the keys apart from the entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.credential import is_checked, names_a_secret, recognize
from wizard.crush.custom_rules import DEFAULT_TYPE
from wizard.expansion.literals import is_expanded, literal_secrets, split_scheme, unescaped
from wizard.flow.model_questions import EFFORTS
from wizard.network.loopback import is_this_machine
from wizard.private import Private
from wizard.provider.base_url import ADDED_BY_TYPE, BaseUrl, InvalidBaseUrl, is_local, normalize_base_url
from wizard.provider.builtins import BUILTINS
from wizard.provider.identifier import id_for_host, slug, unique_id
from wizard.provider.model_facts import ModelFacts, by_id
from wizard.provider.pasted_key import InvalidKey, clean_key
from wizard.provider.template import placeholder, standing_for, variables
from wizard.provider.types import TYPES
from wizard.provider.variable import is_variable_name, variable_for
from wizard.regexp import regexp
from wizard.transfer.origins.described import Described, NoEqual, listed
from wizard.transfer.origins.key_commands import echoed, printed_by
from wizard.transfer.origins.known_models import model_entry
from wizard.transfer.origins.vendors import Vendor, find_vendor, own_sign_in, vendor_at
from wizard.transfer.portable import machine_bound, needed_secrets
from wizard.transfer.profile import Profile, ProfileProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.provider.model import Slot
    from wizard.transfer.origins.described import ChosenModel, ToolConfig

NO_KEY = "no-key"
"""What stands for a key where a server wants none; with nothing there, Crush sends OpenAI's (crush-behaviour 2.4)."""

BEARER = "Bearer "
"""What makes a key of type anthropic an `Authorization`. Said by a header alone, Crush would send ANTHROPIC_API_KEY
beside it (crush-behaviour 2.4)."""

MOST_PROVIDERS = 200
_REFERENCE = regexp(r"\$\{\w+\}|\$\w+")
_KEY_HEADERS = ("authorization", "x-api-key", "api-key")


class Composed(Private, Struct, frozen=True):
    """`values` are keys by the variable that now stands for them. `unsupported` are sentences."""

    profile: Profile
    values: Mapping[str, str]
    unsupported: tuple[str, ...]


def compose(config: ToolConfig) -> Composed:
    """Every provider that Crush can have. An entry holds what the tool says, and no fact that it does not say."""
    composer = _Composer(config)
    for described in config.providers[:MOST_PROVIDERS]:
        composer.add(described)
    if len(config.providers) > MOST_PROVIDERS:
        composer.unsupported.append(
            f"only the first {MOST_PROVIDERS} of {len(config.providers)} providers are imported"
        )
    selected = composer.selection(config.selected)
    providers = tuple(provider.finished() for provider in composer.taken)
    profile = Profile(providers, selected, needed_secrets(providers))
    return Composed(profile, composer.values, tuple(dict.fromkeys(composer.unsupported)))


class _Taken(Private, Struct):
    """A provider on its way into the profile. `models` without repetition, by id."""

    id: str
    entry: dict[str, Any]
    models: dict[str, ModelFacts]

    def finished(self) -> ProfileProvider:
        models = [model_entry(facts) for facts in self.models.values()]
        entry = {**self.entry, "models": models} if models else self.entry
        return ProfileProvider(self.id, entry, machine_bound(entry))


class _Composer:
    def __init__(self, config: ToolConfig) -> None:
        self._held = config.held
        self._named = {name for described in config.providers for name in _references(described)}
        self.unsupported = list(config.unsupported)
        self.taken: list[_Taken] = []
        self.values: dict[str, str] = {}
        self._servers: dict[str, str] = {}
        self._by_name: dict[str, _Taken] = {}

    def add(self, described: Described) -> None:
        """Take a provider, or say why not."""
        itself = vendor_at(described.base_url)
        named = find_vendor(described.vendor or described.id) if not described.base_url or described.vendor else None
        vendor = itself or named
        type_ = (itself.type if itself and itself.id in BUILTINS else "") or described.type
        type_ = type_ or (vendor.type if vendor else DEFAULT_TYPE)
        try:
            base_url = _base_url(described, vendor, type_)
        except InvalidBaseUrl as why:
            self.unsupported.append(f"provider {described.id} is left out: {why}")
            return
        if itself and (itself.itself or itself.type == "google"):
            base_url = BaseUrl(itself.base_url)
        elif vendor and vendor.itself and not described.type and base_url.url != vendor.base_url:
            type_ = DEFAULT_TYPE
        notes = [note for note in base_url.notes if ADDED_BY_TYPE not in note]
        self.unsupported += [f"provider {described.id}, its URL: {note}" for note in notes]
        models = self._chatting(described)
        if models or not described.models or described.discovers:
            self._take(replace(described, models=models), vendor, type_, base_url)

    def selection(self, selected: Mapping[Slot, ChosenModel]) -> dict[Slot, Mapping[str, Any]]:
        found: dict[Slot, Mapping[str, Any]] = {}
        for slot, chosen in selected.items():
            if chosen.provider not in self._by_name and find_vendor(chosen.provider):
                self.add(Described(chosen.provider, vendor=chosen.provider))
            taken = self._by_name.get(chosen.provider)
            if taken is None:
                why = own_sign_in(chosen.provider) or "its provider is not imported"
                self.unsupported.append(f"the {slot} model {chosen.model}: {why}")
                continue
            found[slot] = _selected(chosen, taken)
        return found

    def _take(self, described: Described, vendor: Vendor | None, type_: str, base_url: BaseUrl) -> None:
        provider_id = self._id(described, vendor, type_, base_url)
        keys = _Keys(self, provider_id, base_url)
        headers = keys.headers(described.headers)
        entry = {
            "name": described.name or (vendor.name if vendor else described.id),
            "type": type_,
            "base_url": base_url.url,
            "api_key": keys.key(described, vendor, headers),
            "extra_headers": headers,
            "extra_body": self._body(described, type_, provider_id),
            "discover_models": described.discovers and bool(described.models) and provider_id not in BUILTINS,
        }
        models = by_id(described.models)
        taken = _Taken(provider_id, {key: value for key, value in entry.items() if value}, models)
        self.taken.append(taken)
        self._by_name.setdefault(described.id, taken)

    def _id(self, described: Described, vendor: Vendor | None, type_: str, base_url: BaseUrl) -> str:
        """A built-in's id only where Crush would give the entry the type that it needs (crush-behaviour 3.1)."""
        taken = {provider.id for provider in self.taken}
        same = vendor is not None and find_vendor(described.id) == vendor
        is_builtin = vendor is not None and vendor.id in BUILTINS and vendor_at(described.base_url) == vendor
        wanted = slug(described.id) or id_for_host(base_url.host) or "provider"
        if vendor and (same or (is_builtin and vendor.id not in taken)):
            wanted = vendor.id
        builtin = BUILTINS.get(wanted)
        if builtin and builtin.type != type_:
            wanted = f"{wanted}-custom"
        return unique_id(wanted, taken)

    def _body(self, described: Described, type_: str, provider_id: str) -> Mapping[str, Any]:
        if not described.body or (TYPES[type_].sends_body and not literal_secrets(described.body)):
            return described.body
        why = (
            "Crush does not send them for this type"
            if not TYPES[type_].sends_body
            else "a key in it can't be a variable"
        )
        self.unsupported.append(f"provider {provider_id}, fields of the request ({listed([*described.body])}): {why}")
        return {}

    def _chatting(self, described: Described) -> tuple[ModelFacts, ...]:
        """The models that Crush has a use for."""
        chatting = {facts.id for facts in described.models if facts.chats is not False}
        others = [facts.id for facts in described.models if facts.chats is False and facts.id not in chatting]
        if others:
            self.unsupported.append(f"provider {described.id}, no chat models: {listed(others)}")
        return tuple(facts for facts in described.models if facts.chats is not False)

    def keep(self, wanted: str, value: str, server: str, provider_id: str, what: str) -> str:
        """The variable that stands for a literal from now on: the wanted one, or one that is free.

        One that other providers take from the environment is not free: they would get this key instead. Nor is one
        that stands for the same key at another server: somebody will change one of them.
        """
        others = {**self._held, **self.values}
        taken = {name for name, other in others.items() if other != value} | (self._named - self.values.keys())
        taken |= {name for name, other in self._servers.items() if other != server}
        name = wanted if wanted not in taken else variable_for(f"{provider_id}-{what}" if what else provider_id)
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        self.values[free] = value
        self._servers[free] = server
        return free

    def needs(self, name: str) -> None:
        """Note that a variable is used: its value comes along if the tool keeps it."""
        if value := self._held.get(name):
            if (found := recognize(value)).kind not in ("key", "short"):
                self.unsupported.append(f"the key {name}: it is not a key but {found.what}")
                return
            try:
                self.values.setdefault(name, clean_key(value))
            except InvalidKey as why:
                self.unsupported.append(f"the key {name}: {why.problem}")


class _Keys:
    """The keys of one provider: what its entry says instead of them."""

    def __init__(self, composer: _Composer, provider_id: str, base_url: BaseUrl) -> None:
        self._composer = composer
        self._id = provider_id
        self._url = base_url

    def key(self, described: Described, vendor: Vendor | None, headers: Mapping[str, str]) -> str:
        usual = vendor.variable if vendor and vendor.variable else variable_for(self._id)
        key = self._key(described, vendor, headers, usual)
        return f"{BEARER}{key}" if described.bearer and key not in ("", NO_KEY) else key

    def _key(self, described: Described, vendor: Vendor | None, headers: Mapping[str, str], usual: str) -> str:
        if described.key_command:
            return self._printed(described.key_command, usual)
        text = described.api_key
        if text is None or (not text and self._is_hosted(vendor) and not _signs_in(headers)):
            return self._variable(usual)
        if not is_expanded(text) and (spelled := self._stand_in(unescaped(text), "its key")) is not None:
            return spelled or self._variable(usual)
        if not text or (not is_expanded(text) and not self._is_checked(unescaped(text))):
            if vendor is not None and self._is_hosted(vendor):
                return self._variable(usual)
            return "" if _signs_in(headers) else NO_KEY
        if name := standing_for(text):
            return self._variable(name)
        if is_expanded(text):
            self._composer.unsupported.append(f"provider {self._id}, its key: it is more than one variable")
            return self._variable(usual)
        return self._literal(unescaped(text), usual, "its key", "")

    def _is_hosted(self, vendor: Vendor | None) -> bool:
        """Whether it wants a key, though the tool's file has none."""
        if vendor is not None:
            return bool(vendor.variable) and not vendor.local
        return "." in self._url.host and not is_local(self._url.host)

    def _printed(self, command: str, usual: str) -> str:
        """The command itself, which Crush then runs; the variable where it can't stand there."""
        if key := echoed(command):
            return self._literal(key, usual, "its key", "")
        try:
            return printed_by(command)
        except NoEqual as why:
            self._composer.unsupported.append(f"provider {self._id}, its key: {why}")
            return self._variable(usual)

    def _is_checked(self, key: str) -> bool:
        """Whether the server looks at it. What is left out is said, but for a dummy."""
        found = recognize(key)
        if found.kind == "placeholder" or is_checked(key, on_this_machine=is_this_machine(self._url.host)):
            return True  # what Crush would expand is only text here, and refused as a key
        if found.kind != "dummy":
            why = found.what or "the server is on this machine and needs no key; if it does, edit the provider"
            self._composer.unsupported.append(f"provider {self._id}, its key: {why}")
        return False

    def _stand_in(self, text: str, called: str) -> str | None:
        """What to write for what is no key but names one; empty where Crush has no equal. None: it is no such thing."""
        found = recognize(text)
        if found.kind not in ("reference", "example"):
            return None
        if is_variable_name(found.variable):
            return self._variable(found.variable)
        self._composer.unsupported.append(f"provider {self._id}, {called}: it is not a key but {found.what}")
        return ""

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: shown for name, text in headers.items() if (shown := self._header(name, text))}

    def _header(self, name: str, text: str) -> str:
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            self._composer.unsupported.append(f"provider {self._id}: a header name has invalid characters")
            return ""
        scheme, credential = split_scheme(unescaped(text))
        if not is_expanded(text) and (scheme or names_a_secret(name)):
            spelled = self._stand_in(credential, f"header {name}")
            if spelled is not None:
                return f"{scheme}{spelled}" if spelled else ""
        if is_expanded(text):
            return self._filled_in(name, text)
        if not literal_secrets({name: text}):
            return text
        usual = f"{variable_for(self._id).removesuffix('_API_KEY')}_{name.upper().replace('-', '_')}"
        wanted = variable_for(self._id) if name.lower() in _KEY_HEADERS else usual
        wanted = wanted if is_variable_name(wanted) else variable_for(f"{self._id}-{name}")
        shown = self._literal(credential, wanted, f"header {name}", name)
        return f"{scheme}{shown}" if shown else ""

    def _filled_in(self, name: str, text: str) -> str:
        """A header with variables in it, unless a key stands there, too."""
        if literal_secrets(_REFERENCE.sub(" ", text)):
            self._composer.unsupported.append(f"provider {self._id}, header {name}: a key next to a variable")
            return ""
        for variable in variables(text):
            self._composer.needs(variable)
        return text

    def _literal(self, value: str, wanted: str, called: str, what: str) -> str:
        try:
            key = clean_key(value)
        except InvalidKey as why:
            self._composer.unsupported.append(f"provider {self._id}, {called}: {why.problem}")
            return self._variable(wanted)
        return self._variable(self._composer.keep(wanted, key, self._url.server, self._id, what))

    def _variable(self, name: str) -> str:
        self._composer.needs(name)
        return placeholder(name)


def _signs_in(headers: Mapping[str, str]) -> bool:
    return any(name.lower() in _KEY_HEADERS for name in headers)


def _references(described: Described) -> tuple[str, ...]:
    texts = (described.api_key or "", *described.headers.values())
    return tuple(name for text in texts if is_expanded(text) for name in variables(text))


def _base_url(described: Described, vendor: Vendor | None, type_: str) -> BaseUrl:
    """As the tool says, else the vendor's. Raises InvalidBaseUrl, which says what there is instead of one.

    Tools use a URL as it is written; but for servers that have an API of their own beside OpenAI's.
    """
    if described.base_url:
        return normalize_base_url(described.base_url, type_, add_v1=TYPES[type_].reads_windows)
    if sign_in := own_sign_in(described.vendor or described.id):
        raise InvalidBaseUrl(sign_in)
    if vendor is None or not vendor.base_url:
        raise InvalidBaseUrl("it has no URL, and the vendor's URL is unknown")
    return BaseUrl(vendor.base_url)


def _selected(chosen: ChosenModel, taken: _Taken) -> Mapping[str, Any]:
    """What the slot says. A provider of the user's own must list the model; a built-in has its catalogue."""
    if taken.id not in BUILTINS:
        taken.models.setdefault(chosen.model, ModelFacts(chosen.model))
    effort = {"reasoning_effort": chosen.effort} if chosen.effort in EFFORTS else {}
    return {"provider": taken.id, "model": chosen.model, **effort}
