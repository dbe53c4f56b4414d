"""A command that writes, on a random stack: what it says, against what a real Crush makes of the files afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.crush.real.comparison import (
    Difference,
    Known,
    Place,
    as_here,
    compared,
    may_fail,
    our_command,
    place,
)
from tests.crush.real.finding_comparison import false_findings
from tests.crush.real.program import Listed
from tests.crush.real.stack import Stack
from tests.program import Finished
from wizard import folders
from wizard.machine.in_force import InForce, in_force
from wizard.secrets.age_store import AgeStore

NEW, EDITED = "gateway", "https://edited.example/v1"
STORE = ["--secret-store", "environment"]
UNTESTED = ["--no-test", "--yes"]
OF_GATEWAY = (
    "openai-gateway --base-url https://gw.example/v1 --model g-1 --api-key-env GW_KEY --secret-store environment "
    "--placeholder variable --no-test --yes"
).split()
UNDONE_SHARE = 5
"""Of so many seeds one is undone."""
PROFILE = f"""
profile = 1
[providers.{NEW}]
type = "openai-compat"
base_url = "https://gw.example/v1"
api_key = "$GW_KEY"
[[providers.{NEW}.models]]
id = "g-1"
"""


def commands(seed: int, found: InForce) -> list[list[str]]:
    """One of each that writes, about what is there and mostly where it is."""
    of = Random(seed).choice
    known = [one for one in found.effective.providers if one.id]
    providers = [one for one in known if one.source] or known
    ids = [provider.id for provider in providers]
    models = [f"{one.id}/{model}" for one in providers for model in one.model_ids[:3]]
    scope = of(([], [], [], ["--scope", "user"], ["--scope", "project"]))
    format_ = ["--format", of(("auto", "json", "crushrc"))]
    none_left = of(([], [], ["--allow-builtins"], ["--allow-no-provider"]))
    provider, chosen = of(ids or ("acme",)), of(models or ("acme/m-1",))
    its, _, model = chosen.partition("/")
    there, at_chosen = (of((_file_of(one, found), _file_of(one, found), scope)) for one in (provider, its))
    return [
        ["add-provider", *OF_GATEWAY, "--id", NEW, *scope, *format_],
        ["add-provider", *OF_GATEWAY, "--id", NEW, "--large", "g-1", *of(([], ["--small", "g-1"])), *scope],
        ["add-provider", *OF_GATEWAY, "--id", provider, of(("--merge", "--replace")), *none_left, *there],
        ["add-provider", of(("groq", "deepseek", "ollama", "lmstudio")), "--yes", "--merge", *scope, *format_],
        ["use", of(("large", "small")), chosen, *of(([], ["--clear"])), "--yes", *scope],
        ["edit-provider", provider, "--base-url", EDITED, *STORE, *UNTESTED, *none_left, *there],
        ["edit-provider", provider, "--header", "X-New=v", *UNTESTED, *there],
        ["edit-provider", provider, "--api-key-env", "K1", *STORE, *UNTESTED, *there],
        ["edit-provider", provider, "--model", "added-1", of(("--discover", "--no-discover")), *UNTESTED, *there],
        ["models", provider, "--add", "added-1", "--yes", *there],
        ["models", its, "--remove", model, "--yes", *none_left, *at_chosen],
        ["models", provider, "--refresh", "--yes", *there],
        ["remove-provider", provider, "--yes", *none_left, *there],
        ["convert", "--to", of(("json", "crushrc")), "--yes", *scope],
        ["import", "-", "--on-conflict", of(("keep", "merge", "replace", "rename")), "--yes", *scope, *format_],
        ["doctor", "--fix", "--yes"],
        ["secret", "adopt", "--secret-store", "file", "--yes"],
        ["setup", *of(([], ["--air-gapped"])), "--yes", *scope],
    ]


def _file_of(provider: str, found: InForce) -> list[str]:
    known = found.effective.provider(provider)
    return ["--file", str(known.source.path)] if known and known.source else []


def command_differences(stack: Stack, seed: int, folder: Path, known: Known) -> Iterator[Difference]:
    """Let one command, which the seed chooses, change the stack; see whether Crush does what it said, and what we say
    of the files then. The stack is new in `folder`.
    """
    there = place(stack, folder, known)
    with as_here(there):
        before = in_force()
    choices = commands(seed, before)
    arguments, texts = choices[seed % len(choices)], _texts(there)
    done = our_command(there, *arguments, "--json", "--offline", stdin=PROFILE if arguments[0] == "import" else "")
    there.endings[f"{arguments[0]} {done.code}"] += 1
    undone = (seed // len(choices)) % UNDONE_SHARE == 0
    found = _undone(done, texts, there) if undone else _after(before, arguments, done, texts, there)
    for difference in found:
        told = f"{' '.join(arguments)}: {difference.ours}"
        yield Difference(f"{arguments[0]}: {difference.kind}", told, difference.theirs)


def _texts(there: Place) -> dict[str, bytes]:
    return {
        str(path.relative_to(there.folder)): path.read_bytes()
        for path in sorted(there.folder.rglob("*"))
        if path.is_file() and path.name in ("crush.json", ".crush.json", "crushrc", ".crushrc")
    }


def _undone(done: Finished, texts: dict[str, bytes], there: Place) -> Iterator[Difference]:
    """A change and its undoing leave every byte as it was, but for what the change has called lost."""
    if done.code or not done.json["data"].get("applied"):
        return
    back = our_command(there, "undo", "--yes", "--allow-no-provider", "--json", "--offline")
    if back.code or (_texts(there) != texts and "was not restored" not in back.err):
        yield Difference("other bytes after undo", f"exit code {back.code}: {back.err[-300:]}", "not as before")


def _after(
    before: InForce, arguments: Sequence[str], done: Finished, texts: dict[str, bytes], there: Place
) -> Iterator[Difference]:
    try:
        document = done.json
    except json.JSONDecodeError:
        yield Difference("no document", done.err[-300:], done.out[:200])
        return
    if done.code and _WRONG_USAGE.search(done.out):
        yield Difference("wrong usage", done.err[-300:], "nothing")
    if done.code and _texts(there) != texts and arguments[0] != "doctor":
        yield Difference("changed in vain", f"exit code {done.code}", "other files than before")
    there = _as_run_starts_it(there)
    with as_here(there):
        ours = in_force()
    doctor = our_command(there, "doctor", "--offline", "--json")
    listed = there.crush.models(there.cwd)
    yield from compared(ours, listed, there)
    yield from false_findings(doctor, ours, listed, there)
    if done.code == 0 or arguments[0] == "doctor":  # which tells what is left by it
        yield from _kept_word(Told(arguments, document, before, ours, listed))


def _as_run_starts_it(there: Place) -> Place:
    """With the keys that the command has put into the store: so does `run` start Crush."""
    with as_here(there):
        store = AgeStore(folders.secrets())
        keys = store.get_many(name for name in store.names() if "@" not in name)  # without what undo keeps
    crush = replace(there.crush, env={**there.crush.env, **keys})
    return replace(there, crush=crush)


# What a command that succeeded has promised


@dataclass(frozen=True)
class Told:
    """A command and its document, what there was before and is now, and what Crush lists."""

    arguments: Sequence[str]
    document: Mapping[str, Any]
    before: InForce
    after: InForce
    listed: Listed

    @property
    def has_changed(self) -> bool:
        return bool(self.document["data"].get("applied", self.arguments[0] == "doctor"))

    def warns_of(self, provider: str) -> bool:
        """Whether it says that it does not come to what was wanted."""
        return any(
            message["level"] == "warning" and message["text"].startswith((f"{provider}: ", f"{provider} is in "))
            for message in self.document["messages"]
        )

    @property
    def warns(self) -> bool:
        return any(message["level"] == "warning" for message in self.document["messages"])


def _kept_word(told: Told) -> Iterator[Difference]:
    started = not told.before.effective.fatal and not may_fail(told.before)
    if started and not told.listed.starts and not _NOT_STARTING.search(json.dumps(told.document)):
        yield Difference("stopped Crush", "not a word", told.listed.message)
    if not told.listed.starts or told.after.effective.uncertain:
        return
    yield from _slots(told)
    promise = _PROMISES.get(told.arguments[0])
    contrary = promise(told) if promise and told.has_changed else ""
    if contrary:
        yield Difference("broken promise", "done", contrary)


def _slots(told: Told) -> Iterator[Difference]:
    """What is said of each slot; that Crush does so is compared elsewhere."""
    said: Mapping[str, Any] = told.document["data"].get("selected") or {}
    for slot, chosen in told.after.effective.selected.items():
        named = said.get(slot)
        if named and not chosen.doubt and not _WITH_A_KEY.search(json.dumps(told.document)):
            model = f"{named['provider']}/{named['model'] or ''}"
            if model != f"{chosen.provider}/{chosen.model}":
                yield Difference("slot", f"{slot}: {model}", f"{chosen.provider}/{chosen.model}")


def _is_added(told: Told) -> str:
    given = told.arguments[told.arguments.index("--id") + 1] if "--id" in told.arguments else ""
    if not given or told.listed.of(given) or told.warns_of(given) or _is_builtin(given, told.before):
        return ""
    return f"has no {given}"


def _is_imported(told: Told) -> str:
    return "" if told.listed.of(NEW) or told.warns_of(NEW) else f"has no {NEW}"


def _is_removed(told: Told) -> str:
    provider = told.arguments[1]
    left = told.listed.of(provider) and not (_is_builtin(provider, told.before) or told.warns_of(provider))
    return "has it still" if left else ""


def _has_models(told: Told) -> str:
    provider, flag, *model = told.arguments[1:4]
    if flag == "--refresh" or told.warns_of(provider) or told.warns:
        return ""
    found = told.after.effective.provider(provider)
    has, wanted = model[0] in told.listed.of(provider), flag == "--add"
    if found is None or found.builtin or found.more_models or not found.kept or has == wanted:
        return ""
    return f"lists {', '.join(told.listed.of(provider))}"


def _is_edited(told: Told) -> str:
    found = told.after.effective.provider(told.arguments[1])
    if found is None or told.warns or EDITED not in told.arguments:
        return ""
    return "" if found.base_url.text == EDITED else f"asks {found.base_url.text}"


def _is_chosen(told: Told) -> str:
    slot, model = told.arguments[1:3]
    found = told.after.effective.selected.get(slot)  # type: ignore[call-overload]
    if told.warns or found is None or f"{found.provider}/{found.model}" == model:
        return ""
    return f"takes {found.provider}/{found.model}"


def _is_the_same(told: Told) -> str:
    """Providers, their models, and the slots."""
    return (
        "" if _outline(told.before) == _outline(told.after) else f"{_outline(told.after)}, not {_outline(told.before)}"
    )


def _outline(found: InForce) -> object:
    kept = sorted((provider.id, provider.kept, provider.model_ids) for provider in found.effective.providers)
    return kept, sorted((slot, one.provider, one.model) for slot, one in found.effective.selected.items())


def _has_lost_none(told: Told) -> str:
    if told.before.effective.fatal:
        return ""
    lost = {one.id for one in told.before.effective.providers if one.kept} - {
        one.id for one in told.after.effective.providers if one.kept
    }
    return f"lacks {', '.join(sorted(lost))}" if lost else ""


def _is_builtin(provider: str, found: InForce) -> bool:
    known = found.effective.provider(provider)
    return known is not None and known.builtin


_PROMISES: Mapping[str, Callable[[Told], str]] = {
    "add-provider": _is_added,
    "import": _is_imported,
    "remove-provider": _is_removed,
    "models": _has_models,
    "edit-provider": _is_edited,
    "use": _is_chosen,
    "convert": _is_the_same,
    "secret": _is_the_same,
    "doctor": _has_lost_none,
}
"""By command: what Crush does otherwise; empty where it is as was said."""
_WITH_A_KEY = re.compile(r"once \w+ has a value")
_WRONG_USAGE = re.compile(r"No such option|Invalid value|Missing option|unexpected extra")
_NOT_STARTING = re.compile(r"not start|starts? only")
