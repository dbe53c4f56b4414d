"""The state of a provider as `list` and `show` tell it: its key, its models, its address, where it stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.credential import is_dummy, names_a_secret, recognize
from wizard.crush.sign_ins import sign_ins
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.expand import expand
from wizard.machine.allowed import is_allowed
from wizard.machine.shown_entry import ShownEntry, has_literal_key, shown_expanded_url
from wizard.provider.login import login_state
from wizard.provider.model import SLOTS, Slot
from wizard.provider.template import has_command, variables
from wizard.secrets.reference.file import REFERENCE
from wizard.secrets.reference.line import manager
from wizard.shown import command_line
from wizard.ui.demands import demand_data
from wizard.ui.place import place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.clouds.sign_in import SignIn
    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Problem
    from wizard.crush.selected import Selected
    from wizard.crush.sources import Source
    from wizard.doctor.finding import Finding
    from wizard.expansion.expand import Expanded
    from wizard.machine.in_force import InForce
    from wizard.provider.login import LoginState

KeyKind = Literal["placeholder", "lookup", "command", "literal", "none"]

BUILT_IN = "built into Crush"
_STATES = {"ready": "ready", "needs-key": "needs key", "disabled": "disabled", "dropped": "dropped"}
MISSING = "missing"
_LOGIN_WORDS: Mapping[LoginState, str] = {
    "valid": "login",
    "renewed": "login (Crush renews it)",
    "expired": "login expired",
}
_STORES = {"keyring": "keyring", "file": "encrypted file", "environment": "environment"}
_ABOUT_A_KEY = frozenset(("W1", "W5", "W10"))
_LOGINS = {
    "azure": "give its URL: crush-wizard edit-provider azure",
    "bedrock": "log in to AWS, or set AWS_PROFILE",
    "bedrock-europe": "log in to AWS, or set AWS_PROFILE",
    "copilot": "log in: crush login copilot",
    "hyper": "log in: crush login hyper",
    "vertexai": "set VERTEXAI_PROJECT and VERTEXAI_LOCATION",
}
"""How to make those built-ins work that want more than a key (crush-behaviour 3.1), by id."""


class Key(Struct, frozen=True):
    """`name` is the variable that matters: the first that is missing, else the first one. `found` as in cli.md.

    A dummy key, for a server that checks none, is of kind `none`, and so is a login, whose state is `login`. `words`
    tell a person.
    """

    kind: KeyKind
    name: str | None
    found: str | None
    words: str
    login: LoginState | None = None

    @property
    def is_missing(self) -> bool:
        return self.kind in ("placeholder", "lookup") and self.found is None


def key_of(provider: EffectiveProvider, in_force: InForce) -> Key:
    """How the provider gets its key, and whether that works. Nothing is run to find out."""
    template, value = provider.entry.get("api_key") or "", provider.api_key
    if state := login_state(provider.entry, time.time()):
        return Key("none", None, None, _LOGIN_WORDS[state], state)
    if has_literal_key(provider):
        return Key("literal", None, None, "literal!")
    if (stand_in := recognize(str(template))).kind in ("reference", "example"):
        return Key("none", stand_in.variable or None, None, f"no key but {stand_in.what}")
    name = next(iter((*value.unset, *value.lookups, *value.variables, *variables(template))), None)
    if name and value.text and is_dummy(value.text) and in_force.found(name) is None:
        return Key("none", name, None, "none needed")  # the variable's default, or what the config's env says
    found = _found(name, value, in_force) if name else None
    known_words = _key_words(name, found, in_force) if name else ""
    if value.commands or (isinstance(template, Computed) and has_command(template)):
        return Key("command", name, found, known_words if found else "command")
    if name:
        is_open = isinstance(template, Computed) and template.value is None
        words = f"{name} (unknown)" if is_open and not found else known_words
        return Key("lookup" if value.lookups else "placeholder", name, found, words)
    return Key("none", None, None, "none needed" if template else _sign_in_words(provider, in_force))


def _sign_in(provider: EffectiveProvider, in_force: InForce) -> SignIn | None:
    """What a cloud's provider takes instead of a key (crush-behaviour 2.4)."""
    return sign_ins((provider,), in_force.effective, in_force.around.home).get(provider.id)


def _sign_in_words(provider: EffectiveProvider, in_force: InForce) -> str:
    sign_in = _sign_in(provider, in_force)
    if sign_in is None:
        return "none"
    return "not signed in" if sign_in.problem else sign_in.source


def missing_sign_in(provider: EffectiveProvider, in_force: InForce) -> SignIn | None:
    """The sign-in without which every request will fail, although Crush lists the provider."""
    sign_in = _sign_in(provider, in_force) if provider.status == "ready" else None
    return sign_in if sign_in and sign_in.problem else None


def _found(name: str, value: Expanded, in_force: InForce) -> str | None:
    """A variable may also come from the configuration's own `env`, or go by the name CRUSH_NAME."""
    by_other_ways = value.text and not value.lookups and name not in value.unset
    return in_force.found(name) or ("environment" if by_other_ways else None)


def _key_words(name: str, found: str | None, in_force: InForce) -> str:
    if found == "environment" and in_force.found(name) is None and name in in_force.effective.config.get("env", {}):
        return f"{name} (the config's env)"
    if found == REFERENCE:
        return f"{name} ({manager(in_force.references[name].command) or 'command'})"
    return f"{name} ({_STORES[found] if found else MISSING})"


