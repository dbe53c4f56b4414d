"""Files of the clouds' tools. One that can't be read holds nothing: its own tool says more about it than we could."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wizard.catalog.reading import read_bounded
from wizard.catalog.values import mapping
from wizard.errors import WizardError
from wizard.network.json_answer import NotJson, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def ini(path: Path) -> dict[str, dict[str, str]]:
    """The sections of an ini file, with names of values in lower case. A `%` stands for itself."""
    text = _content(path).decode("utf-8-sig", "replace")
    if not text:
        return {}
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}


def document(path: Path) -> Mapping[str, Any]:
    """The object of a JSON file; some begin with a byte order mark."""
    try:
        return mapping(parse_json(_content(path).removeprefix(b"\xef\xbb\xbf")))
    except NotJson:
        return {}


def moment(value: object) -> datetime | None:
    """The time that an ISO 8601 text names; without a zone it is UTC, as the AWS tools write it."""
    try:
        found = datetime.fromisoformat(str(value).replace("UTC", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def hardware_says(path: Path, word: str) -> bool:
    """Whether a file of the firmware has the word in it, in any case: whose machine this is."""
    try:
        return word in path.read_text(encoding="utf-8", errors="replace").lower()
    except OSError:
        return False


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path) or b""
    except WizardError:
        return b""
