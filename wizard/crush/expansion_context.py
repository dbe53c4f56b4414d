"""The configuration with the environment in which Crush expands its values (crush-behaviour 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.builtin_rules import DISABLE_DEFAULTS, flag
from wizard.crush.rule_failure import RuleFailure, placed
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.environment import prefixed, restored, with_config_env
from wizard.expansion.expand import Expanded, expand
from wizard.private import Private
from wizard.provider.template import variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.crush.combined import Combined
    from wizard.crush.problem import Problem
    from wizard.expansion.environment import EnvProblem
    from wizard.expansion.expand import Secret


BuiltinsOff = Literal["", "variable", "option"]
"""What keeps Crush's own providers out; empty where they are in."""


class ExpansionContext(Private, Struct, frozen=True):
    """The configuration, and the environment while Crush configures providers.

    `started_with` is the environment before the config's own variables, which come too late for some switches.
    `unknown` are variables of the config's own `env` whose value only running a command would tell.
    """

    combined: Combined
    started_with: Mapping[str, str]
    env: Mapping[str, str]
    unknown: frozenset[str]
    secret: Secret | None
    env_problems: tuple[Problem, ...]

    @property
    def entries(self) -> Mapping[str, Mapping[str, Any]]:
        entries: Mapping[str, Mapping[str, Any]] = self.combined.config.get("providers", {})
        return entries

    @property
    def builtins_off(self) -> BuiltinsOff:
        """Whether Crush leaves its own providers out (crush-behaviour 3.2)."""
        option = self.combined.config.get("options", {}).get("disable_default_providers")
        if not flag(self.started_with, DISABLE_DEFAULTS, option is True):
            return ""
        return "variable" if DISABLE_DEFAULTS in self.started_with else "option"

    @property
    def environ(self) -> Mapping[str, str]:
        """Variables that can't be told are set there, and `known` takes back what comes of them."""
        return prefixed(self._all_set)

    @property
    def environ_without_unknown(self) -> Mapping[str, str]:
        """As it is where the commands of those that can't be told fail: Crush skips the variable then (W14)."""
        return prefixed(self.env)

    @property
    def _all_set(self) -> Mapping[str, str]:
        return {**self.env, **dict.fromkeys(self.unknown, "unknown")}

    def expander(self) -> Callable[[Any], Expanded]:
        """Expands values of the configuration; one that is not there is an empty text."""
        return self._expander(self.environ)

    def expander_at_request(self) -> Callable[[Any], Expanded]:
        """The same while requests go out."""
        return self._expander(restored(self._all_set))

    def _expander(self, environ: Mapping[str, str]) -> Callable[[Any], Expanded]:
        def expanded(value: Any) -> Expanded:
            text = value.value if isinstance(value, Computed) else value or ""
            if text is None:
                return Expanded(None, "unknown", "it can't be known without running the crushrc")
            return with_names(value, self.known(expand(text, environ, self.secret)))

        return expanded

    def known(self, value: Expanded) -> Expanded:
        """The value, unless it comes from a variable that can't be told."""
        names = self.unknown & set(value.variables)
        return Expanded(None, "unknown", f"{min(names)} is unknown", variables=value.variables) if names else value


def with_names(value: Any, expanded: Expanded) -> Expanded:
    """A value that was expanded, with the variables that a script has taken it from before that."""
    if not isinstance(value, Computed) or value.template is None:
        return expanded
    names, unset = (*variables(value.template), *expanded.variables), (*value.unset, *expanded.unset)
    return replace(expanded, variables=tuple(dict.fromkeys(names)), unset=tuple(dict.fromkeys(unset)))


def expansion_context(combined: Combined, environ: Mapping[str, str], secret: Secret | None) -> ExpansionContext:
    """`environ` is that of the process with what a `.env` file adds; the config's own variables come on top (W14)."""
    env, found = with_config_env(combined.config.get("env", {}), environ, secret)
    unknown = frozenset(problem.name for problem in found if not problem.code)
    problems = [
        placed(_env_failure(problem), combined.sources.deciding(("env", problem.name)))
        for problem in found
        if problem.code
    ]
    return ExpansionContext(combined, environ, env, unknown, secret, tuple(problems))


def _env_failure(problem: EnvProblem) -> RuleFailure:
    effect = "can't be expanded" if problem.code == "F13" else "is skipped"
    return RuleFailure(problem.code, f"the variable {problem.name} of `env` {effect}: {problem.reason}")
