"""What Crush passes over without a word (crush-behaviour 10.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.crush.custom_rules import DEFAULT_TYPE
from wizard.crush.selected import named
from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Fix, Place, Seen, put
from wizard.doctor.meant_choice import meant_choice
from wizard.doctor.renaming import renamed
from wizard.doctor.reported import reported
from wizard.doctor.unknown_keys import misspelled, mistaken_id, nested_section, room_at, with_typed_servers
from wizard.documents.document import DropValue, PutValue, SelectModel
from wizard.provider.builtins import near_miss
from wizard.provider.types import meant_type
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Placed
    from wizard.crush.selected import Selected
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined


def _unavailable(examined: Examined) -> Iterator[Seen]:
    """An entry that is disabled anyway is D18's."""
    for seen in _unless_disabled("W1")(examined):
        provider = examined.effective.provider(seen.provider)
        unset = (*provider.api_key.unset, *provider.api_key.lookups) if provider else ()
        cured = replace(seen, cure=f"store it: crush-wizard secret set {unset[0]}") if unset else seen
        yield _as_misspelled(cured, "api_key", examined)


def _unless_disabled(code: str) -> Callable[[Examined], Iterator[Seen]]:
    """An entry that is disabled is meant to be without effect."""

    def find(examined: Examined) -> Iterator[Seen]:
        for seen in reported(code, "error")(examined):
            if not examined.entries.get(seen.provider, {}).get("disable"):
                yield seen

    return find


def _unknown_types(examined: Examined) -> Iterator[Seen]:
    for seen in reported("W6")(examined):
        provider = examined.effective.provider(seen.provider)
        yield _typed(seen, provider, examined) if provider else seen


def _typed(seen: Seen, provider: EffectiveProvider, examined: Examined) -> Seen:
    """With the type that is meant, or the built-in provider whose name stands in its place."""
    builtin = provider.type if provider.type in examined.builtins else near_miss(provider.type)
    if builtin and not examined.entries[provider.id].get("base_url"):
        fix = renamed(provider, builtin, examined, without=("type",))
        return replace(
            seen, cure=f"it is built into Crush: rename the provider to `{builtin}`, and remove its `type`", fix=fix
        )
    meant = meant_type(provider.type) or (examined.builtins[builtin].type if builtin else "")
    if meant == "google" and "/openai" in (provider.base_url.text or ""):
        meant = DEFAULT_TYPE  # Google's endpoint for clients of OpenAI
    written = meant or DEFAULT_TYPE
    fix = put(provider.value_source("type"), written, f"write the type `{written}`", automatic=bool(meant))
    return replace(seen, cure=f"write `{written}`", fix=fix)


def _without_url(examined: Examined) -> Iterator[Seen]:
    """A URL is no secret: what is missing belongs into the environment."""
    for seen in reported("W7")(examined):
        provider = examined.effective.provider(seen.provider)
        unset = provider.base_url.unset if provider else ()
        if provider and (section := nested_section(provider, examined)):
            yield _nested(seen, section, examined)
        elif provider and (close := mistaken_id(provider, examined)):
            yield replace(seen, cure=f"rename it to `{close}`, which is built into Crush")
        elif unset:
            yield replace(seen, cure=f"export it: export {unset[0]}=https://...")
        else:
            yield _as_misspelled(seen, "base_url", examined)


def _as_misspelled(seen: Seen, name: str, examined: Examined) -> Seen:
    """With another cure where the field is there, under a name that Crush does not know."""
    written = misspelled(seen.provider, name, examined)
    return replace(seen, cure=f"rename `{written}` to `{name}`") if written else seen


def _nested(seen: Seen, source: Source, examined: Examined) -> Seen:
    """A section of the configuration that stands among the providers."""
    name = str(source.key_path[-1])
    message = f"Crush reads `{name}` as a provider here: the section `{name}` belongs beside `providers`"
    if room_at(examined.value_at(source, ()), (name,)) != "free":
        return replace(seen, message=message, cure=f"move its content to the `{name}` beside `providers`")
    section = examined.value_at(source, source.key_path)
    section = with_typed_servers(section) if name == "mcp" else section
    changes = (PutValue((name,), section), DropValue(source.key_path))
    fix = Fix(f"move `{name}` out of `providers`", True, source.path, changes)
    return replace(seen, message=message, fix=fix)


def _keyless(examined: Examined) -> Iterator[Seen]:
    """A custom provider without any key is fine for most servers: only one that comes to nothing counts."""
    return (seen for seen in reported("W10")(examined) if seen.severity != "info")


# W16, W17, W19: what follows from other findings


def _missing_choices(examined: Examined) -> Iterator[Seen]:
    for seen in reported("W16")(examined):
        slot = _slot_at(seen.place, examined)
        if slot is None or slot.configured is None:
            yield seen
        elif not_working(slot.configured.provider, examined):
            wanted = f"{slot.configured.provider}/{slot.configured.model}"
            message = (
                f"Crush can't use the {slot.slot} model {wanted}: it uses {named(slot)} instead, "
                "and saves that in its own file"
            )
            yield replace(seen, message=message, cure=f"fix {slot.configured.provider} first")
        else:
            yield _chosen_anew(seen, slot, examined)


