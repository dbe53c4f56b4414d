"""The first minute: from a key in the clipboard to a provider that works, with the answers counted.

Whoever counts answers everything that is asked: a question more, or one less, fails.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from tests.canary import CANARY
from tests.model_server import KEY, serving
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import SecretService
    from tests.model_server import ModelServer
    from tests.terminal.conftest import Terminal, User

WRONG = "sk-wrong-canary-77aa01"
ONLINE: dict[str, str | None] = {"WIZARD_OFFLINE": None}
GATEWAY = "openai-compatible"
HOUSE = """
id = "house"
name = "House"
description = "The gateway of the house"
type = "openai-compat"
base_url = "{url}"
models = ["m-large", "m-small"]
large = "m-large"
small = "m-small"

[key]
env = "HOUSE_API_KEY"
page = "https://house.example/keys"
"""
BOX = """
id = "box"
name = "Box"
description = "The server under the desk"
type = "openai-compat"
base_url = "{url}"
local = true

[key]
need = "none"
dummy = "box"
"""

Answers = tuple[tuple[str, str], ...]
"""Questions in their order, each with what is typed before Enter."""


@pytest.fixture
def house(keyring_user: User, model_server: ModelServer) -> User:
    """Somebody with a keyring and a preset, `house`, whose endpoint is the model server."""
    has_preset(keyring_user, "house", HOUSE, model_server.url)
    return keyring_user


@pytest.fixture
def other_server() -> Iterator[ModelServer]:
    """Another endpoint, which has a key of its own."""
    with serving() as server:
        server.key = "sk-other-server-9876543210"
        yield server


def has_preset(user: User, name: str, text: str, url: str) -> None:
    folder = user.home / ".config" / "crush-wizard" / "presets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text.format(url=url), encoding="utf-8")


def all_that_is_asked(window: Terminal, answers: Answers) -> str:
    """Give these answers, and expect that nothing else was asked and all went well; gives the last screen."""
    for question, typed in answers:
        window.answer(question, typed)
    assert window.exit_code() == 0, window.screen
    assert window.cooked
    return window.screen


def is_nowhere(key: str, user: User, window: Terminal) -> bool:
    return key.encode() not in window.everything and user.files_with(key) == []


# How many answers


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize(
    ("command", "first"), [((), ("Which providers?", "house ")), (("add-provider",), ("Provider", "house"))], ids=str
)
def test_three_answers_for_a_preset_with_a_key(
    house: User,
    secret_service: SecretService,
    model_server: ModelServer,
    command: tuple[str, ...],
    first: tuple[str, str],
    columns: int,
    rows: int,
) -> None:
    window = house.wizard(*command, env={**ONLINE, "CATWALK_URL": model_server.root}, columns=columns, rows=rows)
    answers = (first, ("House API key", KEY), ("Save?", ""))
    assert len(answers) == 3
    all_that_is_asked(window, answers)
    assert b"the key works" in window.everything
    assert b"large model:" not in window.everything  # the summary says it
    assert secret_service.get("HOUSE_API_KEY") == KEY
    assert house.providers["house"]["api_key"] == "$HOUSE_API_KEY"
    written = json.loads(house.config.read_bytes())
    assert [written["models"][slot]["model"] for slot in ("large", "small")] == ["m-large", "m-small"]
    assert is_nowhere(KEY, house, window)


@pytest.mark.parametrize(
    ("command", "first"), [((), ("Which providers?", "box ")), (("add-provider",), ("Provider", "box"))], ids=str
)
def test_two_answers_for_a_local_server(
    user: User, model_server: ModelServer, command: tuple[str, ...], first: tuple[str, str]
) -> None:
    model_server.key = None
    has_preset(user, "box", BOX, model_server.url)
    window = user.wizard(*command, env={**ONLINE, "CATWALK_URL": model_server.root})
    answers = (first, ("Save?", ""))
    assert len(answers) == 2
    all_that_is_asked(window, answers)
    assert [model["id"] for model in user.providers["box"]["models"]] == ["m-large", "m-small"]
    assert model_server.seen.count("GET /v1/models") == 2, "once for the questions, and once for the test"


@pytest.mark.parametrize(
    ("command", "first"), [((), ("Which providers?", "")), (("add-provider",), ("Provider", "house"))], ids=str
)
def test_two_answers_with_the_key_in_the_environment(
    house: User,
    secret_service: SecretService,
    model_server: ModelServer,
    command: tuple[str, ...],
    first: tuple[str, str],
) -> None:
    env = {**ONLINE, "CATWALK_URL": model_server.root, "HOUSE_API_KEY": KEY}
    window = house.wizard(*command, env=env)
    answers = (first, ("Save?", ""))
    assert len(answers) == 2
    last = all_that_is_asked(window, answers)
    assert "key is $HOUSE_API_KEY, set here" in last
    assert secret_service.get("HOUSE_API_KEY") is None
    assert is_nowhere(KEY, house, window)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_azure_asks_for_the_resource_and_the_deployments(
    keyring_user: User, secret_service: SecretService, columns: int, rows: int
) -> None:
    window = keyring_user.wizard("add-provider", "azure", columns=columns, rows=rows)
    answers = (
        ("Azure OpenAI resource", "my-res"),
        ("Azure OpenAI API key", CANARY),
        ("Deployments to use", "team-gpt-5\r"),
        ("Save?", ""),
    )
    last = all_that_is_asked(window, answers)
    assert "config  " in last
    assert "  ~/.config/crush/crush.json," in last  # in one piece, for whoever copies it
    assert secret_service.get("AZURE_OPENAI_API_KEY") == CANARY
    entry = keyring_user.providers["azure-openai"]
    assert [model["id"] for model in entry["models"]] == ["team-gpt-5"]
    assert is_nowhere(CANARY, keyring_user, window)


def test_a_deployment_of_an_unknown_model_is_asked_for_its_window(keyring_user: User) -> None:
    window = keyring_user.wizard("add-provider", "azure", "--set", "resource=my-res")
    window.answer("Azure OpenAI API key", CANARY)
    window.answer("Deployments to use", "our-own\r")
    window.choose("Which model is the deployment `our-own`?", "Another model")
    all_that_is_asked(window, (("Context window of our-own", "\x15200k"), ("Save?", "")))
    assert keyring_user.providers["azure-openai"]["models"][0]["context_window"] == 200_000


def test_an_own_gateway_asks_for_its_url_and_its_key(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = keyring_user.wizard("add-provider", GATEWAY, env=ONLINE)
    answers = (("Base URL of the endpoint", model_server.url), ("Local API key", KEY), ("Save?", ""))
    last = all_that_is_asked(window, answers)
    assert f"{model_server.url} (type openai-compat)" in last
    assert secret_service.get("LOCAL_API_KEY") == KEY
    assert [model["id"] for model in keyring_user.providers["local"]["models"]] == ["m-large", "m-small"]
    assert is_nowhere(KEY, keyring_user, window)


def test_a_note_comes_with_the_first_summary_only(user: User, model_server: ModelServer) -> None:
    model_server.key = None
    has_preset(user, "box", f'notes = ["Switch the box on first."]\n{BOX}', model_server.url)
    window = user.wizard("add-provider", "box", env=ONLINE)
    window.change("Name to show in Crush")
    window.answer("Name to show in Crush", " Two")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert user.providers["box"]["name"] == "Box Two"
    assert window.everything.count(b"Switch the box on first.") == 1


def test_whoever_comes_back_takes_another_provider_instead(house: User, model_server: ModelServer) -> None:
    """Enter takes the row that it is on, not also the one that it took before."""
    has_preset(house, "box", BOX, model_server.url)
    window = house.wizard(env={**ONLINE, "CATWALK_URL": model_server.root}, rows=60)
    window.answer("Which providers?", "house ")
    window.wait_for_question("House API key")
    window.key("esc")
    assert "❯ ○ House" in window.wait_for_question("Which providers?")
    model_server.key = None
    all_that_is_asked(window, (("Which providers?", "box "), ("Save?", "")))
    assert list(house.providers) == ["box"]


# What the key is worth


def test_a_refused_key_leads_to_another_one(
    house: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = house.wizard("add-provider", "house", env=ONLINE)
    window.answer("House API key", WRONG)
    window.choose("House refuses this key. What now?", "Paste another key")
    all_that_is_asked(window, (("House API key", KEY), ("Save?", "")))
    assert secret_service.get("HOUSE_API_KEY") == KEY
    assert is_nowhere(WRONG, house, window)


def test_back_from_a_refused_key_asks_for_it_again(house: User, model_server: ModelServer) -> None:
    window = house.wizard("add-provider", env=ONLINE)
    window.answer("Provider", "house")
    window.answer("House API key", WRONG)
    window.wait_for_question("House refuses this key. What now?")
    window.key("esc")
    window.wait_for_question("House API key")
    window.key("esc")
    window.wait_for_question("Provider")
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_a_refused_key_is_saved_only_if_one_says_so(
    house: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = house.wizard("add-provider", "house", env=ONLINE)
    window.answer("House API key", WRONG)
    window.choose("House refuses this key. What now?", "Continue with it anyway")
    window.wait_for_question("Save?")
    assert "(large)" not in window.screen
    assert "none as large or small: the key was refused" in " ".join(window.screen.split())
    assert "Crush's default" in window.screen, "what Crush does without a choice is said as that"
    assert secret_service.get("HOUSE_API_KEY") is None
    all_that_is_asked(window, (("Save?", ""),))
    assert secret_service.get("HOUSE_API_KEY") == WRONG
    assert "models" not in json.loads(house.config.read_bytes())


@pytest.mark.parametrize("command", [(), ("add-provider",)], ids=str)
def test_ctrl_c_at_a_refused_key_changes_nothing(
    house: User, secret_service: SecretService, model_server: ModelServer, command: tuple[str, ...]
) -> None:
    before = house.snapshot()
    window = house.wizard(*command, env={**ONLINE, "CATWALK_URL": model_server.root})
    window.answer("Provider" if command else "Which providers?", "house" if command else "house ")
    window.answer("House API key", WRONG)
    window.wait_for_question("House refuses this key. What now?")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert house.snapshot() == before
    assert secret_service.get("HOUSE_API_KEY") is None
    assert is_nowhere(WRONG, house, window)


@pytest.mark.parametrize("command", [(), ("add-provider",)], ids=str)
def test_ctrl_c_during_the_test_changes_nothing(
    house: User, secret_service: SecretService, model_server: ModelServer, command: tuple[str, ...]
) -> None:
    model_server.gate = threading.Event()
    before = house.snapshot()
    window = house.wizard(*command, env={**ONLINE, "CATWALK_URL": model_server.root})
    window.answer("Provider" if command else "Which providers?", "house" if command else "house ")
    window.answer("House API key", KEY)
    window.wait_for("Ctrl-C: go on without it")
    window.key("ctrl-c")
    window.wait_for("not tested: you went on without it")
    window.wait_for_question("Save?")
    window.key("ctrl-c")
    code = window.exit_code()
    model_server.gate.set()
    assert code == 130, window.screen
    assert "nothing was changed" in window.screen
    assert house.snapshot() == before
    assert secret_service.get("HOUSE_API_KEY") is None
    assert is_nowhere(KEY, house, window)


def test_a_refused_key_of_the_environment_leads_to_a_pasted_one(
    house: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = house.wizard("add-provider", "house", env={**ONLINE, "HOUSE_API_KEY": WRONG})
    window.choose("House refuses $HOUSE_API_KEY. What now?", "Paste another key")
    window.answer("House API key", KEY)
    window.wait_for("unset $HOUSE_API_KEY: while it is set, Crush uses its key instead of the stored one")
    window.wait_for("crush-wizard run")
    all_that_is_asked(window, (("Save?", ""),))
    assert secret_service.get("HOUSE_API_KEY") == KEY
    assert is_nowhere(WRONG, house, window)
    assert is_nowhere(KEY, house, window)


def test_a_key_that_can_not_be_checked_yet_is_said(
    house: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    model_server.refusals["/v1/models"] = Response("no such page", 404)
    window = house.wizard("add-provider", "house", env=ONLINE)
    window.answer("House API key", KEY)
    window.wait_for("the key can't be checked yet")
    window.wait_for("✓ streaming")
    all_that_is_asked(window, (("Save?", ""),))
    assert secret_service.get("HOUSE_API_KEY") == KEY


def test_a_key_for_what_has_no_list_of_models_is_said_to_be_unchecked(house: User) -> None:
    window = house.wizard("add-provider", "azure", env=ONLINE)
    window.answer("Azure OpenAI resource", "my-res")
    window.answer("Azure OpenAI API key", KEY)
    window.wait_for("the key can't be checked yet: azure-openai has no list of models")
    window.wait_for("Deployments to use")
    window.send("\x03")
    assert window.exit_code() == 130


def test_a_missing_key_is_said_once(house: User) -> None:
    window = house.wizard("add-provider", "house", env=ONLINE)
    window.answer("House API key")
    window.wait_for("key is $HOUSE_API_KEY, which you set yourself")
    all_that_is_asked(window, (("Save?", ""),))
    assert window.everything.count(b"has no value yet") == 1


# Where a key goes


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_without_a_keyring_the_key_goes_into_an_encrypted_file(user: User, columns: int, rows: int) -> None:
    window = user.wizard("add-provider", "deepseek", columns=columns, rows=rows)
    window.answer("DeepSeek API key", CANARY)
    window.wait_for("key goes into an encrypted file: no system keyring")
    all_that_is_asked(window, (("Save?", ""),))
    assert is_nowhere(CANARY, user, window)
    assert user.providers["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    window = user.wizard("secret", "get", "DEEPSEEK_API_KEY")
    window.wait_for(CANARY)
    assert window.exit_code() == 0


@pytest.mark.parametrize("way", ["change", "esc"])
def test_a_key_is_sent_to_no_other_server_after_the_url_was_changed(
    keyring_user: User, model_server: ModelServer, other_server: ModelServer, way: str
) -> None:
    window = keyring_user.wizard("add-provider", GATEWAY, env=ONLINE, rows=60)
    window.answer("Base URL of the endpoint", model_server.url)
    window.answer("Local API key", KEY)
    window.wait_for_question("Save?")
    if way == "change":
        window.change("Base URL of the endpoint")
    else:
        window.key("esc")
        window.wait_for_question("Local API key")
        window.key("esc")
    window.wait_for_question("Base URL of the endpoint")
    window.key("ctrl-u")
    window.answer("Base URL of the endpoint", other_server.url)
    window.answer("Local API key", str(other_server.key))
    all_that_is_asked(window, (("Save?", ""),))
    assert keyring_user.providers["local"]["base_url"] == other_server.url
    assert other_server.got(str(other_server.key))
    assert not other_server.got(KEY)
    assert is_nowhere(KEY, keyring_user, window)


def test_a_key_is_sent_to_no_other_server_after_the_provider_was_changed(
    house: User, model_server: ModelServer, other_server: ModelServer
) -> None:
    has_preset(house, "barn", HOUSE.replace("house", "barn").replace("House", "Barn"), other_server.url)
    window = house.wizard("add-provider", env=ONLINE, rows=60)
    window.answer("Provider", "house")
    window.answer("House API key", KEY)
    window.change("Provider")
    window.answer("Provider", "barn")
    window.answer("Barn API key", str(other_server.key))
    all_that_is_asked(window, (("Save?", ""),))
    assert list(house.providers) == ["barn"]
    assert model_server.got(KEY)
    assert not other_server.got(KEY)
    assert not model_server.got(str(other_server.key))


def test_a_key_stays_when_something_else_is_changed(
    house: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = house.wizard("add-provider", "house", env=ONLINE, rows=60)
    window.answer("House API key", KEY)
    window.change("Variable for the key")
    window.wait_for_question("Variable for the key")
    window.key("ctrl-u")
    window.answer("Variable for the key", "MY_KEY")
    all_that_is_asked(window, (("Save?", ""),))
    assert secret_service.get("MY_KEY") == KEY
    assert house.providers["house"]["api_key"] == "$MY_KEY"


def test_a_pasted_key_can_be_changed(house: User, secret_service: SecretService, model_server: ModelServer) -> None:
    window = house.wizard("add-provider", "house", env=ONLINE, rows=60)
    window.answer("House API key", WRONG)
    window.choose("House refuses this key. What now?", "Continue with it anyway")
    window.wait_for("none as large or small")
    window.change("House API key")
    window.wait_for(f"sk-...{WRONG[-4:]}")
    window.answer("House API key", KEY)
    window.wait_for("m-large (large)")
    all_that_is_asked(window, (("Save?", ""),))
    assert secret_service.get("HOUSE_API_KEY") == KEY
    assert is_nowhere(WRONG, house, window)
    assert is_nowhere(KEY, house, window)


# The summary


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_value_can_be_changed(keyring_user: User, secret_service: SecretService, columns: int, rows: int) -> None:
    window = keyring_user.wizard("add-provider", GATEWAY, columns=columns, rows=rows)
    window.answer("Base URL of the endpoint", "https://llm.example.com/v1")
    window.answer("Example API key", CANARY)
    window.answer("Model ids", "big\rtiny\r")
    texts = {
        "Short id for this provider": "farm",
        "Name to show in Crush": "The farm",
        "Variable for the key": "FARM_KEY",
        "Context window of big": "200k",
        "Base URL of the endpoint": "https://llm.example.com/v2",
    }
    for value, typed in texts.items():
        window.change(value)
        window.wait_for_question(value)
        window.key("ctrl-u")
        window.answer(value, typed)
    for value, row in {
        "Start Crush with": "just crush, which looks the key up",
        "Large model": "tiny",
        "Small model": "Decide later",
    }.items():
        window.change(value)
        window.choose(value, row)
    window.change("Which API format does it use")
    window.wait_for("Ollama, vLLM")
    window.key("down")
    window.wait_until_gone("Ollama, vLLM")
    window.answer("Which API format does it use?")
    window.change("Extra headers")
    window.answer("Extra headers", "X-Team=red\r")
    window.change("Should Crush ask the endpoint")
    window.choose("Should Crush ask the endpoint", "No")
    window.wait_for_question("Save?")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    entry = keyring_user.providers["farm"]
    assert (entry["name"], entry["type"], entry["base_url"]) == (
        "The farm",
        "openai",
        texts["Base URL of the endpoint"],
    )
    assert "secret get FARM_KEY" in entry["api_key"]
    assert entry["extra_headers"] == {"X-Team": "red"}
    assert entry["models"][0]["context_window"] == 200_000
    assert json.loads(keyring_user.config.read_bytes())["models"] == {"large": {"provider": "farm", "model": "tiny"}}
    assert secret_service.get("FARM_KEY") == CANARY
    assert is_nowhere(CANARY, keyring_user, window)


def test_the_list_of_what_can_be_changed_has_every_value(keyring_user: User) -> None:
    window = keyring_user.wizard("add-provider", "deepseek", rows=50)
    window.answer("DeepSeek API key", CANARY)
    window.choose("Save?", "Change something")
    listed = window.wait_for_question("What do you want to change?").rpartition("What do you want to change?")[2]
    for value, answer in {
        "Provider": "DeepSeek",
        "Which API format does it use": "openai-compat",
        "Short id for this provider": "deepseek",
        "Name to show in Crush": "DeepSeek",
        "Extra headers": "",
        "Variable for the key": "DEEPSEEK_API_KEY",
        "DeepSeek API key": f"sk-...{CANARY[-4:]}",
        "Where is the API key": "Keep the pasted key",
        "Start Crush with": "crush-wizard run",
        "Which models": "DeepSeek V4 Pro",
        "Large model": "DeepSeek V4 Pro",
        "Small model": "DeepSeek V4 Flash",
    }.items():
        assert any(value in line and answer in line for line in listed.splitlines()), value
    window.key("esc")
    all_that_is_asked(window, (("Save?", ""),))
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize("command", [(), ("add-provider",)], ids=str)
def test_the_diff_is_shown_on_request_and_cancel_changes_nothing(
    keyring_user: User, secret_service: SecretService, command: tuple[str, ...]
) -> None:
    before = keyring_user.snapshot()
    window = keyring_user.wizard(*command, rows=100)
    window.answer("Provider" if command else "Which providers?", "groq" if command else "groq ")
    window.answer("Groq API key", CANARY)
    window.wait_for_question("Save?")
    assert '"api_key"' not in window.screen
    window.move_to("Show the diff")
    window.key("enter")  # the same question comes again at once
    window.wait_for('+            "api_key": "$GROQ_API_KEY",')
    window.wait_for("GROQ_API_KEY goes into the keyring")
    window.choose("Save?", "Cancel")
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert keyring_user.snapshot() == before
    assert secret_service.get("GROQ_API_KEY") is None
    assert is_nowhere(CANARY, keyring_user, window)


def test_setup_changes_something_of_one_provider_of_several(keyring_user: User, secret_service: SecretService) -> None:
    window = keyring_user.wizard(rows=60)
    window.wait_for_question("Which providers?")
    for picked, name in enumerate(("deepseek", "groq"), 1):
        window.send(name)
        window.key("tab")
        window.wait_for(f"{picked} picked")
        window.key("ctrl-u")
    window.key("enter")
    window.answer("DeepSeek API key", CANARY)
    window.answer("Groq API key", f"gsk_{CANARY}")
    window.choose("Save?", "Change something")
    window.wait_for_question("What do you want to change?")
    window.move_to("Groq")
    window.key("enter")
    window.wait_for("✓ What do you want to change? Groq")  # the next question has the same words
    window.pick("Name to show in Crush", "What do you want to change?")
    window.answer("Name to show in Crush", " two")
    window.wait_for("Groq two")
    all_that_is_asked(window, (("Save?", ""),))
    assert [entry["name"] for entry in keyring_user.providers.values()] == ["DeepSeek", "Groq two"]
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY
    assert secret_service.get("GROQ_API_KEY") == f"gsk_{CANARY}"
    assert is_nowhere(CANARY, keyring_user, window)
