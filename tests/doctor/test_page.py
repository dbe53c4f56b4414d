"""The page of all codes is the table's, and up to date."""

from __future__ import annotations

from pathlib import Path

import wizard.doctor
from wizard.doctor.page import explanation, page
from wizard.doctor.table import CODES

PAGE = Path(wizard.doctor.__file__).with_name("CODES.md")


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m wizard.doctor.page > wizard/doctor/CODES.md"


def test_the_page_has_every_code_once() -> None:
    headings = [line.split(":")[0].removeprefix("## ") for line in page().splitlines() if line.startswith("## ")]
    assert headings == list(CODES)


def test_an_explanation_says_what_to_do() -> None:
    told = explanation(CODES["D14"])
    assert told.startswith("What Crush saved overrides the config\nD14, warning:")
    assert "What to do: " in told
