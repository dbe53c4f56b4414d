"""The rules of Go's golang.org/x/net/http/httpproxy."""

from __future__ import annotations

import pytest

from wizard.network.proxies import Proxy, proxy_for

PROXY = "http://proxy.corp:3128"


@pytest.mark.parametrize(
    ("environ", "url", "host"),
    [
        ({"HTTPS_PROXY": PROXY}, "https://llm.example/v1", "proxy.corp"),
        ({"https_proxy": PROXY}, "https://llm.example/v1", "proxy.corp"),
        ({"HTTPS_PROXY": PROXY}, "http://llm.example/v1", None),
        ({"HTTP_PROXY": PROXY}, "https://llm.example/v1", None),
        ({"HTTP_PROXY": "upper:1", "http_proxy": "lower:1"}, "http://llm.example/", "upper"),
        ({"HTTP_PROXY": "", "http_proxy": "lower:1"}, "http://llm.example/", "lower"),
        ({"ALL_PROXY": PROXY}, "https://llm.example/v1", None),
        ({"HTTPS_PROXY": "proxy.corp:3128"}, "https://llm.example/v1", "proxy.corp"),
        ({"HTTPS_PROXY": "ftp://proxy.corp"}, "https://llm.example/v1", None),
        ({"HTTPS_PROXY": "http://proxy:port"}, "https://llm.example/v1", None),
        ({"HTTPS_PROXY": PROXY}, "https://localhost:1234/v1", None),
        ({"HTTPS_PROXY": PROXY}, "https://127.8.9.10/v1", None),
        ({"HTTPS_PROXY": PROXY}, "https://[::1]:8080/v1", None),
        ({"HTTPS_PROXY": PROXY}, "https://192.168.0.5/v1", "proxy.corp"),
    ],
)
def test_which_variable_counts(environ: dict[str, str], url: str, host: str | None) -> None:
    found = proxy_for(url, environ)
    assert (found.host if found else None) == host


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "https://llm.example/", True),
        ("example.com", "https://example.com/", True),
        ("example.com", "https://llm.example.com/", True),
        ("example.com", "https://notexample.com/", False),
        (".example.com", "https://llm.example.com/", True),
        (".example.com", "https://example.com/", False),
        ("*.example.com", "https://llm.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("EXAMPLE.com", "https://Example.COM/", True),
        (" other.com , example.com ", "https://example.com/", True),
        (",,", "https://example.com/", False),
        ("example.com:443", "https://example.com/", True),
        ("example.com:8443", "https://example.com/", False),
        ("example.com:8443", "https://llm.example.com:8443/", True),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.0.0.0/8", "https://llm.example/", False),
        ("10.1.2.3", "https://10.1.2.3/", True),
        ("10.1.2.3:443", "https://10.1.2.3/", True),
        ("10.1.2.3:80", "https://10.1.2.3/", False),
        ("fd00::/8", "https://[fd00::1]/", True),
        ("[fd00::1]:443", "https://[fd00::1]/", True),
        ("fd00::1", "https://[fd00::1]/", True),
        (":443", "https://example.com/", False),
        ("10.0.0.0/99", "https://10.0.0.0/", False),
    ],
)
def test_no_proxy(no_proxy: str, url: str, direct: bool) -> None:
    assert (proxy_for(url, {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}) is None) is direct


def test_the_parts_of_a_proxy() -> None:
    found = proxy_for("https://llm.example/", {"HTTPS_PROXY": "https://team:p%40ss@proxy.corp"})
    assert found == Proxy("https", "proxy.corp", 443, "team", "p@ss")
    assert "p@ss" not in repr(found)
