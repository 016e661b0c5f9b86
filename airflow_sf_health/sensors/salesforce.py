"""Wait until a Salesforce connection works."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

from airflow_sf_health.compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)
from airflow_sf_health.edges.links import ArticleLink, SetupPageLink
from airflow_sf_health.edges.literals import held_lock, refuse_wrong_literals
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    SchemaLockArgument,
    WaitFor,
)
from airflow_sf_health.errors import OptionsError

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context
    from airflow_sf_health.report import Report

__all__ = ["SalesforceHealthSensor"]

GRACE = timedelta(minutes=5)
"""By so much Airflow's own time limit of a deferral is later than ours, which brings the last advice along."""


class SalesforceHealthSensor(BaseSensorOperator):
    """Wait until a Salesforce connection works, by ``mode="poke"``, ``mode="reschedule"`` or ``deferrable=True``.

    It waits for what time heals (maintenance, a time limit, what could not be asked, what is not certain) and fails at once,
    with the advice in its log, on what only a person can mend. When its time is out, the last advice is logged.

    ``soft_fail`` is Airflow's own: it skips the task when the time is out and when this sensor fails at once, in each mode;
    once the task was deferred, on retryable errors too. ``never_fail`` skips whatever a look ends with, in each mode.

    :param salesforce_conn_id: a connection of type ``salesforce`` or ``sf_health``.
    :param requirements: what the tasks behind it need of the org: a :class:`~airflow_sf_health.requirements.Requirements`, a dict
        of its fields, whose texts may be templates at any depth, or a file of them in JSON or YAML: its path (a relative one is
        looked up beside the DAG file, then in the working directory) or its text.
    :param checks: ids and families to run, with ``-`` before one to leave out: ``["user", "-user.license"]``. Default: all.
    :param options: choices of the examination: an ``Options`` or a dict of its fields.
    :param schema_lock: the lock file that the tasks' mapping was made for: its path, text or dict. What it holds is compared with
        the org, without any store; where the requirements name no objects, its objects are the ones required.
    :param wait_for: ``time``, or ``anything`` to wait for a person as well. A refused login is tried again after ``[sf_health]
        refusal_ttl`` seconds: where a refused password is waited for, Salesforce may lock the user out, so choose a long
        ``poke_interval`` then.
    :param deferrable: wait in the triggerer, where all who wait for the same share one examination. Default: Airflow's
        option ``[operators] default_deferrable``.
    """

    template_fields: Sequence[str] = ("salesforce_conn_id", "requirements", "checks", "options", "schema_lock")
    operator_extra_links = (ArticleLink(), SetupPageLink())
    ui_color = "#d6eaf8"

    def __init__(
        self,
        *,
        salesforce_conn_id: str = "salesforce_default",
        requirements: RequirementsArgument = None,
        checks: ChecksArgument = None,
        options: OptionsArgument = None,
        schema_lock: SchemaLockArgument = None,
        wait_for: WaitFor = "time",
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_wrong_literals(requirements, checks, options)
        if wait_for not in get_args(WaitFor):
            raise OptionsError(f"wait_for is {wait_for!r}. It takes one of {', '.join(get_args(WaitFor))}.")
        self.salesforce_conn_id = salesforce_conn_id
        self.requirements = requirements
        self.checks = checks
        self.options = options
        self.schema_lock = held_lock(schema_lock)
        self.wait_for = wait_for
        if deferrable is None:
            deferrable = conf.getboolean("operators", "default_deferrable", fallback=False)
        self.deferrable = deferrable
        self._waited_for: Report | None = None
        """What the last look saw, where it did not end the waiting."""

    def execute(self, context: Context) -> Any:
        """Wait; gives the report as :func:`airflow_sf_health.present.payload.dump` writes it."""
        if not self.deferrable:
            try:
                return super().execute(context)
            except (AirflowSensorTimeout, AirflowSkipException):
                self._log_last_advice(context)
                raise
        with self._skipping_as_told():
            result = self.poke(context)
        if result:
            return result.xcom_value
        return self._defer(time.time() + self.timeout)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once; raises what fails the task at once."""
        from airflow_sf_health.edges.outcome import failing_at_once

        with failing_at_once():
            preflight = self._preflight()
            return self._judge(preflight.look(), preflight, context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Judge, back in a worker, what the trigger saw. It was not logged there: only one of many triggers looked.

        The arguments may have changed since the task was deferred. What does not end the waiting any more is waited for again.
        """
        with self._skipping_as_told():
            result = self._judge_event(event, context)
        if result:
            return result.xcom_value
        return self._defer(event.get("until") or time.time() + self.timeout)

    def _judge_event(self, event: dict[str, Any], context: Context) -> PokeReturnValue:
        from airflow_sf_health.edges.outcome import failing_at_once
        from airflow_sf_health.exceptions import SalesforceUndetermined
        from airflow_sf_health.present.payload import load

        if "error" in event:
            raise SalesforceUndetermined(f"The wait in the triggerer broke off: {event['error']} (see its log).")
        with failing_at_once():
            result = self._judge(load(event["report"]), self._preflight(), context)
        if event["timed_out"] and not result:
            self._log_last_advice(context)
            raise AirflowSensorTimeout(f"The connection was not healthy within {self.timeout:g} s.")
        return result

    @contextmanager
    def _skipping_as_told(self) -> Iterator[None]:
        """Treat what a look raises as Airflow does in the other modes, where its own loop stands around the looks."""
        try:
            yield
        except AirflowSkipException:
            raise
        except Exception as error:
            final = isinstance(error, AirflowFailException | AirflowSensorTimeout)
            flag = "soft_fail" if self.soft_fail and final else "never_fail" if self.never_fail else None
            if flag is None:
                raise
            raise AirflowSkipException(f"Skipping due to {flag} is set to True.") from error

    def _preflight(self) -> Preflight:
        return Preflight.of_task(self)

    def _judge(self, report: Report, preflight: Preflight, context: Context) -> PokeReturnValue:
        from airflow_sf_health.edges.outcome import conclude, ends_waiting
        from airflow_sf_health.present.text import headline

        self._waited_for = None
        if ends_waiting(report, preflight.options, self.wait_for):
            return PokeReturnValue(True, conclude(report, preflight.options, context, self.log))
        self._waited_for = report
        self.log.info("%s Waiting.", headline(report))
        return PokeReturnValue(False)

    def _defer(self, until: float) -> None:
        """:param until: when to give up, in seconds since the epoch."""
        from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

        trigger = SalesforceHealthTrigger(
            preflight=self._preflight().as_dict(),
            wait_for=self.wait_for,
            poke_interval=self.poke_interval,
            until=until,
        )
        left = timedelta(seconds=max(0.0, until - time.time()))
        self.defer(trigger=trigger, method_name="execute_complete", timeout=left + GRACE)

    def _log_last_advice(self, context: Context) -> None:
        """Not where the sensor ended by a failure of its own, which has been logged."""
        from airflow_sf_health.edges.outcome import give_up

        if self._waited_for is not None:
            give_up(self._waited_for, context, self.log)
