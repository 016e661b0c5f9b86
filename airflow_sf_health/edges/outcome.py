"""What a task does about a report: go on, fail at once, or let Airflow try again. And the words for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from airflow_sf_health import compat
from airflow_sf_health.causes import Retry, cause
from airflow_sf_health.edges.attempt import Attempt
from airflow_sf_health.edges.failing import mark_told
from airflow_sf_health.edges.site import site
from airflow_sf_health.exceptions import (
    ConfigurationError,
    SalesforceMisconfigured,
    SalesforceUndetermined,
    SalesforceUndeterminedFinal,
    SalesforceUnhealthy,
    SalesforceUnhealthyForNow,
    VerdictError,
)
from airflow_sf_health.report import Report, Verdict

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import WaitFor
    from airflow_sf_health.options import Options
    from airflow_sf_health.present.text import Situation

LOGIN_CHECKS = ("session.login", "session.refresh")
"""The checks that a login answers: Salesforce locks a user out who is refused too often."""


@contextmanager
def failing_at_once() -> Iterator[None]:
    """Have Airflow fail the task at once for what was set wrong, as no retry mends it.

    :raises SalesforceMisconfigured: in the place of a :class:`ConfigurationError`, which is its cause.
    """
    try:
        yield
    except ConfigurationError as error:
        raise SalesforceMisconfigured(str(error)) from error


class Log(Protocol):
    """The part of an operator's ``self.log`` that is needed here; its type differs between versions of Airflow."""

    def info(self, msg: str, /, *args: Any) -> Any: ...
    def warning(self, msg: str, /, *args: Any) -> Any: ...
    def error(self, msg: str, /, *args: Any) -> Any: ...


class Effect(StrEnum):
    """What the task does."""

    PROCEED = "proceed"
    FAIL = "fail"
    RETRY = "retry"


def effect(report: Report, options: Options) -> Effect:
    """Fail at once only for what is certain and no retry heals; what could not be asked is the user's choice."""
    if report.may_proceed:
        return Effect.PROCEED
    if report.verdict is Verdict.UNDETERMINED:
        return Effect(options.on_undetermined or "retry")
    return Effect.FAIL if report.no_retry_heals else Effect.RETRY


def ends_waiting(report: Report, options: Options, wait_for: WaitFor) -> bool:
    """Whether a sensor need not wait any more: the task may go on, or waiting does not help, or does harm."""
    what = effect(report, options)
    if what is Effect.PROCEED or report.verdict is Verdict.UNDETERMINED:
        return what is not Effect.RETRY
    return wait_for == "time" and (what is Effect.FAIL or _may_lock_out(report))


def _may_lock_out(report: Report) -> bool:
    """Whether a login was refused, most likely for a reason that stays: Salesforce locks out who goes on trying."""
    main = report.main
    if main is None or main.cause is None or main.check not in LOGIN_CHECKS:
        return False
    return cause(main.cause).retry is Retry.NEVER


def conclude(
    report: Report,
    options: Options,
    context: compat.Context,
    log: Log,
    *,
    beside: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Log what the report says, and give its payload for XCom where the task may go on.

    Otherwise the advice is logged, since Airflow shows an exception's text on one line and without links, and the payload is
    pushed (a failed task has no return value); then a one-line exception is raised.

    :param beside: keys of the payload beside those of the report.
    :param key: of the payload in XCom; default: that of the task's result, which is the report then.
    :raises VerdictError: one of its kinds, by :func:`effect`.
    """
    from airflow_sf_health.present.payload import dump
    from airflow_sf_health.present.text import message, one_line

    payload = {**dump(report), **(beside or {})}
    what = effect(report, options)
    if what is Effect.PROCEED:
        _log_go_ahead(report, log)
        return payload
    said = situation(consequence(report, what, context))
    log.error("%s", message(report, said))
    push(payload, context, log, key)
    error = _error(report, what, one_line(report, said))
    mark_told(error)
    raise error


def _error(report: Report, what: Effect, text: str) -> VerdictError:
    """What tells Airflow to fail the task or to try again."""
    kind: type[VerdictError]
    if report.verdict is Verdict.UNDETERMINED:
        kind = SalesforceUndeterminedFinal if what is Effect.FAIL else SalesforceUndetermined
    else:
        kind = SalesforceUnhealthy if what is Effect.FAIL else SalesforceUnhealthyForNow
    return kind(text, report=report, cause=report.main.cause if report.main else None)


def give_up(report: Report, context: compat.Context, log: Log) -> None:
    """Log the last advice of a sensor whose time is out, and leave the report. Airflow does not retry such a task."""
    from airflow_sf_health.present.payload import dump
    from airflow_sf_health.present.text import message

    log.error("%s", message(report, situation("The time of this sensor is out.")))
    push(dump(report), context, log)


def push(payload: dict[str, Any], context: compat.Context, log: Log, key: str | None = None) -> None:
    """Leave the report of a failing task where a good one's is: its links and its successors look there. Where Airflow does not take
    it, that is said, and what the task fails of stays what it was.
    """
    if not getattr(context["task"], "do_xcom_push", True):
        return
    try:
        context["ti"].xcom_push(key=key or compat.XCOM_RETURN_KEY, value=payload)
    except Exception as error:  # noqa: BLE001 - Airflow is away, or each XCom backend has errors of its own
        log.warning("The report could not be left in XCom: %s", type(error).__name__)


def situation(sentence: str = "") -> Situation:
    """The reader's situation, with the site's address of the documentation."""
    from airflow_sf_health.present.text import Situation

    return Situation(consequence=sentence, docs_url=site().docs_url)


def consequence(report: Report, what: Effect, context: compat.Context) -> str:
    """What Airflow does with the task now, in a sentence with the numbers of this try."""
    attempt = Attempt.of(context)
    if what is Effect.FAIL:
        return attempt.failed_at_once(", as on_undetermined says" if report.verdict is Verdict.UNDETERMINED else "")
    return attempt.tried_again(_pause(context["task"]))


def _log_go_ahead(report: Report, log: Log) -> None:
    from airflow_sf_health.present.coverage import coverage
    from airflow_sf_health.present.text import headline, message, sentence

    if report.verdict is Verdict.HEALTHY:
        said = (headline(report), *report.repairs, sentence(report.second_opinion), f"Asked {coverage(report)}.")
        log.info("%s", " ".join(each for each in said if each))
        return
    undetermined = report.verdict is Verdict.UNDETERMINED
    goes_on = "The task goes on all the same, as on_undetermined says." if undetermined else "The task goes on."
    log.warning("%s", message(report, situation(goes_on)))


def _pause(task: Any) -> str:
    """When, where that is sure: a growing delay and a retry policy decide for themselves."""
    delay = getattr(task, "retry_delay", None)
    own_rule = getattr(task, "retry_exponential_backoff", False) or getattr(task, "retry_policy", None)
    if own_rule or not isinstance(delay, timedelta):
        return ""
    seconds = round(delay.total_seconds())
    return f", in {seconds} s" if seconds < 120 else f", in {round(seconds / 60)} minutes"
