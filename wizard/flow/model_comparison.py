"""The models of a provider as they are configured, against what its endpoint and the catalogues say. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.flow.knowledge import alike
from wizard.provider.entry import lower_case
from wizard.provider.model import is_number
from wizard.provider.model_facts import PRICES, ModelFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wizard.flow.knowledge import By, CatalogMatch, Knowledge
    from wizard.provider.model import Number

State = Literal["configured", "gone", "built-in", "offered"]
"""`gone`: configured, and not in the endpoint's list. `offered`: only there."""

COMPARED = ("context_window", "default_max_tokens", *PRICES)
"""Costs, context and limit: what changes in the course of time, by Crush's field names."""


def is_own(written: Mapping[str, Mapping[str, Number]], model_id: str, field: str, today: Number) -> bool:
    """Whether the person has set a model's number, of what the wizard has `written` about the provider's models.

    It is theirs where the wizard has written the model, and not this number.
    """
    fields = written.get(model_id)
    return bool(today) and fields is not None and fields.get(field) != today


class Difference(Struct, frozen=True):
    """A field of which somebody says otherwise. `today` 0: it is not known to Crush."""

    field: str
    today: Number
    said: Number
    by: By
    source: str = ""


class Compared(Struct, frozen=True):
    """One model. `facts` are what Crush has of it (`tools`, which no config can say, is what others know of it).

    Of a model that is only offered they are all that is known. `guess` is there only where nothing is certain.
    """

    id: str
    state: State
    facts: ModelFacts
    differences: tuple[Difference, ...] = ()
    guess: CatalogMatch | None = None


class ListedModels(Struct, frozen=True):
    """What an endpoint answered, by id. `complete`: there is nothing that it did not tell."""

    models: Mapping[str, ModelFacts]
    complete: bool = True

    def lacks(self, model_id: str) -> bool:
        """Whether the endpoint has no such model. Ollama takes a name without a tag for the latest one."""
        return self.complete and bool(self.models) and not {model_id, f"{model_id}:latest"} & self.models.keys()

    @property
    def chat_models(self) -> Iterator[str]:
        """What Crush could use of it, sorted."""
        yield from sorted(name for name, model in self.models.items() if model.chats is not False)


def compare(
    entries: Iterable[Mapping[str, Any]],
    builtin: Iterable[ModelFacts],
    listed: ListedModels | None,
    known: Callable[[str], Knowledge],
    *,
    left_to_server: bool = False,
) -> tuple[Compared, ...]:
    """All models: the user's own in their order, those of Crush's catalogue, then what the endpoint has beside them.

    `listed` None: the endpoint was not asked, or gave no list. `left_to_server`: a window or limit of 0 is meant so.
    """
    found: dict[str, Compared] = {}
    for entry in entries:
        model_id = str(entry.get("id") or "")
        if model_id and model_id not in found:
            found[model_id] = _configured(model_id, entry, listed, known(model_id), left_to_server=left_to_server)
    for model in builtin:
        found.setdefault(model.id, Compared(model.id, "built-in", model))
    for model_id in listed.chat_models if listed else ():
        if model_id not in found and model_id.removesuffix(":latest") not in found:
            found[model_id] = Compared(model_id, "offered", known(model_id).facts)
    return tuple(found.values())


def _configured(
    model_id: str, entry: Mapping[str, Any], listed: ListedModels | None, known: Knowledge, *, left_to_server: bool
) -> Compared:
    return Compared(
        id=model_id,
        state="gone" if listed and listed.lacks(model_id) else "configured",
        facts=replace(facts_in(entry), tools=known.facts.tools),
        differences=differences(entry, known, left_to_server=left_to_server),
        guess=known.guess,
    )


def differences(entry: Mapping[str, Any], known: Knowledge, *, left_to_server: bool = False) -> tuple[Difference, ...]:
    """The costs, the context and the limit of which somebody says otherwise. A 0 overrules nobody: it is "unknown"."""
    return tuple(_differences(lower_case(entry), known, left_to_server=left_to_server))


def _differences(entry: Mapping[str, Any], known: Knowledge, *, left_to_server: bool) -> Iterator[Difference]:
    for field in COMPARED:
        today, word = _number(entry.get(field, 0)), known.who_says(field)
        value = _known_value(field, today, known.facts) if today is not None else None
        if not value or word is None or today is None or alike(today, value):
            continue
        if today == 0 and left_to_server and field not in PRICES:
            continue
        yield Difference(field, today, value, word.by, word.source)


def _known_value(field: str, today: Number, facts: ModelFacts) -> Number | None:
    """What is to be written. A limit within what the model can do is as good as the usual one."""
    if field != "default_max_tokens":
        value: Number | None = getattr(facts, field)
        return value
    is_fine = facts.default_max_tokens is None and 0 < today <= (facts.max_output_tokens or 0)
    return None if is_fine else facts.usual_answer


# Entries of the config


def facts_in(entry: Mapping[str, Any]) -> ModelFacts:
    """A model of the config as facts; what only running a script would tell, or is of no right type, is not known."""
    fields = lower_case(entry)
    model_id, name = str(fields.get("id") or ""), fields.get("name")
    numbers = {field: _number(fields.get(field)) for field in COMPARED}
    flags = {field: fields.get(field) for field in ("can_reason", "supports_attachments")}
    return ModelFacts(
        id=model_id,
        name=name if isinstance(name, str) and name else None,
        can_reason=flags["can_reason"] is True,
        supports_attachments=flags["supports_attachments"] is True,
        **{field: number or None for field, number in numbers.items()},  # type: ignore[arg-type]
    )


def _number(value: Any) -> Number | None:
    if value is None:
        return 0
    return value if is_number(value) else None
