"""The effective configuration of real files: what each provider comes to, and why (crush-behaviour 1, 3, 6, 7, 10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wizard.crush.custom_rules import DiscoveryFailed
from wizard.crush.effective import Effective, EffectiveProvider, effective
from wizard.crush.loading import Loaded, LoadedFile, load
from wizard.documents.json.reading import JsonReading
from wizard.files.locations import ConfigFile, Surroundings, dotenv_in
from wizard.provider.builtins import BUILTINS

URL = "https://llm.example/v1"
MODELS = [{"id": "m1", "name": "One"}, {"id": "m2", "name": "Two"}]
CUSTOM = {"base_url": URL, "api_key": "key", "models": MODELS}
CATALOGUE: dict[str, list[dict[str, Any]]] = {
    one.id: [{"id": one.large, "context_window": 9}, {"id": one.small}] for one in BUILTINS.values()
}


class Machine:
    """A machine on which files are written and then looked at as Crush would."""

    def __init__(self, folder: Path) -> None:
        # No system's /etc/crush counts here: Crush has none on Windows, and all else is given.
        home = folder / "home"
        cwd = home / "tree" / "sub"
        cwd.mkdir(parents=True)
        self.around = Surroundings({}, "win32", home, home / "config", home / "data", cwd, home / "tree")
        self.user = self.around.config / "crush.json"
        self.script = self.around.config / "crushrc"
        self.data = home / "AppData" / "Local" / "crush" / "crush.json"
        self.project = cwd / "crush.json"
        self.workspace = cwd / ".crush" / "crush.json"

    def write(self, path: Path, content: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def __call__(self, environ: Mapping[str, str] | None = None, **more: Any) -> Effective:
        return effective(
            load(replace(self.around, dotenv=dotenv_in(self.around.cwd))),
            environ=environ or {},
            home=self.around.home,
            exists=Path.exists,
            builtins=BUILTINS,
            catalogue=CATALOGUE.get,
            **more,
        )

    def one(self, entry: object, environ: Mapping[str, str] | None = None, **more: Any) -> EffectiveProvider:
        """What becomes of a custom provider `a` in the user's file."""
        self.write(self.user, {"providers": {"a": entry}})
        found = self(environ, **more).provider("a")
        assert found is not None
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def codes(found: Effective, provider: str | None = None) -> list[str]:
    return [one.code for one in (*found.fatal, *found.problems) if provider in (None, one.provider)]


# Custom providers, in Crush's order of checks (10.2)


def test_a_provider_that_works(machine: Machine) -> None:
    found = machine.one({**CUSTOM, "name": "Mine", "api_key": "$KEY", "extra_headers": {"X": "$KEY"}}, {"KEY": "k1"})
    assert (found.status, found.code, found.reason, found.kept, found.builtin) == ("ready", "", "", True, False)
    assert (found.name, found.type, found.discovers, found.more_models) == ("Mine", "openai-compat", False, False)
    assert (found.api_key.text, found.base_url.text, found.headers["X"].text) == ("k1", URL, "k1")
    assert found.model_ids == ("m1", "m2")
    assert (found.entry["id"], found.entry["api_key"]) == ("a", "$KEY")
    assert "k1" not in repr(found)


DROPPED: list[tuple[dict[str, Any], str, str]] = [
    ({**CUSTOM, "type": "OpenAI", "disable": True}, "W6", "unknown provider type `OpenAI`"),
    ({**CUSTOM, "type": "gemini"}, "W6", "`gemini`"),
    ({"models": MODELS}, "W7", "is not built into Crush and has no `base_url`"),
    ({**CUSTOM, "base_url": "$NOWHERE"}, "W7", "is empty: NOWHERE is not set"),
    ({**CUSTOM, "base_url": "${"}, "W7", "can't be expanded"),
    ({"base_url": URL, "discover_models": False}, "W8", "lists no models"),
    ({"base_url": "$NOWHERE", "discover_models": False}, "W8", "lists no models"),
]


