"""Ask the org for all needs at once: records and queries become parts of as few ``/composite`` calls as can be.

One composite call is one API call, whatever its parts. A part that the user may not ask is a refusal of that part alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, SERVED_EVERYWHERE, Need, Query, Record, ServedVersions
from airflow_sf_health.org.errors import Refusal, Refused, Shape, read_refusal

if TYPE_CHECKING:
    from airflow_sf_health.org.login import Identity
    from airflow_sf_health.org.session import OrgSession

PARTS_PER_COMPOSITE = 25
"""Salesforce's own cap on parts in one composite call."""
QUERIES_PER_COMPOSITE = 5
"""Salesforce's own cap on query parts in one composite call."""

Answer = Any
"""The need's value, or the :class:`Refusal` that stands in its place."""


def gather(session: OrgSession, needs: Iterable[Need[Any]], identity: Identity | None) -> dict[Need[Any], Answer]:
    """Give an answer for each need that is for the org to answer, and for :data:`API`: whether the calls were answered at all.
    Never raises for a refusal, it is the answer then.
    """
    answers: dict[Need[Any], Answer] = {}
    asked: list[Record | Query] = []
    for need in with_parents(needs):
        if isinstance(need, ServedVersions):
            answers[need] = _served_versions(session)
        else:
            asked.append(need)
    for need in [need for need in asked if not _is_known(need, identity)]:
        asked.remove(need)
        answers[need] = Refusal(shape=Shape.NO_ANSWER, message="the reply of the login does not tell whose token it is")
    for parts in _calls(asked):
        try:
            answers |= _ask(session, parts, identity)
        except Refused as refused:
            answers |= dict.fromkeys(parts, refused.refusal)
    used, allowed = session.traffic.api_usage or (None, None)
    answers[API] = ApiFacts(refusal=_api_refusal([answers[need] for need in asked]), used=used, allowed=allowed)
    return answers


def _api_refusal(parts: Sequence[Answer]) -> Refusal | None:
    """Why the API does not answer, where no part of any call was answered: some part is for everyone to ask."""
    refusals = [part for part in parts if isinstance(part, Refusal)]
    return refusals[0] if refusals and len(refusals) == len(parts) else None


def with_parents(needs: Iterable[Need[Any]]) -> Iterator[Record | Query | ServedVersions]:
    """Each need of the org once, a referenced record before the one that refers to it."""
    seen: set[Need[Any]] = set()
    for need in needs:
        chain: list[Record | Query | ServedVersions] = []
        each: Need[Any] | None = need
        while isinstance(each, Record | Query | ServedVersions) and each not in seen:
            chain.append(each)
            each = each.after if isinstance(each, Record) else None
        for one in reversed(chain):
            seen.add(one)
            yield one


def _root(need: Record | Query) -> Record | Query:
    while isinstance(need, Record) and need.after is not None:
        need = need.after
    return need


def _is_known(need: Record | Query, identity: Identity | None) -> bool:
    root = _root(need)
    about = root.soql if isinstance(root, Query) else root.record
    return identity is not None or not ("{user_id}" in about or "{org_id}" in about)


def _calls(needs: Sequence[Record | Query]) -> Iterator[list[Record | Query]]:
    """Cut into calls by Salesforce's two caps. References reach only within one call, so what hangs together stays together."""
    together: dict[Record | Query, list[Record | Query]] = {}
    for need in sorted(needs, key=lambda each: isinstance(each, Query)):
        together.setdefault(_root(need), []).append(need)
    call: list[Record | Query] = []
    for group in together.values():
        queries = sum(isinstance(each, Query) for each in [*call, *group])
        if call and (len(call) + len(group) > PARTS_PER_COMPOSITE or queries > QUERIES_PER_COMPOSITE):
            yield call
            call = []
        call = [*call, *group]
    if call:
        yield call


def _ask(session: OrgSession, needs: list[Record | Query], identity: Identity | None) -> dict[Need[Any], Answer]:
    from airflow_sf_health.org.session import EXAMINATION_VERSION

    base, names = f"/services/data/v{EXAMINATION_VERSION}", _references(needs)
    parts = [
        {"method": "GET", "url": f"{base}/{_url(each, identity, names)}", "referenceId": name}
        for each, name in names.items()
    ]
    reply = session.ask("composite", json={"allOrNone": False, "compositeRequest": parts}, where="composite request")
    return _answers(names, reply.value)


def _references(needs: Sequence[Record | Query]) -> dict[Record | Query, str]:
    """A reference id for each part: its name, made fit and unlike the others. One bad id would have Salesforce refuse the
    whole call, and the needs of a site's own checks are anybody's.
    """
    names: dict[Record | Query, str] = {}
    for need in needs:
        fit = re.sub(r"^(?=[^a-zA-Z])", "n", re.sub(r"[^a-zA-Z0-9_]", "_", need.name))
        taken = {name.casefold() for name in names.values()}
        others = (f"{fit}_{number}" for number in range(2, len(needs) + 2))
        names[need] = fit if fit.casefold() not in taken else next(o for o in others if o.casefold() not in taken)
    return names


def _url(need: Record | Query, identity: Identity | None, names: Mapping[Record | Query, str]) -> str:
    if isinstance(need, Query):
        return f"query?q={quote(_filled(need.soql, identity))}"
    record = _filled(need.record, identity)
    if need.after is not None:
        record = record.replace(f"@{{{need.after.name}.", f"@{{{names[need.after]}.")
    return f"sobjects/{need.sobject}/{record}?fields={quote(','.join(need.fields), safe=',')}"


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


def _filled(text: str, identity: Identity | None) -> str:
    if identity is None:
        return text
    return text.replace("{user_id}", identity.user_id).replace("{org_id}", identity.org_id)


def _answers(names: Mapping[Record | Query, str], value: Any) -> dict[Need[Any], Answer]:
    replies = value.get("compositeResponse") if isinstance(value, Mapping) else None
    listed = replies if isinstance(replies, list) else ()
    by_name = {each.get("referenceId"): each for each in listed if isinstance(each, Mapping)}
    answers: dict[Need[Any], Answer] = {}
    for need, name in names.items():
        part = by_name.get(name)
        answers[need] = _answer(need, part) if part else _missing(need)
    for need in names:
        # A child of a refused record answers "invalid reference"; the parent's refusal is the reason.
        if isinstance(need, Record) and need.after in answers and isinstance(answers[need.after], Refusal):
            answers[need] = answers[need.after]
    return answers


def _answer(need: Record | Query, part: Mapping[str, Any]) -> Answer:
    status, body = part.get("httpStatusCode"), part.get("body")
    if status == 200 and isinstance(body, Mapping):
        rows = body.get("records")
        if not isinstance(need, Query):
            return body
        if isinstance(rows, list):
            return tuple(rows)
    refusal = read_refusal(status if isinstance(status, int) else 0, {}, json.dumps(body).encode())
    return replace(refusal, where=_title(need))


def _missing(need: Record | Query) -> Refusal:
    return Refusal(shape=Shape.UNREADABLE, message="the composite answer lacks this part", where=_title(need))


def _title(need: Record | Query) -> str:
    return f"record of {need.sobject}" if isinstance(need, Record) else f"query '{need.soql[:60]}'"
