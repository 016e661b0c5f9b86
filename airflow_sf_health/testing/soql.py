"""SOQL text to a tree of frozen values, by a grammar; what the names mean is ``query.py``'s business."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path as File
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args
from lark.exceptions import VisitError

from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.soql_days import days
from airflow_sf_health.testing.soql_tree import (
    Aggregate,
    Aliased,
    Combination,
    Comparison,
    Condition,
    Days,
    Fields,
    Item,
    Membership,
    Ordering,
    Path,
    Query,
    TypeOf,
    Value,
    without_order,
)

__all__ = [
    "Aggregate",
    "Aliased",
    "Combination",
    "Comparison",
    "Condition",
    "Days",
    "Fields",
    "Item",
    "Membership",
    "Ordering",
    "Path",
    "Query",
    "TypeOf",
    "Value",
    "mark",
    "parse",
    "warm_up",
    "without_order",
]


def parse(text: str) -> Query:
    """The tree of a query.

    :raises ApiError: 400 MALFORMED_QUERY, with the place.
    """
    try:
        tree = _grammar().parse(text)
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: <EOF>") from None  # inferred
        raise _unexpected(text, error.token.start_pos or 0, str(error.token)) from None
    except UnexpectedCharacters as error:
        at = sum(map(len, text.splitlines(keepends=True)[: error.line - 1])) + error.column - 1
        raise _unexpected(text, at, error.char) from None
    try:
        query: Query = _Builder().transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    return query


def warm_up() -> None:
    """Build the grammar, which takes a moment, before the first query needs it."""
    _grammar()


def mark(text: str, at: int) -> str:
    """The piece of a query around a place, with a caret below it and the place in numbers (captured).

    Salesforce shows whole tokens, about 35 characters before and after.
    """
    tokens = [match.span() for match in re.finditer(r"[\w.']+,?|\S", text)]
    shown = [(start, end) for start, end in tokens if (start >= at - 34 and end <= at + 35) or start <= at < end]
    start, end = shown[0][0], shown[-1][1]
    row = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return f"\n{text[start:end].rstrip(',')}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n"


def _unexpected(text: str, at: int, token: str) -> ApiError:
    """Captured for a keyword in the wrong place."""
    return ApiError(400, "MALFORMED_QUERY", f"{mark(text, at)}unexpected token: '{token}'")


@cache
def _grammar() -> Lark:
    return Lark(File(__file__).with_suffix(".lark").read_text("utf-8"), parser="lalr")


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    def start(self, query: Query) -> Query:
        return query

    def path(self, *names: Token) -> Path:
        return Path(tuple(str(name) for name in names), names[0].start_pos or 0)

    def count(self, name: Token, *rest: Any) -> Aggregate:
        path = rest[0] if rest and isinstance(rest[0], Path) else None
        return Aggregate("count", path, str(rest[-1]) if rest and isinstance(rest[-1], Token) else None)

    def function(self, name: Token) -> str:
        return name.lower()

    def aggregate(self, function: str, path: Path, alias: Token | None = None) -> Aggregate:
        return Aggregate(function, path, str(alias) if alias else None)

    def fields(self, group: Token) -> Fields:
        return Fields(group.lower(), group.start_pos or 0)

    def source(self, name: Token, alias: Token | None = None) -> tuple[str, int, str | None]:
        return str(name), name.start_pos or 0, str(alias) if alias else None

    def aliased(self, path: Path, alias: Token) -> Aliased:
        return Aliased(path, str(alias))

    def converted(self, path: Path, alias: Token | None = None) -> Path | Aliased:
        return Aliased(path, str(alias), converted=True) if alias else path

    def typeof(self, path: Path, *branches: Any) -> TypeOf:
        """The fields of ELSE are paths, each WHEN a tuple of its own."""
        otherwise = branches[-1] if isinstance(branches[-1][0], Path) else ()
        return TypeOf(path, branches[:-1] if otherwise else branches, otherwise)

    def when(self, name: Token, *paths: Path) -> tuple[str, int, tuple[Path, ...]]:
        return str(name), name.start_pos or 0, paths

    def otherwise(self, *paths: Path) -> tuple[Path, ...]:
        return paths

    def scope(self, name: Token) -> dict[str, str]:
        return {"scope": name.lower()}

    def secured(self, name: Token) -> dict[str, str]:
        """``WITH USER_MODE`` and the like say what holds here anyway."""
        return {}

    def touching(self, *names: Token) -> dict[str, tuple[str, ...]]:
        return {"touching": tuple(name.lower() for name in names)}

    def group_by(self, *paths: Path) -> dict[str, tuple[Path, ...]]:
        return {"group": paths}

    def having(self, condition: Condition) -> dict[str, Condition]:
        return {"having": condition}

    def where(self, condition: Condition) -> dict[str, Condition]:
        return {"where": condition}

    def and_(self, *parts: Condition) -> Combination:
        return Combination("and", parts)

    def or_(self, *parts: Condition) -> Combination:
        return Combination("or", parts)

    def negation(self, part: Condition) -> Combination:
        return Combination("not", (part,))

    def comparison(self, path: Path | Aggregate, operator: Token, value: Value) -> Comparison:
        return Comparison(path, {"<>": "!="}.get(operator, operator.lower()), value)

    def in_(self, *words: Token) -> bool:
        return len(words) == 2

    def membership(self, path: Path, negated: bool, *among: Any) -> Membership:
        subquery = among[0] if isinstance(among[0], Query) else None
        return Membership(path, negated, subquery or among)

    def ordering(self, path: Path | Aggregate, *words: Token) -> Ordering:
        said = {word.lower() for word in words}
        return Ordering(path, "desc" in said, "last" in said)

    def order_by(self, *orderings: Ordering) -> dict[str, tuple[Ordering, ...]]:
        return {"order": orderings}

    def limit(self, number: int) -> dict[str, int]:
        return {"limit": number}

    def offset(self, number: int) -> dict[str, int]:
        return {"offset": number}

    def query(self, *parts: Any) -> Query:
        place = next(number for number, part in enumerate(parts) if isinstance(part, tuple))
        clauses = {key: value for clause in parts[place + 1 :] for key, value in clause.items()}
        return Query(parts[:place], *parts[place], **clauses)

    def STRING(self, token: Token) -> str:  # noqa: N802 (named as the terminal)
        escapes = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
        return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), token[1:-1])

    def DAYS(self, token: Token) -> Days:  # noqa: N802
        found = days(token, datetime.now(UTC).date())
        if found is None:
            raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: '{token}'")  # inferred
        return found

    def DATETIME(self, token: Token) -> datetime:  # noqa: N802
        return datetime.fromisoformat(token.upper()).astimezone(UTC)

    def DATE(self, token: Token) -> date:  # noqa: N802
        return date.fromisoformat(token)

    def NUMBER(self, token: Token) -> float:  # noqa: N802
        return float(token)

    def INT(self, token: Token) -> int:  # noqa: N802
        return int(token)

    def BOOLEAN(self, token: Token) -> bool:  # noqa: N802
        return token.lower() == "true"

    def NULL(self, token: Token) -> None:  # noqa: N802
        return None