def _slot_at(place: Placed | None, examined: Examined) -> Selected | None:
    """The slot that a finding is about, by its place."""
    slots = (slot for slot in examined.effective.selected.values() if slot.falls_back)
    return next((slot for slot in slots if place and _where(slot.source) == _where(place)), None)


def _where(place: Placed | None) -> tuple[object, ...]:
    return (place.path, place.line, place.column) if place else ()


def _chosen_anew(seen: Seen, slot: Selected, examined: Examined) -> Seen:
    found = meant_choice(slot, examined)
    if found is None or slot.source is None:
        return seen
    name = f"{found.provider}/{found.model}"
    change = SelectModel(slot.slot, found.provider, found.model)
    fix = Fix(f"choose {name} as the {slot.slot} model", found.sure, slot.source.path, (change,))
    return replace(seen, cure=f"choose it: {command_line('use', slot.slot, name)}", fix=fix)


def not_working(provider_id: str, examined: Examined) -> bool:
    """Whether a provider that is meant to work has an error of its own."""
    provider = examined.effective.provider(provider_id)
    if provider is not None and provider.status == "needs-key":
        return True
    found = (*examined.effective.fatal, *examined.effective.problems)
    is_disabled = examined.entries.get(provider_id, {}).get("disable")
    return not is_disabled and any(problem.provider == provider_id and problem.severity == "error" for problem in found)


def _no_provider(examined: Examined) -> Iterator[Seen]:
    """Where there are some that do not work, or in a file that Crush does not read, that is said itself."""
    if any(stray.is_free for stray in examined.misplaced):
        return
    if not any(provider.code and provider.status != "disabled" for provider, _ in examined.with_entry):
        yield from reported("W17")(examined)


def _small_follows(examined: Examined) -> Iterator[Seen]:
    """Only where the large model is the one that is meant, and another one could be chosen."""
    large = examined.effective.selected.get("large")
    if large is None or (large.falls_back and large.configured) or not_working(large.provider, examined):
        return
    others = [model for model in _models_in_use(examined) if model != f"{large.provider}/{large.model}"]
    for seen in reported("W19")(examined) if others else ():
        yield replace(seen, cure=f"choose one: crush-wizard use small {others[0]}")


def _models_in_use(examined: Examined) -> Iterator[str]:
    """PROVIDER/MODEL of each that could be chosen, in these words where there are more than the files tell."""
    for provider in examined.effective.in_use:
        yield from (f"{provider.id}/{model_id}" for model_id in provider.model_ids if model_id)
    if any(provider.more_models for provider in examined.effective.in_use):
        yield "PROVIDER/MODEL"


def _cache(examined: Examined) -> Iterator[Seen]:
    if examined.cache_problem:
        yield Seen(examined.cache_problem)


def _no_repository(examined: Examined) -> Iterator[Seen]:
    if not examined.in_work_tree:
        for path in examined.out_of_reach:
            message = "Crush does not read this: outside a git work tree it only looks in the current folder"
            yield Seen(message, "", Place(path))


_SET_IT = (
    "store the key with `crush-wizard secret set NAME` and start Crush with `crush-wizard run`, or export the variable"
)

