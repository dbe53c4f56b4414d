"""A provider as Crush's config describes it (crush-behaviour 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.provider.template import spell
from wizard.provider.types import CLOUD_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.provider.model import Model


class Provider(Struct, frozen=True):
    """One entry of `providers`. api_key, base_url and header values are what the user means, not yet escaped.

    `refresh`: the command with which Crush has a user of Bedrock sign in again.
    """

    id: str
    name: str
    type: str
    base_url: str
    api_key: str = ""
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    system_prompt_prefix: str = ""
    flat_rate: bool | None = None
    discover_models: bool | None = None
    refresh: str = ""
    models: tuple[Model, ...] = ()

    def entry(self, *, documented_fields: bool = False) -> dict[str, Any]:
        """The JSON object, in the order in which Crush documents its fields; what is not set is left out."""
        entry: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.type not in CLOUD_TYPES:
            entry["base_url"] = spell(self.base_url)
        if self.api_key:
            entry["api_key"] = spell(self.api_key)
        if self.extra_headers:
            entry["extra_headers"] = {name: spell(value) for name, value in self.extra_headers.items()}
        if self.extra_body:
            entry["extra_body"] = dict(self.extra_body)
        if self.system_prompt_prefix:
            entry["system_prompt_prefix"] = self.system_prompt_prefix
        if self.flat_rate is not None:
            entry["flat_rate"] = self.flat_rate
        if self.discover_models is not None:
            entry["discover_models"] = self.discover_models
        if self.refresh:
            entry["aws_auth_refresh"] = self.refresh
        entry["models"] = [model.entry(documented_fields=documented_fields) for model in self.models]
        return entry
