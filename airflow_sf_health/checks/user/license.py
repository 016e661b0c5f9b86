"""The integration user has its licence, and the licence is active.

An expired or removed licence is the second root cause of "inactive user". The licence hangs on the profile; its status takes
View Setup and Configuration to read, which a minimal integration user has not: then only the profile is known, and the check says
so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import OWN_LICENSE, OWN_PROFILE, REQUIREMENTS, Row
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the licence with its state, or that it may not be read."""
    profile = evidence[OWN_PROFILE]
    license_ = evidence.get(OWN_LICENSE)
    if license_ is None:
        refusal = evidence.refusal(OWN_LICENSE)
        assert refusal is not None
        yield _unread(refusal, evidence[REQUIREMENTS].user_license)
        return
    yield _judge(license_, profile["Name"], evidence[REQUIREMENTS].user_license)


def _unread(refusal: Refusal, expected: str | None) -> Finding:
    """Where a licence is required, that it could not be looked at is worth a warning: nobody should rely on it."""
    finding = not_asked(refusal)
    if expected is None:
        return finding
    why = f"the required licence '{expected}' could not be verified: reading it takes View Setup and Configuration"
    return replace(finding, level=Level.WARNING, summary=f"{why} ({refusal.said})")


def _judge(license_: Row, profile: str, expected: str | None) -> Finding:
    name, status = license_["Name"], license_.get("Status") or "Active"
    if status != "Active":
        return _failed(f"the licence '{name}' is {status}", f"UserLicense.Status = {status} · profile '{profile}'")
    if expected and expected.casefold() not in (name.casefold(), str(license_.get("LicenseDefinitionKey")).casefold()):
        return _failed(
            f"the licence is '{name}', and '{expected}' is required", f"UserLicense.Name = {name} · profile '{profile}'"
        )
    used = f"{license_.get('UsedLicenses')} of {license_.get('TotalLicenses')} in use"
    return Finding(level=Level.OK, summary=f"licence '{name}' is active ({used}), profile '{profile}'")


def _failed(summary: str, saw: str) -> Finding:
    return Finding(level=Level.FAILED, summary=summary, cause="license_missing_or_expired", saw=saw)


CHECK = Check(
    id="user.license", title="User licence", needs=(OWN_PROFILE, OWN_LICENSE, REQUIREMENTS), evaluate=evaluate
)
