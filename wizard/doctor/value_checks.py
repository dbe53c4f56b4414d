"""What can be wrong with keys, URLs and headers, and with their variables (crush-behaviour 4, 10.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from wizard.credential import names_a_secret, recognize
from wizard.crush.builtin_rules import DISABLE_DEFAULTS
from wizard.doctor.check import Check, Code
from wizard.doctor.examined import host_of
from wizard.doctor.finding import Seen, put, put_field
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.literals import split_scheme, unescaped
from wizard.network.loopback import is_this_machine
from wizard.provider.template import placeholder
from wizard.provider.types import TYPES
from wizard.provider.variable import is_variable_name
from wizard.regexp import regexp
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.credential import Credential
    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined
    from wizard.expansion.expand import Expanded


class ExpandedValue(NamedTuple):
    """A value that Crush expands. `name` is for people; `template` as the files have it: it may be a key."""

    provider: EffectiveProvider
    name: str
    template: str
    expanded: Expanded
    field: tuple[str, ...]

    @property
    def called(self) -> str:
        """It as the subject of a sentence."""
        return f"its {self.name}"

    @property
    def source(self) -> Source | None:
        return self.provider.value_source(*self.field)


def _values(examined: Examined) -> Iterator[ExpandedValue]:
    """The keys, URLs and headers that the files set for providers which are not disabled."""
    for provider, entry in examined.with_entry:
        if provider.status == "disabled" and not provider.builtin:
            continue
        for name, expanded in (("api_key", provider.api_key), ("base_url", provider.base_url)):
            if (template := _template(entry.get(name))) is not None:
                yield ExpandedValue(provider, f"`{name}`", template, expanded, (name,))
        for name, value in (entry.get("extra_headers") or {}).items():
            if (template := _template(value)) is not None and name in provider.headers:
                yield ExpandedValue(
                    provider, f"header `{name}`", template, provider.headers[name], ("extra_headers", name)
                )


def _template(value: Any) -> str | None:
    """What Crush expands, or a script takes from the same variables; None where only running it would tell."""
    if isinstance(value, Computed):
        return value.template
    return value if isinstance(value, str) else None


# D11, D12, D28: habits of other programs

_PERCENT = regexp(r"%(?P<name>[A-Za-z_][A-Za-z0-9_]{2,})%")
_POWERSHELL = regexp(r"\$env:(?P<name>[A-Za-z_]\w*)|\$\{env:(?P<braced>[A-Za-z_]\w*)\}", re.IGNORECASE)


def _quotes(examined: Examined) -> Iterator[Seen]:
    for value in _values(examined):
        text = value.template.strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and value.field[0] == "api_key":
            fix = put(
                value.source, text[1:-1], f"remove the quotes around the key of {value.provider.id}", automatic=True
            )
            message = f"{value.called} has quotes around it, which Crush also sends"
            yield Seen(message, value.provider.id, value.source, "remove them", fix)


def _other_shells(examined: Examined) -> Iterator[Seen]:
    for value in _values(examined):
        yield from _other_spelling(value)


def _other_spelling(value: ExpandedValue) -> Iterator[Seen]:
    found, written = _stand_in(value)
    translated = _translated(value.template)
    if found and found.variable:
        fix = put(value.source, written, f"write {written} in the {value.name} of {value.provider.id}")
        message = f"{value.called} is {found.what}; Crush knows only $NAME and ${{NAME}}"
        yield Seen(message, value.provider.id, value.source, f"write ${found.variable}", fix)
    elif translated != value.template:
        fix = put(value.source, translated, f"write the variable in the {value.name} of {value.provider.id} as $NAME")
        message = f"{value.called} names a variable as Windows does; Crush knows only $NAME and ${{NAME}}"
        yield Seen(message, value.provider.id, value.source, "write $NAME", fix)
    elif value.template.startswith("~/"):
        message = f"{value.called} begins with ~, which Crush does not expand here"
        yield Seen(message, value.provider.id, value.source, "write $HOME")


def _no_keys(examined: Examined) -> Iterator[Seen]:
    """What nothing fills in. A server on this machine may take it as it is."""
    for value in _values(examined):
        found, _ = _stand_in(value)
        if not found or found.variable or is_this_machine(host_of(value.provider)):
            continue
        command = ", or a command that prints it: $(...)" if found.kind == "reference" else ""
        cure = f"give the key itself: crush-wizard edit-provider {value.provider.id}{command}"
        if value.field[0] != "api_key":
            cure = "store the key with crush-wizard secret set NAME, and write $NAME here"
        message = f"{value.called} is {found.what}, and Crush sends it as it is"
        yield Seen(message, value.provider.id, value.source, cure)


def _stand_in(value: ExpandedValue) -> tuple[Credential | None, str]:
    """What stands in the place of a key that is none, and what to write if it names a variable."""
    scheme, text = split_scheme(value.template)
    if value.field[0] == "base_url":
        return None, ""
    if value.field[0] == "extra_headers" and not (scheme or names_a_secret(value.field[-1])):
        return None, ""
    found = recognize(unescaped(text))
    if found.kind not in ("reference", "example"):
        return None, ""
    if not is_variable_name(found.variable):
        return replace(found, variable=""), ""
    return found, scheme + placeholder(found.variable)


def is_of_another_shell(template: str) -> bool:
    """Whether D12 speaks of it."""
    return template.startswith("~/") or _translated(template) != template


def _translated(template: str) -> str:
    return _POWERSHELL.sub(_as_variable, _PERCENT.sub(_as_variable, template))


def _as_variable(match: re.Match[str]) -> str:
    return "${" + next(name for name in match.groups() if name) + "}"


# D13: variables

_DROPPED = ("W1", "W2", "W5", "W7", "W10", "F7")
"""The codes that say already that a value is empty."""


def _variables(examined: Examined) -> Iterator[Seen]:
    for value in _values(examined):
        yield from _unset(value, examined)
        for name in value.expanded.variables:
            yield from _badly_set(name, value, examined)


def _unset(value: ExpandedValue, examined: Examined) -> Iterator[Seen]:
    dropped = value.provider.code in _DROPPED and value.field[0] != "extra_headers"
    only_prefixed = [name for name in value.expanded.variables if _only_prefixed(name, examined)]
    for name in only_prefixed:
        message = f"{value.called} needs {name}, but only CRUSH_{name} is set: that only makes the provider appear"
        yield Seen(message, value.provider.id, value.source, f"set {name}")
    for name in value.expanded.unset if not dropped else ():
        empty = value.expanded.text == ""
        effect = "the header is left out" if empty and value.field[0] == "extra_headers" else "that part is empty"
        cure = f"store it: crush-wizard secret set {name}" if "key" in value.called.lower() else f"set {name}"
        yield Seen(f"{value.called} needs {name}, which is not set: {effect}", value.provider.id, value.source, cure)


def _only_prefixed(name: str, examined: Examined) -> bool:
    env = examined.effective.env
    return bool(env.get(f"CRUSH_{name}")) and not env.get(name)


def _badly_set(name: str, value: ExpandedValue, examined: Examined) -> Iterator[Seen]:
    content = examined.effective.env.get(name, "")
    if content and content != content.strip():
        what = "a line end" if content.strip("\r\n") != content else "white space"
        message = f"the variable {name} begins or ends with {what}, which Crush also sends"
        yield Seen(message, value.provider.id, value.source, f"set {name} again, without it")


# D20, D21: variables of the environment

_SWITCHES = (DISABLE_DEFAULTS, "CRUSH_DISABLE_PROVIDER_AUTO_UPDATE")
_BOOLEANS = "1 t T TRUE true True 0 f F FALSE false False".split()


def _switches(examined: Examined) -> Iterator[Seen]:
    for name in _SWITCHES:
        if name in examined.effective.env and examined.effective.env[name] not in _BOOLEANS:
            what = "is empty" if not examined.effective.env[name] else "is neither true nor false"
            yield Seen(
                f"{name} {what}: that counts as false, whatever the config says", cure=f"unset {name}, or set it to 1"
            )


_FAMILY = ("openai", "openrouter", "vercel")
_TAKEN_ALONG = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS")


def _leaks(examined: Examined) -> Iterator[Seen]:
    env = examined.effective.env
    for provider in examined.custom:
        if provider.kept and _own_keys(provider):
            yield from _own_key_leaks(provider, env)
        if not (provider.kept and _is_of_the_family(provider.type)):
            continue
        keyless = provider.api_key.text == "" and not _authorized(provider)
        if keyless and env.get("OPENAI_API_KEY"):
            fix = put_field(provider.source, "api_key", "not-needed", f"give {provider.id} a dummy key")
            message = "it has no key, so Crush sends it OPENAI_API_KEY from the environment"
            yield Seen(message, provider.id, provider.source, 'give it a dummy key: "api_key": "not-needed"', fix)
        elif keyless and (sent := [name for name in _TAKEN_ALONG if env.get(name)]):
            yield Seen(
                f"Crush sends it {joined(sent)} from the environment",
                provider.id,
                provider.source,
                severity="info",
            )


def _own_key_leaks(provider: EffectiveProvider, env: Mapping[str, str]) -> Iterator[Seen]:
    """Some client libraries look for a key of their own, and send nothing without one."""
    authorized = provider.type == "anthropic" and _authorized(provider)
    if provider.api_key.text != "" or authorized or host_of(provider) == "api.anthropic.com":
        return
    sent = next((name for name in _own_keys(provider) if env.get(name)), "")
    message = f"it has no key, so Crush sends it {sent} from the environment"
    if not sent:
        message = f"it has no key, and Crush sends no request of type {provider.type} without one"
    fix = put_field(provider.source, "api_key", "not-needed", f"give {provider.id} a dummy key")
    yield Seen(message, provider.id, provider.source, 'give it a dummy key: "api_key": "not-needed"', fix)


def _own_keys(provider: EffectiveProvider) -> tuple[str, ...]:
    """The variables that a client library takes a key from by itself."""
    return TYPES[provider.type].own_keys if provider.type in TYPES else ()


def _is_of_the_family(type_: str) -> bool:
    """Whether OpenAI's client library sends the requests."""
    return type_ in _FAMILY or (type_ in TYPES and TYPES[type_].sends_body)


