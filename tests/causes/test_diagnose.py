"""From a refusal to its cause, for every form in which a cause is known to show."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_sf_health.causes import CAUSE_IDS, Diagnosis, Retry, cause, diagnose
from airflow_sf_health.causes._match import comparable
from airflow_sf_health.org.errors import Refusal, Shape, no_answer, read_refusal
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.grant_refusals import busy, dead, lost, lost_since, unsure, unusable
from airflow_sf_health.org.vault import Grant


def rest(status: int, code: str, message: str) -> Refusal:
    return read_refusal(status, {}, json.dumps([{"message": message, "errorCode": code}]).encode())


def oauth(error: str, description: str = "") -> Refusal:
    return read_refusal(400, {}, json.dumps({"error": error, "error_description": description}).encode())


def soap(code: str, message: str) -> Refusal:
    body = (
        "<soapenv:Envelope><soapenv:Body><soapenv:Fault>"
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return read_refusal(500, {}, body.encode())


def bulk(code: str, message: str) -> Refusal:
    body = (
        '<error xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
        f"<exceptionCode>{code}</exceptionCode><exceptionMessage>{message}</exceptionMessage></error>"
    )
    return read_refusal(400, {}, body.encode())


def text(words: str, status: int = 400) -> Refusal:
    return read_refusal(status, {}, words.encode())


MASKED = "Invalid username, password, security token; or user locked out."
NEW_LOCATION = (
    f"{MASKED} Are you at a new location? When accessing Salesforce from outside of your company's trusted networks, "
    "you must add a security token to your password to log in."
)
NOT_RESET = "Destination URL not reset. The URL returned from login must be set in the SforceService"
READ_ONLY = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
SOAP_OFF = (
    "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login()."
)
REST_SESSION = "This session is not valid for use with the REST API"

FORMS: list[tuple[str, bool, Refusal]] = [
    (
        "session_refused_by_policy",
        True,
        replace(rest(401, "INVALID_SESSION_ID", "Session expired or invalid"), fresh_token=True),
    ),
    ("session_refused_by_policy", True, replace(bulk("InvalidSessionId", "Invalid session id"), fresh_token=True)),
    ("user_inactive", True, replace(oauth("invalid_grant", "inactive user"), fresh_token=True)),
    (
        "connection_incomplete",
        True,
        Refusal(shape=Shape.NO_ANSWER, code="CONNECTION_INCOMPLETE", message="Connection 'crm' has an empty password."),
    ),
    ("user_inactive", True, oauth("invalid_grant", "inactive user")),
    ("user_inactive", True, oauth("INVALID_GRANT", "Inactive User.")),
    ("user_inactive", True, oauth("invalid_grant", "this is an inactive user account")),
    ("user_inactive", True, text("User is inactive")),
    ("license_missing_or_expired", False, rest(403, "FUNCTIONALITY_NOT_ENABLED", "")),
    (
        "license_missing_or_expired",
        False,
        rest(403, "FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user."),
    ),
    ("license_missing_or_expired", False, soap("FUNCTIONALITY_NOT_ENABLED", "")),
    ("license_missing_or_expired", False, text("403: this feature is not currently enabled for this user")),
    ("api_disabled_for_user", True, rest(403, "API_CURRENTLY_DISABLED", "API is disabled for this User")),
    ("api_disabled_for_user", True, soap("API_CURRENTLY_DISABLED", "API is disabled for this user")),
    ("api_disabled_for_user", True, text("API is disabled for this User")),
    (
        "api_disabled_for_user",
        False,
        rest(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."),
    ),
    (
        "api_disabled_for_user",
        False,
        rest(403, "API_DISABLED_FOR_ORG", "The Chatter Connect API is not enabled for this organization or user type."),
    ),
    (
        "api_disabled_for_user",
        False,
        soap("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    ),
    ("api_disabled_for_org", False, bulk("FeatureNotEnabled", "Async API not enabled")),
    ("api_disabled_for_org", False, bulk("featureNotEnabled", "ASYNC API not enabled.")),
    ("api_disabled_for_org", False, text("FeatureNotEnabled : Async API not enabled")),
    ("api_only_user_ui", True, text("Failed: API-only user")),
    ("api_only_user_ui", True, text("login refused: api-only user")),
    ("api_only_user_ui", False, text("Insufficient Privileges")),
    ("bad_credentials", False, soap("INVALID_LOGIN", MASKED)),
    ("bad_credentials", False, text(f"INVALID_LOGIN: {MASKED}")),
    ("bad_credentials", False, oauth("invalid_grant", "authentication failure")),
    ("bad_credentials", True, oauth("invalid_grant", "authentication failure - Invalid Password")),
    ("bad_credentials", False, oauth("invalid_grant", "words never seen before")),
    ("bad_credentials", True, oauth("invalid_client", "invalid client credentials")),
    ("bad_credentials", True, text("invalid client credentials")),
    ("bad_credentials", False, oauth("invalid_client", "words never seen before")),
    ("jwt_invalid", True, oauth("invalid_grant", "invalid assertion")),
    ("jwt_invalid", True, oauth("invalid_grant", "Invalid assertion.")),
    ("jwt_invalid", True, text("Could not get a token: invalid assertion")),
    ("user_frozen_or_locked", False, text("User is frozen")),
    ("user_frozen_or_locked", True, text("Password lockout")),
    ("user_frozen_or_locked", True, soap("PASSWORD_LOCKOUT", "")),
    ("refresh_token_expired", False, oauth("invalid_grant", "expired access/refresh token")),
    ("refresh_token_expired", False, text("Error refreshing access token: expired access/refresh token")),
    ("refresh_token_expired", False, oauth("invalid_grant", "activation secret invalid")),
    ("refresh_token_expired", False, text("Failed: Activation secret invalid")),
    ("refresh_token_expired", False, text("Failed: Invalid Token")),
    ("token_request_busy", True, oauth("invalid_grant", "token request is already being processed")),
    ("token_request_busy", True, text("Failed: Token request is already being processed")),
    ("token_request_busy", True, oauth("INVALID_GRANT", "Token request is already being processed.")),
    ("token_request_busy", True, busy("it began at this moment").refusal),
    ("token_store_unusable", True, unusable("The store (SQLite) is read-only.").refusal),
    ("token_store_unusable", True, unusable("this login was given no store.").refusal),
    (
        "token_store_unusable",
        True,
        unusable("The store (postgresql on db) cannot be used: connection refused.").refusal,
    ),
    ("token_store_unusable", True, unusable("The store (postgresql on db) did not answer within 4 s.").refusal),
    ("refresh_token_expired", True, lost("the refresh token was spent at 02:00:13 UTC").refusal),
    ("refresh_token_expired", True, lost_since(Grant(None, "spender", pendulum.datetime(2026, 11, 22, 2))).refusal),
    ("refresh_token_expired", True, unsure(Grant(None, "spender")).refusal),
    ("refresh_token_expired", True, unsure(Grant(None, "spender"), "could not be asked (invalid_client: x)").refusal),
    ("refresh_token_expired", False, dead().refusal),
    ("login_hours_restricted", True, soap("LOGIN_DURING_RESTRICTED_TIME", "")),
    ("login_hours_restricted", True, text("LOGIN_DURING_RESTRICTED_TIME")),
    ("login_hours_restricted", True, text("Restricted time")),
    ("security_token_required", False, soap("LOGIN_MUST_USE_SECURITY_TOKEN", NEW_LOCATION)),
    ("security_token_required", False, text(NEW_LOCATION)),
    ("security_token_required", True, text("Failed: API security token required")),
    ("wrong_login_host", True, oauth("invalid_grant", "audience is invalid")),
    ("wrong_login_host", True, oauth("invalid_grant", "Audience validation failed")),
    ("wrong_login_host", True, text("JWT login failed: audience is invalid")),
    ("wrong_login_host", True, oauth("invalid_grant", "request not supported on this domain")),
    ("wrong_login_host", True, text("request not supported on this domain")),
    ("wrong_login_host", True, soap("UNKNOWN_EXCEPTION", NOT_RESET)),
    ("clock_skew", False, oauth("invalid_grant", "expired authorization code")),
    ("clock_skew", False, oauth("invalid_grant", "Expired authorization code.")),
    ("clock_skew", False, text("token error: expired authorization code")),
    ("app_blocked_or_missing", True, oauth("invalid_client_id", "client identifier invalid")),
    ("app_blocked_or_missing", True, text("client identifier invalid")),
    ("app_blocked_or_missing", True, oauth("invalid_client", "app must be installed into org")),
    ("app_blocked_or_missing", False, oauth("app_not_found", "External client app is not installed in this org")),
    ("app_blocked_or_missing", False, text("External client app is not installed in this org")),
    ("app_blocked_or_missing", True, oauth("OAUTH_APP_BLOCKED", "this app is blocked by admin")),
    ("app_blocked_or_missing", False, oauth("OAUTH_EC_APP_NOT_FOUND")),
    ("app_blocked_or_missing", True, text("Failed: Consumer Deleted")),
    ("grant_type_unsupported", True, oauth("unsupported_grant_type", "grant type not supported")),
    ("grant_type_unsupported", True, oauth("unsupported_grant_type")),
    ("grant_type_unsupported", True, text("Username-Password Flow Disabled")),
    ("oauth_scope_missing", True, oauth("invalid_grant", "no valid scopes defined")),
    ("oauth_scope_missing", True, oauth("invalid_request", "No valid scopes defined.")),
    ("oauth_scope_missing", True, text("Login failed: no valid scopes defined")),
    ("login_rate_limited", True, oauth("rate_limit_exceeded")),
    ("login_rate_limited", True, oauth("invalid_grant", "login rate exceeded")),
    ("login_rate_limited", True, text("Login rate exceeded")),
    ("request_limit", True, rest(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
    ("request_limit", True, text("HTTP Error 403: TotalRequests Limit exceeded.")),
    ("request_limit", True, soap("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
    ("request_limit", False, rest(403, "REQUEST_LIMIT_EXCEEDED", "")),
    ("concurrent_limit", True, rest(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")),
    (
        "concurrent_limit",
        True,
        rest(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    ),
    ("concurrent_limit", True, text("ConcurrentRequests (Concurrent API Requests) Limit exceeded")),
    ("api_version_retired", True, read_refusal(410, {}, b"")),
    ("api_version_retired", True, rest(410, "GONE", "")),
    ("api_version_retired", True, soap("UNSUPPORTED_API_VERSION", "")),
    ("api_version_retired", True, bulk("InvalidVersion", "Api version is not supported.")),
    ("api_version_retired", True, text("Failed: API Version Removed")),
    ("org_read_only", True, rest(400, READ_ONLY, "")),
    ("org_read_only", True, text(f"{READ_ONLY}:the org is in maintenance:--")),
    ("org_read_only", True, soap(READ_ONLY, "")),
    ("org_inactive_or_expired", True, oauth("inactive_org")),
    ("org_inactive_or_expired", True, soap("ORG_LOCKED", "")),
    ("org_inactive_or_expired", True, soap("TRIAL_EXPIRED", "")),
    ("org_inactive_or_expired", True, text("Trial expired")),
    ("mfa_or_verification", True, text("Two-factor required")),
    ("mfa_or_verification", True, text("Failed: Computer activation required")),
    ("mfa_or_verification", True, text("two-factor required.")),
    ("session_expired", False, rest(401, "INVALID_SESSION_ID", "Session expired or invalid")),
    ("session_expired", False, bulk("InvalidSessionId", "Invalid session id")),
    ("session_expired", False, soap("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader")),
    ("session_expired", False, text("Bad_OAuth_Token", 403)),
    ("session_refused_by_policy", True, rest(401, "INVALID_SESSION_ID", REST_SESSION)),
    ("session_refused_by_policy", True, rest(401, "INVALID_SESSION_ID", REST_SESSION.upper() + ".")),
    ("session_refused_by_policy", True, text(f"401: {REST_SESSION}")),
    ("soap_login_disabled", True, soap("INVALID_OPERATION", SOAP_OFF)),
    ("soap_login_disabled", True, text(f"INVALID_OPERATION: {SOAP_OFF}")),
    ("soap_login_disabled", True, text(SOAP_OFF.partition(". ")[2])),
    ("soap_login_disabled", False, soap("INSUFFICIENT_ACCESS", "insufficient access")),
    ("org_maintenance_or_unavailable", True, read_refusal(503, {}, b"<html>We are down for maintenance.</html>")),
    ("org_maintenance_or_unavailable", True, read_refusal(503, {}, b"")),
    ("org_maintenance_or_unavailable", True, rest(503, "SERVER_UNAVAILABLE", "try again later")),
    ("org_maintenance_or_unavailable", True, read_refusal(420, {}, b"We are setting things up. This process ...")),
    ("org_maintenance_or_unavailable", True, oauth("temporarily_unavailable")),
    ("org_maintenance_or_unavailable", False, read_refusal(502, {}, b"<html>Bad gateway</html>")),
    ("org_maintenance_or_unavailable", False, read_refusal(500, {}, b"<html>Error</html>")),
    ("org_maintenance_or_unavailable", False, rest(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")),
    ("network_timeout", True, no_answer("connect time limit of 10 s")),
    ("network_timeout", True, no_answer("read time limit reached")),
    ("network_timeout", True, no_answer("examination time limit of 60 s")),
    ("network_timeout", True, no_answer("connect time limit reached, through a proxy")),
    ("network_timeout", False, no_answer("connection reset")),
    ("network_dns_or_tls", False, no_answer("name does not resolve")),
    ("network_dns_or_tls", True, no_answer("TLS failed: self-signed certificate in certificate chain")),
    ("network_dns_or_tls", True, no_answer("connection refused")),
    ("network_dns_or_tls", True, no_answer("the proxy did not let the request through")),
    ("network_dns_or_tls", True, read_refusal(407, {}, b"<html>Proxy Authentication Required</html>")),
    ("connection_incomplete", True, text("You must provide login information or an instance and token")),
    ("connection_incomplete", True, text("TypeError: You must provide login information or an instance and token")),
    ("connection_not_found", False, text("The conn_id `crm` isn't defined")),
    ("connection_not_found", False, text("the conn_id isn\u2019t defined")),
    ("connection_not_found", False, text("airflow.exceptions.AirflowNotFoundException: no such connection")),
    (
        "password_expired",
        True,
        rest(401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "Your password has expired. Please reset your password."),
    ),
    ("password_expired", True, soap("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "")),
    (
        "password_expired",
        True,
        text("The users password has expired, you must call SetPassword before attempting any other API operations"),
    ),
    ("run_as_user_missing", True, oauth("invalid_grant", "no client credentials user enabled")),
    ("run_as_user_missing", True, oauth("invalid_grant", "No client credentials user enabled.")),
    ("run_as_user_missing", True, text("no client credentials user is enabled for this app")),
    ("app_not_approved", True, oauth("invalid_grant", "user hasn't approved this consumer")),
    ("app_not_approved", True, oauth("invalid_grant", "user hasn\u2019t approved this consumer")),
    ("app_not_approved", True, oauth("invalid_app_access", "user is not admin approved to access this app")),
    ("app_not_approved", False, oauth("OAUTH_APP_ACCESS_DENIED")),
    ("app_not_approved", False, soap("CLIENT_NOT_ACCESSIBLE_FOR_USER", "")),
    ("login_ip_restricted", True, oauth("invalid_grant", "ip restricted")),
    ("login_ip_restricted", True, soap("LOGIN_DURING_RESTRICTED_DOMAIN", "cannot log in from current domain")),
    ("login_ip_restricted", False, oauth("invalid_grant", "ip restricted or invalid login hours")),
    ("login_ip_restricted", True, text("Restricted IP")),
    (
        "owner_inactive",
        True,
        rest(
            400,
            "INACTIVE_OWNER_OR_USER",
            "operation performed with inactive user [005000000000001] as owner of account",
        ),
    ),
    ("owner_inactive", False, rest(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user")),
    ("owner_inactive", False, text("INACTIVE_OWNER_OR_USER:operation performed with inactive user [005]:--")),
    (
        "s2s_connection_owner_inactive",
        True,
        text(
            "Error inserting Account record(s). Cannot insert Account (Account Name : Acme). "
            "Message: operation performed with inactive user . StatusCode = INACTIVE_OWNER_OR_USER"
        ),
    ),
    ("s2s_connection_owner_inactive", True, text("An error in Us while inserting records shared by Partner Inc.")),
    ("queue_not_usable", True, rest(400, "INVALID_OPERATION", "Queue not associated with this SObject type")),
    ("queue_not_usable", True, text("Details: (Queue not associated with this SObject type).")),
    ("queue_not_usable", True, text("INVALID_OPERATION:Queue not associated with this SObject type:OwnerId--")),
    (
        "s2s_connection_owner_inactive",
        True,
        rest(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user (Salesforce to Salesforce)"),
    ),
    ("unknown", False, oauth("invalid_request", "missing required parameter")),
    ("object_or_field_access", True, rest(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights")),
    ("object_or_field_access", False, rest(400, "INVALID_TYPE", "sObject type 'Invoice__c' is not supported.")),
    ("object_or_field_access", False, text("You do not have the level of access necessary to perform the operation.")),
    ("transaction_security_block", False, rest(403, "TXN_SECURITY_METERING_ERROR", "")),
    ("transaction_security_block", True, bulk("TransactionSecurityBlock", "")),
    ("transaction_security_block", False, text("the enabled transaction security policies took too long to complete")),
    ("schema_changed", False, rest(400, "INVALID_FIELD", "No such column 'Region__c' on entity 'Account'.")),
    ("schema_changed", False, text("InvalidBatch : Field name not found : Region__c")),
    ("schema_changed", False, bulk("InvalidBatch", "Field name not found : Region__c")),
    ("metadata_cache_stale", False, text("Clear the metadata cache of the connection and try again")),
    ("metadata_cache_stale", False, text("Your metadata cache is out of date.")),
    ("metadata_cache_stale", False, text("stale metadata cache: field Region__c is not in it")),
    ("bulk_limit", True, bulk("ExceededQuota", "ApiBatchItems Limit exceeded.")),
    (
        "bulk_limit",
        True,
        rest(400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021)"),
    ),
    ("bulk_limit", True, text("ApiBatchItems Limit exceeded.")),
    ("bulk_limit", False, rest(400, "LIMIT_EXCEEDED", "")),
    ("storage_limit", True, rest(400, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")),
    ("storage_limit", True, soap("EXCEEDED_QUOTA", "")),
    ("storage_limit", True, text("The org has exceeded the storage limit")),
    (
        "audit_field_permission",
        True,
        rest(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: CreatedDate."),
    ),
    (
        "audit_field_permission",
        True,
        rest(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Name, CreatedById."),
    ),
    (
        "audit_field_permission",
        True,
        text("Unable to create/update fields: LastModifiedDate. Please check the security settings"),
    ),
    ("lock_contention", True, rest(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")),
    ("lock_contention", True, bulk("TooManyLockFailure", "Too many lock failure")),
    (
        "lock_contention",
        True,
        text("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: 001:--"),
    ),
    ("query_error", True, rest(400, "MALFORMED_QUERY", "unexpected token")),
    ("query_error", True, rest(400, "API_ERROR", "Implementation restriction: ContentDocumentLink requires a filter")),
    ("query_error", True, rest(400, "INVALIDENTITY", "Entity 'CaseStatus' is not supported by the Bulk API.")),
    ("query_error", False, read_refusal(414, {}, b"<html>URI Too Long</html>")),
    ("query_timeout", False, rest(400, "QUERY_TIMEOUT", "Your query request was running for too long.")),
    ("query_timeout", False, soap("REQUEST_RUNNING_TOO_LONG", "")),
    ("query_timeout", False, text("Your query request was running for too long.")),
    (
        "data_error",
        True,
        rest(400, "DUPLICATE_VALUE", "duplicate value found: Key__c duplicates value on record with id: 001"),
    ),
    ("data_error", True, rest(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "inactive user: session expired or invalid")),
    ("data_error", True, text("bad value for restricted picklist field: Gold")),
    (
        "data_error",
        False,
        rest(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AccountTrigger: execution of AfterInsert"),
    ),
    ("airflow_unavailable", False, text("AirflowRuntimeError: API_SERVER_ERROR: {'status_code': 503}")),
    ("airflow_unavailable", False, text("airflow.sdk.api.client.ServerResponseError: Server error")),
    ("airflow_unavailable", False, text("sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) server closed")),
    ("unknown", False, no_answer("the request failed (ValueError)")),
    ("unknown", False, read_refusal(200, {}, b"<html>Log in to Salesforce</html>")),
]


@pytest.mark.parametrize(("expected", "certain", "refusal"), FORMS, ids=lambda value: getattr(value, "said", None))
def test_forms(expected: str, certain: bool, refusal: Refusal) -> None:
    """Each known form leads to its cause, with the confidence that its words deserve."""
    diagnosis = diagnose(refusal)
    assert (diagnosis.cause, diagnosis.certain) == (expected, certain)


@pytest.mark.parametrize("cause_id", [known for known in CAUSE_IDS if cause(known).recognisers])
def test_three_forms_each(cause_id: str) -> None:
    """Every cause that is recognised at all is recognised in at least three forms."""
    assert sum(expected == cause_id for expected, _, _ in FORMS) >= 3


@pytest.mark.parametrize("cause_id", CAUSE_IDS)
def test_recognisers_hit_their_own_cause(cause_id: str) -> None:
    """A refusal made of exactly what a recogniser asks for leads to the recogniser's cause: no other cause shadows it."""
    for recogniser in cause(cause_id).recognisers:
        refusal = Refusal(
            shape=recogniser.shape or Shape.TEXT,
            status=recogniser.status,
            code=recogniser.code,
            message=recogniser.message or recogniser.message_has or "",
            fresh_token=recogniser.fresh_token,
        )
        assert diagnose(refusal).cause == cause_id, recogniser


