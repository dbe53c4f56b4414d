"""The effective configuration: what Crush makes of all its files, told without running it (crush-behaviour 1 to 10).

Pure: files were read by `load`, and what else decides comes as arguments. A command is never run and nothing is
asked over the network; what only these would tell is marked so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct
from msgspec.structs import astuple, replace

from wizard.credential import is_checked
from wizard.crush.builtin_rules import active, looked_at, merged_builtin
from wizard.crush.combined import combine
from wizard.crush.custom_rules import (
    DEFAULT_TYPE,
    DISABLED,
    crash,
    crash_in_headers,
    expanded_values,
    header_findings,
    judge,
)
from wizard.crush.expansion_context import expansion_context, with_names
from wizard.crush.loading import run
from wizard.crush.problem import DOES_NOT_FIT, NOT_READ
from wizard.crush.rule_failure import RuleFailure, placed
from wizard.crush.selected import select
from wizard.crush.selection import Selectable
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.expand import is_told
from wizard.private import Private
from wizard.provider.entry import lower_case
from wizard.redaction import hide_secret
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wizard.crush.builtin_rules import Activity
    from wizard.crush.combined import Combined
    from wizard.crush.custom_rules import Discovered, EntryVerdict, Status
    from wizard.crush.expansion_context import BuiltinsOff, ExpansionContext
    from wizard.crush.loading import Loaded, LoadedFile, Uncertain
    from wizard.crush.problem import Problem, Severity
    from wizard.crush.selected import Selected
    from wizard.crush.sources import Source, Sources
    from wizard.expansion.expand import Expanded, Secret
    from wizard.provider.builtins import Builtin
    from wizard.provider.model import Slot


class RequestValues(Private, Struct, frozen=True):
    """Both values when a request goes out: Crush expands them again each time, and CRUSH_NAME is no NAME then."""

    base_url: Expanded
    api_key: Expanded


Catalogue = Callable[[str], Sequence[Mapping[str, Any]] | None]
"""The models that Crush's catalogue lists for a built-in; None where that is not known."""


