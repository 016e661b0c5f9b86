"""How many rows may be refused."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.bulk._allowance import Allowance
from airflow_sf_health.errors import OptionsError


@pytest.mark.parametrize(
    ("allowed", "failed", "rows", "covered"),
    [
        (0, 0, 10, True),
        (0, 1, 10, False),
        (3, 3, 10, True),
        (3, 4, 10, False),
        ("2%", 1, 50, True),
        ("2%", 1, 49, False),
        ("2 %", 2, 100, True),
        ("0.7%", 7, 1000, True),
        ("0.7%", 8, 1000, False),
        ("100%", 10, 10, True),
        ("0%", 1, 10_000, False),
    ],
)
def test_up_to_and_including(allowed: int | str, failed: int, rows: int, covered: bool) -> None:
    """A number is one of rows, a share is exact and never rounded up."""
    assert Allowance.of(allowed).covers(failed, rows) is covered


@pytest.mark.parametrize(
    "wrong", [-1, 0.02, True, "2", "2 percent", "-1%", "101%", "", "two%", None, [1], "1e2%", "٢%"]
)
def test_what_cannot_be_meant_is_refused_while_the_dag_is_read(wrong: Any) -> None:
    """The error quotes the value and says what the argument takes."""
    with pytest.raises(OptionsError, match=r'takes a number of rows from 0, or a share of the rows such as "2%"'):
        check_bulk_results(max_failed=wrong)


@pytest.mark.parametrize(("folder", "words"), [("", "empty"), ("/data/refused.jsonl", "looks like a file")])
def test_a_folder_that_is_none_is_refused(folder: str, words: str) -> None:
    """`failed_rows_to` is a folder, since each try writes a file of its own."""
    with pytest.raises(OptionsError, match=words):
        check_bulk_results(failed_rows_to=folder)


def test_a_folder_may_be_a_path() -> None:
    """A path object is as good as its text, and two equal checks are equal, so that a serialized DAG stays the same."""
    assert check_bulk_results("2%", PurePosixPath("/data/refused")) == check_bulk_results("2%", "/data/refused")
