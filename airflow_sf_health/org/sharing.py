"""How far the logins of a conversation are shared with other tasks and processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_sf_health.org.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Where logins are shared, and for how long each part counts, in seconds.

    ``egress`` names the way to the internet: a token is never shared between two. ``proof``: for how long a login proves user, address,
    hours, app and credential. ``token_age``: for how long a token is used that was not refused. ``refusal_age``: for how long a refused
    login is not tried again. ``afresh``: nothing that is remembered counts, and what is met is remembered all the same. ``cleared``: afresh,
    since somebody has cleared the task; what others met who were cleared counts for a moment (:mod:`~airflow_sf_health.org.cleared`).
    """

    vault: Vault
    egress: str
    proof: float = 60.0
    token_age: float = 1800.0
    refusal_age: float = 60.0
    afresh: bool = False
    cleared: bool = False
