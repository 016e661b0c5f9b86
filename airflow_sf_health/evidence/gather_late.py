"""Ask what must not cost the verdict: describes, of which one may take half a minute, and the queries beside them.

All that comes first goes into common calls. A call that keeps silent loses nothing but time: its queries are asked again without
the describes, its describes each alone, and whichever is slow even so comes last, with all the time that is left then.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.calls import Part, calls_apart, late_calls
from airflow_sf_health.evidence.facts import Described
from airflow_sf_health.evidence.gather import NOTHING_KNOWN, WHOSE, ask, is_known
from airflow_sf_health.evidence.limits import WHERE, ask_limits
from airflow_sf_health.evidence.needs import Describe, Limits, Need, Query
from airflow_sf_health.evidence.parts import Answer, Known, title
from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer
from airflow_sf_health.org.failures import READ_LIMIT

if TYPE_CHECKING:
    from airflow_sf_health.org.login import Identity
    from airflow_sf_health.org.session import OrgSession

SHARE_TOGETHER = 1 / 5
"""Of the time that is left, what a call with several describes may take: a quick one takes a fraction of a second."""
SHARE_ALONE = 1 / 8
"""The same for one describe that is asked again alone, since the slow one may be among the first of five."""
TOO_LITTLE = 0.1
"""Seconds for which no call is begun."""
NO_TIME = no_answer("no time was left to ask")
CONTRADICTIONS = ("INVALID_FIELD", "INVALID_TYPE")
"""What a query is refused by whose object or field is not there, for this user."""

Pack = Callable[[Sequence[Part]], Iterator[list[Part]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateQuestions:
    """Asks late questions in the time there is.

    :param until: by ``time.monotonic()``, when the last answer must be there.
    """

    session: OrgSession
    identity: Identity | None
    until: float

    def answers(self, needs: Sequence[Part | Limits], known: Known = NOTHING_KNOWN) -> dict[Need[Any], Answer]:
        """An answer or a refusal for each; what Salesforce calls unchanged though a query says otherwise is described anew.

        :param known: what need not be described again if it has not changed.
        """
        limits: dict[Need[Any], Answer] = {need: self._limits() for need in needs if isinstance(need, Limits)}
        parts = [need for need in needs if not isinstance(need, Limits)]
        unknown = [need for need in parts if not is_known(need, self.identity)]
        answers = self._in_rounds([need for need in parts if need not in unknown], known)
        if anew := contradicted(answers):
            answers |= self._in_rounds(anew, NOTHING_KNOWN)
        return {**answers, **dict.fromkeys(unknown, WHOSE), **limits}

    def _limits(self) -> Answer:
        """Asked first, and given up soon: a describe may need the time."""
        seconds = min(self.session.connection.time_limits.read, self._left() * SHARE_TOGETHER)
        return ask_limits(self.session, read=seconds) if seconds >= TOO_LITTLE else replace(NO_TIME, where=WHERE)

    def _in_rounds(self, needs: Sequence[Part], known: Known) -> dict[Need[Any], Answer]:
        answers: dict[Need[Any], Answer] = {}
        waiting: Sequence[Part] = needs
        rounds: tuple[tuple[Pack, float], ...] = (
            (late_calls, SHARE_TOGETHER),
            (calls_apart, SHARE_ALONE),
            (calls_apart, 1),
        )
        for pack, share in rounds:
            calls = list(pack(waiting))
            for number, call in enumerate(calls):
                seconds = self._left() * (share if share < 1 else 1 / (len(calls) - number))
                answers |= self._asked(call, known, seconds)
            waiting = [need for need in waiting if _kept_silent(answers[need])]
        return answers

    def _left(self) -> float:
        return self.until - time.monotonic()

    def _asked(self, call: Sequence[Part], known: Known, seconds: float) -> Mapping[Need[Any], Answer]:
        if seconds < TOO_LITTLE:
            return {need: replace(NO_TIME, where=title(need)) for need in call}
        if not any(isinstance(need, Describe) for need in call):
            seconds = min(self.session.connection.time_limits.read, self._left())
        try:
            return ask(self.session, call, self.identity, known, seconds)
        except Refused as refused:
            return {need: replace(refused.refusal, where=title(need)) for need in call}


def _kept_silent(answer: Answer) -> bool:
    return isinstance(answer, Refusal) and answer.shape is Shape.NO_ANSWER and answer.message == READ_LIMIT


def contradicted(answers: Mapping[Need[Any], Answer]) -> list[Describe]:
    """The describes that are said to be unchanged, while a query on the object is refused for a name that is not there."""
    refused = {
        name.casefold()
        for need, answer in answers.items()
        if isinstance(need, Query) and isinstance(answer, Refusal) and answer.code in CONTRADICTIONS
        for name in re.findall(r"\bfrom\s+(\w+)", need.soql, re.IGNORECASE)
    }
    return [
        need
        for need, answer in answers.items()
        if isinstance(need, Describe) and isinstance(answer, Described) and answer.unchanged
        if need.sobject.casefold() in refused
    ]
