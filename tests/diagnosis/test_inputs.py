"""Whatever a task holds in its hands when it failed can be diagnosed: replies, bodies, rows, exceptions and their chains."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import ssl
import subprocess
import urllib.error
from typing import Any

import pendulum
import pytest
import requests
import urllib3.exceptions
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceGeneralError

from airflow_sf_health import diagnose
from airflow_sf_health.compat import AirflowException
from airflow_sf_health.exceptions import SalesforceUnhealthyForNow
from airflow_sf_health.report import Finding, Level, Report

DEAD = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
LOCKED = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}
OWNER = {
    "statusCode": "INACTIVE_OWNER_OR_USER",
    "message": "operation performed with inactive user [005] as owner of account",
}
MISSING = {"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Name]", "fields": ["Name"]}
BULK = (
    '<error xmlns="http://www.force.com/2009/06/asyncapi/dataload"><exceptionCode>ExceededQuota</exceptionCode></error>'
)
SOAP = (
    "<soapenv:Envelope><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid "
    "username</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


def response(status: int, body: object, url: str = "https://acme.my.salesforce.com/services/data") -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url = status, url
    answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answer


def row(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"success": not errors, "created": False, "id": None, "errors": list(errors)}


REPLIES: list[tuple[object, str]] = [
    (response(401, DEAD), "session_expired"),
    (response(401, b""), "session_expired"),
    (response(503, b"<html>down</html>"), "org_maintenance_or_unavailable"),
    (response(410, b""), "api_version_retired"),
    (response(200, {"done": True, "records": []}), "unknown"),
    ({"status": 401, "headers": {}, "body": DEAD}, "session_expired"),
    ({"status_code": 400, "content": BULK.encode()}, "bulk_limit"),
    ({"status": 500, "body": SOAP}, "bad_credentials"),
    ({"status": 414, "body": ""}, "query_error"),
    ({"headers": {}, "body": '{"error": "invalid_grant", "error_description": "inactive user"}'}, "user_inactive"),
    ({"error": "invalid_grant", "error_description": "inactive user"}, "user_inactive"),
    (DEAD, "session_expired"),
    (tuple(DEAD), "session_expired"),
    ([{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}, *DEAD], "session_expired"),
    (
        {"compositeResponse": [{"body": {"id": "1"}, "httpStatusCode": 200}, {"body": DEAD, "httpStatusCode": 401}]},
        "session_expired",
    ),
    ({"hasErrors": True, "results": [{"statusCode": 401, "result": DEAD}]}, "session_expired"),
    ({"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}, "session_expired"),
    (
        {"id": "750", "state": "Failed", "errorMessage": "InvalidBatch : Field name not found : Region__c"},
        "schema_changed",
    ),
    ({"state": "Failed", "stateMessage": "InvalidBatch : Field name not found : Region__c"}, "schema_changed"),
    (memoryview(json.dumps(DEAD).encode()), "session_expired"),
    (bytearray(SOAP.encode()), "bad_credentials"),
]


@pytest.mark.parametrize(("error", "cause"), REPLIES)
def test_replies(error: object, cause: str) -> None:
    """An HTTP reply or its body, as the client's object, as a mapping, parsed or not."""
    assert diagnose(error).cause == cause


def test_rows() -> None:
    """Of refused rows the code that most of them have decides, and the others are named with their number."""
    diagnosis = diagnose([row(OWNER)] * 400 + [row()] * 600 + [row(MISSING)] * 3)
    assert (diagnosis.cause, diagnosis.certain) == ("owner_inactive", False)
    assert [(each.cause, each.tell) for each in diagnosis.candidates] == [
        ("data_error", '3 of the refused rows say "REQUIRED_FIELD_MISSING".')
    ]


def test_rows_of_one_kind() -> None:
    """Rows that are refused alike are as certain as one of them; rolled back rows say nothing of their own."""
    rolled_back = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": "Record rolled back", "fields": []}
    diagnosis = diagnose([row(rolled_back)] * 9 + [row(LOCKED)])
    assert (diagnosis.cause, diagnosis.certain) == ("lock_contention", True)


def test_rows_of_bulk_2() -> None:
    """The rows of Bulk API 2.0 have their refusal in one cell."""
    cell = "INACTIVE_OWNER_OR_USER:operation performed with inactive user [005] as owner of account:OwnerId --"
    assert diagnose([{"sf__Id": "", "sf__Error": cell, "Name": "session expired"}]).cause == "owner_inactive"


def chained(*errors: Exception) -> Exception:
    """Errors raised one while handling the other; gives the last."""
    for inner, outer in itertools.pairwise(errors):
        outer.__context__ = inner
    return errors[-1]


def http_error(status: int, body: object) -> requests.HTTPError:
    return requests.HTTPError(f"{status} Client Error", response=response(status, body))


