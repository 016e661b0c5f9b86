"""Everything that is decided of a report: verdict, main finding, coverage, whether a retry can help."""

from __future__ import annotations

import pytest
from known import AT
from reports import states

from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.report.finding import Candidate

OK, INFO, WARNING, FAILED = Level.OK, Level.INFO, Level.WARNING, Level.FAILED
UNKNOWN, NOT_APPLICABLE = Level.UNKNOWN, Level.NOT_APPLICABLE


def finding(level: Level, cause: str | None = None, *, essential: bool = False, check: str = "user.mine") -> Finding:
    return Finding(level=level, summary=f"{level} {cause}", cause=cause, essential=essential, check=check)


def report(*findings: Finding) -> Report:
    return Report(conn_id="crm", examined_at=AT, findings=findings)


ESSENTIAL = finding(UNKNOWN, essential=True)


@pytest.mark.parametrize(
    ("findings", "verdict", "may_proceed"),
    [
        ((), Verdict.HEALTHY, True),
        ((finding(OK), finding(INFO), finding(NOT_APPLICABLE)), Verdict.HEALTHY, True),
        ((finding(OK), finding(UNKNOWN)), Verdict.HEALTHY, True),
        ((finding(WARNING), finding(UNKNOWN)), Verdict.DEGRADED, True),
        ((finding(WARNING), ESSENTIAL), Verdict.UNDETERMINED, False),
        ((finding(OK, essential=True), ESSENTIAL), Verdict.UNDETERMINED, False),
        ((finding(FAILED), ESSENTIAL, finding(WARNING)), Verdict.UNHEALTHY, False),
    ],
)
def test_verdict(findings: tuple[Finding, ...], verdict: Verdict, may_proceed: bool) -> None:
    """One sure fault decides; then what is essential and not known; then warnings."""
    assert (report(*findings).verdict, report(*findings).may_proceed) == (verdict, may_proceed)


@pytest.mark.parametrize(
    ("findings", "main"),
    [
        ((finding(OK),), None),
        ((finding(UNKNOWN),), None),
        ((finding(FAILED, "unknown"), finding(FAILED, "user_inactive")), 1),
        ((finding(FAILED), finding(FAILED, "wrong_org"), finding(FAILED, "user_inactive")), 1),
        ((finding(FAILED, "unknown"), finding(FAILED)), 0),
        ((finding(UNKNOWN, "network_timeout"), ESSENTIAL), 1),
        ((ESSENTIAL, finding(UNKNOWN, "network_timeout", essential=True)), 1),
        ((finding(INFO), finding(WARNING)), 1),
    ],
)
def test_main_finding(findings: tuple[Finding, ...], main: int | None) -> None:
    """The finding that leads the message is of the level that decided, the first with a named cause, else the first."""
    assert report(*findings).main == (None if main is None else findings[main])


def test_coverage() -> None:
    """What applies counts, by check and not by finding; what could not be asked is missing from it."""
    findings = (
        finding(OK, check="a.1"),
        finding(INFO, check="a.1"),
        finding(UNKNOWN, check="a.2"),
        finding(OK, check="a.3"),
        finding(NOT_APPLICABLE, check="a.4"),
        finding(FAILED, check="a.5"),
    )
    assert report(*findings).asked == (3, 4)
    assert report().asked == (0, 0)


@pytest.mark.parametrize(
    ("main", "healed_by_none"),
    [
        (finding(OK), False),
        (finding(WARNING, "soap_login_retiring"), False),
        (finding(FAILED), False),
        (finding(FAILED, "user_inactive"), True),
        (finding(FAILED, "org_maintenance_or_unavailable"), False),
        (finding(UNKNOWN, "network_timeout", essential=True), False),
    ],
)
def test_no_retry_heals(main: Finding, healed_by_none: bool) -> None:
    """Only a certain failure whose cause waits for a person is beyond any retry."""
    assert report(main).no_retry_heals is healed_by_none


@pytest.mark.parametrize(
    ("candidates", "healed_by_none"),
    [((), True), (("wrong_org",), True), (("wrong_org", "network_timeout"), False), (("not_known_yet",), False)],
)
def test_no_retry_heals_a_masked_cause(candidates: tuple[str, ...], healed_by_none: bool) -> None:
    """An uncertain cause is beyond retry if each of its candidates is known and waits for a person too."""
    masked = Finding(
        level=FAILED,
        summary="x",
        cause="user_inactive",
        certain=False,
        candidates=tuple(Candidate(cause=each, tell="x") for each in candidates),
    )
    assert report(masked).no_retry_heals is healed_by_none


@pytest.mark.parametrize(
    ("name", "verdict", "cause"),
    [
        ("healthy", Verdict.HEALTHY, None),
        ("inactive", Verdict.UNHEALTHY, "user_inactive"),
        ("masked", Verdict.UNHEALTHY, "bad_credentials"),
        ("undetermined", Verdict.UNDETERMINED, "network_timeout"),
        ("degraded", Verdict.DEGRADED, "soap_login_retiring"),
        ("repaired", Verdict.HEALTHY, None),
        ("no_api", Verdict.UNHEALTHY, "api_disabled_for_user"),
        ("wrong_org", Verdict.UNHEALTHY, "wrong_org"),
        ("ready_session", Verdict.HEALTHY, None),
        ("unknown", Verdict.UNHEALTHY, "unknown"),
    ],
)
def test_states(name: str, verdict: Verdict, cause: str | None) -> None:
    """The states that the messages are tested with are what they are called."""
    found = states()[name]
    assert (found.verdict, found.main and found.main.cause) == (verdict, cause)
