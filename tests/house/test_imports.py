"""The house rules about imports and about who writes files, read from the source itself.

Rooms import downwards only; a heavy library belongs to one room and is imported when it is needed; only the
modules named here write files; no module is left that nobody uses.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

ROOT = Path(__file__).parents[2]

ROOMS = (
    *("cli", "trial", "change", "machine", "doctor", "ui", "transfer", "crush", "clouds", "endpoints"),
    *("secrets", "documents", "catalog", "files", "flow", "expansion", "provider", "network"),
)
"""From the top down. `wizard.__main__` is above them all, and the modules of GROUND are below."""
GROUND = (
    "wizard",
    *(
        f"wizard.{name}"
        for name in (
            "credential errors folders interrupts namespace near occurrences presets private redaction regexp shown "
            "words"
        ).split()
    ),
)

HOMES = {
    "click": {"cli"},
    "questionary": {"ui"},
    "prompt_toolkit": {"ui"},
    "rich": {"ui"},
    "wcwidth": {"ui"},
    "httpcore": {"network"},
    "socksio": {"network"},
    "truststore": {"network"},
    "keyring": {"secrets"},
    "secretstorage": {"secrets"},
    "jeepney": {"secrets"},
}
"""The rooms that may import a library. One that is not listed may be imported anywhere."""
HEAVY = {"questionary", "prompt_toolkit", "rich", "httpcore", "truststore", "tomlkit"}
HEAVY |= {"keyring", "secretstorage", "jeepney", "pyrage", "yaml", "platformdirs", "hashlib", "shutil", "subprocess"}
"""Libraries that are imported inside functions only: `--help` must not wait for them. Some are Python's own."""
HUBS = {
    f"wizard.{room}.{name}"
    for room, names in {
        "catalog": "catalog matching refresh",
        "clouds": "vendors",
        "change": "apply delivery kept_slots run",
        "cli.completion": "answering",
        "cli.doctor": "examination fix report",
        "cli.model": "change",
        "cli.move": "import_ taking_over",
        "cli.provider": "adding change interview sign_in",
        "cli.setup": "air_gapped change ending start",
        "crush": "loading usage",
        "doctor": "page table",
        "documents.crushrc": "document syntax",
        "documents.json": "document",
        "endpoints": "curl diagnosis listing local_servers probe wire",
        "expansion": "plain_secrets",
        "flow": "dialogue driver edit_provider engine knowledge model_choice model_questions preset_library situation "
        "slot_questions",
        "machine": "consent in_force looking_around own_catalogue problems profiles provider_state provider_values "
        "shown_entry starting target",
        "network": "client running trust way_out",
        "secrets": "age_store choice keyring_store secret_service",
        "secrets.reference": "items known running",
        "transfer": "adoption arrival consent convert plain_keys portable profile_file profile_text sealing",
        "transfer.origins": "found joining",
        "trial": "discovered facts offers provider_models trial",
        "ui": "model_table plain_prompter progress question_masking stepper terminal_prompter",
    }.items()
    for name in names.split()
}
"""Modules that bring a room's worth of others, and may be imported inside functions. All others stand at the top."""
SHORT_WAYS = {
    "wizard.__main__",
    "wizard.cli.app",
    "wizard.cli.command_line",
    "wizard.cli.plain_line",
    "wizard.cli.completion.candidates",
    "wizard.cli.version",
    "wizard.secrets.lookup",
    "wizard.secrets.settings",
}
"""What answers at once (the version, a completion, one secret) imports inside functions whatever not all ways need."""

WRITERS = {
    "wizard.files.writer": "the user's files and our own",
    "wizard.secrets.reference.job": "no file: the terminal, to lend it to a program that asks for something",
    "wizard.secrets.serving": "no file: a pipe to the process that started it",
    "wizard.ui.output": "no file: the null device, in the place of a closed pipe",
}
"""Every module that may open something for writing, and what."""

WRITING_CALLS = {"write_text", "write_bytes", "touch", "rename", "symlink_to", "hardlink_to", "truncate"}
WRITING_CALLS |= {"mkstemp", "NamedTemporaryFile", "TemporaryFile"}
WRITING_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"}


@dataclass(frozen=True)
class Import:
    """`module` is absolute, and for `from wizard import folders` it is wizard.folders."""

    module: str
    line: int
    lazy: bool
    """Inside a function, or for type checkers only."""


