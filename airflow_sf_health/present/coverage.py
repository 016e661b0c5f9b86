"""How much was asked, and what that is worth: the line at the end of a message."""

from __future__ import annotations

from airflow_sf_health.checks._words import ago
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Level, Report

NO_MEMORY = "no memory"
"""How a report begins to say why nothing is remembered."""


def coverage(report: Report) -> str:
    """How much was asked, what proves the login, and what it cost; no sentence, so that it fits into one."""
    asked, applying = report.asked
    cost = report.cost
    left = [each.check for each in report.findings if each.level is Level.UNKNOWN] if report.may_proceed else []
    parts = [
        f"{asked} of {applying} checks" + (f" (could not be asked: {', '.join(left)})" if left else ""),
        reuse(report),
        _proof(report),
        f"{_counted(cost.http_requests, 'HTTP request')}, {_counted(cost.api_calls, 'API call')}, {cost.seconds:.2f} s",
        f"{cost.api_used:,} of {cost.api_allowed:,} daily API requests used" if cost.api_allowed else "",
        _memory(report),
    ]
    return "; ".join(part for part in parts if part)


def reuse(report: Report) -> str:
    """``as examined 12 s ago by load_accounts.preflight``, where the report is another task's; no sentence."""
    if report.reused is None:
        return ""
    by = f" by {report.reused.by}" if report.reused.by else ""
    return f"as examined {ago(report.examined_at, report.reused.at)}{by}"


def _memory(report: Report) -> str:
    """How far what is remembered reaches, or why nothing is."""
    said = report.memory
    return said if not said or said.startswith(NO_MEMORY) else f"memory: {said}"


def _proof(report: Report) -> str:
    if report.proof is None:
        return ""
    if not report.proof.fresh:
        return "the session was there before, and proves only itself"
    told_at = report.reused.at if report.reused is not None else report.examined_at
    whose = ", by a shared login" if report.proof.shared else ""
    return f"login proven {ago(report.proof.at, told_at)} by {LoginFlow(report.proof.flow).label}{whose}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
