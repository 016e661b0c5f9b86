"""Read a cause file: strict, so that a slip in a file is named with its line and field, never silently dropped."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TypeVar

from airflow_sf_health.causes._cause import Article, Candidate, Cause, Kind, Recogniser, Retry, Step
from airflow_sf_health.causes._fields import Source, Table, front_matter, split
from airflow_sf_health.org.errors import Shape
from airflow_sf_health.org.flows import LoginFlow

_T = TypeVar("_T", str, int)


def read_cause(cause_id: str, text: str, *, file: str) -> Cause:
    """Give the :class:`Cause` that ``text`` describes; a :class:`CauseFileError` names ``file`` and its first fault."""
    source = split(text, file)
    top = Table(source, front_matter(source))
    sections = source.sections()
    cause = Cause(
        id=cause_id,
        title=top.text("title"),
        kind=top.choice("kind", Kind),
        who=top.text("who"),
        action=top.text("action"),
        retry=top.choice("retry", Retry),
        retry_after=top.number("retry_after"),
        reauth=top.flag("reauth"),
        articles=read_articles(top),
        recognisers=read_recognisers(top),
        candidates=tuple(_candidate(table) for table in top.tables("candidates")),
        means=_flow(sections["Means"][1]),
        shows=_flow(sections["Shows"][1]),
        steps=_steps(source, *sections["Do"]),
        works_again=_flow(sections["Works again"][1]),
    )
    top.finish()
    return cause


def read_articles(top: Table) -> tuple[Article, ...]:
    return tuple(_article(table) for table in top.tables("articles"))


def read_recognisers(top: Table) -> tuple[Recogniser, ...]:
    return tuple(each for table in top.tables("recognisers") for each in _recognisers(table))


def _article(table: Table) -> Article:
    article = Article(
        publisher=table.text("publisher"),
        title=table.text("title"),
        url=table.text("url"),
        number=table.words("number"),
    )
    if not article.url.startswith("https://"):
        raise table.error("url", f"must start with https://, not {article.url!r}")
    table.finish()
    return article


def _recognisers(table: Table) -> list[Recogniser]:
    """One table may stand for several recognisers: each of its ``codes`` with each of the other lists."""
    codes = _alternatives(table.words("code"), table.list_of_words("codes"))
    parts = _alternatives(table.words("message_has"), table.list_of_words("messages_have"))
    wholes = _alternatives(table.words("message"), table.list_of_words("messages"))
    statuses = _alternatives(table.number("status"), table.list_of_numbers("statuses"))
    same = Recogniser(
        shape=table.choice("shape", Shape) if "shape" in table.values else None,
        fresh_token=table.flag("fresh_token", default=False),
        certain=table.flag("certain", default=True),
        general=table.flag("general", default=False),
        opaque=table.flag("opaque", default=False),
        hint=table.words("hint") or "",
    )
    table.finish()
    said = (same.shape, *codes, *wholes, *parts, *statuses)
    if not same.fresh_token and all(each is None for each in said):
        raise table.error(None, "must say what it recognises by: code, message, message_has, shape or status")
    return [
        replace(same, code=code, message=whole, message_has=part, status=status)
        for code, whole, part, status in product(codes, wholes, parts, statuses)
    ]


def _alternatives(one: _T | None, several: tuple[_T, ...]) -> tuple[_T | None, ...]:
    given = (() if one is None else (one,)) + several
    return given or (None,)


def _candidate(table: Table) -> Candidate:
    candidate = Candidate(
        cause=table.text("cause"),
        tell=table.text("tell"),
        codes=table.list_of_words("codes"),
        flows=table.choices("flows", LoginFlow),
    )
    table.finish()
    return candidate


def _steps(source: Source, first_line: int, lines: list[str]) -> tuple[Step, ...]:
    """The numbered list of the section Do; a line that is indented belongs to the step above it."""
    steps: list[str] = []
    for number, line in enumerate(lines, first_line):
        match = re.match(r"(\d+)\. (.+)", line)
        if match and int(match[1]) == len(steps) + 1:
            steps.append(match[2])
        elif line.startswith(" ") and line.strip() and steps:
            steps[-1] += " " + line.strip()
        elif line.strip():
            raise source.error(f"expected step {len(steps) + 1}. or an indented line, not {line!r}", number, "Do")
    return tuple(_step(source, step, first_line) for step in steps)


def _step(source: Source, text: str, line: int) -> Step:
    role, colon, rest = text.partition(": ")
    if not colon or len(role) > 60 or "." in role:
        raise source.error(
            f"a step starts with who acts and a colon ('Salesforce administrator: …'), not {text!r}", line, "Do"
        )
    return Step(role, rest.strip())


def _flow(lines: list[str]) -> str:
    """Paragraphs kept, line breaks inside a paragraph not."""
    return "\n\n".join(" ".join(part.split()) for part in "\n".join(lines).split("\n\n") if part.strip())
