"""Random and damaged bodies: what `make fuzz` does a hundred thousand times, with a fixed seed."""

from __future__ import annotations

from fuzz.bodies import bodies

from airflow_sf_health.causes import CAUSE_IDS
from airflow_sf_health.diagnosis import diagnosed


def test_two_thousand() -> None:
    """Two thousand damaged bodies are diagnosed with known causes, and none raises even behind the last safety net."""
    known = set(CAUSE_IDS)
    for body in bodies(2000, seed=20260101):
        diagnosis = diagnosed(body)
        assert diagnosis.cause in known
        assert diagnosis.certain <= (diagnosis.candidates == ())
