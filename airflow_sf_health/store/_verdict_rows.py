"""The rows of examinations."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pendulum import now
from sqlalchemy import delete, insert, select

from airflow_sf_health.store._clocks import clamped
from airflow_sf_health.store._tables import VERDICTS
from airflow_sf_health.store._values import instant, micros
from airflow_sf_health.store._verdicts import StoredVerdict

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airflow_sf_health.report import Report

_AT = VERDICTS.c
_LAST_FIRST = (_AT.examined_at.desc(), _AT.id)
SWEPT = 100
"""Examinations that are removed at once, at most; a site that keeps fewer than before comes down step by step."""
FEW = 50
"""Examinations that are looked through each time."""
SWEPT_EACH = 20
"""Every so many examinations, on the average, those beyond are looked for: to find them takes a walk over all that are kept."""
LONGEST_SUMMARY = 1000
LONGEST_BY = 512
LONGEST_CONN_ID = 255
LONGEST_CAUSE = 64
"""Characters, as many as the table takes; other databases than SQLite refuse more. A site names its causes as it likes."""


def row_of(conn_id: str, report: Report, by: str) -> dict[str, Any]:
    main, cost = report.main, report.cost
    row = {
        "id": uuid.uuid4().hex,
        "conn_id": _plain(conn_id, LONGEST_CONN_ID),
        "examined_at": micros(report.examined_at),
        "verdict": str(report.verdict),
        "cause": _plain(main.cause, LONGEST_CAUSE) if main is not None and main.cause is not None else None,
        "summary": _plain(
            main.summary if main is not None else "asked {} of {}".format(*report.asked), LONGEST_SUMMARY
        ),
        "by": _plain(by, LONGEST_BY),
        "http_requests": cost.http_requests,
        "api_calls": cost.api_calls,
        "logins": cost.logins,
        "milliseconds": round(cost.seconds * 1000),
        "repaired": int(bool(report.repairs)),
        "proof_at": micros(report.proof.at) if report.proof is not None else None,
    }
    return clamped(row, now("UTC"))


def _plain(text: str, longest: int) -> str:
    """One line, of signs that each database takes."""
    return " ".join(text.replace("\0", " ").split())[:longest].encode(errors="replace").decode()


def record(connection: Connection, row: dict[str, Any], keep: int) -> None:
    connection.execute(insert(VERDICTS).values(**row))
    if keep > FEW and random.randrange(SWEPT_EACH):  # noqa: S311 - whose turn it is, is no secret
        return
    here = _AT.conn_id == row["conn_id"]
    surplus = select(_AT.id).where(here).order_by(*_LAST_FIRST).offset(keep).limit(SWEPT)
    ids = connection.execute(surplus).scalars().all()
    if ids:
        connection.execute(delete(VERDICTS).where(_AT.id.in_(sorted(ids))))


def last(connection: Connection, conn_id: str, limit: int) -> tuple[StoredVerdict, ...]:
    rows = connection.execute(select(VERDICTS).where(_AT.conn_id == conn_id).order_by(*_LAST_FIRST).limit(limit))
    return tuple(_read(rows))


def _read(rows: Any) -> Iterator[StoredVerdict]:
    for row in rows:
        try:
            yield _verdict(row)
        except (TypeError, ValueError, OverflowError):
            continue


def _verdict(row: Any) -> StoredVerdict:
    return StoredVerdict(
        conn_id=row.conn_id,
        examined_at=instant(row.examined_at),
        verdict=row.verdict,
        cause=row.cause,
        summary=row.summary,
        by=row.by,
        http_requests=int(row.http_requests),
        api_calls=int(row.api_calls),
        logins=int(row.logins),
        seconds=row.milliseconds / 1000,
        repaired=bool(row.repaired),
        proof_at=instant(row.proof_at) if row.proof_at is not None else None,
    )
