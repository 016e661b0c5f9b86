"""The retry policy, by exceptions made by hand; tests/airflow runs it in tasks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from salesforce_errors import inactive, locked, masked, raised_in, refused
from told import listening

from airflow_sf_health.causes import Retry, cause
from airflow_sf_health.compat import (
    AIRFLOW_V_3_3_PLUS,
    AirflowException,
    AirflowFailException,
    RetryDecision,
    RetryPolicy,
)
from airflow_sf_health.edges.failing import failure_of
from airflow_sf_health.errors import ConfigurationError, OrgConnectionError
from airflow_sf_health.exceptions import SalesforceUnhealthyForNow
from airflow_sf_health.retries import SalesforceRetryPolicy

with_policies = pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="retry policies came with Airflow 3.3")


def decide(error: BaseException, try_number: int = 1, max_tries: int = 3, **how: Any) -> Any:
    return SalesforceRetryPolicy(**how).evaluate(error, try_number, max_tries)


class Fixed(RetryPolicy):
    """A policy that always says the same."""

    def __init__(self, said: Any) -> None:
        self.said = said

    def evaluate(self, *_: Any, **__: Any) -> Any:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.mark.skipif(AIRFLOW_V_3_3_PLUS, reason="retry policies came with Airflow 3.3")
def test_before_3_3_it_says_so() -> None:
    """A DAG file can import the class and ask; making one says what to do instead."""
    assert not SalesforceRetryPolicy.available
    with pytest.raises(ConfigurationError, match=r"has no retry policies: they came with 3\.3"):
        SalesforceRetryPolicy()


@with_policies
@pytest.mark.parametrize(
    "error",
    [inactive(), refused("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", 403)],
    ids=["inactive user", "no API"],
)
def test_what_no_retry_heals_fails_at_once(error: Exception) -> None:
    """Whatever tries are left; the reason is one line that names the cause."""
    decision = decide(error)
    assert decision.action.value == "fail"
    assert decision.reason.endswith("; no retry heals it")
    assert "\n" not in decision.reason


@with_policies
def test_wrapped_in_the_exceptions_of_others() -> None:
    """An AirflowException around it changes nothing."""
    error = AirflowException("the load failed")
    error.__cause__ = inactive()
    assert decide(error).action.value == "fail"


def while_handling(handled: BaseException, error: Exception) -> Exception:
    error.__context__ = handled
    return error


@with_policies
def test_what_was_only_being_handled_fails_no_task() -> None:
    """A fallback that fails for a reason of its own is retried as it would be without the policy."""
    for error in (KeyError("fallback"), AirflowException("the load failed"), OSError("disk full")):
        assert decide(while_handling(inactive(), error)) == RetryDecision.default()
    apart = while_handling(inactive(), ValueError("mine"))
    apart.__suppress_context__ = True
    assert failure_of(apart) is None
    own = failure_of(while_handling(inactive(), locked()))
    assert own is not None
    assert own.report.main is not None
    assert own.report.main.cause == "lock_contention"
    assert failure_of(while_handling(inactive(), TimeoutError("connection timed out"))) is None
    told = failure_of(while_handling(inactive(), AirflowException("the load failed")))
    assert told is not None
    assert told.report.main is not None
    assert told.report.main.cause == "user_inactive"


@with_policies
@pytest.mark.parametrize(
    ("error", "cause_id"),
    [
        (locked(), "lock_contention"),
        (refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403), "request_limit"),
        (refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", 403), "concurrent_limit"),
    ],
)
def test_what_time_heals_is_retried_after_the_delay_of_its_cause(error: Exception, cause_id: str) -> None:
    """The cause's delay, and no hour of the day: the daily limit is counted over the last 24 hours."""
    decision = decide(error)
    after = cause(cause_id).retry_after
    assert after
    assert (decision.action.value, decision.retry_delay) == ("retry", timedelta(seconds=after))
    assert decision.reason.startswith(f"{cause_id}: ")


@with_policies
def test_a_dead_session_is_left_to_the_task() -> None:
    """The next try logs in anew, which heals one that is only old; a user that was deactivated meets the same refusal."""
    decision = decide(refused("INVALID_SESSION_ID", "Session expired or invalid", 401))
    assert (decision.action.value, decision.retry_delay) == ("default", None)
    assert decision.reason.startswith("session_expired: ")


