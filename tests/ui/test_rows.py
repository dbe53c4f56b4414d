"""A list that grows while it is on the screen: what is pointed at stays where it is."""

from __future__ import annotations

from wizard.flow.question import Choice
from wizard.ui.picker import Rows

ALL = tuple(Choice(name, name.upper()) for name in "abcd")
FOUND = Choice("c", "C", "answers at localhost")
KNOWN = (FOUND, ALL[0], ALL[1], ALL[3])


def listed(rows: Rows) -> str:
    return "".join(choice.value for choice in rows.matching)


def test_what_is_found_comes_below_the_first_row() -> None:
    rows = Rows(ALL, None, back=False)
    rows.take_in(KNOWN)
    assert listed(rows) == "acbd"
    assert rows.at(rows.pointed or 0) == ALL[0]
    assert rows.at(1) == FOUND


def test_what_stands_above_stays_there() -> None:
    rows = Rows(ALL, (), back=True)
    rows.move(2)
    rows.take_in(KNOWN)
    assert (listed(rows), rows.pointed) == ("abcd", 3)
    assert rows.at(3) == FOUND


def test_the_way_back_stays_pointed_at() -> None:
    rows = Rows(ALL, None, back=True)
    rows.move(-1)
    rows.take_in(KNOWN)
    assert (listed(rows), rows.pointed) == ("cabd", 0)


def test_what_is_filtered_stays_until_more_is_typed() -> None:
    rows = Rows(ALL, None, back=False)
    rows.filter("b")
    rows.take_in(KNOWN)
    assert (listed(rows), rows.pointed, rows.found) == ("b", 0, 1)
    rows.filter("")
    assert listed(rows) == "cabd"


def test_what_is_picked_stays_picked() -> None:
    rows = Rows(ALL, ("d",), back=False)
    rows.take_in(KNOWN)
    assert rows.answer() == ("d",)


def test_what_is_proposed_by_now_is_picked_where_nothing_was_touched() -> None:
    rows = Rows(ALL, (), back=True)
    rows.take_in(KNOWN, ("c",))
    assert (listed(rows), rows.pointed, rows.answer()) == ("cabd", 1, ("c",))


def test_what_is_proposed_by_now_is_not_picked_for_somebody_who_is_about_to_choose() -> None:
    rows = Rows(ALL, (), back=True)
    rows.move(1)
    rows.take_in(KNOWN, ("c",))
    assert rows.answer() == ("b",)


def test_what_was_looked_for_is_taken_though_something_out_of_sight_is_picked() -> None:
    rows = Rows(ALL, ("c",), back=True)
    rows.filter("b")
    assert (rows.ways()[-1], rows.answer()) == ("Enter take", ("b", "c"))


def test_a_filter_in_sight_of_what_is_picked_adds_nothing() -> None:
    rows = Rows((*ALL, Choice("bb", "BB")), ("bb",), back=True)
    rows.filter("b")
    assert (rows.ways()[-1], rows.answer()) == ("Enter done", ("bb",))


def test_a_mark_that_was_taken_off_under_a_filter_stays_off() -> None:
    rows = Rows(ALL, ("b", "c"), back=True)
    rows.filter("b")
    rows.toggle(ALL[1])
    assert rows.answer() == ("c",)


def test_a_filter_that_finds_nothing_is_no_answer() -> None:
    rows = Rows(ALL, ("c",), back=True)
    rows.filter("x")
    assert rows.answer() is None
