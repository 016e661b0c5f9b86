"""The whole job against the fake org: each state by each flow, with its verdict, cause, and cost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect, connect_by_session
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from known import APPLYING

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.checks import UnknownCheckError
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.examination import report_absent, report_incomplete, report_unasked
from airflow_sf_health.org.connection import OrgConnection, TimeLimits, org_connection
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

HEALTHY, DEGRADED = Verdict.HEALTHY, Verdict.DEGRADED
UNHEALTHY, UNDETERMINED = Verdict.UNHEALTHY, Verdict.UNDETERMINED
SOAP = ("soap_token", "soap_organization")
OAUTH = ("jwt", "client_credentials", "password")
BY_PASSWORD = ("password", *SOAP)
"""Whose password may expire; a warning says so."""

State = Callable[[FakeOrg], None]


def outcome(report: Report) -> tuple[Verdict, str | None, bool | None]:
    main = report.main
    return report.verdict, main.cause if main else None, main.certain if main else None


def cost(report: Report) -> tuple[int, int, int]:
    return report.cost.http_requests, report.cost.api_calls, report.cost.logins


def levels(report: Report) -> dict[str, Level]:
    return {finding.check: finding.level for finding in report.findings}


def agrees(report: Report, org: FakeOrg) -> bool:
    """Whether the report's cost is what the org itself has counted."""
    counts, own = org.counts("test"), report.cost
    theirs = (counts.http_requests, counts.api_calls, counts.logins, counts.tls_connections)
    return theirs == (own.http_requests, own.api_calls, own.logins, own.connections)


# Healthy


@pytest.mark.parametrize(
    ("name", "connections", "logins"),
    [
        ("jwt", 2, 1),
        ("client_credentials", 1, 1),
        ("password", 2, 1),
        ("soap_token", 2, 1),
        ("soap_organization", 2, 1),
        ("refresh_token", 2, 1),
        ("session", 1, 0),
    ],
)
def test_healthy_default(org: FakeOrg, name: str, connections: int, logins: int) -> None:
    """A minimal integration user is healthy and quiet for two HTTP requests and one API call; its coverage is stated."""
    report = examine(connect(org, name))
    assert report.verdict is (DEGRADED if name in BY_PASSWORD else HEALTHY)
    assert cost(report) == (2, 1, logins)
    assert report.cost.connections == connections
    assert agrees(report, org)
    assert report.cost.api_allowed == 100_000
    unasked = {"user.license"} if logins else {"user.license", "user.frozen"}
    assert report.asked == (len(APPLYING) - len(unasked), len(APPLYING))
    assert {check for check, level in levels(report).items() if level is Level.UNKNOWN} == unasked
    assert all(finding.level is not Level.FAILED for finding in report.findings)


@pytest.mark.parametrize("name", ["jwt", "password", "soap_token"])
def test_login_on_the_my_domain_is_one_connection(org: FakeOrg, name: str) -> None:
    """Where the login host is the My Domain itself, one TLS connection carries all."""
    report = examine(connect(org, name, domain="acme.my"))
    assert report.may_proceed
    assert (report.cost.connections, org.counts().tls_connections) == (1, 1)


@pytest.mark.parametrize("name", FLOWS)
def test_who_and_what(org: FakeOrg, name: str) -> None:
    """The report names connection, flow, user, org, host, proof, contact; it is the same after its payload's way."""
    connection = connect(org, name, contact="crm@acme.com", client_id="x")
    report = examine(connection)
    user, identity = org.user(), report.identity
    assert (identity.username, identity.user_id, identity.profile_id) == (user.username, user.id, user.profile_id)
    assert (identity.org_id, identity.org_name, identity.is_sandbox) == (org.state.org.id, "Acme", False)
    assert identity.host == "acme.my.salesforce.com"
    assert (report.conn_id, report.flow, report.login_host) == ("crm", connection.flow, connection.first_host)
    assert (report.contact, report.version) == ("crm@acme.com", "59.0")
    assert report.ignored_fields == (() if name in SOAP else ("client_id",))
    assert report.proof is not None
    assert report.proof.fresh == (name != "session")
    assert report.repairs == ()
    assert load(dump(report)) == report


def test_user_with_more_rights(org: FakeOrg) -> None:
    """A user who may view the setup has all questions answered."""
    report = examine(connect(org, "jwt", username="admin@acme.com"))
    assert report.verdict is HEALTHY
    assert report.asked == (len(APPLYING), len(APPLYING))
    assert "licence 'Salesforce' is active" in next(
        each.summary for each in report.findings if each.check == "user.license"
    )


