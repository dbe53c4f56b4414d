"""How a real Crush signs in to Bedrock, Vertex AI and Azure, seen by the requests that it sends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import program
from tests.conftest import NO_SERVERS
from wizard.network.aws_signature import AwsKeys, Signing, authorization

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet, Sent
    from tests.crush.real.program import RealCrush

OPUS = "us.anthropic.claude-opus-5"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAFROMENV", "AWS_SECRET_ACCESS_KEY": "s"}


def configure(crush: RealCrush, config: object) -> None:
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.write_text(json.dumps(config), encoding="utf-8")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def chat(crush: RealCrush, internet: Internet, model: str = "") -> Sent:
    said = crush.ask(model=model)
    assert internet.chats(), said
    assert said == ""
    return internet.chats()[0]


def wizard(crush: RealCrush, *arguments: str) -> str:
    """What the wizard said, in Crush's home, without a network."""
    around = {"HOME": str(crush.home), "PATH": program.SYSTEM_PATH, "WIZARD_OFFLINE": "1", **NO_SERVERS}
    done = program.run(arguments, "", crush.home, {**around, **program.LOCALE, **program.IMPORTS, **crush.env})
    assert done.code == 0, done.err
    return done.out + done.err


def with_env(crush: RealCrush, **env: str) -> RealCrush:
    return replace(crush, env={**crush.env, **env})


# Bedrock


@pytest.mark.parametrize("region", ["", "ap-south-1"])
def test_a_bearer_token_goes_to_the_region_of_the_id(crush: RealCrush, internet: Internet, region: str) -> None:
    """`AWS_REGION` has no say in where the requests go."""
    user = with_env(crush, AWS_BEARER_TOKEN_BEDROCK="ABSKtoken", AWS_REGION=region)
    sent = chat(user, internet, f"bedrock/{OPUS}")
    assert sent.url == (f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{OPUS}/invoke-with-response-stream")
    assert sent.headers["authorization"] == "Bearer ABSKtoken"
    assert sent.body["anthropic_version"] == "bedrock-2023-05-31"
    europe = chat(user, internet, "bedrock-europe/eu.anthropic.claude-opus-5")
    assert europe.url.startswith("https://bedrock-runtime.eu-west-1.amazonaws.com/model/eu.anthropic")


def test_a_key_of_the_entry_is_a_bearer_token(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"bedrock": {"api_key": "$MY_TOKEN"}}})
    sent = chat(with_env(crush, MY_TOKEN="ABSKmine", **KEYS), internet, f"bedrock/{OPUS}")
    assert sent.headers["authorization"] == "Bearer ABSKmine"


def test_a_profile_of_the_configuration_signs_the_requests(crush: RealCrush, internet: Internet) -> None:
    """`env` of the configuration reaches AWS's own library."""
    write(
        crush.home / ".aws" / "credentials",
        "[default]\naws_access_key_id=AKIADEFAULT\naws_secret_access_key=s\n"
        "[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n",
    )
    assert "Credential=AKIADEFAULT/" in chat(crush, internet, f"bedrock/{OPUS}").headers["authorization"]
    configure(crush, {"env": {"AWS_PROFILE": "work"}})
    sent = chat(crush, internet, f"bedrock/{OPUS}")
    assert sent.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAWORK/")
    assert "/us-east-1/bedrock/aws4_request" in sent.headers["authorization"]
    assert (
        "Credential=AKIAFROMENV/" in chat(with_env(crush, **KEYS), internet, f"bedrock/{OPUS}").headers["authorization"]
    )


