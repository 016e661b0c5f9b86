"""SOQL as far as a try without rows needs it: the form with ``LIMIT 0``, and what a simple query selects.

No parser: the text within string literals and parentheses is blanked out, and what is left has one clause of each kind. What is
wrong in a query stays wrong in its tried form, for the server to say so in its own words.
"""

from __future__ import annotations

import re

__all__ = ["METADATA_OBJECTS", "limited", "needs_explain", "plain_fields"]

_BLANK = "\x00"


def _word(pattern: str) -> re.Pattern[str]:
    """What matches it as whole words, in any case, and as no part of a path."""
    return re.compile(rf"(?<![\w.])(?:{pattern})(?![\w.])", re.IGNORECASE)


_LIMIT = _word(r"LIMIT\s+(\d+)")
_DROPPED = _word(
    r"OFFSET\s+\d+"
    r"|FOR\s+(?:VIEW|REFERENCE|UPDATE)(?:\s*,\s*(?:VIEW|REFERENCE|UPDATE))*"
    r"|UPDATE\s+(?:TRACKING|VIEWSTAT)(?:\s*,\s*(?:TRACKING|VIEWSTAT))*"
)
_ALL_ROWS = _word(r"ALL\s+ROWS")
_FROM = _word("FROM")
_OBJECT = re.compile(r"FROM\s+(\w+)", re.IGNORECASE)
_WHERE = _word("WHERE")
_GROUP_BY = _word(r"GROUP\s+BY")
_AGGREGATE = re.compile(r"(?<![\w.])(?:COUNT|COUNT_DISTINCT|SUM|AVG|MIN|MAX)\s*\(\s*[^\s)]", re.IGNORECASE)
_WIDE = re.compile(r"(?<![\w.])FIELDS\s*\(\s*(?:ALL|CUSTOM)\s*\)", re.IGNORECASE)
_SUBQUERY = re.compile(r"\(\s*SELECT(?![\w.])", re.IGNORECASE)
_SIMPLE = re.compile(
    r"\s*SELECT\s+(?P<fields>[\w.]+(?:\s*,\s*[\w.]+)*)\s+FROM\s+(?P<object>\w+)(?:\s+(?:AS\s+)?(?P<alias>\w+))?\s*(?P<next>\S?)",
    re.IGNORECASE,
)
_CLAUSES = frozenset(["ALL", "FOR", "GROUP", "HAVING", "LIMIT", "OFFSET", "ORDER", "UPDATE", "USING", "WHERE", "WITH"])
"""What may follow the object, and so is no alias of it."""
METADATA_OBJECTS = frozenset(
    [
        "compactlayoutinfo",
        "compactlayoutiteminfo",
        "datatype",
        "entitydefinition",
        "entitylimit",
        "entityparticle",
        "fielddefinition",
        "publisher",
        "relationshipdomain",
        "relationshipinfo",
        "searchlayout",
        "servicefielddatatype",
        "standardaction",
        "timesheettemplate",
        "userentityaccess",
        "userfieldaccess",
    ]
)
"""Objects that tell of the schema, in lower case, of which Salesforce says that it ignores ``LIMIT``: with ``LIMIT 0`` all their rows
would be read.
"""
WIDEST = 200
"""So many rows at most may a query with ``FIELDS(ALL)`` or ``FIELDS(CUSTOM)`` ask for."""


def limited(query: str) -> str:
    """The same query in the form that is compiled and checked, and reads no row.

    A ``LIMIT`` becomes ``LIMIT 0`` where it stands. ``OFFSET``, and ``FOR VIEW`` and the like, which write, are left out. For which
    queries this is of no use: :func:`needs_explain`.
    """
    head, tail = _split(query.strip())
    seen = _outside(tail)
    for clause in reversed(list(_DROPPED.finditer(seen))):
        tail = tail[: clause.start()] + tail[clause.end() :]
    seen = _outside(tail)
    limits = list(_LIMIT.finditer(seen))
    for clause in reversed(limits):
        tail = tail[: clause.start(1)] + "0" + tail[clause.end(1) :]
    if limits:
        return (head + tail).rstrip()
    rows = _ALL_ROWS.search(seen)
    before, after = (tail[: rows.start()], f" {tail[rows.start() :]}") if rows else (tail, "")
    return f"{(head + before).rstrip()} LIMIT 0{after}".rstrip()


def needs_explain(query: str) -> bool:
    """Whether ``LIMIT 0`` tells nothing of this query, so that its plan has to be asked for instead.

    That is an overall aggregate (``SELECT MAX(CreatedDate) FROM Account``), with which Salesforce refuses any ``LIMIT``; a bare
    ``COUNT()`` takes one. And ``FIELDS(ALL)`` without a ``LIMIT`` up to 200, which is refused for just that. And objects that
    ignore it, as EntityDefinition does.
    """
    head, tail = _split(query)
    selected, rest = _outside(head, parentheses=False), _outside(tail)
    sobject = _OBJECT.match(rest)
    if sobject is not None and sobject[1].casefold() in METADATA_OBJECTS:
        return True
    own = _blank_subqueries(selected)
    if _AGGREGATE.search(own) and not _GROUP_BY.search(rest):
        return True
    limit = _LIMIT.search(rest)
    narrow = _WHERE.search(rest) if limit is None else int(limit[1]) <= WIDEST
    return bool(_WIDE.search(own)) and not narrow


def plain_fields(query: str) -> tuple[str, tuple[str, ...]] | None:
    """The object and the fields that are selected from it, where the query names nothing but fields; else None.

    A path over a relationship (``Owner.Name``) counts as a field; an alias of the object before a field is taken off. None where
    there are sub-queries, functions, aliases of fields, ``TYPEOF`` or several objects: the server alone reads those.
    """
    found = _SIMPLE.match(query)
    if found is None:
        return None
    sobject, alias, following = found["object"], found["alias"], found["next"]
    if alias and alias.upper() in _CLAUSES:
        alias = None
    elif following == ",":
        return None
    own = {sobject.casefold(), *([alias.casefold()] if alias else [])}
    return sobject, tuple(_unqualified(each.strip(), own) for each in found["fields"].split(","))


def _unqualified(name: str, own: set[str]) -> str:
    first, dot, rest = name.partition(".")
    return rest if dot and first.casefold() in own else name


def _split(query: str) -> tuple[str, str]:
    """What is selected, and the rest from the query's own FROM on; a text without one is rest as a whole."""
    found = _FROM.search(_outside(query))
    return (query[: found.start()], query[found.start() :]) if found else ("", query)


def _outside(text: str, *, parentheses: bool = True) -> str:
    """The text, as long as it is, with all that stands in literals (and in parentheses) blanked out."""
    kept, depth, literal, escaped = [], 0, False, False
    for char in text:
        outside = not literal and depth == 0
        if literal:
            literal = escaped or char != "'"
            escaped = char == "\\" and not escaped
        elif char == "'":
            literal, outside = True, False
        elif parentheses and char in "()":
            depth, outside = max(depth + (1 if char == "(" else -1), 0), False
        kept.append(char if outside else _BLANK)
    return "".join(kept)


def _blank_subqueries(selected: str) -> str:
    """The list of fields without its sub-queries; their aggregates and limits are their own."""
    kept, depth = [], 0
    for at, char in enumerate(selected):
        if depth == 0 and not _SUBQUERY.match(selected, at):
            kept.append(char)
            continue
        depth += {"(": 1, ")": -1}.get(char, 0)
        kept.append(_BLANK)
    return "".join(kept)
