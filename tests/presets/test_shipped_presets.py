"""The presets that ship: the public table of them, and facts that a user can rely on."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from wizard.catalog.catalog import open_catalog
from wizard.crush.builtin_rules import CLOUD_SETTINGS
from wizard.flow.preset_file import read_preset
from wizard.flow.preset_library import SHIPPED, Presets, brought_by, load_preset, load_shipped, titles
from wizard.provider.builtins import BUILTINS
from wizard.provider.login import meant_login
from wizard.provider.model_facts import PRICES
from wizard.provider.types import CLOUD_TYPES

if TYPE_CHECKING:
    from wizard.flow.preset import Preset
    from wizard.provider.model_facts import ModelFacts

UNKNOWN = {"ollama-cloud", "sambanova", "hyperbolic", "modelscope"}
UNKNOWN |= {"atlascloud", "avian", "cortecs", "neuralwatt", "qiniucloud"}
"""What they have and take is in none of the packages that facts come from, or not whole."""
PRESETS = {preset_id: load_shipped(preset_id) for preset_id in SHIPPED}
MODELS = [
    pytest.param(preset, model_id, id=f"{preset.id}/{model_id}")
    for preset in PRESETS.values()
    for model_id in preset.models
]
every_model = pytest.mark.parametrize(("preset", "model_id"), MODELS)
FOLDER = Path(__file__).parents[2] / "presets"
NOWHERE = Path(__file__).with_name("none")
SNAPSHOT = open_catalog(None, NOWHERE)
every_preset = pytest.mark.parametrize("preset", [pytest.param(preset, id=preset.id) for preset in PRESETS.values()])

TABLE = """
deepseek          openai-compat https://api.deepseek.com/v1                            DEEPSEEK_API_KEY          sk-
groq              openai-compat https://api.groq.com/openai/v1                         GROQ_API_KEY              gsk_
ollama            ollama        http://localhost:11434/v1                              -                         -
azure             openai        https://{resource}.openai.azure.com/openai/v1          AZURE_OPENAI_API_KEY      -
together          openai-compat https://api.together.xyz/v1                            TOGETHER_API_KEY          -
perplexity        openai-compat https://api.perplexity.ai                              PERPLEXITY_API_KEY        pplx-
lmstudio          lmstudio      http://localhost:1234/v1                               -                         -
openai            openai        https://api.openai.com/v1                              OPENAI_API_KEY            sk-
openai-gateway    openai        -                                                      -                         -
anthropic         anthropic     https://api.anthropic.com                              ANTHROPIC_API_KEY         sk-ant-
anthropic-gateway anthropic     -                                                      -                         -
openai-compatible openai-compat -                                                      -                         -
llamacpp          llamacpp      http://localhost:8080                                  -                         -
vllm              openai-compat http://localhost:8000/v1                               VLLM_API_KEY              -
litellm           litellm       http://localhost:4000/v1                               LITELLM_API_KEY           sk-
openrouter        openrouter    https://openrouter.ai/api/v1                           OPENROUTER_API_KEY        sk-or-
mistral           openai-compat https://api.mistral.ai/v1                              MISTRAL_API_KEY           -
xai               openai-compat https://api.x.ai/v1                                    XAI_API_KEY               xai-
gemini            google        https://generativelanguage.googleapis.com              GEMINI_API_KEY            -
fireworks         openai-compat https://api.fireworks.ai/inference/v1                  FIREWORKS_API_KEY         fw_
cerebras          openai-compat https://api.cerebras.ai/v1                             CEREBRAS_API_KEY          csk-
moonshot          openai-compat https://api.moonshot.ai/v1                             MOONSHOT_API_KEY          -
minimax           anthropic     https://api.minimax.io/anthropic                       MINIMAX_API_KEY           -
alibaba           openai-compat https://dashscope-intl.aliyuncs.com/compatible-mode/v1 ALIBABA_SINGAPORE_API_KEY -
zai               openai-compat https://api.z.ai/api/coding/paas/v4                    ZAI_API_KEY               -
bedrock           bedrock       https://bedrock-runtime.us-east-1.amazonaws.com        AWS_BEARER_TOKEN_BEDROCK  -
vertexai          google-vertex https://aiplatform.googleapis.com                      -                         -
huggingface       openai-compat https://router.huggingface.co/v1                       HF_TOKEN                  hf_
nvidia            openai-compat https://integrate.api.nvidia.com/v1                    NVIDIA_API_KEY            nvapi-
github-models     openai-compat https://models.github.ai/inference                     GITHUB_TOKEN              -
vercel            vercel        https://ai-gateway.vercel.sh/v1                        VERCEL_API_KEY            vck_
kimi-coding       anthropic     https://api.kimi.com/coding                            KIMI_CODING_API_KEY       -
opencode-zen      openai-compat https://opencode.ai/zen/v1                             OPENCODE_API_KEY          -
opencode-go       openai-compat https://opencode.ai/zen/go/v1                          OPENCODE_API_KEY          -
cohere            openai-compat https://api.cohere.ai/compatibility/v1                 COHERE_API_KEY            -
xiaomi            openai-compat https://api.xiaomimimo.com/v1                          XIAOMI_API_KEY            -
deepinfra         openai-compat https://api.deepinfra.com/v1/openai                    DEEPINFRA_API_KEY         -
baseten           openai-compat https://inference.baseten.co/v1                        BASETEN_API_KEY           -
nebius            openai-compat https://api.tokenfactory.nebius.com/v1                 NEBIUS_API_KEY            -
novita            openai-compat https://api.novita.ai/openai/v1                        NOVITA_API_KEY            -
siliconflow       openai-compat https://api.siliconflow.com/v1                         SILICONFLOW_API_KEY       -
cloudflare-workers-ai openai-compat https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1 CLOUDFLARE_API_TOKEN -
synthetic         openai-compat https://api.synthetic.new/openai/v1                    SYNTHETIC_API_KEY         -
chutes            openai-compat https://llm.chutes.ai/v1                               CHUTES_API_KEY            -
venice            openai-compat https://api.venice.ai/api/v1                           VENICE_API_KEY            -
aihubmix          openai-compat https://aihubmix.com/v1                                AIHUBMIX_API_KEY          -
ionet             openai-compat https://api.intelligence.io.solutions/api/v1           IONET_API_KEY             -
scaleway          openai-compat https://api.scaleway.ai/v1                             SCW_SECRET_KEY            -
cloudflare-ai-gateway openai-compat https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/compat CF_AIG_TOKEN -
ollama-cloud      openai-compat https://ollama.com/v1                                  OLLAMA_API_KEY            -
sambanova         openai-compat https://api.sambanova.ai/v1                            SAMBANOVA_API_KEY         -
hyperbolic        openai-compat https://api.hyperbolic.xyz/v1                          HYPERBOLIC_API_KEY        -
modelscope        openai-compat https://api-inference.modelscope.cn/v1                 MODELSCOPE_API_KEY        ms-
stepfun           openai-compat https://api.stepfun.ai/v1                              STEPFUN_API_KEY           -
atlascloud        openai-compat https://api.atlascloud.ai/v1                           ATLASCLOUD_API_KEY        -
avian             openai-compat https://api.avian.io/v1                                AVIAN_API_KEY             -
cortecs           openai        https://api.cortecs.ai/v1                              CORTECS_API_KEY           -
neuralwatt        openai-compat https://api.neuralwatt.com/v1                          NEURALWATT_API_KEY        -
qiniucloud        openai-compat https://api.qnaigc.com/v1                              QINIUCLOUD_API_KEY        -
sglang            openai-compat http://localhost:30000/v1                              SGLANG_API_KEY            -
omlx              omlx          http://localhost:8000/v1                               OMLX_API_KEY              -
localai           openai-compat http://localhost:8080/v1                               LOCALAI_API_KEY           -
jan               openai-compat http://localhost:1337/v1                               JAN_API_KEY               -
docker-model-runner openai-compat http://localhost:12434/engines/v1                      -                         -
lemonade          openai-compat http://localhost:13305/api/v1                          LEMONADE_API_KEY          -
open-webui        openai-compat http://localhost:3000/api                              OPENWEBUI_API_KEY         -
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def test_a_preset_begins_with_its_title_and_a_list_of_all_shows_that() -> None:
    whole = [(preset.id, preset.name, preset.description) for preset in PRESETS.values()]
    assert [(title.id, title.name, title.description) for title in Presets({}).titles()] == whole


