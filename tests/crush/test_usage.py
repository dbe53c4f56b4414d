from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wizard.crush.usage import usage
from wizard.documents.crushrc import document as crushrc_document
from wizard.files.locations import ConfigFile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

JSON = """{
  "providers": {
    "a": {
      "api_key": "${A_KEY:-$(crush-wizard secret get A_KEY)}",
      "extra_headers": {"X-T": "Bearer $A_TOKEN"},
      "name": "$NOT_EXPANDED"
    },
    "b": {"API_KEY": "literal", "base_url": "https://$B_HOST/v1"}
  }
}
"""


def test_what_each_provider_names_and_where(tmp_path: Path) -> None:
    path = tmp_path / "crush.json"
    path.write_text(JSON)
    found = usage([ConfigFile("user-json", path, "json")])
    assert [(use.variable, use.provider, use.line) for use in found.uses] == [
        ("A_KEY", "a", 4),
        ("A_TOKEN", "a", 5),
        ("B_HOST", "b", 8),
    ]
    assert found.of("A_TOKEN")[0].path == path


SCRIPT = """\
# $NOT
key=$OWN_KEY
provider add x \\
  --name '$NOT_EXPANDED' --api-key '$X_KEY'
provider add y --api-key "$key" --extra-body "{\\"token\\": \\"$BODY_TOKEN\\"}"
provider add z --api-key '${Z_KEY:-none}'
if true; then
  provider add w --api-key '$W_KEY'
fi
for one in a b; do model add "x/$one"; done
touch "$HOME/run"
"""


def test_a_script_is_only_read(tmp_path: Path) -> None:
    """What plain commands say is told with the provider; of everything else the lines are looked through."""
    path = tmp_path / "crushrc"
    path.write_text(SCRIPT)
    found = usage([ConfigFile("user-crushrc", path, "crushrc")])
    assert [(use.variable, use.provider, use.line) for use in found.uses] == [
        ("X_KEY", "x", 4),
        ("Z_KEY", "z", 6),
        ("OWN_KEY", "", 2),
        ("BODY_TOKEN", "", 5),
        ("W_KEY", "", 8),
    ]


def test_a_script_without_the_parser_is_looked_through_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    path = tmp_path / "crushrc"
    path.write_text(SCRIPT)
    found = usage([ConfigFile("user-crushrc", path, "crushrc")])
    assert set(found.variables) >= {"OWN_KEY", "X_KEY", "Z_KEY", "W_KEY", "BODY_TOKEN"}


def test_what_has_a_default_is_not_needed(tmp_path: Path) -> None:
    values = {
        "a": "${WITH:-none}",
        "b": "$BARE",
        "c": "${LOOKED:-$(crush-wizard secret get LOOKED)}",
        "d": "${BOTH:-$BOTH}",
        "e": "${ONLY+$SET}",
    }
    path = tmp_path / "crush.json"
    path.write_text(json.dumps({"providers": {id_: {"api_key": value} for id_, value in values.items()}}))
    assert usage([ConfigFile("user-json", path, "json")]).needed == {"BARE", "LOOKED", "BOTH", "SET"}


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    good, bad, absent = (tmp_path / name for name in ("good.json", "bad.json", "absent.json"))
    good.write_text('{"providers": {"a": {"api_key": "$A"}}}')
    bad.write_text("{")
    found = usage([ConfigFile("data", path, "json") for path in (bad, absent, good)])
    assert found.variables == ("A",)
    assert [problem.path for problem in found.problems] == [str(bad)]
