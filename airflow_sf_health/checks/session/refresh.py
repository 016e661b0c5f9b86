"""The next token can be had, too.

A session that answers proves nothing about the next login: the refresh token behind it may be revoked, spent or expired, the
password changed, the app blocked. A login just made proves it. Beside a ready session one is made by the flow that would replace
it, and its token is not used; only by JWT bearer and client credentials, since a password that is outdated would be refused at
each examination until its user is locked out. A refresh token behind a ready session, and one that is not ours to spend, is asked
about by introspection, which does not spend it. Where the caller handed the session over, nothing is tried: the task has it in
place of a login.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._words import ago
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.needs import LOGIN, NEXT_TOKEN, NOW
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report.finding import Candidate, Finding, Level

DEAD = "refresh_token_expired"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the next token can be had, or not, or nobody knows."""
    facts = evidence[NEXT_TOKEN]
    if facts.by == "introspection":
        yield _introspected(facts, evidence)
    elif facts.broken:
        yield Finding(
            level=Level.WARNING,
            summary=f"the ready session could not be replaced by a login: {facts.broken.rstrip('.')}",
        )
    elif facts.untried:
        yield Finding(level=Level.INFO, summary=f"the next token was not tried: {facts.untried}")
    elif facts.flow is None:
        yield Finding(
            level=Level.INFO,
            summary="the connection holds a ready session and nothing to log in with, so there is no token after it",
        )
    elif facts.refusal is not None:
        yield refused(
            facts.refusal,
            f"the ready session has no successor: a login by {facts.flow.label} failed: {facts.refusal.said}",
        )
    elif facts.rotated:
        yield _spent(facts.flow)
    else:
        made = f"a login by {facts.flow.label} was made {_when(facts, evidence)}"
        yield Finding(level=Level.OK, summary=f"the next token can be had: {made}")


def _when(facts: NextTokenFacts, evidence: Evidence) -> str:
    if facts.proven_at is not None:
        return f"{ago(facts.proven_at, evidence[NOW])}, and is shared"
    return "just now" if facts.by == "login" else "just now, beside the ready session"


def _spent(flow: LoginFlow) -> Finding:
    return Finding(
        level=Level.FAILED,
        summary="the refresh token in the connection is spent, so the next login will be refused",
        cause=DEAD,
        saw=f"a new refresh token in the reply · {flow.request_label}",
    )


def _introspected(facts: NextTokenFacts, evidence: Evidence) -> Finding:
    if facts.refusal is not None:
        # Who may not introspect may well refresh: it is not known, whatever the reason that was given.
        found = refused(facts.refusal, f"the refresh token could not be introspected: {facts.refusal.said}")
        # Where no login is made, it is the one request to Salesforce: silence means that nothing is known of the network either.
        is_all = evidence[LOGIN].withheld is not None and not facts.refusal.answered
        return replace(found, level=Level.UNKNOWN, essential=is_all)
    if not facts.active:
        return Finding(
            level=Level.FAILED,
            summary="the refresh token is dead, so no next token can be had with it",
            cause=DEAD,
            saw=f"active=false · introspection of the refresh token · {evidence[NOW].format('HH:mm:ss')} UTC",
            certain=False,
            candidates=tuple(Candidate(cause=each.cause, tell=each.tell) for each in cause(DEAD).candidates),
        )
    until = f", until {facts.expires.format('YYYY-MM-DD HH:mm')} UTC" if facts.expires else ""
    return Finding(level=Level.OK, summary=f"the refresh token is active{until} (introspected, not spent)")


CHECK = Check(id="session.refresh", title="Next token", needs=(NEXT_TOKEN, LOGIN, NOW), evaluate=evaluate)