def status_text(provider: EffectiveProvider, in_force: InForce) -> str:
    """The state in a word or two. What only an endpoint can tell, or can't work, is not called ready."""
    if provider.is_hidden:
        return "hidden"
    if missing_sign_in(provider, in_force):
        return "needs sign-in"
    is_open = provider.status == "ready" and provider.depends_on_endpoint
    return "if it answers" if is_open else _STATES[provider.status]


def reason_text(provider: EffectiveProvider, in_force: InForce) -> str:
    """Why it is in that state; empty where all is well."""
    if sign_in := missing_sign_in(provider, in_force):
        return sign_in.problem
    drops = "Crush drops it if its endpoint lists no models" if provider.depends_on_endpoint else ""
    return provider.reason or drops


def state_text(provider: EffectiveProvider, in_force: InForce) -> str:
    """The state and the reason for it; a missing key is told by the reason alone."""
    reason = reason_text(provider, in_force)
    if provider.status == "needs-key" and reason:
        return reason
    return ": ".join(filter(None, (status_text(provider, in_force), reason)))


def models_text(provider: EffectiveProvider) -> str:
    """How many models, and who else adds some: "3", "1 + Crush's", "asks at start"."""
    count = len(provider.models)
    others = "asks at start" if provider.discovers else "Crush's" if provider.more_models else ""
    if not others:
        return str(count)
    return f"{count} + {others}" if count else others


def expanded_url(provider: EffectiveProvider, in_force: InForce) -> str:
    """The base URL as Crush will have it; in it a variable that may hold a secret keeps its name.

    Empty where only Crush could tell, and where the provider needs none.
    """
    template = provider.entry.get("base_url") or ""
    if isinstance(template, Computed):
        template = template.template or ""
    if provider.base_url.text is None:
        return ""
    environ = in_force.effective.env
    secret = (name for name in environ if name in in_force.held or names_a_secret(name))
    value = expand(template, {**environ, **{name: f"${name}" for name in secret}}, lambda name: f"${name}")
    return shown_expanded_url(value.text or "")


def host_text(provider: EffectiveProvider, in_force: InForce) -> str:
    """The host that the base URL names; empty where there is none."""
    from urllib.parse import urlsplit

    url = expanded_url(provider, in_force)
    if not url:
        return "unknown" if provider.base_url.text is None and provider.base_url.kind != "error" else ""
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:  # square brackets around what is no address
        return ""


def cure(provider: EffectiveProvider, key: Key) -> str:
    """What to do about a provider that does not work as it is; empty where its values would have to tell."""
    if key.login == "expired":
        return f"sign in again: crush login --force {provider.id}"
    if key.is_missing and provider.code in _ABOUT_A_KEY:
        return f"store it: crush-wizard secret set {key.name}"
    return _LOGINS.get(provider.id, "") if provider.builtin else ""


def way_out(provider: EffectiveProvider, in_force: InForce) -> str:
    """What to do about it in any case."""
    return cure(provider, key_of(provider, in_force)) or f"see its values: {command_line('show', provider.id)}"


# Places


def where_text(provider: EffectiveProvider) -> str:
    """The place that counts most, and how many others add to it."""
    *others, last = provider.sources or (None,)
    if last is None:
        return BUILT_IN
    return f"{place(last)} and {len(others)} more" if others else place(last)


# JSON (cli.md)


def source_data(source: Source | None) -> dict[str, Any] | None:
    return {"path": str(source.path), "format": source.format, "line": source.line} if source else None


def provider_data(provider: EffectiveProvider, in_force: InForce) -> dict[str, Any]:
    """One of `data.providers`. `host` is that of the expanded URL; `sources`: all places, the weakest first."""
    key, shown = key_of(provider, in_force), ShownEntry(provider)
    return {
        "id": provider.id,
        "name": shown.value("name", provider.name),
        "type": provider.type,
        "base_url": shown.value("base_url", provider.entry.get("base_url")),
        "host": host_text(provider, in_force),
        "builtin": provider.builtin,
        "status": provider.status,
        "code": provider.code or None,
        "reason": reason_text(provider, in_force) or None,
        "key": {"kind": key.kind, "name": key.name, "found": key.found} | ({"login": key.login} if key.login else {}),
        "models": shown.value("models", provider.models),
        "more_models": provider.more_models,
        "source": source_data(provider.source),
        "sources": [source_data(source) for source in provider.sources],
        "needs_consent": demands_data(in_force, provider.id),
    }


def demands_data(in_force: InForce, provider: str = "") -> list[dict[str, Any]]:
    """What only the folder's files would have done; of one provider, or of what belongs to none."""
    return [
        demand_data(demand, allowed=is_allowed(demand)) for demand in in_force.demands if demand.provider == provider
    ]


def selected_data(selected: Mapping[Slot, Selected]) -> dict[str, Any]:
    """`data.selected`; null for a slot that Crush could fill with nothing, and for a model that an endpoint tells."""
    return {slot: _slot_data(selected[slot]) if slot in selected else None for slot in SLOTS}


def _slot_data(slot: Selected) -> dict[str, Any]:
    wanted = slot.configured and {"provider": slot.configured.provider, "model": slot.configured.model}
    return {
        "provider": slot.provider,
        "model": slot.model or None,
        "source": source_data(slot.source),
        "configured": wanted,
        "falls_back": slot.falls_back,
        "certain": not slot.doubt,
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    return {**coded_data(problem), "hint": problem.hint or None}


def coded_data(found: Problem | Finding) -> dict[str, Any]:
    """What is wrong and where, without a cure."""
    return {
        **{name: getattr(found, name) for name in ("code", "severity", "line", "column", "message")},
        "provider": found.provider or None,
        "path": str(found.path) if found.path else None,
    }
