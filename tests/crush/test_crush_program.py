"""Asking real programs named crush: for their version, and about a configuration (crush-behaviour 9)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from wizard.crush.program import (
    MESSAGE_LENGTH,
    StartVerdict,
    ask_crush,
    crush_version,
    find_crush,
    parse_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Install = Callable[[str], dict[str, str]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Puts a script on PATH as `crush` and returns the environment."""

    def put(script: str) -> dict[str, str]:
        program = tmp_path / "crush"
        program.write_text(script)
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    return put


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("crush version 0.90.0", (0, 90, 0)),
        ("crush version v0.90.0\n", (0, 90, 0)),
        ("crush version v0.90.0+dirty", (0, 90, 0)),
        ("crush version v0.91.0-0.20260821-abcdef", (0, 91, 0)),
        ("crush version devel", "devel"),
        ("crush version 1.0.0 (a picture)\ncrush version 0.96.1", (0, 96, 1)),
        ("", None),
        ("candy crush", None),
        ("crush version ?", None),
    ],
)
def test_the_version_is_read_from_the_output(output: str, version: object) -> None:
    assert parse_version(output) == version


def test_a_release(install: Install, tmp_path: Path) -> None:
    found = find_crush(install("#!/bin/sh\necho crush version 0.90.0\n"))
    assert (found.path, found.version, found.problem) == (tmp_path / "crush", (0, 90, 0), "")


def test_no_crush(tmp_path: Path) -> None:
    found = find_crush({"PATH": str(tmp_path)})
    assert (found.path, found.version) == (None, None)
    assert "not on PATH" in found.problem
    assert crush_version({}) is None


@pytest.mark.parametrize(
    "script",
    ["#!/no/such/interpreter\n", "not a program \0\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\nprintf '\\377\\376'\n"],
)
def test_a_broken_crush_has_no_version_and_a_problem(script: str, install: Install) -> None:
    found = find_crush(install(script))
    assert found.path
    assert found.version is None
    assert found.problem


@pytest.mark.parametrize("script", ["#!/bin/sh\nsleep 60\n", "#!/bin/sh\nsleep 60 & sleep 60\n"])
def test_one_that_hangs_is_ended(script: str, install: Install) -> None:
    assert "did not answer" in find_crush(install(script), seconds=0.3).problem


def test_an_answer_counts_though_something_goes_on_in_the_background(install: Install) -> None:
    assert crush_version(install("#!/bin/sh\nsleep 60 &\necho crush version 1.2.3\n")) == (1, 2, 3)


def test_a_flood_is_cut(install: Install) -> None:
    found = find_crush(install("#!/bin/sh\nexec yes crush version 1.2.3\n"))
    assert found.version == (1, 2, 3)


def test_it_reads_nothing_from_us_and_sees_no_terminal(install: Install) -> None:
    script = "#!/bin/sh\ncat\n[ -t 0 ] || [ -t 1 ] || (: </dev/tty) 2>/dev/null || echo crush version 1.2.3\n"
    assert crush_version(install(script)) == (1, 2, 3)


def test_the_env_file_of_the_current_folder_is_out_of_its_sight(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=x")
    monkeypatch.chdir(tmp_path)
    assert crush_version(install("#!/bin/sh\n[ -e .env ] || echo crush version 1.2.3\n")) == (1, 2, 3)


def test_a_crush_in_the_current_folder_is_not_run(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    monkeypatch.chdir(tmp_path)
    assert "relative" in find_crush({"PATH": "."}).problem
    assert not (tmp_path / "ran").exists()


# Asking it about the configuration


def ask(environ: dict[str, str], folder: Path, seconds: float = 20.0) -> StartVerdict:
    return ask_crush(folder / "crush", environ, folder, seconds)


def test_a_configuration_that_crush_accepts(install: Install, tmp_path: Path) -> None:
    environ = install("#!/bin/sh\n[ \"$*\" = models ] && printf 'groq/a\\ngroq/openai/b\\n\\nlocal/c\\n'\n")
    assert ask(environ, tmp_path) == StartVerdict(True, ("groq/a", "groq/openai/b", "local/c"))


def test_it_is_asked_where_the_user_is_without_updates_or_metrics(install: Install, tmp_path: Path) -> None:
    script = '#!/bin/sh\necho "$PWD $MY_KEY $CRUSH_DISABLE_PROVIDER_AUTO_UPDATE $CRUSH_DISABLE_METRICS"\ncat\n'
    environ = install(script) | {"MY_KEY": "of/mine"}
    assert ask(environ, tmp_path).models == (f"{tmp_path} of/mine 1 1",)
    assert "CRUSH_DISABLE_METRICS" not in environ


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo groq/a; echo 'failed to load: crush.json is invalid' >&2; exit 1",
            "failed to load: crush.json is invalid",
        ),
        (
            "printf '\\n  \\033[1;31mERROR\\033[0m\\r\\n\\n  bad\\033]0;title\\007 \\302\\233news\\n' >&2; exit 1",
            "ERROR bad news",
        ),
        ("echo said on stdout; exit 3", "said on stdout"),
        ("exit 1", "crush models ended with exit code 1"),
        ("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", "x" * (MESSAGE_LENGTH - 1) + "…"),
    ],
)
def test_a_refusal_is_one_harmless_line(script: str, message: str, install: Install, tmp_path: Path) -> None:
    assert ask(install(f"#!/bin/sh\n{script}\n"), tmp_path) == StartVerdict(False, message=message)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sleep 60", "did not answer within 0.5 seconds"),
        ("sleep 60 & sleep 60", "did not answer within 0.5 seconds"),
        ("exec yes groq/a", "printed too much"),
        ("exec yes groq/a >&2", "printed too much"),
        ("trap '' PIPE; exec yes groq/a", "printed too much"),
        ("kill -TERM $$", "signal 15"),
    ],
)
def test_no_answer_is_no_refusal(script: str, message: str, install: Install, tmp_path: Path) -> None:
    seconds = 0.5 if "0.5" in message else 20.0
    verdict = ask(install(f"#!/bin/sh\n{script}\n"), tmp_path, seconds)
    assert (verdict.ok, verdict.models) == (None, ())
    assert message in verdict.message


def test_what_it_started_is_ended_with_it(install: Install, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    reading = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    environ = install("#!/bin/sh\nsleep 60 9>alive &\n( : 9>alive )\necho groq/a\n")
    assert ask(environ, tmp_path).models == ("groq/a",)
    os.set_blocking(reading, True)
    assert os.read(reading, 1) == b"", "the last writer is gone"
    os.close(reading)


@pytest.mark.parametrize("script", ["#!/no/such/interpreter\n", "not a program \0\n"])
def test_one_that_can_not_be_run(script: str, install: Install, tmp_path: Path) -> None:
    verdict = ask(install(script), tmp_path)
    assert verdict.ok is None
    assert "can't be run" in verdict.message


def test_an_environment_that_holds_keys_is_never_shown(install: Install, tmp_path: Path) -> None:
    environ = install("#!/bin/sh\necho groq/a\n") | {"GROQ_API_KEY": "gsk-canary-55"}
    assert "gsk-canary-55" not in repr(ask(environ, tmp_path))
