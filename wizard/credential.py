"""What stands where a key should: a key, or something that only looks like one. Asked by all that move or show keys.

Told by the text alone. A text that nothing here knows is a key: better one too many is kept from sight.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

Kind = Literal["key", "short", "dummy", "placeholder", "reference", "example"]


class Credential(Struct, frozen=True):
    """What a text is; `what` says it as in "this is ...", `variable` is the one that it names.

    `key`: a secret. `short`: too short for one that a service gives out, though somebody may have chosen it.
    `dummy`: what people write where a server checks no key. `placeholder`: what Crush itself fills in. `reference`:
    what another program would fill in. `example`: a text of a manual, to be replaced.
    """

    kind: Kind
    what: str = ""
    variable: str = ""

    @property
    def is_harmless(self) -> bool:
        """Whether anybody may see it."""
        return self.kind not in ("key", "short")

    @property
    def stands_for_a_key(self) -> bool:
        """Whether somebody, or some program, was to put a key in its place."""
        return self.kind in ("placeholder", "reference", "example")


class Notation(Struct, frozen=True):
    """How some program writes what it fills in. `pattern` fits the whole text; its group `name` is the variable's."""

    pattern: re.Pattern[str]
    what: str


SHORTEST = 8
"""Characters. No service gives out shorter keys."""
LONGEST_WORD = 12
"""Characters. Longer words may be a passphrase."""
LONGEST = 400
"""Characters. What is longer is no example, and no reference."""


def recognize(text: str) -> Credential:
    """What the text is, without what may stand around it (see wizard.provider.pasted_key)."""
    bare = text.strip()
    if len(bare) > LONGEST:
        return Credential("key")
    if found := next(_readings(bare), None):
        return found
    return Credential("key") if len(bare) >= SHORTEST else Credential("short", TOO_SHORT)


def is_key(text: str) -> bool:
    """Whether it is a key that a service may have given out."""
    return recognize(text).kind == "key"


def is_dummy(text: str) -> bool:
    """Whether it is empty, or what people write where a server wants some key but checks none."""
    return recognize(text).kind == "dummy"


VENDORS = {
    "sk-ant-": "Anthropic",
    "sk-or-": "OpenRouter",
    "gsk_": "Groq",
    "xai-": "xAI",
    "pplx-": "Perplexity",
    "hf_": "Hugging Face",
    "nvapi-": "NVIDIA",
    "fw_": "Fireworks",
    "csk-": "Cerebras",
    "AIza": "Google",
}
"""How the keys of vendors begin that nobody else's keys begin with."""
_SHAPES = (
    r"(?:sk-[\w-]{10,}|sk_\w{12,}|gsk_\w{10,}|(?:hf|fw|vck)_[A-Za-z0-9]{16,}|(?:xai|csk|pplx)-[A-Za-z0-9]{16,}"
    r"|nvapi-[\w-]{16,}|AIza[\w-]{20,}|gh[opsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|A[KS]IA[A-Z0-9]{12,}"
    r"|ABSK[\w+/=]{16,}|xox[abpr]-[\w-]{10,})"
)
_OF_VENDORS = regexp(rf"(?=.*(?:\d|[A-Za-z]{{16}})){_SHAPES}")
"""With a digit, or with more letters in a row than words have: `sk-models-of-ours` is a name."""
_IN_A_TEXT = regexp(rf"(?<!\w){_SHAPES}")
_BY_LOT = regexp(r"(?=(?:.*\d){4})(?:[0-9a-f]{32,}|[0-9A-F]{32,}|(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_]{24,})")


def is_of_vendor(text: str) -> bool:
    """Whether it has the shape of the keys of some vendor, which nothing else has."""
    return bool(_OF_VENDORS.fullmatch(text)) and is_key(text)


def keys_in(text: str) -> tuple[str, ...]:
    """The keys of vendors that stand in a text, whatever is around them."""
    return tuple(filter(is_of_vendor, _IN_A_TEXT.findall(text)))


