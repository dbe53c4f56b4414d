"""Crush itself: a whole crush.json or crushrc, or the crush.json that Crush writes into its data folder.

Entries keep all that they say, in Crush's spelling. Only keys that stand there literally are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.credential import is_checked, recognize
from wizard.crush.strictness import decode
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.syntax import read_script
from wizard.documents.json.reading import JsonReading
from wizard.errors import InvalidConfig
from wizard.expansion.literals import is_expanded, literal_secrets, split_scheme, unescaped
from wizard.expansion.plain_secrets import holds_secret, sole_default
from wizard.files.locations import CRUSHRC_NAME, JSON_NAME, data_folder, format_of
from wizard.files.writer import read as read_file
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.builtins import BUILTINS
from wizard.provider.model import SLOTS
from wizard.provider.pasted_key import InvalidKey, clean_key
from wizard.provider.template import placeholder
from wizard.provider.variable import is_variable_name, variable_for
from wizard.transfer.origins.composing import NO_KEY, Composed
from wizard.transfer.origins.described import listed, not_providers
from wizard.transfer.portable import machine_bound, needed_secrets
from wizard.transfer.profile import Profile, ProfileProvider
from wizard.transfer.profile_file import plain_fields

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.credential import Credential
    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

NAMES = (JSON_NAME, CRUSHRC_NAME)
_OWN = ("oauth", "id")
_FILLED = ("api_key", "extra_headers")
"""The fields in which a variable has taken a key's place."""
NO_VARIABLE = "a key in it can't be a variable"
BESIDE_VARIABLE = "it is in plain text next to a variable"
_READ = frozenset("$schema providers models".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    return (data_folder(around) / JSON_NAME,)


def read(path: Path, _: Surroundings) -> Composed:
    """Raises InvalidConfig for what Crush itself would not start with."""
    tree = _tree(path)
    decoded = decode(_certain(tree))
    if decoded.faults:
        fault = decoded.faults[0]
        raise InvalidConfig(f"`{'.'.join(map(str, fault.key_path))}`: {fault.message}", path=path)
    composer = _Composer()
    providers = tuple(composer.provider(key, entry) for key, entry in decoded.value.get("providers", {}).items())
    selected: dict[Slot, Mapping[str, Any]] = {
        slot: composer.choice(slot, chosen) for slot in SLOTS if (chosen := decoded.value.get("models", {}).get(slot))
    }
    computed = [f"{'.'.join(way)}: it can't be known without running the script" for way in _computed(tree, ())]
    others = [key for key in decoded.value if key not in _READ]
    unsupported = (*composer.unsupported, *computed, *not_providers(others))
    return Composed(Profile(providers, selected, needed_secrets(providers)), composer.values, unsupported)


def _tree(path: Path) -> dict[str, Any]:
    raw = read_file(path)
    if not raw:
        return {}
    if format_of(path) == "json":
        return JsonReading(raw, path).tree
    from wizard.documents.crushrc.document import CrushrcDocument

    document = CrushrcDocument(read_script(raw, path), path)
    document.check_commands()
    return document.tree


def _certain(value: Any) -> Any:
    """The tree without what only running a script would tell."""
    if isinstance(value, Mapping):
        return {key: _certain(child) for key, child in value.items() if not isinstance(child, Computed)}
    if isinstance(value, list):
        return [_certain(child) for child in value if not isinstance(child, Computed)]
    return value


def _computed(value: Any, way: tuple[str, ...]) -> list[tuple[str, ...]]:
    if isinstance(value, Computed):
        return [way]
    if isinstance(value, Mapping):
        return [found for key, child in value.items() for found in _computed(child, (*way, str(key)))]
    if isinstance(value, list):
        return [found for place, child in enumerate(value) for found in _computed(child, (*way, str(place)))]
    return []


class _Composer:
    """Takes the keys out of entries; keeps them by the names that now stand for them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._servers: dict[str, str] = {}
        self.unsupported: list[str] = []

    def provider(self, provider_id: str, entry: Mapping[str, Any]) -> ProfileProvider:
        kept = {key: value for key, value in entry.items() if key not in _OWN}
        if "oauth" in entry:
            self.unsupported.append(f"provider {provider_id}: its login belongs to Crush; to renew it: crush login")
        server = _server(provider_id, entry)
        if key := kept.get("api_key"):
            kept["api_key"] = self._without_secret(key, _usual_variable(provider_id), server)
        if url := kept.get("base_url"):
            kept["base_url"] = self._url(url, f"{_prefix(provider_id)}_URL_PASSWORD", server)
        if headers := kept.get("extra_headers"):
            kept["extra_headers"] = {
                name: self._header(provider_id, name, text, server) for name, text in headers.items()
            }
        for name in [name for name, value in kept.items() if name not in _FILLED and holds_secret({name: value})]:
            del kept[name]
            self.unsupported.append(f"provider {provider_id}, {listed([name])}: {NO_VARIABLE}")
        return ProfileProvider(provider_id, kept, machine_bound(kept))

    def choice(self, slot: Slot, selection: Mapping[str, Any]) -> dict[str, Any]:
        plain = plain_fields(selection)
        self.unsupported += [f"the {slot} model, {listed([name])}: {NO_VARIABLE}" for name in plain]
        return {name: value for name, value in selection.items() if name not in plain}

    def _url(self, url: str, wanted: str, server: BaseUrl) -> str:
        """The URL with a variable in the place of each password, and of each key in its query."""
        for secret in sorted(literal_secrets({"base_url": url}), key=lambda secret: (-len(secret), url.find(secret))):
            place = rf"(?<=:){re.escape(secret)}(?=@)|(?<==){re.escape(secret)}(?=[&#]|$)"
            if re.search(place, url):
                url = re.sub(place, f"${{{self._kept(unescaped(secret), wanted, server)}}}", url)
        return url

    def _header(self, provider_id: str, name: str, text: str, server: BaseUrl) -> str:
        if not holds_secret({name: text}):
            return text
        wanted = f"{_prefix(provider_id)}_{name.upper().replace('-', '_')}"
        variable = wanted if is_variable_name(wanted) else variable_for(f"{provider_id}-{name}")
        scheme, credential = split_scheme(text)
        return scheme + self._without_secret(credential, variable, server, in_header=True)

    def _without_secret(self, credential: str, wanted: str, server: BaseUrl, *, in_header: bool = False) -> str:
        """`$NAME` in the place of a literal, be it the default of a variable; a template or a dummy stays."""
        found = recognize(unescaped(credential))
        if found.kind in ("reference", "example"):
            return self._named(found, wanted)
        if found.kind == "dummy":
            return credential
        if not is_expanded(credential):
            return self._literal(unescaped(credential), wanted, server, in_header=in_header)
        if not holds_secret({"api_key": credential}):
            return credential
        if (default := sole_default(credential)) and is_variable_name(default.variable):
            return placeholder(self._kept(default.text, default.variable, server))
        self.unsupported.append(f"the key {wanted}: {BESIDE_VARIABLE}")
        return placeholder(wanted)

    def _named(self, found: Credential, wanted: str) -> str:
        """A variable as Crush writes it; for anything else that is no key, the one to give it under."""
        if is_variable_name(found.variable):
            return placeholder(found.variable)
        self.unsupported.append(f"the key {wanted}: it is not a key but {found.what}")
        return placeholder(wanted)

    def _literal(self, key: str, wanted: str, server: BaseUrl, *, in_header: bool) -> str:
        """A dummy in the place of a key that no server looks at: nobody has to write one into a header."""
        if in_header or is_checked(key, on_this_machine=is_this_machine(server.host)):
            return placeholder(self._kept(key, wanted, server))
        why = recognize(key).what or "the server is on this machine and needs no key; if it does, edit the provider"
        self.unsupported.append(f"the key {wanted}: {why}")
        return NO_KEY

    def _kept(self, credential: str, wanted: str, server: BaseUrl) -> str:
        """The variable under which the value is kept: the wanted one, or one with a number.

        So it is where that one has another value, or goes to another server.
        """
        try:
            value = clean_key(credential)
        except InvalidKey as why:
            self.unsupported.append(f"the key {wanted}: {why.problem}")
            return wanted
        name, number = wanted, 2
        while (self.values.get(name, value), self._servers.get(name, server.server)) != (value, server.server):
            name, number = f"{wanted}_{number}", number + 1
        self.values[name] = value
        self._servers[name] = server.server
        return name


def _server(provider_id: str, entry: Mapping[str, Any]) -> BaseUrl:
    builtin = BUILTINS.get(provider_id)
    return BaseUrl(str(entry.get("base_url") or (builtin.endpoint if builtin else "")))


def _prefix(provider_id: str) -> str:
    return variable_for(provider_id).removesuffix("_API_KEY")


def _usual_variable(provider_id: str) -> str:
    builtin = BUILTINS.get(provider_id)
    key = builtin.key.removeprefix("$") if builtin else ""
    return key or variable_for(provider_id)
