"""What a task does about the rows of its load, with results as the fake org gives them to simple-salesforce."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health.causes import CAUSE_IDS, Diagnosis, cause
from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS, AirflowFailException, AirflowTaskTimeout
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.exceptions import SalesforceMisconfigured, VerdictError
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.schema import ValidationRule

Judge = Callable[..., Any]
Send = Callable[..., list[dict[str, Any]]]
LOCK = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}
OWNER = {
    "statusCode": "INACTIVE_OWNER_OR_USER",
    "message": "operation performed with inactive user [005Hs0000000002] as owner of account",
}
STRANGE = {"statusCode": "SOME_CODE_OF_TOMORROW", "message": "never heard of"}
GOOD = {"success": True, "created": True, "id": "001Hs00000abcdefAAA", "errors": []}
CHANGED = GOOD | {"created": False}


def bad(error: dict[str, Any]) -> dict[str, Any]:
    return {"success": False, "created": False, "id": None, "errors": [error]}


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the task says to its log."""
    caplog.set_level(logging.INFO, logger="task")
    return caplog


def test_each_reason_for_which_the_org_refuses_a_row(org: FakeOrg, send: Send, judge: Judge, logged: Any) -> None:
    """An inactive owner, a missing field, a rule of the org, a long text and a value twice: counted by cause."""
    administrator = org.state.users[1]
    administrator.active = False
    rule = ValidationRule("Rating = 'Hot'", "A hot account needs a number", "Rating")
    org.state.schema["Account"].validation_rules.append(rule)
    rows = [
        {"Name": "fine", "ERP_Id__c": "E1"},
        {"Name": "left", "OwnerId": administrator.id},
        {"Rating": "Cold"},
        {"Name": "ruled out", "Rating": "Hot"},
        {"Name": "long", "AccountNumber": "9" * 41},
        {"Name": "twice", "ERP_Id__c": "E1"},
    ]
    judged = judge(send(rows), payload=rows)
    assert judged.kind == "SalesforceRowsRefused"
    assert judged.error.outcome.counts == {"data_error": 4, "owner_inactive": 1}
    assert (judged.error.cause, judged.error.outcome.written) == ("data_error", 1)
    codes = ("REQUIRED_FIELD_MISSING", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "STRING_TOO_LONG", "DUPLICATE_VALUE")
    assert all(code in logged.text for code in (*codes, "INACTIVE_OWNER_OR_USER"))
    assert "9999" not in logged.text


@pytest.mark.parametrize(
    ("results", "task", "kind"),
    [
        ([GOOD, bad(OWNER)], {}, "SalesforceRowsRefused"),
        ([bad(OWNER)], {}, "SalesforceRowsRefused"),
        ([bad(LOCK)], {}, "SalesforceRowsRefusedForNow"),
        ([GOOD, bad(LOCK)], {}, "SalesforceRowsRefused"),
        ([CHANGED, bad(LOCK)], {"operation": "update"}, "SalesforceRowsRefusedForNow"),
        ([CHANGED, bad(LOCK)], {"operation": "delete"}, "SalesforceRowsRefusedForNow"),
        ([GOOD, bad(LOCK)], {"operation": "upsert", "external_id_field": "ERP_Id__c"}, "SalesforceRowsRefusedForNow"),
        ([GOOD, bad(LOCK)], {"operation": "upsert", "external_id_field": "id"}, "SalesforceRowsRefused"),
        ([CHANGED, bad(LOCK)], {"operation": "upsert"}, "SalesforceRowsRefusedForNow"),
        ([CHANGED, bad(LOCK), bad(OWNER)], {"operation": "update"}, "SalesforceRowsRefused"),
        ([CHANGED, bad(STRANGE)], {"operation": "update"}, "SalesforceRowsRefusedForNow"),
        ([GOOD, bad(STRANGE)], {}, "SalesforceRowsRefused"),
        ([GOOD, bad(LOCK)], {"operation": "", "payload": None}, "SalesforceRowsRefused"),
        ([], {"payload": [{"Name": "x"}]}, "SalesforceRowsRefused"),
    ],
)
def test_a_retry_only_where_it_can_help_and_writes_nothing_twice(
    judge: Judge, results: list[Any], task: dict[str, Any], kind: str
) -> None:
    """Time must be able to heal enough of the rows, and sending all rows again must make no second record of one."""
    judged = judge(results, **task)
    assert judged.kind == kind
    assert isinstance(judged.error, VerdictError)
    assert isinstance(judged.error, AirflowFailException) is (kind == "SalesforceRowsRefused")


