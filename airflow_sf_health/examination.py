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
from airflow_sf_health.causes import Kind, cause
from airflow_sf_health.checks._check import Check, judge, refused
from airflow_sf_health.checks._narrow import narrowed, opinion
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.look import Look, incomplete, out_of_time
from airflow_sf_health.evidence.needs import API, CONNECTION, LOGIN, NOW, ORGANIZATION, RUNNING_USER, SECOND_SIGHT
from airflow_sf_health.evidence.second_sight import Subject
from airflow_sf_health.options import Options
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.report import Cost, Finding, Identity, Level, Proof, Report
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from airflow_sf_health.errors import OrgConnectionError
    from airflow_sf_health.org.connection import OrgConnection

LONGEST_STATUS = 2.5
"""Seconds that the status page may take at most, with half a second more to end."""


def examine(
    connection: OrgConnection,
    requirements: Requirements | None = None,
    options: Options | None = None,
    selected: Sequence[str] | None = None,
) -> Report:
    """Examine one connection: open the session, gather, judge, repair once if allowed and useful, report.

    :param connection: from :func:`airflow_sf_health.org.connection.org_connection`.
    :param requirements: what the task needs of the org; None asks nothing special.
    :param options: choices; None takes the defaults.
    :param selected: ids and families of checks to run, ``-`` before one to leave out; None runs all.
    :return: always a report: refusals, silence and a passed time limit are findings. It takes no longer than
        ``connection.time_limits.examination`` seconds, and half a second to end.
    :raises UnknownCheckError: a selection that means nothing; before any request.
    """
    chosen = tuple(checks.load(check_id) for check_id in checks.select(selected))
    required = requirements or Requirements()
    asked = (need for check in chosen for need in (*check.needs, *check.needs_for(required)))
    look = Look([*asked, RUNNING_USER, ORGANIZATION], required)
    started = time.monotonic()
    found: list[Report] = []
    choices = (options or Options()).filled()

    def job() -> None:
        seen_by, evidence, report = _look_and_repair(look, connection, chosen, choices)
        found.append(report)
        found.extend(_second_opinion(look, connection, seen_by, chosen, evidence, report))

    # A second user who keeps silent takes nothing away from what the first one saw.
    with suppress(DeadlineReached):
        within(connection.time_limits.examination, job, stop=look.stop)
    if not found:
        found.append(_report(connection, chosen, look.without_login(connection, out_of_time(connection))))
    report = found[-1]
    if choices.trust_status and not report.may_proceed:
        left = connection.time_limits.examination - (time.monotonic() - started)
        report = replace(report, trust=_trust(connection, report, look, left))
    return replace(report, cost=_cost(look, time.monotonic() - started))


def _trust(connection: OrgConnection, report: Report, look: Look, left: float) -> str:
    """What Salesforce's status page says in the seconds that are left; nothing where the instance is not known."""
    from airflow_sf_health.org.trust import instance_status

    instance = report.identity.instance_name
    if instance is None:
        return ""
    status = instance_status(connection, instance, look.traffic, seconds=min(left, LONGEST_STATUS))
    return status.words if status is not None else ""


def _look_and_repair(
    look: Look, connection: OrgConnection, chosen: Sequence[Check], options: Options
) -> tuple[OrgConnection, Evidence, Report]:
    """Look, repair once if allowed and useful, and look again: who looked last, what was seen, and the report on it."""
    evidence = look.at(connection, is_last=not options.reauthenticate)
    report = _report(connection, chosen, evidence)
    renewal = _renewal(connection, report, options)
    if renewal is None:
        return connection, evidence, report
    evidence = look.at(renewal, is_last=True)
    report = replace(_report(renewal, chosen, evidence), repairs=_repairs(connection, renewal, evidence))
    return renewal, evidence, report


def _second_opinion(
    look: Look,
    connection: OrgConnection,
    seen_by: OrgConnection,
    chosen: Sequence[Check],
    evidence: Evidence,
    report: Report,
) -> Iterator[Report]:
    """The same report with what a second user saw, where there is one who may help; first as it is if that user keeps silent."""
    if connection.diagnostic is None:
        if connection.diagnostic_problem:
            yield replace(report, second_opinion=connection.diagnostic_problem)
        return
    if not _second_user_may_help(report):
        return
    second_user = replace(connection.diagnostic, time_limits=connection.time_limits)
    yield replace(report, second_opinion=f"connection '{second_user.conn_id}' did not answer in time")
    second = look.by_second_user(second_user, _subject(connection, report, evidence))
    both = _report(seen_by, chosen, evidence.plus({SECOND_SIGHT: second}))
    yield replace(both, findings=_in_order(both.findings, report), repairs=report.repairs)


def _in_order(findings: Sequence[Finding], first: Report) -> tuple[Finding, ...]:
    """What failed by the first report leads the message; a failure that only the second user saw comes behind it."""
    failed = {each.check for each in first.findings if each.level is Level.FAILED}
    return tuple(sorted(findings, key=lambda each: each.level is Level.FAILED and each.check not in failed))


def _second_user_may_help(report: Report) -> bool:
    """Whether a failure may lie with the user: not where it is certain that the org, the network or the connection failed."""
    failed = [each for each in report.findings if each.level is Level.FAILED]
    return any(each.cause is None or not each.certain or cause(each.cause).kind is Kind.ACCESS for each in failed)


