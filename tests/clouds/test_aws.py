"""Which AWS credentials would sign Bedrock's requests, told by the files of the AWS tools."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.clouds.aws import lacks_profile, profiles_here, refresh_command, regions_here, sign_in

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
SSO = "[profile work]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = dev\nregion = eu-west-1\n"
CORP = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
KEYS = "aws_access_key_id = AKIA1\naws_secret_access_key = s\n"
WORK = {"AWS_PROFILE": "work"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws" / "sso" / "cache").mkdir(parents=True)
    return tmp_path


def config(home: Path, text: str, name: str = "config") -> None:
    (home / ".aws" / name).write_text(text, encoding="utf-8")


def session(home: Path, key: str, **fields: object) -> None:
    name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    (home / ".aws/sso/cache" / f"{name}.json").write_text(json.dumps(fields), encoding="utf-8")


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"AWS_BEARER_TOKEN_BEDROCK": "t", **WORK}, "AWS_BEARER_TOKEN_BEDROCK"),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", **WORK}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "a", **WORK}, "access key of profile work"),
        ({"AWS_DEFAULT_PROFILE": "work"}, "access key of profile work"),
        ({}, "access key of profile default"),
    ],
)
def test_sources_come_in_the_order_of_the_library(home: Path, environ: dict[str, str], source: str) -> None:
    config(home, f"[default]\n{KEYS}[work]\n{KEYS}", "credentials")
    found = sign_in(environ, home, NOW)
    assert (found.source, found.problem) == (source, "")


def test_a_session_that_has_expired_names_its_command(home: Path) -> None:
    config(home, SSO + CORP)
    session(home, "corp", accessToken="t", expiresAt="2026-08-21T11:00:00Z")
    found = sign_in(WORK, home, NOW)
    assert found.problem == "the SSO session of profile work has expired (2026-08-21 11:00 UTC)"
    assert found.cure == "aws sso login --profile work"


def test_a_session_that_lasts_is_told_with_its_end(home: Path) -> None:
    config(home, SSO + CORP)
    session(home, "corp", accessToken="t", expiresAt="2026-08-21T13:00:00UTC")
    found = sign_in(WORK, home, NOW)
    assert (found.problem, found.expires) == ("", NOW + timedelta(hours=1))


def test_a_session_that_the_library_renews_has_not_expired(home: Path) -> None:
    config(home, SSO + CORP)
    token = {"accessToken": "t", "expiresAt": "2026-08-21T11:00:00Z", "refreshToken": "r"}
    session(home, "corp", **token, registrationExpiresAt="2026-09-01T00:00:00Z")
    assert sign_in(WORK, home, NOW).problem == ""
    session(home, "corp", **token, registrationExpiresAt="2026-08-01T00:00:00Z")
    assert "has expired" in sign_in(WORK, home, NOW).problem


def test_a_session_of_the_old_kind_is_named_after_its_url(home: Path) -> None:
    config(home, "[profile work]\nsso_start_url = https://old.awsapps.com/start\nsso_account_id = 1\n")
    assert sign_in(WORK, home, NOW).problem == "profile work has no SSO session"
    session(home, "https://old.awsapps.com/start", accessToken="t", expiresAt="2026-08-21T13:00:00Z")
    assert sign_in(WORK, home, NOW).problem == ""


def test_a_role_stands_on_its_source_profile(home: Path) -> None:
    config(home, f"[profile admin]\nrole_arn = arn:x\nsource_profile = work\n{SSO}{CORP}")
    found = sign_in({"AWS_PROFILE": "admin"}, home, NOW)
    assert found.problem == "profile admin has no SSO session"
    assert found.cure == refresh_command("admin", {}, home) == "aws sso login --profile admin"


def test_source_profiles_in_a_circle_end(home: Path) -> None:
    config(home, "[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n")
    assert sign_in({"AWS_PROFILE": "a"}, home, NOW).problem == "profile a has no credentials"


def test_a_profile_that_is_not_there(home: Path) -> None:
    config(home, SSO + CORP)
    found = sign_in({"AWS_PROFILE": "wrok"}, home, NOW)
    assert found.problem == "the config profile (wrok) could not be found"
    assert "work" in found.cure
    assert lacks_profile({"AWS_PROFILE": "wrok"}, home)
    assert not lacks_profile(WORK, home)
    assert not lacks_profile({"AWS_REGION": "eu-west-1"}, home)
    assert not lacks_profile({"AWS_PROFILE": "wrok", "AWS_BEARER_TOKEN_BEDROCK": "t"}, home)


def test_a_region_is_no_credential(home: Path) -> None:
    found = sign_in({"AWS_REGION": "eu-west-1"}, home, NOW)
    assert found.problem == "unable to locate credentials: no key, no profile"
    assert "aws configure sso" in found.cure


@pytest.mark.parametrize(
    "text", ["[profile work\n", "\x00\xff", "key without section = 1\n", "[profile work]\na = %(b)s\n"]
)
def test_files_of_any_kind_raise_nothing(home: Path, text: str) -> None:
    config(home, text)
    config(home, text, "credentials")
    sign_in(WORK, home, NOW)


def test_a_folder_in_the_place_of_the_file_holds_nothing(home: Path) -> None:
    (home / ".aws" / "config").mkdir()
    assert profiles_here({}, home).values == ()


def test_defaults_for_questions(home: Path) -> None:
    config(home, f"[default]\n{KEYS}region = us-east-2\n{SSO}{CORP}")
    assert profiles_here(WORK, home).values == ("work", "default")
    assert regions_here(WORK, home).values == ("eu-west-1",)
    assert regions_here({"AWS_REGION": "ap-south-1"}, home).values == ("ap-south-1",)
    assert refresh_command("default", {}, home) == ""
    config(home, "[profile me]\nlogin_session = arn:aws:iam::1:user/me\n")
    assert refresh_command("me", {}, home) == "aws login --profile me"


@pytest.mark.skipif(not shutil.which("aws"), reason="needs the AWS CLI")
@pytest.mark.parametrize("name", ["default", "work", "other", "gone"])
def test_a_profile_has_the_region_that_the_aws_cli_says(home: Path, name: str) -> None:
    config(home, f"[default]\nregion = us-east-2\n{SSO}{CORP}")
    config(home, f"[other]\n{KEYS}[default]\n{KEYS}", "credentials")
    files = {
        "AWS_CONFIG_FILE": str(home / ".aws/config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws/credentials"),
    }
    around = {**os.environ, **files}
    said = subprocess.run(
        ["aws", "configure", "get", "region", "--profile", name],
        env=around,
        capture_output=True,
        text=True,
        check=False,
    )
    assert regions_here({"AWS_PROFILE": name}, home).values == tuple(said.stdout.split()), said.stderr