def test_sandbox(org: FakeOrg) -> None:
    """A sandbox is recognised as one."""
    org.state.org.is_sandbox = True
    org.state.org.my_domain = "acme--dev"
    report = examine(connect(org, "jwt"), Requirements(sandbox=True))
    assert (report.verdict, report.identity.is_sandbox) == (HEALTHY, True)
    assert report.login_host == "test.salesforce.com"


# Refused logins


def inactive(org: FakeOrg) -> None:
    org.user().active = False


def soap_off(org: FakeOrg) -> None:
    org.state.org.soap_login_enabled = False


def flow_off(org: FakeOrg) -> None:
    org.state.org.password_flow_enabled = False


def other_password(org: FakeOrg) -> None:
    org.user().password = "another-password"


def other_secret(org: FakeOrg) -> None:
    org.state.apps[0].consumer_secret = "another-secret"


def other_key(org: FakeOrg) -> None:
    org.state.apps[0].consumer_key = "another-key"


def not_approved(org: FakeOrg) -> None:
    org.state.apps[0].approved_user_ids = set()


def no_run_as_user(org: FakeOrg) -> None:
    org.state.apps[0].run_as_user_id = None


def expired_password(org: FakeOrg) -> None:
    org.user().password_expired = True


def maintenance(org: FakeOrg) -> None:
    org.fault(status=503)


def setting_up(org: FakeOrg) -> None:
    org.fault(status=420)


def bad_gateway(org: FakeOrg) -> None:
    org.fault(status=502, body="<html>Bad Gateway</html>")


def reset(org: FakeOrg) -> None:
    org.fault(reset=True)


def html_instead(org: FakeOrg) -> None:
    org.fault(status=200, body="<html><body>Welcome to the guest network</body></html>")


REPEATED = tuple(name for name in LOGIN_FLOWS if name != "refresh_token")
"""Flows whose login is made once more when nobody answered; a refresh token may have been spent by then."""
REFUSED_LOGINS = [
    *((name, inactive, UNHEALTHY, "user_inactive", True, (1, 0, 1)) for name in OAUTH if name != "password"),
    *((name, inactive, UNHEALTHY, "bad_credentials", False, (1, 0, 1)) for name in BY_PASSWORD),
    *((name, other_password, UNHEALTHY, "bad_credentials", False, (1, 0, 1)) for name in BY_PASSWORD),
    ("password", flow_off, UNHEALTHY, "bad_credentials", False, (1, 0, 1)),
    *((name, soap_off, UNHEALTHY, "soap_login_disabled", True, (1, 0, 1)) for name in SOAP),
    *(
        (name, other_secret, UNHEALTHY, "bad_credentials", True, (1, 0, 1))
        for name in ("client_credentials", "password")
    ),
    *((name, other_key, UNHEALTHY, "app_blocked_or_missing", True, (1, 0, 1)) for name in OAUTH),
    ("jwt", not_approved, UNHEALTHY, "app_not_approved", True, (1, 0, 1)),
    ("client_credentials", no_run_as_user, UNHEALTHY, "run_as_user_missing", True, (1, 0, 1)),
    *((name, maintenance, UNHEALTHY, "org_maintenance_or_unavailable", True, (1, 0, 1)) for name in LOGIN_FLOWS),
    *((name, setting_up, UNHEALTHY, "org_maintenance_or_unavailable", True, (1, 0, 1)) for name in LOGIN_FLOWS),
    *((name, bad_gateway, UNDETERMINED, "org_maintenance_or_unavailable", False, (2, 0, 2)) for name in REPEATED),
    *((name, reset, UNDETERMINED, "network_timeout", False, (2, 0, 2)) for name in REPEATED),
    ("refresh_token", bad_gateway, UNDETERMINED, "org_maintenance_or_unavailable", False, (1, 0, 1)),
    ("refresh_token", reset, UNDETERMINED, "network_timeout", False, (1, 0, 1)),
    *((name, html_instead, UNDETERMINED, "unknown", False, (1, 0, 1)) for name in LOGIN_FLOWS),
    ("session", maintenance, UNHEALTHY, "org_maintenance_or_unavailable", True, (1, 0, 0)),
    ("session", bad_gateway, UNDETERMINED, "org_maintenance_or_unavailable", False, (2, 0, 0)),
    ("session", reset, UNDETERMINED, "network_timeout", False, (2, 0, 0)),
    ("session", html_instead, UNDETERMINED, "unknown", False, (1, 0, 0)),
]


