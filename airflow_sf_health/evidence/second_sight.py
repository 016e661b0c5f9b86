"""After a failure, ask a second user what became of the first: active, frozen, locked, and why its login was refused.

Two API calls at most: a query that finds the user, and one composite request for the rest. Nothing is said of a user whose
org is not proven to be the second user's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.gather import gather
from airflow_sf_health.evidence.login_history import LOGINS, instant, refused_login
from airflow_sf_health.evidence.needs import API_ONLY_FROM, FROZEN, Need, Record, Row
from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer
from airflow_sf_health.org.exchange import Reply
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.login import Identity, Login
from airflow_sf_health.org.session import OrgSession

UNNAMED = "the login names no user whom it could be asked about"
FROZEN_OR_LOCKED, LOGIN_HISTORY, LICENSE = "frozen or locked", "Login History", "licence"
API_ONLY_SOURCE = "where 'API Only User' comes from"
"""The parts, as messages name them where they could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The integration user, as far as it is known, and the org, by its id or its own host.

    ``refused_at`` is when its login by ``flow`` was refused, by this machine's clock; None: that is not the question.
    ``api_only`` asks where 'API Only User' comes from.
    """

    username: str | None = None
    user_id: str | None = None
    org_id: str | None = None
    host: str | None = None
    flow: LoginFlow | None = None
    refused_at: pendulum.DateTime | None = None
    api_only: bool = False


def look_by_second_user(session: OrgSession, subject: Subject) -> SecondSight:
    """Log in as the second user, on a session that is not opened yet, and ask for the subject.

    Never raises: what could not be seen is None, and named in ``unread``. Sends nothing where there is nobody to ask for.
    """
    nothing = SecondSight(conn_id=session.connection.conn_id)
    if subject.username is None and subject.user_id is None:
        return replace(nothing, unread=(UNNAMED,))
    usage = session.traffic.api_usage
    try:
        seen = _look(session, subject, nothing)
    except Refused as refused:
        seen = replace(nothing, refusal=refused.refusal)
    except OrgConnectionError as error:
        seen = replace(nothing, refusal=Refusal(shape=Shape.NO_ANSWER, message=str(error)))
    except Exception as error:  # noqa: BLE001 - whatever breaks here must not cost what the first user saw
        seen = replace(nothing, refusal=no_answer(f"an answer that could not be read ({type(error).__name__})"))
    if seen.user_id is None:  # the usage of another org, it may be
        session.traffic.api_usage = usage
    return seen


def _look(session: OrgSession, subject: Subject, nothing: SecondSight) -> SecondSight:
    login = session.open()
    nothing = replace(nothing, spent=login.rotated)
    condition = _condition(login, subject)
    if condition is None:
        return replace(nothing, unread=(f"it leads to {login.host}, which is not known to be the same org",))
    soql = f"SELECT Id, Username, IsActive, ProfileId FROM User WHERE {condition}"  # noqa: S608 - its literals are escaped
    reply = session.ask(f"query?q={quote(soql)}", where="query for the integration user")
    users = list(reply.value["records"])
    if not users:
        return replace(nothing, unread=(f"it sees no such user in {login.host}",))
    found = _user(nothing, users[0], login)
    return _details(session, subject, found, _time_of(reply))


def _condition(login: Login, subject: Subject) -> str | None:
    """How the user is found; None where the org is, or may be, another. A user name is one user in all of Salesforce; an id
    is not, as a sandbox copies those of its production org.
    """
    own, theirs = login.identity.org_id if login.identity else None, subject.org_id
    same = own[:15] == theirs[:15] if own and theirs else None
    if same is False:
        return None
    if subject.user_id and (same or subject.host == login.host):
        return f"Id = {_literal(subject.user_id)}"
    return f"Username = {_literal(subject.username)}" if subject.username else None


def _literal(text: str) -> str:
    """A text as SOQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(each for each in escaped if each.isprintable()) + "'"


