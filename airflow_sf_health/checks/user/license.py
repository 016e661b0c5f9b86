"""The integration user has its licences, and they are active.

An expired or removed licence is the second root cause of "inactive user". The user licence hangs on the profile; its status takes
View Setup and Configuration to read, which a minimal integration user has not: then only the profile is known, and the check says
so instead of guessing. Licences of permission sets and of packages are looked at where the task names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.checks._licenses import required, required_licenses
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import LOGIN, NOW, OWN_LICENSE, OWN_PROFILE, REQUIREMENTS, SECOND_SIGHT, Need, Row
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "license_missing_or_expired"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding on the user licence with its state, or that it may not be read; one on each required licence."""
    yield _user_license(evidence)
    if evidence[LOGIN].refusal is None:
        yield from required_licenses(evidence)


def _user_license(evidence: Evidence) -> Finding:
    expected = evidence[REQUIREMENTS].user_license
    license_, profile = evidence.get(OWN_LICENSE), evidence.get(OWN_PROFILE)
    if license_ is not None and profile is not None:
        return _judge(license_, f"profile '{profile['Name']}'", expected)
    second = evidence[SECOND_SIGHT]
    if second is not None and second.license_name:
        row = {"Name": second.license_name, "Status": second.license_status}
        return _judge(row, f"seen by connection '{second.conn_id}'", None)
    refusal = evidence.refusal(OWN_PROFILE) or evidence.refusal(OWN_LICENSE)
    assert refusal is not None
    return _unread(refusal, expected if evidence[LOGIN].refusal is None else None)


def _unread(refusal: Refusal, expected: str | None) -> Finding:
    """Where a licence is required, that it could not be looked at is worth a warning: nobody should rely on it."""
    finding = not_asked(refusal)
    if expected is None:
        return finding
    why = f"the required licence '{expected}' could not be verified: reading it takes View Setup and Configuration"
    return replace(finding, level=Level.WARNING, summary=f"{why} ({refusal.said})")


def _judge(license_: Row, by: str, expected: str | None) -> Finding:
    name, status = license_["Name"], license_.get("Status") or "Active"
    if status != "Active":
        return _failed(f"the licence '{name}' is {status}", f"UserLicense.Status = {status} · {by}")
    known_as = (name.casefold(), str(license_.get("LicenseDefinitionKey")).casefold())
    if expected and expected.casefold() not in known_as:
        return _failed(f"the licence is '{name}', and '{expected}' is required", f"UserLicense.Name = {name} · {by}")
    used, total = license_.get("UsedLicenses"), license_.get("TotalLicenses")
    numbers = f" ({used} of {total} in use)" if total is not None else ""
    return Finding(level=Level.OK, summary=f"licence '{name}' is active{numbers}, {by}")


def _failed(summary: str, saw: str) -> Finding:
    return Finding(level=Level.FAILED, summary=summary, cause=CAUSE, saw=saw)


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return tuple(need for kind, _ in required(requirements) for need in kind.needs)


CHECK = Check(
    id="user.license",
    title="Licences",
    needs=(LOGIN, NOW, OWN_PROFILE, OWN_LICENSE, REQUIREMENTS, SECOND_SIGHT),
    needs_for=_needs_for,
    evaluate=evaluate,
)
