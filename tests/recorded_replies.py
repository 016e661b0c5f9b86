"""How to make the fake org answer what each recording of the data plane holds, and how alike the two must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.likeness import Likeness

if TYPE_CHECKING:
    import requests

ID = "0014S000007Ny26QAC"
BASE = "/services/data/v62.0"
FIRST = {"id": "first"}
"""Stands for the id of the object's first row."""

DEAD = {"Authorization": "Bearer 00D000000000001!dead"}
UPSERT = "sobjects/Invoice__c/Number__c/INV-5"
INVOICES = "select Id, Number__c, SystemModstamp, LastModifiedById, Name, Due__c from Invoice__c"
MISSPELT = "SELECT Id,Name,BillingCity,IsDeleted FROM Accout"

SAME, KNOWN, MORE = Likeness(), Likeness("known"), Likeness("more")
NAMED_OTHERWISE = Likeness(values=False, renamed={"Number__c": "SynchronizationId__c", "Due__c": "Example_Field__c"})
ONE_COLUMN_LESS = Likeness(renamed={"Nme": "StageName_invalid_field_on_purpose"})

BY_APP = Likeness(loose=("DailyBulkApiBatches", "DailyGenericStreamingApiEvents", "DailyStreamingApiEvents"))
RENAMED_IDS = Likeness(renamed={"005Hs0000000001": "005ak000005hvjJ", "0PSHs0000000001": "0PSak00000M9uBB"})
ENTITIES = (
    "SELECT DurableId, QualifiedApiName, DeveloperName, Label, PluralLabel, InternalSharingModel, "
    "ExternalSharingModel, DeploymentStatus FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'User')"
)
CUSTOM_OBJECT = (
    "SELECT Description, Language, ManageableState, CreatedDate, CreatedBy.Username, LastModifiedDate, "
    "LastModifiedBy.Username FROM CustomObject"
)
NEW_JOB = "<jobInfo><operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>"


@dataclass(frozen=True)
class Asker:
    """Asks the fake org over HTTPS as one of its users."""

    org: FakeOrg
    http: requests.Session

    def __call__(self, method: str, path: str, version: str = "62.0", **options: Any) -> requests.Response:
        """A call below ``/services/data/vNN.0/``, by the integration user or the one named in ``user``."""
        user = self.org.user(options.pop("user", None))
        headers = {"Authorization": f"Bearer {self.org.context.open_session(user)}", **options.pop("headers", {})}
        return self.raw(method, f"/services/data/v{version}/{path}", headers=headers, **options)

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, f"https://{self.org.state.org.host}{path}", timeout=10, **options)

    def query(self, soql: str, version: str = "62.0") -> requests.Response:
        return self("GET", "query", version, params={"q": soql})

    def first(self, object_name: str = "Account") -> str:
        return next(iter(self.org.state.records[object_name]))

    def composite(self, *parts: Mapping[str, Any]) -> requests.Response:
        requested = [{"referenceId": f"part{n}", "method": "GET", **part} for n, part in enumerate(parts)]
        return self("POST", "composite", json={"compositeRequest": requested})

    def collection(
        self, method: str, *records: Mapping[str, Any], of: str, together: bool = False
    ) -> requests.Response:
        ids = {"first": self.first(of)}
        rows = [{"attributes": {"type": of}, **record} for record in records]
        rows = [{**row, "id": ids[row["id"]]} if row.get("id") in ids else row for row in rows]
        return self(method, "composite/sobjects", json={"allOrNone": together, "records": rows})

    def ingest(self, csv: str | None, **job: str) -> requests.Response:
        """A Bulk 2.0 upsert job, shown after it ran, or as created where there is no data."""
        asked = {"object": "Account", "operation": "upsert", "externalIdFieldName": "ERP_Id__c", "contentType": "CSV"}
        created = self("POST", "jobs/ingest", json=asked | job)
        if csv is None:
            return created
        path = f"jobs/ingest/{created.json()['id']}"
        self("PUT", f"{path}/batches", data=csv)
        self("PATCH", path, json={"state": "UploadComplete"})
        return self("GET", path)


@dataclass(frozen=True)
class Entry:
    """How to make the fake org answer what a recording holds, and how alike the two must be."""

    file: str
    ask: Callable[[Asker], requests.Response]
    likeness: Likeness = SAME


def _expired_password(asker: Asker) -> requests.Response:
    asker.org.user().password_expired = True
    return asker("GET", "sobjects/Lead/describe", "42.0")


def _not_for_rest(asker: Asker) -> requests.Response:
    """By a fault, as what makes a session so lies outside of the org that is faked."""
    asker.org.fault(body="session_not_valid_for_rest")
    return asker.query("SELECT Id FROM Account")


def _api_disabled(asker: Asker) -> requests.Response:
    asker.org.state.org.rest_api_enabled = False
    return asker.query("SELECT Id FROM Account")


def _no_calls_left(asker: Asker) -> requests.Response:
    asker.org.state.api_usage = asker.org.state.api_limit
    return asker.query("SELECT Id FROM Account")


