"""`--steps`: another program asks the questions. It gets what a person gets, and no secret where one can leak."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from msgspec import to_builtins
from werkzeug import Response

from tests import age_files
from tests.canary import CANARY
from tests.model_server import KEY, ModelServer
from wizard.flow.dialogue import dialogue_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

OTHER = "sk-canary-b7d1f00000000002"
PASSPHRASE = "a passphrase of a canary"
GROQ = ("groq", "--secret-store", "file")
ONLINE = {"WIZARD_OFFLINE": ""}

Answer = str | tuple[str, ...]


@dataclass
class FrontEnd:
    """A program that drives one command. `secrets` are passed again with each call."""

    machine: Machine
    command: str
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    calls: list[Any] = field(default_factory=list)

    def call(self, *arguments: str, stdin: str = "") -> Any:
        done = self.machine.run(self.command, *arguments, stdin=stdin, env=self.env)
        self.calls.append(done)
        return done

    def start(self, *arguments: str) -> dict[str, Any]:
        return self._data(self.call(*arguments, "--steps"))

    def answer(self, data: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
        if data["question"]["kind"] == "secret":
            self.secrets[data["question"]["key"]] = str(answer)
            return self._data(self.call("--state", data["state"], "--secrets-stdin", stdin=json.dumps(self.secrets)))
        words = [word for text in ((answer,) if isinstance(answer, str) else answer) for word in ("--answer", text)]
        secrets = json.dumps(self.secrets)
        return self._data(self.call("--state", data["state"], *words, "--secrets-stdin", stdin=secrets))

    def to_the_end(self, data: dict[str, Any], answers: Mapping[str, Answer], until: str = "") -> dict[str, Any]:
        """Answer by key, else with the default; stop before the question `until`."""
        while not data["done"] and data["question"]["key"] != until:
            assert not data["refused"], data
            assert len(self.calls) < 40, data
            data = self.answer(data, answers.get(data["question"]["key"], _default(data["question"])))
        return data

    def change(self, data: dict[str, Any], key: str, answer: Answer) -> dict[str, Any]:
        """Give another answer to a question that nobody asked, before it is saved."""
        data = self.answer(self.answer(data, "change"), key)
        assert data["question"]["key"] == key
        return self.answer(data, answer)

    def _data(self, done: Any) -> dict[str, Any]:
        assert done.code == 0, (done.out, done.err)
        data: dict[str, Any] = done.json["data"]
        return data


def _default(question: Mapping[str, Any]) -> Answer:
    default = question["default"]
    if isinstance(default, bool):
        return "yes" if default else "no"
    return tuple(default) or ("",) if isinstance(default, list) else default or ""


@pytest.fixture
def groq(machine: Machine) -> FrontEnd:
    return FrontEnd(machine, "add-provider")


def _state(data: Mapping[str, Any]) -> str:
    """What is in the token, for whoever looks."""
    return json.dumps(to_builtins(dialogue_of(data["state"])))


# The same as a person gets


def test_the_result_is_that_of_flags(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY})
    assert (data["applied"], data["provider"]["api_key"]) == (True, "$GROQ_API_KEY")
    by_steps = machine.config.read_bytes()
    assert machine.run("secret", "get", "GROQ_API_KEY").out.strip() == CANARY

    assert machine.run("undo", "--yes").code == 0
    machine.config.unlink(missing_ok=True)
    done = machine.run("add-provider", *GROQ, "--yes", "--api-key-stdin", "--json", stdin=CANARY)
    assert machine.config.read_bytes() == by_steps
    assert done.json["data"]["provider"] == data["provider"]


def test_a_question_says_all_about_itself(groq: FrontEnd) -> None:
    data = groq.start()
    assert (data["done"], data["refused"], data["shown"], data["secrets"]) == (False, None, {}, [])
    question = data["question"]
    assert set(question) == {"key", "text", "help", "kind", "choices", "default", "flag", "decision"}
    assert (question["key"], question["kind"]) == ("preset", "choice")
    assert {"value": "groq", "label": "Groq"}.items() <= question["choices"][1].items()


def test_nothing_is_written_before_the_last_answer(groq: FrontEnd, machine: Machine) -> None:
    before = machine.snapshot()
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    assert machine.snapshot() == before
    (change,) = data["shown"]["changes"]
    assert '+      "api_key": "$GROQ_API_KEY"' in change["diff"]
    assert data["shown"]["secrets"] == [{"name": "GROQ_API_KEY", "store": "file", "action": "store"}]


@pytest.mark.parametrize(("command", "arguments"), [("add-provider", ("groq",)), ("setup", ())])
@pytest.mark.parametrize("run_by_crush", [False, True])
def test_a_command_as_the_key(machine: Machine, command: str, arguments: tuple[str, ...], run_by_crush: bool) -> None:
    program = machine.home / "bin" / "pass"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {CANARY[::-1]} | rev\n")
    program.chmod(0o700)
    front = FrontEnd(machine, command, {"PATH": f"{program.parent}:{machine.env['PATH']}"})
    answers: dict[str, Answer] = {"providers": ("groq",), "key": "$(pass show groq)"}
    data = front.to_the_end(front.start(*arguments), answers, until="apply")
    if run_by_crush:
        values = [choice["value"] for choice in front.answer(data, "change")["question"]["choices"]]
        data = front.answer(front.answer(front.answer(data, "change"), _last_word("keys", values)), "command")
    assert CANARY not in _state(data)
    assert front.to_the_end(data, {})["applied"]
    references = machine.home / ".config/crush-wizard/references.toml"
    assert references.exists() != run_by_crush
    assert machine.entries["groq"]["api_key"] == ("$(pass show groq)" if run_by_crush else "$GROQ_API_KEY")
    assert CANARY not in "".join(call.out + call.err for call in front.calls)


def _last_word(word: str, values: list[str]) -> str:
    """The value that ends with it: setup has a number before each, for the provider."""
    return next(value for value in values if value.split()[-1] == word)


def test_no_is_no(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    before = machine.snapshot()
    done = groq.call("--state", data["state"], "--answer", "no", "--secrets-stdin", stdin=json.dumps(groq.secrets))
    assert (done.code, done.json["error"]["code"]) == (130, "cancelled")
    assert machine.snapshot() == before


def test_an_older_state_is_the_way_back(groq: FrontEnd, machine: Machine) -> None:
    first = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    groq.change(first, "models", "openai/gpt-oss-20b")
    groq.to_the_end(groq.change(first, "models", "openai/gpt-oss-120b"), {})
    assert [model["id"] for model in machine.entries["groq"]["models"]] == ["openai/gpt-oss-120b"]


def test_each_value_can_be_changed_before_it_is_saved(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    assert [choice["value"] for choice in data["question"]["choices"]] == ["yes", "change", "no"]
    data = groq.change(groq.change(data, "id", "mine"), "name", "Mine")
    assert data["question"]["key"].startswith("apply")
    assert groq.to_the_end(data, {})["applied"]
    assert machine.entries["mine"]["name"] == "Mine"


def test_a_state_alone_asks_its_question_again(groq: FrontEnd) -> None:
    data = groq.start()
    done = groq.call("--state", data["state"])
    assert done.json["data"]["question"] == data["question"]


def test_the_keyring_takes_the_key(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    front_end = FrontEnd(machine_with_keyring, "add-provider")
    front_end.to_the_end(front_end.start("groq"), {"key": CANARY})
    assert secret_service.get("GROQ_API_KEY") == CANARY


def test_the_flags_of_the_first_call_hold_to_the_end(groq: FrontEnd, machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "else.json"
    groq.to_the_end(groq.start(*GROQ, "--file", str(file), "--id", "mine", "--flat-rate"), {"key": CANARY})
    assert json.loads(file.read_text())["providers"]["mine"]["flat_rate"] is True
    assert not machine.config.exists()


def test_with_yes_only_what_has_no_default_is_asked(groq: FrontEnd, machine: Machine) -> None:
    data = groq.start("openai-compatible", "--id", "mine", "--yes", "--no-api-key", "--model", "m")
    asked = []
    while not data["done"]:
        asked.append(data["question"]["key"])
        data = groq.answer(data, {"base_url": "https://llm.example/v1"}.get(asked[-1], "9000"))
    assert "apply" not in asked
    assert asked[0] == "base_url"
    assert machine.entries["mine"]["base_url"] == "https://llm.example/v1"


def test_edit_provider(groq: FrontEnd, machine: Machine) -> None:
    groq.to_the_end(groq.start(*GROQ), {"key": CANARY})
    editor = FrontEnd(machine, "edit-provider")
    data = editor.start("groq")
    assert data["question"]["key"] == "what"
    named = next(one["value"] for one in data["question"]["choices"] if "name" in one["value"])
    data = editor.to_the_end(data, {"what": named, "name": "Gröq"})
    assert data["applied"]
    assert machine.entries["groq"]["name"] == "Gröq"


def test_a_choice_of_nothing_can_be_made(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    groq.to_the_end(groq.change(groq.change(data, "large", ""), "small", ""), {})
    assert "models" not in json.loads(machine.config.read_text())


def test_nothing_is_a_flag_behind_two_dashes(machine: Machine) -> None:
    (machine.home / "--answer").write_text("profile = 1\n[providers.groq]\n")
    front_end = FrontEnd(machine, "import")
    data = front_end.to_the_end(front_end._data(front_end.call("--steps", "--", "--answer")), {})
    assert data["applied"]
    assert "groq" in machine.entries


# Answers that can't be taken


def test_a_refused_answer_is_asked_again_with_the_reason(groq: FrontEnd, machine: Machine) -> None:
    data = groq.start("openai-compatible", "--id", "mine", "--no-api-key", "--model", "m")
    data = groq.answer(data, "no url")
    assert data["question"]["key"] == "base_url"
    assert data["refused"]
    data = groq.answer(data, "ftp://llm.example")
    assert data["refused"]
    data = groq.answer(data, "https://llm.example/v1")
    assert (data["question"]["key"], data["refused"]) != ("base_url", None)
    assert "no url" not in _state(data)


def test_what_was_refused_is_not_proposed(groq: FrontEnd) -> None:
    data = groq.start("openai-compatible", "--id", "mine", "--no-api-key", "--model", "m")
    refused = groq.answer(data, "no url")
    assert refused["question"] == data["question"]


@pytest.mark.parametrize(
    ("answer", "why"), [("nothing-like-that", "unknown preset"), (("groq", "azure"), "one answer")]
)
def test_an_answer_is_one_of_the_choices(groq: FrontEnd, answer: Answer, why: str) -> None:
    data = groq.answer(groq.start(), answer)
    assert data["question"]["key"] == "preset"
    assert why in data["refused"]


def test_several_are_some_of_the_choices(groq: FrontEnd) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    data = groq.change(data, "models", ("openai/gpt-oss-20b", "not-offered"))
    assert data["refused"] == "not among the choices: not-offered"


def test_a_plan_that_changed_is_agreed_to_anew(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    machine.write_config('{"options": {"debug": true}}\n')
    again = groq.answer(data, "yes")
    assert again["question"]["key"] == "apply"
    assert "has changed" in again["refused"]
    assert '"debug": true' in again["shown"]["changes"][0]["diff"]
    assert machine.config.read_text() == '{"options": {"debug": true}}\n'
    groq.to_the_end({**again, "refused": None}, {})
    assert "groq" in machine.entries
    assert '"debug": true' in machine.config.read_text()


# Secrets


def test_no_state_and_no_output_holds_the_secret(groq: FrontEnd, machine: Machine) -> None:
    data = groq.start(*GROQ)
    states = []
    while not data["done"]:
        states.append(_state(data))
        data = groq.answer(data, CANARY if data["question"]["key"] == "key" else _default(data["question"]))
    assert len(states) == 2
    for text in (*states, *(call.out + call.err for call in groq.calls), machine.config.read_text()):
        assert CANARY not in text
    assert [call.json["data"].get("secrets") for call in groq.calls][1] == ["key"]


def test_a_program_that_repeats_no_secret_is_asked_for_it_again(groq: FrontEnd, machine: Machine) -> None:
    data, asked = groq.start(*GROQ), []
    while not data["done"]:
        question = data["question"]
        asked.append(question["key"])
        assert len(asked) < 30, asked
        if question["kind"] == "secret":
            done = groq.call("--state", data["state"], "--answer-stdin", stdin=CANARY + "\n")
        else:
            answer = _default(question)
            words = [word for text in ([answer] if isinstance(answer, str) else answer) for word in ("--answer", text)]
            done = groq.call("--state", data["state"], *words)
        data = done.json["data"]
    assert asked.count("key") > 1
    assert asked.count("apply") == 1
    assert machine.run("secret", "get", "GROQ_API_KEY").out.strip() == CANARY


CLEAR = {
    "base_url": "https://bob:s3cr3t-of-bob@llm.acme.example/v1",
    "extra_headers": {"X-Api-Key": "s3cr3t-of-bob", "X-Team": "a"},
}


@pytest.mark.parametrize(
    ("asked", "shown", "changed"),
    [
        ("base_url", "https://bob:<redacted>@llm.acme.example/v1", "https://bob:<redacted>@elsewhere.example/v1"),
        ("headers", ["X-Api-Key=<redacted>", "X-Team=a"], "X-Api-Key=<redacted>, and more"),
    ],
)
def test_a_secret_in_the_config_is_not_proposed(machine: Machine, asked: str, shown: Any, changed: str) -> None:
    machine.write_config(
        json.dumps({"providers": {"acme": {"type": "openai-compat", "models": [{"id": "m"}], **CLEAR}}})
    )
    before = machine.config.read_bytes()
    editor = FrontEnd(machine, "edit-provider")
    data = editor.answer(editor.start("acme"), asked)
    assert data["question"]["default"] == shown
    assert "replaces a hidden secret" in editor.answer(data, changed)["refused"]
    kept = editor.answer(data, tuple(shown) if isinstance(shown, list) else shown)
    assert "credential" in kept["refused"] or "password" in kept["refused"]  # as a person who keeps it is told
    assert not any("s3cr3t" in call.out + call.err for call in editor.calls)
    assert machine.config.read_bytes() == before


@pytest.mark.parametrize("key", ["true", "null", "1234", "test", "state", "789c", "4096"])
def test_whatever_a_key_is_the_output_stays_json(groq: FrontEnd, machine: Machine, key: str) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": key})
    assert data["applied"]
    assert machine.run("secret", "get", "GROQ_API_KEY").out.strip() == key


def test_half_a_character_is_no_secret(groq: FrontEnd) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {}, until="key")
    done = groq.call("--state", data["state"], "--secrets-stdin", stdin='{"key": "\\ud800abcd"}')
    assert (done.code, done.json["error"]["code"]) == (2, "usage")


def test_secrets_that_nobody_asked_for_are_left_alone(groq: FrontEnd) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {}, until="key")
    many = {"key": CANARY, "key.2": "Which models?", **{f"other{number}": f"s{number:06}" for number in range(10_000)}}
    done = groq.call("--state", data["state"], "--secrets-stdin", stdin=json.dumps(many))
    assert done.json["data"]["secrets"] == ["key"]
    data = groq.to_the_end(done.json["data"], {}, until="key")
    assert data["question"]["key"] == "key"  # what is not brought again is asked for again


def test_a_secret_is_no_argument(groq: FrontEnd) -> None:
    data = groq.start(*GROQ)
    done = groq.call("--state", data["state"], "--answer", "anything")
    assert done.code == 2
    assert "--answer-stdin" in done.json["error"]["hint"]


@pytest.mark.parametrize(
    "text", [CANARY, f"X-Api-Key={CANARY}", '{"api_key": "not-a-known-shape"}', "https://u:p4ss@h/"]
)
def test_what_looks_like_a_secret_is_no_answer_and_no_flag(groq: FrontEnd, text: str) -> None:
    data = groq.start()
    state = ("--state", data["state"])
    for done in (
        groq.call(*state, "--answer", text),
        groq.call("groq", "--header", text, "--steps"),
        groq.call(*state, f"--header={text}"),
    ):
        assert done.code == 2
        assert "looks like a secret" in done.json["error"]["message"]
        assert text not in done.out + done.err


@pytest.mark.parametrize(
    "text", ["X-Api-Key=$TEAM_KEY", '{"max_tokens": 5}', "https://llm.example/v1", "--api-key-env=A"]
)
def test_what_holds_no_secret_is_let_through(groq: FrontEnd, text: str) -> None:
    assert "looks like" not in groq.call("groq", "--header", text, "--steps").out


def test_any_answer_may_come_through_stdin_and_then_is_in_no_state(groq: FrontEnd) -> None:
    data = groq.start("openai-compatible", "--id", "mine", "--no-api-key", "--model", "m")
    done = groq.call("--state", data["state"], "--answer-stdin", stdin=f"https://u:{OTHER}@llm.example/v1")
    assert OTHER not in done.out + done.err
    assert OTHER not in _state(done.json["data"]) if "data" in done.json else done.code == 2


def test_two_secrets_are_told_apart(machine: Machine) -> None:
    front_end = FrontEnd(machine, "setup")
    data = front_end.start("--offline")
    assert data["question"]["kind"] == "many"
    keys = iter((CANARY, OTHER))
    names = []
    data = front_end.answer(data, ("groq", "deepseek"))
    while not data["done"]:
        question = data["question"]
        if question["kind"] == "secret":
            names.append(question["key"])
            data = front_end.answer(data, next(keys))
        elif any(one["value"] == "file" for one in question["choices"]):
            data = front_end.answer(data, "file")
        else:
            data = front_end.answer(data, _default(question))
    assert names == ["key", "key.2"]
    assert data["applied"]
    assert set(machine.entries) == {"groq", "deepseek"}
    kept = {machine.run("secret", "get", f"{name}_API_KEY").out.strip() for name in ("GROQ", "DEEPSEEK")}
    assert kept == {CANARY, OTHER}


def _protect(machine: Machine) -> None:
    """Put a passphrase on the identity of the age file."""
    age_files.protect(machine.home / ".local" / "state" / "crush-wizard" / "secrets" / "identity.txt", PASSPHRASE)


def test_a_passphrase_is_asked_for_before_anything_is_written(groq: FrontEnd, machine: Machine) -> None:
    _protect(machine)
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="secret")
    assert not machine.config.exists()
    wrong = groq.call("--state", data["state"], "--answer-stdin", stdin="wrong")
    assert wrong.json["data"]["question"]["key"] == "key"  # which has not been brought again
    groq.secrets["secret"] = "wrong"
    wrong = groq.call("--state", data["state"], "--secrets-stdin", stdin=json.dumps(groq.secrets))
    assert (wrong.code, machine.config.exists()) == (5, False)
    data = groq.answer(data, PASSPHRASE)
    assert data["applied"]
    assert not any(PASSPHRASE in call.out + call.err for call in groq.calls)


def test_after_the_writing_nobody_is_asked(groq: FrontEnd, machine: Machine) -> None:
    """--verify reads the store again; its passphrase was for the writing alone."""
    _protect(machine)
    data = groq.to_the_end(groq.start(*GROQ, "--verify"), {"key": CANARY}, until="secret")
    groq.secrets["secret"] = PASSPHRASE
    done = groq.call("--state", data["state"], "--secrets-stdin", stdin=json.dumps(groq.secrets))
    assert (done.code, done.json["ok"], done.json["data"]["applied"]) == (1, False, True)
    assert any("not verified" in message["text"] for message in done.json["messages"])


def test_a_locked_keyring_writes_nothing(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    front_end = FrontEnd(machine_with_keyring, "add-provider")
    data = front_end.to_the_end(front_end.start("groq"), {"key": CANARY}, until="apply")
    secret_service.lock()
    secrets = json.dumps(front_end.secrets)
    done = front_end.call("--state", data["state"], "--answer", "yes", "--secrets-stdin", stdin=secrets)
    question = done.json["data"]["question"]
    assert question["key"] == "key_source"
    assert "locked" in question["help"]
    assert not machine_with_keyring.config.exists()


# States that don't fit


def test_a_state_works_on_no_other_command(groq: FrontEnd, machine: Machine) -> None:
    state = groq.start()["state"]
    done = machine.run("edit-provider", "--state", state, "--answer", "groq")
    assert done.code == 2
    assert "`add-provider`, not of `edit-provider`" in done.json["error"]["message"]


def test_a_damaged_state_is_refused(groq: FrontEnd) -> None:
    state = groq.start()["state"]
    for damaged in (state[:-2], "00" + state, "x", ""):
        done = groq.call("--state", damaged, "--answer", "groq")
        assert (done.code, done.json["error"]["code"]) == (2, "usage")


@pytest.mark.parametrize(
    "words",
    [
        ("--answer", "groq"),
        ("--answer-stdin",),
        ("--state", "STATE", "--answer", "groq", "--id", "x"),
        ("--state", "STATE", "deepseek"),
        ("--state", "STATE", "--answer", "groq", "--answer-stdin"),
        ("--state", "STATE", "--answer-stdin", "--secrets-stdin"),
        ("--state", "STATE", "--secrets-stdin"),
        ("--steps", "groq", "--api-key-stdin"),
        ("--steps", "groq", "--api-key", "x"),
    ],
)
def test_words_that_do_not_go_together(groq: FrontEnd, words: tuple[str, ...]) -> None:
    state = groq.start()["state"]
    done = groq.call(*(state if word == "STATE" else word for word in words), stdin='"no object"')
    assert (done.code, done.json["error"]["code"]) == (2, "usage")


def test_a_profile_from_a_pipe_leaves_no_stdin_for_answers(machine: Machine) -> None:
    done = machine.run("import", "-", "--steps", stdin="profile = 1\n")
    assert done.code == 2
    assert "name a file" in done.json["error"]["hint"]


@pytest.mark.parametrize("words", [("--state",), ("--steps=yes",), ("--steps", "--no-such-flag")])
def test_words_that_mean_nothing_are_answered_in_json_too(groq: FrontEnd, words: tuple[str, ...]) -> None:
    done = groq.call(*words)
    assert (done.code, done.json["error"]["code"]) == (2, "usage")


def test_a_state_is_carried_out_once(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    assert groq.answer(data, "yes")["applied"]
    before = machine.snapshot()
    again = groq.answer(data, "yes")
    assert again["question"]["key"] == "existing"
    assert machine.snapshot() == before


def test_of_two_calls_with_one_state_one_writes(groq: FrontEnd, machine: Machine) -> None:
    data = groq.to_the_end(groq.start(*GROQ), {"key": CANARY}, until="apply")
    arguments = ("add-provider", "--state", data["state"], "--answer", "yes", "--secrets-stdin")
    calls = [machine.start(*arguments) for _ in range(2)]
    ends = [json.loads(call.communicate(json.dumps(groq.secrets), timeout=60)[0])["data"] for call in calls]
    assert [end.get("applied") for end in ends].count(True) == 1
    assert len(list((machine.home / ".local" / "state" / "crush-wizard" / "backups").glob("*.json"))) == 1


def test_commands_without_questions_have_no_steps(machine: Machine) -> None:
    assert machine.run("list", "--steps").code == 2


# import


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "team.toml"
    path.write_text(
        'profile = 1\n[providers.groq]\nname = "Team Groq"\n'
        '[providers.work]\ntype = "openai-compat"\nbase_url = "https://llm.work.example/v1"\n'
        'api_key = "$(pass work)"\n[[providers.work.models]]\nid = "w"\n'
    )
    return str(path)


def test_an_import_shows_its_conflicts_and_risks(machine: Machine, profile: str) -> None:
    machine.write_config('{"providers": {"groq": {"name": "Mine", "api_key": "$GROQ_API_KEY"}}}')
    front_end = FrontEnd(machine, "import")
    data = front_end.start(profile)
    assert data["question"]["choices"][0]["value"] == "keep"
    assert {"field": "name", "here": "Mine", "profile": "Team Groq"} in data["shown"]["conflict"]
    data = front_end.answer(data, "merge")
    assert data["question"]["kind"] == "confirm"
    (risk,) = data["shown"]["needs_consent"]
    assert "pass work" in json.dumps(risk)
    data = front_end.answer(data, "yes")
    assert data["question"]["key"] == "apply"
    data = front_end.answer(data, "yes")
    assert data["done"]
    assert data["changed"]
    assert machine.entries["groq"]["name"] == "Team Groq"


def test_an_import_that_is_not_agreed_to(machine: Machine, profile: str) -> None:
    front_end = FrontEnd(machine, "import")
    data = front_end.start(profile)
    done = front_end.call("--state", data["state"], "--answer", "no")
    assert (done.code, machine.config.exists()) == (130, False)


def test_an_import_of_a_sealed_profile(machine: Machine, tmp_path: Path) -> None:
    profile = 'profile = 1\n[providers.groq]\napi_key = "$GROQ_API_KEY"\n'
    sealed = tmp_path / "all.age"
    sealed.write_text(age_files.sealed(f'{profile}[values]\nGROQ_API_KEY = "{CANARY}"\n', PASSPHRASE))

    front_end = FrontEnd(machine, "import")
    data = front_end.start(str(sealed), "--secret-store", "file")
    assert data["question"]["kind"] == "secret"
    data = front_end.to_the_end(data, {data["question"]["key"]: PASSPHRASE})
    assert data["applied"]
    assert machine.run("secret", "get", "GROQ_API_KEY").out.strip() == CANARY
    for call in front_end.calls:
        assert PASSPHRASE not in call.out + call.err
        assert CANARY not in call.out + call.err


# setup on a ready machine


def test_the_menu_of_a_ready_machine(groq: FrontEnd, machine: Machine) -> None:
    groq.to_the_end(groq.start(*GROQ), {"key": CANARY})
    front_end = FrontEnd(machine, "setup")
    data = front_end.start()
    assert data["question"]["key"] == "menu"
    left = front_end.answer(data, "leave")
    assert (left["done"], left["applied"]) == (True, False)
    listed = front_end.answer(data, "list")
    assert listed["done"]
    assert [one["id"] for one in listed["providers"]] == ["groq"]


def test_the_menu_leads_into_another_commands_questions(groq: FrontEnd, machine: Machine) -> None:
    groq.to_the_end(groq.start(*GROQ), {"key": CANARY})
    front_end = FrontEnd(machine, "setup")
    data = front_end.answer(front_end.start(), "edit-provider")
    data = front_end.answer(data, "groq")
    assert data["question"]["key"] == "what"
    named = next(one["value"] for one in data["question"]["choices"] if "name" in one["value"])
    data = front_end.to_the_end(data, {"what": named, "name": "Another"})
    assert data["applied"]
    assert machine.entries["groq"]["name"] == "Another"


# With an endpoint


def test_the_endpoints_models_are_the_choices_and_a_failed_test_is_a_question(
    machine: Machine, model_server: ModelServer
) -> None:
    flags = ("openai-compatible", "--id", "mine", "--base-url", model_server.url, "--secret-store", "file")
    front_end = FrontEnd(machine, "add-provider", env=ONLINE)
    data = front_end.to_the_end(front_end.start(*flags), {"key": KEY}, until="apply")
    asked = front_end.answer(front_end.answer(data, "change"), "models")
    assert {"m-large", "m-small"} <= {one["value"] for one in asked["question"]["choices"]}
    model_server.refusals["/v1/chat/completions"] = Response(status=500)
    data = front_end.to_the_end(front_end.start(*flags), {"key": KEY}, until="after_test")
    assert [one["value"] for one in data["question"]["choices"]] == ["save"]
    assert data["question"]["default"] is None  # a program that takes each default saves nothing unasked
    model_server.refusals.clear()
    data = front_end.to_the_end(data, {"after_test": "save"})
    assert data["applied"]
    assert [test["ok"] for test in data["tests"]] == [True]
    assert machine.run("secret", "get", "MINE_API_KEY").out.strip() == KEY


# The documentation


def test_the_front_end_of_the_documentation(machine: Machine, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "wizard" / "cli" / "DIALOGUE.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "front_end.py").write_text(program)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "crush-wizard").write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    (folder / "crush-wizard").chmod(0o755)
    env = {**machine.env, "PATH": f"{folder}:{machine.env['PATH']}", "TERM": "dumb"}
    arguments = [str(tmp_path / "front_end.py"), "add-provider", *GROQ]
    child = pexpect.spawn(sys.executable, arguments, env=env, encoding="utf-8", timeout=30, cwd=machine.home)
    child.expect("Groq API key")
    child.sendline(CANARY)
    child.expect("Save\\?")
    child.sendline("change")
    child.expect("What do you want to change\\?")
    child.sendline("models")
    child.expect("Which models")
    child.sendline("openai/gpt-oss-20b")
    child.expect("Save\\?")
    child.sendline("yes")
    child.expect('"applied": true')
    child.expect(pexpect.EOF)
    assert [model["id"] for model in machine.entries["groq"]["models"]] == ["openai/gpt-oss-20b"]
