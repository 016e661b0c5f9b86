"""What Salesforce said of a row, fit for a log: without the values of the row, which may be those of a person."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

LONGEST_QUOTE = 200
"""Characters of a text that a message shows."""
SHORTEST_VALUE = 3
"""Characters from which on a value is looked for; a shorter one would be found inside other words."""
_ADDRESS = re.compile(r"[^\s@<>\"'(\[]{1,100}@[^\s@<>\"',)\]]{1,100}")
_ID = re.compile(r"(?=\w{0,2}\d)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_QUOTED = re.compile(r"(?<=: )[^:]{1,400}$|'[^']{1,400}'|\"[^\"]{1,400}\"")
_TOO_LARGE = re.compile(r"(?<=data value too large: ).+?(?= \(max length=\d{1,9}\)$|$)", re.IGNORECASE)
"""Salesforce quotes the value shortened, so that it equals nothing in the row."""
_NUMBER = re.compile(r"(?<![\w.,])[+-]?\d[\d,]{0,39}(?:\.\d{1,40})?(?:E[+-]?\d{1,3})?(?!\w)", re.IGNORECASE)


def without_values(message: str, row: Mapping[str, Any] | None) -> str:
    """The text with `…` in the place of the row's values and of e-mail addresses, as far as they can be known: texts as a
    whole, numbers in any form, and whatever is said to be too long. Salesforce's ids stay: they lead to the record
    or the user. Where the row is not known, what stands in quotes or behind the last colon is left out.
    """
    text = _TOO_LARGE.sub("…", " ".join(html.unescape(message).split()))
    text = _ADDRESS.sub("…", text)
    if row is None:
        text = _QUOTED.sub("…", text)
    numbers = set(_numbers(row))
    if numbers:
        text = _NUMBER.sub(lambda found: "…" if _number(found[0]) in numbers else found[0], text)
    for value in sorted(set(_values(row)), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return textwrap.shorten(text, LONGEST_QUOTE, placeholder=" …")


def _values(value: Any) -> Iterator[str]:
    """All that a row says, also of related records, as texts."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif value is not None and not isinstance(value, bool):
        text = " ".join(html.unescape(str(value)).split())
        if len(text) >= SHORTEST_VALUE and not _ID.fullmatch(text):
            yield text


def _numbers(value: Any) -> Iterator[Decimal]:
    """All numbers of a row that are long enough to be looked for."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _numbers(each)
    elif not isinstance(value, bool):
        text = str(value).strip()
        if _NUMBER.fullmatch(text) and len(f"{_number(text).normalize():f}") >= SHORTEST_VALUE:
            yield _number(text)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
