"""One journey through the commands in either format: the same is said, and the same comes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.canary import CANARY
from tests.cli.conftest import machine_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

JOURNEY = [
    "add-provider openai-compatible --id gw --base-url https://gw.example/v1 --model m1 --model m2 --api-key-stdin "
    "--secret-store file --large m1 --no-test",
    "add-provider ollama --model qwen3:8b --small qwen3:8b",
    "add-provider openai-compatible --id gw --base-url https://gw.example/v1 --model m1",
    "edit-provider gw --header X-Team=platform --name Ours --flat-rate --system-prompt-prefix Brief --no-test",
    "edit-provider gw --base-url https://gw2.example/v1 --api-key-env OTHER_KEY --no-test",
    "edit-provider gw --set m2.context_window=64000 --no-test",
    "models gw --add m3",
    "models gw --remove m1",
    "use small gw/m2",
    "use large gw/nope",
    "hide groq xai",
    "unhide xai",
    "export p.toml",
    "remove-provider gw --forget-secret",
    "import p.toml",
    "edit-provider gw --api-key-stdin --secret-store file --no-test",
    "import p.toml --on-conflict replace",
    "secret adopt --store file",
    "undo",
    "remove-provider ollama",
    "unhide --all",
    "doctor --fix",
]
PLACE = re.compile(r"(?:crush\.json|crushrc)(?::\d+)*")
PLACES = ("source", "sources", "path", "line", "column")


FILES = {"crush.json": "{}\n", "crushrc": "# mine\n"}


def test_a_journey_is_the_same_in_both_formats(tmp_path: Path) -> None:
    machines = [_machine(tmp_path / name, name) for name in FILES]
    for step in JOURNEY:
        of_json, of_crushrc = (_outcome(machine, step.split()) for machine in machines)
        assert of_crushrc == of_json, step
    assert [[path.name for path in machine.config.parent.iterdir()] for machine in machines] == [[n] for n in FILES]


def _machine(folder: Path, name: str) -> Machine:
    folder.mkdir()
    machine = machine_in(folder)
    machine.config.parent.mkdir(parents=True)
    machine.config.with_name(name).write_text(FILES[name])
    return machine


def _outcome(machine: Machine, words: list[str]) -> dict[str, Any]:
    """What the command says, and what is configured then; without the places, which differ."""
    done = machine.run(*words, "--yes", stdin=f"{CANARY}\n")
    assert "Traceback" not in done.err
    out, said = (PLACE.sub("FILE", text).replace(str(machine.home), "~") for text in (done.out, done.err))
    listed = machine.run("list", "--json").json["data"]
    return {"code": done.code, "out": out.splitlines(), "said": said.splitlines(), "listed": _without_places(listed)}


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_places(child) for key, child in value.items() if key not in PLACES}
    return [_without_places(child) for child in value] if isinstance(value, list) else value