@pytest.mark.parametrize(("name", "change", "verdict", "cause", "certain", "spent"), REFUSED_LOGINS)
@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
def test_refused_login(
    org: FakeOrg, name: str, change: State, verdict: Verdict, cause: str, certain: bool, spent: tuple[int, int, int]
) -> None:
    """No token: what Salesforce says is the cause, what it hides is uncertain, and silence is not a fault of the user."""
    connection = connect(org, name)
    change(org)
    report = examine(connection)
    assert outcome(report) == (verdict, cause, certain)
    assert cost(report) == spent
    assert report.main is not None
    assert report.main.check == (
        "session.login_flow" if change is soap_off and report.main.check != "session.login" else "session.login"
    )
    assert bool(report.main.candidates) == (not certain and cause != "unknown")
    assert report.proof is None
    assert levels(report)["access.api_enabled"] is Level.UNKNOWN
    assert report.identity.user_id is None


@pytest.mark.parametrize("name", SOAP)
def test_soap_login_of_a_version_without_it(org: FakeOrg, name: str) -> None:
    """A pinned version from 65 on has no SOAP login: told from the connection and by the refusal."""
    report = examine(connect(org, name, version="65.0"))
    assert outcome(report) == (UNHEALTHY, "soap_login_disabled", True)


def test_jwt_signed_by_another_key(org: FakeOrg) -> None:
    """A key that is not the app's is a JWT fault, found by one request."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    report = examine(connect(org, "jwt", private_key=key.decode()))
    assert (outcome(report), cost(report)) == ((UNHEALTHY, "jwt_invalid", True), (1, 0, 1))


def test_jwt_for_the_wrong_login_host(org: FakeOrg) -> None:
    """The audience of the other kind of org tells that the host is the wrong one."""
    assert outcome(examine(connect(org, "jwt", domain="test"))) == (UNHEALTHY, "wrong_login_host", True)


def test_key_that_cannot_be_read(org: FakeOrg) -> None:
    """An unusable key makes the connection incomplete, and nothing is sent."""
    report = examine(connect(org, "jwt", private_key="none"))
    assert (outcome(report), cost(report)) == ((UNHEALTHY, "connection_incomplete", True), (0, 0, 0))
    assert report.main is not None
    assert "extra or field 'private_key'" in report.main.saw


@pytest.mark.parametrize("name", SOAP)
def test_expired_password(org: FakeOrg, name: str) -> None:
    """A SOAP login with an expired password succeeds, and is unhealthy before the first task's call fails."""
    expired_password(org)
    report = examine(connect(org, name))
    assert outcome(report) == (UNHEALTHY, "password_expired", True)
    assert cost(report) == (2, 1, 1)


# Logins that succeed, of users or orgs that do not


def without(*permissions: str) -> State:
    def change(org: FakeOrg) -> None:
        for profile in org.state.profiles:
            profile.permissions.difference_update(permissions)

    return change


def api_off(org: FakeOrg) -> None:
    org.state.org.rest_api_enabled = False


def licence_disabled(org: FakeOrg) -> None:
    for each in org.state.licenses:
        each.status = "Disabled"
    org.state.profiles[0].permissions.add("ViewSetup")


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize(
    ("change", "cause", "certain"),
    [
        (without("ApiEnabled"), "api_disabled_for_user", False),
        (api_off, "api_disabled_for_user", False),
        (licence_disabled, "license_missing_or_expired", True),
    ],
    ids=["no_api", "api_off", "licence"],
)
def test_refused_user(org: FakeOrg, name: str, change: State, cause: str, certain: bool) -> None:
    """A login that succeeds proves little when the API refuses the user or the licence is gone; the cost stays the same."""
    connection = connect(org, name)
    change(org)
    report = examine(connection)
    assert outcome(report) == (UNHEALTHY, cause, certain)
    assert cost(report)[:2] == (2, 1)
    assert report.proof is not None


@pytest.mark.parametrize("name", FLOWS)
def test_deactivated_while_the_session_lives(org: FakeOrg, name: str) -> None:
    """A user deactivated after the login has no session any more."""
    connection = connect(org, name)
    inactive(org)
    assert not examine(connection).may_proceed


