"""Which change of a field's type a task does not notice."""

from __future__ import annotations

from airflow_sf_health.schema.shape import FieldShape

__all__ = ["NUMBERS", "PICKLISTS", "TEXTS", "reads_alike", "writes_alike"]

TEXTS = frozenset(["string", "textarea", "phone", "url", "email", "combobox", "picklist"])
"""Their values are JSON texts of the same words.

Not among them: ``multipicklist`` (several values joined by semicolons, so that the text means something else), ``encryptedstring``
(masked for most users), ``id`` and ``reference`` (an id is no free text, and a path over it leads nowhere any more).
"""
NUMBERS = frozenset(["double", "currency", "percent"])
"""Numbers with a decimal point; 50 per cent are 50 in each of them. An ``int`` has none, so it is judged by direction."""
PICKLISTS = frozenset(["picklist", "multipicklist", "combobox"])


def reads_alike(before: FieldShape, after: FieldShape) -> bool:
    """Whether values come in the same form: text stays text, and a number may lose its point, but not get one.

    From ``string`` to ``textarea`` is alike here: the value is the same text. That a long one cannot stand in a WHERE is told by
    the try of the task's queries. ``date`` and ``datetime`` are written differently.
    """
    if before.type == after.type or {before.type, after.type} <= TEXTS:
        return True
    return before.type in NUMBERS and after.type in NUMBERS | {"int"}


def writes_alike(before: FieldShape, after: FieldShape) -> bool:
    """Whether the values that were written so far are still taken, and kept as they were written.

    Text into ``email`` is checked for its form, into a restricted picklist for its value, and from ``textarea`` into anything else
    it loses its line breaks. A whole number goes into each number; a fraction does not go into ``int``.
    """
    if before.type == after.type:
        return True
    if {before.type, after.type} <= TEXTS:
        strict = after.type == "email" or after.restricted_picklist
        return not strict and before.type != "textarea"
    return before.type in NUMBERS | {"int"} and after.type in NUMBERS
