"""Small crushrc files, and what a real Crush makes of each: whether it starts, and the models of its providers.

`test_real_crushrc.py` asks the program, `test_crushrc_course.py` asks us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENV = {"KEY": "sk-1", "EMPTY": "", "TWO": "a b", "URL": "http://127.0.0.1:1/v1", "PLACE": "http://127.0.0.1:1"}
ACME = "provider add acme --base-url http://127.0.0.1:1/v1"
MODEL = "model add acme/m"


@dataclass(frozen=True)
class Example:
    """`models`: those of each provider that is no built-in. `stops`: a piece of what we say where it does not start,
    and `line` where.
    """

    script: str
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stops: str = ""
    line: int = 1


def _fine(script: str, *models: str) -> Example:
    return Example(script, {"acme": models} if models else {})


def _with_acme(flags: str) -> Example:
    """Acme with one model and some words behind its first command."""
    return Example(f"{ACME} {flags}\n{MODEL}", {"acme": ("m",)})


STARTS = (
    # variables in words
    _with_acme("--api-key $KEY --name x"),
    _with_acme('--api-key "$KEY"'),
    _with_acme('--api-key "${KEY}"'),
    _with_acme('--api-key "$UNSET"'),
    _with_acme('--api-key "${UNSET:-d}"'),
    _with_acme('--api-key "${KEY:?m}"'),
    _with_acme('--api-key "${UNSET:-$(false)}"'),
    _fine(f'provider add acme --api-key $KEY --base-url "$PLACE/v1"\n{MODEL}', "m"),
    _fine(f"provider add acme --base-url $URL\n{MODEL}", "m"),
    _fine(f'provider add acme --base-url "$UNSET"\n{MODEL}'),
    _fine(f'provider add acme --base-url "${{EMPTY-$URL}}"\n{MODEL}'),
    _fine(f'provider add acme --base-url "${{EMPTY:-$URL}}"\n{MODEL}', "m"),
    _fine(f'provider add acme --base-url "${{UNSET-$URL}}"\n{MODEL}', "m"),
    _fine(f'provider add acme --base-url "${{EMPTY+$URL}}"\n{MODEL}', "m"),
    _fine(f'provider add acme --base-url "${{UNSET+$URL}}"\n{MODEL}'),
    _fine(f"{ACME}\nmodel add acme/$KEY", "sk-1"),
    _fine(f'{ACME}\nmodel add "acme/$TWO"', "a b"),
    _fine(f"{ACME}\nfor one in $TWO; do model add acme/$one; done", "a", "b"),
    _fine(f'BASE=$PLACE\nprovider add acme --base-url "$BASE/v1"\n{MODEL}', "m"),
    _fine(f': "${{BASE:=$URL}}"\nprovider add acme --base-url $BASE\n{MODEL}', "m"),
    _fine(f'unset URL\nprovider add acme --base-url "$URL"\n{MODEL}'),
    _fine(f"$UNSET {ACME}\n{MODEL}", "m"),
    _fine(f"provider add acme --base-url http://127.0.0.1:1/v1?key=1\n{MODEL}", "m"),
    _fine(f"{ACME}\nmodel add acme/${{UNSET:-'m'}}", "m"),
    # conditions
    _fine(f'{ACME}\nif [[ -n "$UNSET" ]]; then model add acme/a; else model add acme/b; fi', "b"),
    _fine(f'{ACME}\n[ "$KEY" = sk-1 ] && {MODEL}', "m"),
    _fine(f"{ACME}\n[[ $KEY == sk-* ]] && {MODEL}", "m"),
    _fine(f"{ACME}\n[[ -v EMPTY ]] && {MODEL}", "m"),
    _fine(f"{ACME}\ncase $KEY in a*) model add acme/a;; sk-*) {MODEL};; esac", "m"),
    _fine(f"{ACME}\ncommand -v no-such-program >/dev/null || {MODEL}", "m"),
    _fine(f"{ACME}\nfalse || {MODEL}", "m"),
    _fine(f"{ACME}\n[ -d /usr/bin ] && [[ ! -f /usr/bin && -e / && ! -e /no-such ]] && {MODEL}", "m"),
    # what does not stop
    _fine(f"{ACME}\nreturn 0\n{MODEL}", "m"),
    _fine(f"{ACME}\nno-such-program\n{MODEL}", "m"),
    _fine(f"{ACME}\nsource no-such-file\n{MODEL}", "m"),
    _fine(f"{ACME}\nexit no\n{MODEL}", "m"),
    _fine(f"{ACME}\n{MODEL}\nexit 0\nprovider --bad", "m"),
    _fine(f"{ACME}\n{MODEL}\nexit 256", "m"),
    _fine(f"{ACME}\n{MODEL}\nif [[ -n $UNSET ]]; then provider --bad; fi", "m"),
    _fine(f"set -euo pipefail\n{ACME}\n{MODEL}\nfalse || true", "m"),
    _fine(f"{ACME}\n{MODEL} --price-input 1_000 --context-window +5", "m"),
    _fine(f"{ACME}\n{MODEL}\noption context-path a b\noption debug ''", "m"),
    _fine(f"{ACME}\n{MODEL}\nbuiltin provider --bad\ntrue", "m"),
)

_LAST = "ends with a command that fails"
STOPS = (
    # variables
    Example("provider add acme --api-key $UNSET --base-url http://x", stops="without a flag before it"),
    Example("provider add acme --api-key $UNSET", stops="`--api-key` has no value"),
    Example("provider add acme --name $TWO", stops="without a flag before it"),
    Example("true\necho ${UNSET:?m}\ntrue", stops="UNSET is unset or empty", line=2),
    Example('provider add acme --api-key "${EMPTY:?m}"', stops="EMPTY is unset or empty"),
    Example('provider add acme --api-key "${UNSET?m}"', stops="UNSET is unset or empty"),
    Example("[ -d /usr ] && X=${UNSET:?m}", stops="UNSET is unset or empty"),
    Example('set -u\nprovider add acme --api-key "$UNSET"', stops="UNSET is unset or empty", line=2),
    Example("option data-directory $UNSET", stops="needs a value"),
    Example("provider add acme --disable $KEY", stops="`--disable` is not true or false"),
    # how it ends
    Example("option debug\n[[ -n $UNSET ]] && option debug", stops=_LAST, line=2),
    Example("option debug\nno-such-program", stops="`no-such-program` is not found", line=2),
    Example("source no-such-file", stops=_LAST),
    Example("option debug\nreturn 0", stops="`return` only works in a function", line=2),
    Example("false", stops=_LAST),
    Example("! true", stops=_LAST),
    Example("exit 3", stops="exits with a failure"),
    Example("! exit 0", stops="exits with a failure"),
    Example("set -e\nfalse\ntrue", stops="exits with a failure", line=2),
    Example("umask 077", stops="does not support `umask`"),
    Example("read LINE", stops="`read` has nothing to read"),
    Example("[ = a ]", stops=_LAST),
    Example("./no-such-file\ntrue", stops="`./no-such-file` does not exist"),
    Example("local X=1", stops="`local`"),
    Example("builtin provider add acme", stops="only takes commands of the shell"),
    # what its own commands refuse
    Example("model large acme", stops="`model large` needs PROVIDER/MODEL"),
    Example("model large acme/", stops="`model large` needs PROVIDER/MODEL"),
    Example("model add acme", stops="`model add` needs PROVIDER/MODEL"),
    Example("model large acme/m --top-p 9", stops="`--top-p` is not a number from 0 to 1"),
    Example("model large acme/m --top-p nan", stops="`--top-p` is not"),
    Example("model large acme/m --temperature warm", stops="`--temperature` is not a number"),
    Example("model large acme/m --max-tokens 1e3", stops="`--max-tokens` is not a whole number"),
    Example("model large acme/m --provider-options '[1]'", stops="`--provider-options` is not a JSON object"),
    Example("model add acme/m", stops="before any `provider add acme`"),
    Example("provider add acme\nprovider rm acme\nmodel add acme/m", stops="before any", line=3),
    Example(f"{ACME}\n{MODEL} --price-input 1e400", stops="`--price-input` is not a number", line=2),
    Example(f"{ACME}\n{MODEL} --context-window 9223372036854775808", stops="not a whole number", line=2),
    Example("provider add acme --extra-body '{\"a\": 1e999}'", stops="`--extra-body` is not a JSON object"),
    Example("provider add acme --extra-header K", stops="`--extra-header` has no value"),
    Example("provider add acme --name=x", stops="write `--name` and its value"),
    Example("provider add", stops="`provider add` needs something after it"),
    Example("provider list", stops="`provider list`"),
    Example("mcp add files --nope x", stops="`--nope`"),
    Example("mcp add files --timeout soon", stops="`--timeout` is not a whole number"),
    Example("lsp add go --init-options '{'", stops="`--init-options` is not JSON"),
    Example("hook add PreToolUse --matcher bash", stops="a hook needs a `--command`"),
    Example("permissions allow", stops="`permissions allow` needs something after it"),
    Example("permissions forbid bash", stops="`permissions forbid`"),
    Example("option colour red", stops="no option `colour`"),
    Example("option debug perhaps", stops="`option debug` is not true or false"),
    Example("option context-path", stops="`option context-path` needs a value"),
    Example("option reset debug", stops="empties lists"),
    Example("option ui compact", stops="needs a name and a value"),
    Example("option ui diff both", stops="is not unified or split"),
    Example("option ui completions-max-items -1", stops="is not a whole number, 0 or more"),
    Example("option attribution-trailer-style loud", stops="is not none, co-authored-by or assisted-by"),
)
EXAMPLES = (*STARTS, *STOPS)
