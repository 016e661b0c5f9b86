"""All that a store holds, as text in which a secret can be looked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool


def everything_in(url: str) -> str:
    """Each byte of SQLite's files, what was deleted but is still there and the log included; and each column of each row."""
    return "\n".join([*_files(url), *(text for row in rows_in(url).values() for each in row for text in _texts(each))])


def rows_in(url: str) -> dict[str, list[object]]:
    """By table, the values of all columns of all rows."""
    engine = create_engine(url, poolclass=NullPool, future=True)
    tables = MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        return {
            table.name: [value for row in connection.execute(select(table)) for value in row]
            for table in tables.sorted_tables
        }


def _files(url: str) -> Iterator[str]:
    file = make_url(url).database
    if url.startswith("sqlite:") and file is not None:
        yield from (each.read_bytes().decode("latin-1") for each in Path(file).parent.glob(f"{Path(file).name}*"))


def _texts(value: object) -> Iterator[str]:
    if not isinstance(value, bytes | memoryview):
        yield str(value)
        return
    yield bytes(value).decode("latin-1")
    try:
        yield zlib.decompress(value).decode("latin-1")
    except zlib.error:
        return
