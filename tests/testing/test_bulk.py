"""Both Bulk APIs, spoken by simple-salesforce as it is."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.schema import ValidationRule


@pytest.fixture(scope="module")
def served() -> Iterator[FakeOrg]:
    with FakeOrg() as org:
        yield org


@pytest.fixture
def org(served: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> FakeOrg:
    """A served org as new, with an environment that leads clients to it."""
    served.reset()
    for name, value in served.environ().items():
        monkeypatch.setenv(name, value)
    return served


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def client(org: FakeOrg, session: requests.Session) -> Any:
    """simple-salesforce, logged in as the integration user."""
    user = org.user()
    session_id = org.context.open_session(user)
    return Salesforce(session_id=session_id, instance=org.state.org.host, session=session, version="62.0")


def content(refused: pytest.ExceptionInfo[SalesforceMalformedRequest]) -> Any:
    """The body of a refusal: JSON if it was any, else text."""
    return refused.value.content


def names(org: FakeOrg) -> set[str]:
    return {row["Name"] for row in org.state.records["Account"].values()}


def test_rows_are_inserted_changed_and_deleted(client: Any, org: FakeOrg) -> None:
    """Each operation of the stock operator writes, and gives one result for each row in order."""
    inserted = client.bulk.Account.insert([{"Name": "One"}, {"Name": "Two"}], batch_size=1)
    assert [(row["success"], row["created"]) for row in inserted] == [(True, True)] * 2
    first, second = (row["id"] for row in inserted)
    updated = client.bulk.Account.update([{"Id": first, "Name": "Uno"}])
    assert updated == [{"success": True, "created": False, "id": first, "errors": []}]
    upserted = client.bulk.Account.upsert([{"ERP_Id__c": "ERP-1", "Name": "Smith"}, {"ERP_Id__c": "N"}], "ERP_Id__c")
    assert [(row["success"], row["created"]) for row in upserted] == [(True, False), (False, False)]
    assert client.bulk.Account.delete([{"Id": second}])[0]["success"]
    assert {"Uno", "Smith"} <= names(org)
    assert "Two" not in names(org)


def test_a_row_that_is_refused_says_why(client: Any) -> None:
    """The job goes on; the row's result has code, text and fields, and nothing is raised."""
    results = client.bulk.Contact.insert([{"LastName": "Good"}, {"LastName": "Bad", "Email": "bad"}, {"Email": None}])
    assert [row["success"] for row in results] == [True, False, False]
    assert results[1]["errors"][0]["statusCode"] == "INVALID_EMAIL_ADDRESS"
    assert results[2]["errors"][0] == {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [LastName]",
        "fields": ["LastName"],
        "extendedErrorDetails": None,
    }


