"""`add-provider` from the first question to the written file, in a real terminal with a real keyring."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import SecretService
    from tests.terminal.conftest import Terminal, User

ACME_KEY = "acme-literal-canary-4711"
FACTS = ("Name", "Context window", "Longest answer", "Price of input", "Price of output", "Reasoning", "Images")


def finish(window: Terminal) -> str:
    """Confirm, and expect a good end; gives the last screen."""
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert window.cooked
    return window.screen


def only_inserted(before: str, after: str) -> bool:
    """Whether `after` is `before` with one text put in at one place."""
    same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    return after.endswith(before[same:]) and len(after) > len(before)


# A preset, and its key


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_preset_on_an_empty_home(keyring_user: User, secret_service: SecretService, columns: int, rows: int) -> None:
    window = keyring_user.wizard("add-provider", "groq", columns=columns, rows=rows)
    window.wait_for_question("Groq API key")
    window.paste(f" {CANARY.replace('sk-', 'gsk_')}\n")
    window.wait_for("***")
    window.key("enter")
    window.wait_for("Groq key goes into the keyring")
    last = finish(window)
    key = CANARY.replace("sk-", "gsk_")
    assert secret_service.get("GROQ_API_KEY") == key
    assert keyring_user.providers["groq"]["api_key"] == "$GROQ_API_KEY"
    assert json.loads(keyring_user.config.read_bytes())["models"].keys() == {"large", "small"}
    assert "undo" in last
    assert key.encode() not in window.everything
    assert keyring_user.files_with(key) == []


def test_a_preset_beside_a_hand_written_file(
    keyring_user: User, secret_service: SecretService, hand_written: str
) -> None:
    before = keyring_user.writes(hand_written)
    window = keyring_user.wizard("add-provider", "groq")
    window.answer("Groq API key", CANARY)
    window.wait_for("usually start with gsk_")
    window.wait_for_question("Save?")
    assert "(large)" not in window.screen
    finish(window)
    after = keyring_user.config.read_bytes().decode()
    assert only_inserted(before, after)
    assert list(keyring_user.providers) == ["acme", "deepseek", "groq"]
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert ACME_KEY.encode() not in window.everything
    assert CANARY.encode() not in window.everything
    assert keyring_user.files_with(ACME_KEY) == [keyring_user.config]


def test_an_empty_key_means_later(keyring_user: User, secret_service: SecretService) -> None:
    window = keyring_user.wizard("add-provider", "deepseek")
    asked = window.answer("DeepSeek API key")
    assert "Enter alone: I set $DEEPSEEK_API_KEY myself" in " ".join(asked.split())
    window.wait_for("DeepSeek key is $DEEPSEEK_API_KEY, which you set yourself")
    assert "$DEEPSEEK_API_KEY has no value yet" in " ".join(finish(window).split())
    assert secret_service.get("DEEPSEEK_API_KEY") is None


def test_a_variable_that_is_set_is_taken_and_stays_the_first_choice(
    keyring_user: User, secret_service: SecretService
) -> None:
    window = keyring_user.wizard("add-provider", "deepseek", env={"DEEPSEEK_API_KEY": CANARY})
    window.wait_for("DeepSeek key is $DEEPSEEK_API_KEY, set here")
    window.change("Where is the API key")
    window.wait_for("❯ Use $DEEPSEEK_API_KEY")
    window.answer("Where is the API key?")
    finish(window)
    assert secret_service.get("DEEPSEEK_API_KEY") is None
    assert keyring_user.providers["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert CANARY.encode() not in window.everything


def test_a_key_with_a_strange_character_is_asked_for_again(keyring_user: User, secret_service: SecretService) -> None:
    window = keyring_user.wizard("add-provider", "deepseek")
    window.wait_for_question("DeepSeek API key")
    window.send("sk-with\u2014dash\r")
    window.wait_for("U+2014")
    window.answer("DeepSeek API key", CANARY)
    finish(window)
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY


# A key in the wrong place


def test_a_key_at_a_visible_question_is_gone_once_it_is_answered(user: User) -> None:
    window = user.wizard("add-provider", "openai-compatible")
    window.answer("Base URL of the endpoint", f"https://a.example/v1/{CANARY}")
    window.wait_for("this is a key")
    window.wait_for("✗ Base URL of the endpoint: https://a.example/v1/<redacted>")
    window.wait_for("? Base URL of the endpoint:")
    assert CANARY not in window.screen
    window.send("https://a.example/v1\r")
    window.answer("A API key")
    window.answer("Model ids", "m1\r")
    window.change("Short id for this provider")
    window.wait_for_question("Short id for this provider")
    window.key("ctrl-u")
    window.send(f"{CANARY}\r")
    window.wait_for("✗ Short id for this provider: <redacted>")
    assert CANARY not in window.screen
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert CANARY not in window.screen
    assert user.files_with(CANARY) == []


def test_plain_lines_repeat_no_key(user: User) -> None:
    window = user.wizard("add-provider", "openai-compatible", env={"WIZARD_PLAIN": "1"})
    window.wait_for("Base URL of the endpoint")
    window.send(f"{CANARY}\r")
    window.wait_for("this is a key")
    window.wait_for("Base URL of the endpoint")
    window.send("https://a.example/v1\r")
    window.wait_for("Enter alone: no key. (< back) >")
    window.send("\r")
    window.wait_for("Model ids")
    window.send("m1\r")
    window.wait_for("another")
    window.send("\r")
    window.wait_for("Save?")
    window.send(f"{CANARY}\r")
    window.wait_for("looks like an API key")
    assert window.everything.count(CANARY.encode()) == 2, "what was typed, and no more"
    assert user.files_with(CANARY) == []


# Choosing a preset, and its models


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_preset_is_found_by_typing_and_left_by_esc(user: User, columns: int, rows: int) -> None:
    window = user.wizard("add-provider", columns=columns, rows=rows)
    window.wait_for("type to filter")
    window.send("deepseek")
    window.wait_for("❯ DeepSeek")
    window.key("enter")
    window.wait_for_question("DeepSeek API key")
    window.key("esc")
    window.wait_for_question("Provider")
    window.wait_for("❯ DeepSeek")
    window.send("ollama")
    window.wait_for("❯ Ollama")
    window.key("enter")
    window.wait_for_question("Model ids")
    window.key("enter")
    window.answer("Save?")
    assert window.exit_code() == 0
    assert list(user.providers) == ["ollama"]


def test_a_model_that_the_preset_does_not_know(user: User) -> None:
    window = user.wizard("add-provider", "deepseek")
    window.answer("DeepSeek API key")
    window.change("Which models")
    window.wait_for("❯ ● DeepSeek V4 Pro")
    window.key("space")
    window.wait_for("○ DeepSeek V4 Pro")
    window.key("end")
    window.wait_for("❯ ○ Other ids")
    window.key("space")
    window.wait_for("❯ ● Other ids")
    window.key("enter")
    window.wait_for_question("Ids of other models")
    window.send("deepseek-v5\r")
    window.wait_for("• deepseek-v5")
    window.key("enter")
    window.wait_for_question("Save?")
    window.key("esc")
    window.wait_for_question("Ids of other models: deepseek-v5")
    window.key("esc")
    window.wait_for("● Other ids")  # what was picked is still picked
    assert "○ DeepSeek V4 Pro" in window.screen
    window.answer("Which models?")
    window.wait_for_question("Ids of other models: deepseek-v5")
    window.send("\r")
    window.wait_for("• deepseek-v5")
    window.key("enter")
    change_each(window, [f"{fact} of deepseek-v5" for fact in FACTS])
    finish(window)
    models = {model["id"]: model["context_window"] for model in user.providers["deepseek"]["models"]}
    assert models == {"deepseek-v4-flash": 1_000_000, "deepseek-v5": 128_000}


# Azure


def test_azure_by_a_pasted_url_with_named_and_identified_deployments(user: User) -> None:
    window = user.wizard("add-provider", "azure")
    again(window, "Azure OpenAI resource", "not a name!", "a resource name is letters, digits and hyphens")
    window.answer(
        "Azure OpenAI resource", "https://my-res.openai.azure.com/openai/deployments/x/chat/completions?api-version=1"
    )
    window.answer("Azure OpenAI API key")
    window.wait_for_question("Deployments to use")
    window.send("team-chat:gpt-5\r")
    window.wait_for("• team-chat:gpt-5")
    window.send("house-model\r")
    window.wait_for("• house-model")
    window.key("enter")
    window.wait_for_question("Which model is the deployment `house-model`?")
    window.send("4.1 mini")
    window.wait_for("❯ GPT-4.1 mini")
    window.key("enter")
    finish(window)
    entry = user.providers["azure-openai"]
    assert entry["base_url"] == "https://my-res.openai.azure.com/openai/v1"
    models = {model["id"]: model["context_window"] for model in entry["models"]}
    assert models == {"team-chat": 400_000, "house-model": 1_047_576}


# The custom flows


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_an_openai_compatible_endpoint_with_every_wrong_input_first(user: User, columns: int, rows: int) -> None:
    window = user.wizard("add-provider", "openai-compatible", columns=columns, rows=rows)
    again(window, "Base URL of the endpoint", "https://user:pw@llm.example.com", "user")
    window.answer("Base URL of the endpoint", "llm.example.com/v1/chat/completions/")
    window.wait_for("added https://")
    window.wait_for("/chat/completions")
    window.answer("Example API key")
    window.wait_for_question("Model ids")
    window.send("big\r")
    window.wait_for("• big")
    window.key("enter")
    window.wait_for("https://llm.example.com/v1 (type openai-compat)")
    change_each(window, ["Which API format does it use"])
    window.change("Short id for this provider")
    again(window, "Short id for this provider", "My Endpoint", "My Endpoint")
    window.answer("Short id for this provider", "house")
    change_each(window, ["Name to show in Crush", "Variable for the key", "Where is the API key"])
    window.change("Extra headers")
    window.answer("Extra headers")
    change_each(window, ["Name of big"])
    window.change("Context window of big")
    again(window, "Context window of big", "lots", "a number of tokens")
    window.answer("Context window of big", "200k")
    change_each(window, ["Longest answer of big"])
    window.change("Price of input of big")
    again(window, "Price of input of big", "cheap", "a price in USD per million tokens")
    window.answer("Price of input of big", "0,25")
    change_each(window, ["Price of output of big"])
    window.change("Reasoning of big")
    window.answer("Reasoning of big", "y")
    change_each(window, ["Images of big", "Large model", "Small model"])
    finish(window)
    entry = user.providers["house"]
    assert (entry["type"], entry["base_url"], entry["api_key"]) == (
        "openai-compat",
        "https://llm.example.com/v1",
        "$HOUSE_API_KEY",
    )
    model = entry["models"][0]
    assert (model["context_window"], model["cost_per_1m_in"], model["cost_per_1m_out"]) == (200_000, 0.25, 0)
    assert (model["can_reason"], model["supports_attachments"]) == (True, False)


def change_each(window: Terminal, values: Iterable[str]) -> None:
    """Ask for each of these once more, and take what is proposed."""
    for value in values:
        window.change(value)
        window.answer(value)


def again(window: Terminal, question: str, typed: str, complaint: str) -> None:
    """Give a wrong answer: it is explained, the question comes again with what was typed, which is then erased."""
    window.wait_for_question(question)
    window.key("ctrl-u")
    window.send(typed + "\r")
    window.wait_for(f"✗ {question}: {typed}")
    window.wait_for("error:")
    window.wait_for(complaint)
    assert window.screen.count("✓ " + question) == 0
    window.wait_for_question(f"{question}: {typed}")
    window.key("ctrl-u")
    window.wait_until_gone(f"? {question}: {typed}")


def test_an_openai_gateway_with_a_bare_host_and_headers(user: User) -> None:
    window = user.wizard("add-provider", "openai-gateway")
    window.answer("Base URL of the endpoint", "https://gateway.example.com")
    window.answer("Example API key")
    window.wait_for_question("Model ids")
    window.send("gpt-5\r")
    window.wait_for("• gpt-5")
    window.key("enter")
    window.change("Which API format does it use")
    asked = window.answer("Which API format does it use?")
    assert "❯ openai (recommended)" in asked
    window.change("Add /v1 to the URL")
    window.answer("Add /v1 to the URL?")
    window.change("Extra headers")
    window.wait_for_question("Extra headers")
    window.send("X-Team=red, blue\r")
    window.wait_for("• X-Team=red, blue")
    window.send("X-Token=$TEAM_TOKEN\r")
    window.wait_for("• X-Token=$TEAM_TOKEN")
    window.key("enter")
    window.change("Extra headers")  # and they are still two
    window.wait_for("• X-Team=red, blue")
    window.wait_for("• X-Token=$TEAM_TOKEN")
    window.key("enter")
    window.change("Use the facts of models")
    window.wait_for("400k context")
    window.answer("Use the facts of models with these names?")
    change_each(window, ["Price of input of gpt-5", "Price of output of gpt-5"])
    finish(window)
    entry = user.providers["example"]
    assert entry["base_url"] == "https://gateway.example.com/v1"
    assert entry["extra_headers"] == {"X-Team": "red, blue", "X-Token": "$TEAM_TOKEN"}


def test_an_anthropic_gateway_gets_no_v1(user: User) -> None:
    window = user.wizard("add-provider", "anthropic-gateway")
    window.answer("Base URL of the endpoint", "https://claude.example.com/v1/messages")
    window.answer("Example API key")
    window.wait_for_question("Model ids")
    window.send("claude-x\r")
    window.wait_for("• claude-x")
    window.key("enter")
    window.change("Which API format does it use")
    asked = window.answer("Which API format does it use?")
    assert "❯ anthropic (recommended)" in asked
    change_each(window, [f"{fact} of claude-x" for fact in FACTS])
    finish(window)
    entry = user.providers["example"]
    assert (entry["type"], entry["base_url"]) == ("anthropic", "https://claude.example.com")
    assert entry["extra_headers"] == {"anthropic-version": "2023-06-01"}


def test_a_custom_flow_says_first_what_it_is_for(user: User) -> None:
    window = user.wizard("add-provider", "openai-compatible", columns=40, rows=20)
    window.wait_for("use openai-gateway instead")
    window.wait_for_question("Base URL of the endpoint:")


# An id that exists


def existing(user: User, hand_written: str) -> Terminal:
    user.writes(hand_written)
    window = user.wizard("add-provider", "deepseek")
    window.wait_for("`deepseek` already exists")
    window.wait_for("❯ Merge")
    return window


def test_merge_keeps_what_is_not_asked(user: User, hand_written: str) -> None:
    window = existing(user, hand_written)
    window.key("enter")
    window.change("Where is the API key")
    window.wait_for("❯ Keep it")
    window.answer("Where is the API key?")
    change_each(window, ["Which models"])
    finish(window)
    entry = user.providers["deepseek"]
    assert (entry["name"], entry["api_key"], entry["x-note"]) == ("My DeepSeek", "$MY_KEY", "mine")
    models = {model["id"]: model for model in entry["models"]}
    assert (models["deepseek-v4-flash"]["name"], models["deepseek-v4-flash"]["context_window"]) == ("Flash!", 64000)
    assert "deepseek-v4-pro" in models


def test_replace_swaps_the_entry_and_nothing_else(user: User, hand_written: str) -> None:
    window = existing(user, hand_written)
    window.key("down")
    window.wait_for("❯ Replace")
    window.key("enter")
    window.answer("DeepSeek API key")
    finish(window)
    entry = user.providers["deepseek"]
    assert (entry["name"], entry["api_key"], "x-note" in entry) == ("DeepSeek", "$DEEPSEEK_API_KEY", False)
    start = hand_written.index('"deepseek" :')
    assert user.config.read_text()[:start] == hand_written[:start]
    assert user.config.read_text().endswith(hand_written[hand_written.index(',\n   "permissions"') :])


def test_a_second_provider_beside_the_first(user: User, hand_written: str) -> None:
    window = existing(user, hand_written)
    window.key("down", times=2)
    window.wait_for("❯ Add as deepseek-2")
    window.key("enter")
    again(window, "Id of the new provider", "acme", "`acme` already exists")
    window.answer("Id of the new provider", "seek")
    window.answer("DeepSeek API key")
    finish(window)
    assert list(user.providers) == ["acme", "deepseek", "seek"]
    assert only_inserted(hand_written, user.config.read_text())


# Back, and no


def test_going_back_over_several_questions_keeps_the_answers(user: User) -> None:
    window = user.wizard("add-provider", "openai-compatible")
    window.answer("Base URL of the endpoint", "http://localhost:9000/v1")
    window.wait_for_question("Model ids")
    window.send("tiny\r")
    window.wait_for("• tiny")
    window.key("enter")
    window.change("Short id for this provider")
    window.wait_for_question("Short id for this provider: local")
    window.key("ctrl-u")
    window.answer("Short id for this provider", "mine")
    window.change("Name to show in Crush")
    window.wait_for_question("Name to show in Crush: Mine")
    window.key("ctrl-u")
    window.answer("Name to show in Crush", "Mine own")
    window.wait_for_question("Save?")
    window.key("esc")
    window.wait_for_question("Model ids: tiny")
    for question in ("Name to show in Crush: Mine own", "Short id for this provider: mine"):
        window.key("esc")
        window.wait_for_question(f"{question}")
    window.key("esc")
    window.wait_for_question("Base URL of the endpoint: http://localhost:9000/v1")
    window.key("enter")
    window.answer("Short id for this provider")
    window.answer("Name to show in Crush")
    window.answer("Model ids", "\r")
    window.change("Where is the API key")
    window.wait_for("❯ No key needed")
    window.answer("Where is the API key?")
    change_each(window, ["Large model", "Small model"])
    window.wait_for_question("Save?")
    window.key("esc")
    window.wait_for_question("Small model")
    window.key("esc")
    window.wait_for_question("Large model")
    window.answer("Large model")
    window.answer("Small model")
    finish(window)
    assert user.providers["mine"]["name"] == "Mine own"
    assert user.providers["mine"]["base_url"] == "http://localhost:9000/v1"


def test_cancel_at_the_summary_changes_nothing(
    keyring_user: User, secret_service: SecretService, hand_written: str
) -> None:
    keyring_user.writes(hand_written)
    before = keyring_user.snapshot()
    window = keyring_user.wizard("add-provider", "groq")
    window.answer("Groq API key", CANARY)
    window.choose("Save?", "Cancel")
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert keyring_user.snapshot() == before
    assert secret_service.get("GROQ_API_KEY") is None


# Keyrings that can't be used, and plain terminals


def test_without_a_keyring_that_is_said_before_a_key_is_stored(user: User) -> None:
    window = user.wizard("add-provider", "deepseek")
    window.answer("DeepSeek API key", CANARY)
    window.wait_for("key goes into an encrypted file: no system keyring")
    window.change("Where is the API key")
    asked = window.wait_for_question("Where is the API key?")
    assert "stored in an encrypted file: no system keyring here" in " ".join(asked.split())
    window.choose("Where is the API key?", "I set $DEEPSEEK_API_KEY myself")
    window.wait_for("DeepSeek key is $DEEPSEEK_API_KEY, which you set yourself")
    finish(window)
    assert user.providers["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert user.files_with(CANARY) == []
    assert list(user.home.rglob("*.age")) == []


def test_a_locked_keyring_is_said_before_a_key_is_stored(keyring_user: User, secret_service: SecretService) -> None:
    secret_service.lock()
    window = keyring_user.wizard("add-provider", "deepseek")
    window.answer("DeepSeek API key", CANARY)
    asked = " ".join(window.answer("Where is the API key?").split())
    assert "locked" in asked
    assert "unlock it" in asked
    assert "secret set" not in asked
    assert "❯ I set $DEEPSEEK_API_KEY myself" in asked
    assert "Keep the pasted key" in asked
    finish(window)
    assert keyring_user.files_with(CANARY) == []
    assert list(keyring_user.home.rglob("*.age")) == []


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"WIZARD_PLAIN": "1"}], ids=str)
def test_plain_lines(keyring_user: User, secret_service: SecretService, env: dict[str, str]) -> None:
    window = keyring_user.wizard("add-provider", "deepseek", env={**env, "NO_COLOR": "1"}, columns=40, rows=20)
    window.wait_for("DeepSeek API key")
    window.wait_for("> ")
    window.send(CANARY + "\r")
    window.wait_for("Save?")
    window.send("change\r")
    window.wait_for("16) Flat rate")
    window.send("which models\r")
    window.wait_for("Which models?")
    window.wait_for("< back")
    window.send("<\r")
    kept = f"kept: sk-...{CANARY[-4:]}; Enter takes it, 'none' deletes it >"
    window.wait_for(kept)
    window.send("\r")
    window.wait_for("(26 characters) Which models?")
    window.send("1\r")
    window.wait_for("Cancel (number")
    window.send("y\r")
    assert window.exit_code() == 0, window.screen
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY
    assert [model["id"] for model in keyring_user.providers["deepseek"]["models"]] == ["deepseek-v4-pro"]
    assert b"\x1b" not in window.everything
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=str)
def test_colours(user: User, env: dict[str, str], coloured: bool) -> None:
    window = user.wizard("add-provider", "deepseek", env=env)
    window.answer("DeepSeek API key")
    change_each(window, ["Where is the API key", "Which models", "Large model", "Small model"])
    finish(window)
    codes: list[Any] = re.findall(rb"\x1b\[([\d;]*)m", window.everything)
    assert any(re.search(rb"\b[349]\d\b", code) for code in codes) is coloured
