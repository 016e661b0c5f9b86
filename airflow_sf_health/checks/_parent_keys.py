"""Whether a parent is written by a field that Salesforce finds it by: ``Account.ERP_Id__c`` in a new contact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.checks._earlier import Earlier, earlier_key, is_key
from airflow_sf_health.checks._schemas import Schema, schema_named
from airflow_sf_health.checks._words import listed
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

WRITES = ("insert", "update", "upsert")


@dataclass(frozen=True, slots=True)
class NoKey:
    """A path in a list of fields to write, whose last step finds no parent."""

    path: str
    field: FieldShape
    parent: ObjectShape
    earlier: Earlier

    @property
    def hint(self) -> str:
        keys = sorted(each.name for each in self.parent.fields.values() if is_key(each))
        return f"{self.earlier.said}. A parent is found by a key of {self.parent.name}: {listed(keys) or 'Id'}"


def no_keys(schema: Schema, evidence: Evidence) -> Iterator[NoKey]:
    """Judged where the one parent that it can be is among the objects that the task names, and was described."""
    paths = dict.fromkeys(path for path in _written(schema.use) if path.count(".") == 1)
    for path in paths if schema.now is not None else ():
        parent = _parent(schema.now, path, evidence)
        found = parent.field_named(path.partition(".")[2]) if parent is not None else None
        if parent is not None and found is not None and not is_key(found):
            yield NoKey(path, found, parent, earlier_key(evidence, parent.name, found.name))


def _written(use: ObjectUse) -> Iterator[str]:
    return (path for operation in WRITES for path in getattr(use, operation) or ())


def _parent(shape: ObjectShape | None, path: str, evidence: Evidence) -> ObjectShape | None:
    lookup = shape.field_of(path) if shape is not None else None
    _, _, named = path.partition(".")[0].partition(":")
    parents = (named,) if named else lookup.reference_to if lookup is not None else ()
    schema = schema_named(evidence, parents[0]) if len(parents) == 1 else None
    return schema.now if schema is not None else None
