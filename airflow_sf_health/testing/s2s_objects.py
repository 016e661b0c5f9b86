"""Salesforce to Salesforce: ``PartnerNetworkConnection``, which exists in orgs that have it switched on."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, lookup
from airflow_sf_health.testing.state import OrgState, Row, User
from airflow_sf_health.testing.system_fields import audit_values, system

STATES = ("Sent", "Accepted", "Rejected", "Inactive", "Converting", "Suspended")


def partner_network_connection() -> ObjectSpec:
    """It has no owner: whom the setup pages call so is its primary contact. That the relationship is ``PrimaryContact`` follows
    from how relationships are named (inferred); so does that a user needs no permission beyond the feature.
    """
    return system(
        ObjectSpec("PartnerNetworkConnection", "04P", label="Connection", feature="s2s_enabled"),
        FieldSpec("ConnectionName", label="Connection Name", nillable=False, name_field=True),
        FieldSpec("ConnectionStatus", "picklist", "Connection Status", nillable=False, picklist=STATES),
        FieldSpec("ConnectionType", "picklist", "Connection Type"),
        FieldSpec("ReplicationRole", "picklist", "Replication Role"),
        lookup("AccountId", "Account", label="Account ID"),
        lookup("ContactId", "Contact", label="Contact ID"),
        lookup("PrimaryContactId", "User", label="Primary Contact", nillable=False),
        FieldSpec("ResponseDate", "datetime", "Response Date"),
    )


def partner_network_connection_rows(state: OrgState, user: User) -> Iterable[Row]:
    for each in state.partner_connections:
        yield {
            "Id": each.id,
            "ConnectionName": each.name,
            "ConnectionStatus": each.status,
            "PrimaryContactId": each.primary_contact_id,
            "ResponseDate": state.org.created,
            **audit_values(state),
        }