def test_masked_login_lists_who_else_it_may_be() -> None:
    """A masked SOAP login names the deactivated, the locked and the mistyped user, and each with a way to tell."""
    diagnosis = diagnose(soap("INVALID_LOGIN", MASKED))
    named = {candidate.cause for candidate in diagnosis.candidates}
    assert {"user_inactive", "user_frozen_or_locked", "wrong_login_host", "security_token_required"} <= named
    assert all(candidate.tell for candidate in diagnosis.candidates)


def test_masked_oauth_login_names_the_blocked_flow() -> None:
    """The OAuth form of the mask may also be a switched-off flow, the SOAP form may not."""
    by_oauth = {candidate.cause for candidate in diagnose(oauth("invalid_grant", "authentication failure")).candidates}
    by_soap = {candidate.cause for candidate in diagnose(soap("INVALID_LOGIN", MASKED)).candidates}
    assert "grant_type_unsupported" in by_oauth - by_soap


MASKS = {
    "soap_token": soap("INVALID_LOGIN", MASKED),
    "soap_organization": soap("INVALID_LOGIN", MASKED),
    **dict.fromkeys(
        ("password", "jwt_bearer", "client_credentials", "refresh_token"),
        oauth("invalid_grant", "authentication failure"),
    ),
}
BEHIND_EACH = {
    "user_inactive",
    "user_frozen_or_locked",
    "user_contained",
    "wrong_login_host",
    "login_hours_restricted",
    "org_inactive_or_expired",
}
BEHIND_SOAP = BEHIND_EACH | {
    "security_token_required",
    "login_ip_restricted",
    "mfa_or_verification",
    "login_rate_limited",
}
BEHIND = {
    "soap_token": BEHIND_SOAP,
    "soap_organization": BEHIND_SOAP,
    "password": BEHIND_EACH
    | {
        "security_token_required",
        "grant_type_unsupported",
        "app_not_approved",
        "app_blocked_or_missing",
        "mfa_or_verification",
    },
    "jwt_bearer": BEHIND_EACH | {"app_blocked_or_missing"},
    "client_credentials": BEHIND_EACH | {"app_blocked_or_missing"},
    "refresh_token": BEHIND_EACH | {"app_not_approved", "app_blocked_or_missing"},
}


