from __future__ import annotations

from pathlib import Path

from wizard.config.locations import ConfigFile
from wizard.config.usage import usage

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


def test_a_script_is_only_read(tmp_path: Path) -> None:
    path = tmp_path / "crushrc"
    path.write_text("# $NOT\nprovider add x --api-key '$X_KEY'\ntouch \"$HOME/run\"\n")
    found = usage([ConfigFile("user-crushrc", path, "crushrc")])
    assert found.variables == ("X_KEY", "HOME")
    assert found.of("X_KEY")[0].line == 2


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    good, bad, absent = (tmp_path / name for name in ("good.json", "bad.json", "absent.json"))
    good.write_text('{"providers": {"a": {"api_key": "$A"}}}')
    bad.write_text("{")
    found = usage([ConfigFile("data", path, "json") for path in (bad, absent, good)])
    assert found.variables == ("A",)
    assert [problem.path for problem in found.problems] == [str(bad)]