CHECKS = (
    Check(
        Code(
            "W1",
            "error",
            "A built-in provider has no key",
            "There is an entry for a built-in provider, but its key is empty or can't be expanded. Crush drops the "
            "entry, and does not even log it.",
            _SET_IT,
        ),
        _unavailable,
    ),
    Check(
        Code(
            "W2",
            "error",
            "Azure has no endpoint",
            "The built-in `azure` needs `base_url`, or AZURE_OPENAI_API_ENDPOINT. Without one of them, Crush drops "
            "the entry, with or without a key.",
            "give it the URL of your resource: crush-wizard add-provider azure",
        ),
        _unless_disabled("W2"),
    ),
    Check(
        Code(
            "W3",
            "error",
            "Bedrock has no AWS credentials",
            "Crush looks for AWS_BEARER_TOKEN_BEDROCK, access keys, a profile, a region, container credentials, and "
            "~/.aws/credentials or ~/.aws/login. Without any of these it drops the entry.",
            "log in with the AWS tools, or set AWS_PROFILE",
        ),
        _unless_disabled("W3"),
    ),
    Check(
        Code(
            "W4",
            "error",
            "Vertex AI has no project or location",
            "Crush reads VERTEXAI_PROJECT and VERTEXAI_LOCATION. Google's own names (GOOGLE_CLOUD_PROJECT ...) do not "
            "count.",
            "set both: VERTEXAI_PROJECT and VERTEXAI_LOCATION",
        ),
        _unless_disabled("W4"),
    ),
    Check(
        Code(
            "W5",
            "error",
            "Hyper has no key",
            "Without HYPER_API_KEY and without a login Crush drops the entry for Charm Hyper.",
            "set HYPER_API_KEY, or log in: crush login hyper",
        ),
        _unless_disabled("W5"),
    ),
    Check(
        Code(
            "W6",
            "error",
            "A provider has a type that Crush does not know",
            "The types are case-sensitive: openai, openai-compat, anthropic, google, azure, bedrock, google-vertex, "
            "openrouter, vercel, hyper, ollama, lmstudio, llamacpp, litellm, omlx. With any other type, Crush drops "
            "the provider.",
            "write one of these types: most endpoints use openai-compat",
        ),
        _unknown_types,
    ),
    Check(
        Code(
            "W7",
            "error",
            "A provider has no URL",
            "A provider that is not built in needs a `base_url`. If a variable in it is not set, it is empty, and "
            "Crush drops the provider. The ids of built-in providers must match exactly: gemini, not google.",
            "give it a base_url, or fix its id",
        ),
        _without_url,
    ),
    Check(
        Code(
            "W8",
            "error",
            "A provider has no models",
            "It lists none, and Crush does not ask its endpoint, or gets no list from it within three seconds. Then "
            "Crush drops the provider.",
            "list its models: crush-wizard models ID --add MODEL",
        ),
        reported("W8"),
    ),
    Check(
        Code(
            "W9",
            "error",
            "The workspace file is ignored",
            "Crush ignores the whole workspace file (.crush/crush.json) if a value in it has the wrong type, if a "
            "number is too large, or if it is not an object.",
            "fix the value, or move the file away",
        ),
        reported("W9"),
    ),
    Check(
        Code(
            "W10",
            "warning",
            "The key of a provider is empty",
            "Crush keeps the provider and calls it without a key; for OpenAI-like types it even sends OPENAI_API_KEY "
            "instead, if that is set.",
            _SET_IT,
        ),
        _keyless,
    ),
    Check(
        Code(
            "W11",
            "warning",
            "An endpoint does not list its models",
            "Crush asks for the list at each start and waits three seconds for all endpoints together. Without an "
            "answer only the models in the config are there.",
            "start the server before Crush, or list the models in the config",
        ),
        reported("W11"),
    ),
    Check(
        Code(
            "W12",
            "info",
            "A crushrc and a crush.json in one folder set the same things",
            "Crush reads both and merges them: single values from the crushrc win, lists are joined.",
            "keep providers in one of them: crush-wizard convert --to crushrc",
        ),
        reported("W12"),
    ),
    Check(
        Code(
            "W13",
            "warning",
            "A crushrc sets nothing",
            "The script has no command that sets anything, so Crush ignores the whole file. If it has only comments, "
            "as after `convert --to json`, this is an info.",
            "remove it, or add a provider: crush-wizard add-provider --format crushrc",
        ),
        reported("W13"),
    ),
    Check(
        Code(
            "W14",
            "warning",
            "A variable of `env` is skipped",
            "The variables under `env` are expanded in the order of their names. One that fails is left out, and "
            "what uses it is empty.",
            "fix its value",
        ),
        reported("W14"),
    ),
    Check(
        Code(
            "W15",
            "info",
            "The default model of a built-in provider is not in its list",
            "Crush has a default large and small model for each of its providers. If the provider's list does not "
            "have it, Crush uses the first model of the list.",
            "choose a model: crush-wizard use large PROVIDER/MODEL",
        ),
        reported("W15"),
    ),
    Check(
        Code(
            "W16",
            "warning",
            "A chosen model does not exist",
            "No provider in force has this model. Crush uses another one and saves that in its own file, which "
            "overrides your config: fixing the name later has no effect until that choice is removed (D14).",
            "choose one that exists: crush-wizard use large PROVIDER/MODEL",
        ),
        _missing_choices,
    ),
    Check(
        Code(
            "W17",
            "warning",
            "No provider is configured",
            "No entry of any file, and no variable in the environment, gives Crush a provider. It asks for one when it "
            "starts, and `crush run` refuses.",
            "add one: crush-wizard add-provider",
        ),
        _no_provider,
    ),
    Check(
        Code(
            "W18",
            "info",
            "Crush's catalogue can't be read or written",
            "Crush keeps the list of built-in providers in providers.json. If that is broken, or its folder can't be "
            "written, Crush uses the list that is built into it.",
            "make the folder writable; a broken providers.json can be deleted",
        ),
        _cache,
    ),
    Check(
        Code(
            "W19",
            "info",
            "The small model is the large one",
            "No small model is chosen, and the default provider is not built in: Crush takes the large model for "
            "titles and summaries as well.",
            "choose one: crush-wizard use small PROVIDER/MODEL",
        ),
        _small_follows,
    ),
    Check(
        Code(
            "W20",
            "info",
            "Outside a git repository only the current folder counts",
            "Crush looks for project files up to the top of the git work tree. Without git it does not look into "
            "parent folders at all.",
            "start Crush in the folder of that file, or make it a repository: git init",
        ),
        _no_repository,
    ),
)
