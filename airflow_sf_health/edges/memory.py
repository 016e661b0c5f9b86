"""The site's memory: what ``[sf_health] store`` names, opened once per process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from airflow_sf_health import compat

if TYPE_CHECKING:
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store

NONE = "none"
SHORTEST_MASKED = 5
"""Characters of a password from which it is masked, as Airflow 3 has it: a mask over each "p" leaves no line to read."""
_DIALECTS = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite"}
"""Types of Airflow connections -> SQLAlchemy's name of that kind of database."""
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "target_session_attrs", "gssencmode")
"""Extras of a PostgreSQL connection that its driver takes; Airflow's own hook passes them on too."""


def memory(settings: Settings) -> Store | None:
    """The site's memory; None where it chose to have none. Never raises: what cannot be found is a store that tells so.

    Masks the password, so it must not be called from a thread in a triggerer.
    """
    chosen = settings.store
    if chosen.lower() == NONE:
        return None
    if _is_place(chosen):
        return _opened(chosen)
    try:
        url = url_of(compat.get_connection(chosen))
    except Exception as error:  # noqa: BLE001 - each secrets backend has errors of its own
        return _without(chosen, error)
    return _opened(url)


async def amemory(settings: Settings) -> Store | None:
    """The same on the event loop of a triggerer. Masks nothing; the store itself shows no password."""
    chosen = settings.store
    if chosen.lower() == NONE:
        return None
    if _is_place(chosen):
        return _cached(chosen, _home())
    try:
        url = url_of(await compat.aget_connection(chosen))
    except Exception as error:  # noqa: BLE001 - the same
        return _without(chosen, error)
    return _cached(url, _home())


def url_of(found: compat.Connection) -> str:
    """The SQLAlchemy URL of an Airflow connection to a database.

    :raises ValueError: it is of another type, says which can be used; or it names no file.
    """
    kind = _DIALECTS.get(found.conn_type or "")
    if kind is None:
        raise ValueError(f"it is of type '{found.conn_type}', and has to be one of {', '.join(_DIALECTS)}")
    if kind == "sqlite":
        return _file_url(found)
    name = f"{quote(found.login or '', safe='')}:{quote(found.password or '', safe='')}@" if found.login else ""
    host = found.host or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{found.port}" if found.port else ""
    extra = _extra(found) if kind == "postgresql" else {}
    query = urlencode({key: extra[key] for key in _TLS if isinstance(extra.get(key), str)})
    return f"{kind}://{name}{host}{port}/{quote(found.schema or '', safe='')}{'?' + query if query else ''}"


def _file_url(found: compat.Connection) -> str:
    """Of a file: a connection that is written as a URI, ``sqlite:////path``, has it where others name a schema."""
    file = found.host or found.schema
    if not file:
        raise ValueError("it is of type 'sqlite', and names no file as its host")
    return f"sqlite:///{file}"


def _extra(found: compat.Connection) -> Mapping[str, Any]:
    """As it is stored: Airflow's ``extra_dejson`` tells its supervisor of secrets, which a trigger should not do."""
    try:
        extra = json.loads(found.extra or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise ValueError("its extra is no JSON object")
    return extra


def _is_place(chosen: str) -> bool:
    return not chosen or "://" in chosen


def _opened(url: str) -> Store:
    for secret in _secrets(url):
        if len(secret) >= SHORTEST_MASKED:
            compat.mask_secret(secret)
    return _cached(url, _home())


def _home() -> str:
    """Of what the default place depends."""
    return os.environ.get("AIRFLOW_HOME", "")


@lru_cache(maxsize=16)
def _cached(url: str, _: str) -> Store:
    from airflow_sf_health.store import open_store

    return open_store(url or None)


def _without(conn_id: str, error: Exception) -> Store:
    """Not cached: the connection may be there the next time."""
    from airflow_sf_health.store import unusable

    said = str(error) if type(error) is ValueError else type(error).__name__
    return unusable(
        f"The store cannot be used: [sf_health] store names the Airflow connection '{_short(conn_id)}', and Airflow gave "
        f"none that fits ({said}). Make it, or write a SQLAlchemy URL there, or none."
    )


def _short(conn_id: str) -> str:
    """What is no id may be anything, a broken URL with a password in it too."""
    return conn_id if len(conn_id) <= 250 and not set(conn_id) & set("@:/") else "***"


def _secrets(url: str) -> Iterator[str]:
    """The passwords of a URL, as they stand there and as they are."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return
    if password:
        yield from {password, unquote(password)}
    yield from filter(None, parse_qs(parts.query).get("password", ()))
