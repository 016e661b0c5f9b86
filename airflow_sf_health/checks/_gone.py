"""Why something that a task uses is not there for its user: deleted, renamed, hidden by permission, or never spelt so.

Salesforce answers all of these alike. What was seen earlier, in a snapshot or a lock file, says which is likelier; without either
only the ways to tell remain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._rights import NEEDS as RIGHTS_NEEDS
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._standard_objects import STANDARD_OBJECTS, is_custom
from airflow_sf_health.checks._uses import describe_of, rights_of
from airflow_sf_health.checks._words import minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import FieldShape, ObjectShape
from airflow_sf_health.schema.suggest import nearest

T = TypeVar("T")
NEEDS = (LOCK, *RIGHTS_NEEDS)
"""What :func:`why_object` and :func:`why_field` look up."""
HIDDEN, CHANGED = "object_or_field_access", "schema_changed"
ABSENT = ("INVALID_TYPE", "NOT_FOUND", "INVALID_TYPE_FOR_OPERATION")
TELL = (
    "To tell: Setup > Object Manager shows an administrator what is only hidden from the user, and nothing of what was deleted or "
    "renamed; Setup > View Setup Audit Trail says who did it."
)


def absence(evidence: Evidence, use: ObjectUse) -> Refusal | None:
    """The refusal that says that there is no such object for this user; None where none does."""
    described = evidence.get(describe_of(use))
    if described is not None and not described.shape.queryable:
        return None  # A query says INVALID_TYPE of what nobody can query, too.
    refusals = (evidence.refusal(need) for need in (describe_of(use), *rights_of(use)))
    return next((each for each in refusals if each is not None and is_absence(each)), None)


def is_absence(refusal: Refusal) -> bool:
    """Whether it says that there is no such object for this user."""
    return refusal.code in ABSENT and "does not support query" not in refusal.message


@dataclass(frozen=True, slots=True)
class Why:
    """The likelier ``cause``, the sentence that says why, and the existing name that may be meant.

    ``is_open``: nothing speaks for one more than for the other, so that the reader has to :data:`TELL` them apart; ``is_proof``: no
    other explanation is left, which then goes for what went at the same time.
    """

    cause: str
    said: str
    near: str | None = None
    is_open: bool = False
    is_proof: bool = False

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The other cause, which would look the same."""
        other = CHANGED if self.cause == HIDDEN else HIDDEN
        tells = (each.tell for each in cause(self.cause).candidates if each.cause == other)
        return tuple(Candidate(cause=other, tell=tell) for tell in tells)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The object as it was seen earlier; ``snapshot`` is None where a lock file says it, which knows nothing of rights."""

    shape: ObjectShape
    snapshot: Remembered | None = None

    @property
    def when(self) -> str:
        return f"on {minute(self.snapshot.confirmed_at)}" if self.snapshot else "when the lock file was made"


def baseline(evidence: Evidence, sobject: str) -> Baseline | None:
    """The snapshot, which is whole, before the lock file's part."""
    remembered = _named(evidence[MEMORY].snapshots.items(), sobject)
    if remembered is not None:
        return Baseline(remembered.shape, remembered)
    lock = evidence[LOCK]
    locked = _named(lock.objects.items(), sobject) if lock is not None else None
    return Baseline(locked.shape) if locked is not None else None


def why_object(evidence: Evidence, sobject: str) -> Why:
    """Why an object is not there."""
    before = baseline(evidence, sobject)
    if before is not None:
        return _was_there(evidence, before, sobject, None)
    if sobject.casefold() in (each.casefold() for each in STANDARD_OBJECTS):
        own = f"{sobject} is Salesforce's own object, which nobody can delete or rename: it is hidden by permission or licence."
        return Why(HIDDEN, own)
    lock = evidence[LOCK]
    seen = {*evidence[MEMORY].snapshots, *(lock.objects if lock is not None else ())}
    near = nearest(sobject, seen if is_custom(sobject) else seen.union(STANDARD_OBJECTS))
    return _never_seen(near, "an object", custom=is_custom(sobject))


