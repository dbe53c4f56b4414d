"""`doctor` as scripts and people use it: findings, fixes, explanations, and the report."""

from __future__ import annotations

import json
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.cli.conftest import Finished, Machine

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

URL = "https://llm.example/v1"
MODEL = {"id": "m1", "name": "One", "context_window": 9000, "default_max_tokens": 900}
SLOTS = {slot: {"provider": "a", "model": "m1"} for slot in ("large", "small")}


@pytest.fixture
def doctor(doctor: Machine) -> Machine:
    """With the last Crush that has no newer format than crush.json to offer."""
    (doctor.home / "bin" / "crush").write_text("#!/bin/sh\necho 'crush version 0.87.0'\n")
    return doctor


def config(**more: Any) -> dict[str, Any]:
    entry = {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL], **more}
    return {"models": SLOTS, "providers": {"a": entry}}


def write(machine: Machine, value: object) -> None:
    machine.write_config(value if isinstance(value, str) else json.dumps(value, indent=2))
    machine.config.chmod(0o600)


def codes(finished: Finished) -> list[str]:
    return [one["code"] for one in finished.json["data"]["findings"]]


def test_nothing_is_wrong(doctor: Machine) -> None:
    write(doctor, config())
    finished = doctor.run("doctor")
    assert (finished.code, finished.out) == (0, "")
    assert "no problems: checked 1 file and 1 provider, Crush 0.87.0" in finished.err


def test_a_finding_for_people(doctor: Machine) -> None:
    write(doctor, config(base_url=f"{URL}/chat/completions"))
    finished = doctor.run("doctor")
    assert finished.code == 1
    assert finished.out.splitlines() == [
        "error D5 a: its `base_url` will not work",
        "  ~/.config/crush/crush.json:14:7",
        "  fix: remove /chat/completions: Crush adds it",
    ]
    assert "1 error: checked 1 file and 1 provider" in finished.err
    assert "`crush-wizard doctor --fix` fixes 1" in finished.err


def test_a_finding_for_programs(doctor: Machine) -> None:
    write(doctor, config(base_url=f"{URL}/chat/completions"))
    finished = doctor.run("doctor", "--json")
    document = finished.json
    assert (finished.code, document["ok"], document["command"]) == (1, False, "doctor")
    (finding,) = document["data"]["findings"]
    assert finding["fix"] == {"description": "remove /chat/completions: Crush adds it", "automatic": True}
    assert finding["cure"] == "remove /chat/completions: Crush adds it"
    assert {name: finding[name] for name in ("code", "severity", "provider", "path", "line", "column")} == {
        "code": "D5",
        "severity": "error",
        "provider": "a",
        "path": str(doctor.config),
        "line": 14,
        "column": 7,
    }


def test_notes_alone_are_no_failure(doctor: Machine) -> None:
    write(doctor, config(models=[{**MODEL, "supports_vision": True}]))
    finished = doctor.run("doctor", "--json")
    assert (finished.code, finished.json["ok"], codes(finished)) == (0, True, ["D4"])


def test_a_broken_file_is_a_finding_not_an_end(doctor: Machine) -> None:
    write(doctor, '{"providers": ')
    finished = doctor.run("doctor", "--json")
    assert (finished.code, codes(finished)) == (1, ["F2"])


def test_broken_settings_are_a_finding_not_an_end(doctor: Machine) -> None:
    write(doctor, config())
    settings = doctor.home / ".config" / "crush-wizard" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("secret_store = [")
    finished = doctor.run("doctor", "--json")
    assert (finished.code, codes(finished)) == (1, ["P4"])


def test_an_empty_machine(machine: Machine) -> None:
    finished = machine.run("doctor", "--json")
    assert codes(finished) == ["W17", "V1"]
    assert machine.snapshot() == {}


def test_looking_changes_nothing_and_runs_nothing(doctor: Machine) -> None:
    mark = doctor.home / "ran"
    write(doctor, config(api_key=f"$(touch {mark})", extra_headers={"X": f"$(touch {mark})"}))
    (doctor.config.parent / "crushrc").write_text(f"touch {mark}\n")
    before = doctor.snapshot()
    doctor.run("doctor")
    doctor.run("doctor", "--fix", "--dry-run")
    assert doctor.snapshot() == before


# --fix

BROKEN = """{
  // a note
  "providers": {
    "a": {"base_url": "https://llm.example/v1/chat/completions", "api_key": "'$A_KEY'", "models": [
      {"id": "m1", "name": "One", "context_window": 9000},
      {"id": "m1", "name": "One", "context_window": 9000}
    ]}
  },
  "models": {"large": {"provider": "a", "model": "m1"}, "small": {"provider": "a", "model": "m1"}}
}
"""


