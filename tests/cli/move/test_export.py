"""`export` as scripts and people use it: what a profile holds, and what never gets into one."""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard.secrets.age_store import AgeStore

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

CANARY = "sk-canary-5d1c9e0123456789"
PASSWORD = "hunter2-and-more"
"""Nothing in it looks like a key."""
WORK = {
    "type": "openai-compat",
    "base_url": "https://llm.work.example/v1",
    "api_key": "$WORK_API_KEY",
    "extra_headers": {"X-Team": "search", "X-Token": "${TOKEN:-$(crush-wizard secret get TOKEN || true)}"},
    "extra_body": {"options.num_ctx": 5, "list": [1, {"a": [True]}]},
    "models": [{"id": "w-1", "name": "Wörk", "context_window": 128000}, {"id": "w-2", "name": "W2"}],
}
LOCAL = {
    "type": "ollama",
    "base_url": "http://localhost:11434/v1",
    "api_key": "ollama",
    "models": [{"id": "q", "name": "q"}],
}
CONFIG = {
    "providers": {"work": WORK, "local": LOCAL},
    "models": {"large": {"provider": "work", "model": "w-1", "max_tokens": 99}},
    "options": {"debug": True},
}


@pytest.fixture
def equipped(machine: Machine) -> Machine:
    machine.write_config(json.dumps(CONFIG))
    return machine


def _with_provider(machine: Machine, **entry: Any) -> None:
    machine.write_config(json.dumps({"providers": {"p": {"base_url": "https://p.example/v1", **entry}}}))


def test_a_profile_has_providers_choices_and_names_of_secrets(equipped: Machine) -> None:
    done = equipped.run("export")
    assert done.code == 0
    assert tomllib.loads(done.out) == {
        "profile": 1,
        "secrets": ["WORK_API_KEY", "TOKEN"],
        "selected": CONFIG["models"],
        "machine_bound": {"local": ["base_url"]},
        "providers": CONFIG["providers"],
    }
    assert "local: base_url may be right for this machine only" in done.err


def test_only_some_of_it(equipped: Machine) -> None:
    profile = tomllib.loads(equipped.run("export", "--provider", "local").out)
    assert list(profile["providers"]) == ["local"]
    assert "selected" not in profile
    assert equipped.run("export", "--provider", "nobody").code == 2


def test_only_the_users_files_or_the_projects_or_one(equipped: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps({"providers": {"here": LOCAL}}), encoding="utf-8")

    def exported(*flags: str) -> list[str]:
        return list(tomllib.loads(equipped.run("export", *flags, cwd=project).out)["providers"])

    assert sorted(exported()) == ["here", "local", "work"]
    assert exported("--scope", "user") == ["work", "local"]
    assert exported("--scope", "project") == ["here"]
    assert exported("--file", "crush.json") == ["here"]
    assert equipped.run("export", "--file", "nowhere.json").code == 2


def test_a_crushrc_is_exported_like_a_crush_json(equipped: Machine) -> None:
    as_json = equipped.run("export").out
    assert equipped.run("convert", "--to", "crushrc", "--yes").code == 0
    assert tomllib.loads(equipped.run("export").out) == tomllib.loads(as_json)


def test_a_file_is_replaced_only_when_that_is_wanted(equipped: Machine) -> None:
    target = equipped.home / "team.toml"
    assert equipped.run("export", "team.toml").code == 0
    written = target.read_bytes()
    assert equipped.run("export", "team.toml").code == 0, "the same again is no conflict"
    target.write_text("profile = 1 # by hand\nnonsense", encoding="utf-8")
    assert equipped.run("export", "team.toml").code == 4
    assert target.read_text(encoding="utf-8") == "profile = 1 # by hand\nnonsense"
    assert equipped.run("export", "team.toml", "--yes").code == 0
    assert target.read_bytes() == written
    target.write_bytes(b"")
    assert equipped.run("export", "team.toml").code == 0, "nothing is lost"
    assert target.read_bytes() == written


@pytest.mark.parametrize(
    "content", [b"other = 1\n", b'profile = "work"\n', b"profile=1.5\n", b"- notes\n", b"\xff\xfe", b" "]
)
def test_what_is_no_profile_is_not_replaced(equipped: Machine, content: bytes) -> None:
    target = equipped.home / "notes"
    target.write_bytes(content)
    done = equipped.run("export", "notes", "--yes", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "conflict")
    assert target.read_bytes() == content


