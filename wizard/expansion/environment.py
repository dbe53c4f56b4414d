"""The environment in which Crush expands values: with the config's own `env`, and the prefix CRUSH_."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.expansion.dotenv import can_be_set
from wizard.expansion.expand import Expanded, Secret, expand

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "CRUSH_"


class EnvProblem(Struct, frozen=True):
    """A variable of the config's `env` that has no value here.

    `code` W14: Crush skips it (crush-behaviour 10.2); F13: it crashes on it. Empty: Crush sets it, and only running a
    command, or knowing more of its language than we do, would tell to what.
    """

    name: str
    code: str
    reason: str


def with_config_env(
    env: Mapping[str, Any], environ: Mapping[str, str], secret: Secret | None = None
) -> tuple[dict[str, str], tuple[EnvProblem, ...]]:
    """The environment after the config's top-level `env`, and what went wrong (crush-behaviour 4.4).

    By name, each is expanded with the environment so far, and overrides. One that fails is skipped (W14). One that
    can't be told has no value here, nor has any that builds on it: those are problems without a code.
    """
    result = dict(environ)
    problems: list[EnvProblem] = []
    unknown: set[str] = set()
    for name in sorted(name for name, value in env.items() if isinstance(value, str)):
        expanded = expand(env[name], result, secret)
        problem = _problem(name, expanded, unknown)
        if problem is None:
            result[name] = expanded.text or ""
            continue
        problems.append(problem)
        if not problem.code:
            unknown.add(name)
            result.pop(name, None)
    return result, tuple(problems)


def _problem(name: str, expanded: Expanded, unknown: set[str]) -> EnvProblem | None:
    if not can_be_set(name, expanded.text or ""):
        return EnvProblem(name, "W14", "a variable can't have this name, or contain a zero byte")
    if depends := unknown & set(expanded.variables):
        return EnvProblem(name, "", f"it depends on {min(depends)}, which is unknown")
    if expanded.kind == "error":
        return EnvProblem(name, "F13" if expanded.crashes else "W14", expanded.error)
    if expanded.kind == "unknown":
        return EnvProblem(name, "", expanded.error)
    if expanded.commands:
        return EnvProblem(name, "", "it can't be known without running its command")
    return None


def prefixed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment while Crush configures providers: CRUSH_NAME stands in for NAME (crush-behaviour 4.4).

    It holds for headers and for whether a provider counts as configured; requests use the plain NAME again.
    """
    instead = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    return {**environ, **{name: value for name, value in instead.items() if name}}


def restored(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment once providers are configured: a NAME that CRUSH_NAME stood in for and that was not set is
    set to nothing from then on.
    """
    return {**{name: "" for name in prefixed(environ) if name not in environ}, **environ}
