"""Where presets come from: those that ship with the wizard, and the user's own folder over them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from wizard.errors import UsageError, WizardError
from wizard.flow.preset import Preset, Title
from wizard.flow.preset_file import InvalidPreset, read_preset, read_shipped, read_title
from wizard.near import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.preset import PresetChoice

_BY_KIND = {
    "hosted": """
        deepseek groq azure together perplexity openai anthropic openrouter mistral xai gemini fireworks cerebras
        moonshot minimax alibaba zai bedrock vertexai huggingface nvidia github-models vercel kimi-coding opencode-zen
        opencode-go cohere xiaomi deepinfra baseten nebius novita siliconflow cloudflare-workers-ai
        cloudflare-ai-gateway synthetic chutes venice aihubmix ionet scaleway sambanova hyperbolic modelscope
        stepfun
    """,
    "built into Crush, and known to no catalogue of ours": "atlascloud avian cortecs neuralwatt qiniucloud",
    "on this machine or nearby": """
        ollama lmstudio llamacpp vllm litellm sglang omlx localai jan docker-model-runner lemonade open-webui
    """,
    "hosted, and looked for by the name of a program above": "ollama-cloud",
    "anything else": "openai-compatible openai-gateway anthropic-gateway",
}
SHIPPED = tuple(" ".join(_BY_KIND.values()).split())
"""The presets that ship, in the order in which they are shown."""

OTHER_NAMES = {
    **dict.fromkeys(("grok", "x.ai", "x-ai"), "xai"),
    **dict.fromkeys(("google", "google-ai", "google-gemini", "google-ai-studio", "aistudio"), "gemini"),
    **dict.fromkeys(("claude",), "anthropic"),
    **dict.fromkeys(("gpt", "chatgpt", "codex"), "openai"),
    **dict.fromkeys(("anthropic-compatible", "anthropic-compat", "claude-gateway"), "anthropic-gateway"),
    **dict.fromkeys(("openai-compat", "openai-like", "custom"), "openai-compatible"),
    **dict.fromkeys(("azure-openai", "azureopenai"), "azure"),
    **dict.fromkeys(("aws", "amazon", "amazon-bedrock", "aws-bedrock", "bedrock-europe"), "bedrock"),
    **dict.fromkeys(("vertex", "vertex-ai", "google-vertex"), "vertexai"),
    **dict.fromkeys(("lm-studio", "lm_studio"), "lmstudio"),
    **dict.fromkeys(("llama.cpp", "llama-cpp", "llama-server", "llamaserver"), "llamacpp"),
    **dict.fromkeys(("docker", "dmr", "docker-model"), "docker-model-runner"),
    **dict.fromkeys(("local-ai",), "localai"),
    **dict.fromkeys(("lemonade-server",), "lemonade"),
    **dict.fromkeys(("openwebui",), "open-webui"),
    **dict.fromkeys(("ollama.com", "ollama-turbo"), "ollama-cloud"),
    **dict.fromkeys(("samba-nova",), "sambanova"),
    **dict.fromkeys(("step", "step-fun"), "stepfun"),
    **dict.fromkeys(("cloudflare-gateway", "cf-ai-gateway"), "cloudflare-ai-gateway"),
    **dict.fromkeys(("atlas-cloud",), "atlascloud"),
    **dict.fromkeys(("qiniu", "qiniu-cloud"), "qiniucloud"),
    **dict.fromkeys(("togetherai", "together-ai"), "together"),
    **dict.fromkeys(("fireworks-ai",), "fireworks"),
    **dict.fromkeys(("kimi", "moonshotai"), "moonshot"),
    **dict.fromkeys(("minimax-china", "minimaxi"), "minimax"),
    **dict.fromkeys(("qwen", "dashscope", "bailian", "alibaba-cloud", "aliyun"), "alibaba"),
    **dict.fromkeys(("alibaba-singapore", "alibaba-us", "alibaba-china"), "alibaba"),
    **dict.fromkeys(("glm", "zhipu", "zhipu-coding", "zhipuai", "bigmodel", "z.ai", "z-ai"), "zai"),
    **dict.fromkeys(("hf", "hugging-face"), "huggingface"),
    **dict.fromkeys(("nim", "nvidia-nim"), "nvidia"),
    **dict.fromkeys(("github",), "github-models"),
    **dict.fromkeys(("pplx",), "perplexity"),
    **dict.fromkeys(("open-router",), "openrouter"),
    **dict.fromkeys(("vercel-ai-gateway", "ai-gateway", "vercel-gateway"), "vercel"),
    **dict.fromkeys(("kimi-code", "kimi-for-coding"), "kimi-coding"),
    **dict.fromkeys(("zen", "opencode"), "opencode-zen"),
    **dict.fromkeys(("command", "command-a"), "cohere"),
    **dict.fromkeys(("mimo", "xiaomi-mimo"), "xiaomi"),
    **dict.fromkeys(("deep-infra",), "deepinfra"),
    **dict.fromkeys(("nebius-ai-studio", "token-factory"), "nebius"),
    **dict.fromkeys(("novita-ai",), "novita"),
    **dict.fromkeys(("silicon-flow", "siliconcloud"), "siliconflow"),
    **dict.fromkeys(("workers-ai", "cloudflare"), "cloudflare-workers-ai"),
    **dict.fromkeys(("io.net", "io-net"), "ionet"),
}
"""What people call the shipped presets besides their ids."""

LARGEST_FILE = 1_000_000
"""Bytes. A preset takes a few thousand; more is a mistake, and would be slow to read."""

Warnings = tuple[WizardError, ...]
"""What kept files of the user from being presets."""


class UnknownPreset(UsageError):
    code = "unknown-preset"


class Presets(Mapping[str, Preset]):
    """The shipped ones in the order of `SHIPPED`, each read when it is asked for, then the user's own.

    A user's preset takes the place of the shipped one of its id.
    """

    def __init__(self, own: Mapping[str, Preset]) -> None:
        self._read = dict(own)
        self._ids = tuple(dict.fromkeys((*SHIPPED, *own)))

    def __getitem__(self, preset_id: str) -> Preset:
        if preset_id not in self._read and preset_id in SHIPPED:
            self._read[preset_id] = load_shipped(preset_id)
        return self._read[preset_id]

    def titles(self) -> Iterator[Title]:
        """In the same order. Reads no more of a shipped one than its title: a list of all may be the first question."""
        for preset_id in self._ids:
            yield self._read.get(preset_id) or shipped_title(preset_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def meant_by(name: str) -> str:
    """The id of the preset that somebody means; the name itself where it is no other name of one."""
    return OTHER_NAMES.get(name.casefold(), name)


def brought_by(name: str, preset: Preset) -> dict[str, str]:
    """The answers to the preset's own questions that lie in the name: `zhipu` is one of its plans or regions."""
    if name == preset.id:
        return {}
    return {
        question.key: choice.value
        for question in preset.questions
        for choice in question.choices
        if name.casefold() in (choice.provider_id, choice.builtin)
    }