@pytest.mark.parametrize(
    "requirements",
    [
        Requirements(org_id="00DHs0000000002MAA"),
        Requirements(sandbox=True),
    ],
)
@pytest.mark.parametrize("name", FLOWS)
def test_wrong_org(org: FakeOrg, name: str, requirements: Requirements) -> None:
    """An org that is not the expected one is unhealthy, however well it answers."""
    assert outcome(examine(connect(org, name), requirements)) == (UNHEALTHY, "wrong_org", True)


def test_expected_org_of_the_connection(org: FakeOrg) -> None:
    """The connection may say which org it is for."""
    assert examine(connect(org, "jwt", expected_org_id=org.state.org.id)).verdict is HEALTHY
    assert outcome(examine(connect(org, "jwt", expected_org_id="00DHs0000000002"))) == (UNHEALTHY, "wrong_org", True)


def test_api_only_as_the_task_needs_it(org: FakeOrg) -> None:
    """API-only is a failure for who must use the interface, and its lack a warning for an integration."""
    assert outcome(examine(connect(org, "jwt"), Requirements(api_only=False))) == (UNHEALTHY, "api_only_user_ui", True)
    without("ApiUserOnly")(org)
    assert examine(connect(org, "jwt"), Requirements(api_only=True)).verdict is DEGRADED


def test_frozen_out_of_a_licence_requirement(org: FakeOrg) -> None:
    """Another licence than the required one is told where it may be read."""
    org.state.profiles[0].permissions.add("ViewSetup")
    report = examine(connect(org, "jwt"), Requirements(user_license="Salesforce"))
    assert outcome(report) == (UNHEALTHY, "license_missing_or_expired", True)


# Dead sessions, repaired or not


@pytest.mark.parametrize("renewed_by", ["jwt", "client_credentials", "password", "soap_organization"])
def test_dead_ready_session_is_replaced(org: FakeOrg, renewed_by: str) -> None:
    """A dead ready session is replaced by one fresh login, looked at again, and told."""
    connection = connect_by_session(org, renewed_by)
    org.expire_sessions()
    report = examine(connection)
    assert report.may_proceed
    assert connection.renewal is not None
    label = connection.renewal.flow.label
    assert report.repairs == (f"The ready session was dead and was replaced by one fresh login ({label}).",)
    assert cost(report) == (4, 2, 1)
    assert agrees(report, org)
    assert report.proof is not None
    assert report.proof.fresh
    assert report.flow == connection.renewal.flow


def test_reauthentication_switched_off(org: FakeOrg) -> None:
    """With ``reauthenticate`` off, a dead session stays a finding."""
    connection = connect_by_session(org)
    org.expire_sessions()
    report = examine(connection, options=Options(reauthenticate=False))
    assert outcome(report) == (UNHEALTHY, "session_expired", False)
    assert cost(report) == (2, 1, 0)
    assert report.repairs == ()


def test_dead_session_without_another_flow(org: FakeOrg) -> None:
    """A dead session on a connection that cannot log in is unhealthy once the API has said so."""
    connection = connect(org, "session")
    org.expire_sessions()
    report = examine(connection)
    assert (outcome(report), cost(report)) == ((UNHEALTHY, "session_expired", False), (2, 1, 0))


def test_dead_session_of_an_inactive_user(org: FakeOrg) -> None:
    """The fresh login tells why the session has died."""
    connection = connect_by_session(org)
    inactive(org)
    report = examine(connection)
    assert (outcome(report), cost(report)) == ((UNHEALTHY, "user_inactive", True), (3, 1, 1))
    assert report.repairs == ()


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_session_refused_once_after_a_login(org: FakeOrg, name: str) -> None:
    """A session that was ended by somebody else at that moment is replaced once."""
    org.fault(path="*/composite", status=401, times=1)
    report = examine(connect(org, name))
    assert report.may_proceed
    assert report.repairs[0].startswith("The session was dead")
    assert cost(report) == (4, 2, 2)


@pytest.mark.parametrize("name", LOGIN_FLOWS)
@pytest.mark.parametrize("body", ["session_invalid", "session_not_valid_for_rest"])
def test_persistent_refusal_is_a_policy(org: FakeOrg, name: str, body: str) -> None:
    """A session refused right after two fresh logins is no expired one: at most two logins and two API calls."""
    org.fault(path="/services/data/*", status=401, body=body)
    report = examine(connect(org, name))
    assert outcome(report) == (UNHEALTHY, "session_refused_by_policy", True)
    assert report.cost.logins <= 2
    assert report.cost.api_calls <= 2
    assert agrees(report, org)
    assert report.repairs == ()


