"""The message that on-call reads, and the one line that goes into an exception.

The shape is fixed: what happened to which user of which org, what was seen, what it means, what to do and who, whether a
retry helps. A line with nothing to say is left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airflow_sf_health.causes import Cause, Retry, cause
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.layout import WIDTH, labelled, wrapped
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.rerun import after_failed_task
from airflow_sf_health.provider_info import DOCS_URL
from airflow_sf_health.report import Finding, Level, Report, Verdict

UNKNOWN_CAUSE = "unknown"
OF_EACH_THING = ("object_or_field_access", "schema_changed", "query_error", "queue_not_usable")
"""Causes that several objects, fields, queries or owners of one task can have, each with its own cure."""
OF_THE_MAPPING = "metadata.drift"
"""The check whose hint says what to change in the mapping, a line each; it is told too where another one's finding leads."""
NAMES_WHICH = ("access.objects", "access.fields", "access.queries", "records.owners", "metadata.drift")
"""Checks of many things at once: their cause's title does not say which of them it is, and a chat shows nothing else."""
MEASURED = "clock_skew"
"""A cause that is certain where it was measured; then the first sentence of its hint has the number."""
NOT_GIVEN = "connection_not_found"
"""A cause about which not Salesforce is silent, but Airflow."""
LONGEST_NAMES = 140
"""Characters of what such a check names in the headline."""
LONGEST_SUMMARY = 200
"""Characters of a foreign text in the headline; the line "saw" has the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the reader's task does about the report; all unknown outside a task.

    ``consequence`` is the whole sentence that stands behind the retry line's yes or no ("Failed at once; 3 retries were not
    spent."). ``docs_url`` is where the causes' pages are. ``failed_task`` is the task whose own call to Salesforce failed, where
    the report is no examination's: then nobody knows what that task had written before. ``width`` is how many columns there are.
    """

    consequence: str = ""
    docs_url: str = DOCS_URL
    failed_task: str = ""
    width: int = WIDTH


def headline(report: Report, situation: Situation | None = None) -> str:
    """One sentence: connection, verdict, and why. ``Salesforce connection 'crm' is unhealthy: the user is inactive.``"""
    if situation is not None and situation.failed_task and report.main is not None:
        where = f"on Salesforce connection '{report.conn_id}'" if report.conn_id else "at Salesforce"
        return _ended(f"Task '{situation.failed_task}' failed {where}: {_title(report, report.main)}")
    name = f"Salesforce connection '{report.conn_id}'" if report.conn_id else "The Salesforce connection"
    main = report.main
    if main is None:
        return f"{name} is healthy."
    state = "could not be examined" if report.verdict is Verdict.UNDETERMINED else f"is {report.verdict}"
    return _ended(f"{name} {state}: {_title(report, main)}")


def one_line(report: Report, situation: Situation | None = None) -> str:
    """The headline with actor, action and link: all that a chat message or an exception may show. No line breaks."""
    situation, main = situation or Situation(), report.main
    if main is None or main.cause is None:
        return headline(report, situation)
    known = cause(main.cause)
    parts = [fill(known.action, values(report)), retry_in_short(report, known), page(known, situation)]
    return f"{headline(report, situation)} {'; '.join(part for part in parts if part)}"


def message(report: Report, situation: Situation | None = None) -> str:
    """The whole message, several lines of at most ``width`` columns (links stand whole on lines of their own)."""
    situation = situation or Situation()
    return laid_out(headline(report, situation), _parts(report, situation), situation.width)


def laid_out(head: str, parts: Iterable[tuple[str, str]], width: int = WIDTH) -> str:
    """A headline over labelled parts, as every message of ours is laid out; a part with nothing to say is left out."""
    lines = [*wrapped(head, width), ""]
    for label, text in parts:
        lines += labelled(label, text, width)
    return "\n".join(lines)


def _parts(report: Report, situation: Situation) -> Iterator[tuple[str, str]]:
    main = report.main
    known = cause(main.cause) if main is not None and main.cause else None
    filled = values(report)
    yield "user", who(report)
    if main is not None:
        yield "saw", main.saw or main.summary
        yield "here", main.hint
    yield "witness", report.second_opinion
    yield "status", report.trust
    if known is not None and main is not None:
        yield "means", fill(known.means, filled)
        yield "or else", "\n".join(f"{each.cause}: {fill(each.tell, filled)}" for each in main.candidates)
        steps = after_failed_task(known.steps) if situation.failed_task else known.steps
        yield "do", "\n".join(f"{n}. {step.role}: {fill(step.text, filled)}" for n, step in enumerate(steps, 1))
        yield "retry", _retry(report, known, situation)
    yield "repaired", " ".join(report.repairs)
    yield "also", "\n".join(line for each in _others(report, main) for line in _other(each, main))
    yield "asked", "" if situation.failed_task else coverage(report)
    yield "severity", report.severity or ""
    yield "contact", _contact(report, known)
    yield "runbook", report.runbook or ""
    if known is not None:
        yield "article", "\n".join(_article(known))
        yield "cause", f"{known.id}   {page(known, situation)}"


