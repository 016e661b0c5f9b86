"""What stands against a login beside its credential: told by each door in its own words, and truly in LoginHistory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from logins import ACME, DOORS, ask_jwt, ask_password, refusal

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.gate import KEPT
from airflow_sf_health.testing.state import timestamp

FAILURE = (400, "invalid_grant", "authentication failure")
INVALID_LOGIN = (500, "INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
MASKED = {**dict.fromkeys(("jwt", "client_credentials", "password", "refresh"), FAILURE), "soap": INVALID_LOGIN}
INACTIVE = (400, "invalid_grant", "inactive user")
NOT_INSTALLED = (400, "invalid_client", "app must be installed into org")
OAUTH_ONLY = ("jwt", "client_credentials", "password", "refresh")


def set_profile(name: str, value: object) -> Callable[[FakeOrg], None]:
    return lambda org: setattr(org.state.profile_of(org.user()), name, value)


def set_user(name: str) -> Callable[[FakeOrg], None]:
    return lambda org: setattr(org.user(), name, True)


def set_org(name: str, value: object) -> Callable[[FakeOrg], None]:
    return lambda org: setattr(org.state.org, name, value)


def set_app(name: str, value: object) -> Callable[[FakeOrg], None]:
    return lambda org: setattr(org.state.apps[0], name, value)


def of_oauth(*answer: object) -> dict[str, object]:
    return dict.fromkeys(OAUTH_ONLY, answer)


STATES: dict[str, tuple[Callable[[FakeOrg], None], dict[str, object], str]] = {
    "inactive": (
        lambda org: setattr(org.user(), "active", False),
        {**of_oauth(*INACTIVE), "password": FAILURE, "soap": INVALID_LOGIN},
        "User is inactive",
    ),
    "frozen": (set_user("frozen"), {**MASKED}, "User is frozen"),
    "locked": (set_user("locked"), {**MASKED}, "Password lockout"),
    "hours": (set_profile("login_hours", (0, 0)), {**MASKED}, "Restricted time"),
    "address": (
        set_profile("login_ip_ranges", [("198.51.100.1", "198.51.100.9")]),
        {**of_oauth(400, "invalid_grant", "ip restricted"), "soap": INVALID_LOGIN},
        "Restricted IP",
    ),
    "blocked": (set_app("blocked", True), of_oauth(*FAILURE), "Failed: OAuth API access disabled"),
    "not installed": (
        set_app("installed", False),
        of_oauth(*NOT_INSTALLED),
        "Package for this consumer is not installed in your organization",
    ),
    "not approved": (
        set_app("approved_user_ids", set()),
        {
            **of_oauth(*FAILURE),
            "jwt": (400, "invalid_grant", "user hasn't approved this consumer"),
            "client_credentials": (400, "invalid_app_access", "user is not admin approved to access this app"),
        },
        "Failed: Not approved for access",
    ),
    "org locked": (set_org("locked", True), {**MASKED}, "Organization locked"),
    "trial over": (set_org("trial_expiration", "2026-01-31"), {**MASKED}, "Trial expired"),
    "rate": (
        set_org("logins_per_hour", 0),
        {**of_oauth(400, "rate_limit_exceeded", "login rate exceeded"), "soap": INVALID_LOGIN},
        "Login rate exceeded",
    ),
}
CASES = [(state, door) for state, (_, answers, _) in STATES.items() for door in answers]


@pytest.mark.parametrize(("state", "door"), CASES)
def test_each_door_answers_in_its_own_words(org: FakeOrg, state: str, door: str) -> None:
    """A refused login opens no session; what it is told depends on the door, what LoginHistory says does not."""
    enter, answers, label = STATES[state]
    enter(org)
    org.user().last_login = None
    assert refusal(DOORS[door](org)) == answers[door]
    row = org.state.logins[-1]
    assert (row.user_id, row.status) == (org.user().id, label)
    assert org.user().last_login is None


@pytest.mark.parametrize("state", ["blocked", "not installed", "not approved"])
def test_soap_knows_no_app(org: FakeOrg, state: str) -> None:
    """The state of an app does not matter to a SOAP login."""
    STATES[state][0](org)
    assert DOORS["soap"](org).status_code == 200


@pytest.mark.parametrize("door", ["jwt", "password", "refresh", "soap"])
def test_my_domain_enforced(org: FakeOrg, door: str) -> None:
    """Where the My Domain is enforced, the shared login host takes nobody, and the My Domain does."""
    org.state.org.my_domain_login_enforced = True
    assert refusal(DOORS[door](org)) == MASKED[door]
    assert org.state.logins[-1].status == "Restricted domain"
    assert DOORS[door](org, ACME).status_code == 200


def test_an_external_client_app_says_it_its_own_way(org: FakeOrg) -> None:
    """That an external client app is not installed has words of its own."""
    org.state.apps[0].external, org.state.apps[0].installed = True, False
    expected = (400, "app_not_found", "External client app is not installed in this org")
    assert refusal(ask_jwt(org)) == expected


@pytest.mark.parametrize(
    ("hours", "offset", "may"),
    [((9, 17), 9, True), ((9, 17), 17, False), ((22, 6), 23, True), ((22, 6), 5, True), ((22, 6), 6, False)],
)
def test_login_hours_go_by_the_clock_of_the_org(org: FakeOrg, hours: tuple[int, int], offset: int, may: bool) -> None:
    """Login hours are UTC by the org's own clock, their end excluded, and may go over midnight."""
    now = org.context.now()
    then = now.replace(hour=offset, minute=30)
    org.context.timing.clock_offset = (then - now).total_seconds()
    org.state.profile_of(org.user()).login_hours = hours
    assert ask_password(org).ok is may