@pytest.mark.parametrize("place", ["crush.json", "crushrc", "{data}/crush.json", "../user/.config/crush/crush.json"])
def test_a_file_that_crush_reads_is_never_replaced(equipped: Machine, place: str) -> None:
    file = place.format(data=".local/share/crush")
    before = equipped.snapshot()
    for name in (file, f"{equipped.home}/{file}"):
        refused = equipped.run("export", name, "--yes")
        assert refused.code == 2
        assert "this is a config file of Crush" in refused.err
    assert equipped.snapshot() == before


@pytest.mark.parametrize("name", ["team.json", "Team.JSON", "my.crushrc"])
def test_a_name_that_import_takes_for_a_config_is_refused(equipped: Machine, name: str) -> None:
    done = equipped.run("export", name)
    assert done.code == 2
    assert ".toml" in done.err
    assert not (equipped.home / name).exists()


def test_a_config_behind_a_link_is_never_replaced(equipped: Machine) -> None:
    link, dotfile = equipped.home / "team.toml", equipped.home / "dotfiles.conf"
    link.symlink_to(equipped.config)
    assert equipped.run("export", "team.toml", "--yes").code == 2
    link.unlink()
    equipped.config.rename(dotfile)
    equipped.config.symlink_to(dotfile)
    assert equipped.run("export", "dotfiles.conf", "--yes").code == 2
    assert json.loads(dotfile.read_text(encoding="utf-8")) == CONFIG


def test_the_wizards_own_files_are_never_replaced(equipped: Machine) -> None:
    assert equipped.run("export", ".local/state/crush-wizard/secrets/secrets.age", "--yes").code == 2
    assert not (equipped.home / ".local" / "state" / "crush-wizard" / "secrets" / "secrets.age").exists()


def test_no_hint_names_a_flag_that_means_something_else(equipped: Machine) -> None:
    (equipped.home / "folder").mkdir()
    done = equipped.run("export", "folder", "--yes", "--json")
    assert (done.code, done.json["error"]["hint"]) == (4, "name another file")


def test_a_model_that_is_listed_twice_goes_once(machine: Machine) -> None:
    models = [{"id": "a", "name": "first"}, {"id": "b"}, {"id": "a", "name": "second"}, {"id": "a"}]
    _with_provider(machine, models=models)
    done = machine.run("export", "--json")
    assert done.code == 0, done.err
    assert tomllib.loads(done.json["data"]["profile"])["providers"]["p"]["models"] == models[:2]
    (left,) = done.json["data"]["left_out"]
    assert (left["provider"], left["field"]) == ("p", "models")
    assert "`a` is listed twice" in left["reason"]
    assert left["reason"] in done.json["messages"][0]["text"]


def test_what_does_not_fit_says_what_to_do(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"5": LOCAL, "local": LOCAL}}))
    done = machine.run("export")
    assert done.code == 4
    assert "providers.5: " in done.err
    assert "start it with a letter" in done.err
    assert machine.run("export", "--provider", "local").code == 0


@pytest.mark.parametrize(
    "entry",
    [
        {"api_key": CANARY},
        {"extra_headers": {"Authorization": f"Bearer {CANARY}"}},
        {"base_url": f"https://u:{CANARY}@p.example/v1"},
        {"extra_body": {"token": CANARY}},
    ],
)
def test_a_key_in_plain_text_is_refused_or_left_out(machine: Machine, entry: dict[str, Any]) -> None:
    _with_provider(machine, **entry)
    refused = machine.run("export", "--json")
    assert refused.code == 4
    assert "secret adopt" in refused.json["error"]["hint"]
    left = machine.run("export", "--skip-literals", "--json")
    assert left.code == 0
    (out,) = left.json["data"]["left_out"]
    assert out["field"].split()[0] in entry
    for stream in (refused.out, refused.err, left.out, left.err):
        assert CANARY not in stream


@pytest.mark.parametrize(
    "entry",
    [
        {"api_key": f"${{P_KEY:-{PASSWORD}}}"},
        {"extra_headers": {"X-Token": f"${{P_KEY-{PASSWORD}}}"}},
        {"base_url": f"https://u:${{P_KEY:-{PASSWORD}}}@p.example/v1"},
        {"extra_body": {"token": f"${{P_KEY:-{PASSWORD}}}"}},
    ],
)
def test_a_key_as_the_default_of_a_variable_is_one_in_plain_text(machine: Machine, entry: dict[str, Any]) -> None:
    _with_provider(machine, **entry)
    refused = machine.run("export", "--json")
    assert refused.code == 4
    assert "write only $NAME" in refused.json["error"]["hint"]
    assert "secret adopt" not in refused.json["error"]["hint"], "it does not find these"
    left = machine.run("export", "--skip-literals", "--json")
    assert left.code == 0
    (out,) = left.json["data"]["left_out"]
    assert "default" in out["reason"]
    for stream in (refused.out, refused.err, left.out, left.err):
        assert PASSWORD not in stream


