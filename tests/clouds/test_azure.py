"""Whether az is there and signed in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard.clouds.azure import sign_in


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": str(program.parent)}


def test_without_the_program(tmp_path: Path) -> None:
    assert sign_in({"PATH": str(tmp_path)}, tmp_path).problem == "the Azure CLI (az) is not on PATH"


def test_signed_out(environ: dict[str, str], tmp_path: Path) -> None:
    found = sign_in(environ, tmp_path)
    assert (found.problem, found.cure) == ("az is not signed in", "az login")


def test_signed_in(environ: dict[str, str], tmp_path: Path) -> None:
    accounts = [{"name": "s1", "user": {"name": "a@x"}}, {"name": "s2", "isDefault": True, "user": {"name": "b@x"}}]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "azureProfile.json").write_text("\ufeff" + json.dumps({"subscriptions": accounts}), encoding="utf-8")
    found = sign_in({**environ, "AZURE_CONFIG_DIR": str(folder)}, tmp_path)
    assert (found.problem, found.source) == ("", "az (b@x)")
