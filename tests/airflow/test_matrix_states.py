"""Each state of the org met by each login flow through each edge, in a real Airflow."""

from __future__ import annotations

import pytest
from matrix.run import Matrix, unlike
from matrix.states import STATES, State


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_state_shows_as_what_it_is(state: State, matrix: Matrix) -> None:
    """By every flow and edge: the right cause or candidates, the right end of the task, few calls, no long wait."""
    cells = matrix(state.enter, extra=state.extra, requires=state.requires)
    assert "\n".join(f"{cell}: {wrong}" for cell in cells for wrong in unlike(cell, state.outcome(cell.flow))) == ""
