"""`list`: the providers as Crush will see them, the place of each, and what is wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

MODEL = {"id": "m-1", "name": "M1", "context_window": 128_000, "default_max_tokens": 4096}


def entry(**fields: Any) -> dict[str, Any]:
    return {"base_url": "https://llm.work.example/v1", "models": [MODEL], **fields}


def configure(machine: Machine, providers: dict[str, Any], **others: Any) -> None:
    machine.write_config(json.dumps({"providers": providers, **others}, indent=1))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(machine: Machine, **how: Any) -> dict[str, dict[str, Any]]:
    done = machine.run("list", "--json", **how)
    return {one["id"]: one for one in done.json["data"]["providers"]}


# What there is


def test_an_empty_machine_says_what_to_type(machine: Machine) -> None:
    done = machine.run("list")
    assert (done.code, done.out) == (0, "")
    assert done.err == "no providers configured; to add one:\n  crush-wizard add-provider\n"
    document = machine.run("list", "--json").json
    assert document["ok"] is True
    assert document["data"]["providers"] == []
    assert document["data"]["selected"] == {"large": None, "small": None}


def test_the_shape_that_scripts_read(machine: Machine) -> None:
    configure(machine, {"work": entry(name="Work", api_key="$WORK_KEY", type="openai-compat")})
    one = listed(machine, env={"WORK_KEY": CANARY})["work"]
    source = {"path": str(machine.config), "format": "json", "line": 3}
    assert one == {
        "id": "work",
        "name": "Work",
        "type": "openai-compat",
        "base_url": "https://llm.work.example/v1",
        "host": "llm.work.example",
        "builtin": False,
        "status": "ready",
        "code": None,
        "reason": None,
        "key": {"kind": "placeholder", "name": "WORK_KEY", "found": "environment"},
        "models": [MODEL],
        "more_models": False,
        "source": source,
        "sources": [source],
        "needs_consent": [],
    }


@pytest.mark.parametrize(
    ("key", "kind", "name", "found", "words"),
    [
        ("$IN_ENV", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("${IN_ENV}", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("Bearer $IN_ENV", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("$PREFIXED", "placeholder", "PREFIXED", "environment", "PREFIXED (environment)"),
        ("$IN_STORE", "placeholder", "IN_STORE", "file", "IN_STORE (encrypted file)"),
        ("$IN_DOTENV", "placeholder", "IN_DOTENV", "environment", "IN_DOTENV (environment)"),
        ("$NOWHERE", "placeholder", "NOWHERE", None, "NOWHERE (missing)"),
        ("$IN_ENV$NOWHERE", "placeholder", "NOWHERE", None, "NOWHERE (missing)"),
        ("${X:-$(crush-wizard secret get IN_STORE)}", "lookup", "IN_STORE", "file", "IN_STORE (encrypted file)"),
        ("${X:-$(crush-wizard secret get NOWHERE)}", "lookup", "NOWHERE", None, "NOWHERE (missing)"),
        ("$(pass show work)", "command", None, None, "command"),
        ("`pass show work`", "command", None, None, "command"),
        (CANARY, "literal", None, None, "literal!"),
        (f"${{IN_ENV:-{CANARY}}}", "literal", None, None, "literal!"),
        (f"{CANARY}$IN_ENV", "literal", None, None, "literal!"),
        ("ollama", "none", None, None, "none needed"),
        ("k-1", "none", None, None, "none needed"),
        ("${IN_ENV:+set}", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("${IN_ENV@Q}", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("${NOWHERE:-none}", "none", "NOWHERE", None, "none needed"),
        ("${IN_ENV:-none}", "placeholder", "IN_ENV", "environment", "IN_ENV (environment)"),
        ("${IN_STORE:-none}", "placeholder", "IN_STORE", "file", "IN_STORE (encrypted file)"),
        ("", "none", None, None, "none"),
    ],
)
def test_the_key_and_where_it_is_found(
    machine: Machine, key: str, kind: str, name: str | None, found: str | None, words: str
) -> None:
    machine.run("secret", "set", "IN_STORE", "--stdin", "--store", "file", stdin=CANARY)
    write(machine.home / ".env", f"IN_DOTENV={CANARY}\n")
    configure(machine, {"work": entry(api_key=key)})
    env = {"IN_ENV": CANARY, "CRUSH_PREFIXED": CANARY}
    one = listed(machine, env=env)["work"]
    assert one["key"] == {"kind": kind, "name": name, "found": found}
    assert words in machine.run("list", env=env).out


def test_each_state_with_its_reason_and_what_to_do(machine: Machine) -> None:
    providers = {
        "fine": entry(api_key="$FINE_KEY"),
        "keyless": entry(api_key="$LACKING_KEY"),
        "off": entry(disable=True),
        "badtype": entry(type="OpenAI"),
        "nourl": {"models": [MODEL]},
        "nomodels": entry(models=[], discover_models=False),
        "deepseek": {"api_key": "$DS_KEY"},
    }
    configure(machine, providers)
    env = {"FINE_KEY": CANARY}
    found = listed(machine, env=env)
    assert {id_: one["status"] for id_, one in found.items()} == {
        "fine": "ready",
        "keyless": "needs-key",
        "off": "disabled",
        "badtype": "dropped",
        "nourl": "dropped",
        "nomodels": "dropped",
        "deepseek": "needs-key",
    }
    assert found["nomodels"]["code"] == "W8"
    assert "discover_models" in found["nomodels"]["reason"]
    done = machine.run("list", env=env)
    assert done.code == 0
    said = done.err.splitlines()
    for problem, hint in (
        ("keyless: its `api_key` is empty: LACKING_KEY is not set", "store it: crush-wizard secret set LACKING_KEY"),
        (
            "deepseek: Crush drops the entry: no key ($DS_KEY is not set)",
            "store it: crush-wizard secret set DS_KEY",
        ),
        ("unknown provider type `OpenAI`", "write `openai`"),
    ):
        (line,) = [number for number, text in enumerate(said) if problem in text]
        assert said[line].startswith("warning: ~/.config/crush/crush.json:")
        assert said[line + 1] == f"hint: {hint}"
    assert CANARY not in done.out + done.err


def test_models_that_only_somebody_else_could_list(machine: Machine) -> None:
    providers = {
        "local": {"type": "ollama", "base_url": "http://localhost:11434/v1"},
        "mixed": entry(discover_models=True),
        "groq": {"models": [MODEL]},
    }
    configure(machine, providers)
    out = machine.run("list", env={"GROQ_API_KEY": CANARY}).out
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert "  asks at start  " in rows["local"]
    assert "  1 + asks at start  " in rows["mixed"]
    assert "  1 + Crush's  " in rows["groq"]


def test_a_built_in_without_an_entry_has_no_file(machine: Machine) -> None:
    env = {"GROQ_API_KEY": CANARY}
    one = listed(machine, env=env)["groq"]
    assert (one["builtin"], one["source"], one["sources"]) == (True, None, [])
    out = machine.run("list", env=env).out
    assert "built into Crush" in out
    assert "no choice: Crush's default" in out


# Several files


@pytest.fixture
def project(machine: Machine) -> Path:
    """A git work tree, with a folder below its top."""
    top: Path = machine.home / "project"
    (top / "sub").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(top)], check=True, env={**machine.env, "GIT_CONFIG_GLOBAL": "/dev/null"})
    return top


def test_files_of_all_kinds_make_one_list(machine: Machine, project: Path) -> None:
    slot = {"provider": "user", "model": "m-1"}
    configure(machine, {"user": entry(), "all": entry()}, models={"large": slot, "small": slot})
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    write(data, json.dumps({"models": {"large": {"provider": "all", "model": "m-1"}}, "providers": {"d": entry()}}))
    above = write(project / "crush.json", json.dumps({"providers": {"all": {"name": "By the project"}}}))
    script = write(
        project / "sub" / "crushrc",
        "provider add scripted --type openai-compat --base-url https://s.example/v1 --api-key '$SCRIPT_KEY'\n"
        "model add s-1 --provider scripted --name S1\n",
    )
    workspace = write(project / "sub" / ".crush" / "crush.json", json.dumps({"providers": {"w": entry()}}))

    done = machine.run("list", "--json", cwd=project / "sub")
    found = {one["id"]: one for one in done.json["data"]["providers"]}
    places = {id_: [source["path"] for source in one["sources"]] for id_, one in found.items()}
    user = str(machine.config)
    assert places["user"] == [user]
    assert places["all"] == [user, str(above)]
    assert places["d"] == [str(data)]
    assert places["w"] == [str(workspace)]
    assert found["all"]["name"] == "By the project"
    assert found["all"]["source"]["path"] == str(above)
    assert found["scripted"]["source"] == {"path": str(script), "format": "crushrc", "line": 1}
    selected = done.json["data"]["selected"]
    assert (selected["large"]["provider"], selected["large"]["source"]["path"]) == ("all", str(data))
    assert (selected["small"]["provider"], selected["small"]["source"]["path"]) == ("user", user)

    out = machine.run("list", cwd=project / "sub").out
    (large,) = [line for line in out.splitlines() if line.startswith("large")]
    assert large.endswith("~/.local/share/crush/crush.json:1, overrides ~/.config/crush/crush.json:" + large[-2:])
    assert "~/project/crush.json:1 and 1 more" in out
    assert set(listed(machine)) == {"user", "all", "d"}  # elsewhere


def test_a_choice_that_does_not_exist(machine: Machine) -> None:
    configure(machine, {"work": entry()}, models={"large": {"provider": "work", "model": "gone"}})
    done = machine.run("list")
    assert done.code == 0
    assert "instead of work/gone in ~/.config/crush/crush.json:" in done.out
    assert "hint: choose another: crush-wizard use large PROVIDER/MODEL" in done.err
    slot = machine.run("list", "--json").json["data"]["selected"]["large"]
    assert slot["falls_back"] is True
    assert slot["configured"] == {"provider": "work", "model": "gone"}
    assert slot["model"] == "m-1"


def test_what_only_running_a_script_would_tell_is_said(machine: Machine) -> None:
    write(
        machine.config.with_name("crushrc"),
        "provider add plain --base-url https://x.example/v1 --type openai-compat\n"
        "if hostname | grep -q x; then provider add maybe --base-url https://y.example/v1; fi\n",
    )
    done = machine.run("list")
    assert "~/.config/crush/crushrc:2: the provider maybe may be set here" in done.err
    (one,) = machine.run("list", "--json").json["data"]["uncertain"]
    assert (one["provider"], one["slot"], one["line"]) == ("maybe", None, 2)


def test_a_crush_that_reads_no_crushrc_is_told_of(machine: Machine, tmp_path: Path) -> None:
    write(machine.config.with_name("crushrc"), "provider add work --base-url http://localhost:9/v1 --api-key none\n")
    old = tmp_path / "bin" / "crush"
    write(old, "#!/bin/sh\necho crush version v0.80.0\n")
    old.chmod(0o755)
    env = {"PATH": f"{old.parent}:/usr/bin:/bin"}
    for command in (("list",), ("show", "work")):
        told = machine.run(*command, env=env).err
        assert "~/.config/crush/crushrc: the Crush on this machine (0.80.0) does not read a crushrc" in told
        assert "does not read a crushrc" not in machine.run(*command).err


def test_a_crushrc_with_variables(machine: Machine) -> None:
    script = write(
        machine.config.with_name("crushrc"),
        'provider add work --api-key $WORK_KEY --base-url "$WORK_URL/v1"\nmodel add work/m\nmodel large work/m\n',
    )
    there = {"WORK_KEY": CANARY, "WORK_URL": "https://llm.example"}
    done = machine.run("list", env=there)
    assert done.code == 0
    assert "llm.example" in done.out
    assert "WORK_KEY (environment)" in done.out
    assert CANARY not in done.out + done.err
    assert "warning" not in done.err
    missing = machine.run("list", env={"WORK_URL": "https://llm.example"})
    assert missing.code == 1
    assert "~/.config/crush/crushrc:1:1: a value without a flag before it" in missing.err
    assert script.read_text().startswith("provider add work --api-key $WORK_KEY ")


def test_a_crushrc_that_takes_its_key_from_an_unset_variable(machine: Machine) -> None:
    write(
        machine.config.with_name("crushrc"),
        'provider add work --api-key "$WORK_KEY" --base-url https://llm.example/v1\nmodel add work/m\n',
    )
    (provider,) = machine.run("list", "--json").json["data"]["providers"]
    assert provider["status"] == "needs-key"
    assert provider["key"] == {"kind": "placeholder", "name": "WORK_KEY", "found": None}
    assert "WORK_KEY is not set" in provider["reason"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_passed_over(machine: Machine, project: Path) -> None:
    theirs = write(project / "crush.json", json.dumps({"providers": {"theirs": entry()}}))
    os.chown(theirs, 12345, -1)
    done = machine.run("list", cwd=project)
    assert "theirs" not in done.out
    assert "~/project/crush.json: Crush ignores it: another user owns it" in done.err


# Broken files


def test_a_broken_file_is_fatal_and_hides_nothing_else(machine: Machine) -> None:
    machine.write_config('{\n  "providers": {,}\n}')
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    write(data, json.dumps({"providers": {"d": entry()}}))
    done = machine.run("list")
    assert done.code == 1
    assert "llm.work.example" in done.out
    first, second = done.err.splitlines()[:2]
    assert first == "error: Crush does not start with this config"
    assert second.startswith("error: ~/.config/crush/crush.json:2:17: ")
    again = machine.run("list", "--json")
    assert (again.code, again.json["ok"]) == (1, False)
    assert [one["id"] for one in again.json["data"]["providers"]] == ["d"]
    (fatal,) = again.json["data"]["fatal"]
    assert (fatal["code"], fatal["path"], fatal["line"], fatal["column"]) == ("F2", str(machine.config), 2, 17)


def test_only_a_broken_file_is_not_called_unconfigured(machine: Machine) -> None:
    machine.write_config("{")
    done = machine.run("list")
    assert (done.code, done.out) == (1, "")
    assert "no providers configured" not in done.err


@pytest.mark.parametrize(
    ("providers", "code"),
    [
        ({"work": {**entry(), "extra_headers": {"X": "$("}}}, "F7"),
        ({"work": {**entry(), "disable": "true"}}, "F5"),
    ],
)
def test_what_keeps_crush_from_starting(machine: Machine, providers: dict[str, Any], code: str) -> None:
    configure(machine, providers)
    done = machine.run("list", "--json")
    assert done.code == 1
    assert [one["code"] for one in done.json["data"]["fatal"]] == [code]
    assert "work" in machine.run("list").out


def test_many_alike_are_counted(machine: Machine) -> None:
    configure(machine, {f"p{number}": entry(type="nonsense") for number in range(30)})
    done = machine.run("list")
    assert done.err.count("warning: ") == 20
    assert "10 more" in done.err
    assert len(machine.run("list", "--json").json["data"]["problems"]) >= 30


# Secrets


SECRETS: dict[str, dict[str, Any]] = {
    "key": entry(api_key=f"sk-{CANARY}-and-more-of-it"),
    "short": entry(api_key="c4n4ry"),
    "half": entry(api_key=f"{CANARY}$HALF"),
    "default": entry(api_key=f"${{HALF:-{CANARY}}}"),
    "command": entry(api_key=f"$(echo {CANARY})"),
    "bearer": entry(extra_headers={"Authorization": f"Bearer {CANARY}"}),
    "header": entry(extra_headers={"X-Api-Key": CANARY}),
    "mixed-header": entry(extra_headers={"X-Api-Key": f"{CANARY}$HALF"}),
    "body": entry(extra_body={"nested": [{"access_token": CANARY}]}),
    "arguments": entry(extra_body={"args": ["--token", CANARY]}),
    "options": entry(provider_options={"password": CANARY}),
    "model": entry(models=[{**MODEL, "options": {"provider_options": {"api_key": CANARY}}}]),
    "address": entry(base_url=f"https://me:{CANARY}@llm.work.example/v1"),
    "half-address": entry(base_url=f"https://me:{CANARY}$HALF@llm.work.example/v1"),
    "capitals": entry(base_url=f"HTTPS://me:{CANARY}$HALF@llm.work.example/v1"),
    "user": entry(base_url=f"https://{CANARY}@llm.work.example/v1"),
    "path": entry(base_url=f"https://llm.work.example/sk-{CANARY}-{CANARY}/v1"),
    "query": entry(base_url=f"https://llm.work.example/v1?api_key={CANARY}"),
    "variable": entry(base_url="https://llm.work.example/$PATH_TOKEN/v1"),
    "anthropic": {"oauth": {"access_token": CANARY, "refresh_token": CANARY}, "api_key": CANARY},
    "unknown": entry(apiKey=CANARY),
    "extended": entry(aws_auth_refresh=f"login --password={CANARY}"),
    "argument": entry(aws_auth_refresh=f"AWS_SECRET_KEY={CANARY} login --user me --password {CANARY}"),
    "prefix": entry(system_prompt_prefix=f"say https://me:{CANARY}@x.example/"),
}


def test_no_secret_ever_shows(machine: Machine) -> None:
    configure(machine, SECRETS)
    write(
        machine.config.with_name("crushrc"),
        f"provider add scripted --base-url https://s.example/v1 --type openai-compat --api-key '{CANARY}'\n"
        f'provider add spelled --base-url https://s.example/v1 --type openai-compat --api-key "{CANARY}$HALF"\n',
    )
    env = {"PATH_TOKEN": CANARY, "HALF": CANARY, "WIZARD_DEBUG": "1"}
    ids = [*SECRETS, "scripted", "spelled"]
    runs = [("list",), ("list", "--json")] + [("show", id_, *flags) for id_ in ids for flags in ((), ("--json",))]
    started = [(arguments, machine.start(*arguments, env=env)) for arguments in runs[:2]]
    for arguments, process in started:
        with process:
            said = "".join(process.communicate(timeout=60))
        assert CANARY not in said, arguments
        assert "c4n4ry" not in said, arguments
    for arguments in runs[2:]:
        done = machine.run(*arguments, env=env)
        assert done.code == 0, (arguments, done.err)
        assert CANARY not in done.out + done.err, arguments
        assert "c4n4ry" not in done.out + done.err, arguments


def test_plain_keys_are_named_with_the_way_out(machine: Machine) -> None:
    configure(machine, {"one": entry(api_key=CANARY), "two": entry(api_key="$TWO"), "local": entry(api_key="ollama")})
    done = machine.run("list")
    assert "warning: one: plain-text key\nhint: move it to the store: crush-wizard secret adopt" in done.err


def test_what_no_server_looks_at_is_called_no_key(machine: Machine) -> None:
    """As `secret adopt` has it, which would find nothing to move."""
    here = entry(api_key="whatever-0123456789", base_url="http://127.0.0.1:1/v1")
    configure(machine, {"one": entry(api_key="k-1"), "two": entry(api_key="${IN_ENV-k-2}"), "here": here})
    assert "plain text" not in machine.run("list").err
    assert "nothing to adopt" in machine.run("secret", "adopt", "--store", "file", "--yes").err


def test_a_chosen_model_of_a_builtin_is_no_word_of_ours(machine: Machine) -> None:
    """Before Crush has run here nobody knows whether its catalogue has it; its own default is told with our date."""
    chosen = {"large": {"provider": "groq", "model": "nope"}}
    configure(machine, {"groq": {"api_key": "$GROQ_API_KEY"}}, models=chosen)
    large, small = machine.run("list", env={"GROQ_API_KEY": CANARY}).out.splitlines()[-2:]
    assert "groq/nope" in large
    assert "if Crush's catalogue lists it" in large
    assert "from the catalogue of August 2026" in small


def test_a_key_in_the_configs_own_variables(machine: Machine) -> None:
    configure(machine, {"work": entry(api_key="$CFG_KEY")}, env={"CFG_KEY": CANARY})
    done = machine.run("list")
    assert "CFG_KEY (the config's env)" in done.out
    assert "warning: `env`: plain-text key" in done.err
    assert CANARY not in done.out + done.err
    assert listed(machine)["work"]["key"] == {"kind": "placeholder", "name": "CFG_KEY", "found": "environment"}


def test_an_id_that_is_spelled_like_its_key_stays(machine: Machine) -> None:
    configure(machine, {"local-llm": entry(api_key="local-llm", name="local-llm")})
    one = listed(machine)["local-llm"]
    assert (one["name"], one["key"]["kind"]) == ("local-llm", "literal")


# Odd surroundings


def test_a_name_can_steer_no_terminal(machine: Machine) -> None:
    configure(machine, {"x\x1b[31m": entry(name="n\x1b]0;title\x07\n", type="\x1b[2J")})
    done = machine.run("list")
    assert not {"\x1b", "\x07"} & set(done.out + done.err)
    assert r"x\x1b[31m" in done.out


AS_SOMEBODY = """
import os, sys
from wizard.cli.app import run
run(["list"])  # imports all that it needs, while they can be read
os.setuid(54321)
sys.exit(run(["list"]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for somebody else")
@pytest.mark.parametrize(
    ("home", "code", "said"),
    [({}, 4, "can't tell where your home folder is"), ({"HOME": "/"}, 0, "no providers configured")],
)
def test_without_a_home_and_with_one_that_is_read_only(
    machine: Machine, home: dict[str, str], code: int, said: str
) -> None:
    environ = {key: value for key, value in machine.env.items() if key != "HOME"} | home
    done = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY], env=environ, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr


def test_a_key_that_a_command_gives_is_no_reason_to_drop_a_built_in(machine: Machine) -> None:
    machine.write_config('{"providers": {"groq": {"api_key": "$(pass show groq)"}}}')
    done = machine.run("list", "--json")
    (provider,) = done.json["data"]["providers"]
    assert (provider["status"], provider["key"]["kind"]) == ("ready", "command")
    assert done.json["data"]["problems"] == []


def test_a_stored_key_that_no_file_names_makes_no_built_in_active(machine: Machine) -> None:
    """`run` hands it to nobody."""
    machine.run("secret", "set", "OPENAI_API_KEY", "--stdin", "--store", "file", stdin="sk-1234567890")
    machine.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}')
    assert [one["id"] for one in machine.run("list", "--json").json["data"]["providers"]] == ["groq"]
    machine.write_config('{"providers": {"openai": {"api_key": "$OPENAI_API_KEY"}}}')
    (provider,) = machine.run("list", "--json").json["data"]["providers"]
    assert (provider["status"], provider["key"]["found"]) == ("ready", "file")


def test_a_variable_that_is_set_to_nothing_is_set(machine: Machine) -> None:
    """Only what the store holds is filled where a variable is empty: `run` does that, and nothing else."""
    entry = {"base_url": "${URL-http://127.0.0.1:1/v1}", "models": [{"id": "m", "name": "M"}]}
    machine.write_config(json.dumps({"providers": {"acme": entry}}))
    (provider,) = machine.run("list", "--json", env={"URL": ""}).json["data"]["providers"]
    assert (provider["status"], provider["code"]) == ("dropped", "W7")
