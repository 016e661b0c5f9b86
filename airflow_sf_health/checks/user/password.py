"""The password of the integration user has not expired, and will not.

An expired password is treacherous: the login itself succeeds, and every call that follows is refused. By password policy that
happens to any user who has not the permission "Password Never Expires", overnight and to a connection that worked for months. A
flow without a password does not wait for that day.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._dates import days_since
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.facts import ConnectionFacts
from airflow_sf_health.evidence.needs import API, CONNECTION, LOGIN, NOW, OWN_PERMISSIONS, PASSWORD_SET
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report.finding import Finding, Level

CAUSE = "password_expired"
BY_PASSWORD = frozenset({LoginFlow.PASSWORD, LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION})
CURE = (
    "Have the Salesforce administrator give the user the permission 'Password Never Expires' in a permission set, or move the "
    "connection to JWT bearer or client credentials, which need no password."
)


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: expired, may expire, never expires, or not of interest to this login flow."""
    login = evidence[LOGIN]
    refusal = login.refusal or evidence[API].refusal
    if login.password_expired and refusal is None:
        yield _expired(f"passwordExpired=true · {login.flow.request_label}")
    elif refusal is not None:
        finding = refused(refusal, "the password has expired")
        if finding.cause != CAUSE:
            raise Unavailable(OWN_PERMISSIONS, refusal)
        yield finding
    elif (flow := _flow_by_password(evidence[CONNECTION])) is None:
        label = evidence[CONNECTION].flow.label
        yield Finding(level=Level.OK, summary=f"has not expired, since the API answers; {label} needs no password")
    else:
        yield _may_expire(evidence, flow)


def _flow_by_password(connection: ConnectionFacts) -> LoginFlow | None:
    """The flow with a password by which tasks log in: the connection's own, or the stock hook's beside a ready session."""
    flows = [connection.flow, connection.stock.flow if connection.stock else None]
    return next((flow for flow in flows if flow in BY_PASSWORD), None)


def _may_expire(evidence: Evidence, flow: LoginFlow) -> Finding:
    rows = evidence[OWN_PERMISSIONS]
    never = rows[0].get("PermissionsPasswordNeverExpires") if rows else None
    if never is None:
        return Finding(level=Level.UNKNOWN, summary="UserPermissionAccess does not tell 'Password Never Expires'")
    if never:
        return Finding(level=Level.OK, summary="the user has 'Password Never Expires'")
    user = evidence.get(PASSWORD_SET) or {}
    changed = user.get("LastPasswordChangeDate")
    age = f", and its password is {days_since(changed, evidence[NOW])} days old" if changed else ""
    return Finding(
        level=Level.WARNING,
        summary=f"the password may expire, and then each call is refused: the user lacks 'Password Never Expires'{age}",
        saw=f"UserPermissionAccess.PermissionsPasswordNeverExpires = false · login by {flow.label}",
        hint=CURE,
    )


def _expired(saw: str) -> Finding:
    return Finding(level=Level.FAILED, summary="the password has expired", cause=CAUSE, saw=saw)


CHECK = Check(
    id="user.password",
    title="Password",
    needs=(LOGIN, API, CONNECTION, OWN_PERMISSIONS, PASSWORD_SET, NOW),
    evaluate=evaluate,
)