def key_problem(line: str) -> str:
    """Why a command line can't be kept, in words: it has a key in it. Empty for all others."""
    return "this command has a key in it, and it would be kept in plain text" if keys_in(line) else ""


def is_drawn_by_lot(text: str) -> bool:
    """Whether nobody made it up: a key, or a number of something."""
    return is_of_vendor(text) or bool(_BY_LOT.fullmatch(text))


def names_a_secret(name: str) -> bool:
    """Whether a field, a header or a variable of this name is likely to hold a secret."""
    return bool(_SECRET_NAME.search(name))


def is_plain_word(text: str) -> bool:
    """Whether it is a short word or two: no secret where a server checks none, whatever the word is (`NOT_USED`)."""
    return len(text) <= LONGEST_WORD and bool(_LETTERS_AND_SEPARATORS.fullmatch(text))


def is_checked(text: str, *, on_this_machine: bool, names: Collection[str] = ()) -> bool:
    """Whether it is a key that the server looks at.

    One on this machine mostly looks at none, so that people write there what they like. What nobody makes up is a key
    wherever it goes: a vendor's own, and one that LiteLLM or vLLM was told to ask for. `names` are those of the
    provider: a key that is one of them is none.
    """
    bare = text.strip()
    return is_key(bare) and bare.casefold() not in names and (not on_this_machine or is_drawn_by_lot(bare))


# In names, words are parted by `_`, `-`, or a capital; `max_tokens` and its like hold numbers, never text.
_SECRET_NAME = regexp(
    r"""(?ix) api[_-]?key | (?:^|[_-]) key $ | (?-i:[a-z]Key $) | token (?!izer|_type|s?_limit) | secret
    | passw | passphrase | credential | authorization | (?:^|[_-]) auth $ | cookie | (?:^|[_-]) pat $"""
)


def _readings(bare: str) -> Iterator[Credential]:
    yield from _noted(bare, "placeholder", PLACEHOLDERS if bare.startswith(("$", "`")) else ())
    if _is_dummy(bare):
        yield Credential("dummy", NO_KEY)
    if what := _example(bare):
        yield Credential("example", what)
    yield from _noted(bare, "reference", REFERENCES if _MARKS & set(bare) else NAMES)


def _noted(bare: str, kind: Kind, notations: Iterable[Notation]) -> Iterator[Credential]:
    for notation in notations:
        if (match := notation.pattern.fullmatch(bare)) and not _DRAWN_BY_LOT.match(_variable(match)):
            yield Credential(kind, notation.what, _variable(match))


def _variable(match: re.Match[str]) -> str:
    return next((name for name in match.groups() if name), "")


# What a program fills in

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_DRAWN_BY_LOT = regexp(r"(?=.*[a-z])(?=.*\d).{20,}|(?:sk|gsk|hf|fw|vck|ghp)_(?=.*\d)")
"""A key that somebody put where the name of a variable belongs."""
_IN_BRACKETS = rf"(?:\(\s*['\"]?{_NAME}['\"]?\s*\)|\[\s*['\"]?{_NAME}['\"]?\s*\])"


def _notations(table: dict[str, str]) -> tuple[Notation, ...]:
    return tuple(
        Notation(regexp(pattern, re.IGNORECASE | re.DOTALL | re.ASCII), what) for pattern, what in table.items()
    )


PLACEHOLDERS = _notations(
    {
        rf"\${_NAME}|\$\{{{_NAME}\}}": "a placeholder",
        r"\$\(.*\)|`.*`": "a command, whose output would be the key",
        rf"\$\{{{_NAME}:?[-=+?][^{{}}]*\}}|\$\{{{_NAME}:?[-=]\$\(.*\)\}}": "a placeholder",
    }
)
"""Crush's own (crush-behaviour 4.2), which are those of sh."""

