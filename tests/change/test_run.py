"""The one loop of all commands that change something: decide, show, confirm, write, again if a file changed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.change.run import ATTEMPTS, Outcome, Proposal, Run, as_data
from wizard.errors import AnswersMissing, Cancelled, ChangedMeanwhile
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit, Plan
from wizard.flow.question import Back, Kind, Question
from wizard.ui.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.change.apply import Applied
    from wizard.flow.driver import Asker, Style
    from wizard.flow.question import Raw

BACK = "back"
ROOT = Path(__file__).parents[2]


class Person:
    """Answers in turn; `asked` has each question's text, with a `<` where there was a way back."""

    def __init__(self, *answers: Raw) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        self.asked.append(question.text + (" <" if can_go_back else ""))
        answer = self.answers.pop(0)
        if answer == BACK:
            raise Back
        return answer

    def show(self, text: str, level: Style) -> None:
        raise AssertionError((text, level))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


@pytest.fixture
def path(home: Path) -> Path:
    file = home / "crush.json"
    file.write_text("{}")
    return file


def run(asker: Person | None, *, dry_run: bool = False, yes: bool = False) -> Run:
    return Run(Output(io.StringIO(), io.StringIO(), environ={}), asker, dry_run, yes)


def said(run: Run) -> str:
    assert isinstance(run.output.stderr, io.StringIO)
    return run.output.stderr.getvalue()


def plan_for(path: Path, *values: Raw) -> Plan:
    before = path.read_text()
    return Plan("test", (FileEdit(path, before, (TextEdit(0, len(before), str(list(values))),)),))


def deciding(path: Path, run: Run, *keys: str) -> Callable[[Asker | None], Proposal[tuple[Raw, ...]]]:
    """Asks these questions, and writes their answers."""

    def decide(asker: Asker | None) -> Proposal[tuple[Raw, ...]]:
        answers = tuple(
            asker.ask(Question(key=key, text=f"{key}?", kind=Kind.TEXT, flag=""), can_go_back=False) if asker else "-"
            for key in keys
        )
        return Proposal(plan_for(path, *answers), answers, say=lambda: run.output.note(f"about {answers}"))

    return decide


def test_it_is_decided_shown_confirmed_and_written(path: Path) -> None:
    person = Person("1", True)
    running = run(person)
    outcome = running.make(deciding(path, running, "a"))
    assert (outcome.applied, outcome.about, path.read_text()) == (True, ("1",), "['1']")
    assert person.asked == ["a?", f"Write this to {path}? <"]
    assert said(running).index("+['1']") < said(running).index("about ('1',)")


def test_back_from_the_confirmation_asks_the_last_question_again(path: Path) -> None:
    person = Person("1", "2", BACK, "two", True)
    running = run(person)
    running.make(deciding(path, running, "a", "b"))
    assert path.read_text() == "['1', 'two']"
    assert person.asked == ["a?", "b? <", f"Write this to {path}? <", "b? <", f"Write this to {path}? <"]


def test_without_a_question_before_there_is_no_way_back(path: Path) -> None:
    person = Person(True)
    running = run(person)
    running.make(deciding(path, running))
    assert person.asked == [f"Write this to {path}?"]


def test_an_interview_takes_its_own_answers_back(path: Path) -> None:
    taken_back: list[bool] = []
    person = Person(BACK, True)
    running = run(person)
    running.make(lambda _: Proposal(plan_for(path), None, back=lambda: taken_back.append(True)))
    assert taken_back == [True]
    assert person.asked == [f"Write this to {path}? <"] * 2


def test_a_file_that_changed_meanwhile_is_decided_on_anew_with_the_same_answers(path: Path) -> None:
    looked: list[bool] = []

    class Interrupted(Person):
        def ask(self, question: Question, *, can_go_back: bool) -> Raw:
            if question.text.startswith("Write") and not looked:
                path.write_text('{"new": 1}')
            return super().ask(question, can_go_back=can_go_back)

    person = Interrupted("1", True, True)
    running = run(person)
    outcome = running.make(deciding(path, running, "a"), lambda: looked.append(True))
    assert (outcome.applied, path.read_text(), looked) == (True, "['1']", [True])
    assert person.asked == ["a?", f"Write this to {path}? <", f"Write this to {path}? <"]
    assert "was just changed by another program" in said(running)
    assert '-{"new": 1}' in said(running)


def test_another_question_than_before_is_asked(path: Path) -> None:
    person = Person("1", "2", True, "3", True)
    keys = ["a", "b"]
    failed: list[bool] = []
    running = run(person)

    def decide(asker: Asker | None) -> Proposal[tuple[Raw, ...]]:
        proposal = deciding(path, running, *keys)(asker)
        if failed:
            return proposal
        return Proposal(proposal.plan, proposal.about, write=fail)

    def fail() -> Applied:
        failed.append(True)
        raise ChangedMeanwhile("changed")

    running.make(decide, lambda: keys.__setitem__(1, "c"))
    assert [text.rstrip(" <") for text in person.asked if not text.startswith("Write")] == ["a?", "b?", "c?"]
    assert path.read_text() == "['1', '3']"


