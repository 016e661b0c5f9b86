"""A token can be had, now, by the connection's own login flow.

A fresh login proves at once that the user is active, that the IP address and the hour are allowed, that the app is approved
and that the credential is right. A ready session proves only itself: a frozen user's session may live on, so such a token
is reported as what it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import API, LOGIN
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the login stands, or why it was refused."""
    login = evidence[LOGIN]
    if login.refusal is not None:
        yield refused(login.refusal, f"no token by {login.flow.label}: {login.refusal.said}")
    elif login.password_expired:
        yield Finding(
            level=Level.FAILED,
            summary="the login succeeded with an expired password, and every later call will be refused",
            cause="password_expired",
            saw=f"passwordExpired=true · {login.flow.request_label} · {login.at.format('HH:mm:ss')} UTC",
        )
    elif login.fresh:
        yield Finding(level=Level.OK, summary=f"fresh login by {login.flow.label} at {login.at.format('HH:mm:ss')} UTC")
    elif (refusal := evidence[API].refusal) is not None and refusal.status == 401:
        yield refused(refusal, f"the ready session was refused: {refusal.said}")
    else:
        yield Finding(
            level=Level.INFO, summary="the ready session answers; it proves nothing about the next login of its user"
        )


CHECK = Check(id="session.login", title="Login", needs=(LOGIN, API), evaluate=evaluate, essential=True)
