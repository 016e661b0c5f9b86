"""How long it takes to compare two schemas of an object with 500 fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bench.measure import medians, table
from shapes import described

FIELDS = 500
AIM = 0.005


def run() -> str:
    """The median by how much has changed; what is done with a third of the fields is known."""
    from airflow_sf_health.requirements import ObjectUse
    from airflow_sf_health.schema.drift import changes
    from airflow_sf_health.schema.shape import FieldShape, ObjectShape

    body = described(FIELDS)
    before = ObjectShape.of(body)
    names = list(before.fields)
    use = ObjectUse(name=before.name, read=tuple(names[:100]), insert=tuple(names[50:150]))

    def shorter(every: int) -> ObjectShape:
        fields = {
            name: replace(field, length=40, label=f"New {field.label}") if number % every == 0 else field
            for number, (name, field) in enumerate(before.fields.items())
        }
        return replace(before, fields=fields)

    def renamed(field: FieldShape, number: int) -> FieldShape:
        return replace(field, name=field.name.replace("_", "_New_", 1)) if number % 25 == 0 else field

    new = [renamed(field, number) for number, field in enumerate(before.fields.values())]
    shapes = {
        "nothing has changed": ObjectShape.of(body),
        "20 fields have changed": shorter(25),
        "20 fields were renamed": replace(before, fields={each.name: each for each in new}),
        "each field has changed": shorter(1),
    }

    def comparison(after: ObjectShape) -> Callable[[], object]:
        return lambda: changes(before, after, use)

    taken = medians({name: comparison(after) for name, after in shapes.items()})
    rows = [("compare", "median", "aim")]
    rows += [(name, f"{seconds * 1000:.1f} ms", f"{AIM * 1000:.0f} ms") for name, seconds in taken.items()]
    return table(f"Comparison of two schemas of {FIELDS} fields", rows)
