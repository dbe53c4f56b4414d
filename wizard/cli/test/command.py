"""`test`: whether the providers work, tried live and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import Seconds, allow_commands, allow_hosts, common
from wizard.cli.result import Result
from wizard.errors import Cancelled, Refused, SecretError
from wizard.expansion.plain_secrets import field_holds_secret
from wizard.machine.absent import absence
from wizard.machine.consent import Consent, NotAllowed
from wizard.machine.provision import open_store_for
from wizard.machine.unread import refuse_unread
from wizard.network.offline import is_offline
from wizard.provider.variable import variable_for
from wizard.shown import command_line
from wizard.trial.clouds import for_curl
from wizard.trial.live import LoginOver, Reach, configured, live_in_force, reach
from wizard.trial.not_tellable import NotTellable
from wizard.trial.probing import TEST_SECONDS, TestedProvider, probe_all, report_for, say_notes
from wizard.trial.signed_out import OnlyTheirs, SignedOut
from wizard.ui.place import place
from wizard.ui.prompter import open_prompter
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wizard.crush.effective import EffectiveProvider
    from wizard.expansion.expand import Expanded
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output

NONE_READY = "no provider to test; to add one: crush-wizard add-provider"


@click.command("test")
@click.argument("providers", metavar="[ID]...", nargs=-1, shell_complete=provider_ids)
@click.option("--quick", is_flag=True, help="No chat: test name, connection, TLS and the list of models.")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Seconds to wait for each answer.")
@click.option("--curl", is_flag=True, help="Print the requests as curl commands without the key, and send nothing.")
@allow_hosts
@allow_commands
@common
@click.pass_obj
def command(
    output: Output,
    /,
    providers: tuple[str, ...],
    quick: bool,
    timeout: float | None,
    curl: bool,
    allow_hosts: bool,
    allow_commands: bool,
) -> Result:
    """Test the providers that Crush would use, or those of these IDs, all at once.

    Each is asked for its models, and for three tiny chats: a plain one, a streamed one, and one with a tool.
    A key of yours that only this folder's files would send somewhere is asked about first, and so is a command in your
    own config, $(...), before it is run.
    """
    if is_offline() and not curl:
        raise Refused(
            "`test` needs the network, which is switched off",
            hint="leave out --offline, and unset WIZARD_OFFLINE; --curl works without it",
        )
    from wizard.machine.in_force import in_force

    found = in_force()
    chosen = choose(found, providers, output)
    if curl:
        return _curl(chosen, found, output, quick=quick, seconds=timeout or TEST_SECONDS)
    consent = Consent(output, open_prompter(output), allow_hosts, runs_commands=True, commands_allowed=allow_commands)
    tested = test_providers(chosen, found, output, consent, quick=quick, seconds=timeout or TEST_SECONDS)
    return _result(tested, output)


# Which ones


def choose(found: InForce, wanted: Iterable[str], output: Output) -> tuple[EffectiveProvider, ...]:
    """Those of these ids, else all that files configure and Crush would use.

    Raises InvalidConfig, and what `absence` says of an id.
    """
    from wizard.machine.problems import say_fatal

    ids = tuple(dict.fromkeys(wanted))
    known = {provider.id: provider for provider in found.effective.providers}
    if not known or not known.keys() >= set(ids):
        refuse_unread(found)
    for provider in ids:
        if provider not in known:
            raise absence(provider, found)
    say_fatal(found, output)
    if ids:
        return tuple(known[provider] for provider in ids)
    _say_left_out(found, output)
    ours = configured(found)
    ready = [provider for provider in known.values() if provider.status == "ready"]
    chosen = tuple(provider for provider in ready if provider.id in ours)
    _say_unasked([provider for provider in ready if provider.id not in ours], chosen, found, output)
    return chosen


def _say_unasked(
    others: Sequence[EffectiveProvider], chosen: Sequence[EffectiveProvider], found: InForce, output: Output
) -> None:
    """Providers that no file configures: a key goes to none of them unasked."""
    from wizard.machine.provider_state import missing_sign_in

    signed_out = {provider.id: sign_in for provider in others if (sign_in := missing_sign_in(provider, found))}
    if signed_out:
        cure = next(iter(signed_out.values())).cure
        output.note(f"not tested, because you are not signed in: {joined(signed_out)}; to sign in: {cure}")
    others = [provider for provider in others if provider.id not in signed_out]
    if not others:
        return
    variables = tuple(dict.fromkeys(name for provider in others for name in provider.api_key.variables))
    shared = {name for provider in chosen for name in provider.api_key.variables}
    through = "the same variable, " if shared.issuperset(variables) else ""
    named = joined([f"${name}" for name in variables])
    because = f"active through {through}{named}" if named else "active"
    ids = joined([provider.id for provider in others])
    command = command_line("test", others[0].id)
    output.note(f"not tested, because no file configures it: {ids} ({because}); to test it: `{command}`")


def _say_left_out(found: InForce, output: Output) -> None:
    """Providers of the user's files that Crush would not use."""
    unused = [
        provider for provider in found.effective.providers if provider.status != "ready" and provider.source is not None
    ]
    if unused:
        ids = ", ".join(provider.id for provider in unused)
        output.note(
            f"not tested, because Crush does not use it: {ids}; to see why: {command_line('test', unused[0].id)}"
        )


