"""Ask what must not cost the verdict: describes, of which one may take half a minute, and the queries beside them.

:mod:`~airflow_sf_health.evidence.late_plan` says which call comes next; here it is made. Whatever did not come in the end is a
refusal of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.calls import Part
from airflow_sf_health.evidence.facts import Described
from airflow_sf_health.evidence.gather import NOTHING_KNOWN, WHOSE, ask, is_known
from airflow_sf_health.evidence.late_plan import NO_TIME, TOO_LITTLE, Call, LatePlan
from airflow_sf_health.evidence.limits import WHERE, ask_limits
from airflow_sf_health.evidence.needs import Describe, Limits, Need, Query
from airflow_sf_health.evidence.parts import Answer, Known, title
from airflow_sf_health.evidence.side_by_side import SideBySide
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.schema.soql import plain_fields

if TYPE_CHECKING:
    from airflow_sf_health.org.login import Identity
    from airflow_sf_health.org.session import OrgSession

SHARE_OF_LIMITS = 1 / 5
"""Of the time that is left, what the org's limits may take."""
STEP = 0.05
"""Seconds after which it is looked anew whether another call should be made beside those under way."""
CONTRADICTIONS = ("INVALID_FIELD", "INVALID_TYPE")
"""What a query is refused by whose object or field is not there, for this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateQuestions:
    """Asks late questions in the time there is; the conversation is over when a call is still silent then.

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
        asked = [need for need in parts if need not in unknown]
        return {**self._asked(asked, complete(known, asked)), **dict.fromkeys(unknown, WHOSE), **limits}

    def _limits(self) -> Answer:
        """Asked first, and given up soon: a describe may need the time."""
        left = self.until - time.monotonic()
        seconds = min(self.session.connection.time_limits.read, left * SHARE_OF_LIMITS)
        return ask_limits(self.session, read=seconds) if seconds >= TOO_LITTLE else replace(NO_TIME, where=WHERE)

    def _asked(self, needs: Sequence[Part], known: Known) -> dict[Need[Any], Answer]:
        plan = LatePlan(needs, begun=time.monotonic(), until=self.until)
        calls: SideBySide[Call, Mapping[Need[Any], Answer]] = SideBySide()
        try:
            while not plan.is_settled and (now := time.monotonic()) < self.until:
                if (call := plan.next_call(now)) is not None:
                    believed = {need: each for need, each in known.items() if need not in plan.whole}
                    calls.begin(call, partial(self._ask, call, believed))
                elif plan.is_idle:
                    break
                elif (reply := calls.next(min(STEP, self.until - now))) is not None:
                    plan.take(*reply, time.monotonic())
                    plan.ask_whole(contradicted(plan.given))
        finally:
            calls.end(self.session.abort)
        return plan.outcome()

    def _ask(self, call: Call, known: Known) -> Mapping[Need[Any], Answer]:
        """A describe has all the time there is, a query the connection's."""
        left = max(self.until - time.monotonic(), TOO_LITTLE)
        seconds = left if call.described else min(self.session.connection.time_limits.read, left)
        try:
            return ask(self.session, call.parts, self.identity, known, seconds)
        except Refused as refused:
            return {need: replace(refused.refusal, where=title(need)) for need in call.parts}


def complete(known: Known, needs: Sequence[Part]) -> Known:
    """What is known without the objects that lack a field that a query names: it may have come since, with no stamp moved."""
    lacking = {
        sobject.casefold()
        for sobject, names in (plain_fields(need.soql) or ("", ()) for need in needs if isinstance(need, Query))
        for shape in (each.shape for need, each in known.items() if need.sobject.casefold() == sobject.casefold())
        if any(shape.field_of(name) is None for name in names)
    }
    return {need: each for need, each in known.items() if need.sobject.casefold() not in lacking}


def contradicted(answers: Mapping[Need[Any], Answer]) -> list[Describe]:
    """The describes that are said to be unchanged, while a query on the object does not bear it out."""
    doubted = {
        name.casefold()
        for need, answer in answers.items()
        if isinstance(need, Query) and isinstance(answer, Refusal)
        for name in _doubted(need, answer)
    }
    return [
        need
        for need, answer in answers.items()
        if isinstance(need, Describe) and isinstance(answer, Described) and answer.unchanged
        if need.sobject.casefold() in doubted
    ]


def _doubted(need: Query, refusal: Refusal) -> Iterator[str]:
    """The objects of which this refusal leaves open whether the user sees what it saw: a name is not there, or the query that would
    prove the rights is none that Salesforce answers for this object, as where it insists on a filter.
    """
    if refusal.code in CONTRADICTIONS:
        yield from re.findall(r"\bfrom\s+(\w+)", need.soql, re.IGNORECASE)
    elif refusal.shape is Shape.REST and refusal.status == 400:
        sobject, names = plain_fields(need.soql) or ("", ())
        if need.soql == f"SELECT {', '.join(names)} FROM {sobject} LIMIT 0":  # noqa: S608 - compared, not asked
            yield sobject
