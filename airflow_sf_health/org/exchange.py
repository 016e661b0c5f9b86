"""One request and its answer: read, repeated once where that is safe, and ended at once when told so."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pendulum
from urllib3.exceptions import HTTPError

from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer, read_refusal
from airflow_sf_health.org.failures import MAY_BE_REPEATED, refusal_of_failure
from airflow_sf_health.org.guarded_session import GuardedSession

T = TypeVar("T")

PAUSE_BEFORE_REPETITION = (0.1, 0.4)
"""Seconds, at random between these, before the one repetition of a request that is safe to repeat."""
STUMBLES = (500, 502, 504)
"""Statuses without a reason of Salesforce's that often pass; a maintenance page (503) does not pass in half a second."""
STUMBLES_OF_SLOW = (500, 502)
"""The same for a request that may be slow: a 504 says that the edge waited long enough, and Salesforce is still at work."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: the JSON value and the lower-cased headers."""

    value: Any
    headers: Mapping[str, str]


class Exchange:
    """Sends the examination's own requests through a guarded session.

    :param time_limit: seconds of the whole examination, which the refusals after :meth:`end` name.

    ``ended`` is set by :meth:`end`.
    """

    def __init__(self, http: GuardedSession, time_limit: float) -> None:
        self._http = http
        self._time_limit = time_limit
        self.ended = threading.Event()

    def wait(self, seconds: float, where: str) -> None:
        """Wait for so long.

        :raises Refused: it is ended meanwhile; ``where`` names what was waited for.
        """
        if self.ended.wait(seconds):
            raise self._named(Refused(no_answer("")), where)

    def end(self) -> None:
        """Repeat nothing any more, and say that time is out. May be called from any thread."""
        self.ended.set()

    def send(self, method: str, url: str, authorization: Mapping[str, str], **content: Any) -> Reply:
        """Send one request and give its JSON answer.

        :raises Refused: anything but a readable 2xx.
        """
        host = url.split("/")[2]
        headers = {**authorization, "Accept": "application/json"}
        try:
            response = self._http.request(method, url, headers=headers, allow_redirects=False, **content)
        except (OSError, HTTPError) as failure:  # requests lets some of urllib3's own errors through
            raise Refused(refusal_of_failure(failure, host=host)) from None
        if response.ok:
            try:
                return Reply(response.json(), {name.lower(): value for name, value in response.headers.items()})
            except ValueError:
                pass
        raise Refused(read_refusal(response.status_code, response.headers, response.content, host=host))

    def once(self, act: Callable[[], T], where: str) -> T:
        """Do what must not be done twice; ``where`` names it in the refusal."""
        try:
            return act()
        except Refused as refused:
            raise self._named(refused, where) from None

    def repeated_once(self, act: Callable[[], T], where: str, *, stumbles: Collection[int] = STUMBLES) -> T:
        """Do what is safe to repeat, and once more when the network or, with one of these statuses, the edge stumbled."""
        try:
            return act()
        except Refused as first:
            if self.ended.is_set() or not _may_be_repeated(first.refusal, stumbles):
                raise self._named(first, where) from None
        self.ended.wait(random.uniform(*PAUSE_BEFORE_REPETITION))  # noqa: S311 - jitter is no secret
        return self.once(act, where)

    def _named(self, refused: Refused, where: str) -> Refused:
        refusal = refused.refusal
        if self.ended.is_set():
            refusal = no_answer(f"examination time limit of {self._time_limit:g} s reached", host=refusal.host)
        return Refused(refusal.seen(where=where, at=pendulum.now("UTC").to_iso8601_string()))


def _may_be_repeated(refusal: Refusal, stumbles: Collection[int]) -> bool:
    """A reset connection and a bare status of these often pass."""
    if refusal.shape is Shape.NO_ANSWER:
        return refusal.message.startswith(MAY_BE_REPEATED)
    return not refusal.answered and refusal.status in stumbles
