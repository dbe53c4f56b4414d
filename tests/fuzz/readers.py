"""What reads files, answers and records that others have written: each takes bytes, and refuses with an error of ours.

A reader that can also change what it has read is asked to, and what it makes of it must be readable again.
"""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.catalog import charm, models_dev
from wizard.catalog.copies import read_copy
from wizard.crush.loading import load
from wizard.crush.merging import Layer, merge
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.document import Deselect, PutProvider, RemoveModel, RemoveProvider, SelectModel
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.reading import JsonReading
from wizard.documents.json.syntax import read_text
from wizard.endpoints.model_lists import parse_page
from wizard.endpoints.refusal import refusal_in
from wizard.errors import WizardError
from wizard.expansion.dotenv import read_dotenv
from wizard.expansion.expand import expand
from wizard.expansion.literals import literal_secrets
from wizard.files.edit import apply_edits, reverse_edits
from wizard.files.history import History
from wizard.files.locations import Surroundings
from wizard.flow.preset_file import read_preset
from wizard.machine.in_force import without_store
from wizard.network.json_answer import NotJson, parse_json
from wizard.provider.base_url import InvalidBaseUrl, normalize_base_url
from wizard.secrets import age_file
from wizard.secrets.index import Index
from wizard.secrets.settings import remembered_keys, remembered_store
from wizard.shown import acts, safe
from wizard.transfer.origins.found import TOOLS, look_for
from wizard.transfer.profile_file import read_profile
from wizard.transfer.sealing import is_sealed, wants_passphrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.documents.document import Change, Document

PATH = Path("/home/somebody/file")
ENTRY = {"base_url": "https://llm.new.example/v1", "api_key": "$NEW", "models": [{"id": "m-1", "name": "New"}]}
CHANGES: Sequence[Change] = (
    PutProvider("mine", ENTRY),
    PutProvider("new", ENTRY, "replace"),
    SelectModel("large", "mine", "m-1"),
    RemoveModel("mine", "m-2"),
    RemoveProvider("mine"),
    Deselect("small"),
)


@dataclass(frozen=True)
class Reader:
    """`seeds` are good inputs, `refusals` what `read` may raise."""

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    refusals: tuple[type[Exception], ...] = field(default=(WizardError,))


