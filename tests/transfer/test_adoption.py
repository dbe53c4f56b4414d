"""Which keys in plain text are found, how they are called, and what stands there afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.crush.usage import usage
from wizard.files.edit import apply_edits
from wizard.files.locations import ConfigFile, Role
from wizard.flow.preset_library import load_presets
from wizard.provider.template import escape_literal
from wizard.transfer.adoption import Adoption, KnownNames, adoptions, changes, provider_variables, usual_variables
from wizard.transfer.plain_keys import PlainKey, Scan, redacted, scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY, OTHER = "k3y-in-plain-text", "an0ther-plain-key"
NOTHING: dict[str, str] = {}


def written(path: Path, content: Any, role: Role = "user-json") -> ConfigFile:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return ConfigFile(role, path, "crushrc" if role == "user-crushrc" else "json")


def named(
    scanned: Scan,
    usual: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, set[str]] | None = None,
    stored: Mapping[str, str] | None = None,
    used: tuple[str, ...] = (),
) -> tuple[tuple[Adoption, ...], tuple[PlainKey, ...]]:
    return adoptions(scanned.findings, KnownNames(usual or {}, elsewhere or {}, used, (stored or {}).get))


def after(scanned: Scan, adopted: tuple[Adoption, ...], path: Path) -> Any:
    """The file's value when everything was adopted."""
    document = scanned.documents[path]
    return json.loads(apply_edits(document.text or "", document.edits(changes(adopted, path)[0])))


def entry(tmp_path: Path, provider_id: str, fields: Mapping[str, Any]) -> tuple[Any, dict[str, str], list[str]]:
    """One provider's entry when everything was adopted, what went into the store, and why the rest did not."""
    file = written(tmp_path / "crush.json", {"providers": {provider_id: fields}})
    scanned = scan([file])
    adopted, left = named(scanned)
    changed = after(scanned, adopted, file.path)["providers"][provider_id]
    return changed, {one.name: one.value for one in adopted}, [finding.reason for finding in left]


