"""Show what the demo did: a table, then two messages as on-call sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from demo.playing import Outcome

HEAD = ("state", "verdict", "cause", "task", "tries", "HTTP", "logins", "API", "seconds")
MESSAGES_OF = ("user deactivated", "user frozen, a second user asked")
COLOURS = {"healthy": "green", "unhealthy": "red", "success": "green", "failed": "red"}


def show(outcomes: Sequence[Outcome], *, seconds: float, log: Path) -> None:
    """Print everything; columns keep their width where the output is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120
    table = Table(*HEAD, box=None, header_style="bold", pad_edge=False)
    for outcome in outcomes:
        table.add_row(*(_coloured(cell) for cell in _cells(outcome)))
    console.print()
    console.print(table)
    console.print("\nHTTP requests, logins, API calls and seconds are those of the examination that decided.")
    for outcome in outcomes:
        if outcome.state.title in MESSAGES_OF:
            console.rule(f"what on-call sees: {outcome.state.title}", align="left")
            console.print(outcome.message, markup=False, soft_wrap=True)
            console.rule()
    console.print(f"{len(outcomes)} states in {seconds:.0f} s. What Airflow logged: {log}", soft_wrap=True)


def _cells(outcome: Outcome) -> tuple[str, ...]:
    cost = outcome.report.cost
    return (
        outcome.state.title,
        str(outcome.report.verdict),
        outcome.cause or "-",
        outcome.task_state,
        f"{outcome.tries} of {outcome.allowed_tries}",
        str(cost.http_requests),
        str(cost.logins),
        str(cost.api_calls),
        f"{cost.seconds:.2f}",
    )


def _coloured(cell: str) -> str:
    colour = COLOURS.get(cell)
    return f"[{colour}]{cell}[/{colour}]" if colour else cell
