"""Whole examinations with a diagnostic connection: what it tells apart, what it costs, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect, connect_by_session

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.causes import CAUSE_IDS
from airflow_sf_health.org.connection import OrgConnection, TimeLimits, org_connection
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

State = Callable[[FakeOrg], Any]
ADMIN = "admin@acme.com"
SOAP = ("soap_token", "soap_organization")
BY_PASSWORD = ("password", *SOAP)
MASKING = ("jwt", *BY_PASSWORD)
"""Login flows that name their user, so that a second user can be asked about it."""


def with_second_user(org: FakeOrg, connection: OrgConnection, name: str = "jwt", **extra: Any) -> OrgConnection:
    """The connection with the administrator's as its diagnostic one, on the My Domain and made before anything is changed."""
    domain = {} if name == "session" else {"domain": "acme.my"}
    fields = org.connection(name, username=ADMIN, **{**domain, **extra})
    second = org_connection("crm_admin", login=fields["login"], password=fields["password"], extra=fields["extra"])
    return replace(connection, diagnostic_conn_id="crm_admin", diagnostic=second)


def frozen(org: FakeOrg) -> None:
    org.user().frozen = True


def contained(org: FakeOrg) -> None:
    org.contain()


def locked(org: FakeOrg) -> None:
    org.user().locked = True


def inactive(org: FakeOrg) -> None:
    org.user().active = False


def wrong_password(org: FakeOrg) -> None:
    org.user().password = "another-password"


def out_of_hours(org: FakeOrg) -> None:
    org.state.profile_of(org.user()).login_hours = (0, 0)


def wrong_address(org: FakeOrg) -> None:
    org.state.profile_of(org.user()).login_ip_ranges = [("10.0.0.1", "10.0.0.9")]


def shared_host_shut(org: FakeOrg) -> None:
    org.state.org.my_domain_login_enforced = True


def no_api(org: FakeOrg) -> None:
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")


def expired(org: FakeOrg) -> None:
    org.user().password_expired = True


def healthy(org: FakeOrg) -> None:
    """As it is."""


def maintenance(org: FakeOrg) -> None:
    org.fault(status=503)


STATES: dict[str, State] = {
    each.__name__: each
    for each in (
        *(frozen, locked, inactive, wrong_password, out_of_hours, wrong_address, shared_host_shut, no_api, expired),
        *(healthy, maintenance),
    )
}


def levels(report: Report) -> dict[str, set[Level]]:
    return {
        each.check: {other.level for other in report.findings if other.check == each.check} for each in report.findings
    }


def causes_in(report: Report) -> set[str | None]:
    main = report.main
    return {main.cause, *(each.cause for each in main.candidates)} if main else set()


# Told apart


@pytest.mark.parametrize(
    ("state", "cause", "names"),
    [
        ("locked", "user_frozen_or_locked", MASKING),
        ("inactive", "user_inactive", MASKING),
        ("wrong_password", "bad_credentials", BY_PASSWORD),
        ("out_of_hours", "login_hours_restricted", MASKING),
        ("wrong_address", "login_ip_restricted", MASKING),
    ],
)
def test_masked_causes_are_told_apart(org: FakeOrg, state: str, cause: str, names: tuple[str, ...]) -> None:
    """With a second user the cause is certain, and so fails at once; without one, it was among the candidates."""
    for name in names:
        org.reset()
        alone = connect(org, name)
        two = with_second_user(org, alone)
        STATES[state](org)
        guessed, known = examine(alone), examine(two)
        assert cause in causes_in(guessed)
        assert known.main is not None
        assert (known.verdict, known.main.cause, known.main.certain, known.main.candidates) == (
            *(Verdict.UNHEALTHY, cause, True),
            (),
        )
        assert known.second_opinion.startswith("connection 'crm_admin' sees the user ")
        if guessed.main is not None and not guessed.main.certain:
            assert "seen by connection 'crm_admin'" in known.main.saw


