"""The whole job: examine one connection and report.

No Airflow here: it takes a finished :class:`OrgConnection`; resolving a connection id is the work of the Airflow edges.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pendulum

from airflow_sf_health import checks
from airflow_sf_health.causes import cause
from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._site import SiteChecks
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.needs import API, LOGIN, ORGANIZATION, RUNNING_USER
from airflow_sf_health.evidence.told import incomplete, out_of_time
from airflow_sf_health.judgement import cost_of, findings, report_on
from airflow_sf_health.options import Options
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.remembering import recognised, remember
from airflow_sf_health.report import Finding, Level, Report
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.second_opinion import Seen, second_opinion

if TYPE_CHECKING:
    from airflow_sf_health.errors import OrgConnectionError
    from airflow_sf_health.evidence.memory import Memory
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.schema.lock import Lock

LONGEST_STATUS = 2.5
"""Seconds that the status page may take at most, with half a second more to end."""


def examine(
    connection: OrgConnection,
    requirements: Requirements | None = None,
    options: Options | None = None,
    selected: Sequence[str] | None = None,
    *,
    lock: Lock | None = None,
    memory: Memory | None = None,
    sharing: Sharing | None = None,
) -> Report:
    """Examine one connection: open the session, gather, judge, repair once if allowed and useful, report.

    :param connection: from :func:`airflow_sf_health.org.connection.org_connection`.
    :param requirements: what the task needs of the org; None asks nothing special.
    :param options: choices; None takes the defaults.
    :param selected: ids and families of checks to run, ``-`` before one to leave out; None runs all.
    :param lock: what the task's mapping was made for, from its lock file.
    :param memory: what keeps schemas and verdicts; without one nothing is remembered.
    :param sharing: how far logins are shared with other tasks; without it, this examination logs in for itself.
    :return: always a report: refusals, silence and a passed time limit are findings. It takes no longer than
        ``connection.time_limits.examination`` seconds, and half a second to end.
    :raises UnknownCheckError: a selection that means nothing; before any request.
    """
    ids = checks.select(selected)
    chosen = tuple(checks.load(each) for each in ids if each in checks.CATALOGUE)
    own = SiteChecks(each for each in ids if each not in checks.CATALOGUE)
    required = requirements or Requirements()
    started, limit = time.monotonic(), connection.time_limits.examination
    until = started + limit
    asked = (need for check in chosen for need in (*check.needs, *check.needs_for(required)))
    choices = (options or Options()).filled()
    needs = [*asked, *own.load(required, seconds=limit / 2), RUNNING_USER, ORGANIZATION]
    look = Look(needs, required, choices, lock, memory=memory, until=until, sharing=sharing)
    found: list[Seen] = []

    def job() -> None:
        found.extend(_look_and_repair(look, connection, chosen, choices))
        found.extend(second_opinion(look, connection, found[-1]))
        own.judge(lambda check: findings([check], found[-1].evidence))

    # A second user who keeps silent, a describe that takes its time, or a check of the site's that hangs, takes nothing away
    # from what was found before.
    with suppress(DeadlineReached):
        within(until - time.monotonic(), job, stop=look.stop, spends=True)
    report = found[-1].report if found else _out_of_time(look, connection, chosen)
    report = replace(report, findings=(*report.findings, *own.findings))
    if memory is not None:
        report = _remembered(memory, report, connection, found, until - time.monotonic())
    if choices.trust_status and not report.may_proceed:
        report = replace(report, trust=_trust(connection, report, look, until - time.monotonic()))
    return replace(report, cost=cost_of(look.traffic, time.monotonic() - started))


def _trust(connection: OrgConnection, report: Report, look: Look, left: float) -> str:
    """What Salesforce's status page says in the seconds that are left; nothing where the instance is not known."""
    from airflow_sf_health.org.trust import instance_status

    instance = report.identity.instance_name
    if instance is None:
        return ""
    status = instance_status(connection, instance, look.traffic, seconds=min(left, LONGEST_STATUS))
    return status.words if status is not None else ""


