"""The checks on a living org: states that an administrator makes, through an unmodified client, with verdict and cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from connecting import connect

from airflow_sf_health import Requirements, examine
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

ADMIN = "admin@acme.com"
PSL, PACKAGE = "Salesforce API Integration", "acme"


def of(report: Report, check_id: str) -> list[Finding]:
    return [each for each in report.findings if each.check == check_id]


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def grant(org: FakeOrg, *permissions: str) -> None:
    org.state.profile_of(org.user()).permissions.update(permissions)


@pytest.mark.parametrize("state", ["frozen", "locked"])
def test_frozen_while_the_session_lives(org: FakeOrg, state: str) -> None:
    """A ready session of a frozen or locked user answers and is unhealthy, where the user may read UserLogin."""
    connection = connect(org, "session")
    grant(org, "ManageUsers")
    setattr(org.user(), state, True)
    report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (Verdict.UNHEALTHY, "user_frozen_or_locked")
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)


def test_frozen_and_hidden(org: FakeOrg) -> None:
    """A minimal user may not read it: a session that lives on is not called healthy on that point, nor bad."""
    connection = connect(org, "session")
    org.user().frozen = True
    (finding,) = of(examine(connection), "user.frozen")
    assert finding.level is Level.UNKNOWN


def test_password_that_may_expire(org: FakeOrg) -> None:
    """A login by password is degraded by it and says in the message what to do; with the permission it is healthy."""
    report = examine(connect(org, "password"))
    assert report.verdict is Verdict.DEGRADED
    text = " ".join(message(report).split())
    assert "is degraded: the password may expire, and then each call is refused" in text
    assert "here Have the Salesforce administrator give the user the permission 'Password Never Expires'" in text
    grant(org, "PasswordNeverExpires")
    assert examine(connect(org, "password")).verdict is Verdict.HEALTHY


def test_required_licences(org: FakeOrg) -> None:
    """Licences are looked at by name where the task requires them, for one call more; an end that is near is a warning."""
    grant(org, "ViewSetup")
    required = Requirements(permission_set_licenses=(PSL,), packages=(org.state.package_licenses[0].name,))
    report = examine(connect(org, "jwt"), required)
    assert [each.level for each in of(report, "user.license")] == [Level.OK] * 3
    assert (report.cost.http_requests, report.cost.api_calls) == (3, 2)
    org.state.permission_set_licenses[0].expires = in_days(9)
    report = examine(connect(org, "jwt"), required)
    assert report.verdict is Verdict.DEGRADED
    assert f"expires in 9 days ({in_days(9)})" in of(report, "user.license")[1].summary
    org.user().permission_set_license_ids.clear()
    report = examine(connect(org, "jwt"), required)
    assert report.main is not None
    assert report.main.cause == "license_missing_or_expired"
    assert "is not assigned to the user" in report.main.summary


def test_required_licences_of_a_minimal_user(org: FakeOrg) -> None:
    """A minimal user sees that the org has the licence; that it is its own could not be verified, which is said."""
    report = examine(connect(org, "jwt"), Requirements(permission_set_licenses=(PSL,)))
    assert report.verdict is Verdict.DEGRADED
    assert "could not be verified" in of(report, "user.license")[1].summary


def test_source_of_api_only(org: FakeOrg) -> None:
    """Who may read the assignments is told each source of API-only: profile, set and group."""
    permission_set, group = org.state.permission_sets[0], org.state.permission_set_groups[0]
    permission_set.permissions.add("ApiUserOnly")
    group.permission_set_ids, group.muted = [permission_set.id], set()
    org.user().permission_set_group_ids.append(group.id)
    grant(org, "ViewSetup")
    (finding,) = of(examine(connect(org, "jwt"), Requirements(api_only=False)), "access.api_only")
    profile = org.state.profile_of(org.user()).name
    for source in (f"profile '{profile}'", f"permission set '{permission_set.label}'", f"group '{group.label}'"):
        assert source in finding.hint
    group.muted = {"ApiUserOnly"}
    (finding,) = of(examine(connect(org, "jwt"), Requirements(api_only=False)), "access.api_only")
    assert "group" not in finding.hint


def test_source_of_api_only_that_is_hidden(org: FakeOrg) -> None:
    """A minimal user is told where to look, and that its profile is the one where it is fixed."""
    report = examine(connect(org, "jwt"), Requirements(api_only=False))
    (finding,) = of(report, "access.api_only")
    assert "Look in Setup > Users" in finding.hint
    assert "cannot be switched off" in finding.hint
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)


@pytest.mark.parametrize(
    ("version", "verdict", "requests"),
    [
        ("30.0", Verdict.UNHEALTHY, 2),
        ("40.0", Verdict.DEGRADED, 2),
        ("41.0", Verdict.HEALTHY, 2),
        ("67.0", Verdict.HEALTHY, 2),
        ("68.0", Verdict.UNHEALTHY, 3),
        ("95.0", Verdict.UNHEALTHY, 3),
    ],
)
def test_pinned_version(org: FakeOrg, version: str, verdict: Verdict, requests: int) -> None:
    """A pinned version is judged before a task meets its 404 or 410; only one newer than all orgs have is asked about."""
    report = examine(connect(org, "jwt", version=version))
    assert report.verdict is verdict
    assert (report.cost.http_requests, report.cost.api_calls) == (requests, 1)
    assert org.counts().api_calls == 1


@pytest.mark.parametrize(("writes", "verdict"), [(None, Verdict.UNHEALTHY), (False, Verdict.DEGRADED)])
def test_read_only_org(org: FakeOrg, writes: bool | None, verdict: Verdict) -> None:
    """A read-only org stops what writes; time heals it, so retries are of use."""
    org.state.org.is_read_only = True
    report = examine(connect(org, "jwt"), Requirements(writes=writes))
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (verdict, "org_read_only")
    assert not report.no_retry_heals


def test_trial_that_ends(org: FakeOrg) -> None:
    """The last two weeks of a trial are a warning; its end is a failure for a session that lives on."""
    connection = connect(org, "session")
    org.state.org.trial_expiration = f"{in_days(5)}T23:59:59.000+0000"
    report = examine(connect(org, "jwt"))
    assert report.verdict is Verdict.DEGRADED
    assert "ends in 5 days" in of(report, "org.state")[0].summary
    org.state.org.trial_expiration = f"{in_days(-1)}T23:59:59.000+0000"
    report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (Verdict.UNHEALTHY, "org_inactive_or_expired")


def test_everything_at_once(org: FakeOrg) -> None:
    """All that may be required costs a second API call and no third."""
    required = Requirements(
        api_only=False, org_id=org.state.org.id, sandbox=False, permission_set_licenses=(PSL,), packages=("a", "b")
    )
    report = examine(connect(org, "jwt", username=ADMIN), required)
    assert (report.cost.http_requests, report.cost.api_calls) == (3, 2)
