"""The changes that leave to Crush what an entry says for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.documents.document import DropValue, RemoveModel
from wizard.provider.model import listed_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.documents.document import Change
    from wizard.flow.needless import Needless


def leaving_to_crush(provider_id: str, entry: Mapping[str, Any], found: Needless, format_: str) -> Iterator[Change]:
    """`entry` is the one in the file that is changed, of this format. No empty list of models is left behind."""
    if format_ == "json" and listed_ids(entry) == {*found.models}:
        yield DropValue(("providers", provider_id, "models"))
    else:
        yield from (RemoveModel(provider_id, model_id) for model_id in found.models)
    yield from (DropValue(("providers", provider_id, field)) for field in found.fields)
