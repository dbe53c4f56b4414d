"""The curl lines: sh and curl make of them the same requests that the live test sends, and no secret is in them."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from werkzeug import Request, Response

from tests.canary import CANARY
from tests.endpoints.curl_calls import assert_same_requests, headers_of
from wizard.endpoints.curl import AwsVariables, curl_lines
from wizard.endpoints.wire import Live, chat_request, list_request
from wizard.network.aws_signature import AwsKeys, Signing, authorization
from wizard.network.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

TOKEN = "tok canary $HOME `id` \"x\" 'y' \\ !"
MODEL = 'it\'s a "model" $HOME `id`'


def _live(type_name: str, base: str, **fields: Any) -> Live:
    return Live(**{"id": "mine", "type": type_name, "base_url": base, "api_key": CANARY, **fields})


def _argvs(lines: str, folder: Path, **environ: str) -> list[list[str]]:
    """What sh gives to curl, line by line."""
    stub = folder / "curl"
    stub.write_text('#!/bin/sh\nprintf \'%s\\0\' "$@" >> "$OUT"; printf \'\\1\' >> "$OUT"\n', encoding="utf-8")
    stub.chmod(0o755)
    out = folder / "argv"
    env = {"PATH": f"{folder}:/usr/bin:/bin", "OUT": str(out), **environ}
    subprocess.run(["sh", "-eu", "-c", lines], env=env, check=True)
    calls = out.read_text(encoding="utf-8").split("\1")[:-1]
    return [call.split("\0")[:-1] for call in calls]


@pytest.mark.parametrize("type_name", ["openai-compat", "openai", "anthropic", "google", "azure", "ollama"])
def test_sh_gives_curl_what_the_test_sends(type_name: str, tmp_path: Path) -> None:
    live = _live(type_name, "https://h.example/it's", headers={"X-Gateway-Token": TOKEN, "X-Team": "a \"b\" $c 'd'"})
    lines = curl_lines(live, MODEL, "$MINE_KEY")
    assert "canary" not in lines
    argvs = _argvs(lines, tmp_path, MINE_KEY=CANARY, X_GATEWAY_TOKEN=TOKEN)
    assert_same_requests(argvs, live, MODEL)


def test_a_bearer_key_of_anthropic_is_one_variable(tmp_path: Path) -> None:
    live = _live("anthropic", "https://h.example", api_key="Bearer abcdefgh")
    argv = _argvs(curl_lines(live, "m", "$MINE_KEY"), tmp_path, MINE_KEY="Bearer abcdefgh")[0]
    assert headers_of(argv)["Authorization"] == "Bearer abcdefgh"


def test_headers_from_variables_are_hidden() -> None:
    live = _live("openai-compat", "https://h.example", headers={"2X-Team": "canary"}, hidden=frozenset({"2X-Team"}))
    assert '"2X-Team: $HEADER_2X_TEAM"' in curl_lines(live, "m", "$MINE_KEY")


def test_without_a_key_none_is_sent(tmp_path: Path) -> None:
    lines = curl_lines(_live("openai-compat", "https://h.example", api_key=""), "m", "$MINE_KEY")
    assert "MINE_KEY" not in lines
    assert len(_argvs(lines, tmp_path)) == 4


def test_only_the_list_and_another_limit(tmp_path: Path) -> None:
    lines = curl_lines(_live("openai-compat", "https://h.example"), "m", "$MINE_KEY", quick=True, seconds=2.5)
    (argv,) = _argvs(lines, tmp_path, MINE_KEY=CANARY)
    assert "https://h.example/models" in argv
    assert argv[argv.index("--max-time") + 1] == "2.5"


def test_a_refusal_without_words_is_still_told(httpserver: HTTPServer, require_real: Callable[[str], NoReturn]) -> None:
    if shutil.which("curl") is None:
        require_real("curl is not installed")
    httpserver.expect_request("/v1/models").respond_with_data("", status=403)
    lines = curl_lines(_live("openai-compat", httpserver.url_for("/v1")), "m", "$MINE_KEY", quick=True)
    env = {"PATH": "/usr/bin:/bin", "MINE_KEY": CANARY, "NO_PROXY": "*"}
    done = subprocess.run(["sh", "-eu", "-c", lines], env=env, check=True, capture_output=True, text=True)
    assert done.stdout == "\nHTTP 403\n"


def test_what_has_no_curl_line_says_why() -> None:
    assert curl_lines(_live("bedrock", "", api_key=""), "m", "$MINE_KEY").startswith("# mine: AWS signs")


@pytest.mark.parametrize("type_name", ["openai-compat", "openai", "anthropic", "google"])
def test_a_server_sees_the_same_from_curl_and_from_the_test(
    type_name: str, httpserver: HTTPServer, require_real: Callable[[str], NoReturn]
) -> None:
    if shutil.which("curl") is None:
        require_real("curl is not installed")
    seen: list[tuple[Any, ...]] = []

    def remember(request: Request) -> Response:
        ours = {name: value for name, value in request.headers if name not in _PER_PROGRAM}
        seen.append((request.method, request.full_path, ours, request.get_json(silent=True)))
        return Response("{}", content_type="application/json")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(remember)
    live = _live(type_name, httpserver.url_for("/v1"), headers={"X-Gateway-Token": TOKEN})
    subprocess.run(
        ["sh", "-eu", "-c", curl_lines(live, "gpt-5 ü", "$MINE_KEY")],
        env={"PATH": "/usr/bin:/bin", "MINE_KEY": CANARY, "X_GATEWAY_TOKEN": TOKEN, "NO_PROXY": "*"},
        check=True,
        capture_output=True,
    )
    asyncio.run(_send_all(live, "gpt-5 ü"))
    assert len(seen) == 8
    assert seen[:4] == seen[4:]


@pytest.mark.parametrize("token", ["", "token-canary"])
def test_curl_signs_what_goes_to_bedrock(
    token: str, httpserver: HTTPServer, require_real: Callable[[str], NoReturn]
) -> None:
    """With the keys of the variables, which are in no line; a path with % is signed right by a curl of 2025."""
    if shutil.which("curl") is None:
        require_real("curl is not installed")
    httpserver.expect_request(re.compile(".*")).respond_with_data(b"\0")
    live = Live(id="bedrock", type="bedrock", base_url="")
    lines = curl_lines(live, "us.anthropic.claude-opus-5", "$NONE", aws=AwsVariables(bool(token)))
    here = lines.replace("https://bedrock-runtime.us-east-1.amazonaws.com", httpserver.url_for("").rstrip("/"))
    keys = {"AWS_ACCESS_KEY_ID": "AKIACANARY", "AWS_SECRET_ACCESS_KEY": "secret-canary", "AWS_SESSION_TOKEN": token}
    env = {"PATH": "/usr/bin:/bin", "NO_PROXY": "*", **keys}
    subprocess.run(["sh", "-eu", "-c", here], env=env, check=True, capture_output=True)
    sent = [request for request, _ in httpserver.log]
    assert [request.path.rpartition("/")[2] for request in sent] == ["invoke", *["invoke-with-response-stream"] * 2]
    for request in sent:
        said = {name.lower(): value for name, value in request.headers}
        signed = said["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        assert ("x-amz-security-token" in signed) == bool(token)
        now = datetime.strptime(said["x-amz-date"], "%Y%m%dT%H%M%S%z")
        signing = Signing(AwsKeys("AKIACANARY", "secret-canary", token), "us-east-1", "bedrock", now)
        headers = {name: said[name] for name in signed}
        assert said["authorization"] == authorization("POST", request.url, headers, request.get_data(), signing)


def test_a_line_for_an_escaped_path_says_which_curl_it_needs() -> None:
    live = Live(id="bedrock", type="bedrock", base_url="")
    assert "curl 8.16 or newer" in curl_lines(live, "us.anthropic.claude-v1:0", "$NONE", aws=AwsVariables(True))


_PER_PROGRAM = ("User-Agent", "Accept-Encoding", "Content-Length", "Connection")


async def _send_all(live: Live, model: str) -> None:
    async with Client({}) as client:
        await client.send(list_request(live))
        for stream, tool in ((False, False), (True, False), (True, True)):
            await client.send(chat_request(live, model, stream=stream, tool=tool))
