"""The data plane on the web: versions, headers, clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.direct import Direct


@pytest.fixture(scope="module")
def served() -> Iterator[FakeOrg]:
    with FakeOrg() as org:
        yield org


@pytest.fixture
def org(served: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> FakeOrg:
    """A served org as new, with an environment that leads clients to it."""
    served.reset()
    for name, value in served.environ().items():
        monkeypatch.setenv(name, value)
    return served


@pytest.fixture
def http(org: FakeOrg) -> Iterator[requests.Session]:
    """A session with the integration user's live session id."""
    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {org.context.open_session(org.user())}"
        yield http


def url(org: FakeOrg, path: str) -> str:
    return f"https://{org.state.org.host}/services/data{path}"


def test_versions_are_public_and_free(org: FakeOrg) -> None:
    """The list needs no login, tells no usage and costs no API call."""
    reply = requests.get(url(org, ""), timeout=10)
    assert [entry["version"] for entry in reply.json()] == [f"{number}.0" for number in range(31, 68)]
    assert "Sforce-Limit-Info" not in reply.headers
    assert org.counts().api_calls == 0


@pytest.mark.parametrize(("version", "status"), [("v31.0", 200), ("v67.0", 200), ("v68.0", 404), ("v30.0", 410)])
def test_versions_come_and_go(org: FakeOrg, http: requests.Session, version: str, status: int) -> None:
    """Versions of the list are served, older ones are gone, newer ones unknown."""
    assert http.get(url(org, f"/{version}/sobjects/Account/describe")).status_code == status


def test_failed_calls_are_counted_too(org: FakeOrg, http: requests.Session) -> None:
    """A 404 costs an API call and tells the usage; a 401 does not tell it."""
    missing = http.get(url(org, "/v62.0/sobjects/Nothing"))
    assert (missing.status_code, "Sforce-Limit-Info" in missing.headers) == (404, True)
    assert org.counts().api_calls == 1
    org.expire_sessions()
    refused = http.get(url(org, "/v62.0/sobjects/Account"))
    assert (refused.status_code, "Sforce-Limit-Info" in refused.headers) == (401, False)


def test_a_composite_is_one_call(org: FakeOrg, http: requests.Session) -> None:
    """However many parts it has."""
    parts = [
        {"referenceId": f"p{number}", "method": "GET", "url": "/services/data/v62.0/sobjects/Account/describe"}
        for number in range(25)
    ]
    reply = http.post(url(org, "/v62.0/composite"), json={"compositeRequest": parts})
    assert [part["httpStatusCode"] for part in reply.json()["compositeResponse"]] == [200] * 25
    assert org.counts().api_calls == 1


def test_what_a_test_changes_is_answered_at_once(org: FakeOrg, http: requests.Session) -> None:
    """A user's row follows the state from one call to the next."""
    path = url(org, f"/v62.0/sobjects/User/{org.user().id}")
    assert http.get(path).json()["Name"] == "Integration User"
    org.user().name = "Renamed User"
    assert http.get(path).json()["Name"] == "Renamed User"


def test_simple_salesforce_reads_page_after_page(org: FakeOrg, http: requests.Session) -> None:
    """``query_all`` follows ``nextRecordsUrl`` to the end."""
    direct = Direct(org.state)
    for number in range(4_100):
        direct.ask("POST", "sobjects/Lead", {"LastName": str(number), "Company": "Acme"})
    session_id = org.context.open_session(org.user())
    client = Salesforce(session_id=session_id, instance=org.state.org.host, session=http)
    rows = client.query_all("SELECT LastName FROM Lead WHERE Company = 'Acme'")["records"]
    assert [row["LastName"] for row in rows] == [str(number) for number in range(4_100)]


def test_simple_salesforce_works_on_one_object(org: FakeOrg, http: requests.Session) -> None:
    """Its methods for one object create, read, change, upsert, describe and delete."""
    session_id = org.context.open_session(org.user())
    client = Salesforce(session_id=session_id, instance=org.state.org.host, session=http)
    invoice: Any = client.Invoice__c
    made = invoice.create({"Number__c": "N-1", "Amount__c": 5})
    assert invoice.get(made["id"])["Amount__c"] == 5
    assert invoice.get_by_custom_id("Number__c", "N-1")["Id"] == made["id"]
    assert invoice.update(made["id"], {"Paid__c": True}) == 204
    assert invoice.upsert("Number__c/N-1", {"Amount__c": 6}) == 200
    assert invoice.describe()["name"] == "Invoice__c"
    assert invoice.delete(made["id"]) == 204
    assert client.query("SELECT COUNT() FROM Invoice__c WHERE Number__c = 'N-1'")["totalSize"] == 0
