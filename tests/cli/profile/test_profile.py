"""Named profiles: two sets of providers and keys on one machine, neither of which sees the other's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.fault_injection import KILL, run_with_fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine
    from tests.conftest import SecretService

NAME = "MINE_API_KEY"
SHARED, WORK, HOME = f"{CANARY}-shared", f"{CANARY}-work", f"{CANARY}-home"
ENTRY = {"type": "openai-compat", "base_url": "https://llm.mine.example/v1", "models": [{"id": "m-1"}]}
CONFIG = json.dumps({"providers": {"mine": {**ENTRY, "api_key": f"${NAME}"}}})


def folder(machine: Machine, name: str = "work") -> Path:
    return machine.home / ".config" / "crush-wizard" / "profiles" / name


def done(finished: Finished) -> Finished:
    assert finished.code == 0, finished.err
    return finished


def profiles(machine: Machine) -> list[str]:
    listed = done(machine.run("profile", "list", "--json")).json["data"]
    return [profile["name"] for profile in listed["profiles"]]


def store(machine: Machine, value: str, *flags: str) -> None:
    done(machine.run("secret", "set", NAME, "--stdin", *flags, stdin=value))


def variables(machine: Machine, *flags: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> list[str]:
    """What a process gets that `run` starts."""
    printed = done(machine.run("run", *flags, "--", "env", env=env, cwd=cwd)).out.splitlines()
    return [line for line in printed if line.startswith((NAME, "CRUSH_GLOBAL", "WIZARD_PROFILE"))]


def key(machine: Machine, *flags: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    return next(
        (line.partition("=")[2] for line in variables(machine, *flags, env=env, cwd=cwd) if line.startswith(NAME)), ""
    )


@pytest.fixture
def owner(machine: Machine) -> Machine:
    """Somebody with a provider and its key, in an encrypted file, and with the profiles work and home."""
    return with_profiles(machine, "file")


@pytest.fixture
def owner_with_keyring(machine_with_keyring: Machine) -> Machine:
    return with_profiles(machine_with_keyring, "keyring")


def with_profiles(machine: Machine, where: str) -> Machine:
    machine.write_config(CONFIG)
    store(machine, SHARED, "--store", where)
    for name, value in (("work", WORK), ("home", HOME)):
        done(machine.run("profile", "create", name, "--copy"))
        store(machine, value, "--profile", name)
    return machine


@pytest.mark.parametrize("fixture", ["owner", "owner_with_keyring"])
def test_each_process_gets_the_key_of_its_profile_and_no_other(fixture: str, request: pytest.FixtureRequest) -> None:
    machine: Machine = request.getfixturevalue(fixture)
    assert key(machine, "--profile", "work") == WORK
    assert key(machine, "--profile", "home") == HOME
    assert key(machine) == SHARED
    assert key(machine, "--profile", "none") == SHARED
    assert key(machine, env={"WIZARD_PROFILE": "home"}) == HOME
    for name, value in (("work", WORK), ("home", HOME)):
        assert machine.run("secret", "get", NAME, env={"WIZARD_PROFILE": name}).out == f"{value}\n"
        assert machine.run("--profile", name, "secret", "get", NAME).out == f"{value}\n"
    assert machine.run("secret", "get", NAME).out == f"{SHARED}\n"


def test_the_keyring_has_each_under_a_name_of_its_own(
    owner_with_keyring: Machine, secret_service: SecretService
) -> None:
    found = [secret_service.get(name) for name in (NAME, f"work:{NAME}", f"home:{NAME}")]
    assert found == [SHARED, WORK, HOME]
    assert secret_service.get("MINE") is None


def test_the_shared_key_is_behind(owner: Machine) -> None:
    done(owner.run("secret", "remove", NAME, "--force", "--profile", "work"))
    assert key(owner, "--profile", "work") == SHARED
    assert key(owner, "--profile", "home") == HOME
    refused = owner.run("secret", "remove", NAME, "--force", "--profile", "work")
    assert "profile work does not have its own MINE_API_KEY" in refused.err
    assert key(owner) == SHARED
    done(owner.run("undo", "--yes", "--profile", "work"))
    assert key(owner, "--profile", "work") == WORK


def test_a_key_of_its_own_outranks_a_variable_of_the_shell(owner: Machine) -> None:
    assert key(owner, "--profile", "work", env={NAME: SHARED}) == WORK
    inside = {"WIZARD_PROFILE": "home", NAME: HOME, "WIZARD_PROFILE_KEYS": NAME}  # as `run --profile home` makes it
    assert key(owner, "--profile", "work", env=inside) == WORK
    done(owner.run("secret", "remove", NAME, "--force", "--profile", "work"))
    assert key(owner, "--profile", "work", env=inside) == SHARED
    assert key(owner, "--profile", "none", env=inside) == SHARED


def test_no_file_of_another_one_is_changed(owner: Machine) -> None:
    before = {path: path.read_bytes() for path in (owner.config, folder(owner, "home") / "crush.json")}
    added = owner.run("add-provider", "groq", "--yes", "--no-test", "--profile", "work", "--json")
    assert added.json["profile"] == "work"
    assert "groq" in json.loads((folder(owner) / "crush.json").read_text())["providers"]
    done(owner.run("--profile=work", "remove-provider", "mine", "--yes", "--forget-secret"))
    assert {path: path.read_bytes() for path in before} == before
    assert key(owner) == SHARED
    assert key(owner, "--profile", "home") == HOME


@pytest.mark.parametrize("where", ["before", "behind"])
def test_the_flag_stands_anywhere(owner: Machine, where: str) -> None:
    flag = ("--profile", "work")
    words = (*flag, "use", "large", "mine/m-1") if where == "before" else ("use", "large", "mine/m-1", *flag)
    changed = done(owner.run(*words, "--yes"))
    assert "(profile work)" in changed.err
    assert "crush-wizard --profile work undo" in changed.err


def test_words_of_the_command_that_run_starts_are_its_own(owner: Machine) -> None:
    ran = owner.run("run", "--only", NAME, "echo", "--profile", "home")
    assert ran.out == "--profile home\n"
    ran = owner.run("run", "--profile", "work", "--", "echo", "--profile", "home")
    assert (ran.out, ran.err) == ("--profile home\n", "profile work\n")


def test_a_shell_is_in_the_profile_that_its_keys_are_of(owner: Machine) -> None:
    lines = owner.run("env", "--shell", "bash", "--yes", "--profile", "work").out
    assert f"export CRUSH_GLOBAL_CONFIG='{folder(owner)}'\n" in lines
    assert f"export {NAME}='{WORK}'\n" in lines
    assert "CRUSH_GLOBAL" not in owner.run("env", "--shell", "bash", "--yes").out


def environment(machine: Machine) -> dict[str, str]:
    """The environment of a process that `run` has started in the profile work."""
    printed = done(machine.run("run", "--profile", "work", "--", "env", "-0")).out
    return dict(variable.split("=", 1) for variable in printed.split("\0") if "=" in variable)


@pytest.mark.parametrize("change", ["rename work client", "remove work --yes"])
def test_who_leaves_a_profile_leaves_its_keys_whatever_became_of_it(owner: Machine, change: str) -> None:
    started = environment(owner)
    done(owner.run("profile", *change.split()))
    done(owner.run("secret", "remove", NAME, "--force", "--yes", "--profile", "home"))
    for other in ("none", "home"):
        assert key(owner, "--profile", other, env=started) == SHARED


def test_a_variable_of_the_shell_is_no_key_of_the_profile_that_is_left(owner: Machine) -> None:
    mine = {"WIZARD_PROFILE": "work", NAME: f"{CANARY}-shell"}
    assert key(owner, "--profile", "none", env=mine) == mine[NAME]


@pytest.mark.parametrize(("other", "value"), [("none", SHARED), ("home", HOME)])
def test_a_shell_that_goes_to_another_profile_keeps_nothing(owner: Machine, other: str, value: str) -> None:
    lines = done(owner.run("env", "--profile", other, "--shell", "bash", env=environment(owner))).out
    shell = ["bash", "-c", f"{lines}env -0"]
    printed = subprocess.run(shell, env=environment(owner), capture_output=True, text=True, check=True).stdout
    after = dict(variable.split("=", 1) for variable in printed.split("\0") if "=" in variable)
    assert after[NAME] == value
    assert after["WIZARD_PROFILE"] == other
    assert WORK not in printed
    assert str(folder(owner)) not in printed


def test_use_and_back(owner: Machine) -> None:
    assert "Switched to profile work" in done(owner.run("profile", "use", "work")).err
    assert key(owner) == WORK
    assert "profile work is in force (by profile use)" in owner.run("paths").err
    assert owner.run("list", "--json").json["profile"] == "work"
    assert key(owner, env={"WIZARD_PROFILE": "home"}) == HOME
    assert owner.run("secret", "get", NAME).out == f"{SHARED}\n"  # for a Crush that was not started in a profile
    done(owner.run("profile", "use", "none"))
    assert key(owner) == SHARED
    done(owner.run("undo", "--yes"))
    assert key(owner) == WORK


def test_a_profile_that_is_gone_is_never_another_one(owner: Machine) -> None:
    done(owner.run("profile", "use", "work"))
    folder(owner).rename(owner.home / "elsewhere")
    assert owner.run("run", "--", "env").code == 2
    assert owner.run("list", "--help").code == 0
    assert profiles(owner) == ["home"]
    done(owner.run("profile", "use", "none"))
    assert key(owner) == SHARED
    assert owner.run("secret", "get", NAME, env={"WIZARD_PROFILE": "work"}).code == 2


def test_what_names_a_profile_that_is_gone_is_told(owner: Machine) -> None:
    assert "WIZARD_PROFILE has this name: unset it" in owner.run("list", env={"WIZARD_PROFILE": "gone"}).err
    done(owner.run("profile", "use", "work"))
    folder(owner).rename(owner.home / "elsewhere")
    assert "to use none: crush-wizard profile use none" in owner.run("list").err


def test_rename_takes_the_keys_along(owner: Machine) -> None:
    done(owner.run("profile", "use", "work"))
    done(owner.run("profile", "rename", "work", "Client-1"))
    assert profiles(owner) == ["client-1", "home"]
    assert key(owner) == WORK
    assert not folder(owner).exists()
    done(owner.run("undo", "--yes"))
    assert (profiles(owner), key(owner)) == (["home", "work"], WORK)


def test_remove_and_all_of_it_comes_back(owner: Machine) -> None:
    literal = json.dumps({"providers": {"mine": {**ENTRY, "api_key": CANARY}}})
    data = owner.home / ".local" / "state" / "crush-wizard" / "profile-data" / "work" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text(literal)
    done(owner.run("profile", "use", "work"))
    assert owner.run("profile", "remove", "work").code == 3  # nobody can type its name
    removed = done(owner.run("profile", "remove", "work", "--yes"))
    assert CANARY not in removed.out + removed.err
    assert profiles(owner) == ["home"]
    assert key(owner) == SHARED
    assert not data.exists()
    done(owner.run("undo", "--yes"))
    assert (profiles(owner), key(owner), data.read_text()) == (["home", "work"], WORK, literal)


def test_a_removed_one_comes_back_after_one_that_was_undone(owner: Machine) -> None:
    done(owner.run("profile", "remove", "work", "--yes"))
    done(owner.run("profile", "create", "work"))
    done(owner.run("undo", "--yes"))
    done(owner.run("undo", "--yes"))
    assert key(owner, "--profile", "work") == WORK


def test_what_is_in_the_way_of_a_removed_one_is_named(owner: Machine) -> None:
    data = owner.home / ".local" / "state" / "crush-wizard" / "profile-data" / "work" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text("{}")
    done(owner.run("profile", "remove", "work", "--yes"))
    data.parent.mkdir()
    data.write_text("{}\n")  # by a Crush that runs still
    refused = owner.run("undo", "--yes")
    assert (refused.code, profiles(owner)) == (4, ["home"])
    assert "profile-data/work: this is in the way of what undo would restore" in refused.err
    data.unlink()
    done(owner.run("undo", "--yes"))
    assert (data.read_text(), key(owner, "--profile", "work")) == ("{}", WORK)


def test_an_empty_folder_is_in_nobodys_way(owner: Machine) -> None:
    folder(owner, "client").mkdir()
    done(owner.run("profile", "rename", "work", "client"))
    assert key(owner, "--profile", "client") == WORK


def test_undo_says_whose_change_it_took_back(owner: Machine) -> None:
    done(owner.run("profile", "use", "work"))
    assert done(owner.run("undo", "--yes")).err == "✓ Undid profile use work\n"
    done(owner.run("profile", "use", "work"))
    last = owner.run("undo", "--list", "--json").json["data"]["history"]
    mine = next(change for change in last if change["profile"] == "home")
    undone = owner.run("undo", mine["id"], "--yes", "--json").json
    assert undone["profile"] == "home"


def test_what_was_removed_goes_for_good_with_its_record(owner: Machine) -> None:
    done(owner.run("profile", "remove", "work", "--yes"))
    removed = folder(owner).parent / ".removed"
    assert len(list(removed.iterdir())) == 1
    for number in range(11):
        done(owner.run("secret", "set", "OTHER_API_KEY", "--stdin", stdin=f"{CANARY}-{number}"))
    assert len(list(removed.iterdir())) == 1  # other changes don't count
    for _ in range(11):
        done(owner.run("profile", "create", "work"))
        done(owner.run("profile", "remove", "work", "--yes"))
    done(owner.run("secret", "set", "OTHER_API_KEY", "--stdin", stdin=CANARY))  # opens the store of what was kept
    assert len(list(removed.iterdir())) == 10


def test_undo_changes_no_other_profile_unasked(owner: Machine) -> None:
    done(owner.run("use", "large", "mine/m-1", "--yes"))
    done(owner.run("use", "large", "mine/m-1", "--yes", "--profile", "work"))
    undone = done(owner.run("undo", "--yes"))
    assert "the last change, `use large mine/m-1`, was made in profile work" in undone.err
    assert "models" not in json.loads(owner.config.read_text())
    assert "models" in json.loads((folder(owner) / "crush.json").read_text())
    shown = owner.run("undo", "--list", "--json").json["data"]["history"]
    assert shown[-1]["profile"] == "work"


def test_a_profile_with_something_in_it_is_not_undone(machine: Machine) -> None:
    made = done(machine.run("profile", "create", "work", "--json")).json
    assert made["data"]["name"] == "work"
    done(machine.run("add-provider", "groq", "--yes", "--no-test", "--profile", "work"))
    refused = machine.run("undo", "--yes")
    assert refused.code == 4
    assert "crush-wizard profile remove work" in refused.err
    done(machine.run("undo", "--yes", "--profile", "work"))
    done(machine.run("undo", "--yes"))
    assert profiles(machine) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "con", "NUL", "none", "-x", "ä", "a b", "x" * 41]
)
def test_names_that_can_be_none(machine: Machine, name: str) -> None:
    before = machine.snapshot()
    assert machine.run("profile", "create", "--", name).code == 2
    assert machine.snapshot() == before


def test_names_are_the_same_in_any_case(owner: Machine) -> None:
    assert owner.run("profile", "create", "WORK").code == 4
    assert key(owner, "--profile", "Work") == WORK
    assert "did you mean `work`?" in owner.run("list", "--profile", "wrk").err
    assert owner.run("list", "--profile").code == 2


def test_create_from_a_file_is_undone_as_a_whole(owner: Machine) -> None:
    done(owner.run("export", "team.toml"))
    done(owner.run("profile", "create", "team", "--from", "team.toml", "--yes", "--allow-commands"))
    shown = owner.run("profile", "show", "team", "--json").json["data"]
    assert (shown["providers"], shown["secrets"]) == (["mine"], [])
    assert key(owner, "--profile", "team") == SHARED
    done(owner.run("undo", "--yes"))
    assert profiles(owner) == ["home", "work"]


def test_adopted_keys_are_the_profiles_own(owner: Machine) -> None:
    plain = json.dumps({"providers": {"other": {**ENTRY, "api_key": f"{CANARY}-plain"}}})
    (folder(owner) / "crush.json").write_text(plain)
    done(owner.run("secret", "adopt", "--yes", "--profile", "work"))
    assert f"{CANARY}-plain" not in (folder(owner) / "crush.json").read_text()
    shown = owner.run("profile", "show", "work", "--json").json["data"]["secrets"]
    assert len(shown) == 2
    listed = owner.run("secret", "list", "--json", "--profile", "home").json["data"]["secrets"]
    assert [secret["name"] for secret in listed] == [NAME]


def test_two_that_make_the_same_one(machine: Machine) -> None:
    both = [machine.start("profile", "create", "work") for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 4], said
    assert profiles(machine) == ["work"]


def test_keys_of_an_import_are_the_profiles_own(owner: Machine) -> None:
    (owner.home / "word").write_text("of the profile")
    sealed = ("--passphrase-file", "word")
    done(owner.run("export", "all.age", "--with-secrets", *sealed, "--profile", "work"))
    done(owner.run("--profile", "home", "import", "all.age", *sealed, "--yes", "--on-conflict", "replace"))
    assert key(owner, "--profile", "home") == WORK
    assert key(owner) == SHARED
    assert owner.run("--profile", "home", "import", "all.age", *sealed, "--check").code == 0


def test_a_shared_key_is_kept_for_the_profiles_that_use_it(owner: Machine) -> None:
    done(owner.run("secret", "remove", NAME, "--force", "--profile", "work"))
    removed = done(owner.run("remove-provider", "mine", "--yes", "--allow-no-provider"))
    assert f"{NAME} stays in the encrypted file" in removed.err
    assert owner.run("secret", "remove", NAME, "--yes").code == 4
    assert key(owner, "--profile", "work") == SHARED


def test_all_secrets_move_with_those_of_profiles(owner_with_keyring: Machine, secret_service: SecretService) -> None:
    owner = owner_with_keyring
    done(owner.run("secret", "move", NAME, "--to", "file", "--yes", "--profile", "work"))
    assert secret_service.get(NAME) == SHARED
    assert secret_service.get(f"work:{NAME}") is None
    done(owner.run("undo", "--yes", "--profile", "work"))
    done(owner.run("secret", "move", "--all", "--to", "file", "--yes"))
    assert [key(owner, "--profile", name) for name in ("none", "work", "home")] == [SHARED, WORK, HOME]
    assert secret_service.get(f"work:{NAME}") is None


@pytest.fixture
def two_values(owner_with_keyring: Machine) -> Machine:
    """The profile work has another value in the file, from which nothing is read."""
    store(owner_with_keyring, f"{CANARY}-file", "--profile", "work", "--store", "file")
    return owner_with_keyring


def follow(machine: Machine, err: str) -> None:
    """Type what a message says to type."""
    said = next(part for part in err.splitlines() if "crush-wizard" in part and "undo" not in part)
    done(machine.run(*said.partition("crush-wizard ")[2].split(), "--yes"))


@pytest.mark.parametrize("command", ["profile rename work client", "secret move --all --to file --yes"])
def test_of_two_values_the_one_that_is_named_goes(two_values: Machine, command: str) -> None:
    refused = two_values.run(*command.split(), "--profile", "home" if "rename" in command else "none")
    assert refused.code == 4
    assert f"{NAME} (profile work)" in refused.err
    follow(two_values, refused.err)
    stored = two_values.run("profile", "show", "work", "--json").json["data"]["secrets"]
    assert stored == [{"name": NAME, "store": "keyring"}]
    assert done(two_values.run(*command.split())).code == 0


def test_keys_of_all_that_are_left_behind_are_named(owner_with_keyring: Machine) -> None:
    (owner_with_keyring.home / ".config" / "crush-wizard" / "settings.toml").unlink()  # nobody has chosen yet
    said = owner_with_keyring.run(
        "secret", "set", "OTHER_API_KEY", "--stdin", "--store", "file", "--profile", "work", stdin=f"{CANARY}-file"
    )
    for whose in ("", " (profile work)", " (profile home)"):
        assert f"{NAME}{whose}" in said.err
    follow(owner_with_keyring, said.err)
    assert key(owner_with_keyring, "--profile", "home") == HOME
    assert key(owner_with_keyring) == SHARED


@pytest.mark.parametrize("way", ["--profile", "use"])
def test_a_crush_that_looks_keys_up_is_started_in_the_profile(owner: Machine, way: str) -> None:
    flags = ["--profile", "work"] if way == "--profile" else []
    if not flags:
        done(owner.run("profile", "use", "work"))
    add = ["add-provider", "groq", "--yes", "--no-test", "--placeholder", "lookup", "--api-key-stdin", *flags]
    said = done(owner.run(*add, stdin=f"{CANARY}-groq")).err
    assert said.splitlines()[-1].endswith("crush-wizard --profile work run")


def test_create_from_a_sealed_file(owner: Machine) -> None:
    (owner.home / "words").write_text("correct horse battery staple\n")
    opened = ("--passphrase-file", str(owner.home / "words"))
    done(owner.run("export", str(owner.home / "all.age"), "--with-secrets", "--profile", "work", "--yes", *opened))
    done(owner.run("profile", "create", "third", "--from", str(owner.home / "all.age"), "--yes", *opened))
    assert key(owner, "--profile", "third") == WORK
    assert key(owner, "--profile", "home") == HOME


def test_what_a_new_one_lacks_is_stored_in_it(owner: Machine) -> None:
    done(owner.run("export", "team.toml", "--yes"))
    done(owner.run("secret", "remove", NAME, "--force"))
    created = done(owner.run("profile", "create", "third", "--from", "team.toml", "--yes"))
    assert f"crush-wizard --profile third secret set {NAME}" in created.err
    assert "crush-wizard secret set" not in created.err


def test_the_list_of_secrets_says_whose(owner: Machine) -> None:
    store(owner, CANARY, "--profile", "none")
    done(owner.run("secret", "set", "OTHER_API_KEY", "--stdin", stdin=CANARY))
    listed = owner.run("secret", "list", "--json", "--profile", "work").json["data"]["secrets"]
    assert {secret["name"]: secret["profile"] for secret in listed} == {NAME: "work", "OTHER_API_KEY": None}
    everybodys = owner.run("secret", "list", "--json").json["data"]["secrets"]
    assert [secret["name"] for secret in everybodys] == [NAME, "OTHER_API_KEY"]


def test_an_export_says_how_to_make_the_profile_elsewhere(owner: Machine) -> None:
    done(owner.run("profile", "use", "work"))
    exported = done(owner.run("export", "team.toml", "--yes"))
    assert exported.err.splitlines()[-1].strip() == "crush-wizard profile create work --from team.toml"


def test_a_greeting_names_the_profile_once(owner: Machine) -> None:
    greeted = owner.run("--profile", "work").err
    assert greeted.startswith("crush-wizard found (profile work):\n")
    assert greeted.count("(profile work)") == 1


def test_a_report_for_strangers_names_no_client(owner: Machine) -> None:
    done(owner.run("profile", "rename", "work", "acme"))
    report = done(owner.run("doctor", "--report", "--profile", "acme")).out
    assert "a profile is in force" in report
    assert "<profile>/crush.json" in report
    assert "acme" not in report


REMOVED_MEANWHILE = """\
import shutil, sys
from wizard.machine import target, profiles
from wizard.__main__ import main