CONFIG = {
    "providers": {
        "mine": {**ENTRY, "extra_headers": {"X-Team": "a"}, "models": [{"id": "m-1"}, {"id": "m-2", "options": {}}]},
        "groq": {"api_key": "${GROQ:-sk-canary-0123456789}", "Base_URL": "https://a.example"},
    },
    "models": {"large": {"provider": "mine", "model": "m-1"}, "small": {"provider": "groq", "model": "x"}},
    "options": {"data_directory": ".data", "disabled_providers": ["openai"]},
    "env": {"A": "$(echo a)"},
}
CRUSHRC = """\
# mine
provider add mine --type openai-compat --base-url "https://llm.mine.example/v1" --api-key "$MINE"
provider model add mine m-1 --name 'M 1' --context-window 1000
provider model add mine m-2
model large mine m-1
if [ -n "$X" ]; then option data-directory "$HOME/d"; fi
for id in a b; do provider add "$id" --base-url http://$id.example; done
export A=1; source ~/other
"""
DOTENV = "A=1\nexport B='two words'\nC=\"$A ${B}\\n\" # c\nD: yaml\n"
PRESET = """\
id = "file"
name = "Mine"
description = "mine"
type = "openai-compat"
base_url = "http://box.lan:9000/v1"
[key]
need = "none"
dummy = "box"
[[model]]
id = "big-1"
context_window = 65_536
"""
PROFILE = """\
profile = 1
[providers.team]
type = "openai-compat"
base_url = "https://llm.team.example/v1"
api_key = "$TEAM_KEY"
extra_headers = { X-A = "b" }
[[providers.team.models]]
id = "t-1"
cost_per_1m_in = 1.5
[selected]
large = { provider = "team", model = "t-1" }
[values]
TEAM_KEY = "sk-0123456789abcdef"
"""
RECORD = {
    "version": 1,
    "id": "20261128T114852562811-d73e51",
    "time": "2026-11-28T11:48:52Z",
    "command": "use",
    "files": [
        {
            "path": "/home/a/crush.json",
            "format": "json",
            "action": "update",
            "before": "00",
            "after": "11",
            "mode": 384,
            "edits": [{"offset": 1, "length": 2, "text": "x"}],
        }
    ],
    "secrets": [{"name": "K", "store": "file", "action": "store", "kept": "K@1"}],
}
LISTS = (
    {"object": "list", "data": [{"id": "m", "context_length": 1000, "pricing": {"prompt": "0.000001"}}]},
    {"models": [{"name": "models/g", "inputTokenLimit": 5, "supportedGenerationMethods": ["generateContent"]}]},
    {"models": [{"name": "llama3:8b", "model": "llama3:8b", "details": {"family": "llama"}}]},
    {"data": [{"id": "m", "pricing": {"input": "1e17", "output": 1e300}, "capabilities": {"vision": True}}]},
    {"error": {"message": "no", "type": "x", "code": 7, "details": [{"retryDelay": "3s"}]}},
)
CATWALK = [{"id": "p", "name": "P", "api_endpoint": "https://p.example", "models": [{"id": "m", "cost_per_1m_in": 1}]}]
MODELS_DEV = {"p": {"id": "p", "api": "https://p.example", "models": {"m": {"id": "m", "cost": {"input": 1}}}}}
COPY = {"format": 1, "url": "https://a", "etag": "x", "date": "2026-01-01", "document": CATWALK}
IDENTITY = b"# of these tests\nAGE-SECRET-KEY-197R5HA822N9LR3MJCQYANWFRFUJ6S640YGSDRQLFC8W2PASHV64QCCDUS7\n"
SEALED = b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSAxbWI4d0pIbGtvL1FXNktoNE9UUUlhMkhRS25WQmxhS3hyeUxEamJxWXd3CmRMY1J1"
    "Ty9TWVI5d0pnQVRSOWVSdmR4ZU80T281U1BrYk1ZTEsxREJTdnMKLT4gL0xLLWdyZWFzZSBYOT4KYzJuU1ZTVnJUZUdqNVZhRHhjTUVZK2xD"
    "Q0tFCi0tLSBSSjFVUnk5ZFczd3VETUJOeFdKWmFzdkFsR05RWnVDMG5IRWNiRlVkaHM4CkxjSYBn1HKHsWzjyF2FWWcQdQbz68QYrDZQRiAP"
    "dLOQD3d1WNmLJ+iTwVSXaX8="
)
SAMPLES = Path(__file__).parents[1] / "transfer" / "origins" / "samples"
DOTFILES = Path(__file__).parents[1] / "dotfiles"


def _json(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value, indent=1).encode() for value in values)


def _config(raw: bytes, _folder: Path) -> None:
    _change(JsonDocument(read_text(raw, PATH), PATH), lambda text: JsonDocument(text, PATH))


def _crushrc(raw: bytes, _folder: Path) -> None:
    _change(CrushrcDocument(raw.decode("utf-8", "replace"), PATH), lambda text: CrushrcDocument(text, PATH))


def _change(document: Document, read: Callable[[str], Document]) -> None:
    """Each change by itself; refused, or made so that the file is still one, and can be taken back."""
    text = document.text or ""
    for change in CHANGES:
        try:
            edits = document.edits([change])
        except WizardError:
            continue
        after = apply_edits(text, edits)
        read(after)
        assert apply_edits(after, reverse_edits(text, edits)) == text
    document.masks(lambda secret: secret)


def _merged(raw: bytes, _folder: Path) -> None:
    """With itself and with what the configuration was."""
    layers = [
        Layer(Path(f"/{number}"), JsonReading(content, PATH).tree)
        for number, content in enumerate((raw, *_json(CONFIG), raw))
    ]
    merged = merge(layers)
    providers = merged.value.get("providers")
    for provider in providers if isinstance(providers, dict) else ():
        merged.origins(("providers", provider, "models", 0, "id"))