# Testing


def test_providers(
    chosen: Sequence[EffectiveProvider],
    found: InForce,
    output: Output,
    consent: Consent,
    *,
    quick: bool,
    seconds: float,
) -> tuple[TestedProvider, ...]:
    usable = [provider for provider in chosen if _usable(provider)]
    to = reach(usable, found, lambda: open_store_for(output), consent)
    lives, environ = tuple(to.lives.values()), found.requests_environ
    results = probe_all(lives, output, environ, quick=quick, seconds=seconds) if lives else ()
    _insist_on_one(results, to, chosen)
    tested = {test.result.provider: test for test in results}
    return tuple(
        tested.get(provider.id) or _untested(provider, to.reasons.get(provider.id), found) for provider in chosen
    )


def _usable(provider: EffectiveProvider) -> bool:
    """Whether there is something to test. A disabled one is tested before it is enabled again."""
    return provider.status in ("ready", "disabled")


def _untested(
    provider: EffectiveProvider, reason: NotTellable | SignedOut | SecretError | NotAllowed | None, found: InForce
) -> TestedProvider:
    """One that Crush would not use, or whose values are not to be had."""
    match reason:
        case NotAllowed():
            return _skipped(provider.id, "not-allowed", str(reason), reason.hint)
        case SecretError():
            return _skipped(provider.id, reason.code, reason.message, reason.hint)
        case SignedOut():
            return _skipped(provider.id, "signed-out", str(reason), reason.hint)
        case OnlyTheirs():
            return replace(_skipped(provider.id, "signed-elsewhere", str(reason), reason.hint), usable=True)
        case LoginOver():
            return replace(_skipped(provider.id, "login", str(reason), reason.hint), usable=True)
        case NotTellable():
            hint = ", or ".join(filter(None, (_set_for_once(provider), reason.hint)))
            skipped = _skipped(provider.id, "command", str(reason), hint)
            return replace(skipped, usable=True)
    return _skipped(provider.id, provider.status, _why_unused(provider), _cure(provider, found))


def _skipped(provider: str, code: str, reason: str, hint: str) -> TestedProvider:
    from wizard.endpoints.probe import STEPS, ProbeResult, Step

    steps = tuple(Step(name, "skipped", code=code, detail=reason, hint=hint) for name in STEPS)
    return TestedProvider(ProbeResult(provider, steps), usable=False)


def _why_unused(provider: EffectiveProvider) -> str:
    if provider.status == "needs-key":
        return provider.reason or "no key"
    return f"Crush drops it: {provider.reason}" if provider.reason else "Crush drops it"


def _cure(provider: EffectiveProvider, found: InForce) -> str:
    from wizard.machine.provider_state import cure, key_of

    source = provider.source
    return cure(provider, key_of(provider, found)) or (f"fix it in {place(source)}" if source else "")


