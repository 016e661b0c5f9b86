"""What the commands' answers have in common."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.commands.console import Console
from airflow_sf_health.present.layout import LABEL


def coloured(text: str, style: str, console: Console) -> Iterator[str]:
    """The lines of a message: its headline in this style, its labels bold."""
    head, _, rest = text.partition("\n\n")
    yield from (console.paint(style, line) for line in head.splitlines())
    yield ""
    for line in rest.splitlines():
        label = line[:LABEL].rstrip()
        yield f"{console.paint('bold', label)}{line[len(label) :]}" if label else line
