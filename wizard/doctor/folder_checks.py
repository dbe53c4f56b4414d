"""What the current folder's own files would have done with what is the user's: for whoever has just cloned them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Seen
from wizard.ui.demands import in_public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.doctor.examined import Examined


_ALONE = {"key": ", and only this file says so"}


def _demanded(*kinds: str) -> Callable[[Examined], Iterator[Seen]]:
    """What was allowed, or names nothing of the user's, is only good to know; and both of a script is nothing."""

    def find(examined: Examined) -> Iterator[Seen]:
        for demand in examined.demands:
            if demand.kind in kinds:
                allowed = demand in examined.allowed
                if allowed and demand.mild and demand.kind == "script":
                    continue
                message = in_public(demand) + ("; you have allowed it" if allowed else _ALONE.get(demand.kind, ""))
                yield Seen(message, demand.provider, demand, severity="info" if allowed or demand.mild else None)

    return find


CHECKS = (
    Check(
        Code(
            "T1",
            "warning",
            "A key of yours would go where only this folder's files say",
            "Crush reads the crush.json, the crushrc and the .env of the folder in which it is started. One that "
            "came with a clone can send a key from your environment or the secret store to any host: with another "
            "`base_url`, a header, a variable or an MCP server. Crush does not ask. `test`, `doctor`, `models` and "
            "`run` ask once for each folder and key; without a terminal, `test`, `doctor` and `models` send nothing "
            "there unless you add --allow-hosts. A key that is in the folder's own file is not reported.",
            "check that line; if it is right, answer yes in `crush-wizard test`, otherwise do not start Crush here",
        ),
        _demanded("key"),
    ),
    Check(
        Code(
            "T2",
            "warning",
            "This folder's files make Crush run something",
            "Crush runs each `$(...)` in a value, a crushrc, and the commands of MCP servers, language servers and "
            "hooks, with your keys in the environment. crush-wizard runs none of it. `crush-wizard run` asks before it "
            "starts Crush, once for each folder and content. A program that is only named, and a script that only "
            "declares providers and models, are an info; your own files are not reported.",
            "check that line before you start Crush here",
        ),
        _demanded("command", "script"),
    ),
    Check(
        Code(
            "T3",
            "warning",
            "This folder's files change how Crush works",
            "Crush takes every variable from the `env` of the crush.json of the folder in which it is started, and "
            "from its .env every variable that you have not set. They can move its own files (CRUSH_GLOBAL_CONFIG, "
            "XDG_CONFIG_HOME), and change its catalogue (CATWALK_URL), the proxy, the certificates that it trusts, "
            "the URL of a provider, or the profile whose keys are looked up (WIZARD_PROFILE). crush-wizard itself "
            "trusts no certificate that only this folder names. A value that only a provider of this folder uses is "
            "an info.",
            "check that line before you start Crush here",
        ),
        _demanded("variable"),
    ),
)