def _ended(sentence: str) -> str:
    sentence = sentence.rstrip(".")
    return sentence if sentence.endswith("…") else f"{sentence}."


def _contact(report: Report, known: Cause | None) -> str:
    """Whom the connection names goes before whom the site names for the cause."""
    if report.contact:
        return f"{report.contact} (from the connection)"
    return f"{known.contact} (for this cause)" if known is not None and known.contact else ""


def _title(report: Report, main: Finding) -> str:
    # A cause's title says what has come, not what may.
    if main.cause in (None, UNKNOWN_CAUSE) or main.level is Level.WARNING:
        return textwrap.shorten(main.summary, LONGEST_SUMMARY, placeholder=" …")
    title = fill(cause(main.cause or "").title, values(report))
    if main.cause == MEASURED and main.certain and main.hint:
        measured = main.hint.partition(". ")[0].rstrip(".")
        return f"{title.rstrip('.')} ({measured[:1].lower()}{measured[1:]})"
    if main.check not in NAMES_WHICH:
        return title
    return f"{title.rstrip('.')} ({textwrap.shorten(main.summary.rstrip('.'), LONGEST_NAMES, placeholder=' …')})"


def who(report: Report) -> str:
    identity = report.identity
    user = identity.username or "the user of this connection"
    user += f" ({identity.user_id})" if identity.user_id else ""
    kind = "org" if identity.is_sandbox is None else "sandbox" if identity.is_sandbox else "production org"
    org = f", {kind} {identity.org_id}" if identity.org_id else ""
    if identity.host:
        return f"{user} in {identity.host}{org}{_as_of(report)}"
    return f"{user}, logging in at {report.login_host}" if report.login_host else identity.username or ""


def _as_of(report: Report) -> str:
    """When that was known, where this look could not tell."""
    at = report.identity.as_of
    return f", as of {at.in_timezone('UTC').format('YYYY-MM-DD HH:mm')} UTC" if at is not None else ""


def _retry(report: Report, known: Cause, situation: Situation) -> str:
    if report.may_proceed:
        return situation.consequence
    if report.no_retry_heals:
        answer = "no."
    elif known.retry is Retry.NEVER:
        silent = "Airflow" if known.id == NOT_GIVEN else "Salesforce"
        answer = f"only if the cause is another than it looks: {silent} does not say the reason."
    else:
        after = f"in about {_duration(known.retry_after)}" if known.retry_after else "soon"
        answer = "yes, at once." if known.retry is Retry.NOW else f"yes, {after}: time may heal it."
    return " ".join(part for part in (answer, situation.consequence, sentence(next_login(report))) if part)


def next_login(report: Report) -> str:
    """When a login that was refused is really tried again, where it is not at once; no sentence."""
    at = report.next_login
    return (
        f"next real login attempt not before {at.in_timezone('UTC').format('HH:mm:ss')} UTC" if at is not None else ""
    )


def retry_in_short(report: Report, known: Cause) -> str:
    if report.may_proceed:
        return ""
    if report.no_retry_heals:
        return "retries will not help"
    return "the reason is not certain" if known.retry is Retry.NEVER else "a retry may help"


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} minutes"


def _is_worth_a_line(finding: Finding, report: Report) -> bool:
    if finding.level is Level.INFO:
        return finding.cause is not None and report.verdict is Verdict.UNHEALTHY
    return finding.level in (Level.FAILED, Level.WARNING)


def _others(report: Report, main: Finding | None) -> list[Finding]:
    """What else is wrong; a repetition of the main cause under another check's name is not worth a line at 3 a.m., but another
    object, field or query with the same trouble is. Of what is only told, a failure shows what may be its reason.
    """
    worth = [each for each in report.findings if _is_worth_a_line(each, report) and each is not main]
    said = None if main is None or main.cause in OF_EACH_THING else main.cause
    return [each for each in worth if each.cause is None or each.cause != said]


def _other(finding: Finding, main: Finding | None) -> Iterator[str]:
    yield f"{finding.check}: {finding.summary}"
    if finding.check == OF_THE_MAPPING:
        told = main.hint if main is not None else ""
        yield from (line for line in finding.hint.splitlines() if line not in told)


def sentence(words: str) -> str:
    """Words for a line of their own, as a sentence among others; nothing for none."""
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _article(known: Cause) -> Iterator[str]:
    for article in known.articles:
        number = f" {article.number}" if article.number else ""
        yield f'{article.publisher}{number}, "{article.title}": {article.url}'


def page(known: Cause, situation: Situation) -> str:
    return f"{situation.docs_url}/causes/{known.id}"
