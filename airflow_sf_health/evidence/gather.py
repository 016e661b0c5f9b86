"""Ask the org for all needs at once: records and queries become parts of as few ``/composite`` calls as can be.

One composite call is one API call, whatever its parts. A part that the user may not ask is a refusal of that part alone. What is
asked late (describes, and queries that are) is for :mod:`~airflow_sf_health.evidence.gather_late`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.calls import Part, early_calls, is_late, root_of, with_parents
from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, SERVED_EVERYWHERE, Describe, Limits, Need, Query, ServedVersions
from airflow_sf_health.evidence.parts import Answer, Known, answers_of, part, references
from airflow_sf_health.org.errors import Refusal, Refused, Shape

if TYPE_CHECKING:
    from airflow_sf_health.org.login import Identity
    from airflow_sf_health.org.session import OrgSession

NOTHING_KNOWN: Known = MappingProxyType({})
WHOSE = Refusal(shape=Shape.NO_ANSWER, message="the reply of the login does not tell whose token it is")
"""The answer to what is about the own user or org, where nobody told which these are."""


def gather(session: OrgSession, needs: Iterable[Need[Any]], identity: Identity | None) -> dict[Need[Any], Answer]:
    """Give an answer for each need that is for the org to answer at first, and for :data:`API`: whether the calls were answered
    at all. Never raises for a refusal, it is the answer then.
    """
    answers: dict[Need[Any], Answer] = {}
    asked: list[Part] = []
    for need in with_parents(each for each in needs if not is_late(each)):
        if isinstance(need, ServedVersions):
            answers[need] = _served_versions(session)
        elif not isinstance(need, Limits):
            asked.append(need)
    for need in [need for need in asked if not is_known(need, identity)]:
        asked.remove(need)
        answers[need] = WHOSE
    for parts in early_calls(asked):
        try:
            answers |= ask(session, parts, identity)
        except Refused as refused:
            answers |= dict.fromkeys(parts, refused.refusal)
    used, allowed = session.traffic.api_usage or (None, None)
    answers[API] = ApiFacts(refusal=_api_refusal([answers[need] for need in asked]), used=used, allowed=allowed)
    return answers


def _api_refusal(parts: Sequence[Answer]) -> Refusal | None:
    """Why the API does not answer, where no part of any call was answered: some part is for everyone to ask."""
    refusals = [each for each in parts if isinstance(each, Refusal)]
    return refusals[0] if refusals and len(refusals) == len(parts) else None


def is_known(need: Part, identity: Identity | None) -> bool:
    """Whether it is known whom the question is about."""
    root = root_of(need)
    about = "" if isinstance(root, Describe) else root.soql if isinstance(root, Query) else root.record
    return identity is not None or not ("{user_id}" in about or "{org_id}" in about)


def ask(
    session: OrgSession,
    needs: Sequence[Part],
    identity: Identity | None,
    known: Known = NOTHING_KNOWN,
    read: float | None = None,
) -> dict[Need[Any], Answer]:
    """Ask these in one call.

    :param known: what need not be described again if it has not changed.
    :param read: read limit of this call in seconds; None takes the connection's.
    :raises Refused: the call as a whole.
    """
    from airflow_sf_health.org.session import EXAMINATION_VERSION

    base, names = f"/services/data/v{EXAMINATION_VERSION}", references(needs)
    parts = [part(each, names, identity, known) for each in needs]
    parts = [{**each, "url": f"{base}/{each['url']}"} for each in parts]
    content = {"allOrNone": False, "compositeRequest": parts}
    is_slow = any(isinstance(each, Describe) for each in needs)
    reply = session.ask("composite", json=content, where="composite request", read=read, is_slow=is_slow)
    return answers_of(names, reply.value, known)


def _served_versions(session: OrgSession) -> Answer:
    if float(session.connection.version) <= SERVED_EVERYWHERE:
        return ()
    try:
        listed = session.ask("/services/data/", where="list of API versions").value
    except Refused as refused:
        return refused.refusal
    rows = listed if isinstance(listed, list) else ()
    found = tuple(str(row["version"]) for row in rows if isinstance(row, Mapping) and "version" in row)
    return found or Refusal(shape=Shape.UNREADABLE, message="no versions are listed", where="list of API versions")
