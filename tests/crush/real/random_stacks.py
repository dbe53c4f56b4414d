"""Stacks drawn at random from everything that Crush's rules speak of; one seed gives one stack."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from tests.crush.real.stack import Content, Json, Script, Spelled, Stack
from wizard.provider.types import TYPES

SCRIPT_SHARE = float(os.environ.get("SCRIPT_SHARE", "0.3"))
T = TypeVar("T")

USER = "home/.config/crush/crush.json"
USER_SCRIPT = "home/.config/crush/crushrc"
DATA = "home/.local/share/crush/crush.json"
JSON_FILES = (
    "etc/crush/crush.json",
    USER,
    DATA,
    "work/crush.json",
    "work/.crush.json",
    "work/.crush/crush.json",
    "work/sub/crush.json",
    "work/sub/.crush.json",
    "work/sub/.crush/crush.json",
)
SCRIPTS = (USER_SCRIPT, "work/crushrc", "work/.crushrc", "work/sub/.crushrc")

CUSTOM = ("acme", "beta", "Acme", "zeta-9", "ollama", "local")
ODD_IDS = ("", "a.b", "7", "x y", "google", "claude", "a/b", "Ä")
BUILTINS = ("openai", "anthropic", "gemini", "azure", "groq", "deepseek", "bedrock", "vertexai", "hyper", "minimax")
RARER_BUILTINS = (
    "opencode-zen",
    "opencode-go",
    "zai",
    "openrouter",
    "vercel",
    "copilot",
    "kimi-coding",
    "xai",
    "venice",
)
MODELS = ("m-1", "m-2", "M-1", "gpt-4o", "o3", "org/m-3", "gpt-oss-20b", "claude-sonnet-4-6")
LISTING = "lists.example"

VARIABLES = ("K1", "K2", "K3", "EMPTY", "OPENAI_API_KEY", "GROQ_API_KEY", "UNSET")
VALUES = ("k-1", "", "v-2", "pa$K1", "a b", "x\\y", "it's", '"q"', "http://v.example/v1", "ü")
TEMPLATES = (
    "$K1", "${K1}", "$K2", "$UNSET", "$EMPTY", "${EMPTY:-d}", "${EMPTY-d}", "${UNSET:-d-1}", "${UNSET-d}", "${K1:+alt}",
    "${UNSET+set}", "${EMPTY+set}", "${UNSET:?m}", "${EMPTY?m}", "${K2:=x}", "$K1$K2", "${K1}_$K3", "k-$K1", "'$K1'",
    '"$K1"', "\\$K1", "\\\\$K1", "a$", "$$", "pa$$word", "p@ss$word", "$5", "$%", "${#K1}", "${K1:1:2}", "${K1/1/2}",
    "${K1^^}", "${K1%-*}", "$((1+2))", "$(echo out)", "$(false)", "$(exit 3)", "${K1:-$(false)}", "${K1:-$(echo y)}",
    "`echo bt`", "a`b`", "${", "$(", "${K1", "$", "${!K1}", "${K1@Q}", "${K1@U}", "${UNSET:-${K1}}", "  $K1 ", "~/x",
    "it's $K1", "$env:K1", "%K1%", "$OPENAI_API_KEY", "a\\b", "C:\\Users\\me", "$(printf 'a\\n\\n')", "${K1:-}",
    "$K1\r\n",
)  # fmt: skip
URLS = (
    "https://a.example/v1", "http://b.example/v1/", "https://c.example", "http://d.example:8080/api/v1", f"http://{LISTING}/v1",
    "$URL", "https://$K1.example/v1", "${URL:-https://e.example/v1}", "${UNSET:-https://f.example}", "https://g.example/v1?x=1",
    "https://res.openai.azure.com/", "res2.openai.azure.com/openai", "myproxy.example/azure", "", "$UNSET", "not a url",
    "https://$UNSET/v1", "$(echo https://cmd.example/v1)", "https://h.example/$EMPTY/v1", "\\$URL",
    " https://i.example/v1 ", "https://j.example/a/../v1",
)  # fmt: skip


class Drawing:
    """Draws the parts of a stack. What stops Crush altogether is rare, or nothing else would be seen."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def of(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def some(self, values: Sequence[T], most: int) -> list[T]:
        return self.random.sample(values, self.random.randint(0, min(most, len(values))))

    # Values

    def template(self) -> str:
        """A value that Crush expands."""
        if self.chance(0.15):
            return self.of(TEMPLATES) + self.of(("", "-", " ")) + self.of(TEMPLATES)
        return self.of(TEMPLATES) if self.chance(0.6) else self.of(("k-lit", "sk-0123456789abcdef", "", "$K1"))

    def header(self) -> str:
        """One that fails keeps Crush from starting."""
        return (
            self.template() if self.chance(0.15) else self.of(("v", "", "$K1", "${UNSET:-}", "$EMPTY", "a $K2", "$URL"))
        )

    def key(self, name: str) -> str:
        """A field's name, now and then in a case of its own."""
        return self.of((name.upper(), name.title(), name)) if self.chance(0.04) else name

    def odd(self, value: Any) -> Any:
        """Now and then null, rarely something of the wrong type."""
        if self.chance(0.03):
            return None
        return self.of((1, "x", [], Json(), True, 1.5)) if self.chance(0.002) else value

    def number(self) -> Any:
        return (
            self.of((0, 1000, 4096, 128000, -1, Spelled("1e5"), Spelled("4096.0"), 2**53 + 1))
            if not self.chance(0.01)
            else self.of(
                (
                    Spelled("9223372036854775807"),
                    Spelled("4096.5"),
                    Spelled("1e400"),
                    Spelled("9223372036854774784"),
                    Spelled("-0.0"),
                )
            )
        )

    def truth(self) -> bool:
        return self.of((True, False))

    def object(self, fields: Sequence[tuple[str, Callable[[], Any]]], most: int) -> Json:
        """Some of the fields, in any order; rarely one of them twice."""
        chosen = self.some(fields, most)
        if chosen and self.chance(0.03):
            chosen.append(self.of(chosen))
        return Json(tuple((self.key(name), self.odd(value())) for name, value in chosen))

    # Providers and models

    def model(self) -> Any:
        fields: list[tuple[str, Callable[[], Any]]] = [
            ("name", lambda: self.of(("Em", ""))),
            ("context_window", self.number),
            ("default_max_tokens", self.number),
            ("can_reason", self.truth),
            ("reasoning_levels", lambda: self.of((["low", "high"], []))),
            ("default_reasoning_effort", lambda: self.of(("low", "high", "max", ""))),
            ("cost_per_1m_in", lambda: self.of((1, 0.25, 0))),
            ("supports_attachments", self.truth),
            ("supports_vision", self.truth),
            ("options", lambda: Json((("temperature", self.of((0.5, 1))),))),
        ]
        drawn = self.object(fields, 3)
        identifier = () if self.chance(0.02) else ((self.key("id"), self.of(MODELS)),)
        return None if self.chance(0.01) else Json((*identifier, *drawn.members))

    def models(self) -> list[Any]:
        return [self.model() for _ in range(self.of((0, 1, 1, 2, 2, 3)))]

    def provider(self, known: bool) -> Any:
        """An entry; `known`: it is about a built-in."""
        fields: list[tuple[str, Callable[[], Any]]] = [
            ("name", lambda: self.of(("A name", ""))),
            ("disable", lambda: self.chance(0.3)),
            (
                "extra_headers",
                lambda: Json(
                    tuple(
                        (name, self.odd(self.header())) for name in self.some(("X-A", "x-a", "X-B", "Authorization"), 2)
                    )
                ),
            ),
            (
                "extra_body",
                lambda: Json(
                    tuple(
                        (name, self.of((1, "s", True, Json((("q", 1),)))))
                        for name in self.some(("a", "b.c", "user", "top_k"), 2)
                    )
                ),
            ),
            ("discover_models", self.truth),
            ("system_prompt_prefix", lambda: "Be short."),
            ("flat_rate", self.truth),
            ("provider_options", lambda: Json((("user", "u"),))),
            ("apikey", lambda: "x"),
            ("id", lambda: "other"),
        ]
        drawn = list(self.object(fields, 3).members)
        for name, value, share in (
            ("type", lambda: self.type(), 0.7),
            ("base_url", lambda: self.of(URLS) if self.chance(0.4) else self.of(URLS[:4]), 0.5 if known else 0.95),
            ("api_key", self.template, 0.8),
            ("models", self.models, 0.4 if known else 0.9),
        ):
            if self.chance(share):
                drawn.append((self.key(name), self.odd(value())))
                if self.chance(0.02):
                    drawn.append((self.of((name, name.title())), self.odd(value())))
        self.random.shuffle(drawn)
        return None if self.chance(0.01) else Json(tuple(drawn))

    def type(self) -> str:
        if self.chance(0.04):
            return self.of(("OpenAI", "gemini", "", "ollama "))
        return (
            self.of(tuple(name for name in TYPES if name != "google-vertex")) if self.chance(0.5) else "openai-compat"
        )

    def identifier(self) -> str:
        if self.chance(0.04):
            return self.of(ODD_IDS)
        if self.chance(0.08):
            return self.of(RARER_BUILTINS)
        return self.of(BUILTINS) if self.chance(0.3) else self.of(CUSTOM)

    def selection(self) -> Any:
        fields: list[tuple[str, Callable[[], Any]]] = [
            ("provider", lambda: self.of((*CUSTOM, *BUILTINS, ""))),
            ("model", lambda: self.of((*MODELS, "nope", "gpt-5", "", "claude-haiku-4-5-20251001"))),
            ("max_tokens", self.number),
            ("reasoning_effort", lambda: self.of(("low", "ultra", ""))),
            ("think", self.truth),
            ("temperature", lambda: self.of((0.1, 9))),
        ]
        chosen = fields[:2] + self.some(fields[2:], 1) if self.chance(0.8) else self.some(fields, 2)
        return Json(tuple((self.key(name), self.odd(value())) for name, value in chosen))

    # Files

    def json_file(self) -> Content:
        if self.chance(0.01):
            return Spelled(
                self.of(
                    (
                        "",
                        " ",
                        "null",
                        "[]",
                        "{",
                        "{} // x",
                        '{"a": 1,}',
                        "\ufeff{}",
                        '{"providers": {"acme": {"name": "\udcff"}}}',
                        "{}",
                    )
                )
            )
        parts: list[tuple[str, Any]] = []
        if self.chance(0.9):
            ids = [self.identifier() for _ in range(self.of((1, 1, 2, 3)))]
            entries = tuple((identifier, self.provider(identifier not in (*CUSTOM, *ODD_IDS))) for identifier in ids)
            parts.append((self.key("providers"), self.odd(Json(entries))))
            if self.chance(0.02):
                parts.append((self.of(("providers", "Providers")), Json(((self.identifier(), self.provider(False)),))))
        if self.chance(0.35):
            slots = self.some(("large", "small", "large", "small", "medium"), 2)
            parts.append((self.key("models"), self.odd(Json(tuple((slot, self.selection()) for slot in slots)))))
        if self.chance(0.25):
            parts.append((self.key("options"), self.options()))
        if self.chance(0.15):
            parts.append(("env", Json(tuple((name, self.odd(self.template())) for name in self.some(VARIABLES, 2)))))
        if self.chance(0.1):
            parts.append((self.of(("$schema", "tools", "nonsense", "recent_models", "mcp", "lsp", "hooks")), Json()))
        if self.chance(0.01):
            parts.append(
                (
                    "hooks",
                    Json(
                        (
                            (
                                "PreToolUse",
                                [Json((("command", self.of(("x", ""))), ("matcher", self.of(("(", "a|b", "(?i)x")))))],
                            ),
                        )
                    ),
                )
            )
        self.random.shuffle(parts)
        return Json(tuple(parts))

    def options(self) -> Any:
        fields: list[tuple[str, Callable[[], Any]]] = [
            ("disable_default_providers", lambda: self.chance(0.6)),
            ("debug", lambda: False),
            ("disable_provider_auto_update", lambda: True),
            ("data_directory", lambda: self.of(("", "state", ".crush"))),
            ("context_paths", lambda: ["X.md"]),
            ("disable_metrics", lambda: True),
        ]
        return self.object(fields, 2)

    # A crushrc

    def word(self, value: str, plain: bool = False) -> str:
        """A value as a script spells it."""
        quoted = "'" + value.replace("'", "'\\''") + "'"
        if plain or self.chance(0.5):
            return quoted
        return self.of(
            (
                f'"{value}"' if not set(value) & set('"\\`') else quoted,
                '"$K1"',
                '"${K1}"',
                '"${UNSET:-d}"',
                "$K1",
                '"$EMPTY"',
                "lit",
                '"${K2:-x}"',
            )
        )

    def script(self) -> Content:
        lines: list[str] = []
        for _ in range(self.of((1, 1, 2, 3))):
            lines += self.commands()
        if self.chance(0.25):
            lines.insert(self.random.randint(0, len(lines)), self.of(STATEMENTS))
        return Script(tuple(lines))

    def commands(self) -> list[str]:
        identifier = self.identifier()
        if not identifier or self.chance(0.05):
            return [
                self.of(
                    ("option debug false", "option default-providers true", "option metrics false", "# nothing", "")
                )
            ]
        lines = [f"provider add {self.word(identifier, plain=True)}{''.join(self.some_flags())}"]
        lines += [
            f"model add {self.word(f'{identifier}/{self.of(MODELS)}', plain=True)}{''.join(self.model_flags())}"
            for _ in range(self.of((0, 1, 1, 2)))
        ]
        if self.chance(0.3):
            chosen = f"{self.of((identifier, *CUSTOM))}/{self.of(MODELS)}"
            lines.append(f"model {self.of(('large', 'small'))} {self.word(chosen, plain=True)}")
        if self.chance(0.05):
            lines.append(self.of((f"provider remove {identifier}", f"model rm {identifier}/m-1")))
        return lines

    def some_flags(self) -> list[str]:
        flags = [f" --base-url {self.word(self.of(URLS[:7]))}", f" --api-key {self.word(self.template())}"]
        if self.chance(0.6):
            flags.append(f" --type {self.type() or 'openai'}")
        if self.chance(0.2):
            flags.append(f" --extra-header X-A {self.word(self.header())}")
        if self.chance(0.1):
            flags.append(f" --disable {self.of(('true', 'no', '1', 'FALSE'))}")
        if self.chance(0.1):
            flags.append(""" --extra-body '{"a": 1}'""")
        if self.chance(0.1):
            flags.append(f" --discover-models {self.of(('true', 'false'))}")
        if self.chance(0.1):
            flags.append(f" --name {self.word('A name')}")
        return [flag for flag in flags if self.chance(0.9)]

    def model_flags(self) -> list[str]:
        flags = (
            " --name 'Em'",
            " --context-window 4096",
            " --can-reason true",
            " --price-input 0.5",
            " --reasoning-effort low",
            " --default-max-tokens 100",
        )
        return self.some(flags, 2)

    def dotenv(self) -> Content:
        return Script(
            tuple(
                f"{name}={self.of(('k-env', '', '$K1', chr(34) + 'q $K1' + chr(34), 'a b # c'))}"
                for name in self.some((*VARIABLES, "URL"), 3)
            )
        )

    # The whole

    def stack(self) -> Stack:
        files: dict[str, Content] = {}
        for path in self.some(JSON_FILES, 3) or [USER]:
            files[path] = self.json_file()
        if self.chance(0.5):
            files[self.of(SCRIPTS)] = self.script()
        cwd = self.of(("work", "work", "work/sub"))
        if self.chance(0.25):
            files[f"{cwd}/.env"] = self.dotenv()
        return Stack(
            files=files,
            env=self.env(),
            cwd=cwd,
            git=self.chance(0.5),
            cache=self.chance(0.75),
            lists={LISTING: ("d-1", "m-1", "d-1")} if self.chance(0.3) else {},
            foreign=tuple(
                path for path in files if path.startswith("work/") and not path.endswith(".env") and self.chance(0.03)
            ),
        )

    def env(self) -> dict[str, str]:
        env = {
            name: self.of(VALUES[:2]) if self.chance(0.7) else self.of(VALUES) for name in self.some(VARIABLES[:6], 4)
        }
        env.setdefault("K1", "k-1")
        if self.chance(0.6):
            env["URL"] = self.of(("https://url.example/v1", "http://url.example", ""))
        for name, values, share in _NOW_AND_THEN:
            if self.chance(share):
                env[name] = self.of(values)
        return env


