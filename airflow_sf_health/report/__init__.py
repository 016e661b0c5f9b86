"""What was found and what follows: findings, verdict, cost, coverage. Everything is decided here and only shown elsewhere."""

from __future__ import annotations

from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.report.report import Cost, Identity, Proof, Report, Reused, Verdict

__all__ = ["Cost", "Finding", "Identity", "Level", "Proof", "Report", "Reused", "Verdict"]