def load_presets(user_folder: Path) -> tuple[Mapping[str, Preset], Warnings]:
    """Every preset by id.

    A broken one of the user is among the warnings and hides no other preset, not even the shipped one that it would
    have replaced.
    """
    own: dict[str, Preset] = {}
    files, warnings = _user_files(user_folder)
    for path in files.values():
        try:
            preset = load_user(path)
        except InvalidPreset as broken:
            warnings += (broken,)
        else:
            own[preset.id] = preset
    return Presets(own), warnings


def load_preset(preset_id: str, user_folder: Path) -> tuple[Preset, Warnings]:
    """One preset, without reading the others.

    Raises UnknownPreset, and InvalidPreset where a broken file of the user is all there is of that id.
    """
    files, warnings = _user_files(user_folder)
    if preset_id not in files:
        preset_id = meant_by(preset_id)
    if preset_id in files:
        try:
            return load_user(files[preset_id]), warnings
        except InvalidPreset as broken:
            if preset_id not in SHIPPED:
                raise
            warnings += (broken,)
    if preset_id in SHIPPED:
        return load_shipped(preset_id), warnings
    hint = did_you_mean(preset_id, (*SHIPPED, *files)) or "list them: crush-wizard presets"
    raise UnknownPreset(f"unknown preset `{preset_id}`", hint=hint)


def preset_for(entry: Mapping[str, Any], provider_id: str, presets: Mapping[str, Preset]) -> Preset:
    """The preset that knows most about an entry of the config; at least the custom one of its type.

    Looked for by the provider's id, by the built-in one that it is, and by its endpoint's host.
    """
    likely = (presets[name] for name in (provider_id,) if name in presets)  # spares reading all others
    named = next((preset for preset in chain(likely, presets.values()) if provider_id in _proposed_ids(preset)), None)
    builtin = next((preset for preset in presets.values() if provider_id in _builtin_ids(preset)), None)
    return named or builtin or _preset_at(entry.get("base_url"), presets) or _custom_preset(entry, presets)


