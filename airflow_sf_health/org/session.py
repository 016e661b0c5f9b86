"""A conversation with one org: open it, ask it, hand its client to the user.

It wraps a ``simple_salesforce.Salesforce`` on a guarded session for the user's own calls, and asks the examination's questions
(which ``exchange`` sends) in the examination's own API version.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

import pendulum
from simple_salesforce.api import Salesforce

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.exchange import STUMBLES, STUMBLES_OF_SLOW, Exchange, Reply
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.guarded_session import GuardedSession, Renewed
from airflow_sf_health.org.login import Identity, Login
from airflow_sf_health.org.refresh_token import Introspection, introspect
from airflow_sf_health.org.rotating_login import Unless, always
from airflow_sf_health.org.rotation import introspected, log_in_keeping
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.shared_logins import SharedLogins, Wanted
from airflow_sf_health.org.transport import Traffic

if TYPE_CHECKING:
    import requests

    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.org.vault import Vault

EXAMINATION_VERSION = "64.0"
"""The API version that the examination speaks, whatever the connection pins: recent, live everywhere, and the last that
has SOAP login()."""
LONGEST_CALL = 630.0
"""Seconds that a call of the user's own may keep silent: Salesforce itself ends one after ten minutes. The connection's read
limit is the examination's, which asks for little; a describe or a query may well take longer than that."""
ROTATED = (
    "Connection '%s': Refresh Token Rotation is on in its app, so this login has spent its refresh token, and the new one cannot be "
    "kept. The next login will be refused. Authorise the app anew, put the new token into the extra refresh_token, and set the "
    "extra refresh_token_rotation to true."
)


