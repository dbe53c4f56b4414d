"""Feed all readers: `python -m tests.fuzz [INPUTS [SEED [READER]]]`. 100,000 inputs by default.

Prints how many each reader took and refused, and every crash. A crash names its seed, with which it comes again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.readers import READERS
from tests.fuzz.run import Crash, fed

INPUTS = 100_000


def main() -> int:
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else INPUTS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    names = sys.argv[3:] or list(READERS)
    crashes: list[Crash] = []
    with TemporaryDirectory() as folder:
        for name in names:
            done = fed(READERS[name], inputs // len(names) + 1, seed, Path(folder))
            crashes += done.crashes
            print(f"{name:<20} {done.taken:>7} taken {done.refused:>7} refused {len(done.crashes):>4} crashes")  # noqa: T201
    for crash in {crash.where: crash for crash in crashes}.values():
        print(f"\n{crash.reader}, seed {crash.seed}: {crash.where}\n{crash.raw[:2000]!r}")  # noqa: T201
    return bool(crashes)


if __name__ == "__main__":
    sys.exit(main())
