"""`test` of the providers that take a cloud's sign-in, against a stand-in of the internet."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from tests import program
from tests.conftest import NO_SERVERS
from tests.crush.real.internet import Internet, stand_in
from wizard.endpoints.probe import STEPS
from wizard.network.aws_signature import AwsKeys, Signing, authorization

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.crush.real.internet import Sent

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
    around = {"HOME": str(home), "PATH": program.SYSTEM_PATH, **NO_SERVERS, **internet.environ}
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


def test_a_cloud_that_is_not_signed_in_is_not_called_active(tmp_path: Path, internet: Internet) -> None:
    around = {"HOME": str(tmp_path), "PATH": program.SYSTEM_PATH, **NO_SERVERS, **internet.environ}
    around |= {**program.LOCALE, **program.IMPORTS, "AWS_REGION": "eu-west-1"}
    said = program.run(("test",), "", tmp_path, around).err
    assert "not tested, because you are not signed in: bedrock" in said
    assert "active" not in said


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


# Requests that AWS's keys sign


BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAFROMENV", "AWS_SECRET_ACCESS_KEY": "canary-secret-key", "AWS_SESSION_TOKEN": ""}


def insist_on_signature(sent: Sent, keys: AwsKeys) -> None:
    """As AWS checks it: over the headers that the request names, and among them those that it must."""
    names = sent.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"content-type", "host", "x-amz-date"} <= set(names)
    assert ("x-amz-security-token" in names) == bool(keys.token)
    now = datetime.strptime(sent.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=5)
    signing = Signing(keys, "us-east-1", "bedrock", now)
    headers = {name: sent.headers[name] for name in names}
    assert authorization("POST", sent.url, headers, sent.raw, signing) == sent.headers["authorization"]


@pytest.mark.parametrize("token", ["", "canary-session-token"])
def test_keys_of_the_environment_sign_a_chat_as_crush_has_it(tmp_path: Path, internet: Internet, token: str) -> None:
    result = probed(tmp_path, internet, "bedrock", **{**KEYS, "AWS_SESSION_TOKEN": token})
    assert {step["name"]: step["status"] for step in result["steps"]} == {
        **dict.fromkeys(STEPS, "ok"),
        "models": "skipped",
    }, result
    assert result["verdict"] == "works"
    assert [sent.url.rpartition("/")[2] for sent in internet.chats()][-2:] == ["invoke-with-response-stream"] * 2
    for sent in internet.chats():
        insist_on_signature(sent, AwsKeys(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], token))


def test_keys_of_a_profile_sign_without_any_tool(tmp_path: Path, internet: Internet) -> None:
    keys = tmp_path / ".aws/credentials"
    keys.parent.mkdir()
    keys.write_text("[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = canary-key\n", encoding="utf-8")
    assert probed(tmp_path, internet, "bedrock", AWS_PROFILE="work")["verdict"] == "works"
    insist_on_signature(internet.chats()[0], AwsKeys("AKIAWORK", "canary-key"))


DENIED = "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:{} on resource: arn:aws:bedrock"


@pytest.mark.parametrize(
    ("status", "said", "step", "code", "hint"),
    [
        (403, "The security token included in the request is expired", "key", "key-refused", "sign in again"),
        (403, "The security token included in the request is invalid.", "key", "key-refused", "check AWS's keys"),
        (
            403,
            "The request signature we calculated does not match the",
            "key",
            "key-refused",
            "does not belong to this",
        ),
        (403, "Signature expired: 20260101T000000Z is now earlier than", "key", "key-refused", "set the clock"),
        (403, "You don't have access to the model with the specified model ID.", "chat", "model-forbidden", "console"),
        (403, DENIED.format("InvokeModelWithResponseStream"), "chat", "scope-missing", "in IAM, allow bedrock:Invoke"),
        (400, "The provided model identifier is invalid.", "chat", "model-not-found", "list-inference-profiles"),
    ],
)
def test_what_bedrock_refuses_is_told_with_what_to_do(
    tmp_path: Path, internet: Internet, status: int, said: str, step: str, code: str, hint: str
) -> None:
    internet.answers[BEDROCK] = (status, {"message": said})
    result = probed(tmp_path, internet, "bedrock", **KEYS)
    failed = next(step for step in result["steps"] if step["status"] == "failed")
    assert (failed["name"], failed["code"]) == (step, code), result
    assert said in failed["detail"]
    assert hint in failed["hint"]


def test_who_may_only_stream_can_use_crush(tmp_path: Path, internet: Internet) -> None:
    """IAM has two permissions, and Crush needs one of them."""
    internet.answers["/invoke"] = (403, {"message": DENIED.format("InvokeModel")})
    result = probed(tmp_path, internet, "bedrock", **KEYS)
    assert result["verdict"] == "works", result


def test_an_error_in_the_stream_is_told(tmp_path: Path, internet: Internet) -> None:
    internet.answers["/invoke"] = (400, {"message": "this model only supports streaming: stream"})
    internet.answers["/invoke-with-response-stream"] = (424, {"message": "The model timed out"})
    result = probed(tmp_path, internet, "bedrock", **KEYS)
    assert result["verdict"] == "fails"
    assert "The model timed out" in next(step["detail"] for step in result["steps"] if step["status"] == "failed")


# The clouds' own tools


def tool(home: Path, name: str, script: str) -> str:
    """A PATH with a stand-in for a cloud's tool, which notes what it was called with."""
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$*" >> {home}/called\n{script}\n', encoding="utf-8")
    program.chmod(0o700)
    return f"{program.parent}:/usr/bin:/bin"


