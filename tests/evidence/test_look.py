"""One look at the org: what was seen, also when nothing could be."""

from __future__ import annotations

import pytest
from connecting import FLOWS, connect, fields_of

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.needs import (
    API,
    CONNECTION,
    LOGIN,
    NEXT_TOKEN,
    NOW,
    OWN_LICENSE,
    OWN_PROFILE,
    REQUIREMENTS,
    RUNNING_USER,
)
from airflow_sf_health.evidence.told import INCOMPLETE, NO_LOGIN, incomplete, out_of_time
from airflow_sf_health.org.errors import Shape
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.testing import FakeOrg


@pytest.mark.parametrize("name", FLOWS)
def test_look(org: FakeOrg, name: str) -> None:
    """A look answers the given needs as well as those asked, in UTC."""
    requirements = Requirements(sandbox=False)
    connection = connect(org, name)
    evidence = Look([RUNNING_USER, CONNECTION], requirements).at(connection)
    assert evidence[RUNNING_USER]["Username"] == "integration@acme.com"
    assert evidence[REQUIREMENTS] is requirements
    assert evidence[NOW].timezone_name == "UTC"
    assert evidence[NOW] >= evidence[LOGIN].at
    assert (evidence[LOGIN].fresh, evidence[LOGIN].org_id) == (name != "session", org.state.org.id)
    assert evidence[CONNECTION].flow is connection.flow
    assert evidence[CONNECTION].first_host == connection.first_host
    assert evidence[CONNECTION].stock == connection.stock
    assert evidence[CONNECTION].stock_proxies is connection.stock_proxies


def test_refused_login(org: FakeOrg) -> None:
    """A refused login is the answer to all that would have been asked, parents included."""
    org.user().active = False
    evidence = Look([OWN_LICENSE], Requirements()).at(connect(org, "jwt"))
    refusal = evidence[LOGIN].refusal
    assert refusal is not None
    assert {evidence.refusal(need) for need in (RUNNING_USER, OWN_PROFILE, OWN_LICENSE, API)} == {refusal}
    assert org.counts().api_calls == 0


def test_unusable_key(org: FakeOrg) -> None:
    """A connection that cannot be used is told like a refusal, with our own code."""
    evidence = Look([RUNNING_USER], Requirements()).at(connect(org, "jwt", private_key="none"))
    refusal = evidence[LOGIN].refusal
    assert refusal is not None
    assert (refusal.code, refusal.where) == (INCOMPLETE, "extra or field 'private_key'")
    assert org.counts().http_requests == 0


def test_incomplete_connection() -> None:
    """The error of a connection becomes the same refusal."""
    with pytest.raises(OrgConnectionError) as raised:
        fields_of(login="u")
    assert incomplete(raised.value).message == str(raised.value)


def test_look_after_a_fresh_login(org: FakeOrg) -> None:
    """What is refused after a login that replaced a dead session is refused to a fresh token."""
    org.fault(path="*/composite", status=401)
    evidence = Look([RUNNING_USER], Requirements()).at(connect(org, "jwt"))
    refusal = evidence.refusal(RUNNING_USER)
    assert refusal is not None
    assert refusal.fresh_token
    assert evidence[API].refusal == refusal


def test_answers_after_a_fresh_login(org: FakeOrg) -> None:
    """What is answered after such a login stays as it is; a part refused says that the token was fresh."""
    evidence = Look([OWN_LICENSE], Requirements()).at(connect(org, "jwt"))
    assert evidence[RUNNING_USER]["IsActive"]
    assert evidence[API].refusal is None
    license_ = evidence.refusal(OWN_LICENSE)
    assert license_ is not None
    assert license_.fresh_token


def test_stopped_look_asks_nothing(org: FakeOrg) -> None:
    """A look that was told to stop begins nothing more."""
    look = Look([RUNNING_USER], Requirements())
    look.stop()
    refusal = look.at(connect(org, "jwt"))[LOGIN].refusal
    assert refusal is not None
    assert refusal.shape is Shape.NO_ANSWER
    assert org.counts().http_requests == 0


def test_two_looks_are_counted_together(org: FakeOrg) -> None:
    """The traffic of all looks is one sum."""
    look = Look([RUNNING_USER], Requirements())
    for _ in range(2):
        look.at(connect(org, "jwt"))
    assert (look.traffic.logins, look.traffic.api_calls) == (2, 2)


def test_out_of_time() -> None:
    """The refusal of the examination's own limit names it and the host."""
    connection = fields_of(session_id="s", instance_url="https://acme.my.salesforce.com", examination_timeout=1.5)
    refusal = out_of_time(connection)
    assert (refusal.said, refusal.host) == ("examination time limit of 1.5 s reached", "acme.my.salesforce.com")


def test_withheld_login(org: FakeOrg) -> None:
    """No login is made, so nothing of the org is known; the token is introspected and not spent."""
    connection = connect(org, "refresh_token", refresh_token_rotation=True)
    evidence = Look([OWN_LICENSE, NEXT_TOKEN], Requirements()).at(connection)
    login = evidence[LOGIN]
    assert (login.withheld, login.refusal, login.fresh) == (connection.withheld, None, False)
    assert {evidence.refusal(need) for need in (RUNNING_USER, OWN_LICENSE, API)} == {NO_LOGIN}
    assert evidence[NEXT_TOKEN].active
    counts = org.counts()
    assert (counts.http_requests, counts.api_calls, counts.logins) == (1, 0, 0)
