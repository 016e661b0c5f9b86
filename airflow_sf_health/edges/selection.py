"""The checks that an argument selects."""

from __future__ import annotations

from collections.abc import Sequence


def selection(checks: Sequence[str] | None) -> tuple[str, ...] | None:
    """None and an empty list both mean all; a mistake is found here and not after the login.

    :raises UnknownCheckError: a name that means nothing.
    """
    if not checks:
        return None
    from airflow_sf_health.checks import refuse_unknown

    refuse_unknown(checks)
    return tuple(checks)
