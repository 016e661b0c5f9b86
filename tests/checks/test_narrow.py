"""What a second user saw, laid over what the first one was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_sf_health.causes import CAUSE_IDS, cause
from airflow_sf_health.checks._login_status import LOGIN_STATUS, causes_of_status
from airflow_sf_health.checks._narrow import narrowed, without_login
from airflow_sf_health.checks._opinion import opinion
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.permission_source import PermissionSource, SourceKind
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Report
from airflow_sf_health.report.finding import Candidate, Finding, Level

CANDIDATES = tuple(
    Candidate(cause=each.cause, tell=each.tell)
    for each in cause("bad_credentials").candidates
    if each.cause in CAUSE_IDS
)
MASKED = Finding(
    level=Level.FAILED,
    summary="no token",
    cause="bad_credentials",
    saw="INVALID_LOGIN",
    certain=False,
    candidates=CANDIDATES,
    check="session.login",
)
FROZEN_OR_CONTAINED = ("user_frozen_or_locked", "user_contained")
STATUSES = (
    "Success",
    "Invalid password",
    "Invalid login",
    "Failed: Maximum logins exceeded",
    "Failed: API security token required",
    "Restricted IP",
    "Restricted time",
    "Password lockout",
    "User is frozen",
    "User is inactive",
    "Failed: API-only user",
    "Organization closed",
    "Organization inactive",
    "Organization locked",
    "Organization suspended",
    "Organization is in maintenance",
    "Login rate exceeded",
    "Trial expired",
    "Failed: OAuth API access disabled",
    "Failed: Consumer Deleted",
    "Failed: Get Access Token Limit Exceeded",
    "Failed: IP Address Not Allowed",
    "Failed: Invalid Token",
    "Failed: Activation secret invalid",
    "Failed: Computer activation required",
    "Failed: API Version Removed",
    "Failed: Token request is already being processed",
    "Username-Password Flow Disabled",
    "Package for this consumer is not installed in your organization",
    "Two-factor required",
)
"""The labels of Login History, as Salesforce documents them."""


def second(**facts: Any) -> SecondSight:
    return SecondSight(conn_id="crm_admin", **{"user_id": "005", "is_active": True, **facts})


def causes_in(finding: Finding) -> set[str]:
    return {finding.cause or "", *(each.cause for each in finding.candidates)}


# Login History tells


@pytest.mark.parametrize("status", STATUSES[1:])
def test_each_documented_label_has_causes_with_guidance(status: str) -> None:
    """No label of the documentation is unknown, and each leads to causes that exist."""
    assert causes_of_status(status)
    assert set(causes_of_status(status)) <= set(CAUSE_IDS)


def test_what_is_no_reason_has_no_cause() -> None:
    """A success, an empty label and one that nobody knows lead nowhere."""
    assert [causes_of_status(status) for status in ("Success", "", "Failed: something new")] == [(), (), ()]
    assert {each for causes in LOGIN_STATUS.values() for each in causes} <= set(CAUSE_IDS)


@pytest.mark.parametrize("written", ["user is frozen", "User is  Frozen.", "Failed: User is frozen", "USER IS FROZEN"])
def test_labels_are_read_as_people_write_them(written: str) -> None:
    """Case, spacing, a full stop and the word Failed make no difference."""
    assert causes_of_status(written) == FROZEN_OR_CONTAINED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Password lockout", "user_frozen_or_locked"),
        ("User is inactive", "user_inactive"),
        ("Invalid password", "bad_credentials"),
        ("Restricted time", "login_hours_restricted"),
        ("Restricted IP", "login_ip_restricted"),
        ("Failed: API security token required", "security_token_required"),
        ("Username-Password Flow Disabled", "grant_type_unsupported"),
        ("Organization locked", "org_inactive_or_expired"),
    ],
)
def test_login_history_makes_it_certain(status: str, expected: str) -> None:
    """The label is the reason; no candidate is left, and what was seen names who saw it."""
    found = narrowed(MASKED, second(login_status=status, login_at="2026-11-22T02:00:13Z", login_ip="203.0.113.10"))
    assert (found.cause, found.certain, found.candidates) == (expected, True, ())
    assert found.saw == (
        f"INVALID_LOGIN · Login History: \"{status}\" at 02:00:13 UTC from 203.0.113.10, seen by connection 'crm_admin'"
    )


FROZEN: tuple[dict[str, Any], ...] = (
    {"login_status": "User is frozen"},
    {"login_status": "User is frozen", "is_frozen": True, "is_locked": False},
    {"login_status": "Password lockout", "is_frozen": True, "is_locked": True},
    {"is_frozen": True, "is_locked": False},
    {"is_frozen": True, "is_locked": True},
)


@pytest.mark.parametrize("facts", FROZEN)
def test_a_frozen_user_may_be_one_that_salesforce_contained(facts: dict[str, Any]) -> None:
    """Both look the same, so nothing decides between these two; either waits for a person, so that no retry is spent."""
    found = narrowed(MASKED, second(**facts))
    assert (found.cause, found.certain) == ("user_frozen_or_locked", False)
    assert [each.cause for each in found.candidates] == ["user_contained"]
    assert "Salesforce Security notification" in found.candidates[0].tell
    report = Report(conn_id="crm", examined_at=pendulum.datetime(2026, 11, 22), findings=(found,))
    assert report.no_retry_heals


def test_what_tells_who_froze_it() -> None:
    """The hint says where to look, and when the record was last changed."""
    found = narrowed(MASKED, second(is_frozen=True, changed_at="2026-11-22T01:58:00Z", changed_by="005A"))
    assert "Setup Audit Trail" in found.hint
    assert found.hint.endswith("The record was last changed on 2026-11-22 at 01:58:00 UTC by user 005A.")
    assert narrowed(found, second(is_frozen=True)).hint.count("Setup Audit Trail") == 1
    locked = narrowed(MASKED, second(is_locked=True, changed_at="2026-11-22T01:58:00Z"))
    assert locked.hint == ""


def test_freezing_that_is_one_of_the_candidates_only() -> None:
    """A dead refresh token of a frozen user may be dead for another reason: containment leads, and the rest stays."""
    contained = Candidate(cause="user_contained", tell="mail")
    dead = replace(MASKED, cause="refresh_token_expired", candidates=(contained,))
    for facts in ({"is_frozen": True}, {"login_status": "User is frozen"}):
        found = narrowed(dead, second(**facts))
        assert (found.cause, found.certain) == ("user_contained", False)
        assert [each.cause for each in found.candidates] == ["refresh_token_expired"]


def test_entries_that_do_not_agree_settle_nothing() -> None:
    """What they stand for leads; each candidate stays, and the message says why."""
    facts = {"login_status": "Restricted time", "other_statuses": ("Invalid password",), "login_sure": False}
    found = narrowed(MASKED, second(login_at="2026-11-22T02:00:13Z", is_active=None, **facts))
    assert (found.cause, found.certain) == ("login_hours_restricted", False)
    assert found.candidates[0].cause == "bad_credentials"
    assert causes_in(found) == causes_in(MASKED)
    assert 'Login History: "Restricted time" or "Invalid password" at 02:00:13 UTC, seen by' in found.saw
    assert "Several logins of this user were refused at about that time" in found.hint
    unsure = narrowed(MASKED, second(login_status="Invalid password", login_sure=False, is_active=None))
    assert (unsure.cause, unsure.certain, causes_in(unsure)) == ("bad_credentials", False, causes_in(MASKED))
    assert "not all entries of that time could be read" in unsure.hint


def test_a_state_goes_before_entries_that_do_not_agree() -> None:
    """A user who is inactive is refused whichever entry is ours."""
    found = narrowed(
        MASKED,
        second(
            login_status="Invalid password", other_statuses=("User is inactive",), login_sure=False, is_active=False
        ),
    )
    assert (found.cause, found.certain) == ("user_inactive", True)


def test_a_finding_that_is_not_about_the_login() -> None:
    """Then what became of the login says nothing of it, and the user's state still does."""
    sight = without_login(second(login_status="Invalid password", login_recorded=True, is_locked=True))
    found = narrowed(MASKED, sight)
    assert (found.cause, found.hint) == ("user_frozen_or_locked", "")
    assert "Login History" not in found.saw


