"""Ask about one provider, then change it: for `add-provider` and `edit-provider`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.cli.secret.input import is_waiting
from wizard.flow.add_provider import survey as add_provider
from wizard.flow.driver import CONFIRMATION, Interview
from wizard.machine.background import InBackground
from wizard.machine.target import refuse_unread_crushrc
from wizard.provider.login import PREFIX
from wizard.trial.contact import Contact
from wizard.trial.facts import gather
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.provider.given import ProviderFlags
    from wizard.cli.result import Result
    from wizard.flow.engine import Survey
    from wizard.flow.question import Raw
    from wizard.machine.target import Target
    from wizard.ui.output import Output


_KEY = {"key", "key_env", "key_source"}
"""The answers that tell where the key is."""


def change_provider(
    command: str,
    given: dict[str, Raw],
    target: Target,
    flags: ProviderFlags,
    output: Output,
    survey: Survey | None = None,
) -> Result:
    """Carry the command out. `given` are the answers that its flags bring, `survey` the questions of an edit."""
    asker, dry_run, yes = open_prompter(output), flags.dry_run, flags.yes
    if asker is None and _KEY.isdisjoint(given) and is_waiting():
        output.warning("stdin was not read; to take the key from it: --api-key-stdin")
    asks = asker is not None and not yes
    contact = Contact(output, target, asker, asks, flags.allow_hosts, dry_run, flags.timeout)
    contact.refuse_test(flags.test)
    facts = gather(
        target,
        given,
        output,
        asker=asker,
        dry_run=dry_run,
        asks=asks,
        secret=contact.secret,
        look_at_models=contact.offer,
        edits=survey is not None,
        checks=yes and flags.test is not False,
        servers=asks and "preset" not in given,
        runs=flags.test is not False,
        whole=flags.whole_entry or flags.documented_fields,
    )
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.look_at_crush())
    if asker is not None:
        if asks:
            asker.prepare()  # deep in the calls CPython 3.11 would map and unmap its stack at each of these imports
        asker.meanwhile(InBackground(_import_the_rest).begin)
    interview = Interview(facts, given, asker, yes, None if yes or dry_run else CONFIRMATION, survey or add_provider)
    interview.run()
    if (chosen := str(interview.answers.value("preset"))).startswith(PREFIX):
        from wizard.cli.provider.sign_in import sign_in

        return sign_in(
            chosen.removeprefix(PREFIX), output, asker, dry_run=dry_run, yes=yes, allow_hosts=flags.allow_hosts
        )
    from wizard.cli.provider.change import ProviderChange

    change = ProviderChange(
        command,
        interview,
        target,
        contact.trial(flags.test),
        output,
        flags.documented_fields,
        flags.none_left,
    )
    return change.carry_out(dry_run=dry_run, yes=yes, verify=flags.verify, allow_hosts=flags.allow_hosts)


def _import_the_rest() -> None:
    """What comes behind the questions: a third of all that is imported."""
    from wizard.cli.provider.change import ProviderChange  # noqa: F401
    from wizard.flow.slot_questions import slots  # noqa: F401
    from wizard.trial.trial import Trial  # noqa: F401
