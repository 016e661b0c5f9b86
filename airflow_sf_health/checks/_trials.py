"""How the queries of a task are tried without reading a row, and what a refusal of the try says of the query itself."""

from __future__ import annotations

import re
from urllib.parse import quote

from airflow_sf_health.causes import diagnose
from airflow_sf_health.checks._columns import reason
from airflow_sf_health.evidence.needs import Query
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.soql import limited, needs_explain

LONGEST_ADDRESS = 16_384
"""Bytes that the address of a request may have; a query by REST is part of it."""
LONGEST_SOQL = 100_000
"""Characters that SOQL may have wherever it is sent."""
_PATH = "/services/data/v67.0/query?q="
OF_THE_QUERY = ("query_error", "schema_changed", "object_or_field_access")
"""The causes that lie in what is asked, not in when or by whom."""
OF_THE_PLAN = ("INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY")
"""The codes that count where only the plan was asked for, which is a Beta and refused for reasons of its own."""


def trials(requirements: Requirements) -> tuple[tuple[str, Query | None], ...]:
    """Each query with how it is tried; None of one that is too long for it."""
    return tuple((soql, _trial(n, soql)) for n, soql in enumerate(requirements.queries or (), 1))


def address_length(soql: str) -> int:
    """Bytes of the address when the task sends this query by REST."""
    return len(_PATH) + len(quote(soql, safe=""))


def is_of_the_query(refusal: Refusal, trial: Query) -> bool:
    """Whether the task's own query would be refused as well, not only its trial."""
    if trial.explain and refusal.code not in OF_THE_PLAN:
        return False
    return diagnose(refusal).cause in OF_THE_QUERY and not _is_about_the_limit(refusal)


def _trial(number: int, soql: str) -> Query | None:
    if address_length(soql) > LONGEST_ADDRESS:
        return None
    name = f"query_{number}"
    if needs_explain(soql):
        return Query(name, soql, late=True, explain=True)
    return Query(name, limited(soql), late=True)


def _is_about_the_limit(refusal: Refusal) -> bool:
    """Whether it refuses the ``LIMIT 0`` that the trial has put there."""
    return re.search(r"\blimit\b", reason(refusal), re.IGNORECASE) is not None
