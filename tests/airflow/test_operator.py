"""The operator, by real `dag.test()` runs against a fake org."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health.checks import select
from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]
API = "/services/data/*"


def test_a_healthy_connection_costs_one_api_call_and_leaves_its_report(org: FakeOrg, run_task: RunTask) -> None:
    """The task succeeds, logs one line, and its XCom is the report, for the price of two requests."""
    ran = run_task()
    counts = org.counts()
    assert (ran.state, ran.tries) == ("success", 1)
    assert "Salesforce connection 'crm_prod' is healthy." in ran.log
    assert load(ran.report).verdict is Verdict.HEALTHY
    assert json.loads(json.dumps(ran.report)) == ran.report
    assert (counts.http_requests, counts.api_calls, counts.logins) == (2, 1, 1)


def test_a_deactivated_user_fails_the_first_of_four_tries(org: FakeOrg, run_task: RunTask) -> None:
    """No retry heals it, so none is spent; the log says what it is, who acts, what was not spent, and the page."""
    org.user().active = False
    ran = run_task(retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "is unhealthy: the integration user is inactive." in ran.log
    assert "retry    no. Failed at once; 3 retries were not spent." in ran.log
    assert "1. Salesforce administrator: " in ran.log
    assert "/causes/user_inactive" in ran.log
    assert "SalesforceUnhealthy: Salesforce connection 'crm_prod' is unhealthy" in ran.log
    assert ran.report["cause"] == "user_inactive"


def test_lost_api_permission_fails_at_once(org: FakeOrg, run_task: RunTask) -> None:
    """The login works and every call is refused: told apart from a dead session, and not retried."""
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")
    ran = run_task(retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "api_disabled_for_user")


def test_maintenance_is_retried_until_it_is_over(org: FakeOrg, run_task: RunTask) -> None:
    """Time heals it: each try says which one comes next, and the one after the maintenance succeeds."""
    with org.fault(status=503, body="maintenance", times=2):
        ran = run_task(retries=3)
    assert (ran.state, ran.tries) == ("success", 3)
    assert "Airflow tries again: try 2 of 4, in 0 s." in ran.log
    assert "Airflow tries again: try 3 of 4, in 0 s." in ran.log
    assert load(ran.report).verdict is Verdict.HEALTHY


def test_the_last_try_says_so(org: FakeOrg, run_task: RunTask) -> None:
    """When the tries are used up, the message does not promise another one."""
    with org.fault(status=503, body="maintenance"):
        ran = run_task(retries=1)
    assert (ran.state, ran.tries) == ("failed", 2)
    assert "This was the last try." in ran.log
    assert "SalesforceUnhealthyForNow" in ran.log


@pytest.mark.parametrize(
    ("choice", "state", "tries", "sentence"),
    [
        ("retry", "failed", 2, "This was the last try."),
        ("fail", "failed", 1, "Failed at once, as on_undetermined says; 1 retry was not spent."),
        ("proceed", "success", 1, "The task goes on all the same, as on_undetermined says."),
    ],
)
def test_what_could_not_be_asked_is_the_users_choice(
    org: FakeOrg, run_task: RunTask, choice: str, state: str, tries: int, sentence: str
) -> None:
    """A reset connection tells nothing of the org; `on_undetermined` says what the task makes of that."""
    with org.fault(reset=True):
        ran = run_task(retries=1, options={"on_undetermined": choice})
    assert (ran.state, ran.tries) == (state, tries)
    assert "could not be examined" in ran.log
    assert sentence in ran.log
    assert load(ran.report).verdict is Verdict.UNDETERMINED


def test_an_incomplete_connection_fails_at_once_and_sends_nothing(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """The missing field is named, and Salesforce hears nothing."""
    crm_prod("jwt", private_key=None)
    ran = run_task(retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "connection_incomplete")
    assert "private_key" in ran.log
    assert org.counts().http_requests == 0


def test_extras_that_are_no_json_are_incomplete(run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not taken for no extras, which would send the user after a missing key."""
    fields = {"conn_type": "salesforce", "login": "me@acme.com", "extra": "[1]"}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", json.dumps(fields))
    ran = run_task(retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "connection_incomplete")
    assert "no JSON object" in ran.log