@pytest.mark.parametrize("default", ["", "none", "dummy", "$OTHER_KEY", "$(pass show p)"])
def test_a_default_that_is_no_key_comes_along(machine: Machine, default: str) -> None:
    _with_provider(machine, api_key=f"${{P_KEY:-{default}}}")
    done = machine.run("export")
    assert done.code == 0, done.err
    assert tomllib.loads(done.out)["providers"]["p"]["api_key"] == f"${{P_KEY:-{default}}}"


def test_a_key_and_a_default_have_each_their_way_out(machine: Machine) -> None:
    _with_provider(machine, api_key=CANARY, extra_headers={"X-Token": f"${{P_KEY:-{PASSWORD}}}"})
    refused = machine.run("export")
    assert refused.code == 4
    assert "secret adopt" in refused.err
    assert "secret set NAME" in refused.err


def test_a_login_stays_on_its_machine(machine: Machine) -> None:
    oauth = {"access_token": CANARY, "refresh_token": CANARY, "expires_in": 9, "expires_at": 9}
    machine.write_config(json.dumps({"providers": {"copilot": {"oauth": oauth, "api_key": CANARY}, "local": LOCAL}}))
    done = machine.run("export")
    assert done.code == 0
    assert tomllib.loads(done.out)["providers"]["copilot"] == {}
    assert "log in again" in done.err
    assert CANARY not in done.out + done.err


@pytest.mark.parametrize(
    ("entry", "bound"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, ["base_url"]),
        ({"base_url": "http://[::1]:1/v1"}, ["base_url"]),
        ({"base_url": "http://192.168.1.4/v1"}, None),
        ({"api_key": "$(pass show it)"}, ["api_key"]),
        ({"api_key": "$(cat ~/key)"}, ["api_key"]),
        ({"api_key": "${K:-$(crush-wizard secret get K)}"}, None),
        ({"models": [{"id": "/srv/models/llama.gguf"}]}, ["models"]),
        ({"models": [{"id": "org/llama"}]}, None),
        ({"extra_body": {"adapter": "C:\\models\\a"}}, ["extra_body"]),
        ({"aws_auth_refresh": "aws sso login"}, ["aws_auth_refresh"]),
    ],
)
def test_what_holds_for_one_machine_is_marked(machine: Machine, entry: dict[str, Any], bound: list[str] | None) -> None:
    _with_provider(machine, **entry)
    profile = tomllib.loads(machine.run("export").out)
    assert profile.get("machine_bound") == (bound and {"p": bound})


def test_nothing_to_export(machine: Machine) -> None:
    assert machine.run("export").code == 4
    machine.write_config("{")
    assert machine.run("export").code == 4


def test_values_that_only_a_script_tells_are_named(machine: Machine) -> None:
    machine.config.parent.mkdir(parents=True)
    script = 'provider add p --base-url "https://p.example/v1" --api-key "$(id -u)$$"\nmodel add p/m --name M\n'
    machine.config.with_name("crushrc").write_text(script, encoding="utf-8")
    done = machine.run("export")
    assert done.code == 0, done.err
    assert "api_key" not in tomllib.loads(done.out)["providers"]["p"]
    assert "it can't be known without running the crushrc" in done.err


# With secrets


@pytest.fixture
def with_secret(equipped: Machine) -> Machine:
    done = equipped.run("secret", "set", "WORK_API_KEY", "--stdin", "--store", "file", stdin=CANARY)
    assert done.code == 0, done.err
    (equipped.home / "pw").write_text("correct horse\n", encoding="utf-8")
    return equipped


def test_secrets_go_into_an_encrypted_file_only(with_secret: Machine) -> None:
    done = with_secret.run("export", "all.age", "--with-secrets", "--passphrase-file", "pw")
    assert done.code == 0, done.err
    assert "TOKEN has no value here" in done.err
    sealed = (with_secret.home / "all.age").read_text(encoding="ascii")
    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    holders = [path for path in with_secret.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holders == []
    assert CANARY not in done.out + done.err


def test_nobody_is_there_to_give_a_passphrase(with_secret: Machine) -> None:
    done = with_secret.run("export", "-", "--with-secrets")
    assert done.code == 3
    assert "--recipient" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "flags",
    [
        ("--recipient", "age1x"),
        ("--passphrase-file", "pw"),
        ("--with-secrets", "--passphrase-file", "pw", "--recipient", "age1x"),
        ("--with-secrets", "--passphrase-file", "nowhere"),
        ("--with-secrets", "--recipient", "nonsense"),
        ("--with-secrets", "--passphrase-file", "pw", "--json"),
        ("pw", "--with-secrets", "--passphrase-file", "pw", "--yes"),
    ],
)
def test_flags_that_make_no_sense(with_secret: Machine, flags: tuple[str, ...]) -> None:
    done = with_secret.run("export", *flags)
    assert done.code == 2
    assert CANARY not in done.out + done.err
    assert "has no value here" not in done.err, "no store is opened for it"
    assert (with_secret.home / "pw").read_text(encoding="utf-8") == "correct horse\n"


