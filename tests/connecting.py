"""Connections for tests: to the fake org by each login flow, and made of single fields."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.org.connection import OrgConnection, TimeLimits, org_connection
from airflow_sf_health.testing import FakeOrg

LOGIN_FLOWS = ("jwt", "client_credentials", "password", "soap_token", "soap_organization", "refresh_token")
"""The fake org's connections that log in; ``session`` is the seventh."""
FLOWS = (*LOGIN_FLOWS, "session")
LEFT_OUT = {"login": None, "password": None}


def connect(
    org: FakeOrg, name: str, *, username: str | None = None, limits: TimeLimits | None = None, **extra: Any
) -> OrgConnection:
    """The fake org's connection of this name, as an ``OrgConnection`` with the id ``crm``."""
    fields = org.connection(name, username=username, **extra)
    return org_connection(
        "crm", login=fields["login"], password=fields["password"], extra=fields["extra"], time_limits=limits
    )


def connect_by_session(org: FakeOrg, renewed_by: str = "jwt", **extra: Any) -> OrgConnection:
    """A ready session on a connection whose other fields can log in anew."""
    fields, ready = org.connection(renewed_by), org.connection("session")
    both = {**fields["extra"], **ready["extra"], "login_flow": None, **extra}
    return org_connection("crm", login=fields["login"], password=fields["password"], extra=both)


def fields_of(**fields: Any) -> OrgConnection:
    """A connection of these fields; ``login`` and ``password`` are the connection's own, the others extras."""
    own = {name: fields.pop(name, None) for name in ("login", "password")}
    return org_connection("crm", **own, extra=fields)
