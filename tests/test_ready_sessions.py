"""The whole job with a ready session: what is tried beside it, and what is not, so that no examination harms its user."""

from __future__ import annotations

from typing import Any

import pytest
from connecting import connect_by_session

from airflow_sf_health import Options, examine
from airflow_sf_health.org.connection import org_connection
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

POKES = 5


def of(report: Report, check: str) -> Finding:
    return next(each for each in report.findings if each.check == check)


def cost(report: Report) -> tuple[int, int, int]:
    return report.cost.http_requests, report.cost.api_calls, report.cost.logins


def test_login_beside_a_healthy_session(org: FakeOrg) -> None:
    """One token request more than without; leaving the check out saves it."""
    connection = connect_by_session(org)
    assert cost(examine(connection)) == (3, 1, 1)
    assert cost(examine(connection, selected=["-session.refresh"])) == (2, 1, 0)


def test_login_beside_a_healthy_session_that_hangs(org: FakeOrg) -> None:
    """The examination's own limit ends it; what the session said stands."""
    connection = connect_by_session(org, examination_timeout=2.0)
    with org.fault(path="*/token", stall="headers"):
        report = examine(connection)
    assert report.may_proceed
    assert of(report, "session.refresh").level is Level.UNKNOWN


@pytest.mark.parametrize("name", ["password", "soap_organization"])
@pytest.mark.parametrize("reauthenticate", [False, True])
def test_outdated_password_beside_a_session(org: FakeOrg, name: str, reauthenticate: bool) -> None:
    """It is not tried while the session lives, so no number of examinations locks the user out."""
    connection = connect_by_session(org, name)
    org.user().password = "another"
    for _ in range(POKES):
        report = examine(connection, options=Options(reauthenticate=reauthenticate))
        assert (report.may_proceed, cost(report)) == (True, (2, 1, 0))
        assert of(report, "session.refresh").level is Level.INFO
    assert org.counts().logins == 0
    assert not org.user().locked


def test_login_that_nobody_wants(org: FakeOrg) -> None:
    """Where reauthenticate is off, a refused login would tell of nothing that the task does."""
    connection = connect_by_session(org)
    org.state.apps[0].consumer_key = "another"
    report = examine(connection, options=Options(reauthenticate=False))
    assert (report.may_proceed, cost(report)) == (True, (2, 1, 0))
    assert "reauthenticate is off" in of(report, "session.refresh").summary


@pytest.mark.parametrize("name", ["jwt", "password", "refresh_token"])
def test_session_of_the_caller(org: FakeOrg, name: str) -> None:
    """The task works by it, so a credential that would be refused beside it is no failure of the task."""
    fields, ready = org.connection(name), org.connection("session")["extra"]
    extra = {**fields["extra"], "instance": ready["instance_url"].removeprefix("https://")}
    connection = org_connection(
        "crm", login=fields["login"], password=fields["password"], extra=extra, session_id=ready["session_id"]
    )
    org.state.apps[0].consumer_key = "another"
    report = examine(connection)
    assert (report.verdict, cost(report)) == (Verdict.HEALTHY, (2, 1, 0))
    assert "handed over by the caller" in of(report, "session.refresh").summary


def test_refused_login_beside_a_session(org: FakeOrg) -> None:
    """By a flow that locks nobody out it is made, and its refusal is the failure that comes next."""
    connection = connect_by_session(org)
    org.state.apps[0].consumer_key = "another"
    report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.check) == (Verdict.UNHEALTHY, "session.refresh")
    assert cost(report) == (3, 1, 1)


def test_what_the_message_says_of_the_proof(org: FakeOrg) -> None:
    """A login was made beside the session, and does not prove it."""
    text = " ".join(message(examine(connect_by_session(org))).split())
    assert "the session was there before, and proves only itself" in text
    assert "no login was made" not in text


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"domain": "https://acme.my.salesforce.com"}, "Set it to 'acme.my'"),
        ({"consumer_key": "key "}, "has white space or a line break around its consumer_key"),
    ],
)
def test_renewal_that_is_malformed(org: FakeOrg, extra: dict[str, Any], words: str) -> None:
    """The session works, so the task goes on; what would fail after it is a warning in the words of the field."""
    report = examine(connect_by_session(org, **extra))
    found = of(report, "session.refresh")
    assert (report.verdict, report.may_proceed, found.level) == (Verdict.DEGRADED, True, Level.WARNING)
    assert words in found.summary
    assert "nothing to log in with" not in found.summary
    assert words in " ".join(message(report).split())