def _user(nothing: SecondSight, user: Row, login: Login) -> SecondSight:
    return replace(
        nothing,
        user_id=user["Id"],
        username=user.get("Username"),
        is_active=user.get("IsActive"),
        profile_id=user.get("ProfileId"),
        org_id=login.identity.org_id if login.identity else None,
        host=login.host,
    )


def _details(session: OrgSession, subject: Subject, found: SecondSight, now: pendulum.DateTime) -> SecondSight:
    """The rest of what can be asked, in one composite request, each part for itself."""
    profile = Record("profile", "Profile", found.profile_id or "", ("Id", "Name", "UserLicenseId"))
    license_ = Record("license", "UserLicense", "@{profile.UserLicenseId}", ("Name", "Status"), after=profile)
    needs: list[Need[Any]] = [FROZEN, license_]
    needs += [LOGINS] if subject.refused_at is not None else []
    needs += [API_ONLY_FROM] if subject.api_only else []
    answers = gather(session, needs, Identity(found.org_id or "", found.user_id or ""))
    state, licence = _first(answers[FROZEN]), _first(answers[license_])
    seen = replace(
        found,
        is_frozen=state.get("IsFrozen"),
        is_locked=state.get("IsPasswordLocked"),
        license_name=licence.get("Name"),
        license_status=licence.get("Status"),
        unread=tuple(name for name, row in ((FROZEN_OR_LOCKED, state), (LICENSE, licence)) if not row),
    )
    if LOGINS in needs:
        seen = _with_login(seen, subject, _rows(answers[LOGINS]), now)
    if API_ONLY_FROM in needs:
        seen = _with_source(seen, answers[API_ONLY_FROM], _first(answers[profile]))
    return seen


def _with_login(seen: SecondSight, subject: Subject, rows: Sequence[Row], now: pendulum.DateTime) -> SecondSight:
    """With the entry of the login that was refused. No rows at all mean nothing, unless one may read those of others."""
    assert subject.refused_at is not None, "only asked for a refused login"
    if not rows and seen.is_frozen is None:
        return replace(seen, unread=(*seen.unread, LOGIN_HISTORY))
    row = refused_login(rows, subject.flow, refused_at=subject.refused_at, now=now)
    if row is None:
        return replace(seen, login_recorded=False)
    at = instant(row["LoginTime"]).to_iso8601_string()
    return replace(seen, login_status=row["Status"], login_at=at, login_ip=row.get("SourceIp"), login_recorded=True)


def _with_source(seen: SecondSight, answer: Any, profile: Row) -> SecondSight:
    if isinstance(answer, Refusal):
        return replace(seen, unread=(*seen.unread, API_ONLY_SOURCE))
    return replace(seen, api_only_from=tuple(dict.fromkeys(_source(row, profile) for row in answer)))


def _source(row: Row, profile: Row) -> str:
    """What gives a permission; a profile's own ones are those of a permission set that it owns."""
    holder, group = row.get("PermissionSet") or {}, row.get("PermissionSetGroup") or {}
    if holder.get("IsOwnedByProfile"):
        return f"profile '{profile['Name']}'" if profile else "the user's profile"
    return f"permission set group '{group['MasterLabel']}'" if group else f"permission set '{holder.get('Label')}'"


def _rows(answer: Any) -> Sequence[Row]:
    return () if answer is None or isinstance(answer, Refusal) else answer


def _first(answer: Any) -> Row:
    """The record, or the first row; empty where it could not be had."""
    if isinstance(answer, Mapping):
        return answer
    rows = _rows(answer)
    return rows[0] if rows else {}


def _time_of(reply: Reply) -> pendulum.DateTime:
    """What time it is at Salesforce; the worker's clock may be wrong."""
    try:
        return pendulum.instance(parsedate_to_datetime(reply.headers["date"]))
    except (KeyError, ValueError):
        return pendulum.now("UTC")
