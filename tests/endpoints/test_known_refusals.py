"""The table of refusals: an answer as its vendor sends it for each row, and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.endpoints.diagnosis import RequestContext, diagnose
from wizard.endpoints.known_refusals import KNOWN, Known, allowed_models
from wizard.endpoints.refusal import Refusal, refusal_in
from wizard.endpoints.wire import Live
from wizard.network.client import Response, Timings

KEY = "sk-0123456789abcdef0123"


def _openai(message: str, code: Any = None, type_: str = "invalid_request_error", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": None, "code": code, **more}}


def _anthropic(message: str, type_: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type_, "message": message}}


def _google(status: int, message: str, name: str, reason: str = "") -> list[dict[str, Any]]:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return [{"error": {"code": status, "message": message, "status": name, "details": details}}]


def _zai(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _minimax(code: int, message: str) -> dict[str, Any]:
    return {"choices": None, "base_resp": {"status_code": code, "status_msg": message}}


ALLOWED = "key not allowed to access model. This key can only access models=['gpt-5', 'small']. Tried to access big"

ANSWERS: list[tuple[str, int, Any, str]] = [
    # the key is good, and does not reach as far as this model
    ("LiteLLM", 401, _openai(ALLOWED, "401", "key_model_access_denied"), "model-forbidden"),
    ("LiteLLM", 403, _openai("team not allowed to access model", "403", "team_model_access_denied"), "model-forbidden"),
    ("older LiteLLM", 401, _openai(f"Authentication Error, {ALLOWED}", 401, "auth_error"), "model-forbidden"),
    ("new-api", 403, _openai("该令牌无权访问模型 m-big", "", "new_api_error"), "model-forbidden"),
    ("new-api", 403, _openai("This token has no permission to access model m-big"), "model-forbidden"),
    ("Venice", 401, {"error": "This model is only available to Pro users"}, "model-forbidden"),
    ("Venice", 401, {"error": {"code": "PRO_ONLY_MODEL", "message": "Pro only"}}, "model-forbidden"),
    ("Groq", 403, _openai("The model is blocked", "model_permission_blocked_project"), "model-forbidden"),
    (
        "OpenAI",
        403,
        _openai("Project `proj_1` does not have access to model `m-big`", "model_not_found"),
        "model-forbidden",
    ),
    (
        "OpenAI",
        400,
        _openai("Your organization must be verified to stream this model.", "unsupported_value", param="stream"),
        "model-forbidden",
    ),
    ("DashScope", 403, {"code": "AccessDenied.Unpurchased", "message": "Access denied."}, "model-forbidden"),
    ("DashScope", 403, _openai("Model access denied.", "Model.AccessDenied"), "model-forbidden"),
    ("Bedrock", 403, {"message": "You don't have access to the model with the specified model ID."}, "model-forbidden"),
    ("Z.ai", 429, _zai("1311", "Your subscription plan does not yet include GLM-5"), "model-forbidden"),
    ("MiniMax", 200, _minimax(2061, "your current token plan not support model"), "model-forbidden"),
    (
        "SiliconFlow",
        403,
        {"code": 30003, "message": "Model disabled.", "data": None},
        "model-forbidden",
    ),
    ("Langfuse", 403, _openai("Model m-big is off", "model_not_allowed"), "model-forbidden"),
    ("Kong", 400, {"error": {"message": "cannot use own model - must be: gpt-5"}}, "model-forbidden"),
    (
        "Bedrock",
        404,
        {"message": "Model use case details have not been submitted for this account."},
        "model-forbidden",
    ),
    ("a gateway", 403, {"message": "Access to model m-big is denied for your team"}, "model-forbidden"),
    ("a gateway", 401, _openai("You do not have access to this model"), "model-forbidden"),
    (
        "a gateway",
        401,
        _anthropic("model m-big is not allowed for this key", "authentication_error"),
        "model-forbidden",
    ),
    # the key is good, and does not reach as far as this request
    (
        "OpenAI",
        401,
        _openai("You have insufficient permissions for this operation. Missing scopes: model.request"),
        "scope-missing",
    ),
    (
        "Hugging Face",
        403,
        {"error": "This authentication method does not have sufficient permissions to call Inference Providers"},
        "scope-missing",
    ),
    (
        "Azure",
        401,
        {"error": {"code": "PermissionDenied", "message": "The principal `x` lacks the required data action"}},
        "scope-missing",
    ),
    (
        "Vertex",
        403,
        _google(403, "Permission 'aiplatform.endpoints.predict' denied on resource", "PERMISSION_DENIED"),
        "scope-missing",
    ),
    (
        "Bedrock",
        403,
        {"Message": "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel on resource"},
        "stream-only",
    ),
    (
        "Bedrock",
        403,
        {"message": "User is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: x"},
        "scope-missing",
    ),
    ("Bedrock", 403, {"message": "The security token included in the request is expired"}, "key-refused"),
    (
        "AWS",
        403,
        {"message": "The request signature we calculated does not match the signature you provided."},
        "key-refused",
    ),
    ("AWS", 403, {"message": "Signature expired: 20260101T000000Z is now earlier than 20260102T"}, "key-refused"),
    (
        "Gemini",
        403,
        _google(403, "Generative Language API has not been used", "PERMISSION_DENIED", "SERVICE_DISABLED"),
        "scope-missing",
    ),
    ("Bedrock", 403, {"message": "Your account is not authorized to invoke this API operation."}, "scope-missing"),
    ("Kong", 403, {"message": "You cannot consume this service", "request_id": "a1"}, "scope-missing"),
    (
        "LocalAI",
        403,
        {
            "error": {
                "code": 403,
                "message": "feature not enabled for your account",
                "param": None,
                "type": "authorization_error",
            }
        },
        "scope-missing",
    ),
    ("LiteLLM", 403, {"error": {"message": "Virtual key is not allowed to call this route"}}, "scope-missing"),
    (
        "Anthropic",
        400,
        _anthropic("This credential is only authorized for use with Claude Code", "invalid_request_error"),
        "scope-missing",
    ),
    (
        "Kimi Code",
        403,
        _openai("Kimi For Coding is currently only available for Coding Agents", type_="access_terminated_error"),
        "scope-missing",
    ),
    # who pays
    ("OpenAI", 429, _openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), "payment"),
    (
        "LLM Gateway",
        401,
        _openai("Unauthorized: LLMGateway API key reached its usage limit.", "invalid_api_key"),
        "payment",
    ),
    ("OpenAI", 400, _openai("Billing hard limit has been reached", "billing_hard_limit_reached"), "payment"),
    (
        "Anthropic",
        400,
        _anthropic("Your credit balance is too low to access the Anthropic API.", "invalid_request_error"),
        "payment",
    ),
    ("Anthropic", 402, _anthropic("Payment needed", "billing_error"), "payment"),
    (
        "Gemini",
        429,
        _google(429, "Quota exceeded for metric: free_tier_requests, limit: 0, model: gemini-3", "RESOURCE_EXHAUSTED"),
        "payment",
    ),
    (
        "xAI",
        403,
        {
            "code": "The caller does not have permission",
            "error": "Your newly created team doesn't have any credits yet.",
        },
        "payment",
    ),
    ("DeepSeek", 402, _openai("Insufficient Balance", "invalid_request_error", "unknown_error"), "payment"),
    ("Moonshot", 429, _openai("Your account is suspended", type_="exceeded_current_quota_error"), "payment"),
    ("Kimi Code", 403, _openai("You've reached your usage limit for this billing cycle"), "payment"),
    ("Fireworks", 412, {"error": {"message": "Account x is suspended, possibly due to reaching the limit"}}, "payment"),
    ("Hugging Face", 402, {"error": "You have exceeded your monthly included credits for Inference"}, "payment"),
    ("Hugging Face", 403, {"error": "You have exceeded your monthly included credits for Inference"}, "payment"),
    ("Z.ai", 429, _zai("1113", "Your account is in arrears, please recharge and try again"), "payment"),
    ("MiniMax", 200, _minimax(1008, "insufficient balance"), "payment"),
    ("MiniMax", 200, _minimax(2056, "usage limit exceeded"), "payment"),
    ("DashScope", 400, {"code": "Arrearage", "message": "Access denied, make sure your account is good"}, "payment"),
    ("DashScope", 403, _openai("The free tier of the model has been used", "AllocationQuota.FreeTierOnly"), "payment"),
    ("SiliconFlow", 403, {"code": 30001, "message": "Sorry, your account balance is too low"}, "payment"),
    ("Venice", 402, {"code": "INSUFFICIENT_BALANCE", "error": "Insufficient USD or Diem"}, "payment"),
    ("Venice", 402, {"code": "API_KEY_USD_SPEND_LIMIT_EXCEEDED", "error": "API key USD limit"}, "payment"),
    ("LiteLLM", 400, _openai("Crossed budget. Spend=1.2", "400", "budget_exceeded", param="budget"), "payment"),
    ("LiteLLM", 400, {"error": {"message": "Budget has been exceeded! Current cost: 1.0", "code": "400"}}, "payment"),
    ("new-api", 403, _openai("quota", "insufficient_user_quota", "new_api_error"), "payment"),
    ("one-api", 403, _openai("该令牌额度已用尽", type_="one_api_error"), "payment"),
    ("Perplexity", 401, _openai("You exceeded your current quota, please check your plan"), "payment"),
    # where it is asked from
    (
        "OpenAI",
        403,
        _openai("Country not supported", "unsupported_country_region_territory", "request_forbidden"),
        "region",
    ),
    (
        "OpenAI",
        401,
        _openai("Attempted to access resource with incorrect regional hostname."),
        "region",
    ),
    (
        "Gemini",
        400,
        _google(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"),
        "region",
    ),
    (
        "Bedrock",
        400,
        {"message": "Access to Anthropic models is not allowed from unsupported countries, regions, or territories."},
        "region",
    ),
    (
        "Azure",
        403,
        {"error": {"code": "403", "message": "Public access is disabled. Please configure private endpoint."}},
        "region",
    ),
    # the gateway lacks something of its own
    (
        "Portkey",
        400,
        {"status": "failure", "message": "Either x-portkey-config or x-portkey-provider header is required"},
        "gateway-setup",
    ),
    ("Portkey", 400, {"status": "failure", "message": "Invalid provider passed"}, "gateway-setup"),
    ("Olla", 503, "no healthy endpoints available", "gateway-setup"),
    ("Helicone", 401, _openai("Provider key not found", "provider_key_not_found"), "gateway-setup"),
    ("Kong", 400, {"error": {"message": "response streaming is not enabled for this LLM"}}, "gateway-setup"),
    (
        "llama-swap",
        500,
        {
            "src": "llama-swap",
            "error": {"message": "unspecific error: upstream command exited prematurely", "type": "server_error"},
        },
        "gateway-setup",
    ),
    (
        "Cloudflare",
        400,
        {"success": False, "error": [{"code": 2001, "message": "Please configure AI Gateway in the dashboard"}]},
        "gateway-setup",
    ),
    ("Helicone", 400, {"error": "Missing Target-Url header: set Helicone-Target-Url"}, "gateway-setup"),
    ("LiteLLM", 429, _openai("No deployments available for selected model, Try again in 5 seconds."), "gateway-setup"),
    (
        "LiteLLM",
        401,
        _openai("litellm.AuthenticationError: OpenAIException - Incorrect API key provided", "401"),
        "gateway-setup",
    ),
    ("LiteLLM", 500, _openai("litellm.InternalServerError: OpenAIException - Connection error."), "gateway-setup"),
    (
        "OpenRouter",
        404,
        {"error": {"message": "No endpoints found matching your data policy (Free model publication)", "code": 404}},
        "gateway-setup",
    ),
    ("Cloudflare in front", 522, "<html>Connection timed out</html>", "gateway-setup"),
    # the key is refused
    (
        "Vertex",
        401,
        _google(
            401, "Request had invalid authentication credentials. Expected OAuth 2 access token", "UNAUTHENTICATED"
        ),
        "key-refused",
    ),
    (
        "Anthropic",
        401,
        _anthropic("OAuth authentication is currently not supported.", "authentication_error"),
        "key-refused",
    ),
    ("LiteLLM", 400, _openai("No connected db.", "400", "no_db_connection"), "key-refused"),
    ("older LiteLLM", 401, _openai("Authentication Error, No connected db.", 401, "auth_error"), "key-refused"),
    ("LiteLLM", 400, _openai("Token not found", "400", "token_not_found_in_db", param="key"), "key-refused"),
    (
        "xAI",
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: sk***gA. See console"},
        "key-refused",
    ),
    ("OpenAI", 401, _openai("Incorrect API key provided: sk-x", "invalid_api_key"), "key-refused"),
    (
        "Gemini",
        400,
        _google(400, "Key is bad", "INVALID_ARGUMENT", "API_KEY_INVALID"),
        "key-refused",
    ),
    ("Gemini", 400, _google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"), "key-refused"),
    ("Gemini", 403, _google(403, "Your API key was reported as leaked.", "PERMISSION_DENIED"), "key-refused"),
    ("Gemini", 403, _google(403, "Method doesn't allow unregistered callers", "PERMISSION_DENIED"), "key-refused"),
    ("Groq", 401, _openai("Invalid API Key", "invalid_api_key"), "key-refused"),
    ("DashScope", 400, {"code": "InvalidApiKey", "message": "No key"}, "key-refused"),
    ("Cerebras", 400, {"message": "Wrong API Key", "param": "api_key", "code": "wrong_api_key"}, "key-refused"),
    ("Anthropic", 401, _anthropic("invalid x-api-key", "authentication_error"), "key-refused"),
    ("Moonshot", 401, _openai("Invalid Authentication", type_="invalid_authentication_error"), "key-refused"),
    ("Venice", 401, {"code": "AUTHENTICATION_FAILED_INACTIVE_KEY", "error": "Authentication failed"}, "key-refused"),
    ("Venice", 402, {"error": "Authentication required"}, "key-refused"),
    ("Z.ai", 200, _zai("1000", "Authentication Failed"), "key-refused"),
    ("MiniMax", 200, _minimax(1004, "login fail: Please carry the API secret key"), "key-refused"),
    ("MiniMax", 500, _anthropic("system error (1033)", "api_error"), "key-refused"),
    ("Bedrock", 403, {"Message": "Authentication failed: Please make sure your API Key is valid."}, "key-refused"),
    ("NVIDIA", 403, {"status": 403, "title": "Forbidden", "detail": "Authorization failed"}, "key-refused"),
    ("older Fireworks", 403, {"error": "unauthorized"}, "key-refused"),
    ("DeepSeek", 400, _openai("Authentication Fails, Your api key: ****cdef is invalid"), "key-refused"),
    ("Scaleway", 403, {"status": 403, "message": "API key is invalid"}, "key-refused"),
    ("jiekou.ai", 403, {"code": 403, "reason": "INVALID_API_KEY", "message": "not provided"}, "key-refused"),
    ("jiekou.ai", 403, {"code": 403, "reason": "FAILED_TO_AUTH", "message": "failed"}, "key-refused"),
    ("one-api", 403, _openai("无效的令牌", type_="one_api_error"), "key-refused"),
    (
        "Cloudflare",
        400,
        {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]},
        "key-refused",
    ),
    ("Mistral", 401, {"detail": "Unauthorized"}, "key-refused"),
    ("Cohere", 401, {"id": "1", "message": "invalid api token"}, "key-refused"),
    ("Perplexity", 401, "<html><title>401 Authorization Required</title></html>", "key-refused"),
    ("vLLM", 401, {"error": "Unauthorized"}, "key-refused"),
    ("SiliconFlow", 401, '"Invalid token"', "key-refused"),
    ("Kong", 401, {"message": "No API key found in request", "request_id": "a1"}, "key-refused"),
    ("Hugging Face", 401, {"error": "Invalid username or password."}, "key-refused"),
    ("Langfuse", 401, _openai("Invalid gateway credential"), "key-refused"),
    ("Helicone", 401, _openai("Invalid credentials", "invalid_api_key"), "key-refused"),
    (
        "LocalAI",
        401,
        {"error": {"code": 401, "message": "An authentication key is required", "param": None}},
        "key-refused",
    ),
    ("llama-cpp-python", 401, {"error": {"message": "Invalid API key", "code": None}}, "key-refused"),
    (
        "llama-swap",
        401,
        {
            "src": "llama-swap",
            "error": {
                "message": "unauthorized: invalid or missing API key",
                "type": "authentication_error",
                "param": None,
                "code": "unauthorized",
            },
        },
        "key-refused",
    ),
    # the server holds no such model, or cannot take it
    ("LM Studio", 400, {"error": {"message": "No models loaded. Please load a model in the page"}}, "no-model-loaded"),
    (
        "llama.cpp",
        400,
        {"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error", "n_ctx": 4096}},
        "context-too-small",
    ),
    (
        "LM Studio",
        400,
        {"error": "The number of tokens to keep from the initial prompt is greater than the context length"},
        "context-too-small",
    ),
    ("OpenAI", 400, _openai("Too long.", "context_length_exceeded"), "context-too-small"),
    ("vLLM", 400, {"object": "error", "message": "This model's maximum context length is 4096"}, "context-too-small"),
    ("Ollama", 500, {"error": "model requires more system memory (9.1 GiB) than is available"}, "out-of-memory"),
    (
        "LM Studio",
        400,
        {"error": {"message": "Failed to load model. Error: Insufficient system resources"}},
        "out-of-memory",
    ),
    ("llama.cpp", 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, "loading"),
    ("LM Studio", 503, {"error": {"message": "the model is still loading"}}, "loading"),
    ("LocalAI", 503, {"error": {"code": "model_loading", "message": "m-big: 3 of 9 GB"}}, "loading"),
    ("OpenAI", 404, _openai("This is not a chat model and thus not supported in chat"), "not-a-chat-model"),
    ("Ollama", 400, {"error": '"nomic-embed-text" does not support chat'}, "not-a-chat-model"),
    ("OpenAI", 404, _openai("This model is only supported in v1/responses and not in chat"), "only-responses"),
    (
        "Azure",
        404,
        {"error": {"code": "DeploymentNotFound", "message": "The API deployment is not"}},
        "model-not-found",
    ),
    (
        "OpenAI",
        404,
        _openai("The model `m` does not exist or you do not have access to it.", "model_not_found"),
        "model-not-found",
    ),
    ("Together", 404, _openai("Unable to access it.", "model_not_available"), "model-not-found"),
    (
        "Hugging Face",
        400,
        _openai("The requested one is not supported by any provider", "model_not_supported"),
        "model-not-found",
    ),
    ("Bedrock", 400, {"message": "The provided model identifier is invalid."}, "model-not-found"),
    ("Z.ai", 400, _zai("1211", "Check the code"), "model-not-found"),
    ("SiliconFlow", 400, {"code": 20012, "message": "Please check it carefully.", "data": None}, "model-not-found"),
    ("DeepSeek", 400, _openai("Model Not Exist"), "model-not-found"),
    (
        "NVIDIA",
        404,
        {"status": 404, "title": "Not Found", "detail": "Function 'a1-b2': Not found for account 'x'"},
        "model-not-found",
    ),
    ("Fireworks", 404, {"error": {"message": "Model not found, inaccessible, and/or not deployed"}}, "model-not-found"),
    (
        "vLLM",
        404,
        {
            "error": {
                "message": "The model `m-big` does not exist.",
                "type": "NotFoundError",
                "param": "model",
                "code": 404,
            }
        },
        "model-not-found",
    ),
    (
        "LocalAI",
        404,
        {"error": {"code": 404, "message": 'model "m-big" not found. To see available models, call GET /v1/models'}},
        "model-not-found",
    ),
    (
        "LM Studio",
        404,
        _openai('Model "m-big" not found. Please specify a valid model.\n\nYour models:', "model_not_found"),
        "model-not-found",
    ),
    (
        "llama-swap",
        404,
        {
            "src": "llama-swap",
            "error": {
                "message": "no router for requested model",
                "type": "invalid_request_error",
                "param": None,
                "code": "not_found",
            },
        },
        "model-not-found",
    ),
    ("Olla", 404, "model_not_found", "model-not-found"),
    ("Ollama", 404, _openai("model 'm-big' not found", None, "not_found_error"), "model-not-found"),
    ("one-api", 503, _openai("当前分组 default 下对于模型 m 无可用渠道", type_="one_api_error"), "model-not-found"),
    # the way to the server
    ("LM Studio", 200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}, "not-found"),
    ("Portkey", 500, {"status": "failure", "message": "messages is not supported by openai"}, "not-found"),
    ("one-api", 404, _openai("Invalid URL (POST /chat/completions)"), "not-found"),
    ("Z.ai", 429, _zai("1302", "High concurrency usage of this API"), "rate-limited"),
    (
        "LocalAI",
        503,
        {"error": {"type": "admission_rejected", "message": 'model "m-big" is at capacity (max_concurrent=1)'}},
        "rate-limited",
    ),
    ("MiniMax", 200, _minimax(1002, "rate limit"), "rate-limited"),
    ("Groq", 413, _openai("Request too large for the limit", "rate_limit_exceeded", "tokens"), "rate-limited"),
    ("Groq", 498, _openai("Flex tier capacity exceeded"), "rate-limited"),
    ("Anthropic", 529, _anthropic("Overloaded", "overloaded_error"), "rate-limited"),
    ("OpenRouter", 402, {"error": {"message": "More credits are needed", "code": 402}}, "payment"),
    ("OpenRouter", 200, {"error": {"message": "No auth credentials found", "code": 401}}, "key-refused"),
]


def _answer(status: int, body: Any) -> Response:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Response(status, {}, content, "https://llm.example.com/v1/chat/completions", 0.1, Timings())


@pytest.mark.parametrize(("vendor", "status", "body", "code"), ANSWERS)
def test_what_a_vendor_answers_is_understood(vendor: str, status: int, body: Any, code: str) -> None:
    live = Live("mine", "openai-compat", "https://llm.example.com/v1", KEY, variable="MINE_KEY")
    finding = diagnose(_answer(status, body), RequestContext(live, "m-big"))
    assert finding.code == code, vendor
    assert finding.cure


def test_every_row_is_met_by_an_answer() -> None:
    met = {id(row) for _, status, body, _ in ANSWERS if (row := _first(status, body))}
    unmet = [row for row in KNOWN if id(row) not in met]
    assert [(row.vendor, row.meaning, row.statuses) for row in unmet] == []


def _first(status: int, body: Any) -> Known | None:
    text = body if isinstance(body, str) else json.dumps(body)
    refusal = refusal_in(text.encode()) or Refusal(text)
    return next((row for row in KNOWN if row.fits(status, refusal.codes, refusal.message)), None)


def test_every_row_has_its_source() -> None:
    assert all(row.source.startswith("https://") for row in KNOWN)


def test_the_allowed_models_are_named() -> None:
    assert allowed_models(ALLOWED) == ("gpt-5", "small")
    assert allowed_models("no such list") == ()
