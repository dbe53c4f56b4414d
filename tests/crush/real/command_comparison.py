"""A command that writes, on a random stack: what it says, against what a real Crush makes of the files afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from tests.crush.real.program import Listed
from tests.crush.real.stack import Stack
from tests.program import Finished
from wizard import folders
from wizard.machine.in_force import InForce, in_force
from wizard.secrets.age_store import AgeStore

NEW = "gateway"
ADD = (
    "add-provider openai-gateway --id gateway --base-url https://gw.example/v1 --model g-1 --api-key-env GW_KEY "
    "--secret-store environment --placeholder variable --no-test --yes"
).split()
PROFILE = f"""
profile = 1
[providers.{NEW}]
type = "openai-compat"
base_url = "https://gw.example/v1"
api_key = "$GW_KEY"
[[providers.{NEW}.models]]
id = "g-1"
"""
DROPPED = ("W6", "W7", "W8")


def commands(seed: int, ids: Sequence[str], models: Sequence[str]) -> Iterator[list[str]]:
    """One of each, about what is there."""
    random = Random(seed)
    of = random.choice
    scope = of(([], [], [], ["--scope", "user"], ["--scope", "project"]))
    provider, model = of(ids or ("acme",)), of(models or ("acme/m-1",))
    yield [*ADD, *scope, "--format", of(("auto", "json", "crushrc"))]
    yield ["use", of(("large", "small")), model, "--yes", *scope]
    yield ["edit-provider", provider, "--base-url", "https://edited.example/v1", "--no-test", "--yes", *scope]
    yield ["edit-provider", provider, "--header", "X-New=v", "--no-test", "--yes", *scope]
    yield ["models", provider, "--add", "added-1", "--yes", *scope]
    yield ["models", provider, "--remove", model.partition("/")[2], "--yes", *scope]
    yield ["remove-provider", provider, "--yes", *scope]
    yield ["convert", "--to", of(("json", "crushrc")), "--yes", *scope]
    yield ["import", "-", "--on-conflict", "replace", "--secret-store", "environment", "--yes", *scope]
    yield ["undo", "--yes"]
    yield ["doctor", "--fix", "--yes"]
    yield ["secret", "adopt", "--secret-store", "file", "--yes"]
    yield ["setup", *of(([], ["--air-gapped"])), "--yes", *scope]


def command_differences(stack: Stack, seed: int, folder: Path, known: Known) -> Iterator[Difference]:
    """Let one command, which the seed chooses, change the stack; see whether Crush does what it said, and what we say
    of the files then. The stack is new in `folder`.
    """
    there = place(stack, folder, known)
    with as_here(there):
        before = in_force()
    ids = [provider.id for provider in before.effective.providers if provider.id]
    models = [f"{one.id}/{model}" for one in before.effective.providers for model in one.model_ids[:3] if one.id]
    choices = list(commands(seed, ids, models))
    arguments = choices[seed % len(choices)]
    texts = _texts(there)
    if arguments[0] == "undo":
        yield from _undone(texts, there)
        return
    done = our_command(there, *arguments, "--json", "--offline", stdin=PROFILE if arguments[0] == "import" else "")
    for difference in _after(before, arguments, done, texts, there):
        yield Difference(f"{' '.join(arguments[:1])}: {difference.kind}", f"{difference.ours}", difference.theirs)


def _texts(there: Place) -> dict[str, bytes]:
    return {
        str(path.relative_to(there.folder)): path.read_bytes()
        for path in sorted(there.folder.rglob("*"))
        if path.is_file() and path.name in ("crush.json", ".crush.json", "crushrc", ".crushrc")
    }


def _undone(texts: dict[str, bytes], there: Place) -> Iterator[Difference]:
    """A change and its undoing leave every byte as it was."""
    added = our_command(there, *ADD, "--json", "--offline")
    done = our_command(there, "undo", "--yes", "--allow-no-provider", "--json", "--offline")
    if added.code == 0 and (done.code or _texts(there) != texts):
        yield Difference("undo: other bytes", f"exit code {done.code}: {done.err[-300:]}", "other files than before")


def _after(
    before: InForce, arguments: Sequence[str], done: Finished, texts: dict[str, bytes], there: Place
) -> Iterator[Difference]:
    told = " ".join(arguments)
    try:
        document = done.json
    except json.JSONDecodeError:
        yield Difference("no document", f"{told}: {done.err[-300:]}", done.out[:200])
        return
    if done.code and _texts(there) != texts and arguments[0] != "doctor":
        yield Difference("changed in vain", f"{told}: exit code {done.code}", "other files than before")
    there = _as_run_starts_it(there)
    with as_here(there):
        ours = in_force()
    doctor = our_command(there, "doctor", "--offline", "--json")
    listed = there.crush.models(there.cwd)
    yield from compared(ours, listed, there)
    yield from _false_codes(doctor, ours, listed, there)
    if done.code == 0:
        yield from _kept_word(before, arguments, document, listed)


def _as_run_starts_it(there: Place) -> Place:
    """With the keys that the command has put into the store: so does `run` start Crush."""
    with as_here(there):
        store = AgeStore(folders.secrets())
        keys = store.get_many(name for name in store.names() if "@" not in name)  # without what undo keeps
    crush = replace(there.crush, env={**there.crush.env, **keys})
    return replace(there, crush=crush)


def _kept_word(
    before: InForce, arguments: Sequence[str], document: dict[str, Any], listed: Listed
) -> Iterator[Difference]:
    """What a command that succeeded has promised."""
    told = " ".join(arguments)
    started = not before.effective.fatal and not may_fail(before)
    if started and not listed.starts and "start" not in json.dumps(document):
        yield Difference("stopped Crush", f"{told}: not a word", listed.message)
    if (
        arguments[0] in ("add-provider", "import")
        and listed.starts
        and not (listed.of(NEW) or _warns_of(NEW, document))
    ):
        yield Difference("not added", told, "has no such provider")
    removed = arguments[1] if arguments[0] == "remove-provider" and arguments[1] not in _builtin_ids(before) else None
    if removed and listed.starts and listed.of(removed) and not _warns_of(removed, document):
        yield Difference("not removed", told, "has it still")


def _warns_of(provider: str, document: dict[str, Any]) -> bool:
    return any(
        message["level"] == "warning" and message["text"].startswith((f"{provider}: ", f"{provider} is in "))
        for message in document["messages"]
    )


def _builtin_ids(found: InForce) -> frozenset[str]:
    return frozenset(provider.id for provider in found.effective.providers if provider.builtin)


def _false_codes(doctor: Finished, ours: InForce, listed: Listed, there: Place) -> Iterator[Difference]:
    """What the doctor finds, as far as Crush shows it."""
    findings: list[dict[str, Any]] = doctor.json.get("findings", doctor.json.get("data", {}).get("findings", []))
    fatal = [found["code"] for found in findings if found["code"].startswith("F") and found["severity"] == "error"]
    if bool(fatal) == listed.starts and not (not fatal and may_fail(ours)):
        yield Difference("doctor F", ", ".join(fatal) or "nothing", listed.message or "it starts")
    for found in findings if listed.starts and not ours.effective.uncertain else ():
        if found["code"] in DROPPED and found["severity"] == "error" and listed.of(found["provider"]):
            yield Difference(f"doctor {found['code']}", f"{found['provider']}: {found['message']}", "lists it")
        if found["code"] == "W17" and "o providers configured" not in there.crush.ask(there.cwd):
            yield Difference("doctor W17", found["message"], "has a provider")
