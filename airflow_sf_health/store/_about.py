"""What a person wants to know of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, false

from airflow_sf_health.store._tables import SNAPSHOTS
from airflow_sf_health.store.migrations import version_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airflow_sf_health.store._database import Database

_SIZES = {
    "sqlite": "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())",
    "postgresql": "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
    "WHERE relkind = 'r' AND relname LIKE 'sf\\_health\\_%' AND pg_table_is_visible(oid)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """``name`` shows no password; ``size`` is in bytes, None where the database does not tell."""

    name: str
    schema: int
    size: int | None


def about(database: Database) -> About:
    """:raises StoreError: it cannot be opened, or not be written."""
    schema, size = database.write(_looked_at)
    return About(name=database.name, schema=schema, size=size)


def _looked_at(connection: Connection) -> tuple[int, int | None]:
    connection.execute(delete(SNAPSHOTS).where(false()))  # needs all that a write needs, and writes nothing
    asked = _SIZES.get(connection.dialect.name)
    size = connection.exec_driver_sql(asked.replace("%", "%%")).scalar() if asked else None
    return version_of(connection), None if size is None else int(size)