@pytest.mark.parametrize("state", [frozen, contained])
@pytest.mark.parametrize("name", MASKING)
def test_a_frozen_user_may_be_contained(org: FakeOrg, name: str, state: State) -> None:
    """Of all that a masked refusal may be, frozen by hand and frozen by Salesforce are left; no retry heals either."""
    connection = with_second_user(org, connect(org, name))
    state(org)
    report = examine(connection)
    assert report.main is not None
    assert (report.main.cause, report.main.certain) == ("user_frozen_or_locked", False)
    assert [each.cause for each in report.main.candidates] == ["user_contained"]
    assert report.no_retry_heals
    text = " ".join(message(report).split())
    assert "Salesforce Security notification" in text
    assert "The record was last changed on" in text


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", STATES)
def test_never_contradictory(org: FakeOrg, name: str, state: str) -> None:
    """The same verdict with and without a second user, a cause that was among those named before; what the second user adds is
    what the first could not ask.
    """
    alone = connect(org, name)
    two = with_second_user(org, alone)
    STATES[state](org)
    one_sees, both_see = examine(alone), examine(two)
    assert both_see.verdict is one_sees.verdict
    assert causes_in(both_see) <= causes_in(one_sees)
    before, after = levels(one_sees), levels(both_see)
    assert all(after[check] == before[check] or before[check] == {Level.UNKNOWN} for check in before)
    if one_sees.main is not None and one_sees.main.certain and both_see.main is not None:
        assert both_see.main.cause == one_sees.main.cause
        assert both_see.no_retry_heals is one_sees.no_retry_heals
    assert load(dump(both_see)) == both_see


def test_the_user_becomes_known(org: FakeOrg) -> None:
    """A refused login tells neither id nor org; the second user does, so the message links the very page to open."""
    connection = with_second_user(org, connect(org, "soap_token", contact="crm@acme.com"))
    frozen(org)
    report = examine(connection)
    user = org.user()
    assert (report.identity.user_id, report.identity.profile_id) == (user.id, user.profile_id)
    assert (report.identity.org_id, report.identity.host) == (org.state.org.id, org.state.org.host)
    text = message(report)
    assert f"integration@acme.com ({user.id}) in acme.my.salesforce.com, org {org.state.org.id}" in text
    assert f"https://acme.my.salesforce.com/lightning/setup/ManageUsers/page?address=%2F{user.id}" in text
    assert "  witness  connection 'crm_admin' sees the user active, frozen, not locked" in text


def test_the_host_of_the_connection_stays_what_it_is(org: FakeOrg) -> None:
    """Though the org's own host is known by then, the advice speaks of the one that the login went to."""
    connection = with_second_user(org, connect(org, "jwt"))
    shared_host_shut(org)
    report = examine(connection)
    assert "wrong_login_host" in causes_in(report)
    assert "now it is login.salesforce.com" in " ".join(message(report).split())


def test_a_dead_session_whose_renewal_is_refused(org: FakeOrg) -> None:
    """The second user is asked about the login that was to replace the session."""
    connection = with_second_user(org, connect_by_session(org, "password"))
    frozen(org)
    org.expire_sessions()
    report = examine(connection)
    assert causes_in(report) == {"user_frozen_or_locked", "user_contained"}


@pytest.mark.parametrize(
    ("state", "cause"),
    [("locked", "user_frozen_or_locked"), ("out_of_hours", "login_hours_restricted")],
)
def test_a_masked_refusal_beside_a_living_session(org: FakeOrg, state: str, cause: str) -> None:
    """The login that would replace the session is refused, and the second user is asked about that one."""
    connection = with_second_user(org, connect_by_session(org, "jwt"))
    STATES[state](org)
    report = examine(connection)
    next_token = next(each for each in report.findings if each.check == "session.refresh")
    assert (next_token.level, next_token.cause, next_token.certain) == (Level.FAILED, cause, True)
    assert "seen by connection 'crm_admin'" in next_token.saw


def test_where_api_only_comes_from(org: FakeOrg) -> None:
    """A task that needs the user interface learns which profile forbids it."""
    connection = with_second_user(org, connect(org, "jwt"))
    report = examine(connection, Requirements(api_only=False))
    assert report.main is not None
    assert report.main.cause == "api_only_user_ui"
    assert "Minimum Access - API Only Integrations" in message(report)


