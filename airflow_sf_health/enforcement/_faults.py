"""An error at one task, which is no reason to leave the others of its DAG alone."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.inference import class_of
from airflow_sf_health.inference._unreadable import cannot_read

PACKAGE = __name__.partition(".")[0]


class Faults:
    """Keeps the errors at the tasks of one DAG until all of them have been seen to.

    Classes of somebody else's are said to be what they are; one of ours is raised in the end.
    """

    def __init__(self, dag: Any) -> None:
        self._dag_id = dag.dag_id
        self._ours: Exception | None = None

    def at(self, task: Any, error: Exception, what: str = "what guards them") -> None:
        """:param what: was to be read of tasks of its class."""
        if not _is_ours(error):
            cannot_read(class_of(task), what, error)
        elif self._ours is None:
            error.add_note(f"at task '{task.task_id}' of DAG '{self._dag_id}'; its other tasks were seen to")
            self._ours = error

    def end(self) -> None:
        """:raises Exception: the first of ours."""
        if self._ours is not None:
            raise self._ours


def _is_ours(error: Exception) -> bool:
    """Whether it was raised by our code, and not by what that called."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    name = "" if place is None else str(place.tb_frame.f_globals.get("__name__"))
    return name.partition(".")[0] == PACKAGE
