"""Licences that a task requires by name, beside the user licence: of permission sets and of managed packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from airflow_sf_health.checks._check import seen
from airflow_sf_health.checks._dates import WARN_DAYS, days_until, in_days
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import (
    NOW,
    OWN_PACKAGE_LICENSES,
    OWN_PERMISSION_SET_LICENSES,
    PACKAGE_LICENSES,
    PERMISSION_SET_LICENSES,
    REQUIREMENTS,
    Query,
    Row,
)
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "license_missing_or_expired"
SITE_WIDE = -1
"""``AllowedLicenses`` of a package that the whole org may use; nobody is assigned to it then."""
RENEW = (
    "Have the Salesforce administrator renew it in time: Setup > Company Information lists licences of permission sets with "
    "their end, Setup > Installed Packages those of packages."
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of licence: what the org has, what the user has of it, and where the names stand in the rows."""

    label: str
    in_org: Query
    of_user: Query
    names: tuple[str, ...]
    link: str
    """Field of the user's rows with the id of the licence."""
    reading: str
    """The permission that reading the user's rows takes."""

    @property
    def needs(self) -> tuple[Query, Query]:
        return self.in_org, self.of_user


OF_PERMISSION_SETS = Kind(
    "permission-set licence",
    PERMISSION_SET_LICENSES,
    OWN_PERMISSION_SET_LICENSES,
    ("PermissionSetLicenseKey", "MasterLabel"),
    "PermissionSetLicenseId",
    "View Setup and Configuration or Assign Permission Sets",
)
OF_PACKAGES = Kind(
    "licence of the package",
    PACKAGE_LICENSES,
    OWN_PACKAGE_LICENSES,
    ("NamespacePrefix",),
    "PackageLicenseId",
    "a look at the user's package licences",
)


def required(requirements: Requirements) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """The kinds that are required, with the names."""
    if requirements.permission_set_licenses:
        yield OF_PERMISSION_SETS, requirements.permission_set_licenses
    if requirements.packages:
        yield OF_PACKAGES, requirements.packages


def required_licenses(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each required licence."""
    for kind, names in required(evidence[REQUIREMENTS]):
        for name in names:
            yield _judge(kind, name, evidence)


def _judge(kind: Kind, name: str, evidence: Evidence) -> Finding:
    """First what is surely wrong, then what could not be read, then what ends soon."""
    label, rows = f"{kind.label} '{name}'", evidence.get(kind.in_org)
    if rows is None:
        return _unverified(kind.in_org, evidence, f"the required {label} could not be verified")
    row = next((each for each in rows if _is_named(each, kind, name)), None)
    if row is None:
        return _failed(f"the org has no {label}", f"{len(rows)} licences listed, and none of this name")
    days = days_until(row["ExpirationDate"], evidence[NOW]) if row.get("ExpirationDate") else None
    if gone := _gone(row, days):
        return _failed(
            f"the {label} {gone}", f"Status = {row.get('Status')}, ExpirationDate = {row.get('ExpirationDate')}"
        )
    ends = f" expires {in_days(days, row['ExpirationDate'])}" if days is not None else ""
    own = evidence.get(kind.of_user)
    if own is not None and not _has(row, kind, own):
        return _failed(
            f"the {label} is not assigned to the user", f"none of the user's {len(own)} licences is this one"
        )
    if own is None and row.get("AllowedLicenses") != SITE_WIDE:
        there = f"the {label} is in the org{' and' * bool(ends)}{ends}"
        state = f"{there}; that the user has it could not be verified: it takes {kind.reading}"
        return _unverified(kind.of_user, evidence, state)
    if days is None or days > WARN_DAYS:
        return Finding(level=Level.OK, summary=f"the user has the {label}{', which' * bool(ends)}{ends}")
    return Finding(level=Level.WARNING, summary=f"the user has the {label}, which{ends}", hint=RENEW)


def _is_named(row: Row, kind: Kind, name: str) -> bool:
    return name.strip().casefold() in {str(row.get(field)).casefold() for field in kind.names}


def _has(row: Row, kind: Kind, own: Sequence[Row]) -> bool:
    held = {str(each.get(kind.link))[:15] for each in own}
    return row.get("AllowedLicenses") == SITE_WIDE or str(row.get("Id"))[:15] in held


def _gone(row: Row, days: int | None) -> str:
    """Why it is no good any more; empty where it is good."""
    if days is not None and days < 0:
        return f"has expired {in_days(days, row['ExpirationDate'])}"
    return f"is {row['Status']}, which means expired" if row.get("Status") in ("Disabled", "Expired") else ""


def _unverified(need: Query, evidence: Evidence, summary: str) -> Finding:
    """What is required and could not be looked at is a warning: nobody should rely on it."""
    refusal = evidence.refusal(need)
    assert refusal is not None
    return Finding(level=Level.WARNING, summary=f"{summary} ({refusal.said})", saw=seen(refusal))


def _failed(summary: str, saw: str) -> Finding:
    return Finding(level=Level.FAILED, summary=summary, cause=CAUSE, saw=saw)
