"""The callbacks and texts for any task, with contexts made by hand; tests/airflow has real ones."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from reports import states
from salesforce_errors import HOST, inactive, locked, masked, refused
from told import Told, listening

from airflow_sf_health.callbacks import dedup_key, explain_failure, notification_text
from airflow_sf_health.compat import AirflowException
from airflow_sf_health.exceptions import SalesforceUnhealthy
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.report import Report

LOG_URL = "https://airflow.acme.example/dags/load/runs/1/tasks/accounts?try_number=1"
CONNECTION = {
    "conn_type": "salesforce",
    "login": "integration@acme.com",
    "password": "canary-password",
    "extra": {
        "security_token": "canary-token",
        "contact": "crm@acme.com",
        "runbook": "https://wiki.acme.example/crm",
        "severity": "SEV2",
    },
}


@pytest.fixture
def crm_prod(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection with all that a message shows of it, and with secrets that none shows."""
    monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", json.dumps(CONNECTION))


@pytest.fixture
def told() -> Iterator[Told]:
    """What the callback logged."""
    with listening(logging.DEBUG) as heard:
        yield heard


def context(error: object, **task: Any) -> dict[str, Any]:
    """What Airflow gives a callback, as far as it matters here."""
    ti = SimpleNamespace(
        dag_id="load", task_id="accounts", map_index=-1, try_number=1, max_tries=3, state="failed", log_url=LOG_URL
    )
    return {"ti": ti, "task": SimpleNamespace(**task), "exception": error}


def verdict() -> SalesforceUnhealthy:
    """What our operator raises for an inactive user."""
    return SalesforceUnhealthy("it is unhealthy", report=states()["inactive"], cause="user_inactive")


@pytest.mark.usefixtures("crm_prod")
def test_the_advice_of_a_stock_operator(told: Told) -> None:
    """In the shape of every message: whom it concerns, what was seen, what to do, and what the connection says of itself."""
    explain_failure(context(inactive(), salesforce_conn_id="crm_prod"))
    [advice] = told.messages
    assert advice.splitlines()[:4] == [
        "Task 'accounts' failed on Salesforce connection 'crm_prod': the integration user is inactive.",
        "",
        "  user     integration@acme.com, logging in at login.salesforce.com",
        next(line for line in advice.splitlines() if line.startswith("  saw      invalid_grant: inactive user · ")),
    ]
    assert "  retry    no. Failed at once; 3 retries were not spent." in advice
    assert "  severity SEV2" in advice
    assert "  contact  crm@acme.com (from the connection)" in advice
    assert "  runbook  https://wiki.acme.example/crm" in advice
    assert "  asked" not in advice
    assert "canary" not in advice


def test_a_verdict_of_ours_is_told_by_its_report(told: Told) -> None:
    """The message is that of the examination, whose task wrote nothing."""
    explain_failure(context(verdict()))
    [advice] = told.messages
    assert advice.startswith("Salesforce connection 'crm' is unhealthy: the integration user is inactive.")
    assert "The preflight wrote nothing to Salesforce." in " ".join(advice.split())


def test_it_is_told_once(told: Told) -> None:
    """Whoever lists the callback twice, or wraps the exception, reads the advice once."""
    error = inactive()
    explain_failure(context(error))
    wrapped = AirflowException("the load failed")
    wrapped.__cause__ = error
    explain_failure(context(wrapped))
    assert [each.splitlines()[0] for each in told.messages] == [
        "Task 'accounts' failed at Salesforce: the integration user is inactive.",
        "What to do about this failure stands above.",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "The task has no exception that could be explained."),
        ({"exception": None}, "The task has no exception that could be explained."),
        ({"exception": "marked failed by hand"}, "The task has no exception that could be explained."),
        ({"exception": ValueError("mine")}, "ValueError is no failure at Salesforce."),
        ({"exception": KeyboardInterrupt()}, "KeyboardInterrupt is no failure at Salesforce."),
    ],
)
def test_what_is_not_salesforces_has_one_quiet_line(told: Told, given: dict[str, Any], said: str) -> None:
    """Below the level that a task's log shows."""
    explain_failure(given)
    assert [(each.levelname, each.getMessage()) for each in told.records] == [("DEBUG", said)]


