"""One look at the org: log in, ask, and set down what was seen with the time it was seen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.baselines import key_of
from airflow_sf_health.evidence.calls import is_late, with_parents
from airflow_sf_health.evidence.conversations import Conversations
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import LoginFacts, MemoryFacts, SecondSight
from airflow_sf_health.evidence.first_answers import FirstAnswers, first_answers
from airflow_sf_health.evidence.gather_late import LateQuestions
from airflow_sf_health.evidence.limits import barred
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
    Describe,
    Given,
    Need,
)
from airflow_sf_health.evidence.next_token import introspected, next_token
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.evidence.recalling import known_unless_changed, recall, whose
from airflow_sf_health.evidence.rights import RIGHTS, rights_digest
from airflow_sf_health.evidence.second_sight import Subject, look_by_second_user
from airflow_sf_health.evidence.told import (
    NO_LOGIN,
    NOT_YET,
    after_fresh_login,
    connection_facts,
    incomplete,
)
from airflow_sf_health.options import OWN_DEFAULTS, Options
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.lock import Lock

if TYPE_CHECKING:
    from airflow_sf_health.evidence.memory import Memory
    from airflow_sf_health.org.sharing import Sharing

RESERVE = 2.0
"""Seconds before the end of the examination by which the last describe must be there; a tenth of a short one."""


class Look:
    """Looks at the org as often as told, and counts the traffic of all looks together.

    :param needs: what to ask; given needs are answered here. Whether the next token can be had costs a request where the login
        just made does not tell, so that is found out only where it is among them.
    :param requirements: goes into the evidence as it is, and so do
    :param options: (filled) and
    :param lock: of the task.
    :param memory: what remembers schemas and users.
    :param until: by ``time.monotonic()``, when all must be over; None takes the connection's time limit, from each look on.
    :param sharing: how far logins are shared with other tasks. A shared token that Salesforce calls dead is dropped for all of them,
        and replaced.
    :param proven: whether a shared token counts only as long as its login proves something, or for as long as it is used.

    :meth:`stop` may be called from any thread.
    """

    def __init__(
        self,
        needs: Sequence[Need[Any]],
        requirements: Requirements,
        options: Options = OWN_DEFAULTS,
        lock: Lock | None = None,
        *,
        memory: Memory | None = None,
        until: float | None = None,
        sharing: Sharing | None = None,
        proven: bool = True,
    ) -> None:
        self._conversations = Conversations(sharing)
        self._proven = proven
        self.traffic = self._conversations.traffic
        rights = RIGHTS if memory is not None and any(isinstance(need, Describe) for need in needs) else ()
        self._needs = [need for need in dict.fromkeys((*needs, *rights)) if not isinstance(need, Given)]
        self._late = [need for need in with_parents(self._needs) if is_late(need)]
        self._asks_next_token = NEXT_TOKEN in needs
        self._requirements, self._options, self._lock = requirements, options, lock
        self._memory, self._until = memory, until

    def at(self, connection: OrgConnection, *, is_last: bool = True) -> Evidence:
        """Give the evidence of one look: a refused login is evidence too.

        :param is_last: no other login follows. A session that is refused right after a fresh one is refused by policy then;
            before, it may have been ended by somebody else at that very moment. Nor is one made beside a ready session then.
        """
        *_, evidence = self.each(connection, is_last=is_last)
        return evidence

    def each(self, connection: OrgConnection, *, is_last: bool = True) -> Iterator[Evidence]:
        """The same as soon as there is any: first what the verdict rests on, then with what is asked late, if anything is."""
        if connection.withheld is not None:
            yield self._withheld(connection, connection.withheld)
            return
        until = time.monotonic() + connection.time_limits.examination if self._until is None else self._until
        with self._conversations.open(connection) as session:
            try:
                first = first_answers(session, self._needs, proven=self._proven)
            except Refused as refused:
                yield self.without_login(connection, refused.refusal)
                return
            except OrgConnectionError as error:
                yield self.without_login(connection, incomplete(error))
                return
            yield from self._answered(session, first, until, is_last=is_last)

    def _answered(self, session: OrgSession, first: FirstAnswers, until: float, *, is_last: bool) -> Iterator[Evidence]:
        connection, login, facts = session.connection, first.login, first.facts

        def told(answers: dict[Need[Any], Answer]) -> dict[Need[Any], Answer]:
            is_new = (is_last or facts.replaced) and login.fresh and not login.shared
            return {need: after_fresh_login(each) for need, each in answers.items()} if is_new else answers

        answers = told(first.answers)
        if self._asks_next_token:
            answers[NEXT_TOKEN] = next_token(
                connection, login, answers[API], self._conversations.attempt, may_log_in=not is_last
            )
        answers[MEMORY] = memory = self._recalled(login, until)
        refusal = answers[API].refusal
        yield self._evidence(connection, facts, {**answers, **dict.fromkeys(self._late, refusal or NOT_YET)})
        if self._late and refusal is None:
            reserve = min(RESERVE, connection.time_limits.examination / 10)
            questions = LateQuestions(session=session, identity=login.identity, until=until - reserve)
            in_vain = barred(self._late, answers)
            asked = [need for need in self._late if need not in in_vain]
            late = questions.answers(asked, self._known(answers, memory))
            yield self._evidence(connection, facts, {**answers, **told(late), **in_vain})

    def _recalled(self, login: Login, until: float) -> MemoryFacts:
        asked = [need.sobject for need in self._late if isinstance(need, Describe)]
        names = dict.fromkeys((*(use.name for use in self._requirements.objects or ()), *asked))
        uses = {name: key_of(name, self._requirements, self._options, self._lock) for name in names}
        return recall(self._memory, whose(login.identity), uses, seconds=(until - time.monotonic()) / 4)

    def _known(self, answers: dict[Need[Any], Answer], memory: MemoryFacts) -> dict[Describe, Any]:
        """The describes that are remembered well enough; none beside a lock file, which is compared with as a whole."""
        describes = [need for need in self._late if isinstance(need, Describe)] if self._lock is None else []
        return known_unless_changed(
            describes,
            memory.snapshots,
            rights_digest(answers),
            requirements=self._requirements,
            options=self._options,
        )

    def by_second_user(self, diagnostic: OrgConnection, subject: Subject) -> SecondSight:
        """What the user of another connection sees of the subject; its requests count here too."""
        with self._conversations.open(diagnostic) as session:
            return look_by_second_user(session, subject)

    def without_login(self, connection: OrgConnection, refusal: Refusal) -> Evidence:
        """The evidence when no token could be had: each question has the login's refusal for an answer."""
        login = LoginFacts(flow=connection.flow, at=pendulum.now("UTC"), refusal=refusal, host=connection.instance_host)
        return self._evidence(connection, login, self._unanswered(refusal))

    def stop(self) -> None:
        """End the look under way; what was not answered by then is evidence as such."""
        self._conversations.stop()

    def _unanswered(self, refusal: Refusal) -> dict[Need[Any], Answer]:
        given: tuple[Need[Any], ...] = (API, NEXT_TOKEN) if self._asks_next_token else (API,)
        return dict.fromkeys((*with_parents(self._needs), *given), refusal)

    def _withheld(self, connection: OrgConnection, reason: str) -> Evidence:
        """The evidence where no login may be made: its refresh token is asked about, and nothing else."""
        answers = self._unanswered(NO_LOGIN)
        if self._asks_next_token:
            answers[NEXT_TOKEN] = introspected(connection, self._conversations.attempt)
        login = LoginFacts(flow=connection.flow, at=pendulum.now("UTC"), withheld=reason)
        return self._evidence(connection, login, answers)

    def _evidence(self, connection: OrgConnection, login: LoginFacts, answers: dict[Need[Any], Answer]) -> Evidence:
        given: dict[Need[Any], Any] = {
            REQUIREMENTS: self._requirements,
            OPTIONS: self._options,
            LOCK: self._lock,
            NOW: pendulum.now("UTC"),
            CONNECTION: connection_facts(connection),
            LOGIN: login,
            SECOND_SIGHT: None,
        }
        return Evidence({MEMORY: MemoryFacts(), **answers, **given})
