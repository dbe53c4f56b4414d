"""The managers that are known: those that come along, and those that the user has described.

A user's own is a TOML file in `managers` beside their presets; it replaces the one of its id that comes along.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import folders
from wizard.errors import WizardError
from wizard.files.programs import which
from wizard.flow.manager import command
from wizard.secrets.reference.file import own_text
from wizard.secrets.reference.line import first_word, program
from wizard.secrets.reference.manager_file import read_manager, read_shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.flow.manager import Manager

SHIPPED = {
    "onepassword": "op",
    "bitwarden": "bw",
    "rbw": "rbw",
    "pass": "pass",
    "gopass": "gopass",
    "keepassxc": "keepassxc-cli",
    "macos-keychain": "security",
    "secret-tool": "secret-tool",
    "vault": "vault",
    "openbao": "bao",
    "aws-secrets-manager": "aws",
    "aws-ssm": "aws",
    "google-secret-manager": "gcloud",
    "azure-key-vault": "az",
    "doppler": "doppler",
    "infisical": "infisical",
}
"""The programs by the ids, so that only what is here has to be read.

In the order in which they are shown: managers of people, then vaults of companies.
"""


def managers() -> tuple[Mapping[str, Manager], tuple[WizardError, ...]]:
    """All by id, and why files of the user's are none. A broken one hides no other, not even the one of its id."""
    own, problems = _own()
    return {**{id_: _shipped(id_) for id_ in SHIPPED}, **own}, problems


def found(path: str) -> tuple[Manager, ...]:
    """Those whose program is on a PATH, and whose system this is."""
    shipped = {id_: _shipped(id_) for id_, program in SHIPPED.items() if which(program, path)}
    here = {**shipped, **_own()[0]}.values()
    return tuple(it for it in here if (not it.systems or sys.platform in it.systems) and which(it.program, path))


def manager_of(line: str, known: Iterable[Manager]) -> Manager | None:
    """The manager that a command line belongs to; of two with one program, the one whose command begins alike."""
    fitting = [it for it in known if program(line) == it.program]
    words = line.partition(first_word(line))[2].split() if fitting else []
    return max(fitting, key=lambda it: _alike(words, it.command.split()[1:]), default=None)


def advice(line: str, code: int, words: str, printed: str = "") -> str:
    """What to do about a command that ended so, with these words on stderr; empty where that is not known.

    `printed` is what it printed, where that is no secret.
    """
    manager = manager_of(line, _with_program(line))
    trouble = manager.trouble(code, words, printed) if manager else None
    if manager is None or trouble is None:
        return ""
    if trouble.what == "missing":
        return f"{manager.name} does not have this item" + (f"; to see them: {trouble.then}" if trouble.then else "")
    return f"to {'unlock' if trouble.what == 'locked' else 'sign in to'} {manager.name}: {trouble.then}"


def stands_in(line: str, printed: str) -> bool:
    """Whether the command's manager prints this in the place of a secret."""
    manager = manager_of(line, _with_program(line))
    return manager is not None and manager.trouble(0, "", printed) is not None


def reference_in(text: str) -> str | None:
    """The command in what a person pastes where a key is asked for: `$(...)`, a manager's own reference such as
    `op://V/I/F`, or a command line that begins with a known manager's program. None: it is something else.
    """
    bare = _unquoted(text.strip())
    known = managers()[0].values()
    if "\n" in bare:
        return None
    if referred := next((it for it in known if it.scheme and bare.startswith(it.scheme)), None):
        return command(referred, bare, {}) if len(bare) > len(referred.scheme) else None
    if inner := _inside(bare, "$(", ")") or _inside(bare, "`", "`"):
        return inner
    return bare if len(bare.split()) > 1 and manager_of(bare, known) else None


def _unquoted(text: str) -> str:
    """1Password copies its references with quotes around them."""
    return text[1:-1] if text[:1] in ("'", '"') and text[:1] == text[-1:] else text


def _inside(text: str, opened: str, closed: str) -> str:
    """What is between two marks around the whole text; empty where they are not around it."""
    inner = text.removeprefix(opened).removesuffix(closed).strip()
    is_around = text.startswith(opened) and text.endswith(closed) and len(text) > len(opened)
    before_first = inner.partition(closed)[0]
    return inner if is_around and (closed not in inner or "(" in before_first) else ""


def _alike(words: list[str], others: list[str]) -> int:
    """How many words two lines have in common at their beginning."""
    same = (number for number, (word, other) in enumerate(zip(words, others, strict=False)) if word != other)
    return next(same, min(len(words), len(others)))


def _with_program(line: str) -> tuple[Manager, ...]:
    """Those that a command line may belong to: of those that come along, only these are read."""
    own, started = _own()[0], program(line)
    shipped = (_shipped(id_) for id_, name in SHIPPED.items() if name == started and id_ not in own)
    return (*shipped, *own.values())


def _own_files() -> list[Path]:
    try:
        return sorted(path for path in folders.managers().iterdir() if path.suffix == ".toml")
    except OSError:
        return []


def _own() -> tuple[dict[str, Manager], tuple[WizardError, ...]]:
    own: dict[str, Manager] = {}
    problems: list[WizardError] = []
    for path in _own_files():
        try:
            own[path.stem] = read_manager(own_text(path) or "", path)
        except WizardError as problem:
            problems.append(problem)
    return own, tuple(problems)


@cache
def _shipped(id_: str) -> Manager:
    path = Path(__file__).parent / "managers" / f"{id_}.toml"
    return read_shipped(path.read_text(encoding="utf-8"), path)