@pytest.mark.parametrize(("entry", "code", "reason"), DROPPED)
def test_a_provider_that_crush_drops(machine: Machine, entry: dict[str, Any], code: str, reason: str) -> None:
    found = machine.one(entry)
    assert (found.status, found.code, found.kept) == ("dropped", code, False)
    assert reason in found.reason
    (problem,) = [one for one in machine().problems if one.code == code]
    assert (problem.provider, problem.path, problem.line, problem.severity) == ("a", machine.user, 1, "error")


def test_a_disabled_provider_is_gone_and_its_headers_do_not_count(machine: Machine) -> None:
    found = machine.one({**CUSTOM, "disable": True, "extra_headers": {"X": "${X:?m}"}})
    assert (found.status, found.kept, found.reason) == ("disabled", False, "`disable` is true")
    assert codes(machine(), "a") == []


def test_a_key_that_is_missing_keeps_the_provider(machine: Machine) -> None:
    found = machine.one({**CUSTOM, "api_key": "$A_KEY"})
    assert (found.status, found.code, found.kept) == ("needs-key", "W10", True)
    assert found.reason == "its `api_key` is empty: A_KEY is not set"
    (problem,) = [one for one in machine().problems if one.code == "W10"]
    assert (problem.severity, problem.hint) == ("warning", "store it: crush-wizard secret set A_KEY")


def test_a_server_without_a_key_is_fine(machine: Machine) -> None:
    found = machine.one({"base_url": URL, "models": MODELS})
    assert (found.status, found.code) == ("ready", "")
    assert [(one.code, one.severity) for one in machine().problems if one.provider == "a"] == [("W10", "info")]


def test_a_command_is_believed_and_not_run(machine: Machine, tmp_path: Path) -> None:
    found = machine.one({**CUSTOM, "api_key": f"$(touch {tmp_path}/ran; echo k)"})
    assert (found.status, found.api_key.kind, found.api_key.text) == ("ready", "command", None)
    assert not (tmp_path / "ran").exists()


def test_our_own_store_is_asked(machine: Machine) -> None:
    template = "${K:-$(crush-wizard secret get K)}"
    assert machine.one({**CUSTOM, "api_key": template}, secret={"K": "stored"}.get).api_key.text == "stored"
    found = machine.one({**CUSTOM, "api_key": template}, secret=lambda _: None)
    assert found.status == "needs-key"


def test_a_header_that_fails_is_fatal(machine: Machine) -> None:
    machine.one({**CUSTOM, "extra_headers": {"X-Org": "${ORG:?m}", "Y": "$UNSET"}})
    (problem,) = machine().fatal
    column = machine.user.read_text(encoding="utf-8").index('"X-Org"') + 1
    assert (problem.code, problem.provider, problem.line, problem.column) == ("F7", "a", 1, column)
    assert "`X-Org`" in problem.message
    machine.one({**CUSTOM, "type": "nope", "extra_headers": {"X-Org": "${ORG:?m}"}})
    assert machine().fatal == ()


# Discovery (6)


@pytest.mark.parametrize(
    ("entry", "answer", "models", "code"),
    [
        ({}, None, (), ""),
        ({}, ["x", "y"], ("x", "y"), ""),
        ({}, [], (), "W8"),
        ({}, DiscoveryFailed("nobody answers"), (), "W8"),
        ({"models": MODELS}, ["x"], ("m1", "m2"), ""),
        ({"models": MODELS, "discover_models": True}, ["m2", "x"], ("m1", "m2", "x"), ""),
        ({"models": MODELS, "discover_models": True}, DiscoveryFailed("nobody answers"), ("m1", "m2"), ""),
        ({"models": MODELS, "discover_models": True}, None, ("m1", "m2"), ""),
    ],
)
def test_models_that_an_endpoint_lists(
    machine: Machine, entry: dict[str, Any], answer: Any, models: tuple[str, ...], code: str
) -> None:
    found = machine.one(
        {"base_url": URL, "api_key": "k", **entry}, discovered={"a": answer} if answer is not None else {}
    )
    assert (found.model_ids, found.code) == (models, code)
    assert found.discovers == ("models" not in entry or "discover_models" in entry)
    assert found.more_models == (found.discovers and answer is None)
    assert found.status == ("dropped" if code else "ready")


