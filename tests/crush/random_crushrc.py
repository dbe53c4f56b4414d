"""Small crushrc files at random: the commands that Crush knows, with odd words, quotes and variables."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

ENV = {
    "KEY": "sk-1",
    "EMPTY": "",
    "TWO": "a b",
    "LEAD": " a",
    "TRAIL": "b ",
    "URL": "http://127.0.0.1:1/v1",
    "STAR": "a*",
    "NL": "a\nb",
    "BACK": "a\\b",
    "QUOTES": "a\"b'c",
    "FLAG": "--name",
    "YES": "true",
    "N": "42",
    "OBJECT": '{"a": 1}',
    "DOLLAR": "$KEY",
    "MODEL": "acme/m1",
}
_NAMES = (*ENV, "UNSET", "NO", "X", "Y")
_FORMS = (
    "${%s} ${%s:-d} ${%s-d} ${%s:+w} ${%s+w} ${%s:-} ${%s:-$KEY} ${%s:?m} ${%s?m} ${%s:=z} ${#%s} ${%s%%b} ${%s#a} "
    "${%s^^} ${%s/a/c} ${%s:-\\$x}"
).split()
_SPACED = ("${%s:-'q r'}", '${%s:-"q r"}')
_PLAIN = (
    "a acme b-c 1 0.5 true no m1 x=y --name --think 1e5 é a\\ b \\$KEY http://h/v1 ~ ~/x a~ % @ : , a#b http://h?q=1 "
    "{ } ! \\a"
).split(" ")
_SINGLE = ("a b", "", "$KEY", 'x"y', '{"a":1}', '{"b":[1,{"c":2}]}', "[1]", "null", "acme/m1", "\\n")
_IN_QUOTES = ("a", "b c", "", " ", '\\"', "\\$", "\\\\", "'", "/", "\\x")
_OPEN = ('"$(echo x)"', "$(false)", "`echo a`", "$((1+1))")
_FLAGS = {
    "provider add": "--name --type --api-key --base-url --disable --flat-rate --discover-models "
    "--system-prompt-prefix --extra-header --extra-body --provider-options --nope --name=x",
    "model add": "--name --context-window --default-max-tokens --can-reason --supports-images --price-input "
    "--price-output --price-cache-create --price-cache-hit --reasoning-effort",
    "model large": "--think --reasoning-effort --max-tokens --temperature --top-p --top-k --frequency-penalty "
    "--presence-penalty --provider-options",
    "mcp add": "--type --command --args --env --url --header --timeout --disabled --disabled-tools --oauth "
    "--oauth-callback-port",
    "lsp add": "--command --args --env --filetypes --root-markers --timeout --disabled --init-options --options",
    "hook add": "--command --matcher --timeout --name",
}
_TRUTHS = "--disable --flat-rate --discover-models --can-reason --supports-images --disabled --oauth".split()
_WHOLE = "--context-window --default-max-tokens --max-tokens --top-k --timeout --oauth-callback-port".split()
_NUMBERS = "--price-input --price-output --price-cache-create --price-cache-hit --temperature --top-p".split()
_OBJECTS = "--extra-body --provider-options --init-options --options".split()
_OPTIONS = (
    "debug|debug true|debug no|debug maybe|metrics false|context-path a b|reset context-path|reset debug|reset|"
    "ui compact true|ui diff split|ui diff x|ui completions-max-depth 3|ui completions-max-depth -1|ui a b|ui|"
    'attribution-trailer-style none|attribution-trailer-style|attribution-generated-with no|bogus|debug ""|'
    "skill-path $TWO|disable-skill $UNSET"
).split("|")
_CONDITIONS = (
    "[[ -n %s ]]|[[ -z %s ]]|[[ %s ]]|[[ ! %s ]]|[[ %s == a* ]]|[[ %s == sk-1 ]]|[ -n %s ]|"
    '[ -z "%s" ]|[ "%s" = a ]|[ %s = a ]|test %s|[[ -f %s ]]|[[ %s = "a*" ]]|[[ -n %s && -n $KEY ]]|'
    "[[ ! -n $KEY && %s != x ]]"
).split("|")
_TESTS = (
    "true|false|[[ -v KEY ]]|[[ -v NO ]]|[[ 3 -gt 2 ]]|command -v sh >/dev/null|command -v no-such >/dev/null 2>&1|"
    "! true|grep -q x /dev/null|[ -d /tmp ]|[ a ]|[ ]|[ a b ]"
).split("|")
_SETS = (
    'X=1|X=$KEY|X="$TWO"|export X=a|export Y|X=$UNSET|unset KEY|X="${UNSET:-q}"|Y=$X|readonly X=3|X=~|X=|'
    "declare Y=2|X=${NO:?m}"
).split("|")
_ODD = (
    "provider|model|model large|mcp list|hook|lsp|option|permissions|provider frob x|:|true|false|echo hi|return 0|"
    "exit 0|exit 1|exit|set -e|set -u|set -eu|set +e|source no-such-file|. /no-such-file|no-such x|./no-such|"
    "command true|builtin false|umask 077|exec|read Z|shift|command option debug|exec option debug|"
    "X=1 option debug|eval ''|printf x|cd /tmp|trap '' EXIT|hash|alias a=b|type sh|local q=1|exit $N|exit abc|"
    "(exit 3)|(true)|X=$(false)|X=$(echo a)|f() { no-such; }; f|f() { true; }; f|"
    "! false|$UNSET|$FLAG|set -f|set -z|set -o pipefail|set -o errexit|[ -e /tmp ]"
).split("|")


class Scripts:
    """A source of scripts, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def script(self) -> str:
        first = ["provider add acme --base-url http://127.0.0.1:1/v1"] if self._chance(0.5) else []
        return "\n".join([*first, *(self._statement(0) for _ in range(self._random.randint(1, 4)))]) + "\n"

    def _chance(self, likely: float) -> bool:
        return self._random.random() < likely

    def _one_of(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _variable(self) -> str:
        name = self._one_of(_NAMES)
        return self._one_of((*_FORMS, *_SPACED)) % name if self._chance(0.6) else f"${name}"

    def _word(self, depth: int = 0) -> str:
        sort = self._random.random()
        if sort < 0.35:
            return self._one_of(_PLAIN)
        if sort < 0.5:
            return f"'{self._one_of(_SINGLE)}'"
        if sort < 0.7:
            parts = (self._one_of((self._variable(), self._one_of(_IN_QUOTES))) for _ in range(3))
            return f'"{"".join(parts)}"'
        if sort < 0.9:
            return self._variable()
        if sort < 0.97 and depth < 3:
            return self._word(depth + 1) + self._word(depth + 1)
        return self._one_of(("$'a\\tb'", "$'\\x41'", *_OPEN))

    def _value(self, flag: str) -> str:
        if self._chance(0.25):
            return self._word()
        if flag in _TRUTHS:
            return self._one_of(("true", "false", "1", "no", "YES", "$YES", '"$YES"'))
        if flag in _WHOLE:
            return self._one_of(("1", "42", "+5", "-3", "007", "$N"))
        if flag in _NUMBERS:
            return self._one_of(("0.5", "1", "1e3", ".5", "1_0", "0x1p-2", "inf", "$N"))
        if flag in _OBJECTS:
            return self._one_of(("'{}'", "'{\"a\":1}'", '"$OBJECT"'))
        return self._one_of(("x", "'a b'", "$KEY", '"$KEY"', '"$UNSET"', '"${UNSET:-d}"', '"$URL"'))

    def _flags(self, command: str) -> list[str]:
        words: list[str] = []
        for _ in range(self._random.randint(0, 3)):
            flag = self._one_of(_FLAGS[command].split())
            words.append(flag)
            if flag != "--think":
                words.append(self._value(flag))
            if flag in ("--extra-header", "--env", "--header"):
                words.append(self._word())
        return [*words, "--command", "x"] if command == "hook add" and self._chance(0.8) else words

    def _id(self) -> str:
        return self._one_of(("acme", "acme", "b", "'c d'", '"$KEY"', "$KEY", "$UNSET"))

    def _reference(self) -> str:
        known = ("acme/m1", "acme/m2", "b/org/m", "acme/$KEY", '"acme/$KEY"', "$MODEL", "no/m")
        return self._one_of((*known, "acme", "/x", "acme/")) if self._chance(0.95) else self._word()

    def _command(self) -> str:
        kind = self._one_of((*_FLAGS, *_FLAGS, "model add", "provider add", "model add", "option", "remove", "odd"))
        match kind:
            case "model add" | "model large":
                return " ".join((kind, self._reference(), *self._flags(kind)))
            case "hook add":
                return " ".join((kind, self._one_of(("PreToolUse", "Stop")), *self._flags(kind)))
            case "option":
                return f"option {self._one_of(_OPTIONS)}"
            case "remove":
                remove = self._one_of(("remove", "rm"))
                return self._one_of((f"provider {remove} {self._id()}", f"model {remove} {self._reference()}"))
            case "odd":
                return self._one_of(("permissions allow a b a", "permissions deny", "permissions x a", *_ODD))
        return " ".join((kind, self._id(), *self._flags(kind)))

    def _condition(self) -> str:
        return self._one_of(_CONDITIONS) % self._variable() if self._chance(0.7) else self._one_of(_TESTS)

    def _statement(self, depth: int) -> str:
        sort = self._random.random()
        if sort < 0.64 or depth > 1:
            return self._command()
        if sort < 0.71:
            return self._one_of(_SETS)
        if sort < 0.78:
            return f"{self._condition()} {self._one_of(('&&', '||'))} {self._statement(depth + 1)}"
        if sort < 0.84:
            otherwise = f"\nelse\n{self._block(depth)}" if self._chance(0.5) else ""
            other = f"\nelif {self._condition()}; then\n{self._block(depth)}" if self._chance(0.3) else ""
            return f"if {self._condition()}; then\n{self._block(depth)}{other}{otherwise}\nfi"
        if sort < 0.87:
            words = " ".join(self._word() for _ in range(self._random.randint(0, 3)))
            return f"for X in {words}; do\n{self._block(depth)}\ndone"
        if sort < 0.9:
            branches = "".join(f"{pattern}) {self._command()};;\n" for pattern in ("a*", "sk-1|b", "*"))
            return f"case {self._variable()} in\n{branches}esac"
        if sort < 0.93:
            return self._one_of((f"! {self._statement(depth + 1)}", f"{{ {self._block(depth)}\n}}"))
        return self._one_of(_ODD)

    def _block(self, depth: int) -> str:
        return "\n".join(self._statement(depth + 1) for _ in range(self._random.randint(1, 2)))
