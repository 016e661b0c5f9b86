"""The tree of a SOQL query: frozen values, as the parser makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days from today on, e.g. ``LAST_N_DAYS:7``: from 7 days ago to today."""

    first: int
    last: int


Value = str | float | bool | date | datetime | Days | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field, over relationships where it has dots: ``Profile.UserLicense.Name``."""

    names: tuple[str, ...]
    at: int
    """Where it stands in the query, from 0."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``COUNT(Id)``; without a path, ``COUNT()``."""

    function: str
    path: Path | None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """``FIELDS(STANDARD)``: a group of fields."""

    group: str
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    path: Path
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    path: Path
    negated: bool
    among: tuple[Value, ...] | Query


@dataclass(frozen=True, slots=True)
class Combination:
    kind: Literal["and", "or", "not"]
    parts: tuple[Condition, ...]


Condition = Comparison | Membership | Combination


@dataclass(frozen=True, slots=True)
class Ordering:
    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    items: tuple[Path | Aggregate | Fields, ...]
    source: str
    source_at: int
    alias: str | None
    where: Condition | None = None
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0
