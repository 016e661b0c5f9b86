"""What is inferred of a task, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from airflow_sf_health.inference import Uses, _registry, late_connections, merged, uses_of
from airflow_sf_health.requirements import Requirements


def stand_in(path: str, **arguments: Any) -> Any:
    """A task of the class of that path, without the provider that has it."""
    module, _, name = path.rpartition(".")
    task = type(name, (), {"__module__": module, "__qualname__": name})()
    vars(task).update(arguments)
    return task


def bulk(**arguments: Any) -> Any:
    given: dict[str, Any] = {
        "salesforce_conn_id": "crm",
        "operation": "insert",
        "object_name": "Account",
        "payload": [{"Name": "a"}],
    }
    given["external_id_field"] = "Id"
    path = "airflow.providers.salesforce.operators.bulk.SalesforceBulkOperator"
    return stand_in(path, **{**given, **arguments})


S3 = "airflow.providers.amazon.aws.transfers.salesforce_to_s3.SalesforceToS3Operator"
GCS = "airflow.providers.google.cloud.transfers.salesforce_to_gcs.SalesforceToGcsOperator"
APEX = "airflow.providers.salesforce.operators.salesforce_apex_rest.SalesforceApexRestOperator"
SOQL = "SELECT Name FROM Account"


def needs(task: Any, *, rendered: bool = False) -> dict[str, Any] | None:
    found = uses_of(task, rendered=rendered)
    return None if found is None or found.requirements is None else found.requirements.as_dict()


@pytest.mark.parametrize(
    ("arguments", "use"),
    [
        ({}, {"insert": ["Name"]}),
        ({"operation": "update", "payload": [{"Id": "1", "Name": "a"}]}, {"update": ["Name"]}),
        ({"operation": "delete", "payload": [{"Id": "1"}]}, {"delete": True}),
        ({"operation": "hard_delete", "payload": [{"Id": "1"}]}, {"hard_delete": True}),
        (
            {"operation": "upsert", "external_id_field": "Key__c", "payload": [{"Key__c": "1", "Name": "a"}]},
            {"upsert": ["Key__c", "Name"], "external_id": "Key__c"},
        ),
        ({"payload": [{"Name": "a", "Owner": {"Email": "x"}, "attributes": {}, "no field": 1}]}, {"insert": ["Name"]}),
    ],
)
def test_a_bulk_load(arguments: dict[str, Any], use: dict[str, Any]) -> None:
    """Object, operation, fields of the rows and their number; what is no field is left out."""
    assert needs(bulk(**arguments)) == {"objects": {"Account": use}, "records": 1}


def test_rows_that_only_the_run_knows() -> None:
    """The object and the operation are known, fields and number are not."""
    assert needs(bulk(payload="{{ ti.xcom_pull('x') }}")) == {"objects": {"Account": {"insert": []}}}


@pytest.mark.parametrize(
    "arguments",
    [
        {"object_name": "{{ params.object }}"},
        {"object_name": "no name"},
        {"operation": "shake"},
        {"operation": "upsert", "external_id_field": "{{ key }}"},
    ],
)
def test_what_is_not_known_is_not_guessed(arguments: dict[str, Any]) -> None:
    """The connection stays known."""
    assert uses_of(bulk(**arguments)) == Uses(conn_ids=("crm",), kind="bulk")


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        (S3, "salesforce_query", "transfer"),
        (GCS, "query", "transfer"),
        ("acme.SalesforceToDisk", "query", "transfer"),
        ("acme.Reader", "soql", "other"),
    ],
)
def test_a_query(path: str, name: str, kind: str) -> None:
    """What moves records out of Salesforce reads only; of another operator with a query that is not known."""
    found = uses_of(stand_in(path, salesforce_conn_id="crm", **{name: SOQL}))
    assert found is not None
    assert found.requirements is not None
    assert (found.kind, found.requirements.queries) == (kind, (SOQL,))
    assert found.requirements.writes is (False if kind == "transfer" else None)


@pytest.mark.parametrize("text", ["FIND {x}", "SELECT {{ params.f }} FROM Account", "accounts.sql", ""])
def test_a_text_that_is_no_query_yet(text: str) -> None:
    """Another language, a template, and a file that is read later are left out."""
    assert needs(stand_in(S3, salesforce_conn_id="crm", salesforce_query=text)) is None


@pytest.mark.parametrize(
    "where",
    [
        "SystemModstamp > {since}",
        "Name = '{name}'",
        "Name = '${name}'",
        "Name = $name",
        "Name = %s",
        "AccountId = '%s'",
        "AccountId = '%(account)s' AND Name LIKE 'a%'",
        "Id IN :ids",
        "Id = :1",
        "CloseDate = LAST_N_DAYS: n",
        "Name = 'it\\'s' AND Phone = ?",
    ],
)
def test_a_query_that_the_operator_completes(where: str) -> None:
    """What it puts into the text, or what it is called with, is not known; as it stands the org refuses it."""
    for path, known in (("acme.Reader", None), ("acme.SalesforceToLake", {"writes": False})):
        task = stand_in(path, salesforce_conn_id="crm", soql=f"{SOQL} WHERE {where}")
        assert needs(task) == needs(task, rendered=True) == known


def test_a_query_that_is_sent_as_it_is() -> None:
    """Airflow's own transfers put nothing into it, whatever it looks like."""
    soql = f"{SOQL} WHERE Name LIKE '%s' AND CreatedDate > LAST_N_DAYS: 7"
    assert needs(stand_in(S3, salesforce_conn_id="crm", salesforce_query=soql)) == {"queries": [soql], "writes": False}