def test_fixes_are_one_change_that_undo_takes_back(doctor: Machine) -> None:
    text = BROKEN.replace("  // a note\n", "")
    write(doctor, text)
    finished = doctor.run("doctor", "--fix", "--yes", "--json")
    assert (finished.code, codes(finished)) == (0, [])
    data = finished.json["data"]
    assert data["applied"] is True
    assert [one["action"] for one in data["changes"]] == ["update"]
    assert doctor.config.read_text() == text.replace("/chat/completions", "").replace("'$A_KEY'", "$A_KEY").replace(
        '},\n      {"id": "m1", "name": "One", "context_window": 9000}\n', "}\n"
    )
    assert doctor.run("undo", "--yes").code == 0
    assert doctor.config.read_text() == text


def test_what_changes_a_meaning_is_left_alone_without_a_terminal(doctor: Machine) -> None:
    write(doctor, BROKEN)
    finished = doctor.run("doctor", "--fix", "--yes")
    assert finished.code == 1
    assert "1 finding needs your decision" in finished.err
    assert "`crush-wizard doctor --fix` in a terminal asks about each" in finished.err
    assert "fix: remove the comments" in finished.out
    assert doctor.config.read_text() == BROKEN


def test_nobody_there_to_confirm(doctor: Machine) -> None:
    write(doctor, config(base_url=f"{URL}/chat/completions"))
    finished = doctor.run("doctor", "--fix")
    assert finished.code == 3
    assert "--yes" in finished.err


def test_a_dry_run_shows_the_diff(doctor: Machine) -> None:
    write(doctor, config(base_url=f"{URL}/chat/completions"))
    before = doctor.snapshot()
    finished = doctor.run("doctor", "--fix", "--dry-run")
    assert f'+      "base_url": "{URL}"' in finished.out
    assert doctor.snapshot() == before


@pytest.mark.parametrize(
    ("broken", "mended"),
    [("\ufeff{}\n", "{}\n"), ('{"options": {"debug": true,},}\n', '{"options": {"debug": true}}\n')],
)
def test_a_file_that_is_no_json_is_mended(doctor: Machine, broken: str, mended: str) -> None:
    write(doctor, broken)
    doctor.run("doctor", "--fix", "--yes")
    assert doctor.config.read_bytes().decode() == mended
    assert doctor.run("undo", "--yes").code == 0
    assert doctor.config.read_bytes().decode() == broken


def test_what_was_looked_at_is_counted_after_the_fix(doctor: Machine) -> None:
    write(doctor, "\ufeff" + json.dumps(config()))
    assert "no problems: checked 1 file and 1 provider" in doctor.run("doctor", "--fix", "--yes").err


def test_no_fix_shows_or_keeps_a_key(doctor: Machine) -> None:
    write(doctor, config(api_key=f"'{CANARY}'", base_url=f"{URL}/models"))
    finished = doctor.run("doctor", "--fix", "--yes", "--json")
    assert "canary" not in finished.out + finished.err
    assert json.loads(doctor.config.read_text())["providers"]["a"]["api_key"] == CANARY
    state = doctor.home / ".local" / "state" / "crush-wizard"
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert kept
    assert b"canary" not in kept


def test_a_crushrc_is_put_right(doctor: Machine) -> None:
    doctor.install_crush("0.88.0")
    script = doctor.config.parent / "crushrc"
    script.parent.mkdir(parents=True)
    script.write_text(
        f"# mine\nprovider add a --base-url {URL}/chat/completions --api-key '$A_KEY'\n"
        "model add a/m1 --name One --context-window 9000\nmodel large a/m1\nmodel small a/m1\n"
    )
    finished = doctor.run("doctor", "--fix", "--yes", "--json")
    assert codes(finished) == []
    assert f"# mine\nprovider add a --base-url '{URL}' --api-key '$A_KEY'\n" in script.read_text()


ALL_AT_ONCE = """{
  "disable_metrics": true,
  "providers": {
    "o": {
      "type": "OpenAI-Compatible",
      "baseURL": "https://llm.example/v1/chat/completions",
      "apiKey": "$A_KEY",
      "models": {"m": {"name": "M", "context": "128000", "can_reason": "true"}},
    },
    "mcp": {"x": {"type": "stdio", "command": "y"}}
  },
  "models": {"large": {"provider": "O", "model": "M"}, "small": {"model": "o/m"}}
}
"""
REPAIRED = {
    "options": {"disable_metrics": True},
    "mcp": {"x": {"type": "stdio", "command": "y"}},
    "providers": {
        "o": {
            "type": "openai-compat",
            "base_url": URL,
            "api_key": "$A_KEY",
            "models": [{"id": "m", "name": "M", "context_window": 128000, "can_reason": True}],
        }
    },
    "models": {slot: {"provider": "o", "model": "m"} for slot in ("large", "small")},
}


