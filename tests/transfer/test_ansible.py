"""The playbook beside PROFILE.md, run by a real ansible-playbook on six hosts with homes of their own.

One run after the other tells a story of a fleet, once for all tests: looked at, set up, set up again, with a new key,
and what is refused. The tests look at what each run printed and at what each home held after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from filelock import FileLock

from wizard import __version__
from wizard.files.locations import SYSTEM_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("ansible", reason="ansible-core is not installed")
pytestmark = [pytest.mark.any_python, pytest.mark.timeout(600)]  # the first test waits for all runs

ROOT = Path(__file__).parents[2]
PLAYBOOK = ROOT / "wizard" / "transfer" / "ansible-playbook"
TASKS = PLAYBOOK / "roles" / "crush" / "tasks" / "main.yml"
NAME = "WORK_API_KEY"

USERS = ("ada", "bo", "cy", "di", "ed")
HOSTS = (*USERS, "lab")
CONFIG = ".config/crush/crush.json"
CRUSHRC = ".config/crush/crushrc"
ROTATED = ("bo", "cy", "lab")
"""Who gets the second key: somebody with a crush.json, one with a crushrc, and the machine."""
BEFORE = {
    "bo": {
        CONFIG: '{\r\n\t"providers" : {"mine": {"base_url": "http://localhost:1/v1", "models": [ {"id":"q"} ]} },'
        '\r\n\t"options": {"debug":false}}'
    },
    "cy": {CRUSHRC: "# what I like\nexport EDITOR=vi  # always\n\nmodel large mine/q\n"},
    "di": {
        CONFIG: '{"providers": {"work": {"base_url": "https://old.example/v1", "flat_rate": true, '
        '"api_key": "$OLD_KEY", "models": [{"id": "w-own", "name": "Mine"}]}}}\n'
    },
    "ed": {"dotfiles/crush.json": '{\n  "options": {"debug": true}\n}\n'},
}
"""What the users had before: nothing, other providers in odd spelling, a crushrc, the same provider, dotfiles."""
PROGRAM = """\
#!/bin/sh
# Notes the arguments of all processes, and the files that ansible left for this one, and starts the wizard.
{{ printf '%s\\n' "$*"; cat /proc/[0-9]*/cmdline; find '{remote}' -type f; }} >>'{seen}' 2>/dev/null
exec env -i HOME='{home}' PATH=/usr/bin:/bin LANG=C.UTF-8 PYTHONPATH='{root}' WIZARD_OFFLINE=1 \
'{python}' -m wizard "$@"
"""

INTERPRETER = """\
#!/bin/sh
PYTHONPATH='{folder}' exec '{python}' "$@"
"""
CUSTOMIZED = """\
import hashlib, marshal, os, zipimport

compiled = zipimport._compile_source


def kept(path, source):
    name = os.path.join(os.path.dirname(__file__), hashlib.sha256(source).hexdigest())
    try:
        with open(name, "rb") as file:
            return marshal.load(file)
    except OSError:
        code = compiled(path, source)
    with open(f"{name}.{os.getpid()}", "wb") as file:
        marshal.dump(code, file)
    os.replace(file.name, name)
    return code


zipimport._compile_source = kept
"""
"""The hosts' Python compiles what ansible sends once. Ansible sends all of its library with each task, as source."""


@dataclass(frozen=True)
class Run:
    """One run, and what was there after it: by host the files, and which of the keys the store had."""

    code: int
    out: str
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    key: dict[str, str | None] = field(default_factory=dict)

    @property
    def recap(self) -> dict[str, tuple[int, int]]:
        """By host: how many tasks changed something, and how many failed."""
        found = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)", self.out, re.MULTILINE)
        return {host: (int(changed), int(failed)) for host, changed, failed in found}


