"""The text of a lock file: written by hand where lines matter, and read with errors that say where and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from airflow_sf_health import plain
from airflow_sf_health.errors import LockError, RequirementsError
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

__all__ = ["FORMAT", "read", "written"]

FORMAT = 1
"""Goes up when an older version would misread what a newer one writes."""
ANEW = (
    "Take it from version control again, or make it anew: sf-health metadata lock CONN_ID --requirements FILE --update"
)
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})", re.MULTILINE)
_HALVES = re.compile("[\ud800-\udfff]")
_RIGHTS = ("queryable", "createable", "updateable", "deletable")

Locked = tuple[ObjectUse, ObjectShape]


def written(objects: Mapping[str, tuple[Mapping[str, Any], ObjectShape]]) -> str:
    """JSON with a line for each thing that can change by itself; the same objects give the same text."""
    entries = [_entry(name, *objects[name]) for name in sorted(objects)]
    return f'{{\n"format": {FORMAT},\n"objects": {_block(entries, "")}\n}}\n'


def _entry(name: str, use: Mapping[str, Any], shape: ObjectShape) -> str:
    rights = {"label": shape.label, **{each: getattr(shape, each) for each in _RIGHTS}}
    labels = shape.record_type_labels
    types = {
        each: {"available": usable, "label": labels.get(each, each)} for each, usable in shape.record_types.items()
    }
    columns = {
        each: {key: value for key, value in field.as_dict().items() if key != "name"}
        for each, field in shape.fields.items()
    }
    parts = [
        f'"use": {_lines(use, ordered=False)}',
        f'"object": {_json(rights)}',
        f'"record_types": {_lines(types)}',
        f'"fields": {_lines(columns)}',
    ]
    return f"{_json(name)}: {_block(parts, '  ')}"


def _lines(values: Mapping[str, Any], *, ordered: bool = True) -> str:
    names = sorted(values) if ordered else values
    return _block([f"{_json(name)}: {_json(values[name])}" for name in names], "    ")


def _block(parts: list[str], indent: str) -> str:
    if not parts:
        return "{}"
    inner = f"\n{indent}  "
    return "{" + inner + f",{inner}".join(parts) + f"\n{indent}}}"


def _json(value: Any) -> str:
    """As people read it; half a character, which a label cut by Salesforce may end with, is no text and is written as its number."""
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if _HALVES.search(text) else text


def read(text: str) -> dict[str, Locked]:
    """Objects by API name.

    :raises LockError: whatever is wrong with the text.
    """
    content = _parsed(text)
    number = content.get("format")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise _damaged("it has no number under 'format'")
    if number > FORMAT:
        raise LockError(
            f"The lock file is of format {number}, and this version of airflow-sf-health reads formats up to {FORMAT}. Install the version "
            "that wrote it, or make it anew: sf-health metadata lock CONN_ID --requirements FILE --update"
        )
    objects = _entries(content.get("objects"), "objects")
    if len({name.casefold() for name in objects}) < len(objects):
        raise _damaged("it has an object twice")
    return {name: _locked(name, entry) for name, (entry, _) in objects.items()}


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        content = plain.from_json(text)
    except ValueError as error:
        marked = _CONFLICT.search(text)
        raise _damaged("it has the marks of a merge that was not finished" if marked else str(error)) from error
    return _mapping(content, "the file")


def _locked(name: str, entry: Mapping[str, Any]) -> Locked:
    where = f"objects.{name}"
    rights = _mapping(entry.get("object"), f"{where}.object")
    types = _entries(entry.get("record_types", {}), f"{where}.record_types")
    shape = ObjectShape(
        name=name,
        label=_value(rights, "label", "", f"{where}.object"),
        **{each: _value(rights, each, False, f"{where}.object") for each in _RIGHTS},
        fields={each: _field(each, *value) for each, value in _entries(entry.get("fields"), f"{where}.fields").items()},
        record_types={each: _value(value, "available", True, place) for each, (value, place) in types.items()},
        record_type_labels={each: _value(value, "label", each, place) for each, (value, place) in types.items()},
        partial=True,
    )
    return _use(name, _mapping(entry.get("use"), f"{where}.use"), where), shape


def _entries(value: Any, where: str) -> dict[str, tuple[Mapping[str, Any], str]]:
    """Mappings by name, each with the place where it is, for messages."""
    return {
        name: (_mapping(each, f"{where}.{name}"), f"{where}.{name}") for name, each in _mapping(value, where).items()
    }


def _use(name: str, value: Mapping[str, Any], where: str) -> ObjectUse:
    try:
        (use,) = Requirements.of({"objects": {name: value}}).objects or ()
    except RequirementsError as error:
        raise _damaged(f"'{where}.use' is wrong: {error}") from error
    return use


def _field(name: str, entry: Mapping[str, Any], where: str) -> FieldShape:
    if "type" not in entry:
        raise _damaged(f"'{where}' has no 'type'")
    known = [each for each in fields(FieldShape) if each.name != "name" and each.name in entry]
    return FieldShape(
        name=name, **{each.name: _value(entry, each.name, _sample(each.default), where) for each in known}
    )


def _sample(default: Any) -> Any:
    """A value of the field's type."""
    return "" if default is MISSING or default is None else default


def _value(entry: Mapping[str, Any], key: str, default: Any, where: str) -> Any:
    """A value of the type of its default; a list of texts becomes a tuple."""
    value = entry.get(key, default)
    if isinstance(default, tuple) and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if type(value) is not type(default):
        raise _damaged(f"'{where}.{key}' is {str(value)[:40]!r}")
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _damaged(f"'{where}' holds no JSON object")
    return value


def _damaged(what: str) -> LockError:
    return LockError(f"The lock file is damaged: {what}. {ANEW}")
