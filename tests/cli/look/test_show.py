"""`show ID`: every value of one provider, with the place that it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

CANARY = "canary-51b0de"
USER = """{
  "models": {"large": {"provider": "work", "model": "w-2"}},
  "providers": {
    "work": {
      "name": "Work", "base_url": "https://$WORK_HOST/v1",
      "api_key": "$WORK_KEY",
      "extra_headers": {"X-Team": "core", "Authorization": "Bearer $WORK_KEY"},
      "extra_body": {"options": {"num_ctx": 5}, "stop": ["a"]},
      "apiKey": "canary-51b0de",
      "models": [
        {"id": "w-1", "name": "W One", "context_window": 128000, "default_max_tokens": 4096,
         "cost_per_1m_in": 0.25, "cost_per_1m_out": 2, "can_reason": true, "supports_attachments": true}
      ]
    },
    "deepseek": {
      "name": "Mine", "type": "openai", "api_key": "$DS_KEY",
      "models": [{"id": "deepseek-v4-flash", "name": "Flash"}]
    }
  }
}
"""
DATA = """{
  "providers": {"work": {
    "api_key": "$OTHER_KEY",
    "extra_body": {"stop": ["b"]},
    "models": [{"id": "w-1", "name": "Again"}, {"id": "w-2"}]
  }}
}
"""
ENV = {"WORK_HOST": "llm.work.example", "OTHER_KEY": CANARY}


@pytest.fixture
def data(machine: Machine) -> Path:
    """The file that Crush itself writes, which overrules the user's."""
    machine.write_config(USER)
    path: Path = machine.home / ".local" / "share" / "crush" / "crush.json"
    path.parent.mkdir(parents=True)
    path.write_text(DATA, encoding="utf-8")
    return path


def shown(machine: Machine, id_: str = "work", env: dict[str, str] = ENV) -> dict[str, Any]:
    done = machine.run("show", id_, "--json", env=env)
    assert done.code == 0, done.err
    provider: dict[str, Any] = done.json["data"]["provider"]
    return provider


def place(path: Path, text: str, what: str) -> dict[str, Any]:
    """Where a text starts in a file."""
    before = text[: text.index(what)]
    return {"path": str(path), "line": before.count("\n") + 1, "column": len(before.rpartition("\n")[2]) + 1}


def test_each_value_has_its_place(machine: Machine, data: Path) -> None:
    values = shown(machine)["values"]
    user = machine.config
    assert values["name"] == {"value": "Work", **place(user, USER, '"name": "Work"'), "shadowed": []}
    assert values["extra_headers.X-Team"] == {"value": "core", **place(user, USER, '"X-Team"'), "shadowed": []}
    assert values["extra_body.options.num_ctx"]["value"] == 5
    assert values["type"] == {"value": "openai-compat", "path": None, "line": None, "column": None, "shadowed": []}
    assert values["api_key"] == {
        "value": "$OTHER_KEY",
        **place(data, DATA, '"api_key"'),
        "shadowed": [place(user, USER, '"api_key": "$WORK_KEY"')],
    }


def test_lists_are_added_up_and_overrule_nothing(machine: Machine, data: Path) -> None:
    stop = shown(machine)["values"]["extra_body.stop"]
    assert (stop["value"], stop["shadowed"]) == (["a", "b"], [])


def test_the_same_for_people(machine: Machine, data: Path) -> None:
    done = machine.run("show", "work", env=ENV)
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert ["key", "OTHER_KEY", "(environment)"] in lines
    assert ["URL", "https://llm.work.example/v1"] in lines
    assert ["large", "w-2", "(~/.config/crush/crush.json:2)"] in lines
    key = lines.index(["api_key", "$OTHER_KEY", "~/.local/share/crush/crush.json:3:5"])
    assert lines[key + 1] == ["overrides", "~/.config/crush/crush.json:6:7"]
    assert CANARY not in done.out + done.err


def test_models_with_what_they_cost_and_those_listed_twice(machine: Machine, data: Path) -> None:
    out = machine.run("show", "work", env=ENV).out
    rows = [line.split() for line in out.splitlines() if line.startswith("w-")]
    assert rows[0] == [*"w-1 W One 128k 0.25 2 4k reasoning, images ~/.config/crush/crush.json:11".split()]
    assert rows[1] == ["w-1", "(again)", "Again", "~/.local/share/crush/crush.json:5"]
    assert rows[2] == ["w-2", "~/.local/share/crush/crush.json:5"]
    assert "again: Crush keeps both." in out
    sources = shown(machine)["model_sources"]
    assert [source["path"] for source in sources] == [str(machine.config), str(data), str(data)]


def test_a_field_that_crush_does_not_know_is_named_and_not_quoted(machine: Machine, data: Path) -> None:
    done = machine.run("show", "work", env=ENV)
    assert "~/.config/crush/crush.json:9:7: Crush does not know `apiKey` and ignores it" in done.err
    assert CANARY not in done.err


