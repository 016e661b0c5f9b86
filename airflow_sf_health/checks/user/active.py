"""The integration user is active.

A deactivated user is the first root cause of "inactive user": every import, sync and metadata refresh on its connection fails
until an administrator ticks Active again. The own row says it as long as some token works; when none does, the refused login
says it, and where the row is hidden, a login that just succeeded proves it. Where Salesforce hides why it refused the login, a second
user may have seen it.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._words import succeeded
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import LOGIN, NOW, RUNNING_USER, SECOND_SIGHT
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: active, inactive, or not known."""
    login = evidence[LOGIN]
    if (
        login.refusal is not None
        and (finding := refused(login.refusal, "the user is inactive")).cause == "user_inactive"
    ):
        yield finding
        return
    user = evidence.get(RUNNING_USER)
    if user is None and login.refusal is None and login.fresh:
        yield Finding(level=Level.OK, summary=f"{succeeded(login, evidence[NOW])}, and only an active user gets one")
        return
    second = evidence[SECOND_SIGHT]
    if user is None and second is not None and second.is_active is not None:
        yield _judge(second.username, second.is_active, f"seen by connection '{second.conn_id}'")
        return
    user = evidence[RUNNING_USER]
    yield _judge(user["Username"], user["IsActive"], "record of User")


def _judge(name: str | None, is_active: bool, by: str) -> Finding:
    who = name or "the user"
    if is_active:
        return Finding(level=Level.OK, summary=f"{who} is active")
    saw = f"User.IsActive = false · {by}"
    return Finding(level=Level.FAILED, summary=f"{who} is inactive", cause="user_inactive", saw=saw)


CHECK = Check(
    id="user.active", title="User is active", needs=(LOGIN, RUNNING_USER, SECOND_SIGHT, NOW), evaluate=evaluate
)
