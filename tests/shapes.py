"""Shapes to compare: a describe of any size, one field or object by its few words, and hypothesis strategies for them."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from airflow_sf_health.schema.shape import FieldShape, ObjectShape

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: a busy machine is no failure."""
WORDS = ("Amount", "Phone", "Street", "Status", "Region", "Number", "Start", "Total")


def described(fields: int, name: str = "Invoice__c") -> dict[str, Any]:
    """A describe as REST gives it, of the real thing's keys those that a mapping depends on and a few more."""
    return {
        "name": name,
        "label": "Invoice",
        "queryable": True,
        "createable": True,
        "updateable": True,
        "deletable": True,
        "fields": [_described_field(number) for number in range(fields)],
        "recordTypeInfos": [
            {"active": True, "available": True, "developerName": "Retail", "name": "Retail trade", "master": False},
            {"active": True, "available": True, "developerName": "Master", "name": "Master", "master": True},
        ],
    }


def _described_field(number: int) -> dict[str, Any]:
    word = WORDS[number % len(WORDS)]
    values = [{"active": True, "value": f"{word} {each}", "label": f"{word} {each}"} for each in range(number % 5)]
    return {
        "name": f"{word}_{number}__c",
        "label": f"{word} {number}",
        "type": "picklist" if values else "string",
        "length": 80,
        "precision": 0,
        "scale": 0,
        "nillable": True,
        "createable": True,
        "updateable": True,
        "picklistValues": values,
        "referenceTo": [],
        "relationshipName": None,
        **dict.fromkeys(("aggregatable", "filterable", "groupable", "permissionable", "sortable"), True),
        **dict.fromkeys(("autoNumber", "calculated", "cascadeDelete", "caseSensitive", "encrypted"), False),
        **dict.fromkeys(("calculatedFormula", "compoundFieldName", "controllerName", "inlineHelpText", "mask")),
    }


def text(name: str = "Phone", **other: Any) -> FieldShape:
    """A text field of 80 characters that may be written."""
    given = {"type": "string", "label": name, "length": 80, "createable": True, "updateable": True}
    return FieldShape(name=name, **{**given, **other})


def account(*fields: FieldShape, **other: Any) -> ObjectShape:
    """An object on which everything is allowed."""
    rights = {"name": "Account", "label": "Account", "createable": True, "updateable": True, "deletable": True}
    return ObjectShape(**{**rights, "fields": {each.name: each for each in fields}, **other})


TYPES = ("string", "textarea", "phone", "picklist", "multipicklist", "double", "int", "boolean", "date", "datetime")
NAMES = ("Id", "Name", "Phone", "Amount__c", "AmountDue__c", "Status__c", "Region__c", "OwnerId", "ns__Region__c")


def field_shapes(name: str) -> st.SearchStrategy[FieldShape]:
    """Any field of this name. Few draws, for there are many fields in a test: one for all flags, one for all sizes."""
    return st.builds(
        lambda flags, sizes, **drawn: FieldShape(name=name, **_flags(flags), **sizes, **drawn),
        flags=st.integers(0, 2 ** len(FLAGS) - 1),
        sizes=st.sampled_from(SIZES),
        type=st.sampled_from((*TYPES, "reference")),
        label=st.sampled_from(WORDS),
        picklist=st.sampled_from(((), ("Open",), ("Open", "Closed"), ("Lost", "Open"), ("Closed", "Lost", "Open"))),
        reference_to=st.sampled_from(((), ("User",), ("User", "Group"), ("Account",))),
        relationship_name=st.sampled_from((None, name.removesuffix("Id").removesuffix("__c") + "Of")),
    )


def _flags(bits: int) -> dict[str, Any]:
    return {flag: bool(bits >> at & 1) for at, flag in enumerate(FLAGS)}


SIZES = [
    {"length": length, "precision": precision, "scale": scale}
    for length in (0, 18, 80, 255)
    for precision, scale in ((0, 0), (9, 0), (9, 2), (18, 2))
]
FLAGS = (
    *("nillable", "defaulted", "createable", "updateable", "external_id", "id_lookup", "unique", "calculated"),
    "restricted_picklist",
)


@st.composite
def object_shapes(draw: st.DrawFn) -> ObjectShape:
    """Any object with some of the names above."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    types = draw(st.dictionaries(st.sampled_from(("Retail", "Trade")), st.booleans()))
    return ObjectShape(
        name="Account",
        label=draw(st.sampled_from(("Account", "Customer"))),
        fields={name: draw(field_shapes(name)) for name in names},
        record_types=types,
        record_type_labels={name: f"{name} label" for name in types},
        **{each: draw(st.booleans()) for each in ("queryable", "createable", "updateable", "deletable")},
    )