def _authorized(provider: EffectiveProvider) -> bool:
    names = ("authorization", "x-api-key") if provider.type == "anthropic" else ("authorization",)
    return any(name.lower() in names and value.text != "" for name, value in provider.headers.items())


# S4, S5: commands

_OWN_PROGRAM = "crush-wizard"


def _commands(examined: Examined) -> Iterator[Seen]:
    for value in _values(examined):
        if value.expanded.lookups and not examined.commands.get(_OWN_PROGRAM, True):
            message = f"{value.called} is looked up by `crush-wizard`, which is not on PATH in this shell"
            yield Seen(message, value.provider.id, value.source)


def _slow_commands(examined: Examined) -> Iterator[Seen]:
    for value in _values(examined):
        if value.expanded.commands and value.expanded.kind == "command" and value.field[0] != "extra_headers":
            message = f"{value.called} is a command, which Crush runs at each start and twice or more for each prompt"
            yield Seen(message, value.provider.id, value.source)


CHECKS = (
    Check(
        Code(
            "D11",
            "warning",
            "A key in quotes",
            "Crush does not remove quotes: inside a JSON string they are part of the key, and endpoints refuse it.",
            "remove the quotes",
        ),
        _quotes,
    ),
    Check(
        Code(
            "D12",
            "warning",
            "A variable written as in another program",
            "Crush expands $NAME, ${NAME} and $(command). %NAME%, $env:NAME, {env:NAME}, os.environ/NAME, a bare NAME "
            "and ~ stay as they are, or lose a part.",
            "write $NAME",
        ),
        _other_shells,
    ),
    Check(
        Code(
            "D13",
            "warning",
            "A variable that is not set, or badly set",
            "A variable that is not set, or not exported, is an empty text. CRUSH_NAME replaces NAME only "
            "while Crush looks at its providers: the requests use NAME again. White space around a value is also "
            "sent. Restart Crush from a shell that has the variable.",
            "export the variable in the shell that starts Crush, or store it: crush-wizard secret set NAME",
        ),
        _variables,
    ),
    Check(
        Code(
            "D28",
            "warning",
            "Not a key, but a placeholder of another program, or an example",
            "Crush takes {file:...}, op://... and keychain://... for the key itself, and also <YOUR_API_KEY> or "
            "sk-xxxx from a manual: it sends them, and the endpoint refuses them.",
            "give the key itself, or a command that prints it: $(...)",
        ),
        _no_keys,
    ),
    Check(
        Code(
            "D20",
            "warning",
            "A switch that is neither on nor off",
            "CRUSH_DISABLE_DEFAULT_PROVIDERS and CRUSH_DISABLE_PROVIDER_AUTO_UPDATE override the config as soon "
            "as they are set. If they are empty, or neither true nor false, they mean false.",
            "unset the variable, or set it to 1",
        ),
        _switches,
    ),
    Check(
        Code(
            "D21",
            "warning",
            "A key from the environment goes to another server",
            "A provider without a key gets OPENAI_API_KEY from the environment, wherever its URL points. "
            "OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS are sent as well. With the type anthropic it "
            "is ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, with the type google GOOGLE_API_KEY or GEMINI_API_KEY; "
            "with neither of them every request fails.",
            "give the provider a dummy key",
        ),
        _leaks,
    ),
    Check(
        Code(
            "S4",
            "warning",
            "The lookup command is not on PATH",
            "Crush gets this key by running `crush-wizard secret get NAME`. It finds the program only if that is on "
            "PATH in the shell that starts Crush.",
            "add the folder of crush-wizard to PATH, or start Crush with: crush-wizard run",
        ),
        _commands,
    ),
    Check(
        Code(
            "S5",
            "info",
            "A key that is the output of a command",
            "Crush runs the command again and again, once for each client that it builds. A slow one, or one that "
            "asks a question, makes every prompt wait; one that fails leaves the key empty.",
            "store the key instead: crush-wizard secret set NAME",
        ),
        _slow_commands,
    ),
)
