"""What is remembered, which describes that saves, and a memory that fails."""

from __future__ import annotations

import threading
from typing import Any

import pendulum
import pytest
from connecting import fields_of
from known import AT

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import MemoryFacts, Remembered
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    OWN_PERMISSION_SETS,
    RUNNING_USER,
    Describe,
    Need,
)
from airflow_sf_health.evidence.recalling import LONGEST_RECALL, door, in_time, known_unless_changed, recall, whose
from airflow_sf_health.evidence.rights import rights_digest
from airflow_sf_health.options import Options
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.login import Identity
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.store._database import PATIENCE

BY = Whose("00DHs0000000001MAA", "005Hs0000000001MAA", "64.0")
REFUSED = Refusal(shape=Shape.REST, code="INVALID_TYPE")
RIGHTS: dict[Need[Any], Any] = {
    RUNNING_USER: {"ProfileId": "00eHs0000000001MAA"},
    OWN_PERMISSION_SETS: ({"PermissionSetId": "0PS1"}, {"PermissionSetGroupId": "0PG1"}),
    ALL_PERMISSIONS: ({"LastCacheUpdate": "2026-11-22T02:00:13.000+0000"},),
}
DIGEST = rights_digest(RIGHTS)
DESCRIBE = Describe("describe_Account", "Account")


class Memory:
    """A memory that does as it is told."""

    reach = "this host only"

    def __init__(self, found: Any) -> None:
        self.found = found

    def recall(self, whose: Whose, uses: Any) -> MemoryFacts:
        if isinstance(self.found, Exception):
            raise self.found
        found: MemoryFacts = self.found(whose, uses) if callable(self.found) else self.found
        return found

    def keep(self, *_: Any) -> str:
        return ""

    def forget(self, *_: Any) -> int:
        return 0

    def who_came_by(self, door: str) -> None:
        return None


def test_whose() -> None:
    """What is remembered belongs to org, user and the version in which objects are described."""
    assert whose(Identity(BY.org_id, BY.user_id)) == BY
    assert whose(None) is None


def test_recall() -> None:
    """A memory is asked for these objects."""
    facts = MemoryFacts(reach="this host only")
    asked: list[Any] = []

    def found(*given: Any) -> MemoryFacts:
        asked.append(given)
        return facts

    assert recall(Memory(found), BY, {"Account": "use"}, seconds=5) is facts
    assert asked == [(BY, {"Account": "use"})]


def test_no_memory() -> None:
    """Without a memory there is neither reach nor problem."""
    assert recall(None, BY, {}, seconds=5) == MemoryFacts()


def test_nobody() -> None:
    """Of a token that does not tell whose it is nothing can be remembered."""
    assert "whose token" in recall(Memory(MemoryFacts()), None, {}, seconds=5).problem


def test_memory_that_fails() -> None:
    """An error of a memory is a problem to tell, on one line."""
    problem = recall(Memory(ValueError("disk\nfull")), BY, {}, seconds=5).problem
    assert problem == "the store failed with ValueError: disk full"


def test_memory_that_is_slow() -> None:
    """A memory that does not answer is left alone."""
    over = threading.Event()
    assert in_time(lambda: over.wait(20), 0.05) == "the store did not answer within 0.05 s"
    assert in_time(lambda: over.wait(20), 0) == "no time was left for the store"
    over.set()


def test_store_speaks_first() -> None:
    """The store's own sentence, which names its host, comes before a look stops waiting for it."""
    assert LONGEST_RECALL > PATIENCE


# Rights


def digest_with(**changes: Any) -> str | None:
    names = {"user": RUNNING_USER, "sets": OWN_PERMISSION_SETS, "permissions": ALL_PERMISSIONS}
    return rights_digest({**RIGHTS, **{names[name]: answer for name, answer in changes.items()}})