def test_with_the_exception_alone(told: Told) -> None:
    """Neither task nor instance need be there."""
    explain_failure({"exception": locked()})
    [advice] = told.messages
    assert advice.startswith("Task '?' failed at Salesforce: another process holds a lock on the same records.")
    assert f"the user of this connection in {HOST}" in advice
    assert "None" not in advice


def test_an_unknown_error_of_salesforces_is_told_with_its_words(told: Told) -> None:
    """Nothing is made up: the headline quotes it, and the steps say how to find out."""
    explain_failure(context(refused("A_STRANGE_CODE", "what nobody has seen")))
    [advice] = told.messages
    assert advice.startswith("Task 'accounts' failed at Salesforce: HTTP 400 A_STRANGE_CODE: what nobody has seen.")
    assert "cause    unknown" in advice


class Breaking(dict[str, Any]):
    """A context that cannot be read."""

    def get(self, *_: object) -> Any:
        raise RuntimeError("no context here")


def test_nothing_is_ever_raised(told: Told) -> None:
    """The callbacks beside these are to run, and a notice with little in it is better than none."""
    explain_failure(Breaking())
    assert notification_text(Breaking()) == "A task failed; its log says more."
    assert dedup_key(Breaking()) == "sf-health:-:-:unknown"
    assert "could not be explained" in told.messages[0]


@pytest.mark.usefixtures("crm_prod")
def test_a_notice_is_short_and_has_one_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Severity, headline, who must do what, whom it concerns, the try, the site's runbook, and the task's log."""
    given = context(inactive(), salesforce_conn_id="crm_prod")
    assert notification_text(given).splitlines() == [
        "[SEV2] Task 'accounts' failed on Salesforce connection 'crm_prod': the integration user is inactive.",
        "A Salesforce administrator must reactivate integration@acme.com; retries will not help.",
        "integration@acme.com, logging in at login.salesforce.com · contact crm@acme.com",
        "load.accounts, try 1 of 4. Failed at once; 3 retries were not spent.",
        "Runbook: https://wiki.acme.example/crm",
        LOG_URL,
    ]


def test_a_notice_without_a_log_links_the_cause() -> None:
    """Where Airflow gives no address of a log, the page of the cause stands there."""
    assert notification_text({"exception": locked()}).splitlines()[-1].endswith("/causes/lock_contention")


def test_a_notice_of_a_retry_says_so() -> None:
    """As `on_retry_callback`."""
    given = context(locked())
    given["ti"].state = "up_for_retry"
    assert "load.accounts, try 1 of 4. Airflow tries again: try 2 of 4." in notification_text(given)


def test_a_notice_of_another_failure_is_plain() -> None:
    """Task, exception in one line, log."""
    given = context(ValueError("several\nlines"))
    given["ti"].map_index = 3
    assert notification_text(given) == f"Task load.accounts[3], try 1 of 4 failed: ValueError: several lines\n{LOG_URL}"
    del given["exception"]
    assert "without an exception (killed, or marked so by hand)" in notification_text(given)


SESSION = "00D5g000004XXXX!AQcAQH0canary.canary_canary"
SECRETS = [
    f"GET /services/data failed, sid={SESSION}; path=/",
    f"headers: {{'Authorization': 'Bearer {SESSION}'}}",
    f"session {SESSION} is dead",
    "Authorization: Bearer eyJhbGciOi.canary.canary",
    "grant_type=refresh_token&refresh_token=5Aep8canary&client_secret=canary123",
    '{"access_token": "canary canary", "client_secret" : "canary"}',
    r'"{\"access_token\": \"canary\"}"',
    "{'password': 'canary', 'security_token': 'canary'}",
    "assertion=eyJcanary.eyJcanary",
    "x" * 290 + f" sid={SESSION}",
    "<sessionId>canary</sessionId>",
]


@pytest.mark.parametrize("said", SECRETS)
def test_no_secret_is_told(said: str, told: Told) -> None:
    """Neither in a plain notice nor in that of a failure at Salesforce, nor in the log."""
    for error in (ValueError(said), refused("A_STRANGE_CODE", said), refused("UNABLE_TO_LOCK_ROW", said)):
        given = context(error)
        explain_failure(given)
        assert "failed" in notification_text(given)
        for text in (notification_text(given), *told.messages):
            assert "canary" not in text


def test_words_that_only_sound_like_a_secret_stay() -> None:
    """A refusal speaks of passwords and tokens without showing them."""
    said = "Invalid username, password, security token; or user locked out. Bearer token expected"
    assert said in notification_text(context(ValueError(said)))


def test_the_headline_of_an_unknown_refusal_is_short() -> None:
    """Its code, and the first words without anybody's address: a rule of the org may put a record's content there."""
    text = notification_text(context(refused("A_STRANGE_CODE", "for jane.doe@acme.com: " + "private " * 40)))
    head = text.splitlines()[0]
    assert head.startswith("Task 'accounts' failed at Salesforce: HTTP 400 A_STRANGE_CODE: for ***: private")
    assert "jane.doe" not in text
    assert len(head) < len("Task 'accounts' failed at Salesforce: HTTP 400 A_STRANGE_CODE: ") + 85


def test_a_refused_load_is_told_with_its_rows() -> None:
    """Of rows that were refused, the exception's own words are in the advice, and the key names the cause."""
    error = SalesforceUnhealthy("400 of 1,000 rows were refused", cause="owner_inactive")
    assert dedup_key(context(error)).endswith(":owner_inactive")
    assert notification_text(context(error)).startswith(
        "Task 'accounts' failed at Salesforce: records are to be owned by"
    )


