from __future__ import annotations

import pytest

from wizard.provider.headers import InvalidHeader, parse_header


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("X-Team=platform", ("X-Team", "platform")),
        ("X-Team: platform", ("X-Team", "platform")),
        ("X-Query=a=b:c", ("X-Query", "a=b:c")),
        ("X-Empty=", ("X-Empty", "")),
        ("Authorization=Bearer $CORP_TOKEN", ("Authorization", "Bearer $CORP_TOKEN")),
        ("X-Api-Key=$(vault read key)", ("X-Api-Key", "$(vault read key)")),
        ("X-Api-Key=${K:-$(vault read key)}", ("X-Api-Key", "${K:-$(vault read key)}")),
        ("X-Api-Key=${K:-$OTHER}", ("X-Api-Key", "${K:-$OTHER}")),
        ("X-Api-Key=${K:-none}", ("X-Api-Key", "${K:-none}")),
        ("X-Team=${TEAM:-platform}", ("X-Team", "${TEAM:-platform}")),
    ],
)
def test_parses(typed: str, expected: tuple[str, str]) -> None:
    assert parse_header(typed) == expected


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "API-KEY", "X-Auth-Token", "Client-Secret", "Cookie"])
def test_a_credential_in_plain_text_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(InvalidHeader, match=r"\$NAME") as refused:
        parse_header(f"{name}=hunter2hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("value", ["${K:-hunter2}", "Bearer ${K-hunter2}", "${K:+hunter2}", "${A:-${K:-hunter2}}"])
def test_a_credential_as_a_default_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(InvalidHeader, match=r"write \$K instead") as refused:
        parse_header(f"Authorization={value}")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("typed", ["", "no value", "=x", "Bad Name=x", "X-A=line\nbreak", "X-A=${broken"])
def test_refuses_what_can_not_be_sent(typed: str) -> None:
    with pytest.raises(InvalidHeader):
        parse_header(typed)