@pytest.mark.parametrize(
    ("fields", "changed", "stored"),
    [
        ({"api_key": KEY}, {"api_key": "$ACME_API_KEY"}, {"ACME_API_KEY": KEY}),
        ({"API_Key": KEY}, {"API_Key": "$ACME_API_KEY"}, {"ACME_API_KEY": KEY}),
        ({"api_key": f"Bearer {KEY}"}, {"api_key": "Bearer $ACME_API_KEY"}, {"ACME_API_KEY": KEY}),
        (
            {"api_key": KEY, "extra_headers": {"Authorization": f"Bearer {KEY}"}},
            {"api_key": "$ACME_API_KEY", "extra_headers": {"Authorization": "Bearer $ACME_API_KEY"}},
            {"ACME_API_KEY": KEY},
        ),
        (
            {"extra_headers": {"authorization": f"Basic {KEY}", "X-Api-Key": OTHER, "X-Title": "A"}},
            {"extra_headers": {"authorization": "Basic $ACME_API_KEY", "X-Api-Key": "$ACME_X_API_KEY", "X-Title": "A"}},
            {"ACME_API_KEY": KEY, "ACME_X_API_KEY": OTHER},
        ),
        (
            {"base_url": f"https://me:{KEY}@host/v1"},
            {"base_url": "https://me:$ACME_URL_PASSWORD@host/v1"},
            {"ACME_URL_PASSWORD": KEY},
        ),
        ({"api_key": r"pa\$\$w\\ord\`"}, {"api_key": "$ACME_API_KEY"}, {"ACME_API_KEY": r"pa$$w\ord`"}),
        ({"api_key": r"back\slash\n"}, {"api_key": "$ACME_API_KEY"}, {"ACME_API_KEY": r"back\slash\n"}),
        ({"api_key": "100-and-more$"}, {"api_key": "$ACME_API_KEY"}, {"ACME_API_KEY": "100-and-more$"}),
        ({"api_key": r"long-one\\$"}, {"api_key": "$ACME_API_KEY"}, {"ACME_API_KEY": "long-one\\$"}),
    ],
)
def test_what_is_moved(tmp_path: Path, fields: dict[str, Any], changed: Any, stored: dict[str, str]) -> None:
    assert entry(tmp_path, "acme", fields) == (changed, stored, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": "$ACME_API_KEY"},
        {"api_key": "${ACME_API_KEY:-$(crush-wizard secret get ACME_API_KEY)}"},
        {"api_key": "`pass show acme/some-long-name`"},
        {"api_key": "ollama"},
        {"api_key": ""},
        {"api_key": None},
        {"extra_headers": {"Authorization": "Bearer $TOKEN", "X-Key": "${TOKEN}", "X-Title": "a title"}},
        {"base_url": "https://user:$PASSWORD@host/v1?model=x"},
        {"models": [{"id": "m", "default_max_tokens": 4096}]},
    ],
)
def test_what_is_no_key_is_not_found(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert entry(tmp_path, "acme", fields) == (fields, {}, [])


@pytest.mark.parametrize(
    ("provider_id", "fields", "reason"),
    [
        ("acme", {"api_key": "sk-abc$def"}, "reads a part of it as a variable"),
        ("acme", {"api_key": "pa$$word"}, "reads a part of it as a variable"),
        ("acme", {"api_key": "long-enough-$5-part"}, "reads a part of it as a variable"),
        ("acme", {"base_url": f"https://host/v1?api_key={KEY}"}, "drops the query"),
        ("acme", {"base_url": "https://host/sk-0123456789abcdef0/v1"}, "part of the URL"),
        ("azure", {"base_url": f"https://me:{KEY}@res.openai.azure.com"}, "does not use base_url"),
        ("acme", {"type": "openrouter", "base_url": f"https://me:{KEY}@host"}, "does not use base_url"),
        ("acme", {"apiKey": KEY}, "does not expand variables"),
        ("acme", {"extra_body": {"auth": {"password": KEY}}}, "does not expand variables"),
        ("acme", {"oauth": {"access_token": KEY, "expires_in": 1}, "api_key": KEY}, "renews by itself"),
    ],
)
def test_what_is_left_alone_is_said_with_the_reason(
    tmp_path: Path, provider_id: str, fields: dict[str, Any], reason: str
) -> None:
    changed, stored, reasons = entry(tmp_path, provider_id, fields)
    assert (changed, stored) == (fields, {})
    assert len(reasons) == 1
    assert reason in reasons[0]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1))
def test_an_escaped_literal_is_stored_as_crush_reads_it(text: str) -> None:
    from wizard.expansion.literals import is_expanded, unescaped

    assert unescaped(escape_literal(text)) == text
    assert not is_expanded(escape_literal(text))


def test_where_it_is(tmp_path: Path) -> None:
    text = '{\n  "providers": {\n    "acme": {\n      "api_key": "' + KEY + '"\n    }\n  }\n}\n'
    (finding,) = scan([written(tmp_path / "crush.json", text)]).findings
    assert (finding.path, finding.line, finding.provider) == (tmp_path / "crush.json", 4, "acme")


def test_no_other_byte_changes(tmp_path: Path) -> None:
    text = '{"providers" : {\r\n\t"acme": { "api_key" : "' + KEY + '" , "x":1e3, "y": [ 1,2 ] } } }'
    file = written(tmp_path / "crush.json", text)
    scanned = scan([file])
    adopted, _ = named(scanned)
    document = scanned.documents[file.path]
    edits = document.edits(changes(adopted, file.path)[0])
    assert apply_edits(document.text or "", edits) == (document.text or "").replace(KEY, "$ACME_API_KEY")


# Names


def two(tmp_path: Path, one: Any, other: Any) -> Scan:
    return scan([written(tmp_path / "crush.json", {"providers": {"acme": one, "umbrella": other}})])


def test_a_value_in_two_places_is_stored_once(tmp_path: Path) -> None:
    scanned = two(tmp_path, {"api_key": KEY}, {"api_key": KEY})
    (adoption,), _ = named(scanned)
    assert after(scanned, (adoption,), tmp_path / "crush.json")["providers"] == {
        "acme": {"api_key": "$ACME_API_KEY"},
        "umbrella": {"api_key": "$ACME_API_KEY"},
    }


