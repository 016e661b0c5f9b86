"""Record ids: 15 case-sensitive characters, and 3 more that tell the case of each, for software that ignores case."""

from __future__ import annotations

CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
POD = "Hs"
"""Characters 4 and 5 of an id, which name the instance that minted it."""


def to_18(short_id: str) -> str:
    """The 18-character form of a 15-character id; an id of another length is given back as it is."""
    if len(short_id) != 15:
        return short_id
    chunks = (short_id[0:5], short_id[5:10], short_id[10:15])
    return short_id + "".join(CHECKSUM[_upper_case_bits(chunk)] for chunk in chunks)


def make_id(key_prefix: str, number: int) -> str:
    """The id of the record with this serial number: ``make_id("005", 1)`` is ``005Hs0000000001…``."""
    digits = ""
    while number:
        number, remainder = divmod(number, 62)
        digits = BASE62[remainder] + digits
    return to_18(f"{key_prefix}{POD}{digits:0>10}")


def same_id(left: str, right: str) -> bool:
    """Whether two ids, of 15 or 18 characters, name the same record."""
    return to_18(left) == to_18(right)


def is_id(text: str) -> bool:
    """Whether a text has the form of an id: 15 characters, or 18 with the right checksum."""
    return text.isalnum() and text.isascii() and (len(text) == 15 or (len(text) == 18 and to_18(text[:15]) == text))


def _upper_case_bits(chunk: str) -> int:
    return sum(1 << place for place, character in enumerate(chunk) if character.isupper())
