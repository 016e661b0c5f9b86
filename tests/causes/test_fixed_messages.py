"""Each message that Salesforce is known to send has its cause, in whatever wrapping it arrives."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceRefusedRequest,
)

from airflow_sf_health import diagnose
from airflow_sf_health.causes import CAUSE_IDS

OAUTH = [
    ("invalid_grant", "expired access/refresh token", "refresh_token_expired"),
    ("invalid_grant", "inactive user", "user_inactive"),
    ("invalid_grant", "authentication failure", "bad_credentials"),
    ("invalid_grant", "authentication failure - Invalid Password", "bad_credentials"),
    ("invalid_grant", "user hasn't approved this consumer", "app_not_approved"),
    ("invalid_app_access", "user is not admin approved to access this app", "app_not_approved"),
    ("invalid_grant", "audience is invalid", "wrong_login_host"),
    ("invalid_grant", "invalid assertion", "jwt_invalid"),
    ("invalid_grant", "expired authorization code", "clock_skew"),
    ("invalid_grant", "token request is already being processed", "token_request_busy"),
    ("invalid_grant", "ip restricted", "login_ip_restricted"),
    ("invalid_grant", "ip restricted or invalid login hours", "login_ip_restricted"),
    ("invalid_grant", "activation secret invalid", "refresh_token_expired"),
    ("invalid_grant", "request not supported on this domain", "wrong_login_host"),
    ("invalid_grant", "no client credentials user enabled", "run_as_user_missing"),
    ("invalid_grant", "no valid scopes defined", "oauth_scope_missing"),
    ("invalid_grant", "Audience validation failed", "wrong_login_host"),
    ("invalid_client_id", "client identifier invalid", "app_blocked_or_missing"),
    ("invalid_client", "invalid client credentials", "bad_credentials"),
    ("invalid_client", "app must be installed into org", "app_blocked_or_missing"),
    ("app_not_found", "External client app is not installed in this org", "app_blocked_or_missing"),
    ("unsupported_grant_type", "", "grant_type_unsupported"),
    ("inactive_org", "", "org_inactive_or_expired"),
    ("rate_limit_exceeded", "", "login_rate_limited"),
    ("rate_limit_exceeded", "login rate exceeded", "login_rate_limited"),
    ("server_error", "", "org_maintenance_or_unavailable"),
    ("temporarily_unavailable", "", "org_maintenance_or_unavailable"),
]
"""Refusals of the token endpoint."""

SOAP = [
    ("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.", "bad_credentials"),
    ("LOGIN_MUST_USE_SECURITY_TOKEN", "", "security_token_required"),
    ("LOGIN_DURING_RESTRICTED_DOMAIN", "", "login_ip_restricted"),
    ("LOGIN_DURING_RESTRICTED_TIME", "", "login_hours_restricted"),
    ("PASSWORD_LOCKOUT", "", "user_frozen_or_locked"),
    ("ORG_LOCKED", "", "org_inactive_or_expired"),
    ("TRIAL_EXPIRED", "", "org_inactive_or_expired"),
    ("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "", "password_expired"),
    ("API_CURRENTLY_DISABLED", "", "api_disabled_for_user"),
    ("API_DISABLED_FOR_ORG", "", "api_disabled_for_user"),
    ("CLIENT_NOT_ACCESSIBLE_FOR_USER", "", "app_not_approved"),
    ("SERVER_UNAVAILABLE", "", "org_maintenance_or_unavailable"),
    ("FUNCTIONALITY_NOT_ENABLED", "", "license_missing_or_expired"),
    ("INVALID_SESSION_ID", "", "session_expired"),
    ("UNSUPPORTED_API_VERSION", "", "api_version_retired"),
    (
        "UNKNOWN_EXCEPTION",
        "Destination URL not reset. The URL returned from login must be set in the SforceService",
        "wrong_login_host",
    ),
    (
        "INVALID_OPERATION",
        "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login().",
        "soap_login_disabled",
    ),
]
"""Faults of the SOAP API."""

REST = [
    (401, "INVALID_SESSION_ID", "Session expired or invalid", "session_expired"),
    (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", "session_refused_by_policy"),
    (
        401,
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "Your password has expired. Please reset your password.",
        "password_expired",
    ),
    (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", "api_disabled_for_user"),
    (
        403,
        "API_DISABLED_FOR_ORG",
        "The Chatter Connect API is not enabled for this organization or user type.",
        "api_disabled_for_user",
    ),
    (403, "API_CURRENTLY_DISABLED", "API is disabled for this User", "api_disabled_for_user"),
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "request_limit"),
    (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", "concurrent_limit"),
    (
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        "concurrent_limit",
    ),
    (
        403,
        "FUNCTIONALITY_NOT_ENABLED",
        "This feature is not currently enabled for this user.",
        "license_missing_or_expired",
    ),
    (
        400,
        "INACTIVE_OWNER_OR_USER",
        "operation performed with inactive user [005000000000001] as owner of account",
        "owner_inactive",
    ),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.", "org_maintenance_or_unavailable"),
    (503, "SERVER_UNAVAILABLE", "", "org_maintenance_or_unavailable"),
]
"""Refusals of the REST API that stand for the whole connection or its user."""

ONE_RECORD_OR_REQUEST = [
    (401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", "session_expired"),
    (403, "INSUFFICIENT_ACCESS", "You don't have access to this record.", "object_or_field_access"),
    (403, "INSUFFICIENT_ACCESS_OR_READONLY", "", "object_or_field_access"),
    (403, "TXN_SECURITY_METERING_ERROR", "", "transaction_security_block"),
    (
        400,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id: 001",
        "object_or_field_access",
    ),
    (400, "INVALID_TYPE", "sObject type 'Accout' is not supported.", "object_or_field_access"),
    (400, "INVALID_FIELD", "No such column 'AccountNumer' on sobject of type Account", "schema_changed"),
    (400, "MALFORMED_QUERY", "unexpected token", "query_error"),
    (400, "INVALID_OPERATION", "Queue not associated with this SObject type", "queue_not_usable"),
    (
        400,
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "We can't save this record because the “Route leads” process failed. INVALID_OPERATION: Queue not associated with this SObject type.",
        "queue_not_usable",
    ),
    (400, "MALFORMED_ID", "id value of incorrect type", "data_error"),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: X.", "object_or_field_access"),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: CreatedDate.", "audit_field_permission"),
    (
        400,
        "UNABLE_TO_LOCK_ROW",
        "unable to obtain exclusive access to this record or 1 records: 003",
        "lock_contention",
    ),
    (400, "DUPLICATE_VALUE", "", "data_error"),
    (400, "REQUIRED_FIELD_MISSING", "At least 1 record is required", "data_error"),
    (400, "STRING_TOO_LONG", "", "data_error"),
    (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "", "data_error"),
    (400, "DUPLICATES_DETECTED", "", "data_error"),
    (400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", "data_error"),
    (400, "INVALID_EMAIL_ADDRESS", "field: invalid email address: x", "data_error"),
    (400, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", "storage_limit"),
    (400, "QUERY_TIMEOUT", "", "query_timeout"),
    (400, "OPERATION_TOO_LARGE", "", "query_error"),
    (400, "EXCEEDED_ID_LIMIT", "", "query_error"),
    (404, "NOT_FOUND", "The requested resource does not exist", "schema_changed"),
    (404, "ENTITY_IS_DELETED", "entity is deleted", "data_error"),
    (405, "METHOD_NOT_ALLOWED", "", "query_error"),
]
"""Refusals of one record, query or request: they must never be blamed on the connection."""


def said(code: str, message: str) -> str:
    """As a log line."""
    return f"{code}: {message}" if message else f"{code}: refused"


def oauth_body(code: str, message: str) -> object:
    return json.dumps({"error": code, "error_description": message}).encode()


def login_failed(code: str, message: str) -> object:
    return SalesforceAuthenticationFailed(code, message)


def soap_body(code: str, message: str) -> object:
    return (
        f"<soapenv:Envelope><soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{code}: {message}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


@pytest.mark.parametrize("form", [oauth_body, login_failed, said])
@pytest.mark.parametrize(("code", "message", "expected"), OAUTH)
def test_oauth(code: str, message: str, expected: str, form: Callable[[str, str], object]) -> None:
    """What the token endpoint says, as a body, as an exception of simple-salesforce and as a line of a log."""
    assert diagnose(form(code, message)).cause == expected


@pytest.mark.parametrize("form", [soap_body, login_failed, said])
@pytest.mark.parametrize(("code", "message", "expected"), SOAP)
def test_soap(code: str, message: str, expected: str, form: Callable[[str, str], object]) -> None:
    """What the SOAP API says, as a fault, as an exception of simple-salesforce and as a line of a log."""
    assert diagnose(form(code, message)).cause == expected


def raised(status: int, code: str, message: str) -> SalesforceError:
    """As simple-salesforce raises it for a status."""
    kind = {401: SalesforceExpiredSession, 403: SalesforceRefusedRequest}.get(status, SalesforceGeneralError)
    return kind(
        "https://acme.my.salesforce.com/services/data", status, "query", [{"message": message, "errorCode": code}]
    )


@pytest.mark.parametrize(("status", "code", "message", "expected"), REST)
def test_rest(status: int, code: str, message: str, expected: str) -> None:
    """What the REST API says, as an exception, as a body and as a line of a log."""
    body = json.dumps([{"message": message, "errorCode": code}])
    forms = (raised(status, code, message), body, f"HTTP {status} {said(code, message)}")
    assert [diagnose(form).cause for form in forms] == [expected] * 3


@pytest.mark.parametrize(("status", "code", "message", "expected"), ONE_RECORD_OR_REQUEST)
def test_one_record_or_request(status: int, code: str, message: str, expected: str) -> None:
    """A refused record, query or request has its own cause, in each form."""
    body = json.dumps([{"message": message, "errorCode": code}])
    forms = (raised(status, code, message), body, f"HTTP {status} {said(code, message)}")
    assert {diagnose(form).cause for form in forms} == {expected}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (410, "", "api_version_retired"),
        (410, "<html>Gone</html>", "api_version_retired"),
        (420, "<html>We are setting things up.</html>", "org_maintenance_or_unavailable"),
        (406, "", "org_maintenance_or_unavailable"),
        (503, "<html>We are down for maintenance.</html>", "org_maintenance_or_unavailable"),
    ],
)
def test_answers_without_a_code(status: int, body: str, expected: str) -> None:
    """Where no code is sent, status and page decide."""
    error = SalesforceGeneralError("https://acme.my.salesforce.com/services/data", status, "query", body.encode())
    assert diagnose(error).cause == expected


STATUS_LABELS = {
    "Invalid password": "bad_credentials",
    "Failed: API security token required": "security_token_required",
    "Restricted IP": "login_ip_restricted",
    "Restricted time": "login_hours_restricted",
    "Password lockout": "user_frozen_or_locked",
    "User is frozen": "user_frozen_or_locked",
    "User is inactive": "user_inactive",
    "Failed: API-only user": "api_only_user_ui",
    "Organization locked": "org_inactive_or_expired",
    "Organization is in maintenance": "org_maintenance_or_unavailable",
    "Login rate exceeded": "login_rate_limited",
    "Trial expired": "org_inactive_or_expired",
    "Failed: Consumer Deleted": "app_blocked_or_missing",
    "Failed: IP Address Not Allowed": "login_ip_restricted",
    "Failed: Invalid Token": "refresh_token_expired",
    "Failed: Activation secret invalid": "refresh_token_expired",
    "Failed: Computer activation required": "mfa_or_verification",
    "Failed: API Version Removed": "api_version_retired",
    "Failed: Token request is already being processed": "token_request_busy",
    "Username-Password Flow Disabled": "grant_type_unsupported",
    "Two-factor required": "mfa_or_verification",
}


@pytest.mark.parametrize(("label", "expected"), STATUS_LABELS.items())
def test_labels_of_login_history(label: str, expected: str) -> None:
    """What somebody copies from Login History, column Status, leads to the cause as well."""
    assert diagnose(label).cause == expected


def test_causes_without_a_message() -> None:
    """Every cause is reached by some message here, but for those that only a check can find."""
    reached = {row[-1] for row in (*OAUTH, *SOAP, *REST, *ONE_RECORD_OR_REQUEST)} | set(STATUS_LABELS.values())
    assert set(CAUSE_IDS) - reached == {
        "airflow_unavailable",
        "api_disabled_for_org",
        "bulk_limit",
        "connection_incomplete",
        "connection_not_found",
        "metadata_cache_stale",
        "network_dns_or_tls",
        "network_timeout",
        "org_read_only",
        "permissions_changed",
        "s2s_connection_owner_inactive",
        "soap_login_retiring",
        "token_store_unusable",
        "unknown",
        "user_contained",
        "wrong_org",
    }