@pytest.mark.parametrize(
    "where",
    [
        "Name LIKE '%a%' AND Name LIKE 'a%' AND Name LIKE '%school'",
        "Name IN ('at 10:am', 'what?', 'US$', '50 %', 'it\\'s :here', '')",
        "SystemModstamp > 2026-01-01T00:00:00+01:00 AND CreatedDate = LAST_N_DAYS:7",
        "Amount >= USD5000 AND Amount <= 1.5e+3 AND (NOT Name != null)",
    ],
)
def test_a_query_with_signs_of_its_own(where: str) -> None:
    """SOQL's own percents, dollars and colons are no placeholders."""
    soql = f"{SOQL} WHERE {where}"
    assert needs(stand_in("acme.Reader", salesforce_conn_id="crm", soql=soql)) == {"queries": [soql]}


def test_a_query_of_another_database() -> None:
    """An argument `query` of an operator that is no transfer out of Salesforce may be SQL."""
    assert needs(stand_in("acme.LoadIntoSalesforce", salesforce_conn_id="crm", query=SOQL)) is None


def test_apex() -> None:
    """The connection alone."""
    assert uses_of(stand_in(APEX, salesforce_conn_id="crm", endpoint="x")) == Uses(conn_ids=("crm",), kind="apex")


class Org(str, Enum):  # noqa: UP042 - what it is formatted as differs
    CRM = "crm"


@pytest.mark.parametrize("connections", [(), ("crm",)])
def test_a_connection_of_an_enum(connections: tuple[str, ...]) -> None:
    """It is named by its value."""
    found = uses_of(bulk(salesforce_conn_id=Org.CRM), connections)
    assert found is not None
    assert [f"{each}" for each in found.conn_ids] == ["crm"]


def test_a_template_for_the_connection() -> None:
    """It is known to be unknown, until the task runs."""
    assert uses_of(bulk(salesforce_conn_id="{{ params.org }}")) is not None
    found = uses_of(bulk(salesforce_conn_id="{{ params.org }}"))
    assert found is not None
    assert (found.conn_ids, found.late) == ((), True)