@dataclass(frozen=True)
class Source:
    """One module's code. `name` is its full dotted name; a package's is that of its folder."""

    name: str
    tree: ast.AST

    @property
    def room(self) -> str:
        return _room(self.name)


def sources(root: Path) -> dict[str, Source]:
    """Every module below `root`/wizard, by name."""
    files = sorted((root / "wizard").rglob("*.py"))
    return {source.name: source for source in (_source(_module_name(file, root), file.read_text()) for file in files)}


def imports(source: Source, known: set[str]) -> Iterator[Import]:
    """All imports of a module, wherever they stand. `known` tells submodules from other names."""
    for node, lazy in _walk(source.tree, lazy=False):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            for alias in node.names:
                whole = f"{package}.{alias.name}"
                yield Import(whole if whole in known else package, node.lineno, lazy)


def wrong_imports(tree: dict[str, Source]) -> list[str]:
    """`module:line: what is wrong`, for steps up, relative imports, and libraries outside their home."""
    return [
        f"{source.name}:{found.line}: {fault}"
        for source in tree.values()
        for found in imports(source, set(tree))
        for fault in _faults(source, found)
    ]


def late_imports(tree: dict[str, Source]) -> dict[str, list[str]]:
    """Our own modules that are imported inside functions, with the modules that do so."""
    late: dict[str, list[str]] = {}
    for source in tree.values():
        for function in _functions(source) if source.name not in SHORT_WAYS else ():
            for found in imports(Source(source.name, function), set(tree)):
                if found.module.startswith("wizard."):
                    late.setdefault(found.module, []).append(source.name)
    return late


def compiled_early(tree: dict[str, Source]) -> list[str]:
    """`module:line` of every regular expression that is compiled when its module is imported."""
    return [
        f"{source.name}:{node.lineno}"
        for source in tree.values()
        for node, lazy in _walk(source.tree, lazy=False)
        if not lazy and isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
    ]


def circles(tree: dict[str, Source]) -> list[str]:
    """Modules that import each other, directly or through others: `a -> b -> a`; whatever way they are imported."""
    graph = {name: {found.module for found in imports(source, set(tree))} & set(tree) for name, source in tree.items()}
    while ends := [name for name, wanted in graph.items() if not wanted]:
        graph = {name: wanted.difference(ends) for name, wanted in graph.items() if name not in ends}
    found: dict[frozenset[str], str] = {}
    for start in graph:
        way = [start]
        while way[-1] not in way[:-1]:
            way.append(min(graph[way[-1]]))
        way = way[way.index(way[-1]) :]
        found.setdefault(frozenset(way), " -> ".join(way))
    return list(found.values())


def writers(tree: dict[str, Source]) -> dict[str, list[int]]:
    """The modules that open anything for writing, with the lines."""
    lines = {name: [call.lineno for call in _calls(source) if _writes(call)] for name, source in tree.items()}
    return {name: found for name, found in lines.items() if found}


def unused(tree: dict[str, Source]) -> list[str]:
    """Modules that no other module imports or names, and that are no command of the command line."""
    imported = {found.module for source in tree.values() for found in imports(source, set(tree))}
    return [name for name in tree if name not in imported and not _has_other_use(name, tree)]


def _faults(source: Source, found: Import) -> Iterator[str]:
    library = found.module.partition(".")[0]
    if library == "wizard" and _height(found.module) > _height(source.name):
        yield f"{source.room} imports {found.module}, which is above it"
    if source.room not in HOMES.get(library, {source.room}):
        yield f"{library} is for {' and '.join(sorted(HOMES[library]))} only"
    if library in HEAVY and not found.lazy:
        yield f"{library} is imported when it is needed, inside a function"


def _height(module: str) -> int:
    if module in GROUND:
        return 0
    if module == "wizard.__main__":
        return len(ROOMS) + 1
    return len(ROOMS) - ROOMS.index(_room(module))


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _walk(node: ast.AST, *, lazy: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, lazy
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, lazy=lazy or _defers(node, child))


