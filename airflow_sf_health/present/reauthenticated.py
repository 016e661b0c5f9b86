"""What was done to log in anew, in words."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report.reauthenticated import LoginMade, Reauthenticated


def login_said(done: Reauthenticated) -> str:
    """One line of sentences: the login, whether its token is a new one, and who takes it from now on."""
    return " ".join(_sentences(done))


def _sentences(done: Reauthenticated) -> Iterator[str]:
    if done.login is LoginMade.MADE:
        yield from _made(done)
    elif done.login is LoginMade.FAILED:
        yield f"Asked for a token{_by(done)}, and got none."
    else:
        yield f"No login was made: {done.why.rstrip('.')}."


def _made(done: Reauthenticated) -> Iterator[str]:
    at = f" at {done.at.in_timezone('UTC').format('HH:mm:ss')} UTC" if done.at is not None else ""
    proof = done.report.proof
    did = "Another task logged in just then" if proof is not None and proof.shared else "Logged in"
    yield f"{did}{_by(done)}{at}."
    if done.is_new is None:
        yield "No token was kept before, so that nobody can tell whether this one is new."
    elif done.is_new:
        yield "The token is a new one: the one that was shared before is replaced."
    else:
        yield "The token is the same as before: its session is alive, and Salesforce gives it again."
    yield "Other tasks take it from now on." if done.shared else "It is kept for no other task."
    if done.beside_session:
        yield "The ready session in the connection stays what tasks use first."


def _by(done: Reauthenticated) -> str:
    return f" by {LoginFlow(done.flow).label}" if done.flow else ""
