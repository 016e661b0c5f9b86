"""Bulk API 1.0 in XML, for clients that speak it: jobs and batches; the rows themselves are JSON or CSV."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.errors import ApiError

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
MEDIA_TYPE = "application/xml"
JOB = (
    *("id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state", "externalIdFieldName"),
    *("concurrencyMode", "contentType", "numberBatchesQueued", "numberBatchesInProgress", "numberBatchesCompleted"),
    *("numberBatchesFailed", "numberBatchesTotal", "numberRecordsProcessed", "numberRetries", "apiVersion"),
    *("numberRecordsFailed", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"),
)
"""Elements in the recorded order; one without a value is left out."""

BATCH = (
    *("id", "jobId", "state", "stateMessage", "createdDate", "systemModstamp", "numberRecordsProcessed"),
    *("numberRecordsFailed", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"),
)


def is_wanted(headers: Mapping[str, str]) -> bool:
    """Whether a client speaks XML: it says so, or it sends rows as CSV, which JSON clients do not."""
    said = (headers.get("content-type", ""), headers.get("accept", ""))
    return "json" not in said[0] and ("csv" in said[0] or any("xml" in text for text in said))


def asked(call: Call) -> dict[str, Any]:
    """The job that a request body describes, in XML or JSON.

    :raises ApiError: 400 InvalidJob, JSON_PARSER_ERROR for a body that is neither.
    """
    if not is_wanted(call.headers):
        return call.json_object()
    try:
        root = ET.fromstring(call.text())
    except ET.ParseError:
        raise ApiError(400, "InvalidJob", "Unable to parse Job") from None  # code documented, text inferred
    return {child.tag.rpartition("}")[2]: child.text for child in root}


def rendered(reply: Reply) -> Reply:
    """The reply in XML; rows in CSV stay as they are."""
    body = reply.body
    if isinstance(body, str):
        return reply
    if isinstance(body, list):
        text = "".join(f" <result>{escape(str(item))}</result>\n" for item in body)
        return replace(reply, body=_document("result-list", text), media_type=MEDIA_TYPE)
    if "batchInfo" in body:
        batches = "".join(_element("batchInfo", batch, BATCH) for batch in body["batchInfo"])
        return replace(reply, body=_document("batchInfoList", batches), media_type=MEDIA_TYPE)
    name, keys = ("batchInfo", BATCH) if "jobId" in body else ("jobInfo", JOB)
    return replace(reply, body=_document(name, _children(body, keys)), media_type=MEDIA_TYPE)


def _document(name: str, content: str) -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}<{name}\n   xmlns="{NAMESPACE}">\n{content}</{name}>'


def _element(name: str, values: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return f" <{name}>\n{_children(values, keys)} </{name}>\n"


def _children(values: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    told = [(key, values[key]) for key in keys if values.get(key) is not None]
    return "".join(f" <{key}>{escape(_text(value))}</{key}>\n" for key, value in told)


def _text(value: Any) -> str:
    """Instants end in ``Z`` here (recorded)."""
    return value.replace("+0000", "Z") if isinstance(value, str) else str(value)
