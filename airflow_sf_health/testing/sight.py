"""What one user sees of the org. What is hidden from a user does not exist for that user: absent, not flagged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from airflow_sf_health.testing.ids import same_id, to_18
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, RecordType
from airflow_sf_health.testing.state import OrgState, Rights, Row, User
from airflow_sf_health.testing.system_fields import PREFERENCE_PERMISSIONS
from airflow_sf_health.testing.system_rows import SYSTEM_ROWS


@dataclass(frozen=True, slots=True)
class Sight:
    """The org through the eyes of one user, for the time of one call."""

    state: OrgState
    user: User
    tooling: bool = False
    """Whether it is looked at by the Tooling API, which has objects of its own."""
    everything: bool = False
    """The eyes of the org itself, as for validation rules: no field is hidden."""
    _rights: dict[str, Rights] = field(default_factory=dict, repr=False, compare=False)

    def may(self, *any_of: str) -> bool:
        """Whether the user has one of these system permissions."""
        return self.state.has_permission(self.user, *any_of)

    def object(self, name: str) -> ObjectSpec | None:
        """The object of this API name, in any case, or nothing where it is missing or hidden."""
        spec = self.state.schema.get(name)
        if spec is None:
            spec = next((s for s in self.state.schema.values() if s.name.lower() == name.lower()), None)
        if spec is None or not self.rights(spec).read or (spec.tooling and not self.tooling):
            return None
        if spec.feature and not getattr(self.state.org, spec.feature):
            return None
        return spec if not spec.permissions or self.may(*spec.permissions) else None

    def objects(self) -> list[ObjectSpec]:
        return [spec for name in sorted(self.state.schema) if (spec := self.object(name))]

    def rights(self, spec: ObjectSpec) -> Rights:
        """Rights on one object: what profile and permission sets grant, taken together."""
        if spec.name not in self._rights:
            self._rights[spec.name] = self._granted(spec)
        return self._rights[spec.name]

    def _granted(self, spec: ObjectSpec) -> Rights:
        holders = self.state.holders_of(self.user)
        if spec.system:
            named = [holder.objects[spec.name] for holder in holders if spec.name in holder.objects]
            grants = named or [Rights()]
            merged = _merge(grants)
            writes = bool(spec.writers) and self.may(*spec.writers)
            return Rights(merged.read, writes, False, writes, merged.hidden_fields)
        grants = [rights for holder in holders if (rights := holder.rights(spec.name))]
        if self.may("ModifyAllData"):
            grants.append(Rights())
        return _merge(grants)

    def fields(self, spec: ObjectSpec) -> dict[str, FieldSpec]:
        """The fields of an object that exist for the user, by API name."""
        hidden = self.rights(spec).hidden_fields
        return {name: f for name, f in spec.fields.items() if name not in hidden and self._exists(f)}

    def field(self, spec: ObjectSpec, name: str) -> FieldSpec | None:
        """The field of this API name, in any case, if it exists for the user."""
        found = spec.field_named(name)
        if self.everything:
            return found
        if found is None or found.name in self.rights(spec).hidden_fields or not self._exists(found):
            return None
        return found

    def createable(self, spec: ObjectSpec, field: FieldSpec) -> bool:
        rights = self.rights(spec)
        audit = field.audit and self.state.org.audit_fields_enabled and self.may("CreateAuditFields")
        writable = (field.createable or audit) and not field.calculated
        return rights.create and writable and field.name not in rights.read_only_fields

    def updateable(self, spec: ObjectSpec, field: FieldSpec) -> bool:
        rights = self.rights(spec)
        writable = field.updateable and not field.calculated
        return rights.edit and writable and field.name not in rights.read_only_fields

    def record_types(self, spec: ObjectSpec) -> list[RecordType]:
        """The active record types of an object that the user may give to new rows, Master aside."""
        usable = self.rights(spec).record_types
        return [each for each in spec.record_types.values() if each.active and (usable is None or each.name in usable)]

    def children(self, spec: ObjectSpec) -> Iterator[tuple[ObjectSpec, FieldSpec, str | None]]:
        """Objects with fields that refer to this one, and the name of the relationship; audit fields and owners have none."""
        for child in self.objects():
            for each in self.fields(child).values():
                if spec.name in each.reference_to:
                    nameless = each.audit or child.name == spec.name or each.name == "OwnerId"
                    name = child.label_plural.replace(" ", "") + ("__r" if each.custom else "")
                    yield child, each, None if nameless else name

    def rows(self, spec: ObjectSpec) -> Iterable[Row]:
        """The rows that the user may see, with all their fields."""
        if spec.system:
            return SYSTEM_ROWS[spec.name](self.state, self.user) if spec.name in SYSTEM_ROWS else []
        return list(self.state.records.get(spec.name, {}).values())

    def row(self, spec: ObjectSpec, record_id: str) -> Row | None:
        if not spec.system:
            return self.state.records.get(spec.name, {}).get(to_18(record_id))
        return next((row for row in self.rows(spec) if same_id(row["Id"], record_id)), None)

    def _exists(self, field: FieldSpec) -> bool:
        permission = field.name.removeprefix("Permissions")
        if permission in PREFERENCE_PERMISSIONS and not self.state.org.audit_fields_enabled:
            return False
        if permission != field.name and permission in self.state.org.unknown_permissions:
            return False
        return not field.permission or self.may(field.permission)


def _merge(grants: list[Rights]) -> Rights:
    """The most that any grant gives; a field is hidden only where each grant to read hides it."""
    readers = [rights for rights in grants if rights.read]
    writers = [rights for rights in readers if rights.create or rights.edit]
    named = [rights.record_types for rights in readers]
    locked = [rights.hidden_fields | rights.read_only_fields for rights in writers]
    return Rights(
        read=bool(readers),
        create=any(rights.create for rights in grants),
        edit=any(rights.edit for rights in grants),
        delete=any(rights.delete for rights in grants),
        hidden_fields=set.intersection(*(rights.hidden_fields for rights in readers)) if readers else set(),
        read_only_fields=set.intersection(*locked) if locked else set(),
        record_types=None if None in named else {name for names in named for name in names or ()},
    )
