"""The guarded ``requests`` session that each call to Salesforce goes through, ours and the user's own.

simple-salesforce logs in again without bound when an ``SFType`` method keeps answering 401, and never in the bulk handlers.
Here one rule holds for all of them: **one re-login between two good replies**; if Salesforce refuses the new session as
well, it is a policy and not an expiry, and the caller gets a ``SalesforceExpiredSession``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused, read_refusal
from airflow_sf_health.org.proxy_addresses import refuse_misread
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.transport import Traffic, Transport, count

MOST_RENEWALS = 3
"""Tokens that one call is tried with after its first: those that others made may be dead as well, until one is made for it."""
LOGIN_PATHS = ("/services/oauth2/token", "/services/Soap/u/", "/services/Soap/c/")


class Renewed(NamedTuple):
    """A token in the place of a dead one. ``is_own``: a login was made for it just now; else it is one that others made."""

    token: Secret
    is_own: bool = True


class GuardedSession(requests.Session):
    """A session with time limits, the connection's proxies, counters, and the re-login rule.

    :param connection: time limits and proxies are taken from here.
    :param traffic: where requests, API calls and logins are counted.
    :param taken: told each token before it is used, from whatever thread.

    ``renew`` is set once a login may be repeated: it gives a new token or raises :class:`Refused`; ``dropped`` is told when the
    current token is refused and there is no other. ``longest_call`` is the read
    limit of calls that are no login, in seconds. ``last_login_reply`` is the latest reply to a login request:
    simple-salesforce keeps only token and host of it, and we want the identity and the exact refusal.
    """

    def __init__(
        self, connection: OrgConnection, traffic: Traffic, taken: Callable[[str], object] | None = None
    ) -> None:
        super().__init__()
        self.traffic = traffic
        self._taken = taken
        self.renew: Callable[[], Renewed] | None = None
        self.dropped: Callable[[], object] = lambda: None
        self.last_login_reply: requests.Response | None = None
        self.limits = connection.time_limits
        self.longest_call = connection.time_limits.read
        self._proxies = proxies_of(connection)
        self._token = Secret("")
        self._tokens: set[Secret] = set()
        self._generation = 0
        self._renewed_without_good_reply = False
        self._renewal = threading.RLock()
        self.transport = Transport(traffic)
        self.mount("https://", self.transport)

    def use(self, token: Secret) -> None:
        """Speak with this token from now on; requests that still carry an older one of ours are rewritten."""
        if self._taken is not None:
            self._taken(token.reveal())
        with self._renewal:
            self._token = token
            self._tokens.add(token)
            self._generation += 1

    def forget_login(self) -> None:
        """Before a login: what an earlier one was told is no answer to this one."""
        self.last_login_reply = None

    def take_over(self, other: requests.Session) -> None:
        """Take over what a caller has set on a session of his own: headers, proxies, certificates, adapters … His proxies go
        before the connection's, as with the stock hook.
        """
        for name in requests.Session.__attrs__:
            if name != "adapters":
                setattr(self, name, getattr(other, name))
        self._proxies = dict(other.proxies) or self._proxies
        for prefix, adapter in other.adapters.items():
            if type(adapter) is not HTTPAdapter:  # the plain one that each session has; ours stays in its place
                self.mount(prefix, adapter)

    @property
    def authorization(self) -> dict[str, str]:
        """The header that carries the current token."""
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As ``requests``, but the connection's proxies go before the environment's (``requests`` has it the other way round
        for proxies of a session).
        """
        if self._proxies:
            kwargs["proxies"] = self._proxies
        return super().request(method, url, *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send, count, and renew a dead session once. A call without time limit gets the connection's.

        :raises requests.exceptions.InvalidProxyURL: the proxy's address would be taken for another one.
        :raises SalesforceAuthenticationFailed: the new login was refused, or nobody answered it.
        :raises SalesforceExpiredSession: Salesforce refuses the session and a new login did not help, or is not possible
            before the next good reply.
        """
        refuse_misread(request.url or "", kwargs.get("proxies"))
        login = urlsplit(request.url or "").path.startswith(LOGIN_PATHS)
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self.limits.connect, self.limits.read if login else self.longest_call)
        if login:
            self.last_login_reply = response = self._send_counted(request, login=True, **kwargs)
            return response
        generation = self._put_token(request)
        response = self._send_counted(request, **kwargs)
        if not refuses_session(response) or self.renew is None or not self._token or not _can_be_replayed(request):
            self._note_answer(generation, response)
            return response
        for _ in range(MOST_RENEWALS):
            self._renew_unless_done(generation, response)
            generation = self._put_token(request)
            response = self._send_counted(request, **kwargs)
            if not refuses_session(response):
                self._note_answer(generation, response)
                return response
        raise expired(response)

    def _send_counted(self, request: requests.PreparedRequest, login: bool = False, **kwargs: Any) -> requests.Response:
        path = urlsplit(request.url or "").path
        if login:
            with self.traffic.lock:
                self.traffic.logins += 1
        try:
            response = super().send(request, **kwargs)
        except BaseException:
            count(self.traffic, path, {}, 0)
            raise
        count(self.traffic, path, response.headers, 0 if kwargs.get("stream") else len(response.content))
        return response

    def _put_token(self, request: requests.PreparedRequest) -> int:
        """Write the current token over any of ours, and tell which one that was. Foreign headers stay as they are: our token
        is nothing for the host that they are meant for.
        """
        with self._renewal:
            token, generation, ours = self._token, self._generation, set(self._tokens)
        for name, scheme in (("Authorization", "Bearer "), ("X-SFDC-Session", "")):
            given = request.headers.get(name, "")
            if given.startswith(scheme) and Secret(given.removeprefix(scheme)) in ours:
                request.headers[name] = f"{scheme}{token.reveal()}"
        return generation

    def _note_answer(self, generation: int, response: requests.Response) -> None:
        """An answer to the current token shows that the session lives, so a later refusal may be renewed again."""
        with self._renewal:
            if response.status_code < 500 and generation == self._generation and not refuses_session(response):
                self._renewed_without_good_reply = False

    def _renew_unless_done(self, generation: int, response: requests.Response) -> None:
        with self._renewal:
            if self._generation != generation:
                return
            if self.renew is None or self._renewed_without_good_reply:
                self.dropped()
                raise expired(response)
            self._renewed_without_good_reply = True
            try:
                renewed = self.renew()
            except Refused as refused:
                # A login that nobody answered may be tried again by the next call; one that was refused would only count
                # towards locking the user out.
                self._renewed_without_good_reply = refused.refusal.answered
                raise SalesforceAuthenticationFailed(refused.refusal.code, in_words(refused.refusal)) from None
            self._renewed_without_good_reply = renewed.is_own
            self.use(renewed.token)


def refuses_session(response: requests.Response) -> bool:
    """Whether the reply says that the session is dead: REST 401, or Bulk API 1.0's HTTP 400 in XML or JSON."""
    is_bulk = urlsplit(response.url).path.startswith("/services/async/")
    code = {401: "INVALID_SESSION_ID", 400: "InvalidSessionId" if is_bulk else None}.get(response.status_code)
    return code is not None and read_refusal(response.status_code, {}, response.content).code == code


def expired(response: requests.Response) -> SalesforceExpiredSession:
    """The error that simple-salesforce's users already catch, for REST and bulk alike."""
    path = urlsplit(response.url).path
    try:
        content = response.json()  # parsed where it can be, as simple-salesforce has it
    except ValueError:
        content = response.content
    return SalesforceExpiredSession(response.url, 401, path, content)


def proxies_of(connection: OrgConnection) -> dict[str, str]:
    """The connection's proxies as ``requests`` takes them. One for ``all`` is spelled out, or the environment's would win."""
    proxies = {scheme: url.reveal() for scheme, url in connection.proxies}
    return {"https": proxies["all"], **proxies} if "all" in proxies else proxies


def _can_be_replayed(request: requests.PreparedRequest) -> bool:
    """A stream that has been read cannot be sent twice."""
    return request.body is None or isinstance(request.body, str | bytes)


def in_words(refusal: Refusal) -> str:
    """A refused login in one line."""
    return refusal.said + remembered(refusal)


def remembered(refusal: Refusal) -> str:
    """What is added to the words of a refused login: of a remembered one when that was, and when it is really tried again."""
    first = f", first at {_time(refusal.at)}" if refusal.repeated else ""
    after = f"; next real login attempt not before {_time(refusal.not_before)}" if refusal.not_before else ""
    return first + after


def _time(at: str) -> str:
    """The time of an instant in ISO 8601 UTC; the day is today's."""
    return f"{at[11:19]} UTC"
