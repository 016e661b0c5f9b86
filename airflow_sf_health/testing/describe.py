"""Describe of one object and of all, as one user sees them. Hidden fields are absent, read-only ones say so."""

from __future__ import annotations

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.describe_shapes import GLOBAL_KEYS, field_shape, object_shape
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.schema import ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.stamps import is_known, validators
from airflow_sf_health.testing.state import Row

LATER_KEYS = ("associateEntityType", "associateParentEntity")
LATER_KEYS_SINCE = 50
"""Absent from a recording of v48, present in a later one; the version between is inferred."""


def describe(call: Call, object_name: str) -> Reply:
    """The full describe, or 304 where ``If-Modified-Since`` or ``If-None-Match`` says that it is known."""
    spec = Records.of(call.sight, object_name).spec
    headers = validators(call.state, spec.name)
    if is_known(call, headers):
        return Reply(304, headers=headers)
    return Reply(body=object_describe(call.sight, spec, call.base), headers=headers)


def describe_global(call: Call) -> Reply:
    headers = validators(call.state)
    if is_known(call, headers):
        return Reply(304, headers=headers)
    entries = [_entry(call, spec) for spec in call.sight.objects()]
    return Reply(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": entries}, headers=headers)


def basic(call: Call, object_name: str) -> Reply:
    """``GET /sobjects/<object>``: the entry of describe global, and the recent items, of which there are none."""
    spec = Records.of(call.sight, object_name).spec
    return Reply(body={"objectDescribe": _entry(call, spec), "recentItems": []})


def object_describe(sight: Sight, spec: ObjectSpec, base: str) -> Row:
    shape = object_shape(sight, spec, base)
    shape["fields"] = [field_shape(sight, spec, field) for field in sight.fields(spec).values()]
    shape["childRelationships"] = _children(sight, spec)
    if float(base.rpartition("v")[2]) < LATER_KEYS_SINCE:
        for key in LATER_KEYS:
            del shape[key]
    return dict(sorted(shape.items()))


def _entry(call: Call, spec: ObjectSpec) -> Row:
    """One object in describe global, which has no URLs of pages."""
    shape = object_shape(call.sight, spec, call.base)
    urls = {name: url for name, url in shape["urls"].items() if not name.startswith("ui")}
    return {key: shape[key] for key in GLOBAL_KEYS} | {"urls": urls}


def _children(sight: Sight, spec: ObjectSpec) -> list[Row]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": relationship,
            "restrictedDelete": False,
        }
        for child, field, relationship in sight.children(spec)
    ]
