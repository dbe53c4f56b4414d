"""Google's Application Default Credentials, and what gcloud has set."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wizard.clouds.google import LOGIN, locations_here, projects_here, sign_in


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_without_credentials_the_command_is_named(tmp_path: Path) -> None:
    found = sign_in({}, tmp_path)
    assert (found.problem, found.cure) == ("there are no Application Default Credentials", LOGIN)


@pytest.mark.parametrize("kind", ["authorized_user", "service_account", "external_account"])
def test_credentials_are_called_by_their_kind(tmp_path: Path, kind: str) -> None:
    write(tmp_path / ".config/gcloud/application_default_credentials.json", json.dumps({"type": kind}))
    found = sign_in({}, tmp_path)
    assert (found.problem, found.source) == ("", f"Application Default Credentials ({kind.replace('_', ' ')})")


def test_the_variable_comes_first(tmp_path: Path) -> None:
    write(tmp_path / ".config/gcloud/application_default_credentials.json", json.dumps({"type": "authorized_user"}))
    named = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "gone.json")}
    assert sign_in(named, tmp_path).problem.endswith("gone.json, and there are no credentials in it")


def test_project_and_location(tmp_path: Path) -> None:
    assert projects_here({}, tmp_path).values == ()
    assert locations_here({}, tmp_path).values == ("global",)
    adc = {"type": "authorized_user", "quota_project_id": "quota"}
    write(tmp_path / ".config/gcloud/application_default_credentials.json", json.dumps(adc))
    assert projects_here({}, tmp_path).values == ("quota",)
    write(tmp_path / ".config/gcloud/configurations/config_work", "[core]\nproject = mine\n[compute]\nregion = r1\n")
    write(tmp_path / ".config/gcloud/active_config", "work")
    assert projects_here({}, tmp_path).values == ("mine",)
    assert locations_here({}, tmp_path).values == ("r1", "global")
    environ = {"GOOGLE_CLOUD_PROJECT": "shell", "CLOUD_ML_REGION": "r2"}
    assert projects_here(environ, tmp_path).values == ("shell",)
    assert locations_here(environ, tmp_path).values == ("r2", "global")
    assert locations_here(environ, tmp_path).source == "CLOUD_ML_REGION"


@pytest.mark.skipif(not shutil.which("gcloud"), reason="needs gcloud")
def test_what_gcloud_itself_has_written(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud"
    around = {**os.environ, "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(folder)}
    for arguments in (
        ("config", "configurations", "create", "work"),
        ("config", "set", "core/project", "from-gcloud"),
    ):
        subprocess.run(["gcloud", "--quiet", *arguments], env=around, check=False, capture_output=True)
    assert projects_here({}, tmp_path).values == ("from-gcloud",)
