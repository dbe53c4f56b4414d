"""`doctor --report`: the state of a machine for a public bug tracker, without anything private in it."""

from __future__ import annotations

import getpass
import platform
import re
import socket
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from wizard import __version__
from wizard.cli.doctor.text import crush_text, finding_text, lines_of
from wizard.credential import names_a_secret
from wizard.crush.selected import named
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.plain_secrets import plain_secrets
from wizard.machine.profiles import KeptProfile
from wizard.machine.shown_entry import shown_credential, shown_url
from wizard.namespace import profile_in_force
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import is_local
from wizard.provider.builtins import BUILTINS
from wizard.provider.types import TYPES
from wizard.redaction import MASK, hide_secret, redact
from wizard.regexp import regexp
from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wizard.cli.doctor.examination import Looked
    from wizard.crush.effective import EffectiveProvider
    from wizard.doctor.examined import Examined
    from wizard.doctor.finding import Finding

_HOST = regexp(
    r"(?<![\w.$-])(?:[A-Za-z0-9_](?:[\w-]*\w)?\.)+[A-Za-z][\w-]*\w|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
)
_AUTHORITY = regexp(r"://(?:[^/\s\"]*@)?(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s/:?#\"'\\]+)")
_USER_INFO = regexp(r"(?<=://)[^/\s\"]*@")
_EXPANSION = regexp(r"\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*")
_EXPANSION_BEFORE = regexp(rf"(?:{_EXPANSION.pattern})\.?")
_AZURE_RESOURCE = regexp(r"(?P<name>.+)\.(?:openai|cognitiveservices|services\.ai)\.azure\.com", re.IGNORECASE)
_PUBLIC = ("charm.land",)
_KNOWN_NAMES = frozenset((*BUILTINS, *TYPES))
"""Ids and types that a report can't do without, whoever is called so."""
SHORTEST_NAME = 3


def report_on(looked: Looked, findings: Sequence[Finding]) -> str:
    """The report, redacted."""
    examined = looked.examined
    _hide_secrets(examined)
    parts = (
        _versions(examined),
        "Files\n" + lines_of(_files(examined)),
        "Findings\n" + ("\n".join(finding_text(finding) for finding in findings) or "none"),
        "Effective configuration\n" + lines_of(_configuration(examined)),
    )
    return Privacy(examined).text(redact("\n\n".join(parts)))


def _hide_secrets(examined: Examined) -> None:
    trees = [file.content.tree for file in examined.loaded.read if file.content]
    named = (value for name, value in examined.effective.env.items() if names_a_secret(name))
    for secret in (*(secret for tree in trees for secret in plain_secrets(tree)), *named):
        hide_secret(secret)


# What is in it


def _versions(examined: Examined) -> str:
    system = f"{platform.system()} ({platform.machine()}), Python {platform.python_version()}"
    profile = "\na profile is in force" if profile_in_force() else ""
    return f"crush-wizard {__version__}\n{crush_text(examined.crush)}\n{system}\n{_store(examined)}{profile}"


def _store(examined: Examined) -> str:
    if examined.store is None:
        return "secret store: unknown"
    state = {None: "not asked", True: "usable", False: "not usable"}[examined.store.usable]
    return f"secret store: {examined.store.name}, {state}"


def _files(examined: Examined) -> Iterator[str]:
    states = {state.path: state for state in examined.files}
    for file in examined.loaded.files:
        state = states.get(file.path)
        if state is None:
            continue
        mode = [f"mode {state.mode:o}"] if state.mode is not None else []
        marks = {"link": state.is_link, "broken": file.problem, "foreign": file.foreign}
        notes = (*mode, *(word for word, holds in marks.items() if holds))
        yield f"{file.file.role}: {file.path} ({', '.join(notes)})"


def _configuration(examined: Examined) -> Iterator[str]:
    for provider in examined.effective.providers:
        yield from _provider(provider, examined.entries.get(provider.id, {}))
    for slot, selected in examined.effective.selected.items():
        yield f"{slot}: {named(selected)}{' (fallback)' if selected.falls_back else ''}"


def _provider(provider: EffectiveProvider, entry: Mapping[str, Any]) -> Iterator[str]:
    kind = "built in, " if provider.builtin else ""
    code = f" ({provider.code})" if provider.code else ""
    yield f"{provider.id}: {kind}{provider.type}, {provider.status}{code}"
    if entry.get("base_url"):
        yield f"  base_url {_url(entry['base_url'])}"
    if entry.get("api_key"):
        yield f"  api_key {shown_credential(entry['api_key'])}"
    if headers := entry.get("extra_headers"):
        yield f"  extra_headers {', '.join(headers)}"
    others = sorted(set(entry) - {"id", "name", "type", "base_url", "api_key", "extra_headers", "models", "disable"})
    if others:
        yield f"  also sets {', '.join(others)}"
    for model in entry.get("models") or ():
        limits = (model.get(name, 0) for name in ("context_window", "default_max_tokens"))
        yield f"  model {model.get('id', '')} {'/'.join(map(str, limits))}"


def _url(template: str) -> str:
    return "(computed by a script)" if isinstance(template, Computed) else shown_url(template)


# What is not


