"""Which API versions the org serves, with their release names."""

from __future__ import annotations

import re

FIRST, LAST = 31, 67
"""Summer '14 to Summer '26 (captured in 2026); 21 to 30 are retired (documented)."""

FIRST_RETIRED = 21
SEASONS = ("Spring", "Summer", "Winter")
CURLY = {42}
"""Versions whose label has a typographic apostrophe (recorded)."""


def versions() -> list[dict[str, str]]:
    """The public list at ``/services/data``."""
    return [
        {"label": label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(FIRST, LAST + 1)
    ]


def label(number: int) -> str:
    """The release of an API version: 62 is ``Winter '25``; a Winter release is named after the year that follows."""
    year = 11 + (number - 21 + 1) // 3
    season = SEASONS[(number - 21) % 3]
    apostrophe = "\N{RIGHT SINGLE QUOTATION MARK}" if number in CURLY else "'"
    return f"{season} {apostrophe}{year}"


def is_served(version: str) -> bool:
    return FIRST <= _number(version) <= LAST


def is_retired(version: str) -> bool:
    return FIRST_RETIRED <= _number(version) < FIRST


def _number(version: str) -> int:
    found = re.fullmatch(r"(\d+)\.0", version)
    return int(found[1]) if found else 0
