"""The body of an answer: unpacked, and never larger than it may be."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from wizard.network.unreachable import closed_early, not_http, too_large

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGEST_ANSWER = 20 * 1024 * 1024
"""Bytes, as sent and as unpacked."""
PACKINGS = ("gzip", "deflate")
_GZIP_OR_ZLIB = 47  # zlib: window of 32 KiB, the header says which of the two it is


async def unpacked(raw: AsyncIterator[bytes], packing: str) -> AsyncIterator[bytes]:
    """The content behind the Content-Encoding `packing`. Raises Unreachable."""
    content = _inflated(raw, packing) if packing in PACKINGS else _plain(raw, packing)
    size = 0
    async for chunk in content:
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise too_large(LARGEST_ANSWER)
        yield chunk


async def _plain(raw: AsyncIterator[bytes], packing: str) -> AsyncIterator[bytes]:
    if packing not in ("", "identity"):
        raise not_http("the answer has an unknown compression")
    async for chunk in raw:
        yield chunk


async def _inflated(raw: AsyncIterator[bytes], packing: str) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    async for chunk in raw:
        try:
            content = unpacker.decompress(chunk, LARGEST_ANSWER + 1)
        except zlib.error:
            raise not_http(f"the answer claims to be compressed with {packing}, but is not") from None
        if unpacker.unconsumed_tail:
            raise too_large(LARGEST_ANSWER)
        yield content
    if not unpacker.eof:
        raise closed_early()
