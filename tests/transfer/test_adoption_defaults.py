"""Keys that are the default of a variable: which ones move, under which name, and what stands there then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transfer.test_adoption import KEY, OTHER, after, entry, named, two, written
from wizard.expansion.expand import expand
from wizard.files.edit import apply_edits
from wizard.transfer.adoption import changes
from wizard.transfer.plain_keys import JsonSpot, scan

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.transfer.plain_keys import Scan


@pytest.mark.parametrize(
    ("fields", "changed", "stored"),
    [
        ({"api_key": f"${{F_KEY:-{KEY}}}"}, {"api_key": "$F_KEY"}, {"F_KEY": KEY}),
        ({"api_key": f"${{F_KEY-'{KEY}'}}"}, {"api_key": "$F_KEY"}, {"F_KEY": KEY}),
        ({"api_key": r"${F_KEY:-pa\$word}"}, {"api_key": "$F_KEY"}, {"F_KEY": r"pa\$word"}),
        (
            {"extra_headers": {"Authorization": f"Bearer ${{F_KEY:-{KEY}}}", "X-Team": "${TEAM:-search}"}},
            {"extra_headers": {"Authorization": "Bearer $F_KEY", "X-Team": "${TEAM:-search}"}},
            {"F_KEY": KEY},
        ),
        (
            {"extra_headers": {"Authorization": f"${{F_KEY:-Bearer {KEY}}}"}},
            {"extra_headers": {"Authorization": "$F_KEY"}},
            {"F_KEY": f"Bearer {KEY}"},
        ),
        (
            {"base_url": f"https://me:${{F_KEY:-{KEY}}}@host/v1"},
            {"base_url": "https://me:$F_KEY@host/v1"},
            {"F_KEY": KEY},
        ),
        ({"api_key": f"${{PATH:-{KEY}}}"}, {"api_key": "${PATH:-$ACME_API_KEY}"}, {"ACME_API_KEY": KEY}),
    ],
)
def test_a_default_is_moved_under_the_name_of_its_variable(
    tmp_path: Path, fields: dict[str, Any], changed: Any, stored: dict[str, str]
) -> None:
    assert entry(tmp_path, "acme", fields) == (changed, stored, [])


@pytest.mark.parametrize(
    "template",
    ["${F:-}", "${F:-none}", "${F:-ollama}", "${F:-$OTHER}", "${F:-$(pass show acme)}", "${F:-`pass show acme`}"],
)
def test_what_is_no_key_stays(tmp_path: Path, template: str) -> None:
    fields = {"api_key": template, "extra_headers": {"X-Token": template}}
    assert entry(tmp_path, "acme", fields) == (fields, {}, [])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"api_key": f"$PREFIX${{F:-{KEY}}}"}, "part of the default of a variable"),
        ({"api_key": f"${{A:-${{B:-{KEY}}}}}"}, "part of the default of a variable"),
        ({"api_key": f"${{F:={KEY}}}"}, "part of the default of a variable"),
        ({"api_key": f"${{F:-{KEY}}}${{"}, "part of the default of a variable"),
        ({"base_url": f"https://host/v1?api_key=${{F:-{KEY}}}"}, "drops the query"),
        ({"base_url": f"https://me:$A${{F:-{KEY}}}@host"}, "part of the default of a variable"),
        ({"type": "openrouter", "base_url": f"https://me:${{F:-{KEY}}}@host"}, "does not use base_url"),
        ({"extra_body": {"token": f"${{F:-{KEY}}}"}}, "does not expand variables"),
    ],
)
def test_what_can_not_be_taken_out_is_named(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    changed, stored, reasons = entry(tmp_path, "acme", fields)
    assert (changed, stored) == (fields, {})
    assert len(reasons) == 1
    assert reason in reasons[0]


# Names


def names(scanned: Scan, **known: Any) -> list[str]:
    elsewhere = {name: set(texts) for name, texts in scanned.defaults.items()} | known.pop("elsewhere", {})
    return [one.name for one in named(scanned, elsewhere=elsewhere, used=("F_KEY",), **known)[0]]


@pytest.mark.parametrize("known", [{"elsewhere": {"F_KEY": {KEY, OTHER}}}, {"stored": {"F_KEY": OTHER}}])
def test_a_variable_that_means_something_else_keeps_its_meaning(tmp_path: Path, known: dict[str, Any]) -> None:
    file = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": f"${{F_KEY:-{KEY}}}"}}})
    scanned = scan([file])
    assert names(scanned, **known) == ["F_KEY_2"]
    adopted, _ = named(scanned, **known)
    assert after(scanned, adopted, file.path)["providers"]["acme"]["api_key"] == "${F_KEY:-$F_KEY_2}"


def test_a_variable_that_is_stored_with_this_value_keeps_its_name(tmp_path: Path) -> None:
    file = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": f"${{F_KEY:-{KEY}}}"}}})
    assert names(scan([file]), stored={"F_KEY": KEY}) == ["F_KEY"]


@pytest.mark.parametrize("other", [OTHER, "none"])
def test_two_defaults_of_one_variable_both_stay_in_force(tmp_path: Path, other: str) -> None:
    """Once F_KEY had a value, both providers would get it."""
    scanned = two(tmp_path, {"api_key": f"${{F_KEY:-{KEY}}}"}, {"api_key": f"${{F_KEY:-{other}}}"})
    assert names(scanned) == ["F_KEY_2", "F_KEY_3"][: 2 if other == OTHER else 1]


def test_one_value_as_a_key_and_as_a_default_is_stored_once(tmp_path: Path) -> None:
    scanned = two(tmp_path, {"api_key": KEY}, {"api_key": f"${{F_KEY:-{KEY}}}"})
    (adoption,), left = named(scanned)
    assert (adoption.name, left) == ("ACME_API_KEY", ())
    assert after(scanned, (adoption,), tmp_path / "crush.json")["providers"] == {
        "acme": {"api_key": "$ACME_API_KEY"},
        "umbrella": {"api_key": "${F_KEY:-$ACME_API_KEY}"},
    }


def test_the_config_s_own_variable_can_have_one(tmp_path: Path) -> None:
    env = {"F_KEY": f"${{F_KEY:-{KEY}}}", "G_KEY": f"${{H_KEY:-{OTHER}}}"}
    file = written(tmp_path / "crush.json", {"env": env})
    scanned = scan([file])
    adopted, left = named(scanned)
    assert left == ()
    assert after(scanned, adopted, file.path)["env"] == {"F_KEY": "$F_KEY", "G_KEY": "${H_KEY:-$G_KEY}"}


def test_in_crushs_own_file_a_default_of_the_hidden_variable_goes(tmp_path: Path) -> None:
    user = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": "$F_KEY"}, "b": {"api_key": "$B_KEY"}}})
    own = {"acme": {"api_key": f"${{F_KEY:-{KEY}}}"}, "b": {"api_key": f"${{OTHER_KEY:-{OTHER}}}"}}
    data = written(tmp_path / "data.json", {"providers": own}, "data")
    scanned = scan([user, data])
    adopted, _ = named(scanned, used=("F_KEY", "B_KEY", "OTHER_KEY"))
    assert after(scanned, adopted, data.path)["providers"] == {"acme": {}, "b": {"api_key": "$OTHER_KEY"}}


_TEXT = st.from_regex(r"[A-Za-z0-9_.\-]{5,30}", fullmatch=True)


@given(_TEXT, st.sampled_from([None, OTHER]), st.sampled_from([None, "set-by-hand"]))
def test_crush_gets_the_same_value_afterwards(tmp_path_factory: Any, key: str, stored: str | None, own: str) -> None:
    """With what the store had, with what it gets, and with what the shell of the user sets."""
    template, store = f"${{F_KEY:-{key}}}", {"F_KEY": stored} if stored else {}
    file = written(tmp_path_factory.mktemp("a") / "crush.json", {"providers": {"acme": {"api_key": template}}})
    scanned = scan([file])
    adopted, _ = named(scanned, stored=store)
    changed = after(scanned, adopted, file.path)["providers"]["acme"]["api_key"]
    shell = {"F_KEY": own} if own else {}
    new = {one.name: one.value for one in adopted}
    assert expand(changed, {**store, **new, **shell}).text == expand(template, {**store, **shell}).text


# A crushrc


def moved(tmp_path: Path, script: str) -> tuple[str, list[tuple[str, str]], list[tuple[str, int | None, str]]]:
    """The script afterwards, what was stored, and what was left with its line and variable."""
    file = written(tmp_path / "crushrc", script, "user-crushrc")
    scanned = scan([file])
    adopted, left = named(scanned)
    edits = scanned.documents[file.path].edits(changes(adopted, file.path)[0])
    return (
        apply_edits(script, edits),
        [(one.name, one.value) for one in adopted],
        [(one.value, one.line, one.variable) for one in left],
    )


@pytest.mark.parametrize(
    ("script", "after"),
    [
        (
            f"provider add acme --api-key '${{F_KEY:-{KEY}}}' --name x\n",
            "provider add acme --api-key '$F_KEY' --name x\n",
        ),
        (f'provider add acme --api-key "${{F_KEY:-{KEY}}}"\n', "provider add acme --api-key '$F_KEY'\n"),
        (
            f"provider add acme \\\n  --extra-header Authorization 'Bearer ${{F_KEY:-{KEY}}}'\n",
            "provider add acme \\\n  --extra-header Authorization 'Bearer $F_KEY'\n",
        ),
    ],
)
def test_a_default_in_a_plain_command_of_a_crushrc_is_moved(tmp_path: Path, script: str, after: str) -> None:
    assert moved(tmp_path, script) == (after, [("F_KEY", KEY)], [])


@pytest.mark.parametrize(
    ("script", "line"),
    [
        (f'export F_KEY=x\nprovider add acme --api-key "${{F_KEY:-{KEY}}}"\n', 2),
        (f'source ~/keys\nprovider add acme --api-key "${{F_KEY:-{KEY}}}"\n', 2),
        (f"provider add acme --api-key ${{F_KEY:-{KEY}}}\n", 1),
        (f"if true; then\n  provider add acme --api-key '${{F_KEY:-{KEY}}}'\nfi\n", 2),
        (f'if true; then\n  provider add acme --extra-header X-Token "${{F_KEY:-{KEY}}}"\nfi\n', 2),
    ],
)
def test_a_default_that_the_script_plays_a_part_in_is_named(tmp_path: Path, script: str, line: int) -> None:
    assert moved(tmp_path, script) == (script, [], [(KEY, line, "F_KEY")])


@pytest.mark.parametrize("template", ["${F:-none}", "${F:-$G}", "${F:-$(pass show f)}"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_what_is_no_key_in_a_crushrc_stays(tmp_path: Path, template: str, quote: str) -> None:
    script = f"provider add acme --api-key {quote}{template}{quote}\n"
    assert moved(tmp_path, script) == (script, [], [])


def test_a_spot_repeats_no_key() -> None:
    assert KEY not in repr(
        JsonSpot(("providers", "acme", "api_key"), f"${{F:-{KEY}}}", 5, 5 + len(KEY), default_of="F")
    )