def test_a_label_that_is_none_of_the_candidates_is_told_only() -> None:
    """It changes no cause, and stands there for who reads the message."""
    few = replace(MASKED, candidates=CANDIDATES[:1])
    found = narrowed(few, second(login_status="Restricted time", is_active=None))
    assert (found.cause, found.certain, found.candidates) == ("bad_credentials", False, CANDIDATES[:1])
    assert found.hint == "Login History gives \"Restricted time\" as the reason, seen by connection 'crm_admin'."


def test_a_label_of_several_causes_leaves_those() -> None:
    """A dead refresh token may be all, or the sign of a user whom Salesforce has contained: the user's state says which leads."""
    dead = replace(
        MASKED,
        cause="refresh_token_expired",
        candidates=(Candidate(cause="user_contained", tell="mail"), Candidate(cause="user_inactive", tell="page")),
    )
    label = "Failed: Invalid Token"
    unsure = narrowed(dead, second(login_status=label))
    assert (unsure.cause, unsure.certain, causes_in(unsure)) == (
        *("refresh_token_expired", False),
        {"refresh_token_expired", "user_contained"},
    )
    contained = narrowed(dead, second(login_status=label, is_frozen=True, is_locked=False))
    assert (contained.cause, contained.certain) == ("user_contained", False)
    assert causes_in(contained) == {"refresh_token_expired", "user_contained"}
    spent = narrowed(dead, second(login_status=label, is_frozen=False, is_locked=False))
    assert (spent.cause, spent.certain, spent.candidates) == ("refresh_token_expired", True, ())
    gone = narrowed(dead, second(login_status=label, is_active=False, is_frozen=False, is_locked=False))
    assert (gone.cause, gone.certain) == ("user_inactive", False)


