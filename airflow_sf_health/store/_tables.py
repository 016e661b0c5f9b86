"""The tables as this version reads and writes them; ``migrations`` makes them. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table, Text

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
