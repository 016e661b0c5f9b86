"""The tables as this version reads and writes them; ``migrations`` makes them. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

SNAPSHOTS = Table(
    "sf_health_snapshots",
    METADATA,
    Column("id", String, primary_key=True),
    Column("org_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("object_key", String, nullable=False),  # the name in lower case: Salesforce does not look at case
    Column("object_name", String, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("shape", LargeBinary, nullable=False),  # the index for the compare, packed
    Column("body", LargeBinary, nullable=False),  # the whole describe, packed
    Column("body_size", BigInteger, nullable=False),
)
"""The last whole describes."""

BASELINES = Table(
    "sf_health_baselines",
    METADATA,
    Column("org_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("object_key", String, primary_key=True),
    Column("use_key", String, primary_key=True),  # a digest of what is done with the object; empty: whatever is done
    Column("object_name", String, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("compared_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),
    Column("last_modified", String),
    Column("rights", String),
    Column("shape", LargeBinary, nullable=False),  # as above
)
"""What an object is compared with, for each use of it."""

USERS = Table(
    "sf_health_users",
    METADATA,
    Column("org_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),
)
"""Who a user was at the last look after which the task could go on; ``facts`` is JSON."""

DOORS = Table(
    "sf_health_doors",
    METADATA,
    Column("door", String, primary_key=True),
    Column("org_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
"""Who came by which connection; a door is a digest and holds no secret."""

LOGINS = Table(
    "sf_health_logins",
    METADATA,
    Column("fingerprint", String, primary_key=True),
    Column("token", LargeBinary),  # sealed, as is what was refused
    Column("minted_at", BigInteger),
    Column("refusal", LargeBinary),
    Column("refused_at", BigInteger),
    Column("refused_until", BigInteger),
)
"""Of each credential and egress the token that is shared, and the refusal that is remembered."""

GRANTS = Table(
    "sf_health_grants",
    METADATA,
    Column("fingerprint", String, primary_key=True),
    Column("sealed", LargeBinary),  # NULL: the connection's own token is the newest
    Column("kept_at", BigInteger),
    Column("spender", String, nullable=False),  # empty: nobody is spending it
    Column("spending_since", BigInteger),
)
"""Rotating refresh tokens in our keeping."""

LEASES = Table(
    "sf_health_leases",
    METADATA,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", BigInteger, nullable=False),  # by the database's clock
)
"""Who alone may log in, or examine, at the moment."""

PASSES = Table(
    "sf_health_passes",
    METADATA,
    Column("pass_key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # a report
    Column("examined_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Verdicts that other tasks may take for theirs."""

VERDICTS = Table(
    "sf_health_verdicts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("conn_id", String, nullable=False),
    Column("examined_at", BigInteger, nullable=False),
    Column("verdict", String, nullable=False),
    Column("cause", String),
    Column("summary", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("http_requests", Integer, nullable=False),
    Column("api_calls", Integer, nullable=False),
    Column("logins", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("repaired", Integer, nullable=False),  # 1: yes
    Column("proof_at", BigInteger),
)
"""The last examinations of each connection."""