def _proposed_ids(preset: Preset) -> Iterator[str]:
    yield preset.provider_id or preset.id
    yield from (choice.provider_id for choice in _choices(preset) if choice.provider_id)


def _builtin_ids(preset: Preset) -> Iterator[str]:
    yield from (builtin for builtin in (preset.builtin, *(choice.builtin for choice in _choices(preset))) if builtin)


def _choices(preset: Preset) -> Iterator[PresetChoice]:
    yield from (choice for question in preset.questions for choice in question.choices)


def _preset_at(base_url: Any, presets: Mapping[str, Preset]) -> Preset | None:
    """The preset whose endpoint is on the host, and on the port, of a URL."""
    place = _host_and_port(base_url) if isinstance(base_url, str) else ""
    if not place:
        return None
    for preset in presets.values():
        urls = (preset.base_url, *(choice.base_url for choice in _choices(preset)))
        if any(re.fullmatch(_pattern(_host_and_port(url)), place) for url in urls if url):
            return preset
    return None


def _host_and_port(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _pattern(place: str) -> str:
    """A regular expression for a preset's host; what an answer fills in is any one label of it."""
    return "[^./]+".join(map(re.escape, re.split(r"\{\w+\}", place)))


def _custom_preset(entry: Mapping[str, Any], presets: Mapping[str, Preset]) -> Preset:
    custom = [preset for preset in presets.values() if preset.custom]
    return next((preset for preset in custom if preset.type == entry.get("type")), custom[0])


def preset_ids(user_folder: Path) -> tuple[str, ...]:
    """The ids of all presets, in order. Reads no preset, so a broken one of the user is among them."""
    files, _ = _user_files(user_folder)
    return (*SHIPPED, *(preset_id for preset_id in files if preset_id not in SHIPPED))


def titles(presets: Mapping[str, Preset]) -> Iterator[Title]:
    """What a list of them shows, in order."""
    return presets.titles() if isinstance(presets, Presets) else iter(presets.values())


@cache
def load_shipped(preset_id: str) -> Preset:
    """The preset of this id, one of `SHIPPED`, as it comes with the wizard."""
    return read_shipped(*_shipped_text(preset_id))


@cache
def shipped_title(preset_id: str) -> Title:
    """The title of the preset of this id, one of `SHIPPED`."""
    return read_title(*_shipped_text(preset_id))


def _shipped_text(preset_id: str) -> tuple[str, Path]:
    path = _shipped_folder() / f"{preset_id}.toml"
    return path.read_text(encoding="utf-8"), path


def load_user(path: Path) -> Preset:
    """The preset in a file of the user. Raises InvalidPreset, also if the file can't be read."""
    try:
        return read_preset(_user_text(path), path, "user")
    except UnicodeDecodeError as error:
        raise InvalidPreset("the file is not UTF-8 text", hint="save it as UTF-8", path=path) from error
    except OSError as error:
        raise InvalidPreset(f"the file can't be read: {error.strerror}", path=path) from error


def _user_text(path: Path) -> str:
    state = path.stat()
    if not S_ISREG(state.st_mode):  # a pipe would make us wait for ever
        raise InvalidPreset("this is not a file", path=path)
    if state.st_size > LARGEST_FILE:
        raise InvalidPreset("the file is over 1 MB, too large for a preset", path=path)
    return path.read_bytes().decode()


def _user_files(folder: Path) -> tuple[dict[str, Path], Warnings]:
    """The user's preset files by id, sorted. No folder is no presets; one that can't be read is a warning."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return {}, ()
    except OSError as error:
        return {}, (InvalidPreset(f"the presets folder can't be read: {error.strerror}", path=folder),)
    return {path.stem: path for path in paths}, ()


@cache
def _shipped_folder() -> Path:
    """presets/ as it is installed; beside wizard/ in a bare checkout.

    Asks the import system for the place itself: importlib.resources takes 15 ms to import on Python 3.11.
    """
    spec = find_spec("wizard.presets")
    if spec and spec.origin:
        return Path(spec.origin).parent
    return Path(__file__).parents[2] / "presets"
