"""Which late call comes next: on a clock of its own, so that minutes pass at once."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from airflow_sf_health.evidence.calls import DESCRIBES_PER_COMPOSITE, QUERIES_PER_COMPOSITE, Part
from airflow_sf_health.evidence.late_plan import MOST_AGAIN, MOST_AT_ONCE, Call, LatePlan
from airflow_sf_health.evidence.needs import Describe, Need, Query
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.org.errors import Refusal, Shape

MINUTE = 57.0
"""Seconds that are left for late questions of the usual minute."""
NEVER = 1_000.0
STEP = 0.05


def describes(number: int) -> list[Describe]:
    return [Describe(f"describe_{n}", f"Thing{n}__c") for n in range(number)]


def queries(number: int) -> list[Query]:
    return [Query(f"query_{n}", f"SELECT Id FROM Thing{n}__c LIMIT 0", late=True) for n in range(number)]


@dataclass
class Org:
    """Answers each call when all of its parts are answered, or after ``edge`` seconds by the edge's 504."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    edge: float = math.inf
    calls: list[Call] = field(default_factory=list)
    most_at_once: int = 0
    ended: float = 0.0

    def answer(self, needs: list[Part], span: float = MINUTE) -> dict[Need[Any], Answer]:
        """What the plan makes of it within so many seconds."""
        plan, under_way, now = LatePlan(needs, begun=0.0, until=span), list[Call](), 0.0
        while not plan.is_settled and now < span:
            if (call := plan.next_call(now)) is not None:
                self.calls.append(call)
                under_way.append(call)
                self.most_at_once = max(self.most_at_once, len(under_way))
            elif plan.is_idle:
                break
            elif (ready := next((each for each in under_way if self._end(each) <= now), None)) is not None:
                under_way.remove(ready)
                plan.take(ready, self._reply(ready), now)
            else:
                now += STEP
        self.ended = now
        return plan.outcome()

    def _took(self, call: Call) -> float:
        return 0.1 + sum(self.seconds.get(need.name, 0.0) for need in call.parts)

    def _end(self, call: Call) -> float:
        return call.begun + min(self._took(call), self.edge)

    def _reply(self, call: Call) -> dict[Need[Any], Answer]:
        given_up = Refusal(shape=Shape.HTML, status=504)
        return dict.fromkeys(call.parts, given_up if self._took(call) > self.edge else "answer")

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Queries and describes of each call."""
        return [(len(call.parts) - len(call.described), len(call.described)) for call in self.calls]


def unknown(answers: Mapping[Need[Any], Answer]) -> list[str]:
    return [need.name for need, answer in answers.items() if isinstance(answer, Refusal)]


@pytest.mark.parametrize(
    ("objects", "asked", "calls"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (5, 5, 1), (6, 5, 2), (5, 6, 2), (25, 25, 5), (1, 25, 5), (25, 1, 5)],
)
def test_quick_answers(objects: int, asked: int, calls: int) -> None:
    """Queries and describes fill the same calls, five of each at most and one call after the other; nothing is asked twice."""
    org = Org()
    assert not unknown(org.answer([*queries(asked), *describes(objects)]))
    assert len(org.calls) == calls
    assert org.most_at_once <= 1
    assert sum(len(call.parts) for call in org.calls) == objects + asked
    assert all(q <= QUERIES_PER_COMPOSITE and d <= DESCRIBES_PER_COMPOSITE for q, d in org.sizes)


def test_an_object_is_described_where_its_rights_are_proven() -> None:
    """The query and the describe of one object stand in one call."""
    org = Org()
    org.answer([*queries(12), *describes(12)])
    assert [need.name for need in org.calls[-1].parts] == ["query_10", "query_11", "describe_10", "describe_11"]


@pytest.mark.parametrize("seconds", [1.5, 2.0, 2.5])
def test_all_moderately_slow(seconds: float) -> None:
    """25 describes of two seconds each are all there within the minute, without a call more."""
    org = Org({need.name: seconds for need in describes(25)})
    assert not unknown(org.answer([*queries(25), *describes(25)]))
    assert org.sizes == [(5, 5)] * 5


@pytest.mark.parametrize("which", [0, 4, 12, 24])
def test_one_of_half_a_minute(which: int) -> None:
    """One describe of 35 seconds among 25 is waited for, while the others are asked; it costs no call."""
    org = Org({f"describe_{which}": 35.0})
    assert not unknown(org.answer([*queries(25), *describes(25)]))
    assert len(org.calls) == 5
    assert org.ended < 40


@pytest.mark.parametrize("which", [0, 4, 12, 24])
def test_one_that_never_comes(which: int) -> None:
    """It costs itself, and six calls: the queries beside it are asked again at last, and each describe alone."""
    org = Org({f"describe_{which}": NEVER})
    assert unknown(org.answer([*queries(25), *describes(25)])) == [f"describe_{which}"]
    assert org.sizes == [(5, 5)] * 5 + [(5, 0)] + [(0, 1)] * 5


def test_one_in_each_call() -> None:
    """Five describes of 35 seconds, one in each call, leave a few unknown; each right is proven, and three calls are left behind at most."""
    org = Org({f"describe_{n}": 35.0 for n in (0, 5, 10, 15, 20)})
    left = unknown(org.answer([*queries(25), *describes(25)]))
    assert not any(name.startswith("query") for name in left)
    assert len(left) <= 5
    assert len(org.calls) <= 16
    assert org.most_at_once == MOST_AT_ONCE


def test_nothing_is_described() -> None:
    """Where no describe comes the rights are proven all the same, by few calls."""
    org = Org({need.name: NEVER for need in describes(25)})
    assert unknown(org.answer([*queries(25), *describes(25)])) == [need.name for need in describes(25)]
    assert org.sizes == [(5, 5), (5, 5), *[(5, 0)] * 5, (0, 3)]


def test_a_short_examination() -> None:
    """With few seconds the same is done in the same order, faster."""
    org = Org({"describe_1": NEVER})
    assert unknown(org.answer([*queries(3), *describes(3)], span=4.0)) == ["describe_1"]
    assert org.sizes == [(3, 3), (3, 0), (0, 1), (0, 1), (0, 1)]


def test_a_describe_alone_is_not_asked_again() -> None:
    """What is waited for by itself would be no faster for asking twice."""
    org = Org({"describe_0": NEVER})
    assert unknown(org.answer([*queries(1), *describes(1)])) == ["describe_0"]
    assert org.sizes == [(1, 1), (1, 0)]


def test_given_up_by_the_edge() -> None:
    """A 504 for a call with describes is silence that came early: its parts are asked again at once, the describes alone."""
    org = Org({"describe_1": NEVER}, edge=10.0)
    answers = org.answer([*queries(8), *describes(8)])
    assert unknown(answers) == ["describe_1"]
    assert answers[describes(2)[1]].status == 504
    assert org.sizes == [(5, 5), (3, 3), (5, 0), *[(0, 1)] * 5]


def test_given_up_too_often() -> None:
    """Salesforce is still at work on what the edge gave up: after three such calls no describe is asked, and each query still is."""
    org = Org({need.name: NEVER for need in describes(25)}, edge=1.0)
    answers = org.answer([*queries(25), *describes(25)])
    assert unknown(answers) == [need.name for need in describes(25)]
    assert sum(bool(call.described) for call in org.calls) == MOST_AT_ONCE
    assert "too many calls" in answers[describes(25)[24]].message


def test_a_query_that_keeps_silent() -> None:
    """A query that never comes is asked beside describes and once without them, and then no more."""
    org = Org({"query_1": NEVER})
    left = unknown(org.answer([*queries(5), *describes(5)]))
    assert [need for need in left if need.startswith("query")] == [f"query_{n}" for n in range(5)]
    assert Counter(need.name for call in org.calls for need in call.parts)["query_1"] == 2


@pytest.mark.parametrize("seed", range(60))
def test_worst_case(seed: int) -> None:
    """However slow the describes are: 25 objects with their rights take at most 23 late calls, three of them at once, and none is
    asked for a third time.
    """
    chance = random.Random(seed)
    kinds = [0.0, 0.0, chance.uniform(0.5, 4), chance.uniform(4, 20), chance.uniform(15, 45), NEVER][: seed % 5 + 2]
    org = Org({need.name: chance.choice(kinds) for need in describes(25)}, edge=[math.inf, 12.0][seed % 2])
    left = unknown(org.answer([*queries(25), *describes(25)]))
    assert not any(name.startswith("query") for name in left)
    assert len(org.calls) <= 1 + math.ceil(20 / 3) + math.ceil(25 / 5) + MOST_AGAIN == 23
    assert org.most_at_once <= MOST_AT_ONCE
    assert max(Counter(need for call in org.calls for need in call.parts).values()) <= 2
