"""`test` against real servers, as a script uses it: table, JSON, curl lines, exit codes, and never a key."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.canary import CANARY
from wizard.endpoints.probe import STEPS
from wizard.secrets.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from werkzeug import Request

    from tests.cli.conftest import Machine

ONLINE = {"WIZARD_OFFLINE": ""}
CHUNKS = [{"choices": [{"delta": {"content": "OK"}}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}]
TOOL_CHUNKS = [{"choices": [{"delta": {"tool_calls": [{"index": 0}]}, "finish_reason": "tool_calls"}]}]


class Servers:
    """One server with a good endpoint below /v1 and strange ones beside it. It knows the paths that were asked."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.slow: Callable[[], Any] = lambda: None
        server.expect_request(re.compile(".*")).respond_with_handler(self._respond)

    def entry(self, path: str = "/v1", key: str | None = "$WORK_KEY", **more: Any) -> dict[str, Any]:
        """A provider at a path of the server."""
        entry = {"type": "openai-compat", "base_url": self._server.url_for(path), "models": [{"id": "m1"}], **more}
        return entry if key is None else {**entry, "api_key": key}

    def _respond(self, request: Request) -> Response:
        self.asked.append(request.path)
        if request.method == "POST":
            self.bodies.append(request.get_json())
        if request.path.startswith("/html"):
            return Response("<!doctype html><title>Portal</title>", content_type="text/html")
        if request.path.startswith("/slow"):
            self.slow()
        elif not request.path.startswith("/v1"):
            return Response("404 page not found", status=404)
        if request.headers.get("Authorization") != f"Bearer {CANARY}":
            return _json({"error": {"message": f"Incorrect API key: {CANARY[:14]}***"}}, 401)
        return self._chat(request.get_json()) if request.method == "POST" else _json({"data": [{"id": "m1"}]})

    @staticmethod
    def _chat(body: Any) -> Response:
        if not body.get("stream"):
            return _json({"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]})
        chunks = TOOL_CHUNKS if "tools" in body else CHUNKS
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return Response(text + "data: [DONE]\n\n", content_type="text/event-stream; charset=utf-8")


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")


@pytest.fixture
def servers() -> Iterator[Servers]:
    with HTTPServer(threaded=True) as server:
        yield Servers(server)


@pytest.fixture
def online(machine: Machine) -> Machine:
    machine.env |= {**ONLINE, "WORK_KEY": CANARY}
    return machine


def has(machine: Machine, **providers: dict[str, Any]) -> None:
    machine.write_config(json.dumps({"providers": providers}))


def steps(finished: Any) -> dict[str, dict[str, str]]:
    """By provider, what became of each step: its code, or its status where there is none."""
    return {
        result["provider"]: {step["name"]: step["code"] or step["status"] for step in result["steps"]}
        for result in finished.json["data"]["results"]
    }


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


# What comes out


def test_all_is_well(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry(), literal=servers.entry(key=CANARY))
    done = online.run("test")
    assert done.code == 0
    header, first, second, _, total = done.out.splitlines()
    assert header.split() == "provider name connection TLS list key chat stream tools seconds".split()
    assert re.fullmatch(r"work +✓ +✓ +– +✓ +✓ +✓ +✓ +✓ +\d+\.\d", first)
    assert second.startswith("literal")
    assert total == "2 of 2 work"
    assert sorted(done.err.splitlines()) == ["literal: works", "work: works"]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_crushrc_that_takes_key_and_url_from_variables(online: Machine, servers: Servers, quote: str) -> None:
    script = online.config.with_name("crushrc")
    script.parent.mkdir(parents=True)
    script.write_text(
        f"provider add work --api-key {quote}$WORK_KEY{quote} --base-url {quote}$WORK_URL/v1{quote}\n"
        "model add work/m1\n",
        encoding="utf-8",
    )
    url = servers.entry("")["base_url"].rstrip("/")
    done = online.run("test", env={"WORK_URL": url})
    assert done.out.endswith("1 of 1 works\n"), done.out
    assert CANARY not in done.out + done.err
    stored = online.run("secret", "set", "WORK_KEY", "--stdin", "--store", "file", stdin=CANARY)
    assert stored.code == 0, stored.err
    done = online.run("test", env={"WORK_URL": url, "WORK_KEY": ""})
    assert done.out.endswith("1 of 1 works\n"), done.out
    assert CANARY not in done.out + done.err


def test_json(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry(), closed=servers.entry() | {"base_url": f"http://127.0.0.1:{closed_port()}/v1"})
    done = online.run("test", "--json")
    assert done.code == 1
    document = done.json
    assert (document["version"], document["command"], document["ok"]) == (1, "test", False)
    work, closed = document["data"]["results"]
    assert (work["provider"], work["ok"]) == ("work", True)
    assert (closed["provider"], closed["ok"]) == ("closed", False)
    for result in (work, closed):
        assert tuple(step["name"] for step in result["steps"]) == STEPS
        assert all({"name", "status", "ms", "code", "detail"} <= step.keys() for step in result["steps"])
    assert steps(done)["closed"]["connect"] == "refused"


@pytest.mark.parametrize(
    ("path", "key", "step", "words"),
    [
        ("/v1", "sk-wrong-9876543210", "key", "the key was refused"),
        ("/nothing", CANARY, "chat", "there is nothing at /nothing/chat/completions"),
        ("/html", CANARY, "chat", "a web page came instead of JSON"),
    ],
)
def test_what_failed_and_the_cure(
    online: Machine, servers: Servers, path: str, key: str, step: str, words: str
) -> None:
    has(online, mine=servers.entry(path, key))
    done = online.run("test")
    assert done.code == 1
    assert f"✗ mine: {step}: {words}" in done.out
    assert "\n  hint: " in done.out
    assert done.out.endswith("0 of 1 work\n")


def test_timeout(online: Machine, servers: Servers) -> None:
    released = threading.Event()
    servers.slow = lambda: released.wait(30)
    has(online, slow=servers.entry("/slow"))
    try:
        done = online.run("test", "--timeout", "0.5", "--json")
    finally:
        released.set()
    assert done.code == 1
    assert steps(done)["slow"]["chat"] == "timed-out"


def test_quick_chats_nothing(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    done = online.run("test", "--quick", "--json")
    assert done.code == 0
    found = steps(done)["work"]
    assert (found["models"], found["key"]) == ("ok", "ok")
    assert found["chat"] == found["stream"] == found["tools"] == "quick"
    assert set(servers.asked) == {"/v1/models"}


def test_quiet_says_nothing_meanwhile(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    done = online.run("test", "--quiet")
    assert done.err == ""
    assert done.out.endswith("1 of 1 works\n")


def test_an_encoding_without_check_marks(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    done = online.run("test", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert re.search(r"^work +\+ +\+ +- ", done.out, re.MULTILINE)


# Which providers


def test_only_the_named_ones_each_once(online: Machine, servers: Servers) -> None:
    has(online, one=servers.entry(), two=servers.entry())
    done = online.run("test", "two", "two", "--quick", "--json")
    assert list(steps(done)) == ["two"]


def test_an_unknown_one(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    done = online.run("test", "wrok")
    assert done.code == 2
    assert "there is no provider `wrok`" in done.err
    assert "did you mean `work`?" in done.err
    assert servers.asked == []


def test_what_crush_does_not_use_is_left_out_and_explained_when_named(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry(), bad=servers.entry(type="nonsense"), bare=servers.entry(key="$NOT_SET_KEY"))
    done = online.run("test", "--quick", "--json")
    assert done.code == 0
    assert list(steps(done)) == ["work"]
    assert any("bad" in message["text"] for message in done.json["messages"])
    named = online.run("test", "bad", "bare", "--json")
    assert named.code == 1
    assert set(steps(named)["bad"].values()) == {"dropped"}
    assert set(steps(named)["bare"].values()) == {"needs-key"}
    assert [result["ok"] for result in named.json["data"]["results"]] == [False, False]
    told = online.run("test", "bad", "bare").out
    assert "✗ bad: Crush drops it: unknown provider type `nonsense`" in told
    assert "hint: fix it in ~/.config/crush/crush.json:" in told
    assert "hint: store it: crush-wizard secret set NOT_SET_KEY" in told


def test_only_what_files_configure_is_tested_and_counted(online: Machine, servers: Servers) -> None:
    has(online, minimax={"api_key": "$MINIMAX_API_KEY", "base_url": servers.entry("/v1")["base_url"]})
    done = online.run("test", "--quick", "--json", env={"MINIMAX_API_KEY": CANARY})
    assert list(steps(done)) == ["minimax"]
    said = " ".join(message["text"] for message in done.json["messages"])
    assert "not tested, because no file configures it: minimax-china" in said
    assert "active through the same variable, $MINIMAX_API_KEY" in said
    assert "crush-wizard test minimax-china" in said


def test_what_only_a_variable_makes_active_is_named_and_not_asked(online: Machine) -> None:
    done = online.run("test", "--json", env={"GROQ_API_KEY": CANARY})
    assert (done.code, list(steps(done))) == (0, [])
    said = " ".join(message["text"] for message in done.json["messages"])
    assert "no file configures it: groq (active through $GROQ_API_KEY)" in said


def test_a_provider_that_a_slot_names_is_configured(online: Machine) -> None:
    online.write_config(json.dumps({"models": {"large": {"provider": "groq", "model": "m"}}}))
    done = online.run("test", "--quick", "--json", "--timeout", "0.2", env={"GROQ_API_KEY": CANARY})
    assert list(steps(done)) == ["groq"]


def test_a_disabled_one_is_tested_when_named(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry(disable=True), other=servers.entry())
    assert list(steps(online.run("test", "--quick", "--json"))) == ["other"]
    assert steps(online.run("test", "work", "--json"))["work"]["chat"] == "ok"


def test_a_command_of_the_config_is_not_run(online: Machine, servers: Servers, tmp_path: Path) -> None:
    witness = tmp_path / "it-ran"
    has(
        online,
        op=servers.entry(key=f"$(touch {witness}; echo {CANARY})"),
        mixed=servers.entry(key="${MINE:-$(op read x)}"),
    )
    done = online.run("test", "--json")
    assert done.code == 0
    assert set(steps(done)["op"].values()) == {"command"}
    assert not witness.exists()
    assert servers.asked == []
    told = online.run("test").out
    assert "– op: its api_key comes from a command" in told
    assert "hint: set MINE in the environment of this one call" in told
    assert "0 of 2 work, 2 not tested" in told
    assert steps(online.run("test", "mixed", "--json", env={"MINE": CANARY}))["mixed"]["chat"] == "ok"


def test_nothing_to_test(online: Machine) -> None:
    done = online.run("test", "--json")
    assert done.code == 0
    assert done.json["data"] == {"results": []}


def test_a_broken_file(online: Machine) -> None:
    online.write_config('{"providers": {"work": }}')
    done = online.run("test", "--json")
    assert done.code == 4
    error = done.json["error"]
    assert (error["code"], error["line"], error["column"]) == ("invalid-config", 1, 24)


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_offline(online: Machine, servers: Servers, way: str) -> None:
    has(online, work=servers.entry())
    done = online.run("test", *(["--offline"] if way == "flag" else []), env={"WIZARD_OFFLINE": "1"[way == "flag" :]})
    assert done.code == 4
    assert "`test` needs the network" in done.err
    assert servers.asked == []


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "soon"])
def test_a_time_limit_that_is_none(online: Machine, servers: Servers, seconds: str) -> None:
    has(online, work=servers.entry())
    done = online.run("test", "--timeout", seconds)
    assert done.code == 2
    assert "--timeout" in done.err
    assert servers.asked == []


# Keys


def test_a_store_that_is_not_there_leaves_the_others_tested(online: Machine, servers: Servers) -> None:
    Index(online.home / ".local" / "state" / "crush-wizard").add("keyring", "STORED_KEY")
    has(online, stored=servers.entry(key="$STORED_KEY"), work=servers.entry())
    done = online.run("test", "--json")
    assert done.code == 1
    assert steps(done)["work"]["chat"] == "ok"
    assert set(steps(done)["stored"].values()) == {"secret-store-unavailable"}
    alone = online.run("test", "stored", "--json")
    assert alone.code == 5
    assert "STORED_KEY" in alone.json["error"]["message"]


def test_a_stored_key_is_used_and_shown_nowhere(machine_with_keyring: Machine, servers: Servers) -> None:
    machine = machine_with_keyring
    machine.env |= ONLINE
    assert machine.run("secret", "set", "WORK_KEY", "--stdin", stdin=CANARY).code == 0
    has(
        machine,
        work=servers.entry(),
        headed=servers.entry(key=None, extra_headers={"Authorization": "Bearer $WORK_KEY"}),
    )
    for arguments in ([], ["--json"], ["--curl"], ["--curl", "--json"]):
        done = machine.run("test", *arguments)
        assert done.code == 0, done.out
        assert CANARY not in done.out + done.err
    refused = machine.run("test", "work", "--json", env={"WORK_KEY": "sk-other-0123456789"})
    assert steps(refused)["work"]["key"] == "key-refused"
    assert "sk-other-0123456789" not in refused.out + refused.err


def test_the_key_is_in_no_arguments_of_a_process(machine_with_keyring: Machine, servers: Servers) -> None:
    machine = machine_with_keyring
    machine.env |= ONLINE
    machine.run("secret", "set", "WORK_KEY", "--stdin", stdin=CANARY)
    seen: list[bytes] = []
    servers.slow = lambda: seen.extend(
        path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()
    )
    has(machine, work=servers.entry("/slow"))
    assert machine.run_alone("test").code == 0
    assert any(b"-m\0wizard\0test" in line for line in seen)
    assert not any(CANARY.encode() in line for line in seen)


def test_a_key_that_is_a_name_masks_no_name(online: Machine, servers: Servers) -> None:
    has(online, ollama=servers.entry(key="ollama"))
    assert list(steps(online.run("test", "--json"))) == ["ollama"]


# curl


def test_curl_lines_have_a_variable_for_the_key(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry(), literal=servers.entry(key=CANARY), op=servers.entry(key="$(op read x)"))
    done = online.run("test", "--curl")
    assert done.code == 0
    assert servers.asked == []
    assert CANARY not in done.out
    for variable in ("$WORK_KEY", "$LITERAL_API_KEY", "$OP_API_KEY"):
        assert f'"Authorization: Bearer {variable}"' in done.out
    assert shlex.split(done.out, comments=True).count("curl") == 15


def test_curl_lines_ask_no_more_and_no_longer_than_the_test(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    done = online.run("test", "--curl", "--quick", "--timeout", "42")
    words = shlex.split(done.out, comments=True)
    assert words.count("curl") == 1
    assert words[words.index("--max-time") + 1] == "42"


def test_curl_sends_a_word_that_is_no_secret_as_it_is(machine: Machine) -> None:
    entry = {"base_url": "http://localhost:9/v1", "models": [{"id": "m"}]}
    for key, sent in (
        ("no-key", "no-key"),
        ("$(pass show x)", "$W_API_KEY"),
        (CANARY, "$W_API_KEY"),
    ):
        machine.write_config(json.dumps({"providers": {"w": {**entry, "api_key": key}}}))
        done = machine.run("test", "--curl", "w", env={"WIZARD_OFFLINE": "1"})
        assert f"Authorization: Bearer {sent}" in done.out
        assert CANARY not in done.out + done.err


def test_curl_needs_no_network(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    assert online.run("test", "--curl", "--offline").code == 0


# Side by side


def test_fifty_are_asked_together(online: Machine, servers: Servers) -> None:
    """The server answers nobody before the fiftieth has asked."""
    everyone = threading.Barrier(50)
    passed = threading.Event()

    def wait_for_all() -> None:
        if not passed.is_set():
            everyone.wait(timeout=60)
            passed.set()

    servers.slow = wait_for_all
    has(online, **{f"p{number}": servers.entry("/slow") for number in range(50)})
    done = online.run("test", "--quick", "--timeout", "100")
    assert done.code == 0, done.out
    assert done.out.endswith("50 of 50 reachable; to test a chat: crush-wizard test\n")
    assert "p7: reachable, key accepted; a chat was not tried" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_what_is_known(online: Machine, servers: Servers, number: signal.Signals) -> None:
    reached, released = threading.Event(), threading.Event()

    def hang() -> None:
        reached.set()
        released.wait(60)

    servers.slow = hang
    has(online, slow=servers.entry("/slow"), closed=servers.entry() | {"base_url": f"http://127.0.0.1:{closed_port()}"})
    with online.start("test", "--json", "--timeout", "60") as process:
        assert process.stderr is not None
        assert "closed: fails" in process.stderr.readline()
        assert reached.wait(60)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    released.set()
    assert process.returncode == 130
    assert "Traceback" not in err
    slow, closed = json.loads(out)["data"]["results"]
    assert (slow["ok"], closed["ok"]) == (False, False)
    assert {step["code"] for step in slow["steps"][3:]} == {"stopped"}
    assert {step["status"] for step in closed["steps"]} == {"ok", "failed", "skipped"}


CLOUDS: dict[str, Any] = {
    "env": {"AWS_PROFILE": "work", "VERTEXAI_PROJECT": "p1", "VERTEXAI_LOCATION": "global"},
    "providers": {
        "bedrock": {},
        "vertexai": {},
        "entra": {
            "type": "openai",
            "base_url": "https://res.openai.azure.com/openai/v1",
            "api_key": "$(az account get-access-token --query accessToken)",
            "models": [{"id": "m"}],
        },
    },
}
PROFILES = """[profile work]
sso_start_url = https://x.awsapps.com/start
[profile keys]
aws_access_key_id = AKIACANARY
aws_secret_access_key = secret-canary
"""


def test_curl_signs_in_to_the_clouds_with_variables(machine: Machine) -> None:
    """And the first line says what sets them."""
    (machine.home / ".aws").mkdir()
    (machine.home / ".aws" / "config").write_text(PROFILES, encoding="utf-8")
    machine.write_config(json.dumps(CLOUDS))
    done = machine.run("test", "--curl")
    assert done.code == 0, done.err
    assert """first: eval "$(aws configure export-credentials --profile work --format env)"'""" in done.out
    assert "first: GOOGLE_ACCESS_TOKEN=$(gcloud auth application-default print-access-token)'" in done.out
    assert "first: AZURE_ACCESS_TOKEN=$(az account get-access-token --query accessToken)'" in done.out
    bearers = set(re.findall(r"Bearer (\S+)\"", done.out))
    assert bearers == {"$GOOGLE_ACCESS_TOKEN", "$AZURE_ACCESS_TOKEN"}
    assert '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"' in done.out
    assert "x-amz-security-token: $AWS_SESSION_TOKEN" in done.out
    work = machine.run("test", "bedrock", "--curl").out.replace("--profile work", "--profile keys")
    machine.write_config(json.dumps({**CLOUDS, "env": {"AWS_PROFILE": "keys"}}))
    with_keys = machine.run("test", "bedrock", "--curl").out
    assert "canary" not in with_keys.lower()
    assert with_keys == work.replace(' \\\n  -H "x-amz-security-token: $AWS_SESSION_TOKEN"', "")
    bearer = machine.run("test", "bedrock", "--curl", env={"AWS_BEARER_TOKEN_BEDROCK": "ABSKcanary"}).out
    assert "Bearer $AWS_BEARER_TOKEN_BEDROCK" in bearer
    assert "canary" not in bearer.lower()


def test_no_line_tells_to_run_what_else_a_config_says(machine: Machine) -> None:
    entry = {**CLOUDS["providers"]["entra"], "api_key": "$(az account get-access-token; rm -rf ~)"}
    machine.write_config(json.dumps({"providers": {"entra": entry}}))
    assert "rm -rf" not in machine.run("test", "--curl").out


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_lines_run_as_they_stand_and_send_what_the_test_sends(online: Machine, servers: Servers) -> None:
    has(online, work=servers.entry())
    assert online.run("test").code == 0
    tested = list(servers.bodies)
    servers.bodies.clear()
    lines = online.run("test", "--curl").out
    env = {"PATH": os.environ["PATH"], "WORK_KEY": CANARY}
    ran = subprocess.run(["bash", "-c", lines], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("HTTP 200") == 5
    assert servers.bodies == tested
