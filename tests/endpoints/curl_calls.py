"""What a shell made of the lines of `test --curl`, against what the test itself sends."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from wizard.endpoints.wire import chat_request, list_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.endpoints.wire import Live


def headers_of(argv: Sequence[str]) -> dict[str, str]:
    """The headers that curl was given."""
    values = [value for option, value in itertools.pairwise(argv) if option == "-H"]
    return dict(value.split(": ", 1) for value in values)


def assert_same_requests(argvs: Sequence[Sequence[str]], live: Live, model: str) -> None:
    requests = [
        list_request(live),
        chat_request(live, model, stream=False, tool=False),
        chat_request(live, model, stream=True, tool=False),
        chat_request(live, model, stream=True, tool=True),
    ]
    assert len(argvs) == len(requests)
    for argv, request in zip(argvs, requests, strict=True):
        assert request.url in argv
        content = {"Content-Type": "application/json"} if request.body else {}
        assert headers_of(argv) == {**content, **request.headers}
        assert (json.loads(argv[-1]) if request.body else None) == request.body
