"""What tasks that somebody has cleared learn of each other: hundreds may be cleared at once, while the user is still shut out.

Nothing that was met before counts for one of them, but what another of them has met just now does: so they make one login together, and
not one each.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pendulum

if TYPE_CHECKING:
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.vault import Sealed

TOGETHER = 15.0
"""Seconds for which it counts: who mends the org, and clears a task once more, need not wait for longer."""
MARK = "cleared"
"""The key under which it is sealed that a cleared task has met this."""


def unsealed(credential: Credential, kind: str, sealed: Sealed) -> dict[str, Any] | None:
    """What was sealed as this kind; None where it is damaged, or another credential's."""
    text = credential.unseal(kind, sealed.blob)
    try:
        fields = json.loads(text) if text is not None else None
    except ValueError:  # of another version of this package
        return None
    return fields if isinstance(fields, dict) else None


def counts_for_cleared(fields: dict[str, Any], at: pendulum.DateTime) -> bool:
    """Whether another cleared task has met what was sealed, by a login of its own, a moment ago."""
    return 0 <= (pendulum.now("UTC") - at).total_seconds() < TOGETHER and fields.get(MARK) is True