def test_a_preset_of_the_user_is_in_the_list_in_the_place_of_the_shipped_one() -> None:
    own = replace(PRESETS["groq"], name="Our Groq")
    listed = {title.id: title.name for title in titles(Presets({"groq": own}))}
    assert (listed["groq"], listed["ollama"]) == ("Our Groq", "Ollama")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_presets(row: list[str]) -> None:
    preset = PRESETS[row[0]]
    prefix = preset.key.prefixes[0] if preset.key.prefixes else None
    columns = (preset.id, preset.type, preset.base_url, preset.key.env, prefix)
    assert [column or "-" for column in columns] == row


def test_every_file_is_listed_and_every_listed_one_is_a_file() -> None:
    folder = Path(__file__).parents[2] / "presets"
    assert sorted(SHIPPED) == sorted(path.stem for path in folder.glob("*.toml")) == sorted(row[0] for row in ROWS)


@every_preset
def test_its_file_is_what_a_preset_must_be(preset: Preset) -> None:
    """The wizard takes what ships as it is."""
    path = FOLDER / f"{preset.id}.toml"
    assert read_preset(path.read_text(encoding="utf-8"), path, "shipped") == preset


@every_preset
def test_a_preset_reads_well_in_a_list(preset: Preset) -> None:
    assert len(preset.description) <= 60
    assert not preset.description.endswith(".")
    assert preset.docs