def test_a_failed_listing_is_told_where_own_models_are_kept(machine: Machine) -> None:
    answer = {"a": DiscoveryFailed("nobody answers")}
    machine.write(machine.user, {"providers": {"a": {**CUSTOM, "discover_models": True}}})
    assert codes(machine(discovered=answer), "a") == ["W11"]


# Built-ins (3)


def test_a_builtin_is_there_when_its_variable_is_set(machine: Machine) -> None:
    found = machine({"GROQ_API_KEY": "k", "OPENAI_API_KEY": "k"})
    assert [one.id for one in found.providers] == ["openai", "groq"]
    assert all(one.builtin and one.status == "ready" and one.source is None for one in found.providers)
    assert found.provider("groq").api_key.text == "k"  # type: ignore[union-attr]


def test_a_builtin_with_an_entry_and_no_key_is_dropped(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"groq": {"name": "ignored"}}})
    found = machine().provider("groq")
    assert found is not None
    assert (found.status, found.code, found.kept, found.name) == ("needs-key", "W1", False, "Groq")
    assert "GROQ_API_KEY is not set" in found.reason
    assert codes(machine(), "groq") == ["W1"]


@pytest.mark.parametrize(
    ("provider", "environ", "status", "code"),
    [
        ("azure", {}, "dropped", "W2"),
        ("azure", {"AZURE_OPENAI_API_ENDPOINT": "https://x"}, "ready", ""),
        ("bedrock", {}, "needs-key", "W3"),
        ("bedrock", {"AWS_REGION": "eu"}, "ready", ""),
        ("vertexai", {"VERTEXAI_PROJECT": "p"}, "dropped", "W4"),
        ("hyper", {}, "needs-key", "W5"),
        ("openai", {"CRUSH_OPENAI_API_KEY": "k"}, "ready", ""),
    ],
)
def test_the_rules_of_single_builtins(
    machine: Machine, provider: str, environ: dict[str, str], status: str, code: str
) -> None:
    machine.write(machine.user, {"providers": {provider: {}}})
    found = machine(environ).provider(provider)
    assert found is not None
    assert (found.status, found.code) == (status, code)


@pytest.mark.parametrize("provider", ["kimi", "bedrock-united-states", "alibaba-united-states", "google", "claude"])
def test_an_id_that_only_looks_like_a_builtins_is_a_custom_one(machine: Machine, provider: str) -> None:
    """Crush-behaviour 3.1: without a base URL it is skipped, whatever variables are set."""
    machine.write(machine.user, {"providers": {provider: {"api_key": "k", "models": MODELS}}})
    found = machine({"AWS_REGION": "eu"}).provider(provider)
    assert found is not None
    assert (found.builtin, found.status, found.code) == (False, "dropped", "W7")


def test_the_models_of_a_builtin_are_the_users_first(machine: Machine) -> None:
    own = {"id": BUILTINS["groq"].large, "name": "Mine"}
    machine.write(
        machine.user, {"providers": {"groq": {"api_key": "k", "models": [{"id": "new"}, own, {"id": "new"}]}}}
    )
    found = machine().provider("groq")
    assert found is not None
    assert found.model_ids == ("new", BUILTINS["groq"].large, BUILTINS["groq"].small)
    assert found.models[1] == own
    assert (found.models[0]["name"], found.more_models) == ("new", False)


