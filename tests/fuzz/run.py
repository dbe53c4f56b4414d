"""Feeding a reader, and what came of it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.fuzz.inputs import near

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fuzz.readers import Reader


@dataclass(frozen=True)
class Crash:
    """`where`: the error, and the line of ours that it came from."""

    reader: str
    seed: str
    where: str
    raw: bytes


@dataclass
class Fed:
    taken: int = 0
    refused: int = 0
    crashes: list[Crash] = field(default_factory=list)


def fed(reader: Reader, inputs: int, seed: int, folder: Path) -> Fed:
    """The reader with so many inputs. `folder` is for those that read files."""
    result = Fed()
    for number in range(inputs):
        own = f"{reader.name}:{seed}:{number}"
        random = Random(own)
        raw = near(random.choice(reader.seeds), random)
        try:
            reader.read(raw, folder)
            result.taken += 1
        except reader.refusals:
            result.refused += 1
        except Exception as error:
            result.crashes.append(Crash(reader.name, own, _where(error), raw))
    return result


def _where(error: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/wizard/" in frame.filename]
    last = f"{frames[-1].filename.rpartition('/wizard/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {last}: {str(error)[:200]}"