def _set_for_once(provider: EffectiveProvider) -> str:
    """What the user can do about a value that a command of the config gives."""
    values = (provider.api_key, provider.base_url, *provider.headers.values())
    names = [name for value in values if value.text is None for name in value.variables]
    if names:
        return f"set {names[0]} in the environment of this one call"
    return "put a variable, such as ${NAME:-$(command)}, around the command, and set it for this one call"


def _insist_on_one(results: Sequence[TestedProvider], to: Reach, chosen: Sequence[EffectiveProvider]) -> None:
    """Raises the store's own error where nothing could be tested because of it."""
    if to.gone and not results and all(map(_usable, chosen)):
        error = next(iter(to.gone.values()))
        raise type(error)(f"{error.message}; needed: {', '.join(to.gone)}", hint=error.hint)


# Telling


def _result(tested: Sequence[TestedProvider], output: Output) -> Result:
    verdicts = {test.verdict for test in tested}
    code = Cancelled.exit_code if "stopped" in verdicts else int("fails" in verdicts)
    say_notes(tested, output)
    if not tested:
        output.note(NONE_READY)

    def show() -> None:
        if tested:
            output.data(report_for(output.stdout, tested))

    def below() -> None:
        if code == Cancelled.exit_code:
            output.note("stopped before the end")

    return Result(lambda: {"results": [_as_data(test) for test in tested]}, show, below, code)


def _as_data(tested: TestedProvider) -> dict[str, Any]:
    return {**tested.result.report(), "ok": tested.verdict not in ("fails", "stopped"), "verdict": tested.verdict}


# curl


def _curl(
    chosen: Iterable[EffectiveProvider], found: InForce, output: Output, *, quick: bool, seconds: float
) -> Result:
    lines = {provider.id: _curl_of(provider, found, quick=quick, seconds=seconds) for provider in chosen}

    def show() -> None:
        if lines:
            output.data("\n".join(lines.values()))
        else:
            output.note(NONE_READY)

    return Result(lambda: {"curl": [{"provider": provider, "lines": text} for provider, text in lines.items()]}, show)


def _curl_of(provider: EffectiveProvider, found: InForce, *, quick: bool, seconds: float) -> str:
    """The lines of one provider; a comment where its address is not known."""
    from wizard.endpoints.curl import comment, curl_lines
    from wizard.machine.in_force import HELD

    if provider.status == "dropped":
        return comment(provider.id, _why_unused(provider))
    shown = replace(
        provider,
        at_request=replace(provider.at_request, api_key=_present(provider.at_request.api_key)),
        headers={name: _present(value) for name, value in provider.headers.items()},
    )
    try:
        live = live_in_force(shown, found.effective)
    except NotTellable as reason:
        return comment(provider.id, str(reason))
    if HELD in live.base_url:
        return comment(provider.id, f"its URL needs {joined(provider.base_url.variables)} from the store")
    try:
        signs_in = for_curl(live, str(provider.entry.get("api_key") or ""), found)
    except OnlyTheirs as reason:
        return comment(provider.id, str(reason))
    model = live.large or live.small or next(iter(live.models), "MODEL")
    named = (*filter(None, (signs_in.variable,)), *provider.api_key.variables, *provider.api_key.lookups)
    placeholder = "" if _is_word(provider) else f"${next(iter(named), variable_for(provider.id))}"
    first = comment(provider.id, f"first: {signs_in.setting}") if signs_in.setting else ""
    return first + curl_lines(signs_in.live, model, placeholder, quick=quick, seconds=seconds, aws=signs_in.aws)


def _is_word(provider: EffectiveProvider) -> bool:
    """Whether its key is written as it is sent, and no secret."""
    key = provider.entry.get("api_key")
    is_plain = isinstance(key, str) and key == provider.api_key.text
    return is_plain and not field_holds_secret({"api_key": key}, provider.entry)


def _present(value: Expanded) -> Expanded:
    """A key that only a command, or its owner, can tell, for lines that show a variable in its place."""
    if (value.text is None and value.kind != "error") or value.unset:
        return replace(value, text=f"{value.kind} of the config", kind="text")
    return value
