"""`test` of the providers that take a cloud's sign-in, against a stand-in of the internet."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.conftest import NO_SERVERS
from tests.crush.real.internet import Internet, stand_in

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

TOKEN = "oauth2.googleapis.com"
ADC = {
    "type": "authorized_user",
    "client_id": "c",
    "client_secret": "canary-secret-1",
    "refresh_token": "canary-refresh-1",
}
VERTEX = {"VERTEXAI_PROJECT": "p1", "VERTEXAI_LOCATION": "europe-west4"}


@pytest.fixture
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with stand_in(tmp_path_factory.mktemp("internet")) as internet:
        internet.titled.set()  # nothing names a session here
        yield internet


def probed(home: Path, internet: Internet, provider: str, *arguments: str, **environ: str) -> Any:
    around = {"HOME": str(home), "PATH": "/usr/bin:/bin", **NO_SERVERS, **internet.environ}
    done = program.run(
        ("test", provider, "--json", *arguments), "", home, {**around, **program.LOCALE, **program.IMPORTS, **environ}
    )
    assert "canary" not in done.out + done.err
    return done.json["data"]["results"][0]


def why(result: Any) -> tuple[str, str]:
    step = next(step for step in result["steps"] if step["detail"])
    return step["detail"], step["hint"]


def sign_in_to_google(home: Path, **fields: str) -> None:
    file = home / ".config/gcloud/application_default_credentials.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**ADC, **fields}), encoding="utf-8")


@pytest.mark.parametrize(("provider", "region"), [("bedrock", "us-east-1"), ("bedrock-europe", "eu-west-1")])
def test_a_bearer_token_is_tried_with_a_chat(tmp_path: Path, internet: Internet, provider: str, region: str) -> None:
    host = f"bedrock-runtime.{region}.amazonaws.com"
    result = probed(tmp_path, internet, provider, AWS_BEARER_TOKEN_BEDROCK="ABSKcanary-token", AWS_REGION="ap-south-1")
    assert result["verdict"] == "works", result
    chat = internet.chats()[0]
    assert chat.url.startswith(f"https://{host}/model/")
    assert chat.url.endswith("/invoke")
    assert chat.headers["authorization"] == "Bearer ABSKcanary-token"
    assert chat.body["anthropic_version"] == "bedrock-2023-05-31"
    assert not {"model", "stream"} & chat.body.keys()


def test_a_refused_bearer_token_fails(tmp_path: Path, internet: Internet) -> None:
    said = {"Message": "Authentication failed: Please make sure your API Key is valid."}
    internet.answers["bedrock-runtime.us-east-1.amazonaws.com"] = (403, said)
    result = probed(tmp_path, internet, "bedrock", AWS_BEARER_TOKEN_BEDROCK="ABSKcanary-token")
    assert result["verdict"] == "fails"
    assert next(step for step in result["steps"] if step["name"] == "key")["status"] == "failed"


def test_a_region_without_credentials_names_what_is_missing(tmp_path: Path, internet: Internet) -> None:
    result = probed(tmp_path, internet, "bedrock", AWS_REGION="eu-west-1")
    assert result["verdict"] == "fails"
    assert why(result)[0] == "unable to locate credentials: no key, no profile"
    assert internet.seen == []


def test_a_session_that_is_over_names_the_command(tmp_path: Path, internet: Internet) -> None:
    config = tmp_path / ".aws/config"
    config.parent.mkdir()
    config.write_text("[profile work]\nsso_start_url = https://corp.awsapps.com/start\n", encoding="utf-8")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work")
    assert (result["verdict"], *why(result)) == (
        "fails",
        "profile work has no SSO session",
        "aws sso login --profile work",
    )


def test_keys_of_a_profile_are_not_called_good(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work")
    assert result["verdict"] == "untested"
    assert why(result)[1] == "AWS tells it: aws sts get-caller-identity --profile work"
    assert internet.seen == []


# The clouds' own tools


def tool(home: Path, name: str, script: str) -> str:
    """A PATH with a stand-in for a cloud's tool, which notes what it was called with."""
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$*" >> {home}/called\n{script}\n', encoding="utf-8")
    program.chmod(0o700)
    return f"{program.parent}:/usr/bin:/bin"


def keys_of_profile(home: Path) -> None:
    keys = home / ".aws/credentials"
    keys.parent.mkdir()
    keys.write_text("[work]\naws_access_key_id = a\naws_secret_access_key = canary-key\n", encoding="utf-8")