@dataclass(frozen=True)
class Fleet:
    """Six hosts on this machine, and a controller's copy of the playbook."""

    root: Path

    @property
    def playbook(self) -> Path:
        return self.root / "playbook"

    @property
    def interpreter(self) -> Path:
        return self.root / "python" / "python"

    def home(self, host: str) -> Path:
        return self.root / "hosts" / host

    def program(self, host: str) -> Path:
        return self.root / "programs" / host

    @property
    def keys(self) -> dict[str, str]:
        """No other run's: all processes of the machine are searched for them."""
        own = hashlib.sha256(str(self.root).encode()).hexdigest()
        return {"the first": f"sk-{own[:12]}", "the second": f"sk-\"\\{own[12:24]}'#{{{own[24:36]}"}

    def keys_in(self, text: str) -> list[str]:
        """The parts of keys that would show, however these were quoted."""
        return [part for key in self.keys.values() for part in re.findall("[0-9a-f]{12}", key) if part in text]

    def ansible(self, tool: str, *arguments: str, stdin: str = "") -> Run:
        own = {
            "HOME": str(self.root / "controller"),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.playbook / "ansible.cfg"),
            "ANSIBLE_FORKS": str(len(HOSTS)),
            "ANSIBLE_HOME": str(self.root / "controller"),
            "ANSIBLE_LOCAL_TEMP": str(self.root / "local"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_REMOTE_TEMP": str(self.root / "remote"),
            "ANSIBLE_STRATEGY": "free",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.root / "vault-password"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "ansible", tool, *arguments],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=self.playbook,
            env=own,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def play(self, *arguments: str) -> Run:
        done = self.ansible("playbook", "-i", "hosts.yml", "crush.yml", *arguments)
        files = {host: dict(self._files(host)) for host in HOSTS}
        return Run(done.code, done.out, files, {host: self._key(host) for host in USERS})

    def wizard(self, host: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.program(host)), *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=self.home(host), check=False)

    def store(self, key: str) -> None:
        """Put the key into the vault, which is encrypted from the start."""
        vault = self.playbook / "group_vars" / "crush_users" / "vault.yml"
        vault.parent.mkdir(exist_ok=True)
        plain = json.dumps({"crush_secrets": {NAME: self.keys[key]}})
        done = self.ansible("vault", "encrypt", "--output", str(vault), "-", stdin=plain)
        assert done.code == 0, done.out
        assert vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")

    def _files(self, host: str) -> Iterator[tuple[str, str]]:
        """Every path with its mode and content; Latin-1 shows each byte as one character."""
        for path in sorted(self.home(host).rglob("*")):
            what = path.read_bytes().decode("latin-1") if path.is_file() else ""
            yield str(path.relative_to(self.home(host))), f"{stat.filemode(path.lstat().st_mode)} {what}"

    def _key(self, host: str) -> str | None:
        value = self.wizard(host, "secret", "get", NAME).stdout.removesuffix("\n")
        return next((name for name, key in self.keys.items() if key == value), value or None)


@dataclass(frozen=True)
class Story:
    """The runs by their names."""

    fleet: Fleet
    runs: dict[str, Run]

    def __getitem__(self, name: str) -> Run:
        return self.runs[name]


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Told once, whichever of pytest-xdist's workers comes first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "fleet"
    fleet, written = Fleet(root), root.with_suffix(".json")
    with FileLock(root.with_suffix(".lock")):
        if not written.exists():
            runs = {name: asdict(run) for name, run in _told(fleet)}
            written.write_text(json.dumps(runs), encoding="utf-8")
    told = json.loads(written.read_text(encoding="utf-8"))
    return Story(fleet, {name: Run(**run) for name, run in told.items()})


def _told(fleet: Fleet) -> Iterator[tuple[str, Run]]:
    _prepare(fleet)
    yield "syntax", fleet.ansible("playbook", "crush.yml", "--syntax-check")
    yield "shipped inventory", fleet.ansible("playbook", "crush.yml", "--list-hosts")
    fleet.store("the first")
    yield "check", fleet.play("--check", "--diff")
    yield "first", fleet.play("--diff", "-vvv", "-e", f"crush_wizard_version={__version__}")
    yield "second", fleet.play("--diff", "-vvv")
    fleet.store("the second")
    some = ("--limit", ",".join(ROTATED))
    yield "rotation, check", fleet.play("--check", "--diff", *some)
    yield "rotation", fleet.play("--diff", "-vvv", *some)
    yield "wrong version", fleet.play("--limit", "cy", "-e", "crush_wizard_version=9.9.9")
    (fleet.home("di") / CONFIG).write_text('{"providers": {,}}', encoding="utf-8")
    moved = ("--limit", "bo,di", "-vvv", "-e", "crush_profile=moved.toml")
    yield "moved", fleet.play(*moved)
    yield "moved with consent", fleet.play(*moved, "-e", "crush_allow_commands=true")


