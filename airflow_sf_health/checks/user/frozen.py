"""The integration user is neither frozen nor locked out.

Freezing stops each new login at once, and is what administrators do first and what Salesforce does by itself to a user whose
traffic looks bad. The login endpoint hides it behind "authentication failure". A fresh login proves the contrary; a ready session
proves nothing, since it may live on, so there the user's own row of UserLogin is asked, which takes Manage Users. The login of another
task proves it as of then; where the row can be read, that is newer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._words import succeeded
from airflow_sf_health.checks.user.password import BY_PASSWORD
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import FROZEN, LOGIN, NOW, SECOND_SIGHT, Row
from airflow_sf_health.report.finding import Candidate, Finding, Level

CAUSE = "user_frozen_or_locked"
FROZEN_CAUSES = (CAUSE, "user_contained")
"""Both show as a frozen user, in its record and in Login History: frozen by hand, which is likelier, or by Salesforce itself."""
WHO_FROZE = (
    "Who froze the user the record does not tell, and Salesforce itself does it too: before anybody unfreezes the user, look for a "
    'mail "Salesforce Security notification", and in Setup > View Setup Audit Trail.'
)


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: free to log in, frozen or locked out, or not known."""
    login = evidence[LOGIN]
    if login.refusal is not None:
        finding = refused(login.refusal, "the user is frozen or locked out")
        if finding.cause == CAUSE and finding.certain:
            yield finding
            return
    proven = login.refusal is None and login.fresh
    row, by = _row(evidence, needed=not proven)
    if row.get("IsFrozen"):
        yield _shut("IsFrozen", "frozen", by, in_session=login.refusal is None)
    elif row.get("IsPasswordLocked"):
        # The login of another task may have been before the lock-out; by a flow without password it does not matter.
        outlived = proven and not (login.shared and login.flow in BY_PASSWORD)
        yield _outlived(by) if outlived else _shut("IsPasswordLocked", "locked out", by, in_session=not login.refusal)
    elif row and not (proven and not login.shared):
        yield Finding(level=Level.OK, summary=f"neither frozen nor locked out · {by}")
    elif proven:
        summary = f"{succeeded(login, evidence[NOW])}, and no frozen user gets one"
        yield Finding(level=Level.OK, summary=summary)
    else:
        yield Finding(level=Level.UNKNOWN, summary="UserLogin gave no row for the user")


def _row(evidence: Evidence, *, needed: bool) -> tuple[Row, str]:
    """The user's row of UserLogin and who saw it: the second user where it saw enough, else the user itself."""
    second = evidence[SECOND_SIGHT]
    if second is not None:
        row = {"IsFrozen": second.is_frozen, "IsPasswordLocked": second.is_locked}
        if None not in row.values() or True in row.values():
            return row, f"seen by connection '{second.conn_id}'"
    rows = evidence[FROZEN] if needed else evidence.get(FROZEN)
    return (rows[0] if rows else {}), "record of UserLogin"


def _shut(field: str, state: str, by: str, *, in_session: bool) -> Finding:
    aside = "; the open session lives on, and the next login will be refused" if in_session else ""
    saw = f"UserLogin.{field} = true · {by}"
    found = Finding(level=Level.FAILED, summary=f"the user is {state}{aside}", cause=CAUSE, saw=saw)
    return found if field == "IsPasswordLocked" else replace(found, certain=False, candidates=_others(), hint=WHO_FROZE)


def _others() -> tuple[Candidate, ...]:
    return tuple(
        Candidate(cause=each.cause, tell=each.tell) for each in cause(CAUSE).candidates if each.cause in FROZEN_CAUSES
    )


def _outlived(by: str) -> Finding:
    """A lock-out that does not reach this connection's flow: no fault of it, but somebody tries passwords."""
    return Finding(
        level=Level.WARNING,
        summary="the user is locked out of logins by password, and this connection's login succeeded all the same",
        saw=f"UserLogin.IsPasswordLocked = true · {by}",
        hint="Find out who tries wrong passwords in Setup > Login History, then unlock the user in Setup > Users.",
    )


CHECK = Check(id="user.frozen", title="User is not frozen", needs=(LOGIN, FROZEN, SECOND_SIGHT, NOW), evaluate=evaluate)
