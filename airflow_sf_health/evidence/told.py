"""What a look knows without asking: the connection and the login as facts, and why nothing could be asked. Pure."""

from __future__ import annotations

from dataclasses import replace

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.facts import ApiFacts, ConnectionFacts, LoginFacts
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.login import Login

INCOMPLETE = "CONNECTION_INCOMPLETE"
"""Our own code, in the place of Salesforce's, for a connection that was never used."""
NO_LOGIN = Refusal(shape=Shape.NO_ANSWER, message="no login was made")
"""The answer to whatever takes a token, where a refresh token is not ours to spend."""
NOT_YET = no_answer("the examination ended before it was answered")
"""The answer to what is asked late, as long as there is none."""


def incomplete(error: OrgConnectionError) -> Refusal:
    """A connection that cannot be used, told in the same words as what Salesforce refuses."""
    return Refusal(shape=Shape.NO_ANSWER, code=INCOMPLETE, message=str(error), where=f"extra or field '{error.field}'")


def out_of_time(connection: OrgConnection) -> Refusal:
    """The refusal when the examination's own time limit passed and nothing more is known."""
    limit = f"examination time limit of {connection.time_limits.examination:g} s reached"
    return no_answer(limit, host=connection.first_host)


def connection_facts(connection: OrgConnection) -> ConnectionFacts:
    """The connection without its secrets."""
    return ConnectionFacts(
        conn_id=connection.conn_id,
        flow=connection.flow,
        login=connection.login,
        first_host=connection.first_host,
        version=connection.version,
        ignored=connection.ignored,
        expected_org_id=connection.expected_org_id,
        stock=connection.stock,
        stock_proxies=connection.stock_proxies,
    )


def login_facts(login: Login, *, replaced: bool = False) -> LoginFacts:
    """The login without its token. ``replaced``: it came into the place of a dead one that was shared."""
    identity = login.identity
    return LoginFacts(
        flow=login.flow,
        at=login.at,
        fresh=login.fresh,
        org_id=identity.org_id if identity else None,
        user_id=identity.user_id if identity else None,
        username=identity.username if identity else None,
        host=login.host,
        password_expired=login.password_expired,
        rotated=login.rotated,
        shared=login.shared,
        replaced=replaced,
        clock_ahead=login.clock_ahead,
    )


def after_fresh_login(answer: Answer) -> Answer:
    """The same; a refusal says that it refuses a token that was given just before."""
    if isinstance(answer, Refusal):
        return replace(answer, fresh_token=True)
    if isinstance(answer, ApiFacts) and answer.refusal is not None:
        return replace(answer, refusal=replace(answer.refusal, fresh_token=True))
    return answer
