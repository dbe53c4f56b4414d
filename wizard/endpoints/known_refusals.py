"""What vendors, gateways and model servers mean by a refusal: data, each row with its source.

Read from the top: the first row that fits speaks. A row without a status fits every one, 200 included: some send
errors with it. `BY_STATUS` says what is left of the meaning where no row knows the words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Meaning = Literal[
    "key-refused",
    "login-needed",
    "model-forbidden",
    "scope-missing",
    "payment",
    "rate-limited",
    "region",
    "model-not-found",
    "no-model-loaded",
    "not-a-chat-model",
    "only-responses",
    "stream-only",
    "not-found",
    "gateway-setup",
    "context-too-small",
    "out-of-memory",
    "loading",
    "proxy-auth",
    "forbidden",
    "request-too-large",
]
PROVES_KEY: frozenset[str] = frozenset(("model-forbidden", "scope-missing", "payment"))
"""Meanings that only somebody gets whose key was taken."""


class Known(Struct, frozen=True):
    """`codes` has to match one of the codes as a whole, `words` any part of the message; both ignore case.

    `cure`: what helps here, where it is more than what helps against all refusals of this meaning.
    """

    meaning: Meaning
    vendor: str
    source: str
    statuses: tuple[int, ...] = ()
    codes: re.Pattern[str] | None = None
    words: re.Pattern[str] | None = None
    cure: str = ""

    def fits(self, status: int, codes: Sequence[str], message: str) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        if self.codes is not None and not any(self.codes.fullmatch(code) for code in codes):
            return False
        return self.words is None or self.words.search(message) is not None


def _known(
    meaning: Meaning, vendor: str, source: str, *statuses: int, codes: str = "", words: str = "", cure: str = ""
) -> Known:
    return Known(
        meaning,
        vendor,
        source,
        statuses,
        regexp(codes, re.IGNORECASE) if codes else None,
        regexp(words, re.IGNORECASE) if words else None,
        cure,
    )


def known_refusal(status: int, codes: Sequence[str], message: str) -> Known | None:
    """What is known of a refusal by its codes and its words; None where no row fits."""
    return next((row for row in KNOWN if row.fits(status, codes, message)), None)


_OPENAI = "https://developers.openai.com/api/docs/guides/error-codes"
_AZURE = "https://learn.microsoft.com/azure/foundry/openai/how-to/troubleshoot-errors"
_ANTHROPIC = "https://platform.claude.com/docs/en/api/errors"
_GEMINI = "https://ai.google.dev/gemini-api/docs/troubleshooting"
_VERTEX = "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors"
_BEDROCK = "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"
_BEDROCK_IAM = "https://docs.aws.amazon.com/bedrock/latest/userguide/security_iam_id-based-policy-examples.html"
_BEDROCK_ALLOW = "in IAM, allow bedrock:InvokeModelWithResponseStream for this model and its inference profile"
_BEDROCK_MODELS = "ask for access: Bedrock console, in this region, Model catalog (Anthropic wants the use case once)"
_SIGV4 = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"
_CLOCK = "set the clock of this machine: AWS accepts a signature for a few minutes only"
_BEDROCK_ACCESS = "https://repost.aws/knowledge-center/bedrock-invokemodel-api-error"
_XAI = "https://docs.x.ai/developers/debugging"
_DEEPSEEK = "https://api-docs.deepseek.com/quick_start/error_codes"
_GROQ = "https://console.groq.com/docs/errors"
_MISTRAL = "https://docs.mistral.ai/resources/error-glossary"
_COHERE = "https://docs.cohere.com/v1/reference/errors"
_OPENROUTER = "https://openrouter.ai/docs/api/reference/errors-and-debugging"
_TOGETHER = "https://docs.together.ai/docs/error-codes"
_FIREWORKS = "https://docs.fireworks.ai/guides/inference-error-codes"
_CEREBRAS = "https://inference-docs.cerebras.ai/support/error"
_HUGGINGFACE = "https://huggingface.co/docs/inference-providers/index"
_HUGGINGFACE_SCOPE = "https://github.com/CSOAI-ORG/councilof-ai/issues/1102"
_NVIDIA = "https://github.com/HKUDS/OpenHarness/issues/233"
_NVIDIA_MODEL = "https://github.com/Alishahryar1/free-claude-code/issues/1021"
_KIMI = "https://www.kimi.com/help/kimi-api/api-troubleshooting"
_KIMI_CODE = "https://www.kimi.com/code/docs/en/kimi-code/error-reference.html"
_ZAI = "https://docs.z.ai/api-reference/api-code"
_MINIMAX = "https://platform.minimax.io/docs/api-reference/errorcode"
_DASHSCOPE = "https://www.alibabacloud.com/help/en/model-studio/error-code"
_SILICONFLOW = "https://docs.siliconflow.cn/en/faqs/error-code"
_PERPLEXITY = "https://docs.perplexity.ai/guides/perplexity-sdk-error-handling"
_VENICE = "https://docs.venice.ai/api-reference/error-codes"
_VERCEL = "https://vercel.com/docs/ai-gateway"
_CLOUDFLARE = "https://developers.cloudflare.com/changelog/post/2026-10-05-provider-credential-errors/"
_LITELLM = "https://github.com/BerriAI/litellm/blob/main/litellm/proxy/_types.py"
_LITELLM_NO_DB = "https://github.com/BerriAI/litellm/issues/12273"
_LITELLM_MODEL = "https://github.com/winfunc/opcode/issues/358"
_OLLAMA = "https://docs.ollama.com/api/errors"
_LMSTUDIO = "https://lmstudio.ai/docs/developer/openai-compat"
_LMSTUDIO_METHOD = "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/618"
_LLAMACPP = "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"
_LLAMASWAP = "https://github.com/mostlygeek/llama-swap/blob/main/internal/swaputil/http.go"
_LLAMASWAP_START = "https://github.com/mostlygeek/llama-swap/blob/main/internal/process/process_command.go"
_OLLA = "https://github.com/thushan/olla/blob/main/internal/app/handlers/handler_proxy.go"
_VLLM = "https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/models/serving.py"
_PORTKEY = "https://github.com/Portkey-AI/gateway/blob/main/src/middlewares/requestValidator/index.ts"
_PORTKEY_CALL = "https://github.com/Portkey-AI/gateway/blob/main/src/services/transformToProviderRequest.ts"
_HELICONE = "https://docs.helicone.ai/helicone-headers/helicone-auth"
_HELICONE_GATEWAY = "https://github.com/Helicone/ai-gateway/blob/main/ai-gateway/src/error/auth.rs"
_LOCALAI = "https://github.com/mudler/LocalAI/blob/master/core/http/middleware/admission.go"
_LOCALAI_LOADING = "https://github.com/mudler/LocalAI/blob/master/core/schema/model_loading.go"
_LOCALAI_ACCOUNT = "https://github.com/mudler/LocalAI/blob/master/core/http/auth/middleware.go"
_LANGFUSE = "https://langfuse.com/faq/all/ai-gateway-error-codes"
_LLMGATEWAY = "https://docs.llmgateway.io/resources/error-handling"
_ONEAPI = "https://github.com/songquanpeng/one-api/issues/2340"
_NEWAPI = "https://github.com/QuantumNous/new-api/tree/main/i18n"
_KONG = "https://developer.konghq.com/plugins/key-auth/"
_KONG_ACL = "https://github.com/Kong/kong/blob/master/kong/plugins/acl/handler.lua"
_KONG_AI = "https://github.com/Kong/kong/blob/master/kong/llm/plugin/shared-filters/normalize-request.lua"

_MASTER_KEY = "this LiteLLM proxy has no database: it only accepts its master key"
_CLOUDFLARE_HEADER = "a gateway's own token belongs in the header cf-aig-authorization: `--header`"
_BEARER = 'write the key as "Bearer $MINIMAX_API_KEY": this endpoint does not accept X-Api-Key'
_PRIVACY = "allow such providers for your account: https://openrouter.ai/settings/privacy"
_PORTKEY_HEADER = "add the header x-portkey-config or x-portkey-provider: `--header`"
_ZAI_PLAN = "top it up; a Coding Plan's key works only at https://api.z.ai/api/coding/paas/v4"
_PORTKEY_KNOWN = "check the headers x-portkey-provider, x-portkey-config and x-portkey-custom-host"
_PROVIDER_KEY = (
    "give the gateway the key of the provider behind it: the key that was sent is for the gateway itself, and works"
)
_KONG_STREAM = "allow it in the gateway: `response_streaming: allow` in the plugin ai-proxy"
_KONG_MODEL = "use the model that it names: this route of the gateway serves one"
_SWAP_START = "the command that llama-swap starts for this model ends at once: its page /logs shows why"
_LOAD = "load one (`lms load MODEL`), then try again"

KNOWN: tuple[Known, ...] = (
    # the key is good, and does not reach as far as this model
    _known("model-forbidden", "LiteLLM", _LITELLM_MODEL, codes="(?:key|team|user|org|project)_model_access_denied"),
    _known("model-forbidden", "LiteLLM", _LITELLM_MODEL, words="not allowed to access model|can only access models"),
    _known(
        "model-forbidden",
        "one-api, new-api",
        _NEWAPI,
        words="无权(?:访问|使用).{0,6}模型|no permission to (?:access|use) (?:this )?model",
    ),
    _known("model-forbidden", "Langfuse", _LANGFUSE, 403, codes="model_not_allowed"),
    _known("model-forbidden", "Kong", _KONG_AI, 400, words="^cannot use own model", cure=_KONG_MODEL),
    _known("model-forbidden", "Venice", _VENICE, codes="pro_only_model"),
    _known("model-forbidden", "Venice", _VENICE, 401, 403, words="model is only available to pro users"),
    _known("model-forbidden", "Groq", _GROQ, codes="model_permission_blocked_(?:project|org)"),
    _known("model-forbidden", "OpenAI", _OPENAI, words="project .{1,80}does not have access to model"),
    _known("model-forbidden", "OpenAI", _OPENAI, words="organization must be verified to (?:use|stream|generate)"),
    _known(
        "model-forbidden",
        "DashScope",
        _DASHSCOPE,
        codes=r"accessdenied\.unpurchased|model\.accessdenied|model_access_denied",
    ),
    _known(
        "model-forbidden",
        "Bedrock",
        _BEDROCK_ACCESS,
        words="don't have access to the model with the specified",
        cure=_BEDROCK_MODELS,
    ),
    _known(
        "model-forbidden",
        "Bedrock",
        _BEDROCK,
        403,
        404,
        words="use case details have not been submitted|not authorized to access this model because your aws"
        " marketplace",
        cure=_BEDROCK_MODELS,
    ),
    _known("model-forbidden", "Z.ai", _ZAI, codes="1220|1311"),
    _known("model-forbidden", "MiniMax", _MINIMAX, codes="base_resp-2061"),
    _known("model-forbidden", "SiliconFlow", _SILICONFLOW, codes="30003"),
    # the key is good, and does not reach as far as this request
    _known(
        "scope-missing", "OpenAI", _OPENAI, 401, 403, words="missing scopes|insufficient permissions for this operation"
    ),
    _known(
        "scope-missing",
        "Hugging Face",
        _HUGGINGFACE_SCOPE,
        403,
        words="does not have sufficient permissions to call inference providers",
    ),
    _known("scope-missing", "Azure", _AZURE, words="lacks the required data action"),
    _known("scope-missing", "Vertex", _VERTEX, 403, words=r"permission '[\w.]+' denied"),
    # Crush only streams: one permission is enough
    _known(
        "stream-only",
        "Bedrock",
        _BEDROCK_IAM,
        403,
        words=r"is not authorized to perform: bedrock:invokemodel\b",
        cure=_BEDROCK_ALLOW,
    ),
    _known(
        "scope-missing",
        "Bedrock",
        _BEDROCK_IAM,
        400,
        403,
        words="is not authorized to perform: bedrock",
        cure=_BEDROCK_ALLOW,
    ),
    _known(
        "scope-missing",
        "Bedrock",
        _BEDROCK_ACCESS,
        400,
        403,
        words="account is not authorized to invoke this api operation",
    ),
    _known("scope-missing", "Kong", _KONG_ACL, 403, words="^you cannot consume this service"),
    _known("scope-missing", "LocalAI", _LOCALAI_ACCOUNT, 403, words="feature not enabled for your account"),
    _known("scope-missing", "Gemini", _GEMINI, 403, codes="service_disabled|api_key_service_blocked"),
    _known("scope-missing", "LiteLLM", _LITELLM, 401, 403, words="virtual key is not allowed to call this route"),
    # a plan's own client is wanted
    _known("scope-missing", "Anthropic", _ANTHROPIC, words="credential is only authorized for use with claude code"),
    _known("scope-missing", "Kimi Code", _KIMI_CODE, 403, words="only available for coding agents"),
    # who pays
    _known(
        "payment",
        "OpenAI, Azure",
        _OPENAI,
        codes="insufficient_quota|billing_(?:hard_limit_reached|not_active|error)|credit_balance_exhausted",
    ),
    _known("payment", "LLM Gateway", _LLMGATEWAY, 401, words="api key reached its usage limit"),
    _known("payment", "Anthropic", _ANTHROPIC, words="credit balance is too low"),
    _known("payment", "Gemini", _GEMINI, 403, 429, words="billing (?:account|is|has|to be)|limit: 0\\b"),
    _known(
        "payment", "xAI", _XAI, words="(?:doesn't|does not) have any credits|used all available credits|spending limit"
    ),
    _known("payment", "DeepSeek, Moonshot", _DEEPSEEK, words="insufficient balance|insufficient credits"),
    _known("payment", "Moonshot", _KIMI, codes="exceeded_current_quota_error"),
    _known(
        "payment", "Kimi Code", _KIMI_CODE, 402, 403, words="membership|reached your usage limit for this billing cycle"
    ),
    _known("payment", "Fireworks", _FIREWORKS, 412, words="suspended"),
    _known("payment", "Hugging Face", _HUGGINGFACE, words="exceeded your monthly included credits"),
    _known("payment", "Z.ai", _ZAI, codes="1113|1309", cure=_ZAI_PLAN),
    _known("payment", "MiniMax", _MINIMAX, codes="base_resp-(?:1008|2056)"),
    _known("payment", "DashScope", _DASHSCOPE, codes=r"arrearage|allocationquota\.freetieronly"),
    _known("payment", "SiliconFlow", _SILICONFLOW, codes="30001"),
    _known("payment", "Venice", _VENICE, codes=r"insufficient_balance|api_key_\w+_spend_limit_exceeded"),
    _known("payment", "LiteLLM", _LITELLM, codes="budget_exceeded"),
    _known("payment", "LiteLLM", _LITELLM, words="budget has been exceeded|exceededbudget"),
    _known("payment", "one-api, new-api", _NEWAPI, codes="insufficient_user_quota|pre_consume_token_quota_failed"),
    _known("payment", "one-api, new-api", _NEWAPI, words="额度已用尽|额度不足|余额不足|欠费"),
    _known("payment", "Perplexity", _PERPLEXITY, words="out of credits|exceeded your (?:current )?(?:quota|credits)"),
    # where it is asked from
    _known(
        "region", "OpenAI", _OPENAI, codes="unsupported_country_region_territory|incorrect_hostname|ip_not_authorized"
    ),
    _known(
        "region",
        "OpenAI",
        _OPENAI,
        401,
        403,
        words="country, region, or territory not supported|ip not authorized|incorrect regional hostname",
    ),
    _known("region", "Gemini", _GEMINI, 400, words="user location is not supported"),
    _known(
        "region",
        "Bedrock, Anthropic",
        _BEDROCK,
        words="not allowed from unsupported countries|unsupported countries, regions",
    ),
    _known("region", "Azure", _AZURE, 403, words="public access is disabled|virtual network/firewall rules"),
    # the gateway lacks something of its own
    _known("gateway-setup", "Portkey", _PORTKEY, words="x-portkey-(?:config|provider)", cure=_PORTKEY_HEADER),
    _known(
        "gateway-setup",
        "Portkey",
        _PORTKEY,
        400,
        words="^invalid (?:(?:provider|config) passed|custom host)",
        cure=_PORTKEY_KNOWN,
    ),
    _known("gateway-setup", "Helicone", _HELICONE_GATEWAY, 401, codes="provider_key_not_found", cure=_PROVIDER_KEY),
    _known("gateway-setup", "Kong", _KONG_AI, 400, words="^response streaming is not enabled", cure=_KONG_STREAM),
    _known("gateway-setup", "Olla", _OLLA, 404, 503, words=r"^no (?:healthy|[\w-]+) endpoints available"),
    _known("gateway-setup", "llama-swap", _LLAMASWAP_START, words="upstream command exited", cure=_SWAP_START),
    _known(
        "gateway-setup",
        "Cloudflare",
        "https://developers.cloudflare.com/ai-gateway/reference/troubleshooting",
        words="please configure ai gateway|provider not found|no such gateway",
    ),
    _known("gateway-setup", "Helicone", _HELICONE, words="target-url header|helicone-target"),
    _known(
        "gateway-setup",
        "LiteLLM",
        _LITELLM,
        words=r"no deployments available for selected model|exception - connection error"
        r"|litellm\.(?:authentication|permissiondenied|apiconnection)error",
    ),
    _known(
        "gateway-setup",
        "OpenRouter",
        _OPENROUTER,
        404,
        words="no (?:endpoints|allowed providers).{0,60}(?:data policy|privacy|are available|routing)",
        cure=_PRIVACY,
    ),
    _known(
        "gateway-setup",
        "Cloudflare",
        "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/",
        520,
        521,
        522,
        523,
        525,
        526,
        530,
    ),
    # the key is refused
    _known("login-needed", "Vertex", _VERTEX, 401, words="expected oauth 2 access token"),
    _known("login-needed", "Anthropic", _ANTHROPIC, 401, words="oauth authentication is currently not supported"),
    _known("key-refused", "LiteLLM", _LITELLM_NO_DB, codes="no_db_connection", cure=_MASTER_KEY),
    _known(
        "key-refused", "LiteLLM", _LITELLM_NO_DB, 400, 401, 500, words="^(?:authentication error, )?no connected db"
    ),
    _known("key-refused", "LiteLLM", _LITELLM, codes="token_not_found_in_db|expired_key|invalid_user_key"),
    _known("key-refused", "xAI, OpenAI", _XAI, words="incorrect api key"),
    _known("key-refused", "Gemini", _GEMINI, codes="api_key_invalid"),
    _known(
        "key-refused",
        "Gemini",
        _GEMINI,
        400,
        403,
        words="api[ _-]?key (?:not valid|expired|not found|was reported as leaked)",
    ),
    _known("key-refused", "Gemini", _GEMINI, 403, words="unregistered callers"),
    _known("key-refused", "OpenAI, Groq, Together, DashScope", _GROQ, codes="invalid[_.]?api[_.-]?key|invalidapikey"),
    _known("key-refused", "Cerebras", _CEREBRAS, codes="wrong_api_key"),
    _known("key-refused", "Anthropic, Vercel", _ANTHROPIC, codes="authentication_error|invalid_authentication_error"),
    _known("key-refused", "Venice", _VENICE, codes=r"authentication_failed\w*"),
    _known("key-refused", "Venice", _VENICE, 402, words="^authentication required"),
    _known("key-refused", "Z.ai", _ZAI, codes="100[0-4]"),
    _known("key-refused", "MiniMax", _MINIMAX, codes="base_resp-(?:1004|2049)"),
    _known(
        "key-refused",
        "Bedrock",
        _BEDROCK,
        401,
        403,
        words="make sure your api key is valid|invalid bearer token|security token included in the request is invalid",
    ),
    _known(
        "key-refused",
        "Bedrock",
        _BEDROCK,
        401,
        403,
        words="security token included in the request is expired|security token .{0,40}has expired",
        cure="sign in again (aws sso login, aws login), or set AWS_SESSION_TOKEN and its keys again",
    ),
    _known("key-refused", "AWS", _SIGV4, 403, words="^signature (?:expired|not yet current)", cure=_CLOCK),
    _known(
        "key-refused",
        "AWS",
        _SIGV4,
        403,
        words="request signature we calculated does not match",
        cure="the secret access key does not belong to this access key: copy both again",
    ),
    _known(
        "key-refused",
        "NVIDIA, Fireworks",
        _NVIDIA,
        403,
        words="^(?:authorization failed|unauthorized|authentication failed)",
    ),
    _known("key-refused", "DeepSeek", _DEEPSEEK, words="^authentication fails"),
    _known(
        "key-refused",
        "Scaleway, Kong, Portkey",
        _KONG,
        400,
        403,
        words="invalid api[ _-]?key|api[ _-]?key (?:is )?(?:invalid|incorrect|wrong)|no api key found"
        "|invalid (?:access )?token\\b|invalid authentication credentials",
    ),
    _known(
        "key-refused",
        "jiekou.ai",
        "https://docs.jiekou.ai/en/docs/models/reference-error-code",
        403,
        codes="invalid_api_key|failed_to_auth",
    ),
    _known("key-refused", "one-api, new-api", _ONEAPI, words="无效的令牌|令牌状态不可用|令牌已过期|未提供令牌"),
    _known("key-refused", "Cloudflare", _CLOUDFLARE, 400, 401, 403, codes="2009|10000", cure=_CLOUDFLARE_HEADER),
    _known(
        "key-refused",
        "MiniMax",
        "https://github.com/MiniMax-AI/cli/issues/59",
        words=r"system error \(1033\)",
        cure=_BEARER,
    ),
    # the server holds no such model, or cannot take it
    _known("no-model-loaded", "LM Studio", _LMSTUDIO, words="no models? loaded", cure=_LOAD),
    _known("context-too-small", "llama.cpp", _LLAMACPP, codes="exceed_context_size_error"),
    _known(
        "context-too-small",
        "LM Studio",
        _LMSTUDIO,
        words="tokens to keep from the initial prompt is greater than the context",
    ),
    _known("context-too-small", "OpenAI, vLLM", _VLLM, codes="context_length_exceeded"),
    _known(
        "context-too-small", "OpenAI, vLLM", _VLLM, words="maximum context length|exceeds? the (?:available )?context"
    ),
    _known(
        "out-of-memory", "Ollama", _OLLAMA, 500, words="requires more system memory|out of memory|unable to allocate"
    ),
    _known("out-of-memory", "LM Studio", _LMSTUDIO, words="insufficient system resources"),
    _known("loading", "llama.cpp", _LLAMACPP, 503, words="loading model"),
    _known("loading", "LocalAI", _LOCALAI_LOADING, 503, codes="model_loading"),
    _known("loading", "LM Studio", _LMSTUDIO, 503, words="still loading|currently loading"),
    _known("not-a-chat-model", "OpenAI", _OPENAI, words="not a chat model"),
    _known("not-a-chat-model", "Ollama", _OLLAMA, words="does not support (?:chat|generate)"),
    _known("only-responses", "OpenAI", _OPENAI, words="only supported in v1/responses"),
    _known("model-not-found", "Azure", _AZURE, codes="deploymentnotfound"),
    _known(
        "model-not-found",
        "OpenAI, Groq",
        _OPENAI,
        400,
        403,
        404,
        422,
        503,
        codes="model_not_found|unknown_model|invalid_model|model_not_available|model_not_supported",
    ),
    _known(
        "model-not-found",
        "Bedrock",
        _BEDROCK,
        words="provided model identifier is invalid|with on-demand throughput isn.t supported",
        cure="to see what a region has: aws bedrock list-inference-profiles --region REGION",
    ),
    _known("model-not-found", "Z.ai", _ZAI, codes="1211"),
    _known("model-not-found", "SiliconFlow", _SILICONFLOW, codes="20012"),
    _known("model-not-found", "DeepSeek", _DEEPSEEK, words="^model not exist"),
    _known("model-not-found", "NVIDIA", _NVIDIA_MODEL, 404, words="^function '[^']+': not found for account"),
    _known("model-not-found", "Fireworks", _FIREWORKS, 404, words="^model not found, inaccessible"),
    _known(
        "model-not-found",
        "llama-swap",
        _LLAMASWAP,
        404,
        words="^no (?:router|peer|local server)(?: found)? for requested model|^no model id could be identified",
    ),
    _known("model-not-found", "one-api, new-api", _ONEAPI, words="无可用渠道|no available channel"),
    # the way to the server
    _known(
        "not-found",
        "Portkey",
        _PORTKEY_CALL,
        500,
        words=r"^(?:chatcomplete|messages|createmodelresponse) is not supported by",
    ),
    _known("not-found", "LM Studio", _LMSTUDIO_METHOD, words="unexpected endpoint or method"),
    _known("not-found", "one-api, new-api", _NEWAPI, words="^invalid url \\("),
    _known("rate-limited", "LocalAI", _LOCALAI, 503, codes="admission_rejected"),
    _known("rate-limited", "Z.ai", _ZAI, codes="130[2358]"),
    _known("rate-limited", "MiniMax", _MINIMAX, codes="base_resp-1002"),
    _known(
        "rate-limited",
        "Groq, OpenAI",
        _GROQ,
        codes="rate_limit_(?:exceeded|error)|resource_exhausted|tokens_limit_reached",
    ),
    _known("rate-limited", "Groq", _GROQ, 498),
    _known("rate-limited", "Anthropic", _ANTHROPIC, 529),
)

BY_STATUS: dict[int, Meaning] = {
    401: "key-refused",
    402: "payment",
    407: "proxy-auth",
    413: "request-too-large",
    429: "rate-limited",
    403: "forbidden",
}
"""RFC 9110 15.5, where no words say more."""

_ABOUT_A_MODEL = regexp(
    r"\bmodels?\b.{0,80}\b(?:not (?:allowed|authorized|permitted|enabled)|no(?:t have)? access|forbidden|denied"
    r"|no permission)"
    r"|\b(?:not (?:allowed|authorized|permitted)|no(?:t have)? access|no permission|denied)\b.{0,60}\bmodels?\b",
    re.IGNORECASE,
)


def is_about_a_model(status: int, message: str) -> bool:
    """Whether a key is kept from a model, and not from all; in words that no row knows."""
    return status in (401, 403) and _ABOUT_A_MODEL.search(message) is not None


_LISTED_ALLOWED = regexp(
    r"(?:only access|allowed|permitted|available) models?\s*(?:are|is)?\s*[=:]?\s*\[([^\]]{1,2000})\]", re.IGNORECASE
)
_QUOTED_ID = regexp(r"['\"]([^'\"]{1,200})['\"]")


def allowed_models(message: str) -> tuple[str, ...]:
    """The models that a key may use, where the refusal of another one names them."""
    found = _LISTED_ALLOWED.search(message)
    return tuple(dict.fromkeys(_ids(found[1]))) if found else ()


def _ids(listed: str) -> Iterator[str]:
    return (match[1] for match in _QUOTED_ID.finditer(listed))
