"""`import` as scripts and teams use it: the same setup arrives, nothing arrives unseen, twice is as good as once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from werkzeug import Response

from tests import age_files

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService
    from tests.model_server import ModelServer

CANARY = "sk-canary-77aa0e0123456789"
WORK = {
    "type": "openai-compat",
    "base_url": "https://llm.work.example/v1",
    "api_key": "$WORK_API_KEY",
    "extra_headers": {"X-Team": "search"},
    "extra_body": {"options.num_ctx": 5, "list": [1, {"a": [True]}]},
    "models": [{"id": "w-1", "name": "Wörk", "context_window": 128000}, {"id": "w-2", "name": "W2"}],
}
LOCAL = {"type": "ollama", "base_url": "http://localhost:11434/v1", "api_key": "ollama", "models": [{"id": "q"}]}
CONFIG = {
    "providers": {"work": WORK, "local": LOCAL},
    "models": {"large": {"provider": "work", "model": "w-1", "max_tokens": 99}},
}
STORE = ("--secret-store", "file")
HEAD = "profile = 1\n"
TAKES_A_GIGABYTE = """\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBiciswcVNMcGpRZGpWYXhN
bXFpMjV3IDIwCkZEU2hrUWxkM1oyS0J3d2xvK2JFNE9CUzcvQ2E4OFdMcjVXNHZk
WGJDbDgKLS0tIHNtWUpFR2RpNytIV2tDeVFxdlJsUERNcTY1VzZIcmUxNUxvTjlX
dEtRSWMKWv40sAnX96o1gPTsHta2XG6ZsJYQRiDkRnoR13rj3imidfDrkL4auVhV
RpA=
-----END AGE ENCRYPTED FILE-----
"""
"""An empty profile, whose passphrase is `x`: scrypt with 2^20 rounds."""


@pytest.fixture
def other(machine: Machine, tmp_path: Path) -> Machine:
    """Another machine."""
    home = tmp_path / "other"
    home.mkdir()
    return replace(machine, home=home, env={**machine.env, "HOME": str(home)})


@pytest.fixture
def team(machine: Machine, tmp_path: Path) -> str:
    """A profile of the first machine."""
    machine.write_config(json.dumps(CONFIG))
    path = tmp_path / "team.toml"
    assert machine.run("export", str(path)).code == 0
    return str(path)


@pytest.fixture
def sealed(team: str, tmp_path: Path) -> str:
    """The same with its secret, and the passphrase in a file beside it."""
    (tmp_path / "pw").write_text("correct horse\n", encoding="utf-8")
    path = tmp_path / "all.age"
    open_text = f'{Path(team).read_text(encoding="utf-8")}\n[values]\nWORK_API_KEY = "{CANARY}"\n'
    path.write_text(age_files.sealed(open_text, "correct horse"), encoding="ascii")
    return str(path)


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "given.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return str(path)


def _config(machine: Machine) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(machine.config.read_text(encoding="utf-8"))
    config.pop("$schema", None)
    return config


# The same setup


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_the_same_setup_arrives_on_an_empty_machine(machine: Machine, other: Machine, team: str, format_: str) -> None:
    done = other.run("import", team, "--yes", "--format", format_)
    assert done.code == 0, done.err
    assert "$WORK_API_KEY has no value yet" in done.err
    assert other.run("export").out == machine.run("export").out


def test_a_provider_is_told_by_its_name(machine: Machine, other: Machine, tmp_path: Path) -> None:
    machine.write_config(json.dumps({"providers": {"work": {**WORK, "name": "Our gateway"}}}))
    assert machine.run("export", str(tmp_path / "named.toml")).code == 0
    assert "Saved Our gateway to" in other.run("import", str(tmp_path / "named.toml"), "--yes").err


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_twice_is_as_good_as_once(other: Machine, team: str, format_: str) -> None:
    assert other.run("import", team, "--check", "--format", format_).code == 1
    first = other.run("import", team, "--yes", "--json", "--format", format_).json["data"]
    assert (first["applied"], first["changed"]) == (True, True)
    before = other.snapshot()
    second = other.run("import", team, "--yes", "--json").json["data"]
    assert (second["applied"], second["changed"], second["changes"]) == (False, False, [])
    checked = other.run("import", team, "--check", "--json")
    assert (checked.code, checked.json["ok"], checked.json["data"]["changed"]) == (0, True, False)
    assert other.snapshot() == before


def test_looking_changes_nothing(other: Machine, team: str) -> None:
    before = other.snapshot()
    for flag in ("--check", "--dry-run"):
        done = other.run("import", team, flag)
        assert "+++ ~/.config/crush/crush.json" in done.out
    assert other.run("import", team).code == 3, "nobody is there to confirm"
    assert other.snapshot() == before


def test_what_else_is_in_the_files_stays(other: Machine, team: str, rich_config: str) -> None:
    other.write_config(rich_config.replace('"work"', '"mine"'))
    assert other.run("import", team, "--yes").code == 0
    text = other.config.read_text(encoding="utf-8")
    assert '{"compact_mode": true}' in text
    assert list(other.entries) == ["mine", "work", "local"]
    assert other.run("undo", "--yes").code == 0
    assert other.config.read_text(encoding="utf-8") == rich_config.replace('"work"', '"mine"')


def test_only_one_of_the_providers(other: Machine, team: str) -> None:
    assert other.run("import", team, "--provider", "local", "--yes").code == 0
    assert _config(other) == {"providers": {"local": LOCAL}}
    assert other.run("import", team, "--provider", "nobody").code == 2


def test_a_file_by_its_path(other: Machine, team: str, tmp_path: Path) -> None:
    target = tmp_path / "etc" / "crush.json"
    assert other.run("import", team, "--file", str(target), "--yes").code == 0
    assert list(json.loads(target.read_text(encoding="utf-8"))["providers"]) == ["work", "local"]
    assert other.run("import", team, "--file", str(target), "--check").code == 0


def test_through_a_pipe(other: Machine, team: str) -> None:
    assert other.run("import", "-", "--yes", stdin=Path(team).read_text(encoding="utf-8")).code == 0
    assert _config(other) == CONFIG
    assert other.run("import", "-", "--yes").code == 4, "the pipe is empty"


# Conflicts

MINE = {
    "type": "openai-compat",
    "base_url": "https://llm.work.example/v2",
    "api_key": "$WORK_API_KEY",
    "extra_headers": {"X-Mine": "1"},
    "models": [{"id": "w-1", "name": "Mine"}, {"id": "w-9", "name": "W9"}],
}


@pytest.fixture
def taken(other: Machine) -> Machine:
    """The other machine has a provider of this id, and a choice, already."""
    other.write_config(
        json.dumps({"providers": {"work": MINE}, "models": {"large": {"provider": "work", "model": "w-9"}}})
    )
    return other


def test_nobody_decides(taken: Machine, team: str) -> None:
    before = taken.snapshot()
    done = taken.run("import", team, "--yes", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "conflict")
    assert "work" in done.json["error"]["message"]
    assert "the large model" in done.json["error"]["message"]
    assert taken.run("import", team, "--check").code == 1
    assert taken.snapshot() == before


def test_keep(taken: Machine, team: str) -> None:
    done = taken.run("import", team, "--yes", "--on-conflict", "keep", "--json")
    assert done.json["data"]["kept"] == ["work", "large"]
    assert taken.entries == {"work": MINE, "local": LOCAL}
    assert _config(taken)["models"]["large"]["model"] == "w-9"


def test_merge(taken: Machine, team: str) -> None:
    assert taken.run("import", team, "--yes", "--on-conflict", "merge").code == 0
    work = taken.entries["work"]
    assert work["base_url"] == WORK["base_url"]
    assert work["extra_headers"] == {"X-Mine": "1", "X-Team": "search"}
    assert [model["id"] for model in work["models"]] == ["w-1", "w-9", "w-2"]
    assert _config(taken)["models"] == CONFIG["models"]


def test_replace(taken: Machine, team: str) -> None:
    assert taken.run("import", team, "--yes", "--on-conflict", "replace").code == 0
    assert _config(taken) == CONFIG


def test_rename(taken: Machine, team: str) -> None:
    done = taken.run("import", team, "--yes", "--on-conflict", "rename", "--json")
    assert done.json["data"]["renamed"] == {"work": "work-2"}
    assert taken.entries == {"work": MINE, "work-2": WORK, "local": LOCAL}


@pytest.mark.parametrize("policy", ["keep", "merge", "replace", "rename"])
def test_every_decision_holds_the_second_time(taken: Machine, team: str, policy: str) -> None:
    flags = ("import", team, "--on-conflict", policy)
    assert taken.run(*flags, "--yes").code == 0
    before = taken.snapshot()
    assert taken.run(*flags, "--check").code == 0
    assert taken.run(*flags, "--yes", "--json").json["data"]["changed"] is False
    assert taken.snapshot() == before


# Somebody else's input


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "$(id)"',
        'api_key = "`id`"',
        'api_key = "a${X:-$(id)}"',
        'base_url = "https://$(id).example"',
        'aws_auth_refresh = "id"',
        'extra_headers = {X = "${Y+`id`}"}',
    ],
)
def test_commands_need_consent(other: Machine, tmp_path: Path, line: str) -> None:
    url = "" if line.startswith("base_url") else 'base_url = "https://p.example/v1"\n'
    profile = _written(tmp_path, f"[providers.p]\n{url}{line}\n[[providers.p.models]]\nid = 'm'")
    before = other.snapshot()
    refused = other.run("import", profile, "--yes", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "consent-missing")
    assert "id" in refused.json["error"]["message"]
    assert other.snapshot() == before
    assert other.run("import", profile, "--check", "--json").json["data"]["needs_consent"][0]["kind"] == "command"
    assert other.run("import", profile, "--yes", "--allow-commands").code == 0
    assert other.run("import", profile, "--yes").code == 0, "what is already set up needs no consent"


@pytest.mark.parametrize(
    "line", ['api_key = "$OPENAI_API_KEY"', 'extra_headers = {X = "${OPENAI_API_KEY}"}', "disable = false"]
)
def test_a_key_of_this_machine_for_another_host_needs_consent(other: Machine, tmp_path: Path, line: str) -> None:
    text = f"[providers.p]\nbase_url = 'https://evil.example/v1'\n{line}\n[[providers.p.models]]\nid = 'm'"
    profile = _written(tmp_path, text)
    env = {"OPENAI_API_KEY": CANARY}
    refused = other.run("import", profile, "--yes", env=env)
    assert refused.code == 4
    assert "$OPENAI_API_KEY would be sent to evil.example" in " ".join(refused.err.split())
    assert other.run("import", profile, "--yes", "--allow-commands", env=env).code == 0


def test_a_key_that_comes_along_does_not_hide_one_that_is_here(other: Machine, tmp_path: Path) -> None:
    text = "[providers.p]\nbase_url = 'https://evil.example/v1'\napi_key = '$OPENAI_API_KEY'\n"
    profile = _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'\n[values]\nOPENAI_API_KEY = 'x'")
    assert other.run("import", profile, "--yes", *STORE, env={"OPENAI_API_KEY": CANARY}).code == 4


@pytest.mark.parametrize(
    ("entry", "env"),
    [
        ("api_key = '${NOTHING}'", {"OPENAI_API_KEY": CANARY}),
        ("extra_headers = {Authorization = '$NOTHING'}", {"OPENAI_API_KEY": CANARY}),
        ("type = 'anthropic'", {"ANTHROPIC_API_KEY": CANARY}),
        ("type = 'anthropic'", {"ANTHROPIC_AUTH_TOKEN": CANARY}),
        ("api_key = 'x'\nextra_headers = {X-A = '$MY_KEY'}", {"CRUSH_MY_KEY": CANARY}),
    ],
)
def test_what_is_sent_where_no_key_is_needs_consent(
    other: Machine, tmp_path: Path, entry: str, env: dict[str, str]
) -> None:
    text = f"[providers.p]\nbase_url = 'https://evil.example/v1'\n{entry}\n[[providers.p.models]]\nid = 'm'"
    refused = other.run("import", _written(tmp_path, text), "--yes", "--json", env=env)
    assert (refused.code, refused.json["error"]["code"]) == (4, "consent-missing")


def test_a_variable_of_the_config_needs_consent(other: Machine, tmp_path: Path) -> None:
    other.write_config(json.dumps({"env": {"MY_KEY": CANARY}}))
    text = "[providers.p]\nbase_url = 'https://evil.example/v1'\napi_key = '$MY_KEY'\n"
    refused = other.run("import", _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'"), "--yes")
    assert refused.code == 4
    assert "evil.example" in refused.err


@pytest.mark.parametrize(
    "text",
    [
        "[providers.azure]\nbase_url = 'https://a.openai.azure.com\\$${X}(id)'\napi_key = '$AZ'",
        "[providers.openai]\napi_key = '${X}\\$${X}(id)'",
        "[providers.openai]\napi_key = '$THEIRS'\n[values]\nTHEIRS = '$(id)'",
    ],
)
def test_what_crush_expands_twice_needs_consent(other: Machine, tmp_path: Path, text: str) -> None:
    refused = other.run("import", _written(tmp_path, text), "--yes", "--json", *STORE)
    assert (refused.code, refused.json["error"]["code"]) == (4, "consent-missing")


def test_a_key_of_another_store_is_not_hidden(other: Machine, tmp_path: Path) -> None:
    assert other.run("secret", "set", "P_KEY", "--stdin", "--store", "file", stdin=CANARY).code == 0
    index = other.home / ".local" / "state" / "crush-wizard" / "secrets.json"
    index.write_text(index.read_text(encoding="utf-8").replace('"file"', '"keyring"'), encoding="utf-8")
    text = "[providers.p]\nbase_url = 'https://evil.example/v1'\napi_key = '$P_KEY'\n[[providers.p.models]]\nid = 'm'\n"
    refused = other.run("import", _written(tmp_path, f"{text}[values]\nP_KEY = 'x-1'"), "--yes", "--json", *STORE)
    assert (refused.code, refused.json["error"]["code"]) == (4, "consent-missing")


def test_a_login_for_another_host_needs_consent(other: Machine, tmp_path: Path) -> None:
    other.write_config(json.dumps({"providers": {"copilot": {"oauth": {"access_token": CANARY}}}}))
    profile = _written(tmp_path, "[providers.copilot]\nbase_url = 'https://evil.example'")
    refused = other.run("import", profile, "--yes", "--on-conflict", "merge")
    assert refused.code == 4
    assert "the login of copilot would be sent to evil.example" in " ".join(refused.err.split())


def test_a_key_in_a_host_name_is_not_shown(other: Machine, tmp_path: Path) -> None:
    text = "[providers.p]\nbase_url = 'https://$OPENAI_API_KEY.evil.example/v1'\napi_key = 'x'\n"
    profile = _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'")
    for flags in (("--yes",), ("--yes", "--json"), ("--check", "--json")):
        done = other.run("import", profile, *flags, env={"OPENAI_API_KEY": CANARY})
        assert done.code != 0
        assert CANARY not in done.out + done.err


def test_a_builtin_gets_no_other_id(other: Machine, tmp_path: Path) -> None:
    other.write_config(json.dumps({"providers": {"openai": {"api_key": "$MINE"}}}))
    profile = _written(tmp_path, "[providers.openai]\napi_key = '$THEIRS'")
    refused = other.run("import", profile, "--yes", "--on-conflict", "rename", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "conflict")


def test_a_literal_key_of_this_machine_for_another_host_needs_consent(other: Machine, tmp_path: Path) -> None:
    other.write_config(json.dumps({"providers": {"p": {"base_url": "https://p.example/v1", "api_key": CANARY}}}))
    profile = _written(
        tmp_path, "[providers.p]\nbase_url = 'https://evil.example/v1'\n[[providers.p.models]]\nid = 'm'"
    )
    refused = other.run("import", profile, "--yes", "--on-conflict", "merge")
    assert refused.code == 4
    assert "evil.example" in refused.err
    assert CANARY not in refused.out + refused.err


@pytest.mark.parametrize("url", ["https://evil.example#@api.deepseek.com/v1", "http://api.deepseek.com/v1"])
def test_what_only_looks_like_the_vendors_host_needs_consent(other: Machine, tmp_path: Path, url: str) -> None:
    text = f"[providers.p]\nbase_url = '{url}'\napi_key = '$DEEPSEEK_API_KEY'\n"
    profile = _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'")
    assert other.run("import", profile, "--yes", env={"DEEPSEEK_API_KEY": CANARY}).code == 4


def test_a_server_on_this_machine_needs_no_consent(other: Machine, tmp_path: Path) -> None:
    text = "[providers.p]\nbase_url = 'http://localhost:8080/v1'\n[[providers.p.models]]\nid = 'm'"
    assert other.run("import", _written(tmp_path, text), "--yes", env={"OPENAI_API_KEY": CANARY}).code == 0


def test_a_vendors_own_host_needs_no_consent(other: Machine, tmp_path: Path) -> None:
    text = "[providers.p]\nbase_url = 'https://api.deepseek.com/v1'\napi_key = '$DEEPSEEK_API_KEY'\n"
    profile = _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'")
    assert other.run("import", profile, "--yes", env={"DEEPSEEK_API_KEY": CANARY}).code == 0


@pytest.mark.parametrize(
    "text",
    [
        "[providers.p]\nname = '\x1b[2J'",
        '[providers.p]\nname = "\\u202e"',
        "[providers.p]\nunknown = 1",
        "x",
        "[providers.p]\napi_key = 'sk-canary-77aa0e0123456789'",
    ],
)
def test_a_bad_profile_is_refused_with_its_place(other: Machine, tmp_path: Path, text: str) -> None:
    before = other.snapshot()
    done = other.run("import", _written(tmp_path, text), "--yes", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "invalid-profile")
    assert done.json["error"]["line"] >= 2
    assert other.snapshot() == before
    assert CANARY not in done.out + done.err
    assert "\x1b" not in done.out + done.err


def test_a_header_that_stops_crush_is_refused(other: Machine, tmp_path: Path) -> None:
    text = "[providers.p]\nbase_url = 'https://p.example/v1'\nextra_headers = {X = '${X:?}'}\n"
    done = other.run("import", _written(tmp_path, f"{text}[[providers.p.models]]\nid = 'm'"), "--yes")
    assert done.code == 4
    assert "Crush would not start" in " ".join(done.err.split())


@pytest.mark.parametrize("arguments", [(), ("nowhere.toml",), ("--from", "nothing-known")])
def test_nothing_to_import(other: Machine, arguments: tuple[str, ...]) -> None:
    assert other.run("import", *arguments).code == 2


# Secrets


def test_secrets_arrive_in_the_store_and_nowhere_else(other: Machine, sealed: str, tmp_path: Path) -> None:
    flags = ("--passphrase-file", str(tmp_path / "pw"), *STORE)
    done = other.run("import", sealed, "--yes", "--json", *flags)
    assert done.code == 0, done.err
    assert done.json["data"]["secrets"] == [{"name": "WORK_API_KEY", "store": "file", "action": "store"}]
    assert done.json["data"]["missing_secrets"] == []
    assert other.run("secret", "get", "WORK_API_KEY").out == CANARY + "\n"
    assert other.run("import", sealed, "--check", *flags).code == 0
    holders = [path for path in other.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holders == []
    assert CANARY not in done.out + done.err


def test_a_keyring_is_a_store_too(
    machine_with_keyring: Machine, secret_service: SecretService, sealed: str, tmp_path: Path
) -> None:
    flags = ("--passphrase-file", str(tmp_path / "pw"), "--secret-store", "keyring")
    done = machine_with_keyring.run("import", sealed, "--yes", *flags)
    assert done.code == 0, done.err
    assert secret_service.get("WORK_API_KEY") == CANARY


def test_secrets_can_stay_out(other: Machine, sealed: str, tmp_path: Path) -> None:
    done = other.run("import", sealed, "--yes", "--skip-secrets", "--passphrase-file", str(tmp_path / "pw"))
    assert done.code == 0
    assert other.run("secret", "get", "WORK_API_KEY").code == 5
    assert "$WORK_API_KEY has no value yet" in done.err


def test_another_value_in_the_store_is_a_conflict(other: Machine, sealed: str, tmp_path: Path) -> None:
    assert other.run("secret", "set", "WORK_API_KEY", "--stdin", "--store", "file", stdin="mine-0123").code == 0
    flags = ("--passphrase-file", str(tmp_path / "pw"), "--allow-commands", "--yes")
    assert other.run("import", sealed, *flags).code == 4
    assert other.run("import", sealed, *flags, "--on-conflict", "keep").code == 0
    assert other.run("secret", "get", "WORK_API_KEY").out == "mine-0123\n"
    assert other.run("import", sealed, *flags, "--on-conflict", "replace").code == 0
    assert other.run("secret", "get", "WORK_API_KEY").out == CANARY + "\n"
    assert other.run("undo", "--yes").code == 0
    assert other.run("secret", "get", "WORK_API_KEY").out == "mine-0123\n"


def test_a_failing_store_leaves_everything_as_it_was(other: Machine, sealed: str, tmp_path: Path) -> None:
    flags = ("--passphrase-file", str(tmp_path / "pw"), "--secret-store", "keyring")
    assert other.run("import", sealed, "--yes", *flags).code == 5, "there is no keyring"
    assert not other.config.exists()


@pytest.mark.parametrize("damage", ["wrong passphrase", "cut off", "altered"])
def test_damage_changes_nothing(other: Machine, sealed: str, tmp_path: Path, damage: str) -> None:
    text = Path(sealed).read_text(encoding="ascii")
    if damage == "wrong passphrase":
        (tmp_path / "pw").write_text("wrong", encoding="utf-8")
    elif damage == "cut off":
        Path(sealed).write_text(text[: len(text) // 2], encoding="ascii")
    else:
        lines = text.splitlines()
        lines[-3] = lines[-3].swapcase()
        Path(sealed).write_text("\n".join(lines) + "\n", encoding="ascii")
    before = other.snapshot()
    done = other.run("import", sealed, "--yes", "--json", "--passphrase-file", str(tmp_path / "pw"), *STORE)
    assert (done.code, done.json["error"]["code"]) == (4, "not-decrypted")
    assert other.snapshot() == before


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is for Linux")
def test_a_small_machine_gets_an_error(other: Machine) -> None:
    (other.home / "all.age").write_text(TAKES_A_GIGABYTE, encoding="ascii")
    (other.home / "pw").write_text("x", encoding="ascii")
    before = other.snapshot()
    line = f"ulimit -v 400000; exec '{sys.executable}' -m wizard import all.age --yes --passphrase-file pw"
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=other.home, env=other.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("error: ")
    assert "nothing was changed" in " ".join(done.stderr.split())
    assert other.snapshot() == before


def test_what_age_decrypts_can_be_piped_in(
    machine: Machine, other: Machine, sealed: str, tmp_path: Path, require_real: Callable[[str], NoReturn]
) -> None:
    age = shutil.which("age") or require_real("age is not installed")
    identity = tmp_path / "id.txt"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    key = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    assert machine.run("secret", "set", "WORK_API_KEY", "--stdin", *STORE, stdin=CANARY).code == 0
    assert machine.run("export", sealed, "--yes", "--with-secrets", "--recipient", key).code == 0
    assert other.run("import", sealed, "--yes").code == 3, "a key is wanted"
    assert other.run("import", sealed, "--check", "--identity", str(identity), *STORE).code == 1
    opened = subprocess.run([age, "-d", "-i", identity, sealed], check=True, capture_output=True, text=True).stdout
    assert other.run("import", "-", "--yes", *STORE, stdin=opened).code == 0
    assert other.run("secret", "get", "WORK_API_KEY").out == CANARY + "\n"


# Tests on arrival


def test_what_arrives_works(machine: Machine, other: Machine, model_server: ModelServer, tmp_path: Path) -> None:
    entry = {"base_url": model_server.url, "api_key": "$P_KEY", "models": [{"id": "m-large", "name": "L"}]}
    machine.write_config(json.dumps({"providers": {"p": entry}}))
    machine.env["P_KEY"] = str(model_server.key)
    (tmp_path / "pw").write_text("x", encoding="utf-8")
    sealed = str(tmp_path / "p.age")
    flags = ("--passphrase-file", str(tmp_path / "pw"))
    assert machine.run("export", sealed, "--with-secrets", *flags).code == 0
    other.env["WIZARD_OFFLINE"] = ""
    done = other.run("import", sealed, "--yes", "--test", "--json", *flags, *STORE)
    assert done.code == 0, done.err
    (result,) = done.json["data"]["tests"]
    assert {step["status"] for step in result["steps"] if step["name"] in ("key", "chat", "stream")} == {"ok"}
    model_server.key = "another"
    again = other.run("import", sealed, "--yes", "--test", "--json", *flags, *STORE)
    assert (again.code, again.json["ok"]) == (1, False)
    assert other.run("import", sealed, "--test", "--check", *flags).code == 2


def test_the_report_of_the_test_is_redacted(machine: Machine, model_server: ModelServer, tmp_path: Path) -> None:
    """A server that quotes a key which is not its provider's."""
    other = "correct-horse-battery"
    words = {"error": {"message": f"no quota is left for {other}"}}
    model_server.refusals["/v1/chat/completions"] = Response(json.dumps(words), 402, content_type="application/json")
    entry = f"base_url = '{model_server.url}'\nmodels = [{{id = 'm-large'}}]\n"
    profile = tmp_path / "p.toml"
    profile.write_text(
        f"profile = 1\nsecrets = ['P_KEY', 'Q_KEY']\n[values]\nP_KEY = '{model_server.key}'\nQ_KEY = '{other}'\n"
        f"[providers.p]\napi_key = '$P_KEY'\n{entry}[providers.q]\napi_key = '$Q_KEY'\n{entry}",
        encoding="utf-8",
    )
    machine.env["WIZARD_OFFLINE"] = ""
    done = machine.run("import", str(profile), "--yes", "--test", *STORE)
    assert "no quota is left for" in done.err
    assert other not in done.out + done.err