INACTIVE = SalesforceAuthenticationFailed("invalid_grant", "inactive user")
EXCEPTIONS: list[tuple[BaseException, str]] = [
    (http_error(401, DEAD), "session_expired"),
    (http_error(503, b""), "org_maintenance_or_unavailable"),
    (requests.HTTPError("401 Client Error: Unauthorized for url: https://acme.my.salesforce.com/"), "session_expired"),
    (chained(http_error(401, DEAD), SalesforceAuthenticationFailed("invalid_grant", "inactive user")), "user_inactive"),
    (chained(requests.ReadTimeout("x"), AirflowException("sync failed")), "network_timeout"),
    (AirflowException(INACTIVE), "user_inactive"),
    (AirflowException("Salesforce said: invalid_grant: inactive user"), "user_inactive"),
    (SalesforceGeneralError("u", 500, "q", [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]), "org_maintenance_or_unavailable"),
    (SalesforceGeneralError("u", 431, "q", b""), "query_error"),
    (SalesforceGeneralError("u", 400, "q", [{"errorCode": "APEX_ERROR", "message": "first error: UNABLE_TO_LOCK_ROW, x"}]), "lock_contention"),
    (urllib3.exceptions.ReadTimeoutError(None, "/", "Read timed out."), "network_timeout"),  # type: ignore[arg-type]
    (urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")), "network_timeout"),
    (urllib3.exceptions.SSLError("certificate verify failed"), "network_dns_or_tls"),
    (ssl.SSLCertVerificationError(1, "certificate verify failed"), "network_dns_or_tls"),
    (socket.gaierror(-2, "Name or service not known"), "network_dns_or_tls"),
    (TimeoutError(), "network_timeout"),
    (http.client.IncompleteRead(b""), "network_timeout"),
    (http.client.RemoteDisconnected("Remote end closed connection without response"), "network_timeout"),
    (urllib.error.URLError(socket.gaierror(-2, "Name or service not known")), "network_dns_or_tls"),
    (ConnectionRefusedError(111, "Connection refused"), "network_dns_or_tls"),
    (subprocess.CalledProcessError(1, "sf", output=b"", stderr=b"Error: INVALID_LOGIN: Invalid username"), "bad_credentials"),
    (ExceptionGroup("two", [ValueError("x"), RuntimeError("invalid_grant: inactive user")]), "user_inactive"),
    (ValueError("invalid literal for int()"), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "cause"), EXCEPTIONS, ids=lambda value: type(value).__name__)
def test_exceptions(error: BaseException, cause: str) -> None:
    """Errors of simple-salesforce, of what carries HTTP and of what wraps them, whatever was raised on top."""
    assert diagnose(error).cause == cause


def test_chain_in_a_circle() -> None:
    """A chain that bites its tail, and one that is endless, are read once."""
    one, two = RuntimeError("one"), RuntimeError("INVALID_LOGIN: two")
    one.__cause__, two.__cause__ = two, one
    assert diagnose(one).cause == "bad_credentials"
    last: Exception = RuntimeError("inner")
    for _ in range(5000):
        outer = RuntimeError("outer")
        outer.__cause__, last = last, outer
    assert diagnose(last).cause == "unknown"


class Hostile(Exception):
    """Does what no exception should do."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__

    def __getattr__(self, name: str) -> object:
        raise KeyError(name)


class HostileValue:
    """A value without a text."""

    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize("make", [Hostile, HostileValue])
def test_hostile_values(make: type[object]) -> None:
    """What raises at each touch is unknown."""
    assert diagnose(make()).cause == "unknown"


@pytest.mark.parametrize("error", [object(), 1, 0.5, {1: 2}, [[]], {"errors": [None]}, b"\xff", "\ud800"])
def test_it_never_raises(error: object) -> None:
    """What has no text, no shape or no manners is unknown."""
    assert diagnose(error).cause == "unknown"


def test_deep_json() -> None:
    """A body as deep as it can be built is no trouble."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert diagnose(deep).cause == "unknown"
    assert diagnose("[" * 100_000).cause == "unknown"


def test_context_narrows() -> None:
    """Who knows by which flow the login went gets fewer candidates, and a fresh token makes a policy of an expiry."""
    masked = '{"error": "invalid_grant", "error_description": "authentication failure"}'
    known = {each.cause for each in diagnose(masked, {"login_flow": "jwt_bearer"}).candidates}
    assert "security_token_required" in {each.cause for each in diagnose(masked).candidates} - known
    assert diagnose(DEAD, {"fresh_token": True}).cause == "session_refused_by_policy"
    assert diagnose("", {"status": 503}).cause == "org_maintenance_or_unavailable"
    assert diagnose(masked, {"login_flow": "no such flow", "status": "many"}).cause == "bad_credentials"


def test_own_verdict() -> None:
    """What an examination of ours has found is not diagnosed a second time, whoever wrapped it."""
    finding = Finding(level=Level.FAILED, summary="frozen", cause="user_contained", certain=False, check="user.frozen")
    report = Report(conn_id="crm", examined_at=pendulum.datetime(2026, 1, 1), findings=(finding,))
    wrapped = AirflowException("sync failed: INVALID_LOGIN")
    wrapped.__cause__ = SalesforceUnhealthyForNow("unhealthy", report=report, cause="user_contained")
    assert (diagnose(wrapped).cause, diagnose(wrapped).certain) == ("user_contained", False)
    assert diagnose(SalesforceUnhealthyForNow("unhealthy", cause="lock_contention")).cause == "lock_contention"
