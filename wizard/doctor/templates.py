"""Texts from which another program makes a config file: chezmoi, Jinja, mustache, ERB, envsubst."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.files.managed import chezmoi_source
from wizard.regexp import regexp
from wizard.shown import shell_word
from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings


class Template(Struct, frozen=True):
    """`called`: what shows it, and whose it may be. `cure`: what makes a config file of it."""

    called: str
    cure: str


_BRACES = regexp(r"\{\{[-~]?\s*[A-Za-z_.$#/^(>&!][^{}]*\}\}")
_TAGS = regexp(r"\{%.*?%\}", re.DOTALL)
_ANGLES = regexp(r"<%.*?%>", re.DOTALL)
_STRING = regexp(r'"(?:[^"\\\r\n]|\\.)*"')
_BARE = regexp(r"\$\{?[A-Za-z_]\w*\}?", re.ASCII)
"""A variable outside of a string, where JSON has none."""
_KINDS = (
    (_TAGS, "`{% ... %}`, as in Jinja (Ansible)"),
    (_BRACES, "`{{ ... }}`, as in chezmoi, Jinja or mustache"),
    (_ANGLES, "`<% ... %>`, as in ERB (Puppet)"),
)


def template_in(raw: bytes, path: Path, around: Surroundings) -> Template | None:
    """What a text that is no JSON is, if it is a template; None for any other. With its source, if chezmoi has one."""
    template = _template_in(raw)
    source = chezmoi_source(path, around.home, around.environ) if template else None
    return replace(template, cure=_of_chezmoi(source, path)) if template and source else template


def _of_chezmoi(source: Path, path: Path) -> str:
    apply = f"`chezmoi apply {shell_word(str(path))}`"
    if source.suffix == ".tmpl":
        return f"Crush reads the file that is made from it: {apply} makes it from {shown_path(source)}"
    cure = f"chezmoi copies {shown_path(source)} as it is: rename that to {source.name}.tmpl"
    return f"{cure}, then run {apply}"


def _template_in(raw: bytes) -> Template | None:
    text = raw.decode("utf-8", "replace")
    for pattern, called in _KINDS:
        if pattern.search(text):
            program = "run `chezmoi apply` if chezmoi manages it" if pattern is _BRACES else "render it"
            return Template(
                called, f"Crush reads the file that is made from it: {program}, and keep the template elsewhere"
            )
    if _BARE.search(_STRING.sub("", text)):
        cure = (
            "Crush reads the file that is made from it: `envsubst < TEMPLATE` prints that; keep the template elsewhere"
        )
        return Template("`$NAME` outside of quotes, as in envsubst", cure)
    return None
