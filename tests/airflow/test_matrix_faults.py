"""Each fault on the way to the org met by each login flow through each edge, in a real Airflow."""

from __future__ import annotations

import pytest
from matrix.faults import TROUBLES, Trouble
from matrix.run import Matrix, unlike

CASES = [(trouble, scope) for trouble in TROUBLES for scope in trouble.scopes]


@pytest.mark.parametrize(("trouble", "scope"), CASES, ids=lambda each: str(getattr(each, "name", each)))
def test_fault_is_never_taken_for_something_else(trouble: Trouble, scope: str, matrix: Matrix) -> None:
    """By every flow and edge: a verdict or "could not ask", a cause that can be, our own exceptions, an end in time."""
    cells = matrix(lambda org: trouble.enter(org, scope), extra=trouble.extra, limit=trouble.limit)
    wrong = [f"{cell}: {each}" for cell in cells for each in unlike(cell, trouble.outcome(cell.flow, scope))]
    wrong += [
        f"{cell}: {cell.report.main.cause} is named"
        for cell in cells
        if cell.report
        and cell.report.main
        and cell.report.main.cause not in (*trouble.causes, *_own(trouble, cell.flow, scope))
    ]
    assert "\n".join(wrong) == ""


def _own(trouble: Trouble, flow: str, scope: str) -> tuple[str | None, ...]:
    outcome = trouble.outcome(flow, scope)
    return (outcome.cause,) if outcome.cause else ()