@pytest.mark.parametrize(
    ("address", "may"), [("198.51.100.1", True), ("198.51.100.10", False), ("2001:db8::5", True), ("::1", False)]
)
def test_ranges_of_addresses(org: FakeOrg, address: str, may: bool) -> None:
    """A client gets in from within any of the ranges, of either kind of address, their ends included."""
    ranges = [("198.51.100.1", "198.51.100.9"), ("2001:db8::1", "2001:db8::9")]
    org.state.profile_of(org.user()).login_ip_ranges = ranges
    org.state.client_ip = address
    assert ask_password(org).ok is may
    assert org.state.logins[-1].source_ip == address


def test_a_trial_goes_by_the_clock_of_the_org(org: FakeOrg) -> None:
    """A trial that ends tomorrow is over once the org's clock is two days ahead."""
    org.state.org.trial_expiration = timestamp(org.context.now() + timedelta(days=1))
    assert ask_password(org).ok
    org.context.timing.clock_offset = timedelta(days=2).total_seconds()
    assert refusal(ask_password(org)) == FAILURE


def test_a_wrong_assertion_goes_by_the_clock_of_the_org(org: FakeOrg) -> None:
    """An assertion of three minutes is over for an org whose clock is far ahead, and ends too late for one far behind."""
    for offset, may in ((3_600, False), (170, True), (-170, True), (-3_600, False)):
        org.context.timing.clock_offset = offset
        answer = ask_jwt(org)
        assert answer.ok is may
        assert may or refusal(answer) == (400, "invalid_grant", "expired authorization code")


def test_logins_per_hour(org: FakeOrg) -> None:
    """So many logins of one user within an hour and no more; others, and the next hour, have their own."""
    org.state.org.logins_per_hour = 2
    assert [ask_password(org).ok for _ in range(4)] == [True, True, False, False]
    admin = org.user("admin@acme.com")
    assert ask_password(org, username=admin.username, password=admin.password).ok
    org.context.timing.clock_offset = 3_700
    assert ask_password(org).ok


def test_history_is_bounded(org: FakeOrg) -> None:
    """LoginHistory keeps the newest rows only."""
    assert ask_password(org).ok
    first = org.state.logins[0]
    org.state.logins *= KEPT
    org.state.org.logins_per_hour = KEPT * 2
    assert ask_password(org).ok
    assert len(org.state.logins) == KEPT
    assert org.state.logins[-1].id != first.id