def _defers(parent: ast.AST, child: ast.AST) -> bool:
    for_types_only = isinstance(parent, ast.If) and "TYPE_CHECKING" in ast.dump(parent.test)
    return isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
        for_types_only and child in parent.body  # type: ignore[attr-defined]
    )


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(source.tree)
    return (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _writes(call: ast.Call) -> bool:
    whole = ast.unparse(call.func)
    name = whole.rpartition(".")[2]
    if whole == "os.open":
        return any(isinstance(part, ast.Attribute) and part.attr in WRITING_FLAGS for part in ast.walk(call))
    if name in ("open", "fdopen"):
        return _opens_for_writing(call)
    moves_a_path = name == "replace" and len(call.args) == 1 and not call.keywords  # str.replace takes two
    return name in WRITING_CALLS or moves_a_path or whole.startswith(("shutil.copy", "shutil.move"))


def _opens_for_writing(call: ast.Call) -> bool:
    """By its mode, which is the second argument, or the first one of a path's own `open`."""
    is_method = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in ("os", "io")
    given = [*call.args[0 if is_method else 1 :][:1], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(not isinstance(mode, ast.Constant) or set(str(mode.value)) & set("wax+") for mode in given)


def _has_other_use(name: str, tree: dict[str, Source]) -> bool:
    is_package = any(other.startswith(f"{name}.") for other in tree)
    named = any(name in text for source in tree.values() for text in _texts(source) if source.name != name)
    return is_package or named or name == "wizard.__main__"


@functools.cache
def _texts(source: Source) -> set[str]:
    """All string literals that do something: a docstring may name a module that nobody uses."""
    said = {node.value for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    nodes = (node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and node not in said)
    return {node.value for node in nodes if isinstance(node.value, str)}


def _module_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _source(name: str, code: str) -> Source:
    return Source(name, ast.parse(code))


# The house as it is


@pytest.fixture(scope="module")
def house() -> dict[str, Source]:
    return sources(ROOT)


def test_only_hubs_are_imported_inside_functions(house: dict[str, Source]) -> None:
    late = late_imports(house)
    assert {hub: late[hub] for hub in sorted(set(late) - HUBS)} == {}
    assert sorted(HUBS - set(late)) == []


def test_regular_expressions_are_compiled_when_they_are_used(house: dict[str, Source]) -> None:
    assert compiled_early(house) == []


def test_imports_go_down_and_libraries_stay_at_home(house: dict[str, Source]) -> None:
    assert wrong_imports(house) == []


def test_only_these_modules_write(house: dict[str, Source]) -> None:
    found = writers(house)
    assert set(found) == set(WRITERS), found


def test_every_module_is_used(house: dict[str, Source]) -> None:
    assert unused(house) == []


def test_no_modules_import_each_other(house: dict[str, Source]) -> None:
    assert circles(house) == []


BRING_A_PROGRAM = {"shfmt-py"}
"""Libraries that are run, not imported."""
DISTRIBUTIONS = {"yaml": "pyyaml"}
"""Where a library is declared under another name than the one that is imported."""


def test_every_library_is_declared_and_every_declared_one_is_used(house: dict[str, Source]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]]
    imported = {found.module.partition(".")[0] for source in house.values() for found in imports(source, set(house))}
    libraries = imported - sys.stdlib_module_names - {"wizard"}
    used = {DISTRIBUTIONS.get(library, library.replace("_", "-")) for library in libraries}
    assert sorted(declared) == sorted(used | BRING_A_PROGRAM)


def test_the_name_of_the_presets_folder_is_free() -> None:
    assert not (ROOT / "wizard" / "presets").exists()
    assert not (ROOT / "wizard" / "presets.py").exists()


# The rules themselves: made-up houses, each with one thing wrong


def _house(modules: dict[str, str]) -> dict[str, Source]:
    """Code by the module's name below wizard."""
    return {f"wizard.{name}": _source(f"wizard.{name}", code) for name, code in modules.items()}


TOO_EARLY = "tomlkit is imported when it is needed, inside a function"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import wizard.ui.text", "files imports wizard.ui.text, which is above it"),
        ("from wizard.ui import text", "files imports wizard.ui.text, which is above it"),
        ("from wizard.ui.text import cut", "files imports wizard.ui.text, which is above it"),
        ("from wizard import __main__", "files imports wizard.__main__, which is above it"),
        ("def f():\n    from wizard.ui.text import cut", "files imports wizard.ui.text, which is above it"),
        ("if TYPE_CHECKING:\n    from wizard.ui.text import cut", "files imports wizard.ui.text, which is above it"),
        ("def f():\n    import questionary", "questionary is for ui only"),
        ("def f():\n    from prompt_toolkit.layout import Layout", "prompt_toolkit is for ui only"),
        ("def f():\n    import keyring.errors", "keyring is for secrets only"),
        ("def f():\n    import httpcore", "httpcore is for network only"),
        ("import tomlkit", TOO_EARLY),
        ("class A:\n    import tomlkit", TOO_EARLY),
        ("try:\n    import tomlkit\nexcept ImportError: ...", TOO_EARLY),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import tomlkit", TOO_EARLY),
    ],
)
def test_a_wrong_import_is_found(code: str, fault: str) -> None:
    tree = _house({"files.plan": code, "ui.text": "", "__main__": ""})
    assert [found.partition(": ")[2] for found in wrong_imports(tree)] == [fault]