def test_a_wrong_password_is_called_one() -> None:
    """Then the general text on masked refusals gets a sentence that says what is wrong here."""
    by_password = (LoginFlow.PASSWORD, LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION)
    for flow in LoginFlow:
        hint = narrowed(MASKED, second(login_status="Invalid password", login_flow=flow)).hint
        assert hint.startswith("Login History names the password itself") is (flow in by_password)
    assert narrowed(MASKED, second(login_status="Invalid login", login_flow=LoginFlow.PASSWORD)).hint == ""


# The user's state tells


@pytest.mark.parametrize(
    ("facts", "expected", "saw"),
    [
        ({"is_active": False}, "user_inactive", "User.IsActive = false"),
        ({"is_locked": True}, "user_frozen_or_locked", "UserLogin.IsPasswordLocked = true"),
    ],
)
def test_the_state_makes_it_certain(facts: dict[str, Any], expected: str, saw: str) -> None:
    """Without Login History, a state that refuses each login is the reason."""
    found = narrowed(MASKED, second(**facts))
    assert (found.cause, found.certain, found.candidates) == (expected, True, ())
    assert found.saw.endswith(f"{saw}, seen by connection 'crm_admin'")


def test_a_licence_that_is_gone() -> None:
    """It is the reason where it is a candidate; where it is none, the line on the second user tells it."""
    gone = second(license_name="Salesforce", license_status="Disabled")
    candidate = Candidate(cause="license_missing_or_expired", tell="x")
    found = narrowed(replace(MASKED, cause="unknown", candidates=(candidate,)), gone)
    assert (found.cause, found.certain) == ("license_missing_or_expired", True)
    assert narrowed(MASKED, gone).cause == "bad_credentials"
    assert "licence 'Salesforce' Disabled" in opinion(gone)


