"""The scripts in the folders whose names begin with a dot, as modules: they are no part of a package."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

from tests.program import ROOT

if TYPE_CHECKING:
    from types import ModuleType


def script(path: str) -> ModuleType:
    """The script at this path below the tree, such as .share/make_share.py."""
    file = ROOT / path
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[file.stem] = module_from_spec(spec)  # msgspec and dataclasses look there for what types mean
    spec.loader.exec_module(module)
    return module
