"""The tree of a SOQL query: frozen values, as the parser makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
class Aliased:
    """A field under another name, in a query with groups; ``converted`` is one as ``toLabel(Industry) label``."""

    path: Path
    alias: str
    converted: bool = False


@dataclass(frozen=True, slots=True)
class TypeOf:
    """``TYPEOF Owner WHEN User THEN Username ELSE Name END``."""

    path: Path
    branches: tuple[tuple[str, int, tuple[Path, ...]], ...]
    """Name of the object, where that stands, and the fields."""
    otherwise: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    path: Path | Aggregate
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
    path: Path | Aggregate
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    items: tuple[Item, ...]
    source: str
    source_at: int
    alias: str | None
    where: Condition | None = None
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0
    group: tuple[Path, ...] = ()
    having: Condition | None = None
    scope: str | None = None
    touching: tuple[str, ...] = ()
    """``view``, ``reference``: what the query is for, which Salesforce notes on the rows."""


Item = Path | Aliased | Aggregate | Fields | TypeOf | Query


def without_order(query: Query) -> Query:
    """The same query over all its rows, as they come."""
    return replace(query, order=(), limit=None, offset=0)
