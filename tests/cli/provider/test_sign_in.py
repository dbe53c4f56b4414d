"""add-provider of what Crush signs in to itself, without a terminal; and what others make of a login."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from wizard.cli.provider.add import command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine
    from tests.model_server import ModelServer

ACCESS, REFRESH = "tid-access-canary-4711", "ghu-refresh-canary-4711"
NEW = "Available platforms are: hyper, copilot, openai."


def put_crush(machine: Machine, platforms: str = "Available platforms are: hyper, copilot.") -> None:
    """A Crush that only tells what it can do."""
    program = machine.home / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in\n--version) echo crush version v0.90.0;;\n"login --help") echo "{platforms}";;\n'
        "*) touch $HOME/started;;\nesac\n"
    )
    program.chmod(0o755)
    machine.env["PATH"] = f"{program.parent}:/usr/bin:/bin"


def log_in(machine: Machine, provider: str = "copilot", *, ends_in: int = 3600, refresh: str = REFRESH) -> Path:
    """What `crush login` leaves behind."""
    token = {"access_token": ACCESS, "expires_in": 1500, "expires_at": int(time.time()) + ends_in}
    entry = {"api_key": ACCESS, "oauth": {**token, **({"refresh_token": refresh} if refresh else {})}}
    own = machine.home / ".local" / "share" / "crush" / "crush.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(json.dumps({"providers": {provider: entry}}))
    own.chmod(0o600)
    return own


@pytest.fixture
def online(machine: Machine) -> Machine:
    del machine.env["WIZARD_OFFLINE"]
    return machine


# Without a person


@pytest.mark.parametrize(
    "words", [("copilot",), ("copilot", "--yes"), ("GitHub-Copilot", "--json"), ("login:copilot",)]
)
def test_it_needs_a_person(online: Machine, words: tuple[str, ...]) -> None:
    put_crush(online)
    done = online.run("add-provider", *words)
    assert done.code == 3
    said = done.out if "--json" in words else done.err
    assert "signing in to GitHub Copilot needs a person" in said
    assert "crush login copilot" in said
    assert not (online.home / "started").exists()
    assert not online.config.exists()


def test_a_dry_run_says_the_command(online: Machine) -> None:
    put_crush(online)
    done = online.run("add-provider", "hyper", "--dry-run")
    assert (done.code, done.err) == (0, "this would run: crush login hyper\n")


def test_without_crush_there_is_something_to_install(online: Machine) -> None:
    done = online.run("add-provider", "copilot")
    assert done.code == 4
    assert "Crush itself signs in to GitHub Copilot, but crush is not on PATH" in done.err
    assert "hint: get it: " in done.err


def test_what_this_crush_can_not_is_refused(online: Machine) -> None:
    put_crush(online)
    done = online.run("add-provider", "login:openai")
    assert done.code == 4
    assert "the Crush on this machine can't sign in to OpenAI" in done.err
    assert "it can sign in to hyper and copilot" in done.err


def test_a_newer_crush_can_more(online: Machine) -> None:
    put_crush(online, NEW)
    assert "crush login openai" in online.run("add-provider", "login:openai", "--dry-run").err


def test_a_crush_without_logins(online: Machine) -> None:
    put_crush(online, "")
    assert "hint: update Crush" in online.run("add-provider", "copilot").err


def test_offline_nobody_signs_in(online: Machine) -> None:
    put_crush(online)
    done = online.run("add-provider", "copilot", "--offline")
    assert done.code == 4
    assert "needs the network" in done.err


def test_who_is_signed_in_is_done(online: Machine) -> None:
    put_crush(online)
    log_in(online)
    done = online.run("add-provider", "copilot", "--json")
    assert (done.code, done.json["data"]["login"]) == (0, "valid")
    assert "crush login --force copilot" in done.out


def test_an_expired_login_is_signed_in_anew(online: Machine) -> None:
    put_crush(online)
    log_in(online, ends_in=-5, refresh="")
    assert "this would run: crush login --force copilot" in online.run("add-provider", "copilot", "--dry-run").err


def test_a_preset_of_ones_own_comes_first(online: Machine) -> None:
    folder = online.home / ".config" / "crush-wizard" / "presets"
    folder.mkdir(parents=True)
    text = (
        'id = "hyper"\nname = "Mine"\ndescription = "Mine"\ntype = "openai-compat"\nbase_url = "https://m.example/v1"\n'
    )
    (folder / "hyper.toml").write_text(
        f'{text}[key]\nneed = "none"\n[[model]]\nid = "m"\nname = "M"\ncontext_window = 9\n'
    )
    assert online.run("add-provider", "hyper", "--yes", "--no-test", "--offline").code == 0
    assert online.entries["hyper"]["base_url"] == "https://m.example/v1"


def test_help_names_them() -> None:
    assert "crush login" in str(command.help)


# A login is a key that is there


@pytest.mark.parametrize(
    ("ends_in", "refresh", "words", "state"),
    [
        (3600, REFRESH, "login ", "valid"),
        (-5, REFRESH, "login (Crush renews it)", "renewed"),
        (-5, "", "login expired", "expired"),
    ],
)
def test_list_knows_how_it_is(machine: Machine, ends_in: int, refresh: str, words: str, state: str) -> None:
    log_in(machine, ends_in=ends_in, refresh=refresh)
    assert words in machine.run("list").out
    (provider,) = machine.run("list", "--json").json["data"]["providers"]
    assert (provider["status"], provider["key"]["login"]) == ("ready", state)


def test_doctor_has_nothing_against_a_login(machine: Machine) -> None:
    log_in(machine, ends_in=-5)
    codes = {found["code"] for found in machine.run("doctor", "--json").json["data"]["findings"]}
    assert not codes & {"D10", "D14", "D30", "W1"}
    log_in(machine, ends_in=-5, refresh="")
    done = machine.run("doctor")
    assert "D30 copilot: its login has expired" in done.out
    assert "crush login --force copilot" in done.out


@pytest.mark.parametrize(
    ("refresh", "reason", "hint"),
    [
        (REFRESH, "its login has expired, and only Crush can renew it", "start Crush: it renews the login"),
        ("", "its login has expired", "crush login --force hyper"),
    ],
)
def test_a_login_that_has_run_out_is_no_failed_key(online: Machine, refresh: str, reason: str, hint: str) -> None:
    log_in(online, "hyper", ends_in=-5, refresh=refresh)
    done = online.run("test", "hyper", "--json")
    (result,) = done.json["data"]["results"]
    assert {step["detail"] for step in result["steps"]} == {reason}
    assert hint in result["steps"][0]["hint"]


def test_the_models_of_hyper_are_listed_where_it_is_asked_for_chats(online: Machine, model_server: ModelServer) -> None:
    log_in(online, "hyper")
    model_server.key = ACCESS
    origin = model_server.url.removesuffix("/v1")
    done = online.run("models", "hyper", "--json", env={"HYPER_URL": origin})
    assert done.code == 0, done.err
    assert {"GET /v1/models"} == set(model_server.seen)


def test_no_token_is_shown_or_copied(machine: Machine) -> None:
    log_in(machine)
    for words in (
        ("list",),
        ("list", "--json"),
        ("show", "copilot"),
        ("show", "copilot", "--json"),
        ("doctor", "--report"),
        ("doctor", "--json"),
        ("export", "-"),
        ("test", "--curl"),
        ("secret", "adopt", "--dry-run"),
        ("hide", "copilot", "--dry-run"),
        ("env", "--names"),
        ("use", "large", "copilot/gpt-5", "--dry-run", "--json"),
    ):
        done = machine.run(*words)
        assert ACCESS not in done.out + done.err, words
        assert REFRESH not in done.out + done.err, words


def test_a_profile_with_a_login_finds_it_here_or_says_how_to_have_one(online: Machine, tmp_path: Path) -> None:
    """Such a provider is never written whole: only Crush can sign in to it."""
    put_crush(online)
    profile = tmp_path / "p.toml"
    profile.write_text('profile = 1\n[selected.large]\nprovider = "hyper"\nmodel = "m"\n[providers.hyper]\n')
    before = online.run("import", str(profile), "--yes", "--dry-run")
    assert "hint: before Crush starts, log in: crush login hyper" in before.err
    log_in(online, "hyper")
    done = online.run("import", str(profile), "--yes")
    assert done.code == 0, done.err
    assert "large model: hyper/m" in done.err
    assert "hint:" not in done.err
    assert "written whole" not in before.err + done.err


def test_a_login_is_ones_own(machine: Machine) -> None:
    log_in(machine)
    hidden = machine.run("hide", "--others", "--dry-run", "--json").json["data"]["hidden"]
    assert "copilot" not in hidden
    assert "hyper" in hidden
