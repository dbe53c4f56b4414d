"""Signatures as AWS has them."""

from __future__ import annotations

from datetime import UTC, datetime

from wizard.network.aws_signature import AwsKeys, Signing, authorization, signed_headers

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
THEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def test_the_example_of_aws() -> None:
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, worked through there."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": "iam.amazonaws.com",
        "X-Amz-Date": "20150830T123600Z",
    }
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    assert authorization("GET", url, headers, b"", Signing(KEYS, "us-east-1", "iam", THEN)) == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_a_request_of_the_test_suite_of_aws() -> None:
    """`post-vanilla` of aws-sig-v4-test-suite."""
    signed = signed_headers("https://example.amazonaws.com/", {}, b"", Signing(KEYS, "us-east-1", "service", THEN))
    assert signed["authorization"].endswith("=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
    assert (signed["host"], signed["x-amz-date"]) == ("example.amazonaws.com", "20150830T123600Z")


def test_keys_that_end_bring_their_token() -> None:
    signing = Signing(AwsKeys("AKIDEXAMPLE", KEYS.secret, "token"), "us-east-1", "bedrock", THEN)
    signed = signed_headers("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", {}, b"{}", signing)
    assert signed["x-amz-security-token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in signed["authorization"]
