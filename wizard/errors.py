"""The family of errors that a user can meet. Each carries what to say, where, and what to do next.

WizardError
  Unsaid                1    what the command found or did can't be printed
  SystemFailure         1    the system refuses what nobody expected it to
  UsageError            2    a flag or its value is wrong
  AnswersMissing        3    nobody can be asked, and these answers have no flag and no default
  Refused               4    nothing was changed
    InvalidConfig            the file is not what Crush would accept
    ChangedMeanwhile         the file is no longer the one the plan was made from
    FileLocked               another wizard holds the file
    Unwritable               disk full, read-only, no permission
    Conflict                 a decision is needed that nobody is there to make
  SecretError           5
    SecretNotFound
    StoreLocked
    StoreUnavailable
    StoreTimedOut
    SecretTooLarge
  Cancelled           130    the user stopped; nothing was changed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class WizardError(Exception):
    """What happened, where (path, 1-based line and column), and a hint of what to do."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        path: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = str(path) if path is not None else None
        self.line = line
        self.column = column

    @property
    def where(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class Unsaid(WizardError):
    code = "unsaid"

    def __init__(self, error: OSError) -> None:
        reason = (error.strerror or str(error)).lower()
        super().__init__(f"can't write the output: {reason}", hint="check where stdout goes")


class SystemFailure(WizardError):
    code = "system"

    def __init__(self, error: OSError) -> None:
        path = error.filename if isinstance(error.filename, str) else None
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        super().__init__(f"system error: {reason}", hint="fix that, then run it again", path=path)


class UsageError(WizardError):
    code = "usage"
    exit_code = 2


class AnswersMissing(WizardError):
    code = "missing-answers"
    exit_code = 3


class Refused(WizardError):
    code = "refused"
    exit_code = 4


class InvalidConfig(Refused):
    code = "invalid-config"


class ChangedMeanwhile(Refused):
    code = "changed-meanwhile"


class FileLocked(Refused):
    code = "locked"


class Unwritable(Refused):
    code = "unwritable"


class Conflict(Refused):
    code = "conflict"


class SecretError(WizardError):
    code = "secret-store"
    exit_code = 5
    names_secrets = False
    """Whether the message says which secrets have no value."""


class SecretNotFound(SecretError):
    code = "secret-not-found"


class StoreLocked(SecretError):
    code = "secret-store-locked"


UNLOCK_KEYRING = (
    "unlock it: log in to the desktop, use its password manager (Seahorse, KWalletManager), "
    "or gnome-keyring-daemon --unlock"
)


class StoreUnavailable(SecretError):
    code = "secret-store-unavailable"


class StoreTimedOut(SecretError):
    code = "secret-store-timed-out"


class SecretTooLarge(SecretError):
    code = "secret-too-large"


class Terminated(KeyboardInterrupt):
    """Another process ended this one (SIGTERM). As Ctrl-C, but for a wait that Ctrl-C leaves to go on."""


class Cancelled(WizardError):
    code = "cancelled"
    exit_code = 130

    def __init__(self) -> None:
        super().__init__("cancelled, nothing was changed")
