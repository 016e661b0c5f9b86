"""A task that failed at Salesforce, whoever called it: from its exception to a report with the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health.edges.scrub import scrub, without_addresses
from airflow_sf_health.edges.site import use_causes_of_site
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.exceptions import VerdictError

if TYPE_CHECKING:
    from airflow_sf_health.causes import Diagnosis
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.report import Finding, Report

CHECK = "task"
"""What stands in the place of a check's id in the report on a task that failed by itself."""
LONGEST_QUOTE = 80
"""Characters of Salesforce's own words in a headline."""
_TOLD = "__sf_health_told__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is known of a failure. ``examined``: an examination ended the task, which wrote nothing before that; else the
    task's own call to Salesforce failed, and what it wrote until then is not known.
    """

    report: Report
    examined: bool


def failure_of(
    error: object, context: Mapping[str, Any] | None = None, *, beyond_doubt: bool = False
) -> Failure | None:
    """Read an exception, and what it wraps, as a failure at Salesforce; None for what is not Salesforce's.

    What the exception says itself, or was raised from, goes before what was merely being handled when it was raised.

    :param context: Airflow's, as far as there is one; the task in it may name the connection. None asks for no connection.
    :param beyond_doubt: only by the exception and what it was raised from, and by more than Salesforce's name in a text.
    """
    from airflow_sf_health.org.failures import AsRaised, chain_of

    # A task's time limit, an interrupt and a kill say nothing of Salesforce, whatever they broke into.
    if not isinstance(error, Exception):
        return None
    raised = AsRaised(error)
    own = chain_of(raised)
    chain = own if beyond_doubt else chain_of(error)
    for each in own:
        if isinstance(each, VerdictError) and each.report is not None:
            return Failure(report=each.report, examined=True)
    use_causes_of_site()
    diagnosis = _diagnosis(raised, own, beyond_doubt=beyond_doubt)
    if diagnosis is not None or beyond_doubt:
        return Failure(report=_report(raised, own, diagnosis, context), examined=False) if diagnosis else None
    if len(chain) == len(own):
        return None
    for each in chain:
        if isinstance(each, VerdictError) and each.report is not None:
            return Failure(report=each.report, examined=True)
    diagnosis = _diagnosis(error, chain)
    if diagnosis is None or _says_otherwise(raised, diagnosis):
        return None
    return Failure(report=_report(error, chain, diagnosis, context), examined=False)


def mark_told(error: BaseException) -> None:
    """Note on an exception that its advice stands in the log of this try."""
    with suppress(AttributeError, TypeError):
        setattr(error, _TOLD, True)


def was_told(error: BaseException) -> bool:
    """Whether the advice on an exception, or on what it wraps, stands in the log of this try."""
    from airflow_sf_health.org.failures import chain_of

    return any(getattr(each, _TOLD, False) for each in chain_of(error))


def _diagnosis(error: Exception, chain: Sequence[BaseException], *, beyond_doubt: bool = False) -> Diagnosis | None:
    from airflow_sf_health.causes import Diagnosis
    from airflow_sf_health.diagnosis import diagnose
    from airflow_sf_health.edges.whose import is_salesforces

    if any(isinstance(each, OrgConnectionError) for each in chain):
        return Diagnosis(cause="connection_incomplete", certain=True)
    diagnosis = diagnose(error)
    return diagnosis if is_salesforces(chain, diagnosis, beyond_doubt=beyond_doubt) else None


def _says_otherwise(raised: Exception, diagnosis: Diagnosis) -> bool:
    """Whether an exception says by itself what is wrong, and that is something else than what was being handled."""
    from airflow_sf_health.causes import UNKNOWN
    from airflow_sf_health.diagnosis import diagnose

    return diagnose(raised).cause not in (UNKNOWN, diagnosis.cause)


def _report(
    error: Exception, chain: Sequence[BaseException], diagnosis: Diagnosis, context: Mapping[str, Any] | None
) -> Report:
    """A report with the failure as its one finding, and with what the connection tells of whom it concerns."""
    from pendulum import now

    from airflow_sf_health.edges.whose import host_of
    from airflow_sf_health.present.links import org_host
    from airflow_sf_health.report import Identity, Report

    at, asked = now("UTC"), host_of(chain)
    conn_id, connection = _connection(chain, context) if context is not None else ("", None)
    report = Report(
        conn_id=conn_id,
        examined_at=at,
        findings=(_finding(error, type(chain[0]).__name__, diagnosis, at.to_iso8601_string()),),
        login_host=asked or (connection.first_host if connection is not None else None),
        identity=Identity(username=connection.login if connection is not None else None),
    )
    if asked and org_host(report):
        report = replace(report, login_host=None, identity=replace(report.identity, host=asked))
    if connection is None:
        return report
    own = {name: getattr(connection, name) for name in ("contact", "runbook", "severity", "version")}
    return replace(report, **own)


def _finding(error: Exception, kind: str, diagnosis: Diagnosis, at: str) -> Finding:
    from airflow_sf_health.org.errors import Shape
    from airflow_sf_health.org.exceptions import refusal_of_exception
    from airflow_sf_health.report import Finding, Level
    from airflow_sf_health.report.finding import Candidate

    refusal = refusal_of_exception(error)
    said = scrub(refusal.message if refusal.shape is Shape.TEXT else refusal.said)
    return Finding(
        level=Level.FAILED,
        check=CHECK,
        summary=_in_short(said, scrub(refusal.message)),
        cause=diagnosis.cause,
        saw=f"{said} · {kind} · {at[11:19]} UTC",
        certain=diagnosis.certain,
        candidates=tuple(Candidate(cause=each.cause, tell=each.tell) for each in diagnosis.candidates),
        hint=diagnosis.hint,
    )


def _in_short(said: str, message: str) -> str:
    """What was said, for a headline: the code, and as much of Salesforce's words as does not carry a record's content along."""
    code = said.removesuffix(message) if message else said
    words = without_addresses(" ".join(said[len(code) :].split()))
    return code + (words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1].rstrip() + "…")


def _connection(chain: Sequence[BaseException], context: Mapping[str, Any]) -> tuple[str, OrgConnection | None]:
    """The id of the connection that the task used, and the connection itself; both as far as they can be known."""
    from airflow_sf_health.edges.connections import resolve
    from airflow_sf_health.edges.whose import conn_ids

    for conn_id, is_salesforces in conn_ids(chain, context):
        with suppress(
            Exception
        ):  # not found, incomplete, of another kind, Airflow itself is away: then its id is all there is
            return conn_id, resolve(conn_id)
        if is_salesforces:
            return conn_id, None
    return "", None