# Other tools


def test_another_tools_configuration(other: Machine) -> None:
    path = other.home / ".config" / "opencode" / "opencode.json"
    path.parent.mkdir(parents=True)
    options = {"baseURL": "https://acme.example/v1", "apiKey": CANARY}
    acme = {"npm": "@ai-sdk/openai-compatible", "name": "Acme", "options": options, "models": {"a1": {"name": "A1"}}}
    path.write_text(json.dumps({"provider": {"acme": acme}}), encoding="utf-8")
    done = other.run("import", "--from", "auto", "--yes", *STORE)
    assert done.code == 0, done.err
    assert other.entries["acme"]["base_url"] == "https://acme.example/v1"
    assert CANARY not in other.config.read_text(encoding="utf-8") + done.out + done.err
    (variable,) = other.run("secret", "list", "--json").json["data"]["secrets"]
    assert other.run("secret", "get", variable["name"]).out == CANARY + "\n"
    assert other.run("import", "--from", "opencode", "--check").code == 0


def test_a_whole_crush_json(machine: Machine, other: Machine, team: str) -> None:
    assert other.run("import", str(machine.config), "--yes").code == 0
    assert other.run("export").out == machine.run("export").out


def test_no_key_of_a_foreign_crush_json_stays_in_plain_text(other: Machine, tmp_path: Path) -> None:
    entry = {**WORK, "base_url": "https://u:made-up-1@llm.example/v1", "api_key": "${WORK_KEY:-made-up-2}"}
    (tmp_path / "crush.json").write_text(json.dumps({"providers": {"work": entry}}), encoding="utf-8")
    done = other.run("import", str(tmp_path / "crush.json"), "--yes", *STORE)
    assert done.code == 0, done.err
    assert "made-up" not in other.config.read_text(encoding="utf-8") + done.out + done.err
    assert other.entries["work"]["api_key"] == "$WORK_KEY"
    assert other.run("secret", "get", "WORK_KEY").out == "made-up-2\n"
    assert other.run("secret", "get", "WORK_URL_PASSWORD").out == "made-up-1\n"
    assert other.run("export").code == 0


