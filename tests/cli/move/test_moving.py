"""A rich setup moves to another machine: what Crush makes of it there is what it made of it here, field by field."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pexpect
import pytest
from msgspec import structs

from tests.model_server import KEY
from wizard.crush.effective import Effective, EffectiveProvider, effective
from wizard.crush.loading import load
from wizard.files.locations import Surroundings
from wizard.provider.builtins import BUILTINS
from wizard.secrets.age_store import AgeStore

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService
    from tests.model_server import ModelServer

SECRETS = {
    "GROQ_API_KEY": "gsk_canary_0a1b2c3d4e5f",
    "WORK_API_KEY": 'canary $(id) `id` \\ "ü" 0123456789',
    "TEAM_TOKEN": "canary-team-0123456789",
    "AZURE_OPENAI_API_KEY": "canary0azure0key0123456789",
    "RES_KEY": "canary-res-0123456789",
    "LIVE_KEY": KEY,
}
"""What the providers below need. One is full of what a shell, TOML and Crush itself could take for something else."""
ARRIVED = ("groq", "azure", "work", "res", "live", "box", "off")
PASSPHRASE = "correct horse"
STORE = ("--secret-store", "file")
KEYRING = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
EFFORT = "default_reasoning_effort"
ONLY_JSON = ("reasoning_levels", EFFORT, "options")
"""Fields of models that a crushrc can't say (crush-behaviour 5.3)."""

BY_HAND = """\
{ "$schema":"https://charm.land/crush.json",
  "options" : {"debug":false, "attribution": {"trailer_style": "none"}},
\t"models"  :{ "large":{"provider":"work","model":"org/w-1","reasoning_effort":"high","max_tokens":8e3,
\t\t"temperature":0.20,"top_p":9e-1,"top_k":40,"frequency_penalty":-0.5,"presence_penalty":0,"think":true,
\t\t"provider_options":{"user":"me","extra":{"a":[1,{"b":[]}]}}},
\t   "small":{"model":"m-small","provider":"live"} },
  "Providers" : {
    "groq":{"api_key":"$GROQ_API_KEY","name":"Mine",
      "models":[{"id":"llama/x","name":"X","context_window":131072}]},
    "azure": {"base_url":"https://res.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
       "api_key":"${AZURE_OPENAI_API_KEY}", "models":[{"id":"my-deployment","name":"D"}], "base_URL":null},
    "work" : {
      "type":"openai-compat" , "name" : "W\\u00f6rk \\"\\ud83d\\ude80\\" \\\\ $HOME `x`", "id":"something else",
      "BASE_URL":"https://llm.work.example/v1/",
      "Api_Key":"${WORK_API_KEY:-$(crush-wizard secret get WORK_API_KEY)}",
      "system_prompt_prefix":"Be brief.\\n\\tAnd 'kind', \\"please\\". ''' \\"\\"\\"\\n",
      "flat_rate":true, "discover_models":false, "disable":null, "not_of_crush":{"keep":"me"},
      "extra_headers":{"X-Team":"$TEAM_TOKEN","X-Where":"${REGION:-eu}-1","X Odd.Name":"5\\\\$"},
      "extra_body":{"options.num_ctx":32768,"list":[1,2.5,true,"x",{"deep":{"er":[[]]}}],"empty":{},"big":9007199254740991},
      "provider_options":{"reasoning_effort":"low","user":"team \\u2014 search"},
      "models":[
        {"id":"org/w-1","name":"W 1","cost_per_1m_in":1.25,"cost_per_1m_out":10,"cost_per_1m_in_cached":0.125,
         "cost_per_1m_out_cached":1e-7,"context_window":1.28e5,"default_max_tokens":4096.0,"can_reason":true,
         "reasoning_levels":["low","medium","high"],"default_reasoning_effort":"medium","supports_attachments":true,
         "options":{"temperature":0,"top_p":1,"top_k":5,"frequency_penalty":0.1,"presence_penalty":-1,
                    "provider_options":{"user":"w"}}},
        {"id":"w:2@latest","name":"W2","Context_Window":64000 , "can_reason":false}, {"id":"w-3"} ]
    },
    "res":{"type":"azure","base_url":"https://gw.work.example/azure","api_key":"$RES_KEY",
      "extra_headers":{"api-version":"2024-10-21","X-Sub":""},"models":[{"id":"dep","name":"Dep","can_reason":true}]},
    "live":{"base_url":"@LIVE@","api_key":"$LIVE_KEY",
      "models":[{"id":"m-large","name":"Large"},{"id":"m-small","name":"Small"}]},
    "box":{"type":"ollama","base_url":"http://localhost:11434/v1","api_key":"ollama",
      "models":[{"id":"qwen3:4b","name":"Q","context_window":32768}]},
    "off":{"disable":true,"base_url":"https://off.example/v1","models":[{"id":"o","name":"O"}]}
  }
}"""
"""One crush.json with all that Crush takes: odd spacing and numbers, escapes, null, letter case, unknown keys."""

