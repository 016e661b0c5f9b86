"""The user may update records whose owners are inactive, where the task does.

It takes two switches: a preference of the org, and a permission of the user that does not exist before the preference is on. Without
either each such record is refused with INACTIVE_OWNER_OR_USER.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_sf_health.checks._check import Check
from airflow_sf_health.checks._preference import Permission
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need, Query
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

UPDATE_WITH_INACTIVE_OWNER = Query(
    "update_with_inactive_owner", "SELECT PermissionsUpdateWithInactiveOwner FROM UserPermissionAccess", late=True
)
"""Asked alone: the column is refused while the org's preference is off."""
UPDATE = Permission(
    query=UPDATE_WITH_INACTIVE_OWNER,
    column="PermissionsUpdateWithInactiveOwner",
    label="Update Records with Inactive Owners",
    cause="owner_inactive",
    does="update records whose owners are inactive",
)


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding; which of the two switches is off."""
    if evidence[REQUIREMENTS].inactive_owners:
        yield from UPDATE.judge(evidence)
    else:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task updates no records with inactive owners")


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (UPDATE_WITH_INACTIVE_OWNER,) if requirements.inactive_owners else ()


CHECK = Check(
    id="access.inactive_owners",
    title="Records with inactive owners",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