@pytest.mark.parametrize(
    "code",
    [
        "from wizard.flow import preset",
        "import wizard.provider.model",
        "from wizard.files import edit",
        "from wizard import folders",
        "from wizard.errors import WizardError",
        "import filelock, json",
        "if TYPE_CHECKING:\n    import tomlkit",
        "def f():\n    import tomlkit",
    ],
)
def test_a_right_import_is_left_alone(code: str) -> None:
    assert wrong_imports(_house({"files.plan": code, "flow.preset": "", "folders": ""})) == []


def test_a_late_import_is_found() -> None:
    code = "from wizard.ui import table\ndef f():\n    from wizard.ui.text import cut\n    import json"
    assert late_imports(_house({"files.plan": code, "ui.text": "", "ui.table": ""})) == {
        "wizard.ui.text": ["wizard.files.plan"]
    }


def test_an_expression_that_is_compiled_early_is_found() -> None:
    code = "A = [re.compile('a')]\nB = regexp('b')\ndef f():\n    return re.compile('c')"
    assert compiled_early(_house({"files.plan": code})) == ["wizard.files.plan:1"]


@pytest.mark.parametrize(
    "back",
    [
        "import wizard.ui.text",
        "def f():\n    from wizard.ui import text",
        "if TYPE_CHECKING:\n    import wizard.ui.text",
    ],
)
def test_a_circle_is_found(back: str) -> None:
    modules = {"cli.app": "import wizard.ui.text", "ui.text": "import wizard.ui.table", "ui.table": back, "ui.end": ""}
    assert circles(_house(modules)) == ["wizard.ui.text -> wizard.ui.table -> wizard.ui.text"]


def test_a_ladder_is_no_circle() -> None:
    modules = {"cli.app": "import wizard.ui.text\nimport wizard.ui.table", "ui.text": "import wizard.ui.table"}
    assert circles(_house({**modules, "ui.table": ""})) == []


@pytest.mark.parametrize(
    "code",
    [
        "open('a', 'w')",
        "open('a', mode='ab')",
        "open('a', how)",
        "io.open('a', 'x')",
        "path.open('r+')",
        "path.open(mode='wb')",
        "os.fdopen(handle, 'w')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "path.write_text('')",
        "path.write_bytes(b'')",
        "path.touch()",
        "tempfile.mkstemp()",
        "temp.replace(target)",
        "os.rename(temp, target)",
        "shutil.copyfile(one, other)",
        "shutil.move(one, other)",
    ],
)
def test_writing_is_found(code: str) -> None:
    assert list(writers(_house({"files.plan": f"def f():\n    {code}"}))) == ["wizard.files.plan"]


@pytest.mark.parametrize(
    "code",
    [
        "open('a')",
        "open('a', 'rb')",
        "path.open('rb')",
        "path.open(encoding='utf-8')",
        "os.fdopen(handle, 'rb')",
        "os.open(path, os.O_RDONLY)",
        "path.read_text()",
        "text.replace('w', 'x')",
        "dataclasses.replace(plan, files=())",
        "rows.move(1)",
    ],
)
def test_reading_is_left_alone(code: str) -> None:
    assert writers(_house({"files.plan": code})) == {}


def test_a_module_that_nobody_uses_is_found() -> None:
    modules = {
        "__main__": "def main():\n    from wizard.cli.app import run",
        "cli": "",
        "cli.app": "COMMANDS = {'add-provider': ('wizard.cli.add', '')}\nfrom wizard.ui import text",
        "cli.add": "'''Unlike wizard.ui.forgotten.'''",
        "cli.forgotten": "",
        "ui": "",
        "ui.text": "CHILD = 'from wizard.ui.child import main'",
        "ui.child": "",
        "ui.forgotten": "NAME = 'wizard.ui.forgotten'",
    }
    assert unused(_house(modules)) == ["wizard.cli.forgotten", "wizard.ui.forgotten"]
