"""From the rows of a load to what its task does: succeed, fail at once, or let Airflow try again.

Rows were sent, so a retry is not free: it would insert a second time what was written. Airflow may try again only where the
rows that time does not heal are within what may fail, and where sending all rows again makes no second record of one.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_sf_health import compat
from airflow_sf_health.bulk._allowance import Allowance
from airflow_sf_health.bulk._failed_rows import write
from airflow_sf_health.bulk._message import JOBS, Told, message, one_line, warning
from airflow_sf_health.bulk._outcome import BulkOutcome, UnreadableResults, outcome_of
from airflow_sf_health.causes import cause
from airflow_sf_health.diagnosis import diagnose
from airflow_sf_health.edges.failing import mark_told
from airflow_sf_health.edges.outcome import Effect, Log, consequence, situation
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.exceptions import (
    BulkLoadError,
    SalesforceLoadBrokenOff,
    SalesforceMisconfigured,
    SalesforceRowsRefused,
    SalesforceRowsRefusedForNow,
)
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.text import Situation
from airflow_sf_health.report import Report

if TYPE_CHECKING:
    from airflow_sf_health.bulk import BulkResultsCheck
    from airflow_sf_health.bulk._load import Load
    from airflow_sf_health.compat import Context


def judge(load: Load, results: Any, check: BulkResultsCheck, context: Context, report: Report | None = None) -> None:
    """Log what became of the rows, write the file of the refused ones, and fail the task where too many are refused.

    Whatever goes wrong here, the rows were sent: it never leads to a retry that would write them twice.

    :param report: of an examination just before; its links lead into the org.
    :raises BulkLoadError: one of its kinds.
    :raises SalesforceMisconfigured: there are no results to judge.
    """
    try:
        _judge(load, results, check, context, report)
    except (BulkLoadError, SalesforceMisconfigured):
        raise
    except (Exception, compat.AirflowTaskTimeout) as error:
        if load.repeatable:
            raise
        raise SalesforceLoadBrokenOff(
            f"Rows may have been written ({load.words}, connection '{load.conn_id}'), and judging them failed: "
            f"{type(error).__name__}. Do not simply clear this task: see {_jobs(load)}. Airflow does not retry it"
        ) from error


def _judge(load: Load, results: Any, check: BulkResultsCheck, context: Context, report: Report | None) -> None:
    log, outcome, allowance = _log(context), _outcome(results, load, context), Allowance.of(check.max_failed)
    if not outcome.refused:
        log.info(
            "%s: all of %s rows were %s.", load.words, f"{outcome.rows:,}", "deleted" if load.deletes else "written"
        )
        return
    outcome, problem = _with_file(outcome, load, check.failed_rows_to, context)
    heals = allowance.covers(outcome.hopeless, outcome.rows) and _may_repeat(load, outcome)
    report = report or Report(conn_id=load.conn_id, examined_at=pendulum.now("UTC"), findings=())
    may_pass = allowance.covers(outcome.refused, outcome.rows)
    said = "" if may_pass else consequence(report, Effect.RETRY if heals else Effect.FAIL, context)
    told = Told(
        outcome=outcome,
        load=load,
        report=report,
        allowed=str(allowance),
        situation=_situation(said),
        heals=heals,
        file=problem,
    )
    if may_pass:
        log.warning("%s", warning(told))
        return
    _keep(results, context, log)
    log.error("%s", message(told))
    kind = SalesforceRowsRefusedForNow if heals else SalesforceRowsRefused
    failed = kind(one_line(told), cause=outcome.groups[0].cause, outcome=outcome)
    mark_told(failed)
    raise failed


def _outcome(results: Any, load: Load, context: Context) -> BulkOutcome:
    if results is None:
        if not getattr(context["task"], "do_xcom_push", True):
            raise SalesforceMisconfigured(_unseen("the task gives no results with do_xcom_push=False; leave it out"))
        if load.payload is None:
            raise SalesforceMisconfigured(_unseen("the task returned nothing; have it return the results of its rows"))
        results = []  # the stock operator gives None for none at all
    try:
        return outcome_of(results, load)
    except UnreadableResults as error:
        wanted = 'return what Bulk API 1.0 gives for each row ({"success": …, "errors": …})'
        raise SalesforceMisconfigured(_unseen(f"the task returned {error}; have it {wanted}")) from error


def _unseen(why: str) -> str:
    return (
        f"What became of the rows is not known: {why}. Rows may have been written, so do not simply clear this task; look in "
        f"{JOBS} first."
    )


def _may_repeat(load: Load, outcome: BulkOutcome) -> bool:
    """Whether sending all rows again makes no second record: none was written, or the same ones are met again."""
    if not outcome.written and not outcome.unanswered:
        return True
    return load.repeatable or (load.operation == "upsert" and not outcome.created and not outcome.unanswered)


def _with_file(outcome: BulkOutcome, load: Load, folder: str | None, context: Context) -> tuple[BulkOutcome, str]:
    """The outcome with its file, or why there is none: a full disk must not hide what happened to the rows."""
    if folder is None:
        return outcome, ""
    try:
        place = str(context["task"].render_template(folder, context))
        return replace(outcome, failed_rows=write(place, outcome, load, context)), ""
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        return outcome, f"the refused rows could not be kept in {folder}: {type(error).__name__}"


def _keep(results: Any, context: Context, log: Log) -> None:
    """Leave the results in XCom as a task that succeeds does: they say which rows were written. Airflow 2 has done so."""
    if not (compat.AIRFLOW_V_3_0_PLUS and results and getattr(context["task"], "do_xcom_push", True)):
        return
    try:
        context["ti"].xcom_push(key=compat.XCOM_RETURN_KEY, value=results)
    except Exception as error:  # noqa: BLE001 - too large, Airflow is away: nothing that a retry of the load would mend
        log.warning("The results of the rows could not be left in XCom: %s", type(error).__name__)


def _situation(said: str = "") -> Situation:
    try:
        return situation(said)
    except SettingsError:  # has nothing to do with these rows
        return Situation(consequence=said)


def _jobs(load: Load) -> str:
    return f"job {', '.join(load.jobs)} in {JOBS}" if load.jobs else JOBS


def broken_off(load: Load, error: BaseException, context: Context, report: Report) -> None:
    """Say what is known of a load that an error ended on the way. Gives back where a retry does no harm: before a job was
    opened nothing was written, and what may be written twice may be sent again.

    :raises SalesforceLoadBrokenOff: rows may have been written that a retry would write a second time.
    """
    if not load.jobs:
        return
    jobs = _jobs(load)
    if load.repeatable:
        _log(context).warning(
            "The %s broke off. Rows may have been written, see %s; sent again, they are met again.", load.words, jobs
        )
        return
    known = cause(diagnose(error).cause) if isinstance(error, Exception) else None
    why = fill(known.title, values(report)) if known else "its execution_timeout was over"
    said = f"{load.words[:1].upper()}{load.words[1:]} (connection '{load.conn_id}') broke off: {why}"
    line = f"{said}. Rows may have been written, so do not simply clear this task: see {jobs}. "
    if known:
        page = f"{_situation().docs_url}/causes/{known.id}"
        line += f"{fill(known.action, values(report))}; Airflow does not retry it; {page}"
    else:
        line += "Load less at a time or give the task more time; Airflow does not retry it"
    _log(context).error("%s", line)
    failed = SalesforceLoadBrokenOff(line, cause=known.id if known else None)
    mark_told(failed)
    raise failed from error


def _log(context: Context) -> Log:
    log: Log = getattr(context["task"], "log", None) or logging.getLogger(__name__)
    return log
