"""The refusal behind an exception, of whichever library raised it."""

from __future__ import annotations

import pytest
import requests
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
)

from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.exceptions import refusal_of_exception

DEAD = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
XML = '<error xmlns="http://www.force.com/2009/06/asyncapi/dataload"><exceptionCode>InvalidSessionId</exceptionCode></error>'


def wrapped(error: BaseException) -> BaseException:
    """As a task's framework wraps what the task met."""
    outer = RuntimeError("the task failed")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize("wrap", [lambda error: error, wrapped])
@pytest.mark.parametrize(
    ("error", "shape", "said"),
    [
        (Refused(Refusal(shape=Shape.REST, code="X")), Shape.REST, "X"),
        (
            SalesforceExpiredSession("u", 401, "q", DEAD),
            Shape.REST,
            "HTTP 401 INVALID_SESSION_ID: Session expired or invalid",
        ),
        (SalesforceMalformedRequest("u", 400, "q", XML), Shape.BULK, "HTTP 400 InvalidSessionId"),
        (SalesforceGeneralError("u", 503, "q", b"<html>down</html>"), Shape.HTML, "HTTP 503 down"),
        (SalesforceAuthenticationFailed("invalid_grant", "inactive user"), Shape.OAUTH, "invalid_grant: inactive user"),
        (SalesforceAuthenticationFailed(503, "<html>down</html>"), Shape.HTML, "HTTP 503 down"),
        (SalesforceAuthenticationFailed(None, None), Shape.OAUTH, "an unreadable answer"),
        (requests.ReadTimeout(), Shape.NO_ANSWER, "read time limit reached"),
        (TimeoutError(), Shape.NO_ANSWER, "read time limit reached"),
        (ConnectionResetError(), Shape.NO_ANSWER, "connection reset"),
    ],
)
def test_refusal_of_an_exception(wrap: object, error: BaseException, shape: Shape, said: str) -> None:
    """Each library's error tells the refusal that it stands for, also from within another error."""
    refusal = refusal_of_exception(wrap(error))  # type: ignore[operator]
    assert (refusal.shape, refusal.said) == (shape, said)


class Odd(Exception):
    """Has what errors of simple-salesforce have, in other types."""

    status = "many"
    content = None


@pytest.mark.parametrize("error", [ValueError("inactive user"), Odd("inactive user")])
def test_exception_without_a_refusal(error: Exception) -> None:
    """Another exception is read by its text."""
    assert refusal_of_exception(error).message == "inactive user"
