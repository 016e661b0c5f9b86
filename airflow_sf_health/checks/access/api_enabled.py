"""The user may use the API.

Revoked API access is the third root cause of "inactive user": the login still succeeds and each call is refused. Salesforce
answers with the same words whether the permission "API Enabled" is missing or the org's edition has no API, so the
permission itself is read where an answer comes, and the refusal is judged where none does.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import API, LOGIN, OWN_PERMISSIONS
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the API answers this user, or why not; where no login may be made, there is nobody to answer."""
    if evidence[LOGIN].withheld is not None:
        yield Finding(level=Level.NOT_APPLICABLE, summary="no login was made, so nothing was asked of the API")
        return
    api = evidence[API]
    if api.refusal is not None:
        yield refused(api.refusal, f"the API refused the user: {api.refusal.said}")
        return
    rows = evidence.get(OWN_PERMISSIONS)
    if rows and rows[0].get("PermissionsApiEnabled") is False:
        yield Finding(
            level=Level.FAILED,
            summary="the user lacks the permission 'API Enabled'",
            cause="api_disabled_for_user",
            saw="UserPermissionAccess.PermissionsApiEnabled = false",
        )
    elif rows:
        yield Finding(level=Level.OK, summary="the API answers, and the user has 'API Enabled'")
    else:
        yield Finding(level=Level.OK, summary="the API answers this user")


CHECK = Check(
    id="access.api_enabled",
    title="API access",
    needs=(API, LOGIN, OWN_PERMISSIONS),
    evaluate=evaluate,
    essential=True,
)
