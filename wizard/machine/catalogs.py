"""What the catalogues of this machine know: the shipped one, newer ones, and Crush's own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wizard import folders
from wizard.files.locations import catalog_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.catalog.catalog import Catalog
    from wizard.files.locations import Surroundings
    from wizard.flow.knowledge import CatalogMatch


def look_up(around: Surroundings) -> Callable[[str, str, str], CatalogMatch | None]:
    """Looks for a model by the provider's id, its URL, and the model's id; read once, and only if one is looked for."""

    @cache
    def catalog() -> Catalog:
        from wizard.catalog.catalog import open_catalog

        return open_catalog(catalog_folder(around), folders.catalog())

    @cache
    def look(provider: str, base_url: str, model: str) -> CatalogMatch | None:
        from wizard.catalog.matching import known_model

        return known_model(catalog(), provider, base_url, model)

    return look
