"""What becomes of a provider that is no built-in: Crush's checks, in Crush's order (crush-behaviour 10.2, 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct

from wizard.crush.rule_failure import RuleFailure
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.expand import Expanded
from wizard.expansion.plain_secrets import without_secrets
from wizard.private import Private
from wizard.provider.types import TYPES, meant_type
from wizard.words import by_number

if TYPE_CHECKING:
    from collections.abc import Iterator

DISABLED = "`disable` is true"
"""Why a provider is out of use."""
Status = Literal["ready", "needs-key", "disabled", "dropped"]
Expander: TypeAlias = Callable[[Any], Expanded]
"""Expands a value of the configuration; one that is not there is an empty text."""

DEFAULT_TYPE = "openai-compat"


class DiscoveryFailed(Struct, frozen=True):
    """Asking a provider's endpoint for its models did not work; `reason` is a sentence's end."""

    reason: str


Discovered: TypeAlias = Mapping[str, Sequence[str] | DiscoveryFailed]
"""By provider: the ids that its endpoint listed, as they came, or why it did not."""


class Values(Struct, frozen=True):
    """The values of an entry that Crush expands."""

    base_url: Expanded
    api_key: Expanded
    headers: Mapping[str, Expanded]


class EntryVerdict(Private, Struct, frozen=True):
    """What Crush does with an entry. `kept`: it holds the provider. `discovers`: it asks the endpoint for models."""

    status: Status
    kept: bool
    models: tuple[dict[str, Any], ...]
    discovers: bool = False
    findings: tuple[RuleFailure, ...] = ()

    @property
    def decisive(self) -> RuleFailure | None:
        """The finding that made the status what it is."""
        return self.findings[-1] if self.findings and self.status != "ready" else None


def expanded_values(entry: Mapping[str, Any], expander: Expander) -> Values:
    """What the values of an entry come to."""
    headers = {name: expander(value) for name, value in (entry.get("extra_headers") or {}).items()}
    return Values(expander(entry.get("base_url")), expander(entry.get("api_key")), headers)


def discovers(entry: Mapping[str, Any]) -> bool:
    """Whether Crush asks the endpoint of a custom provider for its models."""
    wanted = entry.get("discover_models")
    if entry.get("disable") or _is_empty(entry.get("base_url")):
        return False
    return wanted is not False and (bool(wanted) or not entry.get("models"))


def judge(entry: Mapping[str, Any], values: Values, discovered: Sequence[str] | DiscoveryFailed | None) -> EntryVerdict:
    """Go through the checks. `discovered` None: nobody has asked the endpoint."""
    models, asks = _models(entry, discovered), discovers(entry)
    if found := _crash(entry, values, models, asks):
        return EntryVerdict("dropped", False, models, asks, (found,))
    if found := _wrong_type(entry):
        return EntryVerdict("dropped", False, models, findings=(found,))
    if entry.get("disable"):
        return EntryVerdict("disabled", False, models, findings=(RuleFailure("", DISABLED, ("disable",)),))
    listing = _failed_listing(discovered) if asks else ()
    if found := _no_url(entry, values.base_url) or _no_models(models, discovered, asks) or _empty_url(values.base_url):
        return EntryVerdict("dropped", False, models, asks, (*listing, found))
    key, headers = tuple(_key_findings(entry, values.api_key)), tuple(header_findings(values.headers))
    needs_key = bool(key) and bool(entry.get("api_key"))
    return EntryVerdict("needs-key" if needs_key else "ready", True, models, asks, (*listing, *headers, *key))


def _models(entry: Mapping[str, Any], discovered: Sequence[str] | DiscoveryFailed | None) -> tuple[dict[str, Any], ...]:
    """The user's models, then the discovered ids that are not among them (crush-behaviour 6)."""
    own = tuple(entry.get("models") or ())
    if not discovers(entry) or discovered is None or isinstance(discovered, DiscoveryFailed):
        return own
    listed = {model.get("id", "") for model in own}
    return (*own, *({"id": found, "name": found} for found in discovered if found not in listed))


def _crash(
    entry: Mapping[str, Any], values: Values, models: Sequence[Mapping[str, Any]], asks: bool
) -> RuleFailure | None:
    """Whether Crush gets to a value that it crashes on."""
    passes = not (_wrong_type(entry) or entry.get("disable") or _no_url(entry, values.base_url)) and bool(models)
    if not (asks or passes):
        return None
    return crash({("api_key",): values.api_key, ("base_url",): values.base_url}) or (
        None if why_empty(values.base_url) else crash_in_headers(values.headers)
    )