class Privacy:
    """Replaces folders, user and machine names, and host names that are not public."""

    def __init__(self, examined: Examined) -> None:
        around = examined.loaded.around
        tops = sorted({around.cwd, around.top} - {around.home}, key=lambda path: len(path.parts), reverse=True)
        folders = [(str(top), "<project>") for top in tops if len(top.parts) > 1 and top not in around.home.parents]
        folders += [(folder, "<profile>") for folder in _profile_folders()]
        homes = [path for path in dict.fromkeys((around.home, around.home.resolve())) if len(path.parts) > 1]
        home = [(str(path), "~") for path in homes]
        hosts = [(host, f"<host {number}>") for number, host in enumerate(_private_hosts(examined), start=1)]
        names = {name: "<name>" for name in _names(around.home) if _is_private(name)}
        self._instead = {key.lower(): value for key, value in dict([*folders, *home, *hosts]).items()} | names
        texts = sorted(self._instead, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_as_found, texts)) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._instead[match[0].lower()], _USER_INFO.sub(f"{MASK}@", text))


def _profile_folders() -> Iterator[str]:
    """Their name may be that of a client."""
    if name := profile_in_force():
        profile = KeptProfile(name)
        for folder in (profile.config, profile.data):
            yield from (str(folder), shown_path(folder))


def _as_found(private: str) -> str:
    """A pattern for it: what may be a part of ordinary words counts only where it stands alone."""
    is_word = re.fullmatch(r"[\w-]+", private)
    return rf"(?<![\w-]){re.escape(private)}(?![\w-])" if is_word else re.escape(private)


def _is_private(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and name not in {"root", "localhost", *_KNOWN_NAMES}


def _names(home: Path) -> Iterator[str]:
    yield home.name.lower()
    yield socket.gethostname().lower()
    try:
        yield getpass.getuser().lower()
    except (KeyError, OSError, ImportError):  # nobody knows who this is
        return


def _private_hosts(examined: Examined) -> tuple[str, ...]:
    """What tells a host apart, for every host that the files name and that no catalogue knows."""
    in_urls = [host for text in (*_texts(examined), *_base_urls(examined)) for host in _hosts(text)]
    found = [host for host in in_urls if not _is_public(host, examined)]
    found += [host for text in _texts(examined) for host in _mentioned(text, examined)]
    named = (_own_part(host).lower() for host in found)
    return tuple(dict.fromkeys(name for name in named if name not in _KNOWN_NAMES))


def _base_urls(examined: Examined) -> Iterator[str]:
    """URLs whose scheme was forgotten name a host all the same."""
    for provider in examined.effective.providers:
        for url in (examined.entries.get(provider.id, {}).get("base_url"), provider.base_url.text):
            if isinstance(url, str) and url and "://" not in url:
                yield f"://{url}"


def _texts(examined: Examined) -> Iterator[str]:
    for file in examined.loaded.read:
        yield from _strings(file.content.tree if file.content else {})
    for provider in examined.effective.providers:
        yield provider.base_url.text or ""
    for test in examined.tested:
        yield f"{test.detail} {test.hint}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, child in value.items() for text in (str(key), *_strings(child)))
    elif isinstance(value, Iterable):
        yield from (text for child in value for text in _strings(child))


def _hosts(text: str) -> Iterator[str]:
    """The hosts of the URLs in a text: whole ones, and what stands between the variables of a host."""
    yield from (match["host"] for match in _AUTHORITY.finditer(text) if "$" not in match["host"])
    if "$" in text:
        for match in _AUTHORITY.finditer(_EXPANSION.sub("\0", text)):
            parts = [part.strip(".-") for part in match["host"].split("\0")]
            yield from (part for part in parts if len(parts) > 1 and len(part) >= SHORTEST_NAME)


def _mentioned(text: str, examined: Examined) -> Iterator[str]:
    """What looks like a host outside any URL, also behind a variable."""
    found = (match[0] for variant in (text, _EXPANSION_BEFORE.sub(" ", text)) for match in _HOST.finditer(variant))
    for host in found:
        if not _is_public(host, examined) and (is_local(host) or _looks_like_a_host(host)):
            yield host


def _own_part(host: str) -> str:
    """Of a host at Azure the name of the resource; of any other all of it."""
    resource = _AZURE_RESOURCE.fullmatch(host)
    return resource["name"] if resource else host


def _is_public(host: str, examined: Examined) -> bool:
    if host.lower() in _PUBLIC or (is_this_machine(host) and not host.lower().endswith(".localhost")):
        return True  # a name below localhost is somebody's own
    if is_local(host.strip("[]").lower()) or examined.catalog is None or _AZURE_RESOURCE.fullmatch(host):
        return False
    above = host.partition(".")[2]  # a name below a known host is somebody's own
    return bool(examined.catalog.providers_at(host)) and not (above and examined.catalog.providers_at(above))


def _looks_like_a_host(text: str) -> bool:
    """`gpt-4.1-mini` and `crush.json` have a dot, too."""
    ending = text.rpartition(".")[2].lower()
    is_file = ending in ("json", "toml", "yaml", "md", "sh", "gguf")
    return (ending.isalpha() and not is_file) or text.replace(".", "").isdigit()
