"""The keys of describe: 43 to 45 of an object, 57 of a field, 28 of an entry of describe global (recorded)."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
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
EMPTY = ("actionOverrides", "namedLayoutInfos", "recordTypeInfos")

FIELD_NEVER = (
    *("aiPredictionField", "autoNumber", "calculated", "cascadeDelete", "caseSensitive", "dependentPicklist"),
    *("deprecatedAndHidden", "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero"),
    *("highScaleNumber", "htmlFormatted", "namePointing", "polymorphicForeignKey", "queryByDistance"),
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
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {spec.label_plural.lower()}", "name": "everything"}],
        "undeletable": rights.delete,
        "updateable": rights.edit,
        "urls": _urls(spec, base, sight.state.org.host),
    }


def field_shape(sight: Sight, spec: ObjectSpec, field: FieldSpec) -> dict[str, Any]:
    """Describe of one field."""
    shape: dict[str, Any] = dict.fromkeys(FIELD_NEVER, False) | dict.fromkeys(FIELD_NOTHING)
    shape |= _uses(field) | _size(field)
    shape |= {
        "createable": sight.createable(spec, field),
        "custom": field.custom,
        "defaultValue": field.default if isinstance(field.default, bool) else None,
        "defaultedOnCreate": field.default is not None or not field.createable,
        "externalId": field.external_id,
        "label": field.label,
        "name": field.name,
        "nameField": field.name_field,
        "nillable": field.nillable,
        "permissionable": field.nillable and field.createable and not spec.system,
        "picklistValues": [_picklist_value(field, value) for value in field.picklist],
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "restrictedPicklist": False,
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
    return {
        "byteLength": field.length if field.type in ("id", "reference") else field.length * 3,
        "digits": 8 if field.type == "int" else 0,
        "length": field.length,
        "precision": PRECISION.get(field.type, 0),
        "scale": 2 if field.type in PRECISION else 0,
    }


def _picklist_value(field: FieldSpec, value: str) -> dict[str, Any]:
    is_default = value == field.default
    return {"active": True, "defaultValue": is_default, "label": value, "validFor": None, "value": value}


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