def test_what_a_repair_brings_to_light_is_repaired_in_the_same_change(doctor: Machine) -> None:
    write(doctor, ALL_AT_ONCE)
    finished = doctor.run("doctor", "--fix", "--yes", "--json")
    assert (finished.code, codes(finished)) == (0, [])
    assert len(finished.json["data"]["changes"]) == 1
    assert json.loads(doctor.config.read_text()) == REPAIRED
    assert doctor.run("undo", "--yes").code == 0
    assert doctor.config.read_text() == ALL_AT_ONCE


def test_an_unknown_type_at_a_wrong_url_is_no_end(doctor: Machine) -> None:
    write(doctor, config(type="OpenAI", base_url="http://localhost:8080/v1/chat/completions"))
    assert codes(doctor.run("doctor", "--json")) == ["D5", "W6"]


def test_what_is_offered_is_never_denied(doctor: Machine) -> None:
    write(doctor, config(models=[{**MODEL, "contxt_window": 1}]))
    assert "`crush-wizard doctor --fix` asks about 1" in doctor.run("doctor").err
    finished = doctor.run("doctor", "--fix", "--yes")
    assert "1 finding needs your decision" in finished.err
    assert "nothing" not in finished.err


def test_a_file_that_nobody_reads_is_no_loss_of_its_key(doctor: Machine) -> None:
    path = doctor.home / ".crush.json"
    path.write_text(json.dumps(config(api_key=CANARY)))
    work = doctor.home / "work"
    work.mkdir()
    finished = doctor.run("doctor", "--json", cwd=work)
    (finding,) = [one for one in finished.json["data"]["findings"] if one["code"] == "P2"]
    assert finding["fix"] is None
    assert finding["cure"] == f"mv {path} {doctor.config}"
    assert "canary" not in finished.out


def test_a_broken_file_is_looked_at(doctor: Machine) -> None:
    write(doctor, '{"providers": ')
    assert "checked 1 file and 0 providers" in doctor.run("doctor").err


# --explain, usage


def test_a_code_is_explained(machine: Machine) -> None:
    finished = machine.run("doctor", "--explain", "d14")
    assert finished.code == 0
    assert finished.out.startswith("What Crush saved overrides the config\nD14, warning")
    document = machine.run("doctor", "--explain", "F2", "--json").json
    assert document["data"]["code"]["title"] == "A config file is not JSON"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--explain", "X99"), "unknown code 'X99'"),
        (("--yes",), "need --fix"),
        (("--dry-run",), "need --fix"),
        (("--report", "--fix"), "--report and --fix can't be used together"),
    ],
)
def test_wrong_usage(machine: Machine, arguments: tuple[str, ...], message: str) -> None:
    finished = machine.run("doctor", *arguments)
    assert finished.code == 2
    assert message in finished.err


# --report


def test_the_report_is_fit_for_the_public(doctor: Machine) -> None:
    write(
        doctor,
        {
            "models": SLOTS,
            "providers": {
                "a": {
                    "base_url": "https://gpu7.corp-canary.internal:8443/v1",
                    "api_key": CANARY,
                    "extra_headers": {
                        "X-Token": "token-canary-42424242",
                        "HTTP-Referer": "https://wiki.corp-canary.io",
                    },
                    "models": [MODEL],
                    "system_prompt_prefix": "canary prompt",
                },
                "b": {"base_url": "http://user:pass-canary-1@10.11.12.13/v1", "api_key": "$B_KEY", "models": [MODEL]},
                "deepseek": {"api_key": "$DEEPSEEK_API_KEY"},
                "d2": {"base_url": "https://api.deepseek.com/v1", "api_key": "$(pass canary)", "models": [MODEL]},
            },
        },
    )
    project = doctor.home / "canary-project"
    project.mkdir()
    (project / "crush.json").write_text('{"options": {"debug": true}}')
    finished = doctor.run("doctor", "--report", cwd=project, env={"B_KEY": "canary-in-environment"})
    assert finished.code == 0
    for private in ("canary", str(doctor.home), doctor.home.parent.name, "10.11.12.13", socket.gethostname()):
        assert private not in finished.out, private
    for public in ("Crush 0.87.0", "~/.config/crush/crush.json", "<project>/crush.json", "api.deepseek.com", "$B_KEY"):
        assert public in finished.out
    assert "W1" in finished.out
    assert doctor.run("doctor", "--report", "--json", cwd=project).json["data"]["report"].startswith("crush-wizard ")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://llm.canary.sh/v1", "https://<host 1>/v1"),
        ("http://canary1:8000/v1", "http://<host 1>:8000/v1"),
        ("https://db-4.canary.co1/v1", "https://<host 1>/v1"),
        ("https://canary.xn--p1ai/v1", "https://<host 1>/v1"),
        ("https://[2a01:4f8:1:2::ca]:8443/v1", "https://<host 1>:8443/v1"),
        ("https://canary.openai.azure.com/openai/v1", "https://<host 1>.openai.azure.com/openai/v1"),
        ("canary.api.deepseek.com/v1", "<host 1>/v1"),
        ("canary:8000/v1", "<host 1>:8000/v1"),
        ("https://${A_KEY}.canary.corp/v1", "https://${A_KEY}.<host 1>/v1"),
        ("https://gw-$A_KEY.canary.corp/v1", "https://gw-$A_KEY.<host 1>/v1"),
        ("https://canary:pass-word-1@llm.canary.io/v1", "https://<redacted>@<host 1>/v1"),
        ("https://canary@llm.canary.io/v1", "https://<redacted>@<host 1>/v1"),
        ("https://api.deepseek.com/v1", "https://api.deepseek.com/v1"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
    ],
)
def test_a_private_host_is_not_reported(doctor: Machine, url: str, shown: str) -> None:
    write(doctor, config(base_url=url))
    finished = doctor.run("doctor", "--report")
    assert f"base_url {shown}\n" in finished.out
    assert "canary" not in finished.out
    assert "2a01" not in finished.out


