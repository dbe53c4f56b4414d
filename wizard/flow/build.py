"""From answers to what will be written: the provider's entry, the slots, the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.flow.key_questions import LOOKUP
from wizard.flow.key_source import COMMAND, ENVIRONMENT, NO_KEY, STORED, STORES
from wizard.flow.model_choice import chosen_ids
from wizard.flow.model_comparison import COMPARED
from wizard.flow.model_questions import given_facts, guess_text, taken_facts, uncertain
from wizard.flow.question import Origin
from wizard.flow.situation import Situation, model_field, setting
from wizard.private import Private
from wizard.provider.builtins import BUILTINS, explain_id
from wizard.provider.milestones import spelled
from wizard.provider.model import SLOTS, Model, Slot
from wizard.provider.provider import Provider
from wizard.provider.template import has_command, is_template, lookup, lookup_in_header, placeholder, printed_by
from wizard.provider.types import CLOUD_TYPES, EFFORTS, TYPES, reasons_by_name
from wizard.shown import command_line, shell_word
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.flow.answers import Answers
    from wizard.flow.facts import Facts
    from wizard.flow.own_catalogue import OwnProvider
    from wizard.provider.base_url import BaseUrl
    from wizard.provider.model import Number


class Secret(Private, Struct, frozen=True):
    """A key to be stored under a name. Its value is never shown. With a `command` that prints it, only that is kept."""

    name: str
    store: str
    value: str
    command: str = ""


class Draft(Struct, frozen=True):
    """What the answers amount to. `entry` holds just what is to be put into the config; `removed` models go.

    `emptied` are the paths in the entry of other values that go. `variable`: the variable that Crush must find at
    run time, where the entry names one; `stored`: a store holds it, or will; `keys`: how it shall get there (run,
    shell, lookup, command), None where no store is involved. `decides_keys`, `decides_store`: the user said so, or
    there was no other way, which settles it for later. `is_own_endpoint`: the user named its URL. `falls_back`: the
    usual store can't be used. `key_is_refused`: the endpoint does not take the key, and the user keeps it nevertheless.
    `env`: what is set in the configuration's own `env`. `own_models`: those that Crush lists by itself, where the entry
    leaves them to it; `why_whole`: why it says all of a provider that Crush may have built in. `facts`: the numbers of
    the entry's models that the user did not say, by model and field.
    """

    provider: Provider
    entry: Mapping[str, Any]
    merging: bool
    removed: tuple[str, ...]
    emptied: tuple[tuple[str, ...], ...]
    selected: Mapping[Slot, str]
    variable: str | None
    stored: bool
    secret: Secret | None
    keys: str | None
    decides_keys: bool
    decides_store: bool
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    is_own_endpoint: bool = False
    falls_back: bool = False
    key_is_refused: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    own_models: tuple[str, ...] = ()
    why_whole: str = ""
    facts: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)


def build(answers: Answers, facts: Facts, *, documented_fields: bool = False) -> Draft:
    """The draft for complete answers."""
    situation = Situation(answers, facts)
    url = _corrected(situation)
    provider = _provider(situation, url)
    entry = provider.entry(documented_fields=documented_fields)
    if situation.own and not situation.facts.edits:
        entry = _smallest(situation, situation.own, entry)
    entry["models"] = [model for model in entry["models"] if not situation.left_to_crush(model["id"])]
    secret = _secret(situation)
    falls_back = secret is not None and not secret.command and secret.store != facts.store.name
    entry = _for_merge(situation, entry) if situation.merging else entry
    if situation.own and not entry.get("models"):
        entry.pop("models", None)
    if situation.own and not (entry or situation.merging):
        entry = {"name": provider.name}  # one that only signs in
    return Draft(
        provider=provider,
        entry=entry,
        merging=situation.merging,
        removed=situation.removed_models,
        emptied=(*_emptied(situation), *_no_longer_hiding(situation, entry)),
        selected={slot: answers.value(slot) for slot in SLOTS if answers.value(slot)},
        variable=_variable(situation),
        stored=(secret is not None or answers.value("key_source") == STORED) and not _is_run_by_crush(situation),
        keys=answers.value("keys"),
        decides_keys=answers.mentioned("keys"),
        decides_store=answers.mentioned("key_source") or falls_back,
        falls_back=falls_back,
        is_own_endpoint=situation.preset.custom,
        key_is_refused=situation.key_is_refused,
        secret=secret,
        env=situation.env,
        notes=(*_remarks(answers, "notes"), *url.notes, *_notes(situation)),
        warnings=(*_remarks(answers, "warnings"), *url.warnings, *_warnings(situation, provider)),
        own_models=tuple(situation.own.models) if situation.own else (),
        why_whole=situation.why_whole,
        facts={str(model["id"]): _known_numbers(answers, model) for model in entry.get("models", ())},
    )


def _known_numbers(answers: Answers, model: Mapping[str, Any]) -> dict[str, Number]:
    there = (name for name in COMPARED if name in model)
    return {name: model[name] for name in there if not answers.mentioned(model_field(str(model["id"]), name))}


def _smallest(situation: Situation, own: OwnProvider, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the Crush here has by itself, or ignores; the models are left out one by one."""
    needless = own.needless_fields(entry.get("base_url", ""), situation.facts.set_variables)
    kept = {field: value for field, value in entry.items() if field not in needless}
    headers = {name: value for name, value in entry.get("extra_headers", {}).items() if own.headers.get(name) != value}
    if "extra_headers" in kept and not headers:
        del kept["extra_headers"]
    return kept | ({"extra_headers": headers} if headers else {})


