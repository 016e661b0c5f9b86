"""What docs/fake-org.md lists is what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.bodies import BODIES
from airflow_sf_health.testing.connections import NAMES
from airflow_sf_health.testing.faults import CHOICES, PARAMETERS
from airflow_sf_health.testing.settable import Settable

PAGE = (Path(__file__).parents[3] / "docs" / "fake-org.md").read_text(encoding="utf-8")


def table(name: str) -> list[list[str]]:
    """The cells of the rows of a table of the page, by the name that its comments give it."""
    inside = PAGE.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]
    rows = [line.strip("| ").split(" | ") for line in inside.strip().splitlines()[2:]]
    assert rows, name
    return rows


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


SETTINGS = [pair for cells in table("settable") for cell in cells for pair in quoted(cell) if "=" in pair]


@pytest.mark.parametrize("pair", SETTINGS)
def test_each_key_can_be_set(org: FakeOrg, pair: str) -> None:
    """Each key of the list is taken, with the value that stands there, as the command line sends it."""
    key, _, value = pair.partition("=")
    Settable(org.state, org.context.timing).assign({key: value})


def test_each_fault_can_be_made(org: FakeOrg) -> None:
    """Each parameter of the list makes a rule, and the list names all that happens and all ways in which it does."""
    said = [pair.partition("=") for cells in table("faults") for pair in quoted(cells[0])]
    for name, _, value in said:
        org.fault(**{name: ast.literal_eval(value)})
    which = {"host", "path", "method", "client", "nth", "times", "probability", "seed"}
    assert {name for name, _, _ in said} == set(PARAMETERS) - which
    words = " ".join(" ".join(cells) for cells in table("faults"))
    for choices in CHOICES.values():
        assert all(f'"{choice}"' in words for choice in get_args(choices))


def test_each_known_body_is_listed() -> None:
    """The list has all bodies that have a name, each with its status."""
    assert {cells[0].strip("`"): int(cells[1]) for cells in table("bodies")} == {
        name: body.status for name, body in BODIES.items()
    }


def test_each_connection_is_listed() -> None:
    """The page names the connection of each login flow, in the order of the code."""
    assert re.findall(r"^\| `sf_(\w+)` \|", PAGE, flags=re.MULTILINE) == list(NAMES)