def crash(values: Mapping[tuple[str, ...], Expanded]) -> RuleFailure | None:
    """The first of these values, by their place, that Crush crashes on (F13)."""
    return next(
        (
            RuleFailure("F13", f"its `{field[-1]}` can't be expanded: {value.error}", field, "use another operator")
            for field, value in values.items()
            if value.crashes
        ),
        None,
    )


def crash_in_headers(headers: Mapping[str, Expanded]) -> RuleFailure | None:
    return crash({("extra_headers", name): value for name, value in headers.items()})


def _wrong_type(entry: Mapping[str, Any]) -> RuleFailure | None:
    wanted = entry.get("type") or DEFAULT_TYPE
    if isinstance(wanted, Computed) or wanted in TYPES:
        return None
    meant = meant_type(str(wanted))
    hint = f"write `{meant}`" if meant else f"most endpoints speak `{DEFAULT_TYPE}`"
    return RuleFailure("W6", f"unknown provider type `{without_secrets(str(wanted))[:40]}`", ("type",), hint)


def _is_empty(value: Any) -> bool:
    """Whether Crush finds nothing there: an empty text, or a script's word that comes to one."""
    return not value or (isinstance(value, Computed) and value.value == "")


def _no_url(entry: Mapping[str, Any], url: Expanded) -> RuleFailure | None:
    if not _is_empty(entry.get("base_url")):
        return None
    if entry.get("base_url"):
        return _empty_url(url)
    return RuleFailure(
        "W7", "it is not built into Crush and has no `base_url`", ("base_url",), "add the URL of its API"
    )


def _empty_url(url: Expanded) -> RuleFailure | None:
    why = why_empty(url)
    return RuleFailure("W7", f"its `base_url` {why}", ("base_url",), how_to_fill(url)) if why else None


def _no_models(
    models: Sequence[Mapping[str, Any]], discovered: Sequence[str] | DiscoveryFailed | None, asks: bool
) -> RuleFailure | None:
    if models or (asks and discovered is None):
        return None
    hint = "list its models"
    if not asks:
        return RuleFailure("W8", "it lists no models, and `discover_models` is false", ("discover_models",), hint)
    if isinstance(discovered, DiscoveryFailed):
        return RuleFailure("W8", f"it lists no models, and asking its endpoint failed: {discovered.reason}", (), hint)
    return RuleFailure("W8", "it lists no models, and its endpoint has none", (), hint)


def _failed_listing(discovered: Sequence[str] | DiscoveryFailed | None) -> tuple[RuleFailure, ...]:
    if not isinstance(discovered, DiscoveryFailed):
        return ()
    return (RuleFailure("W11", f"its endpoint did not list its models: {discovered.reason}", ("base_url",)),)


def _key_findings(entry: Mapping[str, Any], key: Expanded) -> Iterator[RuleFailure]:
    if not entry.get("api_key"):
        yield RuleFailure("W10", "it has no `api_key`; Crush sends OPENAI_API_KEY instead if that is set", ())
    elif why := why_empty(key):
        yield RuleFailure("W10", f"its `api_key` {why}", ("api_key",), how_to_fill(key))


def header_findings(headers: Mapping[str, Expanded]) -> Iterator[RuleFailure]:
    """A header that can't be expanded keeps Crush from starting, whatever else is fine (F7)."""
    for name, value in headers.items():
        if value.kind == "error" and not value.crashes:
            yield RuleFailure(
                "F7",
                f"its header `{name}` can't be expanded: {value.error}",
                ("extra_headers", name),
                "a plain $NAME never fails: an empty header is left out",
            )


def why_empty(value: Expanded) -> str:
    """Why a value comes to nothing, as the end of a sentence; empty if it comes to something, or nobody can tell."""
    if value.kind == "error":
        return f"can't be expanded: {value.error}"
    if value.text is None or value.text:
        return ""
    if value.unset:
        return f"is empty: {', '.join(value.unset)} {by_number(len(value.unset), 'is', 'are')} not set"
    return f"is empty: nothing is stored under {', '.join(value.lookups)}" if value.lookups else "is empty"


def how_to_fill(value: Expanded) -> str:
    """What to do about an empty value."""
    names = value.unset or value.lookups
    return f"store it: crush-wizard secret set {names[0]}" if names else ""
