"""What on-call reads about a bulk load with refused rows: the whole message for the log, and one line for the exception."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.bulk._load import Load
from airflow_sf_health.bulk._outcome import BulkOutcome, Group, RefusedRow
from airflow_sf_health.bulk._words import without_values
from airflow_sf_health.causes import UNKNOWN, Cause, Retry, cause
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.text import Situation, laid_out
from airflow_sf_health.report import Report

ROWS_NAMED = 5
TEXTS_SHOWN = 3
JOBS = "Setup > Bulk Data Load Jobs"
HERE = "Airflow"
"""The role whose steps are about running the task again, which this message says itself: rows may have been written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that the message is made of. ``allowed`` says how many rows may fail; ``file`` why there is no file, if so."""

    outcome: BulkOutcome
    load: Load
    report: Report
    allowed: str
    situation: Situation
    heals: bool = False
    file: str = ""


def headline(told: Told) -> str:
    """``Salesforce refused 400 of 1,000 rows (insert into Account, connection 'crm'): records are to be owned by …``"""
    load, outcome = told.load, told.outcome
    conn = f", connection '{load.conn_id}'" if load.conn_id else ""
    first = outcome.groups[0]
    title = _title(told, first)
    if first.cause != UNKNOWN and first.codes:
        title += f" ({first.codes[0]})"
    others = len(outcome.groups) - 1
    more = f", {len(first.rows):,} rows, and {others} more cause{_s(others)}" if others else ""
    return f"Salesforce refused {outcome.refused:,} of {outcome.rows:,} rows ({load.words}{conn}): {title}{more}."


def one_line(told: Told) -> str:
    """All that a chat message or an exception may show: rows, cause, who acts, and what not to do. No line breaks."""
    outcome = told.outcome
    known = cause(outcome.groups[0].cause)
    written = f"{_written(told)}; do not simply clear this task." if outcome.written else "No row was written."
    retry = "a retry may help" if told.heals else "Airflow does not retry it"
    page = f"{told.situation.docs_url}/causes/{known.id}"
    return f"{headline(told)} {written} {'; '.join((fill(known.action, values(told.report)), retry, page))}"


def message(told: Told) -> str:
    return laid_out(headline(told), _parts(told))


def warning(told: Told) -> str:
    """What the log says where no more rows were refused than may be."""
    return laid_out(headline(told), (part for part in _parts(told) if part[0] not in ("do", "retry", "caution")))


def _parts(told: Told) -> Iterator[tuple[str, str]]:
    outcome = told.outcome
    known = cause(outcome.groups[0].cause)
    filled = values(told.report)
    yield "load", _load(told)
    yield "job", _job(told)
    yield "refused", "\n".join(_group(group) for group in outcome.groups)
    yield "saw", "\n".join(line for group in outcome.groups for line in _saw(group, told.load))
    yield "means", fill(known.means, filled) if known.id != UNKNOWN else ""
    yield (
        "or else",
        "\n".join(f"{each.cause}: {fill(each.tell, filled)}" for each in outcome.groups[0].diagnosis.candidates),
    )
    yield "do", "\n".join(f"{n}. {step}" for n, step in enumerate(_steps(told, known), 1))
    yield "retry", _retry(told, known)
    yield "caution", caution(told.load, outcome)
    yield (
        "file",
        f"{outcome.failed_rows} has the refused rows with code, text and cause" if outcome.failed_rows else told.file,
    )
    yield "contact", f"{told.report.contact} (from the connection)" if told.report.contact else ""
    yield "article", "\n".join(_articles(known))
    yield "cause", f"{known.id}   {told.situation.docs_url}/causes/{known.id}"


def caution(load: Load, outcome: BulkOutcome) -> str:
    """What running the task again would do to the rows that were written; nothing where none were."""
    if not outcome.written:
        return ""
    if load.deletes:
        return (
            f"Do not simply clear this task: {_done(outcome, 'deleted')}, and a new run reports each of them as "
            "deleted already. Delete the refused rows only."
        )
    again = (
        "and a new run writes them once more, over what was changed there since"
        if load.repeatable
        else "and a new run would write them a second time, as further records"
    )
    return f"Do not simply clear this task: {_done(outcome, 'written')}, {again}. Load the refused rows only."


def _articles(known: Cause) -> Iterator[str]:
    for article in known.articles:
        number = f" {article.number}" if article.number else ""
        yield f'{article.publisher}{number}, "{article.title}": {article.url}'


def _title(told: Told, group: Group) -> str:
    if group.cause != UNKNOWN:
        return fill(cause(group.cause).title, values(told.report))
    return _said(group.rows[0], told.load).rstrip(".") or cause(UNKNOWN).title


def _load(told: Told) -> str:
    outcome = told.outcome
    gone = f"; {_rows(outcome.gone)} had been deleted by an earlier try" if outcome.gone else ""
    silent = f", {outcome.unanswered:,} of them without a result" if outcome.unanswered else ""
    allowed = f"may be refused: {told.allowed}"
    return f"{told.load.words}: {_written(told)}, {outcome.refused:,} refused{silent}; {allowed}{gone}"


def _job(told: Told) -> str:
    jobs = told.outcome.jobs
    if jobs:
        return f"{', '.join(jobs)} in {JOBS}"
    return (
        f"not told by the stock operator; in {JOBS}, the one of this run's time and user" if told.load.operation else ""
    )


def _group(group: Group) -> str:
    return f"{len(group.rows):,} {group.cause}: {', '.join(group.codes) or 'no code'}"


def _saw(group: Group, load: Load) -> Iterator[str]:
    """Each text once, with the rows that it was said of; a few of both."""
    texts: dict[str, list[RefusedRow]] = {}
    for row in group.rows[:1_000]:
        texts.setdefault(_said(row, load), []).append(row)
        if len(texts) > TEXTS_SHOWN:
            break
    for said, rows in list(texts.items())[:TEXTS_SHOWN]:
        named = ", ".join(f"{row.number}{f' ({row.id})' if row.id else ''}" for row in rows[:ROWS_NAMED])
        more = " …" if len(rows) > ROWS_NAMED or len(group.rows) > 1_000 else ""
        yield f"row{_s(len(rows))} {named}{more}: {said}"


def _said(row: RefusedRow, load: Load) -> str:
    text = without_values(row.message, load.row(row.number))
    where = f" [{', '.join(row.fields)}]" if row.fields and not all(each in text for each in row.fields) else ""
    return (": ".join(part for part in (row.code, text) if part) or "refused without a reason") + where


def _steps(told: Told, known: Cause) -> Iterator[str]:
    filled = values(told.report)
    for step in known.steps:
        if step.role != HERE:
            yield f"{step.role}: {fill(step.text, filled)}"
    if not told.outcome.written and not told.outcome.unanswered:
        yield f"{HERE}: clear this task with downstream when that is done. No row was written by this run."


def _retry(told: Told, known: Cause) -> str:
    if told.heals:
        answer = (
            "yes, soon: time may heal it." if known.retry is not Retry.NEVER else "perhaps: the reason is not certain."
        )
    elif told.outcome.hopeless:
        answer = "no."
    else:
        answer = "not by Airflow: it would send the written rows again."
    return f"{answer} {told.situation.consequence}".rstrip()


def _written(told: Told) -> str:
    return _done(told.outcome, "deleted" if told.load.deletes else "written")


def _done(outcome: BulkOutcome, done: str) -> str:
    return f"{_rows(outcome.written)} {'was' if outcome.written == 1 else 'were'} {done}"


def _rows(number: int) -> str:
    return f"{number:,} row{_s(number)}"


def _s(number: int) -> str:
    return "" if number == 1 else "s"