class OrgSession:
    """An authenticated conversation with one org.

    :param connection: where and how to log in.
    :param traffic: counters to go on with, when a conversation replaces another in one examination.
    :param like: a caller's own ``requests`` session, whose settings (headers, proxies, certificates …) are taken over.
    :param sharing: what its logins are shared by with other tasks and processes; None shares nothing.
    :param taken: told each token before it is used, from whatever thread.

    Opened by :meth:`open`; until then nothing is sent. Close it (or use ``with``) to give the sockets back. :meth:`abort` may
    be called from any thread.
    """

    def __init__(
        self,
        connection: OrgConnection,
        traffic: Traffic | None = None,
        *,
        like: requests.Session | None = None,
        sharing: Sharing | None = None,
        taken: Callable[[str], object] | None = None,
    ) -> None:
        self.connection = connection
        self.sharing = sharing
        self.traffic = traffic or Traffic()
        self.login: Login | None = None
        self._current: Login | None = None
        self._refused: Secret | None = None
        self._http = GuardedSession(connection, self.traffic, taken)
        if like is not None:
            self._http.take_over(like)
        self._exchange = Exchange(self._http, connection.time_limits.examination)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def open(self, *, identify: bool = True, proven: bool = False) -> Login:
        """Log in, or use another task's login, or take over the ready session and, to ``identify`` it, ask whose it is (one more
        request, not metered). May be called again, after :meth:`drop_token`.

        :param proven: of others' logins only one counts that is young enough to prove something.
        :raises Refused: no token could be had, or nobody answers for the ready session. A dead one shows when it is used.
        :raises OrgConnectionError: the private key cannot be read, or the refresh token is not ours to spend.
        """
        self._refuse_to_spend()
        if self.connection.flow is LoginFlow.SESSION:
            self.login = self._adopt(identify)
        else:
            wanted = Wanted(proven=proven, instead_of=self._refused, since=pendulum.now("UTC"))
            self.login = self._log_in(self.connection, wanted)
        self._current = self.login
        self._http.use(self.login.token)
        return self.login

    def drop_token(self) -> None:
        """Salesforce refuses the token of this conversation: let nobody else take it, nor this one again. Never raises."""
        if self._current is None:
            return
        self._refused = self._current.token
        if self._shared is not None:
            self._shared.drop(self._refused)

    def ask(
        self, path: str, *, json: Any = None, where: str, read: float | None = None, is_slow: bool = False
    ) -> Reply:
        """Send one REST request that only reads (GET, or POST with ``json``) and give its JSON answer.

        :param path: below ``/services/data/vNN.N/``, or from the root with a leading ``/``.
        :param where: how messages name this request.
        :param read: read limit of this request in seconds, for one that may take long; None takes the connection's.
        :param is_slow: it may take so long that the edge gives it up; that is no reason to ask again then.
        :raises Refused: anything but a readable 2xx.
        """
        assert self.login is not None, "open() comes first"
        timeout = None if read is None else (self.connection.time_limits.connect, read)
        url = urljoin(f"https://{self.login.host}/services/data/v{EXAMINATION_VERSION}/", path)
        return self._exchange.repeated_once(
            lambda: self._exchange.send(
                "GET" if json is None else "POST", url, self._http.authorization, json=json, timeout=timeout
            ),
            where,
            stumbles=STUMBLES_OF_SLOW if is_slow else STUMBLES,
        )

    def introspect(self) -> Introspection:
        """Ask whether the connection's refresh token is alive, or the one that it has changed to. That spends nothing, is no login, and is
        not metered.

        :raises Refused: anything but a readable answer.
        """
        return introspected(self.connection, self._vault, lambda connection: introspect(connection, self._exchange))

    def client(self) -> Salesforce:
        """Give the user's own client, in the API version that the connection pins. A dead session is renewed once between
        two good replies, for each of its ways to call (REST, SObject types, bulk, bulk2) and from any thread.
        """
        assert self.login is not None, "open() comes first"
        renewal = self._renewal
        if renewal is not None and not self._is_spent(self.login):
            self._http.renew = lambda: self._renewed(renewal)
            self._http.dropped = self.drop_token
        self._http.longest_call = max(LONGEST_CALL, self.connection.time_limits.read)
        return Salesforce(
            session_id=self.login.token.reveal(),
            instance=self.login.host,
            version=self.connection.version,
            session=self._http,
            domain=self.connection.domain,
        )

    def abort(self) -> None:
        """End the conversation at once: requests under way fail, later ones are not made."""
        self._exchange.end()
        self._http.transport.abort()

    @property
    def _renewal(self) -> OrgConnection | None:
        """What logs in: the connection, or what comes after its ready session."""
        return self.connection if self.connection.flow is not LoginFlow.SESSION else self.connection.renewal

    @cached_property
    def _shared(self) -> SharedLogins | None:
        if self._renewal is None:
            return None
        where = self._renewal.flow.request_label
        return SharedLogins.of(self._renewal, self.sharing, lambda seconds: self._exchange.wait(seconds, where))

    def _log_in(self, connection: OrgConnection, wanted: Wanted) -> Login:
        shared, began = self._shared, replace(wanted, began=pendulum.now("UTC"))
        if shared is None:
            return self._log_in_anew(connection)
        return shared.login(
            lambda: self._log_in_anew(connection, lambda make: shared.known_or_made(make, began)), began
        )

    def _log_in_anew(self, connection: OrgConnection, unless_known: Unless = always) -> Login:
        """A login by a refresh token is not made again, whatever came in between: if the token rotates, a lost reply or another's
        request under way has spent it, and using it once more revokes all that came from it.
        """
        is_safe = connection.flow is not LoginFlow.REFRESH_TOKEN
        make = self._exchange.repeated_once if is_safe else self._exchange.once
        return make(
            lambda: log_in_keeping(connection, self._http, self._vault, self._exchange.ended, unless_known),
            connection.flow.request_label,
        )

    @property
    def _vault(self) -> Vault | None:
        return self.sharing.vault if self.sharing is not None else None

    def _renewed(self, renewal: OrgConnection) -> Renewed:
        assert self._current is not None, "open() comes first"
        try:
            login = self._log_in(renewal, Wanted(instead_of=self._current.token, since=self._current.at))
        except Refused as refused:
            if renewal.flow is LoginFlow.REFRESH_TOKEN and not renewal.rotates and not refused.refusal.answered:
                self._http.renew = None  # the lost reply may have held a new refresh token
            raise
        self._current = login
        if self._is_spent(login):
            self._http.renew = None
        return Renewed(login.token, is_own=not login.shared)

    def _is_spent(self, login: Login) -> bool:
        """Whether there is no login after this one; then the log says so, for whom no examination tells."""
        if login.rotated:
            logging.getLogger(__name__).error(ROTATED, self.connection.conn_id)
        return login.rotated

    def _refuse_to_spend(self) -> None:
        connection = self.connection
        if connection.withheld is not None:
            raise OrgConnectionError(
                connection.why_no_login,
                conn_id=connection.conn_id,
                field="refresh_token",
                flow=connection.flow,
            )

    def _adopt(self, identify: bool) -> Login:
        assert self.connection.session_id is not None
        token, host = self.connection.session_id, self.connection.instance_host or ""
        self._http.use(token)
        return Login(
            token=token,
            host=host,
            identity=self._whose(f"https://{host}/services/oauth2/userinfo") if identify else None,
            flow=LoginFlow.SESSION,
            at=pendulum.now("UTC"),
            fresh=False,
        )

    def _whose(self, url: str) -> Identity | None:
        """Whose the ready session is; None where it may not be asked. That does not make the session dead: a token without
        the scope ``id`` or ``openid`` is refused here in the same words as a dead one, and works for the API.
        """
        try:
            said = self._exchange.repeated_once(
                lambda: self._exchange.send("GET", url, self._http.authorization), "identity of the ready session"
            ).value
        except Refused as refused:
            if refused.refusal.status not in range(400, 500):
                raise
            return None
        if isinstance(said, dict) and said.get("organization_id") and said.get("user_id"):
            return Identity(said["organization_id"], said["user_id"], said.get("preferred_username"))
        return None
