"""What can be wrong with the files themselves: literal keys, access, places (crush-behaviour 1, 10.3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.crush.strictness import CONFIG, PROVIDER, dotted
from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Fix, Place, Seen
from wizard.doctor.value_checks import is_of_another_shell
from wizard.documents.json.reading import JsonReading
from wizard.expansion.plain_secrets import holds_secret, plain_secrets
from wizard.files.edit import TextEdit
from wizard.shown import shell_word
from wizard.transfer.plain_keys import JsonSpot, redacted
from wizard.ui.place import shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.loading import Content
    from wizard.crush.problem import Severity
    from wizard.doctor.examined import Examined, FileState, Stray
    from wizard.transfer.plain_keys import PlainKey as PlainKey

# D10: literal secrets

_LOOKED_THROUGH = ("providers", "env")
"""The fields whose keys are found one by one."""


def _literals(examined: Examined) -> Iterator[Seen]:
    yield from _literal_keys(examined)
    yield from _literals_elsewhere(examined)


def _literal_keys(examined: Examined) -> Iterator[Seen]:
    for key in examined.plain_keys:
        if key.path is None or key.kind == "oauth" or key.is_stand_in:  # a login is Crush's own; D12, D28
            continue
        if key.kind in ("api-key", "header") and is_of_another_shell(key.value):  # D12
            continue
        state = examined.state_of(key.path)
        exposed = _exposed(state)
        own = key.path in examined.crush_own
        severity: Severity = "info" if own and not exposed else "warning"
        message = f"{_what(key)}, {redacted(key.value)}" + "".join(f"; {reader}" for reader in exposed)
        if key.reason:
            message += f"; {key.reason}"
        cure = "move it into the store: crush-wizard secret adopt"
        yield Seen(message, key.provider, Place(key.path, key.line), cure, severity=severity)


def _what(key: PlainKey) -> str:
    place = f"a plain-text key in {key.header}" if key.header else "a plain-text key"
    is_default = isinstance(key.spot, JsonSpot) and key.spot.default_of
    return f"{place} as the default of {is_default}" if is_default else place


def _literals_elsewhere(examined: Examined) -> Iterator[Seen]:
    """Such as headers and variables of MCP servers; what was found by the lines of a script is told already."""
    for file in examined.loaded.read:
        tree = file.content.tree if file.content else {}
        told = {key.value for key in examined.plain_keys if key.path == file.path}
        fields = [name for name in tree if name.casefold() not in _LOOKED_THROUGH]
        holding = [name for name in fields if not plain_secrets({name: tree[name]}) <= told]
        if not holding:
            continue
        exposed = _exposed(examined.state_of(file.path))
        severity: Severity = "info" if file.path in examined.crush_own and not exposed else "warning"
        places = joined(f"`{name}`" for name in holding)
        message = f"{places} contains a plain-text secret" + "".join(f"; {reader}" for reader in exposed)
        position = file.content and _position(file.content, holding[0], tree[holding[0]])
        place = Place(file.path, *(position or (None, None)))
        yield Seen(message, "", place, "replace it with $NAME by hand, and export that variable", severity=severity)


def _position(content: Content, section: str, value: Any) -> tuple[int, int] | None:
    """In JSON a section has a place; in a script each of its members has one."""
    members = value if isinstance(value, Mapping) else {}
    holding = ((section, name) for name, member in members.items() if holds_secret({name: member}))
    return next(filter(None, map(content.position, ((section,), *holding))), None)


def _exposed(state: FileState | None) -> list[str]:
    if state is None:
        return []
    found = []
    if state.is_open:
        found.append(f"other users can read the file (mode {state.mode:o}): chmod 600")
    if state.committed:
        where = f", which is {shown_path(state.target)}" if state.target else ""
        found.append(f"git would commit the file{where}")
    return found


# D23, D25, D26


def _out_of_reach(examined: Examined) -> Iterator[Seen]:
    for file in examined.effective.files:
        if file.foreign:
            message = "Crush ignores this file: its owner is not the owner of the current folder"
            yield Seen(
                message, "", Place(file.path), "change its owner (chown), or that of the folder", severity="warning"
            )
    if examined.in_work_tree:
        for path in examined.out_of_reach:
            message = "Crush does not read this: it is above the git work tree, where Crush stops looking"
            yield Seen(message, "", Place(path))


def _links(examined: Examined) -> Iterator[Seen]:
    for state in examined.files:
        if state.is_link and state.path in examined.crush_own:
            message = "this is a symbolic link, which Crush replaces with a plain file when it next writes"
            yield Seen(message, "", Place(state.path))


def _clashing_case(examined: Examined) -> Iterator[Seen]:
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for file in examined.loaded.read:
        for path, name in _fields(file.content.tree if file.content else {}):
            where = (*path, name.casefold())
            spelling, first = seen.setdefault(where, (name, file.path.name))
            if spelling != name:
                place = file.content.position((*path, name)) if file.content else None
                effect = _EFFECTS.get(name.casefold(), "Crush reads both, and the later one wins")
                message = f"`{name}` here is `{spelling}` in {first}: {effect}"
                yield Seen(message, path[1] if len(path) > 1 else "", Place(file.path, *(place or (None, None))))


_EFFECTS = {"providers": "Crush keeps only the later one"}
"""What becomes of two spellings where it is something of its own."""


def _doubles(examined: Examined) -> Iterator[Seen]:
    for file in examined.loaded.read:
        doubles = file.content.doubles() if isinstance(file.content, JsonReading) else ()
        edits = tuple(TextEdit(double.start, double.end - double.start, "") for double in reversed(doubles))
        fix = Fix("remove what is repeated further down", False, file.path, edits=edits)
        for double in doubles:
            line, column = double.kept
            message = f"`{dotted(double.key_path)}` is repeated at {line}:{column}: Crush ignores this one"
            provider = str(double.key_path[1]) if double.key_path[0] == "providers" and double.key_path[1:] else ""
            yield Seen(message, provider, Place(file.path, *double.place), "remove this one, or merge them", fix)


def _fields(tree: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The names that count in any letter case, each with the place that it is in."""
    for key, value in tree.items():
        if key.casefold() in CONFIG.fields:
            yield (), key
        if key.casefold() == "providers" and isinstance(value, dict):
            for provider, entry in value.items():
                for name in entry if isinstance(entry, dict) else ():
                    if name.casefold() in PROVIDER.fields:
                        yield ("providers", provider), name


