"""Start a command with the secrets in its environment, and nowhere else. Each start of Crush waits for this."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from wizard.errors import Cancelled, SecretNotFound, WizardError
from wizard.files.locations import LOCAL, here
from wizard.machine.files import files_in_force
from wizard.machine.provision import held, in_use, open_store_for, read
from wizard.namespace import profile_in_force
from wizard.secrets.agent import refuse_inside_agent
from wizard.secrets.core_dumps import leave_no_core
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wizard.ui.output import Output

DEFAULT = ("crush",)

_KEPT = frozenset(
    "HOME PATH PWD SHELL USER LOGNAME TERM COLORTERM TERM_PROGRAM NO_COLOR LANG LANGUAGE TZ EDITOR VISUAL "
    "TMPDIR TMP TEMP DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS "
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS "
    # Windows
    "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT OS USERNAME USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA "
    "PROGRAMDATA PROGRAMFILES PROGRAMFILES(X86) PROCESSOR_ARCHITECTURE NUMBER_OF_PROCESSORS "
    # what marks an agent's shell is no harm, and losing it would be one
    "CRUSH AGENT AI_AGENT".split()
)
"""What --pristine lets through, in any case: without it the command would not find its files, screen or network."""
_KEPT_STARTS = ("LC_", "XDG_", "CRUSH_", "WIZARD_")


class CommandNotFound(WizardError):
    code = "command-not-found"
    exit_code = 127


class CommandNotExecutable(WizardError):
    code = "command-not-executable"
    exit_code = 126


def start_with_secrets(
    words: Sequence[str],
    output: Output,
    *,
    only: Collection[str] = (),
    pristine: bool = False,
    strict: bool = False,
    allow_agent: bool = False,
    allow_hosts: bool = False,
    verbose: bool = False,
) -> int:
    """Become the command (Crush, where `words` is empty), or wait for it where that is impossible: its exit code.

    Raises what `start` raises, Cancelled, and SecretNotFound with `strict`.
    """
    refuse_inside_agent(os.environ, "run", allowed=allow_agent)
    if output.profile:
        output.note(f"profile {output.profile}")
    if _starts_crush(words or DEFAULT):
        _ask_about_folder(output, allow_hosts=allow_hosts)
    with _no_core():
        environ = _environment(only, output, pristine=pristine, strict=strict, verbose=verbose)
    return start(words or DEFAULT, environ)


def start(words: Sequence[str], environ: Mapping[str, str], platform: str = sys.platform) -> int:
    """Become the command; on Windows, which can't, wait for it: its exit code.

    Raises CommandNotFound (127) or CommandNotExecutable (126).
    """
    try:
        if platform == "win32":
            return _wait_for(words, environ)
        _become(words, environ)
    except OSError as error:
        raise _not_started(words[0], error) from error


# The folder


def _starts_crush(words: Sequence[str]) -> bool:
    return os.path.splitext(os.path.basename(words[0]))[0] in DEFAULT  # noqa: PTH119, PTH122 a Path would take longer


def _ask_about_folder(output: Output, *, allow_hosts: bool) -> None:
    """Raises Cancelled for a no. Where nobody can be asked Crush starts: that is what a script has asked for."""
    around = here()
    local = (file.path for file in files_in_force(around) if file.role in LOCAL)
    if not (around.dotenv or any(map(os.path.lexists, local))):
        return
    from wizard.machine.consent import FLAG, Consent
    from wizard.machine.in_force import in_force

    consent = Consent(output, open_prompter(output), allow_hosts)
    try:
        found = in_force(around)
    except WizardError as problem:
        output.warning(f"can't tell what this folder's files do: {problem.where}: {problem.message}")
        return
    if not consent.lets_crush_start(found):
        if consent.asker is not None:
            raise Cancelled
        output.hint(f"only this folder's files say so; if all of this is right, add {FLAG}")


# The environment


def _environment(
    only: Collection[str], output: Output, *, pristine: bool, strict: bool, verbose: bool
) -> dict[str, str]:
    providers = in_use(only, output)
    used = providers.names
    already = [name for name in used if os.environ.get(name)]
    unset = [name for name in used if name not in already]
    store = open_store_for(output)
    listed = held(unset, store)
    values = read(listed, store, output)  # warns of those that are listed and gone
    missing = [name for name in unset if name not in values]
    needed = [name for name in missing if name in providers.needed]
    if needed and strict:
        raise SecretNotFound(
            f"no value in the environment or the store: {', '.join(needed)}",
            hint=f"store it: crush-wizard secret set {needed[0]}",
        )
    for name in (name for name in needed if name not in listed):
        output.warning(f"{name} has no value; store it: crush-wizard secret set {name}")
    if verbose:
        _say(output, already, values, [name for name in missing if name not in needed])
    kept = {name: value for name, value in os.environ.items() if not pristine or name in used or is_kept(name)}
    return {**kept, **values, **_of_profile(values)}


def _of_profile(secrets: Iterable[str]) -> dict[str, str]:
    if not profile_in_force():
        return {}
    from wizard.machine.profiles import handed_out

    return handed_out(secrets)


def is_kept(name: str) -> bool:
    """Whether --pristine lets a variable through."""
    return name.upper() in _KEPT or name.upper().startswith(_KEPT_STARTS)


def _say(output: Output, already: Iterable[str], stored: Iterable[str], missing: Iterable[str]) -> None:
    for name in already:
        output.note(f"{name} is already set")
    for name in stored:
        output.note(f"{name} comes from the store")
    for name in missing:
        output.note(f"{name} has no value in the environment or the store")


# Starting


@contextmanager
def _no_core() -> Iterator[None]:
    """No core dump of us while we hold values. The command gets the limit that we got."""
    if sys.platform == "win32":
        yield
        return
    import resource

    limits = resource.getrlimit(resource.RLIMIT_CORE)
    leave_no_core()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)


def _become(words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    import signal

    sys.stdout.flush()
    sys.stderr.flush()
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python at its start; the command would inherit that
        signal.signal(ignored, signal.SIG_DFL)
    os.execvpe(words[0], list(words), dict(environ))  # noqa: S606 to be without a shell is the point


def _wait_for(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Ctrl-C reaches the command as well as us; what becomes of it is for the command to say."""
    import shutil
    import signal
    import subprocess

    program = shutil.which(words[0], path=environ.get("PATH"))
    if program is None:
        raise FileNotFoundError(words[0])
    # A handler, unlike SIG_IGN, is not inherited; it is there before the command can be interrupted.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen([program, *words[1:]], env=dict(environ)) as child:
            return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _not_started(program: str, error: OSError) -> WizardError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return CommandNotFound(f"command not found: {program}", hint=_where_to_look(program))
    reason = error.strerror or type(error).__name__
    return CommandNotExecutable(f"can't start `{program}`: {reason}", hint=_why_not(error))


def _where_to_look(program: str) -> str:
    if program == "crush":
        return "install Crush, or add its folder to PATH"
    if os.path.dirname(program):  # noqa: PTH120 a Path would drop the `./`
        return "check the path, and the program that the file's #! line names"
    return "check the spelling, and PATH"


def _why_not(error: OSError) -> str:
    import errno

    return {
        errno.EACCES: "the file must be executable (chmod +x)",
        errno.ENOEXEC: "it is not a program for this machine; a script must begin with a #! line",
        errno.E2BIG: "a variable or the arguments are too long for this system",
    }.get(error.errno or 0, "")