def test_the_tool_of_aws_says_that_a_profile_is_taken(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo arn:aws:sts::1:user/me")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert result["verdict"] == "untested"
    assert why(result)[0].startswith("AWS takes the access key of profile work; a chat is not tested")
    called = (tmp_path / "called").read_text()
    assert called == "sts get-caller-identity --profile work --region us-east-1 --query Arn --output text\n"


def test_what_aws_refuses_fails_in_its_words(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    said = "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: it is invalid"
    path = tool(tmp_path, "aws", f"echo '{said}' >&2; exit 254")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert (result["verdict"], why(result)[0]) == ("fails", said)


def test_a_tool_that_reaches_nobody_says_nothing_about_the_sign_in(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo 'Could not connect to the endpoint URL' >&2; exit 255")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert result["verdict"] == "untested"
    assert "Could not connect to the endpoint URL" in why(result)[0]


def test_no_tool_runs_for_an_agent(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo arn:aws:sts::1:user/me")
    probed(tmp_path, internet, "bedrock", "--allow-hosts", AWS_PROFILE="work", PATH=path, CRUSH="1")
    assert not (tmp_path / "called").exists()


def test_no_tool_runs_where_a_folder_has_a_word_in_it(tmp_path: Path, internet: Internet) -> None:
    keys_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo arn:aws:sts::1:user/me")
    (tmp_path / ".env").write_text("AWS_CONFIG_FILE=/nowhere/config\n", encoding="utf-8")
    probed(tmp_path, internet, "bedrock", "--allow-hosts", AWS_PROFILE="work", PATH=path)
    assert not (tmp_path / "called").exists()


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the real AWS CLI")
@pytest.mark.parametrize("status", [200, 403])
def test_the_real_tool_of_aws(tmp_path: Path, internet: Internet, httpserver: HTTPServer, status: int) -> None:
    keys_of_profile(tmp_path)
    taken = "<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/me</Arn></GetCallerIdentityResult>"
    refused = "<Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>it is invalid</Message></Error>"
    answer = {200: ("GetCallerIdentityResponse", taken), 403: ("ErrorResponse", refused)}[status]
    text = '<{0} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{1}</{0}>'.format(*answer)
    httpserver.expect_request("/").respond_with_data(text, status, content_type="text/xml")
    around = {"AWS_PROFILE": "work", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_STS": httpserver.url_for("")}
    path = os.environ["PATH"]
    result = probed(tmp_path, internet, "bedrock", PATH=path, NO_PROXY="localhost", no_proxy="localhost", **around)
    if status == 200:
        assert why(result)[0].startswith("AWS takes the access key of profile work")
    else:
        assert result["verdict"] == "fails"
        assert "(InvalidClientTokenId)" in why(result)[0]


@pytest.mark.parametrize("location", ["europe-west4", "global"])
def test_default_credentials_are_tried_with_a_chat(tmp_path: Path, internet: Internet, location: str) -> None:
    sign_in_to_google(tmp_path)
    host = "aiplatform.googleapis.com" if location == "global" else f"{location}-aiplatform.googleapis.com"
    internet.answers[TOKEN] = (200, {"access_token": "ya29.canary", "expires_in": 3600})
    result = probed(tmp_path, internet, "vertexai", **{**VERTEX, "VERTEXAI_LOCATION": location})
    chat = internet.chats()[-1]
    assert chat.url == (
        f"https://{host}/v1beta1/projects/p1/locations/{location}/publishers/google/models/"
        "gemini-3.1-pro-preview:streamGenerateContent?alt=sse"
    )
    assert chat.headers["authorization"] == "Bearer ya29.canary"
    assert result["verdict"] == "works"


def test_credentials_that_google_refuses(tmp_path: Path, internet: Internet) -> None:
    sign_in_to_google(tmp_path)
    internet.answers[TOKEN] = (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"})
    result = probed(tmp_path, internet, "vertexai", **VERTEX)
    assert (result["verdict"], *why(result)) == (
        "fails",
        "Google refuses the Application Default Credentials: invalid_grant",
        "gcloud auth application-default login",
    )


def test_a_service_account_is_not_called_good(tmp_path: Path, internet: Internet) -> None:
    sign_in_to_google(tmp_path, type="service_account")
    result = probed(tmp_path, internet, "vertexai", PATH=str(tmp_path), **VERTEX)
    assert result["verdict"] == "untested"
    assert internet.seen == []


def test_without_credentials_the_command_is_named(tmp_path: Path, internet: Internet) -> None:
    result = probed(tmp_path, internet, "vertexai", **VERTEX)
    assert why(result)[1] == "gcloud auth application-default login"


def test_a_location_is_no_way_to_another_host(tmp_path: Path, internet: Internet) -> None:
    """A `.env` of the folder sets it, too."""
    sign_in_to_google(tmp_path)
    (tmp_path / ".env").write_text("VERTEXAI_PROJECT=p\nVERTEXAI_LOCATION=thief.example/x\n", encoding="utf-8")
    result = probed(tmp_path, internet, "vertexai")
    assert result["verdict"] == "untested"
    assert internet.seen == []