def test_a_report_of_somebody_called_as_a_provider(doctor: Machine) -> None:
    write(doctor, config(type="ollama", api_key="ollama"))
    finished = doctor.run("doctor", "--report", env={"LOGNAME": "ollama", "USER": "ollama"})
    assert "a: ollama, ready" in finished.out
    assert "api_key ollama" in finished.out


def test_a_report_of_somebody_at_home_everywhere(doctor: Machine) -> None:
    write(doctor, config())
    there = {"HOME": "/", "XDG_CONFIG_HOME": str(doctor.config.parent.parent)}
    assert "base_url https://<host 1>/v1\n" in doctor.run("doctor", "--report", env=there).out


# Endpoints


def test_an_endpoint_that_works(doctor: Machine, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "m1"}]})
    write(doctor, config(base_url=httpserver.url_for("/v1")))
    finished = doctor.run("doctor", "--json", env={"WIZARD_OFFLINE": ""})
    assert (finished.code, codes(finished)) == (0, [])
    assert httpserver.log


def test_an_endpoint_that_fails_is_a_finding(doctor: Machine) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        write(doctor, config(base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/v1", api_key="'$A_KEY'"))
        finished = doctor.run("doctor", "--json", env={"WIZARD_OFFLINE": ""})
    assert codes(finished) == ["E1", "D11"]
    assert finished.json["data"]["findings"][0]["severity"] == "warning"  # a server of one's own may just be off


def silent(listener: socket.socket) -> dict[str, Any]:
    """A setup with an endpoint that takes connections and never says a word, and with a key in quotes."""
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return config(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", api_key="'$A_KEY'")


def test_a_silent_endpoint_hides_nothing(doctor: Machine) -> None:
    with socket.socket() as listener:
        write(doctor, silent(listener))
        finished = doctor.run("doctor", "--json", env={"WIZARD_OFFLINE": ""})
    assert codes(finished) == ["E1", "D11"]


def test_stopped_it_tells_what_it_knows(doctor: Machine) -> None:
    with socket.socket() as listener:
        write(doctor, silent(listener))
        with doctor.start("doctor", env={"WIZARD_OFFLINE": ""}) as process:
            connection, _ = listener.accept()  # the test has begun
            connection.recv(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            connection.close()
    assert process.returncode == 130
    assert out.startswith("warning D11 a: ")
    assert "stopped before all endpoints answered" in err


def test_offline_asks_nobody(doctor: Machine, httpserver: HTTPServer) -> None:
    write(doctor, config(base_url=httpserver.url_for("/v1")))
    doctor.run("doctor", "--offline", env={"WIZARD_OFFLINE": ""})
    doctor.run("doctor", "--report", env={"WIZARD_OFFLINE": ""})
    assert httpserver.log == []


# The secret store


def test_a_secret_that_is_gone(doctor: Machine) -> None:
    write(doctor, config(api_key="$B_API_KEY"))
    assert doctor.run("secret", "set", "B_API_KEY", "--stdin", "--store", "file", stdin="v1-canary\n").code == 0
    assert codes(doctor.run("doctor", "--json")) == []
    for path in (doctor.home / ".local" / "state" / "crush-wizard" / "secrets").glob("*.age"):
        path.unlink()
    finished = doctor.run("doctor", "--json")
    assert "S3" in codes(finished) or "S1" in codes(finished)