SCRIPT = """\
#!/usr/bin/env crush
# Mine, by hand.
set -u
export EDITOR=vi
provider add groq --api-key '$GROQ_API_KEY'; model add groq/llama/x --name X --context-window 131072
provider add azure \\
  --base-url "https://res.openai.azure.com" --api-key '${AZURE_OPENAI_API_KEY}'
model add azure/my-deployment --name D
provider add work --type openai-compat --name 'W'"ö"'rk "🚀" \\ $HOME `x`' \\
\t--base-url https://llm.work.example/v1/ --api-key '${WORK_API_KEY:-$(crush-wizard secret get WORK_API_KEY)}'
provider add work --flat-rate yes --discover-models 0 --extra-header X-Team '$TEAM_TOKEN' \\
  --extra-header X-Where '${REGION:-eu}-1' --provider-options '{"reasoning_effort":"low"}' \\
  --system-prompt-prefix $'Be brief.\\n\\tAnd \\'kind\\'.\\n' --extra-body '{"options.num_ctx": 32768, "list": [1]}'
model add work/org/w-1 --name "W 1" --context-window 128000 --default-max-tokens 4096 --can-reason TRUE \\
  --supports-images true --price-input 1.25 --price-output 10 --price-cache-hit 0.125 --price-cache-create 0.0000001 \\
  --reasoning-effort medium
model add work/w:2@latest --name W2 --context-window 64000 # the small one
provider add res --type azure --base-url https://gw.work.example/azure --api-key '$RES_KEY' \\
  --extra-header api-version 2024-10-21
model add res/dep --name Dep --can-reason true
provider add live --base-url '@LIVE@' --api-key '$LIVE_KEY'
model add live/m-large --name Large
model add live/m-small --name Small
provider add box --type ollama --base-url http://localhost:11434/v1 --api-key ollama
model add box/qwen3:4b --name Q --context-window 32768
provider add off --disable true --base-url https://off.example/v1
model add off/o --name O
model large work/org/w-1 --think --max-tokens 8000 --temperature 0.2 --top-p 0.9 --provider-options '{"user":"me"}'
model small live/m-small
"""

WEAKER = '{"models":{"large":{"provider":"groq","model":"llama/x","top_k":3}}}'
STRONGER = '{"models":{"small":{"provider":"live","model":"m-large"}},"providers":{"box":{"name":"The box"}}}'
"""What a crush.json and Crush's own file say beside the script."""

OTHERS_JSON = """\
{
\t"models" : @SLOTS@,
\t"permissions": {"allowed_tools" : ["view",   "ls"]},
\t"providers": {
\t\t"mine" : {"base_url": "https://mine.example/v1", "api_key": "sk-literal-of-mine-0123456789", "mine": 1e2,
\t\t\t"models": [{"id": "m-1", "name": "M\\u00fcne"}] }@PROVIDERS@
\t},
\t"lsp": {"go": {"command": "gopls"}}
}"""
SLOTS_JSON = '{"large": {"provider":"mine", "model":"m-1", "max_tokens":7},\t"small":{"provider":"mine","model":"m-1"}}'
OTHERS_SCRIPT = """\
# mine, too
provider add mine  --base-url https://mine.example/v1 --api-key 'sk-literal-of-mine-0123456789'
model add mine/m-1 --name Mine@SLOTS@
option debug true   # and this
@PROVIDERS@"""
SLOTS_SCRIPT = "\nmodel large mine/m-1 --max-tokens 7\nmodel small  mine/m-1"


