"""Pytest fixtures for those who test their own DAGs against the fake org.

pytest loads this in every project that has the package installed, so nothing is imported here before a test asks for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_sf_health.testing.fake_org import FakeOrg

CLIENT = "test"
"""The client's name under which the fake org counts what a test asks."""
LIFETIMES = ("PASS_TTL", "TOKEN_TTL", "REFUSAL_TTL")
"""The options by which tasks share logins and verdicts for a while."""


@pytest.fixture(scope="session")
def _serving_fake_org() -> Iterator[FakeOrg]:
    """One fake org that serves as long as the tests run; a test takes ``fake_org``."""
    with _fake_org_class()() as org:
        yield org


@pytest.fixture
def fake_org(_serving_fake_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOrg]:
    """A Salesforce org on loopback, new for each test, and an environment that leads every Salesforce client to it.

    Airflow knows a connection for each login flow: ``sf_jwt``, ``sf_client_credentials``, ``sf_password``,
    ``sf_soap_token``, ``sf_soap_organization``, ``sf_refresh_token`` and ``sf_session``; ``connect_to_fake_org`` makes more.
    What a test changes shows at once: no login and no verdict is shared, unless the environment says for how long one is.
    """
    _serving_fake_org.reset()
    for name, value in _serving_fake_org.environ(CLIENT).items():
        monkeypatch.setenv(name, value)
    for name in (f"AIRFLOW__SF_HEALTH__{each}" for each in LIFETIMES):
        if name not in os.environ:
            monkeypatch.setenv(name, "0")
    yield _serving_fake_org
    _serving_fake_org.reset()


@pytest.fixture
def connect_to_fake_org(fake_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make an Airflow connection lead to the fake org while the test runs: ``connect_to_fake_org("crm_prod")``.

    Called with the connection's id, then as you like ``flow`` (``"jwt"`` unless you say another), ``username`` (the integration
    user unless you say another) and extras of the connection by their names; an extra of None is taken away.
    """

    def connect(conn_id: str, flow: str = "jwt", **how: Any) -> None:
        for name, value in fake_org.environ_for(conn_id, flow, **how).items():
            monkeypatch.setenv(name, value)

    return connect


def _fake_org_class() -> type[FakeOrg]:
    try:
        from airflow_sf_health.testing.fake_org import FakeOrg
    except ModuleNotFoundError as error:
        from airflow_sf_health.testing.extra import what_is_missing

        told = what_is_missing(error)
        if told is None:
            raise
        pytest.fail(told, pytrace=False)
    return FakeOrg