def test_rows_that_may_fail_do_not_stand_in_the_way_of_a_retry(judge: Judge) -> None:
    """One inactive owner is allowed; the two locks beside it are worth another try, which then succeeds."""
    results = [CHANGED, bad(OWNER), bad(LOCK), bad(LOCK)]
    assert judge(results, {"max_failed": 1}, operation="update").kind == "SalesforceRowsRefusedForNow"
    assert judge(results, {"max_failed": 3}, operation="update").error is None


def test_the_exception_is_one_line_with_all_that_a_chat_may_show(judge: Judge) -> None:
    """Rows, code, who acts, what not to do, and the page; for programs, the same as data."""
    error = judge([GOOD] * 600 + [bad(OWNER)] * 400).error
    assert str(error).startswith(
        "Salesforce refused 400 of 1,000 rows (insert into Account, connection 'crm'): records are to be owned by an inactive user "
        "(INACTIVE_OWNER_OR_USER). 600 rows were written; do not simply clear this task. The DAG author must "
    )
    assert str(error).endswith("/causes/owner_inactive")
    assert "\n" not in str(error)
    assert (error.cause, error.outcome.refused, error.outcome.counts) == (
        "owner_inactive",
        400,
        {"owner_inactive": 400},
    )


def test_the_log_has_the_whole_advice(judge: Judge, logged: pytest.LogCaptureFixture) -> None:
    """One error record, in the shape of all messages."""
    judge([GOOD, bad(OWNER), bad(LOCK)])
    [record] = [each for each in logged.records if each.name == "task"]
    assert record.levelno == logging.ERROR
    text = record.getMessage()
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 120
    labels = [line[2:11].strip() for line in text.splitlines()[2:] if line[2:3].strip()]
    assert labels == ["load", "job", "refused", "saw", "means", "do", "retry", "caution", "article", "cause"]


def test_within_what_may_fail_it_is_a_warning(judge: Judge, logged: pytest.LogCaptureFixture) -> None:
    """With the counts, and without steps for somebody who was called for nothing."""
    assert judge([GOOD, bad(OWNER)], {"max_failed": 1}).error is None
    [record] = [each for each in logged.records if each.name == "task"]
    assert record.levelno == logging.WARNING
    assert "1 row was written, 1 refused; may be refused: 1" in record.getMessage()
    assert "clear this task" not in record.getMessage()


@pytest.mark.parametrize("cause_id", CAUSE_IDS)
@pytest.mark.parametrize("written", [0, 1])
def test_nobody_is_told_to_clear_where_rows_were_written(
    judge: Judge, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, cause_id: str, written: int
) -> None:
    """Whatever the cause: its steps about running the task again are replaced by what holds for this load."""
    monkeypatch.setattr(
        "airflow_sf_health.bulk._outcome.diagnose", lambda error: Diagnosis(cause=cause_id, certain=True)
    )
    error = judge([GOOD] * written + [bad(STRANGE)]).error
    text = logged.text.lower() + str(error).lower()
    told = text.replace("do not simply clear this task", "")
    assert ("do not simply clear this task" in text) is bool(written)
    assert ("clear this task" in told or "clear it with" in told) is not bool(written)
    assert "preflight wrote nothing" not in text
    assert cause(cause_id).id in text


