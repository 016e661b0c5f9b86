"""Whose failure it is: whether an exception that a task met came from Salesforce, by which connection, and from which host.

A wrong claim would fail a task that only another service refused, so it takes more than words that Salesforce uses too: the
exception is of a Salesforce library, or went through one, or was met on the way to a host of Salesforce's, or has a code that only
Salesforce sends. A text that names Salesforce, and no other host, is enough to explain a failure, and not to end a task.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_sf_health.causes import UNKNOWN

if TYPE_CHECKING:
    from airflow_sf_health.causes import Diagnosis

_LIBRARIES = re.compile(
    r"(simple_salesforce|salesforce_bulk|salesforce_api|aiosalesforce|airflow\.providers\.salesforce)(\.|$)"
)
_OURS = re.compile(r"airflow_sf_health(\.|$)")
"""Errors of this package are Salesforce's; its frames say nothing, since it calls Airflow and the site's code too."""
_HOOKS = re.compile(r"(airflow\.providers\.salesforce|airflow_sf_health)\.hooks\.")
_HOST = re.compile(r"\.(salesforce\.com|force\.com|salesforce\.mil|sfcrmproducts\.cn)$")
_NAMED = re.compile(r"(?<![\w./])(salesforce|sfdc)(?![\w./]\w)", re.IGNORECASE)
"""Salesforce itself, as against a table, file or task that is called after it (``salesforce_raw.account``)."""
_ANY_HOST = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,20}://(?:[^\s/@]{0,200}@)?|\bhost=['\"])([a-z0-9._-]+)"
    r"|\b((?:[a-z0-9-]{1,63}\.){1,8}(?:com|net|org|io|cloud|dev|app|ai|co|eu|us|uk|de|fr|gov|edu|mil|cn|internal|local|example|invalid))\b",
    re.IGNORECASE,
)
_CODES = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INACTIVE_OWNER_OR_USER",
        "INVALID_LOGIN",
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "INVALID_SESSION_ID",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "REQUEST_LIMIT_EXCEEDED",
        "UNABLE_TO_LOCK_ROW",
    }
)
"""Codes that only Salesforce sends; most others (``INVALID_ID``, ``BAD_REQUEST``, ``ALREADY_EXISTS``) are anybody's."""
_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_WORDS = re.compile(
    r"sObject type '[^']*' is not supported|No such column '[^']*' on (?:entity|sobject)", re.IGNORECASE
)
"""What only Salesforce says beside a code that others have too (``INVALID_TYPE``, ``INVALID_FIELD``)."""
LONGEST_READ = 20_000
"""Characters of an exception's text that are looked at."""
_OWN_NAMES = ("salesforce_conn_id", "sf_conn_id")


def is_salesforces(chain: Sequence[BaseException], diagnosis: Diagnosis, *, beyond_doubt: bool = False) -> bool:
    """Whether the failure is Salesforce's; of one without a known cause, only an error of a Salesforce library's own is.

    :param beyond_doubt: a text that names Salesforce is not enough.
    """
    if diagnosis.cause == UNKNOWN:
        return any(_of_a_library(each) for each in chain)
    if any(_of_a_library(each) or _went_through_a_library(each) or host_of([each]) for each in chain):
        return True
    if not beyond_doubt and any(_names_salesforce(_text(each)) for each in chain):
        return True
    return not _CODES.isdisjoint(_CODE.findall(diagnosis.matched)) or any(_WORDS.search(_text(each)) for each in chain)


def _names_salesforce(text: str) -> bool:
    """Whether a text speaks of Salesforce: by the first host in it, else by name."""
    host = _ANY_HOST.search(text)
    if host is not None:
        return _HOST.search("." + (host[1] or host[2]).lower()) is not None
    return _NAMED.search(text) is not None


def host_of(chain: Sequence[BaseException]) -> str | None:
    """The host of Salesforce's that the failed request went to, where the exception knows it."""
    for each in chain:
        for url in (getattr(each, "url", None), getattr(getattr(each, "request", None), "url", None)):
            with suppress(ValueError):
                host = urlsplit(url).hostname if isinstance(url, str) else None
                if host and _HOST.search(host):
                    return host
    return None


def conn_ids(chain: Sequence[BaseException], context: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """The ids of the connection that the task may have used, the likeliest first, each with whether it is one to Salesforce."""
    for frame in (frame for each in chain for frame in _frames(each)):
        if _HOOKS.match(_module(frame)):
            conn_id = getattr(frame.f_locals.get("self"), "conn_id", None)
            if isinstance(conn_id, str):
                yield conn_id, True
    task = context.get("task")
    given = getattr(task, "op_kwargs", None)
    arguments: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    for name in (*_OWN_NAMES, "conn_id"):
        for conn_id in (getattr(task, name, None), arguments.get(name)):
            if isinstance(conn_id, str) and conn_id:
                yield conn_id, name in _OWN_NAMES


def _of_a_library(error: BaseException) -> bool:
    return any(_LIBRARIES.match(kind.__module__) or _OURS.match(kind.__module__) for kind in type(error).__mro__)


def _went_through_a_library(error: BaseException) -> bool:
    return any(_LIBRARIES.match(_module(frame)) for frame in _frames(error))


def _frames(error: BaseException) -> Iterator[FrameType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _text(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST_READ]
    except Exception:  # noqa: BLE001 - an exception of anybody's
        return ""
