from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from wizard.network.certificate import issuer_of
from wizard.network.client import Client, Request, Response, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.network.conftest import Authority, Saying, Serve

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def ask(
    serve: Serve,
    handler: Any,
    tls: ssl.SSLContext,
    environ: dict[str, str],
    *,
    host: str = "localhost",
    platform: str = "linux",
) -> Response:
    async def asking() -> Response:
        async with serve(handler, tls) as port, Client(environ, platform=platform, seconds=20) as client:
            return await client.send(Request("GET", f"https://{host}:{port}/v1/models", {"X-Api-Key": "sk-canary"}))

    return asyncio.run(asking())


def test_a_private_authority_in_ssl_cert_file(serve: Serve, saying: Saying, authority: Authority) -> None:
    answer = ask(serve, saying(OK), authority.server("localhost"), {"SSL_CERT_FILE": str(authority.file)})
    assert answer.status == 200
    assert answer.timings.tls is not None


def test_a_private_authority_in_ssl_cert_dir(
    serve: Serve, saying: Saying, authority: Authority, tmp_path: Any, require_real: Any
) -> None:
    import shutil
    import subprocess

    if shutil.which("openssl") is None:
        require_real("openssl is not installed")
    hashed = ["openssl", "x509", "-subject_hash", "-noout", "-in", str(authority.file)]
    name = subprocess.run(hashed, check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / f"{name}.0").write_bytes(authority.file.read_bytes())
    environ = {"SSL_CERT_DIR": f"/does/not/exist:{tmp_path}"}
    assert ask(serve, saying(OK), authority.server("localhost"), environ).status == 200


@pytest.mark.parametrize(
    ("platform", "environ", "cure"),
    [
        ("linux", {}, "SSL_CERT_FILE=/path/to/ca.pem"),
        ("linux", {"SSL_CERT_FILE": "/does/not/exist.pem"}, "SSL_CERT_FILE names a file that does not exist"),
        ("linux", {"SSL_CERT_FILE": __file__}, "or has no certificate"),
        ("darwin", {}, "keychain"),
        ("win32", {}, "root certificates"),
    ],
)
def test_an_authority_that_is_not_trusted(
    serve: Serve, authority: Authority, platform: str, environ: dict[str, str], cure: str
) -> None:
    arrived: list[bytes] = []

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read(65536))

    with pytest.raises(Unreachable) as failed:
        ask(serve, listening, authority.server("localhost"), environ, platform=platform)
    assert (failed.value.layer, failed.value.code) == ("tls", "tls-unknown-authority")
    assert failed.value.reached == ("resolve", "connect")
    assert "Example Corp" in failed.value.message
    assert cure in failed.value.hint
    assert b"".join(arrived) == b"", "the second look sends nothing"


def test_another_authority_in_ssl_cert_file(serve: Serve, saying: Saying, authority: Authority, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with pytest.raises(Unreachable) as failed:
        ask(serve, saying(OK), authority.server("localhost"), {"SSL_CERT_FILE": str(other)})
    assert "to the file that SSL_CERT_FILE names" in failed.value.hint


def test_on_macos_and_windows_the_variable_does_not_count(serve: Serve, saying: Saying, authority: Authority) -> None:
    with pytest.raises(Unreachable) as failed:
        ask(
            serve,
            saying(OK),
            authority.server("localhost"),
            {"SSL_CERT_FILE": str(authority.file)},
            platform="darwin",
        )
    assert failed.value.code == "tls-unknown-authority"


def test_a_certificate_for_another_host(serve: Serve, saying: Saying, authority: Authority) -> None:
    with pytest.raises(Unreachable) as failed:
        ask(serve, saying(OK), authority.server("other.example"), {"SSL_CERT_FILE": str(authority.file)})
    assert (failed.value.layer, failed.value.code) == ("tls", "tls-wrong-host")


def test_a_certificate_for_an_address(serve: Serve, saying: Saying, authority: Authority) -> None:
    trusted = {"SSL_CERT_FILE": str(authority.file)}
    assert ask(serve, saying(OK), authority.server("127.0.0.1"), trusted, host="127.0.0.1").status == 200
    with pytest.raises(Unreachable) as failed:
        ask(serve, saying(OK), authority.server("localhost"), trusted, host="127.0.0.1")
    assert failed.value.code == "tls-wrong-host"


def test_a_certificate_that_is_out_of_date(serve: Serve, saying: Saying, authority: Authority) -> None:
    with pytest.raises(Unreachable) as failed:
        ask(serve, saying(OK), authority.expired_server("localhost"), {"SSL_CERT_FILE": str(authority.file)})
    assert (failed.value.layer, failed.value.code) == ("tls", "tls-expired")


def refuse_in_a_handshake(listener: socket.socket, tls: ssl.SSLContext) -> None:
    """One handshake with a blocking socket: asyncio's own servers close without the alert that real ones send."""
    connection, _ = listener.accept()
    with connection, suppress(ssl.SSLError, OSError):
        wrapped = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with suppress(ssl.SSLError):
            wrapped.do_handshake()
        raw = wrapped.detach()
        with socket.socket(fileno=raw) as rest:
            rest.shutdown(socket.SHUT_WR)
            while rest.recv(65536):  # else the alert would be lost with the connection's reset
                pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_client_certificate(authority: Authority, version: ssl.TLSVersion) -> None:
    tls = authority.server("localhost")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.minimum_version = tls.maximum_version = version

    async def asking(port: int) -> None:
        async with Client({"SSL_CERT_FILE": str(authority.file)}, platform="linux", seconds=20) as client:
            await client.send(Request("GET", f"https://localhost:{port}/"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=refuse_in_a_handshake, args=(listener, tls))
        serving.start()
        with pytest.raises(Unreachable) as failed:
            asyncio.run(asking(listener.getsockname()[1]))
        serving.join()
    assert (failed.value.layer, failed.value.code) == ("tls", "tls-failed")
    assert failed.value.reached == ("resolve", "connect")
    assert "client certificate" in failed.value.hint


def test_a_server_that_hangs_up_in_the_handshake(serve: Serve) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async def asking() -> None:
        async with serve(rude) as port, Client({}) as client:
            await client.send(Request("GET", f"https://127.0.0.1:{port}/"))

    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking())
    assert (failed.value.layer, failed.value.code) == ("tls", "tls-failed")


def test_plain_http_to_a_port_of_tls(serve: Serve, saying: Saying, authority: Authority) -> None:
    async def asking() -> None:
        async with serve(saying(OK), authority.server("localhost")) as port, Client({}) as client:
            await client.send(Request("GET", f"http://localhost:{port}/"), seconds=20)

    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking())
    assert failed.value.layer == "http"
    assert failed.value.code in ("not-http", "closed-early")


def test_reading_the_issuer() -> None:
    certificate = trustme.CA(organization_name="Bücher & Söhne").issue_cert("localhost").cert_chain_pems[0].bytes()
    der = ssl.PEM_cert_to_DER_cert(certificate.decode())
    assert issuer_of(der) == "Bücher & Söhne"


@pytest.mark.parametrize(
    "data", [b"", b"0", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x02", b"x" * 99]
)
def test_reading_what_is_no_certificate(data: bytes) -> None:
    assert issuer_of(data) is None
