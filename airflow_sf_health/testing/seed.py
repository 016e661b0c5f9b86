"""The default org: production org ``acme`` with a minimal integration user, an administrator and a few records."""

from __future__ import annotations

from dataclasses import replace

from airflow_sf_health.testing.business_objects import business_objects
from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.state import (
    App,
    License,
    Organization,
    OrgState,
    PackageLicense,
    PartnerConnection,
    PermissionSet,
    PermissionSetGroup,
    PermissionSetLicense,
    Profile,
    Queue,
    Rights,
    Row,
    User,
    timestamp,
)
from airflow_sf_health.testing.system_objects import PERMISSIONS, PREFERENCE_PERMISSIONS, system_objects

CONSUMER_KEY = "3MVG9fakeOrgConsumerKey.4fXmQk0sAcmeNightlyImport"
CONSUMER_SECRET = "9F1C0DE5A4E0FAKE7B2D3C4E5F60718293A4B5C6D7E8F90123456789ABCDEF01"

INTEGRATION_LICENSE = License(make_id("100", 1), "Salesforce Integration", "PID_Salesforce_Integration", total=5)
FULL_LICENSE = License(make_id("100", 2), "Salesforce", "SFDC", total=20, used=1)
API_INTEGRATION = PermissionSetLicense(
    make_id("0PL", 1), "Salesforce API Integration", "SalesforceAPIIntegrationPsl", total=5
)
PACKAGE = PackageLicense(make_id("050", 1), "acmepkg")
DATA_OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Invoice__c")
ADMINISTRATOR_LACKS = {"ApiUserOnly", "BulkApiHardDelete", "ForceTwoFactor", "TwoFactorApi", "PasswordNeverExpires"}


def default_org(certificate_pem: str) -> OrgState:
    """A new org; the certificate verifies the JWT assertions of its one connected app."""
    integration, administrator = _integration_user(), _administrator()
    state = OrgState(
        Organization(make_id("00D", 1)),
        users=[integration, administrator],
        licenses=[replace(INTEGRATION_LICENSE), replace(FULL_LICENSE)],
        profiles=[_integration_profile(), _administrator_profile()],
        permission_sets=[_permission_set(), _support_tools()],
        permission_set_groups=[_support_group()],
        permission_set_licenses=[replace(API_INTEGRATION)],
        package_licenses=[replace(PACKAGE)],
        queues=[Queue(make_id("00G", 1), "New_Leads", "New Leads", objects=["Lead", "Invoice__c"])],
        partner_connections=[PartnerConnection(make_id("04P", 1), "Globex", administrator.id)],
        apps=[App(CONSUMER_KEY, CONSUMER_SECRET, certificate_pem, run_as_user_id=integration.id)],
        schema={spec.name: spec for spec in (*system_objects(), *business_objects())},
    )
    _add_records(state, administrator)
    return state


def _integration_user() -> User:
    return User(
        make_id("005", 1),
        "integration@acme.com",
        password="integration-password",
        security_token="IntegrationToken1234567890",
        profile_id=make_id("00e", 1),
        name="Integration User",
        permission_set_ids=[make_id("0PS", 1)],
        permission_set_license_ids=[API_INTEGRATION.id],
        packages=[PACKAGE.name],
    )


def _administrator() -> User:
    return User(
        make_id("005", 2),
        "admin@acme.com",
        password="admin-password",
        security_token="AdminToken1234567890",
        profile_id=make_id("00e", 2),
        name="Admin User",
    )


def _integration_profile() -> Profile:
    """Minimum Access: API only, no View Setup, no rights on any object."""
    permissions = {"ApiEnabled", "ApiUserOnly"}
    name = "Minimum Access - API Only Integrations"
    return Profile(make_id("00e", 1), name, permissions, license_id=INTEGRATION_LICENSE.id)


def _administrator_profile() -> Profile:
    permissions = set(PERMISSIONS) - ADMINISTRATOR_LACKS - set(PREFERENCE_PERMISSIONS)
    rights = {"*": Rights()}
    return Profile(make_id("00e", 2), "System Administrator", permissions, rights, license_id=FULL_LICENSE.id)


def _permission_set() -> PermissionSet:
    rights = {name: Rights() for name in DATA_OBJECTS}
    return PermissionSet(make_id("0PS", 1), "Nightly_Import", objects=rights, label="Nightly Import")


def _support_tools() -> PermissionSet:
    return PermissionSet(make_id("0PS", 2), "Support_Tools", {"ViewSetup", "ExportReport"}, label="Support Tools")


def _support_group() -> PermissionSetGroup:
    """Nobody's by default: who gets it may view setup, but not export reports."""
    parts = [make_id("0PS", 2)]
    return PermissionSetGroup(make_id("0PG", 1), "Support", "Support", parts, muted={"ExportReport"})


def _add_records(state: OrgState, owner: User) -> None:
    names = ("Smith Corp.", "Globex", "Initech", "Umbrella", "Stark Industries")
    accounts = [
        _add(state, owner, "Account", Name=name, Industry="Technology", ERP_Id__c=f"ERP-{number}")
        for number, name in enumerate(names, start=1)
    ]
    contact = {"LastName": "Smith", "FirstName": "Ada", "Name": "Ada Smith", "Email": "ada@smith.example"}
    _add(state, owner, "Contact", AccountId=accounts[0]["Id"], **contact)
    _add(state, owner, "Lead", LastName="Doe", Name="Doe", Company="Doe Ltd", Status="Open - Not Contacted")
    deal = {"StageName": "Prospecting", "CloseDate": "2027-03-31", "Amount": 12000.0}
    _add(state, owner, "Opportunity", Name="Smith renewal", AccountId=accounts[0]["Id"], **deal)
    _add(state, owner, "Invoice__c", Name="INV-1", Number__c="INV-1", Account__c=accounts[0]["Id"], Amount__c=99.5)


def _add(state: OrgState, owner: User, object_name: str, **values: object) -> Row:
    spec = state.schema[object_name]
    row: Row = {name: field.default for name, field in spec.fields.items()}
    row |= {"Id": state.new_id(spec.key_prefix), **values, "OwnerId": owner.id}
    row |= dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), timestamp())
    row |= dict.fromkeys(("CreatedById", "LastModifiedById"), owner.id)
    state.records.setdefault(object_name, {})[row["Id"]] = row
    return row