@dataclass(frozen=True)
class Target:
    """Where the setup arrives. `frame` is a file that is there, around what an import may change in it."""

    format: str
    frame: str = ""
    slots: str = ""

    @property
    def name(self) -> str:
        return "crushrc" if self.format == "crushrc" else "crush.json"

    @property
    def before(self) -> str:
        return self.frame.replace("@SLOTS@", self.slots).replace("@PROVIDERS@", "")

    @property
    def decision(self) -> tuple[str, ...]:
        """What to do about the choices that are there."""
        return ("--on-conflict", "replace") if self.frame else ()

    def holds_still(self, text: str) -> bool:
        """Whether every byte outside the choices and the new providers is what it was."""
        frame = re.escape(self.frame).replace("@SLOTS@", ".*").replace("@PROVIDERS@", ".*")
        return not self.frame or re.fullmatch(frame, text, re.DOTALL) is not None


@dataclass(frozen=True)
class Sealed:
    """An age file, the flags that open it, and the file that holds its passphrase or identity."""

    path: str
    opens: tuple[str, ...]
    key: Path


TARGETS = {
    "empty, json": Target("json"),
    "empty, crushrc": Target("crushrc"),
    "others, json": Target("json", OTHERS_JSON, SLOTS_JSON),
    "others, crushrc": Target("crushrc", OTHERS_SCRIPT, SLOTS_SCRIPT),
}


@pytest.fixture(params=["json", "crushrc", "spread"])
def rich(request: pytest.FixtureRequest, machine: Machine, model_server: ModelServer) -> Machine:
    """The machine that the setup comes from: in one crush.json, in one crushrc, or in three files."""
    script = machine.config.with_name("crushrc")
    if request.param == "json":
        _write(machine.config, BY_HAND, model_server)
    else:
        _write(script, SCRIPT, model_server)
    if request.param == "spread":
        _write(machine.config, WEAKER)
        _write(machine.home / ".local" / "share" / "crush" / "crush.json", STRONGER)
    return machine


@pytest.fixture
def by_hand(machine: Machine, model_server: ModelServer) -> Machine:
    """The one in a crush.json, with its secrets: some in the store, the others in the environment."""
    _write(machine.config, BY_HAND, model_server)
    stored = ("WORK_API_KEY", "TEAM_TOKEN", "LIVE_KEY")
    for name in stored:
        done = machine.run("secret", "set", name, "--stdin", "--store", "file", stdin=KEY)
        assert done.code == 0, done.err
        AgeStore(machine.home / ".local" / "state" / "crush-wizard" / "secrets").set(name, SECRETS[name])
    return replace(machine, env={**machine.env, **{name: SECRETS[name] for name in SECRETS if name not in stored}})


@pytest.fixture(params=["passphrase", "recipient"])
def sealed(request: pytest.FixtureRequest, by_hand: Machine, tmp_path: Path) -> Sealed:
    """The setup with its secrets in an age file."""
    path = str(tmp_path / "all.age")
    if request.param == "quick passphrase":
        request.getfixturevalue("quick_seal")
    if request.param.endswith("passphrase"):
        key = tmp_path / "pw"
        key.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
        opens = ("--passphrase-file", str(key))
        seals: tuple[str, ...] = opens
    else:
        key = tmp_path / "id.txt"
        seals = ("--recipient", _new_identity(key, request.getfixturevalue("age")))
        opens = ("--identity", str(key))
    done = by_hand.run("export", path, "--with-secrets", *seals)
    assert done.code == 0, done.err
    return Sealed(path, opens, key)


@pytest.fixture
def age(require_real: Callable[[str], NoReturn]) -> str:
    return shutil.which("age") or require_real("age is not installed")


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


@pytest.fixture
def other(machine: Machine, target: Target, tmp_path: Path) -> Machine:
    """The machine that the setup goes to."""
    there = _another(machine, tmp_path)
    if target.frame:
        _write(_file(there, target), target.before)
    return there


