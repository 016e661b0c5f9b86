"""One question as a part of a composite call, and what its answer says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pendulum

from airflow_sf_health.evidence.calls import Part
from airflow_sf_health.evidence.facts import Described, Remembered
from airflow_sf_health.evidence.needs import Describe, Need, Query, Record
from airflow_sf_health.org.errors import Refusal, Shape, read_refusal
from airflow_sf_health.schema.shape import ObjectShape

if TYPE_CHECKING:
    from airflow_sf_health.org.login import Identity

Answer = Any
"""The need's value, or the :class:`Refusal` that stands in its place."""
Known = Mapping[Describe, Remembered]
"""Describes that need not be given again if nothing changed since, with what they were."""


def references(needs: Sequence[Part]) -> dict[Part, str]:
    """A reference id for each part: its name, made fit and unlike the others. One bad id would have Salesforce refuse the
    whole call, and the needs of a site's own checks are anybody's.
    """
    names: dict[Part, str] = {}
    for need in needs:
        fit = re.sub(r"^(?=[^a-zA-Z])", "n", re.sub(r"[^a-zA-Z0-9_]", "_", need.name))
        taken = {name.casefold() for name in names.values()}
        others = (f"{fit}_{number}" for number in range(2, len(needs) + 2))
        names[need] = fit if fit.casefold() not in taken else next(o for o in others if o.casefold() not in taken)
    return names


def part(need: Part, names: Mapping[Part, str], identity: Identity | None, known: Known) -> dict[str, Any]:
    """The entry of ``compositeRequest`` without the base of its URL."""
    asked: dict[str, Any] = {"method": "GET", "url": _url(need, identity, names), "referenceId": names[need]}
    if isinstance(need, Describe) and need in known:
        asked["httpHeaders"] = {"If-Modified-Since": known[need].last_modified}
    return asked


def _url(need: Part, identity: Identity | None, names: Mapping[Part, str]) -> str:
    if isinstance(need, Query):
        return f"query?{'explain' if need.explain else 'q'}={quote(_filled(need.soql, identity))}"
    if isinstance(need, Describe):
        return f"sobjects/{quote(need.sobject, safe='')}/describe"
    record = _filled(need.record, identity)
    if need.after is not None:
        record = record.replace(f"@{{{need.after.name}.", f"@{{{names[need.after]}.")
    return f"sobjects/{need.sobject}/{record}?fields={quote(','.join(need.fields), safe=',')}"


def _filled(text: str, identity: Identity | None) -> str:
    if identity is None:
        return text
    return text.replace("{user_id}", identity.user_id).replace("{org_id}", identity.org_id)


def answers_of(names: Mapping[Part, str], value: Any, known: Known) -> dict[Need[Any], Answer]:
    """What each part was answered; one that is missing in the reply is told as such."""
    replies = value.get("compositeResponse") if isinstance(value, Mapping) else None
    listed = replies if isinstance(replies, list) else ()
    by_name = {each.get("referenceId"): each for each in listed if isinstance(each, Mapping)}
    answers: dict[Need[Any], Answer] = {}
    for need, name in names.items():
        found = by_name.get(name)
        answers[need] = (
            _answer(need, found, known) if found else _unreadable(need, "the composite answer lacks this part")
        )
    for need in names:
        # A child of a refused record answers "invalid reference"; the parent's refusal is the reason.
        if isinstance(need, Record) and need.after in answers and isinstance(answers[need.after], Refusal):
            answers[need] = answers[need.after]
    return answers


def _answer(need: Part, found: Mapping[str, Any], known: Known) -> Answer:
    status, body = found.get("httpStatusCode"), found.get("body")
    if isinstance(need, Describe) and status in (200, 304):
        return _described(need, found, known)
    if status == 200 and isinstance(body, Mapping):
        if not isinstance(need, Query):
            return body
        rows = body.get("plans" if need.explain else "records")
        if isinstance(rows, list):
            return tuple(rows)
    refusal = read_refusal(status if isinstance(status, int) else 0, {}, json.dumps(body).encode())
    return replace(refusal, where=title(need))


def _described(need: Describe, found: Mapping[str, Any], known: Known) -> Answer:
    body, headers, now = found.get("body"), found.get("httpHeaders"), pendulum.now("UTC")
    stamp = headers.get("Last-Modified") if isinstance(headers, Mapping) else None
    if found.get("httpStatusCode") == 304:
        if need not in known:
            return _unreadable(need, "the answer says 'not modified', and nothing was known")
        before = known[need]
        return Described(shape=before.shape, at=now, unchanged=True, last_modified=stamp or before.last_modified)
    try:
        shape = ObjectShape.of(body)  # type: ignore[arg-type] # whatever it is
    except (KeyError, TypeError, AttributeError):
        return _unreadable(need, "the answer is no description of an object")
    return Described(shape=shape, at=now, body=body, last_modified=stamp)


def _unreadable(need: Part, why: str) -> Refusal:
    return Refusal(shape=Shape.UNREADABLE, message=why, where=title(need))


def title(need: Part) -> str:
    """How messages name this question."""
    if isinstance(need, Describe):
        return f"description of {need.sobject}"
    return f"record of {need.sobject}" if isinstance(need, Record) else f"query '{need.soql[:60]}'"
