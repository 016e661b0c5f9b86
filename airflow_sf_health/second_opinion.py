"""After a failure, what a second user says of it: whether one is asked, for whom, and the report with the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_sf_health.causes import Kind, cause
from airflow_sf_health.checks._check import Check
from airflow_sf_health.evidence.evidence import Evidence, NotGathered
from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.needs import LOGIN, NEXT_TOKEN, SECOND_SIGHT
from airflow_sf_health.evidence.second_sight import Subject
from airflow_sf_health.judgement import report_on
from airflow_sf_health.org.clocks import instant
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Finding, Level, Report


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first user's look came to. ``by`` is the connection that looked last: after a repair, the one that replaced the
    session.
    """

    by: OrgConnection
    chosen: Sequence[Check]
    evidence: Evidence
    report: Report


def second_opinion(look: Look, connection: OrgConnection, seen: Seen) -> Iterator[Seen]:
    """The same with what a second user saw, where there is one who may help; first as it is if that user keeps silent."""
    if connection.diagnostic is None:
        if connection.diagnostic_problem:
            yield replace(seen, report=replace(seen.report, second_opinion=connection.diagnostic_problem))
        return
    if not _may_help(seen.report):
        return
    second_user = replace(connection.diagnostic, time_limits=connection.time_limits)
    silent = f"connection '{second_user.conn_id}' did not answer in time"
    yield replace(seen, report=replace(seen.report, second_opinion=silent))
    second = look.by_second_user(second_user, subject(connection, seen))
    evidence = seen.evidence.plus({SECOND_SIGHT: second})
    both = report_on(seen.by, seen.chosen, evidence)
    report = replace(both, findings=_in_order(both.findings, seen.report), repairs=seen.report.repairs)
    yield replace(seen, evidence=evidence, report=report)


def subject(connection: OrgConnection, seen: Seen) -> Subject:
    """Whom to ask a second user for. The shared login hosts tell no org."""
    identity = seen.report.identity
    return Subject(
        username=identity.username,
        user_id=identity.user_id,
        org_id=identity.org_id or connection.expected_org_id,
        host=identity.host or (connection.token_host if ".my." in f".{connection.token_host}" else None),
        api_only=any(each.cause == "api_only_user_ui" for each in seen.report.findings),
        **_refused_login(connection, seen),
    )


def _refused_login(connection: OrgConnection, seen: Seen) -> dict[str, Any]:
    """The login whose reason is asked for: this connection's own, or the one that was made beside its ready session. None
    where nobody answered it, since Salesforce may not know of it.
    """
    login, following = seen.evidence[LOGIN], _next_token(seen.evidence)
    flow, refusal = login.flow, login.refusal
    if refusal is None and following is not None and following.by == "renewal" and _is_same_user(connection, seen):
        flow, refusal = following.flow or flow, following.refusal
    if refusal is None or refusal.status is None or flow is LoginFlow.SESSION:
        return {}
    return {
        "flow": flow,
        "refused_at": instant(refusal.at) or login.at,
        "server_date": refusal.server_date,
        "api_version": connection.version if flow.is_soap else None,
    }


def _next_token(evidence: Evidence) -> NextTokenFacts | None:
    """How the login beside the ready session went, where a check asked for one."""
    try:
        return evidence.get(NEXT_TOKEN)
    except NotGathered:
        return None


def _is_same_user(connection: OrgConnection, seen: Seen) -> bool:
    """Whether the login beside the ready session is the same user's, as far as both are named."""
    own, other = seen.report.identity.username, connection.renewal.login if connection.renewal else None
    return own is None or other is None or own.casefold() == other.casefold()


def _in_order(findings: Sequence[Finding], first: Report) -> tuple[Finding, ...]:
    """What failed by the first report leads the message; a failure that only the second user saw comes behind it."""
    failed = {each.check for each in first.findings if each.level is Level.FAILED}
    return tuple(sorted(findings, key=lambda each: each.level is Level.FAILED and each.check not in failed))


def _may_help(report: Report) -> bool:
    """Whether a failure may lie with the user: not where it is certain that the org, the network or the connection failed."""
    failed = [each for each in report.findings if each.level is Level.FAILED]
    return any(each.cause is None or not each.certain or cause(each.cause).kind is Kind.ACCESS for each in failed)
