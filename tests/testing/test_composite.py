"""Composite requests: parts, references, limits, rollback."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.testing.direct import Direct

BASE = "/services/data/v62.0"


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


def part(name: str, path: str, method: str = "GET", body: Any = None, **more: Any) -> dict[str, Any]:
    given = {"body": body} if body is not None else {}
    return {"referenceId": name, "method": method, "url": f"{BASE}/{path}", **given, **more}


def statuses(results: list[dict[str, Any]]) -> list[int]:
    return [result["httpStatusCode"] for result in results]


def test_a_part_uses_what_an_earlier_one_answered(client: Direct) -> None:
    """References work in URLs and bodies, into records of a query too."""
    results = client.composite(
        part("me", f"sobjects/User/{client.user.id}?fields=ProfileId"),
        part("profile", "sobjects/Profile/@{me.ProfileId}?fields=Name"),
        part("found", "query?q=SELECT+Id,Name+FROM+Account+WHERE+Name='Globex'"),
        part("made", "sobjects/Contact", "POST", {"LastName": "Globe", "AccountId": "@{found.records[0].Id}"}),
        part("read", "sobjects/Contact/@{made.id}"),
    )
    assert statuses(results) == [200, 200, 200, 201, 200]
    assert [result["referenceId"] for result in results] == ["me", "profile", "found", "made", "read"]
    assert results[1]["body"]["Name"] == "Minimum Access - API Only Integrations"
    assert results[4]["body"]["AccountId"] == results[2]["body"]["records"][0]["Id"]
    assert results[3]["httpHeaders"]["Location"].startswith(f"{BASE}/sobjects/Contact/003")


def test_a_part_that_fails_fails_alone(client: Direct) -> None:
    """The reply is 200; the bad part has its own status and error array."""
    results = client.composite(part("bad", "sobjects/UserLicense/100"), part("good", "query?q=SELECT Id FROM Account"))
    assert statuses(results) == [404, 200]
    assert results[0]["body"] == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


@pytest.mark.parametrize("reference", ["bad.UserLicenseId", "empty.records[0].Id", "nobody.Id", "empty.records[x].Id"])
def test_a_reference_without_a_value_halts_its_part(client: Direct, reference: str) -> None:
    """What refers to a failed part, an empty answer or an unknown part is 400 PROCESSING_HALTED."""
    results = client.composite(
        part("bad", "sobjects/Profile/00e000000000000AAA"),
        part("empty", "query?q=SELECT Id FROM Account LIMIT 0"),
        part("next", f"sobjects/Account/@{{{reference}}}"),
    )
    assert statuses(results) == [404, 200, 400]
    error = results[2]["body"][0]
    assert error["errorCode"] == "PROCESSING_HALTED"
    assert error["message"].startswith(f"Invalid reference specified. No value for {reference} found in ")


def test_all_or_none_takes_everything_back(client: Direct) -> None:
    """With allOrNone, one failure undoes the others, which say so."""
    make = part("make", "sobjects/Account", "POST", {"Name": "undone"})
    broken = part("broken", "sobjects/Account", "POST", {})
    results = client.composite(make, broken, allOrNone=True)
    assert statuses(results) == [400, 400]
    assert results[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert results[1]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert client.rows("SELECT Id FROM Account WHERE Name = 'undone'") == []
    assert statuses(client.composite(make, broken)) == [201, 400]
    assert len(client.rows("SELECT Id FROM Account WHERE Name = 'undone'")) == 1


def test_twenty_five_parts_are_the_most(client: Direct) -> None:
    """25 parts are answered, 26 are refused as a whole."""
    parts = [part(f"part{number}", "sobjects/Account/describe") for number in range(26)]
    assert statuses(client.composite(*parts[:25])) == [200] * 25
    assert client.ask("POST", "composite", {"compositeRequest": parts}).status == 400


def test_five_queries_are_the_most(client: Direct) -> None:
    """5 query parts are answered, 6 are refused as a whole, however many other parts there are."""
    queries = [part(f"q{number}", "query?q=SELECT Id FROM Account") for number in range(6)]
    record = part("r", f"sobjects/User/{client.user.id}")
    assert statuses(client.composite(*queries[:5], record)) == [200] * 6
    assert client.ask("POST", "composite", {"compositeRequest": queries}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"compositeRequest": []},
        {"compositeRequest": [part("a-b", "sobjects")]},
        {"compositeRequest": [part("a", "sobjects"), part("a", "sobjects")]},
        [],
        b"{",
    ],
)
def test_a_request_that_makes_no_sense_is_refused(client: Direct, body: Any) -> None:
    """No parts, an illegal or doubled reference id, or no JSON: 400 for the whole."""
    assert client.ask("POST", "composite", body).status == 400


def test_a_part_may_ask_conditionally(client: Direct) -> None:
    """A describe that did not change is a part with 304, no body, and its stamps."""
    first = client.composite(part("d", "sobjects/Account/describe"))[0]
    since = {"If-Modified-Since": first["httpHeaders"]["Last-Modified"]}
    again = client.composite(part("d", "sobjects/Account/describe", httpHeaders=since))[0]
    assert (again["httpStatusCode"], again["body"]) == (304, None)
    assert set(again["httpHeaders"]) == {"ETag", "Last-Modified"}


def test_a_composite_cannot_hold_a_composite(client: Direct) -> None:
    """Nor anything that is not below the REST path."""
    inner = part("a", "composite", "POST", {"compositeRequest": []})
    outer = {"referenceId": "b", "method": "GET", "url": "/services/oauth2/userinfo"}
    assert statuses(client.composite(inner, outer)) == [404, 404]
