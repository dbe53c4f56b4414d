"""Why there is no answer: in which layer it ended, what happened, and the cure.

What was sent never stands in a message: URLs and headers may hold a key. A host and a port may stand there.
"""

from __future__ import annotations

import errno
import ssl
from typing import Literal

Layer = Literal["resolve", "connect", "tls", "http"]
Code = Literal[
    "name-not-found",
    "refused",
    "no-route",
    "timed-out",
    "proxy-refused",
    "proxy-auth",
    "proxy-failed",
    "tls-unknown-authority",
    "tls-expired",
    "tls-wrong-host",
    "tls-failed",
    "not-tls",
    "closed-early",
    "too-large",
    "too-slow",
    "not-http",
    "redirect-loop",
    "bad-url",
    "bad-header",
]


class Unreachable(Exception):
    """No answer. `message` is a sentence without its capital, `hint` the cure, `reached` the layers that worked.

    `reached` is filled in by the client, which knows the way that the request went.
    """

    def __init__(self, layer: Layer, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.layer = layer
        self.code = code
        self.message = message
        self.hint = hint
        self.reached: tuple[Layer, ...] = ()


_UNKNOWN_AUTHORITY = {
    2, 18, 19, 20, 21, 27,  # OpenSSL: the issuer is not there, self-signed, self-signed in the chain, untrusted
    0x800B0109, 0x800B010A, 0x800B0112,  # Windows: CERT_E_UNTRUSTEDROOT, CERT_E_CHAINING, CERT_E_UNTRUSTEDCA
    -67843, -67808,  # macOS: errSecNotTrusted, errSecVerifyActionFailed
}  # fmt: skip
_EXPIRED = {9, 10, 0x800B0101, -67818, -67819}  # OpenSSL: not yet, no longer; Windows; macOS: no longer, not yet
_WRONG_HOST = {62, 64, 0x800B010F, -67602}
_PLAIN_ANSWERS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}


def not_found(host: str) -> Unreachable:
    return Unreachable(
        "resolve",
        "name-not-found",
        f"the host {host} is unknown",
        "check the spelling; a company host may need the VPN",
    )


def not_connected(error: OSError, host: str, port: int) -> Unreachable:
    """From what the system said when a connection was tried."""
    where = f"{host}:{port}"
    if isinstance(error, ConnectionRefusedError):
        hint = "start the server, or check the port"
        return Unreachable("connect", "refused", f"nothing listens at {where}", hint)
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return timed_out("connect", where)
    hint = "check the network connection and the VPN"
    return Unreachable("connect", "no-route", f"no route to {where}", hint)


_SILENT = {
    "resolve": ("looking up {where} took too long", "check the DNS server of this machine"),
    "connect": ("{where} did not accept the connection in time", "a firewall may be in the way; check host and port"),
    "tls": ("{where} accepted the connection, but did not finish the TLS handshake in time", "is this an https port?"),
    "http": (
        "{where} accepted the request, but did not answer in time",
        "wait longer: crush-wizard test --timeout 120",
    ),
}


def timed_out(layer: Layer, where: str) -> Unreachable:
    message, hint = _SILENT[layer]
    return Unreachable(layer, "timed-out", message.format(where=where), hint)


def too_slow(where: str) -> Unreachable:
    message = f"{where} started to answer, but did not finish in time"
    return Unreachable("http", "too-slow", message, "wait longer: crush-wizard test --timeout 120")


def not_secured(error: BaseException | None, host: str) -> Unreachable:
    """From what went wrong in a TLS handshake with `host`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_trusted(error, host)
    if isinstance(error, ssl.SSLError) and error.reason in _PLAIN_ANSWERS:
        message, hint = (
            f"{host} does not speak TLS on this port",
            "use http:// if the server has no TLS, or check the port",
        )
        return Unreachable("tls", "not-tls", message, hint)
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no reason given").lower().replace("_", " ")
        message = f"{host} did not accept a TLS connection ({reason})"
        hint = "the server may ask for a client certificate, which Crush can't give, or for an old TLS version"
        return Unreachable("tls", "tls-failed", message, hint)
    message = f"{host} closed the connection during the TLS handshake"
    return Unreachable("tls", "tls-failed", message, "a firewall may be in the way; check the port")


def _not_trusted(error: ssl.SSLCertVerificationError, host: str) -> Unreachable:
    code = error.verify_code
    if code in _EXPIRED:
        message = f"the certificate of {host} is out of date"
        return Unreachable("tls", "tls-expired", message, "check this machine's clock")
    if code in _WRONG_HOST:
        message = f"the certificate of {host} is for another host"
        hint = "use the host name of the certificate"
        return Unreachable("tls", "tls-wrong-host", message, hint)
    if code in _UNKNOWN_AUTHORITY:
        message = f"the certificate of {host} is signed by an authority that this machine does not trust"
        return Unreachable("tls", "tls-unknown-authority", message)
    message = f"the certificate of {host} is not accepted"
    return Unreachable("tls", "tls-failed", message, "ask whoever runs the server for a valid one")


def proxy_failed(proxy: str, what: str) -> Unreachable:
    return Unreachable("connect", "proxy-failed", f"the proxy {proxy} {what}", "check HTTPS_PROXY and HTTP_PROXY")


def proxy_refused(proxy: str, what: str) -> Unreachable:
    hint = "ask whoever runs the proxy, or add the host to NO_PROXY"
    return Unreachable("connect", "proxy-refused", f"the proxy {proxy} {what}", hint)


def proxy_wants_password(proxy: str, *, given: bool) -> Unreachable:
    """`given`: the proxy variable has a name and a password."""
    if given:
        message = f"the proxy {proxy} refuses the user name or password"
        hint = "check them in the proxy variable; write special characters there like %40 for @"
        return Unreachable("connect", "proxy-auth", message, hint)
    hint = "add them to the proxy variable: http://name:password@proxy:port"
    return Unreachable("connect", "proxy-auth", f"the proxy {proxy} needs a user name and a password", hint)


def bad_url(why: str) -> Unreachable:
    return Unreachable("resolve", "bad-url", f"can't use the URL: {why}", "check the base URL")


def too_large(limit: int) -> Unreachable:
    """`limit` in bytes."""
    message = f"the answer is larger than {limit // (1024 * 1024)} MB"
    return _in_http("too-large", message, "check the base URL: an endpoint's answers are far smaller")


def closed_early() -> Unreachable:
    message = "the connection was closed before the answer was complete"
    return _in_http("closed-early", message, "try again; a proxy or firewall may have cut it")


def not_http(what: str = "the server does not speak HTTP") -> Unreachable:
    return _in_http("not-http", what, "check the port, and whether it needs https:// instead of http://")


def redirect_loop(times: int) -> Unreachable:
    return _in_http("redirect-loop", f"the server redirected more than {times} times", "check the base URL")


def bad_header(name: str) -> Unreachable:
    message = f"the header {name} has characters that can't be sent"
    return Unreachable("resolve", "bad-header", message, "remove line breaks and control characters")


def _in_http(code: Code, message: str, hint: str) -> Unreachable:
    return Unreachable("http", code, message, hint)
