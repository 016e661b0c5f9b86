"""The refusals of a refresh token that is not sent, or lost: our own, in the place of Salesforce's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.org.errors import Refusal, Refused, Shape

if TYPE_CHECKING:
    from airflow_sf_health.org.vault import Grant

LOST = "REFRESH_TOKEN_LOST"
UNSURE = "REFRESH_TOKEN_UNSURE"
DEAD = "REFRESH_TOKEN_DEAD"


def own(code: str | None, message: str) -> Refused:
    """A refusal of ours. Without a code it says that nothing is known."""
    return Refused(Refusal(shape=Shape.NO_ANSWER, code=code, message=message))


def lost(why: str) -> Refused:
    """A grant that is certainly lost; ``why`` is a clause."""
    return own(LOST, f"{why}, so the grant is lost")


def lost_since(marked: Grant) -> Refused:
    """One that was dead when somebody came after whoever began to spend it."""
    return lost(f"{_since(marked)}; the token is dead now")


def unsure(marked: Grant, why: str = "cannot be asked without a consumer_secret") -> Refused:
    """A token that may be spent, and nobody can tell; ``why`` says why not."""
    return own(UNSURE, f"{_since(marked)}; whether it was spent {why}, so it is not sent a second time")


def dead() -> Refused:
    """The connection's own token, before it was ever spent here."""
    return own(DEAD, "introspection says that the refresh token in the connection is not active, so it was not sent")


def busy(why: str) -> Refused:
    """Nothing is wrong but that somebody else is at it."""
    return own(None, f"another task is using the same refresh token: {why}")


def unusable(problem: str) -> Refused:
    """Nothing can be kept; ``problem`` is a sentence."""
    return own(None, f"the refresh token was not spent, since what keeps the next one cannot be used: {problem}")


def _since(marked: Grant) -> str:
    since = marked.spending_since
    at = since.format("YYYY-MM-DD HH:mm:ss [UTC]") if since is not None else "a time that is not known"
    return (
        f"a process began to spend the refresh token at {at}, and ended or lost the reply before the new one was kept"
    )
