"""Keys of the schema and of rights on objects: ``schema.Account.fields.Phone.length``, ``user.objects.Account.edit``.

A field or record type is added by a value for it as a whole, and taken away by an empty one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import fields
from functools import partial
from typing import Any, get_type_hints

from airflow_sf_health.testing.coerce import SettingError, coerce
from airflow_sf_health.testing.describe_shapes import SOAP_TYPES
from airflow_sf_health.testing.people import PermissionHolder, Rights
from airflow_sf_health.testing.schema import DEFAULT_LENGTHS, FieldSpec, ObjectSpec, RecordType
from airflow_sf_health.testing.schema_changes import add_object, remove_field, rename_field
from airflow_sf_health.testing.state import OrgState

Change = Callable[[], object]

TYPES = sorted({*SOAP_TYPES, *DEFAULT_LENGTHS, "multipicklist", "combobox", "encryptedstring", "time", "base64"})
NOTHING = (None, "", "null", "none")
FIXED = ("fields", "record_types", "validation_rules", "default", "name", "id")
"""Attributes that no key sets."""


def schema_change(key: str, state: OrgState, path: str, value: Any) -> Change:
    """The change that ``schema.<path>`` stands for.

    :raises SettingError: naming the wrong key, and the nearest right one.
    """
    name, _, rest = path.partition(".")
    if not rest and name not in state.schema and name.endswith("__c") and value not in NOTHING:
        return partial(add_object, state, name, label=coerce(key, value, str))
    check_known(key, name, state.schema)
    spec = state.schema[name]
    part, _, below = rest.partition(".")
    if part == "fields" and below:
        return _field_change(key, state, spec, below, value)
    if part == "record_types" and below:
        return _record_type_change(key, spec, below, value)
    if not rest and value in NOTHING:
        return partial(state.schema.pop, name)
    return _attribute(key, spec, rest, value)


def rights_change(key: str, state: OrgState, holders: list[PermissionHolder], path: str, value: Any) -> Change:
    """The change of rights on one object, for all holders that have any, or where none has for the first.

    :raises SettingError: naming the wrong key, and the nearest right one.
    """
    name, _, attribute = path.partition(".")
    check_known(key, name, state.schema)
    known = [each.name for each in fields(Rights)]
    check_known(key, attribute, known)
    given = coerce(key, value, get_type_hints(Rights)[attribute])
    return partial(_set_rights, holders, name, attribute, given)


def check_known(key: str, name: Any, names: Iterable[str], prefix: str = "") -> None:
    """:raises SettingError: for a name that is none of these, with the nearest that is."""
    names = list(names)
    if name in names:
        return
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.4)
    hint = (
        f"Nearest: {prefix}{near[0]}."
        if near
        else f"There is: {', '.join(prefix + each for each in names) or 'nothing'}."
    )
    raise SettingError(f"{key!r}: the fake org knows no {prefix}{name}. {hint}")


def plain_schema(state: OrgState) -> dict[str, Any]:
    """The objects that have rows of their own, with what is not as by default."""
    shown = [spec for spec in state.schema.values() if not spec.system]
    return {spec.name: {**_unusual(spec), **_parts(spec)} for spec in shown}


def _field_change(key: str, state: OrgState, spec: ObjectSpec, path: str, value: Any) -> Change:
    name, _, attribute = path.partition(".")
    if not attribute and value not in NOTHING:
        check_known(key, value, TYPES)
        return partial(_retype, spec, name, value) if name in spec.fields else partial(spec.add, FieldSpec(name, value))
    check_known(key, name, spec.fields)
    if not attribute:
        return partial(remove_field, state, spec.name, name)
    if attribute != "name":
        return _attribute(key, spec.fields[name], attribute, value)
    if value in spec.fields:
        raise SettingError(f"{key!r}: {spec.name} has a field {value} already.")
    return partial(rename_field, state, spec.name, name, coerce(key, value, str))


def _record_type_change(key: str, spec: ObjectSpec, path: str, value: Any) -> Change:
    name, _, attribute = path.partition(".")
    if not attribute and value not in NOTHING:
        return partial(spec.add_record_type, name, coerce(key, value, str))
    check_known(key, name, spec.record_types)
    if not attribute:
        return partial(spec.record_types.pop, name)
    return _attribute(key, spec.record_types[name], attribute, value)


def _attribute(key: str, owner: Any, name: str, value: Any) -> Change:
    if name in ("", *FIXED):
        raise SettingError(f"{key!r} cannot be set as a whole.")
    known = [each.name for each in fields(owner) if each.name not in FIXED]
    check_known(key, name, known)
    return partial(setattr, owner, name, coerce(key, value, get_type_hints(type(owner))[name]))


def _retype(spec: ObjectSpec, name: str, kind: str) -> None:
    spec.fields[name].type = kind


def _set_rights(holders: list[PermissionHolder], name: str, attribute: str, value: Any) -> None:
    """A holder whose rights are those on all objects gets its own on this one."""
    having = [holder for holder in holders if holder.rights(name)]
    for holder in having or holders[:1]:
        rights = holder.objects.setdefault(name, deepcopy(holder.rights(name)) or Rights(False, False, False, False))
        setattr(rights, attribute, deepcopy(value))
        rights.read = rights.read or (attribute in ("create", "edit", "delete") and value)


def _parts(spec: ObjectSpec) -> dict[str, Any]:
    return {
        "fields": {name: {"type": field.type, **_unusual(field)} for name, field in spec.fields.items()},
        "record_types": {name: _unusual(kind) for name, kind in spec.record_types.items()},
    }


def _unusual(item: ObjectSpec | FieldSpec | RecordType) -> dict[str, Any]:
    """The simple attributes that differ from the default ones."""
    values = {each.name: (getattr(item, each.name), each.default) for each in fields(item)}
    simple = (str, int, tuple)
    return {name: value for name, (value, usual) in values.items() if isinstance(value, simple) and value != usual}
