"""Whether the next token can be had: how that is found out, what it costs, and where nothing is tried."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from connecting import LOGIN_FLOWS, connect, connect_by_session

from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.needs import LOGIN, NEXT_TOKEN, OWN_PERMISSIONS, RUNNING_USER
from airflow_sf_health.evidence.next_token import HANDED_OVER, LOCKS_OUT, NO_SECRET, NOT_WANTED
from airflow_sf_health.evidence.told import INCOMPLETE
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.testing import FakeOrg

REFRESH = LoginFlow.REFRESH_TOKEN
ROTATES: dict[str, Any] = {"refresh_token_rotation": True}


def next_token(connection: OrgConnection, *, is_last: bool = False) -> NextTokenFacts | Refusal:
    evidence = Look([RUNNING_USER, OWN_PERMISSIONS, NEXT_TOKEN], Requirements()).at(connection, is_last=is_last)
    return evidence.refusal(NEXT_TOKEN) or evidence[NEXT_TOKEN]


def by_argument(org: FakeOrg, name: str, **extra: Any) -> OrgConnection:
    """A session handed over by the caller, on a connection that can log in by itself."""
    fields, ready = org.connection(name, **extra), org.connection("session")["extra"]
    host = {"instance": ready["instance_url"].removeprefix("https://")}
    return org_connection(
        "crm",
        login=fields["login"],
        password=fields["password"],
        extra={**fields["extra"], **host},
        session_id=ready["session_id"],
    )


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


@pytest.mark.parametrize("name", ["jwt", "client_credentials"])
def test_next_token_beside_a_ready_session(org: FakeOrg, name: str) -> None:
    """One login by the flow that would replace the session, whose token is not used."""
    connection = connect_by_session(org, name)
    assert connection.renewal is not None
    assert next_token(connection) == NextTokenFacts(by="renewal", flow=connection.renewal.flow)
    assert cost(org) == (3, 1, 1)


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("is_last", [False, True])
def test_refresh_token_beside_a_ready_session(org: FakeOrg, rotates: bool, is_last: bool) -> None:
    """It is introspected and not used, so that a rotation that nobody told of spends nothing."""
    connection = connect_by_session(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = rotates
    for _ in range(2):
        found = next_token(connection, is_last=is_last)
        assert found == NextTokenFacts(by="introspection", flow=REFRESH, active=True)
    assert cost(org) == (6, 2, 0)
    assert not any(token.spent or token.revoked for token in org.state.refresh_tokens)


@pytest.mark.parametrize("extra", [{}, ROTATES])
def test_refresh_token_of_a_client_without_secret(org: FakeOrg, extra: dict[str, Any]) -> None:
    """Such a client may not introspect, so behind a session that lives nothing is asked."""
    connection = connect_by_session(org, "refresh_token", consumer_secret=None, **extra)
    assert next_token(connection) == NextTokenFacts(by="nothing", untried=NO_SECRET)
    assert cost(org) == (2, 1, 0)


@pytest.mark.parametrize("name", ["password", "soap_organization"])
def test_password_beside_a_ready_session(org: FakeOrg, name: str) -> None:
    """No login by a password is made beside it: an outdated one at each examination would lock the user out."""
    connection = connect_by_session(org, name)
    assert connection.renewal is not None
    label = connection.renewal.flow.label
    assert next_token(connection) == NextTokenFacts(by="nothing", untried=LOCKS_OUT.format(flow=label))
    assert cost(org) == (2, 1, 0)


@pytest.mark.parametrize("name", ["jwt", "client_credentials"])
def test_no_login_beside_a_session_where_none_is_wanted(org: FakeOrg, name: str) -> None:
    """Where no other login may follow, none is made beside the session either."""
    assert next_token(connect_by_session(org, name), is_last=True) == NextTokenFacts(by="nothing", untried=NOT_WANTED)
    assert cost(org) == (2, 1, 0)


@pytest.mark.parametrize("name", ["jwt", "password", "refresh_token"])
def test_session_of_the_caller(org: FakeOrg, name: str) -> None:
    """The task works by the session that its caller gave it, whatever became of the connection's own credential."""
    assert next_token(by_argument(org, name)) == NextTokenFacts(by="nothing", untried=HANDED_OVER)
    assert cost(org) == (2, 1, 0)


def test_dead_token_beside_the_session_of_the_caller(org: FakeOrg) -> None:
    """Nor is it asked about a refresh token that the task does not need."""
    connection = by_argument(org, "refresh_token", **ROTATES)
    assert next_token(connection) == NextTokenFacts(by="nothing", untried=HANDED_OVER)
    assert cost(org) == (2, 1, 0)


def test_malformed_renewal(org: FakeOrg) -> None:
    """What is wrong with the fields that were meant to renew the session is told, and nothing is sent for it."""
    connection = connect_by_session(org, "jwt", domain="https://acme.my.salesforce.com")
    found = next_token(connection)
    assert isinstance(found, NextTokenFacts)
    assert (found.by, found.broken) == ("nothing", connection.renewal_problem)
    assert "Set it to 'acme.my'." in found.broken
    assert cost(org) == (2, 1, 0)


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
    thread = threading.Thread(target=lambda: done.append(look.at(connection, is_last=False)))
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
    thread = threading.Thread(target=lambda: done.append(look.at(connection, is_last=False)))
    thread.start()
    while not fault.met:
        thread.join(0.01)
    look.stop()
    thread.join(10)
    assert "examination time limit" in done[0][NEXT_TOKEN].refusal.said
