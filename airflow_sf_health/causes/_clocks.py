"""What the clocks say of a refused login by JWT bearer.

Its request is signed for a few minutes by this machine's clock and judged by Salesforce's, and the ``Date`` header of the refusal
tells how far the two are apart. So a wrong clock is measured and not guessed. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.causes import _match
from airflow_sf_health.causes._cause import Candidate
from airflow_sf_health.causes._match import UNKNOWN, Diagnosis, Entry
from airflow_sf_health.org.clocks import AGREE, ahead_at, apart, exactly
from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from airflow_sf_health.org.errors import Refusal

CLOCK, SIGNATURE = "clock_skew", "jwt_invalid"
BEHIND = 175.0
"""Seconds from which on a clock that is behind explains an expired request: simple-salesforce signs for three minutes, and what
the reply took on its way is missing here."""
AHEAD = 120.0
"""Seconds from which on one that is ahead does: then the request ends more than five minutes ahead, which is as far as public clients
set it. Salesforce does not document its own limit."""


def judge(refusal: Refusal, entry: Entry | None) -> Diagnosis:
    """Give the diagnosis of a refusal that this recogniser fits, with what the clocks say where they have a say."""
    found = _match.judge(refusal, entry)
    if found.cause not in (CLOCK, SIGNATURE) or refusal.where != LoginFlow.JWT_BEARER.request_label:
        return found
    ahead = ahead_at(refusal)
    if ahead is None:
        return found
    weighed = _expired(found, ahead) if found.cause == CLOCK else _refused(found, ahead)
    return replace(weighed, hint=" ".join(part for part in (_measured(ahead), found.hint) if part))


def _explains(ahead: float) -> bool:
    return ahead <= -BEHIND or ahead >= AHEAD


def _expired(found: Diagnosis, ahead: float) -> Diagnosis:
    """Salesforce calls the request expired: by a wrong clock it surely is; where the clocks agree, something else is wrong with it."""
    if _explains(ahead):
        return replace(found, certain=True, candidates=())
    if abs(ahead) > AGREE:
        return found
    other = "The clock was set right at that very moment, or Salesforce's servers disagree among themselves: then a later try succeeds."
    return replace(found, cause=SIGNATURE, certain=False, candidates=(Candidate(cause=UNKNOWN, tell=other),))


def _refused(found: Diagnosis, ahead: float) -> Diagnosis:
    """Salesforce refuses the request otherwise. A clock that is far off would be the next thing to fail."""
    if not _explains(ahead):
        return found
    tell = "The clock of this machine is wrong in any case; when it is right and the login is refused still, it is the key or the app."
    return replace(found, certain=False, candidates=(*found.candidates, Candidate(cause=CLOCK, tell=tell)))


def _measured(ahead: float) -> str:
    if abs(ahead) <= AGREE:
        return f"The clock is not the reason: this machine's and Salesforce's agree ({exactly(abs(ahead))} apart)."
    if not _explains(ahead):
        return f"This machine's clock is {apart(ahead)}. That is too much, and alone not enough for this refusal."
    why = "was over when it arrived" if ahead < 0 else "ends further in the future than Salesforce takes"
    return f"This machine's clock is {apart(ahead)}. By Salesforce's clock, a login request signed here {why}."
