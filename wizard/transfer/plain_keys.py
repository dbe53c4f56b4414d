"""Finds the keys that lie in plain text in Crush's files, each with its place and with what Crush makes of it."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from wizard.credential import VENDORS, is_checked, is_dummy, names_a_secret, recognize
from wizard.crush.outgoing import destination
from wizard.documents.crushrc.commands import Computed
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.syntax import read_text
from wizard.errors import WizardError
from wizard.expansion.literals import USER_INFO, is_expanded, literal_secrets, split_scheme, unescaped
from wizard.expansion.plain_secrets import default_secrets, holds_secret, plain_defaults, plain_secrets, sole_default
from wizard.files.writer import read, resolve
from wizard.network.loopback import is_this_machine
from wizard.private import Private
from wizard.provider.base_url import BaseUrl
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import EXPANSION, has_command
from wizard.redaction import hide_secret
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from wizard.credential import Credential
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.document import Document
    from wizard.documents.json.draft import KeyPath
    from wizard.expansion.plain_secrets import Default
    from wizard.files.locations import ConfigFile
    from wizard.transfer.start_variables import Assignment

Kind = Literal["api-key", "header", "url", "env", "oauth", "field", "script", "environment", "start-file"]
KINDS: tuple[Kind, ...] = get_args(Kind)

VENDOR_PREFIXES = (
    *VENDORS,
    *("sk-", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "vck_", "ABSK", "AKIA", "ASIA", "xoxb-", "xoxp-"),
)
SHOWN = 4
"""Characters of a key that may be shown, and only where they are the same in all keys of a vendor."""
LONG_ENOUGH = 12

NOT_EXPANDED = "a placeholder does not work in this field: Crush does not expand variables there"
OAUTH = "it comes from a login, which Crush renews by itself"
HALF_EXPANDED = "Crush reads a part of it as a variable; if it is a key, write \\$ for each $"
QUERY = "Crush drops the query of base_url when it chats: give the key as api_key or in a header instead"
URL_PART = "it is a part of the URL: replace it with a variable by hand, or give the key as api_key"
URL_IGNORED = "Crush does not use base_url for this provider: remove the key, and give it as api_key"
COMPUTED = "what the script does there can't be known without running it"
READ_ONLY = "you can't write this file"
STAND_IN = "it is not a key but "
PART = "it is a part of the default of a variable: write $NAME by hand, and store it as NAME"

_REWRITES_URL = frozenset("azure openrouter vercel bedrock bedrock-europe google-vertex vertexai hyper copilot".split())
"""Types and built-in ids whose base_url is ignored, or made into another one (crush-behaviour 2.4)."""

_PLACEHOLDER = regexp(r"\$(?P<plain>[A-Za-z_]\w*)|\$\{(?P<braced>[A-Za-z_]\w*)(?::?-.*)?\}", re.DOTALL)
_SPECIAL = regexp(r"\$[0-9@*#?!$-]")
_LITERAL_PART = regexp(r"[\w+/=.-]{8,}")

_SHELL_DEFAULT = regexp(r'"(?P<template>\$\{(?P<name>[A-Za-z_]\w*):?-[\w.+/=:@-]+\})"', re.ASCII)
_SCRIPT_PROVIDER = regexp(r"\s*provider\s+add\s+['\"]?(?P<id>[^\s'\"]+)")
_WORD = r"(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<bare>[^\s'\"]\S*))"
_SCRIPT_KEY = regexp(rf"--api-key\s+{_WORD}")
_SCRIPT_HEADER = regexp(rf"--extra-header\s+['\"]?(?P<header>[^\s'\"]+)['\"]?\s+{_WORD}")


class JsonSpot(Private, Struct, frozen=True):
    """A credential in a string of a JSON file: `text[start:end]`, as it is written there.

    `shadowed`: a weaker file has a placeholder of this variable for the same field, so that the value need only go.
    `default_of`: it stands as the default of this variable, `${NAME:-...}`.
    """

    key_path: KeyPath
    text: str
    start: int
    end: int
    shadowed: str = ""
    default_of: str = ""

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    def stored_as(self, name: str) -> JsonSpot:
        """The same once it is stored under a name: the variable whose default it was has it then, and needs none."""
        if name != self.default_of:
            return self
        return replace(self, start=self.text.rindex("${", 0, self.start), end=self.end + 1)

    def with_(self, placeholder: str) -> str:
        """The string with something else in the credential's place."""
        return self.text[: self.start] + placeholder + self.text[self.end :]


Spot: TypeAlias = "JsonSpot | Assignment"


