"""What TAB offers: ids and names from the user's files. Nothing of a config is run, and a broken one offers nothing.

Each callback is for the `shell_complete` of a parameter. What would need quotes in some shell is never offered: a
file that comes with a project could otherwise put a command on the command line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wizard.errors import WizardError
from wizard.namespace import NONE
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import click

    from wizard.documents.document import Document

PLAIN = regexp(r"[A-Za-z0-9][A-Za-z0-9_./:@+-]*")
"""A word that every shell takes as it is."""
_PROVIDER_PARAMETERS = ("preset", "id_", "provider", "id")
"""What the parameter that names the provider is called in the commands that have a --model."""


def preset_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of shipped presets and of the user's own."""
    from wizard import folders
    from wizard.flow.preset_library import preset_ids

    return plain_words(preset_ids(folders.presets()), incomplete)


def provider_ids(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the providers in Crush's files."""
    return plain_words((id_ for document in _documents() for id_ in document.provider_ids()), incomplete)


def shown_ids(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the providers that Crush's picker may have: the built-in ones, and those of the files."""
    from wizard.provider.builtins import BUILTINS

    configured = (id_ for document in _documents() for id_ in document.provider_ids())
    hidden = set(_hidden_ids())
    return plain_words((id_ for id_ in (*configured, *BUILTINS) if id_ not in hidden), incomplete)


def hidden_ids(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of those that some file hides."""
    return plain_words(_hidden_ids(), incomplete)


def _hidden_ids() -> Iterator[str]:
    for document in _documents():
        for id_ in document.provider_ids():
            if any(name.lower() == "disable" and value for name, value in (document.provider(id_) or {}).items()):
                yield id_


def models(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """PROVIDER/MODEL for each model in Crush's files."""
    configured = (
        f"{provider}/{model}"
        for document in _documents()
        for provider in document.provider_ids()
        for model in _models_of(document.provider(provider))
    )
    return plain_words(configured, incomplete)


def provider_models(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the models of the provider that the command line names: those configured, then its preset's."""
    named = _named_provider(ctx)
    configured = (model for document in _documents() for id_ in named for model in _models_of(document.provider(id_)))
    return plain_words((*configured, *(model for id_ in named for model in _preset_models(id_))), incomplete)


def secret_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The names on the list of what the stores hold. No store is asked."""
    from wizard import folders
    from wizard.secrets.index import Index
    from wizard.secrets.reference.file import references

    index = Index(folders.state())
    listed = (name for store in ("keyring", "file") for name in index.names(store))
    return plain_words(dict.fromkeys((*listed, *references())), incomplete)


def profile_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the profiles."""
    from wizard.machine.profiles import profiles

    return plain_words((profile.name for profile in profiles()), incomplete)


def profile_names_or_none(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the profiles, and the word for no profile."""
    return [*profile_names(ctx, param, incomplete), *plain_words((NONE,), incomplete)]


def plain_words(words: Iterable[str], incomplete: str) -> list[str]:
    """Those that the word so far can become."""
    return [word for word in dict.fromkeys(words) if word.startswith(incomplete) and PLAIN.fullmatch(word)]


def _documents() -> Iterator[Document]:
    """Crush's files as far as they can be read, the weakest first."""
    from wizard.machine.files import files_that_count
    from wizard.machine.target import open_document

    for file in files_that_count():
        if not os.path.lexists(file.path):  # the reader of a crushrc takes a while to import
            continue
        try:
            yield open_document(file.path, file.format)
        except WizardError:  # TAB is no place to tell about it; `paths` does
            continue


def _models_of(entry: Mapping[str, Any] | None) -> Iterator[str]:
    listed = (entry or {}).get("models")
    for model in listed if isinstance(listed, list) else ():
        id_ = model.get("id") if isinstance(model, dict) else None
        if isinstance(id_, str):
            yield id_


def _named_provider(ctx: click.Context) -> tuple[str, ...]:
    """The provider's id and its preset, as far as the command line has them.

    When the word before the cursor is an option without its value, click leaves the arguments unread in `ctx.args`.
    """
    given = (ctx.params.get(name) for name in _PROVIDER_PARAMETERS)
    unread = (word for word in ctx.args[:1] if not word.startswith("-"))
    return tuple(dict.fromkeys(name for name in (*given, *unread) if isinstance(name, str)))


def _preset_models(preset_id: str) -> tuple[str, ...]:
    from wizard import folders
    from wizard.flow.preset_library import load_preset

    try:
        preset, _ = load_preset(preset_id, folders.presets())
    except WizardError:
        return ()
    return preset.models
