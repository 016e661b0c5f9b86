"""What a second user sees of the first, what it may not see, and when it says nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pendulum
import pytest
from answers import Answers
from connecting import connect, fields_of

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.gather import gather
from airflow_sf_health.evidence.login_history import LOGINS, PAGE
from airflow_sf_health.evidence.permission_source import PermissionSource, SourceKind
from airflow_sf_health.evidence.second_sight import Subject, look_by_second_user
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.errors import Refused, no_answer
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.refused_logins import PAUSE
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

ADMIN = "admin@acme.com"
INTEGRATION = Subject(username="integration@acme.com")


def second_user(org: FakeOrg, name: str = "soap_token", **extra: Any) -> OrgConnection:
    fields = org.connection(name, username=ADMIN, **extra)
    return org_connection("crm_admin", login=fields["login"], password=fields["password"], extra=fields["extra"])


def look(org: FakeOrg, subject: Subject = INTEGRATION, connection: OrgConnection | None = None) -> SecondSight:
    with OrgSession(connection or second_user(org)) as session:
        return look_by_second_user(session, subject)


def refused_login_of(org: FakeOrg, name: str = "jwt") -> Subject:
    """A login that is refused just now, and whom to ask for."""
    connection = connect(org, name)
    with OrgSession(connection) as session, pytest.raises(Refused) as raised:
        session.open()
    return replace(
        INTEGRATION,
        flow=connection.flow,
        refused_at=pendulum.now("UTC"),
        server_date=raised.value.refusal.server_date,
        api_version=connection.version,
    )


def attempt_of_another_tool(org: FakeOrg, status: str, **facts: Any) -> None:
    """A login of the integration user that somebody else's program made just now."""
    ours = org.state.logins[-1]
    changes = {"id": org.state.new_id("0Ya"), "status": status, "source_ip": "198.51.100.7", **facts}
    org.state.logins.append(replace(ours, **changes))


def without(org: FakeOrg, *permissions: str) -> None:
    org.state.profile_of(org.user(ADMIN)).permissions.difference_update(permissions)


# What is seen


def test_all_that_an_administrator_sees(org: FakeOrg) -> None:
    """State, licence, the refused login with time and address, and who and where it is: in two API calls."""
    org.user().frozen = True
    subject = refused_login_of(org)
    org.reset_counts()
    seen, user = look(org, subject), org.user()
    assert (seen.conn_id, seen.refusal, seen.unread) == ("crm_admin", None, ())
    assert (seen.user_id, seen.username, seen.profile_id) == (user.id, user.username, user.profile_id)
    assert (seen.org_id, seen.host) == (org.state.org.id, org.state.org.host)
    assert (seen.is_active, seen.is_frozen, seen.is_locked) == (True, True, False)
    assert (seen.login_status, seen.login_ip, seen.login_recorded) == ("User is frozen", org.state.client_ip, True)
    assert seen.login_at is not None
    assert (seen.license_name, seen.license_status) == ("Salesforce Integration", "Active")
    counts = org.counts()
    assert (counts.logins, counts.api_calls, counts.http_requests) == (1, 2, 3)


def test_a_login_that_was_not_refused_is_not_looked_for(org: FakeOrg) -> None:
    """Where the login succeeded, an old refusal is nobody's business."""
    org.user().frozen = True
    refused_login_of(org)
    seen = look(org)
    assert (seen.login_status, seen.login_recorded, seen.is_frozen) == (None, None, True)


def test_a_login_that_went_elsewhere_has_no_entry(org: FakeOrg) -> None:
    """Login History may be read and has nothing: that is worth knowing too."""
    seen = look(org, replace(INTEGRATION, flow=LoginFlow.JWT_BEARER, refused_at=pendulum.now("UTC")))
    assert (seen.login_status, seen.login_recorded, seen.unread) == (None, False, ())


def test_the_worker_need_not_know_the_time(org: FakeOrg) -> None:
    """The refusal is found by how long ago it was, though this machine's clock is a day behind the org's."""
    org.user().locked = True
    org.clock_offset = 86_400.0
    assert look(org, refused_login_of(org, "soap_token")).login_status == "Password lockout"


@pytest.mark.parametrize("name", ["jwt", "soap_token", "password"])
def test_entries_that_do_not_agree(org: FakeOrg, name: str) -> None:
    """Another tool's refused login of the same kind and time: nobody knows which is ours, and both are told."""
    org.user().frozen = True
    subject = refused_login_of(org, name)
    attempt_of_another_tool(org, "Invalid password")
    seen = look(org, subject)
    assert (seen.login_recorded, seen.login_sure) == (True, False)
    assert {seen.login_status, *seen.other_statuses} == {"User is frozen", "Invalid password"}
    assert seen.login_ip is not None
    assert set(seen.login_ip.split(" or ")) == {org.state.client_ip, "198.51.100.7"}


