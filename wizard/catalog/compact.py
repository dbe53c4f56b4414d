"""Model facts in few bytes: the format of the snapshot and of our copy of models.dev.

    {"format": 1, "date": "2026-11-10",
     "sources": [["pi-ai", "1.5.2", "2026-11-10"], ...],
     "providers": {"groq": {"urls": ["https://..."], "models": {"some-id": [row]}}}}

A row: index of the prices' source, of the other facts' source, name, four prices (USD per million tokens, in the
order of `PRICES`), context window and most output tokens, one character each for reasoning, attachments, tools and
chat (`1`, `0`, `?`), and the reasoning levels with commas. What is null at the end of a row is left off.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct, json
from msgspec.structs import asdict

from wizard.catalog.facts import FactOrigin, ListedModel, SourceName
from wizard.catalog.values import flag, levels, mapping, price, text, tokens
from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
_WIDTH = 11
_FLAGS = {True: "1", False: "0", None: "?"}
_UNFLAGS = {"1": True, "0": False}
_DATE = regexp(r"\d{4}-\d\d-\d\d")


def row(facts: ModelFacts, prices_from: int, rest_from: int) -> list[Any]:
    """A model as a row; the default of the tokens to ask for and the default effort are not kept."""
    flags = (facts.can_reason, facts.supports_attachments, facts.tools, facts.chats)
    cells: list[Any] = [
        prices_from,
        rest_from,
        facts.name if facts.name != facts.id else None,
        facts.cost_per_1m_in,
        facts.cost_per_1m_out,
        facts.cost_per_1m_in_cached,
        facts.cost_per_1m_out_cached,
        facts.context_window,
        facts.max_output_tokens,
        "".join(_FLAGS[flag] for flag in flags),
        ",".join(facts.reasoning_levels) if facts.reasoning_levels else None,
    ]
    while cells[-1] is None:
        cells.pop()
    return cells


class _Provider(Struct):
    models: Raw
    urls: list[str] = []


class _Document(Struct):
    format: int
    date: str
    sources: list[list[str]]
    providers: dict[str, _Provider]


def unread(content: bytes) -> dict[str, Any]:
    """A document that is ours. The models of a provider are read when somebody asks for them: there are thousands.

    Raises MsgspecError.
    """
    document = json.decode(content, type=_Document)
    return asdict(document) | {"providers": {name: asdict(provider) for name, provider in document.providers.items()}}


class CompactListing:
    """A document of this format. Rows are read when they are asked for; a row that makes no sense is no model.

    Raises ValueError for a document of another format, or one without models.
    """

    def __init__(self, document: Any, source: SourceName) -> None:
        document = mapping(document)
        if document.get("format") != FORMAT:
            raise ValueError("it has another format")
        self.date = _date(document.get("date"))
        self._origins = _origins(document.get("sources"), source)
        self._providers = mapping(document.get("providers"))
        self._models = cache(self._read_models)
        if not self._origins or not any(self.model_ids(provider) for provider in self._providers):
            raise ValueError("it has no models")

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(self._providers)

    def model_ids(self, provider_id: str) -> tuple[str, ...]:
        return tuple(self._models(provider_id))

    def model(self, provider_id: str, model_id: str) -> ListedModel | None:
        cells = self._models(provider_id).get(model_id)
        if not isinstance(cells, list) or len(cells) > _WIDTH:
            return None
        cells = [*cells, *[None] * (_WIDTH - len(cells))]
        prices_from, rest_from = self._origin(cells[0]), self._origin(cells[1])
        if prices_from is None or rest_from is None:
            return None
        return ListedModel(_facts(model_id, cells), prices_from, rest_from)

    def urls(self, provider_id: str) -> tuple[str, ...]:
        found = mapping(self._providers.get(provider_id)).get("urls")
        return tuple(url for item in found if (url := text(item))) if isinstance(found, list) else ()

    def _read_models(self, provider_id: str) -> Mapping[str, Any]:
        models = mapping(self._providers.get(provider_id)).get("models")
        return mapping(json.decode(models) if isinstance(models, Raw) else models)

    def _origin(self, index: Any) -> FactOrigin | None:
        return self._origins[index] if isinstance(index, int) and 0 <= index < len(self._origins) else None


def _facts(model_id: str, cells: list[Any]) -> ModelFacts:
    flags = [_UNFLAGS.get(character) for character in text(cells[9]).ljust(4, "?")]
    return ModelFacts(
        id=model_id,
        name=text(cells[2]) or None,
        cost_per_1m_in=price(cells[3]),
        cost_per_1m_out=price(cells[4]),
        cost_per_1m_in_cached=price(cells[5]),
        cost_per_1m_out_cached=price(cells[6]),
        context_window=tokens(cells[7]),
        max_output_tokens=tokens(cells[8]),
        can_reason=flag(flags[0]),
        supports_attachments=flag(flags[1]),
        tools=flag(flags[2]),
        chats=flag(flags[3]),
        reasoning_levels=levels(text(cells[10]).split(",")),
    )


def _origins(sources: Any, source: SourceName) -> list[FactOrigin]:
    rows = sources if isinstance(sources, list) else []
    return [
        FactOrigin(source, " ".join(filter(None, (text(row[0]), text(row[1])))), _date(row[2]))
        for row in rows
        if isinstance(row, list) and len(row) == 3
    ]


def _date(value: Any) -> str:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""
