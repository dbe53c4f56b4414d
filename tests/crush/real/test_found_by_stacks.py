"""Small stacks that were found to differ once: a real Crush does what we say of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crush.real.comparison import Known, differences
from tests.crush.real.internet import Internet
from tests.crush.real.program import RealCrush
from tests.crush.real.stack import Json, Script, Spelled, Stack

USER = "home/.config/crush/crush.json"
WORKSPACE = "work/.crush/crush.json"
MODELS = [{"id": "m-1"}]
ACME = {"base_url": "https://a.example/v1", "api_key": "k-1", "models": MODELS}


def spelled(value: Any) -> Any:
    """Plain values as a stack has them."""
    if isinstance(value, dict):
        return Json(tuple((key, spelled(inner)) for key, inner in value.items()))
    return [spelled(inner) for inner in value] if isinstance(value, list) else value


def user(config: dict[str, Any], **env: str) -> Stack:
    return Stack(files={USER: spelled(config)}, env=env)


def acme(**fields: Any) -> Stack:
    return user({"providers": {"acme": {**ACME, **fields}}}, K1="k-1")


STACKS = {
    "CRUSH_NAME is no NAME when a request goes out": user({}, CRUSH_OPENAI_API_KEY="over"),
    "an empty variable is set": Stack(
        files={USER: spelled({"providers": {"gemini": {"api_key": "${EMPTY-d}"}, "acme": ACME}})}, env={"EMPTY": ""}
    ),
    "an empty variable stays empty beside a .env": Stack(
        files={
            USER: spelled({"providers": {"groq": {"api_key": "$K1"}, "acme": ACME}}),
            "work/.env": Script(("K1=k",)),
        },
        env={"K1": ""},
    ),
    "a .env moves the configuration": Stack(
        files={
            "home/other/crush.json": spelled({"providers": {"acme": ACME}}),
            "work/.env": Script(("CRUSH_GLOBAL_CONFIG=../home/other",)),
        }
    ),
    "two slashes become one": acme(base_url="https://h.example/$EMPTY/v1"),
    "dots are taken out of a URL": acme(base_url="https://h.example/a/../v1"),
    "an endpoint of Azure is expanded twice": user(
        {"providers": {"azure": {"base_url": "$URL", "api_key": "k"}}, "models": {"large": {"model": "gpt-5"}}},
        URL="https://$K1.example",
        K1="once",
    ),
    "a key of type google is wanted": acme(type="google", api_key=""),
    "headers of two spellings": acme(extra_headers={"X-A": "1", "X-B": "1"}, Extra_Headers={"X-A": "2"}),
    "models of two spellings": acme(Models=[{"id": "m-0", "name": "Zero"}, {"id": "m-2"}]),
    "a null takes back what another spelling says": acme(Models=None),
    "two spellings in the workspace's own file": Stack(
        files={USER: spelled({}), WORKSPACE: spelled({"Providers": {}, "providers": {"acme": ACME}})}
    ),
    "two spellings of providers": user({"Providers": {"beta": ACME}, "providers": {"acme": ACME}}),
    "a null for all providers": user({"Providers": {"beta": ACME}, "providers": None}),
    "the workspace's own spelling of providers": Stack(
        files={USER: spelled({"providers": {"acme": ACME}}), WORKSPACE: spelled({"PROVIDERS": {"beta": ACME}})}
    ),
    "the workspace meets what was read": Stack(
        files={
            USER: spelled({"Providers": {"acme": {**ACME, "NAME": "A"}}}),
            WORKSPACE: spelled({"providers": {"acme": {"models": [{"id": "m-2"}]}}}),
        }
    ),
    "an operator that Crush crashes on": acme(api_key="${K1@U}"),
    "one in a default that is not wanted": acme(api_key="${K1:-${K1@L}}"),
    "one in a URL that is never looked at": acme(base_url="${K1@U}", disable=True),
    "one that discovery meets": acme(api_key="${K1@U}", models=[], type="nonsense"),
    "one in a variable of the config": user({"env": {"A": "${B@K}"}, "providers": {"acme": ACME}}),
    "one in the key of a built-in": user({"providers": {"groq": {"api_key": "${K1@u}"}, "acme": ACME}}),
    "one where Crush does not look before it asks": user(
        {
            "providers": {"bedrock": {"api_key": "${K1@u}"}, "acme": ACME},
            "models": {slot: {"provider": "acme", "model": "m-1"} for slot in ("large", "small")},
        }
    ),
    "a default that fails though nobody wants it": acme(extra_headers={"X": "${K1:-$(false)}"}),
    "a hook whose pattern is none": user(
        {"providers": {"acme": ACME}, "hooks": {"PreToolUse": [{"command": "x", "matcher": "("}]}}
    ),
    "a number that rounds past 64 bits": acme(models=[{"id": "m-1", "context_window": Spelled("9223372036854775807")}]),
    "the largest number that does not": acme(models=[{"id": "m-1", "context_window": Spelled("9223372036854774784")}]),
    "an empty id": user({"providers": {"": ACME}}),
    "built-ins off by a variable of the config": user(
        {"env": {"CRUSH_DISABLE_DEFAULT_PROVIDERS": "1"}, "providers": {"groq": {"api_key": "k"}}}
    ),
    "a key of the config's own variables leaks": user(
        {"env": {"OPENAI_API_KEY": "k-2"}, "providers": {"acme": {**ACME, "api_key": ""}}}
    ),
    "the later of two equal keys": Stack(
        files={USER: Json((("providers", spelled({"beta": ACME})), ("providers", spelled({"acme": ACME}))))}
    ),
    "a header that Crush may never get to": acme(extra_headers={"X": "$(exit 3)"}, models=[]),
    "an effort that is chosen with the model": user(
        {
            "providers": {
                "acme": {**ACME, "models": [{"id": "m-1", "can_reason": True, "reasoning_levels": ["low", "high"]}]}
            },
            "models": {"large": {"provider": "acme", "model": "m-1", "reasoning_effort": "high"}},
        }
    ),
    "an effort of a type that sends none": acme(
        type="litellm", models=[{"id": "m-1", "can_reason": True, "reasoning_levels": ["low"]}]
    ),
    "an effort of a project for a choice that falls back": Stack(
        files={
            USER: spelled({"providers": {"acme": ACME}}),
            "home/.config/crush/crushrc": Script(("model large acme/none",)),
            "work/crush.json": spelled({"models": {"large": {"reasoning_effort": "high"}}}),
        }
    ),
    "a bearer key beside an Authorization of one's own": user(
        {"providers": {"minimax": {"api_key": "k", "models": [{"id": "g"}], "extra_headers": {"Authorization": "v"}}}}
    ),
    "a removed provider opens the section": Stack(
        files={
            USER: spelled({"PROVIDERS": {"beta": ACME}}),
            "work/.crushrc": Script(("provider remove ollama",)),
        }
    ),
    "a computed word where a flag is due": Stack(
        files={
            "home/.config/crush/crushrc": Script(
                ('provider add acme --base-url --api-key "${K1:-$(false)} $UNSET"', "model add acme/m-2")
            )
        }
    ),
    "a variable that a command gives may not be set": user(
        {"env": {"GROQ_API_KEY": "`no-such-command`"}, "providers": {"groq": {"models": [{"id": "m-1"}]}, "acme": ACME}}
    ),
    "a number past all limits in the workspace's file": Stack(
        files={
            USER: spelled({"providers": {"acme": ACME}}),
            WORKSPACE: spelled({"providers": {"beta": {"models": [{"context_window": Spelled("1e400")}]}}}),
        }
    ),
    "a workspace's file that is JSON and no object": Stack(
        files={USER: spelled({"providers": {"acme": ACME}}), WORKSPACE: spelled([1])}
    ),
    "a small model whose provider has no key": user(
        {
            "providers": {"acme": ACME, "gem": {"type": "google", "models": [{"id": "g-1"}]}},
            "models": {
                "large": {"provider": "acme", "model": "m-1"},
                "small": {"provider": "gem", "model": "g-1"},
            },
        }
    ),
    "a built-in whose URL comes to nothing": user({"providers": {"groq": {"api_key": "k", "base_url": "$UNSET"}}}),
    "a custom provider called hyper": user(
        {"providers": {"hyper": ACME}, "options": {"disable_default_providers": True}}
    ),
    "an odd name behind an indirect one": acme(api_key="x${!K1}y"),
    "the script's own end": Stack(
        files={
            "home/.config/crush/crushrc": Script(
                ("provider add acme --flat-rate true", "[[ -n $UNSET ]] && option debug")
            )
        }
    ),
    "a catalogue that Crush does not look into": Stack(
        files={
            USER: spelled(
                {
                    "options": {"disable_provider_auto_update": True},
                    "providers": {"groq": {"api_key": "k"}},
                    "models": {"large": {"provider": "groq", "model": "none"}},
                }
            )
        },
        cache=True,
    ),
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_we_say_what_crush_does(
    stack: Stack, crush: RealCrush, internet: Internet, catalogue: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    found = differences(stack, folder, Known(crush.program, internet, catalogue))
    assert [str(difference) for difference in found] == []
