"""Give random stacks to a real Crush and to us: `python -m tests.crush.real.differential --seeds 0:2000`.

With --commands one of our commands changes each stack before Crush meets it, and the doctor looks at it. What differs
is made as small as it can be and printed. Exit code 1 if anything does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from tests.crush.real.command_comparison import command_differences
from tests.crush.real.comparison import Difference, Known, differences
from tests.crush.real.internet import stand_in
from tests.crush.real.program import RealCrush, find_program
from tests.crush.real.random_stacks import random_stack
from tests.crush.real.stack import Stack, smaller

MOST_TRIES = 150
"""So often a stack is tried with something less."""


@contextmanager
def known_here(program: Path, folder: Path) -> Iterator[Known]:
    """What comparisons need, kept in `folder`."""
    with stand_in(folder) as internet:
        home = folder / "catalogue-home"
        home.mkdir()
        RealCrush(program, home, internet=internet).run("update-providers", "embedded")
        yield Known(program, internet, home / ".local" / "share" / "crush" / "providers.json")


Comparison = Callable[[Stack, Path], Iterator[Difference]]
"""Compares on a stack that it may write into an empty folder."""


def comparison(seed: int, known: Known, with_command: bool) -> Comparison:
    if with_command:
        return lambda stack, folder: command_differences(stack, seed, folder, known)
    return lambda stack, folder: differences(stack, folder, known)


def compare(stack: Stack, by: Comparison) -> list[Difference]:
    with tempfile.TemporaryDirectory(prefix="stack") as folder:
        return list(by(stack, Path(folder)))


def has(kind: str, stack: Stack, by: Comparison) -> bool:
    """Whether the stack has a difference of the kind; looks no further than to the first."""
    with tempfile.TemporaryDirectory(prefix="stack") as folder:
        return any(found.kind == kind for found in by(stack, Path(folder)))


def minimised(stack: Stack, kind: str, by: Comparison) -> Stack:
    """The smallest stack found that still has a difference of the kind."""
    tries = 0
    found = True
    while found and tries < MOST_TRIES:
        found = False
        for less in smaller(stack):
            tries += 1
            if has(kind, less, by):
                stack, found = less, True
                break
            if tries >= MOST_TRIES:
                break
    return stack


Found = tuple[int, list[Difference], str]
"""A seed, what differs, and the stack."""


def _compared(seeds: range, reduce: bool, with_command: bool) -> tuple[list[Found], Counter[str], Counter[str]]:
    """Of one process: what differs, in the smallest stack with the first difference of each seed; what was left out;
    how our commands ended.

    What is not seen again, such as a Crush that was too slow once, is told as it was seen first.
    """
    program = find_program()
    assert program is not None
    found = []
    with tempfile.TemporaryDirectory(prefix="crush") as folder, known_here(program, Path(folder)) as known:
        for seed in seeds:
            stack, by = random_stack(seed), comparison(seed, known, with_command)
            if different := compare(stack, by):
                least = minimised(stack, different[0].kind, by) if reduce else stack
                found.append((seed, (compare(least, by) if reduce else []) or different, least.text()))
    return found, known.left_out, known.endings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:100", help="FIRST:END")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--as-they-are", action="store_true", help="do not make the stacks smaller")
    parser.add_argument("--commands", action="store_true", help="let a command change each stack first")
    options = parser.parse_args()
    if find_program() is None:
        sys.exit("no crush is on PATH, and WIZARD_TEST_CRUSH names none")
    first, end = map(int, options.seeds.split(":"))
    began, kinds, left_out, endings, wrong = monotonic(), Counter[str](), Counter[str](), Counter[str](), 0
    parts = [range(start, min(start + 20, end)) for start in range(first, end, 20)]
    with ProcessPoolExecutor(options.processes) as pool:
        results = pool.map(_compared, parts, [not options.as_they_are] * len(parts), [options.commands] * len(parts))
        for part, (found, not_told, ended) in zip(parts, results, strict=True):
            left_out += not_told
            endings += ended
            print(f"up to seed {part.stop}: {wrong + len(found)} differ", file=sys.stderr)  # noqa: T201
            for seed, different, text in found:
                wrong += 1
                kinds.update({found.kind for found in different})
                print(f"=== seed {seed}", *different, text, sep="\n", flush=True)  # noqa: T201
    total = end - first
    print(f"{total} stacks, {wrong} differ, {monotonic() - began:.0f} s; {dict(kinds.most_common())}")  # noqa: T201
    print(f"not compared, because we say that it can't be told: {dict(left_out.most_common())}")  # noqa: T201
    if endings:
        print(f"exit codes of commands: {dict(sorted(endings.items()))}")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