@pytest.mark.parametrize("model", [OPUS, "us.anthropic.claude-haiku-4-5-20251001-v1:0"])
@pytest.mark.parametrize("token", ["", "session-token"])
def test_its_signature_is_ours(crush: RealCrush, internet: Internet, model: str, token: str) -> None:
    """Over the same request, with the same keys, at the same time; a colon of a model's id is escaped twice."""
    sent = chat(with_env(crush, **KEYS, AWS_SESSION_TOKEN=token), internet, f"bedrock/{model}")
    names = sent.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {"content-length": str(len(sent.raw)), **{name: sent.headers.get(name, "") for name in names}}
    now = datetime.strptime(sent.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
    signing = Signing(AwsKeys(KEYS["AWS_ACCESS_KEY_ID"], "s", token), "us-east-1", "bedrock", now)
    assert authorization("POST", sent.url, headers, sent.raw, signing) == sent.headers["authorization"]


def test_a_region_alone_makes_it_active_and_sends_nothing(crush: RealCrush, internet: Internet) -> None:
    user = with_env(crush, AWS_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true")
    assert "failed to refresh cached credentials" in user.ask(model=f"bedrock/{OPUS}")
    assert not internet.chats()


def test_a_profile_that_is_not_there_sends_it_all_to_anthropic(crush: RealCrush, internet: Internet) -> None:
    """With Anthropic's own key, and without a word."""
    sent = chat(with_env(crush, AWS_PROFILE="gone", ANTHROPIC_API_KEY="sk-ant-mine"), internet, f"bedrock/{OPUS}")
    assert (sent.url, sent.headers["x-api-key"]) == ("https://api.anthropic.com/v1/messages", "sk-ant-mine")


# Vertex AI


def sign_in_to_google(crush: RealCrush, internet: Internet) -> None:
    adc = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    write(crush.home / ".config/gcloud/application_default_credentials.json", json.dumps(adc))
    token = {"access_token": "ya29.t", "expires_in": 3600, "token_type": "Bearer"}
    internet.answers["oauth2.googleapis.com"] = (200, token)


@pytest.mark.parametrize(
    ("location", "model", "url"),
    [
        (
            "europe-west4",
            "gemini-3-flash-preview",
            "https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/p1/locations/europe-west4/"
            "publishers/google/models/gemini-3-flash-preview:streamGenerateContent?alt=sse",
        ),
        (
            "global",
            "gemini-3-flash-preview",
            "https://aiplatform.googleapis.com/v1beta1/projects/p1/locations/global/"
            "publishers/google/models/gemini-3-flash-preview:streamGenerateContent?alt=sse",
        ),
        (
            "global",
            "claude-opus-4-6",
            "https://aiplatform.googleapis.com/v1/projects/p1/locations/global/"
            "publishers/anthropic/models/claude-opus-4-6:streamRawPredict",
        ),
    ],
)
def test_default_credentials_become_a_token(
    crush: RealCrush, internet: Internet, location: str, model: str, url: str
) -> None:
    sign_in_to_google(crush, internet)
    user = with_env(crush, VERTEXAI_PROJECT="p1", VERTEXAI_LOCATION=location)
    sent = chat(user, internet, f"vertexai/{model}")
    assert (sent.url, sent.headers["authorization"]) == (url, "Bearer ya29.t")


@pytest.mark.parametrize("project", ["p1", "$GOOGLE_CLOUD_PROJECT"])
def test_project_and_location_may_stand_in_the_configuration(
    crush: RealCrush, internet: Internet, project: str
) -> None:
    sign_in_to_google(crush, internet)
    configure(crush, {"env": {"VERTEXAI_PROJECT": project, "VERTEXAI_LOCATION": "global"}})
    sent = chat(with_env(crush, GOOGLE_CLOUD_PROJECT="p1"), internet, "vertexai/gemini-3-flash-preview")
    assert "/projects/p1/locations/global/" in sent.url


# Azure


def test_the_type_azure_sends_no_entra_token(crush: RealCrush, internet: Internet) -> None:
    entry = {
        "base_url": "https://res.openai.azure.com",
        "api_key": "$(echo token)",
        "extra_headers": {"Authorization": "Bearer mine"},
    }
    configure(crush, {"providers": {"azure": entry}})
    sent = chat(crush, internet, "azure/gpt-5")
    assert sent.headers["api-key"] == "token"
    assert "authorization" not in sent.headers


@pytest.mark.parametrize("status", [200, 401])
def test_a_command_as_the_key_runs_anew_for_each_prompt(
    crush: RealCrush, internet: Internet, tmp_path: Path, status: int
) -> None:
    """Many times even: az has to answer fast. A refused token is not asked for again before the next prompt."""
    counter = tmp_path / "count"
    entry = {
        "type": "openai",
        "base_url": "https://res.openai.azure.com/openai/v1",
        "api_key": f"$(echo x >> {counter}; wc -l < {counter} | tr -d ' ')",
        "models": [{"id": "team-chat", "name": "T", "context_window": 100000, "default_max_tokens": 1000}],
    }
    configure(crush, {"providers": {"azure-openai": entry}})
    if status == 401:
        internet.answers["res.openai.azure.com"] = (status, {"error": {"message": "expired"}})
    last = 0
    for _ in range(2):
        crush.ask(model="azure-openai/team-chat")
        numbers = [int(sent.headers["authorization"].removeprefix("Bearer ")) for sent in internet.chats()]
        assert min(numbers) > last
        assert len(set(numbers)) == 1
        last = max(numbers)
    assert last > 8


# What the presets write


SSO = "[profile work]\nsso_start_url = https://corp.awsapps.com/start\n"
WORK_KEYS = "[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n"


@pytest.mark.parametrize(
    ("region", "host", "model"),
    [
        ("us", "bedrock-runtime.us-east-1.amazonaws.com", OPUS),
        ("eu", "bedrock-runtime.eu-west-1.amazonaws.com", "eu.anthropic.claude-opus-5"),
    ],
)
def test_bedrock_is_set_up_with_a_profile(
    crush: RealCrush, internet: Internet, region: str, host: str, model: str
) -> None:
    write(crush.home / ".aws/credentials", WORK_KEYS)
    wizard(crush, "add-provider", "bedrock", "--yes", "--set", f"region={region}", "--set", "profile=work")
    sent = chat(crush, internet)
    assert sent.url.startswith(f"https://{host}/model/{model}/")
    assert "Credential=AKIAWORK/" in sent.headers["authorization"]


def test_bedrock_is_set_up_with_a_key(crush: RealCrush, internet: Internet) -> None:
    wizard(crush, "add-provider", "bedrock", "--yes", "--set", "auth=key")
    sent = chat(with_env(crush, AWS_BEARER_TOKEN_BEDROCK="ABSKmine"), internet)
    assert sent.headers["authorization"] == "Bearer ABSKmine"
    assert "env" not in json.loads(crush.config_file.read_text())


def test_a_profile_with_sso_gets_the_command_that_signs_in_again(crush: RealCrush) -> None:
    write(crush.home / ".aws/config", SSO)
    wizard(crush, "add-provider", "bedrock", "--yes")
    config = json.loads(crush.config_file.read_text())
    assert config["env"] == {"AWS_PROFILE": "work"}
    assert config["providers"]["bedrock"]["aws_auth_refresh"] == "aws sso login --profile work"
    assert "D31" in wizard_doctor(crush)
    wizard(crush, "undo", "--yes")
    assert not crush.config_file.exists() or "env" not in json.loads(crush.config_file.read_text())


def wizard_doctor(crush: RealCrush, cwd: Path | None = None) -> str:
    around = {"HOME": str(crush.home), "PATH": program.SYSTEM_PATH, "WIZARD_OFFLINE": "1", **NO_SERVERS}
    around |= {**program.LOCALE, **program.IMPORTS, **crush.env}
    done = program.run(("doctor",), "", cwd or crush.home, around)
    return done.out


def test_vertex_is_set_up_with_what_other_programs_call_its_project(crush: RealCrush, internet: Internet) -> None:
    sign_in_to_google(crush, internet)
    user = with_env(crush, GOOGLE_CLOUD_PROJECT="p7", GOOGLE_CLOUD_LOCATION="europe-west4")
    wizard(user, "add-provider", "vertexai", "--yes")
    assert "europe-west4-aiplatform.googleapis.com/v1beta1/projects/p7/" in chat(crush, internet).url


def test_beside_a_crushrc_its_project_is_in_a_crush_json(crush: RealCrush, internet: Internet) -> None:
    sign_in_to_google(crush, internet)
    crushrc = crush.config_file.with_name("crushrc")
    write(crushrc, "option debug true\n")
    wizard(crush, "add-provider", "vertexai", "--yes", "--set", "project=p8", "--set", "location=europe-west4")
    assert "provider add vertexai" in crushrc.read_text(encoding="utf-8")
    assert "europe-west4-aiplatform.googleapis.com/v1beta1/projects/p8/" in chat(crush, internet).url


def test_azure_is_set_up_with_az(crush: RealCrush, internet: Internet, tmp_path: Path) -> None:
    """The command that is written is the one that az is called with, and its token goes out as a bearer token."""
    az = tmp_path / "az"
    az.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/called\necho token-of-entra\n', encoding="utf-8")
    az.chmod(0o755)
    given = ("--set", "resource=res", "--set", "deployment=team:gpt-5", "--set", "auth=az")
    wizard(crush, "add-provider", "azure", "--yes", *given)
    sent = chat(with_env(crush, PATH=f"{tmp_path}:/usr/bin:/bin"), internet)
    assert sent.url.startswith("https://res.openai.azure.com/openai/v1/")
    assert sent.headers["authorization"] == "Bearer token-of-entra"
    assert (tmp_path / "called").read_text().strip() == (
        "account get-access-token --resource https://cognitiveservices.azure.com --query accessToken --output tsv"
    )


# In somebody else's folder


@pytest.mark.parametrize(
    ("variable", "value"),
    [("VERTEXAI_LOCATION", "thief.example/x"), ("GOOGLE_VERTEX_BASE_URL", "https://thief.example")],
)
def test_a_folder_can_send_googles_token_anywhere_and_doctor_says_so(
    crush: RealCrush, internet: Internet, tmp_path: Path, variable: str, value: str
) -> None:
    sign_in_to_google(crush, internet)
    (tmp_path / ".env").write_text(f"{variable}={value}\n", encoding="utf-8")
    usual = {"VERTEXAI_PROJECT": "p1", "VERTEXAI_LOCATION": "global"}
    user = with_env(crush, **{name: text for name, text in usual.items() if name != variable})
    user.ask(tmp_path, "vertexai/gemini-3-flash-preview")
    sent = internet.chats()[0]
    assert sent.url.startswith("https://thief.example/")
    assert sent.headers["authorization"] == "Bearer ya29.t"
    assert "T3" in wizard_doctor(user, tmp_path)


def test_a_folder_can_have_awss_library_run_a_command_and_doctor_says_so(
    crush: RealCrush, internet: Internet, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"[default]\ncredential_process = touch {tmp_path}/ran\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"AWS_CONFIG_FILE={tmp_path}/config\nAWS_REGION=us-east-1\n", encoding="utf-8")
    crush.ask(tmp_path, f"bedrock/{OPUS}")
    assert (tmp_path / "ran").exists()
    assert "T3" in wizard_doctor(crush, tmp_path)