class EffectiveProvider(Private, Struct, frozen=True, eq=False):
    """A provider as Crush will have it: a built-in that is active or has an entry, or an entry of its own.

    `kept`: Crush holds it, so a slot may name it, be it disabled or without its key; `sure` is false where only
    running a command would tell that. `code` is that of
    crush-behaviour 10.2, `reason` a sentence's end for people; both are empty where all is well. `entry` is in
    Crush's spelling, values unexpanded; `base_url`, `api_key` and `headers` are as Crush has them when it starts.
    `more_models`: it may have others than `models`, which only its endpoint or a catalogue would tell. `discovers`:
    Crush asks the endpoint for them at each start.
    """

    id: str
    name: str
    type: str
    builtin: bool
    status: Status
    kept: bool
    sure: bool
    code: str
    reason: str
    entry: Mapping[str, Any]
    base_url: Expanded
    api_key: Expanded
    headers: Mapping[str, Expanded]
    at_request: RequestValues
    models: tuple[Mapping[str, Any], ...]
    more_models: bool
    discovers: bool
    _sources: Sources

    def __post_init__(self) -> None:
        """What a variable brings as the key is one, whatever the variable is called."""
        key = self.api_key.text or ""
        is_brought = self.api_key.variables and key not in str(self.entry.get("api_key"))
        if is_brought and is_checked(key, on_this_machine=False, names={self.id, *self.model_ids}):
            hide_secret(key)

    def __eq__(self, other: object) -> bool:
        """Whether Crush makes the same of both, wherever it is written."""
        return isinstance(other, EffectiveProvider) and astuple(self)[:-1] == astuple(other)[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other  # a Struct has a comparison of its own for this

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where files define it, the weakest first; nowhere for a built-in without an entry."""
        return self._sources.all(("providers", self.id))

    @property
    def source(self) -> Source | None:
        """The place that counts most."""
        return self._sources.deciding(("providers", self.id))

    def value_source(self, *key_path: str | int) -> Source | None:
        """Where a field is set, such as "base_url" or ("models", 0, "name"), and what that overrules."""
        return self._sources.deciding(("providers", self.id, *key_path))

    @property
    def depends_on_endpoint(self) -> bool:
        """Whether Crush has it only while its endpoint lists models: else it drops it (W8)."""
        return self.kept and self.discovers and not self.models

    @property
    def is_hidden(self) -> bool:
        """Whether Crush's model picker leaves it out: not where it forgets `disable` (crush-behaviour 3.1)."""
        return self.status == "disabled" and (self.kept or not self.builtin)

    @property
    def model_ids(self) -> tuple[str, ...]:
        """The ids of its models, in Crush's order."""
        return tuple(str(model.get("id", "")) for model in self.models)


class Effective(Private, Struct, frozen=True):
    """`fatal` keeps Crush from starting; `problems` it passes over in silence. `config` is the whole merged tree.

    `env` is the environment in which Crush expands values at request time. `selected` is empty where no
    provider works. `uncertain` is what only running a crushrc would tell, and not counted anywhere.
    `builtins_off`: what keeps Crush's own providers out.
    """

    files: tuple[LoadedFile, ...]
    fatal: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    providers: tuple[EffectiveProvider, ...]
    selected: Mapping[Slot, Selected]
    uncertain: tuple[Uncertain, ...]
    config: Mapping[str, Any]
    env: Mapping[str, str]
    builtins_off: BuiltinsOff
    _combined: Combined

    @property
    def hangs_on(self) -> tuple[EffectiveProvider, ...]:
        """The providers of which one has to list models when Crush starts, or it does not."""
        return hangs_on(self.providers, self.builtins_off, self.uncertain)

    @property
    def in_use(self) -> tuple[EffectiveProvider, ...]:
        """The providers that Crush would ask."""
        return tuple(provider for provider in self.providers if provider.status == "ready")

    @property
    def set_variables(self) -> frozenset[str]:
        """The names of the variables that hold something where Crush expands values."""
        return frozenset(name for name, value in self.env.items() if value)

    def provider(self, provider_id: str) -> EffectiveProvider | None:
        """A provider by its id; None where Crush neither has it nor is told of it."""
        return next((provider for provider in self.providers if provider.id == provider_id), None)

    def said(self, provider_id: str) -> Mapping[str, Any]:
        """All that the files say of a provider, its fields in lower case; empty where they do not name it."""
        return lower_case(self.config.get("providers", {}).get(provider_id) or {})

    def source(self, *key_path: str | int) -> Source | None:
        """Where any value of the configuration is set, and what that overrules."""
        return self._combined.sources.deciding(key_path)

    def unknown_keys(self) -> tuple[Source, ...]:
        """Every place with a key that Crush ignores."""
        return self._combined.unknown_keys()


def effective(
    loaded: Loaded,
    *,
    environ: Mapping[str, str],
    home: Path,
    exists: Callable[[Path], bool],
    builtins: Mapping[str, Builtin],
    secret: Secret | None = None,
    catalogue: Catalogue = lambda _: None,
    discovered: Discovered | None = None,
) -> Effective:
    """Apply Crush's rules to the files. `environ` is that of the process; a `.env` file's variables go below it.

    `builtins` in the catalogue's order. `secret` answers for our own store, as in `expand`. `discovered` are answers
    of live endpoints; a provider that is not in it has not been asked.
    """
    loaded = run(loaded, {**loaded.dotenv, **environ}, exists)
    combined = combine(loaded)
    context = expansion_context(combined, {**loaded.dotenv, **environ}, secret)
    found = [
        *_builtins(context, {} if context.builtins_off else builtins, exists, home, catalogue),
        *_custom(context, {} if context.builtins_off else builtins, discovered or {}),
    ]
    providers = [provider for provider, _ in found]
    uncertain = tuple(place for file in loaded.files for place in file.uncertain)
    candidates = [_candidate(provider, builtins) for provider in providers if provider.kept]
    selected, about_selection = select(context, candidates, uncertain)
    problems = [
        *combined.problems,
        *context.env_problems,
        *(problem for _, findings in found for problem in findings),
        *about_selection,
        *_hanging(hangs_on(providers, context.builtins_off, uncertain), combined.sources),
    ]
    problems = list(_without_consequences(problems, {provider.id for provider in providers if not provider.kept}))
    return Effective(
        loaded.files,
        tuple(problem for problem in problems if problem.is_fatal),
        tuple(problem for problem in problems if not problem.is_fatal),
        tuple(providers),
        selected,
        uncertain,
        combined.config,
        context.env,
        context.builtins_off,
        combined,
    )


def hangs_on(
    providers: Sequence[EffectiveProvider], builtins_off: BuiltinsOff, uncertain: Sequence[Uncertain]
) -> tuple[EffectiveProvider, ...]:
    """The providers of which one has to list models when Crush starts, or it does not; empty where that is not so."""
    kept = tuple(provider for provider in providers if provider.kept)
    is_sure = any(not provider.depends_on_endpoint for provider in kept)
    return kept if builtins_off and not is_sure and not uncertain else ()


def _hanging(providers: Sequence[EffectiveProvider], sources: Sources) -> Iterator[Problem]:
    if providers:
        whose = joined([f"the endpoint of {provider.id}" for provider in providers], "or")
        found = RuleFailure(
            "F8",
            f"the built-in providers are off, and Crush starts only while {whose} lists models",
            hint=f"list its models: crush-wizard models {providers[0].id} --add MODEL",
        )
        yield placed(found, sources.deciding(("options", "disable_default_providers")), severity="info")


_OF_AN_ENTRY = frozenset(("W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W10"))
"""What is said of one provider."""
_OF_NONE = frozenset(("F8", "F11", "W17"))
"""What is said where no provider works."""
_OF_THE_WHOLE = frozenset((*_OF_NONE, "W15", "W16", "W19"))
"""What follows from all files together: with one of them unread, or a value left out, it would be a guess."""


def _without_consequences(problems: Sequence[Problem], dropped: Collection[str]) -> Iterator[Problem]:
    """Without what only follows from a value, or a file, that Crush does not get past. `dropped` are providers."""
    causes = [problem for problem in problems if problem.is_fatal and problem.code not in _OF_NONE]
    entries = {problem.provider for problem in causes if problem.provider}
    is_partial = any(problem.code in (*NOT_READ, *DOES_NOT_FIT) for problem in causes)
    unread = {problem.path for problem in causes if problem.code in NOT_READ}
    moot = _OF_THE_WHOLE if is_partial else _OF_NONE if causes else frozenset()
    for problem in problems:
        of_entry = problem.code in _OF_AN_ENTRY and (problem.provider in entries or problem.path in unread)
        of_choice = problem.code == "W16" and problem.provider in entries and problem.provider in dropped
        if not (of_entry or of_choice or problem.code in moot):
            yield problem


# Providers

_Found: TypeAlias = "tuple[EffectiveProvider, list[Problem]]"
_RUN_TO_TELL = "$(:)"
"""What stands for a value that only running a crushrc would tell, where a template is looked at."""


def _builtins(
    context: ExpansionContext,
    builtins: Mapping[str, Builtin],
    exists: Callable[[Path], bool],
    home: Path,
    catalogue: Catalogue,
) -> Iterator[_Found]:
    """The active ones, and those with an entry, in the catalogue's order."""
    expander = context.expander()
    environs = (context.environ, *([context.environ_without_unknown] if context.unknown else []))
    for builtin in builtins.values():
        written = context.entries.get(builtin.id)
        entry = None if written is None else _without_empty(written)
        shown = None if entry is None else _as_templates(entry)
        activity = _told([active(builtin, shown, environ, exists, home, context.secret) for environ in environs])
        if entry is not None or activity.active is not False:
            at_request = _builtin_at_request(context, builtin, shown or {}, activity)
            yield _builtin(context, builtin, entry, activity, at_request, catalogue(builtin.id), expander)


def _told(activities: Sequence[Activity]) -> Activity:
    """With and without the variables that only running a command would tell: where it hangs on these it is not told."""
    first, *others = activities
    if all(other.active is first.active for other in others):
        return first
    reason = "it depends on a command that sets one of its variables"
    return replace(first, active=None, code="", reason=reason)


def _builtin_at_request(
    context: ExpansionContext, builtin: Builtin, entry: Mapping[str, Any], activity: Activity
) -> RequestValues:
    """What Crush has expanded when it started is a template to it again: Azure's endpoint, and Hyper's own variable."""
    again, merged = context.expander_at_request(), merged_builtin(builtin, entry, ())
    url, key = merged.get("base_url"), merged.get("api_key")
    if builtin.id == "azure":
        return RequestValues(_twice(activity.endpoint, again), again(key))
    if builtin.id == "hyper" and context.environ.get("HYPER_API_KEY"):
        return RequestValues(again(url), _twice(activity.key, again))
    return RequestValues(again(url), again(key))


def _twice(value: Expanded, again: Callable[[Any], Expanded]) -> Expanded:
    return value if value.text is None else again(value.text)


def _as_templates(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry in which nothing is a script's own spelling."""
    return {
        key: _as_template(value)
        if isinstance(value, Computed)
        else _as_templates(value)
        if isinstance(value, Mapping)
        else value
        for key, value in entry.items()
    }


def _as_template(value: Computed) -> str:
    return _RUN_TO_TELL if value.value is None else value.value


def _without_empty(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without what a script leaves empty: Crush takes its own in its place."""
    return {key: value for key, value in entry.items() if not (isinstance(value, Computed) and value.value == "")}


def _builtin(
    context: ExpansionContext,
    builtin: Builtin,
    entry: Mapping[str, Any] | None,
    activity: Activity,
    at_request: RequestValues,
    listed: Sequence[Mapping[str, Any]] | None,
    expander: Callable[[Any], Expanded],
) -> _Found:
    merged = merged_builtin(builtin, entry, listed or ())
    values = expanded_values(merged, expander)
    kept = activity.active is not False
    disabled = bool(merged.get("disable"))
    provider = EffectiveProvider(
        id=builtin.id,
        name=builtin.name,
        type=builtin.type,
        builtin=True,
        status=_status(activity, disabled=disabled),
        kept=kept,
        sure=activity.active is not None,
        code="" if kept else activity.code,
        reason=activity.reason if not kept else DISABLED if disabled else "",
        entry=merged,
        base_url=with_names(merged.get("base_url"), context.known(activity.endpoint)),
        api_key=with_names(merged.get("api_key"), context.known(activity.key)),
        headers=values.headers,
        at_request=at_request,
        models=tuple(merged["models"]),
        more_models=listed is None,
        discovers=False,
        _sources=context.combined.sources,
    )
    crashing = [*filter(None, [crash(looked_at(builtin, merged, activity)), crash_in_headers(values.headers)])]
    found = [*crashing, *header_findings(values.headers)]
    later = _crashes_later(at_request) if kept and not (crashing or disabled) else ()
    if activity.active is False and activity.code not in ("", "F7"):
        found.append(RuleFailure(activity.code, f"Crush drops the entry: {activity.reason}"))
    return provider, [
        *(_of_provider(failure, provider) for failure in found),
        *(_of_provider(failure, provider, "warning") for failure in later),
    ]


def _crashes_later(values: RequestValues) -> Iterator[RuleFailure]:
    """A value that Crush does not look at before it asks the provider (F13)."""
    if found := crash({("api_key",): values.api_key, ("base_url",): values.base_url}):
        yield replace(found, message=f"Crush crashes when it asks this provider: {found.message}")


_KEYS = frozenset(("W1", "W3", "W5"))
"""The codes of built-ins that want a key or credentials."""


def _candidate(provider: EffectiveProvider, builtins: Mapping[str, Builtin]) -> Selectable:
    """The provider as one that a slot may name."""
    own = builtins[provider.id] if provider.builtin else None
    return Selectable(
        provider.id,
        builtin=provider.builtin,
        disabled=provider.status == "disabled",
        models=provider.model_ids,
        more=provider.more_models,
        large=own.large if own else "",
        small=own.small if own else "",
        sure=provider.sure,
    )


def _status(activity: Activity, *, disabled: bool) -> Status:
    if disabled:
        return "disabled"
    if activity.active is not False:
        return "ready"
    return "needs-key" if activity.code in _KEYS else "dropped"


def _of_provider(found: RuleFailure, provider: EffectiveProvider, severity: Severity | None = None) -> Problem:
    source = provider.value_source(*found.field) or provider.source
    return placed(found, source, provider.id, severity)


def _custom(context: ExpansionContext, builtins: Mapping[str, Builtin], discovered: Discovered) -> Iterator[_Found]:
    expander, again = context.expander(), context.expander_at_request()
    for provider_id, entry in context.entries.items():
        if provider_id not in builtins:
            values = expanded_values(entry, expander)
            verdict = judge(entry, values, discovered.get(provider_id))
            decisive = verdict.decisive or RuleFailure("", "")
            provider = EffectiveProvider(
                id=provider_id,
                name=str(entry.get("name") or provider_id),
                type=str(entry.get("type") or DEFAULT_TYPE),
                builtin=False,
                status=verdict.status,
                kept=verdict.kept,
                sure=is_told(values.base_url),
                code=decisive.code,
                reason=decisive.message,
                entry={"name": provider_id, "type": DEFAULT_TYPE, **entry, "id": provider_id},
                base_url=values.base_url,
                api_key=values.api_key,
                headers=values.headers,
                at_request=RequestValues(again(entry.get("base_url")), again(entry.get("api_key"))),
                models=verdict.models,
                more_models=verdict.discovers and provider_id not in discovered,
                discovers=verdict.discovers,
                _sources=context.combined.sources,
            )
            yield provider, list(_custom_problems(provider, verdict))


def _custom_problems(provider: EffectiveProvider, verdict: EntryVerdict) -> Iterator[Problem]:
    may_be_dropped = provider.more_models and not provider.models
    for found in verdict.findings:
        if found.code == "F7" and may_be_dropped:
            message = f"if its endpoint lists models, Crush does not start: {found.message}"
            yield _of_provider(replace(found, message=message), provider, "warning")
        elif found.code:
            no_key_wanted = found.code == "W10" and not found.field  # as for most servers on this machine
            yield _of_provider(found, provider, "info" if no_key_wanted else None)