def _prepare(fleet: Fleet) -> None:
    shutil.copytree(PLAYBOOK, fleet.playbook)
    for name in ("controller", "local", "remote", "programs", "python"):
        (fleet.root / name).mkdir()
    (fleet.root / "python" / "sitecustomize.py").write_text(CUSTOMIZED, encoding="utf-8")
    _write_program(fleet.interpreter, INTERPRETER.format(folder=fleet.root / "python", python=sys.executable))
    (fleet.root / "vault-password").write_text("correct horse\n", encoding="utf-8")
    team = (fleet.playbook / "team.toml").read_text(encoding="utf-8")
    (fleet.playbook / "moved.toml").write_text(team.replace("llm.work", "new.work"), encoding="utf-8")
    for host in HOSTS:
        _set_up(fleet, host)
    (fleet.home("ed") / CONFIG).parent.mkdir(parents=True)
    (fleet.home("ed") / CONFIG).symlink_to(fleet.home("ed") / "dotfiles" / "crush.json")
    lab = _variables(fleet, "lab", ".config/none") | {"crush_file": str(fleet.home("lab") / "etc" / "crush.json")}
    lab["crush_folder"] = str(fleet.home("lab") / "etc")
    users = {host: _variables(fleet, host, ".config/crush") for host in USERS}
    groups = {"crush_users": {"hosts": users}, "crush_machines": {"hosts": {"lab": lab}}}
    (fleet.playbook / "hosts.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")


def _set_up(fleet: Fleet, host: str) -> None:
    home, program = fleet.home(host), fleet.program(host)
    home.mkdir(parents=True)
    for name, text in BEFORE.get(host, {}).items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_bytes(text.encode())
    seen, remote = fleet.root / f"seen-{host}", fleet.root / "remote"
    script = PROGRAM.format(remote=remote, seen=seen, home=home, root=ROOT, python=sys.executable)
    _write_program(program, script)


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _variables(fleet: Fleet, host: str, folder: str) -> dict[str, str]:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(fleet.interpreter),
        "crush_folder": str(fleet.home(host) / folder),
        "crush_program": str(fleet.program(host)),
    }


def _provider(run: Run, host: str, file: str = CONFIG) -> dict[str, Any]:
    provider: dict[str, Any] = json.loads(run.files[host][file].partition(" ")[2])["providers"]["work"]
    return provider


# The playbook as it stands