def _another(machine: Machine, tmp_path: Path) -> Machine:
    home = tmp_path / "other"
    home.mkdir()
    return replace(machine, home=home, env={**machine.env, "HOME": str(home)})


def _write(path: Path, text: str, server: ModelServer | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.replace("@LIVE@", server.url if server else "").encode())


def _file(machine: Machine, target: Target) -> Path:
    return machine.config.with_name(target.name)


def _new_identity(path: Path, age: str) -> str:
    """Write an age identity; its public key."""
    subprocess.run([f"{age}-keygen", "-o", path], check=True, capture_output=True)
    made = subprocess.run([f"{age}-keygen", "-y", path], check=True, capture_output=True, text=True)
    return made.stdout.strip()


# What is compared


def _effective(machine: Machine, values: dict[str, str]) -> Effective:
    """What Crush makes of the files there, with the variables that the store gives it."""
    home = machine.home
    around = Surroundings(
        {}, "linux", home, home / ".config" / "crush", home / ".local" / "share" / "crush", home, home
    )
    return effective(
        load(around), environ=values, home=home, exists=lambda _: False, builtins=BUILTINS, secret=values.get
    )


def _slots(found: Effective) -> dict[str, Any]:
    """What each slot comes to, and all that the files say about it."""
    said = found.config["models"]
    return {slot: (one.provider, one.model, one.falls_back, said[slot]) for slot, one in found.selected.items()}


def _as_crushrc_can(provider: EffectiveProvider) -> EffectiveProvider:
    """The provider without what no crushrc can say: an effort goes with its levels."""
    levelless = [one for one in provider.models if "reasoning_levels" not in one]
    models = tuple(
        {name: said for name, said in one.items() if name not in ONLY_JSON or (name == EFFORT and one in levelless)}
        for one in provider.models
    )
    return structs.replace(provider, models=models, entry={**provider.entry, "models": list(models)})


def _assert_same(here: Effective, there: Effective, target: Target) -> None:
    for one in ARRIVED:
        expected, arrived = here.provider(one), there.provider(one)
        assert expected is not None
        assert arrived == (_as_crushrc_can(expected) if target.format == "crushrc" else expected)
    assert _slots(here) == _slots(there)
    assert not there.fatal


