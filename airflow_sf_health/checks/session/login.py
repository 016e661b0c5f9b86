"""A token can be had, now, by the connection's own login flow.

A fresh login proves at once that the user is active, that the IP address and the hour are allowed, that the app is approved
and that the credential is right. A ready session proves only itself: a frozen user's session may live on, so such a token
is reported as what it is. A shared login proves as much as one of this look, for as long as a verdict is shared: its age
is told. A refresh token that is not ours to spend makes no login at all, which is said and not punished; one
that a login has spent, because it rotates and nobody told us, is a failure: its next use would end the tokens of all who share it.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._words import ago
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import LoginFacts
from airflow_sf_health.evidence.needs import API, LOGIN, NOW
from airflow_sf_health.org.clocks import AGREE, apart
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report.finding import Finding, Level

_NO_HOOK = "SalesforceHealthHook makes no login by this connection either."
_FLOW_OF_ITS_OWN = "Give tasks that call Salesforce a connection with a flow of its own, such as JWT bearer."
_SET_CLOCK = (
    "Airflow administrator: switch on time synchronisation (chrony, systemd-timesyncd, the cloud's time service) on the machine that "
    "ran this task; a container has the clock of its host."
)


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the login stands, or why it was refused. One more where this machine's clock may soon forbid it."""
    login = evidence[LOGIN]
    if login.refusal is not None:
        yield refused(login.refusal, f"no token by {login.flow.label}: {login.refusal.said}")
    elif login.withheld is not None:
        hint = f"{_NO_HOOK} {_FLOW_OF_ITS_OWN}" if "belongs to" in login.withheld else _NO_HOOK
        yield Finding(level=Level.WARNING, summary=f"no login was made: {login.withheld}", hint=hint)
    elif login.rotated:
        yield _spent(login)
    elif login.password_expired:
        yield Finding(
            level=Level.FAILED,
            summary="the login succeeded with an expired password, and every later call will be refused",
            cause="password_expired",
            saw=f"passwordExpired=true · {login.flow.request_label} · {login.at.format('HH:mm:ss')} UTC",
        )
    elif login.fresh:
        yield Finding(level=Level.OK, summary=_proven(login, evidence))
        yield from _clock(login)
    elif (refusal := evidence[API].refusal) is not None and refusal.status == 401:
        yield refused(refusal, f"the ready session was refused: {refusal.said}")
    else:
        yield Finding(
            level=Level.INFO, summary="the ready session answers; it proves nothing about the next login of its user"
        )


def _proven(login: LoginFacts, evidence: Evidence) -> str:
    if login.shared:
        return f"login proven {ago(login.at, evidence[NOW])} by {login.flow.label}, by a shared login"
    return f"fresh login by {login.flow.label} at {login.at.format('HH:mm:ss')} UTC"


def _clock(login: LoginFacts) -> Iterator[Finding]:
    """A clock that goes wrong is no trouble yet where the login succeeded; it is, for all that sign by it, a few minutes later."""
    if login.flow is not LoginFlow.JWT_BEARER or login.clock_ahead is None or abs(login.clock_ahead) <= AGREE:
        return
    yield Finding(
        level=Level.WARNING,
        summary=f"this machine's clock is {apart(login.clock_ahead)}; from about three minutes on, logins by JWT bearer are refused",
        hint=_SET_CLOCK,
    )


def _spent(login: LoginFacts) -> Finding:
    """On-call learns the whole of it here: what happened, that the token in use still lives, and what ends the story."""
    return Finding(
        level=Level.FAILED,
        summary="this login spent the connection's refresh token: Salesforce gave a new one, which a task cannot keep",
        cause="refresh_token_expired",
        saw=f"a new refresh token in the reply · {login.flow.request_label} · {login.at.format('HH:mm:ss')} UTC",
        hint="Refresh Token Rotation is on in the app, and the connection does not say so. Authorise the app anew, put the new "
        "token into the connection's extra refresh_token, and set its extra refresh_token_rotation to true. Until then let "
        "nothing log in by this connection: using the spent token again revokes all that came from it.",
    )


CHECK = Check(id="session.login", title="Login", needs=(LOGIN, API, NOW), evaluate=evaluate, essential=True)
