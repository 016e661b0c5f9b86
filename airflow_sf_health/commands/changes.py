"""Changes of a schema, as the commands tell them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands.console import Console, printable

if TYPE_CHECKING:
    from airflow_sf_health.schema.change import Change

BREAKING, NOTABLE, OTHER = ("breaking", "bad"), ("warning", "warn"), ("changed", "dim")
"""The word before a change, and how it is painted."""


def told(changes: Sequence[Change], console: Console) -> Iterator[str]:
    """A line for each change and, where it breaks the task or may, what to do about it below; the breaking ones first."""
    for change in sorted(changes, key=lambda each: (not each.breaking, not each.notable)):
        word, style = BREAKING if change.breaking else NOTABLE if change.notable else OTHER
        lines = [change.said, *([change.advice] if change.advice else [])]
        indent = " " * (len(word) + 4)
        wrapped = [
            line for text in lines for line in textwrap.wrap(printable(text), max(console.width - len(indent), 20))
        ]
        first, *others = wrapped or [""]
        yield f"  {console.paint(style, word)}  {first}"
        yield from (indent + line for line in others)


def counted(changes: Sequence[Change], *, judged: bool = True) -> str:
    """``2 changes that break the task, 1 other``; ``nothing has changed``.

    :param judged: whether it is known what the task uses.
    """
    breaking = sum(each.breaking for each in changes)
    others = len(changes) - breaking
    if not changes:
        return "nothing has changed"
    if not breaking:
        return _number(others, "change") + (", and none breaks the task" if judged else "")
    verb = "breaks" if breaking == 1 else "break"
    return f"{_number(breaking, 'change')} that {verb} the task" + (f", {others} other" if others else "")


def as_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes for programs; what has nothing to say is left out."""
    return [
        {name: value for name, value in each._asdict().items() if value is not None and value != ""} for each in changes
    ]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
