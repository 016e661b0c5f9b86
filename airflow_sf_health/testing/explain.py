"""``query?explain=`` (Beta): how Salesforce would go about a query, without running it.

The shape is documented; the numbers are this fake's own: one plan that reads the whole table.
"""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.query import Run


def explain(call: Call, text: str) -> Reply:
    """The plans of a query.

    :raises ApiError: as the query itself would (inferred).
    """
    run = Run(call.sight, text, call.base)
    spec = run.source()
    total = len(list(call.sight.rows(spec)))
    note = {
        "description": "Not considering filter for optimization because unindexed",
        "fields": ["IsDeleted"],
        "tableEnumOrId": spec.name,
    }
    plan: dict[str, Any] = {
        "cardinality": run.answer(quiet=True).total,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [note] if "IsDeleted" in spec.fields else [],
        "relativeCost": 1.5,
        "sobjectCardinality": total,
        "sobjectType": spec.name,
    }
    return Reply(body={"plans": [plan], "sourceQuery": text})