def test_what_is_ruled_out_goes() -> None:
    """An active user is not inactive, one neither frozen nor locked is neither; the rest stays possible."""
    found = narrowed(MASKED, second(is_frozen=False, is_locked=False))
    assert causes_in(MASKED) - causes_in(found) == {"user_inactive", "user_frozen_or_locked", "user_contained"}
    assert (found.cause, found.certain) == ("bad_credentials", False)
    half = narrowed(MASKED, second(is_frozen=False))
    assert causes_in(MASKED) - causes_in(half) == {"user_inactive"}


def test_the_likeliest_of_the_rest_leads() -> None:
    """Where the main cause is ruled out, the next one takes its place, as uncertain as before."""
    frozen = replace(MASKED, cause="user_frozen_or_locked", candidates=CANDIDATES)
    found = narrowed(frozen, second(is_frozen=False, is_locked=False))
    assert (found.cause, found.certain) == ("wrong_login_host", False)
    assert "user_frozen_or_locked" not in causes_in(found)


def test_a_login_without_an_entry_is_told() -> None:
    """It may have gone to another host; that rules nothing out, since the entry may be late."""
    found = narrowed(MASKED, second(login_recorded=False))
    assert "Login History has no entry for this refused login" in found.hint
    assert (found.cause, found.certain) == ("bad_credentials", False)


# What is certain stays


@pytest.mark.parametrize("facts", [{}, {"is_active": False}, {"login_status": "Restricted IP"}, {"is_frozen": True}])
def test_a_certain_cause_stays(facts: dict[str, Any]) -> None:
    """Whatever the second user sees, Salesforce's own clear word goes before it."""
    certain = replace(MASKED, cause="user_inactive", certain=True, candidates=())
    found = narrowed(certain, second(**facts))
    assert replace(found, hint="") == certain


def test_who_comes_too_late_says_so() -> None:
    """The user was reactivated between the refusal and the second look."""
    certain = replace(MASKED, cause="user_inactive", certain=True, candidates=())
    assert "By now connection 'crm_admin' sees the user active" in narrowed(certain, second()).hint
    alone = replace(MASKED, cause="user_inactive", candidates=())
    found = narrowed(alone, second(is_frozen=False, is_locked=False))
    assert replace(found, hint="") == alone
    assert "sees the user active, not frozen, not locked: it may have been mended since" in found.hint


@pytest.mark.parametrize("level", [level for level in Level if level is not Level.FAILED])
def test_only_failures_are_narrowed(level: Level) -> None:
    """What could not be asked, warned of or found good is not the second user's to change."""
    finding = replace(MASKED, level=level)
    assert narrowed(finding, second(is_active=False, login_status="User is inactive")) == finding


# All of it

ids = st.sampled_from(CAUSE_IDS) | st.just("cause_without_a_file")
maybe = st.none() | st.booleans()
all_findings = st.builds(
    Finding,
    level=st.sampled_from(Level),
    summary=st.just("x"),
    cause=st.none() | ids,
    saw=st.sampled_from(["", "seen"]),
    certain=st.booleans(),
    candidates=st.lists(st.builds(Candidate, cause=ids, tell=st.just("x")), max_size=6).map(tuple),
    hint=st.sampled_from(["", "A hint."]),
)
all_sights = st.builds(
    SecondSight,
    conn_id=st.just("crm_admin"),
    refusal=st.none() | st.just(no_answer("read time limit reached")),
    user_id=st.none() | st.just("005"),
    is_active=maybe,
    is_frozen=maybe,
    is_locked=maybe,
    login_status=st.none() | st.sampled_from(STATUSES) | st.text(max_size=12),
    other_statuses=st.lists(st.sampled_from(STATUSES), max_size=2).map(tuple),
    login_sure=st.booleans(),
    login_recorded=maybe,
    changed_at=st.none() | st.just("2026-11-22T02:00:13Z"),
    license_status=st.none() | st.sampled_from(["Active", "Disabled"]),
    api_only_from=st.lists(st.just(PermissionSource(SourceKind.PROFILE, "x")), max_size=1).map(tuple),
    unread=st.lists(st.sampled_from(["licence", "Login History"]), max_size=2).map(tuple),
)