def test_a_disabled_builtin_without_a_key_is_lost(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"groq": {"disable": True}}})
    lost = machine().provider("groq")
    kept = machine({"GROQ_API_KEY": "k"}).provider("groq")
    assert lost is not None
    assert kept is not None
    assert (lost.status, lost.kept, lost.code) == ("disabled", False, "W1")
    assert (kept.status, kept.kept, kept.code, kept.reason) == ("disabled", True, "", "`disable` is true")


@pytest.mark.parametrize("entry", [{}, {"disable": True}, {"disable": True, "api_key": "k"}])
def test_a_header_of_a_builtin_is_fatal_even_if_nobody_uses_it(machine: Machine, entry: dict[str, Any]) -> None:
    machine.write(machine.user, {"providers": {"groq": {**entry, "extra_headers": {"X": "${X:?m}"}}}})
    assert [(one.code, one.provider) for one in machine().fatal] == [("F7", "groq")]


def test_without_builtins_an_entry_of_their_id_is_a_custom_one(machine: Machine) -> None:
    content = {"options": {"disable_default_providers": True}, "providers": {"groq": {**CUSTOM, "type": "openai"}}}
    machine.write(machine.user, content)
    found = machine({"OPENAI_API_KEY": "k"})
    assert [(one.id, one.builtin, one.type) for one in found.providers] == [("groq", False, "openai")]
    overridden = machine({"OPENAI_API_KEY": "k", "CRUSH_DISABLE_DEFAULT_PROVIDERS": ""})
    assert [one.id for one in overridden.providers] == ["openai", "groq"]


@pytest.mark.parametrize("entry", [{**CUSTOM, "disable": True}, {**CUSTOM, "type": "x"}])
def test_without_builtins_and_any_other_crush_does_not_start(machine: Machine, entry: dict[str, Any]) -> None:
    machine.write(machine.user, {"options": {"disable_default_providers": True}, "providers": {"a": entry}})
    assert [one.code for one in machine({"OPENAI_API_KEY": "k"}).fatal] == ["F8"]


# The environment of values (4.4)


@pytest.mark.parametrize(("builtin", "variable"), [("groq", "GROQ_API_KEY"), ("bedrock", "AWS_BEARER_TOKEN_BEDROCK")])
def test_a_variable_that_a_command_gives_may_stay_unset(machine: Machine, builtin: str, variable: str) -> None:
    machine.write(machine.user, {"env": {variable: "$(pass show x)"}, "providers": {builtin: {"name": "Mine"}}})
    found = machine().provider(builtin)
    assert found is not None
    assert not found.sure


def test_the_configs_own_variables_and_the_env_file_count(machine: Machine) -> None:
    machine.write(machine.around.cwd / ".env", "FROM_FILE=file\nBOTH=file\n")
    machine.write(
        machine.user,
        {"env": {"OWN": "$BOTH-own", "BAD": "${X:?m}"}, "providers": {"a": {**CUSTOM, "api_key": "$FROM_FILE-$OWN"}}},
    )
    found = machine({"BOTH": "process"})
    assert found.provider("a").api_key.text == "file-process-own"  # type: ignore[union-attr]
    (problem,) = [one for one in found.problems if one.code == "W14"]
    assert (problem.path, "BAD" in problem.message) == (machine.user, True)
    assert found.env["OWN"] == "process-own"


def test_a_variable_that_only_a_command_would_tell_is_no_empty_one(machine: Machine) -> None:
    content = {"env": {"K": "$(pass show k)"}, "providers": {"a": {**CUSTOM, "api_key": "$K"}}}
    machine.write(machine.user, content)
    found = machine().provider("a")
    assert found is not None
    assert (found.status, found.api_key.kind, found.api_key.text) == ("ready", "unknown", None)


def test_a_computed_key_of_a_script_is_no_empty_one(machine: Machine) -> None:
    machine.write(machine.script, f'provider add a --base-url {URL} --api-key "$(pass show k)"\nmodel add a/m\n')
    found = machine().provider("a")
    assert found is not None
    assert (found.status, found.api_key.kind) == ("ready", "unknown")
    machine.write(machine.script, 'provider add groq --api-key "$(pass show k)"\n')
    builtin = machine().provider("groq")
    assert builtin is not None
    assert (builtin.status, builtin.api_key.text) == ("ready", None)


