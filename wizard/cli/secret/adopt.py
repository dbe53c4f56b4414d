"""`secret adopt`: move keys that lie in plain text into the secret store."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import click
from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.cli.flags import ConfigPath, changing, common
from wizard.cli.result import Result
from wizard.cli.secret.adopt_commands import adopt_commands
from wizard.cli.secret.change import in_store
from wizard.errors import AnswersMissing, SecretNotFound, StoreUnavailable, UsageError
from wizard.expansion.mask import Mask
from wizard.files.locations import here
from wizard.files.plan import Plan, SecretEdit
from wizard.files.shell import quoted
from wizard.flow.question import Choice, Kind, Question
from wizard.machine.files import file_of, files_in_force, files_that_count, unread_file
from wizard.machine.presets import all_presets
from wizard.machine.stores import chosen_store, open_with, say_settled
from wizard.machine.vendors import vendor_pairs
from wizard.redaction import MASK
from wizard.secrets.settings import remembered_keys
from wizard.secrets.store import CALLED
from wizard.transfer.start_variables import start_files
from wizard.ui.place import at_line, shown_path
from wizard.ui.prompter import open_prompter
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from wizard.change.run import Proposal, Run
    from wizard.files.locations import ConfigFile
    from wizard.files.plan import FileEdit
    from wizard.flow.driver import Asker
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore
    from wizard.transfer.adoption import Adoption, StartText
    from wizard.transfer.plain_keys import PlainKey, Scan
    from wizard.ui.output import Output

COMMAND = "secret adopt"


@click.command("adopt")
@click.option("--file", type=ConfigPath(), metavar="PATH", help="Only this config file.")
@in_store
@click.option(
    "--from-environment/--no-from-environment",
    default=None,
    help="Include keys in variables that are set here or in start files (default, unless --file).",
)
@click.option(
    "--clean-start-files/--keep-start-files",
    default=None,
    help="Remove the lines of start files that set an adopted variable (default: keep them).",
)
@click.option("--commands", is_flag=True, help="Instead, move the commands, $(...), of your own config.")
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    file: Path | None,
    store_name: str,
    from_environment: bool | None,
    clean_start_files: bool | None,
    commands: bool,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Find keys in plain text, and move them into the secret store.

    Looks into every file that Crush reads here, its own data file included, and at provider variables that are
    set in the environment or in start files. What only looks like a key is left where it is: a dummy, an example,
    another tool's way to name a variable. Nothing is changed before the whole diff was shown and confirmed;
    no backup, log or undo record keeps a key.

    With --commands, $(op read ...) in your own config becomes $NAME, and the command that of the secret NAME, as
    `secret set NAME --command` keeps it. It is not run.
    """
    from wizard.change.run import Run, as_data

    run = Run(output, open_prompter(output), dry_run, yes)
    if commands:
        if from_environment or clean_start_files is not None or store_name != "auto":
            raise UsageError("--commands can't be used with --from-environment, --clean-start-files or --store")
        found = adopt_commands(file, run)
        return Result(lambda: found)
    environment = from_environment if from_environment is not None else file is None
    looking = Looking(file, environment, store_name, run)
    if not looking.report.adopted:
        output.note("nothing to adopt: no plain-text key that can be moved")
        outcome = None
    else:
        outcome = run.make(lambda asker: _propose(looking, asker, clean_start_files), looking.look)
        if dry_run:
            store = looking.report.store
            output.note(f"did not check {CALLED[store]}: a name with a different value there gets a number")
        else:
            _say_done(outcome.about, outcome.plan, output)
        if outcome.applied and looking.named_store:
            say_settled(looking.named_store, outcome.proposal.remembers, output)
    return Result(lambda: {**as_data(outcome), "found": looking.report.data()})


# Looking


class Looking:
    """The files and variables as they are now, and the store that the keys go into; None where it is not asked."""

    def __init__(self, file: Path | None, from_environment: bool, store_name: str, run: Run) -> None:
        self._file = file
        self._from_environment = from_environment
        self._store_name = store_name
        self.run = run
        self.look()

    @property
    def named_store(self) -> StoreName | None:
        """The store that was named for the keys."""
        return None if self._store_name == "auto" else cast("StoreName", self._store_name)

    def look(self) -> None:
        run = self.run
        found = _look(self._file, self._from_environment, run.output)
        name = _store_named(self._store_name)
        asks_store = found.movable and (run.yes or run.asker is not None) and not run.dry_run
        self.store = _open(name, run.asker) if asks_store else None
        self.report = Report(found, *found.named(self.store), name)
        self.report.tell_left(run.output)


