"""Whether the next token can be had, found out without harm to the credential or to its user.

A login beside a session that lives is made only where it cannot hurt: never by a refresh token, which it may spend, nor by a
password, which locks its user out where it is outdated and each examination tries it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from airflow_sf_health.evidence.facts import ApiFacts, NextTokenFacts
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession

T = TypeVar("T")

HANDED_OVER = "the session was handed over by the caller, who has it in place of a login"
NOT_WANTED = "reauthenticate is off, so no login is made beside the ready session"
LOCKS_OUT = "a login by {flow} is not made beside a ready session, since an outdated password at each examination would lock the user out"
NO_SECRET = "whether its refresh token is alive is told only to a client with a consumer_secret, and a login could spend the token"
_MADE_BESIDE = (LoginFlow.JWT_BEARER, LoginFlow.CLIENT_CREDENTIALS)
"""The flows by which a login spends nothing, and a refused one locks nobody out."""


class Attempt(Protocol):
    """Does one thing in a conversation of its own; gives what came of it, or why nothing did."""

    def __call__(self, connection: OrgConnection, act: Callable[[OrgSession], T], /) -> T | Refusal: ...


def next_token(
    connection: OrgConnection, login: Login, api: ApiFacts, attempt: Attempt, *, may_log_in: bool
) -> NextTokenFacts | Refusal:
    """Find out whether the next token can be had, after ``login``.

    :param api: how the API answered the session. Where it is dead, the login that replaces it tells more; where nobody
        answered, there is nobody to ask. Its refusal is the answer then.
    :param may_log_in: whether a login may be made beside a ready session.
    """
    if login.fresh:
        proven_at = login.at if login.shared else None
        return NextTokenFacts(by="login", flow=login.flow, rotated=login.rotated, proven_at=proven_at)
    if connection.renewal_problem is not None:
        return NextTokenFacts(by="nothing", broken=connection.renewal_problem)
    renewal = connection.withheld_renewal or connection.renewal
    if renewal is None:
        return NextTokenFacts(by="nothing")
    reason = _reason_not_to_try(connection, renewal, may_log_in)
    if connection.renewal is not None and (refusal := api.refusal) and (refusal.status == 401 or not refusal.answered):
        return refusal
    if reason is not None:
        return NextTokenFacts(by="nothing", untried=reason)
    return introspected(renewal, attempt) if renewal.flow is LoginFlow.REFRESH_TOKEN else _renewed(renewal, attempt)


def introspected(connection: OrgConnection, attempt: Attempt) -> NextTokenFacts:
    """What introspection says of the connection's refresh token; that does not spend it."""
    found = attempt(connection, OrgSession.introspect)
    if isinstance(found, Refusal):
        return NextTokenFacts(by="introspection", flow=connection.flow, refusal=found)
    return NextTokenFacts(by="introspection", flow=connection.flow, active=found.active, expires=found.expires)


def _reason_not_to_try(connection: OrgConnection, renewal: OrgConnection, may_log_in: bool) -> str | None:
    if connection.session_is_argument:
        return HANDED_OVER
    if renewal.flow is LoginFlow.REFRESH_TOKEN:
        return NO_SECRET if renewal.consumer_secret is None else None
    if not may_log_in:
        return NOT_WANTED
    return None if renewal.flow in _MADE_BESIDE else LOCKS_OUT.format(flow=renewal.flow.label)


def _renewed(renewal: OrgConnection, attempt: Attempt) -> NextTokenFacts:
    """What a login beside the ready session gives; its token is not used. One of another task's proves as much, for a while."""
    login = attempt(renewal, lambda session: session.open(proven=True))
    if isinstance(login, Refusal):
        return NextTokenFacts(by="renewal", flow=renewal.flow, refusal=login)
    return NextTokenFacts(by="renewal", flow=renewal.flow, proven_at=login.at if login.shared else None)
