"""Version 2: sealed tokens, refused logins, grants, leases, passes, and the last verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.dialects.mysql import LONGBLOB

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_METADATA = MetaData()
# A report may be longer than MySQL's plain type.
_BYTES = LargeBinary().with_variant(LONGBLOB(), "mysql").with_variant(LONGBLOB(), "mariadb")

Table(
    "sf_health_logins",
    _METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("token", LargeBinary),
    Column("minted_at", BigInteger),
    Column("refusal", LargeBinary),
    Column("refused_at", BigInteger),
    Column("refused_until", BigInteger),
)
Table(
    "sf_health_grants",
    _METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("sealed", LargeBinary),
    Column("kept_at", BigInteger),
    Column("spender", String(64), nullable=False),
    Column("spending_since", BigInteger),
)
Table(
    "sf_health_leases",
    _METADATA,
    Column("name", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)
_PASSES = Table(
    "sf_health_passes",
    _METADATA,
    Column("pass_key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("sealed", _BYTES, nullable=False),
    Column("examined_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("sf_health_passes_of", _PASSES.c.fingerprint)
Index("sf_health_passes_until", _PASSES.c.expires_at)
_VERDICTS = Table(
    "sf_health_verdicts",
    _METADATA,
    Column("id", String(32), primary_key=True),
    Column("conn_id", String(255), nullable=False),
    Column("examined_at", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("cause", String(64)),
    Column("summary", Text, nullable=False),
    Column("by", String(512), nullable=False),
    Column("http_requests", Integer, nullable=False),
    Column("api_calls", Integer, nullable=False),
    Column("logins", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("repaired", Integer, nullable=False),
    Column("proof_at", BigInteger),
)
Index("sf_health_verdicts_of", _VERDICTS.c.conn_id, _VERDICTS.c.examined_at)


def apply(connection: Connection) -> None:
    _METADATA.create_all(connection, checkfirst=False)
