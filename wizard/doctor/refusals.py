"""What keeps Crush from starting (crush-behaviour 10.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.doctor.check import Check, Code
from wizard.doctor.conversions import conversion_at
from wizard.doctor.finding import Seen
from wizard.doctor.json_repair import repair_of
from wizard.doctor.reported import reported
from wizard.doctor.templates import template_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.doctor.examined import Examined


def _broken_json(examined: Examined) -> Iterator[Seen]:
    for file in examined.effective.files:
        if file.problem and file.problem.code == "F2":
            problem = file.problem
            if template := template_in(file.refused, file.path, examined.loaded.around):
                yield Seen(f"this is a template, {template.called}", "", problem, template.cure)
            else:
                yield Seen(problem.message, "", problem, problem.hint, repair_of(file.path, file.refused))


def _wrong_types(code: str) -> Callable[[Examined], Iterator[Seen]]:
    def find(examined: Examined) -> Iterator[Seen]:
        for seen in reported(code)(examined):
            yield replace(seen, fix=conversion_at(seen.place, examined)) if seen.place else seen

    return find


def _unwritable(examined: Examined) -> Iterator[Seen]:
    if not examined.unwritable or examined.is_partial:
        return
    for slot in examined.effective.selected.values():
        if slot.falls_back and slot.configured:
            wanted = f"{slot.configured.provider}/{slot.configured.model}"
            message = f"there is no {wanted} for the {slot.slot} model, and Crush can't save what it uses instead: "
            yield Seen(message + examined.unwritable, slot.configured.provider, slot.source)


def _none_left(examined: Examined) -> Iterator[Seen]:
    """Where Crush needs the list of an endpoint, and none has just come."""
    asked = {test.provider for test in examined.tested}
    is_down = all(
        provider.id in asked and not examined.listed.get(provider.id) for provider in examined.effective.hangs_on
    )
    for seen in reported("F8")(examined):
        worse = is_down and seen.severity == "info"
        yield replace(seen, message=f"{seen.message}, and now it does not", severity="error") if worse else seen


CHECKS = (
    Check(
        Code(
            "F1",
            "error",
            "A config file can't be read",
            "Where a config file would be, there is something that Crush can't read: a folder of that name, or a "
            "file that you may not read. Crush does not ignore it: it does not start.",
            "make the file readable (chmod u+r), or move the folder away",
        ),
        reported("F1"),
    ),
    Check(
        Code(
            "F2",
            "error",
            "A config file is not JSON",
            "Crush takes strict JSON only: no comments, no comma after the last member, no single quotes, no byte "
            "order mark, and no file with nothing but white space in it (an empty file is fine). A template of "
            "chezmoi, Jinja or envsubst is not JSON: Crush reads the file that is made from it.",
            "fix the place that is named; commas, comments and the mark can be removed with: crush-wizard doctor --fix",
        ),
        _broken_json,
    ),
    Check(
        Code(
            "F3",
            "error",
            "A config file is not an object",
            "The top level of a crush.json must be an object: { ... }. Crush's own message does not name this file.",
            "put { and } around it, or empty the file",
        ),
        reported("F3"),
    ),
    Check(
        Code(
            "F4",
            "error",
            "Two files disagree about a type",
            "Crush merges all files. If one has a string and another a number, or one a list and another an object, "
            "it does not start. (In the workspace file this is W9 instead.)",
            "write the same type in both files",
        ),
        _wrong_types("F4"),
    ),
    Check(
        Code(
            "F5",
            "error",
            "A value has the wrong type",
            'A field that Crush knows has a value of another type: "4096" for a number, "true" for true, a list of '
            "names for the models.",
            "write a value of the type that is named",
        ),
        _wrong_types("F5"),
    ),
    Check(
        Code(
            "F6",
            "error",
            "A crushrc fails",
            "A crushrc is a script. A wrong flag, a missing value, a model of a provider that the script has not "
            "declared, or a last command that fails keeps Crush from starting. `--flag=value` is refused: it must be "
            "two words. An empty variable outside of quotes disappears, so the next word takes its place, and "
            "`${NAME:?}` of an empty one ends the script. `return` fails outside of a function.",
            "fix the line; put variables in double quotes; end the script with a command that succeeds, such as `true`",
        ),
        reported("F6"),
    ),
    Check(
        Code(
            "F7",
            "error",
            "A header can't be expanded",
            "A failing command, `${NAME:?}` with NAME unset, or a broken placeholder in a header keeps Crush from "
            "starting, even for a built-in provider that is not in use. The same in a key or URL only drops that "
            "provider.",
            "write a plain $NAME: an empty header is left out",
        ),
        reported("F7"),
    ),
    Check(
        Code(
            "F8",
            "error",
            "The built-in providers are off, and no other one works",
            "With `disable_default_providers`, or CRUSH_DISABLE_DEFAULT_PROVIDERS, Crush needs a provider of yours "
            "with a URL and models. A disabled one does not count, and neither does one whose endpoint has to list "
            "its models and does not when Crush starts.",
            "add a provider (crush-wizard add-provider), or allow the built-in ones again",
        ),
        _none_left,
    ),
    Check(
        Code(
            "F9",
            "error",
            "A hook has no command, or a pattern that Go refuses",
            "Every hook needs a command, and its `matcher` must be a pattern of Go's regexp package, which has no "
            "lookahead, no lookbehind and no references to groups.",
            "give the hook a command, and a pattern without these",
        ),
        reported("F9"),
    ),
    Check(
        Code(
            "F10",
            "error",
            "Crush has no catalogue",
            "A catalogue of providers is built into Crush, so this hardly ever happens; if it does, the program "
            "itself is damaged. `crush-wizard doctor` can't find that from outside.",
            "install Crush again",
        ),
        reported("F10"),
    ),
    Check(
        Code(
            "F11",
            "error",
            "The default provider has no models",
            "If no model is chosen, Crush uses the first provider that is enabled: built-in ones in their order, "
            "then the others by id. If that one has no models, Crush does not start.",
            "list its models, or disable it",
        ),
        reported("F11"),
    ),
    Check(
        Code(
            "F12",
            "error",
            "Crush can't write its own file",
            "When a chosen model does not exist, Crush uses another one and saves it in its data folder. If it can't "
            "write there, it does not start.",
            "make the data folder writable, or choose a model that exists: crush-wizard use large PROVIDER/MODEL",
        ),
        _unwritable,
    ),
    Check(
        Code(
            "F13",
            "error",
            "Crush crashes on a value",
            "Crush's shell crashes on the operators of `${NAME@U}`, `@u`, `@L`, `@K` and `@k` in a key, a URL, a "
            "header or a variable of the config, even in a default that is not used. With Bedrock and Vertex AI it "
            "crashes at the first request.",
            "write `${NAME^^}` for upper case, `${NAME,,}` for lower case",
        ),
        reported("F13"),
    ),
)
