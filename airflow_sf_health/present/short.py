"""The advice in a few lines, for a place that keeps only so many characters and where no task runs: a connection's Test
button. Whoever reads it has the connection before him, and knows no id of it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from airflow_sf_health.causes import Cause, cause
from airflow_sf_health.present.coverage import coverage, reuse
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.text import headline, next_login, sentence
from airflow_sf_health.report import Report

LONGEST_QUOTE = 400
"""Characters of a foreign text: what was seen, a contact."""


def short(report: Report, *, docs_url: str, last: str, room: int) -> str:
    """Give the advice in at most ``room`` characters: from its steps as many whole ones as fit, all else for certain.

    :param report: of a connection without an id, so that no text speaks of one.
    :param docs_url: where the causes' pages are.
    :param last: the last line.
    """
    head, tail = list(_head(report)), [*_tail(report, docs_url), last]
    left = room - len("\n".join([*head, *tail]))
    steps = []
    for step in _steps(report):
        left -= len(step) + 1
        if left < 0:
            break
        steps.append(step)
    end = "\n".join([*steps, *tail])
    begin = "\n".join(head)[: max(0, room - len(end) - 1)]
    return f"{begin}\n{end}"[-room:]


def _head(report: Report) -> Iterator[str]:
    yield _here(headline(report))
    yield from (sentence(_quoted(each)) for each in (reuse(report),) if each and report.main is not None)
    main, known = report.main, _known(report)
    if main is not None:
        yield f"Saw: {_here(_quoted(main.saw or main.summary))}"
        yield from (_quoted(each) for each in (main.hint,) if each)
    else:
        yield f"Asked {coverage(report)}."
    yield from (sentence(_quoted(each)) for each in (report.second_opinion,) if each)
    yield from (each for each in (report.trust,) if each)
    if known is not None:
        yield f"Means: {_filled(known.means, report)}"


def _steps(report: Report) -> Iterator[str]:
    """Not those for Airflow itself, which are to run a task again: there is none."""
    known = _known(report)
    steps = [step for step in known.steps if step.role != "Airflow"] if known is not None else []
    for number, step in enumerate(steps, 1):
        yield f"{number}. {step.role}: {_filled(step.text, report)}"


def _tail(report: Report, docs_url: str) -> Iterator[str]:
    known = _known(report)
    yield from (sentence(each) for each in (next_login(report),) if each)
    if report.contact:
        yield f"Contact: {_quoted(report.contact)} (from the connection)"
    if known is not None:
        yield from (f'Article: {each.publisher}, "{each.title}": {each.url}' for each in known.articles[:1])
        yield f"Cause: {known.id}   {docs_url}/causes/{known.id}"


def _known(report: Report) -> Cause | None:
    main = report.main
    return cause(main.cause) if main is not None and main.cause else None


def _filled(text: str, report: Report) -> str:
    return " ".join(fill(text.replace("connection {conn_id}", "this connection"), values(report)).split())


def _here(text: str) -> str:
    return text.replace("Connection ''", "The connection")


def _quoted(text: str) -> str:
    return textwrap.shorten(text, LONGEST_QUOTE, placeholder=" …")
