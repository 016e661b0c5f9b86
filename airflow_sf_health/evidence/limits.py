"""The org's limits: who may ask for them, and what the answer says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.facts import Limit
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, Limits, Need
from airflow_sf_health.org.errors import Refusal, Refused, Shape

if TYPE_CHECKING:
    from airflow_sf_health.evidence.parts import Answer
    from airflow_sf_health.org.session import OrgSession

WHERE = "limits of the org"
BARRED = Refusal(
    shape=Shape.NO_ANSWER, message="the user lacks the permission 'View Setup and Configuration'", where=WHERE
)
"""The answer where the call would be spent in vain."""


def barred(needs: Iterable[Need[Any]], answers: Mapping[Need[Any], Answer]) -> dict[Need[Any], Answer]:
    """The limits among the needs, refused beforehand where the user's own permissions say that Salesforce will refuse them."""
    rows = answers.get(ALL_PERMISSIONS)
    known = isinstance(rows, tuple) and rows and rows[0].get("PermissionsViewSetup") is False
    return {need: BARRED for need in needs if isinstance(need, Limits)} if known else {}


def ask_limits(session: OrgSession, *, read: float) -> Answer:
    """What is left of each limit, or the refusal. One API call.

    :param read: read limit in seconds.
    """
    try:
        return read_limits(session.ask("limits", where=WHERE, read=read).value)
    except Refused as refused:
        return refused.refusal


def read_limits(value: Any) -> Answer:
    """The limits by name. Shares of single apps are nested in some of them, and are left out, as is whatever is no limit."""
    if not isinstance(value, Mapping):
        return Refusal(shape=Shape.UNREADABLE, message="the answer is no list of limits", where=WHERE)
    found = {
        name: (each.get("Max"), each.get("Remaining")) for name, each in value.items() if isinstance(each, Mapping)
    }
    return {
        name: Limit(most=most, remaining=remaining)
        for name, (most, remaining) in found.items()
        if type(most) is int and type(remaining) is int
    }
