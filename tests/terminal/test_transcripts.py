"""TRANSCRIPTS.md is what a real terminal shows, at 80 and at 40 columns.

`WIZARD_RECORD=1 python -m pytest tests/terminal/test_transcripts.py` records the page anew: read what has changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.canary import CANARY
from tests.model_server import KEY
from tests.terminal.test_first_minute import BOX, GATEWAY, HOUSE, ONLINE, WRONG, has_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.model_server import ModelServer
    from tests.terminal.conftest import Terminal, User

PAGE = Path(__file__).with_name("TRANSCRIPTS.md")
pytestmark = pytest.mark.any_python

COLUMNS = [80, 40]
ROWS = 90
"""Nothing scrolls out of sight."""
RECORDS = bool(os.environ.get("WIZARD_RECORD"))


Play = Callable[["Terminal", str], None]
"""Somebody at the keyboard, who is told the URL of a model server."""


class Scene(NamedTuple):
    """What is typed behind `crush-wizard`, what is done then, and how it ends."""

    command: tuple[str, ...]
    play: Play
    keyring: bool = True
    env: Mapping[str, str | None] = ONLINE
    code: int = 0


def answers(*pairs: tuple[str, str]) -> Play:
    def play(window: Terminal, url: str) -> None:
        for question, typed in pairs:
            window.answer(question, typed.format(url=url))

    return play


def greeted(play: Play) -> Play:
    """Somebody who reads what was found before they answer anything."""

    def read(window: Terminal, url: str) -> None:
        window.wait_for("keyring: Secret Service")
        play(window, url)

    return read


def with_another_key(window: Terminal, url: str) -> None:
    window.answer("House API key", WRONG)
    window.choose("House refuses this key. What now?", "Paste another key")
    answers(HOUSE_KEY, SAVE)(window, url)


def stopped_at(question: str, *before: tuple[str, str]) -> Play:
    def play(window: Terminal, url: str) -> None:
        answers(*before)(window, url)
        window.wait_for_question(question)
        window.key("ctrl-c")

    return play


PROVIDER, HOUSE_KEY, SAVE = ("Which providers?", "house "), ("House API key", KEY), ("Save?", "")
AZURE = (
    ("Azure OpenAI resource", "my-res"),
    ("Azure OpenAI API key", CANARY),
    ("Deployments to use", "team-gpt-5\r"),
    SAVE,
)
ADD = ("add-provider", "house")
SCENES = {
    "The first run, with a key and nothing else": Scene((), greeted(answers(PROVIDER, HOUSE_KEY, SAVE))),
    "The first run, with a key in the environment": Scene(
        (), greeted(answers(("Which providers?", ""), SAVE)), env={**ONLINE, "HOUSE_API_KEY": KEY}
    ),
    "The first run, with a server on this machine": Scene((), greeted(answers(("Which providers?", "box "), SAVE))),
    "One provider, later": Scene(ADD, answers(HOUSE_KEY, SAVE)),
    "Azure": Scene(("add-provider", "azure"), answers(*AZURE), env={}),
    "A gateway of one's own": Scene(
        ("add-provider", GATEWAY), answers(("Base URL of the endpoint", "{url}"), ("Local API key", KEY), SAVE)
    ),
    "A key that is refused": Scene(ADD, with_another_key),
    "No keyring": Scene(ADD, answers(HOUSE_KEY, SAVE), keyring=False),
    "Ctrl-C at the provider": Scene((), greeted(stopped_at(PROVIDER[0])), code=130),
    "Ctrl-C at the key": Scene((), greeted(stopped_at(HOUSE_KEY[0], PROVIDER)), code=130),
    "Ctrl-C at the end": Scene((), greeted(stopped_at("Save?", PROVIDER, HOUSE_KEY)), code=130),
}


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("title", SCENES)
def test_the_page_shows_what_a_terminal_shows(
    request: pytest.FixtureRequest, model_server: ModelServer, title: str, columns: int
) -> None:
    scene = SCENES[title]
    user: User = request.getfixturevalue("keyring_user" if scene.keyring else "user")
    model_server.key = None if "server on this machine" in title else KEY
    has_preset(user, "house", HOUSE, model_server.url)
    has_preset(user, "box", BOX, model_server.url)
    (user.home / "bin").mkdir()
    (user.home / "bin" / "crush-wizard").touch(mode=0o755)
    path = f"{user.home / 'bin'}:/usr/bin:/bin"
    env = {**scene.env, "PATH": path, "CATWALK_URL": model_server.root}
    window = user.wizard(*scene.command, env=env, columns=columns, rows=ROWS)
    scene.play(window, model_server.url)
    assert window.exit_code() == scene.code, window.screen
    shown = settled(f"$ {' '.join(('crush-wizard', *scene.command))}\n{window.screen}")
    if RECORDS:
        record(title, columns, shown)
    assert recorded()[title, columns] == shown


def settled(screen: str) -> str:
    """A server has another port in each run; all of them have five digits. On a busy machine the greeting does not
    wait until the keyring has answered.
    """
    ported = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:40000", screen)
    return ported.replace("– keyring: no answer yet", "✓ keyring: Secret Service")


# The page

INTRODUCTION = """# What people see

Recorded in real terminals, 80 and 40 columns wide; `test_transcripts.py` holds that it is still so. "House" and "Box"
are presets of these tests: a provider with a key, and a server on this machine. Lists are gone once they are answered.
"""


def recorded() -> dict[tuple[str, int], str]:
    """What the page has, by title and columns."""
    if not PAGE.exists():
        return {}
    blocks = re.findall(r"^## ([^\n]+), (\d+) columns\n\n```text\n(.*?)\n```$", PAGE.read_text("utf-8"), re.M | re.S)
    return {(title, int(columns)): screen for title, columns, screen in blocks}


def record(title: str, columns: int, screen: str) -> None:
    """Put it into the page; one process at a time."""
    blocks = recorded() | {(title, columns): screen}
    order = [(name, wide) for name in SCENES for wide in (80, 40) if (name, wide) in blocks]
    texts = (f"## {name}, {wide} columns\n\n```text\n{blocks[name, wide]}\n```\n" for name, wide in order)
    PAGE.write_text("\n".join((INTRODUCTION, *texts)), "utf-8")


def test_the_page_has_no_other_scenes() -> None:
    assert set(recorded()) == {(title, columns) for title in SCENES for columns in (80, 40)}