def test_a_file_that_never_stays_the_same(path: Path) -> None:
    attempts: list[bool] = []

    def fail() -> Applied:
        attempts.append(True)
        raise ChangedMeanwhile("changed")

    with pytest.raises(ChangedMeanwhile):
        run(None, yes=True).make(lambda _: Proposal(plan_for(path), None, write=fail))
    assert len(attempts) == ATTEMPTS


def another_wizard(path: Path, number: int) -> bool:
    """A process that changes the file as wizards do, and does not wait. Whether it could."""
    code = f"""
import sys
from pathlib import Path
from wizard.change.apply import apply
from wizard.errors import FileLocked
from wizard.files.edit import TextEdit
from wizard.files.history import History
from wizard.files.plan import FileEdit, Plan
path = Path({str(path)!r})
edit = FileEdit(path, path.read_text(), (TextEdit(0, 0, "{number} "),))
try:
    apply(Plan("other", (edit,)), {{}}, {{}}, History(), seconds=0)
except FileLocked:
    sys.exit(4)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode in (0, 4)
    return done.returncode == 0


def test_where_nobody_is_asked_other_wizards_get_in_between_once(path: Path) -> None:
    """However many there are: each plans anew while the others wait, so that all get on in turn."""
    got_in: list[bool] = []
    running = run(None, yes=True)

    def decide(_: Asker | None) -> Proposal[None]:
        plan = plan_for(path, path.read_text())
        got_in.append(another_wizard(path, len(got_in)))
        return Proposal(plan, None)

    assert running.make(decide).applied
    assert got_in == [True, False]
    assert path.read_text() == "['0 {}']"
    assert another_wizard(path, 9)


def test_a_person_keeps_nobody_waiting(path: Path) -> None:
    got_in: list[bool] = []
    running = run(Person(*[True] * 3))

    def decide(_: Asker | None) -> Proposal[None]:
        plan = plan_for(path, path.read_text())
        if len(got_in) < 2:
            got_in.append(another_wizard(path, len(got_in)))
        return Proposal(plan, None)

    assert running.make(decide).applied
    assert got_in == [True, True]


def test_a_no_changes_nothing(path: Path) -> None:
    running = run(Person(False))
    with pytest.raises(Cancelled):
        running.make(deciding(path, running))
    assert path.read_text() == "{}"


def test_where_nobody_is_there_it_takes_yes(path: Path) -> None:
    nobody = run(None)
    with pytest.raises(AnswersMissing, match="can't ask for confirmation") as caught:
        nobody.make(deciding(path, nobody))
    assert caught.value.hint == "add --yes"
    settled = run(None, yes=True)
    assert settled.make(deciding(path, settled, "a")).applied
    assert path.read_text() == "['-']"


def test_a_dry_run_prints_the_diff_and_writes_nothing(path: Path) -> None:
    running = run(None, dry_run=True)
    outcome = running.make(deciding(path, running))
    assert isinstance(running.output.stdout, io.StringIO)
    assert (outcome.applied, path.read_text()) == (False, "{}")
    assert [line[:3] for line in running.output.stdout.getvalue().splitlines()[3:]] == ["-{}", "\\ N", "+[]", "\\ N"]


def test_what_changes_nothing_is_neither_confirmed_nor_written(path: Path) -> None:
    person = Person()
    running = run(person)
    outcome: Outcome[None] = running.make(lambda _: Proposal(Plan("test", (FileEdit(path, "{}", ()),)), None))
    assert (outcome.applied, person.asked, said(running)) == (False, [], "")
    assert as_data(outcome) == as_data(None) == {"applied": False, "changes": [], "secrets": [], "tests": []}


def test_only_files_that_change_are_named(path: Path) -> None:
    person = Person(True)
    unchanged = FileEdit(path.with_name("rc"), "", ())
    run(person).make(lambda _: Proposal(Plan("test", (*plan_for(path).files, unchanged)), None))
    assert person.asked == [f"Write this to {path}?"]


def test_what_is_said_after_going_back_is_heard(path: Path) -> None:
    """An error is not swallowed with what has been said before."""
    running = run(Person("1", "2", BACK, "2"))
    calls: list[bool] = []

    def decide(asker: Asker | None) -> Proposal[tuple[Raw, ...]]:
        calls.append(True)
        if len(calls) == 2:
            raise AnswersMissing("gone")
        return deciding(path, running, "a", "b")(asker)

    with pytest.raises(AnswersMissing):
        running.make(decide)
    running.output.error("gone")
    assert "gone" in said(running)


def test_what_is_carried_out_in_a_way_of_its_own_is_whatever_the_plan_shows(path: Path) -> None:
    """Taking back a key that moved into the store: the file would get its placeholder, which it has."""
    from wizard.change.apply import Applied

    person, done = Person(True), []

    def write() -> Applied:
        done.append(True)
        return Applied(None)

    run(person).make(lambda _: Proposal(Plan("test", (FileEdit(path, "{}", ()),)), None, question="Go?", write=write))
    assert (person.asked, done) == (["Go?"], [True])
