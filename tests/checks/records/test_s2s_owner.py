"""Check records.s2s_owner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from known import NO_API, NOT_FOUND, finding, findings

from airflow_sf_health.checks import load
from airflow_sf_health.checks.records.s2s_owner import CONNECTIONS, OWNERS
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements

PARTNER = {"ConnectionName": "AW Computing", "ConnectionStatus": "Accepted", "PrimaryContactId": "005Hs00000000A1AAA"}
OWNER = {"Id": "005Hs00000000A1AAA", "Username": "ada@acme.com", "IsActive": True}
INVALID_TYPE = replace(NOT_FOUND, status=400, code="INVALID_TYPE", message="sObject type is not supported")


def shown(*, active: bool = True, **answers: Any) -> dict[Need[Any], Any]:
    return {
        REQUIREMENTS: Requirements(s2s=True),
        CONNECTIONS: answers.get("connections", (PARTNER,)),
        OWNERS: answers.get("owners", ({**OWNER, "IsActive": active},)),
    }


def test_not_asked() -> None:
    """It is asked only where the requirements say so."""
    assert finding("records.s2s_owner").level is Level.NOT_APPLICABLE
    assert load("records.s2s_owner").needs_for(Requirements()) == ()


def test_active_owner() -> None:
    """An active owner is right, and the other org's side is said to be out of sight."""
    found = finding("records.s2s_owner", shown())
    assert found.level is Level.OK
    assert "the other org's connection owner cannot be seen from here" in found.summary


def test_inactive_owner() -> None:
    """An inactive owner is a warning with both ways of the article, and where they apply; it never fails a task."""
    found = finding("records.s2s_owner", shown(active=False))
    assert (found.level, found.cause) == (Level.WARNING, "s2s_connection_owner_inactive")
    assert "'AW Computing' is inactive: ada@acme.com" in found.summary
    assert "Connection Owner" in found.hint
    assert "Auto-Accept" in found.hint
    assert "the other org" in found.hint


def test_each_inactive_owner() -> None:
    """Each connection with an inactive owner is a warning of its own."""
    second = {**PARTNER, "ConnectionName": "Partner Two"}
    found = findings("records.s2s_owner", shown(active=False, connections=(PARTNER, second)))
    assert [each.level for each in found] == [Level.WARNING, Level.WARNING]


def test_connection_that_is_not_in_force() -> None:
    """An invitation that nobody has accepted forwards nothing."""
    found = finding("records.s2s_owner", shown(active=False, connections=({**PARTNER, "ConnectionStatus": "Sent"},)))
    assert (found.level, found.summary) == (Level.OK, "no Salesforce-to-Salesforce connection is in force")


def test_hidden_owner() -> None:
    """An owner whom user sharing hides is not known."""
    found = finding("records.s2s_owner", shown(owners=()))
    assert found.level is Level.UNKNOWN
    assert "'AW Computing'" in found.summary


def test_off_or_hidden() -> None:
    """Off and hidden answer the same, so neither is claimed."""
    found = finding("records.s2s_owner", shown(connections=INVALID_TYPE, owners=INVALID_TYPE))
    assert (found.level, found.cause) == (Level.UNKNOWN, None)
    assert "is off in this org, or its connections are hidden from this user" in found.summary


def test_refused() -> None:
    """What could not be asked for another reason is not known."""
    assert finding("records.s2s_owner", shown(connections=NO_API, owners=NO_API)).level is Level.UNKNOWN