def test_other_tasks() -> None:
    """Without a connection of Salesforce's no task is one; with one that the site names, it is."""
    task = stand_in("acme.Http", http_conn_id="sf_rest")
    assert uses_of(task) is None
    assert uses_of(task, ["sf_rest"]) == Uses(conn_ids=("sf_rest",))


def test_an_argument_of_a_function() -> None:
    """What an operator hands to a function is the task's argument too."""
    task = stand_in("acme.Function", op_kwargs={"salesforce_conn_id": "crm", "rest_conn_id": "sf_rest"})
    assert uses_of(task) == Uses(conn_ids=("crm",))
    assert uses_of(task, ["sf_rest"]) == Uses(conn_ids=("crm", "sf_rest"))


def test_who_asks_for_the_connections_alone() -> None:
    """Nothing else is read of the arguments."""
    assert uses_of(bulk(), requirements=False) == Uses(conn_ids=("crm",), kind="bulk")


def test_what_stands_for_a_connection() -> None:
    """A template can be compared with that of another task."""
    assert late_connections(bulk(salesforce_conn_id="{{ params.org }}")) == ("{{ params.org }}",)
    assert late_connections(bulk()) == ()


def taught_well(task: Any) -> dict[str, Any]:
    return {"salesforce_conn_id": "erp", "objects": {task.sobject: ["Id"]}}


def taught_badly(task: Any) -> Any:
    raise KeyError("none")


@pytest.fixture
def teach(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def of(value: str) -> None:
        _registry.forget()
        entry = EntryPoint("acme.Sync", value, _registry.GROUP)
        monkeypatch.setattr(_registry, "entry_points", lambda group: [entry])

    yield of
    monkeypatch.undo()
    _registry.forget()


def test_a_site_teaches_its_operators(teach: Any) -> None:
    """By the path of the class, for subclasses as well; the dict may name the connection."""
    teach(f"{__name__}:taught_well")
    found = uses_of(stand_in("acme.Sync", sobject="Account"))
    needs = Requirements.of({"objects": {"Account": ["Id"]}})
    assert found == Uses(conn_ids=("erp",), requirements=needs, required_of="erp")


def test_a_connection_beside_the_one_that_is_taught(teach: Any) -> None:
    """The operator's own, which it may have from its class: what is taught is not for that one."""
    teach(f"{__name__}:taught_well")
    found = uses_of(stand_in("acme.Sync", sobject="Account", salesforce_conn_id="crm"))
    assert found is not None
    assert (set(found.conn_ids), found.required_of) == ({"crm", "erp"}, "erp")


@pytest.mark.parametrize("value", ["no.such.module:f", f"{__name__}:taught_badly", f"{__name__}:SOQL"])
def test_what_is_taught_badly(value: str, teach: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, and left out; the task is one of Salesforce's all the same."""
    teach(value)
    task = stand_in("acme.Sync", salesforce_conn_id="crm")
    assert uses_of(task) == uses_of(task) == Uses(conn_ids=("crm",))
    assert len(caplog.records) == 1


def test_the_needs_of_several_tasks() -> None:
    """Objects and queries come together; who may write makes all of them writing; a contradiction is left out."""
    together = merged(
        Requirements.of(each)
        for each in (
            {"objects": {"Account": {"insert": ["Name"]}}, "records": 5, "sandbox": True},
            {"objects": {"account": {"upsert": ["Phone"], "external_id": "Key__c"}}, "records": 9, "sandbox": False},
            {"queries": [SOQL], "writes": False},
        )
    )
    assert together is not None
    account = {"insert": ["Name"], "upsert": ["Phone"], "external_id": "Key__c"}
    assert together.as_dict() == {"objects": {"Account": account}, "queries": [SOQL], "records": 9}


def test_readers_alone_only_read() -> None:
    """Unless nothing is known of one of them."""
    reader = Requirements.of({"queries": [SOQL], "writes": False})
    assert merged([reader, reader]) == reader
    assert merged([reader, None]) == Requirements.of({"queries": [SOQL]})
    assert merged([None]) is None
