"""What the operators of Airflow's own providers need of the org."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeGuard

from airflow_sf_health import spelling
from airflow_sf_health.requirements import ObjectUse, Requirements

Infer = Callable[[Any], Requirements | Mapping[str, Any] | None]

BULK = "airflow.providers.salesforce.operators.bulk.SalesforceBulkOperator"
APEX = "airflow.providers.salesforce.operators.salesforce_apex_rest.SalesforceApexRestOperator"
TO_S3 = "airflow.providers.amazon.aws.transfers.salesforce_to_s3.SalesforceToS3Operator"
TO_GCS = "airflow.providers.google.cloud.transfers.salesforce_to_gcs.SalesforceToGcsOperator"
LOADER = "airflow_sf_health.operators.bulk.SalesforceBulkOperator"
_FIND_BY_ID = ("update", "upsert")
_NO_FIELDS = ("attributes",)
"""Keys of a row in which Salesforce's own replies say of which type it is."""
_SOQL = ("salesforce_query", "soql_query", "soql")
"""Names of arguments that can hold nothing but SOQL."""
_TO_TRANSFER = (*_SOQL, "query")
ROWS = 10_000
"""So many rows of a load are looked at: what they name is needed, whatever the others name."""


def of_bulk(task: Any) -> Requirements | None:
    """Operation, object, fields of the rows, external id, and their number where the rows are known."""
    name, operation = task.object_name, task.operation
    if not spelling.is_api_name(name) or not isinstance(operation, str):
        return None
    if operation in ("delete", "hard_delete"):
        use: dict[str, Any] = {operation: True}
    elif operation in ("insert", "update", "upsert"):
        use = {operation: _fields(task.payload, without_id=operation in _FIND_BY_ID)}
    else:
        return None
    if operation == "upsert":
        if not spelling.is_api_name(task.external_id_field):
            return None
        use["external_id"] = task.external_id_field
    rows = task.payload
    known = isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in islice(rows, ROWS))
    return Requirements(objects=(ObjectUse(name=name, **use),), records=len(rows) if known else None)


def of_unknown(task: Any) -> None:
    """The arguments do not tell: a class of the org's own does whatever it does, and so does an ``execute`` of a site's own."""


def of_stock_transfer(task: Any) -> Requirements | None:
    """The query, which is sent as it stands there, and writes nothing."""
    query = _query(task, _TO_TRANSFER)
    return None if query is None else Requirements(queries=(query,), writes=False)


def of_transfer(task: Any) -> Requirements | None:
    """The query of a site's own transfer, unless that has still to put something in. In any case it writes nothing."""
    query = _query(task, _TO_TRANSFER)
    if query is None:
        return None
    return Requirements(queries=None if spelling.has_placeholder(query) else (query,), writes=False)


def of_other(task: Any) -> Requirements | None:
    """The query of an argument that can hold nothing but SOQL, as above. What else the task does is not known, so it may write too."""
    query = _query(task, _SOQL)
    return None if query is None or spelling.has_placeholder(query) else Requirements(queries=(query,))


def is_transfer(class_name: str) -> bool:
    """Whether the name says that records leave Salesforce for another place."""
    return class_name.startswith("SalesforceTo")


def _query(task: Any, names: Iterable[str]) -> str | None:
    """The query; None where the operator has still to make one of another text."""
    texts = (text.strip() for name in names if isinstance(text := getattr(task, name), str))
    query = next(filter(None, texts), "")
    return query if spelling.is_select(query) else None


def _fields(rows: object, *, without_id: bool) -> tuple[str, ...]:
    """The fields that the rows name, each once. A parent that is named by fields of its own is no field, nor is an id that is none.

    Only of what can be read twice: the rows of an iterator would be gone when the task comes to load them.
    """
    if not _can_be_read_twice(rows):
        return ()
    found: dict[str, None] = {}
    for row in islice(rows, ROWS):
        for name, value in row.items() if isinstance(row, Mapping) else ():
            if not spelling.is_reference(name) or isinstance(value, Mapping) or name in _NO_FIELDS:
                continue
            if name.casefold() != "id" or not (without_id or value is None):
                found.setdefault(name)
    return tuple(found)


def _can_be_read_twice(rows: Any) -> TypeGuard[Sequence[Any]]:
    """Not what Airflow gives for the outputs of a mapped task, each of which it fetches when it is asked for."""
    if isinstance(rows, (list, tuple)):
        return True
    is_sequence = isinstance(rows, Sequence) and not isinstance(rows, str | bytes | bytearray)
    return is_sequence and not type(rows).__module__.startswith("airflow.")


STOCK: dict[str, tuple[str, Infer]] = {
    BULK: ("bulk", of_bulk),
    LOADER: ("bulk", of_bulk),
    APEX: ("apex", of_unknown),
    TO_S3: ("transfer", of_stock_transfer),
    TO_GCS: ("transfer", of_stock_transfer),
}
"""Path of a class -> what kind it is, and what infers its needs, which are those of its own ``execute``."""