def _listed(machine: Machine) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `list` says of the providers that moved and of the slots, but for the places in files."""
    data = machine.run("list", "--json").json["data"]
    providers = {one["id"]: _placeless(one) for one in data["providers"] if one["id"] in ARRIVED}
    return providers, {slot: _placeless(one) for slot, one in data["selected"].items()}


def _placeless(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in ("source", "sources")}


def _given(machine: Machine) -> dict[str, str]:
    """The secrets that a program gets there from `run`, which starts Crush like this."""
    told = "import json, os; print(json.dumps(dict(os.environ)))"
    environ = machine.run("run", "--", sys.executable, "-c", told).json
    return {name: environ[name] for name in SECRETS if name in environ}


# Without secrets


def test_every_field_arrives(rich: Machine, other: Machine, target: Target, tmp_path: Path) -> None:
    profile = str(tmp_path / "team.toml")
    assert rich.run("export", profile).code == 0
    done = other.run("import", profile, "--yes", "--format", target.format, *target.decision)
    assert done.code == 0, done.err
    here, there = _effective(rich, SECRETS), _effective(other, SECRETS)
    _assert_same(here, there, target)
    lost = ", ".join(f"models.{name}" for name in ONLY_JSON)
    said_of_loss = f"a crushrc does not support {lost} of work" in done.err
    assert said_of_loss is (here.provider("work") != there.provider("work"))


@pytest.mark.parametrize("target", ["others, json"], indirect=True)
def test_list_says_the_same(rich: Machine, other: Machine, target: Target, tmp_path: Path) -> None:
    profile = str(tmp_path / "team.toml")
    assert rich.run("export", profile).code == 0
    assert other.run("import", profile, "--yes", *target.decision).code == 0
    assert _listed(other) == _listed(rich)


@pytest.mark.parametrize(
    ("rich", "target"), [("json", name) for name in TARGETS] + [("crushrc", "others, crushrc")], indirect=True
)
def test_what_was_there_stays_to_the_byte(rich: Machine, other: Machine, target: Target, tmp_path: Path) -> None:
    profile, file = str(tmp_path / "team.toml"), _file(other, target)
    assert rich.run("export", profile).code == 0
    flags = ("import", profile, "--format", target.format, *target.decision)
    assert other.run(*flags, "--yes").code == 0
    assert target.holds_still(file.read_text(encoding="utf-8"))
    before = other.snapshot()
    assert other.run(*flags, "--check").code == 0
    assert other.run(*flags, "--yes").code == 0
    assert other.snapshot() == before
    assert other.run("undo", "--yes").code == 0
    assert (file.read_text(encoding="utf-8") if file.exists() else "") == target.before


# With secrets


@pytest.mark.parametrize(
    ("sealed", "target"),
    [("quick passphrase", "others, json"), *(("recipient", name) for name in TARGETS)],
    indirect=True,
)
def test_it_works_on_arrival(
    by_hand: Machine, sealed: Sealed, other: Machine, target: Target, model_server: ModelServer
) -> None:
    flags = ("import", sealed.path, "--format", target.format, *target.decision, *sealed.opens, *STORE)
    done = other.run(*flags, "--yes", "--json")
    assert done.code == 0, done.err
    assert (done.json["data"]["needs_consent"], done.json["data"]["missing_secrets"]) == ([], [])
    values = _given(other)
    assert values == SECRETS
    _assert_same(_effective(by_hand, SECRETS), _effective(other, values), target)
    tested = other.run("test", "live", "--json", env={"WIZARD_OFFLINE": ""})
    assert tested.code == 0, tested.err
    assert "POST /v1/chat/completions" in model_server.seen
    before = other.snapshot()
    assert other.run(*flags, "--check").code == 0
    assert other.run(*flags, "--yes").code == 0
    assert other.snapshot() == before


@pytest.mark.parametrize("sealed", ["recipient"], indirect=True)
def test_secrets_arrive_in_a_keyring(
    by_hand: Machine, sealed: Sealed, machine: Machine, secret_service: SecretService, tmp_path: Path
) -> None:
    there = _another(machine, tmp_path)
    there.env |= {name: value for name, value in secret_service.env.items() if name in KEYRING}
    flags = ("import", sealed.path, *sealed.opens, "--secret-store", "keyring")
    done = there.run(*flags, "--yes")
    assert done.code == 0, done.err
    assert {name: secret_service.get(name) for name in SECRETS} == SECRETS
    assert there.run(*flags, "--check").code == 0
    assert there.run("test", "live", env={"WIZARD_OFFLINE": ""}).code == 0


def test_age_opens_the_file(by_hand: Machine, sealed: Sealed, age: str, tmp_path: Path) -> None:
    opened = tmp_path / "opened.toml"
    if sealed.key.name == "pw":
        child = pexpect.spawn(age, ["--decrypt", "--output", str(opened), sealed.path], timeout=60)
        child.expect("passphrase")
        child.sendline(PASSPHRASE)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    else:
        subprocess.run([age, "--decrypt", "-i", sealed.key, "-o", opened, sealed.path], check=True)
    assert tomllib.loads(opened.read_text(encoding="utf-8")) == {
        **tomllib.loads(by_hand.run("export").out),
        "values": SECRETS,
    }


# Malice

FORMS = ("$(id)", "`id`", "a${X:-$(id)}", "${X:+${Y:-`id`}}", "${X#$(id)}", "$(($(id)))", "${X:-${Y:-$(id)}}")
EVIL = "x'; touch PWNED; $(touch PWNED) `touch PWNED` \"; touch PWNED #\\"


@pytest.mark.parametrize(("form", "format_"), [*((form, "json") for form in FORMS), ("$(id)", "crushrc")])
def test_a_command_is_named_wherever_crush_expands(machine: Machine, tmp_path: Path, form: str, format_: str) -> None:
    fields = f"api_key = '{form}'\nextra_headers = {{X-One = '{form}', X-Two = 'a {form}'}}\n"
    text = f"[providers.p]\nbase_url = 'https://{form}.example/v1'\n{fields}models = [{{id = 'm'}}]\n"
    text += f"[providers.openai]\n{fields}[providers.bedrock]\naws_auth_refresh = 'id'\n"
    profile = tmp_path / "given.toml"
    profile.write_text(f"profile = 1\n{text}", encoding="utf-8")
    flags = ("import", str(profile), "--format", format_)
    risks = machine.run(*flags, "--check", "--json").json["data"]["needs_consent"]
    named = {(one["provider"], one["field"]) for one in risks if one["kind"] == "command"}
    expanded = ("api_key", "extra_headers X-One", "extra_headers X-Two")
    expected = {("p", "base_url"), *((provider, field) for provider in ("p", "openai") for field in expanded)}
    assert named == (expected if format_ == "crushrc" else {*expected, ("bedrock", "aws_auth_refresh")})
    assert machine.run(*flags, "--yes").code == 4
    assert machine.snapshot() == {}


def test_no_other_text_becomes_a_command(machine: Machine, tmp_path: Path) -> None:
    evil = json.dumps(EVIL)
    text = f"""\
