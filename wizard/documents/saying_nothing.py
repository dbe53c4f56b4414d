"""A config file that is as good as not there."""

from __future__ import annotations

import json

from wizard.documents.crushrc.bare import is_bare
from wizard.documents.crushrc.block import has_comments
from wizard.documents.crushrc.setting_commands import is_empty


def says_nothing(text: str | None, format_: str) -> bool:
    """Whether there is no comment, and nothing but the `$schema` that an editor asks for, or how a script is run."""
    if format_ == "json":
        return all(key == "$schema" or is_empty(value) for key, value in json.loads(text or "{}").items())
    return is_bare(text or "") and not has_comments(text or "")
