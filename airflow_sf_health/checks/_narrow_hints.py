"""What a finding itself cannot say of what a second user saw, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._login_status import causes_of_status
from airflow_sf_health.checks._opinion import entry, standing
from airflow_sf_health.checks.user.frozen import FROZEN_CAUSES, WHO_FROZE
from airflow_sf_health.checks.user.password import BY_PASSWORD
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.report.finding import Finding


def hints(finding: Finding, second: SecondSight, *, late: bool) -> Iterator[str]:
    """The sentences.

    :param finding: narrowed by what was seen.
    :param late: whether its cause is ruled out by now.
    """
    who = f"connection '{second.conn_id}'"
    yield from _of_login_history(finding, second, who)
    if late:
        yield f"By now {who} sees the user {standing(second)}: it may have been mended since; run the task again to see."
    if second.is_frozen and finding.cause in FROZEN_CAUSES and not finding.certain:
        if WHO_FROZE not in finding.hint:
            yield WHO_FROZE
        if second.changed_at:
            by = f" by user {second.changed_by}" if second.changed_by else ""
            yield f"The record was last changed on {second.changed_at[:10]} at {second.changed_at[11:19]} UTC{by}."


def _of_login_history(finding: Finding, second: SecondSight, who: str) -> Iterator[str]:
    labels = (second.login_status, *second.other_statuses) if second.login_status else ()
    if labels and not any(finding.cause in causes_of_status(label) for label in labels):
        yield f"Login History gives {entry(second)} as the reason, seen by {who}."
    if labels and not second.login_sure and not finding.certain:
        yield _unsure(second)
    if second.login_recorded is False and not finding.certain:
        yield (
            f"Login History has no entry for this refused login, seen by {who}: it went to another org or host, or the "
            "entry is not there yet."
        )
    if finding.certain and finding.cause == "bad_credentials" and _is_wrong_password(second):
        yield (
            "Login History names the password itself: the one in this connection is wrong, or was changed in Salesforce. "
            "Correct it in Airflow before anything tries again, since each wrong try brings a lockout nearer."
        )


def _unsure(second: SecondSight) -> str:
    """Why nobody knows whether the entry is that of the refused login."""
    if not second.other_statuses:
        return (
            "The user logs in so often that not all entries of that time could be read; others may say something else."
        )
    return (
        "Several logins of this user were refused at about that time, and Login History does not tell which one was this: "
        "compare its columns Source IP and Application."
    )


def _is_wrong_password(second: SecondSight) -> bool:
    label = (second.login_status or "").casefold()
    return label == "invalid password" and second.login_sure and second.login_flow in BY_PASSWORD