def _variable(situation: Situation) -> str | None:
    """The variable that stands for the key, where the answers are about one."""
    answers = situation.answers
    if _is_run_by_crush(situation):
        return None
    has_one = not situation.keeps_key and answers.value("key_source") in (*STORES, STORED, COMMAND, ENVIRONMENT)
    return situation.variable if has_one else None


def _is_run_by_crush(situation: Situation) -> bool:
    """Whether the entry has the command that prints the key, instead of a variable."""
    return situation.answers.value("keys") == COMMAND and bool(situation.command_for_crush)


def _corrected(situation: Situation) -> BaseUrl:
    """The URL of the answers, or the one at which the endpoint was really found."""
    url, found = situation.base_url, situation.offer.base_url
    if not found or found == url.url or "base_url" not in situation.answers:
        return url
    return replace(url, url=found, notes=(*url.notes, f"the endpoint answers at {found}: that URL is used"))


def _emptied(situation: Situation) -> tuple[tuple[str, ...], ...]:
    """What an edit takes away, as paths in the entry: headers no longer listed, values that are said to be empty."""
    if not situation.facts.edits:
        return ()
    answers, there = situation.answers, {str(key).lower() for key in situation.existing or {}}
    fields = {"prefix": "system_prompt_prefix", "extra_body": "extra_body"}
    gone = [name for name in situation.existing_headers if name not in situation.headers]
    return (
        *(("extra_headers", name) for name in gone),
        *((field,) for key, field in fields.items() if _is_emptied(answers, key) and field in there),
        *((field,) for field in _of_another_sign_in(situation) if field in there),
    )


def _of_another_sign_in(situation: Situation) -> Iterator[str]:
    """What only the way to sign in needs that an edited entry had."""
    if situation.signs_in_anew and not _api_key(situation):
        yield "api_key"
    if not _refresh(situation) and (situation.signs_in_anew or situation.answers.value(REFRESH) is not None):
        yield "aws_auth_refresh"