@pytest.mark.parametrize("flow", BEHIND)
def test_what_a_mask_may_hide(flow: str) -> None:
    """The candidates behind a masked login are those that this flow can meet: without a password none is suspected."""
    refusal = MASKS[flow].seen(where=LoginFlow(flow).request_label, at="")
    assert {candidate.cause for candidate in diagnose(refusal).candidates} == BEHIND[flow]


@pytest.mark.parametrize("words", ["authentication failure", "words never seen before"])
def test_no_flow_known(words: str) -> None:
    """A bare log line does not tell the flow, so what any of them may meet is named."""
    named = {candidate.cause for candidate in diagnose(oauth("invalid_grant", words)).candidates}
    assert named == BEHIND["password"] | BEHIND["refresh_token"]


@pytest.mark.parametrize("flow", ["jwt_bearer", "refresh_token"])
def test_expired_code_by_flow(flow: str) -> None:
    """One text for a clock and for a spent code: what else it may be depends on what was sent."""
    refusal = oauth("invalid_grant", "expired authorization code")
    named = [
        candidate.cause for candidate in diagnose(refusal.seen(where=LoginFlow(flow).request_label, at="")).candidates
    ]
    assert named == ["jwt_invalid"] + ["refresh_token_expired", "token_request_busy"] * (flow == "refresh_token")