def _deleted(asker: Asker) -> requests.Response:
    path = f"sobjects/Account/{asker.first()}"
    asker("DELETE", path)
    return asker("GET", path)


def _converted(asker: Asker) -> requests.Response:
    asker.org.state.records["Lead"][asker.first("Lead")]["IsConverted"] = True
    return asker.collection("PATCH", {"id": asker.first("Lead"), "LastName": "x"}, of="Lead")


def _unchanged(asker: Asker) -> requests.Response:
    since = {"If-Modified-Since": "Sat, 01 Jan 2101 00:00:00 GMT"}
    return asker.composite(*[{"url": "/services/data/v62.0/sobjects", "httpHeaders": since}] * 3)


def _assigned_twice(asker: Asker) -> requests.Response:
    values = {"AssigneeId": asker.org.user().id, "PermissionSetId": asker.org.state.permission_sets[0].id}
    return asker("POST", "sobjects/PermissionSetAssignment", "60.0", json=values, user="admin@acme.com")


def _job_in_xml(asker: Asker) -> requests.Response:
    session = {"X-SFDC-Session": asker.org.context.open_session(asker.org.user()), "Content-Type": "application/xml"}
    return asker.raw("POST", "/services/async/62.0/job", data=NEW_JOB, headers=session)


def _job_in_progress(asker: Asker) -> requests.Response:
    asker.org.state.bulk_looks = 1
    return asker.ingest("ERP_Id__c,Name\nA,a\n")


def _tooling(asker: Asker, soql: str) -> requests.Response:
    return asker("GET", "tooling/query/", "54.0", params={"q": soql}, user="admin@acme.com")


def _patch(ask: Asker, field: str) -> requests.Response:
    return ask("PATCH", f"sobjects/Account/{ask.first()}", json={field: ID})


def _rows(name: str, method: str, *rows: dict[str, Any], likeness: Likeness = SAME, **options: Any) -> Entry:
    """A call of the collections resource, by default on contacts."""
    file = f"composite/collections_{name}.json"
    return Entry(file, lambda ask: ask.collection(method, *rows, **{"of": "Contact", **options}), likeness)


