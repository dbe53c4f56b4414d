"""`secret get NAME` the short way: Crush waits for it, at start and before prompts.

Answers what is usual, a value from the Secret Service or from an age file without a passphrase, and imports next
to nothing for it. All else (other systems, other keyrings, other flags, somebody to ask) is left to
wizard.cli.secret.group, which gives the same answers in its own time.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wizard.errors import Cancelled, SecretError, StoreLocked, StoreTimedOut, WizardError
from wizard.secrets.agent import refuse_inside_agent
from wizard.secrets.core_dumps import leave_no_core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

ALLOW_AGENT = "--allow-agent"
OURS = "crush-wizard"
SECONDS = 5.0
"""The bound of everything together: Crush is waiting."""

BROKEN_PIPE = 141
"""The exit code of a Unix tool whose reader went away: 128 + SIGPIPE."""


class NotUsual(Exception):
    """This is for the long way. Control flow, not an error."""


def answer(arguments: list[str], environ: Mapping[str, str]) -> int | None:
    """Print the secret that `secret get` was asked for with these arguments.

    The exit code; None: this is for the long way, and nothing has happened yet.
    """
    try:
        name = _name_in(arguments, environ)
        refuse_inside_agent(environ, "secret get", allowed=ALLOW_AGENT in arguments)
        leave_no_core()
        with _within(SECONDS), or_variable(name, environ) as found:
            found.value = _value(name, environ)
    except NotUsual:
        return None
    except KeyboardInterrupt:
        return _complain(Cancelled())
    except WizardError as error:
        return _complain(error)
    return hand_out(found.value)


class LookedUp:
    """What a name stands for."""

    value = ""


@contextmanager
def or_variable(name: str, environ: Mapping[str, str]) -> Iterator[LookedUp]:
    """Where the store has no answer, the variable of that name has, if it is set.

    Crush runs the command in `${NAME:-$(crush-wizard secret get NAME)}` even if NAME is set, and fails with it.
    """
    found = LookedUp()
    try:
        yield found
    except SecretError:
        if not environ.get(name):
            raise
        found.value = environ[name]


def hand_out(value: str) -> int:
    """Write the value and a newline to stdout as they are, past everything that masks secrets."""
    left = memoryview(f"{value}\n".encode())
    try:
        while left:
            left = left[os.write(1, left) :]
    except BrokenPipeError:
        return BROKEN_PIPE
    return 0


def _name_in(arguments: list[str], environ: Mapping[str, str]) -> str:
    names = [argument for argument in arguments if argument != ALLOW_AGENT]
    usual = len(names) == 1 and names[0].isidentifier() and names[0].isascii() and names[0].isupper()
    usual = usual and _is_profile_there(environ)
    if not usual or sys.platform != "linux" or environ.get("WIZARD_DEBUG"):
        raise NotUsual
    return names[0]


def _value(name: str, environ: Mapping[str, str]) -> str:
    if _is_reference(name, environ):
        raise NotUsual
    match _store_in_use(environ):
        case "file":
            return _from_file(name, environ)
        case None | "keyring":
            return _from_secret_service(name, environ)
    raise NotUsual


def _is_reference(name: str, environ: Mapping[str, str]) -> bool:
    """Whether it may be a command that prints it; in doubt it is."""
    config = _own(environ, "XDG_CONFIG_HOME", ".config")
    profile = environ.get("WIZARD_PROFILE", "none")
    of_profile = () if profile in ("", "none") else (f"{config}/profiles/{profile}/references.toml",)
    for path in (f"{config}/references.toml", *of_profile):
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
                if name.encode("ascii") in file.read():
                    return True
        except FileNotFoundError:
            continue
        except OSError as error:
            raise NotUsual from error
    return False


def _store_in_use(environ: Mapping[str, str]) -> str | None:
    from wizard.secrets.settings import value_in

    path = _own(environ, "XDG_CONFIG_HOME", ".config") + "/settings.toml"
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to import
            return value_in(file.read(), "secret_store", path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NotUsual from error


def _from_file(name: str, environ: Mapping[str, str]) -> str:
    from wizard.secrets import age_file

    folder = _own(environ, "XDG_STATE_HOME", ".local/state") + "/secrets"
    identity, sealed = f"{folder}/{age_file.IDENTITY}", f"{folder}/{age_file.SECRETS}"
    key, ciphertext = age_file.read_private(identity), age_file.read_private(sealed)
    if key is None or ciphertext is None or age_file.is_protected(key):
        raise NotUsual
    held = age_file.opened(ciphertext, age_file.identities(key, identity), sealed)
    for called in _calls(name, environ):
        if called in held:
            return held[called]
    raise age_file.absent(name)


def _from_secret_service(name: str, environ: Mapping[str, str]) -> str:
    from wizard.secrets.secret_service import BUS_ADDRESS, SecretService, is_usual

    if not is_usual(environ):
        raise NotUsual
    try:
        with SecretService(environ[BUS_ADDRESS]) as service:
            calls = _calls(name, environ)
            found = service.get_many(calls) if len(calls) > 1 else {}
            return next(iter(found.values())) if found else service.get(name)
    except StoreLocked:
        if os.isatty(0) and os.isatty(2):
            raise NotUsual from None
        raise


def _is_profile_there(environ: Mapping[str, str]) -> bool:
    """Whether the profile that is named, if one is, is one: the long way says what is wrong.

    A person who looks gets the secret of the profile that is in use, a program that of the one that it was started in:
    Crush started without `run` reads the files of no profile, and no profile's keys.
    """
    named = environ.get("WIZARD_PROFILE", "none")
    folder = f"{_own(environ, 'XDG_CONFIG_HOME', '.config')}/profiles"
    if named in ("", "none"):
        return named == "none" or not (os.isatty(1) and os.path.isdir(folder))  # noqa: PTH112
    from wizard.folders import MARKER

    return "/" not in named and os.path.exists(f"{folder}/{named}/{MARKER}")  # noqa: PTH110


def _calls(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the secret may be called in its store: as the profile's own, then as everybody's."""
    if not environ.get("WIZARD_PROFILE"):
        return (name,)
    from wizard.namespace import own, profile_in_force

    return tuple(dict.fromkeys((own(name, profile_in_force(environ)), name)))


def _own(environ: Mapping[str, str], variable: str, usual: str) -> str:
    """Our folder, as wizard.folders finds it, which takes far longer."""
    parent = environ.get(variable) or os.path.expanduser(f"~/{usual}")  # noqa: PTH111
    if not parent.startswith("/"):
        raise NotUsual
    return f"{parent}/{OURS}"


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    import signal

    def too_late(_number: int, _frame: FrameType | None) -> None:
        raise StoreTimedOut(
            f"the secret store did not answer within {seconds:g} seconds",
            hint="check it: crush-wizard secret status",
        )

    signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _complain(error: WizardError) -> int:
    where = f"{error.where}: " if error.where else ""
    hint = f"hint: {error.hint}\n" if error.hint else ""
    from wizard.shown import safe

    sys.stderr.write(safe(f"error: {where}{error.message}\n{hint}"))
    return error.exit_code