@every_preset
def test_who_needs_a_key_is_told_where_to_make_one(preset: Preset) -> None:
    if preset.key.need == "required" and not preset.local and not preset.custom:
        assert preset.key.page


@every_preset
def test_without_a_key_a_dummy_keeps_another_key_from_leaking(preset: Preset) -> None:
    if preset.key.need != "required":
        assert preset.key.dummy or preset.type in CLOUD_TYPES  # their own sign-in is taken where there is no key


@every_preset
def test_types_that_append_their_own_prefix_get_a_url_without_it(preset: Preset) -> None:
    if preset.type in ("anthropic", "google", "llamacpp"):
        assert not re.search(r"/v1(beta)?$", preset.base_url or "")


@every_preset
def test_every_hosted_preset_writes_a_usable_entry_by_itself(preset: Preset) -> None:
    asks_for_models = any(question.fills == "models" for question in preset.questions)
    if preset.local or preset.custom or preset.id in UNKNOWN:
        assert not preset.models
    elif asks_for_models:
        assert preset.models
    else:
        assert preset.large
        assert preset.small


def test_who_has_no_models_of_its_own_is_built_into_crush_or_can_be_asked_for_them() -> None:
    assert all(PRESETS[name].builtin in BUILTINS or PRESETS[name].listing != "none" for name in UNKNOWN)


@every_preset
def test_what_is_set_in_crushs_environment_is_known_by_the_provider(preset: Preset) -> None:
    """It goes with the provider, and to another machine."""
    ids = {preset.builtin, *(choice.builtin for question in preset.questions for choice in question.choices)} - {None}
    names = tuple(question.variable for question in preset.questions if question.fills == "env")
    assert all(CLOUD_SETTINGS.get(id_ or "", ()) == names for id_ in ids)


@every_preset
def test_a_server_of_ones_own_may_be_on_another_host(preset: Preset) -> None:
    hosts = [question for question in preset.questions if question.fills == "host"]
    assert len(hosts) == preset.local
    assert all(question.quiet and question.default == "localhost" for question in hosts)


