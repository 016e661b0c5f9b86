"""Whose failure it is: whether an exception that a task met came from Salesforce, by which connection, and from which host.

A wrong claim would fail a task that only another service refused, so it takes more than words that Salesforce uses too: the
exception is of a Salesforce library, or went through one, or was met on the way to a host of Salesforce's, or names Salesforce
itself, or has a code that only Salesforce sends.
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
    r"(simple_salesforce|salesforce_bulk|salesforce_api|aiosalesforce|airflow\.providers\.salesforce|airflow_sf_health)(\.|$)"
)
_HOOKS = re.compile(r"(airflow\.providers\.salesforce|airflow_sf_health)\.hooks\.")
_HOST = re.compile(r"\.(salesforce\.com|force\.com|salesforce\.mil|sfcrmproducts\.cn)$")
_NAMED = re.compile(r"(?<![\w./])(salesforce|sfdc)(?![\w./]\w)|\.(sales)?force\.com\b", re.IGNORECASE)
"""Salesforce itself or a host of it, as against a table, file or task that is called after it (``salesforce_raw.account``)."""
_CODE = re.compile(r"[A-Z]{2,}(_[A-Z]{2,})+")
"""A code of Salesforce's APIs, as against one of OAuth, which others send too."""
LONGEST_READ = 20_000
"""Characters of an exception's text that are looked at."""
_OWN_NAMES = ("salesforce_conn_id", "sf_conn_id")


def is_salesforces(chain: Sequence[BaseException], diagnosis: Diagnosis) -> bool:
    """Whether the failure is Salesforce's; of one without a known cause, only an error of a Salesforce library's own is."""
    if diagnosis.cause == UNKNOWN:
        return any(_of_a_library(each) for each in chain)
    if any(_of_a_library(each) or _went_through_a_library(each) or host_of([each]) for each in chain):
        return True
    if any(_NAMED.search(_text(each)) for each in chain):
        return True
    return diagnosis.certain and _CODE.search(diagnosis.matched) is not None


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
    return any(_LIBRARIES.match(kind.__module__) for kind in type(error).__mro__)


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