# P1, L1, L2


def _marks(examined: Examined) -> Iterator[Seen]:
    scripts = {file.path for file in examined.effective.files if file.file.format == "crushrc"}
    for state in examined.files:
        if state.mark and state.path in scripts:
            yield Seen(
                "the script begins with a byte order mark: Crush does not recognize its first command",
                "",
                Place(state.path, 1, 1),
            )


def _uncertain(examined: Examined) -> Iterator[Seen]:
    for place in examined.effective.uncertain:
        yield Seen(place.message, place.provider, Place(place.path, place.line))


def _misplaced(examined: Examined) -> Iterator[Seen]:
    is_missed = not any(provider.kept for provider in examined.effective.providers)
    for seen in map(_with_its_place, examined.misplaced):
        yield replace(seen, severity="warning") if is_missed and seen.fix else seen


def _with_its_place(stray: Stray) -> Seen:
    """With the way to where Crush reads it. A file with a key is not copied by the wizard, not even for undo."""
    seen = _about(stray)
    if stray.place is None:
        return seen
    if not stray.is_free:
        return replace(seen, cure=f"copy what you need to {shown_path(stray.place)}, and delete this file")
    if stray.holds_key:
        return replace(seen, cure=f"mv {shell_word(str(stray.path))} {shell_word(str(stray.place))}")
    fix = Fix(f"move it to {shown_path(stray.place)}", False, stray.path, move_to=stray.place)
    return replace(seen, cure=fix.description, fix=fix)


def _leftovers(examined: Examined) -> Iterator[Seen]:
    return map(_about, examined.leftovers)


def _own(examined: Examined) -> Iterator[Seen]:
    if problem := examined.own_problem:
        path = Path(problem.path) if problem.path else None
        yield Seen(problem.message, "", Place(path, problem.line, problem.column), problem.hint)