def test_an_undefined_connection_is_told_from_an_outage_of_airflow(
    run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each place that Airflow looks in has said that there is none, no retry is spent on it."""
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    ran = run_task(retries=1)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "connection_not_found")
    assert load(ran.report).verdict is Verdict.UNHEALTHY
    assert "airflow_unavailable" not in ran.log


def test_a_place_of_connections_that_fails_is_an_outage_of_airflow(
    run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is retried though Airflow says of it, too, that the connection isn't defined; which place it was stands in the log."""
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    monkeypatch.setattr("airflow.secrets.environment_variables.EnvironmentVariablesBackend.get_connection", away)
    ran = run_task(retries=1)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 2, "airflow_unavailable")
    assert load(ran.report).verdict is Verdict.UNDETERMINED
    assert "EnvironmentVariablesBackend could not be asked (ConnectionRefusedError)" in ran.log
    assert "connection_not_found" not in ran.log


def away(*arguments: Any, **named: Any) -> None:
    raise ConnectionRefusedError


def test_a_dead_session_is_replaced_once(org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask) -> None:
    """A connection with a dead ready session and a flow of its own is repaired, and the log and the report say so."""
    ready = org.connection("session")["extra"]
    crm_prod("jwt", **ready)
    org.expire_sessions()
    ran = run_task()
    assert ran.state == "success"
    assert "was dead and was replaced by one fresh login" in ran.log
    assert ran.report["repairs"]
    assert org.counts().logins == 1


