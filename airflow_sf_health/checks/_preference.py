"""Two permissions that exist only in an org that has switched on the preference for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.checks._check import not_asked
from airflow_sf_health.checks._columns import seen_shortly
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import Query
from airflow_sf_health.report.finding import Finding, Level

PREFERENCE = "Enable 'Set Audit Fields upon Record Creation' and 'Update Records with Inactive Owners' User Permissions"
"""The label in Setup > User Interface: one preference for both."""


@dataclass(frozen=True, slots=True)
class Permission:
    """``column`` of UserPermissionAccess, which is not there while the preference is off; ``label`` as Setup has it."""

    query: Query
    column: str
    label: str
    cause: str
    does: str
    """What the task does by it, after "the user may"."""

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        """One finding: granted, not granted, or not to be granted by anybody before the preference is on."""
        refusal = evidence.refusal(self.query)
        if refusal is not None:
            is_off = refusal.code == "INVALID_FIELD"
            yield self._off(seen_shortly(refusal)) if is_off else not_asked(refusal)
            return
        rows = evidence[self.query]
        if not rows:
            yield Finding(level=Level.UNKNOWN, summary="UserPermissionAccess gave no row for the running user")
        elif rows[0].get(self.column):
            yield Finding(level=Level.OK, summary=f"the user may {self.does} ('{self.label}')")
        else:
            yield self._lacking()

    def _off(self, saw: str) -> Finding:
        return Finding(
            level=Level.FAILED,
            summary=f"nobody in this org may {self.does}: the org's preference for it is off",
            cause=self.cause,
            saw=saw,
            hint=f'Of the two switches it is the org\'s: first "{PREFERENCE}" in Setup > User Interface, then the permission '
            f"'{self.label}' by a permission set. Before that the permission does not exist.",
        )

    def _lacking(self) -> Finding:
        return Finding(
            level=Level.FAILED,
            summary=f"the user may not {self.does}: it lacks the permission '{self.label}'",
            cause=self.cause,
            saw=f"UserPermissionAccess.{self.column} = false",
            hint=f"Of the two switches it is the user's: the org's preference is on already, and '{self.label}' is missing; give it "
            "by a permission set.",
        )
