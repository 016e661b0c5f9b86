"""What tasks that somebody has cleared learn of each other: hundreds may be cleared at once, while the user is still shut out.

Nothing that was met before counts for one of them, but what another of them has met just now does: so they make one login together, and
not one each.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pendulum

if TYPE_CHECKING:
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.vault import Sealed

TOGETHER = 15.0
"""Seconds for which it counts: who mends the org, and clears a task once more, need not wait for longer."""
MARK = "cleared"
"""The key under which it is sealed that a cleared task has met this."""


def counts_for_cleared(credential: Credential, kind: str, sealed: Sealed) -> bool:
    """Whether another cleared task has met this, by a login of its own, a moment ago."""
    if not 0 <= (pendulum.now("UTC") - sealed.at).total_seconds() < TOGETHER:
        return False
    text = credential.unseal(kind, sealed.blob)
    try:
        return text is not None and json.loads(text).get(MARK) is True
    except (AttributeError, ValueError):  # of another version of this package
        return False
