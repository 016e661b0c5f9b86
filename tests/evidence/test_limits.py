"""The org's limits as evidence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from known import NO_API

from airflow_sf_health.evidence.facts import Limit
from airflow_sf_health.evidence.limits import BARRED, barred, read_limits
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, NOW, ORG_LIMITS
from airflow_sf_health.org.errors import Refusal, Shape

RECORDINGS = Path(
    os.environ.get("SF_HEALTH_RECORDINGS", Path(__file__).parents[3] / "shared" / "salesforce" / "recordings")
)


def test_nested_shares_are_no_limits() -> None:
    """Shares of single apps, and whatever is no limit, are left out; the limit that holds them stays."""
    answer = {
        "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 14_000, "Dataloader Bulk": {"Max": 0, "Remaining": 0}},
        "Nested": {"App": {"Max": 1, "Remaining": 1}},
        "Half": {"Max": 1},
        "Odd": {"Max": True, "Remaining": "1"},
        "Text": "x",
    }
    assert read_limits(answer) == {"DailyBulkApiBatches": Limit(most=15_000, remaining=14_000)}


@pytest.mark.parametrize("name", ["limits_de_v5x.json", "limits_de_v49_trim.json"])
def test_recorded(name: str) -> None:
    """A recorded answer gives the batches."""
    file = RECORDINGS / "limits" / name
    if not file.is_file():
        pytest.skip(f"no recording {name}")
    value = json.loads(file.read_text(encoding="utf-8"))
    read = read_limits(value.get("body", value))
    assert isinstance(read["DailyBulkApiBatches"], Limit)
    assert "Dataloader Bulk" not in read


@pytest.mark.parametrize("answer", [None, [], "x", 3])
def test_no_list(answer: Any) -> None:
    """Anything but limits by name is unreadable."""
    read = read_limits(answer)
    assert isinstance(read, Refusal)
    assert read.shape is Shape.UNREADABLE


def test_used_is_never_below_zero() -> None:
    """The two numbers may be some minutes apart."""
    assert (Limit(most=5, remaining=2).used, Limit(most=5, remaining=6).used) == (3, 0)


@pytest.mark.parametrize(
    ("permissions", "in_vain"),
    [
        (({"PermissionsViewSetup": False},), True),
        (({"PermissionsViewSetup": True},), False),
        (({},), False),
        ((), False),
        (NO_API, False),
    ],
)
def test_asked_in_vain(permissions: Any, in_vain: bool) -> None:
    """Only where the user's own permissions were read and lack the right, nothing is asked."""
    found = barred([NOW, ORG_LIMITS], {ALL_PERMISSIONS: permissions})
    assert found == ({ORG_LIMITS: BARRED} if in_vain else {})
    assert barred([NOW], {ALL_PERMISSIONS: permissions}) == {}
    assert barred([ORG_LIMITS], {}) == {}
