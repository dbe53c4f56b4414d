"""`catalog status` and `catalog update` as scripts and people use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

MODEL = {"id": "m", "name": "M", "cost_per_1m_in": 1, "cost_per_1m_out": 2, "context_window": 1000}
CHARM = [{"id": "acme", "name": "Acme", "models": [MODEL]}]
MODELS_DEV = {"acme": {"models": {"m": {"id": "m", "limit": {"context": 1000}}}}}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as running:
        running.expect_request("/v2/providers").respond_with_json(CHARM)
        running.expect_request("/api.json").respond_with_json(MODELS_DEV)
        yield running


@pytest.fixture
def connected(machine: Machine, server: HTTPServer) -> Machine:
    """A machine for which the two catalogues are on this server."""
    machine.env.pop("WIZARD_OFFLINE", None)
    machine.env["CATWALK_URL"] = server.url_for("")
    machine.env["WIZARD_MODELS_DEV_URL"] = server.url_for("/api.json")
    return machine


def _sources(machine: Machine) -> dict[str, dict[str, Any]]:
    done = machine.run("catalog", "status", "--json")
    assert done.code == 0, done.err
    return {source["name"]: source for source in done.json["data"]["sources"]}


def _write_cache(machine: Machine, content: str, folder: str = ".local/share/crush") -> Path:
    path: Path = machine.home / folder / "providers.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_without_an_argument_the_sources_are_listed_in_order(machine: Machine) -> None:
    done = machine.run("catalog")
    assert done.code == 0
    titles = [line.split("  ")[0] for line in done.out.splitlines()[1:]]
    assert titles == ["Crush's cache", "Charm's catalogue", "models.dev", "shipped snapshot"]
    assert "catalog update" in done.err


def test_the_shape_of_the_status(machine: Machine) -> None:
    cache = _write_cache(machine, json.dumps(CHARM))
    sources = _sources(machine)
    assert list(sources) == ["crush", "catwalk", "models.dev", "snapshot"]
    crush = sources["crush"]
    assert set(crush) == {"name", "path", "date", "providers", "models", "used", "error"}
    assert (crush["path"], crush["providers"], crush["models"], crush["used"]) == (str(cache), 1, 1, True)
    assert (sources["catwalk"]["used"], sources["catwalk"]["date"]) == (False, None)
    assert sources["snapshot"]["models"] > 4000


def test_crushs_cache_is_looked_for_where_crush_puts_it(machine: Machine) -> None:
    """CRUSH_GLOBAL_DATA moves Crush's config, and not this."""
    cache = _write_cache(machine, json.dumps(CHARM), "data/crush")
    machine.env |= {"XDG_DATA_HOME": str(machine.home / "data"), "CRUSH_GLOBAL_DATA": str(machine.home / "elsewhere")}
    assert _sources(machine)["crush"]["path"] == str(cache)


@pytest.mark.parametrize("content", ["[", "{}", "[" * 100_000, '[{"id": "\\u001b[31m"}]'])
def test_a_broken_cache_is_reported_and_the_rest_works(machine: Machine, content: str) -> None:
    cache = _write_cache(machine, content)
    done = machine.run("catalog")
    assert done.code == 0
    assert str(cache) in done.err
    assert "Traceback" not in done.err
    source = _sources(machine)["crush"]
    assert source["error"]
    assert source["used"] is False


def test_an_update_is_used_and_says_what_is_new(connected: Machine, server: HTTPServer) -> None:
    done = connected.run("catalog", "update")
    assert done.code == 0
    assert done.out == ""
    assert "Charm's catalogue: 1 model of 1 provider" in done.err
    sources = _sources(connected)
    assert [sources[name]["used"] for name in ("catwalk", "models.dev")] == [True, True]
    assert "no changes" in connected.run("catalog", "update").err
    server.clear()
    more = [{**CHARM[0], "models": [MODEL | {"cost_per_1m_in": 3}, MODEL | {"id": "n"}]}]
    server.expect_request("/v2/providers").respond_with_json(more)
    server.expect_request("/api.json").respond_with_json(MODELS_DEV)
    again = connected.run("catalog", "update")
    assert "1 new, 0 gone, 1 with a new price" in again.err
    assert "new: acme/n" in again.err


def test_the_shape_of_an_update(connected: Machine) -> None:
    done = connected.run("catalog", "update", "--json")
    assert done.json["command"] == "catalog update"
    data = done.json["data"]
    assert data["applied"] is True
    assert [(one["name"], one["state"], one["models"]) for one in data["updates"]] == [
        ("catwalk", "updated", 1),
        ("models.dev", "updated", 1),
    ]
    assert [source["name"] for source in data["sources"]] == ["crush", "catwalk", "models.dev", "snapshot"]


def test_one_source_that_fails_is_a_warning(connected: Machine) -> None:
    connected.env["CATWALK_URL"] = "http://127.0.0.1:1"
    done = connected.run("catalog", "update")
    assert done.code == 0
    assert "warning: Charm's catalogue" in done.err
    assert "models.dev: 1 model of 1 provider" in done.err


def test_when_no_source_answers_the_exit_code_says_so(connected: Machine) -> None:
    connected.env |= {"CATWALK_URL": "http://127.0.0.1:1", "WIZARD_MODELS_DEV_URL": "http://127.0.0.1:1"}
    done = connected.run("catalog", "update", "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    assert done.json["data"]["applied"] is False
    assert all(one["error"] and one["hint"] for one in done.json["data"]["updates"])


@pytest.mark.parametrize("arguments", [("catalog", "update", "--offline"), ("catalog", "--offline", "update")])
def test_offline_nothing_is_asked(connected: Machine, server: HTTPServer, arguments: tuple[str, ...]) -> None:
    done = connected.run(*arguments)
    assert done.code == 4
    assert "offline" in done.err
    assert not server.log


def test_offline_by_the_environment(connected: Machine, server: HTTPServer) -> None:
    done = connected.run("catalog", "update", "--json", env={"WIZARD_OFFLINE": "1"})
    assert done.code == 4
    assert done.json["error"]["code"] == "refused"
    assert not server.log
    assert connected.run("catalog", "--offline").code == 0


@pytest.mark.parametrize("value", ["0", "-1", "nan", "soon", "1e9"])
def test_an_odd_timeout_is_wrong_usage(connected: Machine, server: HTTPServer, value: str) -> None:
    assert connected.run("catalog", "update", "--timeout", value).code == 2
    assert not server.log


def test_no_other_command_asks_by_itself(connected: Machine, server: HTTPServer) -> None:
    connected.run("catalog")
    connected.run("presets")
    assert not server.log