def test_another_program_is_not_taken_for_us(org: FakeOrg) -> None:
    """What is visibly another program's login does not make ours uncertain, and is no substitute for it."""
    org.user().frozen = True
    subject = refused_login_of(org, "soap_token")
    attempt_of_another_tool(org, "Invalid password", application="Data Loader")
    seen = look(org, subject)
    assert (seen.login_status, seen.login_sure) == ("User is frozen", True)
    org.state.logins[:] = [each for each in org.state.logins if each.application == "Data Loader"]
    assert look(org, subject).login_recorded is False


def test_a_busy_user(org: FakeOrg) -> None:
    """Where newer logins have pushed the entry off the page, nothing is said of it."""
    org.user().frozen = True
    subject = refused_login_of(org)
    for _ in range(PAGE):
        attempt_of_another_tool(org, "Success", at=org.state.logins[0].at + timedelta(seconds=1))
    seen = look(org, subject)
    assert (seen.login_status, seen.login_recorded, seen.is_frozen) == (None, None, True)


def test_a_login_history_that_is_refused(org: FakeOrg) -> None:
    """A query that fails is no empty history, whatever else the second user may see."""
    subject = refused_login_of_frozen(org)
    with OrgSession(second_user(org)) as session, pytest.MonkeyPatch.context() as patched:
        patched.setattr("airflow_sf_health.evidence.second_details.gather", _without_logins)
        seen = look_by_second_user(session, subject)
    assert (seen.is_frozen, seen.login_recorded, seen.unread) == (True, None, ("Login History",))


def refused_login_of_frozen(org: FakeOrg) -> Subject:
    org.user().frozen = True
    return refused_login_of(org)


def _without_logins(*asked: Any) -> dict[Any, Any]:
    return {**gather(*asked), LOGINS: no_answer("read time limit reached")}


def test_who_changed_the_record(org: FakeOrg) -> None:
    """When and by whom the record of freezing was last changed is told to who may read it."""
    seen = look(org)
    assert seen.changed_at is not None
    assert (seen.changed_by or "").startswith("005")


def test_where_api_only_comes_from(org: FakeOrg) -> None:
    """The profile and each permission set that give it are named; it is asked only where that is the question."""
    assert look(org).api_only_from == ()
    org.state.permission_sets[0].permissions.add("ApiUserOnly")
    sources = look(org, replace(INTEGRATION, api_only=True)).api_only_from
    assert PermissionSource(SourceKind.PERMISSION_SET, "Nightly Import") in sources


# What may not be seen


def test_without_manage_users(org: FakeOrg) -> None:
    """Monitor Login History is enough for the reason of the refusal; what else is hidden is named."""
    without(org, "ManageUsers")
    org.user().frozen = True
    seen = look(org, refused_login_of(org))
    assert (seen.is_frozen, seen.is_locked, seen.login_status) == (None, None, "User is frozen")
    assert seen.unread == ("frozen or locked",)


def test_without_any_right(org: FakeOrg) -> None:
    """Who sees no logins but his own does not take that for an empty history."""
    without(org, "ManageUsers", "MonitorLoginHistory", "ViewSetup")
    org.user().frozen = True
    seen = look(org, replace(refused_login_of(org), api_only=True))
    assert (seen.is_active, seen.login_recorded, seen.license_status) == (True, None, None)
    assert seen.unread == ("frozen or locked", "licence", "where 'API Only User' comes from")
    assert seen.logins_unshown


def test_under_private_user_sharing(org: FakeOrg) -> None:
    """A user who is not visible is neither there nor missing."""
    without(org, "ManageUsers", "ViewAllUsers", "ViewAllData", "ModifyAllData")
    seen = look(org)
    assert (seen.user_id, seen.is_active) == (None, None)
    assert seen.unread == (f"it sees no such user in {org.state.org.host}",)


# When nothing is said


def test_a_login_without_a_user_asks_nobody(org: FakeOrg) -> None:
    """Refused client credentials tell no user: nothing is sent, and that is said."""
    seen = look(org, Subject(host=org.state.org.host))
    assert seen.unread == ("the login names no user whom it could be asked about",)
    assert org.counts().http_requests == 0


@pytest.mark.parametrize(
    ("subject", "seen"),
    [
        (Subject(username="integration@acme.com", org_id="00DHs0000000099AAA"), False),
        (Subject(user_id="005Hs0000000001IAA"), False),
        (Subject(user_id="005Hs0000000001IAA", host="acme--dev.sandbox.my.salesforce.com"), False),
        (Subject(user_id="005Hs0000000001IAA", host="acme.my.salesforce.com"), True),
        (Subject(user_id="005Hs0000000001IAA", org_id="00DHs0000000001MAA"), True),
        (Subject(user_id="005Hs0000000001IAA", org_id="00DHs0000000001"), True),
        (Subject(username="INTEGRATION@acme.com", host="login.elsewhere.my.salesforce.com"), True),
    ],
)
def test_only_a_user_of_the_same_org(org: FakeOrg, subject: Subject, seen: bool) -> None:
    """A user name is one user in all of Salesforce; an id needs the org beside it, since a sandbox copies the ids."""
    assert org.user().id == "005Hs0000000001IAA"
    assert org.state.org.id == "00DHs0000000001MAA"
    found = look(org, subject)
    assert (found.user_id is not None) is seen
    assert bool(found.unread) is not seen


