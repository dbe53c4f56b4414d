"""A password manager or vault, as far as its secrets are wanted: data only, so that a new one never needs new code."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

What = Literal["locked", "signed-out", "missing"]


class Field(Struct, frozen=True):
    """What an item's command needs to know besides the item, such as a vault. `flag` puts it among the `{options}`.

    `find` is a command that prints the usual value. Without a value an `optional` one is left out. `file`: the value is
    the path of one, which has to be there.
    """

    key: str
    text: str
    example: str = ""
    default: str = ""
    flag: str = ""
    find: str = ""
    optional: bool = False
    file: bool = False


class Listing(Struct, frozen=True):
    """How its items can be listed, without their secrets.

    What the command prints is JSON (an array, or a table by name) or lines. An entry that is a text is matched by
    `pattern`, whose groups fill `item` and `label`; one that is a table fills them itself, as in `{vault.id}`. `read`
    replaces values by their key: an item's category by the field that has the key.
    """

    command: str
    format: Literal["json", "lines"]
    item: str = "{item}"
    label: str = "{item}"
    pattern: str = "(?P<item>.+)"
    read: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Trouble(Struct, frozen=True):
    """How it says that it gives no secret: one of the `words` on stderr (any case), or one of the exit `codes`.

    `printed`: texts that it prints in the place of a secret, as if all were well; an empty one where it prints nothing.
    `then` is the command that helps; `source` says where the words are from.
    """

    what: What
    source: str
    words: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    printed: tuple[str, ...] = ()
    then: str = ""


class Manager(Struct, frozen=True):
    """`command` prints the secret of an item: in it `{item}`, `{key of a field}` and `{options}` are filled in, quoted.

    `item` is what people call that which is asked for. `splits_item`: it is several words. `scheme` is how its own
    references begin, which are items as they are. `systems`: those that it exists on (`sys.platform`), if not on all.
    """

    id: str
    name: str
    program: str
    item: str
    example: str
    command: str
    page: str
    splits_item: bool = False
    scheme: str = ""
    systems: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    listing: Listing | None = None
    troubles: tuple[Trouble, ...] = ()

    @property
    def title(self) -> str:
        """`1Password (op)`, `pass`"""
        return self.name if self.name == self.program else f"{self.name} ({self.program})"

    def trouble(self, code: int, words: str, printed: str) -> Trouble | None:
        """What an end of its program means: by its exit code, its words, and what it printed, if that is no secret."""
        said = words.casefold()
        by_words = (it for it in self.troubles if any(word.casefold() in said for word in it.words))
        return next(by_words, None) or next((it for it in self.troubles if _means(it, code, printed)), None)


def _means(trouble: Trouble, code: int, printed: str) -> bool:
    return code in trouble.codes or (code == 0 and printed in trouble.printed)


def command(manager: Manager, item: str, fields: Mapping[str, str]) -> str:
    """The line for sh that prints an item's secret; Crush runs the same one in `$(...)`."""
    words = shlex.split(item) if manager.splits_item else [item]
    return _filled(manager.command, manager, fields, shlex.join(words))


def list_command(manager: Manager, listing: Listing, fields: Mapping[str, str]) -> str:
    """The line for sh that prints what items there are."""
    return _filled(listing.command, manager, fields, "")


def _filled(template: str, manager: Manager, fields: Mapping[str, str], item: str) -> str:
    values = {it.key: fields.get(it.key) or it.default for it in manager.fields}
    quoted = {key: _quoted(value) for key, value in values.items()}
    options = "".join(f" {option}" for option in _options(manager, values))
    filled = {**quoted, "item": item, "options": options}
    return re.sub(r" (?=\{options\})|\{(\w+)\}", lambda match: filled[match[1]] if match[1] else "", template)


def _options(manager: Manager, values: Mapping[str, str]) -> Iterator[str]:
    for it in manager.fields:
        if it.flag and (value := values[it.key]):
            yield f"{it.flag}{'' if it.flag.endswith('=') else ' '}{_quoted(value)}"


def _quoted(value: str) -> str:
    """For sh, which does not know a quoted ~."""
    inside = value.removeprefix("~/")
    return shlex.quote(value) if inside == value else f'"$HOME"/{shlex.quote(inside)}'
