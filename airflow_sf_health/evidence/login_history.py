"""Which entries of Login History may be the login that was just refused.

People and other tools log in with the same user, and fail for reasons of their own. So an entry counts only where it may be of
the same login flow and program, and at the very time; where those that count do not agree, nobody knows which one is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pendulum

from airflow_sf_health.evidence.needs import Query, Row
from airflow_sf_health.org.flows import LoginFlow

SLACK = pendulum.duration(seconds=10)
"""By so much an entry may be away from the refusal, both by Salesforce's clock: the login took a moment, and its servers are
several."""
PAGE = 100
"""Entries that the query reads. A busy user has dozens a minute; more of them would tell nothing else."""

LOGINS = Query(
    "logins",
    "SELECT LoginTime, Status, LoginType, LoginSubType, SourceIp, Application, ApiType, ApiVersion FROM LoginHistory "
    "WHERE UserId = '{user_id}' ORDER BY LoginTime DESC LIMIT 100",
)
"""The user's latest logins. Takes Manage Users or Monitor Login History, without which there are no rows but one's own; Status
is no filter (documented). LoginTime would be one, but older rows show that the history may be read at all.
"""

_OAUTH = "Remote Access 2.0"
"""LoginType of each OAuth login (documented)."""
_SUB_TYPES = {
    LoginFlow.PASSWORD: "OauthUsernamePassword",
    LoginFlow.CLIENT_CREDENTIALS: "OauthClientCredentials",
    LoginFlow.REFRESH_TOKEN: "OauthRefreshToken",
}
_KNOWN_SUB_TYPES = {*_SUB_TYPES.values(), "OauthWebServer", "SoapApiLogin"}
"""LoginSubType as documented; that of JWT bearer is not, so any other OAuth one may be it."""
_OTHER_PROGRAMS = ("data loader", "dataloader", "workbench", "skyvia")
"""Programs that log in by SOAP as well, as the columns Application or LoginType may name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLogin:
    """The login that is looked for: when it was refused by Salesforce's clock, and the API version of a SOAP login."""

    flow: LoginFlow | None
    at: pendulum.DateTime
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries that may be the login, the nearest first. Not ``complete``: there may be more, that were not read."""

    rows: tuple[Row, ...]
    complete: bool

    @property
    def statuses(self) -> tuple[str, ...]:
        """Their labels, each once."""
        return tuple(dict.fromkeys(row["Status"] for row in self.rows))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where they came from, each once."""
        return tuple(dict.fromkeys(row["SourceIp"] for row in self.rows if row.get("SourceIp")))


def entries_of(login: RefusedLogin, rows: Sequence[Row]) -> Entries:
    """Give the entries that may be the refused login.

    :param rows: of :data:`LOGINS`.
    """

    def away(row: Row) -> float:
        return abs((instant(row["LoginTime"]) - login.at).total_seconds())

    refused = [row for row in rows if row["Status"] != "Success" and _may_be(login, row)]
    near = [row for row in refused if away(row) <= SLACK.total_seconds()]
    reaches_back = len(rows) < PAGE or instant(rows[-1]["LoginTime"]) < login.at - SLACK
    return Entries(tuple(sorted(near, key=away)), complete=reaches_back)


def instant(text: str) -> pendulum.DateTime:
    """An instant as Salesforce writes it."""
    return pendulum.instance(datetime.fromisoformat(text)).in_timezone("UTC")


def _may_be(login: RefusedLogin, row: Row) -> bool:
    kind, sub_type = row.get("LoginType") or "", row.get("LoginSubType") or ""
    if login.flow is None:
        return kind != "Application"  # a browser
    if login.flow.is_soap:
        others = kind == "Application" or kind.startswith("Remote Access") or sub_type.startswith("Oauth")
        return not others and not _is_of_another_program(login, row)
    own = _SUB_TYPES.get(login.flow)
    return kind == _OAUTH and (sub_type in ("", own) if own else sub_type not in _KNOWN_SUB_TYPES)


def _is_of_another_program(login: RefusedLogin, row: Row) -> bool:
    """Whether a SOAP login is visibly not ours: named so, of another API version, or by the enterprise WSDL."""
    names = f"{row.get('Application')} {row.get('LoginType')}".casefold()
    if any(name in names for name in _OTHER_PROGRAMS) or "enterprise" in str(row.get("ApiType")).casefold():
        return True
    return None not in (own := _number(login.api_version), theirs := _number(row.get("ApiVersion"))) and own != theirs


def _number(version: str | None) -> float | None:
    """An API version; None where the column tells none (``N/A``)."""
    try:
        return float(version or "")
    except ValueError:
        return None
