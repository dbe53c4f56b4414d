"""What `test` says of each shipped preset: it works with the right key, and a wrong one is called that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from tests.trial.programs import KEY, NOT_FOUND, WRONG, Program, said
from wizard.endpoints.probe import run_probes
from wizard.flow.build import build
from wizard.flow.driver import Interview
from wizard.flow.facts import Facts, StoreFact
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.types import CLOUD_TYPES, FIXED_BASES, asks_responses
from wizard.trial.live import live_of_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug import Request, Response

    from wizard.endpoints.wire import Live
    from wizard.flow.preset import Preset
    from wizard.flow.question import Raw

TYPED: dict[str, Raw] = {
    "set.account": "0123456789abcdef" * 2,
    "set.resource": "my-res",
    "set.deployment": ("gpt-4.1",),
}
ELSEWHERE = {*CLOUD_TYPES, *FIXED_BASES, "google"}
"""Types that want to be signed in to, that Crush sends to one place whatever the URL is, or of another language."""
PRESETS = [preset for preset in map(load_shipped, SHIPPED) if not preset.custom and preset.type not in ELSEWHERE]
BY_BEARER = {"minimax"}
"""Which Crush sends a bearer token, though it speaks Anthropic's language."""


@dataclass(frozen=True)
class Vendor:
    """A preset as it goes over the wire, and who answers it at its own path of the stand-in."""

    preset: Preset
    live: Live
    program: Program


def _draft_live(preset: Preset) -> Live:
    asked = {key: raw for key, raw in TYPED.items() if key in {f"set.{question.key}" for question in preset.questions}}
    named: dict[str, Raw] = {} if preset.models or "set.deployment" in asked else {"models": ("m-1",), "large": "m-1"}
    given: dict[str, Raw] = {"preset": preset.id, **asked, **named, "key_source": "environment"}
    facts = Facts(
        presets={preset.id: preset},
        given=frozenset(given),
        whole=True,
        look_at_store=lambda: StoreFact(usable=False),
    )
    draft = build(Interview(facts, given).run(), facts)
    return live_of_draft(draft, {}, {draft.variable: KEY} if draft.variable else {}, lambda _: None)


def _vendor(preset: Preset, root: str) -> Vendor:
    live = _draft_live(preset)
    base = f"/{preset.id}{urlsplit(live.base_url).path.rstrip('/')}"
    speaks = "anthropic" if preset.type == "anthropic" else "completions"
    if preset.type == "openai" and all(asks_responses(preset.type, model) for model in live.models):
        speaks = "responses"
    key = KEY if preset.key.need == "required" else None
    listing = NOT_FOUND if preset.listing == "none" else None
    header = "X-Api-Key" if speaks == "anthropic" and preset.id not in BY_BEARER else "Authorization"
    program = Program(base, key, tuple(live.models), listing=listing, speaks=speaks, header=header)
    return Vendor(preset, replace(live, base_url=root + base, id=preset.id), program)


@pytest.fixture(scope="module")
def vendors() -> Iterator[list[Vendor]]:
    """All of them on one port, each below its preset's id."""
    programs: dict[str, Program] = {}

    def respond(request: Request) -> Response:
        program = programs.get(request.path.split("/")[1])
        return program.answer(request) if program else said(NOT_FOUND)

    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as http:
        http.expect_request(re.compile("")).respond_with_handler(respond)
        found = [_vendor(preset, http.url_for("").rstrip("/")) for preset in PRESETS]
        programs |= {vendor.preset.id: vendor.program for vendor in found}
        yield found


def test_all_of_them_work_with_their_key(vendors: list[Vendor]) -> None:
    results = run_probes([it.live for it in vendors], {}, quick=False, seconds=30.0, on_step=lambda *_: None)
    assert {it.provider: it.failure for it in results if it.verdict != "works"} == {}


def test_a_wrong_key_is_called_that_for_all_that_want_one(vendors: list[Vendor]) -> None:
    keyed = [it.live for it in vendors if it.program.key]
    wrong = [
        replace(
            live,
            api_key=WRONG,
            headers={name: text.replace(KEY, WRONG) for name, text in live.headers.items()},
        )
        for live in keyed
    ]
    results = run_probes(wrong, {}, quick=False, seconds=30.0, on_step=lambda *_: None)
    codes = {it.provider: it.failure.code if it.failure else it.verdict for it in results}
    assert codes == dict.fromkeys((live.id for live in keyed), "key-refused")