def why_field(evidence: Evidence, sobject: str, name: str, now: ObjectShape | None) -> Why:
    """Why a field is not there.

    :param now: the object as it is described now; None where that could not be had.
    """
    before = baseline(evidence, sobject)
    near = _nearest_field(name, now) if now is not None else None
    was = before.shape.field_of(name) if before is not None else None
    if before is None or (was is None and before.shape.partial):
        return _never_seen(near, "a field", custom=any(map(is_custom, name.split("."))))
    if was is None:
        near = near or _nearest_field(name, before.shape)
        return Why(CHANGED, f"{sobject} had no such field {before.when} either, so the name is likely misspelt.", near)
    heir = _heir(was, before.shape, now) if now is not None else None
    if heir is not None:
        return Why(CHANGED, f"Likely renamed to {heir.name}, which is new, {_alike(was, heir)}.", heir.name)
    return _was_there(evidence, before, was.name, near)


def _nearest_field(name: str, shape: ObjectShape) -> str | None:
    """Of a path, the same one over the nearest relationship."""
    hop = shape.hop(name)
    if hop is None:
        return nearest(name, shape.fields)
    near = nearest(hop, [each.relationship_name for each in shape.fields.values() if each.relationship_name])
    return f"{near}.{name.partition('.')[2]}" if near and near.casefold() != hop.casefold() else None


def _was_there(evidence: Evidence, before: Baseline, name: str, near: str | None) -> Why:
    since = rights_since(evidence, before.snapshot) if before.snapshot else None
    was = f"it was there {before.when}"
    if not is_custom(name):
        and_so = f", and {since.why}" if since is not None and since.moved else ""
        own = f"Hidden by permission: {was}{and_so}, and nobody can delete or rename what is Salesforce's own."
        return Why(HIDDEN, own, near, is_proof=True)
    if since is None:
        said = f"Deleted, renamed, or hidden by permission: {was}, and a lock file says nothing of rights."
        return Why(CHANGED, said, near, is_open=True)
    if since.moved is None:
        return Why(CHANGED, f"Deleted, renamed, or hidden by permission: {was}, and {since.why}.", near, is_open=True)
    if since.moved:
        return Why(HIDDEN, f"Hidden by permission is likelier than deleted or renamed: {was}, and {since.why}.", near)
    return Why(CHANGED, f"Deleted or renamed is likelier than hidden by permission: {was}, and {since.why}.", near)


def _never_seen(near: str | None, thing: str, *, custom: bool) -> Why:
    if custom:
        said = "Deleted, renamed, hidden by permission, or misspelt: no earlier look at it is remembered."
        return Why(CHANGED, said, near, is_open=True)
    said = f"Misspelt, or hidden by permission: {thing} without '__c' at its end is Salesforce's own, and stays."
    return Why(HIDDEN if near is None else CHANGED, said, near, is_open=True)


def _heir(was: FieldShape, before: ObjectShape, now: ObjectShape) -> FieldShape | None:
    """The field that came since, has the same type, and the label or nearly the name of the one that went."""
    new = [each for each in now.fields.values() if before.field_named(each.name) is None and each.type == was.type]
    labelled = [each for each in new if was.label and each.label.casefold() == was.label.casefold()]
    if len(labelled) == 1:
        return labelled[0]
    name = None if before.partial else nearest(was.name, [each.name for each in new])
    return next((each for each in new if each.name == name), None)


def _alike(was: FieldShape, heir: FieldShape) -> str:
    same = f"has its label '{heir.label}'" if was.label and was.label == heir.label else "has nearly its name"
    return f"of its type ({heir.type}), and {same}"


def _named(pairs: Iterable[tuple[str, T]], name: str) -> T | None:
    return next((value for each, value in pairs if each.casefold() == name.casefold()), None)
