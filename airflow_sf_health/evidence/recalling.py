"""What is remembered of the org and user of a look, and which describes it may save."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import pendulum

from airflow_sf_health.evidence.facts import MemoryFacts, Remembered
from airflow_sf_health.evidence.memory import Memory, Whose
from airflow_sf_health.evidence.needs import Describe
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.login import Identity
    from airflow_sf_health.requirements import Requirements

T = TypeVar("T")

LONGEST_RECALL = 5.0
"""Seconds that a memory may take to answer; longer than the store's own patience, whose sentence names the database that is silent."""


def whose(identity: Identity | None) -> Whose | None:
    """Of whom something is remembered; None where the login does not tell."""
    from airflow_sf_health.org.session import EXAMINATION_VERSION

    return Whose(identity.org_id, identity.user_id, EXAMINATION_VERSION) if identity is not None else None


def recall(memory: Memory | None, by: Whose | None, uses: Mapping[str, str], *, seconds: float) -> MemoryFacts:
    """What is remembered; a memory that is slow or fails is a problem to tell, and nothing else.

    :param uses: object -> key of what is done with it.
    :param seconds: how long it may take at most.
    """
    if memory is None:
        return MemoryFacts()
    if by is None:
        return MemoryFacts(problem="the login does not tell whose token it is")
    found = in_time(lambda: memory.recall(by, uses), min(seconds, LONGEST_RECALL))
    return MemoryFacts(problem=found) if isinstance(found, str) else found


def in_time(act: Callable[[], T], seconds: float) -> T | str:
    """What an act of a memory gives, or in a text why it gives nothing. It may go on in its own thread."""
    if seconds <= 0:
        return "no time was left for the store"
    try:
        return within(seconds, act, stop=lambda: None)
    except DeadlineReached:
        return f"the store did not answer within {seconds:.2g} s"
    except Exception as error:  # noqa: BLE001 - anybody's memory; it must not fail a healthy look
        return f"the store failed with {type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def known_unless_changed(
    describes: Sequence[Describe],
    remembered: Mapping[str, Remembered],
    digest: str | None,
    *,
    requirements: Requirements,
    options: Options,
) -> dict[Describe, Remembered]:
    """Which describes may be asked with ``If-Modified-Since``: Salesforce promises nowhere that "not modified" follows the rights
    of the user who asks, so these must be as they were; an object that is written is always described as a whole.
    """
    baselines = {name.casefold(): each for name, each in remembered.items()}
    now, found = pendulum.now("UTC"), {}
    for need in describes:
        before, use = baselines.get(need.sobject.casefold()), requirements.use_of(need.sobject)
        if before is None or before.last_modified is None or digest is None or before.rights != digest:
            continue
        age = (now - before.compared_at).total_seconds()
        if options.max_age != 0 and 0 <= age < (options.compare_every or 0) and not (use and use.writes):
            found[need] = before
    return found


def door(connection: OrgConnection) -> str:
    """A name for the way by which the connection's user logs in, without secrets: two connections of one user share it. Where the
    fields name nobody, the connection itself does.
    """
    who = connection.login
    if who is None and connection.flow is LoginFlow.CLIENT_CREDENTIALS:
        who = connection.consumer_key  # an app has one such user
    named = [connection.flow, connection.first_host, who or "", "" if who else connection.conn_id]
    return hashlib.sha256(json.dumps([str(each) for each in named]).encode()).hexdigest()
