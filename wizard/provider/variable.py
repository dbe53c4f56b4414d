"""Names of environment variables that may hold a provider's key."""

from __future__ import annotations

import re

from wizard.credential import is_key, is_of_vendor
from wizard.regexp import regexp

PATTERN = regexp(r"[A-Za-z_][A-Za-z0-9_]*")

MEANINGS = {
    "programs and modules are found through it": (
        "PATH CDPATH FPATH MANPATH INFOPATH PATHEXT COMSPEC SYSTEMROOT WINDIR PSMODULEPATH NODE_PATH CLASSPATH"
    ),
    "it says who and where the user is": (
        "HOME USERPROFILE APPDATA LOCALAPPDATA USER LOGNAME SHELL PWD OLDPWD TMPDIR TMP TEMP TERM DISPLAY ZDOTDIR"
    ),
    "the shell reads it": (
        "ENV BASH_ENV IFS PS1 PS2 PS4 PROMPT_COMMAND SHELLOPTS BASHOPTS GLOBIGNORE EDITOR VISUAL PAGER _"
    ),
    "some shells do not let you set it": "UID EUID GID EGID PPID BASHPID STATUS ARGV",
    "it can make other programs run code": (
        "NODE_OPTIONS PERL5OPT PERL5LIB RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS "
        "GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS GIT_EXEC_PATH GIT_EDITOR SSH_ASKPASS GLIBC_TUNABLES GCONV_PATH"
    ),
    "it says how the network and the keyring are reached": (
        "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK"
    ),
    "Crush marks its agent's shell with it": "CRUSH AGENT AI_AGENT",
}
FORBIDDEN = {name: meaning for meaning, names in MEANINGS.items() for name in names.split()}

FORBIDDEN_STARTS = {
    "LD_": "the dynamic linker reads it",
    "DYLD_": "the dynamic linker reads it",
    "PYTHON": "Python reads it",
    "BASH_FUNC_": "bash reads it as a function",
    "GIT_CONFIG": "git reads it",
    "LC_": "it sets the language of programs",
    "XDG_": "it says where programs keep their files",
    "CRUSH_": "Crush uses CRUSH_X as an override of X",
    "WIZARD_": "it would be a setting of crush-wizard",
}


class InvalidVariableName(ValueError):
    """The name can't be used for a key; the message says why, in words for the person who gave it."""


def check_variable_name(name: str) -> None:
    """Raise InvalidVariableName unless `name` can hold a key without changing how programs behave.

    Case does not protect: Windows ignores it, and zsh ties `path` to `PATH`.
    """
    if is_of_vendor(name):
        raise InvalidVariableName("this is a key: give the name of its variable")
    if not PATTERN.fullmatch(name):
        shown = "what was given" if is_key(name) else repr(name)
        raise InvalidVariableName(
            f"{shown} is not a variable name: use letters, digits and _, without a digit at the start"
        )
    if name.upper() in FORBIDDEN:
        raise InvalidVariableName(f"{name} can't hold a key: {FORBIDDEN[name.upper()]}")
    for start, reason in FORBIDDEN_STARTS.items():
        if name.upper().startswith(start):
            raise InvalidVariableName(f"{name} can't hold a key, because of {start}: {reason}")


def is_variable_name(name: str) -> bool:
    """Whether `name` can hold a key: see check_variable_name."""
    try:
        check_variable_name(name)
    except InvalidVariableName:
        return False
    return True


def variable_for(provider_id: str) -> str:
    """The usual name for a provider's key, always a valid one: `my-proxy`, or `my-proxy-api`: `MY_PROXY_API_KEY`."""
    words = re.sub(r"[^A-Z0-9]+", "_", provider_id.upper()).strip("_")
    words = re.sub(r"(?<=.)_(?:API|(?:API_?)?KEY)$", "", words)
    name = f"{words}_API_KEY".lstrip("_")
    return name if is_variable_name(name) else f"PROVIDER_{name}"
