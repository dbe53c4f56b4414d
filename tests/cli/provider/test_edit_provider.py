"""edit-provider by flags: only what is said changes, byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.trial.programs import Program

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

CONFIG = """{
  "models": {"large": {"provider": "acme", "model": "acme-1", "max_tokens": 9}},
  "providers": {
    "acme": {
      "name": "Acme", "base_url": "https://llm.acme.example/v1", "type": "openai-compat", "x-mine": [1,2],
      "api_key": "$ACME_KEY", "system_prompt_prefix": "Hi.", "extra_body": {"a": 1, "b": {"c": 2}},
      "extra_headers": {"X-Team": "a", "X-Path": "c:\\\\\\\\temp"},
      "models": [{"id": "acme-1", "name": "Acme One", "context_window": 128e3}, {"id": "acme-2"}]
    },
    "deepseek": {"api_key": "$MY_KEY"},
    "Odd.Id": {"base_url": "https://odd.example/v1", "models": [{"id": "o"}]}
  }
}
"""
ENTRY = json.loads(CONFIG)["providers"]["acme"]


@pytest.fixture
def configured(machine: Machine) -> Machine:
    machine.write_config(CONFIG)
    return machine


def edited(machine: Machine, *arguments: str, provider: str = "acme", **more: Any) -> dict[str, Any]:
    """The entry after an edit that goes well; everything else in the file is as it was."""
    done = machine.run("edit-provider", provider, "--yes", *arguments, **more)
    assert done.code == 0, done.err
    entries = machine.entries
    before = json.loads(CONFIG)["providers"]
    assert {id_: entry for id_, entry in entries.items() if id_ != provider} == {
        id_: entry for id_, entry in before.items() if id_ != provider
    }
    entry: dict[str, Any] = entries[provider]
    return entry


# What is said changes, and nothing else


@pytest.mark.parametrize(
    ("flags", "old", "new"),
    [
        (["--name", "New"], '"name": "Acme",', '"name": "New",'),
        (["--base-url", "b.example/v1/models"], "https://llm.acme.example/v1", "https://b.example/v1"),
        (["--type", "openai"], '"openai-compat"', '"openai"'),
        (["--api-key-env", "OTHER"], "$ACME_KEY", "$OTHER"),
        (["--placeholder", "lookup"], "$ACME_KEY", "${ACME_KEY:-$(crush-wizard secret get ACME_KEY)}"),
        (["--header", "X-Team=b"], '"X-Team": "a"', '"X-Team": "b"'),
        (["--extra-body", '{"b": {"c": 3}}'], '"c": 2', '"c": 3'),
        (["--system-prompt-prefix", "Ho."], '"Hi."', '"Ho."'),
        (["--set", "acme-1.context_window=64k"], "128e3", "64000"),
        (
            ["--small", "acme-2"],
            '"max_tokens": 9}',
            '"max_tokens": 9}, "small": {"provider": "acme", "model": "acme-2"}',
        ),
        (["--large", "acme-2"], '"model": "acme-1", "max', '"model": "acme-2", "max'),
        (["--system-prompt-prefix", ""], ' "system_prompt_prefix": "Hi.",', ""),
        (["--extra-body", "{}"], ', "extra_body": {"a": 1, "b": {"c": 2}}', ""),
    ],
)
def test_one_flag_changes_one_value(configured: Machine, flags: list[str], old: str, new: str) -> None:
    assert CONFIG.count(old) == 1
    done = configured.run("edit-provider", "acme", "--yes", *flags)
    assert done.code == 0, done.err
    assert configured.config.read_text(encoding="utf-8") == CONFIG.replace(old, new)
    assert configured.run("undo", "--yes").code == 0
    assert configured.config.read_text(encoding="utf-8") == CONFIG


def test_a_model_is_added_and_none_goes(configured: Machine) -> None:
    entry = edited(configured, "--model", "acme-3", "--set", "acme-3.context_window=64k")
    assert entry["models"][:2] == ENTRY["models"]
    assert (entry["models"][2]["id"], entry["models"][2]["context_window"]) == ("acme-3", 64_000)
    assert {**entry, "models": ENTRY["models"]} == ENTRY


def test_a_model_that_is_there_is_not_described_anew(configured: Machine) -> None:
    assert edited(configured, "--model", "acme-2") == ENTRY


@pytest.mark.parametrize(("flag", "value"), [("--flat-rate", True), ("--no-flat-rate", False)])
def test_flat_rate_can_be_given_and_taken_back(configured: Machine, flag: str, value: bool) -> None:
    assert edited(configured, flag) == {**ENTRY, "flat_rate": value}


@pytest.mark.parametrize(("flag", "value"), [("--discover", True), ("--no-discover", False)])
def test_discovery_changes_no_model(configured: Machine, flag: str, value: bool) -> None:
    assert edited(configured, flag) == {**ENTRY, "discover_models": value}


def test_a_key_for_an_entry_without_one_and_no_key_for_one_that_had(configured: Machine) -> None:
    assert edited(configured, "--no-api-key")["api_key"] == "no-key"
    assert edited(configured, "--api-key-env", "K")["api_key"] == "$K"


def test_a_stored_key_keeps_the_variable_that_the_entry_has(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine_with_keyring.write_config(CONFIG)
    entry = edited(machine_with_keyring, "--api-key-stdin", stdin="new-canary-key")
    assert entry == ENTRY
    assert secret_service.get("ACME_KEY") == "new-canary-key"


KEYS = ["sk-literal-of-acme-0123456789", "$(pass acme)", "${ACME_KEY:-sk-default-0123456789}", "$OTHER", None]


@pytest.mark.parametrize("store", ["environment", "keyring", "file"])
@pytest.mark.parametrize("key", KEYS)
def test_a_store_alone_is_no_answer_about_the_key(machine: Machine, key: str | None, store: str) -> None:
    entry = {"base_url": "https://a.example/v1", "models": [{"id": "m"}]} | ({"api_key": key} if key else {})
    machine.write_config(json.dumps({"providers": {"acme": entry}}))
    done = machine.run("edit-provider", "acme", "--yes", "--base-url", "https://b.example/v1", "--secret-store", store)
    assert done.code == 0, done.err
    assert machine.entries["acme"] == entry | {"base_url": "https://b.example/v1"}
    assert "the key does not change" in done.err


@pytest.mark.parametrize("key", ["'sk-literal-of-acme-0123456789'", "'$(pass acme)'", '"$OTHER"', None])
def test_nor_is_it_in_a_crushrc(machine: Machine, key: str | None) -> None:
    words = f" --api-key {key}" if key else ""
    script = f"provider add acme --base-url https://a.example/v1{words}\nmodel add acme/m\n"
    rc = machine.config.parent / "crushrc"
    rc.parent.mkdir(parents=True)
    rc.write_text(script, encoding="utf-8")
    done = machine.run(
        "edit-provider", "acme", "--yes", "--base-url", "https://b.example/v1", "--secret-store", "environment"
    )
    assert done.code == 0, done.err
    assert rc.read_text(encoding="utf-8") == script.replace("https://a.example/v1", "'https://b.example/v1'")


def test_a_store_and_nothing_else_changes_nothing_and_says_why(configured: Machine) -> None:
    done = configured.run("edit-provider", "acme", "--yes", "--secret-store", "file")
    assert (done.code, configured.config.read_text(encoding="utf-8")) == (0, CONFIG)
    assert "the key does not change; to change it: --api-key-stdin" in done.err


def test_an_addition_that_merges_keeps_the_key_too(configured: Machine) -> None:
    done = configured.run("add-provider", "deepseek", "--yes", "--merge", "--secret-store", "environment")
    assert (done.code, configured.entries["deepseek"]["api_key"]) == (0, "$MY_KEY")


def test_how_a_key_is_spelled_is_nothing_to_say_about_an_entry_without_one(configured: Machine) -> None:
    done = configured.run("edit-provider", "Odd.Id", "--yes", "--placeholder", "lookup")
    assert (done.code, configured.config.read_text(encoding="utf-8")) == (2, CONFIG)
    assert "the entry has no key; give its variable: --api-key-env" in done.err


def test_a_builtin_entry_gets_only_what_is_said(configured: Machine) -> None:
    assert edited(configured, "--flat-rate", provider="deepseek") == {"api_key": "$MY_KEY", "flat_rate": True}


def test_nothing_is_said_about_models_that_nobody_asked_about(configured: Machine) -> None:
    done = configured.run("edit-provider", "deepseek", "--yes", "--flat-rate")
    assert (done.code, "no models listed" in done.err) == (0, False)


def test_an_id_that_nobody_would_choose_today_is_edited_too(configured: Machine) -> None:
    assert edited(configured, "--name", "Odd", provider="Odd.Id")["name"] == "Odd"


def test_a_second_time_changes_nothing(configured: Machine) -> None:
    assert configured.run("edit-provider", "acme", "--yes", "--name", "Acme", "--json").json["data"]["applied"] is False
    assert configured.config.read_text(encoding="utf-8") == CONFIG


# Nobody to ask


def test_without_flags_they_are_named(configured: Machine) -> None:
    before = configured.snapshot()
    done = configured.run("edit-provider", "acme", stdin="\n\n")
    assert done.code == 3
    for flag in ("--base-url", "--type", "--name", "--model", "--yes"):
        assert flag in done.err
    assert configured.snapshot() == before


def test_without_yes_it_is_missing(configured: Machine) -> None:
    done = configured.run("edit-provider", "acme", "--name", "New")
    assert done.code == 3
    assert "--yes" in done.err
    assert configured.config.read_text(encoding="utf-8") == CONFIG


def test_dry_run_prints_the_diff(configured: Machine) -> None:
    before = configured.snapshot()
    done = configured.run("edit-provider", "acme", "--name", "New", "--dry-run")
    assert done.code == 0, done.err
    assert done.out.startswith("--- ~/.config/crush/crush.json\n")
    assert '"name": "New"' in done.out
    assert configured.snapshot() == before


def test_json_result(configured: Machine) -> None:
    done = configured.run("edit-provider", "acme", "--name", "New", "--yes", "--json")
    assert (done.json["version"], done.json["command"], done.json["ok"]) == (1, "edit-provider", True)
    data = done.json["data"]
    assert set(data) == {"applied", "provider", "changes", "secrets", "left_out", "selected", "tests"}
    assert (data["applied"], data["provider"]) == (True, {"id": "acme", "name": "New"})
    assert [change["action"] for change in data["changes"]] == ["update"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--id", "new"], "crush-wizard remove-provider"),
        (["--set", "no-such.context_window=1"], "unknown answer: --set no-such.context_window"),
        (["--set", "acme-1.contex_window=1"], "did you mean `acme-1.context_window`?"),
        (["--set", "acme-2.context_window=1", "--model", "acme 2"], "a model id has no spaces"),
        (["--type", "nonsense"], "unknown type `nonsense`"),
        (["--base-url", "ftp://x"], "--base-url"),
        (["--large", "nope"], "this provider has no model `nope`"),
        (["--api-key", "sk-1"], "--api-key-stdin"),
        (["--merge"], "No such option"),
    ],
)
def test_wrong_flags(configured: Machine, flags: list[str], says: str) -> None:
    done = configured.run("edit-provider", "acme", "--yes", *flags)
    assert done.code == 2, done.err
    assert says in done.err
    assert configured.config.read_text(encoding="utf-8") == CONFIG


def test_a_literal_key_has_no_placeholder_to_spell(configured: Machine) -> None:
    configured.write_config(CONFIG.replace("$ACME_KEY", "literal-canary-4711"))
    done = configured.run("edit-provider", "acme", "--yes", "--placeholder", "lookup")
    assert done.code == 2
    assert "crush-wizard secret adopt" in done.err
    assert "literal-canary-4711" not in done.err


def test_a_name_that_crush_ignores_is_said_and_the_other_one_used(configured: Machine) -> None:
    configured.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}')
    done = configured.run("edit-provider", "groq", "--name", "Foo", "--yes")
    assert done.code == 0
    assert "Crush ignores the name: groq is built in, and keeps its own" in done.err
    assert "Saved Groq to" in done.err


def test_a_provider_that_is_not_there(configured: Machine) -> None:
    unknown = configured.run("edit-provider", "acmee", "--yes", "--name", "x")
    assert (unknown.code, "did you mean `acme`?" in unknown.err) == (2, True)
    builtin = configured.run("edit-provider", "groq", "--yes", "--name", "x")
    assert (builtin.code, "crush-wizard add-provider groq" in builtin.err) == (4, True)


# Which file


def test_of_two_files_the_stronger_one_is_edited(configured: Machine) -> None:
    crushrc = configured.config.with_name("crushrc")
    crushrc.write_text('provider add acme --name "From the script"\n')
    done = configured.run("edit-provider", "acme", "--yes", "--name", "New")
    assert done.code == 0, done.err
    assert crushrc.read_text() == "provider add acme --name New\n"
    assert configured.config.read_text(encoding="utf-8") == CONFIG
    assert "acme is also in ~/.config/crush/crush.json" in done.err


def test_a_stronger_file_is_named(configured: Machine) -> None:
    project = configured.home / "project"
    project.mkdir()
    (project / "crush.json").write_text('{"providers": {"acme": {"name": "Ours"}}}')
    done = configured.run("edit-provider", "acme", "--yes", "--name", "New", cwd=project)
    assert done.code == 0, done.err
    assert "acme: name in ~/project/crush.json:1 wins here" in done.err
    assert configured.entries["acme"]["name"] == "New"
    assert configured.run("edit-provider", "acme", "--yes", "--name", "P", "--scope", "project", cwd=project).code == 0
    assert json.loads((project / "crush.json").read_text()) == {"providers": {"acme": {"name": "P"}}}


def test_a_crushrc_is_edited_in_place(machine: Machine) -> None:
    crushrc = machine.config.with_name("crushrc")
    crushrc.parent.mkdir(parents=True)
    crushrc.write_text(
        "# mine\nprovider add acme --type openai-compat --base-url https://a.example/v1 \\\n"
        "  --extra-header X-A 1\nmodel add acme/one --context-window 1000\n"
    )
    done = machine.run("edit-provider", "acme", "--yes", "--base-url", "https://b.example/v1", "--header", "X-A=2")
    assert done.code == 0, done.err
    assert crushrc.read_text() == (
        "# mine\nprovider add acme --type openai-compat --base-url 'https://b.example/v1' \\\n"
        "  --extra-header X-A 2\nmodel add acme/one --context-window 1000\n"
    )


def test_crushs_own_file_is_edited_under_its_lock(configured: Machine) -> None:
    own = configured.home / ".local" / "share" / "crush" / "crush.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"providers":{"typed":{"api_key":"$TYPED_KEY","base_url":"https://typed.example/v1"}}}')
    done = configured.run("edit-provider", "typed", "--yes", "--name", "Typed", "--file", str(own))
    assert done.code == 0, done.err
    assert json.loads(own.read_text())["providers"]["typed"]["name"] == "Typed"
    assert (own.stat().st_mode & 0o777, own.with_name("crush.json.lock").exists()) == (0o600, True)


# What Crush says


@pytest.mark.parametrize(("listed", "code", "says"), [("acme/acme-1", 0, "1 model"), ("x/y", 1, "no model")])
def test_crush_is_asked_afterwards(configured: Machine, tmp_path: Path, listed: str, code: int, says: str) -> None:
    program = tmp_path / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo crush version 0.96.1\necho {listed}\n')
    program.chmod(0o755)
    path = f"{program.parent}:{configured.env['PATH']}"
    done = configured.run("edit-provider", "acme", "--yes", "--name", "New", "--verify", env={"PATH": path})
    assert (done.code, f"lists {says} of acme" in done.err) == (code, True)
    assert configured.entries["acme"]["name"] == "New"


# The test before it is written


def reachable(httpserver: HTTPServer) -> str:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "acme-1"}]})
    return httpserver.url_for("/v1")


def test_a_refused_key_stores_nothing(
    machine_with_keyring: Machine, secret_service: SecretService, httpserver: HTTPServer
) -> None:
    machine_with_keyring.write_config(CONFIG.replace("https://llm.acme.example/v1", reachable(httpserver)))
    httpserver.expect_request("/v1/chat/completions").respond_with_json({"error": {"message": "bad key"}}, status=401)
    before = machine_with_keyring.config.read_text()
    arguments = ("edit-provider", "acme", "--yes", "--api-key-stdin", "--timeout", "5")
    done = machine_with_keyring.run(*arguments, stdin="wrong-canary", env={"WIZARD_OFFLINE": ""})
    assert done.code == 4, done.err
    assert "nothing was stored" in done.err
    assert "wrong-canary" not in done.err
    assert secret_service.get("ACME_KEY") is None
    assert machine_with_keyring.config.read_text() == before


def test_the_test_sends_the_headers_that_stay(machine: Machine, httpserver: HTTPServer) -> None:
    machine.write_config(CONFIG)
    url = reachable(httpserver)
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(Program(key=None, any_name=True).answer)
    env = {"WIZARD_OFFLINE": "", "ACME_KEY": "a-key"}
    flags = ("--base-url", url, "--header", "X-New=1", "--test", "--timeout", "5")
    done = machine.run("edit-provider", "acme", "--yes", *flags, env=env)
    assert done.code == 0, done.err
    asked = [request for request, _ in httpserver.log if request.path == "/v1/chat/completions"]
    assert {(one.headers["X-Team"], one.headers["X-New"], one.headers["Authorization"]) for one in asked} == {
        ("a", "1", "Bearer a-key")
    }
    assert machine.entries["acme"]["base_url"] == url


def test_an_entry_without_a_name_is_called_by_its_id(machine: Machine) -> None:
    entry = {"type": "openai-compat", "base_url": "http://llm.example/v1", "models": [{"id": "m", "name": "M"}]}
    machine.write_config(json.dumps({"providers": {"office": entry}}))
    edited = machine.run("edit-provider", "office", "--base-url", "http://llm.example/v2", "--yes")
    assert edited.code == 0, edited.err
    assert "✓ Saved office to" in edited.err
    assert "name" not in machine.entries["office"]


# Clouds


AWS_CONFIG = """[profile work]
sso_start_url = https://x.awsapps.com/start
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s
"""


def changed(machine: Machine, provider: str, *settings: str) -> dict[str, Any]:
    flags = [word for setting in settings for word in ("--set", setting)]
    done = machine.run("edit-provider", provider, "--yes", *flags)
    assert done.code == 0, done.err
    entry: dict[str, Any] = machine.entries[provider]
    return entry


def test_the_sign_in_of_bedrock_changes_and_changes_back(machine: Machine) -> None:
    """The command that signs in again goes with the profile; a profile is in the configuration's `env`."""
    (machine.home / ".aws").mkdir()
    (machine.home / ".aws/config").write_text(AWS_CONFIG, encoding="utf-8")
    assert machine.run("add-provider", "bedrock", "--yes", "--set", "profile=work").code == 0
    first = machine.entries["bedrock"]
    assert first["aws_auth_refresh"] == "aws sso login --profile work"
    assert "aws_auth_refresh" not in changed(machine, "bedrock", "profile=keys")
    assert json.loads(machine.config.read_text())["env"] == {"AWS_PROFILE": "keys"}
    assert changed(machine, "bedrock", "profile=work") == first
    with_key = changed(machine, "bedrock", "auth=key")
    assert with_key["api_key"] == "$AWS_BEARER_TOKEN_BEDROCK"
    assert "aws_auth_refresh" not in with_key
    assert changed(machine, "bedrock", "auth=profile") == first
    assert changed(machine, "bedrock", "auth=profile") == first


