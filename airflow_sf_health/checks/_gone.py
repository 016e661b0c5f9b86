"""Why something that a task uses is not there for its user: deleted, renamed, hidden by permission, or never spelt so.

Salesforce answers all of these alike. What was seen earlier, in a snapshot or a lock file, says which is likelier; without either
only the ways to tell remain.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._rights import NEEDS as RIGHTS_NEEDS
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._schemas import Schema, named
from airflow_sf_health.checks._standard_objects import STANDARD_OBJECTS, is_custom, is_of_feature
from airflow_sf_health.checks._words import minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.schema.shape import FieldShape, ObjectShape
from airflow_sf_health.schema.suggest import is_alike, nearest

NEEDS = (LOCK, *RIGHTS_NEEDS)
"""What :func:`why_object` and :func:`why_field` look up."""
HIDDEN, CHANGED = "object_or_field_access", "schema_changed"
TELL = (
    "To tell: Setup > Object Manager shows an administrator what is only hidden from the user, and nothing of what was deleted or "
    "renamed; Setup > View Setup Audit Trail says who did it."
)


@dataclass(frozen=True, slots=True)
class Why:
    """The likelier ``cause``, the sentence that says why, and the existing name that may be meant.

    ``is_open``: nothing speaks for one more than for the other, so that the reader has to :data:`TELL` them apart; ``is_proof``: no
    other explanation is nearly as likely, which then goes for what went at the same time.
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


def baselines(evidence: Evidence, sobject: str) -> list[Baseline]:
    """The snapshot, which is whole, before the lock file's part."""
    remembered, lock = named(evidence[MEMORY].snapshots, sobject), evidence[LOCK]
    locked = named(lock.objects, sobject) if lock is not None else None
    known = [Baseline(remembered.shape, remembered)] if remembered is not None else []
    return [*known, *([Baseline(locked.shape)] if locked is not None else [])]


def baseline(evidence: Evidence, sobject: str, name: str | None = None) -> Baseline | None:
    """The first of them; of a field ``name`` the one that has it."""
    known = baselines(evidence, sobject)
    having = (each for each in known if name is not None and each.shape.field_of(name) is not None)
    return next(having, known[0] if known else None)


def why_object(evidence: Evidence, sobject: str) -> Why:
    """Why an object is not there."""
    before = baseline(evidence, sobject)
    if before is not None:
        return _was_there(evidence, before, sobject, None)
    if sobject.casefold() in (each.casefold() for each in STANDARD_OBJECTS):
        own = (
            f"{sobject} is Salesforce's own object, which nobody deletes or renames: it is hidden by permission or licence, or of a "
            "feature that this org has not switched on."
        )
        return Why(HIDDEN, own)
    lock = evidence[LOCK]
    seen = {*evidence[MEMORY].snapshots, *(lock.objects if lock is not None else ())}
    near = nearest(sobject, seen if is_custom(sobject) else seen.union(STANDARD_OBJECTS))
    return _never_seen(near, "an object", custom=is_custom(sobject))


def why_field(evidence: Evidence, sobject: str, name: str, schema: Schema | None) -> Why:
    """Why a field is not there.

    :param schema: the object among those that the task names; None of another one, of which no describe is at hand.
    """
    now, before = schema.now if schema is not None else None, baseline(evidence, sobject, name)
    near = _nearest_field(name, now) if now is not None else None
    was = before.shape.field_of(name) if before is not None else None
    if before is None or (was is None and before.shape.partial):
        return _never_seen(near, "a field", custom=any(map(is_custom, name.split("."))))
    if was is None:
        return _was_not_there(before, name, near or _nearest_field(name, before.shape))
    renamed = _renamed(was, name, schema) if schema is not None and now is not None else None
    if renamed is None or now is None or schema is None:
        return _was_there(evidence, before, was.name, near)
    taken = before.snapshot is not None and now.field_named(was.name) is None
    return (_hidden_beside_heir(evidence, before, schema.guess(was.name)) if taken else None) or renamed


