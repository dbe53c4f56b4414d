"""A key that is typed where none belongs is repeated in no message, and written nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

KEYS = {
    "canary": "sk-canary-77aa10f3c9e2",
    "a name": "gsk_Canary77aa10f3c9e2d4b5",
    "hex": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
}
CUSTOM = "add-provider openai-compatible --yes --base-url https://a.example/v1 --model m"
EVERYWHERE = """
secret set @
secret get @
secret remove @
secret @
@
add-provider @
edit-provider @
show @
test @
remove-provider @
models @
hide @
unhide @
presets show @
undo @
doctor --explain @
import @
import --from @
convert @
list @
secret set MINE_KEY @
secret set MINE_KEY=@
secret set MINE_KEY --stdin @
secret list @
run --only @
env --only @
use large @
models mine --remove @
export x.toml --provider @
edit-provider mine --yes --api-key-env @
add-provider deepseek --yes --api-key-env @
add-provider deepseek --yes --api-key-env $@
add-provider deepseek --yes --@
add-provider deepseek --yes --secret-store @
add-provider deepseek --yes --api-key-stdin @
add-provider azure --yes --set @
add-provider deepseek --yes --api-key @
add-provider deepseek --yes --api-key=@
add-provider deepseek --yes --api-key-file @
CUSTOM --header @
CUSTOM --header X-Api-Key=@
CUSTOM --header Authorization:@
"""
WRITTEN = """
add-provider deepseek --yes --id @
add-provider deepseek --yes --name @
CUSTOM --header X-Team=@
CUSTOM --extra-body {"user":"@"}
CUSTOM --extra-body={"user":"@"}
add-provider azure --yes --set resource=@ --set deployment=gpt-5
add-provider openai-compatible --yes --model m --base-url @
add-provider openai-compatible --yes --model m --base-url https://u:@/a.example
add-provider deepseek --yes --model @
add-provider deepseek --yes --system-prompt-prefix @
edit-provider mine --yes --name @
edit-provider mine --yes --header X-Team=@
models mine --yes --add @
"""
"""Each with `@` for the key, and CUSTOM for the beginning of a provider of one's own."""


def _lines(text: str) -> list[str]:
    return text.strip().replace("CUSTOM", CUSTOM).splitlines()


@pytest.fixture
def owner(machine: Machine) -> Machine:
    entry = {"base_url": "https://llm.example/v1", "api_key": "$MINE_KEY", "models": [{"id": "m"}]}
    machine.write_config(json.dumps({"providers": {"mine": entry}}))
    return machine


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("line", _lines(EVERYWHERE))
def test_no_message_repeats_it(owner: Machine, line: str, key: str) -> None:
    before = owner.snapshot()
    for more in ((), ("--json",)):
        done = owner.run(*line.replace("@", key).split(), *more)
        assert done.code != 0
        assert key not in done.out + done.err
    assert owner.snapshot() == before


@pytest.mark.parametrize("key", [KEYS["canary"], KEYS["a name"]])
@pytest.mark.parametrize("line", _lines(EVERYWHERE) + _lines(WRITTEN))
def test_the_key_of_a_vendor_is_refused_with_how_to_give_it(owner: Machine, line: str, key: str) -> None:
    before = owner.snapshot()
    done = owner.run(*line.replace("@", key).split())
    assert done.code == 2
    said = " ".join(done.err.split())
    assert "a key on the command line stays in the shell's history" in said
    assert "--api-key-stdin" in said
    assert key not in done.out + done.err
    assert owner.snapshot() == before


@pytest.mark.parametrize(
    "line",
    [
        "show mine",
        "presets show sk-mine",
        "models mine --yes --add claude-3-5-sonnet-20241022 --offline",
        "add-provider deepseek --yes --id xai-grok-4-0709-preview --dry-run",
        "export /tmp/sk-of-2024/team.toml --dry-run",
    ],
)
def test_names_with_figures_are_no_keys(owner: Machine, line: str) -> None:
    assert "on the command line" not in owner.run(*line.split()).err


def test_what_another_program_is_given_is_its_own_affair(owner: Machine) -> None:
    done = owner.run("run", "--", "/bin/echo", KEYS["canary"])
    assert "on the command line" not in done.err
