"""Reports made by hand: judged from evidence that a test gives, without an org."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connecting import fields_of
from known import HEALTHY, connection, login, refused_login

from airflow_sf_health import checks
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import ApiFacts, NextTokenFacts, SecondSight
from airflow_sf_health.evidence.needs import (
    API,
    CONNECTION,
    LOGIN,
    NEXT_TOKEN,
    NOW,
    OWN_LICENSE,
    REQUIREMENTS,
    SECOND_SIGHT,
)
from airflow_sf_health.judgement import report_on
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Cost, Report, Reused
from airflow_sf_health.requirements import Requirements

CONNECTIONS: dict[LoginFlow, dict[str, Any]] = {
    LoginFlow.JWT_BEARER: {"login": "integration@acme.com", "consumer_key": "k", "private_key": "p"},
    LoginFlow.SOAP_TOKEN: {"login": "integration@acme.com", "password": "password", "security_token": "t"},
    LoginFlow.SESSION: {"session_id": "s", "instance_url": "https://acme.my.salesforce.com"},
    LoginFlow.CLIENT_CREDENTIALS: {"consumer_key": "k", "consumer_secret": "s", "domain": "acme.my"},
}


def report_of(answers: dict[Any, Any] | None = None, flow: LoginFlow = LoginFlow.JWT_BEARER, **changes: Any) -> Report:
    """What an examination reports on the healthy evidence with these answers otherwise."""
    own = fields_of(**CONNECTIONS[flow], contact="crm-admins@acme.com")
    facts = connection(flow=flow, first_host=own.first_host, login=own.login)
    evidence = Evidence({**HEALTHY, CONNECTION: facts, **(answers or {})})
    chosen = [checks.load(check_id) for check_id in checks.CATALOGUE]
    cost = Cost(http_requests=2, api_calls=1, logins=1, connections=2, seconds=0.31, api_used=8400, api_allowed=100_000)
    return replace(report_on(own, chosen, evidence), **{"cost": cost, **changes})


REFUSED = Cost(http_requests=1, logins=1, connections=1, seconds=0.12)
AT = "2026-11-22T02:00:13.123456Z"


ASKED_TWO = Cost(
    http_requests=4, api_calls=2, logins=2, connections=3, seconds=0.43, api_used=8402, api_allowed=100_000
)
MASKED = Refusal(
    shape=Shape.SOAP,
    status=500,
    code="INVALID_LOGIN",
    message="Invalid username, password, security token; or user locked out.",
)
SEEN_FROZEN = SecondSight(
    conn_id="crm_admin",
    user_id="005Hs0000000001IAA",
    username="integration@acme.com",
    profile_id="00eHs0000000001IAA",
    org_id="00DHs0000000001MAA",
    host="acme.my.salesforce.com",
    is_active=True,
    is_frozen=True,
    is_locked=False,
    login_status="User is frozen",
    login_at="2026-11-22T02:00:13+00:00",
    login_ip="203.0.113.10",
    login_recorded=True,
    license_name="Salesforce Integration",
    license_status="Active",
)
SEEN_WRONG_PASSWORD = replace(SEEN_FROZEN, is_frozen=False, login_status="Invalid password")


def _refused(flow: LoginFlow, refusal: Refusal, second: SecondSight | None = None) -> Report:
    seen = refusal.seen(where=flow.request_label, at=AT)
    cost = ASKED_TWO if second is not None and second.user_id else REFUSED
    if second is not None and second.login_status:
        second = replace(second, login_flow=flow)
    return report_of({**refused_login(seen, flow), SECOND_SIGHT: second}, flow, cost=cost)


def _licence_hidden() -> dict[Any, Any]:
    words = "The requested resource does not exist"
    refusal = Refusal(shape=Shape.REST, status=404, code="NOT_FOUND", message=words, where="record of UserLicense")
    return {OWN_LICENSE: refusal}


def _shared(gone: Refusal) -> dict[str, Report]:
    """What other tasks have proven, met or examined before."""
    proven_at = HEALTHY[LOGIN].at.subtract(seconds=47)
    proven = {LOGIN: login(at=proven_at, shared=True)}
    following = {NEXT_TOKEN: NextTokenFacts(by="login", flow=LoginFlow.JWT_BEARER, proven_at=proven_at)}
    kept = replace(gone, not_before="2026-11-22T02:01:13.123456Z")
    known = replace(kept.seen(where="", at=AT), where=LoginFlow.JWT_BEARER.request_label, repeated=True)
    reused = Reused(at=HEALTHY[NOW].add(seconds=12), by="load_accounts.preflight")
    free = Cost(seconds=0.003)
    refused = _refused(LoginFlow.JWT_BEARER, kept)
    return {
        "shared_login": report_of({**proven, **following}, cost=replace(REFUSED, logins=0, api_calls=1)),
        "shared_login_replaced": report_of(
            repairs=("The shared session was dead and was replaced by one fresh login (JWT bearer).",)
        ),
        "refused_now": refused,
        "refused_before": _refused(LoginFlow.JWT_BEARER, known),
        "reused": report_of({**proven, **following}, reused=reused, cost=free),
        "reused_refusal": replace(refused, reused=reused, cost=free),
    }


def _by_clocks() -> dict[str, Report]:
    """A clock that is wrong, or is not, beside a login by JWT bearer."""
    expired = Refusal(shape=Shape.OAUTH, status=400, code="invalid_grant", message="expired authorization code")
    dates = {"clock_behind": "02:05:15", "clock_ahead": "01:55:11", "clocks_agree": "02:00:12"}
    refused = {name: replace(expired, server_date=f"Sun, 22 Nov 2026 {date} GMT") for name, date in dates.items()}
    return {
        **{name: _refused(LoginFlow.JWT_BEARER, each) for name, each in refused.items()},
        "clock_off": report_of({LOGIN: login(clock_ahead=-100.4)}),
    }


def states() -> dict[str, Report]:
    """The states that the golden messages show, by name."""
    no_api = Refusal(
        shape=Shape.REST,
        status=403,
        code="API_DISABLED_FOR_ORG",
        message="The REST API is not enabled for this Organization.",
    ).seen(where="composite request", at=AT)
    asked = {
        need: no_api for need in HEALTHY if need.name in ("user", "profile", "license", "permissions", "organization")
    }
    repaired = "The ready session was dead and was replaced by one fresh login (JWT bearer)."
    gone = Refusal(shape=Shape.OAUTH, status=400, code="invalid_grant", message="inactive user")
    silent = SecondSight(conn_id="crm_admin", refusal=replace(gone, where="token request (JWT bearer)"))
    found = replace(SEEN_FROZEN, is_frozen=None, is_locked=None, login_status=None, login_at=None, login_ip=None)
    narrow = replace(found, login_recorded=None, license_name=None, license_status=None)
    half_seen = replace(narrow, unread=("frozen or locked", "licence"), logins_unshown=True)
    return {
        **_shared(gone),
        **_by_clocks(),
        "healthy": report_of(_licence_hidden()),
        "inactive": _refused(
            LoginFlow.JWT_BEARER, Refusal(shape=Shape.OAUTH, code="invalid_grant", message="inactive user")
        ),
        "masked": _refused(LoginFlow.SOAP_TOKEN, MASKED),
        "masked_told_apart": _refused(LoginFlow.SOAP_TOKEN, MASKED, SEEN_FROZEN),
        "masked_wrong_password": _refused(LoginFlow.SOAP_TOKEN, MASKED, SEEN_WRONG_PASSWORD),
        "masked_half_seen": _refused(LoginFlow.SOAP_TOKEN, MASKED, half_seen),
        "masked_not_told_apart": _refused(LoginFlow.SOAP_TOKEN, MASKED, silent),
        "undetermined": _refused(LoginFlow.CLIENT_CREDENTIALS, no_answer("read time limit reached")),
        "degraded": report_of({LOGIN: login(flow=LoginFlow.SOAP_TOKEN)}, LoginFlow.SOAP_TOKEN),
        "repaired": report_of(repairs=(repaired,)),
        "no_api": report_of({**asked, API: ApiFacts(refusal=no_api)}),
        "wrong_org": report_of({REQUIREMENTS: Requirements(org_id="00DHs0000000002MAA")}),
        "ready_session": report_of({LOGIN: login(flow=LoginFlow.SESSION, fresh=False)}, LoginFlow.SESSION),
        "unknown": _refused(
            LoginFlow.JWT_BEARER,
            Refusal(shape=Shape.OAUTH, code="strange_error", message=("what nobody has seen before " * 12).strip()),
        ),
    }