def _in_force(raw: bytes, folder: Path) -> None:
    """As Crush would have it: a user's file, a project's, and its own data file."""
    for place in (folder / ".config" / "crush" / "crush.json", folder / "crush.json"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(raw)
    for provider in without_store(load(_around(folder))).effective.providers:
        provider.value_source("base_url")


def _around(folder: Path) -> Surroundings:
    config = folder / ".config" / "crush"
    return Surroundings(
        {"HOME": str(folder)}, "linux", folder, folder, config, folder / ".local" / "share" / "crush", folder
    )


def _answer(raw: bytes, _folder: Path) -> None:
    refusal_in(raw)
    document = parse_json(raw)
    parse_page(document)


def _record(raw: bytes, folder: Path) -> None:
    """What is no record is told as a broken one."""
    history = History(_with(folder / "backups" / f"{RECORD['id']}.json", raw).parent)
    history.listing()
    history.outdated()


def _with(path: Path, raw: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def _age(raw: bytes, _folder: Path) -> None:
    """As the file of secrets; where it is no binary, as an identity."""
    if is_sealed(raw):
        wants_passphrase(raw)
        age_file.opened(raw, age_file.identities(IDENTITY, "identity"), "secrets")
    else:
        age_file.identities(raw, "identity")


def _tool(name: str) -> Callable[[bytes, Path], object]:
    def read(raw: bytes, folder: Path) -> None:
        path = _with(folder / name / TOOLS[name].names[0], raw)
        look_for((name,), _around(folder), path)

    return read


def _text(raw: bytes, _folder: Path) -> None:
    """A value of a config: expanded, looked through for secrets, taken as a URL, shown."""
    text = raw.decode("utf-8", "replace")
    expand(text, {"A": "a", "EMPTY": ""}, lambda name: name)
    literal_secrets({"api_key": text, "x": [text]})
    normalize_base_url(text)
    assert not any(acts(character) for character in safe(text) if character not in "\n\t")


def _database(script: Path) -> bytes:
    database = sqlite3.connect(":memory:")
    database.executescript(script.read_text(encoding="utf-8"))
    return database.serialize()


def _samples(name: str) -> tuple[bytes, ...]:
    if name == "cc-switch":
        return tuple(map(_database, sorted(SAMPLES.rglob("*.sql"))))
    return tuple(path.read_bytes() for path in sorted(SAMPLES.rglob("*")) if path.is_file() and name in str(path)) or (
        b"{}",
    )


TEXTS = (
    b"$A ${EMPTY:-x${A}} $(crush-wizard secret get K)",
    b"https://user:p@h.example:8080/v1?a=b#c",
    b"${A//a/b} ${A%%[a-z]*} $((1+2))",
)
NO_LIST = (NotJson, ValueError)
READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("crush.json", _json(CONFIG), _config),
        Reader("crushrc", (CRUSHRC.encode(), *(path.read_bytes() for path in sorted(DOTFILES.iterdir()))), _crushrc),
        Reader("merging", _json(CONFIG), _merged),
        Reader("in force", _json(CONFIG), _in_force),
        Reader(".env", (DOTENV.encode(),), lambda raw, _: read_dotenv(raw.decode("utf-8", "replace"))),
        Reader("preset", (PRESET.encode(),), lambda raw, _: read_preset(raw.decode("utf-8", "replace"), PATH, "user")),
        Reader("profile", (PROFILE.encode(),), lambda raw, _: read_profile(raw.decode("utf-8", "replace"), PATH)),
        Reader("record", _json(RECORD), _record),
        Reader("index", _json({"version": 1, "stores": {"file": ["A"]}}), lambda raw, folder: _index(raw, folder)),
        Reader("settings", (b'store = "file"\nkeys = "run"\n',), lambda raw, folder: _settings(raw, folder)),
        Reader("age", (SEALED, IDENTITY), _age),
        Reader("answer", _json(*LISTS), _answer, (WizardError, NotJson)),
        Reader("catwalk", _json(CATWALK), lambda raw, _: charm.providers_of(parse_json(raw)), NO_LIST),
        Reader("models.dev", _json(MODELS_DEV), lambda raw, _: models_dev.providers_of(parse_json(raw)), NO_LIST),
        Reader(
            "copy",
            _json(COPY),
            lambda raw, folder: read_copy(_with(folder / "copy.json", raw)),
            (WizardError, ValueError),
        ),
        Reader("text", TEXTS, _text, (InvalidBaseUrl,)),
        *(Reader(f"tool {name}", _samples(name), _tool(name)) for name in TOOLS),
    )
}


def _index(raw: bytes, folder: Path) -> None:
    _with(Index(folder).path, raw)
    Index(folder).names("file")


def _settings(raw: bytes, folder: Path) -> None:
    path = _with(folder / "settings.toml", raw)
    remembered_store(path)
    remembered_keys(path)