def names(scanned: Scan, **known: Any) -> list[str]:
    return [one.name for one in named(scanned, **known)[0]]


def test_a_value_is_called_after_what_it_is_for_most_of_all(tmp_path: Path) -> None:
    scanned = two(tmp_path, {"base_url": f"https://me:{KEY}@host/v1"}, {"api_key": KEY, "base_url": "https://host/v1"})
    assert names(scanned) == ["UMBRELLA_API_KEY"]


def test_names_of_known_providers_are_the_usual_ones(tmp_path: Path) -> None:
    presets, _ = load_presets(tmp_path / "none")
    usual = usual_variables(presets)
    ids = ["huggingface", "gemini", "alibaba-us", "zhipu-coding", "scaleway", "minimax-china", "groq", "my-own"]
    providers = {id_: {"api_key": f"{KEY}-{id_}"} for id_ in ids}
    assert names(scan([written(tmp_path / "crush.json", {"providers": providers})]), usual=usual) == [
        "HF_TOKEN",
        "GEMINI_API_KEY",
        "ALIBABA_US_API_KEY",
        "ZHIPU_API_KEY",
        "SCW_SECRET_KEY",
        "MINIMAX_API_KEY",
        "GROQ_API_KEY",
        "MY_OWN_API_KEY",
    ]