@pytest.mark.usefixtures("crm_prod")
def test_the_same_incident_has_the_same_key() -> None:
    """Whatever DAG and try, in whichever case the names are written: host, user and cause make it."""
    key = dedup_key(context(inactive(), salesforce_conn_id="crm_prod"))
    other = context(inactive(), salesforce_conn_id="crm_prod")
    other["ti"] = SimpleNamespace(dag_id="another", task_id="sync", try_number=2)
    assert key == dedup_key(other) == "sf-health:login.salesforce.com:integration@acme.com:user_inactive"
    assert key != dedup_key(context(masked(), salesforce_conn_id="crm_prod"))


def test_a_key_with_little_known() -> None:
    """What is not known is a dash; another failure has a key of its task."""
    assert dedup_key({"exception": inactive()}) == "sf-health:-:-:user_inactive"
    assert dedup_key({"exception": locked()}) == f"sf-health:{HOST}:-:lock_contention"
    assert dedup_key(context(ValueError("mine"))) == "airflow:load:accounts"


def test_the_key_of_a_report_is_by_the_host_that_refused() -> None:
    """A guarded and an unguarded task meet the same refusal at the same host; where the login succeeded, at the org's own."""

    def key(report: Report) -> str:
        return dedup_key({"exception": SalesforceUnhealthy("x", report=report)})

    assert key(states()["inactive"]) == "sf-health:login.salesforce.com:integration@acme.com:user_inactive"
    assert key(states()["no_api"]) == "sf-health:acme.my.salesforce.com:integration@acme.com:api_disabled_for_user"
    nobody = replace(states()["no_api"], login_host=None, conn_id="crm", proof=None)
    assert key(replace(nobody, identity=type(nobody.identity)())).startswith("sf-health:crm:-:")


@pytest.mark.parametrize(
    "task", [{"conn_id": "crm_prod"}, {"op_kwargs": {"salesforce_conn_id": "crm_prod"}}, {"sf_conn_id": "crm_prod"}]
)
@pytest.mark.usefixtures("crm_prod")
def test_where_the_connection_is_found(task: dict[str, Any]) -> None:
    """In the attributes and arguments that operators and functions have for it."""
    assert "integration@acme.com" in dedup_key(context(inactive(), **task))


def test_an_id_of_another_kind_of_connection_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`conn_id` may be that of a database that the task writes to."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "postgresql://me@db/warehouse")
    text = notification_text(context(inactive(), conn_id="warehouse"))
    assert "warehouse" not in text
    gone = notification_text(context(inactive(), salesforce_conn_id="gone"))
    assert "on Salesforce connection 'gone'" in gone


def test_no_login_is_made_for_an_explanation(monkeypatch: pytest.MonkeyPatch, crm_prod: None) -> None:
    """Whoever is refused is not asked again: only Airflow's connection is read."""
    monkeypatch.setattr(OrgSession, "open", None)
    assert notification_text(context(inactive(), salesforce_conn_id="crm_prod")).startswith("[SEV2]")