def role_of_profile(home: Path) -> None:
    """Credentials that only AWS's own library can get."""
    config = home / ".aws/config"
    config.parent.mkdir()
    config.write_text("[profile work]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n", encoding="utf-8")
    keys = home / ".aws/credentials"
    keys.write_text("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = canary-key\n", encoding="utf-8")


HANDED = {"Version": 1, "AccessKeyId": "ASIAROLE", "SecretAccessKey": "canary-role", "SessionToken": "canary-session"}
EXPORT = "configure export-credentials --profile work --region us-east-1 --format process\n"
TOO_OLD = "echo 'aws: error: argument subcommand: Invalid choice, valid choices are:' >&2; exit 2"


def test_keys_that_the_tool_of_aws_hands_out_sign_a_chat(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    path = tool(tmp_path, "aws", f"cat <<END\n{json.dumps(HANDED, indent=2)}\nEND")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert result["verdict"] == "works", result
    assert (tmp_path / "called").read_text() == EXPORT
    insist_on_signature(internet.chats()[0], AwsKeys("ASIAROLE", "canary-role", "canary-session"))


@pytest.mark.parametrize("printed", ["echo nonsense", "echo '{\"AccessKeyId\": 1}'"])
def test_what_is_not_keys_is_not_used(tmp_path: Path, internet: Internet, printed: str) -> None:
    role_of_profile(tmp_path)
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=tool(tmp_path, "aws", printed))
    assert (result["verdict"], internet.seen) == ("untested", [])
    assert "printed nothing useful" in why(result)[0]


