"""Who signed a certificate: as much DER as that question needs (RFC 5280, 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = 0xA0
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_WIDE = 0x1E  # BMPString
_LONGEST_NAME = 200


def issuer_of(certificate: bytes) -> str | None:
    """The issuer's common name, else its organisation; None if that can't be read."""
    try:
        names = dict(_attributes(_issuer(certificate)))
    except (IndexError, ValueError):
        return None
    return names.get(_COMMON_NAME) or names.get(_ORGANISATION)


def _issuer(certificate: bytes) -> bytes:
    """The issuer's name inside Certificate > TBSCertificate: version, serial number, algorithm, issuer."""
    (_, whole), *_ = _elements(certificate)
    (_, to_be_signed), *_ = _elements(whole)
    fields = [element for element in _elements(to_be_signed) if element[0] != _VERSION]
    return fields[2][1]


def _attributes(name: bytes) -> Iterator[tuple[bytes, str]]:
    """(object id, text) for each attribute of Name > RelativeDistinguishedName > AttributeTypeAndValue."""
    for _, relative in _elements(name):
        for _, attribute in _elements(relative):
            (_, kind), (tag, value) = _elements(attribute)
            yield kind, value.decode("utf-16-be" if tag == _WIDE else "utf-8", errors="replace")[:_LONGEST_NAME]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of the elements that stand side by side. Raises ValueError or IndexError for other data."""
    position = 0
    while position < len(data):
        tag, length, start = data[position], data[position + 1], position + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(data[start : start + size], "big"), start + size
        if start + length > len(data):
            raise ValueError("an element is longer than what holds it")
        yield tag, data[start : start + length]
        position = start + length
