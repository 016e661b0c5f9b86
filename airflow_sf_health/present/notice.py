"""The failure of a task in a few lines, for a chat, a mail or a pager."""

from __future__ import annotations

from airflow_sf_health.causes import cause
from airflow_sf_health.present.coverage import reuse
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.text import Situation, headline, next_login, page, retry_in_short, who
from airflow_sf_health.report import Report


def notice(report: Report, situation: Situation, *, where: str, link: str) -> str:
    """Give the headline, who must do what, whom it concerns, and one link, beside a runbook's of the site's own.

    :param where: the task and its try.
    :param link: to the task's log; without it, the page of the cause stands there.
    """
    main = report.main
    known = cause(main.cause) if main is not None and main.cause else None
    action = fill(known.action, values(report)) if known is not None else ""
    short = retry_in_short(report, known) if known is not None else ""
    contact = f"contact {report.contact}" if report.contact else ""
    severity = f"[{report.severity}] " if report.severity else ""
    lines = (
        severity + headline(report, situation),
        _sentence("; ".join(part for part in (action, short, next_login(report)) if part)),
        " · ".join(part for part in (who(report), contact, reuse(report)) if part),
        f"{_sentence(where)} {situation.consequence}".strip(),
        f"Runbook: {report.runbook}" if report.runbook else "",
        link or (page(known, situation) if known is not None else ""),
    )
    return "\n".join(line for line in lines if line)


def _sentence(words: str) -> str:
    return f"{words}." if words else ""
