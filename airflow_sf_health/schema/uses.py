"""What a task does with each object in all: what its requirements say of it, and what its queries select from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from airflow_sf_health import spelling
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.soql import METADATA_OBJECTS, plain_fields

__all__ = ["use_of", "uses"]


def uses(requirements: Requirements) -> tuple[ObjectUse, ...]:
    """The objects that are named, in their order, then those that only queries name; a field that a query selects is read.

    Of a query that is not simple (:func:`plain_fields`) nothing is known here; its try by the server has to do.
    """
    found = {use.name.casefold(): use for use in requirements.objects or ()}
    for query in requirements.queries or ():
        sobject, fields = plain_fields(query) or ("", ())
        key = sobject.casefold()
        if spelling.is_api_name(sobject) and key not in METADATA_OBJECTS:
            found[key] = _reading(found.get(key) or ObjectUse(name=sobject), fields)
    return tuple(found.values())


def use_of(requirements: Requirements, sobject: str) -> ObjectUse | None:
    """What is done with this object, in any case of its name."""
    return next((each for each in uses(requirements) if each.name.casefold() == sobject.casefold()), None)


def _reading(use: ObjectUse, fields: Sequence[str]) -> ObjectUse:
    """The same use, and these fields are read too."""
    read = {name.casefold(): name for name in use.read or ()}
    for name in fields:
        if spelling.is_field_path(name):
            read.setdefault(name.casefold(), name)
    return replace(use, read=tuple(read.values()))
