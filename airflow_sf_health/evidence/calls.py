"""How questions become parts of ``/composite`` calls: as few calls as Salesforce's caps allow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeGuard

from airflow_sf_health.evidence.needs import Describe, Limits, Need, Query, Record, ServedVersions

PARTS_PER_COMPOSITE = 25
"""Salesforce's own cap on parts in one composite call."""
QUERIES_PER_COMPOSITE = 5
"""Salesforce's own cap on query parts in one composite call."""
DESCRIBES_PER_COMPOSITE = 5
"""Describes in one composite call: one of a big object may take half a minute, and 25 together have failed in practice."""

Part = Record | Query | Describe
Question = Part | ServedVersions | Limits
"""Whatever is for the org to answer; what is no part takes a request of its own."""


def is_late(need: Need[Any]) -> TypeGuard[Query | Describe | Limits]:
    """Whether it is asked when the others have been answered, so that its loss does not cost the verdict."""
    return isinstance(need, Describe | Limits) or (isinstance(need, Query) and need.late)


def with_parents(needs: Iterable[Need[Any]]) -> Iterator[Question]:
    """Each need of the org once, a referenced record before the one that refers to it."""
    seen: set[Need[Any]] = set()
    for need in needs:
        chain: list[Question] = []
        each: Need[Any] | None = need
        while isinstance(each, Question) and each not in seen:
            chain.append(each)
            each = each.after if isinstance(each, Record) else None
        for one in reversed(chain):
            seen.add(one)
            yield one


def root_of(need: Part) -> Part:
    """The record at the begin of the chain of references that leads to this one."""
    while isinstance(need, Record) and need.after is not None:
        need = need.after
    return need


def early_calls(needs: Sequence[Part]) -> Iterator[list[Part]]:
    """Cut into calls by Salesforce's two caps. References reach only within one call, so what hangs together stays together."""
    together: dict[Part, list[Part]] = {}
    for need in sorted(needs, key=lambda each: isinstance(each, Query)):
        together.setdefault(root_of(need), []).append(need)
    call: list[Part] = []
    for group in together.values():
        queries = sum(isinstance(each, Query) for each in [*call, *group])
        if call and (len(call) + len(group) > PARTS_PER_COMPOSITE or queries > QUERIES_PER_COMPOSITE):
            yield call
            call = []
        call = [*call, *group]
    if call:
        yield call
