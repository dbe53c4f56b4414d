"""No false "works", no false alarm: servers that answer as real programs do, with right and wrong configurations."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from tests.trial.programs import KEY, PAGE, WRONG, Program, error, running
from wizard.endpoints.probe import ProbeResult, run_probes
from wizard.endpoints.wire import Live

SECONDS = 5.0


def entry(path: str = "/v1", type_: str = "openai-compat", key: str = KEY, **more: Any) -> dict[str, Any]:
    return {"path": path, "type": type_, "api_key": key, "models": ("m-big",), **more}


def tried(program: Program, provider: dict[str, Any], *, quick: bool, seconds: float = SECONDS) -> ProbeResult:
    """The test of a provider against a program that runs."""
    with running(program) as root:
        fields = {name: value for name, value in provider.items() if name != "path"}
        live = Live(id="mine", base_url=root + provider["path"], variable="MINE_KEY", **fields)
        (result,) = run_probes([live], {}, quick=quick, seconds=seconds, on_step=lambda *_: None)
    return result


def reason(result: ProbeResult) -> str:
    return next((step.code for step in result.steps if step.status == "failed"), "")


NO_DB = (400, error("No connected db.", "400", "no_db_connection"))
XAI = (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: sk***ef."})
GOOGLE = (400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}])
LMSTUDIO = (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"})
FASTAPI = (404, {"detail": "Not Found"})
ONLY_SMALL = (
    401,
    error(
        "key not allowed to access model. This key can only access models=['m-small']", "401", "key_model_access_denied"
    ),
)
ANTHROPIC_REFUSED = (401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}})
ANTHROPIC = Program(base="", speaks="anthropic", header="X-Api-Key", refused=ANTHROPIC_REFUSED)
OLLAMA_UNKNOWN = (404, error("model '{model}' not found", None, "not_found_error"))
OLLAMA = Program(key=None, models=("qwen3:8b", "llama3:latest"), entry={"owned_by": "library"}, unknown=OLLAMA_UNKNOWN)
VLLM_UNKNOWN = (404, {"object": "error", "message": "The model `{model}` does not exist.", "code": 404})
VLLM = Program(key=None, entry={"owned_by": "vllm"}, unknown=VLLM_UNKNOWN, elsewhere=FASTAPI)
LLAMACPP = Program(key=None, models=("tiny.gguf",), entry={"owned_by": "llamacpp"}, any_name=True)
LITELLM = Program(refused=NO_DB, elsewhere=FASTAPI)
ALWAYS = {502: (502, "<html>502 Bad Gateway</html>"), 500: (500, error("boom", None, "server_error"))}


def always(answer: Any) -> Program:
    return Program(base="/nowhere", elsewhere=answer)


BROKEN: list[tuple[str, Program, dict[str, Any], str]] = [
    # servers that answer no good to anything
    ("always 502", always(ALWAYS[502]), entry(), "server-error"),
    ("always 500", always(ALWAYS[500]), entry(), "server-error"),
    ("always 503", always((503, "")), entry(), "server-error"),
    ("always 504", always((504, "<html>Gateway Time-out</html>")), entry(), "server-error"),
    ("Cloudflare finds no origin", always((522, "<html>Connection timed out</html>")), entry(), "gateway-setup"),
    ("a web site", always(PAGE), entry(), "web-page"),
    ("a login page", always((200, "<html><form>Password: log in</form></html>")), entry(), "login-page"),
    ("a web site, 404", always((404, "<html>Not here</html>")), entry(), "not-found"),
    ("an error object with 200", always((200, {"error": {"message": "no route"}})), entry(), "error-in-answer"),
    ("an error text with 200", always((200, {"error": "nothing here"})), entry(), "error-in-answer"),
    ("JSON of something else", always((200, {"status": "ok"})), entry(), "not-this-api"),
    ("an empty 200", always((200, "")), entry(), "empty"),
    ("a text", always((200, "Ollama is running")), entry(), "not-json"),
    ("405 to everything", always((405, {"detail": "Method Not Allowed"})), entry(), "method-refused"),
    ("403 from a firewall", always((403, "<html>Attention Required!</html>")), entry(), "forbidden"),
    (
        "a country that is not served",
        always((403, error("x", "unsupported_country_region_territory"))),
        entry(),
        "region",
    ),
    ("too many requests", always((429, error("Rate limit reached", "rate_limit_exceeded"))), entry(), "rate-limited"),
    # paths
    ("no /v1, 404", Program(), entry(""), "not-found"),
    ("no /v1, FastAPI", VLLM, entry(""), "not-found"),
    ("no /v1, LM Studio", Program(key=None, elsewhere=LMSTUDIO), entry(""), "not-found"),
    ("no /v1, an error with 200", Program(elsewhere=(200, {"error": {"message": "no"}})), entry(""), "error-in-answer"),
    ("no /v1, a web site", Program(elsewhere=PAGE), entry(""), "web-page"),
    ("no /v1, 405", Program(elsewhere=(405, "")), entry(""), "method-refused"),
    ("no /v1, an empty answer", Program(elsewhere=(200, "")), entry(""), "empty"),
    ("/v1 twice", Program(), entry("/v1/v1"), "not-found"),
    ("the whole address of the chat", Program(), entry("/v1/chat"), "not-found"),
    ("/api/v1 is right", Program(base="/api/v1"), entry("/v1"), "not-found"),
    ("/openai/v1 is right", Program(base="/openai/v1"), entry(""), "not-found"),
    ("/openai/v1 is right, a web site elsewhere", Program(base="/openai/v1", elsewhere=PAGE), entry(""), "web-page"),
    ("/api is right", Program(base="/api"), entry(""), "not-found"),
    ("Ollama's own API", OLLAMA, entry("/api", "ollama", models=("qwen3:8b",)), "not-found"),
    ("Anthropic with /v1", ANTHROPIC, entry("/v1", "anthropic"), "not-found"),
    ("llama.cpp's own type with /v1", LLAMACPP, entry("/v1/v1", models=("tiny.gguf",)), "not-found"),
    # types
    (
        "type openai without /responses",
        Program(models=("gpt-5",)),
        entry(type_="openai", models=("gpt-5",)),
        "wrong-type",
    ),
    (
        "the same, 405",
        Program(models=("gpt-5",), elsewhere=(405, "")),
        entry(type_="openai", models=("gpt-5",)),
        "wrong-type",
    ),
    (
        "only at /responses",
        Program(models=("gpt-5-codex",), chat=(404, error("This model is only supported in v1/responses"))),
        entry(models=("gpt-5-codex",)),
        "only-responses",
    ),
    ("type anthropic at an OpenAI server", Program(), entry("", "anthropic"), "not-found"),
    ("type openai-compat at Anthropic", ANTHROPIC, entry("/v1", "openai-compat"), "not-found"),
    # keys
    ("a wrong key", Program(), entry(key=WRONG), "key-refused"),
    ("no key", Program(), entry(key=""), "key-missing"),
    ("a wrong key, an open list", Program(open_list=True), entry(key=WRONG), "key-refused"),
    ("a wrong key, xAI", Program(refused=XAI), entry(key=WRONG), "key-refused"),
    ("a wrong key, xAI, an open list", Program(refused=XAI, open_list=True), entry(key=WRONG), "key-refused"),
    ("a wrong key, LiteLLM without a database", LITELLM, entry(key=WRONG), "key-refused"),
    ("a wrong key, LiteLLM, no models configured", LITELLM, entry(key=WRONG, models=()), "key-refused"),
    ("a wrong key, Gemini", Program(refused=GOOGLE), entry(key=WRONG), "key-refused"),
    ("a wrong key, Anthropic", ANTHROPIC, entry("", "anthropic", WRONG), "key-refused"),
    ("a wrong key, 403", Program(refused=(403, {"detail": "Authorization failed"})), entry(key=WRONG), "key-refused"),
    (
        "a wrong key, 200",
        Program(refused=(200, {"error": {"code": "1000", "message": "x"}})),
        entry(key=WRONG),
        "key-refused",
    ),
    (
        "a wrong key, one-api",
        Program(refused=(401, error("无效的令牌", "", "one_api_error"))),
        entry(key=WRONG),
        "key-refused",
    ),
    (
        "a wrong key, MiniMax",
        Program(refused=(200, {"base_resp": {"status_code": 1004, "status_msg": "login fail"}})),
        entry(key=WRONG),
        "key-refused",
    ),
    ("the list says 401, the chat 404", Program(listing=(401, ""), chat=(404, "")), entry(key=WRONG), "key-refused"),
    ("the key may do nothing", Program(chat=(403, error("Missing scopes: model.request"))), entry(), "scope-missing"),
    # models
    ("a model that does not exist", Program(), entry(models=("m-huge",)), "model-not-found"),
    ("a large model that does not exist", Program(), entry(models=("m-big",), large="m-huge"), "model-not-found"),
    ("a small model that does not exist", Program(), entry(large="m-big", small="m-tiny"), "model-not-found"),
    ("Ollama has no such model", OLLAMA, entry(models=("mistral",)), "model-not-found"),
    ("vLLM has no such model", VLLM, entry(models=("m-huge",)), "model-not-found"),
    (
        "one-api has no channel",
        Program(unknown=(503, error("无可用渠道", "", "one_api_error"))),
        entry(models=("x",)),
        "model-not-found",
    ),
    ("DeepSeek's words", Program(unknown=(400, error("Model Not Exist"))), entry(models=("x",)), "model-not-found"),
    ("no model at all", Program(models=()), entry(models=()), "empty-list"),
    ("LM Studio with nothing loaded", Program(chat=(400, error("No models loaded."))), entry(), "no-model-loaded"),
    (
        "the chosen model is forbidden",
        Program(forbidden={"m-big": ONLY_SMALL}),
        entry(large="m-big"),
        "model-forbidden",
    ),
    (
        "all models are forbidden",
        Program(forbidden=dict.fromkeys(("m-big", "m-small"), ONLY_SMALL)),
        entry(),
        "model-forbidden",
    ),
    (
        "an embedding model",
        Program(chat=(400, {"error": '"m-big" does not support chat'})),
        entry(),
        "not-a-chat-model",
    ),
    # who pays, and what the server can take
    ("no credit", Program(chat=(402, error("Insufficient Balance"))), entry(), "payment"),
    ("no quota", Program(chat=(429, error("You exceeded your quota", "insufficient_quota"))), entry(), "payment"),
    ("no credit, Anthropic's words", Program(chat=(400, error("Your credit balance is too low"))), entry(), "payment"),
    ("LiteLLM's budget", Program(chat=(400, error("x", "400", "budget_exceeded"))), entry(), "payment"),
    (
        "a context that is too small",
        Program(chat=(400, error("x", 400, "exceed_context_size_error"))),
        entry(),
        "context-too-small",
    ),
    (
        "too little memory",
        Program(chat=(500, {"error": "model requires more system memory (9 GiB)"})),
        entry(),
        "out-of-memory",
    ),
    ("still loading", Program(chat=(503, error("Loading model", 503, "unavailable_error"))), entry(), "loading"),
    (
        "the gateway's own key",
        Program(chat=(400, {"message": "x-portkey-provider header is required"})),
        entry(),
        "gateway-setup",
    ),
    # streams and tools
    ("no stream", Program(streamed=(200, {"choices": [{"message": {"content": "OK"}}]})), entry(), "not-streamed"),
    (
        "a stream that is refused",
        Program(streamed=(400, error("stream_options is not supported"))),
        entry(),
        "parameter-refused",
    ),
    ("a stream of HTML", Program(streamed=PAGE), entry(), "web-page"),
    (
        "tools are refused, Ollama",
        Program(tools=(400, error("m-big does not support tools"))),
        entry(),
        "tools-refused",
    ),
    (
        "tools are refused, vLLM",
        Program(tools=(400, error('"auto" tool choice requires --enable-auto-tool-choice'))),
        entry(),
        "tools-refused",
    ),
    (
        "tools are refused, llama.cpp",
        Program(tools=(500, error("tools param requires --jinja flag"))),
        entry(),
        "tools-refused",
    ),
    (
        "a refused parameter",
        Program(chat=(400, error("Unsupported value: 'temperature'"))),
        entry(),
        "parameter-refused",
    ),
    ("a request that is too large", Program(chat=(413, "Request Entity Too Large")), entry(), "request-too-large"),
]


@pytest.mark.parametrize(("what", "program", "provider", "code"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_is_broken_never_works(what: str, program: Program, provider: dict[str, Any], code: str) -> None:
    result = tried(program, provider, quick=False)
    assert (result.verdict, reason(result)) == ("fails", code), what
    assert all(step.hint for step in result.steps if step.status == "failed")


@pytest.mark.parametrize(("what", "program", "provider", "code"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_is_broken_does_not_work_quickly_either(
    what: str, program: Program, provider: dict[str, Any], code: str
) -> None:
    result = tried(program, provider, quick=True)
    assert result.verdict in ("fails", "reachable"), (what, code)


QUICKLY_SEEN = [
    row for row in BROKEN if row[0].startswith(("always", "a web", "an e", "no /v1", "a wrong key", "a text"))
]
QUICKLY_SEEN += [row for row in BROKEN if row[0] in ("a model that does not exist", "vLLM has no such model", "no key")]


@pytest.mark.parametrize(("what", "program", "provider", "_"), QUICKLY_SEEN, ids=[row[0] for row in QUICKLY_SEEN])
def test_what_can_be_seen_without_a_chat_is_seen(what: str, program: Program, provider: dict[str, Any], _: str) -> None:
    if program.open_list or what == "an embedding model":
        return  # only a chat tells
    result = tried(program, provider, quick=True)
    assert result.verdict == "fails", what
    assert all(step.hint for step in result.steps if step.status == "failed")


def test_a_hanging_server_fails_quickly_and_slowly() -> None:
    for quick in (True, False):
        result = tried(Program(silent=True), entry(), quick=quick, seconds=0.5)
        assert (result.verdict, result.steps[-1].status) == ("fails", "skipped")


@pytest.mark.parametrize(
    ("program", "path", "right"),
    [
        *(
            (Program(elsewhere=said), "", "/v1")
            for said in ((404, ""), (405, ""), (200, {"error": "no"}), PAGE, LMSTUDIO)
        ),
        (Program(base="/api/v1", elsewhere=PAGE), "", "/api/v1"),
        (Program(base="/openai/v1"), "", "/openai/v1"),
        (Program(base="/api"), "/v1", "/api"),
        (Program(), "/v1/v1", "/v1"),
    ],
)
def test_the_path_that_works_is_found_however_the_server_says_no(program: Program, path: str, right: str) -> None:
    with running(program) as root:
        live = Live("mine", "openai-compat", root + path, KEY, models=("m-big",))
        (result,) = run_probes([live], {}, quick=False, seconds=SECONDS, on_step=lambda *_: None)
        (fixed,) = run_probes(
            [replace(live, base_url=root + right)], {}, quick=False, seconds=SECONDS, on_step=lambda *_: None
        )
        (quick,) = run_probes([live], {}, quick=True, seconds=SECONDS, on_step=lambda *_: None)
    cure = next(step.hint for step in result.steps if step.status == "failed")
    assert cure == f"set base_url to {root}{right}: tried, it works"
    assert result.cure is not None
    assert fixed.verdict == "works"
    assert quick.verdict == "fails"


NAMELESS = (400, error("Invalid request"))
BARE = {"data": [{"id": "m-big"}]}

GOOD: list[tuple[str, Program, dict[str, Any]]] = [
    ("OpenAI's way", Program(), entry()),
    ("an open list", Program(open_list=True), entry()),
    ("no key is asked for", Program(key=None), entry(key="")),
    ("no key is asked for, and one is given", Program(key=None), entry()),
    ("both slots", Program(), entry(large="m-big", small="m-small")),
    ("models are discovered", Program(), entry(models=())),
    ("one model of many is configured", Program(models=tuple(f"m-{n}" for n in range(300))), entry(models=("m-7",))),
    ("more models are configured than are listed", Program(any_name=True), entry(models=("m-big", "m-hidden"))),
    ("an alias that the list does not have", Program(any_name=True), entry(models=("hidden",))),
    # no list
    *(
        (f"no list: {status}", Program(listing=(status, "")), entry())
        for status in (404, 405, 400, 403, 500, 501, 502, 429)
    ),
    ("no list: a page", Program(listing=PAGE), entry()),
    ("no list: an error with 200", Program(listing=(200, {"error": "no"})), entry()),
    ("no list: empty", Program(listing=(200, "")), entry()),
    ("no list: another document", Program(listing=(200, {"ok": True})), entry()),
    ("the key may not list", Program(listing=(403, error("Missing scopes: api.model.read"))), entry()),
    ("the list wants another login", Program(listing=(401, "")), entry()),
    ("an empty list", Program(listing=(200, {"data": []})), entry()),
    # paths
    ("no version", Program(base=""), entry("")),
    ("/api", Program(base="/api"), entry("/api")),
    ("/api/v1", Program(base="/api/v1"), entry("/api/v1")),
    ("/openai/v1", Program(base="/openai/v1"), entry("/openai/v1")),
    ("/api/paas/v4", Program(base="/api/paas/v4"), entry("/api/paas/v4")),
    ("/compatible-mode/v1", Program(base="/compatible-mode/v1"), entry("/compatible-mode/v1")),
    ("/inference", Program(base="/inference", listing=(404, "")), entry("/inference")),
    ("a slash at the end", Program(), entry("/v1/")),
    ("a deep gateway", Program(base="/a/b/c/v1"), entry("/a/b/c/v1")),
    # types
    ("type openai, chat completions", Program(), entry(type_="openai")),
    (
        "type openai, responses",
        Program(speaks="responses", models=("gpt-5",)),
        entry(type_="openai", models=("gpt-5",)),
    ),
    ("Anthropic", ANTHROPIC, entry("", "anthropic")),
    (
        "Anthropic below a path",
        Program(base="/claude", speaks="anthropic", header="X-Api-Key"),
        entry("/claude", "anthropic"),
    ),
    (
        "Anthropic without a list",
        Program(base="", speaks="anthropic", header="X-Api-Key", listing=(404, "")),
        entry("", "anthropic"),
    ),
    # local servers
    ("Ollama", OLLAMA, entry(models=("qwen3:8b",))),
    ("Ollama, its own type", OLLAMA, entry("/v1", "ollama", models=("qwen3:8b",))),
    ("Ollama, the default tag", Program(key=None, models=("llama3:latest",), any_name=True), entry(models=("llama3",))),
    ("llama.cpp", LLAMACPP, entry(models=("tiny.gguf",))),
    ("llama.cpp takes every name", LLAMACPP, entry(models=("whatever",))),
    ("vLLM", VLLM, entry()),
    ("vLLM with a key", Program(refused=(401, {"error": "Unauthorized"})), entry()),
    ("LM Studio", Program(key=None, entry={"owned_by": "organization_owner"}, elsewhere=LMSTUDIO), entry()),
    (
        "LM Studio loads by itself",
        Program(key=None, entry={"owned_by": "organization_owner"}, any_name=True),
        entry(models=("x",)),
    ),
    ("LiteLLM", LITELLM, entry()),
    ("LiteLLM with a wildcard", Program(models=("openai/*",), any_name=True), entry(models=("openai/gpt-5",))),
    ("a dummy key", Program(key="ollama"), entry(key="ollama")),
    # lists of other shapes
    ("a list of texts", Program(raw_list={"data": ["m-big", "m-small"]}), entry()),
    ("a list called models", Program(raw_list={"models": [{"id": "m-big"}]}), entry()),
    ("a bare list", Program(raw_list=[{"id": "m-big"}]), entry()),
    ("a list of several pages", Program(raw_list={**BARE, "has_more": True, "last_id": "m-big"}), entry()),
    ("a list with prices", Program(entry={"pricing": {"prompt": "0.1"}, "context_length": 128_000}), entry()),
    # ids
    ("a date in the id", Program(models=("m-big-20250929",), any_name=True), entry()),
    ("-latest", Program(models=("m-big",), any_name=True), entry(models=("m-big-latest",))),
    ("a variant of a router", Program(models=("v/m-big",), any_name=True), entry(models=("v/m-big:free",))),
    ("a deployment of one's own", Program(any_name=True), entry(models=("accounts/me/deployedModels/x",))),
    # what is said beside an answer
    (
        "FastAPI says 422 to an empty request",
        Program(listing=(404, ""), empty_request=(422, {"detail": [{"msg": "x"}]})),
        entry(),
    ),
    ("500 to an empty request", Program(listing=(404, ""), empty_request=NAMELESS), entry()),
    (
        "a forbidden model that nobody chose",
        Program(forbidden={"m-big": ONLY_SMALL}),
        entry(models=("m-big", "m-small")),
    ),
    ("a forbidden model of a discovered list", Program(forbidden={"m-big": ONLY_SMALL}), entry(models=())),
    ("extra_body", Program(), entry(body={"options.num_ctx": 32_000})),
    ("headers of one's own", Program(header="X-Auth"), entry(key="", headers={"X-Auth": KEY})),
    ("a key with Bearer in a header", Program(), entry(key="", headers={"Authorization": f"Bearer {KEY}"})),
    ("a model with a slash", Program(models=("org/m-big",)), entry(models=("org/m-big",))),
    ("a thinking model", Program(models=("gpt-5",)), entry(models=("gpt-5",), thinking=frozenset({"gpt-5"}))),
]


def test_there_are_enough_of_both() -> None:
    assert len({row[0] for row in BROKEN}) >= 60
    assert len({row[0] for row in GOOD}) >= 60


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(("what", "program", "provider"), GOOD, ids=[row[0] for row in GOOD])
def test_what_is_good_raises_no_alarm(what: str, program: Program, provider: dict[str, Any], quick: bool) -> None:
    result = tried(program, provider, quick=quick)
    assert [step for step in result.steps if step.status == "failed"] == [], what
    assert result.verdict == ("reachable" if quick else "works")


# what real servers have shown


def alternatives_of(program: Program, provider: dict[str, Any], *, quick: bool) -> str:
    """The hint of the step that failed."""
    result = tried(program, provider, quick=quick)
    return result.failure.hint if result.failure else ""


def test_what_the_right_address_says_is_told() -> None:
    """As Ollama without /v1 and a model that it lacks, or a gateway that wants another header."""
    hint = alternatives_of(OLLAMA, entry("", models=("qwen4",)), quick=False)
    assert "/v1, where an API answers; it says: there is no model qwen4" in hint
    portkey = {"status": "failure", "message": "Either x-portkey-config or x-portkey-provider header is required"}
    hint = alternatives_of(Program(chat=(400, portkey)), entry("/api/v7"), quick=False)
    assert "/v1, where an API answers; it says: the gateway itself fails" in hint
    hint = alternatives_of(Program(), entry("", key=WRONG), quick=False)
    assert "/v1, where an API answers; it says: the key was refused" in hint


@pytest.mark.parametrize(("path", "type_"), [("/api/v7", "openai-compat"), ("", "anthropic")])
def test_a_quick_test_names_the_address_and_the_type_that_list_models(path: str, type_: str) -> None:
    """As llama-cpp-python, whose list refuses a key in another header."""
    hint = alternatives_of(Program(elsewhere=FASTAPI), entry(path, type_), quick=True)
    assert "set base_url to http://" in hint
    assert hint.endswith("/v1")
    assert ("use type openai-compat" in hint) is (type_ == "anthropic")


def test_a_gateway_that_puts_in_a_question_is_there() -> None:
    """As Portkey: its list fails, and it answers a request without a question."""
    failed = (500, {"status": "failure", "message": "Something went wrong"})
    lenient = Program(listing=failed, any_name=True, empty_request=(200, ANSWERED))
    result = tried(lenient, entry(), quick=True)
    assert (result.verdict, reason(result)) == ("reachable", "")


ANSWERED = {"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("nothing", [{"object": "list", "data": None}, {"data": []}])
@pytest.mark.parametrize("quick", [False, True])
def test_a_server_without_models_says_that(nothing: Any, quick: bool) -> None:
    """As Ollama before the first pull."""
    empty = dataclasses.replace(OLLAMA, models=(), raw_list=nothing)
    result = tried(empty, entry(models=()), quick=quick)
    assert result.failure is not None
    assert (result.failure.name, result.failure.code) == ("models", "empty-list")
    assert "ollama pull" in result.failure.hint
    chat = tried(empty, entry(models=("qwen3:8b",)), quick=False).failure
    assert chat is not None
    assert (chat.code, chat.hint) == ("model-not-found", "`ollama pull qwen3:8b`")


def test_what_portkey_says_where_a_provider_sent_no_json() -> None:
    failed = {"html-message": "Message: fetch failed Cause: connect ECONNREFUSED"}
    result = tried(Program(chat=(500, failed)), entry(), quick=False)
    assert result.failure is not None
    assert "ECONNREFUSED" in result.failure.detail


def test_portkey_with_the_other_type() -> None:
    other = (500, {"status": "failure", "message": "messages is not supported by openai"})
    hint = alternatives_of(Program(elsewhere=other), entry("", "anthropic"), quick=False)
    assert "use type openai-compat" in hint
    assert hint.endswith("tried, it works")
