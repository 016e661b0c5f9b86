"""What callbacks and the retry policy tell in a task's log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Told(logging.Handler):
    """Our own words, message by message. Airflow's handlers write to streams that a test does not see on each version."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@contextmanager
def listening(level: int = logging.INFO) -> Iterator[Told]:
    """Hear what is told in the meantime."""
    ours, told = logging.getLogger("airflow.task.airflow_sf_health"), Told()
    before = ours.level
    ours.setLevel(level)
    ours.addHandler(told)
    yield told
    ours.removeHandler(told)
    ours.setLevel(before)