class KeysFound(Struct, frozen=True):
    """Everything that was looked at. `usual` is the variable of each known provider, `hosts` where variables go."""

    scan: Scan
    start_texts: tuple[StartText, ...]
    findings: tuple[PlainKey, ...]
    usual: Mapping[str, str]
    used: frozenset[str]
    hosts: Mapping[str, frozenset[str]]

    @property
    def movable(self) -> bool:
        return any(not finding.reason for finding in self.findings)

    def named(self, store: SecretStore | None) -> tuple[tuple[Adoption, ...], tuple[PlainKey, ...]]:
        from wizard.transfer.adoption import KnownNames, adoptions

        known = KnownNames(self.usual, self._elsewhere(), self.used, _values_in(store), self.hosts)
        return adoptions(self.findings, known)

    def _elsewhere(self) -> dict[str, set[str]]:
        """The values that variables have outside the store, be it as a default; whether those are adopted or not."""
        values: dict[str, set[str]] = {name: {value} for name, value in os.environ.items() if value}
        for name, defaults in self.scan.defaults.items():
            values.setdefault(name, set()).update(defaults)
        for finding in self.findings:
            if finding.kind == "env":
                values.setdefault(finding.variable, set()).add(finding.value)
        for text in self.start_texts:
            for assignment in text.assignments:
                values.setdefault(assignment.variable, set()).add(assignment.value or "")
        return values


def _values_in(store: SecretStore | None) -> Callable[[str], str | None]:
    """A name's value in the store, asked for once. Without a store (--dry-run) none is known."""

    @cache
    def value(name: str) -> str | None:
        try:
            return store.get(name) if store else None
        except SecretNotFound:
            return None

    return value


def _look(file: Path | None, from_environment: bool, output: Output) -> KeysFound:
    from wizard.crush.usage import usage
    from wizard.transfer.adoption import (
        hosts_of_variables,
        in_environment,
        provider_variables,
        read_start_files,
        usual_variables,
    )
    from wizard.transfer.plain_keys import scan

    around = here()
    presets = all_presets(output)
    in_force = files_in_force(around)
    scanned = scan(_only(file, in_force), scan(in_force).receivers if file else {})
    if file is not None and scanned.problems:
        raise scanned.problems[0]
    used = usage(files_that_count(around))
    texts, problems = read_start_files(start_files(around.home, around.cwd, os.environ, sys.platform))
    wanted = provider_variables(presets, used.variables) if from_environment else ()
    findings = (
        *scanned.findings,
        *in_environment(wanted, os.environ),
        *(finding for text in texts for finding in text.findings(wanted)),
    )
    for problem in (*scanned.problems, *problems):
        output.warning(f"skipped: {problem.where}: {problem.message}")
    hosts = hosts_of_variables(used.uses, scanned.receivers, vendor_pairs())
    return KeysFound(scanned, texts, findings, usual_variables(presets), frozenset(used.variables), hosts)


def _only(file: Path | None, in_force: tuple[ConfigFile, ...]) -> tuple[ConfigFile, ...]:
    """The file that was named, in its role if it is one of Crush's; all files if none was named."""
    if file is None:
        return in_force
    return (file_of(file, in_force) or unread_file(file),)


def _store_named(wanted: str) -> str:
    """The store that the keys go into. Raises StoreUnavailable where that would be the environment."""
    from wizard.secrets.choice import in_use

    name = in_use() if wanted == "auto" else wanted
    if name == "environment":
        raise StoreUnavailable(
            "your secret store is the environment, where nothing can be stored",
            hint="use another one: --secret-store keyring, or --secret-store file",
        )
    return name


def _open(name: str, asker: Asker | None) -> SecretStore:
    from wizard.secrets.choice import require_usable

    store = open_with(asker, name)
    require_usable(store)
    return store


# Showing


