"""`models ID`: what is shown, and what --add, --remove and --refresh do to the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Finished, Machine

LIVE = {"WIZARD_OFFLINE": ""}
OFFERED: list[dict[str, Any]] = [
    {"id": "big", "context_length": 64_000, "pricing": {"prompt": "0.000001", "completion": "0.000003"}},
    {"id": "new", "name": "New One", "context_length": 32_000},
    {"id": "embeds", "type": "embedding"},
]
BIG = {
    "id": "big",
    "name": "Big",
    "context_window": 128_000,
    "default_max_tokens": 8_000,
    "cost_per_1m_in": 1,
    "cost_per_1m_out": 2,
}
OLD = {"id": "old", "name": "Old", "context_window": 32_000, "mine": "kept"}


def config(url: str, *models: dict[str, Any], **more: Any) -> str:
    entry = {"type": "openai-compat", "base_url": f"{url}/v1", "api_key": "$MINE_KEY", "models": models}
    return json.dumps({"providers": {"mine": {**entry, **more.pop("entry", {})}}, **more}, indent=2)


@pytest.fixture
def server(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/v1/models", headers={"Authorization": "Bearer sk-mine-1"}).respond_with_json(
        {"data": OFFERED}
    )
    return httpserver


@pytest.fixture
def mine(machine: Machine, server: HTTPServer) -> Machine:
    machine.env["MINE_KEY"] = "sk-mine-1"
    selected = {"large": {"provider": "mine", "model": "old"}, "small": {"provider": "mine", "model": "big"}}
    machine.write_config(config(server.url_for("").rstrip("/"), BIG, OLD, models=selected))
    return machine


def models(finished: Finished) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in finished.json["data"]["models"]}


def configured(machine: Machine) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in machine.entries["mine"]["models"]}


# Showing


def test_a_table_of_what_is_there_and_what_is_on_offer(mine: Machine) -> None:
    done = mine.run("models", "mine", env=LIVE)
    assert done.code == 0, done.err
    lines = {line.split()[1]: line for line in done.out.splitlines() if line[:3] in ("●  ", "✗  ", "○  ")}
    assert list(lines) == ["big", "old", "new"]
    assert "128k!" in lines["big"]
    assert lines["old"].startswith("✗")
    assert lines["new"].startswith("○")
    assert "! big: context 128k (endpoint: 64k), out $2 (endpoint: $3)" in done.out
    assert "sk-mine-1" not in done.out + done.err


def test_as_json(mine: Machine) -> None:
    done = mine.run("models", "mine", "--json", env=LIVE)
    found = models(done)
    assert {name: one["state"] for name, one in found.items()} == {"big": "configured", "old": "gone", "new": "offered"}
    assert found["big"]["differences"][0] == {
        "field": "context_window",
        "today": 128_000,
        "said": 64_000,
        "by": "endpoint",
        "source": "",
    }
    assert found["big"]["sources"][0]["path"] == str(mine.config)
    data = done.json["data"]
    assert (data["applied"], data["changes"], data["provider"]["id"]) == (False, [], "mine")
    assert "sk-mine-1" not in done.out


def test_a_failing_endpoint_is_a_warning(mine: Machine) -> None:
    done = mine.run("models", "mine", env={**LIVE, "MINE_KEY": "sk-wrong-key"})
    assert done.code == 0
    assert "●  old" in done.out
    assert "warning: mine does not list its models" in done.err
    assert "sk-wrong-key" not in done.out + done.err


def test_offline_nobody_is_asked(mine: Machine, server: HTTPServer) -> None:
    done = mine.run("models", "mine", "--offline", env=LIVE)
    assert (done.code, done.err) == (0, "")
    assert server.log == []


def test_many_on_offer_are_counted(machine: Machine, httpserver: HTTPServer) -> None:
    listed = [{"id": f"m-{number}"} for number in range(300)]
    httpserver.expect_request("/v1/models").respond_with_json({"data": listed})
    machine.write_config(config(httpserver.url_for("").rstrip("/"), BIG))
    done = machine.run("models", "mine", env=LIVE)
    assert "m-7" not in done.out
    assert "and 300 more on offer" in done.err
    assert len(models(machine.run("models", "mine", "--json", env=LIVE))) == 301


def test_a_built_in_without_an_entry_shows_what_catalogues_know(machine: Machine) -> None:
    done = machine.run("models", "groq")
    assert done.code == 0
    assert "◇  openai/gpt-oss-120b" in done.out
    assert "crush-wizard add-provider groq" in done.err


@pytest.mark.parametrize("flags", [("--add", "x"), ("--remove", "openai/gpt-oss-120b"), ("--refresh",)])
def test_a_built_in_without_an_entry_is_not_changed(machine: Machine, flags: tuple[str, ...]) -> None:
    before = machine.snapshot()
    done = machine.run("models", "groq", *flags, "--yes")
    assert done.code == 4
    assert "crush-wizard add-provider groq" in done.err
    assert machine.snapshot() == before


def test_an_unknown_provider(mine: Machine) -> None:
    done = mine.run("models", "mime")
    assert done.code == 2
    assert "did you mean `mine`?" in done.err


def test_a_broken_file_is_told_with_its_place(machine: Machine) -> None:
    machine.write_config('{"providers": {"mine": {,}}}')
    done = machine.run("models", "mine", "--refresh", "--yes")
    assert done.code == 4
    assert f"{machine.config}:1:25" in done.err


@pytest.mark.parametrize("flags", [("--refresh", "--add", "x"), ("--add", "x", "--remove", "x"), ("--overwrite",)])
def test_flags_that_do_not_go_together(mine: Machine, flags: tuple[str, ...]) -> None:
    assert mine.run("models", "mine", *flags).code == 2


# Adding


def test_a_model_is_added_with_what_the_endpoint_knows(mine: Machine) -> None:
    done = mine.run("models", "mine", "--add", "new", "--yes", "--json", env=LIVE)
    assert done.code == 0, done.err
    assert list(configured(mine)) == ["big", "old", "new"]
    assert configured(mine)["new"]["name"] == "New One"
    assert configured(mine)["new"]["context_window"] == 32_000
    assert len(configured(mine)["new"]) == 10
    assert (done.json["data"]["applied"], models(done)["new"]["state"]) == (True, "configured")
    assert mine.run("undo", "--yes").code == 0
    assert list(configured(mine)) == ["big", "old"]


def test_an_unknown_model_is_added_with_a_note(mine: Machine) -> None:
    done = mine.run("models", "mine", "--add", "strange", "--yes", env=LIVE)
    assert "strange is not in the endpoint's list" in done.err
    assert "a context window of 128000 tokens is assumed" in done.err
    assert configured(mine)["strange"]["context_window"] == 128_000


def test_what_is_there_is_not_added_again(mine: Machine) -> None:
    before = mine.config.read_bytes()
    done = mine.run("models", "mine", "--add", "big", "--yes")
    assert done.code == 0
    assert "big already exists: ~/.config/crush/crush.json:" in done.err
    assert mine.config.read_bytes() == before


def test_two_at_once_add_both(mine: Machine) -> None:
    names = [f"n{number}" for number in range(4)]
    running = [mine.start("models", "mine", "--add", name, "--yes") for name in names]
    for process in running:
        assert process.communicate(timeout=60) is not None
        assert process.returncode == 0
    assert set(configured(mine)) == {"big", "old", *names}


def test_a_deployment_is_named_with_its_model(machine: Machine) -> None:
    entry = {"type": "azure", "base_url": "https://res.openai.azure.com", "api_key": "$AZURE_OPENAI_API_KEY"}
    machine.write_config(json.dumps({"providers": {"azure": {**entry, "models": [{"id": "one", "name": "One"}]}}}))
    done = machine.run("models", "azure", "--add", "two:gpt-5", "--yes")
    assert done.code == 0, done.err
    one, two = machine.entries["azure"]["models"]
    assert one == {"id": "one", "name": "One"}
    assert (two["id"], two["name"], two["can_reason"]) == ("two", "GPT-5 (two)", True)


def test_a_built_in_with_an_entry_gets_the_model_as_a_whole(machine: Machine) -> None:
    entry = {"api_key": "$GROQ_API_KEY", "models": [{"id": "mine", "name": "Mine"}]}
    machine.write_config(json.dumps({"providers": {"groq": entry}}))
    done = machine.run("models", "groq", "--add", "openai/gpt-oss-120b", "--yes")
    assert "openai/gpt-oss-120b is built into Crush: this entry replaces it" in done.err
    added = machine.entries["groq"]["models"][1]
    assert added["context_window"] > 100_000
    assert machine.entries["groq"].keys() == {"api_key", "models"}


# Removing


def test_a_removed_model_leaves_its_slot_to_another(mine: Machine) -> None:
    done = mine.run("models", "mine", "--remove", "old", "--yes")
    assert done.code == 0, done.err
    assert list(configured(mine)) == ["big"]
    selected = json.loads(mine.config.read_text())["models"]
    assert selected["large"] == {"provider": "mine", "model": "big"}
    assert "the large model becomes mine/big" in done.err


def test_without_a_model_left_the_slot_is_open(mine: Machine) -> None:
    done = mine.run("models", "mine", "--remove", "old", "--remove", "big", "--yes")
    assert done.code == 0
    assert json.loads(mine.config.read_text())["models"] == {}
    assert "mine has no models left" in done.err


def test_what_is_not_there_is_not_removed(mine: Machine) -> None:
    done = mine.run("models", "mine", "--remove", "odl", "--yes")
    assert (done.code, "did you mean `old`?" in done.err) == (2, True)


def test_a_model_of_another_file_stays(mine: Machine, tmp_path: Path) -> None:
    project = tmp_path / "user" / "work"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps({"providers": {"mine": {"models": [{"id": "local"}]}}}))
    done = mine.run("models", "mine", "--remove", "local", "--yes", cwd=project)
    assert done.code == 4
    assert "work/crush.json:" in done.err
    assert "--scope project" in done.err
    assert mine.run("models", "mine", "--remove", "local", "--scope", "project", "--yes", cwd=project).code == 0
    assert json.loads((project / "crush.json").read_text())["providers"]["mine"]["models"] == []


def test_both_files_of_a_folder_are_changed(mine: Machine) -> None:
    script = mine.config.with_name("crushrc")
    script.write_text("provider add mine --name Mine\nmodel add mine/old --name Older\n")
    done = mine.run("models", "mine", "--remove", "old", "--yes")
    assert done.code == 0, done.err
    assert script.read_text() == "provider add mine --name Mine\n"
    assert list(configured(mine)) == ["big"]


def test_a_built_in_list_can_not_be_shortened(machine: Machine) -> None:
    machine.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}')
    done = machine.run("models", "groq", "--remove", "openai/gpt-oss-120b", "--yes")
    assert done.code == 4
    assert "can't be removed" in done.err


# Refreshing


def test_a_refresh_takes_over_what_the_endpoint_says_and_nothing_else(mine: Machine) -> None:
    done = mine.run("models", "mine", "--refresh", "--yes", env=LIVE)
    assert done.code == 0, done.err
    assert configured(mine)["big"] == {**BIG, "context_window": 64_000, "cost_per_1m_out": 3}
    assert configured(mine)["old"] == OLD
    assert "old is not in the endpoint's list of models any more" in done.err
    again = mine.run("models", "mine", "--refresh", "--yes", env=LIVE)
    assert (again.code, "nothing to do" in again.err) == (0, True)


def test_a_dry_run_shows_the_diff(mine: Machine) -> None:
    before = mine.snapshot()
    done = mine.run("models", "mine", "--refresh", "--dry-run", env=LIVE)
    assert done.code == 0
    assert '+          "context_window": 64000,' in done.out
    assert mine.snapshot() == before


def test_a_dry_run_says_that_there_is_nothing_to_do(mine: Machine) -> None:
    assert mine.run("models", "mine", "--refresh", "--yes", env=LIVE).code == 0
    done = mine.run("models", "mine", "--refresh", "--dry-run", env=LIVE)
    assert (done.code, done.out) == (0, "")
    assert "nothing to do: prices, context and limits of mine" in done.err


def test_nobody_there_to_confirm(mine: Machine) -> None:
    before = mine.config.read_bytes()
    done = mine.run("models", "mine", "--refresh", env=LIVE)
    assert (done.code, "--yes" in done.err) == (3, True)
    assert mine.config.read_bytes() == before


def test_offline_the_catalogue_has_the_word(machine: Machine) -> None:
    entry = {"base_url": "https://api.mistral.ai/v1"}
    machine.write_config(config("", {**BIG, "id": "mistral-large-latest"}, entry=entry))
    done = machine.run("models", "mine", "--refresh", "--yes", "--json")
    assert done.code == 0
    fresh = configured(machine)["mistral-large-latest"]
    assert fresh["context_window"] != BIG["context_window"]
    assert fresh["name"] == "Big"
    assert models(done)["mistral-large-latest"]["differences"] == []


GROQ_MODEL = "openai/gpt-oss-120b"


def set_window(machine: Machine, tokens: int) -> None:
    text = machine.config.read_text()
    machine.config.write_text(text.replace('"context_window": 131072', f'"context_window": {tokens}'))


def test_what_the_person_changed_since_stays_unless_told(machine: Machine) -> None:
    assert machine.run("add-provider", "groq", "--model", GROQ_MODEL, "--format", "json", "--yes").code == 0
    set_window(machine, 65536)
    kept = machine.run("models", "groq", "--refresh", "--yes")
    assert kept.code == 0, kept.err
    assert f"{GROQ_MODEL}: kept your own context, 66k (catalogue: 131k)" in kept.err
    assert "models groq --refresh --overwrite" in kept.err
    assert '"context_window": 65536' in machine.config.read_text()
    told = machine.run("models", "groq", "--refresh", "--overwrite", "--yes")
    assert f"{GROQ_MODEL}: context 66k → 131k" in told.err
    assert '"context_window": 131072' in machine.config.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert "kept your own" in machine.run("models", "groq", "--refresh", "--yes").err


def test_a_number_that_somebody_typed_is_theirs_from_the_start(machine: Machine) -> None:
    typed = ("--set", f"{GROQ_MODEL}.context_window=65536")
    done = machine.run("add-provider", "groq", "--model", GROQ_MODEL, *typed, "--format", "json", "--yes")
    assert done.code == 0, done.err
    assert "kept your own context, 66k" in machine.run("models", "groq", "--refresh", "--yes").err


def test_what_came_with_a_profile_is_nobodys_own(machine: Machine, tmp_path: Path) -> None:
    assert machine.run("add-provider", "groq", "--model", GROQ_MODEL, "--format", "json", "--yes").code == 0
    profile = tmp_path / "team.toml"
    assert machine.run("export", str(profile), "--yes").code == 0
    text = profile.read_text(encoding="utf-8").replace("context_window = 131072", "context_window = 65536")
    profile.write_text(text, encoding="utf-8")
    done = machine.run("import", str(profile), "--on-conflict", "replace", "--yes")
    assert done.code == 0, done.err
    assert '"context_window": 65536' in machine.config.read_text()
    assert f"{GROQ_MODEL}: context 66k → 131k" in machine.run("models", "groq", "--refresh", "--yes").err


def test_where_nobody_can_tell_it_is_said_what_becomes_of_what(mine: Machine) -> None:
    done = mine.run("models", "mine", "--refresh", "--yes", env=LIVE)
    assert "big: context 128k → 64k, out $2 → $3" in done.err


def test_a_guess_is_told_and_never_written(machine: Machine) -> None:
    entry = {"base_url": "https://unknown.example/v1"}
    machine.write_config(config("", {**BIG, "id": "gpt-oss-120b", "context_window": 4_000}, entry=entry))
    before = machine.config.read_bytes()
    done = machine.run("models", "mine", "--refresh", "--yes")
    assert done.code == 0
    assert "gpt-oss-120b: not certain, so not used" in done.err
    assert machine.config.read_bytes() == before


def test_a_crushrc_is_changed_in_place(machine: Machine, server: HTTPServer) -> None:
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True)
    script.write_text(
        f"# mine\nprovider add mine --type openai-compat --base-url {server.url_for('/v1')} --api-key '$MINE_KEY'\n"
        "model add mine/big --name Big --context-window 128000 --default-max-tokens 8000 --price-input 1\n"
        "model add mine/old --name Old --context-window 32000\n"
    )
    machine.env["MINE_KEY"] = "sk-mine-1"
    done = machine.run("models", "mine", "--refresh", "--yes", env=LIVE)
    assert done.code == 0, done.err
    assert "model add mine/big --name Big --context-window 64000 --default-max-tokens 8000" in script.read_text()
    done = machine.run("models", "mine", "--remove", "old", "--add", "new", "--yes", env=LIVE)
    assert done.code == 0, done.err
    text = script.read_text()
    assert "mine/old" not in text
    assert "model add mine/new" in text
    assert text.startswith("# mine\nprovider add mine")


def test_a_broken_file_is_named(machine: Machine) -> None:
    machine.write_config('{"providers": {"mine": }}')
    assert machine.run("models", "mine").err.count("error:") == 1
    done = machine.run("models", "mine", "--json")
    assert done.code == 4
    error = done.json["error"]
    assert (error["code"], error["line"], error["column"]) == ("invalid-config", 1, 24)


# What Crush has of its built-in providers


def crush_catalogue(machine: Machine, provider: str, **model: Any) -> None:
    """Crush's own cache, with one provider that has one model."""
    path = machine.home / ".local" / "share" / "crush" / "providers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    one = {"id": provider, "name": "P", "type": "openai-compat", "api_key": "$P_KEY", "models": [model]}
    path.write_text(json.dumps([one]), encoding="utf-8")


@pytest.mark.parametrize("is_active", [True, False])
def test_a_price_that_crush_has_not_is_none(machine: Machine, is_active: bool) -> None:
    """Be the provider active or not; other catalogues know what its model costs elsewhere."""
    crush_catalogue(machine, "deepseek", id="deepseek-v4-pro", name="Pro", context_window=5, cost_per_1m_in_cached=2)
    env = {"P_KEY": "k"} if is_active else {}
    (model,) = machine.run("models", "deepseek", "--json", env=env).json["data"]["models"]
    assert (model["state"], model["context_window"], model["cost_per_1m_in_cached"]) == ("built-in", 5, 2)
    assert {model[field] for field in ("cost_per_1m_in", "cost_per_1m_out", "cost_per_1m_out_cached")} == {None}


@pytest.mark.parametrize("provider", ["copilot", "kimi-coding"])
def test_a_subscription_has_no_prices(machine: Machine, provider: str) -> None:
    models = machine.run("models", provider, "--json").json["data"]["models"]
    assert len(models) > 3
    assert {model["cost_per_1m_out"] for model in models} == {None}
