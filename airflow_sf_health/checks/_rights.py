"""Whether the user lost rights since something was last seen, as far as the user itself may read that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.checks._words import listed, minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    MEMORY,
    OWN_PERMISSION_SETS,
    OWN_PROFILE,
    RUNNING_USER,
)
from airflow_sf_health.evidence.remembered_user import permission_sets_now
from airflow_sf_health.evidence.rights import rights_digest

NEEDS = (MEMORY, RUNNING_USER, OWN_PROFILE, OWN_PERMISSION_SETS, ALL_PERMISSIONS)
"""What :func:`rights_since` looks up."""


@dataclass(frozen=True, slots=True)
class RightsSince:
    """Whether they ``moved``, None where that could not be read; ``why`` is half a sentence."""

    moved: bool | None
    why: str


def rights_since(evidence: Evidence, before: Remembered) -> RightsSince:
    """Compare profile, permission sets and permission stamp with what they were.

    :param before: the snapshot with the thing that is now gone.
    """
    losses, at, now = [*_losses(evidence)], minute(before.confirmed_at), rights_digest(evidence)
    if losses:
        return RightsSince(True, " and ".join(losses))
    if now is None or before.rights is None:
        return RightsSince(None, f"whether the user's rights changed since {at} could not be read")
    if now != before.rights:
        return RightsSince(True, f"the user's permissions changed after that{_stamp(evidence)}")
    user = evidence[MEMORY].user
    sets_known = user is not None and user.permission_sets is not None and permission_sets_now(evidence) is not None
    compared = "profile, permission sets and permission stamp" if sets_known else "profile and permission stamp"
    return RightsSince(False, f"the user's {compared} are what they were")


def _losses(evidence: Evidence) -> Iterator[str]:
    before, user = evidence[MEMORY].user, evidence.get(RUNNING_USER)
    if before is None:
        return
    if user is not None and before.profile_id and user.get("ProfileId") not in (None, before.profile_id):
        name = (evidence.get(OWN_PROFILE) or {}).get("Name") or user["ProfileId"]
        yield f"the user's profile was '{before.profile_name or before.profile_id}' and is '{name}' now"
    now = permission_sets_now(evidence)
    if now is None or before.permission_sets is None:
        return
    gone = sorted(label for held, label in before.permission_sets.items() if held not in now)
    if gone:
        sets = "permission set" if len(gone) == 1 else "permission sets"
        names = listed([f"'{each}'" for each in gone])
        yield f"the user no longer has the {sets} {names}"


def _stamp(evidence: Evidence) -> str:
    """When they last did, in brackets."""
    rows = evidence.get(ALL_PERMISSIONS)
    stamp = str(rows[0].get("LastCacheUpdate") or "") if rows else ""
    return f" (LastCacheUpdate {stamp[:10]} {stamp[11:16]} UTC)" if stamp else ""
