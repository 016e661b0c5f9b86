"""Which entry of Login History is the login that was just refused.

People and other tools log in with the same user, and fail for reasons of their own; the worker's clock may be wrong. So an
entry counts only where it may be of the same login flow and is no older than the refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pendulum

from airflow_sf_health.evidence.needs import Query, Row
from airflow_sf_health.org.flows import LoginFlow

SLACK = pendulum.duration(minutes=2)
"""By so much an entry may be older than the refusal, as the two were noted on two machines."""
OLDEST = pendulum.duration(minutes=10)
"""No entry older than this is taken for the login that was just refused."""

LOGINS = Query(
    "logins",
    "SELECT LoginTime, Status, LoginType, LoginSubType, SourceIp FROM LoginHistory WHERE UserId = '{user_id}' "
    "ORDER BY LoginTime DESC LIMIT 20",
)
"""The user's latest logins. Takes Manage Users or Monitor Login History, without which there are no rows but one's own; Status
is no filter (documented).
"""

_SUB_TYPES = {
    LoginFlow.PASSWORD: "OauthUsernamePassword",
    LoginFlow.CLIENT_CREDENTIALS: "OauthClientCredentials",
    LoginFlow.REFRESH_TOKEN: "OauthRefreshToken",
}
_KNOWN_SUB_TYPES = {*_SUB_TYPES.values(), "OauthWebServer"}
"""LoginSubType as documented; that of JWT bearer is not, so any other OAuth one may be it."""


def refused_login(
    rows: Sequence[Row], flow: LoginFlow | None, *, refused_at: pendulum.DateTime, now: pendulum.DateTime
) -> Row | None:
    """Give the latest entry that may be the refused login; None where there is none.

    :param rows: of :data:`LOGINS`.
    :param refused_at: by this machine's clock, which knows how long ago that was even where it is wrong.
    :param now: what time it is at Salesforce.
    """
    since = now - min(pendulum.now("UTC") - refused_at + SLACK, OLDEST)
    refused = (row for row in rows if row["Status"] != "Success" and _may_be_by(flow, row))
    return next((row for row in refused if instant(row["LoginTime"]) >= since), None)


def instant(text: str) -> pendulum.DateTime:
    """An instant as Salesforce writes it."""
    return pendulum.instance(datetime.fromisoformat(text)).in_timezone("UTC")


def _may_be_by(flow: LoginFlow | None, row: Row) -> bool:
    kind, sub_type = row.get("LoginType") or "", row.get("LoginSubType") or ""
    if kind == "Application":  # a browser
        return False
    if flow in (LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION):
        return not (sub_type.startswith("Oauth") or kind.startswith("Remote Access"))
    own = _SUB_TYPES.get(flow) if flow else None
    return sub_type != "SoapApiLogin" and (sub_type == own or sub_type not in _KNOWN_SUB_TYPES)
