"""The facts that questions are asked from: presets, config files, environment, keyring, Crush."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wizard.cli.files import others
from wizard.flow.facts import Facts, KeyringFact
from wizard.flow.key_questions import ENVIRONMENT, KEYRING, NO_KEY
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.cli.files import Selection, Target
    from wizard.flow.preset import Preset
    from wizard.flow.question import Raw
    from wizard.provider.types import Version
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output


def gather(target: Target, given: dict[str, Raw], output: Output, *, dry_run: bool, someone_there: bool) -> Facts:
    """Look at everything that the questions depend on, and warn of what is wrong there.

    Raises StoreLocked or StoreUnavailable when a key was given and the keyring can't take it.
    """
    presets = _presets(given.get("preset"), output)
    preset = presets.get(str(given.get("preset")))
    selections, problems = others(target)
    for problem in problems:
        output.warning(f"Crush will not start with this file beside it: {problem.where}: {problem.message}")
    selected = {slot for slot in SLOTS if target.document.selection(slot)} | {one.slot for one in selections}
    _warn_of_stronger(selections, given, output)
    return Facts(
        presets=presets,
        existing=existing_providers(target),
        selected=frozenset(selected),
        set_variables=frozenset(name for name, value in os.environ.items() if value),
        keyring=_keyring(preset, given, dry_run=dry_run, someone_there=someone_there),
        given=frozenset(given),
        crush=_crush(preset),
        takes_keys=not dry_run or "key" in given,
    )


def existing_providers(target: Target) -> dict[str, Mapping[str, Any]]:
    return {id_: target.document.provider(id_) or {} for id_ in target.document.provider_ids()}


def _presets(wanted: Raw | None, output: Output) -> Mapping[str, Preset]:
    """The wanted preset alone, which is quick; all of them where it has to be chosen."""
    from wizard import folders
    from wizard.cli.presets import warn_of_broken
    from wizard.flow.preset_library import load_preset, load_presets

    presets: Mapping[str, Preset]
    if wanted is None:
        presets, problems = load_presets(folders.presets())
    else:
        preset, problems = load_preset(str(wanted), folders.presets())
        presets = {preset.id: preset}
    warn_of_broken(problems, output)
    return presets


def _warn_of_stronger(selections: list[Selection], given: dict[str, Raw], output: Output) -> None:
    """A slot that is set here may be overruled by a file that Crush reads later (crush-behaviour 7.3)."""
    from wizard.cli.change import shown_path

    for one in selections:
        if one.slot in given and one.file.role in ("data", "project", "workspace"):
            output.warning(
                f"the {one.slot} model stays {one.provider}/{one.model}: "
                f"{shown_path(one.file.path)} says so, and is stronger"
            )


def _keyring(preset: Preset | None, given: dict[str, Raw], *, dry_run: bool, someone_there: bool) -> KeyringFact:
    """Whether the keyring can take a key, looked at only where one may come. Raises if a given key has no place."""
    needless = preset is not None and preset.key.need == "none" and "key_source" not in given
    if dry_run or needless or given.get("key_source") in (NO_KEY, ENVIRONMENT):
        return KeyringFact(usable=True)
    from wizard.secrets.choice import require_usable

    store = keyring_store(someone_there=someone_there)
    status = require_usable(store) if given.get("key_source") == KEYRING else store.status()
    return KeyringFact(status.usable, status.backend, status.reason, status.hint)


def keyring_store(*, someone_there: bool) -> SecretStore:
    from wizard.secrets.choice import open_store
    from wizard.secrets.keyring_store import ASKING_SECONDS, QUIET_SECONDS

    return open_store("keyring", os.environ, seconds=ASKING_SECONDS if someone_there else QUIET_SECONDS)


def _crush(preset: Preset | None) -> Version | None:
    if preset is not None and preset.crush is None:
        return None
    from wizard.config.crush_program import crush_version

    version = crush_version(os.environ)
    return version if isinstance(version, tuple) else None
