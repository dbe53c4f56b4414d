"""Regular expressions that are compiled when they are first used: a command needs few of all that it imports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr, Generic, cast

if TYPE_CHECKING:
    from collections.abc import Callable


def regexp(pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, but not for `isinstance` and the functions of `re`. A mistake shows at the first use."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))


class _Uncompiled(Generic[AnyStr]):
    def __init__(self, pattern: AnyStr, flags: re.RegexFlag) -> None:
        self._compile: Callable[[], re.Pattern[AnyStr]] = lambda: re.compile(pattern, flags)

    def __getattr__(self, name: str) -> Any:
        """A method of the compiled one, which is kept: the next use finds it without coming here."""
        found = getattr(self._compile(), name)
        setattr(self, name, found)
        return found