@with_policies
def test_no_retry_follows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where the cause is certain and the next try may be made now, or where a site's cause says so."""
    for retry, after in ((Retry.NOW, None), (Retry.NOW, 0), (Retry.LATER, 5)):
        known = replace(cause("lock_contention"), retry=retry, retry_after=after)
        monkeypatch.setattr("airflow_sf_health.causes.cause", lambda _, known=known: known)
        assert decide(locked()).retry_delay == timedelta(seconds=30)


@with_policies
def test_a_refusal_that_hides_its_reason_is_left_to_the_task() -> None:
    """A locked user looks like a wrong password: the task's own retries go on, and the reason says why."""
    decision = decide(masked())
    assert decision.action.value == "default"
    assert "another cause that looks the same" in decision.reason


@with_policies
@pytest.mark.parametrize(
    "error",
    [
        ValueError("connection timed out"),
        KeyError("Account"),
        requests.ConnectTimeout("HTTPSConnectionPool(host='api.acme.example', port=443): timed out"),
        AirflowException("invalid_grant: authentication failure"),
        KeyboardInterrupt(),
        SystemExit(1),
        refused("A_CODE_THAT_NOBODY_KNOWS", "what nobody has seen"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_not_salesforces_or_unknown_is_left_to_the_task(error: BaseException) -> None:
    """No opinion, no reason, no delay."""
    assert decide(error) == RetryDecision.default()


FOREIGN = [
    "ALREADY_EXISTS: table exists",
    "METHOD_NOT_ALLOWED",
    "BAD_REQUEST: invalid parameter",
    "UNSUPPORTED_MEDIA_TYPE",
    "JSON_PARSER_ERROR",
    "INVALID_ID: job 7",
    "INSUFFICIENT_ACCESS: bucket",
    "INVALID_FIELD: unknown column of the warehouse",
    "copying salesforce data to https://api.acme.example/upload failed: invalid_grant: inactive user",
    "salesforce export: host='db.acme.internal' invalid_client_id: client identifier invalid",
    "salesforce " + "a." * 10_000 + " a-" * 5_000 + "https://api.acme.example",
    "export of salesforce to warehouse.acme.com: API_DISABLED_FOR_ORGANISATION invalid_grant: inactive user",
]


@with_policies
@pytest.mark.parametrize("said", FOREIGN)
def test_what_others_say_too_is_not_salesforces(said: str) -> None:
    """Neither by a code of anybody's, nor by Salesforce's name beside the host of somebody else."""
    assert decide(RuntimeError(said)) == RetryDecision.default()


@with_policies
def test_a_name_alone_ends_no_task() -> None:
    """It is enough for the advice, as is a host of Salesforce's; a code that only Salesforce sends is enough for both."""
    for said in (
        "salesforce refused: invalid_grant: inactive user",
        "POST https://acme.my.salesforce.com/x: invalid_grant: inactive user",
    ):
        assert decide(RuntimeError(said)) == RetryDecision.default()
        assert failure_of(RuntimeError(said)) is not None
    assert decide(RuntimeError("API_DISABLED_FOR_ORG: The REST API is not enabled")).action.value == "fail"
    assert failure_of(RuntimeError("INVALID_FIELD: No such column 'Foo__c' on entity 'Account'")) is not None


@with_policies
def test_frames_of_this_package_say_nothing() -> None:
    """It calls Airflow and code of the site's, whose failures are their own."""
    assert decide(raised_in("airflow_sf_health.operators.x", TimeoutError("timed out"))) == RetryDecision.default()


@with_policies
def test_silence_counts_where_salesforce_was_asked() -> None:
    """The same time limit is Salesforce's when it was met inside a Salesforce library, or on the way to one of its hosts."""
    url = "https://acme.my.salesforce.com/services/data/v59.0/query"
    met = raised_in("simple_salesforce.api", requests.ConnectTimeout("timed out"))
    on_the_way = requests.ConnectTimeout("timed out", request=requests.Request("GET", url).prepare())
    for error in (met, on_the_way):
        assert decide(error).retry_delay == timedelta(seconds=cause("network_timeout").retry_after or 0)


@with_policies
def test_an_incomplete_connection_fails_at_once() -> None:
    """No retry fills a field."""
    assert decide(OrgConnectionError("Connection 'crm' has no private key.")).action.value == "fail"


@with_policies
def test_what_fails_by_itself_fails() -> None:
    """Airflow never asks about these; another policy around this one may."""
    assert decide(AirflowFailException("enough")).action.value == "fail"


@with_policies
def test_a_verdict_of_ours_is_retried_by_its_cause() -> None:
    """Of an examination that says for-now, the cause decides when."""
    error = SalesforceUnhealthyForNow("Salesforce is down", cause="org_maintenance_or_unavailable")
    assert decide(error).retry_delay == timedelta(seconds=cause("org_maintenance_or_unavailable").retry_after or 0)


@with_policies
def test_a_verdict_of_ours_that_allows_a_retry_is_not_failed() -> None:
    """Whoever judged it has seen more than its cause: most rows were refused for good, and the others may still pass."""
    assert decide(SalesforceUnhealthyForNow("rows were refused", cause="owner_inactive")) == RetryDecision.default()


@with_policies
def test_on_the_last_try_nothing_is_promised() -> None:
    """Airflow counts retries: with three of them, the fourth try is the last."""
    assert decide(locked(), try_number=3).action.value == "retry"
    assert decide(locked(), try_number=4) == RetryDecision.default()
    assert decide(inactive(), try_number=4).action.value == "fail"


@with_policies
@pytest.mark.parametrize("error", [ValueError("mine"), masked()], ids=["not ours", "not certain"])
def test_another_policy_is_asked_where_this_one_has_no_opinion(error: Exception) -> None:
    """A site's own rules go on to hold for what is not Salesforce's."""
    rule = RetryDecision.retry(timedelta(seconds=7), "house rule")
    assert decide(error, otherwise=Fixed(rule)) == rule


@with_policies
def test_another_policy_is_not_asked_where_this_one_has_an_opinion() -> None:
    """What no retry heals is not retried by a rule for everything."""
    assert decide(inactive(), otherwise=Fixed(RetryDecision.retry())).action.value == "fail"


@with_policies
def test_it_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a fault of the other policy nor for one of its own: the task's own rule decides then."""
    assert decide(ValueError("mine"), otherwise=Fixed(RuntimeError("broken"))) == RetryDecision.default()
    monkeypatch.setattr("airflow_sf_health.edges.failing.failure_of", None)
    with listening() as told:
        assert decide(inactive()) == RetryDecision.default()
    assert told.messages == ["SalesforceRetryPolicy could not judge this failure."]


@with_policies
def test_the_advice_is_logged_once_and_only_for_a_task_that_ends() -> None:
    """On the way there is the reason alone, which Airflow logs."""
    error = inactive()
    with listening() as told:
        decide(locked())
        assert not told.messages
        decide(error)
        decide(error)
    [advice] = told.messages
    assert "Failed at once; 3 retries were not spent." in advice


@with_policies
def test_it_shows_as_what_it_is() -> None:
    """Airflow writes a policy of a DAG that it cannot serialise as text, which must be the same each time."""
    assert repr(SalesforceRetryPolicy()) == "SalesforceRetryPolicy()"
    assert repr(SalesforceRetryPolicy(otherwise=SalesforceRetryPolicy())).endswith(
        "(otherwise=SalesforceRetryPolicy())"
    )


@pytest.mark.parametrize("module", ["retries", "callbacks"])
def test_importing_it_loads_nothing_of_a_failure(module: str) -> None:
    """A DAG file pays for the class alone: causes, presenters and clients come when a task has failed."""
    program = f"import sys, airflow_sf_health.{module}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours = {name for name in said.stdout.split() if name.startswith("airflow_sf_health.")}
    light = {"retries", "callbacks", "compat", "errors", "edges", "edges.attempt"}
    light |= {
        "provider_info",
        "connection_fields",
        "cluster_policy",
    }  # Airflow itself reads these, where the package is installed
    ours = {name for name in ours if not name.startswith("airflow_sf_health.compat.")}
    assert ours <= {f"airflow_sf_health.{name}" for name in light}


@with_policies
@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Login to Salesforce failed: user is inactive", "default"),
        ("Pod sync-1 failed: UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record", "retry"),
        (
            "source-salesforce: INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
            "default",
        ),
        ("salesforce_sync: disk storage limit exceeded", "default"),
        ("salesforce_raw.load: connection timed out", "default"),
        ("NOT_FOUND: table salesforce.account", "default"),
        ("('invalid_grant: Token has been expired or revoked.') while loading salesforce_raw", "default"),
    ],
)
def test_other_tools_are_believed_where_they_name_salesforce(text: str, action: str) -> None:
    """By name, or by a code that nobody else sends; a table or task that is called after it is none."""
    assert decide(AirflowException(text)).action.value == action
