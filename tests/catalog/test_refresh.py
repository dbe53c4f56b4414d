"""Refreshing from real servers: what is kept, what is refused, and that nothing is lost."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.catalog.listings import charm_model, charm_provider
from wizard.catalog.catalog import open_catalog
from wizard.catalog.copies import Copy, write_copy
from wizard.catalog.refresh import Refreshed, update
from wizard.errors import Unwritable

CHARM = [charm_provider("acme", charm_model("a"), charm_model("b"), charm_model("c"), charm_model("d"))]
MODELS_DEV = {"acme": {"models": {"a": {"id": "a", "cost": {"input": 7, "output": 8}, "limit": {"output": 99}}}}}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as running:
        yield running


def _environ(server: HTTPServer) -> dict[str, str]:
    return {"CATWALK_URL": server.url_for("/"), "WIZARD_MODELS_DEV_URL": server.url_for("/api.json")}


def _serve(server: HTTPServer, charm: Any = CHARM, models_dev: Any = MODELS_DEV, **headers: str) -> None:
    server.clear()
    server.expect_request("/v2/providers").respond_with_json(charm, headers=headers)
    server.expect_request("/api.json").respond_with_json(models_dev, headers=headers)


def _update(server: HTTPServer, folder: Path, seconds: float = 10) -> tuple[Refreshed, Refreshed]:
    catwalk, models_dev = update(folder, environ=_environ(server), seconds=seconds)
    return catwalk, models_dev


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def test_both_catalogues_are_fetched_and_used(server: HTTPServer, tmp_path: Path) -> None:
    _serve(server)
    catwalk, models_dev = _update(server, tmp_path / "own")
    assert (catwalk.state, catwalk.providers, catwalk.models, catwalk.first) == ("updated", 1, 4, True)
    assert (models_dev.state, models_dev.models) == ("updated", 1)
    model = open_catalog(None, tmp_path / "own").model("acme", "a")
    assert model is not None
    assert (model.facts.cost_per_1m_in, model.origins["cost_per_1m_in"].source) == (1, "catwalk")
    assert (model.facts.max_output_tokens, model.origins["max_output_tokens"].source) == (99, "models.dev")


def test_a_second_refresh_asks_whether_anything_changed(server: HTTPServer, tmp_path: Path) -> None:
    _serve(server, ETag='"v1"')
    _update(server, tmp_path)
    before = _files(tmp_path)
    seen = []

    def unchanged(request: Request) -> Response:
        seen.append(request.headers.get("If-None-Match"))
        return Response(status=304)

    server.clear()
    server.expect_request("/v2/providers").respond_with_handler(unchanged)
    server.expect_request("/api.json").respond_with_handler(unchanged)
    outcomes = _update(server, tmp_path)
    assert seen == ['"v1"', '"v1"']
    assert [(one.state, one.models) for one in outcomes] == [("unchanged", 4), ("unchanged", 1)]
    assert _files(tmp_path) == before


def test_the_version_of_one_server_is_not_told_to_another(server: HTTPServer, tmp_path: Path) -> None:
    write_copy(tmp_path / "catwalk.json", Copy("https://other.example/v2/providers", '"theirs"', "2026-01-01", CHARM))
    _serve(server)
    _update(server, tmp_path)
    assert not [request for request, _ in server.log if "If-None-Match" in request.headers]


def test_what_changed_is_told(server: HTTPServer, tmp_path: Path) -> None:
    _serve(server)
    _update(server, tmp_path)
    models = [charm_model("a"), charm_model("b", cost_per_1m_in=5), charm_model("c"), charm_model("new")]
    _serve(server, [charm_provider("acme", *models)])
    catwalk, _ = _update(server, tmp_path)
    assert (catwalk.new, catwalk.gone, catwalk.repriced) == (("acme/new",), ("acme/d",), ("acme/b",))
    assert not catwalk.first


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"<html>sign in</html>", "not a catalogue"),
        (200, b"", "not a catalogue"),
        (200, b"[]", "no models"),
        (200, b"{}", "no"),
        (200, b'[{"id": "acme", "models": []}]', "no"),
        (200, json.dumps([charm_provider("acme", charm_model("a"))]).encode(), "has only 1 models, and the copy has 4"),
        (200, b"[" * 200_000, "not a catalogue"),
        (404, b"not here", "status 404"),
        (500, b"", "status 500"),
        (304, b"", "status 304"),
    ],
    ids=["html", "empty", "nothing", "object", "no-models", "shrunken", "deep", "404", "500", "unasked-304"],
)
def test_a_bad_answer_loses_nothing(server: HTTPServer, tmp_path: Path, status: int, body: bytes, why: str) -> None:
    _serve(server)
    _update(server, tmp_path)
    before = _files(tmp_path)
    server.clear()
    server.expect_request("/v2/providers").respond_with_data(body, status=status)
    server.expect_request("/api.json").respond_with_json(MODELS_DEV)
    catwalk, models_dev = _update(server, tmp_path)
    assert catwalk.state == "failed"
    assert catwalk.error is not None
    assert why in catwalk.error.message
    assert models_dev.state == "updated"
    assert _files(tmp_path) == before


def test_a_redirect_to_another_host_is_not_followed(server: HTTPServer, tmp_path: Path) -> None:
    with HTTPServer() as other:
        other.expect_request("/v2/providers").respond_with_json(CHARM)
        headers = {"Location": other.url_for("/v2/providers")}
        server.expect_request("/v2/providers").respond_with_data(status=302, headers=headers)
        catwalk, _ = _update(server, tmp_path)
        assert not other.log
    assert catwalk.error is not None
    assert "status 302" in catwalk.error.message


def test_an_answer_that_does_not_end_is_given_up(server: HTTPServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = _environ(server) | {"CATWALK_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        _serve(server)
        catwalk, models_dev = update(tmp_path, environ=environ, seconds=2.0)
    assert (catwalk.state, models_dev.state) == ("failed", "updated")


@pytest.mark.parametrize("url", ["not a url", "ftp://a.example", "http://", "http://127.0.0.1:1", "http://[::1"])
def test_a_wrong_address_is_told(server: HTTPServer, tmp_path: Path, url: str) -> None:
    _serve(server)
    catwalk, models_dev = update(tmp_path, environ=_environ(server) | {"CATWALK_URL": url}, seconds=5)
    assert (catwalk.state, models_dev.state) == ("failed", "updated")


def test_a_broken_copy_is_replaced(server: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "catwalk.json").write_bytes(b'{"format": 1, "url"')
    _serve(server)
    catwalk, _ = _update(server, tmp_path)
    assert catwalk.state == "updated"
    assert json.loads((tmp_path / "catwalk.json").read_bytes())["document"] == CHARM


def test_a_folder_that_cannot_be_made_is_told(server: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("in the way", encoding="utf-8")
    _serve(server)
    for outcome in _update(server, tmp_path / "own"):
        assert outcome.state == "failed"
        assert isinstance(outcome.error, Unwritable)


def test_no_scraps_are_left_behind(server: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "catwalk.json").mkdir()  # a rename onto it fails after the temporary file was written
    _serve(server)
    catwalk, _ = _update(server, tmp_path)
    assert catwalk.state == "failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catwalk.json", "models.dev.json"]


def test_the_request_says_who_asks(server: HTTPServer, tmp_path: Path) -> None:
    _serve(server)
    _update(server, tmp_path)
    assert {request.headers["User-Agent"].partition("/")[0] for request, _ in server.log} == {"crush-wizard"}


def test_a_password_in_an_address_is_not_kept(server: HTTPServer, tmp_path: Path) -> None:
    _serve(server, ETag='"v1"')
    mirror = server.url_for("/api.json").replace("http://", "http://me:canary@") + "?token=canary"
    update(tmp_path, environ=_environ(server) | {"WIZARD_MODELS_DEV_URL": mirror}, seconds=10)
    assert not [name for name, content in _files(tmp_path).items() if b"canary" in content]


def test_a_proxy_is_used_as_the_environment_says(tmp_path: Path) -> None:
    with HTTPServer() as proxy:
        proxy.expect_request("/v2/providers").respond_with_json(CHARM)
        environ = {
            "CATWALK_URL": "http://catalogue.example",
            "WIZARD_MODELS_DEV_URL": "http://127.0.0.1:1/api.json",
            "HTTP_PROXY": proxy.url_for(""),
        }
        catwalk, models_dev = update(tmp_path, environ=environ, seconds=10)
        assert [request.host for request, _ in proxy.log] == ["catalogue.example"]
    assert (catwalk.state, models_dev.state) == ("updated", "failed")