# What it costs


@pytest.mark.parametrize("name", FLOWS)
def test_nobody_is_asked_while_all_is_well(org: FakeOrg, name: str) -> None:
    """A healthy preflight costs two requests and one API call, with or without a second user."""
    report = examine(with_second_user(org, connect(org, name)))
    assert report.may_proceed
    assert (report.cost.http_requests, report.cost.api_calls, report.second_opinion) == (2, 1, "")


def test_its_requests_are_in_the_cost(org: FakeOrg) -> None:
    """One login and two API calls more, as the org itself counts them."""
    connection = with_second_user(org, connect(org, "soap_token"))
    frozen(org)
    report, counts = examine(connection), org.counts()
    assert (report.cost.http_requests, report.cost.api_calls, report.cost.logins) == (4, 2, 2)
    assert (counts.http_requests, counts.api_calls, counts.logins) == (4, 2, 2)
    assert report.cost.api_allowed == 100_000


@pytest.mark.parametrize(
    ("state", "requirements"), [(maintenance, None), (healthy, Requirements(org_id="00DHs0000000002MAA"))]
)
def test_nobody_is_asked_what_a_user_cannot_know(org: FakeOrg, state: State, requirements: Requirements | None) -> None:
    """Where it is certain that the org or the connection is at fault, a second user's login would be wasted."""
    connection = with_second_user(org, connect(org, "jwt"))
    state(org)
    report = examine(connection, requirements)
    assert (report.verdict, report.second_opinion) == (Verdict.UNHEALTHY, "")
    assert report.cost.logins == 1


# When the second user cannot help


@pytest.mark.parametrize("fault", [{"stall": "headers"}, {"drip": 0.05}, {"delay": 60}])
def test_a_second_user_who_hangs_costs_nothing_of_the_first_report(org: FakeOrg, fault: dict[str, Any]) -> None:
    """The time limit ends it, and the message says in a line that nobody answered."""
    connection = with_second_user(org, connect(org, "soap_token", limits=TimeLimits(examination=1.0)))
    frozen(org)
    org.fault(host="acme.my.salesforce.com", path="/services/oauth2/token", **fault)
    report = examine(connection)
    assert (report.verdict, report.main and report.main.cause) == (Verdict.UNHEALTHY, "bad_credentials")
    assert "user_frozen_or_locked" in causes_in(report)
    assert report.second_opinion.startswith("connection 'crm_admin' ")
    assert "time limit of 1 s reached" in report.second_opinion or "did not answer in time" in report.second_opinion


