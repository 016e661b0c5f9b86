"""What is asked afresh because of how a task runs: by a parameter of its run, or since somebody has cleared it.

So nobody needs a shell: who has mended an org clears the task that failed, and what was remembered of the failure does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Literal

from airflow_sf_health import compat
from airflow_sf_health.errors import ConfigurationError
from airflow_sf_health.options import LONGEST

PARAM = "sf_health_max_age"
"""The parameter of a DAG, or key of a run's configuration, that goes before the option ``max_age``."""
MOST_REMEMBERED = 10_000

_looked: set[tuple[str, str, str]] = set()
_looking = Lock()


def asker(context: Mapping[str, Any]) -> str:
    """Who asks, as other tasks name it: ``import_accounts.load[3]``."""
    ti = context.get("ti") or context.get("task_instance")
    dag_id, task_id = getattr(ti, "dag_id", None), getattr(ti, "task_id", None)
    if not (dag_id and task_id):
        return ""
    index = getattr(ti, "map_index", None)
    return f"{dag_id}.{task_id}" + (f"[{index}]" if isinstance(index, int) and index >= 0 else "")


def max_age_of_run(context: Mapping[str, Any]) -> float | None:
    """The seconds for which this run lets what is remembered count; None where it says nothing.

    :raises ConfigurationError: it is no number from 0 up.
    """
    given = (getattr(context.get("dag_run"), "conf", None) or {}).get(PARAM)
    if given is None:
        given = (context.get("params") or {}).get(PARAM)
    if given is None or given == "":
        return None
    try:
        seconds = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else -1.0
    except (ValueError, OverflowError):
        seconds = -1.0
    if 0 <= seconds < LONGEST:
        return seconds
    raise ConfigurationError(
        f"The parameter '{PARAM}' of this run must be a number of seconds from 0 up, and is {given!r}."
    )


def cleared_try(context: Mapping[str, Any]) -> str:
    """A name of this try where it is the first one since somebody cleared the task, else the empty text.

    Clearing gives a task all its retries again, counted from the tries that it has behind it: the try that has all of them before it
    is the first one. Of a sensor that is rescheduled, only the first look of that try.
    """
    ti, task = context.get("ti") or context.get("task_instance"), context.get("task")
    number, most, retries = getattr(ti, "try_number", 0), getattr(ti, "max_tries", None), getattr(task, "retries", None)
    if not isinstance(most, int) or not isinstance(number, int) or number <= 1:
        return ""
    if number != most - (retries or 0) + 1 or compat.times_rescheduled(context):
        return ""
    return _name_of_try(context)


def afresh_try(context: Mapping[str, Any]) -> str:
    """A name of this try where what was remembered before it does not count: since somebody has cleared the task, or by the run's
    parameter. Else the empty text.

    :raises ConfigurationError: as :func:`max_age_of_run`.
    """
    return cleared_try(context) or (_name_of_try(context) if max_age_of_run(context) == 0 else "")


def _name_of_try(context: Mapping[str, Any]) -> str:
    ti = context.get("ti") or context.get("task_instance")
    return f"{asker(context)} {getattr(ti, 'run_id', '')} {getattr(ti, 'try_number', '')}"


def is_first_look(named: str, conn_id: str, what: Literal["login", "verdict"]) -> bool:
    """Whether this try has not asked for that of the connection before: what it found itself counts. True only once. A verdict takes a
    login, but whoever got a login has no verdict yet.
    """
    with _looking:
        if (named, conn_id, what) in _looked:
            return False
        if len(_looked) >= MOST_REMEMBERED:
            _looked.clear()
        _looked.update({(named, conn_id, what), (named, conn_id, "login")})
        return True
