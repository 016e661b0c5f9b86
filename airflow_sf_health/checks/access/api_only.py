"""The permission "API Only User" fits the user's purpose.

It is right for an integration user: a stolen password opens no user interface. It is wrong for a user with whom someone must
log in to Salesforce: that one meets "Insufficient Privileges" right after the login (Salesforce 000386367).
``Requirements(api_only=...)`` says which of the two this connection is; without it the state is only reported. Where it is wrong,
the advice goes by where the permission comes from: each source keeps it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_sf_health.checks._api_only_source import advice
from airflow_sf_health.checks._check import Check
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import (
    API_ONLY_FROM,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    REQUIREMENTS,
    SECOND_SIGHT,
    Need,
)
from airflow_sf_health.evidence.permission_source import permission_sources
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: as required, not as required, or how it is."""
    expected = evidence[REQUIREMENTS].api_only
    rows = evidence[OWN_PERMISSIONS]
    if not rows:
        yield Finding(level=Level.UNKNOWN, summary="UserPermissionAccess gave no row for the running user")
        return
    is_api_only = bool(rows[0].get("PermissionsApiUserOnly"))
    profile = evidence.get(OWN_PROFILE)
    name = profile["Name"] if profile else None
    where = f", profile '{name}'" if name else ""
    if expected is False and is_api_only:
        yield _wrong(where, _advice(evidence, name))
    elif expected is True and not is_api_only:
        yield Finding(
            level=Level.WARNING,
            summary=f"the user lacks 'API Only User'{where}: its credential opens the user interface too",
        )
    else:
        state = "an API-only user, as an integration user should be" if is_api_only else "not an API-only user"
        yield Finding(level=Level.OK, summary=f"{state}{where}")


def _wrong(where: str, hint: str) -> Finding:
    return Finding(
        level=Level.FAILED,
        summary=f"the user has 'API Only User'{where}, and must be able to log in to the user interface",
        cause="api_only_user_ui",
        saw="UserPermissionAccess.PermissionsApiUserOnly = true",
        hint=hint,
    )


def _advice(evidence: Evidence, profile: str | None) -> str:
    """By what the user itself could read, else by what the second user saw."""
    rows, second = evidence.get(API_ONLY_FROM), evidence[SECOND_SIGHT]
    found = permission_sources(rows or (), profile) or (second.api_only_from if second is not None else ())
    return advice(found, profile)


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (API_ONLY_FROM,) if requirements.api_only is False else ()


CHECK = Check(
    id="access.api_only",
    title="API Only User",
    needs=(OWN_PERMISSIONS, OWN_PROFILE, REQUIREMENTS, SECOND_SIGHT),
    needs_for=_needs_for,
    evaluate=evaluate,
)