ENTRIES = [
    Entry("rest/versions_2022.json", lambda ask: ask.raw("GET", "/services/data/")),
    Entry("rest/resource_list_v34.json", lambda ask: ask("GET", "", "34.0"), MORE),
    Entry("rest/create_201.json", lambda ask: ask("POST", "sobjects/Account/", json={"Name": "x"})),
    Entry("rest/create_topic_201.json", lambda ask: ask("POST", "sobjects/Account", "42.0", json={"Name": "x"})),
    Entry("rest/upsert_created_201.json", lambda ask: ask("PATCH", UPSERT, "34.0", json={"Name": "x"})),
    Entry("rest/delete_204.txt", lambda ask: ask("DELETE", f"sobjects/Account/{ask.first()}")),
    Entry("rest/query_1row_2015.json", lambda ask: ask.query(INVOICES, "34.0"), NAMED_OTHERWISE),
    Entry("rest/query_aggregate_2022.json", lambda ask: ask.query("SELECT count(Id) FROM Account")),
    Entry("rest/query_rows_2022.json", lambda ask: ask.query("SELECT Id FROM Account"), KNOWN),
    Entry("rest/query_one_2021.json", lambda ask: ask.query("SELECT Id FROM Account WHERE Name = 'Globex'", "42.0")),
    Entry("rest/query_empty_2021.json", lambda ask: ask.query("SELECT Id FROM Account WHERE Name = 'x'", "42.0")),
    Entry("rest/record_account_2021_trim.json", lambda ask: ask("GET", f"sobjects/Account/{ask.first()}"), MORE),
    Entry(
        "rest/record_contact_2021_trim.json", lambda ask: ask("GET", f"sobjects/Contact/{ask.first('Contact')}"), MORE
    ),
    Entry(
        "rest/organization_record_scratch.json",
        lambda ask: ask("GET", f"sobjects/Organization/{ask.org.state.org.id}"),
        KNOWN,
    ),
    Entry(
        "rest/describe_account_trim.json",
        lambda ask: ask("GET", "sobjects/Account/describe", "48.0"),
        Likeness(newer=("sobjectDescribeOption",)),
    ),
    Entry("rest/describe_custom_object.json", lambda ask: ask("GET", "sobjects/Invoice__c/describe")),
    Entry("rest/describe_topic_2022_trim.json", lambda ask: ask("GET", "sobjects/Account/describe", "42.0"), MORE),
    Entry("rest/describe_global_trim.json", lambda ask: ask("GET", "sobjects", "52.0")),
    Entry("rest/record_count.json", lambda ask: ask("GET", "limits/recordCount?sObjects=Account")),
    Entry("limits/limits_de_v5x.json", lambda ask: ask("GET", "limits", user="admin@acme.com"), BY_APP),
    Entry("limits/limits_de_v49_trim.json", lambda ask: ask("GET", "limits", "49.0", user="admin@acme.com"), MORE),
    Entry("rest_errors/invalid_session_id.json", lambda ask: ask.raw("GET", f"{BASE}/query?q=x", headers=DEAD)),
    Entry("rest_errors/session_not_valid_for_rest.json", _not_for_rest),
    Entry("rest_errors/expired_password_401.json", _expired_password),
    Entry("rest_errors/api_disabled_for_org.json", _api_disabled),
    Entry("rest_errors/request_limit_total.json", _no_calls_left),
    Entry("rest_errors/entity_is_deleted.json", _deleted),
    Entry("rest_errors/not_found_resource.json", lambda ask: ask("GET", "sobjects/Foo")),
    Entry("rest_errors/not_found_id.json", lambda ask: ask("GET", f"sobjects/Account/{ID}", "42.0")),
    Entry("rest_errors/invalid_type_query.json", lambda ask: ask.query(MISSPELT)),
    Entry("rest_errors/invalid_field.json", lambda ask: _patch(ask, "AccountNumer")),
    Entry("rest_errors/invalid_field_for_insert_update.json", lambda ask: _patch(ask, "MasterRecordId")),
    Entry("rest_errors/functionality_not_enabled.json", lambda ask: ask("GET", "limits")),
    Entry("rest_errors/insufficient_access.json", lambda ask: ask("GET", "ui-api/object-info/UserLicense")),
    Entry("rest_errors/duplicate_value.json", _assigned_twice, RENAMED_IDS),
    Entry("rest_errors/collections_required.json", lambda ask: ask.collection("POST", of="Account")),
    Entry("composite/describe_global_304_subrequests.json", _unchanged),
    Entry("composite/subrequest_404.json", lambda ask: ask.composite({"url": f"{BASE}/sobjects/Foo"})),
    Entry(
        "composite/subrequest_invalid_type.json",
        lambda ask: ask.composite(
            {"url": f"{BASE}/query/?q=select count() from Account"},
            {"url": f"{BASE}/query/?q=select count() from XYZZY"},
        ),
    ),
    Entry(
        "composite/queries_ok.json",
        lambda ask: ask.composite(
            *({"url": f"{BASE}/query?q=SELECT {name} FROM Account LIMIT 1"} for name in ("Id", "Name", "Id"))
        ),
    ),
    _rows("required_field_missing", "POST", {"AccountNumber": "n", "Name": None}, of="Account"),
    _rows("partial_invalid_email", "PATCH", FIRST, FIRST | {"Email": "bad"}, likeness=NAMED_OTHERWISE),
    _rows("success", "POST", {"LastName": "a"}, {"LastName": "b"}),
    _rows("create_all_or_none", "POST", {}, {"LastName": "b"}, together=True),
    _rows("update_all_or_none", "PATCH", FIRST, FIRST | {"unknownField_LastName": "b"}, together=True),
    _rows("update_missing_ids", "PATCH", {"LastName": "a"}, {"LastName": "b"}),
    Entry("composite/collections_converted_lead.json", _converted),
    Entry(
        "composite/collections_delete_ok.json",
        lambda ask: ask("DELETE", f"composite/sobjects?ids={','.join(list(ask.org.state.records['Account'])[1:4])}"),
    ),
    Entry("bulk/v1_invalid_session.xml", lambda ask: ask.raw("POST", "/services/async/62.0/job", headers=DEAD)),
    Entry("bulk/v1_jobInfo.xml", _job_in_xml),
    Entry("bulk/v2_ingest_in_progress.json", _job_in_progress),
    Entry("bulk/v2_ingest_create.json", lambda ask: ask.ingest(None)),
    Entry("bulk/v2_ingest_complete.json", lambda ask: ask.ingest("ERP_Id__c,Name\nA,a\n")),
    Entry("bulk/v2_ingest_partial_failure.json", lambda ask: ask.ingest("ERP_Id__c,Name\nA,a\nB,\n")),
    Entry("bulk/v2_ingest_failed.json", lambda ask: ask.ingest("ERP_Id__c,Nme\nA,a\n"), ONE_COLUMN_LESS),
    Entry(
        "bulk/v2_query_create.json",
        lambda ask: ask("POST", "jobs/query", json={"operation": "query", "query": "SELECT Id FROM Account"}),
    ),
    Entry("tooling/query_custom_object.json", lambda ask: _tooling(ask, CUSTOM_OBJECT)),
    Entry("tooling/query_entity_definition.json", lambda ask: _tooling(ask, ENTITIES)),
    Entry(
        "rest/organization_record_de_2017.json",
        lambda ask: ask("GET", f"sobjects/Organization/{ask.org.state.org.id}", "41.0"),
        Likeness("known", newer=("TimeZoneSidKey",)),
    ),
]

NOT_APPLICABLE: dict[str, str] = {}
"""Recordings that the fake cannot be held against, each with the reason."""