def test_without_the_tool_it_is_not_called_good(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work")
    assert result["verdict"] == "untested"
    assert why(result)[1] == "test it: aws sts get-caller-identity --profile work"
    assert internet.seen == []


def test_what_aws_refuses_fails_in_its_words(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    said = "An error occurred (AccessDenied) when calling the AssumeRole operation: User is not authorized"
    path = tool(tmp_path, "aws", f"echo '{said}' >&2; exit 254")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert (result["verdict"], why(result)[0]) == ("fails", said)


def test_a_tool_that_reaches_nobody_says_nothing_about_the_sign_in(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo 'Could not connect to the endpoint URL' >&2; exit 255")
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert result["verdict"] == "untested"
    assert "Could not connect to the endpoint URL" in why(result)[0]


def test_no_tool_runs_for_an_agent(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo no")
    probed(tmp_path, internet, "bedrock", "--allow-hosts", AWS_PROFILE="work", PATH=path, CRUSH="1")
    assert not (tmp_path / "called").exists()


def test_no_tool_runs_where_a_folder_has_a_word_in_it(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    path = tool(tmp_path, "aws", "echo no")
    (tmp_path / ".env").write_text("AWS_CONFIG_FILE=/nowhere/config\n", encoding="utf-8")
    probed(tmp_path, internet, "bedrock", "--allow-hosts", AWS_PROFILE="work", PATH=path)
    assert not (tmp_path / "called").exists()


def test_a_tool_that_is_too_old_says_whether_a_profile_is_taken(tmp_path: Path, internet: Internet) -> None:
    role_of_profile(tmp_path)
    path = tool(tmp_path, "aws", f'case "$1" in configure) {TOO_OLD};; esac; echo arn:aws:sts::1:user/me')
    result = probed(tmp_path, internet, "bedrock", AWS_PROFILE="work", PATH=path)
    assert result["verdict"] == "untested"
    assert why(result)[0].startswith("AWS accepts the access key of profile work; a chat is not tested")
    called = (tmp_path / "called").read_text().removeprefix(EXPORT)
    assert called == "sts get-caller-identity --profile work --region us-east-1 --query Arn --output text\n"


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the real AWS CLI")
def test_the_real_tool_of_aws(tmp_path: Path, internet: Internet, httpserver: HTTPServer) -> None:
    """A newer one hands out the keys of the role, an older one says whose they are: with what STS answers here."""
    role_of_profile(tmp_path)
    end = datetime.now(UTC) + timedelta(hours=1)
    keys = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>canary-role</SecretAccessKey>"
    keys += f"<SessionToken>canary-session</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
    results = {
        "AssumeRole": f"<Credentials>{keys}</Credentials>",
        "GetCallerIdentity": "<Arn>arn:aws:iam::1:user/me</Arn>",
    }
    space = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'

    def answer(request: Request) -> Response:
        action = request.form["Action"]
        text = f"<{action}Response {space}><{action}Result>{results[action]}</{action}Result></{action}Response>"
        return Response(text, content_type="text/xml")

    httpserver.expect_request("/").respond_with_handler(answer)
    around = {"AWS_PROFILE": "work", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_STS": httpserver.url_for("")}
    path = os.environ["PATH"]
    result = probed(tmp_path, internet, "bedrock", PATH=path, NO_PROXY="localhost", no_proxy="localhost", **around)
    assert result["verdict"] == "works" or why(result)[0].startswith("AWS accepts the access key of profile work")


# Google


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


def test_a_service_account_is_tried_with_the_token_that_gcloud_gets(tmp_path: Path, internet: Internet) -> None:
    sign_in_to_google(tmp_path, type="service_account")
    path = tool(tmp_path, "gcloud", "echo ya29.canary")
    result = probed(tmp_path, internet, "vertexai", PATH=path, **VERTEX)
    assert result["verdict"] == "works", result
    assert internet.chats()[0].headers["authorization"] == "Bearer ya29.canary"
    assert (tmp_path / "called").read_text() == "auth application-default print-access-token\n"


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


# Before it is saved


def added(home: Path, internet: Internet, *arguments: str, **environ: str) -> program.Finished:
    around = {"HOME": str(home), "PATH": program.SYSTEM_PATH, **NO_SERVERS, **internet.environ}
    given = ("add-provider", *arguments, "--yes", "--test")
    done = program.run(given, "", home, {**around, **program.LOCALE, **program.IMPORTS, **environ})
    assert "canary" not in done.out + done.err
    return done


@pytest.mark.parametrize("taken", [True, False])
def test_a_role_is_tried_with_the_profile_that_is_to_be_saved(tmp_path: Path, internet: Internet, taken: bool) -> None:
    """By the tool that `test` runs. Nothing is written of what AWS refuses."""
    role_of_profile(tmp_path)
    if not taken:
        internet.answers[BEDROCK] = (403, {"message": DENIED.format("InvokeModel")})
    path = tool(tmp_path, "aws", f"cat <<END\n{json.dumps(HANDED)}\nEND")
    done = added(tmp_path, internet, "bedrock", "--set", "profile=work", PATH=path)
    insist_on_signature(internet.chats()[0], AwsKeys("ASIAROLE", "canary-role", "canary-session"))
    assert (done.code, (tmp_path / ".config/crush/crush.json").exists()) == ((0, True) if taken else (4, False))


def test_google_is_asked_for_the_project_that_is_to_be_saved(tmp_path: Path, internet: Internet) -> None:
    sign_in_to_google(tmp_path)
    internet.answers[TOKEN] = (200, {"access_token": "canary-token"})
    given = ("--set", "project=p9", "--set", "location=europe-west4")
    assert added(tmp_path, internet, "vertexai", *given).code == 0
    assert "/projects/p9/locations/europe-west4/" in internet.chats()[0].url
