"""AWS Signature Version 4: who sends a request, proved without sending the secret.

As AWS documents it (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from msgspec import Struct

from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"
_END = "aws4_request"


class AwsKeys(Private, Struct, frozen=True):
    """`token`: of keys that end by themselves."""

    access: str
    secret: str
    token: str = ""


class Signing(Private, Struct, frozen=True):
    """With which keys a request is signed, where it goes, and when: a time in UTC."""

    keys: AwsKeys
    region: str
    service: str
    now: datetime

    @property
    def scope(self) -> str:
        return f"{self.now:%Y%m%d}/{self.region}/{self.service}/{_END}"


def signed_headers(url: str, headers: Mapping[str, str], body: bytes, signing: Signing) -> dict[str, str]:
    """The headers of a POST, with the ones that sign it."""
    dated = {**headers, "host": urlsplit(url).netloc, "x-amz-date": _stamp(signing)}
    if signing.keys.token:
        dated["x-amz-security-token"] = signing.keys.token
    return {**dated, "authorization": authorization("POST", url, dated, body, signing)}


def authorization(method: str, url: str, headers: Mapping[str, str], body: bytes, signing: Signing) -> str:
    """The value of the header that signs all these others."""
    from hashlib import sha256

    named = {name.lower(): " ".join(value.split()) for name, value in sorted(headers.items(), key=_lower_case)}
    names, address = ";".join(named), urlsplit(url)
    lines = (f"{name}:{value}\n" for name, value in named.items())
    path = quote(address.path or "/", safe="/~")  # once more: it is escaped already
    canonical = "\n".join((method, path, address.query, "".join(lines), names, sha256(body).hexdigest()))
    text = "\n".join((_ALGORITHM, _stamp(signing), signing.scope, sha256(canonical.encode()).hexdigest()))
    credential = f"Credential={signing.keys.access}/{signing.scope}"
    return f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={_signature(text, signing)}"


def _signature(text: str, signing: Signing) -> str:
    from hmac import digest

    key = f"AWS4{signing.keys.secret}".encode()
    for part in signing.scope.split("/"):
        key = digest(key, part.encode(), "sha256")
    return digest(key, text.encode(), "sha256").hex()


def _stamp(signing: Signing) -> str:
    return f"{signing.now:%Y%m%dT%H%M%SZ}"


def _lower_case(header: tuple[str, str]) -> str:
    return header[0].lower()
