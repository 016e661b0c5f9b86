"""After a failure, ask a second user what became of the first: active, frozen, locked, and why its login was refused.

Two API calls at most: a query that finds the user, and one composite request for the rest. Nothing is said of a user whose
org is not proven to be the second user's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.login_history import RefusedLogin
from airflow_sf_health.evidence.needs import Row
from airflow_sf_health.evidence.second_details import details
from airflow_sf_health.org import refused_logins
from airflow_sf_health.org.clocks import date_of
from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer
from airflow_sf_health.org.exchange import Reply
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.refused_logins import REFUSED_LOGINS
from airflow_sf_health.org.session import OrgSession

DEAD = 401
"""The status of a refused token."""
UNNAMED = "the login names no user whom it could be asked about"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The integration user, as far as it is known, and the org, by its id or its own host.

    ``refused_at`` is when its login by ``flow`` was refused, by this machine's clock; None: that is not the question.
    ``server_date`` is the Date header of the refusal, ``api_version`` that of a SOAP login. ``api_only`` asks where 'API Only
    User' comes from.
    """

    username: str | None = None
    user_id: str | None = None
    org_id: str | None = None
    host: str | None = None
    flow: LoginFlow | None = None
    refused_at: pendulum.DateTime | None = None
    server_date: str | None = None
    api_version: str | None = None
    api_only: bool = False


def look_by_second_user(session: OrgSession, subject: Subject) -> SecondSight:
    """Log in as the second user, on a session that is not opened yet, and ask for the subject.

    Never raises: what could not be seen is None, and named in ``unread``. Sends nothing where there is nobody to ask for, nor
    where this very login was refused a moment ago.
    """
    nothing = SecondSight(conn_id=session.connection.conn_id)
    if subject.username is None and subject.user_id is None:
        return replace(nothing, unread=(UNNAMED,))
    if (known := REFUSED_LOGINS.of(session.connection, session.sharing)) is not None:
        return _shut_out(nothing, known)
    usage = session.traffic.api_usage
    try:
        seen = _look(session, subject, nothing)
    except Refused as refused:
        seen = _refused(session, nothing, refused.refusal)
    except OrgConnectionError as error:
        seen = replace(nothing, refusal=Refusal(shape=Shape.NO_ANSWER, message=str(error)))
    except Exception as error:  # noqa: BLE001 - whatever breaks here must not cost what the first user saw
        seen = replace(nothing, refusal=no_answer(f"an answer that could not be read ({type(error).__name__})"))
    if seen.user_id is None:  # the usage of another org, it may be
        session.traffic.api_usage = usage
    return seen


def _refused(session: OrgSession, nothing: SecondSight, refusal: Refusal) -> SecondSight:
    """With the refusal; that of the login itself is remembered where Salesforce gave it a reason."""
    if session.login is None and refusal.shape in (Shape.OAUTH, Shape.SOAP) and refusal.answered:
        return _shut_out(nothing, REFUSED_LOGINS.note(session.connection, refusal, session.sharing))
    return replace(nothing, refusal=refusal)


def _shut_out(nothing: SecondSight, known: refused_logins.RefusedLogin) -> SecondSight:
    return replace(nothing, refusal=known.refusal, refused_at=known.at, not_before=known.not_before)


def _look(session: OrgSession, subject: Subject, nothing: SecondSight) -> SecondSight:
    """With one more login where the token that another task had left is dead."""
    login = session.open()
    try:
        return _seen_by(session, login, subject, nothing)
    except Refused as refused:
        if not (login.shared and refused.refusal.status == DEAD):
            raise
        session.drop_token()
    return _seen_by(session, session.open(), subject, nothing)


def _seen_by(session: OrgSession, login: Login, subject: Subject, nothing: SecondSight) -> SecondSight:
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
    return details(session, found, _refused_login(subject, _time_of(reply)), api_only=subject.api_only)


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


def _refused_login(subject: Subject, now: pendulum.DateTime) -> RefusedLogin | None:
    """The login that was refused, by Salesforce's clock: as its answer said, else by how long ago it was on this machine."""
    if subject.refused_at is None:
        return None
    at = date_of(subject.server_date) or now - (pendulum.now("UTC") - subject.refused_at)
    return RefusedLogin(flow=subject.flow, at=at, api_version=subject.api_version)


def _time_of(reply: Reply) -> pendulum.DateTime:
    """What time it is at Salesforce; the worker's clock may be wrong."""
    return date_of(reply.headers.get("date")) or pendulum.now("UTC")
