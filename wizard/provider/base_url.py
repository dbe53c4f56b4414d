"""Base URLs: from what people paste to what Crush needs (crush-behaviour 2.4, 6, 10.3 D5)."""

from __future__ import annotations

import ipaddress
import re

from msgspec import Struct, field

from wizard.network.loopback import address_of, is_loopback
from wizard.provider.template import broken_template
from wizard.provider.types import TYPES
from wizard.regexp import regexp

_EXPANSION = regexp(r"\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_]\w*", re.ASCII)
_SCHEME = regexp(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_MISTYPED_SCHEME = regexp(r"https?(?::/?(?!/)|/{1,2})(?!\d+(?:/|$))", re.IGNORECASE)
_AZURE = regexp(
    r"(?:https?://)?(?P<name>[a-z0-9-]+)\.(?:openai|cognitiveservices|services\.ai)\.azure\.com(?P<path>/.*)?",
    re.IGNORECASE,
)
_API_VERSION = regexp(
    r"(?P<url>(?:https?://)?[^/?#\s@]+\.azure\.(?:com|us|cn)(?::\d+)?(?:/[^?#]*)?)(?P<query>\?api-version=[\w.-]*)",
    re.IGNORECASE,
)
"""What Azure's documents put behind each URL, and its present API does without."""
_RESOURCE = regexp(r"/?(?:openai(?:/deployments/[^?]*)?/?)?(?:\?.*)?", re.IGNORECASE)
"""The path of a bare Azure resource, or of one of its deployments."""
_PROJECT = regexp(r"/api/projects/[^/?]+/?", re.IGNORECASE)
_ENDPOINT = regexp(r"/(?:chat/completions|completions|responses|messages|models)$", re.IGNORECASE)
_AZURE_ENDPOINT = regexp(r"/(?:chat/completions|completions|responses|messages)$", re.IGNORECASE)
"""Azure has an API of its own at `/models`."""
_OWN_API = {
    "anthropic": regexp(r"/v1$", re.IGNORECASE),
    "llamacpp": regexp(r"/v1$", re.IGNORECASE),
    "google": regexp(r"/v1(?:beta)?(?:/models/.*)?$", re.IGNORECASE),
    "ollama": regexp(r"/api(?:/(?:chat|generate|tags|show))?$", re.IGNORECASE),
    "lmstudio": regexp(r"/api/v\d(?:/models)?$", re.IGNORECASE),
}
ADDED_BY_TYPE = "Crush adds the path of type"
_HOST = regexp(r"[^\s/?#@\[\]:]+|\[[0-9A-Fa-f:.%]+\]")
_FORBIDDEN = regexp(r"[\s\x00-\x20\x7f<>\"|\\^`{}]")


class InvalidBaseUrl(ValueError):
    """The URL can't be used; the message says why, and never repeats it: it may hold a password."""


class BaseUrl(Struct, frozen=True):
    """A usable base URL; `notes` say what was corrected, `warnings` what is unsafe.

    `cures` say the same as `notes`, for whoever wrote what was given: as commands.
    """

    url: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return _host(self.url)

    @property
    def server(self) -> str:
        """The host with its port, if the URL names one: what tells servers of one machine apart."""
        return _split_path(self.url)[0].partition("://")[2].lower()


class _Correction(Struct):
    """The URL while it is being corrected; expansions stand in it as single private-use characters."""

    text: str
    notes: list[str] = field(default_factory=list)
    cures: list[str] = field(default_factory=list)
    expansions: list[str] = field(default_factory=list)

    def hide_expansions(self) -> None:
        def hide(match: re.Match[str]) -> str:
            self.expansions.append(match[0])
            return chr(0xE000 + len(self.expansions) - 1)

        self.text = _EXPANSION.sub(hide, self.text)

    def restored(self) -> str:
        text = self.text
        for index, expansion in enumerate(self.expansions):
            text = text.replace(chr(0xE000 + index), expansion)
        return text

    def cut(self, pattern: re.Pattern[str], why: str) -> None:
        head, tail = _split_path(self.text)
        shorter = pattern.sub("", tail).rstrip("/")
        if shorter != tail:
            self.text = head + shorter
            self.note_removed(tail[len(shorter) :], why)

    def note_removed(self, what: str, why: str) -> None:
        self.notes.append(f"removed {what}: {why}")
        self.cures.append(f"remove {what}: {why}")

    def note_added(self, what: str) -> None:
        self.notes.append(f"added {what}")
        self.cures.append(f"add {what}")


def normalize_base_url(text: str, type_name: str | None = None, *, add_v1: bool = False) -> BaseUrl:
    """Correct what can be corrected, say so, and refuse the rest with the reason.

    `type_name` None: the type is not known yet, so only what is right for every type is done.
    `add_v1`: give an OpenAI-style URL without a path its `/v1`. Applying it twice changes nothing more.
    Raises InvalidBaseUrl.
    """
    pasted = _unwrapped(text)
    versioned = _API_VERSION.fullmatch(pasted)
    stripped = versioned["url"] if versioned else pasted
    azure = _AZURE.fullmatch(stripped)
    if azure and _means_resource(azure["path"] or "", type_name):
        return _azure_base_url(azure["name"], pasted)
    correction = _Correction(stripped)
    if versioned:
        correction.note_removed(versioned["query"], "Crush does not send it, and Azure's v1 API needs none")
    correction.hide_expansions()
    _refuse_unusable(correction.text, stripped)
    _complete_scheme(correction)
    _refuse_parts(correction.text)
    correction.text = correction.text.rstrip("/")
    _cut_paths(correction, type_name, _AZURE_ENDPOINT if azure else _ENDPOINT)
    if azure and _means_resource(_split_path(correction.text)[1], type_name):
        return _azure_base_url(azure["name"], pasted)
    if add_v1 and type_name and wants_v1(correction.text, type_name):
        correction.text += "/v1"
        correction.note_added("/v1, where OpenAI-style servers answer")
    url = correction.restored()
    return BaseUrl(url, tuple(correction.notes), _warnings(correction.text), tuple(correction.cures))


def at_host(url: str, typed: str) -> BaseUrl:
    """A URL with another host, and its own port where `typed` has none: `box.lan`, `box.lan:8080`, `https://box.lan`.

    Behind https nobody has the port of a server that speaks http. Raises InvalidBaseUrl.
    """
    text = _unwrapped(typed).rstrip("/")
    scheme, _, authority = text.rpartition("://")
    if "/" in authority or not authority:
        raise InvalidBaseUrl("give a host, such as box.lan or box.lan:8080; for a whole URL there is --base-url")
    if authority.count(":") > 1 and "[" not in authority:
        authority = f"[{authority}]"  # IPv6, as people write it
    usual, path = _split_path(url)
    port = re.search(r":\d+$", usual)
    has_port = re.search(r":\d*$", authority.rpartition("]")[2])
    if port and not has_port and scheme.lower() != "https":
        authority += port[0]
    return normalize_base_url(f"{scheme or usual.partition('://')[0]}://{authority}{path}")


def lacks_path(url: str) -> bool:
    """Whether the URL names a host and nothing below it."""
    return not _split_path(url)[1].strip("/") and "://" in url


def wants_v1(url: str, type_name: str) -> bool:
    """Whether `/v1` is probably missing: an OpenAI-style type, and a URL that names only a host."""
    azure_cloud = re.search(r"\.azure\.(com|us|cn)(?::\d+)?$", _host(url) or "", re.IGNORECASE)
    return TYPES[type_name].openai_style and lacks_path(url) and not azure_cloud and _host(url) != ""


def is_local(host: str) -> bool:
    """Whether a host is this machine or a private address."""
    address = address_of(host)
    return is_loopback(host) or (address is not None and address.is_private)


def _unwrapped(text: str) -> str:
    stripped = text.strip()
    while len(stripped) > 1 and stripped[0] + stripped[-1] in ('""', "''", "<>"):
        stripped = stripped[1:-1].strip()
    return stripped


def _means_resource(path: str, type_name: str | None) -> bool:
    """Whether a URL at Azure stands for the OpenAI endpoint of its resource; other APIs are there, too."""
    if type_name in _OWN_API:  # another format
        return False
    is_project = type_name == "openai" and _PROJECT.fullmatch(path)
    return type_name == "azure" or bool(is_project or _RESOURCE.fullmatch(path))  # azure: Crush does it as well


def _azure_base_url(name: str, pasted: str) -> BaseUrl:
    url = f"https://{name}.openai.azure.com/openai/v1"
    if pasted.rstrip("/") == url:
        return BaseUrl(url)
    what = "Azure's OpenAI endpoint for this resource"
    return BaseUrl(url, (f"{what} is {url}",), cures=(f"write {url}: {what}",))


def _refuse_unusable(hidden: str, typed: str) -> None:
    if not hidden:
        raise InvalidBaseUrl("give a URL, such as https://llm.example.com/v1")
    if reason := broken_template(typed):
        raise InvalidBaseUrl(f"Crush could not expand this: {reason}")
    if re.search(r"[\ue000-\uf8ff]", typed):
        raise InvalidBaseUrl("a URL can't contain private-use characters")
    if found := _FORBIDDEN.search(hidden):
        raise InvalidBaseUrl(f"a URL can't contain {_character(found[0])}")
    if "$" in hidden:
        raise InvalidBaseUrl("a URL can't contain a single $; write a variable as $NAME")


def _character(character: str) -> str:
    if character in "{}":
        return "{...}: fill in the name"
    return "a space" if character == " " else f"the character U+{ord(character):04X}"


def _complete_scheme(correction: _Correction) -> None:
    text = correction.text
    if match := _SCHEME.match(text):
        if match[1].lower() not in ("http", "https"):
            raise InvalidBaseUrl(f"Crush supports http and https, not {match[1]}")
        correction.text = match[1].lower() + text[match.end(1) :]
        return
    if 0xE000 <= ord(text[0]) < 0xF8FF:
        return  # `$BASE_URL/v1`: the variable brings the scheme
    if _MISTYPED_SCHEME.match(text):
        raise InvalidBaseUrl("write http:// or https://, with a colon and two slashes")
    scheme = "http" if is_local(_host(f"https://{text}")) else "https"
    correction.text = f"{scheme}://{text}"
    correction.note_added(f"{scheme}://")


def _refuse_parts(url: str) -> None:
    authority = _split_path(re.split(r"[?#]", url)[0])[0].partition("://")[2]
    if "@" in authority:
        raise InvalidBaseUrl(
            "a user name or password in a URL would be in the config in plain text; use the API key or a header"
        )
    if "?" in url:
        raise InvalidBaseUrl("Crush drops everything after ? when it chats; use a header or --extra-body instead")
    if "#" in url:
        raise InvalidBaseUrl("a URL with # is a place in a page, not an endpoint")
    if "://" in url:
        _refuse_authority(authority)


def _refuse_authority(authority: str) -> None:
    host = _HOST.match(authority)
    if host is None:
        raise InvalidBaseUrl("the URL has no host")
    rest = authority[host.end() :]
    if not re.fullmatch(r"(?::(?:\d{1,5}|[\ue000-\uf8ff]))?", rest) or (rest[1:].isdigit() and int(rest[1:]) > 65535):
        raise InvalidBaseUrl("only a port (1 to 65535) or a path can follow the host")
    name = host[0].strip("[]")
    if host[0].startswith("["):
        try:
            ipaddress.IPv6Address(name)
        except ValueError:
            raise InvalidBaseUrl("this is not an IPv6 address") from None
    elif name.startswith((".", "-")) or ".." in name or not re.fullmatch(r"[\w.\-\ue000-\uf8ff]+", name):
        raise InvalidBaseUrl("this is not a host name")


def _cut_paths(correction: _Correction, type_name: str | None, endpoint: re.Pattern[str]) -> None:
    """Endpoint paths, and what the type adds itself; one may stand behind the other, in any order."""
    before = None
    while correction.text != before:
        before = correction.text
        correction.cut(endpoint, "Crush adds it")
        if type_name in _OWN_API:
            correction.cut(_OWN_API[type_name], f"{ADDED_BY_TYPE} {type_name}")


def _warnings(url: str) -> tuple[str, ...]:
    host = _host(url)
    if not url.startswith("http://") or is_local(host) or any(0xE000 <= ord(letter) <= 0xF8FF for letter in host):
        return ()
    return (f"plain http to {host}: others on the network can read the key and the code",)


def _split_path(url: str) -> tuple[str, str]:
    """(scheme and authority, path with its leading slash)."""
    start = url.find("://")
    slash = url.find("/", start + 3 if start != -1 else 0)
    return (url, "") if slash == -1 else (url[:slash], url[slash:])


def _host(url: str) -> str:
    authority = _split_path(url)[0].partition("://")[2]
    match = _HOST.match(authority.rpartition("@")[2])
    return match[0].strip("[]").lower() if match else ""
