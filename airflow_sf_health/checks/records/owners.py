"""The owners that the task assigns records to exist and are active, and its queues may own the objects.

An inactive owner is refused record by record (`INACTIVE_OWNER_OR_USER`), in the middle of a load. It is legal on update where the
permission "Update Records with Inactive Owners" is in effect, and never in a new record. A user whom user sharing hides looks like
one who does not exist: such an owner is not known, and no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.checks._owners import (
    assigned,
    found,
    named,
    only_updates,
    queue_queries,
    queues,
    sets_owner,
    support_queries,
    user_queries,
    users,
)
from airflow_sf_health.checks._words import listed
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, REQUIREMENTS, Need, Row
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "owner_inactive"
QUEUE = "queue_not_usable"
PERMISSION = "Update Records with Inactive Owners"
NAMED_AT_MOST = 20
"""More names help nobody at night; the number is told."""


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """Findings on inactive owners, on queues that cannot own, on those that cannot be seen, and on how many are right."""
    required = evidence[REQUIREMENTS]
    if not required.owners:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no owners")
        return
    right, refusals = 0, {}
    for judge_kind in (_users, _queues):
        try:
            faults, good = judge_kind(evidence, required)
        except Unavailable as unavailable:
            refusals[unavailable.refusal] = not_asked(unavailable.refusal)
        else:
            yield from faults
            right += good
    yield from refusals.values()
    if right:
        yield Finding(level=Level.OK, summary=f"{right} of {len(set(required.owners))} owners exist and are active")


def _users(evidence: Evidence, required: Requirements) -> tuple[list[Finding], int]:
    rows = found(evidence, user_queries(required))
    seen = {owner: named(owner, rows, "Username") for owner in users(required)}
    inactive = [row for row in seen.values() if row is not None and not row.get("IsActive")]
    hidden = [owner for owner, row in seen.items() if row is None]
    faults = [_inactive(evidence, required, inactive)] if inactive else []
    if hidden:
        faults.append(_hidden(hidden))
    return faults, len(seen) - len(inactive) - len(hidden)


def _hidden(owners: Sequence[str]) -> Finding:
    what = f"the owner {owners[0]}" if len(owners) == 1 else f"{len(owners)} owners ({listed(owners, NAMED_AT_MOST)})"
    return Finding(
        level=Level.UNKNOWN,
        summary=f"{what} cannot be seen: not in this org, or hidden from this user by user sharing",
        hint="Look in Setup > Users whether the owner exists in this org, and in Setup > Sharing Settings who may see users.",
    )


def _inactive(evidence: Evidence, required: Requirements, rows: Sequence[Row]) -> Finding:
    who = listed([f"{row.get('Username')} ({row.get('Id')})" for row in rows], NAMED_AT_MOST)
    state = f"{'the owner is' if len(rows) == 1 else f'{len(rows)} owners are'} inactive: {who}"
    failed = Finding(level=Level.FAILED, summary=state, cause=CAUSE, saw=f"User.IsActive = false · {who}")
    if not only_updates(required):
        return failed
    granted = _may_keep_inactive_owners(evidence)
    if granted is False:
        return failed
    if granted is None:
        unread = f"{state}; whether '{PERMISSION}' makes that legal for these updates could not be read"
        return Finding(level=Level.WARNING, summary=unread, cause=CAUSE, saw=failed.saw)
    legal = f"{state}, which '{PERMISSION}' makes legal for updates"
    if required.inactive_owners:
        return Finding(level=Level.OK, summary=legal)
    # Salesforce takes such updates, and then nobody looks after the records: right only where the task means it.
    hint = "Name an active owner, or set inactive_owners=True in the requirements where the task means it."
    return Finding(level=Level.WARNING, summary=legal, cause=CAUSE, saw=failed.saw, hint=hint)


def _may_keep_inactive_owners(evidence: Evidence) -> bool | None:
    """Whether the permission is in effect; it is no column at all where the org does not know it. None: not read."""
    rows = evidence.get(ALL_PERMISSIONS)
    return bool(rows[0].get("PermissionsUpdateWithInactiveOwner")) if rows else None


def _queues(evidence: Evidence, required: Requirements) -> tuple[list[Finding], int]:
    # A name is unique among the groups of one type: a role, or a public group, may have that of a queue.
    rows = sorted(found(evidence, queue_queries(required)), key=lambda row: row.get("Type") != "Queue")
    seen = {owner: named(owner, rows, "DeveloperName") for owner in queues(required)}
    there = {owner: row for owner, row in seen.items() if row is not None and row.get("Type") == "Queue"}
    faults = [_no_queue(owner, row) for owner, row in seen.items() if owner not in there]
    unfit = list(_unfit(evidence, required, there))
    return [*faults, *unfit], len(there) - len(unfit)


def _no_queue(owner: str, row: Row | None) -> Finding:
    """All users may read groups, so a queue that is not shown is not there."""
    if row is not None:
        kind = row.get("Type")
        summary, saw = f"the owner '{owner}' is a group of the type {kind}, and no queue", f"Group.Type = {kind}"
    else:
        summary, saw = f"the org has no queue '{owner}'", f"no row of Group for '{owner}'"
    hint = "Name the queue by its id or its Queue Name (not its label), as Setup > Queues of this org shows them."
    return Finding(level=Level.FAILED, summary=summary, cause=QUEUE, saw=saw, hint=hint)


def _unfit(evidence: Evidence, required: Requirements, there: dict[str, Row]) -> Iterator[Finding]:
    """Queues that support none of the objects which the task assigns. One that supports some of them may be meant for those; so may
    one be that the task assigns to an object, or by a list of fields, which the requirements do not name.
    """
    supported = {str(row["QueueId"])[:15] for row in found(evidence, support_queries(required))}
    uses = assigned(required)
    for owner, row in there.items() if uses else ():
        if str(row["Id"])[:15] not in supported:
            yield _unfit_queue(owner, row, [use.name for use in uses], {sets_owner(use) for use in uses})


def _unfit_queue(owner: str, row: Row, objects: Sequence[str], sets: set[bool | None]) -> Finding:
    is_sure, names = sets == {True}, listed(objects, NAMED_AT_MOST)
    what = "that the task assigns" if is_sure else "that the requirements have the task write"
    unsure = (
        ""
        if is_sure
        else "; none of their lists of fields has OwnerId"
        if True not in sets
        else "; not all of their lists have OwnerId"
    )
    hint = f"Add the object to the queue's Supported Objects in Setup > Queues > {row.get('DeveloperName')}."
    name_it = "Name the object that the queue is meant for in the requirements, with OwnerId among its fields to write."
    return Finding(
        level=Level.FAILED if is_sure else Level.UNKNOWN if sets == {False} else Level.WARNING,
        summary=f"the queue '{owner}' supports none of the objects {what} ({names}){unsure}",
        cause=QUEUE,
        saw=f"no row of QueueSobject for '{owner}' and {names}",
        hint=hint if is_sure else f"{name_it} If it is meant for one of these: {hint[0].lower()}{hint[1:]}",
    )


def _needs_for(required: Requirements) -> tuple[Need[Any], ...]:
    if not required.owners:
        return ()
    queries = (*user_queries(required), *queue_queries(required), *support_queries(required))
    return (*queries, *((ALL_PERMISSIONS,) if only_updates(required) else ()))


CHECK = Check(
    id="records.owners",
    title="Owners to assign",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