def report_incomplete(conn_id: str, error: OrgConnectionError) -> Report:
    """The report on a connection whose fields make no login: FAILED, and nothing was sent."""
    return _without_connection(conn_id, refused(incomplete(error), str(error).rstrip(".")), error.flow)


def report_unasked(conn_id: str, why: str, *, cause_id: str) -> Report:
    """The report when the examination could not begin; undetermined, since nothing is known of the org.

    :param why: what was met instead, on one line and without secrets.
    :param cause_id: the likeliest cause; it is never certain, and brings its own candidates.
    """
    candidates = tuple(Candidate(cause=each.cause, tell=each.tell) for each in cause(cause_id).candidates)
    finding = Finding(level=Level.UNKNOWN, summary=why, saw=why, cause=cause_id, certain=False, candidates=candidates)
    return _without_connection(conn_id, finding)


def _without_connection(conn_id: str, finding: Finding, flow: str | None = None) -> Report:
    login = replace(finding, check=checks.ALWAYS[0], essential=True)
    return Report(conn_id=conn_id, examined_at=pendulum.now("UTC"), findings=(login,), flow=flow)


def _report(connection: OrgConnection, chosen: Sequence[Check], evidence: Evidence) -> Report:
    login = evidence[LOGIN]
    return Report(
        conn_id=connection.conn_id,
        examined_at=evidence[NOW],
        findings=tuple(_findings(chosen, evidence)),
        flow=login.flow,
        login_host=connection.first_host,
        identity=_identity(evidence),
        proof=_proof(evidence),
        ignored_fields=evidence[CONNECTION].ignored,
        contact=connection.contact,
        runbook=connection.runbook,
        severity=connection.severity,
        version=connection.version,
        second_opinion=opinion(second) if (second := evidence[SECOND_SIGHT]) else "",
    )


def _findings(chosen: Sequence[Check], evidence: Evidence) -> Iterator[Finding]:
    second = evidence[SECOND_SIGHT]
    for finding in (each for check in chosen for each in judge(check, evidence)):
        yield finding if second is None else narrowed(finding, second)


def _subject(connection: OrgConnection, report: Report, evidence: Evidence) -> Subject:
    """Whom to ask a second user for. The shared login hosts tell no org."""
    identity, login = report.identity, evidence[LOGIN]
    return Subject(
        username=identity.username,
        user_id=identity.user_id,
        org_id=identity.org_id or connection.expected_org_id,
        host=identity.host or (connection.token_host if ".my." in f".{connection.token_host}" else None),
        flow=login.flow,
        refused_at=login.at if login.refusal is not None else None,
        api_only=any(each.cause == "api_only_user_ui" for each in report.findings),
    )


def _proof(evidence: Evidence) -> Proof | None:
    """The login; of a ready session, that the API did not call it dead."""
    login, api = evidence[LOGIN], evidence.get(API)
    dead = api is not None and api.refusal is not None and api.refusal.status == 401
    if login.refusal is not None or login.withheld is not None or (dead and not login.fresh):
        return None
    return Proof(at=login.at, flow=login.flow, fresh=login.fresh)


def _identity(evidence: Evidence) -> Identity:
    """Who it is, from the records where they could be read, else from the login, else from the connection; what none of them
    tells, a second user may have seen.
    """
    login, user, org = evidence[LOGIN], evidence.get(RUNNING_USER) or {}, evidence.get(ORGANIZATION) or {}
    second = evidence[SECOND_SIGHT] or SecondSight(conn_id="")
    return Identity(
        username=user.get("Username") or login.username or evidence[CONNECTION].login or second.username,
        user_id=user.get("Id") or login.user_id or second.user_id,
        org_id=org.get("Id") or login.org_id or second.org_id,
        org_name=org.get("Name"),
        host=login.host or second.host,
        is_sandbox=org.get("IsSandbox"),
        profile_id=user.get("ProfileId") or second.profile_id,
        instance_name=org.get("InstanceName"),
    )


def _renewal(connection: OrgConnection, report: Report, options: Options) -> OrgConnection | None:
    """The connection to log in with once more: when a failure says that a new token helps, and there is a flow for one."""
    failed = [each for each in report.findings if each.level is Level.FAILED and each.cause]
    if not options.reauthenticate or not failed or not all(cause(each.cause or "").reauth for each in failed):
        return None
    return connection.renewal if connection.session_id else connection


def _repairs(connection: OrgConnection, renewal: OrgConnection, evidence: Evidence) -> tuple[str, ...]:
    """What was mended; nothing where the new session is refused as well, or none could be had."""
    api = evidence.get(API)
    if api is None or api.refusal is not None:
        return ()
    what = "ready session" if connection.session_id else "session"
    return (f"The {what} was dead and was replaced by one fresh login ({renewal.flow.label}).",)


def _cost(look: Look, seconds: float) -> Cost:
    traffic = look.traffic
    used, allowed = traffic.api_usage or (None, None)
    return Cost(
        http_requests=traffic.http_requests,
        api_calls=traffic.api_calls,
        logins=traffic.logins,
        connections=traffic.connections,
        seconds=round(seconds, 3),
        api_used=used,
        api_allowed=allowed,
    )