REFERENCES = _notations(
    {
        # Names of variables
        rf"\{{env:{_NAME}\}}": "OpenCode's way to name a variable",  # opencode.json; also Kilo Code
        rf"\$env:{_NAME}": "PowerShell's way to name a variable",
        rf"\$\{{env:{_NAME}\}}": "the way of VS Code and PowerShell to name a variable",  # mcp.json; also Cursor, Roo
        rf"%{_NAME}%": "the way of Windows to name a variable",  # cmd.exe
        rf"env(?::|://){_NAME}": "another tool's way to name a variable",  # mise, many TOML settings of agents
        rf"env\.{_NAME}": "another tool's way to name a variable",  # Bifrost
        rf"os\.environ/{_NAME}": "LiteLLM's way to name a variable",  # config.yaml
        rf"(?:os\.)?(?:environ(?:\.get)?|getenv){_IN_BRACKETS}": "Python's way to name a variable",
        rf"process\.env\.{_NAME}|process\.env\['{_NAME}'\]": "JavaScript's way to name a variable",
        rf"@?env\(\s*['\"]?{_NAME}['\"]?\s*\)|ENV\[['\"]{_NAME}['\"]\]": "another language's way to name a variable",
        rf"!env(?:_var)?\s+{_NAME}": "the way of a YAML file to name a variable",  # Home Assistant
        rf"\$\{{\{{\s*(?:secrets|env|vars|inputs)\.{_NAME}\s*\}}\}}": "GitHub's way to name a secret",  # also Continue
        rf"\{{\{{-?\s*(?:\.?env\.)?{_NAME}\s*-?\}}\}}": "a template's way to name a variable",  # Postman, Insomnia
        # Names of files
        r"\{file:.*\}": "OpenCode's way to name a file",  # opencode.json
        r"file:.*|@?(?:~|\.\.?|/run|/etc|/home|/root|/Users|/var|/opt|/mnt)/.*|[A-Z]:\\.+": "a file's path",  # Docker
        # Names of entries in a store
        r"op://.*": "1Password's way to name a secret",  # `op run`, `op inject`
        r"(?:keychain|keyring)(?::|://).*": "the name of an entry in a keyring",
        r"\{(?:cred|credential|secret)s?:.*\}|(?:cred|credential)s?:.*|secrets?://.*": "the name of a stored secret",
        r"(?:pass|bws?|lpass|doppler|infisical)://.*": "a password manager's way to name a secret",
        r"vault:.*|(?:ref\+\w+|aws-?s?sm|ssm|gcp-?sm|sm|ak?v|azkv)://.*": "a vault's way to name a secret",  # vals
        r"arn:aws[\w-]*:(?:secretsmanager|ssm):.*": "the name of a secret at AWS",
        r"projects/[^/]+/secrets/.*": "the name of a secret at Google",
        r"@Microsoft\.KeyVault\(.*\)": "the name of a secret at Azure",  # App Service
        r"secretref:.*": "the name of a secret at Azure",  # Container Apps
        r"!(?:secret|vault)\b.*": "the way of a YAML file to name a secret",  # Home Assistant, ESPHome, Ansible
        r"ENC\[.*\]|\{cipher\}.*|\$ANSIBLE_VAULT;.*": "a value that another program encrypted",  # sops, Spring, Ansible
        # Commands
        r"!(?=.*\s).+": "another tool's way to name a command",  # pi
        r"cmd:.*": "another tool's way to name a command",
        # Anything else in such brackets, and any address
        r"\$\{\{.*\}\}|\{\{.*\}\}|\{%.*%\}|<%.*%>": "a template of another program",
        r"\$?\{\w+:(?![-=+?]).*\}": "what another program would fill in",  # VS Code's ${input:id}
        r"[a-z][a-z0-9+.-]*://[^@]*": "an address",
    }
)
"""How other programs write what they fill in, each with who does. All have some mark in them, which most keys lack."""
_MARKS = frozenset("$%{}<>[]():/!@;.")

NAMES = _notations(
    {
        r"(?-i:([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD|PAT)(?:_\d{1,2})?))": "the name of a variable",
    }
)
"""A name that ends as those of keys do, and stands alone: pi (apiKey), Codex (env_key), Aider, Goose."""

# Examples

