"""`setup` as scripts and machines without a terminal meet it, and its rules with everything injected."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from tests.canary import CANARY
from tests.trial.programs import Program
from wizard import folders
from wizard.catalog.copies import Copy, write_copy
from wizard.catalog.shipped import CATWALK_COPY, snapshot_date
from wizard.cli.commands import COMMANDS
from wizard.cli.setup.air_gapped import METRICS, UPDATES, lost_slots, may_drop_builtins
from wizard.cli.setup.interview import ProviderList
from wizard.cli.setup.menu import menu
from wizard.cli.setup.start import instead
from wizard.crush.program import CrushProgram
from wizard.flow.build import Draft
from wizard.flow.preset import Preset, PresetKey
from wizard.flow.question import settled
from wizard.flow.setup import Server, offered
from wizard.machine.background import InBackground
from wizard.machine.getting_crush import install_command
from wizard.machine.greeting import findings
from wizard.machine.in_force import in_force
from wizard.machine.looking_around import Looks, MachineState, has_files, local_servers
from wizard.provider.model import Model
from wizard.provider.provider import Provider
from wizard.secrets.index import Index
from wizard.secrets.settings import remember_store
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Machine
    from wizard.secrets.settings import StoreName

NOBODY = "http://127.0.0.1:1"
"""A proxy at which nobody listens."""
WORKS = {"base_url": "http://llm.example/v1", "type": "openai-compat", "models": [{"id": "m", "name": "M"}]}


@pytest.fixture
def silent_ollama(httpserver: HTTPServer) -> str:
    """A server that lists one model as Ollama does, and answers no chat; its OLLAMA_HOST."""
    listed = {"object": "list", "data": [{"id": "qwen3:8b", "object": "model", "owned_by": "library"}]}
    httpserver.expect_request("/api/version").respond_with_json({"version": "0.13.0"})
    httpserver.expect_request("/v1/models").respond_with_json(listed)
    httpserver.expect_request("/api/tags").respond_with_json({"models": [{"name": "qwen3:8b"}]})
    httpserver.expect_request("/api/show").respond_with_json({"capabilities": ["completion", "tools"]})
    return f"127.0.0.1:{httpserver.port}"


@pytest.fixture
def ollama(silent_ollama: str, httpserver: HTTPServer) -> str:
    """One that answers chats, too."""
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(
        Program(key=None, any_name=True, base="/v1").answer
    )
    return silent_ollama


# Nobody to ask


@pytest.mark.parametrize("arguments", [(), ("setup",)])
def test_without_a_terminal_it_says_what_it_found_and_what_to_type(machine: Machine, arguments: tuple[str]) -> None:
    before = machine.snapshot()
    ended = machine.run(*arguments, env={"GROQ_API_KEY": CANARY})
    assert ended.code == 3
    assert ended.out == ""
    assert "✓ $GROQ_API_KEY is set" in ended.err
    assert "no config yet" in ended.err
    assert "crush-wizard add-provider groq --yes" in ended.err
    assert CANARY not in ended.err
    assert machine.snapshot() == before


def test_as_json(machine: Machine) -> None:
    ended = machine.run("setup", "--json", env={"GROQ_API_KEY": CANARY})
    assert ended.code == 3
    assert ended.json["error"]["code"] == "missing-answers"
    assert "add-provider groq --yes" in ended.json["error"]["hint"]
    assert any("$GROQ_API_KEY" in message["text"] for message in ended.json["messages"])
    assert CANARY not in ended.out


def test_what_it_says_to_type_works(machine: Machine) -> None:
    hint = machine.run("setup", "--json", env={"GROQ_API_KEY": CANARY}).json["error"]["hint"]
    (line,) = [line.split() for line in hint.splitlines() if "add-provider" in line]
    assert machine.run(*line[1:], env={"GROQ_API_KEY": CANARY}).code == 0
    assert machine.entries["groq"]["api_key"] == "$GROQ_API_KEY"


def test_a_broken_file_is_named_with_its_place(machine: Machine) -> None:
    machine.write_config('{"providers": {\n  "a": oops\n}}')
    ended = machine.run()
    assert ended.code == 3
    assert "Crush does not start with this config" in ended.err
    assert "~/.config/crush/crush.json:2:8" in ended.err


# --yes


def test_yes_takes_what_was_found(machine: Machine) -> None:
    ended = machine.run("setup", "--yes", env={"OPENAI_API_KEY": CANARY, "GROQ_API_KEY": CANARY})
    assert ended.code == 0, ended.err
    assert set(machine.entries) == {"openai", "groq"}
    models = json.loads(machine.config.read_text())["models"]
    assert models["large"]["provider"] == models["small"]["provider"] == "openai"
    assert CANARY not in machine.config.read_text() + ended.err + ended.out


def test_a_second_time_there_is_nothing_to_do(machine: Machine) -> None:
    assert machine.run("setup", "--yes", env={"GROQ_API_KEY": CANARY}).code == 0
    before = machine.snapshot()
    ended = machine.run("setup", "--yes", "--json", env={"GROQ_API_KEY": CANARY, "OPENAI_API_KEY": CANARY})
    assert ended.code == 0
    assert ended.json["data"]["applied"] is False
    assert machine.snapshot() == before


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_machine_on_which_crush_does_not_start_is_not_ready(machine: Machine, arguments: tuple[str]) -> None:
    machine.write_config('{"providers": {"there": {"disable": "true"}}}')
    before = machine.snapshot()
    ended = machine.run("setup", "--yes", *arguments)
    assert ended.code == 1
    assert machine.snapshot() == before
    if arguments:
        assert ended.json["ok"] is False
    else:
        assert "crush-wizard doctor" in ended.err
        assert "nothing to do" not in ended.err


def test_yes_where_nothing_was_found(machine: Machine) -> None:
    ended = machine.run("setup", "--yes")
    assert ended.code == 3
    assert "crush-wizard add-provider PRESET" in ended.err
    assert not machine.config.exists()


OLD = "prices and models are {} days old; to update them:\n    crush-wizard catalog update\n"


@pytest.mark.parametrize(("days", "said"), [(60, False), (61, True)])
def test_facts_that_are_old_are_said_to_be(machine: Machine, days: int, said: bool) -> None:
    del machine.env["WIZARD_OFFLINE"]
    today = (date.fromisoformat(snapshot_date()) + timedelta(days)).isoformat()
    env = {"CATWALK_URL": NOBODY, "WIZARD_TODAY": today}
    assert (OLD.format(days) in machine.run("setup", "--yes", env=env).err) is said
    assert "to update them" not in machine.run("setup", "--yes", env={**env, "WIZARD_OFFLINE": "1"}).err


def test_facts_that_were_updated_are_as_old_as_the_update(machine: Machine) -> None:
    del machine.env["WIZARD_OFFLINE"]
    updated = date.fromisoformat(snapshot_date()) + timedelta(100)
    copy = Copy("https://catwalk.charm.land/v2/providers", '"tag"', updated.isoformat(), [])
    write_copy(machine.home / ".cache" / "crush-wizard" / "catalog" / CATWALK_COPY, copy)
    for days, said in ((60, False), (61, True)):
        env = {"CATWALK_URL": NOBODY, "WIZARD_TODAY": (updated + timedelta(days)).isoformat()}
        assert (OLD.format(days) in machine.run("setup", "--yes", env=env).err) is said


def test_a_dry_run_shows_the_diff_and_writes_nothing(machine: Machine) -> None:
    ended = machine.run("setup", "--yes", "--dry-run", env={"GROQ_API_KEY": CANARY})
    assert ended.code == 0
    assert '+    "groq": {' in ended.out
    assert not machine.config.exists()


def test_a_dry_run_tests_nothing_with_a_network_neither(machine: Machine) -> None:
    env = {"WIZARD_OFFLINE": "0", "WIZARD_MODEL_SERVERS": "", "HTTPS_PROXY": "http://127.0.0.1:1"}
    ended = machine.run("setup", "--yes", "--dry-run", env={**env, "GROQ_API_KEY": CANARY})
    assert ended.code == 0, ended.err
    assert '+    "groq": {' in ended.out


def test_a_broken_file_is_not_touched(machine: Machine) -> None:
    machine.write_config("{ nonsense")
    ended = machine.run("setup", "--yes", env={"GROQ_API_KEY": CANARY})
    assert ended.code == 4
    assert machine.config.read_text() == "{ nonsense"


def test_where_our_own_folder_can_not_be_written(machine: Machine) -> None:
    """Nothing is changed that could not be undone, and no flag would help."""
    locks = machine.home / ".local" / "state" / "crush-wizard" / "locks"
    locks.parent.mkdir(parents=True)
    locks.write_text("no folder")
    ended = machine.run("setup", "--yes", env={"GROQ_API_KEY": CANARY})
    assert ended.code == 4
    assert "`undo` needs that folder: make it writable" in ended.err
    assert "--file" not in ended.err
    assert not machine.config.exists()


def test_the_json_document_of_a_change(machine: Machine) -> None:
    ended = machine.run("setup", "--yes", "--json", env={"GROQ_API_KEY": CANARY})
    data = ended.json["data"]
    assert ended.json["command"] == "setup"
    assert data["applied"] is True
    assert [change["action"] for change in data["changes"]] == ["create"]
    assert data["tests"] == []


def test_a_local_server_is_found_and_tested(machine: Machine, ollama: str) -> None:
    ended = machine.run("setup", "--yes", "--json", env={"WIZARD_OFFLINE": "", "OLLAMA_HOST": ollama})
    entry = machine.entries["ollama"]
    assert entry["base_url"] == f"http://{ollama}/v1"
    assert [model["id"] for model in entry["models"]] == ["qwen3:8b"]
    steps = {step["name"]: step["status"] for step in ended.json["data"]["tests"][0]["steps"]}
    assert (steps["models"], steps["chat"]) == ("ok", "ok")
    assert ended.code == 0


def test_a_local_server_that_fails_its_test_is_not_written(machine: Machine, silent_ollama: str) -> None:
    ended = machine.run("setup", "--yes", "--json", env={"WIZARD_OFFLINE": "", "OLLAMA_HOST": silent_ollama})
    assert (ended.code, ended.json["error"]["code"]) == (4, "test-failed")
    assert "crush-wizard add-provider ollama --no-test writes it anyway" in ended.json["error"]["hint"]
    assert not machine.config.exists()


def test_what_fails_its_test_is_left_out_and_what_can_not_be_reached_is_not(
    machine: Machine, silent_ollama: str
) -> None:
    env = {"WIZARD_OFFLINE": "", "OLLAMA_HOST": silent_ollama, "OPENAI_API_KEY": CANARY, "HTTPS_PROXY": NOBODY}
    ended = machine.run("setup", "--yes", env=env)
    assert ended.code == 1, ended.err
    assert set(machine.entries) == {"openai"}
    assert "openai can't be reached now: saving it untested" in ended.err
    assert "ollama is left out" in ended.err


# Air-gapped


def options(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine.config.read_text())["options"]
    return found


def test_an_air_gapped_machine(machine: Machine, ollama: str) -> None:
    env = {"WIZARD_OFFLINE": "", "OLLAMA_HOST": ollama, "OPENAI_API_KEY": CANARY}
    machine.run("setup", "--air-gapped", "--yes", env=env)
    assert set(machine.entries) == {"ollama"}
    assert options(machine) == {UPDATES: True, METRICS: True}


def test_an_air_gapped_machine_with_a_crush_of_today(machine: Machine, ollama: str) -> None:
    machine.install_crush("0.94.1")
    machine.run("setup", "--air-gapped", "--yes", env={"WIZARD_OFFLINE": "", "OLLAMA_HOST": ollama})
    assert not machine.config.exists()
    script = machine.config.with_name("crushrc").read_text()
    assert "\nprovider add ollama " in script
    assert "\noption provider-auto-update false\noption metrics false\n" in script


def test_a_machine_with_providers_gets_the_options_only(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    ended = machine.run("setup", "--air-gapped", "--yes")
    assert ended.code == 0, ended.err
    assert options(machine) == {"debug": False, "tui": {"compact_mode": True}, UPDATES: True, METRICS: True}
    assert set(machine.entries) == {"work"}
    assert machine.run("undo", "--yes").code == 0
    assert "disable_" not in machine.config.read_text()


def test_the_options_are_switched_once(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    machine.run("setup", "--air-gapped", "--yes")
    before = machine.snapshot()
    ended = machine.run("setup", "--air-gapped", "--yes")
    assert ended.code == 0
    assert machine.snapshot() == before


def test_a_crushrc_gets_the_options_too(machine: Machine) -> None:
    crushrc = machine.config.with_name("crushrc")
    crushrc.parent.mkdir(parents=True)
    crushrc.write_text("provider add mine --base-url http://llm.mine.example/v1\noption metrics true  # as at home\n")
    before = crushrc.read_text()
    assert machine.run("setup", "--air-gapped", "--yes").code == 0
    assert "\noption metrics false  # as at home\n" in crushrc.read_text()
    assert "\noption provider-auto-update false\n" in crushrc.read_text()
    assert not machine.config.exists()
    assert machine.run("undo", "--yes").code == 0
    assert crushrc.read_text() == before


@pytest.mark.parametrize("wrong", ["5", "[]", '{"disable_metrics": "x"}'])
def test_options_that_crush_stops_at_are_not_replaced(machine: Machine, wrong: str) -> None:
    machine.write_config(f'{{"options": {wrong}, "providers": {json.dumps({"there": WORKS})}}}')
    before = machine.snapshot()
    ended = machine.run("setup", "--air-gapped", "--yes", "--json")
    assert ended.code == 4
    assert ended.json["error"]["code"] == "invalid-config"
    assert ended.json["error"]["line"] == 1
    assert machine.snapshot() == before


@pytest.mark.parametrize("value", ["", "0", "false", "yes"])
def test_a_variable_that_overrules_the_options(machine: Machine, rich_config: str, value: str) -> None:
    """As soon as it is set it counts, and what is no truth value counts as false (crush-behaviour 3.2)."""
    machine.write_config(rich_config)
    ended = machine.run("setup", "--air-gapped", "--yes", env={"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": value})
    assert ended.code == 0
    assert "$CRUSH_DISABLE_PROVIDER_AUTO_UPDATE is set" in ended.err
    assert "Crush contacts no outside server" not in ended.err
    assert options(machine)[UPDATES] is True


def test_a_variable_that_agrees_with_the_options(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    ended = machine.run("setup", "--air-gapped", "--yes", env={"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "1"})
    assert "Crush contacts no outside server by itself" in ended.err
    assert "overrules" not in ended.err


def test_options_of_one_project_do_not_count_for_the_machine(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    project = machine.home / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps({"options": {UPDATES: True, METRICS: False}}))
    ended = machine.run("setup", "--air-gapped", "--yes", cwd=project)
    assert ended.code == 0, ended.err
    assert {name: options(machine)[name] for name in (UPDATES, METRICS)} == {UPDATES: True, METRICS: True}
    assert f"switches {METRICS} off again" in ended.err
    assert f"switches {UPDATES} off again" not in ended.err


# Crush starts without its built-in providers only with one that works (F8)


def draft(base_url: str = "http://llm.example/v1", *models: str, merging: bool = False) -> Draft:
    provider = Provider(
        "mine", "Mine", "openai-compat", base_url, "none", models=tuple(Model(name, name) for name in models)
    )
    return Draft(
        provider=provider,
        entry=provider.entry(),
        merging=merging,
        removed=(),
        emptied=(),
        selected={},
        variable=None,
        stored=False,
        secret=None,
        keys=None,
        decides_keys=False,
        decides_store=False,
        notes=(),
        warnings=(),
    )


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; its crush.json."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "GROQ_API_KEY", "ANTHROPIC_API_KEY", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    config = tmp_path / ".config" / "crush" / "crush.json"
    config.parent.mkdir(parents=True)
    return config


@pytest.mark.parametrize(
    ("drafted", "expected"),
    [
        (draft("http://llm.example/v1", "m"), True),
        (draft("http://llm.example/v1"), False),
        (draft("$LLM_URL", "m"), False),
        (draft("", "m"), False),
    ],
)
@pytest.mark.usefixtures("account")
def test_a_draft_that_works_for_certain(drafted: Draft, expected: bool) -> None:
    assert may_drop_builtins([drafted], {}, in_force().effective, None) is expected


@pytest.mark.usefixtures("account")
def test_an_entry_that_stays_disabled_does_not_count() -> None:
    merged = draft("http://llm.example/v1", "m", merging=True)
    assert not may_drop_builtins([merged], {"mine": {"disable": True}}, in_force().effective, None)


@pytest.mark.usefixtures("account")
def test_an_old_crush_has_no_such_option() -> None:
    effective = in_force().effective
    assert not may_drop_builtins([draft("http://llm.example/v1", "m")], {}, effective, (0, 31, 9))
    assert may_drop_builtins([draft("http://llm.example/v1", "m")], {}, effective, (0, 32, 0))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (WORKS, True),
        ({**WORKS, "disable": True}, False),
        ({**WORKS, "models": []}, False),
        ({**WORKS, "base_url": "$LLM_URL"}, False),
        ({**WORKS, "type": "nonsense"}, False),
    ],
)
def test_a_provider_that_is_there(account: Path, entry: dict[str, Any], expected: bool) -> None:
    account.write_text(json.dumps({"providers": {"there": entry}}))
    assert may_drop_builtins([], {}, in_force().effective, None) is expected


def test_a_provider_of_this_folder_only_does_not_count(account: Path) -> None:
    Path("crush.json").write_text(json.dumps({"providers": {"there": WORKS}}))
    assert not may_drop_builtins([], {}, in_force().effective, None)


def test_slots_that_lose_their_model(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    slots = {"large": {"provider": "openai", "model": "gpt-5.6-sol"}, "small": {"provider": "there", "model": "m"}}
    account.write_text(json.dumps({"providers": {"there": WORKS}, "models": slots}))
    effective = in_force().effective
    assert lost_slots([], effective) == ("large",)
    assert lost_slots([replace(draft(), selected={"large": "m"})], effective) == ()


# What is found, in words


PRESET = Preset("groq", "Groq", "Fast", "openai-compat", "https://x.example/v1", key=PresetKey(env="GROQ_API_KEY"))
OLLAMA = Preset("ollama", "Ollama", "At home", "ollama", "http://localhost:11434/v1", local=True)


NO_CRUSH = CrushProgram(problem="crush is not on PATH")
KEYRING = StoreStatus("keyring", "Secret Service", usable=True)


def seen(
    *,
    crush: CrushProgram | None = NO_CRUSH,
    keyring: StoreStatus | None = KEYRING,
    servers: tuple[Server, ...] | None = (),
    offline: bool = False,
    **changed: Any,
) -> MachineState:
    looks = Looks(
        crush=InBackground(lambda: crush),
        keyring=InBackground(lambda: keyring),
        servers=None if offline else InBackground(lambda: servers),
    )
    nothing = MachineState(
        platform="linux",
        which=lambda _: None,
        variables=(),
        presets={"groq": PRESET, "ollama": OLLAMA},
        looks=looks,
        has_files=has_files(),
    )
    return replace(nothing, **changed)


def told(surroundings: MachineState) -> str:
    lines = (line for finding in findings(surroundings) for line in finding.lines())
    return "\n".join(f"{found.mark} {found.text} {found.copy}".rstrip() for found in lines)


@pytest.mark.usefixtures("account")
def test_nothing_at_all() -> None:
    assert told(seen()) == "\n".join(
        (
            "– no config yet",
            "– no API keys in your environment",
            "– Crush is not installed; install it: https://github.com/charmbracelet/crush#installation",
            "– no model server answers on this machine",
            "✓ keyring: Secret Service",
        )
    )


@pytest.mark.usefixtures("account")
def test_much() -> None:
    found = told(
        seen(
            crush=CrushProgram(Path("/usr/bin/crush"), (0, 96, 1)),
            variables=("GROQ_API_KEY", "OPENAI_API_KEY"),
            servers=(
                Server("ollama", "http://localhost:11434/v1", 1),
                Server("vllm", "http://localhost:8000/v1", None),
            ),
            keyring=StoreStatus("keyring", "Secret Service", locked=True, reason="it is locked"),
        )
    )
    assert "✓ Crush 0.96.1" in found
    assert "✓ $GROQ_API_KEY, $OPENAI_API_KEY are set" in found
    assert "✓ Ollama answers at localhost:11434, 1 model, vllm answers at localhost:8000" in found
    assert "– keyring: Secret Service, locked" in found


@pytest.mark.parametrize(
    ("chosen", "has_keys", "line"),
    [
        (None, False, "– no system keyring here: keys go into an encrypted file"),
        ("file", True, "– no system keyring here: keys go into an encrypted file"),
        (None, True, "– no keyring: there is no D-Bus session"),
        ("keyring", False, "– no keyring: there is no D-Bus session"),
        ("environment", False, "– no keyring: there is no D-Bus session"),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_becomes_of_keys_without_a_keyring(chosen: StoreName | None, has_keys: bool, line: str) -> None:
    if chosen:
        remember_store(folders.settings(), chosen)
    if has_keys:
        Index(folders.state()).add("keyring", "K")
    assert line in told(seen(keyring=StoreStatus("keyring", reason="there is no D-Bus session")))


@pytest.mark.usefixtures("account")
def test_who_has_not_answered_yet() -> None:
    found = told(seen(which=lambda name: f"/usr/bin/{name}", crush=None, keyring=None, servers=None))
    assert "✓ Crush: no version yet" in found
    assert "– keyring: no answer yet" in found
    assert "– model servers on this machine: no answer in time" in found


@pytest.mark.usefixtures("account")
def test_offline_no_server_is_looked_for() -> None:
    assert "offline: did not look for model servers" in told(seen(offline=True))


def test_a_ready_machine(account: Path) -> None:
    providers = {"there": WORKS, "groq": {"api_key": "$GROQ_API_KEY"}}
    slots = {"large": {"provider": "there", "model": "m"}}
    account.write_text(json.dumps({"providers": providers, "models": slots}))
    found = told(seen())
    assert "✓ config: ~/.config/crush/crush.json" in found
    assert "✓ ready: there" in found
    assert "– groq: no key" in found
    assert "✓ models: large there/m" in found


def test_a_ready_machine_whose_provider_lists_no_models(account: Path) -> None:
    account.write_text(json.dumps({"providers": {"there": {"base_url": "http://llm.example/v1"}}}))
    assert "✓ models: large the first model of there, small the first model of there" in told(seen())


@pytest.mark.parametrize(
    ("platform", "programs", "command"),
    [
        ("darwin", {"brew", "npm"}, "brew install charmbracelet/tap/crush"),
        ("darwin", {"npm", "go"}, "npm install -g @charmland/crush"),
        ("win32", {"winget", "npm"}, "winget install charmbracelet.crush"),
        ("win32", {"npm"}, "npm install -g @charmland/crush"),
        ("linux", {"go"}, "go install github.com/charmbracelet/crush@latest"),
        ("linux", {"winget"}, None),
        ("freebsd14", {"pkg"}, "pkg install crush"),
        ("sunos5", {"npm"}, "npm install -g @charmland/crush"),
        ("linux", set(), None),
    ],
)
def test_how_to_get_crush(platform: str, programs: set[str], command: str | None) -> None:
    def which(name: str) -> str | None:
        return name if name in programs else None

    assert install_command(platform, which) == command


@pytest.mark.usefixtures("account")
def test_what_to_type_instead() -> None:
    assert list(instead(seen()))[-1] == "  crush-wizard add-provider PRESET --yes"
    found = "\n".join(instead(seen(servers=(Server("ollama", "http://localhost:11434/v1", 1),))))
    assert "add-provider ollama --yes" in found
    assert "PRESET" not in found


# Where Ollama is, by its own variable


@pytest.mark.parametrize("written", ["127.0.0.1:{}", "http://127.0.0.1:{}", "0.0.0.0:{}", " localhost:{} "])
def test_ollama_is_where_its_variable_says(ollama: str, written: str) -> None:
    port = ollama.partition(":")[2]
    found = local_servers({"OLLAMA_HOST": written.format(port), "WIZARD_MODEL_SERVERS": ""})
    assert [(one.preset, f":{port}/" in one.base_url) for one in found] == [("ollama", True)]


def test_model_servers_can_be_named(ollama: str) -> None:
    named = f"localhost:9  {ollama} model.mine.example:80 nonsense://x"
    assert [one.preset for one in local_servers({"WIZARD_MODEL_SERVERS": named})] == ["ollama"]
    assert local_servers({"WIZARD_MODEL_SERVERS": ""}) == ()


def test_without_a_word_they_are_looked_for_where_they_usually_are() -> None:
    from wizard.endpoints.local_servers import KNOWN
    from wizard.machine.looking_around import _addresses

    assert _addresses({}) == KNOWN
    assert [address.port for address in _addresses({"OLLAMA_HOST": "127.0.0.1:9"})] == [
        9,
        *(it.port for it in KNOWN[1:]),
    ]


@pytest.mark.parametrize(
    "written", ["ollama.mine.example:11434", "127.mine.example", "10.0.0.1", "nonsense://x", "http://[", ":"]
)
def test_only_this_machine_is_looked_at(written: str) -> None:
    from wizard.machine.looking_around import _ollama_address

    assert _ollama_address(written) is None


# The list of providers, and servers that are seen later


def listed(seen_by_now: list[bool]) -> ProviderList:
    here = Server("ollama", "http://localhost:12345/v1", 1)
    presets = {"groq": PRESET, "ollama": OLLAMA}
    return ProviderList(
        lambda servers: offered(presets, servers, {"GROQ_API_KEY"}, {}, in_house=False),
        lambda: (here,),
        lambda: seen_by_now[0],
    )


def test_the_list_is_there_before_the_servers_and_proposes_them_when_they_are() -> None:
    question = listed([False]).question(may_be_empty=False)
    assert (len(question.choices), question.default) == (2, ("groq",))
    later = settled(question)
    assert later.choices[0].value == "ollama http://localhost:12345/v1"
    assert later.default == ("groq", "ollama http://localhost:12345/v1")


def test_what_was_picked_before_a_server_was_seen_counts_after_that() -> None:
    seen_by_now = [False]
    providers = listed(seen_by_now)
    assert [offer.value for offer in providers.picked(("groq", "ollama"))] == ["groq", "ollama"]
    seen_by_now[0] = True
    assert {offer.value for offer in providers.picked(("groq", "ollama"))} == {"groq", "ollama"}
    assert [offer.preset for offer in providers.picked(("ollama http://localhost:12345/v1",))] == ["ollama"]


# The menu, and the question after a refused key


def test_the_menu_offers_commands_and_first_what_helps_most() -> None:
    offered = [choice.value for choice in menu().choices]
    assert set(offered[1:-1]) <= set(COMMANDS)
    assert (menu().default, menu(is_broken=True).default) == ("add", "doctor")