@pytest.mark.parametrize("builtin", BUILTINS)
def test_whatever_crush_has_built_in_can_be_added_by_its_name(builtin: str, tmp_path: Path) -> None:
    """With a preset that writes an entry of this id, or by signing in."""
    if meant_login(builtin):
        return
    preset, _ = load_preset(builtin, tmp_path)
    brought = brought_by(builtin, preset)
    choices = [one for asked in preset.questions for one in asked.choices if brought.get(asked.key) == one.value]
    written = next((choice.provider_id for choice in choices if choice.provider_id), preset.provider_id or preset.id)
    assert written == builtin or builtin == "azure"  # Crush's own would list what is not deployed


@every_preset
def test_its_models_were_looked_at_and_no_facts_are_stated(preset: Preset) -> None:
    assert not preset.facts
    if preset.models:
        assert preset.checked is not None
        assert datetime.date(2026, 5, 1) <= preset.checked <= datetime.datetime.now(datetime.UTC).date()


FREE = {"nvidia", "github-models"}
"""Free to try: what their models cost is 0."""
COMPLETE = ("context_window", "max_output_tokens", "can_reason", "supports_attachments", "tools", *PRICES[:2])
"""What Crush can't do well without. Cached tokens have no price of their own everywhere, nor efforts names."""
UNTOLD = {
    ("alibaba", "deepseek-v4-pro-us"): COMPLETE,
    ("alibaba", "deepseek-v4-flash-us"): COMPLETE,
    ("alibaba", "glm-5.2"): ("supports_attachments",),
}
"""What no source tells: it is taken from a model of that name with a note, or left out."""


DEAR_WRITES = {"ionet": 2.01}
"""Where a cache write costs more than elsewhere, in prices of ordinary input. models.dev has it so for io.net."""


def catalog_of(preset: Preset, model_id: str) -> str:
    """What catalogues call the provider, where a choice (a region) makes it another one."""
    choices = (choice for question in preset.questions for choice in question.choices)
    of_choice = next(
        (choice.catalog for choice in choices if choice.catalog and model_id in (choice.models or ())), None
    )
    return of_choice or preset.catalog or preset.id


def facts_of(preset: Preset, model_id: str) -> ModelFacts:
    known = SNAPSHOT.model(catalog_of(preset, model_id), model_id)
    assert known is not None
    return known.facts


@every_model
def test_the_snapshot_has_all_facts_about_every_model(preset: Preset, model_id: str) -> None:
    known = SNAPSHOT.model(catalog_of(preset, model_id), model_id)
    told = {name: getattr(known.facts, name) if known else None for name in COMPLETE}
    is_free = preset.id in FREE
    missing = [name for name, value in told.items() if value is None or (name in PRICES and not (value or is_free))]
    assert missing == list(UNTOLD.get((preset.id, model_id), ()))


@every_model
def test_facts_of_a_model_agree_with_each_other(preset: Preset, model_id: str) -> None:
    if UNTOLD.get((preset.id, model_id)) == COMPLETE:
        return
    model = facts_of(preset, model_id).model()
    assert 0 < model.default_max_tokens <= model.context_window
    assert model.cost_per_1m_in <= model.cost_per_1m_out
    assert model.cost_per_1m_out_cached <= model.cost_per_1m_in
    assert model.cost_per_1m_in_cached <= DEAR_WRITES.get(preset.id, 1.5) * model.cost_per_1m_in
    assert model.can_reason or not model.reasoning_levels
    assert bool(model.default_reasoning_effort) == bool(model.reasoning_levels)


@pytest.mark.parametrize("model_id", PRESETS["anthropic"].models)
def test_anthropic_charges_a_quarter_more_for_a_cache_write_and_a_tenth_for_a_hit(model_id: str) -> None:
    model = facts_of(PRESETS["anthropic"], model_id).model()
    assert model.cost_per_1m_in_cached == pytest.approx(1.25 * model.cost_per_1m_in)
    assert model.cost_per_1m_out_cached == pytest.approx(0.1 * model.cost_per_1m_in)


def test_perplexity_says_that_it_cannot_call_tools() -> None:
    perplexity = PRESETS["perplexity"]
    assert perplexity.cannot == ("tools",)
    stated = [perplexity.says(model_id) for model_id in perplexity.models]
    assert [facts and facts.tools for facts in stated] == [False, False, False]
    assert "can't call tools" in perplexity.notes[0]
    assert perplexity.listing == "none"


