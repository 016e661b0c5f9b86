"""The hook: its client, its examination, and Airflow's Test button."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import requests
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from requests.adapters import HTTPAdapter
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from airflow_sf_health.checks import select
from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook, _hurried
from airflow_sf_health.report import Level, Verdict
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]


@pytest.fixture
def hook(crm_prod: Connect) -> SalesforceHealthHook:
    return SalesforceHealthHook("crm_prod")


def test_it_is_a_stock_hook(hook: SalesforceHealthHook) -> None:
    """Whatever takes the Salesforce provider's hook takes this one, built by the same arguments."""
    assert isinstance(hook, SalesforceHook)
    assert hook.get_available_fields("Account")


@pytest.mark.parametrize(
    "flow", ["jwt", "client_credentials", "password", "soap_token", "soap_organization", "refresh_token", "session"]
)
def test_its_client_works_by_each_flow(hook: SalesforceHealthHook, crm_prod: Connect, flow: str) -> None:
    """The same client as the stock hook's, for each connection that the stock hook accepts, and for a refresh token."""
    crm_prod(flow)
    assert hook.make_query("SELECT Id FROM Account")["totalSize"] > 0
    assert hook.get_conn() is hook.conn


def test_the_stock_bulk_operators_calls_work_and_outlive_a_session(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """Bulk API, in which the stock client never logs in again: the session dies between two jobs."""
    rows = [{"Name": "New Ltd", "ERP_Id__c": "ERP-900"}]
    bulk: Any = hook.get_conn().bulk
    assert bulk.Account.upsert(data=rows, external_id_field="ERP_Id__c")[0]["success"]
    org.expire_sessions()
    assert bulk.Account.upsert(data=rows, external_id_field="ERP_Id__c")[0]["success"]
    assert org.counts().logins == 2


def test_a_session_that_stays_refused_ends_the_calls(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """The stock client logs in hundreds of times here."""
    client: Any = hook.get_conn()
    with org.fault(path="/services/data/*", status=401), pytest.raises(SalesforceExpiredSession):
        client.Account.describe()
    assert org.counts().logins == 2


def test_a_refused_login_is_the_stock_hooks_error(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """Code that catches simple-salesforce's error goes on catching it."""
    org.user().active = False
    with pytest.raises(SalesforceAuthenticationFailed, match="inactive user"):
        hook.get_conn()


def test_silence_is_a_connection_error(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """As with the stock hook, what has no answer is an error of requests, and names the host."""
    with org.fault(reset=True), pytest.raises(requests.ConnectionError, match=r"login\.salesforce\.com"):
        hook.get_conn()


def test_an_incomplete_connection_is_our_error(hook: SalesforceHealthHook, crm_prod: Connect) -> None:
    """It names the field, where the stock hook says only that something is missing."""
    crm_prod("jwt", private_key=None)
    with pytest.raises(OrgConnectionError, match="private_key"):
        hook.get_conn()


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"refresh_token_rotation": "true"}, "changes at each use"),
        ({"refresh_token_owner": "skyvia"}, "belongs to 'skyvia'"),
    ],
)
def test_a_refresh_token_that_is_not_ours_makes_no_client(
    org: FakeOrg, hook: SalesforceHealthHook, crm_prod: Connect, extra: dict[str, str], reason: str
) -> None:
    """One sentence says why, and nothing is sent; the examination asks whether the token is alive."""
    crm_prod("refresh_token", **extra)
    with pytest.raises(OrgConnectionError, match=f"'crm_prod' makes no login, since its refresh token {reason}"):
        hook.get_conn()
    assert org.counts().http_requests == 0
    assert [each.level for each in hook.examine().findings if each.check == "session.refresh"] == [Level.OK]
    assert org.counts().logins == 0