def _open_own(examined: Examined) -> Iterator[Seen]:
    for path in examined.open_own:
        message = "this is part of the encrypted file, and other users can read it"
        yield Seen(message, "", Place(path), f"chmod go-rwx {shell_word(str(path))}")


def _about(stray: Stray) -> Seen:
    severity: Severity | None = "warning" if stray.holds_key else None
    more = ", and it contains a plain-text key" if stray.holds_key else ""
    return Seen(f"{stray.why}{more}", "", Place(stray.path), severity=severity)


CHECKS = (
    Check(
        Code(
            "D10",
            "warning",
            "A plain-text key",
            "Everybody who can read the file, a backup of it or its repository can read the key. That includes a key "
            "as the default of a variable: ${NAME:-key}. Crush expands a `$` or a backslash in a key, so it may not "
            "even arrive as it is written. Crush keeps keys that you type into it in its data folder, with mode 0600.",
            "move it into the store: crush-wizard secret adopt",
        ),
        _literals,
    ),
    Check(
        Code(
            "D23",
            "info",
            "A config file that Crush ignores",
            "Crush reads project files from the current folder up to the top of the git work tree, no further. It "
            "also ignores a project file whose owner is not the owner of the current folder, and does not say so.",
            "move it into the project, or into your own config folder",
        ),
        _out_of_reach,
    ),
    Check(
        Code(
            "D25",
            "info",
            "Crush's own file is a symbolic link",
            "Crush replaces the whole file, and with it the link. The file behind the link does not change.",
            "keep the data folder out of your dotfiles",
        ),
        _links,
    ),
    Check(
        Code(
            "D26",
            "warning",
            "One field in two spellings",
            "Crush ignores upper and lower case when it reads a field, but not when it merges files, which comes "
            "first: of `Providers` and `providers`, one is lost. Of two spellings in one provider, the later value "
            "wins; headers come from both, and two lists of models are mixed element by element.",
            "spell it in lower case everywhere",
        ),
        _clashing_case,
    ),
    Check(
        Code(
            "D27",
            "warning",
            "A field is twice in one object",
            "If a field is twice in one object, Crush uses only the later one: a second entry of a provider replaces "
            "all of the first, with its models and its key. It does not say so.",
            "merge them, or remove the earlier one: crush-wizard doctor --fix",
        ),
        _doubles,
    ),
    Check(
        Code(
            "P1",
            "warning",
            "A byte order mark in a crushrc",
            "Crush reads the three bytes at the beginning of the file as a part of the first command, which it then "
            "does not recognize. The rest of the script runs.",
            "save the file as UTF-8 without a byte order mark",
        ),
        _marks,
    ),
    Check(
        Code(
            "P2",
            "info",
            "A config file where Crush does not look",
            "Crush only looks for crush.json, .crush.json, crushrc and .crushrc, and only in the folders that "
            "`crush-wizard paths` lists. It does not read a crush.jsonc, a file in ~/.crush or ~/Library, or a "
            "crushrc in its data folder.",
            "move it to one of the places that `crush-wizard paths` lists",
        ),
        _misplaced,
    ),
    Check(
        Code(
            "P3",
            "info",
            "A leftover file",
            "A program that was killed, or an editor, left a copy of a config file behind.",
            "delete it if you do not need it",
        ),
        _leftovers,
    ),
    Check(
        Code(
            "P4",
            "error",
            "A file of crush-wizard is broken",
            "crush-wizard keeps its settings, and a list of the names of stored secrets, in files. Without them it "
            "does not know where the keys are.",
            "repair the file, or move it away",
        ),
        _own,
    ),
    Check(
        Code(
            "P5",
            "warning",
            "Other users can read the secret files of crush-wizard",
            "The secrets are encrypted, but the identity that opens them may be beside them. Both get mode 0600, "
            "in a folder with mode 0700.",
            "remove the permissions of other users: chmod go-rwx FILE",
        ),
        _open_own,
    ),
    Check(
        Code(
            "P6",
            "info",
            "Something in a crushrc that can't be known without running it",
            "crush-wizard reads a crushrc without running it. It understands variables of the environment, and "
            "conditions about them and about missing files. It does not know what depends on the output of a "
            "program, on a function or on a sourced file, and no finding relies on that.",
            "nothing, if this is intended",
        ),
        _uncertain,
    ),
)