def test_an_inactive_owner_refuses_its_rows_only(client: Any, org: FakeOrg) -> None:
    """Rows of an inactive owner fail, the others are written."""
    org.user("admin@acme.com").active = False
    rows = [{"Name": "Mine"}, {"Name": "His", "OwnerId": org.user("admin@acme.com").id}]
    results = client.bulk.Account.insert(rows)
    assert [row["success"] for row in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"] == "INACTIVE_OWNER_OR_USER"


def test_each_row_of_a_batch_is_refused_for_its_own_reason(client: Any, org: FakeOrg) -> None:
    """An inactive owner, a missing field and a validation rule refuse one row each; the fourth is written."""
    other = org.user("admin@acme.com")
    other.active = False
    org.state.schema["Account"].validation_rules.append(ValidationRule("AnnualRevenue < 0", "Too little."))
    first = next(row for row in org.state.records["Account"].values() if row["Name"] == "Globex")
    first["OwnerId"] = org.user().id
    rows = [
        {"Id": first["Id"], "OwnerId": other.id},
        {"Id": first["Id"], "Name": None},
        {"Id": first["Id"], "AnnualRevenue": -1},
        {"Id": first["Id"], "Rating": "Hot"},
    ]
    results = client.bulk.Account.update(rows)
    assert [row["errors"][0]["statusCode"] if row["errors"] else "" for row in results] == [
        "INACTIVE_OWNER_OR_USER",
        "REQUIRED_FIELD_MISSING",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "",
    ]
    assert {tuple(row) for row in results} == {("success", "created", "id", "errors")}


def test_bulk_writes_stop_in_read_only_maintenance(client: Any, org: FakeOrg) -> None:
    """Each row is refused, and queries go on."""
    org.state.org.is_read_only = True
    results = client.bulk.Account.insert([{"Name": "a"}, {"Name": "b"}])
    code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
    assert [row["errors"][0]["statusCode"] for row in results] == [code] * 2
    [job] = client.bulk2.Account.insert(records=[{"Name": "a"}], wait=0)
    assert job["numberRecordsFailed"] == 1
    assert list(client.bulk.Account.query("SELECT Id FROM Account"))


def test_a_job_in_xml_takes_csv(client: Any, org: FakeOrg) -> None:
    """Clients that speak XML get jobs and batches in XML, results in CSV, and errors in XML."""
    headers = {"X-SFDC-Session": client.session_id, "Content-Type": "application/xml"}
    root = f"https://{org.state.org.host}/services/async/62.0/job"

    def send(path: str, body: str = "", kind: str = "application/xml") -> str:
        sent = {**headers, "Content-Type": kind}
        method = "POST" if body else "GET"
        return str(client.session.request(method, f"{root}{path}", data=body, headers=sent).text)

    asked = "<jobInfo><operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>"
    job = first_id(send("", asked))
    batch = first_id(send(f"/{job}/batch", "Name,Rating\nXml,Hot\n,Cold\n", "text/csv"))
    results = list(csv.DictReader(io.StringIO(send(f"/{job}/batch/{batch}/result"))))
    assert [(row["Success"], row["Created"]) for row in results] == [("true", "true"), ("false", "false")]
    assert results[1]["Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert "<numberRecordsFailed>1</numberRecordsFailed>" in send(f"/{job}/batch")
    assert send(f"/{job}/batch/{batch}/request").startswith('"Name","Rating"')
    assert "<state>Closed</state>" in send(f"/{job}", "<jobInfo><state>Closed</state></jobInfo>")
    assert "<exceptionCode>InvalidJob</exceptionCode>" in send("/750x", "no xml")


def test_a_query_in_xml_gives_csv(client: Any, org: FakeOrg) -> None:
    """The result list names one result, whose rows are CSV."""
    headers = {"X-SFDC-Session": client.session_id, "Content-Type": "application/xml"}
    root = f"https://{org.state.org.host}/services/async/62.0/job"
    asked = "<jobInfo><operation>query</operation><object>Account</object><contentType>CSV</contentType></jobInfo>"
    job = first_id(client.session.post(root, data=asked, headers=headers).text)
    soql = "SELECT Name FROM Account WHERE Name = 'Globex'"
    kind = {**headers, "Content-Type": "text/csv"}
    batch = first_id(client.session.post(f"{root}/{job}/batch", data=soql, headers=kind).text)
    listed = client.session.get(f"{root}/{job}/batch/{batch}/result", headers=headers).text
    result = ET.fromstring(listed)[0].text
    rows = client.session.get(f"{root}/{job}/batch/{batch}/result/{result}", headers=headers).text
    assert rows == '"Name"\n"Globex"\n'


def first_id(document: str) -> str:
    """The id of the job or batch that an XML document describes."""
    return next(child.text or "" for child in ET.fromstring(document) if child.tag.endswith("}id"))


def test_a_job_may_take_its_time(client: Any, org: FakeOrg) -> None:
    """A job of Bulk 2.0 can be found in progress a number of times; clients wait for it."""
    org.state.bulk_looks = 1
    handler = client.bulk2.Account._client
    job = handler.create_job("insert")
    handler.upload_job_data(job["id"], "Name\nx\n")
    handler.close_job(job["id"])
    assert [handler.get_job(job["id"], False)["state"] for _ in range(2)] == ["InProgress", "JobComplete"]


def test_rows_are_queried(client: Any) -> None:
    """A query job gives the rows of its one result."""
    found = list(client.bulk.Account.query("SELECT Id, Name FROM Account WHERE Name = 'Globex'"))
    assert [row["Name"] for row in found] == ["Globex"]


def test_a_job_can_be_looked_at(client: Any) -> None:
    """A job counts its batches and rows; the rows sent can be read again."""
    results = client.bulk.Account.insert([{"Name": "Seen"}, {}], include_detailed_results=True)
    assert results[0]["Name"] == "Seen"
    handler = client.bulk.Account
    job = handler._create_job(operation="insert", use_serial=True)
    handler._add_batch(job["id"], [{"Name": "A"}, {}], "insert")
    seen = handler._close_job(job["id"])
    counted = [seen[f"number{what}"] for what in ("BatchesCompleted", "RecordsProcessed", "RecordsFailed")]
    assert (seen["state"], seen["concurrencyMode"], counted) == ("Closed", "Serial", [1, 2, 1])


def test_an_unknown_column_fails_its_batch(client: Any) -> None:
    """Nothing of the batch is written, and its results are refused."""
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.bulk.Account.insert([{"Name": "Lost", "Nme": 1}])
    assert content(refused)["exceptionCode"] == "InvalidBatch"


def test_hard_delete_needs_its_permission(client: Any, org: FakeOrg) -> None:
    """Without Bulk API Hard Delete the job is refused; with it the row is not even in the recycle bin."""
    row = client.bulk.Account.insert([{"Name": "Gone"}])[0]
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.bulk.Account.hard_delete([{"Id": row["id"]}])
    assert content(refused)["exceptionCode"] == "FeatureNotEnabled"
    org.state.permission_sets[0].permissions.add("BulkApiHardDelete")
    assert client.bulk.Account.hard_delete([{"Id": row["id"]}])[0]["success"]
    assert row["id"] not in org.state.deleted


def test_a_hidden_object_has_no_jobs(client: Any) -> None:
    """A job on an object that the user cannot see is refused, as on one that does not exist."""
    for name in ("UserLicense", "Nothing__c"):
        with pytest.raises(SalesforceMalformedRequest) as refused:
            getattr(client.bulk, name).insert([{"Name": "x"}])
        assert content(refused)["exceptionCode"] == "InvalidEntity"


def test_a_dead_session_is_400_in_xml(client: Any, org: FakeOrg) -> None:
    """Bulk 1.0 knows no 401: a dead session is 400 with an XML body, which no client logs in again for."""
    org.expire_sessions()
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.bulk.Account.insert([{"Name": "x"}])
    assert "<exceptionCode>InvalidSessionId</exceptionCode>" in content(refused)


@pytest.mark.parametrize("path", ["job/750000000000000AAA", "job/750000000000000AAA/batch/751", "nothing"])
def test_unknown_jobs_are_refused(client: Any, org: FakeOrg, path: str) -> None:
    """An unknown job or path is an error of the API's own kind."""
    url = f"https://{org.state.org.host}/services/async/62.0/{path}"
    reply = client.session.get(url, headers={"X-SFDC-Session": client.session_id})
    assert reply.status_code in (400, 404)
    assert set(reply.json()) == {"exceptionCode", "exceptionMessage"}


def test_a_version_that_is_not_served_is_refused(client: Any, org: FakeOrg) -> None:
    """A retired version is 400 InvalidVersion."""
    reply = client.session.get(f"https://{org.state.org.host}/services/async/20.0/job")
    assert reply.status_code == 400
    assert "<exceptionCode>InvalidVersion</exceptionCode>" in reply.text


def test_bulk_2_writes_csv(client: Any, org: FakeOrg) -> None:
    """An ingest job counts its rows, and tells the good from the bad in CSV."""
    rows = [{"Name": "Csv", "AnnualRevenue": "7"}, {"Name": "", "AnnualRevenue": "8"}]
    [job] = client.bulk2.Account.insert(records=rows, wait=0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    results = client.bulk2.Account.get_all_ingest_records(job["job_id"])
    assert [row["Name"] for row in results["successfulRecords"]] == ["Csv"]
    assert results["failedRecords"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert results["unprocessedRecords"] == []
    assert next(row for row in org.state.records["Account"].values() if row["Name"] == "Csv")["AnnualRevenue"] == 7.0


def test_bulk_2_queries_in_csv(client: Any) -> None:
    """A query job gives its rows in pages, related fields by their path."""
    query = "SELECT Name, Account.Name FROM Contact"
    pages = list(client.bulk2.Contact.query(query, max_records=1, wait=0))
    assert [list(csv.reader(io.StringIO(page)))[1] for page in pages] == [["Ada Smith", "Smith Corp."]]


def test_bulk_2_fails_an_unknown_column(client: Any) -> None:
    """The whole job is Failed, with the name of the column."""
    handler = client.bulk2.Account._client
    job = handler.create_job("insert")
    handler.upload_job_data(job["id"], "Nme\nx\n")
    handler.close_job(job["id"])
    seen = handler.get_job(job["id"], False)
    assert (seen["state"], seen["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nme")
    assert handler.abort_job(job["id"], False)["state"] == "Aborted"
