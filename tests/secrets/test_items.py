"""The items of a manager, read from what it prints."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from wizard.flow.manager import Listing
from wizard.secrets.reference.items import items
from wizard.secrets.reference.known import managers
from wizard.secrets.reference.running import ReferenceFailed

if TYPE_CHECKING:
    from pathlib import Path


def listed(name: str, printed: str, seconds: float = 5, line: str = "") -> list[tuple[str, str]]:
    """What is read where the manager prints this."""
    manager = managers()[0][name]
    assert manager.listing is not None
    listing = replace(manager.listing, command=line or f"printf %s {shlex.quote(printed)}")
    found = items(replace(manager, listing=listing), {}, asks=False, say=print, seconds=seconds)
    return [(item.value, item.label) for item in found]


@pytest.mark.parametrize(
    ("name", "printed", "found"),
    [
        ("rbw", "id1\tGroq\tme\nid2\tAcme\t\n", [("id2", "Acme"), ("id1", "Groq me")]),
        ("pass", "./b/groq key.gpg\n./a.gpg\n./x.txt\n", [("a", "a"), ("b/groq key", "b/groq key")]),
        ("vault", '["groq", "folder/"]', [("groq", "groq")]),
        ("doppler", '{"B": {}, "A": {}}', [("A", "A"), ("B", "B")]),
        ("keepassxc", "AI/\nAI/Groq\n\n", [("AI/Groq", "AI/Groq")]),
        (
            "macos-keychain",
            '    "svce"<blob>="groq"\n    "acct"<blob>="me"\n    "svce"<blob>=<NULL>',
            [("groq", "groq")],
        ),
        ("aws-ssm", "[]", []),
        ("aws-ssm", "", []),
    ],
)
def test_items_are_read(name: str, printed: str, found: list[tuple[str, str]]) -> None:
    assert listed(name, printed) == found


def test_before_pass_is_set_up_it_has_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path / "none"))
    assert items(managers()[0]["pass"], {}, asks=False, say=print) == ()


def test_thousands_are_read() -> None:
    names = [f"a-name-of-a-parameter-that-is-long-{number:06}" for number in range(2500)]
    line = f"yes {shlex.quote(json.dumps(names[0]))} | head -n 2500 | sed '1s/^/[/;2,$s/^/,/;$s/$/]/'"
    assert len(listed("aws-ssm", "", line=line)) == 2500


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo 'Unable to locate credentials' >&2; exit 255", "Unable to locate credentials"),
        ("echo '{'", "can't read what"),
        ("sleep 60", "did not end within 0.2 seconds"),
        ("kill -9 $$", "was ended by signal 9"),
    ],
)
def test_why_there_are_none_is_told(line: str, said: str) -> None:
    with pytest.raises(ReferenceFailed, match=said):
        listed("aws-ssm", "", 0.2 if "sleep" in line else 5, line)


def test_one_that_has_no_item_may_say_so_with_its_exit_code() -> None:
    assert listed("openbao", "", line="echo '{}'; exit 2") == []


def test_a_user_may_leave_out_all_but_the_command() -> None:
    assert Listing("ls", "lines").pattern == "(?P<item>.+)"
