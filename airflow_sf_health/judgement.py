"""From what was seen to a report: each check's findings, narrowed by a second user, and who and where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from airflow_sf_health.checks._check import Check, judge
from airflow_sf_health.checks._narrow import narrowed, without_login
from airflow_sf_health.checks._opinion import opinion
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import NextTokenFacts, SecondSight
from airflow_sf_health.evidence.needs import (
    API,
    CONNECTION,
    LOGIN,
    NEXT_TOKEN,
    NOW,
    ORGANIZATION,
    RUNNING_USER,
    SECOND_SIGHT,
)
from airflow_sf_health.org.clocks import AGREE, ahead_at, instant
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Cost, Finding, Identity, Proof, Report

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.errors import Refusal
    from airflow_sf_health.org.transport import Traffic

NEXT_LOGIN = "session.refresh"
"""The check that speaks of the login beside a ready session; all others speak of the session itself then."""


def report_on(connection: OrgConnection, chosen: Sequence[Check], evidence: Evidence) -> Report:
    """Give the report on one look at the org, without its cost.

    :param connection: the one that looked.
    """
    login = evidence[LOGIN]
    return Report(
        conn_id=connection.conn_id,
        examined_at=evidence[NOW],
        findings=tuple(findings(chosen, evidence)),
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
        next_login=_next_login(evidence),
        proven_at=_proven_at(evidence),
        clock_ahead=_clock_ahead(evidence),
    )


def findings(chosen: Sequence[Check], evidence: Evidence) -> Iterator[Finding]:
    """Give what these checks find, with what the second user saw, if one was asked."""
    second, refused = evidence[SECOND_SIGHT], evidence[LOGIN].refusal is not None
    for finding in (each for check in chosen for each in judge(check, evidence)):
        if second is None:
            yield finding
        else:
            yield narrowed(finding, second if refused or finding.check == NEXT_LOGIN else without_login(second))


def _proof(evidence: Evidence) -> Proof | None:
    """The login; of a session that was there before, that the API did not call it dead."""
    login, api = evidence[LOGIN], evidence.get(API)
    dead = api is not None and api.refusal is not None and api.refusal.status == 401
    own = login.fresh and not login.shared
    if login.refusal is not None or login.withheld is not None or (dead and not own):
        return None
    return Proof(at=login.at, flow=login.flow, fresh=login.fresh, shared=login.shared)


def _next_login(evidence: Evidence) -> pendulum.DateTime | None:
    """When the login that was refused, this one or the one beside a ready session, is really tried again."""
    return next((instant(each.not_before) for each in _refused_logins(evidence) if each.not_before), None)


def _proven_at(evidence: Evidence) -> pendulum.DateTime | None:
    """The login in use and the one beside a ready session may be of two ages."""
    login, following = evidence[LOGIN], _next_token(evidence)
    met = [login.at if login.fresh else None, following.proven_at if following is not None else None]
    met += [instant(each.at) for each in _refused_logins(evidence) if each.repeated]
    return min((each for each in met if each is not None), default=None)


def _clock_ahead(evidence: Evidence) -> float | None:
    """As the logins tell that were made here, by the one flow that a wrong clock forbids."""
    label, login = LoginFlow.JWT_BEARER.request_label, evidence[LOGIN]
    measured = [login.clock_ahead if login.flow is LoginFlow.JWT_BEARER else None]
    measured += [ahead_at(each) for each in _refused_logins(evidence) if each.where == label and not each.repeated]
    return next((each for each in measured if each is not None and abs(each) > AGREE), None)


def _refused_logins(evidence: Evidence) -> list[Refusal]:
    following = _next_token(evidence)
    refusals = (evidence[LOGIN].refusal, following.refusal if following is not None else None)
    return [each for each in refusals if each is not None]


def _next_token(evidence: Evidence) -> NextTokenFacts | None:
    return evidence.get(NEXT_TOKEN) if NEXT_TOKEN in evidence.needs() else None


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


def cost_of(traffic: Traffic, seconds: float) -> Cost:
    """What came of counting the requests, as a report shows it."""
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
