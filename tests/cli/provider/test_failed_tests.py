"""`add-provider --yes` and `doctor` where the endpoint is no good: what is written, taken instead, and said."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.trial.programs import KEY, PAGE, WRONG, Program, error, running

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

ONLINE = {"WIZARD_OFFLINE": ""}
NO_DB = (400, error("No connected db.", "400", "no_db_connection"))
XAI = (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: sk***10."})
ONLY_SMALL = (
    401,
    error(
        "key not allowed to access model. This key can only access models=['m-small']", "401", "key_model_access_denied"
    ),
)


def add(machine: Machine, url: str, *flags: str, key: str = KEY, preset: str = "openai-compatible") -> Any:
    base = ("add-provider", preset, "--id", "mine", "--base-url", url, "--yes", "--timeout", "5")
    return machine.run(*base, "--api-key-stdin", "--secret-store", "file", *flags, stdin=key, env=ONLINE)


@pytest.mark.parametrize(
    ("program", "models"),
    [
        (Program(refused=XAI), ("--model", "m-big")),
        (Program(refused=XAI, open_list=True), ("--model", "m-big")),
        (Program(refused=NO_DB), ("--model", "m-big")),
        (Program(listing=(401, ""), chat=(404, "")), ("--model", "m-big")),
        (Program(refused=(403, {"detail": "Authorization failed"})), ("--model", "m-big")),
    ],
    ids=["xAI", "xAI, an open list", "LiteLLM without a database", "the list 401, the chat 404", "NVIDIA"],
)
def test_a_wrong_key_is_not_stored_whatever_the_status(
    machine: Machine, program: Program, models: tuple[str, ...]
) -> None:
    before = machine.snapshot()
    with running(program) as root:
        done = add(machine, f"{root}/v1", *models, key=WRONG)
    assert done.code == 4, done.err
    assert "nothing was stored: the key was refused" in done.err
    assert done.err.count("the key was refused") == 1
    assert machine.snapshot() == before


def test_missing_models_are_named_with_why_the_endpoint_lists_none(machine: Machine) -> None:
    with running(Program()) as root:
        done = add(machine, f"{root}/v1", key=WRONG)
    assert done.code == 3
    assert "Model ids (endpoint lists no models: the key was refused" in done.err


def test_a_cure_that_was_tried_is_taken_and_said(machine: Machine) -> None:
    with running(Program(models=("gpt-5",))) as root:
        done = add(machine, f"{root}/v1", "--model", "gpt-5", preset="openai-gateway")
        assert done.code == 0, done.err
        entry = machine.entries["mine"]
        assert (entry["type"], entry["base_url"]) == ("openai-compat", f"{root}/v1")
        assert f"taken, because it works: type openai-compat, base_url {root}/v1" in done.err
        assert machine.run("test", env=ONLINE).out.endswith("1 of 1 works\n")


@pytest.mark.parametrize("elsewhere", [(404, ""), (405, ""), (200, {"error": "no such path"}), PAGE])
def test_a_path_that_was_tried_is_taken(machine: Machine, elsewhere: Any) -> None:
    with running(Program(base="/openai/v1", elsewhere=elsewhere)) as root:
        done = add(machine, f"{root}/v2", "--model", "m-big")
    assert done.code == 0, done.err
    assert machine.entries["mine"]["base_url"] == f"{root}/openai/v1"


@pytest.mark.parametrize(
    "program",
    [
        Program(base="/nowhere", elsewhere=(502, "<html>Bad Gateway</html>")),
        Program(base="/nowhere", elsewhere=PAGE),
        Program(tools=(400, error("m-big does not support tools"))),
        Program(chat=(402, error("Insufficient Balance"))),
    ],
    ids=["502", "a web site", "no tools", "no credit"],
)
def test_a_failed_test_without_a_cure_writes_nothing(machine: Machine, program: Program) -> None:
    before = machine.snapshot()
    with running(program) as root:
        done = add(machine, f"{root}/v1", "--model", "m-big")
        assert done.code == 4, done.err
        assert "nothing was written, because the test fails" in done.err
        assert machine.snapshot() == before
        assert add(machine, f"{root}/v1", "--model", "m-big", "--no-test").code == 0
    assert "mine" in machine.entries


def test_who_can_not_be_reached_is_written_and_said_to_be_untested(machine: Machine) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = add(machine, f"http://127.0.0.1:{unused.getsockname()[1]}/v1", "--model", "m-big")
    assert done.code == 0, done.err
    assert "mine can't be reached now: saving it untested" in done.err
    assert "mine" in machine.entries


def test_a_key_that_may_not_use_all_models_is_kept(machine: Machine) -> None:
    program = Program(forbidden={"m-big": ONLY_SMALL})
    with running(program) as root:
        done = add(machine, f"{root}/v1", "--model", "m-big", "--model", "m-small", "--no-test")
        assert done.code == 0, done.err
        tested = machine.run("test", "mine", env=ONLINE)
    assert "the key works, but not for m-big" in tested.out
    assert "m-small" in tested.out
    assert "key was refused" not in tested.out


# what is already set up


def has(machine: Machine, url: str, **more: Any) -> None:
    entry = {"type": "openai-compat", "base_url": url, "api_key": KEY, "models": [{"id": "m-big"}], **more}
    machine.write_config(json.dumps({"providers": {"mine": entry}}))


@pytest.mark.parametrize(
    ("program", "path", "cure"),
    [
        (Program(base="/nowhere", elsewhere=(502, "<html>Bad Gateway</html>")), "/v1", "try again later"),
        (Program(base="/nowhere", elsewhere=PAGE), "/v1", "base_url"),
        (Program(), "", "set base_url to"),
        (Program(elsewhere=(200, {"error": "no"})), "", "set base_url to"),
        (Program(models=("m-bigger",)), "/v1", "m-bigger"),
    ],
    ids=["502", "a web site", "no /v1, 404", "no /v1, 200", "no such model"],
)
def test_nothing_broken_is_said_to_work(machine: Machine, program: Program, path: str, cure: str) -> None:
    with running(program) as root:
        has(machine, root + path)
        quick = machine.run("test", "--quick", env=ONLINE)
        doctor = machine.run("doctor", env=ONLINE)
    for done in (quick, doctor):
        assert done.code == 1, done.out + done.err
        assert "mine: works" not in done.out + done.err
        assert cure in done.out


def test_a_hanging_server_is_never_said_to_work(machine: Machine) -> None:
    with running(Program(silent=True)) as root:
        has(machine, f"{root}/v1")
        quick = machine.run("test", "--quick", "--timeout", "0.5", env=ONLINE)
    assert quick.code == 1
    assert "works" not in quick.out + quick.err


def test_what_is_only_reachable_says_so_and_what_to_run(machine: Machine) -> None:
    with running(Program(open_list=True)) as root:
        has(machine, f"{root}/v1")
        quick = machine.run("test", "--quick", env=ONLINE)
    assert quick.code == 0
    assert "mine: reachable, not proven: the list of models needs no key" in quick.out
    assert "crush-wizard test mine" in quick.out


@pytest.mark.parametrize("chosen", [False, True])
def test_a_refused_limit_matters_where_crush_sends_one(machine: Machine, chosen: bool) -> None:
    """Crush sends none of a model without `default_max_tokens`, unless a slot says one."""
    program = Program(limit=(400, error("Unsupported parameter: 'max_tokens' is not supported")))
    with running(program) as root:
        has(machine, f"{root}/v1")
        if chosen:
            config = json.loads(machine.config.read_text(encoding="utf-8"))
            slot = {"provider": "mine", "model": "m-big", "max_tokens": 500}
            machine.write_config(json.dumps({**config, "models": {"large": slot}}))
        tested = machine.run("test", env=ONLINE)
    assert tested.code == int(chosen), tested.out
    assert ("mine refuses max_tokens: Crush sends it for titles only" in tested.err) is not chosen
