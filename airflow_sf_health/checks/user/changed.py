"""Profile, licence and permissions are those of the last healthy look.

"The profile or permissions were changed" is a root cause of the inactive-user error. What the user was is remembered after each
look that lets the task go on; profile, licence, user type and those permissions that the checks and this task depend on are
compared with it. The other two hundred permissions come and go with Salesforce's releases: they are kept, and not told. Something
lost is a warning, since whether the task can work without it is for the other checks to say; something gained is only told, and
so are permission sets, unless the task names objects or queries that may hang on them. Whichever task looks first is warned; for
three days the change is told beside the failures of the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check
from airflow_sf_health.checks._user_changes import Changes, changes, compared, joined, stamp_moved
from airflow_sf_health.checks._words import minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import RememberedUser
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    LOGIN,
    MEMORY,
    NOW,
    ORGANIZATION,
    OWN_LICENSE,
    OWN_PERMISSION_SETS,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    REQUIREMENTS,
    RUNNING_USER,
)
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "permissions_changed"
API_ONLY = "API Only User"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: as it was, changed, or nothing to compare with."""
    memory = evidence[MEMORY]
    if memory.problem:
        yield Finding(
            level=Level.UNKNOWN, summary=f"what the user was cannot be recalled: {memory.problem.rstrip('.')}"
        )
    elif not memory.reach:
        yield Finding(level=Level.NOT_APPLICABLE, summary="nothing is remembered of earlier looks")
    else:
        evidence[RUNNING_USER]  # where even the own row is refused, that is the answer
        now = remembered_user(evidence)
        if now is None:
            yield Finding(level=Level.UNKNOWN, summary="the login does not tell whose token it is")
        elif memory.user_damaged:
            yield Finding(level=Level.UNKNOWN, summary="what was remembered of the user is damaged")
        elif memory.user is None:
            yield Finding(level=Level.INFO, summary="the user is seen for the first time, and remembered from now on")
        else:
            yield _judge(evidence, memory.user, now)


def _judge(evidence: Evidence, before: RememberedUser, now: RememberedUser) -> Finding:
    required = evidence[REQUIREMENTS]
    changed, since = changes(before, now, required), f"since {minute(before.at)}"
    if not changed:
        return _changed_lately(now, required) or _unchanged(evidence, before)
    told = "; ".join(_told(changed))
    if not _is_worth_a_warning(changed, required):
        return Finding(level=Level.INFO, summary=f"changed {since}: {told}")
    return Finding(
        level=Level.WARNING, summary=f"the user was changed {since}: {told}", cause=CAUSE, hint=_hint(changed)
    )


def _changed_lately(now: RememberedUser, required: Requirements) -> Finding | None:
    """A change that another task has met first, and was warned of. It is shown where this one fails, and warns no second time."""
    if now.former is None or now.changed_at is None:
        return None
    changed = changes(now.former, now, required)
    if not _is_worth_a_warning(changed, required):
        return None
    between = f"between {minute(now.former.at)} and {minute(now.changed_at)}"
    summary = f"the user was changed {between}: {'; '.join(_told(changed))}"
    return Finding(level=Level.INFO, summary=summary, cause=CAUSE, hint=_hint(changed))


def _unchanged(evidence: Evidence, before: RememberedUser) -> Finding:
    """Only what was read at both looks is said to be as it was. The stamp moves with any right, those on single fields too, of which
    nothing else that the user may read tells.
    """
    read, unread = compared(evidence, before)
    said = f"{joined(read)} {'are' if len(read) > 1 else 'is'} unchanged since {minute(before.at)}"
    blind = f"; {joined(unread)} could not be compared" if unread else ""
    moved = stamp_moved(evidence, before)
    if moved is None:
        return Finding(level=Level.OK, summary=f"{said}{blind}")
    return Finding(
        level=Level.INFO,
        summary=f"{said}; other rights of the user changed at {moved} (LastCacheUpdate){blind}",
    )


def _is_worth_a_warning(changed: Changes, required: Requirements) -> bool:
    """Something that was there has gone, or the user interface was shut to a user who is to open it."""
    lost = tuple(each for each in changed.lost if each != API_ONLY or required.api_only)
    sets_matter = bool(required.objects or required.queries)
    shut = API_ONLY in changed.came and required.api_only is False
    return bool(changed.person or lost or shut or (changed.sets_lost and sets_matter))


def _told(changed: Changes) -> Iterator[str]:
    yield from changed.person
    for names, words in (
        (changed.lost, "lost: permission"),
        (changed.sets_lost, "taken away: permission set"),
        (changed.came, "gained: permission"),
        (changed.sets_came, "assigned: permission set"),
    ):
        if names:
            yield f"{words}{'s' if len(names) > 1 else ''} {', '.join(repr(name) for name in names)}"


def _hint(changed: Changes) -> str:
    if changed.sets_lost:
        return "Assign the permission set again where that was not meant: Setup > Permission Sets > Manage Assignments."
    return ""


CHECK = Check(
    id="user.changed",
    title="Profile and permissions since the last look",
    needs=(
        ALL_PERMISSIONS,
        LOGIN,
        MEMORY,
        NOW,
        ORGANIZATION,
        OWN_LICENSE,
        OWN_PERMISSIONS,
        OWN_PERMISSION_SETS,
        OWN_PROFILE,
        REQUIREMENTS,
        RUNNING_USER,
    ),
    evaluate=evaluate,
)