def test_hint_of_a_form() -> None:
    """One cause may show in forms that need another first step; the diagnosis says so."""
    assert "consumer secret" in diagnose(oauth("invalid_client", "invalid client credentials")).hint
    assert diagnose(oauth("invalid_grant", "authentication failure")).hint == ""


def test_app_asked_for_at_another_host() -> None:
    """An app that the org does not have may live in another org."""
    refusal = oauth("app_not_found", "External client app is not installed in this org")
    assert [candidate.cause for candidate in diagnose(refusal).candidates] == ["wrong_login_host"]


def test_what_killed_a_refresh_token() -> None:
    """A dead refresh token may be the trace of a contained or deactivated user, where a new one would not help."""
    refusal = oauth("invalid_grant", "expired access/refresh token")
    assert [candidate.cause for candidate in diagnose(refusal).candidates] == ["user_contained", "user_inactive"]


def test_what_ended_a_session() -> None:
    """A dead session may be the first sign of a user who was deactivated or frozen while it was open."""
    refusal = rest(401, "INVALID_SESSION_ID", "Session expired or invalid")
    named = {candidate.cause for candidate in diagnose(refusal).candidates}
    assert {"user_inactive", "user_frozen_or_locked", "user_contained"} <= named


@pytest.mark.parametrize("words", ["authentication failure", "words never seen before"])
def test_refused_grants_need_a_person(words: str) -> None:
    """An invalid_grant that nobody knows is no passing fault: more tries could lock the user out."""
    assert cause(diagnose(oauth("invalid_grant", words)).cause).retry is Retry.NEVER