def test_anthropic_gateway_sends_the_api_version() -> None:
    assert PRESETS["anthropic-gateway"].headers == {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize(
    ("preset_id", "old_type", "crush", "server"),
    [
        ("ollama", "openai-compat", "0.78.0", "http://localhost:11434"),
        ("lmstudio", "openai-compat", "0.78.0", "http://localhost:1234"),
        ("llamacpp", "openai-compat", "0.80.0", "http://localhost:8080"),
        ("litellm", "openai-compat", "0.78.0", "http://localhost:4000"),
    ],
)
def test_local_types_have_a_way_out_for_an_old_crush(preset_id: str, old_type: str, crush: str, server: str) -> None:
    preset = PRESETS[preset_id]
    assert (preset.old_type, preset.crush, preset.server, preset.local) == (old_type, crush, server, True)


@pytest.mark.parametrize(
    ("preset_id", "answer", "base_url", "env", "provider_id"),
    [
        ("moonshot", "china", "https://api.moonshot.cn/v1", None, None),
        ("minimax", "china", "https://api.minimaxi.com/anthropic", None, "minimax-china"),
        ("alibaba", "singapore", None, None, "alibaba-singapore"),
        (
            "alibaba",
            "us",
            "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
            "ALIBABA_US_API_KEY",
            "alibaba-us",
        ),
        (
            "alibaba",
            "china",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "DASHSCOPE_API_KEY",
            "alibaba-china",
        ),
        ("zai", "api", "https://api.z.ai/api/paas/v4", None, None),
        ("zai", "china-coding", "https://open.bigmodel.cn/api/coding/paas/v4", "ZHIPU_API_KEY", "zhipu-coding"),
        ("zai", "china-api", "https://open.bigmodel.cn/api/paas/v4", "ZHIPU_API_KEY", "zhipu"),
        ("azure", "key", None, "AZURE_OPENAI_API_KEY", None),
        ("azure", "entra", None, "AZURE_OPENAI_AD_TOKEN", None),
    ],
)
def test_regions_and_plans_bring_their_own_endpoint_and_key(
    preset_id: str, answer: str, base_url: str | None, env: str | None, provider_id: str | None
) -> None:
    choices = {choice.value: choice for question in PRESETS[preset_id].questions for choice in question.choices}
    choice = choices[answer]
    assert (choice.base_url, choice.env, choice.provider_id) == (base_url, env, provider_id)


@pytest.mark.parametrize(
    "pasted",
    [
        "my-res1",
        "my-res1.openai.azure.com",
        "https://my-res1.openai.azure.com/",
        "https://my-res1.OpenAI.Azure.com:443/openai/v1",
        "https://my-res1.openai.azure.com/openai/deployments/gpt4/chat/completions?api-version=2024-10-21",
        "my-res1.cognitiveservices.azure.com",
        "https://my-res1.services.ai.azure.com/api/projects/p",
    ],
)
def test_any_azure_url_gives_the_resource(pasted: str) -> None:
    assert _resource(pasted) == "my-res1"


@pytest.mark.parametrize(
    "pasted", ["https://res.openai.azure.us", "https://a.b.openai.azure.com", "my res", "-res", "https://example.com"]
)
def test_what_is_no_azure_resource_is_refused(pasted: str) -> None:
    assert _resource(pasted) is None


def _resource(pasted: str) -> str | None:
    """What the preset's own `extract` and `pattern` make of an answer."""
    question = PRESETS["azure"].questions[0]
    match = re.search(question.extract or "", pasted)
    answer = match[1] if match else pasted
    return answer if re.fullmatch(question.pattern or "", answer) else None


def test_a_region_offers_its_own_models() -> None:
    choices = {choice.value: choice for question in PRESETS["alibaba"].questions for choice in question.choices}
    assert choices["us"].models == ("deepseek-v4-pro-us", "deepseek-v4-flash-us")
    assert (choices["us"].large, choices["us"].small) == choices["us"].models
    assert choices["singapore"].models
    assert not set(choices["us"].models or ()) & set(choices["singapore"].models)
