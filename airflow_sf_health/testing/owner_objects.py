"""Groups, of which queues own rows as users do, and which objects these take: ``Group`` and ``QueueSobject``."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, identity_fields, lookup, read_only
from airflow_sf_health.testing.state import OrgState, Row, User
from airflow_sf_health.testing.system_fields import audit_values, system

GROUP_TYPES = ("Regular", "Queue", "Role", "RoleAndSubordinates", "Organization", "AllCustomerPortal")


def group() -> ObjectSpec:
    """For any user."""
    return system(
        ObjectSpec("Group", "00G"),
        FieldSpec("Name", length=40, nillable=False, name_field=True),
        FieldSpec("DeveloperName", label="Developer Name", length=80),
        FieldSpec(
            "RelatedId", "reference", "Related ID", reference_to=("User", "UserRole"), relationship_name="Related"
        ),
        FieldSpec("Type", "picklist", nillable=False, picklist=GROUP_TYPES),
        FieldSpec("Email", "email"),
        FieldSpec("DoesSendEmailToMembers", "boolean", "Send Email to Members", nillable=False),
    )


def group_rows(state: OrgState, user: User) -> Iterable[Row]:
    """Queues come last, so that who takes the first row of a name does not happen to be right."""
    common = {"Email": None, "DoesSendEmailToMembers": False, **audit_values(state)}
    for group in state.groups:
        names = {"Id": group.id, "Name": group.label or group.name, "DeveloperName": group.name}
        yield {**common, **names, "Type": group.type}
    for queue in state.queues:
        names = {"Id": queue.id, "Name": queue.label or queue.name, "DeveloperName": queue.name}
        yield {**common, **names, "Type": "Queue", "Email": queue.email}


def owner_name() -> ObjectSpec:
    """What a path sees behind a reference that leads to users and others: the object Name (documented), of which nothing else can be asked."""
    spec = ObjectSpec("Name", "", system=True)
    return spec.add(
        *identity_fields(spec.label),
        *read_only(
            *(FieldSpec(name) for name in ("Alias", "FirstName", "LastName", "Name", "Phone", "Title", "Username")),
            FieldSpec("Email", "email"),
            FieldSpec("IsActive", "boolean"),
            lookup("ProfileId", "Profile"),
            FieldSpec("Type", "picklist"),
            lookup("UserRoleId", "UserRole"),
        ),
    )


def as_owner_name(spec: ObjectSpec, row: Row) -> Row:
    """A row as Name shows it. The type of a queue is ``Queue`` (reported)."""
    return {**row, "Type": row["Type"] if spec.name == "Group" else spec.name}


def queue_sobject() -> ObjectSpec:
    """For any user."""
    return system(
        ObjectSpec("QueueSobject", "03g", label="Queue Sobject", label_plural="Queue Sobjects"),
        lookup("QueueId", "Group", label="Queue ID", nillable=False),
        FieldSpec("SobjectType", "picklist", "Sobject Type", nillable=False),
    )


def queue_sobject_rows(state: OrgState, user: User) -> Iterable[Row]:
    pairs = [(queue, name) for queue in state.queues for name in queue.objects]
    for number, (queue, name) in enumerate(pairs, start=1):
        yield {"Id": make_id("03g", number), "QueueId": queue.id, "SobjectType": name, **audit_values(state)}
