"""What people have reported, rebuilt: a server as it answered them, their configuration, and where they said so."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.trial.programs import KEY, PAGE, WRONG, Program, error


class Report(NamedTuple):
    """`models` and `type`: as they were configured. `works`: whether it is meant to work."""

    what: str
    source: str
    program: Program
    path: str = "/v1"
    models: tuple[str, ...] = ("m-big",)
    type: str = "openai-compat"
    key: str = KEY
    works: bool = False


def _github(path: str) -> str:
    return f"https://github.com/{path}"


def _says(status: int, body: Any, **more: Any) -> Program:
    """A server that refuses every chat with this."""
    return Program(chat=(status, body), **more)


def _refuses(status: int, body: Any, **more: Any) -> Program:
    """A server that refuses a wrong key with this."""
    return Program(refused=(status, body), **more)


XAI = {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: sk***ef."}
LMSTUDIO = (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"})
ONLY = "key not allowed to access model. This key can only access models=['gpt-5', 'm-small']. Tried to access m-big"
FORBIDDEN = (401, error(ONLY, "401", "key_model_access_denied"))
OLLAMA_UNKNOWN = (404, error("model '{model}' not found", None, "not_found_error"))
OLLAMA = Program(
    key=None, models=("llama3.2:latest", "qwen3:8b"), entry={"owned_by": "library"}, unknown=OLLAMA_UNKNOWN
)
NO_TOOLS = (400, error("registry.ollama.ai/library/m-big does not support tools", None, "api_error"))
AUTO_TOOLS = (400, error('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'))
NO_CHANNEL = (503, error("当前分组 default 下对于模型 {model} 无可用渠道", "", "one_api_error"))
LOCATION = [{"error": {"code": 400, "message": "User location is not supported.", "status": "FAILED_PRECONDITION"}}]
CONTEXT = error("the request exceeds the available context size, try increasing it", 400, "exceed_context_size_error")
NO_DB = error("No connected db.", "400", "no_db_connection")
POLICY = {"error": {"message": "No endpoints found matching your data policy (Paid model training)", "code": 404}}
ONLY_RESPONSES = (404, error("This model is only supported in v1/responses and not in v1/chat/completions."))
MINIMAX = {"type": "error", "error": {"type": "api_error", "message": "system error (1033)"}}

REPORTS: tuple[Report, ...] = (
    # keys
    Report("a wrong key at xAI is a 400", _github("continuedev/continue/issues/10778"), _refuses(400, XAI), key=WRONG),
    Report(
        "OpenAI's key sent to xAI", _github("openai/codex/issues/1352"), _refuses(400, XAI, open_list=True), key=WRONG
    ),
    Report(
        "LiteLLM without a database, and not its master key",
        _github("BerriAI/litellm/issues/12273"),
        _refuses(400, NO_DB),
        key=WRONG,
    ),
    Report(
        "an older LiteLLM says 401",
        _github("BerriAI/litellm/issues/4880"),
        _refuses(401, error("Authentication Error, No connected db.", 401, "auth_error")),
        key=WRONG,
    ),
    Report(
        "LiteLLM has forgotten the key",
        _github("BerriAI/litellm/issues/24680"),
        _refuses(401, error("Authentication Error, Invalid proxy server token passed", "401", "token_not_found_in_db")),
        key=WRONG,
    ),
    Report(
        "a URL in the place of the key",
        _github("continuedev/continue/issues/10250"),
        _refuses(401, error("Incorrect API key provided: https://****ETQ", "invalid_api_key")),
        key="https://api.openai.com/v1/chat/completions",
    ),
    Report(
        "a wrong key at Groq",
        _github("continuedev/continue/issues/11010"),
        _refuses(401, error("Invalid API Key", "invalid_api_key")),
        key=WRONG,
    ),
    Report(
        "a gateway that says no in Chinese",
        _github("MartialBE/one-hub/issues/788"),
        _refuses(401, error("无效的令牌", "", "api_error")),
        key=WRONG,
    ),
    Report(
        "a local model's dummy key goes to OpenAI",
        _github("IBM/mcp-cli/issues/133"),
        _refuses(401, error("Incorrect API key provided: 1111****1111.", "invalid_api_key")),
        key="11111111111111111111",
    ),
    Report(
        "LM Studio wants a token, and there is none",
        _github("agustif/opencode-lmstudio/issues/9"),
        _refuses(401, error("An LM Studio API token is required to make requests to this server.")),
        key="",
    ),
    Report(
        "Venice: 402 for a key that is none",
        _github("clawnchdev/clawmes/pull/44"),
        _refuses(402, {"error": "Authentication required"}),
        key=WRONG,
    ),
    Report(
        "Cloudflare's gateway wants another header",
        _github("cloudflare/ai/issues/430"),
        _refuses(401, {"error": {"code": 401, "message": "No or an invalid authentication header was provided."}}),
        key=WRONG,
    ),
    Report("a valid xAI key is called invalid", _github("charmbracelet/crush/issues/1100"), Program(), works=True),
    Report(
        "the list of a gateway takes no user keys, its chats do",
        _github("BerriAI/litellm/issues/1062"),
        Program(listing=(401, {"detail": "invalid user key"})),
        works=True,
    ),
    # models
    Report(
        "a key that may use two models, and not this one",
        _github("winfunc/opcode/issues/358"),
        Program(forbidden={"m-big": FORBIDDEN}),
    ),
    Report(
        "a listed model that the key may not use",
        _github("BerriAI/litellm/issues/21032"),
        Program(models=("m-big",), forbidden={"m-big": (403, error("team not allowed to access model", "403"))}),
    ),
    Report(
        "a key of GPUStack that may not use a model yet",
        _github("gpustack/gpustack/issues/4606"),
        _says(403, {"code": 403, "message": "Api key not allowed to access model m-big"}),
    ),
    Report("Ollama: not pulled", _github("netease-youdao/QAnything/issues/555"), OLLAMA, models=("ollama",)),
    Report(
        "Ollama: llama3 is llama3.2 here", _github("techwithtim/AI-Web-Scraper/issues/6"), OLLAMA, models=("llama3",)
    ),
    Report("Ollama: another tag", _github("FlowiseAI/Flowise/issues/2335"), OLLAMA, models=("llama3:latest",)),
    Report(
        "one-api: no channel for the model",
        _github("songquanpeng/one-api/issues/2340"),
        Program(unknown=NO_CHANNEL),
        models=("m-other",),
    ),
    Report(
        "a model that only Responses serve",
        _github("alvinunreal/tmuxai/issues/82"),
        Program(models=("gpt-5-codex",), speaks="responses", elsewhere=ONLY_RESPONSES),
        models=("gpt-5-codex",),
    ),
    Report(
        "no chat model",
        _github("egoist/chatwise-releases/issues/1256"),
        _says(404, error("This is not a chat model and thus not supported in the v1/chat/completions endpoint.")),
    ),
    # paths
    Report(
        "LM Studio without /v1 says 200",
        _github("lmstudio-ai/lmstudio-bug-tracker/issues/618"),
        Program(elsewhere=LMSTUDIO),
        path="",
    ),
    Report(
        "the same in an editor",
        _github("pssah4/vault-operator/issues/73"),
        Program(key=None, elsewhere=LMSTUDIO),
        path="",
        key="",
    ),
    Report(
        "the copied URL has no /v1",
        _github("cline/cline/issues/240"),
        Program(elsewhere=(200, {"error": "Not found"})),
        path="",
    ),
    Report(
        "the whole address of the chat",
        _github("cline/cline/issues/375"),
        Program(elsewhere=(404, "")),
        path="/v1/chat/completions",
    ),
    Report("a doubled path", _github("anomalyco/opencode/issues/42374"), Program(elsewhere=(404, "")), path="/v1/chat"),
    Report(
        "a web site answers",
        _github("beekeeper-studio/beekeeper-studio/issues/4188"),
        Program(base="/api/v1", elsewhere=PAGE),
        path="",
    ),
    Report(
        "a gateway's own pages", _github("musistudio/claude-code-router/issues/204"), Program(elsewhere=PAGE), path=""
    ),
    Report("Ollama without /v1", _github("vybestack/llxprt-code/issues/775"), OLLAMA, path="", models=("qwen3:8b",)),
    Report(
        "a slash too much",
        _github("n4ze3m/dialoqbase/issues/146"),
        Program(key=None, elsewhere=LMSTUDIO),
        path="/v1/",
        works=True,
    ),
    # types
    Report(
        "a local server as type openai",
        _github("charmbracelet/crush/issues/447"),
        Program(key=None, models=("gpt-oss-120b",)),
        models=("gpt-oss-120b",),
        type="openai",
    ),
    Report(
        "LiteLLM's proxy in the place of OpenAI",
        _github("charmbracelet/crush/issues/366"),
        Program(speaks="responses", models=("gpt-5",)),
        models=("gpt-5",),
        type="openai",
        works=True,
    ),
    # tools
    Report("Ollama: does not support tools", _github("charmbracelet/crush/issues/749"), Program(tools=NO_TOOLS)),
    Report("the same of a tiny model", _github("charmbracelet/crush/pull/1000"), Program(key=None, tools=NO_TOOLS)),
    Report("vLLM without its tool parser", _github("vllm-project/vllm/issues/9986"), Program(tools=AUTO_TOOLS)),
    Report(
        "OpenRouter: nobody behind it can call tools",
        _github("musistudio/claude-code-router/issues/583"),
        Program(tools=(404, {"error": {"message": "No endpoints found that support tool use.", "code": 404}})),
    ),
    # who pays, where, how much
    Report(
        "DeepSeek: no balance", _github("continuedev/continue/issues/9180"), _says(402, error("Insufficient Balance"))
    ),
    Report(
        "OpenRouter: the account's data policy",
        _github("unoplat/unoplat-code-confluence/issues/1080"),
        _says(404, POLICY),
    ),
    Report("Gemini from a country without it", _github("google-gemini/gemini-cli/issues/1993"), _says(400, LOCATION)),
    Report("llama.cpp: more than its context", _github("ggml-org/llama.cpp/pull/15780"), _says(400, CONTEXT)),
    Report("the same, with status 200", _github("oobabooga/textgen/issues/7257"), _says(200, CONTEXT)),
    Report(
        "vLLM refuses a parameter",
        _github("charmbracelet/crush/pull/414"),
        _says(400, {"object": "error", "message": "[{'loc': ('body', 'stream_options'), 'msg': 'extra fields'}]"}),
    ),
    Report(
        "MiniMax with a header that it does not take",
        "https://github.com/MiniMax-AI/cli/issues/59",
        _says(500, MINIMAX),
    ),
)
