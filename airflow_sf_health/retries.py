"""Whether a task that failed at Salesforce is tried again, and when (Airflow 3.3 and later)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_sf_health import compat
from airflow_sf_health.edges.attempt import Attempt
from airflow_sf_health.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow_sf_health.report import Report

__all__ = ["SalesforceRetryPolicy"]

SHORTEST_DELAY = 30
"""Seconds before a retry that this policy asks for: many tasks fail together, and all would be back together at once."""
LOG = logging.getLogger("airflow.task.airflow_sf_health")


class SalesforceRetryPolicy(compat.RetryPolicy):
    """Fail a task at once for what no retry heals, and retry what time heals after the delay that its cause says.

    For each task that calls Salesforce, by whatever operator or library: ``retry_policy=SalesforceRetryPolicy()`` on the task or
    in ``default_args``. What is not Salesforce's, or not known, is left to ``otherwise``, or to the task's own ``retries`` and
    ``retry_delay``. It never gives a task more tries than ``retries`` says. When the task fails for good, the advice stands in
    its log.

    :param otherwise: another retry policy, asked where this one has no opinion.
    :raises ConfigurationError: on Airflow before 3.3, which has no retry policies; :attr:`available` tells before.
    """

    available: ClassVar[bool] = compat.AIRFLOW_V_3_3_PLUS
    """Whether this Airflow has retry policies, for a DAG file that several versions read."""

    def __init__(self, *, otherwise: compat.RetryPolicy | None = None) -> None:
        if not self.available:
            raise ConfigurationError(
                "This Airflow has no retry policies: they came with 3.3. Leave SalesforceRetryPolicy out here, or ask "
                "SalesforceRetryPolicy.available first. A SalesforcePreflightOperator or SalesforceHealthSensor before the task "
                "fails at once for what no retry heals on each version."
            )
        self.otherwise = otherwise

    def __repr__(self) -> str:
        return f"SalesforceRetryPolicy({f'otherwise={self.otherwise!r}' if self.otherwise is not None else ''})"

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: compat.Context | None = None
    ) -> compat.RetryDecision:
        """Decide about one failure, in the worker. Never raises: whatever goes wrong here leaves the task to its own rule.

        :param try_number: from 1 on; ``max_tries``: the number of *retries*, as Airflow counts: the last try is the one after.
        """
        try:
            decision = self._decision(exception, try_number, max_tries, context)
        except Exception:  # a fault of ours must not decide about the user's task
            LOG.warning("SalesforceRetryPolicy could not judge this failure.", exc_info=True)
            decision = compat.RetryDecision.default()
        if self.otherwise is None or decision.action.value != "default":
            return decision
        return self._asked_otherwise(exception, try_number, max_tries, context) or decision

    def _decision(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any
    ) -> compat.RetryDecision:
        from airflow_sf_health.edges.failing import failure_of
        from airflow_sf_health.exceptions import VerdictError

        if isinstance(exception, compat.AirflowFailException):
            return compat.RetryDecision.fail("the exception itself asks for no retry")
        failure = failure_of(exception)
        if failure is None:
            return compat.RetryDecision.default()
        decision = _judged(failure.report)
        if decision.action.value == "fail" and isinstance(exception, VerdictError):
            return (
                compat.RetryDecision.default()
            )  # what judged it has seen more than its cause, and says that a retry may help
        attempt = Attempt(number=try_number, tries=max_tries + 1)
        at_once = decision.action.value == "fail"
        if at_once and not _fails_beyond_doubt(exception):
            return compat.RetryDecision.default()
        if at_once or attempt.left <= 0:
            _tell(exception, attempt, at_once=at_once, context=context or {})
        # On the last try there is nothing left to promise.
        return decision if at_once or attempt.left > 0 else compat.RetryDecision.default()

    def _asked_otherwise(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any
    ) -> compat.RetryDecision | None:
        assert self.otherwise is not None
        try:
            return self.otherwise.evaluate(exception, try_number, max_tries, context)
        except Exception:  # somebody else's code
            LOG.warning("The retry policy %r failed; the task's own rule decides.", self.otherwise, exc_info=True)
            return None


def _fails_beyond_doubt(exception: BaseException) -> bool:
    """Whether the exception alone, without what was being handled when it was raised, ends the task."""
    from airflow_sf_health.edges.failing import failure_of

    failure = failure_of(exception, beyond_doubt=True)
    return failure is not None and _judged(failure.report).action.value == "fail"


def _judged(report: Report) -> compat.RetryDecision:
    from airflow_sf_health.causes import UNKNOWN, Retry, cause
    from airflow_sf_health.present.links import fill, values

    main = report.main
    if main is None or main.cause in (None, UNKNOWN):
        return compat.RetryDecision.default()
    known = cause(main.cause or "")
    said = f"{known.id}: {fill(known.title, values(report))}"
    if report.no_retry_heals:
        return compat.RetryDecision.fail(f"{said}; no retry heals it")
    if known.retry is Retry.NEVER:
        return replace(compat.RetryDecision.default(), reason=f"{said}, or another cause that looks the same")
    seconds = known.retry_after
    if seconds is None and known.retry is Retry.NOW:
        if not main.certain:
            return replace(compat.RetryDecision.default(), reason=f"{said}, or another cause that looks the same")
        seconds = SHORTEST_DELAY
    return compat.RetryDecision.retry(
        timedelta(seconds=max(seconds, SHORTEST_DELAY)) if seconds is not None else None,
        f"{said}; a later try may succeed",
    )


def _tell(exception: BaseException, attempt: Attempt, *, at_once: bool, context: Mapping[str, Any]) -> None:
    """Log the advice of a task that fails for good: a stock operator has nobody else to do it."""
    from airflow_sf_health.edges.failing import failure_of, was_told
    from airflow_sf_health.edges.telling import tell

    try:
        failure = failure_of(exception, context)
        if failure is not None and not was_told(exception):
            unspent = at_once and attempt.left > 0
            tell(exception, failure, context, LOG, attempt.failed_at_once() if unspent else attempt.tried_again())
    except Exception:  # the decision stands without its advice
        LOG.warning("This failure could not be explained.", exc_info=True)
