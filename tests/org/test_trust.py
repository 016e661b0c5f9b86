"""What the public status page says of an instance."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pendulum
import pytest
from connecting import connect, fields_of

from airflow_sf_health.org import trust
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.testing import FakeOrg

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "salesforce" / "recordings"
RECORDINGS = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE))
NOW = pendulum.now("UTC")
HOUR_AGO = NOW.subtract(hours=1)


def asked(org: FakeOrg, instance: str = "USA123S", **extra: Any) -> trust.InstanceStatus | None:
    return trust.instance_status(connect(org, "jwt", **extra), instance, Traffic(), seconds=2.0)


def read(**said: Any) -> trust.InstanceStatus | None:
    return trust._read("USA123S", {"key": "USA123S", **said})


def test_no_incident(org: FakeOrg) -> None:
    """An instance without trouble is told as such."""
    status = asked(org)
    assert status is not None
    assert status.words == "Salesforce Status reports no incident of instance USA123S."


def test_an_incident(org: FakeOrg) -> None:
    """An incident is told in the page's own word; when it began is left out where the page does not tell."""
    org.state.org.trust_status = "MAJOR_INCIDENT_CORE"
    status = asked(org)
    assert status is not None
    assert status.words == "Salesforce Status: instance USA123S has MAJOR_INCIDENT_CORE."


def test_a_maintenance(org: FakeOrg) -> None:
    """A maintenance is told with its planned begin."""
    org.state.org.trust_status = "MAINTENANCE_CORE"
    status = asked(org)
    assert status is not None
    assert status.since is not None
    assert status.words.endswith(f"has MAINTENANCE_CORE since {status.since:%Y-%m-%d %H:%M} UTC.")


def test_one_request_without_a_token(org: FakeOrg) -> None:
    """It is one request, which no secret goes with, and which is no API call."""
    assert asked(org) is not None
    [record] = org.requests()
    assert (record.host, record.path) == (trust.HOST, "/v1/instances/USA123S/status")
    assert org.counts().api_calls == 0


def test_the_connections_proxies_apply(org: FakeOrg) -> None:
    """Who reaches Salesforce through a proxy of the connection's reaches the page so."""
    asked(org, proxies={"https": org.environ("crm")["HTTPS_PROXY"]})
    assert org.counts("crm").http_requests == 1


@pytest.mark.parametrize("instance", ["", "../x", "USA 1", "A" * 30, "USA999S"])
def test_an_instance_that_it_does_not_know(org: FakeOrg, instance: str) -> None:
    """What can be no instance is not asked for, and an unknown one is nothing to tell."""
    assert asked(org, instance) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 302},
        {"reset": True},
        {"truncate": "text"},
        {"body": "maintenance"},
        {"connection": "refused"},
        {"tls": "other_ca"},
    ],
)
def test_silence_is_no_news(org: FakeOrg, fault: dict[str, Any]) -> None:
    """Whatever goes wrong on the way to the page, nothing is told and nothing is raised."""
    with org.fault(host=trust.HOST, **fault):
        assert asked(org) is None


def test_a_page_that_hangs_is_left(org: FakeOrg) -> None:
    """A reply that never comes ends with the seconds given."""
    with org.fault(host=trust.HOST, stall="headers"):
        assert trust.instance_status(connect(org, "jwt"), "USA123S", Traffic(), seconds=0.2) is None


def test_no_time_left_asks_nothing() -> None:
    """Without a second left there is no request."""
    connection = fields_of(session_id="s", instance_url="https://acme.my.salesforce.com")
    traffic = Traffic()
    assert trust.instance_status(connection, "USA123S", traffic, seconds=0) is None
    assert traffic.http_requests == 0


def test_when_an_incident_began() -> None:
    """The earliest impact that goes on counts; what is over or only planned does not (constructed: keys not captured)."""
    over, later = NOW.subtract(days=2), NOW.add(days=1)
    impacts = [
        {"startTime": str(over), "endTime": str(HOUR_AGO)},
        {"startTime": str(HOUR_AGO), "endTime": None},
        {"startTime": str(later)},
    ]
    status = read(status="MINOR_INCIDENT_CORE", Incidents=[{"IncidentImpacts": impacts}])
    assert status is not None
    assert status.since == HOUR_AGO


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"status": 3},
        {"status": "down"},
        {"status": "OK", "key": "DEU12S"},
        {"status": "<b>OK</b>"},
    ],
)
def test_another_answer_is_none(said: dict[str, Any]) -> None:
    """A body that is no status of that instance is nothing to tell."""
    assert read(**said) is None


@pytest.mark.parametrize(
    "odd", [None, "x", [1], [{"startTime": 1}], [{"startTime": "soon"}], [{"startTime": "2026-01-01"}]]
)
def test_odd_times_cost_the_begin_alone(odd: Any) -> None:
    """Times that cannot be read leave the status standing."""
    assert read(status="MAJOR_INCIDENT_CORE", Incidents=[{"IncidentImpacts": odd}]) == trust.InstanceStatus(
        "USA123S", "MAJOR_INCIDENT_CORE"
    )


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
@pytest.mark.parametrize("name", ["instance_status_ok.json", "instance_status_2026.json"])
def test_recordings_are_read(name: str) -> None:
    """What is known of the page's real bodies is read as it is meant."""
    said = json.loads((RECORDINGS / "trust" / name).read_text())
    assert trust._read(said["key"], said) == trust.InstanceStatus(said["key"], "OK")
