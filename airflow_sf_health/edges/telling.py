"""What is told of a failed task: the advice in its log, a notice for elsewhere, and the key by which notices are one incident."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health import compat
from airflow_sf_health.edges.attempt import Attempt
from airflow_sf_health.edges.failing import Failure, failure_of, mark_told
from airflow_sf_health.edges.scrub import scrub

if TYPE_CHECKING:
    from airflow_sf_health.edges.outcome import Log
    from airflow_sf_health.present.text import Situation
    from airflow_sf_health.report import Report

LONGEST_LINE = 300
"""Characters of a foreign exception's text in a notice."""


def tell(error: BaseException, failure: Failure, context: Mapping[str, Any], log: Log, consequence: str) -> None:
    """Log the advice, and note that it was."""
    from airflow_sf_health.present.text import message

    log.error("%s", message(failure.report, _situation(failure, context, consequence)))
    mark_told(error)


def consequence(context: Mapping[str, Any]) -> str:
    """What Airflow has decided about the task, by the state that it has given it before it calls back."""
    state = str(getattr(_ti(context), "state", None)).rpartition(".")[2].lower()
    attempt = Attempt.of(context)
    if state == "failed" and attempt.left > 0:
        return attempt.failed_at_once()
    return attempt.tried_again() if state in ("failed", "up_for_retry") else ""


def notice(context: Mapping[str, Any]) -> str:
    """The failure in a few lines, with Airflow's masks, and ours, over whatever it holds."""
    from airflow_sf_health.present.notice import notice as notice_of

    error, where, link = context.get("exception"), _where(context), _log_url(context)
    failure = failure_of(error, context)
    if failure is None:
        said = (
            f": {_in_one_line(error)}" if error is not None else ", without an exception (killed, or marked so by hand)"
        )
        text = "\n".join(part for part in (f"Task {where} failed{said}", link) if part)
    else:
        text = notice_of(failure.report, _situation(failure, context, consequence(context)), where=where, link=link)
    return str(compat.redact(scrub(text)))


def dedup_key(context: Mapping[str, Any]) -> str:
    """``sf-health:<host or connection>:<user>:<cause>``; ``airflow:<dag>:<task>`` where it is no failure at Salesforce."""
    failure = failure_of(context.get("exception"), context)
    if failure is None:
        dag_id, task_id = _names(context)
        return f"airflow:{dag_id}:{task_id}"
    report = failure.report
    cause = report.main.cause if report.main is not None else None
    parts = (_place(report), report.identity.username or report.identity.user_id, cause)
    return ":".join(("sf-health", *((part or "-").lower() for part in parts)))


def _place(report: Report) -> str | None:
    """The host first: a failed login tells no org, and a task that only met a refusal does not either."""
    refused_at = report.login_host if report.proof is None else None
    return refused_at or report.identity.host or report.login_host or report.conn_id


def _situation(failure: Failure, context: Mapping[str, Any], consequence: str) -> Situation:
    from airflow_sf_health.edges.outcome import situation
    from airflow_sf_health.errors import SettingsError
    from airflow_sf_health.present.text import Situation

    try:
        known = situation(consequence)
    except SettingsError:  # has nothing to do with this failure
        known = Situation(consequence=consequence)
    return known if failure.examined else replace(known, failed_task=_names(context)[1])


def _ti(context: Mapping[str, Any]) -> Any:
    return context.get("ti") or context.get("task_instance")


def _names(context: Mapping[str, Any]) -> tuple[str, str]:
    """DAG and task, by whatever of them the context has."""
    ti, task = _ti(context), context.get("task")
    dag_id = getattr(ti, "dag_id", None) or getattr(task, "dag_id", None) or getattr(context.get("dag"), "dag_id", None)
    task_id = getattr(ti, "task_id", None) or getattr(task, "task_id", None)
    return str(dag_id or "?"), str(task_id or "?")


def _where(context: Mapping[str, Any]) -> str:
    """``import_accounts.load[3], try 1 of 4``"""
    number = getattr(_ti(context), "map_index", None)
    mapped = f"[{number}]" if isinstance(number, int) and number >= 0 else ""
    return ", ".join(part for part in (".".join(_names(context)) + mapped, str(Attempt.of(context))) if part)


def _log_url(context: Mapping[str, Any]) -> str:
    with suppress(Exception):  # it is made from Airflow's settings and a run that may not be there
        return str(_ti(context).log_url)
    return ""


def _in_one_line(error: object) -> str:
    # Before the cut, which may leave of a token what is no longer to be known as one.
    said = str(compat.redact(scrub(" ".join(str(error).split()))))[:LONGEST_LINE]
    return f"{type(error).__name__}: {said}" if isinstance(error, BaseException) else said