def test_the_region_of_bedrock_is_another_provider(machine: Machine) -> None:
    assert machine.run("add-provider", "bedrock", "--yes").code == 0
    done = machine.run("edit-provider", "bedrock", "--yes", "--set", "region=eu")
    assert done.code == 2
    assert "crush-wizard add-provider bedrock --set region=eu" in done.err


def test_the_sign_in_of_azure_changes_and_changes_back(machine: Machine) -> None:
    given = ("--set", "resource=res", "--set", "deployment=team:gpt-5", "--set", "auth=az")
    assert machine.run("add-provider", "azure", "--yes", *given).code == 0
    first = machine.entries["azure-openai"]
    assert changed(machine, "azure-openai", "auth=key") == {**first, "api_key": "$AZURE_OPENAI_API_KEY"}
    assert changed(machine, "azure-openai", "auth=entra") == {**first, "api_key": "$AZURE_OPENAI_AD_TOKEN"}
    assert changed(machine, "azure-openai", "auth=az") == first


def test_the_project_of_vertex_changes(machine: Machine) -> None:
    given = ("--set", "project=p1", "--set", "location=global")
    assert machine.run("add-provider", "vertexai", "--yes", *given).code == 0
    changed(machine, "vertexai", "project=p2")
    assert json.loads(machine.config.read_text())["env"] == {"VERTEXAI_PROJECT": "p2", "VERTEXAI_LOCATION": "global"}
