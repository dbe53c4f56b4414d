"""Opening a secret store for a command, with what it may ask the person who is there."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING

from wizard import folders
from wizard.errors import AnswersMissing, SecretError, StoreUnavailable, WizardError
from wizard.flow.question import Kind, Question
from wizard.namespace import in_words, to_move_all, without_kept
from wizard.secrets import settings
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.reference.reading import SecretReader, readable_names
from wizard.secrets.store import CALLED
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wizard.flow.driver import Asker
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output


def open_with(asker: Asker | None, name: str = "auto") -> SecretStore:
    """The store, which has time to be unlocked, and asks for a passphrase, only if somebody is there.

    `name` is one of wizard.secrets.choice.STORES, or `auto` for the one in use.
    """
    from wizard.secrets.choice import open_store
    from wizard.secrets.keyring_store import ASKING_SECONDS, QUIET_SECONDS

    if asker is None:
        return open_store(name, os.environ, seconds=QUIET_SECONDS)
    ask = partial(ask_secret, asker, "Passphrase of the encrypted file")
    return open_store(name, os.environ, seconds=ASKING_SECONDS, ask=ask)


def open_reader(asker: Asker | None, output: Output, name: str = "auto") -> SecretReader:
    """To read from a store, and what references lead to, for which a person may have to unlock a password manager."""
    return SecretReader(open_with(asker, name), asks=asker is not None, say=output.note)


def open_all(asker: Asker | None, names: Iterable[str]) -> dict[str, SecretStore]:
    """The stores of these names. Raises what `open_with` raises."""
    return {name: open_with(asker, name) for name in names}


def of_all(stores: Mapping[str, SecretStore]) -> dict[str, SecretStore]:
    """The stores by the names that they use themselves: a plan that is carried out says whose a secret is."""
    return {name: store.of_all if isinstance(store, IndexedStore) else store for name, store in stores.items()}


@contextlib.contextmanager
def without_variables(instead: str) -> Iterator[None]:
    """For a command with a flag for the store, and another way to do without one: hints name both (`instead`)."""
    try:
        yield
    except StoreUnavailable as error:
        from wizard.secrets.secret_service import FILE_STORE, VARIABLE_INSTEAD

        error.hint = error.hint.replace(VARIABLE_INSTEAD, instead).replace(FILE_STORE, "--store file")
        raise


def reading(asker: Asker | None, output: Output) -> Callable[[str], str | None]:
    """Reads single values out of the store in use, which is opened once one is wanted that it may have.

    None for a name that is not to be had, or not now.
    """
    stores: list[SecretReader] = []

    def read(name: str) -> str | None:
        if not stores:
            stores.append(open_reader(asker, output))
        try:
            return stores[0].get(name) if name in readable_names(stores[0].name) else None
        except SecretError:
            return None

    return read


def ask_secret(asker: Asker | None, text: str, flag: str = "a terminal", help_: str = "") -> str:
    """What is typed without an echo. Raises AnswersMissing where nobody can be asked."""
    if asker is None:
        raise AnswersMissing(f"{text} is missing, and this is not interactive", hint=f"give it with {flag}")
    return str(asker.ask(Question(key="secret", text=text, kind=Kind.SECRET, flag=flag, help=help_), can_go_back=False))


def settle(store: StoreName, output: Output) -> None:
    """Remember the store that was named, where no change does that, and say what it leaves behind."""
    wanted = chosen_store(store)
    if wanted and not is_remembered(partial(settings.remember_store, folders.settings(), store), output):
        wanted = {}
    say_settled(store, wanted, output)


def chosen_store(store: StoreName) -> settings.Choices:
    """What is to be remembered of the store that was named: the first such choice is the one that stays."""
    return {} if settings.remembered_store(folders.settings()) else {"secret_store": store}


def say_settled(store: StoreName, remembered: settings.Choices, output: Output) -> None:
    """What the store that was named leaves behind, or that another one is in use."""
    used = settings.remembered_store(folders.settings()) or settings.FIRST_CHOICE
    if used != store:
        warn_of_two(used, store, output)
    elif "secret_store" in remembered:
        _warn_of_those_left_behind(store, output)


def warn_of_two(used: StoreName, other: StoreName, output: Output) -> None:
    """Something is in a store from which nothing is read."""
    output.warning(
        f"secrets are read from {CALLED[used]}, not from {CALLED[other]}; "
        f"to read all of them there: {to_move_all(other)}"
    )


def is_remembered(remember: Callable[[], None], output: Output) -> bool:
    """Whether a choice could be remembered. The change that it belongs to has been made, so a failure is a warning."""
    try:
        remember()
    except WizardError as error:
        output.warning(f"can't save your choice: {error.where}: {error.message}")
        return False
    return True


def _warn_of_those_left_behind(store: StoreName, output: Output) -> None:
    for other in ("keyring", "file"):
        if other != store and (names := without_kept(Index(folders.state()).every(other))):
            output.warning(
                f"{joined(map(in_words, names))}: still in {CALLED[other]}, which is no longer used; "
                f"move what you need: {to_move_all(store)}"
            )
