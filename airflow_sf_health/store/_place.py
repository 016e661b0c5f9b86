"""Where the store is: from the text of the setting to what opens it, with a name that shows no secret."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_sf_health.store._files import default_file, make_file
from airflow_sf_health.store._problems import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

CONNECT_SECONDS = 3
BUSY_SECONDS = 2
"""How long SQLite waits for another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database. ``name`` is how sentences call it; ``file`` is SQLite's, where it has one."""

    url: URL = field(repr=False)
    name: str
    file: Path | None = None
    connect: dict[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def kind_of(url: str | None) -> str:
    """``sqlite``, ``postgresql`` …, told without SQLAlchemy."""
    kind = (url or "sqlite:").split(":", 1)[0].split("+", 1)[0].lower()
    return "postgresql" if kind == "postgres" else kind


def reach_of(url: str | None) -> str:
    """Of how many machines' looks a store there knows. A file in a home that several hosts share counts as one host's: whether
    they see each other's writes is up to its file system.
    """
    kind = kind_of(url)
    return "this host only" if kind == "sqlite" else f"shared: {kind}"


def place_of(url: str | None) -> Place:
    """Where this is; None is the SQLite file of this host. Makes a file that is missing.

    :raises StoreError: no SQLAlchemy URL, or no place for a file.
    """
    from sqlalchemy.engine import URL

    if url is None:
        file = default_file()
        return _sqlite(URL.create("sqlite", database=str(file)), file)
    parsed = _parsed(url)
    if kind_of(url) != "sqlite":
        return _server(parsed)
    if parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "The store (SQLite) has no file, so nothing is kept. Write sqlite:////path/of/the/file.sqlite."
        )
    if str(parsed.database).startswith("file:"):
        return _sqlite(parsed, None)
    file = Path(str(parsed.database)).absolute()
    if file.parent.is_dir() and not file.exists():
        make_file(file)
    return _sqlite(parsed, file)


def _parsed(url: str) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    if url.startswith("postgres:"):  # as Airflow and many hosts write it; SQLAlchemy knows the long name only
        url = url.replace("postgres", "postgresql", 1)
    try:
        parsed = make_url(url)
        if parsed.username is not None and _splits_wrong(url.partition("://")[2]):
            raise ValueError
    except (SQLAlchemyError, ValueError, TypeError):
        raise StoreError(
            "The store's address is no SQLAlchemy URL (not shown: it may hold a password). Write [sf_health] store like "
            "postgresql+psycopg2://user:password@host/database, with special characters of the password %-encoded, @ as %40."
        ) from None
    if parsed.drivername == "postgresql":
        return parsed.set(drivername=f"postgresql+{_installed_driver()}")
    return parsed


def _splits_wrong(address: str) -> bool:
    """Whether SQLAlchemy, which ends the password at the first ``@``, would take a part of it for the host or the database, which are
    shown.
    """
    user, _, rest = address.partition("@")
    return "?" in user or "@" in rest.partition("?")[0]


def _installed_driver() -> str:
    """Which driver SQLAlchemy takes by itself depends on its version."""
    return next((each for each in ("psycopg2", "psycopg") if importlib.util.find_spec(each)), "psycopg2")


def _sqlite(url: URL, file: Path | None) -> Place:
    name = f"SQLite {file}" if file else "SQLite"
    return Place(url=url, name=name, file=file, connect={"timeout": BUSY_SECONDS, "check_same_thread": False})


def _server(url: URL) -> Place:
    """A database server. What the URL itself says of time limits stays."""
    wanted = _LIMITS.get(url.drivername.partition("+")[2], {})
    host = url.host or url.query.get("host") or "a local socket"
    port = f":{url.port}" if url.port else ""
    secrets = tuple(str(each) for each in (url.password, url.query.get("password")) if each)
    return Place(
        url=url,
        name=f"{kind_of(url.drivername)} on {host}{port}",
        connect={name: value for name, value in wanted.items() if name not in url.query},
        secrets=secrets,
    )


_LIBPQ = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "fallback_application_name": "airflow-sf-health",
}
_LIMITS: dict[str, dict[str, Any]] = {
    "psycopg2": _LIBPQ,
    "psycopg": _LIBPQ,
    "pymysql": {"connect_timeout": CONNECT_SECONDS},
    "mysqldb": {"connect_timeout": CONNECT_SECONDS},
}
"""By driver. What a driver does not bound, the store's own time limit does."""
