"""add-provider against a live endpoint: listed models, and the test before anything is stored."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from tests.model_server import KEY, ModelServer

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Machine

ONLINE = {"WIZARD_OFFLINE": ""}
WRONG = "sk-wrong-canary-5d1f77"


def add(
    machine: Machine, server: ModelServer, *flags: str, key: str = KEY, url: str = "", offline: bool = False
) -> Any:
    base = ("add-provider", "openai-compatible", "--id", "mine", "--base-url", url or server.url, "--yes")
    store = ("--api-key-stdin", "--secret-store", "file") if key else ()
    return machine.run(*base, *store, *flags, stdin=key, env={} if offline else ONLINE)


def test_a_key_that_works_is_stored_with_what_the_endpoint_says(machine: Machine, model_server: ModelServer) -> None:
    done = add(machine, model_server, "--model", "m-large", "--model", "m-small", "--json")
    assert done.code == 0, done.err
    large, small = machine.entries["mine"]["models"]
    assert (large["context_window"], large["can_reason"]) == (64_000, True)
    assert small["context_window"] == 32_000
    (test,) = done.json["data"]["tests"]
    assert test["ok"]
    assert {step["name"]: step["status"] for step in test["steps"]} == {
        **dict.fromkeys(("resolve", "connect", "models", "key", "chat", "stream", "tools"), "ok"),
        "tls": "skipped",
    }
    assert KEY not in done.out + done.err


def test_a_refused_key_stores_nothing(machine: Machine, model_server: ModelServer) -> None:
    before = machine.snapshot()
    done = add(machine, model_server, "--model", "m-large", "--set", "m-large.context_window=9000", key=WRONG)
    assert done.code == 4
    assert "nothing was stored" in done.err
    assert "--no-test" in done.err
    assert WRONG not in done.out + done.err
    assert machine.snapshot() == before


def test_a_slip_in_a_flag_is_told_before_anybody_is_asked(machine: Machine, model_server: ModelServer) -> None:
    done = add(machine, model_server, "--model", "m-large", "--set", "m-large.contex_window=9000")
    assert done.code == 2
    assert "did you mean `m-large.context_window`?" in done.err
    assert not model_server.seen


def test_no_test_stores_it_anyway(machine: Machine, model_server: ModelServer) -> None:
    done = add(machine, model_server, "--model", "m-large", "--no-test", key=WRONG)
    assert done.code == 0, done.err
    assert "POST /v1/chat/completions" not in model_server.seen
    assert machine.run("secret", "get", "MINE_API_KEY").out.strip() == WRONG


def test_without_a_key_nothing_is_chatted_unless_asked_for(machine: Machine, model_server: ModelServer) -> None:
    model_server.key = None
    assert add(machine, model_server, "--model", "m-large", key="").code == 0
    assert "POST /v1/chat/completions" not in model_server.seen
    done = add(machine, model_server, "--model", "m-large", "--test", "--replace", "--no-api-key", key="")
    assert done.code == 0, done.err
    assert "POST /v1/chat/completions" in model_server.seen


def test_another_failure_writes_nothing_either(machine: Machine, model_server: ModelServer) -> None:
    before = machine.snapshot()
    done = add(machine, model_server, "--model", "m-largo", "--json")
    assert done.code == 4, done.err
    assert "there is no model m-largo" in done.json["error"]["message"]
    assert "m-large" in done.json["error"]["hint"]
    assert machine.snapshot() == before
    assert add(machine, model_server, "--model", "m-largo", "--no-test").code == 0
    assert "mine" in machine.entries


def test_a_half_right_url_is_corrected(machine: Machine, model_server: ModelServer) -> None:
    done = add(machine, model_server, "--model", "m-large", "--set", "v1=no", url=model_server.root)
    assert done.code == 0, done.err
    assert machine.entries["mine"]["base_url"] == model_server.url
    assert model_server.url in done.err


def test_all_models_are_those_that_chat(machine: Machine, model_server: ModelServer) -> None:
    assert add(machine, model_server, "--all-models").code == 0
    assert [model["id"] for model in machine.entries["mine"]["models"]] == ["m-large", "m-small"]


def test_the_time_limit_is_for_the_list_too(machine: Machine, httpserver: HTTPServer) -> None:
    """The list comes later than the user wants to wait, and sooner than the wizard waits by itself."""
    ended = threading.Event()

    def late(_: object) -> Response:
        ended.wait(2)
        return Response('{"data": [{"id": "m1", "context_length": 9000}]}', content_type="application/json")

    httpserver.expect_request("/v1/models").respond_with_handler(late)
    url = httpserver.url_for("/v1")
    base = ("add-provider", "openai-compatible", "--id", "mine", "--base-url", url, "--no-api-key", "--all-models")
    done = machine.run(*base, "--no-test", "--yes", "--timeout", "0.3", env=ONLINE)
    ended.set()
    assert done.code == 2
    assert "did not answer in time" in done.err


@pytest.mark.parametrize("how", ["variable", "flag"])
def test_offline_asks_nobody(machine: Machine, model_server: ModelServer, how: str) -> None:
    flags = ("--model", "m-large", *(("--offline",) if how == "flag" else ()))
    done = add(machine, model_server, *flags, offline=how == "variable")
    assert done.code == 0, done.err
    assert model_server.seen == []


def test_a_dry_run_tests_nothing(machine: Machine, model_server: ModelServer) -> None:
    assert add(machine, model_server, "--model", "m-large", "--dry-run").code == 0
    assert "POST /v1/chat/completions" not in model_server.seen
    assert add(machine, model_server, "--model", "m-large", "--dry-run", "--test").code == 2


def test_a_key_of_the_environment_is_used_on_request(machine: Machine, model_server: ModelServer) -> None:
    flags = ("--model", "m-large", "--test", "--secret-store", "environment", "--json")
    base = ("add-provider", "openai-compatible", "--id", "mine", "--base-url", model_server.url, "--yes")
    done = machine.run(*base, *flags, env={**ONLINE, "MINE_API_KEY": KEY})
    assert done.code == 0, done.err
    assert done.json["data"]["tests"][0]["ok"]
    assert KEY not in done.out + done.err


def test_a_test_without_a_key_says_why_there_is_none(machine: Machine, model_server: ModelServer) -> None:
    flags = ("--model", "m-large", "--test", "--secret-store", "environment")
    done = add(machine, model_server, *flags, key="")
    assert done.code == 0
    assert "not tested: $MINE_API_KEY has no value yet" in done.err


AWS = """[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s
[profile work]
sso_start_url = https://x.awsapps.com/start
"""


def test_a_cloud_that_is_not_signed_in_to_is_saved_and_says_how_to_sign_in(machine: Machine) -> None:
    """Also where nothing is tested; what the slots wait for is said, too."""
    done = machine.run("add-provider", "bedrock", "--yes")
    assert done.code == 0
    assert "warning: bedrock is not signed in: unable to locate credentials" in done.err
    assert "large model: bedrock/us.anthropic.claude-opus-5, once Crush can use bedrock;" in done.err
    (machine.home / ".aws").mkdir()
    (machine.home / ".aws" / "config").write_text(AWS, encoding="utf-8")
    typo = machine.run("edit-provider", "bedrock", "--yes", "--set", "profile=wrok")
    assert "the config profile (wrok) could not be found" in typo.err
    assert "hint: did you mean `work`? To make one: aws configure sso --profile wrok" in typo.err
    session = machine.run("edit-provider", "bedrock", "--yes", "--set", "profile=work", "--test", env=ONLINE)
    assert "hint: aws sso login --profile work" in session.err
    assert "testing" not in session.err


def test_a_header_that_a_gateway_wants_is_sent(machine: Machine, model_server: ModelServer) -> None:
    done = add(machine, model_server, "--model", "m-large", "--header", "X-Team=$TEAM")
    assert done.code == 0, done.err
    sent = [request.headers.get("X-Team") for request, _ in model_server.http.log]
    assert sent
    assert set(sent) == {None}  # an empty value drops the header, as in Crush
    model_server.http.clear_log()
    base = ("add-provider", "openai-compatible", "--id", "other", "--base-url", model_server.url, "--yes")
    flags = ("--model", "m-large", "--header", "X-Team=$TEAM", "--api-key-stdin", "--secret-store", "file")
    assert machine.run(*base, *flags, stdin=KEY, env={**ONLINE, "TEAM": "red"}).code == 0
    assert {request.headers.get("X-Team") for request, _ in model_server.http.log} == {"red"}


def test_a_key_never_follows_a_redirect_to_another_host(machine: Machine, model_server: ModelServer) -> None:
    from tests.model_server import serving

    with serving() as elsewhere:
        there = {"Location": f"{elsewhere.url}/models"}
        model_server.refusals["/v1/models"] = Response(status=302, headers=there)
        model_server.refusals["/v1/chat/completions"] = Response(status=307, headers=there)
        add(machine, model_server, "--model", "m-large")
        assert elsewhere.seen == []


def test_names_with_escapes_reach_no_screen_and_no_config(machine: Machine, model_server: ModelServer) -> None:
    model_server.models = (*model_server.models, {"id": "evil\x1b]0;owned\x07", "name": "\x1b[2Jx"})
    done = add(machine, model_server, "--all-models")
    assert done.code == 0, done.err
    assert "\x1b" not in done.err + done.out
    assert "owned" not in json.dumps(machine.entries)


def test_a_local_server_brings_its_models(machine: Machine, model_server: ModelServer) -> None:
    model_server.key = None
    done = machine.run("add-provider", "vllm", "--yes", "--base-url", model_server.url, env=ONLINE)
    assert done.code == 0, done.err
    assert [model["id"] for model in machine.entries["vllm"]["models"]] == ["m-large", "m-small"]


def test_a_key_that_is_only_a_word_masks_no_name(machine: Machine, model_server: ModelServer) -> None:
    """Local servers get a key that means nothing, such as their own name."""
    model_server.key = None
    flags = ("--base-url", model_server.url, "--model", "m-large", "--test", "--yes")
    done = machine.run("add-provider", "ollama", *flags, env=ONLINE)
    assert done.code == 0, done.err
    assert "testing ollama at 127.0.0.1" in done.err
    assert "Saved Ollama to" in done.err


def test_litellm_is_told_the_effort_of_the_models_that_it_gives_one_to(
    machine: Machine, httpserver: HTTPServer
) -> None:
    """Crush sends it none of its own accord. Whatever else is among a model's options stays."""
    told = {"claude-sonnet-4-6": ["reasoning_effort"], "claude-haiku-4-5": ["tools"]}
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": name} for name in told]})
    info = [{"model_name": name, "model_info": {"supported_openai_params": told[name]}} for name in told]
    httpserver.expect_request("/model/info").respond_with_json({"data": info})
    models = [word for name in told for word in ("--model", name)]
    add = ("add-provider", "litellm", "--base-url", httpserver.url_for("/v1"), *models, "--yes", "--no-test")
    key = {**ONLINE, "LITELLM_API_KEY": KEY}
    assert machine.run(*add, "--format", "json", env=key).code == 0
    sonnet, haiku = machine.entries["litellm"]["models"]
    assert sonnet["options"] == {"provider_options": {"reasoning_effort": "medium"}}
    assert "options" not in haiku
    assert not [model for model in (sonnet, haiku) if "default_reasoning_effort" in model]
    findings = machine.run("doctor", "--offline", "--json", env=key).json["data"]["findings"]
    assert "effort" not in json.dumps(findings)
    sonnet["options"]["top_p"] = 0.5
    machine.write_config(json.dumps({"providers": {"litellm": machine.entries["litellm"] | {"models": [sonnet]}}}))
    assert machine.run(*add, "--merge", env=key).code == 0
    assert machine.entries["litellm"]["models"][0]["options"] == sonnet["options"]
    edited = machine.run("edit-provider", "litellm", "--set", "claude-sonnet-4-6.default_reasoning_effort=low", "--yes")
    assert edited.code == 0, edited.err
    changed = {"provider_options": {"reasoning_effort": "low"}, "top_p": 0.5}
    assert machine.entries["litellm"]["models"][0]["options"] == changed
