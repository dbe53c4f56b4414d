"""The onboarding in a real terminal: from an empty home to a provider that passes its test, and on a ready machine."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from tests.canary import CANARY
from tests.cli.provider.test_own_catalogue import OWN, TELLS
from tests.servers.conftest import Endpoint, mock_endpoint  # noqa: F401 - a fixture
from tests.terminal.conftest import SIZES
from wizard.documents.crushrc.document import CrushrcDocument

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer
    from werkzeug import Request

    from tests.conftest import SecretService
    from tests.terminal.conftest import Terminal, User

ACME_KEY = "acme-literal-canary-4711"
OFFICE = """\
id = "office"
name = "Office"
description = "The gateway of the house"
type = "openai-compat"
base_url = "{url}/v1"
large = "gpt-4o"
small = "gpt-4o"

[key]
env = "OFFICE_API_KEY"

[[model]]
id = "gpt-4o"
name = "GPT-4o"
cost_per_1m_in = 2.5
cost_per_1m_out = 10
context_window = 128000
default_max_tokens = 16384
"""
CRUSH = """\
#!/bin/sh
case $1 in
--version) echo "crush version 0.96.1" ;;
models) printf 'ollama/house:1\\noffice/gpt-4o\\n' ;;
esac
"""


def answer_as_ollama(request: Request) -> Response:
    """One model, that chats, streams and calls tools."""
    body = request.get_json() if request.method == "POST" and request.data else {}
    if body.get("stream"):
        delta = {"tool_calls": [{"index": 0}]} if "tools" in body else {"content": "OK"}
        chunks: list[Any] = [{"choices": [{"delta": delta}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}]
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return Response(f"{text}data: [DONE]\n\n", content_type="text/event-stream")
    found: dict[str, Any] = {
        "/api/version": {"version": "0.13.0"},
        "/v1/models": {"object": "list", "data": [{"id": "house:1", "object": "model", "owned_by": "library"}]},
        "/api/tags": {"models": [{"name": "house:1", "model": "house:1"}]},
        "/api/show": {"capabilities": ["completion", "tools"], "model_info": {"house.context_length": 40960}},
        "/v1/chat/completions": {"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]},
    }
    if request.path not in found:
        return Response("404 page not found", status=404)
    return Response(json.dumps(found[request.path]), content_type="application/json")


@pytest.fixture
def office(user: User) -> User:
    """Somebody without a network who has a preset of the house."""
    has_preset(user, "https://llm.office.example")
    return user


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def ollama(httpserver: HTTPServer) -> str:
    """Its OLLAMA_HOST."""
    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer_as_ollama)
    return f"127.0.0.1:{httpserver.port}"


def has_preset(user: User, url: str) -> None:
    """The user has a preset of their own for an endpoint."""
    folder = user.config.parents[1] / "crush-wizard" / "presets"
    folder.mkdir(parents=True)
    (folder / "office.toml").write_text(OFFICE.format(url=url))


def has_crush(user: User) -> str:
    """A program named crush; the PATH that leads to it."""
    program = user.home / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(CRUSH)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{program.parent}:{user.env['PATH']}"


def pick(window: Terminal, *names: str) -> None:
    """Pick these from the list of providers, besides what is picked there, and go on."""
    window.wait_for("? Which providers?")
    for name in names:
        window.send(name.lower())
        window.wait_for(f"❯ ○ {name}")
        window.key("tab")
        window.wait_for(f"❯ ● {name}")
        window.key("backspace", len(name))
        window.wait_for("type to filter")
    window.key("enter")
    window.wait_until_gone("? Which providers?")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_from_an_empty_home_to_a_passing_test(
    keyring_user: User,
    secret_service: SecretService,
    mock_endpoint: Endpoint,  # noqa: F811
    ollama: str,
    columns: int,
    rows: int,
) -> None:
    has_preset(keyring_user, mock_endpoint.url)
    env = {
        "WIZARD_OFFLINE": None,
        "OLLAMA_HOST": ollama,
        "CATWALK_URL": mock_endpoint.url,
        "PATH": has_crush(keyring_user),
    }
    window = keyring_user.wizard(env=env, columns=columns, rows=rows)
    window.wait_for("1 picked")  # the server on this machine, as soon as it is seen
    pick(window, "Office")
    window.answer("Office API key", CANARY)
    window.answer("Office refuses this key. What now?")
    window.answer("Office API key", mock_endpoint.key)
    window.answer("Save?")
    window.wait_for("start Crush:")
    assert window.exit_code() == 0, window.screen
    assert window.cooked
    assert secret_service.get("OFFICE_API_KEY") == mock_endpoint.key
    made = keyring_user.config.with_name("crushrc")
    crushrc = CrushrcDocument(made.read_text(encoding="utf-8"), made)
    assert list(crushrc.provider_ids()) == ["ollama", "office"]
    assert crushrc.selection("large") == {"provider": "office", "model": "gpt-4o"}
    for key in (CANARY, mock_endpoint.key):
        assert key.encode() not in window.everything
        assert keyring_user.files_with(key) == []


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_several_that_crush_has_built_in_are_summed_up_as_its_own(
    user: User, tmp_path: Path, columns: int, rows: int
) -> None:
    """Groq is whole: this Crush tells of two providers, and it is none of them."""
    embedded = tmp_path / "embedded.json"
    openai = {**OWN, "id": "openai", "name": "OpenAI", "type": "openai", "api_endpoint": "", "api_key": "$OPENAI_KEY"}
    embedded.write_text(json.dumps([OWN, openai]), encoding="utf-8")
    keys = dict.fromkeys(("DEEPSEEK_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY"), "k-0123456789")
    env = {**keys, "PATH": has_crush(user)}
    (user.home / "bin" / "crush").write_text(TELLS.replace("@", str(embedded)), encoding="utf-8")
    window = user.wizard(env=env, columns=columns, rows=3 * rows)  # all of it can be seen
    pick(window)
    window.wait_for("? Save?")
    rows_seen = " ".join(window.screen.split())
    for row in ("DeepSeek key is $DEEPSEEK_API_KEY, set here", "models Crush's own list (2 models)"):
        assert row in rows_seen
    assert "entry whole: the Crush here does not have it built in" in rows_seen
    assert all(len(line) <= columns for line in window.screen.splitlines())
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    made = next(path for name in ("crush.json", "crushrc") if (path := user.config.with_name(name)).exists())
    assert made.name == "crush.json"  # a crushrc can't say Groq's levels
    entries = json.loads(made.read_text(encoding="utf-8"))["providers"]
    assert (entries["deepseek"], entries["groq"]["type"]) == ({"api_key": "$DEEPSEEK_API_KEY"}, "openai-compat")
    assert "base_url" not in entries["openai"]


def test_without_a_network_all_but_the_tests_works(office: User) -> None:
    window = office.wizard(env={"OFFICE_API_KEY": CANARY})
    window.wait_for("✓ $OFFICE_API_KEY is set")
    window.wait_for("❯ ● Office")
    pick(window)
    window.answer("Save?")
    window.wait_for("get Crush:")
    assert window.exit_code() == 0
    assert office.providers["office"]["api_key"] == "$OFFICE_API_KEY"
    assert CANARY.encode() not in window.everything


def test_going_back_leads_through_all_providers_to_the_list(office: User) -> None:
    window = office.wizard()
    pick(window, "DeepSeek", "Office")
    window.wait_for("DeepSeek (1 of 2)")
    window.answer("DeepSeek API key")
    window.wait_for("Office (2 of 2)")
    window.wait_for_question("Office API key")
    window.key("esc")
    window.wait_for_question("DeepSeek API key")
    window.key("esc")
    window.wait_for_question("Which providers?")
    window.wait_for("2 picked")
    window.send("deepseek")
    window.wait_for("❯ ● DeepSeek")
    window.send(" \r")
    window.answer("Office API key")
    window.change("Which models")
    window.wait_for_question("Which models?")
    window.key("esc")
    window.answer("Office API key")
    window.answer("Which models?")
    window.change("Large model")
    window.choose("Large model", "Decide later")
    window.change("Small model")
    window.choose("Small model", "Decide later")
    window.wait_for_question("Save?")
    window.key("esc")
    window.answer("Which models?")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    written = json.loads(office.config.read_text())
    assert list(written["providers"]) == ["office"]
    assert "models" not in written


def test_a_file_that_changes_before_it_is_written(office: User, hand_written: str) -> None:
    """The same answers are planned for what it holds by then, and confirmed anew."""
    window = office.wizard(env={"OFFICE_API_KEY": CANARY}, rows=80)
    pick(window)
    window.wait_for_question("Save?")
    office.writes(hand_written)
    window.key("enter")
    window.wait_for("was just changed by another program")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert list(office.providers) == ["acme", "deepseek", "office"]


def test_a_refused_key_is_replaced_before_anything_is_written(
    keyring_user: User,
    secret_service: SecretService,
    mock_endpoint: Endpoint,  # noqa: F811
    hand_written: str,
) -> None:
    keyring_user.writes(hand_written)
    has_preset(keyring_user, mock_endpoint.url)
    before = keyring_user.snapshot()
    window = keyring_user.wizard(env=online(mock_endpoint))
    add_office(window)
    window.wait_for_question("Office refuses this key. What now?")
    assert keyring_user.snapshot() == before
    assert secret_service.get("OFFICE_API_KEY") is None
    window.choose("Office refuses this key. What now?", "Paste another key")
    window.answer("Office API key", mock_endpoint.key)
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert secret_service.get("OFFICE_API_KEY") == mock_endpoint.key
    for key in (CANARY, mock_endpoint.key):
        assert key.encode() not in window.everything
        assert keyring_user.files_with(key) == []


def test_who_leaves_at_a_refused_key_has_changed_nothing(
    keyring_user: User,
    secret_service: SecretService,
    mock_endpoint: Endpoint,  # noqa: F811
    hand_written: str,
) -> None:
    keyring_user.writes(hand_written)
    has_preset(keyring_user, mock_endpoint.url)
    before = keyring_user.snapshot()
    window = keyring_user.wizard(env=online(mock_endpoint))
    add_office(window)
    window.wait_for_question("Office refuses this key. What now?")
    window.key("ctrl-c")
    window.wait_for("nothing was changed")
    assert window.exit_code() == 130
    assert window.cooked
    assert keyring_user.snapshot() == before
    assert secret_service.get("OFFICE_API_KEY") is None


def test_a_refused_key_that_is_kept_is_said_and_makes_no_slot(
    keyring_user: User,
    secret_service: SecretService,
    mock_endpoint: Endpoint,  # noqa: F811
) -> None:
    has_preset(keyring_user, mock_endpoint.url)
    window = keyring_user.wizard(env=online(mock_endpoint))
    pick(window, "Office")
    window.answer("Office API key", CANARY)
    window.choose("Office refuses this key. What now?", "Continue with it anyway")
    window.wait_for_question("Save?")
    window.answer("Save?")
    window.wait()
    written = json.loads(keyring_user.config.read_text())
    assert list(written["providers"]) == ["office"]
    assert "models" not in written


def online(server: Endpoint) -> dict[str, str | None]:
    """Something outside answers, and no model server does."""
    return {"WIZARD_OFFLINE": None, "CATWALK_URL": server.url}


def add_office(window: Terminal) -> None:
    """On a ready machine, with a key that is wrong."""
    window.answer("What now?")
    pick(window, "Office")
    window.answer("Office API key", CANARY)


def test_what_takes_its_time_is_said_above_the_first_question(user: User) -> None:
    """Nobody waits for a Crush that does not tell its version."""
    path = has_crush(user)
    (user.home / "bin" / "crush").write_text("#!/bin/sh\nexec sleep 60\n")
    window = user.wizard(env={"PATH": path})
    window.wait_for_question("Which providers?")
    window.wait_for("✓ Crush")
    window.wait_for_question("Which providers?")
    screen = window.screen
    assert screen.count("Which providers?") == 1
    assert screen.index("no API keys") < screen.index("✓ Crush") < screen.index("Which providers?")
    found = re.search(rb"Crush[:,] ", window.everything)
    assert found is not None
    assert window.everything.index(b"Which providers?") < found.start()
    window.key("ctrl-c")
    assert window.exit_code() == 130


# A ready machine


def test_a_ready_machine_shows_how_it_is_and_a_menu(user: User, hand_written: str) -> None:
    user.writes(hand_written)
    before = user.snapshot()
    window = user.wizard()
    window.wait_for("✓ ready: acme")
    window.wait_for("✓ models: large acme/acme-1, small acme/acme-1")
    window.wait_for("? What now?")
    window.key("up")
    window.wait_for("❯ Nothing")
    window.key("enter")
    assert window.exit_code() == 0
    assert ACME_KEY.encode() not in window.everything
    assert user.snapshot() == before


def test_the_menu_runs_a_command(user: User, hand_written: str) -> None:
    user.writes(hand_written)
    window = user.wizard()
    window.wait_for("? What now?")
    for entry in ("Change a provider", "Test the providers", "Find problems", "List the providers"):
        window.key("down")
        window.wait_for(f"❯ {entry}")
    window.key("enter")
    assert window.exit_code() in (0, 1)
    assert "deepseek" in window.screen


def test_another_provider_beside_a_hand_written_file(office: User, hand_written: str) -> None:
    before = office.writes(hand_written)
    window = office.wizard(env={"OFFICE_API_KEY": CANARY})
    window.answer("What now?")
    pick(window)
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    after = office.config.read_bytes().decode()
    assert list(office.providers) == ["acme", "deepseek", "office"]
    assert only_inserted(before, after)


def only_inserted(before: str, after: str) -> bool:
    """Whether `after` is `before` with one text put in at one place."""
    same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    return after.endswith(before[same:]) and len(after) > len(before)


def test_a_provider_that_is_there_is_not_picked(user: User, hand_written: str) -> None:
    user.writes(hand_written)
    window = user.wizard(env={"DEEPSEEK_API_KEY": CANARY})
    window.answer("What now?")
    window.wait_for("? Which providers?")
    window.wait_for("❯ ○ DeepSeek")
    window.wait_for("already set up")
    window.key("enter")  # the row that is pointed at, where nothing is picked
    window.wait_for("`deepseek` already exists")
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_the_list_of_providers_leads_back_to_the_menu(user: User, hand_written: str) -> None:
    user.writes(hand_written)
    before = user.snapshot()
    window = user.wizard()
    window.answer("What now?")
    window.wait_for("? Which providers?")
    window.key("esc")
    window.wait_for("? What now?")
    window.key("up")
    window.wait_for("❯ Nothing")
    window.key("enter")
    assert window.exit_code() == 0
    assert user.snapshot() == before


# Without internet


def test_the_list_of_providers_leads_back_to_the_offer_and_that_to_the_menu(
    user: User, closed_port: int, hand_written: str
) -> None:
    user.writes(hand_written)
    window = user.wizard(env={"WIZARD_OFFLINE": None, "CATWALK_URL": f"http://127.0.0.1:{closed_port}"})
    window.answer("What now?")
    window.answer("No internet here.", "n")
    window.wait_for("DeepSeek")
    window.key("esc")
    window.answer("No internet here.", "y")
    assert "DeepSeek" not in window.wait_for("? Which providers?").rpartition("? Which providers?")[2]
    window.key("esc")
    window.wait_for("? No internet here.")
    window.key("esc")
    window.wait_for("? What now?")
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_a_machine_that_nothing_outside_answers(user: User, ollama: str, closed_port: int) -> None:
    env = {"WIZARD_OFFLINE": None, "OLLAMA_HOST": ollama, "CATWALK_URL": f"http://127.0.0.1:{closed_port}"}
    window = user.wizard(env={**env, "OPENAI_API_KEY": CANARY})
    window.answer("No internet here.", "y")
    assert "$OPENAI_API_KEY is set" not in window.wait_for("? Which providers?").partition("? Which providers?")[2]
    window.wait_for("❯ ● Ollama")
    pick(window)
    window.answer("Also switch off Crush's built-in providers?", "y")
    window.wait_for("✓ streaming")
    window.answer("Save?")
    assert window.exit_code() == 0
    assert list(user.providers) == ["ollama"]
    assert json.loads(user.config.read_text())["options"] == {
        "disable_provider_auto_update": True,
        "disable_metrics": True,
        "disable_default_providers": True,
    }


def started_until_it_knows(text: str, user: User, ollama: str) -> Terminal:
    """The list is open to a server for two seconds: on a busy machine one may be late, and is asked again."""
    while True:
        window = user.wizard("add-provider", env={"WIZARD_OFFLINE": None, "OLLAMA_HOST": ollama}, rows=80)
        window.wait_for("Enter choose")
        with contextlib.suppress(pytest.fail.Exception):
            window.wait_for(text, timeout=5)
            return window
        window.close()


def test_the_built_in_providers_stay_where_no_other_works_for_certain(user: User) -> None:
    """A local server without a list of models: Crush would not start while it is down (crush-behaviour 10.1, F8)."""
    window = user.wizard("setup", "--air-gapped")
    window.wait_for("❯ ○ Ollama")
    window.key("space")
    pick(window)
    window.answer("Model ids")
    window.wait_for_question("Save?")
    assert "switch off Crush's built-in providers" not in window.screen
    window.key("enter")
    assert window.exit_code() == 0
    assert "disable_default_providers" not in user.config.read_text()


def test_a_local_server_comes_to_the_list_below_the_row_that_is_pointed_at(user: User, ollama: str) -> None:
    window = started_until_it_knows(f"answers at http://{ollama}", user, ollama)
    listed = window.screen.partition("❯ DeepSeek")[2].splitlines()
    assert "Ollama" in listed[1]
    window.key("down")
    window.wait_for("❯ Ollama")
    window.key("enter")
    window.wait_for("streaming")
    window.wait_for_question("Save?")
    window.key("ctrl-c")
    window.wait()
    assert not user.config.exists()


def test_the_list_of_providers_does_not_wait_for_a_server_that_does_not_answer(user: User) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        env = {"WIZARD_OFFLINE": None, "OLLAMA_HOST": f"127.0.0.1:{silent.getsockname()[1]}"}
        window = user.wizard("add-provider", env=env)
        window.wait_for("❯ DeepSeek")
        window.key("ctrl-c")
        assert window.exit_code() == 130
