"""What the guarded task needs of the org."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from airflow_sf_health import plain, spelling
from airflow_sf_health import required_values as values
from airflow_sf_health.errors import RequirementsError

__all__ = ["ObjectUse", "Requirements"]

WRITES = ("insert", "update", "upsert")
"""The operations of an object that name the fields they write."""
_OTHER_WORDS = {
    "create": "New records are 'insert'.",
    "write": "Say how: 'insert', 'update' or 'upsert'.",
    "fields": "Say what is done with them: 'read', 'insert', 'update' or 'upsert'.",
    "operation": "The operation is the key, {'insert': ['Name']}.",
    "select": "Fields to read are 'read'.",
}
"""Words that other tools have for what is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectUse:
    """What the task does with one object. A list of fields may be empty, or ``True``: the operation is meant, no field is named.

    :param name: API name, ``Account`` or ``Invoice__c``.
    :param read: fields to read; a path over a relationship (``Owner.Name``) is one too.
    :param insert: fields to write into new records.
    :param update: fields to change.
    :param upsert: fields to write by ``external_id``, which need not be named among them.
    :param external_id: the field by which upsert finds its records; ``Id`` too.
    :param delete: whether records are deleted.
    :param hard_delete: whether they are deleted past the recycle bin (Bulk API).
    :param record_types: developer names, or labels, of the record types of new or changed records.
    :raises RequirementsError: a value of the wrong type or an upsert without external id; names object and key.
    """

    name: str
    read: tuple[str, ...] | None = None
    insert: tuple[str, ...] | None = None
    update: tuple[str, ...] | None = None
    upsert: tuple[str, ...] | None = None
    external_id: str | None = None
    delete: bool | None = None
    hard_delete: bool | None = None
    record_types: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not spelling.is_api_name(self.name):
            raise RequirementsError(f"Requirements: 'objects' has {self.name!r}, which is no API name of an object.")
        where = f"objects.{self.name}"
        for name in ("read", *WRITES):
            object.__setattr__(self, name, values.field_list(f"{where}.{name}", getattr(self, name), self.name))
        object.__setattr__(self, "record_types", values.names(f"{where}.record_types", self.record_types))
        values.check_kinds(self, {"delete": bool, "hard_delete": bool, "external_id": str}, where)
        if self.external_id is not None and not spelling.is_api_name(self.external_id):
            raise RequirementsError(
                f"Requirements: '{where}.external_id' is {self.external_id!r}, which is no field name."
            )
        if (self.upsert is None) is not (self.external_id is None):
            missing, given = ("external_id", "upsert") if self.external_id is None else ("upsert", "external_id")
            raise RequirementsError(f"Requirements: '{where}' has '{given}' and no '{missing}'. An upsert takes both.")
        if self.read is None and not self.writes:
            object.__setattr__(self, "read", ())

    @classmethod
    def of(cls, name: str, value: Any) -> ObjectUse:
        """Read one entry of ``objects``: a dict of the fields above, a list of fields to read, or None for "it is read"."""
        if isinstance(value, cls) and value.name == name:
            return value
        if value is None or isinstance(value, list | tuple | str):
            value = {"read": value}
        if not isinstance(value, Mapping):
            raise RequirementsError(
                f"Requirements: 'objects.{name}' must be a dict or a list of fields, and is {value!r}."
            )
        known = [each.name for each in fields(cls) if each.name != "name"]
        if not_so := next((each for each in value if each in _OTHER_WORDS), None):
            raise RequirementsError(
                f"Requirements: 'objects.{name}': there is no '{not_so}'. {_OTHER_WORDS[not_so]} Known are {', '.join(known)}."
            )
        plain.refuse_unknown(f"Requirements: 'objects.{name}'", value, known, RequirementsError)
        return cls(name=name, **value)

    @property
    def writes(self) -> bool:
        """Whether the task changes records of this object."""
        return bool(self.delete or self.hard_delete) or any(getattr(self, each) is not None for each in WRITES)

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that are named, each once in any case, in the order of their first mention; paths over relationships too."""
        listed = (*(self.read or ()), *(name for each in WRITES for name in getattr(self, each) or ()))
        first: dict[str, str] = {}
        for name in (*listed, *((self.external_id,) if self.external_id else ())):
            first.setdefault(name.casefold(), name)
        return tuple(first.values())

    def as_dict(self) -> dict[str, Any]:
        """Without the name, JSON-ready; :meth:`of` reads it back."""
        return {name: _plain(each) for name, each in plain.dump(self).items() if name != "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the task is going to do; each field that is left out asks nothing.

    :param objects: API name of an object -> what is done with it (:class:`ObjectUse`, a dict of its fields, or a list of fields to
        read).
    :param queries: SOQL that the task runs.
    :param owners: users and queues that records are assigned to: ids (``005…``, ``00G…``), user names, developer names of queues.
    :param records: how many records one run handles, of each object that is named and by each operation on it.
    :param audit_fields: True: the task sets CreatedDate, CreatedById and the like of new records.
    :param inactive_owners: True: the task updates records whose owners are inactive.
    :param s2s: True: look at the owners of Salesforce-to-Salesforce connections too.
    :param api_only: False: someone must be able to log in to the user interface with this user; True: it should be an
        API-only one, as is the rule for integration users, and is worth a warning where it is not; None: either is right.
    :param org_id: id of the expected org, 15 or 18 characters.
    :param sandbox: whether the expected org is a sandbox.
    :param user_license: name or key of the expected user licence, e.g. ``Salesforce Integration``.
    :param writes: False: the task only reads, so a read-only org is no obstacle; None is taken for a task that writes.
    :param permission_set_licenses: keys or labels of the permission-set licences that the user must have.
    :param packages: namespaces of the managed packages that the user must have a licence for.
    :raises RequirementsError: a value of the wrong type; names the field.

    A list is taken for a tuple, and an empty one asks nothing.
    """

    objects: tuple[ObjectUse, ...] | None = None
    queries: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    records: int | None = None
    audit_fields: bool | None = None
    inactive_owners: bool | None = None
    s2s: bool | None = None
    api_only: bool | None = None
    org_id: str | None = None
    sandbox: bool | None = None
    user_license: str | None = None
    writes: bool | None = None
    permission_set_licenses: tuple[str, ...] | None = None
    packages: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", _objects(self.objects))
        for name in _LISTS:
            object.__setattr__(self, name, values.names(name, getattr(self, name)))
        values.check_kinds(self, _KINDS)
        values.check_queries(self.queries)
        values.check_owners(self.owners)
        if self.records is not None and self.records < 0:
            raise RequirementsError(f"Requirements: 'records' is {self.records}. It takes a number from 0 up.")
        if self.org_id is not None and not spelling.is_id(self.org_id, "00D"):
            raise RequirementsError(
                f"Requirements: 'org_id' is '{self.org_id}', which is no org id (00D…, 15 or 18 characters)."
            )
        if self.writes is False and (writer := next((each.name for each in self.objects or () if each.writes), None)):
            raise RequirementsError(
                f"Requirements: 'writes' is false, and 'objects.{writer}' writes. Leave one of them out."
            )

    @classmethod
    def of(cls, value: Requirements | Mapping[str, Any] | None) -> Requirements:
        """Read requirements from a dict, as an operator argument or a file gives them.

        :raises RequirementsError: an unknown key (the nearest right one is named) or a wrong value.
        """
        return plain.read(cls, value, RequirementsError)

    def use_of(self, sobject: str) -> ObjectUse | None:
        """What is done with this object; names are compared as Salesforce does, without regard to case."""
        return next((each for each in self.objects or () if each.name.casefold() == sobject.casefold()), None)

    def as_dict(self) -> dict[str, Any]:
        """The fields that ask something, JSON-ready; :meth:`of` reads it back."""
        written = {name: _plain(each) for name, each in plain.dump(self).items() if name != "objects"}
        return ({"objects": {use.name: use.as_dict() for use in self.objects}} if self.objects else {}) | written


_LISTS = ("queries", "owners", "permission_set_licenses", "packages")
_KINDS: dict[str, type] = {
    "records": int,
    "audit_fields": bool,
    "inactive_owners": bool,
    "s2s": bool,
    "api_only": bool,
    "org_id": str,
    "sandbox": bool,
    "user_license": str,
    "writes": bool,
}


def _objects(value: Any) -> tuple[ObjectUse, ...] | None:
    if isinstance(value, list | tuple) and all(isinstance(each, ObjectUse) for each in value):
        uses = tuple(value)
    elif value is None or isinstance(value, Mapping):
        uses = tuple(ObjectUse.of(name, each) for name, each in (value or {}).items())
    else:
        raise RequirementsError(
            "Requirements: 'objects' must be a dict, {'Account': ['Name'], 'Contact': {'insert': ['LastName']}}, "
            f"and is {value!r}."
        )
    seen: set[str] = set()
    for use in uses:
        if use.name.casefold() in seen:
            raise RequirementsError(f"Requirements: 'objects' has '{use.name}' twice; Salesforce's names have no case.")
        seen.add(use.name.casefold())
    return uses or None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
