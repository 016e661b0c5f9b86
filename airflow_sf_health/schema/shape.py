"""The part of a describe that a mapping depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """One field as one user sees it, by describe's own names in Python's spelling (``externalId`` is ``external_id``).

    ``length`` is in characters, ``precision`` and ``scale`` are digits in all and behind the point, each 0 where the type has none.
    ``picklist`` holds the active values. What nobody can write, whatever the rights: :attr:`is_generated`, :attr:`is_fixed`.
    """

    name: str
    type: str
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    defaulted: bool = False
    createable: bool = False
    updateable: bool = False
    external_id: bool = False
    id_lookup: bool = False
    unique: bool = False
    calculated: bool = False
    restricted_picklist: bool = False
    picklist: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    auto_number: bool = False
    master_detail: bool = False
    """The lookup of a detail to its master, which has no field-level security."""

    @property
    def required(self) -> bool:
        """Whether a new record needs a value for it from its creator."""
        return self.createable and self.is_mandatory

    @property
    def is_mandatory(self) -> bool:
        """Whether somebody has to give it a value, whatever this user's rights: one who may create no records fills in no field."""
        return not self.nillable and not self.defaulted and not self.is_generated and self.type != "boolean"

    @property
    def is_generated(self) -> bool:
        """Whether Salesforce makes its value, so that no right would let anybody write it."""
        return self.calculated or self.auto_number

    @property
    def is_fixed(self) -> bool:
        """Whether it takes a value in a new record and none later, for anybody: the master of a detail that may not be reparented.
        Of an object that the user may not update this tells nothing.
        """
        return self.master_detail and self.createable and not self.updateable

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        """Read one entry of describe's ``fields``; a key that is missing takes the default."""
        return cls(
            name=described["name"],
            type=described["type"],
            label=described.get("label") or "",
            length=described.get("length") or 0,
            precision=described.get("precision") or described.get("digits") or 0,  # an int has digits alone
            scale=described.get("scale") or 0,
            nillable=bool(described.get("nillable", True)),
            defaulted=bool(described.get("defaultedOnCreate")),
            createable=bool(described.get("createable")),
            updateable=bool(described.get("updateable")),
            external_id=bool(described.get("externalId")),
            id_lookup=bool(described.get("idLookup")),
            unique=bool(described.get("unique")),
            calculated=bool(described.get("calculated")),
            restricted_picklist=bool(described.get("restrictedPicklist")),
            picklist=tuple(each["value"] for each in described.get("picklistValues") or () if each.get("active", True)),
            reference_to=tuple(described.get("referenceTo") or ()),
            relationship_name=described.get("relationshipName"),
            auto_number=bool(described.get("autoNumber")),
            master_detail=described.get("relationshipOrder") is not None,
        )

    def as_dict(self) -> dict[str, Any]:
        """What differs from the defaults, JSON-ready; :meth:`from_dict` reads it back."""
        values = ((each, getattr(self, each.name)) for each in fields(self))
        return {each.name: _plain(value) for each, value in values if value != each.default}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Keys that this version does not know are passed over."""
        return cls(**{name: _frozen(value) for name, value in plain.items() if name in _FIELD_NAMES})


_FIELD_NAMES = frozenset(each.name for each in fields(FieldShape))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectShape:
    """One object as one user sees it. ``fields`` by API name, ``record_types`` developer name -> whether the user may use it.

    Names keep Salesforce's spelling; look a field up with :meth:`field_named`, in any case.
    """

    name: str
    label: str = ""
    queryable: bool = True
    createable: bool = False
    updateable: bool = False
    deletable: bool = False
    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    record_types: Mapping[str, bool] = field(default_factory=dict)
    record_type_labels: Mapping[str, str] = field(default_factory=dict)
    """Label by developer name."""
    partial: bool = False
    """It has only some of the fields and record types (:meth:`only`); that it lacks one tells nothing then."""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        """Read a describe, as REST gives it.

        :raises KeyError, TypeError, AttributeError: it is none.
        """
        shapes = [FieldShape.of(each) for each in described["fields"]]
        types = [each for each in described.get("recordTypeInfos") or () if each.get("active", True)]
        named = [(str(each.get("developerName") or each["name"]), each) for each in types]
        return cls(
            name=described["name"],
            label=described.get("label") or "",
            queryable=bool(described.get("queryable", True)),
            createable=bool(described.get("createable")),
            updateable=bool(described.get("updateable")),
            deletable=bool(described.get("deletable")),
            fields={each.name: each for each in shapes},
            record_types={name: bool(each.get("available")) for name, each in named},
            record_type_labels={name: str(each.get("name") or name) for name, each in named},
        )

    def field_named(self, name: str) -> FieldShape | None:
        """The field of this API name, in any case."""
        found = self.fields.get(name)
        if found is not None:
            return found
        return next((each for each in self.fields.values() if each.name.casefold() == name.casefold()), None)

    def field_of(self, path: str) -> FieldShape | None:
        """The field that a name, or a path over a relationship, begins with: ``OwnerId`` of ``Owner.Name``."""
        hop = self.hop(path)
        if hop is None:
            return self.field_named(path)
        wanted = hop.casefold()
        led = (
            each
            for each in self.fields.values()
            if each.relationship_name and each.relationship_name.casefold() == wanted
        )
        return next(led, None)

    @staticmethod
    def hop(path: str) -> str | None:
        """The relationship that a path begins with, ``Owner`` of ``Owner.Name`` and of ``Owner:User.Name``; None of a name."""
        relationship, dot, _ = path.partition(".")
        return relationship.partition(":")[0] if dot else None

    def record_type_named(self, name: str) -> str | None:
        """The developer name of the record type of this developer name or label, in any case."""
        wanted = name.casefold()
        labels = self.record_type_labels
        names = (each for each in self.record_types if each.casefold() == wanted)
        labelled = (each for each in self.record_types if labels.get(each, "").casefold() == wanted)
        return next(names, None) or next(labelled, None)

    def only(self, names: Sequence[str], record_types: Sequence[str] = ()) -> ObjectShape:
        """The same object with the named fields and record types alone, for what is to be small; paths name their field."""
        kept = [found for name in names if (found := self.field_of(name)) is not None]
        types = [named for name in record_types if (named := self.record_type_named(name)) is not None]
        return replace(
            self,
            partial=True,
            fields={each.name: each for each in kept},
            record_types={name: self.record_types[name] for name in types},
            record_type_labels={name: self.record_type_labels.get(name, name) for name in types},
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; :meth:`from_dict` reads it back."""
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "fields"}
        plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items()}
        return {**plain, "fields": {name: each.as_dict() for name, each in self.fields.items()}}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Keys that this version does not know are passed over."""
        known = {name: value for name, value in plain.items() if name in _OBJECT_NAMES}
        return cls(**{**known, "fields": {name: FieldShape.from_dict(each) for name, each in plain["fields"].items()}})


_OBJECT_NAMES = frozenset(each.name for each in fields(ObjectShape))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