profile = 1
[selected.large]
provider = {evil}
model = {evil}
provider_options = {{user = {evil}}}
[providers.{evil}]
name = {evil}
base_url = "https://p.example/v1"
api_key = "$P_KEY"
system_prompt_prefix = {json.dumps(f"{EVIL}{chr(10)}touch PWNED")}
extra_body = {{{evil} = {evil}}}
provider_options = {{user = {evil}}}
[providers.{evil}.extra_headers]
{evil} = "v"
[[providers.{evil}.models]]
id = {evil}
name = {evil}
default_reasoning_effort = {evil}
"""
    profile = tmp_path / "given.toml"
    profile.write_text(text, encoding="utf-8")
    done = machine.run("import", str(profile), "--yes", "--format", "crushrc")
    assert done.code == 0, done.err
    (provider,) = _effective(machine, {}).config["providers"].values()
    assert (provider["name"], provider["models"][0]["id"], provider["extra_body"]) == (EVIL, EVIL, {EVIL: EVIL})
    script = machine.config.with_name("crushrc").read_text(encoding="utf-8")
    ran = subprocess.run(
        ["bash", "-c", f"provider() {{ :; }}; model() {{ :; }}\n{script}"],
        cwd=machine.home,
        env=machine.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert not list(machine.home.rglob("PWNED"))


LITELLM = """
model_list:
  - {model_name: fast, litellm_params: {model: groq/openai/gpt-oss-20b}}
  - {model_name: odd, litellm_params: {model: openai/odd-1, api_base: "https://odd.example/v1"}}
general_settings: {master_key: os.environ/PROXY_KEY}
"""


def test_what_is_behind_litellm_or_the_proxy_itself(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(LITELLM, encoding="utf-8")
    done = machine.run("import", "--from", "litellm", str(file), "--yes")
    assert done.code == 0, done.err
    assert list(machine.entries) == ["groq", "odd"]
    assert "LiteLLM's running proxy can be one provider: --from litellm-proxy" in done.err
    assert "no facts about `odd-1`: a context window of 128000 tokens is assumed" in done.err
    assert machine.run("import", "--from", "litellm-proxy", str(file), "--yes").code == 0
    assert machine.entries["litellm"]["api_key"] == "$PROXY_KEY"
    assert [model["id"] for model in machine.entries["litellm"]["models"]] == ["fast", "odd"]
    for tool in ("litellm", "litellm-proxy"):
        assert machine.run("import", "--from", tool, str(file), "--check").code == 0


def test_what_litellms_file_is_read_for_is_asked(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(LITELLM, encoding="utf-8")
    done = machine.run("import", "--from", "litellm", str(file), "--steps", stdin="{}")
    question = done.json["data"]["question"]
    assert [choice["value"] for choice in question["choices"]] == ["proxy", "behind"]
    assert question["default"] == "proxy"
