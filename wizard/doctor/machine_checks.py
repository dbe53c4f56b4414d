"""What can be wrong around the config: Crush itself, our secret store, the endpoints, the model facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Place, Seen
from wizard.documents.crushrc.commands import Computed
from wizard.provider.milestones import missing, spelled
from wizard.provider.types import TYPES
from wizard.regexp import regexp
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.doctor.examined import Examined, ReferenceState

# D22, V1 to V3: versions

_NEW_EXPANSION = regexp(r"\\\$|\$\{\w+:[-?+]")


def _too_old(examined: Examined) -> Iterator[Seen]:
    version = examined.crush.version
    if not isinstance(version, tuple):
        return
    for feature, what, place, provider in _features(examined):
        if since := missing(version, feature):
            message = f"{what} needs Crush {spelled(since)} or later, and this one is {spelled(version)}"
            yield Seen(
                message, provider, place, severity="error" if feature in ("crushrc", "discovery", "llamacpp") else None
            )


def _features(examined: Examined) -> Iterator[tuple[str, str, Place | None, str]]:
    """What the files use that Crush has not always had: its milestone, and how to speak of it."""
    for file in examined.loaded.read:
        if file.file.format == "crushrc":
            yield "crushrc", "a crushrc", Place(file.path), ""
        elif file.file.role == "system":
            yield "system-file", "a file in /etc", Place(file.path), ""
    for provider, entry in examined.with_entry:
        type_ = TYPES.get(provider.type) if not provider.builtin else None
        if type_ and type_.since:
            source = provider.value_source("type")
            place = Place(source.path, source.line, source.column) if source else None
            yield "llamacpp" if type_.name == "llamacpp" else "discovery", f"the type {type_.name}", place, provider.id
        for name in ("api_key", "base_url"):
            value = entry.get(name)
            if isinstance(value, str) and not isinstance(value, Computed) and _NEW_EXPANSION.search(value):
                source = provider.value_source(name)
                place = Place(source.path, source.line, source.column) if source else None
                yield "lookup", f"the syntax of its `{name}`", place, provider.id


def _no_crush(examined: Examined) -> Iterator[Seen]:
    if examined.crush.path is None and examined.crush.problem:
        yield Seen(examined.crush.problem)


def _unknown_crush(examined: Examined) -> Iterator[Seen]:
    if examined.crush.path is not None and examined.crush.version is None:
        yield Seen(f"can't tell the version of Crush: {examined.crush.problem}", "", Place(examined.crush.path))


def _older_format(examined: Examined) -> Iterator[Seen]:
    path, version = examined.could_be_crushrc, examined.crush.version
    if path is not None and version is not None and missing(version, "crushrc") is None:
        yield Seen("all of it could be in a crushrc, the format that gets Crush's new options", place=Place(path))


# S1 to S3: the secret store

SLOW_SECONDS = 2.0


def _store(examined: Examined) -> Iterator[Seen]:
    store = examined.store
    if store and store.usable is False:
        what = "is locked" if store.locked else "can't be used"
        reason = f": {store.reason}" if store.reason and not store.locked else ""
        yield Seen(f"the secret store ({store.name}) {what}{reason}", cure=store.hint)


def _slow_store(examined: Examined) -> Iterator[Seen]:
    store = examined.store
    if store and store.usable and store.seconds > SLOW_SECONDS:
        yield Seen(f"the secret store ({store.name}) took {store.seconds:.1f} seconds to answer")


def _drift(examined: Examined) -> Iterator[Seen]:
    if store := examined.store:
        for name in store.gone:
            again = f"store it again: crush-wizard secret set {name}"
            cure = f"{again}; or remove it from the list: crush-wizard secret list"
            yield Seen(f"{name} is on the list of stored secrets, but no longer in the {store.name}", cure=cure)


# S6 to S9: commands that print secrets


def _no_manager(examined: Examined) -> Iterator[Seen]:
    for found in examined.references:
        if found.missing:
            message = f"{found.name} comes from a command whose program is not on PATH: {found.missing}"
            cure = f"install {found.missing}, or: crush-wizard secret set {found.name} --command '...'"
            yield Seen(message, "", _line(found), cure, severity=None if found.is_used else "info")


def _two_places(examined: Examined) -> Iterator[Seen]:
    for found in examined.references:
        if found.store:
            message = f"{found.name} is stored ({found.store}), and also has a command, which is not run"
            cure = (
                f"remove the command: crush-wizard secret remove {found.name} --force, "
                f"or the value: crush-wizard secret remove {found.name} --store {found.store} --force"
            )
            yield Seen(message, "", _line(found), cure)


def _unused(examined: Examined) -> Iterator[Seen]:
    for found in examined.references:
        if not (found.is_used or found.missing or found.store):
            cure = f"remove it: crush-wizard secret remove {found.name}"
            yield Seen(f"{found.name} comes from a command, and no provider uses it", "", _line(found), cure)


def _failing(examined: Examined) -> Iterator[Seen]:
    for found in examined.references:
        if found.failure and not found.missing:
            yield Seen(found.failure, "", _line(found), found.hint)


def _line(found: ReferenceState) -> Place:
    return Place(found.path, found.line)


# E1, E2


def _endpoints(examined: Examined) -> Iterator[Seen]:
    for failed in examined.tested:
        provider = examined.effective.provider(failed.provider)
        source = (provider.value_source("base_url") or provider.source) if provider else None
        cure = failed.hint or f"see more: {command_line('test', failed.provider)}"
        yield Seen(
            f"its endpoint fails: {failed.step}: {failed.detail}",
            failed.provider,
            source,
            cure,
            severity="warning" if failed.mild else None,
        )


OLD_DAYS = 180


def _old_facts(examined: Examined) -> Iterator[Seen]:
    if examined.catalog_days is not None and examined.catalog_days > OLD_DAYS:
        yield Seen(f"the facts about models are {examined.catalog_days} days old")


CHECKS = (
    Check(
        Code(
            "D22",
            "warning",
            "Something that this Crush does not know yet",
            "crushrc came with Crush 0.88, /etc/crush with 0.87, the type llamacpp with 0.80, the other local "
            "types and the search for models with 0.78, and `\\$` and `${NAME:-...}` in values with 0.67. An older "
            "Crush ignores them, or drops the provider.",
            "update Crush",
        ),
        _too_old,
    ),
    Check(
        Code(
            "V1",
            "info",
            "Crush is not on PATH",
            "crush-wizard works without it, but can't check what depends on Crush's version.",
            "install Crush, or add its folder to PATH",
        ),
        _no_crush,
    ),
    Check(
        Code(
            "V2",
            "info",
            "The version of Crush is unknown",
            "`crush --version` printed no version in time. What depends on it is not checked.",
            "run crush --version and see what it says",
        ),
        _unknown_crush,
    ),
    Check(
        Code(
            "V3",
            "info",
            "A crush.json that could be a crushrc",
            "Crush 0.88 and later call crush.json deprecated: they still read it, but only a crushrc gets new "
            "options. This is reported for your own crush.json, if a crushrc supports all that is in it. It is not "
            "reported if another program writes the file, if it is a link, or if settings.toml says that new files "
            "are crush.json; nor for a project's crush.json, which others may read with an older Crush.",
            "convert it (the change is shown first): crush-wizard convert --to crushrc",
        ),
        _older_format,
    ),
    Check(
        Code(
            "S1",
            "error",
            "The secret store can't be used",
            "The keys in it can't be read, so their providers have no key. A locked keyring opens with your "
            "login, or with its own password.",
            "see why: crush-wizard secret status",
        ),
        _store,
    ),
    Check(
        Code(
            "S2",
            "warning",
            "The secret store is slow",
            "Every start through crush-wizard run, and every lookup, waits for it.",
            "see why: crush-wizard secret status",
        ),
        _slow_store,
    ),
    Check(
        Code(
            "S3",
            "warning",
            "A stored secret is gone",
            "crush-wizard keeps a list of names, because a keyring can't list its entries. Another program deleted "
            "this one.",
            "store it again: crush-wizard secret set NAME",
        ),
        _drift,
    ),
    Check(
        Code(
            "S6",
            "error",
            "A password manager is missing",
            "The key is in a password manager, and the program that the command starts is not on PATH. An alias or a "
            "function of your shell does not count: the command can't use it.",
            "install it, or give the secret another command: crush-wizard secret set NAME --command '...'",
        ),
        _no_manager,
    ),
    Check(
        Code(
            "S7",
            "warning",
            "A secret is in two places",
            "The secret store has a value, and references.toml has a command that prints one. The value is used. "
            "`crush-wizard secret set` keeps only one of them; editing the file by hand can add the other again.",
            "keep one of them: `crush-wizard secret remove NAME` removes the command, and with --store the value",
        ),
        _two_places,
    ),
    Check(
        Code(
            "S8",
            "info",
            "A command that no provider needs",
            "references.toml has a command for a secret that no config names. It is never run.",
            "remove it: crush-wizard secret remove NAME",
        ),
        _unused,
    ),
    Check(
        Code(
            "S9",
            "error",
            "A command prints no key",
            "`crush-wizard doctor` tests endpoints with their keys. It runs the commands that print the keys, "
            "without a terminal. If a password manager is locked, unlock it and run doctor again.",
            "run the command yourself and see what it says",
        ),
        _failing,
    ),
    Check(
        Code(
            "E1",
            "error",
            "An endpoint does not answer as it should",
            "`crush-wizard doctor` asks each provider for its models, as Crush does. The step that failed says where "
            "to look: the "
            "name, the connection, TLS, the list of models, or the key.",
            "see more: crush-wizard test ID; with --curl it prints the requests",
        ),
        _endpoints,
    ),
    Check(
        Code(
            "E2",
            "info",
            "Old model facts",
            "Prices and limits are compared with a catalogue. They change: update it now and then.",
            "update them: crush-wizard catalog update",
        ),
        _old_facts,
    ),
)