class PlainKey(Private, Struct, frozen=True):
    """A key in plain text. `path` None: it is in the environment.

    `value` is what Crush (or the shell) makes of it; `variable` the name that it goes by already; `reason` why it
    is left where it is, empty if it can be moved; `spot` what to replace then. `host`: where it is sent (see host_in).
    """

    kind: Kind
    value: str
    provider: str = ""
    path: Path | None = None
    line: int | None = None
    header: str = ""
    variable: str = ""
    reason: str = ""
    spot: Spot | None = None
    host: str = ""

    def __post_init__(self) -> None:
        if recognize(self.value).kind == "key":
            hide_secret(self.value)

    @property
    def is_stand_in(self) -> bool:
        """Whether it is no key, but what another program would fill in, or somebody replace."""
        return self.reason.startswith(STAND_IN)


class Scan(Private, Struct, frozen=True):
    """What was found, the weakest file first.

    `problems`: files that can't be read. `others`: files with literal secrets that belong to no provider.
    `defaults`: what the files take, in plain text, where a variable is not set; by variable. `receivers`: by provider.
    """

    findings: tuple[PlainKey, ...]
    documents: Mapping[Path, Document]
    problems: tuple[WizardError, ...]
    others: tuple[Path, ...]
    defaults: Mapping[str, frozenset[str]]
    receivers: Mapping[str, Receiver] = {}


def redacted(value: str) -> str:
    """`sk-… (51 characters)`: how a key is shown. Only a vendor's own prefix is, four characters of it at most."""
    prefix = next((prefix for prefix in VENDOR_PREFIXES if value.startswith(prefix)), "")
    return f"{prefix[:SHOWN] if len(value) >= LONG_ENOUGH else ''}… ({len(value)} characters)"


def scan(files: Iterable[ConfigFile], receivers: Mapping[str, Receiver] = {}) -> Scan:
    """Look through files in the order of their precedence, the weakest first. Nothing in them is run.

    `receivers` are what more files than these say of providers.
    """
    search = _Search(receivers)
    for file in _distinct(files):
        try:
            content = read(file.path)
            if content:
                search.look_into(file, read_text(content, file.path))
        except WizardError as problem:
            search.problems.append(problem)
    return search.result()


class _Search:
    """One walk through the files. `weaker`: each provider's api_key as the files so far have it."""

    def __init__(self, receivers: Mapping[str, Receiver]) -> None:
        self.known_receivers = receivers
        self.findings: list[PlainKey] = []
        self.documents: dict[Path, JsonDocument | CrushrcDocument] = {}
        self.problems: list[WizardError] = []
        self.weaker: dict[str, str] = {}
        self.receivers: dict[str, Receiver] = {}
        self.defaults: set[Default] = set()

    def look_into(self, file: ConfigFile, text: str) -> None:
        if file.format == "crushrc":
            found = self._in_crushrc(text, file.path)
            self.findings += found if os.access(file.path, os.W_OK) else [_left(key, READ_ONLY) for key in found]
            return
        document = JsonDocument(text, file.path)
        found = list(_in_document(document, file.path))
        if file.is_written_by_crush:
            found = [_shadowing(finding, self.weaker) for finding in found]
        self.documents[file.path] = document
        self.defaults |= plain_defaults(document.value)
        self.findings += found if os.access(file.path, os.W_OK) else [_left(key, READ_ONLY) for key in found]
        self.weaker.update(_keys(document))
        self._remember_receivers(document)

    def _in_crushrc(self, text: str, path: Path) -> list[PlainKey]:
        """What plain commands say can be moved; what only running the script would tell is found by its lines."""
        from wizard.documents.crushrc.document import CrushrcDocument

        plain: list[PlainKey] = []
        try:
            document = CrushrcDocument(text, path)
        except WizardError as problem:
            self.problems.append(problem)
        else:
            self.documents[path] = document
            self.defaults |= plain_defaults(document.value)
            self._remember_receivers(document)
            plain = list(_in_providers(document, path, partial(_as_template, document)))
        movable = {finding.value for finding in plain}
        return plain + [key for key in _in_script(text, path, self.weaker) if key.value not in movable]

    def _remember_receivers(self, document: Document) -> None:
        """The later file's word counts."""
        for provider_id in document.provider_ids():
            receiver = self.receivers.get(provider_id) or _usual_receiver(provider_id)
            self.receivers[provider_id] = receiver.as_in(document.provider(provider_id) or {})

    def _placed(self, finding: PlainKey) -> PlainKey | None:
        """With the host; None for what is no key there."""
        receiver = self.receivers.get(finding.provider) or _usual_receiver(finding.provider)
        placed = replace(finding, host=host_in(self.receivers, finding.provider)) if finding.provider else finding
        if finding.kind in ("oauth", "url") or finding.is_stand_in:  # a password may be anything
            return placed
        here = finding.kind == "api-key" and receiver.is_this_machine  # nobody has to write a dummy into a header
        checked = is_checked(finding.value, on_this_machine=here, names=receiver.names)
        return placed if checked else None

    def result(self) -> Scan:
        self.receivers |= self.known_receivers
        findings = tuple(filter(None, map(self._placed, self.findings)))
        others = tuple(path for path, found in self.documents.items() if self._has_others(found, path))
        names = {found.variable for found in self.defaults}
        defaults = {name: frozenset(found.text for found in self.defaults if found.variable == name) for name in names}
        problems = tuple(self.problems)
        return Scan(findings, self.documents, problems, others, defaults, self.receivers)

    def _has_others(self, document: JsonDocument | CrushrcDocument, path: Path) -> bool:
        """Whether there are secrets that belong to no provider, besides those in the lines of a script."""
        tree = document.value if isinstance(document, JsonDocument) else document.tree
        rest = {name: child for name, child in tree.items() if name.casefold() not in ("providers", "env")}
        return not plain_secrets(rest) <= {found.value for found in self.findings if found.path == path}