def test_a_built_in_keeps_its_name_and_type(machine: Machine, data: Path) -> None:
    env = {"DS_KEY": CANARY}
    provider = shown(machine, "deepseek", env)
    assert (provider["name"], provider["type"], provider["builtin"]) == ("DeepSeek", "openai-compat", True)
    assert provider["values"]["name"]["path"] is None
    assert provider["values"]["base_url"]["value"] == "https://api.deepseek.com/v1"
    assert provider["ignored"]["name"]["value"] == "Mine"
    assert set(provider["ignored"]) == {"name", "type"}
    done = machine.run("show", "deepseek", env=env)
    assert "Mine" in done.out
    assert "~/.config/crush/crush.json:16:7, ignored" in done.out
    assert "Crush takes URL, key, headers and options from the files" in done.out


def test_the_models_of_crushs_own_list_come_after_ones_own(machine: Machine, data: Path) -> None:
    listed = [
        {"id": "deepseek-v4-pro", "name": "Pro", "context_window": 1_000_000},
        {"id": "deepseek-v4-flash", "name": "Flash", "context_window": 1_000_000},
    ]
    cached = {
        "id": "deepseek",
        "name": "DeepSeek",
        "type": "openai-compat",
        "api_key": "$DEEPSEEK_API_KEY",
        "api_endpoint": "https://api.deepseek.com/v1",
        "default_large_model_id": "deepseek-v4-pro",
        "default_small_model_id": "deepseek-v4-flash",
        "models": listed,
    }
    data.with_name("providers.json").write_text(json.dumps([cached]), encoding="utf-8")
    provider = shown(machine, "deepseek", {"DS_KEY": CANARY})
    assert [model["id"] for model in provider["models"]] == ["deepseek-v4-flash", "deepseek-v4-pro"]
    first, second = provider["model_sources"]
    assert (first["path"], second) == (str(machine.config), None)
    out = machine.run("show", "deepseek", env={"DS_KEY": CANARY}).out
    (pro,) = [line for line in out.splitlines() if line.startswith("deepseek-v4-pro")]
    assert pro.endswith("Crush's catalogue")


def test_why_it_is_dropped_and_the_cure(machine: Machine, data: Path) -> None:
    out = machine.run("show", "deepseek").out
    lines = out.splitlines()
    assert lines[1] == "status    no key ($DS_KEY is not set)"
    assert lines[2] == "to do     store it: crush-wizard secret set DS_KEY"
    assert lines[3] == "key       DS_KEY (missing)"


@pytest.mark.parametrize(
    ("id_", "entry", "to_do"),
    [
        ("azure", {"api_key": "x"}, "give its URL: crush-wizard edit-provider azure"),
        ("vertexai", {}, "set VERTEXAI_PROJECT and VERTEXAI_LOCATION"),
        ("copilot", {}, "log in: crush login copilot"),
        ("bedrock", {}, "log in to AWS, or set AWS_PROFILE"),
        ("work", {"base_url": "https://x.example", "type": "Anthropic"}, "write `anthropic`"),
        ("work", {"models": [{"id": "m"}]}, "add the URL of its API"),
    ],
)
def test_other_cures(machine: Machine, id_: str, entry: dict[str, Any], to_do: str) -> None:
    machine.write_config(json.dumps({"providers": {id_: entry}}))
    assert f"to do     {to_do}\n" in machine.run("show", id_).out
    assert f"hint: {to_do}\n" in machine.run("list").err


def test_what_a_script_may_set_itself_is_not_called_missing(machine: Machine) -> None:
    crushrc = machine.config.with_name("crushrc")
    crushrc.parent.mkdir(parents=True)
    crushrc.write_text('provider add work --base-url https://x.example/v1 --api-key "$SCRIPT_KEY"\n')
    assert "key       SCRIPT_KEY (missing)\n" in machine.run("show", "work").out
    crushrc.write_text("SCRIPT_KEY=$(pass show work)\n" + crushrc.read_text())
    out = machine.run("show", "work").out
    assert "key       SCRIPT_KEY (unknown)\n" in out
    assert "$SCRIPT_KEY" in out


def test_a_secret_in_the_url_keeps_the_name_of_its_variable(machine: Machine) -> None:
    entry = {"base_url": "https://$WORK_HOST/$URL_TOKEN/v1", "models": [{"id": "m"}]}
    machine.write_config(json.dumps({"providers": {"work": entry}}))
    provider = shown(machine, env={**ENV, "URL_TOKEN": CANARY})
    assert provider["expanded_url"] == "https://llm.work.example/$URL_TOKEN/v1"
    assert provider["host"] == "llm.work.example"


def test_which_slots_use_it(machine: Machine, data: Path) -> None:
    machine.write_config(USER.replace('"w-2"}}', '"w-2"}, "small": {"provider": "work", "model": "w-1"}}'))
    assert shown(machine)["slots"] == ["large", "small"]