# Where things are from


def test_sources_and_what_they_overrule(machine: Machine) -> None:
    machine.write(machine.user, '{"providers": {"a": {\n  "api_key": "$A", "name": "n", "base_url": "u"\n}}}')
    machine.write(machine.data, '{"providers": {"a": {"api_key": "typed"}}}')
    machine.write(machine.project, '{"providers": {"a": {"models": [{"id": "m"}]}}}')
    found = machine().provider("a")
    assert found is not None
    assert [(one.role, one.line) for one in found.sources] == [("user-json", 1), ("data", 1), ("project", 1)]
    assert found.source is not None
    assert found.source.path == machine.project
    key = found.value_source("api_key")
    assert key is not None
    assert (key.path, key.line, key.column) == (machine.data, 1, 22)
    assert [(one.path, one.line, one.column) for one in key.shadowed] == [(machine.user, 2, 3)]
    assert found.value_source("models", 0, "id").path == machine.project  # type: ignore[union-attr]
    assert found.value_source("type") is None


# Selected models (7)


def test_the_first_builtin_is_the_default_and_gets_the_small_slot(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"a": CUSTOM}, "models": {"large": {"provider": "a", "model": "m2"}}})
    found = machine({"OPENAI_API_KEY": "k"}).selected
    assert (found["large"].provider, found["large"].model) == ("a", "m2")
    assert (found["small"].provider, found["small"].model) == ("openai", BUILTINS["openai"].small)
    assert found["small"].source is None


@pytest.mark.parametrize("environ", [{"AWS_REGION": "eu-west-1"}, {"OPENAI_API_KEY": "k"}])
def test_a_stray_variable_takes_the_default_from_every_custom_provider(
    machine: Machine, environ: dict[str, str]
) -> None:
    machine.write(machine.user, {"providers": {"a": CUSTOM}})
    assert machine().selected["large"].provider == "a"
    selected = machine(environ).selected
    assert {selected[slot].provider for slot in ("large", "small")} <= set(BUILTINS)


def test_without_a_builtin_small_is_large(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"a": CUSTOM}, "models": {"large": {"provider": "a", "model": "m2"}}})
    found = machine()
    assert (found.selected["small"].provider, found.selected["small"].model) == ("a", "m2")
    assert codes(found) == ["W19"]


def test_a_selection_that_does_not_exist_falls_back(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"a": CUSTOM}, "models": {"large": {"provider": "a", "model": "nope"}}})
    found = machine()
    large = found.selected["large"]
    assert (large.provider, large.model, large.falls_back) == ("a", "m1", True)
    assert large.source is not None
    assert large.source.path == machine.user
    (problem,) = [one for one in found.problems if one.code == "W16"]
    assert "a/nope does not exist" in problem.message
    assert "saves that in its own file" in problem.message


def test_files_of_more_weight_shadow_a_selection(machine: Machine) -> None:
    def choosing(model: str) -> dict[str, Any]:
        return {"models": {"large": {"provider": "a", "model": model}}}

    machine.write(machine.user, {"providers": {"a": CUSTOM}, **choosing("m1")})
    for path, model in ((machine.data, "m2"), (machine.project, "m1"), (machine.workspace, "m2")):
        machine.write(path, choosing(model))
        large = machine().selected["large"]
        assert large.source is not None
        assert (large.model, large.source.path) == (model, path)
    workspace = machine().selected["large"].source
    assert workspace is not None
    assert [one.role for one in workspace.shadowed] == ["user-json", "data", "project"]


