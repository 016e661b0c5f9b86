"""From a refusal to its cause: the most specific recogniser of all cause files decides.

That the refused token was fresh tells most; a code with its words beats a code, a code beats words, words stated whole beat a
part of them; shape and status refine, and of two parts the longer one decides. Pure and linear in the length of the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_sf_health.causes._cause import Candidate, Cause, Recogniser
    from airflow_sf_health.org.errors import Refusal

UNKNOWN = "unknown"

Rank = tuple[int, bool, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The cause of a refusal, and how sure that is.

    ``certain`` is false where the refusal would look the same for one of the ``candidates``; ``matched`` is what was
    recognised ("invalid_grant: inactive user"), empty when nothing was; ``hint`` a sentence on this form of the cause.
    """

    cause: str
    certain: bool
    candidates: tuple[Candidate, ...] = ()
    matched: str = ""
    hint: str = ""


def match(refusal: Refusal, causes: Iterable[Cause]) -> Diagnosis:
    """Give the diagnosis of a refusal by these causes; ``unknown`` when none recognises it. Never raises."""
    code = (refusal.code or "").casefold()
    words = comparable(refusal.message).removeprefix(f"{code}:").strip()
    best: tuple[Rank, Cause, Recogniser] | None = None
    for cause in causes:
        for recogniser in cause.recognisers:
            rank = _rank(recogniser, refusal, code, words)
            if rank is not None and (best is None or rank > best[0]):
                best = rank, cause, recogniser
    if best is None:
        return Diagnosis(cause=UNKNOWN, certain=False)
    _, cause, recogniser = best
    candidates = () if recogniser.certain else _candidates(cause, code, _flow(refusal))
    return Diagnosis(
        cause=cause.id,
        certain=recogniser.certain,
        candidates=candidates,
        matched=_matched(recogniser),
        hint=recogniser.hint,
    )


def comparable(text: str) -> str:
    """A message without what differs between its senders: case, spacing, typographic quotes, a closing full stop."""
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(" .")


def _rank(recogniser: Recogniser, refusal: Refusal, code: str, words: str) -> Rank | None:
    """How specifically a recogniser fits; None when it does not."""
    whole, part = comparable(recogniser.message or ""), comparable(recogniser.message_has or "")
    fits = (
        (recogniser.code is None or recogniser.code.casefold() == code)
        and (not whole or whole == words)
        and (not part or part in words)
        and (recogniser.shape is None or recogniser.shape is refusal.shape)
        and (recogniser.status is None or recogniser.status == refusal.status)
        and (refusal.fresh_token or not recogniser.fresh_token)
    )
    if not fits:
        return None
    level = 4 * recogniser.fresh_token + 2 * (recogniser.code is not None) + bool(whole or part)
    narrowed = (recogniser.shape is not None) + (recogniser.status is not None)
    return level, bool(whole), narrowed, len(whole or part)


def _candidates(cause: Cause, code: str, flow: LoginFlow | None) -> tuple[Candidate, ...]:
    return tuple(
        candidate
        for candidate in cause.candidates
        if (not candidate.codes or code in {known.casefold() for known in candidate.codes})
        and (not candidate.flows or flow is None or flow in candidate.flows)
    )


def _flow(refusal: Refusal) -> LoginFlow | None:
    """The flow of the login that was refused, by the name of the request; None for another request or a bare text."""
    return next((flow for flow in LoginFlow if flow.request_label == refusal.where), None)


def _matched(recogniser: Recogniser) -> str:
    words = ": ".join(filter(None, (recogniser.code, recogniser.message or recogniser.message_has)))
    if words:
        return words
    status = f"HTTP {recogniser.status}" if recogniser.status is not None else ""
    return " ".join(filter(None, (status, recogniser.shape)))
