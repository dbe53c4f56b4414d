"""Where presets come from: those that ship with the wizard, and the user's own folder over them."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from wizard.errors import UsageError, WizardError
from wizard.flow.preset_file import InvalidPreset, read_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.flow.preset import Preset

SHIPPED = (
    # hosted
    *("deepseek", "groq", "azure", "together", "perplexity", "openai", "anthropic"),
    *("openrouter", "mistral", "xai", "gemini", "fireworks", "cerebras", "moonshot", "minimax"),
    *("alibaba", "zai", "huggingface", "nvidia", "github-models"),
    # on this machine or nearby
    *("ollama", "lmstudio", "llamacpp", "vllm", "litellm"),
    # anything else
    *("openai-compatible", "openai-gateway", "anthropic-gateway"),
)
"""The presets that ship, in the order in which they are shown."""

LARGEST_FILE = 1_000_000
"""Bytes. A preset takes a few thousand; more is a mistake, and would be slow to read."""

Warnings = tuple[WizardError, ...]
"""What kept files of the user from being presets."""


class UnknownPreset(UsageError):
    code = "unknown-preset"


def load_presets(user_folder: Path) -> tuple[Mapping[str, Preset], Warnings]:
    """Every preset by id: the shipped ones in the order of `SHIPPED`, then the user's own.

    A user's preset takes the place of the shipped one of its id. A broken one is among the warnings
    and hides no other preset, not even the shipped one that it would have replaced.
    """
    presets = {preset_id: load_shipped(preset_id) for preset_id in SHIPPED}
    files, warnings = _user_files(user_folder)
    for path in files.values():
        try:
            preset = load_user(path)
        except InvalidPreset as broken:
            warnings += (broken,)
        else:
            presets[preset.id] = preset
    return presets, warnings


def load_preset(preset_id: str, user_folder: Path) -> tuple[Preset, Warnings]:
    """One preset, without reading the others.

    Raises UnknownPreset, and InvalidPreset where a broken file of the user is all there is of that id.
    """
    files, warnings = _user_files(user_folder)
    if preset_id in files:
        try:
            return load_user(files[preset_id]), warnings
        except InvalidPreset as broken:
            if preset_id not in SHIPPED:
                raise
            warnings += (broken,)
    if preset_id in SHIPPED:
        return load_shipped(preset_id), warnings
    close = get_close_matches(preset_id, (*SHIPPED, *files), n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`crush-wizard presets` lists them"
    raise UnknownPreset(f"there is no preset `{preset_id}`", hint=hint)


def preset_ids(user_folder: Path) -> tuple[str, ...]:
    """The ids of all presets, in order. Reads no preset, so a broken one of the user is among them."""
    files, _ = _user_files(user_folder)
    return (*SHIPPED, *(preset_id for preset_id in files if preset_id not in SHIPPED))


def load_shipped(preset_id: str) -> Preset:
    """The preset of this id, one of `SHIPPED`, as it comes with the wizard."""
    path = _shipped_folder() / f"{preset_id}.toml"
    return read_preset(path.read_text(encoding="utf-8"), path, "shipped")


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
        raise InvalidPreset("the file is over 1 MB, which is no preset", path=path)
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


def _shipped_folder() -> Path:
    """presets/ as it is installed; beside wizard/ in a bare checkout.

    Asks the import system for the place itself: importlib.resources takes 15 ms to import on Python 3.11.
    """
    spec = find_spec("wizard.presets")
    if spec and spec.origin:
        return Path(spec.origin).parent
    return Path(__file__).parents[2] / "presets"
