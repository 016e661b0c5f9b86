"""Whether Salesforce says that there is no such object for this user."""

from __future__ import annotations

from airflow_sf_health.checks._uses import describe_of, rights_of
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.requirements import ObjectUse

ABSENT = ("INVALID_TYPE", "NOT_FOUND", "INVALID_TYPE_FOR_OPERATION")


def absence(evidence: Evidence, use: ObjectUse) -> Refusal | None:
    """The refusal that says that there is no such object for this user; None where none does."""
    described, asked = evidence.get(describe_of(use)), evidence.refusal(describe_of(use))
    if asked is not None and is_absence(asked):
        return asked
    # A query says INVALID_TYPE of what nobody can query, too: of events, which are only published.
    if described.shape.queryable if described is not None else use.read is not None:
        refusals = (evidence.refusal(need) for need in rights_of(use))
        return next((each for each in refusals if each is not None and is_absence(each)), None)
    return None


def is_absence(refusal: Refusal) -> bool:
    """Whether it says that there is no such object for this user."""
    return refusal.code in ABSENT and "does not support query" not in refusal.message
