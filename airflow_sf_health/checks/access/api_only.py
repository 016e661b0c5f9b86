"""The permission "API Only User" fits the user's purpose.

It is right for an integration user: a stolen password opens no user interface. It is wrong for a user with whom someone must
log in to Salesforce: that one meets "Insufficient Privileges" right after the login (Salesforce 000386367).
``Requirements(api_only=...)`` says which of the two this connection is; without it the state is only reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import OWN_PERMISSIONS, OWN_PROFILE, REQUIREMENTS
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: as required, not as required, or how it is."""
    expected = evidence[REQUIREMENTS].api_only
    rows = evidence[OWN_PERMISSIONS]
    if not rows:
        yield Finding(level=Level.UNKNOWN, summary="UserPermissionAccess gave no row for the running user")
        return
    is_api_only = bool(rows[0].get("PermissionsApiUserOnly"))
    profile = evidence.get(OWN_PROFILE)
    where = f", profile '{profile['Name']}'" if profile else ""
    if expected is False and is_api_only:
        yield Finding(
            level=Level.FAILED,
            summary=f"the user has 'API Only User'{where}, and must be able to log in to the user interface",
            cause="api_only_user_ui",
            saw="UserPermissionAccess.PermissionsApiUserOnly = true",
        )
    elif expected is True and not is_api_only:
        yield Finding(
            level=Level.WARNING,
            summary=f"the user lacks 'API Only User'{where}: its credential opens the user interface too",
        )
    else:
        state = "an API-only user, as an integration user should be" if is_api_only else "not an API-only user"
        yield Finding(level=Level.OK, summary=f"{state}{where}")


CHECK = Check(
    id="access.api_only", title="API Only User", needs=(OWN_PERMISSIONS, OWN_PROFILE, REQUIREMENTS), evaluate=evaluate
)