CUT_SHORT = "a key that was cut short or masked"
TO_REPLACE = "a text to be replaced by the key"
_CUT = regexp(r"\.\.\.|\u2026|[*\u2022\u00b7]{3}")
_BRACKETS = regexp(r"[<\[{][A-Za-z' _.-]*[>\]}]|__[A-Za-z_]+__")
_REST = regexp(r"(?:[A-Za-z]{2,6}[-_]){0,3}(?P<rest>[xX*._\u2022\u2026-]{3,}|0{4,}|0{8}(?:-0{4}){3}-0{12})")
_WORD = regexp(r"[A-Za-z]+|\d+")
_LETTERS_AND_SEPARATORS = regexp(r"[A-Za-z]+(?:[-_ .]+[A-Za-z]+)*[.!]?")
_SAYING_REPLACE = frozenset(
    "your yours yourkey yourapikey insert replace replaceme change changeme changeit enter paste put here placeholder "
    "example sample todo fixme tbd redacted hidden masked removed goes fill".split()
)
_FIRST = frozenset("your insert replace change enter paste put add my".split())
_LAST = frozenset("key keys token secret password here me it placeholder apikey".split())
_OF_EXAMPLES = _SAYING_REPLACE | frozenset(
    "a the my own real actual this with in to me it api key keys apikey token secret password access auth bearer "
    "value sk pk xxx openai anthropic openrouter groq deepseek gemini google azure mistral xai provider llm ai".split()
)


def _example(bare: str) -> str:
    if _CUT.search(bare) or _REST.fullmatch(bare):
        return CUT_SHORT
    if _BRACKETS.fullmatch(bare):
        return TO_REPLACE
    words = _words(bare) if _LETTERS_AND_SEPARATORS.fullmatch(bare) else ()
    if not words or (_is_named(words) and bare.isupper() and words[0] not in _SAYING_REPLACE):
        return ""  # MY_API_KEY is a variable
    says_so = _SAYING_REPLACE & set(words) and set(words) <= _OF_EXAMPLES
    return TO_REPLACE if says_so or _is_named(words) or (words[0] in _FIRST and words[-1] in _LAST) else ""


def _is_named(words: tuple[str, ...]) -> bool:
    """`openai_api_key`, `my-token`: what a key is called, and nothing else."""
    return len(words) > 1 and words[-1] in ("key", "token") and set(words) <= _OF_EXAMPLES


def _words(bare: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(bare))


# Dummies

NO_KEY = "a dummy key, for servers that do not check it"
TOO_SHORT = "too short for a key"
_DUMMY_SHAPE = regexp(r"[A-Za-z0-9]+(?:[-_ ./:]+[A-Za-z0-9]+)*")
_DIGITS = "12345678901234567890"
_DUMMY_WORDS = frozenset(
    "no not none null nil na n a key keys api apikey token required needed necessary need dummy fake mock empty "
    "ignored ignore unused unneeded unnecessary unset blank anything whatever something nothing any local localhost "
    "test testing demo dev debug temp default foo bar true false yes off sk x xx xxx "
    "ollama llama lm studio lmstudio llamacpp cpp llamafile vllm sglang tgi localai jan koboldcpp kobold litellm "
    "lite docker gpt4all mlx exo omlx oobabooga tabby tabbyapi xinference lemonade ramalama swap server proxy "
    "aphexllm aphrodite nim triton openllm text generation webui model runner crush".split()
)
"""What the manuals of servers of one's own write, and the names of these servers."""


def _is_dummy(bare: str) -> bool:
    if len(bare) < 2 * SHORTEST and not bare.strip("-_. "):
        return True
    if not _DUMMY_SHAPE.fullmatch(bare):
        return False
    words = [word for word in re.split(r"[^a-z0-9]+", bare.casefold()) if word]
    return all(word in _DUMMY_WORDS or _counts_up(word) for word in words)


def _counts_up(word: str) -> bool:
    """`1`, `1234`, `0000`: digits that nobody drew by lot."""
    return word.isdigit() and (_DIGITS.startswith(word) or len(set(word)) == 1)
