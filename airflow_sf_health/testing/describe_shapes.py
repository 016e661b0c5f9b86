"""The keys of describe: 43 to 45 of an object, 57 of a field, 28 of an entry of describe global (recorded)."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, RecordType
from airflow_sf_health.testing.sight import Sight

GLOBAL_KEYS = (
    *("activateable", "associateEntityType", "associateParentEntity", "createable", "custom", "customSetting"),
    *("deepCloneable", "deletable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype"),
    *("keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name", "queryable"),
    *("replicateable", "retrieveable", "searchable", "triggerable", "undeletable", "updateable", "urls"),
)
NEVER = (
    *("activateable", "customSetting", "deepCloneable", "deprecatedAndHidden", "hasSubtypes", "isInterface"),
    "isSubtype",
)
NOTHING = (
    *("associateEntityType", "associateParentEntity", "defaultImplementation", "extendedBy", "extendsInterfaces"),
    *("implementedBy", "implementsInterfaces", "listviewable", "lookupLayoutable", "networkScopeFieldName"),
)
EMPTY = ("actionOverrides", "namedLayoutInfos")
MASTER = "012000000000000AAA"
"""The id of each object's Master record type (recorded)."""

FIELD_NEVER = (
    *("aiPredictionField", "autoNumber", "cascadeDelete", "caseSensitive", "dependentPicklist"),
    *("deprecatedAndHidden", "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero"),
    *("highScaleNumber", "htmlFormatted", "namePointing", "queryByDistance"),
    *("restrictedDelete", "searchPrefilterable", "writeRequiresMasterRead"),
)
FIELD_NOTHING = (
    *("calculatedFormula", "compoundFieldName", "controllerName", "defaultValueFormula", "extraTypeInfo"),
    *("filteredLookupInfo", "inlineHelpText", "mask", "maskType", "referenceTargetField", "relationshipOrder"),
)

SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}
PRECISION = {"double": 18, "currency": 18, "percent": 3}
SIZELESS = ("boolean", "int", "date", "datetime", *PRECISION)
"""Types whose fields have no length."""


def object_shape(sight: Sight, spec: ObjectSpec, base: str) -> dict[str, Any]:
    """Describe of an object without its fields and child relationships."""
    rights = sight.rights(spec)
    shape: dict[str, Any] = dict.fromkeys(NEVER, False) | dict.fromkeys(NOTHING)
    shape |= {key: [] for key in EMPTY}
    shape |= dict.fromkeys(("queryable", "retrieveable", "replicateable", "searchable"), True)
    business = not spec.system
    shape |= dict.fromkeys(("compactLayoutable", "feedEnabled", "layoutable", "mruEnabled"), business)
    shape |= dict.fromkeys(("searchLayoutable", "triggerable"), business)
    return shape | {
        "createable": rights.create,
        "custom": spec.custom,
        "deletable": rights.delete,
        "keyPrefix": spec.key_prefix,
        "label": spec.label,
        "labelPlural": spec.label_plural,
        "mergeable": spec.name in ("Account", "Contact", "Lead"),
        "name": spec.name,
        "recordTypeInfos": record_type_infos(sight, spec, base),
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {spec.label_plural.lower()}", "name": "everything"}],
        "undeletable": rights.delete,
        "updateable": rights.edit,
        "urls": _urls(spec, base, sight.state.org.host),
    }


def record_type_infos(sight: Sight, spec: ObjectSpec, base: str) -> list[dict[str, Any]]:
    """The record types, and Master, which is last (recorded). A custom object without record types has none (recorded), nor
    has one of the system (inferred). The first that the user may use is the default one (inferred).
    """
    if spec.system or (spec.custom and not spec.record_types):
        return []
    usable = sight.record_types(spec)
    layouts = f"{base}/sobjects/{spec.name}/describe/layouts"
    infos = [
        _record_type(layouts, each, available=each in usable, default=each in usable[:1])
        for each in spec.record_types.values()
    ]
    master = _record_type(layouts, RecordType(MASTER, "Master", "Master"), available=True, default=not usable)
    return [*infos, {**master, "master": True}]


def _record_type(layouts: str, kind: RecordType, *, available: bool, default: bool) -> dict[str, Any]:
    return {
        "active": kind.active,
        "available": available,
        "defaultRecordTypeMapping": default,
        "developerName": kind.name,
        "master": False,
        "name": kind.label or kind.name,
        "recordTypeId": kind.id,
        "urls": {"layout": f"{layouts}/{kind.id}"},
    }


def field_shape(sight: Sight, spec: ObjectSpec, field: FieldSpec) -> dict[str, Any]:
    """Describe of one field."""
    shape: dict[str, Any] = dict.fromkeys(FIELD_NEVER, False) | dict.fromkeys(FIELD_NOTHING)
    shape |= _uses(field) | _size(field)
    shape |= {
        "calculated": field.calculated,
        "createable": sight.createable(spec, field),
        "custom": field.custom,
        "defaultValue": field.default if isinstance(field.default, bool) else None,
        "defaultedOnCreate": _defaulted(field),
        "externalId": field.external_id,
        "label": field.label,
        "name": field.name,
        "nameField": field.name_field,
        "nillable": field.nillable,
        "permissionable": field.nillable and (field.createable or field.calculated) and not spec.system,
        "picklistValues": _picklist(field),
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "restrictedPicklist": field.restricted_picklist,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "type": field.type,
        "unique": field.unique,
        "updateable": sight.updateable(spec, field),
    }
    return dict(sorted(shape.items()))


def _uses(field: FieldSpec) -> dict[str, bool]:
    """What a query may do with a field."""
    long_text = field.type == "textarea"
    return {
        "aggregatable": not long_text and field.type != "boolean",
        "filterable": not long_text and field.filterable,
        "groupable": not long_text and field.type not in (*PRECISION, "datetime"),
        "idLookup": field.type in ("id", "email") or field.external_id or field.name_field,
        "sortable": not long_text,
    }


def _size(field: FieldSpec) -> dict[str, int]:
    length = 0 if field.type in SIZELESS else field.length
    scale = 2 if field.type in PRECISION else 0
    return {
        "byteLength": length if field.type in ("id", "reference") else length * 3,
        "digits": 8 if field.type == "int" else 0,
        "length": length,
        "precision": PRECISION.get(field.type, 0) if field.precision is None else field.precision,
        "scale": scale if field.scale is None else field.scale,
    }


def _defaulted(field: FieldSpec) -> bool:
    if field.defaulted_on_create is not None:
        return field.defaulted_on_create
    return not field.calculated and (field.default is not None or not field.createable)


def _picklist(field: FieldSpec) -> list[dict[str, Any]]:
    return [
        {
            "active": value not in field.inactive_picklist,
            "defaultValue": value == field.default,
            "label": value,
            "validFor": None,
            "value": value,
        }
        for value in dict.fromkeys((*field.picklist, *field.inactive_picklist))
    ]


def _urls(spec: ObjectSpec, base: str, host: str) -> dict[str, str]:
    root, site = f"{base}/sobjects/{spec.name}", f"https://{host}"
    urls = {
        "compactLayouts": f"{root}/describe/compactLayouts",
        "rowTemplate": f"{root}/{{ID}}",
        "describe": f"{root}/describe",
        "layouts": f"{root}/describe/layouts",
        "sobject": root,
    }
    if not spec.system:
        urls |= {"uiDetailTemplate": f"{site}/{{ID}}", "uiEditTemplate": f"{site}/{{ID}}/e"}
        urls |= {"uiNewRecord": f"{site}/{spec.key_prefix}/e"}
    return urls
