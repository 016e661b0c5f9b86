"""Blocks of labelled, wrapped text: the shape of every message of several lines."""

from __future__ import annotations

import re
import textwrap

WIDTH = 120
LABEL = 11
"""Columns: a label of up to eight letters, indented by two."""


def labelled(label: str, text: str, width: int = WIDTH) -> list[str]:
    """The lines of a text beside its label; none for no text."""
    if not text:
        return []
    lines = [line for paragraph in text.splitlines() for line in wrapped(paragraph, width - LABEL)]
    indent = " " * LABEL
    return [f"  {label:<{LABEL - 2}}{lines[0]}", *(indent + line for line in lines[1:])]


def wrapped(paragraph: str, width: int = WIDTH) -> list[str]:
    """Wrap words; a link stands on a line of its own, since a broken link cannot be clicked. Numbered steps hang by three."""
    hanging = " " * 3 if re.match(r"\d+\. ", paragraph) else ""
    words, *links = re.split(r"\s+(?=https?://\S+$)", paragraph)
    lines = textwrap.wrap(words, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return [*lines, *(hanging + link for link in links)]
