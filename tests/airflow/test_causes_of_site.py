"""A site's own causes, from its setting to the task's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.causes import use_site_causes
from airflow_sf_health.testing import FakeOrg

EXTENDED = """+++
extends = true
runbook = "https://wiki.example.com/crm/inactive"
contact = "#crm-oncall"
+++
"""


@pytest.fixture(autouse=True)
def own_causes_again() -> Iterator[None]:
    """What the task took over goes out again."""
    yield
    use_site_causes("")


@pytest.mark.parametrize("kind", ["operator", "sensor"])
def test_the_sites_runbook_and_contact_stand_in_the_log(
    kind: str, tmp_path: Path, org: FakeOrg, run_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`[sf_health] causes` adds to what on-call reads of a built-in cause."""
    (tmp_path / "user_inactive.md").write_text(EXTENDED)
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CAUSES", str(tmp_path))
    org.user().active = False
    log = run_task(kind).log
    assert "contact  #crm-oncall (for this cause)" in log
    assert "https://wiki.example.com/crm/inactive" in log