def test_a_client_tells_of_a_refresh_token_that_it_spent(
    org: FakeOrg, hook: SalesforceHealthHook, crm_prod: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Where rotation is on and nobody told, the client works, and the log says what will not."""
    crm_prod("refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    assert hook.make_query("SELECT Id FROM Account")["totalSize"] > 0
    assert "Connection 'crm_prod': Refresh Token Rotation is on" in caplog.text


def test_a_ready_session_is_an_argument(org: FakeOrg, crm_prod: Connect) -> None:
    """`session_id` is used as it is, without a login; where it is dead and the connection has a flow, it is replaced."""
    ready = org.connection("session")["extra"]
    crm_prod("jwt", instance_url=ready["instance_url"])
    SalesforceHealthHook("crm_prod", session_id=ready["session_id"]).get_conn().query("SELECT Id FROM User")
    assert org.counts().logins == 0
    org.expire_sessions()
    SalesforceHealthHook("crm_prod", session_id=ready["session_id"]).get_conn().query("SELECT Id FROM User")
    assert org.counts().logins == 1


def test_a_dead_session_without_a_flow_is_refused(org: FakeOrg, hook: SalesforceHealthHook, crm_prod: Connect) -> None:
    """There is nothing to replace it by; as with the stock hook, its first use tells."""
    crm_prod("session")
    org.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        hook.get_conn().query("SELECT Id FROM User")


class Counting(HTTPAdapter):
    sent = 0

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent += 1
        return super().send(*args, **kwargs)


def test_a_callers_own_session_is_honoured(org: FakeOrg, crm_prod: Connect) -> None:
    """Its headers and adapters are used, and the guard holds all the same."""
    session, adapter = requests.Session(), Counting()
    session.mount("https://", adapter)
    session.headers["X-Team"] = "crm"
    client: Any = SalesforceHealthHook("crm_prod", session=session).get_conn()
    assert client.session.headers["X-Team"] == "crm"
    with org.fault(path="/services/data/*", status=401), pytest.raises(SalesforceExpiredSession):
        client.Account.describe()
    assert (adapter.sent, org.counts().logins) == (4, 2)


def test_examine_gives_a_report(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """Requirements, options and checks as the operator takes them."""
    report = hook.examine(requirements={"sandbox": True}, options={"reauthenticate": False}, checks=["org"])
    assert (report.verdict, report.main and report.main.cause) == (Verdict.UNHEALTHY, "wrong_org")
    assert {each.check for each in report.findings} == set(select(["org"]))


def test_examine_reports_what_it_could_not_begin_with(
    hook: SalesforceHealthHook, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an incomplete nor a missing connection is raised; the one is a failure, the other is not known to be one, but on
    Airflow 2.11, which is certain.
    """
    crm_prod("jwt", private_key=None)
    assert [each.level for each in hook.examine().findings] == [Level.FAILED]
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    missing = Level.UNKNOWN if AIRFLOW_V_3_0_PLUS else Level.FAILED
    assert [each.level for each in hook.examine().findings] == [missing]


def test_the_test_button_tells_verdict_and_place(org: FakeOrg, hook: SalesforceHealthHook) -> None:
    """Healthy or not, it says so in Airflow's 2,000 characters, from where, and not by an id that nobody knows."""
    healthy, text = hook.test_connection()
    assert healthy
    assert text.startswith("The Salesforce connection is healthy.")
    org.user().active = False
    healthy, text = hook.test_connection()
    assert not healthy
    assert text.startswith("The Salesforce connection is unhealthy: the integration user is inactive.")
    assert "Salesforce administrator: " in text
    assert "Seen from " in text.splitlines()[-1]
    assert len(text) <= 2_000
    assert "crm_prod" not in text


def test_the_test_button_on_connections_that_make_no_login(
    hook: SalesforceHealthHook, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An incomplete connection's field is named, without the temporary id; a missing one is no traceback either."""
    crm_prod("jwt", private_key=None)
    healthy, text = hook.test_connection()
    assert not healthy
    assert "private_key" in text
    assert "crm_prod" not in text
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    healthy, text = hook.test_connection()
    assert not healthy
    assert "crm_prod" not in text


def test_the_test_button_eats_no_words(crm_prod: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose id is a word of the advice is not named, and the word stays where it is one."""
    crm_prod("jwt", version="v62.0")
    monkeypatch.setenv("AIRFLOW_CONN_V62.0", os.environ["AIRFLOW_CONN_CRM_PROD"])
    _, text = SalesforceHealthHook("v62.0").test_connection()
    assert "The connection has the API version 'v62.0'." in text


def test_the_test_button_tells_all_of_the_advice(org: FakeOrg, hook: SalesforceHealthHook, crm_prod: Connect) -> None:
    """The steps that are for the reader, whom to ask, the article and the page; nothing of a task, as there is none."""
    crm_prod("jwt", contact="#crm-team")
    org.user().active = False
    _, text = hook.test_connection()
    for part in ("Saw: ", "Means: ", "\n1. ", "Contact: #crm-team", "Article: ", "/causes/user_inactive"):
        assert part in text
    assert "this task" not in text


def test_the_test_button_ends_in_fifteen_seconds(org: FakeOrg, hook: SalesforceHealthHook, crm_prod: Connect) -> None:
    """It runs inside Airflow's API server, so a connection's longer limits do not hold there, and shorter ones do."""
    crm_prod("jwt", examination_timeout=600, read_timeout=300, connect_timeout=0.5)
    limits = _hurried(hook._resolved()).time_limits
    assert (limits.connect, limits.read, limits.examination) == (0.5, 10, 13)


def test_the_test_button_never_raises(hook: SalesforceHealthHook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong site setting is told as what it is."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "soon")
    healthy, text = hook.test_connection()
    assert not healthy
    assert "[sf_health] read_timeout" in text


def test_the_hook_of_a_typed_connection_is_ours(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """`conn_type: sf_health` makes Airflow's own look-up give this hook, by the same fields."""
    from airflow.models import Connection

    fields = {name: value for name, value in org.connection("jwt").items() if value is not None}
    monkeypatch.setenv("AIRFLOW_CONN_TYPED", json.dumps({"conn_type": "sf_health", **fields}))
    found = Connection.get_connection_from_secrets("typed").get_hook()
    assert type(found) is SalesforceHealthHook
    assert found.test_connection()[0]
