"""`secret list`: which secrets there are, where, and who uses them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.cli.secret.change import called
from wizard.errors import SecretError, WizardError
from wizard.files.history import History
from wizard.machine.provision import usage_here
from wizard.machine.stores import open_with
from wizard.namespace import profile_in_force
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.reference.file import REFERENCE
from wizard.secrets.reference.reading import references_that_count
from wizard.secrets.store import CALLED
from wizard.ui.place import used_by
from wizard.ui.prompter import open_prompter
from wizard.ui.table import render_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.crush.usage import Usage
    from wizard.secrets.reference.file import Reference
    from wizard.secrets.settings import StoreName
    from wizard.ui.output import Output


@click.command("list")
@common
@click.pass_obj
def command(output: Output, /) -> Result:
    """Names, never values: where each is, and which provider uses it. Puts the list of names right."""
    used = usage_here(output)
    found = list(_listed(used, _references(output), output))
    kept = list(_kept_for_undo())
    return Result(
        lambda: {"secrets": found, "kept_for_undo": kept},
        partial(_print, found, used, output),
        below=partial(_say_kept, kept, output),
    )


def _references(output: Output) -> Mapping[str, Reference]:
    from wizard.secrets.choice import in_use

    try:
        return references_that_count(in_use())
    except WizardError as error:
        output.warning(f"{error.where}: {error.message}")
        if error.hint:
            output.hint(error.hint)
        return {}


def _kept_for_undo() -> Iterator[dict[str, str]]:
    """The values that changes replaced, which their records keep in the store until they are outdated or undone."""
    history = History(folders.backups())
    for record in (*history.records(), *history.cut_short().records):
        for secret in record.secrets:
            if secret.kept:
                yield {"name": secret.name, "store": secret.store, "change": record.id, "command": record.command}


def _say_kept(kept: Sequence[Mapping[str, str]], output: Output) -> None:
    for secret in kept:
        undo = f"crush-wizard undo {secret['change']}"
        output.note(f"an older {secret['name']} stays in {CALLED.get(secret['store'], secret['store'])} for `{undo}`")


def _print(found: Sequence[dict[str, Any]], used: Usage, output: Output) -> None:
    if not found:
        output.note("no secrets stored, and no provider needs one")
        return
    rows = [
        (secret["name"], _where(secret, output.profile), _PRESENT[secret["present"]], used_by(used.of(secret["name"])))
        for secret in found
    ]
    output.data(render_table(("name", "store", "present", "used by"), rows, output.width))


def _where(secret: Mapping[str, Any], profile: str) -> str:
    """The store; in a profile also whether the secret is one that all profiles share."""
    if command := secret.get("command"):
        where = f"`{command}`"
        return f"{where}, shared" if profile and not secret["profile"] else where
    is_shared = profile and secret["store"] not in (None, "environment") and not secret.get("profile")
    return f"{secret['store']}, shared" if is_shared else secret["store"] or ""


_PRESENT = {True: "yes", False: "no", None: "unknown"}


def _listed(used: Usage, references: Mapping[str, Reference], output: Output) -> Iterator[dict[str, Any]]:
    """What the stores hold, the one in use first, then what providers use and no store holds."""
    from wizard.secrets.choice import STORES, in_use

    chosen = in_use()
    seen: set[str] = set()
    for store in (chosen, *(other for other in STORES if other != chosen)):
        for name, present in sorted(_names(store, output, in_use=store == chosen).items()):
            seen.add(name)
            yield _row(name, store, present, used) | _whose(name, store)
        if store == chosen:
            for name, reference in sorted(references.items()):
                seen.add(name)
                yield _row(name, REFERENCE, None, used) | {"command": reference.command} | _shared(reference)
    for name in sorted(set(used.variables) - seen):
        is_set = bool(os.environ.get(name))
        yield _row(name, "environment" if is_set else None, is_set, used)


def _whose(name: str, store: str) -> dict[str, str | None]:
    """In a profile: whether it is the profile's own."""
    profile = profile_in_force()
    is_own = name in Index(folders.state()).own(store)
    return {"profile": profile if is_own else None} if profile else {}


def _shared(reference: Reference) -> dict[str, str | None]:
    profile = profile_in_force()
    return {"profile": None if reference.shared else profile} if profile else {}


def _row(name: str, store: str | None, present: bool | None, used: Usage) -> dict[str, Any]:
    uses = [{"provider": use.provider, "path": str(use.path), "line": use.line} for use in used.of(name)]
    return {"name": name, "store": store, "present": present, "used_by": uses}


def _names(store_name: StoreName, output: Output, *, in_use: bool) -> dict[str, bool | None]:
    """The names in a store; whether they are there is None where that can't be seen now."""
    store = open_with(open_prompter(output) if in_use else None, store_name)
    if not isinstance(store, IndexedStore):
        return {}
    listed = store.listed()
    if not listed and not in_use:
        return {}
    status = store.status()
    if not status.usable or status.locked:
        if listed or in_use:
            output.warning(f"can't check {called(store)}: {status.reason}")
        return dict.fromkeys(listed)
    try:
        return dict.fromkeys(_reconciled(store, output), True)
    except SecretError as error:
        output.warning(f"can't check {called(store)}: {error.message}")
        return dict.fromkeys(listed)


def _reconciled(store: IndexedStore, output: Output) -> tuple[str, ...]:
    drift = store.reconcile()
    for name in drift.gone:
        output.warning(f"{name} is no longer in {called(store)}: removed from the list")
    for name in drift.found:
        output.note(f"{name} is in {called(store)}: added to the list")
    return store.listed()
