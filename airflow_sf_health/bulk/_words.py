"""What Salesforce said of a row, fit for a log: without the values of the row, which may be those of a person."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_QUOTE = 200
"""Characters of a text that a message shows."""
SHORTEST_VALUE = 3
"""Characters from which on a value is looked for; a shorter one would be found inside other words."""
_ADDRESS = re.compile(r"[^\s@<>\"'(\[]{1,100}@[^\s@<>\"',)\]]{1,100}")
_ID = re.compile(r"(?=\w{0,2}\d)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_QUOTED = re.compile(r"(?<=: )[^:]{1,400}$|'[^']{1,400}'|\"[^\"]{1,400}\"")


def without_values(message: str, row: Mapping[str, Any] | None) -> str:
    """The text with `…` in the place of the row's values and of e-mail addresses. Salesforce's ids stay: they lead to the record
    or the user. Where the row is not known, what stands in quotes or behind the last colon is left out.
    """
    text = _ADDRESS.sub("…", " ".join(message.split()))
    if row is None:
        text = _QUOTED.sub("…", text)
    for value in sorted(set(_values(row)), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return textwrap.shorten(text, LONGEST_QUOTE, placeholder=" …")


def _values(value: Any) -> Iterator[str]:
    """All that a row says, also of related records, as texts."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif value is not None and not isinstance(value, bool):
        text = " ".join(str(value).split())
        if len(text) >= SHORTEST_VALUE and not _ID.fullmatch(text):
            yield text
