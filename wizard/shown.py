"""What is shown of a text from outside: everything that acts instead of showing is spelled out.

Terminal escapes, text that runs backwards, what is invisible, half characters. All that is printed goes through
`safe` where it is printed (wizard.ui.output); what is to be copied into a shell is built with `command_line`.
"""

from __future__ import annotations

import re
import unicodedata

from wizard.regexp import regexp

ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""The categories of Unicode of what acts."""
_ESCAPES = regexp(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
"""What a terminal does not show: colours, titles, moves of the cursor."""
_PLAIN = regexp(r"[\w@%+:,./-][\w@%+=:,./-]*", re.ASCII)
"""Without a `=` in front, with which zsh looks for a program."""
_NOT_IN_QUOTES = regexp(r"('|\\(?=['\\]|\Z))")
"""What in fish ends single quotes, or disappears there."""
_OUTSIDE = {"'": '"\'"', "\\": r"\\"}


def acts(character: str) -> bool:
    """Whether it acts on what shows it: line feeds and tabs do, too."""
    return not character.isprintable() and unicodedata.category(character) in ACTING


def without_escapes(text: str) -> str:
    """What a program has printed, without what it tells a terminal: some colour what no terminal will show."""
    return _ESCAPES.sub("", text)


def safe(text: str) -> str:
    r"""The text with everything that acts spelled out: `\x1b`, `\u202e`, `\u200b`. Line feeds and tabs stay."""
    if text.isprintable():
        return text
    return "\n".join(line if line.isprintable() else "".join(map(_shown, line)) for line in text.split("\n"))


def safe_line(text: str) -> str:
    r"""The text safe and on one line: a line feed shows as `\n`."""
    return safe(text).replace("\n", r"\n")


def command_line(*words: str) -> str:
    """A call of the wizard to be copied: each word stays one, whatever is in it (see shell_word)."""
    return " ".join(("crush-wizard", *map(shell_word, words)))


def shell_word(text: str) -> str:
    """One word of the shell, safe to look at and to paste; what acts is spelled as bash and zsh do it ($'...').

    Without that it is the same word in dash and fish, too, also where a person types: no `!` brings a command back,
    and no two backslashes are one.
    """
    if any(map(acts, text)):
        return "$'" + "".join(map(_in_ansi_c, text)) + "'"
    if _PLAIN.fullmatch(text):
        return text
    parts = filter(None, _NOT_IN_QUOTES.split(text))
    return "".join(_OUTSIDE.get(part) or f"'{part}'" for part in parts) or "''"


def _in_ansi_c(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return _spelled(character) if acts(character) else character


def _shown(character: str) -> str:
    return _spelled(character) if acts(character) and character != "\t" else character


def _spelled(character: str) -> str:
    return ascii(character)[1:-1]