def test_persistent_refusal_of_a_ready_session(org: FakeOrg) -> None:
    """The same for a ready session: its one replacement is refused too."""
    connection = connect_by_session(org)
    org.fault(path="/services/data/*", status=401)
    report = examine(connection)
    assert outcome(report) == (UNHEALTHY, "session_refused_by_policy", True)
    assert cost(report) == (4, 2, 1)


def test_persistent_refusal_without_reauthentication(org: FakeOrg) -> None:
    """A fresh session that is refused did not grow old: it is a policy, with one login."""
    org.fault(path="/services/data/*", status=401)
    report = examine(connect(org, "jwt"), options=Options(reauthenticate=False))
    assert outcome(report) == (UNHEALTHY, "session_refused_by_policy", True)
    assert cost(report) == (2, 1, 1)


@pytest.mark.parametrize("selected", [["user", "-user.license"], ["org"], ["session"], ["-access"]])
def test_no_selection_is_blind(org: FakeOrg, selected: list[str]) -> None:
    """Whatever is selected, a dead session, a lost permission and a maintenance of the API are seen."""
    session, jwt = connect(org, "session"), connect(org, "jwt")
    org.expire_sessions()
    assert examine(session, selected=selected).verdict is UNHEALTHY
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")
    assert examine(jwt, selected=selected).verdict is UNHEALTHY
    with org.fault(path="/services/data/*", status=503, body="maintenance"):
        assert examine(jwt, selected=selected).verdict is UNHEALTHY


# Faults after the login


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize(
    ("fault", "verdict", "cause", "certain", "requests"),
    [
        ({"status": 503}, UNHEALTHY, "org_maintenance_or_unavailable", True, 2),
        ({"status": 420}, UNHEALTHY, "org_maintenance_or_unavailable", True, 2),
        ({"status": 502, "body": "<html>Bad Gateway</html>"}, UNDETERMINED, "org_maintenance_or_unavailable", False, 3),
        ({"status": 406}, UNDETERMINED, "org_maintenance_or_unavailable", False, 2),
        ({"status": 500}, UNHEALTHY, "org_maintenance_or_unavailable", False, 2),
        ({"status": 403, "body": "total_requests"}, UNHEALTHY, "request_limit", True, 2),
        ({"reset": True}, UNDETERMINED, "network_timeout", False, 3),
        ({"status": 200, "body": "<html>hello</html>"}, UNDETERMINED, "unknown", False, 2),
        ({"status": 200, "body": {}}, UNDETERMINED, "unknown", False, 2),
    ],
    ids=["maintenance", "setting_up", "gateway", "empty", "error", "limit", "reset", "html", "no_parts"],
)
def test_fault_of_the_api(
    org: FakeOrg,
    name: str,
    fault: dict[str, Any],
    verdict: Verdict,
    cause: str | None,
    certain: bool | None,
    requests: int,
) -> None:
    """What the API says instead of an answer; only a stumble of the line or the edge is asked again, once."""
    org.fault(path="*/composite", **fault)
    report = examine(connect(org, name))
    if verdict is HEALTHY:
        assert report.may_proceed
    else:
        assert outcome(report) == (verdict, cause, certain)
    assert report.cost.http_requests == requests
    assert report.cost.api_calls <= 2
    assert report.cost.logins <= 1


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 502}])
def test_fault_that_passes(org: FakeOrg, fault: dict[str, Any]) -> None:
    """A stumble that one repetition heals is not worth a word."""
    org.fault(path="*/composite", times=1, **fault)
    report = examine(connect(org, "jwt"))
    assert report.verdict is HEALTHY
    assert report.repairs == ()


# Time limits


def examination_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sf-health-examination"]


@pytest.mark.parametrize("name", ["jwt", "soap_token", "session"])
@pytest.mark.parametrize("fault", [{"drip": 0.05}, {"stall": "headers"}, {"stall": "body"}, {"delay": 60}])
@pytest.mark.parametrize("path", ["*", "*/composite"])
def test_deadline(org: FakeOrg, name: str, fault: dict[str, Any], path: str) -> None:
    """Whatever stalls or drips ends at the examination's own limit, undetermined, and leaves no thread behind."""
    connection = connect(org, name, limits=TimeLimits(examination=0.4))
    org.fault(path=path, **fault)
    report = examine(connection)
    assert outcome(report) == (UNDETERMINED, "network_timeout", True)
    assert report.main is not None
    assert "examination time limit of 0.4 s reached" in report.main.saw
    assert examination_threads() == []


