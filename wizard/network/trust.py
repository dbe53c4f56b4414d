"""Whom a TLS connection trusts: the system's store, and SSL_CERT_FILE and SSL_CERT_DIR where Crush reads them.

Go reads the two variables on Linux and BSD only (crush-behaviour 2.4).
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from wizard.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_STORE = ("darwin", "win32")


def trusting_context(environ: Mapping[str, str], platform: str) -> ssl.SSLContext:
    """The context for real requests, read once for all clients: that takes longer than most requests."""
    if platform in _OWN_STORE:
        return _native_context()
    return _context_with(environ.get("SSL_CERT_FILE") or "", environ.get("SSL_CERT_DIR") or "")


@cache
def _context_with(file: str, folders: str) -> ssl.SSLContext:
    context = _openssl_context() or _native_context()
    if file:
        with suppress(OSError):  # Go, too, passes over what it can't read
            context.load_verify_locations(cafile=file)
    for folder in filter(None, folders.split(":")):
        with suppress(OSError):
            context.load_verify_locations(capath=folder)
    return context


def reading_context() -> ssl.SSLContext:
    """A context that trusts anybody: to look at a certificate, never to send anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def how_to_trust(refused: Unreachable, issuer: str | None, environ: Mapping[str, str], platform: str) -> Unreachable:
    """The same refusal with the authority's name and with the cure for this system."""
    named = f" ({issuer})" if issuer else ""
    return Unreachable(refused.layer, refused.code, refused.message + named, _cure(environ, platform))


def _cure(environ: Mapping[str, str], platform: str) -> str:
    if platform == "darwin":
        return "add the authority's certificate to the keychain and trust it; Crush reads the same store"
    if platform == "win32":
        return "add the authority's certificate to the trusted root certificates; Crush reads the same store"
    file = environ.get("SSL_CERT_FILE")
    if file and not _holds_certificates(file):
        return "SSL_CERT_FILE names a file that does not exist, or has no certificate: fix it for Crush too"
    if file:
        return "add the authority's certificate to the file that SSL_CERT_FILE names, or to the system's store"
    return "set SSL_CERT_FILE=/path/to/ca.pem for Crush too, or add the authority to the system's store"


def _holds_certificates(file: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except OSError:  # of which ssl.SSLError is one
        return False
    return True


def _native_context() -> ssl.SSLContext:
    """What the system trusts; on Linux also where OpenSSL does not know the place."""
    import truststore

    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return context


def _openssl_context() -> ssl.SSLContext | None:
    """OpenSSL's own store, read once: truststore reads it for every handshake, and fifty at once have to wait.

    None if that store is no file: then truststore's search is as fast, and finds more.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_default_verify_paths()
    return context if context.cert_store_stats()["x509_ca"] else None
