"""Why something that a task uses is not there for its user: deleted, renamed, hidden by permission, or never spelt so.

Salesforce answers all of these alike. What was seen earlier, in a snapshot or a lock file, says which is likelier; without either
only the ways to tell remain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._rights import NEEDS as RIGHTS_NEEDS
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._standard_objects import STANDARD_OBJECTS, is_custom
from airflow_sf_health.checks._words import minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import LOCK, MEMORY
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.schema.shape import FieldShape, ObjectShape
from airflow_sf_health.schema.suggest import nearest

if TYPE_CHECKING:
    import pendulum

T = TypeVar("T")
NEEDS = (LOCK, *RIGHTS_NEEDS)
"""What :func:`why_object` and :func:`why_field` look up."""
HIDDEN, CHANGED = "object_or_field_access", "schema_changed"
ABSENT = ("INVALID_TYPE", "NOT_FOUND", "INVALID_TYPE_FOR_OPERATION")
TELL = (
    "To tell: Setup > Object Manager shows an administrator what is only hidden from the user, and nothing of what was deleted or "
    "renamed; Setup > View Setup Audit Trail says who did it."
)


def is_absence(refusal: Refusal) -> bool:
    """Whether it says that there is no such object for this user. A query says INVALID_TYPE of what nobody can query too."""
    return refusal.code in ABSENT and "does not support query" not in refusal.message


@dataclass(frozen=True, slots=True)
class Why:
    """The likelier ``cause``, the sentence that says why, and the existing name that may be meant."""

    cause: str
    said: str
    near: str | None = None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The other cause, which would look the same."""
        other = CHANGED if self.cause == HIDDEN else HIDDEN
        tells = (each.tell for each in cause(self.cause).candidates if each.cause == other)
        return tuple(Candidate(cause=other, tell=tell) for tell in tells)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The object as it was seen earlier; ``at`` is None where a lock file says it, which knows nothing of rights."""

    shape: ObjectShape
    at: pendulum.DateTime | None = None


def baseline(evidence: Evidence, sobject: str) -> Baseline | None:
    """The snapshot, which is whole, before the lock file's part."""
    remembered = _named(evidence[MEMORY].snapshots.items(), sobject)
    if remembered is not None:
        return Baseline(remembered.shape, remembered.confirmed_at)
    lock = evidence[LOCK]
    locked = _named(lock.objects.items(), sobject) if lock is not None else None
    return Baseline(locked.shape) if locked is not None else None


def why_object(evidence: Evidence, sobject: str) -> Why:
    """Why an object is not there."""
    before = baseline(evidence, sobject)
    if before is not None:
        standard = sobject if not is_custom(sobject) else None
        return _was_there(evidence, before, standard, None)
    lock = evidence[LOCK]
    seen = {*evidence[MEMORY].snapshots, *(lock.objects if lock is not None else ())}
    if sobject.casefold() in (each.casefold() for each in STANDARD_OBJECTS):
        return Why(
            HIDDEN,
            f"{sobject} is an object of Salesforce's own: it cannot be deleted or renamed, so it is hidden. {TELL}",
        )
    near = nearest(sobject, seen if is_custom(sobject) else seen.union(STANDARD_OBJECTS))
    return _unknown(near, "object", custom=is_custom(sobject))


def why_field(evidence: Evidence, sobject: str, name: str, now: ObjectShape | None) -> Why:
    """Why a field is not there.

    :param now: the object as it is described now; None where that could not be had.
    """
    before = baseline(evidence, sobject)
    was = before.shape.field_of(name) if before is not None else None
    if before is None or (was is None and before.shape.partial):
        return _unknown(nearest(name, now.fields) if now else None, "field", custom=is_custom(name))
    if was is None:
        near = nearest(name, (now or before.shape).fields)
        when = f"on {minute(before.at)}" if before.at else "when the lock file was made"
        return Why(CHANGED, f"{sobject} had no field {name} {when} either: the name is likely misspelt.", near)
    heir = _heir(was, before.shape, now) if now is not None else None
    if heir is not None:
        return Why(CHANGED, f"{was.name} was likely renamed to {heir.name}: {_alike(was, heir)}.", heir.name)
    return _was_there(
        evidence, before, None if is_custom(was.name) else was.name, nearest(name, now.fields) if now else None
    )


def _was_there(evidence: Evidence, before: Baseline, standard: str | None, near: str | None) -> Why:
    """:param standard: the name, where it is Salesforce's own thing."""
    when = f"on {minute(before.at)}" if before.at else "when the lock file was made"
    if standard:
        moved = rights_since(evidence, before.at) if before.at else None
        why = f", and {moved.why}" if moved and moved.moved else ""
        return Why(
            HIDDEN,
            f"Likely hidden by permission: {standard} is Salesforce's own and can be neither deleted nor renamed{why}.",
            near,
        )
    if before.at is None:
        said = f"It was there {when}, and a lock file says nothing of rights: it was deleted, renamed, or is hidden by permission. {TELL}"
        return Why(CHANGED, said, near)
    since = rights_since(evidence, before.at)
    if since.moved:
        return Why(
            HIDDEN,
            f"Hidden by permission is likelier than deleted or renamed: it was there {when}, and {since.why}.",
            near,
        )
    if since.moved is None:
        return Why(CHANGED, f"It was there {when}; {since.why}. {TELL}", near)
    return Why(CHANGED, f"Deleted or renamed is likelier than hidden: it was there {when}, and {since.why}.", near)


def _unknown(near: str | None, kind: str, *, custom: bool) -> Why:
    if not custom:
        # An administrator deletes and renames nothing but what ends in __c.
        said = f"A {kind} without '__c' at its end is Salesforce's own: the name is misspelt, or the user may not see it. {TELL}"
        return Why(HIDDEN if near is None else CHANGED, said, near)
    said = f"It was deleted, renamed, or is hidden by permission, or the name is misspelt. {TELL}"
    return Why(CHANGED, said, near)


def _heir(was: FieldShape, before: ObjectShape, now: ObjectShape) -> FieldShape | None:
    """The field that came since, has the same type, and the label or nearly the name of the one that went."""
    new = [each for each in now.fields.values() if before.field_named(each.name) is None and each.type == was.type]
    labelled = [each for each in new if was.label and each.label.casefold() == was.label.casefold()]
    if len(labelled) == 1:
        return labelled[0]
    name = None if before.partial else nearest(was.name, [each.name for each in new])
    return next((each for each in new if each.name == name), None)


def _alike(was: FieldShape, heir: FieldShape) -> str:
    same = f"its label is '{heir.label}' too" if was.label and was.label == heir.label else "its name is alike"
    return f"that one is new, of the same type ({heir.type}), and {same}"


def _named(pairs: Iterable[tuple[str, T]], name: str) -> T | None:
    return next((value for each, value in pairs if each.casefold() == name.casefold()), None)