class Receiver(Struct, frozen=True):
    """Where a provider's requests go, if anywhere. `names` are the provider's."""

    host: str
    names: frozenset[str]

    @property
    def is_this_machine(self) -> bool:
        return is_this_machine(BaseUrl(f"http://{self.host.rpartition('://')[2]}").host)

    def as_in(self, entry: Mapping[str, Any]) -> Receiver:
        """What it is with what a file says."""
        url, type_ = _member(entry, "base_url"), _member(entry, "type")
        host = self.host if url is None else _destination(url) or OPEN
        return Receiver(host, self.names | ({type_.casefold()} if isinstance(type_, str) else set()))


OPEN = "<>"
"""Stands for a host that only Crush could tell."""


def _usual_receiver(provider_id: str) -> Receiver:
    """That of a built-in provider; of any other nothing is known but its name."""
    builtin = BUILTINS.get(provider_id)
    host = (_destination(builtin.endpoint) or OPEN) if builtin else ""
    return Receiver(host, frozenset((provider_id.casefold(),)))


def host_in(receivers: Mapping[str, Receiver], provider_id: str) -> str:
    """The host of a provider; empty where it has none, and its id in angle brackets where only Crush could tell."""
    host = (receivers.get(provider_id) or _usual_receiver(provider_id)).host
    return f"<{provider_id}>" if host == OPEN else host


def _destination(url: Any) -> str:
    """Who a URL of a file names; empty where only Crush could tell."""
    host = destination(url) if isinstance(url, str) and not isinstance(url, Computed) else ""
    return "" if is_expanded(host) else host


def placeholder_variable(template: str) -> str:
    """The variable of a template that is nothing but its placeholder; empty for anything else."""
    match = _PLACEHOLDER.fullmatch(template)
    return (match["plain"] or match["braced"]) if match else ""


def _distinct(files: Iterable[ConfigFile]) -> Iterator[ConfigFile]:
    """Each file once, whatever links lead to it: it can be changed only once."""
    seen: set[Path] = set()
    for file in files:
        target = resolve(file.path)
        if target not in seen:
            seen.add(target)
            yield file


def _member(value: Mapping[str, Any], name: str) -> Any:
    return next((child for key, child in value.items() if key.casefold() == name), None)


# JSON


def _in_document(document: JsonDocument, path: Path) -> Iterator[PlainKey]:
    yield from _in_env(document, path)
    yield from _in_providers(document, path)


def _in_providers(
    document: Document, path: Path, template: Callable[[Computed], str | None] = lambda _: None
) -> Iterator[PlainKey]:
    """`template` says what Crush itself could work out in the place of a script; None for all else."""
    for provider_id in document.provider_ids():
        entry = _without_computed(document.provider(provider_id) or {}, template)
        for place, finding in _in_entry(provider_id, entry):
            position = document.position(("providers", provider_id, *place))
            yield replace(finding, provider=provider_id, path=path, line=position[0] if position else None)