def test_a_crush_json_that_is_not_what_it_looks_like_is_refused(other: Machine, tmp_path: Path) -> None:
    entry = {**WORK, "base_url": "https://llm.example/\u202e1v"}
    (tmp_path / "crush.json").write_text(json.dumps({"providers": {"work": entry}}), encoding="utf-8")
    done = other.run("import", str(tmp_path / "crush.json"), "--yes", "--json")
    assert done.code == 4
    assert done.json["error"]["path"] == str(tmp_path / "crush.json")
    assert "`providers.work.base_url`" in done.json["error"]["message"]
    assert not other.config.exists()


def test_models_that_a_second_file_lists_are_said(machine: Machine, other: Machine, team: str) -> None:
    project = other.home / "project"
    (project / ".git").mkdir(parents=True)
    assert other.run("import", team, "--yes", cwd=project).code == 0
    done = other.run("import", team, "--yes", "--scope", "project", cwd=project)
    assert done.code == 0, done.err
    assert (
        "w-1, w-2 of work are in ~/.config/crush/crush.json and ~/project/crush.json: Crush will have them twice"
    ) in done.err
    assert "q of local is in ~/.config/crush/crush.json and ~/project/crush.json: Crush will have it twice" in done.err
    again = other.run("import", team, "--yes", "--scope", "project", cwd=project)
    assert "twice" not in again.err
