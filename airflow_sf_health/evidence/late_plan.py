"""Which call comes next of those that are asked late, when some of them keep silent. Pure: it is told the time.

A slow call is waited for, not broken off, and the next ones are made beside it. What is under way is bounded, since Salesforce goes
on with a call that nobody waits for, and has 25 places (5 in a trial org) for calls of 20 seconds and more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_sf_health.evidence.calls import DESCRIBES_PER_COMPOSITE, QUERIES_PER_COMPOSITE, Part
from airflow_sf_health.evidence.facts import Described
from airflow_sf_health.evidence.needs import Describe, Need
from airflow_sf_health.evidence.parts import Answer, title
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.failures import READ_LIMIT

MOST_AT_ONCE = 3
"""Calls that may be under way at once, and so those that may be left behind at the end."""
PATIENCE = 3.0
"""Seconds that a call has for itself before the next is made beside it; of a short examination a twentieth."""
SLOW = 20.0
"""Seconds from which Salesforce itself calls a request long-running; of a short examination a third."""
LAST_CHANCE = 1 / 4
"""The share of the time that is kept for asking again what keeps silent."""
MOST_AGAIN = 10
"""Describes that are asked again, each in a call of its own: all of the two calls that may be silent then."""
DESCRIBES_WHEN_SLOW = 3
"""Describes in one call once a call was slow: fewer are lost with one that never comes."""
TOO_LITTLE = 0.1
"""Seconds for which no call is begun."""
NO_TIME = no_answer("no time was left to ask")
TOO_MANY = no_answer("not asked, since too many calls before it were not answered in time")


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """One call under way."""

    parts: tuple[Part, ...]
    begun: float

    @property
    def described(self) -> list[Describe]:
        return [need for need in self.parts if isinstance(need, Describe)]


class LatePlan:
    """An object is asked for at most twice, and a query once beside describes and once without.

    :param begun: by the clock of the caller, who tells the time at each step, and so
    :param until: when the last answer must be there.
    """

    def __init__(self, needs: Sequence[Part], *, begun: float, until: float) -> None:
        span = until - begun
        self.until, self._last_chance = until, until - span * LAST_CHANCE
        self._patience, self._slow = min(PATIENCE, span / 20), min(SLOW, span / 3)
        self._needs = list(dict.fromkeys(needs))
        self._waiting = list(self._needs)
        self._asked: Counter[Part] = Counter()
        self._apart: set[Part] = set()
        self._under_way: list[Call] = []
        self._left_behind, self._again, self._longest = 0, 0, 0.0
        self._lost: dict[Need[Any], Refusal] = {}
        self.given: dict[Need[Any], Answer] = {}
        self.whole: set[Part] = set()
        """What must not be asked on the condition that it has changed."""

    @property
    def is_settled(self) -> bool:
        return not self._open()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, so that without a next call there is nothing to wait for."""
        return not self._under_way

    def next_call(self, now: float) -> Call | None:
        """The call to make now; None as long as it is better to wait."""
        if self.until - now < TOO_LITTLE or any(now - call.begun < self._patience for call in self._under_way):
            return None
        parts = self._queries_apart(now) or self._not_asked_yet(now) or self._asked_again(now)
        if not parts:
            return None
        call = Call(tuple(parts), now)
        self._under_way.append(call)
        self._waiting = [need for need in self._waiting if need not in parts]
        self._asked.update(parts)
        if not call.described:
            self._apart.update(parts)
        return call

    def take(self, call: Call, answers: Mapping[Need[Any], Answer], now: float) -> None:
        """What a call was answered. Of what was asked twice the first answer counts."""
        self._under_way.remove(call)
        if call.described:
            self._longest = max(self._longest, now - call.begun)
        is_lost = bool(call.described) and any(_is_silence(answer) for answer in answers.values())
        self._left_behind += is_lost
        for need, answer in answers.items():
            believed = need not in self.whole or not (isinstance(answer, Described) and answer.unchanged)
            if is_lost and isinstance(answer, Refusal):
                self._lost[need] = answer
            elif need not in self.given and believed:
                self.given[need] = answer

    def ask_whole(self, needs: Iterable[Describe]) -> None:
        """Ask for these anew, and without the condition."""
        for need in needs:
            del self.given[need]
            self.whole.add(need)
            self._waiting.append(need)

    def outcome(self) -> dict[Need[Any], Answer]:
        """An answer for each need, or why there is none."""
        return {need: self.given[need] if need in self.given else self._why_not(need) for need in self._needs}

    def _why_not(self, need: Part) -> Refusal:
        if need in self._waiting:
            refusal = TOO_MANY if self._left_behind >= MOST_AT_ONCE else NO_TIME
        else:
            refusal = self._lost.get(need, no_answer(READ_LIMIT))
        return replace(refusal, where=title(need))

    def _open(self) -> list[Part]:
        return [need for need in self._needs if need not in self.given]

    def _queries_apart(self, now: float) -> list[Part]:
        """The queries of silent calls without the describes; when nothing else can be done all that were not answered yet."""
        if len(self._under_way) >= MOST_AT_ONCE:
            return []
        is_stuck = (self._is_slow(now) or self._left_behind) and not self._may_describe()
        found = self._not_proven()
        if not is_stuck and now < self._last_chance:
            found = [need for need in found if need in self._lost]
        return found[:QUERIES_PER_COMPOSITE]

    def _not_asked_yet(self, now: float) -> list[Part]:
        describes: list[Part] = [need for need in self._waiting if isinstance(need, Describe)]
        queries: list[Part] = [need for need in self._waiting if not isinstance(need, Describe)]
        queries = queries[:QUERIES_PER_COMPOSITE]
        if describes and self._may_describe():
            return [*queries, *describes[: DESCRIBES_WHEN_SLOW if self._is_slow(now) else DESCRIBES_PER_COMPOSITE]]
        return [] if describes or len(self._under_way) >= MOST_AT_ONCE else queries

    def _asked_again(self, now: float) -> list[Part]:
        """A describe alone, in case that another one is what its call waits for; that other one is found in the same way."""
        if self._again == MOST_AGAIN or not self._may_describe():
            return []
        alone = {call.described[0] for call in self._under_way if len(call.described) == 1}
        silent = [need for need in self._open() if isinstance(need, Describe) and self._asked[need] == 1]
        again = [need for need in silent if need not in alone and need not in self._waiting]
        found = next((need for need in again if now >= self._last_chance or need in self._lost), None)
        if found is None:
            return []
        self._again += 1
        self.whole.add(found)
        return [found]

    def _not_proven(self) -> list[Part]:
        return [need for need in self._open() if not isinstance(need, Describe) and need not in self._apart]

    def _may_describe(self) -> bool:
        """One place is for queries, as long as there are any to ask."""
        most = MOST_AT_ONCE - bool(self._not_proven())
        return len(self._under_way) + self._left_behind < most

    def _is_slow(self, now: float) -> bool:
        waited = [now - call.begun for call in self._under_way if call.described]
        return max([self._longest, *waited]) >= self._slow


def _is_silence(answer: Answer) -> bool:
    """No reply in time, or the edge's word that there was none."""
    if not isinstance(answer, Refusal):
        return False
    is_silent = answer.shape is Shape.NO_ANSWER and answer.message == READ_LIMIT
    return is_silent or (answer.status == 504 and not answer.answered)