class Report(Struct, frozen=True):
    """What was found, in words and as data."""

    found: KeysFound
    adopted: tuple[Adoption, ...]
    left: tuple[PlainKey, ...]
    store: str

    def tell_left(self, output: Output) -> None:
        for finding in self.left:
            tell = output.note if finding.kind in ("oauth", "start-file", "environment") else output.warning
            tell(f"skipped: {_described(finding)}: {finding.reason}{self._advice(finding)}")
        for path in self.found.scan.others:
            output.note(f"skipped: {shown_path(path)} contains secrets that belong to no provider")

    def _advice(self, finding: PlainKey) -> str:
        from wizard.transfer.adoption import suggested_name

        if finding.kind != "script":
            return ""
        name = suggested_name(finding, self.found.usual) or "NAME"
        flag = f"--extra-header {finding.header}" if finding.header else "--api-key"
        return f"; store the key with `crush-wizard secret set {name}`, and write {flag} '${name}' there"

    def listing(self) -> str:
        return "\n".join(
            f"  {adoption.name:<24}  {_shown(adoption.value)}  {_places(adoption)}" for adoption in self.adopted
        )

    def question(self) -> Question:
        return Question(
            key="adopt",
            text=f"Which keys do you want to move to {CALLED[self.store]}?",
            kind=Kind.MANY,
            flag="--yes",
            help="In the files, a placeholder such as $NAME replaces them.",
            choices=tuple(
                Choice(adoption.name, f"{adoption.name}  {_shown(adoption.value)}", _places(adoption))
                for adoption in self.adopted
            ),
            default=tuple(adoption.name for adoption in self.adopted),
        )

    def data(self) -> list[dict[str, Any]]:
        from wizard.transfer.adoption import suggested_name

        named = [(finding, adoption.name) for adoption in self.adopted for finding in adoption.findings]
        named += [(finding, suggested_name(finding, self.found.usual)) for finding in self.left]
        return [_as_data(finding, name) for finding, name in named]


def _as_data(finding: PlainKey, name: str) -> dict[str, Any]:
    return {
        "path": str(finding.path) if finding.path else None,
        "line": finding.line,
        "provider": finding.provider or None,
        "kind": finding.kind,
        "name": name or None,
        "redacted": _shown(finding.value),
        "reason": finding.reason or None,
    }


def _shown(value: str) -> str:
    from wizard.transfer.plain_keys import redacted

    return redacted(value) if value else MASK


def _described(finding: PlainKey) -> str:
    what = {"environment": finding.variable, "start-file": finding.variable, "env": finding.variable}
    named = what.get(finding.kind) or finding.provider or "a key"
    header = f" ({finding.header})" if finding.header else ""
    value = f" {_shown(finding.value)}" if finding.value else ""
    return f"{named}{header}{value} in {_place(finding)}"


def _places(adoption: Adoption) -> str:
    return ", ".join(dict.fromkeys(f"{finding.provider} {_place(finding)}".strip() for finding in adoption.findings))


def _place(finding: PlainKey) -> str:
    if finding.path is None:
        return "the environment"
    return at_line(finding.path, finding.line)


# Asking


class KeysToMove(Struct, frozen=True):
    """What is moved; `clean`: the lines of start files that set it are taken out."""

    adopted: tuple[Adoption, ...]
    clean: bool


def _choose(asker: Asker | None, report: Report, clean: bool | None) -> KeysToMove:
    """Raises AnswersMissing where nobody is there."""
    if asker is None:
        raise AnswersMissing(
            f"can't ask which of these plain-text keys to move:\n{report.listing()}",
            hint="add --yes to move all of them, or --dry-run to see the change",
        )
    names = asker.ask(report.question(), can_go_back=False)
    picked = tuple(adoption for adoption in report.adopted if isinstance(names, tuple) and adoption.name in names)
    return KeysToMove(picked, _wants_clean(asker, picked, clean))


def _wants_clean(asker: Asker, picked: tuple[Adoption, ...], clean: bool | None) -> bool:
    lines = list(_start_lines(picked))
    if not lines or clean is not None:
        return clean is True
    question = Question(
        key="clean",
        text=f"Remove {counted(len(lines), 'line')} from your start files?",
        kind=Kind.CONFIRM,
        flag="--clean-start-files",
        help="\n".join([*map(_described, lines), "Other programs that use these variables would miss them."]),
        default=False,
    )
    return asker.ask(question, can_go_back=True) is True


def _start_lines(adopted: Iterable[Adoption]) -> Iterator[PlainKey]:
    return (finding for adoption in adopted for finding in adoption.findings if finding.kind == "start-file")


# Doing


