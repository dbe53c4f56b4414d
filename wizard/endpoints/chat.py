"""The chat APIs that Crush speaks: what a small question looks like in each, and how its answer is read.

Answers come from outside: nothing in them is trusted to have any shape (crush-behaviour 2.4).
"""

from __future__ import annotations

import json
from typing import Any, Literal

from msgspec import Struct

from wizard.catalog.values import mapping

Dialect = Literal["completions", "responses", "anthropic", "google"]
"""OpenAI's chat completions and Responses API, Anthropic's messages, Google's generateContent."""

PROMPT = "Reply with the word OK."
TOOL_PROMPT = "Call the tool ping with the text hello."
TOOL_NAME = "ping"
TOOL_HELP = "Sends a text to see whether tools work."
TOOL_PARAMETERS = {
    "type": "object",
    "properties": {"text": {"type": "string", "description": "the text to send"}},
    "required": ["text"],
}

ANSWER_TOKENS = 32
"""The Responses API refuses less than 16."""
THINKING_TOKENS = 1024
"""Models that reason spend tokens before they answer, and some APIs refuse a request that leaves none for it."""


class ChatRequest(Struct, frozen=True):
    """A chat request of a few tokens. `thinks`: the model reasons; `effort`: how much, if Crush says so.

    `limit_name`: what the longest answer is called in chat completions. `nested_effort`: as a `reasoning` object.
    `limited` False: without a longest answer, where the API does without one.
    """

    model: str
    stream: bool
    tool: bool
    thinks: bool = False
    effort: str = ""
    limit_name: str = "max_tokens"
    nested_effort: bool = False
    limited: bool = True

    @property
    def prompt(self) -> str:
        return TOOL_PROMPT if self.tool else PROMPT

    @property
    def tokens(self) -> int:
        return THINKING_TOKENS if self.thinks or self.tool else ANSWER_TOKENS


def question_body(dialect: Dialect, question: ChatRequest) -> dict[str, Any]:
    """The JSON document that carries the question."""
    return _BODIES[dialect](question)


def _completions_body(question: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": question.model,
        "messages": [{"role": "user", "content": question.prompt}],
    }
    if question.limited:
        body[question.limit_name] = question.tokens
    if question.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if question.tool:
        function = {"name": TOOL_NAME, "description": TOOL_HELP, "parameters": TOOL_PARAMETERS}
        body |= {"tools": [{"type": "function", "function": function}], "tool_choice": "auto"}
    if question.effort:
        nested = question.nested_effort
        body |= {"reasoning": {"effort": question.effort}} if nested else {"reasoning_effort": question.effort}
    return body


def _responses_body(question: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": question.model,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": question.prompt}]}],
        "store": False,
    }
    if question.limited:
        body["max_output_tokens"] = question.tokens
    if question.stream:
        body["stream"] = True
    if question.tool:
        tool = {"type": "function", "name": TOOL_NAME, "description": TOOL_HELP, "parameters": TOOL_PARAMETERS}
        body |= {"tools": [tool], "tool_choice": "auto"}
    if question.effort:
        body["reasoning"] = {"effort": question.effort}
    return body


def _anthropic_body(question: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": question.model,
        "max_tokens": question.tokens,
        "messages": [{"role": "user", "content": question.prompt}],
    }
    if question.stream:
        body["stream"] = True
    if question.tool:
        tool = {"name": TOOL_NAME, "description": TOOL_HELP, "input_schema": TOOL_PARAMETERS}
        body |= {"tools": [tool], "tool_choice": {"type": "auto"}}
    return body


def _google_body(question: ChatRequest) -> dict[str, Any]:
    """The model and the streaming are in the URL."""
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": [{"text": question.prompt}]}],
    }
    if question.limited:
        body["generationConfig"] = {"maxOutputTokens": question.tokens}
    if question.tool:
        tool = {"name": TOOL_NAME, "description": TOOL_HELP, "parameters": TOOL_PARAMETERS}
        body["tools"] = [{"functionDeclarations": [tool]}]
    return body


_BODIES = {
    "completions": _completions_body,
    "responses": _responses_body,
    "anthropic": _anthropic_body,
    "google": _google_body,
}


class Reply(Struct, frozen=True):
    """What an answer, or a piece of a streamed one, holds. `finished`: it says that the answer ends here."""

    text: str = ""
    calls_tool: bool = False
    finished: bool = False
    error: Any = None
    """The error object that stands in the place of an answer."""


