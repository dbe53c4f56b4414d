"""What only the current folder's files would have done with what is the user's (crush-behaviour 1.1, 1.8).

Whoever clones a repository gets its crush.json, its crushrc and its `.env` along. Crush obeys them: it sends the
user's keys where they say, and runs what they say. A pair of a key and a host is somebody else's word if it is there
with these files and not without them; that holds whatever the way on which they bring it about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.credential import names_a_secret
from wizard.crush.outgoing import (
    END_OF_AUTHORITY,
    Outgoing,
    behind,
    destination,
    expanded_fields,
    expansions,
    outgoing,
    written,
)
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.expand import expand
from wizard.expansion.plain_secrets import plain_secrets
from wizard.expansion.running import runs_code
from wizard.namespace import VARIABLE
from wizard.network.proxies import proxy_for
from wizard.private import Private
from wizard.provider.template import variables
from wizard.provider.types import DEFAULT_BASES, FIXED_BASES, HYPER
from wizard.provider.variable import FORBIDDEN
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.crush.loading import LoadedFile
    from wizard.crush.outgoing import FieldPath, Pair
    from wizard.crush.sources import Source

MOVERS = ("CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA")
"""The variables that say where Crush's own files are (crush-behaviour 1.1)."""
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")
AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables that say whose certificates are believed (crush-behaviour 2.4)."""
STEERING = (*MOVERS, VARIABLE, *_PROXIES, *AUTHORITIES, "CATWALK_URL", "HYPER_URL")
"""What decides, besides a provider's own URL, where requests go and who may read them."""
_STEERING_LATER = (*_PROXIES, *AUTHORITIES, "HYPER_URL")
"""The same of what the `env` of a config file can still decide: it is set once the files are read."""
_CLOUDS = ("VERTEXAI_LOCATION", "GOOGLE_VERTEX_BASE_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
"""Where a cloud's library sends its token, or reads which command to run for one."""
_WORD = regexp(r"[A-Za-z_][A-Za-z0-9_]*")
_SECTIONS = ("mcp", "lsp", "hooks", "options")
"""Beside the providers, what holds commands, or values that Crush expands (crush-behaviour 4.1)."""


class Demand(Struct, frozen=True):
    """Something that the folder's own files, and nobody else, would have done; the place is the line that says so.

    `key`: requests of the provider take `what` along to `host`: a variable, a key of the user's own file (`origin`
    is where it stands, `what` is empty), or a login. `command`: Crush runs `what`. `script`: it runs the file.
    `variable`: the `.env`, or a file's `env`, sets the variable `what`. `of` is the field that it is in, if any.
    `mild`: it names nothing that is the user's, and is only good to know. No text here holds a secret of the user's.
    """

    kind: Literal["key", "command", "script", "variable"]
    path: Path
    line: int | None = None
    column: int | None = None
    provider: str = ""
    what: str = ""
    host: str = ""
    of: str = ""
    origin: Source | None = None
    mild: bool = False


class Folder(Struct, frozen=True):
    """Whose word a file is. `files` are the folder's own config files; `lines` tells where its `.env` sets a variable.

    `set_by_env` are the variables that Crush takes from the `.env`: the process has none of these names.
    """

    files: frozenset[Path]
    dotenv: Path
    lines: Mapping[str, int]
    set_by_env: frozenset[str]

    def says(self, source: Source | None) -> bool:
        return source is not None and source.path in self.files


class Whole(Private, Struct, frozen=True):
    """What Crush makes of all files, `own` what it would make of the user's alone.

    `has_value` tells whether a variable has a value of the user's: in the environment, or in our store.
    `held` are the names in our store. `otherwise` is what Crush would make of all files if each variable of the user's
    had another value, needed where the folder brings a script: whatever changes then holds something of the user's.
    """

    effective: Effective
    own: Effective
    folder: Folder
    has_value: Callable[[str], bool]
    held: Collection[str] = frozenset()
    otherwise: Effective | None = None


def has_scripts(folder: Folder, files: Iterable[LoadedFile]) -> bool:
    """Whether the folder brings a script."""
    return any(file.path in folder.files and file.file.format == "crushrc" and file.content for file in files)


def demands(whole: Whole, known: Callable[[], Collection[Pair]]) -> tuple[Demand, ...]:
    """All of them, keys first. `known` are pairs that are right whoever says so; asked for only where it matters."""
    keys = tuple(dict.fromkeys(_keys(whole, known)))
    rest = (*_commands(whole), *_scripts(whole), *_variables(whole, {(demand.path, demand.line) for demand in keys}))
    return (*keys, *dict.fromkeys(rest))


# Keys


class _Address(Struct, frozen=True):
    """Who gets it, in full and as it can be shown; `proxy`: on the way there."""

    host: str
    shown: str
    proxy: bool = False


def _keys(whole: Whole, known: Callable[[], Collection[Pair]]) -> Iterator[Demand]:
    own = frozenset(_own_pairs(whole))
    to_providers = [found for found in _to_providers(whole) if (found[1].what, found[2].host) not in own]
    to_servers = [found for found in _to_servers_here(whole) if (found[1].what, found[2]) not in own]
    right = frozenset(known()) if to_providers or to_servers else frozenset()
    hosts = {host for _, host in own}
    for provider, sent, address in to_providers:
        if (sent.what, address.host) not in right:
            yield _key_demand(provider, sent, address, whole, new_host=address.host not in hosts)
    for server, sent, host in to_servers:
        if (sent.what, host) not in right:
            yield _server_demand(server, sent, host, whole, new_host=host not in hosts)


def _own_pairs(whole: Whole) -> Iterator[Pair]:
    """What the user's own files send, and to whom."""
    for provider in whole.own.providers:
        addresses = tuple(_addresses(provider, whole.own, whole))
        for sent in _resolved(provider, whole.own, None):
            yield from ((sent.what, address.host) for address in addresses)
    yield from ((sent.what, host) for _, sent, _, host in _to_servers(whole.own, _nobody_elses))


def _to_providers(whole: Whole) -> Iterator[tuple[EffectiveProvider, Outgoing, _Address]]:
    for provider in whole.effective.providers:
        if provider.status != "dropped":
            addresses = tuple(_addresses(provider, whole.effective, whole))
            for sent in _resolved(provider, whole.effective, whole):
                yield from ((provider, sent, to) for to in addresses if not _is_address(sent, to, whole))


def _key_demand(
    provider: EffectiveProvider, sent: Outgoing, address: _Address, whole: Whole, *, new_host: bool
) -> Demand:
    path, line, column = _place(provider, sent, address, whole, new_host=new_host)
    origin = provider.value_source(*sent.field) if sent.kind == "literal" else None
    what = {"variable": f"${sent.what}", "literal": "", "login": sent.what}[sent.kind]
    return Demand("key", path, line, column, provider.id, what, address.shown, ".".join(sent.field), origin)


def _resolved(provider: EffectiveProvider, effective: Effective, whole: Whole | None) -> Iterator[Outgoing]:
    """What goes out and is the user's. `whole` None: all files are the user's own."""
    for sent in outgoing(provider):
        if sent.kind == "variable":
            names = behind(sent.what, effective, whole.folder.says if whole else _nobody_elses)
            yield from (
                Outgoing("variable", name, sent.field)
                for name, is_own in names
                if whole is None or (_may_hold_a_key(name) and (is_own or whole.has_value(name)))
            )
        elif whole is None or not whole.folder.says(provider.value_source(*sent.field)):
            yield sent
    if whole is not None:
        yield from _by_script(provider, whole)


def _by_script(provider: EffectiveProvider, whole: Whole) -> Iterator[Outgoing]:
    """What a script puts into a provider where no template tells it: a header's name, a model's id, the body."""
    if whole.otherwise is None or not any(
        source.format == "crushrc" and whole.folder.says(source) for source in provider.sources
    ):
        return
    other = whole.otherwise.provider(provider.id)
    if other is None or _untold(provider.entry) != _untold(other.entry):
        names = [name for name in _words_of_scripts(whole) if _may_hold_a_key(name) and whole.has_value(name)]
        yield from (Outgoing("variable", name) for name in names)
        if not names:
            yield Outgoing("login", "variables")


def _untold(value: Any) -> Any:
    """A part of an entry without the values whose variables are known."""
    if isinstance(value, Computed):
        return None if value.template else value.value
    if isinstance(value, Mapping):
        return {key: _untold(inner) for key, inner in value.items()}
    return [_untold(inner) for inner in value] if isinstance(value, list | tuple) else value


def _words_of_scripts(whole: Whole) -> Iterator[str]:
    from wizard.documents.crushrc.document import CrushrcDocument

    for file in whole.effective.files:
        if file.path in whole.folder.files and isinstance(file.content, CrushrcDocument):
            yield from dict.fromkeys(_WORD.findall(file.content.text or ""))


def _may_hold_a_key(name: str) -> bool:
    """A proxy's URL may have a password in it; of HOME and its like everybody knows what they hold."""
    return name.upper() not in FORBIDDEN or name in _PROXIES


def _nobody_elses(_: Source | None) -> bool:
    return False


def _addresses(provider: EffectiveProvider, effective: Effective, whole: Whole) -> Iterator[_Address]:
    """Everybody who gets what the provider sends: when Crush starts, when a request goes out, and on the way."""
    for url in dict.fromkeys(_urls(provider, effective.env)):
        if host := destination(url):
            yield _Address(host, _shown(provider, host, whole))
            if proxy := _proxy(url, effective.env):
                yield _Address(proxy, proxy, proxy=True)


def _urls(provider: EffectiveProvider, env: Mapping[str, str]) -> Iterator[str]:
    if provider.type in FIXED_BASES:
        yield FIXED_BASES[provider.type]
    if provider.id == "hyper":
        yield env.get("HYPER_URL") or HYPER
    for value in expansions(provider, ("base_url",)):
        if value.text is not None:
            url = value.text or DEFAULT_BASES.get(provider.type, "")
            yield url if "://" in url or not url else f"https://{url}"


def _shown(provider: EffectiveProvider, host: str, whole: Whole) -> str:
    """The host; the variable's name in the place of one that may hold a secret."""
    template = str(written(provider.entry.get("base_url") or ""))
    scheme, _, rest = template.partition("://")
    named = variables(scheme + END_OF_AUTHORITY.split(rest, maxsplit=1)[0])
    return destination(template) or template if any(_may_be_secret(name, whole) for name in named) else host


def _may_be_secret(name: str, whole: Whole) -> bool:
    return name in whole.held or (names_a_secret(name) and whole.has_value(name))


def _is_address(sent: Outgoing, address: _Address, whole: Whole) -> bool:
    """Whether a variable is what names the host, and no more."""
    is_url = sent.kind == "variable" and sent.field == ("base_url",) and not _may_be_secret(sent.what, whole)
    return is_url and destination(whole.effective.env.get(sent.what, "")) == address.host


def _proxy(url: str, env: Mapping[str, str]) -> str:
    if not url.casefold().startswith(("http://", "https://")):
        return ""
    try:
        found = proxy_for(url, env)
    except ValueError:  # no port, or no address
        return ""
    return f"the proxy {found.where}" if found else ""


# Keys for MCP servers, to which Crush sends them when it starts


def _to_servers(
    effective: Effective, is_theirs: Callable[[Source | None], bool]
) -> Iterator[tuple[str, Outgoing, bool, str]]:
    """The server, what goes there, whether that is known to be the user's, and the host. Fields count from `mcp`."""
    for server, entry in effective.config.get("mcp", {}).items():
        if host := destination(expand(written(entry.get("url") or ""), effective.env).text or ""):
            headers = ((("mcp", server, "headers", name), text) for name, text in (entry.get("headers") or {}).items())
            for field, text in ((("mcp", server, "url"), entry["url"]), *headers):
                for sent, is_own in _in_a_value(field, text, effective, is_theirs):
                    yield server, sent, is_own, host


def _to_servers_here(whole: Whole) -> Iterator[tuple[str, Outgoing, str]]:
    for server, sent, is_own, host in _to_servers(whole.effective, whole.folder.says):
        if is_own or (_may_hold_a_key(sent.what) and whole.has_value(sent.what)):
            yield server, sent, host


def _in_a_value(
    field: FieldPath, text: Any, effective: Effective, is_theirs: Callable[[Source | None], bool]
) -> Iterator[tuple[Outgoing, bool]]:
    value = expand(written(text), effective.env)
    for word in dict.fromkeys((*variables(written(text)), *value.variables, *value.lookups)):
        for name, is_own in behind(word, effective, is_theirs):
            yield Outgoing("variable", name, field), is_own
    if not is_theirs(effective.source(*field)):
        for secret in plain_secrets({field[-1]: text}):
            yield Outgoing("literal", secret, field), True


def _server_demand(server: str, sent: Outgoing, host: str, whole: Whole, *, new_host: bool) -> Demand:
    fields = [("mcp", server, "url"), sent.field]
    sources = [whole.effective.source(*field) for field in (fields if new_host else reversed(fields))]
    source = next(filter(whole.folder.says, sources), None) or whole.effective.source("mcp", server)
    path, line, column = _at(source) if source and whole.folder.says(source) else (whole.folder.dotenv, None, None)
    origin = whole.effective.source(*sent.field) if sent.kind == "literal" else None
    what = "" if origin else f"${sent.what}"
    return Demand("key", path, line, column, "", what, host, ".".join(sent.field), origin)


# Where it is said


def _place(
    provider: EffectiveProvider, sent: Outgoing, address: _Address, whole: Whole, *, new_host: bool
) -> tuple[Path, int | None, int | None]:
    """The line of the folder's files that brings it about: of the host's if that is new, else of the key's."""
    fields: list[FieldPath] = [("base_url",), sent.field] if new_host else [sent.field, ("base_url",)]
    names = _PROXIES if address.proxy else ()
    places = [place for name in names for place in _places_of(name, whole)]
    for field in filter(None, fields):
        places += _places_in(provider, field, whole)
    places += [(whole.folder.dotenv, whole.folder.lines[name], None) for name in _moving(whole)]
    places += [_at(source) for source in provider.sources if whole.folder.says(source)]
    return next(iter(places), (whole.folder.dotenv, None, None))


def _places_in(
    provider: EffectiveProvider, field: FieldPath, whole: Whole
) -> Iterator[tuple[Path, int | None, int | None]]:
    source = provider.value_source(*field)
    if source and whole.folder.says(source):
        yield _at(source)
    for name in (name for value in expansions(provider, field) for name in value.variables):
        yield from _places_of(name, whole)
        yield from _places_of(f"CRUSH_{name}", whole)


def _places_of(name: str, whole: Whole) -> Iterator[tuple[Path, int | None, int | None]]:
    """Where the folder sets a variable."""
    source = whole.effective.source("env", name)
    if source and whole.folder.says(source):
        yield _at(source)
    if name in whole.folder.set_by_env:
        yield whole.folder.dotenv, whole.folder.lines.get(name), None


def _moving(whole: Whole) -> Iterator[str]:
    return (name for name in STEERING if name in whole.folder.set_by_env and name in whole.folder.lines)


def _at(source: Source) -> tuple[Path, int | None, int | None]:
    return source.path, source.line, source.column


# Commands


def _commands(whole: Whole) -> Iterator[Demand]:
    effective = whole.effective
    for provider in effective.providers:
        for field, text in _running(provider):
            source = provider.value_source(*field)
            if source and whole.folder.says(source) and not isinstance(text, Computed):
                yield _command(source, text, ".".join(field), provider.id)
        yield from _expanded_commands(provider, whole)
    for name, text in effective.config.get("env", {}).items():
        source = effective.source("env", name)
        if source and whole.folder.says(source) and isinstance(text, str) and _runs(text):
            yield _command(source, text, f"env.{name}")
    for section in _SECTIONS:
        for path, text in _texts((section,), effective.config.get(section)):
            starts = path[-1] == "command"
            if starts or _runs(text):
                source = effective.source(*path)
                if source and whole.folder.says(source) and text:
                    yield _command(source, text, ".".join(map(str, path)), mild=starts and not _runs(text))


def runs_commands(effective: Effective) -> bool:
    """Whether Crush would run a command of anybody's when it loads this."""
    env = effective.config.get("env", {})
    scripts = (file for file in effective.files if file.file.format == "crushrc" and file.content is not None)
    return (
        any(True for provider in effective.providers for _ in _running(provider))
        or any(isinstance(text, str) and _runs(text) for text in env.values())
        or not all(map(_is_plain, scripts))
    )


def _running(provider: EffectiveProvider) -> Iterator[tuple[FieldPath, str]]:
    yield from ((field, text) for field, text in expanded_fields(provider.entry) if _runs(text))
    if refresh := provider.entry.get("aws_auth_refresh"):
        yield ("aws_auth_refresh",), str(refresh)


def _expanded_commands(provider: EffectiveProvider, whole: Whole) -> Iterator[Demand]:
    """Commands that only come of a variable's value: Crush expands some values twice (crush-behaviour 3.1)."""
    before = whole.own.provider(provider.id)
    for field, _ in expanded_fields(provider.entry):
        known = {command for value in (expansions(before, field) if before else ()) for command in value.commands}
        source = provider.value_source(*field)
        if source and whole.folder.says(source):
            continue
        for command in dict.fromkeys(command for value in expansions(provider, field) for command in value.commands):
            if command not in known:
                path, line, column = next(iter(_places_in(provider, field, whole)), (whole.folder.dotenv, None, None))
                yield Demand("command", path, line, column, provider.id, f"$({command})", of=".".join(field))


def _command(source: Source, text: str, of: str, provider: str = "", *, mild: bool = False) -> Demand:
    return Demand("command", *_at(source), provider, str(text), of=of, mild=mild)


def _runs(text: str) -> bool:
    return not isinstance(text, Computed) and runs_code(text)


def _texts(path: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts((*path, str(key)), inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts((*path, index), inner)


def _scripts(whole: Whole) -> Iterator[Demand]:
    for file in whole.effective.files:
        if file.path in whole.folder.files and file.file.format == "crushrc" and file.content is not None:
            yield Demand("script", file.path, mild=_is_plain(file))


def _is_plain(file: LoadedFile) -> bool:
    """Whether every line of a script is `true`, or a command about providers or models that computes nothing."""
    from wizard.documents.crushrc.document import CrushrcDocument

    document = file.content
    if not isinstance(document, CrushrcDocument) or file.uncertain or not document.is_read:
        return False
    known = document.known_lines()
    lines = enumerate((document.text or "").split("\n"), start=1)
    return all(
        number in known or line.strip() in ("", "true") or line.lstrip().startswith("#") for number, line in lines
    )


# Variables


def _variables(whole: Whole, told: Collection[tuple[Path, int | None]]) -> Iterator[Demand]:
    """What the folder sets and Crush goes by; without what is told together with a key."""
    folder = whole.folder
    strong = {name for provider in whole.own.providers for name in _named(provider, ("base_url",))}
    for name in whole.effective.config.get("env", {}):
        source = whole.effective.source("env", name)
        is_theirs = source is not None and folder.says(source) and (source.path, source.line) not in told
        if source and is_theirs and (name in (*_STEERING_LATER, *_CLOUDS) or name in strong):
            yield Demand("variable", *_at(source), what=name)
    used = {name for provider in whole.effective.providers for name in _all_named(provider)}
    for name, line in folder.lines.items():
        bare = name.removeprefix("CRUSH_")
        steers = name in (*STEERING, *_CLOUDS) or name != bare or bare in strong
        if name in folder.set_by_env and (steers or bare in used) and (folder.dotenv, line) not in told:
            yield Demand("variable", folder.dotenv, line, None, what=name, mild=not steers)


def _all_named(provider: EffectiveProvider) -> Iterator[str]:
    for field, _ in expanded_fields(provider.entry):
        yield from _named(provider, field)


def _named(provider: EffectiveProvider, field: FieldPath) -> Iterator[str]:
    return (name for value in expansions(provider, field) for name in value.variables)
