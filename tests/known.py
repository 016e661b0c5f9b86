"""Evidence made by hand: a healthy integration user, with whatever a test would have otherwise."""

from __future__ import annotations

from typing import Any

import pendulum

from airflow_sf_health import checks
from airflow_sf_health.checks._check import judge
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import ApiFacts, ConnectionFacts, LoginFacts, MemoryFacts, NextTokenFacts
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    API,
    API_ONLY_FROM,
    CONNECTION,
    FROZEN,
    LOCK,
    LOGIN,
    MEMORY,
    NEXT_TOKEN,
    NOW,
    OPTIONS,
    ORG_STATE,
    ORGANIZATION,
    OWN_LICENSE,
    OWN_PACKAGE_LICENSES,
    OWN_PERMISSION_SET_LICENSES,
    OWN_PERMISSION_SETS,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    PACKAGE_LICENSES,
    PASSWORD_SET,
    PERMISSION_SET_LICENSES,
    REQUIREMENTS,
    RUNNING_USER,
    SECOND_SIGHT,
    SERVED_VERSIONS,
    Given,
    Need,
)
from airflow_sf_health.options import OWN_DEFAULTS
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import Requirements

AT = pendulum.datetime(2026, 11, 22, 2, 0, 13)

INACTIVE = Refusal(
    shape=Shape.OAUTH, status=400, code="invalid_grant", message="inactive user", where="token request (JWT bearer)"
)
NOT_FOUND = Refusal(shape=Shape.REST, status=404, code="NOT_FOUND", message="no such", where="record of UserLicense")
SILENCE = no_answer("read time limit reached")
NO_API = Refusal(
    shape=Shape.REST,
    status=403,
    code="API_DISABLED_FOR_ORG",
    message="The REST API is not enabled for this Organization.",
    where="composite request",
)


def login(**facts: Any) -> LoginFacts:
    """A fresh login by JWT, with these facts otherwise."""
    known: dict[str, Any] = {
        "flow": LoginFlow.JWT_BEARER,
        "at": AT,
        "fresh": True,
        "org_id": "00DHs0000000001MAA",
        "user_id": "005Hs0000000001MAA",
        "username": "integration@acme.com",
        "host": "acme.my.salesforce.com",
    }
    return LoginFacts(**{**known, **facts})


def refused_login(refusal: Refusal, flow: LoginFlow = LoginFlow.JWT_BEARER) -> dict[Need[Any], Any]:
    """The answers when no token could be had."""
    asked = [need for need in HEALTHY if not isinstance(need, Given)]
    return {API: refusal, **dict.fromkeys(asked, refusal), LOGIN: LoginFacts(flow=flow, at=AT, refusal=refusal)}


def connection(**facts: Any) -> ConnectionFacts:
    """The connection of the healthy user, with these facts otherwise."""
    known: dict[str, Any] = {
        "conn_id": "crm",
        "flow": LoginFlow.JWT_BEARER,
        "login": "integration@acme.com",
        "first_host": "login.salesforce.com",
        "version": "59.0",
    }
    return ConnectionFacts(**{**known, **facts})


HEALTHY: dict[Need[Any], Any] = {
    NOW: AT.add(seconds=1),
    CONNECTION: connection(),
    REQUIREMENTS: Requirements(),
    OPTIONS: OWN_DEFAULTS,
    MEMORY: MemoryFacts(),
    LOCK: None,
    LOGIN: login(),
    SECOND_SIGHT: None,
    NEXT_TOKEN: NextTokenFacts(by="login", flow=LoginFlow.JWT_BEARER),
    API: ApiFacts(used=8_400, allowed=100_000),
    RUNNING_USER: {
        "Id": "005Hs0000000001MAA",
        "Username": "integration@acme.com",
        "IsActive": True,
        "ProfileId": "00e1",
        "UserType": "Standard",
    },
    OWN_PROFILE: {"Id": "00e1", "Name": "Minimum Access", "UserLicenseId": "100"},
    OWN_LICENSE: {
        "Id": "100",
        "Name": "Salesforce Integration",
        "LicenseDefinitionKey": "PID_Salesforce_Integration",
        "Status": "Active",
        "TotalLicenses": 5,
        "UsedLicenses": 1,
    },
    OWN_PERMISSIONS: (
        {"PermissionsApiEnabled": True, "PermissionsApiUserOnly": True, "PermissionsPasswordNeverExpires": False},
    ),
    ALL_PERMISSIONS: (
        {
            "LastCacheUpdate": "2026-11-20T08:00:00.000+0000",
            "PermissionsApiEnabled": True,
            "PermissionsApiUserOnly": True,
            "PermissionsPasswordNeverExpires": False,
        },
    ),
    OWN_PERMISSION_SETS: (),
    FROZEN: ({"IsFrozen": False, "IsPasswordLocked": False},),
    PASSWORD_SET: {"LastPasswordChangeDate": "2026-08-30T09:00:00.000+0000"},
    API_ONLY_FROM: (),
    PERMISSION_SET_LICENSES: (
        {
            "Id": "0PL1",
            "PermissionSetLicenseKey": "SalesforceAPIIntegrationPsl",
            "MasterLabel": "Salesforce API Integration",
            "Status": "Active",
            "ExpirationDate": "2027-01-31",
        },
    ),
    OWN_PERMISSION_SET_LICENSES: ({"PermissionSetLicenseId": "0PL1"},),
    PACKAGE_LICENSES: (
        {
            "Id": "0501",
            "NamespacePrefix": "acme",
            "Status": "Active",
            "ExpirationDate": "2027-01-31T00:00:00.000+0000",
            "AllowedLicenses": 10,
        },
    ),
    OWN_PACKAGE_LICENSES: ({"PackageLicenseId": "0501"},),
    SERVED_VERSIONS: (),
    ORGANIZATION: {"Id": "00DHs0000000001MAA", "Name": "Acme", "IsSandbox": False, "InstanceName": "USA123S"},
    ORG_STATE: {"IsReadOnly": False, "TrialExpirationDate": None},
}


def findings(check_id: str, answers: dict[Need[Any], Any] | None = None) -> tuple[Finding, ...]:
    """What a check finds in the healthy evidence with these answers otherwise."""
    return judge(checks.load(check_id), Evidence({**HEALTHY, **(answers or {})}))


def finding(check_id: str, answers: dict[Need[Any], Any] | None = None) -> Finding:
    """The one finding of a check."""
    (found,) = findings(check_id, answers)
    return found


APPLYING = tuple(
    check_id
    for check_id in checks.CATALOGUE
    if any(each.level is not Level.NOT_APPLICABLE for each in findings(check_id))
)
"""The checks that have something to say where nothing is required or remembered."""
