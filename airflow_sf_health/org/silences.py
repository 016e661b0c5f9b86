"""A login that nobody answered, as a vault keeps it for those who have waited for it: else each would wait as long again for himself, and
all of them at once. It is no refusal, and holds for nobody who comes later.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.failures import CONNECT_LIMIT, READ_LIMIT
from airflow_sf_health.org.vault import Kept, Sealed

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import TimeLimits
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.vault import Vault

LASTS = 5.0
"""Seconds for which it is kept: those who wait look twice in a second."""


def note_silence(vault: Vault, credential: Credential, refusal: Refusal, limits: TimeLimits) -> None:
    """Keep what came of a login, where that is silence, unless a refusal is remembered for longer. What goes wrong at once (a name that
    does not resolve, a line that is cut) is for each to meet.

    :raises VaultError: it cannot be kept.
    """
    if refusal.shape is not Shape.NO_ANSWER or refusal.message not in (CONNECT_LIMIT, READ_LIMIT):
        return
    now = pendulum.now("UTC")
    until = now.add(microseconds=int(LASTS * 1_000_000))
    known = vault.recall(credential.fingerprint)
    if known.refused_until is None or known.refused_until <= until:
        told = replace(refusal, message=f"{refusal.message}, in a login that this one waited for")
        blob = credential.seal(_kind(limits), json.dumps(asdict(told)).encode())
        vault.keep_refusal(credential.fingerprint, Sealed(blob, now), until)


def silence_since(began: pendulum.DateTime, kept: Kept, credential: Credential, limits: TimeLimits) -> Refusal | None:
    """What became of a login for which we have waited since then; None of one that was less patient, or more."""
    if (
        kept.refusal is None
        or kept.refusal.at <= began
        or (pendulum.now("UTC") - kept.refusal.at).total_seconds() > LASTS
    ):
        return None
    text = credential.unseal(_kind(limits), kept.refusal.blob)
    if text is None:
        return None
    try:
        fields: dict[str, Any] = json.loads(text)
        return Refusal(**{**fields, "shape": Shape(fields["shape"])})
    except (KeyError, TypeError, ValueError):  # of another version of this package
        return None


def _kind(limits: TimeLimits) -> str:
    return f"silence {limits.connect:g} {limits.read:g}"
