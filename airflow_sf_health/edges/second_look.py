"""Whether a failure is worth a second look before a task fails for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_sf_health.report import Report


def deserves_a_second_look(report: Report) -> bool:
    """Whether a failure is not certain; twice the same is worth failing for. Not where a login was refused, which another look would
    only make again.
    """
    from airflow_sf_health.edges.outcome import LOGIN_CHECKS
    from airflow_sf_health.report import Verdict

    main = report.main
    return (
        report.verdict is Verdict.UNHEALTHY
        and not report.no_retry_heals
        and main is not None
        and not main.certain
        and main.check not in LOGIN_CHECKS
    )
