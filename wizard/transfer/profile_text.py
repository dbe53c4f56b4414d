"""Writes a profile as TOML: what a person looks for first comes first, what holds for one machine is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.transfer.profile_file import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tomlkit import TOMLDocument
    from tomlkit.items import Item, Table

    from wizard.transfer.profile import Profile, ProfileProvider

ONLY_HERE = "right for the machine that it comes from"
_INTRODUCTION = (
    "A profile of crush-wizard: model providers for Crush.",
    "Import it: crush-wizard import FILE",
)
_SECRETS = (
    "The providers need these secrets. Their values are not in this file. Store them: crush-wizard secret set NAME"
)
_REFERENCES = "The commands that print secrets, such as a password manager's. `import` asks before it takes one over."
_ENV = "Where the clouds' providers are: set for Crush, which has variables for it."
_VALUES = "The values of the secrets. Keep them private."


def profile_text(profile: Profile, values: Mapping[str, str] | None = None) -> str:
    """The TOML text. With `values` it holds secrets in plain text: encrypt it before it goes anywhere."""
    import tomlkit

    document = tomlkit.document()
    for line in _INTRODUCTION:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("profile", tomlkit.item(VERSION))
    _add_secrets(document, profile, values)
    if profile.references:
        document.add(tomlkit.comment(_REFERENCES))
        document.add("references", _table(profile.references))
    _add_env(document, profile)
    _add_selected(document, profile)
    if marks := {provider.id: list(provider.machine_bound) for provider in profile.providers if provider.machine_bound}:
        document.add("machine_bound", _table(marks))
    providers = tomlkit.table(is_super_table=True)
    for provider in profile.providers:
        providers.add(provider.id, _provider(provider))
    if profile.providers:
        document.add("providers", providers)
    if values:
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(_VALUES))
        document.add("values", _table(values))
    return tomlkit.dumps(document)


def _add_secrets(document: TOMLDocument, profile: Profile, values: Mapping[str, str] | None) -> None:
    import tomlkit

    if profile.secrets:
        document.add(tomlkit.nl())
        if not values and set(profile.secrets) - set(profile.references):
            document.add(tomlkit.comment(_SECRETS))
        document.add("secrets", _inline(list(profile.secrets)))
    document.add(tomlkit.nl())


def _add_env(document: TOMLDocument, profile: Profile) -> None:
    import tomlkit

    if profile.env:
        table = tomlkit.table()
        for name, value in profile.env.items():
            table.add(name, _marked(_inline(value), marked=name == "AWS_PROFILE"))
        document.add(tomlkit.comment(_ENV))
        document.add("env", table)


def _add_selected(document: TOMLDocument, profile: Profile) -> None:
    import tomlkit

    if profile.selected:
        selected = tomlkit.table(is_super_table=True)
        for slot, selection in profile.selected.items():
            selected.add(slot, _table(selection))
        document.add("selected", selected)


def _provider(provider: ProfileProvider) -> Table:
    """Single values first, then headers, then models: TOML would take a value behind a table for one of that table."""
    import tomlkit

    table = tomlkit.table()
    for name, value in provider.entry.items():
        if name not in ("extra_headers", "models"):
            table.add(name, _marked(_inline(value), marked=name in provider.machine_bound))
    if headers := provider.entry.get("extra_headers"):
        table.add("extra_headers", _table(headers))
    if models := provider.entry.get("models"):
        listed = tomlkit.aot()
        for model in models:
            listed.append(_table(model))
        table.add("models", listed)
    return table


def _marked(item: Item, *, marked: bool) -> Item:
    return item.comment(ONLY_HERE) if marked else item


def _table(values: Mapping[str, Any]) -> Table:
    import tomlkit

    table = tomlkit.table()
    for name, value in values.items():
        table.add(name, _inline(value))
    return table


def _inline(value: Any) -> Item:
    """A value on one line, whatever is in it."""
    import tomlkit

    match value:
        case dict():
            table = tomlkit.inline_table()
            for name, item in value.items():
                table.add(name, _inline(item))
            return table
        case list() | tuple():
            array = tomlkit.array()
            for item in value:
                array.append(_inline(item))
            return array
    single: Item = tomlkit.item(value)
    return single
