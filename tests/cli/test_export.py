"""`export` as scripts and people use it: what a profile holds, and what never gets into one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

CANARY = "sk-canary-5d1c9e0123456789"
PASSWORD = "hunter2-and-more"
"""Nothing in it looks like a key."""
WORK = {
    "type": "openai-compat",
    "base_url": "https://llm.work.example/v1",
    "api_key": "$WORK_API_KEY",
    "extra_headers": {"X-Team": "search", "X-Token": "${TOKEN:-$(crush-wizard secret get TOKEN || true)}"},
    "extra_body": {"options.num_ctx": 5, "list": [1, {"a": [True]}]},
    "models": [{"id": "w-1", "name": "Wörk", "context_window": 128000}, {"id": "w-2", "name": "W2"}],
}
LOCAL = {
    "type": "ollama",
    "base_url": "http://localhost:11434/v1",
    "api_key": "ollama",
    "models": [{"id": "q", "name": "q"}],
}
CONFIG = {
    "providers": {"work": WORK, "local": LOCAL},
    "models": {"large": {"provider": "work", "model": "w-1", "max_tokens": 99}},
    "options": {"debug": True},
}


@pytest.fixture
def equipped(machine: Any) -> Any:
    machine.write_config(json.dumps(CONFIG))
    return machine


def _with_provider(machine: Any, **entry: Any) -> None:
    machine.write_config(json.dumps({"providers": {"p": {"base_url": "https://p.example/v1", **entry}}}))


def test_a_profile_has_providers_choices_and_names_of_secrets(equipped: Any) -> None:
    done = equipped.run("export")
    assert done.code == 0
    assert tomllib.loads(done.out) == {
        "profile": 1,
        "secrets": ["WORK_API_KEY", "TOKEN"],
        "selected": CONFIG["models"],
        "machine_bound": {"local": ["base_url"]},
        "providers": CONFIG["providers"],
    }
    assert "local: base_url may hold for this machine only" in done.err


def test_only_some_of_it(equipped: Any) -> None:
    profile = tomllib.loads(equipped.run("export", "--provider", "local").out)
    assert list(profile["providers"]) == ["local"]
    assert "selected" not in profile
    assert equipped.run("export", "--provider", "nobody").code == 2


def test_only_the_users_files_or_the_projects_or_one(equipped: Any, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps({"providers": {"here": LOCAL}}), encoding="utf-8")

    def exported(*flags: str) -> list[str]:
        return list(tomllib.loads(equipped.run("export", *flags, cwd=project).out)["providers"])

    assert sorted(exported()) == ["here", "local", "work"]
    assert exported("--scope", "user") == ["work", "local"]
    assert exported("--scope", "project") == ["here"]
    assert exported("--file", "crush.json") == ["here"]
    assert equipped.run("export", "--file", "nowhere.json").code == 2


def test_a_crushrc_is_exported_like_a_crush_json(equipped: Any) -> None:
    as_json = equipped.run("export").out
    assert equipped.run("convert", "--to", "crushrc", "--yes").code == 0
    assert tomllib.loads(equipped.run("export").out) == tomllib.loads(as_json)


def test_a_file_is_replaced_only_when_that_is_wanted(equipped: Any) -> None:
    target = equipped.home / "team.toml"
    assert equipped.run("export", "team.toml").code == 0
    written = target.read_bytes()
    assert equipped.run("export", "team.toml").code == 0, "the same again is no conflict"
    target.write_text("other = 1", encoding="utf-8")
    assert equipped.run("export", "team.toml").code == 4
    assert target.read_text(encoding="utf-8") == "other = 1"
    assert equipped.run("export", "team.toml", "--yes").code == 0
    assert target.read_bytes() == written


@pytest.mark.parametrize(
    "entry",
    [
        {"api_key": CANARY},
        {"extra_headers": {"Authorization": f"Bearer {CANARY}"}},
        {"base_url": f"https://u:{CANARY}@p.example/v1"},
        {"extra_body": {"token": CANARY}},
    ],
)
def test_a_key_in_plain_text_is_refused_or_left_out(machine: Any, entry: dict[str, Any]) -> None:
    _with_provider(machine, **entry)
    refused = machine.run("export", "--json")
    assert refused.code == 4
    assert "secret adopt" in refused.json["error"]["hint"]
    left = machine.run("export", "--skip-literals", "--json")
    assert left.code == 0
    (out,) = left.json["data"]["left_out"]
    assert out["field"].split()[0] in entry
    for stream in (refused.out, refused.err, left.out, left.err):
        assert CANARY not in stream


@pytest.mark.parametrize(
    "entry",
    [
        {"api_key": f"${{P_KEY:-{PASSWORD}}}"},
        {"extra_headers": {"X-Token": f"${{P_KEY-{PASSWORD}}}"}},
        {"base_url": f"https://u:${{P_KEY:-{PASSWORD}}}@p.example/v1"},
        {"extra_body": {"token": f"${{P_KEY:-{PASSWORD}}}"}},
    ],
)
def test_a_key_as_the_default_of_a_variable_is_one_in_plain_text(machine: Any, entry: dict[str, Any]) -> None:
    _with_provider(machine, **entry)
    refused = machine.run("export", "--json")
    assert refused.code == 4
    assert "write $NAME" in refused.json["error"]["hint"]
    assert "secret adopt" not in refused.json["error"]["hint"], "it does not find these"
    left = machine.run("export", "--skip-literals", "--json")
    assert left.code == 0
    (out,) = left.json["data"]["left_out"]
    assert "default" in out["reason"]
    for stream in (refused.out, refused.err, left.out, left.err):
        assert PASSWORD not in stream


@pytest.mark.parametrize("default", ["", "none", "dummy", "$OTHER_KEY", "$(pass show p)"])
def test_a_default_that_is_no_key_comes_along(machine: Any, default: str) -> None:
    _with_provider(machine, api_key=f"${{P_KEY:-{default}}}")
    done = machine.run("export")
    assert done.code == 0, done.err
    assert tomllib.loads(done.out)["providers"]["p"]["api_key"] == f"${{P_KEY:-{default}}}"


def test_a_key_and_a_default_have_each_their_way_out(machine: Any) -> None:
    _with_provider(machine, api_key=CANARY, extra_headers={"X-Token": f"${{P_KEY:-{PASSWORD}}}"})
    refused = machine.run("export")
    assert refused.code == 4
    assert "secret adopt" in refused.err
    assert "secret set NAME" in refused.err


def test_a_login_stays_on_its_machine(machine: Any) -> None:
    oauth = {"access_token": CANARY, "refresh_token": CANARY, "expires_in": 9, "expires_at": 9}
    machine.write_config(json.dumps({"providers": {"copilot": {"oauth": oauth, "api_key": CANARY}, "local": LOCAL}}))
    done = machine.run("export")
    assert done.code == 0
    assert tomllib.loads(done.out)["providers"]["copilot"] == {}
    assert "log in again" in done.err
    assert CANARY not in done.out + done.err


@pytest.mark.parametrize(
    ("entry", "bound"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, ["base_url"]),
        ({"base_url": "http://[::1]:1/v1"}, ["base_url"]),
        ({"base_url": "http://192.168.1.4/v1"}, None),
        ({"api_key": "$(pass show it)"}, ["api_key"]),
        ({"api_key": "$(cat ~/key)"}, ["api_key"]),
        ({"api_key": "${K:-$(crush-wizard secret get K)}"}, None),
        ({"models": [{"id": "/srv/models/llama.gguf"}]}, ["models"]),
        ({"models": [{"id": "org/llama"}]}, None),
        ({"extra_body": {"adapter": "C:\\models\\a"}}, ["extra_body"]),
        ({"aws_auth_refresh": "aws sso login"}, ["aws_auth_refresh"]),
    ],
)
def test_what_holds_for_one_machine_is_marked(machine: Any, entry: dict[str, Any], bound: list[str] | None) -> None:
    _with_provider(machine, **entry)
    profile = tomllib.loads(machine.run("export").out)
    assert profile.get("machine_bound") == (bound and {"p": bound})


def test_nothing_to_export(machine: Any) -> None:
    assert machine.run("export").code == 4
    machine.write_config("{")
    assert machine.run("export").code == 4


def test_values_that_only_a_script_tells_are_named(machine: Any) -> None:
    machine.config.parent.mkdir(parents=True)
    script = 'provider add p --base-url "https://p.example/v1" --api-key "$(id -u)$$"\nmodel add p/m --name M\n'
    machine.config.with_name("crushrc").write_text(script, encoding="utf-8")
    done = machine.run("export")
    assert done.code == 0, done.err
    assert "api_key" not in tomllib.loads(done.out)["providers"]["p"]
    assert "only running the crushrc would tell" in done.err


# With secrets


@pytest.fixture
def with_secret(equipped: Any) -> Any:
    done = equipped.run("secret", "set", "WORK_API_KEY", "--stdin", "--store", "file", stdin=CANARY)
    assert done.code == 0, done.err
    (equipped.home / "pw").write_text("correct horse\n", encoding="utf-8")
    return equipped


def test_secrets_go_into_an_encrypted_file_only(with_secret: Any) -> None:
    done = with_secret.run("export", "all.age", "--with-secrets", "--passphrase-file", "pw")
    assert done.code == 0, done.err
    assert "TOKEN has no value here" in done.err
    sealed = (with_secret.home / "all.age").read_text(encoding="ascii")
    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    holders = [path for path in with_secret.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holders == []
    assert CANARY not in done.out + done.err


def test_nobody_is_there_to_give_a_passphrase(with_secret: Any) -> None:
    done = with_secret.run("export", "-", "--with-secrets")
    assert done.code == 3
    assert "--recipient" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "flags",
    [
        ("--recipient", "age1x"),
        ("--passphrase-file", "pw"),
        ("--with-secrets", "--passphrase-file", "pw", "--recipient", "age1x"),
        ("--with-secrets", "--passphrase-file", "nowhere"),
        ("--with-secrets", "--recipient", "nonsense"),
        ("--with-secrets", "--passphrase-file", "pw", "--json"),
    ],
)
def test_flags_that_make_no_sense(with_secret: Any, flags: tuple[str, ...]) -> None:
    done = with_secret.run("export", *flags)
    assert done.code == 2
    assert CANARY not in done.out + done.err


def test_an_agent_gets_no_secrets(with_secret: Any) -> None:
    flags = ("export", "-", "--with-secrets", "--passphrase-file", "pw")
    assert with_secret.run(*flags, env={"CRUSH": "1"}).code == 4
    assert with_secret.run(*flags, "--allow-agent", env={"CRUSH": "1"}).code == 0


def test_a_key_in_a_choice_is_refused_or_left_out(machine: Any) -> None:
    slot = {"provider": "local", "model": "q", "provider_options": {"api_key": CANARY}}
    machine.write_config(json.dumps({"providers": {"local": LOCAL}, "models": {"large": slot}}))
    refused = machine.run("export")
    left = machine.run("export", "--skip-literals")
    assert (refused.code, left.code) == (4, 0)
    assert tomllib.loads(left.out)["selected"]["large"] == {"provider": "local", "model": "q"}
    assert CANARY not in refused.out + refused.err + left.out + left.err