def read_reply(dialect: Dialect, document: Any) -> Reply | None:
    """A whole answer or one event of a stream; None if the document is nothing that this API answers with."""
    if not isinstance(document, dict):
        return None
    if error := document.get("error"):
        return Reply(error=error)
    return _READERS[dialect](document)


def _read_completions(document: dict[str, Any]) -> Reply | None:
    """`choices[].message`, streamed `choices[].delta`; the last event of a stream has usage and no choices."""
    if not isinstance(document.get("choices"), list):
        return None
    choices = _objects(document["choices"])
    parts = [part for choice in choices for part in (choice.get("message"), choice.get("delta")) if part]
    messages = _objects(parts)
    return Reply(
        text="".join(_text(message.get("content")) for message in messages),
        calls_tool=any(message.get("tool_calls") for message in messages),
        finished=any(choice.get("finish_reason") for choice in choices),
    )


def _read_responses(document: dict[str, Any]) -> Reply | None:
    """A response with its `output[]`, or an event whose `type` begins with `response.`."""
    if isinstance(document.get("output"), list):
        items = _objects(document["output"])
        parts = [part for item in items for part in _objects(item.get("content"))]
        return Reply(
            text="".join(_text(part.get("text")) for part in parts),
            calls_tool=any(item.get("type") == "function_call" for item in items),
            finished=True,
        )
    kind = document.get("type")
    if kind == "error":
        return Reply(error=document)
    if not isinstance(kind, str) or not kind.startswith("response."):
        return None
    if kind == "response.failed":
        return Reply(error=mapping(document.get("response")).get("error") or document)
    return Reply(
        text=_text(document.get("delta")) if kind == "response.output_text.delta" else "",
        calls_tool=mapping(document.get("item")).get("type") == "function_call",
        finished=kind in ("response.completed", "response.incomplete"),
    )


def _read_anthropic(document: dict[str, Any]) -> Reply | None:
    """A message with its `content[]`, or an event such as content_block_delta."""
    kind = document.get("type")
    if kind == "message" and isinstance(document.get("content"), list):
        blocks = _objects(document["content"])
        return Reply(
            text="".join(_text(block.get("text")) for block in blocks),
            calls_tool=any(block.get("type") == "tool_use" for block in blocks),
            finished=True,
        )
    if kind == "content_block_start":
        return Reply(calls_tool=mapping(document.get("content_block")).get("type") == "tool_use")
    if kind == "content_block_delta":
        return Reply(text=_text(mapping(document.get("delta")).get("text")))
    known = ("message_start", "message_delta", "message_stop", "content_block_stop", "ping")
    return Reply(finished=kind == "message_stop") if kind in known else None


def _read_google(document: dict[str, Any]) -> Reply | None:
    """`candidates[]`, whole or streamed; a refused prompt has `promptFeedback` and no candidates."""
    if not isinstance(document.get("candidates"), list) and "promptFeedback" not in document:
        return Reply() if "usageMetadata" in document else None
    candidates = _objects(document.get("candidates"))
    parts = [part for candidate in candidates for part in _objects(mapping(candidate.get("content")).get("parts"))]
    return Reply(
        text="".join(_text(part.get("text")) for part in parts),
        calls_tool=any("functionCall" in part for part in parts),
        finished=any(candidate.get("finishReason") for candidate in candidates) or "promptFeedback" in document,
    )


_READERS = {
    "completions": _read_completions,
    "responses": _read_responses,
    "anthropic": _read_anthropic,
    "google": _read_google,
}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class StreamReader:
    """Reads server-sent events line by line and keeps what matters of them.

    `events`: how many were understood; `error`: the first error object among them.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect
        self._data: list[str] = []
        self.events = 0
        self.calls_tool = False
        self.finished = False
        self.error: Any = None

    def feed(self, line: str) -> None:
        """One line without its end. An empty line ends an event; comments and other fields are passed over."""
        if not line:
            self.close()
        elif line.startswith("data:"):
            self._data.append(line.removeprefix("data:").removeprefix(" "))

    def close(self) -> None:
        """The stream has ended; some servers leave the last empty line out."""
        data, self._data = "\n".join(self._data), []
        if data.strip() == "[DONE]":
            self.finished = True
        elif data:
            self.event(data)

    def event(self, data: str) -> None:
        """The content of one event."""
        reply = read_reply(self._dialect, _document(data))
        if reply is None:
            return
        self.events += 1
        self.error = self.error or reply.error
        self.calls_tool = self.calls_tool or reply.calls_tool
        self.finished = self.finished or reply.finished


def _document(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