def test_api_disabled_names_the_other_reading() -> None:
    """One text stands for the user and for the org, so the org is named as the candidate."""
    diagnosis = diagnose(rest(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."))
    assert [candidate.cause for candidate in diagnosis.candidates] == ["api_disabled_for_org"]


def test_limit_without_words() -> None:
    """One code stands for the limit of a day and for that of a moment; without words the other is named too."""
    diagnosis = diagnose(rest(403, "REQUEST_LIMIT_EXCEEDED", ""))
    assert [candidate.cause for candidate in diagnosis.candidates] == ["concurrent_limit"]


def test_certain_has_no_candidates() -> None:
    """What is certain is not blurred by what else there might be."""
    assert diagnose(oauth("invalid_grant", "inactive user")).candidates == ()


def test_matched_says_what_was_recognised() -> None:
    """The diagnosis can show its reason."""
    assert diagnose(oauth("invalid_grant", "inactive user")).matched == "invalid_grant: inactive user"
    assert diagnose(read_refusal(503, {}, b"")).matched == "HTTP 503"
    assert diagnose(read_refusal(500, {}, b"<p>")).matched == "HTTP 500 html"
    assert diagnose(no_answer("?")) == Diagnosis(cause="unknown", certain=False)


def test_code_beats_prose() -> None:
    """A code decides over words of another cause in the message."""
    assert diagnose(rest(401, "INVALID_SESSION_ID", "inactive user")).cause == "session_expired"


def test_comparable() -> None:
    """Case, spacing, typographic quotes and the closing full stop do not matter."""
    assert comparable(" User  hasn\u2019t\napproved. ") == "user hasn't approved"


def mutated(chance: random.Random) -> Refusal:
    """A known form with pieces cut, doubled, shuffled or swapped for noise."""
    _, _, refusal = chance.choice(FORMS)
    _, _, other = chance.choice(FORMS)
    message = list(refusal.message)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(message) + 1)
        message[at : at + chance.randrange(4)] = chance.choice(
            ["", "\0", "\u202e", "{user}", "]]>", "İ", other.message]
        )
    return replace(
        refusal,
        shape=chance.choice([refusal.shape, other.shape]),
        status=chance.choice([refusal.status, other.status, None, -1]),
        code=chance.choice([refusal.code, other.code, "", None, "\U0001f4a9"]),
        message="".join(message) * chance.choice([1, 1, 1, 50]),
    )


def test_mutations_never_raise() -> None:
    """Two thousand damaged refusals each get a known cause."""
    chance = random.Random(20260101)
    for _ in range(2000):
        diagnosis = diagnose(mutated(chance))
        assert diagnosis.cause in CAUSE_IDS
        assert diagnosis.certain <= (diagnosis.candidates == ())


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(
    shape=st.sampled_from(Shape),
    status=st.none() | st.integers(),
    code=st.none() | st.text(),
    message=st.text(),
)
def test_anything_is_diagnosed(shape: Shape, status: int | None, code: str | None, message: str) -> None:
    """Whatever stands in a refusal, there is an answer, and the same one the second time."""
    refusal = Refusal(shape=shape, status=status, code=code, message=message)
    assert diagnose(refusal) == diagnose(refusal)
    assert diagnose(refusal).cause in CAUSE_IDS