def test_read_limit(org: FakeOrg) -> None:
    """A silent org is left at the read limit, long before the examination's."""
    org.fault(path="*/composite", stall="headers")
    report = examine(connect(org, "jwt", limits=TimeLimits(read=0.2)))
    assert outcome(report) == (UNDETERMINED, "network_timeout", True)
    assert report.main is not None
    assert "read time limit reached · composite request" in report.main.saw


def test_deadline_of_what_does_not_listen(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up of a name that hangs cannot be ended; the examination ends without it."""
    let_go = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        let_go.wait(60)
        raise OSError

    monkeypatch.setattr("airflow_sf_health.org.deadline.GRACE", 0.05)
    connection = connect(org, "jwt", limits=TimeLimits(examination=0.05))
    with monkeypatch.context() as patched:
        patched.setattr("socket.getaddrinfo", hang)
        report = examine(connection)
        let_go.set()
        for thread in examination_threads():
            thread.join(10)
    assert outcome(report) == (UNDETERMINED, "network_timeout", True)
    assert report.proof is None


# Without an examination


def test_report_on_an_incomplete_connection() -> None:
    """A connection that makes no login has a report as well, which fails by its cause."""
    with pytest.raises(OrgConnectionError) as raised:
        org_connection("crm", login="u")
    report = report_incomplete("crm", raised.value)
    assert outcome(report) == (UNHEALTHY, "connection_incomplete", True)
    assert (report.conn_id, report.flow, cost(report)) == ("crm", "jwt_bearer", (0, 0, 0))
    assert "has login, and that makes no login flow" in message(report)
    assert load(dump(report)) == report


def test_report_on_what_could_not_begin() -> None:
    """What could not even begin is undetermined, with a cause that is not certain unless it is said to be."""
    report = report_unasked("crm", "the connection isn't defined", cause_id="connection_not_found")
    assert outcome(report) == (UNDETERMINED, "connection_not_found", False)
    assert load(dump(report)) == report
    report = report_unasked("crm", "status 500", cause_id="airflow_unavailable", certain=True)
    assert outcome(report) == (UNDETERMINED, "airflow_unavailable", True)
    assert report.main is not None
    assert report.main.candidates == ()


def test_report_on_a_connection_that_is_not_there() -> None:
    """It fails for certain, and no retry heals it."""
    report = report_absent("crm", "there is none")
    assert outcome(report) == (UNHEALTHY, "connection_not_found", True)
    assert report.no_retry_heals
    assert load(dump(report)) == report


# What is asked


def test_selection(org: FakeOrg) -> None:
    """Only what is selected is judged; who and where is asked all the same, in the same one call."""
    report = examine(connect(org, "jwt"), selected=["org", "-user"])
    assert list(levels(report)) == ["session.login", "access.api_enabled", "org.state", "org.identity"]
    assert report.identity.profile_id is not None
    assert cost(report) == (2, 1, 1)


def test_selection_that_means_nothing(org: FakeOrg) -> None:
    """A slip in the selection is found before any request."""
    connection = connect(org, "jwt")
    with pytest.raises(UnknownCheckError):
        examine(connection, selected=["usr"])
    assert org.counts().http_requests == 0


def test_org_that_hides_itself(org: FakeOrg) -> None:
    """A ready session whose owner is not told is examined as far as it goes."""
    with org.fault(path="*/userinfo", status=200, body={}):
        report = examine(connect(org, "session"))
    assert report.identity.user_id is None
    assert levels(report)["user.active"] is Level.UNKNOWN
    assert levels(report)["access.api_enabled"] is Level.OK
    assert report.verdict is HEALTHY


def test_ready_session_without_the_identity_scope(org: FakeOrg) -> None:
    """A token that may not ask whose it is works for the API, and so is no dead one."""
    with org.fault(path="*/userinfo", status=403, body="Bad_OAuth_Token"):
        report = examine(connect(org, "session"))
    assert report.verdict is HEALTHY
    assert cost(report) == (2, 1, 0)


def test_examination_leaves_nothing_open(org: FakeOrg) -> None:
    """After it no thread is left, and a second one begins anew."""
    connection: OrgConnection = connect(org, "jwt")
    first, second = examine(connection), examine(connection)
    assert first.cost.connections == second.cost.connections == 2
    assert examination_threads() == []