def test_selections_merge_field_by_field(machine: Machine) -> None:
    strong = {"large": {"provider": "a", "model": "m1"}}
    machine.write(
        machine.user,
        {"providers": {"a": CUSTOM}, "models": {"large": {"provider": "a", "model": "m2", "max_tokens": 99}}},
    )
    machine.write(machine.data, {"models": strong})
    found = machine()
    assert found.config["models"]["large"] == {"provider": "a", "model": "m1", "max_tokens": 99}
    assert found.source("models", "large", "max_tokens").path == machine.user  # type: ignore[union-attr]


def test_a_disabled_builtin_that_is_named_is_used(machine: Machine) -> None:
    large = {"provider": "groq", "model": BUILTINS["groq"].large}
    machine.write(machine.user, {"providers": {"groq": {"disable": True}, "a": CUSTOM}, "models": {"large": large}})
    found = machine({"GROQ_API_KEY": "k"}).selected["large"]
    assert (found.provider, found.falls_back, found.fallback.provider) == ("groq", False, "a")


def test_a_builtins_default_that_is_not_listed(machine: Machine) -> None:
    found = effective(
        load(machine.around),
        environ={"GROQ_API_KEY": "k"},
        home=machine.around.home,
        exists=Path.exists,
        builtins=BUILTINS,
        catalogue=lambda _: [{"id": "only"}],
    )
    assert found.selected["large"].model == "only"
    assert codes(found) == ["W15", "W15"]


def test_an_empty_catalogue_for_the_default_is_fatal(machine: Machine) -> None:
    def nothing(_: str) -> list[dict[str, Any]]:
        return []

    found = effective(
        load(machine.around),
        environ={"GROQ_API_KEY": "k"},
        home=machine.around.home,
        exists=Path.exists,
        builtins=BUILTINS,
        catalogue=nothing,
    )
    assert [one.code for one in found.fatal] == ["F11"]


def test_nothing_configured(machine: Machine) -> None:
    found = machine()
    assert (found.providers, found.selected, codes(found)) == ((), {}, ["W17"])


def test_a_provider_that_a_script_may_add_is_believed(machine: Machine) -> None:
    machine.write(
        machine.script, "if hostname | grep -q x; then\n  provider add b\nfi\nmodel large b/x\nprovider add groq\n"
    )
    found = machine({"GROQ_API_KEY": "k"})
    assert (found.selected["large"].provider, found.selected["large"].model) == ("b", "x")
    assert [(one.provider, one.line) for one in found.uncertain] == [("b", 2)]


def test_where_a_script_may_add_anything_a_selection_is_believed(machine: Machine) -> None:
    machine.write(machine.script, "source ~/more\nmodel large b/x\nprovider add groq\n")
    found = machine({"GROQ_API_KEY": "k"})
    assert (found.selected["large"].provider, found.selected["large"].falls_back) == ("b", False)
    machine.write(machine.script, "model large b/x\nprovider add groq\n")
    assert machine({"GROQ_API_KEY": "k"}).selected["large"].falls_back


# Whatever is in the files


@pytest.mark.parametrize(
    "text",
    [
        '{"providers": {"": {}}}',
        '{"providers": {"a": null}, "models": {"large": null, "odd": {}}}',
        '{"providers": {"a": {"models": [null], "base_url": "u"}}}',
        '{"providers": {"a": {"extra_headers": {"": ""}, "base_url": "$", "models": [{}]}}}',
        '{"providers": 5, "models": [], "env": {"": "x", "A=B": "y"}, "options": null}',
        '{"hooks": {"PreToolUse": [{}]}}',
    ],
)
def test_odd_content_is_told_and_never_raises(machine: Machine, text: str) -> None:
    machine.write(machine.user, text)
    machine.write(machine.workspace, text)
    found = machine()
    assert all(one.message for one in (*found.fatal, *found.problems))


