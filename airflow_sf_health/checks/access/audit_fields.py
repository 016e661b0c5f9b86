"""The user may set CreatedDate, CreatedById and the like of new records, where the task does.

It takes two switches: a preference of the org, and a permission of the user that does not exist before the preference is on. Without
either each row with such a field is refused, while others of the same load are written.
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

CREATE_AUDIT_FIELDS = Query(
    "create_audit_fields", "SELECT PermissionsCreateAuditFields FROM UserPermissionAccess", late=True
)
"""Asked alone: the column is refused while the org's preference is off."""
SET = Permission(
    query=CREATE_AUDIT_FIELDS,
    column="PermissionsCreateAuditFields",
    label="Set Audit Fields upon Record Creation",
    cause="audit_field_permission",
    does="set CreatedDate and other audit fields",
)


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding; which of the two switches is off."""
    if evidence[REQUIREMENTS].audit_fields:
        yield from SET.judge(evidence)
    else:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task sets no audit fields")


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (CREATE_AUDIT_FIELDS,) if requirements.audit_fields else ()


CHECK = Check(
    id="access.audit_fields",
    title="Audit fields",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