def _out_of_time(look: Look, connection: OrgConnection, chosen: Sequence[Check]) -> Report:
    return report_on(connection, chosen, look.without_login(connection, out_of_time(connection)))


def _look_and_repair(
    look: Look, connection: OrgConnection, chosen: Sequence[Check], options: Options
) -> Iterator[Seen]:
    """Look, repair once if allowed and useful, and look again; each time as soon as there is something to judge."""
    renewal: OrgConnection | None = None
    for evidence in look.each(connection, is_last=not options.reauthenticate):
        report = replace(report_on(connection, chosen, evidence), repairs=_repairs(connection, None, evidence))
        renewal = _renewal(connection, report, options)
        if renewal is None:
            yield Seen(connection, chosen, evidence, report)
    if renewal is None:
        return
    for evidence in look.each(renewal, is_last=True):
        report = replace(report_on(renewal, chosen, evidence), repairs=_repairs(connection, renewal, evidence))
        yield Seen(renewal, chosen, evidence, report)


def _remembered(
    memory: Memory, report: Report, connection: OrgConnection, found: Sequence[Seen], left: float
) -> Report:
    """The report with what the memory adds, once what was seen is kept in the seconds that are left."""
    if not found:
        return recognised(memory, report, [connection], seconds=left)
    last = found[-1]
    return remember(memory, report, last.evidence, [last.by, connection], seconds=left)


def report_incomplete(conn_id: str, error: OrgConnectionError) -> Report:
    """The report on a connection whose fields make no login: FAILED, and nothing was sent."""
    return _without_connection(conn_id, refused(incomplete(error), str(error).rstrip(".")), error.flow)


def report_absent(conn_id: str, why: str) -> Report:
    """The report on a connection that Airflow certainly does not have: FAILED, since the task needs it."""
    finding = Finding(level=Level.FAILED, summary=why, saw=why, cause="connection_not_found")
    return _without_connection(conn_id, finding)


def report_unasked(conn_id: str, why: str, *, cause_id: str, certain: bool = False) -> Report:
    """The report when the examination could not begin; undetermined, since nothing is known of the org.

    :param why: what was met instead, on one line and without secrets.
    :param cause_id: the likeliest cause, which brings its own candidates; or the cause, where that is ``certain``.
    """
    others = () if certain else cause(cause_id).candidates
    candidates = tuple(Candidate(cause=each.cause, tell=each.tell) for each in others)
    finding = Finding(level=Level.UNKNOWN, summary=why, saw=why, cause=cause_id, certain=certain, candidates=candidates)
    return _without_connection(conn_id, finding)


def _without_connection(conn_id: str, finding: Finding, flow: str | None = None) -> Report:
    login = replace(finding, check=checks.ALWAYS[0], essential=True)
    return Report(conn_id=conn_id, examined_at=pendulum.now("UTC"), findings=(login,), flow=flow)


def _renewal(connection: OrgConnection, report: Report, options: Options) -> OrgConnection | None:
    """The connection to log in with once more: when a failure says that a new token helps, and there is a flow for one."""
    failed = [each for each in report.findings if each.level is Level.FAILED and each.cause]
    if not options.reauthenticate or not failed or not all(cause(each.cause or "").reauth for each in failed):
        return None
    return connection.renewal if connection.session_id else connection


def _repairs(connection: OrgConnection, renewal: OrgConnection | None, evidence: Evidence) -> tuple[str, ...]:
    """What was mended, by another look (of ``renewal``) or within one; nothing where the new session is refused as well, or none could
    be had.
    """
    api, login = evidence.get(API), evidence[LOGIN]
    if api is None or api.refusal is not None or not (renewal or login.replaced):
        return ()
    what = "shared session" if renewal is None else "ready session" if connection.session_id else "session"
    by = "a shared login" if login.shared else "one fresh login"
    return (f"The {what} was dead and was replaced by {by} ({login.flow.label}).",)