def test_results_stay_in_xcom(judge: Judge) -> None:
    """Airflow 3 keeps none of a failed task, and which rows were written is what one needs then; 2 has kept it before."""
    results = [GOOD, bad(OWNER)]
    kept = [("return_value", results)] if AIRFLOW_V_3_0_PLUS else []
    assert judge(results).context["ti"].pushed == kept
    assert judge(results, do_xcom_push=False).context["ti"].pushed == []
    assert judge([bad(OWNER)] * 0 + [GOOD]).context["ti"].pushed == []


@pytest.mark.parametrize(
    ("results", "task", "words"),
    [
        (None, {"do_xcom_push": False}, "do_xcom_push=False"),
        (None, {"payload": None}, "the task returned nothing"),
        ({"a": 1}, {}, "a value of type dict"),
        ([{"numberRecordsFailed": 1}], {}, "there is no 'success' in it"),
    ],
)
def test_no_results_are_not_good_results(judge: Judge, results: Any, task: dict[str, Any], words: str) -> None:
    """Nothing to judge fails the task at once, since rows may have been written."""
    with pytest.raises(SalesforceMisconfigured, match=words) as caught:
        judge(results, **task)
    assert isinstance(caught.value, AirflowFailException)
    assert "do not simply clear this task" in str(caught.value)


MIXED = [GOOD] * 60 + [bad(LOCK)] * 40


class Away:
    """A payload that is read from XCom row by row, while Airflow is away."""

    def __iter__(self) -> Any:
        raise ConnectionError("no answer")


def test_results_that_cannot_be_kept_lead_to_no_second_insert(judge: Judge, logged: Any) -> None:
    """Leaving them in XCom is a courtesy; what was decided about the rows stands."""
    from bulk.conftest import Instance

    class Full(Instance):
        def xcom_push(self, key: str, value: Any) -> None:
            raise ValueError("too large")

    assert judge(MIXED, instance=Full()).kind == "SalesforceRowsRefused"
    assert ("could not be left in XCom: ValueError" in logged.text) is AIRFLOW_V_3_0_PLUS


def test_a_wrong_option_of_the_site_leads_to_no_second_insert(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message then has the address of the documentation that the package comes with."""
    monkeypatch.setattr("airflow_sf_health.bulk._verdict.situation", _raise(SettingsError("docs_url")))
    judged = judge(MIXED)
    assert judged.kind == "SalesforceRowsRefused"
    assert str(judged.error).endswith("/causes/lock_contention")


@pytest.mark.parametrize("errors", [5, "x", None, [5], {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}])
def test_odd_rows_are_refused_rows(judge: Judge, errors: Any) -> None:
    """Of another form than Salesforce's, but of no success."""
    judged = judge([GOOD, {"success": False, "errors": errors}])
    assert judged.kind == "SalesforceRowsRefused"
    assert judged.error.outcome.refused == 1


def test_a_payload_that_cannot_be_read_is_an_unknown_one(judge: Judge) -> None:
    """The results alone tell enough."""
    assert judge(MIXED, payload=Away()).kind == "SalesforceRowsRefused"


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), AirflowTaskTimeout("time is over")])
def test_a_judgement_that_fails_leads_to_no_second_insert(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Whatever it is: only a load that may be repeated is left to Airflow's retries."""
    monkeypatch.setattr("airflow_sf_health.bulk._verdict.outcome_of", _raise(error))
    judged = judge(MIXED)
    assert judged.kind == "SalesforceLoadBrokenOff"
    assert isinstance(judged.error, AirflowFailException)
    assert "Rows may have been written (insert into Account, connection 'crm'), and judging them failed" in str(
        judged.error
    )
    with pytest.raises(type(error)):
        judge(MIXED, operation="update")


def _raise(error: BaseException) -> Callable[..., Any]:
    def act(*_: Any, **__: Any) -> Any:
        raise error

    return act