def test_another_orgs_usage_is_not_ours(org: FakeOrg) -> None:
    """The count of API requests in the report is that of the examined org."""
    with OrgSession(second_user(org)) as session:
        session.traffic.api_usage = (1, 2)
        look_by_second_user(session, Subject(username="nobody@acme.com"))
        assert session.traffic.api_usage == (1, 2)


@pytest.mark.parametrize(
    "username",
    ["o'brien@acme.com", "back\\slash@acme.com", "' OR Username LIKE '%", "line\nbreak@acme.com", "{user_id}"],
)
def test_any_user_name_is_a_literal(org: FakeOrg, username: str) -> None:
    """What stands in a connection's login cannot change the question."""
    seen = look(org, Subject(username=username))
    assert (seen.refusal, seen.user_id) == (None, None)
    org.user().username = username
    assert ("\n" in username) or look(org, Subject(username=username)).user_id == org.user().id


# A second user whose own login is refused


def test_a_refused_login_is_not_tried_again(org: FakeOrg) -> None:
    """Each wrong try alarms an administrator and brings a lockout nearer, so the next examinations send nothing."""
    connection = second_user(org)
    org.user(ADMIN).password = "another"
    first = look(org, connection=connection)
    assert org.counts().logins == 1
    again = look(org, connection=connection)
    assert (org.counts().logins, again) == (1, first)
    assert again.refusal is not None
    assert again.refusal.code == "INVALID_LOGIN"
    assert (first.refused_at is not None, first.not_before) == (True, (first.refused_at or pendulum.now()) + PAUSE)


def test_a_corrected_login_is_tried_at_once(org: FakeOrg) -> None:
    """A new password is another credential."""
    old = second_user(org)
    org.user(ADMIN).password = "another"
    assert look(org, connection=old).refusal is not None
    assert look(org, connection=second_user(org)).refusal is None


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}])
def test_silence_is_not_remembered(org: FakeOrg, fault: dict[str, Any]) -> None:
    """What was no answer of Salesforce's is tried again with the next examination."""
    connection = second_user(org)
    with org.fault(path="*", **fault):
        assert look(org, connection=connection).not_before is None
    assert look(org, connection=connection).refusal is None


# When nobody answers


def test_a_second_user_who_is_refused(org: FakeOrg) -> None:
    """Its own refusal is kept, with its request; nothing is raised."""
    connection = second_user(org, "jwt")
    org.user(ADMIN).active = False
    seen = look(org, connection=connection)
    assert seen.refusal is not None
    assert (seen.refusal.said, seen.refusal.where) == ("invalid_grant: inactive user", "token request (JWT bearer)")


def test_a_second_user_without_the_api(org: FakeOrg) -> None:
    """The query is refused then."""
    without(org, "ApiEnabled")
    seen = look(org)
    assert seen.refusal is not None
    assert (seen.refusal.code, seen.refusal.where) == ("API_DISABLED_FOR_ORG", "query for the integration user")


def test_a_key_that_cannot_be_read(org: FakeOrg) -> None:
    """A connection that makes no login is refused in its own words."""
    seen = look(org, connection=second_user(org, "jwt", private_key="none"))
    assert seen.refusal is not None
    assert "private_key" in seen.refusal.said


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}, {"status": 200, "body": "<html>hello</html>"}])
@pytest.mark.parametrize("path", ["*", "*/query", "*/composite"])
def test_faults_are_never_raised(org: FakeOrg, fault: dict[str, Any], path: str) -> None:
    """Whatever fails: it is a refusal, or what was asked by then stays and the rest is named."""
    with org.fault(path=path, **fault):
        seen = look(org)
    if path == "*/composite":
        assert (seen.is_active, seen.refusal) == (True, None)
        assert seen.unread == ("frozen or locked", "licence")
    else:
        assert seen.refusal is not None
        assert seen.user_id is None


@pytest.mark.parametrize("body", [{}, [], {"records": None}, {"records": [{}]}, {"records": [7]}, "text"])
def test_answers_of_another_shape_are_never_raised(body: Any) -> None:
    """A proxy that answers for Salesforce does not cost the first report."""
    connection = fields_of(session_id="00D!token", instance="acme.my.salesforce.com")
    with OrgSession(connection) as session:
        session._http.mount("https://", Answers((200, {}), (200, body)))
        seen = look_by_second_user(session, INTEGRATION)
    assert seen.refusal is not None
    assert "could not be read" in seen.refusal.said or seen.refusal.shape == "unreadable"
