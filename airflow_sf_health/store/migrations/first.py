"""Version 1: snapshots and baselines of schemas, users, and by which connection a user came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_METADATA = MetaData()
# MySQL's plain types end at 64 kB.
_BYTES = LargeBinary().with_variant(LONGBLOB(), "mysql").with_variant(LONGBLOB(), "mariadb")
_TEXT = Text().with_variant(LONGTEXT(), "mysql").with_variant(LONGTEXT(), "mariadb")

_SNAPSHOTS = Table(
    "sf_health_snapshots",
    _METADATA,
    Column("id", String(32), primary_key=True),
    Column("org_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("version", String(8), nullable=False),
    Column("object_key", String(255), nullable=False),
    Column("object_name", String(255), nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("shape", _BYTES, nullable=False),
    Column("body", _BYTES, nullable=False),
    Column("body_size", BigInteger, nullable=False),
)
Index(
    "sf_health_snapshots_of",
    *(_SNAPSHOTS.c[name] for name in ("org_id", "user_id", "version", "object_key", "taken_at")),
)
Table(
    "sf_health_baselines",
    _METADATA,
    Column("org_id", String(32), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("version", String(8), primary_key=True),
    Column("object_key", String(255), primary_key=True),
    Column("use_key", String(64), primary_key=True),
    Column("object_name", String(255), nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("compared_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),
    Column("last_modified", String(64)),
    Column("rights", String(128)),
    Column("shape", _BYTES, nullable=False),
)
Table(
    "sf_health_users",
    _METADATA,
    Column("org_id", String(32), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("facts", _TEXT, nullable=False),
)
Table(
    "sf_health_doors",
    _METADATA,
    Column("door", String(64), primary_key=True),
    Column("org_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)


def apply(connection: Connection) -> None:
    _METADATA.create_all(connection, checkfirst=False)
