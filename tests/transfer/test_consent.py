"""What a profile would have Crush run, in every way in which a value can say it."""

from __future__ import annotations

import pytest

from wizard.crush.outgoing import destination
from wizard.expansion.running import runs_again, runs_code
from wizard.provider.template import lookup, lookup_in_header


@pytest.mark.parametrize(
    "text",
    [
        "$(id)",
        "`id`",
        "a${X:-$(id)}b",
        "${X:+`id`}",
        "${X//a/$(id)}",
        "$((x[$(id)]))",
        "${!X}",
        "${X@P}",
        "\\\\$(id)",
        lookup("KEY") + "$(id)",
        lookup("KEY").replace("get KEY", "get KEY; id"),
        "${KEY:-$(crush-wizard secret get OTHER)}",
        "\\`id`",
        "\\\\`id`",
        "$X\\`a`id`",
        "${X:-'\\`id\\`'}",
        "\\$(id)",  # before 0.67 Crush knew no escapes
    ],
)
def test_commands_are_seen(text: str) -> None:
    assert runs_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$KEY",
        "${KEY:-x}",
        "https://${HOST}/v1",
        "cost: 5\\$",
        lookup("KEY"),
        f"Bearer {lookup_in_header('K')}",
        "a\\`b",
        "\\`id\\`",
        "$KEY and ${KEY}\\`\\\\",
        "\\\\\\`",
    ],
)
def test_plain_values_are_left_alone(text: str) -> None:
    assert not runs_code(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example/v1", "api.example"),
        ("HTTPS://API.example:8443/v1", "api.example:8443"),
        ("https://api.example@evil.example/v1", "evil.example"),
        ("https://evil.example#@api.example/v1", "evil.example"),
        ("https://evil.example?@api.example/v1", "evil.example"),
        ("https://evil.example\\@api.example/v1", "evil.example"),
        ("http://api.example/v1", "http://api.example"),
        ("https:///v1", ""),
        ("", ""),
    ],
)
def test_who_gets_what_is_sent(url: str, host: str) -> None:
    assert destination(url) == host


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${X}\\$${X}(id)", None),
        ("\\`id\\`", "`id`"),
        ("${X:-'$'}(id)", "$(id)"),
        ("$$X(id)", None),
        ("$KEY", "$(id)"),
        ("$KEY", "`id`"),
    ],
)
def test_what_may_run_the_second_time_is_seen(text: str, expanded: str | None) -> None:
    assert runs_again(text, expanded)


@pytest.mark.parametrize("text", ["", "sk-1", "$KEY", "${KEY}", "https://${H:-a.example}/v1", lookup("KEY")])
def test_plain_variables_run_nothing_the_second_time(text: str) -> None:
    assert not runs_again(text, "sk-1")
