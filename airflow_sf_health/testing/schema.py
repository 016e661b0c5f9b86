"""The shape of objects and fields, as an administrator defines it in Setup."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

from airflow_sf_health.testing.ids import make_id

DEFAULT_LENGTHS = {"id": 18, "reference": 18, "string": 255, "email": 80, "phone": 40, "url": 255, "picklist": 255}
DEFAULT_LENGTHS |= {"textarea": 32000}


@dataclass
class FieldSpec:
    """One field. ``type`` is describe's word for it: string, reference, boolean, datetime, double …"""

    name: str
    type: str = "string"
    label: str = ""
    length: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    external_id: bool = False
    unique: bool = False
    picklist: tuple[str, ...] = ()
    inactive_picklist: tuple[str, ...] = ()
    """Values that describe shows as inactive."""
    restricted_picklist: bool = False
    """No other values than those of the picklist are taken."""
    precision: int | None = None
    scale: int | None = None
    """Digits in all and behind the point; by default what is usual for the type."""
    calculated: bool = False
    """A formula, which nobody writes."""
    defaulted_on_create: bool | None = None
    """Whether Salesforce fills it; by default where there is a default, or nobody may create it."""
    default: Any = None
    name_field: bool = False
    audit: bool = False
    """Set by Salesforce, but createable for who may create audit fields."""
    permission: str = ""
    """The system permission without which the field does not exist for a user."""

    def __post_init__(self) -> None:
        self.label = self.label or self.name
        self.length = self.length or DEFAULT_LENGTHS.get(self.type, 0)

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def target(self) -> str:
        """The object that a relationship leads to; of users and groups the user."""
        return "User" if "User" in self.reference_to else next(iter(self.reference_to), "")

    @property
    def required(self) -> bool:
        """Whether a new record needs a value from its creator."""
        filled = self.default is not None or bool(self.defaulted_on_create)
        return self.createable and not self.nillable and not filled and self.type != "boolean"


@dataclass
class ValidationRule:
    """Rows for which ``error_where``, a condition in SOQL, is true are refused with ``message``."""

    error_where: str
    message: str
    field: str | None = None
    """The field that the message stands at, if not the whole page."""


@dataclass
class RecordType:
    """A kind of row with a name of its own; who may use it is a matter of :class:`Rights`."""

    id: str
    name: str
    """The developer name."""
    label: str = ""
    active: bool = True


@dataclass
class ObjectSpec:
    """One object and its fields by API name."""

    name: str
    key_prefix: str
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    label: str = ""
    label_plural: str = ""
    validation_rules: list[ValidationRule] = field(default_factory=list)
    record_types: dict[str, RecordType] = field(default_factory=dict)
    """By developer name; Master, which each object has, is not among them."""
    system: bool = False
    """Rows are a view of users, licences … and are read only."""
    tooling: bool = False
    """Known to the Tooling API only."""
    permissions: tuple[str, ...] = ()
    """System permissions of which a user needs one, else the object does not exist for that user."""

    feature: str = ""
    """The switch of the org (``s2s_enabled``) without which the object does not exist for anybody."""

    writers: tuple[str, ...] = ()
    """System permissions of which a user needs one to create and delete rows of a system object; none: nobody may."""

    def __post_init__(self) -> None:
        self.label = self.label or self.name
        self.label_plural = self.label_plural or f"{self.label}s"

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    def field_named(self, name: str) -> FieldSpec | None:
        """The field of this API name, in any case."""
        return self.fields.get(name) or next((f for f in self.fields.values() if f.name.lower() == name.lower()), None)

    def add(self, *specs: FieldSpec) -> ObjectSpec:
        """Add fields, as an administrator does; gives the object itself."""
        self.fields.update({spec.name: spec for spec in specs})
        return self

    def remove(self, *names: str) -> ObjectSpec:
        """Delete fields, as an administrator does; gives the object itself.

        :raises KeyError: for a field that the object does not have.
        """
        for name in names:
            del self.fields[name]
        return self

    def rename(self, old: str, new: str, label: str | None = None) -> ObjectSpec:
        """Change the API name of a field, and its label where given; gives the object itself.

        The values of rows stay behind under the old name: :meth:`FakeOrg.rename_field` takes them along.

        :raises KeyError: for a field that the object does not have.
        """
        moved = self.fields[old]
        moved.name, moved.label = new, label or moved.label
        self.fields = {spec.name: spec for spec in self.fields.values()}
        return self

    def add_record_type(self, name: str, label: str = "", *, active: bool = True) -> RecordType:
        """A new record type; with the first one, the object gets ``RecordTypeId``."""
        number = zlib.crc32(f"{self.name}.{name}".encode())
        self.record_types[name] = RecordType(make_id("012", number), name, label or name.replace("_", " "), active)
        if "RecordTypeId" not in self.fields:
            self.add(lookup("RecordTypeId", "RecordType", label="Record Type ID"))
        return self.record_types[name]


def lookup(name: str, to: str, relationship: str | None = None, **options: Any) -> FieldSpec:
    """A reference field; its relationship is named as Salesforce does (``AccountId`` → ``Account``, ``X__c`` → ``X__r``)."""
    if relationship is None:
        relationship = f"{name[:-3]}__r" if name.endswith("__c") else name.removesuffix("Id")
    return FieldSpec(name, "reference", reference_to=(to,), relationship_name=relationship, **options)


def identity_fields(label: str) -> list[FieldSpec]:
    """``Id``, which every object has."""
    return [FieldSpec("Id", "id", f"{label} ID", nillable=False, createable=False, updateable=False, default="")]


def audit_fields() -> list[FieldSpec]:
    """Who and when, which Salesforce sets by itself."""
    fixed: dict[str, Any] = {"nillable": False, "createable": False, "updateable": False}
    return [
        FieldSpec("CreatedDate", "datetime", "Created Date", audit=True, **fixed),
        lookup("CreatedById", "User", audit=True, label="Created By ID", **fixed),
        FieldSpec("LastModifiedDate", "datetime", "Last Modified Date", audit=True, **fixed),
        lookup("LastModifiedById", "User", audit=True, label="Last Modified By ID", **fixed),
        FieldSpec("SystemModstamp", "datetime", "System Modstamp", **fixed),
    ]


def read_only(*specs: FieldSpec) -> list[FieldSpec]:
    """The same fields, not writable by anyone."""
    for spec in specs:
        spec.createable = spec.updateable = False
    return list(specs)