def test_a_missing_passphrase_is_told_before_a_store_is_opened(with_secret: Machine) -> None:
    for file in (with_secret.home / ".local" / "state" / "crush-wizard" / "secrets").iterdir():
        file.write_bytes(b"damaged")
    assert with_secret.run("export", "-", "--with-secrets", "--recipient", "nonsense").code == 2
    assert with_secret.run("export", "-", "--with-secrets").code == 3
    assert with_secret.run("export", "-", "--with-secrets", "--passphrase-file", "pw").code == 5


def test_a_sealed_profile_gives_way_to_a_sealed_one_only(with_secret: Machine, quick_seal: None) -> None:
    flags = ("export", "all.age", "--yes")
    sealed = ("--with-secrets", "--passphrase-file", "pw")
    assert with_secret.run(*flags, *sealed).code == 0
    before = (with_secret.home / "all.age").read_bytes()
    refused = with_secret.run(*flags)
    assert refused.code == 4
    assert "--with-secrets" in refused.err
    assert (with_secret.home / "all.age").read_bytes() == before
    assert with_secret.run(*flags, *sealed).code == 0
    assert (with_secret.home / "all.age").read_bytes() != before


def test_a_secret_of_many_lines_arrives_as_it_is(with_secret: Machine, quick_seal: None, tmp_path: Path) -> None:
    pem = f"-----BEGIN PRIVATE KEY-----\r\n\t{CANARY}\n-----END PRIVATE KEY-----"
    AgeStore(with_secret.home / ".local" / "state" / "crush-wizard" / "secrets").set("WORK_API_KEY", pem)
    done = with_secret.run("export", "all.age", "--with-secrets", "--passphrase-file", "pw")
    assert done.code == 0, done.err
    home = tmp_path / "other"
    home.mkdir()
    other = replace(with_secret, home=home, env={**with_secret.env, "HOME": str(home)})
    files = (str(with_secret.home / "all.age"), "--passphrase-file", str(with_secret.home / "pw"))
    assert other.run("import", *files, "--yes", "--store", "file").code == 0
    script = "import os; print(ascii(os.environ['WORK_API_KEY']))"
    assert other.run("run", "--", sys.executable, "-c", script).out == ascii(pem) + "\n"


def test_an_agent_gets_no_secrets(with_secret: Machine, quick_seal: None) -> None:
    flags = ("export", "-", "--with-secrets", "--passphrase-file", "pw")
    assert with_secret.run(*flags, env={"CRUSH": "1"}).code == 4
    assert with_secret.run(*flags, "--allow-agent", env={"CRUSH": "1"}).code == 0


def test_a_key_in_a_choice_is_refused_or_left_out(machine: Machine) -> None:
    slot = {"provider": "local", "model": "q", "provider_options": {"api_key": CANARY}}
    machine.write_config(json.dumps({"providers": {"local": LOCAL}, "models": {"large": slot}}))
    refused = machine.run("export")
    left = machine.run("export", "--skip-literals")
    assert (refused.code, left.code) == (4, 0)
    assert tomllib.loads(left.out)["selected"]["large"] == {"provider": "local", "model": "q"}
    assert CANARY not in refused.out + refused.err + left.out + left.err


def test_a_limit_below_zero_comes_along(machine: Machine, tmp_path: Path) -> None:
    """Crush takes it, and sends none."""
    _with_provider(machine, api_key="$P_KEY", models=[{"id": "m", "name": "M", "default_max_tokens": -1}])
    profile = tmp_path / "p.toml"
    assert machine.run("export", str(profile), "--yes").code == 0
    assert "default_max_tokens = -1" in profile.read_text(encoding="utf-8")
    assert machine.run("import", str(profile), "--check").code == 0


def test_quoted_variables_of_a_crushrc_come_as_variables(machine: Machine) -> None:
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        'provider add x --base-url "https://x.example/v1" --api-key "$XK" --extra-header X-A \'$XT\'\n'
        'model add x/m --name "M" --default-max-tokens -1\n',
        encoding="utf-8",
    )
    profile = tomllib.loads(machine.run("export").out)
    assert profile["secrets"] == ["XK", "XT"]
    assert profile["providers"]["x"]["api_key"] == "$XK"
    assert profile["providers"]["x"]["models"][0]["default_max_tokens"] == -1
