"""`run`: start a command with the secrets in its environment, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.cli.flags import allow_hosts
from wizard.cli.profile_option import in_profile
from wizard.cli.run.start import start_with_secrets

if TYPE_CHECKING:
    from wizard.ui.output import Output


@click.command("run", context_settings={"allow_interspersed_args": False}, options_metavar="[OPTIONS]")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[--] [COMMAND...]")
@click.option("--only", multiple=True, metavar="NAME,...", help="Only this secret; repeatable.")
@click.option("--pristine", is_flag=True, help="Start from a minimal environment (see above).")
@click.option("--strict", is_flag=True, help="Do not start if a provider's variable has no value.")
@click.option("--allow-agent", is_flag=True, help="Work inside an agent's shell too.")
@allow_hosts
@in_profile
@click.option("--verbose", is_flag=True, help="Say where each variable comes from.")
@click.option("--quiet", is_flag=True, help="Print only what went wrong.")
@click.option("--no-color", is_flag=True, expose_value=False, help="No colours (also NO_COLOR).")
@click.pass_obj
def command(
    output: Output,
    /,
    words: tuple[str, ...],
    only: tuple[str, ...],
    pristine: bool,
    strict: bool,
    allow_agent: bool,
    allow_hosts: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Start COMMAND (default: crush) with the secrets that Crush's providers use in its environment.

    A variable that is set already stays as it is. Options behind COMMAND are its own. Signals, the terminal and the
    exit code are the command's; 127: it was not found, 126: it can't be started.

    --pristine keeps of the environment only what says who and where you are (HOME, PATH, SHELL, USER, TMPDIR, XDG_*),
    language and screen (LANG, LC_*, TERM, DISPLAY ...), the network (proxies, SSL_CERT_*), CRUSH_*, WIZARD_*, and
    the variables that providers use.

    Before Crush starts where only this folder's files would send a key of yours somewhere, or run something, you are
    asked, once for each folder and content. Without a terminal it is said, and Crush starts.

    \b
    crush-wizard run
    crush-wizard run --strict -- crush run "explain this"
    crush-wizard run --only GROQ_API_KEY --pristine -- env
    """
    output.as_json, output.quiet = False, quiet  # these words may stand behind COMMAND, and are its own there
    return start_with_secrets(
        words,
        output,
        only=only,
        pristine=pristine,
        strict=strict,
        allow_agent=allow_agent,
        allow_hosts=allow_hosts,
        verbose=verbose,
    )
