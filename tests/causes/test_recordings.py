"""Real replies of Salesforce, where the folder with them is at hand, are diagnosed rightly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from airflow_sf_health.causes import diagnose
from airflow_sf_health.org.errors import read_refusal

BESIDE = Path(__file__).parents[2].parent / "shared/salesforce/recordings"
FOLDER = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE))

EXPECTED = {
    "auth_errors/activation_secret_invalid.json": ("refresh_token_expired", False),
    "auth_errors/app_must_be_installed.json": ("app_blocked_or_missing", True),
    "auth_errors/audience_invalid.json": ("wrong_login_host", True),
    "auth_errors/authentication_failure.json": ("bad_credentials", False),
    "auth_errors/authentication_failure_invalid_password.json": ("bad_credentials", True),
    "auth_errors/eca_not_installed.json": ("app_blocked_or_missing", False),
    "auth_errors/expired_access_refresh_token.json": ("refresh_token_expired", False),
    "auth_errors/grant_type_not_supported.json": ("grant_type_unsupported", True),
    # Its words are constructed, so no cause recognises them: an invalid_grant that a person has to look into.
    "auth_errors/inactive_org.json": ("bad_credentials", False),
    "auth_errors/inactive_user.json": ("user_inactive", True),
    "auth_errors/invalid_assertion.json": ("jwt_invalid", True),
    "auth_errors/invalid_client_credentials.json": ("bad_credentials", True),
    "auth_errors/invalid_client_id.json": ("app_blocked_or_missing", True),
    "auth_errors/ip_restricted.json": ("login_ip_restricted", True),
    "auth_errors/ip_restricted_or_login_hours_old.json": ("login_ip_restricted", False),
    "auth_errors/jwt_clock_skew_expired_authorization_code.json": ("clock_skew", False),
    "auth_errors/no_client_credentials_user.json": ("run_as_user_missing", True),
    "auth_errors/no_valid_scopes.json": ("oauth_scope_missing", True),
    "auth_errors/request_not_supported_on_domain.json": ("wrong_login_host", True),
    "auth_errors/token_request_already_processed.json": ("token_request_busy", True),
    "auth_errors/user_not_admin_approved.json": ("app_not_approved", True),
    "auth_errors/user_not_approved_consumer.json": ("app_not_approved", True),
    "auth_errors/userinfo_bad_token_403.txt": ("session_expired", False),
    "bulk/v1_exceeded_quota.xml": ("bulk_limit", True),
    "bulk/v1_invalid_session.xml": ("session_expired", False),
    "bulk/v1_invalid_version.xml": ("api_version_retired", True),
    "edge/edge_420.txt": ("org_maintenance_or_unavailable", True),
    "edge/maintenance_page.html": ("org_maintenance_or_unavailable", True),
    "rest_errors/api_currently_disabled.json": ("api_disabled_for_user", True),
    "rest_errors/api_disabled_for_org.json": ("api_disabled_for_user", False),
    "rest_errors/expired_password_401.json": ("password_expired", True),
    "rest_errors/functionality_not_enabled.json": ("license_missing_or_expired", False),
    "rest_errors/inactive_owner_or_user.json": ("owner_inactive", True),
    "rest_errors/invalid_session_id.json": ("session_expired", False),
    "rest_errors/request_limit_concurrent.json": ("concurrent_limit", True),
    "rest_errors/request_limit_total.json": ("request_limit", True),
    "rest_errors/session_not_valid_for_rest.json": ("session_refused_by_policy", True),
    "soap/fault_expired_password_call.xml": ("password_expired", True),
    "soap/fault_invalid_login.xml": ("bad_credentials", False),
    "soap/fault_must_use_security_token.xml": ("security_token_required", False),
    "soap/fault_restricted_domain.xml": ("login_ip_restricted", True),
    "soap/fault_restricted_time.xml": ("login_hours_restricted", True),
    "soap/fault_soap_login_disabled.xml": ("soap_login_disabled", True),
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no recordings of Salesforce beside this repository")


def entries() -> dict[str, dict[str, object]]:
    lines = (FOLDER / "manifest.jsonl").read_text("utf-8").splitlines()
    return {entry["file"]: entry for entry in map(json.loads, filter(None, lines))}


@pytest.mark.parametrize(("file", "expected"), EXPECTED.items())
def test_recording(file: str, expected: tuple[str, bool]) -> None:
    """A recorded refusal has its cause, and is certain only where its words are."""
    status = entries()[file]["status"]
    assert isinstance(status, int)
    diagnosis = diagnose(read_refusal(status, {}, (FOLDER / file).read_bytes()))
    assert (diagnosis.cause, diagnosis.certain) == expected


ONE_RECORD_OR_REQUEST = {
    "bulk_limit",
    "data_error",
    "lock_contention",
    "object_or_field_access",
    "query_error",
    "query_timeout",
    "schema_changed",
    "storage_limit",
    "transaction_security_block",
}


def test_every_refusal_is_expected() -> None:
    """No recorded refusal of a login, of SOAP or of the Bulk API is left out above."""
    refusals = {
        file
        for file, entry in entries().items()
        if file.startswith(("auth_errors/", "soap/", "bulk/", "edge/")) and int(str(entry["status"])) >= 400
    }
    assert refusals
    assert refusals <= set(EXPECTED)


def test_data_errors_are_no_connection_problem() -> None:
    """Every other recorded refusal by REST is one of a record or a request, and never blamed on the connection."""
    others = [file for file in entries() if file.startswith("rest_errors/") and file not in EXPECTED]
    assert others
    for file in others:
        assert diagnose(read_refusal(400, {}, (FOLDER / file).read_bytes())).cause in ONE_RECORD_OR_REQUEST, file
