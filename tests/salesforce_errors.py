"""Exceptions as tasks meet them, made by hand."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from simple_salesforce import exceptions

HOST = "acme.my.salesforce.com"


def refused(code: str, message: str = "", status: int = 400) -> exceptions.SalesforceError:
    """What simple-salesforce raises for a refused request."""
    kind = {401: exceptions.SalesforceExpiredSession, 403: exceptions.SalesforceRefusedRequest}.get(
        status, exceptions.SalesforceMalformedRequest
    )
    body: Any = [{"errorCode": code, "message": message}]
    return kind(f"https://{HOST}/services/data/v59.0/sobjects/Account/001", status, "Account", body)


def inactive() -> exceptions.SalesforceAuthenticationFailed:
    """What it raises for the login of an inactive user."""
    return exceptions.SalesforceAuthenticationFailed("invalid_grant", "inactive user")


def masked() -> exceptions.SalesforceAuthenticationFailed:
    """What it raises for a SOAP login that Salesforce refuses without a reason."""
    text = "Invalid username, password, security token; or user locked out."
    return exceptions.SalesforceAuthenticationFailed("INVALID_LOGIN", text)


def locked() -> exceptions.SalesforceError:
    """Somebody else writes the same record."""
    return refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 001xx0001")


def raised_in(module: str, error: Exception) -> Exception:
    """The error with a traceback that goes through a function of that module."""
    names: dict[str, Any] = {"__name__": module, "error": error}
    exec("def call(self=None):\n    raise error", names)
    with suppress(type(error)):
        names["call"]()
    return error