def _hidden_beside_heir(evidence: Evidence, before: Baseline, heir: str | None) -> Why | None:
    """Where rights moved, they explain better than a likeness of names that a field went."""
    since = rights_since(evidence, before.snapshot) if before.snapshot is not None else None
    if since is None or not since.moved:
        return None
    was = f"it was there {before.when}, and {since.why}"
    return Why(HIDDEN, f"Hidden by permission is likelier than renamed, though {heir} is much like it: {was}.")


def _renamed(was: FieldShape, name: str, schema: Schema) -> Why | None:
    """What the comparison of the schemas guesses; None where it does not."""
    guess, now = schema.guess(was.name), schema.now
    if guess is None or now is None or schema.baseline is None:
        return None
    heir, (_, dot, rest) = now.field_named(guess), name.partition(".")
    if heir is None:
        said = f"{was.name} is still there, and is gone through as {guess} now."
        return Why(CHANGED, said, f"{guess}{dot}{rest}") if dot else None
    new = "which is " if schema.baseline.partial else "which is new, "
    near = f"{heir.relationship_name}.{rest}" if dot and heir.relationship_name else heir.name
    return Why(CHANGED, f"Likely renamed to {heir.name}, {new}{_alike(was, heir)}.", near)


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
    if not any(map(is_custom, name.split("."))):
        and_so = f", and {since.why}" if since is not None and since.moved else ""
        return _own_that_was_there(name, f"{was}{and_so}")
    if since is None:
        said = f"Deleted, renamed, or hidden by permission: {was}, and a lock file says nothing of rights."
        return Why(CHANGED, said, near, is_open=True)
    if since.moved is None:
        return Why(CHANGED, f"Deleted, renamed, or hidden by permission: {was}, and {since.why}.", near, is_open=True)
    if since.moved:
        return Why(HIDDEN, f"Hidden by permission is likelier than deleted or renamed: {was}, and {since.why}.")
    return Why(CHANGED, f"Deleted or renamed is likelier than hidden by permission: {was}, and {since.why}.", near)


def _own_that_was_there(name: str, was: str) -> Why:
    """Of what Salesforce itself brings, so that no administrator deletes or renames it."""
    if is_of_feature(name):
        said = f"Hidden by permission, or gone with a feature of the org that was switched off: {was}."
        return Why(HIDDEN, said, is_open=True)
    said = f"Hidden by permission: {was}, and nobody deletes or renames what is Salesforce's own."
    return Why(HIDDEN, said, is_proof=True)


def _was_not_there(before: Baseline, name: str, near: str | None) -> Why:
    """A snapshot has what its user saw, so that it tells nothing of what was hidden from that user then."""
    when, own = before.when, not any(map(is_custom, name.split(".")))
    first, second = "hidden from this user then already", "misspelt"
    if near is not None:
        first, second = second, first
    also = "" if own else ", or made since and not shown to this user"
    said = f"{first}, or {second}{also}: {before.shape.name} had no such field for this user {when} either."
    return Why(HIDDEN if near is None else CHANGED, f"{said[0].upper()}{said[1:]}", near, is_open=True)


def _never_seen(near: str | None, thing: str, *, custom: bool) -> Why:
    if custom:
        said = "Deleted, renamed, hidden by permission, or misspelt: no earlier look at it is remembered."
        return Why(CHANGED, said, near, is_open=True)
    said = (
        f"Misspelt, hidden by permission, or of a feature that this org has not switched on: {thing} without '__c' at its end is "
        "Salesforce's own."
    )
    return Why(HIDDEN if near is None else CHANGED, said, near, is_open=True)


def _alike(was: FieldShape, heir: FieldShape) -> str:
    if was.label and was.label.casefold() == heir.label.casefold():
        same = f"has its label '{heir.label}'"
    else:
        same = "has nearly its name" if is_alike(was.name, heir.name) else "has a name that begins like it"
    return f"of its type ({heir.type}), and {same}"