def _without_computed(entry: Mapping[str, Any], template: Callable[[Computed], str | None]) -> dict[str, Any]:
    """The entry without what only a script can work out: that is no literal, however it is spelled."""
    templates = {name: template(value) if isinstance(value, Computed) else value for name, value in entry.items()}
    kept = {name: value for name, value in templates.items() if value is not None}
    return {
        name: _without_computed(value, template) if isinstance(value, dict) else value for name, value in kept.items()
    }


def _in_env(document: JsonDocument, path: Path) -> Iterator[PlainKey]:
    """Crush sets these variables itself, expanded, before it looks at providers (crush-behaviour 4.4)."""
    env = _member(document.value, "env")
    for name, text in env.items() if isinstance(env, dict) else ():
        if isinstance(text, str) and holds_secret({name: text}):
            position = document.position(("env", name))
            for finding in _expanded("env", ("env", name), text):
                yield replace(finding, variable=name, path=path, line=position[0] if position else None)


def _in_entry(provider_id: str, entry: Mapping[str, Any]) -> Iterator[tuple[KeyPath, PlainKey]]:
    """What a provider's entry holds, each with its path within the entry."""
    logged_in = bool(_member(entry, "oauth"))
    for name, value in entry.items():
        match name.casefold(), value:
            case "api_key", str() if not logged_in:  # else it is the access token once more
                found = _expanded("api-key", ("providers", provider_id, name), value)
                yield from (((name,), finding) for finding in found)
            case "oauth", dict() if value:
                yield (name,), PlainKey("oauth", str(_member(value, "access_token") or ""), reason=OAUTH)
            case "base_url", str():
                yield from (((name,), finding) for finding in _in_url(provider_id, entry, name, value))
            case "extra_headers", dict():
                yield from _in_headers(provider_id, name, value)
            case field_name, _ if field_name != "api_key":
                yield from _in_other(name, value)


def _left(finding: PlainKey, reason: str) -> PlainKey:
    return replace(finding, reason=finding.reason or reason, spot=None)


def _expanded(kind: Kind, key_path: KeyPath, text: str) -> Iterator[PlainKey]:
    """A literal in a value that Crush expands: it means what is left after that (crush-behaviour 4.2, 4.3)."""
    scheme, credential = split_scheme(text)
    found = recognize(credential)
    if found.kind == "dummy":
        return
    if found.kind in ("reference", "example"):
        yield PlainKey(kind, credential, reason=stand_in(found))
    elif not is_expanded(credential):
        yield PlainKey(kind, unescaped(credential), spot=JsonSpot(key_path, text, len(scheme), len(text)))
    elif secrets := default_secrets({str(key_path[-1]): text}):
        left = PlainKey(kind, max(_written(secrets, text), key=len), reason=PART)
        yield _as_default(kind, key_path, text, (len(scheme), len(text))) or left
    elif _has_literal_part(credential):
        yield PlainKey(kind, credential, reason=HALF_EXPANDED)


def stand_in(found: Credential) -> str:
    """What stands in a key's place, and what to do about it."""
    if found.kind == "example":
        return f"{STAND_IN}{found.what}"
    cure = f"write ${found.variable}" if found.variable else "Crush does not know it: give the key itself"
    return f"{STAND_IN}{found.what}: {cure}"


def _as_default(kind: Kind, key_path: KeyPath, text: str, span: tuple[int, int]) -> PlainKey | None:
    """What is the default of a variable, where a part of a text is nothing else; None: it is something else."""
    start, end = span
    found = sole_default(text[start:end])
    if found is None:
        return None
    first = text.index("-", start + len("${") + len(found.variable)) + 1
    return PlainKey(kind, found.text, spot=JsonSpot(key_path, text, first, end - 1, default_of=found.variable))


def _has_literal_part(text: str) -> bool:
    """Whether the `$` in it was hardly meant for Crush: nobody writes `$1`, or a variable inside a long word."""
    if has_command(text):
        return False
    rest = EXPANSION.sub(" ", text)
    return bool(_SPECIAL.search(text) or _LITERAL_PART.search(rest) or rest.strip().startswith(VENDOR_PREFIXES))


def _in_headers(provider_id: str, name: str, headers: Mapping[str, Any]) -> Iterator[tuple[KeyPath, PlainKey]]:
    for header, text in headers.items():
        if isinstance(text, str) and (names_a_secret(header) or holds_secret({header: text})):
            for finding in _expanded("header", ("providers", provider_id, name, header), text):
                yield (name, header), replace(finding, header=header)


