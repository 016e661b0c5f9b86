"""Rotating refresh tokens as tasks meet them: by the site's settings, its store, and the hook."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from rotating import is_whole, uses
from stored import rows_in

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg

QUERY = "SELECT Id FROM Account LIMIT 1"
ROTATING = {"refresh_token_rotation": True, "refresh_token_owner": "acme-airflow"}


@pytest.fixture(autouse=True)
def rotating_org(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> FakeOrg:
    """An org whose app rotates its tokens, with one connection of Airflow's to it."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__INSTALLATION", "acme-airflow")
    org.state.refresh_tokens.clear()
    org.state.apps[0].refresh_token_rotation = True
    for name, value in org.environ_for("rotating", "refresh_token", **ROTATING).items():
        monkeypatch.setenv(name, value)
    return org


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that the site has named."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", f"sqlite:///{tmp_path}/store.sqlite")


@pytest.mark.usefixtures("store")
def test_client_and_examination(rotating_org: FakeOrg) -> None:
    """Hook after hook, the renewal of a dead session, and an examination each spend the newest token, and no other."""
    client = SalesforceHealthHook("rotating").get_conn()
    assert client.query(QUERY)
    rotating_org.expire_sessions()
    assert client.query(QUERY)
    assert SalesforceHealthHook("rotating").get_conn().query(QUERY)
    assert SalesforceHealthHook("rotating").examine().verdict is Verdict.HEALTHY
    assert uses(rotating_org) == [1, 1, 1, 1, 0]
    assert is_whole(rotating_org)


@pytest.mark.usefixtures("store")
def test_shared_login(rotating_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """With shared logins one rotation is enough for all of that."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__TOKEN_TTL", "1800")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", "60")
    for _ in range(3):
        assert SalesforceHealthHook("rotating").get_conn().query(QUERY)
    assert SalesforceHealthHook("rotating").examine().verdict is Verdict.HEALTHY
    assert uses(rotating_org) == [1, 0]


@pytest.mark.parametrize("store", ["", "none"])
def test_without_a_store_of_the_site(rotating_org: FakeOrg, monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    """The file that stands in where none is named does not count: nothing is spent, and one sentence says what to set."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", store)
    with pytest.raises(OrgConnectionError, match=r"set \[sf_health\] store to a database that all hosts reach"):
        SalesforceHealthHook("rotating").get_conn()
    report = SalesforceHealthHook("rotating").examine()
    assert (report.verdict, report.cost.logins) == (Verdict.DEGRADED, 0)
    assert uses(rotating_org) == [0]


@pytest.mark.usefixtures("store")
def test_another_installation(rotating_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Airflow of another name leaves the token to the one that owns it."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__INSTALLATION", "another-airflow")
    with pytest.raises(OrgConnectionError, match=r"its refresh token belongs to 'acme-airflow'"):
        SalesforceHealthHook("rotating").get_conn()
    assert uses(rotating_org) == [0]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("said", [True, False])
def test_button(rotating_org: FakeOrg, monkeypatch: pytest.MonkeyPatch, *, said: bool) -> None:
    """Airflow's Test button spends the newest token too, and keeps the next one, whether the connection says that it changes or not."""
    if not said:
        fields = {**ROTATING, "refresh_token_rotation": False}
        for name, value in rotating_org.environ_for("rotating", "refresh_token", **fields).items():
            monkeypatch.setenv(name, value)
    for _ in range(2):
        SalesforceHealthHook("rotating").get_conn()
        assert SalesforceHealthHook("rotating").test_connection()[0]
    assert uses(rotating_org)[-5:] == [1, 1, 1, 1, 0]
    assert is_whole(rotating_org)


@pytest.mark.usefixtures("store")
def test_button_remembers_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is tested may not be saved yet: no token, verdict or schema of it is kept, and none is taken."""
    for name in ("PASS_TTL", "TOKEN_TTL", "REFUSAL_TTL"):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", "60")
    assert SalesforceHealthHook("rotating").test_connection()[0]
    held = rows_in(f"sqlite:///{tmp_path}/store.sqlite")
    assert {table for table, rows in held.items() if rows} <= {
        "sf_health_grants",
        "sf_health_leases",
        "sf_health_schema",
    }


@pytest.mark.usefixtures("store")
def test_callers_own(rotating_org: FakeOrg) -> None:
    """A caller's own way to the internet shares no login, and the same grant; so does what comes after a session that he hands over."""
    SalesforceHealthHook("rotating").get_conn()
    assert SalesforceHealthHook("rotating", session=requests.Session()).get_conn().query(QUERY)
    assert uses(rotating_org) == [1, 1, 0]
    assert is_whole(rotating_org)