def _propose(looking: Looking, asker: Asker | None, clean: bool | None) -> Proposal[KeysToMove]:
    """The keys that are moved: those that somebody picks, or all of them."""
    from wizard.change.run import Proposal

    report, store = looking.report, looking.store
    is_settled = looking.run.is_settled or not report.adopted
    chosen = KeysToMove(report.adopted, clean is True) if is_settled else _choose(asker, report, clean)
    plan = _plan(report, chosen)
    values = {adoption.name: adoption.value for adoption in chosen.adopted}
    named = looking.named_store
    return Proposal(
        plan,
        chosen,
        values,
        {store.name: store} if store else {},
        shown=_shown_plan(plan),
        remembers=chosen_store(named) if named else {},
    )


def _plan(report: Report, chosen: KeysToMove) -> Plan:
    files = tuple(_edits(report.found, chosen))
    changed = {edit.path for edit in files}
    secrets = (
        SecretEdit(
            adoption.name, report.store, "store", stays=any(finding.path in changed for finding in adoption.findings)
        )
        for adoption in chosen.adopted
    )
    return Plan(COMMAND, files, tuple(secrets))


def _shown_plan(plan: Plan) -> Plan:
    """The plan as a diff shows it: with the placeholders that undo records hold, nothing would seem to change."""
    return replace(plan, files=tuple(map(_shown_edit, plan.files)))


def _shown_edit(edit: FileEdit) -> FileEdit:
    masked = dict.fromkeys(edit.masked, MASK)
    if edit.format == "crushrc":  # of a word with a key in it the rest is seen
        from wizard.documents.crushrc.document import CrushrcDocument

        words = CrushrcDocument(edit.before, edit.path).masks(lambda _: MASK)
        masked |= {word: Mask(masked).text(shown) for word, shown in words.items()}
    return replace(edit, masked=masked)


def _edits(found: KeysFound, chosen: KeysToMove) -> Iterator[FileEdit]:
    from wizard.change.run import edit_of
    from wizard.transfer.adoption import changes, lines

    by_lookup = remembered_keys(folders.settings()) == "lookup"
    unread = {finding.value: MASK for finding in found.findings if finding.value}
    for path, document in found.scan.documents.items():
        replaced = changes(chosen.adopted, path, by_lookup=by_lookup)
        if replaced.wanted:
            edit = edit_of(document, replaced.wanted, replaced.masked)
            masked = _masked(unread, edit.masked, replaced.masked)
            yield replace(edit, masked=masked, instead=_several(replaced.instead.values(), masked))
    for text in found.start_texts:
        gone = lines(chosen.adopted, text.file.path) if chosen.clean else []
        if gone:
            yield text.without(gone)


def _masked(unread: Mapping[str, str], of_file: Mapping[str, str], instead: Mapping[str, str]) -> dict[str, str]:
    """What a record has in the place of each key, and of each word of a script with one in it (`of_file`): there it is
    a word in which the shell expands nothing.
    """
    every = Mask({**unread, **instead})
    words = {word: every.text(shown) for word, shown in of_file.items() if word not in instead}
    bare = {word: shown for word, shown in of_file.items() if shown == quoted(instead.get(word, ""), "bash")}
    return {**unread, **words, **instead, **bare}


def _several(instead: Iterable[list[str]], masked: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What takes the places of one secret, where it is not everywhere the same: by each way in which it is written."""
    found: dict[str, tuple[str, ...]] = {}
    for texts in instead:
        last = re.compile(rf"{re.escape(texts[-1])}(?!\w)")
        for word, shown in masked.items() if len(set(texts)) > 1 else ():
            if last.search(shown):
                found[word] = tuple(last.sub(lambda _, text=text: text, shown) for text in texts)  # type: ignore[misc]
    return found


def _say_done(chosen: KeysToMove, plan: Plan, output: Output) -> None:
    from wizard.change.delivery import say_how

    if not chosen.adopted:
        output.note("nothing picked, nothing changed")
        return
    names = [adoption.name for adoption in chosen.adopted]
    output.done(f"Moved {counted(len(names), 'key')} to {CALLED[plan.secrets[0].store]}: {', '.join(names)}")
    for edit in plan.files:
        gone = "no longer sets them" if edit.format == "shell" else "has placeholders instead"
        output.done(f"{shown_path(edit.path)} {gone}")
    for finding in () if chosen.clean else _start_lines(chosen.adopted):
        output.note(f"delete the line yourself: {_place(finding)} still sets {finding.variable} in plain text")
    unset = [name for name in names if not os.environ.get(name)]
    if unset:
        say_how(remembered_keys(folders.settings()), unset[0], output)
    if plan.files:
        output.note("`crush-wizard undo` does not restore keys in files: they stay in the store")