def _tasks(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        yield from _tasks(task.get("block", []))


def test_only_what_every_ansible_has_is_used() -> None:
    tasks = yaml.safe_load(TASKS.read_text(encoding="utf-8"))
    modules = {key for task in _tasks(tasks) for key in task if "." in key}
    assert modules == {f"ansible.builtin.{name}" for name in ("assert", "command", "copy", "debug")}
    assert all("block" in task or modules & task.keys() for task in _tasks(tasks))


def test_what_gets_the_keys_is_not_logged() -> None:
    tasks = yaml.safe_load(TASKS.read_text(encoding="utf-8"))
    given = [task for task in _tasks(tasks) if "crush_profile_with_keys" in str(task) and "block" not in task]
    assert len(given) == 2
    assert all(task["no_log"] is True for task in given)


def test_it_is_sound_with_the_inventory_that_comes_with_it(story: Story) -> None:
    assert story["syntax"].code == 0, story["syntax"].out
    assert "WARNING" not in story["syntax"].out
    assert {"lab-1", "build-1", "desk-7-ada"} <= set(story["shipped inventory"].out.split())


def test_a_machine_s_file_is_the_one_that_crush_reads() -> None:
    values = yaml.safe_load((PLAYBOOK / "group_vars" / "crush_machines.yml").read_text(encoding="utf-8"))
    assert values == {"crush_file": str(SYSTEM_FILE), "crush_folder": str(SYSTEM_FILE.parent)}


def test_the_page_names_settings_that_there_are() -> None:
    named = set(re.findall(r"`(crush_[a-z_]+)", (PLAYBOOK / "README.md").read_text(encoding="utf-8")))
    groups = {"crush_machines"}
    settings = (PLAYBOOK / "roles" / "crush" / "defaults" / "main.yml").read_text(encoding="utf-8")
    assert named - groups == {name for name in named if f"\n{name}: " in settings or f"\n# {name}: " in settings}
    used = set(re.findall(r"crush_[a-z_]+", TASKS.read_text(encoding="utf-8")))
    own = {"crush_program_version", "crush_import", "crush_profile_with_keys", "crush_warnings"}
    answers = {"crush_asked", "crush_done", "crush_plan", "crush_result"}
    assert used - own - answers == set(re.findall(r"^(?:# )?(crush_[a-z_]+): ", settings, re.MULTILINE))


# Check mode


def test_check_mode_says_changed_and_changes_nothing(story: Story) -> None:
    run = story["check"]
    assert run.code == 0, run.out
    assert run.recap == dict.fromkeys(HOSTS, (2, 0))
    for host in USERS:
        files = {name for name, what in run.files[host].items() if not what.startswith("d")}
        assert files == set(BEFORE.get(host, {})) | ({CONFIG} if host == "ed" else set())
    assert not run.files["lab"]


def test_check_mode_sees_a_new_key(story: Story) -> None:
    run = story["rotation, check"]
    assert run.recap == {"bo": (1, 0), "cy": (1, 0), "lab": (0, 0)}
    assert run.out.count(f"{NAME} goes into the store") == 2
    assert (run.files, run.key) == (story["second"].files, story["second"].key)


def test_diff_mode_shows_the_diff(story: Story) -> None:
    for name in ("check", "first"):
        for host in ("ada", "bo", "di", "ed"):
            assert f"+++ {story.fleet.home(host) / CONFIG}" in story[name].out
        assert f"+++ {story.fleet.home('cy') / CRUSHRC}" in story[name].out
        assert '"api_key": "$WORK_API_KEY"' in story[name].out
        assert f"{NAME} goes into the store" in story[name].out


# The first run


def test_all_hosts_are_set_up(story: Story) -> None:
    run = story["first"]
    assert run.code == 0, run.out
    assert run.recap == dict.fromkeys(HOSTS, (2, 0))
    assert run.key == dict.fromkeys(USERS, "the first")
    for host in ("ada", "bo", "di", "ed"):
        provider = _provider(run, host)
        assert provider["api_key"] == f"${NAME}"
        assert {"w-large", "w-small"} <= {model["id"] for model in provider["models"]}


def test_the_other_bytes_of_a_file_stay(story: Story) -> None:
    after = story["first"].files["bo"][CONFIG].partition(" ")[2]
    mine, options = BEFORE["bo"][CONFIG].removesuffix("}").split(" },")
    assert after.startswith(mine)
    assert options in after.removeprefix(mine)


def test_a_crushrc_stays_one(story: Story) -> None:
    files = story["first"].files["cy"]
    assert CONFIG not in files
    assert "# what I like\nexport EDITOR=vi  # always\n" in files[CRUSHRC]
    assert NAME in files[CRUSHRC]


def test_what_the_profile_says_wins_and_the_rest_of_a_provider_stays(story: Story) -> None:
    provider = _provider(story["first"], "di")
    assert provider["base_url"] == "https://llm.work.example/v1"
    assert provider["flat_rate"] is True
    assert "w-own" in {model["id"] for model in provider["models"]}


def test_dotfiles_stay_dotfiles(story: Story) -> None:
    files = story["first"].files["ed"]
    assert files[CONFIG].startswith("l")
    assert '"debug": true' in files["dotfiles/crush.json"]
    assert "llm.work.example" in files["dotfiles/crush.json"]


def test_a_file_for_the_whole_machine_has_no_secrets_beside_it(story: Story) -> None:
    files = story["first"].files["lab"]
    assert _provider(story["first"], "lab", "etc/crush.json")["api_key"] == f"${NAME}"
    assert not [name for name in files if name.endswith(".age")]
    assert CONFIG not in files


def test_the_profile_stays_for_comparing(story: Story) -> None:
    for host in ("ada", "cy", "ed"):
        done = story.fleet.wizard(host, "import", str(story.fleet.home(host) / ".config/crush/team.toml"), "--check")
        assert done.returncode == 0, done.stderr


def test_the_profile_for_keys_says_no_more_than_the_one_for_a_machine(story: Story) -> None:
    done = story.fleet.wizard("ada", "import", str(PLAYBOOK / "keys.toml"), "--check", "--on-conflict", "merge")
    assert done.returncode == 0, done.stdout


def test_crush_gets_its_key(story: Story) -> None:
    done = story.fleet.wizard("bo", "run", "--", "sh", "-c", f'printf %s "${NAME}"')
    assert done.stdout == story.fleet.keys["the second"]


# Again, and with a new key


def test_the_second_run_changes_nothing(story: Story) -> None:
    run = story["second"]
    assert run.code == 0, run.out
    assert run.recap == dict.fromkeys(HOSTS, (0, 0))
    assert (run.files, run.key) == (story["first"].files, story["first"].key)


def test_a_new_key_changes_nothing_else(story: Story) -> None:
    run, before = story["rotation"], story["second"]
    assert run.recap == {"bo": (1, 0), "cy": (1, 0), "lab": (0, 0)}
    assert run.key == dict.fromkeys(USERS, "the first") | {"bo": "the second", "cy": "the second"}
    for host in HOSTS:
        names = {
            name
            for name in run.files[host].keys() | before.files[host].keys()
            if run.files[host].get(name) != before.files[host].get(name)
        }
        assert not [name for name in names if "/crush-wizard" not in name]


# Refusals


def test_another_version_stops_the_run(story: Story) -> None:
    run = story["wrong version"]
    assert (run.code, run.recap) == (2, {"cy": (0, 1)})
    assert f"crush-wizard {__version__} is installed, and 9.9.9 is wanted" in " ".join(run.out.split())


def test_a_refusal_is_told_although_the_task_is_not_logged(story: Story) -> None:
    run = story["moved"]
    assert (run.code, run.recap["di"]) == (2, (0, 1))
    assert "code: invalid-config" in run.out
    assert str(story.fleet.home("di") / CONFIG) in run.out
    assert run.files["di"][CONFIG].endswith('{"providers": {,}}')


def test_a_new_host_for_a_key_needs_consent(story: Story) -> None:
    run, consented = story["moved"], story["moved with consent"]
    assert run.recap["bo"] == (0, 1)
    assert f"${NAME} would be sent to new.work.example" in " ".join(run.out.split())
    assert run.files["bo"] == story["rotation"].files["bo"]
    assert consented.recap["bo"] == (2, 0)
    assert _provider(consented, "bo")["base_url"] == "https://new.work.example/v1"


# Where the keys are not


def test_no_output_has_a_key(story: Story) -> None:
    for name, run in story.runs.items():
        assert not story.fleet.keys_in(run.out), name


def test_no_file_has_a_key(story: Story) -> None:
    """Not the hosts' files after any run, nor anything that ansible or the tests left behind."""
    for name, run in story.runs.items():
        assert not story.fleet.keys_in(json.dumps(run.files)), name
    for path in story.fleet.root.rglob("*"):
        if path.is_file():
            assert not story.fleet.keys_in(path.read_text("latin-1")), path


def test_no_process_has_a_key_among_its_arguments_and_no_task_waits_in_a_file(story: Story) -> None:
    for host in HOSTS:
        seen = (story.fleet.root / f"seen-{host}").read_text("latin-1")
        assert "import - --json --on-conflict merge --store file" in seen
        assert not story.fleet.keys_in(seen)
        assert "AnsiballZ_command" not in seen
