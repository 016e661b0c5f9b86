"""What a check is, and how one is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from airflow_sf_health.causes import CAUSE_IDS, diagnose
from airflow_sf_health.evidence.evidence import Evidence, NotGathered, Unavailable
from airflow_sf_health.evidence.needs import Need
from airflow_sf_health.org.clocks import AGREE, ahead_at, date_of
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Candidate, Finding, Level
from airflow_sf_health.requirements import Requirements


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question: what it needs, and a pure function from the answers to findings.

    :param id: its path, ``user.active``.
    :param title: a few words for lists.
    :param needs: all that ``evaluate`` may look up whatever the task requires.
    :param needs_for: what it may look up beside that, by what the task requires.
    :param evaluate: gives findings; it need not set their ``check``. ``Unavailable`` may pass through it.
    :param essential: whether not knowing it makes the whole verdict undetermined.
    """

    id: str
    title: str
    needs: tuple[Need[Any], ...]
    evaluate: Callable[[Evidence], Iterator[Finding]]
    essential: bool = False
    needs_for: Callable[[Requirements], tuple[Need[Any], ...]] = lambda requirements: ()


def judge(check: Check, evidence: Evidence) -> tuple[Finding, ...]:
    """Give the findings of one check. What could not be asked becomes one UNKNOWN, explained by what was refused; so does
    whatever the check itself trips over. Never raises but for a keyboard's interrupt: checks may be anybody's.
    """
    try:
        return tuple(_signed(each, check) for each in check.evaluate(evidence))
    except Unavailable as unavailable:
        found = not_asked(unavailable.refusal)
    except NotGathered as undeclared:
        found = _unknown(str(undeclared))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - an unforeseen answer breaks no healthy task, nor an exit a triggerer
        found = _unknown(f"the answer could not be read: {told(error)}")
    return (_signed(found, check),)


def told(error: BaseException) -> str:
    """The error on one line: ``KeyError: 'IsActive'``."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _signed(finding: Finding, check: Check) -> Finding:
    """With the check's id and weight. A cause without a file has no guidance to show, so it is told and taken off.

    :raises ValueError: a level that is none.
    """
    weight = finding.essential or check.essential
    finding = replace(finding, level=Level(finding.level), check=check.id, essential=weight)
    if finding.cause is None or finding.cause in CAUSE_IDS:
        return finding
    hint = f"{finding.hint} The check calls the cause '{finding.cause}', of which this plugin knows nothing.".lstrip()
    return replace(finding, cause=None, hint=hint)


def _unknown(summary: str) -> Finding:
    return Finding(level=Level.UNKNOWN, summary=summary)


def not_asked(refusal: Refusal) -> Finding:
    """The finding for a question that was refused."""
    what = f"{refusal.where} could not be asked" if refusal.where else "could not be asked"
    return Finding(level=Level.UNKNOWN, summary=f"{what}: {refusal.said}", saw=seen(refusal))


def refused(refusal: Refusal, summary: str) -> Finding:
    """The finding for a refusal that is itself the answer: FAILED with its cause where Salesforce gave a reason, UNKNOWN
    where nothing but silence or an unreadable page came.
    """
    diagnosis = diagnose(refusal)
    known = refusal.answered or (diagnosis.certain and diagnosis.cause == "org_maintenance_or_unavailable")
    return Finding(
        level=Level.FAILED if known else Level.UNKNOWN,
        summary=summary,
        cause=diagnosis.cause,
        saw=seen(refusal),
        certain=diagnosis.certain,
        candidates=tuple(Candidate(cause=each.cause, tell=each.tell) for each in diagnosis.candidates),
        hint=diagnosis.hint,
    )


def seen(refusal: Refusal) -> str:
    """What was seen, where and when: ``invalid_grant: inactive user · token request (JWT bearer) · 02:00:13 UTC``. Of a remembered
    refusal, that nothing was sent.
    """
    at = f"{refusal.at[11:19]} UTC" if refusal.at else ""
    ahead = ahead_at(refusal)
    if ahead is not None and abs(ahead) > AGREE and (theirs := date_of(refusal.server_date)) is not None:
        at += f" ({theirs.format('HH:mm:ss')} by Salesforce's clock)"
    if refusal.repeated and at:
        at = f"as refused at {at}; not tried again before {refusal.not_before[11:19]} UTC"
    return " · ".join(part for part in (refusal.said, refusal.where, at) if part)