@given(all_findings, all_sights)
def test_never_contradictory(finding: Finding, sight: SecondSight) -> None:
    """The cause is always one that the finding named, what is possible never grows, and nothing but that is touched."""
    found = narrowed(finding, sight)
    assert causes_in(found) <= causes_in(finding)
    assert (found.cause is None) is (finding.cause is None)
    assert found.saw.startswith(finding.saw)
    assert found.hint.startswith(finding.hint)
    assert not (found.certain and found.candidates and not finding.certain)
    touched: dict[str, Any] = {"cause": finding.cause, "certain": finding.certain, "candidates": finding.candidates}
    assert replace(found, saw=finding.saw, hint=finding.hint, **touched) == finding
    if finding.certain:
        assert (found.cause, found.certain, found.candidates) == (finding.cause, True, finding.candidates)


@given(all_findings, all_sights)
def test_a_cause_that_is_picked_has_guidance(finding: Finding, sight: SecondSight) -> None:
    """A candidate without a file of its own never becomes the cause."""
    found = narrowed(finding, sight)
    assert found.cause == finding.cause or found.cause in CAUSE_IDS


# What is said of the second user


@pytest.mark.parametrize(
    ("sight", "said"),
    [
        (
            second(is_frozen=True, is_locked=False, license_name="Salesforce", license_status="Active"),
            "connection 'crm_admin' sees the user active, frozen, not locked, licence 'Salesforce' Active",
        ),
        (
            second(unread=("frozen or locked", "Login History")),
            "connection 'crm_admin' sees the user active; it could not read: frozen or locked, Login History",
        ),
        (
            second(logins_unshown=True),
            "connection 'crm_admin' sees the user active; no entries of this user were shown in Login History",
        ),
        (
            SecondSight(conn_id="crm_admin", unread=("it sees no such user in acme.my.salesforce.com",)),
            "connection 'crm_admin' could tell nothing: it sees no such user in acme.my.salesforce.com",
        ),
        (
            SecondSight(
                conn_id="crm_admin",
                refusal=Refusal(
                    shape=Shape.OAUTH, code="invalid_grant", message="inactive user", where="token request"
                ),
            ),
            "connection 'crm_admin' could not be asked: invalid_grant: inactive user · token request",
        ),
    ],
)
def test_opinion(sight: SecondSight, said: str) -> None:
    """One sentence: what the second user saw, what it could not, or why it was not asked."""
    assert opinion(sight) == said


def test_a_login_that_is_not_tried_again_says_so() -> None:
    """Whoever mends the second user's connection learns why it is not asked at once."""
    at = pendulum.datetime(2026, 11, 22, 2, 0, 13)
    refusal = Refusal(
        shape=Shape.SOAP, status=500, code="INVALID_LOGIN", message="Invalid username", where="SOAP login"
    )
    said = opinion(SecondSight(conn_id="crm_admin", refusal=refusal, refused_at=at, not_before=at.add(minutes=10)))
    assert said == (
        "connection 'crm_admin' could not be asked: HTTP 500 INVALID_LOGIN: Invalid username · SOAP login; it was refused at "
        "02:00:13 UTC and is not tried again before 02:10:13 UTC"
    )


def test_a_second_user_whose_login_spent_its_token_says_so() -> None:
    """Its next login would be refused, and nobody else would tell."""
    said = opinion(SecondSight(conn_id="crm_admin", user_id="005", is_active=True, spent=True))
    assert said.startswith("connection 'crm_admin' sees the user active. Its own login spent its refresh token")