def _no_longer_hiding(situation: Situation, entry: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What hides a provider that is to be shown again; a dummy goes in any case."""
    stays = () if situation.answers.value("unhide") else ("disable",)
    hiding = () if situation.facts.edits else situation.hiding
    yield from ((field,) for field in hiding if field not in (*stays, *entry))


REFRESH = "set.refresh"


def _is_emptied(answers: Answers, key: str) -> bool:
    return answers.mentioned(key) and not answers.value(key)


def _remarks(answers: Answers, what: Literal["notes", "warnings"]) -> Iterator[str]:
    """What is to be said about answers that nobody typed; the others were talked about when they were given."""
    for answer in answers.values():
        if answer.origin is not Origin.TYPED:
            yield from getattr(answer, what)


def _provider(situation: Situation, url: BaseUrl) -> Provider:
    answers, preset = situation.answers, situation.preset
    models = tuple(_model(situation, model_id) for model_id in chosen_ids(situation))
    return Provider(
        id=situation.provider_id,
        name=situation.name,
        type=situation.type,
        base_url=url.url,
        api_key=_api_key(situation),
        extra_headers=_headers(situation),
        extra_body={**preset.body, **answers.value("extra_body", {})},
        system_prompt_prefix=answers.value("prefix", ""),
        flat_rate=answers.value("flat_rate") if answers.mentioned("flat_rate") else None,
        discover_models=_discover_models(situation, models),
        refresh=_refresh(situation),
        models=models,
    )


def _refresh(situation: Situation) -> str:
    asked = (
        question
        for question in situation.preset.questions
        if question.fills == "refresh" and situation.applies(question)
    )
    return next((str(situation.answers.value(setting(question.key)) or "") for question in asked), "")


def _api_key(situation: Situation) -> str:
    """The placeholder; without a key the dummy that keeps OPENAI_API_KEY from being sent (crush-behaviour 2.4). A
    cloud's sign-in is taken only where there is no key at all.
    """
    if situation.keeps_key or situation.answers.value("key_source", NO_KEY) == NO_KEY:
        usual = "" if situation.type in CLOUD_TYPES else "not-needed"
        return situation.preset.key.command or situation.preset.key.dummy or usual
    if _is_run_by_crush(situation):
        return printed_by(situation.command_for_crush)
    variable = situation.variable
    return lookup(variable) if situation.answers.value("keys") == LOOKUP else placeholder(variable)


def _headers(situation: Situation) -> dict[str, str]:
    """The preset's and the user's. One that names the key's variable gets it the way the key does.

    Of an edited entry only those that become others: they are spelled for Crush already.
    """
    headers = situation.headers
    variable = situation.variable
    if situation.answers.value("keys") == LOOKUP:
        named = re.compile(rf"\$(?:{variable}\b|\{{{variable}\}})")
        headers = {name: named.sub(lambda _: lookup_in_header(variable), value) for name, value in headers.items()}
    today = situation.existing_headers if situation.facts.edits else {}
    return {name: value for name, value in headers.items() if today.get(name) != value}


def _discover_models(situation: Situation, models: tuple[Model, ...]) -> bool | None:
    """Crush asks a server for the windows of models only where it asks for its models (crush-behaviour 6).

    Of what it has built in it keeps its own, and asks nobody.
    """
    discovers = situation.answers.value("discover", "auto")
    if discovers == "auto":
        if not models and situation.is_builtin:
            return None
        left_to_server = TYPES[situation.type].reads_windows and not all(model.context_window for model in models)
        return True if left_to_server or not models else None
    return bool(discovers == "yes")


def _model(situation: Situation, model_id: str) -> Model:
    facts = taken_facts(situation, model_id)
    if facts.name and situation.named(model_id) != model_id:
        facts = replace(facts, name=f"{facts.name} ({model_id})")
    unlimited = {"default_max_tokens": 0} if _hides_reasoning(situation, model_id) else {}
    fields = {**unlimited, **given_facts(situation, model_id)}
    tools, vision = fields.pop("supports_function_calling", facts.tools), fields.pop("supports_vision", None)
    model = replace(facts.model(), **fields, tools=tools, vision=vision)
    if TYPES[situation.type].sends_effort:
        return model
    has_option = bool(_effort_option(situation.existing_models.get(model_id)))
    takes_one = has_option or (facts.takes_effort is True and model.can_reason)
    option = takes_one and model.default_reasoning_effort in EFFORTS
    is_given = "default_reasoning_effort" in fields  # in vain: doctor says what is sent
    return replace(
        model,
        default_reasoning_effort=model.default_reasoning_effort if is_given and not option else "",
        effort_option=model.default_reasoning_effort if option else "",
    )


def _effort_option(entry: Mapping[str, Any] | None) -> str:
    """The effort among a model's options: a type that gets none of Crush's own gets that one."""
    options = ((entry or {}).get("options") or {}).get("provider_options") or {}
    return str(options.get("reasoning_effort") or "")


def _hides_reasoning(situation: Situation, model_id: str) -> bool:
    """Whether an id hides from Crush that its model reasons: it then sends `max_tokens`, which such a model refuses."""
    is_renamed = situation.named(model_id) != model_id
    return is_renamed and bool(taken_facts(situation, model_id).can_reason) and not reasons_by_name(model_id)


def _for_merge(situation: Situation, entry: dict[str, Any]) -> dict[str, Any]:
    """Only what the answers mention, or, except in an edit, what the existing entry lacks: a merge keeps the rest."""
    existing = situation.existing or {}
    lower = {str(key).lower(): value for key, value in existing.items()}
    kept = {
        field: value
        for field, value in entry.items()
        if field != "models"
        if _mentions(situation, field)
        or (field not in lower and (not situation.facts.edits or _is_needed(situation, field, entry)))
    }
    models = [_model_for_merge(situation, model) for model in entry["models"]]
    is_first_list = "models" not in lower and not situation.facts.edits and not situation.own
    return {**kept, "models": models} if models or is_first_list else kept


def _is_needed(situation: Situation, field: str, entry: Mapping[str, Any]) -> bool:
    """Whether a new model would know too little without the field: Crush has to ask the server for its window."""
    new = [model for model in entry["models"] if model["id"] not in situation.existing_models]
    return field == "discover_models" and any(not model["context_window"] for model in new)


_FIELD_QUESTION = {
    "extra_headers": "headers",
    "system_prompt_prefix": "prefix",
    "discover_models": "discover",
}


def _mentions(situation: Situation, field: str) -> bool:
    answers = situation.answers
    if field == "api_key":
        return not situation.keeps_key and (
            situation.signs_in_anew
            or answers.mentioned("key_source")
            or answers.mentioned("key_env")
            or (situation.facts.edits and answers.mentioned("keys"))
            or bool(_secret(situation))
        )
    if field == "extra_headers" and situation.facts.edits:
        return True  # they are only those that change
    if field == "base_url":
        return answers.mentioned("base_url") or any(map(answers.mentioned, situation.url_questions))
    if field == "aws_auth_refresh":
        return situation.facts.edits and answers.value(REFRESH) is not None
    return answers.mentioned(_FIELD_QUESTION.get(field, field))


def _model_for_merge(situation: Situation, model: dict[str, Any]) -> dict[str, Any]:
    existing = situation.existing_models.get(model["id"])
    if existing is None:
        return model
    given = given_facts(situation, model["id"])
    if "options" in model and "default_reasoning_effort" in given:
        return {**_lacking(situation, model, existing, given), "options": _merged_options(existing, model)}
    return _lacking(situation, model, existing, given)


def _merged_options(existing: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are there, with another effort."""
    options = existing.get("options") or {}
    return {
        **options,
        "provider_options": {**(options.get("provider_options") or {}), **model["options"]["provider_options"]},
    }


def _lacking(
    situation: Situation, model: dict[str, Any], existing: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    if situation.facts.edits:
        return {key: value for key, value in model.items() if key == "id" or key in given}
    present = {key.lower() for key in existing}
    lacking = {key: value for key, value in model.items() if key == "id" or key in given or key not in present}
    if "supports_attachments" in lacking and "supports_attachments" not in given and "supports_vision" in existing:
        lacking["supports_attachments"] = existing["supports_vision"] is True  # what Crush reads of it
    window = existing.get("context_window")
    if "default_max_tokens" in lacking and "default_max_tokens" not in given and isinstance(window, int) and window > 0:
        lacking["default_max_tokens"] = min(lacking["default_max_tokens"], window)  # the window is the user's own
    return lacking


def _secret(situation: Situation) -> Secret | None:
    source = situation.answers.value("key_source")
    if source == COMMAND and situation.command:
        return Secret(situation.variable, source, situation.key, situation.command)
    return Secret(situation.variable, source, situation.key) if situation.key and source in STORES else None


def _notes(situation: Situation) -> Iterator[str]:
    preset = situation.preset
    if situation.answers.value("unhide") and not situation.answers.mentioned("unhide"):
        yield f"{situation.provider_id} is hidden in Crush: this shows it again"
    if sharers := situation.sharers("" if situation.command else situation.key):
        asked = situation.answers.value("key_env")
        yield f"{asked} holds the key of {joined(sharers)}: this one is stored as {situation.variable}"
    asked = situation.answers.get("base_url")
    if not (
        situation.facts.edits or (preset.custom and asked and asked.origin is Origin.TYPED)
    ):  # they were read there
        yield from preset.notes
    yield from _about_builtin(situation)
    if _is_run_by_crush(situation):
        yield "Crush runs this command at each start, and at least twice for each prompt"
    if not chosen_ids(situation) and not _has_models(situation):
        yield _about_no_models(situation)
    if preset.old_type and situation.type == preset.old_type != preset.type:
        yield f"type {preset.old_type} is used: the Crush on this machine is older than {preset.crush}"
    for model_id, guess in uncertain(situation):
        if situation.answers.value("set.alike") and not situation.answers.mentioned("set.alike"):
            yield f"{model_id}: not certain, but used: {guess_text(guess)}"
    if situation.keeps_key and situation.is_given("key_source"):
        yield "the key does not change; to change it: --api-key-stdin, --api-key-file or --api-key-env"
    yield from _about_unlisted(situation)
    yield from _about_hidden_reasoning(situation)
    yield from _about_assumed(situation)


def _about_builtin(situation: Situation) -> Iterator[str]:
    """What Crush makes of what was said about a provider that it has built in."""
    builtin = BUILTINS.get(situation.provider_id)
    if builtin is None:
        return
    if situation.facts.edits:
        if ignored := [field for field in ("name", "type") if situation.answers.mentioned(field)]:
            yield f"Crush ignores the {joined(ignored)}: {builtin.id} is built in, and keeps its own"
    elif any(map(situation.answers.mentioned, ("id", "name", "type"))) and (explained := explain_id(builtin.id)):
        yield explained


def _about_unlisted(situation: Situation) -> Iterator[str]:
    """The preset's models that the endpoint does not have, where nobody said which to take."""
    if situation.facts.edits or situation.answers.mentioned("models") or not situation.offered:
        return
    there = (*situation.offered, *chosen_ids(situation), *(situation.own.models if situation.own else ()))
    if left_out := [name for name in situation.preset.models if name not in there]:
        which = by_number(len(left_out), "it", "them")
        yield f"left out, because the endpoint does not list {which}: {joined(left_out)}"


def _about_assumed(situation: Situation) -> Iterator[str]:
    """Models of which nobody knows the context window, those with the same one together."""
    edit = command_line("edit-provider", situation.provider_id) + " " if situation.facts.edits else ""
    can_revise = situation.facts.picks and not situation.facts.edits
    assumed: dict[int, list[str]] = {}
    for model_id in chosen_ids(situation):
        if _assumed(situation, model_id):
            assumed.setdefault(given_facts(situation, model_id)["context_window"], []).append(model_id)
    for window, models in assumed.items():
        field = f"{models[0] if len(models) == 1 else 'MODEL'}.context_window=N"
        cure = '"Change something"' if can_revise else f"{edit}--set {shell_word(field)}"
        yield f"no facts about {joined(models)}: a context window of {window} tokens is assumed; to change it: {cure}"


def _about_no_models(situation: Situation) -> str:
    if situation.is_builtin:
        return f"built into Crush, which knows the models of {situation.preset.name} and what they cost"
    return "no models listed: Crush asks the endpoint at each start, and drops the provider if it does not answer"


def _about_hidden_reasoning(situation: Situation) -> Iterator[str]:
    for model_id in chosen_ids(situation):
        if not _hides_reasoning(situation, model_id) or given_facts(situation, model_id).get("default_max_tokens"):
            continue
        name = situation.named(model_id)
        yield (
            f"{model_id}: its name does not tell Crush that {name} reasons, so no longest answer is set: {name} "
            f"would refuse it. It can't write titles of sessions, because Crush always limits those"
        )
        if reasons_by_name(f"{name}-{model_id}"):
            yield f"a deployment named {name}-{model_id} has no such limits"


def _has_models(situation: Situation) -> bool:
    """Whether the entry has models that stay; an edit that is not about models says nothing about them."""
    if situation.facts.edits:
        return "models" not in situation.answers or situation.is_given("models")
    return situation.merging and bool(situation.existing_models)


def _assumed(situation: Situation, model_id: str) -> bool:
    key = model_field(model_id, "context_window")
    return key in situation.answers and not situation.answers.mentioned(key) and bool(situation.answers.value(key))


def _warnings(situation: Situation, provider: Provider) -> Iterator[str]:
    if "tools" in situation.preset.cannot:
        yield f"{provider.name} can't call tools: Crush can chat with it, but not work on files"
    for model in provider.models:
        if situation.left_to_crush(model.id):
            continue
        if model.tools is False and "tools" not in situation.preset.cannot:
            yield f"{model.id} can't call tools: Crush can chat with it, but not work on files"
        if model.context_window and model.default_max_tokens > model.context_window:
            yield f"{model.id}: the longest answer ({model.default_max_tokens}) is larger than the context window"
        if not model.context_window and not TYPES[provider.type].reads_windows:
            yield f"{model.id}: without a context window, Crush never summarises a long chat"
    for name, value in provider.extra_headers.items():
        if is_template(value) and has_command(value) and "crush-wizard secret get" not in value:
            yield f"header {name} runs a command at each start of Crush; if it fails, Crush does not start"
    if provider.extra_body and not TYPES[provider.type].sends_body:
        yield f"Crush sends no extra body for type {provider.type}"
    since, crush = TYPES[provider.type].since, situation.facts.crush
    if since and crush and crush < since:
        yield f"type {provider.type} needs Crush {spelled(since)}; this machine has {spelled(crush)}"
