"""One look at the org: what was seen, also when nothing could be."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect, connect_by_session, fields_of

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.look import INCOMPLETE, NO_LOGIN, Look, incomplete, out_of_time
from airflow_sf_health.evidence.needs import (
    API,
    CONNECTION,
    LOGIN,
    NEXT_TOKEN,
    NOW,
    OWN_LICENSE,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    REQUIREMENTS,
    RUNNING_USER,
)
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
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


REFRESH = LoginFlow.REFRESH_TOKEN
ROTATES: dict[str, Any] = {"refresh_token_rotation": True}


def next_token(connection: OrgConnection, **options: Any) -> NextTokenFacts | Refusal:
    evidence = Look([RUNNING_USER, OWN_PERMISSIONS, NEXT_TOKEN], Requirements()).at(connection, **options)
    return evidence.refusal(NEXT_TOKEN) or evidence[NEXT_TOKEN]


def cost(org: FakeOrg) -> tuple[int, int, int]:
    counts = org.counts()
    return counts.http_requests, counts.api_calls, counts.logins


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_next_token_after_a_login(org: FakeOrg, name: str) -> None:
    """The login just made answers it, and nothing more is asked."""
    connection = connect(org, name)
    assert next_token(connection) == NextTokenFacts(by="login", flow=connection.flow)
    assert cost(org) == (2, 1, 1)


def test_next_token_of_a_refused_login(org: FakeOrg) -> None:
    """Where the login is refused, that is the answer."""
    org.user().active = False
    refusal = next_token(connect(org, "jwt"))
    assert isinstance(refusal, Refusal)
    assert refusal.message == "inactive user"


def test_next_token_after_a_login_that_spent_it(org: FakeOrg) -> None:
    """A login that finds out about rotation has spent the refresh token."""
    connection = connect(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    evidence = Look([NEXT_TOKEN], Requirements()).at(connection)
    assert evidence[NEXT_TOKEN] == NextTokenFacts(by="login", flow=REFRESH, rotated=True)
    assert evidence[LOGIN].rotated


@pytest.mark.parametrize("name", [each for each in LOGIN_FLOWS if each != "soap_token"])
def test_next_token_beside_a_ready_session(org: FakeOrg, name: str) -> None:
    """One login by the flow that would replace the session, whose token is not used."""
    connection = connect_by_session(org, name)
    assert connection.renewal is not None
    assert next_token(connection) == NextTokenFacts(by="renewal", flow=connection.renewal.flow)
    assert cost(org) == (3, 1, 1)


def test_next_token_is_found_out_only_where_it_is_asked(org: FakeOrg) -> None:
    """A look that nobody asks for it makes no login beside the session, and no introspection."""
    Look([RUNNING_USER], Requirements()).at(connect_by_session(org))
    assert cost(org) == (2, 1, 0)
    evidence = Look([RUNNING_USER], Requirements()).at(connect(org, "refresh_token", **ROTATES))
    assert evidence[LOGIN].withheld
    assert cost(org) == (2, 1, 0)


def test_refused_login_beside_a_ready_session(org: FakeOrg) -> None:
    """A login that is refused beside a session that lives is what will happen next."""
    connection = connect_by_session(org)
    org.state.apps[0].consumer_key = "another"
    facts = next_token(connection)
    assert isinstance(facts, NextTokenFacts)
    assert facts.refusal is not None
    assert (facts.by, facts.refusal.code) == ("renewal", "invalid_client_id")


def test_login_beside_a_ready_session_that_cannot_be_made(org: FakeOrg) -> None:
    """A key that cannot be read is found by it too."""
    facts = next_token(connect_by_session(org, private_key="none"))
    assert isinstance(facts, NextTokenFacts)
    assert facts.refusal is not None
    assert facts.refusal.code == INCOMPLETE


def test_login_beside_a_ready_session_that_spends_the_token(org: FakeOrg) -> None:
    """Rotation shows there too."""
    connection = connect_by_session(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    assert next_token(connection) == NextTokenFacts(by="renewal", flow=REFRESH, rotated=True)


@pytest.mark.parametrize("is_last", [False, True])
def test_no_login_beside_a_dead_session(org: FakeOrg, is_last: bool) -> None:
    """The login that replaces a dead session tells more; where none may follow, none is made."""
    connection = connect_by_session(org)
    org.expire_sessions()
    refusal = next_token(connection, is_last=is_last)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert cost(org) == (2, 1, 0)


def test_no_login_beside_a_session_that_nobody_answers(org: FakeOrg) -> None:
    """Silence of the API leaves it unknown, without a second wait."""
    connection = connect_by_session(org)
    with org.fault(path="*/composite", status=503):
        refusal = next_token(connection)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 503
    assert org.counts().logins == 0


def test_session_and_nothing_else(org: FakeOrg) -> None:
    """A ready session alone has no next token."""
    assert next_token(connect(org, "session")) == NextTokenFacts(by="nothing")


def test_withheld_login(org: FakeOrg) -> None:
    """No login is made, so nothing of the org is known; the token is introspected and not spent."""
    connection = connect(org, "refresh_token", **ROTATES)
    evidence = Look([OWN_LICENSE, NEXT_TOKEN], Requirements()).at(connection)
    login = evidence[LOGIN]
    assert (login.withheld, login.refusal, login.fresh) == (connection.withheld, None, False)
    assert {evidence.refusal(need) for need in (RUNNING_USER, OWN_LICENSE, API)} == {NO_LOGIN}
    assert evidence[NEXT_TOKEN] == NextTokenFacts(by="introspection", flow=REFRESH, active=True)
    assert cost(org) == (1, 0, 0)


@pytest.mark.parametrize("beside_a_session", [False, True])
def test_dead_token_that_is_not_ours_to_spend(org: FakeOrg, beside_a_session: bool) -> None:
    """Introspection tells that it is dead, also behind a ready session that lives."""
    connect_it = connect_by_session if beside_a_session else connect
    connection = connect_it(org, "refresh_token", refresh_token_owner="skyvia")
    for token in org.state.refresh_tokens:
        token.revoked = True
    assert next_token(connection) == NextTokenFacts(by="introspection", flow=REFRESH, active=False)
    assert cost(org) == ((3, 1, 0) if beside_a_session else (1, 0, 0))


def test_introspection_that_is_refused(org: FakeOrg) -> None:
    """The refusal is kept."""
    connection = connect(org, "refresh_token", **ROTATES)
    org.state.apps[0].consumer_secret = "another"
    facts = next_token(connection)
    assert isinstance(facts, NextTokenFacts)
    assert facts.refusal is not None
    assert (facts.active, facts.refusal.code) == (None, "invalid_client")


def test_stop_ends_what_is_asked_beside(org: FakeOrg) -> None:
    """Told to stop while the login beside the session hangs, a look gives what it has seen by then."""
    connection = connect_by_session(org)
    look = Look([RUNNING_USER, NEXT_TOKEN], Requirements())
    fault = org.fault(path="*/token", stall="headers")
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(look.at(connection)))
    thread.start()
    while not fault.met:
        thread.join(0.01)
    look.stop()
    thread.join(10)
    assert done[0][RUNNING_USER]["IsActive"]
    assert done[0][NEXT_TOKEN].refusal.said == "examination time limit of 60 s reached"


@pytest.mark.parametrize("beside_a_session", [False, True])
def test_stop_ends_an_introspection(org: FakeOrg, beside_a_session: bool) -> None:
    """The same for an introspection."""
    connect_it = connect_by_session if beside_a_session else connect
    look, fault = Look([NEXT_TOKEN], Requirements()), org.fault(path="*/introspect", drip=0.05)
    done: list[Any] = []
    connection = connect_it(org, "refresh_token", **ROTATES)
    thread = threading.Thread(target=lambda: done.append(look.at(connection)))
    thread.start()
    while not fault.met:
        thread.join(0.01)
    look.stop()
    thread.join(10)
    assert "examination time limit" in done[0][NEXT_TOKEN].refusal.said
