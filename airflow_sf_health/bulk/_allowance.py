"""How many rows may be refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from airflow_sf_health.errors import OptionsError

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")


@dataclass(frozen=True, slots=True)
class Allowance:
    """A number of rows, or a share of all of them."""

    number: int = 0
    percent: Decimal | None = None

    @classmethod
    def of(cls, value: int | str) -> Allowance:
        """Read ``0``, ``20`` or ``"2%"``.

        :raises OptionsError: anything else.
        """
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return cls(value)
        share = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
        if share is not None and Decimal(share[1]) <= 100:
            return cls(percent=Decimal(share[1]))
        raise OptionsError(
            f"'max_failed' is {value!r}. It takes a number of rows from 0, or a share of the rows such as \"2%\"."
        )

    def covers(self, failed: int, rows: int) -> bool:
        """Whether so many of the rows may fail. A share is not rounded up: 2% of 49 rows allow none."""
        if self.percent is None:
            return failed <= self.number
        return failed * 100 <= self.percent * rows

    def __str__(self) -> str:
        if self.percent is not None:
            return f"{self.percent}% of the rows"
        return f"{self.number:,}" if self.number else "none"
