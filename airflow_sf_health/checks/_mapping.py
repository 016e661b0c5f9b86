"""What to change in the mapping for what differs from the snapshot or lock file, or which right to give back to the user.

The checks of access and metadata.drift say it alike, since either of them may lead the message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from airflow_sf_health.checks._gone import HIDDEN, Why, why_field, why_object
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._schemas import Schema
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.schema.change import Change, Kind


def advice(evidence: Evidence, schema: Schema, names: Collection[str] = (), *, of_object: bool = False) -> list[str]:
    """What to do about the changes that break the task, or may, a sentence each.

    :param names: of the fields that it is about, as the requirements name them.
    :param of_object: about its rights and record types, too.
    """
    found = [each for each in schema.changes if (each.breaking or each.notable) and (each.field or of_object)]
    wanted = {_field(schema, name) for name in names}
    return cures([each for each in found if each.field is None or each.field in wanted], lost(evidence, schema))


def cures(found: Iterable[Change], taken: Collection[Change]) -> list[str]:
    """Each sentence once; ``taken`` are those for which a right has to be given back."""
    said = (each.regain if each in taken else each.advice for each in found)
    return list(dict.fromkeys(each for each in said if each))


def lost(evidence: Evidence, schema: Schema) -> frozenset[Change]:
    """Those of the breaking changes that a right which was taken away explains better than a change of the schema. What went at the
    same time as something that can only have been hidden likely was hidden, too.
    """
    whys = {each: _why(evidence, schema, each) for each in schema.changes if each.breaking and each.regain}
    if any(why is not None and why.is_proof for why in whys.values()):
        return frozenset(whys)
    moved = schema.remembered is not None and rights_since(evidence, schema.remembered).moved
    return frozenset(each for each, why in whys.items() if (moved if why is None else why.cause == HIDDEN))


def _why(evidence: Evidence, schema: Schema, change: Change) -> Why | None:
    """Of what vanished; None of what is there with fewer rights."""
    if change.kind is Kind.OBJECT_GONE:
        return why_object(evidence, schema.use.name)
    if change.field is not None and change.kind in (Kind.FIELD_REMOVED, Kind.FIELD_RENAMED):
        return why_field(evidence, schema.use.name, change.field, schema)
    return None


def _field(schema: Schema, name: str) -> str:
    """The API name, as changes have it, of the field that a name or path begins with."""
    shapes = (schema.baseline, schema.now)
    known = (found.name for shape in shapes if shape is not None and (found := shape.field_of(name)) is not None)
    return next(known, name)
