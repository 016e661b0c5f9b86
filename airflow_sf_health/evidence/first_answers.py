"""A login, and what the org answers to it at first; with another login where the token of another task is dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.evidence.facts import LoginFacts
from airflow_sf_health.evidence.gather import gather
from airflow_sf_health.evidence.needs import API, Need
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.evidence.told import login_facts
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession

DEAD = 401
"""The status of a refused token."""
MOST_REPLACED = 2
"""Dead tokens of other tasks that one look replaces: while the first was asked with, another task may have made the second."""


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """The login that was answered, or is refused whatever is done."""

    login: Login
    facts: LoginFacts
    answers: dict[Need[Any], Answer]


def first_answers(session: OrgSession, needs: Sequence[Need[Any]], *, proven: bool) -> FirstAnswers:
    """Log in and ask. A dead token is dropped for all who share it. That of another task is replaced, whatever ``reauthenticate``
    says: without it, this task would have logged in.

    :param proven: as :meth:`OrgSession.open` takes it.
    :raises Refused: no token could be had.
    :raises OrgConnectionError: the connection cannot be used.
    """
    left = MOST_REPLACED
    while True:
        login = session.open(proven=proven)
        answers = gather(session, needs, login.identity)
        refusal = answers[API].refusal
        is_dead = refusal is not None and refusal.status == DEAD
        if is_dead:
            session.drop_token()
        if not (is_dead and login.shared and left):
            return FirstAnswers(login, login_facts(login, replaced=left < MOST_REPLACED), answers)
        left -= 1
