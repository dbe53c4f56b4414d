"""What takes more than files: answers of endpoints, catalogues, scripts; and the order of findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.doctor.conftest import URL, Machine, codes, found
from wizard.crush.custom_rules import DiscoveryFailed
from wizard.crush.effective import effective
from wizard.crush.loading import load
from wizard.doctor.examined import Examined, FailedTest
from wizard.doctor.table import CODES, diagnose
from wizard.provider.builtins import BUILTINS

MODEL = {"id": "m1", "name": "One", "context_window": 9000}
CUSTOM = {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL]}


def examined_with(machine: Machine, environ: dict[str, str], **more: object) -> Examined:
    """As Crush would have it with what endpoints or a catalogue say."""
    found_there = effective(
        load(machine.around),
        environ=environ,
        home=machine.around.home,
        exists=Path.exists,
        builtins=BUILTINS,
        **more,  # type: ignore[arg-type]
    )
    return replace(machine.examine(environ), effective=found_there)


def test_a_default_provider_without_models(doctored: Machine) -> None:
    examined = examined_with(doctored, {"GROQ_API_KEY": "k"}, catalogue=lambda _: [])
    assert [one.severity for one in found(examined, "F11")] == ["error"]
    listed = examined_with(doctored, {"GROQ_API_KEY": "k"}, catalogue=lambda _: [{"id": "x"}])
    assert found(listed, "F11") == []


def test_a_default_model_that_is_not_in_the_list(doctored: Machine) -> None:
    examined = examined_with(doctored, {"GROQ_API_KEY": "k"}, catalogue=lambda _: [{"id": "x"}])
    assert {one.code for one in diagnose(examined)} >= {"W15"}
    groq = [{"id": BUILTINS["groq"].large}, {"id": BUILTINS["groq"].small}]
    assert found(examined_with(doctored, {"GROQ_API_KEY": "k"}, catalogue=lambda _: groq), "W15") == []


def test_an_endpoint_that_lists_nothing(doctored: Machine) -> None:
    doctored.write("user", {"providers": {"a": {**CUSTOM, "discover_models": True}}})
    examined = examined_with(doctored, {}, discovered={"a": DiscoveryFailed("status 500")})
    (finding,) = found(examined, "W11")
    assert (finding.provider, finding.severity) == ("a", "warning")
    assert "status 500" in finding.message
    assert found(examined_with(doctored, {}, discovered={"a": ["m1"]}), "W11") == []


def test_what_a_script_may_set_is_no_error(doctored: Machine) -> None:
    doctored.write(
        "crushrc",
        f"provider add a --base-url {URL} --discover-models false\n"
        "if hostname | grep -q x; then model add a/m --name M; fi\n",
    )
    (finding,) = found(doctored.examine(), "W8")
    assert finding.severity == "info"
    assert "can't tell without running it" in finding.message


def test_a_broken_file_hides_what_would_be_a_guess(doctored: Machine) -> None:
    doctored.write("user", "{")
    assert codes(diagnose(doctored.examine())) == ["F2"]


def test_the_worst_comes_first(doctored: Machine) -> None:
    doctored.write(
        "user",
        {
            "providers": {
                "b": {**CUSTOM, "models": [{"id": "m1", "context_window": 9}]},
                "a": {**CUSTOM, "type": "OpenAI"},
                "c": {**CUSTOM, "extra_headers": {"X": "${"}},
            },
            "models": {"large": {"provider": "c", "model": "gone"}, "small": {"provider": "c", "model": "m1"}},
        },
    )
    assert codes(diagnose(doctored.examine({"A_KEY": "k"}))) == ["F7", "W6", "W16", "D2"]


def test_nothing_is_run(doctored: Machine) -> None:
    mark = doctored.around.home / "ran"
    command = f"$(touch {mark}; echo x)"
    doctored.write("user", {"providers": {"a": {**CUSTOM, "api_key": command, "extra_headers": {"X": command}}}})
    doctored.write("crushrc", f"touch {mark}\n")
    diagnose(doctored.examine())
    assert not mark.exists()


def test_what_the_state_shows_of_itself_holds_no_key(doctored: Machine) -> None:
    doctored.write("user", {"providers": {"a": {**CUSTOM, "api_key": "sk-canary-0123456789abcdef"}}})
    examined = doctored.examine({"B_API_KEY": "canary-of-the-environment"})
    assert "canary" not in repr(examined)
    assert "canary" not in repr(diagnose(examined))


def test_every_code_is_explained() -> None:
    for code in CODES.values():
        assert len(code.explanation) > 60
        assert code.title
        assert code.cure
        assert not code.cure.endswith(".")


def test_a_wrong_value_is_told_without_what_only_follows_from_it(doctored: Machine) -> None:
    """No URL, no provider, nothing to choose: Crush gets to none of these."""
    doctored.write("user", {"providers": {"a": {**CUSTOM, "base_url": 1}}})
    assert codes(diagnose(doctored.examine({"A_KEY": "k"}))) == ["F5"]
    doctored.write("user", {"providers": {"a": {**CUSTOM, "api_key": "${HOME@U}"}}})
    assert codes(diagnose(doctored.examine({"A_KEY": "k"}))) == ["F13"]


def test_a_script_that_fails_says_nothing_of_its_providers(doctored: Machine) -> None:
    doctored.write("crushrc", "provider add a --base-url\n")
    doctored.write("user", {"models": {"large": {"provider": "a", "model": "m1"}}})
    assert codes(diagnose(doctored.examine({"GROQ_API_KEY": "k"})))[:1] == ["F6"]
    assert not {"W7", "W16", "W17"} & set(codes(diagnose(doctored.examine({"GROQ_API_KEY": "k"}))))


def test_crush_starts_only_while_an_endpoint_lists_models(doctored: Machine) -> None:
    """It is said before, and an error once nobody answers."""
    alone: dict[str, Any] = {"options": {"disable_default_providers": True}, "providers": {"a": {"base_url": URL}}}
    doctored.write("user", alone)
    (told,) = found(doctored.examine(), "F8")
    assert (told.severity, told.line) == ("info", 1)
    assert "only while the endpoint of a lists models" in told.message
    silent = FailedTest("a", "connection", "nothing listens", "", mild=True)
    (broken,) = found(doctored.examine(tested=(silent,)), "F8")
    assert broken.severity == "error"
    doctored.write("user", {**alone, "providers": {**alone["providers"], "b": CUSTOM}})
    assert found(doctored.examine(tested=(silent,)), "F8") == []