VALUES = st.sampled_from(["", "u", "$X", "${X:?m}", "$(x)", "openai", "m1", "a", None, True, 5, 1.5])
FIELDS = st.sampled_from(
    "base_url api_key type disable models discover_models extra_headers id name provider model X Base_URL".split()
)
ENTRIES = st.dictionaries(
    FIELDS, VALUES | st.lists(st.dictionaries(FIELDS, VALUES), max_size=2) | st.dictionaries(FIELDS, VALUES, max_size=2)
)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "providers": st.dictionaries(st.sampled_from(["a", "b", "groq", "azure"]), ENTRIES | VALUES, max_size=3),
        "models": st.dictionaries(st.sampled_from(["large", "small"]), ENTRIES | VALUES),
        "env": st.dictionaries(st.sampled_from("XY"), VALUES),
        "options": st.fixed_dictionaries({"disable_default_providers": VALUES}),
        "Providers": st.dictionaries(st.just("a"), ENTRIES),
    },
)


@given(st.lists(TREES, min_size=2, max_size=3))
def test_any_files_come_to_something(trees: list[dict[str, Any]]) -> None:
    files = [
        LoadedFile(ConfigFile("project", path, "json"), JsonReading(json.dumps(tree).encode(), path))
        for number, tree in enumerate(trees)
        for path in [Path(f"/{number}/crush.json")]
    ]
    around = Surroundings({}, "linux", Path("/h"), Path("/c"), Path("/d"), Path("/w"), Path("/w"))
    found = effective(
        Loaded(around, tuple(files)),
        environ={"GROQ_API_KEY": "k"},
        home=around.home,
        exists=lambda _: False,
        builtins=BUILTINS,
        catalogue=CATALOGUE.get,
    )
    kept = {one.id for one in found.providers if one.kept}
    assert {one.provider for one in found.selected.values()} <= kept
    for provider in found.providers:
        assert provider.sources or provider.id not in found.config.get("providers", {})
        assert (provider.status == "ready") == (provider.reason == "")
        assert provider.kept or provider.status != "ready"


def test_a_hook_without_a_command_is_fatal(machine: Machine) -> None:
    machine.write(machine.user, {"hooks": {"PreToolUse": [{"matcher": "x"}]}})
    assert [one.code for one in machine().fatal] == ["F9"]


def test_unknown_keys_are_placed(machine: Machine) -> None:
    machine.write(machine.user, '{"providers": {"a": {\n"apiKey": "secret"}}}')
    found = machine()
    (key,) = found.unknown_keys()
    assert (key.path, key.line, key.key_path) == (machine.user, 2, ("providers", "a", "apiKey"))
    assert "secret" not in repr(found)


def test_a_value_is_expanded_again_where_crush_name_is_no_name(machine: Machine) -> None:
    found = machine.one(
        {"base_url": "https://h/v1", "api_key": "$A_KEY", "models": [{"id": "m"}]}, {"CRUSH_A_KEY": "k"}
    )
    assert (found.status, found.api_key.text, found.at_request.api_key.text) == ("ready", "k", "")


def test_azures_endpoint_is_expanded_twice(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"azure": {"base_url": "$AZURE", "api_key": "k"}}})
    found = machine({"AZURE": "https://$NAME.example", "NAME": "once"}).provider("azure")
    assert found is not None
    assert found.base_url.text == "https://$NAME.example"
    assert found.at_request.base_url.text == "https://once.example"


def test_a_choice_that_only_the_endpoint_would_confirm_is_doubted(machine: Machine) -> None:
    machine.write(machine.user, {"providers": {"a": {"base_url": "https://h/v1", "api_key": "k"}}})
    assert machine().selected["large"].doubt == "endpoint"


def test_a_header_that_fails_behind_an_endpoint_that_may_list_nothing(machine: Machine) -> None:
    entry = {"base_url": "https://h/v1", "api_key": "k", "extra_headers": {"X": "${NONE:?m}"}}
    machine.write(machine.user, {"providers": {"a": entry}})
    found = machine()
    assert [(problem.code, problem.severity) for problem in found.problems if problem.code != "W19"] == [
        ("F7", "warning")
    ]
    assert found.fatal == ()