def _in_url(provider_id: str, entry: Mapping[str, Any], name: str, url: str) -> Iterator[PlainKey]:
    key_path: KeyPath = ("providers", provider_id, name)
    for match in USER_INFO.finditer(url):
        found = _password(key_path, url, match.span("secret"))
        if found:
            ignored = bool(_REWRITES_URL & {provider_id, _member(entry, "type")})
            yield _left(found, URL_IGNORED) if ignored else found
    for secret in _written(plain_secrets({name: USER_INFO.sub("", url)}), url):
        yield PlainKey("url", secret, reason=QUERY if secret in url.partition("?")[2] else URL_PART)


def _password(key_path: KeyPath, url: str, span: tuple[int, int]) -> PlainKey | None:
    secret = url[slice(*span)]
    if not is_dummy(secret) and not is_expanded(secret):
        return PlainKey("url", unescaped(secret), spot=JsonSpot(key_path, url, *span))
    secrets = default_secrets({"password": secret})
    if not secrets:
        return None
    left = PlainKey("url", max(_written(secrets, secret), key=len), reason=PART)
    return _as_default("url", key_path, url, span) or left


def _in_other(name: str, value: Any) -> Iterator[tuple[KeyPath, PlainKey]]:
    secrets = sorted(plain_secrets({name: value}), key=len)
    if secrets:
        yield (name,), PlainKey("field", secrets[-1], reason=NOT_EXPANDED)


def _written(secrets: Iterable[str], text: str) -> list[str]:
    return sorted(secret for secret in secrets if secret in text)


def _keys(document: JsonDocument) -> Iterator[tuple[str, str]]:
    for provider_id in document.provider_ids():
        key = _member(document.provider(provider_id) or {}, "api_key")
        if isinstance(key, str) and key:
            yield provider_id, key


def _shadowing(finding: PlainKey, weaker: Mapping[str, str]) -> PlainKey:
    variable = placeholder_variable(weaker.get(finding.provider, ""))
    if finding.kind != "api-key" or not variable or not isinstance(finding.spot, JsonSpot):
        return finding
    if finding.spot.default_of not in ("", variable):
        return finding
    return replace(finding, spot=replace(finding.spot, shadowed=variable))


# crushrc


def _as_template(document: CrushrcDocument, word: Computed) -> str | None:
    """A quoted variable with its default, where nothing else in the script plays a part: Crush makes the same of it."""
    match = _SHELL_DEFAULT.fullmatch(word)
    return match["template"] if match and not _may_set(document, match["name"]) else None


def _may_set(document: CrushrcDocument, variable: str) -> bool:
    """Whether the script may set a variable: it names it outside of `$NAME`, or runs what is not seen here."""
    named = re.search(rf"(?<![\w{{$]){variable}\b", document.text or "", re.ASCII)
    return bool(named) or any(place.unseen for place in document.places)


def _in_script(text: str, path: Path, weaker: dict[str, str]) -> Iterator[PlainKey]:
    """Probable literals in the lines of a script, which are only looked at."""
    provider = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*#", line):
            continue
        if match := _SCRIPT_PROVIDER.match(line):
            provider = match["id"]
        for secret, header, variable in _script_keys(line, provider, weaker):
            yield PlainKey("script", secret, provider, path, number, header, variable, reason=COMPUTED)


def _script_keys(line: str, provider: str, weaker: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """The probable literals of a line, each with the header that it is for, and the variable whose default it is."""
    seen: list[str] = []
    for match in _SCRIPT_KEY.finditer(line):
        weaker[provider] = match["single"] or ""
    for header, word in _script_words(line):
        for secret, variable in _in_word(header or "api_key", word):
            seen.append(word)
            yield secret, header, variable
    for secret in sorted(literal_secrets([line])):
        if not any(secret in word for word in seen):
            yield secret, "", ""


def _script_words(line: str) -> Iterator[tuple[str, str]]:
    """The words of a line that are for the key or for a header, each with that header."""
    for match in (*_SCRIPT_KEY.finditer(line), *_SCRIPT_HEADER.finditer(line)):
        yield match.groupdict().get("header", ""), match["single"] or match["double"] or match["bare"] or ""


def _in_word(name: str, word: str) -> Iterator[tuple[str, str]]:
    """The secret in a word of this name, with the variable that it is the whole default of."""
    bare = split_scheme(word)[1]
    if recognize(bare).kind in ("dummy", "reference", "example"):
        return
    if secrets := default_secrets({name: word}):
        found = sole_default(bare)
        yield (found.text, found.variable) if found else (max(_written(secrets, word), key=len), "")
    elif not is_expanded(bare) and literal_secrets({name: word}):
        yield unescaped(bare), ""
