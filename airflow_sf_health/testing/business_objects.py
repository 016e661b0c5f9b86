"""Objects with rows of their own in the default org: Account, Contact, Lead, Opportunity, Invoice__c."""

from __future__ import annotations

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, audit_fields, identity_fields, lookup, read_only


def business_objects() -> list[ObjectSpec]:
    return [account(), contact(), lead(), opportunity(), invoice()]


def account() -> ObjectSpec:
    return business_object(
        ObjectSpec("Account", "001", label="Account"),
        FieldSpec("Name", label="Account Name", nillable=False, name_field=True),
        FieldSpec("Type", "picklist", "Account Type", picklist=("Prospect", "Customer - Direct", "Other")),
        lookup("ParentId", "Account", label="Parent Account ID"),
        *_address("Billing"),
        *_address("Shipping"),
        FieldSpec("Phone", "phone", "Account Phone"),
        FieldSpec("Fax", "phone", "Account Fax"),
        FieldSpec("AccountNumber", label="Account Number", length=40),
        FieldSpec("Website", "url"),
        FieldSpec("Industry", "picklist", picklist=("Banking", "Energy", "Retail", "Technology")),
        FieldSpec("AnnualRevenue", "currency", "Annual Revenue"),
        FieldSpec("NumberOfEmployees", "int", "Employees"),
        FieldSpec("Description", "textarea", "Account Description"),
        FieldSpec("Rating", "picklist", "Account Rating", picklist=("Hot", "Warm", "Cold")),
        FieldSpec("ERP_Id__c", label="ERP Id", length=40, external_id=True, unique=True),
        merged_into="Account",
    )


def contact() -> ObjectSpec:
    return business_object(
        ObjectSpec("Contact", "003", label="Contact"),
        lookup("AccountId", "Account", label="Account ID"),
        *_person_name(),
        *_address("Mailing"),
        FieldSpec("Phone", "phone", "Business Phone"),
        FieldSpec("MobilePhone", "phone", "Mobile Phone"),
        FieldSpec("Email", "email"),
        FieldSpec("Title", length=128),
        FieldSpec("Department", length=80),
        FieldSpec("Birthdate", "date"),
        FieldSpec("Description", "textarea", "Contact Description"),
        merged_into="Contact",
    )


def lead() -> ObjectSpec:
    status = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
    return business_object(
        ObjectSpec("Lead", "00Q", label="Lead"),
        *_person_name(),
        FieldSpec("Title", length=128),
        FieldSpec("Company", nillable=False),
        FieldSpec("Phone", "phone"),
        FieldSpec("Email", "email"),
        FieldSpec("LeadSource", "picklist", "Lead Source", picklist=("Web", "Phone Inquiry", "Other")),
        FieldSpec("Status", "picklist", nillable=False, picklist=status, default=status[0]),
        FieldSpec("Description", "textarea"),
        *read_only(FieldSpec("IsConverted", "boolean", "Converted", nillable=False, default=False)),
        merged_into="Lead",
    )


def opportunity() -> ObjectSpec:
    stages = ("Prospecting", "Qualification", "Negotiation/Review", "Closed Won", "Closed Lost")
    return business_object(
        ObjectSpec("Opportunity", "006", label="Opportunity", label_plural="Opportunities"),
        lookup("AccountId", "Account", label="Account ID"),
        FieldSpec("Name", length=120, nillable=False, name_field=True),
        FieldSpec("Description", "textarea"),
        FieldSpec("StageName", "picklist", "Stage", nillable=False, picklist=stages),
        FieldSpec("Amount", "currency"),
        FieldSpec("Probability", "percent", "Probability (%)"),
        FieldSpec("CloseDate", "date", "Close Date", nillable=False),
        FieldSpec("Type", "picklist", "Opportunity Type", picklist=("New Customer", "Existing Customer - Upgrade")),
        FieldSpec("LeadSource", "picklist", "Lead Source", picklist=("Web", "Phone Inquiry", "Other")),
        *read_only(FieldSpec("IsClosed", "boolean", "Closed", nillable=False, default=False)),
        *read_only(FieldSpec("IsWon", "boolean", "Won", nillable=False, default=False)),
    )


def invoice() -> ObjectSpec:
    return business_object(
        ObjectSpec("Invoice__c", "a01", label="Invoice"),
        FieldSpec("Name", label="Invoice Number", length=80, name_field=True),
        FieldSpec("Number__c", label="Number", length=40, external_id=True, unique=True),
        lookup("Account__c", "Account", label="Account"),
        FieldSpec("Amount__c", "currency", "Amount"),
        FieldSpec("Due__c", "date", "Due"),
        FieldSpec("Paid__c", "boolean", "Paid", nillable=False, default=False),
    )


def business_object(spec: ObjectSpec, *own: FieldSpec, merged_into: str = "") -> ObjectSpec:
    """The object with its own fields between those that all objects with an owner share."""
    deleted = read_only(FieldSpec("IsDeleted", "boolean", "Deleted", nillable=False, default=False))
    master = read_only(lookup("MasterRecordId", merged_into, label="Master Record ID")) if merged_into else []
    owner = lookup("OwnerId", "User", label="Owner ID", nillable=False, default="")
    if spec.custom or spec.name == "Lead":
        owner.reference_to = ("Group", "User")
    seen = [FieldSpec("LastViewedDate", "datetime", "Last Viewed Date")]
    seen += [FieldSpec("LastReferencedDate", "datetime", "Last Referenced Date")]
    looks = [] if spec.custom else read_only(*seen)
    return spec.add(*identity_fields(spec.label), *deleted, *master, *own, owner, *audit_fields(), *looks)


def _person_name() -> list[FieldSpec]:
    return [
        FieldSpec("LastName", label="Last Name", length=80, nillable=False),
        FieldSpec("FirstName", label="First Name", length=40),
        FieldSpec("Salutation", "picklist", picklist=("Mr.", "Ms.", "Dr.")),
        *read_only(FieldSpec("Name", label="Full Name", length=121, nillable=False, name_field=True)),
    ]


def _address(kind: str) -> list[FieldSpec]:
    parts = [("Street", "textarea", 255), ("City", "string", 40), ("State", "string", 80)]
    parts += [("PostalCode", "string", 20), ("Country", "string", 80)]
    return [FieldSpec(kind + part, type_, f"{kind} {part}", length) for part, type_, length in parts]