STATEMENTS = (
    "true", "false", "[[ -n $UNSET ]] && option debug", "[[ -n $K1 ]] && option debug false", "nosuchcommand",
    "return 0", "exit 0", "exit 1", "export K1=other", "K2=own", "set -e", "set -u",
    "if true; then option debug false; fi", "source ./missing", 'echo "$K1"', ': "${UNSET:?m}"', ': "${K1:?m}"',
    "model large acme", "model large --top-p 9 acme/m-1", "provider add", "provider add --base-url x",
    "option debug maybe", "option nonsense", "model add ghost/m-1", "nosuch || true", "provider list",
    "f() { option debug false; }; f", "for id in acme; do provider add $id; done", "unset K1", "K1=", "! true",
    "provider add acme --type=openai", "  provider   add  acme   --name  'A b' ",
    'provider add "acme" --name "it is" # why', "provider add acme \\\n  --flat-rate true",
    "model small acme/m-1 --think", "command true", '[ -z "$EMPTY" ] || exit 3',
)  # fmt: skip
_NOW_AND_THEN: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("CRUSH_DISABLE_DEFAULT_PROVIDERS", ("1", "", "0", "x", "true"), 0.05),
    ("CRUSH_K1", ("over", ""), 0.04),
    ("CRUSH_OPENAI_API_KEY", ("over",), 0.04),
    ("AWS_REGION", ("eu-west-1", ""), 0.04),
    ("AWS_ACCESS_KEY_ID", ("a",), 0.02),
    ("HYPER_API_KEY", ("h", ""), 0.03),
    ("ANTHROPIC_API_KEY", ("a-k", ""), 0.1),
    ("AZURE_OPENAI_API_ENDPOINT", ("https://az.example", ""), 0.05),
    ("OPENAI_API_ENDPOINT", ("https://oa.example/v1",), 0.05),
    ("OPENAI_ORG_ID", ("org",), 0.03),
)


def random_stack(seed: int) -> Stack:
    return Drawing(seed).stack()
