"""Bedrock and Vertex AI without a sign-in: active for Crush, and of no use."""

from __future__ import annotations

import json

from tests.doctor.conftest import Machine, found

MINE = {"providers": {"mine": {"base_url": "https://llm.example/v1", "api_key": "x", "models": [{"id": "m"}]}}}


def test_a_stray_region_is_told_with_the_way_to_hide_what_it_brings(doctored: Machine) -> None:
    first, second = found(doctored.examine({"AWS_REGION": "eu-west-1"}), "D19")
    assert first.message == (
        "AWS_REGION makes the built-in bedrock active; its requests will fail: "
        "unable to locate credentials: no key, no profile"
    )
    assert first.cure.startswith("to hide it: crush-wizard hide bedrock; to use it: ")
    assert "crush-wizard hide bedrock-europe" in second.cure


def test_where_it_takes_the_slots_it_is_a_warning(doctored: Machine) -> None:
    doctored.write("user", MINE)
    first, *_ = found(doctored.examine({"AWS_REGION": "eu-west-1"}), "D19")
    assert first.severity == "warning"
    assert "it becomes the small model; its requests will fail" in first.message
    assert "crush-wizard hide bedrock" in first.cure


def test_keys_that_are_there_make_it_no_stray_one(doctored: Machine) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    first, *_ = found(doctored.examine(environ), "D19")
    assert "fail" not in first.message
    assert found(doctored.examine(environ), "D31") == []


def test_a_profile_that_is_not_there_goes_to_anthropic(doctored: Machine) -> None:
    doctored.write("user", {"env": {"AWS_PROFILE": "gone"}, "providers": {"bedrock": {"flat_rate": True}}})
    (finding,) = found(doctored.examine({"ANTHROPIC_API_KEY": "k"}), "D31")
    assert finding.message.endswith("Crush sends its requests to Anthropic instead, with ANTHROPIC_API_KEY")
    assert finding.cure == "aws configure sso --profile gone"
    (finding,) = found(doctored.examine(), "D31")
    assert finding.message == "the config profile (gone) could not be found"


def test_vertex_without_default_credentials(doctored: Machine) -> None:
    environ = {"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "global"}
    (finding,) = found(doctored.examine(environ), "D31")
    assert finding.cure == "gcloud auth application-default login"
    file = doctored.around.home / ".config/gcloud/application_default_credentials.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"type": "authorized_user"}), encoding="utf-8")
    assert found(doctored.examine(environ), "D31") == []


def test_one_that_is_disabled_or_has_a_key_wants_no_sign_in(doctored: Machine) -> None:
    for entry in ({"api_key": "$T"}, {"disable": True}):
        doctored.write("user", {"providers": {"bedrock": entry}})
        assert found(doctored.examine({"AWS_REGION": "eu", "T": "t"}), "D31") == []
