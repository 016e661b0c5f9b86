"""Sending what must not be sent twice: only while that is surely allowed, and with an end that nobody cuts off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.refresh_token import TOKEN_PATH
from airflow_sf_health.org.spendings import wait_for_spendings

if TYPE_CHECKING:
    import requests

    from airflow_sf_health.org.connection import OrgConnection

T = TypeVar("T")


class NotSent(Exception):
    """The gate was shut; the token has not left."""


class SpendingSession(GuardedSession):
    """A session beside another one, with its settings, that is not aborted with it: a reply that is cut is a token that is lost.

    :param gate: asked when all but the token of a token request is on its way: it raises :class:`NotSent` to keep it.

    ``sent`` is whether a token has left, ``held_back`` whether the gate kept one.
    """

    def __init__(self, connection: OrgConnection, like: GuardedSession, gate: Callable[[], None]) -> None:
        super().__init__(connection, like.traffic)
        own = self.transport
        self.take_over(like)
        for prefix, adapter in like.adapters.items():
            if adapter is like.transport:
                self.mount(prefix, own)
        self._gate = gate
        self.sent = self.held_back = False

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if urlsplit(request.url or "").path == TOKEN_PATH and isinstance(request.body, str | bytes):
            whole = request.body.encode() if isinstance(request.body, str) else request.body
            request.body = _Held(whole, self._pass)  # type: ignore[assignment]
        return super().send(request, **kwargs)

    def _pass(self) -> None:
        try:
            self._gate()
        except NotSent:
            self.held_back = True
            raise
        self.sent = True


class _Held:
    """A body that is handed out when the HTTP library comes for it: the connection is made then, and the head of the request sent."""

    def __init__(self, whole: bytes, gate: Callable[[], None]) -> None:
        self._left = whole
        self._gate = gate

    def read(self, size: int = -1) -> bytes:
        if self._left:
            self._gate()
        out, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        return out

    def __iter__(self) -> Iterator[bytes]:
        yield self.read()


class Apart(Generic[T]):
    """An act in a thread of its own, which goes on to its end whatever becomes of who waits for it.

    ``given_up`` is set once nobody waits any more: what has not begun by then is better left.
    """

    def __init__(self, act: Callable[[threading.Event], T]) -> None:
        self.given_up = threading.Event()
        self._act = act
        self._done = threading.Event()
        self._error: BaseException | None = None

    def run(self, ended: threading.Event) -> T | None:
        """Do it and give its value, or raise its error; None where ``ended`` is set before."""
        # No daemon: the end of the process waits for it.
        threading.Thread(target=self._run, name="sf-health-spending").start()
        try:
            while not self._done.wait(0.05) and not ended.is_set():
                pass
        except BaseException:  # a task that is told to end
            self.given_up.set()
            wait_for_spendings()
            raise
        if not self._done.is_set():
            self.given_up.set()
            return None
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._act(self.given_up)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread of who waits
            self._error = error
        finally:
            self._done.set()
