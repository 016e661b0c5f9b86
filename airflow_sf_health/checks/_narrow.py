"""What a second user saw, laid over what the first one was told: fewer candidates, never others.

A refusal that masks its reason has a cause and candidates. Login History says which of them it is; the user's state rules
some out. Whatever the second user says, the cause stays one of those that the finding itself named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from airflow_sf_health.causes import CAUSE_IDS
from airflow_sf_health.checks._login_status import causes_of_status
from airflow_sf_health.checks._narrow_hints import hints
from airflow_sf_health.checks._opinion import entry
from airflow_sf_health.checks.user.frozen import FROZEN_CAUSES
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.report.finding import Candidate, Finding, Level


def narrowed(finding: Finding, second: SecondSight) -> Finding:
    """Give the finding with what the second user saw; its cause is always one of those that it named before."""
    if finding.level is not Level.FAILED or finding.cause is None:
        return finding
    result = finding if finding.certain else _told_apart(finding, second) or _without_ruled_out(finding, second)
    late = result.cause in _ruled_out(second)
    return replace(result, hint=" ".join(hint for hint in (finding.hint, *hints(result, second, late=late)) if hint))


def without_login(second: SecondSight) -> SecondSight:
    """What was seen of the user, without the login that was refused: for a finding that is not about that login."""
    return replace(
        second, login_status=None, other_statuses=(), login_sure=True, login_at=None, login_ip=None, login_recorded=None
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What was seen, and the causes it may stand for, the likeliest first. Where it ``settles`` the matter it is one of them."""

    causes: tuple[str, ...]
    what: str
    settles: bool


def _told_apart(finding: Finding, second: SecondSight) -> Finding | None:
    """The finding with the cause that the second user saw, if it is one of its own. Certain, where what was seen settles the
    matter and stands for no other; of several, those that the user's state speaks for go first.
    """
    out, supported = _ruled_out(second), _supported(second)
    for told in _told(second, _possible(finding)):
        named = [each for each in told.causes if each in _possible(finding)]
        fitting = sorted((each for each in named if each not in out), key=lambda each: each not in supported)
        first, *others = fitting or named or [""]
        if first:
            left = [] if told.settles else [each for each in _all(finding) if each not in (out | {first, *others})]
            candidates = tuple(_candidate(finding, each) for each in (*others, *left))
            certain = told.settles and not others
            saw = _saw(finding, told.what, second)
            return replace(finding, cause=first, certain=certain, candidates=candidates, saw=saw)
    return None


def _told(second: SecondSight, possible: set[str]) -> list[_Told]:
    """What the second user saw: first what settles the matter, and of that first the reason of the refusal itself."""
    found = []
    if second.login_status:
        named = [cause for label in (second.login_status, *second.other_statuses) for cause in causes_of_status(label)]
        causes = tuple(dict.fromkeys((*named, *_also(named, second))))
        found.append(_Told(causes, f"Login History: {entry(second)}", second.login_sure and _whole(causes, possible)))
    found += [_Told(causes, what, _whole(causes, possible)) for causes, what in _state(second)]
    return sorted(found, key=lambda told: not told.settles)


def _also(named: Sequence[str], second: SecondSight) -> tuple[str, ...]:
    """Of a user who is both locked out and frozen, nobody knows who froze it either."""
    return FROZEN_CAUSES if second.is_frozen and FROZEN_CAUSES[0] in named else ()


def _whole(causes: Sequence[str], possible: set[str]) -> bool:
    """Whether a frozen user, if that is what was seen, may have been frozen by either hand for all that the finding says. Where it
    names one of them only, something else than freezing may be its cause.
    """
    return not set(FROZEN_CAUSES) <= set(causes) or set(FROZEN_CAUSES) <= possible


def _saw(finding: Finding, what: str, second: SecondSight) -> str:
    if what in finding.saw:
        return finding.saw
    return " · ".join(part for part in (finding.saw, f"{what}, seen by connection '{second.conn_id}'") if part)


def _all(finding: Finding) -> list[str]:
    """The cause and the candidates."""
    return list(dict.fromkeys((finding.cause or "", *(each.cause for each in finding.candidates))))


def _candidate(finding: Finding, cause: str) -> Candidate:
    """One of the finding's own causes as a candidate."""
    found = next((each for each in finding.candidates if each.cause == cause), None)
    return found or Candidate(cause=cause, tell="What Salesforce answered reads like it; nothing else was seen of it.")


def _supported(second: SecondSight) -> set[str]:
    """The causes that the user's state speaks for."""
    return {cause for causes, _ in _state(second) for cause in causes}


def _state(second: SecondSight) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is so by now, and the causes that it may stand for."""
    if second.is_active is False:
        yield ("user_inactive",), "User.IsActive = false"
    if second.is_frozen:
        yield FROZEN_CAUSES, "UserLogin.IsFrozen = true"
    elif second.is_locked:
        yield FROZEN_CAUSES[:1], "UserLogin.IsPasswordLocked = true"
    if second.license_status not in (None, "Active"):
        yield ("license_missing_or_expired",), f"licence '{second.license_name}' is {second.license_status}"


def _without_ruled_out(finding: Finding, second: SecondSight) -> Finding:
    """Without the causes that cannot be. The likeliest of the rest leads; it stays as uncertain as it was. Where nothing would
    be left, the second user has come too late, and the finding stays what it was.
    """
    out = _ruled_out(second)
    left = [each for each in finding.candidates if each.cause not in out]
    if finding.cause not in out:
        return replace(finding, candidates=tuple(left))
    lead = next((each for each in left if each.cause in CAUSE_IDS), None)
    if lead is None:
        return finding
    return replace(finding, cause=lead.cause, candidates=tuple(each for each in left if each is not lead))


def _ruled_out(second: SecondSight) -> set[str]:
    active = {"user_inactive"} if second.is_active else set()
    return active | (set(FROZEN_CAUSES) if second.is_frozen is False and second.is_locked is False else set())


def _possible(finding: Finding) -> set[str]:
    """The causes that the finding names, as far as there is guidance for them."""
    return set(_all(finding)) & set(CAUSE_IDS)
