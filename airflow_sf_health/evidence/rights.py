"""Whether a user's rights are those of an earlier look, as far as the user itself may read that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from airflow_sf_health.evidence.evidence import Evidence, NotGathered
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, OWN_PERMISSION_SETS, RUNNING_USER, Need
from airflow_sf_health.org.errors import Refusal

RIGHTS: tuple[Need[Any], ...] = (RUNNING_USER, OWN_PERMISSION_SETS, ALL_PERMISSIONS)
"""What tells whether the user's rights are those of an earlier look; asked beside the first questions."""


def rights_digest(answers: Mapping[Need[Any], Any] | Evidence) -> str | None:
    """A digest of profile, permission sets and permission stamp; None where profile or stamp could not be read. Permission sets that
    may not be read leave it to the other two.
    """
    user, sets, permissions = (_answer(answers, need) for need in RIGHTS)
    stamp = permissions[0].get("LastCacheUpdate") if permissions else None
    profile = user.get("ProfileId") if user else None
    if not stamp or not profile:
        return None
    held = sorted(f"{row.get('PermissionSetId')} {row.get('PermissionSetGroupId')}" for row in sets or ())
    return hashlib.sha256(json.dumps([profile, stamp, held]).encode()).hexdigest()


def _answer(answers: Mapping[Need[Any], Any] | Evidence, need: Need[Any]) -> Any:
    """The answer; None where it was refused or not asked."""
    if isinstance(answers, Evidence):
        try:
            return answers.get(need)
        except NotGathered:
            return None
    found = answers.get(need)
    return None if isinstance(found, Refusal) else found
