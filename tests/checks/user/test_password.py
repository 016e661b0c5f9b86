"""Check user.password."""

from __future__ import annotations

from typing import Any

import pytest
from known import HEALTHY, INACTIVE, NO_API, NOT_FOUND, connection, finding, login, refused_login

from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, CONNECTION, LOGIN, OWN_PERMISSIONS, PASSWORD_SET
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.report import Level

BY_PASSWORD = (LoginFlow.PASSWORD, LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION)
EXPIRED = Refusal(
    shape=Shape.REST,
    status=401,
    code="INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    message="The users password has expired",
    where="composite request",
)


def by(flow: LoginFlow, *, never: object = False, **facts: Any) -> dict[Any, Any]:
    rows = ({**HEALTHY[OWN_PERMISSIONS][0], "PermissionsPasswordNeverExpires": never},)
    return {CONNECTION: connection(flow=flow, **facts), LOGIN: login(flow=flow), OWN_PERMISSIONS: rows}


@pytest.mark.parametrize("flow", BY_PASSWORD)
def test_password_that_may_expire(flow: LoginFlow) -> None:
    """A login by password of a user whose password may expire is a warning with its age, what happens then, and the cure."""
    found = finding("user.password", by(flow))
    assert (found.level, found.cause) == (Level.WARNING, None)
    assert found.summary == (
        "the password may expire, and then each call is refused: the user lacks 'Password Never Expires', and its password is "
        "83 days old"
    )
    assert "'Password Never Expires' in a permission set, or move the connection to JWT bearer" in found.hint


@pytest.mark.parametrize("changed", [NOT_FOUND, {}, {"LastPasswordChangeDate": None}])
def test_age_that_is_not_told(changed: object) -> None:
    """Without the age the warning is the same."""
    found = finding("user.password", {**by(LoginFlow.PASSWORD), PASSWORD_SET: changed})
    assert found.level is Level.WARNING
    assert found.summary.endswith("lacks 'Password Never Expires'")


@pytest.mark.parametrize("flow", BY_PASSWORD)
def test_password_that_never_expires(flow: LoginFlow) -> None:
    """With the permission there is nothing to wait for."""
    assert finding("user.password", by(flow, never=True)).level is Level.OK


@pytest.mark.parametrize("flow", [LoginFlow.JWT_BEARER, LoginFlow.CLIENT_CREDENTIALS, LoginFlow.SESSION])
def test_flow_without_a_password(flow: LoginFlow) -> None:
    """A flow without a password has none to expire; the API's answer proves that it has not expired yet."""
    found = finding("user.password", by(flow))
    assert found.level is Level.OK
    assert flow.label in found.summary


def test_stock_tasks_by_password() -> None:
    """Where the stock hook's tasks log in by password beside a ready session, theirs may expire."""
    found = finding("user.password", by(LoginFlow.SESSION, stock=StockDoor(LoginFlow.PASSWORD)))
    assert found.level is Level.WARNING


def test_login_with_an_expired_password() -> None:
    """A SOAP login that tells of an expired password is the failure, before any call is."""
    found = finding("user.password", {LOGIN: login(flow=LoginFlow.SOAP_TOKEN, password_expired=True)})
    assert (found.level, found.cause) == (Level.FAILED, "password_expired")


@pytest.mark.parametrize("flow", [*BY_PASSWORD, LoginFlow.JWT_BEARER])
def test_call_with_an_expired_password(flow: LoginFlow) -> None:
    """Any flow's session is refused by that name once the password has expired."""
    found = finding("user.password", {**by(flow), API: ApiFacts(refusal=EXPIRED)})
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "password_expired", True)


@pytest.mark.parametrize(
    "answers",
    [
        refused_login(INACTIVE),
        {API: ApiFacts(refusal=NO_API)},
        {**by(LoginFlow.PASSWORD), OWN_PERMISSIONS: NOT_FOUND},
        {**by(LoginFlow.PASSWORD), OWN_PERMISSIONS: ()},
        by(LoginFlow.PASSWORD, never=None),
    ],
)
def test_what_is_not_told(answers: dict[Any, Any]) -> None:
    """Any other refusal leaves it unknown, and no fault."""
    found = finding("user.password", answers)
    assert (found.level, found.cause, found.essential) == (Level.UNKNOWN, None, False)