usual = target.warn_of_unread_crushrc

def just_before_writing(*arguments):
    shutil.rmtree(profiles.KeptProfile("work").config)
    usual(*arguments)

target.warn_of_unread_crushrc = just_before_writing
sys.argv = ["crush-wizard", "--profile", "work", "add-provider", "groq", "--yes", "--no-test"]
main()
"""


def test_a_profile_that_is_removed_meanwhile_does_not_come_back(owner: Machine) -> None:
    command = [sys.executable, "-c", REMOVED_MEANWHILE]
    ended = subprocess.run(command, env=owner.env, cwd=owner.home, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "there is no profile `work`" in ended.stderr
    assert profiles(owner) == ["home"]
    assert not folder(owner).exists()


def test_a_plan_says_in_which_profile(owner: Machine) -> None:
    assert "in profile work:\n" in owner.run("use", "large", "mine/m-1", "--dry-run", "--profile", "work").err
    assert "profile" not in owner.run("use", "large", "mine/m-1", "--dry-run").err


def test_only_its_own_keys_are_moved(owner: Machine) -> None:
    done(owner.run("secret", "remove", NAME, "--force", "--profile", "work"))
    refused = owner.run("secret", "move", NAME, "--to", "keyring", "--yes", "--profile", "work")
    assert (refused.code, f"profile work does not have its own {NAME} there" in refused.err) == (2, True)


def test_what_doctor_says_to_type_is_for_its_profile(owner: Machine) -> None:
    assert owner.run("--profile", "work", "add-provider", "mistral", "--yes").code == 0
    ended = owner.run("doctor", "--profile", "work", "--json")
    cures = [finding["cure"] for finding in ended.json["data"]["findings"]]
    assert any("crush-wizard --profile work secret set MISTRAL_API_KEY" in cure for cure in cures)


@pytest.mark.any_python
@pytest.mark.parametrize("words", [("profile", "create", "new"), ("profile", "remove", "work", "--yes")])
@pytest.mark.timeout(600)
def test_killed_in_the_middle_it_is_all_there_or_nothing(
    owner: Machine, words: tuple[str, ...], tmp_path: Path
) -> None:
    before, number, ended_well = profiles(owner), 0, 0
    while True:
        ended = run_with_fault(owner, words, "", KILL, number, tmp_path / "n")
        done(owner.run("list"))
        if profiles(owner) == before:
            assert key(owner, "--profile", "work") == WORK, f"killed at call {number}"
        else:
            ended_well += 1
            assert owner.run("profile", "show", "work").code == (2 if words[1] == "remove" else 0)
            done(owner.run("undo", "--yes"))
            assert (profiles(owner), key(owner, "--profile", "work")) == (before, WORK)
        if not ended.struck:
            break
        number += 7
    assert ended_well


# A folder that names its profile


@pytest.fixture
def cloned(owner: Machine) -> Path:
    """A work tree whose author wants the profile work."""
    inside = owner.home / "cloned" / "src"
    (inside.parent / ".git").mkdir(parents=True)
    inside.mkdir()
    (inside.parent / ".crush-wizard").write_text("# ours\nwork\n")
    return inside


def test_a_cloned_folder_chooses_nothing_by_itself(owner: Machine, cloned: Path) -> None:
    assert key(owner, cwd=cloned) == SHARED
    warned = owner.run("list", cwd=cloned)
    assert "names profile work, which is not in force" in warned.err
    (cloned / ".env").write_text("WIZARD_PROFILE=work\n")
    assert "WIZARD_PROFILE=none" in variables(owner, cwd=cloned)


def test_consent_is_remembered_for_the_folder_and_the_name(owner: Machine, cloned: Path) -> None:
    agreed = done(owner.run("profile", "use", "work", "--here", cwd=cloned))
    assert "Switched to profile work in this folder" in agreed.err
    assert not (cloned / ".crush-wizard").exists()  # the one above it says so
    assert key(owner, cwd=cloned) == WORK
    assert key(owner, "--profile", "home", cwd=cloned) == HOME
    assert key(owner) == SHARED
    (cloned.parent / ".crush-wizard").write_text("home\n")
    assert key(owner, cwd=cloned) == SHARED
    copied = cloned.parent.rename(cloned.parent.with_name("copied"))
    assert key(owner, cwd=copied) == SHARED


def test_a_folder_of_ones_own_gets_the_file(owner: Machine) -> None:
    project = owner.home / "project"
    project.mkdir()
    done(owner.run("profile", "use", "work", "--here", cwd=project))
    assert (project / ".crush-wizard").read_text() == "work\n"
    assert key(owner, cwd=project) == WORK


def test_another_name_leaves_the_rest_of_its_file(owner: Machine, tmp_path: Path) -> None:
    file = tmp_path / ".crush-wizard"
    file.write_bytes(b"# ours\r\n work \r\n# more\r\n")
    done(owner.run("profile", "use", "home", "--here", cwd=tmp_path))
    assert file.read_bytes() == b"# ours\r\n home \r\n# more\r\n"


@pytest.mark.parametrize("content", ["export A=1\n", "20\n"])
def test_a_link_leads_to_no_file_of_mine(owner: Machine, cloned: Path, content: str) -> None:
    mine = owner.home / ".bashrc"
    mine.write_text(content)
    (cloned / ".crush-wizard").symlink_to(mine)
    refused = owner.run("profile", "use", "home", "--here", cwd=cloned)
    assert refused.code == 4
    assert "link to another file" in refused.err
    assert mine.read_text() == content


def test_a_file_for_something_else_stays(owner: Machine, tmp_path: Path) -> None:
    (tmp_path / ".crush-wizard").write_text("[settings]\nx = 1\n")
    assert owner.run("profile", "use", "home", "--here", cwd=tmp_path).code == 4
    assert (tmp_path / ".crush-wizard").read_text() == "[settings]\nx = 1\n"


def test_a_folder_that_names_none_of_mine_is_told(owner: Machine, cloned: Path) -> None:
    done(owner.run("profile", "use", "work", "--here", cwd=cloned))
    done(owner.run("profile", "rename", "work", "client"))
    assert "names profile work, which does not exist here" in owner.run("run", "--", "env", cwd=cloned).err
    assert key(owner, cwd=cloned) == SHARED


@pytest.mark.parametrize("content", ["", "../work\n", "\xff\n", "none\n"])
def test_what_names_no_profile_of_mine_is_nothing(owner: Machine, cloned: Path, content: str) -> None:
    (cloned.parent / ".crush-wizard").write_text(content, encoding="latin-1")
    assert owner.run("run", "--", "env", cwd=cloned).err == ""


def test_the_doctor_names_a_variable_that_would_choose(machine: Machine, tmp_path: Path) -> None:
    machine.write_config(CONFIG)
    (tmp_path / ".env").write_text("WIZARD_PROFILE=work\n")
    found = machine.run("doctor", "--json", cwd=tmp_path).json["data"]["findings"]
    assert [
        finding["message"] for finding in found if finding["code"] == "T3" and "WIZARD_PROFILE" in finding["message"]
    ]


# A dialogue


def test_a_dialogue_stays_in_its_profile(owner: Machine) -> None:
    first = owner.run("--profile", "work", "edit-provider", "mine", "--steps", "--no-test").json
    assert first["profile"] == "work"
    state = first["data"]["state"]
    strayed = owner.run("edit-provider", "--state", state, "--answer", "x")
    assert "this is a state of profile work" in strayed.json["error"]["message"]


# What the shell offers


@pytest.mark.parametrize("line", ["--profile ", "list --profile ", "profile show ", "run --profile=", "profile use "])
def test_names_are_completed(owner: Machine, line: str) -> None:
    env = {"_CRUSH_WIZARD_COMPLETE": "bash_complete", "COMP_WORDS": f"crush-wizard {line}"}
    assert "work" in owner.run(env=env).out


@pytest.mark.parametrize("line", ["--profile n", "profile use n"])
def test_none_is_completed(owner: Machine, line: str) -> None:
    env = {"_CRUSH_WIZARD_COMPLETE": "bash_complete", "COMP_WORDS": f"crush-wizard {line}", "COMP_CWORD": "2"}
    if line.startswith("profile"):
        env["COMP_CWORD"] = "3"
    assert owner.run(env=env).out == "plain,none\n"


def test_what_a_profile_has_is_completed_in_it(owner: Machine) -> None:
    done(owner.run("add-provider", "groq", "--yes", "--no-test", "--profile", "work"))

    def offered(line: str) -> str:
        env = {"_CRUSH_WIZARD_COMPLETE": "bash_complete", "COMP_WORDS": f"crush-wizard {line}"}
        return owner.run(env=env).out

    assert "groq" in offered("--profile work show ")
    assert "groq" not in offered("show ")
    done(owner.run("profile", "use", "work"))
    assert "groq" in offered("show ")
    assert "groq" not in offered("--profile none show ")


def test_no_profiles_no_cost(machine: Machine) -> None:
    """Who has none loads nothing for them."""
    loaded = (
        "import sys; from wizard.cli.app import run; run(['paths']); print('wizard.machine.profiles' in sys.modules)"
    )
    command = [sys.executable, "-c", loaded]
    ran = subprocess.run(command, env=machine.env, cwd=machine.home, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("line", ["profile = work", "profile = 3", 'profile = "gone"'])
def test_a_broken_choice_stops_no_command_that_helps_to_mend_it(owner: Machine, line: str) -> None:
    settings = owner.home / ".config" / "crush-wizard" / "settings.toml"
    settings.write_text(f'secret_store = "file"\n{line}\n')
    assert owner.run("list").code in (2, 4)
    assert owner.run("doctor", "--fix", "--yes").code in (2, 4)
    done(owner.run("list", "--help"))
    for told in (owner.run("doctor"), owner.run("paths")):
        assert told.code in (0, 1)
        assert "warning: no profile is in force: " in told.err
    if line != "profile = work":
        done(owner.run("profile", "use", "work"))
        assert settings.read_text() == 'secret_store = "file"\nprofile = "work"\n'