# Ids that are not there


@pytest.mark.parametrize(
    ("id_", "message", "hint"),
    [
        ("wrok", "there is no provider `wrok`", "did you mean `work`?"),
        ("depseek", "there is no provider `depseek`", "did you mean `deepseek`?"),
        ("zzz", "there is no provider `zzz`", "list them: crush-wizard list"),
        (
            "groq",
            "`groq` is built into Crush, but not set up here: no key ($GROQ_API_KEY is not set)",
            "set GROQ_API_KEY, or add it: crush-wizard add-provider groq",
        ),
        (
            "azure",
            "`azure` is built into Crush, but not set up here: no endpoint ($AZURE_OPENAI_API_ENDPOINT is not set)",
            "set AZURE_OPENAI_API_ENDPOINT, or add it: crush-wizard add-provider azure",
        ),
    ],
)
def test_an_id_that_is_not_there(machine: Machine, id_: str, message: str, hint: str) -> None:
    machine.write_config(USER)
    done = machine.run("show", id_)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {message}\nhint: {hint}\n"
    error = machine.run("show", id_, "--json").json["error"]
    assert (error["code"], error["message"]) == ("usage", message)


def test_the_built_ins_are_switched_off(machine: Machine) -> None:
    machine.write_config(json.dumps({"options": {"disable_default_providers": True}}))
    done = machine.run("show", "groq", env={"GROQ_API_KEY": CANARY})
    assert done.code == 2
    assert "Crush's own providers are switched off" in done.err


def test_an_id_that_only_a_script_knows(machine: Machine) -> None:
    crushrc = machine.config.with_name("crushrc")
    crushrc.parent.mkdir(parents=True)
    crushrc.write_text("if hostname | grep -q x; then provider add maybe --base-url https://y.example/v1; fi\n")
    done = machine.run("show", "maybe")
    assert done.code == 4
    assert f"{crushrc}:1: can't tell whether there is a provider `maybe` without running the script" in done.err


def test_a_key_as_a_default_of_a_header_is_not_shown(machine: Machine) -> None:
    header = {"X-Odd": f"Bearer ${{G:-{CANARY}}}", "X-None": "${N:-none}"}
    machine.write_config(json.dumps({"providers": {"a": {"api_key": "$A", "extra_headers": header}}}))
    for words in (("show", "a"), ("show", "a", "--json"), ("list",)):
        done = machine.run(*words)
        assert CANARY not in done.out + done.err
    assert "crush-wizard secret adopt" in done.err


def test_in_a_broken_configuration_that_comes_first(machine: Machine, data: Path) -> None:
    machine.write_config('{"providers": }')
    done = machine.run("show", "work", env=ENV)
    assert done.code == 1
    assert done.out.startswith("provider  work")
    assert "error: Crush does not start with this config" in done.err
    gone = machine.run("show", "mine")
    assert gone.code == 2
    assert "crush.json:1:15: " in gone.err
    assert gone.err.endswith("hint: fix the broken file first\n")


def test_without_an_id_it_is_wrong_usage(machine: Machine) -> None:
    assert machine.run("show").code == 2


def test_a_long_value_is_cut_for_people_only(machine: Machine) -> None:
    entry = {"base_url": "https://x.example/v1", "system_prompt_prefix": "be brief. " * 200, "models": [{"id": "m"}]}
    machine.write_config(json.dumps({"providers": {"work": entry}}))
    assert "…" in machine.run("show", "work").out
    assert shown(machine)["values"]["system_prompt_prefix"]["value"] == "be brief. " * 200


def test_a_value_can_steer_no_terminal(machine: Machine) -> None:
    entry = {
        "base_url": "https://x.example/\x1b[2J",
        "extra_headers": {"X\x1b[31m": "a\x07b"},
        "models": [{"id": "m\x1b[0m", "name": "\u202edlrow"}],
    }
    machine.write_config(json.dumps({"providers": {"work": entry}}))
    out = machine.run("show", "work").out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_a_cloud_without_a_sign_in_is_not_called_ready(machine: Machine) -> None:
    place = {"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "global"}
    machine.write_config(json.dumps({"providers": {"vertexai": {"disable": False}}, "env": place}))
    assert "not signed in  needs sign-in" in machine.run("list").out
    lines = machine.run("show", "vertexai").out.splitlines()
    assert lines[1] == "status    needs sign-in: there are no Application Default Credentials"
    assert lines[2] == "to do     gcloud auth application-default login"
    assert "– vertexai: needs sign-in: there are no" in machine.run("setup").err


def test_an_entry_of_another_id_for_what_was_named_is_told(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"azure-openai": {"base_url": "https://a.example/openai/v1"}}}))
    for command in (("show", "azure"), ("remove-provider", "azure", "--yes"), ("edit-provider", "azure", "--yes")):
        done = machine.run(*command)
        assert done.code in (2, 4)
        assert "hint: did you mean `azure-openai`?" in done.err
