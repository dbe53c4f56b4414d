"""What can be surprising about the providers that Crush brings along (crush-behaviour 3.1, 10.3)."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from wizard.clouds.aws import lacks_profile
from wizard.crush.builtin_rules import AWS_VARIABLES
from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Fix, Place, Seen, put_field
from wizard.documents.leaving import leaving_to_crush
from wizard.flow.needless import needless
from wizard.provider.hiding import UNUSED_KEY, UNUSED_URL
from wizard.provider.login import login_state
from wizard.shown import command_line
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Severity
    from wizard.doctor.examined import Examined
    from wizard.provider.model_facts import ModelFacts


def _hidden(examined: Examined) -> Iterator[Seen]:
    for provider, entry in examined.with_entry:
        if provider.builtin and entry.get("disable") and not provider.kept:
            lacks, fix = _kept_hidden(provider)
            message = (
                f"it is disabled, but {lacks}: Crush drops the entry, and the model picker still offers the provider"
            )
            cure = "remove the entry: it does not hide the provider" if fix is None else ""
            yield Seen(message, provider.id, provider.value_source("disable"), cure, fix)


def _kept_hidden(provider: EffectiveProvider) -> tuple[str, Fix | None]:
    """What it lacks for Crush to keep the entry (crush-behaviour 3.1), and a dummy of that."""
    if provider.type == "google-vertex":
        return "has no project or location", None
    if provider.type == "azure":
        description = f"give {provider.id} a dummy URL, so that it stays hidden"
        return "has no endpoint", put_field(provider.source, "base_url", UNUSED_URL, description)
    description = f"give {provider.id} a dummy key, so that it stays hidden"
    return "has no key", put_field(provider.source, "api_key", UNUSED_KEY, description)


def _stray(examined: Examined) -> Iterator[Seen]:
    if examined.is_partial:
        return
    chosen = examined.effective.selected.values()
    takes_over = {model.provider: model.slot for model in chosen if model.configured is None}
    for provider in examined.effective.providers:
        if not provider.builtin or provider.id in examined.entries or not provider.kept:
            continue
        why = _why_active(provider, examined)
        if why and provider.id in takes_over and any(examined.custom):
            yield _active(provider, f", and it becomes the {takes_over[provider.id]} model", why, examined, "warning")
        elif why and not _is_plain(provider, examined):
            yield _active(provider, "", why, examined)


def _active(
    provider: EffectiveProvider, more: str, why: str, examined: Examined, severity: Severity | None = None
) -> Seen:
    """A region alone is enough for Crush, and for nothing that it sends."""
    message, cure = f"{why} makes the built-in {provider.id} active{more}", ""
    sign_in = examined.sign_ins.get(provider.id)
    if sign_in is not None and sign_in.problem:
        message += f"; its requests will fail: {sign_in.problem}"
        cure = f"to hide it: {command_line('hide', provider.id)}; to use it: {sign_in.cure}"
    return Seen(message, provider.id, _dotenv(examined, provider), cure, severity=severity)


def _signed_out(examined: Examined) -> Iterator[Seen]:
    for provider in examined.effective.providers:
        sign_in = examined.sign_ins.get(provider.id)
        if sign_in is None or not sign_in.problem or not _is_wanted(provider, examined):
            continue
        message, key = sign_in.problem, "ANTHROPIC_API_KEY"
        if provider.type == "bedrock" and lacks_profile(examined.effective.env, examined.loaded.around.home):
            is_set = bool(examined.effective.env.get(key))
            message += f": Crush sends its requests to Anthropic instead, with {key}" if is_set else ""
        yield Seen(message, provider.id, provider.source and Place(provider.source.path), sign_in.cure)


def _is_wanted(provider: EffectiveProvider, examined: Examined) -> bool:
    """Whether somebody chose it; of others `_stray` speaks."""
    chosen = {model.provider for model in examined.effective.selected.values() if model.configured is not None}
    return provider.id in examined.entries or provider.id in chosen or provider.type != "bedrock"


def _why_active(provider: EffectiveProvider, examined: Examined) -> str:
    if provider.type == "bedrock":
        return _aws(examined)
    names = [name for name in provider.api_key.variables if examined.effective.env.get(name)]
    names = names or [name for name in provider.base_url.variables if examined.effective.env.get(name)]
    in_file = any(name in examined.loaded.dotenv and name not in examined.environ for name in names)
    return f"{names[0]}{' in .env' if in_file else ''}" if names else ""


def _aws(examined: Examined) -> str:
    for group in AWS_VARIABLES:
        if all(examined.effective.env.get(name) for name in group):
            return group[0]
    return "a file in ~/.aws"


def _is_plain(provider: EffectiveProvider, examined: Examined) -> bool:
    """A variable of the provider's own, in the environment: that is how it is meant. So is a sign-in to AWS of somebody
    who has Bedrock in another region.
    """
    if provider.type == "bedrock":
        return any(other.type == "bedrock" and other.id in examined.entries for other in examined.effective.providers)
    return not _in_dotenv(provider, examined)


def _in_dotenv(provider: EffectiveProvider, examined: Examined) -> bool:
    names = (*provider.api_key.variables, *provider.base_url.variables)
    return any(name in examined.loaded.dotenv and name not in examined.environ for name in names)


def _dotenv(examined: Examined, provider: EffectiveProvider) -> Place | None:
    return Place(examined.loaded.around.cwd / ".env") if _in_dotenv(provider, examined) else None


def _needless(examined: Examined) -> Iterator[Seen]:
    """Entries of one file; the lists of several add up, and who has which is another question."""
    set_variables = examined.effective.set_variables if examined.own else frozenset()
    for provider, entry in examined.with_entry:
        own, source = examined.own.get(provider.id), provider.source
        if own is None or source is None or len(provider.sources) > 1 or source.path in examined.crush_own:
            continue
        known = partial(_facts, examined, provider)
        found = needless(entry, own, known, set_variables)
        if not found.models:
            continue
        what = counted(len(found.models), "model")
        changes = tuple(leaving_to_crush(provider.id, entry, found, source.format))
        fix = Fix(f"leave {what} of {provider.id} to Crush", False, source.path, changes)
        message = (
            f"its entry repeats {what} of Crush's own list, so Crush can't update their prices, context windows and "
            f"abilities"
        )
        cure = f"leave them to Crush: {command_line('models', provider.id, '--refresh')}"
        yield Seen(message, provider.id, provider.value_source("models") or source, cure, fix)


def _facts(examined: Examined, provider: EffectiveProvider, model_id: str) -> ModelFacts:
    return examined.known(provider, model_id).facts


def _over(examined: Examined) -> Iterator[Seen]:
    for provider, _ in examined.with_entry:
        if provider.kept and login_state(provider.entry, time.time()) == "expired":
            cure = f"sign in again: crush login --force {provider.id}"
            yield Seen("its login has expired, and can't be renewed", provider.id, provider.value_source("oauth"), cure)


CHECKS = (
    Check(
        Code(
            "D18",
            "info",
            "A disabled built-in provider that is still offered",
            "Crush ignores `disable` for a built-in provider without a key (azure: without a URL), and lists it in "
            "the model picker as one that can be set up.",
            "hide it completely: crush-wizard hide ID, or remove the entry",
        ),
        _hidden,
    ),
    Check(
        Code(
            "D19",
            "info",
            "A variable makes a provider active",
            "Any built-in provider whose variable is set is active, and comes before your own ones when Crush "
            "chooses a default model. AWS_REGION alone is enough for Bedrock, and a .env file in the project "
            "counts as well.",
            "choose your models: crush-wizard use large PROVIDER/MODEL; to hide the provider: crush-wizard hide ID",
        ),
        _stray,
    ),
    Check(
        Code(
            "D30",
            "warning",
            "A login that has expired",
            "Crush renews a login by itself, but needs a refresh token for that.",
            "sign in again: crush login --force ID",
        ),
        _over,
    ),
    Check(
        Code(
            "D33",
            "info",
            "An entry that repeats Crush's own list of models",
            "Crush keeps the models of its own providers up to date: prices, context windows, abilities. A model in "
            "the config replaces the one in that list, with the values of the day it was written; what it leaves out "
            "is unknown to Crush. Models with values of your own are not reported.",
            "leave them to Crush: crush-wizard models ID --refresh",
        ),
        _needless,
    ),
    Check(
        Code(
            "D31",
            "warning",
            "A cloud's sign-in is missing or has expired",
            "Bedrock signs its requests with the credentials of AWS's tools, Vertex AI with Google's Application "
            "Default Credentials. Crush does not check them: the provider is active, and its requests fail. If the "
            "AWS profile that is named does not exist, Crush says nothing: it sends the requests to Anthropic, with "
            "Anthropic's key.",
            "run the command that the finding names",
        ),
        _signed_out,
    ),
)