def test_digest_is_stable() -> None:
    """The order of the rows makes no difference, nor where the answers come from."""
    assert DIGEST is not None
    assert digest_with(sets=tuple(reversed(RIGHTS[OWN_PERMISSION_SETS]))) == DIGEST
    assert rights_digest(Evidence(RIGHTS)) == DIGEST


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"ProfileId": "00eHs0000000002MAA"}},
        {"sets": ({"PermissionSetId": "0PS1"},)},
        {"sets": REFUSED},
        {"permissions": ({"LastCacheUpdate": "2026-11-22T03:00:13.000+0000"},)},
    ],
)
def test_digest_of_other_rights(changes: dict[str, Any]) -> None:
    """Another profile, other permission sets or a moved stamp are other rights; so are sets that can no longer be read."""
    assert digest_with(**changes) not in (None, DIGEST)


@pytest.mark.parametrize(
    "changes", [{"user": REFUSED}, {"permissions": REFUSED}, {"permissions": ()}, {"permissions": ({},)}]
)
def test_no_digest(changes: dict[str, Any]) -> None:
    """Where profile or stamp cannot be read there is no digest."""
    assert digest_with(**changes) is None
    assert rights_digest(Evidence({})) is None


# Describes that are saved


def remembered(**changes: Any) -> Remembered:
    now = pendulum.now("UTC").subtract(hours=1)
    known: dict[str, Any] = {"taken_at": now, "compared_at": now, "confirmed_at": now}
    known |= {"shape": ObjectShape(name="Account"), "last_modified": "Sun, 22 Nov 2026 02:00:13 GMT", "rights": DIGEST}
    return Remembered(**{**known, **changes})


def saved(
    before: Remembered | None = None,
    requirements: Requirements | None = None,
    options: Options | None = None,
    digest: str | None = DIGEST,
) -> bool:
    return DESCRIBE in known_unless_changed(
        [DESCRIBE],
        {"account": before or remembered()},
        digest,
        requirements=requirements or Requirements.of({"objects": {"Account": ["Name"]}}),
        options=(options or Options()).filled(),
    )


def test_saved() -> None:
    """What was compared lately, by a user with these rights, for a task that reads, is asked with a condition."""
    assert saved()
    assert saved(requirements=Requirements())


@pytest.mark.parametrize(
    "before",
    [
        {"last_modified": None},
        {"rights": None},
        {"rights": "another"},
        {"compared_at": pendulum.now("UTC").subtract(hours=7)},
        {"compared_at": AT.subtract(years=10)},
        {"compared_at": pendulum.now("UTC").add(hours=7)},
    ],
)
def test_not_saved(before: dict[str, Any]) -> None:
    """Without stamp or with other rights, and from time to time at any rate, the object is described as a whole."""
    assert not saved(remembered(**before))


def test_not_saved_by_choice() -> None:
    """So it is for a task that writes the object, with a ``max_age`` of 0, a short ``compare_every``, or rights unread."""
    assert not saved(requirements=Requirements.of({"objects": {"ACCOUNT": {"update": ["Name"]}}}))
    assert not saved(options=Options(max_age=0))
    assert not saved(options=Options(compare_every=0))
    assert not saved(options=Options(compare_every=3_000))
    assert not saved(digest=None)
    assert known_unless_changed([DESCRIBE], {}, DIGEST, requirements=Requirements(), options=Options().filled()) == {}


# Doors

JWT: dict[str, Any] = {"login": "integration@acme.com", "consumer_key": "k", "private_key": "p"}


def test_one_door() -> None:
    """Connections by which one user comes in one way have one door; it does not show who that is."""
    one, other = fields_of(**JWT), fields_of(**{**JWT, "private_key": "another", "contact": "x"})
    assert door(one) == door(other)
    assert len(door(one)) == 64


def test_other_doors() -> None:
    """Another user, flow, host or app is another door."""
    app = {"consumer_key": "k", "consumer_secret": "s", "domain": "acme.my"}
    doors = [
        fields_of(**JWT),
        fields_of(**{**JWT, "login": "other@acme.com"}),
        fields_of(**JWT, domain="test"),
        fields_of(login="integration@acme.com", password="p", security_token="t"),
        fields_of(**app),
        fields_of(**{**app, "consumer_key": "k2"}),
        fields_of(session_id="00D!x", instance_url="https://acme.my.salesforce.com"),
    ]
    assert len({door(each) for each in doors}) == len(doors)
