"""One look at the org: log in, ask, and set down what was seen with the time it was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import ApiFacts, ConnectionFacts, LoginFacts, MemoryFacts, SecondSight
from airflow_sf_health.evidence.gather import Answer, gather, with_parents
from airflow_sf_health.evidence.needs import (
    API,
    CONNECTION,
    LOCK,
    LOGIN,
    MEMORY,
    NEXT_TOKEN,
    NOW,
    OPTIONS,
    REQUIREMENTS,
    SECOND_SIGHT,
    Given,
    Need,
)
from airflow_sf_health.evidence.next_token import introspected, next_token
from airflow_sf_health.evidence.second_sight import Subject, look_by_second_user
from airflow_sf_health.options import OWN_DEFAULTS, Options
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.lock import Lock

T = TypeVar("T")

INCOMPLETE = "CONNECTION_INCOMPLETE"
"""Our own code, in the place of Salesforce's, for a connection that was never used."""
NO_LOGIN = Refusal(shape=Shape.NO_ANSWER, message="no login was made")
"""The answer to whatever takes a token, where a refresh token is not ours to spend."""


class Look:
    """Looks at the org as often as told, and counts the traffic of all looks together.

    :param needs: what to ask; given needs are answered here. Whether the next token can be had costs a request where the login
        just made does not tell, so that is found out only where it is among them.
    :param requirements: goes into the evidence as it is, and so do
    :param options: (filled) and
    :param lock: of the task.

    :meth:`stop` may be called from any thread.
    """

    def __init__(
        self,
        needs: Sequence[Need[Any]],
        requirements: Requirements,
        options: Options = OWN_DEFAULTS,
        lock: Lock | None = None,
    ) -> None:
        self.traffic = Traffic()
        self._needs = [need for need in dict.fromkeys(needs) if not isinstance(need, Given)]
        self._asks_next_token = NEXT_TOKEN in needs
        self._given: dict[Need[Any], Any] = {REQUIREMENTS: requirements, OPTIONS: options, LOCK: lock}
        self._session: OrgSession | None = None
        self._stopped = False

    def at(self, connection: OrgConnection, *, is_last: bool = True) -> Evidence:
        """Give the evidence of one look: a refused login is evidence too.

        :param is_last: no other login follows. A session that is refused right after a fresh one is refused by policy then;
            before, it may have been ended by somebody else at that very moment. Nor is one made beside a ready session then.
        """
        if connection.withheld is not None:
            return self._withheld(connection, connection.withheld)
        with self._conversation(connection) as session:
            try:
                login = session.open()
            except Refused as refused:
                return self.without_login(connection, refused.refusal)
            except OrgConnectionError as error:
                return self.without_login(connection, incomplete(error))
            answers = gather(session, self._needs, login.identity)
        if is_last and login.fresh:
            answers = {need: _after_fresh_login(answer) for need, answer in answers.items()}
        if self._asks_next_token:
            answers[NEXT_TOKEN] = next_token(connection, login, answers[API], self._attempt, may_log_in=not is_last)
        return self._evidence(connection, _facts(login), answers)

    def by_second_user(self, diagnostic: OrgConnection, subject: Subject) -> SecondSight:
        """What the user of another connection sees of the subject; its requests count here too."""
        with self._conversation(diagnostic) as session:
            return look_by_second_user(session, subject)

    def without_login(self, connection: OrgConnection, refusal: Refusal) -> Evidence:
        """The evidence when no token could be had: each question has the login's refusal for an answer."""
        login = LoginFacts(flow=connection.flow, at=pendulum.now("UTC"), refusal=refusal, host=connection.instance_host)
        return self._evidence(connection, login, self._unanswered(refusal))

    def stop(self) -> None:
        """End the look under way; what was not answered by then is evidence as such."""
        self._stopped = True
        if self._session is not None:
            self._session.abort()

    def _unanswered(self, refusal: Refusal) -> dict[Need[Any], Answer]:
        given: tuple[Need[Any], ...] = (API, NEXT_TOKEN) if self._asks_next_token else (API,)
        return dict.fromkeys((*with_parents(self._needs), *given), refusal)

    def _withheld(self, connection: OrgConnection, reason: str) -> Evidence:
        """The evidence where no login may be made: its refresh token is asked about, and nothing else."""
        answers = self._unanswered(NO_LOGIN)
        if self._asks_next_token:
            answers[NEXT_TOKEN] = introspected(connection, self._attempt)
        login = LoginFacts(flow=connection.flow, at=pendulum.now("UTC"), withheld=reason)
        return self._evidence(connection, login, answers)

    def _attempt(self, connection: OrgConnection, act: Callable[[OrgSession], T]) -> T | Refusal:
        """What comes of one act in a conversation of its own, or why nothing does."""
        with self._conversation(connection) as session:
            try:
                return act(session)
            except Refused as refused:
                return refused.refusal
            except OrgConnectionError as error:
                return incomplete(error)

    @contextmanager
    def _conversation(self, connection: OrgConnection) -> Iterator[OrgSession]:
        """A session that :meth:`stop` ends too."""
        with OrgSession(connection, self.traffic) as session:
            self._session = session
            if self._stopped:
                session.abort()
            yield session

    def _evidence(self, connection: OrgConnection, login: LoginFacts, answers: dict[Need[Any], Answer]) -> Evidence:
        given: dict[Need[Any], Any] = {
            **self._given,
            MEMORY: MemoryFacts(),
            NOW: pendulum.now("UTC"),
            CONNECTION: connection_facts(connection),
            LOGIN: login,
            SECOND_SIGHT: None,
        }
        return Evidence({**answers, **given})


def incomplete(error: OrgConnectionError) -> Refusal:
    """A connection that cannot be used, told in the same words as what Salesforce refuses."""
    return Refusal(shape=Shape.NO_ANSWER, code=INCOMPLETE, message=str(error), where=f"extra or field '{error.field}'")


def out_of_time(connection: OrgConnection) -> Refusal:
    """The refusal when the examination's own time limit passed and nothing more is known."""
    limit = f"examination time limit of {connection.time_limits.examination:g} s reached"
    return no_answer(limit, host=connection.first_host)


def connection_facts(connection: OrgConnection) -> ConnectionFacts:
    """The connection without its secrets."""
    return ConnectionFacts(
        conn_id=connection.conn_id,
        flow=connection.flow,
        login=connection.login,
        first_host=connection.first_host,
        version=connection.version,
        ignored=connection.ignored,
        expected_org_id=connection.expected_org_id,
        stock=connection.stock,
        stock_proxies=connection.stock_proxies,
    )


def _facts(login: Login) -> LoginFacts:
    identity = login.identity
    return LoginFacts(
        flow=login.flow,
        at=login.at,
        fresh=login.fresh,
        org_id=identity.org_id if identity else None,
        user_id=identity.user_id if identity else None,
        username=identity.username if identity else None,
        host=login.host,
        password_expired=login.password_expired,
        rotated=login.rotated,
    )


def _after_fresh_login(answer: Answer) -> Answer:
    if isinstance(answer, Refusal):
        return replace(answer, fresh_token=True)
    if isinstance(answer, ApiFacts) and answer.refusal is not None:
        return replace(answer, refusal=replace(answer.refusal, fresh_token=True))
    return answer
