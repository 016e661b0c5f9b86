"""Who the user of a connection was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pendulum import now
from sqlalchemy import and_, insert, or_, select, update

from airflow_sf_health.evidence.facts import RememberedUser
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.store._clocks import latest
from airflow_sf_health.store._tables import DOORS, USERS
from airflow_sf_health.store._values import micros, user_of, user_text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def user(connection: Connection, whose: Whose) -> tuple[RememberedUser | None, bool]:
    """The user, and whether what is kept of them is damaged."""
    found = connection.execute(
        select(USERS.c.facts).where(USERS.c.org_id == whose.org_id, USERS.c.user_id == whose.user_id)
    ).scalar()
    read = None if found is None else user_of(found)
    return read, found is not None and read is None


def user_by_door(connection: Connection, door: str) -> RememberedUser | None:
    same = and_(DOORS.c.org_id == USERS.c.org_id, DOORS.c.user_id == USERS.c.user_id)
    found = connection.execute(select(USERS.c.facts).join_from(DOORS, USERS, same).where(DOORS.c.door == door)).scalar()
    return None if found is None else user_of(found)


def keep_user(connection: Connection, seen: RememberedUser, door: str | None) -> None:
    """An older look than the one that is kept changes nothing; one of the future is no newer."""
    at, facts, limit = micros(seen.at), user_text(seen), latest(now("UTC"))
    here = and_(USERS.c.org_id == seen.org_id, USERS.c.user_id == seen.user_id)
    before = connection.execute(select(USERS.c.seen_at).where(here)).scalar()
    if before is None:
        connection.execute(insert(USERS).values(org_id=seen.org_id, user_id=seen.user_id, seen_at=at, facts=facts))
    else:
        is_older = or_(USERS.c.seen_at <= at, USERS.c.seen_at > limit)
        connection.execute(update(USERS).where(here, is_older).values(seen_at=at, facts=facts))
    if door:
        _keep_door(connection, seen, door, at, limit)


def _keep_door(connection: Connection, seen: RememberedUser, door: str, at: int, limit: int) -> None:
    came = {"org_id": seen.org_id, "user_id": seen.user_id, "seen_at": at}
    before = connection.execute(select(DOORS.c.seen_at).where(DOORS.c.door == door)).scalar()
    if before is None:
        connection.execute(insert(DOORS).values(door=door, **came))
    else:
        is_older = or_(DOORS.c.seen_at <= at, DOORS.c.seen_at > limit)
        connection.execute(update(DOORS).where(DOORS.c.door == door, is_older).values(**came))
