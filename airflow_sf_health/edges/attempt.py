"""Which try of a task this is, and the words for what Airflow does after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """The number of this try and of all that the task has; clearing a task gives it more. None where that is not known."""

    number: int | None = None
    tries: int | None = None

    @classmethod
    def of(cls, context: Mapping[str, object]) -> Attempt:
        """Read it from a context, which may be incomplete: Airflow calls back from more places than a worker."""
        ti, task = context.get("ti") or context.get("task_instance"), context.get("task")
        number, most = getattr(ti, "try_number", None), getattr(ti, "max_tries", None)
        if not isinstance(most, int):
            most = getattr(task, "retries", None)
        return cls(number if isinstance(number, int) else None, most + 1 if isinstance(most, int) else None)

    @property
    def left(self) -> int:
        return self.tries - self.number if self.number and self.tries else 0

    def failed_at_once(self, why: str = "") -> str:
        """The sentence where the task fails whatever tries are left."""
        unspent = (
            f"; {self.left} {'retry was' if self.left == 1 else 'retries were'} not spent" if self.left > 0 else ""
        )
        return f"Failed at once{why}{unspent}."

    def tried_again(self, pause: str = "") -> str:
        """The sentence where the task is tried again, if it may."""
        if not (self.number and self.tries):
            return ""
        if self.left <= 0:
            return "This was the last try." if self.tries > 1 else "The task has no retries."
        return f"Airflow tries again: try {self.number + 1} of {self.tries}{pause}."

    def __str__(self) -> str:
        return f"try {self.number} of {self.tries}" if self.number and self.tries else ""