@pytest.mark.parametrize(
    "known",
    [
        {"elsewhere": {"ACME_API_KEY": {OTHER}}},
        {"elsewhere": {"ACME_API_KEY": {OTHER, KEY}}},
        {"stored": {"ACME_API_KEY": OTHER}},
        {"used": ("ACME_API_KEY",)},
    ],
)
def test_a_name_that_means_something_else_is_not_taken(tmp_path: Path, known: dict[str, Any]) -> None:
    scanned = scan([written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": KEY}}})])
    assert names(scanned, **known) == ["ACME_API_KEY_2"]


@pytest.mark.parametrize(
    "known",
    [
        {"elsewhere": {"ACME_API_KEY": {KEY}}},
        {"stored": {"ACME_API_KEY": KEY}},
        {"stored": {"ACME_API_KEY": KEY}, "used": ("ACME_API_KEY",)},
    ],
)
def test_a_name_that_means_the_same_is_taken_again(tmp_path: Path, known: dict[str, Any]) -> None:
    scanned = scan([written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": KEY}}})])
    assert names(scanned, **known) == ["ACME_API_KEY"]


def test_two_providers_that_share_a_usual_name_get_two(tmp_path: Path) -> None:
    scanned = two(tmp_path, {"api_key": KEY}, {"api_key": OTHER})
    assert names(scanned, usual={"acme": "SHARED_KEY", "umbrella": "SHARED_KEY"}) == ["SHARED_KEY", "UMBRELLA_API_KEY"]


def test_a_literal_that_a_variable_holds_already_gets_its_name(tmp_path: Path) -> None:
    scanned = scan([written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": KEY}}})])
    found = (*scanned.findings, PlainKey("environment", KEY, variable="WORK_KEY"))
    (adoption,), left = adoptions(found, KnownNames({}, {"WORK_KEY": {KEY}}, (), NOTHING.get))
    assert (adoption.name, len(adoption.findings), left) == ("WORK_KEY", 2, ())


def test_two_variables_of_one_value_are_stored_once_and_it_is_said() -> None:
    found = [PlainKey("environment", KEY, variable=name) for name in ("ONE_KEY", "TWO_KEY")]
    (adoption,), (left,) = adoptions(found, KnownNames({}, {}, (), NOTHING.get))
    assert adoption.name == "ONE_KEY"
    assert left.variable == "TWO_KEY"
    assert "which is stored" in left.reason


def test_a_variable_whose_name_holds_another_value_is_left_alone() -> None:
    found = [PlainKey("environment", KEY, variable="ONE_KEY")]
    adopted, (left,) = adoptions(found, KnownNames({}, {}, (), {"ONE_KEY": OTHER}.get))
    assert not adopted
    assert "a different value" in left.reason


def test_a_variable_that_is_stored_already_is_no_news() -> None:
    found = [PlainKey("environment", KEY, variable="ONE_KEY")]
    assert adoptions(found, KnownNames({}, {}, (), {"ONE_KEY": KEY}.get)) == ((), ())


# Several files


def test_in_crushs_own_file_the_value_goes_where_it_hides_a_placeholder(tmp_path: Path) -> None:
    user = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": "${WORK_KEY}"}}})
    data = written(tmp_path / "data.json", {"providers": {"acme": {"api_key": KEY}}, "models": {}}, "data")
    scanned = scan([user, data])
    used = usage([user, data]).variables
    adopted, _ = named(scanned, used=used)
    assert [(one.name, one.value) for one in adopted] == [("WORK_KEY", KEY)]
    assert after(scanned, adopted, data.path) == {"providers": {"acme": {}}, "models": {}}


def test_in_crushs_own_file_the_value_stays_in_force_where_the_placeholder_means_another(tmp_path: Path) -> None:
    user = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": "$ACME_API_KEY"}}})
    data = written(tmp_path / "data.json", {"providers": {"acme": {"api_key": KEY}}}, "data")
    scanned = scan([user, data])
    adopted, _ = named(scanned, stored={"ACME_API_KEY": OTHER}, used=("ACME_API_KEY",))
    assert after(scanned, adopted, data.path)["providers"]["acme"] == {"api_key": "$ACME_API_KEY_2"}


@pytest.mark.parametrize("weaker", ["$(pass show acme)", "literal-0ther-key"])
def test_in_crushs_own_file_the_value_is_replaced_where_it_hides_no_placeholder(tmp_path: Path, weaker: str) -> None:
    user = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": weaker}}})
    data = written(tmp_path / "data.json", {"providers": {"acme": {"api_key": KEY}}}, "data")
    scanned = scan([user, data])
    adopted, _ = named(scanned)
    assert after(scanned, adopted, data.path)["providers"]["acme"]["api_key"].startswith("$ACME_API_KEY")


def test_a_crushrc_with_a_placeholder_counts_as_the_users_config(tmp_path: Path) -> None:
    script = written(tmp_path / "crushrc", "provider add acme --api-key '$WORK_KEY'\n", "user-crushrc")
    data = written(tmp_path / "data.json", {"providers": {"acme": {"api_key": KEY}}}, "data")
    scanned = scan([script, data])
    adopted, _ = named(scanned, used=("WORK_KEY",))
    assert after(scanned, adopted, data.path)["providers"]["acme"] == {}


def test_the_config_of_a_file_can_set_the_variable_itself(tmp_path: Path) -> None:
    content = {"env": {"ACME_API_KEY": KEY, "LEVEL": "debug"}, "providers": {"acme": {"api_key": "$ACME_API_KEY"}}}
    file = written(tmp_path / "crush.json", content)
    scanned = scan([file])
    adopted, _ = named(scanned, elsewhere={"ACME_API_KEY": {KEY}}, used=("ACME_API_KEY",))
    assert after(scanned, adopted, file.path)["env"] == {"ACME_API_KEY": "$ACME_API_KEY", "LEVEL": "debug"}
    assert named(scanned, elsewhere={"ACME_API_KEY": {KEY, OTHER}})[0] == ()


@pytest.mark.parametrize(
    ("script", "moved"),
    [
        (f"provider add acme --api-key {KEY} --name x\n", "provider add acme --api-key '$ACME_API_KEY' --name x\n"),
        (f"provider add acme \\\n  --api-key '{KEY}'", "provider add acme \\\n  --api-key '$ACME_API_KEY'"),
        (
            f'provider add acme --extra-header Authorization "Bearer {KEY}"\n',
            "provider add acme --extra-header Authorization 'Bearer $ACME_API_KEY'\n",
        ),
    ],
)
def test_a_literal_in_a_plain_command_of_a_crushrc_is_moved(tmp_path: Path, script: str, moved: str) -> None:
    file = written(tmp_path / "crushrc", script, "user-crushrc")
    scanned = scan([file])
    assert [(one.provider, one.value) for one in scanned.findings] == [("acme", KEY)]
    adopted, left = named(scanned)
    assert left == ()
    wanted, _ = changes(adopted, file.path)
    assert apply_edits(script, scanned.documents[file.path].edits(wanted)) == moved


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"if true; then\n  provider add acme --api-key {KEY}\nfi", [("acme", KEY, 2, "")]),
        ("KEY=sk-0123456789abcdef0\n", [("", "sk-0123456789abcdef0", 1, "")]),
        ("provider add acme --api-key '$KEY'", []),
        ('provider add acme --api-key "$(pass x)"', []),
        ("provider add acme --api-key ollama", []),
        (f"# provider add acme --api-key {KEY}", []),
    ],
)
def test_what_a_crushrc_works_out_is_only_reported(tmp_path: Path, script: str, expected: list[Any]) -> None:
    scanned = scan([written(tmp_path / "crushrc", script, "user-crushrc")])
    found = [(one.provider, one.value, one.line, one.header) for one in scanned.findings]
    assert found == expected
    assert not named(scanned)[0]


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.json", "{")
    good = written(tmp_path / "good.json", {"providers": {"acme": {"api_key": KEY}}})
    scanned = scan([bad, good, ConfigFile("data", tmp_path / "absent.json", "json")])
    assert [finding.value for finding in scanned.findings] == [KEY]
    assert [problem.path for problem in scanned.problems] == [str(bad.path)]


def test_a_file_under_two_names_is_looked_at_once(tmp_path: Path) -> None:
    file = written(tmp_path / "crush.json", {"providers": {"acme": {"api_key": KEY}}})
    link = tmp_path / "link.json"
    link.symlink_to(file.path)
    assert len(scan([file, ConfigFile("data", link, "json")]).findings) == 1


def test_secrets_of_no_provider_are_pointed_at(tmp_path: Path) -> None:
    content = {"mcp": {"m": {"headers": {"Authorization": f"Bearer {KEY}"}}}}
    file = written(tmp_path / "crush.json", content)
    scanned = scan([file, written(tmp_path / "plain.json", {"options": {"debug": True}})])
    assert scanned.others == (file.path,)


def test_the_lookup_placeholder_cannot_fail_in_a_header(tmp_path: Path) -> None:
    content = {"providers": {"acme": {"api_key": KEY, "extra_headers": {"Authorization": f"Bearer {KEY}"}}}}
    file = written(tmp_path / "crush.json", content)
    scanned = scan([file])
    adopted, _ = named(scanned)
    document = scanned.documents[file.path]
    edits = document.edits(changes(adopted, file.path, by_lookup=True)[0])
    acme = json.loads(apply_edits(document.text or "", edits))["providers"]["acme"]
    assert acme["api_key"] == "${ACME_API_KEY:-$(crush-wizard secret get ACME_API_KEY)}"
    assert acme["extra_headers"]["Authorization"].startswith("Bearer ${ACME_API_KEY:-")
    assert "|| true" in acme["extra_headers"]["Authorization"]


# Variables, and how a key is shown


def test_variables_that_may_hold_a_providers_key(tmp_path: Path) -> None:
    presets, _ = load_presets(tmp_path / "none")
    wanted = provider_variables(presets, ["HOME", "B_HOST", "WORK_TOKEN", "PATH", "WORK_TOKEN"])
    assert {"GROQ_API_KEY", "HF_TOKEN", "WORK_TOKEN"} <= set(wanted)
    assert not {"HOME", "PATH", "B_HOST"} & set(wanted)
    assert len(wanted) == len(set(wanted))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("sk-0123456789abcdef", "sk-… (19 characters)"),
        ("sk-ant-0123456789", "sk-a… (17 characters)"),
        ("github_pat_0123456789", "gith… (21 characters)"),
        ("my-own-secret-value", "… (19 characters)"),
        ("sk-short", "… (8 characters)"),
    ],
)
def test_a_key_is_shown_by_its_vendors_prefix_at_most(value: str, shown: str) -> None:
    assert redacted(value) == shown
