"""Replies that are not what they should be: cut, of another type, by another clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.bodies import BODIES, BODY_OF_STATUS

VERSIONS = "https://acme.my.salesforce.com/services/data/"
USERS = "https://acme.my.salesforce.com/services/data/v60.0/query?q=SELECT+Id+FROM+User"
JOB = "https://acme.my.salesforce.com/services/async/60.0/job"


def test_half_the_text(org: FakeOrg, client: requests.Session) -> None:
    """With `truncate="text"` the reply is whole for HTTP, and its JSON is not."""
    whole = client.get(USERS, timeout=10).content
    org.fault(truncate="text", times=1)
    half = client.get(USERS, timeout=10)
    assert (half.status_code, half.content) == (200, whole[: len(whole) // 2])
    assert int(half.headers["Content-Length"]) == len(half.content)
    with pytest.raises(requests.JSONDecodeError):
        half.json()
    assert client.get(USERS, timeout=10).content == whole


def test_half_the_transfer(org: FakeOrg, client: requests.Session) -> None:
    """With `truncate="transfer"` the connection ends after half of what Content-Length promised."""
    whole = client.get(USERS, timeout=10).content
    org.fault(truncate="transfer", times=1)
    reply = client.get(USERS, timeout=10, stream=True)
    assert int(reply.headers["Content-Length"]) == len(whole)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        reply.content  # noqa: B018 (reads)
    assert client.get(USERS, timeout=10).content == whole


@pytest.mark.parametrize("truncate", ["text", "transfer"])
def test_an_empty_reply_has_no_half(org: FakeOrg, client: requests.Session, truncate: str) -> None:
    """There is nothing to cut of a reply without a body."""
    org.fault(truncate=truncate, status=406)
    reply = client.get(USERS, timeout=10)
    assert (reply.status_code, reply.content) == (406, b"")


def test_a_faults_own_reply_is_cut_too(org: FakeOrg, client: requests.Session) -> None:
    """What a fault answers in place of the org may be cut as well."""
    org.fault(truncate="text", body="x" * 10)
    assert client.get(USERS, timeout=10).text == "x" * 5


def test_cut_replies_are_counted_as_answered(org: FakeOrg, client: requests.Session) -> None:
    """The org has done its work, and counts the call, though half of its answer was lost."""
    org.fault(truncate="transfer")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get(USERS, timeout=10)
    assert org.counts().api_calls == 1
    assert org.requests()[-1].status == 200


def test_nothing_is_logged_of_a_reply_that_was_cut(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server takes a reply that breaks off for a client that went away."""
    with FakeOrg() as org:
        for name, value in org.environ().items():
            monkeypatch.setenv(name, value)
        org.fault(truncate="transfer")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(VERSIONS, timeout=10)
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


def test_another_content_type(org: FakeOrg, client: requests.Session) -> None:
    """The org's own answer may come under a wrong name."""
    org.fault(content_type="text/html")
    reply = client.get(USERS, timeout=10)
    assert (reply.headers["Content-Type"], reply.json()["totalSize"]) == ("text/html", 1)


def test_statuses_have_known_bodies() -> None:
    """What is sent with a status alone is a known body, which comes with that status unless it is a 502."""
    assert set(BODY_OF_STATUS.values()) <= set(BODIES)
    differing = {status for status, name in BODY_OF_STATUS.items() if BODIES[name].status != status}
    assert differing == {502}


@pytest.mark.parametrize(
    ("name", "recording"),
    [
        ("session_invalid", "rest_errors/invalid_session_id.json"),
        ("session_not_valid_for_rest", "rest_errors/session_not_valid_for_rest.json"),
        ("total_requests", "rest_errors/request_limit_total.json"),
        ("concurrent_requests", "rest_errors/request_limit_concurrent.json"),
        ("token_busy", "auth_errors/token_request_already_processed.json"),
    ],
)
def test_known_bodies_say_what_salesforce_says(recorded: Callable[[str], str], name: str, recording: str) -> None:
    """The errors that faults know by name are those that were seen."""
    assert BODIES[name].body == json.loads(recorded(recording))


def test_a_locked_row_says_what_salesforce_says(recorded: Callable[[str], str]) -> None:
    """The error of a locked row is the one that was seen, without the ids."""
    [seen], [known] = json.loads(recorded("rest_errors/unable_to_lock_row.json")), BODIES["row_locked"].body
    assert known.keys() == seen.keys()
    assert seen["message"].startswith(known["message"])


@pytest.mark.parametrize("hours", [-2, 0, 2])
def test_the_date_follows_the_orgs_clock(org: FakeOrg, client: requests.Session, hours: int) -> None:
    """Each reply has the date of the org's own clock, which may be wrong, until the org begins anew."""
    org.clock_offset = hours * 3600
    ahead = parsedate_to_datetime(client.get(VERSIONS, timeout=10).headers["Date"]) - datetime.now(UTC)
    assert round(ahead / timedelta(hours=1)) == hours
    org.reset()
    assert org.clock_offset == 0