def test_reauthenticate_off_leaves_a_dead_session_dead(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """The option is honoured: no login is made, and the task says that the session expired."""
    ready = org.connection("session")["extra"]
    crm_prod("jwt", **ready)
    org.expire_sessions()
    ran = run_task(options={"reauthenticate": False})
    assert (ran.state, ran.report["cause"], org.counts().logins) == ("failed", "session_expired", 0)


def test_site_settings_fill_what_the_task_leaves_open(
    org: FakeOrg, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[sf_health] decides where the task does not, and links go to the site's copy of the documentation."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__ON_UNDETERMINED", "proceed")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__DOCS_URL", "https://wiki.acme.example/sf")
    with org.fault(reset=True):
        ran = run_task()
    assert ran.state == "success"
    assert "https://wiki.acme.example/sf/causes/" in ran.log


def test_checks_are_included_and_left_out(run_task: RunTask) -> None:
    """A family is chosen and one of its members left out; others run only where no selection may do without them."""
    chosen = ["user", "-user.license"]
    ran = run_task(checks=chosen)
    asked = {finding["check"] for finding in ran.report["findings"]}
    assert asked == set(select(chosen))
    assert "user.active" in asked
    assert not asked & {"user.license", "org.identity"}


def test_requirements_are_templates(run_task: RunTask, org: FakeOrg) -> None:
    """A template in a dict of requirements is rendered and then held against the org."""
    ran = run_task(requirements={"org_id": "{{ '00D' + 'Zz0000000002EAA' }}"}, retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "wrong_org")


def test_a_template_that_renders_to_nonsense_is_named(run_task: RunTask) -> None:
    """What could not be looked at while the file was read is looked at when it is rendered."""
    ran = run_task(requirements={"org_id": "{{ 'acme' }}"})
    assert ran.state == "failed"
    assert "'org_id' is 'acme', which is no org id" in ran.log


def test_an_uncertain_failure_is_looked_at_twice(org: FakeOrg, run_task: RunTask) -> None:
    """After a good login, a refusal that nobody knows is asked again before the task spends a try on it."""
    with org.fault(path=API, status=403, body=[{"errorCode": "STRANGE_THING", "message": "no"}], times=1):
        ran = run_task(retries=0)
    assert (ran.state, org.counts().logins) == ("success", 2)


def test_a_masked_refusal_of_the_login_is_one_attempt_in_a_try(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """Salesforce locks out who is refused too often: no second look, and all possible causes in the message."""
    crm_prod("soap_token", security_token="wrong")
    ran = run_task(retries=1)
    assert (ran.state, ran.tries, org.counts().logins) == ("failed", 2, 2)
    assert "or else" in ran.log


def test_a_login_refused_beside_a_session_is_not_looked_at_twice(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """Nor where the session lives on and the login that would replace it is refused."""
    crm_prod("jwt", **org.connection("session")["extra"])
    org.user().frozen = True
    assert run_task().state == "failed"
    assert org.counts().logins == 1


@pytest.fixture
def no_xcom(monkeypatch: pytest.MonkeyPatch) -> None:
    """An Airflow that does not take what is pushed, as one whose API server is away."""
    home = (
        "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance"
        if AIRFLOW_V_3_0_PLUS
        else "airflow.models.TaskInstance"
    )
    monkeypatch.setattr(f"{home}.xcom_push", away)


@pytest.mark.usefixtures("no_xcom")
def test_a_report_that_cannot_be_left_hides_no_verdict(org: FakeOrg, run_task: RunTask) -> None:
    """The advice is in the log, and no retry is spent."""
    org.user().active = False
    ran = run_task(retries=3)
    assert (ran.state, ran.tries, ran.report) == ("failed", 1, None)
    assert "1. Salesforce administrator: " in ran.log
    assert "The report could not be left in XCom: ConnectionRefusedError" in ran.log


@pytest.mark.usefixtures("no_xcom")
def test_nor_the_last_advice_of_a_sensor(org: FakeOrg, run_task: RunTask) -> None:
    """Its time is out, which is not tried again."""
    with org.fault(status=503, body="maintenance"):
        ran = run_task("sensor", poke_interval=0.1, timeout=0.3, retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "The time of this sensor is out." in ran.log
    assert "AirflowSensorTimeout" in ran.log


@pytest.mark.skipif(not AIRFLOW_V_3_0_PLUS, reason="2.11 asks for links when its page is shown")
def test_links_of_a_failed_task(org: FakeOrg, run_task: RunTask) -> None:
    """Airflow 3 keeps the article and the Setup page of a failed task, and no article of a healthy one."""
    healthy = run_task()
    assert not healthy.links["ArticleLink"]
    assert org.user().id in healthy.links["SetupPageLink"]
    org.user().active = False
    failed = run_task()
    assert failed.links["ArticleLink"].startswith("https://")


@pytest.mark.skipif(AIRFLOW_V_3_0_PLUS, reason="3 keeps links in XCom when a task ends")
def test_links_on_2_11(org: FakeOrg, run_task: RunTask) -> None:
    """The webserver knows the links of a serialized task, and finds them for a failed one."""
    SerializedDAG = pytest.importorskip("airflow.serialization.serialized_objects").SerializedDAG  # noqa: N806

    org.user().active = False
    ran = run_task()
    task = SerializedDAG.from_dict(SerializedDAG.to_dict(ran.dag)).get_task("task")
    assert task.get_extra_links(ran.instance, "Salesforce article").startswith("https://")
    assert set(task.extra_links) == {"Salesforce article", "Salesforce setup page"}


@pytest.mark.parametrize("flow", ["client_credentials", "password", "soap_token", "soap_organization", "session"])
def test_each_flow_is_examined(crm_prod: Callable[..., None], run_task: RunTask, flow: str) -> None:
    """Every connection that the stock hook accepts can be guarded."""
    crm_prod(flow)
    ran = run_task()
    assert ran.state == "success"
    assert load(ran.report).may_proceed


def test_secrets_are_in_no_log_and_no_xcom(org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask) -> None:
    """Neither a healthy nor a refused run shows a credential, not even a line of the key."""
    secrets = [org.connection("password")["password"], *org.private_key.splitlines()[1:-1]]
    for name in ("jwt", "password"):
        crm_prod(name)
        for active in (True, False):
            org.user().active = active
            ran = run_task()
            said = ran.log + json.dumps(ran.report)
            assert not [secret for secret in secrets if secret and secret in said]