def test_a_name_look_up_that_hangs(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be ended at all leaves the first report, and says so."""
    monkeypatch.setattr("airflow_sf_health.org.deadline.GRACE", 0.05)
    monkeypatch.setattr("airflow_sf_health.evidence.look.look_by_second_user", _hang)
    connection = with_second_user(org, connect(org, "soap_token", limits=TimeLimits(examination=1.0)))
    frozen(org)
    report = examine(connection)
    assert (report.main and report.main.cause, report.second_opinion) == (
        "bad_credentials",
        "connection 'crm_admin' did not answer in time",
    )


def _hang(*_: Any) -> Any:
    import threading

    threading.Event().wait(3)
    raise OSError


@pytest.mark.parametrize("name", ["jwt", "soap_token", "session"])
def test_a_second_user_who_is_refused(org: FakeOrg, name: str) -> None:
    """The first report stands as it was, candidates included; one line says why there is no second opinion."""
    alone = connect(org, "soap_token")
    two = with_second_user(org, alone, name)
    frozen(org)
    org.user(ADMIN).active = False
    org.expire_sessions(org.user(ADMIN))
    one_sees, both_see = examine(alone), examine(two)
    assert replace(both_see, cost=one_sees.cost, second_opinion="", examined_at=one_sees.examined_at) == replace(
        one_sees, findings=both_see.findings
    )
    assert [each.cause for each in both_see.findings] == [each.cause for each in one_sees.findings]
    assert both_see.second_opinion.startswith("connection 'crm_admin' could not be asked: ")
    assert "  witness  connection 'crm_admin' could not be asked" in message(both_see)


def test_a_refused_second_user_is_not_tried_at_each_examination(org: FakeOrg) -> None:
    """Three examinations are one wrong password, and the message says until when."""
    connection = with_second_user(org, connect(org, "jwt"), "soap_token")
    frozen(org)
    org.user(ADMIN).password = "another-password"
    for _ in range(3):
        report = examine(connection)
        assert "could not be asked: " in report.second_opinion
        assert "and is not tried again before" in report.second_opinion
    assert [each.status for each in org.state.logins if each.user_id == org.user(ADMIN).id] == ["Invalid password"]


def test_client_credentials_name_no_user(org: FakeOrg) -> None:
    """Where their login is refused, nobody can be asked about; that is said, and nothing is sent."""
    connection = with_second_user(org, connect(org, "client_credentials"))
    frozen(org)
    report = examine(connection)
    assert report.second_opinion == (
        "connection 'crm_admin' could tell nothing: the login names no user whom it could be asked about"
    )
    assert report.cost.logins == 1


def test_a_second_user_of_another_org(org: FakeOrg) -> None:
    """What another org's users are has nothing to do with this one."""
    connection = with_second_user(org, connect(org, "soap_token", expected_org_id="00DHs0000000002MAA"))
    frozen(org)
    report = examine(connection)
    assert "which is not known to be the same org" in report.second_opinion
    assert (report.main and report.main.certain, report.identity.user_id) == (False, None)


@pytest.mark.parametrize("state", [healthy, frozen])
def test_a_diagnostic_connection_that_cannot_be_used(org: FakeOrg, state: State) -> None:
    """It is told by day, before it is needed at night, and changes no verdict."""
    alone = connect(org, "jwt")
    problem = "connection 'crm_admin' could not be asked: Airflow gave no such connection (KeyError)"
    state(org)
    report = examine(replace(alone, diagnostic_conn_id="crm_admin", diagnostic_problem=problem))
    assert (report.verdict, report.second_opinion) == (examine(alone).verdict, problem)
    assert f"  witness  {problem}" in message(report)


def test_what_only_the_second_user_saw_does_not_lead(org: FakeOrg) -> None:
    """A licence that ran out is told beside the failure that the first user met, not in its place."""
    connection = with_second_user(org, connect(org, "jwt"))
    no_api(org)
    alone = examine(replace(connection, diagnostic=None))
    org.state.license_of(org.user()).status = "Disabled"  # type: ignore[union-attr]
    report = examine(connection)
    assert report.main is not None
    assert report.main.cause in causes_in(alone)
    assert "licence 'Salesforce Integration' Disabled" in report.second_opinion
    assert "license_missing_or_expired" in {each.cause for each in report.findings if each.level is Level.FAILED}


def test_a_repaired_examination_keeps_its_repair(org: FakeOrg) -> None:
    """A dead session that was replaced, and then a task that needs something else: both are told."""
    connection = with_second_user(org, connect_by_session(org, "jwt"))
    org.expire_sessions()
    report = examine(connection, Requirements(api_only=False))
    assert report.repairs
    assert report.second_opinion


def test_the_second_look_is_no_repair(org: FakeOrg) -> None:
    """With ``reauthenticate`` off a second user is asked all the same: nothing is changed by asking."""
    connection = with_second_user(org, connect(org, "soap_token"))
    frozen(org)
    report = examine(connection, options=Options(reauthenticate=False))
    assert report.main is not None
    assert report.main.cause == "user_frozen_or_locked"
    assert report.main.cause in CAUSE_IDS
    assert all(each.level is not Level.OK or each.check != "session.login" for each in report.findings)


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_any_flow_may_be_the_second_users(org: FakeOrg, name: str) -> None:
    """The diagnostic connection is a connection like any other."""
    if name == "client_credentials":
        org.state.apps[0].run_as_user_id = org.user(ADMIN).id
    connection = with_second_user(org, connect(org, "soap_token"), name)
    frozen(org)
    report = examine(connection)
    assert report.main is not None
    assert causes_in(report) == {"user_frozen_or_locked", "user_contained"}
